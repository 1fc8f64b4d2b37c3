/* json_place.c - finds a value again in the text it was parsed from, so that a fault
 * found in the tree can be shown where the author will look. */
#include "base/json.h"

static size_t blanks(struct gw_span t, size_t at)
{
    while (at < t.size && (t.data[at] == ' ' || t.data[at] == '\t' || t.data[at] == '\n' || t.data[at] == '\r'))
        at++;
    return at;
}

/* Past the string that begins at `at`. */
static size_t past_string(struct gw_span t, size_t at)
{
    for (at++; at < t.size && t.data[at] != '"'; at++)
        if (t.data[at] == '\\')
            at++;
    return GW_MIN(at + 1, t.size);
}

static size_t past_value(struct gw_span t, size_t at)
{
    size_t depth = 0;
    while (at < t.size) {
        uint8_t c = t.data[at];
        if (c == '"') {
            at = past_string(t, at);
        } else if (c == '{' || c == '[') {
            depth++;
            at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return at; /* of the parent: a number or word ended */
            depth--;
            at++;
        } else if ((c == ',' || c == ':') && depth == 0) {
            return at;
        } else {
            at++;
            continue;
        }
        if (depth == 0 && c != ',' && c != ':')
            return at;
    }
    return at;
}

/* Is the key that begins at `at` this token of the pointer? Keys written with escapes
 * are never ours. */
static bool key_is(struct gw_span t, size_t at, struct gw_span token)
{
    at++;
    for (size_t i = 0; i < token.size; i++, at++) {
        uint8_t want = token.data[i];
        if (want == '~' && i + 1 < token.size) {
            i++;
            want = token.data[i] == '1' ? '/' : '~';
        }
        if (at >= t.size || t.data[at] != want || want == '"' || want == '\\')
            return false;
    }
    return at < t.size && t.data[at] == '"';
}

static bool enter(struct gw_span t, size_t *at, struct gw_span token)
{
    size_t i = blanks(t, *at);
    if (i >= t.size || (t.data[i] != '{' && t.data[i] != '['))
        return false;
    bool object = t.data[i] == '{';
    uint64_t want = 0, n = 0;
    if (!object && !gw_span_uint(token, UINT32_MAX, &want))
        return false;
    for (i = blanks(t, i + 1); i < t.size && t.data[i] != '}' && t.data[i] != ']'; n++) {
        bool found = object ? key_is(t, i, token) : n == want;
        if (object) {
            if (t.data[i] != '"')
                return false;
            i = blanks(t, past_string(t, i));
            if (i >= t.size || t.data[i] != ':')
                return false;
            i = blanks(t, i + 1);
        }
        if (found) {
            *at = i;
            return true;
        }
        i = blanks(t, past_value(t, i));
        if (i < t.size && t.data[i] == ',')
            i = blanks(t, i + 1);
    }
    return false;
}

size_t gw_json_place(struct gw_span text, const char *pointer)
{
    size_t at = blanks(text, gw_span_starts(text, "\xEF\xBB\xBF") ? 3 : 0);
    while (*pointer == '/') {
        const char *end = strchrnul(++pointer, '/');
        if (!enter(text, &at, gw_span_of(pointer, (size_t)(end - pointer))))
            break;
        pointer = end;
    }
    return at;
}

unsigned gw_json_line(struct gw_span text, size_t at)
{
    unsigned line = 1;
    for (size_t i = 0; i < GW_MIN(at, text.size); i++)
        line += text.data[i] == '\n';
    return line;
}
