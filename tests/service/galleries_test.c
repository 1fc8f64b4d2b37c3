/* galleries_test.c - who is in a voyage's gallery with which portraits: the best of each, exactly,
 * while travelers and portraits come and go. */
#include "tests/service/place.h"

enum { PEOPLE = 12 };

static struct place p;
static struct gw_id voyage;
static struct gw_err err;

static struct gw_gallery *now(void)
{
    struct gw_law_limits limits;
    struct gw_gallery *g = gw_galleries_get(&limits, p.s->galleries, voyage, "", &err);
    if (g == NULL)
        fail_msg("%s", err.text);
    return g;
}

/* Traveler i's portraits in the gallery, best first, as face numbers: "3 103". */
static const char *portraits_of(unsigned i)
{
    static char text[128];
    GW_AUTO(gw_gallery) *g = now();
    struct gw_traveler_page page;
    char reference[16];
    *text = 0;
    snprintf(reference, sizeof reference, "r%u", i);
    CHECK_OK(gw_service_travelers(&page, p.a, p.s, &p.officer, voyage, (struct gw_span){}, 500, &err));
    for (size_t t = 0; t < page.n; t++) {
        if (strcmp(page.travelers[t].reference, reference) != 0)
            continue;
        const size_t n = gw_gallery_portraits(g, page.travelers[t].id);
        for (size_t at = 0; at < n; at++)
            for (unsigned k = 0; k < 10; k++) {
                struct gw_hit hit;
                const struct gw_template probe = face(i + 100 * k);
                if (gw_gallery_score_person(&hit, g, page.travelers[t].id, &probe) && hit.score > GW_SCORE_ONE / 10 * 9 && hit.portrait == at)
                    snprintf(text + strlen(text), sizeof text - strlen(text), "%s%u", *text == 0 ? "" : " ", i + 100 * k);
            }
    }
    return text;
}

static void portrait(unsigned i, unsigned kind, enum gw_portrait_source source, struct gw_date captured_on)
{
    struct gw_portrait_receipt r;
    char number[16];
    snprintf(number, sizeof number, "P%05u", i);
    CHECK_OK(send_portrait_as(&r, &p, &p.carrier, number, i + 100 * kind, source, captured_on, &err));
}

static void open_place(void)
{
    struct gw_manifest_receipt m;
    err = (struct gw_err){};
    place_init(&p);
    CHECK_OK(gw_conf_set(&p.conf, "gallery.portraits", "3", "test", &err));
    CHECK_OK(place_open(&p, &err));
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", PEOPLE, ""), NULL, &err));
    voyage = m.voyage;
}

static void ranked_test(void **state)
{
    (void)state;
    open_place();
    portrait(1, 1, GW_PORTRAIT_VISA, (struct gw_date){ 2025, 6, 1 });
    CHECK_TEXT(portraits_of(1), "101");
    portrait(1, 2, GW_PORTRAIT_CHIP, (struct gw_date){ 2024, 6, 1 });
    CHECK_TEXT(portraits_of(1), "201 101");
    portrait(1, 3, GW_PORTRAIT_APPLICATION, (struct gw_date){ 2024, 6, 1 });
    CHECK_TEXT(portraits_of(1), "201 101 301");
    /* A fourth: the worst gives way, whichever it is. */
    portrait(1, 4, GW_PORTRAIT_ENCOUNTER, (struct gw_date){ 2026, 11, 1 });
    CHECK_TEXT(portraits_of(1), "201 101 401");
    portrait(1, 5, GW_PORTRAIT_PASSPORT, (struct gw_date){ 2010, 1, 1 });
    CHECK_TEXT(portraits_of(1), "201 101 401");
    /* A newer chip takes the older one's place. */
    portrait(1, 6, GW_PORTRAIT_CHIP, (struct gw_date){ 2026, 1, 1 });
    CHECK_TEXT(portraits_of(1), "601 101 401");
    place_done(&p);
}

static void portrait_of(const struct gw_caller *who, unsigned kind, enum gw_portrait_source source, struct gw_date captured_on)
{
    struct gw_portrait_receipt r;
    CHECK_OK(send_portrait_as(&r, &p, who, "P00001", 1 + 100 * kind, source, captured_on, &err));
}

/* What a carrier says of a picture does not put it before what it cannot replace. */
static void authority_test(void **state)
{
    (void)state;
    open_place();
    portrait(1, 1, GW_PORTRAIT_PASSPORT, (struct gw_date){ 2026, 11, 1 });
    portrait(1, 2, GW_PORTRAIT_VISA, (struct gw_date){ 2022, 6, 1 });
    CHECK_TEXT(portraits_of(1), "101 201");
    /* The same source, years older and yet before it: so it stands behind other sources, too. */
    portrait_of(&p.admin, 3, GW_PORTRAIT_PASSPORT, (struct gw_date){ 2020, 6, 1 });
    CHECK_TEXT(portraits_of(1), "201 301 101");
    portrait(1, 4, GW_PORTRAIT_CHIP, (struct gw_date){ 2025, 6, 1 });
    CHECK_TEXT(portraits_of(1), "401 201 301");
    /* Between sources the points decide, whoever sent them. */
    portrait_of(&p.admin, 5, GW_PORTRAIT_APPLICATION, (struct gw_date){ 2016, 6, 1 });
    CHECK_TEXT(portraits_of(1), "401 201 301");
    portrait_of(&p.admin, 6, GW_PORTRAIT_PASSPORT, (struct gw_date){ 2026, 10, 1 });
    CHECK_TEXT(portraits_of(1), "601 101 401");
    gw_galleries_drop(p.s->galleries, voyage);
    CHECK_TEXT(portraits_of(1), "601 101 401");
    place_done(&p);
}

/* The threshold follows what is searched, not what is kept. */
static void threshold_test(void **state)
{
    struct gw_verification v;
    (void)state;
    open_place();
    for (unsigned kind = 1; kind <= 5; kind++)
        portrait(2, kind, (enum gw_portrait_source)(kind - 1), (struct gw_date){ 2026, 1, 1 });
    GW_AUTO(gw_gallery) *g = now();
    CHECK_INT(gw_gallery_templates(g), 3);
    CHECK_INT(gw_gallery_persons(g), 1);
    const struct gw_template best = face(102), left_out = face(502);
    CHECK_OK(send_probe(&v, &p, &p.device, voyage, &left_out, NULL, &err));
    CHECK(v.answer != GW_ANSWER_CLEAR);
    CHECK_OK(send_probe(&v, &p, &p.device, voyage, &best, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_CLEAR);
    CHECK_TEXT(v.reference, "r2");
    place_done(&p);
}

/* Changed one by one, it is what it would be built from nothing. */
static void exact_test(void **state)
{
    struct gw_manifest_receipt m;
    (void)state;
    open_place();
    for (unsigned i = 1; i <= PEOPLE; i++)
        for (unsigned kind = 1; kind <= i % 5; kind++)
            portrait(i, kind, (enum gw_portrait_source)(kind - 1), (struct gw_date){ (int16_t)(2015 + i + kind), 1, 1 });
    GW_AUTO(gw_gallery) *before = now();
    /* While boarding: somebody leaves, somebody comes, one portrait is replaced, one more is sent. */
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", PEOPLE - 1, ""), NULL, &err));
    GW_AUTO(gw_gallery) *less = now();
    CHECK_INT(gw_gallery_persons(less), gw_gallery_persons(before) - 1);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", PEOPLE + 1, ""), NULL, &err));
    portrait(3, 9, GW_PORTRAIT_CHIP, (struct gw_date){ 2026, 10, 1 });
    portrait(PEOPLE + 1, 1, GW_PORTRAIT_VISA, (struct gw_date){ 2026, 10, 1 });
    GW_AUTO(gw_gallery) *followed = now();
    CHECK_INT(gw_gallery_persons(followed), gw_gallery_persons(before) + 1);
    gw_galleries_drop(p.s->galleries, voyage);
    GW_AUTO(gw_gallery) *anew = now();
    CHECK(anew != followed);
    CHECK_INT(gw_gallery_persons(anew), gw_gallery_persons(followed));
    CHECK_INT(gw_gallery_templates(anew), gw_gallery_templates(followed));
    for (size_t i = 0; i < gw_gallery_persons(anew); i++) {
        const struct gw_id who = gw_gallery_person(anew, i);
        CHECK(gw_id_equal(who, gw_gallery_person(followed, i)));
        for (unsigned number = 1; number < 1000; number++) {
            struct gw_hit a, b;
            const struct gw_template probe = face(number);
            CHECK(gw_gallery_score_person(&a, anew, who, &probe) && gw_gallery_score_person(&b, followed, who, &probe));
            CHECK(a.score == b.score && a.portrait == b.portrait);
        }
    }
    place_done(&p);
}

/* A declined traveler is in no gallery; nobody is when the voyage is closed, and the memory is given back. */
static void over_test(void **state)
{
    struct gw_counters c;
    (void)state;
    open_place();
    portrait(1, 1, GW_PORTRAIT_CHIP, (struct gw_date){});
    portrait(2, 1, GW_PORTRAIT_CHIP, (struct gw_date){});
    struct gw_decline d;
    const struct gw_decline_ask ask = { .named = { .reference = gw_span_str("r1") } };
    CHECK_OK(gw_service_decline(&d, p.s, &p.device, voyage, &ask, NULL, &err));
    GW_AUTO(gw_gallery) *g = now();
    CHECK_INT(gw_gallery_persons(g), 1);
    gw_service_counters(&c, p.s);
    CHECK_INT(c.gallery_templates, 1);
    CHECK(c.gallery_bytes > 0);
    struct gw_close report;
    CHECK_OK(gw_service_close_voyage(&report, p.a, p.s, &p.officer, voyage, &(struct gw_close_ask){}, NULL, &err));
    gw_service_counters(&c, p.s);
    CHECK_INT(c.galleries, 0);
    CHECK_INT(c.gallery_bytes, 0);
    place_done(&p);
}

/* Builders follow by themselves, and leave when the service does. */
static void builders_test(void **state)
{
    (void)state;
    open_place();
    CHECK_OK(gw_galleries_start(p.s->galleries, 3, &err));
    for (unsigned i = 1; i <= PEOPLE; i++)
        portrait(i, 1, GW_PORTRAIT_CHIP, (struct gw_date){});
    bool built = false;
    for (int tries = 0; tries < 2000 && !built; tries++) {
        GW_AUTO(gw_gallery) *g = NULL;
        built = gw_galleries_state(&g, p.s->galleries, voyage) == GW_GALLERY_READY && gw_gallery_persons(g) == PEOPLE;
        usleep(5000);
    }
    CHECK(built);
    place_done(&p);
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    check_add("several portraits", "are ranked, and the worst gives way", ranked_test);
    check_add("several portraits", "a carrier's does not stand before an authority's own of its source", authority_test);
    check_add("several portraits", "the threshold follows those that are searched", threshold_test);
    check_add("a gallery", "changed while boarding is the one built from nothing", exact_test);
    check_add("a gallery", "lets go of who declined, and of everybody at the close", over_test);
    check_add("builders", "follow by themselves", builders_test);
    return check_done();
}
