/* pkcs11.c - a key-encryption key that stays in a token; the only file with p11-kit.
 *
 * The key is an AES key (256 bits) made in the token, named by an address of RFC 7512:
 *     pkcs11:token=gangway;object=kek;type=secret-key?module-path=/usr/lib/…&pin-source=file:/etc/gangway/pin
 * It is asked to seal and open 32 bytes with GCM (PKCS#11 2.40 section 2.12) when the
 * store is opened and when keys are rotated, and at no other time. */
#include "store/kek.h"

#ifdef GW_WITH_P11KIT
#include <p11-kit/p11-kit.h>
#include <p11-kit/uri.h>
#include <stdlib.h>

enum { NONCE = 12, TAG = 16, SLOTS_MAX = 64, PIN_BYTES = 256, ATTRIBUTES_MAX = 16 };

struct gw_token_key {
    P11KitUri *uri;
    CK_FUNCTION_LIST *module;
    CK_FUNCTION_LIST **modules; /* of the system's, where the address names none */
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    bool initialized, has_session;
};

/* What the token says is a number; the words are of this file. */
static bool fail(struct gw_err *err, enum gw_err_code code, const char *what, CK_RV rv)
{
    return gw_fail(err, code, "PKCS#11: %s: %.100s", what, p11_kit_strerror(rv));
}

void gw_token_key_close(struct gw_token_key *t)
{
    if (t == NULL)
        return;
    if (t->has_session)
        (void)t->module->C_CloseSession(t->session);
    if (t->modules != NULL) {
        p11_kit_modules_finalize_and_release(t->modules);
    } else if (t->module != NULL) {
        if (t->initialized)
            p11_kit_module_finalize(t->module);
        p11_kit_module_release(t->module);
    }
    p11_kit_uri_free(t->uri);
    gw_free(t);
}

static bool load_module(struct gw_token_key *t, struct gw_err *err)
{
    const char *path = p11_kit_uri_get_module_path(t->uri);
    if (path == NULL) {
        t->modules = p11_kit_modules_load_and_initialize(0);
        return t->modules != NULL || gw_fail(err, GW_ERR_UNAVAILABLE, "PKCS#11: no module of this system can be used (see p11-kit(8))");
    }
    t->module = p11_kit_module_load(path, P11_KIT_MODULE_CRITICAL);
    if (t->module == NULL)
        return gw_fail(err, GW_ERR_NOT_FOUND, "PKCS#11: module-path cannot be loaded: %.150s", p11_kit_message());
    CK_RV rv = p11_kit_module_initialize(t->module);
    t->initialized = rv == CKR_OK;
    return t->initialized || fail(err, GW_ERR_UNAVAILABLE, "the module does not start", rv);
}

/* The session on the first token the address fits. */
static bool open_session(struct gw_token_key *t, CK_FUNCTION_LIST *m)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG n = SLOTS_MAX;
    if (m->C_GetSlotList(CK_TRUE, slots, &n) != CKR_OK)
        return false;
    for (CK_ULONG i = 0; i < n; i++) {
        CK_TOKEN_INFO info;
        if (m->C_GetTokenInfo(slots[i], &info) != CKR_OK || p11_kit_uri_match_token_info(t->uri, &info) != 1)
            continue;
        if (m->C_OpenSession(slots[i], CKF_SERIAL_SESSION, NULL, NULL, &t->session) != CKR_OK)
            continue;
        t->module = m;
        t->has_session = true;
        return true;
    }
    return false;
}

static bool find_token(struct gw_token_key *t, struct gw_err *err)
{
    bool found = t->modules == NULL && open_session(t, t->module);
    for (CK_FUNCTION_LIST **m = t->modules; m != NULL && *m != NULL && !found; m++)
        found = open_session(t, *m);
    return found || gw_fail(err, GW_ERR_UNAVAILABLE, "PKCS#11: no token that keys.source describes is there");
}

static bool login(struct gw_token_key *t, struct gw_err *err)
{
    const char *value = p11_kit_uri_get_pin_value(t->uri), *source = p11_kit_uri_get_pin_source(t->uri);
    GW_AUTO_VALUE(gw_buf) file = {};
    struct gw_span pin = gw_span_str(value);
    if (value == NULL && source != NULL) {
        if (!gw_buf_read_file(&file, strncmp(source, "file:", 5) == 0 ? source + 5 : source, PIN_BYTES, err))
            return gw_fail_prefix(err, "PKCS#11: pin-source");
        pin = gw_span_trim(gw_buf_span(&file));
    }
    if (pin.size == 0)
        return true; /* a token that asks for none */
    char text[PIN_BYTES + 1];
    const size_t n = GW_MIN(pin.size, (size_t)PIN_BYTES);
    memcpy(text, pin.data, n);
    CK_RV rv = t->module->C_Login(t->session, CKU_USER, (CK_UTF8CHAR_PTR)text, n);
    gw_wipe(text, sizeof text);
    return rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN || fail(err, GW_ERR_UNAUTHORIZED, "the token did not take the PIN", rv);
}

static bool find_key(struct gw_token_key *t, struct gw_err *err)
{
    CK_ATTRIBUTE attributes[ATTRIBUTES_MAX];
    CK_ULONG n_given = 0, n = 0, n_found = 0;
    CK_OBJECT_CLASS class = CKO_SECRET_KEY;
    CK_KEY_TYPE type = CKK_AES;
    const CK_ATTRIBUTE *given = p11_kit_uri_get_attributes(t->uri, &n_given);
    attributes[n++] = (CK_ATTRIBUTE){ CKA_CLASS, &class, sizeof class };
    attributes[n++] = (CK_ATTRIBUTE){ CKA_KEY_TYPE, &type, sizeof type };
    for (CK_ULONG i = 0; i < n_given && n < ATTRIBUTES_MAX; i++)
        if (given[i].type != CKA_CLASS)
            attributes[n++] = given[i];
    CK_OBJECT_HANDLE found[2];
    CK_RV rv = t->module->C_FindObjectsInit(t->session, attributes, n);
    if (rv == CKR_OK) {
        rv = t->module->C_FindObjects(t->session, found, GW_COUNT(found), &n_found);
        (void)t->module->C_FindObjectsFinal(t->session);
    }
    if (rv != CKR_OK)
        return fail(err, GW_ERR_UNAVAILABLE, "keys of the token cannot be listed", rv);
    if (n_found != 1)
        return gw_fail(err, GW_ERR_NOT_FOUND, "PKCS#11: keys.source must name one AES key of the token; it names %s",
            n_found == 0 ? "none" : "several");
    t->key = found[0];
    return true;
}

struct gw_token_key *gw_token_key_open(const char *uri, struct gw_err *err)
{
    struct gw_token_key *t = gw_alloc(sizeof *t);
    t->uri = p11_kit_uri_new();
    bool fine = (p11_kit_uri_parse(uri, P11_KIT_URI_FOR_ANY, t->uri) == P11_KIT_URI_OK ||
                    gw_fail(err, GW_ERR_USAGE, "keys.source is not an address of RFC 7512")) &&
                load_module(t, err) && find_token(t, err) && login(t, err) && find_key(t, err);
    if (fine)
        return t;
    gw_token_key_close(t);
    return NULL;
}

struct gw_hash gw_token_key_hash(const struct gw_token_key *t)
{
    /* The token's own facts and the key's name; nothing of the PIN. */
    CK_SESSION_INFO session = {};
    CK_TOKEN_INFO token = {};
    char id[64] = {};
    CK_ATTRIBUTE attribute = { CKA_ID, id, sizeof id };
    (void)t->module->C_GetSessionInfo(t->session, &session);
    (void)t->module->C_GetTokenInfo(session.slotID, &token);
    (void)t->module->C_GetAttributeValue(t->session, t->key, &attribute, 1);
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_add(&text, token.serialNumber, sizeof token.serialNumber);
    gw_buf_add(&text, token.label, sizeof token.label);
    gw_buf_add(&text, id, sizeof id);
    return gw_sha256(gw_buf_span(&text));
}

/* CK_GCM_PARAMS of PKCS#11 2.40 section 2.12.3, whose members p11-kit calls by other names in each of its versions. */
struct gcm_params {
    unsigned char *nonce;
    unsigned long nonce_len, nonce_bits;
    unsigned char *bound;
    unsigned long bound_len, tag_bits;
};
static_assert(sizeof(struct gcm_params) == sizeof(CK_GCM_PARAMS), "one layout");

static CK_MECHANISM mechanism_of(struct gcm_params *p, uint8_t nonce[NONCE], struct gw_span bound)
{
    union {
        const uint8_t *in;
        unsigned char *out;
    } aad = { .in = bound.data };
    *p = (struct gcm_params){ .nonce = nonce, .nonce_len = NONCE, .nonce_bits = NONCE * 8, .bound = aad.out,
        .bound_len = bound.size, .tag_bits = TAG * 8 };
    return (CK_MECHANISM){ CKM_AES_GCM, p, sizeof *p };
}

bool gw_token_key_seal(struct gw_buf *out, struct gw_token_key *t, struct gw_span secret, struct gw_span bound,
    struct gw_err *err)
{
    uint8_t nonce[NONCE], plain[GW_KEY_BYTES], sealed[GW_KEY_BYTES + TAG];
    struct gcm_params params;
    CK_ULONG n = sizeof sealed;
    assert(secret.size == sizeof plain);
    gw_random(nonce, sizeof nonce);
    memcpy(plain, secret.data, sizeof plain);
    CK_MECHANISM m = mechanism_of(&params, nonce, bound);
    CK_RV rv = t->module->C_EncryptInit(t->session, &m, t->key);
    if (rv == CKR_OK)
        rv = t->module->C_Encrypt(t->session, plain, sizeof plain, sealed, &n);
    gw_wipe(plain, sizeof plain);
    if (rv != CKR_OK || n != sizeof sealed)
        return fail(err, GW_ERR_UNAVAILABLE, "the key does not seal (it must be AES, and allow GCM)", rv);
    gw_buf_add(out, nonce, sizeof nonce);
    gw_buf_add(out, sealed, sizeof sealed);
    return true;
}

bool gw_token_key_unseal(uint8_t *out, size_t n, struct gw_token_key *t, struct gw_span sealed, struct gw_span bound,
    struct gw_err *err)
{
    uint8_t nonce[NONCE], in[GW_KEY_BYTES + TAG], plain[GW_KEY_BYTES + TAG];
    struct gcm_params params;
    CK_ULONG n_plain = sizeof plain;
    if (sealed.size != NONCE + sizeof in || n != GW_KEY_BYTES)
        return gw_fail(err, GW_ERR_CORRUPT, "a wrapped key has a wrong length");
    memcpy(nonce, sealed.data, NONCE);
    memcpy(in, sealed.data + NONCE, sizeof in);
    CK_MECHANISM m = mechanism_of(&params, nonce, bound);
    CK_RV rv = t->module->C_DecryptInit(t->session, &m, t->key);
    if (rv != CKR_OK)
        return fail(err, GW_ERR_UNAVAILABLE, "the key does not open (it must be AES, and allow GCM)", rv);
    rv = t->module->C_Decrypt(t->session, in, sizeof in, plain, &n_plain);
    bool fine = rv == CKR_OK && n_plain == n;
    if (fine)
        memcpy(out, plain, n);
    gw_wipe(plain, sizeof plain);
    return fine || fail(err, GW_ERR_CORRUPT, "what the token was to open was sealed by another key, or altered", rv);
}

#else

struct gw_token_key *gw_token_key_open(const char *uri, struct gw_err *err)
{
    (void)uri;
    return gw_fail_null(err, GW_ERR_UNSUPPORTED, "this gangway was built without PKCS#11 (libp11-kit-dev)");
}

void gw_token_key_close(struct gw_token_key *t)
{
    assert(t == NULL);
}

/* Nobody has one to call these with. */
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
#endif
