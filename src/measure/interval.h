/* interval.h - how sure a measured rate is.
 *
 * Clopper-Pearson and Wilson take trials for independent. Comparisons of the same
 * persons are not (ISO/IEC 19795-1:2021, 9.4 ff.): for these resample by person.
 *
 * Threads: no state. */
#pragma once
#include "base/fail.h"

struct gw_interval {
    double low, high; /* 0 to 1 */
};

/* Regularised incomplete beta function I_x(a, b), a and b above 0, x in 0 to 1. */
double gw_beta(double x, double a, double b);

/* Of k events in n trials, k <= n; n = 0 gives 0 to 1. level: 0.95. Clopper-Pearson never
 * covers less than the level; Wilson is narrower and covers it on average. */
struct gw_interval gw_interval_exact(uint64_t k, uint64_t n, double level);
struct gw_interval gw_interval_wilson(uint64_t k, uint64_t n, double level);
/* The rate that is exceeded with probability 1 - level at most. With k = 0 and 0.95
 * this is what the rule of three approximates by 3/n. */
double gw_interval_upper(uint64_t k, uint64_t n, double level);

/* Standard normal quantile, p in (0, 1): also the axis of a DET plot. */
double gw_normal_quantile(double p);

/* One person's part in a rate. */
struct gw_part {
    uint64_t events, trials;
};
/* Percentile interval of sum(events) / sum(trials) when persons are drawn again with
 * replacement. Same seed, same answer. Draws without a trial are drawn once more. Where
 * nobody or everybody errs, drawing again shows nothing: then it is gw_interval_exact with as
 * many trials as there are persons with one. False when nobody has a trial. */
[[nodiscard]] bool gw_interval_by_person(struct gw_interval *out, const struct gw_part *parts, size_t n, double level,
    unsigned draws, uint64_t seed);

/* SplitMix64, for everything here that draws lots: *state may start anywhere. */
uint64_t gw_lot(uint64_t *state);
uint64_t gw_lot_below(uint64_t *state, uint64_t n); /* 0 to n - 1, all equally likely; n at least 1 */
