/* span.h - read-only bytes from outside, never assumed to end in a zero, and a
 * cursor that reads them without ever passing the end.
 *
 * Every read is checked and returns false at the end, so a parser is a chain of
 *     if (!gw_cursor_u8(&c, &kind) || !gw_cursor_be16(&c, &length)) ...
 * that reads like the format. */
#pragma once
#include "base/defs.h"

#include <string.h>

struct gw_span {
    const uint8_t *data;
    size_t size;
};

static inline struct gw_span gw_span_of(const void *data, size_t size)
{
    return (struct gw_span){ (const uint8_t *)data, size };
}
static inline struct gw_span gw_span_str(const char *s)
{
    return gw_span_of(s, s == NULL ? 0 : strlen(s));
}
static inline bool gw_span_is(struct gw_span a, const char *s)
{
    size_t n = strlen(s);
    return a.size == n && (n == 0 || memcmp(a.data, s, n) == 0);
}
static inline bool gw_span_equal(struct gw_span a, struct gw_span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}
static inline bool gw_span_starts(struct gw_span a, const char *s)
{
    size_t n = strlen(s);
    return a.size >= n && (n == 0 || memcmp(a.data, s, n) == 0);
}
/* [from, to), clipped to the span: never fails, may be empty. */
static inline struct gw_span gw_span_slice(struct gw_span a, size_t from, size_t to)
{
    to = GW_MIN(to, a.size);
    from = GW_MIN(from, to);
    return (struct gw_span){ from == 0 ? a.data : a.data + from, to - from };
}
/* Without blanks, tabs, CR and LF at both ends. */
struct gw_span gw_span_trim(struct gw_span a);
/* Without the byte order mark that some editors put in front of UTF-8. */
static inline struct gw_span gw_span_skip_bom(struct gw_span a)
{
    return gw_span_starts(a, "\xEF\xBB\xBF") ? gw_span_slice(a, 3, a.size) : a;
}
/* True if the bytes are valid UTF-8 (RFC 3629: no surrogates, no overlong forms);
 * else *bad is the offset of the first byte that is not. bad may be NULL. */
bool gw_span_utf8(struct gw_span a, size_t *bad);

/* Decimal digits only, no sign, no blanks; false if empty, other characters or above most. */
bool gw_span_uint(struct gw_span a, uint64_t most, uint64_t *out);

struct gw_cursor {
    struct gw_span in;
    size_t at;
};

static inline struct gw_cursor gw_cursor_of(struct gw_span in)
{
    return (struct gw_cursor){ in, 0 };
}
static inline size_t gw_cursor_left(const struct gw_cursor *c)
{
    return c->in.size - c->at;
}
static inline bool gw_cursor_take(struct gw_cursor *c, size_t n, struct gw_span *out)
{
    if (n > gw_cursor_left(c))
        return false;
    *out = gw_span_slice(c->in, c->at, c->at + n);
    c->at += n;
    return true;
}
static inline bool gw_cursor_skip(struct gw_cursor *c, size_t n)
{
    if (n > gw_cursor_left(c))
        return false;
    c->at += n;
    return true;
}
static inline bool gw_cursor_u8(struct gw_cursor *c, uint8_t *out)
{
    if (gw_cursor_left(c) < 1)
        return false;
    *out = c->in.data[c->at++];
    return true;
}
static inline bool gw_cursor_be16(struct gw_cursor *c, uint16_t *out)
{
    if (gw_cursor_left(c) < 2)
        return false;
    const uint8_t *p = c->in.data + c->at;
    *out = (uint16_t)(p[0] << 8 | p[1]);
    c->at += 2;
    return true;
}
static inline bool gw_cursor_be32(struct gw_cursor *c, uint32_t *out)
{
    if (gw_cursor_left(c) < 4)
        return false;
    const uint8_t *p = c->in.data + c->at;
    *out = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    c->at += 4;
    return true;
}
