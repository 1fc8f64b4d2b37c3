/* buf.h - bytes that grow: answers, messages, files being written.
 *
 * Wiped when let go, because answers carry names. Growth is ours, not the
 * input's, so running out of memory ends the process. Always ends in a zero that
 * does not count, so data can be given to C functions. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

#include <stdarg.h>

struct gw_buf {
    uint8_t *data; /* NULL while empty */
    size_t size, capacity;
};

void gw_buf_done(struct gw_buf *b); /* wipes and frees; a zeroed one is fine */
GW_AUTO_DONE(gw_buf, gw_buf_done)

void gw_buf_clear(struct gw_buf *b); /* wipes, keeps the memory */
void gw_buf_reserve(struct gw_buf *b, size_t more);
void gw_buf_add(struct gw_buf *b, const void *data, size_t n);
void gw_buf_add_text(struct gw_buf *b, const char *s);
void gw_buf_addf(struct gw_buf *b, const char *format, ...) GW_PRINTF(2, 3);
void gw_buf_addv(struct gw_buf *b, const char *format, va_list args) GW_PRINTF(2, 0);
const char *gw_buf_text(const struct gw_buf *b); /* "" while empty; until the next change */
static inline struct gw_span gw_buf_span(const struct gw_buf *b)
{
    return gw_span_of(b->data, b->size);
}

/* Reads a whole file ("-" is standard input), at most `most` bytes: GW_ERR_LIMIT
 * above that without having read it all, GW_ERR_NOT_FOUND, GW_ERR_IO. */
[[nodiscard]] bool gw_buf_read_file(struct gw_buf *out, const char *path, size_t most, struct gw_err *err);
/* Writes a file so that after a crash there is the old one or the new one, never
 * half of it: temporary name, fsync, rename, fsync of the folder. */
[[nodiscard]] bool gw_buf_write_file(struct gw_span data, const char *path, unsigned mode, struct gw_err *err);
