/* fail.c - filling and naming errors. */
#include "base/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name, *next;
    int http, exit;
} rows[GW_ERR_COUNT] = {
    [GW_OK] = { "ok", "nothing", 200, 0 },
#define GW_FAIL(NAME, code, http, exit, next) [GW_ERR_##NAME] = { code, next, http, exit },
#include "base/fail.def"
#undef GW_FAIL
};

static void fill(struct gw_err *err, enum gw_err_code code, size_t at, const char *format, va_list args)
    GW_PRINTF(4, 0);

static void fill(struct gw_err *err, enum gw_err_code code, size_t at, const char *format, va_list args)
{
    if (err == NULL)
        return;
    err->code = code;
    err->at = at;
    vsnprintf(err->text, sizeof err->text, format, args);
}

void gw_err_fill(struct gw_err *err, enum gw_err_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, code, GW_NO_PLACE, format, args);
    va_end(args);
}

void gw_err_fill_at(struct gw_err *err, enum gw_err_code code, size_t at, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fill(err, code, at, format, args);
    va_end(args);
}

void gw_err_prefix(struct gw_err *err, const char *format, ...)
{
    if (err == NULL)
        return;
    char text[sizeof err->text];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    size_t used = n < 0 ? 0 : GW_MIN((size_t)n, sizeof text - 1);
    char whole[2 * sizeof text];
    snprintf(whole, sizeof whole, "%.*s: %s", (int)used, text, err->text);
    whole[sizeof text - 1] = 0;
    memcpy(err->text, whole, sizeof text);
}

const char *gw_err_name(enum gw_err_code code)
{
    return rows[code].name;
}

const char *gw_err_next(enum gw_err_code code)
{
    return rows[code].next;
}

int gw_err_http(enum gw_err_code code)
{
    return rows[code].http;
}

int gw_err_exit(enum gw_err_code code)
{
    return rows[code].exit;
}
