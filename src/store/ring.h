/* ring.h - inside store/: the file of data keys, beside the database and never in it.
 *
 *     keyring      4096 bytes of head, then slots of 128 bytes
 *       head       "gangway keyring 1\n", the store's id, and the ring's key wrapped by
 *                  one or, while keys are being moved, two key-encryption keys
 *       slot       zeros, or a data key with what it is for, sealed under the ring's key
 *
 * The database says which keys there are (table data_key); the ring follows it. A key
 * is in its slot before the transaction that uses it commits, and its slot is
 * overwritten in place after the transaction that gave it up: a backup of the database
 * has no key in it, and there is no earlier copy of this file to find one in.
 *
 * Threads: one at a time (whoever writes). */
#pragma once
#include "base/id.h"
#include "store/kek.h"

struct gw_ring; /* opaque */

struct gw_ring_key {
    uint8_t kind;
    struct gw_id scope;
    uint8_t key[GW_KEY_BYTES];
};
/* Called with each key of the ring as it is opened. */
typedef void gw_ring_fn(void *to, uint32_t slot, const struct gw_ring_key *key);

/* Fails with GW_ERR_CONFLICT if there is one. */
[[nodiscard]] bool gw_ring_make(const char *path, struct gw_id store, const struct gw_kek *kek, struct gw_err *err);
/* GW_ERR_NOT_FOUND: there is none. GW_ERR_CORRUPT: not of this store, or wrapped by another key. *damaged: slots that do not open. */
[[nodiscard]] struct gw_ring *gw_ring_open(const char *path, struct gw_id store, const struct gw_kek *kek, gw_ring_fn *each,
    void *to, size_t *damaged, struct gw_err *err);
void gw_ring_close(struct gw_ring *r); /* NULL is fine */
GW_AUTO_FREE(gw_ring, gw_ring_close)

/* Writes a slot, or zeros over it; durable after gw_ring_sync. */
[[nodiscard]] bool gw_ring_put(uint32_t *slot, struct gw_ring *r, const struct gw_ring_key *key, struct gw_err *err);
[[nodiscard]] bool gw_ring_clear(struct gw_ring *r, uint32_t slot, struct gw_err *err);
[[nodiscard]] bool gw_ring_sync(struct gw_ring *r, struct gw_err *err);

/* A new ring with a new key of its own takes the place of this one, wrapped by `now` and,
 * if not NULL, `next`; the old file is overwritten. Slots keep their numbers. */
[[nodiscard]] bool gw_ring_renew(struct gw_ring *r, const struct gw_kek *now, const struct gw_kek *next, struct gw_err *err);
/* How many key-encryption keys open it: 1, or 2 while keys are being moved. */
unsigned gw_ring_wraps(const struct gw_ring *r);
