/* access.c - who looked at photos. */
#include "store/tx.h"

bool gw_store_access_put(struct gw_tx *tx, const struct gw_access_row *w, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_ACCESS_PUT,
        GW_VALUES(gw_v_id(&w->id), gw_v_int(w->at_us), gw_v_id(&w->photo), gw_v_int(w->kind), gw_v_id(&w->token),
            gw_v_int(w->role), gw_v_int(w->purpose), gw_v_id(&w->basis), gw_v_text(w->site)),
        NULL, err);
}

static bool count(size_t *out, struct gw_tx *tx, enum gw_query q, const struct gw_value *values, size_t n, struct gw_err *err)
{
    struct gw_reading r;
    if (!gw_reading_start(&r, tx, q, values, n, err))
        return false;
    if (gw_reading_next(&r))
        *out = (size_t)gw_column_int(&r, 0);
    return gw_reading_done(&r);
}

bool gw_store_access_count(size_t *seen, size_t *allowed, struct gw_tx *tx, struct gw_id token, int64_t since_us,
    int64_t now_us, struct gw_err *err)
{
    *seen = *allowed = 0;
    return count(seen, tx, GW_QUERY_ACCESS_SINCE, GW_VALUES(gw_v_id(&token), gw_v_int(since_us)), err) &&
           count(allowed, tx, GW_QUERY_APPROVAL_SUM, GW_VALUES(gw_v_id(&token), gw_v_int(now_us)), err);
}

bool gw_store_approval_put(struct gw_tx *tx, const struct gw_approval_row *w, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_APPROVAL_PUT,
        GW_VALUES(gw_v_id(&w->id), gw_v_int(w->at_us), gw_v_int(w->until_us), gw_v_id(&w->token), gw_v_id(&w->approver),
            gw_v_int((int64_t)w->photos)),
        NULL, err);
}

bool gw_store_access_sums(struct gw_access_sum **rows, size_t *n, size_t *approvals, struct gw_arena *a, struct gw_tx *tx,
    int64_t from_us, int64_t to_us, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = *approvals = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_ACCESS_COUNTS, GW_VALUES(gw_v_int(from_us), gw_v_int(to_us)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*rows)[(*n)++] = (struct gw_access_sum){
            .purpose = (int)gw_column_int(&r, 0),
            .role = (int)gw_column_int(&r, 1),
            .kind = (enum gw_photo_kind)gw_column_int(&r, 2),
            .site = gw_column_copy(&r, 3, a),
            .accesses = (size_t)gw_column_int(&r, 4),
            .photos = (size_t)gw_column_int(&r, 5),
            .persons_asking = (size_t)gw_column_int(&r, 6),
            .cases = (size_t)gw_column_int(&r, 7),
        };
    }
    return gw_reading_done(&r) && count(approvals, tx, GW_QUERY_APPROVALS_COUNT, GW_VALUES(gw_v_int(from_us), gw_v_int(to_us)), err);
}
