/* galleries.c - the galleries of open voyages, each swapped whole by reference.
 *
 * 1. A gallery is built from what the store has committed, never from what a verb
 *    says it did: order of arrival cannot matter.
 * 2. A change of a few travelers makes the next gallery out of the last one and what
 *    the store now says of just these; anything else is built from nothing.
 * 3. `wanted` counts committed changes, `built` is the count when building began. A
 *    search takes the gallery only if they are equal, else builds first: who was
 *    taken off a manifest is not found by the next search.
 * 4. In it is only whom a rule in force allows to photograph at the site it is for
 *    (law.c). It is searched only under the law it was made for: at the pack's midnight, or
 *    when packs are swapped, the next search builds it from nothing.
 * 5. One builds an entry, others wait for him; an entry stays while anybody uses it.
 * 6. Of a person with many portraits the best are in it (policy/rank.h), at most gallery.portraits,
 *    the best first: each more is one more chance to be taken for somebody. */
#include "service/internal.h"

#include "base/log.h"
#include "policy/rank.h"

#include <stdio.h>
#include <stdlib.h>

enum { BUCKETS = 256, CHANGED_MAX = 256, BUILDERS_MOST = 8 };
/* Portraits come in swarms: a gallery that is there already follows them so late, unless somebody searches it. */
#define SOON_US INT64_C(100'000)

struct entry {
    struct entry *next;
    struct gw_id voyage;
    char site[GW_SCOPE_TEXT];   /* gw_law_site */
    struct gw_gallery *gallery; /* NULL: none yet */
    uint64_t wanted, built;
    bool anybody;               /* more changed since `built` than is listed */
    size_t n_changed;
    struct gw_id changed[CHANGED_MAX]; /* travelers, since `built` */
    int64_t due_us;             /* monotonic: when a builder may begin */
    bool taken;                 /* by a builder */
    uint64_t failed;            /* the background tried for this `wanted` in vain; searches try again */
    struct gw_law_mark law;     /* of `built` */
    struct gw_law_limits limits;
    unsigned users;             /* who must not see the entry go */
    bool dropped;
    pthread_mutex_t building;
};

struct gw_galleries {
    struct gw_service *s;
    pthread_mutex_t lock; /* over everything but building */
    struct entry *buckets[BUCKETS];
    pthread_cond_t wanted; /* something to build, or stopping */
    pthread_t builders[BUILDERS_MOST];
    unsigned n_builders;
    bool stopping;
};

struct gw_galleries *gw_galleries_new(struct gw_service *s)
{
    struct gw_galleries *g = gw_alloc(sizeof *g);
    g->s = s;
    pthread_mutex_init(&g->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&g->wanted, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return g;
}

static void free_entry(struct entry *e)
{
    gw_gallery_unref(e->gallery);
    pthread_mutex_destroy(&e->building);
    gw_free(e);
}

void gw_galleries_free(struct gw_galleries *g)
{
    if (g == NULL)
        return;
    pthread_mutex_lock(&g->lock);
    g->stopping = true;
    pthread_cond_broadcast(&g->wanted);
    pthread_mutex_unlock(&g->lock);
    for (unsigned i = 0; i < g->n_builders; i++)
        pthread_join(g->builders[i], NULL);
    for (size_t i = 0; i < BUCKETS; i++)
        while (g->buckets[i] != NULL) {
            struct entry *e = g->buckets[i];
            g->buckets[i] = e->next;
            free_entry(e);
        }
    pthread_cond_destroy(&g->wanted);
    pthread_mutex_destroy(&g->lock);
    gw_free(g);
}

static struct entry **bucket(struct gw_galleries *g, struct gw_id voyage)
{
    return &g->buckets[voyage.bytes[15] % BUCKETS];
}

static struct entry **place(struct gw_galleries *g, struct gw_id voyage, const char *site)
{
    struct entry **at = bucket(g, voyage);
    while (*at != NULL && (!gw_id_equal((*at)->voyage, voyage) || strcmp((*at)->site, site) != 0))
        at = &(*at)->next;
    return at;
}

/* With the lock. */
static struct entry *take(struct gw_galleries *g, struct gw_id voyage, const char *site)
{
    struct entry **at = place(g, voyage, site);
    if (*at == NULL) {
        struct entry *e = gw_alloc(sizeof *e);
        e->voyage = voyage;
        snprintf(e->site, sizeof e->site, "%s", site);
        e->wanted = 1;
        pthread_mutex_init(&e->building, NULL);
        *at = e;
    }
    (*at)->users++;
    return *at;
}

static void let_go(struct gw_galleries *g, struct entry *e)
{
    if (--e->users > 0 || !e->dropped)
        return;
    struct entry **at = bucket(g, e->voyage);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    free_entry(e);
}

static void touch(struct entry *e, const struct gw_id *travelers, size_t n)
{
    if (e->built == e->wanted)
        e->due_us = gw_clock_monotonic_us() + SOON_US;
    e->wanted++;
    if (travelers == NULL || n > CHANGED_MAX - e->n_changed)
        e->anybody = true;
    for (size_t i = 0; !e->anybody && i < n; i++)
        e->changed[e->n_changed++] = travelers[i];
}

void gw_galleries_touch(struct gw_galleries *g, struct gw_id voyage, const struct gw_id *travelers, size_t n)
{
    pthread_mutex_lock(&g->lock);
    struct entry *own = take(g, voyage, "");
    for (struct entry *e = *bucket(g, voyage); e != NULL; e = e->next)
        if (gw_id_equal(e->voyage, voyage))
            touch(e, travelers, n);
    let_go(g, own);
    pthread_cond_signal(&g->wanted);
    pthread_mutex_unlock(&g->lock);
}

void gw_galleries_drop(struct gw_galleries *g, struct gw_id voyage)
{
    pthread_mutex_lock(&g->lock);
    for (struct entry *e = *bucket(g, voyage), *next; e != NULL; e = next) {
        next = e->next;
        if (!gw_id_equal(e->voyage, voyage))
            continue;
        e->users++;
        e->dropped = true;
        gw_gallery_unref(e->gallery);
        e->gallery = NULL;
        let_go(g, e);
    }
    pthread_mutex_unlock(&g->lock);
}

/* One that was read, before it is known which of a person's are kept. */
struct portrait {
    struct gw_id traveler, portrait;
    int source;
    bool authority;
    double rank;
    const struct gw_template *template;
};

struct build {
    struct gw_service *s;
    struct gw_id voyage;
    const char *site;
    const struct gw_id *only; /* NULL: everybody */
    size_t n_only;
    struct gw_arena *a;
    struct portrait *found;
    size_t n_found, cap_found;
    struct gw_gallery_item *items;
    size_t n;
    struct gw_id *allowed;    /* sorted: whom a rule allows to photograph; of `only` where that is given */
    size_t n_allowed, cap_allowed;
    struct gw_law_mark law;
    struct gw_law_limits limits; /* of their rules */
};

static int compare_ids(const void *a, const void *b)
{
    return gw_id_compare(*(const struct gw_id *)a, *(const struct gw_id *)b);
}

struct asking {
    struct build *b;
    const struct gw_law *law;
    struct gw_arena *own; /* of one person */
};

static bool allow(void *to, struct gw_id traveler, struct gw_span person, struct gw_err *err)
{
    const struct asking *q = to;
    struct build *b = q->b;
    const struct gw_pack_rule *rule;
    gw_arena_reset(q->own);
    if (!gw_law_ask(&rule, q->law, q->own, person, err))
        return false;
    if (!gw_law_photo(rule))
        return true;
    b->allowed = gw_arena_grow(b->a, b->allowed, &b->cap_allowed, b->n_allowed + 1, sizeof *b->allowed, err);
    if (b->allowed == NULL)
        return false;
    b->allowed[b->n_allowed++] = traveler;
    gw_law_limit(&b->limits, rule);
    return true;
}

static bool allow_one(struct asking *q, struct gw_tx *tx, struct gw_id traveler, struct gw_err *err)
{
    struct gw_traveler_row t;
    bool found;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    if (!gw_store_traveler_get(&t, &found, true, a, tx, traveler, err))
        return false;
    return !found || t.status == GW_STATUS_REMOVED || t.status == GW_STATUS_DECLINED || allow(q, traveler, t.person, err);
}

/* Asks the law about everybody, or about `only`. */
static bool read_allowed(struct build *b, struct gw_tx *tx, bool everybody, struct gw_err *err)
{
    struct gw_voyage_row v;
    GW_AUTO(gw_arena) *of_voyage = gw_arena_new(GW_WORK_ARENA_BYTES);
    GW_AUTO(gw_arena) *own = gw_arena_new(GW_WORK_ARENA_BYTES);
    GW_AUTO_VALUE(gw_law) law = {};
    struct asking q = { b, &law, own };
    if (!gw_store_voyage_get(&v, of_voyage, tx, b->voyage, err))
        return false;
    gw_law_at(&law, b->s, &v, b->site);
    b->law = law.mark;
    b->n_allowed = 0;
    for (size_t i = 0; !everybody && i < b->n_only; i++)
        if (!allow_one(&q, tx, b->only[i], err))
            return false;
    if (everybody && !gw_store_persons(tx, b->voyage, allow, &q, err))
        return false;
    if (b->n_allowed > 0)
        qsort(b->allowed, b->n_allowed, sizeof *b->allowed, compare_ids);
    return true;
}

static bool add_template(void *to, const struct gw_template_row *row, struct gw_err *err)
{
    struct build *b = to;
    struct gw_template t;
    if (b->n_allowed == 0 || bsearch(&row->traveler, b->allowed, b->n_allowed, sizeof row->traveler, compare_ids) == NULL)
        return true;
    if (!gw_template_parse(&t, row->template, err))
        return false;
    b->found = gw_arena_grow(b->a, b->found, &b->cap_found, b->n_found + 1, sizeof *b->found, err);
    /* As much of it as there are dimensions. */
    size_t used = offsetof(struct gw_template, v) + t.dim * sizeof t.v[0];
    struct gw_template *copy = b->found == NULL ? NULL : gw_arena_alloc(b->a, used, 1, err);
    if (copy != NULL) {
        const struct gw_portrait_facts facts = { .source = (enum gw_portrait_source)row->source, .quality = row->quality,
            .has_captured = row->has_captured, .captured_day = row->captured_day, .received_day = gw_date_days(gw_date_of(row->received_us)) };
        memcpy(copy, &t, used);
        b->found[b->n_found++] = (struct portrait){ row->traveler, row->portrait, row->source, row->authority, gw_portrait_rank(&facts), copy };
    }
    gw_wipe(&t, used);
    return copy != NULL;
}

/* By person, the best first; of two as good the authority's own, then the one that came first. */
static int compare_portraits(const void *x, const void *y)
{
    const struct portrait *a = x, *b = y;
    const int of_whom = gw_id_compare(a->traveler, b->traveler);
    if (of_whom != 0)
        return of_whom;
    if (a->rank != b->rank)
        return a->rank > b->rank ? -1 : 1;
    return a->authority != b->authority ? (a->authority ? -1 : 1) : gw_id_compare(a->portrait, b->portrait);
}

/* Of one person, sorted. How old a picture is, its sender says: whatever a carrier says, its portrait does not stand before
 * an authority's own of the same source, which no carrier can replace. */
static void stand_behind(struct portrait *of, size_t n)
{
    bool moved = false;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (!of[i].authority && of[j].authority && of[i].source == of[j].source && of[j].rank < of[i].rank) {
                of[i].rank = of[j].rank;
                moved = true;
            }
    if (moved)
        qsort(of, n, sizeof *of, compare_portraits);
}

static bool choose(struct build *b, struct gw_err *err)
{
    const size_t most = (size_t)b->s->conf->gallery_portraits;
    b->items = gw_arena_array(b->a, GW_MAX(b->n_found, (size_t)1), struct gw_gallery_item, err);
    if (b->items == NULL)
        return false;
    if (b->n_found > 0)
        qsort(b->found, b->n_found, sizeof *b->found, compare_portraits);
    b->n = 0;
    for (size_t from = 0, to; from < b->n_found; from = to) {
        for (to = from + 1; to < b->n_found && gw_id_equal(b->found[to].traveler, b->found[from].traveler);)
            to++;
        stand_behind(&b->found[from], to - from);
        for (size_t i = from; i < to && i - from < most; i++)
            b->items[b->n++] = (struct gw_gallery_item){ b->found[i].traveler, b->found[i].template };
    }
    return true;
}

static bool read_templates(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct build *b = arg;
    b->n_found = 0;
    if (!read_allowed(b, tx, b->only == NULL, err))
        return false;
    bool fine = b->only != NULL || gw_store_templates(tx, b->voyage, gw_service_model(b->s), NULL, add_template, b, err);
    for (size_t i = 0; fine && b->only != NULL && i < b->n_only; i++)
        fine = gw_store_templates(tx, b->voyage, gw_service_model(b->s), &b->only[i], add_template, b, err);
    return fine && choose(b, err);
}

/* Nobody is in the gallery: is that for want of portraits, or of a rule? */
static bool read_anybody(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    return read_allowed(arg, tx, true, err);
}

/* No key: the purge was faster, and there is nobody. */
static bool read_unless_gone(struct build *b, gw_store_fn *read, struct gw_err *err)
{
    struct gw_err e = {};
    if (gw_store_read(b->s->store, read, b, &e))
        return true;
    if (e.code == GW_ERR_GONE) {
        b->n = b->n_found = b->n_allowed = 0;
        b->only = NULL;
        b->limits = (struct gw_law_limits){};
        return true;
    }
    if (err != NULL)
        *err = e;
    return false;
}

/* from NULL: from nothing. b->limits: what they were. */
static struct gw_gallery *build(struct build *b, const struct gw_gallery *from, struct gw_id *changed, size_t n_changed, struct gw_err *err)
{
    if (from != NULL) {
        qsort(changed, n_changed, sizeof *changed, compare_ids);
        for (size_t i = 0; i < n_changed; i++)
            if (i == 0 || !gw_id_equal(changed[i], changed[b->n_only - 1]))
                changed[b->n_only++] = changed[i];
        b->only = changed;
    }
    if (!read_unless_gone(b, read_templates, err))
        return NULL;
    GW_AUTO(gw_gallery) *out = b->only == NULL ? gw_gallery_new(b->items, b->n, err)
                                               : gw_gallery_change(from, b->items, b->n, b->only, b->n_only, err);
    if (out == NULL)
        return NULL;
    if (b->only != NULL && gw_gallery_persons(out) == 0 && b->n_allowed == 0) {
        b->limits = (struct gw_law_limits){};
        if (!read_unless_gone(b, read_anybody, err))
            return NULL;
    }
    return gw_take(out);
}

static bool is_current(const struct entry *e, const struct gw_law_mark *law)
{
    return e->gallery != NULL && e->built == e->wanted && gw_law_mark_equal(&e->law, law);
}

/* With e->building, and without the lock. */
static struct gw_gallery *follow(struct gw_law_limits *limits, struct gw_galleries *g, struct entry *e, const struct gw_law_mark *law,
    struct gw_err *err)
{
    struct gw_id changed[CHANGED_MAX];
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct build b = { .s = g->s, .voyage = e->voyage, .site = e->site, .a = a };
    GW_AUTO(gw_gallery) *from = NULL;
    pthread_mutex_lock(&g->lock);
    uint64_t wanted = e->wanted;
    size_t n_changed = e->n_changed;
    bool anybody = e->anybody;
    if (is_current(e, law)) { /* somebody built it while we waited */
        struct gw_gallery *out = gw_gallery_ref(e->gallery);
        *limits = e->limits;
        pthread_mutex_unlock(&g->lock);
        return out;
    }
    if (e->gallery != NULL && !anybody && gw_law_mark_equal(&e->law, law)) {
        from = gw_gallery_ref(e->gallery);
        b.limits = e->limits;
        memcpy(changed, e->changed, n_changed * sizeof *changed);
    }
    e->anybody = false; /* what changes from now on is counted for the next one */
    pthread_mutex_unlock(&g->lock);

    struct gw_gallery *out = build(&b, from, changed, n_changed, err);
    *limits = b.limits;

    pthread_mutex_lock(&g->lock);
    if (out == NULL) {
        e->anybody = true;
    } else if (!e->dropped) {
        gw_gallery_unref(e->gallery);
        e->gallery = gw_gallery_ref(out);
        e->built = wanted;
        /* Part of it is from before midnight: then it is never current. */
        e->law = from == NULL || gw_law_mark_equal(&b.law, law) ? b.law : *law;
        e->limits = b.limits;
        e->n_changed -= n_changed;
        memmove(e->changed, e->changed + n_changed, e->n_changed * sizeof *e->changed);
    }
    pthread_mutex_unlock(&g->lock);
    return out;
}

struct gw_gallery *gw_galleries_get(struct gw_law_limits *limits, struct gw_galleries *g, struct gw_id voyage, const char *site,
    struct gw_err *err)
{
    struct gw_gallery *out = NULL;
    const struct gw_law_mark law = gw_law_mark_now(g->s);
    pthread_mutex_lock(&g->lock);
    struct entry *e = take(g, voyage, site);
    if (is_current(e, &law)) {
        out = gw_gallery_ref(e->gallery);
        *limits = e->limits;
    }
    pthread_mutex_unlock(&g->lock);
    if (out == NULL) {
        pthread_mutex_lock(&e->building);
        out = follow(limits, g, e, &law, err);
        pthread_mutex_unlock(&e->building);
    }
    pthread_mutex_lock(&g->lock);
    let_go(g, e);
    pthread_mutex_unlock(&g->lock);
    return out;
}

enum gw_gallery_state gw_galleries_state(struct gw_gallery **gallery, struct gw_galleries *g, struct gw_id voyage)
{
    const struct gw_law_mark law = gw_law_mark_now(g->s);
    pthread_mutex_lock(&g->lock);
    struct entry *e = *place(g, voyage, "");
    *gallery = e == NULL || e->gallery == NULL ? NULL : gw_gallery_ref(e->gallery);
    enum gw_gallery_state state = e == NULL || e->dropped ? GW_GALLERY_ABSENT
        : is_current(e, &law)                             ? GW_GALLERY_READY
                                                          : GW_GALLERY_BUILDING;
    pthread_mutex_unlock(&g->lock);
    return state;
}

/* With the lock. The one that has waited longest of those due by now_us, or none; *next_us: when another is. */
static struct entry *find_due(struct gw_galleries *g, int64_t now_us, int64_t *next_us)
{
    struct entry *out = NULL;
    *next_us = INT64_MAX;
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct entry *e = g->buckets[i]; e != NULL; e = e->next)
            if (!e->dropped && !e->taken && (e->gallery == NULL || e->built != e->wanted) && e->failed != e->wanted) {
                const int64_t due_us = e->gallery == NULL ? 0 : e->due_us;
                if (due_us > now_us)
                    *next_us = GW_MIN(*next_us, due_us);
                else if (out == NULL || due_us < out->due_us)
                    out = e;
            }
    return out;
}

/* With the lock, which is let go meanwhile. */
static void build_in_background(struct gw_galleries *g, struct entry *e)
{
    struct gw_err err = {};
    struct gw_law_limits limits;
    e->taken = true;
    e->users++;
    pthread_mutex_unlock(&g->lock);
    GW_AUTO(gw_gallery) *gallery = gw_galleries_get(&limits, g, e->voyage, e->site, &err);
    if (gallery == NULL)
        gw_log(GW_LOG_ERROR, "gallery", GW_LOG_ID("voyage", e->voyage), GW_LOG_WHY(&err));
    pthread_mutex_lock(&g->lock);
    if (gallery == NULL)
        e->failed = e->wanted;
    e->taken = false;
    let_go(g, e);
}

bool gw_galleries_build_one(struct gw_galleries *g)
{
    int64_t next_us;
    pthread_mutex_lock(&g->lock);
    struct entry *e = find_due(g, INT64_MAX, &next_us);
    if (e != NULL)
        build_in_background(g, e);
    pthread_mutex_unlock(&g->lock);
    return e != NULL;
}

static void *builder_loop(void *arg)
{
    struct gw_galleries *g = arg;
    pthread_mutex_lock(&g->lock);
    while (!g->stopping) {
        int64_t next_us;
        struct entry *e = find_due(g, gw_clock_monotonic_us(), &next_us);
        if (e != NULL) {
            build_in_background(g, e);
        } else if (next_us == INT64_MAX) {
            pthread_cond_wait(&g->wanted, &g->lock);
        } else {
            const struct timespec until = { .tv_sec = (time_t)(next_us / GW_US_PER_S), .tv_nsec = (long)(next_us % GW_US_PER_S) * 1000 };
            pthread_cond_timedwait(&g->wanted, &g->lock, &until);
        }
    }
    pthread_mutex_unlock(&g->lock);
    return NULL;
}

bool gw_galleries_start(struct gw_galleries *g, unsigned n, struct gw_err *err)
{
    for (n = GW_MIN(n, (unsigned)BUILDERS_MOST); g->n_builders < n; g->n_builders++)
        if (pthread_create(&g->builders[g->n_builders], NULL, builder_loop, g) != 0)
            return gw_fail(err, GW_ERR_UNAVAILABLE, "no thread can be made for galleries");
    return true;
}

void gw_galleries_count(struct gw_galleries *g, struct gw_counters *out)
{
    pthread_mutex_lock(&g->lock);
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct entry *e = g->buckets[i]; e != NULL; e = e->next)
            if (e->gallery != NULL) {
                out->galleries++;
                out->gallery_persons += gw_gallery_persons(e->gallery);
                out->gallery_templates += gw_gallery_templates(e->gallery);
                out->gallery_bytes += gw_gallery_bytes(e->gallery);
            }
    pthread_mutex_unlock(&g->lock);
}
