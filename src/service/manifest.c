/* manifest.c - what a carrier announces becomes the voyage and who is expected on it.
 *
 * 1. One transaction: a manifest is merged whole or not at all.
 * 2. Rows whose announced content is the same are not touched: sent twice, it changes
 *    nothing.
 * 3. Only a whole list that could be read whole takes travelers away, and only those of
 *    its own kind: a crew list says nothing about passengers. One in parts does so with
 *    the part that makes it whole; the parts may come in any order and request.
 * 4. Nobody becomes somebody else: who is matched by a document only must not contradict
 *    in name or birth, because families share one. */
#include "service/internal.h"

#include "base/log.h"
#include "document/name.h"

#include <stdlib.h>

/* The travelers of the voyage by their match, open addressing. */
struct known {
    struct gw_traveler_mark mark;
    bool used;
    bool seen;  /* named by this message */
    bool is_new;
    bool moved; /* known by another match from now on: another slot has him */
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
    struct known *known;
    size_t n_slots;
    int64_t next_ordinal;
    struct gw_span *persons; /* of the message's travelers, in order: what is sealed; made before the writer is asked */
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
    bool doubled;        /* the same of a part by its own travelers: two of them cannot be told apart */
    struct gw_hash transmission; /* of a list in parts */
    struct gw_err *err;
};

static struct known *slot(struct merge *g, const struct gw_hash *match)
{
    size_t i = 0;
    memcpy(&i, match->bytes, sizeof i);
    for (i %= g->n_slots; g->known[i].used; i = (i + 1) % g->n_slots)
        if (memcmp(g->known[i].mark.match.bytes, match->bytes, sizeof match->bytes) == 0)
            break;
    return &g->known[i];
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
    g->n_slots = 2 * (n + g->m->n_travelers) + 8;
    g->known = gw_arena_array(g->own, g->n_slots, struct known, g->err);
    g->by_id = gw_arena_array(g->own, n, struct known *, g->err);
    g->of = gw_arena_array(g->own, g->m->n_travelers, struct known *, g->err);
    /* Each of them moves at most once. */
    g->moved = gw_arena_array(g->own, n + g->m->n_travelers, struct gw_id, g->err);
    if (g->known == NULL || g->by_id == NULL || g->of == NULL || g->moved == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        struct known *k = slot(g, &marks[i].match);
        *k = (struct known){ .mark = marks[i], .used = true };
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

/* Who it is on the next message, too: the carrier's reference for the person, else the
 * first document, else name and birth. */
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
    k->mark.status = GW_STATUS_REMOVED;
    return gw_store_traveler_status(g->tx, k->mark.id, GW_STATUS_REMOVED, g->err) &&
           gw_store_templates_drop(g->tx, k->mark.id, g->err);
}

/* May the two be one person? Families share a passport. */
static bool agrees(bool *out, struct merge *g, const struct gw_manifest_traveler *t, struct gw_id other)
{
    struct gw_traveler_row row;
    struct gw_manifest_traveler o;
    bool found;
    *out = false;
    if (!gw_store_traveler_get(&row, &found, true, g->own, g->tx, other, g->err) ||
        (found && !gw_manifest_traveler_parse_json(&o, g->own, row.person, g->err)))
        return false;
    if (!found)
        return true;
    const struct gw_name a = { .surname = t->surname, .given = t->given_names }, b = { .surname = o.surname, .given = o.given_names };
    bool named = t->surname.size + t->given_names.size > 0 && o.surname.size + o.given_names.size > 0;
    *out = (!named || gw_name_compare(&a, &b).match != GW_NAME_DIFFERENT) &&
           (t->birth_date.year == 0 || o.birth_date.year == 0 || gw_date_compare(t->birth_date, o.birth_date) == 0);
    return true;
}

/* Somebody known who is not named by this message himself, and who travels with a document
 * of t's, or was announced by name only. */
static bool find_other(struct known **out, struct merge *g, const struct gw_manifest_traveler *t)
{
    struct gw_document_hash documents[GW_MANIFEST_DOCUMENTS_MAX];
    size_t n;
    struct gw_hash name;
    *out = NULL;
    if (!documents_of(documents, &n, g, t))
        return false;
    for (size_t i = 0; i < n && *out == NULL; i++) {
        struct gw_holder *holders;
        size_t n_holders;
        if (!gw_store_holders(&holders, &n_holders, g->own, g->tx, &documents[i], &g->v.id, g->err))
            return false;
        for (size_t k = 0; k < n_holders && *out == NULL; k++) {
            struct known *other = known_by_id(g, holders[k].traveler);
            bool fits = false;
            if (other == NULL || other->seen || other->moved)
                continue;
            if (!agrees(&fits, g, t, other->mark.id))
                return false;
            *out = fits ? other : NULL;
        }
    }
    if (*out != NULL || t->surname.size + t->given_names.size == 0)
        return true;
    if (!match_by_name(&name, g, t))
        return false;
    struct known *k = slot(g, &name);
    if (k->used && !k->seen && !k->moved && !k->is_new && k->mark.status != GW_STATUS_REMOVED)
        *out = k;
    return true;
}

/* First whom the message names by what it knows him by; what is left then may be known by
 * something else. */
static bool match_travelers(struct merge *g)
{
    const struct gw_manifest *m = g->m;
    struct gw_hash *matches = gw_arena_array(g->own, m->n_travelers, struct gw_hash, g->err);
    if (matches == NULL)
        return false;
    for (size_t i = 0; i < m->n_travelers; i++) {
        if (!match_of(&matches[i], g, &m->travelers[i]))
            return false;
        struct known *k = slot(g, &matches[i]);
        if (k->used && k->seen) {
            if (!warn(g, i, "duplicate", "another traveler of this message is the same by document or name; this one is left out"))
                return false;
            continue;
        }
        if (!k->used)
            *k = (struct known){ .used = true, .is_new = true, .mark.match = matches[i] };
        k->seen = true;
        g->of[i] = k;
    }
    for (size_t i = 0; i < m->n_travelers && g->n_by_id > 0; i++) {
        struct known *k = g->of[i], *other;
        if (k == NULL || !k->is_new)
            continue;
        if (!find_other(&other, g, &m->travelers[i]))
            return false;
        if (other == NULL)
            continue;
        *k = *other;
        k->seen = true;
        k->mark.match = matches[i];
        memset(&k->mark.content, 0, sizeof k->mark.content); /* written anew, because its match is another */
        other->moved = true;
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

static bool write_traveler(struct merge *g, size_t i, struct known *k, const struct gw_hash *content, bool was_here)
{
    struct gw_manifest_traveler merged = g->m->travelers[i];
    const struct gw_manifest_traveler *t = &merged;
    struct gw_span person = g->persons[i];
    if (was_here && !keep_facts(&merged, &person, g, k->mark.id))
        return false;
    struct gw_traveler_row row = {
        .id = k->is_new ? gw_id_new(g->now_us) : k->mark.id,
        .voyage = g->v.id,
        .ordinal = k->is_new ? g->next_ordinal++ : k->mark.ordinal,
        .kind = (int)t->kind,
        .status = was_here ? k->mark.status : GW_STATUS_EXPECTED,
        .match = k->mark.match,
        .content = *content,
        .has_reference = t->reference.size > 0,
        .has_booking = t->reservation.size > 0,
        .person = person,
    };
    struct gw_document_hash documents[GW_MANIFEST_DOCUMENTS_MAX];
    size_t n_documents;
    bool is_new = k->is_new;
    k->mark = (struct gw_traveler_mark){ row.id, row.ordinal, row.kind, row.status, row.match, *content };
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
    struct gw_hash content;
    if (k == NULL)
        return true;
    bool was_here = !k->is_new && k->mark.status != GW_STATUS_REMOVED;
    if (g->m->function == GW_MANIFEST_REMOVE) {
        if (was_here)
            return remove_traveler(g, k);
        g->of[i] = NULL;
        return remove_booking(g, i);
    }
    if (!gw_store_voyage_hash(&content, g->tx, g->v.id, g->persons[i], g->err))
        return false;
    return (was_here && memcmp(content.bytes, k->mark.content.bytes, sizeof content.bytes) == 0) ||
           write_traveler(g, i, k, &content, was_here);
}

/* ---- parts --------------------------------------------------------------------------------- */

static bool is_list(const struct gw_manifest *m)
{
    return m->kind == GW_MANIFEST_PASSENGER_LIST || m->kind == GW_MANIFEST_CREW_LIST;
}

static int list_kind(const struct gw_manifest *m)
{
    return m->kind == GW_MANIFEST_CREW_LIST ? GW_TRAVELER_CREW : GW_TRAVELER_PASSENGER;
}

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
    for (size_t i = 0; i < g->n_slots; i++) {
        struct known *k = &g->known[i];
        if (!k->used || k->seen || k->moved || k->mark.kind != kind || k->mark.status == GW_STATUS_REMOVED)
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
    g->lost = m->n_left_out > 0;
    if (!merge_voyage(g) || !gw_law_along(&g->way, g->own, g->s, &g->v, g->err) || !load_known(g) || !match_travelers(g))
        return false;
    for (size_t i = 0; i < m->n_travelers; i++)
        if (!merge_traveler(g, i))
            return false;
    if (is_part(g) && !keep_parts(g, &all))
        return false;
    if (is_list(m) && m->function == GW_MANIFEST_WHOLE && all && !take_away(g))
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
    for (size_t i = 0; i < close.n_unexpected; i++)
        if (!warn(g, SIZE_MAX, "unexpected", "somebody on board was never announced for this voyage"))
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
