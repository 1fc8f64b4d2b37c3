/* event.c - what happened, for those who listen; and alerts. */
#include "store/tx.h"

#define FLOOR gw_v_text(gw_span_str("event_floor"))

bool gw_store_event_put(struct gw_tx *tx, const struct gw_event_row *e, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_EVENT_INSERT,
        GW_VALUES(gw_v_int(e->at_us), gw_v_int(e->kind), gw_v_int(e->roles), gw_v_maybe_id(e->has_voyage, &e->voyage),
            gw_v_maybe_id(e->has_traveler, &e->traveler), gw_v_text(e->site), gw_v_text(e->open), gw_v_text(e->inside)),
        NULL, err);
}

/* Of no voyage: empty. */
static struct gw_span maybe_text(struct gw_reading *r, int i, bool has, struct gw_arena *a)
{
    return has ? gw_column_copy(r, i, a) : (struct gw_span){};
}

bool gw_store_events(struct gw_event_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t after_seq,
    size_t limit, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_EVENTS, GW_VALUES(gw_v_int(after_seq), gw_v_int((int64_t)limit)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        struct gw_event_row *e = &(*rows)[(*n)++];
        *e = (struct gw_event_row){
            .seq = gw_column_int(&r, 0),
            .at_us = gw_column_int(&r, 1),
            .kind = (int)gw_column_int(&r, 2),
            .roles = (int)gw_column_int(&r, 10),
            .site = gw_column_copy(&r, 5, a),
            .open = gw_column_copy(&r, 6, a),
            .inside = gw_column_copy(&r, 7, a),
        };
        e->has_voyage = gw_column_maybe_id(&r, 3, &e->voyage);
        e->has_traveler = gw_column_maybe_id(&r, 4, &e->traveler);
        e->carrier = maybe_text(&r, 8, e->has_voyage, a);
        e->ports = maybe_text(&r, 9, e->has_voyage, a);
    }
    return gw_reading_done(&r);
}

bool gw_store_event_last(int64_t *seq, struct gw_tx *tx, struct gw_err *err)
{
    return gw_tx_number(seq, tx, GW_QUERY_EVENT_SEQUENCE, NULL, 0, err);
}

bool gw_store_event_floor(int64_t *seq, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    uint64_t floor = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_META_GET, GW_VALUES(FLOOR), err))
        return false;
    while (gw_reading_next(&r))
        if (!gw_span_uint(gw_column_bytes(&r, 0), INT64_MAX, &floor)) {
            gw_fail(err, GW_ERR_CORRUPT, "the database holds no number where it should (event_floor)");
            gw_reading_fail(&r);
        }
    *seq = (int64_t)floor;
    return gw_reading_done(&r);
}

bool gw_store_events_drop(size_t *dropped, struct gw_tx *tx, int64_t before_us, int64_t most, size_t limit,
    struct gw_err *err)
{
    int64_t old;
    GW_AUTO_VALUE(gw_buf) text = {};
    *dropped = 0;
    if (!gw_tx_number(&old, tx, GW_QUERY_EVENT_OLD, GW_VALUES(gw_v_int(before_us), gw_v_int(most)), err))
        return false;
    if (old == 0)
        return true;
    gw_buf_addf(&text, "%lld", (long long)old);
    return gw_tx_run(tx, GW_QUERY_META_PUT, GW_VALUES(FLOOR, gw_v_blob(gw_buf_span(&text))), NULL, err) &&
           gw_tx_run(tx, GW_QUERY_EVENTS_DROP, GW_VALUES(gw_v_int(old), gw_v_int((int64_t)limit)), dropped, err);
}

/* ---- alerts ------------------------------------------------------------------------ */

bool gw_store_alert_put(struct gw_tx *tx, const struct gw_alert_row *w, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_ALERT_INSERT,
        GW_VALUES(gw_v_id(&w->id), gw_v_int(w->at_us), gw_v_int(w->kind), gw_v_maybe_id(w->has_voyage, &w->voyage),
            gw_v_maybe_id(w->has_traveler, &w->traveler), gw_v_maybe_id(w->has_verification, &w->verification),
            gw_v_maybe_id(w->has_inspection, &w->inspection), gw_v_text(w->site)),
        NULL, err);
}

bool gw_store_alert_waits(bool *waits, struct gw_tx *tx, const struct gw_alert_row *like, struct gw_err *err)
{
    int64_t one;
    bool fine = gw_tx_number(&one, tx, GW_QUERY_ALERT_OPEN,
        GW_VALUES(gw_v_int(like->kind), gw_v_maybe_id(like->has_voyage, &like->voyage),
            gw_v_maybe_id(like->has_traveler, &like->traveler)),
        err);
    *waits = one != 0;
    return fine;
}

static void read_alert(struct gw_reading *r, struct gw_alert_row *w, struct gw_arena *a)
{
    *w = (struct gw_alert_row){
        .seq = gw_column_int(r, 0),
        .id = gw_column_id(r, 1),
        .at_us = gw_column_int(r, 2),
        .kind = (int)gw_column_int(r, 3),
        .site = gw_column_copy(r, 8, a),
    };
    w->has_voyage = gw_column_maybe_id(r, 4, &w->voyage);
    w->has_traveler = gw_column_maybe_id(r, 5, &w->traveler);
    w->has_verification = gw_column_maybe_id(r, 6, &w->verification);
    w->has_inspection = gw_column_maybe_id(r, 7, &w->inspection);
    w->has_taken = gw_column_maybe_int(r, 9, &w->taken_us);
    gw_column_maybe_id(r, 10, &w->taken_by);
    w->carrier = maybe_text(r, 11, w->has_voyage, a);
    w->ports = maybe_text(r, 12, w->has_voyage, a);
}

bool gw_store_alert_get(struct gw_alert_row *row, struct gw_arena *a, struct gw_tx *tx, struct gw_id id,
    struct gw_err *err)
{
    struct gw_reading r;
    bool found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_ALERT_GET, GW_VALUES(gw_v_id(&id)), err))
        return false;
    while (gw_reading_next(&r)) {
        read_alert(&r, row, a);
        found = true;
    }
    return gw_reading_done(&r) && (found || gw_fail(err, GW_ERR_NOT_FOUND, "no such alert"));
}

bool gw_store_alert_take(bool *changed, struct gw_tx *tx, struct gw_id id, struct gw_id by, int64_t now_us,
    struct gw_err *err)
{
    size_t n = 0;
    bool fine = gw_tx_run(tx, GW_QUERY_ALERT_TAKE, GW_VALUES(gw_v_id(&id), gw_v_int(now_us), gw_v_id(&by)), &n, err);
    *changed = n > 0;
    return fine;
}

bool gw_store_alerts(struct gw_alert_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_alert_search *search, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_ALERTS,
            GW_VALUES(gw_v_int(search->after_seq), gw_v_maybe_int(search->has_taken, search->taken),
                gw_v_maybe_int(search->has_kind, search->kind), gw_v_maybe_id(search->has_voyage, &search->voyage),
                gw_v_text(search->site), gw_v_int(search->without_voyage), gw_v_int((int64_t)search->limit)),
            err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        read_alert(&r, &(*rows)[(*n)++], a);
    }
    return gw_reading_done(&r);
}
