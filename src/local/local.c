/* local.c - both ends of the socket. A line of JSON goes in, a line comes out:
 * {"ok": answer} or {"error": code, "text": sentence}. */
#include "local/local.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"
#include "service/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { ASK_BYTES = 64 << 10, ANSWER_BYTES = 64 << 20, ASK_MS = 5'000, ANSWER_MS = 120'000 };
#define SOCKET_NAME "admin.sock"

struct gw_local {
    struct gw_service *service;
    int folder, fd, wake[2];
    pthread_t thread;
    bool runs;
};

/* The store's folder may have a longer name than a socket address holds, so the
 * address goes through its descriptor. */
static struct sockaddr_un address_in(int folder)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    snprintf(a.sun_path, sizeof a.sun_path, "/proc/self/fd/%d/" SOCKET_NAME, folder);
    return a;
}

/* Everything the other side says until it is done; false on silence, failure or too much. */
static bool read_all(struct gw_buf *out, int fd, size_t most, int64_t most_ms)
{
    int64_t until = gw_clock_monotonic_us() + most_ms * 1000;
    char piece[8192];
    for (;;) {
        int64_t left_ms = (until - gw_clock_monotonic_us()) / 1000;
        struct pollfd p = { fd, POLLIN, 0 };
        if (left_ms <= 0 || poll(&p, 1, (int)left_ms) <= 0)
            return false;
        ssize_t n = read(fd, piece, sizeof piece);
        if (n == 0)
            return true;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 || out->size + (size_t)n > most)
            return false;
        gw_buf_add(out, piece, (size_t)n);
        gw_wipe(piece, (size_t)n);
    }
}

static bool write_all(int fd, struct gw_span data)
{
    for (size_t at = 0; at < data.size;) {
        ssize_t n = send(fd, data.data + at, data.size - at, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += (size_t)n;
    }
    return true;
}

/* ---- the service's end ---- */

static bool is_operator(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

static void answer(struct gw_local *l, int fd)
{
    GW_AUTO_VALUE(gw_buf) in = {};
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_err err = {};
    struct gw_json *done = NULL;
    if (!is_operator(fd) || !read_all(&in, fd, ASK_BYTES, ASK_MS))
        return;
    GW_AUTO(gw_json) *ask = gw_json_parse(gw_buf_span(&in), &err);
    if (ask != NULL)
        done = gw_local_do(l->service, ask, &err);
    if (done != NULL)
        gw_json_set(j, "ok", done);
    else {
        gw_json_set_text(j, "error", gw_err_name(err.code));
        gw_json_set_text(j, "text", err.text);
    }
    gw_json_format(&out, j, false);
    write_all(fd, gw_buf_span(&out));
}

static void *loop(void *arg)
{
    struct gw_local *l = arg;
    for (;;) {
        struct pollfd p[2] = { { l->fd, POLLIN, 0 }, { l->wake[0], POLLIN, 0 } };
        if (poll(p, 2, -1) < 0 && errno != EINTR)
            return NULL;
        if (p[1].revents != 0)
            return NULL;
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        answer(l, fd);
        close(fd);
    }
}

struct gw_local *gw_local_open(struct gw_service *s, const struct gw_conf *conf, struct gw_err *err)
{
    GW_AUTO(gw_local) *l = gw_alloc(sizeof *l);
    *l = (struct gw_local){ .service = s, .folder = -1, .fd = -1, .wake = { -1, -1 } };
    l->folder = open(conf->store_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct sockaddr_un a = address_in(l->folder);
    /* We hold the store, so a socket that is there belongs to nobody alive. */
    unlinkat(l->folder, SOCKET_NAME, 0);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t mask = umask(0177);
    bool bound = l->folder >= 0 && l->fd >= 0 && bind(l->fd, (struct sockaddr *)&a, sizeof a) == 0;
    int why = errno;
    umask(mask);
    if (!bound || listen(l->fd, 8) != 0)
        return gw_fail_null(err, GW_ERR_IO, "%s/" SOCKET_NAME " cannot be made: %s; the folder must allow sockets",
            conf->store_path, strerror(bound ? errno : why));
    if (pipe2(l->wake, O_CLOEXEC) != 0 || pthread_create(&l->thread, NULL, loop, l) != 0)
        return gw_fail_null(err, GW_ERR_UNAVAILABLE, "no thread could be started for " SOCKET_NAME);
    l->runs = true;
    return gw_take(l);
}

void gw_local_close(struct gw_local *l)
{
    if (l == NULL)
        return;
    if (l->runs) {
        ssize_t ignored = write(l->wake[1], "", 1);
        (void)ignored;
        pthread_join(l->thread, NULL);
        unlinkat(l->folder, SOCKET_NAME, 0);
    }
    int fds[] = { l->folder, l->fd, l->wake[0], l->wake[1] };
    for (size_t i = 0; i < GW_COUNT(fds); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    gw_free(l);
}

/* ---- the command's end ---- */

static int dial(const struct gw_conf *conf)
{
    int folder = open(conf->store_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return -1;
    struct sockaddr_un a = address_in(folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(folder);
    if (!ok && fd >= 0)
        close(fd);
    return ok ? fd : -1;
}

static enum gw_err_code code_of(const char *name)
{
    for (int i = 1; i < GW_ERR_COUNT; i++)
        if (strcmp(gw_err_name((enum gw_err_code)i), name) == 0)
            return (enum gw_err_code)i;
    return GW_ERR_INTERNAL;
}

struct gw_json *gw_local_ask_running(bool *running, const struct gw_conf *conf, const struct gw_json *ask,
    struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) in = {};
    int fd = dial(conf);
    *running = fd >= 0;
    if (fd < 0)
        return NULL;
    gw_json_format(&out, ask, false);
    bool ok = write_all(fd, gw_buf_span(&out)) && shutdown(fd, SHUT_WR) == 0 && read_all(&in, fd, ANSWER_BYTES, ANSWER_MS);
    close(fd);
    if (!ok || in.size == 0)
        return gw_fail_null(err, GW_ERR_UNAVAILABLE,
            "the running service did not answer; are you the user it runs as, or root?");
    GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&in), err);
    const char *name = "", *text = "";
    if (j == NULL)
        return NULL;
    if (gw_json_get_text(j, "error", &name)) {
        gw_json_get_text(j, "text", &text);
        return gw_fail_null(err, code_of(name), "%s", text);
    }
    /* What was said, as a tree of its own. */
    GW_AUTO_VALUE(gw_buf) copy = {};
    gw_json_format(&copy, gw_json_get(j, "ok"), false);
    return gw_json_parse(gw_buf_span(&copy), err);
}

struct gw_json *gw_local_ask(const struct gw_conf *conf, const struct gw_json *ask, struct gw_err *err)
{
    bool running;
    struct gw_json *j = gw_local_ask_running(&running, conf, ask, err);
    if (running)
        return j;
    const struct gw_service_options options = { .conf = conf, .without_recognition = true };
    GW_AUTO(gw_service) *s = gw_service_open(&options, err);
    return s == NULL ? NULL : gw_local_do(s, ask, err);
}
