/* drive.h - for benchmarks that start the real program on a free port with a store of its own,
 * and ask it: sockets in an epoll loop on this one thread, requests written as they were
 * prepared, so that it takes little of the machine it measures. BENCH is the bench's name.
 * Part of one bench; all is static. */
#pragma once
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 256, ANSWER_BYTES = 1 << 20 };

static bool is_asker; /* a process that only asks, until there is nobody to ask: what atexit does is not its to do */

static void stop(const char *what)
{
    if (is_asker)
        _exit(0);
    fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
    exit(1);
}

static double now_ms(void)
{
    return (double)gw_clock_monotonic_us() / 1000;
}

/* ---- numbers ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}
static double quantile(double *v, size_t n, double q)
{
    qsort(v, n, sizeof *v, by_value);
    return n == 0 ? NAN : v[(size_t)fmin((double)n - 1, floor(q * (double)n))];
}
static void set_spread(struct gw_json *j, const char *key, double *v, size_t n)
{
    struct gw_json *o = gw_json_object();
    gw_json_set_rounded(o, "median", quantile(v, n, 0.5), 3);
    gw_json_set_rounded(o, "p10", quantile(v, n, 0.1), 3);
    gw_json_set_rounded(o, "p90", quantile(v, n, 0.9), 3);
    gw_json_set_rounded(o, "p99", quantile(v, n, 0.99), 3);
    gw_json_set(j, key, o);
}
static struct gw_json *line(const char *what)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "bench", BENCH);
    gw_json_set_text(j, "what", what);
    return j;
}
static void print(struct gw_json *j)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, j, false);
    printf("%s\n", gw_buf_text(&text));
    fflush(stdout);
    gw_json_free(j);
}

/* ---- the program ---- */

static const char *program;
static char folder[PATH_MAX] = "/tmp/gangway-bench-XXXXXX";

struct served {
    pid_t pid;
    int port;
    double ready_ms;
    int out; /* its standard output */
};

static struct served serve(const char *store, const char *more)
{
    int out[2];
    char set_store[PATH_MAX + 64];
    struct served s = {};
    snprintf(set_store, sizeof set_store, "store.path=%s/%s", folder, store);
    if (pipe(out) != 0)
        stop("pipe");
    double began = now_ms();
    s.pid = fork();
    if (s.pid == 0) {
        setsid(); /* so that its processes can be told from others */
        prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0); /* a bench that is broken off leaves nobody behind */
        dup2(out[1], 1);
        close(out[0]);
        close(out[1]);
        execl(program, program, "serve", "--set", "http.listen=127.0.0.1:0", "--set", set_store, "--set", "log.level=error",
            "--set", "verify.attempts=20", "--set", "verify.liveness=0", "--set", more, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    char text[128] = "";
    for (size_t n = 0; n < sizeof text - 1 && strchr(text, '\n') == NULL;) {
        ssize_t k = read(out[0], text + n, sizeof text - 1 - n);
        if (k <= 0) {
            errno = ECHILD;
            stop("the service did not start");
        }
        n += (size_t)k;
        text[n] = 0;
    }
    s.ready_ms = now_ms() - began;
    *strchr(text, '\n') = 0; /* it may have said more already */
    s.port = atoi(strrchr(text, ':') + 1);
    s.out = out[0]; /* what else it says goes unread, but must have somewhere to go */
    return s;
}

static void sweep(void)
{
    char command[PATH_MAX + 16];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0)
        fprintf(stderr, "%s: %s is left behind\n", program_invocation_short_name, folder);
}

static void end(struct served *s)
{
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
    close(s->out);
}

static double rss_mib(pid_t pid)
{
    char path[64], row[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    FILE *f = fopen(path, "r");
    while (f != NULL && fgets(row, sizeof row, f) != NULL)
        sscanf(row, "VmRSS: %ld", &kib);
    if (f != NULL)
        fclose(f);
    return (double)kib / 1024;
}

/* Processor time of the service and its decoders so far: what others run beside it does not count. */
static double cpu_ms(pid_t session)
{
    double ticks = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char path[300], row[1024] = "";
        int sid = 0;
        unsigned long user = 0, system = 0;
        snprintf(path, sizeof path, "/proc/%s/stat", e->d_name);
        FILE *f = e->d_name[0] >= '1' && e->d_name[0] <= '9' ? fopen(path, "r") : NULL;
        if (f == NULL)
            continue;
        if (fgets(row, sizeof row, f) != NULL && strrchr(row, ')') != NULL &&
            sscanf(strrchr(row, ')') + 1, " %*c %*d %*d %d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &sid, &user, &system) == 3 &&
            sid == session)
            ticks += (double)(user + system);
        fclose(f);
    }
    closedir(d);
    return ticks * 1000 / (double)sysconf(_SC_CLK_TCK);
}

/* A token, by the command an operator would use. */
static char *token(const char *store, const char *arguments)
{
    char command[PATH_MAX + 512], row[1024] = "";
    snprintf(command, sizeof command, "%s %s --set store.path=%s/%s 2>/dev/null", program, arguments, folder, store);
    FILE *f = popen(command, "r");
    if (f == NULL || fgets(row, sizeof row, f) == NULL)
        stop("no token");
    pclose(f);
    const char *text;
    GW_AUTO(gw_json) *j = gw_json_parse(gw_span_str(row), NULL);
    if (!gw_json_get_text(j, "token", &text))
        stop("no token");
    return gw_strdup(text);
}

/* ---- the load ---- */

struct connection {
    int fd;
    bool busy;
    size_t variant, sent, got;
    double due_ms; /* when the request should have been sent: latency counts from here */
    double sent_ms, came_ms; /* by the system's clock: its first byte given to the kernel; the answer's last there */
    char *answer;
};

struct load {
    int port;
    size_t connections, requests;
    const struct gw_buf *variants; /* requests, sent in turn */
    size_t n_variants;
    double interval_ms; /* 0: each connection sends when it is answered */
    bool poisson;
    /* what came of it */
    double *latency_ms, *refused_ms;
    /* From when the request was given to the kernel until the kernel had the answer: without what
     * this thread waits for a core itself. */
    double *there_ms, *refused_there_ms;
    size_t n_ok, n_busy, n_other;
    double took_ms;
    void (*answered)(void *self, size_t variant, int status, struct gw_span body);
    void *self;
};

static int dial(int port)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1, size = 1 << 20;
    if (fd < 0 || connect(fd, (struct sockaddr *)&a, sizeof a) != 0)
        stop("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static uint64_t seed = 88172645463325252u;
static double uniform(void)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return ((double)(seed >> 11) + 0.5) / 9007199254740992.0;
}

/* The whole answer? Then its status. */
static int finished(struct connection *c, struct gw_span *body)
{
    c->answer[c->got] = 0;
    char *head_end = strstr(c->answer, "\r\n\r\n"), *length = strcasestr(c->answer, "\r\nContent-Length:");
    if (head_end == NULL || length == NULL || length > head_end)
        return 0;
    size_t n = strtoul(length + 17, NULL, 10), head = (size_t)(head_end - c->answer) + 4;
    if (c->got < head + n)
        return 0;
    *body = gw_span_of(c->answer + head, n);
    return atoi(c->answer + 9);
}

static double clock_ms(struct timespec t)
{
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static void push(struct connection *c, const struct load *l)
{
    const struct gw_buf *b = &l->variants[c->variant];
    if (c->sent == 0) {
        struct timespec t;
        clock_gettime(CLOCK_REALTIME, &t); /* what the kernel stamps with */
        c->sent_ms = clock_ms(t);
    }
    while (c->sent < b->size) {
        ssize_t n = send(c->fd, b->data + c->sent, b->size - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            stop("send");
        c->sent += (size_t)n;
    }
}

/* recv, and when the kernel had what came. */
static ssize_t receive(struct connection *c)
{
    union {
        char space[CMSG_SPACE(sizeof(struct timespec))];
        struct cmsghdr first;
    } control;
    struct iovec piece = { c->answer + c->got, ANSWER_BYTES - 1 - c->got };
    struct msghdr m = { .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control };
    ssize_t n = recvmsg(c->fd, &m, 0);
    for (struct cmsghdr *h = n > 0 ? CMSG_FIRSTHDR(&m) : NULL; h != NULL; h = CMSG_NXTHDR(&m, h))
        if (h->cmsg_level == SOL_SOCKET && h->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(h), sizeof t);
            c->came_ms = clock_ms(t);
        }
    return n;
}

static void take(struct connection *c, struct load *l, size_t *done)
{
    struct gw_span body;
    ssize_t n = receive(c);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        stop("the service closed a connection");
    c->got += (size_t)n;
    int status = finished(c, &body);
    if (status == 0)
        return;
    double took = now_ms() - c->due_ms;
    if (status == 200 || status == 201) {
        l->there_ms[l->n_ok] = c->came_ms - c->sent_ms;
        l->latency_ms[l->n_ok++] = took;
    } else if (status == 503) {
        l->refused_there_ms[l->n_busy] = c->came_ms - c->sent_ms;
        l->refused_ms[l->n_busy++] = took;
    } else
        l->n_other++;
    if (l->answered != NULL)
        l->answered(l->self, c->variant, status, body);
    c->busy = false;
    ++*done;
}

static void connect_again(struct connection *c, int poll_fd, int port)
{
    if (c->fd >= 0)
        close(c->fd);
    c->fd = dial(port);
    struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = c };
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &e);
}

static void run(struct load *l)
{
    static struct connection cs[MOST_CONNECTIONS];
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->latency_ms = calloc(l->requests, sizeof(double));
    l->there_ms = calloc(l->requests, sizeof(double));
    l->refused_ms = calloc(l->requests, sizeof(double));
    l->refused_there_ms = calloc(l->requests, sizeof(double));
    l->n_ok = l->n_busy = l->n_other = 0;
    for (size_t i = 0; i < l->connections; i++) {
        cs[i] = (struct connection){ .fd = -1, .answer = malloc(ANSWER_BYTES) };
        connect_again(&cs[i], poll_fd, l->port);
    }
    double began = now_ms(), due = began;
    size_t asked = 0, done = 0;
    while (done < l->requests) {
        double now = now_ms();
        for (size_t i = 0; i < l->connections && asked < l->requests && due <= now; i++) {
            if (cs[i].busy)
                continue;
            cs[i] = (struct connection){ .fd = cs[i].fd, .busy = true, .variant = asked++ % l->n_variants,
                .due_ms = l->interval_ms > 0 ? due : now, .answer = cs[i].answer };
            if (l->interval_ms > 0)
                due += l->poisson ? -log(uniform()) * l->interval_ms : l->interval_ms;
            push(&cs[i], l);
        }
        struct epoll_event e[MOST_CONNECTIONS];
        double wait = asked < l->requests && l->interval_ms > 0 ? fmax(0, due - now_ms()) : 1000;
        struct timespec t = { .tv_sec = (time_t)(wait / 1000), .tv_nsec = (long)(fmod(wait, 1000) * 1e6) };
        int n = epoll_pwait2(poll_fd, e, MOST_CONNECTIONS, &t, NULL);
        for (int i = 0; i < n; i++) {
            struct connection *c = e[i].data.ptr;
            if (c->busy && (e[i].events & EPOLLOUT) != 0)
                push(c, l);
            if (c->busy && (e[i].events & (EPOLLIN | EPOLLHUP)) != 0)
                take(c, l, &done);
            else if (!c->busy && (e[i].events & EPOLLRDHUP) != 0)
                connect_again(c, poll_fd, l->port); /* it was idle for longer than http.timeout */
        }
    }
    l->took_ms = now_ms() - began;
    for (size_t i = 0; i < l->connections; i++) {
        close(cs[i].fd);
        free(cs[i].answer);
    }
    close(poll_fd);
}

static void forget(struct load *l)
{
    free(l->latency_ms);
    free(l->there_ms);
    free(l->refused_ms);
    free(l->refused_there_ms);
}

static void request(struct gw_buf *out, const char *method, const char *path, const char *bearer, const char *headers, struct gw_span body)
{
    gw_buf_clear(out);
    gw_buf_addf(out, "%s %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n%s", method, path, bearer, headers);
    if (body.size > 0)
        gw_buf_addf(out, "Content-Length: %zu\r\n", body.size);
    gw_buf_add_text(out, "\r\n");
    gw_buf_add(out, body.data, body.size);
}

static void keep_body(void *self, size_t variant, int status, struct gw_span body)
{
    (void)variant;
    (void)status;
    gw_buf_clear(self);
    gw_buf_add(self, body.data, body.size);
}
static struct gw_json *ask(int port, const struct gw_buf *one)
{
    GW_AUTO_VALUE(gw_buf) body = {};
    struct load l = { .port = port, .connections = 1, .requests = 1, .variants = one, .n_variants = 1, .answered = keep_body, .self = &body };
    run(&l);
    forget(&l);
    return gw_json_parse(gw_buf_span(&body), NULL);
}

/* ---- where the time went, as the service counts it ---- */

static void read_metrics(struct gw_buf *body, int port, const char *officer)
{
    GW_AUTO_VALUE(gw_buf) one = {};
    request(&one, "GET", "/metrics", officer, "", (struct gw_span){});
    struct load l = { .port = port, .connections = 1, .requests = 1, .variants = &one, .n_variants = 1, .answered = keep_body, .self = body };
    run(&l);
    forget(&l);
}
static double number_after(const struct gw_buf *metrics, const char *name)
{
    const char *at = strstr(gw_buf_text(metrics), name);
    return at == NULL ? NAN : atof(at + strlen(name));
}

/* Means, because sums and counts are what it keeps. */
static void set_stages(struct gw_json *j, const struct gw_buf *before, const struct gw_buf *after)
{
    static const char *const names[] = { "queue_seconds_%s ", "stage_seconds_%s{stage=\"decode\"} ", "stage_seconds_%s{stage=\"detect\"} ",
        "stage_seconds_%s{stage=\"landmarks\"} ", "stage_seconds_%s{stage=\"quality\"} ", "stage_seconds_%s{stage=\"align\"} ",
        "stage_seconds_%s{stage=\"embed\"} ", "stage_seconds_%s{stage=\"search\"} ", "stage_seconds_%s{stage=\"record\"} " };
    static const char *const keys[GW_COUNT(names)] = { "queue", "decode", "detect", "landmarks", "quality", "align", "embed", "search", "record" };
    struct gw_json *o = gw_json_object();
    for (size_t i = 0; i < GW_COUNT(names); i++) {
        double grown[2];
        for (int k = 0; k < 2; k++) {
            char name[80] = "\ngangway_";
            snprintf(name + strlen(name), sizeof name - strlen(name), names[i], k == 0 ? "sum" : "count");
            grown[k] = number_after(after, name) - number_after(before, name);
        }
        if (grown[1] > 0)
            gw_json_set_rounded(o, keys[i], grown[0] / grown[1] * 1000, 2);
    }
    gw_json_set(j, "mean_ms", o);
}
