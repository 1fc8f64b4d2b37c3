/* bcbp_test.c - boarding passes as Resolution 792 builds them, and as readers send them. */
#include "document/bcbp.h"
#include "tests/check.h"

#define NAME "M1DESMARAIS/LUC       E"
#define LEG "ABC123 YULFRAAC 0834 226F001A0025 1"
/* The longest first leg: unique section 0x32, repeated section 0x2A. */
#define ONCE "1WM6225BAC 0014123456003 0014123459001 0014123466001"
#define REPEATED "0141234567890 1AC AC 1234567890123    20KY"

static const struct row {
    const char *label, *text, *want, *says; /* want NULL: not read, and says is part of the reason */
} rows[] = {
    { "mandatory items alone are a pass", NAME LEG "00",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok", NULL },
    { "leading zeros go, a suffix stays", "M1DESMARAIS/LUC       EABC123 YULFRAAC 0834A226F012CINF  100",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834A d226 2026-08-14 F 12C INF 1 ok", NULL },
    { "an empty conditional part has a version", NAME LEG "06>60000",
        "DESMARAIS/LUC e1 v6 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok", NULL },
    { "a symbology identifier in front is passed over", "]Q3" NAME LEG "06>60000",
        "DESMARAIS/LUC e1 v6 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok", NULL },
    { "line ends behind are passed over", NAME LEG "00\r\n",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok", NULL },
    { "lower case is read as upper and told", "m1desmarais/luc       eabc123 yulfraac 0834 226f001a0025 100",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok case:lower_case", NULL },
    { "hexadecimal sizes may be lower case", NAME LEG "0a>60000ABCD",
        "DESMARAIS/LUC e1 v6 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 use=ABCD ok", NULL },
    { "a pass printed short is read to its end and told", "M1DOE/JOHN            EXXX007 TXLBRUSN 2592 110Y",
        "DOE/JOHN e1 v- XXX007 TXL-BRU SN2592 d110 2026-04-20 Y - - - ok length:cut_short", NULL },
    { "a leg of blanks is told", "M2DESMARAIS/LUC       E                                   06>60000" LEG "0200",
        "DESMARAIS/LUC e1 v6 - --- - d0 - - - - - ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok legs:blank", NULL },
    { "blanks a scanner dropped at the end are told", NAME LEG "0A>60000",
        "DESMARAIS/LUC e1 v6 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok length:cut_short", NULL },
    { "a size far past the end is an error", NAME LEG "FF>60000",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 BAD length:size", NULL },
    { "a section larger than its part is an error", NAME LEG "06>61000",
        "DESMARAIS/LUC e1 v6 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 BAD unique_size:size", NULL },
    { "a size that is not hexadecimal is an error", NAME LEG "G0",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 BAD size:size", NULL },
    { "day 000 is an error", "M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 000F001A0025 100",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d0 - F 1A 25 1 BAD day_of_year:day", NULL },
    { "day 366 means the leap year nearby", "M1DESMARAIS/LUC       EABC123 YULFRAAC 0834 366F001A0025 100",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d366 - F 1A 25 1 BAD day_of_year:day", NULL },
    { "version 9 is read by its sizes and told", NAME LEG "06>90000",
        "DESMARAIS/LUC e1 v9 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok version:version", NULL },
    { "what follows without a version mark is the airline's", NAME LEG "043JIJ",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 use=3JIJ ok version:version", NULL },
    { "text behind that is no security data is an error", NAME LEG "00X",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 BAD security:trailing", NULL },
    { "security data is kept", NAME LEG "00^105HELLO",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 sec=1/HELLO ok", NULL },
    { "security data shorter than its size is an error", NAME LEG "00^106HELLO",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 sec=1/HELLO BAD security:size", NULL },
    { "no name is an error", "M1                    E" LEG "00",
        "- e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 BAD passenger_name:missing", NULL },
    { "a size lost with the end of the text is an error", NAME LEG "06>600",
        "DESMARAIS/LUC e1 v6 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 BAD length:cut_short repeated_size:size", NULL },
    { "a section that ends inside an item leaves it out and tells", NAME LEG "08>602WM00",
        "DESMARAIS/LUC e1 v6 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok", NULL },
    { "an issue date cut inside is left out and told", NAME LEG "0B>6051WM6200",
        "DESMARAIS/LUC e1 v6 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok issue_date:cut_short", NULL },
    { "an issue date of letters is told and not used", NAME LEG "0D>6071WMABCD00",
        "DESMARAIS/LUC e1 v6 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok issue_date:day", NULL },
    { "items aligned to the right are read and told", "M1DESMARAIS/LUC       E ABC123YULFRA AC 834 226F  1A  25 100",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok alignment:alignment", NULL },
    { "a flight without leading zeros is the same flight", "M1DESMARAIS/LUC       EABC123 YULFRAAC 834  226F1A  25   100",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok", NULL },
    { "a ticketless passenger is none with an electronic ticket", "M1DESMARAIS/LUC       LABC123 YULFRAAC 0834 226F001A0025 100",
        "DESMARAIS/LUC e0 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok", NULL },
    { "four legs are the most", "M4DESMARAIS/LUC       E" LEG "00" LEG "00" LEG "00" LEG "00",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 "
        "ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok", NULL },
    { "a leg announced and not there is an error", "M2DESMARAIS/LUC       E" LEG "00",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 - --- - d0 - - - - - BAD legs:cut_short", NULL },
    { "the obsolete single format is read and told", "S1DESMARAIS/LUC       E" LEG "00",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok format:format", NULL },
    { "five legs do not exist", "M5DESMARAIS/LUC       E" LEG "00", NULL, "number of legs" },
    { "another format is no pass", "X1DESMARAIS/LUC       E" LEG "00", NULL, "format code" },
    { "46 characters are too few", "M1DOE/JOHN            EXXX007 TXLBRUSN 2592 11", NULL, "46 characters" },
    { "what readers send in front is passed over", "\x02 ]Q3M1DESMARAIS/LUC       E" LEG "00",
        "DESMARAIS/LUC e1 v- ABC123 YUL-FRA AC834 d226 2026-08-14 F 1A 25 1 ok", NULL },
    { "an airport has no digit", "M1DESMARAIS/LUC       EABC123 YU1FRAAC 0834 226F001A0025 100",
        "DESMARAIS/LUC e1 v- ABC123 YU1-FRA AC834 d226 2026-08-14 F 1A 25 1 BAD from:character", NULL },
    { "bytes outside ASCII are refused", "M1DESMARAIS/LU\xC3\xA7       EABC123 YULFRAAC 0834 326J001A0025 100", NULL, "printable" },
};

static const char *or_dash(const char *s)
{
    return s[0] == 0 ? "-" : s;
}

static const struct gw_date reference = { 2026, 9, 1 };

static void passes(void **state)
{
    const struct row *r = *state;
    struct gw_bcbp b;
    struct gw_err err = {};
    bool ok = gw_bcbp_parse(&b, gw_span_str(r->text), reference, &err);
    if (r->want == NULL) {
        CHECK(!ok);
        if (strstr(err.text, r->says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.text, r->says);
        return;
    }
    if (!ok)
        fail_msg("%s", err.text);
    char got[2000];
    int n = snprintf(got, sizeof got, "%s e%d v%s", or_dash(b.passenger_name), b.electronic_ticket,
        or_dash(b.version));
    for (size_t i = 0; i < b.n_legs; i++) {
        struct gw_bcbp_leg *l = &b.legs[i];
        char date[GW_DATE_TEXT];
        gw_date_format(date, l->date);
        n += snprintf(got + n, sizeof got - (size_t)n, " %s %s-%s %s%s d%d %s %s %s %s %s", or_dash(l->pnr), or_dash(l->from),
            or_dash(l->to), or_dash(l->carrier), l->flight, l->day_of_year, or_dash(date), or_dash(l->compartment),
            or_dash(l->seat), or_dash(l->sequence), or_dash(l->status));
        if (l->airline_use.size > 0)
            n += snprintf(got + n, sizeof got - (size_t)n, " use=%.*s", (int)l->airline_use.size, l->airline_use.data);
    }
    if (b.security.data != NULL)
        n += snprintf(got + n, sizeof got - (size_t)n, " sec=%.*s/%.*s", (int)b.security_type.size, b.security_type.data,
            (int)b.security.size, b.security.data);
    n += snprintf(got + n, sizeof got - (size_t)n, " %s", b.valid ? "ok" : "BAD");
    for (size_t i = 0; i < b.n_problems; i++)
        n += snprintf(got + n, sizeof got - (size_t)n, " %s:%s", b.problems[i].field, b.problems[i].code);
    CHECK_TEXT(got, r->want);
}

static void conditional_items(void **state)
{
    (void)state;
    struct gw_bcbp b;
    struct gw_err err = {};
    char text[300];
    snprintf(text, sizeof text, "%s%s%02zX>8%02zX%s%02zX%s%s", NAME, LEG, 4 + (sizeof ONCE - 1) + 2 + (sizeof REPEATED - 1) + 3,
        sizeof ONCE - 1, ONCE, sizeof REPEATED - 1, REPEATED, "A 9");
    CHECK_OK(gw_bcbp_parse(&b, gw_span_str(text), reference, &err));
    CHECK(b.valid);
    CHECK_TEXT(b.version, "8");
    CHECK(gw_span_is(b.once[GW_BCBP_PASSENGER_DESCRIPTION], "1"));
    CHECK(gw_span_is(b.once[GW_BCBP_ISSUE_DATE], "6225"));
    CHECK(gw_date_compare(b.issued, (struct gw_date){ 2026, 8, 13 }) == 0);
    CHECK(gw_span_is(b.once[GW_BCBP_ISSUER], "AC"));
    CHECK(gw_span_is(b.once[GW_BCBP_BAG_TAG], "0014123456003"));
    CHECK(gw_span_is(b.legs[0].items[GW_BCBP_AIRLINE_NUMERIC_CODE], "014"));
    CHECK(gw_span_is(b.legs[0].items[GW_BCBP_DOCUMENT_SERIAL], "1234567890"));
    /* Blank but there, against absent. */
    CHECK(b.legs[0].items[GW_BCBP_SELECTEE].data != NULL);
    CHECK_INT(b.legs[0].items[GW_BCBP_SELECTEE].size, 0);
    CHECK(gw_span_is(b.legs[0].airline_use, "A 9"));
    /* Every way to cut the repeated section short leaves whole items only. */
    for (size_t cut = 0; cut <= sizeof REPEATED - 1; cut++) {
        snprintf(text, sizeof text, "%s%s%02zX>800%02zX%.*s", NAME, LEG, 6 + cut, cut, (int)cut, REPEATED);
        CHECK_OK(gw_bcbp_parse(&b, gw_span_str(text), reference, &err));
        CHECK(b.valid);
        CHECK_INT(b.legs[0].items[GW_BCBP_AIRLINE_NUMERIC_CODE].data != NULL, cut >= 3);
        CHECK_INT(b.legs[0].items[GW_BCBP_FAST_TRACK].data != NULL, cut >= 42);
    }
}

static const struct year_row {
    const char *label, *issued, *day, *reference, *want;
} year_rows[] = {
    { "without an issue date the nearest year is meant", "    ", "002", "2026-12-30", "2027-01-02" },
    { "also backwards", "    ", "364", "2027-01-02", "2026-12-30" },
    { "an issue date of this year decides", "6225", "226", "2026-09-01", "2026-08-14" },
    { "a flight day before the issue day is next year's", "6350", "005", "2026-12-20", "2027-01-05" },
    { "an issue digit ahead is ten years ago", "7001", "010", "2026-12-20", "2017-01-10" },
    { "the issue digit of today's year but a later day is ten years ago", "6360", "365", "2026-12-20", "2016-12-30" },
    { "issued tomorrow by the airline's calendar is this year", "6355", "355", "2026-12-20", "2026-12-21" },
    { "issued on New Year's Day where it is already next year", "7001", "001", "2026-12-31", "2027-01-01" },
    { "day 366 of a leap year exists", "    ", "366", "2024-12-30", "2024-12-31" },
};

static void years(void **state)
{
    const struct year_row *r = *state;
    struct gw_bcbp b;
    struct gw_err err = {};
    struct gw_date on, want;
    char text[200];
    CHECK(gw_date_parse(&on, gw_span_str(r->reference)) && gw_date_parse(&want, gw_span_str(r->want)));
    snprintf(text, sizeof text, "%sABC123 YULFRAAC 0834 %sF001A0025 10D>607   %s00", NAME, r->day, r->issued);
    CHECK_OK(gw_bcbp_parse(&b, gw_span_str(text), on, &err));
    CHECK(b.valid);
    char got[GW_DATE_TEXT];
    gw_date_format(got, b.legs[0].date);
    CHECK_TEXT(got, r->want);
}

static void every_cut(void **state)
{
    (void)state;
    struct gw_bcbp b;
    char text[300];
    int n = snprintf(text, sizeof text, "%s%s%02zX>8%02zX%s%02zX%s^103ABC", NAME, LEG, 4 + (sizeof ONCE - 1) + 2 + (sizeof REPEATED - 1),
        sizeof ONCE - 1, ONCE, sizeof REPEATED - 1, REPEATED);
    for (int i = 0; i <= n; i++) {
        char *copy = malloc((size_t)i + 1); /* its own block: reading past it is seen */
        memcpy(copy, text, (size_t)i);
        struct gw_err err = {};
        bool ok = gw_bcbp_parse(&b, gw_span_of(copy, (size_t)i), reference, &err);
        CHECK_INT(ok, i >= 47);
        free(copy);
    }
}

int main(void)
{
    check_rows("bcbp", rows, passes);
    check_add("bcbp", "every conditional item is found, and cut off ones are absent", conditional_items);
    check_rows("bcbp year", year_rows, years);
    check_add("bcbp", "a pass cut anywhere is read or refused, never past its end", every_cut);
    return check_done();
}
