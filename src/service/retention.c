/* retention.c - what is kept, for how long, and what may stay beyond that. */
#include "service/internal.h"

#include "base/log.h"

enum { REASON_MOST = 64 };
/* A hold is an exception; who needs it longer says so again. */
#define HOLD_MOST_US (INT64_C(90) * 86'400 * GW_US_PER_S)
/* What is older than its clock by more than the purge could need. */
#define GRACE_US (5 * 60 * GW_US_PER_S)

static const char *const classes[] = { "voyage", "probe", "portrait", "portrait_photo", "answer", "transfer" };
static_assert(GW_COUNT(classes) == GW_AGE_COUNT);

/* ---- holds ------------------------------------------------------------------------------ */

/* As the log takes it: no room for a name. */
static bool is_reason(struct gw_span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                (c != 0 && strchr("._:+/-", c) != NULL)))
            return false;
    }
    return text.size >= 1 && text.size <= REASON_MOST;
}

struct holding {
    struct gw_service *s;
    const struct gw_caller *who;
    struct gw_hold_row row;
    struct gw_id hold;
    struct gw_hold *out;
    struct gw_once *once;
    int64_t now_us;
};

static struct gw_hold hold_of(const struct gw_hold_row *row)
{
    struct gw_hold h = { .id = row->id, .voyage = row->voyage, .made_us = row->made_us, .until_us = row->until_us };
    memcpy(h.reason, row->reason.data, GW_MIN(row->reason.size, sizeof h.reason - 1));
    return h;
}

static bool place(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct holding *k = arg;
    struct gw_voyage_row v;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    if (!gw_store_voyage_get(&v, a, tx, k->row.voyage, err))
        return false;
    if (v.has_purged)
        return gw_fail(err, GW_ERR_GONE, "the voyage was purged; there is nothing left to hold");
    *k->out = hold_of(&k->row);
    return gw_store_hold_put(tx, &k->row, err) &&
           gw_audit_add(tx, k->s, k->who, GW_AUDIT_HOLD,
               &(struct gw_audit_facts){ .subject = &k->row.id, .voyage = &k->row.voyage, .reason = k->out->reason,
                   .until = &k->row.until_us, .answer = "placed" },
               err) &&
           gw_once_keep(tx, k->s, k->once, &k->row.voyage, k->out, err);
}

bool gw_service_hold(struct gw_hold *out, struct gw_service *s, const struct gw_caller *who, const struct gw_hold_ask *ask,
    struct gw_once *once, struct gw_err *err)
{
    const int64_t now = gw_service_steady(s);
    bool replayed;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err))
        return false;
    if (!is_reason(ask->reason))
        return gw_fail(err, GW_ERR_INVALID, "reason takes the number of the order, 1 to %d of A-Z a-z 0-9 . _ : + / - (and no name)", REASON_MOST);
    if (ask->until_us <= now || ask->until_us > now + HOLD_MOST_US)
        return gw_fail(err, GW_ERR_INVALID, "a hold ends within 90 days; who needs it longer places it again");
    if (!gw_once_enter(s, once, &replayed, err))
        return false;
    struct holding k = { .s = s, .who = who, .out = out, .once = once, .now_us = now,
        .row = { gw_id_new(now), ask->voyage, ask->reason, now, ask->until_us, who->token } };
    bool fine = replayed || gw_store_write(s->store, place, &k, err);
    if (fine && !replayed)
        gw_log(GW_LOG_WARN, "hold", GW_LOG_ID("hold", out->id), GW_LOG_ID("voyage", out->voyage), GW_LOG_ID("by", who->token));
    gw_once_leave(s, once, fine);
    return fine;
}

static bool release(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct holding *k = arg;
    bool found;
    return gw_store_hold_release(&found, tx, k->hold, k->now_us, err) &&
           (found || gw_fail(err, GW_ERR_NOT_FOUND, "no such hold, or it is over")) &&
           gw_audit_add(tx, k->s, k->who, GW_AUDIT_HOLD,
               &(struct gw_audit_facts){ .subject = &k->hold, .reason = "released", .answer = "released" }, err) &&
           gw_once_keep(tx, k->s, k->once, NULL, &k->hold, err);
}

bool gw_service_hold_release(struct gw_service *s, const struct gw_caller *who, struct gw_id hold, struct gw_once *once,
    struct gw_err *err)
{
    struct holding k = { .s = s, .who = who, .hold = hold, .once = once, .now_us = gw_service_steady(s) };
    bool replayed;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || gw_store_write(s->store, release, &k, err);
    if (fine && !replayed) {
        gw_log(GW_LOG_WARN, "release", GW_LOG_ID("hold", hold), GW_LOG_ID("by", who->token));
        gw_upkeep_due(s);
    }
    gw_once_leave(s, once, fine);
    return fine;
}

/* ---- what is kept -------------------------------------------------------------------------- */

struct reporting {
    struct gw_retention_report *out;
    struct gw_arena *a;
    int64_t now_us;
    struct gw_age ages[GW_AGE_COUNT];
};

static bool read_ages(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct reporting *k = arg;
    return gw_store_ages(k->ages, tx, k->now_us, k->now_us - GRACE_US, err);
}

static bool report(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct reporting *k = arg;
    struct gw_retention_report *out = k->out;
    struct gw_hold_row *holds;
    struct gw_key_class *keys;
    if (!read_ages(tx, k, err) || !gw_store_holds(&holds, &out->n_holds, k->a, tx, k->now_us, err) ||
        !gw_store_keys(&keys, &out->n_keys, k->a, tx, err))
        return false;
    struct gw_transfer_counts transfers;
    if (!gw_store_transfer_counts(&transfers, tx, err))
        return false;
    static_assert(GW_COUNT(out->transfers.n) == GW_TRANSFER_STATES);
    memcpy(out->transfers.n, transfers.n, sizeof out->transfers.n);
    out->transfers.has_oldest = transfers.has_oldest;
    out->transfers.oldest_us = transfers.oldest_us;
    out->transfers.has_due = transfers.has_due;
    out->transfers.due_us = transfers.due_us;
    out->classes = gw_arena_array(k->a, GW_AGE_COUNT, struct gw_retention_class, err);
    out->holds = gw_arena_array(k->a, out->n_holds, struct gw_hold, err);
    out->keys = gw_arena_array(k->a, out->n_keys, struct gw_retention_keys, err);
    if (out->classes == NULL || out->holds == NULL || out->keys == NULL)
        return false;
    for (size_t i = 0; i < GW_AGE_COUNT; i++) {
        const struct gw_age *g = &k->ages[i];
        out->classes[out->n_classes++] = (struct gw_retention_class){ classes[i], g->kept, g->over, g->has_oldest,
            g->has_next, g->oldest_us, g->next_us };
        out->over_age += g->over;
    }
    for (size_t i = 0; i < out->n_holds; i++)
        out->holds[i] = hold_of(&holds[i]);
    for (size_t i = 0; i < out->n_keys; i++)
        out->keys[i] = (struct gw_retention_keys){ gw_key_kind_name(keys[i].kind), keys[i].n, keys[i].oldest_us };
    return true;
}

bool gw_service_retention_report(struct gw_retention_report *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_err *err)
{
    *out = (struct gw_retention_report){ .as_of_us = gw_service_steady(s) };
    struct reporting k = { .out = out, .a = a, .now_us = out->as_of_us };
    struct gw_keys_state keys;
    if (!gw_allow(who, GW_ROLE_BIT(AUDITOR) | GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(ADMIN), err) ||
        !gw_store_read(s->store, report, &k, err))
        return false;
    gw_store_keys_state(&keys, s->store);
    out->keys_waiting = keys.waiting;
    out->transfers.has_register = s->conf->register_url[0] != 0;
    out->purged.voyages = __atomic_load_n(&s->counters.purged.voyages, __ATOMIC_RELAXED);
    out->purged.travelers = __atomic_load_n(&s->counters.purged.travelers, __ATOMIC_RELAXED);
    out->purged.templates = __atomic_load_n(&s->counters.purged.templates, __ATOMIC_RELAXED);
    out->purged.photos = __atomic_load_n(&s->counters.purged.photos, __ATOMIC_RELAXED);
    out->purged.keys = __atomic_load_n(&s->counters.purged.keys, __ATOMIC_RELAXED);
    return true;
}

static bool raise_alarm(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct gw_alert_new alert = { .kind = GW_ALERT_OVER_AGE_DATA, .site = "", .once = true };
    return gw_alert_add(NULL, tx, arg, &alert, err);
}

bool gw_retention_watch(struct gw_service *s, struct gw_err *err)
{
    struct gw_retention_report unused = {};
    struct reporting k = { .out = &unused, .now_us = gw_service_steady(s) };
    struct gw_keys_state keys;
    uint64_t over = 0;
    if (!gw_store_read(s->store, read_ages, &k, err))
        return false;
    for (size_t i = 0; i < GW_AGE_COUNT; i++)
        over += k.ages[i].over;
    gw_store_keys_state(&keys, s->store);
    over += keys.waiting;
    __atomic_store_n(&s->counters.over_age, over, __ATOMIC_RELAXED);
    if (over == 0)
        return true;
    gw_log(GW_LOG_ERROR, "retention", GW_LOG_WORD("result", "something is older than its clock allows"), GW_LOG_INT("over_age", over));
    return gw_store_write(s->store, raise_alarm, s, err);
}

struct gw_json *gw_hold_to_json(const struct gw_hold *h)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "hold", h->id);
    gw_json_set_id(j, "voyage", h->voyage);
    gw_json_set_text(j, "reason", h->reason);
    gw_json_set_time(j, "placed_at", h->made_us);
    gw_json_set_time(j, "until", h->until_us);
    return j;
}

static struct gw_json *keys_to_json(const struct gw_retention_keys *keys, size_t n)
{
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < n; i++) {
        struct gw_json *k = gw_json_object();
        gw_json_set_text(k, "class", keys[i].name);
        gw_json_set_integer(k, "keys", (int64_t)keys[i].n);
        gw_json_set_time(k, "oldest", keys[i].oldest_us);
        gw_json_add(list, k);
    }
    return list;
}

struct gw_json *gw_retention_to_json(const struct gw_retention_report *r)
{
    struct gw_json *j = gw_json_object(), *list = gw_json_array(), *holds = gw_json_array(), *purged = gw_json_object(),
                   *transfers = gw_json_object();
    gw_json_set_time(j, "as_of", r->as_of_us);
    gw_json_set_integer(j, "over_age", (int64_t)r->over_age);
    gw_json_set_integer(j, "keys_waiting", (int64_t)r->keys_waiting);
    for (size_t i = 0; i < r->n_classes; i++) {
        const struct gw_retention_class *c = &r->classes[i];
        struct gw_json *k = gw_json_object();
        gw_json_set_text(k, "class", c->name);
        gw_json_set_integer(k, "kept", (int64_t)c->kept);
        gw_json_set_integer(k, "over_age", (int64_t)c->over_age);
        gw_json_set_time_or_null(k, "oldest", c->has_oldest, c->oldest_us);
        gw_json_set_time_or_null(k, "next_due", c->has_next, c->next_us);
        gw_json_add(list, k);
    }
    gw_json_set(j, "classes", list);
    gw_json_set(j, "keys", keys_to_json(r->keys, r->n_keys));
    for (size_t i = 0; i < r->n_holds; i++)
        gw_json_add(holds, gw_hold_to_json(&r->holds[i]));
    gw_json_set(j, "holds", holds);
    gw_json_set_integer(purged, "voyages", (int64_t)r->purged.voyages);
    gw_json_set_integer(purged, "travelers", (int64_t)r->purged.travelers);
    gw_json_set_integer(purged, "templates", (int64_t)r->purged.templates);
    gw_json_set_integer(purged, "photos", (int64_t)r->purged.photos);
    gw_json_set_integer(purged, "keys", (int64_t)r->purged.keys);
    gw_json_set(j, "purged_since_start", purged);
    gw_json_set_bool(transfers, "register", r->transfers.has_register);
    for (size_t i = 0; i < GW_COUNT(r->transfers.n); i++)
        gw_json_set_integer(transfers, gw_transfer_state_name(i), (int64_t)r->transfers.n[i]);
    gw_json_set_time_or_null(transfers, "oldest", r->transfers.has_oldest, r->transfers.oldest_us);
    gw_json_set_time_or_null(transfers, "next_due", r->transfers.has_due, r->transfers.due_us);
    gw_json_set(j, "transfers", transfers);
    return j;
}

/* ---- keys ---------------------------------------------------------------------------------- */

bool gw_service_keys(struct gw_service_keys *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_err *err)
{
    struct gw_retention_report r = {};
    struct reporting k = { .out = &r, .a = a, .now_us = gw_service_steady(s) };
    struct gw_keys_state state;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_store_read(s->store, report, &k, err))
        return false;
    gw_store_keys_state(&state, s->store);
    *out = (struct gw_service_keys){ .moving = state.moving, .keys = state.keys, .waiting = state.waiting,
        .damaged = state.damaged, .lost = state.lost, .classes = r.keys, .n_classes = r.n_keys };
    memcpy(out->source, state.source, sizeof out->source);
    memcpy(out->mark, state.mark, sizeof out->mark);
    return true;
}

struct gw_json *gw_service_keys_to_json(const struct gw_service_keys *k)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "source", k->source);
    gw_json_set_text(j, "mark", k->mark);
    gw_json_set_bool(j, "moving", k->moving);
    gw_json_set_integer(j, "keys", (int64_t)k->keys);
    gw_json_set_integer(j, "waiting", (int64_t)k->waiting);
    gw_json_set_integer(j, "lost", (int64_t)k->lost);
    gw_json_set_integer(j, "damaged", (int64_t)k->damaged);
    gw_json_set(j, "classes", keys_to_json(k->classes, k->n_classes));
    return j;
}

struct rotating {
    struct gw_service *s;
    const struct gw_caller *who;
    const char *to;
};

static bool tell_rotation(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct rotating *k = arg;
    return gw_audit_add(tx, k->s, k->who, GW_AUDIT_ROTATE,
        &(struct gw_audit_facts){ .name = k->to == NULL ? "master_key" : "master_key.moving" }, err);
}

bool gw_service_keys_rotate(struct gw_service *s, const struct gw_caller *who, const char *to, struct gw_err *err)
{
    struct rotating k = { s, who, to };
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_store_keys_rotate(s->store, to, err) ||
        !gw_store_write(s->store, tell_rotation, &k, err))
        return false;
    gw_log(GW_LOG_WARN, "keys", GW_LOG_OF_TABLE("result", (struct gw_word){ to == NULL ? "rotated" : "being moved" }));
    return true;
}
