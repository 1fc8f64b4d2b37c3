/* json.c - the only file with jansson. */
#include "base/json.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

enum { MOST_DEPTH = 64 };

static json_t *inner(const struct gw_json *j)
{
    union {
        const struct gw_json *ours;
        json_t *theirs;
    } u = { .ours = j };
    return u.theirs;
}

static struct gw_json *outer(json_t *j)
{
    if (j == NULL)
        abort(); /* out of memory, or text we made ourselves is not UTF-8 */
    return (struct gw_json *)j;
}

/* jansson recurses, so depth is counted before it sees the text. */
static bool check_depth(struct gw_span text, struct gw_err *err)
{
    size_t depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (in_string) {
            if (c == '\\')
                i++;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > MOST_DEPTH)
                return gw_fail_at(err, GW_ERR_LIMIT, i, "JSON: nested deeper than %d", MOST_DEPTH);
        } else if ((c == '}' || c == ']') && depth > 0) {
            depth--;
        }
    }
    return true;
}

struct gw_json *gw_json_parse(struct gw_span text, struct gw_err *err)
{
    if (gw_span_starts(text, "\xEF\xBB\xBF"))
        text = gw_span_slice(text, 3, text.size);
    if (!check_depth(text, err))
        return NULL;
    json_error_t e;
    json_t *j = json_loadb(text.data == NULL ? "" : (const char *)text.data, text.size,
        JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
    if (j == NULL) {
        /* Only what is wrong and where: jansson's text quotes the input. */
        const char *near = strstr(e.text, " near ");
        int n = near == NULL ? (int)strlen(e.text) : (int)(near - e.text);
        if (strncmp(e.text, "duplicate object key", 20) == 0)
            n = 20;
        gw_fail_at(err, GW_ERR_FORMAT, e.position < 0 ? 0 : (size_t)e.position, "JSON: %.*s (line %d, column %d)", n,
            e.text, e.line, e.column);
        return NULL;
    }
    return (struct gw_json *)j;
}

void gw_json_free(struct gw_json *j)
{
    json_decref(inner(j));
}

enum gw_json_kind gw_json_kind(const struct gw_json *j)
{
    if (j == NULL)
        return GW_JSON_ABSENT;
    switch (json_typeof(inner(j))) {
    case JSON_OBJECT:
        return GW_JSON_OBJECT;
    case JSON_ARRAY:
        return GW_JSON_ARRAY;
    case JSON_STRING:
        return GW_JSON_STRING;
    case JSON_INTEGER:
        return GW_JSON_INTEGER;
    case JSON_REAL:
        return GW_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return GW_JSON_BOOL;
    case JSON_NULL:
        break;
    }
    return GW_JSON_NULL;
}

const struct gw_json *gw_json_get(const struct gw_json *object, const char *key)
{
    return (const struct gw_json *)json_object_get(inner(object), key);
}

size_t gw_json_size(const struct gw_json *j)
{
    json_t *v = inner(j);
    return json_is_array(v) ? json_array_size(v) : json_is_object(v) ? json_object_size(v) : 0;
}

const struct gw_json *gw_json_at(const struct gw_json *array, size_t i)
{
    return (const struct gw_json *)json_array_get(inner(array), i);
}

bool gw_json_member(const struct gw_json *object, size_t i, const char **key, const struct gw_json **value)
{
    void *it = json_object_iter(inner(object));
    for (; it != NULL && i > 0; i--)
        it = json_object_iter_next(inner(object), it);
    if (it == NULL)
        return false;
    *key = json_object_iter_key(it);
    if (value != NULL)
        *value = (const struct gw_json *)json_object_iter_value(it);
    return true;
}

bool gw_json_string(const struct gw_json *j, struct gw_span *out)
{
    if (!json_is_string(inner(j)))
        return false;
    *out = gw_span_of(json_string_value(inner(j)), json_string_length(inner(j)));
    return true;
}

bool gw_json_real(const struct gw_json *j, double *out)
{
    if (!json_is_number(inner(j)))
        return false;
    *out = json_number_value(inner(j));
    return true;
}

bool gw_json_integer(const struct gw_json *j, int64_t *out)
{
    if (!json_is_integer(inner(j)))
        return false;
    *out = json_integer_value(inner(j));
    return true;
}

bool gw_json_get_string(const struct gw_json *object, const char *key, struct gw_span *out)
{
    return gw_json_string(gw_json_get(object, key), out);
}

bool gw_json_get_text(const struct gw_json *object, const char *key, const char **out)
{
    const char *s = json_string_value(json_object_get(inner(object), key));
    if (s == NULL)
        return false;
    *out = s;
    return true;
}

bool gw_json_get_integer(const struct gw_json *object, const char *key, int64_t *out)
{
    return gw_json_integer(gw_json_get(object, key), out);
}

bool gw_json_get_real(const struct gw_json *object, const char *key, double *out)
{
    return gw_json_real(gw_json_get(object, key), out);
}

bool gw_json_get_bool(const struct gw_json *object, const char *key, bool *out)
{
    json_t *v = json_object_get(inner(object), key);
    if (!json_is_boolean(v))
        return false;
    *out = json_is_true(v);
    return true;
}

struct gw_json *gw_json_object(void)
{
    return outer(json_object());
}

struct gw_json *gw_json_array(void)
{
    return outer(json_array());
}

/* Text from outside is checked at the door, but an answer must never fail for a
 * byte: what is not UTF-8 becomes U+FFFD. */
static json_t *text_value(struct gw_span s)
{
    size_t bad;
    if (gw_span_utf8(s, &bad))
        return inner(outer(json_stringn(s.data == NULL ? "" : (const char *)s.data, s.size)));
    GW_AUTO_VALUE(gw_buf) fixed = {};
    while (!gw_span_utf8(s, &bad)) {
        gw_buf_add(&fixed, s.data, bad);
        gw_buf_add(&fixed, "\xEF\xBF\xBD", 3);
        s = gw_span_slice(s, bad + 1, s.size);
    }
    gw_buf_add(&fixed, s.data, s.size);
    return inner(outer(json_stringn((const char *)fixed.data, fixed.size)));
}

static json_t *real_value(double v)
{
    return isfinite(v) ? json_real(v) : json_null();
}

static double rounded(double v, int decimals)
{
    double scale = pow(10, decimals);
    return round(v * scale) / scale;
}

static void put(struct gw_json *object, const char *key, json_t *value)
{
    if (json_object_set_new(inner(object), key, value) != 0)
        abort(); /* out of memory, or not an object: our mistake */
}

static void append(struct gw_json *array, json_t *value)
{
    if (json_array_append_new(inner(array), value) != 0)
        abort();
}

void gw_json_set(struct gw_json *object, const char *key, struct gw_json *value)
{
    put(object, key, inner(value));
}

void gw_json_set_text(struct gw_json *object, const char *key, const char *value)
{
    put(object, key, value == NULL ? json_null() : text_value(gw_span_str(value)));
}

void gw_json_set_text_or_null(struct gw_json *object, const char *key, const char *value)
{
    gw_json_set_text(object, key, value == NULL || value[0] == 0 ? NULL : value);
}

void gw_json_set_span(struct gw_json *object, const char *key, struct gw_span value)
{
    put(object, key, text_value(value));
}

void gw_json_set_integer(struct gw_json *object, const char *key, int64_t value)
{
    put(object, key, json_integer(value));
}

void gw_json_set_real(struct gw_json *object, const char *key, double value)
{
    put(object, key, real_value(value));
}

void gw_json_set_rounded(struct gw_json *object, const char *key, double value, int decimals)
{
    put(object, key, real_value(rounded(value, decimals)));
}

void gw_json_set_id(struct gw_json *object, const char *key, struct gw_id id)
{
    char text[GW_ID_TEXT];
    gw_id_format(text, id);
    gw_json_set_text(object, key, text);
}

void gw_json_set_time(struct gw_json *object, const char *key, int64_t us)
{
    char text[GW_TIME_TEXT];
    gw_time_format(text, us);
    gw_json_set_text(object, key, text);
}

void gw_json_set_id_or_null(struct gw_json *object, const char *key, bool has, struct gw_id id)
{
    if (has)
        gw_json_set_id(object, key, id);
    else
        gw_json_set_null(object, key);
}

void gw_json_set_time_or_null(struct gw_json *object, const char *key, bool has, int64_t us)
{
    if (has)
        gw_json_set_time(object, key, us);
    else
        gw_json_set_null(object, key);
}

void gw_json_set_date_or_null(struct gw_json *object, const char *key, struct gw_date date)
{
    char text[GW_DATE_TEXT];
    gw_date_format(text, date);
    gw_json_set_text_or_null(object, key, text);
}

void gw_json_set_bool(struct gw_json *object, const char *key, bool value)
{
    put(object, key, json_boolean(value));
}

void gw_json_set_null(struct gw_json *object, const char *key)
{
    put(object, key, json_null());
}

void gw_json_add(struct gw_json *array, struct gw_json *value)
{
    append(array, inner(value));
}

void gw_json_add_text(struct gw_json *array, const char *value)
{
    append(array, text_value(gw_span_str(value)));
}

void gw_json_add_span(struct gw_json *array, struct gw_span value)
{
    append(array, text_value(value));
}

void gw_json_add_real(struct gw_json *array, double value)
{
    append(array, real_value(value));
}

void gw_json_add_rounded(struct gw_json *array, double value, int decimals)
{
    append(array, real_value(rounded(value, decimals)));
}

void gw_json_add_integer(struct gw_json *array, int64_t value)
{
    append(array, json_integer(value));
}

static int collect(const char *data, size_t n, void *out)
{
    gw_buf_add(out, data, n);
    return 0;
}

void gw_json_format(struct gw_buf *out, const struct gw_json *j, bool pretty)
{
    size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(12) | (pretty ? JSON_INDENT(2) : (size_t)JSON_COMPACT);
    if (json_dump_callback(inner(j), collect, out, flags) != 0)
        abort();
}
