/* child.c - the other side: the forker, and the children it makes.
 *
 * The forker touches no picture. A child gives up everything first (jail.c) and then
 * only reads a request, decodes, answers, wipes, until its socket is closed. */
#include "decoder/jail.h"
#include "decoder/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CPU_S_PER_PICTURE = 4, CPU_S_WITHOUT_END = 1 << 24, KEEP_BYTES = 8 << 20 };

/* One message in or out; both end the process when the other side is gone. */
static void read_whole(void *to, size_t size)
{
    if (read(0, to, size) != (ssize_t)size)
        _exit(0);
}

static void write_whole(const void *from, size_t size)
{
    if (write(0, from, size) != (ssize_t)size)
        _exit(0);
}

static void decode(struct gw_decoder_answer *answer, struct gw_arena *arena, const struct gw_decoder_slot_memory *m,
    const struct gw_decoder_ask *ask)
{
    struct gw_err err = {};
    struct gw_image image;
    unsigned scale = 1;
    struct gw_span bytes = gw_span_of(m->base, ask->n_bytes);
    memset(answer, 0, sizeof *answer); /* padding too */
#ifdef GW_DECODER_HOOK
    if (gw_decoder_hook(answer, bytes))
        return;
#endif
    if (gw_image_decode(&image, arena, bytes, &ask->limits, ask->want_side, &scale, &err)) {
        answer->ok = 1;
        answer->at = (uint64_t)(image.data - m->base);
        answer->width = image.width;
        answer->height = image.height;
        answer->stride = image.stride;
        answer->scale = scale;
    } else {
        answer->code = (uint32_t)err.code;
        answer->at = err.at == GW_NO_PLACE ? UINT64_MAX : err.at;
        memcpy(answer->text, err.text, sizeof answer->text);
    }
}

static bool close_but(int keep, int keep_too)
{
    int low = GW_MIN(keep, keep_too), high = GW_MAX(keep, keep_too);
    return (low == 0 || close_range(0, (unsigned)low - 1, 0) == 0) &&
        (high <= low + 1 || close_range((unsigned)low + 1, (unsigned)high - 1, 0) == 0) &&
        close_range((unsigned)high + 1, ~0u, 0) == 0;
}

/* Settings, and with them passwords, may come by the environment: it lies above us on the first thread's stack. */
static void forget_environment(void)
{
    for (char **e = environ; e != NULL && *e != NULL; e++)
        if ((uintptr_t)*e > (uintptr_t)__builtin_frame_address(0))
            explicit_bzero(*e, strlen(*e));
    clearenv();
}

_Noreturn static void child(const struct gw_decoder_slot_memory *m, const struct gw_decoder_options *options)
{
    struct gw_err err = {};
    struct gw_decoder_hello hello;
    struct gw_jail_limits limits = {
        .memory_bytes = options->memory_bytes,
        .most_cpu_s = options->pictures_per_child > 0 ? (int64_t)options->pictures_per_child * CPU_S_PER_PICTURE
                                                      : CPU_S_WITHOUT_END,
    };
    memset(&hello, 0, sizeof hello);
    prctl(PR_SET_NAME, "gangway-picture", 0, 0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    /* Short of memory, a decoder should go rather than the service. */
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0) {
        (void)!write(fd, "1000", 4);
        close(fd);
    }
    mallopt(M_PERTURB, 0xa5); /* what the libraries free is overwritten */
    /* A library's buffers for one picture serve for the next, instead of new pages from the kernel for each; beyond
     * what is worth keeping they go back. */
    mallopt(M_MMAP_THRESHOLD, KEEP_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEEP_BYTES);

    struct gw_arena *arena = gw_arena_new_in(m->base + m->pixels_at, m->size - m->pixels_at);
    /* 2 stays for the sanitizers' reports; the filter lets nobody else write there. */
    hello.ok = close_but(0, 2) ? gw_jail_enter(&hello.landlock_abi, &limits, &err)
                               : gw_fail(&err, GW_ERR_UNAVAILABLE,
                                     "the picture decoder cannot be confined: close_range (Linux 5.9): %s", strerror(errno));
    memcpy(hello.text, err.text, sizeof hello.text);
    write_whole(&hello, sizeof hello);
    if (!hello.ok)
        _exit(1);

    for (;;) {
        struct gw_decoder_ask ask;
        struct gw_decoder_answer answer;
        read_whole(&ask, sizeof ask);
        if (ask.what == GW_DECODER_WIPE) {
            size_t used = gw_arena_used(arena);
            gw_arena_reset(arena);
            if (used > KEEP_BYTES) /* a rare large picture's memory goes back to the machine */
                madvise(m->base + m->pixels_at, m->size - m->pixels_at, MADV_REMOVE);
            continue;
        }
        decode(&answer, arena, m, &ask);
        write_whole(&answer, sizeof answer);
    }
}


/* Makes one child; its socket's other end and its pidfd come out. errno on failure. */
static int spawn(struct gw_decoder_spawned *out, int fds[2], const struct gw_decoder_slot_memory *slots, unsigned n,
    unsigned slot, const struct gw_decoder_options *options)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0)
        return errno;
    pid_t pid = fork();
    if (pid < 0) {
        int error = errno;
        close(pair[0]);
        close(pair[1]);
        return error;
    }
    if (pid == 0) {
        /* The other children's pictures are not this one's. */
        for (unsigned i = 0; i < n; i++)
            if (i != slot)
                munmap(slots[i].base, slots[i].size);
        dup2(pair[1], 0);
        child(&slots[slot], options);
    }
    close(pair[1]);
    /* It is not reaped before this, so the number is still its own. */
    fds[1] = (int)syscall(SYS_pidfd_open, pid, 0);
    if (fds[1] < 0) {
        int error = errno;
        kill(pid, SIGKILL);
        close(pair[0]);
        return error;
    }
    fds[0] = pair[0];
    out->pid = pid;
    return 0;
}

static bool send_with(int socket, const struct gw_decoder_spawned *m, const int fds[2])
{
    struct iovec part = { .iov_base = (void *)(uintptr_t)m, .iov_len = sizeof *m };
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {};
    struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };
    if (m->error == 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(2 * sizeof(int));
        memcpy(CMSG_DATA(c), fds, 2 * sizeof(int));
    }
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *m;
}

/* The service is gone. Children that notice get a moment to end, so that nobody has to reap them who is not used
 * to it (the first process of a container); PR_SET_PDEATHSIG takes the others along. */
_Noreturn static void leave(void)
{
    for (int i = 0; i < 20 && waitpid(-1, NULL, WNOHANG) >= 0; i++)
        poll(NULL, 0, 5);
    _exit(0);
}

void gw_decoder_forker(int socket, const struct gw_decoder_slot_memory *slots, unsigned n,
    const struct gw_decoder_options *options)
{
    sigset_t children;
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2 };
    /* The service drains its requests after a SIGTERM to the whole group; we go when it goes. */
    for (size_t i = 0; i < GW_COUNT(ignored); i++)
        signal(ignored[i], SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    setsid();
    prctl(PR_SET_NAME, "gangway-forker", 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    (void)close_but(socket, 2); /* a child whose own call fails says so */
    forget_environment();
    if (socket != 0) { /* so that no later descriptor becomes standard input or output by accident */
        int null = open("/dev/null", O_RDWR | O_CLOEXEC);
        (void)null;
    }
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    int ended = signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);

    for (;;) {
        struct pollfd fds[2] = { { .fd = socket, .events = POLLIN }, { .fd = ended, .events = POLLIN } };
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            _exit(1);
        if (fds[1].revents & POLLIN) {
            struct signalfd_siginfo information;
            (void)!read(ended, &information, sizeof information);
            while (waitpid(-1, NULL, WNOHANG) > 0)
                ;
        }
        if (fds[0].revents == 0)
            continue;
        struct gw_decoder_spawn ask;
        struct gw_decoder_spawned answer;
        int sockets[2] = { -1, -1 };
        memset(&answer, 0, sizeof answer);
        if (read(socket, &ask, sizeof ask) != (ssize_t)sizeof ask || ask.slot >= n)
            leave();
        answer.error = spawn(&answer, sockets, slots, n, ask.slot, options);
        if (!send_with(socket, &answer, sockets))
            leave();
        for (unsigned i = 0; i < 2; i++)
            if (sockets[i] >= 0)
                close(sockets[i]);
    }
}
