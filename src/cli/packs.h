/* packs.h - rule packs and their keys as files: found, read, checked. */
#pragma once
#include "policy/pack.h"

struct gw_pack_keys {
    struct gw_pack_key keys[GW_PACK_KEYS_MAX];
    size_t n;
};
/* Every *.pub of the folder; NULL: the keys that came with the program. A folder that
 * is not there holds none. */
[[nodiscard]] bool gw_packs_keys(struct gw_pack_keys *out, const char *folder, struct gw_err *err);
/* The path of a pack: a file, or the name of one that came with the program ("us-2008"). */
[[nodiscard]] bool gw_packs_path(struct gw_buf *out, const char *name, struct gw_err *err);
/* Reads one. draft: its signature is not looked at. report may be NULL. */
[[nodiscard]] bool gw_packs_read(const struct gw_pack **out, struct gw_pack_report *report, struct gw_arena *a,
    const char *name, const struct gw_pack_keys *keys, bool draft, struct gw_err *err);
