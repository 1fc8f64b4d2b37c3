/* keep.c - until when something may be kept: a period, counted from the clock the pack names. */
#include "policy/pack.h"

int64_t gw_period_end(int64_t start_us, struct gw_period p)
{
    const int64_t day_us = 86'400 * GW_US_PER_S;
    struct gw_date d = gw_date_of(start_us);
    const int64_t of_day = start_us - gw_date_days(d) * day_us;
    d.year = (int16_t)(d.year + p.years);
    /* A year after 29 February is the day before 1 March: never longer than was said. */
    while (!gw_date_check(d) && d.day > 28)
        d.day--;
    return (gw_date_days(d) + p.days) * day_us + of_day + (int64_t)p.minutes * 60 * GW_US_PER_S;
}

bool gw_keep_end(int64_t *end_us, const struct gw_keep *k, const struct gw_clocks *c)
{
    if (!k->has)
        return false;
    /* A clock that has not started yet will start later than now: counted from now it is never too long. */
    const bool has = (c->started >> k->starts & 1) != 0;
    *end_us = gw_period_end(has ? c->at_us[k->starts] : c->now_us, k->period);
    return true;
}
