/* zone.h - the days of a place: a time zone rule that says everything itself.
 *
 * The rule is written as POSIX.1 writes TZ ("EST5EDT,M3.2.0,M11.1.0", "CET-1CEST,M3.5.0,M10.5.0/3",
 * "<+0530>-5:30", "UTC0"): offset, and when summer time begins and ends. It needs no
 * database of the machine, so the same rule gives the same day everywhere and for ever.
 *
 * Threads: no state. */
#pragma once
#include "base/clock.h"

struct gw_zone_change { /* the week-th (5: last) weekday (0: Sunday) of a month, so many seconds after midnight */
    uint8_t month, week, weekday;
    int32_t second;
};
struct gw_zone {
    int32_t standard_s, summer_s; /* east of Greenwich is positive */
    bool has_summer;
    struct gw_zone_change begin, end;
};

/* GW_ERR_FORMAT with err->at the byte. Only the M form of changes is read; a summer
 * time without its changes is refused, because POSIX leaves them open. */
[[nodiscard]] bool gw_zone_parse(struct gw_zone *out, struct gw_span text, struct gw_err *err);
int32_t gw_zone_offset_s(const struct gw_zone *z, int64_t us);        /* in force at that time */
struct gw_date gw_zone_day(const struct gw_zone *z, int64_t us);      /* the day it is there */
int64_t gw_zone_midnight(const struct gw_zone *z, struct gw_date day); /* when that day begins there, us UTC */
