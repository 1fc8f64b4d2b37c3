/* get_events.c - what happens, as it happens: Server-Sent Events (HTML Living Standard 9.2). */
#include "http/exchange.h"

#include "base/clock.h"

#define SIGN_OF_LIFE_US (10 * GW_US_PER_S)

struct listening {
    struct gw_request *request;
    struct gw_listener *listener;
    struct gw_buf pending; /* not sent yet, from `at` on; no memory while all is sent */
    size_t at;
    bool ended;
    int64_t sent_us;       /* monotonic */
};

static void wake(void *to)
{
    struct listening *l = to;
    gw_request_wake(l->request);
}

/* Until there is enough for one piece. */
static void fill(struct listening *l, size_t enough)
{
    struct gw_told told;
    while (!l->ended && l->pending.size < enough)
        switch (gw_listener_next(&told, l->listener)) {
        case GW_TOLD_NOTHING:
            return;
        case GW_TOLD_EVENT:
            gw_buf_addf(&l->pending, "id: %lld\nevent: %s\ndata: ", (long long)told.seq, gw_event_name(told.kind));
            gw_buf_add(&l->pending, told.json.data, told.json.size);
            gw_buf_add(&l->pending, "\n\n", 2);
            break;
        case GW_TOLD_GAP:
            gw_buf_addf(&l->pending, "id: %lld\nevent: gap\ndata: {\"event\":\"gap\",\"seq\":%lld}\n\n",
                (long long)told.seq, (long long)told.seq);
            break;
        case GW_TOLD_END:
            l->ended = true;
            break;
        }
}

static enum gw_pull pull(void *self, uint8_t *out, size_t size, size_t *n)
{
    struct listening *l = self;
    int64_t now = gw_clock_monotonic_us();
    if (l->at == l->pending.size) {
        gw_buf_done(&l->pending);
        l->at = 0;
        fill(l, size);
        if (l->pending.size == 0 && !l->ended && now - l->sent_us >= SIGN_OF_LIFE_US)
            gw_buf_add_text(&l->pending, ":\n\n");
    }
    *n = GW_MIN(size, l->pending.size - l->at);
    if (*n == 0)
        return l->ended ? GW_PULL_END : GW_PULL_NOTHING;
    memcpy(out, l->pending.data + l->at, *n);
    l->at += *n;
    l->sent_us = now;
    return GW_PULL_SOME;
}

static void close_stream(void *self)
{
    struct listening *l = self;
    gw_listener_close(l->listener);
    gw_buf_done(&l->pending);
    gw_free(l);
}

static bool read_after(struct gw_listen_ask *ask, const struct gw_exchange *x, struct gw_err *err)
{
    struct gw_span text = {};
    uint64_t after = 0;
    ask->has_after = gw_request_header(x->request, "Last-Event-ID", &text) || gw_uri_query(&x->asked->uri, "after", &text);
    if (ask->has_after && !gw_span_uint(gw_span_trim(text), INT64_MAX, &after))
        return gw_fail(err, GW_ERR_USAGE, "Last-Event-ID and after take the id of an event: a whole number");
    ask->after = (int64_t)after;
    return true;
}

/* "decision,alert" */
static bool read_kinds(struct gw_listen_ask *ask, const struct gw_exchange *x, struct gw_err *err)
{
    struct gw_span text = {};
    if (!gw_uri_query(&x->asked->uri, "kinds", &text))
        return true;
    for (size_t from = 0; from <= text.size;) {
        size_t to = from;
        enum gw_event_kind kind;
        while (to < text.size && text.data[to] != ',')
            to++;
        if (!gw_event_find(&kind, gw_span_slice(text, from, to)))
            return gw_fail(err, GW_ERR_USAGE, "kinds takes kinds of events with commas between, as decision,alert");
        ask->kinds |= UINT32_C(1) << kind;
        from = to + 1;
    }
    return true;
}

bool gw_get_events(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_listen_ask ask = { .wake = wake };
    if (!read_after(&ask, x, err) || !read_kinds(&ask, x, err) || !gw_exchange_voyage(&ask.voyage, &ask.has_voyage, x, err))
        return false;
    struct gw_request *r = x->request;
    struct listening *l = gw_alloc(sizeof *l);
    *l = (struct listening){ .request = r, .sent_us = gw_clock_monotonic_us() };
    ask.to = l;
    if (!gw_service_listen(&l->listener, x->service, &x->who, &ask, err)) {
        gw_free(l);
        return false;
    }
    /* Proxies must not hold back what is small. */
    gw_request_answer_header(r, "X-Accel-Buffering", "no");
    gw_buf_add_text(&l->pending, "retry: 3000\n\n");
    r->status = 200;
    r->type = "text/event-stream";
    r->stream = (struct gw_stream){ .self = l, .pull = pull, .close = close_stream };
    gw_exchange_forget(x);
    return true;
}
