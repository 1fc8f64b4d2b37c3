/* measured.c - what is counted of decisions, so that it is known how often they err, for
 * whom, and how long they take, when the persons are long gone.
 *
 * 1. Counted is in the transaction of what is counted, so nothing is counted twice.
 * 2. Truth is what a human or the comparison established: whoever was cleared by the
 *    face, and whoever an officer cleared although the face had not (`missed`). The
 *    runner-up of a clear is somebody else for sure, so its score is what a stranger to the
 *    gallery would have reached (`other`).
 * 3. No cell of fewer than five is given out; histograms join bins until each has five. */
#include "service/internal.h"

#include "manifest/manifest.h"
#include "measure/group.h"
#include "measure/interval.h"

#include <math.h>

enum { LEAST = 5, LOWEST = -100, NARROWEST = 4, STEPS_PER_OCTAVE = 8 };
enum face { KNOWN, MISSED, NOT_CAPTURED, N_FACES };

static int64_t bin_of_score(int32_t score)
{
    return (int64_t)floor(gw_threshold_to_cosine(score) * 100);
}

static int64_t bin_of_time(int64_t us)
{
    return us <= 1000 ? 0 : (int64_t)floor(log2((double)us / 1000) * STEPS_PER_OCTAVE);
}

/* The end of a step: never flatters. */
static double ms_of_bin(int64_t bin)
{
    return exp2((double)(bin + 1) / STEPS_PER_OCTAVE);
}

static int64_t day_of(int64_t us)
{
    return gw_date_days(gw_date_of(us));
}

/* What is not known of a birth is taken as the middle; bands of ages do not mind. */
static const char *age_of(struct gw_date birth, int64_t now_us)
{
    static const struct {
        int below;
        const char *word;
    } bands[] = { { 14, "under_14" }, { 30, "14_29" }, { 50, "30_49" }, { 70, "50_69" }, { 1000, "70_up" } };
    if (birth.year == 0)
        return NULL;
    birth.day = birth.month == 0 || birth.day == 0 ? 1 : birth.day;
    birth.month = birth.month == 0 ? 7 : birth.month;
    const int age = gw_date_age(birth, gw_date_of(now_us));
    size_t i = 0;
    while (i + 1 < GW_COUNT(bands) && age >= bands[i].below)
        i++;
    return bands[i].word;
}

static bool add_groups(struct gw_tx *tx, struct gw_arena *a, int64_t now_us, struct gw_span person, enum face face,
    struct gw_err *err)
{
    struct gw_manifest_traveler t;
    if (!gw_manifest_traveler_parse_json(&t, a, person, err))
        return false;
    const char *sex = t.sex == 'F' ? "female" : t.sex == 'M' ? "male" : t.sex == 'X' ? "unspecified" : NULL;
    const char *age = age_of(t.birth_date, now_us);
    return (sex == NULL || gw_store_measured_add(tx, day_of(now_us), "sex", gw_span_str(sex), face, err)) &&
        (age == NULL || gw_store_measured_add(tx, day_of(now_us), "age", gw_span_str(age), face, err));
}

bool gw_measured_decision(struct gw_tx *tx, struct gw_arena *a, const struct gw_verification_row *v, struct gw_span person,
    struct gw_err *err)
{
    char device[GW_ID_TEXT];
    const int64_t day = day_of(v->at_us);
    gw_id_format(device, v->device);
    if (!gw_store_measured_add(tx, day, "answer", gw_span_str(device), bin_of_time(v->elapsed_us), err))
        return false;
    if (v->answer != GW_ANSWER_CLEAR)
        return true;
    return gw_store_measured_add(tx, day, "own", v->model, bin_of_score(v->score), err) &&
        (!v->has_next || gw_store_measured_add(tx, day, "other", v->model, bin_of_score(v->next_score), err)) &&
        add_groups(tx, a, v->at_us, person, KNOWN, err);
}

/* One row for all that a report divides by: what is not known together cannot be counted together. */
enum { REASON_WORDS = 6 };

bool gw_measured_reason(struct gw_tx *tx, const struct gw_verification_row *v, const struct gw_measured_why *why, struct gw_err *err)
{
    char device[GW_ID_TEXT];
    GW_AUTO_VALUE(gw_buf) words = {};
    gw_id_format(device, v->device);
    gw_buf_addf(&words, "%s\t%s\t", device, why->site);
    gw_buf_add(&words, why->carrier.data, why->carrier.size);
    gw_buf_addf(&words, "\t%s\t%s\t%s", why->class, why->rule, gw_reason_code(why->reason));
    return gw_store_measured_add(tx, day_of(v->at_us), "reason", gw_buf_span(&words), v->answer, err);
}

bool gw_measured_outcome(struct gw_tx *tx, struct gw_arena *a, const struct gw_inspection_row *row, enum gw_reason reason,
    bool is_mismatch, int64_t now_us, struct gw_err *err)
{
    struct gw_traveler_row t;
    struct gw_verification_row v;
    bool found;
    const bool unusable = gw_reason_is_unusable(reason);
    if (!row->has_verification || !row->has_traveler || (!is_mismatch && !unusable))
        return true;
    if (!gw_store_traveler_get(&t, &found, true, a, tx, row->traveler, err))
        return false;
    if (!found)
        return true;
    if (unusable)
        return add_groups(tx, a, now_us, t.person, NOT_CAPTURED, err);
    if (!gw_store_verification_get(&v, &found, a, tx, row->verification, err))
        return false;
    if (!found)
        return true;
    /* Where somebody else was more alike, his own score is known to be lower, no more. */
    const bool own = v.has_score && (reason == GW_REASON_NAMED_MISMATCH ||
        (row->has_candidate && gw_id_equal(row->candidate, row->traveler)));
    return gw_store_measured_add(tx, day_of(now_us), "missed", v.model, own ? bin_of_score(v.score) : LOWEST, err) &&
        add_groups(tx, a, now_us, t.person, MISSED, err);
}

/* ---- read again ---------------------------------------------------------------------------- */

bool gw_measured_read(struct gw_measured *out, struct gw_arena *a, struct gw_tx *tx, int64_t from_us, int64_t to_us,
    struct gw_err *err)
{
    return gw_store_measured(&out->rows, &out->n, a, tx, day_of(from_us), day_of(to_us - 1) + 1, err);
}

/* The rows of one thing; they stand together. */
static struct gw_measured part_of(const struct gw_measured *m, const char *what, struct gw_span of)
{
    struct gw_measured part = {};
    for (size_t i = 0; i < m->n; i++) {
        if (!gw_span_is(m->rows[i].what, what) || !gw_span_equal(m->rows[i].of, of))
            continue;
        part.rows = part.n == 0 ? &m->rows[i] : part.rows;
        part.n++;
    }
    return part;
}

static uint64_t sum_of(const struct gw_measured *part)
{
    uint64_t n = 0;
    for (size_t i = 0; i < part->n; i++)
        n += (uint64_t)part->rows[i].n;
    return n;
}

static uint64_t below(const struct gw_measured *part, int64_t bin)
{
    uint64_t n = 0;
    for (size_t i = 0; i < part->n && part->rows[i].bin < bin; i++)
        n += (uint64_t)part->rows[i].n;
    return n;
}

void gw_measured_set_answer(struct gw_json *j, const struct gw_measured *m, struct gw_span device)
{
    const struct gw_measured part = part_of(m, "answer", device);
    const uint64_t n = sum_of(&part);
    if (n < LEAST) {
        gw_json_set_null(j, "answer_ms");
        return;
    }
    struct gw_json *o = gw_json_object();
    static const struct {
        const char *name;
        unsigned percent;
    } ranks[] = { { "median", 50 }, { "p95", 95 } };
    for (size_t k = 0; k < GW_COUNT(ranks); k++) {
        uint64_t seen = 0;
        size_t i = 0;
        while (i < part.n && (seen += (uint64_t)part.rows[i].n) * 100 < n * ranks[k].percent)
            i++;
        gw_json_set_rounded(o, ranks[k].name, ms_of_bin(part.rows[GW_MIN(i, part.n - 1)].bin), 0);
    }
    gw_json_set(j, "answer_ms", o);
}

/* ---- scores ---------------------------------------------------------------------------------- */

static struct gw_json *bin_to_json(int64_t from, int64_t to, uint64_t n)
{
    struct gw_json *o = gw_json_object();
    gw_json_set_rounded(o, "from", (double)from / 100, 2);
    gw_json_set_rounded(o, "to", (double)to / 100, 2);
    gw_json_set_integer(o, "count", (int64_t)n);
    return o;
}

/* Bins are joined until each has LEAST and is wide enough to be drawn; what is left over at the end joins the one before. */
static void set_histogram(struct gw_json *j, const char *key, const struct gw_measured *part)
{
    struct gw_json *o = gw_json_object(), *bins = gw_json_array();
    const uint64_t total = sum_of(part);
    uint64_t n = 0, rest = total;
    int64_t from = part->n == 0 ? 0 : part->rows[0].bin;
    for (size_t i = 0; i < part->n && total >= LEAST; i++) {
        n += (uint64_t)part->rows[i].n;
        rest -= (uint64_t)part->rows[i].n;
        const bool narrow = part->rows[i].bin + 1 - from < NARROWEST;
        if (rest > 0 && (n < LEAST || rest < LEAST || narrow))
            continue;
        gw_json_add(bins, bin_to_json(from, part->rows[i].bin + 1, n));
        n = 0;
        from = part->rows[i].bin + 1;
    }
    if (total == 0 || total >= LEAST)
        gw_json_set_integer(o, "count", (int64_t)total);
    else
        gw_json_set_null(o, "count");
    gw_json_set(o, "bins", bins);
    gw_json_set(j, key, o);
}

/* Of fewer than LEAST only that it is not more than that: the upper end of the interval with 4. */
static bool set_bounded(struct gw_json *j, const char *key, uint64_t k, uint64_t n)
{
    struct gw_json *o = gw_json_object();
    const bool told = k >= LEAST;
    if (told) {
        gw_json_set_rounded(o, "rate", (double)k / (double)n, 6);
        gw_json_set_null(o, "at_most");
    } else {
        gw_json_set_null(o, "rate");
        gw_json_set_rounded(o, "at_most", gw_interval_upper(GW_MIN((uint64_t)LEAST - 1, n), n, 0.95), 6);
    }
    gw_json_set(j, key, o);
    return told;
}

struct scores {
    struct gw_measured own, other, missed;
    uint64_t n_own, n_other; /* own: with those that were missed */
};

/* A search among all: how often the most alike stranger reached the threshold, how often the right one did not. */
static struct gw_json *det_of_searches(const struct scores *s)
{
    enum { STEP = 2 };
    struct gw_json *points = gw_json_array();
    if (s->n_own < LEAST || s->n_other < LEAST)
        return points;
    for (int64_t bin = LOWEST; bin <= 160; bin += STEP) {
        const uint64_t reached = s->n_other - below(&s->other, bin), lost = below(&s->own, bin) + below(&s->missed, bin);
        if ((reached < LEAST && lost < LEAST) || reached == s->n_other || lost == s->n_own)
            continue;
        struct gw_json *p = gw_json_object();
        gw_json_set_rounded(p, "threshold", (double)bin / 100, 2);
        set_bounded(p, "false_match", reached, s->n_other);
        set_bounded(p, "false_non_match", lost, s->n_own);
        gw_json_add(points, p);
    }
    return points;
}

/* One to one: false matches as they were measured for the card (`gangway evaluate --calibrate`), misses as they were here. */
static struct gw_json *det_of_card(const struct gw_service *g, const struct scores *s)
{
    struct gw_json *points = gw_json_array();
    for (size_t i = 0; i < g->n_points && s->n_own >= LEAST; i++) {
        const int64_t bin = (int64_t)ceil(g->points[i].score * 100);
        struct gw_json *p = gw_json_object(), *fmr = gw_json_object();
        gw_json_set_rounded(p, "threshold", g->points[i].score, 4);
        gw_json_set_real(fmr, "rate", g->points[i].fmr);
        gw_json_set_null(fmr, "at_most");
        gw_json_set(p, "false_match", fmr);
        set_bounded(p, "false_non_match", below(&s->own, bin) + below(&s->missed, bin), s->n_own);
        gw_json_add(points, p);
    }
    return points;
}

static void set_calibration(struct gw_json *j, const struct gw_service *g)
{
    static const size_t persons[] = { 1, 50, 200, 400, 1000 };
    struct gw_json *o = gw_json_object(), *points = gw_json_array(), *thresholds = gw_json_array();
    for (size_t i = 0; i < g->n_points; i++) {
        struct gw_json *p = gw_json_object();
        gw_json_set_real(p, "fmr", g->points[i].fmr);
        gw_json_set_rounded(p, "score", g->points[i].score, 4);
        gw_json_add(points, p);
    }
    for (size_t i = 0; i < GW_COUNT(persons); i++) {
        double score;
        if (!gw_threshold_get(&score, g->points, g->n_points, persons[i], g->conf->verify_fpir, NULL))
            continue;
        struct gw_json *p = gw_json_object();
        gw_json_set_integer(p, "portraits", (int64_t)persons[i]);
        gw_json_set_rounded(p, "threshold", score, 4);
        gw_json_add(thresholds, p);
    }
    gw_json_set_text(o, "model", g->model);
    gw_json_set(o, "points", points);
    gw_json_set(o, "thresholds", thresholds);
    gw_json_set(j, "calibration", o);
}

static struct gw_json *model_to_json(const struct gw_service *g, const struct gw_measured *m, struct gw_span model)
{
    struct scores s = { part_of(m, "own", model), part_of(m, "other", model), part_of(m, "missed", model), 0, 0 };
    struct gw_json *o = gw_json_object(), *det = gw_json_object();
    s.n_own = sum_of(&s.own) + sum_of(&s.missed);
    s.n_other = sum_of(&s.other);
    gw_json_set_span(o, "model", model);
    set_histogram(o, "own", &s.own);
    set_histogram(o, "other", &s.other);
    set_histogram(o, "missed", &s.missed);
    gw_json_set(det, "search", det_of_searches(&s));
    gw_json_set(det, "card", gw_span_is(model, g->model) ? det_of_card(g, &s) : gw_json_array());
    gw_json_set(o, "det", det);
    return o;
}

void gw_measured_set_scores(struct gw_json *j, const struct gw_service *g, const struct gw_measured *m)
{
    struct gw_json *models = gw_json_array();
    set_calibration(j, g);
    for (size_t i = 0; i < m->n; i++) {
        const struct gw_measured_row *row = &m->rows[i];
        /* They stand in order: missed, other, own. Each model once, at its first. */
        const bool first = gw_span_is(row->what, "missed") ||
            (gw_span_is(row->what, "own") && part_of(m, "missed", row->of).n == 0);
        if (first && (i == 0 || !gw_span_equal(row->of, m->rows[i - 1].of) || !gw_span_equal(row->what, m->rows[i - 1].what)))
            gw_json_add(models, model_to_json(g, m, row->of));
    }
    gw_json_set(j, "models", models);
}

/* ---- groups ------------------------------------------------------------------------------------ */

bool gw_measured_next_group(struct gw_measured_group *out, const struct gw_measured *m, const char *by, size_t *at)
{
    while (*at < m->n && !gw_span_is(m->rows[*at].what, by))
        ++*at;
    if (*at >= m->n)
        return false;
    *out = (struct gw_measured_group){ .group = m->rows[*at].of };
    uint64_t *const counts[N_FACES] = { &out->known, &out->missed, &out->not_captured };
    for (; *at < m->n && gw_span_is(m->rows[*at].what, by) && gw_span_equal(m->rows[*at].of, out->group); ++*at)
        if (m->rows[*at].bin >= 0 && m->rows[*at].bin < N_FACES)
            *counts[m->rows[*at].bin] += (uint64_t)m->rows[*at].n;
    return true;
}

/* ---- reasons ----------------------------------------------------------------------------------- */

static bool read_words(struct gw_measured_reasons *out, struct gw_span of)
{
    char code[32] = "";
    struct gw_span last = {}, *const words[REASON_WORDS] = { &out->device, &out->site, &out->carrier, &out->class, &out->rule, &last };
    size_t n = 0;
    for (size_t from = 0, i = 0; i <= of.size && n < REASON_WORDS; i++)
        if (i == of.size || of.data[i] == '\t') {
            *words[n++] = gw_span_slice(of, from, i);
            from = i + 1;
        }
    if (n < REASON_WORDS || last.size >= sizeof code)
        return false;
    memcpy(code, last.data, last.size);
    return gw_reason_find(&out->reason, code);
}

bool gw_measured_next_reason(struct gw_measured_reasons *out, const struct gw_measured *m, size_t *at)
{
    for (; *at < m->n; ++*at) {
        const struct gw_measured_row *row = &m->rows[*at];
        *out = (struct gw_measured_reasons){ .answer = (enum gw_answer)row->bin, .n = (uint64_t)row->n };
        if (gw_span_is(row->what, "reason") && row->bin >= 0 && row->bin <= GW_ANSWER_INSPECT && read_words(out, row->of))
            return ++*at > 0;
    }
    return false;
}
