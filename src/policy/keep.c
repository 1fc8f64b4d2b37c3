/* keep.c - until when something may be kept, and until when it may leave: periods, counted from the clocks
 * the pack names. */
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

/* A clock that has not started yet will start later than now: counted from now it is never too long. */
static int64_t end_of(struct gw_period period, enum gw_clock_start starts, const struct gw_clocks *c)
{
    return gw_period_end((c->started >> starts & 1) != 0 ? c->at_us[starts] : c->now_us, period);
}

bool gw_keep_end(int64_t *end_us, const struct gw_keep *k, const struct gw_clocks *c)
{
    if (!k->has)
        return false;
    *end_us = end_of(k->period, k->starts, c);
    return true;
}

bool gw_rule_transfer(struct gw_transfer *out, const struct gw_pack_rule *t, enum gw_datum what, const struct gw_clocks *c)
{
    *out = (struct gw_transfer){};
    const bool taken = t->photo == GW_CONSENT_REQUIRED || t->photo == GW_CONSENT_VOLUNTARY;
    if (!taken || !t->enrol || t->transfer == NULL || (t->transfer_data >> what & 1) == 0 ||
        !gw_keep_end(&out->last_us, &t->retention->keep[what], c) || out->last_us <= c->now_us)
        return false;
    out->to = t->transfer;
    out->due_us = GW_MIN(end_of(t->transfer_within, t->transfer_starts, c), out->last_us);
    out->kept_there = t->retention->keep[GW_DATUM_REGISTER];
    return true;
}
