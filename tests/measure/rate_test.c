/* rate_test.c - rates of hand-made scores. */
#include "measure/rate.h"
#include "measure/interval.h"
#include "tests/check.h"

/* 0.001, 0.002 ... 1.000, each once, in a shuffled order. */
static void thousand(float out[1000])
{
    for (int i = 0; i < 1000; i++)
        out[i] = (float)((i * 387) % 1000 + 1) / 1000;
}

static const struct tally_row {
    const char *label;
    size_t keep;
} tally_rows[] = {
    { "all kept exactly", 1000 },
    { "more room than scores", 100000 },
    { "a hundred kept, the rest in the histogram", 100 },
    { "one kept", 1 },
};
static void tally_test(void **state)
{
    const struct tally_row *r = *state;
    float s[1000];
    double threshold = 0;
    thousand(s);
    GW_AUTO(gw_tally) *t = gw_tally_new(r->keep), *other = gw_tally_new(r->keep);
    CHECK(!gw_tally_threshold(&threshold, t, 0.1));
    CHECK_NEAR(gw_tally_rate(t, 0), 0, 0);
    gw_tally_add(t, s, 400);
    gw_tally_add(other, s + 400, 600);
    gw_tally_merge(t, other);
    CHECK_INT(gw_tally_count(t), 1000);
    CHECK_NEAR((double)gw_tally_highest(t, 0), 1, 1e-6);

    /* A bin is a quarter of the distance between two scores: counts from the histogram are off by one at most. */
    for (int k = 0; k <= 1000; k += 50) {
        const double at = 1 - k / 1000.0 + 0.0005; /* k scores are above */
        CHECK_NEAR(gw_tally_above(t, at), k, (size_t)k < r->keep ? 0 : 1);
        CHECK(gw_tally_threshold(&threshold, t, k / 1000.0));
        CHECK(gw_tally_rate(t, threshold) <= k / 1000.0);
        CHECK_NEAR(gw_tally_rate(t, threshold), k / 1000.0, (size_t)k < r->keep ? 0 : 0.0015);
    }
    CHECK_NEAR(gw_tally_above(t, -1), 1000, 0);
    CHECK_NEAR(gw_tally_above(t, 1.5), 0, 0);
}

static void exact_test(void **)
{
    /* Ties at the threshold: all of them match or none. */
    const float s[] = { 0.5F, 0.5F, 0.5F, 0.25F, 0.75F };
    GW_AUTO(gw_tally) *t = gw_tally_new(10);
    gw_tally_add(t, s, 5);
    double threshold;
    CHECK(gw_tally_threshold(&threshold, t, 0.6)); /* three of five may: but the three at 0.5 make four */
    CHECK(threshold > 0.5 && threshold < 0.5001);
    CHECK_NEAR(gw_tally_above(t, 0.5), 4, 0);
    CHECK_NEAR(gw_tally_above(t, threshold), 1, 0);
    CHECK(gw_tally_threshold(&threshold, t, 0.8));
    CHECK(threshold > 0.25 && threshold < 0.5);
    CHECK(gw_tally_threshold(&threshold, t, 0));
    CHECK(threshold > 0.75);
    CHECK(gw_tally_threshold(&threshold, t, 1));
    CHECK_NEAR(gw_tally_above(t, threshold), 5, 0);
}

static void below_test(void **)
{
    float s[] = { 0.9F, 0.1F, 0.5F, 0.5F };
    gw_scores_sort(s, 4);
    CHECK_INT(gw_scores_below(s, 4, 0.5), 1);
    CHECK_INT(gw_scores_below(s, 4, 0.50001), 3);
    CHECK_INT(gw_scores_below(s, 4, 2), 4);
    CHECK_INT(gw_scores_below(s, 4, -2), 0);
    CHECK_INT(gw_scores_below(NULL, 0, 0), 0);
}

static void equal_error_test(void **)
{
    /* Ten of each; at 0.5 one of one person is below and one of others above. */
    float same[10], others[10];
    for (int i = 0; i < 10; i++) {
        same[i] = i == 0 ? 0.3F : 0.6F + 0.01F * (float)i;
        others[i] = i == 0 ? 0.7F : 0.1F + 0.01F * (float)i;
    }
    gw_scores_sort(same, 10);
    GW_AUTO(gw_tally) *t = gw_tally_new(100);
    double rate, at;
    CHECK(!gw_equal_error(&rate, &at, same, 10, t));
    gw_tally_add(t, others, 10);
    CHECK(gw_equal_error(&rate, &at, same, 10, t));
    CHECK_NEAR(rate, 0.1, 1e-9);
    CHECK(at > 0.19 && at < 0.7);
    CHECK(!gw_equal_error(&rate, &at, same, 0, t));
}

/* Steps that pass each other without meeting, and those that do. */
enum { FEW = 12 };
static const struct crossing_row {
    const char *label;
    size_t n, m; /* of one person, of others */
    float same[FEW], others[FEW];
    double rate, from, to; /* and where the threshold may be */
} crossing_rows[] = {
    { "parted: no error", 2, 3, { 0.7F, 0.9F }, { 0.1F, 0.2F, 0.3F }, 0, 0.3, 0.7 },
    { "parted by a hair", 1, 1, { 0.50001F }, { 0.5F }, 0, 0.5, 0.50002 },
    { "one of each, parted", 1, 1, { 0.9F }, { 0.1F }, 0, 0.1, 0.9 },
    { "one of each, the wrong way round", 1, 1, { 0.2F }, { 0.8F }, 1, 0.2, 0.8 },
    { "one of each, the same score", 1, 1, { 0.5F }, { 0.5F }, 0.5, 0.5, 0.51 },
    /* FMR is 1/10 on both sides of 0.4, where FNMR goes from 0 to 1/3: it is 1/10 that is crossed. */
    { "one person's score is a whole step", 3, 10, { 0.4F, 0.8F, 0.9F }, { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.5F }, 0.1, 0.4, 0.41 },
    { "one of others is a whole step", 10, 3, { 0.1F, 0.9F, 0.9F, 0.9F, 0.9F, 0.9F, 0.9F, 0.9F, 0.9F, 0.9F }, { 0, 0, 0.3F }, 0.1, 0.3, 0.31 },
    /* At 0.3 both step: from (FMR 1/2, FNMR 0) to (0, 1/2), and midway they are equal. */
    { "a tie: both step at once", 2, 2, { 0.3F, 0.7F }, { 0.1F, 0.3F }, 0.25, 0.3, 0.31 },
    /* From (3/4, 0) to (0, 1/4). */
    { "a tie of unlike steps", 4, 4, { 0.3F, 0.7F, 0.7F, 0.7F }, { 0.1F, 0.3F, 0.3F, 0.3F }, 0.1875, 0.3, 0.31 },
    { "everything the same score", 3, 3, { 0.5F, 0.5F, 0.5F }, { 0.5F, 0.5F, 0.5F }, 0.5, 0.5, 0.51 },
    { "steps that meet", 4, 4, { 0.3F, 0.6F, 0.7F, 0.8F }, { 0.1F, 0.2F, 0.25F, 0.4F }, 0.25, 0.3, 0.4 },
};
static void crossing_test(void **state)
{
    const struct crossing_row *r = *state;
    float same[FEW];
    double rate = -1, at = -3;
    memcpy(same, r->same, sizeof same);
    gw_scores_sort(same, r->n);
    GW_AUTO(gw_tally) *t = gw_tally_new(100);
    gw_tally_add(t, r->others, r->m);
    CHECK(gw_equal_error(&rate, &at, same, r->n, t));
    CHECK_NEAR(rate, r->rate, 1e-9);
    CHECK(at >= r->from - 1e-6 && at <= r->to + 1e-6);
}

/* Sixty persons with one difficult pair: what one of 103 comparisons weighs is no part of a rate that is lower. */
static void few_persons_test(void **)
{
    enum { SAME = 103, OTHERS = 21000 };
    float same[SAME];
    GW_AUTO(gw_tally) *t = gw_tally_new(1000);
    for (int i = 0; i < SAME; i++)
        same[i] = i == 0 ? 0.3F : 0.6F;
    for (int i = 0; i < OTHERS; i++)
        gw_tally_add(t, &(float){ i < 7 ? 0.35F : 0.1F }, 1);
    double rate, at;
    gw_scores_sort(same, SAME);
    CHECK(gw_equal_error(&rate, &at, same, SAME, t));
    CHECK_NEAR(rate, 7.0 / OTHERS, 1e-12);
    CHECK_INT(gw_scores_below(same, SAME, 0.3), 0); /* FNMR is 0 where FMR is that */
}

static void det_test(void **)
{
    float s[1000], same[1000];
    thousand(s);
    GW_AUTO(gw_tally) *t = gw_tally_new(1000);
    gw_tally_add(t, s, 1000);
    for (int i = 0; i < 1000; i++)
        same[i] = s[i] + 0.5F;
    gw_scores_sort(same, 1000);
    struct gw_det_point p[100];
    const size_t n = gw_det(p, 100, 10, same, 1000, t);
    /* 1e-1 to 1e-3, ten a decade, is 21; of so few scores 3 errors and 1 serve several. */
    CHECK_INT(n, 17);
    CHECK_NEAR(p[0].fmr, 0.1, 1e-9);
    CHECK_NEAR(p[0].threshold, 0.9, 1e-4);
    CHECK_NEAR(p[0].fnmr, 0.4, 0.0011);
    CHECK_NEAR(p[10].fmr, 0.01, 1e-9);
    CHECK_NEAR(p[n - 1].fmr, 0.001, 1e-9);
    for (size_t i = 1; i < n; i++)
        CHECK(p[i].fmr <= p[i - 1].fmr && p[i].fnmr >= p[i - 1].fnmr && p[i].threshold > p[i - 1].threshold);
    CHECK_INT(gw_det(p, 5, 10, same, 1000, t), 5);
}

/* An exponential tail, so that the fit can be checked against the truth. */
static void operating_test(void **)
{
    enum { N = 1000000 };
    GW_AUTO(gw_tally) *t = gw_tally_new(100000);
    uint64_t seed = 11;
    for (int i = 0; i < N; i++) {
        /* One in 100 is above 0.2, falling by e each 0.03. */
        const double u = ((double)(gw_lot(&seed) >> 11) + 0.5) * 0x1p-53;
        const float s = (float)fmin(1.2, 0.2 - 0.03 * log(u / 0.01));
        gw_tally_add(t, &s, 1);
    }
    struct gw_operating p[GW_OPERATING_MAX];
    CHECK_INT(gw_operating_table(p, t), 6);
    for (int i = 0; i < 6; i++) {
        const double truth = 0.2 + 0.03 * log(10) * i;
        CHECK_INT(p[i].fitted, i > 2); /* 1e-5 of a million is 10: fewer than 30 */
        CHECK_NEAR(p[i].fmr, pow(10, -2 - i), 1e-15);
        CHECK_NEAR(p[i].score, truth, p[i].fitted ? 0.03 : 0.006);
        if (i > 0)
            CHECK(p[i].score > p[i - 1].score);
    }
    /* Too few to fit anything. */
    GW_AUTO(gw_tally) *few = gw_tally_new(100);
    float s[29] = {};
    gw_tally_add(few, s, 29);
    CHECK_INT(gw_operating_table(p, few), 0);
}

static void pairs_test(void **)
{
    /* Two folds that each part cleanly at 0.5, and one pair that is wrong whatever the threshold. */
    const struct gw_pair pairs[] = {
        { 0.2F, 1, false }, { 0.3F, 1, false }, { 0.7F, 1, true }, { 0.8F, 1, true },
        { 0.1F, 2, false }, { 0.4F, 2, false }, { 0.6F, 2, true }, { 0.05F, 2, true },
    };
    struct gw_pairs_result r;
    CHECK(gw_pairs_measure(&r, pairs, 8));
    CHECK_INT(r.folds, 2);
    /* Fold 1 decides at 0.5 of fold 2: all four right. Fold 2 at 0.5 of fold 1: three of four. */
    CHECK_NEAR(r.accuracy, 0.875, 1e-12);
    CHECK_NEAR(r.standard_error, 0.125, 1e-12);
    CHECK_NEAR(r.threshold, 0.5, 1e-7);
    CHECK(gw_pairs_measure(&r, pairs, 4));
    CHECK_INT(r.folds, 1);
    CHECK_NEAR(r.accuracy, 1, 0);
    CHECK_NEAR(r.standard_error, 0, 0);
    CHECK(!gw_pairs_measure(&r, pairs, 0));
    /* A threshold from other folds may fail on this one: that is the point. */
    const struct gw_pair apart[] = { { 0.1F, 1, false }, { 0.2F, 1, true }, { 0.6F, 2, false }, { 0.8F, 2, true } };
    CHECK(gw_pairs_measure(&r, apart, 4));
    CHECK_NEAR(r.accuracy, 0.5, 1e-12);
    /* All different: nothing should match. All the same: everything. Equal scores stay together. */
    const struct gw_pair none[] = { { 0.1F, 1, false }, { 0.2F, 1, false } };
    CHECK(gw_pairs_measure(&r, none, 2));
    CHECK(r.threshold > 0.2 && r.accuracy == 1);
    const struct gw_pair tied[] = { { 0.5F, 1, false }, { 0.5F, 1, true }, { 0.5F, 1, true } };
    CHECK(gw_pairs_measure(&r, tied, 3));
    CHECK_NEAR(r.accuracy, 2.0 / 3, 1e-12);
}

static void identified_test(void **)
{
    struct gw_searched s[24];
    size_t n = 0;
    for (int i = 1; i <= 10; i++) /* nobody's: 0.01 to 0.10 */
        s[n++] = (struct gw_searched){ 0.01F * (float)i, false, false };
    for (int i = 0; i < 11; i++) /* found */
        s[n++] = (struct gw_searched){ 0.5F, true, true };
    s[n++] = (struct gw_searched){ 0.04F, true, true };  /* found, too low */
    s[n++] = (struct gw_searched){ 0.6F, true, false };  /* somebody else is first */
    s[n++] = (struct gw_searched){ -INFINITY, true, false };
    struct gw_identified r;
    CHECK(gw_identified_measure(&r, s, n, 0.2));
    CHECK_INT(r.nonmated, 10);
    CHECK_INT(r.false_positives, 2);
    CHECK(r.threshold > 0.08 && r.threshold < 0.09);
    CHECK_INT(r.mated, 14);
    CHECK_INT(r.misses, 3);
    CHECK(gw_identified_measure(&r, s, n, 0));
    CHECK_INT(r.false_positives, 0);
    CHECK(gw_identified_measure(&r, s, n, 1));
    CHECK_INT(r.false_positives, 10);
    CHECK_INT(r.misses, 2);
    CHECK(!gw_identified_measure(&r, s + 10, n - 10, 0.2));
    r = gw_identified_at(s, n, 0.55);
    CHECK_INT(r.misses, 14);
}

static void plot_test(void **)
{
    double plot[GW_TALLY_PLOT], sum = 0;
    float s[1000];
    thousand(s);
    GW_AUTO(gw_tally) *t = gw_tally_new(5);
    gw_tally_add(t, s, 1000);
    gw_tally_plot(plot, t);
    for (size_t i = 0; i < GW_TALLY_PLOT; i++)
        sum += plot[i];
    CHECK_NEAR(sum, 1, 1e-9);
    CHECK_NEAR(plot[0], 0, 0);
    CHECK_NEAR(plot[100], 0.01, 0.0011);
    gw_scores_plot(plot, s, 1000);
    CHECK_NEAR(plot[100], 0.01, 0.0011);
}

int main(void)
{
    check_rows("tally", tally_rows, tally_test);
    check_add("tally", "equal scores match together or not at all", exact_test);
    check_add("scores", "below a threshold are counted", below_test);
    check_add("rates", "the equal error rate", equal_error_test);
    check_rows("equal error", crossing_rows, crossing_test);
    check_add("rates", "few persons: one comparison's whole weight is not averaged in", few_persons_test);
    check_add("rates", "the points of a DET curve", det_test);
    check_add("rates", "operating points, measured and fitted", operating_test);
    check_add("pairs", "each fold is decided by the others", pairs_test);
    check_add("searches", "FNIR where the asked FPIR is kept", identified_test);
    check_add("plot", "shares add up to one", plot_test);
    return check_done();
}
