/* accept_fuzz.c - any bytes as an Accept header: the answer is the same twice, is one of
 * the offers, and what the header names alone is chosen. */
#include "http/accept.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gw_span offers[] = { gw_span_str("application/json"), gw_span_str("application/edifact"), gw_span_str("text/plain") };
    struct gw_span header = gw_span_of(data, size);
    size_t best, again, alone;
    bool ok = gw_accept_choose(&best, header, offers, GW_COUNT(offers));
    if (ok != gw_accept_choose(&again, header, offers, GW_COUNT(offers)) || best != again || best >= GW_COUNT(offers))
        abort();
    /* Whoever is chosen among several is taken alone too; and when none is, none is. */
    for (size_t i = 0; i < GW_COUNT(offers); i++) {
        bool taken = gw_accept_choose(&alone, header, &offers[i], 1);
        if ((ok && i == best && !taken) || (!ok && taken))
            abort();
    }
    return 0;
}
