/* threshold.c - from an asked false-positive rate to the score that keeps it. */
#include "policy/threshold.h"

#include <math.h>

static bool good(double x)
{
    return isfinite(x);
}

bool gw_threshold_check(const struct gw_threshold_point *p, size_t n, struct gw_err *err)
{
    if (n < 2 || n > GW_THRESHOLD_POINTS_MAX)
        return gw_fail_at(err, GW_ERR_INVALID, 0, "%zu operating points: 2 to %d are needed", n, GW_THRESHOLD_POINTS_MAX);
    for (size_t i = 0; i < n; i++) {
        if (!good(p[i].fmr) || p[i].fmr <= 0 || p[i].fmr >= 1)
            return gw_fail_at(err, GW_ERR_INVALID, i, "operating point %zu: the FMR is not between 0 and 1", i + 1);
        if (!good(p[i].score) || fabs(p[i].score) > GW_THRESHOLD_SCORE_MOST)
            return gw_fail_at(err, GW_ERR_INVALID, i, "operating point %zu: no score can be so", i + 1);
        if (i > 0 && p[i].fmr >= p[i - 1].fmr)
            return gw_fail_at(err, GW_ERR_INVALID, i, "operating point %zu: rates must fall from point to point", i + 1);
        if (i > 0 && p[i].score <= p[i - 1].score)
            return gw_fail_at(err, GW_ERR_INVALID, i, "operating point %zu: scores must rise from point to point", i + 1);
    }
    if (p[0].fmr < GW_THRESHOLD_FMR_MOST)
        return gw_fail_at(err, GW_ERR_INVALID, 0, "operating points must begin at an FMR of %g or above", GW_THRESHOLD_FMR_MOST);
    return true;
}

double gw_threshold_fmr(double fpir, size_t templates)
{
    /* 1 - (1 - fpir)^(1/N) without losing the digits of a small rate. */
    return -expm1(log1p(-fpir) / (double)GW_MAX(templates, (size_t)1));
}

/* Rise of the score per decade of FMR between points i and i + 1. */
static double slope(const struct gw_threshold_point *p, size_t i)
{
    return (p[i + 1].score - p[i].score) / (log10(p[i].fmr) - log10(p[i + 1].fmr));
}

bool gw_threshold_get(double *score, const struct gw_threshold_point *p, size_t n, size_t templates, double fpir,
    struct gw_err *err)
{
    if (!gw_threshold_check(p, n, err))
        return false;
    if (!(fpir > 0 && fpir < 1))
        return gw_fail(err, GW_ERR_INVALID, "an asked false-positive identification rate must lie between 0 and 1");

    const double fmr = fmin(gw_threshold_fmr(fpir, templates), GW_THRESHOLD_FMR_MOST);
    size_t i = 0;
    while (i + 2 < n && p[i + 1].fmr > fmr)
        i++;
    double rise = slope(p, i);
    if (fmr < p[n - 1].fmr) {
        i = n - 1;
        for (size_t k = 0; k + 1 < n; k++)
            rise = fmax(rise, slope(p, k));
    }
    *score = fmin(GW_THRESHOLD_SCORE_MOST, p[i].score + rise * (log10(p[i].fmr) - log10(fmr)));
    return true;
}

double gw_threshold_fmr_at(const struct gw_threshold_point *p, size_t n, double score)
{
    size_t i = 0;
    while (i + 2 < n && p[i + 1].score <= score)
        i++;
    /* Outside the table: on with the first or last slope, but no further than it can be believed. */
    const double fmr = pow(10, log10(p[i].fmr) - (score - p[i].score) / slope(p, i));
    return fmin(1, fmax(fmr, p[n - 1].fmr / 10));
}

int32_t gw_threshold_to_score(double score)
{
    return (int32_t)ceil(fmin(fmax(score, -GW_THRESHOLD_SCORE_MOST), GW_THRESHOLD_SCORE_MOST) * (1 << 28));
}

double gw_threshold_to_cosine(int32_t score)
{
    return (double)score / (1 << 28);
}
