/* pack_fuzz.c - what is taken as a pack answers for everybody, the same way twice,
 * and can be explained, compared and told; what is not has its reason and its line. */
#include "document/state.h"
#include "policy/pack.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool fine)
{
    if (!fine)
        abort();
}

static uint32_t state;
static size_t pick(size_t n)
{
    state = state * 1664525u + 1013904223u;
    return (size_t)((uint64_t)state * n >> 32);
}

static void ask(const struct gw_pack *p)
{
    static const char *const citizenships[] = { "", "USA", "UTO", "D", "GBO", "XXA", "FRA" }, *const statuses[] = { "", "LPR", "A-1", "C" },
        *const sites[] = { "", "JFK", "CAPITAL" };
    const struct gw_pack_rule *rules;
    size_t n = gw_pack_rules(p, &rules);
    for (size_t i = 0; i < 64; i++) {
        struct gw_pack_facts f = { .day = gw_date_from_days(gw_date_days(gw_pack_from(p)) + (int64_t)pick(400)), .mode = (enum gw_pack_mode)pick(3),
            .direction = (enum gw_pack_direction)pick(2), .document = (enum gw_pack_document)pick(GW_PACK_DOCUMENT_COUNT),
            .permanent_resident = (enum gw_pack_flag)pick(3), .accompanied = (enum gw_pack_flag)pick(3), .document_unrecorded = pick(8) == 0 };
        strcpy(f.citizenship, citizenships[pick(GW_COUNT(citizenships))]);
        if (f.citizenship[0] != 0)
            strcpy(f.country, gw_state_country(f.citizenship));
        strcpy(f.status, statuses[pick(GW_COUNT(statuses))]);
        strcpy(f.site, sites[pick(GW_COUNT(sites))]);
        if (pick(8) != 0)
            f.birth_first = f.birth_last = gw_date_from_days(gw_date_days(f.day) - (int64_t)pick(36000));
        struct gw_pack_decision d = gw_pack_decide(p, &f), again = gw_pack_decide(p, &f);
        check(d.rule == again.rule && d.override_allowed == again.override_allowed && d.rule != NULL);
        bool ours = d.rule >= rules && d.rule < rules + n;
        check(ours == (d.outcome == GW_PACK_DECIDED));
        if (d.outcome == GW_PACK_NOT_IN_FORCE)
            check(d.rule->photo == GW_CONSENT_NOT_AUTHORISED && !d.override_allowed);
        check((d.outcome == GW_PACK_NOT_IN_FORCE) == !gw_pack_in_force(p, f.day));
        GW_AUTO(gw_json) *why = gw_pack_explain(p, &f);
        check(gw_json_get(why, "rule") != NULL && gw_json_get(why, "path") != NULL);
        GW_AUTO_VALUE(gw_buf) words = {};
        gw_pack_explain_print(&words, why, 80);
        size_t bad;
        check(words.size > 0 && gw_span_utf8(gw_buf_span(&words), &bad));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_PACK_ARENA_BYTES);
    const struct gw_pack_options options = { .unsigned_too = true, .country = gw_state_country };
    const struct gw_pack *p;
    struct gw_pack_report report;
    struct gw_err err = {};
    bool fine = gw_pack_parse(&p, &report, a, gw_span_of(data, size), &options, &err);
    for (size_t i = 0; i < report.n_problems; i++)
        check(report.problems[i].line >= 1 && report.problems[i].line <= size + 1 && report.problems[i].pointer[0] != 'x' &&
              gw_span_utf8(gw_span_str(report.problems[i].text), NULL));
    if (!fine) {
        check(p == NULL && (err.code == GW_ERR_FORMAT || err.code == GW_ERR_INVALID || err.code == GW_ERR_LIMIT));
        check(err.at == GW_NO_PLACE || err.at <= size);
        return 0;
    }
    check(report.n_errors == 0 && report.n_tests == report.n_tests_passed);
    state = (uint32_t)size;
    ask(p);
    if (gw_pack_cells(p) < 20000) {
        GW_AUTO(gw_json) *diff = gw_pack_diff(p, p, &err);
        check(diff != NULL || err.code == GW_ERR_LIMIT);
        GW_AUTO_VALUE(gw_buf) table = {};
        if (diff != NULL)
            gw_pack_diff_print(&table, diff, 100, 3);
        check(gw_span_utf8(gw_buf_span(&table), NULL));
    }
    const char *const *languages;
    for (size_t i = 0; i < gw_pack_languages(p, &languages); i++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        GW_AUTO(gw_arena) *own = gw_arena_new(GW_PACK_ARENA_BYTES);
        struct gw_notice notice;
        const struct gw_pack_place place = { .day = gw_pack_from(p), .site = "JFK" };
        check(gw_pack_notice(&notice, own, p, &place, languages[i], &err));
        gw_notice_print(&text, &notice);
        for (int k = 0; k <= GW_ALTERNATIVE_NONE; k++)
            gw_pack_instead(&text, p, (enum gw_alternative)k, "JFK", languages[i]);
        check(gw_span_utf8(gw_buf_span(&text), NULL));
    }
    return 0;
}
