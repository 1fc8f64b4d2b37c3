/* proof.h - proofs as JSON, as the service and `audit prove` give them, checked with the
 * public key alone.
 *
 *     {"leaf":17,"size":20,"entry":"{\"actor\":…}","path":["…64 hex…",…],"head":"gangway-…\n20\n…"}
 *     {"first":17,"second":20,"path":[…],"first_head":"…","second_head":"…"}
 *
 * Threads: no state. */
#pragma once
#include "audit/entry.h"
#include "audit/note.h"
#include "base/json.h"

/* NULL heads are written as null: such a proof proves only together with heads from elsewhere. */
struct gw_json *gw_proof_inclusion_json(uint64_t leaf, uint64_t size, const char *entry, const struct gw_hash *path,
    size_t n, const char *head);
struct gw_json *gw_proof_consistency_json(uint64_t first, uint64_t second, const struct gw_hash *path, size_t n,
    const char *first_head, const char *second_head);

/* A head's note: signed with the key, of this log. GW_ERR_INVALID says what is wrong, GW_ERR_FORMAT that it is none. */
[[nodiscard]] bool gw_head_check(struct gw_checkpoint *out, struct gw_span note, const struct gw_note_key *key,
    struct gw_err *err);
struct gw_json *gw_proof_path_json(const struct gw_hash *path, size_t n);
/* "path": at most GW_PROOF_MAX hashes. GW_ERR_FORMAT. */
[[nodiscard]] bool gw_proof_path_read(struct gw_proof *out, const struct gw_json *object, struct gw_err *err);
/* Either kind. In words what it proves (appended). GW_ERR_INVALID: it does not, and why; GW_ERR_FORMAT: it is no proof. */
[[nodiscard]] bool gw_proof_check(struct gw_buf *sentence, const struct gw_json *proof, const struct gw_note_key *key,
    struct gw_err *err);
