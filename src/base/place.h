/* place.h - where the files are that come with the program: models, rule packs,
 * ONNX Runtime.
 *
 * A program run from its build folder finds them in the source tree it was built
 * from; any other finds them below the prefix it stands in (PREFIX/bin/gangway),
 * then below the prefix it was configured for. The source tree of an installed
 * program is never looked at: on another machine that path may be anybody's.
 *
 * Threads: any. */
#pragma once
#include "base/buf.h"

/* Appends the first of these paths that exists and returns true. in_source is
 * relative to the source tree ("models"), in_prefix to the prefix
 * ("share/gangway/models"); either may be NULL. On false nothing is appended. */
bool gw_place_find(struct gw_buf *out, const char *in_source, const char *in_prefix);
