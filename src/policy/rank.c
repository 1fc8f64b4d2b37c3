/* rank.c - the points. */
#include "policy/rank.h"

/* A year counts as many points as this; sources stand a year to two and a half apart. */
#define POINTS_A_YEAR 4.0
#define POINTS_OF_QUALITY 0.1 /* for each of its hundred: at most ten, two and a half years */
#define DAYS_A_YEAR 365.25

double gw_portrait_rank(const struct gw_portrait_facts *p)
{
    static const double points[] = {
        [GW_PORTRAIT_CHIP] = 24, [GW_PORTRAIT_PASSPORT] = 20, [GW_PORTRAIT_VISA] = 16, [GW_PORTRAIT_ENCOUNTER] = 10,
        [GW_PORTRAIT_APPLICATION] = 0,
    };
    static_assert(GW_COUNT(points) == GW_PORTRAIT_SOURCE_COUNT);
    assert((size_t)p->source < GW_COUNT(points));
    const int64_t day = p->has_captured ? p->captured_day : p->received_day - GW_RANK_UNDATED_DAYS;
    return points[p->source] + POINTS_OF_QUALITY * p->quality + POINTS_A_YEAR * (double)day / DAYS_A_YEAR;
}
