/* inspection.c - who is waiting for a human, and what came of it. */
#include "store/tx.h"

bool gw_store_inspection_put(struct gw_tx *tx, const struct gw_inspection_row *w, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_INSPECTION_INSERT,
        GW_VALUES(gw_v_id(&w->id), gw_v_id(&w->voyage), gw_v_text(w->site), gw_v_int(w->cause), gw_v_text(w->reason),
            gw_v_maybe_id(w->has_verification, &w->verification), gw_v_maybe_id(w->has_decline, &w->decline),
            gw_v_maybe_id(w->has_candidate, &w->candidate), gw_v_maybe_id(w->has_traveler, &w->traveler),
            gw_v_int(w->state), gw_v_int(w->opened_us)),
        NULL, err);
}

bool gw_store_inspection_update(struct gw_tx *tx, const struct gw_inspection_row *w, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_INSPECTION_UPDATE,
        GW_VALUES(gw_v_id(&w->id), gw_v_maybe_id(w->has_traveler, &w->traveler), gw_v_int(w->state),
            gw_v_maybe_int(w->has_claimed, w->claimed_us), gw_v_maybe_id(w->has_claimed, &w->claimed_by),
            gw_v_maybe_int(w->has_claimed, w->lease_us), gw_v_maybe_int(w->has_decided, w->decided_us),
            gw_v_maybe_id(w->has_decided, &w->decided_by), gw_v_maybe_int(w->has_closed, w->closed_us),
            gw_v_maybe_id(w->has_closed, &w->closed_by), gw_v_maybe_int(w->has_method, w->method),
            gw_v_maybe_int(w->has_result, w->result)),
        NULL, err);
}

static void read_inspection(struct gw_reading *r, struct gw_inspection_row *w, struct gw_arena *a)
{
    int64_t number = 0;
    *w = (struct gw_inspection_row){
        .seq = gw_column_int(r, 0),
        .id = gw_column_id(r, 1),
        .voyage = gw_column_id(r, 2),
        .site = gw_column_copy(r, 3, a),
        .cause = (int)gw_column_int(r, 4),
        .reason = gw_column_copy(r, 5, a),
        .state = (int)gw_column_int(r, 10),
        .opened_us = gw_column_int(r, 11),
        .carrier = gw_column_copy(r, 21, a),
        .ports = gw_column_copy(r, 22, a),
    };
    w->has_verification = gw_column_maybe_id(r, 6, &w->verification);
    w->has_decline = gw_column_maybe_id(r, 7, &w->decline);
    w->has_candidate = gw_column_maybe_id(r, 8, &w->candidate);
    w->has_traveler = gw_column_maybe_id(r, 9, &w->traveler);
    w->has_claimed = gw_column_maybe_int(r, 12, &w->claimed_us);
    gw_column_maybe_id(r, 13, &w->claimed_by);
    gw_column_maybe_int(r, 14, &w->lease_us);
    w->has_decided = gw_column_maybe_int(r, 15, &w->decided_us);
    gw_column_maybe_id(r, 16, &w->decided_by);
    w->has_closed = gw_column_maybe_int(r, 17, &w->closed_us);
    gw_column_maybe_id(r, 18, &w->closed_by);
    w->has_method = gw_column_maybe_int(r, 19, &number);
    w->method = (int)number;
    w->has_result = gw_column_maybe_int(r, 20, &number);
    w->result = (int)number;
}

bool gw_store_inspection_find(struct gw_inspection_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id id, struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_INSPECTION_GET, GW_VALUES(gw_v_id(&id)), err))
        return false;
    while (gw_reading_next(&r)) {
        read_inspection(&r, row, a);
        *found = true;
    }
    return gw_reading_done(&r);
}

static bool any(bool *out, struct gw_tx *tx, enum gw_query q, const struct gw_value *values, size_t n, struct gw_err *err)
{
    int64_t number;
    bool fine = gw_tx_number(&number, tx, q, values, n, err);
    *out = number != 0;
    return fine;
}

bool gw_store_inspection_waits(bool *waits, struct gw_tx *tx, struct gw_id voyage, struct gw_id traveler,
    struct gw_err *err)
{
    return any(waits, tx, GW_QUERY_INSPECTION_WAITS, GW_VALUES(gw_v_id(&voyage), gw_v_id(&traveler)), err);
}

static bool read_all(struct gw_reading *r, struct gw_inspection_row **rows, size_t *n, struct gw_arena *a, struct gw_err *err)
{
    size_t capacity = 0;
    while (gw_reading_next(r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(r);
            break;
        }
        read_inspection(r, &(*rows)[(*n)++], a);
    }
    return gw_reading_done(r);
}

bool gw_store_inspections(struct gw_inspection_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_inspection_search *s, struct gw_err *err)
{
    struct gw_reading r;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_INSPECTIONS,
            GW_VALUES(gw_v_int(s->after_seq), gw_v_maybe_int(s->has_state, s->state),
                gw_v_maybe_int(s->has_leased, s->leased), gw_v_int(s->now_us), gw_v_maybe_id(s->has_voyage, &s->voyage),
                gw_v_text(s->site), gw_v_text(s->carrier), gw_v_maybe_int(s->has_from, s->from_us),
                gw_v_maybe_int(s->has_to, s->to_us), gw_v_int((int64_t)s->limit)),
            err))
        return false;
    return read_all(&r, rows, n, a, err);
}

bool gw_store_inspections_of(struct gw_inspection_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_id traveler, struct gw_err *err)
{
    struct gw_reading r;
    *rows = NULL;
    *n = 0;
    return gw_reading_start(&r, tx, GW_QUERY_INSPECTIONS_OF, GW_VALUES(gw_v_id(&voyage), gw_v_id(&traveler)), err) &&
        read_all(&r, rows, n, a, err);
}

bool gw_store_inspections_lapse(size_t *n, struct gw_tx *tx, struct gw_id voyage, int64_t now_us, int result,
    struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_INSPECTIONS_LAPSE, GW_VALUES(gw_v_id(&voyage), gw_v_int(now_us), gw_v_int(result)), n,
        err);
}

bool gw_store_cleared_since(bool *cleared, struct gw_tx *tx, struct gw_id traveler, int64_t since_us, struct gw_err *err)
{
    return any(cleared, tx, GW_QUERY_VERIFICATION_CLEARED, GW_VALUES(gw_v_id(&traveler), gw_v_int(since_us)), err);
}

bool gw_store_template_count(size_t *n, struct gw_tx *tx, struct gw_id traveler, struct gw_span model, struct gw_err *err)
{
    int64_t number;
    bool fine = gw_tx_number(&number, tx, GW_QUERY_TEMPLATE_COUNT, GW_VALUES(gw_v_id(&traveler), gw_v_text(model)), err);
    *n = (size_t)number;
    return fine;
}
