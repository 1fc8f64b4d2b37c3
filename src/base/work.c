/* work.c - a ring under one mutex: jobs take milliseconds, the lock nanoseconds. A part on offer is always that of a job
 * that is being run, which takes it back when it gets there itself. */
#include "base/work.h"

#include "base/clock.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

/* A part is shared while the places were taken for less than this share of about the last quarter second. Above, it would
 * make one answer in two sooner, and those that come last later (docs/decisions/0031). One place is not counted: it is for
 * whoever waits for something else than a processor. */
static const double share_below = 0.5, load_us = 250e3;
/* But who has come to his part later than is usual is helped. */
static const double late = 1.25, usual_weight = 1 / 32.0;

struct worker {
    struct gw_work *work;
    unsigned index;
    pthread_t thread;
    /* Under the lock: */
    bool rests, sleeps; /* rests: has no place to give away, as before the first job and while it runs a part */
    int64_t since_us;   /* when his job was submitted */
    struct worker *slept_before; /* of those who sleep, who did so longer */
    bool kept_away;              /* of one processor; these are all he may use */
    cpu_set_t allowed;
    pthread_cond_t wake;
};
static _Thread_local struct worker *self; /* NULL: no worker */

struct gw_work {
    pthread_mutex_t lock;
    pthread_cond_t parted;
    struct worker *asleep; /* who fell asleep last, first: his stack and heap are still in the caches */
    struct gw_work_part *offered; /* that nobody has taken yet, the oldest first */
    struct waiting {
        void *job;
        int64_t since_us;
    } *ring;
    size_t capacity, first;
    atomic_size_t waiting; /* written under the lock, read by those who must not wait for a worker that holds it */
    bool stopping;
    gw_work_fn *run;
    enum gw_rank rank;
    unsigned n_threads, at_once, busy;
    double load; /* busy, averaged */
    int64_t noted_us;
    double usual_us; /* from a job's submission until it has a part to give */
    struct worker *workers;
};

static struct waiting pop(struct gw_work *w)
{
    const struct waiting job = w->ring[w->first];
    w->first = (w->first + 1) % w->capacity;
    w->waiting--;
    return job;
}

/* With the lock. */
static void note_load(struct gw_work *w)
{
    const int64_t now = gw_clock_monotonic_us();
    const double passed = (double)(now - w->noted_us);
    w->load += (w->busy - w->load) * (passed / (passed + load_us));
    w->noted_us = now;
}
/* With the lock: what was until now counts first. */
static void set_busy(struct gw_work *w, unsigned busy)
{
    note_load(w);
    w->busy = busy;
}

/* With the lock. Where nobody sleeps, whoever is done next looks himself. */
static void wake_one(struct gw_work *w)
{
    struct worker *first = w->asleep;
    if (first == NULL)
        return;
    w->asleep = first->slept_before;
    first->sleeps = false;
    pthread_cond_signal(&first->wake);
}
/* One who is kept from the caller's processor, which the caller goes on to use, until he runs on another. Left to itself
 * Linux often wakes him right there, and one would run after the other. */
static void wake_elsewhere(struct gw_work *w)
{
    struct worker *sleeper = w->asleep;
    if (sleeper == NULL)
        return;
    const int here = sched_getcpu();
    if (here >= 0 && pthread_getaffinity_np(pthread_self(), sizeof sleeper->allowed, &sleeper->allowed) == 0 &&
        CPU_COUNT(&sleeper->allowed) > 1) {
        cpu_set_t others = sleeper->allowed;
        CPU_CLR((unsigned)here, &others);
        sleeper->kept_away = pthread_setaffinity_np(sleeper->thread, sizeof others, &others) == 0;
    }
    wake_one(w);
}
/* By himself, as soon as he runs: from then on he may go wherever there is room. */
static void allow_everywhere(struct worker *me)
{
    if (me->kept_away)
        (void)pthread_setaffinity_np(me->thread, sizeof me->allowed, &me->allowed);
    me->kept_away = false;
}
static void wake_all(struct gw_work *w)
{
    while (w->asleep != NULL)
        wake_one(w);
}

/* With the lock, which it lets go meanwhile. */
static void sleep_now(struct worker *me)
{
    struct gw_work *w = me->work;
    me->sleeps = true;
    me->slept_before = w->asleep;
    w->asleep = me;
    while (me->sleeps)
        pthread_cond_wait(&me->wake, &w->lock);
    allow_everywhere(me);
}

/* With the lock. Who waits goes before what is only to be sooner done; and one place is left over: there is one more than
 * processors, for when somebody comes. */
static bool may_take_part(const struct gw_work *w)
{
    return w->offered != NULL && w->waiting == 0 && w->busy + 1 < w->at_once;
}

/* With the lock. */
static void free_place(struct gw_work *w)
{
    set_busy(w, w->busy - 1);
    if (w->waiting > 0 || (!w->stopping && may_take_part(w)))
        wake_one(w);
    else if (w->stopping) /* those who waited for a place, too, have nothing more to do */
        wake_all(w);
}

/* With the lock. */
static void leave_place(struct worker *me)
{
    if (!me->rests)
        free_place(me->work);
    me->rests = true;
}

void gw_work_rest(void)
{
    if (self == NULL)
        return;
    pthread_mutex_lock(&self->work->lock);
    leave_place(self);
    pthread_mutex_unlock(&self->work->lock);
}

/* With the lock: where there is room, or for one who is late. */
static bool may_share(struct gw_work *w)
{
    note_load(w);
    const double took_us = (double)(w->noted_us - self->since_us), usual_us = w->usual_us > 0 ? w->usual_us : took_us;
    w->usual_us = usual_us + (took_us - usual_us) * usual_weight;
    return w->load < share_below * (w->at_once - 1) || took_us > late * usual_us;
}

bool gw_work_part_begin(struct gw_work_part *p)
{
    if (self == NULL)
        return false;
    struct gw_work *w = self->work;
    pthread_mutex_lock(&w->lock);
    /* The asker's place, another's, and the one left over. */
    const bool helps = !w->stopping && w->at_once > 2 && may_share(w);
    if (helps) {
        struct gw_work_part **last = &w->offered;
        while (*last != NULL)
            last = &(*last)->next;
        p->taken = p->done = false;
        p->next = NULL;
        *last = p;
        if (may_take_part(w))
            wake_elsewhere(w);
    }
    pthread_mutex_unlock(&w->lock);
    return helps;
}

/* With the lock, which it lets go meanwhile. */
static void run_part(struct gw_work *w)
{
    struct gw_work_part *p = w->offered;
    w->offered = p->next;
    p->taken = true;
    set_busy(w, w->busy + 1);
    pthread_mutex_unlock(&w->lock);
    gw_rank_turn(w->rank);
    p->run(p->arg);
    gw_rank_turn(GW_RANK_PROMPT);
    pthread_mutex_lock(&w->lock);
    p->done = true;
    pthread_cond_broadcast(&w->parted);
    free_place(w);
}

void gw_work_part_end(struct gw_work_part *p)
{
    struct gw_work *w = self->work;
    pthread_mutex_lock(&w->lock);
    if (p->taken) {
        while (!p->done)
            pthread_cond_wait(&w->parted, &w->lock);
        pthread_mutex_unlock(&w->lock);
        return;
    }
    struct gw_work_part **at = &w->offered;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    pthread_mutex_unlock(&w->lock);
    p->run(p->arg);
}

static void *loop(void *arg)
{
    struct worker *me = arg;
    struct gw_work *w = me->work;
    gw_rank_take(w->rank);
    gw_rank_turn(GW_RANK_PROMPT); /* until it computes */
    self = me;
    pthread_mutex_lock(&w->lock);
    for (;;) {
        while (!may_take_part(w) && (w->waiting == 0 ? !w->stopping : w->busy == w->at_once))
            sleep_now(me);
        if (may_take_part(w)) {
            run_part(w);
            continue;
        }
        if (w->waiting == 0)
            break;
        const struct waiting next = pop(w);
        set_busy(w, w->busy + 1);
        me->rests = false;
        me->since_us = next.since_us;
        pthread_mutex_unlock(&w->lock);
        w->run(next.job, me->index);
        pthread_mutex_lock(&w->lock);
        leave_place(me);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

struct gw_work *gw_work_new(unsigned at_once, unsigned resting, size_t capacity, enum gw_rank rank, gw_work_fn *run,
    struct gw_err *err)
{
    const unsigned n_threads = at_once + resting;
    struct gw_work *w = gw_alloc(sizeof *w);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->parted, NULL);
    w->capacity = GW_MAX(capacity, (size_t)1);
    w->ring = gw_alloc_array(w->capacity, sizeof *w->ring);
    w->run = run;
    w->rank = rank;
    w->at_once = at_once;
    w->noted_us = gw_clock_monotonic_us();
    w->workers = gw_alloc_array(n_threads, sizeof *w->workers);
    for (unsigned i = 0; i < n_threads; i++) {
        w->workers[i] = (struct worker){ .work = w, .index = i, .rests = true };
        pthread_cond_init(&w->workers[i].wake, NULL);
        if (pthread_create(&w->workers[i].thread, NULL, loop, &w->workers[i]) != 0) {
            gw_work_free(w);
            return gw_fail_null(err, GW_ERR_UNAVAILABLE, "could not start worker thread %u of %u", i + 1, n_threads);
        }
        w->n_threads = i + 1;
    }
    return w;
}

bool gw_work_submit(struct gw_work *w, void *job)
{
    if (w->waiting >= w->capacity)
        return false;
    pthread_mutex_lock(&w->lock);
    bool room = !w->stopping && w->waiting < w->capacity;
    if (room) {
        w->ring[(w->first + w->waiting) % w->capacity] = (struct waiting){ job, gw_clock_monotonic_us() };
        w->waiting++;
        if (w->busy < w->at_once)
            wake_one(w);
    }
    pthread_mutex_unlock(&w->lock);
    return room;
}

size_t gw_work_take_more(struct gw_work *w, void **jobs, size_t max)
{
    size_t n = 0;
    pthread_mutex_lock(&w->lock);
    while (n < max && w->waiting > 0)
        jobs[n++] = pop(w).job;
    pthread_mutex_unlock(&w->lock);
    return n;
}

size_t gw_work_waiting(struct gw_work *w)
{
    return w->waiting;
}

void gw_work_free(struct gw_work *w)
{
    if (w == NULL)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    wake_all(w);
    pthread_mutex_unlock(&w->lock);
    for (unsigned i = 0; i < w->n_threads; i++) {
        pthread_join(w->workers[i].thread, NULL);
        pthread_cond_destroy(&w->workers[i].wake);
    }
    pthread_cond_destroy(&w->parted);
    pthread_mutex_destroy(&w->lock);
    gw_free(w->workers);
    gw_free(w->ring);
    gw_free(w);
}
