/* tree.h - the Merkle tree over the log's entries (RFC 9162 section 2.1, SHA-256).
 *
 * A leaf is SHA-256(00 || entry), a node SHA-256(01 || left || right), and n leaves
 * split at the largest power of two below n. Who appends keeps only the frontier:
 * the roots of the perfect trees that the size splits into. Who proves reads the
 * perfect subtrees he needs from wherever they are kept.
 *
 * Threads: no state. */
#pragma once
#include "base/crypto.h"

enum {
    GW_TREE_LEVELS = 48, /* a log of 2^48 entries would fill every disk there is */
    GW_PROOF_MAX = 2 * GW_TREE_LEVELS,
};

struct gw_hash gw_tree_empty(void); /* of no entry: SHA-256("") */
struct gw_hash gw_tree_leaf(struct gw_span entry);
struct gw_hash gw_tree_node(const struct gw_hash *left, const struct gw_hash *right);
static inline bool gw_hash_equal(const struct gw_hash *a, const struct gw_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Perfect trees, the largest (leftmost) first: one for each bit set in size. */
struct gw_frontier {
    uint64_t size;
    unsigned n;
    struct gw_hash nodes[GW_TREE_LEVELS];
};
/* False when n is not the number of bits set in size, or size is past the limit. */
[[nodiscard]] bool gw_frontier_restore(struct gw_frontier *out, uint64_t size, const struct gw_hash *nodes, size_t n);
/* Appends a leaf. The perfect trees that end with it are made[0] (the leaf itself) to
 * made[returned]; made may be NULL, else has GW_TREE_LEVELS places. */
unsigned gw_frontier_add(struct gw_frontier *f, const struct gw_hash *leaf, struct gw_hash *made);
struct gw_hash gw_frontier_root(const struct gw_frontier *f);

/* Reads the perfect tree over leaves [index << level, (index + 1) << level). */
typedef bool gw_tree_read(struct gw_hash *out, void *from, unsigned level, uint64_t index, struct gw_err *err);
struct gw_proof {
    size_t n;
    struct gw_hash hashes[GW_PROOF_MAX];
};
/* The root over the first `size` leaves. */
[[nodiscard]] bool gw_tree_root(struct gw_hash *out, uint64_t size, gw_tree_read *read, void *from, struct gw_err *err);
/* That leaf is in the tree of that size (RFC 9162 2.1.3.1). GW_ERR_INVALID: it is not (leaf >= size). */
[[nodiscard]] bool gw_tree_inclusion(struct gw_proof *out, uint64_t leaf, uint64_t size, gw_tree_read *read, void *from,
    struct gw_err *err);
/* That the tree of size `second` begins with that of size `first` (2.1.4.1). GW_ERR_INVALID: first > second. */
[[nodiscard]] bool gw_tree_consistency(struct gw_proof *out, uint64_t first, uint64_t second, gw_tree_read *read,
    void *from, struct gw_err *err);

/* 2.1.3.2 and 2.1.4.2: does the proof prove it? */
bool gw_tree_check_inclusion(const struct gw_hash *leaf, uint64_t index, uint64_t size, const struct gw_hash *path,
    size_t n, const struct gw_hash *root);
bool gw_tree_check_consistency(uint64_t first, const struct gw_hash *first_root, uint64_t second,
    const struct gw_hash *second_root, const struct gw_hash *path, size_t n);
