/* proof.c - proofs to and from JSON. */
#include "audit/proof.h"

struct gw_json *gw_proof_path_json(const struct gw_hash *path, size_t n)
{
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < n; i++) {
        char hex[2 * GW_HASH_BYTES + 1];
        gw_hex(hex, gw_span_of(path[i].bytes, GW_HASH_BYTES));
        gw_json_add_text(list, hex);
    }
    return list;
}

struct gw_json *gw_proof_inclusion_json(uint64_t leaf, uint64_t size, const char *entry, const struct gw_hash *path,
    size_t n, const char *head)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_integer(j, "leaf", (int64_t)leaf);
    gw_json_set_integer(j, "size", (int64_t)size);
    gw_json_set_text(j, "entry", entry);
    gw_json_set(j, "path", gw_proof_path_json(path, n));
    gw_json_set_text(j, "head", head);
    return j;
}

struct gw_json *gw_proof_consistency_json(uint64_t first, uint64_t second, const struct gw_hash *path, size_t n,
    const char *first_head, const char *second_head)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_integer(j, "first", (int64_t)first);
    gw_json_set_integer(j, "second", (int64_t)second);
    gw_json_set(j, "path", gw_proof_path_json(path, n));
    gw_json_set_text(j, "first_head", first_head);
    gw_json_set_text(j, "second_head", second_head);
    return j;
}

bool gw_head_check(struct gw_checkpoint *out, struct gw_span text, const struct gw_note_key *key, struct gw_err *err)
{
    struct gw_note note;
    if (!gw_note_parse(&note, text, err) || !gw_checkpoint_parse(out, note.text, err))
        return false;
    if (!gw_note_signed(&note, key, NULL))
        return gw_fail(err, GW_ERR_INVALID, "the head over %llu entries is not signed with this key (%s)",
            (unsigned long long)out->size, key->name);
    return strcmp(out->origin, key->name) == 0 || gw_fail(err, GW_ERR_INVALID, "the head is of another log");
}

bool gw_proof_path_read(struct gw_proof *out, const struct gw_json *object, struct gw_err *err)
{
    const struct gw_json *path = gw_json_get(object, "path");
    out->n = gw_json_size(path);
    bool fine = gw_json_kind(path) == GW_JSON_ARRAY && out->n <= GW_PROOF_MAX;
    for (size_t i = 0; fine && i < out->n; i++) {
        struct gw_span hex = {};
        fine = gw_json_string(gw_json_at(path, i), &hex) && gw_hex_parse(out->hashes[i].bytes, GW_HASH_BYTES, hex);
    }
    return fine || gw_fail(err, GW_ERR_FORMAT, "\"path\" must be a list of at most %d hashes in 64 hexadecimal digits", GW_PROOF_MAX);
}

static bool read_number(uint64_t *out, const struct gw_json *j, const char *key, struct gw_err *err)
{
    int64_t n = -1;
    gw_json_get_integer(j, key, &n);
    *out = (uint64_t)n;
    return n >= 0 || gw_fail(err, GW_ERR_FORMAT, "\"%s\" must be a number", key);
}

/* The signed head under a key of the object; its size must be that. */
static bool read_head(struct gw_checkpoint *out, const struct gw_json *j, const char *name, uint64_t size,
    const struct gw_note_key *key, struct gw_err *err)
{
    struct gw_span text;
    if (!gw_json_get_string(j, name, &text))
        return gw_fail(err, GW_ERR_FORMAT, "\"%s\" must be a signed head: without it the proof hangs in the air", name);
    if (!gw_head_check(out, text, key, err))
        return false;
    return out->size == size || gw_fail(err, GW_ERR_INVALID, "\"%s\" is over %llu entries, and the proof is of %llu", name,
                                    (unsigned long long)out->size, (unsigned long long)size);
}

static bool check_inclusion(struct gw_buf *sentence, const struct gw_json *j, const struct gw_note_key *key, struct gw_err *err)
{
    uint64_t leaf, size;
    struct gw_span text = {};
    struct gw_audit_entry e;
    struct gw_checkpoint head;
    struct gw_proof p;
    if (!read_number(&leaf, j, "leaf", err) || !read_number(&size, j, "size", err) || !gw_proof_path_read(&p, j, err) ||
        !read_head(&head, j, "head", size, key, err))
        return false;
    if (!gw_json_get_string(j, "entry", &text) || !gw_audit_parse(&e, text, err))
        return gw_fail_prefix(err, "\"entry\" is no entry of a log");
    if ((uint64_t)e.number[GW_AUDIT_FIELD_N] != leaf)
        return gw_fail(err, GW_ERR_INVALID, "the entry says that it is %lld, and the proof is of %llu",
            (long long)e.number[GW_AUDIT_FIELD_N], (unsigned long long)leaf);
    struct gw_hash hash = gw_tree_leaf(text);
    if (!gw_tree_check_inclusion(&hash, leaf, size, p.hashes, p.n, &head.root))
        return gw_fail(err, GW_ERR_INVALID, "this entry is not entry %llu of the %llu that were signed: it or its path was altered",
            (unsigned long long)leaf, (unsigned long long)size);
    char at[GW_TIME_TEXT];
    gw_time_format(at, head.at_us);
    gw_buf_addf(sentence, "entry %llu (%s) is in the log of %llu entries signed by %s on %s", (unsigned long long)leaf,
        gw_audit_kind_name(e.kind), (unsigned long long)size, key->name, at);
    return true;
}

static bool check_consistency(struct gw_buf *sentence, const struct gw_json *j, const struct gw_note_key *key,
    struct gw_err *err)
{
    uint64_t first, second;
    struct gw_checkpoint a, b;
    struct gw_proof p;
    if (!read_number(&first, j, "first", err) || !read_number(&second, j, "second", err) || !gw_proof_path_read(&p, j, err) ||
        !read_head(&a, j, "first_head", first, key, err) || !read_head(&b, j, "second_head", second, key, err))
        return false;
    if (!gw_tree_check_consistency(first, &a.root, second, &b.root, p.hashes, p.n))
        return gw_fail(err, GW_ERR_INVALID, "the log of %llu entries does not begin with the %llu that were signed before: it was forked or altered",
            (unsigned long long)second, (unsigned long long)first);
    char from[GW_TIME_TEXT], to[GW_TIME_TEXT];
    gw_time_format(from, a.at_us);
    gw_time_format(to, b.at_us);
    gw_buf_addf(sentence, "the log of %llu entries signed on %s begins with the %llu signed on %s: nothing was altered, only added",
        (unsigned long long)second, to, (unsigned long long)first, from);
    return true;
}

bool gw_proof_check(struct gw_buf *sentence, const struct gw_json *j, const struct gw_note_key *key, struct gw_err *err)
{
    if (gw_json_get(j, "leaf") != NULL)
        return check_inclusion(sentence, j, key, err);
    if (gw_json_get(j, "second") != NULL)
        return check_consistency(sentence, j, key, err);
    return gw_fail(err, GW_ERR_FORMAT, "this is no proof: it has neither \"leaf\" nor \"second\"");
}
