/* json.h - JSON in and out (RFC 8259); the only face of jansson.
 *
 * A parsed document is a tree owned by its root: accessors borrow, until the root
 * is freed. They are forgiving where a caller would only repeat itself: NULL in,
 * "absent" out, so a chain of gets needs one check at its end. Duplicate keys, bad
 * UTF-8, depth above 64 and trailing text are refused with the place.
 *
 * Building: `set`/`add` take values by C type; an object or array handed to
 * set/add belongs to its parent. */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/fail.h"
#include "base/id.h"
#include "base/span.h"

struct gw_json; /* a value; opaque */

enum gw_json_kind {
    GW_JSON_ABSENT, /* not there at all */
    GW_JSON_NULL,
    GW_JSON_BOOL,
    GW_JSON_INTEGER,
    GW_JSON_REAL,
    GW_JSON_STRING,
    GW_JSON_ARRAY,
    GW_JSON_OBJECT,
};

/* GW_ERR_FORMAT with err->at the byte; GW_ERR_LIMIT when nested deeper than 64. */
[[nodiscard]] struct gw_json *gw_json_parse(struct gw_span text, struct gw_err *err);
void gw_json_free(struct gw_json *j); /* a root only; NULL is fine */
GW_AUTO_FREE(gw_json, gw_json_free)

/* Where the value of a JSON pointer (RFC 6901) begins in the text, which was parsed
 * without error; of a pointer that leads nowhere, the deepest value on its way. */
size_t gw_json_place(struct gw_span text, const char *pointer);
unsigned gw_json_line(struct gw_span text, size_t at); /* counted from 1 */

enum gw_json_kind gw_json_kind(const struct gw_json *j);
const struct gw_json *gw_json_get(const struct gw_json *object, const char *key); /* NULL if absent */
size_t gw_json_size(const struct gw_json *j);                                     /* items of an array or object */
const struct gw_json *gw_json_at(const struct gw_json *array, size_t i);
/* The i-th key and value of an object, in the order of the text; false past the end. */
bool gw_json_member(const struct gw_json *object, size_t i, const char **key, const struct gw_json **value);

/* False when absent or of another kind; *out untouched then. */
bool gw_json_get_string(const struct gw_json *object, const char *key, struct gw_span *out);
bool gw_json_get_text(const struct gw_json *object, const char *key, const char **out); /* zero-terminated */
bool gw_json_get_integer(const struct gw_json *object, const char *key, int64_t *out);
bool gw_json_get_real(const struct gw_json *object, const char *key, double *out); /* integers too */
bool gw_json_get_bool(const struct gw_json *object, const char *key, bool *out);
bool gw_json_string(const struct gw_json *j, struct gw_span *out);
bool gw_json_real(const struct gw_json *j, double *out);
bool gw_json_integer(const struct gw_json *j, int64_t *out);

[[nodiscard]] struct gw_json *gw_json_object(void);
[[nodiscard]] struct gw_json *gw_json_array(void);
void gw_json_set(struct gw_json *object, const char *key, struct gw_json *value);
void gw_json_set_text(struct gw_json *object, const char *key, const char *value); /* NULL: null */
void gw_json_set_text_or_null(struct gw_json *object, const char *key, const char *value); /* NULL or "": null */
void gw_json_set_span(struct gw_json *object, const char *key, struct gw_span value); /* bytes that are not UTF-8 become U+FFFD */
void gw_json_set_integer(struct gw_json *object, const char *key, int64_t value);
void gw_json_set_real(struct gw_json *object, const char *key, double value); /* NaN and infinity: null */
/* Rounded to so many decimals: what a person should read. */
void gw_json_set_rounded(struct gw_json *object, const char *key, double value, int decimals);
void gw_json_set_bool(struct gw_json *object, const char *key, bool value);
void gw_json_set_null(struct gw_json *object, const char *key);
void gw_json_set_id(struct gw_json *object, const char *key, struct gw_id id);   /* its text */
void gw_json_set_time(struct gw_json *object, const char *key, int64_t us);      /* RFC 3339, UTC */
/* The same of what need not be there: null without it. */
void gw_json_set_id_or_null(struct gw_json *object, const char *key, bool has, struct gw_id id);
void gw_json_set_time_or_null(struct gw_json *object, const char *key, bool has, int64_t us);
void gw_json_set_date_or_null(struct gw_json *object, const char *key, struct gw_date date); /* "2026-11-23" */
void gw_json_add(struct gw_json *array, struct gw_json *value);
void gw_json_add_text(struct gw_json *array, const char *value);
void gw_json_add_span(struct gw_json *array, struct gw_span value);
void gw_json_add_real(struct gw_json *array, double value);
void gw_json_add_rounded(struct gw_json *array, double value, int decimals);
void gw_json_add_integer(struct gw_json *array, int64_t value);

/* Appends the text: one line, or indented for people. Same tree, same bytes. */
void gw_json_format(struct gw_buf *out, const struct gw_json *j, bool pretty);
