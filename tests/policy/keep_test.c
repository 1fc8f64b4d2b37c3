/* keep_test.c - periods end on the day a lawyer would name, and never later. */
#include "policy/pack.h"
#include "tests/check.h"

static struct gw_err err;

static int64_t us(const char *text)
{
    int64_t t = 0;
    CHECK(gw_time_parse(&t, NULL, gw_span_str(text)));
    return t;
}

static const struct row {
    const char *label, *start, *period, *end;
} rows[] = {
    { "twelve hours", "2026-11-23T18:00:00Z", "12h", "2026-11-24T06:00:00Z" },
    { "fourteen days, across a change of clocks", "2026-10-20T01:30:00Z", "14d", "2026-11-03T01:30:00Z" },
    { "three years and a day", "2026-02-28T10:00:00Z", "3y1d", "2029-03-01T10:00:00Z" },
    { "a year from 29 February ends on the 28th", "2028-02-29T10:00:00Z", "1y", "2029-02-28T10:00:00Z" },
    { "four years from 29 February end on the 29th", "2028-02-29T10:00:00Z", "4y", "2032-02-29T10:00:00Z" },
    { "seventy-five years", "2026-12-26T00:00:00Z", "75y", "2101-12-26T00:00:00Z" },
};

static void ends(void **state)
{
    const struct row *r = *state;
    struct gw_period p;
    char text[GW_TIME_TEXT];
    CHECK(gw_period_parse(&p, gw_span_str(r->period)));
    gw_time_format(text, gw_period_end(us(r->start), p));
    CHECK_TEXT(text, r->end);
}

static void starts(void **state)
{
    (void)state;
    struct gw_clocks c = { .now_us = us("2026-11-23T12:00:00Z") };
    struct gw_keep k = { .has = true, .starts = GW_STARTS_CLOSE };
    int64_t end;
    CHECK(gw_period_parse(&k.period, gw_span_str("12h")));
    CHECK(gw_keep_end(&end, &k, &c)); /* not closed yet */
    CHECK_INT(end, us("2026-11-24T00:00:00Z"));
    gw_clocks_set(&c, GW_STARTS_CLOSE, us("2026-11-23T20:00:00Z"));
    CHECK(gw_keep_end(&end, &k, &c));
    CHECK_INT(end, us("2026-11-24T08:00:00Z"));
    k.starts = GW_STARTS_LAST_EXIT;
    gw_clocks_set(&c, GW_STARTS_LAST_EXIT, us("2026-01-01T00:00:00Z"));
    CHECK(gw_keep_end(&end, &k, &c));
    CHECK_INT(end, us("2026-01-01T12:00:00Z"));
    k.has = false;
    CHECK(!gw_keep_end(&end, &k, &c));
}

int main(void)
{
    (void)err;
    check_rows("period", rows, ends);
    check_add("clock", "starts as the pack says, and before that counts from now", starts);
    return check_done();
}
