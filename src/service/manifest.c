/* manifest.c - what a carrier announces becomes the voyage and who is expected on it.
 *
 * 1. One transaction: a manifest is merged whole or not at all.
 * 2. Rows whose announced content is the same are not touched: sent twice, it changes
 *    nothing.
 * 3. Only a whole list that could be read whole takes travelers away, and only those of
 *    its own kind: a crew list says nothing about passengers. */
#include "service/internal.h"

#include "base/log.h"

#include <stdlib.h>

#define DAY_US (INT64_C(24) * 3600 * GW_US_PER_S)

/* The travelers of the voyage by their match, open addressing. */
struct known {
    struct gw_traveler_mark mark;
    bool used, seen;
};

struct merge {
    struct gw_manifest_receipt *out;
    struct gw_arena *a; /* of the caller: what is in out */
    struct gw_arena *own;
    struct gw_service *s;
    const struct gw_caller *who;
    const struct gw_manifest *m;
    struct gw_once *once;
    int64_t now_us;

    struct gw_tx *tx;
    struct gw_voyage_row v;
    struct gw_law_way way;
    struct known *known;
    size_t n_slots;
    int64_t next_ordinal;
    struct gw_span *persons; /* of the message's travelers, in order: what is sealed; made before the writer is asked */
    struct gw_hash *matches;
    struct gw_id *ids;       /* none where left out */
    struct gw_manifest_problem *problems;
    size_t n_problems, cap_problems;
    bool changed;
    struct gw_id *moved; /* travelers of whom something changed that can be searched */
    size_t n_moved;
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

static bool merge_voyage(struct merge *g)
{
    const __typeof__(g->m->voyage) *v = &g->m->voyage;
    struct gw_voyage_row now = {
        .mode = (int)v->mode,
        .direction = (int)v->direction,
        .carrier = v->carrier,
        .number = v->number,
        .from = v->from,
        .to = v->to,
        .day = v->departure.us / DAY_US,
    }, old = now;
    bool found;
    if (!ports_of(g, &now.ports) || !gw_store_voyage_find(&old, &found, g->own, g->tx, g->err))
        return false;
    if (found && old.state != GW_VOYAGE_OPEN)
        return gw_fail(g->err, GW_ERR_CONFLICT, "the voyage is closed");
    now.id = found ? old.id : gw_id_new(g->now_us);
    now.departure_us = v->departure.us;
    now.departure_local = v->departure.local;
    now.has_arrival = v->arrival.has;
    now.arrival_us = v->arrival.us;
    now.arrival_local = v->arrival.local;
    now.first_manifest_us = found ? old.first_manifest_us : g->now_us;
    now.last_manifest_us = g->now_us;
    bool late = g->now_us > v->departure.us + (v->departure.local ? GW_ZONE_SLACK_US : 0);
    now.late = found ? old.late : late;
    if (found && now.direction == GW_DIRECTION_UNSTATED)
        now.direction = old.direction;
    g->out->late = late;
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

static bool load_known(struct merge *g)
{
    struct gw_traveler_mark *marks;
    size_t n;
    if (!gw_store_traveler_marks(&marks, &n, g->own, g->tx, g->v.id, g->err))
        return false;
    g->n_slots = 2 * (n + g->m->n_travelers) + 8;
    g->known = gw_arena_array(g->own, g->n_slots, struct known, g->err);
    /* Each of them moves at most once. */
    g->moved = gw_arena_array(g->own, n + g->m->n_travelers, struct gw_id, g->err);
    if (g->known == NULL || g->moved == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        *slot(g, &marks[i].match) = (struct known){ .mark = marks[i], .used = true };
        g->next_ordinal = GW_MAX(g->next_ordinal, marks[i].ordinal + 1);
    }
    return true;
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
        gw_buf_add_text(&text, "name\n");
        gw_buf_add(&text, t->surname.data, t->surname.size);
        gw_buf_add_text(&text, "\n");
        gw_buf_add(&text, t->given_names.data, t->given_names.size);
        gw_buf_addf(&text, "\n%d-%d-%d", t->birth_date.year, t->birth_date.month, t->birth_date.day);
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

static bool merge_traveler(struct merge *g, size_t i)
{
    const struct gw_manifest_traveler *t = &g->m->travelers[i];
    struct gw_hash match, content;
    if (!match_of(&match, g, t))
        return false;
    g->matches[i] = match;
    struct known *k = slot(g, &match);
    if (k->used && k->seen)
        return warn(g, i, "duplicate", "another traveler of this message is the same by document or name; this one is left out");
    if (g->m->function == GW_MANIFEST_REMOVE) {
        if (!k->used || k->mark.status == GW_STATUS_REMOVED)
            return warn(g, i, "unknown", "no such traveler was announced; there is nothing to remove");
        k->seen = true;
        g->ids[i] = k->mark.id;
        return remove_traveler(g, k);
    }

    if (!gw_store_voyage_hash(&content, g->tx, g->v.id, g->persons[i], g->err))
        return false;
    bool was_here = k->used && k->mark.status != GW_STATUS_REMOVED;
    k->seen = true;
    if (was_here && memcmp(content.bytes, k->mark.content.bytes, sizeof content.bytes) == 0) {
        g->ids[i] = k->mark.id;
        return true;
    }
    struct gw_traveler_row row = {
        .id = k->used ? k->mark.id : gw_id_new(g->now_us),
        .voyage = g->v.id,
        .ordinal = k->used ? k->mark.ordinal : g->next_ordinal++,
        .kind = (int)t->kind,
        .status = was_here ? k->mark.status : GW_STATUS_EXPECTED,
        .match = match,
        .content = content,
        .has_reference = t->reference.size > 0,
        .person = g->persons[i],
    };
    struct gw_document_hash documents[GW_MANIFEST_DOCUMENTS_MAX];
    size_t n_documents;
    bool is_new = !k->used;
    *k = (struct known){ .used = true, .seen = true,
        .mark = { row.id, row.ordinal, row.kind, row.status, match, content } };
    g->ids[i] = row.id;
    g->changed = true;
    g->moved[g->n_moved++] = row.id;
    if (was_here)
        g->out->changed++;
    else
        g->out->added++;
    if ((row.has_reference && !gw_store_voyage_hash(&row.reference, g->tx, g->v.id, t->reference, g->err)) ||
        !gw_store_traveler_put(g->tx, &row, is_new, g->err) || !documents_of(documents, &n_documents, g, t) ||
        !gw_store_documents_put(g->tx, row.id, g->v.id, documents, n_documents, g->err))
        return false;
    /* Other documents, other portraits. Who declined, or may not be photographed, has none here. */
    const bool may = row.status != GW_STATUS_DECLINED && gw_law_anywhere(&g->way, t);
    return (is_new || gw_store_templates_drop(g->tx, row.id, g->err)) &&
           (!may || gw_portraits_attach(g->tx, g->s, row.id, g->v.id, documents, n_documents, g->err));
}

/* A whole list takes away whom it does not name. */
static bool take_away(struct merge *g)
{
    const struct gw_manifest *m = g->m;
    if (m->function != GW_MANIFEST_WHOLE || (m->kind != GW_MANIFEST_PASSENGER_LIST && m->kind != GW_MANIFEST_CREW_LIST))
        return true;
    int kind = m->kind == GW_MANIFEST_CREW_LIST ? GW_TRAVELER_CREW : GW_TRAVELER_PASSENGER;
    bool warned = false;
    for (size_t i = 0; i < g->n_slots; i++) {
        struct known *k = &g->known[i];
        if (!k->used || k->seen || k->mark.kind != kind || k->mark.status == GW_STATUS_REMOVED)
            continue;
        if (m->n_left_out == 0) {
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

/* ---- the answer --------------------------------------------------------------------------- */

static int compare_covered(const void *key, const void *row)
{
    return gw_id_compare(*(const struct gw_id *)key, ((const struct gw_covered *)row)->traveler);
}

static bool statuses(struct merge *g)
{
    struct gw_covered *covered;
    size_t n;
    const struct gw_manifest *m = g->m;
    g->out->statuses = gw_arena_array(g->a, m->n_travelers, struct gw_manifest_status, g->err);
    if (g->out->statuses == NULL ||
        !gw_store_covered(&covered, &n, g->own, g->tx, g->v.id, gw_service_model(g->s), g->err))
        return false;
    for (size_t i = 0; i < m->n_travelers; i++) {
        if (gw_id_is_none(g->ids[i]))
            continue;
        struct gw_manifest_status *o = &g->out->statuses[g->out->n_statuses++];
        const struct gw_covered *c = n == 0 ? NULL : bsearch(&g->ids[i], covered, n, sizeof *covered, compare_covered);
        o->status = (enum gw_traveler_status)slot(g, &g->matches[i])->mark.status;
        o->portraits = c == NULL ? 0 : c->portraits;
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

static bool merge(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct merge *g = arg;
    g->tx = tx;
    g->err = err;
    g->ids = gw_arena_array(g->own, g->m->n_travelers, struct gw_id, err);
    g->matches = gw_arena_array(g->own, g->m->n_travelers, struct gw_hash, err);
    if (g->ids == NULL || g->matches == NULL || !merge_voyage(g) || !gw_law_along(&g->way, g->own, g->s, &g->v, err) ||
        !load_known(g))
        return false;
    for (size_t i = 0; i < g->m->n_travelers; i++)
        if (!merge_traveler(g, i))
            return false;
    size_t counts[GW_STATUS_COUNT];
    if (!take_away(g) || (g->changed && !gw_store_voyage_put(tx, &g->v, false, err)) || !statuses(g) ||
        !join_problems(g) || !gw_store_voyage_counts(counts, GW_STATUS_COUNT, tx, g->v.id, err))
        return false;
    for (size_t i = 0; i < GW_STATUS_REMOVED; i++)
        g->out->n_travelers += counts[i];
    return (!g->changed || log_manifest(g)) && gw_once_keep(tx, g->s, g->once, &g->v.id, g->out, err);
}

/* ---- a close-out -------------------------------------------------------------------------- */

struct closing {
    struct merge *g;
    struct gw_close close;
    struct gw_close_ask ask;
};

static bool close_out(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct closing *c = arg;
    struct merge *g = c->g;
    struct gw_voyage_row v = {
        .mode = (int)g->m->voyage.mode,
        .carrier = g->m->voyage.carrier,
        .number = g->m->voyage.number,
        .from = g->m->voyage.from,
        .to = g->m->voyage.to,
        .day = g->m->voyage.departure.us / DAY_US,
    };
    bool found;
    if (!gw_store_voyage_find(&v, &found, g->own, tx, err))
        return false;
    if (!found)
        return gw_fail(err, GW_ERR_NOT_FOUND, "no such voyage was announced: there is nothing to close");
    if (!gw_close_in(&c->close, g->own, tx, g->s, g->who, &v, &c->ask, err))
        return false;
    g->out->voyage = v.id;
    g->out->n_travelers = c->close.boarded + c->close.not_boarded;
    g->out->statuses = gw_arena_array(g->a, c->close.n_boarded_references, struct gw_manifest_status, err);
    if (g->out->statuses == NULL)
        return false;
    for (size_t i = 0; i < c->close.n_boarded_references; i++) {
        const char *reference = gw_arena_text(g->a, gw_span_str(c->close.boarded_references[i]), err);
        if (reference == NULL)
            return false;
        g->out->statuses[g->out->n_statuses++] = (struct gw_manifest_status){ reference, GW_STATUS_BOARDED, 0 };
    }
    for (size_t i = 0; i < c->close.n_unexpected; i++)
        if (!warn(g, SIZE_MAX, "unexpected", "somebody on board was never announced for this voyage"))
            return false;
    return join_problems(g) && gw_once_keep(tx, g->s, g->once, &v.id, g->out, err);
}

static bool run_close_out(struct merge *g, struct gw_err *err)
{
    struct closing c = { .g = g, .ask = { .has_boarded = true } };
    struct gw_span *boarded = gw_arena_array(g->own, g->m->n_travelers, struct gw_span, err);
    if (boarded == NULL)
        return false;
    g->err = err;
    for (size_t i = 0; i < g->m->n_travelers; i++)
        if (g->m->travelers[i].reference.size > 0)
            boarded[c.ask.n_boarded++] = g->m->travelers[i].reference;
        else if (!warn(g, i, "missing", "a close-out names who is on board by reference; this one has none"))
            return false;
    c.ask.boarded = boarded;
    if (!gw_store_write(g->s->store, close_out, &c, err))
        return false;
    gw_galleries_drop(g->s->galleries, g->out->voyage);
    gw_count_add(&g->s->counters.closes, 1);
    return true;
}

/* ---- the verb ------------------------------------------------------------------------------- */

static bool check_manifest(const struct gw_caller *who, const struct gw_manifest *m, struct gw_err *err)
{
    const __typeof__(m->voyage) *v = &m->voyage;
    char carrier[GW_SCOPE_TEXT];
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
    GW_AUTO_VALUE(gw_buf) text = {};
    g->persons = gw_arena_array(g->own, m->n_travelers, struct gw_span, err);
    if (g->persons == NULL)
        return false;
    for (size_t i = 0; i < m->n_travelers; i++) {
        GW_AUTO(gw_json) *j = gw_manifest_traveler_to_json(&m->travelers[i]);
        gw_buf_clear(&text);
        gw_json_format(&text, j, false);
        char *copy = gw_arena_text(g->own, gw_buf_span(&text), err);
        if (copy == NULL)
            return false;
        g->persons[i] = gw_span_of(copy, text.size);
    }
    return true;
}

static bool take_manifest(struct gw_manifest_receipt *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_manifest *m, struct gw_once *once, struct gw_err *err)
{
    GW_AUTO(gw_arena) *own = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct merge g = { .out = out, .a = a, .own = own, .s = s, .who = who, .m = m, .once = once,
        .now_us = gw_clock_now(&s->clock) };
    if (!check_manifest(who, m, err))
        return false;
    if (m->kind == GW_MANIFEST_CLOSE_OUT) {
        if (!run_close_out(&g, err))
            return false;
    } else {
        bool fine = prepare(&g, err) && gw_store_write(s->store, merge, &g, err);
        gw_law_way_done(&g.way);
        if (!fine)
            return false;
        if (g.n_moved > 0 || out->created)
            gw_galleries_touch(s->galleries, out->voyage, g.moved, g.n_moved);
    }
    gw_count_add(&s->counters.manifests, 1);
    gw_log(GW_LOG_INFO, "manifest", GW_LOG_ID("voyage", out->voyage), GW_LOG_INT("added", out->added),
        GW_LOG_INT("changed", out->changed), GW_LOG_INT("removed", out->removed), GW_LOG_INT("problems", out->n_problems));
    return true;
}

bool gw_service_manifest(struct gw_manifest_receipt *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_manifest *m, struct gw_once *once, struct gw_err *err)
{
    bool replayed;
    *out = (struct gw_manifest_receipt){};
    if (!gw_allow(who, GW_ROLE_BIT(CARRIER) | GW_ROLE_BIT(ADMIN), err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || take_manifest(out, a, s, who, m, once, err);
    gw_once_leave(s, once, fine);
    return fine;
}
