/* rate.c - counting over thresholds. */
#include "measure/rate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* 1/4096 wide, over all scores there are: embeddings weigh up to 1.25 each. */
#define LOW (-2.0)
#define WIDTH (1.0 / 4096)
enum { BINS = 4 * 4096 };

struct gw_tally {
    uint64_t count;
    uint64_t bins[BINS];
    size_t keep, n; /* n waiting in `highest`, of 2 * keep places; at most keep once settled */
    float floor;    /* what does not pass it is not among the highest */
    bool sorted;    /* n <= keep, highest first */
    float *highest;
};

struct gw_tally *gw_tally_new(size_t keep)
{
    assert(keep > 0);
    struct gw_tally *t = gw_alloc(sizeof *t);
    t->keep = keep;
    t->floor = -INFINITY;
    t->highest = gw_alloc_array(2 * keep, sizeof t->highest[0]);
    return t;
}

void gw_tally_free(struct gw_tally *t)
{
    if (t != NULL)
        gw_free(t->highest);
    gw_free(t);
}

static int descending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x < y) - (x > y);
}

static void settle(struct gw_tally *t)
{
    if (t->sorted)
        return;
    qsort(t->highest, t->n, sizeof t->highest[0], descending);
    if (t->n >= t->keep) {
        t->n = t->keep;
        t->floor = t->highest[t->keep - 1];
    }
    t->sorted = true;
}

static size_t bin_of(double score)
{
    const double at = (score - LOW) / WIDTH;
    return at <= 0 ? 0 : GW_MIN((size_t)at, (size_t)BINS - 1);
}

static void keep_one(struct gw_tally *t, float score)
{
    if (score <= t->floor)
        return; /* equal to the last kept: one of them is as good as another */
    if (t->n == 2 * t->keep)
        settle(t);
    t->highest[t->n++] = score;
    t->sorted = false;
}

void gw_tally_add(struct gw_tally *t, const float *scores, size_t n)
{
    t->count += n;
    for (size_t i = 0; i < n; i++) {
        t->bins[bin_of((double)scores[i])]++;
        keep_one(t, scores[i]);
    }
}

void gw_tally_merge(struct gw_tally *into, const struct gw_tally *from)
{
    into->count += from->count;
    for (size_t i = 0; i < BINS; i++)
        into->bins[i] += from->bins[i];
    for (size_t i = 0; i < from->n; i++)
        keep_one(into, from->highest[i]);
}

uint64_t gw_tally_count(const struct gw_tally *t)
{
    return t->count;
}

float gw_tally_highest(struct gw_tally *t, size_t i)
{
    settle(t);
    assert(i < t->n);
    return t->highest[i];
}

double gw_tally_above(struct gw_tally *t, double threshold)
{
    settle(t);
    if (t->count == t->n || (t->n > 0 && threshold > (double)t->highest[t->n - 1])) {
        size_t low = 0, high = t->n; /* the first that is below */
        while (low < high) {
            const size_t mid = (low + high) / 2;
            if ((double)t->highest[mid] >= threshold)
                low = mid + 1;
            else
                high = mid;
        }
        return (double)low;
    }
    const size_t bin = bin_of(threshold);
    double above = 0;
    for (size_t i = bin + 1; i < BINS; i++)
        above += (double)t->bins[i];
    const double share = (LOW + (double)(bin + 1) * WIDTH - threshold) / WIDTH;
    return above + (double)t->bins[bin] * fmin(1, fmax(0, share));
}

double gw_tally_rate(struct gw_tally *t, double threshold)
{
    return t->count == 0 ? 0 : gw_tally_above(t, threshold) / (double)t->count;
}

bool gw_tally_threshold(double *out, struct gw_tally *t, double rate)
{
    settle(t);
    if (t->count == 0)
        return false;
    /* So many may match; a little room, because 1e-3 of 1000 is 1. */
    const double allowed = floor(rate * (double)t->count * (1 + 1e-12));
    if (allowed >= (double)t->count) {
        *out = LOW;
        return true;
    }
    if (allowed < (double)t->n) {
        /* The highest one too many, and just above it. */
        *out = (double)nextafterf(t->highest[(size_t)allowed], INFINITY);
        return true;
    }
    /* From the top down, the last edge of a bin with no more above it. */
    double above = 0;
    size_t bin = BINS;
    while (bin > 0 && above + (double)t->bins[bin - 1] <= allowed)
        above += (double)t->bins[--bin];
    *out = LOW + (double)bin * WIDTH;
    return true;
}

static size_t plot_of(double score)
{
    const double at = (score + 0.6) / 1.6 * GW_TALLY_PLOT;
    return at <= 0 ? 0 : GW_MIN((size_t)at, (size_t)GW_TALLY_PLOT - 1);
}

void gw_tally_plot(double out[GW_TALLY_PLOT], const struct gw_tally *t)
{
    memset(out, 0, GW_TALLY_PLOT * sizeof out[0]);
    for (size_t i = 0; i < BINS && t->count > 0; i++)
        out[plot_of(LOW + ((double)i + 0.5) * WIDTH)] += (double)t->bins[i] / (double)t->count;
}

void gw_scores_plot(double out[GW_TALLY_PLOT], const float *scores, size_t n)
{
    memset(out, 0, GW_TALLY_PLOT * sizeof out[0]);
    for (size_t i = 0; i < n; i++)
        out[plot_of((double)scores[i])] += 1 / (double)n;
}

static int ascending(const void *a, const void *b)
{
    return descending(b, a);
}

void gw_scores_sort(float *scores, size_t n)
{
    if (n > 0)
        qsort(scores, n, sizeof *scores, ascending);
}

size_t gw_scores_below(const float *sorted, size_t n, double threshold)
{
    size_t low = 0, high = n;
    while (low < high) {
        const size_t mid = (low + high) / 2;
        if ((double)sorted[mid] < threshold)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

bool gw_equal_error(double *rate, double *threshold, const float *sorted, size_t n, struct gw_tally *t)
{
    if (n == 0 || t->count == 0)
        return false;
    /* FNMR rises with the threshold and FMR falls: halve to the score where they cross. */
    double low = LOW, high = LOW + BINS * WIDTH;
    for (int i = 0; i < 60; i++) {
        const double mid = (low + high) / 2;
        if ((double)gw_scores_below(sorted, n, mid) / (double)n < gw_tally_rate(t, mid))
            low = mid;
        else
            high = mid;
    }
    /* Both are steps, so they may pass each other without meeting: from the point just below that score to the one just
     * above it, the curve's line (ISO/IEC 19795-1) meets the diagonal. Where only one of them steps, that is the other's rate. */
    const double fnmr = (double)gw_scores_below(sorted, n, low) / (double)n, after = (double)gw_scores_below(sorted, n, high) / (double)n;
    const double ahead = gw_tally_rate(t, low) - fnmr, past = after - gw_tally_rate(t, high);
    *threshold = high;
    *rate = ahead + past > 0 ? fnmr + (after - fnmr) * ahead / (ahead + past) : after;
    return true;
}

size_t gw_det(struct gw_det_point *out, size_t max, unsigned each, const float *sorted, size_t n, struct gw_tally *t)
{
    size_t made = 0;
    if (t->count == 0 || n == 0)
        return 0;
    for (unsigned i = 0; made < max; i++) {
        const double asked = pow(10, -1 - (double)i / each);
        double threshold = 0;
        if (asked * (double)t->count < 1 || !gw_tally_threshold(&threshold, t, asked))
            break;
        if (made > 0 && threshold <= out[made - 1].threshold)
            continue; /* with few scores neighbouring rates are the same */
        out[made++] = (struct gw_det_point){ threshold, gw_tally_rate(t, threshold),
            (double)gw_scores_below(sorted, n, threshold) / (double)n };
    }
    return made;
}

size_t gw_operating_table(struct gw_operating out[GW_OPERATING_MAX], struct gw_tally *t)
{
    size_t n = 0;
    double last = -HUGE_VAL;
    settle(t);
    for (int decade = 2; decade < 2 + GW_OPERATING_MAX; decade++) {
        const double fmr = pow(10, -decade), behind = fmr * (double)t->count;
        struct gw_operating p = { .fmr = fmr };
        if (behind >= GW_RULE_OF_30 - 1e-6) {
            if (!gw_tally_threshold(&p.score, t, fmr))
                break;
        } else {
            const size_t m = GW_MIN(t->n, (size_t)GW_FIT);
            if (m < GW_RULE_OF_30)
                break;
            const double least = (double)t->highest[m - 1];
            double excess = 0;
            for (size_t i = 0; i + 1 < m; i++)
                excess += (double)t->highest[i] - least;
            excess /= (double)(m - 1);
            p.score = least + excess * log((double)m / behind);
            p.fitted = true;
        }
        if (p.score <= last)
            continue; /* scores that repeat: the table must rise */
        last = p.score;
        out[n++] = p;
    }
    return n;
}

static int by_score(const void *a, const void *b)
{
    const struct gw_pair *x = a, *y = b;
    return (x->score > y->score) - (x->score < y->score);
}

/* The threshold with most right answers on the m pairs, sorted: halfway between two
 * scores; of equally good ones the lowest. */
static double best_threshold(const struct gw_pair *sorted, size_t m)
{
    if (m == 0)
        return 0;
    int64_t right = 0; /* when everything matches */
    for (size_t i = 0; i < m; i++)
        right += sorted[i].same;
    int64_t best = right;
    double threshold = (double)sorted[0].score;
    for (size_t i = 0; i < m; i++) {
        right += sorted[i].same ? -1 : 1; /* a threshold above this one rejects it */
        if (right <= best || (i + 1 < m && sorted[i + 1].score <= sorted[i].score)) /* equals cannot be parted */
            continue;
        best = right;
        threshold = i + 1 < m ? ((double)sorted[i].score + (double)sorted[i + 1].score) / 2
                              : (double)nextafterf(sorted[i].score, INFINITY);
    }
    return threshold;
}

bool gw_pairs_measure(struct gw_pairs_result *out, const struct gw_pair *pairs, size_t n)
{
    if (n == 0)
        return false;
    GW_AUTO_MEM struct gw_pair *sorted = gw_alloc_array(n, sizeof *sorted);
    memcpy(sorted, pairs, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_score);

    /* Folds are whatever numbers occur. */
    GW_AUTO_MEM unsigned *folds = gw_alloc_array(n, sizeof *folds);
    unsigned n_folds = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned k = 0;
        while (k < n_folds && folds[k] != sorted[i].fold)
            k++;
        if (k == n_folds)
            folds[n_folds++] = sorted[i].fold;
    }
    GW_AUTO_MEM struct gw_pair *others = gw_alloc_array(n, sizeof *others);
    double sum = 0, squares = 0;
    for (unsigned k = 0; k < n_folds; k++) {
        size_t m = 0;
        for (size_t i = 0; i < n; i++)
            if (n_folds == 1 || sorted[i].fold != folds[k])
                others[m++] = sorted[i];
        const double threshold = best_threshold(others, m);
        size_t right = 0, all = 0;
        for (size_t i = 0; i < n; i++)
            if (sorted[i].fold == folds[k]) {
                all++;
                right += ((double)sorted[i].score >= threshold) == sorted[i].same;
            }
        const double accuracy = (double)right / (double)all;
        sum += accuracy;
        squares += accuracy * accuracy;
    }
    const double mean = sum / n_folds;
    *out = (struct gw_pairs_result){
        .accuracy = mean,
        .standard_error =
            n_folds < 2 ? 0 : sqrt(fmax(0, squares - n_folds * mean * mean) / ((double)n_folds - 1) / n_folds),
        .threshold = best_threshold(sorted, n),
        .folds = n_folds,
    };
    return true;
}

struct gw_identified gw_identified_at(const struct gw_searched *s, size_t n, double threshold)
{
    struct gw_identified out = { .threshold = threshold };
    for (size_t i = 0; i < n; i++) {
        const bool found = (double)s[i].best >= threshold;
        out.mated += s[i].mated;
        out.nonmated += !s[i].mated;
        out.misses += s[i].mated && !(found && s[i].mate_first);
        out.false_positives += !s[i].mated && found;
    }
    return out;
}

bool gw_identified_measure(struct gw_identified *out, const struct gw_searched *s, size_t n, double fpir)
{
    GW_AUTO_MEM float *best = gw_alloc_array(n + 1, sizeof *best);
    size_t nonmated = 0;
    for (size_t i = 0; i < n; i++)
        if (!s[i].mated)
            best[nonmated++] = s[i].best;
    if (nonmated == 0)
        return false;
    qsort(best, nonmated, sizeof *best, descending);
    const double allowed = floor(fpir * (double)nonmated * (1 + 1e-12));
    const double threshold = allowed >= (double)nonmated ? -HUGE_VAL : (double)nextafterf(best[(size_t)allowed], INFINITY);
    *out = gw_identified_at(s, n, threshold);
    return true;
}
