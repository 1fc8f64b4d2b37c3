/* paxlst_test.c - lists as carriers send them, whole and damaged; all persons are made up. */
#include "manifest/paxlst.h"
#include "tests/manifest/golden.h"

#include <unistd.h>

static const struct gw_date today = { 2026, 11, 23 };

static void read_golden(struct gw_buf *out, struct gw_span text)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    struct gw_paxlst p;
    struct gw_err err = {};
    if (!gw_paxlst_parse(&p, a, text, today, NULL, &err)) {
        gw_buf_addf(out, "%s: %s\n", gw_err_name(err.code), err.text);
        return;
    }
    for (size_t i = 0; i < p.n_messages; i++) {
        GW_AUTO(gw_json) *o = gw_paxlst_to_json(&p.messages[i]);
        gw_manifest_report_to_json(o, &p.messages[i].manifest);
        gw_json_set_integer(o, "left_out", (int64_t)p.messages[i].manifest.n_left_out);
        gw_json_format(out, o, true);
        gw_buf_add_text(out, "\n");
    }
}

/* ---- properties -------------------------------------------------------------- */

#define HEAD "UNB+UNOA:4+XXAIR+BORDER+261120:0800+1'UNH+1+PAXLST:D:05B:UN:IATA'BGM+745'TDT+20+XX123+++XX'" \
             "LOC+125+YVR'DTM+189:2611231015:201'LOC+87+JFK'DTM+232:2611231840:201'"

/* The traveler of a message as JSON; problems with it. */
static void travelers_of(struct gw_buf *out, const char *persons)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_paxlst p;
    struct gw_err err = {};
    gw_buf_addf(&text, "%s%sUNT+0+1'UNZ+1+1'", HEAD, persons);
    CHECK_OK(gw_paxlst_parse(&p, a, gw_buf_span(&text), today, NULL, &err));
    GW_AUTO(gw_json) *o = gw_paxlst_to_json(&p.messages[0]);
    gw_json_format(out, gw_json_get(o, "travelers"), true);
    for (size_t i = 0; i < p.messages[0].manifest.n_problems; i++)
        gw_buf_addf(out, "%s\n", p.messages[0].manifest.problems[i].code);
}

static void any_order_of_segments(void **state)
{
    (void)state;
    const char *segments[] = { "ATT+2++M'", "DTM+329:630725'", "MEA+CT++:2'", "GEI+4+173'", "FTX+BAG+++XX1:2'", "LOC+22+JFK'", "LOC+174+CAN'",
        "LOC+178+YVR'", "LOC+179+JFK'", "LOC+180+CAN:::VICTORIA'", "COM+1604:TE'", "NAT+2+CAN'", "RFF+AVF:ABC123'", "RFF+ABO:CB1029'",
        "RFF+SEA:12A'", "RFF+CR:FF9'", "EMP+1+CR1'", "DOC+P+MB1'", "DTM+36:281021'", "LOC+91+CAN'" };
    GW_AUTO_VALUE(gw_buf) want = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    uint32_t state32 = 7;
    for (int round = 0; round < 300; round++) {
        GW_AUTO_VALUE(gw_buf) got = {};
        gw_buf_clear(&text);
        gw_buf_add_text(&text, "NAD+FL+++CLARK:MICHAEL'");
        for (size_t i = 0; i < GW_COUNT(segments); i++)
            gw_buf_add_text(&text, segments[i]);
        travelers_of(round == 0 ? &want : &got, gw_buf_text(&text));
        if (round > 0)
            CHECK_TEXT(gw_buf_text(&got), gw_buf_text(&want));
        for (size_t i = GW_COUNT(segments) - 1; i > 0; i--) {
            state32 = state32 * 1664525u + 1013904223u;
            size_t k = (size_t)((uint64_t)state32 * (i + 1) >> 32);
            const char *s = segments[i];
            segments[i] = segments[k];
            segments[k] = s;
        }
    }
    CHECK(strstr(gw_buf_text(&want), "\"expiry_date\": \"2028-10-21\"") != NULL && strstr(gw_buf_text(&want), "warn") == NULL);
}

static void read_file_text(struct gw_buf *out, const char *name)
{
    char path[1024];
    struct gw_err err = {};
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    snprintf(path, sizeof path, "%s/tests/golden/paxlst/%s", source == NULL ? "." : source, name);
    CHECK_OK(gw_buf_read_file(out, path, 1 << 20, &err));
}

static void every_cut(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) text = {};
    read_file_text(&text, "single_sector.edi");
    for (size_t n = 0; n <= text.size; n++) {
        uint8_t *copy = malloc(n == 0 ? 1 : n);
        memcpy(copy, text.data, n);
        GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
        struct gw_paxlst p;
        struct gw_err err = {};
        if (gw_paxlst_parse(&p, a, gw_span_of(copy, n), today, NULL, &err)) {
            const struct gw_manifest *m = &p.messages[0].manifest;
            bool has_unt = n >= text.size - strlen("\nUNZ+1+1001'\n");
            CHECK_INT(m->valid && m->n_left_out == 0, has_unt);
            CHECK(m->n_travelers <= 1);
        } else {
            CHECK(err.code == GW_ERR_FORMAT && err.text[0] != 0);
        }
        free(copy);
    }
}

static void every_arena(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) text = {};
    read_file_text(&text, "parts_in_any_order.edi");
    bool done = false;
    for (size_t cap = 0; !done; cap += 16) {
        GW_AUTO(gw_arena) *a = gw_arena_new(cap);
        struct gw_paxlst p;
        struct gw_err err = {};
        done = gw_paxlst_parse(&p, a, gw_buf_span(&text), today, NULL, &err);
        if (!done)
            CHECK_INT(err.code, GW_ERR_LIMIT);
        else
            CHECK_INT(p.messages[0].manifest.n_travelers, 3);
        CHECK(cap < 1 << 20);
    }
}

static void limits(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct gw_paxlst p;
    for (int more = 0; more <= 1; more++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
        gw_buf_add_text(&text, HEAD);
        for (int i = 0; i < GW_MANIFEST_TRAVELERS_MAX + more; i++)
            gw_buf_addf(&text, "NAD+FL+++A:B'RFF+ABO:%d'", GW_MANIFEST_TRAVELERS_MAX - i);
        gw_buf_add_text(&text, "UNT+0+1'");
        if (more == 0) {
            CHECK_OK(gw_paxlst_parse(&p, a, gw_buf_span(&text), today, NULL, &err));
            CHECK_INT(p.messages[0].manifest.n_travelers, GW_MANIFEST_TRAVELERS_MAX);
        } else {
            CHECK_FAILS(gw_paxlst_parse(&p, a, gw_buf_span(&text), today, NULL, &err), GW_ERR_LIMIT);
        }
    }
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    CHECK_FAILS(gw_paxlst_parse(&p, a, gw_span_of("", (size_t)GW_MANIFEST_BYTES_MAX + 1), today, NULL, &err), GW_ERR_LIMIT);
    GW_AUTO_VALUE(gw_buf) legs = {};
    gw_buf_add_text(&legs, "UNB+UNOA:4+XX+YY+261120:0800+1'UNH+1+PAXLST:D:05B:UN:IATA'BGM+745'TDT+20+XX123'");
    for (int i = 0; i <= GW_MANIFEST_LEGS_MAX; i++)
        gw_buf_addf(&legs, "LOC+92+A%02d'DTM+232:2611231015'DTM+189:2611231115'", i);
    gw_buf_add_text(&legs, "NAD+FL+++A:B'RFF+ABO:1'UNT+0+1'");
    CHECK_OK(gw_paxlst_parse(&p, a, gw_buf_span(&legs), today, NULL, &err));
    CHECK_INT(p.messages[0].manifest.voyage.n_legs, GW_MANIFEST_LEGS_MAX);
    CHECK(p.messages[0].manifest.valid);
    for (int i = 0; i < 100; i++) /* more than there is room for: told, and the travelers are read */
        gw_buf_addf(&legs, "LOC+92+B%02d'DTM+232:2611231015'DTM+189:2611231115'", i);
}

/* Whatever is done to one traveler's bytes, the others are read as they are, and none of his
 * facts becomes theirs. */
static void damage_stays_with_its_traveler(void **state)
{
    (void)state;
    static const char first[] = "NAD+FL+++CLARK:MICHAEL'ATT+2++M'DTM+329:630725'NAT+2+CAN'RFF+AVF:ABC123'RFF+ABO:CB1'DOC+P+MB1'DTM+36:281021'LOC+91+CAN'";
    static const char second[] = "NAD+FL+++OKAFOR:ADA'ATT+2++F'DTM+329:900111'NAT+2+NGA'RFF+AVF:ABC124'RFF+ABO:CB2'DOC+P+MB2'DTM+36:301021'LOC+91+NGA'";
    static const char third[] = "NAD+FL+++BERG:INGRID'ATT+2++X'DTM+329:850704'NAT+2+NOR'RFF+AVF:ABC125'RFF+ABO:CB3'DOC+P+MB3'DTM+36:321021'LOC+91+NOR'";
    static const uint8_t bytes[] = { '\'', '+', ':', '?', '#', 'A', '\n', 0xFF };
    for (size_t at = 0; at + 1 < sizeof second; at++)
        for (size_t k = 0; k <= GW_COUNT(bytes); k++) {
            char damaged[sizeof second];
            memcpy(damaged, second, sizeof second);
            if (k == GW_COUNT(bytes))
                memmove(damaged + at, damaged + at + 1, sizeof second - at - 1); /* a byte lost */
            else
                damaged[at] = (char)bytes[k];
            GW_AUTO_VALUE(gw_buf) text = {};
            GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
            struct gw_paxlst p;
            struct gw_err err = {};
            gw_buf_addf(&text, "%s%s%s%sUNT+0+1'UNZ+1+1'", HEAD, first, damaged, third);
            CHECK_OK(gw_paxlst_parse(&p, a, gw_buf_span(&text), today, NULL, &err));
            const struct gw_manifest *m = &p.messages[0].manifest;
            size_t found = 0;
            for (size_t i = 0; i < m->n_travelers; i++) {
                const struct gw_manifest_traveler *t = &m->travelers[i];
                bool one = gw_span_is(t->surname, "CLARK"), three = gw_span_is(t->surname, "BERG");
                if (!one && !three)
                    continue;
                found++;
                CHECK(gw_span_is(t->reference, one ? "CB1" : "CB3"));
                CHECK_INT(t->birth_date.year, one ? 1963 : 1985);
                CHECK_INT(t->sex, one ? 'M' : 'X');
                CHECK(gw_span_is(t->nationality, one ? "CAN" : "NOR"));
                CHECK(t->n_documents >= 1 && gw_span_is(t->documents[0].number, one ? "MB1" : "MB3"));
                CHECK_INT(t->documents[0].expiry_date.year, one ? 2028 : 2032);
                /* What the damage cost him may not be given to the one before. */
                CHECK(t->n_documents == 1);
            }
            /* The terminator before the third traveler is the second's last byte; it may also be released. */
            bool third_may_go = at == sizeof second - 2 || (at == sizeof second - 3 && damaged[at] == '?');
            if (found != 2 && !(third_may_go && found == 1))
                fail_msg("byte %zu, change %zu: %s", at, k, damaged);
        }
}

static void partner_without_una(void **state)
{
    (void)state;
    const struct gw_edifact_separators partner = { ':', '*', '.', '?', 0, '#' };
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_paxlst p;
    struct gw_err err = {};
    struct gw_span text = gw_span_str("UNB*UNOA:4*XX*YY*261120:0800*1#UNH*1*PAXLST:D:05B:UN:IATA#BGM*745#TDT*20*XX123#LOC*125*YVR#"
                                      "DTM*189:2611231015:201#LOC*87*JFK#DTM*232:2611231840:201#NAD*FL***O'NEILL:ADA#RFF*ABO:1#UNT*10*1#UNZ*1*1#");
    CHECK_FAILS(gw_paxlst_parse(&p, a, text, today, NULL, &err), GW_ERR_FORMAT);
    CHECK_OK(gw_paxlst_parse(&p, a, text, today, &partner, &err));
    CHECK(p.messages[0].manifest.valid && p.messages[0].manifest.n_problems == 0);
    CHECK(gw_span_is(p.messages[0].manifest.travelers[0].surname, "O'NEILL"));
}

static void parts_of_several_interchanges(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_paxlst_message all[4];
    struct gw_err err = {};
    static const char *const parts[] = { "02:F", "01:C", "02:F" };
    for (int i = 0; i < 3; i++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        struct gw_paxlst p;
        gw_buf_addf(&text, "UNB+UNOA:4+XX+YY+261120:0800+%d'UNH+1+PAXLST:D:05B:UN:IATA+CAR1+%s'BGM+745'TDT+20+XX123'LOC+125+YVR'"
                           "DTM+189:2611231015:201'LOC+87+JFK'DTM+232:2611231840:201'NAD+FL+++P%d:A'RFF+ABO:%d'UNT+0+1'UNZ+1+%d'", i, parts[i], i, i, i);
        CHECK_OK(gw_paxlst_parse(&p, a, gw_buf_span(&text), today, NULL, &err));
        CHECK(!p.messages[0].complete && p.messages[0].manifest.n_left_out == 1);
        all[i] = p.messages[0];
    }
    CHECK_INT(gw_paxlst_join(all, 2, a, &err), 1);
    CHECK(all[0].complete && all[0].manifest.n_left_out == 0 && all[0].n_parts == 2);
    CHECK(gw_span_is(all[0].manifest.travelers[0].surname, "P1") && gw_span_is(all[0].manifest.travelers[1].surname, "P0"));
    all[1] = all[2]; /* the second part again, with another traveler: it replaces the first */
    CHECK_INT(gw_paxlst_join(all, 2, a, &err), 1);
    CHECK(all[0].manifest.n_travelers == 2 && gw_span_is(all[0].manifest.travelers[1].surname, "P2"));
}

/* Authorities that take ten travelers a message get a ship in a thousand of them. */
static void a_thousand_parts(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_paxlst p;
    struct gw_err err = {};
    gw_buf_add_text(&text, "UNB+UNOA:4+XX+YY+261120:0800+1'");
    for (int i = 999; i > 0; i--) {
        gw_buf_addf(&text, "UNH+%d+PAXLST:D:05B:UN:IATA+CAR1+%d:%s'BGM+745'TDT+20+XX123'LOC+125+YVR'DTM+189:2611231015:201'LOC+87+JFK'DTM+232:2611231840:201'",
            i, i, i == 999 ? "F" : "C");
        for (int k = 0; k < 10; k++)
            gw_buf_addf(&text, "NAD+FL+++P%d:A'RFF+ABO:%d'", i, 10 * i + k);
        gw_buf_addf(&text, "UNT+28+%d'", i);
    }
    gw_buf_add_text(&text, "UNZ+999+1'");
    CHECK_OK(gw_paxlst_parse(&p, a, gw_buf_span(&text), today, NULL, &err));
    CHECK(p.n_messages == 1 && p.messages[0].complete && p.messages[0].n_parts == 999);
    const struct gw_manifest *m = &p.messages[0].manifest;
    CHECK_INT(m->n_travelers, 9990);
    CHECK(m->valid && m->n_problems == 0 && m->n_left_out == 0);
    for (size_t i = 0; i < m->n_travelers; i++) {
        char want[16];
        snprintf(want, sizeof want, "%zu", i + 10);
        CHECK(gw_span_is(m->travelers[i].reference, want));
    }
}

int main(void)
{
    golden_add("paxlst", "paxlst", ".edi", read_golden);
    check_add("paxlst", "any order of a traveler's segments gives the same traveler", any_order_of_segments);
    check_add("paxlst", "a message cut anywhere is read as far as it goes, and is never taken for whole", every_cut);
    check_add("paxlst", "an arena of any size is enough or the limit is told", every_arena);
    check_add("paxlst", "each limit holds, and one past it does not", limits);
    check_add("paxlst", "a changed or lost byte costs its own traveler only", damage_stays_with_its_traveler);
    check_add("paxlst", "a partner's separators are used where there is no UNA", partner_without_una);
    check_add("paxlst", "parts of several interchanges are joined in their order", parts_of_several_interchanges);
    check_add("paxlst", "a thousand parts in any order are one list", a_thousand_parts);
    return check_done();
}
