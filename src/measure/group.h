/* group.h - how differently groups of people are served (ISO/IEC 19795-10:2024).
 *
 * All measures take one rate a group, at one common threshold. Groups with too few
 * errors to be told from none should not be given at all: who calls decides and says
 * so. Threads: no state. */
#pragma once
#include "base/fail.h"
#include "measure/interval.h"

/* Rates of zero make ratios meaningless. Before these are taken, every group's rate is
 * raised to at least half an error in its trials: (k or 1/2) / n. That is the stated
 * zero-handling of all that ends in "_ratio" and of the geometric mean. */
double gw_group_rate(uint64_t errors, uint64_t trials); /* trials at least 1 */

struct gw_differential {
    double largest_over_smallest;
    double largest_over_geometric_mean; /* 1: all the same; the usual summary */
    double difference;                  /* largest - smallest, of the plain rates */
    double gini;                        /* 0: all the same; 1: one group bears all; of the plain rates */
};
/* n groups, at least 1, all with trials. */
struct gw_differential gw_group_differential(const struct gw_part *groups, size_t n);

/* Gini coefficient with the correction for few groups, n / (n - 1); 0 for one group
 * and where all are zero. */
double gw_gini(const double *rates, size_t n);
/* GARBE: weight on false matches, the rest on false non-matches; 0 to 1, 0 is fair. */
double gw_garbe(double gini_fmr, double gini_fnmr, double weight);
