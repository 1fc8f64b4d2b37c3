/* rank_test.c - which of two portraits of one person is looked for first. */
#include "policy/rank.h"
#include "tests/check.h"

enum { TODAY = 20780, YEAR = 365 }; /* days since 1970-01-01 */

#define TAKEN(from, q, years_ago) { .source = GW_PORTRAIT_##from, .quality = (q), .has_captured = true, .captured_day = TODAY - (years_ago) * YEAR, .received_day = TODAY }
#define UNDATED(from, q) { .source = GW_PORTRAIT_##from, .quality = (q), .received_day = TODAY }

static const struct {
    const char *label;
    struct gw_portrait_facts better, worse;
} rows[] = {
    { "of the same age, what the issuer signed comes before the printed page", TAKEN(CHIP, 60, 3), TAKEN(PASSPORT, 60, 3) },
    { "a passport before a visa", TAKEN(PASSPORT, 60, 3), TAKEN(VISA, 60, 3) },
    { "a visa before an earlier crossing", TAKEN(VISA, 60, 3), TAKEN(ENCOUNTER, 60, 3) },
    { "an earlier crossing before what the person sent in", TAKEN(ENCOUNTER, 60, 3), TAKEN(APPLICATION, 60, 3) },
    { "of the same source, the newer", TAKEN(PASSPORT, 60, 1), TAKEN(PASSPORT, 60, 2) },
    { "last year's visa before a chip of nine years ago", TAKEN(VISA, 60, 1), TAKEN(CHIP, 60, 9) },
    { "last month's crossing before a chip of nine years ago", TAKEN(ENCOUNTER, 60, 0), TAKEN(CHIP, 60, 9) },
    { "a chip of two years ago before last month's crossing", TAKEN(CHIP, 60, 2), TAKEN(ENCOUNTER, 60, 0) },
    { "of the same source and age, the better", TAKEN(PASSPORT, 61, 3), TAKEN(PASSPORT, 60, 3) },
    { "a good one of three years ago before a poor one of two", TAKEN(PASSPORT, 90, 3), TAKEN(PASSPORT, 20, 2) },
    { "quality does not make up for five years", TAKEN(PASSPORT, 20, 2), TAKEN(PASSPORT, 100, 7) },
    { "without a date it is taken for five years old when it came", TAKEN(PASSPORT, 60, 4), UNDATED(PASSPORT, 60) },
    { "without a date it is not taken for older than that", UNDATED(PASSPORT, 60), TAKEN(PASSPORT, 60, 6) },
};

static void row_test(void **state)
{
    const __typeof__(rows[0]) *row = *state;
    struct gw_portrait_facts better = row->better, worse = row->worse;
    CHECK(gw_portrait_rank(&better) > gw_portrait_rank(&worse));
    /* And so it stays, whatever the day. */
    better.captured_day += 1000, better.received_day += 1000;
    worse.captured_day += 1000, worse.received_day += 1000;
    CHECK(gw_portrait_rank(&better) > gw_portrait_rank(&worse));
}

int main(void)
{
    check_rows("rank", rows, row_test);
    return check_done();
}
