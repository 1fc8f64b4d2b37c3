/* zone_test.c - the days of a place, as POSIX.1 time zone rules give them. */
#include "base/zone.h"
#include "tests/check.h"

static const struct row {
    const char *label, *rule, *moment, *day;
    int32_t offset_s;
} rows[] = {
    { "five hours before midnight in Greenwich it is midnight in New York", "EST5EDT,M3.2.0,M11.1.0", "2025-12-26T05:00:00Z", "2025-12-26", -18000 },
    { "a second before, it is the day before", "EST5EDT,M3.2.0,M11.1.0", "2025-12-26T04:59:59Z", "2025-12-25", -18000 },
    { "in summer the day begins an hour earlier", "EST5EDT,M3.2.0,M11.1.0", "2025-07-04T04:00:00Z", "2025-07-04", -14400 },
    { "summer begins at two o'clock on the second Sunday of March", "EST5EDT,M3.2.0,M11.1.0", "2025-03-09T07:00:00Z", "2025-03-09", -14400 },
    { "and not a second sooner", "EST5EDT,M3.2.0,M11.1.0", "2025-03-09T06:59:59Z", "2025-03-09", -18000 },
    { "it ends at two o'clock of its own clock", "EST5EDT,M3.2.0,M11.1.0", "2025-11-02T06:00:00Z", "2025-11-02", -18000 },
    { "and not a second sooner either", "EST5EDT,M3.2.0,M11.1.0", "2025-11-02T05:59:59Z", "2025-11-02", -14400 },
    { "Brussels changes at one in Greenwich on the last Sunday of March", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-03-29T01:00:00Z", "2026-03-29", 7200 },
    { "and back on the last Sunday of October", "CET-1CEST,M3.5.0,M10.5.0/3", "2026-10-25T01:00:00Z", "2026-10-25", 3600 },
    { "the fifth Sunday is the last where there are four", "CET-1CEST,M3.5.0,M10.5.0/3", "2027-03-28T01:00:00Z", "2027-03-28", 7200 },
    { "south of the equator summer goes over the year", "NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-01-01T11:00:00Z", "2026-01-02", 46800 },
    { "and winter lies in its middle", "NZST-12NZDT,M9.5.0,M4.1.0/3", "2026-06-30T11:59:59Z", "2026-06-30", 43200 },
    { "a name may be digits in brackets", "<+0545>-5:45", "2026-01-01T18:15:00Z", "2026-01-02", 20700 },
    { "a zone without summer", "UTC0", "1969-12-31T23:59:59Z", "1969-12-31", 0 },
};

static int64_t moment(const char *text)
{
    int64_t us;
    struct gw_err err;
    (void)err;
    CHECK(gw_time_parse(&us, NULL, gw_span_str(text)));
    return us;
}

static void day_test(void **state)
{
    const struct row *r = *state;
    struct gw_err err;
    struct gw_zone z;
    char day[GW_DATE_TEXT];
    CHECK_OK(gw_zone_parse(&z, gw_span_str(r->rule), &err));
    CHECK_INT(gw_zone_offset_s(&z, moment(r->moment)), r->offset_s);
    gw_date_format(day, gw_zone_day(&z, moment(r->moment)));
    CHECK_TEXT(day, r->day);
}

/* For every day of ten years: midnight is of that day, and a microsecond before is not. */
static void midnight_test(void **)
{
    static const char *const rules[] = { "EST5EDT,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3", "NZST-12NZDT,M9.5.0,M4.1.0/3",
        "EET-2EEST,M3.5.5/0,M10.5.5/0", "<-03>3<-02>,M3.5.0/-2,M10.5.0/-1", "UTC0" };
    struct gw_err err;
    for (size_t i = 0; i < GW_COUNT(rules); i++) {
        struct gw_zone z;
        CHECK_OK(gw_zone_parse(&z, gw_span_str(rules[i]), &err));
        for (int64_t d = 18000; d < 21650; d++) {
            const struct gw_date day = gw_date_from_days(d);
            int64_t us = gw_zone_midnight(&z, day);
            CHECK(gw_date_compare(gw_zone_day(&z, us), day) == 0);
            CHECK(gw_date_compare(gw_zone_day(&z, us - 1), day) < 0);
        }
    }
}

static const struct bad_row {
    const char *label, *rule;
    size_t at;
} bad_rows[] = {
    { "nothing", "", 0 },
    { "a name of two letters", "ET5", 2 },
    { "a name of the database", "America/New_York", 7 },
    { "no offset", "EST", 3 },
    { "summer without its changes", "EST5EDT", 7 },
    { "changes by day of the year", "EST5EDT,J60,J300", 8 },
    { "a thirteenth month", "EST5EDT,M13.2.0,M11.1.0", 11 },
    { "a sixth week", "EST5EDT,M3.6.0,M11.1.0", 12 },
    { "an eighth weekday", "EST5EDT,M3.2.7,M11.1.0", 14 },
    { "something behind", "UTC0 ", 4 },
    { "an offset of days", "UTC99", 5 },
};

static void bad_test(void **state)
{
    const struct bad_row *r = *state;
    struct gw_err err;
    struct gw_zone z;
    CHECK_FAILS(gw_zone_parse(&z, gw_span_str(r->rule), &err), GW_ERR_FORMAT);
    CHECK_INT(err.at, r->at);
}

int main(void)
{
    check_rows("the day", rows, day_test);
    check_add("midnight", "begins every day, also those that are an hour longer or shorter", midnight_test);
    check_rows("no rule", bad_rows, bad_test);
    return check_done();
}
