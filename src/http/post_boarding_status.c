/* post_boarding_status.c - what the vetting authority says of a traveler. */
#include "http/exchange.h"

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    GW_AUTO(gw_json) *j = gw_boarding_to_json(answer);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

bool gw_post_boarding_status(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_boarding b;
    struct gw_boarding_ask ask = {};
    struct gw_span voyage = {}, status = {}, as_of = {};
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "voyage reference document_number issuing_state boarding_status as_of", err) ||
        !gw_exchange_text(&voyage, body, "voyage", GW_MANIFEST_WORD_MAX, err) ||
        !gw_exchange_text(&status, body, "boarding_status", GW_MANIFEST_WORD_MAX, err) ||
        !gw_exchange_text(&as_of, body, "as_of", GW_TIME_TEXT, err) || !gw_exchange_named(&ask.named, body, err))
        return false;
    if (!gw_id_parse(&ask.voyage, voyage))
        return gw_fail(err, GW_ERR_INVALID, "\"voyage\" takes the id of a voyage");
    if (!gw_boarding_status_find(&ask.status, status))
        return gw_fail(err, GW_ERR_INVALID, "\"boarding_status\" takes cleared, inhibited or selectee");
    ask.has_as_of = as_of.size > 0;
    if (ask.has_as_of && !gw_time_parse(&ask.as_of_us, NULL, as_of))
        return gw_fail(err, GW_ERR_INVALID, "\"as_of\" takes a time such as 2026-11-23T10:15:00Z");
    return gw_exchange_begin(x, render, err) &&
        gw_service_boarding_status(&b, x->service, &x->who, &ask, x->once, err) && gw_exchange_answer(x, render, &b);
}
