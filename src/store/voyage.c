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
    (void)gw_column_maybe_int(r, 20, &v->portraits_us);
    v->cancelled = gw_column_int(r, 21) != 0;
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
            gw_v_maybe_int(v->has_purge, v->purge_us), gw_v_maybe_int(v->has_purged, v->purged_us), gw_v_maybe_int(v->has_closed, v->portraits_us)),
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

static bool read_time(bool *has, int64_t *us, struct gw_tx *tx, enum gw_query q, const struct gw_value *values, size_t n,
    struct gw_err *err)
{
    struct gw_reading r;
    *has = false;
    if (!gw_reading_start(&r, tx, q, values, n, err))
        return false;
    if (gw_reading_next(&r))
        *has = gw_column_maybe_int(&r, 0, us);
    return gw_reading_done(&r);
}

bool gw_store_clock_get(int64_t *us, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    *us = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_META_GET, GW_VALUES(gw_v_text(gw_span_str("clock"))), err))
        return false;
    if (gw_reading_next(&r)) {
        struct gw_span value = gw_column_bytes(&r, 0);
        for (size_t i = 0; i < value.size && i < 8; i++)
            *us = *us << 8 | value.data[i];
    }
    return gw_reading_done(&r);
}

bool gw_store_clock_put(struct gw_tx *tx, int64_t us, struct gw_err *err)
{
    struct gw_id bytes = gw_key_hour(us); /* eight bytes, the highest first */
    return gw_tx_run(tx, GW_QUERY_META_PUT, GW_VALUES(gw_v_text(gw_span_str("clock")), gw_v_blob(gw_span_of(bytes.bytes, 8))), NULL, err);
}

bool gw_store_settled_get(struct gw_hash *law, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    *law = (struct gw_hash){};
    if (!gw_reading_start(&r, tx, GW_QUERY_META_GET, GW_VALUES(gw_v_text(gw_span_str("settled"))), err))
        return false;
    if (gw_reading_next(&r))
        *law = gw_column_hash(&r, 0);
    return gw_reading_done(&r);
}

bool gw_store_settled_put(struct gw_tx *tx, const struct gw_hash *law, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_META_PUT, GW_VALUES(gw_v_text(gw_span_str("settled")), gw_v_id(law)), NULL, err);
}

bool gw_store_next_due(bool *has_purge, int64_t *purge_us, bool *has_open, int64_t *departure_us, struct gw_tx *tx,
    int64_t now_us, struct gw_err *err)
{
    int64_t portrait_us;
    bool has_portrait;
    if (!read_time(has_purge, purge_us, tx, GW_QUERY_NEXT_PURGE, GW_VALUES(gw_v_int(now_us)), err) ||
        !read_time(&has_portrait, &portrait_us, tx, GW_QUERY_NEXT_PORTRAIT, NULL, 0, err))
        return false;
    if (has_portrait && (!*has_purge || portrait_us < *purge_us)) {
        *has_purge = true;
        *purge_us = portrait_us;
    }
    return read_time(has_open, departure_us, tx, GW_QUERY_NEXT_OPEN, NULL, 0, err);
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

bool gw_store_voyages_unswept(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_err *err)
{
    return read_ids(ids, n, a, tx, GW_QUERY_VOYAGES_UNSWEPT, INT64_MAX, err);
}

bool gw_store_voyages_lost(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_err *err)
{
    return read_ids(ids, n, a, tx, GW_QUERY_VOYAGES_LOST, GW_KEY_VOYAGE, err);
}

bool gw_store_voyage_purge(struct gw_store_purged *out, struct gw_tx *tx, struct gw_id voyage, int64_t now_us,
    struct gw_err *err)
{
    static const enum gw_query tallies[] = { GW_QUERY_TALLY_STATUS, GW_QUERY_TALLY_REASON, GW_QUERY_TALLY_DECLINE,
        GW_QUERY_TALLY_ALERT, GW_QUERY_TALLY_INSPECTION };
    for (size_t i = 0; i < GW_COUNT(tallies); i++)
        if (!gw_tx_run(tx, tallies[i], GW_VALUES(gw_v_id(&voyage)), NULL, err))
            return false;
    if (!gw_tx_run(tx, GW_QUERY_PARTS_OF_VOYAGE_DROP, GW_VALUES(gw_v_id(&voyage)), NULL, err) ||
        !gw_tx_run(tx, GW_QUERY_UNEXPECTED_DROP, GW_VALUES(gw_v_id(&voyage)), NULL, err))
        return false;
    return gw_store_key_destroy(tx, GW_KEY_VOYAGE, voyage, &out->keys, err) &&
           gw_tx_run(tx, GW_QUERY_VOYAGE_PURGED, GW_VALUES(gw_v_id(&voyage), gw_v_int(now_us)), &out->voyages, err);
}

/* Rows about persons, at most `limit` of them; those that others refer to last. */
static bool sweep(struct gw_store_purged *out, size_t *deleted, struct gw_tx *tx, struct gw_id voyage, size_t limit,
    struct gw_err *err)
{
    const struct {
        enum gw_query query;
        size_t *count;
    } steps[] = {
        { GW_QUERY_EVENTS_DELETE, NULL },
        { GW_QUERY_ALERTS_DELETE, NULL },
        { GW_QUERY_INSPECTIONS_DELETE, NULL },
        { GW_QUERY_VERIFICATIONS_DELETE, &out->verifications },
        { GW_QUERY_DECLINES_DELETE, NULL },
        { GW_QUERY_ANSWERS_DELETE, &out->answers },
        { GW_QUERY_TEMPLATES_DELETE, &out->templates },
        { GW_QUERY_DOCUMENTS_DELETE, NULL },
        { GW_QUERY_TRAVELERS_DELETE, &out->travelers },
    };
    *deleted = 0;
    for (size_t i = 0; i < GW_COUNT(steps) && *deleted < limit; i++) {
        size_t n = 0;
        if (!gw_tx_run(tx, steps[i].query, GW_VALUES(gw_v_id(&voyage), gw_v_int((int64_t)(limit - *deleted))), &n, err))
            return false;
        *deleted += n;
        if (steps[i].count != NULL)
            *steps[i].count += n;
    }
    return true;
}

bool gw_store_voyage_sweep(struct gw_store_purged *out, bool *done, struct gw_tx *tx, struct gw_id voyage, int64_t now_us,
    size_t limit, struct gw_err *err)
{
    size_t deleted;
    if (!sweep(out, &deleted, tx, voyage, limit, err))
        return false;
    *done = deleted < limit;
    return !*done || gw_tx_run(tx, GW_QUERY_VOYAGE_SWEPT, GW_VALUES(gw_v_id(&voyage), gw_v_int(now_us)), NULL, err);
}

bool gw_store_voyage_empty(struct gw_store_purged *out, struct gw_tx *tx, struct gw_id voyage, int64_t now_us,
    struct gw_err *err)
{
    size_t deleted;
    return sweep(out, &deleted, tx, voyage, INT32_MAX, err) && gw_store_key_make(tx, GW_KEY_VOYAGE, voyage, now_us, err);
}

bool gw_store_expire_keys(struct gw_store_purged *out, struct gw_tx *tx, int64_t now_us, struct gw_err *err)
{
    static const enum gw_key_kind kinds[] = { GW_KEY_PROBE_HOUR, GW_KEY_ANSWER_HOUR, GW_KEY_TRANSFER_HOUR };
    for (size_t i = 0; i < GW_COUNT(kinds); i++)
        if (!gw_store_keys_destroy_before(tx, kinds[i], now_us / GW_US_PER_HOUR + 1, &out->keys, err))
            return false;
    return true;
}

bool gw_store_expire_rows(struct gw_store_purged *out, bool *done, struct gw_tx *tx, int64_t now_us,
    int64_t access_us, size_t limit, struct gw_err *err)
{
    size_t accesses = 0;
    const struct {
        enum gw_query query;
        int64_t until;
        size_t *count;
    } steps[] = {
        { GW_QUERY_PHOTOS_EXPIRE, now_us, &out->photos },
        { GW_QUERY_ANSWERS_EXPIRE, now_us, &out->answers },
        { GW_QUERY_ACCESS_EXPIRE, access_us, &accesses },
        { GW_QUERY_APPROVALS_EXPIRE, access_us, &accesses },
        { GW_QUERY_TRANSFERS_EXPIRE, access_us, &accesses },
    };
    *done = true;
    for (size_t i = 0; i < GW_COUNT(steps); i++) {
        size_t n = 0;
        if (!gw_tx_run(tx, steps[i].query, GW_VALUES(gw_v_int(steps[i].until), gw_v_int((int64_t)limit)), &n, err))
            return false;
        *steps[i].count += n;
        *done = *done && n < limit;
    }
    return true;
}

bool gw_store_drop_lost(struct gw_store_purged *out, struct gw_tx *tx, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_PHOTOS_LOST, NULL, 0, &out->photos, err) &&
           gw_tx_run(tx, GW_QUERY_PORTRAITS_LOST, GW_VALUES(gw_v_int(GW_KEY_PORTRAIT)), &out->portraits, err) &&
           gw_tx_run(tx, GW_QUERY_ANSWERS_LOST, GW_VALUES(gw_v_int(GW_KEY_ANSWER_HOUR)), &out->answers, err) &&
           gw_tx_run(tx, GW_QUERY_TRANSFERS_LOST, GW_VALUES(gw_v_int(GW_KEY_TRANSFER_HOUR), gw_v_int(GW_TRANSFER_MISSED)), NULL, err);
}
