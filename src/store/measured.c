/* measured.c - counts of scores and times that outlive what they were counted from. */
#include "store/tx.h"

bool gw_store_measured_add(struct gw_tx *tx, int64_t day, const char *what, struct gw_span of, int64_t bin, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_MEASURED_ADD, GW_VALUES(gw_v_int(day), gw_v_text(gw_span_str(what)), gw_v_text(of), gw_v_int(bin)),
        NULL, err);
}

bool gw_store_measured(struct gw_measured_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t from_day,
    int64_t to_day, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_MEASURED, GW_VALUES(gw_v_int(from_day), gw_v_int(to_day)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*rows)[(*n)++] = (struct gw_measured_row){
            .what = gw_column_copy(&r, 0, a),
            .of = gw_column_copy(&r, 1, a),
            .bin = gw_column_int(&r, 2),
            .n = gw_column_int(&r, 3),
        };
    }
    return gw_reading_done(&r);
}
