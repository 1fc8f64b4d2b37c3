/* transfer.c - the outbox to a register: what waits, and what became of what waited. */
#include "store/tx.h"

static struct gw_bound record_bound(const struct gw_transfer_row *w)
{
    return (struct gw_bound){ GW_KEY_TRANSFER_HOUR, gw_key_hour(w->due_us / GW_US_PER_HOUR), GW_SEALED_TRANSFER,
        gw_span_of(w->id.bytes, sizeof w->id.bytes) };
}

bool gw_store_transfer_put(struct gw_tx *tx, struct gw_transfer_row *w, struct gw_span record, int64_t now_us, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) sealed = {};
    w->due_us -= w->due_us % GW_US_PER_HOUR;
    if (w->due_us <= now_us)
        return gw_fail(err, GW_ERR_INVALID, "what may no longer leave is not put into the outbox");
    const struct gw_bound bound = record_bound(w);
    return gw_store_key_make(tx, bound.key, bound.scope, now_us, err) && gw_tx_seal(&sealed, tx, &bound, record, err) &&
        gw_tx_run(tx, GW_QUERY_TRANSFER_INSERT,
            GW_VALUES(gw_v_id(&w->id), gw_v_id(&w->voyage), gw_v_id(&w->verification), gw_v_id(&w->photo), gw_v_text(w->rule),
                gw_v_int(w->made_us), gw_v_int(w->taken_us), gw_v_int(w->due_us), gw_v_int(w->until_us), gw_v_int(w->keeps),
                gw_v_int(w->next_us), gw_v_blob(gw_buf_span(&sealed))),
            NULL, err);
}

static void read_row(struct gw_transfer_row *w, struct gw_reading *r, struct gw_arena *a)
{
    const int64_t state = gw_column_int(r, 11);
    *w = (struct gw_transfer_row){
        .seq = gw_column_int(r, 0),
        .id = gw_column_id(r, 1),
        .voyage = gw_column_id(r, 2),
        .verification = gw_column_id(r, 3),
        .photo = gw_column_id(r, 4),
        .rule = gw_column_copy(r, 5, a),
        .made_us = gw_column_int(r, 6),
        .taken_us = gw_column_int(r, 7),
        .due_us = gw_column_int(r, 8),
        .until_us = gw_column_int(r, 9),
        .keeps = gw_column_int(r, 10) != 0,
        .state = (enum gw_transfer_state)state,
        .attempt = (unsigned)gw_column_int(r, 12),
        .next_us = gw_column_int(r, 13),
        .word = gw_column_copy(r, 14, a),
    };
    w->has_ended = gw_column_maybe_int(r, 15, &w->ended_us);
    if (state < 0 || state >= GW_TRANSFER_STATES) {
        gw_fail(r->err, GW_ERR_CORRUPT, "a transfer has a state this gangway does not know");
        gw_reading_fail(r);
    }
}

static bool find_one(struct gw_transfer_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx, enum gw_query query,
    struct gw_id id, struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    if (!gw_reading_start(&r, tx, query, GW_VALUES(gw_v_id(&id)), err))
        return false;
    if (gw_reading_next(&r)) {
        *found = true;
        read_row(row, &r, a);
    }
    return gw_reading_done(&r);
}

bool gw_store_transfer_find(struct gw_transfer_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx, struct gw_id id,
    struct gw_err *err)
{
    return find_one(row, found, a, tx, GW_QUERY_TRANSFER_GET, id, err);
}

bool gw_store_transfer_of_verification(struct gw_transfer_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id verification, struct gw_err *err)
{
    return find_one(row, found, a, tx, GW_QUERY_TRANSFER_OF_VERIFICATION, verification, err);
}

bool gw_store_transfer_of_photo(struct gw_transfer_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx, struct gw_id photo,
    struct gw_err *err)
{
    return find_one(row, found, a, tx, GW_QUERY_TRANSFER_OF_PHOTO, photo, err);
}

bool gw_store_transfer_open(struct gw_span *record, struct gw_arena *a, struct gw_tx *tx, const struct gw_transfer_row *w,
    struct gw_err *err)
{
    const struct gw_bound bound = record_bound(w);
    struct gw_reading r;
    struct gw_span sealed = {};
    bool found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_TRANSFER_SEALED, GW_VALUES(gw_v_id(&w->id)), err))
        return false;
    if (gw_reading_next(&r)) {
        found = true;
        sealed = gw_column_copy(&r, 0, a);
    }
    if (!gw_reading_done(&r))
        return false;
    return found ? gw_tx_unseal(record, a, tx, &bound, sealed, err) : gw_fail(err, GW_ERR_GONE, "the transfer has ended");
}

static bool read_rows(struct gw_transfer_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, enum gw_query query,
    const struct gw_value *values, size_t n_values, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, query, values, n_values, err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        read_row(&(*rows)[(*n)++], &r, a);
    }
    return gw_reading_done(&r);
}

bool gw_store_transfers_next(struct gw_transfer_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t now_us,
    size_t limit, struct gw_err *err)
{
    return read_rows(rows, n, a, tx, GW_QUERY_TRANSFERS_NEXT, GW_VALUES(gw_v_int(now_us), gw_v_int((int64_t)limit)), err);
}

bool gw_store_transfers_due(struct gw_transfer_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t now_us,
    size_t limit, struct gw_err *err)
{
    return read_rows(rows, n, a, tx, GW_QUERY_TRANSFERS_DUE, GW_VALUES(gw_v_int(now_us), gw_v_int((int64_t)limit)), err);
}

bool gw_store_transfers(struct gw_transfer_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const enum gw_transfer_state *state, int64_t after, size_t limit, struct gw_err *err)
{
    return read_rows(rows, n, a, tx, GW_QUERY_TRANSFERS,
        GW_VALUES(gw_v_int(after), gw_v_maybe_int(state != NULL, state == NULL ? 0 : *state), gw_v_int((int64_t)limit)), err);
}

bool gw_store_transfer_update(struct gw_tx *tx, const struct gw_transfer_row *w, struct gw_err *err)
{
    assert(w->state == GW_TRANSFER_WAITING || w->state == GW_TRANSFER_REFUSED);
    return gw_tx_run(tx, GW_QUERY_TRANSFER_UPDATE,
        GW_VALUES(gw_v_id(&w->id), gw_v_int(w->state), gw_v_int(w->attempt), gw_v_int(w->next_us), gw_v_text(w->word)), NULL, err);
}

bool gw_store_transfer_end(struct gw_tx *tx, struct gw_id id, enum gw_transfer_state state, struct gw_span word, int64_t now_us,
    struct gw_err *err)
{
    assert(state == GW_TRANSFER_RECEIVED || state == GW_TRANSFER_BLOCKED || state == GW_TRANSFER_MISSED || state == GW_TRANSFER_REFUSED);
    return gw_tx_run(tx, GW_QUERY_TRANSFER_END, GW_VALUES(gw_v_id(&id), gw_v_int(state), gw_v_text(word), gw_v_int(now_us)), NULL, err);
}

bool gw_store_transfer_counts(struct gw_transfer_counts *out, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    *out = (struct gw_transfer_counts){};
    if (!gw_reading_start(&r, tx, GW_QUERY_TRANSFER_COUNTS, NULL, 0, err))
        return false;
    while (gw_reading_next(&r)) {
        const int64_t state = gw_column_int(&r, 0);
        if (state < 0 || state >= GW_TRANSFER_STATES)
            continue;
        out->n[state] = (size_t)gw_column_int(&r, 1);
        if (state == GW_TRANSFER_WAITING) {
            out->has_oldest = gw_column_maybe_int(&r, 2, &out->oldest_us);
            out->has_due = gw_column_maybe_int(&r, 3, &out->due_us);
        }
    }
    return gw_reading_done(&r);
}

bool gw_store_transfer_next(bool *has, int64_t *us, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    *has = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_TRANSFER_NEXT, NULL, 0, err))
        return false;
    while (gw_reading_next(&r))
        *has = gw_column_maybe_int(&r, 0, us);
    return gw_reading_done(&r);
}
