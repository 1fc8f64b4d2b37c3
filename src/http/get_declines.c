/* get_declines.c - how many declined, and how long they waited for what is done instead. */
#include "http/exchange.h"

static bool read_day(struct gw_date *out, const struct gw_exchange *x, const char *name, struct gw_err *err)
{
    struct gw_span text = {};
    *out = (struct gw_date){};
    return !gw_uri_query(&x->asked->uri, name, &text) || gw_date_parse(out, text) ||
        gw_fail(err, GW_ERR_USAGE, "%s takes a day such as 2026-11-23", name);
}

static struct gw_json *row_to_json(const struct gw_decline_report_row *r)
{
    struct gw_json *j = gw_json_object(), *alternatives = gw_json_object(), *within = gw_json_array();
    gw_json_set_text(j, "site", r->site);
    gw_json_set_integer(j, "declined", (int64_t)r->declined);
    for (int i = 0; i <= GW_ALTERNATIVE_NONE; i++)
        gw_json_set_integer(alternatives, gw_alternative_name((enum gw_alternative)i), (int64_t)r->by_alternative[i]);
    gw_json_set(j, "alternatives", alternatives);
    gw_json_set_integer(j, "settled", (int64_t)r->settled);
    if (r->settled > 0)
        gw_json_set_real(j, "mean_seconds", (double)r->sum_us / 1e6 / (double)r->settled);
    else
        gw_json_set_null(j, "mean_seconds");
    for (size_t i = 0; i < GW_WAIT_BUCKETS - 1; i++) {
        struct gw_json *w = gw_json_object();
        gw_json_set_integer(w, "seconds", gw_wait_bounds_us[i] / GW_US_PER_S);
        gw_json_set_integer(w, "settled", (int64_t)r->settled_within[i]);
        gw_json_add(within, w);
    }
    gw_json_set(j, "within", within);
    return j;
}

bool gw_get_decline_report(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_date from, to;
    struct gw_decline_report report;
    if (!read_day(&from, x, "from", err) || !read_day(&to, x, "to", err) ||
        !gw_service_decline_report(&report, x->mem, x->service, &x->who, from, to, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *sites = gw_json_array();
    for (size_t i = 0; i < report.n; i++)
        gw_json_add(sites, row_to_json(&report.rows[i]));
    gw_json_set(j, "sites", sites);
    return gw_exchange_json(x, 200, j);
}
