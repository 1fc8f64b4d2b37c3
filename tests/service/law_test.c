/* law_test.c - the law as time goes on: midnight, birthdays, packs that are swapped,
 * people who decline. The clock is the test's, the packs are those that ship. */
#include "tests/service/place.h"

static struct gw_err err;

/* Midnight in Washington, where the packs of the United States change. */
#define MIDNIGHT_US (INT64_C(1766725200) * GW_US_PER_S) /* 2025-12-26T05:00:00Z */
#define SECOND_US GW_US_PER_S

static void set_clock(struct place *p, int64_t us)
{
    p->s->clock.fixed_us = us;
}

/* A service at that time; its device stands at the site. */
static void open_at(struct place *p, int64_t us, const char *site)
{
    place_init(p);
    p->opened_us = us;
    CHECK_OK(place_open(p, &err));
    snprintf(p->device.site, sizeof p->device.site, "%s", site);
}

struct person {
    const char *nationality, *birth_date, *more; /* more: members of the JSON */
};

/* Traveler i holds passport P0000i. */
static struct gw_id announce(struct place *p, const char *voyage, const struct person *persons, size_t n)
{
    struct gw_buf b = {};
    struct gw_manifest_receipt m;
    gw_buf_addf(&b, "{\"voyage\":{\"carrier\":\"XX\",\"number\":\"123\",\"departure\":\"2025-12-26T09:00:00Z\",%s},\"travelers\":[", voyage);
    for (size_t i = 0; i < n; i++)
        gw_buf_addf(&b,
            "%s{\"surname\":\"S%zu\",\"given_names\":\"G\",\"reference\":\"r%zu\",\"nationality\":\"%s\",\"birth_date\":\"%s\","
            "\"documents\":[{\"type\":\"P\",\"number\":\"P%05zu\",\"issuing_state\":\"UTO\"}]%s}",
            i == 0 ? "" : ",", i, i, persons[i].nationality, persons[i].birth_date, i, persons[i].more == NULL ? "" : persons[i].more);
    gw_buf_add_text(&b, "]}");
    CHECK_OK(send_manifest(&m, p, &p->carrier, gw_arena_text(p->a, gw_buf_span(&b), NULL), NULL, &err));
    gw_buf_done(&b);
    return m.voyage;
}

static void keep_portraits(struct place *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        char number_text[16];
        struct gw_portrait_receipt portrait;
        snprintf(number_text, sizeof number_text, "P%05u", i);
        CHECK_OK(send_portrait(&portrait, p, number_text, i, GW_PORTRAIT_PASSPORT, &err));
    }
}

/* What the gate is told before anything is decoded: true where a picture may be taken. */
static bool may_capture(struct place *p, struct gw_id voyage, const char *document)
{
    struct gw_verification v;
    GW_AUTO(gw_worker) *w = gw_worker_new(p->s);
    const struct gw_verify_ask ask = { .document_number = gw_span_str(document) };
    struct gw_err e = {};
    bool fine = gw_service_verify(&v, p->s, w, &p->device, voyage, &ask, NULL, &e);
    CHECK(!fine);
    CHECK(e.code == GW_ERR_NOT_AUTHORISED || e.code == GW_ERR_UNAVAILABLE); /* there is nobody to decode it */
    return e.code == GW_ERR_UNAVAILABLE;
}

static size_t searched(struct place *p, struct gw_id voyage)
{
    struct gw_law_limits limits;
    GW_AUTO(gw_gallery) *g = gw_galleries_get(&limits, p->s->galleries, voyage, "", &err);
    CHECK(g != NULL);
    return gw_gallery_persons(g);
}

static size_t kept(struct place *p, struct gw_id voyage)
{
    struct gw_traveler_page page;
    size_t n = 0;
    CHECK_OK(gw_service_travelers(&page, p->a, p->s, &p->officer, voyage, (struct gw_span){}, 500, &err));
    for (size_t i = 0; i < page.n; i++)
        n += page.travelers[i].portraits > 0;
    return n;
}

static size_t to_photograph(struct place *p, struct gw_id voyage)
{
    struct gw_readiness r;
    CHECK_OK(gw_service_readiness(&r, p->a, p->s, &p->officer, voyage, &err));
    return r.expected;
}

/* The rule of 2025 at its midnight, for an open voyage. */
static const struct {
    const char *label, *voyage, *site;
    struct person person;
    bool before, after;
} changes[] = {
    { "a visitor leaves from a port that was no pilot", "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"BOS\",\"to\":\"LHR\"", "BOS",
        { "JPN", "1980-01-01", NULL }, false, true },
    { "a visitor leaves from a pilot port", "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"ATL\",\"to\":\"LHR\"", "ATL",
        { "JPN", "1980-01-01", NULL }, true, true },
    { "a child leaves from a pilot port", "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"ATL\",\"to\":\"LHR\"", "ATL",
        { "JPN", "2015-01-01", NULL }, false, true },
    { "an old man leaves from a pilot port", "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"ATL\",\"to\":\"LHR\"", "ATL",
        { "JPN", "1940-01-01", NULL }, false, true },
    { "a Canadian visitor arrives", "\"mode\":\"air\",\"direction\":\"arrival\",\"from\":\"YVR\",\"to\":\"JFK\"", "JFK",
        { "CAN", "1980-01-01", NULL }, false, true },
    { "a citizen leaves, voluntarily", "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"ATL\",\"to\":\"LHR\"", "ATL",
        { "USA", "1980-01-01", NULL }, true, true },
    { "a visitor leaves by land", "\"mode\":\"land\",\"direction\":\"departure\",\"from\":\"SDQ\",\"to\":\"TIJ\"", "SDQ",
        { "MEX", "1980-01-01", NULL }, false, true },
};

static void the_rule_of_2025(void **state)
{
    const __typeof__(*changes) *row = *state;
    struct place p;
    open_at(&p, MIDNIGHT_US - SECOND_US, row->site);
    const struct gw_id voyage = announce(&p, row->voyage, &row->person, 1);
    if (row->before)
        keep_portraits(&p, 1);
    else { /* a portrait of whom no rule allows to photograph is not taken in */
        struct gw_portrait_receipt portrait;
        CHECK_FAILS(send_portrait(&portrait, &p, "P00000", 0, GW_PORTRAIT_PASSPORT, &err), GW_ERR_NOT_AUTHORISED);
    }
    CHECK_INT(may_capture(&p, voyage, ""), row->before);
    CHECK_INT(may_capture(&p, voyage, "P00000"), row->before);
    CHECK_INT(searched(&p, voyage), row->before);
    CHECK_INT(to_photograph(&p, voyage), row->before);
    set_clock(&p, MIDNIGHT_US);
    CHECK_INT(may_capture(&p, voyage, ""), row->after);
    CHECK_INT(may_capture(&p, voyage, "P00000"), row->after);
    CHECK_INT(to_photograph(&p, voyage), row->after);
    place_done(&p);
}

/* A portrait that came before anybody knew whose it is waits; what is kept for the voyage
 * follows the law, and the next search sees it at once. */
static void what_is_kept_follows(void **state)
{
    (void)state;
    struct place p;
    const struct person persons[] = { { "JPN", "1980-01-01", NULL }, { "CAN", "1980-01-01", NULL } };
    open_at(&p, MIDNIGHT_US - SECOND_US, "ATL");
    keep_portraits(&p, 2);
    const struct gw_id voyage = announce(&p, "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"ATL\",\"to\":\"YVR\"", persons, 2);
    CHECK_INT(kept(&p, voyage), 1);
    CHECK_INT(searched(&p, voyage), 1);
    (void)gw_law_moved(p.s);
    CHECK(!gw_law_moved(p.s));
    set_clock(&p, MIDNIGHT_US);
    CHECK(gw_law_moved(p.s));
    CHECK(!gw_law_moved(p.s));
    CHECK_INT(searched(&p, voyage), 1); /* allowed now, but nothing is kept of him yet */
    CHECK_OK(gw_law_settle(p.s, voyage, &err));
    CHECK_INT(kept(&p, voyage), 2);
    CHECK_INT(searched(&p, voyage), 2);
    set_clock(&p, MIDNIGHT_US - SECOND_US); /* and back again */
    CHECK_INT(searched(&p, voyage), 1);
    CHECK_OK(gw_law_settle(p.s, voyage, &err));
    CHECK_INT(kept(&p, voyage), 1);
    place_done(&p);
}

/* Somebody turns 14, or 80, at midnight: another rule, on every open voyage. */
static const struct birthday_row {
    const char *label;
    int64_t midnight_us; /* in Washington, under the old rule */
    const char *child, *old; /* born on that day of the year */
} birthday_rows[] = {
    { "in winter", MIDNIGHT_US - 24 * HOUR_US, "2011-12-25", "1945-12-25" },
    { "on the day after the clocks went forward", INT64_C(1741579200) * GW_US_PER_S, "2011-03-10", "1945-03-10" },
    { "on the day after the clocks went back", INT64_C(1762146000) * GW_US_PER_S, "2011-11-03", "1945-11-03" },
};

static void birthdays(void **state)
{
    const struct birthday_row *row = *state;
    struct place p;
    const int64_t midnight = row->midnight_us;
    const struct person persons[] = { { "JPN", row->child, NULL }, { "JPN", row->old, NULL } };
    open_at(&p, midnight - SECOND_US, "ATL");
    keep_portraits(&p, 2);
    const struct gw_id voyage = announce(&p, "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"ATL\",\"to\":\"LHR\"", persons, 2);
    CHECK(!may_capture(&p, voyage, "P00000"));
    CHECK(may_capture(&p, voyage, "P00001"));
    CHECK_INT(kept(&p, voyage), 1);
    set_clock(&p, midnight);
    CHECK(may_capture(&p, voyage, "P00000"));
    CHECK(!may_capture(&p, voyage, "P00001"));
    CHECK_INT(searched(&p, voyage), 0); /* of one nothing is kept yet, the other may not be found */
    CHECK_OK(gw_law_settle(p.s, voyage, &err));
    CHECK_INT(kept(&p, voyage), 1);
    CHECK_INT(searched(&p, voyage), 1);
    place_done(&p);
}

/* Midnight strikes between search and decision: who was found is not cleared. */
static void midnight_between_search_and_decision(void **state)
{
    (void)state;
    struct place p;
    struct gw_verification v;
    const int64_t midnight = MIDNIGHT_US - 24 * HOUR_US;
    const struct person persons[] = { { "JPN", "1945-12-25", NULL }, { "JPN", "1980-01-01", NULL } };
    open_at(&p, midnight - SECOND_US, "ATL");
    keep_portraits(&p, 2);
    const struct gw_id voyage = announce(&p, "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"ATL\",\"to\":\"LHR\"", persons, 2);
    for (int64_t late = 0; late < 2; late++) {
        const struct gw_template t = face(0);
        struct gw_probe_seen probe = { .started_us = gw_clock_monotonic_us() };
        set_clock(&p, midnight - SECOND_US);
        GW_AUTO(gw_gallery) *g = gw_galleries_get(&probe.limits, p.s->galleries, voyage, "", &err);
        CHECK(g != NULL);
        CHECK_INT(gw_gallery_persons(g), 2);
        probe.facts = (struct gw_facts){ .n_faces = 1, .face = { .eye_distance_px = 90, .face_share = 0.3, .luminance = 120,
            .quality = 70, .sharpness = 70, .exposure = 70, .crop = 100, .mouth = 100 } };
        gw_probe_search(&probe, p.s, g, &t, NULL, 0);
        CHECK(probe.has_best);
        set_clock(&p, late == 0 ? midnight : midnight - SECOND_US);
        CHECK_OK(gw_probe_decide(&v, p.s, p.a, &p.device, voyage, &probe, NULL, &err));
        CHECK_INT(v.answer == GW_ANSWER_CLEAR, late == 1);
    }
    place_done(&p);
}

/* Where a voyage stops, each site has its own law and its own gallery. */
static void each_site_its_own(void **state)
{
    (void)state;
    struct place p;
    const struct person person = { "JPN", "1980-01-01", NULL };
    open_at(&p, MIDNIGHT_US - SECOND_US, "BOS");
    keep_portraits(&p, 1);
    const struct gw_id voyage = announce(&p,
        "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"BOS\",\"to\":\"LHR\",\"legs\":[{\"from\":\"BOS\",\"to\":\"ATL\"},{\"from\":\"ATL\",\"to\":\"LHR\"}]",
        &person, 1);
    CHECK_INT(kept(&p, voyage), 1); /* for Atlanta */
    CHECK(!may_capture(&p, voyage, ""));
    CHECK_INT(searched(&p, voyage), 0);
    snprintf(p.device.site, sizeof p.device.site, "ATL");
    CHECK(may_capture(&p, voyage, ""));
    struct gw_law_limits limits;
    GW_AUTO(gw_gallery) *g = gw_galleries_get(&limits, p.s->galleries, voyage, "ATL", &err);
    CHECK_INT(gw_gallery_persons(g), 1);
    place_done(&p);
}

struct settling {
    struct place *p;
    struct gw_id decline;
};

static bool settle(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    const struct settling *o = arg;
    return gw_decline_settle(tx, o->p->s, o->decline, e);
}

static bool settle_decline(struct place *p, struct gw_id decline)
{
    return gw_store_write(p->s->store, settle, &(struct settling){ p, decline }, &err);
}

/* From decline to what is done instead, counted by day and site and once. */
static void how_long_it_took(void **state)
{
    (void)state;
    struct place p;
    const struct person persons[] = { { "USA", "1980-01-01", NULL }, { "JPN", "1980-01-01", NULL } };
    struct gw_decline a, b;
    struct gw_decline_report r;
    struct gw_caller who;
    open_at(&p, MIDNIGHT_US, "ATL");
    const struct gw_id voyage = announce(&p, "\"mode\":\"air\",\"direction\":\"departure\",\"from\":\"ATL\",\"to\":\"LHR\"", persons, 2);
    CHECK_OK(gw_service_decline(&a, p.s, &p.device, voyage, &(struct gw_decline_ask){ .named = { .reference = gw_span_str("r0") } }, NULL, &err));
    CHECK_INT(a.alternative, GW_ALTERNATIVE_DOCUMENT_INSPECTION);
    CHECK_TEXT(a.language, "en");
    CHECK_OK(gw_service_decline(&b, p.s, &p.device, voyage, &(struct gw_decline_ask){ .named = { .reference = gw_span_str("r1") }, .language = gw_span_str("es") }, NULL, &err));
    CHECK_INT(b.alternative, GW_ALTERNATIVE_OFFICER_REFERRAL);
    CHECK_TEXT(b.language, "es");
    set_clock(&p, MIDNIGHT_US + 90 * SECOND_US);
    CHECK_OK(settle_decline(&p, a.id));
    set_clock(&p, MIDNIGHT_US + 9000 * SECOND_US);
    CHECK_OK(settle_decline(&p, a.id)); /* again: not counted again */
    CHECK_OK(settle_decline(&p, b.id));
    CHECK_OK(gw_service_decline_report(&r, p.a, p.s, &p.auditor, (struct gw_date){ 2025, 12, 26 }, (struct gw_date){ 2025, 12, 27 }, &err));
    CHECK_INT(r.n, 1);
    CHECK_TEXT(r.rows[0].site, "ATL");
    CHECK_INT(r.rows[0].declined, 2);
    CHECK_INT(r.rows[0].settled, 2);
    CHECK_INT(r.rows[0].sum_us, 9090 * SECOND_US);
    CHECK_INT(r.rows[0].settled_within[3], 0); /* a minute */
    CHECK_INT(r.rows[0].settled_within[4], 1); /* two */
    CHECK_INT(r.rows[0].settled_within[8], 1); /* an hour */
    struct gw_counters c;
    gw_service_counters(&c, p.s);
    CHECK_INT(c.alternatives.buckets[4], 1);
    CHECK_INT(c.alternatives.buckets[9], 1);
    /* The counts outlive the voyage; nothing else of it does. */
    struct gw_close closed;
    struct gw_purge purged;
    CHECK_OK(gw_service_close_voyage(&closed, p.a, p.s, &p.officer, voyage, &(struct gw_close_ask){}, NULL, &err));
    set_clock(&p, MIDNIGHT_US + 100 * 24 * HOUR_US);
    CHECK_OK(gw_purge_now(&purged, p.s, &err));
    CHECK_OK(gw_service_decline_report(&r, p.a, p.s, &p.auditor, (struct gw_date){}, (struct gw_date){}, &err));
    CHECK_INT(r.rows[0].declined, 2);
    /* Not for those who have no part in it. */
    who = p.device;
    CHECK_FAILS(gw_service_decline_report(&r, p.a, p.s, &who, (struct gw_date){}, (struct gw_date){}, &err), GW_ERR_FORBIDDEN);
    place_done(&p);
}

/* ---- what a manifest says of somebody, as the rules see it ------------------------------- */

#define AT_JFK "\"mode\":\"air\",\"direction\":\"arrival\",\"from\":\"LHR\",\"to\":\"JFK\""

static const struct fact_row {
    const char *label, *authority, *site, *traveler, *want; /* the rule; traveler: JSON */
} fact_rows[] = {
    { "nothing but a passport", "US", "JFK", "{\"nationality\":\"FRA\",\"documents\":[{\"type\":\"P\",\"number\":\"1\",\"issuing_state\":\"FRA\"}]", "unrecorded-required" },
    { "a visa class", "US", "JFK", "{\"nationality\":\"FRA\",\"status\":\"B-2\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "alien-required" },
    { "the same as visas write it", "US", "JFK", "{\"nationality\":\"FRA\",\"status\":\"b2\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "alien-required" },
    { "a diplomat's visa class", "US", "JFK", "{\"nationality\":\"FRA\",\"status\":\"A-1\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "official-exempt" },
    { "the same as visas write it", "US", "JFK", "{\"nationality\":\"FRA\",\"status\":\"A1\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "official-exempt" },
    { "NATO without hyphen", "US", "JFK", "{\"nationality\":\"FRA\",\"status\":\"NATO2\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "official-exempt" },
    { "a class like another's beginning", "US", "JFK", "{\"nationality\":\"FRA\",\"status\":\"A-11\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "alien-required" },
    { "a diplomat's passport and no class", "US", "JFK", "{\"nationality\":\"FRA\",\"documents\":[{\"type\":\"PD\",\"number\":\"1\"}]", "official-exempt" },
    { "a diplomat's passport as the second document", "US", "JFK", "{\"nationality\":\"FRA\",\"documents\":[{\"type\":\"V\",\"number\":\"2\"},{\"type\":\"PD\",\"number\":\"1\"}]", "official-exempt" },
    { "a diplomat's passport and a visitor's class", "US", "JFK", "{\"nationality\":\"FRA\",\"status\":\"B-2\",\"documents\":[{\"type\":\"PD\",\"number\":\"1\"}]", "alien-required" },
    { "permanent residence", "US", "JFK", "{\"nationality\":\"MEX\",\"permanent_resident\":true,\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "resident-required" },
    { "permanent residence as a class", "US", "JFK", "{\"nationality\":\"MEX\",\"status\":\"LPR\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "resident-required" },
    { "no permanent residence", "US", "JFK", "{\"nationality\":\"MEX\",\"permanent_resident\":false,\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "unrecorded-required" },
    { "a permanent resident card as its zone writes it", "US", "JFK", "{\"nationality\":\"MEX\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"},{\"type\":\"C1\",\"number\":\"2\",\"issuing_state\":\"USA\"}]", "resident-required" },
    { "a permanent resident card as PAXLST writes it", "US", "JFK", "{\"nationality\":\"MEX\",\"documents\":[{\"type\":\"C\",\"number\":\"2\",\"issuing_state\":\"USA\"}]", "resident-required" },
    { "a card for work is none", "US", "JFK", "{\"nationality\":\"MEX\",\"documents\":[{\"type\":\"IA\",\"number\":\"2\",\"issuing_state\":\"USA\"}]", "unrecorded-required" },
    { "a resident's card of another state", "US", "JFK", "{\"nationality\":\"MEX\",\"documents\":[{\"type\":\"C\",\"number\":\"2\",\"issuing_state\":\"CAN\"}]", "unrecorded-required" },
    { "a card that does not say whose it is", "US", "JFK", "{\"nationality\":\"MEX\",\"documents\":[{\"type\":\"C\",\"number\":\"2\"}]", "undetermined" },
    { "no document", "US", "JFK", "{\"nationality\":\"MEX\",\"surname\":\"S\",\"documents\":[]", "undetermined" },
    { "a crew member", "US", "JFK", "{\"kind\":\"crew\",\"nationality\":\"PHL\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "unrecorded-required" },
    { "a crew member with a class", "US", "JFK", "{\"kind\":\"crew\",\"nationality\":\"PHL\",\"status\":\"D\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "alien-required" },
    { "a residence permit of a Schengen state", "EU", "FRA", "{\"nationality\":\"TUR\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"},{\"type\":\"AR\",\"number\":\"2\",\"issuing_state\":\"D\"}]", "residence-exempt" },
    { "a card that a Schengen state gave to somebody else's citizen", "EU", "FRA", "{\"nationality\":\"TUR\",\"documents\":[{\"type\":\"I\",\"number\":\"2\",\"issuing_state\":\"FRA\"}]", "residence-exempt" },
    { "an identity card of his own state", "EU", "FRA", "{\"nationality\":\"TUR\",\"documents\":[{\"type\":\"I\",\"number\":\"2\",\"issuing_state\":\"TUR\"}]", "national-required" },
    { "a residence permit of a state outside", "EU", "FRA", "{\"nationality\":\"TUR\",\"documents\":[{\"type\":\"IR\",\"number\":\"2\",\"issuing_state\":\"GBR\"}]", "national-required" },
    { "a short-stay visa's class", "EU", "FRA", "{\"nationality\":\"IND\",\"status\":\"C\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "visa-required" },
    { "a crew certificate", "EU", "FRA", "{\"nationality\":\"PHL\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"},{\"type\":\"AC\",\"number\":\"2\"}]", "others-exempt" },
    { "a crew member", "EU", "FRA", "{\"kind\":\"crew\",\"nationality\":\"PHL\",\"documents\":[{\"type\":\"P\",\"number\":\"1\"}]", "others-exempt" },
};

static void facts(void **state)
{
    const struct fact_row *row = *state;
    struct place p;
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_law) law = {};
    struct gw_manifest_traveler t;
    open_at(&p, MIDNIGHT_US - SECOND_US, row->site);
    snprintf(p.s->authority, sizeof p.s->authority, "%s", row->authority);
    gw_buf_addf(&text, "%s,\"birth_date\":\"1980-01-01\"}", row->traveler);
    CHECK_OK(gw_manifest_traveler_parse_json(&t, p.a, gw_buf_span(&text), &err));
    const struct gw_voyage_row voyage = { .mode = GW_MODE_AIR, .direction = GW_DIRECTION_ARRIVAL, .from = gw_span_str("LHR"), .to = gw_span_str(row->site) };
    gw_law_at(&law, p.s, &voyage, "");
    const struct gw_pack_rule *rule = gw_law_rule(&law, &t);
    CHECK(rule != NULL);
    CHECK_TEXT(rule->id, row->want);
    place_done(&p);
}

/* Told by one message, kept when another comes that has no place for it, and changed by one that says it anew. */
static void a_class_once_told(void **state)
{
    (void)state;
    struct place p;
    open_at(&p, MIDNIGHT_US - SECOND_US, "JFK");
    struct person person = { "FRA", "1980-01-01", ",\"status\":\"A-1\"" };
    const struct gw_id voyage = announce(&p, AT_JFK, &person, 1);
    CHECK(!may_capture(&p, voyage, "P00000"));
    CHECK_INT(to_photograph(&p, voyage), 0);
    person.more = ",\"seat\":\"12A\"";
    announce(&p, AT_JFK, &person, 1);
    CHECK(!may_capture(&p, voyage, "P00000"));
    person.more = ",\"seat\":\"12A\",\"status\":\"B-2\"";
    announce(&p, AT_JFK, &person, 1);
    CHECK(may_capture(&p, voyage, "P00000"));
    CHECK_INT(to_photograph(&p, voyage), 1);
    place_done(&p);
}

/* ---- what may leave ------------------------------------------------------------------- */

static const struct leaving_row {
    const char *label, *site, *nationality, *birth_date;
    bool before, after; /* does the live picture go to the register, under the rule of 2008 and that of 2025? */
} leaving_rows[] = {
    { "a visitor's picture, at a pilot port", "ATL", "JPN", "1980-01-01", true, true },
    { "a visitor's picture, elsewhere", "BOS", "JPN", "1980-01-01", false, true },
    { "a child's picture", "ATL", "JPN", "2015-01-01", false, true },
    { "a citizen's picture", "ATL", "USA", "1980-01-01", false, false },
    { "a picture of somebody who may be a citizen", "ATL", NULL, "1980-01-01", false, false },
};

static void check_leaving(struct place *p, const struct leaving_row *row, bool may)
{
    GW_AUTO_VALUE(gw_law) law = {};
    const struct gw_voyage_row voyage = { .mode = GW_MODE_AIR, .direction = GW_DIRECTION_DEPARTURE, .from = gw_span_str(row->site), .to = gw_span_str("LHR") };
    struct gw_manifest_document passport = { .type = gw_span_str("P"), .number = gw_span_str("P00000"), .issuing_state = gw_span_str("UTO") };
    const struct gw_manifest_traveler t = {
        .documents = &passport,
        .n_documents = 1,
        .nationality = gw_span_str(row->nationality == NULL ? "" : row->nationality),
        .birth_date = { (int16_t)atoi(row->birth_date), 1, 1 },
    };
    gw_law_at(&law, p->s, &voyage, "");
    const struct gw_pack_rule *rule = gw_law_rule(&law, &t);
    struct gw_clocks clocks = { .now_us = gw_clock_now(&p->s->clock) };
    struct gw_transfer out;
    gw_clocks_set(&clocks, GW_STARTS_VERIFICATION, clocks.now_us);
    for (int d = 0; d < GW_DATUM_COUNT; d++)
        CHECK_INT(gw_law_transfer(&out, &law, rule, (enum gw_datum)d, &clocks), may && d == GW_DATUM_PROBE);
    CHECK(!gw_law_transfer(&out, &law, NULL, GW_DATUM_PROBE, &clocks));
    CHECK(!gw_law_transfer(&out, &(struct gw_law){}, rule, GW_DATUM_PROBE, &clocks)); /* no pack in force */
    if (may && gw_law_transfer(&out, &law, rule, GW_DATUM_PROBE, &clocks)) {
        CHECK_TEXT(out.to, "identity_register");
        CHECK_INT(out.due_us - clocks.now_us, 14 * 24 * HOUR_US);
        CHECK_INT(out.kept_there.period.years, 75);
    }
}

static void leaving(void **state)
{
    const struct leaving_row *row = *state;
    struct place p;
    open_at(&p, MIDNIGHT_US - SECOND_US, row->site);
    check_leaving(&p, row, row->before);
    set_clock(&p, MIDNIGHT_US);
    check_leaving(&p, row, row->after);
    place_done(&p);
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    check_rows("midnight of 26 December 2025", changes, the_rule_of_2025);
    check_add("midnight", "what is kept for a voyage follows", what_is_kept_follows);
    check_rows("at midnight who turns 14 may be photographed, who turns 80 may not", birthday_rows, birthdays);
    check_add("midnight", "between search and decision clears nobody", midnight_between_search_and_decision);
    check_add("site", "each has its own law and gallery", each_site_its_own);
    check_add("decline", "how long it took is counted, without a person", how_long_it_took);
    check_rows("facts", fact_rows, facts);
    check_add("facts", "a class once told stays told", a_class_once_told);
    check_rows("leaving", leaving_rows, leaving);
    return check_done();
}
