/* bare.h - the networks without a service around them, timed run by run; for benches linked
 * with --wrap=gw_net_run. Part of one bench; all is static. */
#pragma once
#include "base/conf.h"
#include "face/face.h"
#include "face/ort.h"
#include "image/image.h"
#include "tests/bench/drive.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- the bare networks: every run of one, as the linker lets us see it ---- */

bool __real_gw_net_run(struct gw_net_io *io, struct gw_err *err);
bool __wrap_gw_net_run(struct gw_net_io *io, struct gw_err *err);
static _Thread_local double networks_ms, networks_cpu_ms;
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
    struct gw_arena *mem; /* of pictures */
};

static void bare_must(bool fine, const struct gw_err *err)
{
    if (fine)
        return;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, err->text);
    exit(1);
}

static void bare_open(struct bare *b)
{
    struct gw_err err = {};
    struct gw_conf conf = {};
    gw_conf_init(&conf);
    const struct gw_faces_options options = gw_faces_options_of(&conf);
    b->mem = gw_arena_new((size_t)1 << 30);
    bare_must((b->faces = gw_faces_open(&options, &err)) != NULL, &err);
    bare_must((b->scratch = gw_face_scratch_new(b->faces, &err)) != NULL, &err);
    gw_conf_done(&conf);
}

static void bare_close(struct bare *b)
{
    gw_face_scratch_free(b->scratch);
    gw_faces_close(b->faces);
    gw_arena_free(b->mem);
}

static struct gw_image bare_picture(struct bare *b, struct gw_span picture)
{
    struct gw_err err = {};
    struct gw_image image;
    const struct gw_image_limits limits = GW_IMAGE_LIMITS_DEFAULT;
    bare_must(gw_image_decode(&image, b->mem, picture, &limits, 0, NULL, &err), &err);
    return image;
}

/* What the service's decision asks of the networks as it ships: find and embed (liveness is off). Ms in networks. */
static double bare_run(struct gw_embedding *out, const struct bare *b, const struct gw_image *image)
{
    struct gw_err err = {};
    struct gw_face faces[8];
    size_t n;
    networks_ms = networks_cpu_ms = 0;
    if (!gw_face_find(faces, 8, &n, b->faces, b->scratch, image, NULL, &err) || n == 0 ||
        !gw_face_embed(out, b->faces, b->scratch, image, &faces[0], NULL, &err))
        stop("the picture has no face");
    return networks_ms;
}

static double fsync_once(int fd)
{
    static const char block[4096];
    double began = now_ms();
    if (write(fd, block, sizeof block) != (ssize_t)sizeof block || fsync(fd) != 0)
        stop("fsync");
    return now_ms() - began;
}

/* ---- what the machine alone makes of a load: the networks on a thread for each core, who comes first first ---- */

struct bare_worker {
    pthread_t thread;
    struct bare bare;
    const struct gw_image *images;
    size_t n_images, requests;
    bool syncs; /* after each run */
    double began_ms, interval_ms; /* one every interval, the first at began; 0: as fast as it goes */
    double *latency_ms;           /* of each run; NULL: nobody asks */
    /* Each worker's own: */
    atomic_size_t *next;
    int fd;
    double networks_per_s; /* of the time in networks alone */
};
static void *bare_worker(void *arg)
{
    struct bare_worker *w = arg;
    static _Thread_local struct gw_embedding embedding;
    double in_networks = 0;
    size_t runs = 0;
    for (size_t i; (i = atomic_fetch_add(w->next, 1)) < w->requests; runs++) {
        double due = now_ms();
        if (w->interval_ms > 0) {
            due = w->began_ms + (double)i * w->interval_ms;
            for (double left; (left = due - now_ms()) > 0;)
                usleep((useconds_t)(left * 1000));
        }
        in_networks += bare_run(&embedding, &w->bare, &w->images[i % w->n_images]);
        if (w->syncs)
            fsync_once(w->fd);
        if (w->latency_ms != NULL)
            w->latency_ms[i] = now_ms() - due;
    }
    w->networks_per_s = runs == 0 ? 0 : (double)runs / in_networks * 1000;
    return NULL;
}
/* Runs of `of`, shared by the threads; what each did in a second of networks alone, added up. */
static double bare_crew(const struct bare_worker *of)
{
    struct bare_worker workers[64];
    double networks_per_s = 0;
    struct gw_err err = {};
    atomic_size_t next = 0;
    cpu_set_t set;
    const size_t n = sched_getaffinity(0, sizeof set, &set) == 0 ? GW_MIN((size_t)CPU_COUNT(&set), GW_COUNT(workers)) : 1;
    for (size_t i = 0; i < n; i++) {
        workers[i] = *of;
        workers[i].next = &next;
        if (of->syncs) {
            char path[PATH_MAX + 32];
            snprintf(path, sizeof path, "%s/bare%zu", folder, i);
            workers[i].fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
        }
        if (i > 0) /* a scratch is one thread's */
            bare_must((workers[i].bare.scratch = gw_face_scratch_new(of->bare.faces, &err)) != NULL, &err);
        pthread_create(&workers[i].thread, NULL, bare_worker, &workers[i]);
    }
    for (size_t i = 0; i < n; i++) {
        pthread_join(workers[i].thread, NULL);
        networks_per_s += workers[i].networks_per_s;
        if (of->syncs)
            close(workers[i].fd);
        if (i > 0)
            gw_face_scratch_free(workers[i].bare.scratch);
    }
    return networks_per_s;
}
/* With a sync after each. How many it did in a second. */
static double bare_load(double *latency_ms, const struct bare *b, const struct gw_image *images, size_t n_images, double interval_ms,
    size_t requests)
{
    const double began = now_ms();
    bare_crew(&(struct bare_worker){ .bare = *b, .images = images, .n_images = n_images, .requests = requests, .syncs = true,
        .began_ms = began + 5, .interval_ms = interval_ms, .latency_ms = latency_ms });
    return (double)requests / (now_ms() - began) * 1000;
}

/* ---- a service at 70 % of what it can do ----
 *
 * A machine that is not ours alone is calm for a while and then it is not. So: short turns, and in each, before and after the
 * service, the bare networks and their syncs at the same share of what they can do. A turn counts as calm where these
 * were in time both times. All turns are printed, and the medians of all and of the calm ones. */

enum { LOAD_TURNS = 16, LOAD_REQUESTS = 300, LOAD_ASKERS = 24 /* some of them wait for the disk */ };
static const double load_share = 0.7, calm_p99_over_p50 = 1.6;

struct load_asked {
    struct load (*next)(void *self, size_t requests); /* who asks, at which pace and from how many connections is ours */
    void *self;
    const struct bare *bare;
    const struct gw_image *images; /* for the bare networks */
    size_t n_images;
    const char *officer;
    bool poisson;
};

/* p99 over p50. */
static double set_latency(struct gw_json *j, const char *key, double *ms, size_t n)
{
    set_spread(j, key, ms, n);
    return quantile(ms, n, 0.99) / quantile(ms, n, 0.5);
}

static double bare_at_load(struct gw_json *j, const char *key, const struct load_asked *a, double most)
{
    static double ms[LOAD_REQUESTS];
    bare_load(ms, a->bare, a->images, a->n_images, 1000 / (most * load_share), LOAD_REQUESTS);
    return set_latency(j, key, ms, LOAD_REQUESTS);
}

static void measure_at_load(const struct load_asked *a)
{
    const char *what = a->poisson ? "latency at load, arrivals at random" : "latency at load, arrivals evenly";
    static double ms[LOAD_REQUESTS], all[LOAD_TURNS], calm[LOAD_TURNS], bare[2 * LOAD_TURNS];
    size_t n_calm = 0;
    for (size_t i = 0; i < LOAD_TURNS; i++) {
        struct gw_json *j = line(what);
        const double bare_most = bare_load(ms, a->bare, a->images, a->n_images, 0, 100);
        struct load l = a->next(a->self, LOAD_REQUESTS);
        l.connections = LOAD_ASKERS;
        run(&l);
        if (l.n_ok != l.requests)
            stop("verifications were refused");
        const double most = (double)l.requests / l.took_ms * 1000;
        forget(&l);
        const double before = bare_at_load(j, "networks_before_ms", a, bare_most);
        GW_AUTO_VALUE(gw_buf) from = {}, to = {};
        l = a->next(a->self, LOAD_REQUESTS);
        l.connections = 64;
        l.interval_ms = 1000 / (most * load_share);
        l.poisson = a->poisson;
        read_metrics(&from, l.port, a->officer);
        run(&l);
        read_metrics(&to, l.port, a->officer);
        const double ours = set_latency(j, "ms", l.latency_ms, l.n_ok);
        const double after = bare_at_load(j, "networks_after_ms", a, bare_most);
        const bool is_calm = before <= calm_p99_over_p50 && after <= calm_p99_over_p50;
        gw_json_set_integer(j, "turn", (int64_t)i + 1);
        gw_json_set_rounded(j, "most_per_s", most, 1);
        gw_json_set_rounded(j, "networks_most_per_s", bare_most, 1);
        gw_json_set_integer(j, "refused", (int64_t)l.n_busy);
        set_stages(j, &from, &to);
        gw_json_set_rounded(j, "networks_p99_over_p50", fmax(before, after), 3);
        gw_json_set_rounded(j, "p99_over_p50", ours, 3);
        gw_json_set_bool(j, "calm", is_calm);
        print(j);
        forget(&l);
        bare[2 * i] = before, bare[2 * i + 1] = after;
        all[i] = ours;
        if (is_calm)
            calm[n_calm++] = ours;
    }
    struct gw_json *j = line(what);
    gw_json_set_real(j, "share", load_share);
    gw_json_set_integer(j, "turns", LOAD_TURNS);
    set_spread(j, "p99_over_p50", all, LOAD_TURNS);
    set_spread(j, "networks_p99_over_p50", bare, GW_COUNT(bare));
    gw_json_set_integer(j, "calm_turns", (int64_t)n_calm);
    if (n_calm > 0)
        set_spread(j, "calm_p99_over_p50", calm, n_calm);
    if (!a->poisson)
        gw_json_set_real(j, "goal_at_most", 2);
    print(j);
}
