/* steady.c - the wall clock, checked against one that cannot be set. */
#include "base/steady.h"

void gw_steady_start(struct gw_steady *s, int64_t wall_us, int64_t boot_us, int64_t least_us)
{
    *s = (struct gw_steady){ .wall_us = GW_MAX(wall_us, least_us), .boot_us = boot_us };
    s->latest_us = s->wall_us;
}

int64_t gw_steady_now(struct gw_steady *s, int64_t wall_us, int64_t boot_us, enum gw_steady_state *state)
{
    const int64_t counted = s->wall_us + (boot_us - s->boot_us), off = wall_us - counted;
    int64_t now = counted;
    bool follow = false;
    *state = GW_STEADY_FINE;
    if (off > GW_STEADY_JUMP_US) {
        if (s->ahead_boot_us == 0)
            s->ahead_boot_us = boot_us;
        follow = boot_us - s->ahead_boot_us >= GW_STEADY_WAIT_US;
        *state = follow ? GW_STEADY_FORWARD : GW_STEADY_AHEAD;
    } else {
        s->ahead_boot_us = 0;
        follow = off >= -GW_STEADY_SLACK_US;
        if (off > GW_STEADY_SLACK_US)
            *state = GW_STEADY_FORWARD;
        else if (!follow)
            *state = GW_STEADY_BEHIND;
    }
    if (follow) {
        *s = (struct gw_steady){ .wall_us = wall_us, .boot_us = boot_us, .latest_us = s->latest_us };
        now = wall_us;
    }
    s->latest_us = GW_MAX(s->latest_us, now);
    return s->latest_us;
}
