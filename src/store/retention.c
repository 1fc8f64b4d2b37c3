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

static bool find_hold(struct gw_hold_row *hold, bool *found, struct gw_tx *tx, struct gw_id photo, int64_t now_us, struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_HOLD_OF_PHOTO, GW_VALUES(gw_v_id(&photo), gw_v_int(now_us)), err))
        return false;
    if (gw_reading_next(&r)) {
        *found = true;
        *hold = (struct gw_hold_row){ .id = gw_column_id(&r, 0), .until_us = gw_column_int(&r, 1) };
    }
    return gw_reading_done(&r);
}

bool gw_store_photo_held(bool *held, struct gw_tx *tx, const struct gw_photo_row *row, int64_t now_us, struct gw_err *err)
{
    struct gw_hold_row hold;
    return find_hold(&hold, held, tx, row->id, now_us, err);
}

bool gw_photos_hold(bool *held, struct gw_tx *tx, const struct gw_photo_row *row, int64_t now_us, struct gw_err *err)
{
    struct gw_hold_row hold;
    struct gw_err own = {};
    if (!find_hold(&hold, held, tx, row->id, now_us, err))
        return false;
    struct gw_photo_row to = *row;
    to.key = GW_KEY_HOLD;
    if (*held) {
        to.scope = hold.id;
        to.expires_us = hold.until_us;
    }
    if (!*held || gw_store_photo_move(tx, row, &to, now_us, &own))
        return true;
    /* What does not open is nothing to hold, and keeps no key alive. */
    return own.code == GW_ERR_CORRUPT ? gw_photos_forget(tx, row, 1, err) : err != NULL && (*err = own, false);
}

bool gw_store_photo_over(bool *held, struct gw_tx *tx, const struct gw_photo_row *row, int64_t now_us, struct gw_err *err)
{
    return gw_photos_hold(held, tx, row, now_us, err) && (*held || gw_photos_forget(tx, row, 1, err));
}

static bool hold_some(size_t *left, struct gw_tx *tx, enum gw_query q, const struct gw_id *hold, int64_t now_us, struct gw_err *err)
{
    enum { BYTES = 64 << 10 };
    GW_AUTO(gw_arena) *a = gw_arena_new(BYTES);
    const struct gw_value values[] = { gw_v_int(now_us), gw_v_int((int64_t)*left), gw_v_maybe_id(hold != NULL, hold) };
    struct gw_photo_row *rows;
    size_t n;
    bool held;
    if (!gw_photos_read(&rows, &n, a, tx, q, values, hold == NULL ? 2 : 3, err))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!gw_photos_hold(&held, tx, &rows[i], now_us, err))
            return false;
    *left -= n;
    return true;
}

/* Where nothing is left of the limit there may be more to do. */
bool gw_store_holds_keep(struct gw_store_purged *out, bool *done, struct gw_tx *tx, int64_t now_us, size_t limit, struct gw_err *err)
{
    enum { AT_ONCE = 64 };
    struct gw_id over[AT_ONCE];
    size_t n = 0;
    struct gw_reading r;
    *done = false;
    if (!hold_some(&limit, tx, GW_QUERY_PHOTOS_TO_HOLD, NULL, now_us, err))
        return false;
    if (limit == 0)
        return true;
    if (!gw_reading_start(&r, tx, GW_QUERY_HOLDS_OVER, GW_VALUES(gw_v_int(now_us), gw_v_int(GW_KEY_HOLD)), err))
        return false;
    while (n < AT_ONCE && gw_reading_next(&r))
        over[n++] = gw_column_id(&r, 0);
    if (!gw_reading_done(&r))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (!hold_some(&limit, tx, GW_QUERY_PHOTOS_TO_PASS_ON, &over[i], now_us, err))
            return false;
        if (limit == 0)
            return true;
        if (!gw_store_key_destroy(tx, GW_KEY_HOLD, over[i], &out->keys, err) ||
            !gw_tx_run(tx, GW_QUERY_PHOTOS_OF_HOLD_DELETE, GW_VALUES(gw_v_id(&over[i])), &out->photos, err))
            return false;
    }
    *done = n < AT_ONCE;
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
