/* work_test.c - a full queue says so, nothing taken is lost. */
#include "base/work.h"
#include "tests/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

static _Atomic(int) done;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void count(void *job, unsigned worker)
{
    (void)worker;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    atomic_fetch_add(&done, *(int *)job);
}

static void full_is_refused(void **state)
{
    (void)state;
    struct gw_err err = {};
    int one = 1;
    atomic_store(&done, 0);
    pthread_mutex_lock(&gate);
    struct gw_work *w = gw_work_new(1, 4, GW_RANK_PROMPT, count, &err);
    CHECK(w != NULL);
    CHECK(gw_work_submit(w, &one));
    for (int i = 0; i < 2000 && gw_work_waiting(w) > 0; i++)
        usleep(1000); /* until the worker holds the first */
    for (int i = 0; i < 4; i++)
        CHECK(gw_work_submit(w, &one));
    CHECK(!gw_work_submit(w, &one));
    pthread_mutex_unlock(&gate);
    gw_work_free(w);
    CHECK_INT(atomic_load(&done), 5);
}

static void everything_taken_is_done(void **state)
{
    (void)state;
    struct gw_err err = {};
    int one = 1, taken = 0;
    atomic_store(&done, 0);
    struct gw_work *w = gw_work_new(4, 16, GW_RANK_PROMPT, count, &err);
    CHECK(w != NULL);
    for (int i = 0; i < 20000; i++)
        taken += gw_work_submit(w, &one);
    gw_work_free(w);
    CHECK(taken > 0);
    CHECK_INT(atomic_load(&done), taken);
}

static void note_nice(void *job, unsigned worker)
{
    (void)worker;
    *(int *)job = getpriority(PRIO_PROCESS, 0);
}

static void patient_threads_give_way(void **state)
{
    (void)state;
    struct gw_err err = {};
    const int own = getpriority(PRIO_PROCESS, 0);
    int prompt = 99, patient = 99;
    struct gw_work *w = gw_work_new(1, 1, GW_RANK_PATIENT, note_nice, &err);
    CHECK(gw_work_submit(w, &patient));
    gw_work_free(w);
    w = gw_work_new(1, 1, GW_RANK_PROMPT, note_nice, &err);
    CHECK(gw_work_submit(w, &prompt));
    gw_work_free(w);
    CHECK_INT(prompt, own);
    CHECK(patient >= GW_MAX(own, 5)); /* where we ourselves are nicer, it does not take that back */
    CHECK_INT(getpriority(PRIO_PROCESS, 0), own);
}

int main(void)
{
    check_add("work", "a full queue refuses at once and finishes what it took", full_is_refused);
    check_add("work", "every job taken is run before the queue goes", everything_taken_is_done);
    check_add("work", "patient threads give way, and no others do", patient_threads_give_way);
    return check_done();
}
