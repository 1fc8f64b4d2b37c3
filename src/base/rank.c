/* rank.c - sched_setattr(2), for which glibc has no name before 2.41. */
#include "base/rank.h"
#include "base/defs.h"

#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A prompt turn is the shortest there is. A patient one must end late: who is due first goes first, and somebody who has
 * waited is due by up to 4 ms earlier than one who comes now (docs/decisions/0028). Not by much, or those who have
 * waited are made good for it in one piece. */
enum { PATIENT_NICE = 5, PROMPT_TURN_NS = 100'000, PATIENT_TURN_NS = 6'000'000 };

/* The kernel's struct sched_attr, first version. */
struct attributes {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period; /* of a thread that is not of real time, runtime is its turn */
};

static void set_turn(uint64_t ns)
{
    struct attributes a = {};
    if (syscall(SYS_sched_getattr, 0, &a, sizeof a, 0) != 0 || a.policy != SCHED_OTHER)
        return;
    a.size = sizeof a;
    a.flags = 0;
    a.runtime = ns;
    (void)syscall(SYS_sched_setattr, 0, &a, 0);
}

void gw_rank_turn(enum gw_rank rank)
{
    set_turn(rank == GW_RANK_PROMPT ? PROMPT_TURN_NS : PATIENT_TURN_NS);
}

void gw_rank_take(enum gw_rank rank)
{
    gw_rank_turn(rank);
    /* Of this thread alone: so Linux takes the 0. */
    if (rank == GW_RANK_PATIENT)
        (void)setpriority(PRIO_PROCESS, 0, GW_MAX(getpriority(PRIO_PROCESS, 0), PATIENT_NICE));
}
