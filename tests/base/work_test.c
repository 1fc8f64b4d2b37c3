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
    struct gw_work *w = gw_work_new(1, 0, 4, GW_RANK_PROMPT, count, &err);
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
    struct gw_work *w = gw_work_new(4, 0, 16, GW_RANK_PROMPT, count, &err);
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
    struct gw_work *w = gw_work_new(1, 0, 1, GW_RANK_PATIENT, note_nice, &err);
    CHECK(gw_work_submit(w, &patient));
    gw_work_free(w);
    w = gw_work_new(1, 0, 1, GW_RANK_PROMPT, note_nice, &err);
    CHECK(gw_work_submit(w, &prompt));
    gw_work_free(w);
    CHECK_INT(prompt, own);
    CHECK(patient >= GW_MAX(own, 5)); /* where we ourselves are nicer, it does not take that back */
    CHECK_INT(getpriority(PRIO_PROCESS, 0), own);
}

/* Jobs that say they rest make room for others, up to the threads there are; jobs that do not, do not. */
static _Atomic(int) inside, most_inside;
static void meet(void *job, unsigned worker)
{
    CHECK(worker < 4);
    if (*(bool *)job) {
        gw_work_rest();
        gw_work_rest(); /* no second place */
    }
    const int n = atomic_fetch_add(&inside, 1) + 1;
    for (int was = atomic_load(&most_inside); was < n && !atomic_compare_exchange_weak(&most_inside, &was, n);)
        ;
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    atomic_fetch_sub(&inside, 1);
}

static void who_rests_makes_room(void **state)
{
    (void)state;
    struct gw_err err = {};
    for (int rests = 0; rests < 2; rests++) {
        bool job = rests == 1;
        const int expected = rests == 1 ? 4 : 1;
        atomic_store(&most_inside, 0);
        pthread_mutex_lock(&gate);
        struct gw_work *w = gw_work_new(1, 3, 16, GW_RANK_PROMPT, meet, &err);
        CHECK(w != NULL);
        for (int i = 0; i < 12; i++)
            CHECK(gw_work_submit(w, &job));
        for (int i = 0; i < 5000 && atomic_load(&inside) < expected; i++)
            usleep(1000);
        usleep(20'000); /* nobody else comes in */
        CHECK_INT(atomic_load(&inside), expected);
        CHECK_INT((int)gw_work_waiting(w), 12 - expected);
        pthread_mutex_unlock(&gate);
        gw_work_free(w);
        CHECK_INT(atomic_load(&inside), 0);
        CHECK(atomic_load(&most_inside) <= (rests == 1 ? 4 : 1));
    }
    gw_work_rest(); /* where there is no job */
}

int main(void)
{
    check_add("work", "a full queue refuses at once and finishes what it took", full_is_refused);
    check_add("work", "every job taken is run before the queue goes", everything_taken_is_done);
    check_add("work", "patient threads give way, and no others do", patient_threads_give_way);
    check_add("work", "a job that rests makes room for the next, and no other does", who_rests_makes_room);
    return check_done();
}
