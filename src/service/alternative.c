/* alternative.c - what is done instead of a photograph: what the rule in force offers to
 * somebody who declined, what they are told, and how long it took until it was done.
 *
 * Counts and times are kept by day and site, never with a person: nothing about having
 * declined outlives the voyage. */
#include "service/internal.h"

#include <stdio.h>
#include <stdlib.h>

bool gw_alternative_find(struct gw_decline *out, struct gw_decline_row *row, struct gw_service *s, const struct gw_caller *who,
    const struct gw_voyage_row *v, struct gw_arena *a, struct gw_span person, struct gw_span language, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_law) law = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    const struct gw_pack_rule *rule = NULL;
    gw_law_at(&law, s, v, who->site);
    row->day = gw_date_days(law.pack != NULL ? law.place.day : gw_date_of(row->at_us));
    row->site = who->site[0] != 0 ? gw_span_str(who->site) : v->direction == GW_DIRECTION_ARRIVAL ? v->to : v->from;
    out->alternative = GW_ALTERNATIVE_DOCUMENT_INSPECTION;
    if (law.pack == NULL)
        return true;
    /* Of somebody nobody has looked up yet the rule is the one that protects most. */
    if (person.size > 0 ? !gw_law_ask(&rule, &law, a, person, err) : (rule = gw_pack_decide(law.pack, &law.place).rule) == NULL)
        return false;
    const char *asked = language.size == 0 ? NULL : gw_arena_text(a, language, err);
    if (language.size > 0 && asked == NULL)
        return false;
    out->alternative = rule->alternative;
    const char *told = gw_pack_instead(&text, law.pack, rule->alternative, law.place.site, asked);
    snprintf(out->language, sizeof out->language, "%s", text.size == 0 ? "" : told);
    if (text.size >= sizeof out->instruction)
        return gw_fail(err, GW_ERR_LIMIT, "what the rule pack says to somebody who declined is longer than %zu bytes", sizeof out->instruction);
    memcpy(out->instruction, gw_buf_text(&text), text.size + 1);
    return true;
}

bool gw_alternative_count(struct gw_tx *tx, const struct gw_decline_row *row, enum gw_alternative alternative, struct gw_err *err)
{
    return gw_store_decline_count(tx, row->day, row->site, "declined", 1, err) &&
           gw_store_decline_count(tx, row->day, row->site, gw_alternative_name(alternative), 1, err);
}

static size_t bucket_of(int64_t us)
{
    size_t i = 0;
    while (i < GW_WAIT_BUCKETS - 1 && us > gw_wait_bounds_us[i])
        i++;
    return i;
}

bool gw_decline_settle(struct gw_tx *tx, struct gw_service *s, struct gw_id decline, struct gw_err *err)
{
    struct gw_decline_row row;
    bool first;
    char within[32];
    const int64_t now = gw_clock_now(&s->clock);
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    if (!gw_store_decline_settle(&row, &first, a, tx, decline, now, err))
        return false;
    if (!first)
        return true;
    const int64_t us = GW_MAX(now - row.at_us, INT64_C(0));
    const size_t i = bucket_of(us);
    if (i < GW_WAIT_BUCKETS - 1)
        snprintf(within, sizeof within, "le:%lld", (long long)(gw_wait_bounds_us[i] / GW_US_PER_S));
    if (!gw_store_decline_count(tx, row.day, row.site, "settled", 1, err) || !gw_store_decline_count(tx, row.day, row.site, "us", us, err) ||
        (i < GW_WAIT_BUCKETS - 1 && !gw_store_decline_count(tx, row.day, row.site, within, 1, err)))
        return false;
    gw_count_add(&s->counters.alternatives.buckets[i], 1);
    gw_count_add(&s->counters.alternatives.sum_us, (uint64_t)us);
    return true;
}

/* ---- the report ----------------------------------------------------------------------- */

struct reporting {
    struct gw_decline_report *out;
    struct gw_arena *a;
    int64_t from_day, to_day;
    struct gw_span site;
};

static void add_count(struct gw_decline_report_row *o, const struct gw_decline_count *c)
{
    uint64_t seconds;
    const uint64_t n = (uint64_t)GW_MAX(c->n, INT64_C(0));
    if (gw_span_is(c->what, "declined"))
        o->declined = n;
    else if (gw_span_is(c->what, "settled"))
        o->settled = n;
    else if (gw_span_is(c->what, "us"))
        o->sum_us = c->n;
    for (int i = 0; i <= GW_ALTERNATIVE_NONE; i++)
        if (gw_span_is(c->what, gw_alternative_name((enum gw_alternative)i)))
            o->by_alternative[i] = n;
    if (gw_span_starts(c->what, "le:") && gw_span_uint(gw_span_slice(c->what, 3, c->what.size), INT64_MAX, &seconds))
        for (size_t i = 0; i < GW_WAIT_BUCKETS - 1; i++)
            if (seconds <= (uint64_t)(gw_wait_bounds_us[i] / GW_US_PER_S))
                o->settled_within[i] += n;
}

static bool read_report(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct reporting *o = arg;
    struct gw_decline_count *counts;
    size_t n;
    if (!gw_store_decline_counts(&counts, &n, o->a, tx, o->from_day, o->to_day, o->site, err))
        return false;
    o->out->rows = gw_arena_array(o->a, n, struct gw_decline_report_row, err);
    if (o->out->rows == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !gw_span_equal(counts[i].site, counts[i - 1].site))
            o->out->rows[o->out->n++] = (struct gw_decline_report_row){ .site = (const char *)counts[i].site.data };
        add_count(&o->out->rows[o->out->n - 1], &counts[i]);
    }
    return true;
}

bool gw_service_decline_report(struct gw_decline_report *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_date from, struct gw_date to, struct gw_err *err)
{
    struct reporting o = { .out = out, .a = a, .from_day = from.year == 0 ? INT64_MIN : gw_date_days(from),
        .to_day = to.year == 0 ? INT64_MAX : gw_date_days(to), .site = gw_span_str(who->site) };
    *out = (struct gw_decline_report){};
    return gw_allow(who, GW_ROLE_BIT(AUDITOR) | GW_ROLE_BIT(SUPERVISOR), err) && gw_store_read(s->store, read_report, &o, err);
}
