/* manifest_bench.c - how long a PAXLST takes from bytes to travelers, and how much memory.
 *
 *   manifest_bench make N FILE    writes a list of N made-up passengers
 *   manifest_bench parse FILE R   reads it R times; one line of JSON
 *
 * manifest_bench.mjs sets it beside the parsers of npm, on the same file in one run. */
#include "base/crypto.h"
#include "manifest/paxlst.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static const char *const surnames[] = { "CLARK", "OKAFOR", "NGUYEN", "ANDERSSON", "DA SILVA", "O?'NEILL", "KOWALSKA", "IVANOVA", "TANAKA", "HADDAD" };

static void make(struct gw_buf *out, unsigned n)
{
    gw_buf_add_text(out,
        "UNA:+.? '\r\nUNB+UNOA:4+XXAIR+BORDER+261123:0600+000000001++APIS'\r\nUNG+PAXLST+XXAIR+BORDER+261123:0600+1+UN+D:05B'\r\n"
        "UNH+1+PAXLST:D:05B:UN:IATA+XX123/261123/1015+01:F'\r\nBGM+745'\r\nRFF+TN:AB1234'\r\nNAD+MS+++CONTROL DESK'\r\n"
        "COM+1 202 555 0100:TE+OPS.AT.EXAMPLE.ORG:EM'\r\nTDT+20+XX123+++XX'\r\nLOC+125+YVR'\r\nDTM+189:2611231015:201'\r\n"
        "LOC+87+JFK'\r\nDTM+232:2611231840:201'\r\n");
    for (unsigned i = 0; i < n; i++) {
        gw_buf_addf(out, "NAD+FL+++%s:GIVEN%u:MIDDLE'\r\nATT+2++%c'\r\nDTM+329:%02u%02u%02u'\r\nMEA+CT++:1'\r\nGEI+4+173'\r\n",
            surnames[i % GW_COUNT(surnames)], i % 91, i % 2 ? 'M' : 'F', 50 + i % 45, 1 + i % 12, 1 + i % 28);
        gw_buf_addf(out, "FTX+BAG+++XX%06u:1'\r\nLOC+22+JFK'\r\nLOC+174+CAN'\r\nLOC+178+YVR'\r\nLOC+179+JFK'\r\nNAT+2+CAN'\r\n", i);
        gw_buf_addf(out, "RFF+AVF:PN%04u'\r\nRFF+ABO:UP%06u'\r\nRFF+SEA:%u%c'\r\nDOC+P:110:111+MB%07u'\r\nDTM+36:281021'\r\nLOC+91+CAN'\r\n",
            i / 2, i, 1 + i / 6, "ABCDEF"[i % 6], i);
    }
    gw_buf_addf(out, "CNT+42:%u'\r\nUNT+%u+1'\r\nUNE+1+1'\r\nUNZ+1+000000001'\r\n", n, 17 * n + 12);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int parse(const char *path, unsigned rounds)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_err err = {};
    if (!gw_buf_read_file(&text, path, GW_MANIFEST_BYTES_MAX, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    double *us = gw_alloc_array(rounds, sizeof *us);
    size_t arena = 0, travelers = 0;
    for (unsigned i = 0; i < rounds; i++) {
        int64_t begun = gw_clock_monotonic_us();
        unsigned reps = text.size < 1 << 20 ? 10 : 1; /* a microsecond is too coarse for one */
        for (unsigned k = 0; k < reps; k++) {
            GW_AUTO(gw_arena) *a = gw_arena_new(GW_MANIFEST_ARENA_BYTES);
            struct gw_paxlst p;
            if (!gw_paxlst_parse(&p, a, gw_buf_span(&text), (struct gw_date){ 2026, 11, 23 }, NULL, &err) ||
                !p.messages[0].manifest.valid || p.messages[0].manifest.n_problems > 0) {
                fprintf(stderr, "%s: not valid: %s\n", path, err.text);
                return 1;
            }
            arena = gw_arena_used(a);
            travelers = p.messages[0].manifest.n_travelers;
        }
        us[i] = (double)(gw_clock_monotonic_us() - begun) / reps;
    }
    getrusage(RUSAGE_SELF, &after);
    qsort(us, rounds, sizeof *us, compare);
    printf("{\"bytes\":%zu,\"travelers\":%zu,\"rounds\":%u,\"us\":%.1f,\"us_least\":%.1f,\"us_most\":%.1f,\"mb_per_s\":%.0f,"
           "\"arena_bytes\":%zu,\"arena_bytes_per_traveler\":%.0f,\"rss_kib\":%ld,\"rss_more_kib\":%ld}\n",
        text.size, travelers, rounds, us[rounds / 2], us[0], us[rounds - 1], (double)text.size / us[rounds / 2], arena,
        (double)arena / (double)travelers, after.ru_maxrss, after.ru_maxrss - before.ru_maxrss);
    gw_free(us);
    return 0;
}

int main(int argc, char **argv)
{
    struct gw_err err = {};
    gw_arena_keep_pages(); /* as main() does */
    if (argc == 4 && strcmp(argv[1], "parse") == 0)
        return parse(argv[2], (unsigned)strtoul(argv[3], NULL, 10));
    if (argc == 4 && strcmp(argv[1], "make") == 0) {
        GW_AUTO_VALUE(gw_buf) text = {};
        make(&text, (unsigned)strtoul(argv[2], NULL, 10));
        if (gw_buf_write_file(gw_buf_span(&text), argv[3], 0644, &err))
            return 0;
        fprintf(stderr, "%s\n", err.text);
    }
    fprintf(stderr, "usage: manifest_bench make N FILE | manifest_bench parse FILE ROUNDS\n");
    return 2;
}
