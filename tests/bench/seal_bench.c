/* seal_bench.c - what sealing and the log cost a verification: the time inside every call that seals, opens, hashes,
 * makes keys, writes pictures or appends to the log (they are wrapped at the link), over the time of the whole
 * verification, in the same run. One line of JSON.
 *
 *     seal_bench LIVE PORTRAIT [N]      pictures of the same person; default 300 verifications */
#include "tests/service/place.h"

#include "base/buf.h"
#include "base/json.h"

#include <stdatomic.h>

enum { MOST = 10'000, WARM = 20, FILE_MOST = 64 << 20 };

static atomic_llong seal_us_x1000, log_us_x1000;

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1'000'000'000 + t.tv_nsec;
}

/* A call of one name and its time; calls within calls are counted once. */
static _Thread_local int depth;
#define TIMED(sum, type, call)                                                                    \
    const int64_t from = depth++ == 0 ? now_ns() : 0;                                             \
    type result = call;                                                                           \
    if (--depth == 0)                                                                             \
        atomic_fetch_add(&(sum), now_ns() - from);                                                \
    return result

struct gw_tx;
struct gw_bound;
struct gw_vault;
struct gw_photos;
bool __real_gw_tx_seal(struct gw_buf *out, struct gw_tx *tx, const struct gw_bound *b, struct gw_span p, struct gw_err *e);
bool __wrap_gw_tx_seal(struct gw_buf *out, struct gw_tx *tx, const struct gw_bound *b, struct gw_span p, struct gw_err *e);
bool __wrap_gw_tx_seal(struct gw_buf *out, struct gw_tx *tx, const struct gw_bound *b, struct gw_span p, struct gw_err *e)
{
    TIMED(seal_us_x1000, bool, __real_gw_tx_seal(out, tx, b, p, e));
}
bool __real_gw_tx_unseal(struct gw_span *o, struct gw_arena *a, struct gw_tx *tx, const struct gw_bound *b, struct gw_span s, struct gw_err *e);
bool __wrap_gw_tx_unseal(struct gw_span *o, struct gw_arena *a, struct gw_tx *tx, const struct gw_bound *b, struct gw_span s, struct gw_err *e);
bool __wrap_gw_tx_unseal(struct gw_span *o, struct gw_arena *a, struct gw_tx *tx, const struct gw_bound *b, struct gw_span s, struct gw_err *e)
{
    TIMED(seal_us_x1000, bool, __real_gw_tx_unseal(o, a, tx, b, s, e));
}
/* The picture: its key, sealing, the file, its row. */
bool __real_gw_store_photo_put(struct gw_tx *tx, struct gw_photo_row *r, struct gw_span p, int64_t now, struct gw_err *e);
bool __wrap_gw_store_photo_put(struct gw_tx *tx, struct gw_photo_row *r, struct gw_span p, int64_t now, struct gw_err *e);
bool __wrap_gw_store_photo_put(struct gw_tx *tx, struct gw_photo_row *r, struct gw_span p, int64_t now, struct gw_err *e)
{
    TIMED(seal_us_x1000, bool, __real_gw_store_photo_put(tx, r, p, now, e));
}
bool __real_gw_store_voyage_hash(struct gw_hash *o, struct gw_tx *tx, struct gw_id v, struct gw_span d, struct gw_err *e);
bool __wrap_gw_store_voyage_hash(struct gw_hash *o, struct gw_tx *tx, struct gw_id v, struct gw_span d, struct gw_err *e);
bool __wrap_gw_store_voyage_hash(struct gw_hash *o, struct gw_tx *tx, struct gw_id v, struct gw_span d, struct gw_err *e)
{
    TIMED(seal_us_x1000, bool, __real_gw_store_voyage_hash(o, tx, v, d, e));
}
bool __real_gw_vault_before_commit(struct gw_vault *v, struct gw_err *e);
bool __wrap_gw_vault_before_commit(struct gw_vault *v, struct gw_err *e);
bool __wrap_gw_vault_before_commit(struct gw_vault *v, struct gw_err *e)
{
    TIMED(seal_us_x1000, bool, __real_gw_vault_before_commit(v, e));
}
bool __real_gw_vault_committed(struct gw_vault *v, struct gw_photos *p, struct gw_err *e);
bool __wrap_gw_vault_committed(struct gw_vault *v, struct gw_photos *p, struct gw_err *e);
bool __wrap_gw_vault_committed(struct gw_vault *v, struct gw_photos *p, struct gw_err *e)
{
    TIMED(seal_us_x1000, bool, __real_gw_vault_committed(v, p, e));
}
/* What is waited for after the commit because the picture's file is not on the disk yet. */
bool __real_gw_photos_sync_done(struct gw_photos *p, struct gw_err *e);
bool __wrap_gw_photos_sync_done(struct gw_photos *p, struct gw_err *e);
bool __wrap_gw_photos_sync_done(struct gw_photos *p, struct gw_err *e)
{
    TIMED(seal_us_x1000, bool, __real_gw_photos_sync_done(p, e));
}
bool __real_gw_store_audit_add(struct gw_tx *tx, enum gw_audit_kind k, struct gw_audit_facts *f, int64_t at, struct gw_err *e);
bool __wrap_gw_store_audit_add(struct gw_tx *tx, enum gw_audit_kind k, struct gw_audit_facts *f, int64_t at, struct gw_err *e);
bool __wrap_gw_store_audit_add(struct gw_tx *tx, enum gw_audit_kind k, struct gw_audit_facts *f, int64_t at, struct gw_err *e)
{
    TIMED(log_us_x1000, bool, __real_gw_store_audit_add(tx, k, f, at, e));
}

static struct gw_err err;

static void must(bool fine)
{
    if (fine)
        return;
    fprintf(stderr, "seal_bench: %s\n", err.text);
    exit(1);
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void put(struct gw_json *o, const char *name, double *values, size_t n)
{
    struct gw_json *j = gw_json_object();
    qsort(values, n, sizeof *values, compare);
    gw_json_set_rounded(j, "p10", values[n / 10], 4);
    gw_json_set_rounded(j, "p50", values[n / 2], 4);
    gw_json_set_rounded(j, "p90", values[n * 9 / 10], 4);
    gw_json_set(o, name, j);
}

int main(int argc, char **argv)
{
    static double whole[MOST], seal[MOST], log[MOST], share[MOST];
    static struct place p;
    GW_AUTO_VALUE(gw_buf) live = {};
    GW_AUTO_VALUE(gw_buf) portrait = {};
    struct gw_manifest_receipt m;
    struct gw_portrait_receipt receipt;
    const size_t n = GW_MIN(argc > 3 ? strtoul(argv[3], NULL, 10) : 300, (size_t)MOST);
    if (argc < 3) {
        fprintf(stderr, "usage: seal_bench LIVE PORTRAIT [N]\n");
        return 2;
    }
    gw_log_level(GW_LOG_ERROR);
    must(gw_buf_read_file(&live, argv[1], FILE_MOST, &err) && gw_buf_read_file(&portrait, argv[2], FILE_MOST, &err));
    place_init(&p);
    must(gw_conf_set(&p.conf, "verify.attempts", "1", "bench", &err)); /* whoever is not cleared is an inspection: none goes without picture */
    const struct gw_service_options o = { .conf = &p.conf };
    must((p.s = gw_service_open(&o, &err)) != NULL);
    GW_AUTO_VALUE(gw_buf) text = {};
    char departs[GW_TIME_TEXT];
    gw_time_format(departs, gw_service_now(p.s) + HOUR_US);
    gw_buf_addf(&text, "{\"voyage\":{\"mode\":\"air\",\"carrier\":\"XX\",\"number\":\"1\",\"from\":\"YVR\",\"to\":\"JFK\",\"departure\":\"%.16sZ\"},"
        "\"travelers\":[{\"surname\":\"S\",\"given_names\":\"G\",\"reference\":\"r\",\"birth_date\":\"1980-01-01\",\"nationality\":\"UTO\",\"documents\":"
        "[{\"type\":\"P\",\"number\":\"P00001\",\"issuing_state\":\"UTO\"}]}]}", departs);
    must(send_manifest(&m, &p, &p.carrier, gw_buf_text(&text), NULL, &err));
    struct gw_worker *w = gw_worker_new(p.s);
    must(w != NULL);
    const struct gw_portrait_ask ask = { .document_number = gw_span_str("P00001"), .issuing_state = gw_span_str("UTO"),
        .source = GW_PORTRAIT_CHIP, .picture = gw_buf_span(&portrait) };
    must(gw_service_portrait(&receipt, p.s, w, &p.carrier, &ask, NULL, &err));
    for (size_t i = 0; i < WARM + n; i++) {
        struct gw_verification v;
        atomic_store(&seal_us_x1000, 0);
        atomic_store(&log_us_x1000, 0);
        const int64_t from = now_ns();
        must(gw_service_verify(&v, p.s, w, &p.device, m.voyage, &(struct gw_verify_ask){ .picture = gw_buf_span(&live) }, NULL, &err));
        const double took = (double)(now_ns() - from) / 1000;
        if (v.answer == GW_ANSWER_RETRY) {
            fprintf(stderr, "seal_bench: the live picture is not good enough\n");
            return 1;
        }
        if (i < WARM)
            continue;
        whole[i - WARM] = took;
        seal[i - WARM] = (double)atomic_load(&seal_us_x1000) / 1000;
        log[i - WARM] = (double)atomic_load(&log_us_x1000) / 1000;
        share[i - WARM] = (seal[i - WARM] + log[i - WARM]) / took;
    }
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_text(j, "bench", "seal");
    gw_json_set_integer(j, "picture_bytes", (int64_t)live.size);
    gw_json_set_integer(j, "verifications", (int64_t)n);
    put(j, "verification_us", whole, n);
    put(j, "seal_us", seal, n);
    put(j, "log_us", log, n);
    put(j, "share", share, n);
    GW_AUTO_VALUE(gw_buf) line = {};
    gw_json_format(&line, j, false);
    puts(gw_buf_text(&line));
    gw_worker_free(w);
    place_done(&p);
    return 0;
}
