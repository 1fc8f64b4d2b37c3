/* event.c - what happened, told in order to whoever listens.
 *
 * 1. An event is a row, written in the transaction of what happened: nobody is told of
 *    what was undone, and nothing that was done stays untold.
 * 2. One thread reads new rows after each commit and renders each once for every kind
 *    of view. The latest are in a ring that all listeners read from.
 * 3. Who is further behind than the ring gets pages read from the store for him, one at a
 *    time. A slow listener so costs a page of memory, and never a thread or a wait.
 * 4. Who is told what is decided in one place, fits(), from event.def and the scope of
 *    the token. Reference and seat are unsealed when an event is rendered; they are in
 *    the ring until it turns or the voyage is purged (gw_events_forget). */
#include "service/internal.h"

#include "base/log.h"

enum { RING = 2048, PAGE = 128, TRIM_AT_ONCE = 4096, RENDER_ARENA_BYTES = 16 << 20 };

/* ---- words ---------------------------------------------------------------------- */

static const struct {
    const char *name, *sentence;
    unsigned roles;
} kinds[GW_EVENT_COUNT] = {
#define GW_EVENT(NAME, word, roles_, sentence_) [GW_EVENT_##NAME] = { word, sentence_, roles_ },
#include "service/event.def"
};
static_assert(GW_EVENT_COUNT <= 32); /* gw_listen_ask.kinds */

const char *gw_event_name(enum gw_event_kind kind)
{
    assert((size_t)kind < GW_COUNT(kinds));
    return kinds[kind].name;
}

const char *gw_event_sentence(enum gw_event_kind kind)
{
    assert((size_t)kind < GW_COUNT(kinds));
    return kinds[kind].sentence;
}

unsigned gw_event_roles(enum gw_event_kind kind)
{
    assert((size_t)kind < GW_COUNT(kinds));
    return kinds[kind].roles;
}

bool gw_event_find(enum gw_event_kind *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(kinds); i++)
        if (gw_span_is(name, kinds[i].name))
            return *out = (enum gw_event_kind)i, true;
    return false;
}

/* What is the same for several roles is rendered once. */
enum view { VIEW_OPEN, VIEW_INSIDE, VIEW_NAMELESS, VIEW_COUNT };
static enum view view_of(enum gw_role role)
{
    switch (role) {
    case GW_ROLE_DEVICE:
    case GW_ROLE_CARRIER:
        return VIEW_OPEN;
    case GW_ROLE_OFFICER:
    case GW_ROLE_SUPERVISOR:
        return VIEW_INSIDE;
    case GW_ROLE_AUDITOR:
    case GW_ROLE_ADMIN:
    case GW_ROLE_COUNT:
        break;
    }
    return VIEW_NAMELESS;
}

/* ---- what there is ----------------------------------------------------------------- */

/* An event as it is told. Immutable; counted, under the lock. */
struct message {
    unsigned refs, roles;
    int64_t seq;
    enum gw_event_kind kind;
    bool has_voyage;
    struct gw_id voyage;
    char carrier[GW_SCOPE_TEXT], site[GW_SCOPE_TEXT];
    struct gw_span ports;
    struct gw_span json[VIEW_COUNT]; /* empty: no role of the view is told */
    char text[];                     /* ports, json */
};

struct gw_listener {
    struct gw_listener *next, *previous;
    struct gw_events *events;
    struct gw_caller who;
    struct gw_listen_ask ask;
    int64_t after;              /* latest event it is done with */
    struct message *held;       /* what `told` borrows */
    bool waits, behind, gap, catching_up;
    struct message **page;      /* read for it from the store; NULL while it reads from the ring */
    size_t page_at, page_n;
    struct gw_token_watch token;
};

struct gw_events {
    struct gw_service *s;
    pthread_mutex_t lock;
    pthread_cond_t changed;     /* for the thread */
    pthread_cond_t caught_up;   /* for who closes while the thread reads for him */
    pthread_t thread;
    bool runs, stopping, fresh, failed;
    bool dirty;                 /* of whoever writes: this commit has an event */
    struct gw_listener *listeners;
    size_t n_listeners, n_behind;
    struct message *ring[RING]; /* the n latest, the oldest first from `first` */
    size_t first, n;
    int64_t after;              /* what came after this one and up to `last` is in the ring */
    int64_t last, floor;
};

static void unref(struct message *m)
{
    if (m == NULL || --m->refs > 0)
        return;
    size_t size = m->ports.size;
    for (size_t i = 0; i < VIEW_COUNT; i++)
        size += m->json[i].size;
    gw_wipe(m->text, size);
    gw_free(m);
}

static struct message *at(const struct gw_events *e, size_t i)
{
    return e->ring[(e->first + i) % RING];
}

/* May the listener know of it? */
static bool fits(const struct gw_listener *l, const struct message *m)
{
    const struct gw_caller *who = &l->who;
    if ((m->roles & 1u << who->role) == 0 || (l->ask.kinds != 0 && (l->ask.kinds & UINT32_C(1) << m->kind) == 0))
        return false;
    if (l->ask.has_voyage && !(m->has_voyage && gw_id_equal(m->voyage, l->ask.voyage)))
        return false;
    if (m->has_voyage && (who->role == GW_ROLE_CARRIER || who->carrier[0] != 0) && strcmp(m->carrier, who->carrier) != 0)
        return false;
    if (who->role == GW_ROLE_DEVICE || who->site[0] != 0) {
        if (m->site[0] != 0 ? strcmp(m->site, who->site) != 0 : m->has_voyage && !gw_has_port(m->ports, who->site))
            return false;
        if (m->kind == GW_EVENT_ALERT && !m->has_voyage && m->site[0] == 0)
            return false; /* of the whole machine */
    }
    return m->json[view_of(who->role)].size > 0;
}

/* ---- rendering ------------------------------------------------------------------------ */

/* The members of a formatted object, after those that are there. */
static void splice(struct gw_buf *out, struct gw_span object)
{
    if (object.size <= 2)
        return;
    gw_buf_add(out, ",", 1);
    gw_buf_add(out, object.data + 1, object.size - 2);
}

/* Of a traveler who is not there any more: nobody. */
static bool find_person(struct gw_person *out, bool *found, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_event_row *row, struct gw_err *err)
{
    *found = false;
    return !row->has_traveler || gw_person_find(out, found, a, tx, row->traveler, err);
}

static void render(struct gw_buf *out, const struct gw_event_row *row, enum view view, const struct gw_person *person)
{
    GW_AUTO(gw_json) *j = gw_json_object();
    if (view == VIEW_OPEN && row->kind == GW_EVENT_INSPECTION)
        person = NULL; /* whether it is known who waits tells why he does */
    gw_json_set_text(j, "event", kinds[row->kind].name);
    gw_json_set_integer(j, "seq", row->seq);
    gw_json_set_time(j, "at", row->at_us);
    gw_json_set_id_or_null(j, "voyage", row->has_voyage, row->voyage);
    if (view != VIEW_NAMELESS && person == NULL)
        gw_json_set_null(j, "traveler");
    else if (view != VIEW_NAMELESS) {
        struct gw_json *t = gw_json_object();
        if (view == VIEW_INSIDE)
            gw_json_set_id(t, "traveler", row->traveler);
        gw_json_set_text(t, "reference", (const char *)person->reference.data);
        gw_json_set_text(t, "seat", (const char *)person->seat.data);
        gw_json_set(j, "traveler", t);
    }
    gw_json_format(out, j, false);
    out->size--;
    splice(out, row->open);
    if (view != VIEW_OPEN)
        splice(out, row->inside);
    gw_buf_add(out, "}", 1);
}

static bool check_row(const struct gw_event_row *row, struct gw_err *err)
{
    return (row->kind >= 0 && row->kind < GW_EVENT_COUNT) ||
        gw_fail(err, GW_ERR_CORRUPT, "an event is of a kind this gangway does not know");
}

static unsigned roles_of(const struct gw_event_row *row)
{
    return kinds[row->kind].roles & (unsigned)row->roles;
}

bool gw_event_render(struct gw_buf *out, struct gw_arena *a, struct gw_tx *tx, const struct gw_event_row *row,
    enum gw_role role, struct gw_err *err)
{
    struct gw_person person;
    bool found;
    if (!check_row(row, err))
        return false;
    if ((roles_of(row) & 1u << role) == 0)
        return true;
    if (!find_person(&person, &found, a, tx, row, err))
        return false;
    render(out, row, view_of(role), found ? &person : NULL);
    return true;
}

static void copy_scope(char out[GW_SCOPE_TEXT], struct gw_span s)
{
    size_t n = GW_MIN(s.size, (size_t)GW_SCOPE_TEXT - 1);
    if (n > 0)
        memcpy(out, s.data, n);
    out[n] = 0;
}

static struct message *message_new(struct gw_arena *a, struct gw_tx *tx, const struct gw_event_row *row, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_person person;
    size_t ends[VIEW_COUNT];
    bool found;
    if (!check_row(row, err) || !find_person(&person, &found, a, tx, row, err))
        return NULL;
    gw_buf_add(&text, row->ports.data, row->ports.size);
    for (int view = 0; view < VIEW_COUNT; view++) {
        bool any = false;
        for (int role = 0; role < GW_ROLE_COUNT; role++)
            any = any || ((roles_of(row) >> role & 1u) != 0 && (int)view_of((enum gw_role)role) == view);
        if (any)
            render(&text, row, (enum view)view, found ? &person : NULL);
        ends[view] = text.size;
    }
    struct message *m = gw_alloc(sizeof *m + text.size);
    *m = (struct message){ .refs = 1, .roles = roles_of(row), .seq = row->seq, .kind = (enum gw_event_kind)row->kind,
        .has_voyage = row->has_voyage, .voyage = row->voyage };
    copy_scope(m->carrier, row->carrier);
    copy_scope(m->site, row->site);
    if (text.size > 0)
        memcpy(m->text, text.data, text.size);
    m->ports = gw_span_of(m->text, row->ports.size);
    for (int view = 0; view < VIEW_COUNT; view++) {
        size_t from = view == 0 ? row->ports.size : ends[view - 1];
        m->json[view] = gw_span_of(m->text + from, ends[view] - from);
    }
    return m;
}

/* ---- the thread ----------------------------------------------------------------------- */

struct page {
    int64_t after;
    struct message *messages[PAGE];
    size_t n;
    int64_t floor;
};

static bool read_page(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct page *p = arg;
    GW_AUTO(gw_arena) *a = gw_arena_new(RENDER_ARENA_BYTES);
    struct gw_event_row *rows;
    size_t n;
    if (!gw_store_event_floor(&p->floor, tx, err) || !gw_store_events(&rows, &n, a, tx, p->after, PAGE, err))
        return false;
    for (size_t i = 0; i < n; i++, p->n++)
        if ((p->messages[p->n] = message_new(a, tx, &rows[i], err)) == NULL)
            return false;
    return true;
}

/* Without the lock. False: what was read is let go. */
static bool read_after(struct page *p, struct gw_events *e, int64_t after)
{
    struct gw_err err = {};
    *p = (struct page){ .after = after };
    if (gw_store_read(e->s->store, read_page, p, &err))
        return true;
    gw_log(GW_LOG_ERROR, "events", GW_LOG_WHY(&err));
    for (size_t i = 0; i < p->n; i++)
        unref(p->messages[i]);
    p->n = 0;
    return false;
}

static void wake(struct gw_listener *l)
{
    l->waits = false;
    l->ask.wake(l->ask.to);
}

static void leave_page(struct gw_listener *l)
{
    for (size_t i = l->page_at; i < l->page_n; i++)
        unref(l->page[i]);
    gw_free(l->page);
    l->page = NULL;
    l->page_at = l->page_n = 0;
}

/* Under the lock, as all that follow. */
static void append(struct gw_events *e, struct message *m)
{
    if (e->n == RING) {
        e->after = at(e, 0)->seq;
        unref(at(e, 0));
        e->first = (e->first + 1) % RING;
        e->n--;
    }
    e->ring[(e->first + e->n++) % RING] = m;
    e->last = m->seq;
}

static void take_new(struct gw_events *e)
{
    struct page p;
    int64_t after = e->last;
    e->fresh = false;
    pthread_mutex_unlock(&e->lock);
    bool fine = read_after(&p, e, after);
    pthread_mutex_lock(&e->lock);
    e->floor = GW_MAX(e->floor, p.floor);
    for (size_t i = 0; i < p.n; i++)
        append(e, p.messages[i]);
    e->fresh = e->fresh || p.n == PAGE;
    e->failed = !fine;
    for (struct gw_listener *l = e->listeners; l != NULL && p.n > 0; l = l->next)
        for (size_t i = GW_MAX(e->n, p.n) - p.n; l->waits && i < e->n; i++)
            if (fits(l, at(e, i)))
                wake(l);
}

static void catch_up(struct gw_events *e, struct gw_listener *l)
{
    struct page p;
    int64_t done = l->after, ring_after = e->after;
    l->catching_up = true;
    pthread_mutex_unlock(&e->lock);
    bool fine = read_after(&p, e, done);
    pthread_mutex_lock(&e->lock);
    l->catching_up = false;
    pthread_cond_broadcast(&e->caught_up);
    e->failed = !fine;
    if (!fine)
        return;
    l->gap = l->gap || done < p.floor;
    l->page = gw_alloc_array(PAGE, sizeof(void *));
    l->page_at = l->page_n = 0;
    for (size_t i = 0; i < p.n; i++) {
        done = p.messages[i]->seq;
        if (fits(l, p.messages[i]))
            l->page[l->page_n++] = p.messages[i];
        else
            unref(p.messages[i]);
    }
    /* Nothing for it: on to the next page, or to the ring; rows between may have been purged. */
    if (l->page_n == 0) {
        l->after = p.n < PAGE ? GW_MAX(ring_after, done) : done;
        leave_page(l);
    }
    l->behind = false;
    e->n_behind--;
    if (l->waits)
        wake(l);
}

static struct gw_listener *who_is_behind(struct gw_events *e)
{
    struct gw_listener *l = e->n_behind == 0 ? NULL : e->listeners;
    while (l != NULL && !l->behind)
        l = l->next;
    return l;
}

static void *tell(void *arg)
{
    struct gw_events *e = arg;
    pthread_mutex_lock(&e->lock);
    while (!e->stopping) {
        struct gw_listener *l = who_is_behind(e);
        if (e->fresh && !e->failed)
            take_new(e);
        else if (l != NULL && !e->failed)
            catch_up(e, l);
        else if (e->failed) {
            /* The store may be readable again in a while. */
            struct timespec until;
            clock_gettime(CLOCK_REALTIME, &until);
            until.tv_sec++;
            pthread_cond_timedwait(&e->changed, &e->lock, &until);
            e->failed = false;
            e->fresh = true;
        } else
            pthread_cond_wait(&e->changed, &e->lock);
    }
    pthread_mutex_unlock(&e->lock);
    return NULL;
}

/* ---- writing ----------------------------------------------------------------------------- */

bool gw_event_add(struct gw_tx *tx, struct gw_service *s, const struct gw_event *event, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) open = {};
    GW_AUTO_VALUE(gw_buf) inside = {};
    if (event->open != NULL)
        gw_json_format(&open, event->open, false);
    if (event->inside != NULL)
        gw_json_format(&inside, event->inside, false);
    struct gw_event_row row = {
        .at_us = gw_clock_now(&s->clock),
        .kind = (int)event->kind,
        .roles = (int)(event->roles == 0 ? ~0u >> 1 : event->roles),
        .has_voyage = event->voyage != NULL,
        .has_traveler = event->traveler != NULL,
        .site = gw_span_str(event->site == NULL ? "" : event->site),
        .open = gw_span_str(gw_buf_text(&open)),
        .inside = gw_span_str(gw_buf_text(&inside)),
    };
    if (row.has_voyage)
        row.voyage = *event->voyage;
    if (row.has_traveler)
        row.traveler = *event->traveler;
    s->events->dirty = true; /* by whoever writes now, and so is gw_events_committed */
    return gw_store_event_put(tx, &row, err);
}

bool gw_voyage_tell(struct gw_tx *tx, struct gw_service *s, struct gw_id voyage, const char *state, struct gw_err *err)
{
    GW_AUTO(gw_json) *open = gw_json_object();
    gw_json_set_text(open, "state", state);
    return gw_event_add(tx, s, &(struct gw_event){ .kind = GW_EVENT_VOYAGE, .voyage = &voyage, .open = open }, err);
}

void gw_events_committed(void *events)
{
    struct gw_events *e = events;
    if (!e->dirty)
        return;
    e->dirty = false;
    pthread_mutex_lock(&e->lock);
    e->fresh = true;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
    gw_mail_wake(e->s->mail);
}

struct trim {
    struct gw_service *s;
    size_t dropped;
};

static bool trim(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct trim *t = arg;
    const struct gw_conf *c = t->s->conf;
    return gw_store_events_drop(&t->dropped, tx, gw_clock_now(&t->s->clock) - c->events_keep, c->events_most, TRIM_AT_ONCE,
        err);
}

bool gw_events_trim(struct gw_service *s, struct gw_err *err)
{
    struct trim t = { .s = s };
    do {
        if (!gw_store_write(s->store, trim, &t, err))
            return false;
    } while (t.dropped == TRIM_AT_ONCE);
    return true;
}

void gw_events_forget(struct gw_events *e, struct gw_id voyage)
{
    pthread_mutex_lock(&e->lock);
    size_t kept = 0;
    for (size_t i = 0; i < e->n; i++) {
        struct message *m = at(e, i);
        if (m->has_voyage && gw_id_equal(m->voyage, voyage))
            unref(m);
        else
            e->ring[(e->first + kept++) % RING] = m;
    }
    e->n = kept;
    for (struct gw_listener *l = e->listeners; l != NULL; l = l->next)
        for (size_t i = l->page_at; i < l->page_n; i++)
            if (l->page[i] != NULL && l->page[i]->has_voyage && gw_id_equal(l->page[i]->voyage, voyage)) {
                unref(l->page[i]);
                l->page[i] = NULL;
            }
    pthread_mutex_unlock(&e->lock);
}

/* ---- listening ------------------------------------------------------------------------------ */

struct start {
    const struct gw_caller *who;
    const struct gw_listen_ask *ask;
    int64_t last, floor;
};

static bool check_voyage(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct start *o = arg;
    struct gw_voyage_row v;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    return gw_store_voyage_get(&v, a, tx, o->ask->voyage, err) && gw_allow_voyage(o->who, &v, err);
}

static bool read_start(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct start *o = arg;
    return gw_store_event_last(&o->last, tx, err) && gw_store_event_floor(&o->floor, tx, err);
}

/* Under the lock: the thread runs, and the ring holds the latest there were when it began. */
static bool run(struct gw_events *e, struct gw_err *err)
{
    struct start o = {};
    if (e->runs)
        return true;
    if (!gw_store_read(e->s->store, read_start, &o, err))
        return false;
    e->floor = o.floor;
    e->last = e->after = GW_MAX(o.last - RING, o.floor);
    e->fresh = true;
    e->stopping = false;
    if (pthread_create(&e->thread, NULL, tell, e) != 0)
        return gw_fail(err, GW_ERR_UNAVAILABLE, "no thread can be made for events");
    return e->runs = true;
}

/* The latest event there is, also while the ring is still being filled. */
static bool latest(int64_t *out, struct gw_events *e, struct gw_err *err)
{
    struct start o = {};
    bool fine = gw_store_read(e->s->store, read_start, &o, err);
    *out = o.last;
    return fine;
}

bool gw_service_listen(struct gw_listener **out, struct gw_service *s, const struct gw_caller *who,
    const struct gw_listen_ask *ask, struct gw_err *err)
{
    struct gw_events *e = s->events;
    struct start o = { .who = who, .ask = ask };
    int64_t now;
    if ((ask->has_voyage && !gw_store_read(s->store, check_voyage, &o, err)) || !latest(&now, e, err))
        return false;
    struct gw_listener *l = gw_alloc(sizeof *l);
    *l = (struct gw_listener){ .events = e, .who = *who, .ask = *ask, .after = ask->has_after ? ask->after : now };
    if (l->after > now) { /* it knows of events that are not there: a restored backup */
        l->after = now;
        l->gap = true;
    }
    pthread_mutex_lock(&e->lock);
    bool fine = run(e, err);
    if (fine && e->n_listeners >= (size_t)s->conf->events_listeners)
        fine = gw_fail(err, GW_ERR_BUSY, "as many listen to events as events.listeners allows");
    if (fine) {
        l->next = e->listeners;
        if (l->next != NULL)
            l->next->previous = l;
        e->listeners = l;
        e->n_listeners++;
    }
    pthread_mutex_unlock(&e->lock);
    if (!fine) {
        gw_free(l);
        return false;
    }
    *out = l;
    return true;
}

/* The first in the ring after it that it may know; what lies between is behind it. */
static struct message *next_in_ring(struct gw_listener *l, const struct gw_events *e)
{
    size_t from = 0, to = e->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (at(e, middle)->seq <= l->after)
            from = middle + 1;
        else
            to = middle;
    }
    for (; from < e->n; from++) {
        l->after = at(e, from)->seq;
        if (fits(l, at(e, from)))
            return at(e, from);
    }
    return NULL;
}

static struct message *next_in_page(struct gw_listener *l)
{
    while (l->page_at < l->page_n) {
        struct message *m = l->page[l->page_at];
        l->page[l->page_at++] = NULL;
        if (m != NULL) {
            l->after = m->seq;
            return m;
        }
    }
    leave_page(l);
    return NULL;
}

static enum gw_told_state next(struct gw_told *out, struct gw_listener *l, struct gw_events *e)
{
    unref(l->held);
    l->held = NULL;
    l->waits = false;
    if (l->gap) {
        l->gap = false;
        l->after = GW_MAX(l->after, e->floor);
        *out = (struct gw_told){ .seq = l->after };
        return GW_TOLD_GAP;
    }
    l->held = next_in_page(l);
    if (l->held == NULL && !l->behind && l->after >= e->after && (l->held = next_in_ring(l, e)) != NULL)
        l->held->refs++;
    if (l->held == NULL) {
        if (!l->behind && l->after < e->after) {
            l->behind = true;
            e->n_behind++;
            pthread_cond_signal(&e->changed);
        }
        l->waits = true;
        return GW_TOLD_NOTHING;
    }
    *out = (struct gw_told){ .seq = l->held->seq, .kind = l->held->kind, .json = l->held->json[view_of(l->who.role)] };
    return GW_TOLD_EVENT;
}

enum gw_told_state gw_listener_next(struct gw_told *out, struct gw_listener *l)
{
    struct gw_events *e = l->events;
    *out = (struct gw_told){};
    if (!gw_token_stays(e->s, &l->who, &l->token))
        return GW_TOLD_END;
    pthread_mutex_lock(&e->lock);
    enum gw_told_state state = next(out, l, e);
    pthread_mutex_unlock(&e->lock);
    return state;
}

void gw_listener_close(struct gw_listener *l)
{
    if (l == NULL)
        return;
    struct gw_events *e = l->events;
    pthread_mutex_lock(&e->lock);
    while (l->catching_up)
        pthread_cond_wait(&e->caught_up, &e->lock);
    e->n_behind -= l->behind;
    if (l->next != NULL)
        l->next->previous = l->previous;
    if (l->previous != NULL)
        l->previous->next = l->next;
    else
        e->listeners = l->next;
    e->n_listeners--;
    unref(l->held);
    leave_page(l);
    pthread_mutex_unlock(&e->lock);
    gw_free(l);
}

size_t gw_events_listeners(struct gw_events *e)
{
    pthread_mutex_lock(&e->lock);
    size_t n = e->n_listeners;
    pthread_mutex_unlock(&e->lock);
    return n;
}

/* ---- life -------------------------------------------------------------------------------- */

struct gw_events *gw_events_new(struct gw_service *s)
{
    struct gw_events *e = gw_alloc(sizeof *e);
    e->s = s;
    pthread_mutex_init(&e->lock, NULL);
    pthread_cond_init(&e->changed, NULL);
    pthread_cond_init(&e->caught_up, NULL);
    return e;
}

void gw_events_free(struct gw_events *e)
{
    if (e == NULL)
        return;
    assert(e->listeners == NULL); /* the doors are closed before the service */
    pthread_mutex_lock(&e->lock);
    e->stopping = true;
    pthread_cond_signal(&e->changed);
    pthread_mutex_unlock(&e->lock);
    if (e->runs)
        pthread_join(e->thread, NULL);
    for (size_t i = 0; i < e->n; i++)
        unref(at(e, i));
    pthread_mutex_destroy(&e->lock);
    pthread_cond_destroy(&e->changed);
    pthread_cond_destroy(&e->caught_up);
    gw_free(e);
}
