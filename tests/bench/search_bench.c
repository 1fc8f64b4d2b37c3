/* search_bench.c - what a search costs, beside the machine's own speed of reading
 * and beside FAISS, on one thread in one run. One line of JSON for each size.
 *
 *     search_bench [N...]     default: 420 5000 1000000
 *
 * Times are of this thread's processor (what others run beside it does not count,
 * except for the memory they use), medians with the 10th and 90th percentile;
 * loading is by the wall clock. Faces are made: directions at random, probes like
 * one of them. */
#include "base/buf.h"
#include "base/json.h"
#include "gallery/inside.h"
#include "gallery/kernels.h"
#ifdef HAVE_FAISS
#include "faiss_flat.h"
#endif

#include <fcntl.h>
#include <immintrin.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { DIM = 512, PROBES = 32, RUNS_MAX = 2001 };

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t state = 1;
static uint64_t next(void)
{
    uint64_t z = state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
static void direction(float *v)
{
    double square = 0;
    for (size_t i = 0; i < DIM; i += 4) {
        const uint64_t r = next(), s = next(); /* sums of two uniform ones */
        for (size_t k = 0; k < 4; k++) {
            v[i + k] = (float)(r >> 16 * k & 0xffff) + (float)(s >> 16 * k & 0xffff) - 65535;
            square += (double)v[i + k] * (double)v[i + k];
        }
    }
    const float scale = (float)(1 / sqrt(square));
    for (size_t i = 0; i < DIM; i++)
        v[i] *= scale;
}

struct times {
    double us[RUNS_MAX];
    size_t n;
};
static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double at(struct times *t, double share)
{
    qsort(t->us, t->n, sizeof t->us[0], compare_doubles);
    return t->us[(size_t)(share * (double)(t->n - 1) + 0.5)];
}
static void put(struct gw_json *j, const char *name, struct times *t)
{
    struct gw_json *o = gw_json_object();
    gw_json_set_rounded(o, "us", at(t, 0.5), 3);
    gw_json_set_rounded(o, "us_10", at(t, 0.1), 3);
    gw_json_set_rounded(o, "us_90", at(t, 0.9), 3);
    gw_json_set(j, name, o);
}
/* Runs body (of `per` searches) often enough for a median, at most about two seconds. */
#define MEASURE(times, per, body)                                                                 \
    do {                                                                                          \
        (times).n = 0;                                                                            \
        const double stop_ = seconds(CLOCK_MONOTONIC) + 2;                                        \
        while ((times).n < RUNS_MAX && ((times).n < 7 || seconds(CLOCK_MONOTONIC) < stop_)) {     \
            double t0_ = seconds(CLOCK_THREAD_CPUTIME_ID); /* body may take out of it what is not its own */ \
            body;                                                                                 \
            (times).us[(times).n++] = (seconds(CLOCK_THREAD_CPUTIME_ID) - t0_) * 1e6 / (per);     \
        }                                                                                         \
    } while (0)

#if defined(__x86_64__)
__attribute__((target("avx512f"))) static uint64_t read_512(const uint8_t *p, size_t n)
{
    __m512i s[8] = {};
    for (size_t i = 0; i < n; i += 512)
        for (size_t k = 0; k < 8; k++)
            s[k] = _mm512_xor_si512(s[k], _mm512_load_si512(p + i + 64 * k));
    for (size_t k = 1; k < 8; k++)
        s[0] = _mm512_xor_si512(s[0], s[k]);
    return (uint64_t)_mm512_reduce_add_epi64(s[0]);
}
__attribute__((target("avx2"))) static uint64_t read_256(const uint8_t *p, size_t n)
{
    __m256i s[8] = {};
    for (size_t i = 0; i < n; i += 256)
        for (size_t k = 0; k < 8; k++)
            s[k] = _mm256_xor_si256(s[k], _mm256_load_si256((const __m256i *)(const void *)(p + i + 32 * k)));
    for (size_t k = 1; k < 8; k++)
        s[0] = _mm256_xor_si256(s[0], s[k]);
    return (uint64_t)_mm256_extract_epi64(s[0], 0) ^ (uint64_t)_mm256_extract_epi64(s[0], 2);
}
static uint64_t read_all(const uint8_t *p, size_t n)
{
    return __builtin_cpu_supports("avx512f") ? read_512(p, n) : read_256(p, n);
}
#else
static uint64_t read_all(const uint8_t *p, size_t n)
{
    uint64_t s[8] = {}, w;
    for (size_t i = 0; i < n; i += 64)
        for (size_t k = 0; k < 8; k++) {
            memcpy(&w, p + i + 8 * k, 8);
            s[k] ^= w;
        }
    return s[0] ^ s[1] ^ s[2] ^ s[3] ^ s[4] ^ s[5] ^ s[6] ^ s[7];
}
#endif

static volatile uint64_t sink;

static bool write_piece(void *to, struct gw_span piece)
{
    return fwrite(piece.data, 1, piece.size, to) == piece.size;
}

enum { LOADS = 5 };

static double load_seconds(int fd, size_t size)
{
    struct gw_err err = {};
    const double t0 = seconds(CLOCK_MONOTONIC);
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return 0;
    (void)madvise(map, size, MADV_SEQUENTIAL); /* the disk works ahead of the copying */
    struct gw_gallery *back = gw_gallery_parse(gw_span_of(map, size), "bench", &err);
    const double took = seconds(CLOCK_MONOTONIC) - t0;
    if (back == NULL)
        fprintf(stderr, "search_bench: %s\n", err.text);
    gw_gallery_unref(back);
    munmap(map, size);
    return took;
}

static double read_seconds(int fd)
{
    static uint8_t piece[1 << 20];
    const double t0 = seconds(CLOCK_MONOTONIC);
    for (off_t at = 0; pread(fd, piece, sizeof piece, at) > 0; at += (off_t)sizeof piece)
        ;
    return seconds(CLOCK_MONOTONIC) - t0;
}

static void bench_load(struct gw_json *out, int fd, size_t size)
{
    double read_dropped[LOADS], dropped[LOADS], cached[LOADS];
    for (size_t i = 0; i < LOADS; i++) {
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        read_dropped[i] = read_seconds(fd);
        (void)posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
        dropped[i] = load_seconds(fd, size);
        cached[i] = load_seconds(fd, size);
    }
    gw_json_set_rounded(out, "load_first_ms", dropped[0] * 1e3, 2);
    struct {
        const char *name;
        double *took;
    } rows[] = { { "read_dropped_ms", read_dropped }, { "load_dropped_ms", dropped }, { "load_cached_ms", cached } };
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        qsort(rows[i].took, LOADS, sizeof(double), compare_doubles);
        gw_json_set_rounded(out, rows[i].name, rows[i].took[LOADS / 2] * 1e3, 2);
    }
}

static void bench(size_t n)
{
    struct gw_err err = {};
    struct gw_json *out = gw_json_object();
    struct gw_template *faces = mmap(NULL, n * sizeof *faces, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct gw_gallery_item *items = gw_alloc_array(n, sizeof *items);
    static float probes_f[PROBES][DIM];
    static struct gw_template probes[PROBES];
    const struct gw_template *list[PROBES];
    float v[DIM];
    if (faces == MAP_FAILED)
        abort();
#ifdef HAVE_FAISS
    struct faiss_flat *faiss = faiss_flat_new(DIM);
#endif
    for (size_t i = 0; i < n; i++) {
        direction(v);
        if (!gw_template_make(&faces[i], v, DIM, &err))
            abort();
        items[i].portrait = &faces[i];
        for (int k = 0; k < 4; k++)
            items[i].person.bytes[12 + k] = (uint8_t)(i >> (24 - 8 * k));
#ifdef HAVE_FAISS
        faiss_flat_add(faiss, v, 1);
#endif
    }
    for (size_t p = 0; p < PROBES; p++) {
        direction(probes_f[p]);
        /* Every other one is somebody's: with as much noise as face. */
        if (p % 2 == 0)
            for (size_t i = 0; i < DIM; i++)
                probes_f[p][i] = (probes_f[p][i] + (float)faces[p * 7919 % n].v[i] / 16384) * 0.7071F;
        if (!gw_template_make(&probes[p], probes_f[p], DIM, &err))
            abort();
        list[p] = &probes[p];
    }

    double t0 = seconds(CLOCK_MONOTONIC);
    struct gw_gallery *g = gw_gallery_new(items, n, &err);
    const double built = seconds(CLOCK_MONOTONIC) - t0;
    if (g == NULL) {
        fprintf(stderr, "search_bench: %s\n", err.text);
        exit(1);
    }
    static struct times t, many;
    struct gw_hit hits[8][2];
    size_t n_hits[8], p = 0;

    gw_json_set_text(out, "bench", "search");
    gw_json_set_integer(out, "n", (int64_t)n);
    gw_json_set_integer(out, "dim", DIM);
    gw_json_set_text(out, "kernel", gw_gallery_kernel());
    gw_json_set_integer(out, "bytes_per_template", (int64_t)(gw_gallery_bytes(g) / n));
    gw_json_set_rounded(out, "build_us", built * 1e6, 1);

    /* The two in turns: a core that changes its clock meanwhile changes it for both. */
    static double alone[RUNS_MAX];
    MEASURE(many, 8, {
        const double begin = seconds(CLOCK_THREAD_CPUTIME_ID);
        sink += gw_gallery_search(hits[0], 2, g, list[p % PROBES]);
        t0_ += alone[many.n] = seconds(CLOCK_THREAD_CPUTIME_ID) - begin;
        gw_gallery_search_many(hits[0], n_hits, 2, g, list + 8 * (p++ % (PROBES / 8)), 8);
    });
    t.n = many.n;
    for (size_t i = 0; i < t.n; i++)
        t.us[i] = alone[i] * 1e6;
    put(out, "search", &t);
    const double one = at(&t, 0.5);
    put(out, "search_of_8", &many);
    gw_json_set_rounded(out, "one_over_8_together", one / at(&many, 0.5), 2);

    /* The other way to be exact: no 8-bit pass, all rows in 16 bits. */
    const struct gw_kernel *best = gw_kernel_best();
    MEASURE(many, 1, {
        int32_t top = INT32_MIN;
        const int16_t *probe = list[p++ % PROBES]->v;
        for (size_t i = 0; i < n; i++) {
            const int32_t s = best->dot16(g->whole + i * g->stride, probe, g->stride);
            top = GW_MAX(top, s);
        }
        sink += (uint64_t)top;
    });
    put(out, "scan_16_bits", &many);
    gw_json_set_rounded(out, "scan_16_bits_over_search", at(&many, 0.5) / one, 2);

    struct gw_json *kernels = gw_json_object();
    size_t n_kernels;
    const struct gw_kernel *const *k = gw_kernels(&n_kernels);
    for (size_t i = 0; n <= 5000 && i < n_kernels; i++) {
        if (!k[i]->usable())
            continue;
        gw_kernel_force(k[i]);
        MEASURE(many, 1, sink += gw_gallery_search(hits[0], 2, g, list[p++ % PROBES]));
        gw_json_set_rounded(kernels, k[i]->name, at(&many, 0.5), 3);
    }
    gw_kernel_force(NULL);
    gw_json_set(out, "us_by_kernel", kernels);

    /* Reading as many bytes as the scan does, with nothing done to them. */
    const size_t bytes = n * g->stride;
    MEASURE(many, 1, sink += read_all((const uint8_t *)g->small, bytes / 512 * 512));
    put(out, "read", &many);
    gw_json_set_rounded(out, "read_gb_s", (double)bytes / at(&many, 0.5) / 1e3, 1);
    gw_json_set_rounded(out, "search_share_of_read_speed", at(&many, 0.5) / one, 3);

#ifdef HAVE_FAISS
    float score;
    long found;
    MEASURE(many, 1, faiss_flat_search(faiss, probes_f[p++ % PROBES], 1, &score, &found));
    put(out, "faiss", &many);
    gw_json_set_rounded(out, "faiss_over_search", at(&many, 0.5) / one, 1);
    size_t same = 0;
    for (size_t i = 0; i < PROBES; i++) {
        faiss_flat_search(faiss, probes_f[i], 1, &score, &found);
        struct gw_hit h;
        same += gw_gallery_search(&h, 1, g, list[i]) == 1 && gw_id_equal(h.person, items[found].person);
    }
    gw_json_set_rounded(out, "same_best_as_faiss", (double)same / PROBES, 4);
    faiss_flat_free(faiss);
#endif

    if (n <= 5000) {
        MEASURE(many, 1, gw_gallery_unref(gw_gallery_new(items, n, &err)));
        put(out, "build", &many);
        MEASURE(many, 1, gw_gallery_unref(gw_gallery_change(g, items, 1, &items[1].person, 1, &err)));
        put(out, "change_one", &many);
    }
    munmap(faces, n * sizeof *faces);
    gw_free(items);

    /* From a file: with its pages dropped before each run as far as the system lets us,
     * beside what reading the file alone takes then; and from the cache. The first run of
     * all pays for memory the machine never gave us before, so medians are taken. */
    char path[] = "search_bench.XXXXXX";
    const int fd = mkstemp(path);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");
    if (f == NULL || !gw_gallery_format(g, "bench", write_piece, f) || fflush(f) != 0 || fsync(fd) != 0)
        fprintf(stderr, "search_bench: cannot write %s\n", path);
    else
        bench_load(out, fd, gw_gallery_format_bytes(g));
    if (f != NULL) {
        fclose(f);
        unlink(path);
    }
    gw_gallery_unref(g);

    GW_AUTO_VALUE(gw_buf) line = {};
    gw_json_format(&line, out, false);
    puts(gw_buf_text(&line));
    fflush(stdout);
    gw_json_free(out);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        bench(420);
        bench(5000);
        bench(1000000);
    }
    for (int i = 1; i < argc; i++)
        bench((size_t)strtoull(argv[i], NULL, 10));
    return 0;
}
