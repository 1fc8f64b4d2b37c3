/* voyage_test.c - from manifest to purge, without pictures: what merges, who may, what
 * is decided, what is left. */
#include "audit/receipt.h"
#include "tests/service/place.h"

static struct gw_err err;

static void a_whole_departure(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_portrait_receipt portrait;
    struct gw_manifest_receipt m;
    struct gw_verification v;

    /* One portrait before the manifest, others after. */
    CHECK_OK(send_portrait(&portrait, &p, "P00001", 1, GW_PORTRAIT_PASSPORT, &err));
    CHECK_INT(portrait.voyages, 0);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 5, ""), NULL, &err));
    CHECK(m.created && !m.late);
    CHECK_INT(m.n_travelers, 5);
    CHECK_INT(m.n_statuses, 5);
    CHECK_INT(m.statuses[0].portraits, 1);
    CHECK_INT(m.statuses[1].portraits, 0);
    for (unsigned i = 2; i <= 4; i++) {
        char number[16];
        snprintf(number, sizeof number, "p-%05u", i); /* blanks, hyphens and case do not matter */
        CHECK_OK(send_portrait(&portrait, &p, number, i, GW_PORTRAIT_VISA, &err));
        CHECK(portrait.created);
        CHECK_INT(portrait.voyages, 1);
    }
    struct gw_readiness r;
    CHECK_OK(gw_service_readiness(&r, p.a, p.s, &p.carrier, m.voyage, &err));
    CHECK_INT(r.expected, 5);
    CHECK_INT(r.covered, 4);
    CHECK_INT(r.n_uncovered, 1);
    CHECK_TEXT(r.uncovered[0].reference, "r5");

    /* Cleared once, and only once. */
    struct gw_template one = face(1), two = face(2), stranger = face(99);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &one, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_CLEAR);
    CHECK(v.has_traveler);
    CHECK_TEXT(v.reference, "r1");
    CHECK_TEXT(v.seat, "1A");
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &one, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_INSPECT);
    CHECK(!v.has_traveler);
    CHECK_INT(last_reason(&p, m.voyage), GW_REASON_ALREADY_CLEARED);

    /* A stranger may try as often as is allowed, then a human looks. */
    for (unsigned i = 1; i <= 3; i++) {
        CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &stranger, NULL, &err));
        CHECK_INT(v.attempt, i);
        CHECK_INT(v.answer, i < 3 ? GW_ANSWER_RETRY : GW_ANSWER_INSPECT);
        CHECK_INT(v.attempts_left, 3 - i);
    }
    /* The next person starts anew; so does another device, and a device after a pause. */
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &stranger, NULL, &err));
    CHECK_INT(v.attempt, 1);
    struct gw_caller second = p.device;
    second.token.bytes[15] = 1;
    CHECK_OK(send_probe(&v, &p, &second, m.voyage, &stranger, NULL, &err));
    CHECK_INT(v.attempt, 1);
    p.s->clock.fixed_us += p.conf.verify_attempt_window + 1;
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &stranger, NULL, &err));
    CHECK_INT(v.attempt, 1);

    /* Who declines is searched for no more, and the series ends. */
    struct gw_decline d;
    CHECK_OK(gw_service_decline(&d, p.s, &p.device, m.voyage, &(struct gw_decline_ask){ .named.reference = gw_span_str("r2") },
        NULL, &err));
    CHECK(d.has_traveler);
    CHECK_TEXT(d.seat, "2A");
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &two, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_RETRY);
    CHECK_INT(v.attempt, 1);
    CHECK_INT(last_reason(&p, m.voyage), GW_REASON_BELOW_THRESHOLD);
    CHECK_OK(gw_service_decline(&d, p.s, &p.device, m.voyage, &(struct gw_decline_ask){}, NULL, &err));
    CHECK(!d.has_traveler);
    CHECK_FAILS(gw_service_decline(&d, p.s, &p.device, m.voyage,
                    &(struct gw_decline_ask){ .named.reference = gw_span_str("r77") }, NULL, &err),
        GW_ERR_NOT_FOUND);
    /* A portrait that comes for him now is not put on this voyage. */
    CHECK_OK(send_portrait(&portrait, &p, "P00002", 2, GW_PORTRAIT_CHIP, &err));
    CHECK_INT(portrait.voyages, 0);

    /* Between two people equally alike the document decides. */
    struct gw_template tie = between(3, 4, 0.5);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &tie, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_INSPECT);
    CHECK_INT(last_reason(&p, m.voyage), GW_REASON_NEAR_TIE);

    struct gw_close c;
    struct gw_manifest_traveler boarded[] = { { .reference = gw_span_str("r1") }, { .reference = gw_span_str("r2") }, { .reference = gw_span_str("r9") } };
    CHECK_OK(gw_service_close_voyage(&c, p.a, p.s, &p.carrier, m.voyage,
        &(struct gw_close_ask){ .list = GW_CLOSE_ON_BOARD, .listed = boarded, .n_listed = GW_COUNT(boarded) }, NULL, &err));
    CHECK_INT(c.boarded, 2);
    CHECK_INT(c.not_boarded, 3);
    CHECK_INT(c.n_unexpected, 1);
    CHECK_TEXT(c.unexpected[0], "r9");
    CHECK_INT(c.purge_us, gw_service_now(p.s) + 12 * HOUR_US);
    CHECK_FAILS(send_probe(&v, &p, &p.device, m.voyage, &one, NULL, &err), GW_ERR_CONFLICT);
    CHECK_FAILS(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 5, ""), NULL, &err), GW_ERR_CONFLICT);
    CHECK_OK(gw_service_close_voyage(&c, p.a, p.s, &p.carrier, c.voyage, &(struct gw_close_ask){}, NULL, &err));
    CHECK(c.already);
    CHECK_INT(c.boarded, 2);
    place_done(&p);
}

static void sent_twice_changes_nothing(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt first, m;
    struct gw_portrait_receipt portrait;
    struct gw_verification v;
    CHECK_OK(send_manifest(&first, &p, &p.carrier, manifest_text(&p, "", 3, ""), NULL, &err));
    CHECK_INT(first.added, 3);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 3, ""), NULL, &err));
    CHECK(!m.created && gw_id_equal(m.voyage, first.voyage));
    CHECK_INT(m.added + m.changed + m.removed, 0);
    for (unsigned i = 1; i <= 4; i++) {
        char number[16];
        snprintf(number, sizeof number, "P%05u", i);
        CHECK_OK(send_portrait(&portrait, &p, number, i, GW_PORTRAIT_CHIP, &err));
    }
    struct gw_template two = face(2), three = face(3), four = face(4);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &two, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_CLEAR);

    /* A later whole list adds, changes and removes; the gallery follows; who is cleared stays cleared. */
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ",{\"surname\":\"NEW\",\"reference\":\"n\",\"seat\":\"9F\","
        "\"documents\":[{\"number\":\"P00004\"}]}"), NULL, &err));
    CHECK_INT(m.added, 1);
    CHECK_INT(m.removed, 1);
    CHECK_INT(m.n_travelers, 3);
    CHECK_INT(m.statuses[1].status, GW_STATUS_CLEARED);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &three, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_RETRY);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &four, NULL, &err)); /* whose state was not announced */
    CHECK_INT(v.answer, GW_ANSWER_CLEAR);
    CHECK_TEXT(v.seat, "9F");

    /* A crew list says nothing about passengers; an update nothing about others. */
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "\"kind\":\"crew_list\",", 0,
        "{\"surname\":\"CAPTAIN\",\"reference\":\"c1\"}"), NULL, &err));
    CHECK_INT(m.removed, 0);
    CHECK_INT(m.n_travelers, 4);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "\"kind\":\"update\",", 0,
        "{\"surname\":\"SURNAME1\",\"reference\":\"r1\",\"seat\":\"30C\"}"), NULL, &err));
    CHECK_INT(m.changed, 1);
    CHECK_INT(m.removed, 0);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "\"function\":\"remove\",", 0, "{\"reference\":\"n\"}"), NULL,
        &err));
    CHECK_INT(m.removed, 1);
    CHECK_INT(m.n_travelers, 3);
    /* Back again: expected, searchable, not cleared. */
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "\"function\":\"add\",", 3, ""), NULL, &err));
    CHECK_INT(m.n_travelers, 4);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &three, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_CLEAR);

    /* When part of a whole list cannot be read, nobody is taken away for it. */
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 1, ",{\"surname\":\"A\",\"surname\":\"B\"}"), NULL, &err));
    CHECK_INT(m.removed, 0);
    CHECK_INT(m.n_problems, 2);
    CHECK_TEXT(m.problems[1].code, "kept");
    place_done(&p);
}

static void newest_of_each_source(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt m;
    struct gw_portrait_receipt first, r;
    struct gw_verification v;
    struct gw_readiness ready;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    const struct gw_date may = { 2026, 5, 1 }, june = { 2026, 6, 1 };
    CHECK_OK(send_portrait_as(&first, &p, &p.carrier, "P00001", 1, GW_PORTRAIT_PASSPORT, may, &err));
    CHECK(first.created);
    /* The same picture again is the same portrait. */
    CHECK_OK(send_portrait_as(&r, &p, &p.carrier, "P00001", 1, GW_PORTRAIT_PASSPORT, may, &err));
    CHECK(!r.created && gw_id_equal(r.portrait, first.portrait));
    CHECK_INT(r.voyages, 1);
    /* A newer one takes its place, an older one does not. */
    CHECK_OK(send_portrait_as(&r, &p, &p.carrier, "P00001", 2, GW_PORTRAIT_PASSPORT, june, &err));
    CHECK(!r.created && !gw_id_equal(r.portrait, first.portrait));
    CHECK_FAILS(send_portrait_as(&r, &p, &p.carrier, "P00001", 3, GW_PORTRAIT_PASSPORT, may, &err), GW_ERR_CONFLICT);
    struct gw_template one = face(1), two = face(2), three = face(3);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &one, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_RETRY);
    /* Another source stands beside it. */
    CHECK_OK(send_portrait_as(&r, &p, &p.carrier, "P00001", 3, GW_PORTRAIT_VISA, may, &err));
    CHECK(r.created);
    CHECK_OK(gw_service_readiness(&ready, p.a, p.s, &p.carrier, m.voyage, &err));
    CHECK_INT(ready.covered, 1);
    CHECK_INT(ready.covered_by_several, 1);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &three, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_CLEAR);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &two, NULL, &err));
    CHECK_INT(last_reason(&p, m.voyage), GW_REASON_ALREADY_CLEARED);
    /* Sent again the day after, it waits a day longer, and the gallery keeps it. */
    p.s->clock.fixed_us += 24 * HOUR_US;
    CHECK_OK(send_portrait_as(&r, &p, &p.carrier, "P00001", 2, GW_PORTRAIT_PASSPORT, june, &err));
    CHECK_OK(gw_service_readiness(&ready, p.a, p.s, &p.carrier, m.voyage, &err));
    CHECK_INT(ready.covered_by_several, 1);
    place_done(&p);
}

/* The same people on a voyage of YY, who fly on with it. */
static const char *connecting_text(struct place *p, unsigned n)
{
    char *text = gw_arena_text(p->a, gw_span_str(manifest_text(p, "", n, "")), NULL);
    memcpy(strstr(text, "\"XX\"") + 1, "YY", 2);
    return text;
}

static unsigned covered(struct place *p, const struct gw_caller *who, struct gw_id voyage)
{
    struct gw_readiness ready;
    CHECK_OK(gw_service_readiness(&ready, p->a, p->s, who, voyage, &err));
    return (unsigned)(ready.covered + 10 * ready.covered_by_several);
}

static void whose_portrait(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt first, second;
    struct gw_portrait_receipt mine, r;
    struct gw_close c;
    struct gw_purge purge;
    const struct gw_date may = { 2026, 5, 1 }, june = { 2026, 6, 1 };
    CHECK_OK(send_manifest(&first, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    CHECK_OK(send_portrait_as(&mine, &p, &p.carrier, "P00001", 1, GW_PORTRAIT_PASSPORT, may, &err));
    CHECK_INT(covered(&p, &p.carrier, first.voyage), 1);
    /* The same document and source, the same picture even, of another carrier: another portrait, which serves nobody yet. */
    CHECK_OK(send_portrait_as(&r, &p, &p.other_carrier, "P00001", 1, GW_PORTRAIT_PASSPORT, may, &err));
    CHECK(r.created && !gw_id_equal(r.portrait, mine.portrait));
    CHECK_INT(r.voyages, 0);
    CHECK_OK(send_portrait_as(&r, &p, &p.other_carrier, "P00001", 9, GW_PORTRAIT_PASSPORT, june, &err));
    CHECK(!r.created);
    CHECK_INT(covered(&p, &p.carrier, first.voyage), 1);
    /* Nor is an older one of ours refused because theirs is newer. */
    CHECK_OK(send_portrait_as(&r, &p, &p.carrier, "P00001", 1, GW_PORTRAIT_PASSPORT, may, &err));
    CHECK(!r.created && gw_id_equal(r.portrait, mine.portrait));
    /* Their voyage comes, and has theirs alone; the authority's own has everybody. */
    CHECK_OK(send_manifest(&second, &p, &p.other_carrier, connecting_text(&p, 2), NULL, &err));
    CHECK_INT(covered(&p, &p.other_carrier, second.voyage), 1);
    CHECK_OK(send_portrait_as(&r, &p, &p.admin, "P00002", 2, GW_PORTRAIT_PASSPORT, may, &err));
    CHECK_INT(r.voyages, 2);
    CHECK_OK(send_portrait_as(&r, &p, &p.other_carrier, "P00002", 8, GW_PORTRAIT_PASSPORT, june, &err));
    CHECK(r.created);
    CHECK_INT(covered(&p, &p.carrier, first.voyage), 2);
    CHECK_INT(covered(&p, &p.other_carrier, second.voyage), 12);
    struct gw_template one = face(1), nine = face(9);
    struct gw_verification v;
    CHECK_OK(send_probe(&v, &p, &p.device, first.voyage, &nine, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_RETRY);
    CHECK_OK(send_probe(&v, &p, &p.device, second.voyage, &one, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_RETRY);
    /* A carrier's waits no longer than that carrier's voyages need it: others that expect the document do not have it. */
    CHECK_OK(gw_service_close_voyage(&c, p.a, p.s, &p.officer, first.voyage, &(struct gw_close_ask){}, NULL, &err));
    p.s->clock.fixed_us = c.purge_us;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.templates, 3); /* of the voyage two, and the one of the two portraits that was sent for it */
    CHECK_INT(covered(&p, &p.other_carrier, second.voyage), 12);
    CHECK_OK(send_portrait_as(&r, &p, &p.carrier, "P00001", 1, GW_PORTRAIT_PASSPORT, may, &err));
    CHECK(r.created);
    /* Who speaks for a carrier without being one is that carrier; a carrier that is none is nobody. */
    const struct gw_caller theirs = { .role = GW_ROLE_ADMIN, .carrier = "YY" }, none = { .role = GW_ROLE_CARRIER };
    CHECK_OK(send_portrait_as(&r, &p, &theirs, "P00001", 9, GW_PORTRAIT_PASSPORT, june, &err));
    CHECK(!r.created);
    CHECK_FAILS(send_portrait_as(&r, &p, &none, "P00001", 9, GW_PORTRAIT_PASSPORT, june, &err), GW_ERR_FORBIDDEN);
    place_done(&p);
}

/* Whoever chose no photo, or left the list, is kept no longer than who was photographed. */
static void portraits_of_the_others(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt m;
    struct gw_portrait_receipt r;
    struct gw_close c;
    struct gw_purge purge;
    struct gw_decline d;
    const struct gw_date may = { 2026, 5, 1 };
    static const char *const numbers[] = { "P00001", "P00002", "P00003" };
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 3, ""), NULL, &err));
    for (unsigned i = 0; i < 3; i++)
        CHECK_OK(send_portrait_as(&r, &p, &p.carrier, numbers[i], i + 1, GW_PORTRAIT_PASSPORT, may, &err));
    CHECK_INT(covered(&p, &p.carrier, m.voyage), 3);
    CHECK_OK(gw_service_decline(&d, p.s, &p.device, m.voyage, &(struct gw_decline_ask){ .named = { .reference = gw_span_str("r1") } }, NULL, &err));
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err)); /* r3 is off the list */
    CHECK_INT(m.removed, 1);
    CHECK_OK(gw_service_close_voyage(&c, p.a, p.s, &p.officer, m.voyage, &(struct gw_close_ask){}, NULL, &err));
    p.s->clock.fixed_us = c.purge_us;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    for (unsigned i = 0; i < 3; i++) {
        CHECK_OK(send_portrait_as(&r, &p, &p.carrier, numbers[i], i + 1, GW_PORTRAIT_PASSPORT, may, &err));
        CHECK(r.created);
    }
    place_done(&p);
}

static void who_may(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt m;
    struct gw_voyage v;
    struct gw_voyage_page page;
    struct gw_traveler_page travelers;
    struct gw_verification_page verifications;
    struct gw_close c;
    struct gw_decline d;
    CHECK_FAILS(send_manifest(&m, &p, &p.other_carrier, manifest_text(&p, "", 2, ""), NULL, &err), GW_ERR_FORBIDDEN);
    CHECK_FAILS(send_manifest(&m, &p, &p.device, manifest_text(&p, "", 2, ""), NULL, &err), GW_ERR_FORBIDDEN);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    CHECK_FAILS(gw_service_voyage(&v, p.a, p.s, &p.other_carrier, m.voyage, &err), GW_ERR_NOT_FOUND);
    CHECK_FAILS(gw_service_voyage(&v, p.a, p.s, &p.other_device, m.voyage, &err), GW_ERR_NOT_FOUND);
    CHECK_FAILS(gw_service_voyage(&v, p.a, p.s, &p.auditor, m.voyage, &err), GW_ERR_FORBIDDEN);
    CHECK_OK(gw_service_voyage(&v, p.a, p.s, &p.device, m.voyage, &err));
    CHECK_INT(v.by_status[GW_STATUS_EXPECTED], 2);
    const struct gw_voyage_filter all = {};
    CHECK_OK(gw_service_voyages(&page, p.a, p.s, &p.other_carrier, &all, &err));
    CHECK_INT(page.n, 0);
    CHECK_OK(gw_service_voyages(&page, p.a, p.s, &p.officer, &all, &err));
    CHECK_INT(page.n, 1);
    CHECK_FAILS(gw_service_travelers(&travelers, p.a, p.s, &p.device, m.voyage, (struct gw_span){}, 0, &err), GW_ERR_FORBIDDEN);
    CHECK_FAILS(gw_service_travelers(&travelers, p.a, p.s, &p.admin, m.voyage, (struct gw_span){}, 0, &err), GW_ERR_FORBIDDEN);
    CHECK_OK(gw_service_travelers(&travelers, p.a, p.s, &p.carrier, m.voyage, (struct gw_span){}, 1, &err));
    CHECK_INT(travelers.n, 1);
    CHECK_TEXT(travelers.travelers[0].surname, "SURNAME1");
    CHECK_OK(gw_service_travelers(&travelers, p.a, p.s, &p.carrier, m.voyage, gw_span_str(travelers.cursor), 1, &err));
    CHECK_TEXT(travelers.travelers[0].reference, "r2");
    CHECK(travelers.cursor == NULL);
    CHECK_FAILS(gw_service_verifications(&verifications, p.a, p.s, &p.carrier, m.voyage, (struct gw_span){}, 0, &err),
        GW_ERR_FORBIDDEN);
    CHECK_FAILS(gw_service_decline(&d, p.s, &p.other_device, m.voyage, &(struct gw_decline_ask){}, NULL, &err), GW_ERR_NOT_FOUND);
    CHECK_FAILS(gw_service_close_voyage(&c, p.a, p.s, &p.other_carrier, m.voyage, &(struct gw_close_ask){}, NULL, &err),
        GW_ERR_NOT_FOUND);
    CHECK_FAILS(gw_service_close_voyage(&c, p.a, p.s, &p.device, m.voyage, &(struct gw_close_ask){}, NULL, &err),
        GW_ERR_FORBIDDEN);
    struct gw_worker *w = gw_worker_new(p.s);
    struct gw_verification out;
    CHECK_FAILS(gw_service_verify(&out, p.s, w, &p.officer, m.voyage, &(struct gw_verify_ask){}, NULL, &err), GW_ERR_FORBIDDEN);
    CHECK_FAILS(gw_service_verify(&out, p.s, w, &p.device, m.voyage, &(struct gw_verify_ask){}, NULL, &err), GW_ERR_UNAVAILABLE);
    gw_worker_free(w);
    place_done(&p);
}

static void a_board_in_pages(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    for (int i = 0; i < 7; i++) {
        char text[400];
        struct gw_manifest_receipt m;
        snprintf(text, sizeof text, "{\"voyage\":{\"mode\":\"%s\",\"carrier\":\"XX\",\"number\":\"%d\",\"from\":\"%s\",\"to\":\"JFK\","
            "\"departure\":\"2026-11-2%dT10:00:00Z\"},\"travelers\":[]}", i == 3 ? "sea" : "air", i, i % 2 ? "YVR" : "SEA", 3 + i / 2);
        CHECK_OK(send_manifest(&m, &p, &p.carrier, text, NULL, &err));
    }
    struct gw_voyage_filter f = { .limit = 2 };
    struct gw_voyage_page page;
    size_t n = 0;
    int64_t last = 0;
    do {
        CHECK_OK(gw_service_voyages(&page, p.a, p.s, &p.officer, &f, &err));
        for (size_t i = 0; i < page.n; i++, n++) {
            CHECK(page.voyages[i].departure.us >= last);
            last = page.voyages[i].departure.us;
        }
        f.cursor = gw_span_str(page.cursor);
    } while (page.cursor != NULL);
    CHECK_INT(n, 7);
    f = (struct gw_voyage_filter){ .has_mode = true, .mode = GW_MODE_SEA };
    CHECK_OK(gw_service_voyages(&page, p.a, p.s, &p.officer, &f, &err));
    CHECK_INT(page.n, 1);
    f = (struct gw_voyage_filter){ .port = gw_span_str("sea") };
    CHECK_OK(gw_service_voyages(&page, p.a, p.s, &p.officer, &f, &err));
    CHECK_INT(page.n, 4);
    CHECK_OK(gw_service_voyages(&page, p.a, p.s, &p.device, &(struct gw_voyage_filter){}, &err));
    CHECK_INT(page.n, 3);
    f = (struct gw_voyage_filter){ .cursor = gw_span_str("nonsense") };
    CHECK_FAILS(gw_service_voyages(&page, p.a, p.s, &p.officer, &f, &err), GW_ERR_INVALID);
    f = (struct gw_voyage_filter){ .limit = 501 };
    CHECK_FAILS(gw_service_voyages(&page, p.a, p.s, &p.officer, &f, &err), GW_ERR_INVALID);
    place_done(&p);
}

static void tokens(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_token t, *all;
    struct gw_caller who;
    char secret[GW_TOKEN_TEXT];
    size_t n;
    struct gw_token_new ask = { .role = GW_ROLE_DEVICE, .label = gw_span_str("gate 12"), .site = gw_span_str("yvr") };
    CHECK_FAILS(gw_service_token_new(&t, secret, p.s, &p.officer, &ask, &err), GW_ERR_FORBIDDEN);
    CHECK_OK(gw_service_token_new(&t, secret, p.s, &p.admin, &ask, &err));
    CHECK_INT(strlen(secret), GW_TOKEN_TEXT - 1);
    CHECK_OK(gw_service_token_check(&who, p.s, gw_span_str(secret), &err));
    CHECK_INT(who.role, GW_ROLE_DEVICE);
    CHECK_TEXT(who.site, "YVR");
    CHECK(gw_id_equal(who.token, t.id));
    place_close(&p); /* known again after a restart */
    CHECK_OK(place_open(&p, &err));
    CHECK_OK(gw_service_token_check(&who, p.s, gw_span_str(secret), &err));
    secret[10] ^= 1;
    CHECK_FAILS(gw_service_token_check(&who, p.s, gw_span_str(secret), &err), GW_ERR_UNAUTHORIZED);
    CHECK_FAILS(gw_service_token_check(&who, p.s, gw_span_str(""), &err), GW_ERR_UNAUTHORIZED);
    secret[10] ^= 1;
    p.s->clock.fixed_us = t.expires_us;
    CHECK_FAILS(gw_service_token_check(&who, p.s, gw_span_str(secret), &err), GW_ERR_UNAUTHORIZED);
    p.s->clock.fixed_us = NOW_US;
    CHECK_OK(gw_service_token_revoke(p.s, &p.admin, t.id, &err));
    CHECK_FAILS(gw_service_token_check(&who, p.s, gw_span_str(secret), &err), GW_ERR_UNAUTHORIZED);
    CHECK_OK(gw_service_token_revoke(p.s, &p.admin, t.id, &err));
    CHECK_FAILS(gw_service_token_revoke(p.s, &p.admin, (struct gw_id){ "none" }, &err), GW_ERR_NOT_FOUND);
    CHECK_OK(gw_service_token_list(&all, &n, p.a, p.s, &p.admin, &err));
    CHECK_INT(n, 1);
    CHECK(all[0].has_revoked);
    CHECK_TEXT(all[0].label, "gate 12");
    ask.site = (struct gw_span){};
    CHECK_FAILS(gw_service_token_new(&t, secret, p.s, &p.admin, &ask, &err), GW_ERR_INVALID);
    ask = (struct gw_token_new){ .role = GW_ROLE_CARRIER };
    CHECK_FAILS(gw_service_token_new(&t, secret, p.s, &p.admin, &ask, &err), GW_ERR_INVALID);
    place_done(&p);
}

static void render_manifest(struct gw_buf *body, int *status, const void *answer, void *context)
{
    const struct gw_manifest_receipt *m = ((const struct gw_manifest_receipts *)answer)->of;
    ++*(int *)context;
    *status = m->created ? 201 : 200;
    gw_buf_addf(body, "travelers %zu", m->n_travelers);
}

static void render_verification(struct gw_buf *body, int *status, const void *answer, void *context)
{
    const struct gw_verification *v = answer;
    ++*(int *)context;
    *status = 200;
    gw_buf_addf(body, "%s %s", gw_answer_name(v->answer), v->reference);
}

static struct gw_once once_of(struct place *p, const struct gw_caller *who, const char *key, const char *body, int *rendered)
{
    struct gw_once o;
    (void)p;
    CHECK_OK(gw_once_init(&o, who, gw_span_str(key), gw_span_str("POST /v1/x"), gw_span_str(body), &err));
    o.render = render_manifest;
    o.context = rendered;
    return o;
}

static void asked_again(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt m;
    struct gw_portrait_receipt portrait;
    struct gw_verification v;
    struct gw_id voyage;
    int rendered = 0;
    const char *text = manifest_text(&p, "", 2, "");
    struct gw_once o = once_of(&p, &p.carrier, "k1", text, &rendered);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, text, &o, &err));
    voyage = m.voyage;
    CHECK(!o.replayed);
    CHECK_INT(o.status, 201);
    CHECK_TEXT(gw_buf_text(&o.body), "travelers 2");
    gw_buf_done(&o.body);

    place_close(&p); /* a restart does not forget */
    CHECK_OK(place_open(&p, &err));
    o = once_of(&p, &p.carrier, "k1", text, &rendered);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, text, &o, &err));
    CHECK(o.replayed);
    CHECK_INT(o.status, 201);
    CHECK_TEXT(gw_buf_text(&o.body), "travelers 2");
    CHECK_INT(rendered, 1);
    gw_buf_done(&o.body);

    o = once_of(&p, &p.carrier, "k1", "another body", &rendered);
    CHECK_FAILS(send_manifest(&m, &p, &p.carrier, text, &o, &err), GW_ERR_INVALID);
    gw_buf_done(&o.body);

    /* The same key of another token is another key; a failure is not kept. */
    CHECK_OK(send_portrait(&portrait, &p, "P00001", 1, GW_PORTRAIT_CHIP, &err));
    bool replayed;
    struct gw_template one = face(1);
    for (int i = 0; i < 2; i++) {
        o = once_of(&p, &p.device, "k1", "picture", &rendered);
        o.render = render_verification;
        CHECK_OK(gw_once_enter(p.s, &o, &replayed, &err));
        CHECK_INT(replayed, i == 1);
        struct gw_once twin = o;
        twin.body = (struct gw_buf){};
        CHECK_FAILS(gw_once_enter(p.s, &twin, &replayed, &err), GW_ERR_IN_PROGRESS);
        if (i == 0)
            CHECK_OK(send_probe(&v, &p, &p.device, voyage, &one, &o, &err));
        CHECK_TEXT(gw_buf_text(&o.body), "clear r1"); /* not "inspect": it was not done a second time */
        gw_once_leave(p.s, &o, true);
        gw_buf_done(&o.body);
    }
    /* Kept so long and no longer; with the voyage, its answers go. */
    p.s->clock.fixed_us += p.conf.idempotency_keep + 1;
    o = once_of(&p, &p.carrier, "k1", text, &rendered);
    CHECK_OK(send_manifest(&m, &p, &p.carrier, text, &o, &err));
    CHECK(!o.replayed);
    CHECK_INT(o.status, 200);
    gw_buf_done(&o.body);
    place_done(&p);
}

static bool folder_holds_(const char *folder, const char *needle)
{
    static const char *const names[] = { "gangway.db", "gangway.db-wal", "gangway.db-shm" };
    bool found = false;
    for (size_t i = 0; i < GW_COUNT(names); i++) {
        char path[256];
        GW_AUTO_VALUE(gw_buf) file = {};
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        if (gw_buf_read_file(&file, path, 1 << 30, NULL))
            found = found || memmem(file.data, file.size, needle, strlen(needle)) != NULL;
    }
    return found;
}

/* What outsiders hold of a voyage: the traveler's receipt and the auditor's, with the public key alone. */
static bool receipt_holds_(struct place *p, const struct gw_json *j)
{
    struct gw_note_key key;
    GW_AUTO_VALUE(gw_buf) sentence = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO(gw_json) *again = NULL;
    if (j == NULL || !gw_note_key_parse(&key, gw_span_str(gw_service_audit_key(p->s)), &err))
        return false;
    gw_json_format(&text, j, false);
    again = gw_json_parse(gw_buf_span(&text), &err);
    return gw_receipt_check(&sentence, again, &key, &err);
}

static void nothing_is_left(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt m;
    struct gw_portrait_receipt portrait;
    struct gw_verification v;
    struct gw_close c;
    struct gw_purge purge;
    struct gw_traveler_page travelers;
    struct gw_voyage voyage;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 4, ""), NULL, &err));
    CHECK_OK(send_portrait(&portrait, &p, "P00001", 1, GW_PORTRAIT_CHIP, &err));
    CHECK_OK(send_portrait(&portrait, &p, "P77777", 7, GW_PORTRAIT_CHIP, &err)); /* of somebody on no voyage */
    struct gw_template one = face(1);
    CHECK_OK(send_probe(&v, &p, &p.device, m.voyage, &one, NULL, &err));
    /* Not even while it is open does a name, a number, a reference stand in a file. */
    CHECK(!folder_holds_(p.conf.store_path, "SURNAME"));
    CHECK(!folder_holds_(p.conf.store_path, "P00001"));
    CHECK(folder_holds_(p.conf.store_path, "YVR")); /* the test looks in the right place */

    CHECK_OK(gw_service_close_voyage(&c, p.a, p.s, &p.officer, m.voyage, &(struct gw_close_ask){}, NULL, &err));
    CHECK_INT(c.boarded, 1);
    struct gw_span number = gw_span_str(v.receipt), other_number = gw_span_str("00000000000000000000000000-0000000000000000");
    struct gw_json *receipt = gw_service_receipt(p.a, p.s, number, &err);
    CHECK(receipt_holds_(&p, receipt));
    CHECK(gw_json_kind(gw_json_get(receipt, "destroyed_by")) == GW_JSON_STRING);
    CHECK(gw_json_kind(gw_json_get(receipt, "destroyed_at")) == GW_JSON_NULL);
    gw_json_free(receipt);
    CHECK(gw_service_receipt(p.a, p.s, other_number, &err) == NULL && err.code == GW_ERR_NOT_FOUND);
    CHECK(gw_service_deletion(p.a, p.s, &p.auditor, m.voyage, &err) == NULL && err.code == GW_ERR_NOT_FOUND);
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages, 0);
    CHECK(purge.has_next);
    CHECK_INT(purge.next_us, c.purge_us);

    /* The row and its wrapped key, as they stand in the files before the purge. */
    struct gw_traveler_page before;
    CHECK_OK(gw_service_travelers(&before, p.a, p.s, &p.officer, m.voyage, (struct gw_span){}, 0, &err));
    char id[sizeof(struct gw_id) + 1] = "";
    memcpy(id, before.travelers[0].id.bytes, sizeof(struct gw_id));
    if (memchr(id, 0, sizeof(struct gw_id)) == NULL)
        CHECK(folder_holds_(p.conf.store_path, id));

    p.s->clock.fixed_us = c.purge_us;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages, 1);
    CHECK_INT(purge.travelers, 4);
    CHECK_INT(purge.templates, 2); /* the voyage's, and the portrait it came from: by the pack its clock started at the close */
    CHECK_INT(purge.verifications, 1);
    CHECK(purge.keys >= 1);
    receipt = gw_service_receipt(p.a, p.s, number, &err); /* told long after the purge */
    CHECK(receipt_holds_(&p, receipt));
    CHECK(gw_json_kind(gw_json_get(receipt, "destroyed_at")) == GW_JSON_STRING);
    gw_json_free(receipt);
    receipt = gw_service_deletion(p.a, p.s, &p.auditor, m.voyage, &err);
    CHECK(receipt_holds_(&p, receipt));
    int64_t travelers_gone = 0;
    CHECK(gw_json_get_integer(receipt, "travelers", &travelers_gone));
    CHECK_INT(travelers_gone, 4);
    gw_json_free(receipt);
    CHECK_FAILS(gw_service_travelers(&travelers, p.a, p.s, &p.officer, m.voyage, (struct gw_span){}, 0, &err), GW_ERR_GONE);
    CHECK_OK(gw_service_voyage(&voyage, p.a, p.s, &p.officer, m.voyage, &err)); /* counts stay */
    CHECK_INT(voyage.by_status[GW_STATUS_BOARDED], 1);
    CHECK_INT(voyage.by_status[GW_STATUS_NOT_BOARDED], 3);
    if (memchr(id, 0, sizeof(struct gw_id)) == NULL)
        CHECK(!folder_holds_(p.conf.store_path, id));
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages + purge.templates, 0);

    /* The portrait nobody travels with waits its own time, to the hour. */
    p.s->clock.fixed_us = NOW_US + p.conf.retention_portrait - 1;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.templates, 0);
    p.s->clock.fixed_us += 1;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.templates, 1);
    CHECK_INT(purge.keys, 1);
    CHECK_OK(gw_service_check_store(p.s, &err));
    place_done(&p);
}

static void nobody_closes(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt m;
    struct gw_purge purge;
    struct gw_voyage v;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    p.s->clock.fixed_us = NOW_US + 10 * HOUR_US + p.conf.retention_open; /* it departed at +10 h */
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages_closed, 0);
    p.s->clock.fixed_us += 1;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages_closed, 1);
    CHECK_OK(gw_service_voyage(&v, p.a, p.s, &p.officer, m.voyage, &err));
    CHECK_INT(v.state, GW_VOYAGE_CLOSED);
    place_done(&p);
}

static void a_close_out_message(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    struct gw_manifest_receipt m;
    struct gw_voyage v;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 3, ""), NULL, &err));
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "\"kind\":\"close_out\",", 2, ",{\"reference\":\"zz\"}"), NULL, &err));
    CHECK_INT(m.n_statuses, 3);
    CHECK_INT(m.statuses[1].status, GW_STATUS_BOARDED);
    CHECK_INT(m.statuses[2].status, GW_STATUS_NOT_BOARDED);
    CHECK_INT(m.n_problems, 1);
    CHECK_TEXT(m.problems[0].code, "unexpected");
    CHECK_OK(gw_service_voyage(&v, p.a, p.s, &p.officer, m.voyage, &err));
    CHECK_INT(v.state, GW_VOYAGE_CLOSED);
    CHECK_INT(v.by_status[GW_STATUS_BOARDED], 2);
    CHECK_INT(v.by_status[GW_STATUS_NOT_BOARDED], 1);
    place_done(&p);
}

static void starts_that_are_refused(void **state)
{
    (void)state;
    struct place p, twin;
    place_init(&p);
    struct gw_service_options o = { .conf = &p.conf, .clock = { 1 }, .without_recognition = true };
    CHECK_FAILS(gw_service_open(&o, &err) != NULL, GW_ERR_UNAVAILABLE);
    CHECK(strstr(err.text, "clock") != NULL);
    CHECK_OK(place_open(&p, &err));
    twin = p;
    twin.s = NULL;
    CHECK_FAILS(place_open(&twin, &err), GW_ERR_CONFLICT);
    place_close(&p);

    /* A key that is gone is not replaced by a new one. */
    char key[256], aside[256];
    snprintf(key, sizeof key, "%s/master.key", p.conf.store_path);
    snprintf(aside, sizeof aside, "%s/aside", p.folder);
    CHECK_INT(rename(key, aside), 0);
    CHECK_FAILS(place_open(&p, &err), GW_ERR_NOT_FOUND);
    CHECK_INT(rename(aside, key), 0);
    CHECK_INT(chmod(key, 0644), 0);
    CHECK_FAILS(place_open(&p, &err), GW_ERR_IO);
    CHECK_INT(chmod(key, 0600), 0);
    /* Nor is another one taken. */
    char other[300] = "gangway master key 1\n";
    for (int i = 0; i < 64; i++)
        strcat(other, "7");
    strcat(other, "\n");
    CHECK_INT(rename(key, aside), 0);
    CHECK_OK(gw_buf_write_file(gw_span_str(other), key, 0600, &err));
    CHECK_FAILS(place_open(&p, &err), GW_ERR_CORRUPT);
    CHECK_INT(rename(aside, key), 0);
    CHECK_OK(place_open(&p, &err));
    place_close(&p);

    /* A file where the folder should be. */
    CHECK_OK(gw_conf_set(&p.conf, "store.path", aside, "test", &err));
    CHECK_OK(gw_buf_write_file(gw_span_str("x"), aside, 0600, &err));
    CHECK_FAILS(place_open(&p, &err), GW_ERR_IO);
    place_done(&p);
}

struct old_entry {
    struct place *p;
    struct gw_id voyage, subject;
    const char *answer, *reason;
};

static bool add_old(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    const struct old_entry *o = arg;
    return gw_audit_add(tx, o->p->s, &o->p->device, GW_AUDIT_VERIFY,
        &(struct gw_audit_facts){ .voyage = &o->voyage, .subject = &o->subject, .answer = o->answer, .reason = o->reason }, e);
}

static void receipts_do_not_tell(void **state)
{
    (void)state;
    static const struct {
        const char *label, *answer, *reason;
        size_t proofs;
    } rows[] = {
        { "an entry that tells why is shown to nobody", "inspect", "inhibited", 0 },
        { "whoever was cleared knows why", "clear", "matched", 1 },
        { "an entry of today tells nothing", "inspect", NULL, 1 },
    };
    struct place p;
    struct gw_manifest_receipt m;
    place_init(&p);
    CHECK_OK(place_open(&p, &err));
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 1, ""), NULL, &err));
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        struct old_entry o = { &p, m.voyage, gw_id_new(gw_service_now(p.s)), rows[i].answer, rows[i].reason };
        char number[GW_RECEIPT_TEXT];
        GW_AUTO_VALUE(gw_buf) text = {};
        CHECK_OK(gw_store_write(p.s->store, add_old, &o, &err));
        gw_receipt_number(number, p.s, o.subject);
        GW_AUTO(gw_json) *j = gw_service_receipt(p.a, p.s, gw_span_str(number), &err);
        CHECK_OK(j != NULL);
        gw_json_format(&text, j, false);
        if (gw_json_size(gw_json_get(j, "proofs")) != rows[i].proofs || strstr(gw_buf_text(&text), "inhibited") != NULL)
            fail_msg("%s: %s", rows[i].label, gw_buf_text(&text));
    }
    place_done(&p);
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    check_add("departure", "manifest, portraits, decisions, decline and close come out as they should", a_whole_departure);
    check_add("manifest", "sent twice changes nothing; a later one adds, changes, removes", sent_twice_changes_nothing);
    check_add("portraits", "the newest of each source is kept", newest_of_each_source);
    check_add("portraits", "serve the voyages of whose they are, and only they replace them", whose_portrait);
    check_add("portraits", "the portrait of whom no picture was wanted goes with the voyage as the others do", portraits_of_the_others);
    check_add("roles", "each may what it may, and sees what it may see", who_may);
    check_add("board", "voyages come in pages, by mode, port and site", a_board_in_pages);
    check_add("tokens", "are shown once, expire and are revoked", tokens);
    check_add("once", "a request asked again is answered the same and not done again", asked_again);
    check_add("purge", "nothing about a person is left, counts are", nothing_is_left);
    check_add("purge", "a voyage nobody closes is closed", nobody_closes);
    check_add("close", "a close-out message names who is on board", a_close_out_message);
    check_add("receipts", "tell how it ended, and not why", receipts_do_not_tell);
    check_add("open", "a start that cannot be right is refused", starts_that_are_refused);
    return check_done();
}
