/* steady.h - a clock for what must die on time, whatever is done to the machine's.
 *
 * Two clocks are read: the wall clock, which somebody may set, and one that only counts
 * seconds since the machine started, asleep or awake (CLOCK_BOOTTIME). The time given
 * never goes back, so nothing lives longer because a clock was set back; and it follows
 * a wall clock that was set forward by a day or less at once. Further forward it is not
 * believed before it has stood so for ten minutes: one bad answer of a time server must
 * not destroy everything.
 *
 * Pure. Threads: one at a time. */
#pragma once
#include "base/clock.h"

enum gw_steady_state {
    GW_STEADY_FINE,
    GW_STEADY_FORWARD, /* the wall clock was set forward, and was followed: told once */
    GW_STEADY_BEHIND,  /* it was set back by more than a minute: time goes on without it */
    GW_STEADY_AHEAD,   /* it was set forward by more than a day: not believed yet */
};

struct gw_steady {
    int64_t wall_us, boot_us; /* at the same moment; zeros: not started */
    int64_t latest_us;        /* given last */
    int64_t ahead_boot_us;    /* since when AHEAD; 0: it is not */
};

#define GW_STEADY_SLACK_US (60 * GW_US_PER_S)
#define GW_STEADY_JUMP_US (86'400 * GW_US_PER_S)
#define GW_STEADY_WAIT_US (600 * GW_US_PER_S)

/* least: a time that has been for sure (kept from an earlier run); 0: none. */
void gw_steady_start(struct gw_steady *s, int64_t wall_us, int64_t boot_us, int64_t least_us);
int64_t gw_steady_now(struct gw_steady *s, int64_t wall_us, int64_t boot_us, enum gw_steady_state *state);
