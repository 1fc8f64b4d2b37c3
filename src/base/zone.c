/* zone.c - POSIX.1 time zone rules (XBD 8.3, TZ), the part that does not depend on the machine. */
#include "base/zone.h"

enum { DAY_S = 86400, MOST_OFFSET_S = 24 * 3600 };

static bool fail(struct gw_err *err, const struct gw_cursor *c, const char *what)
{
    return gw_fail_at(err, GW_ERR_FORMAT, c->at, "time zone rule: %s", what);
}

static bool peek(const struct gw_cursor *c, char want)
{
    return gw_cursor_left(c) > 0 && c->in.data[c->at] == (uint8_t)want;
}

static bool eat(struct gw_cursor *c, char want)
{
    return peek(c, want) && gw_cursor_skip(c, 1);
}

static bool number(struct gw_cursor *c, unsigned least, unsigned most, unsigned *out)
{
    unsigned v = 0, n = 0;
    while (gw_cursor_left(c) > 0 && c->in.data[c->at] >= '0' && c->in.data[c->at] <= '9' && n < 4) {
        v = v * 10 + (unsigned)(c->in.data[c->at++] - '0');
        n++;
    }
    *out = v;
    return n > 0 && v >= least && v <= most;
}

/* [+-]hh[:mm[:ss]] */
static bool clock_time(struct gw_cursor *c, unsigned most_hours, int32_t *out)
{
    bool minus = eat(c, '-');
    if (!minus)
        eat(c, '+');
    unsigned h, m = 0, s = 0;
    if (!number(c, 0, most_hours, &h) || (eat(c, ':') && (!number(c, 0, 59, &m) || (eat(c, ':') && !number(c, 0, 59, &s)))))
        return false;
    *out = (int32_t)(h * 3600 + m * 60 + s) * (minus ? -1 : 1);
    return true;
}

static bool name(struct gw_cursor *c)
{
    size_t from = c->at;
    bool quoted = eat(c, '<');
    for (; gw_cursor_left(c) > 0; c->at++) {
        uint8_t b = c->in.data[c->at];
        bool letter = (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z');
        if (!letter && !(quoted && ((b >= '0' && b <= '9') || b == '+' || b == '-')))
            break;
    }
    return c->at - from >= (quoted ? 4u : 3u) && (!quoted || eat(c, '>'));
}

static bool change(struct gw_cursor *c, struct gw_zone_change *out)
{
    unsigned month, week, weekday;
    out->second = 2 * 3600;
    if (!eat(c, ',') || !eat(c, 'M') || !number(c, 1, 12, &month) || !eat(c, '.') || !number(c, 1, 5, &week) ||
        !eat(c, '.') || !number(c, 0, 6, &weekday) || (eat(c, '/') && !clock_time(c, 167, &out->second)))
        return false;
    out->month = (uint8_t)month;
    out->week = (uint8_t)week;
    out->weekday = (uint8_t)weekday;
    return true;
}

bool gw_zone_parse(struct gw_zone *out, struct gw_span text, struct gw_err *err)
{
    struct gw_cursor c = gw_cursor_of(text);
    int32_t west = 0;
    *out = (struct gw_zone){};
    if (!name(&c))
        return fail(err, &c, "begins with a name of at least three letters, as EST in EST5EDT,M3.2.0,M11.1.0");
    if (!clock_time(&c, 24, &west) || west > MOST_OFFSET_S || west < -MOST_OFFSET_S)
        return fail(err, &c, "after the name stands how far west of Greenwich it is, in hours (EST5, CET-1)");
    out->standard_s = -west;
    if (gw_cursor_left(&c) == 0)
        return true;
    out->has_summer = true;
    west -= 3600;
    if (!name(&c))
        return fail(err, &c, "what follows the offset is not the name of a summer time");
    if (gw_cursor_left(&c) > 0 && !peek(&c, ',') && !clock_time(&c, 24, &west))
        return fail(err, &c, "the offset of summer time is not one");
    out->summer_s = -west;
    if (!change(&c, &out->begin) || !change(&c, &out->end))
        return fail(err, &c, "summer time needs its begin and its end, as ,M3.2.0,M11.1.0 (second Sunday of March, first of November)");
    return gw_cursor_left(&c) == 0 ? true : fail(err, &c, "there is more than a rule");
}

/* Seconds since 1970 in the clock of the place, of the moment of change in a year. */
static int64_t moment(const struct gw_zone_change *c, int year)
{
    struct gw_date first = { .year = (int16_t)year, .month = c->month, .day = 1 };
    int64_t day = gw_date_days(first);
    int64_t weekday = (day % 7 + 7 + 4) % 7; /* 1 January 1970 was a Thursday */
    day += (c->weekday - weekday + 7) % 7 + (c->week - 1) * 7;
    struct gw_date d = gw_date_from_days(day);
    if (d.month != c->month)
        day -= 7;
    return day * DAY_S + c->second;
}

int32_t gw_zone_offset_s(const struct gw_zone *z, int64_t us)
{
    if (!z->has_summer)
        return z->standard_s;
    int64_t s = us >= 0 ? us / GW_US_PER_S : -((-us + GW_US_PER_S - 1) / GW_US_PER_S);
    int year = gw_date_of((s + z->standard_s) * GW_US_PER_S).year;
    int64_t begin = moment(&z->begin, year) - z->standard_s, end = moment(&z->end, year) - z->summer_s;
    /* South of the equator summer goes over the end of the year. */
    bool summer = begin < end ? s >= begin && s < end : s >= begin || s < end;
    return summer ? z->summer_s : z->standard_s;
}

struct gw_date gw_zone_day(const struct gw_zone *z, int64_t us)
{
    return gw_date_of(us + gw_zone_offset_s(z, us) * GW_US_PER_S);
}

int64_t gw_zone_midnight(const struct gw_zone *z, struct gw_date day)
{
    const int64_t local = gw_date_days(day) * DAY_S * GW_US_PER_S;
    const int64_t standard = local - z->standard_s * GW_US_PER_S, summer = local - z->summer_s * GW_US_PER_S;
    if (!z->has_summer)
        return standard;
    /* Of a day whose midnight comes twice the first begins it; one whose midnight is left
     * out begins with the change. */
    const int64_t early = GW_MIN(standard, summer), late = GW_MAX(standard, summer);
    return gw_date_compare(gw_zone_day(z, early), day) == 0 ? early : late;
}
