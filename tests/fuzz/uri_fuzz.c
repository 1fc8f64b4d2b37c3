/* uri_fuzz.c - any bytes as a request's target: what is let through is UTF-8 without
 * control characters, keeps within the path, and its route is found or not. */
#include "http/uri.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct gw_span s, bool segment)
{
    if (!gw_span_utf8(s, NULL))
        abort();
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] < 0x20 || s.data[i] == 0x7f || (segment && s.data[i] == '/'))
            abort();
    if (segment && (gw_span_is(s, ".") || gw_span_is(s, "..")))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_uri u, again;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(64 << 10);
    struct gw_span text = gw_span_of(data, size), value;
    bool ok = gw_uri_parse(&u, a, text, &err);
    if (ok != gw_uri_parse(&again, a, text, &err) && err.code != GW_ERR_LIMIT)
        abort(); /* same answer twice, unless memory ran out */
    if (!ok)
        return 0;
    if (u.n_segments > GW_URI_SEGMENTS || u.n_pairs > GW_URI_PAIRS)
        abort();
    for (size_t i = 0; i < u.n_segments; i++)
        check(u.segments[i], true);
    for (size_t i = 0; i < u.n_pairs; i++) {
        check(u.pairs[i].name, false);
        check(u.pairs[i].value, false);
        for (size_t k = 0; k < i; k++)
            if (gw_span_equal(u.pairs[i].name, u.pairs[k].name))
                abort();
    }
    if (gw_uri_query(&u, "limit", &value) && value.size > size)
        abort();
    return 0;
}
