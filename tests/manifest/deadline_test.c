/* deadline_test.c - which deadline an authority has for which list; profiles that ship, and rows that are wrong. */
#include "base/json.h"
#include "manifest/cusres.h"
#include "tests/check.h"

static struct gw_err err;

static const struct find_row {
    const char *label, *profile;
    struct gw_deadline_facts facts;
    const char *want; /* "30 departure required", "none" */
} find_rows[] = {
    { "a flight's passengers half an hour before", "us-aqq", { .mode = GW_MODE_AIR, .day = { 2026, 11, 23 } }, "30 departure required" },
    { "its crew an hour before, and nobody is alarmed", "us-aqq", { .mode = GW_MODE_AIR, .list = GW_TRAVELER_CREW, .day = { 2026, 11, 23 } }, "60 departure" },
    { "single passengers until the doors", "us-aqq", { .mode = GW_MODE_AIR, .changes = true, .day = { 2026, 11, 23 } }, "0 departure" },
    { "the last day of the rule before", "us-aqq", { .mode = GW_MODE_AIR, .day = { 2008, 2, 18 } }, "15 departure required" },
    { "the first of the one now", "us-aqq", { .mode = GW_MODE_AIR, .day = { 2008, 2, 19 } }, "30 departure required" },
    { "a ship that sails", "us-aqq", { .mode = GW_MODE_SEA, .direction = GW_DIRECTION_DEPARTURE, .day = { 2026, 11, 23 } }, "60 departure required" },
    { "its crew is amended for twelve hours", "us-aqq", { .mode = GW_MODE_SEA, .list = GW_TRAVELER_CREW, .changes = true, .day = { 2026, 11, 23 } }, "-720 departure" },
    { "a ship that comes, after a long voyage", "us-aqq",
        { .mode = GW_MODE_SEA, .direction = GW_DIRECTION_ARRIVAL, .day = { 2026, 11, 23 }, .has_minutes = true, .minutes = 96 * 60 }, "5760 arrival required" },
    { "after one a minute shorter", "us-aqq",
        { .mode = GW_MODE_SEA, .direction = GW_DIRECTION_ARRIVAL, .day = { 2026, 11, 23 }, .has_minutes = true, .minutes = 96 * 60 - 1 }, "0 departure required" },
    { "after a short one", "us-aqq",
        { .mode = GW_MODE_SEA, .direction = GW_DIRECTION_ARRIVAL, .day = { 2026, 11, 23 }, .has_minutes = true, .minutes = 23 * 60 }, "1440 arrival required" },
    { "of which it is not known how long: as one that sails", "us-aqq", { .mode = GW_MODE_SEA, .direction = GW_DIRECTION_ARRIVAL, .day = { 2026, 11, 23 } },
        "60 departure required" },
    { "a flight that lands before it departs, by its announcement", "us-aqq", { .mode = GW_MODE_AIR, .day = { 2026, 11, 23 }, .minutes = -300 },
        "30 departure required" },
    { "a train in the United States: nothing is due", "us-aqq", { .mode = GW_MODE_LAND, .day = { 2026, 11, 23 } }, "none" },
    { "a train, without an authority of its own", "plain", { .mode = GW_MODE_LAND, .day = { 2026, 11, 23 } }, "30 departure required" },
};

static void read_profile(struct gw_status_profile *p, struct gw_arena *a, const char *name)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    char path[1024];
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    snprintf(path, sizeof path, "%s/profiles/%s.json", source == NULL ? "." : source, name);
    CHECK_OK(gw_buf_read_file(&text, path, 1 << 20, &err));
    CHECK_OK(gw_status_profile_parse(p, a, gw_buf_span(&text), &err));
}

static void finds(void **state)
{
    const struct find_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_status_profile p;
    char got[64] = "none";
    read_profile(&p, a, r->profile);
    const struct gw_deadline_rule *rule = gw_deadline_find(&p.deadlines, &r->facts);
    if (rule != NULL) {
        CHECK(rule->source.size > 0);
        snprintf(got, sizeof got, "%lld %s%s", (long long)rule->minutes, rule->before_arrival ? "arrival" : "departure", rule->required ? " required" : "");
    }
    CHECK_TEXT(got, r->want);
}

#define ROW(MORE) "[{\"mode\":\"air\",\"list\":\"crew\",\"before\":\"departure\",\"minutes\":5,\"source\":\"x\"" MORE "}]"
static const struct wrong_row {
    const char *label, *text, *want; /* in the error; NULL: it is fine */
} wrong_rows[] = {
    { "the least there must be", ROW(""), NULL },
    { "none", "[]", NULL },
    { "null", "null", NULL },
    { "nulls are as if left out", ROW(",\"direction\":null,\"from\":null,\"until\":null,\"changes\":null,\"hours_least\":null"), NULL },
    { "one day is a time", ROW(",\"from\":\"2026-01-01\",\"until\":\"2026-01-01\""), NULL },
    { "no array", "{}", "no array" },
    { "no object", "[3]", "deadlines[0] is no object" },
    { "without mode", "[{\"list\":\"crew\",\"before\":\"departure\",\"minutes\":5,\"source\":\"x\"}]", "mode" },
    { "a list nobody knows", "[{\"mode\":\"air\",\"list\":\"cargo\",\"before\":\"departure\",\"minutes\":5,\"source\":\"x\"}]", "list" },
    { "before what", "[{\"mode\":\"air\",\"list\":\"crew\",\"before\":\"lunch\",\"minutes\":5,\"source\":\"x\"}]", "before" },
    { "half a minute", "[{\"mode\":\"air\",\"list\":\"crew\",\"before\":\"arrival\",\"minutes\":0.5,\"source\":\"x\"}]", "minutes" },
    { "more than a week", "[{\"mode\":\"air\",\"list\":\"crew\",\"before\":\"arrival\",\"minutes\":10081,\"source\":\"x\"}]", "minutes" },
    { "without source", "[{\"mode\":\"air\",\"list\":\"crew\",\"before\":\"arrival\",\"minutes\":5}]", "source" },
    { "a blank source", "[{\"mode\":\"air\",\"list\":\"crew\",\"before\":\"arrival\",\"minutes\":5,\"source\":\" \"}]", "source" },
    { "a direction nobody goes", ROW(",\"direction\":\"up\""), "direction" },
    { "a day that is none", ROW(",\"from\":\"2026-02-30\""), "days" },
    { "it ends before it begins", ROW(",\"from\":\"2026-01-02\",\"until\":\"2026-01-01\""), "days" },
    { "no voyage is so long and so short", ROW(",\"hours_least\":9,\"hours_below\":9"), "hours" },
    { "changes that are required", ROW(",\"changes\":true,\"required\":true"), "only a list" },
    { "a word where a flag belongs", ROW(",\"required\":\"yes\""), "neither true nor false" },
    { "a key with a slip", ROW(",\"untill\":\"2026-01-01\""), "until" },
};

static void wrong(void **state)
{
    const struct wrong_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    GW_AUTO(gw_json) *j = gw_json_parse(gw_span_str(r->text), &err);
    struct gw_deadlines d;
    CHECK(j != NULL);
    if (r->want == NULL) {
        CHECK_OK(gw_deadlines_parse(&d, a, j, &err));
        return;
    }
    CHECK_FAILS(gw_deadlines_parse(&d, a, j, &err), GW_ERR_INVALID);
    CHECK(strstr(err.text, r->want) != NULL);
}

static void too_many(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_deadlines d;
    for (int n = GW_DEADLINES_MAX; n <= GW_DEADLINES_MAX + 1; n++) {
        gw_buf_clear(&text);
        gw_buf_add_text(&text, "[");
        for (int i = 0; i < n; i++)
            gw_buf_addf(&text, "%s{\"mode\":\"air\",\"list\":\"crew\",\"before\":\"departure\",\"minutes\":%d,\"source\":\"x\"}", i == 0 ? "" : ",", i);
        gw_buf_add_text(&text, "]");
        GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&text), &err);
        if (n == GW_DEADLINES_MAX) {
            CHECK_OK(gw_deadlines_parse(&d, a, j, &err));
            /* The first that fits counts. */
            CHECK_INT(gw_deadline_find(&d, &(struct gw_deadline_facts){ .list = GW_TRAVELER_CREW })->minutes, 0);
        } else
            CHECK_FAILS(gw_deadlines_parse(&d, a, j, &err), GW_ERR_LIMIT);
    }
}

int main(void)
{
    check_rows("a deadline", find_rows, finds);
    check_rows("deadlines of a profile", wrong_rows, wrong);
    check_add("deadlines of a profile", "as many as there may be, and one more", too_many);
    return check_done();
}
