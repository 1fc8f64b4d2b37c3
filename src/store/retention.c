/* retention.c - holds, and how old what is kept is. */
#include "store/tx.h"

bool gw_store_hold_put(struct gw_tx *tx, const struct gw_hold_row *w, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_HOLD_PUT,
        GW_VALUES(gw_v_id(&w->id), gw_v_id(&w->voyage), gw_v_text(w->reason), gw_v_int(w->made_us), gw_v_int(w->until_us),
            gw_v_id(&w->token)),
        NULL, err);
}

bool gw_store_hold_release(bool *found, struct gw_tx *tx, struct gw_id hold, int64_t now_us, struct gw_err *err)
{
    size_t n = 0;
    if (!gw_tx_run(tx, GW_QUERY_HOLD_RELEASE, GW_VALUES(gw_v_id(&hold), gw_v_int(now_us)), &n, err))
        return false;
    *found = n > 0;
    return true;
}

bool gw_store_holds(struct gw_hold_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t now_us,
    struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_HOLDS, GW_VALUES(gw_v_int(now_us)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*rows)[(*n)++] = (struct gw_hold_row){
            .id = gw_column_id(&r, 0),
            .voyage = gw_column_id(&r, 1),
            .reason = gw_column_copy(&r, 2, a),
            .made_us = gw_column_int(&r, 3),
            .until_us = gw_column_int(&r, 4),
            .token = gw_column_id(&r, 5),
        };
    }
    return gw_reading_done(&r);
}

bool gw_store_hold_photos(bool *done, struct gw_tx *tx, const struct gw_hold_row *hold, int64_t now_us, size_t limit,
    struct gw_err *err)
{
    enum { BYTES = 64 << 10 };
    GW_AUTO(gw_arena) *a = gw_arena_new(BYTES);
    struct gw_photo_row *rows;
    size_t n;
    if (!gw_photos_read(&rows, &n, a, tx, GW_QUERY_PHOTOS_TO_HOLD,
            GW_VALUES(gw_v_id(&hold->voyage), gw_v_int(GW_KEY_HOLD), gw_v_id(&hold->id), gw_v_int((int64_t)limit)), err))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct gw_photo_row to = rows[i];
        to.key = GW_KEY_HOLD;
        to.scope = hold->id;
        to.expires_us = hold->until_us;
        if (!gw_store_photo_move(tx, &rows[i], &to, now_us, err))
            return false;
    }
    *done = n < limit;
    return true;
}

bool gw_store_holds_end(struct gw_store_purged *out, struct gw_tx *tx, int64_t now_us, struct gw_err *err)
{
    enum { AT_ONCE = 64 };
    struct gw_id over[AT_ONCE];
    size_t n = 0;
    struct gw_reading r;
    if (!gw_reading_start(&r, tx, GW_QUERY_HOLDS_OVER, GW_VALUES(gw_v_int(now_us), gw_v_int(GW_KEY_HOLD)), err))
        return false;
    while (n < AT_ONCE && gw_reading_next(&r))
        over[n++] = gw_column_id(&r, 0);
    if (!gw_reading_done(&r))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!gw_store_key_destroy(tx, GW_KEY_HOLD, over[i], &out->keys, err) ||
            !gw_tx_run(tx, GW_QUERY_PHOTOS_OF_HOLD_DELETE, GW_VALUES(gw_v_int(GW_KEY_HOLD), gw_v_id(&over[i])), &out->photos, err))
            return false;
    return true;
}

bool gw_store_ages(struct gw_age ages[GW_AGE_COUNT], struct gw_tx *tx, int64_t now_us, int64_t over_us, struct gw_err *err)
{
    static const enum gw_query queries[GW_AGE_COUNT] = { GW_QUERY_AGE_VOYAGE, GW_QUERY_AGE_PROBE, GW_QUERY_AGE_PORTRAIT,
        GW_QUERY_AGE_PORTRAIT_PHOTO, GW_QUERY_AGE_ANSWER,
        GW_QUERY_AGE_TRANSFER };
    for (size_t i = 0; i < GW_AGE_COUNT; i++) {
        struct gw_reading r;
        struct gw_age *g = &ages[i];
        *g = (struct gw_age){};
        if (!gw_reading_start(&r, tx, queries[i], GW_VALUES(gw_v_int(over_us), gw_v_int(now_us)), err))
            return false;
        if (gw_reading_next(&r)) {
            g->kept = (size_t)gw_column_int(&r, 0);
            g->over = (size_t)gw_column_int(&r, 1);
            g->has_oldest = gw_column_maybe_int(&r, 2, &g->oldest_us);
            g->has_next = gw_column_maybe_int(&r, 3, &g->next_us);
        }
        if (!gw_reading_done(&r))
            return false;
    }
    return true;
}
