/* conf.c - fills struct gw_conf from text. */
#include "base/conf.h"
#include "base/near.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 20 };

static const struct gw_conf_row rows[] = {
#define GW_SETTING(field, text, kind, start, min, max, live, about)                                           \
    { .name = text,                                                                               \
        .initial = start,                                                                         \
        .help = about,                                                                            \
        .type = GW_CONF_##kind,                                                                   \
        .least = (double)(min),                                                                   \
        .most = (double)(max),                                                                    \
        .reload = live,                                                                           \
        .offset = offsetof(struct gw_conf, field) },
#include "config.def"
#undef GW_SETTING
};

static const struct unit {
    const char *name;
    int64_t factor;
} byte_units[] = { { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { "B", 1 } },
  time_units[] = { { "us", 1 }, { "ms", 1000 }, { "s", 1000000 }, { "min", 60000000 }, { "h", 3600000000 },
      { "d", 86400000000 } };

const struct gw_conf_row *gw_conf_rows(size_t *n)
{
    *n = GW_COUNT(rows);
    return rows;
}

const char *gw_conf_type_name(enum gw_conf_type type)
{
    static const char *const names[] = { "text", "bytes", "time", "count", "real", "flag" };
    return names[type];
}

static void *place(struct gw_conf *c, const struct gw_conf_row *row)
{
    return (char *)c + row->offset;
}

static bool with_unit(int64_t *out, const char *value, const struct unit *units, size_t n)
{
    char *end;
    errno = 0;
    double v = strtod(value, &end);
    if (end == value || errno != 0)
        return false;
    while (*end == ' ')
        end++;
    for (size_t i = 0; i < n; i++)
        if (strcmp(end, units[i].name) == 0) {
            double scaled = v * (double)units[i].factor;
            if (!(fabs(scaled) < 9e18))
                return false;
            *out = (int64_t)llround(scaled);
            return true;
        }
    if (*end == 0 && v == 0) {
        *out = 0;
        return true;
    }
    return false;
}

static bool parse_value(struct gw_conf *c, const struct gw_conf_row *row, const char *value)
{
    char *end;
    int64_t integer = 0;
    double real = 0;
    switch (row->type) {
    case GW_CONF_TEXT: {
        char **text = place(c, row);
        gw_free(*text);
        *text = gw_strdup(value);
        return true;
    }
    case GW_CONF_FLAG: {
        bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0 || strcmp(value, "on") == 0;
        bool no = strcmp(value, "no") == 0 || strcmp(value, "false") == 0 || strcmp(value, "off") == 0;
        if (yes || no)
            *(bool *)place(c, row) = yes;
        return yes || no;
    }
    case GW_CONF_BYTES:
        if (!with_unit(&integer, value, byte_units, GW_COUNT(byte_units)))
            return false;
        break;
    case GW_CONF_TIME:
        if (!with_unit(&integer, value, time_units, GW_COUNT(time_units)))
            return false;
        break;
    case GW_CONF_COUNT:
        errno = 0;
        integer = strtoll(value, &end, 10);
        if (end == value || *end != 0 || errno != 0)
            return false;
        break;
    case GW_CONF_REAL:
        errno = 0;
        real = strtod(value, &end);
        if (end == value || *end != 0 || errno != 0 || !isfinite(real) || real < row->least || real > row->most)
            return false;
        *(double *)place(c, row) = real;
        return true;
    }
    if ((double)integer < row->least || (double)integer > row->most)
        return false;
    *(int64_t *)place(c, row) = integer;
    return true;
}

static void format_integer(struct gw_buf *out, const struct gw_conf_row *row, int64_t v)
{
    const struct unit *units = row->type == GW_CONF_TIME ? time_units : byte_units;
    size_t n = row->type == GW_CONF_TIME ? GW_COUNT(time_units) : row->type == GW_CONF_BYTES ? GW_COUNT(byte_units) - 1 : 0;
    for (size_t i = n; i-- > 0;)
        if (v % units[i].factor == 0 && v != 0) {
            gw_buf_addf(out, "%" PRId64 "%s", v / units[i].factor, units[i].name);
            return;
        }
    gw_buf_addf(out, "%" PRId64 "%s", v, row->type == GW_CONF_BYTES ? "B" : row->type == GW_CONF_TIME ? "s" : "");
}

void gw_conf_format(struct gw_buf *out, const struct gw_conf *c, const struct gw_conf_row *row)
{
    const void *p = (const char *)c + row->offset;
    switch (row->type) {
    case GW_CONF_TEXT:
        gw_buf_add_text(out, *(char *const *)p);
        break;
    case GW_CONF_FLAG:
        gw_buf_add_text(out, *(const bool *)p ? "yes" : "no");
        break;
    case GW_CONF_REAL:
        gw_buf_addf(out, "%.9g", *(const double *)p);
        break;
    case GW_CONF_BYTES:
    case GW_CONF_TIME:
    case GW_CONF_COUNT:
        format_integer(out, row, *(const int64_t *)p);
        break;
    }
}

void gw_conf_init(struct gw_conf *c)
{
    *c = (struct gw_conf){};
    for (size_t i = 0; i < GW_COUNT(rows); i++)
        if (!parse_value(c, &rows[i], rows[i].initial)) {
            fprintf(stderr, "gangway: config.def: the default of %s is not allowed by its own row\n", rows[i].name);
            abort();
        }
}

void gw_conf_done(struct gw_conf *c)
{
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        if (rows[i].type == GW_CONF_TEXT)
            gw_free(*(char **)place(c, &rows[i]));
        gw_free(c->asked[i]);
    }
    *c = (struct gw_conf){};
}

static bool unknown(const char *name, const char *where, struct gw_err *err)
{
    const char *names[GW_COUNT(rows)];
    for (size_t i = 0; i < GW_COUNT(rows); i++)
        names[i] = rows[i].name;
    const char *near = gw_near(name, names, GW_COUNT(rows));
    if (near == NULL)
        return gw_fail(err, GW_ERR_USAGE, "%s: no setting is called \"%.60s\"; `gangway config` lists them", where, name);
    return gw_fail(err, GW_ERR_USAGE, "%s: no setting is called \"%.60s\"; did you mean %s?", where, name, near);
}

void gw_conf_format_range(struct gw_buf *out, const struct gw_conf_row *row)
{
    if (row->type == GW_CONF_TEXT) {
        gw_buf_add_text(out, "text");
    } else if (row->type == GW_CONF_FLAG) {
        gw_buf_add_text(out, "yes or no");
    } else if (row->type == GW_CONF_REAL) {
        gw_buf_addf(out, "a number from %g to %g", row->least, row->most);
    } else {
        format_integer(out, row, (int64_t)row->least);
        gw_buf_add_text(out, " to ");
        format_integer(out, row, (int64_t)row->most);
    }
}

static bool refuse(const struct gw_conf_row *row, const char *value, const char *where, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) range = {};
    gw_conf_format_range(&range, row);
    return gw_fail(err, GW_ERR_USAGE, "%s: %s cannot be \"%.60s\"; it takes %s", where, row->name, value,
        gw_buf_text(&range));
}

bool gw_conf_set(struct gw_conf *c, const char *name, const char *value, const char *where, struct gw_err *err)
{
    for (size_t i = 0; i < GW_COUNT(rows); i++)
        if (strcmp(rows[i].name, name) == 0) {
            if (!parse_value(c, &rows[i], value))
                return refuse(&rows[i], value, where, err);
            gw_free(c->asked[i]);
            c->asked[i] = gw_strdup(where);
            return true;
        }
    return unknown(name, where, err);
}

bool gw_conf_blame(const struct gw_conf *c, int row, struct gw_err *err)
{
    assert(row >= 0 && row < GW_CONF_ROWS);
    if (err == NULL)
        return false;
    if (c->asked[row] != NULL)
        (void)gw_fail_prefix(err, "%s", c->asked[row]);
    err->code = GW_ERR_USAGE;
    return false;
}

static bool set_spans(struct gw_conf *c, struct gw_span pair, const char *where, struct gw_err *err)
{
    const uint8_t *equals = pair.size == 0 ? NULL : memchr(pair.data, '=', pair.size);
    if (equals == NULL)
        return gw_fail(err, GW_ERR_USAGE, "%s: a setting is written name=value", where);
    size_t at = (size_t)(equals - pair.data);
    GW_AUTO_VALUE(gw_buf) name = {};
    GW_AUTO_VALUE(gw_buf) value = {};
    struct gw_span left = gw_span_trim(gw_span_slice(pair, 0, at));
    struct gw_span right = gw_span_trim(gw_span_slice(pair, at + 1, pair.size));
    gw_buf_add(&name, left.data, left.size);
    gw_buf_add(&value, right.data, right.size);
    if (strlen(gw_buf_text(&name)) != left.size || strlen(gw_buf_text(&value)) != right.size)
        return gw_fail(err, GW_ERR_USAGE, "%s: a setting has no zero bytes", where);
    return gw_conf_set(c, gw_buf_text(&name), gw_buf_text(&value), where, err);
}

bool gw_conf_set_pair(struct gw_conf *c, const char *pair, struct gw_err *err)
{
    return set_spans(c, gw_span_str(pair), "--set", err);
}

bool gw_conf_read(struct gw_conf *c, struct gw_span text, const char *name, struct gw_err *err)
{
    size_t at = 0;
    for (unsigned line = 1; at < text.size; line++) {
        const uint8_t *end = memchr(text.data + at, '\n', text.size - at);
        size_t stop = end == NULL ? text.size : (size_t)(end - text.data);
        struct gw_span row = gw_span_trim(gw_span_slice(text, at, stop));
        at = stop + 1;
        if (row.size == 0 || row.data[0] == '#')
            continue;
        char where[160];
        snprintf(where, sizeof where, "%.120s line %u", name, line);
        if (!set_spans(c, row, where, err))
            return false;
    }
    return true;
}

bool gw_conf_read_file(struct gw_conf *c, const char *path, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    return gw_buf_read_file(&text, path, LARGEST_FILE, err) && gw_conf_read(c, gw_buf_span(&text), path, err);
}

/* GANGWAY_STORE_PATH from store.path; the first underscore may stand for the dot. */
static void environment_name(char out[80], const char *name)
{
    int n = snprintf(out, 80, "GANGWAY_%s", name);
    for (int i = 8; i < n && i < 79; i++)
        out[i] = out[i] == '.' ? '_' : (char)(out[i] >= 'a' && out[i] <= 'z' ? out[i] - 32 : out[i]);
}

bool gw_conf_read_environment(struct gw_conf *c, char *const *environment, struct gw_buf *unnamed, struct gw_err *err)
{
    for (; environment != NULL && *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');
        if (strncmp(*environment, "GANGWAY_", 8) != 0 || equals == NULL)
            continue;
        size_t length = (size_t)(equals - *environment);
        bool known = false;
        for (size_t i = 0; i < GW_COUNT(rows) && !known; i++) {
            char name[80];
            environment_name(name, rows[i].name);
            if (strlen(name) != length || strncmp(name, *environment, length) != 0)
                continue;
            known = true;
            if (!gw_conf_set(c, rows[i].name, equals + 1, name, err))
                return false;
        }
        if (!known && unnamed != NULL) {
            gw_buf_addf(unnamed, "%s%.*s", unnamed->size == 0 ? "" : ", ", (int)GW_MIN(length, (size_t)79), *environment);
        } else if (!known) {
            char name[80];
            snprintf(name, sizeof name, "%.*s", (int)GW_MIN(length, sizeof name - 1), *environment);
            return gw_fail(err, GW_ERR_USAGE, "the environment has %s, which names no setting; `gangway config` lists them", name);
        }
    }
    return true;
}

static bool is_same(const struct gw_conf *a, const struct gw_conf *b, const struct gw_conf_row *row)
{
    GW_AUTO_VALUE(gw_buf) left = {};
    GW_AUTO_VALUE(gw_buf) right = {};
    gw_conf_format(&left, a, row);
    gw_conf_format(&right, b, row);
    return gw_span_equal(gw_buf_span(&left), gw_buf_span(&right));
}

void gw_conf_adopt(struct gw_conf *live, const struct gw_conf *fresh, size_t *n_changed, size_t *n_waiting)
{
    *n_changed = *n_waiting = 0;
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        const struct gw_conf_row *row = &rows[i];
        if (is_same(live, fresh, row))
            continue;
        if (!row->reload) {
            ++*n_waiting;
            continue;
        }
        ++*n_changed;
        const void *from = (const char *)fresh + row->offset;
        switch (row->type) {
        case GW_CONF_TEXT:
            break;
        case GW_CONF_FLAG:
            __atomic_store_n((bool *)place(live, row), *(const bool *)from, __ATOMIC_RELAXED);
            break;
        case GW_CONF_REAL: {
            double value = *(const double *)from;
            __atomic_store((double *)place(live, row), &value, __ATOMIC_RELAXED);
            break;
        }
        case GW_CONF_BYTES:
        case GW_CONF_TIME:
        case GW_CONF_COUNT:
            __atomic_store_n((int64_t *)place(live, row), *(const int64_t *)from, __ATOMIC_RELAXED);
            break;
        }
    }
}
