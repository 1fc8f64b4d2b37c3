/* announce.c - what came when of a voyage, what the deadline clock said, and how it ended. */
#include "store/tx.h"

bool gw_store_voyage_cancel(struct gw_tx *tx, struct gw_id voyage, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_VOYAGE_CANCEL, GW_VALUES(gw_v_id(&voyage)), NULL, err);
}

bool gw_store_announced(struct gw_announced_row out[GW_LIST_KINDS], struct gw_tx *tx, struct gw_id voyage, struct gw_err *err)
{
    struct gw_reading r;
    memset(out, 0, GW_LIST_KINDS * sizeof *out);
    if (!gw_reading_start(&r, tx, GW_QUERY_ANNOUNCED_GET, GW_VALUES(gw_v_id(&voyage)), err))
        return false;
    while (gw_reading_next(&r)) {
        int64_t kind = gw_column_int(&r, 0);
        if (kind < 0 || kind >= GW_LIST_KINDS)
            continue;
        out[kind].has = true;
        out[kind].first_us = gw_column_int(&r, 1);
        out[kind].has_whole = gw_column_maybe_int(&r, 2, &out[kind].whole_us);
    }
    return gw_reading_done(&r);
}

bool gw_store_announced_put(struct gw_tx *tx, struct gw_id voyage, int kind, int64_t now_us, bool whole, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_ANNOUNCED_PUT,
        GW_VALUES(gw_v_id(&voyage), gw_v_int(kind), gw_v_int(now_us), whole ? gw_v_int(now_us) : gw_v_null()), NULL, err);
}

/* ---- parts ------------------------------------------------------------------------------ */

bool gw_store_part_put(struct gw_tx *tx, struct gw_id voyage, int kind, const struct gw_hash *transmission,
    struct gw_part_row part, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_PART_PUT,
        GW_VALUES(gw_v_id(&voyage), gw_v_int(kind), gw_v_id(transmission), gw_v_int(part.number), gw_v_int(part.mark),
            gw_v_int(part.lost)),
        NULL, err);
}

bool gw_store_parts(struct gw_part_row **parts, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage, int kind,
    const struct gw_hash *transmission, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *parts = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_PARTS, GW_VALUES(gw_v_id(&voyage), gw_v_int(kind), gw_v_id(transmission)), err))
        return false;
    while (gw_reading_next(&r)) {
        *parts = gw_arena_grow(a, *parts, &capacity, *n + 1, sizeof **parts, err);
        if (*parts == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*parts)[(*n)++] = (struct gw_part_row){ (unsigned)gw_column_int(&r, 0), (char)gw_column_int(&r, 1), gw_column_int(&r, 2) != 0 };
    }
    return gw_reading_done(&r);
}

bool gw_store_parts_drop(struct gw_tx *tx, struct gw_id voyage, int kind, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_PARTS_DROP, GW_VALUES(gw_v_id(&voyage), gw_v_int(kind)), NULL, err);
}

bool gw_store_traveler_named(struct gw_tx *tx, struct gw_id traveler, const struct gw_hash *transmission, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TRAVELER_NAMED, GW_VALUES(gw_v_id(&traveler), gw_v_id(transmission)), NULL, err);
}

bool gw_store_unname(struct gw_tx *tx, struct gw_id voyage, const struct gw_hash *transmission, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TRAVELERS_UNNAME, GW_VALUES(gw_v_id(&voyage), gw_v_id(transmission)), NULL, err);
}

static bool read_ids(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_reading *r, struct gw_err *err)
{
    size_t capacity = 0;
    *ids = NULL;
    *n = 0;
    while (gw_reading_next(r)) {
        *ids = gw_arena_grow(a, *ids, &capacity, *n + 1, sizeof **ids, err);
        if (*ids == NULL) {
            gw_reading_fail(r);
            break;
        }
        (*ids)[(*n)++] = gw_column_id(r, 0);
    }
    return gw_reading_done(r);
}

bool gw_store_named(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_hash *transmission, struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_TRAVELERS_NAMED, GW_VALUES(gw_v_id(&voyage), gw_v_id(transmission)), err) &&
           read_ids(ids, n, a, &r, err);
}

/* ---- the clock ------------------------------------------------------------------------------ */

bool gw_store_reminded(int64_t *said, struct gw_tx *tx, struct gw_id voyage, struct gw_err *err)
{
    struct gw_reading r;
    *said = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_REMINDED_GET, GW_VALUES(gw_v_id(&voyage)), err))
        return false;
    if (gw_reading_next(&r))
        *said = gw_column_int(&r, 0);
    return gw_reading_done(&r);
}

bool gw_store_reminded_put(struct gw_tx *tx, struct gw_id voyage, int64_t said, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_REMINDED_PUT, GW_VALUES(gw_v_id(&voyage), gw_v_int(said)), NULL, err);
}

bool gw_store_reminders_open(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t from_us, int64_t to_us,
    int64_t all, struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_REMINDERS_OPEN, GW_VALUES(gw_v_int(from_us), gw_v_int(to_us), gw_v_int(all)), err) &&
           read_ids(ids, n, a, &r, err);
}

bool gw_store_mark_put(struct gw_tx *tx, struct gw_id voyage, const struct gw_readiness_mark *m, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_MARK_PUT,
        GW_VALUES(gw_v_id(&voyage), gw_v_int(m->minutes), gw_v_int(m->at_us), gw_v_int((int64_t)m->expected),
            gw_v_int((int64_t)m->covered), gw_v_int((int64_t)m->several)),
        NULL, err);
}

bool gw_store_marks(struct gw_readiness_mark **marks, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *marks = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_MARKS, GW_VALUES(gw_v_id(&voyage)), err))
        return false;
    while (gw_reading_next(&r)) {
        *marks = gw_arena_grow(a, *marks, &capacity, *n + 1, sizeof **marks, err);
        if (*marks == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*marks)[(*n)++] = (struct gw_readiness_mark){ gw_column_int(&r, 0), gw_column_int(&r, 1), (size_t)gw_column_int(&r, 2),
            (size_t)gw_column_int(&r, 3), (size_t)gw_column_int(&r, 4) };
    }
    return gw_reading_done(&r);
}

/* ---- the end -------------------------------------------------------------------------------- */

bool gw_store_traveler_end(struct gw_tx *tx, struct gw_id traveler, int status, const bool *said, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TRAVELER_END,
        GW_VALUES(gw_v_id(&traveler), gw_v_int(status), said == NULL ? gw_v_null() : gw_v_int(*said)), NULL, err);
}

bool gw_store_traveler_ends(struct gw_traveler_end **ends, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *ends = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_TRAVELER_ENDS, GW_VALUES(gw_v_id(&voyage)), err))
        return false;
    while (gw_reading_next(&r)) {
        *ends = gw_arena_grow(a, *ends, &capacity, *n + 1, sizeof **ends, err);
        if (*ends == NULL) {
            gw_reading_fail(&r);
            break;
        }
        struct gw_traveler_end *e = &(*ends)[(*n)++];
        int64_t value;
        *e = (struct gw_traveler_end){ .id = gw_column_id(&r, 0) };
        e->has_gate = gw_column_maybe_int(&r, 1, &value);
        e->gate = e->has_gate ? (int)value : 0;
        e->has_said = gw_column_maybe_int(&r, 2, &value);
        e->said = e->has_said && value != 0;
    }
    return gw_reading_done(&r);
}

static struct gw_bound unexpected_bound(const struct gw_id *voyage)
{
    return (struct gw_bound){ GW_KEY_VOYAGE, *voyage, GW_SEALED_UNEXPECTED, gw_span_of(voyage->bytes, sizeof voyage->bytes) };
}

bool gw_store_unexpected_put(struct gw_tx *tx, struct gw_id voyage, struct gw_span json, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) sealed = {};
    struct gw_bound bound = unexpected_bound(&voyage);
    if (json.size == 0)
        return gw_tx_run(tx, GW_QUERY_UNEXPECTED_DROP, GW_VALUES(gw_v_id(&voyage)), NULL, err);
    return gw_tx_seal(&sealed, tx, &bound, json, err) &&
           gw_tx_run(tx, GW_QUERY_UNEXPECTED_PUT, GW_VALUES(gw_v_id(&voyage), gw_v_blob(gw_buf_span(&sealed))), NULL, err);
}

bool gw_store_unexpected(struct gw_span *json, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage, struct gw_err *err)
{
    struct gw_reading r;
    struct gw_span sealed = {};
    struct gw_bound bound = unexpected_bound(&voyage);
    *json = (struct gw_span){};
    if (!gw_reading_start(&r, tx, GW_QUERY_UNEXPECTED_GET, GW_VALUES(gw_v_id(&voyage)), err))
        return false;
    if (gw_reading_next(&r))
        sealed = gw_column_copy(&r, 0, a);
    return gw_reading_done(&r) && (sealed.size == 0 || gw_tx_unseal(json, a, tx, &bound, sealed, err));
}
