/* buf.c - growing bytes, and whole files. */
#include "base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void gw_buf_clear(struct gw_buf *b)
{
    if (b->data != NULL) {
        explicit_bzero(b->data, b->size);
        b->data[0] = 0;
    }
    b->size = 0;
}

void gw_buf_done(struct gw_buf *b)
{
    gw_buf_clear(b);
    gw_free(b->data);
    *b = (struct gw_buf){};
}

void gw_buf_reserve(struct gw_buf *b, size_t more)
{
    if (b->data != NULL && more < b->capacity - b->size)
        return;
    size_t need = b->size + more + 1;
    size_t capacity = GW_MAX(GW_MAX(b->capacity * 2, need), (size_t)256);
    /* Not realloc: the old bytes must be wiped before they go back to the heap. */
    uint8_t *data = gw_alloc(capacity);
    if (b->data != NULL) {
        memcpy(data, b->data, b->size);
        explicit_bzero(b->data, b->size);
        gw_free(b->data);
    }
    b->data = data;
    b->capacity = capacity;
}

void gw_buf_add(struct gw_buf *b, const void *data, size_t n)
{
    gw_buf_reserve(b, n);
    if (n > 0)
        memcpy(b->data + b->size, data, n);
    b->size += n;
    b->data[b->size] = 0;
}

void gw_buf_add_text(struct gw_buf *b, const char *s)
{
    gw_buf_add(b, s, strlen(s));
}

void gw_buf_addv(struct gw_buf *b, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    const int n = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (n < 0)
        return;
    gw_buf_reserve(b, (size_t)n);
    char *end = (char *)b->data + b->size; /* gcc's sanitizers take data + size for NULL, said directly */
    vsnprintf(end, (size_t)n + 1, format, args);
    b->size += (size_t)n;
}

void gw_buf_addf(struct gw_buf *b, const char *format, ...)
{
    assert(format != NULL); /* gcc's UBSan otherwise warns of the path that it checks itself */
    va_list args;
    va_start(args, format);
    gw_buf_addv(b, format, args);
    va_end(args);
}

const char *gw_buf_text(const struct gw_buf *b)
{
    return b->data == NULL ? "" : (const char *)b->data;
}

bool gw_buf_read_file(struct gw_buf *out, const char *path, size_t most, struct gw_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0;
    int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return gw_fail(err, errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO, "%s: %s", path, strerror(errno));
    bool ok = true;
    struct stat st;
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        ok = gw_fail(err, GW_ERR_IO, "%s is a folder, not a file", path);
    else if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && (uintmax_t)st.st_size > most)
        ok = gw_fail(err, GW_ERR_LIMIT, "%s is larger than the %zu bytes allowed", path, most);
    while (ok) {
        gw_buf_reserve(out, 65536);
        ssize_t n = read(fd, out->data + out->size, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            ok = gw_fail(err, GW_ERR_IO, "%s: %s", path, strerror(errno));
        if (n <= 0)
            break;
        out->size += (size_t)n;
        out->data[out->size] = 0;
        if (out->size > most)
            ok = gw_fail(err, GW_ERR_LIMIT, "%s is larger than the %zu bytes allowed", path, most);
    }
    if (!is_stdin)
        close(fd);
    return ok;
}

static bool write_all(int fd, struct gw_span data)
{
    while (data.size > 0) {
        ssize_t n = write(fd, data.data, data.size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data = gw_span_slice(data, (size_t)n, data.size);
    }
    return true;
}

bool gw_buf_write_file(struct gw_span data, const char *path, unsigned mode, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) temporary = {};
    gw_buf_addf(&temporary, "%s.new", path);
    const char *name = gw_buf_text(&temporary);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, (mode_t)mode);
    if (fd < 0)
        return gw_fail(err, GW_ERR_IO, "%s: %s", name, strerror(errno));
    bool ok = write_all(fd, data) && fsync(fd) == 0;
    int saved = errno;
    close(fd);
    if (ok && rename(name, path) != 0) {
        saved = errno;
        ok = false;
    }
    if (!ok) {
        unlink(name);
        return gw_fail(err, GW_ERR_IO, "%s: %s", path, strerror(saved));
    }
    GW_AUTO_VALUE(gw_buf) folder = {};
    const char *slash = strrchr(path, '/');
    gw_buf_add(&folder, slash == NULL ? "." : path, slash == NULL ? 1 : GW_MAX((size_t)(slash - path), (size_t)1));
    int dir = open(gw_buf_text(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir >= 0) {
        fsync(dir);
        close(dir);
    }
    return true;
}
