/* simulate_report.c - what the day was: rules, times, and decisions against the truth. */
#include "cli/simulate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *clause, *sentence;
} rules[SIM_RULES] = {
#define SIM_RULE(NAME, clause, sentence) [SIM_##NAME] = { #NAME, clause, sentence },
#include "cli/simulate.def"
};
static const char *const kinds[SIM_KINDS] = { "manifest", "portrait", "verification", "decline", "close", "other" };

static const char *result(const struct sim *s, size_t i)
{
    return s->rules[i].failed > 0 ? "fail" : s->rules[i].tried > 0 ? "pass" : "not tried";
}

size_t sim_failed(const struct sim *s)
{
    size_t n = 0;
    for (size_t i = 0; i < SIM_RULES; i++)
        n += s->rules[i].failed > 0;
    return n;
}

static size_t passed(const struct sim *s)
{
    size_t n = 0;
    for (size_t i = 0; i < SIM_RULES; i++)
        n += s->rules[i].tried > 0 && s->rules[i].failed == 0;
    return n;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The smallest time that at least that share did not exceed. */
static double quantile(const struct sim_times *t, double share)
{
    qsort(t->ms, t->n, sizeof *t->ms, by_value);
    return t->ms[(size_t)fmax(0, ceil(share * (double)t->n) - 1)];
}

struct gw_json *sim_report_json(const struct sim *s)
{
    struct gw_json *o = gw_json_object(), *day = gw_json_object(), *seen = gw_json_object(), *times = gw_json_object(), *list = gw_json_array();
    size_t travelers = 0;
    for (size_t i = 0; i < s->n_voyages; i++)
        travelers += s->voyages[i].n;
    gw_json_set_integer(day, "seed", s->options.seed);
    gw_json_set_integer(day, "voyages", (int64_t)s->n_voyages);
    gw_json_set_integer(day, "travelers", (int64_t)travelers);
    gw_json_set_integer(day, "persons", (int64_t)s->n_persons);
    gw_json_set_integer(day, "gates", (int64_t)s->n_gates);
    gw_json_set_rounded(day, "seconds", s->day_s, 2);
    gw_json_set(o, "day", day);
    gw_json_set_integer(o, "passed", (int64_t)passed(s));
    gw_json_set_integer(o, "failed", (int64_t)sim_failed(s));
    gw_json_set_integer(o, "not_tried", (int64_t)(SIM_RULES - passed(s) - sim_failed(s)));
    for (size_t i = 0; i < SIM_RULES; i++) {
        struct gw_json *r = gw_json_object();
        gw_json_set_text(r, "rule", rules[i].name);
        gw_json_set_text(r, "clause", rules[i].clause);
        gw_json_set_text(r, "expected", rules[i].sentence);
        gw_json_set_text(r, "result", result(s, i));
        gw_json_set_integer(r, "tried", (int64_t)s->rules[i].tried);
        gw_json_set_integer(r, "failed", (int64_t)s->rules[i].failed);
        gw_json_set_text_or_null(r, "first_failure", s->rules[i].first);
        gw_json_add(list, r);
    }
    gw_json_set(o, "rules", list);
    const struct {
        const char *name;
        size_t n;
    } counts[] = { { "expected_at_gates", s->seen.expected }, { "cleared_as_themselves", s->seen.cleared_right },
        { "cleared_as_somebody_else", s->seen.cleared_wrong }, { "sent_to_inspection", s->seen.inspected }, { "strangers", s->seen.strangers },
        { "strangers_cleared", s->seen.strangers_cleared }, { "declined", s->seen.declined }, { "without_portrait", s->seen.without_portrait },
        { "verifications", s->seen.attempts }, { "asked_again", s->seen.retries }, { "busy", s->seen.busy }, { "unanswered", s->seen.unanswered } };
    for (size_t i = 0; i < GW_COUNT(counts); i++)
        gw_json_set_integer(seen, counts[i].name, (int64_t)counts[i].n);
    gw_json_set(o, "decisions", seen);
    for (size_t i = 0; i < SIM_KINDS; i++) {
        const struct sim_times *t = &s->times[i];
        if (t->n == 0)
            continue;
        struct gw_json *j = gw_json_object();
        gw_json_set_integer(j, "n", (int64_t)t->n);
        gw_json_set_rounded(j, "p50", quantile(t, 0.5), 2);
        gw_json_set_rounded(j, "p95", quantile(t, 0.95), 2);
        gw_json_set_rounded(j, "p99", quantile(t, 0.99), 2);
        gw_json_set_rounded(j, "most", quantile(t, 1), 2);
        gw_json_set(times, kinds[i], j);
    }
    gw_json_set(o, "latency_ms", times);
    return o;
}

void sim_report_text(struct gw_buf *out, const struct sim *s, bool markdown)
{
    const char *bar = markdown ? "| " : "", *to = markdown ? " | " : "  ", *end = markdown ? " |\n" : "\n";
    gw_buf_addf(out, "%zu rules held, %zu broken, %zu not tried; %zu voyages, %zu gates, %zu verifications in %.1f s.\n\n", passed(s),
        sim_failed(s), SIM_RULES - passed(s) - sim_failed(s), s->n_voyages, s->n_gates, s->seen.attempts, s->day_s);
    if (markdown)
        gw_buf_add_text(out, "| result | tried | rule | where it is said | what is expected |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < SIM_RULES; i++) {
        gw_buf_addf(out, "%s%-9s%s%5zu%s%-16s%s%-26s%s%s%s", bar, result(s, i), to, s->rules[i].tried, to, rules[i].name, to, rules[i].clause,
            to, rules[i].sentence, end);
        if (s->rules[i].failed > 0)
            gw_buf_addf(out, "%s%zu of %zu: %s%s", markdown ? "| | | | | " : "           ", s->rules[i].failed, s->rules[i].tried, s->rules[i].first, end);
    }
    gw_buf_addf(out, "\n%s of those with a portrait who came to be cleared: %zu; cleared as themselves %zu, as somebody else %zu, sent to a person %zu\n",
        markdown ? "-" : "", s->seen.expected, s->seen.cleared_right, s->seen.cleared_wrong, s->seen.inspected);
    gw_buf_addf(out, "%s strangers at the gate: %zu, cleared %zu; declined %zu; without a portrait %zu; asked to try again %zu times\n",
        markdown ? "-" : "", s->seen.strangers, s->seen.strangers_cleared, s->seen.declined, s->seen.without_portrait, s->seen.retries);
    gw_buf_addf(out, "%s told to come back later (503) %zu times; no answer %zu times\n\n", markdown ? "-" : "", s->seen.busy, s->seen.unanswered);
    gw_buf_add_text(out, markdown ? "| ms | n | p50 | p95 | p99 | most |\n|---|---|---|---|---|---|\n"
                                  : "ms                    n       p50       p95       p99      most\n");
    for (size_t i = 0; i < SIM_KINDS; i++) {
        const struct sim_times *t = &s->times[i];
        if (t->n > 0)
            gw_buf_addf(out, "%s%-14s%s%6zu%s%8.1f%s%8.1f%s%8.1f%s%8.1f%s", bar, kinds[i], to, t->n, to, quantile(t, 0.5), to, quantile(t, 0.95), to,
                quantile(t, 0.99), to, quantile(t, 1), end);
    }
}
