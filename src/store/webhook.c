/* webhook.c - carriers' endpoints, and what is on its way to them. */
#include "store/tx.h"

static struct gw_bound secret_bound(const struct gw_webhook_row *w)
{
    return (struct gw_bound){ GW_KEY_WEBHOOK, w->id, GW_SEALED_WEBHOOK, gw_span_of(w->id.bytes, sizeof w->id.bytes) };
}

bool gw_store_webhook_put(struct gw_tx *tx, const struct gw_webhook_row *w, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) sealed = {};
    struct gw_bound bound = secret_bound(w);
    return gw_store_key_make(tx, GW_KEY_WEBHOOK, w->id, w->created_us, err) && gw_tx_seal(&sealed, tx, &bound, w->secret, err) &&
        gw_tx_run(tx, GW_QUERY_WEBHOOK_INSERT,
            GW_VALUES(gw_v_id(&w->id), gw_v_text(w->carrier), gw_v_text(w->url), gw_v_int(w->kinds), gw_v_int(w->created_us),
                gw_v_int(w->after_seq), gw_v_blob(gw_buf_span(&sealed))),
            NULL, err);
}

bool gw_store_webhooks(struct gw_webhook_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_WEBHOOKS, NULL, 0, err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            *n = 0;
            gw_reading_fail(&r);
            break;
        }
        struct gw_webhook_row *w = &(*rows)[(*n)++];
        int64_t failed = 0;
        *w = (struct gw_webhook_row){
            .id = gw_column_id(&r, 0),
            .carrier = gw_column_copy(&r, 1, a),
            .url = gw_column_copy(&r, 2, a),
            .kinds = gw_column_int(&r, 3),
            .created_us = gw_column_int(&r, 4),
            .after_seq = gw_column_int(&r, 6),
            .secret = gw_column_copy(&r, 7, a),
            .waiting = (size_t)gw_column_int(&r, 11),
            .dead = (size_t)gw_column_int(&r, 12),
        };
        w->has_gone = gw_column_maybe_int(&r, 5, &w->gone_us);
        w->has_sent = gw_column_maybe_int(&r, 8, &w->sent_us);
        w->has_failed = gw_column_maybe_int(&r, 9, &failed);
        w->failed_us = failed;
        if (w->has_failed)
            w->failure = gw_column_copy(&r, 10, a);
    }
    if (!gw_reading_done(&r))
        return false;
    for (size_t i = 0; i < *n; i++) {
        struct gw_bound bound = secret_bound(&(*rows)[i]);
        if (!gw_tx_unseal(&(*rows)[i].secret, a, tx, &bound, (*rows)[i].secret, err))
            return false;
    }
    return true;
}

bool gw_store_webhook_after(struct gw_tx *tx, struct gw_id id, int64_t seq, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_WEBHOOK_AFTER, GW_VALUES(gw_v_id(&id), gw_v_int(seq)), NULL, err);
}

bool gw_store_webhook_result(struct gw_tx *tx, struct gw_id id, bool sent, struct gw_span failure, int64_t now_us,
    struct gw_err *err)
{
    return sent ? gw_tx_run(tx, GW_QUERY_WEBHOOK_SENT, GW_VALUES(gw_v_id(&id), gw_v_int(now_us)), NULL, err)
                : gw_tx_run(tx, GW_QUERY_WEBHOOK_FAILED, GW_VALUES(gw_v_id(&id), gw_v_int(now_us), gw_v_text(failure)), NULL, err);
}

bool gw_store_webhook_gone(struct gw_tx *tx, struct gw_id id, int64_t now_us, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_WEBHOOK_GONE, GW_VALUES(gw_v_id(&id), gw_v_int(now_us)), NULL, err);
}

bool gw_store_webhook_drop(bool *found, struct gw_tx *tx, struct gw_id id, struct gw_err *err)
{
    size_t n = 0, keys = 0;
    bool fine = gw_store_key_destroy(tx, GW_KEY_WEBHOOK, id, &keys, err) &&
        gw_tx_run(tx, GW_QUERY_DELIVERIES_DELETE, GW_VALUES(gw_v_id(&id)), NULL, err) &&
        gw_tx_run(tx, GW_QUERY_WEBHOOK_DELETE, GW_VALUES(gw_v_id(&id)), &n, err);
    *found = n > 0;
    return fine;
}

bool gw_store_delivery_put(struct gw_tx *tx, const struct gw_delivery_row *d, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_DELIVERY_PUT,
        GW_VALUES(gw_v_id(&d->webhook), gw_v_int(d->seq), gw_v_int(d->made_us), gw_v_int(d->attempt),
            gw_v_maybe_int(!d->dead, d->next_us), d->failure.size > 0 ? gw_v_text(d->failure) : gw_v_null()),
        NULL, err);
}

bool gw_store_delivery_done(struct gw_tx *tx, struct gw_id webhook, int64_t seq, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_DELIVERY_DELETE, GW_VALUES(gw_v_id(&webhook), gw_v_int(seq)), NULL, err);
}

bool gw_store_deliveries_again(size_t *n, struct gw_tx *tx, struct gw_id webhook, int64_t now_us, struct gw_err *err)
{
    *n = 0;
    return gw_tx_run(tx, GW_QUERY_DELIVERIES_AGAIN, GW_VALUES(gw_v_id(&webhook), gw_v_int(now_us)), n, err);
}

bool gw_store_deliveries(struct gw_delivery_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_id *webhook, int64_t until_us, size_t limit, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (webhook != NULL
            ? !gw_reading_start(&r, tx, GW_QUERY_DELIVERIES_DEAD, GW_VALUES(gw_v_id(webhook), gw_v_int((int64_t)limit)), err)
            : !gw_reading_start(&r, tx, GW_QUERY_DELIVERIES_DUE, GW_VALUES(gw_v_int(until_us), gw_v_int((int64_t)limit)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        struct gw_delivery_row *d = &(*rows)[(*n)++];
        *d = (struct gw_delivery_row){ .webhook = gw_column_id(&r, 0), .seq = gw_column_int(&r, 1),
            .made_us = gw_column_int(&r, 2), .attempt = (unsigned)gw_column_int(&r, 3),
            .failure = gw_column_copy(&r, 5, a) };
        d->dead = !gw_column_maybe_int(&r, 4, &d->next_us);
    }
    return gw_reading_done(&r);
}

bool gw_store_delivery_next(bool *has, int64_t *us, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    *has = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_DELIVERY_NEXT, NULL, 0, err))
        return false;
    while (gw_reading_next(&r))
        *has = gw_column_maybe_int(&r, 0, us);
    return gw_reading_done(&r);
}
