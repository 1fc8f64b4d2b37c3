/* event_test.c - what is told to whom, in which order, and how often; what is undone, missed, purged or dropped. */
#include "tests/service/place.h"

#include <time.h>

static struct gw_err err;

/* ---- somebody who listens ---- */

struct ear {
    pthread_mutex_t lock;
    pthread_cond_t woken;
    bool rings;
    struct gw_listener *l;
};

static void ring(void *to)
{
    struct ear *e = to;
    pthread_mutex_lock(&e->lock);
    e->rings = true;
    pthread_cond_signal(&e->woken);
    pthread_mutex_unlock(&e->lock);
}

static void listen_to(struct ear *e, struct place *p, const struct gw_caller *who, struct gw_listen_ask ask)
{
    *e = (struct ear){ .lock = PTHREAD_MUTEX_INITIALIZER, .woken = PTHREAD_COND_INITIALIZER };
    ask.wake = ring;
    ask.to = e;
    CHECK_OK(gw_service_listen(&e->l, p->s, who, &ask, &err));
}

static void leave(struct ear *e)
{
    gw_listener_close(e->l);
    pthread_mutex_destroy(&e->lock);
    pthread_cond_destroy(&e->woken);
}

/* The next there is; waits as long as nobody rings, ten seconds at most. */
static enum gw_told_state next(struct gw_told *out, struct ear *e)
{
    for (;;) {
        enum gw_told_state state = gw_listener_next(out, e->l);
        if (state != GW_TOLD_NOTHING)
            return state;
        struct timespec until;
        int failed = 0;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += 10;
        pthread_mutex_lock(&e->lock);
        while (!e->rings && failed == 0)
            failed = pthread_cond_timedwait(&e->woken, &e->lock, &until);
        e->rings = false;
        pthread_mutex_unlock(&e->lock);
        if (failed != 0)
            return GW_TOLD_NOTHING;
    }
}

/* The numbers told up to the one that says `last`; others are in the test's way and passed over. */
static size_t numbers(int64_t *out, size_t most, struct ear *e, int64_t last)
{
    size_t n = 0;
    for (;;) {
        struct gw_told told;
        int64_t number = 0;
        CHECK_INT(next(&told, e), GW_TOLD_EVENT);
        GW_AUTO(gw_json) *j = gw_json_parse(told.json, &err);
        CHECK(j != NULL);
        if (!gw_json_get_integer(j, "number", &number))
            continue;
        CHECK(n < most);
        out[n++] = number;
        if (number == last)
            return n;
    }
}

/* ---- something that happens ---- */

struct happening {
    struct gw_service *s;
    const struct gw_id *voyage, *traveler;
    enum gw_event_kind kind;
    const char *site;
    unsigned roles;
    int64_t from, n;
    bool undone;
};

static bool happen_in(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    const struct happening *h = arg;
    for (int64_t i = h->from; i < h->from + h->n; i++) {
        GW_AUTO(gw_json) *open = gw_json_object();
        GW_AUTO(gw_json) *inside = gw_json_object();
        gw_json_set_integer(open, "number", i);
        gw_json_set_text(inside, "why", "inside");
        if (!gw_event_add(tx, h->s, &(struct gw_event){ .kind = h->kind, .voyage = h->voyage, .traveler = h->traveler, .site = h->site,
                .roles = h->roles, .open = open, .inside = inside }, e))
            return false;
    }
    return !h->undone || gw_fail(e, GW_ERR_CONFLICT, "undone");
}

static void happen(struct place *p, struct happening h)
{
    h.s = p->s;
    struct gw_err e = {};
    CHECK(gw_store_write(p->s->store, happen_in, &h, &e) == !h.undone);
}

static struct gw_id announced(struct place *p)
{
    struct gw_manifest_receipt m;
    CHECK_OK(send_manifest(&m, p, &p->carrier, manifest_text(p, "", 2, ""), NULL, &err));
    return m.voyage;
}

static struct gw_id traveler_of(struct place *p, struct gw_id voyage)
{
    struct gw_traveler_page page;
    CHECK_OK(gw_service_travelers(&page, p->a, p->s, &p->officer, voyage, (struct gw_span){}, 10, &err));
    return page.travelers[0].id;
}

static void opened(struct place *p)
{
    place_init(p);
    CHECK_OK(place_open(p, &err));
}

/* ---- tests ---- */

static void undone_is_untold(void **state)
{
    (void)state;
    struct place p;
    struct ear e;
    int64_t got[4];
    opened(&p);
    struct gw_id v = announced(&p);
    listen_to(&e, &p, &p.officer, (struct gw_listen_ask){});
    happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_DECISION, .from = 1, .n = 1 });
    happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_DECISION, .from = 2, .n = 1, .undone = true });
    happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_DECISION, .from = 3, .n = 1 });
    CHECK_INT(numbers(got, GW_COUNT(got), &e, 3), 2);
    CHECK_INT(got[0], 1);
    CHECK_INT(got[1], 3);
    leave(&e);
    place_done(&p);
}

/* Who hears of it: a row each. The event is of the place's voyage (carrier XX, YVR to JFK) unless nobody's. */
static const struct view_row {
    const char *label;
    enum gw_role role;
    const char *site, *carrier;   /* of the listener */
    enum gw_event_kind kind;
    bool nobodys;                 /* of no voyage */
    const char *at;               /* where it happened */
    unsigned roles;
    bool hears, person, inside;
} view_rows[] = {
    { "its carrier, without reasons", GW_ROLE_CARRIER, "", "XX", GW_EVENT_DECISION, false, "YVR", 0, true, true, false },
    { "another carrier", GW_ROLE_CARRIER, "", "YY", GW_EVENT_DECISION, false, "YVR", 0, false, false, false },
    { "the device where it happened, without reasons", GW_ROLE_DEVICE, "YVR", "", GW_EVENT_DECISION, false, "YVR", 0, true, true, false },
    { "a device at the voyage's other end, not of what happened here", GW_ROLE_DEVICE, "JFK", "", GW_EVENT_DECISION, false, "YVR", 0, false, false, false },
    { "but of what concerns the voyage", GW_ROLE_DEVICE, "JFK", "", GW_EVENT_VOYAGE, false, NULL, 0, true, true, false },
    { "a device elsewhere", GW_ROLE_DEVICE, "LHR", "", GW_EVENT_VOYAGE, false, NULL, 0, false, false, false },
    { "an officer, with reasons", GW_ROLE_OFFICER, "", "", GW_EVENT_DECISION, false, "YVR", 0, true, true, true },
    { "an officer of another site", GW_ROLE_OFFICER, "LHR", "", GW_EVENT_DECISION, false, "YVR", 0, false, false, false },
    { "a supervisor, with reasons", GW_ROLE_SUPERVISOR, "", "", GW_EVENT_INSPECTION, false, "YVR", 0, true, true, true },
    { "an auditor, with reasons and nobody's name", GW_ROLE_AUDITOR, "", "", GW_EVENT_DECISION, false, "YVR", 0, true, false, true },
    { "a carrier, of no inspection", GW_ROLE_CARRIER, "", "XX", GW_EVENT_INSPECTION, false, "YVR", 0, false, false, false },
    { "an admin, of no decision", GW_ROLE_ADMIN, "", "", GW_EVENT_DECISION, false, "YVR", 0, false, false, false },
    { "an admin, of what he must put right", GW_ROLE_ADMIN, "", "", GW_EVENT_ALERT, true, NULL, 0, true, false, true },
    { "a supervisor of one site, of no alert of the whole machine", GW_ROLE_SUPERVISOR, "YVR", "", GW_EVENT_ALERT, true, NULL, 0, false, false, false },
    { "a device, of the rules of the whole machine", GW_ROLE_DEVICE, "YVR", "", GW_EVENT_RULES, true, NULL, 0, true, true, false },
    { "only those it is for, of its kind's", GW_ROLE_OFFICER, "", "", GW_EVENT_DECISION, false, "YVR", 1u << GW_ROLE_AUDITOR, false, false, false },
};

static void views(void **state)
{
    const struct view_row *r = *state;
    struct place p;
    struct ear e;
    opened(&p);
    struct gw_id v = announced(&p), t = traveler_of(&p, v);
    struct gw_caller who = { .role = r->role, .token = { "listener" } };
    snprintf(who.site, sizeof who.site, "%s", r->site);
    snprintf(who.carrier, sizeof who.carrier, "%s", r->carrier);
    listen_to(&e, &p, &who, (struct gw_listen_ask){});
    happen(&p, (struct happening){ .voyage = r->nobodys ? NULL : &v, .traveler = r->nobodys ? NULL : &t, .kind = r->kind, .site = r->at,
        .roles = r->roles, .from = 7, .n = 1 });
    /* One that everybody hears ends the waiting. */
    happen(&p, (struct happening){ .kind = GW_EVENT_RULES, .from = 8, .n = 1 });
    struct gw_told told;
    CHECK_INT(next(&told, &e), GW_TOLD_EVENT);
    GW_AUTO(gw_json) *j = gw_json_parse(told.json, &err);
    int64_t number = 0;
    CHECK(gw_json_get_integer(j, "number", &number));
    if (r->role == GW_ROLE_ADMIN || r->role == GW_ROLE_AUDITOR || r->hears)
        CHECK_INT(number, r->hears ? 7 : 8);
    else
        CHECK_INT(number, 8);
    if (r->hears) {
        CHECK_INT(told.kind, r->kind);
        CHECK((gw_json_get(j, "why") != NULL) == r->inside);
        CHECK((gw_json_get(j, "traveler") != NULL) == r->person);
        struct gw_span seat = {};
        if (!r->nobodys && r->person)
            CHECK(gw_json_get_string(gw_json_get(j, "traveler"), "seat", &seat) && gw_span_is(seat, "1A"));
        /* The id of a person's row is for the inside. */
        CHECK((gw_json_get(gw_json_get(j, "traveler"), "traveler") != NULL) == (r->inside && r->person && !r->nobodys));
    }
    leave(&e);
    place_done(&p);
}

static void kinds_and_voyages(void **state)
{
    (void)state;
    struct place p;
    struct ear alerts, of_one;
    int64_t got[4];
    opened(&p);
    struct gw_id v = announced(&p);
    listen_to(&alerts, &p, &p.officer, (struct gw_listen_ask){ .kinds = UINT32_C(1) << GW_EVENT_ALERT });
    listen_to(&of_one, &p, &p.officer, (struct gw_listen_ask){ .has_voyage = true, .voyage = v });
    happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_DECISION, .from = 1, .n = 1 });
    happen(&p, (struct happening){ .kind = GW_EVENT_RULES, .from = 2, .n = 1 });
    happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_ALERT, .from = 3, .n = 1 });
    CHECK_INT(numbers(got, 4, &alerts, 3), 1);
    CHECK_INT(numbers(got, 4, &of_one, 3), 2);
    CHECK_INT(got[0], 1);
    struct gw_listener *l;
    const struct gw_listen_ask nobody = { .has_voyage = true, .voyage = { "nobody's" } };
    CHECK_FAILS(gw_service_listen(&l, p.s, &p.officer, &nobody, &err), GW_ERR_NOT_FOUND);
    const struct gw_listen_ask others = { .has_voyage = true, .voyage = v };
    CHECK_FAILS(gw_service_listen(&l, p.s, &p.other_carrier, &others, &err), GW_ERR_NOT_FOUND);
    leave(&alerts);
    leave(&of_one);
    place_done(&p);
}

/* More than the ring holds: pages from the store, then the ring, and no number twice or left out. */
static void behind(void **state)
{
    (void)state;
    enum { ALL = 5000 };
    static int64_t got[ALL];
    struct place p;
    struct ear late, live;
    opened(&p);
    struct gw_id v = announced(&p);
    listen_to(&live, &p, &p.officer, (struct gw_listen_ask){});
    for (int64_t i = 1; i < ALL; i += 500)
        happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_DECISION, .from = i, .n = 500 });
    listen_to(&late, &p, &p.officer, (struct gw_listen_ask){ .has_after = true, .after = 0 });
    for (struct ear *e = &late;; e = &live) {
        CHECK_INT(numbers(got, ALL, e, ALL), ALL);
        for (int64_t i = 0; i < ALL; i++)
            CHECK_INT(got[i], i + 1);
        if (e == &live)
            break;
    }
    leave(&late);
    leave(&live);
    place_done(&p);
}

static void after_a_restart(void **state)
{
    (void)state;
    struct place p;
    struct ear e;
    struct gw_told told;
    int64_t got[4];
    opened(&p);
    struct gw_id v = announced(&p);
    listen_to(&e, &p, &p.officer, (struct gw_listen_ask){});
    happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_DECISION, .from = 1, .n = 3 });
    CHECK_INT(next(&told, &e), GW_TOLD_EVENT);
    const int64_t known = told.seq;
    leave(&e);
    place_close(&p);
    CHECK_OK(place_open(&p, &err));
    listen_to(&e, &p, &p.officer, (struct gw_listen_ask){ .has_after = true, .after = known });
    CHECK_INT(numbers(got, 4, &e, 3), 2);
    CHECK_INT(got[0], 2);
    leave(&e);
    /* Who knows of events that are not there yet (a restored backup) is told that there is a gap. */
    listen_to(&e, &p, &p.officer, (struct gw_listen_ask){ .has_after = true, .after = INT64_MAX });
    CHECK_INT(next(&told, &e), GW_TOLD_GAP);
    happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_DECISION, .from = 4, .n = 1 });
    CHECK_INT(numbers(got, 4, &e, 4), 1);
    leave(&e);
    place_done(&p);
}

static void dropped(void **state)
{
    (void)state;
    struct place p;
    struct ear e;
    struct gw_told told;
    int64_t got[4];
    opened(&p);
    struct gw_id v = announced(&p);
    happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_DECISION, .from = 1, .n = 2 });
    p.s->clock.fixed_us += p.conf.events_keep + 1;
    CHECK_OK(gw_events_trim(p.s, &err));
    happen(&p, (struct happening){ .voyage = &v, .kind = GW_EVENT_DECISION, .from = 3, .n = 1 });
    listen_to(&e, &p, &p.officer, (struct gw_listen_ask){ .has_after = true, .after = 0 });
    CHECK_INT(next(&told, &e), GW_TOLD_GAP);
    CHECK_INT(numbers(got, 4, &e, 3), 1);
    leave(&e);
    place_done(&p);
}

static void forgotten(void **state)
{
    (void)state;
    struct place p;
    struct ear e;
    int64_t got[8];
    opened(&p);
    struct gw_id v = announced(&p), t = traveler_of(&p, v);
    listen_to(&e, &p, &p.officer, (struct gw_listen_ask){});
    happen(&p, (struct happening){ .voyage = &v, .traveler = &t, .kind = GW_EVENT_DECISION, .from = 1, .n = 1 });
    happen(&p, (struct happening){ .kind = GW_EVENT_RULES, .from = 2, .n = 1 });
    CHECK_INT(numbers(got, 8, &e, 2), 2); /* both are in the ring now */
    leave(&e);
    struct gw_close c;
    struct gw_purge purge;
    CHECK_OK(gw_service_close_voyage(&c, p.a, p.s, &p.carrier, v, &(struct gw_close_ask){}, NULL, &err));
    p.s->clock.fixed_us = c.purge_us + 1;
    CHECK_OK(gw_purge_now(&purge, p.s, &err));
    CHECK_INT(purge.voyages, 1);
    listen_to(&e, &p, &p.officer, (struct gw_listen_ask){ .has_after = true, .after = 0 });
    happen(&p, (struct happening){ .kind = GW_EVENT_RULES, .from = 3, .n = 1 });
    for (;;) {
        struct gw_told told;
        CHECK_INT(next(&told, &e), GW_TOLD_EVENT);
        CHECK(memmem(told.json.data, told.json.size, "1A", 2) == NULL);
        CHECK(memmem(told.json.data, told.json.size, "\"r1\"", 4) == NULL);
        if (memmem(told.json.data, told.json.size, "\"number\":3", 10) != NULL)
            break;
    }
    leave(&e);
    place_done(&p);
}

static void as_many_as_there_may_be(void **state)
{
    (void)state;
    struct place p;
    struct ear one, two;
    struct gw_listener *l;
    place_init(&p);
    p.conf.events_listeners = 2;
    CHECK_OK(place_open(&p, &err));
    listen_to(&one, &p, &p.officer, (struct gw_listen_ask){});
    listen_to(&two, &p, &p.officer, (struct gw_listen_ask){});
    CHECK_FAILS(gw_service_listen(&l, p.s, &p.officer, &(struct gw_listen_ask){ .wake = ring, .to = &one }, &err), GW_ERR_BUSY);
    CHECK_INT(gw_events_listeners(p.s->events), 2);
    leave(&one);
    listen_to(&one, &p, &p.officer, (struct gw_listen_ask){});
    leave(&one);
    leave(&two);
    place_done(&p);
}

/* The example that the Standard Webhooks libraries are all tested with. */
static void signature(void **state)
{
    (void)state;
    uint8_t secret[32];
    char got[GW_WEBHOOK_SIGNATURE_TEXT];
    size_t n;
    CHECK(gw_base64_parse(secret, sizeof secret, &n, gw_span_str("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")));
    gw_webhook_sign(got, gw_span_of(secret, n), "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", gw_span_str("{\"test\": 2432232314}"));
    CHECK_TEXT(got, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    check_add("events", "what was undone is told to nobody, and what was done in its order", undone_is_untold);
    check_rows("events are heard by", view_rows, views);
    check_add("events", "kinds and voyages choose", kinds_and_voyages);
    check_add("events", "who is further behind than the ring gets them all, each once", behind);
    check_add("events", "go on after a restart; who knows too much is told of a gap", after_a_restart);
    check_add("events", "that were dropped for their age are a gap", dropped);
    check_add("events", "of a purged voyage name nobody, also from memory", forgotten);
    check_add("events", "are listened to by as many as there may be", as_many_as_there_may_be);
    check_add("webhooks", "are signed as the published example", signature);
    return check_done();
}
