/* receipt.c - what somebody holds in hands: proof of what was decided, and that what was kept is gone.
 *
 * Nothing is stored for a receipt. Its number is the id of the verification or decline and a
 * keyed hash of it: who was not given it cannot make it, and it says nothing about a person.
 * What it tells is made from the log, so it can be told long after the purge. */
#include "service/internal.h"

#include "audit/receipt.h"

enum { MARK_TEXT = GW_RECEIPT_TEXT - GW_ID_TEXT - 1 };

void gw_receipt_number(char out[GW_RECEIPT_TEXT], const struct gw_service *s, struct gw_id subject)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    struct gw_hash mark = gw_store_hash(s->store, GW_HASH_RECEIPT, gw_span_of(subject.bytes, sizeof subject.bytes));
    gw_id_format(out, subject);
    out[GW_ID_TEXT - 1] = '-';
    static_assert(MARK_TEXT == 16, "80 bits");
    for (size_t i = 0; i < MARK_TEXT; i++)
        out[GW_ID_TEXT + i] = alphabet[mark.bytes[i] & 31];
    out[GW_RECEIPT_TEXT - 1] = 0;
}

struct reading {
    struct gw_service *s;
    struct gw_arena *a;
    struct gw_id subject;
    bool deletion;           /* subject is a voyage */
    struct gw_receipt_part parts[GW_RECEIPT_ENTRIES_MAX];
    size_t n;
    bool tells;              /* why: an older log's entry, which is shown to nobody who holds a receipt */
    struct gw_id voyage;
    uint64_t size;           /* of the head; 0: only look */
};

/* Of the entries about one id, those that belong into a receipt. */
static bool take_entry(void *to, uint64_t n, struct gw_span entry, struct gw_err *err)
{
    struct reading *r = to;
    struct gw_audit_entry e;
    if (!gw_audit_parse(&e, entry, err))
        return gw_fail(err, GW_ERR_CORRUPT, "entry %llu of the log cannot be read: restore a backup", (unsigned long long)n);
    bool first = r->n == 0 && (r->deletion ? e.kind == GW_AUDIT_PURGE : e.kind == GW_AUDIT_VERIFY || e.kind == GW_AUDIT_DECLINE);
    bool later = r->n > 0 && (e.kind == GW_AUDIT_CLOSE || e.kind == GW_AUDIT_PURGE || e.kind == GW_AUDIT_SWEEP) &&
                 n != r->parts[0].leaf;
    if ((!first && !later) || r->n == GW_RECEIPT_ENTRIES_MAX)
        return true;
    if (first && e.kind == GW_AUDIT_VERIFY && gw_audit_has(&e, GW_AUDIT_FIELD_REASON) &&
        !gw_span_is(e.text[GW_AUDIT_FIELD_ANSWER], "clear"))
        r->tells = true;
    if (first)
        (void)gw_id_parse(&r->voyage, e.text[GW_AUDIT_FIELD_VOYAGE]);
    r->parts[r->n] = (struct gw_receipt_part){ .leaf = n, .entry = gw_arena_text(r->a, entry, err) };
    return r->parts[r->n++].entry != NULL;
}

static bool read_entries(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct reading *r = arg;
    if (!gw_store_audit_about(tx, r->subject, take_entry, r, err))
        return false;
    if (r->n == 0)
        return gw_fail(err, GW_ERR_NOT_FOUND, r->deletion ? "nothing of this voyage was purged yet" : "no such receipt");
    return gw_store_audit_about(tx, r->voyage, take_entry, r, err);
}

static bool prove(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct reading *r = arg;
    for (size_t i = 0; i < r->n; i++) {
        struct gw_proof p;
        if (!gw_tree_inclusion(&p, r->parts[i].leaf, r->size, gw_store_audit_node, tx, err))
            return false;
        struct gw_hash *path = gw_arena_array(r->a, p.n, struct gw_hash, err);
        if (path == NULL)
            return false;
        if (p.n > 0)
            memcpy(path, p.hashes, p.n * sizeof *path);
        r->parts[i].path = path;
        r->parts[i].n = p.n;
    }
    return true;
}

static struct gw_json *make(struct reading *r, struct gw_err *err)
{
    struct gw_audit_head head = {};
    if (!gw_store_read(r->s->store, read_entries, r, err))
        return NULL;
    uint64_t last = 0;
    for (size_t i = 0; i < r->n; i++)
        last = GW_MAX(last, r->parts[i].leaf);
    /* A head over all of it; where none was signed since, one is now. */
    struct gw_err why = {};
    if (!gw_head_get(&head, r->a, r->s, true, last + 1, &why)) {
        if (why.code != GW_ERR_NOT_FOUND || !gw_head_sign(r->s, err) || !gw_head_get(&head, r->a, r->s, true, last + 1, err))
            return NULL;
    }
    r->size = head.size;
    struct gw_json *j = gw_store_read(r->s->store, prove, r, err) ? gw_receipt_json(r->parts, r->n, r->size, head.note, err) : NULL;
    if (j != NULL && r->tells)
        gw_json_set(j, "proofs", gw_json_array());
    return j;
}

struct gw_json *gw_service_receipt(struct gw_arena *a, struct gw_service *s, struct gw_span number, struct gw_err *err)
{
    struct reading r = { .s = s, .a = a };
    char right[GW_RECEIPT_TEXT];
    bool fine = number.size == GW_RECEIPT_TEXT - 1 && gw_id_parse(&r.subject, gw_span_slice(number, 0, GW_ID_TEXT - 1));
    if (fine)
        gw_receipt_number(right, s, r.subject);
    if (!fine || !gw_equal_secret(right, number.data, GW_RECEIPT_TEXT - 1))
        return gw_fail_null(err, GW_ERR_NOT_FOUND, "no such receipt");
    struct gw_json *j = make(&r, err);
    if (j != NULL)
        gw_json_set_text(j, "receipt", right);
    return j;
}

struct gw_json *gw_service_deletion(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id voyage, struct gw_err *err)
{
    struct reading r = { .s = s, .a = a, .subject = voyage, .deletion = true };
    return gw_allow(who, GW_ROLE_BIT(AUDITOR) | GW_ROLE_BIT(SUPERVISOR), err) ? make(&r, err) : NULL;
}
