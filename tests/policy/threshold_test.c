/* threshold_test.c - the threshold follows the gallery's size and the asked rate. */
#include "policy/threshold.h"
#include "tests/check.h"

/* A tenth of a cosine a decade: every answer can be done by hand. */
static const struct gw_threshold_point straight[] = {
    { 1e-2, 0.2 }, { 1e-3, 0.3 }, { 1e-4, 0.4 }, { 1e-5, 0.5 }, { 1e-6, 0.6 },
};
/* As measured tails are: the rise slows down. */
static const struct gw_threshold_point bent[] = { { 1e-2, 0.20 }, { 1e-3, 0.33 }, { 1e-4, 0.41 }, { 1e-5, 0.47 } };

static const struct row {
    const char *label;
    const struct gw_threshold_point *points;
    size_t n_points, templates;
    double fpir, want;
} rows[] = {
    { "one template at a point of the table", straight, 5, 1, 1e-4, 0.4 },
    { "one template between two points, halfway in decades", straight, 5, 1, 3.16227766e-5, 0.45 },
    { "ten templates ask for a tenth of the rate", straight, 5, 10, 1e-4, 0.5 },
    { "a hundred", straight, 5, 100, 1e-4, 0.6 },
    { "beyond the table, straight on", straight, 5, 1000, 1e-4, 0.7 },
    { "no templates count as one", straight, 5, 0, 1e-4, 0.4 },
    { "never below the score at FMR 1e-3", straight, 5, 1, 0.3, 0.3 },
    { "never above what any score reaches", straight, 5, 4000000, 1e-12, 1.6 },
    { "beyond a bent table, with its steepest slope", bent, 4, 1000, 1e-4, 0.47 + 2 * 0.13 },
    { "inside a bent table, with the slope there", bent, 4, 10, 3.16227766e-4, 0.44 },
    /* 1 - (1 - 0.003)^(1/420) = 7.153567e-6; log10 = -5.145477; 0.5 + 0.0145477 */
    { "a flight of 420 at FPIR 0.003", straight, 5, 420, 0.003, 0.5145477 },
};

static void get_test(void **state)
{
    const struct row *r = *state;
    struct gw_err err;
    double got = 0;
    CHECK_OK(gw_threshold_get(&got, r->points, r->n_points, r->templates, r->fpir, &err));
    CHECK_NEAR(got, r->want, 1e-5);
}

static void rate_test(void **)
{
    CHECK_NEAR(gw_threshold_fmr(0.003, 1), 0.003, 1e-15);
    CHECK_NEAR(gw_threshold_fmr(0.75, 2), 0.5, 1e-15);
    CHECK_NEAR(gw_threshold_fmr(0.003, 420), 7.153567e-6, 1e-11);
    /* A small rate among many keeps its digits. */
    CHECK_NEAR(gw_threshold_fmr(1e-9, 1000000) * 1e15, 1.0000000005, 1e-9);
}

static void rises_test(void **)
{
    double last = -2, now;
    struct gw_err err;
    for (size_t n = 1; n < 4000000; n = n * 5 / 4 + 1) {
        CHECK_OK(gw_threshold_get(&now, bent, 4, n, 0.003, &err));
        CHECK(now >= last);
        last = now;
    }
    last = 2;
    for (double fpir = 1e-7; fpir < 1; fpir *= 1.3) {
        CHECK_OK(gw_threshold_get(&now, bent, 4, 420, fpir, &err));
        CHECK(now <= last && now >= 0.33);
        last = now;
    }
}

static const struct bad_row {
    const char *label;
    struct gw_threshold_point points[4];
    size_t n, at;
} bad_rows[] = {
    { "no points", {}, 0, 0 },
    { "one point has no slope", { { 1e-3, 0.3 } }, 1, 0 },
    { "rates that do not fall", { { 1e-3, 0.3 }, { 1e-3, 0.4 } }, 2, 1 },
    { "scores that do not rise", { { 1e-2, 0.3 }, { 1e-3, 0.4 }, { 1e-4, 0.4 } }, 3, 2 },
    { "a rate of zero", { { 1e-2, 0.3 }, { 0, 0.4 } }, 2, 1 },
    { "a rate of one", { { 1, 0.3 }, { 0.1, 0.4 } }, 2, 0 },
    { "a rate that is not a number", { { 1e-2, 0.3 }, { NAN, 0.4 } }, 2, 1 },
    { "a score that none reaches", { { 1e-2, 0.3 }, { 1e-3, 1.7 } }, 2, 1 },
    { "a score that is not a number", { { 1e-2, NAN }, { 1e-3, 0.4 } }, 2, 0 },
    { "a table that begins below the floor", { { 1e-4, 0.3 }, { 1e-5, 0.4 } }, 2, 0 },
};
static void bad_test(void **state)
{
    const struct bad_row *r = *state;
    struct gw_err err;
    double out = 7;
    CHECK_FAILS(gw_threshold_check(r->points, r->n, &err), GW_ERR_INVALID);
    CHECK_INT(err.at, r->at);
    CHECK_FAILS(gw_threshold_get(&out, r->points, r->n, 420, 0.003, &err), GW_ERR_INVALID);
    CHECK_NEAR(out, 7, 0);
}

static void asked_test(void **)
{
    struct gw_err err;
    double out;
    const double bad[] = { 0, 1, -0.1, 1.1, NAN, INFINITY };
    for (size_t i = 0; i < GW_COUNT(bad); i++)
        CHECK_FAILS(gw_threshold_get(&out, straight, 5, 420, bad[i], &err), GW_ERR_INVALID);
}

static void back_test(void **)
{
    CHECK_NEAR(gw_threshold_fmr_at(straight, 5, 0.45) * 1e5, 3.16227766, 1e-6);
    CHECK_NEAR(gw_threshold_fmr_at(straight, 5, 0.3), 1e-3, 1e-12);
    CHECK_NEAR(gw_threshold_fmr_at(straight, 5, 0.99), 1e-7, 1e-15);
    CHECK_NEAR(gw_threshold_fmr_at(straight, 5, -1), 1, 0);
}

static void score_test(void **)
{
    CHECK_INT(gw_threshold_to_score(1), 1 << 28);
    CHECK_INT(gw_threshold_to_score(-1), -(1 << 28));
    CHECK_INT(gw_threshold_to_score(0), 0);
    CHECK_INT(gw_threshold_to_score(2), 429496730);
    CHECK_INT(gw_threshold_to_score(0.5), 1 << 27);
    CHECK_INT(gw_threshold_to_score(0x1p-29), 1); /* up */
    CHECK_NEAR(gw_threshold_to_cosine(1 << 27), 0.5, 0);
    for (double c = -1; c < 1; c += 0.00317)
        CHECK(gw_threshold_to_cosine(gw_threshold_to_score(c)) >= c);
}

int main(void)
{
    check_rows("threshold", rows, get_test);
    check_rows("table", bad_rows, bad_test);
    check_add("threshold", "FMR among N from FPIR", rate_test);
    check_add("threshold", "rises with the gallery and with what is asked", rises_test);
    check_add("threshold", "an asked rate outside 0 to 1 is refused", asked_test);
    check_add("threshold", "a score tells its rate", back_test);
    check_add("score", "a threshold in integers is never laxer", score_test);
    return check_done();
}
