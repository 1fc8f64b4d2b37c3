/* bcbp_fuzz.c - every span lies inside the text, and the same text reads the same. */
#include "document/bcbp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void inside(struct gw_span s, const uint8_t *data, size_t size)
{
    if (s.data != NULL && (s.data < data || s.data + s.size > data + size))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct gw_bcbp a, b;
    struct gw_err err = {};
    struct gw_date reference = { 2026, 11, 23 };
    bool ok = gw_bcbp_parse(&a, gw_span_of(data, size), reference, &err);
    if (gw_bcbp_parse(&b, gw_span_of(data, size), reference, &err) != ok)
        abort();
    if (!ok)
        return 0;
    if (memcmp(&a, &b, sizeof a) != 0 || a.n_legs == 0 || a.n_legs > GW_BCBP_LEGS)
        abort();
    for (size_t i = 0; i < GW_BCBP_ONCE_COUNT; i++)
        inside(a.once[i], data, size);
    for (size_t l = 0; l < a.n_legs; l++) {
        for (size_t i = 0; i < GW_BCBP_LEG_ITEM_COUNT; i++)
            inside(a.legs[l].items[i], data, size);
        inside(a.legs[l].airline_use, data, size);
    }
    inside(a.security, data, size);
    return 0;
}
