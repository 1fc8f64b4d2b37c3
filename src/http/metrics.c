/* metrics.c - atomics in, text out. */
#include "http/metrics.h"
#include "base/log.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

static const int statuses[] = { 200, 201, 202, 204, 304, 400, 401, 403, 404, 405, 406, 409, 410, 413, 414, 415, 417, 422, 431, 500, 503 };
enum { ROUTES = GW_ROUTE_COUNT + 1, STATUSES = GW_COUNT(statuses) + 1 }; /* the last: others */

struct histogram {
    _Atomic(uint64_t) buckets[GW_STAGE_BUCKETS], sum_us;
};

struct gw_http_metrics {
    _Atomic(uint64_t) requests[ROUTES][STATUSES];
    _Atomic(uint64_t) full;
    struct histogram duration[ROUTES], waited;
};

struct gw_http_metrics *gw_http_metrics_new(void)
{
    return gw_alloc(sizeof(struct gw_http_metrics));
}

void gw_http_metrics_free(struct gw_http_metrics *m)
{
    gw_free(m);
}

static void add(struct histogram *h, int64_t us)
{
    size_t i = 0;
    while (i < GW_STAGE_BUCKETS - 1 && us > gw_stage_bounds_us[i])
        i++;
    atomic_fetch_add_explicit(&h->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum_us, (uint64_t)GW_MAX(us, 0), memory_order_relaxed);
}

void gw_http_metrics_add(struct gw_http_metrics *m, const struct gw_route *route, int status, int64_t us, int64_t waited_us)
{
    size_t i = route == NULL ? GW_ROUTE_COUNT : (size_t)(route - gw_routes()), k = 0;
    while (k < GW_COUNT(statuses) && statuses[k] != status)
        k++;
    atomic_fetch_add_explicit(&m->requests[i][k], 1, memory_order_relaxed);
    add(&m->duration[i], us);
    if (route != NULL && route->work == GW_WORK_RECOGNIZE)
        add(&m->waited, waited_us);
}

void gw_http_metrics_full(struct gw_http_metrics *m)
{
    atomic_fetch_add_explicit(&m->full, 1, memory_order_relaxed);
}

static void head(struct gw_buf *out, const char *name, const char *type, const char *help)
{
    gw_buf_addf(out, "# HELP gangway_%s %s\n# TYPE gangway_%s %s\n", name, help, name, type);
}

static void one(struct gw_buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
    head(out, name, type, help);
    gw_buf_addf(out, "gangway_%s %" PRIu64 "\n", name, value);
}

/* label: `stage="decode"`; "" for none. bounds: one fewer than buckets. */
static void buckets_of(struct gw_buf *out, const char *name, const char *label, const int64_t *bounds_us, size_t n_buckets,
    const uint64_t *buckets, uint64_t sum_us)
{
    const char *comma = *label == 0 ? "" : ",";
    uint64_t n = 0;
    for (size_t i = 0; i < n_buckets; i++) {
        n += buckets[i];
        if (i + 1 < n_buckets)
            gw_buf_addf(out, "gangway_%s_bucket{%s%sle=\"%g\"} %" PRIu64 "\n", name, label, comma,
                (double)bounds_us[i] / 1e6, n);
        else
            gw_buf_addf(out, "gangway_%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, label, comma, n);
    }
    const char *open = *label == 0 ? "" : "{", *close = *label == 0 ? "" : "}";
    gw_buf_addf(out, "gangway_%s_sum%s%s%s %.6f\ngangway_%s_count%s%s%s %" PRIu64 "\n", name, open, label, close,
        (double)sum_us / 1e6, name, open, label, close, n);
}

static void histogram(struct gw_buf *out, const char *name, const char *label, const uint64_t *buckets, uint64_t sum_us)
{
    buckets_of(out, name, label, gw_stage_bounds_us, GW_STAGE_BUCKETS, buckets, sum_us);
}

static void load(uint64_t out[GW_STAGE_BUCKETS], const struct histogram *h)
{
    for (size_t i = 0; i < GW_STAGE_BUCKETS; i++)
        out[i] = atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
}

static void write_door(struct gw_buf *out, const struct gw_exchange *x)
{
    const struct gw_http_metrics *m = gw_exchange_metrics(x);
    uint64_t buckets[GW_STAGE_BUCKETS];
    char label[64];
    head(out, "http_requests_total", "counter", "Requests answered, by route and status.");
    for (size_t i = 0; i < ROUTES; i++)
        for (size_t k = 0; k < STATUSES; k++) {
            uint64_t n = atomic_load_explicit(&m->requests[i][k], memory_order_relaxed);
            if (n == 0)
                continue;
            gw_buf_addf(out, "gangway_http_requests_total{route=\"%s\",status=\"", i < GW_ROUTE_COUNT ? gw_routes()[i].name : "none");
            if (k < GW_COUNT(statuses))
                gw_buf_addf(out, "%d\"} %" PRIu64 "\n", statuses[k], n);
            else
                gw_buf_addf(out, "other\"} %" PRIu64 "\n", n);
        }
    head(out, "http_request_seconds", "histogram", "From request line to answer, by route.");
    for (size_t i = 0; i < ROUTES; i++) {
        load(buckets, &m->duration[i]);
        snprintf(label, sizeof label, "route=\"%s\"", i < GW_ROUTE_COUNT ? gw_routes()[i].name : "none");
        histogram(out, "http_request_seconds", label, buckets,
            atomic_load_explicit(&m->duration[i].sum_us, memory_order_relaxed));
    }
    head(out, "queue_seconds", "histogram", "Waiting for a recognition thread.");
    load(buckets, &m->waited);
    histogram(out, "queue_seconds", "", buckets, atomic_load_explicit(&m->waited.sum_us, memory_order_relaxed));
    size_t recognize, clerk, connections, in_flight;
    gw_exchange_queues(x, &recognize, &clerk, &connections, &in_flight);
    one(out, "queue_waiting", "gauge", "Pictures waiting for a recognition thread.", recognize);
    one(out, "clerk_waiting", "gauge", "Requests waiting for a thread that reads or writes the store.", clerk);
    one(out, "http_connections", "gauge", "Open connections.", connections);
    one(out, "http_in_flight", "gauge", "Requests begun and not answered.", in_flight);
    int64_t end_us;
    if (gw_exchange_certificate_end(x, &end_us))
        one(out, "tls_certificate_end_seconds", "gauge", "When the server's certificate ends, in seconds since 1970.",
            (uint64_t)GW_MAX(end_us / GW_US_PER_S, INT64_C(0)));
    one(out, "queue_full_total", "counter", "Requests answered 503 because a queue was full.",
        atomic_load_explicit(&m->full, memory_order_relaxed));
}

void gw_http_metrics_write(struct gw_buf *out, const struct gw_exchange *x)
{
    static const enum gw_answer answers[] = { GW_ANSWER_CLEAR, GW_ANSWER_RETRY, GW_ANSWER_INSPECT };
    struct gw_counters c;
    char label[64];
    gw_service_counters(&c, x->service);
    head(out, "verifications_total", "counter", "Decisions given, by answer.");
    for (size_t i = 0; i < GW_COUNT(answers); i++)
        gw_buf_addf(out, "gangway_verifications_total{decision=\"%s\"} %" PRIu64 "\n", gw_answer_name(answers[i]),
            c.verifications[answers[i]]);
    head(out, "decisions_total", "counter", "Decisions given, by reason.");
    for (size_t i = 0; i < GW_REASON_COUNT; i++)
        gw_buf_addf(out, "gangway_decisions_total{reason=\"%s\"} %" PRIu64 "\n", gw_reason_code((enum gw_reason)i),
            c.by_reason[i]);
    one(out, "verifications_failed_total", "counter", "Verifications that ended in an error.", c.failed);
    one(out, "not_authorised_total", "counter", "Captures refused because no rule in force allows them.", c.not_authorised);
    head(out, "inspections_total", "counter", "Inspections opened, by cause; declines are counted apart.");
    for (size_t i = 0; i < GW_CAUSE_COUNT; i++)
        gw_buf_addf(out, "gangway_inspections_total{cause=\"%s\"} %" PRIu64 "\n",
            gw_inspection_cause_name((enum gw_inspection_cause)i), c.inspections[i]);
    head(out, "inspection_outcomes_total", "counter", "What inspections came to.");
    for (size_t i = 0; i < GW_RESULT_COUNT; i++)
        gw_buf_addf(out, "gangway_inspection_outcomes_total{result=\"%s\"} %" PRIu64 "\n",
            gw_inspection_result_name((enum gw_inspection_result)i), c.outcomes[i]);
    head(out, "inspection_wait_seconds", "histogram", "From the opening of an inspection until it was claimed, and decided.");
    for (size_t i = 0; i < GW_WAIT_COUNT; i++)
        buckets_of(out, "inspection_wait_seconds", i == GW_WAIT_CLAIM ? "until=\"claim\"" : "until=\"outcome\"",
            gw_wait_bounds_us, GW_WAIT_BUCKETS, c.waits[i].buckets, c.waits[i].sum_us);
    head(out, "webhook_messages_total", "counter", "Attempts to send a message to a carrier.");
    gw_buf_addf(out, "gangway_webhook_messages_total{result=\"taken\"} %" PRIu64 "\n", c.webhooks_sent);
    gw_buf_addf(out, "gangway_webhook_messages_total{result=\"failed\"} %" PRIu64 "\n", c.webhooks_failed);
    head(out, "transfers_total", "counter", "Pictures that went to the identity register, or did not.");
    for (size_t i = 0; i < GW_COUNT(c.transfers); i++)
        gw_buf_addf(out, "gangway_transfers_total{state=\"%s\"} %" PRIu64 "\n", gw_transfer_state_name(i), c.transfers[i]);
    one(out, "transfer_attempts_total", "counter", "Times one was offered to the register.", c.transfer_attempts);
    one(out, "event_listeners", "gauge", "Listeners to events.", c.listeners);
    one(out, "declines_total", "counter", "Travelers who chose not to be photographed.", c.declines);
    head(out, "decline_alternative_seconds", "histogram", "From a decline until a human has decided.");
    buckets_of(out, "decline_alternative_seconds", "", gw_wait_bounds_us, GW_WAIT_BUCKETS, c.alternatives.buckets, c.alternatives.sum_us);
    one(out, "portraits_total", "counter", "Portraits taken.", c.portraits);
    one(out, "portraits_refused_total", "counter", "Portraits refused.", c.portraits_refused);
    one(out, "manifests_total", "counter", "Manifests taken.", c.manifests);
    one(out, "closes_total", "counter", "Voyages closed.", c.closes);
    head(out, "purged_total", "counter", "Destroyed because it was due, by kind.");
    const struct { const char *what; uint64_t n; } purged[] = { { "voyages", c.purged.voyages }, { "travelers", c.purged.travelers },
        { "templates", c.purged.templates }, { "photos", c.purged.photos }, { "keys", c.purged.keys } };
    for (size_t i = 0; i < GW_COUNT(purged); i++)
        gw_buf_addf(out, "gangway_purged_total{what=\"%s\"} %" PRIu64 "\n", purged[i].what, purged[i].n);
    one(out, "retention_over_age", "gauge", "Things about people that are older than their clocks allow; should be 0.", c.over_age);
    one(out, "photos_seen_total", "counter", "Stored photos given out, each for a purpose and a case.", c.photos);
    one(out, "log_lost_total", "counter", "Lines of the log that nobody took in time; should be 0.", gw_log_lost());
    one(out, "commits_total", "counter", "Durable commits of the store.", c.commits);
    one(out, "commit_jobs_total", "counter", "Changes those commits held.", c.commit_jobs);
    one(out, "voyages_open", "gauge", "Voyages not closed.", c.voyages_open);
    one(out, "galleries", "gauge", "Galleries in memory.", c.galleries);
    one(out, "gallery_persons", "gauge", "Persons in all galleries.", c.gallery_persons);
    one(out, "gallery_templates", "gauge", "Templates in all galleries.", c.gallery_templates);
    one(out, "gallery_bytes", "gauge", "Memory of all galleries.", c.gallery_bytes);
    head(out, "stage_seconds", "histogram", "Time of one verification, by stage.");
    for (size_t i = 0; i < GW_STAGE_COUNT; i++) {
        snprintf(label, sizeof label, "stage=\"%s\"", gw_stage_name((enum gw_stage)i));
        histogram(out, "stage_seconds", label, c.stages[i].buckets, c.stages[i].sum_us);
    }
    write_door(out, x);
}
