/* webhook.c - carriers are told what happens on their voyages, at an address of theirs:
 * Standard Webhooks 1.0 (webhook-id, webhook-timestamp, webhook-signature: v1).
 *
 * 1. What a carrier is sent is its own view of an event (event.def), read from the event when
 *    it is sent: after a purge there is nothing to send.
 * 2. A delivery is a row until the endpoint has said 2xx. Sent at least once: who takes it knows it by webhook-id.
 * 3. One thread sends, several messages at the same time, to one endpoint few of them: an
 *    endpoint that does not answer keeps nobody waiting but itself.
 * 4. Where a message may go is decided by fetch/, for the address it is really sent to. */
#include "fetch/fetch.h"
#include "fetch/reach.h"
#include "service/internal.h"

#include "base/log.h"

#include <stdio.h>

enum { AT_ONCE = 16, AT_ONCE_EACH = 4, EVENTS_AT_ONCE = 256, DUE_AT_ONCE = 64, SECRET_BYTES = 32, URL_MAX = 1024, HOOKS_MAX = 1000,
    DEAD_LISTED = 500, ANSWER_MOST = 64 << 10 };
#define LONGEST_US (12 * 3600 * GW_US_PER_S)

/* A message on its way; its row says when it would be tried again, should we die meanwhile. */
struct flying {
    bool used;
    struct gw_delivery_row row;
    struct gw_buf body;
};

struct gw_mail {
    struct gw_service *s;
    struct gw_reach *reach;
    struct gw_fetch *fetch;
    pthread_t thread;
    pthread_mutex_t lock; /* over runs, stopping */
    bool runs, stopping;
    bool fresh;           /* atomic: there may be new events, endpoints or deliveries */
    struct flying flying[AT_ONCE];
    size_t n_flying;
};

/* ---- what is sent ------------------------------------------------------------------------ */

struct rendering {
    struct gw_arena *a;
    struct gw_delivery_row *row;
    const struct gw_webhook_row *hook;
    struct gw_buf body;
    int64_t now_us;
    bool found;
};

static bool is_for(const struct gw_webhook_row *w, const struct gw_event_row *e)
{
    return e->has_voyage && gw_span_equal(e->carrier, w->carrier) &&
        (gw_event_roles((enum gw_event_kind)e->kind) & (unsigned)e->roles & GW_ROLE_BIT(CARRIER)) != 0 &&
        (w->kinds == 0 || (w->kinds >> e->kind & 1) != 0);
}

static void render_body(struct gw_buf *out, const char *type, int64_t at_us, struct gw_span data)
{
    char at[GW_TIME_TEXT];
    gw_time_format(at, at_us);
    gw_buf_addf(out, "{\"type\":\"%s\",\"timestamp\":\"%s\",\"data\":", type, at);
    gw_buf_add(out, data.data, data.size);
    gw_buf_add(out, "}", 1);
}

static bool render(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct rendering *r = arg;
    struct gw_event_row *events;
    size_t n;
    if (r->row->seq == 0) {
        r->found = true;
        render_body(&r->body, "test", r->now_us, gw_span_str("{\"event\":\"test\"}"));
        return true;
    }
    if (!gw_store_events(&events, &n, r->a, tx, r->row->seq - 1, 1, err))
        return false;
    if (n == 0 || events[0].seq != r->row->seq || !is_for(r->hook, &events[0]))
        return true; /* purged, or dropped for its age */
    GW_AUTO_VALUE(gw_buf) data = {};
    if (!gw_event_render(&data, r->a, tx, &events[0], GW_ROLE_CARRIER, err))
        return false;
    r->found = data.size > 0;
    render_body(&r->body, gw_event_name((enum gw_event_kind)events[0].kind), events[0].at_us, gw_buf_span(&data));
    return true;
}

/* "whsec_" and the base64 of the secret is what the carrier has; the bytes are the key. */
void gw_webhook_sign(char out[GW_WEBHOOK_SIGNATURE_TEXT], struct gw_span secret, const char *id, const char *time, struct gw_span body)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    char mac[GW_BASE64_TEXT(GW_HASH_BYTES)];
    gw_buf_addf(&text, "%s.%s.", id, time);
    gw_buf_add(&text, body.data, body.size);
    struct gw_hash hash = gw_hmac_sha256(secret, gw_buf_span(&text));
    gw_base64(mac, gw_span_of(hash.bytes, sizeof hash.bytes));
    snprintf(out, GW_WEBHOOK_SIGNATURE_TEXT, "v1,%s", mac);
}

static bool send_one(struct gw_mail *p, struct flying *f, const struct gw_webhook_row *w)
{
    char hook[GW_ID_TEXT], id[64], time[24], id_header[96], time_header[64], signature[GW_WEBHOOK_SIGNATURE_TEXT], signature_header[96];
    gw_id_format(hook, w->id);
    if (f->row.seq == 0) /* each test is a message of its own */
        snprintf(id, sizeof id, "msg_%s_test_%lld", hook, (long long)(f->row.made_us / 1000));
    else
        snprintf(id, sizeof id, "msg_%s_%lld", hook, (long long)f->row.seq);
    snprintf(time, sizeof time, "%lld", (long long)(gw_clock_now(&p->s->clock) / GW_US_PER_S));
    snprintf(id_header, sizeof id_header, "webhook-id: %s", id);
    snprintf(time_header, sizeof time_header, "webhook-timestamp: %s", time);
    gw_webhook_sign(signature, w->secret, id, time, gw_buf_span(&f->body));
    snprintf(signature_header, sizeof signature_header, "webhook-signature: %s", signature);
    const char *const headers[] = { "Content-Type: application/json", id_header, time_header, signature_header };
    return gw_fetch_start(p->fetch,
        &(struct gw_fetch_ask){ .method = "POST", .url = (const char *)w->url.data, .headers = headers, .n_headers = GW_COUNT(headers),
            .body = gw_buf_span(&f->body), .most_bytes = ANSWER_MOST, .own = f });
}

/* ---- what came of it ----------------------------------------------------------------------- */

struct ending {
    struct gw_mail *mail;
    struct gw_delivery_row row;
    bool taken, gone, dropped;
    char failure[24];
};

/* 4 times as long each time, and a fifth of that more or less, so that endpoints that fell ill together do not get
 * all their messages together. */
static int64_t wait_after(const struct gw_conf *c, unsigned attempt)
{
    int64_t us = c->webhook_retry;
    uint32_t random;
    for (unsigned i = 1; i < attempt && us < LONGEST_US; i++)
        us *= 4;
    us = GW_MIN(us, LONGEST_US);
    gw_random(&random, sizeof random);
    return us - us / 5 + (int64_t)(random % 1024) * (us * 2 / 5) / 1024;
}

static bool end_delivery(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct ending *e = arg;
    struct gw_service *s = e->mail->s;
    int64_t now = gw_clock_now(&s->clock);
    struct gw_delivery_row row = e->row;
    if (e->taken || e->dropped)
        return gw_store_delivery_done(tx, row.webhook, row.seq, err) &&
            (e->dropped || gw_store_webhook_result(tx, row.webhook, true, (struct gw_span){}, now, err));
    row.attempt++;
    row.failure = gw_span_str(e->failure);
    row.dead = e->gone || row.attempt >= (unsigned)s->conf->webhook_attempts;
    row.next_us = now + wait_after(s->conf, row.attempt);
    const struct gw_alert_new alert = { .kind = GW_ALERT_UNDELIVERED, .once = true };
    return gw_store_delivery_put(tx, &row, err) &&
        gw_store_webhook_result(tx, row.webhook, false, row.failure, now, err) &&
        (!e->gone || gw_store_webhook_gone(tx, row.webhook, now, err)) &&
        (!row.dead || gw_alert_add(NULL, tx, s, &alert, err));
}

static void land(struct gw_mail *p, const struct gw_fetch_answer *answer)
{
    struct flying *f = answer->own;
    struct gw_err err = {};
    struct ending e = { .mail = p, .row = f->row };
    /* What it says is of no use to us, so one that says too much has answered. */
    const bool answered = answer->end == GW_FETCH_ANSWERED || answer->end == GW_FETCH_TOO_LONG;
    e.taken = answered && answer->status >= 200 && answer->status < 300;
    e.gone = answered && answer->status == 410;
    if (answered)
        snprintf(e.failure, sizeof e.failure, "%d", answer->status);
    else
        snprintf(e.failure, sizeof e.failure, "%s", gw_fetch_end_name(answer->end));
    if (!gw_store_write(p->s->store, end_delivery, &e, &err))
        gw_log(GW_LOG_ERROR, "webhook", GW_LOG_WHY(&err));
    gw_count_add(e.taken ? &p->s->counters.webhooks_sent : &p->s->counters.webhooks_failed, 1);
    gw_log(e.taken ? GW_LOG_DEBUG : GW_LOG_WARN, "webhook", GW_LOG_ID("id", f->row.webhook), GW_LOG_INT("event", f->row.seq),
        GW_LOG_INT("attempt", f->row.attempt + 1), GW_LOG_OF_TABLE("end", (struct gw_word){ gw_fetch_end_name(answer->end) }),
        GW_LOG_INT("status", answer->status));
    gw_buf_done(&f->body);
    f->used = false;
    p->n_flying--;
}

/* ---- the thread ------------------------------------------------------------------------------ */

struct filling {
    struct gw_mail *mail;
    struct gw_arena *a;
    struct gw_webhook_row *hooks;
    size_t n_hooks;
    bool more; /* events left to look at */
};

/* New events become deliveries. */
static bool fill(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct filling *f = arg;
    int64_t now = gw_clock_now(&f->mail->s->clock);
    if (!gw_store_webhooks(&f->hooks, &f->n_hooks, f->a, tx, err))
        return false;
    for (size_t i = 0; i < f->n_hooks; i++) {
        struct gw_webhook_row *w = &f->hooks[i];
        struct gw_event_row *events;
        size_t n;
        if (!gw_store_events(&events, &n, f->a, tx, w->after_seq, EVENTS_AT_ONCE, err))
            return false;
        for (size_t k = 0; k < n; k++) {
            const struct gw_delivery_row row = { .webhook = w->id, .seq = events[k].seq, .made_us = now, .next_us = now };
            if (!w->has_gone && is_for(w, &events[k]) && !gw_store_delivery_put(tx, &row, err))
                return false;
        }
        if (n > 0 && !gw_store_webhook_after(tx, w->id, events[n - 1].seq, err))
            return false;
        f->more = f->more || n == EVENTS_AT_ONCE;
    }
    return true;
}

struct finding {
    struct gw_arena *a;
    struct gw_webhook_row *hooks;
    struct gw_delivery_row *due;
    size_t n_hooks, n_due;
    int64_t now_us, next_us;
    bool has_next;
};

static bool find_due(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct finding *f = arg;
    return gw_store_webhooks(&f->hooks, &f->n_hooks, f->a, tx, err) &&
        gw_store_deliveries(&f->due, &f->n_due, f->a, tx, NULL, f->now_us, DUE_AT_ONCE, err) &&
        gw_store_delivery_next(&f->has_next, &f->next_us, tx, err);
}

static bool is_flying(const struct gw_mail *p, const struct gw_delivery_row *row, size_t *n_of_hook)
{
    bool found = false;
    *n_of_hook = 0;
    for (size_t i = 0; i < AT_ONCE; i++)
        if (p->flying[i].used && gw_id_equal(p->flying[i].row.webhook, row->webhook)) {
            ++*n_of_hook;
            found = found || p->flying[i].row.seq == row->seq;
        }
    return found;
}

static bool start(struct gw_mail *p, struct gw_arena *a, struct gw_delivery_row *row, const struct gw_webhook_row *w,
    struct gw_err *err)
{
    struct flying *f = p->flying;
    while (f->used)
        f++;
    struct rendering r = { .a = a, .row = row, .hook = w, .now_us = gw_clock_now(&p->s->clock) };
    bool fine = gw_store_read(p->s->store, render, &r, err);
    if (fine && !r.found) {
        struct ending e = { .mail = p, .row = *row, .dropped = true };
        fine = gw_store_write(p->s->store, end_delivery, &e, err);
    } else if (fine) {
        *f = (struct flying){ .row = *row, .body = r.body };
        r.body = (struct gw_buf){};
        f->row.failure = (struct gw_span){}; /* of the arena, which goes */
        f->used = send_one(p, f, w);
        p->n_flying += f->used;
        if (!f->used)
            gw_buf_done(&f->body);
    }
    gw_buf_done(&r.body);
    return fine;
}

/* Starts what is due and may start; *wait_us: until something else will be. */
static bool start_due(struct gw_mail *p, int64_t *wait_us, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct finding f = { .a = a, .now_us = gw_clock_now(&p->s->clock) };
    if (!gw_store_read(p->s->store, find_due, &f, err))
        return false;
    for (size_t i = 0; i < f.n_due && p->n_flying < AT_ONCE; i++) {
        size_t n_of_hook, k = 0;
        if (is_flying(p, &f.due[i], &n_of_hook) || n_of_hook >= AT_ONCE_EACH)
            continue;
        while (!gw_id_equal(f.hooks[k].id, f.due[i].webhook))
            k++; /* it is there: a delivery belongs to one */
        if (!start(p, a, &f.due[i], &f.hooks[k], err))
            return false;
    }
    if (f.has_next && f.next_us > f.now_us)
        *wait_us = GW_MIN(*wait_us, f.next_us - f.now_us);
    return true;
}

static bool stopping(struct gw_mail *p)
{
    pthread_mutex_lock(&p->lock);
    bool out = p->stopping;
    pthread_mutex_unlock(&p->lock);
    return out;
}

static void *deliver(void *arg)
{
    struct gw_mail *p = arg;
    struct gw_fetch_answer answers[AT_ONCE];
    while (!stopping(p)) {
        struct gw_err err = {};
        int64_t wait_us = 10 * GW_US_PER_S;
        bool fine = true;
        if (__atomic_exchange_n(&p->fresh, false, __ATOMIC_ACQ_REL)) {
            GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
            struct filling f = { .mail = p, .a = a };
            fine = gw_store_write(p->s->store, fill, &f, &err);
            if (f.more || !fine)
                __atomic_store_n(&p->fresh, true, __ATOMIC_RELEASE);
            if (f.more)
                wait_us = 0;
        }
        fine = fine && start_due(p, &wait_us, &err);
        if (!fine) {
            gw_log(GW_LOG_ERROR, "webhook", GW_LOG_WHY(&err));
            wait_us = GW_US_PER_S;
        }
        size_t n = gw_fetch_wait(answers, GW_COUNT(answers), p->fetch, wait_us);
        for (size_t i = 0; i < n; i++) {
            land(p, &answers[i]);
            gw_fetch_answer_done(&answers[i]);
        }
    }
    return NULL;
}

void gw_mail_wake(struct gw_mail *p)
{
    if (p == NULL || !__atomic_load_n(&p->runs, __ATOMIC_ACQUIRE))
        return;
    __atomic_store_n(&p->fresh, true, __ATOMIC_RELEASE);
    gw_fetch_wake(p->fetch);
}

static bool run(struct gw_mail *p, struct gw_err *err)
{
    bool fine = true;
    pthread_mutex_lock(&p->lock);
    if (!p->runs) {
        p->fresh = true;
        fine = pthread_create(&p->thread, NULL, deliver, p) == 0;
        __atomic_store_n(&p->runs, fine, __ATOMIC_RELEASE);
    }
    pthread_mutex_unlock(&p->lock);
    return fine || gw_fail(err, GW_ERR_UNAVAILABLE, "no thread can be made for webhooks");
}

static bool any_hook(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct finding *f = arg;
    return gw_store_webhooks(&f->hooks, &f->n_hooks, f->a, tx, err);
}

struct gw_mail *gw_mail_open(struct gw_service *s, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct finding f = { .a = a };
    struct gw_mail *p = gw_alloc(sizeof *p);
    p->s = s;
    pthread_mutex_init(&p->lock, NULL);
    p->reach = gw_reach_new(s->conf->webhook_targets, "webhook.targets", err);
    if (p->reach != NULL)
        p->fetch = gw_fetch_new(&(struct gw_fetch_options){ .connect_us = s->conf->webhook_timeout, .whole_us = s->conf->webhook_timeout,
            .reach = p->reach, .most = AT_ONCE }, err);
    if (p->fetch == NULL || !gw_store_read(s->store, any_hook, &f, err) || (f.n_hooks > 0 && !run(p, err))) {
        gw_mail_close(p);
        return NULL;
    }
    return p;
}

void gw_mail_close(struct gw_mail *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_mutex_unlock(&p->lock);
    if (p->runs) {
        gw_fetch_wake(p->fetch);
        pthread_join(p->thread, NULL);
    }
    gw_fetch_free(p->fetch); /* before the bodies it borrowed */
    for (size_t i = 0; i < AT_ONCE; i++)
        gw_buf_done(&p->flying[i].body);
    gw_reach_free(p->reach);
    pthread_mutex_destroy(&p->lock);
    gw_free(p);
}

/* ---- for the admin --------------------------------------------------------------------------- */

struct handling {
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_id id;
    const struct gw_webhook_new *ask;
    struct gw_webhook *out;
    struct gw_once *once;
    uint8_t secret[SECRET_BYTES];
    struct gw_webhook_row *rows;
    struct gw_delivery_row *deliveries;
    size_t n, n_deliveries;
    struct gw_span only; /* carrier; empty: of all */
};

static void fill_webhook(struct gw_webhook *out, const struct gw_webhook_row *w)
{
    *out = (struct gw_webhook){
        .id = w->id,
        .carrier = (const char *)w->carrier.data,
        .url = (const char *)w->url.data,
        .kinds = (uint32_t)w->kinds,
        .created_us = w->created_us,
        .has_gone = w->has_gone,
        .gone_us = w->gone_us,
        .has_sent = w->has_sent,
        .sent_us = w->sent_us,
        .has_failed = w->has_failed,
        .failed_us = w->failed_us,
        .failure = w->has_failed ? (const char *)w->failure.data : NULL,
        .waiting = w->waiting,
        .dead = w->dead,
    };
}

static bool log_setting(const struct handling *h, struct gw_tx *tx, const char *reason, struct gw_err *err)
{
    return gw_audit_add(tx, h->s, h->who, GW_AUDIT_SETTING, &(struct gw_audit_facts){ .name = "webhook", .reason = reason }, err);
}

static bool read_hooks(struct handling *h, struct gw_tx *tx, struct gw_err *err)
{
    return gw_store_webhooks(&h->rows, &h->n, h->a, tx, err);
}

static bool find_hook(struct handling *h, const struct gw_webhook_row **out, struct gw_tx *tx, struct gw_err *err)
{
    if (!read_hooks(h, tx, err))
        return false;
    for (size_t i = 0; i < h->n; i++)
        if (gw_id_equal(h->rows[i].id, h->id)) {
            *out = &h->rows[i];
            return true;
        }
    return gw_fail(err, GW_ERR_NOT_FOUND, "no such webhook");
}

static bool add(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct handling *h = arg;
    struct gw_webhook_row row = {
        .id = gw_id_new(gw_clock_now(&h->s->clock)),
        .carrier = gw_span_str(h->out->carrier),
        .url = gw_span_str(h->out->url),
        .kinds = h->ask->kinds,
        .created_us = gw_clock_now(&h->s->clock),
        .secret = gw_span_of(h->secret, sizeof h->secret),
    };
    if (!read_hooks(h, tx, err) || !gw_store_event_last(&row.after_seq, tx, err))
        return false;
    if (h->n >= HOOKS_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "there are at most %d webhooks", HOOKS_MAX);
    if (!gw_store_webhook_put(tx, &row, err) || !log_setting(h, tx, "added", err))
        return false;
    const char *secret = h->out->secret;
    fill_webhook(h->out, &row);
    h->out->secret = secret;
    return gw_once_keep(tx, h->s, h->once, NULL, h->out, err);
}

bool gw_service_webhook_new(struct gw_webhook *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_webhook_new *ask, struct gw_once *once, struct gw_err *err)
{
    bool replayed;
    char carrier[GW_SCOPE_TEXT] = "", base64[GW_BASE64_TEXT(SECRET_BYTES)];
    struct handling h = { .s = s, .a = a, .who = who, .ask = ask, .out = out, .once = once };
    *out = (struct gw_webhook){};
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err))
        return false;
    if (s->mail == NULL)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "the service does not send messages");
    if (!gw_code(carrier, 2, 8, ask->carrier))
        return gw_fail(err, GW_ERR_INVALID, "carrier must be a carrier's code of 2 to 8 letters and digits");
    if (ask->url.size < 1 || ask->url.size > URL_MAX)
        return gw_fail(err, GW_ERR_INVALID, "the URL has 1 to %d bytes", URL_MAX);
    const char *url = gw_arena_text(a, ask->url, err);
    if (url == NULL || !gw_fetch_check(s->mail->fetch, url, err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    gw_random(h.secret, sizeof h.secret);
    gw_base64(base64, gw_span_of(h.secret, sizeof h.secret));
    GW_AUTO_VALUE(gw_buf) secret = {};
    gw_buf_addf(&secret, "whsec_%s", base64);
    out->url = url;
    out->carrier = gw_arena_text(a, gw_span_str(carrier), err);
    out->secret = gw_arena_text(a, gw_buf_span(&secret), err);
    bool fine = out->carrier != NULL && out->secret != NULL && (replayed || gw_store_write(s->store, add, &h, err)) &&
        run(s->mail, err);
    gw_wipe(h.secret, sizeof h.secret);
    gw_wipe(base64, sizeof base64);
    gw_once_leave(s, once, fine);
    return fine;
}

static bool list(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    return read_hooks(arg, tx, err);
}

bool gw_service_webhooks(struct gw_webhook **out, size_t *n, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_err *err)
{
    struct handling h = { .s = s, .a = a, .who = who };
    *out = NULL;
    *n = 0;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_store_read(s->store, list, &h, err) ||
        (*out = gw_arena_array(a, h.n, struct gw_webhook, err)) == NULL)
        return false;
    for (; *n < h.n; ++*n)
        fill_webhook(&(*out)[*n], &h.rows[*n]);
    return true;
}

static bool drop(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct handling *h = arg;
    bool found;
    return gw_store_webhook_drop(&found, tx, h->id, err) &&
        (found || gw_fail(err, GW_ERR_NOT_FOUND, "no such webhook")) && log_setting(h, tx, "removed", err);
}

static bool put_test(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct handling *h = arg;
    const struct gw_webhook_row *w;
    int64_t now = gw_clock_now(&h->s->clock);
    const struct gw_delivery_row row = { .webhook = h->id, .made_us = now, .next_us = now };
    /* Made anew, not tried again: it is another message. */
    return find_hook(h, &w, tx, err) && gw_store_delivery_done(tx, h->id, 0, err) && gw_store_delivery_put(tx, &row, err);
}

static bool again(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct handling *h = arg;
    const struct gw_webhook_row *w;
    return find_hook(h, &w, tx, err) &&
        gw_store_deliveries_again(&h->n_deliveries, tx, h->id, gw_clock_now(&h->s->clock), err);
}

/* What changes something about a webhook that is there. */
struct change {
    struct handling h;
    gw_store_fn *what;
    struct gw_webhook_change *out;
};

static bool change_in(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct change *c = arg;
    if (!c->what(tx, &c->h, err))
        return false;
    *c->out = (struct gw_webhook_change){ c->h.id, c->h.n_deliveries };
    return gw_once_keep(tx, c->h.s, c->h.once, NULL, c->out, err);
}

static bool change(struct gw_webhook_change *out, struct gw_service *s, const struct gw_caller *who, struct gw_id id,
    struct gw_once *once, gw_store_fn *what, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct change c = { .h = { .s = s, .a = a, .who = who, .id = id, .once = once, .n_deliveries = 1 }, .what = what, .out = out };
    bool replayed;
    *out = (struct gw_webhook_change){};
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || gw_store_write(s->store, change_in, &c, err);
    gw_once_leave(s, once, fine);
    if (fine)
        gw_mail_wake(s->mail);
    return fine;
}

bool gw_service_webhook_drop(struct gw_webhook_change *out, struct gw_service *s, const struct gw_caller *who, struct gw_id id,
    struct gw_once *once, struct gw_err *err)
{
    return change(out, s, who, id, once, drop, err);
}

bool gw_service_webhook_test(struct gw_webhook_change *out, struct gw_service *s, const struct gw_caller *who, struct gw_id id,
    struct gw_once *once, struct gw_err *err)
{
    return change(out, s, who, id, once, put_test, err);
}

bool gw_service_webhook_retry(struct gw_webhook_change *out, struct gw_service *s, const struct gw_caller *who, struct gw_id id,
    struct gw_once *once, struct gw_err *err)
{
    return change(out, s, who, id, once, again, err);
}

static bool list_dead(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct handling *h = arg;
    const struct gw_webhook_row *w;
    return find_hook(h, &w, tx, err) &&
        gw_store_deliveries(&h->deliveries, &h->n_deliveries, h->a, tx, &h->id, 0, DEAD_LISTED, err);
}

bool gw_service_webhook_dead(struct gw_delivery **out, size_t *n, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id id, struct gw_err *err)
{
    struct handling h = { .s = s, .a = a, .who = who, .id = id };
    *out = NULL;
    *n = 0;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_store_read(s->store, list_dead, &h, err) ||
        (*out = gw_arena_array(a, h.n_deliveries, struct gw_delivery, err)) == NULL)
        return false;
    for (; *n < h.n_deliveries; ++*n) {
        const struct gw_delivery_row *d = &h.deliveries[*n];
        (*out)[*n] = (struct gw_delivery){ .seq = d->seq, .made_us = d->made_us, .attempts = d->attempt,
            .failure = (const char *)d->failure.data };
    }
    return true;
}

struct gw_json *gw_webhook_to_json(const struct gw_webhook *w)
{
    struct gw_json *j = gw_json_object(), *kinds = gw_json_array();
    gw_json_set_id(j, "webhook", w->id);
    gw_json_set_text(j, "carrier", w->carrier);
    gw_json_set_text(j, "url", w->url);
    for (unsigned i = 0; i < GW_EVENT_COUNT; i++)
        if ((gw_event_roles((enum gw_event_kind)i) & GW_ROLE_BIT(CARRIER)) != 0 && (w->kinds == 0 || (w->kinds >> i & 1) != 0))
            gw_json_add_text(kinds, gw_event_name((enum gw_event_kind)i));
    gw_json_set(j, "kinds", kinds);
    gw_json_set_time(j, "created_at", w->created_us);
    const struct {
        const char *key;
        bool has;
        int64_t us;
    } times[] = { { "gone_at", w->has_gone, w->gone_us }, { "sent_at", w->has_sent, w->sent_us },
        { "failed_at", w->has_failed, w->failed_us } };
    for (size_t i = 0; i < GW_COUNT(times); i++)
        gw_json_set_time_or_null(j, times[i].key, times[i].has, times[i].us);
    gw_json_set_text(j, "failure", w->failure);
    gw_json_set_integer(j, "waiting", (int64_t)w->waiting);
    gw_json_set_integer(j, "dead", (int64_t)w->dead);
    if (w->secret != NULL)
        gw_json_set_text(j, "secret", w->secret);
    return j;
}

struct gw_json *gw_delivery_to_json(const struct gw_delivery *d)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_integer(j, "seq", d->seq);
    gw_json_set_time(j, "made_at", d->made_us);
    gw_json_set_integer(j, "attempts", d->attempts);
    gw_json_set_text(j, "failure", d->failure);
    return j;
}
