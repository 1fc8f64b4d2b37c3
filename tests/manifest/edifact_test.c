/* edifact_test.c - segments under any separators, wrapped, damaged; and written again. */
#include "base/json.h"
#include "manifest/edifact.h"
#include "tests/check.h"

#include <unistd.h>

/* TAG|component:component|… for each segment, !text for one passed over. */
static void render(struct gw_buf *out, struct gw_span text, const struct gw_edifact_separators *partner)
{
    struct gw_edifact *e = gw_alloc(sizeof *e);
    struct gw_edifact_segment *s = gw_alloc(sizeof *s);
    struct gw_err err = {};
    if (!gw_edifact_open(e, text, partner, &err)) {
        gw_buf_addf(out, "%s: %s", gw_err_name(err.code), err.text);
    } else {
        for (;;) {
            enum gw_edifact_read what = gw_edifact_next(e, s, &err);
            if (what == GW_EDIFACT_END)
                break;
            gw_buf_add_text(out, out->size == 0 ? "" : " ");
            if (what == GW_EDIFACT_BAD) {
                gw_buf_addf(out, "!%s@%zu", s->tag, err.at);
                continue;
            }
            gw_buf_add_text(out, s->tag);
            gw_edifact_spread(s);
            for (size_t i = 0; i < s->n_elements; i++) {
                bool repeated = i > 0 && gw_edifact_number(s, i) == gw_edifact_number(s, i - 1);
                gw_buf_add_text(out, repeated ? "*" : "|");
                for (size_t k = 0; k < gw_edifact_count(s, i); k++) {
                    struct gw_span v = gw_edifact_part(s, s->first[i] + k);
                    gw_buf_add_text(out, k == 0 ? "" : ":");
                    gw_buf_add(out, v.data, v.size);
                }
            }
        }
    }
    gw_free(e);
    gw_free(s);
}

static const struct row {
    const char *label, *text, *want;
} rows[] = {
    { "elements and components", "UNA:+.? 'RFF+PD:50515'", "RFF|PD:50515" },
    { "empty components and elements stand", "UNA:+.? 'IMD+A::B++C'", "IMD|A::B||C" },
    { "a released separator is a character", "UNA:+.? 'NAD+A?:B?+C?'D?" "?'", "NAD|A:B+C'D?" },
    { "four release characters are two", "RFF+PD????:5'", "RFF|PD??:5" },
    { "a release character before others stands for them", "RFF+?A?B'", "RFF|AB" },
    { "without UNA the standard's characters are used", "UNB+UNOA:3+A*B'", "UNB|UNOA:3|A*B" },
    { "from version 4 on the asterisk repeats", "UNB+UNOA:4+X'ATT+A*B:C*D+E'", "UNB|UNOA:4|X ATT|A*B:C*D|E" },
    { "but not in UNB: names of senders have it", "UNB+UNOA:4+APIS*XX+Y'", "UNB|UNOA:4|APIS*XX|Y" },
    { "a blank in UNA takes the repetition back", "UNA:+.? 'UNB+UNOA:4+X'ATT+A*B'", "UNB|UNOA:4|X ATT|A*B" },
    { "UNA with a repetition", "UNA:+.?*'ATT+A*B'", "ATT|A*B" },
    { "UNA for teleprinters", "UNA:(.) -UNB(UNOA:4(A)(B-RFF(TN:1-", "UNB|UNOA:4|A(B RFF|TN:1" },
    { "UNA with hyphens", "UNA:-.? 'UNB-UNOA:4-A?-B'", "UNB|UNOA:4|A-B" },
    { "UNA with asterisk and number sign", "UNA:*.? #UNB*UNOA:4*A+B'C#", "UNB|UNOA:4|A+B'C" },
    { "UNA of digits", "UNA123456FOO2TEST6", "FOO|TEST" },
    { "UNA without a release character", "UNA:+.  'RFF+A?:B'", "RFF|A?:B" },
    { "UNA with lines wrapped inside", "UNA:\r\n+.\r\n? 'R\r\nFF+A'", "RFF|A" },
    { "lines end anywhere, also in tags and values", "UNB+UNOA:3+A\r\nB'UN\nH+1\r+X'", "UNB|UNOA:3|AB UNH|1|X" },
    { "blanks and control bytes between segments", "RFF:5'   \r\n\x02\x03 DEF:6'\x0b", "RFF|5 DEF|6" },
    { "control bytes in values are dropped, tabs are blanks", "RFF+A\x03" "B\tC'", "RFF|AB C" },
    { "a tag alone is a segment", "AUT'CNT+1'", "AUT CNT|1" },
    { "SIRE ends segments with quotation marks", "UNB+SIRE:1+1H'S\"RFF+A'B\"", "UNB|SIRE:1|1H'S RFF|A'B" },
    { "information separators of level B", "UNB\x1dUNOB\x1f" "1\x1dX\x1cRFF\x1d" "A+B\x1c", "UNB|UNOB:1|X RFF|A+B" },
    { "address lines are passed over", "\x01QU UNAXXXX UNBYYYY\r\n.XXAHQXX 200801\r\n\x02UNB+UNOA:3+X'", "UNB|UNOA:3|X" },
    { "words that begin like UNA are not", "UNABLE TO SEND UNA NO\nUNB+UNOA:3+X'", "UNB|UNOA:3|X" },
    { "UTF-8's mark is passed over", "\xEF\xBB\xBFRFF+A'", "RFF|A" },
    { "a release character before a line end is damage", "UNB+UNOA:3+X'RFF+?\nFOO'DEF+1'", "UNB|UNOA:3|X !RFF@17 DEF|1" },
    { "but not where a line of 64 was wrapped",
        "UNA:+.? 'RFF+01234567890123456789012345678901234567890123456789?\r\n'X'DEF+1'",
        "RFF|01234567890123456789012345678901234567890123456789'X DEF|1" },
    { "a release character at the end is damage", "RFF+A?", "!RFF@5" },
    { "a segment that does not end is passed over", "RFF+A'DEF+1", "RFF|A !DEF@6" },
    { "a tag of two letters is none", "RFF+A'AB+1'DEF+1'", "RFF|A !@6 DEF|1" },
    { "nor one of four, of small letters, with a digit or a blank", "ABCD+1'abc+1'A1B+1'A BC+1'DEF+1'", "neither" },
    { "nor none at all", "RFF+A'+1'DEF+1'", "RFF|A !@6 DEF|1" },
    { "a tag is not released", "RFF+A'?DEF+1'CNT+1'", "RFF|A !@6 CNT|1" },
    { "a string that breaks off begins no segment", "IMD+F++:::This is '? :malformed string'", "IMD|F||:::This is  !@19" },
    { "UNA with one character twice is refused, and UNB behind it is found", "UNA++.? 'UNB+UNOA:3+X'", "UNB|UNOA:3|X" },
    { "nothing like EDIFACT", "name;born\nCLARK;1963-07-25\n", "format: EDIFACT: neither UNA nor UNB in it (ISO 9735-1)" },
    { "a column called UNB is not EDIFACT", "from,to\nXXX,UNB,YYY\n", "format: EDIFACT: neither UNA nor UNB in it (ISO 9735-1)" },
    { "other separators need UNA or a partner", "UNB*UNOA:4*A#",
        "format: EDIFACT: UNB with separators of its own and no UNA; a partner's profile can name them" },
    { "UNA cut off", "UNA:+.? ", "format: EDIFACT: UNA is cut off, or no segment follows it (ISO 9735-1, 8.1)" },
    { "nothing at all", "", "format: EDIFACT: neither UNA nor UNB in it (ISO 9735-1)" },
};

static void segments(void **state)
{
    const struct row *r = *state;
    GW_AUTO_VALUE(gw_buf) got = {};
    if (strcmp(r->want, "neither") == 0) { /* a bare text must begin with a tag */
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_buf_addf(&text, "UNB+UNOA:3+X'%s", r->text);
        render(&got, gw_buf_span(&text), NULL);
        CHECK_TEXT(gw_buf_text(&got), "UNB|UNOA:3|X !@13 !@20 !@26 !@32 DEF|1");
        return;
    }
    render(&got, gw_span_str(r->text), NULL);
    CHECK_TEXT(gw_buf_text(&got), r->want);
}

/* The same segments wherever they fall in the blocks that are looked at together. */
static void any_alignment(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) want = {};
    gw_buf_add_text(&text, "UNB+UNOA:4+X'NAD+FL+++O?'NEILL:ZOË?+?+:a b++*c'DTM+329:630725'LOC+91+C\r\nAN'DOC+P:110:111+MB140241?:A'UNZ+1+1'");
    render(&want, gw_buf_span(&text), NULL);
    for (size_t pad = 1; pad < 200; pad++) {
        GW_AUTO_VALUE(gw_buf) got = {};
        GW_AUTO_VALUE(gw_buf) moved = {};
        for (size_t i = 0; i < pad; i++)
            gw_buf_add_text(&moved, i % 63 == 62 ? "\n" : " ");
        gw_buf_add(&moved, text.data, text.size);
        uint8_t *exact = malloc(moved.size);
        memcpy(exact, moved.data, moved.size);
        render(&got, gw_span_of(exact, moved.size), NULL);
        free(exact);
        CHECK_TEXT(gw_buf_text(&got), gw_buf_text(&want));
    }
}

static void flags(void **state)
{
    (void)state;
    struct gw_edifact *e = gw_alloc(sizeof *e);
    struct gw_edifact_segment *s = gw_alloc(sizeof *s);
    struct gw_err err = {};
    static const struct {
        const char *text;
        bool lower, high, release;
    } cases[] = { { "RFF+ABC9'", false, false, false }, { "RFF+ABc'", true, false, false }, { "RFF+AB\xC3\x89'", false, true, false },
        { "RFF+?z'", true, false, true }, { "RFF+?'?+'", false, false, false } };
    for (size_t pad = 0; pad < 70; pad++)
        for (size_t i = 0; i < GW_COUNT(cases); i++) {
            GW_AUTO_VALUE(gw_buf) text = {};
            gw_buf_add_text(&text, "UNB+UNOA:3+");
            for (size_t k = 0; k < pad; k++)
                gw_buf_add_text(&text, "a");
            gw_buf_addf(&text, "'%sRFF+b'", cases[i].text);
            CHECK_OK(gw_edifact_open(e, gw_buf_span(&text), NULL, &err));
            CHECK_INT(gw_edifact_next(e, s, &err), GW_EDIFACT_SEGMENT);
            CHECK_INT(s->has_lower, pad > 0);
            CHECK_INT(gw_edifact_next(e, s, &err), GW_EDIFACT_SEGMENT);
            CHECK_INT(s->has_lower, cases[i].lower);
            CHECK_INT(s->has_high, cases[i].high);
            CHECK_INT(s->odd_release, cases[i].release);
        }
    gw_free(e);
    gw_free(s);
}

/* The fast reader of 64 bytes gives the masks of the plain one, for every byte under every kind
 * of separators. */
static void scans_agree(void **state)
{
    (void)state;
    static const char *const beginnings[] = { "UNB+UNOA:3+A'", "UNB+UNOA:4+A'", "UNA:+.? 'UNB+", "UNA(.) -+UNB(", "UNA123456FOO2TEST6",
        "UNB\x1DUNOB\x1FX\x1D", "UNA\x01\x02.\x03 \x04UNB\x02", "UNAabcdefUNBb" };
    struct gw_edifact *e = gw_alloc(sizeof *e), *plain = gw_alloc(sizeof *plain);
    struct gw_err err = {};
    for (size_t i = 0; i < GW_COUNT(beginnings); i++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_buf_add_text(&text, beginnings[i]);
        for (unsigned k = 0; k < 1024; k++) {
            uint8_t c = (uint8_t)(k * 167 + k / 256);
            gw_buf_add(&text, &c, 1);
        }
        if (!gw_edifact_open(e, gw_buf_span(&text), NULL, &err)) {
            CHECK_INT(err.code, GW_ERR_FORMAT);
            continue;
        }
        *plain = *e;
        for (size_t at = 0; at + 64 <= text.size; at++) {
            e->scan(e, (const uint8_t *)text.data + at);
            gw_edifact_scan_plainly(plain, (const uint8_t *)text.data + at);
            CHECK(e->elements == plain->elements && e->parts == plain->parts && e->terminators == plain->terminators);
            CHECK(e->special == plain->special);
        }
    }
    gw_free(e);
    gw_free(plain);
}

/* A value got from the masks of a short segment is the one got by counting. */
static void same_values(struct gw_edifact_segment *s)
{
    enum { MOST = 6 };
    struct gw_span got[MOST * MOST];
    for (unsigned i = 0; i < GW_COUNT(got); i++)
        got[i] = gw_edifact_get(s, i / MOST + 1, i % MOST + 1);
    bool reaches[MOST];
    for (unsigned i = 0; i < MOST; i++)
        reaches[i] = gw_edifact_reaches(s, i + 1);
    gw_edifact_spread(s);
    for (unsigned i = 0; i < MOST; i++)
        CHECK(reaches[i] == gw_edifact_reaches(s, i + 1));
    for (unsigned i = 0; i < GW_COUNT(got); i++)
        CHECK(gw_span_equal(got[i], gw_edifact_get_any(s, i / MOST + 1, i % MOST + 1)));
}

static void same_segment(struct gw_edifact_segment *a, struct gw_edifact_segment *b)
{
    CHECK(a->is_short == b->is_short);
    same_values(a);
    same_values(b);
    CHECK(memcmp(a->tag, b->tag, 4) == 0 && a->code == b->code && a->index == b->index && a->offset == b->offset);
    CHECK(a->has_lower == b->has_lower && a->has_high == b->has_high && a->odd_release == b->odd_release && a->repeats == b->repeats);
    CHECK(a->n_parts == b->n_parts && a->n_elements == b->n_elements);
    for (size_t i = 0; i < a->n_elements; i++)
        CHECK(gw_edifact_number(a, i) == gw_edifact_number(b, i) && gw_edifact_count(a, i) == gw_edifact_count(b, i));
    for (size_t i = 0; i < a->n_parts; i++)
        CHECK(gw_span_equal(gw_edifact_part(a, i), gw_edifact_part(b, i)));
}

/* What is read 64 bytes at a time is what is read byte by byte. */
static void fast_and_slow(void **state)
{
    (void)state;
    static const char *const beginnings[] = { "UNB+UNOA:3+A'", "UNB+UNOA:4+A'", "UNA:+.? 'UNB+", "UNA(.) -+UNB(", "UNA123456FOO2TEST6",
        "UNB\x1DUNOB\x1FX\x1D", "UNA\x01\x02.\x03 \x04UNB\x02", "UNA:+.? 'UNB+UNOA:4+A*B'" };
    static const char *const pieces[] = { "RFF+", "NAD+FL+++", "'", "'\r\n", "'\r\nDTM+", ":", "+", "?'", "? ", "?\r\n", "*", "\t", "a", "\xC3\x89",
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "\x7F", "1", "", "\x01", "\x02", "\x04", "'N\r\nAD+", ".", "-" };
    struct gw_edifact *fast = gw_alloc(sizeof *fast), *slow = gw_alloc(sizeof *slow);
    struct gw_edifact_segment *a = gw_alloc(sizeof *a), *b = gw_alloc(sizeof *b);
    uint32_t random = 1;
    for (unsigned round = 0; round < 4000; round++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_buf_add_text(&text, beginnings[round % GW_COUNT(beginnings)]);
        for (unsigned k = 0; k < round % 97; k++) {
            random = random * 1664525 + 1013904223;
            gw_buf_add_text(&text, pieces[(random >> 16) % GW_COUNT(pieces)]);
        }
        struct gw_err of_fast = {}, of_slow = {};
        bool is_open = gw_edifact_open(fast, gw_buf_span(&text), NULL, &of_fast);
        CHECK(is_open == gw_edifact_open(slow, gw_buf_span(&text), NULL, &of_slow));
        slow->scan = gw_edifact_scan_plainly;
        for (bool more = is_open; more;) {
            enum gw_edifact_read what = gw_edifact_next(fast, a, &of_fast);
            CHECK_INT(gw_edifact_next(slow, b, &of_slow), what);
            CHECK(fast->at == slow->at);
            more = what != GW_EDIFACT_END;
            if (what == GW_EDIFACT_SEGMENT)
                same_segment(a, b);
            else if (what == GW_EDIFACT_BAD)
                CHECK(of_fast.code == of_slow.code && of_fast.at == of_slow.at);
        }
    }
    gw_free(fast);
    gw_free(slow);
    gw_free(a);
    gw_free(b);
}

static void limits(void **state)
{
    (void)state;
    for (int released = 0; released < 2; released++)
        for (size_t size = GW_EDIFACT_SEGMENT_BYTES - 1; size <= GW_EDIFACT_SEGMENT_BYTES + 1; size++) {
            GW_AUTO_VALUE(gw_buf) text = {};
            GW_AUTO_VALUE(gw_buf) got = {};
            gw_buf_add_text(&text, "RFF+");
            while (text.size < size - (released ? 3 : 1))
                gw_buf_add_text(&text, "A");
            gw_buf_addf(&text, "%s'DEF+1'", released ? "?'" : "");
            render(&got, gw_buf_span(&text), NULL);
            CHECK_INT(strncmp(gw_buf_text(&got), "!RFF@0", 6) == 0, size > GW_EDIFACT_SEGMENT_BYTES);
            CHECK(strstr(gw_buf_text(&got), " DEF|1") != NULL);
        }
    for (int components = 0; components < 2; components++)
        for (int more = 0; more < 2; more++) {
            GW_AUTO_VALUE(gw_buf) text = {};
            GW_AUTO_VALUE(gw_buf) got = {};
            int most = components ? GW_EDIFACT_PARTS : GW_EDIFACT_ELEMENTS;
            gw_buf_add_text(&text, "RFF+A");
            for (int i = 1; i < most + more; i++)
                gw_buf_add_text(&text, components ? ":A" : "+A");
            gw_buf_add_text(&text, "'DEF+1'");
            render(&got, gw_buf_span(&text), NULL);
            CHECK_INT(strncmp(gw_buf_text(&got), "!RFF@0", 6) == 0, more);
            CHECK(strstr(gw_buf_text(&got), " DEF|1") != NULL);
        }
}

static void written_is_read(void **state)
{
    (void)state;
    static const char *const values[] = { "", "A", "O'NEILL", "A+B:C?D*E", "??", "ZOË", "'", "A B", "", "1", "" };
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) got = {};
    struct gw_edifact_writer w = { .out = &text };
    gw_buf_add_text(&text, "UNB+UNOA:4+X'");
    gw_edifact_begin(&w, "NAD");
    for (int e = 0; e < 3; e++) {
        gw_edifact_element(&w);
        for (size_t i = 0; e != 1 && i < GW_COUNT(values); i++)
            gw_edifact_component(&w, gw_span_str(values[i]));
    }
    gw_edifact_end(&w);
    render(&got, gw_buf_span(&text), NULL);
    CHECK_TEXT(gw_buf_text(&got), "UNB|UNOA:4|X NAD|:A:O'NEILL:A+B:C?D*E:??:ZOË:':A B::1||:A:O'NEILL:A+B:C?D*E:??:ZOË:':A B::1");
}

static const struct moment_row {
    const char *label, *value, *format;
    enum gw_edifact_century century;
    const char *want; /* date, then minutes of the day; NULL: cannot be read */
} moment_rows[] = {
    { "101", "261123", "101", GW_CENTURY_NEAR, "2026-11-23 0" },
    { "102", "20261123", "102", GW_CENTURY_NEAR, "2026-11-23 0" },
    { "201", "2611231015", "201", GW_CENTURY_NEAR, "2026-11-23 615" },
    { "203", "202611231015", "203", GW_CENTURY_NEAR, "2026-11-23 615" },
    { "204", "20261123101559", "204", GW_CENTURY_NEAR, "2026-11-23 615" },
    { "without a code the length tells", "2611231015", "", GW_CENTURY_NEAR, "2026-11-23 615" },
    { "a code that does not fit gives way to the length", "20261123", "101", GW_CENTURY_NEAR, "2026-11-23 0" },
    { "a code that puts the day first is refused", "231126", "2", GW_CENTURY_NEAR, NULL },
    { "a birth today", "261123", "", GW_CENTURY_BIRTH, "2026-11-23 0" },
    { "a birth tomorrow was a hundred years ago", "261124", "", GW_CENTURY_BIRTH, "1926-11-24 0" },
    { "an expiry twenty years back", "061123", "", GW_CENTURY_EXPIRY, "2006-11-23 0" },
    { "an expiry of 05 is in this century's future", "051123", "", GW_CENTURY_EXPIRY, "2105-11-23 0" },
    { "an unknown day of birth", "19630700", "", GW_CENTURY_BIRTH, "1963-7-0 0" },
    { "an unknown month and day of birth", "630000", "", GW_CENTURY_BIRTH, "1963-0-0 0" },
    { "no unknown day of expiry", "28100 0", "", GW_CENTURY_EXPIRY, NULL },
    { "29 February of a common year", "270229", "", GW_CENTURY_NEAR, NULL },
    { "hour 24", "2611232400", "", GW_CENTURY_NEAR, NULL },
    { "month 13", "261323", "", GW_CENTURY_NEAR, NULL },
    { "letters", "26NOV3", "", GW_CENTURY_NEAR, NULL },
    { "seven digits", "2611231", "", GW_CENTURY_NEAR, NULL },
    { "nothing", "", "", GW_CENTURY_NEAR, NULL },
};

static void moments(void **state)
{
    const struct moment_row *r = *state;
    struct gw_date d;
    int64_t us;
    char got[64];
    bool ok = gw_edifact_moment(&d, &us, gw_span_str(r->value), gw_span_str(r->format), r->century, (struct gw_date){ 2026, 11, 23 });
    CHECK_INT(ok, r->want != NULL);
    if (!ok)
        return;
    if (d.month > 0 && d.day > 0)
        snprintf(got, sizeof got, "%04d-%02d-%02d %d", d.year, d.month, d.day, (int)(us / 60000000));
    else
        snprintf(got, sizeof got, "%04d-%d-%d %d", d.year, d.month, d.day, (int)(us / 60000000));
    CHECK_TEXT(got, r->want);
}

static void every_cut(void **state)
{
    (void)state;
    static const char text[] = "\x01QU X\r\n\x02UNA:+.? 'UNB+UNOA:4+X'NAD+FL+++O?'NEILL:Z?+*A'DTM+329:630725'LOC+91+C\r\nAN'UNZ+1+1'NNNN";
    for (size_t n = 0; n < sizeof text; n++) {
        GW_AUTO_VALUE(gw_buf) got = {};
        char *exact = malloc(n == 0 ? 1 : n);
        memcpy(exact, text, n);
        render(&got, gw_span_of(exact, n), NULL);
        free(exact);
    }
}

/* What other implementations' tests accept and refuse, where that list is at hand. */
static void samples(void **state)
{
    (void)state;
    char path[1024];
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) list = {};
    const char *shared = getenv("GANGWAY_SHARED"), *source = getenv("GANGWAY_TEST_SOURCE");
    snprintf(path, sizeof path, "%s%s/samples/edifact/syntax.jsonl", shared != NULL ? shared : source == NULL ? ".." : source,
        shared != NULL || source == NULL ? "" : "/../shared");
    if (access(path, R_OK) != 0) {
        print_message("%s is not here\n", path);
        skip();
    }
    CHECK_OK(gw_buf_read_file(&list, path, 1 << 20, &err));
    size_t n = 0;
    for (char *line = strtok((char *)list.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        GW_AUTO(gw_json) *j = gw_json_parse(gw_span_str(line), &err);
        const char *id;
        struct gw_span text;
        bool accept;
        CHECK(j != NULL && gw_json_get_text(j, "id", &id) && gw_json_get_string(j, "input", &text) && gw_json_get_bool(j, "accept", &accept));
        if (strcmp(id, "bad-envelope-unh-nested") == 0)
            continue; /* of messages, not of segments */
        GW_AUTO_VALUE(gw_buf) got = {};
        GW_AUTO_VALUE(gw_buf) want = {};
        render(&got, text, NULL);
        if ((strchr(gw_buf_text(&got), '!') == NULL) != accept)
            fail_msg("%s: %s", id, gw_buf_text(&got));
        const struct gw_json *segments = gw_json_get(j, "segments");
        for (size_t i = 0; i < gw_json_size(segments); i++) {
            struct gw_span tag, value;
            gw_json_string(gw_json_at(gw_json_at(segments, i), 0), &tag);
            gw_buf_addf(&want, "%s%.*s", i > 0 ? " " : "", (int)tag.size, tag.data);
            for (size_t k = 1; k < gw_json_size(gw_json_at(segments, i)); k++)
                for (size_t c = 0; c < gw_json_size(gw_json_at(gw_json_at(segments, i), k)); c++) {
                    gw_json_string(gw_json_at(gw_json_at(gw_json_at(segments, i), k), c), &value);
                    gw_buf_addf(&want, "%s%.*s", c == 0 ? "|" : ":", (int)value.size, value.data);
                }
        }
        if (gw_json_size(segments) > 0)
            CHECK_TEXT(gw_buf_text(&got), gw_buf_text(&want));
        n++;
    }
    CHECK(n > 0);
}

int main(void)
{
    check_rows("edifact", rows, segments);
    check_rows("edifact moment", moment_rows, moments);
    check_add("edifact", "segments are the same at any place of a text", any_alignment);
    check_add("edifact", "odd characters are told of the segment they stand in", flags);
    check_add("edifact", "64 bytes at a time give what one at a time gives", scans_agree);
    check_add("edifact", "segments are the same whichever way they are looked at", fast_and_slow);
    check_add("edifact", "each limit holds, one past it is passed over, and reading goes on", limits);
    check_add("edifact", "what was written is read", written_is_read);
    check_add("edifact", "a text cut anywhere is never read past its end", every_cut);
    check_add("edifact", "what others' tests accept and refuse", samples);
    return check_done();
}
