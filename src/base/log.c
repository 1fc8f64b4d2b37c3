/* log.c - writes the line in one write(2). */
#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic(int) level_most = GW_LOG_INFO;

void gw_log_level(enum gw_log_level most)
{
    atomic_store(&level_most, (int)most);
}

static void add_quoted(struct gw_buf *line, const char *s)
{
    gw_buf_add(line, "\"", 1);
    for (; *s != 0; s++)
        if (*s == '"' || *s == '\\')
            gw_buf_addf(line, "\\%c", *s);
        else if ((unsigned char)*s < 0x20)
            gw_buf_addf(line, "\\x%02x", (unsigned char)*s);
        else
            gw_buf_add(line, s, 1);
    gw_buf_add(line, "\"", 1);
}

void gw_log_fields(enum gw_log_level level, const char *event, const struct gw_log_field *fields, size_t n)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };
    if ((int)level > atomic_load(&level_most))
        return;
    GW_AUTO_VALUE(gw_buf) line = {};
    char when[GW_TIME_TEXT];
    gw_time_format(when, gw_clock_now(NULL));
    gw_buf_addf(&line, "time=%s level=%s event=%s", when, names[level], event);
    for (size_t i = 0; i < n; i++) {
        const struct gw_log_field *f = &fields[i];
        gw_buf_addf(&line, " %s=", f->key);
        char id[GW_UUID_TEXT];
        switch (f->kind) {
        case GW_LOG_END:
            break;
        case GW_LOG_KIND_INT:
            gw_buf_addf(&line, "%" PRId64, f->number);
            break;
        case GW_LOG_KIND_WORD:
            gw_buf_add_text(&line, f->text);
            break;
        case GW_LOG_KIND_TEXT:
            add_quoted(&line, f->text == NULL ? "" : f->text);
            break;
        case GW_LOG_KIND_ID:
            gw_id_format(id, f->id);
            gw_buf_add_text(&line, id);
            break;
        case GW_LOG_KIND_UUID:
            gw_uuid_format(id, f->id);
            gw_buf_add_text(&line, id);
            break;
        }
    }
    gw_buf_add(&line, "\n", 1);
    /* A log that cannot be written must not stop a gate. */
    ssize_t ignored = write(STDERR_FILENO, line.data, line.size);
    (void)ignored;
}
