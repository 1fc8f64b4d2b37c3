/* interval.c - binomial intervals, and persons drawn again. */
#include "measure/interval.h"

#include <math.h>
#include <stdlib.h>

/* Continued fraction of the incomplete beta (Abramowitz and Stegun 26.5.8), by the
 * method of Lentz; converges fast for x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < tiny ? tiny : d);
    double f = d;
    for (int m = 1; m < 10000; m++) {
        for (int odd = 0; odd < 2; odd++) {
            const double k = m + odd;
            const double t = odd == 0 ? m * (b - m) * x / ((a + 2 * k - 1) * (a + 2 * k))
                                      : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
            d = 1 + t * d;
            c = 1 + t / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            c = fabs(c) < tiny ? tiny : c;
            f *= d * c;
        }
        if (fabs(d * c - 1) < 1e-15)
            break;
    }
    return f;
}

double gw_beta(double x, double a, double b)
{
    if (x <= 0)
        return 0;
    if (x >= 1)
        return 1;
    const double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(x, a, b) / a : 1 - front * beta_fraction(1 - x, b, a) / b;
}

/* x with I_x(a, b) = p. Halving finds it to the last bit; these are few. */
static double beta_quantile(double p, double a, double b)
{
    double low = 0, high = 1;
    for (int i = 0; i < 200 && low < high; i++) {
        const double mid = low + (high - low) / 2;
        if (mid <= low || mid >= high)
            break;
        if (gw_beta(mid, a, b) < p)
            low = mid;
        else
            high = mid;
    }
    return high;
}

struct gw_interval gw_interval_exact(uint64_t k, uint64_t n, double level)
{
    assert(k <= n);
    const double tail = (1 - level) / 2, misses = (double)(n - k), events = (double)k;
    return (struct gw_interval){
        .low = k == 0 ? 0 : beta_quantile(tail, events, misses + 1),
        .high = k == n ? 1 : beta_quantile(1 - tail, events + 1, misses),
    };
}

struct gw_interval gw_interval_wilson(uint64_t k, uint64_t n, double level)
{
    assert(k <= n);
    if (n == 0)
        return (struct gw_interval){ 0, 1 };
    const double z = gw_normal_quantile(1 - (1 - level) / 2), t = (double)n, p = (double)k / t;
    const double centre = (p + z * z / (2 * t)) / (1 + z * z / t);
    const double half = z * sqrt(p * (1 - p) / t + z * z / (4 * t * t)) / (1 + z * z / t);
    return (struct gw_interval){ k == 0 ? 0 : fmax(0, centre - half), k == n ? 1 : fmin(1, centre + half) };
}

double gw_interval_upper(uint64_t k, uint64_t n, double level)
{
    assert(k <= n);
    return k == n ? 1 : beta_quantile(level, (double)k + 1, (double)(n - k));
}

double gw_normal_quantile(double p)
{
    assert(p > 0 && p < 1);
    /* By halving on erfc, which the C library has to the last bits. */
    double low = -40, high = 40;
    for (int i = 0; i < 200; i++) {
        const double mid = (low + high) / 2;
        if (0.5 * erfc(-mid / sqrt(2)) < p)
            low = mid;
        else
            high = mid;
    }
    return (low + high) / 2;
}

uint64_t gw_lot(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

uint64_t gw_lot_below(uint64_t *state, uint64_t n)
{
    assert(n > 0);
    /* The incomplete last round of the 2^64 lots would favour the small: drawn again. */
    const uint64_t unfair = (UINT64_MAX % n + 1) % n;
    uint64_t lot;
    do
        lot = gw_lot(state);
    while (lot > UINT64_MAX - unfair);
    return lot % n;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

bool gw_interval_by_person(struct gw_interval *out, const struct gw_part *parts, size_t n, double level,
    unsigned draws, uint64_t seed)
{
    struct gw_part all = {};
    uint64_t persons = 0;
    for (size_t i = 0; i < n; i++) {
        all.events += parts[i].events;
        all.trials += parts[i].trials;
        persons += parts[i].trials > 0;
    }
    if (persons == 0 || draws == 0)
        return false;
    if (all.events == 0 || all.events == all.trials) {
        *out = gw_interval_exact(all.events == 0 ? 0 : persons, persons, level);
        return true;
    }

    GW_AUTO_MEM double *rates = gw_alloc_array(draws, sizeof *rates);
    for (unsigned d = 0; d < draws; d++) {
        uint64_t events = 0, trials = 0;
        while (trials == 0) {
            events = 0;
            for (size_t i = 0; i < n; i++) {
                const struct gw_part *p = &parts[gw_lot_below(&seed, n)];
                events += p->events;
                trials += p->trials;
            }
        }
        rates[d] = (double)events / (double)trials;
    }
    qsort(rates, draws, sizeof *rates, ascending);
    const double tail = (1 - level) / 2, last = draws - 1;
    out->low = rates[(size_t)floor(tail * last)];
    out->high = rates[(size_t)ceil((1 - tail) * last)];
    return true;
}
