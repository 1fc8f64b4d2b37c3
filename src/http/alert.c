/* alert.c - what somebody must know of: GET /v1/alerts, POST /v1/alerts/{alert}/acknowledge. */
#include "http/exchange.h"

static struct gw_json *to_json(const struct gw_alert *a)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "alert", a->id);
    gw_json_set_text(j, "kind", gw_alert_name(a->kind));
    gw_json_set_text(j, "text", gw_alert_sentence(a->kind));
    gw_json_set_text(j, "severity", gw_severity_name(gw_alert_severity(a->kind)));
    gw_json_set_time(j, "at", a->at_us);
    gw_json_set_id_or_null(j, "voyage", a->has_voyage, a->voyage);
    gw_json_set_id_or_null(j, "verification", a->has_verification, a->verification);
    gw_json_set_id_or_null(j, "inspection", a->has_inspection, a->inspection);
    if (a->has_traveler) {
        struct gw_json *t = gw_json_object();
        gw_json_set_text(t, "reference", a->reference);
        gw_json_set_text(t, "seat", a->seat);
        gw_json_set(j, "traveler", t);
    } else
        gw_json_set_null(j, "traveler");
    gw_json_set_text(j, "state", a->has_taken ? "acknowledged" : "open");
    gw_json_set_time_or_null(j, "acknowledged_at", a->has_taken, a->taken_us);
    gw_json_set_id_or_null(j, "acknowledged_by", a->has_taken, a->taken_by);
    return j;
}

bool gw_get_alerts(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_alert_filter filter = {};
    struct gw_alert_page page;
    struct gw_span text = {};
    if (gw_uri_query(&x->asked->uri, "state", &text)) {
        filter.has_taken = true;
        filter.taken = gw_span_is(text, "acknowledged");
        if (!filter.taken && !gw_span_is(text, "open"))
            return gw_fail(err, GW_ERR_USAGE, "state takes open or acknowledged");
    }
    filter.has_kind = gw_uri_query(&x->asked->uri, "kind", &text);
    if (filter.has_kind && !gw_alert_find(&filter.kind, text))
        return gw_fail(err, GW_ERR_USAGE, "kind takes a kind of alert, as referral");
    if (!gw_exchange_voyage(&filter.voyage, &filter.has_voyage, x, err) ||
        !gw_exchange_page(&filter.limit, &filter.cursor, x, err) ||
        !gw_service_alerts(&page, x->mem, x->service, &x->who, &filter, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < page.n; i++)
        gw_json_add(list, to_json(&page.alerts[i]));
    gw_json_set(j, "alerts", list);
    gw_json_set_text(j, "cursor", page.cursor);
    return gw_exchange_json(x, 200, j);
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    GW_AUTO(gw_json) *j = to_json(answer);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

bool gw_post_acknowledge(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_alert alert;
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "", err) || !gw_exchange_begin(x, render, err) ||
        !gw_service_alert_take(&alert, x->mem, x->service, &x->who, gw_exchange_id(x, "alert"), x->once, err))
        return false;
    return gw_exchange_answer(x, render, &alert);
}
