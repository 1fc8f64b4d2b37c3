/* receipt.h - what a traveler, or an auditor, holds in hands: entries of the log about one
 * verification, decline or purge, with their proofs, and what they mean in plain words.
 *
 *     {"outcome":"see_officer","at":"…","case":"GW-2F7K-…","voyage":"…","class":…,"rule":…,
 *      "photo_until":…,"destroyed_by":…,"destroyed_at":…,
 *      "head":"gangway-…","size":20,"proofs":[{"leaf":17,"entry":"{…}","path":[…]},…]}
 *
 * Every fact is made from the entries, and checking makes them again: what is not in a
 * signed entry cannot stand in a receipt that holds.
 *
 * Threads: no state. */
#pragma once
#include "audit/proof.h"

enum { GW_RECEIPT_ENTRIES_MAX = 8 };

struct gw_receipt_part {
    uint64_t leaf;
    const char *entry;
    const struct gw_hash *path;
    size_t n;
};
/* parts: what it is about first (verify, decline or purge); then close, purge and sweep of its
 * voyage as far as there are. Yours to free. NULL: GW_ERR_CORRUPT, they do not belong together. */
[[nodiscard]] struct gw_json *gw_receipt_json(const struct gw_receipt_part *parts, size_t n, uint64_t size,
    const char *head, struct gw_err *err);
/* GW_ERR_INVALID: it does not hold, and why; GW_ERR_FORMAT: it is no receipt. */
[[nodiscard]] bool gw_receipt_check(struct gw_buf *sentence, const struct gw_json *receipt, const struct gw_note_key *key,
    struct gw_err *err);
