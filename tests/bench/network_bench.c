/* network_bench.c - each network as shipped and in every prepared form (face/prepare.h), under the
 * same runtime with the same input, one run of each in turn. One line of JSON a network,
 * then one on what a second core brings.
 *
 *     network_bench [--runs N] [FILE.onnx...]     default: 101 runs of all in vendor/models
 *
 * "cpu" is the time of this thread's processor (what others run beside it does not
 * count, except for the caches they use), "wall" the clock's; medians with the
 * 10th and 90th percentile, milliseconds. One thread a run: that is how the
 * service works. */
#include "base/buf.h"
#include "base/json.h"
#include "face/prepare.h"
#include "tests/support/onnx.h"
#include "tests/support/runtime.h"

#include <dirent.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { RUNS_MAX = 10001, INPUTS = 3 };

static double ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

struct times {
    double v[RUNS_MAX];
    size_t n;
};
static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double put(struct gw_json *j, const char *name, struct times *t)
{
    qsort(t->v, t->n, sizeof t->v[0], compare_doubles);
    static const double shares[] = { 0.1, 0.5, 0.9 };
    struct gw_json *a = gw_json_array();
    for (size_t i = 0; i < GW_COUNT(shares); i++)
        gw_json_add_rounded(a, t->v[(size_t)(shares[i] * (double)(t->n - 1) + 0.5)], 3);
    gw_json_set(j, name, a);
    return t->v[t->n / 2];
}

static void print(struct gw_json *j)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, j, false);
    puts(gw_buf_text(&text));
    fflush(stdout);
    gw_json_free(j);
}

static void die(const char *what, const struct gw_err *err)
{
    fprintf(stderr, "network_bench: %s: %s\n", what, err->text);
    exit(1);
}

static void fill(float *input, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++)
        input[i] = onnx_random(&seed);
}

/* As shipped, and every way of prepare.h; net NULL where it is none for this network. */
enum { SHIPPED, RUNS_OF = 1 + GW_WAYS };
struct form {
    struct gw_net *net;
    struct gw_net_io io;
    double open_ms, off;
    struct times cpu, wall;
};

static struct gw_shape shape_of(const struct network *n)
{
    struct gw_shape s = {};
    int64_t dims[8];
    network_input(n, dims, &s.rank);
    memcpy(s.dims, dims, sizeof s.dims);
    return s;
}

/* The network's own names and shape, which a card otherwise says. */
static void bind(struct gw_net *net, const struct network *n, const float *input, const char *path)
{
    struct gw_err err = {};
    const struct gw_shape shape = shape_of(n);
    const char *outputs[NETWORK_OUTPUTS_MAX];
    const size_t n_outputs = network_output_names(n, outputs);
    if (!gw_net_bind(net, network_input_name(n), &shape, outputs, n_outputs, input, &err))
        die(path, &err);
}

static double largest_of(const struct gw_net_io *io)
{
    double largest = 0;
    for (size_t o = 0; o < GW_NET_OUTPUTS; o++)
        for (size_t e = 0; e < io->n_outputs_of[o]; e++)
            largest = fmax(largest, fabs((double)io->outputs[o][e]));
    return largest;
}

static double off_by(const struct gw_net_io *a, const struct gw_net_io *b)
{
    double off = 0;
    for (size_t o = 0; o < GW_NET_OUTPUTS; o++)
        for (size_t e = 0; e < a->n_outputs_of[o]; e++)
            off = fmax(off, fabs((double)a->outputs[o][e] - (double)b->outputs[o][e]));
    return off;
}

static void run_once(struct form *f, const float *x, bool count, const char *path)
{
    struct gw_err err = {};
    memcpy(f->io.input, x, f->io.n_input * sizeof *x);
    double c = ms(CLOCK_THREAD_CPUTIME_ID), w = ms(CLOCK_MONOTONIC);
    if (!gw_net_run(&f->io, &err))
        die(path, &err);
    w = ms(CLOCK_MONOTONIC) - w;
    c = ms(CLOCK_THREAD_CPUTIME_ID) - c;
    if (!count)
        return;
    f->cpu.v[f->cpu.n++] = c;
    f->wall.v[f->wall.n++] = w;
}

static void compare(struct gw_ort *rt, struct runtime *r, const char *path, size_t runs)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) model = {};
    static struct form forms[RUNS_OF];
    const char *slash = strrchr(path, '/');

    if (!gw_buf_read_file(&model, path, GW_NET_BYTES_MAX, &err))
        die(path, &err);
    struct network *names = network_open(r, gw_buf_span(&model), &(struct network_options){ .level = -1 }, &err);
    if (names == NULL)
        die(path, &err);
    size_t n = network_input(names, NULL, NULL);
    GW_AUTO_MEM float *input = gw_alloc_array(n * INPUTS, sizeof *input);
    for (unsigned i = 0; i < INPUTS; i++)
        fill(input + i * n, n, i + 1);
    for (size_t k = 0; k < RUNS_OF; k++) {
        struct form *f = &forms[k];
        f->cpu.n = f->wall.n = 0;
        f->off = 0;
        double t = ms(CLOCK_MONOTONIC);
        f->net = k == SHIPPED ? gw_net_open(rt, gw_buf_span(&model), path, 1, &err)
                              : gw_prepare_open(rt, (enum gw_way)(k - 1), gw_buf_span(&model), path, 1, &err);
        f->open_ms = ms(CLOCK_MONOTONIC) - t;
        if (f->net == NULL && (k == SHIPPED || err.code != GW_ERR_UNSUPPORTED))
            die(path, &err);
        if (f->net == NULL)
            continue;
        bind(f->net, names, input, path);
        if (!gw_net_io_init(&f->io, f->net, &err))
            die(path, &err);
    }

    double largest = 0;
    for (size_t i = 0; i < runs + INPUTS; i++) {
        for (size_t turn = 0; turn < RUNS_OF; turn++) {
            struct form *f = &forms[(i + turn) % RUNS_OF]; /* who goes first alternates */
            if (f->net != NULL)
                run_once(f, input + i % INPUTS * n, i >= INPUTS, path); /* the first runs make buffers */
        }
        for (size_t k = 1; i < INPUTS && k < RUNS_OF; k++)
            if (forms[k].net != NULL)
                forms[k].off = fmax(forms[k].off, off_by(&forms[SHIPPED].io, &forms[k].io));
        largest = fmax(largest, largest_of(&forms[SHIPPED].io));
    }

    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "bench", "network");
    gw_json_set_text(j, "network", slash == NULL ? path : slash + 1);
    gw_json_set_text(j, "runtime", gw_ort_version(rt));
    gw_json_set_integer(j, "threads", 1);
    gw_json_set_integer(j, "runs", (int64_t)runs);
    const double cpu = put(j, "shipped_cpu_ms", &forms[SHIPPED].cpu), wall = put(j, "shipped_wall_ms", &forms[SHIPPED].wall);
    gw_json_set_rounded(j, "shipped_open_ms", forms[SHIPPED].open_ms, 1);
    gw_json_set_real(j, "largest_output", largest);
    for (size_t k = 1; k < RUNS_OF; k++) {
        struct form *f = &forms[k];
        if (f->net == NULL)
            continue;
        struct gw_json *way = gw_json_object();
        const double own_cpu = put(way, "cpu_ms", &f->cpu), own_wall = put(way, "wall_ms", &f->wall);
        gw_json_set_rounded(way, "ratio_cpu", cpu / own_cpu, 2);
        gw_json_set_rounded(way, "ratio_wall", wall / own_wall, 2);
        gw_json_set_real(way, "off", f->off);
        gw_json_set_rounded(way, "open_ms", f->open_ms, 1);
        gw_json_set(j, gw_way_name((enum gw_way)(k - 1)), way);
    }
    print(j);
    network_close(names);
    for (size_t k = 0; k < RUNS_OF; k++) {
        gw_net_io_done(&forms[k].io);
        gw_net_close(forms[k].net);
    }
}

/* --- two cores -------------------------------------------------------------- */

struct caller {
    pthread_t thread;
    struct gw_net_io io;
    double until_ms;
    unsigned n;
    double cpu_ms; /* of this thread */
};

static void *call(void *p)
{
    struct caller *c = p;
    struct gw_err err = {};
    for (c->n = 0; ms(CLOCK_MONOTONIC) < c->until_ms; c->n++)
        if (!gw_net_run(&c->io, &err))
            die("run", &err);
    c->cpu_ms = ms(CLOCK_THREAD_CPUTIME_ID);
    return NULL;
}

/* Runs a second with so many calling threads; *cpu_ms of the callers for one run. */
static double rate(double *cpu_ms, struct caller *callers, unsigned threads)
{
    const double time_ms = 1000;
    double start = ms(CLOCK_MONOTONIC), n = 0;
    *cpu_ms = 0;
    for (unsigned i = 0; i < threads; i++) {
        callers[i].until_ms = start + time_ms;
        if (pthread_create(&callers[i].thread, NULL, call, &callers[i]) != 0)
            exit(1);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(callers[i].thread, NULL);
        n += callers[i].n;
        *cpu_ms += callers[i].cpu_ms;
    }
    *cpu_ms /= n;
    return n / (ms(CLOCK_MONOTONIC) - start) * 1e3;
}

/* The fastest form of it there is. */
static struct gw_net *open_fastest(struct gw_ort *rt, struct gw_span model, const char *path, unsigned threads)
{
    struct gw_err err = {};
    struct gw_net *net = NULL;
    for (int way = 0; net == NULL && way < GW_WAYS; way++)
        net = gw_prepare_open(rt, (enum gw_way)way, model, path, threads, &err);
    if (net == NULL)
        net = gw_net_open(rt, model, path, threads, &err);
    if (net == NULL)
        die(path, &err);
    return net;
}

static void two_cores(struct gw_ort *rt, struct runtime *r, const char *path)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) model = {};
    struct gw_net *nets[2]; /* of one thread, and of two */
    struct caller one[2] = {}, wide[1] = {};
    static struct times rates[3], cpu[2];
    const char *slash = strrchr(path, '/');
    if (!gw_buf_read_file(&model, path, GW_NET_BYTES_MAX, &err))
        die(path, &err);
    struct network *names = network_open(r, gw_buf_span(&model), &(struct network_options){ .level = -1 }, &err);
    if (names == NULL)
        die(path, &err);
    size_t n = network_input(names, NULL, NULL);
    GW_AUTO_MEM float *input = gw_alloc_array(n, sizeof *input);
    fill(input, n, 1);
    for (unsigned i = 0; i < 2; i++) {
        nets[i] = open_fastest(rt, gw_buf_span(&model), path, i + 1);
        bind(nets[i], names, input, path);
    }
    struct caller *all[] = { &one[0], &one[1], &wide[0] };
    for (size_t i = 0; i < GW_COUNT(all); i++) {
        if (!gw_net_io_init(&all[i]->io, nets[i / 2], &err))
            die(path, &err);
        memcpy(all[i]->io.input, input, n * sizeof *input);
    }
    for (size_t i = 0; i < 5; i++) {
        double unused;
        rates[0].v[rates[0].n++] = rate(&cpu[0].v[cpu[0].n++], one, 1);
        rates[1].v[rates[1].n++] = rate(&cpu[1].v[cpu[1].n++], one, 2);
        rates[2].v[rates[2].n++] = rate(&unused, wide, 1);
    }
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "bench", "network-cores");
    gw_json_set_text(j, "network", slash == NULL ? path : slash + 1);
    double single = put(j, "one_caller_per_s", &rates[0]), both = put(j, "two_callers_per_s", &rates[1]);
    double inside = put(j, "one_caller_two_threads_per_s", &rates[2]);
    /* What two callers would reach with two cores to themselves, as far as they do not stand in each other's way. */
    double alone = put(j, "one_caller_cpu_ms", &cpu[0]), beside = put(j, "two_callers_cpu_ms", &cpu[1]);
    gw_json_set_rounded(j, "two_callers_ratio_cpu", 2 * alone / beside, 2);
    gw_json_set_rounded(j, "two_callers_ratio", both / single, 2);
    gw_json_set_rounded(j, "two_threads_ratio", inside / single, 2);
    print(j);
    for (size_t i = 0; i < GW_COUNT(all); i++)
        gw_net_io_done(&all[i]->io);
    gw_net_close(nets[0]);
    gw_net_close(nets[1]);
    network_close(names);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}
static int is_network(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".onnx") == 0;
}

int main(int argc, char **argv)
{
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    source = source == NULL ? "." : source;
    size_t runs = 101;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--runs") == 0) {
        runs = (size_t)GW_MIN(GW_MAX(atoi(argv[2]), 1), RUNS_MAX);
        first = 3;
    }
    struct gw_err err = {};
    struct runtime *r = runtime_open(source);
    GW_AUTO(gw_ort) *rt = gw_ort_open(getenv("GANGWAY_RUNTIME"), &err);
    if (r == NULL || rt == NULL)
        return 77; /* meson: skipped */
    const char *slowest = NULL;
    for (int i = first; i < argc; i++)
        compare(rt, r, slowest = argv[i], runs);
    GW_AUTO_VALUE(gw_buf) folder = {};
    GW_AUTO_VALUE(gw_buf) path = {};
    if (first == argc) {
        struct dirent **names;
        gw_buf_addf(&folder, "%s/vendor/models", source);
        int n = scandir(gw_buf_text(&folder), &names, is_network, by_name);
        if (n < 0) {
            fprintf(stderr, "no networks in %s: run tools/setup\n", gw_buf_text(&folder));
            return 77;
        }
        for (int i = 0; i < n; i++) {
            gw_buf_clear(&path);
            gw_buf_addf(&path, "%s/%s", gw_buf_text(&folder), names[i]->d_name);
            compare(rt, r, gw_buf_text(&path), runs);
            free(names[i]);
        }
        free(names);
        gw_buf_clear(&path);
        gw_buf_addf(&path, "%s/fr_feature.onnx", gw_buf_text(&folder));
        slowest = gw_buf_text(&path);
    }
    if (slowest != NULL)
        two_cores(rt, r, slowest);
    runtime_close(r);
    return 0;
}
