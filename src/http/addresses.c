/* addresses.c - a hash table of those that have a connection. */
#include "http/addresses.h"
#include "base/crypto.h"
#include "base/defs.h"

#include <assert.h>
#include <netinet/in.h>
#include <string.h>

enum { BUCKETS = 1024 };

struct counted {
    struct counted *next;
    uint8_t bytes[8];
    size_t n;
};
struct gw_addresses {
    uint64_t salt; /* so that nobody can choose addresses that share a bucket */
    struct counted *buckets[BUCKETS];
};

static bool v4_of(uint32_t *out, const struct sockaddr *a)
{
    if (a->sa_family == AF_INET) {
        struct sockaddr_in in;
        memcpy(&in, a, sizeof in);
        *out = ntohl(in.sin_addr.s_addr);
        return true;
    }
    struct sockaddr_in6 in6;
    if (a->sa_family != AF_INET6)
        return false;
    memcpy(&in6, a, sizeof in6);
    if (!IN6_IS_ADDR_V4MAPPED(&in6.sin6_addr))
        return false;
    uint32_t net;
    memcpy(&net, in6.sin6_addr.s6_addr + 12, sizeof net);
    *out = ntohl(net);
    return true;
}

bool gw_address_is_loopback(const struct sockaddr *a)
{
    uint32_t v4;
    if (a == NULL)
        return false;
    if (v4_of(&v4, a))
        return v4 >> 24 == 127;
    struct sockaddr_in6 in6;
    if (a->sa_family != AF_INET6)
        return false;
    memcpy(&in6, a, sizeof in6);
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

struct gw_address gw_address_of(const struct sockaddr *a)
{
    struct gw_address out = {};
    uint32_t v4;
    if (a == NULL || gw_address_is_loopback(a))
        return out;
    if (v4_of(&v4, a)) {
        out.counted = true;
        memset(out.bytes, 0xff, 4); /* ff.. is multicast: no network of IPv6 clients */
        memcpy(out.bytes + 4, &v4, sizeof v4);
    } else if (a->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;
        memcpy(&in6, a, sizeof in6);
        out.counted = true;
        memcpy(out.bytes, in6.sin6_addr.s6_addr, sizeof out.bytes);
    }
    return out;
}

struct gw_addresses *gw_addresses_new(void)
{
    struct gw_addresses *t = gw_alloc(sizeof *t);
    gw_random(&t->salt, sizeof t->salt);
    t->salt |= 1;
    return t;
}

void gw_addresses_free(struct gw_addresses *t)
{
    if (t == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct counted *c = t->buckets[i], *next; c != NULL; c = next) {
            next = c->next;
            gw_free(c);
        }
    gw_free(t);
}

/* Where the address hangs, or would. */
static struct counted **place(struct gw_addresses *t, struct gw_address a)
{
    uint64_t h;
    memcpy(&h, a.bytes, sizeof h);
    h = (h ^ t->salt) * (t->salt | 1);
    h ^= h >> 29;
    struct counted **at = &t->buckets[h % BUCKETS];
    while (*at != NULL && memcmp((*at)->bytes, a.bytes, sizeof a.bytes) != 0)
        at = &(*at)->next;
    return at;
}

size_t gw_addresses_count(struct gw_addresses *t, struct gw_address a)
{
    if (!a.counted)
        return 0;
    const struct counted *c = *place(t, a);
    return c == NULL ? 0 : c->n;
}

void gw_addresses_enter(struct gw_addresses *t, struct gw_address a)
{
    if (!a.counted)
        return;
    struct counted **at = place(t, a);
    if (*at == NULL) {
        *at = gw_alloc(sizeof **at);
        memcpy((*at)->bytes, a.bytes, sizeof a.bytes);
    }
    (*at)->n++;
}

void gw_addresses_leave(struct gw_addresses *t, struct gw_address a)
{
    if (!a.counted)
        return;
    struct counted **at = place(t, a), *c = *at;
    assert(c != NULL && c->n > 0);
    if (--c->n > 0)
        return;
    *at = c->next;
    gw_free(c);
}
