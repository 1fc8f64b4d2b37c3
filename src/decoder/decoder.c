/* decoder.c - our side of the wall.
 *
 * Invariants:
 *  1. A child belongs to one borrower at a time: `free` says who is left, under `lock`.
 *  2. A slot whose child is not to be trusted any more (dead, late, nonsense) has its
 *     child killed and its shared memory thrown away before the next child gets it.
 *  3. Nothing a child says is used before it was checked against the slot's size.
 *  4. The encoded bytes' part of a slot is written, and wiped, by the borrower only; the
 *     pixels' part by the child only. So neither has to wait for the other's wiping.
 *  5. Only one thread at a time talks to the forker (`lock` is held). */
#include "decoder/wire.h"

#include "base/clock.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SPAWN_MS = 10'000,      /* for a child to be made and to confine itself, on a busy machine */
    WAIT_MS = 60'000,       /* for a picture whose limits set no time */
    SCRATCH_PER_PIXEL = 4,  /* a picture whose rows come in passes is gathered beside the result */
    SLACK_BYTES = 1 << 20,  /* strips of rows */
};

struct slot {
    struct gw_decoder_slot_memory memory;
    int socket, pidfd; /* -1: no child */
    pid_t pid;
    unsigned n_pictures;
};

struct gw_decoder {
    struct gw_decoder_options options;
    struct slot *slots;
    pthread_mutex_t lock;
    pthread_cond_t returned;
    unsigned *free, n_free; /* indices of slots; the last used one is taken first: its memory is warm */
    int forker;             /* socket; -1: gone */
    pid_t forker_pid;
    char walls[80];
};

/* One message within the time; 0 when the other side is gone, -1 when time is up. */
static ssize_t receive(int socket, void *to, size_t size, int64_t most_ms)
{
    int64_t until = gw_clock_monotonic_us() + most_ms * 1000;
    for (;;) {
        struct pollfd p = { .fd = socket, .events = POLLIN };
        int64_t left_ms = (until - gw_clock_monotonic_us() + 999) / 1000;
        int n = poll(&p, 1, (int)GW_MAX(left_ms, 0));
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            return -1;
        ssize_t got = n < 0 ? 0 : recv(socket, to, size, MSG_DONTWAIT);
        if (got < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        return GW_MAX(got, 0);
    }
}

static void slot_end(struct slot *s)
{
    if (s->pidfd >= 0) {
        syscall(SYS_pidfd_send_signal, s->pidfd, SIGKILL, NULL, 0);
        /* A dying child still writes for a moment: its memory is thrown away only after it has ended. */
        struct pollfd p = { .fd = s->pidfd, .events = POLLIN };
        while (poll(&p, 1, SPAWN_MS) < 0 && errno == EINTR)
            ;
        close(s->pidfd);
    }
    if (s->socket >= 0)
        close(s->socket);
    s->socket = s->pidfd = -1;
    madvise(s->memory.base, s->memory.size, MADV_REMOVE);
}

static void forker_gone(struct gw_decoder *d)
{
    if (d->forker >= 0)
        close(d->forker);
    d->forker = -1;
}

/* With the lock held, or before there are other threads. */
static bool slot_start(struct gw_decoder *d, unsigned i, struct gw_err *err)
{
    struct slot *s = &d->slots[i];
    struct gw_decoder_spawn ask = { .slot = i };
    struct gw_decoder_spawned spawned;
    struct gw_decoder_hello hello;
    struct iovec part = { .iov_base = &spawned, .iov_len = sizeof spawned };
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes };
    struct pollfd p = { .fd = d->forker, .events = POLLIN };
    int ready;

    if (d->forker < 0 || send(d->forker, &ask, sizeof ask, MSG_NOSIGNAL) != (ssize_t)sizeof ask)
        goto gone;
    while ((ready = poll(&p, 1, SPAWN_MS)) < 0 && errno == EINTR)
        ;
    if (ready <= 0 || recvmsg(d->forker, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT) != (ssize_t)sizeof spawned)
        goto gone; /* it would answer out of turn from now on */
    if (spawned.error != 0)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "no picture decoder could be started: %s", strerror(spawned.error));
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
        c->cmsg_len != CMSG_LEN(2 * sizeof(int)))
        goto gone;
    int fds[2];
    memcpy(fds, CMSG_DATA(c), sizeof fds);
    s->socket = fds[0];
    s->pidfd = fds[1];
    s->pid = spawned.pid;
    s->n_pictures = 0;
    if (receive(s->socket, &hello, sizeof hello, SPAWN_MS) != (ssize_t)sizeof hello) {
        slot_end(s);
        return gw_fail(err, GW_ERR_UNAVAILABLE, "a picture decoder ended while it was being confined");
    }
    if (!hello.ok) {
        slot_end(s);
        hello.text[sizeof hello.text - 1] = 0;
        return gw_fail(err, GW_ERR_UNAVAILABLE, "%s", hello.text);
    }
    if (hello.landlock_abi > 0)
        snprintf(d->walls, sizeof d->walls, "seccomp, Landlock ABI %d", hello.landlock_abi);
    else
        snprintf(d->walls, sizeof d->walls, "seccomp; this kernel has no Landlock");
    return true;
gone:
    forker_gone(d);
    return gw_fail(err, GW_ERR_UNAVAILABLE,
        "the process that starts picture decoders is gone: the service must be restarted");
}

static bool make_slot(struct slot *s, const struct gw_decoder_options *o, struct gw_err *err)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t bytes = (o->most_bytes + page - 1) / page * page;
    size_t pixels = (size_t)o->most_pixels * (3 + SCRATCH_PER_PIXEL) + SLACK_BYTES;
    *s = (struct slot){ .socket = -1, .pidfd = -1, .memory = { .pixels_at = bytes,
        .size = (bytes + pixels + page - 1) / page * page } };
    /* Only what is touched becomes memory. */
    void *base = mmap(NULL, s->memory.size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "no shared memory for the picture decoder: %s", strerror(errno));
    s->memory.base = base;
    madvise(base, s->memory.size, MADV_DONTDUMP);
    return true;
}

static bool start(struct gw_decoder *d, struct gw_err *err)
{
    unsigned n = d->options.n_children;
    for (unsigned i = 0; i < n; i++)
        if (!make_slot(&d->slots[i], &d->options, err))
            return false;
    struct gw_decoder_slot_memory *memory = gw_alloc_array(n, sizeof *memory);
    for (unsigned i = 0; i < n; i++)
        memory[i] = d->slots[i].memory;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        gw_free(memory);
        return gw_fail(err, GW_ERR_UNAVAILABLE, "no socket for the picture decoder: %s", strerror(errno));
    }
    d->forker_pid = fork();
    if (d->forker_pid == 0)
        gw_decoder_forker(pair[1], memory, n, &d->options);
    int error = errno;
    close(pair[1]);
    gw_free(memory);
    d->forker = pair[0];
    if (d->forker_pid < 0)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "no process for the picture decoder: %s", strerror(error));
    for (unsigned i = 0; i < n; i++) {
        /* Nothing else we ever start gets to see pictures. */
        madvise(d->slots[i].memory.base, d->slots[i].memory.size, MADV_DONTFORK);
        if (!slot_start(d, i, err))
            return false;
        d->free[d->n_free++] = i;
    }
    return true;
}

struct gw_decoder *gw_decoder_open(const struct gw_decoder_options *options, struct gw_err *err)
{
    if (options->n_children < 1 || options->most_bytes < 1 || options->most_pixels < 1)
        return gw_fail_null(err, GW_ERR_USAGE, "the picture decoder needs at least one child, byte and pixel");
    struct gw_decoder *d = gw_alloc(sizeof *d);
    d->options = *options;
    d->forker = -1;
    d->forker_pid = -1;
    d->slots = gw_alloc_array(options->n_children, sizeof *d->slots);
    d->free = gw_alloc_array(options->n_children, sizeof *d->free);
    for (unsigned i = 0; i < options->n_children; i++)
        d->slots[i] = (struct slot){ .socket = -1, .pidfd = -1 };
    pthread_mutex_init(&d->lock, NULL);
    pthread_cond_init(&d->returned, NULL);
    if (!start(d, err)) {
        gw_decoder_close(d);
        return NULL;
    }
    return d;
}

void gw_decoder_close(struct gw_decoder *d)
{
    if (d == NULL)
        return;
    /* The children first, so that the forker, whose they are, still sees them end. */
    for (unsigned i = 0; i < d->options.n_children; i++) {
        struct slot *s = &d->slots[i];
        if (s->memory.base == NULL)
            continue;
        slot_end(s);
        munmap(s->memory.base, s->memory.size);
    }
    forker_gone(d);
    while (d->forker_pid > 0 && waitpid(d->forker_pid, NULL, 0) < 0 && errno == EINTR)
        ;
    pthread_cond_destroy(&d->returned);
    pthread_mutex_destroy(&d->lock);
    gw_free(d->free);
    gw_free(d->slots);
    gw_free(d);
}

const char *gw_decoder_walls(const struct gw_decoder *d)
{
    return d->walls;
}

bool gw_decoder_ready(struct gw_decoder *d)
{
    pthread_mutex_lock(&d->lock);
    /* Its socket says nothing unasked, so readable means closed. */
    struct pollfd p = { .fd = d->forker, .events = POLLIN };
    if (d->forker >= 0 && poll(&p, 1, 0) > 0)
        forker_gone(d);
    bool ready = d->forker >= 0;
    pthread_mutex_unlock(&d->lock);
    return ready;
}

static bool take(unsigned *out, struct gw_decoder *d, struct gw_err *err)
{
    bool taken = true;
    pthread_mutex_lock(&d->lock);
    while (d->n_free == 0)
        pthread_cond_wait(&d->returned, &d->lock);
    unsigned i = d->free[--d->n_free];
    /* One that could not be started when the last was lost: now, perhaps. */
    if (d->slots[i].socket < 0 && !slot_start(d, i, err)) {
        d->free[d->n_free++] = i;
        pthread_cond_signal(&d->returned);
        taken = false;
    }
    pthread_mutex_unlock(&d->lock);
    *out = i;
    return taken;
}

static void give(struct gw_decoder *d, unsigned i, bool fresh)
{
    if (fresh)
        slot_end(&d->slots[i]);
    pthread_mutex_lock(&d->lock);
    if (fresh)
        (void)slot_start(d, i, NULL); /* else whoever takes it next tries again, and is told */
    d->free[d->n_free++] = i;
    pthread_cond_signal(&d->returned);
    pthread_mutex_unlock(&d->lock);
}

/* What a child says went wrong, as far as it is printable and one of the errors of decoding. */
static void told(struct gw_err *err, const struct gw_decoder_answer *answer)
{
    char text[sizeof answer->text];
    size_t n = 0;
    for (; n < sizeof text - 1 && answer->text[n] != 0; n++)
        text[n] = answer->text[n] >= 0x20 && answer->text[n] < 0x7f ? answer->text[n] : '?';
    text[n] = 0;
    enum gw_err_code code = GW_ERR_FORMAT;
    if (answer->code == GW_ERR_LIMIT || answer->code == GW_ERR_UNSUPPORTED || answer->code == GW_ERR_INVALID)
        code = (enum gw_err_code)answer->code;
    gw_fail_at(err, code, answer->at > SIZE_MAX ? GW_NO_PLACE : (size_t)answer->at, "%s",
        n > 0 ? text : "the picture could not be decoded");
}

static bool sound(const struct gw_decoder_answer *a, const struct gw_decoder_slot_memory *m, uint64_t most_pixels)
{
    return a->width >= 1 && a->height >= 1 && (uint64_t)a->width * a->height <= most_pixels &&
        (a->scale == 1 || a->scale == 2 || a->scale == 4 || a->scale == 8) && a->stride >= 3 * (uint64_t)a->width &&
        a->stride <= m->size && a->at >= m->pixels_at && a->at <= m->size && a->stride * a->height <= m->size - a->at;
}

bool gw_decoder_borrow(struct gw_decoder_picture *out, struct gw_decoder *d, struct gw_span bytes,
    const struct gw_image_limits *limits, uint32_t want_side, struct gw_err *err)
{
    unsigned i;
    if (bytes.size > d->options.most_bytes)
        return gw_fail(err, GW_ERR_LIMIT, "the picture has %zu bytes; at most %zu are taken", bytes.size,
            d->options.most_bytes);
    if (!take(&i, d, err))
        return false;

    struct slot *s = &d->slots[i];
    struct gw_decoder_ask ask;
    struct gw_decoder_answer answer = {};
    memset(&ask, 0, sizeof ask);
    ask.what = GW_DECODER_DECODE;
    ask.want_side = want_side;
    ask.n_bytes = bytes.size;
    ask.limits = *limits;
    ask.limits.most_pixels = GW_MIN(limits->most_pixels, d->options.most_pixels);
    if (bytes.size > 0)
        memcpy(s->memory.base, bytes.data, bytes.size);
    int64_t most_ms = limits->most_us > 0 ? limits->most_us / 500 + 1000 : WAIT_MS;
    ssize_t got = 0;
    if (send(s->socket, &ask, sizeof ask, MSG_NOSIGNAL) == (ssize_t)sizeof ask)
        got = receive(s->socket, &answer, sizeof answer, most_ms);
    /* Ours to wipe: the child may still be busy with a wipe when the next picture is written here. */
    explicit_bzero(s->memory.base, bytes.size);
    if (got != (ssize_t)sizeof answer || (answer.ok && !sound(&answer, &s->memory, ask.limits.most_pixels))) {
        give(d, i, true);
        return gw_fail(err, GW_ERR_INVALID,
            got < 0 ? "the picture kept its decoder busy for more than %lld ms and was given up"
                    : "the picture broke its decoder, which was replaced", (long long)most_ms);
    }
    *out = (struct gw_decoder_picture){
        .image = { s->memory.base + answer.at, answer.width, answer.height, (size_t)answer.stride },
        .scale = answer.scale, .decoder = d, .child = i,
    };
    if (answer.ok)
        return true;
    gw_decoder_return(out);
    told(err, &answer);
    return false;
}

void gw_decoder_return(struct gw_decoder_picture *p)
{
    struct gw_decoder *d = p->decoder;
    if (d == NULL)
        return;
    struct slot *s = &d->slots[p->child];
    struct gw_decoder_ask wipe;
    memset(&wipe, 0, sizeof wipe);
    wipe.what = GW_DECODER_WIPE;
    s->n_pictures++;
    bool fresh = s->n_pictures == d->options.pictures_per_child ||
        send(s->socket, &wipe, sizeof wipe, MSG_NOSIGNAL) != (ssize_t)sizeof wipe;
    give(d, p->child, fresh);
    *p = (struct gw_decoder_picture){};
}

bool gw_decoder_decode(struct gw_image *out, struct gw_arena *a, struct gw_decoder *d, struct gw_span bytes,
    const struct gw_image_limits *limits, uint32_t want_side, unsigned *scale, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_decoder_picture) p = {};
    if (!gw_decoder_borrow(&p, d, bytes, limits, want_side, err))
        return false;
    size_t row = (size_t)p.image.width * 3;
    struct gw_image copy = { .width = p.image.width, .height = p.image.height, .stride = row };
    copy.data = gw_arena_alloc(a, copy.height, row, err);
    if (copy.data == NULL)
        return false;
    for (uint32_t y = 0; y < copy.height; y++)
        memcpy(copy.data + y * row, p.image.data + y * p.image.stride, row);
    *out = copy;
    if (scale != NULL)
        *scale = p.scale;
    return true;
}

#ifdef GW_DECODER_HOOK
pid_t gw_decoder_child_pid(struct gw_decoder *d, unsigned child)
{
    pthread_mutex_lock(&d->lock);
    pid_t pid = d->slots[child].pid;
    pthread_mutex_unlock(&d->lock);
    return pid;
}
pid_t gw_decoder_forker_pid(struct gw_decoder *d)
{
    return d->forker_pid;
}
#endif
