/* hold.c - legal holds: placed and released. */
#include "http/exchange.h"

static void render_hold(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    GW_AUTO(gw_json) *j = gw_hold_to_json(answer);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 201;
}

bool gw_post_hold(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_hold hold;
    struct gw_hold_ask ask = { .voyage = x->voyage };
    struct gw_span until = {};
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "reason until", err) || !gw_exchange_text(&ask.reason, body, "reason", 64, err) ||
        !gw_exchange_text(&until, body, "until", 64, err))
        return false;
    if (!gw_time_parse(&ask.until_us, NULL, until))
        return gw_fail(err, GW_ERR_INVALID, "\"until\" takes a time such as 2026-11-23T10:15:00Z, \"reason\" the number of the order");
    if (!gw_exchange_begin(x, render_hold, err) || !gw_service_hold(&hold, x->service, &x->who, &ask, x->once, err))
        return false;
    return gw_exchange_answer(x, render_hold, &hold);
}

static void render_release(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    const struct gw_id *id = answer;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id(j, "hold", *id);
    gw_json_set_bool(j, "released", true);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

bool gw_post_hold_release(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_id id = gw_exchange_id(x, "hold");
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "", err) || !gw_exchange_begin(x, render_release, err) ||
        !gw_service_hold_release(x->service, &x->who, id, x->once, err))
        return false;
    return gw_exchange_answer(x, render_release, &id);
}
