/* boarding.c - what the vetting authority says of travelers. */
#include "store/tx.h"

bool gw_store_boarding_put(struct gw_tx *tx, const struct gw_boarding_row *w, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_BOARDING_PUT,
        GW_VALUES(gw_v_id(&w->traveler), gw_v_id(&w->voyage), gw_v_int(w->status), gw_v_int(w->as_of_us)), NULL, err);
}

bool gw_store_boarding_find(struct gw_boarding_row *row, bool *found, struct gw_tx *tx, struct gw_id traveler,
    struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    *row = (struct gw_boarding_row){ .traveler = traveler };
    if (!gw_reading_start(&r, tx, GW_QUERY_BOARDING_GET, GW_VALUES(gw_v_id(&traveler)), err))
        return false;
    while (gw_reading_next(&r)) {
        row->status = (int)gw_column_int(&r, 0);
        row->as_of_us = gw_column_int(&r, 1);
        *found = true;
    }
    return gw_reading_done(&r);
}

static bool read_rows(struct gw_boarding_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, enum gw_query q,
    const struct gw_value *values, size_t n_values, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, q, values, n_values, err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*rows)[(*n)++] = (struct gw_boarding_row){ .traveler = gw_column_id(&r, 0), .voyage = gw_column_id(&r, 1),
            .status = (int)gw_column_int(&r, 2), .as_of_us = gw_column_int(&r, 3) };
    }
    return gw_reading_done(&r);
}

bool gw_store_boardings(struct gw_boarding_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    struct gw_err *err)
{
    return read_rows(rows, n, a, tx, GW_QUERY_BOARDINGS, GW_VALUES(gw_v_id(&voyage)), err);
}

bool gw_store_boarding_search(struct gw_boarding_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_boarding_search *s, struct gw_err *err)
{
    /* A stretch of the index, also of one voyage alone. */
    struct gw_id last;
    memset(last.bytes, 0xFF, sizeof last.bytes);
    const bool starts = s->has_voyage && gw_id_is_none(s->after_voyage);
    return read_rows(rows, n, a, tx, GW_QUERY_BOARDING_SEARCH,
        GW_VALUES(gw_v_id(starts ? &s->voyage : &s->after_voyage), gw_v_id(&s->after_traveler), gw_v_id(s->has_voyage ? &s->voyage : &last),
            gw_v_maybe_int(s->has_status, s->status), gw_v_int(s->has_voyage), gw_v_int((int64_t)s->limit)),
        err);
}
