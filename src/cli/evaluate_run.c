/* evaluate_run.c - what the embeddings say of the recognition: pairs, all against
 * all, searches of galleries, groups. Scores are those of gallery/: integers. */
#include "cli/evaluate.h"

#include "base/clock.h"
#include "gallery/gallery.h"
#include "policy/threshold.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEEP = 1 << 18,     /* highest scores of different people kept exactly: FMR 1e-2 of 26 million */
    BATCH = 4096,       /* scores handed on at once */
    AGAIN = 1000,       /* times persons are drawn again for an interval */
    GROUP_LEAST = 30,   /* comparisons of one person a group needs to be part of a differential */
};
#define NEVER (-2.0F) /* the score where nothing was acquired: matches at no threshold */
#define LEVEL 0.95

struct genuine {
    float score;
    uint32_t identity, picture;
};

struct run {
    struct gw_eval *e;
    const struct gw_eval_question *q;
    struct gw_template *templates; /* of picture i, where acquired */
    struct genuine *genuine;
    size_t n_genuine, capacity;
    struct gw_tally *tally;
    float *sorted; /* genuine scores */
    double search_us;
    uint64_t searches;
};

static double score(const struct run *r, size_t a, size_t b)
{
    return gw_threshold_to_cosine(gw_template_score(&r->templates[a], &r->templates[b]));
}

static bool usable(const struct gw_eval_picture *p)
{
    return p->counted && p->state == GW_EVAL_ACQUIRED;
}

/* Which pictures meet: with roles the gallery's and the probes', else all. */
static bool meet(const struct gw_eval *e, const struct gw_eval_picture *a, const struct gw_eval_picture *b)
{
    return !e->roles || (a->role == GW_EVAL_GALLERY && b->role == GW_EVAL_PROBE) ||
           (a->role == GW_EVAL_PROBE && b->role == GW_EVAL_GALLERY);
}

static void set_range(struct gw_json *j, const char *key, struct gw_interval i)
{
    struct gw_json *a = gw_json_array();
    gw_json_add_rounded(a, i.low, 6);
    gw_json_add_rounded(a, i.high, 6);
    gw_json_set(j, key, a);
}

static void progress(const struct run *r, const char *what, size_t done, size_t all)
{
    if (r->q->progress && isatty(STDERR_FILENO) != 0)
        fprintf(stderr, "\revaluate: %s, %zu of %zu %s", what, done, all, done == all ? "\n" : "");
}

static struct gw_json *pairs_json(const struct run *r)
{
    const struct gw_eval *e = r->e;
    GW_AUTO_MEM struct gw_pair *pairs = gw_alloc_array(e->n_pairs + 1, sizeof *pairs);
    size_t without = 0;
    for (size_t i = 0; i < e->n_pairs; i++) {
        const struct gw_eval_pair *p = &e->pairs[i];
        const bool both = e->pictures[p->a].state == GW_EVAL_ACQUIRED && e->pictures[p->b].state == GW_EVAL_ACQUIRED;
        pairs[i] = (struct gw_pair){ both ? (float)score(r, p->a, p->b) : NEVER, p->fold, p->same };
        without += !both;
    }
    struct gw_pairs_result result;
    struct gw_json *j = gw_json_object();
    gw_json_set_integer(j, "count", (int64_t)e->n_pairs);
    gw_json_set_integer(j, "not_acquired", (int64_t)without);
    if (gw_pairs_measure(&result, pairs, e->n_pairs)) {
        gw_json_set_rounded(j, "accuracy", result.accuracy, 6);
        gw_json_set_rounded(j, "standard_error", result.standard_error, 6);
        gw_json_set_rounded(j, "threshold", result.threshold, 6);
        gw_json_set_integer(j, "folds", result.folds);
    }
    return j;
}

/* All against all, once. */
static void compare_all(struct run *r)
{
    const struct gw_eval *e = r->e;
    float batch[BATCH];
    size_t n = 0;
    for (size_t a = 0; a < e->n_pictures; a++) {
        const struct gw_eval_picture *p = &e->pictures[a];
        if (a % 256 == 0)
            progress(r, "comparing all", a, e->n_pictures);
        if (!usable(p))
            continue;
        for (size_t b = a + 1; b < e->n_pictures; b++) {
            const struct gw_eval_picture *o = &e->pictures[b];
            if (!usable(o) || !meet(e, p, o))
                continue;
            const float s = (float)score(r, a, b);
            if (p->identity == o->identity) {
                if (r->n_genuine == r->capacity) {
                    r->capacity = GW_MAX(2 * r->capacity, (size_t)1024);
                    r->genuine = gw_realloc_array(r->genuine, r->capacity, sizeof r->genuine[0]);
                }
                r->genuine[r->n_genuine++] = (struct genuine){ s, p->identity, (uint32_t)a };
                continue;
            }
            batch[n++] = s;
            if (n == BATCH) {
                gw_tally_add(r->tally, batch, n);
                n = 0;
            }
        }
    }
    gw_tally_add(r->tally, batch, n);
    progress(r, "comparing all", e->n_pictures, e->n_pictures);
    r->sorted = gw_alloc_array(r->n_genuine + 1, sizeof r->sorted[0]);
    for (size_t i = 0; i < r->n_genuine; i++)
        r->sorted[i] = r->genuine[i].score;
    gw_scores_sort(r->sorted, r->n_genuine);
}

/* FNMR at a threshold over persons drawn again; of one group, or of all (label GW_EVAL_LABELS). */
static bool fnmr_by_person(struct gw_interval *out, struct gw_part *sum, const struct run *r, double threshold,
    enum gw_eval_label label, uint32_t value)
{
    GW_AUTO_MEM struct gw_part *parts = gw_alloc_array(r->e->identities.n + 1, sizeof *parts);
    *sum = (struct gw_part){};
    for (size_t i = 0; i < r->n_genuine; i++) {
        const struct genuine *g = &r->genuine[i];
        if (label != GW_EVAL_LABELS && r->e->pictures[g->picture].group[label] != value)
            continue;
        const bool missed = (double)g->score < threshold;
        parts[g->identity].trials++;
        parts[g->identity].events += missed;
        sum->trials++;
        sum->events += missed;
    }
    /* Persons without two pictures are no part of this. */
    size_t n = 0;
    for (size_t i = 0; i <= r->e->identities.n; i++)
        if (parts[i].trials > 0)
            parts[n++] = parts[i];
    return gw_interval_by_person(out, parts, n, LEVEL, AGAIN, r->q->seed);
}

static struct gw_json *verification_json(const struct run *r)
{
    static const struct {
        const char *name;
        double rate;
    } rates[] = { { "1e-2", 1e-2 }, { "1e-3", 1e-3 }, { "5e-4", 5e-4 }, { "1e-4", 1e-4 }, { "1e-5", 1e-5 }, { "1e-6", 1e-6 } };
    struct gw_json *j = gw_json_object(), *fnmr = gw_json_object(), *ranges = gw_json_object();
    struct gw_json *thresholds = gw_json_object(), *few = gw_json_array();
    const double n = (double)gw_tally_count(r->tally);
    double rate, at;
    gw_json_set_integer(j, "genuine", (int64_t)r->n_genuine);
    gw_json_set_integer(j, "impostor", (int64_t)gw_tally_count(r->tally));
    if (gw_equal_error(&rate, &at, r->sorted, r->n_genuine, r->tally)) {
        gw_json_set_rounded(j, "eer", rate, 6);
        gw_json_set_rounded(j, "eer_threshold", at, 6);
    } else {
        gw_json_set_null(j, "eer");
    }
    for (size_t i = 0; i < GW_COUNT(rates) && r->n_genuine > 0; i++) {
        struct gw_interval range;
        struct gw_part sum;
        if (rates[i].rate * n < 1 || !gw_tally_threshold(&at, r->tally, rates[i].rate))
            continue;
        const bool known = fnmr_by_person(&range, &sum, r, at, GW_EVAL_LABELS, 0);
        gw_json_set_rounded(fnmr, rates[i].name, (double)sum.events / (double)sum.trials, 6);
        gw_json_set_rounded(thresholds, rates[i].name, at, 6);
        if (known)
            set_range(ranges, rates[i].name, range);
        if (rates[i].rate * n < GW_RULE_OF_30)
            gw_json_add_text(few, rates[i].name);
    }
    gw_json_set(j, "fnmr", fnmr);
    gw_json_set(j, "fnmr_95", ranges);
    gw_json_set(j, "thresholds", thresholds);
    gw_json_set(j, "fewer_than_30_false_matches", few);
    return j;
}

static struct gw_id id_of(uint32_t identity)
{
    struct gw_id id = {};
    for (int i = 0; i < 4; i++)
        id.bytes[12 + i] = (uint8_t)(identity >> (24 - 8 * i));
    return id;
}

static uint32_t identity_of(struct gw_id id)
{
    return (uint32_t)id.bytes[12] << 24 | (uint32_t)id.bytes[13] << 16 | (uint32_t)id.bytes[14] << 8 | id.bytes[15];
}

/* Searches of one kind of gallery, gathered. */
struct gathered {
    struct gw_searched *s;
    uint32_t *identity; /* of each search */
    size_t n, capacity;
};

static void gather(struct gathered *g, struct gw_searched s, uint32_t identity)
{
    if (g->n == g->capacity) {
        g->capacity = GW_MAX(2 * g->capacity, (size_t)1024);
        g->s = gw_realloc_array(g->s, g->capacity, sizeof g->s[0]);
        g->identity = gw_realloc_array(g->identity, g->capacity, sizeof g->identity[0]);
    }
    g->s[g->n] = s;
    g->identity[g->n++] = identity;
}

static float best_of(const struct gw_hit *hits, size_t n)
{
    return n == 0 ? -INFINITY : (float)gw_threshold_to_cosine(hits->score);
}

/* One probe. With `both`, a mated search is also one of somebody who is not there: his
 * own entry is passed over. */
static void search(struct gathered *g, struct run *r, const struct gw_gallery *gallery, size_t picture, bool both)
{
    struct gw_hit hits[2];
    const uint32_t identity = r->e->pictures[picture].identity;
    const int64_t begun = gw_clock_monotonic_us();
    const size_t n = gw_gallery_search(hits, 2, gallery, &r->templates[picture]);
    r->search_us += (double)(gw_clock_monotonic_us() - begun);
    r->searches++;
    const bool mated = gw_gallery_portraits(gallery, id_of(identity)) > 0, first = n > 0 && identity_of(hits[0].person) == identity;
    gather(g, (struct gw_searched){ best_of(hits, n), mated, first }, identity);
    if (mated && both)
        gather(g, (struct gw_searched){ first ? best_of(hits + 1, n - 1) : best_of(hits, n), false, false }, identity);
}

static void describe(struct gw_json *list, const struct run *r, const struct gathered *g, size_t persons, size_t templates,
    unsigned portraits, unsigned drawn)
{
    struct gw_identified at;
    struct gw_json *j = gw_json_object();
    gw_json_set_integer(j, "gallery", (int64_t)persons);
    gw_json_set_integer(j, "portraits_per_person", portraits);
    gw_json_set_integer(j, "templates", (int64_t)templates);
    gw_json_set_integer(j, "drawn", drawn);
    gw_json_set_integer(j, "searches", (int64_t)g->n);
    gw_json_set_real(j, "fpir", r->q->fpir);
    if (gw_identified_measure(&at, g->s, g->n, r->q->fpir) && at.mated > 0) {
        GW_AUTO_MEM struct gw_part *parts = gw_alloc_array(r->e->identities.n + 1, sizeof *parts);
        struct gw_interval range;
        for (size_t i = 0; i < g->n; i++) {
            parts[g->identity[i]].trials += g->s[i].mated;
            parts[g->identity[i]].events += g->s[i].mated && !(g->s[i].mate_first && (double)g->s[i].best >= at.threshold);
        }
        size_t n = 0;
        for (size_t i = 0; i <= r->e->identities.n; i++)
            if (parts[i].trials > 0)
                parts[n++] = parts[i];
        gw_json_set_rounded(j, "threshold", at.threshold, 6);
        gw_json_set_rounded(j, "fnir", (double)at.misses / (double)at.mated, 6);
        if (gw_interval_by_person(&range, parts, n, LEVEL, AGAIN, r->q->seed))
            set_range(j, "fnir_95", range);
        gw_json_set_integer(j, "mated", (int64_t)at.mated);
        gw_json_set_integer(j, "misses", (int64_t)at.misses);
        gw_json_set_integer(j, "nonmated", (int64_t)at.nonmated);
        gw_json_set_integer(j, "false_positives", (int64_t)at.false_positives);
    }
    /* What the service would do: the threshold that the card's operating points give for this gallery. */
    struct gw_threshold_point points[GW_THRESHOLD_POINTS_MAX];
    const size_t n_points = GW_MIN(r->q->n_points, GW_COUNT(points));
    double threshold;
    for (size_t i = 0; i < n_points; i++)
        points[i] = (struct gw_threshold_point){ r->q->points[i].fmr, r->q->points[i].score };
    if (gw_threshold_get(&threshold, points, n_points, templates, r->q->fpir, NULL)) {
        const struct gw_identified card = gw_identified_at(g->s, g->n, threshold);
        struct gw_json *c = gw_json_object();
        gw_json_set_rounded(c, "threshold", threshold, 6);
        if (card.nonmated > 0)
            gw_json_set_rounded(c, "fpir", (double)card.false_positives / (double)card.nonmated, 6);
        if (card.mated > 0)
            gw_json_set_rounded(c, "fnir", (double)card.misses / (double)card.mated, 6);
        gw_json_set(j, "with_card_threshold", c);
    }
    gw_json_add(list, j);
}

static void gathered_done(struct gathered *g)
{
    gw_free(g->s);
    gw_free(g->identity);
}
GW_AUTO_DONE(gathered, gathered_done)

static bool identify_roles(struct gw_json *list, struct run *r, struct gw_err *err)
{
    const struct gw_eval *e = r->e;
    GW_AUTO_MEM struct gw_gallery_item *items = gw_alloc_array(e->n_pictures + 1, sizeof *items);
    GW_AUTO_VALUE(gathered) g = {};
    size_t n = 0;
    for (size_t i = 0; i < e->n_pictures; i++)
        if (usable(&e->pictures[i]) && e->pictures[i].role == GW_EVAL_GALLERY)
            items[n++] = (struct gw_gallery_item){ id_of(e->pictures[i].identity), &r->templates[i] };
    GW_AUTO(gw_gallery) *gallery = gw_gallery_new(items, n, err);
    if (gallery == NULL)
        return false;
    for (size_t i = 0; i < e->n_pictures && n > 0; i++)
        if (usable(&e->pictures[i]) && e->pictures[i].role == GW_EVAL_PROBE)
            search(&g, r, gallery, i, true);
    const size_t persons = gw_gallery_persons(gallery);
    if (g.n > 0)
        describe(list, r, &g, persons, n, (unsigned)((n + persons / 2) / persons), 1);
    return true;
}

static void shuffle(uint32_t *a, size_t n, uint64_t *seed)
{
    for (size_t i = n; i > 1; i--) {
        const size_t k = (size_t)gw_lot_below(seed, i);
        const uint32_t t = a[i - 1];
        a[i - 1] = a[k];
        a[k] = t;
    }
}

/* Pictures of each identity, acquired ones only: those of identity k are list[first[k]] to
 * list[first[k + 1] - 1]. */
struct shelf {
    uint32_t *list, *first;
};

static void shelf_make(struct shelf *s, const struct gw_eval *e)
{
    const size_t ids = e->identities.n;
    s->list = gw_alloc_array(e->n_pictures + 1, sizeof s->list[0]);
    s->first = gw_alloc_array(ids + 3, sizeof s->first[0]);
    for (size_t i = 0; i < e->n_pictures; i++)
        if (usable(&e->pictures[i]))
            s->first[e->pictures[i].identity + 2]++;
    for (size_t k = 1; k < ids + 2; k++)
        s->first[k + 1] += s->first[k];
    for (size_t i = 0; i < e->n_pictures; i++)
        if (usable(&e->pictures[i]))
            s->list[s->first[e->pictures[i].identity + 1]++] = (uint32_t)i;
}

static bool draw_gallery(struct gathered *g, size_t *templates, struct run *r, struct shelf *s, uint32_t *persons,
    size_t n_persons, size_t size, unsigned portraits, uint64_t *seed, struct gw_err *err)
{
    GW_AUTO_MEM struct gw_gallery_item *items = gw_alloc_array(size * portraits + 1, sizeof *items);
    size_t n = 0;
    shuffle(persons, n_persons, seed);
    for (size_t i = 0; i < size; i++) {
        uint32_t *mine = s->list + s->first[persons[i]];
        const size_t have = s->first[persons[i] + 1] - s->first[persons[i]];
        shuffle(mine, have, seed);
        /* One picture stays to search with, where there are two. */
        for (size_t k = 0; k < GW_MIN((size_t)portraits, GW_MAX(have - 1, (size_t)1)); k++)
            items[n++] = (struct gw_gallery_item){ id_of(persons[i]), &r->templates[mine[k]] };
    }
    GW_AUTO(gw_gallery) *gallery = gw_gallery_new(items, n, err);
    if (gallery == NULL)
        return false;
    *templates += n;
    for (size_t i = 0; i < n_persons; i++) {
        const size_t have = s->first[persons[i] + 1] - s->first[persons[i]];
        const size_t enrolled = i < size ? GW_MIN((size_t)portraits, GW_MAX(have - 1, (size_t)1)) : 0;
        for (size_t k = enrolled; k < have; k++)
            search(g, r, gallery, s->list[s->first[persons[i]] + k], false);
    }
    return true;
}

static bool identify_by_lot(struct gw_json *list, struct run *r, struct gw_err *err)
{
    const struct gw_eval *e = r->e;
    const unsigned draws = r->q->draws;
    assert(draws > 0);
    GW_AUTO_MEM uint32_t *persons = gw_alloc_array(e->identities.n + 1, sizeof *persons);
    struct shelf s;
    size_t n = 0;
    bool ok = true;
    shelf_make(&s, e);
    for (uint32_t k = 1; k <= e->identities.n; k++)
        if (s.first[k + 1] > s.first[k])
            persons[n++] = k;
    /* Somebody must be left who is not in the gallery. */
    const size_t size = GW_MIN((size_t)r->q->size, n / 2);
    for (unsigned portraits = 1; portraits <= 3 && ok && size > 0; portraits += 2) {
        GW_AUTO_VALUE(gathered) g = {};
        uint64_t seed = r->q->seed;
        size_t templates = 0;
        for (unsigned d = 0; d < draws && ok; d++) {
            progress(r, "searching drawn galleries", d, draws);
            ok = draw_gallery(&g, &templates, r, &s, persons, n, size, portraits, &seed, err);
        }
        progress(r, "searching drawn galleries", draws, draws);
        if (ok)
            describe(list, r, &g, size, templates / draws, portraits, draws);
    }
    gw_free(s.list);
    gw_free(s.first);
    return ok;
}

/* FMR within each group: pairs of different people of the same group, the stricter test. */
static void compare_groups(struct gw_part *of[GW_EVAL_LABELS], const struct run *r, double threshold)
{
    const struct gw_eval *e = r->e;
    for (size_t a = 0; a < e->n_pictures; a++) {
        const struct gw_eval_picture *p = &e->pictures[a];
        if (a % 256 == 0)
            progress(r, "comparing within groups", a, e->n_pictures);
        if (!usable(p))
            continue;
        for (size_t b = a + 1; b < e->n_pictures; b++) {
            const struct gw_eval_picture *o = &e->pictures[b];
            if (!usable(o) || !meet(e, p, o) || p->identity == o->identity)
                continue;
            bool match = false, known = false;
            for (size_t label = 0; label < GW_EVAL_LABELS; label++) {
                const uint32_t value = p->group[label];
                if (value == 0 || value != o->group[label])
                    continue;
                if (!known)
                    match = score(r, a, b) >= threshold;
                known = true;
                of[label][value].trials++;
                of[label][value].events += match;
            }
        }
    }
    progress(r, "comparing within groups", e->n_pictures, e->n_pictures);
}

static void differential_json(struct gw_json *list, const char *label, const struct gw_part *fnmr, const struct gw_part *fmr,
    size_t n)
{
    if (n < 2)
        return;
    const struct gw_differential misses = gw_group_differential(fnmr, n), matches = gw_group_differential(fmr, n);
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "label", label);
    gw_json_set_integer(j, "groups", (int64_t)n);
    gw_json_set_rounded(j, "fnmr_max_over_geometric_mean", misses.largest_over_geometric_mean, 4);
    gw_json_set_rounded(j, "fmr_max_over_geometric_mean", matches.largest_over_geometric_mean, 4);
    gw_json_set_rounded(j, "fnmr_max_over_min", misses.largest_over_smallest, 4);
    gw_json_set_rounded(j, "fmr_max_over_min", matches.largest_over_smallest, 4);
    gw_json_set_rounded(j, "fnmr_difference", misses.difference, 6);
    gw_json_set_rounded(j, "fmr_difference", matches.difference, 8);
    gw_json_set_rounded(j, "fnmr_gini", misses.gini, 4);
    gw_json_set_rounded(j, "fmr_gini", matches.gini, 4);
    gw_json_set_rounded(j, "garbe", gw_garbe(matches.gini, misses.gini, 0.5), 4);
    gw_json_add(list, j);
}

static void groups_json(struct gw_json *answer, const struct run *r)
{
    const struct gw_eval *e = r->e;
    struct gw_json *list = gw_json_array(), *differentials = gw_json_array();
    const double n = (double)gw_tally_count(r->tally);
    const double fmr = n >= 300e3 ? 1e-4 : n >= 30e3 ? 1e-3 : 1e-2;
    double threshold = 0;
    bool any = false;
    for (size_t label = 0; label < GW_EVAL_LABELS; label++)
        any |= e->values[label].n > 0;
    if (any && gw_tally_threshold(&threshold, r->tally, fmr)) {
        struct gw_part *matches[GW_EVAL_LABELS];
        for (size_t label = 0; label < GW_EVAL_LABELS; label++)
            matches[label] = gw_alloc_array(e->values[label].n + 1, sizeof *matches[label]);
        compare_groups(matches, r, threshold);
        for (size_t label = 0; label < GW_EVAL_LABELS; label++) {
            const uint32_t values = e->values[label].n;
            GW_AUTO_MEM struct gw_part *fnmr_of = gw_alloc_array(values + 1, sizeof *fnmr_of);
            GW_AUTO_MEM struct gw_part *fmr_of = gw_alloc_array(values + 1, sizeof *fmr_of);
            size_t enough = 0;
            for (uint32_t v = 1; v <= values; v++) {
                struct gw_part misses, *match = &matches[label][v];
                struct gw_interval range;
                int64_t images = 0, failed = 0;
                for (size_t i = 0; i < e->n_pictures; i++)
                    if (e->pictures[i].counted && e->pictures[i].group[label] == v) {
                        images++;
                        failed += e->pictures[i].state != GW_EVAL_ACQUIRED;
                    }
                if (images == 0)
                    continue;
                struct gw_json *j = gw_json_object();
                gw_json_set_text(j, "label", gw_eval_label_name((enum gw_eval_label)label));
                gw_json_set_text(j, "value", e->values[label].text[v]);
                gw_json_set_integer(j, "images", images);
                gw_json_set_rounded(j, "failure_to_acquire", (double)failed / (double)images, 6);
                const bool known = fnmr_by_person(&range, &misses, r, threshold, (enum gw_eval_label)label, v);
                gw_json_set_integer(j, "genuine", (int64_t)misses.trials);
                gw_json_set_integer(j, "impostor", (int64_t)match->trials);
                if (misses.trials > 0)
                    gw_json_set_rounded(j, "fnmr", (double)misses.events / (double)misses.trials, 6);
                else
                    gw_json_set_null(j, "fnmr");
                if (known)
                    set_range(j, "fnmr_95", range);
                else
                    gw_json_set_null(j, "fnmr_95");
                if (match->trials > 0) {
                    struct gw_json *two = gw_json_array();
                    const struct gw_interval exact = gw_interval_exact(match->events, match->trials, LEVEL);
                    gw_json_set_rounded(j, "fmr", (double)match->events / (double)match->trials, 9);
                    gw_json_add_rounded(two, exact.low, 9);
                    gw_json_add_rounded(two, exact.high, 9);
                    gw_json_set(j, "fmr_95", two);
                } else {
                    gw_json_set_null(j, "fmr");
                    gw_json_set_null(j, "fmr_95");
                }
                /* Enough to tell its rates from none; a group that errs much shows that sooner. */
                const bool counts = misses.trials >= GROUP_LEAST && (match->events >= 3 || (double)match->trials * fmr >= 3);
                gw_json_set_bool(j, "in_differential", counts);
                if (counts) {
                    fnmr_of[enough] = misses;
                    fmr_of[enough++] = *match;
                }
                gw_json_add(list, j);
            }
            differential_json(differentials, gw_eval_label_name((enum gw_eval_label)label), fnmr_of, fmr_of, enough);
            gw_free(matches[label]);
        }
        gw_json_set_real(answer, "groups_at_fmr", fmr);
        gw_json_set_rounded(answer, "groups_at_threshold", threshold, 6);
    }
    gw_json_set(answer, "groups", list);
    gw_json_set(answer, "differentials", differentials);
}

/* How far integer scores are from those of the floats they were made of, and whether
 * that ever shows: over the pairs, or the comparisons of one person. */
static struct gw_json *integers_json(const struct run *r)
{
    const struct gw_eval *e = r->e;
    double most = 0, threshold = 0;
    uint64_t compared = 0, changed = 0, first_changed = 0, searched = 0;
    const bool decides = gw_tally_threshold(&threshold, r->tally, 1e-4);
    /* That one lies exactly on somebody's score; a card's has four decimals. */
    threshold = decides ? round(threshold * 1e4) / 1e4 : 0;
    for (size_t a = 0; a < e->n_pictures; a += GW_MAX(e->n_pictures / 500, (size_t)1)) {
        if (!usable(&e->pictures[a]))
            continue;
        double best = -2, best_float = -2;
        size_t at = a, at_float = a;
        for (size_t b = 0; b < e->n_pictures; b++) {
            if (b == a || !usable(&e->pictures[b]))
                continue;
            double exact = 0;
            for (unsigned k = 0; k < e->dim; k++)
                exact += (double)e->pictures[a].v[k] * (double)e->pictures[b].v[k];
            const double s = score(r, a, b);
            most = fmax(most, fabs(s - exact));
            changed += decides && (s >= threshold) != (exact >= threshold);
            compared++;
            if (s > best)
                best = s, at = b;
            if (exact > best_float)
                best_float = exact, at_float = b;
        }
        searched++;
        first_changed += at != at_float;
    }
    struct gw_json *j = gw_json_object();
    gw_json_set_integer(j, "compared", (int64_t)compared);
    gw_json_set_real(j, "largest_difference", most);
    gw_json_set_integer(j, "decisions_changed", (int64_t)changed);
    gw_json_set_integer(j, "searched", (int64_t)searched);
    gw_json_set_integer(j, "first_changed", (int64_t)first_changed);
    return j;
}

static void set_ms(struct gw_json *j, const char *key, int64_t us, uint64_t n)
{
    if (n == 0)
        gw_json_set_null(j, key);
    else
        gw_json_set_rounded(j, key, (double)us / 1000 / (double)n, 4);
}

static bool run_all(struct gw_json *answer, struct gw_eval_plots *plots, struct run *r, struct gw_err *err)
{
    struct gw_eval *e = r->e;
    int64_t counted = 0, failed = 0, no_face = 0;
    uint32_t identities = 0;
    GW_AUTO_MEM bool *seen = gw_alloc_array(e->identities.n + 1, sizeof *seen);
    for (size_t i = 0; i < e->n_pictures; i++) {
        const struct gw_eval_picture *p = &e->pictures[i];
        if (p->state == GW_EVAL_ACQUIRED && !gw_template_make(&r->templates[i], p->v, e->dim, err))
            return false;
        counted += p->counted;
        failed += p->counted && p->state != GW_EVAL_ACQUIRED;
        no_face += p->counted && p->state == GW_EVAL_NO_FACE;
        if (p->counted && !seen[p->identity]) {
            seen[p->identity] = true;
            identities++;
        }
    }
    gw_json_set_integer(answer, "images", counted);
    gw_json_set_integer(answer, "identities", identities);
    gw_json_set_rounded(answer, "failure_to_acquire", counted == 0 ? 0 : (double)failed / (double)counted, 6);
    gw_json_set_integer(answer, "no_face", no_face);
    gw_json_set_integer(answer, "unreadable", failed - no_face);
    if (e->n_pairs > 0)
        gw_json_set(answer, "pairs", pairs_json(r));
    else
        gw_json_set_null(answer, "pairs");

    compare_all(r);
    gw_json_set(answer, "verification", verification_json(r));
    struct gw_json *identification = gw_json_array();
    gw_json_set(answer, "identification", identification);
    if (!(e->roles ? identify_roles(identification, r, err) : identify_by_lot(identification, r, err)))
        return false;
    groups_json(answer, r);
    gw_json_set(answer, "integer_scores", integers_json(r));

    struct gw_json *ms = gw_json_object();
    set_ms(ms, "decode", e->decode_us, e->timed);
    set_ms(ms, "detect", e->times.detect, e->timed);
    set_ms(ms, "landmarks", e->times.landmarks, e->timed);
    set_ms(ms, "quality", e->times.quality, e->timed);
    set_ms(ms, "align", e->times.align, e->timed);
    set_ms(ms, "embed", e->times.embed, e->timed);
    set_ms(ms, "search", (int64_t)r->search_us, r->searches);
    gw_json_set_integer(ms, "timed", (int64_t)e->timed);
    gw_json_set(answer, "time_ms", ms);

    plots->n_det = gw_det(plots->det, GW_COUNT(plots->det), 10, r->sorted, r->n_genuine, r->tally);
    plots->n_operating = gw_operating_table(plots->operating, r->tally);
    gw_tally_plot(plots->impostor, r->tally);
    gw_scores_plot(plots->genuine, r->sorted, r->n_genuine);
    return true;
}

struct gw_json *gw_eval_run(struct gw_eval_plots *plots, struct gw_eval *e, const struct gw_eval_question *q,
    struct gw_err *err)
{
    struct run r = { .e = e, .q = q, .templates = gw_alloc_array(e->n_pictures + 1, sizeof *r.templates),
        .tally = gw_tally_new(KEEP) };
    GW_AUTO(gw_json) *answer = gw_json_object();
    *plots = (struct gw_eval_plots){};
    const bool ok = run_all(answer, plots, &r, err);
    gw_free(r.templates);
    gw_free(r.genuine);
    gw_free(r.sorted);
    gw_tally_free(r.tally);
    return ok ? gw_take(answer) : NULL;
}
