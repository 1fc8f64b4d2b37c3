/* papers_bench.c - what reading a zone or a boarding pass costs, in this process. The file has
 * an entry a line; \n inside an entry is written as |. papers_bench.mjs runs it beside
 * the npm parsers.
 *
 *     papers_bench mrz|bcbp FILE ROUNDS
 *
 * One line of JSON: how many entries were valid, and nanoseconds an entry (10th, 50th and
 * 90th percentile over the rounds). */
#include "base/buf.h"
#include "base/json.h"
#include "document/bcbp.h"
#include "document/mrz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ENTRIES_MAX = 4096, ROUNDS_MAX = 100'000, FILE_BYTES_MAX = 1 << 20 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static const struct gw_date today = { 2026, 11, 23 };

static bool read_zone(struct gw_span text)
{
    static struct gw_mrz m;
    static const struct gw_mrz_options options = { .today = { 2026, 11, 23 } };
    return gw_mrz_parse(&m, text, &options, NULL) && m.valid;
}

static bool read_pass(struct gw_span text)
{
    static struct gw_bcbp b;
    return gw_bcbp_parse(&b, text, today, NULL) && b.valid;
}

int main(int argc, char **argv)
{
    static struct gw_span entries[ENTRIES_MAX];
    static double ns[ROUNDS_MAX];
    GW_AUTO_VALUE(gw_buf) file = {};
    struct gw_err err = {};
    if (argc != 4 || (strcmp(argv[1], "mrz") != 0 && strcmp(argv[1], "bcbp") != 0)) {
        fprintf(stderr, "usage: papers_bench mrz|bcbp FILE ROUNDS\n");
        return 2;
    }
    if (!gw_buf_read_file(&file, argv[2], FILE_BYTES_MAX, &err)) {
        fprintf(stderr, "papers_bench: %s\n", err.text);
        return 3;
    }
    bool (*read)(struct gw_span) = argv[1][0] == 'm' ? read_zone : read_pass;
    size_t n = 0, rounds = (size_t)strtoul(argv[3], NULL, 10), valid = 0;
    for (size_t at = 0, i = 0; i <= file.size && n < ENTRIES_MAX; i++)
        if (i == file.size || file.data[i] == '\n') {
            if (i > at)
                entries[n++] = gw_span_of(file.data + at, i - at);
            at = i + 1;
        } else if (file.data[i] == '|') {
            file.data[i] = '\n';
        }
    rounds = GW_MIN(rounds, (size_t)ROUNDS_MAX);
    if (n == 0 || rounds == 0)
        return 2;
    for (size_t r = 0; r < rounds; r++) {
        double before = now_ns();
        valid = 0;
        for (size_t i = 0; i < n; i++)
            valid += read(entries[i]);
        ns[r] = (now_ns() - before) / (double)n;
    }
    qsort(ns, rounds, sizeof ns[0], compare_doubles);
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_integer(j, "entries", (int64_t)n);
    gw_json_set_integer(j, "valid", (int64_t)valid);
    static const struct {
        const char *name;
        double share;
    } shares[] = { { "p10", 0.1 }, { "p50", 0.5 }, { "p90", 0.9 } };
    for (size_t i = 0; i < GW_COUNT(shares); i++)
        gw_json_set_rounded(j, shares[i].name, ns[(size_t)(shares[i].share * (double)(rounds - 1))], 1);
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, j, false);
    puts(gw_buf_text(&text));
    return 0;
}
