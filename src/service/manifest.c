/* manifest.c - what a carrier announces becomes the voyage and who is expected on it.
 *
 * 1. One transaction: a manifest is merged whole or not at all.
 * 2. Rows whose announced content is the same are not touched: sent twice, it changes
 *    nothing.
 * 3. Only a whole list that could be read whole takes travelers away, and only those of
 *    its own kind: a crew list says nothing about passengers. One in parts does so with
 *    the part that makes it whole; the parts may come in any order and request.
 * 4. Nobody becomes somebody else, whatever key he comes under: facts that contradict
 *    make another person (is_other), because families share documents and carriers
 *    exchange references. */
#include "service/internal.h"

#include "base/log.h"
#include "document/name.h"

#include <stdlib.h>

enum { FAMILY_MAX = 16 }; /* on one document: more are no family, and each is compared with each */

/* Somebody of the voyage, as he was or new with this message. */
struct known {
    struct gw_traveler_mark mark;
    const struct gw_manifest_traveler *facts; /* as announced before; NULL: not unsealed yet */
    bool seen;      /* named by this message */
    bool is_new;
    bool contested; /* the message has his key with facts that are not his */
    bool matched;   /* has his key of this message */
    bool ousted;    /* somebody else has his key from now on */
    bool rekeyed;   /* his key is another than in the store */
};

/* A key, whose it was, whose it is, and the message's travelers who come under it. Open addressing. */
struct slot {
    struct gw_hash key;
    bool used;
    struct known *had, *gets; /* NULL: nobody */
    size_t last;              /* 1 + traveler; the one before stands in merge.before; 0: none */
    size_t n;                 /* travelers */
};
struct slots {
    struct slot *of;
    size_t n;
};

struct merge {
    struct gw_manifest_receipt *out;
    struct gw_arena *a; /* of the caller: what is in out */
    struct gw_arena *own;
    struct gw_service *s;
    const struct gw_caller *who;
    const struct gw_manifest *m;
    const struct gw_paxlst_message *message; /* NULL: not PAXLST */
    int64_t now_us;

    struct gw_tx *tx;
    struct gw_voyage_row v;
    struct gw_law_way way;
    struct known *known; /* those there were and the new ones */
    size_t n_known;
    struct slots keys;   /* of all of them, by match */
    struct slots names;  /* of those who may come under another key, by name and birth date; made when first asked for */
    int64_t next_ordinal;
    struct gw_span *persons; /* of the message's travelers, in order: what is sealed; made before the writer is asked */
    struct gw_hash *matches, *contents; /* of the message's travelers */
    size_t *before;          /* of the message's travelers: 1 + who came under the same key before; 0: nobody */
    bool *left_out;
    struct known **of;       /* of the message's travelers; NULL where left out */
    struct known **by_id;    /* those there were, by id */
    size_t n_by_id;
    struct gw_manifest_problem *problems;
    size_t n_problems, cap_problems;
    bool changed;
    struct gw_id *moved; /* travelers of whom something changed that can be searched */
    size_t n_moved;
    bool drop;           /* the voyage is over: its gallery goes */
    bool lost;           /* somebody of the list could not be read: it is not whole */
    bool doubled;        /* two travelers of the message cannot be told apart: one is left out */
    struct gw_hash transmission; /* of a list in parts */
    struct gw_err *err;
};

static bool same_hash(const struct gw_hash *a, const struct gw_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

/* Where it is, or would be: nobody's then. */
static struct slot *slot_of(const struct slots *t, const struct gw_hash *key)
{
    size_t i = 0;
    memcpy(&i, key->bytes, sizeof i);
    for (i %= t->n; t->of[i].used; i = (i + 1) % t->n)
        if (same_hash(&t->of[i].key, key))
            break;
    return &t->of[i];
}

static struct slot *add_slot(const struct slots *t, const struct gw_hash *key)
{
    struct slot *s = slot_of(t, key);
    s->key = *key;
    s->used = true;
    return s;
}

static bool make_slots(struct slots *t, struct gw_arena *a, size_t most, struct gw_err *err)
{
    t->n = 2 * most + 8;
    return (t->of = gw_arena_array(a, t->n, struct slot, err)) != NULL;
}

static bool warn(struct merge *g, size_t traveler, const char *code, const char *text)
{
    g->problems = gw_arena_grow(g->a, g->problems, &g->cap_problems, g->n_problems + 1, sizeof *g->problems, g->err);
    if (g->problems == NULL)
        return false;
    bool whole = traveler == SIZE_MAX;
    g->problems[g->n_problems++] = (struct gw_manifest_problem){
        .has_segment = !whole,
        .segment = whole ? 0 : traveler,
        .offset = GW_NO_PLACE,
        .tag = "/travelers",
        .code = code,
        .text = text,
    };
    return true;
}

static bool is_list(const struct gw_manifest *m)
{
    return m->kind == GW_MANIFEST_PASSENGER_LIST || m->kind == GW_MANIFEST_CREW_LIST;
}

static int list_kind(const struct gw_manifest *m)
{
    return m->kind == GW_MANIFEST_CREW_LIST ? GW_TRAVELER_CREW : GW_TRAVELER_PASSENGER;
}

/* ---- the voyage ---------------------------------------------------------------------- */

static bool add_port(struct gw_buf *ports, struct gw_span port)
{
    char text[16];
    if (!gw_code(text, 2, 8, port) || gw_has_port(gw_buf_span(ports), text))
        return false;
    gw_buf_addf(ports, "%s ", text);
    return true;
}

/* Where its travelers are met: departures where they board, arrivals where they land. */
static bool ports_of(struct merge *g, struct gw_span *out)
{
    const __typeof__(g->m->voyage) *v = &g->m->voyage;
    GW_AUTO_VALUE(gw_buf) ports = {};
    gw_buf_add_text(&ports, " ");
    bool from = v->direction != GW_DIRECTION_ARRIVAL, to = v->direction != GW_DIRECTION_DEPARTURE;
    if (from)
        add_port(&ports, v->from);
    if (to)
        add_port(&ports, v->to);
    for (size_t i = 0; i < v->n_legs; i++) {
        if (from)
            add_port(&ports, v->legs[i].from);
        if (to)
            add_port(&ports, v->legs[i].to);
    }
    char *copy = gw_arena_text(g->own, gw_buf_span(&ports), g->err);
    *out = gw_span_of(copy, ports.size);
    return copy != NULL;
}

/* Flight numbers are padded by some and not by others. */
static struct gw_span number_of(const struct gw_manifest *m)
{
    struct gw_span n = m->voyage.number;
    while (m->voyage.mode == GW_MODE_AIR && n.size > 1 && n.data[0] == '0' && n.data[1] >= '0' && n.data[1] <= '9')
        n = gw_span_slice(n, 1, n.size);
    return n;
}

/* What makes it this voyage. */
static struct gw_voyage_row name_of_voyage(const struct merge *g)
{
    const __typeof__(g->m->voyage) *v = &g->m->voyage;
    return (struct gw_voyage_row){
        .mode = (int)v->mode,
        .direction = (int)v->direction,
        .carrier = v->carrier,
        .number = number_of(g->m),
        .from = v->from,
        .to = v->to,
        .day = gw_departure_day(g->s, v->from, &v->departure),
    };
}

static bool merge_voyage(struct merge *g)
{
    const __typeof__(g->m->voyage) *v = &g->m->voyage;
    struct gw_voyage_row now = name_of_voyage(g), old = now;
    bool found;
    if (!ports_of(g, &now.ports) || !gw_store_voyage_find(&old, &found, g->own, g->tx, g->err))
        return false;
    if (found && old.state != GW_VOYAGE_OPEN)
        return gw_fail(g->err, GW_ERR_CONFLICT, old.cancelled ? "the voyage was cancelled" : "the voyage is closed");
    now.id = found ? old.id : gw_id_new(g->now_us);
    now.departure_us = v->departure.us;
    now.departure_local = v->departure.local;
    now.has_arrival = v->arrival.has;
    now.arrival_us = v->arrival.us;
    now.arrival_local = v->arrival.local;
    now.first_manifest_us = found ? old.first_manifest_us : g->now_us;
    now.last_manifest_us = g->now_us;
    now.late = found && old.late;
    if (found && now.direction == GW_DIRECTION_UNSTATED)
        now.direction = old.direction;
    g->out->created = !found;
    g->out->voyage = now.id;
    g->v = now;
    if (found)
        g->changed = now.departure_us != old.departure_us || now.departure_local != old.departure_local ||
                     now.has_arrival != old.has_arrival || (now.has_arrival && now.arrival_us != old.arrival_us) ||
                     now.arrival_local != old.arrival_local || now.direction != old.direction ||
                     !gw_span_equal(now.ports, old.ports);
    else
        g->changed = true;
    return found || (gw_store_voyage_put(g->tx, &g->v, true, g->err) &&
                        gw_store_key_make(g->tx, GW_KEY_VOYAGE, g->v.id, g->now_us, g->err));
}

/* ---- the travelers ----------------------------------------------------------------------- */

static int compare_known(const void *a, const void *b)
{
    return gw_id_compare((*(const struct known *const *)a)->mark.id, (*(const struct known *const *)b)->mark.id);
}

static struct known *known_by_id(const struct merge *g, struct gw_id id)
{
    struct known wanted = { .mark.id = id }, *key = &wanted;
    struct known **found = g->n_by_id == 0 ? NULL : bsearch(&key, g->by_id, g->n_by_id, sizeof(struct known *), compare_known);
    return found == NULL ? NULL : *found;
}

static bool load_known(struct merge *g)
{
    struct gw_traveler_mark *marks;
    size_t n;
    if (!gw_store_traveler_marks(&marks, &n, g->own, g->tx, g->v.id, g->err))
        return false;
    g->known = gw_arena_array(g->own, n + g->m->n_travelers, struct known, g->err);
    g->by_id = gw_arena_array(g->own, n, struct known *, g->err);
    g->of = gw_arena_array(g->own, g->m->n_travelers, struct known *, g->err);
    /* Each of them moves at most once. */
    g->moved = gw_arena_array(g->own, n + g->m->n_travelers, struct gw_id, g->err);
    g->matches = gw_arena_array(g->own, g->m->n_travelers, struct gw_hash, g->err);
    g->contents = gw_arena_array(g->own, g->m->n_travelers, struct gw_hash, g->err);
    g->before = gw_arena_array(g->own, g->m->n_travelers, size_t, g->err);
    g->left_out = gw_arena_array(g->own, g->m->n_travelers, bool, g->err);
    if (g->known == NULL || g->by_id == NULL || g->of == NULL || g->moved == NULL || g->matches == NULL || g->contents == NULL ||
        g->before == NULL || g->left_out == NULL || !make_slots(&g->keys, g->own, n + g->m->n_travelers, g->err))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct known *k = &g->known[g->n_known++];
        *k = (struct known){ .mark = marks[i] };
        add_slot(&g->keys, &marks[i].match)->had = k;
        g->by_id[g->n_by_id++] = k;
        g->next_ordinal = GW_MAX(g->next_ordinal, marks[i].ordinal + 1);
    }
    if (n > 0)
        qsort(g->by_id, n, sizeof(struct known *), compare_known);
    return true;
}

static bool match_by_name(struct gw_hash *out, struct merge *g, const struct gw_manifest_traveler *t)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_add_text(&text, "name\n");
    gw_buf_add(&text, t->surname.data, t->surname.size);
    gw_buf_add_text(&text, "\n");
    gw_buf_add(&text, t->given_names.data, t->given_names.size);
    gw_buf_addf(&text, "\n%d-%d-%d", t->birth_date.year, t->birth_date.month, t->birth_date.day);
    return gw_store_voyage_hash(out, g->tx, g->v.id, gw_buf_span(&text), g->err);
}

/* The key of whom nothing announced is the key: he shares it with others. */
static bool own_match(struct gw_hash *out, struct merge *g, struct gw_id id)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_add_text(&text, "traveler\n");
    gw_buf_add(&text, id.bytes, sizeof id.bytes);
    return gw_store_voyage_hash(out, g->tx, g->v.id, gw_buf_span(&text), g->err);
}

/* What he is looked for by first in the next message: the carrier's reference for the person,
 * else the first document, else name and birth. */
static bool match_of(struct gw_hash *out, struct merge *g, const struct gw_manifest_traveler *t)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    if (t->reference.size > 0) {
        gw_buf_add_text(&text, "reference\n");
        gw_buf_add(&text, t->reference.data, t->reference.size);
    } else if (t->n_documents > 0) {
        gw_buf_add_text(&text, "document\n");
        gw_buf_add(&text, t->documents[0].number.data, t->documents[0].number.size);
        gw_buf_add_text(&text, "\n");
        gw_buf_add(&text, t->documents[0].issuing_state.data, t->documents[0].issuing_state.size);
    } else {
        return match_by_name(out, g, t);
    }
    return gw_store_voyage_hash(out, g->tx, g->v.id, gw_buf_span(&text), g->err);
}

static bool documents_of(struct gw_document_hash *out, size_t *n, struct merge *g, const struct gw_manifest_traveler *t)
{
    *n = 0;
    for (size_t i = 0; i < t->n_documents; i++) {
        /* The parser has read them, so they are documents. */
        if (!gw_document_hash_of(&out[*n], g->s, t->documents[i].number, t->documents[i].issuing_state, g->err))
            return false;
        ++*n;
    }
    return true;
}

static bool remove_traveler(struct merge *g, struct known *k)
{
    if (k->mark.status == GW_STATUS_REMOVED)
        return true;
    g->out->removed++;
    g->changed = true;
    g->moved[g->n_moved++] = k->mark.id;
    k->mark.left = k->mark.status;
    k->mark.status = GW_STATUS_REMOVED;
    /* Somebody is behind the gate whom no list names any more. */
    const bool has_passed = k->mark.left == GW_STATUS_CLEARED || k->mark.left == GW_STATUS_INSPECTED;
    const struct gw_alert_new alert = { .kind = GW_ALERT_REMOVED_AFTER_CLEAR, .voyage = &g->v.id, .traveler = &k->mark.id };
    return gw_store_traveler_remove(g->tx, k->mark.id, g->err) && gw_store_templates_drop(g->tx, k->mark.id, g->err) &&
           (!has_passed || gw_alert_add(NULL, g->tx, g->s, &alert, g->err));
}

/* ---- who is who ------------------------------------------------------------------------------ */

enum word { UNSAID, AGREES, CONTRADICTS };
struct likeness {
    enum word name, birth, document;
};

static enum word compare_names(const struct gw_manifest_traveler *x, const struct gw_manifest_traveler *y)
{
    const struct gw_name a = { .surname = x->surname, .given = x->given_names }, b = { .surname = y->surname, .given = y->given_names };
    if (a.surname.size + a.given.size == 0 || b.surname.size + b.given.size == 0)
        return UNSAID;
    if (gw_span_equal(a.surname, b.surname) && gw_span_equal(a.given, b.given))
        return AGREES;
    return gw_name_compare(&a, &b).match == GW_NAME_DIFFERENT ? CONTRADICTS : AGREES;
}

/* Parts of a date may be unknown. */
static enum word compare_births(struct gw_date a, struct gw_date b)
{
    if (a.year == 0 || b.year == 0)
        return UNSAID;
    bool months = a.month != 0 && b.month != 0, days = months && a.day != 0 && b.day != 0;
    if (a.year != b.year || (months && a.month != b.month) || (days && a.day != b.day))
        return CONTRADICTS;
    return days ? AGREES : UNSAID;
}

static enum word compare_documents(const struct gw_manifest_traveler *x, const struct gw_manifest_traveler *y)
{
    for (size_t i = 0; i < x->n_documents; i++)
        for (size_t k = 0; k < y->n_documents; k++) {
            const struct gw_manifest_document *a = &x->documents[i], *b = &y->documents[k];
            if (gw_span_equal(a->number, b->number) &&
                (a->issuing_state.size == 0 || b->issuing_state.size == 0 || gw_span_equal(a->issuing_state, b->issuing_state)))
                return AGREES;
        }
    return x->n_documents > 0 && y->n_documents > 0 ? CONTRADICTS : UNSAID;
}

static struct likeness compare(const struct gw_manifest_traveler *a, const struct gw_manifest_traveler *b)
{
    return (struct likeness){ compare_names(a, b), compare_births(a->birth_date, b->birth_date), compare_documents(a, b) };
}

static bool contradicts(const struct likeness *l)
{
    return l->name == CONTRADICTS || l->birth == CONTRADICTS || l->document == CONTRADICTS;
}

/* Under one key, and yet another person: nothing of him agrees any more, or neither name nor birth, whatever
 * document they share. A name, a birth date or a document that was corrected leaves him who he is. */
static bool is_other(const struct likeness *l)
{
    return (l->name == CONTRADICTS && l->birth == CONTRADICTS) ||
           (contradicts(l) && l->name != AGREES && l->birth != AGREES && l->document != AGREES);
}

static bool facts_of(const struct gw_manifest_traveler **out, struct merge *g, struct known *k)
{
    if (k->facts == NULL) {
        struct gw_traveler_row row;
        bool found;
        struct gw_manifest_traveler *t = gw_arena_one(g->own, struct gw_manifest_traveler, g->err);
        if (t == NULL || !gw_store_traveler_get(&row, &found, true, g->own, g->tx, k->mark.id, g->err) ||
            (found && !gw_manifest_traveler_parse_json(t, g->own, row.person, g->err)))
            return false;
        k->facts = t;
    }
    *out = k->facts;
    return true;
}

static bool likeness_of(struct likeness *out, struct merge *g, size_t i, struct known *k)
{
    const struct gw_manifest_traveler *facts;
    if (!facts_of(&facts, g, k))
        return false;
    *out = compare(&g->m->travelers[i], facts);
    return true;
}

/* The ways to find who traveler i is, the surest first; each is tried for everybody before the next one, so
 * that nobody is taken for somebody whom another one is surely. NULL: not in this way. */
typedef bool way_fn(struct known **out, struct merge *g, size_t i);

static struct known *holder(struct merge *g, size_t i)
{
    struct known *k = slot_of(&g->keys, &g->matches[i])->had;
    return k == NULL || k->seen ? NULL : k;
}

static bool by_content(struct known **out, struct merge *g, size_t i)
{
    struct known *k = holder(g, i);
    *out = k != NULL && same_hash(&g->contents[i], &k->mark.content) ? k : NULL;
    return true;
}

static bool by_key(struct known **out, struct merge *g, size_t i)
{
    struct known *k = holder(g, i);
    struct likeness l;
    *out = NULL;
    if (k == NULL)
        return true;
    if (!likeness_of(&l, g, i, k))
        return false;
    if (contradicts(&l))
        k->contested = true;
    else
        *out = k;
    return true;
}

/* A document of his; of a family that shares it the one who is most like him, and is on the voyage still. */
static bool by_document(struct known **out, struct merge *g, size_t i)
{
    struct gw_document_hash documents[GW_MANIFEST_DOCUMENTS_MAX];
    size_t n;
    int best = -1;
    *out = NULL;
    if (!documents_of(documents, &n, g, &g->m->travelers[i]))
        return false;
    for (size_t d = 0; d < n; d++) {
        struct gw_holder *holders;
        size_t n_holders;
        if (!gw_store_holders_ever(&holders, &n_holders, g->own, g->tx, &documents[d], g->v.id, g->err))
            return false;
        for (size_t h = 0; h < n_holders; h++) {
            struct known *k = known_by_id(g, holders[h].traveler);
            struct likeness l;
            if (k == NULL || k->seen)
                continue;
            if (!likeness_of(&l, g, i, k))
                return false;
            int like = 4 * (l.name == AGREES) + 2 * (l.birth == AGREES) + (k->mark.status != GW_STATUS_REMOVED);
            if (l.name != CONTRADICTS && l.birth != CONTRADICTS && like > best) {
                best = like;
                *out = k;
            }
        }
    }
    return true;
}

/* Those who may come under another key: their own is contested, they are off the voyage or go from it with this list.
 * The others are not unsealed for it. */
static bool index_names(struct merge *g)
{
    const bool takes = is_list(g->m) && g->m->function == GW_MANIFEST_WHOLE;
    if (!make_slots(&g->names, g->own, g->n_known, g->err))
        return false;
    for (size_t i = 0; i < g->n_known; i++) {
        struct known *k = &g->known[i];
        const bool is_off = k->mark.status == GW_STATUS_REMOVED;
        const struct gw_manifest_traveler *facts;
        struct gw_hash name;
        if (k->seen || !(k->contested || is_off || (takes && k->mark.kind == list_kind(g->m))))
            continue;
        if (!facts_of(&facts, g, k))
            return false;
        if (facts->surname.size + facts->given_names.size == 0 || (facts->birth_date.year == 0 && !k->contested))
            continue;
        if (!match_by_name(&name, g, facts))
            return false;
        struct slot *s = add_slot(&g->names, &name);
        if (s->had == NULL || !is_off)
            s->had = k;
    }
    return true;
}

static bool by_name(struct known **out, struct merge *g, size_t i)
{
    const struct gw_manifest_traveler *t = &g->m->travelers[i];
    struct gw_hash name;
    struct likeness l;
    *out = NULL;
    if (t->surname.size + t->given_names.size == 0)
        return true;
    if (!match_by_name(&name, g, t) || (g->names.of == NULL && !index_names(g)))
        return false;
    struct known *k = slot_of(&g->keys, &name)->had; /* announced by name only */
    if (k == NULL || k->seen || k->mark.status == GW_STATUS_REMOVED)
        k = slot_of(&g->names, &name)->had;
    if (k == NULL || k->seen)
        return true;
    if (!likeness_of(&l, g, i, k))
        return false;
    /* What adds takes nobody's place: two may have one name and birthday, and different documents. */
    *out = g->m->function == GW_MANIFEST_ADD && l.document == CONTRADICTS ? NULL : k;
    return true;
}

/* Nobody else fits: his own facts were corrected. What adds corrects nobody but by reference. */
static bool by_key_corrected(struct known **out, struct merge *g, size_t i)
{
    struct known *k = holder(g, i);
    struct likeness l;
    *out = NULL;
    if (k == NULL || (g->m->function == GW_MANIFEST_ADD && g->m->travelers[i].reference.size == 0))
        return true;
    if (!likeness_of(&l, g, i, k))
        return false;
    *out = is_other(&l) ? NULL : k;
    return true;
}

/* Two of a message under one key: a family on one document is kept; who cannot be told from another is left out. Unless
 * he is surely there twice, somebody may be missing from the list then. */
static bool leave_out_double(struct merge *g, size_t i, struct slot *s)
{
    const struct gw_manifest_traveler *t = &g->m->travelers[i];
    if (t->reference.size + t->surname.size + t->given_names.size == 0 && t->n_documents == 0)
        return true; /* a booking of which all are meant */
    for (size_t other = s->last; other > 0; other = g->before[other - 1]) {
        struct likeness l = compare(t, &g->m->travelers[other - 1]);
        if (t->reference.size == 0 && contradicts(&l) && s->n < FAMILY_MAX)
            continue;
        bool is_twice = !contradicts(&l) && l.name == AGREES && l.birth == AGREES && (t->reference.size > 0 || t->n_documents > 0);
        g->doubled = g->doubled || !is_twice;
        g->left_out[i] = true;
        return warn(g, i, "duplicate", "another traveler of this message is the same by reference, document or name; this one is left out");
    }
    g->before[i] = s->last;
    s->last = i + 1;
    s->n++;
    return true;
}

static bool match_travelers(struct merge *g)
{
    static way_fn *const ways[] = { by_content, by_key, by_document, by_name, by_key_corrected };
    const struct gw_manifest *m = g->m;
    for (size_t i = 0; i < m->n_travelers; i++)
        if (!match_of(&g->matches[i], g, &m->travelers[i]) ||
            !gw_store_voyage_hash(&g->contents[i], g->tx, g->v.id, g->persons[i], g->err) ||
            !leave_out_double(g, i, add_slot(&g->keys, &g->matches[i])))
            return false;
    for (size_t w = 0; w < GW_COUNT(ways) && g->n_by_id > 0; w++)
        for (size_t i = 0; i < m->n_travelers; i++) {
            if (g->of[i] != NULL || g->left_out[i])
                continue;
            if (!ways[w](&g->of[i], g, i))
                return false;
            if (g->of[i] != NULL)
                g->of[i]->seen = true;
        }
    for (size_t i = 0; i < m->n_travelers; i++)
        if (g->of[i] == NULL && !g->left_out[i]) {
            g->of[i] = &g->known[g->n_known++];
            *g->of[i] = (struct known){ .mark.id = gw_id_new(g->now_us), .is_new = true, .seen = true };
        }
    return true;
}

/* A reference is whose the message says; a document or a name stays whose key it is, and who shares it has a key of
 * his own. */
static bool settle_keys(struct merge *g)
{
    const size_t n = g->m->function == GW_MANIFEST_REMOVE ? 0 : g->m->n_travelers;
    for (size_t i = 0; i < n; i++) {
        struct known *k = g->of[i];
        if (k == NULL)
            continue;
        struct slot *s = slot_of(&g->keys, &g->matches[i]);
        const bool is_anothers = s->had != NULL && s->had != k;
        if (s->gets != NULL || (is_anothers && g->m->travelers[i].reference.size == 0))
            continue;
        if (is_anothers)
            s->had->ousted = true;
        s->gets = k;
        k->matched = true;
        k->rekeyed = s->had != k;
        k->mark.match = g->matches[i];
    }
    for (size_t i = 0; i < g->n_known; i++) {
        struct known *k = &g->known[i];
        struct gw_hash own;
        if (!k->ousted && !(k->is_new && n > 0))
            continue;
        /* Free before somebody else is written with it: the store holds a key once. */
        if ((k->ousted || !k->matched) && !own_match(&own, g, k->mark.id))
            return false;
        if (k->ousted && !gw_store_traveler_match(g->tx, k->mark.id, &own, g->err))
            return false;
        if (!k->matched) {
            k->mark.match = own;
            k->rekeyed = true;
        }
    }
    return true;
}

/* A removal that nobody fits by himself may name a booking: then all of it. */
static bool remove_booking(struct merge *g, size_t i)
{
    const struct gw_manifest_traveler *t = &g->m->travelers[i];
    struct gw_holder *holders;
    struct gw_hash booking;
    size_t n = 0;
    if (t->reservation.size > 0 && t->reference.size == 0 && t->n_documents == 0 && t->surname.size + t->given_names.size == 0 &&
        (!gw_store_voyage_hash(&booking, g->tx, g->v.id, t->reservation, g->err) ||
            !gw_store_booked(&holders, &n, g->own, g->tx, g->v.id, &booking, g->err)))
        return false;
    for (size_t k = 0; k < n; k++) {
        struct known *one = known_by_id(g, holders[k].traveler);
        if (one != NULL && !remove_traveler(g, one))
            return false;
    }
    return n > 0 || warn(g, i, "unknown", "no such traveler was announced; there is nothing to remove");
}

/* What is sealed of a traveler. */
static bool person_text(struct gw_span *out, struct gw_arena *a, const struct gw_manifest_traveler *t, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO(gw_json) *j = gw_manifest_traveler_to_json(t);
    gw_json_format(&text, j, false);
    const char *copy = gw_arena_text(a, gw_buf_span(&text), err);
    if (copy == NULL)
        return false;
    *out = gw_span_of(copy, text.size);
    return true;
}

/* PAXLST has no place for some facts that rules ask for: what was said of them stays when a later message is silent. */
static bool keep_facts(struct gw_manifest_traveler *t, struct gw_span *person, struct merge *g, struct gw_id id)
{
    struct gw_traveler_row row;
    struct gw_manifest_traveler old = {};
    bool found;
    if (t->status.size > 0 && t->permanent_resident != GW_UNSTATED && t->accompanied != GW_UNSTATED)
        return true;
    if (!gw_store_traveler_get(&row, &found, true, g->own, g->tx, id, g->err) ||
        (found && !gw_manifest_traveler_parse_json(&old, g->own, row.person, g->err)))
        return false;
    if (old.status.size == 0 && old.permanent_resident == GW_UNSTATED && old.accompanied == GW_UNSTATED)
        return true;
    t->status = t->status.size > 0 ? t->status : old.status;
    t->permanent_resident = t->permanent_resident != GW_UNSTATED ? t->permanent_resident : old.permanent_resident;
    t->accompanied = t->accompanied != GW_UNSTATED ? t->accompanied : old.accompanied;
    return person_text(person, g->own, t, g->err);
}

static bool write_traveler(struct merge *g, size_t i, struct known *k, bool was_here)
{
    const struct gw_hash *content = &g->contents[i];
    struct gw_manifest_traveler merged = g->m->travelers[i];
    const struct gw_manifest_traveler *t = &merged;
    struct gw_span person = g->persons[i];
    /* Who comes back is who he was, cleared, declined or denied. */
    const int status = k->is_new ? GW_STATUS_EXPECTED : was_here ? k->mark.status : k->mark.left;
    if (!k->is_new && !keep_facts(&merged, &person, g, k->mark.id))
        return false;
    struct gw_traveler_row row = {
        .id = k->mark.id,
        .voyage = g->v.id,
        .ordinal = k->is_new ? g->next_ordinal++ : k->mark.ordinal,
        .kind = (int)t->kind,
        .status = status,
        .match = k->mark.match,
        .content = *content,
        .has_reference = t->reference.size > 0,
        .has_booking = t->reservation.size > 0,
        .person = person,
    };
    struct gw_document_hash documents[GW_MANIFEST_DOCUMENTS_MAX];
    size_t n_documents;
    bool is_new = k->is_new;
    k->mark = (struct gw_traveler_mark){ row.id, row.ordinal, row.kind, row.status, row.match, *content, 0 };
    g->changed = true;
    g->moved[g->n_moved++] = row.id;
    *(was_here ? &g->out->changed : &g->out->added) += 1;
    if ((row.has_reference && !gw_store_voyage_hash(&row.reference, g->tx, g->v.id, t->reference, g->err)) ||
        (row.has_booking && !gw_store_voyage_hash(&row.booking, g->tx, g->v.id, t->reservation, g->err)) ||
        !gw_store_traveler_put(g->tx, &row, is_new, g->err) ||
        !documents_of(documents, &n_documents, g, t) ||
        !gw_store_documents_put(g->tx, row.id, g->v.id, documents, n_documents, g->err))
        return false;
    k->is_new = false;
    /* Other documents, other portraits. Who declined, or may not be photographed, has none here. */
    const bool may = row.status != GW_STATUS_DECLINED && gw_law_anywhere(&g->way, t);
    return (is_new || gw_store_templates_drop(g->tx, row.id, g->err)) &&
           (!may || gw_portraits_attach(g->tx, g->s, row.id, g->v.id, documents, n_documents, g->err));
}

static bool merge_traveler(struct merge *g, size_t i)
{
    struct known *k = g->of[i];
    if (k == NULL)
        return true;
    bool was_here = !k->is_new && k->mark.status != GW_STATUS_REMOVED;
    if (g->m->function == GW_MANIFEST_REMOVE) {
        if (was_here)
            return remove_traveler(g, k);
        g->of[i] = NULL;
        return remove_booking(g, i);
    }
    /* A key that became free changes nothing that was announced. */
    if (was_here && same_hash(&g->contents[i], &k->mark.content))
        return !k->rekeyed || gw_store_traveler_match(g->tx, k->mark.id, &k->mark.match, g->err);
    return write_traveler(g, i, k, was_here);
}

/* Whose reference is somebody else's now, and whom the message does not name: he stays as its kind of list has it,
 * without the reference, or the two could not be told apart by it. */
static bool strip_ousted(struct merge *g)
{
    bool warned = false;
    for (size_t i = 0; i < g->n_known; i++) {
        struct known *k = &g->known[i];
        const struct gw_manifest_traveler *facts;
        struct gw_traveler_row row = { .id = k->mark.id, .voyage = g->v.id, .ordinal = k->mark.ordinal, .kind = k->mark.kind,
            .status = k->mark.status, .match = k->mark.match };
        if (!k->ousted || k->seen || k->mark.status == GW_STATUS_REMOVED)
            continue;
        if (!facts_of(&facts, g, k))
            return false;
        struct gw_manifest_traveler t = *facts;
        t.reference = (struct gw_span){};
        row.has_booking = t.reservation.size > 0;
        if (!person_text(&row.person, g->own, &t, g->err) ||
            !gw_store_voyage_hash(&row.content, g->tx, g->v.id, row.person, g->err) ||
            (row.has_booking && !gw_store_voyage_hash(&row.booking, g->tx, g->v.id, t.reservation, g->err)) ||
            !gw_store_traveler_put(g->tx, &row, false, g->err))
            return false;
        k->mark.content = row.content;
        g->changed = true;
        g->out->changed++;
        if (!warned && !warn(g, SIZE_MAX, "reference", "a traveler of earlier messages is without his reference now: this one gives it to somebody else"))
            return false;
        warned = true;
    }
    return true;
}

/* ---- parts --------------------------------------------------------------------------------- */

static bool is_part(const struct merge *g)
{
    return g->message != NULL && g->message->has_part && !g->message->complete && is_list(g->m) && g->m->function == GW_MANIFEST_WHOLE;
}

/* Writes down which parts came and whom they named. *all: none is missing any more; g->lost: in
 * one of them somebody could not be read. */
static bool keep_parts(struct merge *g, bool *all)
{
    const struct gw_paxlst_message *p = g->message;
    struct gw_part_row *rows;
    size_t n;
    int kind = list_kind(g->m);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_span reference = p->common_access_reference.size > 0 ? p->common_access_reference : p->transaction_reference;
    gw_buf_add_text(&text, "transmission\n");
    gw_buf_add(&text, g->m->sender.data, g->m->sender.size);
    gw_buf_add_text(&text, "\n");
    gw_buf_add(&text, reference.data, reference.size);
    if (!gw_store_voyage_hash(&g->transmission, g->tx, g->v.id, gw_buf_span(&text), g->err))
        return false;
    for (size_t i = 0; i < p->n_parts; i++)
        if (!gw_store_part_put(g->tx, g->v.id, kind, &g->transmission,
                (struct gw_part_row){ p->parts[i].number, p->parts[i].mark, p->n_lost > 0 || g->doubled }, g->err))
            return false;
    for (size_t i = 0; i < g->m->n_travelers; i++)
        if (g->of[i] != NULL && !gw_store_traveler_named(g->tx, g->of[i]->mark.id, &g->transmission, g->err))
            return false;
    if (!gw_store_parts(&rows, &n, g->own, g->tx, g->v.id, kind, &g->transmission, g->err))
        return false;
    struct gw_paxlst_part *parts = gw_arena_array(g->own, n, struct gw_paxlst_part, g->err);
    if (parts == NULL)
        return false;
    g->lost = false;
    for (size_t i = 0; i < n; i++) {
        parts[i] = (struct gw_paxlst_part){ rows[i].number, rows[i].mark };
        g->lost = g->lost || rows[i].lost;
    }
    *all = gw_paxlst_whole(parts, n);
    if (!*all)
        return warn(g, SIZE_MAX, "part", "parts of this list are missing still; whoever is not in it stays until they came");
    struct gw_id *named;
    if (!gw_store_named(&named, &n, g->own, g->tx, g->v.id, &g->transmission, g->err))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct known *k = known_by_id(g, named[i]);
        if (k != NULL)
            k->seen = true;
    }
    /* The damaged part may be sent again, alone. */
    return g->lost || (gw_store_unname(g->tx, g->v.id, &g->transmission, g->err) && gw_store_parts_drop(g->tx, g->v.id, kind, g->err));
}

/* A whole list takes away whom it does not name. */
static bool take_away(struct merge *g)
{
    int kind = list_kind(g->m);
    bool warned = false;
    for (size_t i = 0; i < g->n_known; i++) {
        struct known *k = &g->known[i];
        if (k->seen || k->mark.kind != kind || k->mark.status == GW_STATUS_REMOVED)
            continue;
        if (!g->lost) {
            if (!remove_traveler(g, k))
                return false;
        } else if (!warned) {
            warned = true;
            if (!warn(g, SIZE_MAX, "kept",
                    "travelers of earlier messages that are not in this one were kept, because part of it could not be read"))
                return false;
        }
    }
    return true;
}

/* When the list came, and whether that was in time; what changes a list has a deadline of its own. */
static bool keep_time(struct merge *g)
{
    struct gw_announced_row announced[GW_LIST_KINDS];
    int kind = list_kind(g->m);
    bool first = false;
    struct gw_due due;
    if (!gw_store_announced(announced, g->tx, g->v.id, g->err))
        return false;
    if (is_list(g->m)) {
        first = !announced[kind].has_whole;
        if (!gw_store_announced_put(g->tx, g->v.id, kind, g->now_us, g->out->whole && g->m->function != GW_MANIFEST_REMOVE, g->err))
            return false;
    }
    gw_due_find(&due, g->s, &g->v, kind, !first);
    g->out->late = gw_due_passed(&due, g->now_us);
    if (!first || !g->out->late || g->v.late)
        return true;
    g->v.late = g->changed = true;
    return gw_deadline_missed(g->tx, g->s, &g->v, kind, "late", g->err);
}

/* ---- the answer --------------------------------------------------------------------------- */

static int compare_covered(const void *key, const void *row)
{
    return gw_id_compare(*(const struct gw_id *)key, ((const struct gw_covered *)row)->traveler);
}

static int compare_boarding(const void *a, const void *b)
{
    return gw_id_compare(((const struct gw_boarding_row *)a)->traveler, ((const struct gw_boarding_row *)b)->traveler);
}

/* What the vetting authority said of him (said: by traveler); of whom it said nothing, manifest.unvetted.
 * Data that are missing come first: they are to be sent again. */
static enum gw_clearance clearance_of(const struct merge *g, size_t i, const struct gw_boarding_row *said, size_t n)
{
    static const enum gw_clearance means[GW_BOARDING_COUNT] = { [GW_BOARDING_CLEARED] = GW_CLEARANCE_CLEARED,
        [GW_BOARDING_INHIBITED] = GW_CLEARANCE_INHIBITED, [GW_BOARDING_SELECTEE] = GW_CLEARANCE_SELECTEE };
    enum gw_clearance c = gw_clearance_of_data(g->m->kind, &g->m->travelers[i]), unvetted;
    const struct gw_boarding_row key = { .traveler = g->of[i]->mark.id },
                                 *row = n == 0 ? NULL : bsearch(&key, said, n, sizeof *said, compare_boarding);
    if (row != NULL && row->status >= 0 && row->status < GW_BOARDING_COUNT)
        return c == GW_CLEARANCE_INSUFFICIENT && row->status == GW_BOARDING_CLEARED ? c : means[row->status];
    if (c == GW_CLEARANCE_NOT_YET && gw_clearance_find(&unvetted, gw_span_str(g->s->conf->manifest_unvetted)))
        c = unvetted;
    return c;
}

static bool statuses(struct merge *g)
{
    struct gw_covered *covered;
    struct gw_boarding_row *said;
    size_t n, n_said;
    const struct gw_manifest *m = g->m;
    g->out->statuses = gw_arena_array(g->a, m->n_travelers, struct gw_manifest_status, g->err);
    if (g->out->statuses == NULL ||
        !gw_store_covered(&covered, &n, g->own, g->tx, g->v.id, gw_service_model(g->s), g->err) ||
        !gw_store_boardings(&said, &n_said, g->own, g->tx, g->v.id, g->err))
        return false;
    for (size_t i = 0; i < m->n_travelers; i++) {
        if (g->of[i] == NULL)
            continue;
        const struct gw_traveler_mark *mark = &g->of[i]->mark;
        struct gw_manifest_status *o = &g->out->statuses[g->out->n_statuses++];
        const struct gw_covered *c = n == 0 ? NULL : bsearch(&mark->id, covered, n, sizeof *covered, compare_covered);
        *o = (struct gw_manifest_status){ .traveler = i, .status = (enum gw_traveler_status)mark->status,
            .clearance = clearance_of(g, i, said, n_said), .portraits = c == NULL ? 0 : c->portraits };
        if (m->travelers[i].reference.size > 0 &&
            (o->reference = gw_arena_text(g->a, m->travelers[i].reference, g->err)) == NULL)
            return false;
    }
    return true;
}

/* The message's own problems and those of the merge, in one list. */
static bool join_problems(struct merge *g)
{
    const struct gw_manifest *m = g->m;
    g->out->problems = m->problems;
    g->out->n_problems = m->n_problems;
    if (g->n_problems == 0)
        return true;
    struct gw_manifest_problem *all =
        gw_arena_array(g->a, m->n_problems + g->n_problems, struct gw_manifest_problem, g->err);
    if (all == NULL)
        return false;
    if (m->n_problems > 0)
        memcpy(all, m->problems, m->n_problems * sizeof *all);
    memcpy(all + m->n_problems, g->problems, g->n_problems * sizeof *all);
    g->out->problems = all;
    g->out->n_problems = m->n_problems + g->n_problems;
    return true;
}

static bool log_manifest(const struct merge *g)
{
    return gw_audit_add(g->tx, g->s, g->who, GW_AUDIT_MANIFEST,
        &(struct gw_audit_facts){
            .voyage = &g->v.id,
            .travelers = &(uint64_t){ g->out->n_travelers },
            .added = &(uint64_t){ g->out->added },
            .changed = &(uint64_t){ g->out->changed },
            .removed = &(uint64_t){ g->out->removed },
        },
        g->err);
}

static bool merge_list(struct merge *g)
{
    const struct gw_manifest *m = g->m;
    bool all = true;
    if (!merge_voyage(g) || !gw_law_along(&g->way, g->own, g->s, &g->v, g->err) || !load_known(g) || !match_travelers(g) ||
        !settle_keys(g))
        return false;
    g->lost = m->n_left_out > 0 || g->doubled;
    for (size_t i = 0; i < m->n_travelers; i++)
        if (!merge_traveler(g, i))
            return false;
    if (is_part(g) && !keep_parts(g, &all))
        return false;
    if (is_list(m) && m->function == GW_MANIFEST_WHOLE && all && !take_away(g))
        return false;
    if (!strip_ousted(g))
        return false;
    g->out->whole = all && !g->lost;
    size_t counts[GW_STATUS_COUNT];
    bool changed = g->changed;
    if (!keep_time(g) || (g->changed && !gw_store_voyage_put(g->tx, &g->v, false, g->err)) || !statuses(g) || !join_problems(g) ||
        !gw_store_voyage_counts(counts, GW_STATUS_COUNT, g->tx, g->v.id, g->err))
        return false;
    for (size_t i = 0; i < GW_STATUS_REMOVED; i++)
        g->out->n_travelers += counts[i];
    return !changed || (log_manifest(g) && gw_voyage_tell(g->tx, g->s, g->v.id, g->out->created ? "announced" : "changed", g->err));
}

/* ---- the end, as the carrier says it -------------------------------------------------------- */

/* A close-out, or a cancellation: closed with nobody on board. */
static bool merge_end(struct merge *g)
{
    const struct gw_manifest *m = g->m;
    struct gw_voyage_row v = name_of_voyage(g);
    struct gw_close close;
    bool found;
    struct gw_close_ask ask = { .list = m->cancelled ? GW_CLOSE_ON_BOARD : m->close_list, .listed = m->travelers,
        .n_listed = m->cancelled ? 0 : m->n_travelers };
    if (!gw_store_voyage_find(&v, &found, g->own, g->tx, g->err))
        return false;
    if (!found)
        return gw_fail(g->err, GW_ERR_NOT_FOUND, "no such voyage was announced: there is nothing to %s", m->cancelled ? "cancel" : "close");
    if (m->cancelled && v.state == GW_VOYAGE_CLOSED && !v.cancelled)
        return gw_fail(g->err, GW_ERR_CONFLICT, "the voyage is closed");
    if ((m->cancelled && !gw_store_voyage_cancel(g->tx, v.id, g->err)) || !gw_close_in(&close, g->a, g->tx, g->s, g->who, &v, &ask, g->err))
        return false;
    g->v = v;
    g->drop = !close.already;
    g->out->voyage = v.id;
    g->out->whole = true;
    g->out->cancelled = m->cancelled;
    g->out->closed = !m->cancelled;
    g->out->n_travelers = close.boarded + close.not_boarded;
    g->out->statuses = gw_arena_array(g->a, close.n_boarded_references + close.n_not_boarded_references, struct gw_manifest_status, g->err);
    if (g->out->statuses == NULL)
        return false;
    for (size_t i = 0; i < close.n_boarded_references; i++)
        g->out->statuses[g->out->n_statuses++] =
            (struct gw_manifest_status){ .traveler = SIZE_MAX, .reference = close.boarded_references[i], .status = GW_STATUS_BOARDED };
    for (size_t i = 0; i < close.n_not_boarded_references; i++)
        g->out->statuses[g->out->n_statuses++] =
            (struct gw_manifest_status){ .traveler = SIZE_MAX, .reference = close.not_boarded_references[i], .status = GW_STATUS_NOT_BOARDED };
    for (size_t i = 0; i < close.n_strangers; i++)
        if (!warn(g, SIZE_MAX, "unexpected", "somebody on board was never announced for this voyage"))
            return false;
    for (size_t i = 0; i < close.n_unknown; i++)
        if (!warn(g, close.unknown[i], "unknown", "somebody said not to be on board was never announced for this voyage"))
            return false;
    return join_problems(g);
}

/* ---- the verb ------------------------------------------------------------------------------- */

struct merging {
    struct gw_manifest_receipts *out;
    struct merge *of;
    size_t n;
    struct gw_once *once;
};

static bool merge_all(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct merging *all = arg;
    for (size_t i = 0; i < all->n; i++) {
        struct merge *g = &all->of[i];
        g->tx = tx;
        g->err = err;
        bool is_end = g->m->kind == GW_MANIFEST_CLOSE_OUT || g->m->cancelled;
        if (!(is_end ? merge_end(g) : merge_list(g)))
            return false;
    }
    const struct gw_voyage_row *first = &all->of[0].v;
    return gw_once_keep(tx, all->of[0].s, all->once, first->has_purged ? NULL : &first->id, all->out, err);
}

static bool check_manifest(const struct gw_caller *who, const struct gw_announcement *announced, struct gw_err *err)
{
    const struct gw_manifest *m = announced->manifest;
    const __typeof__(m->voyage) *v = &m->voyage;
    char carrier[GW_SCOPE_TEXT];
    /* Kept, its people would stay without a voyage to be expected on, and without a day to be forgotten on. */
    if (announced->message != NULL && gw_span_is(announced->message->code, "336"))
        return gw_fail(err, GW_ERR_INVALID,
            "a master crew list (BGM 336) is of no voyage, and nobody is kept here without one: announce the crew of each voyage "
            "with its crew list (BGM 250)");
    if (m->unclear)
        return gw_fail(err, GW_ERR_INVALID, "what the message is to do cannot be told: nothing was changed");
    if (!v->has_mode || v->carrier.size == 0 || v->number.size == 0 || v->from.size == 0 || v->to.size == 0 ||
        !v->departure.has)
        return gw_fail(err, GW_ERR_INVALID,
            "the voyage cannot be told: mode, carrier, number, from, to and departure are needed");
    if (who->carrier[0] != 0 &&
        (!gw_code(carrier, 1, sizeof carrier - 1, v->carrier) || strcmp(carrier, who->carrier) != 0))
        return gw_fail(err, GW_ERR_FORBIDDEN, "this token is another carrier's");
    return true;
}

/* What need not be done while the writer waits for us. */
static bool prepare(struct merge *g, struct gw_err *err)
{
    const struct gw_manifest *m = g->m;
    g->persons = gw_arena_array(g->own, m->n_travelers, struct gw_span, err);
    if (g->persons == NULL)
        return false;
    for (size_t i = 0; i < m->n_travelers; i++)
        if (!person_text(&g->persons[i], g->own, &m->travelers[i], err))
            return false;
    return true;
}

/* After the commit. */
static void follow(struct merge *g)
{
    const struct gw_manifest_receipt *out = g->out;
    struct gw_service *s = g->s;
    if (g->drop) {
        gw_galleries_drop(s->galleries, out->voyage);
        gw_count_add(&s->counters.closes, 1);
    } else if (g->n_moved > 0 || out->created) {
        gw_galleries_touch(s->galleries, out->voyage, g->moved, g->n_moved);
    }
    gw_readiness_touch(s, out->voyage);
    gw_deadlines_wake(s, &g->v, out->created);
    gw_count_add(&s->counters.manifests, 1);
    gw_log(GW_LOG_INFO, "manifest", GW_LOG_ID("voyage", out->voyage), GW_LOG_INT("added", out->added),
        GW_LOG_INT("changed", out->changed), GW_LOG_INT("removed", out->removed), GW_LOG_INT("problems", out->n_problems));
}

static bool take_manifests(struct gw_manifest_receipts *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_announcement *announced, size_t n, struct gw_once *once, struct gw_err *err)
{
    GW_AUTO(gw_arena) *own = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct merging all = { .out = out, .n = n, .once = once };
    out->of = gw_arena_array(a, n, struct gw_manifest_receipt, err);
    all.of = gw_arena_array(own, n, struct merge, err);
    if (out->of == NULL || all.of == NULL)
        return false;
    out->n = n;
    for (size_t i = 0; i < n; i++) {
        all.of[i] = (struct merge){ .out = &out->of[i], .a = a, .own = own, .s = s, .who = who, .m = announced[i].manifest,
            .message = announced[i].message, .now_us = gw_clock_now(&s->clock) };
        if (!check_manifest(who, &announced[i], err) || !prepare(&all.of[i], err))
            return false;
    }
    bool fine = gw_store_write(s->store, merge_all, &all, err);
    for (size_t i = 0; i < n; i++) {
        gw_law_way_done(&all.of[i].way);
        if (fine)
            follow(&all.of[i]);
    }
    return fine;
}

bool gw_service_manifests(struct gw_manifest_receipts *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_announcement *announced, size_t n, struct gw_once *once, struct gw_err *err)
{
    bool replayed;
    assert(n > 0);
    *out = (struct gw_manifest_receipts){};
    if (!gw_allow(who, GW_ROLE_BIT(CARRIER) | GW_ROLE_BIT(ADMIN), err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || take_manifests(out, a, s, who, announced, n, once, err);
    gw_once_leave(s, once, fine);
    return fine;
}

bool gw_service_manifest(struct gw_manifest_receipt *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_manifest *m, struct gw_once *once, struct gw_err *err)
{
    struct gw_manifest_receipts all;
    *out = (struct gw_manifest_receipt){};
    if (!gw_service_manifests(&all, a, s, who, &(struct gw_announcement){ .manifest = m }, 1, once, err))
        return false;
    if (all.n > 0) /* not where it was asked before */
        *out = all.of[0];
    return true;
}
