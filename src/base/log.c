/* log.c - writes the line in one write(2), or counts it as lost: nobody who logs waits for who reads. */
#include "base/log.h"
#include "base/buf.h"
#include "base/clock.h"

#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
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

enum { PATIENCE_MS = 100 }; /* for a reader that is only slow, once; not again before it has read */

static struct {
    pthread_mutex_t lock;
    uint64_t untold;   /* lines lost since one was written */
    _Atomic(uint64_t) lost;
} out = { .lock = PTHREAD_MUTEX_INITIALIZER };

uint64_t gw_log_lost(void)
{
    return atomic_load(&out.lost);
}

/* A pipe that is ready takes PIPE_BUF bytes without waiting. What cannot be asked (POLLNVAL, POLLERR) fails at once. */
static bool ready(int wait_ms)
{
    struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
    return poll(&p, 1, wait_ms) > 0;
}

static void begin_line(struct gw_buf *line, const char *level, const char *event)
{
    char when[GW_TIME_TEXT];
    gw_time_format(when, gw_clock_now(NULL));
    gw_buf_addf(line, "time=%s level=%s event=%s", when, level, event);
}

/* A log that cannot be written must not stop a gate. text: without its end of line. */
static void put(struct gw_span text)
{
    GW_AUTO_VALUE(gw_buf) line = {};
    pthread_mutex_lock(&out.lock);
    const bool asleep = out.untold > 0;
    bool written = false;
    if (ready(asleep ? 0 : PATIENCE_MS)) {
        if (asleep) {
            begin_line(&line, "warn", "log_lost");
            gw_buf_addf(&line, " lines=%" PRIu64 "\n", out.untold);
        }
        gw_buf_add(&line, text.data, GW_MIN(text.size, PIPE_BUF - 1 - line.size));
        gw_buf_add(&line, "\n", 1);
        written = write(STDERR_FILENO, line.data, line.size) == (ssize_t)line.size;
    }
    out.untold = written ? 0 : out.untold + 1;
    atomic_fetch_add(&out.lost, written ? 0 : 1);
    pthread_mutex_unlock(&out.lock);
}

void gw_log_fields(enum gw_log_level level, const char *event, const struct gw_log_field *fields, size_t n)
{
    static const char *const names[] = { "error", "warn", "info", "debug" };
    if ((int)level > atomic_load(&level_most))
        return;
    GW_AUTO_VALUE(gw_buf) line = {};
    begin_line(&line, names[level], event);
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
    put(gw_buf_span(&line));
}
