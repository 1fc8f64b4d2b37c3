/* token.c - tokens, and answers that are given again. */
#include "store/tx.h"

bool gw_store_token_put(struct gw_tx *tx, const struct gw_token_row *t, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_TOKEN_INSERT,
        GW_VALUES(gw_v_id(&t->id), gw_v_id(&t->hash), gw_v_int(t->role), gw_v_text(t->label), gw_v_text(t->site),
            gw_v_text(t->carrier), gw_v_int(t->created_us), gw_v_int(t->expires_us),
            gw_v_maybe_int(t->has_revoked, t->revoked_us), gw_v_maybe_id(t->has_certificate, &t->certificate),
            gw_v_maybe_id(t->has_prior, &t->prior_hash), gw_v_maybe_int(t->has_prior, t->prior_until_us)),
        NULL, err);
}

bool gw_store_token_renew(struct gw_tx *tx, const struct gw_token_row *t, bool *found, struct gw_err *err)
{
    size_t n = 0;
    bool fine = gw_tx_run(tx, GW_QUERY_TOKEN_RENEW,
        GW_VALUES(gw_v_id(&t->id), gw_v_id(&t->hash), gw_v_maybe_id(t->has_certificate, &t->certificate),
            gw_v_int(t->expires_us), gw_v_int(t->prior_until_us)),
        &n, err);
    *found = n > 0;
    return fine;
}

bool gw_store_token_revoke(struct gw_tx *tx, struct gw_id token, int64_t now_us, bool *found, struct gw_err *err)
{
    size_t n = 0;
    bool fine = gw_tx_run(tx, GW_QUERY_TOKEN_REVOKE, GW_VALUES(gw_v_id(&token), gw_v_int(now_us)), &n, err);
    *found = n > 0;
    return fine;
}

bool gw_store_token_of_role(bool *found, struct gw_tx *tx, int role, struct gw_err *err)
{
    struct gw_reading r;
    if (!gw_reading_start(&r, tx, GW_QUERY_TOKEN_OF_ROLE, GW_VALUES(gw_v_int(role)), err))
        return false;
    *found = gw_reading_next(&r);
    return gw_reading_done(&r);
}

bool gw_store_tokens(struct gw_token_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_TOKENS, NULL, 0, err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        struct gw_token_row *t = &(*rows)[(*n)++];
        *t = (struct gw_token_row){
            .id = gw_column_id(&r, 0),
            .hash = gw_column_hash(&r, 1),
            .role = (int)gw_column_int(&r, 2),
            .label = gw_column_copy(&r, 3, a),
            .site = gw_column_copy(&r, 4, a),
            .carrier = gw_column_copy(&r, 5, a),
            .created_us = gw_column_int(&r, 6),
            .expires_us = gw_column_int(&r, 7),
        };
        t->has_revoked = gw_column_maybe_int(&r, 8, &t->revoked_us);
        t->has_certificate = gw_column_maybe_hash(&r, 9, &t->certificate);
        t->has_prior = gw_column_maybe_hash(&r, 10, &t->prior_hash) && gw_column_maybe_int(&r, 11, &t->prior_until_us);
    }
    return gw_reading_done(&r);
}

/* An answer is given again until it expires, so its key lives to the end of that hour. */
static int64_t hour_of(int64_t us)
{
    return (us + GW_US_PER_HOUR - 1) / GW_US_PER_HOUR;
}

static struct gw_bound answer_bound(const struct gw_answer_row *w)
{
    return (struct gw_bound){ w->has_voyage ? GW_KEY_VOYAGE : GW_KEY_ANSWER_HOUR,
        w->has_voyage ? w->voyage : gw_key_hour(hour_of(w->expires_us)), GW_SEALED_ANSWER,
        gw_span_of(w->key.bytes, sizeof w->key.bytes) };
}

bool gw_store_answer_find(struct gw_answer_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_hash *key, int64_t now_us, struct gw_err *err)
{
    struct gw_reading r;
    *found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_ANSWER_FIND, GW_VALUES(gw_v_id(key), gw_v_int(now_us)), err))
        return false;
    if (gw_reading_next(&r)) {
        *found = true;
        *row = (struct gw_answer_row){
            .key = gw_column_hash(&r, 0),
            .request = gw_column_hash(&r, 1),
            .status = (int)gw_column_int(&r, 3),
            .expires_us = gw_column_int(&r, 4),
            .body = gw_column_copy(&r, 5, a),
        };
        row->has_voyage = gw_column_maybe_id(&r, 2, &row->voyage);
    }
    if (!gw_reading_done(&r))
        return false;
    if (!*found)
        return true;
    struct gw_bound bound = answer_bound(row);
    return gw_tx_unseal(&row->body, a, tx, &bound, row->body, err);
}

bool gw_store_answer_put(struct gw_tx *tx, const struct gw_answer_row *w, int64_t now_us, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) sealed = {};
    struct gw_bound bound = answer_bound(w);
    return (w->has_voyage || gw_store_key_make(tx, GW_KEY_ANSWER_HOUR, bound.scope, now_us, err)) &&
           gw_tx_seal(&sealed, tx, &bound, w->body, err) &&
           gw_tx_run(tx, GW_QUERY_ANSWER_PUT,
               GW_VALUES(gw_v_id(&w->key), gw_v_id(&w->request), gw_v_maybe_id(w->has_voyage, &w->voyage),
                   gw_v_int(hour_of(w->expires_us)), gw_v_int(w->status), gw_v_int(w->expires_us),
                   gw_v_blob(gw_buf_span(&sealed))),
               NULL, err);
}
