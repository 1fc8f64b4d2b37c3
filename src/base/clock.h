/* clock.h - time: microseconds UTC since 1970, and calendar days.
 *
 * Services hold a struct gw_clock and never ask the system themselves, so tests
 * set the time. Durations measured for people use gw_clock_monotonic_us. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

enum { GW_TIME_TEXT = 28, GW_DATE_TEXT = 11 }; /* bytes with the zero */
#define GW_US_PER_S INT64_C(1000000)

struct gw_clock {
    int64_t fixed_us; /* 0: the system's clock; else the time tests set */
};

int64_t gw_clock_now(const struct gw_clock *c);
int64_t gw_clock_monotonic_us(void);
int64_t gw_clock_boottime_us(void); /* also counts while the machine sleeps; not 0 */

/* 2026-11-23T07:30:00.123456Z, or without the fraction when it is zero. */
void gw_time_format(char out[GW_TIME_TEXT], int64_t us);
/* RFC 3339 with Z or an offset; "2026-11-23T10:15" (no zone) is taken as UTC with *local = true
 * (local may be NULL: then a zone is required). */
[[nodiscard]] bool gw_time_parse(int64_t *us, bool *local, struct gw_span text);

struct gw_date {
    int16_t year; /* 0: no date */
    uint8_t month, day;
};

bool gw_date_check(struct gw_date d); /* exists in the Gregorian calendar, year 1 to 9999 */
[[nodiscard]] bool gw_date_parse(struct gw_date *out, struct gw_span text); /* YYYY-MM-DD */
void gw_date_format(char out[GW_DATE_TEXT], struct gw_date d);              /* "" for no date */
int gw_date_compare(struct gw_date a, struct gw_date b);                    /* <0, 0, >0 */
int64_t gw_date_days(struct gw_date d);                                     /* days since 1970-01-01 */
struct gw_date gw_date_from_days(int64_t days);
struct gw_date gw_date_of(int64_t us); /* the UTC day of a time */
/* Whole years from birth to the day; 29 February's birthday falls on 1 March in other years. */
int gw_date_age(struct gw_date birth, struct gw_date on);
