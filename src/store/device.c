/* device.c - when gates were heard of, and what they said of themselves. */
#include "store/tx.h"

bool gw_store_device_seen(struct gw_tx *tx, struct gw_id token, int64_t seen_us, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_DEVICE_SEEN, GW_VALUES(gw_v_id(&token), gw_v_int(seen_us)), NULL, err);
}

bool gw_store_device_put(struct gw_tx *tx, const struct gw_device_row *d, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_DEVICE_PUT,
        GW_VALUES(gw_v_id(&d->token), gw_v_int(d->seen_us), gw_v_maybe_int(d->has_reported, d->reported_us), gw_v_text(d->software),
            gw_v_maybe_int(d->has_started, d->started_us), gw_v_int(d->camera), gw_v_int(d->camera_errors), gw_v_text(d->notice_version),
            gw_v_text(d->notice_language), gw_v_text(d->mode), gw_v_text(d->direction)),
        NULL, err);
}

bool gw_store_devices(struct gw_device_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_DEVICES, NULL, 0, err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        struct gw_device_row *d = &(*rows)[(*n)++];
        *d = (struct gw_device_row){
            .token = gw_column_id(&r, 0),
            .seen_us = gw_column_int(&r, 1),
            .software = gw_column_copy(&r, 3, a),
            .camera = (int)gw_column_int(&r, 5),
            .camera_errors = gw_column_int(&r, 6),
            .notice_version = gw_column_copy(&r, 7, a),
            .notice_language = gw_column_copy(&r, 8, a),
            .mode = gw_column_copy(&r, 9, a),
            .direction = gw_column_copy(&r, 10, a),
        };
        d->has_reported = gw_column_maybe_int(&r, 2, &d->reported_us);
        d->has_started = gw_column_maybe_int(&r, 4, &d->started_us);
    }
    return gw_reading_done(&r);
}
