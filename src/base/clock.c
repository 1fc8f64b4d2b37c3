/* clock.c - calendar arithmetic over the proleptic Gregorian calendar. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

int64_t gw_clock_now(const struct gw_clock *c)
{
    if (c != NULL && c->fixed_us != 0)
        return c->fixed_us;
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * GW_US_PER_S + t.tv_nsec / 1000;
}

int64_t gw_clock_monotonic_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * GW_US_PER_S + t.tv_nsec / 1000;
}

int64_t gw_clock_boottime_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_BOOTTIME, &t);
    return (int64_t)t.tv_sec * GW_US_PER_S + t.tv_nsec / 1000 + 1;
}

/* Days from civil date and back, in eras of 400 years counted from 1 March. */
int64_t gw_date_days(struct gw_date d)
{
    int64_t y = d.year - (d.month <= 2);
    int64_t era = (y >= 0 ? y : y - 399) / 400;
    int64_t of_era = y - era * 400;
    int64_t of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct gw_date gw_date_from_days(int64_t days)
{
    days += 719468;
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t m = (5 * of_year + 2) / 153;
    struct gw_date d = {
        .month = (uint8_t)(m < 10 ? m + 3 : m - 9),
        .day = (uint8_t)(of_year - (153 * m + 2) / 5 + 1),
    };
    d.year = (int16_t)(year + era * 400 + (d.month <= 2));
    return d;
}

struct gw_date gw_date_of(int64_t us)
{
    int64_t day_us = 86400 * GW_US_PER_S;
    return gw_date_from_days(us >= 0 ? us / day_us : -((-us + day_us - 1) / day_us));
}

bool gw_date_check(struct gw_date d)
{
    static const uint8_t length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    if (d.year < 1 || d.year > 9999 || d.month < 1 || d.month > 12 || d.day < 1)
        return false;
    if (d.month != 2 || d.day != 29)
        return d.day <= length[d.month - 1];
    return (d.year % 4 == 0 && d.year % 100 != 0) || d.year % 400 == 0;
}

static bool digits(struct gw_span s, size_t at, size_t n, int *out)
{
    uint64_t v;
    if (at + n > s.size || !gw_span_uint(gw_span_slice(s, at, at + n), 9999, &v))
        return false;
    *out = (int)v;
    return true;
}

bool gw_date_parse(struct gw_date *out, struct gw_span s)
{
    int y, m, d;
    if (s.size != 10 || s.data[4] != '-' || s.data[7] != '-' || !digits(s, 0, 4, &y) || !digits(s, 5, 2, &m) ||
        !digits(s, 8, 2, &d))
        return false;
    *out = (struct gw_date){ (int16_t)y, (uint8_t)m, (uint8_t)d };
    return gw_date_check(*out);
}

void gw_date_format(char out[GW_DATE_TEXT], struct gw_date d)
{
    if (!gw_date_check(d))
        out[0] = 0;
    else
        snprintf(out, GW_DATE_TEXT, "%04u-%02u-%02u", (unsigned)d.year % 10000, d.month % 100u, d.day % 100u);
}

int gw_date_compare(struct gw_date a, struct gw_date b)
{
    int64_t x = gw_date_days(a), y = gw_date_days(b);
    return (x > y) - (x < y);
}

int gw_date_age(struct gw_date birth, struct gw_date on)
{
    int years = on.year - birth.year;
    bool before = on.month < birth.month || (on.month == birth.month && on.day < birth.day);
    return years - before;
}

void gw_time_format(char out[GW_TIME_TEXT], int64_t us)
{
    struct gw_date d = gw_date_of(us);
    int64_t of_day = us - gw_date_days(d) * 86400 * GW_US_PER_S;
    unsigned s = (unsigned)(of_day / GW_US_PER_S), fraction = (unsigned)(of_day % GW_US_PER_S);
    int n = snprintf(out, GW_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02u", (unsigned)d.year % 10000, d.month % 100u,
        d.day % 100u, s / 3600 % 24, s / 60 % 60, s % 60);
    if (fraction == 0)
        snprintf(out + n, (size_t)(GW_TIME_TEXT - n), "Z");
    else
        snprintf(out + n, (size_t)(GW_TIME_TEXT - n), ".%06uZ", fraction % 1000000);
}

bool gw_time_parse(int64_t *us, bool *local, struct gw_span s)
{
    struct gw_date d;
    int hour, minute, second = 0;
    if (s.size < 16 || !gw_date_parse(&d, gw_span_slice(s, 0, 10)) || (s.data[10] != 'T' && s.data[10] != 't') ||
        !digits(s, 11, 2, &hour) || s.data[13] != ':' || !digits(s, 14, 2, &minute) || hour > 23 || minute > 59)
        return false;
    size_t at = 16;
    if (at < s.size && s.data[at] == ':') {
        if (!digits(s, 17, 2, &second) || second > 59)
            return false;
        at = 19;
    }
    int64_t fraction = 0;
    if (at < s.size && s.data[at] == '.') {
        int64_t scale = GW_US_PER_S / 10;
        size_t first = ++at;
        for (; at < s.size && s.data[at] >= '0' && s.data[at] <= '9'; at++, scale /= 10)
            fraction += scale * (s.data[at] - '0');
        if (at == first)
            return false;
    }
    int64_t offset_s = 0;
    bool has_zone = at < s.size;
    if (has_zone && (s.data[at] == 'Z' || s.data[at] == 'z')) {
        at++;
    } else if (has_zone && (s.data[at] == '+' || s.data[at] == '-')) {
        int h, m;
        if (s.size - at != 6 || s.data[at + 3] != ':' || !digits(s, at + 1, 2, &h) || !digits(s, at + 4, 2, &m) ||
            h > 23 || m > 59)
            return false;
        offset_s = (s.data[at] == '+' ? 1 : -1) * (h * 3600 + m * 60);
        at += 6;
    }
    if (at != s.size || (!has_zone && local == NULL))
        return false;
    if (local != NULL)
        *local = !has_zone;
    *us = ((gw_date_days(d) * 86400 + hour * 3600 + minute * 60 + second) - offset_s) * GW_US_PER_S + fraction;
    return true;
}
