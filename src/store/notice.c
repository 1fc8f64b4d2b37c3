/* notice.c - which notices are posted where, and when somebody last looked. */
#include "store/tx.h"

bool gw_store_notice_put(struct gw_tx *tx, const struct gw_notice_row *n, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_NOTICE_PUT,
        GW_VALUES(gw_v_text(n->site), gw_v_text(n->mode), gw_v_text(n->direction), gw_v_text(n->language), gw_v_text(n->version),
            gw_v_text(n->pack), gw_v_int(n->checked_day), gw_v_int(n->added_us)),
        NULL, err);
}

bool gw_store_notice_delete(struct gw_tx *tx, const struct gw_notice_row *n, bool *found, struct gw_err *err)
{
    size_t changed = 0;
    bool fine = gw_tx_run(tx, GW_QUERY_NOTICE_DELETE,
        GW_VALUES(gw_v_text(n->site), gw_v_text(n->mode), gw_v_text(n->direction), gw_v_text(n->language)), &changed, err);
    *found = changed > 0;
    return fine;
}

bool gw_store_notices(struct gw_notice_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_span site, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_NOTICES, GW_VALUES(site.size == 0 ? gw_v_null() : gw_v_text(site)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*rows)[(*n)++] = (struct gw_notice_row){
            .site = gw_column_copy(&r, 0, a),
            .mode = gw_column_copy(&r, 1, a),
            .direction = gw_column_copy(&r, 2, a),
            .language = gw_column_copy(&r, 3, a),
            .version = gw_column_copy(&r, 4, a),
            .pack = gw_column_copy(&r, 5, a),
            .checked_day = gw_column_int(&r, 6),
            .added_us = gw_column_int(&r, 7),
        };
    }
    return gw_reading_done(&r);
}
