/* steady_test.c - clocks that are set back, forward and wildly forward, and machines that sleep. */
#include "base/steady.h"
#include "tests/check.h"

enum { MOST = 6 };
#define H (3600 * GW_US_PER_S)
#define MIN (60 * GW_US_PER_S)
#define T0 (INT64_C(1795420800) * GW_US_PER_S)

static const struct row {
    const char *label;
    int64_t least; /* after T0 */
    struct {
        int64_t boot, wall, now; /* all after T0 */
        enum gw_steady_state state;
    } at[MOST];
} rows[] = {
    { "both clocks agree", 0, { { H, H, H, GW_STEADY_FINE }, { 30 * H, 30 * H, 30 * H, GW_STEADY_FINE } } },
    { "slow drift is followed", 0, { { H, H + 2 * GW_US_PER_S, H + 2 * GW_US_PER_S, GW_STEADY_FINE },
        { 2 * H, 2 * H - 5 * GW_US_PER_S, 2 * H - 5 * GW_US_PER_S, GW_STEADY_FINE } } },
    { "set back by three hours: what is due dies all the same", 0, { { H, H, H, GW_STEADY_FINE },
        { 2 * H, -H, 2 * H, GW_STEADY_BEHIND }, { 12 * H, 9 * H, 12 * H, GW_STEADY_BEHIND } } },
    { "set back and put right again", 0, { { H, -H, H, GW_STEADY_BEHIND }, { 2 * H, 2 * H, 2 * H, GW_STEADY_FINE } } },
    { "a second back never goes back", 0, { { H, H, H, GW_STEADY_FINE }, { H, H - GW_US_PER_S, H, GW_STEADY_FINE } } },
    { "set forward by two hours: followed at once, told once", 0, { { H, 3 * H, 3 * H, GW_STEADY_FORWARD },
        { 2 * H, 4 * H, 4 * H, GW_STEADY_FINE } } },
    { "ten years forward for a moment: nothing dies of it", 0, { { H, 87'600 * H, H, GW_STEADY_AHEAD },
        { H + MIN, H + MIN, H + MIN, GW_STEADY_FINE } } },
    { "a year forward and staying so: believed after ten minutes", 0, { { H, 8760 * H, H, GW_STEADY_AHEAD },
        { H + 9 * MIN, 8760 * H + 9 * MIN, H + 9 * MIN, GW_STEADY_AHEAD },
        { H + 10 * MIN, 8760 * H + 10 * MIN, 8760 * H + 10 * MIN, GW_STEADY_FORWARD },
        { H + 11 * MIN, 8760 * H + 11 * MIN, 8760 * H + 11 * MIN, GW_STEADY_FINE } } },
    { "asleep for nine hours: both clocks went on", 0, { { H, H, H, GW_STEADY_FINE }, { 10 * H, 10 * H, 10 * H, GW_STEADY_FINE } } },
    { "started with a clock an hour behind the last run", H, { { MIN, MIN, H + MIN, GW_STEADY_BEHIND },
        { H, 2 * H, 2 * H, GW_STEADY_FINE } } },
};

static void goes(void **state)
{
    const struct row *r = *state;
    struct gw_steady s;
    gw_steady_start(&s, T0, 1, r->least == 0 ? 0 : T0 + r->least);
    for (size_t i = 0; i < MOST && r->at[i].now != 0; i++) {
        enum gw_steady_state got;
        CHECK_INT(gw_steady_now(&s, T0 + r->at[i].wall, r->at[i].boot + 1, &got) - T0, r->at[i].now);
        CHECK_INT(got, r->at[i].state);
    }
}

int main(void)
{
    check_rows("clock", rows, goes);
    return check_done();
}
