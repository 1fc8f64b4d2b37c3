/* manifest_json_fuzz.c - whatever is read can be formatted and read again the same;
 * every problem has its place inside the input; limits hold. */
#include "manifest/manifest.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void format(struct gw_buf *out, const struct gw_manifest *m)
{
    GW_AUTO(gw_json) *j = gw_manifest_to_json(m);
    gw_json_format(out, j, false);
}

static void check(bool fine)
{
    if (!fine)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
    struct gw_manifest m, again;
    struct gw_err err = {};
    if (!gw_manifest_parse_json(&m, a, gw_span_of(data, size), &err)) {
        check(err.code == GW_ERR_FORMAT || err.code == GW_ERR_LIMIT);
        check(err.at == GW_NO_PLACE || err.at <= size);
        return 0;
    }
    bool errors = false;
    check(m.n_travelers <= GW_MANIFEST_TRAVELERS_MAX && m.n_problems <= GW_MANIFEST_PROBLEMS_MAX);
    check(m.n_problems <= m.n_problems_all);
    for (size_t i = 0; i < m.n_problems; i++) {
        errors = errors || m.problems[i].is_error;
        check(m.problems[i].offset == GW_NO_PLACE || m.problems[i].offset <= size);
        check(gw_span_utf8(gw_span_str(m.problems[i].text), NULL) && gw_span_utf8(gw_span_str(m.problems[i].tag), NULL));
    }
    if (m.n_problems == m.n_problems_all)
        check(m.valid == !errors);

    GW_AUTO_VALUE(gw_buf) once = {};
    GW_AUTO_VALUE(gw_buf) twice = {};
    format(&once, &m);
    check(gw_manifest_parse_json(&again, a, gw_buf_span(&once), &err));
    format(&twice, &again);
    check(gw_span_equal(gw_buf_span(&once), gw_buf_span(&twice)));
    check(again.n_travelers == m.n_travelers);
    for (size_t i = 0; i < m.n_travelers; i++) {
        GW_AUTO(gw_json) *j = gw_manifest_traveler_to_json(&m.travelers[i]);
        GW_AUTO_VALUE(gw_buf) text = {};
        struct gw_manifest_traveler t;
        gw_json_format(&text, j, false);
        check(gw_manifest_traveler_parse_json(&t, a, gw_buf_span(&text), &err));
        check(gw_span_equal(t.surname, m.travelers[i].surname) && gw_span_equal(t.reference, m.travelers[i].reference));
        check(t.n_documents == m.travelers[i].n_documents);
    }
    return 0;
}
