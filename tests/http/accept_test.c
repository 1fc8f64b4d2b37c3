/* accept_test.c - what is chosen of application/json and application/edifact. */
#include "http/accept.h"
#include "tests/check.h"

static const struct row {
    const char *label, *header, *want; /* NULL: nothing is acceptable */
} rows[] = {
    { "no wish gets the first", "", "application/json" },
    { "blanks are no wish", "  ", "application/json" },
    { "anything gets the first", "*/*", "application/json" },
    { "a type by name", "application/edifact", "application/edifact" },
    { "case does not count", "Application/EDIFACT", "application/edifact" },
    { "a kind of types gets the first", "application/*", "application/json" },
    { "another kind gets nothing", "text/*", NULL },
    { "another type gets nothing", "text/html", NULL },
    { "the heavier one wins", "application/json;q=0.5, application/edifact;q=0.9", "application/edifact" },
    { "of equals the first offered", "application/edifact, application/json", "application/json" },
    { "what is named counts more than what is not", "*/*, application/json;q=0.1", "application/edifact" },
    { "the order of ranges does not count", "application/json;q=0.1, */*", "application/edifact" },
    { "weight 0 is a refusal", "application/json;q=0", NULL },
    { "weight 0.000 is a refusal", "application/json;q=0.000", NULL },
    { "everything but one", "*/*, application/json;q=0", "application/edifact" },
    { "a thousandth is enough", "application/edifact;q=0.001", "application/edifact" },
    { "parameters before the weight", "application/json;charset=utf-8;q=0.2, application/edifact;q=0.3", "application/edifact" },
    { "blanks around everything", " application/json ; q=0.2 , application/edifact ; q=0.3 ", "application/edifact" },
    { "Prometheus' list", "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.4,*/*;q=0.1", "application/json" },
    { "a browser's list", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "application/json" },
    { "a weight above 1 cannot be read, its item is passed over", "application/json;q=1.5, application/edifact;q=0.1", "application/edifact" },
    { "a weight of four digits cannot be read", "application/json;q=0.1234", NULL },
    { "a weight that is no number cannot be read", "application/json;q=x", NULL },
    { "an empty weight cannot be read", "application/json;q=", NULL },
    { "empty items are passed over", ",,application/edifact,,", "application/edifact" },
    { "only commas are nothing", ",,", NULL },
    { "half a type is none", "application", NULL },
};

static void row_test(void **state)
{
    const struct row *r = *state;
    const struct gw_span offers[] = { gw_span_str("application/json"), gw_span_str("application/edifact") };
    size_t best;
    bool ok = gw_accept_choose(&best, gw_span_str(r->header), offers, GW_COUNT(offers));
    CHECK_INT(ok, r->want != NULL);
    if (ok)
        CHECK(gw_span_is(offers[best], r->want));
}

int main(void)
{
    check_rows("accept", rows, row_test);
    return check_done();
}
