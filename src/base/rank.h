/* rank.h - which threads step aside for which, where all would compute at once.
 *
 * On two cores whose every worker recognizes a face, a thread that has an answer to give
 * at once (503: the queue is full) must not wait until somebody's time is up: the
 * kernel looks at that only at its ticks, 4 ms apart on Debian, and there may be several
 * in front. Two things are asked of it, and no privilege is needed for either: a shorter
 * turn, for which Linux since 6.12 breaks off somebody else's longer one; and for those
 * who compute, less weight. Where it does not grant them, all are alike. */
#pragma once

enum gw_rank {
    /* They mostly wait, and answer when they do not: turns of a tenth of a millisecond. */
    GW_RANK_PROMPT,
    /* They compute for milliseconds: on a machine with less room than work they get less of it
     * than the others (nice 5, a third of the weight), in turns as long as the system's own. */
    GW_RANK_PATIENT,
};

/* Of the calling thread, and of threads and processes it starts from now on. What an operator chose for the whole
 * process (nice, chrt) is kept where it is more patient, or another policy. */
void gw_rank_take(enum gw_rank rank);
/* Its turns alone: of a thread that is about to compute, or is done with that and will mostly wait. */
void gw_rank_turn(enum gw_rank rank);
