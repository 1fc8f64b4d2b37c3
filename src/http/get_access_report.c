/* get_access_report.c - who looked at photos, by purpose; counts, no names. */
#include "http/exchange.h"

bool gw_get_access_report(struct gw_exchange *x, struct gw_err *err)
{
    enum { DAYS = 30 };
    const int64_t day_us = 86'400 * GW_US_PER_S;
    bool has_from, has_to;
    int64_t from_us, to_us;
    struct gw_access_report r;
    if (!gw_exchange_moment(&has_from, &from_us, x, "from", err) || !gw_exchange_moment(&has_to, &to_us, x, "to", err))
        return false;
    if (!has_to)
        to_us = gw_service_now(x->service) + 1;
    if (!has_from)
        from_us = to_us - DAYS * day_us;
    if (!gw_service_access_report(&r, x->mem, x->service, &x->who, from_us, to_us, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *rows = gw_json_array();
    gw_json_set_time(j, "from", from_us);
    gw_json_set_time(j, "to", to_us);
    gw_json_set_integer(j, "accesses", (int64_t)r.accesses);
    gw_json_set_integer(j, "approvals", (int64_t)r.approvals);
    for (size_t i = 0; i < r.n; i++) {
        struct gw_json *row = gw_json_object();
        gw_json_set_text(row, "purpose", gw_photo_purpose_name(r.rows[i].purpose));
        gw_json_set_text(row, "role", gw_role_name(r.rows[i].role));
        gw_json_set_text(row, "photos_of", r.rows[i].portraits ? "portrait" : "probe");
        gw_json_set_text(row, "site", *r.rows[i].site == 0 ? NULL : r.rows[i].site);
        gw_json_set_integer(row, "accesses", (int64_t)r.rows[i].accesses);
        gw_json_set_integer(row, "photos", (int64_t)r.rows[i].photos);
        gw_json_set_integer(row, "askers", (int64_t)r.rows[i].askers);
        gw_json_set_integer(row, "cases", (int64_t)r.rows[i].cases);
        gw_json_add(rows, row);
    }
    gw_json_set(j, "by_purpose", rows);
    return gw_exchange_json(x, 200, j);
}
