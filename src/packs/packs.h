/* packs.h - rule packs as files: found, read, checked against each other, held
 * together so that a set can be swapped whole for another.
 *
 * Threads: a set is never changed once it was opened; any number may use it. */
#pragma once
#include "policy/pack.h"

struct gw_pack_keys {
    struct gw_pack_key keys[GW_PACK_KEYS_MAX];
    size_t n;
};
/* Every *.pub of the folder; NULL or "": the keys that came with the program, which may
 * be none. GW_ERR_NOT_FOUND, GW_ERR_CONFLICT (a name twice), GW_ERR_LIMIT, and those of a
 * key file. */
[[nodiscard]] bool gw_packs_keys(struct gw_pack_keys *out, const char *folder, struct gw_err *err);
/* The path of a pack: a file, or the name of one that came with the program ("us-2008"). */
[[nodiscard]] bool gw_packs_path(struct gw_buf *out, const char *name, struct gw_err *err);
/* Reads one. draft: its signature is not looked at. report may be NULL. */
[[nodiscard]] bool gw_packs_read(const struct gw_pack **out, struct gw_pack_report *report, struct gw_arena *a,
    const char *name, const struct gw_pack_keys *keys, bool draft, struct gw_err *err);

enum { GW_PACKS_MAX = 64 };
struct gw_packs; /* opaque, shared by reference count */
/* Every *.json of the folder; NULL or "": those that came with the program. One that
 * is not valid, or two that overlap, and none is taken: the error says which. */
[[nodiscard]] struct gw_packs *gw_packs_open(const char *folder, const struct gw_pack_keys *keys, bool draft, struct gw_err *err);
struct gw_packs *gw_packs_ref(struct gw_packs *p);
void gw_packs_unref(struct gw_packs *p); /* NULL is fine */
GW_AUTO_FREE(gw_packs, gw_packs_unref)
size_t gw_packs_all(const struct gw_packs *p, const struct gw_pack *const **out); /* by file name */
