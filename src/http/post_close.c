/* post_close.c - the end of boarding, and how it ended. */
#include "http/exchange.h"

#include <stdio.h>

static struct gw_json *texts(const char *const *list, size_t n)
{
    struct gw_json *j = gw_json_array();
    for (size_t i = 0; i < n; i++)
        gw_json_add_text(j, list[i]);
    return j;
}

static void set_span(struct gw_json *j, const char *key, struct gw_span s)
{
    if (s.size > 0)
        gw_json_set_span(j, key, s);
    else
        gw_json_set_null(j, key);
}

/* Who was on board and on no manifest: without a reference there is only what the close-out says of him. */
static struct gw_json *stranger_to_json(const struct gw_manifest_traveler *t)
{
    struct gw_json *j = gw_json_object(), *documents = gw_json_array();
    gw_json_set_text(j, "kind", gw_traveler_kind_name(t->kind));
    set_span(j, "reference", t->reference);
    set_span(j, "seat", t->seat);
    set_span(j, "surname", t->surname);
    set_span(j, "given_names", t->given_names);
    gw_json_set_date_or_null(j, "birth_date", t->birth_date);
    set_span(j, "nationality", t->nationality);
    for (size_t i = 0; i < t->n_documents; i++) {
        struct gw_json *d = gw_json_object();
        set_span(d, "type", t->documents[i].type);
        set_span(d, "number", t->documents[i].number);
        set_span(d, "issuing_state", t->documents[i].issuing_state);
        gw_json_add(documents, d);
    }
    gw_json_set(j, "documents", documents);
    return j;
}

/* Places of the request's list; what stands there is not said again. */
static struct gw_json *problems(const struct gw_close *c, const char *severity)
{
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < c->n_unknown; i++) {
        struct gw_json *o = gw_json_object();
        char tag[40];
        snprintf(tag, sizeof tag, "/not_boarded/%zu", c->unknown[i]);
        gw_json_set_text(o, "severity", severity);
        gw_json_set_text(o, "tag", tag);
        gw_json_set_text(o, "code", "unknown");
        gw_json_set_text(o, "text", "nobody expected on this voyage has this reference");
        gw_json_add(list, o);
    }
    return list;
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
    struct gw_json *strangers = gw_json_array();
    for (size_t i = 0; i < c->n_strangers; i++)
        gw_json_add(strangers, stranger_to_json(&c->strangers[i]));
    gw_json_set(j, "unexpected_travelers", strangers);
    gw_json_set_integer(j, "cleared_not_boarded", (int64_t)c->cleared_not_boarded);
    gw_json_set_bool(j, "by_carrier", c->by_carrier);
    gw_json_set_bool(j, "cancelled", c->cancelled);
    struct gw_json *differences = gw_json_array();
    for (size_t i = 0; i < c->n_differences; i++) {
        struct gw_json *d = gw_json_object();
        gw_json_set_text(d, "difference", gw_close_difference_name(c->differences[i].kind));
        gw_json_set_text(d, "reference", c->differences[i].reference);
        gw_json_set_text(d, "seat", c->differences[i].seat);
        gw_json_add(differences, d);
    }
    gw_json_set(j, "differences", differences);
    gw_json_set_time(j, "closed_at", c->closed_us);
    gw_json_set_time(j, "purge_at", c->purge_us);
    gw_json_set_bool(j, "already", c->already);
    gw_json_set(j, "problems", problems(c, "warning"));
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

/* References of those on board, or of those who are not. */
static bool read_list(struct gw_close_ask *ask, struct gw_exchange *x, const struct gw_json *body, const char *key, enum gw_close_list list,
    struct gw_err *err)
{
    const struct gw_json *values = gw_json_get(body, key);
    enum gw_json_kind kind = gw_json_kind(values);
    if (kind == GW_JSON_ABSENT || kind == GW_JSON_NULL)
        return true;
    if (ask->list != GW_CLOSE_NONE)
        return gw_fail(err, GW_ERR_INVALID, "\"boarded\" or \"not_boarded\", not both");
    if (kind != GW_JSON_ARRAY || gw_json_size(values) > GW_MANIFEST_TRAVELERS_MAX)
        return gw_fail(err, GW_ERR_INVALID, "\"%s\" takes an array of at most %d references, or null", key, GW_MANIFEST_TRAVELERS_MAX);
    size_t n = gw_json_size(values);
    struct gw_manifest_traveler *listed = gw_arena_array(x->mem, n, struct gw_manifest_traveler, err);
    if (listed == NULL)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!gw_json_string(gw_json_at(values, i), &listed[i].reference) || listed[i].reference.size == 0 ||
            listed[i].reference.size > GW_MANIFEST_WORD_MAX)
            return gw_fail(err, GW_ERR_INVALID, "\"%s\" item %zu is no text of 1 to %d bytes", key, i, GW_MANIFEST_WORD_MAX);
    *ask = (struct gw_close_ask){ .list = list, .listed = listed, .n_listed = n, .exact = true };
    return true;
}

bool gw_post_close(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_close c = {};
    struct gw_close_ask ask = {};
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "boarded not_boarded", err) || !read_list(&ask, x, body, "boarded", GW_CLOSE_ON_BOARD, err) ||
        !read_list(&ask, x, body, "not_boarded", GW_CLOSE_NOT_ON_BOARD, err) || !gw_exchange_begin(x, render, err) ||
        !gw_service_close_voyage(&c, x->mem, x->service, &x->who, x->voyage, &ask, x->once, err)) {
        if (c.n_unknown > 0)
            x->problems = problems(&c, "error");
        return false;
    }
    return gw_exchange_answer(x, render, &c);
}

bool gw_get_close(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_close c;
    if (!gw_service_close_report(&c, x->mem, x->service, &x->who, x->voyage, err))
        return false;
    render(&x->request->answer, &x->request->status, &c, NULL);
    x->request->type = "application/json";
    return true;
}
