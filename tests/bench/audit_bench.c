/* audit_bench.c - what the log costs: an entry in its transaction, a proof, and checking an
 * export, on one thread. One line of JSON.
 *
 *     audit_bench [N]     entries; default 1000000
 *
 * Checking is of an export in memory, lines and all, as `gangway audit check` does it; times
 * of this thread's processor, medians with the 10th and 90th percentile. */
#include "audit/check.h"
#include "base/json.h"
#include "store/store.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 20'000, PROOFS = 1001, RUNS = 5 };
#define START_US (INT64_C(1795420800) * GW_US_PER_S)

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static void set_spread(struct gw_json *j, const char *name, double *v, size_t n)
{
    qsort(v, n, sizeof *v, compare);
    struct gw_json *o = gw_json_object();
    gw_json_set_rounded(o, "median", v[n / 2], 3);
    gw_json_set_rounded(o, "p10", v[n / 10], 3);
    gw_json_set_rounded(o, "p90", v[n * 9 / 10], 3);
    gw_json_set(j, name, o);
}

struct filling {
    uint64_t from, n;
    double s;
};

/* Entries like those of a gate. */
static bool fill(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct filling *f = arg;
    double began = cpu_s();
    for (uint64_t i = 0; i < f->n; i++) {
        struct gw_id id = gw_id_new(START_US + (int64_t)(f->from + i)), voyage = { { 1 } };
        struct gw_hash person = { { (uint8_t)i } };
        struct gw_audit_facts facts = {
            .actor = &voyage, .role = "device", .site = "YVR", .voyage = &voyage, .subject = &id, .person = &person,
            .answer = "clear", .reason = "matched", .attempt = &(uint64_t){ 1 }, .keep = &(uint64_t){ 43'200 },
            .rule = "us-2025-12-26:noncitizen", .class = "traveler",
        };
        if (!gw_store_audit_add(tx, GW_AUDIT_VERIFY, &facts, START_US + (int64_t)(f->from + i), err))
            return false;
    }
    f->s += cpu_s() - began;
    return true;
}

struct proving {
    uint64_t size;
    double inclusion[PROOFS], consistency[PROOFS];
};

static bool prove(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct proving *p = arg;
    struct gw_proof proof;
    for (size_t i = 0; i < PROOFS; i++) {
        uint64_t leaf = (i * UINT64_C(2654435761)) % p->size;
        double began = cpu_s();
        if (!gw_tree_inclusion(&proof, leaf, p->size, gw_store_audit_node, tx, err))
            return false;
        double between = cpu_s();
        if (!gw_tree_consistency(&proof, leaf + 1, p->size, gw_store_audit_node, tx, err))
            return false;
        p->inclusion[i] = 1e3 * (between - began);
        p->consistency[i] = 1e3 * (cpu_s() - between);
    }
    return true;
}

static bool write_entry(void *to, uint64_t n, struct gw_span entry, struct gw_err *err)
{
    (void)n, (void)err;
    gw_audit_export_entry(to, entry);
    return true;
}

struct exporting {
    struct gw_buf *text;
    uint64_t n;
};

static bool export_all(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct exporting *x = arg;
    return gw_store_audit_entries(tx, 0, x->n, write_entry, x->text, err);
}

static bool check(const struct gw_buf *text, const struct gw_note_key *key, size_t n)
{
    GW_AUTO(gw_audit_checker) *c = gw_audit_checker_new(key, NULL, 0);
    struct gw_audit_verdict v;
    for (size_t at = 0; at < text->size;) {
        const uint8_t *end = memchr(text->data + at, '\n', text->size - at);
        size_t to = (size_t)(end - text->data);
        gw_audit_checker_line(c, gw_span_of(text->data + at, to - at));
        at = to + 1;
    }
    gw_audit_checker_end(c);
    gw_audit_checker_verdict(&v, c);
    return v.n_findings == 0 && v.entries == n && v.heads == 1;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

int main(int argc, char **argv)
{
    struct gw_err err = {};
    uint64_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1'000'000;
    char folder[] = "/tmp/gangway-bench-XXXXXX";
    if (!gw_crypto_init(&err) || mkdtemp(folder) == NULL)
        return 1;
    struct gw_store_options o = { .path = folder, .now_us = START_US };
    struct gw_store *s = gw_store_open(&o, &err);
    struct filling f = {};
    bool fine = s != NULL;
    for (; fine && f.from < n; f.from += f.n) {
        f.n = GW_MIN((uint64_t)AT_ONCE, n - f.from);
        fine = gw_store_write(s, fill, &f, &err);
    }
    struct proving *p = gw_alloc(sizeof *p);
    p->size = n;
    fine = fine && gw_store_read(s, prove, p, &err);

    /* The export of it, with a head at its end. */
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) body = {};
    GW_AUTO_VALUE(gw_buf) note = {};
    struct gw_frontier none = {};
    uint8_t public_key[GW_SIGN_PUBLIC_BYTES], secret[GW_SIGN_SECRET_BYTES];
    struct gw_note_key key;
    struct gw_checkpoint head = { .size = n, .at_us = START_US };
    struct exporting x = { &text, n };
    gw_sign_keypair(public_key, secret);
    gw_audit_export_begin(&text, &none);
    fine = fine && gw_note_key_make(&key, "bench", GW_NOTE_ED25519, public_key) && gw_store_read(s, export_all, &x, &err);
    struct gw_frontier all = {};
    const uint8_t *line = memchr(text.data, '{', text.size);
    for (uint64_t i = 0; fine && i < n; i++) {
        const uint8_t *end = memchr(line, '\n', (size_t)(text.data + text.size - line));
        struct gw_hash leaf = gw_tree_leaf(gw_span_of(line, (size_t)(end - line)));
        gw_frontier_add(&all, &leaf, NULL);
        line = end + 1;
    }
    head.root = gw_frontier_root(&all);
    memcpy(head.origin, "bench", 6);
    gw_checkpoint_format(&body, &head);
    gw_note_sign(&note, gw_buf_span(&body), &key, secret);
    gw_audit_export_head(&text, gw_buf_span(&note));
    gw_audit_export_end(&text, n);
    double rates[RUNS];
    for (size_t i = 0; fine && i < RUNS; i++) {
        double began = cpu_s();
        fine = check(&text, &key, n);
        rates[i] = (double)n / (cpu_s() - began);
    }
    gw_store_close(s);
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    if (!fine) {
        fprintf(stderr, "audit_bench: %s\n", err.text);
        return 1;
    }
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_text(j, "bench", "audit");
    gw_json_set_integer(j, "entries", (int64_t)n);
    gw_json_set_rounded(j, "bytes_per_entry", (double)text.size / (double)n, 1);
    gw_json_set_rounded(j, "append_us", 1e6 * f.s / (double)n, 2);
    set_spread(j, "inclusion_ms", p->inclusion, PROOFS);
    set_spread(j, "consistency_ms", p->consistency, PROOFS);
    set_spread(j, "check_entries_per_s", rates, RUNS);
    gw_free(p);
    GW_AUTO_VALUE(gw_buf) out = {};
    gw_json_format(&out, j, false);
    puts(gw_buf_text(&out));
    return 0;
}
