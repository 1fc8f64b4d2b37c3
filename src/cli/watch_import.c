/* watch_import.c - a list of what the vetting authority says, taken row by row. */
#include "base/near.h"
#include "cli/table.h"
#include "cli/watch.h"
#include "local/local.h"

#include <stdio.h>
#include <string.h>

/* A question holds 64 KiB (local/local.c). */
enum { FILE_BYTES = 64 << 20, ROW_BYTES = 8 << 10, QUESTION_BYTES = 48 << 10, QUESTION_ROWS = 200 };

/* What a row may say: first what is taken, then what `gangway watch list` shows besides. */
enum { TAKEN = 7 };
static const char *const keys[] = { "voyage", "traveler", "reference", "document_number", "issuing_state", "boarding_status", "as_of",
    "status", "said_at", "said_as", "said_by" };

/* What the file has there is not said again: without names in its first row that is somebody's number. */
static bool is_taken(bool *taken, const char *key, const char *what, size_t number, struct gw_err *err)
{
    for (size_t i = 0; i < GW_COUNT(keys); i++)
        if (strcmp(key, keys[i]) == 0)
            return *taken = i < TAKEN, true;
    const char *near = gw_near(key, keys, TAKEN);
    return gw_fail(err, GW_ERR_INVALID, "%s %zu has a name that means nothing here; %s%s", what, number,
        near == NULL ? "docs/operations.md has those that do" : "did you mean ", near == NULL ? "" : near);
}

/* ---- reading ------------------------------------------------------------------------ */

static bool read_csv(struct gw_json *rows, struct gw_table *t, struct gw_err *err)
{
    bool taken[GW_TABLE_COLUMNS] = {}, ok = true;
    char names[GW_TABLE_COLUMNS][32] = {};
    if (!gw_table_begin(t, err))
        return false;
    const size_t n = t->n;
    for (size_t i = 0; i < n; i++) {
        const struct gw_span name = gw_table_field(t, i);
        if (name.size == 0)
            continue; /* a spreadsheet's column that nobody uses */
        memcpy(names[i], name.data, GW_MIN(name.size, sizeof names[i] - 1));
        if (!is_taken(&taken[i], names[i], "column", i + 1, err))
            return gw_fail_prefix(err, "%.200s", t->path);
    }
    while (gw_table_next(t, &ok, err)) {
        struct gw_json *row = gw_json_object();
        for (size_t i = 0; i < n; i++)
            if (taken[i] && gw_table_field(t, i).size > 0)
                gw_json_set_span(row, names[i], gw_table_field(t, i));
        gw_json_add(rows, row);
    }
    return ok;
}

static bool take_object(struct gw_json *rows, const struct gw_json *object, struct gw_err *err)
{
    const char *key;
    const struct gw_json *value;
    if (gw_json_kind(object) != GW_JSON_OBJECT)
        return gw_fail(err, GW_ERR_FORMAT, "a row is an object");
    struct gw_json *row = gw_json_object();
    gw_json_add(rows, row);
    for (size_t i = 0; gw_json_member(object, i, &key, &value); i++) {
        struct gw_span text;
        bool taken;
        if (!is_taken(&taken, key, "key", i + 1, err))
            return false;
        if (!taken || gw_json_kind(value) == GW_JSON_NULL)
            continue;
        if (!gw_json_string(value, &text))
            return gw_fail(err, GW_ERR_FORMAT, "\"%s\" is a text", key);
        gw_json_set_span(row, key, text);
    }
    return true;
}

static bool take_lines(struct gw_json *rows, struct gw_span text, const char *path, struct gw_err *err)
{
    size_t line = 1;
    for (size_t from = 0; from < text.size; line++) {
        const uint8_t *stop = memchr(text.data + from, '\n', text.size - from);
        const size_t to = stop == NULL ? text.size : (size_t)(stop - text.data);
        const struct gw_span piece = gw_span_trim(gw_span_slice(text, from, to));
        from = to + 1;
        GW_AUTO(gw_json) *j = NULL;
        if (piece.size > 0 && ((j = gw_json_parse(piece, err)) == NULL || !take_object(rows, j, err)))
            return gw_fail_prefix(err, "%.200s: line %zu", path, line);
    }
    return true;
}

static bool read_json(struct gw_json *rows, struct gw_span text, const char *path, struct gw_err *err)
{
    struct gw_err why = {};
    GW_AUTO(gw_json) *j = gw_json_parse(text, &why);
    if (gw_json_kind(j) == GW_JSON_OBJECT || (j == NULL && gw_span_trim(text).data[0] == '{'))
        return j == NULL ? take_lines(rows, text, path, err) : take_object(rows, j, err) || gw_fail_prefix(err, "%.200s", path);
    if (j == NULL) {
        *err = why;
        return gw_fail_prefix(err, "%.200s", path);
    }
    for (size_t i = 0; i < gw_json_size(j); i++)
        if (!take_object(rows, gw_json_at(j, i), err))
            return gw_fail_prefix(err, "%.200s: item %zu", path, i + 1);
    return true;
}

static bool read_rows(struct gw_json *rows, const char *path, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_table) t = { .path = path };
    if (!gw_buf_read_file(&t.text, path, FILE_BYTES, err))
        return false;
    const struct gw_span text = gw_buf_span(&t.text), seen = gw_span_trim(text);
    if (seen.size == 0)
        return gw_fail(err, GW_ERR_FORMAT, "%.200s is empty", path);
    return (seen.data[0] == '[' || seen.data[0] == '{') ? read_json(rows, text, path, err) : read_csv(rows, &t, err);
}

/* ---- taking ---------------------------------------------------------------------------- */

struct import {
    const struct gw_admin_call *call;
    struct gw_json *batch; /* rows that go with the next question */
    size_t bytes;          /* of these */
    size_t row;            /* the last that was told, from 1 */
    size_t taken, refused;
};

static void print_row(struct import *m, const struct gw_json *answer)
{
    const char *key;
    const struct gw_json *value;
    GW_AUTO(gw_json) *line = gw_json_object();
    gw_json_set_integer(line, "row", (int64_t)++m->row);
    for (size_t i = 0; gw_json_member(answer, i, &key, &value); i++) {
        const char *text;
        bool yes;
        if (gw_json_get_text(answer, key, &text))
            gw_json_set_text(line, key, text);
        else if (gw_json_get_bool(answer, key, &yes))
            gw_json_set_bool(line, key, yes);
    }
    gw_cli_print(line, m->call->pretty);
    *(gw_json_get(answer, "error") == NULL ? &m->taken : &m->refused) += 1;
}

static bool flush(struct import *m, struct gw_err *err)
{
    const size_t n = gw_json_size(m->batch);
    if (n == 0)
        return true;
    GW_AUTO(gw_json) *question = gw_json_object();
    gw_json_set_text(question, "verb", "watch_import");
    gw_json_set(question, "rows", m->batch);
    m->batch = gw_json_array();
    m->bytes = 0;
    GW_AUTO(gw_json) *answer = gw_local_ask(m->call->conf, question, err);
    const struct gw_json *rows = gw_json_get(answer, "rows");
    if (answer == NULL)
        return false;
    for (size_t i = 0; i < gw_json_size(rows); i++)
        print_row(m, gw_json_at(rows, i));
    return gw_json_size(rows) == n || gw_fail(err, GW_ERR_INTERNAL, "not every row was answered");
}

static bool take_row(struct import *m, const struct gw_json *row, const char *voyage, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_json *copy = gw_json_object();
    const char *key;
    const struct gw_json *value;
    if (voyage != NULL)
        gw_json_set_text(copy, "voyage", voyage);
    for (size_t i = 0; gw_json_member(row, i, &key, &value); i++) {
        struct gw_span s = {};
        gw_json_string(value, &s);
        gw_json_set_span(copy, key, s);
    }
    gw_json_format(&text, copy, false);
    if (text.size > ROW_BYTES) {
        gw_json_free(copy);
        return gw_fail(err, GW_ERR_LIMIT, "row %zu has more than %d bytes", m->row + gw_json_size(m->batch) + 1, ROW_BYTES);
    }
    if ((m->bytes + text.size > QUESTION_BYTES || gw_json_size(m->batch) == QUESTION_ROWS) && !flush(m, err)) {
        gw_json_free(copy);
        return false;
    }
    m->bytes += text.size + 1;
    gw_json_add(m->batch, copy);
    return true;
}

bool gw_watch_import(size_t *refused, const struct gw_admin_call *call, const char *path, const char *voyage, struct gw_err *err)
{
    GW_AUTO(gw_json) *rows = gw_json_array();
    if (!read_rows(rows, path, err))
        return false;
    struct import m = { .call = call, .batch = gw_json_array() };
    bool fine = true;
    for (size_t i = 0; fine && i < gw_json_size(rows); i++)
        fine = take_row(&m, gw_json_at(rows, i), voyage, err);
    fine = fine && flush(&m, err);
    gw_json_free(m.batch);
    fprintf(stderr, "gangway watch: %zu of %zu rows taken, %zu refused\n", m.taken, gw_json_size(rows), m.refused);
    *refused = m.refused;
    return fine;
}
