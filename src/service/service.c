/* service.c - opens the engines once, in the order that matters, and keeps house. */
#include "service/internal.h"

#include "base/log.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* 2020-01-01: a clock before that was never set, and every clock of retention would be wrong. */
#define EARLIEST_US (INT64_C(1577836800) * GW_US_PER_S)
enum { LEAST_FREE_BYTES = 32 << 20, PURGE_EVERY_S = 60, READY_KEEP_US = 1'000'000 };

/* ---- words ---------------------------------------------------------------------- */

#define NAME_OF(array, i) (assert((size_t)(i) < GW_COUNT(array)), (array)[i])

static const char *const roles[] = { "device", "carrier", "officer", "supervisor", "auditor", "admin" };
static const char *const statuses[] = { "expected", "declined", "cleared", "inspected", "boarded", "denied",
    "not_boarded", "removed" };
static const char *const sources[] = { "chip", "passport", "visa", "encounter", "application" };
static_assert(GW_COUNT(roles) == GW_ROLE_COUNT && GW_COUNT(statuses) == GW_STATUS_COUNT &&
              GW_COUNT(sources) == GW_PORTRAIT_SOURCE_COUNT);

const char *gw_role_name(enum gw_role role)
{
    return NAME_OF(roles, role);
}

bool gw_role_find(enum gw_role *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(roles); i++)
        if (gw_span_is(name, roles[i]))
            return *out = (enum gw_role)i, true;
    return false;
}

const char *gw_traveler_status_name(enum gw_traveler_status status)
{
    return NAME_OF(statuses, status);
}

const char *gw_voyage_state_name(enum gw_voyage_state state)
{
    static const char *const names[] = { "open", "closed" };
    return NAME_OF(names, state);
}

const char *gw_gallery_state_name(enum gw_gallery_state state)
{
    static const char *const names[] = { "absent", "building", "ready" };
    return NAME_OF(names, state);
}

const char *gw_portrait_source_name(enum gw_portrait_source source)
{
    return NAME_OF(sources, source);
}

bool gw_portrait_source_find(enum gw_portrait_source *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(sources); i++)
        if (gw_span_is(name, sources[i]))
            return *out = (enum gw_portrait_source)i, true;
    return false;
}

const char *gw_stage_name(enum gw_stage stage)
{
    static const char *const names[] = { "decode", "detect", "landmarks", "quality", "liveness", "align", "embed",
        "search", "record", "verify" };
    static_assert(GW_COUNT(names) == GW_STAGE_COUNT);
    return NAME_OF(names, stage);
}

/* ---- who may ----------------------------------------------------------------------- */

bool gw_allow(const struct gw_caller *who, unsigned allowed, struct gw_err *err)
{
    if ((allowed & 1u << who->role) != 0)
        return true;
    return gw_fail(err, GW_ERR_FORBIDDEN, "the role %s may not do this", gw_role_name(who->role));
}

bool gw_has_port(struct gw_span ports, const char *port)
{
    size_t n = strlen(port);
    if (n == 0)
        return false;
    for (size_t i = 0; i + n + 2 <= ports.size; i++)
        if (ports.data[i] == ' ' && memcmp(ports.data + i + 1, port, n) == 0 && ports.data[i + 1 + n] == ' ')
            return true;
    return false;
}

bool gw_allow_voyage(const struct gw_caller *who, const struct gw_voyage_row *v, struct gw_err *err)
{
    bool fine = true;
    if (who->role == GW_ROLE_CARRIER || who->carrier[0] != 0)
        fine = gw_span_is(v->carrier, who->carrier);
    if (fine && (who->role == GW_ROLE_DEVICE || who->site[0] != 0))
        fine = gw_has_port(v->ports, who->site);
    /* Not forbidden but not found: who may not see it learns nothing about it. */
    return fine || gw_fail(err, GW_ERR_NOT_FOUND, "no such voyage");
}

bool gw_code(char *out, size_t least, size_t most, struct gw_span text)
{
    if (text.size < least || text.size > most)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        char c = (char)text.data[i];
        if (c >= 'a' && c <= 'z')
            c = (char)(c - 'a' + 'A');
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')))
            return false;
        out[i] = c;
    }
    out[text.size] = 0;
    return true;
}

struct gw_caller gw_caller_local(void)
{
    return (struct gw_caller){ .role = GW_ROLE_ADMIN };
}

struct gw_policy gw_service_policy(const struct gw_service *s)
{
    struct gw_policy p = gw_policy_default();
    p.most_attempts = (unsigned)s->conf->verify_attempts;
    p.least_quality = s->conf->verify_quality;
    p.check_liveness = s->conf->verify_liveness > 0;
    p.least_liveness = s->conf->verify_liveness;
    p.margin = gw_threshold_to_score(s->conf->verify_margin);
    return p;
}

struct gw_span gw_service_model(const struct gw_service *s)
{
    return gw_span_str(s->model);
}

bool gw_document_hash_of(struct gw_document_hash *out, const struct gw_service *s, struct gw_span number,
    struct gw_span state, struct gw_err *err)
{
    char text[GW_MANIFEST_WORD_MAX + 1 + 8], code[4];
    size_t n;
    if (!gw_document_number(text, &n, number))
        return gw_fail(err, GW_ERR_INVALID, "document_number must be letters and digits, at most %d of them",
            GW_MANIFEST_WORD_MAX);
    if (state.size > 0 && !gw_code(code, 1, 3, state))
        return gw_fail(err, GW_ERR_INVALID, "issuing_state must be a state's code of three letters");
    *out = (struct gw_document_hash){ .number = gw_store_hash(s->store, GW_HASH_DOCUMENT, gw_span_of(text, n)) };
    if (state.size > 0) {
        text[n] = '/';
        memcpy(text + n + 1, code, state.size);
        out->has_document = true;
        out->document = gw_store_hash(s->store, GW_HASH_DOCUMENT, gw_span_of(text, n + 1 + state.size));
    }
    gw_wipe(text, sizeof text);
    return true;
}

bool gw_person_read(struct gw_person *out, struct gw_arena *a, struct gw_span person, struct gw_err *err)
{
    struct gw_manifest_traveler t;
    if (!gw_manifest_traveler_parse_json(&t, a, person, err))
        return false;
    *out = (struct gw_person){ t.reference, t.seat, t.surname, t.given_names };
    return true;
}

bool gw_person_find(struct gw_person *out, bool *found, struct gw_arena *a, struct gw_tx *tx, struct gw_id traveler,
    struct gw_err *err)
{
    struct gw_traveler_row t;
    struct gw_err e = {};
    *found = false;
    if (gw_store_traveler_get(&t, found, true, a, tx, traveler, &e))
        return !*found || gw_person_read(out, a, t.person, err);
    *found = false;
    return e.code == GW_ERR_GONE || (err != NULL && (*err = e, false));
}

/* ---- pages of a list --------------------------------------------------------------------- */

bool gw_page_ask(int64_t *after, size_t *limit, struct gw_span cursor, size_t asked, struct gw_err *err)
{
    uint64_t from = 0;
    if (asked > GW_PAGE_MOST)
        return gw_fail(err, GW_ERR_INVALID, "limit is at most %d", GW_PAGE_MOST);
    if (cursor.size > 0 && !gw_span_uint(cursor, INT64_MAX, &from))
        return gw_fail(err, GW_ERR_INVALID, "cursor is not one of this list");
    *after = (int64_t)from;
    *limit = asked == 0 ? (size_t)GW_PAGE_DEFAULT : asked;
    return true;
}

const char *gw_page_cursor(struct gw_arena *a, int64_t last, struct gw_err *err)
{
    char text[24];
    snprintf(text, sizeof text, "%lld", (long long)last);
    return gw_arena_text(a, gw_span_str(text), err);
}

/* ---- upkeep: galleries in the background, the log moved on, what is due purged ------- */

void gw_upkeep_wake(struct gw_service *s)
{
    pthread_mutex_lock(&s->upkeep_lock);
    pthread_cond_signal(&s->upkeep_wake);
    pthread_mutex_unlock(&s->upkeep_lock);
}

int64_t gw_service_steady(struct gw_service *s)
{
    static const char *const words[] = { "fine", "set forward, and followed", "set back: time goes on without it",
        "set forward by more than a day: not believed yet" };
    if (s->clock.fixed_us != 0)
        return s->clock.fixed_us;
    pthread_mutex_lock(&s->upkeep_lock);
    const enum gw_steady_state was = s->steady_state;
    const int64_t now = gw_steady_now(&s->steady, gw_clock_now(&s->clock), gw_clock_boottime_us(), &s->steady_state);
    const enum gw_steady_state is = s->steady_state;
    s->purge_due = s->purge_due || is == GW_STEADY_FORWARD; /* what is due now was not a moment ago */
    pthread_mutex_unlock(&s->upkeep_lock);
    if (is != was && is != GW_STEADY_FINE)
        gw_log(GW_LOG_WARN, "clock", GW_LOG_OF_TABLE("state", (struct gw_word){ words[is] }));
    return now;
}

void gw_upkeep_due(struct gw_service *s)
{
    pthread_mutex_lock(&s->upkeep_lock);
    s->purge_due = true;
    pthread_cond_signal(&s->upkeep_wake);
    pthread_mutex_unlock(&s->upkeep_lock);
}

/* *next_us: when something is due, by gw_service_steady: keys die at the full hour, voyages when they say. */
static void keep_house(struct gw_service *s, int64_t *next_us)
{
    struct gw_err err = {};
    struct gw_purge p;
    const int64_t now = gw_service_steady(s);
    *next_us = (now / GW_US_PER_HOUR + 1) * GW_US_PER_HOUR;
    if (!gw_purge_now(&p, s, &err))
        gw_log(GW_LOG_ERROR, "purge", GW_LOG_WHY(&err));
    else if (p.has_next)
        *next_us = GW_MIN(*next_us, GW_MAX(p.next_us, now + GW_US_PER_S));
    if (!gw_events_trim(s, &err))
        gw_log(GW_LOG_ERROR, "events", GW_LOG_WHY(&err));
}

struct open_voyages {
    struct gw_arena *a;
    struct gw_id *ids;
    size_t n;
};

static bool find_open(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct open_voyages *o = arg;
    return gw_store_voyages_open(&o->ids, &o->n, o->a, tx, INT64_MAX, err);
}

/* The builders make them one after the other; who is asked for sooner is built then. */
static bool want_galleries(struct gw_service *s, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct open_voyages open = { .a = a };
    if (!gw_store_read(s->store, find_open, &open, err))
        return false;
    for (size_t i = 0; i < open.n; i++)
        gw_galleries_touch(s->galleries, open.ids[i], NULL, 0);
    return true;
}

static bool read_settled(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    return gw_store_settled_get(arg, tx, err);
}

static bool put_settled(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    return gw_store_settled_put(tx, arg, err);
}

/* Another pack, or another day: galleries are made anew by themselves (galleries.c), what
 * is kept for the voyages is brought into line here. Who was stopped and started under the same law on the same
 * day has nothing to do. */
static void follow_law(struct gw_service *s)
{
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct open_voyages open = { .a = a };
    struct gw_hash settled;
    char day[GW_DATE_TEXT];
    pthread_mutex_lock(&s->packs_lock);
    gw_date_format(day, s->law_mark.day);
    struct gw_hash law = gw_sha256_parts(gw_span_of(s->law_mark.pack.bytes, sizeof s->law_mark.pack.bytes), gw_span_str(day));
    pthread_mutex_unlock(&s->packs_lock);
    bool fine = gw_store_read(s->store, read_settled, &settled, &err);
    if (fine && memcmp(&settled, &law, sizeof law) == 0)
        return;
    fine = fine && gw_store_read(s->store, find_open, &open, &err);
    for (size_t i = 0; fine && i < open.n; i++) {
        gw_galleries_touch(s->galleries, open.ids[i], NULL, 0);
        fine = gw_law_settle(s, open.ids[i], &err);
    }
    fine = fine && gw_store_write(s->store, put_settled, &law, &err);
    if (!fine) {
        gw_log(GW_LOG_ERROR, "law", GW_LOG_WHY(&err));
        pthread_mutex_lock(&s->packs_lock);
        s->law_changed = true; /* again, then */
        pthread_mutex_unlock(&s->packs_lock);
    }
}

static void *upkeep_loop(void *arg)
{
    struct gw_service *s = arg;
    int64_t next_purge_us = gw_clock_monotonic_us() + PURGE_EVERY_S * GW_US_PER_S, next_due_us = INT64_MAX;
    int64_t next_head_us = gw_clock_monotonic_us();
    pthread_mutex_lock(&s->upkeep_lock);
    while (!s->stopping) {
        pthread_mutex_unlock(&s->upkeep_lock);
        struct gw_err err = {};
        if (!gw_logins_log(s, &err) || (gw_clock_monotonic_us() >= next_head_us && !gw_head_sign(s, &err)))
            gw_log(GW_LOG_WARN, "log", GW_LOG_WHY(&err));
        if (gw_clock_monotonic_us() >= next_head_us)
            next_head_us = gw_clock_monotonic_us() + s->conf->audit_head_every;
        if (!gw_devices_keep(s, false, &err))
            gw_log(GW_LOG_WARN, "devices", GW_LOG_WHY(&err));
        if (gw_law_moved(s))
            follow_law(s);
        if (!gw_deadlines_run(s, &err) || !gw_readiness_tell(s, &err))
            gw_log(GW_LOG_ERROR, "deadlines", GW_LOG_WHY(&err));
        if (!gw_store_checkpoint(s->store, false, &err))
            gw_log(GW_LOG_WARN, "checkpoint", GW_LOG_WHY(&err));
        /* Asked every second, so a clock that was set and a machine that slept are noticed at once. */
        (void)gw_service_steady(s);
        pthread_mutex_lock(&s->upkeep_lock);
        const bool asked = s->purge_due;
        s->purge_due = false;
        pthread_mutex_unlock(&s->upkeep_lock);
        if (asked || gw_clock_monotonic_us() >= next_purge_us || gw_service_steady(s) >= next_due_us) {
            keep_house(s, &next_due_us);
            next_purge_us = gw_clock_monotonic_us() + PURGE_EVERY_S * GW_US_PER_S;
        }
        pthread_mutex_lock(&s->upkeep_lock);
        if (!s->stopping) {
            struct timespec until;
            clock_gettime(CLOCK_MONOTONIC, &until);
            until.tv_sec++;
            pthread_cond_timedwait(&s->upkeep_wake, &s->upkeep_lock, &until);
        }
    }
    pthread_mutex_unlock(&s->upkeep_lock);
    return NULL;
}

struct mark {
    int64_t us;
};

static bool read_mark(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct mark *m = arg;
    return gw_store_clock_get(&m->us, tx, err);
}

/* A clock behind what was seen before is wrong now, or was wrong then; a day of it is more than a person should guess at. */
static bool start_clock(struct gw_service *s, struct gw_err *err)
{
    struct mark m = {};
    const int64_t wall = gw_clock_now(&s->clock);
    if (!gw_store_read(s->store, read_mark, &m, err))
        return false;
    if (m.us - wall > GW_STEADY_JUMP_US) {
        char is[GW_TIME_TEXT], was[GW_TIME_TEXT];
        gw_time_format(is, wall - wall % GW_US_PER_S);
        gw_time_format(was, m.us - m.us % GW_US_PER_S);
        return gw_fail(err, GW_ERR_UNAVAILABLE, "this machine's clock says %s, and this store was in use at %s: set the clock; if it was "
            "wrong then, `gangway retention clock` takes the present one", is, was);
    }
    s->mark_us = m.us;
    gw_steady_start(&s->steady, wall, gw_clock_boottime_us(), m.us);
    return true;
}

/* ---- life --------------------------------------------------------------------------- */

static bool check_machine(const struct gw_service *s, struct gw_err *err)
{
    if (gw_clock_now(&s->clock) < EARLIEST_US) {
        char text[GW_TIME_TEXT];
        gw_time_format(text, gw_clock_now(&s->clock));
        return gw_fail(err, GW_ERR_UNAVAILABLE,
            "this machine's clock says %s: set it (for example with systemd-timesyncd), because retention runs by it", text);
    }
    /* The nearest folder that is already there; the store makes the rest. */
    struct statvfs fs;
    char path[4096];
    snprintf(path, sizeof path, "%s", s->conf->store_path);
    while (statvfs(path, &fs) != 0) {
        char *slash = strrchr(path, '/');
        if (errno != ENOENT || strcmp(path, ".") == 0 || strcmp(path, "/") == 0)
            return true; /* the store says it better */
        if (slash == NULL)
            strcpy(path, ".");
        else
            slash[slash == path] = 0;
    }
    uint64_t free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
    if (fs.f_blocks > 0 && free_bytes < LEAST_FREE_BYTES) /* what is no disk has no room to speak of */
        return gw_fail(err, GW_ERR_IO, "only %llu MiB are free for store.path, at least %d are needed: make room",
            (unsigned long long)(free_bytes >> 20), LEAST_FREE_BYTES >> 20);
    return true;
}

static unsigned cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)GW_MAX(CPU_COUNT(&set), 1) : 1;
}

unsigned gw_service_threads(const struct gw_service *s)
{
    return s->conf->work_threads > 0 ? (unsigned)s->conf->work_threads : cores() + 1;
}

static bool open_recognition(struct gw_service *s, const struct gw_service_options *o, struct gw_err *err)
{
    struct gw_decoder_options d = GW_DECODER_OPTIONS_DEFAULT;
    d.n_children = gw_service_threads(s);
    d.most_bytes = (size_t)s->conf->image_bytes;
    d.most_pixels = (uint64_t)s->conf->image_pixels;
    s->decoder = gw_decoder_open(&d, err);
    if (s->decoder == NULL)
        return false;

    struct gw_faces_options f = gw_faces_options_of(s->conf);
    if (o->models_path != NULL)
        f.models_path = o->models_path;
    if (o->runtime_path != NULL)
        f.runtime_path = o->runtime_path;
    s->faces = gw_faces_open(&f, err);
    if (s->faces == NULL)
        return false;
    const unsigned at_once = GW_MAX(gw_service_threads(s), 2) - 1; /* one reads */
    s->scratches.of = gw_alloc_array(at_once, sizeof(void *));
    for (; s->scratches.n < at_once; s->scratches.n++)
        if ((s->scratches.of[s->scratches.n] = gw_face_scratch_new(s->faces, err)) == NULL)
            return false;
    snprintf(s->model, sizeof s->model, "%s", gw_faces_name(s->faces));
    const struct gw_operating_point *points;
    size_t n = gw_faces_operating_points(s->faces, &points);
    s->n_points = GW_MIN(n, (size_t)GW_THRESHOLD_POINTS_MAX);
    for (size_t i = 0; i < s->n_points; i++)
        s->points[i] = (struct gw_threshold_point){ points[i].fmr, points[i].score };
    if (!gw_threshold_check(s->points, s->n_points, err))
        return gw_fail_prefix(err, "operating points of the model card");
    return true;
}

/* What was agreed on with authority and carriers: codes, separators, time zones. */
static bool open_agreements(struct gw_service *s, struct gw_err *err)
{
    s->profile_memory = gw_arena_new(GW_PROFILE_BYTES);
    s->zones = gw_port_zones_read(s->conf->ports_zones, err);
    return s->zones != NULL && (gw_service_profile(&s->profile, s->profile_memory, s->conf->manifest_profile, err) ||
                                   gw_fail_prefix(err, "manifest.profile"));
}

const struct gw_status_profile *gw_service_status_profile(const struct gw_service *s)
{
    return &s->profile;
}

struct gw_service *gw_service_open(const struct gw_service_options *o, struct gw_err *err)
{
    GW_AUTO(gw_service) *s = gw_alloc(sizeof *s);
    s->conf = o->conf;
    s->clock = o->clock;
    pthread_mutex_init(&s->packs_lock, NULL);
    pthread_mutex_init(&s->scratches.lock, NULL);
    pthread_cond_init(&s->scratches.returned, NULL);
    pthread_mutex_init(&s->once_lock, NULL);
    pthread_mutex_init(&s->purge_lock, NULL);
    pthread_mutex_init(&s->upkeep_lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&s->upkeep_wake, &monotonic);
    pthread_condattr_destroy(&monotonic);

    if (!gw_crypto_init(err) || !gw_service_settings(s->conf, err) || !check_machine(s, err) || (!o->without_recognition && !open_recognition(s, o, err)))
        return NULL;
    if (!open_agreements(s, err))
        return NULL;
    s->events = gw_events_new(s);
    struct gw_store_options store = { .path = s->conf->store_path, .now_us = gw_clock_now(&s->clock), .keys = s->conf->keys_source,
        .step = o->step, .step_to = o->step_to, .committed = gw_events_committed, .committed_to = s->events };
    s->store = gw_store_open(&store, err);
    if (s->store == NULL)
        return NULL;
    s->tokens = gw_tokens_open(s, err);
    if (s->tokens == NULL)
        return NULL;
    s->setup = gw_setup_new();
    s->looks = gw_audit_looks_new();
    s->signer = gw_signer_open(s, err);
    if (s->signer == NULL)
        return NULL;
    /* Administration goes on without packs; who answers gates does not. */
    if (!gw_service_packs(s, s->conf->packs_path, s->conf->packs_keys, s->conf->packs_authority, err) && !o->without_recognition)
        return NULL;
    s->galleries = gw_galleries_new(s);
    if (!o->without_recognition && !gw_audit_start(s, err))
        return NULL;
    struct gw_purge purged;
    if (!start_clock(s, err) || !gw_purge_lost(s, err) || !gw_purge_now(&purged, s, err) || !gw_events_trim(s, err) || !want_galleries(s, err))
        return NULL;
    if (!o->without_recognition) {
        if (!gw_galleries_start(s->galleries, cores(), err))
            return NULL;
        if (pthread_create(&s->upkeep, NULL, upkeep_loop, s) != 0)
            return gw_fail_null(err, GW_ERR_UNAVAILABLE, "no thread can be made for upkeep");
        s->upkeep_runs = true;
        s->mail = gw_mail_open(s, err);
        if (s->mail == NULL || !gw_outbox_open(&s->outbox, s, err))
            return NULL;
    }
    gw_alloc_trim(); /* the networks were rewritten in memory, which is not needed again */
    s->serving = true;
    return gw_take(s);
}

void gw_service_close(struct gw_service *s)
{
    if (s == NULL)
        return;
    if (s->upkeep_runs) {
        pthread_mutex_lock(&s->upkeep_lock);
        s->stopping = true;
        pthread_cond_signal(&s->upkeep_wake);
        pthread_mutex_unlock(&s->upkeep_lock);
        pthread_join(s->upkeep, NULL);
        struct gw_err err = {};
        if (!gw_devices_keep(s, true, &err) || !gw_logins_log(s, &err) || !gw_audit_stop(s, &err) || !gw_head_sign(s, &err))
            gw_log(GW_LOG_WARN, "log", GW_LOG_WHY(&err));
    }
    gw_outbox_close(s->outbox); /* it writes to the log, and asks for the law */
    gw_audit_looks_free(s->looks);
    gw_signer_free(s->signer);
    gw_galleries_free(s->galleries);
    gw_setup_free(s->setup);
    gw_tokens_close(s->tokens);
    gw_mail_close(s->mail);
    gw_events_free(s->events);
    gw_store_close(s->store);
    while (s->scratches.n > 0)
        gw_face_scratch_free(s->scratches.of[--s->scratches.n]);
    gw_free(s->scratches.of);
    gw_faces_close(s->faces);
    gw_decoder_close(s->decoder);
    gw_packs_unref(s->packs);
    gw_port_zones_free(s->zones);
    gw_arena_free(s->profile_memory);
    pthread_mutex_destroy(&s->packs_lock);
    pthread_mutex_destroy(&s->scratches.lock);
    pthread_cond_destroy(&s->scratches.returned);
    pthread_mutex_destroy(&s->once_lock);
    pthread_mutex_destroy(&s->purge_lock);
    pthread_mutex_destroy(&s->upkeep_lock);
    pthread_cond_destroy(&s->upkeep_wake);
    gw_free(s);
}

const struct gw_conf *gw_service_conf(const struct gw_service *s)
{
    return s->conf;
}

int64_t gw_service_now(const struct gw_service *s)
{
    return gw_clock_now(&s->clock);
}

struct gw_worker *gw_worker_new(struct gw_service *s)
{
    struct gw_worker *w = gw_alloc(sizeof *w);
    w->service = s;
    w->arena = gw_arena_new(GW_WORK_ARENA_BYTES);
    return w;
}

void gw_worker_free(struct gw_worker *w)
{
    if (w == NULL)
        return;
    gw_arena_free(w->arena);
    gw_wipe(w, sizeof *w);
    gw_free(w);
}

bool gw_service_ready(struct gw_service *s, struct gw_err *err)
{
    if (s->faces == NULL || s->decoder == NULL)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "recognition was not started");
    if (!gw_decoder_ready(s->decoder))
        return gw_fail(err, GW_ERR_UNAVAILABLE, "the decoder process is gone: restart the service");
    if (gw_clock_now(&s->clock) < EARLIEST_US)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "this machine's clock is before 2020: set it");
    /* Asked often, a write each time would be felt: a good answer is good for a second. */
    int64_t now = gw_clock_monotonic_us();
    pthread_mutex_lock(&s->upkeep_lock);
    bool fresh = s->ready_checked_us > 0 && now - s->ready_checked_us < READY_KEEP_US;
    pthread_mutex_unlock(&s->upkeep_lock);
    if (fresh)
        return true;
    pthread_mutex_lock(&s->upkeep_lock);
    const bool ahead = s->steady_state == GW_STEADY_AHEAD;
    pthread_mutex_unlock(&s->upkeep_lock);
    if (ahead)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "this machine's clock was set forward by more than a day: look whether it is right");
    if (!gw_store_probe(s->store, err))
        return false;
    pthread_mutex_lock(&s->upkeep_lock);
    s->ready_checked_us = now;
    pthread_mutex_unlock(&s->upkeep_lock);
    return true;
}

bool gw_service_check_store(struct gw_service *s, struct gw_err *err)
{
    return gw_store_check(s->store, err);
}

struct backing_up {
    struct gw_service *s;
    const struct gw_caller *who;
    const char *answer;
    const uint64_t *bytes;         /* NULL where it is not known */
    const struct gw_hash *digest;
};

static bool log_backup(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct backing_up *b = arg;
    return gw_audit_add(tx, b->s, b->who, GW_AUDIT_BACKUP,
        &(struct gw_audit_facts){ .answer = b->answer, .count = b->bytes, .digest = b->digest }, err);
}

/* Before the first byte it is in the log that there will be a copy; and then, which. */
bool gw_service_backup(struct gw_backup *out, struct gw_service *s, const struct gw_caller *who, const char *file,
    struct gw_err *err)
{
    struct backing_up b = { .s = s, .who = who, .answer = "begun" };
    struct gw_hash digest;
    *out = (struct gw_backup){};
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_store_write(s->store, log_backup, &b, err))
        return false;
    int64_t from = gw_clock_monotonic_us();
    bool fine = gw_store_backup(&out->bytes, s->store, file, err) && gw_sha256_file(&digest, file, err);
    out->took_us = gw_clock_monotonic_us() - from;
    if (fine)
        gw_log(GW_LOG_INFO, "backup", GW_LOG_INT("bytes", (int64_t)out->bytes), GW_LOG_INT("us", out->took_us));
    else
        gw_log(GW_LOG_ERROR, "backup", GW_LOG_WORD("result", "failed"));
    b.answer = fine ? "made" : "failed";
    b.bytes = fine ? &out->bytes : NULL;
    b.digest = fine ? &digest : NULL;
    /* The copy is there, or is not: that this could not be written down does not change it. */
    struct gw_err late = {};
    if (!gw_store_write(s->store, log_backup, &b, &late))
        gw_log(GW_LOG_ERROR, "backup", GW_LOG_WHY(&late));
    return fine;
}

/* ---- counters ------------------------------------------------------------------------- */

const int64_t gw_stage_bounds_us[GW_STAGE_BUCKETS - 1] = { 100, 250, 500, 1000, 2500, 5000, 10'000, 25'000, 50'000,
    100'000, 250'000, 1'000'000, 5'000'000 };

void gw_count_add(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

void gw_stage_add(struct gw_service *s, enum gw_stage stage, int64_t us)
{
    size_t bucket = 0;
    while (bucket < GW_COUNT(gw_stage_bounds_us) && us > gw_stage_bounds_us[bucket])
        bucket++;
    gw_count_add(&s->counters.stages[stage].n, 1);
    gw_count_add(&s->counters.stages[stage].sum_us, (uint64_t)GW_MAX(us, INT64_C(0)));
    gw_count_add(&s->counters.stages[stage].buckets[bucket], 1);
}

void gw_stages_add(struct gw_service *s, const struct gw_face_times *t)
{
    const struct {
        enum gw_stage stage;
        int64_t us;
    } all[] = { { GW_STAGE_DETECT, t->detect }, { GW_STAGE_LANDMARKS, t->landmarks }, { GW_STAGE_QUALITY, t->quality },
        { GW_STAGE_LIVENESS, t->liveness }, { GW_STAGE_ALIGN, t->align }, { GW_STAGE_EMBED, t->embed } };
    for (size_t i = 0; i < GW_COUNT(all); i++)
        if (all[i].us > 0) /* stages that were not reached are not counted */
            gw_stage_add(s, all[i].stage, all[i].us);
}

void gw_service_counters(struct gw_counters *out, struct gw_service *s)
{
    *out = (struct gw_counters){};
    /* Word by word, so that none is read half-written; they need not be of one instant. */
    const uint64_t *from = (const uint64_t *)&s->counters;
    uint64_t *to = (uint64_t *)out;
    static_assert(sizeof *out % sizeof *to == 0);
    for (size_t i = 0; i < sizeof *out / sizeof *to; i++)
        to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
    struct gw_store_counters store;
    gw_store_count(&store, s->store);
    out->commits = store.commits;
    out->commit_jobs = store.jobs;
    gw_galleries_count(s->galleries, out);
    out->listeners = gw_events_listeners(s->events);
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct open_voyages open = { .a = a };
    if (gw_store_read(s->store, find_open, &open, NULL))
        out->voyages_open = open.n;
}
