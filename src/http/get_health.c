/* get_health.c - is it alive, is it ready, what does it offer. */
#include "http/exchange.h"
#include "http/http.h"
#include "http/metrics.h"

bool gw_get_health(struct gw_exchange *x, struct gw_err *err)
{
    (void)err;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_text(j, "status", "ok");
    return gw_exchange_json(x, 200, j);
}

bool gw_get_ready(struct gw_exchange *x, struct gw_err *err)
{
    if (!gw_service_ready(x->service, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_text(j, "status", "ready");
    gw_json_set_time(j, "at", gw_service_now(x->service));
    return gw_exchange_json(x, 200, j);
}

bool gw_get_metrics(struct gw_exchange *x, struct gw_err *err)
{
    (void)err;
    gw_http_metrics_write(&x->request->answer, x);
    x->request->type = "text/plain; version=0.0.4; charset=utf-8";
    x->request->status = 200;
    return true;
}

bool gw_get_openapi(struct gw_exchange *x, struct gw_err *err)
{
    (void)err;
    gw_http_openapi(&x->request->answer, false);
    x->request->type = "application/json";
    x->request->status = 200;
    return true;
}
