/* tree.c - hashing upward, and the paths of RFC 9162 section 2.1. */
#include "audit/tree.h"

struct gw_hash gw_tree_empty(void)
{
    return gw_sha256((struct gw_span){});
}

struct gw_hash gw_tree_leaf(struct gw_span entry)
{
    static const uint8_t mark = 0x00;
    return gw_sha256_parts(gw_span_of(&mark, 1), entry);
}

struct gw_hash gw_tree_node(const struct gw_hash *left, const struct gw_hash *right)
{
    uint8_t both[1 + 2 * GW_HASH_BYTES] = { 0x01 };
    memcpy(both + 1, left->bytes, GW_HASH_BYTES);
    memcpy(both + 1 + GW_HASH_BYTES, right->bytes, GW_HASH_BYTES);
    return gw_sha256(gw_span_of(both, sizeof both));
}

/* ---- the frontier -------------------------------------------------------------- */

bool gw_frontier_restore(struct gw_frontier *out, uint64_t size, const struct gw_hash *nodes, size_t n)
{
    if (size >> GW_TREE_LEVELS != 0 || (size_t)__builtin_popcountll(size) != n)
        return false;
    *out = (struct gw_frontier){ .size = size, .n = (unsigned)n };
    if (n > 0)
        memcpy(out->nodes, nodes, n * sizeof *nodes);
    return true;
}

unsigned gw_frontier_add(struct gw_frontier *f, const struct gw_hash *leaf, struct gw_hash *made)
{
    struct gw_hash h = *leaf;
    unsigned level = 0;
    assert(f->size >> (GW_TREE_LEVELS - 1) == 0);
    if (made != NULL)
        made[0] = h;
    /* Each bit set at the low end of size is a perfect tree of the same height to join. */
    for (uint64_t rest = f->size; (rest & 1) != 0; rest >>= 1) {
        h = gw_tree_node(&f->nodes[--f->n], &h);
        level++;
        if (made != NULL)
            made[level] = h;
    }
    f->nodes[f->n++] = h;
    f->size++;
    return level;
}

struct gw_hash gw_frontier_root(const struct gw_frontier *f)
{
    if (f->n == 0)
        return gw_tree_empty();
    struct gw_hash h = f->nodes[f->n - 1];
    for (unsigned i = f->n - 1; i-- > 0;)
        h = gw_tree_node(&f->nodes[i], &h);
    return h;
}

/* ---- proving --------------------------------------------------------------------- */

/* The largest power of two below n (n >= 2), as its exponent. */
static unsigned split_level(uint64_t n)
{
    return 63u - (unsigned)__builtin_clzll(n - 1);
}

/* MTH of leaves [from, to), where from is a multiple of a power of two that is not
 * below to - from: perfect trees from left to right, folded from the right. */
static bool range_root(struct gw_hash *out, uint64_t from, uint64_t to, gw_tree_read *read, void *arg,
    struct gw_err *err)
{
    struct gw_frontier f = {};
    for (uint64_t at = from; at < to;) {
        unsigned level = 63u - (unsigned)__builtin_clzll(to - at);
        if (!read(&f.nodes[f.n++], arg, level, at >> level, err))
            return false;
        at += UINT64_C(1) << level;
    }
    *out = gw_frontier_root(&f);
    return true;
}

static bool add_range(struct gw_proof *p, uint64_t from, uint64_t to, gw_tree_read *read, void *arg, struct gw_err *err)
{
    assert(p->n < GW_PROOF_MAX);
    return range_root(&p->hashes[p->n++], from, to, read, arg, err);
}

/* The way down gives the hashes top first; proofs have them bottom first. */
static void turn_round(struct gw_proof *p)
{
    for (size_t i = 0; i < p->n / 2; i++) {
        struct gw_hash h = p->hashes[i];
        p->hashes[i] = p->hashes[p->n - 1 - i];
        p->hashes[p->n - 1 - i] = h;
    }
}

static bool check_size(uint64_t size, struct gw_err *err)
{
    return size >> GW_TREE_LEVELS == 0 || gw_fail(err, GW_ERR_INVALID, "no log has so many entries");
}

bool gw_tree_root(struct gw_hash *out, uint64_t size, gw_tree_read *read, void *from, struct gw_err *err)
{
    return check_size(size, err) && range_root(out, 0, size, read, from, err);
}

bool gw_tree_inclusion(struct gw_proof *out, uint64_t leaf, uint64_t size, gw_tree_read *read, void *from,
    struct gw_err *err)
{
    out->n = 0;
    if (!check_size(size, err))
        return false;
    if (leaf >= size)
        return gw_fail(err, GW_ERR_INVALID, "a log of that size does not have this entry");
    for (uint64_t lo = 0, hi = size; hi - lo > 1;) {
        uint64_t middle = lo + (UINT64_C(1) << split_level(hi - lo));
        bool left = leaf < middle;
        if (!add_range(out, left ? middle : lo, left ? hi : middle, read, from, err))
            return false;
        *(left ? &hi : &lo) = middle;
    }
    turn_round(out);
    return true;
}

bool gw_tree_consistency(struct gw_proof *out, uint64_t first, uint64_t second, gw_tree_read *read, void *from,
    struct gw_err *err)
{
    out->n = 0;
    if (!check_size(second, err))
        return false;
    if (first > second)
        return gw_fail(err, GW_ERR_INVALID, "the first size must not be above the second");
    if (first == 0)
        return true; /* every log begins with the empty one */
    uint64_t lo = 0, hi = second;
    bool whole = true; /* the first tree's root is among what the verifier has */
    while (first != hi) {
        uint64_t middle = lo + (UINT64_C(1) << split_level(hi - lo));
        bool left = first <= middle;
        if (!add_range(out, left ? middle : lo, left ? hi : middle, read, from, err))
            return false;
        whole = whole && left;
        *(left ? &hi : &lo) = middle;
    }
    if (!whole && !add_range(out, lo, hi, read, from, err))
        return false;
    turn_round(out);
    return true;
}

/* ---- checking a proof --------------------------------------------------------------- */

bool gw_tree_check_inclusion(const struct gw_hash *leaf, uint64_t index, uint64_t size, const struct gw_hash *path,
    size_t n, const struct gw_hash *root)
{
    if (index >= size)
        return false;
    uint64_t at = index, last = size - 1;
    struct gw_hash h = *leaf;
    for (size_t i = 0; i < n; i++) {
        if (last == 0)
            return false; /* longer than the tree is high */
        if ((at & 1) != 0 || at == last) {
            h = gw_tree_node(&path[i], &h);
            /* Without a right neighbor a node moves up as it is. */
            while ((at & 1) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else
            h = gw_tree_node(&h, &path[i]);
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && gw_hash_equal(&h, root);
}

bool gw_tree_check_consistency(uint64_t first, const struct gw_hash *first_root, uint64_t second,
    const struct gw_hash *second_root, const struct gw_hash *path, size_t n)
{
    if (first > second)
        return false;
    if (first == second)
        return n == 0 && gw_hash_equal(first_root, second_root);
    if (first == 0) {
        struct gw_hash empty = gw_tree_empty();
        return n == 0 && gw_hash_equal(first_root, &empty);
    }
    if (n == 0)
        return false;
    uint64_t at = first - 1, last = second - 1;
    while ((at & 1) != 0) {
        at >>= 1;
        last >>= 1;
    }
    /* A first tree that is perfect is itself the beginning of the path. */
    size_t i = 0;
    struct gw_hash old = at == 0 ? *first_root : path[i++], now = old;
    for (; i < n; i++) {
        if (last == 0)
            return false;
        if ((at & 1) != 0 || at == last) {
            old = gw_tree_node(&path[i], &old);
            now = gw_tree_node(&path[i], &now);
            while ((at & 1) == 0 && at != 0) {
                at >>= 1;
                last >>= 1;
            }
        } else
            now = gw_tree_node(&now, &path[i]);
        at >>= 1;
        last >>= 1;
    }
    return last == 0 && gw_hash_equal(&old, first_root) && gw_hash_equal(&now, second_root);
}
