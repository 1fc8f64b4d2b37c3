/* watch_test.c - what the vetting authority says, as it is looked at: who may, in pages, of whom, and until when. */
#include "tests/service/place.h"

static struct gw_err err;

static void say(struct place *p, const struct gw_caller *who, struct gw_id voyage, const char *reference, enum gw_boarding_status status)
{
    struct gw_boarding b;
    const struct gw_boarding_ask ask = { .voyage = voyage, .named = { .reference = gw_span_str(reference) }, .status = status };
    p->s->clock.fixed_us += GW_US_PER_S;
    CHECK_OK(gw_service_boarding_status(&b, p->s, who, &ask, NULL, &err));
    CHECK(b.changed);
}

static struct gw_id open_voyage(struct place *p)
{
    struct gw_manifest_receipt m;
    place_init(p);
    CHECK_OK(place_open(p, &err));
    CHECK_OK(send_manifest(&m, p, &p->carrier, manifest_text(p, "", 3, ""), NULL, &err));
    return m.voyage;
}

static size_t listed(struct place *p)
{
    struct gw_watch_page page;
    CHECK_OK(gw_service_watch(&page, p->a, p->s, &p->admin, &(struct gw_watch_filter){}, &err));
    return page.n;
}

static void who_may(void **state)
{
    (void)state;
    struct place p;
    const struct gw_id voyage = open_voyage(&p);
    const struct gw_caller *const others[] = { &p.carrier, &p.device, &p.officer, &p.auditor };
    const struct gw_named named = { .reference = gw_span_str("r1") };
    struct gw_watch_page page;
    struct gw_watched w;
    say(&p, &p.carrier, voyage, "r1", GW_BOARDING_INHIBITED);
    for (size_t i = 0; i < GW_COUNT(others); i++) {
        CHECK_FAILS(gw_service_watch(&page, p.a, p.s, others[i], &(struct gw_watch_filter){}, &err), GW_ERR_FORBIDDEN);
        CHECK_INT(page.n, 0);
        CHECK_FAILS(gw_service_watch_one(&w, p.a, p.s, others[i], voyage, &named, &err), GW_ERR_FORBIDDEN);
        CHECK(!w.has_status);
    }
    CHECK_INT(listed(&p), 1);
    place_done(&p);
}

static void in_pages(void **state)
{
    (void)state;
    struct place p;
    const struct gw_id voyage = open_voyage(&p);
    struct gw_watch_page page;
    struct gw_watch_filter f = { .limit = 1 };
    bool seen[3] = {};
    for (int i = 0; i < 3; i++) {
        char reference[] = { 'r', (char)('1' + i), 0 };
        say(&p, &p.admin, voyage, reference, GW_BOARDING_SELECTEE);
        say(&p, &p.carrier, voyage, reference, GW_BOARDING_INHIBITED);
    }
    for (int i = 0; i < 3; i++) {
        CHECK_OK(gw_service_watch(&page, p.a, p.s, &p.admin, &f, &err));
        CHECK_INT(page.n, 1);
        CHECK_INT(page.watched->n_changes, 1);
        CHECK_INT(page.watched->changes->status, GW_BOARDING_INHIBITED);
        CHECK_INT(page.watched->changes->role, GW_ROLE_CARRIER);
        CHECK(page.watched->changes->has_token && gw_id_equal(page.watched->changes->token, p.carrier.token));
        CHECK_INT(page.watched->changes->at_us, page.watched->as_of_us);
        seen[page.watched->reference[1] - '1'] = true;
        CHECK((page.cursor == NULL) == (i == 2));
        f.cursor = gw_span_str(page.cursor == NULL ? "" : page.cursor);
    }
    CHECK(seen[0] && seen[1] && seen[2]);
    f.limit = 501;
    CHECK_FAILS(gw_service_watch(&page, p.a, p.s, &p.admin, &f, &err), GW_ERR_INVALID);
    f = (struct gw_watch_filter){ .cursor = gw_span_str("7") };
    CHECK_FAILS(gw_service_watch(&page, p.a, p.s, &p.admin, &f, &err), GW_ERR_INVALID);
    f.cursor = gw_span_str("01m84pvs1tfrar20jc2cacf9ms+01m84pvs1tfrar20jc2cacf9ms");
    CHECK_FAILS(gw_service_watch(&page, p.a, p.s, &p.admin, &f, &err), GW_ERR_INVALID);
    place_done(&p);
}

static void off_the_manifest(void **state)
{
    (void)state;
    struct place p;
    const struct gw_id voyage = open_voyage(&p);
    struct gw_manifest_receipt m;
    struct gw_watched w;
    const struct gw_named named = { .reference = gw_span_str("r3") };
    say(&p, &p.admin, voyage, "r3", GW_BOARDING_INHIBITED);
    CHECK_OK(gw_service_watch_one(&w, p.a, p.s, &p.admin, voyage, &named, &err));
    const struct gw_named by_id = { .has_traveler = true, .traveler = w.traveler };
    CHECK_OK(gw_service_watch_one(&w, p.a, p.s, &p.admin, voyage, &by_id, &err));
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 2, ""), NULL, &err));
    CHECK_INT(listed(&p), 0);
    CHECK_FAILS(gw_service_watch_one(&w, p.a, p.s, &p.admin, voyage, &named, &err), GW_ERR_NOT_FOUND);
    CHECK_FAILS(gw_service_watch_one(&w, p.a, p.s, &p.admin, voyage, &by_id, &err), GW_ERR_NOT_FOUND);
    /* Back again, the word stands. */
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 3, ""), NULL, &err));
    CHECK_INT(listed(&p), 1);
    CHECK_OK(gw_service_watch_one(&w, p.a, p.s, &p.admin, voyage, &by_id, &err));
    CHECK_INT(w.status, GW_BOARDING_INHIBITED);
    place_done(&p);
}

static void until_the_purge(void **state)
{
    (void)state;
    struct place p;
    const struct gw_id voyage = open_voyage(&p);
    const struct gw_watch_filter f = { .has_voyage = true, .voyage = voyage };
    const struct gw_named named = { .reference = gw_span_str("r1") };
    struct gw_watch_page page;
    struct gw_watched w;
    struct gw_close c;
    struct gw_purge purge;
    say(&p, &p.admin, voyage, "r1", GW_BOARDING_SELECTEE);
    CHECK_OK(gw_service_close_voyage(&c, p.a, p.s, &p.officer, voyage, &(struct gw_close_ask){}, NULL, &err));
    CHECK_INT(listed(&p), 0);
    CHECK_OK(gw_service_watch(&page, p.a, p.s, &p.admin, &f, &err));
    CHECK_INT(page.n, 1);
    say(&p, &p.admin, voyage, "r1", GW_BOARDING_CLEARED);
    CHECK_OK(gw_service_watch_one(&w, p.a, p.s, &p.admin, voyage, &named, &err));
    CHECK_INT(w.status, GW_BOARDING_CLEARED);
    p.s->clock.fixed_us = c.purge_us;
    CHECK_OK(gw_service_purge(&purge, p.s, &p.admin, &err));
    CHECK_INT(purge.voyages, 1);
    CHECK_INT(listed(&p), 0);
    CHECK_FAILS(gw_service_watch(&page, p.a, p.s, &p.admin, &f, &err), GW_ERR_GONE);
    CHECK_FAILS(gw_service_watch_one(&w, p.a, p.s, &p.admin, voyage, &named, &err), GW_ERR_GONE);
    struct gw_boarding b;
    const struct gw_boarding_ask late = { .voyage = voyage, .named = named, .status = GW_BOARDING_INHIBITED };
    CHECK_FAILS(gw_service_boarding_status(&b, p.s, &p.admin, &late, NULL, &err), GW_ERR_GONE);
    place_done(&p);
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    check_add("watch", "the machine's operator and administrators may look, and nobody else", who_may);
    check_add("watch", "who is on a list comes in pages, with who said it last", in_pages);
    check_add("watch", "who is off the manifest is on no list; back again, the word stands", off_the_manifest);
    check_add("watch", "a closed voyage is heard of, and shown when asked for, and nothing after its purge", until_the_purge);
    return check_done();
}
