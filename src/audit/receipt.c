/* receipt.c - receipts out of entries, and entries behind receipts. */
#include "audit/receipt.h"

#include <ctype.h>
#include <stdio.h>

static void set_time(struct gw_json *j, const char *key, int64_t us)
{
    char text[GW_TIME_TEXT];
    gw_time_format(text, us);
    gw_json_set_text(j, key, text);
}

static void set_field(struct gw_json *j, const char *key, const struct gw_audit_entry *e, enum gw_audit_field field)
{
    if (gw_audit_has(e, field))
        gw_json_set_span(j, key, e->text[field]);
    else
        gw_json_set_null(j, key);
}

/* What a person can say on the telephone: the random end of the id. */
static void set_case(struct gw_json *j, struct gw_span id)
{
    char text[24] = "GW";
    size_t n = 2;
    for (size_t i = 0; i < 12; i++) {
        if (i % 4 == 0)
            text[n++] = '-';
        text[n++] = (char)toupper(id.data[id.size - 12 + i]);
    }
    text[n] = 0;
    gw_json_set_text(j, "case", text);
}

/* Everything in words that the entries say. NULL when they do not belong together. */
static struct gw_json *facts_of(const struct gw_audit_entry *entries, size_t n, struct gw_err *err)
{
    const struct gw_audit_entry *first = &entries[0], *close = NULL, *purge = NULL;
    bool deletion = first->kind == GW_AUDIT_PURGE;
    if (first->kind != GW_AUDIT_VERIFY && first->kind != GW_AUDIT_DECLINE && !deletion)
        return gw_fail_null(err, GW_ERR_INVALID, "a receipt is about a verification, a decline or a purge");
    for (size_t i = 0; i < n; i++) {
        const struct gw_audit_entry *e = &entries[i];
        if (!gw_span_equal(e->text[GW_AUDIT_FIELD_VOYAGE], first->text[GW_AUDIT_FIELD_VOYAGE]) ||
            (i > 0 && e->kind != GW_AUDIT_CLOSE && e->kind != GW_AUDIT_PURGE && e->kind != GW_AUDIT_SWEEP))
            return gw_fail_null(err, GW_ERR_INVALID, "the receipt's entries are not about one voyage");
        close = e->kind == GW_AUDIT_CLOSE ? e : close;
        purge = e->kind == GW_AUDIT_PURGE ? e : purge;
    }
    struct gw_json *j = gw_json_object();
    set_time(j, "at", first->number[GW_AUDIT_FIELD_AT]);
    set_field(j, "voyage", first, GW_AUDIT_FIELD_VOYAGE);
    if (deletion) {
        gw_json_set_text(j, "outcome", "destroyed");
        gw_json_set_integer(j, "keys", first->number[GW_AUDIT_FIELD_KEYS]);
        if (gw_audit_has(first, GW_AUDIT_FIELD_TRAVELERS))
            gw_json_set_integer(j, "travelers", first->number[GW_AUDIT_FIELD_TRAVELERS]);
    } else {
        struct gw_span answer = first->text[GW_AUDIT_FIELD_ANSWER];
        gw_json_set_text(j, "outcome", first->kind == GW_AUDIT_DECLINE ? "declined"
            : gw_span_is(answer, "clear") ? "cleared" : gw_span_is(answer, "retry") ? "try_again" : "see_officer");
        set_case(j, first->text[GW_AUDIT_FIELD_SUBJECT]);
        set_field(j, "class", first, GW_AUDIT_FIELD_CLASS);
        set_field(j, "rule", first, GW_AUDIT_FIELD_RULE);
        if (gw_audit_has(first, GW_AUDIT_FIELD_UNTIL))
            set_time(j, "photo_until", first->number[GW_AUDIT_FIELD_UNTIL]);
        else
            gw_json_set_null(j, "photo_until"); /* it was not kept */
        if (gw_audit_has(first, GW_AUDIT_FIELD_KEEP))
            gw_json_set_integer(j, "hours_after_close_at_most", first->number[GW_AUDIT_FIELD_KEEP] / 3600);
    }
    if (close != NULL)
        set_time(j, "destroyed_by", close->number[GW_AUDIT_FIELD_UNTIL]);
    else
        gw_json_set_null(j, "destroyed_by");
    if (purge != NULL)
        set_time(j, "destroyed_at", purge->number[GW_AUDIT_FIELD_AT]);
    else
        gw_json_set_null(j, "destroyed_at");
    return j;
}

struct gw_json *gw_receipt_json(const struct gw_receipt_part *parts, size_t n, uint64_t size, const char *head,
    struct gw_err *err)
{
    struct gw_audit_entry entries[GW_RECEIPT_ENTRIES_MAX];
    assert(n >= 1 && n <= GW_RECEIPT_ENTRIES_MAX);
    for (size_t i = 0; i < n; i++)
        if (!gw_audit_parse(&entries[i], gw_span_str(parts[i].entry), err))
            return NULL;
    struct gw_json *j = facts_of(entries, n, err);
    if (j == NULL)
        return NULL;
    gw_json_set_text(j, "head", head);
    gw_json_set_integer(j, "size", (int64_t)size);
    struct gw_json *proofs = gw_json_array();
    for (size_t i = 0; i < n; i++) {
        struct gw_json *o = gw_json_object();
        gw_json_set_integer(o, "leaf", (int64_t)parts[i].leaf);
        gw_json_set_text(o, "entry", parts[i].entry);
        gw_json_set(o, "path", gw_proof_path_json(parts[i].path, parts[i].n));
        gw_json_add(proofs, o);
    }
    gw_json_set(j, "proofs", proofs);
    return j;
}

/* ---- checking ---------------------------------------------------------------------- */

static bool check_part(struct gw_audit_entry *e, const struct gw_json *part, const struct gw_checkpoint *head, struct gw_err *err)
{
    struct gw_span text = {};
    struct gw_proof p;
    int64_t leaf = -1;
    gw_json_get_integer(part, "leaf", &leaf);
    if (!gw_json_get_string(part, "entry", &text) || !gw_audit_parse(e, text, err))
        return gw_fail_prefix(err, "the receipt has a part that is no entry of a log");
    if (!gw_proof_path_read(&p, part, err))
        return false;
    struct gw_hash hash = gw_tree_leaf(text);
    if (leaf < 0 || e->number[GW_AUDIT_FIELD_N] != leaf ||
        !gw_tree_check_inclusion(&hash, (uint64_t)leaf, head->size, p.hashes, p.n, &head->root))
        return gw_fail(err, GW_ERR_INVALID, "entry %lld of the receipt (%s) is not in the log that was signed: it was altered or made up",
            (long long)leaf, gw_audit_kind_name(e->kind));
    return true;
}

/* Members of `want` must stand in `have` with the same value. */
static bool same_facts(const struct gw_json *want, const struct gw_json *have, struct gw_err *err)
{
    const char *key;
    const struct gw_json *value;
    for (size_t i = 0; gw_json_member(want, i, &key, &value); i++) {
        const struct gw_json *said = gw_json_get(have, key);
        GW_AUTO_VALUE(gw_buf) a = {};
        GW_AUTO_VALUE(gw_buf) b = {};
        gw_json_format(&a, value, false);
        if (said != NULL)
            gw_json_format(&b, said, false);
        if (!gw_span_equal(gw_buf_span(&a), gw_buf_span(&b)))
            return gw_fail(err, GW_ERR_INVALID, "the receipt's \"%s\" is not what the log says: %.100s", key, gw_buf_text(&a));
    }
    return true;
}

bool gw_receipt_check(struct gw_buf *sentence, const struct gw_json *receipt, const struct gw_note_key *key, struct gw_err *err)
{
    struct gw_audit_entry entries[GW_RECEIPT_ENTRIES_MAX];
    struct gw_checkpoint head;
    struct gw_span note = {};
    const struct gw_json *proofs = gw_json_get(receipt, "proofs");
    size_t n = gw_json_size(proofs);
    if (!gw_json_get_string(receipt, "head", &note) || n < 1 || n > GW_RECEIPT_ENTRIES_MAX)
        return gw_fail(err, GW_ERR_FORMAT, "this is no receipt: it needs \"head\" and 1 to %d \"proofs\"", GW_RECEIPT_ENTRIES_MAX);
    if (!gw_head_check(&head, note, key, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!check_part(&entries[i], gw_json_at(proofs, i), &head, err))
            return false;
    GW_AUTO(gw_json) *facts = facts_of(entries, n, err);
    if (facts == NULL || !same_facts(facts, receipt, err))
        return false;
    struct gw_span outcome = {};
    char at[GW_TIME_TEXT], signed_at[GW_TIME_TEXT];
    gw_json_get_string(facts, "outcome", &outcome);
    gw_time_format(at, entries[0].number[GW_AUDIT_FIELD_AT]);
    gw_time_format(signed_at, head.at_us);
    gw_buf_addf(sentence, "the log of %s, signed on %s, says: %.*s, %s", key->name, signed_at, (int)outcome.size,
        (const char *)outcome.data, at);
    return true;
}
