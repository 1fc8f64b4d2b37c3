/* policy_bench.c - decisions a second of the rule packs that ship, on one core, and
 * beside that the same with the path that explains them. One line of JSON a pack:
 * medians over rounds, with the 10th and 90th percentile. */
#include "base/buf.h"
#include "base/json.h"
#include "document/state.h"
#include "policy/pack.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PERSONS = 4096, ROUNDS = 101 };

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static uint64_t state = 1;
static size_t pick(size_t n)
{
    state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (size_t)((state >> 33) * n >> 31);
}

static void make(struct gw_pack_facts *persons, const struct gw_pack *p)
{
    static const char *const citizenships[] = { "USA", "CAN", "MEX", "DEU", "GBR", "CHN", "IND", "BRA", "JPN", "FRA" };
    static const char *const statuses[] = { "", "", "B-2", "B-1", "LPR", "A-1", "C", "FAMILY" };
    static const char *const sites[] = { "JFK", "ATL", "BOS", "FRA", "USMIA" };
    for (size_t i = 0; i < PERSONS; i++) {
        struct gw_pack_facts *f = &persons[i];
        *f = (struct gw_pack_facts){ .day = gw_date_from_days(gw_date_days(gw_pack_from(p)) + (int64_t)pick(100)),
            .mode = (enum gw_pack_mode)pick(3), .direction = (enum gw_pack_direction)pick(2), .document = GW_PACK_DOCUMENT_PASSPORT };
        snprintf(f->citizenship, sizeof f->citizenship, "%s", citizenships[pick(GW_COUNT(citizenships))]);
        snprintf(f->country, sizeof f->country, "%s", gw_state_country(f->citizenship));
        snprintf(f->status, sizeof f->status, "%s", statuses[pick(GW_COUNT(statuses))]);
        snprintf(f->site, sizeof f->site, "%s", sites[pick(GW_COUNT(sites))]);
        f->birth_first = f->birth_last = gw_date_from_days(gw_date_days(f->day) - (int64_t)pick(33000));
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    static struct gw_pack_facts persons[PERSONS];
    static double rates[ROUNDS];
    for (int i = 1; i < argc; i++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
        const struct gw_pack_options options = { .unsigned_too = true, .country = gw_state_country };
        const struct gw_pack *p;
        struct gw_err err;
        if (!gw_buf_read_file(&text, argv[i], GW_PACK_BYTES_MAX, &err))
            return fprintf(stderr, "%s\n", err.text), 1;
        double begun = seconds();
        if (!gw_pack_parse(&p, NULL, a, gw_buf_span(&text), &options, &err))
            return fprintf(stderr, "%s\n", err.text), 1;
        const double read_ms = (seconds() - begun) * 1e3;
        make(persons, p);
        size_t taken = 0;
        for (size_t r = 0; r < ROUNDS; r++) {
            begun = seconds();
            for (size_t k = 0; k < PERSONS; k++)
                taken += gw_pack_decide(p, &persons[k]).rule->photo == GW_CONSENT_REQUIRED;
            rates[r] = PERSONS / (seconds() - begun);
        }
        qsort(rates, ROUNDS, sizeof *rates, by_size);
        begun = seconds();
        for (size_t k = 0; k < PERSONS; k++) {
            GW_AUTO(gw_json) *j = gw_pack_explain(p, &persons[k]);
            taken += gw_json_size(j);
        }
        const double explained = PERSONS / (seconds() - begun);
        GW_AUTO(gw_json) *o = gw_json_object();
        gw_json_set_text(o, "bench", "policy");
        gw_json_set_text(o, "pack", gw_pack_name(p));
        gw_json_set_integer(o, "kinds_of_person", (int64_t)gw_pack_cells(p));
        gw_json_set_rounded(o, "decisions_per_s", rates[ROUNDS / 2], 0);
        gw_json_set_rounded(o, "decisions_per_s_p10", rates[ROUNDS / 10], 0);
        gw_json_set_rounded(o, "decisions_per_s_p90", rates[ROUNDS * 9 / 10], 0);
        gw_json_set_rounded(o, "explained_per_s", explained, 0);
        gw_json_set_rounded(o, "decide_over_explain", rates[ROUNDS / 2] / explained, 1);
        gw_json_set_rounded(o, "read_ms", read_ms, 2);
        gw_json_set_bool(o, "any_taken", taken > 0);
        GW_AUTO_VALUE(gw_buf) line = {};
        gw_json_format(&line, o, false);
        puts(gw_buf_text(&line));
    }
    return 0;
}
