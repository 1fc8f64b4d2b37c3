/* deadline_test.c - the clock that says what is due: an hour before, half an hour, the doors, and after; each once. */
#include "tests/service/place.h"

static struct gw_err err;

#define MINUTE_US (60 * GW_US_PER_S)
#define DEPARTURE_US (NOW_US + 10 * HOUR_US) /* of manifest_text */

/* What was told of a voyage since: kinds of events with what tells them apart, in order. */
struct told {
    struct place *p;
    int64_t after;
    struct gw_buf text;
};

static bool read_told(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    struct told *t = arg;
    GW_AUTO(gw_arena) *a = gw_arena_new(16 << 20);
    struct gw_event_row *rows;
    size_t n;
    if (!gw_store_events(&rows, &n, a, tx, t->after, 1000, e))
        return false;
    for (size_t i = 0; i < n; i++) {
        GW_AUTO_VALUE(gw_buf) json = {};
        t->after = rows[i].seq;
        if (!gw_event_render(&json, a, tx, &rows[i], GW_ROLE_SUPERVISOR, e))
            return false;
        GW_AUTO(gw_json) *j = json.size == 0 ? NULL : gw_json_parse(gw_buf_span(&json), e);
        struct gw_span event = {}, word = {};
        int64_t minutes = 0;
        if (j == NULL || !gw_json_get_string(j, "event", &event) ||
            !(gw_span_is(event, "deadline") || gw_span_is(event, "alert") || gw_span_is(event, "readiness")))
            continue;
        gw_buf_addf(&t->text, "%s%.*s", t->text.size == 0 ? "" : " ", (int)event.size, (const char *)event.data);
        if (gw_json_get_integer(j, "minutes_before", &minutes))
            gw_buf_addf(&t->text, ":%lld", (long long)minutes);
        for (size_t k = 0; k < 3; k++)
            if (gw_json_get_string(j, (const char *const[]){ "list", "state", "kind" }[k], &word) && !(gw_span_is(event, "alert") && k == 1))
                gw_buf_addf(&t->text, ":%.*s", (int)word.size, (const char *)word.data);
    }
    return true;
}

/* It is so many minutes before departure (below 0: after): what the clock says then. */
static void check_told(struct told *t, int64_t minutes, const char *want)
{
    t->p->s->clock.fixed_us = DEPARTURE_US - minutes * MINUTE_US;
    gw_buf_clear(&t->text);
    CHECK_OK(gw_deadlines_run(t->p->s, &err));
    CHECK_OK(gw_store_read(t->p->s->store, read_told, t, &err));
    if (strcmp(t->text.size == 0 ? "" : gw_buf_text(&t->text), want) != 0)
        fail_msg("%lld minutes before departure: \"%s\", wanted \"%s\"", (long long)minutes, t->text.size == 0 ? "" : gw_buf_text(&t->text), want);
}

static void quiet(struct told *t)
{
    CHECK_OK(gw_store_read(t->p->s->store, read_told, t, &err));
    gw_buf_clear(&t->text);
}

static void open_here(struct place *p)
{
    place_init(p);
    CHECK_OK(place_open(p, &err));
}

#define CREW "\"kind\":\"crew_list\","

static void missing_passengers(void **state)
{
    (void)state;
    struct place p;
    open_here(&p);
    struct gw_manifest_receipt m;
    struct told t = { .p = &p };
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, CREW, 2, ""), NULL, &err));
    CHECK(!m.late);
    quiet(&t);
    check_told(&t, 61, "");
    check_told(&t, 60, "readiness:60");
    check_told(&t, 59, "");
    check_told(&t, 31, "");
    check_told(&t, 30, "deadline:passengers:missing alert:missing_manifest readiness:30");
    check_told(&t, 30, "");
    check_told(&t, 0, "");
    check_told(&t, -1, "");
    /* When it comes then, it is late, and that is another word. */
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    CHECK(m.late);
    check_told(&t, -1, "deadline:passengers:late alert:late_manifest");
    check_told(&t, -2, "");
    gw_buf_done(&t.text);
    place_done(&p);
}

/* What is not all of the list is not the list: the clock waits on. */
static void not_whole(void **state)
{
    (void)state;
    static const struct {
        const char *label, *head, *more;
        unsigned n;
    } lists[] = {
        { "somebody in it cannot be read", "", ",7", 2 },
        { "a reference twice", "", ",{\"surname\":\"OKAFOR\",\"reference\":\"r1\"}", 2 },
        { "it takes somebody off, and names nobody who is on", "\"function\":\"remove\",", "", 2 },
    };
    for (size_t i = 0; i < GW_COUNT(lists); i++) {
        struct place p;
        open_here(&p);
        struct gw_manifest_receipt m;
        struct told t = { .p = &p };
        CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, lists[i].head, lists[i].n, lists[i].more), NULL, &err));
        quiet(&t);
        check_told(&t, 61, "");
        check_told(&t, 60, "readiness:60");
        check_told(&t, 30, "deadline:passengers:missing alert:missing_manifest readiness:30");
        gw_buf_done(&t.text);
        place_done(&p);
    }
}

static void in_time(void **state)
{
    (void)state;
    struct place p;
    open_here(&p);
    struct gw_manifest_receipt m;
    struct gw_readiness r;
    struct told t = { .p = &p };
    p.s->clock.fixed_us = DEPARTURE_US - 30 * MINUTE_US;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    CHECK(!m.late); /* at the deadline is before it */
    quiet(&t);
    check_told(&t, 30, "readiness:30"); /* the first mark had long passed when it came */
    CHECK_OK(gw_service_readiness(&r, p.a, p.s, &p.carrier, m.voyage, &err));
    CHECK_INT(r.lists[0].due_us, DEPARTURE_US - 30 * MINUTE_US);
    CHECK(!r.lists[0].late && r.lists[0].has_received);
    CHECK(r.lists[0].basis != NULL && strlen(r.lists[0].basis) > 10);
    CHECK(r.lists[1].late && !r.lists[1].has_received); /* the crew's was due an hour before; nobody is alarmed by that */
    /* Changes until the doors. */
    p.s->clock.fixed_us = DEPARTURE_US;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 3, ""), NULL, &err));
    CHECK(!m.late);
    p.s->clock.fixed_us = DEPARTURE_US + 1;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 4, ""), NULL, &err));
    CHECK(m.late);
    check_told(&t, -1, ""); /* a change is told to whom sent it only */
    gw_buf_done(&t.text);
    place_done(&p);
}

static void a_microsecond_late(void **state)
{
    (void)state;
    struct place p;
    open_here(&p);
    struct gw_manifest_receipt m;
    p.s->clock.fixed_us = DEPARTURE_US - 30 * MINUTE_US + 1;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    CHECK(m.late);
    place_done(&p);
}

/* A service that was down at a deadline says so when it is back; a mark's numbers nobody knows then. */
static void was_away(void **state)
{
    (void)state;
    struct place p;
    open_here(&p);
    struct gw_manifest_receipt m;
    struct told t = { .p = &p };
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, CREW, 2, ""), NULL, &err));
    quiet(&t);
    check_told(&t, 10, "deadline:passengers:missing alert:missing_manifest");
    check_told(&t, 10, "");
    gw_buf_done(&t.text);
    place_done(&p);
}

/* The rows are the profile's: another authority, other times. */
static void by_the_profile(void **state)
{
    (void)state;
    struct place p;
    char path[128];
    place_init(&p);
    snprintf(path, sizeof path, "%s/own.json", p.folder);
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    fprintf(f, "{\"name\":\"own\",\"codes\":[],\"deadlines\":["
               "{\"mode\":\"air\",\"list\":\"crew\",\"before\":\"departure\",\"minutes\":120,\"required\":true,\"source\":\"A test\"},"
               "{\"mode\":\"air\",\"list\":\"passengers\",\"before\":\"arrival\",\"minutes\":480,\"until\":\"2026-11-22\",\"required\":true,\"source\":\"Over\"},"
               "{\"mode\":\"air\",\"list\":\"passengers\",\"before\":\"arrival\",\"minutes\":420,\"source\":\"A test\"}]}");
    fclose(f);
    CHECK_OK(gw_conf_set(&p.conf, "manifest.profile", path, "test", &err));
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt m;
    struct gw_readiness r;
    p.s->clock.fixed_us = DEPARTURE_US;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    CHECK(!m.late);
    CHECK_OK(gw_service_readiness(&r, p.a, p.s, &p.carrier, m.voyage, &err));
    CHECK_INT(r.lists[0].due_us, DEPARTURE_US + HOUR_US); /* it flies eight hours */
    CHECK_INT(r.lists[1].due_us, DEPARTURE_US - 2 * HOUR_US);
    /* No row for changes: none is ever late. */
    p.s->clock.fixed_us = DEPARTURE_US + 5 * HOUR_US;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 3, ""), NULL, &err));
    CHECK(!m.late);
    place_done(&p);
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    check_add("deadlines", "a passenger list that does not come is missing, once, and late when it comes", missing_passengers);
    check_add("deadlines", "a list that is not whole is not the list", not_whole);
    check_add("deadlines", "at the deadline is in time, changes until the doors", in_time);
    check_add("deadlines", "a microsecond past it is late", a_microsecond_late);
    check_add("deadlines", "what was missed while away is said once, without numbers nobody knows", was_away);
    check_add("deadlines", "are what the profile says, by arrival and by day", by_the_profile);
    return check_done();
}
