/* deadline.c - when a voyage departs, when its lists are due, and the clock that says so:
 * a list that is missing at its deadline, how covered a gallery is an hour and half an
 * hour before departure.
 *
 * 1. Each is said once: in the transaction that writes down that it was.
 * 2. A local time at a port whose zone is not known is late only when it is late
 *    everywhere: nobody is accused by a guess.
 * 3. When is the authority's to say: rows of its profile (manifest/deadline.h). Where
 *    there is none for such a voyage on such a day, nothing is due. */
#include "service/internal.h"

#include "base/log.h"
#include "base/zone.h"

#include <stdio.h>

#define DAY_US (INT64_C(24) * 3600 * GW_US_PER_S)
#define MINUTE_US (INT64_C(60) * GW_US_PER_S)

enum {
    SAID_PASSENGERS = 1, /* of a list by enum gw_traveler_kind: SAID_PASSENGERS << kind */
    SAID_CREW = 2,
    SAID_MARKS = 4,      /* of marks[i]: SAID_MARKS << i */
    PORTS_MAX = 4096,
};
static const int64_t marks[] = { 60, 30 }; /* minutes before departure */
enum { SAID_ALL = SAID_PASSENGERS | SAID_CREW | SAID_MARKS | SAID_MARKS << 1 };

/* ---- zones of ports -------------------------------------------------------------------- */

struct gw_port_zones {
    struct port_zone {
        char port[9];
        struct gw_zone zone;
    } *of;
    size_t n;
};

void gw_port_zones_free(struct gw_port_zones *z)
{
    if (z == NULL)
        return;
    gw_free(z->of);
    gw_free(z);
}

/* The next of blank-separated words. */
static bool next_word(struct gw_span *word, const char **text)
{
    *text += strspn(*text, " \t");
    *word = gw_span_of(*text, strcspn(*text, " \t"));
    *text += word->size;
    return word->size > 0;
}

struct gw_port_zones *gw_port_zones_read(const char *text, struct gw_err *err)
{
    GW_AUTO(gw_port_zones) *z = gw_alloc(sizeof *z);
    struct gw_span word;
    z->of = gw_alloc_array(PORTS_MAX, sizeof *z->of);
    while (next_word(&word, &text)) {
        const uint8_t *equals = memchr(word.data, '=', word.size);
        size_t at = equals == NULL ? 0 : (size_t)(equals - word.data);
        if (z->n == PORTS_MAX)
            return gw_fail_null(err, GW_ERR_INVALID, "ports.zones has more than %d ports", PORTS_MAX);
        struct port_zone *one = &z->of[z->n++];
        if (equals == NULL || !gw_code(one->port, 2, 8, gw_span_slice(word, 0, at)) ||
            !gw_zone_parse(&one->zone, gw_span_slice(word, at + 1, word.size), NULL))
            return gw_fail_null(err, GW_ERR_INVALID, "ports.zones: word %zu is not PORT=RULE, as YVR=PST8PDT,M3.2.0,M11.1.0", z->n);
    }
    return gw_take(z);
}

static const struct gw_zone *zone_of(const struct gw_service *s, struct gw_span port)
{
    for (size_t i = 0; s->zones != NULL && i < s->zones->n; i++)
        if (gw_span_is(port, s->zones->of[i].port))
            return &s->zones->of[i].zone;
    return NULL;
}

/* A time as announced, us UTC; false: local, at a port whose zone is not known; *us is then the latest it can be anywhere. */
static bool moment_of(int64_t *us, const struct gw_service *s, int64_t announced_us, bool local, struct gw_span port)
{
    *us = announced_us;
    if (!local)
        return true;
    const struct gw_zone *z = zone_of(s, port);
    if (z == NULL) {
        *us += GW_ZONE_SLACK_US;
        return false;
    }
    /* The offset in force then is that of a moment near it; the hour that summer time repeats or leaves out is not
     * told apart by a local time. */
    int64_t about = announced_us - z->standard_s * GW_US_PER_S;
    *us = announced_us - gw_zone_offset_s(z, about) * GW_US_PER_S;
    return true;
}

bool gw_departure(int64_t *us, const struct gw_service *s, const struct gw_voyage_row *v)
{
    return moment_of(us, s, v->departure_us, v->departure_local, v->from);
}

int64_t gw_departure_day(const struct gw_service *s, struct gw_span from, const struct gw_manifest_time *departure)
{
    const struct gw_zone *z = departure->local ? NULL : zone_of(s, from);
    int64_t us = departure->us + (z == NULL ? 0 : gw_zone_offset_s(z, departure->us) * GW_US_PER_S);
    return us / DAY_US - (us % DAY_US < 0);
}

void gw_due_find(struct gw_due *out, const struct gw_service *s, const struct gw_voyage_row *v, int kind, bool changes)
{
    int64_t departure, arrival = 0;
    bool known = gw_departure(&departure, s, v), arrives = v->has_arrival && moment_of(&arrival, s, v->arrival_us, v->arrival_local, v->to);
    const struct gw_deadline_facts facts = {
        .mode = (enum gw_mode)v->mode,
        .direction = (enum gw_direction)v->direction,
        .list = (enum gw_traveler_kind)kind,
        .changes = changes,
        .day = gw_date_from_days(v->day),
        .has_minutes = known && arrives && arrival >= departure,
        .minutes = (arrival - departure) / MINUTE_US,
    };
    *out = (struct gw_due){ .rule = gw_deadline_find(&s->profile.deadlines, &facts) };
    if (out->rule == NULL)
        return;
    out->us = (out->rule->before_arrival ? arrival : departure) - out->rule->minutes * MINUTE_US;
    out->known = known;
}

bool gw_due_passed(const struct gw_due *due, int64_t now_us)
{
    return due->rule != NULL && now_us > due->us;
}

/* ---- what is said ---------------------------------------------------------------------------- */

static const char *list_name(int kind)
{
    return kind == GW_TRAVELER_CREW ? "crew" : "passengers";
}

bool gw_deadline_missed(struct gw_tx *tx, struct gw_service *s, const struct gw_voyage_row *v, int kind, const char *state,
    struct gw_err *err)
{
    struct gw_due due;
    gw_due_find(&due, s, v, kind, false);
    GW_AUTO(gw_json) *open = gw_json_object();
    gw_json_set_text(open, "list", list_name(kind));
    gw_json_set_text(open, "state", state);
    gw_json_set_time_or_null(open, "due_at", due.known, due.us);
    bool missing = strcmp(state, "missing") == 0;
    return gw_event_add(tx, s, &(struct gw_event){ .kind = GW_EVENT_DEADLINE, .voyage = &v->id, .open = open }, err) &&
           gw_alert_add(NULL, tx, s,
               &(struct gw_alert_new){ .kind = missing ? GW_ALERT_MISSING_MANIFEST : GW_ALERT_LATE_MANIFEST, .voyage = &v->id, .once = true }, err);
}

/* minutes: of a mark; 0: live. */
static bool tell_readiness(struct gw_tx *tx, struct gw_service *s, struct gw_id voyage, const struct gw_readiness *r, int64_t minutes,
    struct gw_err *err)
{
    GW_AUTO(gw_json) *open = gw_json_object();
    gw_json_set_integer(open, "expected", (int64_t)r->expected);
    gw_json_set_integer(open, "covered", (int64_t)r->covered);
    gw_json_set_integer(open, "covered_by_several", (int64_t)r->covered_by_several);
    gw_json_set_integer(open, "not_photographed", (int64_t)r->not_photographed);
    if (minutes > 0)
        gw_json_set_integer(open, "minutes_before", minutes);
    else
        gw_json_set_null(open, "minutes_before");
    return gw_event_add(tx, s, &(struct gw_event){ .kind = GW_EVENT_READINESS, .voyage = &voyage, .open = open }, err);
}

struct telling {
    struct gw_service *s;
    struct gw_id voyage;
};

/* Counting reads everybody of the voyage, so it is not done while the writer waits. */
struct live {
    struct gw_service *s;
    struct gw_id voyage;
    struct gw_readiness r;
    bool is_open;
};

static bool count_live(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct live *l = arg;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct gw_voyage_row v;
    if (!gw_store_voyage_get(&v, a, tx, l->voyage, err))
        return false;
    l->is_open = v.state == GW_VOYAGE_OPEN;
    return !l->is_open || gw_readiness_count(&l->r, a, tx, l->s, &v, err);
}

static bool tell_live(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct live *l = arg;
    return tell_readiness(tx, l->s, l->voyage, &l->r, 0, err);
}

void gw_readiness_touch(struct gw_service *s, struct gw_id voyage)
{
    pthread_mutex_lock(&s->upkeep_lock);
    size_t i = 0;
    while (i < s->n_touched && gw_id_compare(s->touched[i], voyage) != 0)
        i++;
    if (i == s->n_touched && s->n_touched < GW_COUNT(s->touched))
        s->touched[s->n_touched++] = voyage;
    pthread_mutex_unlock(&s->upkeep_lock);
}

bool gw_readiness_tell(struct gw_service *s, struct gw_err *err)
{
    struct gw_id touched[GW_COUNT(s->touched)];
    pthread_mutex_lock(&s->upkeep_lock);
    size_t n = s->n_touched;
    memcpy(touched, s->touched, n * sizeof *touched);
    s->n_touched = 0;
    pthread_mutex_unlock(&s->upkeep_lock);
    bool fine = true;
    for (size_t i = 0; i < n; i++) {
        struct live l = { .s = s, .voyage = touched[i] };
        fine = gw_store_read(s->store, count_live, &l, err) && (!l.is_open || gw_store_write(s->store, tell_live, &l, err)) && fine;
    }
    return fine;
}

/* ---- the clock --------------------------------------------------------------------------------- */

/* A list that is due and did not come. */
static bool say_missing(int64_t *said, struct telling *t, struct gw_tx *tx, const struct gw_voyage_row *v, int64_t now, struct gw_err *err)
{
    struct gw_announced_row announced[GW_LIST_KINDS];
    if (!gw_store_announced(announced, tx, v->id, err))
        return false;
    for (int kind = 0; kind < GW_LIST_KINDS; kind++) {
        struct gw_due due;
        gw_due_find(&due, t->s, v, kind, false);
        if ((*said & SAID_PASSENGERS << kind) != 0 || due.rule == NULL || now < due.us)
            continue;
        *said |= SAID_PASSENGERS << kind;
        if (due.rule->required && !announced[kind].has_whole && !gw_deadline_missed(tx, t->s, v, kind, "missing", err))
            return false;
    }
    return true;
}

static bool say_marks(int64_t *said, struct telling *t, struct gw_arena *a, struct gw_tx *tx, const struct gw_voyage_row *v, int64_t now,
    struct gw_err *err)
{
    int64_t departure;
    struct gw_readiness r = {};
    bool counted = false;
    gw_departure(&departure, t->s, v);
    for (size_t i = 0; i < GW_COUNT(marks); i++) {
        int64_t at = departure - marks[i] * MINUTE_US;
        if ((*said & SAID_MARKS << i) != 0)
            continue;
        if (now < at)
            continue;
        *said |= SAID_MARKS << i;
        /* Announced after its mark, or the service was down: what it was then is not known. */
        if (now - at > 5 * MINUTE_US)
            continue;
        if (!counted && !gw_readiness_count(&r, a, tx, t->s, v, err))
            return false;
        counted = true;
        const struct gw_readiness_mark mark = { marks[i], now, r.expected, r.covered, r.covered_by_several };
        if (!gw_store_mark_put(tx, v->id, &mark, err) || !tell_readiness(tx, t->s, v->id, &r, marks[i], err))
            return false;
    }
    return true;
}

static bool say_one(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct telling *t = arg;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    int64_t now = gw_clock_now(&t->s->clock), said, was;
    struct gw_voyage_row v;
    if (!gw_store_voyage_get(&v, a, tx, t->voyage, err) || !gw_store_reminded(&said, tx, v.id, err))
        return false;
    was = said;
    if (v.state != GW_VOYAGE_OPEN)
        return true;
    return say_missing(&said, t, tx, &v, now, err) && say_marks(&said, t, a, tx, &v, now, err) &&
           (said == was || gw_store_reminded_put(tx, v.id, said, err));
}

/* The earliest moment after `after` at which there may be something to say; INT64_MAX: none. */
static int64_t next_moment(const struct gw_service *s, const struct gw_voyage_row *v, int64_t after)
{
    int64_t next = INT64_MAX, at;
    for (int kind = 0; kind < GW_LIST_KINDS; kind++) {
        struct gw_due due;
        gw_due_find(&due, s, v, kind, false);
        next = due.rule != NULL && due.us > after ? GW_MIN(next, due.us) : next;
    }
    gw_departure(&at, s, v);
    for (size_t i = 0; i < GW_COUNT(marks); i++) {
        int64_t mark = at - marks[i] * MINUTE_US;
        next = mark > after ? GW_MIN(next, mark) : next;
    }
    return next;
}

static void wake_at(struct gw_service *s, int64_t at)
{
    int64_t now = __atomic_load_n(&s->deadlines_us, __ATOMIC_RELAXED);
    while (at < now && !__atomic_compare_exchange_n(&s->deadlines_us, &now, at, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

void gw_deadlines_wake(struct gw_service *s, const struct gw_voyage_row *v, bool is_new)
{
    wake_at(s, is_new ? 0 : next_moment(s, v, gw_clock_now(&s->clock)));
}

struct looking {
    struct gw_service *s;
    struct gw_arena *a;
    int64_t now_us, next_us;
    struct gw_id *due; /* of whom there is something to say now, or may be */
    size_t n;
};

/* Most voyages are quiet most of the time: they are only read. */
static bool look(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct looking *l = arg;
    struct gw_id *ids;
    size_t n;
    /* Whatever its zone, and whatever the deadline: a week around now. */
    if (!gw_store_reminders_open(&ids, &n, l->a, tx, l->now_us - 7 * DAY_US, l->now_us + 8 * DAY_US, SAID_ALL, err))
        return false;
    l->due = gw_arena_array(l->a, n, struct gw_id, err);
    for (size_t i = 0; l->due != NULL && i < n; i++) {
        struct gw_voyage_row v;
        int64_t said, passed = 0;
        if (!gw_store_voyage_get(&v, l->a, tx, ids[i], err) || !gw_store_reminded(&said, tx, ids[i], err))
            return false;
        for (int kind = 0; kind < GW_LIST_KINDS; kind++) {
            struct gw_due due;
            gw_due_find(&due, l->s, &v, kind, false);
            passed |= due.rule != NULL && due.us <= l->now_us ? SAID_PASSENGERS << kind : 0;
        }
        int64_t departure;
        gw_departure(&departure, l->s, &v);
        for (size_t k = 0; k < GW_COUNT(marks); k++)
            passed |= departure - marks[k] * MINUTE_US <= l->now_us ? SAID_MARKS << k : 0;
        if ((passed & ~said) != 0)
            l->due[l->n++] = v.id;
        l->next_us = GW_MIN(l->next_us, next_moment(l->s, &v, l->now_us));
    }
    return l->due != NULL;
}

bool gw_deadlines_run(struct gw_service *s, struct gw_err *err)
{
    int64_t now = gw_clock_now(&s->clock);
    if (now < __atomic_load_n(&s->deadlines_us, __ATOMIC_RELAXED))
        return true;
    /* A manifest that comes meanwhile makes it earlier again. */
    __atomic_store_n(&s->deadlines_us, now + DAY_US, __ATOMIC_RELAXED);
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct looking l = { .s = s, .a = a, .now_us = now, .next_us = INT64_MAX };
    if (!gw_store_read(s->store, look, &l, err))
        return false;
    for (size_t i = 0; i < l.n; i++) {
        struct telling t = { s, l.due[i] };
        if (!gw_store_write(s->store, say_one, &t, err))
            return false;
    }
    wake_at(s, l.next_us);
    return true;
}
