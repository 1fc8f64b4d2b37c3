/* galleries.c - the galleries of open voyages, each swapped whole by reference.
 *
 * 1. A gallery is built from what the store has committed, never from what a verb
 *    says it did: order of arrival cannot matter.
 * 2. A change of a few travelers makes the next gallery out of the last one and what
 *    the store now says of just these; anything else is built from nothing.
 * 3. `wanted` counts committed changes, `built` is the count when building began. A
 *    search takes the gallery only if they are equal, else builds first: who was
 *    taken off a manifest is not found by the next search.
 * 4. In it is only whom a rule in force allows to photograph (law.c).
 * 5. One builds, others wait for him; an entry stays while anybody uses it. */
#include "service/internal.h"

#include "base/log.h"

#include <stdlib.h>

enum { BUCKETS = 256, CHANGED_MAX = 256 };

struct entry {
    struct entry *next;
    struct gw_id voyage;
    struct gw_gallery *gallery; /* NULL: none yet */
    uint64_t wanted, built;
    bool anybody;               /* more changed since `built` than is listed */
    size_t n_changed;
    struct gw_id changed[CHANGED_MAX]; /* travelers, since `built` */
    uint64_t failed;            /* the background tried for this `wanted` in vain; searches try again */
    bool allowed;               /* of `built`: anybody whom a rule allows to photograph */
    unsigned users;             /* who must not see the entry go */
    bool dropped;
    pthread_mutex_t building;
};

struct gw_galleries {
    struct gw_service *s;
    pthread_mutex_t lock; /* over everything but building */
    struct entry *buckets[BUCKETS];
};

struct gw_galleries *gw_galleries_new(struct gw_service *s)
{
    struct gw_galleries *g = gw_alloc(sizeof *g);
    g->s = s;
    pthread_mutex_init(&g->lock, NULL);
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
    for (size_t i = 0; i < BUCKETS; i++)
        while (g->buckets[i] != NULL) {
            struct entry *e = g->buckets[i];
            g->buckets[i] = e->next;
            free_entry(e);
        }
    pthread_mutex_destroy(&g->lock);
    gw_free(g);
}

static struct entry **place(struct gw_galleries *g, struct gw_id voyage)
{
    struct entry **at = &g->buckets[voyage.bytes[15] % BUCKETS];
    while (*at != NULL && !gw_id_equal((*at)->voyage, voyage))
        at = &(*at)->next;
    return at;
}

/* With the lock. */
static struct entry *take(struct gw_galleries *g, struct gw_id voyage)
{
    struct entry **at = place(g, voyage);
    if (*at == NULL) {
        struct entry *e = gw_alloc(sizeof *e);
        e->voyage = voyage;
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
    struct entry **at = place(g, e->voyage);
    *at = e->next;
    free_entry(e);
}

void gw_galleries_touch(struct gw_galleries *g, struct gw_id voyage, const struct gw_id *travelers, size_t n)
{
    pthread_mutex_lock(&g->lock);
    struct entry *e = take(g, voyage);
    e->wanted++;
    if (travelers == NULL || n > CHANGED_MAX - e->n_changed)
        e->anybody = true;
    for (size_t i = 0; !e->anybody && i < n; i++)
        e->changed[e->n_changed++] = travelers[i];
    let_go(g, e);
    pthread_mutex_unlock(&g->lock);
    gw_upkeep_wake(g->s);
}

void gw_galleries_drop(struct gw_galleries *g, struct gw_id voyage)
{
    pthread_mutex_lock(&g->lock);
    struct entry *e = take(g, voyage);
    e->dropped = true;
    gw_gallery_unref(e->gallery);
    e->gallery = NULL;
    let_go(g, e);
    pthread_mutex_unlock(&g->lock);
}

struct build {
    struct gw_service *s;
    struct gw_id voyage;
    const struct gw_id *only; /* NULL: everybody */
    size_t n_only;
    struct gw_arena *a;
    struct gw_gallery_item *items;
    size_t n, capacity;
    struct gw_id *allowed;    /* sorted: whom a rule allows to photograph; of `only` where that is given */
    size_t n_allowed, cap_allowed;
};

static int compare_ids(const void *a, const void *b)
{
    return gw_id_compare(*(const struct gw_id *)a, *(const struct gw_id *)b);
}

static bool allow(struct build *b, const struct gw_law *law, struct gw_arena *own, const struct gw_traveler_row *t, struct gw_err *err)
{
    const struct gw_pack_rule *rule;
    if (t->status == GW_STATUS_REMOVED || t->status == GW_STATUS_DECLINED)
        return true;
    if (!gw_law_ask(&rule, law, own, t->person, err))
        return false;
    if (!gw_law_photo(rule))
        return true;
    b->allowed = gw_arena_grow(b->a, b->allowed, &b->cap_allowed, b->n_allowed + 1, sizeof *b->allowed, err);
    if (b->allowed != NULL)
        b->allowed[b->n_allowed++] = t->id;
    return b->allowed != NULL;
}

/* Asks the law about everybody, or about `only`. */
static bool read_allowed(struct build *b, struct gw_tx *tx, const struct gw_law *law, bool everybody, struct gw_err *err)
{
    enum { AT_ONCE = 256 };
    int64_t after = -1;
    b->n_allowed = 0;
    for (size_t i = 0; !everybody && i < b->n_only; i++) {
        struct gw_traveler_row t;
        bool found;
        GW_AUTO(gw_arena) *own = gw_arena_new(GW_WORK_ARENA_BYTES);
        if (!gw_store_traveler_get(&t, &found, true, own, tx, b->only[i], err) || (found && !allow(b, law, own, &t, err)))
            return false;
    }
    for (size_t n = AT_ONCE; everybody && n == AT_ONCE;) {
        struct gw_traveler_row *rows;
        GW_AUTO(gw_arena) *own = gw_arena_new(GW_LIST_ARENA_BYTES);
        if (!gw_store_travelers(&rows, &n, own, tx, b->voyage, gw_service_model(b->s), after, AT_ONCE, false, err))
            return false;
        for (size_t i = 0; i < n; i++) {
            after = rows[i].ordinal;
            if (!allow(b, law, own, &rows[i], err))
                return false;
        }
    }
    if (b->n_allowed > 0)
        qsort(b->allowed, b->n_allowed, sizeof *b->allowed, compare_ids);
    return true;
}

static bool add_template(void *to, struct gw_id traveler, struct gw_span bytes, struct gw_err *err)
{
    struct build *b = to;
    struct gw_template t;
    if (b->n_allowed == 0 || bsearch(&traveler, b->allowed, b->n_allowed, sizeof traveler, compare_ids) == NULL)
        return true;
    if (!gw_template_parse(&t, bytes, err))
        return false;
    b->items = gw_arena_grow(b->a, b->items, &b->capacity, b->n + 1, sizeof *b->items, err);
    /* As much of it as there are dimensions. */
    size_t used = offsetof(struct gw_template, v) + t.dim * sizeof t.v[0];
    struct gw_template *copy = b->items == NULL ? NULL : gw_arena_alloc(b->a, used, 1, err);
    if (copy != NULL) {
        memcpy(copy, &t, used);
        b->items[b->n++] = (struct gw_gallery_item){ traveler, copy };
    }
    gw_wipe(&t, used);
    return copy != NULL;
}

static bool read_templates(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct build *b = arg;
    struct gw_voyage_row v;
    GW_AUTO(gw_arena) *own = gw_arena_new(GW_WORK_ARENA_BYTES);
    GW_AUTO_VALUE(gw_law) law = {};
    if (!gw_store_voyage_get(&v, own, tx, b->voyage, err))
        return false;
    gw_law_at(&law, b->s, &v, NULL);
    if (!read_allowed(b, tx, &law, b->only == NULL, err))
        return false;
    if (b->only == NULL)
        return gw_store_templates(tx, b->voyage, gw_service_model(b->s), NULL, add_template, b, err);
    for (size_t i = 0; i < b->n_only; i++)
        if (!gw_store_templates(tx, b->voyage, gw_service_model(b->s), &b->only[i], add_template, b, err))
            return false;
    return true;
}

/* Nobody is in the gallery: is that for want of portraits, or of a rule? */
static bool read_anybody(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct build *b = arg;
    struct gw_voyage_row v;
    GW_AUTO(gw_arena) *own = gw_arena_new(GW_WORK_ARENA_BYTES);
    GW_AUTO_VALUE(gw_law) law = {};
    if (!gw_store_voyage_get(&v, own, tx, b->voyage, err))
        return false;
    gw_law_at(&law, b->s, &v, NULL);
    return read_allowed(b, tx, &law, true, err);
}

/* from NULL: from nothing. changed is sorted and each named once. */
static struct gw_gallery *build(bool *allowed, struct gw_galleries *g, struct gw_id voyage, const struct gw_gallery *from,
    struct gw_id *changed, size_t n_changed, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct build b = { .s = g->s, .voyage = voyage, .a = a };
    if (from != NULL) {
        qsort(changed, n_changed, sizeof *changed, compare_ids);
        for (size_t i = 0; i < n_changed; i++)
            if (i == 0 || !gw_id_equal(changed[i], changed[b.n_only - 1]))
                changed[b.n_only++] = changed[i];
        b.only = changed;
    }
    struct gw_err e = {};
    if (!gw_store_read(g->s->store, read_templates, &b, &e)) {
        /* No key: the purge was faster. */
        if (e.code != GW_ERR_GONE) {
            if (err != NULL)
                *err = e;
            return NULL;
        }
        from = NULL;
        b.n = 0;
    }
    GW_AUTO(gw_gallery) *out = from == NULL ? gw_gallery_new(b.items, b.n, err)
                                            : gw_gallery_change(from, b.items, b.n, b.only, b.n_only, err);
    if (out == NULL)
        return NULL;
    *allowed = gw_gallery_persons(out) > 0 || b.n_allowed > 0;
    if (!*allowed && b.only != NULL) {
        if (!gw_store_read(g->s->store, read_anybody, &b, &e) && e.code != GW_ERR_GONE) {
            if (err != NULL)
                *err = e;
            return NULL;
        }
        *allowed = b.n_allowed > 0;
    }
    return gw_take(out);
}

/* With e->building, and without the lock. */
static struct gw_gallery *follow(struct gw_galleries *g, struct entry *e, struct gw_err *err)
{
    struct gw_id changed[CHANGED_MAX];
    GW_AUTO(gw_gallery) *from = NULL;
    pthread_mutex_lock(&g->lock);
    uint64_t wanted = e->wanted;
    size_t n_changed = e->n_changed;
    bool anybody = e->anybody;
    if (e->gallery != NULL && e->built == wanted) { /* somebody built it while we waited */
        struct gw_gallery *out = gw_gallery_ref(e->gallery);
        pthread_mutex_unlock(&g->lock);
        return out;
    }
    if (e->gallery != NULL && !anybody) {
        from = gw_gallery_ref(e->gallery);
        memcpy(changed, e->changed, n_changed * sizeof *changed);
    }
    e->anybody = false; /* what changes from now on is counted for the next one */
    pthread_mutex_unlock(&g->lock);

    bool allowed = false;
    struct gw_gallery *out = build(&allowed, g, e->voyage, from, changed, n_changed, err);

    pthread_mutex_lock(&g->lock);
    if (out == NULL) {
        e->anybody = true;
    } else if (!e->dropped) {
        gw_gallery_unref(e->gallery);
        e->gallery = gw_gallery_ref(out);
        e->built = wanted;
        e->allowed = allowed;
        e->n_changed -= n_changed;
        memmove(e->changed, e->changed + n_changed, e->n_changed * sizeof *e->changed);
    }
    pthread_mutex_unlock(&g->lock);
    return out;
}

struct gw_gallery *gw_galleries_get(struct gw_galleries *g, struct gw_id voyage, struct gw_err *err)
{
    struct gw_gallery *out = NULL;
    pthread_mutex_lock(&g->lock);
    struct entry *e = take(g, voyage);
    if (e->gallery != NULL && e->built == e->wanted)
        out = gw_gallery_ref(e->gallery);
    pthread_mutex_unlock(&g->lock);
    if (out == NULL) {
        pthread_mutex_lock(&e->building);
        out = follow(g, e, err);
        pthread_mutex_unlock(&e->building);
    }
    pthread_mutex_lock(&g->lock);
    let_go(g, e);
    pthread_mutex_unlock(&g->lock);
    return out;
}

bool gw_galleries_allowed(struct gw_galleries *g, struct gw_id voyage)
{
    pthread_mutex_lock(&g->lock);
    struct entry *e = *place(g, voyage);
    bool allowed = e != NULL && e->allowed;
    pthread_mutex_unlock(&g->lock);
    return allowed;
}

enum gw_gallery_state gw_galleries_state(struct gw_gallery **gallery, struct gw_galleries *g, struct gw_id voyage)
{
    pthread_mutex_lock(&g->lock);
    struct entry *e = *place(g, voyage);
    *gallery = e == NULL || e->gallery == NULL ? NULL : gw_gallery_ref(e->gallery);
    enum gw_gallery_state state = e == NULL || e->dropped ? GW_GALLERY_ABSENT
        : e->gallery != NULL && e->built == e->wanted     ? GW_GALLERY_READY
                                                          : GW_GALLERY_BUILDING;
    pthread_mutex_unlock(&g->lock);
    return state;
}

bool gw_galleries_build_one(struct gw_galleries *g)
{
    struct gw_id voyage = {};
    bool found = false;
    pthread_mutex_lock(&g->lock);
    for (size_t i = 0; i < BUCKETS && !found; i++)
        for (struct entry *e = g->buckets[i]; e != NULL && !found; e = e->next)
            if (!e->dropped && (e->gallery == NULL || e->built != e->wanted) && e->failed != e->wanted) {
                voyage = e->voyage;
                found = true;
            }
    pthread_mutex_unlock(&g->lock);
    if (!found)
        return false;
    struct gw_err err = {};
    GW_AUTO(gw_gallery) *gallery = gw_galleries_get(g, voyage, &err);
    if (gallery == NULL) {
        gw_log(GW_LOG_ERROR, "gallery", GW_LOG_ID("voyage", voyage), GW_LOG_WHY(&err));
        pthread_mutex_lock(&g->lock);
        struct entry *e = *place(g, voyage);
        if (e != NULL)
            e->failed = e->wanted;
        pthread_mutex_unlock(&g->lock);
    }
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
