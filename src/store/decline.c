/* decline.c - declines, and the counts that outlive them. */
#include "store/tx.h"

bool gw_store_decline_put(struct gw_tx *tx, const struct gw_decline_row *d, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_DECLINE_INSERT,
        GW_VALUES(gw_v_id(&d->id), gw_v_id(&d->voyage), gw_v_id(&d->device), gw_v_int(d->at_us),
            gw_v_maybe_id(d->has_traveler, &d->traveler), gw_v_int(d->day), gw_v_text(d->site)),
        NULL, err);
}

bool gw_store_decline_settle(struct gw_decline_row *row, bool *first, struct gw_arena *a, struct gw_tx *tx, struct gw_id decline,
    int64_t now_us, struct gw_err *err)
{
    struct gw_reading r;
    size_t n = 0;
    if (!gw_tx_run(tx, GW_QUERY_DECLINE_SETTLE, GW_VALUES(gw_v_id(&decline), gw_v_int(now_us)), &n, err))
        return false;
    *first = n > 0;
    if (n == 0)
        return true;
    if (!gw_reading_start(&r, tx, GW_QUERY_DECLINE_GET, GW_VALUES(gw_v_id(&decline)), err))
        return false;
    if (gw_reading_next(&r))
        *row = (struct gw_decline_row){
            .id = decline,
            .voyage = gw_column_id(&r, 0),
            .device = gw_column_id(&r, 1),
            .at_us = gw_column_int(&r, 2),
            .day = gw_column_int(&r, 3),
            .site = gw_column_copy(&r, 4, a),
        };
    return gw_reading_done(&r);
}

bool gw_store_decline_count(struct gw_tx *tx, int64_t day, struct gw_span site, const char *what, int64_t n, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_DECLINE_COUNT,
        GW_VALUES(gw_v_int(day), gw_v_text(site), gw_v_text(gw_span_str(what)), gw_v_int(n)), NULL, err);
}

bool gw_store_decline_counts(struct gw_decline_count **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t from_day,
    int64_t to_day, struct gw_span site, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_DECLINE_COUNTS, GW_VALUES(gw_v_int(from_day), gw_v_int(to_day), site.size == 0 ? gw_v_null() : gw_v_text(site)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*rows)[(*n)++] = (struct gw_decline_count){
            .site = gw_column_copy(&r, 0, a),
            .what = gw_column_copy(&r, 1, a),
            .n = gw_column_int(&r, 2),
        };
    }
    return gw_reading_done(&r);
}
