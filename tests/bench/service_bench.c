/* service_bench.c - what a decision costs over HTTP, beside the networks it cannot do
 * without and a disk's fsync, measured in turns in one run. One line of JSON for each
 * question.
 *
 *     service_bench PROGRAM PICTURE PHOTO...     (gangway, a live picture of the first photo, portraits)
 *     service_bench … --requests N               of the comparison of answers, default 10000
 *     service_bench … --only WORD                start, decision, cores, queue or answers
 *
 * It starts the real program on a free port of this machine with a store of its own,
 * and ends it. The load comes from this one thread: sockets in an epoll loop, requests
 * written as they were prepared, so that it takes little of the machine it measures. */
#include "base/buf.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/json.h"
#include "face/face.h"
#include "face/ort.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { GALLERY = 420, MOST_CONNECTIONS = 64, MOST_VARIANTS = 512, ANSWER_BYTES = 1 << 20, ROUNDS = 300 };

static void stop(const char *what)
{
    fprintf(stderr, "service_bench: %s: %s\n", what, strerror(errno));
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
    gw_json_set_text(j, "bench", "service");
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
static char folder[] = "/tmp/gangway-bench-XXXXXX";

struct served {
    pid_t pid;
    int port;
    double ready_ms;
};

static struct served serve(const char *store, const char *more)
{
    int out[2];
    char set_store[128];
    struct served s = {};
    snprintf(set_store, sizeof set_store, "store.path=%s/%s", folder, store);
    if (pipe(out) != 0)
        stop("pipe");
    double began = now_ms();
    s.pid = fork();
    if (s.pid == 0) {
        setsid(); /* so that its processes can be told from others */
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
    s.port = atoi(strrchr(text, ':') + 1);
    close(out[0]);
    return s;
}

static void end(struct served *s)
{
    kill(s->pid, SIGTERM);
    waitpid(s->pid, NULL, 0);
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
    char command[512], row[1024] = "";
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

static void push(struct connection *c, const struct load *l)
{
    const struct gw_buf *b = &l->variants[c->variant];
    while (c->sent < b->size) {
        ssize_t n = send(c->fd, b->data + c->sent, b->size - c->sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n <= 0)
            stop("send");
        c->sent += (size_t)n;
    }
}

static void take(struct connection *c, struct load *l, size_t *done)
{
    struct gw_span body;
    ssize_t n = recv(c->fd, c->answer + c->got, ANSWER_BYTES - 1 - c->got, 0);
    if (n < 0 && errno == EAGAIN)
        return;
    if (n <= 0)
        stop("the service closed a connection");
    c->got += (size_t)n;
    int status = finished(c, &body);
    if (status == 0)
        return;
    double took = now_ms() - c->due_ms;
    if (status == 200 || status == 201)
        l->latency_ms[l->n_ok++] = took;
    else if (status == 503)
        l->refused_ms[l->n_busy++] = took;
    else
        l->n_other++;
    if (l->answered != NULL)
        l->answered(l->self, c->variant, status, body);
    c->busy = false;
    ++*done;
}

static void run(struct load *l)
{
    static struct connection cs[MOST_CONNECTIONS];
    int poll_fd = epoll_create1(EPOLL_CLOEXEC);
    l->latency_ms = calloc(l->requests, sizeof(double));
    l->refused_ms = calloc(l->requests, sizeof(double));
    l->n_ok = l->n_busy = l->n_other = 0;
    for (size_t i = 0; i < l->connections; i++) {
        cs[i] = (struct connection){ .fd = dial(l->port), .answer = malloc(ANSWER_BYTES) };
        struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = &cs[i] };
        epoll_ctl(poll_fd, EPOLL_CTL_ADD, cs[i].fd, &e);
    }
    double began = now_ms(), due = began;
    size_t asked = 0, done = 0;
    while (done < l->requests) {
        double now = now_ms();
        for (size_t i = 0; i < l->connections && asked < l->requests && due <= now; i++) {
            if (cs[i].busy)
                continue;
            cs[i] = (struct connection){ cs[i].fd, true, asked++ % l->n_variants, 0, 0, l->interval_ms > 0 ? due : now, cs[i].answer };
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
    free(l->refused_ms);
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

/* ---- the board: a voyage of 420, each with a portrait; the first photo is of the one who comes ---- */

static struct gw_buf photos[64], picture;
static size_t n_photos;

struct board {
    char *carrier, *officer, *device;
    char voyage[64];
};

static struct board board(const char *store, int port)
{
    struct board b = { token(store, "user add bench --role carrier --carrier XX"),
        token(store, "user add bench --role officer"), token(store, "device add bench --site YVR"), "" };
    GW_AUTO_VALUE(gw_buf) body = {};
    GW_AUTO_VALUE(gw_buf) one = {};
    char departure[GW_TIME_TEXT], headers[256];
    gw_time_format(departure, (gw_clock_now(NULL) / GW_US_PER_S + 7200) * GW_US_PER_S);
    gw_buf_addf(&body, "{\"kind\":\"passenger_list\",\"voyage\":{\"mode\":\"air\",\"direction\":\"departure\",\"carrier\":\"XX\",\"number\":\"1\","
                       "\"from\":\"YVR\",\"to\":\"JFK\",\"departure\":\"%s\"},\"travelers\":[", departure);
    for (int i = 0; i < GALLERY; i++)
        gw_buf_addf(&body, "%s{\"surname\":\"BENCH\",\"reference\":\"R%d\",\"seat\":\"%dA\",\"documents\":[{\"type\":\"P\",\"number\":\"B%05d\",\"issuing_state\":\"UTO\"}]}",
            i == 0 ? "" : ",", i, i, i);
    gw_buf_add_text(&body, "]}");
    request(&one, "POST", "/v1/manifests", b.carrier, "Content-Type: application/json\r\n", gw_buf_span(&body));
    GW_AUTO(gw_json) *j = ask(port, &one);
    const char *voyage;
    if (!gw_json_get_text(j, "voyage", &voyage))
        stop("the manifest was refused");
    snprintf(b.voyage, sizeof b.voyage, "%s", voyage);
    static struct gw_buf portraits[GALLERY];
    for (int i = 0; i < GALLERY; i++) {
        snprintf(headers, sizeof headers, "Content-Type: image/jpeg\r\nX-Document-Number: B%05d\r\nX-Issuing-State: UTO\r\nX-Portrait-Source: passport\r\n", i);
        const struct gw_buf *photo = &photos[i == 0 ? 0 : 1 + (size_t)(i - 1) % (n_photos - 1)];
        request(&portraits[i], "PUT", "/v1/portraits", b.carrier, headers, gw_buf_span(photo));
    }
    struct load l = { .port = port, .connections = 2, .requests = GALLERY, .variants = portraits, .n_variants = GALLERY };
    run(&l);
    if (l.n_ok != GALLERY)
        stop("portraits were refused");
    forget(&l);
    for (int i = 0; i < GALLERY; i++)
        gw_buf_done(&portraits[i]);
    return b;
}

static void verification(struct gw_buf *out, const struct board *b, struct gw_span body)
{
    char path[128];
    snprintf(path, sizeof path, "/v1/voyages/%s/verifications", b->voyage);
    request(out, "POST", path, b->device, "Content-Type: image/jpeg\r\n", body);
}

/* ---- the bare networks: every run of one, as the linker lets us see it ---- */

bool __real_gw_net_run(struct gw_net_io *io, struct gw_err *err);
bool __wrap_gw_net_run(struct gw_net_io *io, struct gw_err *err);
static double networks_ms, networks_cpu_ms;
bool __wrap_gw_net_run(struct gw_net_io *io, struct gw_err *err)
{
    struct timespec a, b, c, d;
    clock_gettime(CLOCK_MONOTONIC, &a);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &c);
    bool ok = __real_gw_net_run(io, err);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &d);
    clock_gettime(CLOCK_MONOTONIC, &b);
    networks_cpu_ms += (double)(d.tv_sec - c.tv_sec) * 1e3 + (double)(d.tv_nsec - c.tv_nsec) * 1e-6;
    networks_ms += (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) * 1e-6;
    return ok;
}

struct bare {
    struct gw_faces *faces;
    struct gw_face_scratch *scratch;
    struct gw_arena *mem;
    struct gw_image image;
};

static void bare_open(struct bare *b)
{
    struct gw_err err = {};
    struct gw_conf conf = {};
    gw_conf_init(&conf);
    const struct gw_faces_options options = gw_faces_options_of(&conf);
    const struct gw_image_limits limits = GW_IMAGE_LIMITS_DEFAULT;
    b->mem = gw_arena_new((size_t)1 << 28);
    if ((b->faces = gw_faces_open(&options, &err)) == NULL || (b->scratch = gw_face_scratch_new(b->faces, &err)) == NULL ||
        !gw_image_decode(&b->image, b->mem, gw_buf_span(&picture), &limits, 0, NULL, &err)) {
        fprintf(stderr, "service_bench: %s\n", err.text);
        exit(1);
    }
}

/* What the service's decision asks of the networks as it ships: find and embed (liveness is off). */
static double bare_run(struct bare *b)
{
    struct gw_err err = {};
    struct gw_face faces[8];
    static struct gw_embedding embedding;
    size_t n;
    networks_ms = networks_cpu_ms = 0;
    if (!gw_face_find(faces, 8, &n, b->faces, b->scratch, &b->image, NULL, &err) || n == 0 ||
        !gw_face_embed(&embedding, b->faces, b->scratch, &b->image, &faces[0], NULL, &err))
        stop("the picture has no face");
    return networks_ms;
}

static double fsync_once(int fd)
{
    static char block[4096];
    double began = now_ms();
    if (write(fd, block, sizeof block) != (ssize_t)sizeof block || fsync(fd) != 0)
        stop("fsync");
    return now_ms() - began;
}

/* ---- the questions ---- */

static void decision(const struct served *s, const struct board *b)
{
    static double http[ROUNDS], nets[ROUNDS], nets_cpu[ROUNDS], disk[ROUNDS];
    struct bare bare;
    GW_AUTO_VALUE(gw_buf) one = {};
    char path[128];
    snprintf(path, sizeof path, "%s/fsync", folder);
    int fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    bare_open(&bare);
    verification(&one, b, gw_buf_span(&picture));
    size_t n = 0;
    double cpu = 0;
    for (size_t i = 0; i < ROUNDS + 20; i++) {
        if (i == 20)
            cpu = cpu_ms(s->pid);
        double net = bare_run(&bare), sync = fsync_once(fd);
        struct load l = { .port = s->port, .connections = 1, .requests = 1, .variants = &one, .n_variants = 1 };
        run(&l);
        if (l.n_ok != 1)
            stop("a verification was refused");
        if (i >= 20) { /* the first are for warming up */
            nets[n] = net;
            nets_cpu[n] = networks_cpu_ms;
            disk[n] = sync;
            http[n++] = l.latency_ms[0];
        }
        forget(&l);
    }
    cpu = (cpu_ms(s->pid) - cpu) / ROUNDS;
    close(fd);
    struct gw_json *j = line("decision");
    gw_json_set_text(j, "picture", "640x480 JPEG");
    gw_json_set_integer(j, "gallery", GALLERY);
    gw_json_set_integer(j, "bytes", (int64_t)picture.size);
    set_spread(j, "http_ms", http, n);
    set_spread(j, "networks_ms", nets, n);
    set_spread(j, "fsync_ms", disk, n);
    gw_json_set_rounded(j, "ratio", quantile(http, n, 0.5) / (quantile(nets, n, 0.5) + quantile(disk, n, 0.5)), 3);
    gw_json_set_real(j, "goal_at_most", 1.25);
    /* The same in processor time, for a machine that is not ours alone: all of the service's, over the networks'. */
    gw_json_set_rounded(j, "service_cpu_ms", cpu, 3);
    set_spread(j, "networks_cpu_ms", nets_cpu, n);
    gw_json_set_rounded(j, "cpu_ratio", cpu / quantile(nets_cpu, n, 0.5), 3);
    print(j);
    gw_face_scratch_free(bare.scratch);
    gw_faces_close(bare.faces);
    gw_arena_free(bare.mem);
}

struct pace {
    double per_s, service_cpu_ms, client_cpu_ms; /* processor time for each request */
};

static double own_cpu_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

static struct pace pace_of(const struct served *s, const struct board *b, size_t connections, size_t requests)
{
    GW_AUTO_VALUE(gw_buf) one = {};
    verification(&one, b, gw_buf_span(&picture));
    struct load l = { .port = s->port, .connections = connections, .requests = requests, .variants = &one, .n_variants = 1 };
    double service = cpu_ms(s->pid), client = own_cpu_ms();
    run(&l);
    client = own_cpu_ms() - client;
    service = cpu_ms(s->pid) - service;
    if (l.n_ok != requests)
        stop("verifications were refused");
    forget(&l);
    return (struct pace){ (double)requests / l.took_ms * 1000, service / (double)requests, client / (double)requests };
}

/* The service, its decoders and all their threads on the first n of our cores. */
static void confine(pid_t session, int n)
{
    cpu_set_t all, some;
    CPU_ZERO(&some);
    if (sched_getaffinity(0, sizeof all, &all) != 0)
        stop("cores");
    for (int i = 0, left = n; i < CPU_SETSIZE && left > 0; i++)
        if (CPU_ISSET(i, &all)) {
            CPU_SET(i, &some);
            left--;
        }
    DIR *d = opendir("/proc");
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        pid_t pid = (pid_t)atoi(e->d_name);
        char path[64];
        if (pid <= 0 || getsid(pid) != session)
            continue;
        snprintf(path, sizeof path, "/proc/%d/task", pid);
        DIR *tasks = opendir(path);
        for (struct dirent *t; tasks != NULL && (t = readdir(tasks)) != NULL;)
            if (atoi(t->d_name) > 0)
                sched_setaffinity((pid_t)atoi(t->d_name), sizeof some, &some);
        if (tasks != NULL)
            closedir(tasks);
    }
    closedir(d);
}

/* Takes turns: a whole service on one core; one recognition thread with the other core
 * free for everything beside it; a whole service on two cores. As many recognition
 * threads as the program would take by itself: one more than cores. */
static void two_cores(void)
{
    enum { TURNS = 7, REQUESTS = 200 };
    static double one[TURNS], helped[TURNS], two[TURNS], ratio[TURNS], ratio_helped[TURNS], cpu[3][TURNS], client[TURNS];
    struct served a = serve("one", "work.threads=2"), b = serve("helped", "work.threads=1"), c = serve("two", "work.threads=3");
    struct board of_a = board("one", a.port), of_b = board("helped", b.port), of_c = board("two", c.port);
    confine(a.pid, 1);
    confine(c.pid, 2);
    for (size_t i = 0; i < TURNS; i++) {
        struct pace p = pace_of(&a, &of_a, 4, REQUESTS), q = pace_of(&b, &of_b, 4, REQUESTS), r = pace_of(&c, &of_c, 8, REQUESTS * 2);
        one[i] = p.per_s, helped[i] = q.per_s, two[i] = r.per_s;
        cpu[0][i] = p.service_cpu_ms, cpu[1][i] = q.service_cpu_ms, cpu[2][i] = r.service_cpu_ms;
        client[i] = r.client_cpu_ms;
        ratio[i] = r.per_s / p.per_s;
        ratio_helped[i] = r.per_s / q.per_s;
    }
    struct gw_json *j = line("two cores");
    set_spread(j, "one_core_per_s", one, TURNS);
    set_spread(j, "one_thread_per_s", helped, TURNS);
    set_spread(j, "two_per_s", two, TURNS);
    set_spread(j, "one_core_cpu_ms", cpu[0], TURNS);
    set_spread(j, "one_thread_cpu_ms", cpu[1], TURNS);
    set_spread(j, "two_cpu_ms", cpu[2], TURNS);
    set_spread(j, "client_cpu_ms", client, TURNS);
    gw_json_set_rounded(j, "ratio", quantile(ratio, TURNS, 0.5), 3);
    gw_json_set_rounded(j, "ratio_to_one_thread", quantile(ratio_helped, TURNS, 0.5), 3);
    gw_json_set_real(j, "goal_at_least", 1.8);
    print(j);
    end(&a);
    end(&b);
    end(&c);
}

static void at_load(const struct served *s, const struct board *b, double share, bool poisson)
{
    GW_AUTO_VALUE(gw_buf) one = {};
    verification(&one, b, gw_buf_span(&picture));
    double most = pace_of(s, b, 8, 600).per_s;
    struct load l = { .port = s->port, .connections = MOST_CONNECTIONS, .requests = 1500, .variants = &one, .n_variants = 1,
        .interval_ms = 1000 / (most * share), .poisson = poisson };
    run(&l);
    struct gw_json *j = line(poisson ? "latency at load, arrivals at random" : "latency at load, arrivals evenly");
    gw_json_set_rounded(j, "most_per_s", most, 1);
    gw_json_set_real(j, "share", share);
    set_spread(j, "ms", l.latency_ms, l.n_ok);
    gw_json_set_integer(j, "refused", (int64_t)l.n_busy);
    gw_json_set_rounded(j, "p99_over_p50", quantile(l.latency_ms, l.n_ok, 0.99) / quantile(l.latency_ms, l.n_ok, 0.5), 3);
    if (!poisson)
        gw_json_set_real(j, "goal_at_most", 2);
    print(j);
    forget(&l);
}

static void full_queue(void)
{
    GW_AUTO_VALUE(gw_buf) one = {};
    struct served s = serve("full", "work.queue=2");
    struct board b = board("full", s.port);
    verification(&one, &b, gw_buf_span(&picture));
    struct load l = { .port = s.port, .connections = 32, .requests = 3000, .variants = &one, .n_variants = 1 };
    run(&l);
    struct gw_json *j = line("full queue");
    gw_json_set_integer(j, "answered", (int64_t)l.n_ok);
    gw_json_set_integer(j, "refused", (int64_t)l.n_busy);
    set_spread(j, "refused_ms", l.refused_ms, l.n_busy);
    gw_json_set_rounded(j, "refused_most_ms", quantile(l.refused_ms, l.n_busy, 1), 3);
    gw_json_set_real(j, "goal_ms", 10);
    forget(&l);
    l = (struct load){ .port = s.port, .connections = 1, .requests = 50, .variants = &one, .n_variants = 1 };
    run(&l);
    gw_json_set_bool(j, "recovered", l.n_ok == 50);
    print(j);
    forget(&l);
    end(&s);
}

/* ---- the same answers: what was measured of each picture, from 1 client and from 64 ---- */

struct answers {
    size_t n;
    struct {
        char id[32];
        size_t variant;
    } *of;
};
static void keep_id(void *self, size_t variant, int status, struct gw_span body)
{
    struct answers *a = self;
    const char *id;
    GW_AUTO(gw_json) *j = gw_json_parse(body, NULL);
    if (status == 200 && gw_json_get_text(j, "verification", &id)) {
        snprintf(a->of[a->n].id, sizeof a->of[0].id, "%s", id);
        a->of[a->n++].variant = variant;
    }
}
static int by_id(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Facts of a picture as the record has them; who was first to be cleared is left out. */
static void compare_page(const struct gw_json *list, struct answers *a, struct gw_buf *facts, size_t *compared, size_t *differing)
{
    for (size_t i = 0; i < gw_json_size(list); i++) {
        const struct gw_json *v = gw_json_at(list, i);
        const char *id = "", *reason = "";
        double score = 0, next = 0, quality = 0, live = 0;
        gw_json_get_text(v, "verification", &id);
        gw_json_get_text(v, "reason", &reason);
        gw_json_get_real(v, "score", &score);
        gw_json_get_real(v, "next_score", &next);
        gw_json_get_real(v, "quality", &quality);
        gw_json_get_real(v, "liveness", &live);
        const size_t *found = bsearch(id, a->of, a->n, sizeof a->of[0], by_id);
        if (found == NULL)
            continue;
        size_t variant = a->of[((const char *)found - (const char *)a->of) / (ptrdiff_t)sizeof a->of[0]].variant;
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_buf_addf(&text, "%s %.4f %.4f %.1f %.3f", strcmp(reason, "already_cleared") == 0 ? "matched" : reason, score, next, quality, live);
        ++*compared;
        if (facts[variant].size == 0)
            gw_buf_add(&facts[variant], text.data, text.size);
        else
            *differing += !gw_span_equal(gw_buf_span(&facts[variant]), gw_buf_span(&text));
    }
}

static void compare(int port, const struct board *b, struct answers *a, struct gw_buf *facts, size_t *compared, size_t *differing)
{
    char cursor[128] = "";
    qsort(a->of, a->n, sizeof a->of[0], by_id);
    for (bool more = true; more;) {
        GW_AUTO_VALUE(gw_buf) one = {};
        char path[256];
        snprintf(path, sizeof path, "/v1/voyages/%s/verifications?limit=500%s%s", b->voyage, *cursor == 0 ? "" : "&cursor=", cursor);
        request(&one, "GET", path, b->officer, "", (struct gw_span){});
        GW_AUTO(gw_json) *j = ask(port, &one);
        compare_page(gw_json_get(j, "verifications"), a, facts, compared, differing);
        const char *next;
        more = gw_json_get_text(j, "cursor", &next);
        if (more)
            snprintf(cursor, sizeof cursor, "%s", next);
    }
}

static void same_answers(size_t requests)
{
    static struct gw_buf variants[64], facts[64];
    struct served s = serve("same", "work.queue=100");
    struct board b = board("same", s.port);
    size_t n = GW_MIN(n_photos, GW_COUNT(variants) - 1), compared[2] = {}, differing = 0;
    verification(&variants[0], &b, gw_buf_span(&picture));
    for (size_t i = 0; i < n; i++)
        verification(&variants[i + 1], &b, gw_buf_span(&photos[i]));
    double took[2];
    for (int many = 0; many < 2; many++) {
        struct answers a = { .of = calloc(requests, sizeof a.of[0]) };
        struct load l = { .port = s.port, .connections = many ? 64 : 1, .requests = requests, .variants = variants, .n_variants = n + 1,
            .answered = keep_id, .self = &a };
        run(&l);
        took[many] = l.took_ms;
        if (l.n_ok != requests)
            stop("verifications were refused");
        compare(s.port, &b, &a, facts, &compared[many], &differing);
        forget(&l);
        free(a.of);
    }
    struct gw_json *j = line("same answers");
    gw_json_set_integer(j, "pictures", (int64_t)n + 1);
    gw_json_set_integer(j, "from_one", (int64_t)compared[0]);
    gw_json_set_integer(j, "from_sixty_four", (int64_t)compared[1]);
    gw_json_set_integer(j, "differing", (int64_t)differing);
    gw_json_set_rounded(j, "one_per_s", (double)requests / took[0] * 1000, 1);
    gw_json_set_rounded(j, "sixty_four_per_s", (double)requests / took[1] * 1000, 1);
    print(j);
    end(&s);
}

static void start(void)
{
    enum { STARTS = 7 };
    double ready[STARTS], rss[STARTS];
    for (size_t i = 0; i < STARTS; i++) {
        char store[32];
        snprintf(store, sizeof store, "start%zu", i);
        struct served s = serve(store, "work.queue=64");
        ready[i] = s.ready_ms;
        rss[i] = rss_mib(s.pid);
        end(&s);
    }
    struct gw_json *j = line("start");
    set_spread(j, "ready_ms", ready, STARTS);
    gw_json_set_real(j, "goal_ready_ms", 500);
    set_spread(j, "rss_mib", rss, STARTS);
    gw_json_set_real(j, "goal_rss_mib", 150);
    print(j);
}

static void sweep(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0)
        fprintf(stderr, "service_bench: %s is left behind\n", folder);
}

int main(int argc, char **argv)
{
    struct gw_err err = {};
    size_t requests = 10000;
    const char *only = NULL;
    for (; argc > 4 && strncmp(argv[argc - 2], "--", 2) == 0; argc -= 2)
        if (strcmp(argv[argc - 2], "--requests") == 0)
            requests = strtoul(argv[argc - 1], NULL, 10);
        else if (strcmp(argv[argc - 2], "--only") == 0)
            only = argv[argc - 1];
        else
            argc = 0;
    if (argc < 5) {
        fprintf(stderr, "usage: service_bench PROGRAM PICTURE PHOTO PHOTO… [--requests N]\n");
        return 2;
    }
    program = argv[1];
    if (mkdtemp(folder) == NULL || !gw_buf_read_file(&picture, argv[2], 8 << 20, &err))
        stop("files");
    atexit(sweep);
    /* Only those the service takes as portraits are of use. */
    for (int i = 3; i < argc && n_photos < GW_COUNT(photos); i++)
        if (!gw_buf_read_file(&photos[n_photos++], argv[i], 8 << 20, &err))
            stop(argv[i]);
    if (only == NULL || strcmp(only, "start") == 0)
        start();
    if (only == NULL || strcmp(only, "decision") == 0) {
        struct served s = serve("main", "work.queue=100");
        struct board b = board("main", s.port);
        decision(&s, &b);
        at_load(&s, &b, 0.7, false);
        at_load(&s, &b, 0.7, true);
        end(&s);
    }
    if (only == NULL || strcmp(only, "cores") == 0)
        two_cores();
    if (only == NULL || strcmp(only, "queue") == 0)
        full_queue();
    if (only == NULL || strcmp(only, "answers") == 0)
        same_answers(requests);
    return 0;
}
