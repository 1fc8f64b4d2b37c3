/* pkcs11.c - a key-encryption key that stays in a token. */
#include "store/kek.h"

struct gw_token_key *gw_token_key_open(const char *uri, struct gw_err *err)
{
    (void)uri;
    return gw_fail_null(err, GW_ERR_UNSUPPORTED, "this gangway was built without PKCS#11");
}

void gw_token_key_close(struct gw_token_key *t)
{
    (void)t;
}

struct gw_hash gw_token_key_hash(const struct gw_token_key *t)
{
    (void)t;
    return (struct gw_hash){};
}

bool gw_token_key_seal(struct gw_buf *out, struct gw_token_key *t, struct gw_span secret, struct gw_span bound,
    struct gw_err *err)
{
    (void)out, (void)t, (void)secret, (void)bound;
    return gw_fail(err, GW_ERR_UNSUPPORTED, "this gangway was built without PKCS#11");
}

bool gw_token_key_unseal(uint8_t *out, size_t n, struct gw_token_key *t, struct gw_span sealed, struct gw_span bound,
    struct gw_err *err)
{
    (void)out, (void)n, (void)t, (void)sealed, (void)bound;
    return gw_fail(err, GW_ERR_UNSUPPORTED, "this gangway was built without PKCS#11");
}
