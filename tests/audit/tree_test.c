/* tree_test.c - the tree against the public answers, and every proof of every small tree
 * against the definition of RFC 9162 section 2.1 as it is written there. */
#include "audit/tree.h"
#include "base/buf.h"
#include "base/json.h"
#include "tests/check.h"

static struct gw_err err;

enum { MOST = 70 };
static struct gw_hash leaves[MOST];

/* MTH(D[from:to]) word for word; recursion is fine on sizes of ours. */
static struct gw_hash mth(uint64_t from, uint64_t to)
{
    if (from == to)
        return gw_tree_empty();
    if (to - from == 1)
        return leaves[from];
    uint64_t k = 1;
    while (2 * k < to - from)
        k *= 2;
    struct gw_hash l = mth(from, from + k), r = mth(from + k, to);
    return gw_tree_node(&l, &r);
}

static bool read_node(struct gw_hash *out, void *from, unsigned level, uint64_t index, struct gw_err *e)
{
    (void)from, (void)e;
    *out = mth(index << level, (index + 1) << level);
    return true;
}

static void fill(void)
{
    for (size_t i = 0; i < MOST; i++) {
        uint8_t byte = (uint8_t)i;
        leaves[i] = gw_tree_leaf(gw_span_of(&byte, 1));
    }
}

static void frontier_is_definition(void **state)
{
    (void)state;
    struct gw_frontier f = {};
    fill();
    for (uint64_t n = 0; n < MOST; n++) {
        struct gw_hash got = gw_frontier_root(&f), want = mth(0, n);
        assert_memory_equal(got.bytes, want.bytes, sizeof want.bytes);
        struct gw_frontier again;
        assert_true(gw_frontier_restore(&again, f.size, f.nodes, f.n));
        got = gw_frontier_root(&again);
        assert_memory_equal(got.bytes, want.bytes, sizeof want.bytes);
        struct gw_hash made[GW_TREE_LEVELS];
        unsigned top = gw_frontier_add(&f, &leaves[n], made);
        for (unsigned level = 0; level <= top; level++) {
            want = mth((n >> level) << level, n + 1);
            assert_memory_equal(made[level].bytes, want.bytes, sizeof want.bytes);
        }
    }
    assert_false(gw_frontier_restore(&f, 5, f.nodes, 3));
    assert_false(gw_frontier_restore(&f, UINT64_C(1) << GW_TREE_LEVELS, f.nodes, 1));
}

/* The proof proves; with a bit changed, cut, longer, or for another place it does not. */
static void every_inclusion(void **state)
{
    (void)state;
    fill();
    for (uint64_t size = 1; size < MOST; size++)
        for (uint64_t leaf = 0; leaf < size; leaf++) {
            struct gw_proof p;
            struct gw_hash root = mth(0, size);
            assert_true(gw_tree_inclusion(&p, leaf, size, read_node, NULL, &err));
            assert_true(gw_tree_check_inclusion(&leaves[leaf], leaf, size, p.hashes, p.n, &root));
            assert_false(gw_tree_check_inclusion(&leaves[leaf + 1], leaf, size, p.hashes, p.n, &root));
            assert_false(gw_tree_check_inclusion(&leaves[leaf], leaf, size, p.hashes, p.n + 1, &root));
            for (uint64_t other = 0; other < size; other++)
                assert_true(other == leaf ||
                            !gw_tree_check_inclusion(&leaves[leaf], other, size, p.hashes, p.n, &root));
            if (p.n > 0) {
                assert_false(gw_tree_check_inclusion(&leaves[leaf], leaf, size, p.hashes, p.n - 1, &root));
                p.hashes[size % p.n].bytes[leaf % 32] ^= 1;
                assert_false(gw_tree_check_inclusion(&leaves[leaf], leaf, size, p.hashes, p.n, &root));
            }
            assert_false(gw_tree_check_inclusion(&leaves[leaf], size, size, p.hashes, p.n, &root));
        }
}

static void every_consistency(void **state)
{
    (void)state;
    fill();
    for (uint64_t second = 0; second < MOST; second++)
        for (uint64_t first = 0; first <= second; first++) {
            struct gw_proof p;
            struct gw_hash a = mth(0, first), b = mth(0, second), c = { { 1 } };
            assert_true(gw_tree_consistency(&p, first, second, read_node, NULL, &err));
            assert_true(gw_tree_check_consistency(first, &a, second, &b, p.hashes, p.n));
            assert_false(gw_tree_check_consistency(first, &a, second, &b, p.hashes, p.n + 1));
            if (first > 0 || second == 0)
                assert_false(gw_tree_check_consistency(first, &a, second, &c, p.hashes, p.n));
            assert_false(gw_tree_check_consistency(first, &c, second, &b, p.hashes, p.n));
            if (p.n > 0) {
                assert_false(gw_tree_check_consistency(first, &a, second, &b, p.hashes, p.n - 1));
                p.hashes[second % p.n].bytes[first % 32] ^= 0x80;
                assert_false(gw_tree_check_consistency(first, &a, second, &b, p.hashes, p.n));
            }
        }
    struct gw_proof p;
    struct gw_hash a = mth(0, 3);
    assert_false(gw_tree_consistency(&p, 4, 3, read_node, NULL, &err));
    assert_false(gw_tree_check_consistency(4, &a, 3, &a, NULL, 0));
    assert_false(gw_tree_inclusion(&p, 3, 3, read_node, NULL, &err));
}

/* ---- the public answers (RFC 6962's, which 9162 keeps) ------------------------------ */

static struct gw_json *known;

static struct gw_hash hash_of(const struct gw_json *j)
{
    struct gw_hash h = {};
    struct gw_span text = {};
    assert_true(gw_json_string(j, &text) && gw_hex_parse(h.bytes, sizeof h.bytes, text));
    return h;
}

static void load_known(void)
{
    const char *shared = getenv("GANGWAY_SHARED"), *source = getenv("GANGWAY_TEST_SOURCE");
    char path[512];
    GW_AUTO_VALUE(gw_buf) text = {};
    if (shared != NULL)
        snprintf(path, sizeof path, "%s/samples/merkle/rfc6962-sha256.json", shared);
    else
        snprintf(path, sizeof path, "%s/../shared/samples/merkle/rfc6962-sha256.json", source == NULL ? "." : source);
    if (gw_buf_read_file(&text, path, 1 << 20, NULL))
        known = gw_json_parse(gw_buf_span(&text), &err);
}

static void public_answers(void **state)
{
    (void)state;
    if (known == NULL) {
        print_message("the public test vectors are not here\n");
        skip();
    }
    const struct gw_json *list = gw_json_get(known, "leaves_hex"), *roots = gw_json_get(known, "roots");
    size_t n = gw_json_size(list);
    struct gw_frontier f = {};
    struct gw_hash at[MOST + 1], empty = gw_tree_empty(), want = hash_of(gw_json_get(known, "empty_root"));
    assert_memory_equal(empty.bytes, want.bytes, sizeof want.bytes);
    assert_in_range(n, 8, MOST - 1);
    for (size_t i = 0; i < n; i++) {
        uint8_t bytes[64];
        struct gw_span hex;
        char size[24];
        assert_true(gw_json_string(gw_json_at(list, i), &hex) && hex.size / 2 <= sizeof bytes &&
                    gw_hex_parse(bytes, hex.size / 2, hex));
        leaves[i] = gw_tree_leaf(gw_span_of(bytes, hex.size / 2));
        gw_frontier_add(&f, &leaves[i], NULL);
        snprintf(size, sizeof size, "%zu", i + 1);
        want = hash_of(gw_json_get(roots, size));
        at[i + 1] = gw_frontier_root(&f);
        assert_memory_equal(at[i + 1].bytes, want.bytes, sizeof want.bytes);
    }
    const char *kinds[] = { "inclusion", "consistency" };
    for (size_t kind = 0; kind < 2; kind++) {
        const struct gw_json *all = gw_json_get(known, kinds[kind]);
        assert_true(gw_json_size(all) > 0);
        for (size_t i = 0; i < gw_json_size(all); i++) {
            const struct gw_json *one = gw_json_at(all, i), *path = gw_json_get(one, kind == 0 ? "path" : "proof");
            struct gw_proof p;
            int64_t a, b;
            assert_true(gw_json_get_integer(one, kind == 0 ? "index" : "first", &a) &&
                        gw_json_get_integer(one, kind == 0 ? "size" : "second", &b));
            assert_true(kind == 0 ? gw_tree_inclusion(&p, (uint64_t)a, (uint64_t)b, read_node, NULL, &err)
                                  : gw_tree_consistency(&p, (uint64_t)a, (uint64_t)b, read_node, NULL, &err));
            assert_int_equal(p.n, gw_json_size(path));
            for (size_t k = 0; k < p.n; k++) {
                want = hash_of(gw_json_at(path, k));
                assert_memory_equal(p.hashes[k].bytes, want.bytes, sizeof want.bytes);
            }
            assert_true(kind == 0 ? gw_tree_check_inclusion(&leaves[a], (uint64_t)a, (uint64_t)b, p.hashes, p.n, &at[b])
                                  : gw_tree_check_consistency((uint64_t)a, &at[a], (uint64_t)b, &at[b], p.hashes, p.n));
        }
    }
}

/* Of our own, so that a machine without the samples holds the hashing to something fixed:
 * SHA-256 of 00, and of 01 with two of those behind it. */
static void golden(void **state)
{
    (void)state;
    char text[65];
    struct gw_hash leaf = gw_tree_leaf((struct gw_span){}), node = gw_tree_node(&leaf, &leaf), empty = gw_tree_empty();
    gw_hex(text, gw_span_of(leaf.bytes, 32));
    assert_string_equal(text, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
    gw_hex(text, gw_span_of(empty.bytes, 32));
    assert_string_equal(text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    gw_hex(text, gw_span_of(node.bytes, 32));
    assert_string_equal(text, "fe43d66afa4a9a5c4f9c9da89f4ffb52635c8f342e7ffb731d68e36c5982072a");
}

int main(void)
{
    if (!gw_crypto_init(&err))
        return 1;
    load_known();
    check_add("tree", "the frontier's root is RFC 9162's definition at every size", frontier_is_definition);
    check_add("tree", "every inclusion proof proves its entry, and no other", every_inclusion);
    check_add("tree", "every consistency proof proves its sizes, and no others", every_consistency);
    check_add("tree", "roots and proofs are the public answers", public_answers);
    check_add("tree", "leaf, node and nothing hash as fixed", golden);
    int status = check_done();
    gw_json_free(known);
    return status;
}
