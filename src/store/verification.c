/* verification.c - decisions. */
#include "store/tx.h"

bool gw_store_verification_put(struct gw_tx *tx, const struct gw_verification_row *v, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_VERIFICATION_INSERT,
        GW_VALUES(gw_v_id(&v->id), gw_v_id(&v->voyage), gw_v_id(&v->device), gw_v_int(v->at_us),
            gw_v_int(v->elapsed_us), gw_v_int(v->answer), gw_v_text(v->reason), gw_v_int(v->guidance),
            gw_v_int(v->attempt), gw_v_int(v->attempts_left), gw_v_maybe_int(v->has_score, v->score),
            gw_v_maybe_int(v->has_next, v->next_score), gw_v_maybe_int(v->has_score, v->threshold),
            gw_v_maybe_real(v->has_quality, v->quality), gw_v_maybe_real(v->has_liveness, v->liveness),
            gw_v_int((int64_t)v->gallery_persons), gw_v_int((int64_t)v->gallery_templates), gw_v_text(v->model),
            gw_v_maybe_id(v->has_traveler, &v->traveler)),
        NULL, err);
}

static void read_verification(struct gw_reading *r, struct gw_verification_row *v, struct gw_arena *a)
{
    int64_t score, next, threshold;
    *v = (struct gw_verification_row){
        .seq = gw_column_int(r, 0),
        .id = gw_column_id(r, 1),
        .voyage = gw_column_id(r, 2),
        .device = gw_column_id(r, 3),
        .at_us = gw_column_int(r, 4),
        .elapsed_us = gw_column_int(r, 5),
        .answer = (int)gw_column_int(r, 6),
        .reason = gw_column_copy(r, 7, a),
        .guidance = (int)gw_column_int(r, 8),
        .attempt = (unsigned)gw_column_int(r, 9),
        .attempts_left = (unsigned)gw_column_int(r, 10),
        .gallery_persons = (size_t)gw_column_int(r, 16),
        .gallery_templates = (size_t)gw_column_int(r, 17),
        .model = gw_column_copy(r, 18, a),
    };
    v->has_score = gw_column_maybe_int(r, 11, &score);
    v->has_next = gw_column_maybe_int(r, 12, &next);
    (void)gw_column_maybe_int(r, 13, &threshold);
    v->score = (int32_t)score;
    v->next_score = (int32_t)next;
    v->threshold = (int32_t)threshold;
    v->has_quality = gw_column_maybe_real(r, 14, &v->quality);
    v->has_liveness = gw_column_maybe_real(r, 15, &v->liveness);
    v->has_traveler = gw_column_maybe_id(r, 19, &v->traveler);
}

static bool read_one(struct gw_verification_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx, enum gw_query q,
    const struct gw_value *values, size_t n, struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    if (!gw_reading_start(&r, tx, q, values, n, err))
        return false;
    if (gw_reading_next(&r)) {
        *found = true;
        read_verification(&r, row, a);
    }
    return gw_reading_done(&r);
}

bool gw_store_verification_last(struct gw_verification_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_id device, struct gw_err *err)
{
    return read_one(row, found, a, tx, GW_QUERY_VERIFICATION_LAST, GW_VALUES(gw_v_id(&voyage), gw_v_id(&device)), err);
}

bool gw_store_verification_get(struct gw_verification_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id id, struct gw_err *err)
{
    return read_one(row, found, a, tx, GW_QUERY_VERIFICATION_GET, GW_VALUES(gw_v_id(&id)), err);
}

bool gw_store_verifications(struct gw_verification_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, int64_t after_seq, size_t limit, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_VERIFICATIONS,
            GW_VALUES(gw_v_id(&voyage), gw_v_int(after_seq), gw_v_int((int64_t)limit)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        read_verification(&r, &(*rows)[(*n)++], a);
    }
    return gw_reading_done(&r);
}
