/* reach.c - targets and the special-purpose registries. */
#include "fetch/reach.h"

#include <arpa/inet.h>
#include <strings.h>

struct target {
    char host[GW_HOST_MAX]; /* "": a network */
    struct gw_address network;
    unsigned bits;
};

struct gw_reach {
    const char *setting;
    struct target targets[GW_REACH_TARGETS];
    size_t n;
};

/* ---- addresses ----------------------------------------------------------------------------- */

struct gw_address gw_address_v4(const uint8_t bytes[4])
{
    struct gw_address out = { .bytes = { [10] = 0xFF, [11] = 0xFF } };
    memcpy(out.bytes + 12, bytes, 4);
    return out;
}

bool gw_address_parse(struct gw_address *out, bool *is_v4, const char *text)
{
    uint8_t v4[4];
    const bool is_4 = inet_pton(AF_INET, text, v4) == 1;
    if (is_v4 != NULL)
        *is_v4 = is_4;
    if (is_4)
        *out = gw_address_v4(v4);
    return is_4 || inet_pton(AF_INET6, text, out->bytes) == 1;
}

static bool within(struct gw_address a, struct gw_address network, unsigned bits)
{
    const unsigned bytes = bits / 8, rest = bits % 8;
    if (memcmp(a.bytes, network.bytes, bytes) != 0)
        return false;
    return rest == 0 || ((a.bytes[bytes] ^ network.bytes[bytes]) >> (8 - rest)) == 0;
}

bool gw_address_is_global(struct gw_address a)
{
    static const struct {
        const char *network;
        unsigned bits; /* of the address as IPv6 */
    } special[] = {
        { "0.0.0.0", 96 + 8 }, { "10.0.0.0", 96 + 8 }, { "100.64.0.0", 96 + 10 }, { "127.0.0.0", 96 + 8 }, { "169.254.0.0", 96 + 16 },
        { "172.16.0.0", 96 + 12 }, { "192.0.0.0", 96 + 24 }, { "192.0.2.0", 96 + 24 }, { "192.88.99.0", 96 + 24 },
        { "192.168.0.0", 96 + 16 }, { "198.18.0.0", 96 + 15 }, { "198.51.100.0", 96 + 24 }, { "203.0.113.0", 96 + 24 },
        { "224.0.0.0", 96 + 4 }, { "240.0.0.0", 96 + 4 },
        { "2001::", 23 }, { "2001:db8::", 32 }, { "2002::", 16 }, { "3fff::", 20 },
    };
    struct gw_address network;
    for (size_t i = 0; i < GW_COUNT(special); i++)
        if (gw_address_parse(&network, NULL, special[i].network) && within(a, network, special[i].bits))
            return false;
    static const uint8_t none[4];
    return within(a, gw_address_v4(none), 96) || (a.bytes[0] & 0xE0) == 0x20; /* IPv4, or 2000::/3 */
}

/* ---- targets ------------------------------------------------------------------------------- */

static bool read_target(struct gw_reach *r, struct target *out, struct gw_span word, struct gw_err *err)
{
    char text[GW_HOST_MAX];
    uint64_t bits = 128;
    bool is_v4;
    *out = (struct target){};
    if (word.size >= sizeof text)
        return gw_fail(err, GW_ERR_USAGE, "%s: a host's name is too long", r->setting);
    memcpy(text, word.data, word.size);
    text[word.size] = 0;
    char *slash = strchr(text, '/');
    if (slash != NULL)
        *slash = 0;
    if (!gw_address_parse(&out->network, &is_v4, text)) {
        if (slash != NULL)
            return gw_fail(err, GW_ERR_USAGE, "%s: a network is written as 10.1.0.0/16", r->setting);
        memcpy(out->host, text, word.size + 1);
        return true;
    }
    if (slash != NULL && !gw_span_uint(gw_span_str(slash + 1), is_v4 ? 32 : 128, &bits))
        return gw_fail(err, GW_ERR_USAGE, "%s: a network is written as 10.1.0.0/16", r->setting);
    out->bits = (unsigned)bits + (is_v4 && slash != NULL ? 96 : 0);
    return true;
}

struct gw_reach *gw_reach_new(const char *targets, const char *setting, struct gw_err *err)
{
    GW_AUTO(gw_reach) *r = gw_alloc(sizeof *r);
    r->setting = setting;
    for (const char *p = targets == NULL ? "" : targets;;) {
        p += strspn(p, " ,");
        const size_t n = strcspn(p, " ,");
        if (n == 0)
            break;
        if (r->n == GW_REACH_TARGETS)
            return gw_fail_null(err, GW_ERR_USAGE, "%s takes at most %d", setting, GW_REACH_TARGETS);
        if (!read_target(r, &r->targets[r->n++], gw_span_of(p, n), err))
            return NULL;
        p += n;
    }
    return gw_take(r);
}

void gw_reach_free(struct gw_reach *r)
{
    gw_free(r);
}

bool gw_reach_host(const struct gw_reach *r, const char *host)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->targets[i].host[0] != 0 && strcasecmp(r->targets[i].host, host) == 0)
            return true;
    return false;
}

static bool is_target(const struct gw_reach *r, struct gw_address a)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->targets[i].host[0] == 0 && within(a, r->targets[i].network, r->targets[i].bits))
            return true;
    return false;
}

bool gw_reach_address(const struct gw_reach *r, struct gw_address a)
{
    return is_target(r, a) || gw_address_is_global(a);
}

bool gw_reach_check(const struct gw_reach *r, const char *host, bool is_tls, struct gw_err *err)
{
    struct gw_address a;
    const bool is_address = gw_address_parse(&a, NULL, host);
    if (gw_reach_host(r, host) || (is_address && is_target(r, a)))
        return true;
    if (!is_tls)
        return gw_fail(err, GW_ERR_INVALID, "the URL must be https, or its host one of %s", r->setting);
    return !is_address || gw_address_is_global(a) ||
        gw_fail(err, GW_ERR_INVALID, "the URL leads to an address inside; %s can allow it", r->setting);
}
