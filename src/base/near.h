/* near.h - the name somebody probably meant. */
#pragma once
#include "base/defs.h"

/* The one of n names nearest to `name` by edit distance, or NULL if none is near
 * enough to be worth saying (more than a third of its letters differ). */
const char *gw_near(const char *name, const char *const *names, size_t n);
