/* text.h - inside manifest/: what readers keep of a message, side by side in the
 * arena and always UTF-8. Bytes that are not become what they are in Windows-1252,
 * which has Latin-1 in it: that is what such files are. */
#pragma once
#include "base/arena.h"

struct gw_text_pool {
    struct gw_arena *a;
    char *at;
    size_t left;
    bool converted; /* something was not UTF-8 */
    bool is_plain;  /* the caller knows that there is nothing but printable ASCII without small letters */
    struct gw_span source; /* the text that most of what is kept lies in; may be empty */
};

/* False only when the arena is full. Tabs become blanks. An empty span stays one. */
[[nodiscard]] bool gw_text_keep(struct gw_span *out, struct gw_text_pool *p, struct gw_span s, struct gw_err *err);
/* With ASCII letters made capitals: codes. */
[[nodiscard]] bool gw_text_keep_upper(struct gw_span *out, struct gw_text_pool *p, struct gw_span s, struct gw_err *err);

/* For readers of thousands of short, plain values that lie in the pool's source: 16 bytes are copied where as many
 * can be read and written, which costs less than to copy as few as there are; the next value writes over what is
 * too much. False, and nothing done, where this is not such a value. */
static inline bool gw_text_keep_quickly(struct gw_span *out, struct gw_text_pool *p, struct gw_span s)
{
    if (!p->is_plain || s.size - 1 >= 16 || p->left < 16 || (uintptr_t)s.data - (uintptr_t)p->source.data + 16 > p->source.size)
        return false;
    memcpy(p->at, s.data, 16);
    *out = (struct gw_span){ (const uint8_t *)p->at, s.size };
    p->at += s.size;
    p->left -= s.size;
    return true;
}

/* The most bytes of UTF-8 that n bytes of Windows-1252 can need, and writing them. */
static inline size_t gw_text_1252_most(size_t n)
{
    return 3 * n;
}
size_t gw_text_from_1252(char *out, struct gw_span s);
