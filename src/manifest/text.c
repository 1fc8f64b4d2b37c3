/* text.c - strings of a message, packed. */
#include "manifest/text.h"

enum { CHUNK_BYTES = 2048, LARGE_BYTES = CHUNK_BYTES / 4 };

/* Windows-1252 between 0x80 and 0x9F; the five that have no meaning become U+FFFD. */
static const uint16_t high_controls[32] = { 0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030,
    0x0160, 0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC,
    0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178 };

size_t gw_text_from_1252(char *out, struct gw_span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.size; i++) {
        unsigned u = s.data[i];
        if (u >= 0x80 && u < 0xA0)
            u = high_controls[u - 0x80];
        if (u < 0x80) {
            out[n++] = (char)u;
        } else if (u < 0x800) {
            out[n++] = (char)(0xC0 | u >> 6);
            out[n++] = (char)(0x80 | (u & 0x3F));
        } else {
            out[n++] = (char)(0xE0 | u >> 12);
            out[n++] = (char)(0x80 | (u >> 6 & 0x3F));
            out[n++] = (char)(0x80 | (u & 0x3F));
        }
    }
    return n;
}

static char *room(struct gw_text_pool *p, size_t n, struct gw_err *err)
{
    if (n > p->left) {
        if (n > LARGE_BYTES)
            return gw_arena_alloc(p->a, n, 1, err);
        char *chunk = gw_arena_alloc(p->a, CHUNK_BYTES, 1, err);
        if (chunk == NULL)
            return NULL;
        p->at = chunk;
        p->left = CHUNK_BYTES;
    }
    char *at = p->at;
    p->at += n;
    p->left -= n;
    return at;
}

static bool keep(struct gw_span *out, struct gw_text_pool *p, struct gw_span s, bool upper, struct gw_err *err)
{
    if (s.size == 0) {
        *out = (struct gw_span){};
        return true;
    }
    char *text = room(p, s.size, err);
    if (text == NULL)
        return false;
    if (p->is_plain) {
        memcpy(text, s.data, s.size);
        *out = gw_span_of(text, s.size);
        return true;
    }
    uint8_t seen = 0;
    for (size_t i = 0; i < s.size; i++) {
        uint8_t c = s.data[i];
        seen |= c;
        if (upper && c >= 'a' && c <= 'z')
            c = (uint8_t)(c - 32);
        text[i] = (char)(c == '\t' ? ' ' : c);
    }
    size_t n = s.size;
    if (seen >= 0x80 && !gw_span_utf8(s, NULL)) {
        p->converted = true;
        char *longer = room(p, gw_text_1252_most(n), err);
        if (longer == NULL)
            return false;
        n = gw_text_from_1252(longer, gw_span_of(text, n));
        text = longer;
    }
    *out = gw_span_of(text, n);
    return true;
}

bool gw_text_keep(struct gw_span *out, struct gw_text_pool *p, struct gw_span s, struct gw_err *err)
{
    return keep(out, p, s, false, err);
}

bool gw_text_keep_upper(struct gw_span *out, struct gw_text_pool *p, struct gw_span s, struct gw_err *err)
{
    return keep(out, p, s, true, err);
}
