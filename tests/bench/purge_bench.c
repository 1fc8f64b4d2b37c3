/* purge_bench.c - do gates feel a purge? Decisions with their pictures are recorded at an even pace, first alone, then
 * while many pictures die; and what sealing a picture costs a decision. One line of JSON.
 *
 *     purge_bench [PICTURES [BYTES]]      default: 100000 of 20000 bytes */
#include "tests/service/place.h"

#include "base/json.h"

#include <stdatomic.h>

enum { TRAVELERS = 200, SAMPLES = 1500, PACE_US = 4000, PROBE_BYTES = 60'000, AT_ONCE = 64 };

static struct gw_err err;
static struct place p;
static struct gw_id voyage;
static uint8_t probe_bytes[PROBE_BYTES];

static void must(bool fine)
{
    if (fine)
        return;
    fprintf(stderr, "purge_bench: %s\n", err.text);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

struct spread {
    double p50, p90, p99;
};

static struct spread spread_of(double *us, size_t n)
{
    qsort(us, n, sizeof *us, compare);
    return (struct spread){ us[n / 2], us[n * 9 / 10], us[n * 99 / 100] };
}

static void put(struct gw_json *o, const char *name, struct spread s, size_t n)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_rounded(j, "p50", s.p50, 1);
    gw_json_set_rounded(j, "p90", s.p90, 1);
    gw_json_set_rounded(j, "p99", s.p99, 1);
    gw_json_set_integer(j, "n", (int64_t)n);
    gw_json_set(o, name, j);
}

struct filling {
    size_t n, bytes;
};

static bool fill(struct gw_tx *tx, void *arg, struct gw_err *e)
{
    struct filling *f = arg;
    static uint8_t picture[1 << 20];
    for (size_t i = 0; i < f->n; i++) {
        struct gw_photo_row row = { .id = gw_id_new(NOW_US), .kind = GW_PHOTO_PROBE, .has_voyage = true, .voyage = voyage,
            .taken_us = NOW_US, .expires_us = NOW_US + 5 * HOUR_US };
        gw_random(picture, 64);
        if (!gw_store_photo_put(tx, &row, gw_span_of(picture, f->bytes), NOW_US, e))
            return false;
    }
    return true;
}

static atomic_bool purging, purged;

static void *purge(void *arg)
{
    (void)arg;
    struct gw_purge done;
    struct gw_err e = {};
    atomic_store(&purging, true);
    if (!gw_service_purge(&done, p.s, &p.admin, &e))
        fprintf(stderr, "purge_bench: %s\n", e.text);
    atomic_store(&purged, true);
    return NULL;
}

/* One decision a pace; until n were made or `until` is true. */
static size_t decide(double *us, size_t most, bool with_picture, const atomic_bool *until)
{
    size_t n = 0;
    int64_t next = gw_clock_monotonic_us();
    struct gw_template stranger = face(4711);
    GW_AUTO(gw_arena) *a = gw_arena_new(64 << 20);
    while (n < most && (until == NULL || !atomic_load(until))) {
        struct gw_probe_seen probe = { .started_us = gw_clock_monotonic_us(),
            .picture = with_picture ? gw_span_of(probe_bytes, sizeof probe_bytes) : (struct gw_span){} };
        struct gw_verification v = {};
        GW_AUTO(gw_gallery) *g = gw_galleries_get(&probe.limits, p.s->galleries, voyage, "", &err);
        must(g != NULL);
        probe.facts = (struct gw_facts){ .n_faces = 1, .face = { .eye_distance_px = 90, .face_share = 0.3, .luminance = 120,
            .quality = 70, .sharpness = 70, .exposure = 70, .crop = 100, .mouth = 100 } };
        gw_probe_search(&probe, p.s, g, &stranger, NULL, 0);
        const int64_t from = gw_clock_monotonic_us();
        must(gw_probe_decide(&v, p.s, a, &p.device, voyage, &probe, NULL, &err));
        us[n++] = (double)(gw_clock_monotonic_us() - from);
        gw_arena_reset(a);
        next += PACE_US;
        const int64_t left = next - gw_clock_monotonic_us();
        if (left > 0)
            usleep((useconds_t)left);
        else
            next = gw_clock_monotonic_us();
    }
    return n;
}

int main(int argc, char **argv)
{
    const size_t pictures = argc > 1 ? strtoul(argv[1], NULL, 10) : 100'000, bytes = argc > 2 ? strtoul(argv[2], NULL, 10) : 20'000;
    static double bare[SAMPLES], alone[SAMPLES], during[1 << 20];
    gw_log_level(GW_LOG_ERROR);
    place_init(&p);
    must(gw_conf_set(&p.conf, "verify.attempts", "1", "bench", &err)); /* every stranger is an inspection, with picture */
    must(place_open(&p, &err));
    gw_random(probe_bytes, sizeof probe_bytes);
    struct gw_manifest_receipt m;
    must(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", TRAVELERS, ""), NULL, &err));
    voyage = m.voyage;
    struct gw_portrait_receipt portrait;
    for (unsigned i = 1; i <= TRAVELERS; i++) {
        char number[16];
        snprintf(number, sizeof number, "P%05u", i);
        must(send_portrait(&portrait, &p, number, i, GW_PORTRAIT_CHIP, &err));
    }
    for (size_t i = 0; i < pictures; i += AT_ONCE) {
        struct filling f = { GW_MIN((size_t)AT_ONCE, pictures - i), bytes };
        must(gw_store_write(p.s->store, fill, &f, &err));
    }
    must(gw_store_checkpoint(p.s->store, true, &err));

    decide(bare, SAMPLES / 10, true, NULL); /* warm */
    size_t n_bare = decide(bare, SAMPLES, false, NULL), n_alone = decide(alone, SAMPLES, true, NULL);
    p.s->clock.fixed_us += 6 * HOUR_US; /* the pictures are due, the voyage is not */
    pthread_t thread;
    const int64_t from = gw_clock_monotonic_us();
    pthread_create(&thread, NULL, purge, NULL);
    while (!atomic_load(&purging))
        usleep(10);
    size_t n_during = decide(during, GW_COUNT(during), true, &purged);
    const double purge_ms = (double)(gw_clock_monotonic_us() - from) / 1000;
    pthread_join(thread, NULL);

    struct spread without = spread_of(bare, n_bare), usual = spread_of(alone, n_alone), purge_time = spread_of(during, n_during);
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_text(j, "bench", "purge");
    gw_json_set_integer(j, "pictures", (int64_t)pictures);
    gw_json_set_integer(j, "picture_bytes", (int64_t)bytes);
    put(j, "record_without_picture_us", without, n_bare);
    put(j, "record_us", usual, n_alone);
    put(j, "record_during_purge_us", purge_time, n_during);
    gw_json_set_rounded(j, "purge_ms", purge_ms, 0);
    gw_json_set_rounded(j, "p99_during_over_without", purge_time.p99 / usual.p99, 2);
    gw_json_set_rounded(j, "sealing_us", usual.p50 - without.p50, 1);
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, j, false);
    puts(gw_buf_text(&text));
    place_done(&p);
    return 0;
}
