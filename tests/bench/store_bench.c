/* store_bench.c - what recording a decision costs beside the fsync it cannot do
 * without, and what a manifest and a gallery cost, by the wall clock. One line of JSON
 * for each size of voyage; faces are made, everything else is the service's own.
 *
 *     store_bench [N...]      default: 420 2000 10000 */
#define PLACE_DIM 512
#include "tests/service/place.h"

#include "base/json.h"

#include <fcntl.h>

enum { DECISIONS = 300, THREADS = 8, BUILDS = 15 };

static struct gw_err err;
static struct place p;
static struct gw_id voyage;

static void must(bool fine)
{
    if (fine)
        return;
    fprintf(stderr, "store_bench: %s\n", err.text);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

struct spread {
    double p10, p50, p90, p99;
};

static struct spread spread_of(double *us, size_t n)
{
    qsort(us, n, sizeof *us, compare);
    return (struct spread){ us[n / 10], us[n / 2], us[n * 9 / 10], us[n * 99 / 100] };
}

static void put(struct gw_json *o, const char *name, struct spread s)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_rounded(j, "p10", s.p10, 1);
    gw_json_set_rounded(j, "p50", s.p50, 1);
    gw_json_set_rounded(j, "p90", s.p90, 1);
    gw_json_set_rounded(j, "p99", s.p99, 1);
    gw_json_set(o, name, j);
}

static double now_us(void)
{
    return (double)gw_clock_monotonic_us();
}

/* An append of a page and its fdatasync, in the same folder: the least a durable record can cost. */
static struct spread sync_cost(void)
{
    char path[256];
    static uint8_t page[4096];
    double us[DECISIONS];
    snprintf(path, sizeof path, "%s/sync", p.folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    for (size_t i = 0; i < DECISIONS; i++) {
        double from = now_us();
        gw_random(page, sizeof page);
        if (fd < 0 || write(fd, page, sizeof page) != sizeof page || fdatasync(fd) != 0)
            exit(1);
        us[i] = now_us() - from;
    }
    close(fd);
    return spread_of(us, DECISIONS);
}

static void decide(struct gw_arena *a, uint8_t device)
{
    struct place mine = p;
    struct gw_caller who = p.device;
    struct gw_template t = face(1'000'000 + device); /* a stranger: as dear as anybody */
    struct gw_verification v;
    struct gw_err e = {};
    who.token.bytes[15] = device;
    mine.a = a;
    if (!send_probe(&v, &mine, &who, voyage, &t, NULL, &e)) {
        fprintf(stderr, "%s\n", e.text);
        exit(1);
    }
    gw_arena_reset(a);
}

static void *many(void *arg)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(64 << 20);
    for (int i = 0; i < DECISIONS; i++)
        decide(a, *(uint8_t *)arg);
    return NULL;
}

static double manifest_us(struct gw_manifest_receipt *m, const char *text)
{
    double from = now_us();
    must(send_manifest(m, &p, &p.carrier, text, NULL, &err));
    return now_us() - from;
}

static void bench(unsigned n)
{
    struct gw_manifest_receipt m;
    struct gw_portrait_receipt r;
    GW_AUTO(gw_json) *o = gw_json_object();
    place_init(&p);
    must(place_open(&p, &err));
    gw_json_set_text(o, "bench", "store");
    gw_json_set_integer(o, "travelers", n);

    double from = now_us();
    for (unsigned i = 1; i <= n; i++) {
        char number[16];
        snprintf(number, sizeof number, "P%05u", i);
        must(send_portrait(&r, &p, number, i, GW_PORTRAIT_PASSPORT, &err));
    }
    gw_json_set_rounded(o, "portrait_us", (now_us() - from) / n, 1);
    gw_json_set_rounded(o, "manifest_first_ms", manifest_us(&m, manifest_text(&p, "", n, "")) / 1e3, 2);
    voyage = m.voyage;
    gw_json_set_rounded(o, "manifest_again_ms", manifest_us(&m, manifest_text(&p, "", n, "")) / 1e3, 2);
    gw_json_set_rounded(o, "manifest_one_less_ms", manifest_us(&m, manifest_text(&p, "", n - 1, "")) / 1e3, 2);

    struct gw_law_limits limits;
    double us[GW_MAX(DECISIONS, BUILDS)];
    for (int i = 0; i < BUILDS; i++) {
        gw_galleries_drop(p.s->galleries, voyage); /* forgets it: built from nothing */
        from = now_us();
        GW_AUTO(gw_gallery) *g = gw_galleries_get(&limits, p.s->galleries, voyage, "", &err);
        must(g != NULL);
        us[i] = now_us() - from;
    }
    put(o, "gallery_build_us", spread_of(us, BUILDS));
    for (int i = 0; i < BUILDS; i++) {
        must(send_portrait(&r, &p, "P00001", 2'000'000 + (unsigned)i, GW_PORTRAIT_VISA, &err));
        from = now_us();
        GW_AUTO(gw_gallery) *g = gw_galleries_get(&limits, p.s->galleries, voyage, "", &err);
        must(g != NULL);
        us[i] = now_us() - from;
    }
    put(o, "gallery_follow_us", spread_of(us, BUILDS));

    struct spread sync = sync_cost();
    GW_AUTO(gw_arena) *a = gw_arena_new(64 << 20);
    for (int i = 0; i < DECISIONS; i++) {
        from = now_us();
        decide(a, 1);
        us[i] = now_us() - from;
    }
    struct spread alone = spread_of(us, DECISIONS);
    put(o, "sync_us", sync);
    put(o, "decision_us", alone); /* search, decide, record durably */
    gw_json_set_rounded(o, "decision_over_sync", alone.p50 / sync.p50, 2);

    struct gw_store_counters before, after;
    gw_store_count(&before, p.s->store);
    pthread_t threads[THREADS];
    uint8_t numbers[THREADS];
    from = now_us();
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = (uint8_t)(i + 1);
        pthread_create(&threads[i], NULL, many, &numbers[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    double s = (now_us() - from) / 1e6;
    gw_store_count(&after, p.s->store);
    gw_json_set_rounded(o, "decisions_per_s_8_threads", THREADS * DECISIONS / s, 0);
    gw_json_set_rounded(o, "decisions_per_commit", (double)(after.jobs - before.jobs) / (double)(after.commits - before.commits), 2);

    from = now_us();
    place_close(&p);
    must(place_open(&p, &err));
    gw_json_set_rounded(o, "reopen_ms", (now_us() - from) / 1e3, 2);
    place_done(&p);
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, o, false);
    puts(gw_buf_text(&text));
}

int main(int argc, char **argv)
{
    gw_log_level(GW_LOG_ERROR);
    static const unsigned usual[] = { 420, 2000, 10000 };
    for (size_t i = 0; i < GW_COUNT(usual) && argc < 2; i++)
        bench(usual[i]);
    for (int i = 1; i < argc; i++)
        bench((unsigned)atoi(argv[i]));
}
