/* simulate_ask.c - one question to the server: asked, timed, its refusals held to RFC 9457. */
#include "base/clock.h"
#include "base/crypto.h"
#include "cli/simulate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { BUSY_TRIES = 20, BUSY_MOST_S = 5 };

bool sim_client_open(struct sim_client *c, struct sim *s, struct gw_err *err)
{
    const struct gw_fetch_options options = { .authorities = s->options.authorities };
    *c = (struct sim_client){ .sim = s, .fetch = gw_fetch_new(&options, err) };
    return c->fetch != NULL;
}

void sim_client_close(struct sim_client *c)
{
    gw_fetch_free(c->fetch);
    gw_fetch_answer_done(&c->answer);
}

void sim_hold(struct sim *s, enum sim_rule rule, bool ok, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    pthread_mutex_lock(&s->lock);
    s->rules[rule].tried++;
    if (!ok && s->rules[rule].failed++ == 0)
        vsnprintf(s->rules[rule].first, sizeof s->rules[rule].first, format, args);
    pthread_mutex_unlock(&s->lock);
    va_end(args);
}

bool sim_offers(const struct sim *s, const char *method, const char *path)
{
    if (s->openapi == NULL)
        return true;
    const struct gw_json *paths = gw_json_get(s->openapi, "paths"), *operations;
    const char *key;
    for (size_t i = 0; gw_json_member(paths, i, &key, &operations); i++) {
        /* Names of parameters are the server's own. */
        const char *a = key, *b = path;
        while (*a != 0 && *b != 0) {
            if (*a == '{' && *b == '{') {
                a += strcspn(a, "}");
                b += strcspn(b, "}");
            } else if (*a != *b)
                break;
            a += *a != 0;
            b += *b != 0;
        }
        if (*a == 0 && *b == 0)
            return gw_json_get(operations, method) != NULL;
    }
    return false;
}

bool sim_any_member(const struct gw_json *j, bool (*is)(const char *key, const struct gw_json *value, const void *self), const void *self)
{
    /* Answers are a few levels deep; a list of what is still to be looked at stands in for recursion. */
    const struct gw_json *left[1024] = { j };
    for (size_t n_left = 1; n_left > 0;) {
        const struct gw_json *at = left[--n_left], *value;
        const char *key;
        for (size_t i = 0; gw_json_kind(at) == GW_JSON_ARRAY && i < gw_json_size(at) && n_left < GW_COUNT(left); i++)
            left[n_left++] = gw_json_at(at, i);
        for (size_t i = 0; gw_json_kind(at) == GW_JSON_OBJECT && gw_json_member(at, i, &key, &value); i++) {
            if (is(key, value, self))
                return true;
            if (n_left < GW_COUNT(left))
                left[n_left++] = value;
        }
    }
    return false;
}

struct words {
    const char *const *of;
    size_t n;
};

static bool is_one_of(const char *key, const struct gw_json *value, const void *self)
{
    (void)value;
    const struct words *w = self;
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(key, w->of[i]) == 0)
            return true;
    return false;
}

bool sim_shows(const struct gw_json *j, const char *const *words, size_t n)
{
    return sim_any_member(j, is_one_of, &(struct words){ words, n });
}

const char *const sim_hidden[] = { "reason", "score", "next_score", "threshold", "candidates", "candidate", "photo", "watch", "severity", "cause" };
const size_t sim_n_hidden = GW_COUNT(sim_hidden);

const char *sim_text(const struct gw_json *object, const char *key)
{
    const char *text = "";
    gw_json_get_text(object, key, &text);
    return text;
}

const char *sim_key(char out[40])
{
    uint8_t random[16];
    gw_random(random, sizeof random);
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(out + 2 * i, 3, "%02x", random[i]);
    return out;
}

static void add_time(struct sim *s, enum sim_kind kind, int64_t us)
{
    pthread_mutex_lock(&s->lock);
    struct sim_times *t = &s->times[kind];
    if (t->n == t->room) {
        t->room = t->room == 0 ? 256 : t->room * 2;
        t->ms = gw_realloc_array(t->ms, t->room, sizeof *t->ms);
    }
    t->ms[t->n++] = (double)us / 1000;
    pthread_mutex_unlock(&s->lock);
}

static void hold_problem(struct sim *s, const struct sim_asked *a, const struct gw_fetch_answer *answer, const struct gw_json *j)
{
    struct gw_span type = {};
    const char *code = "";
    int64_t status = 0;
    bool typed = gw_fetch_header(&type, answer, "Content-Type") && gw_span_starts(type, "application/problem+json");
    gw_json_get_integer(j, "status", &status);
    sim_hold(s, SIM_PROBLEM, typed && status == answer->status && gw_json_get_text(j, "code", &code),
        "%s %s: %d is %s", a->method, a->path, answer->status, !typed ? "not application/problem+json" : "without its status or a code");
}

/* Keys that end so are moments, in whatever answer; departure and arrival may be the port's own time. */
static bool is_no_utc(const char *key, const struct gw_json *value, const void *self)
{
    (void)self;
    struct gw_span text;
    size_t n = strlen(key);
    int64_t us;
    bool local;
    bool is_moment = strcmp(key, "at") == 0 || strcmp(key, "until") == 0 || strcmp(key, "as_of") == 0 || (n > 3 && strcmp(key + n - 3, "_at") == 0);
    return is_moment && gw_json_string(value, &text) && (!gw_time_parse(&us, &local, text) || local || text.data[text.size - 1] != 'Z');
}

int sim_ask_once(struct gw_json **json, struct sim_client *c, const struct sim_asked *a)
{
    struct sim *s = c->sim;
    *json = NULL;
    GW_AUTO_VALUE(gw_buf) url = {};
    char bearer[200], type[100], key[100];
    const char *headers[8];
    size_t n = 0;
    struct gw_err err = {};
    gw_buf_addf(&url, "%s%s", s->options.url, a->path);
    if (a->token != NULL) {
        snprintf(bearer, sizeof bearer, "Authorization: Bearer %s", a->token);
        headers[n++] = bearer;
    }
    if (a->type != NULL) {
        snprintf(type, sizeof type, "Content-Type: %s", a->type);
        headers[n++] = type;
    }
    if (a->key != NULL) {
        snprintf(key, sizeof key, "Idempotency-Key: %s", a->key);
        headers[n++] = key;
    }
    for (size_t i = 0; i < GW_COUNT(a->headers) && a->headers[i] != NULL; i++)
        headers[n++] = a->headers[i];
    const struct gw_fetch_ask ask = { .method = a->method, .url = gw_buf_text(&url), .headers = headers, .n_headers = n, .body = a->body,
        .cut_after = a->cut_after };
    bool answered = gw_fetch(&c->answer, c->fetch, &ask, &err);
    gw_wipe(bearer, sizeof bearer);
    if (!answered)
        return 0;
    add_time(s, a->kind, c->answer.took_us);
    *json = gw_json_parse(gw_buf_span(&c->answer.body), NULL);
    if (c->answer.status >= 400)
        hold_problem(s, a, &c->answer, *json);
    else if (*json != NULL)
        sim_hold(s, SIM_TIMES, !sim_any_member(*json, is_no_utc, NULL), "%s %s: a time without Z", a->method, a->path);
    struct gw_span after = {};
    uint64_t seconds;
    if (c->answer.status == 503 && strcmp(a->path, "/readyz") != 0)
        sim_hold(s, SIM_BUSY, gw_fetch_header(&after, &c->answer, "Retry-After") && gw_span_uint(after, 86400, &seconds),
            "%s %s: 503 without Retry-After", a->method, a->path);
    return c->answer.status;
}

int sim_ask(struct gw_json **json, struct sim_client *c, const struct sim_asked *a)
{
    for (int tries = 1;; tries++) {
        int status = sim_ask_once(json, c, a);
        struct gw_span after = {};
        uint64_t seconds = 0;
        if (status == 0 && a->cut_after == 0) {
            pthread_mutex_lock(&c->sim->lock);
            c->sim->seen.unanswered++;
            pthread_mutex_unlock(&c->sim->lock);
        }
        if (status != 503 || tries == BUSY_TRIES || !gw_fetch_header(&after, &c->answer, "Retry-After") ||
            !gw_span_uint(after, 3600, &seconds))
            return status;
        pthread_mutex_lock(&c->sim->lock);
        c->sim->seen.busy++;
        pthread_mutex_unlock(&c->sim->lock);
        gw_json_free(*json);
        nanosleep(&(struct timespec){ .tv_sec = (time_t)GW_MIN(seconds, (uint64_t)BUSY_MOST_S) }, NULL);
    }
}

int sim_ask_keyed(struct gw_json **json, struct sim_client *c, const struct sim_asked *a)
{
    char key[40];
    struct sim_asked keyed = *a;
    keyed.key = sim_key(key);
    int status = sim_ask(json, c, &keyed);
    if (status == 0 || status >= 400)
        return status;
    GW_AUTO_VALUE(gw_buf) said = {};
    gw_buf_add(&said, c->answer.body.data, c->answer.body.size);
    struct gw_json *again;
    int same = sim_ask(&again, c, &keyed);
    gw_json_free(again);
    sim_hold(c->sim, SIM_ONCE_SAME, same == status && gw_span_equal(gw_buf_span(&said), gw_buf_span(&c->answer.body)),
        "%s %s with its key again: %d, another answer", a->method, a->path, same);
    return status;
}

GW_PRINTF(5, 0)
static int ask_path(struct gw_json **json, struct sim_client *c, const char *token, const char *body, const char *format, va_list args)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    gw_buf_addv(&path, format, args);
    const struct sim_asked a = { .kind = SIM_ASK_OTHER, .method = body == NULL ? "GET" : "POST", .path = gw_buf_text(&path), .token = token,
        .type = body == NULL ? NULL : "application/json", .body = gw_span_str(body) };
    return body == NULL ? sim_ask(json, c, &a) : sim_ask_keyed(json, c, &a);
}

int sim_get(struct gw_json **json, struct sim_client *c, const char *token, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int status = ask_path(json, c, token, NULL, format, args);
    va_end(args);
    return status;
}

int sim_get_status(struct sim_client *c, const char *token, const char *format, ...)
{
    struct gw_json *j;
    va_list args;
    va_start(args, format);
    int status = ask_path(&j, c, token, NULL, format, args);
    va_end(args);
    gw_json_free(j);
    return status;
}

int sim_post(struct gw_json **json, struct sim_client *c, const char *token, const char *body, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int status = ask_path(json, c, token, body, format, args);
    va_end(args);
    return status;
}

bool sim_next_page(const struct gw_json **list, struct sim_pages *p, struct sim_client *c)
{
    const char *next = NULL;
    gw_json_free(p->answer);
    p->answer = NULL;
    if (p->done || p->read++ == 1000)
        return false;
    int status = sim_get(&p->answer, c, p->token, "%s?limit=%u%s%s", p->path, p->limit, *p->cursor != 0 ? "&cursor=" : "", p->cursor);
    p->done = status != 200 || !gw_json_get_text(p->answer, "cursor", &next) || next == NULL;
    if (!p->done)
        snprintf(p->cursor, sizeof p->cursor, "%s", next);
    *list = gw_json_get(p->answer, p->list);
    return true;
}
