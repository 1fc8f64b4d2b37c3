/* addresses.h - how many connections each address has open, so that one cannot take
 * them all. Pure.
 *
 * An IPv4 address counts by itself, an IPv6 address by its network of 64 bits: that is
 * what one customer has. This machine is not counted.
 *
 * Threads: one at a time; the server's lock. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sockaddr;

/* What is counted: 8 bytes of an address. */
struct gw_address {
    bool counted; /* false: this machine, or no Internet address */
    uint8_t bytes[8];
};
struct gw_address gw_address_of(const struct sockaddr *a); /* NULL is not counted */
bool gw_address_is_loopback(const struct sockaddr *a);     /* NULL is not */

struct gw_addresses; /* opaque */
struct gw_addresses *gw_addresses_new(void);
void gw_addresses_free(struct gw_addresses *t); /* NULL is fine */
size_t gw_addresses_count(struct gw_addresses *t, struct gw_address a);
void gw_addresses_enter(struct gw_addresses *t, struct gw_address a);
void gw_addresses_leave(struct gw_addresses *t, struct gw_address a); /* one that entered */
