/* http.c - the door: from bytes to a row of route.def, to who asks, to a worker, and
 * back with an answer or a problem. */
#include "http/http.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/near.h"
#include "base/work.h"
#include "http/accept.h"
#include "http/auth.h"
#include "http/exchange.h"
#include "http/metrics.h"
#include "http/pages.h"
#include "http/problem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <strings.h>
#include <time.h>

enum {
    SMALL_BODY = 64 << 10,
    FORM_BYTES = 64 << 10,         /* what a form may have beside its picture */
    CLERKS = 4, CLERK_QUEUE = 256, /* clerks mostly wait for the disk */
    RESTING = 32,                  /* decided, and waiting for the disk: as many as come while it stands still for a moment */
    BODIES_BYTES = 256 << 20,
    EXCHANGE_BYTES = GW_MANIFEST_ARENA_BYTES + (16 << 20), /* a cap, not a size */
};

struct gw_http {
    struct gw_service *service;
    const struct gw_conf *conf;
    struct gw_http_metrics *metrics;
    unsigned n_workers;
    struct gw_worker **workers;
    struct gw_work *recognizers, *clerks;
    struct gw_tls *tls; /* NULL: without */
    struct gw_server *server;
    bool (*reload)(struct gw_reloaded *out, void *to, struct gw_err *err); /* atomic; NULL: none */
    void *reload_to;
    atomic_bool out_of_time; /* shutting down, and the bound has passed */
};

/* ---- what a request must be before anybody works on it ---- */

static void refuse(struct gw_exchange *x, int status, enum gw_err_code code, const char *text)
{
    struct gw_err err = {};
    gw_fail(&err, code, "%s", text);
    x->problem_status = status;
    gw_problem_answer(x, &err);
}

static size_t most_body(const struct gw_exchange *x)
{
    const struct gw_conf *c = x->http->conf;
    int64_t most = 0;
    switch (x->route->body) {
    case GW_BODY_NONE:
        return 0;
    case GW_BODY_SMALL:
        return SMALL_BODY;
    case GW_BODY_MESSAGE:
        most = c->http_body;
        break;
    case GW_BODY_PICTURE:
        most = GW_MIN(c->image_bytes, c->http_body);
        break;
    case GW_BODY_FORM:
        most = GW_MIN(c->image_bytes + FORM_BYTES, c->http_body);
        break;
    }
    return (size_t)most;
}

static bool check_form(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_request *r = x->request;
    struct gw_span value = {};
    /* RFC 9112 section 6.3: two lengths are how one request is smuggled in another. */
    if (gw_request_header_count(r, "Content-Length") > 1 || (r->has_length && r->chunked)) {
        r->close = true;
        return gw_fail(err, GW_ERR_FORMAT, "the request gives its length in two ways (RFC 9112 section 6.3)");
    }
    if (gw_request_header_count(r, "Authorization") > 1 || gw_request_header_count(r, "Idempotency-Key") > 1)
        return gw_fail(err, GW_ERR_FORMAT, "Authorization and Idempotency-Key may stand in a request once");
    if (gw_request_header(r, "Expect", &value) &&
        (value.size != 12 || strncasecmp((const char *)value.data, "100-continue", 12) != 0)) {
        x->problem_status = 417;
        return gw_fail(err, GW_ERR_USAGE, "the only expectation that can be met is 100-continue (RFC 9110 section 10.1.1)");
    }
    if (strlen(r->uri) > GW_REQUEST_URI_MAX) {
        x->problem_status = 414;
        return gw_fail(err, GW_ERR_LIMIT, "the request's target is longer than %d bytes", GW_REQUEST_URI_MAX);
    }
    if (gw_request_headers_bytes(r) > GW_REQUEST_HEADERS_MAX) {
        x->problem_status = 431;
        return gw_fail(err, GW_ERR_LIMIT, "the request's headers are longer than %d bytes", GW_REQUEST_HEADERS_MAX);
    }
    return true;
}

static bool check_query(const struct gw_exchange *x, struct gw_err *err)
{
    for (size_t i = 0; i < x->asked->uri.n_pairs; i++)
        if (!gw_word_in(x->route->query, x->asked->uri.pairs[i].name, false))
            return *x->route->query == 0
                ? gw_fail(err, GW_ERR_USAGE, "%s %s takes no query parameters", x->route->method, x->route->path)
                : gw_fail(err, GW_ERR_USAGE, "%s %s takes other query parameters: %s", x->route->method, x->route->path,
                      x->route->query);
    return true;
}

static bool check_media(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_request *r = x->request;
    struct gw_span type = {}, value = {};
    if (x->route->body == GW_BODY_NONE || (!r->chunked && r->announced_bytes == 0))
        return true;
    if (gw_request_header(r, "Content-Encoding", &value) && strncasecmp((const char *)value.data, "identity", value.size) != 0)
        return gw_fail(err, GW_ERR_UNSUPPORTED, "bodies are taken without Content-Encoding");
    if (!gw_request_header(r, "Content-Type", &type))
        return gw_fail(err, GW_ERR_UNSUPPORTED, "the body needs a Content-Type; taken are: %s", x->route->media);
    const uint8_t *semicolon = memchr(type.data, ';', type.size);
    if (semicolon != NULL)
        type.size = (size_t)(semicolon - type.data);
    return gw_word_in(x->route->media, gw_span_trim(type), true) ||
        gw_fail(err, GW_ERR_UNSUPPORTED, "this Content-Type is not taken here; taken are: %s", x->route->media);
}

/* What the route can answer with: after the statuses, schemas (which are JSON) and media types. */
static bool check_accept(struct gw_exchange *x, struct gw_err *err)
{
    enum { MOST = 4 };
    struct gw_span offers[MOST] = {}, word = {}, header = {};
    size_t n = 0, best;
    for (size_t i = 0; gw_word_at(&word, x->route->answer, i) && n < MOST; i++)
        if (memchr(word.data, '/', word.size) != NULL)
            offers[n++] = word;
        else if (word.data[0] > '9')
            offers[n++] = gw_span_str("application/json");
    gw_request_header(x->request, "Accept", &header);
    if (!gw_accept_choose(&best, header, offers, n)) {
        x->problem_status = 406;
        return gw_fail(err, GW_ERR_UNSUPPORTED, "this is answered with %.*s%s, which Accept leaves out", (int)offers[0].size,
            (const char *)offers[0].data, n > 1 ? " and other types" : "");
    }
    x->media = offers[best];
    return true;
}

static bool find_route(struct gw_exchange *x, struct gw_err *err)
{
    bool known, asked = strcmp(x->request->method, "OPTIONS") == 0;
    char allow[GW_ALLOW_TEXT];
    if (asked && strcmp(x->request->uri, "*") == 0) {
        gw_request_answer_header(x->request, "Allow", "DELETE, GET, HEAD, OPTIONS, POST, PUT");
        x->request->status = 204;
        return true;
    }
    x->asked = gw_arena_one(x->mem, struct gw_asked, err);
    if (x->asked == NULL || !gw_uri_parse(&x->asked->uri, x->mem, gw_span_str(x->request->uri), err))
        return false;
    const struct gw_path_values *path = &x->asked->path;
    x->route = gw_route_find(&x->asked->path, &known, allow, x->request->method, &x->asked->uri);
    if (x->route != NULL) {
        for (size_t i = 0; i < path->n; i++)
            if (strcmp(path->values[i].parameter->name, "voyage") == 0)
                x->voyage = path->values[i].id;
        return true;
    }
    if (!known)
        return gw_fail(err, GW_ERR_NOT_FOUND, "nothing is here; /openapi.json lists what there is");
    gw_request_answer_header(x->request, "Allow", allow);
    if (asked) {
        x->request->status = 204;
        return true;
    }
    return gw_fail(err, GW_ERR_METHOD, "this can be asked with: %s", allow);
}

static bool queue_is_full(const struct gw_exchange *x)
{
    const struct gw_http *h = x->http;
    switch (x->route->work) {
    case GW_WORK_INLINE:
        return false;
    case GW_WORK_CLERK:
        return gw_work_waiting(h->clerks) >= CLERK_QUEUE;
    case GW_WORK_RECOGNIZE:
        return gw_work_waiting(h->recognizers) >= (size_t)h->conf->work_queue;
    }
    return false;
}

static void answer_busy(struct gw_exchange *x)
{
    gw_http_metrics_full(x->http->metrics);
    refuse(x, 0, GW_ERR_BUSY, "as many requests are waiting as can be answered soon");
}

static void begin(void *self, struct gw_request *r)
{
    struct gw_http *h = self;
    struct gw_exchange *x = gw_alloc(sizeof *x);
    struct gw_err err = {};
    *x = (struct gw_exchange){ .http = h, .request = r, .service = h->service };
    x->mem = gw_arena_new(EXCHANGE_BYTES);
    r->own = x;
    if (!check_form(x, &err) || (!gw_page_answer(r) && !find_route(x, &err))) {
        gw_problem_answer(x, &err);
        return;
    }
    if (r->status != 0)
        return; /* a page; OPTIONS: what may be asked is no secret */
    if (!gw_auth_check(x, h->conf->http_public_health, &err) || !check_query(x, &err) || !check_media(x, &err) ||
        !check_accept(x, &err)) {
        gw_problem_answer(x, &err);
        return;
    }
    r->most_body = most_body(x);
    if (r->has_length && r->announced_bytes > r->most_body)
        return; /* the server calls too_large */
    if (r->stopping && x->route->work != GW_WORK_INLINE)
        refuse(x, 0, GW_ERR_UNAVAILABLE, "the service is being shut down");
    else if (queue_is_full(x))
        answer_busy(x);
}

static void too_large(void *self, struct gw_request *r)
{
    (void)self;
    struct gw_exchange *x = r->own;
    struct gw_err err = {};
    if (r->most_body == 0)
        gw_fail(&err, GW_ERR_LIMIT, "%s %s takes no body", x->route->method, x->route->path);
    else
        gw_fail(&err, GW_ERR_LIMIT, "the body is longer than %zu bytes, the limit here", r->most_body);
    gw_problem_answer(x, &err);
}

static void crowded(void *self, struct gw_request *r)
{
    (void)self;
    answer_busy(r->own);
}

/* ---- working ---- */

static void work(struct gw_exchange *x)
{
    struct gw_err err = {};
    x->taken_us = gw_clock_monotonic_us();
    if (atomic_load(&x->http->out_of_time))
        refuse(x, 0, GW_ERR_UNAVAILABLE, "the service is being shut down");
    else if (!x->route->handle(x, &err))
        gw_problem_answer(x, &err);
}

static void run_clerk(void *job, unsigned worker)
{
    (void)worker;
    struct gw_exchange *x = job;
    work(x);
    gw_request_done(x->request);
}

static void run_recognizer(void *job, unsigned worker)
{
    struct gw_exchange *x = job;
    x->worker = x->http->workers[worker];
    work(x);
    gw_request_done(x->request);
}

static bool ready(void *self, struct gw_request *r)
{
    struct gw_http *h = self;
    struct gw_exchange *x = r->own;
    x->queued_us = gw_clock_monotonic_us();
    if (x->route->work == GW_WORK_INLINE) {
        work(x);
        return true;
    }
    if (gw_work_submit(x->route->work == GW_WORK_CLERK ? h->clerks : h->recognizers, x))
        return false;
    answer_busy(x);
    return true;
}

static void end(void *self, struct gw_request *r, bool sent)
{
    struct gw_http *h = self;
    struct gw_exchange *x = r->own;
    if (x == NULL)
        return;
    int64_t us = gw_clock_monotonic_us() - r->begun_us;
    gw_http_metrics_add(h->metrics, x->route, r->status, us, x->taken_us == 0 ? 0 : x->taken_us - x->queued_us);
    struct gw_word route = { x->route == NULL ? "none" : x->route->name };
    struct gw_word code = { x->code == GW_OK ? "ok" : gw_err_name(x->code) };
    struct gw_word whole = { sent ? "yes" : "no" };
    struct gw_word role = { x->has_who ? gw_role_name(x->who.role) : "none" };
    const struct gw_log_field id = r->id_is_uuid ? GW_LOG_UUID("request", r->id) : GW_LOG_ID("request", r->id);
    gw_log(GW_LOG_INFO, "request", id, GW_LOG_OF_TABLE("route", route),
        GW_LOG_OF_TABLE("role", role), GW_LOG_ID("token", x->who.token), GW_LOG_INT("status", r->status),
        GW_LOG_OF_TABLE("code", code), GW_LOG_INT("us", us), GW_LOG_OF_TABLE("sent", whole));
    gw_arena_free(x->mem);
    gw_buf_done(&x->once_memory.body);
    gw_json_free(x->problems);
    gw_free(x);
    r->own = NULL;
}

/* ---- for handlers ---- */

struct gw_http_metrics *gw_exchange_metrics(const struct gw_exchange *x)
{
    return x->http->metrics;
}

const struct gw_conf *gw_exchange_conf(const struct gw_exchange *x)
{
    return x->http->conf;
}

void gw_exchange_queues(const struct gw_exchange *x, size_t *recognize, size_t *clerk, size_t *connections,
    size_t *in_flight)
{
    *recognize = gw_work_waiting(x->http->recognizers);
    *clerk = gw_work_waiting(x->http->clerks);
    *connections = gw_server_connections(x->http->server);
    *in_flight = gw_server_in_flight(x->http->server);
}

bool gw_exchange_certificate_end(const struct gw_exchange *x, int64_t *us)
{
    if (x->http->tls == NULL)
        return false;
    *us = gw_tls_not_after_us(x->http->tls);
    return true;
}

/* ---- opening and closing ---- */

bool gw_http_tls_open(struct gw_tls **out, const struct gw_conf *c, int64_t now_us, struct gw_err *err)
{
    *out = NULL;
    bool certificate = *c->http_tls_certificate != 0, key = *c->http_tls_key != 0;
    if (certificate != key)
        return gw_fail(err, GW_ERR_USAGE, "http.tls_certificate and http.tls_key are set together");
    if (!certificate)
        return *c->http_tls_clients == 0 ||
            gw_fail(err, GW_ERR_USAGE, "http.tls_clients needs http.tls_certificate: only TLS shows client certificates");
    const struct gw_tls_files files = { c->http_tls_certificate, c->http_tls_key, c->http_tls_clients };
    *out = gw_tls_open(&files, now_us, err);
    return *out != NULL;
}

bool gw_http_reload(struct gw_http *h, struct gw_err *err)
{
    return h->tls == NULL || gw_tls_reload(h->tls, gw_service_now(h->service), err);
}

void gw_http_on_reload(struct gw_http *h, bool (*reload)(struct gw_reloaded *out, void *to, struct gw_err *err), void *to)
{
    h->reload_to = to;
    __atomic_store_n(&h->reload, reload, __ATOMIC_RELEASE); /* requests are being answered already */
}

bool gw_exchange_reload(struct gw_reloaded *out, const struct gw_exchange *x, struct gw_err *err)
{
    bool (*reload)(struct gw_reloaded *, void *, struct gw_err *) = __atomic_load_n(&x->http->reload, __ATOMIC_ACQUIRE);
    return reload == NULL ? gw_fail(err, GW_ERR_UNAVAILABLE, "this service was started without settings that could be read again")
                          : reload(out, x->http->reload_to, err);
}

struct gw_http *gw_http_open(struct gw_service *service, const struct gw_conf *conf, struct gw_err *err)
{
    GW_AUTO(gw_http) *h = gw_alloc(sizeof *h);
    h->service = service;
    h->conf = conf;
    h->metrics = gw_http_metrics_new();
    const unsigned at_once = gw_service_threads(service), n = at_once + RESTING;
    h->workers = gw_alloc_array(n, sizeof(void *));
    for (; h->n_workers < n; h->n_workers++)
        h->workers[h->n_workers] = gw_worker_new(service);
    if ((h->recognizers = gw_work_new(at_once, RESTING, (size_t)conf->work_queue, GW_RANK_PATIENT, run_recognizer, err)) == NULL ||
        (h->clerks = gw_work_new(CLERKS, 0, CLERK_QUEUE, GW_RANK_PROMPT, run_clerk, err)) == NULL)
        return NULL;
    const struct gw_door door = { h, begin, ready, too_large, crowded, end };
    if (!gw_http_tls_open(&h->tls, conf, gw_service_now(service), err))
        return NULL;
    const struct gw_server_options options = {
        .listen = conf->http_listen,
        .tls = h->tls,
        .tls_elsewhere = conf->http_tls_by_proxy,
        .per_address = &conf->http_connections_per_address,
        .threads = (unsigned)conf->http_threads,
        .connections = (size_t)conf->http_connections,
        .timeout_us = conf->http_timeout,
        .most_bodies_bytes = BODIES_BYTES,
    };
    if ((h->server = gw_server_open(&options, &door, err)) == NULL || !gw_server_start(h->server, err))
        return NULL;
    return gw_take(h);
}

bool gw_http_settings(const struct gw_conf *conf, struct gw_err *err)
{
    return gw_server_check_address(conf->http_listen, err) || gw_conf_blame(conf, GW_CONF_ROW_http_listen, err);
}

const char *gw_http_address(const struct gw_http *h)
{
    return gw_server_address(h->server);
}

void gw_http_close(struct gw_http *h)
{
    if (h == NULL)
        return;
    if (h->server != NULL) {
        gw_server_quiesce(h->server);
        int64_t until = gw_clock_monotonic_us() + h->conf->http_shutdown;
        while (gw_server_in_flight(h->server) > 0 && gw_clock_monotonic_us() < until)
            nanosleep(&(struct timespec){ .tv_nsec = 5'000'000 }, NULL);
        atomic_store(&h->out_of_time, true);
    }
    gw_work_free(h->recognizers);
    gw_work_free(h->clerks);
    gw_server_close(h->server);
    gw_tls_close(h->tls);
    for (unsigned i = 0; i < h->n_workers; i++)
        gw_worker_free(h->workers[i]);
    gw_free(h->workers);
    gw_http_metrics_free(h->metrics);
    gw_free(h);
}
