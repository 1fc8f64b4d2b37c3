/* accept.c - weights and wildcards. */
#include "http/accept.h"

#include <string.h>
#include <strings.h>

static bool same(struct gw_span a, struct gw_span b)
{
    return a.size == b.size && strncasecmp((const char *)a.data, (const char *)b.data, a.size) == 0;
}

/* What stands before the separator; *rest is what follows it. */
static struct gw_span cut(struct gw_span *rest, struct gw_span s, char separator)
{
    const uint8_t *at = s.size == 0 ? NULL : memchr(s.data, separator, s.size);
    size_t n = at == NULL ? s.size : (size_t)(at - s.data);
    *rest = gw_span_slice(s, GW_MIN(n + 1, s.size), s.size);
    return gw_span_trim(gw_span_slice(s, 0, n));
}

/* qvalue: "1", "0.5", "0.125", in thousandths. */
static bool read_weight(unsigned *out, struct gw_span s)
{
    if (s.size < 1 || s.size > 5 || (s.data[0] != '0' && s.data[0] != '1') || (s.size > 1 && s.data[1] != '.'))
        return false;
    unsigned value = (unsigned)(s.data[0] - '0') * 1000, place = 100;
    for (size_t i = 2; i < s.size; i++, place /= 10) {
        if (s.data[i] < '0' || s.data[i] > '9')
            return false;
        value += (unsigned)(s.data[i] - '0') * place;
    }
    *out = value;
    return value <= 1000;
}

/* How closely a range names the type: 3 by name, 2 by its kind, 1 by anything, 0 not at all. */
static unsigned fits(struct gw_span range, struct gw_span type)
{
    struct gw_span range_sub = {}, type_sub = {};
    if (gw_span_is(range, "*/*"))
        return 1;
    if (same(range, type))
        return 3;
    struct gw_span range_kind = cut(&range_sub, range, '/'), type_kind = cut(&type_sub, type, '/');
    return gw_span_is(range_sub, "*") && same(range_kind, type_kind) ? 2 : 0;
}

/* The weight of the range that names the type most closely; 0 when none does. */
static unsigned weight_of(struct gw_span header, struct gw_span type)
{
    unsigned weight = 0, closest = 0;
    for (struct gw_span rest = header; rest.size > 0;) {
        struct gw_span item = cut(&rest, rest, ','), parameters = {}, value = {};
        struct gw_span range = cut(&parameters, item, ';');
        unsigned q = 1000, close = fits(range, type);
        bool readable = true;
        while (parameters.size > 0) {
            struct gw_span name = cut(&value, cut(&parameters, parameters, ';'), '=');
            if (same(name, gw_span_str("q")))
                readable = read_weight(&q, gw_span_trim(value));
        }
        if (readable && close > closest) {
            closest = close;
            weight = q;
        }
    }
    return weight;
}

bool gw_accept_choose(size_t *best, struct gw_span header, const struct gw_span *offers, size_t n)
{
    unsigned heaviest = 0;
    *best = 0;
    if (gw_span_trim(header).size == 0)
        return n > 0;
    for (size_t i = 0; i < n; i++) {
        unsigned weight = weight_of(header, offers[i]);
        if (weight > heaviest) {
            heaviest = weight;
            *best = i;
        }
    }
    return heaviest > 0;
}
