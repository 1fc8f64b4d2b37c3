/* reach.h - who may be spoken to, when somebody else named the address.
 *
 * A URL that a carrier gave can lead anywhere, and so can the name in it: to a database of
 * the house, to the metadata service of a cloud (server-side request forgery). So what counts
 * is the address that is really connected to, after the name was looked up: addresses of the
 * whole internet only, over TLS only. Where the operator says so (the targets), also hosts,
 * addresses and networks of the house, and those without TLS.
 *
 * Pure: text and addresses in, yes or no out. Threads: immutable, any number may ask. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

enum { GW_REACH_TARGETS = 64, GW_HOST_MAX = 256 };

struct gw_reach; /* opaque */

/* targets: hosts ("hooks.example.org"), addresses, networks ("10.1.0.0/16"), between blanks or commas; "" or
 * NULL: none. setting: its name, a constant, for the errors' texts.
 * GW_ERR_USAGE: they cannot be read, or are more than GW_REACH_TARGETS. */
[[nodiscard]] struct gw_reach *gw_reach_new(const char *targets, const char *setting, struct gw_err *err);
void gw_reach_free(struct gw_reach *r); /* NULL is fine */
GW_AUTO_FREE(gw_reach, gw_reach_free)

/* IPv6, or IPv4 as ::ffff:a.b.c.d. */
struct gw_address {
    uint8_t bytes[16];
};
struct gw_address gw_address_v4(const uint8_t bytes[4]);
/* False when the text is no address of either family. is_v4 may be NULL. */
[[nodiscard]] bool gw_address_parse(struct gw_address *out, bool *is_v4, const char *text);
/* Of the whole internet: in none of the IANA special-purpose registries (RFC 6890). */
bool gw_address_is_global(struct gw_address a);

bool gw_reach_host(const struct gw_reach *r, const char *host); /* is a target by its name, whatever address that has */
bool gw_reach_address(const struct gw_reach *r, struct gw_address a); /* is a target, or global */
/* What can be said before the name is looked up: host as the URL has it, without brackets. GW_ERR_INVALID with why. */
[[nodiscard]] bool gw_reach_check(const struct gw_reach *r, const char *host, bool is_tls, struct gw_err *err);
