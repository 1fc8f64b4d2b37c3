/* simulate_listen.c - Server-Sent Events, as one who listens reads them. */
#include "base/clock.h"
#include "cli/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reading {
    struct sim_heard *out;
    const struct sim_listening *l;
    struct gw_buf line, data;
    char id[40], kind[32];
    bool enough;
};

static void dispatch(struct reading *r)
{
    struct sim_heard *h = r->out;
    if (r->data.size == 0)
        return;
    if (h->n == h->room) {
        h->room = h->room == 0 ? 64 : h->room * 2;
        h->events = gw_realloc_array(h->events, h->room, sizeof *h->events);
    }
    struct sim_told *t = &h->events[h->n++];
    *t = (struct sim_told){ .id = strtoll(r->id, NULL, 10), .data = gw_json_parse(gw_buf_span(&r->data), NULL) };
    snprintf(t->kind, sizeof t->kind, "%s", r->kind);
    gw_buf_clear(&r->data);
    *r->kind = 0;
    r->enough = r->l->enough != NULL && r->l->enough(t, r->l->self);
}

static void take_line(struct reading *r)
{
    const char *line = gw_buf_text(&r->line), *colon = strchr(line, ':');
    if (*line == 0)
        dispatch(r);
    else if (colon != NULL && colon != line) {
        const char *value = colon + 1 + (colon[1] == ' ');
        if (strncmp(line, "id:", 3) == 0)
            snprintf(r->id, sizeof r->id, "%s", value);
        else if (strncmp(line, "event:", 6) == 0)
            snprintf(r->kind, sizeof r->kind, "%s", value);
        else if (strncmp(line, "data:", 5) == 0)
            gw_buf_add_text(&r->data, value);
    }
    gw_buf_clear(&r->line);
}

static bool take(void *self, struct gw_span data)
{
    struct reading *r = self;
    for (size_t i = 0; i < data.size && !r->enough; i++)
        if (data.data[i] == '\n')
            take_line(r);
        else if (data.data[i] != '\r')
            gw_buf_add(&r->line, &data.data[i], 1);
    return !r->enough;
}

void sim_listen(struct sim_heard *out, struct sim *s, const struct sim_listening *l)
{
    const struct gw_fetch_options options = { .authorities = s->options.authorities };
    GW_AUTO(gw_fetch) *f = gw_fetch_new(&options, NULL);
    GW_AUTO_VALUE(gw_fetch_answer) answer = {};
    GW_AUTO_VALUE(gw_buf) url = {};
    struct reading r = { .out = out, .l = l };
    char bearer[200], last[64];
    const char *headers[3] = { "Accept: text/event-stream", bearer, last };
    *out = (struct sim_heard){};
    gw_buf_addf(&url, "%s/v1/events%s", s->options.url, l->query);
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", l->token);
    snprintf(last, sizeof last, "Last-Event-ID: %lld", (long long)l->after);
    const struct gw_fetch_ask ask = { .method = "GET", .url = gw_buf_text(&url), .headers = headers, .n_headers = GW_COUNT(headers),
        .whole_us = l->most_us, .piece = take, .self = &r };
    struct gw_err ended = {}; /* it ends by its time, or by us */
    if (f != NULL)
        (void)!gw_fetch(&answer, f, &ask, &ended);
    out->status = answer.status;
    gw_buf_done(&r.line);
    gw_buf_done(&r.data);
}

void sim_heard_done(struct sim_heard *h)
{
    for (size_t i = 0; i < h->n; i++)
        gw_json_free(h->events[i].data);
    gw_free(h->events);
    *h = (struct sim_heard){};
}
