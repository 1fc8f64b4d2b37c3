/* words.h - inside manifest/: which word is which; false when it is none. */
#pragma once
#include "base/span.h"

typedef bool gw_manifest_find_fn(unsigned *out, struct gw_span name);
gw_manifest_find_fn gw_manifest_kind_find, gw_manifest_function_find, gw_mode_word_find, gw_direction_find,
    gw_traveler_kind_find;
