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

/* ---- parts ---- */

enum { ALONE, TOGETHER, TAKEN_BACK, RESTS, WORKS };
struct halves {
    int as; /* what is expected */
    pthread_t whole, part;
    _Atomic(bool) began, ended;
    bool shared;
};
static _Atomic(bool) offered;

static void second_half(void *arg)
{
    struct halves *h = arg;
    h->part = pthread_self();
    atomic_store(&h->began, true);
}

static void in_halves(void *job, unsigned worker)
{
    struct halves *h = job;
    (void)worker;
    if (h->as == RESTS) {
        gw_work_rest();
        atomic_fetch_add(&inside, 1);
        pthread_mutex_lock(&gate);
        pthread_mutex_unlock(&gate);
        return;
    }
    if (h->as == WORKS) {
        atomic_fetch_add(&inside, 1);
        for (int i = 0; i < 5000 && !atomic_load(&offered); i++)
            usleep(1000);
        return;
    }
    struct gw_work_part p = { .run = second_half, .arg = h };
    h->whole = pthread_self();
    h->shared = gw_work_part_begin(&p);
    atomic_store(&offered, true);
    for (int i = 0; h->as == TOGETHER && i < 5000 && !atomic_load(&h->began); i++)
        usleep(1000); /* somebody else begins while this one does not look */
    if (h->shared)
        gw_work_part_end(&p);
    atomic_store(&h->ended, true);
}

static const struct part_row {
    const char *label;
    unsigned at_once, others; /* threads that may run, and other jobs that are on one each */
    int others_are, as;
} part_rows[] = {
    { "a worker with nothing to do takes the half", 3, 0, RESTS, TOGETHER },
    { "whoever is done with his own meanwhile takes it", 3, 2, WORKS, TOGETHER },
    { "one place is left over for who comes", 2, 0, RESTS, ALONE },
    { "with one place there is nobody", 1, 0, RESTS, ALONE },
    { "nobody took it: it is done by who asked", 3, 2, RESTS, TAKEN_BACK },
};

static void part_test(void **state)
{
    const struct part_row *r = *state;
    struct gw_err err = {};
    struct halves h = { .as = r->as }, other = { .as = r->others_are };
    atomic_store(&inside, 0);
    atomic_store(&offered, false);
    pthread_mutex_lock(&gate);
    struct gw_work *w = gw_work_new(r->at_once, 0, 4, GW_RANK_PROMPT, in_halves, &err);
    CHECK(w != NULL);
    for (unsigned i = 0; i < r->others; i++)
        CHECK(gw_work_submit(w, &other));
    for (int i = 0; i < 5000 && atomic_load(&inside) < (int)r->others; i++)
        usleep(1000);
    CHECK_INT(atomic_load(&inside), (int)r->others);
    CHECK(gw_work_submit(w, &h));
    for (int i = 0; i < 10000 && !atomic_load(&h.ended); i++)
        usleep(1000); /* a queue that is to end shares nothing */
    CHECK(atomic_load(&h.ended));
    pthread_mutex_unlock(&gate);
    gw_work_free(w);
    CHECK_INT(h.shared, r->as != ALONE);
    CHECK_INT(atomic_load(&h.began), r->as != ALONE);
    if (r->as != ALONE)
        CHECK_INT(pthread_equal(h.whole, h.part) != 0, r->as == TAKEN_BACK);
}

/* A queue whose places were taken shares nothing but with who comes late to his part. */
struct paced {
    unsigned ms; /* until it has a part to give; 0: holds a place until the gate opens */
    bool shared;
    _Atomic(bool) ended;
};
static void nothing(void *arg)
{
    (void)arg;
}
static void in_time(void *job, unsigned worker)
{
    struct paced *p = job;
    (void)worker;
    if (p->ms == 0) {
        atomic_fetch_add(&inside, 1);
        pthread_mutex_lock(&gate);
        pthread_mutex_unlock(&gate);
    } else {
        struct gw_work_part part = { .run = nothing };
        usleep(p->ms * 1000);
        p->shared = gw_work_part_begin(&part);
        if (p->shared)
            gw_work_part_end(&part);
    }
    atomic_store(&p->ended, true);
}
static bool shares(struct gw_work *w, unsigned ms)
{
    struct paced p = { .ms = ms };
    CHECK(gw_work_submit(w, &p));
    for (int i = 0; i < 10'000 && !atomic_load(&p.ended); i++)
        usleep(1000);
    CHECK(atomic_load(&p.ended));
    return p.shared;
}
static void a_busy_queue_shares_with_the_late(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct paced held[2] = {};
    struct gw_work *w = gw_work_new(3, 0, 4, GW_RANK_PROMPT, in_time, &err);
    CHECK(w != NULL);
    CHECK(shares(w, 100)); /* which is what is usual from now on */
    atomic_store(&inside, 0);
    pthread_mutex_lock(&gate);
    for (size_t i = 0; i < GW_COUNT(held); i++)
        CHECK(gw_work_submit(w, &held[i]));
    for (int i = 0; i < 5000 && atomic_load(&inside) < 2; i++)
        usleep(1000);
    usleep(2'000'000);
    pthread_mutex_unlock(&gate);
    for (size_t i = 0; i < GW_COUNT(held); i++)
        while (!atomic_load(&held[i].ended))
            usleep(1000);
    CHECK(!shares(w, 10));
    CHECK(shares(w, 200));
    gw_work_free(w);
}

struct summed {
    uint64_t a, b;
};
static void add_b(void *arg)
{
    struct summed *s = arg;
    s->b++;
}
static void add_both(void *job, unsigned worker)
{
    struct summed *s = job;
    struct gw_work_part p = { .run = add_b, .arg = s };
    const bool shared = gw_work_part_begin(&p);
    (void)worker;
    s->a++;
    if (shared)
        gw_work_part_end(&p);
    else
        add_b(s);
    gw_work_rest();
}

static void no_half_is_lost(void **state)
{
    (void)state;
    struct gw_err err = {};
    static struct summed jobs[20000];
    size_t taken = 0;
    struct gw_work *w = gw_work_new(5, 3, 4, GW_RANK_PROMPT, add_both, &err);
    CHECK(w != NULL);
    for (size_t i = 0; i < GW_COUNT(jobs); i++) {
        taken += gw_work_submit(w, &jobs[taken]);
        if (i % 64 == 0)
            usleep(10); /* so that some find nobody else at work */
    }
    gw_work_free(w);
    CHECK(taken > 0);
    for (size_t i = 0; i < taken; i++)
        CHECK(jobs[i].a == 1 && jobs[i].b == 1);
    struct gw_work_part p = { .run = add_b, .arg = jobs };
    CHECK(!gw_work_part_begin(&p)); /* where there is no job */
}

int main(void)
{
    check_add("work", "a full queue refuses at once and finishes what it took", full_is_refused);
    check_add("work", "every job taken is run before the queue goes", everything_taken_is_done);
    check_add("work", "patient threads give way, and no others do", patient_threads_give_way);
    check_add("work", "a job that rests makes room for the next, and no other does", who_rests_makes_room);
    check_rows("part", part_rows, part_test);
    check_add("part", "a busy queue shares nothing but with who is late", a_busy_queue_shares_with_the_late);
    check_add("part", "every half is done once, before its job ends", no_half_is_lost);
    return check_done();
}
