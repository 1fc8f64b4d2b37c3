/* purge.c - what is due dies: the key, then the rows, then what the write-ahead log held.
 *
 * 1. In small transactions, so that decisions are not kept waiting.
 * 2. Once the first of them has committed, nobody is shown what it concerns, and no key
 *    opens it; the rest is sweeping. Cut off anywhere, the next run goes on, and the
 *    service runs it before it answers anybody. */
#include "service/internal.h"

#include "base/log.h"

#include <time.h>

struct due {
    struct gw_service *s;
    struct gw_arena *a;
    int64_t now_us;
    struct gw_id *overdue, *ids, *lost;
    size_t n_overdue, n, n_lost;
    bool has_purge, has_open;
    int64_t purge_us, departure_us;
};

static bool find_overdue(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct due *d = arg;
    int64_t before = d->now_us - d->s->conf->retention_open;
    return gw_store_voyages_open(&d->overdue, &d->n_overdue, d->a, tx, before, err);
}

static bool find_due(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct due *d = arg;
    return gw_store_voyages_due(&d->ids, &d->n, d->a, tx, d->now_us, err);
}

static bool find_unswept(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct due *d = arg;
    return gw_store_voyages_unswept(&d->ids, &d->n, d->a, tx, err);
}

static bool find_lost(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct due *d = arg;
    return gw_store_voyages_lost(&d->lost, &d->n_lost, d->a, tx, err);
}

static bool find_next(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct due *d = arg;
    return gw_store_next_due(&d->has_purge, &d->purge_us, &d->has_open, &d->departure_us, tx, d->now_us, err);
}

enum { ROWS_AT_ONCE = 64, PICTURES_AT_ONCE = 8, ROWS_IN_SLICE = 8, SLICE_US = 1000, MARK_EVERY_S = 50, CHECKPOINT_EVERY_US = 500'000, PAUSE_TIMES = 4, PAUSE_MOST_US = 50'000 };

/* What a step works on; what it destroyed is in purged, and counts only when it committed. */
struct one {
    struct gw_service *s;
    struct gw_id voyage;
    int64_t now_us;
    bool done;
    size_t lost, n_voyages;         /* of a restored backup */
    struct gw_store_purged purged, before; /* before this step, for the log */
};

static bool close_overdue(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    struct gw_voyage_row v;
    struct gw_close closed;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    return gw_store_voyage_get(&v, a, tx, o->voyage, err) &&
           gw_close_in(&closed, a, tx, o->s, NULL, &v, &(struct gw_close_ask){}, err);
}

static bool purge_one(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    struct gw_voyage_row v;
    size_t counts[GW_STATUS_COUNT], keys = o->purged.keys;
    uint64_t travelers = 0;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    o->done = true;
    if (!gw_store_voyage_get(&v, a, tx, o->voyage, err) ||
        !gw_store_voyage_counts(counts, GW_STATUS_COUNT, tx, o->voyage, err) ||
        !gw_store_voyage_purge(&o->purged, tx, o->voyage, o->now_us, err))
        return false;
    for (size_t i = 0; i < GW_STATUS_COUNT; i++)
        travelers += counts[i];
    return gw_audit_add(tx, o->s, NULL, GW_AUDIT_PURGE,
        &(struct gw_audit_facts){
            .voyage = &o->voyage,
            .keys = &(uint64_t){ o->purged.keys - keys },
            .travelers = &travelers,
            .until = v.has_purge ? &v.purge_us : NULL,
        },
        err);
}

static bool sweep_one(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    if (!gw_store_voyage_sweep(&o->purged, &o->done, tx, o->voyage, o->now_us, ROWS_IN_SLICE, err))
        return false;
    return !o->done || gw_audit_add(tx, o->s, NULL, GW_AUDIT_SWEEP,
                           &(struct gw_audit_facts){
                               .voyage = &o->voyage,
                               .travelers = &(uint64_t){ o->purged.travelers - o->before.travelers },
                               .templates = &(uint64_t){ o->purged.templates - o->before.templates },
                               .count = &(uint64_t){ o->purged.verifications - o->before.verifications },
                           },
                           err);
}

static bool empty_one(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    o->done = true;
    return gw_store_voyage_empty(&o->purged, tx, o->voyage, o->now_us, err);
}

static bool drop_lost(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    o->done = true;
    return gw_store_drop_lost(&o->purged, tx, err) &&
           gw_audit_add(tx, o->s, NULL, GW_AUDIT_RESTORE,
               &(struct gw_audit_facts){
                   .keys = &(uint64_t){ o->lost },
                   .count = &(uint64_t){ o->n_voyages },
                   .travelers = &(uint64_t){ o->purged.travelers },
                   .templates = &(uint64_t){ o->purged.portraits + o->purged.templates },
                   .photos = &(uint64_t){ o->purged.photos },
               },
               err);
}

static bool expire_keys(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    const size_t keys = o->purged.keys; /* each transaction says what it did itself */
    /* In one transaction, so that a hold placed meanwhile finds all that was not due before it. */
    return gw_store_holds_keep(&o->purged, &o->done, tx, o->now_us, PICTURES_AT_ONCE, err) &&
           (!o->done || gw_store_expire_keys(&o->purged, tx, o->now_us, err)) &&
           (o->purged.keys == keys ||
               gw_audit_add(tx, o->s, NULL, GW_AUDIT_EXPIRE, &(struct gw_audit_facts){ .keys = &(uint64_t){ o->purged.keys - keys } }, err));
}

static bool miss_transfers(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    return gw_transfers_miss(&o->done, tx, o->s, o->now_us, ROWS_AT_ONCE, err);
}

static bool expire_portraits(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    const struct gw_store_purged before = o->purged; /* each transaction says what it did itself */
    if (!gw_store_portraits_expire(&o->purged, &o->done, tx, o->now_us, ROWS_AT_ONCE, err))
        return false;
    const uint64_t keys = o->purged.keys - before.keys, portraits = o->purged.portraits - before.portraits,
                   photos = o->purged.photos - before.photos;
    return portraits == 0 ||
           gw_audit_add(tx, o->s, NULL, GW_AUDIT_EXPIRE,
               &(struct gw_audit_facts){ .keys = &keys, .templates = &portraits, .photos = &photos, .class = "portrait" }, err);
}

static bool expire_rows(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    if (!gw_store_expire_rows(&o->purged, &o->done, tx, o->now_us, o->now_us - o->s->conf->retention_access, ROWS_IN_SLICE, err))
        return false;
    uint64_t portraits = o->purged.portraits - o->before.portraits, photos = o->purged.photos - o->before.photos,
             answers = o->purged.answers - o->before.answers;
    return !o->done || portraits + photos + answers == 0 ||
           gw_audit_add(tx, o->s, NULL, GW_AUDIT_EXPIRE,
               &(struct gw_audit_facts){ .templates = &portraits, .photos = &photos, .count = &answers }, err);
}

/* Rows whose key is gone, for as long as nobody waits for the writer, and at most a moment. */
struct slice {
    struct one *one;
    gw_store_fn *run;
};

static bool run_slice(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct slice *slice = arg;
    const int64_t from = gw_clock_monotonic_us();
    do {
        if (!slice->run(tx, slice->one, err))
            return false;
    } while (!slice->one->done && !gw_store_is_wanted(tx) && gw_clock_monotonic_us() - from < SLICE_US);
    return true;
}

/* A transaction of the step, again and again until it says that it is done. Keys die in commits like any other; rows
 * are swept beside the gates' work (gw_store_write_late): should they come back after a loss of power, they are swept again. */
enum kind { KEYS, ROWS };
static bool step(struct gw_store_purged *sum, struct gw_service *s, enum kind kind, gw_store_fn *run, const char *name,
    struct gw_id voyage, int64_t now_us, struct gw_err *err)
{
    struct one one = { .s = s, .voyage = voyage, .now_us = now_us, .purged = *sum, .before = *sum };
    while (!one.done) {
        const int64_t from = gw_clock_monotonic_us();
        gw_store_step(s->store, name);
        struct slice slice = { &one, run };
        if (kind == KEYS ? !gw_store_write(s->store, run, &one, err) : !gw_store_write_late(s->store, run_slice, &slice, err))
            return false;
        *sum = one.purged;
        /* The write-ahead log moves on meanwhile, so that little is left for the end, when all have to wait for it. */
        if (from - s->purge_log_us >= CHECKPOINT_EVERY_US) {
            if (!gw_store_checkpoint(s->store, false, err))
                return false;
            s->purge_log_us = from;
        }
        /* Four fifths of the writer's time are the gates'. At the start nobody waits. */
        const int64_t pause = GW_MIN(PAUSE_TIMES * (gw_clock_monotonic_us() - from), (int64_t)PAUSE_MOST_US);
        if (s->serving && !one.done)
            nanosleep(&(struct timespec){ .tv_nsec = pause * 1000 }, NULL);
    }
    return true;
}

static bool purge_voyage(struct gw_store_purged *sum, struct gw_service *s, struct gw_id voyage, int64_t now_us,
    struct gw_err *err)
{
    if (!step(sum, s, KEYS, purge_one, "purge: voyage", voyage, now_us, err))
        return false;
    gw_galleries_drop(s->galleries, voyage);
    gw_events_forget(s->events, voyage);
    return true;
}

bool gw_purge_lost(struct gw_service *s, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct due d = { .s = s, .a = a, .now_us = gw_clock_now(&s->clock) };
    struct gw_store_purged sum = {};
    struct gw_keys_state keys;
    gw_store_keys_state(&keys, s->store);
    if (keys.lost == 0)
        return true;
    if (!gw_store_read(s->store, find_lost, &d, err))
        return false;
    for (size_t i = 0; i < d.n_lost; i++)
        if (!step(&sum, s, KEYS, empty_one, "purge: lost voyage", d.lost[i], d.now_us, err))
            return false;
    struct one rest = { .s = s, .now_us = d.now_us, .lost = keys.lost, .n_voyages = d.n_lost, .purged = sum };
    gw_store_step(s->store, "purge: lost");
    if (!gw_store_write(s->store, drop_lost, &rest, err))
        return false;
    sum = rest.purged;
    gw_log(GW_LOG_WARN, "restored", GW_LOG_WORD("result", "what was sealed under keys that are no more is gone"),
        GW_LOG_INT("keys", keys.lost), GW_LOG_INT("voyages", d.n_lost), GW_LOG_INT("travelers", sum.travelers),
        GW_LOG_INT("portraits", sum.portraits), GW_LOG_INT("photos", sum.photos));
    return gw_store_checkpoint(s->store, true, err);
}

static bool put_mark(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct due *d = arg;
    return gw_store_clock_put(tx, d->now_us, err);
}

static bool purge(struct gw_purge *out, struct gw_service *s, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct due d = { .s = s, .a = a, .now_us = gw_service_steady(s) };
    struct gw_store_purged sum = {};
    *out = (struct gw_purge){};
    if (d.now_us - s->mark_us >= MARK_EVERY_S * GW_US_PER_S) {
        if (!gw_store_write(s->store, put_mark, &d, err))
            return false;
        s->mark_us = d.now_us;
    }
    if (!gw_store_read(s->store, find_overdue, &d, err))
        return false;
    for (size_t i = 0; i < d.n_overdue; i++, out->voyages_closed++) {
        struct one one = { .s = s, .voyage = d.overdue[i] };
        if (!gw_store_write(s->store, close_overdue, &one, err))
            return false;
        gw_galleries_drop(s->galleries, one.voyage);
    }
    /* All keys first, then the rows: what is due is dead in milliseconds, however much there is to sweep. */
    if (!gw_store_read(s->store, find_due, &d, err))
        return false;
    for (size_t i = 0; i < d.n; i++)
        if (!purge_voyage(&sum, s, d.ids[i], d.now_us, err))
            return false;
    if (!step(&sum, s, KEYS, expire_keys, "purge: keys of hours", (struct gw_id){}, d.now_us, err) ||
        !step(&sum, s, KEYS, miss_transfers, "purge: transfers", (struct gw_id){}, d.now_us, err) ||
        !step(&sum, s, KEYS, expire_portraits, "purge: portraits", (struct gw_id){}, d.now_us, err) ||
        !gw_store_read(s->store, find_unswept, &d, err))
        return false;
    for (size_t i = 0; i < d.n; i++)
        if (!step(&sum, s, ROWS, sweep_one, "purge: rows of a voyage", d.ids[i], d.now_us, err))
            return false;
    if (!step(&sum, s, ROWS, expire_rows, "purge: rows of hours", (struct gw_id){}, d.now_us, err))
        return false;
    *out = (struct gw_purge){
        .voyages_closed = out->voyages_closed,
        .voyages = sum.voyages,
        .travelers = sum.travelers,
        .templates = sum.templates + sum.portraits,
        .photos = sum.photos,
        .verifications = sum.verifications,
        .answers = sum.answers,
        .keys = sum.keys,
    };
    gw_count_add(&s->counters.purged.voyages, sum.voyages);
    gw_count_add(&s->counters.purged.travelers, sum.travelers);
    gw_count_add(&s->counters.purged.templates, sum.templates + sum.portraits);
    gw_count_add(&s->counters.purged.photos, sum.photos);
    gw_count_add(&s->counters.purged.keys, sum.keys);
    /* What was deleted is overwritten in the database; its earlier pages go from the log. */
    bool any = out->voyages + out->travelers + out->templates + out->photos + out->answers + out->keys > 0;
    gw_store_step(s->store, "purge: log");
    if ((any && !gw_store_checkpoint(s->store, true, err)) || !gw_store_read(s->store, find_next, &d, err))
        return false;
    int64_t open_us = d.departure_us + s->conf->retention_open;
    out->has_next = d.has_purge || d.has_open;
    out->next_us = !d.has_purge ? open_us : !d.has_open ? d.purge_us : GW_MIN(d.purge_us, open_us);
    if (any || out->voyages_closed > 0)
        gw_log(GW_LOG_INFO, "purge", GW_LOG_INT("voyages", out->voyages), GW_LOG_INT("travelers", out->travelers),
            GW_LOG_INT("templates", out->templates), GW_LOG_INT("photos", out->photos), GW_LOG_INT("keys", out->keys),
            GW_LOG_INT("closed", out->voyages_closed));
    return gw_retention_watch(s, err);
}

bool gw_purge_now(struct gw_purge *out, struct gw_service *s, struct gw_err *err)
{
    pthread_mutex_lock(&s->purge_lock);
    const bool fine = purge(out, s, err);
    pthread_mutex_unlock(&s->purge_lock);
    return fine;
}

bool gw_service_purge(struct gw_purge *out, struct gw_service *s, const struct gw_caller *who, struct gw_err *err)
{
    *out = (struct gw_purge){};
    return gw_allow(who, GW_ROLE_BIT(ADMIN), err) && gw_purge_now(out, s, err);
}
