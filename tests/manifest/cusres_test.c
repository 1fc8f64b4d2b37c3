/* cusres_test.c - what authorities answer, whose codes mean what, and the answers we write. */
#include "manifest/cusres.h"
#include "tests/check.h"

static const struct gw_date today = { 2026, 11, 23 };

#define HEAD "UNB+UNOA:4+BORDER+XXAIR+261120:0805+77'UNH+7+CUSRES:D:05B:UN:IATA+CAR1+01:F'BGM+962'RFF+TN:AB1'" \
             "RFF+AF:XX123'DTM+189:2611231015:201'DTM+232:2611231840:201'LOC+125+YVR'LOC+87+JFK'"
#define TAIL "UNT+0+7'UNZ+1+77'"
#define ONE "ERP+2'RFF+AVF:PNR1'RFF+ABO:A1'ERC+0Z'FTX+AAP+++OK TO BOARD'"
#define TWO "ERP+2'RFF+AVF:PNR1'RFF+ABO:A2'ERC+1Z'FTX+AAP+++NO BOARD, CALL:1 604 555'"

/* want: kind flight valid, then of each result level:reservation:reference:codes:text; then problem codes. */
static const struct row {
    const char *label, *text, *want;
} rows[] = {
    { "two travelers", HEAD ONE TWO TAIL, "0 XX123 YVR JFK 1 [t:PNR1:A1:0Z:OK TO BOARD] [t:PNR1:A2:1Z:NO BOARD, CALL 1 604 555] count" },
    { "a status that changed", "UNB+UNOA:4+BORDER+XXAIR+261120:0805+77'UNH+7+CUSRES:D:05B:UN:IATA'BGM+132'" ONE "UNT+8+7'UNZ+1+77'", "1   1 [t:PNR1:A1:0Z:OK TO BOARD]" },
    { "an acknowledgement", "UNB+UNOA:4+XXAIR+BORDER+261120:0805+77'UNH+7+CUSRES:D:05B:UN:IATA'BGM+312'ERP+1'ERC+118'UNT+5+7'UNZ+1+77'", "2   1 [m:::118:]" },
    { "of the message and of a traveler", HEAD "ERP+1'ERC+1'" ONE TAIL, "0 XX123 YVR JFK 1 [m:::1:] [t:PNR1:A1:0Z:OK TO BOARD] count" },
    { "several codes of one", HEAD "ERP+2'RFF+ABO:A1'ERC+0Z'ERC+118'" TAIL, "0 XX123 YVR JFK 1 [t::A1:0Z,118:] count" },
    { "several messages are one answer", HEAD ONE "UNT+0+7'UNH+8+CUSRES:D:05B:UN:IATA'BGM+962'RFF+TN:AB1'" TWO "UNT+9+8'UNZ+2+77'",
        "0 XX123 YVR JFK 1 [t:PNR1:A1:0Z:OK TO BOARD] [t:PNR1:A2:1Z:NO BOARD, CALL 1 604 555] count" },
    { "a kind nobody knows is told", "UNH+7+CUSRES:D:05B:UN:IATA'BGM+999'" ONE "UNT+8+7'", "3   1 [t:PNR1:A1:0Z:OK TO BOARD] message_kind" },
    { "no kind is an error", "UNH+7+CUSRES:D:05B:UN:IATA'" ONE "UNT+7+7'", "0   0 [t:PNR1:A1:0Z:OK TO BOARD] missing" },
    { "cut off is an error", HEAD ONE, "0 XX123 YVR JFK 0 [t:PNR1:A1:0Z:OK TO BOARD] cut_off" },
    { "a damaged code clears nobody", HEAD "ERP+2'RFF+ABO:A1'ERC+?\n0Z'" TWO TAIL, "0 XX123 YVR JFK 0 [t::::] [t:PNR1:A2:1Z:NO BOARD, CALL 1 604 555] syntax count" },
    { "a damaged reference clears nobody", HEAD "ERP+2'RFF+AVF:P'RFF+ABO:?\nA1'ERC+0Z'" TWO TAIL, "0 XX123 YVR JFK 0 [t::::] [t:PNR1:A2:1Z:NO BOARD, CALL 1 604 555] syntax order count" },
    { "a damaged beginning does not give its code to the one before", HEAD ONE "E#P+2'RFF+ABO:A2'ERC+1Z'" TAIL, "0 XX123 YVR JFK 0 [t::::] syntax order count" },
    { "a result that names nobody is told", HEAD "ERP+2'ERC+0Z'" ONE TAIL, "0 XX123 YVR JFK 1 [t:::0Z:] [t:PNR1:A1:0Z:OK TO BOARD] missing count" },
    { "and so where it is the last", HEAD ONE "ERP+2'ERC+0Z'" TAIL, "0 XX123 YVR JFK 1 [t:PNR1:A1:0Z:OK TO BOARD] [t:::0Z:] missing count" },
    { "where a flight goes on to is not where it comes from",
        "UNH+7+CUSRES:D:05B:UN:IATA'BGM+962'RFF+AF:XX123'LOC+125+YVR'LOC+87+JFK'LOC+130+MIA'" ONE "UNT+12+7'", "0 XX123 YVR JFK 1 [t:PNR1:A1:0Z:OK TO BOARD]" },
    { "airports without a border", "UNH+7+CUSRES:D:05B:UN:IATA'BGM+962'RFF+AF:XX123'LOC+92+YVR'LOC+92+YYZ'" ONE "UNT+11+7'",
        "0 XX123 YVR YYZ 1 [t:PNR1:A1:0Z:OK TO BOARD]" },
    { "a code without a result", HEAD "ERC+0Z'" TAIL, "0 XX123 YVR JFK 1 order count" },
    { "a list is not an answer", "UNH+7+PAXLST:D:05B:UN:IATA'BGM+745'UNT+3+7'", "unsupported" },
    { "no message", "UNB+UNOA:4+A+B+261120:0805+77'UNZ+0+77'", "format" },
    { "no EDIFACT", "hello", "format" },
};

static void render(struct gw_buf *out, const struct gw_cusres *c)
{
    gw_buf_addf(out, "%d ", c->kind);
    if (c->n_voyages > 0)
        gw_buf_addf(out, "%.*s %.*s %.*s", (int)c->voyages[0].flight.size, c->voyages[0].flight.data, (int)c->voyages[0].leg.from.size,
            c->voyages[0].leg.from.data, (int)c->voyages[0].leg.to.size, c->voyages[0].leg.to.data);
    gw_buf_addf(out, "%s%d", c->n_voyages > 0 ? " " : "  ", c->valid);
    for (size_t i = 0; i < c->n_results; i++) {
        const struct gw_cusres_result *r = &c->results[i];
        gw_buf_addf(out, " [%c:%.*s:%.*s:", r->of_message ? 'm' : 't', (int)r->reservation.size, r->reservation.data, (int)r->reference.size, r->reference.data);
        for (size_t k = 0; k < r->n_codes; k++)
            gw_buf_addf(out, "%s%.*s", k > 0 ? "," : "", (int)r->codes[k].size, r->codes[k].data);
        gw_buf_addf(out, ":%.*s]", (int)r->text.size, r->text.data);
    }
    for (size_t i = 0; i < c->n_problems; i++)
        gw_buf_addf(out, " %s", c->problems[i].code);
}

static void answers(void **state)
{
    const struct row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    GW_AUTO_VALUE(gw_buf) got = {};
    struct gw_cusres c;
    struct gw_err err = {};
    if (gw_cusres_parse(&c, a, gw_span_str(r->text), today, NULL, &err))
        render(&got, &c);
    else
        gw_buf_add_text(&got, gw_err_name(err.code));
    CHECK_TEXT(gw_buf_text(&got), r->want);
}

static void read_profile(struct gw_status_profile *p, struct gw_arena *a, const char *name)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    char path[1024];
    struct gw_err err = {};
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    snprintf(path, sizeof path, "%s/profiles/%s.json", source == NULL ? "." : source, name);
    CHECK_OK(gw_buf_read_file(&text, path, 1 << 20, &err));
    CHECK_OK(gw_status_profile_parse(p, a, gw_buf_span(&text), &err));
    CHECK(gw_span_is(p->name, name));
}

static const struct meaning_row {
    const char *label, *profile, *code, *want;
} meaning_rows[] = {
    { "China: 0Z boards", "cn-iapi", "0Z", "cleared" },
    { "China: 1Z does not", "cn-iapi", "1Z", "inhibited" },
    { "China: 2Z asks to call", "cn-iapi", "2Z", "advisory" },
    { "China: 4Z wants it again", "cn-iapi", "4Z", "insufficient" },
    { "China: 0 alone is no code of theirs", "cn-iapi", "0", "not_yet" },
    { "United States: 0 in front clears, whatever stands behind", "us-aqq", "0A", "cleared" },
    { "United States: 1 in front clears nobody", "us-aqq", "1Z", "not_yet" },
    { "United States: 2 in front clears nobody", "us-aqq", "2Z", "not_yet" },
    { "an unknown code is not yet", "us-aqq", "7Q", "not_yet" },
    { "no code is not yet", "plain", "", "not_yet" },
    { "the same digit means another thing elsewhere", "plain", "1", "inhibited" },
};

static void meanings(void **state)
{
    const struct meaning_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_status_profile p;
    read_profile(&p, a, r->profile);
    CHECK_TEXT(gw_clearance_name(gw_status_meaning(&p, gw_span_str(r->code))), r->want);
}

static const struct profile_row {
    const char *label, *json, *says; /* NULL: it is read */
} profile_rows[] = {
    { "a code and its meaning", "{\"name\":\"x\",\"codes\":[{\"code\":\"0\",\"means\":\"cleared\"}]}", NULL },
    { "separators of a partner", "{\"name\":\"x\",\"codes\":[],\"separators\":{\"terminator\":\"\\\"\"}}", NULL },
    { "no release character", "{\"name\":\"x\",\"codes\":[],\"separators\":{\"release\":null}}", NULL },
    { "no name", "{\"codes\":[]}", "\"name\"" },
    { "no codes", "{\"name\":\"x\"}", "\"codes\"" },
    { "a meaning nobody knows", "{\"name\":\"x\",\"codes\":[{\"code\":\"0\",\"means\":\"fine\"}]}", "codes[0]" },
    { "a code twice", "{\"name\":\"x\",\"codes\":[{\"code\":\"0\",\"means\":\"cleared\"},{\"code\":\"0\",\"means\":\"inhibited\"}]}", "codes[1]" },
    { "two characters for the first", "{\"name\":\"x\",\"codes\":[{\"first\":\"00\",\"means\":\"cleared\"}]}", "codes[0]" },
    { "a text that is none", "{\"name\":\"x\",\"codes\":[{\"code\":\"0\",\"means\":\"cleared\",\"text\":5}]}", "codes[0]" },
    { "a line end in a text", "{\"name\":\"x\",\"codes\":[{\"code\":\"0\",\"means\":\"cleared\",\"text\":\"a\\nb\"}]}", "control" },
    { "a letter as a separator", "{\"name\":\"x\",\"codes\":[],\"separators\":{\"element\":\"A\"}}", "separators" },
    { "one separator twice", "{\"name\":\"x\",\"codes\":[],\"separators\":{\"element\":\":\"}}", "separators" },
    { "no JSON", "{", "JSON" },
};

static void profiles(void **state)
{
    const struct profile_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_status_profile p;
    struct gw_err err = {};
    bool ok = gw_status_profile_parse(&p, a, gw_span_str(r->json), &err);
    if (ok != (r->says == NULL) || (!ok && strstr(err.text, r->says) == NULL))
        fail_msg("%s", err.text);
}

static void joined(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_status_profile p;
    struct gw_cusres c;
    struct gw_err err = {};
    read_profile(&p, a, "cn-iapi");
    static const char text[] = HEAD ONE TWO "ERP+2'RFF+AVF:PNR7'ERC+0Z'ERP+2'RFF+AVF:PNR8'ERC+0Z'ERP+2'RFF+AVF:PNR8'ERC+0Z'"
                               "ERP+2'RFF+ABO:A3'ERC+0Z'ERP+2'RFF+ABO:A3'ERC+1Z'ERP+2'RFF+ABO:A4'ERC+0Z'ERC+9X'ERP+2'RFF+ABO:A5'ERP+1'RFF+ABO:A6'ERC+0Z'" TAIL;
    CHECK_OK(gw_cusres_parse(&c, a, gw_span_str(text), today, NULL, &err));
    static const struct {
        const char *reference, *reservation;
        enum gw_clearance want;
    } of[] = {
        { "A1", "PNR1", GW_CLEARANCE_CLEARED },
        { "A2", "PNR1", GW_CLEARANCE_INHIBITED },
        { "A9", "PNR1", GW_CLEARANCE_NOT_YET },      /* no answer for him, though for his booking */
        { "", "PNR7", GW_CLEARANCE_CLEARED },        /* the only one of the booking */
        { "", "PNR8", GW_CLEARANCE_NOT_YET },        /* which of the two? */
        { "A3", "", GW_CLEARANCE_INHIBITED },        /* the later decision */
        { "A4", "", GW_CLEARANCE_NOT_YET },          /* another code with it that nobody understands */
        { "A5", "", GW_CLEARANCE_NOT_YET },          /* no code */
        { "A6", "", GW_CLEARANCE_NOT_YET },          /* about the message */
        { "", "", GW_CLEARANCE_NOT_YET },
    };
    for (size_t i = 0; i < GW_COUNT(of); i++)
        CHECK_INT(gw_cusres_clearance(&c, &p, gw_span_str(of[i].reference), gw_span_str(of[i].reservation)), of[i].want);
}

/* ---- written and read again ------------------------------------------------------- */

static uint32_t seed;
static uint32_t pick(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)seed * n >> 32);
}

static void written_is_read(void **state)
{
    (void)state;
    seed = 11;
    static const char *const texts[] = { "A1", "O'NEILL+1", "a:b?c*d", "ÅB", "??", "X Y", "", "0", "CB-9/7", "LAST'" };
    GW_AUTO(gw_arena) *profile_arena = gw_arena_new(1 << 20);
    struct gw_status_profile profile;
    read_profile(&profile, profile_arena, "plain");
    for (int round = 0; round < 400; round++) {
        GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
        struct gw_manifest_traveler travelers[6] = {};
        struct gw_paxlst_person persons[6] = {};
        enum gw_clearance clearances[6];
        struct gw_paxlst_message m = { .persons = persons };
        m.manifest.valid = pick(2);
        m.manifest.sender = gw_span_str(texts[pick(GW_COUNT(texts))]);
        m.common_access_reference = gw_span_str(texts[pick(GW_COUNT(texts))]);
        m.transaction_reference = gw_span_str(texts[pick(GW_COUNT(texts))]);
        m.has_part = pick(2);
        m.manifest.voyage.carrier = gw_span_str("XX");
        m.manifest.voyage.number = gw_span_str(pick(4) == 0 ? "" : "123");
        m.manifest.voyage.from = gw_span_str("YVR");
        m.manifest.voyage.to = gw_span_str(pick(3) == 0 ? "" : "JFK");
        m.manifest.voyage.departure = (struct gw_manifest_time){ pick(4) > 0, true, INT64_C(1795342500) * GW_US_PER_S };
        m.manifest.travelers = travelers;
        m.manifest.n_travelers = pick(7);
        size_t n_want = 0, want[6];
        for (size_t i = 0; i < m.manifest.n_travelers; i++) {
            travelers[i].reference = gw_span_str(texts[pick(GW_COUNT(texts))]);
            travelers[i].reservation = gw_span_str(texts[pick(GW_COUNT(texts))]);
            clearances[i] = (enum gw_clearance)pick(GW_CLEARANCE_COUNT);
            if (travelers[i].reference.size > 0 || travelers[i].reservation.size > 0)
                want[n_want++] = i;
        }
        struct gw_cusres_answer answer = { .kind = pick(2) ? GW_CUSRES_RESPONSE : GW_CUSRES_UNSOLICITED, .to = &m, .clearances = clearances,
            .profile = &profile, .sender = gw_span_str("BORDER"), .now_us = INT64_C(1795400000) * GW_US_PER_S, .number = pick(1000000) };
        GW_AUTO_VALUE(gw_buf) text = {};
        struct gw_cusres c;
        struct gw_err err = {};
        gw_cusres_format(&text, &answer);
        CHECK_OK(gw_cusres_parse(&c, a, gw_buf_span(&text), today, NULL, &err));
        CHECK(c.valid && c.n_problems == 0 && c.kind == answer.kind);
        CHECK(gw_span_equal(c.sender, answer.sender) && gw_span_equal(c.recipient, m.manifest.sender));
        CHECK(gw_span_equal(c.common_access_reference, m.common_access_reference));
        CHECK(gw_span_equal(c.transaction_reference, m.transaction_reference));
        CHECK_INT(c.n_voyages, m.manifest.voyage.number.size > 0);
        if (c.n_voyages > 0)
            CHECK(gw_span_is(c.voyages[0].flight, "XX123") && gw_span_is(c.voyages[0].leg.from, "YVR") &&
                  gw_span_equal(c.voyages[0].leg.to, m.manifest.voyage.to) && c.voyages[0].leg.departure.has == m.manifest.voyage.departure.has &&
                  (!c.voyages[0].leg.departure.has || c.voyages[0].leg.departure.us == m.manifest.voyage.departure.us));
        size_t head = answer.kind == GW_CUSRES_RESPONSE;
        CHECK_INT(c.n_results, n_want + head);
        if (head)
            CHECK(c.results[0].of_message && gw_span_is(c.results[0].codes[0], m.manifest.valid && n_want == m.manifest.n_travelers ? "0" : "1"));
        for (size_t i = 0; i < n_want; i++) {
            const struct gw_cusres_result *r = &c.results[head + i];
            const struct gw_manifest_traveler *t = &travelers[want[i]];
            CHECK(!r->of_message && gw_span_equal(r->reference, t->reference) && gw_span_equal(r->reservation, t->reservation));
            CHECK_INT(gw_cusres_meaning(r, &profile), clearances[want[i]]);
        }
    }
}

static void level_is_the_lowest_that_will_do(void **state)
{
    (void)state;
    static const struct {
        const char *sender, *want;
    } of[] = { { "XXAIR", "UNB+UNOA:4" }, { "XxAir", "UNB+UNOB:4" }, { "ÅAIR", "UNB+UNOY:4" } };
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_status_profile profile;
    read_profile(&profile, a, "plain");
    for (size_t i = 0; i < GW_COUNT(of); i++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        struct gw_paxlst_message m = { .manifest.sender = gw_span_str(of[i].sender) };
        struct gw_cusres_answer answer = { .kind = GW_CUSRES_RESPONSE, .to = &m, .profile = &profile, .sender = gw_span_str("BORDER") };
        gw_cusres_format(&text, &answer);
        CHECK(gw_span_starts(gw_buf_span(&text), of[i].want));
    }
}

static void every_cut_and_arena(void **state)
{
    (void)state;
    static const char text[] = HEAD ONE TWO "UNT+19+7'UNZ+1+77'";
    struct gw_cusres c;
    for (size_t n = 0; n < sizeof text; n++) {
        GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
        struct gw_err err = {};
        char *exact = malloc(n == 0 ? 1 : n);
        memcpy(exact, text, n);
        bool ok = gw_cusres_parse(&c, a, gw_span_of(exact, n), today, NULL, &err);
        CHECK(ok ? c.valid == (n >= sizeof text - 1 - strlen("UNZ+1+77'")) : err.code == GW_ERR_FORMAT);
        free(exact);
    }
    bool done = false;
    for (size_t cap = 0; !done; cap += 16) {
        GW_AUTO(gw_arena) *a = gw_arena_new(cap);
        struct gw_err err = {};
        done = gw_cusres_parse(&c, a, gw_span_str(text), today, NULL, &err);
        CHECK(done || err.code == GW_ERR_LIMIT);
        CHECK(cap < 1 << 20);
    }
    CHECK(c.n_results == 2);
}

int main(void)
{
    check_rows("cusres", rows, answers);
    check_rows("cusres meaning", meaning_rows, meanings);
    check_rows("cusres profile", profile_rows, profiles);
    check_add("cusres", "a traveler's answer is found by reference, by reservation only where that is his alone", joined);
    check_add("cusres", "what was written is read", written_is_read);
    check_add("cusres", "the syntax level is the lowest that has the characters", level_is_the_lowest_that_will_do);
    check_add("cusres", "an answer cut anywhere, in an arena of any size", every_cut_and_arena);
    return check_done();
}
