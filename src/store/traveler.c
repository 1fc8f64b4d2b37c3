/* traveler.c - who is expected, sealed. */
#include "store/tx.h"

enum { PERSON_BYTES = 1 << 20 }; /* of one, far more than a manifest takes */

static struct gw_bound person_bound(const struct gw_id *traveler, const struct gw_id *voyage)
{
    return (struct gw_bound){ GW_KEY_VOYAGE, *voyage, GW_SEALED_PERSON,
        gw_span_of(traveler->bytes, sizeof traveler->bytes) };
}

bool gw_store_traveler_marks(struct gw_traveler_mark **marks, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *marks = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_TRAVELER_MARKS, GW_VALUES(gw_v_id(&voyage)), err))
        return false;
    while (gw_reading_next(&r)) {
        *marks = gw_arena_grow(a, *marks, &capacity, *n + 1, sizeof **marks, err);
        if (*marks == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*marks)[(*n)++] = (struct gw_traveler_mark){
            .id = gw_column_id(&r, 0),
            .ordinal = gw_column_int(&r, 1),
            .kind = (int)gw_column_int(&r, 2),
            .status = (int)gw_column_int(&r, 3),
            .match = gw_column_hash(&r, 4),
            .content = gw_column_hash(&r, 5),
            .left = (int)gw_column_int(&r, 6),
        };
    }
    return gw_reading_done(&r);
}

bool gw_store_traveler_put(struct gw_tx *tx, const struct gw_traveler_row *t, bool is_new, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) sealed = {};
    struct gw_bound bound = person_bound(&t->id, &t->voyage);
    return gw_tx_seal(&sealed, tx, &bound, t->person, err) &&
           gw_tx_run(tx, is_new ? GW_QUERY_TRAVELER_INSERT : GW_QUERY_TRAVELER_UPDATE,
               GW_VALUES(gw_v_id(&t->id), gw_v_id(&t->voyage), gw_v_int(t->ordinal), gw_v_int(t->kind),
                   gw_v_int(t->status), gw_v_id(&t->match), gw_v_maybe_id(t->has_reference, &t->reference),
                   gw_v_id(&t->content), gw_v_blob(gw_buf_span(&sealed)), gw_v_maybe_id(t->has_booking, &t->booking)),
               NULL, err);
}

bool gw_store_traveler_status(struct gw_tx *tx, struct gw_id traveler, int status, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TRAVELER_STATUS, GW_VALUES(gw_v_id(&traveler), gw_v_int(status)), NULL, err);
}

bool gw_store_traveler_gone_status(struct gw_tx *tx, struct gw_id traveler, int status, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TRAVELER_GONE_STATUS, GW_VALUES(gw_v_id(&traveler), gw_v_int(status)), NULL, err);
}

bool gw_store_traveler_remove(struct gw_tx *tx, struct gw_id traveler, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TRAVELER_REMOVE, GW_VALUES(gw_v_id(&traveler)), NULL, err);
}

bool gw_store_traveler_match(struct gw_tx *tx, struct gw_id traveler, const struct gw_hash *match, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TRAVELER_MATCH, GW_VALUES(gw_v_id(&traveler), gw_v_id(match)), NULL, err);
}

bool gw_store_traveler_cleared(struct gw_tx *tx, struct gw_id traveler, int status, int64_t now_us, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TRAVELER_CLEARED, GW_VALUES(gw_v_id(&traveler), gw_v_int(status), gw_v_int(now_us)),
        NULL, err);
}

/* The sealed person is unsealed after the row was read to its end, because that may
 * need a query of its own: here it is only copied. */
static void read_traveler(struct gw_reading *r, struct gw_traveler_row *t, bool with_person, struct gw_arena *a)
{
    *t = (struct gw_traveler_row){
        .id = gw_column_id(r, 0),
        .voyage = gw_column_id(r, 1),
        .ordinal = gw_column_int(r, 2),
        .kind = (int)gw_column_int(r, 3),
        .status = (int)gw_column_int(r, 4),
        .match = gw_column_hash(r, 5),
        .content = gw_column_hash(r, 7),
        .portraits = (unsigned)gw_column_int(r, 10),
    };
    t->has_reference = gw_column_maybe_hash(r, 6, &t->reference);
    t->has_cleared = gw_column_maybe_int(r, 8, &t->cleared_us);
    if (with_person)
        t->person = gw_column_copy(r, 9, a);
}

static bool unseal_person(struct gw_traveler_row *t, struct gw_arena *a, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_bound bound = person_bound(&t->id, &t->voyage);
    return gw_tx_unseal(&t->person, a, tx, &bound, t->person, err);
}

bool gw_store_traveler_get(struct gw_traveler_row *row, bool *found, bool with_person, struct gw_arena *a,
    struct gw_tx *tx, struct gw_id id, struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_TRAVELER_GET, GW_VALUES(gw_v_id(&id)), err))
        return false;
    if (gw_reading_next(&r)) {
        *found = true;
        read_traveler(&r, row, with_person, a);
    }
    return gw_reading_done(&r) && (!*found || !with_person || unseal_person(row, a, tx, err));
}

bool gw_store_traveler_by_reference(struct gw_id *id, bool *found, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_hash *reference, struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_TRAVELER_BY_REFERENCE, GW_VALUES(gw_v_id(&voyage), gw_v_id(reference)), err))
        return false;
    if (gw_reading_next(&r)) {
        *found = true;
        *id = gw_column_id(&r, 0);
    }
    return gw_reading_done(&r);
}

bool gw_store_traveler_removed(bool *found, struct gw_tx *tx, struct gw_id voyage, const struct gw_hash *reference, struct gw_err *err)
{
    struct gw_reading r;
    if (!gw_reading_start(&r, tx, GW_QUERY_TRAVELER_REMOVED, GW_VALUES(gw_v_id(&voyage), gw_v_id(reference)), err))
        return false;
    *found = gw_reading_next(&r);
    return gw_reading_done(&r);
}

static bool read_travelers(struct gw_traveler_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_reading *r,
    struct gw_err *err)
{
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    while (gw_reading_next(r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(r);
            break;
        }
        read_traveler(r, &(*rows)[(*n)++], true, a);
    }
    bool fine = gw_reading_done(r);
    for (size_t i = 0; fine && *rows != NULL && i < *n; i++)
        fine = unseal_person(&(*rows)[i], a, tx, err);
    return fine;
}

bool gw_store_travelers(struct gw_traveler_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_span model, int64_t after_ordinal, size_t limit, bool only_uncovered,
    struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, only_uncovered ? GW_QUERY_TRAVELERS_UNCOVERED : GW_QUERY_TRAVELERS,
               GW_VALUES(gw_v_id(&voyage), gw_v_int(after_ordinal), gw_v_text(model), gw_v_int((int64_t)limit)), err) &&
           read_travelers(rows, n, a, tx, &r, err);
}

bool gw_store_travelers_gone(struct gw_traveler_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_TRAVELERS_GONE, GW_VALUES(gw_v_id(&voyage)), err) &&
           read_travelers(rows, n, a, tx, &r, err);
}

bool gw_store_persons(struct gw_tx *tx, struct gw_id voyage, gw_store_person_fn *each, void *to, struct gw_err *err)
{
    struct gw_reading r;
    GW_AUTO(gw_arena) *one = gw_arena_new(PERSON_BYTES);
    if (!gw_reading_start(&r, tx, GW_QUERY_PERSONS, GW_VALUES(gw_v_id(&voyage)), err))
        return false;
    while (gw_reading_next(&r)) {
        struct gw_id id = gw_column_id(&r, 0);
        struct gw_span sealed = gw_column_bytes(&r, 1), person;
        struct gw_bound bound = person_bound(&id, &voyage);
        if (r.failed)
            break;
        gw_arena_reset(one);
        if (!gw_tx_unseal(&person, one, tx, &bound, sealed, err) || !each(to, id, person, err))
            gw_reading_fail(&r);
    }
    return gw_reading_done(&r);
}

bool gw_store_coverage(size_t *expected, size_t *covered, size_t *several, struct gw_tx *tx, struct gw_id voyage,
    struct gw_span model, struct gw_err *err)
{
    struct gw_reading r;
    *expected = *covered = *several = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_COVERAGE, GW_VALUES(gw_v_id(&voyage), gw_v_text(model)), err))
        return false;
    if (gw_reading_next(&r)) {
        *expected = (size_t)gw_column_int(&r, 0);
        *covered = (size_t)gw_column_int(&r, 1);
        *several = (size_t)gw_column_int(&r, 2);
    }
    return gw_reading_done(&r);
}

bool gw_store_documents_put(struct gw_tx *tx, struct gw_id traveler, struct gw_id voyage,
    const struct gw_document_hash *documents, size_t n, struct gw_err *err)
{
    if (!gw_tx_run(tx, GW_QUERY_DOCUMENTS_CLEAR, GW_VALUES(gw_v_id(&traveler)), NULL, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!gw_tx_run(tx, GW_QUERY_DOCUMENT_INSERT,
                GW_VALUES(gw_v_id(&traveler), gw_v_int((int64_t)i), gw_v_id(&voyage), gw_v_id(&documents[i].number),
                    gw_v_maybe_id(documents[i].has_document, &documents[i].document)),
                NULL, err))
            return false;
    return true;
}

static bool read_holders(struct gw_holder **holders, size_t *n, struct gw_arena *a, struct gw_reading *r, struct gw_err *err)
{
    size_t capacity = 0;
    *holders = NULL;
    *n = 0;
    while (gw_reading_next(r)) {
        *holders = gw_arena_grow(a, *holders, &capacity, *n + 1, sizeof **holders, err);
        if (*holders == NULL) {
            gw_reading_fail(r);
            break;
        }
        (*holders)[(*n)++] = (struct gw_holder){ gw_column_id(r, 0), gw_column_id(r, 1), (int)gw_column_int(r, 2) };
    }
    return gw_reading_done(r);
}

bool gw_store_booked(struct gw_holder **holders, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_hash *booking, struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_TRAVELERS_BOOKED, GW_VALUES(gw_v_id(&voyage), gw_v_id(booking)), err) &&
           read_holders(holders, n, a, &r, err);
}

bool gw_store_holders(struct gw_holder **holders, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_document_hash *d, const struct gw_id *voyage, struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_HOLDERS_ON,
               GW_VALUES(gw_v_id(&d->number), gw_v_maybe_id(d->has_document, &d->document), gw_v_id(voyage)), err) &&
           read_holders(holders, n, a, &r, err);
}

bool gw_store_holders_open(struct gw_holder **holders, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_document_hash *d, struct gw_span carrier, struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_HOLDERS_OPEN,
               GW_VALUES(gw_v_id(&d->number), gw_v_maybe_id(d->has_document, &d->document), gw_v_text(carrier)), err) &&
           read_holders(holders, n, a, &r, err);
}

bool gw_store_holders_ever(struct gw_holder **holders, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_document_hash *d, struct gw_id voyage, struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_HOLDERS_EVER,
               GW_VALUES(gw_v_id(&d->number), gw_v_maybe_id(d->has_document, &d->document), gw_v_id(&voyage)), err) &&
           read_holders(holders, n, a, &r, err);
}
