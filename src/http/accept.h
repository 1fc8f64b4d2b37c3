/* accept.h - which of the media types there are does the client like best? (Accept,
 * RFC 9110 section 12.5.1). Pure. */
#pragma once
#include "base/span.h"

/* Of n offers the one with the highest weight, the first of equals; *best is its index. False when the client takes
 * none of them. An empty header is no wish: the first. Items that cannot be read are passed over. */
bool gw_accept_choose(size_t *best, struct gw_span header, const struct gw_span *offers, size_t n);
