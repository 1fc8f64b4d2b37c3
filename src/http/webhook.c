/* webhook.c - the admin's list of carriers' endpoints. */
#include "http/exchange.h"

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    GW_AUTO(gw_json) *j = gw_webhook_to_json(answer);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 201;
}

static bool read_kinds(uint32_t *out, const struct gw_json *list, struct gw_err *err)
{
    enum gw_json_kind kind = gw_json_kind(list);
    if (kind == GW_JSON_ABSENT || kind == GW_JSON_NULL)
        return true;
    for (size_t i = 0; kind == GW_JSON_ARRAY && i < gw_json_size(list); i++) {
        struct gw_span word = {};
        enum gw_event_kind event;
        if (!gw_json_string(gw_json_at(list, i), &word) || !gw_event_find(&event, word))
            return gw_fail(err, GW_ERR_INVALID, "\"kinds\" item %zu is no kind of event", i);
        *out |= UINT32_C(1) << event;
    }
    return kind == GW_JSON_ARRAY || gw_fail(err, GW_ERR_INVALID, "\"kinds\" takes an array of kinds of events, or null");
}

bool gw_post_webhook(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_webhook w;
    struct gw_webhook_new ask = {};
    GW_AUTO(gw_json) *body = NULL;
    return gw_exchange_body(&body, x, "carrier url kinds", err) &&
        gw_exchange_text(&ask.carrier, body, "carrier", GW_MANIFEST_WORD_MAX, err) &&
        gw_exchange_text(&ask.url, body, "url", 1024, err) && read_kinds(&ask.kinds, gw_json_get(body, "kinds"), err) &&
        gw_exchange_begin(x, render, err) &&
        gw_service_webhook_new(&w, x->mem, x->service, &x->who, &ask, x->once, err) && gw_exchange_answer(x, render, &w);
}

bool gw_get_webhooks(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_webhook *hooks;
    size_t n;
    if (!gw_service_webhooks(&hooks, &n, x->mem, x->service, &x->who, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < n; i++)
        gw_json_add(list, gw_webhook_to_json(&hooks[i]));
    gw_json_set(j, "webhooks", list);
    return gw_exchange_json(x, 200, j);
}

static void render_change(struct gw_buf *body, int *status, const struct gw_webhook_change *change, const char *key)
{
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id(j, "webhook", change->webhook);
    gw_json_set_integer(j, key, (int64_t)change->n);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

static void render_removed(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    render_change(body, status, answer, "removed");
}

static void render_queued(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    render_change(body, status, answer, "queued");
}

typedef bool change_fn(struct gw_webhook_change *out, struct gw_service *s, const struct gw_caller *who, struct gw_id id,
    struct gw_once *once, struct gw_err *err);

static bool change(struct gw_exchange *x, change_fn *verb, gw_render *render_it, struct gw_err *err)
{
    struct gw_webhook_change out;
    GW_AUTO(gw_json) *body = NULL;
    return gw_exchange_body(&body, x, "", err) && gw_exchange_begin(x, render_it, err) &&
        verb(&out, x->service, &x->who, gw_exchange_id(x, "hook"), x->once, err) && gw_exchange_answer(x, render_it, &out);
}

bool gw_delete_webhook(struct gw_exchange *x, struct gw_err *err)
{
    return change(x, gw_service_webhook_drop, render_removed, err);
}

bool gw_post_webhook_test(struct gw_exchange *x, struct gw_err *err)
{
    return change(x, gw_service_webhook_test, render_queued, err);
}

bool gw_post_webhook_retry(struct gw_exchange *x, struct gw_err *err)
{
    return change(x, gw_service_webhook_retry, render_queued, err);
}

bool gw_get_webhook_dead(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_delivery *dead;
    size_t n;
    if (!gw_service_webhook_dead(&dead, &n, x->mem, x->service, &x->who, gw_exchange_id(x, "hook"), err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < n; i++)
        gw_json_add(list, gw_delivery_to_json(&dead[i]));
    gw_json_set(j, "dead", list);
    return gw_exchange_json(x, 200, j);
}
