/* post_close.c - the end of boarding. */
#include "http/exchange.h"

static struct gw_json *texts(const char *const *list, size_t n)
{
    struct gw_json *j = gw_json_array();
    for (size_t i = 0; i < n; i++)
        gw_json_add_text(j, list[i]);
    return j;
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    const struct gw_close *c = answer;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id(j, "voyage", c->voyage);
    gw_json_set_integer(j, "boarded", (int64_t)c->boarded);
    gw_json_set_integer(j, "not_boarded", (int64_t)c->not_boarded);
    gw_json_set(j, "boarded_references", texts((const char *const *)c->boarded_references, c->n_boarded_references));
    gw_json_set(j, "not_boarded_references",
        texts((const char *const *)c->not_boarded_references, c->n_not_boarded_references));
    gw_json_set(j, "unexpected", texts((const char *const *)c->unexpected, c->n_unexpected));
    gw_json_set_integer(j, "cleared_not_boarded", (int64_t)c->cleared_not_boarded);
    gw_json_set_time(j, "closed_at", c->closed_us);
    gw_json_set_time(j, "purge_at", c->purge_us);
    gw_json_set_bool(j, "already", c->already);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

static bool read_boarded(struct gw_close_ask *ask, struct gw_exchange *x, const struct gw_json *list, struct gw_err *err)
{
    enum gw_json_kind kind = gw_json_kind(list);
    if (kind == GW_JSON_ABSENT || kind == GW_JSON_NULL)
        return true;
    if (kind != GW_JSON_ARRAY || gw_json_size(list) > GW_MANIFEST_TRAVELERS_MAX)
        return gw_fail(err, GW_ERR_INVALID, "\"boarded\" takes an array of at most %d references, or null",
            GW_MANIFEST_TRAVELERS_MAX);
    size_t n = gw_json_size(list);
    struct gw_span *boarded = gw_arena_array(x->mem, n, struct gw_span, err);
    if (boarded == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!gw_json_string(gw_json_at(list, i), &boarded[i]) || boarded[i].size == 0 ||
            boarded[i].size > GW_MANIFEST_WORD_MAX)
            return gw_fail(err, GW_ERR_INVALID, "\"boarded\" item %zu is no text of 1 to %d bytes", i, GW_MANIFEST_WORD_MAX);
    ask->has_boarded = true;
    ask->boarded = boarded;
    ask->n_boarded = n;
    return true;
}

bool gw_post_close(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_close c;
    struct gw_close_ask ask = {};
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "boarded", err) || !read_boarded(&ask, x, gw_json_get(body, "boarded"), err) ||
        !gw_exchange_begin(x, render, err) ||
        !gw_service_close_voyage(&c, x->mem, x->service, &x->who, x->voyage, &ask, x->once, err))
        return false;
    return gw_exchange_answer(x, render, &c);
}
