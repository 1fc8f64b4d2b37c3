/* get_log_report.c - reports that are counted from the log: counts and rates, no names. */
#include "http/exchange.h"

typedef struct gw_json *make_report(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who, int64_t from_us,
    int64_t to_us, struct gw_err *err);

static bool send_report(struct gw_exchange *x, make_report *make, struct gw_err *err)
{
    enum { DAYS = 30 };
    bool has_from, has_to;
    int64_t from_us, to_us;
    if (!gw_exchange_moment(&has_from, &from_us, x, "from", err) || !gw_exchange_moment(&has_to, &to_us, x, "to", err))
        return false;
    if (!has_to)
        to_us = gw_service_now(x->service) + 1;
    if (!has_from)
        from_us = to_us - DAYS * 86'400 * GW_US_PER_S;
    GW_AUTO(gw_json) *j = make(x->mem, x->service, &x->who, from_us, to_us, err);
    return j != NULL && gw_exchange_json(x, 200, j);
}

bool gw_get_captures_report(struct gw_exchange *x, struct gw_err *err)
{
    return send_report(x, gw_service_captures_report, err);
}

bool gw_get_accuracy_report(struct gw_exchange *x, struct gw_err *err)
{
    return send_report(x, gw_service_accuracy_report, err);
}

bool gw_get_service_report(struct gw_exchange *x, struct gw_err *err)
{
    return send_report(x, gw_service_service_report, err);
}
