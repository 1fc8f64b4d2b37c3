/* report.c - how many were photographed, how it ended and how the service did, out of the log.
 *
 * The log names nobody, so neither can a report; and an auditor who has an export can count
 * again. Why it ended so is not in the log: that was counted when it was decided, by whole
 * days (measured.c). Cells of so few that they could be somebody are left out, and with them the next
 * smallest of their list, or the sum would tell them. */
#include "service/internal.h"

#include "measure/group.h"
#include "measure/interval.h"

#include <stdlib.h>

enum { CELLS_MAX = 512, LEAST_CELL = 5, ENTRIES_MOST = 3'000'000, ANSWERS = GW_ANSWER_INSPECT + 1 };
static const char *const answers[ANSWERS] = { "clear", "retry", "inspect" };

/* What was counted under one word of one list ("site": "YVR"). */
struct cell {
    char word[GW_AUDIT_WORD_MAX + 1];
    uint64_t n, by_answer[ANSWERS];
    struct gw_part captured, matched; /* of those whose series ended: events are the good ones */
};
struct cells {
    struct cell *cells; /* in the arena */
    size_t n, capacity;
};

struct counting {
    struct gw_service *s;
    struct gw_arena *a;
    int64_t from_us, to_us;
    uint64_t declines, inspections, kinds[GW_AUDIT_KIND_COUNT];
    struct cell all; /* captures */
    struct gw_measured measured;
    struct gw_token_row *tokens;
    size_t n_tokens;
    struct cells site, device, carrier, class, rule, reason, outcome, alert;
    struct gw_tx *tx;
    struct gw_id last_voyage; /* whose carrier is known */
    char last_carrier[GW_AUDIT_WORD_MAX + 1];
};

static struct cell *find_cell(const struct cells *list, struct gw_span word)
{
    for (size_t i = 0; i < list->n; i++)
        if (gw_span_is(word, list->cells[i].word))
            return &list->cells[i];
    return NULL;
}

/* What was answered, and in older logs why. An entry of another kind has neither. */
struct capture {
    size_t answer;
    bool has_reason;
    enum gw_reason reason;
};

/* Somebody's series ends with a clear or an inspection. Was there a picture to compare, and was it the right person's? */
static void add_reason(struct cell *at, size_t answer, enum gw_reason reason, uint64_t n)
{
    if (answer == GW_ANSWER_RETRY || reason == GW_REASON_DECLINED || reason == GW_REASON_NOT_EXPECTED)
        return;
    const bool usable = !gw_reason_is_unusable(reason);
    at->captured.trials += n;
    at->captured.events += usable ? n : 0;
    if (usable && reason != GW_REASON_LIVENESS && reason != GW_REASON_GALLERY_EMPTY && reason != GW_REASON_NO_PORTRAIT) {
        const bool matched = reason != GW_REASON_BELOW_THRESHOLD && reason != GW_REASON_NAMED_MISMATCH && reason != GW_REASON_NEAR_TIE;
        at->matched.trials += n;
        at->matched.events += matched ? n : 0;
    }
}

static void add_capture(struct cell *at, const struct capture *k)
{
    at->n++;
    if (k->answer >= ANSWERS)
        return;
    at->by_answer[k->answer]++;
    if (k->has_reason)
        add_reason(at, k->answer, k->reason, 1);
}

/* NULL: no memory. */
static struct cell *get_cell(struct cells *list, struct counting *c, struct gw_span word, struct gw_err *err)
{
    word = word.size == 0 ? gw_span_str("none") : word;
    struct cell *at = find_cell(list, word);
    if (at == NULL && list->n >= CELLS_MAX) {
        word = gw_span_str("others");
        at = find_cell(list, word);
    }
    if (at == NULL) {
        list->cells = gw_arena_grow(c->a, list->cells, &list->capacity, list->n + 1, sizeof *list->cells, err);
        if (list->cells == NULL)
            return NULL;
        at = &list->cells[list->n++];
        *at = (struct cell){};
        memcpy(at->word, word.data, GW_MIN(word.size, sizeof at->word - 1));
    }
    return at;
}

static bool count_in(struct cells *list, struct counting *c, struct gw_span word, const struct capture *k, struct gw_err *err)
{
    struct cell *at = get_cell(list, c, word, err);
    if (at != NULL)
        add_capture(at, k);
    return at != NULL;
}

static struct gw_span text_of(const struct gw_audit_entry *e, enum gw_audit_field field)
{
    return gw_audit_has(e, field) ? e->text[field] : (struct gw_span){};
}

/* Voyages stay when their persons are gone, so their carrier is still known. */
static bool find_carrier(struct counting *c, const struct gw_audit_entry *e, struct gw_err *err)
{
    struct gw_id voyage;
    struct gw_voyage_row row;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    if (!gw_id_parse(&voyage, e->text[GW_AUDIT_FIELD_VOYAGE]) || gw_id_equal(voyage, c->last_voyage))
        return true;
    if (!gw_store_voyage_get(&row, a, c->tx, voyage, err))
        return false;
    c->last_voyage = voyage;
    memset(c->last_carrier, 0, sizeof c->last_carrier);
    memcpy(c->last_carrier, row.carrier.data, GW_MIN(row.carrier.size, sizeof c->last_carrier - 1));
    return true;
}

static bool count_capture(struct counting *c, const struct gw_audit_entry *e, struct gw_err *err)
{
    char reason[GW_AUDIT_WORD_MAX + 1] = "";
    struct capture k = {};
    const struct gw_span said = text_of(e, GW_AUDIT_FIELD_REASON);
    while (k.answer < ANSWERS && !gw_span_is(e->text[GW_AUDIT_FIELD_ANSWER], answers[k.answer]))
        k.answer++;
    if (said.size > 0)
        memcpy(reason, said.data, GW_MIN(said.size, sizeof reason - 1));
    k.has_reason = gw_reason_find(&k.reason, reason);
    add_capture(&c->all, &k);
    return find_carrier(c, e, err) && count_in(&c->site, c, text_of(e, GW_AUDIT_FIELD_SITE), &k, err) &&
           count_in(&c->device, c, text_of(e, GW_AUDIT_FIELD_ACTOR), &k, err) &&
           count_in(&c->carrier, c, gw_span_str(c->last_carrier), &k, err) &&
           count_in(&c->class, c, text_of(e, GW_AUDIT_FIELD_CLASS), &k, err) &&
           count_in(&c->rule, c, text_of(e, GW_AUDIT_FIELD_RULE), &k, err) &&
           (said.size == 0 || count_in(&c->reason, c, said, &k, err));
}

/* Why those ended so of whom the log says no more than how. Where it has none in this time, nobody of the day is told of. */
static bool count_reasons(struct counting *c, struct gw_err *err)
{
    struct gw_measured_reasons r;
    for (size_t at = 0; c->all.n > 0 && gw_measured_next_reason(&r, &c->measured, &at);) {
        const struct {
            struct cells *list;
            struct gw_span word;
        } of[] = { { &c->site, r.site }, { &c->device, r.device }, { &c->carrier, r.carrier }, { &c->class, r.class }, { &c->rule, r.rule } };
        struct cell *reason = get_cell(&c->reason, c, gw_span_str(gw_reason_code(r.reason)), err);
        if (reason == NULL)
            return false;
        reason->n += r.n;
        add_reason(&c->all, r.answer, r.reason, r.n);
        for (size_t i = 0; i < GW_COUNT(of); i++) {
            struct cell *cell = find_cell(of[i].list, of[i].word.size == 0 ? gw_span_str("none") : of[i].word);
            cell = cell == NULL ? find_cell(of[i].list, gw_span_str("others")) : cell;
            if (cell != NULL)
                add_reason(cell, r.answer, r.reason, r.n);
        }
    }
    return true;
}

static bool count_entry(void *to, uint64_t n, struct gw_span line, struct gw_err *err)
{
    struct counting *c = to;
    const struct capture none = { .answer = ANSWERS };
    struct gw_audit_entry e;
    if (!gw_audit_parse(&e, line, err))
        return gw_fail(err, GW_ERR_CORRUPT, "entry %llu of the log cannot be read: restore a backup", (unsigned long long)n);
    c->kinds[e.kind]++;
    if (e.kind == GW_AUDIT_INSPECT) {
        c->inspections++;
        return count_in(&c->outcome, c, text_of(&e, GW_AUDIT_FIELD_ANSWER), &none, err);
    }
    if (e.kind == GW_AUDIT_ALERT)
        return count_in(&c->alert, c, text_of(&e, GW_AUDIT_FIELD_REASON), &none, err);
    c->declines += e.kind == GW_AUDIT_DECLINE;
    return e.kind != GW_AUDIT_VERIFY || count_capture(c, &e, err);
}

static bool count(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct counting *c = arg;
    uint64_t from, to;
    c->tx = tx;
    if (!gw_measured_read(&c->measured, c->a, tx, c->from_us, c->to_us, err) ||
        !gw_store_tokens(&c->tokens, &c->n_tokens, c->a, tx, err))
        return false;
    if (!gw_store_audit_first_at(&from, tx, c->from_us, err) || !gw_store_audit_first_at(&to, tx, c->to_us, err))
        return false;
    if (to > from && to - from > ENTRIES_MOST)
        return gw_fail(err, GW_ERR_INVALID, "in this time the log has %llu entries, a report counts at most %d: ask for a shorter time",
            (unsigned long long)(to - from), ENTRIES_MOST);
    return from >= to || (gw_store_audit_entries(tx, from, to, count_entry, c, err) && count_reasons(c, err));
}

/* ---- as JSON ---------------------------------------------------------------------------- */

static void set_rate(struct gw_json *j, const char *key, uint64_t k, uint64_t n)
{
    if (n == 0) {
        gw_json_set_null(j, key);
        return;
    }
    struct gw_json *o = gw_json_object(), *range = gw_json_array();
    const struct gw_interval i = gw_interval_exact(k, n, 0.95);
    gw_json_set_rounded(o, "rate", (double)k / (double)n, 4);
    gw_json_add_rounded(range, i.low, 4);
    gw_json_add_rounded(range, i.high, 4);
    gw_json_set(o, "interval_95", range);
    gw_json_set(j, key, o);
}

static int by_size(const void *a, const void *b)
{
    const struct cell *l = a, *r = b;
    return l->n < r->n ? -1 : l->n > r->n ? 1 : strcmp(l->word, r->word);
}

/* Smallest first: the first `hidden` of them may not be shown. */
static size_t hide(struct cells *list)
{
    size_t hidden = 0;
    if (list->n > 0)
        qsort(list->cells, list->n, sizeof *list->cells, by_size);
    while (hidden < list->n && list->cells[hidden].n < LEAST_CELL)
        hidden++;
    return hidden == 1 && list->n > 1 ? 2 : hidden; /* one alone could be told from the sum */
}

static void set_cell(struct gw_json *o, const struct cell *cell, bool rates)
{
    gw_json_set_integer(o, "count", (int64_t)cell->n);
    for (size_t k = 0; rates && k < ANSWERS; k++)
        set_rate(o, answers[k], cell->by_answer[k], cell->n);
    if (rates) {
        set_rate(o, "captured", cell->captured.events, cell->captured.trials);
        set_rate(o, "matched", cell->matched.events, cell->matched.trials);
    }
}

/* about_persons: a cell could be somebody. */
static void set_cells(struct gw_json *j, const char *key, const char *name, struct cells *list, bool rates, bool about_persons)
{
    struct gw_json *out = gw_json_array();
    const size_t hidden = hide(list), from = about_persons ? hidden : 0;
    for (size_t i = list->n; i-- > 0;) {
        const struct cell *cell = &list->cells[i];
        struct gw_json *o = gw_json_object();
        gw_json_set_text(o, name, cell->word);
        if (i < from) {
            gw_json_set_null(o, "count");
        } else {
            set_cell(o, cell, rates);
        }
        gw_json_add(out, o);
    }
    gw_json_set(j, key, out);
}

/* Gates, by the operator's own words for them, and how fast they were answered. */
static void set_devices(struct gw_json *j, struct counting *c)
{
    struct gw_json *out = gw_json_array();
    hide(&c->device); /* for the order alone: a gate is nobody */
    for (size_t i = c->device.n; i-- > 0;) {
        const struct cell *cell = &c->device.cells[i];
        struct gw_json *o = gw_json_object();
        struct gw_id id;
        gw_json_set_text(o, "device", cell->word);
        const bool known = gw_id_parse(&id, gw_span_str(cell->word));
        for (size_t k = 0; known && k < c->n_tokens; k++) {
            if (c->tokens[k].role != GW_ROLE_DEVICE || !gw_id_equal(c->tokens[k].id, id))
                continue;
            gw_json_set_span(o, "label", c->tokens[k].label);
            gw_json_set_span(o, "site", c->tokens[k].site);
        }
        set_cell(o, cell, true);
        gw_measured_set_answer(o, &c->measured, gw_span_str(cell->word));
        gw_json_add(out, o);
    }
    gw_json_set(j, "by_device", out);
}

static void set_targets(struct gw_json *j, const struct gw_conf *conf)
{
    struct gw_json *o = gw_json_object();
    gw_json_set_real(o, "captured", conf->target_captured);
    gw_json_set_real(o, "matched", conf->target_matched);
    gw_json_set_integer(o, "answer_ms", conf->target_answer / 1000);
    gw_json_set(j, "targets", o);
}

/* Groups of one kind, and how differently they fare (ISO/IEC 19795-10). */
static bool set_groups(struct gw_json *groups, struct gw_json *differentials, struct counting *c, const char *by, struct gw_err *err)
{
    struct cells list = {};
    struct gw_measured_group g;
    size_t n = 0;
    for (size_t at = 0; gw_measured_next_group(&g, &c->measured, by, &at);) {
        list.cells = gw_arena_grow(c->a, list.cells, &list.capacity, list.n + 1, sizeof *list.cells, err);
        if (list.cells == NULL)
            return false;
        struct cell *cell = &list.cells[list.n++];
        *cell = (struct cell){ .n = g.known + g.missed + g.not_captured, .matched = { g.missed, g.known + g.missed },
            .captured = { g.not_captured, g.known + g.missed + g.not_captured } };
        memcpy(cell->word, g.group.data, GW_MIN(g.group.size, sizeof cell->word - 1));
    }
    const size_t hidden = hide(&list);
    struct gw_part *parts = gw_arena_array(c->a, GW_MAX(list.n, (size_t)1), struct gw_part, err);
    if (parts == NULL)
        return false;
    for (size_t i = list.n; i-- > 0;) {
        const struct cell *cell = &list.cells[i];
        struct gw_json *o = gw_json_object();
        gw_json_set_text(o, "by", by);
        gw_json_set_text(o, "group", cell->word);
        if (i < hidden) {
            gw_json_set_null(o, "persons");
        } else {
            gw_json_set_integer(o, "persons", (int64_t)cell->n);
            set_rate(o, "missed", cell->matched.events, cell->matched.trials);
            set_rate(o, "not_captured", cell->captured.events, cell->captured.trials);
            if (cell->matched.trials > 0)
                parts[n++] = cell->matched;
        }
        gw_json_add(groups, o);
    }
    if (n < 2)
        return true;
    struct gw_json *d = gw_json_object();
    gw_json_set_text(d, "by", by);
    gw_json_set_integer(d, "groups", (int64_t)n);
    gw_json_set_rounded(d, "largest_over_geometric_mean", gw_group_differential(parts, n).largest_over_geometric_mean, 3);
    gw_json_add(differentials, d);
    return true;
}

static bool run(struct counting *c, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who, int64_t from_us,
    int64_t to_us, struct gw_err *err)
{
    *c = (struct counting){ .s = s, .a = a, .from_us = from_us, .to_us = to_us };
    return gw_allow(who, GW_ROLE_BIT(AUDITOR) | GW_ROLE_BIT(SUPERVISOR), err) && gw_store_read(s->store, count, c, err);
}

static struct gw_json *begin(const struct counting *c)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_time(j, "from", c->from_us);
    gw_json_set_time(j, "to", c->to_us);
    return j;
}

struct gw_json *gw_service_captures_report(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    int64_t from_us, int64_t to_us, struct gw_err *err)
{
    struct counting c;
    if (!run(&c, a, s, who, from_us, to_us, err))
        return NULL;
    struct gw_json *j = begin(&c);
    gw_json_set_integer(j, "captures", (int64_t)c.all.n);
    gw_json_set_integer(j, "declines", (int64_t)c.declines);
    for (size_t k = 0; k < ANSWERS; k++)
        set_rate(j, answers[k], c.all.by_answer[k], c.all.n);
    set_rate(j, "captured", c.all.captured.events, c.all.captured.trials);
    set_rate(j, "matched", c.all.matched.events, c.all.matched.trials);
    set_targets(j, s->conf);
    set_cells(j, "by_site", "site", &c.site, true, false);
    set_devices(j, &c);
    set_cells(j, "by_carrier", "carrier", &c.carrier, true, false);
    set_cells(j, "by_class", "class", &c.class, true, true);
    set_cells(j, "by_rule", "rule", &c.rule, true, true);
    return j;
}

struct gw_json *gw_service_accuracy_report(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    int64_t from_us, int64_t to_us, struct gw_err *err)
{
    struct counting c;
    if (!run(&c, a, s, who, from_us, to_us, err))
        return NULL;
    struct gw_json *j = begin(&c);
    uint64_t decided = c.all.by_answer[GW_ANSWER_CLEAR] + c.all.by_answer[GW_ANSWER_INSPECT];
    gw_json_set_integer(j, "captures", (int64_t)c.all.n);
    gw_json_set_integer(j, "decided", (int64_t)decided);
    set_rate(j, "cleared_of_decided", c.all.by_answer[GW_ANSWER_CLEAR], decided);
    set_rate(j, "asked_again", c.all.by_answer[GW_ANSWER_RETRY], c.all.n);
    gw_json_set_integer(j, "inspections", (int64_t)c.inspections);
    set_cells(j, "reasons", "reason", &c.reason, false, true);
    set_cells(j, "outcomes", "outcome", &c.outcome, false, true);
    set_cells(j, "by_class", "class", &c.class, true, true);
    gw_measured_set_scores(j, s, &c.measured);
    struct gw_json *groups = gw_json_array(), *differentials = gw_json_array();
    const bool fine = set_groups(groups, differentials, &c, "sex", err) && set_groups(groups, differentials, &c, "age", err);
    gw_json_set(j, "groups", groups);
    gw_json_set(j, "differentials", differentials);
    if (!fine)
        gw_json_free(j);
    return fine ? j : NULL;
}

struct gw_json *gw_service_service_report(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    int64_t from_us, int64_t to_us, struct gw_err *err)
{
    struct counting c;
    if (!run(&c, a, s, who, from_us, to_us, err))
        return NULL;
    struct gw_json *j = begin(&c), *kinds = gw_json_object();
    for (int i = 0; i < GW_AUDIT_KIND_COUNT; i++)
        if (c.kinds[i] > 0)
            gw_json_set_integer(kinds, gw_audit_kind_name((enum gw_audit_kind)i), (int64_t)c.kinds[i]);
    gw_json_set_integer(j, "starts", (int64_t)c.kinds[GW_AUDIT_START]);
    gw_json_set_integer(j, "stops", (int64_t)c.kinds[GW_AUDIT_STOP]);
    gw_json_set_integer(j, "clock_set_back", (int64_t)c.kinds[GW_AUDIT_CLOCK]);
    gw_json_set(j, "entries", kinds);
    set_cells(j, "alerts", "kind", &c.alert, false, false);
    return j;
}
