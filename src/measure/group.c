/* group.c - differentials between groups. */
#include "measure/group.h"

#include <math.h>

double gw_group_rate(uint64_t errors, uint64_t trials)
{
    assert(trials > 0);
    return (errors == 0 ? 0.5 : (double)errors) / (double)trials;
}

double gw_gini(const double *rates, size_t n)
{
    double sum = 0, apart = 0;
    for (size_t i = 0; i < n; i++) {
        sum += rates[i];
        for (size_t k = 0; k < n; k++)
            apart += fabs(rates[i] - rates[k]);
    }
    if (n < 2 || sum <= 0)
        return 0;
    const double groups = (double)n, mean = sum / groups;
    return groups / (groups - 1) * apart / (2 * groups * groups * mean);
}

double gw_garbe(double gini_fmr, double gini_fnmr, double weight)
{
    return weight * gini_fmr + (1 - weight) * gini_fnmr;
}

struct gw_differential gw_group_differential(const struct gw_part *groups, size_t n)
{
    assert(n > 0);
    GW_AUTO_MEM double *rates = gw_alloc_array(n, sizeof *rates);
    double high = 0, low = HUGE_VAL, plain_high = 0, plain_low = HUGE_VAL, logs = 0;
    for (size_t i = 0; i < n; i++) {
        const double raised = gw_group_rate(groups[i].events, groups[i].trials);
        rates[i] = (double)groups[i].events / (double)groups[i].trials;
        high = fmax(high, raised);
        low = fmin(low, raised);
        plain_high = fmax(plain_high, rates[i]);
        plain_low = fmin(plain_low, rates[i]);
        logs += log(raised);
    }
    return (struct gw_differential){
        .largest_over_smallest = high / low,
        .largest_over_geometric_mean = high / exp(logs / (double)n),
        .difference = plain_high - plain_low,
        .gini = gw_gini(rates, n),
    };
}
