/* uri.c - percent-decoding, and nothing trusted. */
#include "http/uri.h"

static int hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* text[from, to) decoded into the arena; '+' is a blank in a query (the form encoding). */
static bool decode(struct gw_span *out, struct gw_arena *a, struct gw_span text, size_t from, size_t to, bool query,
    struct gw_err *err)
{
    uint8_t *p = gw_arena_array(a, to - from + 1, uint8_t, err);
    if (p == NULL)
        return false;
    size_t n = 0;
    for (size_t i = from; i < to; i++) {
        uint8_t c = text.data[i];
        if (c == '%') {
            int high = to - i >= 3 ? hex_digit(text.data[i + 1]) : -1;
            int low = to - i >= 3 ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0)
                return gw_fail_at(err, GW_ERR_FORMAT, i, "the address has a %% without two hexadecimal digits");
            c = (uint8_t)(high << 4 | low);
            i += 2;
        } else if (query && c == '+')
            c = ' ';
        if (c < 0x20 || c == 0x7f)
            return gw_fail_at(err, GW_ERR_FORMAT, i, "the address has a control character");
        p[n++] = c;
    }
    *out = gw_span_of(p, n);
    if (!gw_span_utf8(*out, NULL))
        return gw_fail_at(err, GW_ERR_FORMAT, from, "the address is not UTF-8");
    return true;
}

static bool add_segment(struct gw_uri *out, struct gw_arena *a, struct gw_span text, size_t from, size_t to,
    struct gw_err *err)
{
    struct gw_span s = {};
    if (out->n_segments == GW_URI_SEGMENTS)
        return gw_fail_at(err, GW_ERR_LIMIT, from, "the path has more than %d parts", GW_URI_SEGMENTS);
    if (!decode(&s, a, text, from, to, false, err))
        return false;
    if (gw_span_is(s, ".") || gw_span_is(s, "..") || (s.size > 0 && memchr(s.data, '/', s.size) != NULL))
        return gw_fail_at(err, GW_ERR_FORMAT, from, "the path has a part that is a dot, two dots or holds a slash");
    out->segments[out->n_segments++] = s;
    return true;
}

static bool add_pair(struct gw_uri *out, struct gw_arena *a, struct gw_span text, size_t from, size_t to,
    struct gw_err *err)
{
    if (from == to)
        return true; /* "a=1&&b=2" */
    size_t equals = from;
    while (equals < to && text.data[equals] != '=')
        equals++;
    struct gw_span name = {}, value = {};
    if (!decode(&name, a, text, from, equals, true, err) ||
        !decode(&value, a, text, GW_MIN(equals + 1, to), to, true, err))
        return false;
    for (size_t i = 0; i < out->n_pairs; i++)
        if (gw_span_equal(out->pairs[i].name, name))
            return gw_fail_at(err, GW_ERR_FORMAT, from, "the query names one parameter twice");
    if (out->n_pairs == GW_URI_PAIRS)
        return gw_fail_at(err, GW_ERR_LIMIT, from, "the query has more than %d parameters", GW_URI_PAIRS);
    out->pairs[out->n_pairs].name = name;
    out->pairs[out->n_pairs++].value = value;
    return true;
}

bool gw_uri_parse(struct gw_uri *out, struct gw_arena *a, struct gw_span text, struct gw_err *err)
{
    *out = (struct gw_uri){};
    if (text.size == 0 || text.data[0] != '/')
        return gw_fail_at(err, GW_ERR_FORMAT, 0, "the request's target must begin with a slash (RFC 9112 section 3.2.1)");
    size_t path_end = 0;
    while (path_end < text.size && text.data[path_end] != '?')
        path_end++;
    for (size_t from = 1, i = 1; i <= path_end && path_end > 1; i++)
        if (i == path_end || text.data[i] == '/') {
            if (!add_segment(out, a, text, from, i, err))
                return false;
            from = i + 1;
        }
    for (size_t from = path_end + 1, i = from; path_end < text.size && i <= text.size; i++)
        if (i == text.size || text.data[i] == '&') {
            if (!add_pair(out, a, text, from, i, err))
                return false;
            from = i + 1;
        }
    return true;
}

bool gw_uri_query(const struct gw_uri *u, const char *name, struct gw_span *out)
{
    for (size_t i = 0; i < u->n_pairs; i++)
        if (gw_span_is(u->pairs[i].name, name)) {
            *out = u->pairs[i].value;
            return true;
        }
    return false;
}
