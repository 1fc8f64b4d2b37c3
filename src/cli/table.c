/* table.c - CSV, a row at a time. */
#include "cli/table.h"

#include <string.h>

static bool read_row(struct gw_table *t, struct gw_err *err)
{
    t->n = 0;
    t->row++;
    for (bool more = true; more;) {
        uint8_t *out = t->at;
        struct gw_span field = { out, 0 };
        if (t->at < t->end && *t->at == '"') {
            t->at++;
            for (;; t->at++) {
                if (t->at >= t->end)
                    return gw_fail(err, GW_ERR_FORMAT, "line %zu: a quote that does not end", t->row);
                if (*t->at == '"' && (++t->at >= t->end || *t->at != '"'))
                    break;
                *out++ = *t->at;
            }
        } else {
            while (t->at < t->end && *t->at != (uint8_t)t->delimiter && *t->at != '\n' && *t->at != '\r')
                *out++ = *t->at++;
        }
        field.size = (size_t)(out - field.data);
        if (t->n == GW_TABLE_COLUMNS)
            return gw_fail(err, GW_ERR_LIMIT, "line %zu: more than %d columns", t->row, GW_TABLE_COLUMNS);
        t->fields[t->n++] = field;
        more = t->at < t->end && *t->at == (uint8_t)t->delimiter;
        if (more) {
            t->at++;
            continue;
        }
        if (t->at < t->end && *t->at == '\r')
            t->at++;
        if (t->at < t->end && *t->at != '\n')
            return gw_fail(err, GW_ERR_FORMAT, "line %zu: text after a quote", t->row);
        if (t->at < t->end)
            t->at++;
    }
    return true;
}

/* A spreadsheet of a country with decimal commas writes semicolons. */
static char delimiter_of(struct gw_span text)
{
    const uint8_t *stop = text.size == 0 ? NULL : memchr(text.data, '\n', text.size);
    const size_t n = stop == NULL ? text.size : (size_t)(stop - text.data);
    for (const char *c = ",;\t"; *c != 0; c++)
        if (n > 0 && memchr(text.data, *c, n) != NULL)
            return *c;
    return ',';
}

bool gw_table_begin(struct gw_table *t, struct gw_err *err)
{
    const bool marked = t->text.size >= 3 && memcmp(t->text.data, "\xef\xbb\xbf", 3) == 0;
    t->at = t->text.size == 0 ? NULL : t->text.data + (marked ? 3 : 0);
    t->end = t->text.size == 0 ? NULL : t->text.data + t->text.size;
    t->row = 0;
    t->delimiter = delimiter_of(gw_buf_span(&t->text));
    return read_row(t, err) || gw_fail_prefix(err, "%.200s", t->path);
}

bool gw_table_open(struct gw_table *t, const char *path, size_t most, struct gw_err *err)
{
    *t = (struct gw_table){ .path = path };
    return gw_buf_read_file(&t->text, path, most, err) && gw_table_begin(t, err);
}

void gw_table_done(struct gw_table *t)
{
    gw_buf_done(&t->text);
}

bool gw_table_next(struct gw_table *t, bool *ok, struct gw_err *err)
{
    do {
        if (t->at >= t->end)
            return false;
        if (!read_row(t, err)) {
            gw_fail_prefix(err, "%.200s", t->path);
            *ok = false;
            return false;
        }
    } while (t->n == 1 && t->fields[0].size == 0);
    return true;
}

size_t gw_table_column(const struct gw_table *t, const char *name)
{
    for (size_t i = 0; i < t->n; i++)
        if (gw_span_is(gw_span_trim(t->fields[i]), name))
            return i;
    return GW_TABLE_ABSENT;
}

struct gw_span gw_table_field(const struct gw_table *t, size_t column)
{
    return column < t->n ? gw_span_trim(t->fields[column]) : (struct gw_span){};
}
