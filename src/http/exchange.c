/* exchange.c - what handlers share: bodies, pages, idempotency, writing. */
#include "http/exchange.h"
#include "base/near.h"

#include <stdio.h>

enum { PAGE_LEAST = 1, PAGE_MOST = 500, PAGE_USUAL = 50 };

static size_t find_value(const struct gw_exchange *x, const char *name)
{
    size_t i = 0;
    while (i < x->asked->path.n && strcmp(x->asked->path.values[i].parameter->name, name) != 0)
        i++;
    assert(i < x->asked->path.n); /* the route's path has it */
    return i;
}

struct gw_id gw_exchange_id(const struct gw_exchange *x, const char *name)
{
    size_t i = find_value(x, name);
    assert(x->asked->path.values[i].parameter->is_id);
    return x->asked->path.values[i].id;
}

struct gw_span gw_exchange_word(const struct gw_exchange *x, const char *name)
{
    return x->asked->path.values[find_value(x, name)].text;
}

bool gw_exchange_wants(const struct gw_exchange *x, const char *media)
{
    return gw_span_is(x->media, media);
}

bool gw_exchange_begin(struct gw_exchange *x, gw_render *render, struct gw_err *err)
{
    struct gw_request *r = x->request;
    struct gw_span key = {};
    if (!gw_request_header(r, "Idempotency-Key", &key))
        return true;
    GW_AUTO_VALUE(gw_buf) target = {};
    gw_buf_addf(&target, "%s %s", r->method, r->uri);
    /* A form's fields may come as headers; they are part of what was asked. */
    static const char *const fields[] = { "Content-Type", "X-Document-Number", "X-Issuing-State", "X-Portrait-Source",
        "X-Captured-On", "X-Boarding-Pass" };
    for (size_t i = 0; i < GW_COUNT(fields); i++) {
        struct gw_span value = {};
        if (gw_request_header(r, fields[i], &value)) {
            gw_buf_addf(&target, "\n%s: ", fields[i]);
            gw_buf_add(&target, value.data, value.size);
        }
    }
    gw_buf_add_text(&target, "\nAccept: ");
    gw_buf_add(&target, x->media.data, x->media.size);
    if (!gw_once_init(&x->once_memory, &x->who, gw_span_trim(key), gw_buf_span(&target), r->body, err))
        return false;
    x->once_memory.render = render;
    x->once = &x->once_memory;
    return true;
}

bool gw_exchange_answer(struct gw_exchange *x, gw_render *render, const void *answer)
{
    struct gw_request *r = x->request;
    r->type = "application/json";
    if (x->once == NULL) {
        render(&r->answer, &r->status, answer, x->once_memory.context);
        return true;
    }
    if (x->once->replayed)
        gw_request_answer_header(r, "Idempotency-Replayed", "true");
    r->status = x->once->status;
    gw_buf_clear(&r->answer);
    gw_buf_add(&r->answer, x->once->body.data, x->once->body.size);
    return true;
}

void gw_exchange_forget(struct gw_exchange *x)
{
    gw_arena_free(x->mem);
    x->mem = NULL;
    x->asked = NULL;
}

bool gw_exchange_json(struct gw_exchange *x, int status, const struct gw_json *j)
{
    gw_json_format(&x->request->answer, j, false);
    gw_buf_add(&x->request->answer, "\n", 1);
    x->request->type = "application/json";
    x->request->status = status;
    return true;
}

bool gw_exchange_page(size_t *limit, struct gw_span *cursor, const struct gw_exchange *x, struct gw_err *err)
{
    struct gw_span text = {};
    uint64_t n = PAGE_USUAL;
    *cursor = (struct gw_span){};
    if (gw_uri_query(&x->asked->uri, "limit", &text) && (!gw_span_uint(text, PAGE_MOST, &n) || n < PAGE_LEAST))
        return gw_fail(err, GW_ERR_USAGE, "limit takes a whole number from %d to %d", PAGE_LEAST, PAGE_MOST);
    *limit = (size_t)n;
    gw_uri_query(&x->asked->uri, "cursor", cursor);
    return true;
}

bool gw_exchange_moment(bool *has, int64_t *us, const struct gw_exchange *x, const char *name, struct gw_err *err)
{
    struct gw_span text = {};
    struct gw_date day;
    *has = gw_uri_query(&x->asked->uri, name, &text);
    if (!*has)
        return true;
    if (gw_date_parse(&day, text)) {
        *us = gw_date_days(day) * 86'400 * GW_US_PER_S;
        return true;
    }
    return gw_time_parse(us, NULL, text) ||
        gw_fail(err, GW_ERR_USAGE, "%s takes a time such as 2026-11-23T10:15:00Z, or a day", name);
}

bool gw_exchange_voyage(struct gw_id *out, bool *has, const struct gw_exchange *x, struct gw_err *err)
{
    struct gw_span text = {};
    *has = gw_uri_query(&x->asked->uri, "voyage", &text);
    return !*has || gw_id_parse(out, text) || gw_fail(err, GW_ERR_USAGE, "voyage takes the id of a voyage");
}

static bool refuse_key(const char *key, const char *known, struct gw_err *err)
{
    char words[16][32];
    const char *names[16];
    size_t n = 0;
    struct gw_span word = {};
    for (; n < GW_COUNT(words) && gw_word_at(&word, known, n); n++) {
        snprintf(words[n], sizeof words[n], "%.*s", (int)word.size, (const char *)word.data);
        names[n] = words[n];
    }
    const char *near = gw_near(key, names, n);
    /* The key itself is the caller's text and stays out of ours. */
    if (near != NULL)
        return gw_fail(err, GW_ERR_INVALID, "the body has a key that is not known here; did you mean \"%s\"?", near);
    return gw_fail(err, GW_ERR_INVALID, "the body has a key that is not known here; known are: %s", known);
}

bool gw_exchange_body(struct gw_json **out, const struct gw_exchange *x, const char *known, struct gw_err *err)
{
    *out = NULL;
    if (gw_span_trim(x->request->body).size == 0)
        return true;
    GW_AUTO(gw_json) *j = gw_json_parse(x->request->body, err);
    if (j == NULL)
        return false;
    if (gw_json_kind(j) != GW_JSON_OBJECT)
        return gw_fail_at(err, GW_ERR_FORMAT, 0, "the body must be a JSON object");
    const char *key;
    const struct gw_json *value;
    for (size_t i = 0; gw_json_member(j, i, &key, &value); i++)
        if (!gw_word_in(known, gw_span_str(key), false))
            return refuse_key(key, known, err);
    *out = gw_take(j);
    return true;
}

bool gw_exchange_text(struct gw_span *out, const struct gw_json *object, const char *key, size_t most, struct gw_err *err)
{
    const struct gw_json *value = gw_json_get(object, key);
    *out = (struct gw_span){};
    enum gw_json_kind kind = gw_json_kind(value);
    if (kind == GW_JSON_ABSENT || kind == GW_JSON_NULL)
        return true;
    if (kind != GW_JSON_STRING || !gw_json_string(value, out) || out->size == 0 || out->size > most)
        return gw_fail(err, GW_ERR_INVALID, "\"%s\" takes a text of 1 to %zu bytes, or null", key, most);
    return true;
}

bool gw_exchange_named(struct gw_named *out, const struct gw_json *object, struct gw_err *err)
{
    return gw_exchange_text(&out->reference, object, "reference", GW_MANIFEST_WORD_MAX, err) &&
        gw_exchange_text(&out->document_number, object, "document_number", GW_MANIFEST_WORD_MAX, err) &&
        gw_exchange_text(&out->issuing_state, object, "issuing_state", GW_MANIFEST_WORD_MAX, err);
}
