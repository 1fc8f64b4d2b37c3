/* csv_fuzz.c - no list past its limits; every problem has its place; the travelers read are
 * read again from JSON as they are. */
#include "manifest/csv.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(8 << 20);
    struct gw_manifest m, again;
    struct gw_err err = {};
    if (!gw_manifest_parse_csv(&m, a, gw_span_of(data, size), (struct gw_date){ 2026, 11, 23 }, &err)) {
        if ((err.code != GW_ERR_FORMAT && err.code != GW_ERR_UNSUPPORTED && err.code != GW_ERR_LIMIT) || err.text[0] == 0)
            abort();
        return 0;
    }
    bool any_error = false;
    for (size_t i = 0; i < m.n_problems; i++) {
        const struct gw_manifest_problem *p = &m.problems[i];
        any_error = any_error || p->is_error;
        if (p->code == NULL || p->text == NULL || (p->offset != GW_NO_PLACE && p->offset > size) || (p->tag != NULL && p->tag[0] == 0))
            abort();
    }
    if ((m.n_problems == m.n_problems_all && m.valid == any_error) || m.n_travelers > GW_MANIFEST_TRAVELERS_MAX)
        abort();
    GW_AUTO_VALUE(gw_buf) one = {};
    GW_AUTO_VALUE(gw_buf) two = {};
    GW_AUTO(gw_json) *o = gw_manifest_to_json(&m);
    gw_json_format(&one, o, false);
    GW_AUTO(gw_arena) *b = gw_arena_new(16 << 20);
    if (!gw_manifest_parse_json(&again, b, gw_buf_span(&one), &err))
        abort();
    GW_AUTO(gw_json) *o2 = gw_manifest_to_json(&again);
    gw_json_format(&two, o2, false);
    if (one.size != two.size || memcmp(one.data, two.data, one.size) != 0)
        abort();
    return 0;
}
