/* threshold.h - how alike is alike enough: the threshold as a function of the
 * gallery's size and of the false-positive rate that was asked for.
 *
 * A search among N templates makes N chances of a false match. If one comparison
 * errs with probability FMR, a search of somebody who is not there errs with
 * FPIR = 1 - (1 - FMR)^N (independent comparisons; measured, evaluate says how
 * true that is). So the threshold is the score at FMR = 1 - (1 - FPIR)^(1/N),
 * taken from the operating points of the model card. It rises with N.
 *
 * Threads: no state. */
#pragma once
#include "base/fail.h"

/* Measured by `gangway evaluate --calibrate`: this share of comparisons of
 * different people reaches this score. */
struct gw_threshold_point {
    double fmr;   /* above 0, below 1 */
    double score; /* -GW_THRESHOLD_SCORE_MOST to that */
};
/* Scores are dot products of embeddings: cosines, or a little more where the model
 * weighs faces by lengths of up to 1.25. No score passes this. */
#define GW_THRESHOLD_SCORE_MOST 1.6

enum { GW_THRESHOLD_POINTS_MAX = 64 };
/* No threshold is lower than the score at this FMR, however small the gallery and
 * however lax the asked rate: a 1:1 check is held to it too. */
#define GW_THRESHOLD_FMR_MOST 1e-3

/* Rates strictly falling, scores strictly rising, at least two points, all in range, one of
 * them at FMR 1e-3 or above (the floor must not be guessed).
 * GW_ERR_INVALID; err->at is the first point that is wrong. */
[[nodiscard]] bool gw_threshold_check(const struct gw_threshold_point *points, size_t n, struct gw_err *err);

/* The FMR that gives this FPIR among `templates`; fpir in (0, 1), templates at least 1. */
double gw_threshold_fmr(double fpir, size_t templates);

/* The score to reach, of points that pass gw_threshold_check.
 * Between two points: linear in log10(FMR). Beyond the last: straight on with the
 * steepest slope of the whole table - tails of impostor scores fall off faster the
 * further out, so this errs to the strict side - and never above
 * GW_THRESHOLD_SCORE_MOST, where nobody matches. fpir in (0, 1), else GW_ERR_INVALID; templates 0 counts as 1. */
[[nodiscard]] bool gw_threshold_get(double *score, const struct gw_threshold_point *points, size_t n_points,
    size_t templates, double fpir, struct gw_err *err);

/* The FMR that the points give to a score, the other way round (for telling people what a
 * score means); at most 1, and not below a tenth of the last point's. */
double gw_threshold_fmr_at(const struct gw_threshold_point *points, size_t n_points, double score);

/* Integer scores of gallery/ are these * 2^28. One reaches a threshold when it is at
 * least gw_threshold_to_score(threshold): rounded up, so never laxer. */
int32_t gw_threshold_to_score(double score);
double gw_threshold_to_cosine(int32_t score);
