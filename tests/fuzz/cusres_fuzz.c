/* cusres_fuzz.c - an answer read clears nobody by accident of its damage: who is cleared
 * has a result with a code that says so, and only such. And no result past the limits. */
#include "manifest/cusres.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(8 << 20);
    struct gw_status_profile p;
    struct gw_cusres c;
    struct gw_err err = {};
    if (!gw_status_profile_parse(&p, a, gw_span_str("{\"name\":\"x\",\"codes\":[{\"code\":\"0Z\",\"means\":\"cleared\"},{\"first\":\"1\",\"means\":\"inhibited\"}]}"), &err))
        abort();
    if (!gw_cusres_parse(&c, a, gw_span_of(data, size), (struct gw_date){ 2026, 11, 23 }, NULL, &err)) {
        if (err.code != GW_ERR_FORMAT && err.code != GW_ERR_UNSUPPORTED && err.code != GW_ERR_LIMIT)
            abort();
        return 0;
    }
    if (c.n_results > GW_CUSRES_RESULTS_MAX || c.n_voyages > GW_CUSRES_VOYAGES_MAX)
        abort();
    for (size_t i = 0; i < c.n_results && i < 50; i++) {
        const struct gw_cusres_result *r = &c.results[i];
        if (r->n_codes > GW_CUSRES_CODES_OF_ONE)
            abort();
        bool all = r->n_codes > 0;
        for (size_t k = 0; k < r->n_codes; k++)
            all = all && gw_span_is(r->codes[k], "0Z");
        if ((gw_cusres_meaning(r, &p) == GW_CLEARANCE_CLEARED) != all)
            abort();
        if (r->reference.size > 0 && !r->of_message && gw_cusres_clearance(&c, &p, r->reference, r->reservation) == GW_CLEARANCE_CLEARED) {
            bool any = false;
            for (size_t k = 0; k < c.n_results; k++)
                any = any || (gw_span_equal(c.results[k].reference, r->reference) && !c.results[k].of_message &&
                                 gw_cusres_meaning(&c.results[k], &p) == GW_CLEARANCE_CLEARED);
            if (!any)
                abort();
        }
    }
    GW_AUTO(gw_json) *o = gw_cusres_to_json(&c, &p);
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, o, false);
    return 0;
}
