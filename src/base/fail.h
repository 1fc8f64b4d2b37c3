/* fail.h - one shape of failure: bool gw_noun_verb(out, subject, inputs, err).
 *
 * The caller owns a struct gw_err on its stack; who fails fills it and returns
 * false (or NULL). The text is one sentence a person can act on; it names the
 * clause or the limit and never a person. `at` is the byte offset in the input
 * where that makes sense, else GW_NO_PLACE. Any err argument may be NULL when the
 * caller does not want to know why. */
#pragma once
#include "base/defs.h"

enum gw_err_code {
    GW_OK = 0,
#define GW_FAIL(NAME, code, http, exit, next) GW_ERR_##NAME,
#include "base/fail.def"
#undef GW_FAIL
    GW_ERR_COUNT
};

#define GW_NO_PLACE SIZE_MAX

struct gw_err {
    enum gw_err_code code;
    size_t at;
    char text[256];
};

/* Fills *err and is false, so that one can write `return gw_fail(...)`. A macro
 * only so that compilers and analyzers, which see one file at a time, know the
 * answer: behind a call that returned true, the out-parameter is set. */
#define gw_fail(...) (gw_err_fill(__VA_ARGS__), gw_failure())
/* bool gw_fail(struct gw_err *err, enum gw_err_code code, const char *format, ...) */

/* The same for functions that return a pointer: NULL. */
#define gw_fail_null(...) (gw_err_fill(__VA_ARGS__), gw_failure_null())

/* The same with the place in the input:
 * bool gw_fail_at(struct gw_err *err, enum gw_err_code code, size_t at, const char *format, ...) */
#define gw_fail_at(...) (gw_err_fill_at(__VA_ARGS__), gw_failure())

/* Puts "prefix: " in front of the text of an error on its way up; is false:
 * bool gw_fail_prefix(struct gw_err *err, const char *format, ...) */
#define gw_fail_prefix(...) (gw_err_prefix(__VA_ARGS__), gw_failure())

/* What these four are made of. */
void gw_err_fill(struct gw_err *err, enum gw_err_code code, const char *format, ...) GW_PRINTF(3, 4);
void gw_err_fill_at(struct gw_err *err, enum gw_err_code code, size_t at, const char *format, ...) GW_PRINTF(4, 5);
void gw_err_prefix(struct gw_err *err, const char *format, ...) GW_PRINTF(2, 3);
static inline bool gw_failure(void)
{
    return false;
}
static inline void *gw_failure_null(void)
{
    return NULL;
}

const char *gw_err_name(enum gw_err_code code); /* "format": public, stable */
const char *gw_err_next(enum gw_err_code code); /* what the caller does next, a sentence */
int gw_err_http(enum gw_err_code code);         /* HTTP status */
int gw_err_exit(enum gw_err_code code);         /* exit status of the command line: 1, 2 or 3 */
