/* interval_test.c - intervals against tables, and against the shared samples where these are. */
#include "base/buf.h"
#include "base/json.h"
#include "measure/interval.h"
#include "tests/check.h"

static const struct row {
    const char *label;
    uint64_t k, n;
    double exact_low, exact_high, wilson_low, wilson_high, upper;
} rows[] = {
    /* (1/40)^(1/100) and (1/20)^(1/100) from 1; Wilson: z^2 / (n + z^2). */
    { "0 of 100", 0, 100, 0, 0.03621669, 0, 0.03699350, 0.02951305 },
    { "10 of 10", 10, 10, 0.69150289, 1, 0.72246718, 1, 1 },
    { "1 of 2", 1, 2, 0.01257912, 0.98742088, 0.09453121, 0.90546879, 0.97467943 },
    { "0 of 1", 0, 1, 0, 0.975, 0, 0.79345070, 0.95 },
    { "4 of 20", 4, 20, 0.05733400, 0.43661400, 0.08065766, 0.41601743, 0.40102811 },
    { "30 of 30000", 30, 30000, 0.00067479, 0.00142726, 0.00070059, 0.00142719, 0.00135611 },
};

static void interval_test(void **state)
{
    const struct row *r = *state;
    const struct gw_interval e = gw_interval_exact(r->k, r->n, 0.95), w = gw_interval_wilson(r->k, r->n, 0.95);
    CHECK_NEAR(e.low, r->exact_low, 1e-7);
    CHECK_NEAR(e.high, r->exact_high, 1e-7);
    CHECK_NEAR(w.low, r->wilson_low, 1e-7);
    CHECK_NEAR(w.high, r->wilson_high, 1e-7);
    CHECK_NEAR(gw_interval_upper(r->k, r->n, 0.95), r->upper, 1e-7);
}

static void beta_test(void **)
{
    CHECK_NEAR(gw_beta(0.3, 1, 1), 0.3, 1e-14);
    CHECK_NEAR(gw_beta(0.5, 7, 7), 0.5, 1e-14);
    CHECK_NEAR(gw_beta(0.25, 2, 1), 0.0625, 1e-14);
    CHECK_NEAR(gw_beta(0.25, 1, 3), 1 - 0.75 * 0.75 * 0.75, 1e-14);
    /* P(X >= 3) of Binomial(5, 0.4) */
    CHECK_NEAR(gw_beta(0.4, 3, 3), 10 * 0.064 * 0.36 + 5 * 0.0256 * 0.6 + 0.01024, 1e-14);
    CHECK_NEAR(gw_beta(0, 2, 3), 0, 0);
    CHECK_NEAR(gw_beta(1, 2, 3), 1, 0);
    for (double x = 0.01; x < 1; x += 0.07)
        CHECK_NEAR(gw_beta(x, 40, 3000) + gw_beta(1 - x, 3000, 40), 1, 1e-12);
}

static void normal_test(void **)
{
    CHECK_NEAR(gw_normal_quantile(0.975), 1.959963984540054, 1e-12);
    CHECK_NEAR(gw_normal_quantile(0.5), 0, 1e-12);
    CHECK_NEAR(gw_normal_quantile(0.001), -3.090232306167813, 1e-12);
}

static void three_test(void **)
{
    for (uint64_t n = 100; n < 1000000; n *= 10) {
        const double upper = gw_interval_upper(0, n, 0.95);
        CHECK_NEAR(upper, 1 - pow(0.05, 1.0 / (double)n), 1e-12);
        CHECK(upper < 3.0 / (double)n);
    }
    const struct gw_interval all = gw_interval_wilson(0, 0, 0.95);
    CHECK(all.low == 0 && all.high == 1);
    const struct gw_interval none = gw_interval_exact(0, 0, 0.95);
    CHECK(none.low == 0 && none.high == 1);
}

static void shared_test(void **)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    const char *shared = getenv("GANGWAY_SHARED");
    char path[4096];
    if (shared != NULL)
        snprintf(path, sizeof path, "%s/samples/statistics/intervals.json", shared);
    else
        snprintf(path, sizeof path, "%s/../shared/samples/statistics/intervals.json", getenv("GANGWAY_TEST_SOURCE"));
    if (!gw_buf_read_file(&text, path, 1 << 20, &err)) {
        printf("# skipped: %s\n", err.text);
        skip();
    }
    GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&text), &err);
    CHECK_OK(j != NULL);
    const struct gw_json *list = gw_json_get(j, "intervals");
    CHECK(gw_json_size(list) > 0);
    for (size_t i = 0; i < gw_json_size(list); i++) {
        const struct gw_json *o = gw_json_at(list, i);
        int64_t k = 0, n = 0;
        double want;
        CHECK(gw_json_get_integer(o, "k", &k) && gw_json_get_integer(o, "n", &n));
        const struct gw_interval e = gw_interval_exact((uint64_t)k, (uint64_t)n, 0.95),
                                 w = gw_interval_wilson((uint64_t)k, (uint64_t)n, 0.95);
        const double got[] = { e.low, e.high, w.low, w.high };
        for (size_t v = 0; v < 4; v++) {
            CHECK(gw_json_real(gw_json_at(gw_json_get(o, v < 2 ? "clopper_pearson95" : "wilson95"), v % 2), &want));
            CHECK_NEAR(got[v], want, 1.1e-8);
        }
        CHECK(gw_json_get_real(o, "one_sided95_upper", &want));
        CHECK_NEAR(gw_interval_upper((uint64_t)k, (uint64_t)n, 0.95), want, 1.1e-8);
    }
}

static void person_test(void **)
{
    struct gw_interval i;
    /* All alike: nothing to vary. */
    struct gw_part same[10];
    for (size_t k = 0; k < 10; k++)
        same[k] = (struct gw_part){ 1, 4 };
    CHECK(gw_interval_by_person(&i, same, 10, 0.95, 200, 7));
    CHECK_NEAR(i.low, 0.25, 0);
    CHECK_NEAR(i.high, 0.25, 0);
    /* One person in a hundred fails always: as binomial with n = 100 persons, not 100 * 50 trials. */
    struct gw_part one[100];
    for (size_t k = 0; k < 100; k++)
        one[k] = (struct gw_part){ k == 0 ? 50 : 0, 50 };
    CHECK(gw_interval_by_person(&i, one, 100, 0.95, 4000, 7));
    CHECK_NEAR(i.low, 0, 0);
    CHECK_NEAR(i.high, 0.03, 0.0101);
    CHECK(i.high > 1.5 * gw_interval_exact(50, 5000, 0.95).high);
    /* The same seed gives the same answer. */
    struct gw_interval again;
    CHECK(gw_interval_by_person(&again, one, 100, 0.95, 4000, 7));
    CHECK(again.low == i.low && again.high == i.high);
    /* Persons without a trial are drawn too, and cost nothing. */
    struct gw_part sparse[3] = { { 1, 2 }, {}, {} };
    CHECK(gw_interval_by_person(&i, sparse, 3, 0.95, 100, 7));
    CHECK_NEAR(i.low, 0.5, 0);
    CHECK_NEAR(i.high, 0.5, 0);
    /* No error at all is not certainty: ten persons say no more than ten trials. */
    struct gw_part none[11];
    for (size_t k = 0; k < 11; k++)
        none[k] = (struct gw_part){ 0, k < 10 ? 100 : 0 };
    CHECK(gw_interval_by_person(&i, none, 11, 0.95, 100, 7));
    CHECK_NEAR(i.low, 0, 0);
    CHECK_NEAR(i.high, gw_interval_exact(0, 10, 0.95).high, 1e-12);
    CHECK(!gw_interval_by_person(&i, sparse + 1, 2, 0.95, 100, 7));
    CHECK(!gw_interval_by_person(&i, sparse, 0, 0.95, 100, 7));
}

static void lot_test(void **)
{
    uint64_t seed = 1, counts[7] = {};
    for (int k = 0; k < 70000; k++)
        counts[gw_lot_below(&seed, 7)]++;
    for (size_t k = 0; k < 7; k++)
        CHECK(counts[k] > 9600 && counts[k] < 10400);
    CHECK_INT(gw_lot_below(&seed, 1), 0);
}

int main(void)
{
    check_rows("interval", rows, interval_test);
    check_add("beta", "is what binomial sums say", beta_test);
    check_add("normal", "quantiles are those of the tables", normal_test);
    check_add("interval", "no error in n: the rule of three and its exact form", three_test);
    check_add("interval", "equals the shared samples", shared_test);
    check_add("by person", "persons, not comparisons, are drawn again", person_test);
    check_add("lot", "is fair", lot_test);
    return check_done();
}
