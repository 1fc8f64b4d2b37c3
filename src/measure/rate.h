/* rate.h - false matches and false non-matches over thresholds (ISO/IEC 19795-1).
 *
 * A comparison matches when its score is at least the threshold. FMR is the share of
 * comparisons of different people that match, FNMR that of comparisons of one person
 * that do not.
 *
 * Threads: each object belongs to one at a time; tallies of several are merged. */
#pragma once
#include "base/fail.h"

/* Scores of different people, which come in hundreds of millions: a fine histogram
 * of all, and the highest exactly. */
struct gw_tally; /* opaque */

/* keep: how many of the highest are kept exactly, at least 1; 4 bytes each, twice. */
[[nodiscard]] struct gw_tally *gw_tally_new(size_t keep);
void gw_tally_free(struct gw_tally *t); /* NULL is fine */
GW_AUTO_FREE(gw_tally, gw_tally_free)
void gw_tally_add(struct gw_tally *t, const float *scores, size_t n); /* finite */
void gw_tally_merge(struct gw_tally *into, const struct gw_tally *from);
uint64_t gw_tally_count(const struct gw_tally *t);

/* How many scores are at least the threshold: exact where fewer than `keep` are, else
 * from the histogram, whose bins are 1/4096 wide, in proportion within one. */
double gw_tally_above(struct gw_tally *t, double threshold);
double gw_tally_rate(struct gw_tally *t, double threshold); /* the same as a share; 0 of none */
/* The lowest threshold with a rate of at most this; false without scores. */
[[nodiscard]] bool gw_tally_threshold(double *out, struct gw_tally *t, double rate);
/* The i-th highest, 0 first; i below the smaller of keep and count. */
float gw_tally_highest(struct gw_tally *t, size_t i);

enum { GW_TALLY_PLOT = 160 };
/* Shares of the scores in GW_TALLY_PLOT equal parts of -0.6 to 1; what is outside counts to the ends. */
void gw_tally_plot(double out[GW_TALLY_PLOT], const struct gw_tally *t);
void gw_scores_plot(double out[GW_TALLY_PLOT], const float *scores, size_t n);

/* Scores of one person are kept all: sort once, ask often. */
void gw_scores_sort(float *scores, size_t n);
size_t gw_scores_below(const float *sorted, size_t n, double threshold);

/* Where both rates are equal; where they pass each other at a score, on the line between the two points of the curve
 * (FMR, FNMR) there. False without scores of both kinds. */
[[nodiscard]] bool gw_equal_error(double *rate, double *threshold, const float *sorted, size_t n, struct gw_tally *t);

struct gw_det_point {
    double threshold, fmr, fnmr;
};
/* FMR from 1e-1 down to one in the number of comparisons, `each` points a decade;
 * those that differ; returns how many (at most max). */
size_t gw_det(struct gw_det_point *out, size_t max, unsigned each, const float *sorted, size_t n, struct gw_tally *t);

/* The model card's table. A point is measured where at least GW_RULE_OF_30 false matches
 * stand behind it (then its true rate is within 30 % with 90 % confidence, Doddington);
 * beyond, it is fitted: the excess of the highest GW_FIT scores over the lowest of
 * them is taken as exponential. Scores of different people fall off faster than that
 * the further out, so a fitted threshold errs to the strict side; how far, nobody
 * knows without more people. */
enum { GW_RULE_OF_30 = 30, GW_FIT = 200 };
struct gw_operating {
    double fmr, score;
    bool fitted;
};
/* At 1e-2, 1e-3, ... 1e-7, those that can be had, scores strictly rising; returns how many. */
enum { GW_OPERATING_MAX = 6 };
size_t gw_operating_table(struct gw_operating out[GW_OPERATING_MAX], struct gw_tally *t);

/* Labelled pairs in folds: the threshold with the best accuracy on the other folds
 * decides each fold. */
struct gw_pair {
    float score;
    unsigned fold;
    bool same;
};
struct gw_pairs_result {
    double accuracy;       /* mean over folds */
    double standard_error; /* of that mean; 0 with one fold */
    double threshold;      /* the best one on all pairs */
    unsigned folds;
};
/* With a single fold the threshold is chosen on the same pairs: flattering, and folds says so.
 * False without pairs. */
[[nodiscard]] bool gw_pairs_measure(struct gw_pairs_result *out, const struct gw_pair *pairs, size_t n);

/* Searches of a gallery (identification). */
struct gw_searched {
    float best;      /* the best candidate's score; -infinity if none */
    bool mated;      /* the person is in the gallery */
    bool mate_first; /* and is the best candidate */
};
struct gw_identified {
    double threshold;
    uint64_t nonmated, false_positives; /* FPIR = false_positives / nonmated, at most the asked one */
    uint64_t mated, misses;             /* FNIR(N, 1, T) = misses / mated: mate not first, or below */
};
/* The lowest threshold that keeps the asked FPIR on these searches; false without searches of
 * persons who are not in the gallery. */
[[nodiscard]] bool gw_identified_measure(struct gw_identified *out, const struct gw_searched *s, size_t n, double fpir);
/* At a threshold fixed beforehand. */
struct gw_identified gw_identified_at(const struct gw_searched *s, size_t n, double threshold);
