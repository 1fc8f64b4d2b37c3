/* get_retention_report.c - what is kept and until when: counts, no names. */
#include "http/exchange.h"

bool gw_get_retention_report(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_retention_report r;
    if (!gw_service_retention_report(&r, x->mem, x->service, &x->who, err))
        return false;
    GW_AUTO(gw_json) *j = gw_retention_to_json(&r);
    return gw_exchange_json(x, 200, j);
}
