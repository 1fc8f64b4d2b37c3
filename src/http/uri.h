/* uri.h - a request's target, taken apart: path segments and query pairs (RFC 3986
 * sections 3.3, 3.4; RFC 9112 section 3.2.1). Pure.
 *
 * Decoded text is UTF-8 without control characters, or it is refused; a segment
 * that decodes to ".", ".." or holds a slash is refused too, so nothing behind this
 * can be led out of its tree. */
#pragma once
#include "base/arena.h"
#include "base/fail.h"
#include "base/span.h"

enum { GW_URI_SEGMENTS = 8, GW_URI_PAIRS = 16 };

struct gw_uri {
    struct gw_span segments[GW_URI_SEGMENTS]; /* in the arena; "/" has none */
    size_t n_segments;
    struct {
        struct gw_span name, value;
    } pairs[GW_URI_PAIRS]; /* each name once */
    size_t n_pairs;
};

/* GW_ERR_FORMAT with the place in text; GW_ERR_LIMIT: more segments or pairs than above. */
[[nodiscard]] bool gw_uri_parse(struct gw_uri *out, struct gw_arena *a, struct gw_span text, struct gw_err *err);
/* False when absent. */
bool gw_uri_query(const struct gw_uri *u, const char *name, struct gw_span *out);
