/* network_bench.c - each network as shipped and prepared (face/graph.h), under the same
 * runtime with the same input, one run of each in turn. One line of JSON a network,
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
#include "face/graph.h"
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

struct pair { /* as shipped, prepared */
    struct gw_buf model[2];
    struct network *net[2];
};

static void compare(struct runtime *r, const char *path, size_t runs)
{
    struct gw_err err = {};
    struct pair p = {};
    struct gw_graph_report report;
    static struct times cpu[2], wall[2];
    double open_ms[2], prepare_ms;
    const char *slash = strrchr(path, '/');

    if (!gw_buf_read_file(&p.model[0], path, GW_GRAPH_BYTES_MAX, &err))
        die(path, &err);
    prepare_ms = ms(CLOCK_THREAD_CPUTIME_ID);
    if (!gw_graph_prepare(&p.model[1], &report, gw_buf_span(&p.model[0]), &err))
        die(path, &err);
    prepare_ms = ms(CLOCK_THREAD_CPUTIME_ID) - prepare_ms;
    for (int k = 0; k < 2; k++) {
        double t = ms(CLOCK_MONOTONIC);
        p.net[k] = network_open(r, gw_buf_span(&p.model[k]), &(struct network_options){ .level = -1 }, &err);
        if (p.net[k] == NULL)
            die(path, &err);
        open_ms[k] = ms(CLOCK_MONOTONIC) - t;
        cpu[k].n = wall[k].n = 0;
    }
    size_t n = network_input(p.net[0], NULL, NULL);
    GW_AUTO_MEM float *input = gw_alloc_array(n * INPUTS, sizeof *input);
    for (unsigned i = 0; i < INPUTS; i++)
        fill(input + i * n, n, i + 1);

    double off = 0, largest = 0;
    for (size_t i = 0; i < runs + INPUTS; i++) {
        const float *x = input + i % INPUTS * n;
        for (size_t turn = 0; turn < 2; turn++) {
            size_t k = (i + turn) % 2; /* who goes first alternates */
            double c = ms(CLOCK_THREAD_CPUTIME_ID), w = ms(CLOCK_MONOTONIC);
            if (!network_run(p.net[k], x, &err))
                die(path, &err);
            w = ms(CLOCK_MONOTONIC) - w;
            c = ms(CLOCK_THREAD_CPUTIME_ID) - c;
            if (i < INPUTS)
                continue; /* the first runs make buffers */
            cpu[k].v[cpu[k].n++] = c;
            wall[k].v[wall[k].n++] = w;
        }
        const float *a[NETWORK_OUTPUTS_MAX], *b[NETWORK_OUTPUTS_MAX];
        size_t na[NETWORK_OUTPUTS_MAX], nb[NETWORK_OUTPUTS_MAX], outputs = network_outputs(p.net[0], a, na);
        network_outputs(p.net[1], b, nb);
        for (size_t o = 0; i < INPUTS && o < outputs; o++)
            for (size_t e = 0; e < na[o]; e++) {
                off = fmax(off, fabs((double)a[o][e] - (double)b[o][e]));
                largest = fmax(largest, fabs((double)a[o][e]));
            }
    }

    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "bench", "network");
    gw_json_set_text(j, "network", slash == NULL ? path : slash + 1);
    gw_json_set_text(j, "runtime", runtime_version(r));
    gw_json_set_integer(j, "threads", 1);
    gw_json_set_integer(j, "runs", (int64_t)runs);
    double shipped = put(j, "shipped_cpu_ms", &cpu[0]), prepared = put(j, "prepared_cpu_ms", &cpu[1]);
    double shipped_wall = put(j, "shipped_wall_ms", &wall[0]), prepared_wall = put(j, "prepared_wall_ms", &wall[1]);
    gw_json_set_rounded(j, "ratio_cpu", shipped / prepared, 2);
    gw_json_set_rounded(j, "ratio_wall", shipped_wall / prepared_wall, 2);
    gw_json_set_real(j, "off", off);
    gw_json_set_real(j, "largest_output", largest);
    gw_json_set_integer(j, "prelu", report.n_prelu);
    gw_json_set_integer(j, "rewritten", report.n_conv + report.n_leaky);
    gw_json_set_integer(j, "widened", report.n_widened);
    gw_json_set_rounded(j, "prepare_cpu_ms", prepare_ms, 2);
    gw_json_set_rounded(j, "open_shipped_ms", open_ms[0], 1);
    gw_json_set_rounded(j, "open_prepared_ms", open_ms[1], 1);
    print(j);
    for (int k = 0; k < 2; k++) {
        network_close(p.net[k]);
        gw_buf_done(&p.model[k]);
    }
}

/* --- two cores -------------------------------------------------------------- */

struct caller {
    pthread_t thread;
    struct network *net;
    const float *input;
    double until_ms;
    unsigned n;
    double cpu_ms; /* of this thread */
};

static void *call(void *p)
{
    struct caller *c = p;
    struct gw_err err = {};
    for (c->n = 0; ms(CLOCK_MONOTONIC) < c->until_ms; c->n++)
        if (!network_run(c->net, c->input, &err))
            die("run", &err);
    c->cpu_ms = ms(CLOCK_THREAD_CPUTIME_ID);
    return NULL;
}

/* Runs a second with so many calling threads, a session each; *cpu_ms of the callers for one run. */
static double rate(double *cpu_ms, struct network *const *nets, const float *input, unsigned threads)
{
    struct caller callers[2] = {};
    const double time_ms = 1000;
    double start = ms(CLOCK_MONOTONIC), n = 0;
    *cpu_ms = 0;
    for (unsigned i = 0; i < threads; i++) {
        callers[i] = (struct caller){ .net = nets[i], .input = input, .until_ms = start + time_ms };
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

static void two_cores(struct runtime *r, const char *path)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) model = {};
    GW_AUTO_VALUE(gw_buf) prepared = {};
    struct network *one[2], *wide[1];
    static struct times rates[3], cpu[2];
    const char *slash = strrchr(path, '/');
    if (!gw_buf_read_file(&model, path, GW_GRAPH_BYTES_MAX, &err) ||
        !gw_graph_prepare(&prepared, NULL, gw_buf_span(&model), &err))
        die(path, &err);
    for (int k = 0; k < 3; k++) {
        struct network *n = network_open(r, gw_buf_span(&prepared),
            &(struct network_options){ .level = -1, .threads = k == 2 ? 2 : 1 }, &err);
        if (n == NULL)
            die(path, &err);
        *(k == 2 ? &wide[0] : &one[k]) = n;
    }
    size_t n = network_input(one[0], NULL, NULL);
    GW_AUTO_MEM float *input = gw_alloc_array(n, sizeof *input);
    fill(input, n, 1);
    for (size_t i = 0; i < 5; i++) {
        double unused;
        rates[0].v[rates[0].n++] = rate(&cpu[0].v[cpu[0].n++], one, input, 1);
        rates[1].v[rates[1].n++] = rate(&cpu[1].v[cpu[1].n++], one, input, 2);
        rates[2].v[rates[2].n++] = rate(&unused, wide, input, 1);
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
    network_close(one[0]);
    network_close(one[1]);
    network_close(wide[0]);
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
    struct runtime *r = runtime_open(source);
    if (r == NULL)
        return 77; /* meson: skipped */
    const char *slowest = NULL;
    for (int i = first; i < argc; i++)
        compare(r, slowest = argv[i], runs);
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
            compare(r, gw_buf_text(&path), runs);
            free(names[i]);
        }
        free(names);
        gw_buf_clear(&path);
        gw_buf_addf(&path, "%s/fr_feature.onnx", gw_buf_text(&folder));
        slowest = gw_buf_text(&path);
    }
    if (slowest != NULL)
        two_cores(r, slowest);
    runtime_close(r);
    return 0;
}
