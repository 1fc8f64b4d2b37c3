/* inspection_test.c - who may do what with an inspection in which state, what it takes to pass a mismatch, and what comes of it. */
#include "tests/service/place.h"

static struct gw_err err;

/* Four travelers, each with a portrait but the third: r1 grown up, r2 a child, r3 grown up, r4 grown up. */
struct desk {
    struct place p;
    struct gw_id voyage, travelers[4];
    struct gw_caller officer, second, supervisor, chief;
};

static void open_desk(struct desk *d)
{
    struct gw_manifest_receipt m;
    struct gw_traveler_page page;
    struct gw_portrait_receipt portrait;
    struct gw_buf b = {};
    static const char *const births[] = { "1980-01-01", "2020-05-05", "1980-01-01", "1980-01-01" };
    *d = (struct desk){};
    place_init(&d->p);
    CHECK_OK(place_open(&d->p, &err));
    d->officer = d->p.officer;
    d->second = (struct gw_caller){ .role = GW_ROLE_OFFICER, .token = { "second" } };
    d->supervisor = (struct gw_caller){ .role = GW_ROLE_SUPERVISOR, .token = { "supervisor" } };
    d->chief = (struct gw_caller){ .role = GW_ROLE_SUPERVISOR, .token = { "chief" } };
    gw_buf_add_text(&b, "{\"voyage\":{\"mode\":\"air\",\"direction\":\"departure\",\"carrier\":\"XX\",\"number\":\"123\",\"from\":\"YVR\",\"to\":\"JFK\","
                        "\"departure\":\"2026-11-23T18:00:00Z\"},\"travelers\":[");
    for (unsigned i = 0; i < 4; i++)
        gw_buf_addf(&b, "%s{\"surname\":\"S%u\",\"given_names\":\"G\",\"reference\":\"r%u\",\"nationality\":\"DEU\",\"birth_date\":\"%s\",\"documents\":"
            "[{\"type\":\"P\",\"number\":\"P%05u\",\"issuing_state\":\"UTO\"}]}", i == 0 ? "" : ",", i, i + 1, births[i], i);
    gw_buf_add_text(&b, "]}");
    CHECK_OK(send_manifest(&m, &d->p, &d->p.carrier, gw_buf_text(&b), NULL, &err));
    gw_buf_done(&b);
    d->voyage = m.voyage;
    for (unsigned i = 0; i < 4; i++) {
        char number[16];
        snprintf(number, sizeof number, "P%05u", i);
        if (i != 2)
            CHECK_OK(send_portrait(&portrait, &d->p, number, i, GW_PORTRAIT_PASSPORT, &err));
    }
    CHECK_OK(gw_service_travelers(&page, d->p.a, d->p.s, &d->officer, d->voyage, (struct gw_span){}, 10, &err));
    for (size_t i = 0; i < 4; i++)
        d->travelers[i] = page.travelers[i].id;
}

struct opening {
    struct desk *d;
    enum gw_reason reason;
    const struct gw_id *traveler;
    enum gw_inspection_cause cause;
};

static bool open_in(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    const struct opening *o = arg;
    return gw_inspection_open(tx, o->d->p.s, &(struct gw_inspection_new){ .voyage = o->d->voyage, .site = "YVR", .cause = o->cause,
        .reason = o->reason, .traveler = o->traveler }, e);
}

static void list(struct gw_inspection_page *page, struct desk *d)
{
    CHECK_OK(gw_service_inspections(page, d->p.a, d->p.s, &d->supervisor, &(struct gw_inspection_filter){ .limit = 100 }, &err));
}

/* traveler: 1 to 4; 0: nobody knows who. */
static struct gw_id opened(struct desk *d, enum gw_reason reason, unsigned traveler)
{
    struct gw_inspection_page page;
    struct opening o = { d, reason, traveler == 0 ? NULL : &d->travelers[traveler - 1], GW_CAUSE_VERIFICATION };
    CHECK_OK(gw_store_write(d->p.s->store, open_in, &o, &err));
    list(&page, d);
    return page.inspections[page.n - 1].id;
}

static enum gw_traveler_status status_of(struct desk *d, unsigned traveler)
{
    struct gw_traveler_page page;
    CHECK_OK(gw_service_travelers(&page, d->p.a, d->p.s, &d->officer, d->voyage, (struct gw_span){}, 10, &err));
    return page.travelers[traveler - 1].status;
}

static size_t alerts_of(struct desk *d, enum gw_alert_kind kind)
{
    struct gw_alert_page page;
    CHECK_OK(gw_service_alerts(&page, d->p.a, d->p.s, &d->supervisor, &(struct gw_alert_filter){ .has_kind = true, .kind = kind, .limit = 100 }, &err));
    return page.n;
}

/* ---- the states, as words: who does what, and what that gives ---- *
 * o p: officers, s t: supervisors; c: claims, C: clears, D: denies, R: refers, C with f (biographic) or b (recheck)
 * behind for the method, else by the document; w: the lease runs out. "oC!" is refused (409), "oC?" is 422. */
static const struct step_row {
    const char *label;
    enum gw_reason reason;
    unsigned traveler;
    const char *steps;
    const char *state, *result;
    enum gw_traveler_status status;
} step_rows[] = {
    { "nobody need claim what nobody has", GW_REASON_NEAR_TIE, 1, "oC", "closed", "cleared", GW_STATUS_INSPECTED },
    { "denied is denied", GW_REASON_NEAR_TIE, 1, "oc oD", "closed", "denied", GW_STATUS_DENIED },
    { "what somebody has, nobody else takes or decides", GW_REASON_NEAR_TIE, 1, "oc pc! pC! sc! sD! oC", "closed", "cleared", GW_STATUS_INSPECTED },
    { "when his time is over, others may", GW_REASON_NEAR_TIE, 1, "oc w pc oC! pC", "closed", "cleared", GW_STATUS_INSPECTED },
    { "a claim again is for as long anew", GW_REASON_NEAR_TIE, 1, "oc oc pc! oC", "closed", "cleared", GW_STATUS_INSPECTED },
    { "closed is closed, for everybody", GW_REASON_NEAR_TIE, 1, "oC oC! oc! oD! oR! sC! sc!", "closed", "cleared", GW_STATUS_INSPECTED },
    { "referred is a supervisor's", GW_REASON_NEAR_TIE, 1, "oR oc! oC! oD! pC! sC", "closed", "cleared", GW_STATUS_INSPECTED },
    { "not referred twice", GW_REASON_NEAR_TIE, 1, "oR sR! sD", "closed", "denied", GW_STATUS_DENIED },
    { "who referred it does not decide it, supervisor or not", GW_REASON_NEAR_TIE, 1, "sR sC! sD! w tC", "closed", "cleared", GW_STATUS_INSPECTED },
    { "a mismatch is not passed by an officer, whatever the method", GW_REASON_NAMED_MISMATCH, 1, "oC! oCf! oCb!", "open", NULL, GW_STATUS_EXPECTED },
    { "nor by a supervisor whom nobody referred it to", GW_REASON_NAMED_MISMATCH, 1, "sC! sCf!", "open", NULL, GW_STATUS_EXPECTED },
    { "nor after referral by the document alone", GW_REASON_NAMED_MISMATCH, 1, "oR sC!", "referred", "referred", GW_STATUS_EXPECTED },
    { "but after referral by another method, by another person", GW_REASON_NAMED_MISMATCH, 1, "oR sCf", "closed", "cleared", GW_STATUS_INSPECTED },
    { "it is denied by anybody at any time", GW_REASON_NAMED_MISMATCH, 1, "oD", "closed", "denied", GW_STATUS_DENIED },
    { "below the pack's age an officer lets it pass", GW_REASON_NAMED_MISMATCH, 2, "oC", "closed", "cleared", GW_STATUS_INSPECTED },
    { "like nobody, with a portrait: a mismatch", GW_REASON_BELOW_THRESHOLD, 1, "oC!", "open", NULL, GW_STATUS_EXPECTED },
    { "like nobody, without a portrait: none", GW_REASON_BELOW_THRESHOLD, 3, "oC", "closed", "cleared", GW_STATUS_INSPECTED },
    { "a recheck that did not happen clears nobody", GW_REASON_NEAR_TIE, 1, "oCb!", "open", NULL, GW_STATUS_EXPECTED },
    { "who it is must be said", GW_REASON_NEAR_TIE, 0, "oC?", "open", NULL, GW_STATUS_EXPECTED },
    { "but not to deny or refer", GW_REASON_NEAR_TIE, 0, "oR sD", "closed", "denied", GW_STATUS_EXPECTED },
    { "it does not lapse by anybody's word", GW_REASON_NEAR_TIE, 1, "oL?", "open", NULL, GW_STATUS_EXPECTED },
};

static bool step(struct desk *d, struct gw_id id, const char *word, enum gw_err_code *code)
{
    const struct gw_caller *who = word[0] == 'o' ? &d->officer : word[0] == 'p' ? &d->second : word[0] == 's' ? &d->supervisor : &d->chief;
    struct gw_inspection out;
    struct gw_err e = {};
    bool fine;
    if (word[1] == 'c')
        fine = gw_service_claim(&out, d->p.a, d->p.s, who, id, NULL, &e);
    else {
        const struct gw_outcome_ask ask = {
            .method = word[2] == 'f' ? GW_METHOD_BIOGRAPHIC : word[2] == 'b' ? GW_METHOD_BIOMETRIC_RECHECK : GW_METHOD_DOCUMENT,
            .result = word[1] == 'C' ? GW_RESULT_CLEARED : word[1] == 'D' ? GW_RESULT_DENIED : word[1] == 'R' ? GW_RESULT_REFERRED : GW_RESULT_LAPSED,
        };
        fine = gw_service_outcome(&out, d->p.a, d->p.s, who, id, &ask, NULL, &e);
    }
    *code = fine ? GW_OK : e.code;
    return fine;
}

static void steps(void **state)
{
    const struct step_row *r = *state;
    struct desk d;
    open_desk(&d);
    struct gw_id id = opened(&d, r->reason, r->traveler);
    size_t referrals = 0;
    for (const char *p = r->steps; *p != 0; p += strcspn(p, " "), p += strspn(p, " ")) {
        char word[8];
        snprintf(word, sizeof word, "%.*s", (int)strcspn(p, " "), p);
        if (strcmp(word, "w") == 0) {
            d.p.s->clock.fixed_us += d.p.conf.inspection_lease + 1;
            continue;
        }
        const char last = word[strlen(word) - 1];
        enum gw_err_code code;
        step(&d, id, word, &code);
        const enum gw_err_code want = last == '!' ? GW_ERR_CONFLICT : last == '?' ? GW_ERR_INVALID : GW_OK;
        if (code != want)
            fail_msg("%s in \"%s\" gave %s", word, r->steps, code == GW_OK ? "no error" : gw_err_name(code));
        referrals += code == GW_OK && word[1] == 'R';
    }
    struct gw_inspection i;
    CHECK_OK(gw_service_inspection(&i, d.p.a, d.p.s, &d.supervisor, id, &err));
    CHECK_INT(i.state, strcmp(r->state, "open") == 0 ? GW_INSPECTION_OPEN : strcmp(r->state, "referred") == 0 ? GW_INSPECTION_REFERRED : GW_INSPECTION_CLOSED);
    CHECK((r->result != NULL) == i.has_result);
    if (i.has_result)
        CHECK_TEXT(gw_inspection_result_name(i.result), r->result);
    CHECK_INT(status_of(&d, r->traveler == 0 ? 1 : r->traveler), r->status);
    CHECK_INT(alerts_of(&d, GW_ALERT_REFERRAL), referrals);
    place_done(&d.p);
}

static void named_by_the_officer(void **state)
{
    (void)state;
    struct desk d;
    struct gw_inspection i;
    open_desk(&d);
    struct gw_id id = opened(&d, GW_REASON_NEAR_TIE, 0);
    struct gw_outcome_ask ask = { .method = GW_METHOD_DOCUMENT, .result = GW_RESULT_CLEARED, .named.reference = gw_span_str("r9") };
    CHECK_FAILS(gw_service_outcome(&i, d.p.a, d.p.s, &d.officer, id, &ask, NULL, &err), GW_ERR_NOT_FOUND);
    ask.named = (struct gw_named){ .document_number = gw_span_str("P00003"), .issuing_state = gw_span_str("UTO") };
    CHECK_OK(gw_service_outcome(&i, d.p.a, d.p.s, &d.officer, id, &ask, NULL, &err));
    CHECK(i.has_traveler);
    CHECK_INT(status_of(&d, 4), GW_STATUS_INSPECTED);
    /* Naming somebody without a portrait does not make a mismatch with a document any less one. */
    id = opened(&d, GW_REASON_NAMED_MISMATCH, 1);
    ask.named = (struct gw_named){ .reference = gw_span_str("r3") };
    CHECK_FAILS(gw_service_outcome(&i, d.p.a, d.p.s, &d.officer, id, &ask, NULL, &err), GW_ERR_CONFLICT);
    place_done(&d.p);
}

static void rechecked(void **state)
{
    (void)state;
    struct desk d;
    struct gw_inspection i;
    struct gw_verification v;
    open_desk(&d);
    struct gw_id id = opened(&d, GW_REASON_BELOW_THRESHOLD, 1);
    const struct gw_outcome_ask ask = { .method = GW_METHOD_BIOMETRIC_RECHECK, .result = GW_RESULT_CLEARED };
    CHECK_FAILS(gw_service_outcome(&i, d.p.a, d.p.s, &d.officer, id, &ask, NULL, &err), GW_ERR_CONFLICT);
    struct gw_template t = face(0);
    d.p.s->clock.fixed_us += GW_US_PER_S;
    CHECK_OK(send_probe(&v, &d.p, &d.p.device, d.voyage, &t, NULL, &err));
    CHECK_INT(v.answer, GW_ANSWER_CLEAR);
    CHECK_OK(gw_service_outcome(&i, d.p.a, d.p.s, &d.officer, id, &ask, NULL, &err));
    CHECK_INT(i.state, GW_INSPECTION_CLOSED);
    CHECK_INT(status_of(&d, 1), GW_STATUS_CLEARED); /* by the face, and it stays so */
    place_done(&d.p);
}

static void times(void **state)
{
    (void)state;
    struct desk d;
    struct gw_inspection i;
    struct gw_inspection_report report;
    struct gw_counters c;
    open_desk(&d);
    struct gw_id id = opened(&d, GW_REASON_NEAR_TIE, 1);
    d.p.s->clock.fixed_us += 7 * GW_US_PER_S;
    CHECK_OK(gw_service_claim(&i, d.p.a, d.p.s, &d.officer, id, NULL, &err));
    d.p.s->clock.fixed_us += 20 * GW_US_PER_S;
    CHECK_OK(gw_service_claim(&i, d.p.a, d.p.s, &d.officer, id, NULL, &err));
    CHECK_INT(i.claimed_us - i.opened_us, 7 * GW_US_PER_S); /* the first counts */
    const struct gw_outcome_ask refer = { .result = GW_RESULT_REFERRED }, clear = { .result = GW_RESULT_CLEARED };
    CHECK_OK(gw_service_outcome(&i, d.p.a, d.p.s, &d.officer, id, &refer, NULL, &err));
    d.p.s->clock.fixed_us += 60 * GW_US_PER_S;
    CHECK_OK(gw_service_outcome(&i, d.p.a, d.p.s, &d.supervisor, id, &clear, NULL, &err));
    CHECK_INT(i.decided_us - i.opened_us, 27 * GW_US_PER_S);
    CHECK_INT(i.closed_us - i.opened_us, 87 * GW_US_PER_S);
    CHECK_OK(gw_service_inspection_report(&report, d.p.a, d.p.s, &d.supervisor, 0, INT64_MAX, &err));
    CHECK_INT(report.n, 1);
    CHECK_INT(report.rows[0].claim_median_us, 7 * GW_US_PER_S);
    CHECK_INT(report.rows[0].decision_p90_us, 27 * GW_US_PER_S);
    CHECK_INT(report.rows[0].cleared, 1);
    gw_service_counters(&c, d.p.s);
    CHECK_INT(c.waits[GW_WAIT_CLAIM].n, 1);
    CHECK_INT(c.waits[GW_WAIT_DECISION].n, 1);
    CHECK_INT(c.waits[GW_WAIT_DECISION].sum_us, 27 * GW_US_PER_S);
    CHECK_INT(c.outcomes[GW_RESULT_REFERRED] + c.outcomes[GW_RESULT_CLEARED], 2);
    place_done(&d.p);
}

static void lapses(void **state)
{
    (void)state;
    struct desk d;
    struct gw_inspection i;
    struct gw_inspection_page page;
    struct gw_close c;
    open_desk(&d);
    struct gw_id waiting = opened(&d, GW_REASON_NEAR_TIE, 1), referred = opened(&d, GW_REASON_NAMED_MISMATCH, 4);
    const struct gw_outcome_ask refer = { .result = GW_RESULT_REFERRED }, deny = { .result = GW_RESULT_DENIED };
    CHECK_OK(gw_service_outcome(&i, d.p.a, d.p.s, &d.officer, referred, &refer, NULL, &err));
    CHECK_OK(gw_service_close_voyage(&c, d.p.a, d.p.s, &d.officer, d.voyage, &(struct gw_close_ask){}, NULL, &err));
    list(&page, &d);
    CHECK_INT(page.n, 2);
    CHECK(page.inspections[0].state == GW_INSPECTION_CLOSED && page.inspections[0].result == GW_RESULT_LAPSED);
    CHECK_FAILS(gw_service_outcome(&i, d.p.a, d.p.s, &d.officer, waiting, &deny, NULL, &err), GW_ERR_CONFLICT);
    /* What was referred is still to be decided; the closed voyage's travelers stay as they are. */
    CHECK_INT(page.inspections[1].state, GW_INSPECTION_REFERRED);
    CHECK_OK(gw_service_outcome(&i, d.p.a, d.p.s, &d.supervisor, referred, &deny, NULL, &err));
    CHECK_INT(status_of(&d, 4), GW_STATUS_NOT_BOARDED);
    place_done(&d.p);
}

static void whose(void **state)
{
    (void)state;
    struct desk d;
    struct gw_inspection i;
    open_desk(&d);
    struct gw_id id = opened(&d, GW_REASON_NEAR_TIE, 1);
    struct gw_caller elsewhere = d.officer;
    snprintf(elsewhere.site, sizeof elsewhere.site, "JFK"); /* the voyage goes there, but this happened at YVR */
    CHECK_FAILS(gw_service_claim(&i, d.p.a, d.p.s, &elsewhere, id, NULL, &err), GW_ERR_NOT_FOUND);
    CHECK_FAILS(gw_service_inspection(&i, d.p.a, d.p.s, &elsewhere, id, &err), GW_ERR_NOT_FOUND);
    for (size_t role = 0; role < GW_ROLE_COUNT; role++) {
        struct gw_caller who = { .role = (enum gw_role)role, .token = { "who" }, .site = "YVR", .carrier = "" };
        bool may = role == GW_ROLE_OFFICER || role == GW_ROLE_SUPERVISOR;
        if (!may)
            CHECK_FAILS(gw_service_claim(&i, d.p.a, d.p.s, &who, id, NULL, &err), GW_ERR_FORBIDDEN);
    }
    place_done(&d.p);
}

static void declined_twice(void **state)
{
    (void)state;
    struct desk d;
    struct gw_inspection_page page;
    open_desk(&d);
    struct opening o = { &d, GW_REASON_DECLINED, &d.travelers[0], GW_CAUSE_DECLINE };
    for (int i = 0; i < 2; i++)
        CHECK_OK(gw_store_write(d.p.s->store, open_in, &o, &err));
    list(&page, &d);
    CHECK_INT(page.n, 1);
    CHECK(!page.inspections[0].is_mismatch && page.inspections[0].may_clear);
    place_done(&d.p);
}

int main(void)
{
    gw_log_level(GW_LOG_ERROR);
    check_rows("an inspection", step_rows, steps);
    check_add("an inspection", "of nobody known is decided for whom the officer names", named_by_the_officer);
    check_add("an inspection", "of a mismatch is settled by a recheck that clears", rechecked);
    check_add("an inspection", "is timed: first claim, first decision, end", times);
    check_add("an inspection", "that nobody looked at lapses with the voyage, a referred one does not", lapses);
    check_add("an inspection", "is for officers and supervisors where it happened", whose);
    check_add("an inspection", "of who declined is there once", declined_twice);
    return check_done();
}
