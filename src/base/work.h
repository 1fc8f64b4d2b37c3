/* work.h - one bounded queue and its worker threads.
 *
 * A full queue says so at once (the door answers 503): nobody waits in line for a
 * place in a line. Jobs are handed out in order. */
#pragma once
#include "base/fail.h"
#include "base/rank.h"

struct gw_work; /* opaque */

/* Runs on a worker thread; worker is 0 to at_once + resting - 1, for things each worker owns. */
typedef void gw_work_fn(void *job, unsigned worker);

/* Workers have the rank's weight, but its turns only while they run a part: a job that is about to compute takes them itself
 * (gw_rank_turn). at_once: jobs being run; resting: those beside them that have said gw_work_rest. capacity: jobs waiting,
 * not counting either. GW_ERR_UNAVAILABLE when threads cannot be made. */
[[nodiscard]] struct gw_work *gw_work_new(unsigned at_once, unsigned resting, size_t capacity, enum gw_rank rank,
    gw_work_fn *run, struct gw_err *err);
/* From within a job: what is left of it is to wait for a disk, so the next may begin in its place. Said again, or where
 * there is no job, it does nothing. */
void gw_work_rest(void);

/* One of two halves of a job that need not wait for each other. */
struct gw_work_part {
    void (*run)(void *arg);
    void *arg;
    bool taken, done; /* private, and so is next */
    struct gw_work_part *next;
};
/* From within a job: lets a worker who has nothing to do, or is done before this one gets there, run it; and then
 * gw_work_part_end must be called before p goes. False where there is nobody but those who have a job, the queue is to end,
 * or there is no job: whoever asks does it himself. Jobs that wait go before parts. So one picture on an idle machine is
 * looked at by two processors, and on a busy one each has its own: where the places were taken for more than half of about
 * the last quarter second, only a job that comes to its part later than is usual shares it. */
[[nodiscard]] bool gw_work_part_begin(struct gw_work_part *p);
/* Returns when it is done; runs it here if nobody has begun. */
void gw_work_part_end(struct gw_work_part *p);
/* Any thread. False when the queue is full or stopping: the job was not taken. */
[[nodiscard]] bool gw_work_submit(struct gw_work *w, void *job);
/* Takes up to max waiting jobs for a worker that can do several at once, without waiting. */
size_t gw_work_take_more(struct gw_work *w, void **jobs, size_t max);
/* Takes no lock, and neither does a submission that is refused: whoever refuses waits for no worker. */
size_t gw_work_waiting(struct gw_work *w);
/* Takes no more jobs, finishes those taken, joins the threads. NULL is fine. */
void gw_work_free(struct gw_work *w);
GW_AUTO_FREE(gw_work, gw_work_free)
