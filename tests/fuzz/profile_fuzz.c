/* profile_fuzz.c - a profile that is read has codes that mean one thing each, and separators
 * that are five. */
#include "manifest/cusres.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_status_profile p;
    struct gw_err err = {};
    if (!gw_status_profile_parse(&p, a, gw_span_of(data, size), &err)) {
        if (err.code != GW_ERR_FORMAT && err.code != GW_ERR_INVALID && err.code != GW_ERR_LIMIT)
            abort();
        return 0;
    }
    if (p.name.size > GW_MANIFEST_WORD_MAX || p.n_codes > GW_CUSRES_CODES_MAX || (p.has_separators && !gw_edifact_separators_check(&p.separators)))
        abort();
    for (size_t i = 0; i < p.n_codes; i++)
        if (!p.codes[i].first && gw_status_meaning(&p, p.codes[i].code) != p.codes[i].clearance)
            abort();
    for (int c = 0; c < GW_CLEARANCE_COUNT; c++) {
        struct gw_span text = {}, code = gw_status_code(&p, (enum gw_clearance)c, &text);
        if (code.size > 0 && gw_status_meaning(&p, code) != (enum gw_clearance)c)
            abort();
    }
    return 0;
}
