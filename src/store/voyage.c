/* voyage.c - voyages kept, found and purged. */
#include "store/tx.h"

#include <stdio.h>
#include <stdlib.h>

static void read_voyage(struct gw_reading *r, struct gw_voyage_row *v, struct gw_arena *a)
{
    *v = (struct gw_voyage_row){
        .id = gw_column_id(r, 0),
        .mode = (int)gw_column_int(r, 1),
        .direction = (int)gw_column_int(r, 2),
        .state = (int)gw_column_int(r, 3),
        .carrier = gw_column_copy(r, 4, a),
        .number = gw_column_copy(r, 5, a),
        .from = gw_column_copy(r, 6, a),
        .to = gw_column_copy(r, 7, a),
        .ports = gw_column_copy(r, 8, a),
        .day = gw_column_int(r, 9),
        .departure_us = gw_column_int(r, 10),
        .departure_local = gw_column_int(r, 11) != 0,
        .arrival_local = gw_column_int(r, 13) != 0,
        .late = gw_column_int(r, 14) != 0,
        .first_manifest_us = gw_column_int(r, 15),
        .last_manifest_us = gw_column_int(r, 16),
    };
    v->has_arrival = gw_column_maybe_int(r, 12, &v->arrival_us);
    v->has_closed = gw_column_maybe_int(r, 17, &v->closed_us);
    v->has_purge = gw_column_maybe_int(r, 18, &v->purge_us);
    v->has_purged = gw_column_maybe_int(r, 19, &v->purged_us);
}

bool gw_store_voyage_find(struct gw_voyage_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_VOYAGE_FIND,
            GW_VALUES(gw_v_text(row->carrier), gw_v_text(row->number), gw_v_int(row->day), gw_v_int(row->mode),
                gw_v_text(row->from), gw_v_text(row->to)),
            err))
        return false;
    if (gw_reading_next(&r)) {
        *found = true;
        read_voyage(&r, row, a);
    }
    return gw_reading_done(&r);
}

bool gw_store_voyage_get(struct gw_voyage_row *row, struct gw_arena *a, struct gw_tx *tx, struct gw_id id,
    struct gw_err *err)
{
    struct gw_reading r;
    bool found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_VOYAGE_GET, GW_VALUES(gw_v_id(&id)), err))
        return false;
    if (gw_reading_next(&r)) {
        found = true;
        read_voyage(&r, row, a);
    }
    return gw_reading_done(&r) && (found || gw_fail(err, GW_ERR_NOT_FOUND, "no such voyage"));
}

bool gw_store_voyage_put(struct gw_tx *tx, const struct gw_voyage_row *v, bool is_new, struct gw_err *err)
{
    return gw_tx_run(tx, is_new ? GW_QUERY_VOYAGE_INSERT : GW_QUERY_VOYAGE_UPDATE,
        GW_VALUES(gw_v_id(&v->id), gw_v_int(v->mode), gw_v_int(v->direction), gw_v_int(v->state), gw_v_text(v->carrier),
            gw_v_text(v->number), gw_v_text(v->from), gw_v_text(v->to), gw_v_text(v->ports), gw_v_int(v->day),
            gw_v_int(v->departure_us), gw_v_int(v->departure_local), gw_v_maybe_int(v->has_arrival, v->arrival_us),
            gw_v_int(v->arrival_local), gw_v_int(v->late), gw_v_int(v->first_manifest_us),
            gw_v_int(v->last_manifest_us), gw_v_maybe_int(v->has_closed, v->closed_us),
            gw_v_maybe_int(v->has_purge, v->purge_us), gw_v_maybe_int(v->has_purged, v->purged_us)),
        NULL, err);
}

bool gw_store_voyage_search(struct gw_voyage_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_voyage_search *s, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_VOYAGE_SEARCH,
            GW_VALUES(gw_v_int(s->from_us), gw_v_int(s->to_us), gw_v_maybe_int(s->has_mode, s->mode),
                s->port.size == 0 ? gw_v_null() : gw_v_text(s->port),
                s->carrier.size == 0 ? gw_v_null() : gw_v_text(s->carrier),
                s->site.size == 0 ? gw_v_null() : gw_v_text(s->site), gw_v_maybe_int(s->has_after, s->after_us),
                gw_v_id(&s->after), gw_v_int((int64_t)s->limit)),
            err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        read_voyage(&r, &(*rows)[(*n)++], a);
    }
    return gw_reading_done(&r);
}

static bool read_ids(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx, enum gw_query q, int64_t limit,
    struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *ids = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, q, GW_VALUES(gw_v_int(limit)), err))
        return false;
    while (gw_reading_next(&r)) {
        *ids = gw_arena_grow(a, *ids, &capacity, *n + 1, sizeof **ids, err);
        if (*ids == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*ids)[(*n)++] = gw_column_id(&r, 0);
    }
    return gw_reading_done(&r);
}

bool gw_store_voyages_open(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    int64_t departed_before_us, struct gw_err *err)
{
    return read_ids(ids, n, a, tx, GW_QUERY_VOYAGES_OPEN, departed_before_us, err);
}

bool gw_store_voyages_due(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t now_us,
    struct gw_err *err)
{
    return read_ids(ids, n, a, tx, GW_QUERY_VOYAGES_DUE, now_us, err);
}

static bool read_time(bool *has, int64_t *us, struct gw_tx *tx, enum gw_query q, struct gw_err *err)
{
    struct gw_reading r;
    *has = false;
    if (!gw_reading_start(&r, tx, q, NULL, 0, err))
        return false;
    if (gw_reading_next(&r))
        *has = gw_column_maybe_int(&r, 0, us);
    return gw_reading_done(&r);
}

bool gw_store_next_due(bool *has_purge, int64_t *purge_us, bool *has_open, int64_t *departure_us, struct gw_tx *tx,
    struct gw_err *err)
{
    return read_time(has_purge, purge_us, tx, GW_QUERY_NEXT_PURGE, err) &&
           read_time(has_open, departure_us, tx, GW_QUERY_NEXT_OPEN, err);
}

bool gw_store_voyage_counts(size_t *counts, size_t n_counts, struct gw_tx *tx, struct gw_id voyage, struct gw_err *err)
{
    struct gw_reading r;
    memset(counts, 0, n_counts * sizeof *counts);
    if (!gw_reading_start(&r, tx, GW_QUERY_STATUS_COUNTS, GW_VALUES(gw_v_id(&voyage)), err))
        return false;
    while (gw_reading_next(&r)) {
        int64_t status = gw_column_int(&r, 0), n = gw_column_int(&r, 1);
        if (status >= 0 && (size_t)status < n_counts)
            counts[status] = (size_t)n;
    }
    if (!gw_reading_done(&r) || !gw_reading_start(&r, tx, GW_QUERY_TALLY_GET, GW_VALUES(gw_v_id(&voyage)), err))
        return false;
    while (gw_reading_next(&r)) {
        struct gw_span what = gw_column_bytes(&r, 0);
        uint64_t status;
        if (gw_span_starts(what, "status:") && n_counts > 0 &&
            gw_span_uint(gw_span_slice(what, 7, what.size), n_counts - 1, &status))
            counts[status] = (size_t)gw_column_int(&r, 1);
    }
    return gw_reading_done(&r);
}

bool gw_store_voyage_purge(struct gw_store_purged *out, struct gw_tx *tx, struct gw_id voyage, int64_t now_us,
    struct gw_err *err)
{
    /* The key first: even if this were cut off half-way, nothing opens any more. */
    const struct {
        enum gw_query query;
        size_t *count;
    } steps[] = {
        { GW_QUERY_TALLY_STATUS, NULL },
        { GW_QUERY_TALLY_REASON, NULL },
        { GW_QUERY_TALLY_DECLINE, NULL },
        { GW_QUERY_TALLY_ALERT, NULL },
        { GW_QUERY_EVENTS_DELETE, NULL },
        { GW_QUERY_ALERTS_DELETE, NULL },
        { GW_QUERY_VERIFICATIONS_DELETE, &out->verifications },
        { GW_QUERY_DECLINES_DELETE, NULL },
        { GW_QUERY_ANSWERS_DELETE, &out->answers },
        { GW_QUERY_TEMPLATES_DELETE, &out->templates },
        { GW_QUERY_DOCUMENTS_DELETE, NULL },
        { GW_QUERY_TRAVELERS_DELETE, &out->travelers },
    };
    if (!gw_store_key_destroy(tx, GW_KEY_VOYAGE, voyage, &out->keys, err))
        return false;
    for (size_t i = 0; i < GW_COUNT(steps); i++)
        if (!gw_tx_run(tx, steps[i].query, GW_VALUES(gw_v_id(&voyage)), steps[i].count, err))
            return false;
    return gw_tx_run(tx, GW_QUERY_VOYAGE_PURGED, GW_VALUES(gw_v_id(&voyage), gw_v_int(now_us)), &out->voyages, err);
}

bool gw_store_expire(struct gw_store_purged *out, struct gw_tx *tx, int64_t now_us, struct gw_err *err)
{
    int64_t today = gw_date_days(gw_date_of(now_us));
    return gw_store_keys_destroy_before(tx, GW_KEY_PORTRAIT_DAY, today, &out->keys, err) &&
           gw_store_keys_destroy_before(tx, GW_KEY_ANSWER_DAY, today, &out->keys, err) &&
           gw_tx_run(tx, GW_QUERY_PORTRAITS_EXPIRE, GW_VALUES(gw_v_int(today)), &out->portraits, err) &&
           gw_tx_run(tx, GW_QUERY_ANSWERS_EXPIRE, GW_VALUES(gw_v_int(now_us)), &out->answers, err);
}
