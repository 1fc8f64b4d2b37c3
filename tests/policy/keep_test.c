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

/* ---- leaving --------------------------------------------------------------------------- */

static struct gw_pack_rule enrolled(struct gw_retention *keep)
{
    *keep = (struct gw_retention){ .name = "alien" };
    keep->keep[GW_DATUM_PROBE] = (struct gw_keep){ .has = true, .period.days = 14, .starts = GW_STARTS_VERIFICATION };
    keep->keep[GW_DATUM_PORTRAIT] = keep->keep[GW_DATUM_PROBE];
    keep->keep[GW_DATUM_TEMPLATE] = (struct gw_keep){ .has = true, .period.minutes = 720, .starts = GW_STARTS_CLOSE };
    keep->keep[GW_DATUM_CROSSING] = (struct gw_keep){ .has = true, .period.years = 75, .starts = GW_STARTS_CROSSING };
    keep->keep[GW_DATUM_REGISTER] = (struct gw_keep){ .has = true, .period.years = 75, .starts = GW_STARTS_TRANSFER };
    return (struct gw_pack_rule){ .id = "alien", .photo = GW_CONSENT_REQUIRED, .enrol = true, .retention = keep, .transfer = "identity_register",
        .transfer_data = 1u << GW_DATUM_PROBE, .transfer_within.days = 10, .transfer_starts = GW_STARTS_VERIFICATION };
}

static void leaves_test(void **)
{
    struct gw_retention keep;
    const struct gw_pack_rule t = enrolled(&keep);
    struct gw_clocks c = { .now_us = us("2026-11-23T12:00:00Z") };
    struct gw_transfer out;
    gw_clocks_set(&c, GW_STARTS_VERIFICATION, us("2026-11-20T12:00:00Z"));
    CHECK(gw_rule_transfer(&out, &t, GW_DATUM_PROBE, &c));
    CHECK_TEXT(out.to, "identity_register");
    CHECK_INT(out.due_us, us("2026-11-30T12:00:00Z"));
    CHECK_INT(out.last_us, us("2026-12-04T12:00:00Z"));
    CHECK(out.kept_there.has && out.kept_there.starts == GW_STARTS_TRANSFER);
    CHECK_INT(out.kept_there.period.years, 75);
    /* What is not named stays, whatever else is kept of the same person. */
    for (int d = 0; d < GW_DATUM_COUNT; d++)
        CHECK(d == GW_DATUM_PROBE || !gw_rule_transfer(&out, &t, (enum gw_datum)d, &c));
    /* Late is late, but allowed, until it must be gone. */
    c.now_us = us("2026-12-04T11:59:59Z");
    CHECK(gw_rule_transfer(&out, &t, GW_DATUM_PROBE, &c));
    CHECK_INT(out.due_us, us("2026-11-30T12:00:00Z"));
    c.now_us = us("2026-12-04T12:00:00Z");
    CHECK(!gw_rule_transfer(&out, &t, GW_DATUM_PROBE, &c));
}

static void rule_to_nowhere(struct gw_pack_rule *t, struct gw_retention *keep)
{
    (void)keep;
    t->transfer = NULL;
}
static void rule_not_enrolled(struct gw_pack_rule *t, struct gw_retention *keep)
{
    (void)keep;
    t->enrol = false;
}
static void rule_exempt(struct gw_pack_rule *t, struct gw_retention *keep)
{
    (void)keep;
    t->photo = GW_CONSENT_EXEMPT;
}
static void rule_unauthorised(struct gw_pack_rule *t, struct gw_retention *keep)
{
    (void)keep;
    t->photo = GW_CONSENT_NOT_AUTHORISED;
}
static void rule_of_nothing(struct gw_pack_rule *t, struct gw_retention *keep)
{
    (void)keep;
    t->transfer_data = 0;
}
static void rule_keeps_none(struct gw_pack_rule *t, struct gw_retention *keep)
{
    (void)t;
    keep->keep[GW_DATUM_PROBE].has = false;
}

static const struct blocked_row {
    const char *label;
    void (*change)(struct gw_pack_rule *t, struct gw_retention *keep);
} blocked_rows[] = {
    { "a rule that names no register", rule_to_nowhere },
    { "somebody who is not enrolled", rule_not_enrolled },
    { "somebody exempt", rule_exempt },
    { "somebody of whom no picture is authorised", rule_unauthorised },
    { "a rule that names nothing to go", rule_of_nothing },
    { "a picture that is not kept", rule_keeps_none },
};

static void blocked_test(void **state)
{
    const struct blocked_row *r = *state;
    struct gw_retention keep;
    struct gw_pack_rule t = enrolled(&keep);
    struct gw_clocks c = { .now_us = us("2026-11-23T12:00:00Z") };
    struct gw_transfer out;
    gw_clocks_set(&c, GW_STARTS_VERIFICATION, c.now_us);
    CHECK(gw_rule_transfer(&out, &t, GW_DATUM_PROBE, &c));
    r->change(&t, &keep);
    for (int d = 0; d < GW_DATUM_COUNT; d++)
        CHECK(!gw_rule_transfer(&out, &t, (enum gw_datum)d, &c));
}

int main(void)
{
    (void)err;
    check_rows("period", rows, ends);
    check_add("clock", "starts as the pack says, and before that counts from now", starts);
    check_add("transfer", "what the rule names may leave until it must be gone; nothing else may", leaves_test);
    check_rows("blocked", blocked_rows, blocked_test);
    return check_done();
}
