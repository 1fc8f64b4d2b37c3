/* rank_test.c - who gives way to whom, as the kernel has it noted. */
#include "base/rank.h"
#include "tests/check.h"

#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

struct noted {
    enum gw_rank rank;
    int nice_before; /* as an operator might have started the process */
    bool batch;
    int policy, nice;
    uint64_t turn_ns, inherited_ns;
};

static uint64_t turn(void)
{
    uint64_t a[8] = {};
    return syscall(SYS_sched_getattr, 0, a, sizeof a, 0) == 0 ? a[3] : 0;
}

static void *note_turn(void *arg)
{
    *(uint64_t *)arg = turn();
    return NULL;
}

/* Ranks are a thread's own, so each row has one. */
static void *take(void *arg)
{
    struct noted *n = arg;
    pthread_t child;
    setpriority(PRIO_PROCESS, 0, GW_MAX(getpriority(PRIO_PROCESS, 0), n->nice_before));
    if (n->batch)
        sched_setscheduler(0, SCHED_BATCH, &(struct sched_param){});
    gw_rank_take(n->rank);
    n->policy = sched_getscheduler(0);
    n->nice = getpriority(PRIO_PROCESS, 0);
    n->turn_ns = turn();
    if (pthread_create(&child, NULL, note_turn, &n->inherited_ns) == 0)
        pthread_join(child, NULL);
    return NULL;
}

static struct noted noted(struct noted n)
{
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, take, &n), 0);
    pthread_join(thread, NULL);
    return n;
}

static void prompt_turns_are_shorter(void **state)
{
    (void)state;
    const struct noted prompt = noted((struct noted){ .rank = GW_RANK_PROMPT }), patient = noted((struct noted){ .rank = GW_RANK_PATIENT });
    if (prompt.turn_ns == 0 || prompt.policy != SCHED_OTHER) {
        print_message("no turns of one's own: a kernel before 6.12, or another policy was chosen for us\n");
        skip();
    }
    CHECK_INT(prompt.turn_ns, 100'000);
    CHECK(patient.turn_ns > prompt.turn_ns);
    CHECK_INT(prompt.inherited_ns, prompt.turn_ns);
    CHECK_INT(patient.inherited_ns, patient.turn_ns);
}

static void *turn_to(void *arg)
{
    uint64_t *turns = arg;
    gw_rank_take(GW_RANK_PATIENT);
    gw_rank_turn(GW_RANK_PROMPT);
    turns[0] = turn();
    turns[2] = (uint64_t)getpriority(PRIO_PROCESS, 0);
    gw_rank_turn(GW_RANK_PATIENT);
    turns[1] = turn();
    return NULL;
}

static void a_turn_is_changed_alone(void **state)
{
    (void)state;
    const int own = getpriority(PRIO_PROCESS, 0);
    uint64_t turns[3] = {};
    pthread_t thread;
    CHECK_INT(pthread_create(&thread, NULL, turn_to, turns), 0);
    pthread_join(thread, NULL);
    CHECK_INT(turns[2], GW_MAX(own, 5));
    if (turns[0] == 0 || sched_getscheduler(0) != SCHED_OTHER) {
        print_message("no turns of one's own: a kernel before 6.12, or another policy was chosen for us\n");
        skip();
    }
    CHECK_INT(turns[0], 100'000);
    CHECK(turns[1] > turns[0]);
}

static void an_operators_choice_is_kept(void **state)
{
    (void)state;
    const int own = getpriority(PRIO_PROCESS, 0);
    CHECK_INT(noted((struct noted){ .rank = GW_RANK_PROMPT }).nice, own);
    CHECK_INT(noted((struct noted){ .rank = GW_RANK_PATIENT }).nice, GW_MAX(own, 5));
    CHECK_INT(noted((struct noted){ .rank = GW_RANK_PATIENT, .nice_before = 12 }).nice, GW_MAX(own, 12));
    CHECK_INT(noted((struct noted){ .rank = GW_RANK_PROMPT, .batch = true }).policy, SCHED_BATCH);
    CHECK_INT(getpriority(PRIO_PROCESS, 0), own);
}

int main(void)
{
    check_add("rank", "a prompt thread's turns are shorter than a patient one's, and its threads inherit them", prompt_turns_are_shorter);
    check_add("rank", "a thread that is about to wait has short turns, and its weight still", a_turn_is_changed_alone);
    check_add("rank", "what an operator chose for the process is kept", an_operators_choice_is_kept);
    return check_done();
}
