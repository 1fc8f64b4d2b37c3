/* form.c - the parts of a form, found by their boundary. */
#include "http/form.h"

#include <string.h>
#include <strings.h>

static bool starts_without_case(struct gw_span s, const char *what)
{
    size_t n = strlen(what);
    return s.size >= n && strncasecmp((const char *)s.data, what, n) == 0;
}

/* The value of `name=` among the parameters of a header value: token or quoted string without escapes. */
static bool parameter(struct gw_span *out, struct gw_span value, const char *name)
{
    size_t i = 0;
    while (i < value.size && value.data[i] != ';')
        i++;
    while (i < value.size) {
        i++; /* the ; */
        while (i < value.size && (value.data[i] == ' ' || value.data[i] == '\t'))
            i++;
        size_t from = i;
        while (i < value.size && value.data[i] != '=' && value.data[i] != ';')
            i++;
        struct gw_span key = gw_span_slice(value, from, i);
        if (i == value.size || value.data[i] != '=')
            continue;
        i++;
        bool quoted = i < value.size && value.data[i] == '"';
        i += quoted;
        from = i;
        while (i < value.size && value.data[i] != (quoted ? '"' : ';'))
            i++;
        if (quoted && i == value.size)
            return false;
        struct gw_span found = gw_span_slice(value, from, i);
        if (quoted)
            while (i < value.size && value.data[i] != ';')
                i++;
        else
            found = gw_span_trim(found);
        if (key.size == strlen(name) && starts_without_case(key, name)) {
            *out = found;
            return true;
        }
    }
    return false;
}

bool gw_form_boundary(struct gw_span *out, struct gw_span content_type)
{
    return starts_without_case(content_type, "multipart/form-data") && parameter(out, content_type, "boundary") &&
        out->size >= 1 && out->size <= 70; /* RFC 2046 section 5.1.1 */
}

/* Where "--boundary" stands at the beginning of a line, from `at` on. */
static bool find_boundary(size_t *found, struct gw_span body, struct gw_span boundary, size_t at)
{
    while (at + 2 + boundary.size <= body.size) {
        const uint8_t *dash = memchr(body.data + at, '-', body.size - at - boundary.size - 1);
        if (dash == NULL)
            return false;
        at = (size_t)(dash - body.data);
        if (at + 2 + boundary.size <= body.size && body.data[at + 1] == '-' &&
            memcmp(body.data + at + 2, boundary.data, boundary.size) == 0 &&
            (at == 0 || (at >= 2 && body.data[at - 1] == '\n' && body.data[at - 2] == '\r'))) {
            *found = at;
            return true;
        }
        at++;
    }
    return false;
}

static bool find_line_end(size_t *end, struct gw_span body, size_t at, size_t most)
{
    size_t stop = GW_MIN(body.size, at + most);
    for (; at + 1 < stop; at++)
        if (body.data[at] == '\r' && body.data[at + 1] == '\n') {
            *end = at;
            return true;
        }
    return false;
}

/* The header lines of one part; *at is moved behind the empty line. */
static bool read_headers(struct gw_form_part *part, size_t *at, struct gw_span body, struct gw_err *err)
{
    bool named = false;
    size_t began = *at;
    for (;;) {
        size_t end;
        if (!find_line_end(&end, body, *at, GW_FORM_HEADER_BYTES))
            return gw_fail_at(err, GW_ERR_FORMAT, *at, "multipart/form-data: a part's headers do not end (RFC 2046 section 5.1)");
        struct gw_span line = gw_span_slice(body, *at, end);
        size_t line_at = *at;
        *at = end + 2;
        if (line.size == 0)
            break;
        if (*at - began > GW_FORM_HEADER_BYTES)
            return gw_fail_at(err, GW_ERR_LIMIT, line_at, "multipart/form-data: a part's headers are longer than %d bytes",
                GW_FORM_HEADER_BYTES);
        if (starts_without_case(line, "content-disposition:"))
            named = parameter(&part->name, gw_span_slice(line, 20, line.size), "name") && part->name.size > 0;
        else if (starts_without_case(line, "content-type:"))
            part->type = gw_span_trim(gw_span_slice(line, 13, line.size));
        else if (starts_without_case(line, "content-transfer-encoding:"))
            return gw_fail_at(err, GW_ERR_UNSUPPORTED, line_at,
                "multipart/form-data: Content-Transfer-Encoding is not allowed (RFC 7578 section 4.7)");
    }
    if (!named)
        return gw_fail_at(err, GW_ERR_FORMAT, began, "multipart/form-data: a part has no name (RFC 7578 section 4.2)");
    return true;
}

bool gw_form_parse(struct gw_form *out, struct gw_span body, struct gw_span boundary, struct gw_err *err)
{
    *out = (struct gw_form){};
    size_t at;
    if (!find_boundary(&at, body, boundary, 0))
        return gw_fail_at(err, GW_ERR_FORMAT, 0, "multipart/form-data: the boundary of Content-Type is not in the body");
    for (;;) {
        at += 2 + boundary.size;
        if (gw_span_starts(gw_span_slice(body, at, body.size), "--"))
            return true;
        while (at < body.size && (body.data[at] == ' ' || body.data[at] == '\t'))
            at++;
        if (!gw_span_starts(gw_span_slice(body, at, body.size), "\r\n"))
            return gw_fail_at(err, GW_ERR_FORMAT, at, "multipart/form-data: a boundary is not followed by a line end");
        at += 2;
        struct gw_form_part part = {};
        size_t next;
        if (!read_headers(&part, &at, body, err))
            return false;
        if (!find_boundary(&next, body, boundary, at) || next < at + 2)
            return gw_fail_at(err, GW_ERR_FORMAT, at, "multipart/form-data: the last part is cut off");
        part.data = gw_span_slice(body, at, next - 2);
        for (size_t i = 0; i < out->n_parts; i++)
            if (gw_span_equal(out->parts[i].name, part.name))
                return gw_fail_at(err, GW_ERR_FORMAT, at, "multipart/form-data: two parts have one name");
        if (out->n_parts == GW_FORM_PARTS)
            return gw_fail_at(err, GW_ERR_LIMIT, at, "multipart/form-data: more than %d parts", GW_FORM_PARTS);
        out->parts[out->n_parts++] = part;
        at = next;
    }
}

const struct gw_form_part *gw_form_find(const struct gw_form *f, const char *name)
{
    for (size_t i = 0; i < f->n_parts; i++)
        if (gw_span_is(f->parts[i].name, name))
            return &f->parts[i];
    return NULL;
}
