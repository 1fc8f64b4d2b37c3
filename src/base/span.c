/* span.c - the few questions about bytes that are longer than a line. */
#include "base/span.h"

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct gw_span gw_span_trim(struct gw_span a)
{
    while (a.size > 0 && is_blank(a.data[a.size - 1]))
        a.size--;
    while (a.size > 0 && is_blank(a.data[0])) {
        a.data++;
        a.size--;
    }
    return a;
}

bool gw_span_utf8(struct gw_span a, size_t *bad)
{
    size_t i = 0;
    while (i < a.size) {
        uint8_t c = a.data[i];
        size_t n = c < 0x80 ? 1 : c >= 0xC2 && c < 0xE0 ? 2 : c >= 0xE0 && c < 0xF0 ? 3 : c >= 0xF0 && c < 0xF5 ? 4 : 0;
        bool good = n != 0 && n <= a.size - i;
        for (size_t k = 1; good && k < n; k++)
            good = (a.data[i + k] & 0xC0) == 0x80;
        if (good && n >= 3) {
            uint8_t d = a.data[i + 1];
            /* RFC 3629 section 4: the second byte's narrower ranges. */
            good = !(c == 0xE0 && d < 0xA0) && !(c == 0xED && d > 0x9F) && !(c == 0xF0 && d < 0x90) &&
                   !(c == 0xF4 && d > 0x8F);
        }
        if (!good) {
            if (bad != NULL)
                *bad = i;
            return false;
        }
        i += n;
    }
    return true;
}

bool gw_span_uint(struct gw_span a, uint64_t most, uint64_t *out)
{
    if (a.size == 0)
        return false;
    uint64_t v = 0;
    for (size_t i = 0; i < a.size; i++) {
        if (a.data[i] < '0' || a.data[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(a.data[i] - '0'), &v) || v > most)
            return false;
    }
    *out = v;
    return true;
}
