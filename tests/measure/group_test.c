/* group_test.c - differentials of hand-computed groups. */
#include "measure/group.h"
#include "tests/check.h"

static const struct row {
    const char *label;
    double rates[4];
    size_t n;
    double gini;
} rows[] = {
    { "all alike", { 0.01, 0.01, 0.01 }, 3, 0 },
    { "one bears all", { 0, 0, 0.03 }, 3, 1 },
    { "doubling", { 0.001, 0.002, 0.004, 0.008 }, 4, 0.5111111111 },
    { "two groups, one twice the other", { 1e-5, 2e-5 }, 2, 0.3333333333 },
    { "one group alone", { 0.5 }, 1, 0 },
    { "no errors at all", { 0, 0, 0 }, 3, 0 },
};
static void gini_test(void **state)
{
    const struct row *r = *state;
    CHECK_NEAR(gw_gini(r->rates, r->n), r->gini, 1e-9);
}

static void differential_test(void **)
{
    const struct gw_part groups[] = { { 10, 1000 }, { 40, 1000 }, { 20, 1000 } };
    const struct gw_differential d = gw_group_differential(groups, 3);
    CHECK_NEAR(d.largest_over_smallest, 4, 1e-12);
    CHECK_NEAR(d.largest_over_geometric_mean, 2, 1e-12); /* (1 * 4 * 2)^(1/3) = 2 */
    CHECK_NEAR(d.difference, 0.03, 1e-12);
    CHECK_NEAR(d.gini, 1.5 * (2 * (0.03 + 0.01 + 0.02)) / (18 * 0.07 / 3), 1e-12);
}

static void zero_test(void **)
{
    CHECK_NEAR(gw_group_rate(0, 100), 0.005, 1e-15);
    CHECK_NEAR(gw_group_rate(1, 100), 0.01, 1e-15);
    const struct gw_part groups[] = { { 0, 100 }, { 2, 100 } };
    const struct gw_differential d = gw_group_differential(groups, 2);
    CHECK_NEAR(d.largest_over_smallest, 4, 1e-12);
    CHECK_NEAR(d.largest_over_geometric_mean, 2, 1e-12);
    CHECK_NEAR(d.difference, 0.02, 1e-12);
    CHECK_NEAR(d.gini, 1, 1e-12);
    const struct gw_differential alone = gw_group_differential(groups, 1);
    CHECK_NEAR(alone.largest_over_smallest, 1, 0);
}

static void garbe_test(void **)
{
    CHECK_NEAR(gw_garbe(0.4, 0.8, 0.5), 0.6, 1e-12);
    CHECK_NEAR(gw_garbe(0.4, 0.8, 1), 0.4, 1e-12);
    CHECK_NEAR(gw_garbe(0.4, 0.8, 0), 0.8, 1e-12);
}

int main(void)
{
    check_rows("gini", rows, gini_test);
    check_add("differential", "of 1, 4 and 2 per cent", differential_test);
    check_add("differential", "a group without an error counts half a one", zero_test);
    check_add("garbe", "weighs both kinds of errors", garbe_test);
    return check_done();
}
