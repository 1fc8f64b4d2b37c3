/* close.c - the voyage is over: who boarded, who did not, and the clocks of retention.
 *
 * 1. What the gate saw of a traveler is kept when the voyage is closed (gate); what the
 *    carrier's close-out says comes with it or later (said) and decides who was on board.
 *    Where the two differ is told as often as it is asked, until the purge.
 * 2. The clock of retention starts once, with the first close. */
#include "service/internal.h"

#include "base/log.h"
#include "document/name.h"

#include <stdlib.h>

static const char *const difference_names[GW_CLOSE_DIFFERENCES] = { "cleared_not_on_board", "inspected_not_on_board", "unseen_on_board",
    "denied_on_board", "unexpected", "removed_after_clear" };

const char *gw_close_difference_name(enum gw_close_difference_kind kind)
{
    assert((size_t)kind < GW_CLOSE_DIFFERENCES);
    return difference_names[kind];
}

/* A traveler of the voyage, as announced, and how he ended. */
struct ended {
    struct gw_traveler_row row;
    struct gw_manifest_traveler t;
    struct gw_traveler_end end;
    bool listed;
    bool inhibited; /* by the vetting authority */
};

struct closing {
    struct gw_close *out;
    struct gw_arena *a;   /* of what is in out */
    struct gw_arena *own;
    struct gw_tx *tx;
    struct gw_service *s;
    const struct gw_caller *who; /* NULL: the service by itself */
    struct gw_voyage_row *v;
    const struct gw_close_ask *ask;
    struct ended *all;
    size_t n;
    const struct gw_manifest_traveler **strangers; /* listed, and of no manifest */
    size_t n_strangers;
    size_t cap_boarded, cap_not, cap_differences, cap_unexpected, cap_strangers;
    struct gw_err *err;
};

static int compare_ends(const void *key, const void *row)
{
    return gw_id_compare(*(const struct gw_id *)key, ((const struct gw_traveler_end *)row)->id);
}

static bool load(struct closing *c)
{
    struct gw_traveler_row *rows;
    struct gw_traveler_end *ends;
    size_t n_ends;
    if (!gw_store_travelers(&rows, &c->n, c->own, c->tx, c->v->id, gw_service_model(c->s), -1, GW_MANIFEST_TRAVELERS_MAX, false, c->err) ||
        !gw_store_traveler_ends(&ends, &n_ends, c->own, c->tx, c->v->id, c->err))
        return false;
    c->all = gw_arena_array(c->own, c->n, struct ended, c->err);
    for (size_t i = 0; c->all != NULL && i < c->n; i++) {
        const struct gw_traveler_end *end = n_ends == 0 ? NULL : bsearch(&rows[i].id, ends, n_ends, sizeof *ends, compare_ends);
        c->all[i].row = rows[i];
        struct gw_boarding_row boarding;
        bool found = false;
        if (end != NULL)
            c->all[i].end = *end;
        if (c->ask->list == GW_CLOSE_ALL && !gw_store_boarding_find(&boarding, &found, c->tx, rows[i].id, c->err))
            return false;
        c->all[i].inhibited = found && boarding.status == GW_BOARDING_INHIBITED;
        if (!gw_manifest_traveler_parse_json(&c->all[i].t, c->own, rows[i].person, c->err))
            return gw_fail_prefix(c->err, "a traveler's record");
    }
    return c->all != NULL;
}

/* ---- whom the carrier means ----------------------------------------------------------- */

static bool same_name(const struct gw_manifest_traveler *x, const struct gw_manifest_traveler *y)
{
    const struct gw_name a = { .surname = x->surname, .given = x->given_names }, b = { .surname = y->surname, .given = y->given_names };
    return gw_name_compare(&a, &b).match == GW_NAME_SAME;
}

static bool same_document(const struct gw_manifest_traveler *x, const struct gw_manifest_traveler *y)
{
    for (size_t i = 0; i < x->n_documents; i++)
        for (size_t k = 0; k < y->n_documents; k++) {
            const struct gw_manifest_document *a = &x->documents[i], *b = &y->documents[k];
            if (gw_span_equal(a->number, b->number) &&
                (a->issuing_state.size == 0 || b->issuing_state.size == 0 || gw_span_equal(a->issuing_state, b->issuing_state)))
                return true;
        }
    return false;
}

/* The ways to mean somebody, the surest first. */
static bool means(const struct gw_manifest_traveler *listed, const struct gw_manifest_traveler *t, int way)
{
    switch (way) {
    case 0:
        return listed->reference.size > 0 && gw_span_equal(listed->reference, t->reference);
    case 1:
        return same_document(listed, t);
    case 2:
        return listed->reservation.size > 0 && gw_span_equal(listed->reservation, t->reservation) && same_name(listed, t);
    default:
        return listed->birth_date.year != 0 && gw_date_compare(listed->birth_date, t->birth_date) == 0 && same_name(listed, t);
    }
}

static int compare_references(const void *a, const void *b)
{
    const struct ended *x = *(const struct ended *const *)a, *y = *(const struct ended *const *)b;
    size_t n = GW_MIN(x->t.reference.size, y->t.reference.size);
    int order = n == 0 ? 0 : memcmp(x->t.reference.data, y->t.reference.data, n);
    return order != 0 ? order : (x->t.reference.size > y->t.reference.size) - (x->t.reference.size < y->t.reference.size);
}

/* Marks whom the list means; who is none of them goes to strangers. References first, by
 * search: what has none, or one nobody has, is compared with everybody not meant yet. */
static bool mark_listed(struct closing *c)
{
    const struct gw_close_ask *ask = c->ask;
    struct ended **by_reference = gw_arena_array(c->own, c->n, struct ended *, c->err);
    bool *met = gw_arena_array(c->own, ask->n_listed, bool, c->err);
    c->strangers = gw_arena_array(c->own, ask->n_listed, const struct gw_manifest_traveler *, c->err);
    if (by_reference == NULL || met == NULL || c->strangers == NULL)
        return false;
    for (size_t i = 0; i < c->n; i++)
        by_reference[i] = &c->all[i];
    if (c->n > 0)
        qsort(by_reference, c->n, sizeof(struct ended *), compare_references);
    for (size_t i = 0; i < ask->n_listed && c->n > 0; i++) {
        struct ended wanted = { .t = ask->listed[i] }, *key = &wanted;
        struct ended **found = wanted.t.reference.size == 0 ? NULL
            : bsearch(&key, by_reference, c->n, sizeof(struct ended *), compare_references);
        if (found != NULL)
            met[i] = (*found)->listed = true;
    }
    for (int way = 1; way < 4; way++)
        for (size_t i = 0; i < ask->n_listed; i++)
            for (size_t k = 0; !met[i] && k < c->n; k++)
                if (!c->all[k].listed && means(&ask->listed[i], &c->all[k].t, way))
                    met[i] = c->all[k].listed = true;
    for (size_t i = 0; i < ask->n_listed; i++)
        if (!met[i])
            c->strangers[c->n_strangers++] = &ask->listed[i];
    return true;
}

/* Who is said not to be on board and is nobody here may be somebody else mistyped, who then would be on board. */
static bool check_unknown(struct closing *c)
{
    struct gw_close *o = c->out;
    if (c->ask->list != GW_CLOSE_NOT_ON_BOARD || c->n_strangers == 0)
        return true;
    o->unknown = gw_arena_array(c->a, c->n_strangers, size_t, c->err);
    if (o->unknown == NULL)
        return false;
    for (size_t i = 0; i < c->n_strangers; i++) {
        const struct gw_span reference = c->strangers[i]->reference;
        struct gw_hash hash;
        bool removed = false; /* whom the carrier took off its manifest is not on board, as it says */
        if (reference.size > 0 && (!gw_store_voyage_hash(&hash, c->tx, c->v->id, reference, c->err) ||
                                      !gw_store_traveler_removed(&removed, c->tx, c->v->id, &hash, c->err)))
            return false;
        if (!removed)
            o->unknown[o->n_unknown++] = (size_t)(c->strangers[i] - c->ask->listed);
    }
    return !c->ask->exact || o->already || o->n_unknown == 0 ||
        gw_fail(c->err, GW_ERR_INVALID, "of those said not to be on board %zu are not expected on this voyage: it stays open", o->n_unknown);
}

/* ---- who was on board -------------------------------------------------------------------- */

static int gate_of(const struct ended *e)
{
    return e->end.has_gate ? e->end.gate : e->row.status;
}

static bool decide_one(struct closing *c, struct ended *e)
{
    int gate = gate_of(e);
    bool on, has_said = c->ask->list != GW_CLOSE_NONE;
    switch (c->ask->list) {
    case GW_CLOSE_ON_BOARD:
        on = e->listed;
        break;
    case GW_CLOSE_NOT_ON_BOARD:
        on = !e->listed;
        break;
    case GW_CLOSE_ALL:
        on = gate != GW_STATUS_DENIED && !e->inhibited;
        break;
    default:
        on = gate == GW_STATUS_CLEARED || gate == GW_STATUS_INSPECTED;
        break;
    }
    int status = on ? GW_STATUS_BOARDED : gate == GW_STATUS_DENIED ? GW_STATUS_DENIED : GW_STATUS_NOT_BOARDED;
    if (!gw_store_traveler_end(c->tx, e->row.id, status, has_said ? &on : NULL, c->err))
        return false;
    e->end = (struct gw_traveler_end){ .id = e->row.id, .has_gate = true, .gate = gate, .has_said = has_said || e->end.has_said,
        .said = has_said ? on : e->end.said };
    e->row.status = status;
    return true;
}

/* Who is on board and on no list is written down: he may be asked for later. */
static bool keep_strangers(struct closing *c)
{
    GW_AUTO(gw_json) *list = gw_json_array();
    GW_AUTO_VALUE(gw_buf) text = {};
    for (size_t i = 0; i < c->n_strangers && c->ask->list == GW_CLOSE_ON_BOARD; i++)
        gw_json_add(list, gw_manifest_traveler_to_json(c->strangers[i]));
    if (gw_json_size(list) > 0)
        gw_json_format(&text, list, false);
    return gw_store_unexpected_put(c->tx, c->v->id, gw_buf_span(&text), c->err);
}

static bool start_clock(struct closing *c)
{
    struct gw_voyage_row *v = c->v;
    v->state = GW_VOYAGE_CLOSED;
    v->has_closed = v->has_purge = true;
    v->closed_us = gw_clock_now(&c->s->clock);
    GW_AUTO_VALUE(gw_law) law = {};
    gw_law_at(&law, c->s, v, "");
    struct gw_clocks clocks = { .now_us = v->closed_us };
    gw_clocks_set(&clocks, GW_STARTS_CLOSE, v->closed_us);
    gw_clocks_set(&clocks, GW_STARTS_DEPARTURE, v->departure_us);
    int64_t until = v->closed_us;
    /* What the pack says may be sooner than the setting, never later; without a pack nobody was photographed. */
    const bool kept = gw_law_keep(&until, &law, NULL, GW_DATUM_TEMPLATE, &clocks) || law.pack == NULL;
    v->purge_us = v->closed_us + c->s->conf->retention_template;
    if (law.pack != NULL)
        v->purge_us = kept ? GW_MIN(v->purge_us, GW_MAX(until, v->closed_us)) : v->closed_us;
    until = v->closed_us;
    v->portraits_us = gw_law_keep(&until, &law, NULL, GW_DATUM_PORTRAIT, &clocks) ? GW_MAX(until, v->closed_us) : v->purge_us;
    return gw_store_voyage_put(c->tx, v, false, c->err) && gw_store_portraits_hasten(c->tx, v->id, v->portraits_us, c->err) &&
           gw_voyage_tell(c->tx, c->s, v->id, "closed", c->err) &&
           gw_inspections_lapse(c->tx, c->s, v->id, c->err);
}

/* ---- the report --------------------------------------------------------------------------- */

static bool add_text(const char ***list, size_t *n, size_t *capacity, struct closing *c, struct gw_span text)
{
    if (text.size == 0)
        return true;
    *list = gw_arena_grow(c->a, *list, capacity, *n + 1, sizeof **list, c->err);
    return *list != NULL && ((*list)[*n] = gw_arena_text(c->a, text, c->err)) != NULL && ++*n > 0;
}

static bool add_difference(struct closing *c, enum gw_close_difference_kind kind, const struct gw_manifest_traveler *t)
{
    struct gw_close *o = c->out;
    o->differences = gw_arena_grow(c->a, o->differences, &c->cap_differences, o->n_differences + 1, sizeof *o->differences, c->err);
    if (o->differences == NULL)
        return false;
    struct gw_close_difference *d = &o->differences[o->n_differences++];
    *d = (struct gw_close_difference){ .kind = kind };
    return (t->reference.size == 0 || (d->reference = gw_arena_text(c->a, t->reference, c->err)) != NULL) &&
           (t->seat.size == 0 || (d->seat = gw_arena_text(c->a, t->seat, c->err)) != NULL);
}

static bool compare_one(struct closing *c, const struct ended *e)
{
    int gate = gate_of(e);
    if (!e->end.has_said)
        return true;
    c->out->by_carrier = true;
    if (!e->end.said)
        return gate == GW_STATUS_CLEARED     ? ++c->out->cleared_not_boarded > 0 && add_difference(c, GW_CLOSE_CLEARED_NOT_ON_BOARD, &e->t)
               : gate == GW_STATUS_INSPECTED ? add_difference(c, GW_CLOSE_INSPECTED_NOT_ON_BOARD, &e->t)
                                             : true;
    return gate == GW_STATUS_DENIED                                 ? add_difference(c, GW_CLOSE_DENIED_ON_BOARD, &e->t)
           : gate == GW_STATUS_CLEARED || gate == GW_STATUS_INSPECTED ? true
                                                                    : add_difference(c, GW_CLOSE_UNSEEN_ON_BOARD, &e->t);
}

/* A carrier knows the papers from its own list; whoever sees no names gets a number of them. */
static void withhold(struct gw_manifest_traveler *t, const struct gw_caller *who)
{
    const enum gw_role role = who == NULL ? GW_ROLE_COUNT : who->role;
    if (role == GW_ROLE_OFFICER || role == GW_ROLE_SUPERVISOR)
        return;
    t->documents = NULL;
    t->n_documents = 0;
    t->birth_date = (struct gw_date){};
    if (role != GW_ROLE_CARRIER)
        *t = (struct gw_manifest_traveler){ .kind = t->kind };
}

static bool report_strangers(struct closing *c)
{
    struct gw_span json;
    struct gw_close *o = c->out;
    if (!gw_store_unexpected(&json, c->own, c->tx, c->v->id, c->err))
        return false;
    GW_AUTO(gw_json) *list = json.size == 0 ? NULL : gw_json_parse(json, c->err);
    if (json.size > 0 && list == NULL)
        return false;
    for (size_t i = 0; i < gw_json_size(list); i++) {
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_json_format(&text, gw_json_at(list, i), false);
        o->strangers = gw_arena_grow(c->a, o->strangers, &c->cap_strangers, o->n_strangers + 1, sizeof *o->strangers, c->err);
        if (o->strangers == NULL)
            return false;
        struct gw_manifest_traveler *t = &o->strangers[o->n_strangers++];
        *t = (struct gw_manifest_traveler){};
        if (!gw_manifest_traveler_parse_json(t, c->a, gw_buf_span(&text), c->err) ||
            !add_text(&o->unexpected, &o->n_unexpected, &c->cap_unexpected, c, t->reference) || !add_difference(c, GW_CLOSE_UNEXPECTED, t))
            return false;
        withhold(t, c->who);
        o->by_carrier = true;
    }
    return true;
}

/* Who passed the gate and was taken off the manifest is in no other list here. */
static bool report_gone(struct closing *c)
{
    struct gw_traveler_row *rows;
    size_t n;
    if (!gw_store_travelers_gone(&rows, &n, c->own, c->tx, c->v->id, c->err))
        return false;
    for (size_t i = 0; i < n; i++) {
        struct gw_manifest_traveler t;
        if (!gw_manifest_traveler_parse_json(&t, c->own, rows[i].person, c->err))
            return gw_fail_prefix(c->err, "a traveler's record");
        if (!add_difference(c, GW_CLOSE_REMOVED_AFTER_CLEAR, &t))
            return false;
    }
    return true;
}

static bool report(struct closing *c)
{
    struct gw_close *o = c->out;
    for (size_t i = 0; i < c->n; i++) {
        const struct ended *e = &c->all[i];
        bool boarded = e->row.status == GW_STATUS_BOARDED;
        *(boarded ? &o->boarded : &o->not_boarded) += 1;
        if (!(boarded ? add_text(&o->boarded_references, &o->n_boarded_references, &c->cap_boarded, c, e->t.reference)
                      : add_text(&o->not_boarded_references, &o->n_not_boarded_references, &c->cap_not, c, e->t.reference)) ||
            !compare_one(c, e))
            return false;
    }
    return report_strangers(c) && report_gone(c);
}

static bool counts_only(struct closing *c)
{
    size_t counts[GW_STATUS_COUNT];
    if (!gw_store_voyage_counts(counts, GW_STATUS_COUNT, c->tx, c->v->id, c->err))
        return false;
    c->out->boarded = counts[GW_STATUS_BOARDED];
    c->out->not_boarded = counts[GW_STATUS_NOT_BOARDED] + counts[GW_STATUS_DENIED];
    return true;
}

static bool close_in(struct gw_close *out, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    const struct gw_caller *who, struct gw_voyage_row *v, const struct gw_close_ask *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *own = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct closing c = { .out = out, .a = a, .own = own, .tx = tx, .s = s, .who = who, .v = v, .ask = ask, .err = err };
    *out = (struct gw_close){ .voyage = v->id, .already = v->state == GW_VOYAGE_CLOSED, .cancelled = v->cancelled };
    const bool decides = !v->has_purged && (!out->already || ask->list != GW_CLOSE_NONE);
    if ((!v->has_purged && !load(&c)) || (decides && (!mark_listed(&c) || !check_unknown(&c))) ||
        (!out->already && !start_clock(&c)))
        return false;
    out->closed_us = v->closed_us;
    out->purge_us = v->purge_us;
    if (v->has_purged)
        return counts_only(&c);
    if (decides) {
        if (ask->list != GW_CLOSE_NONE && !keep_strangers(&c))
            return false;
        for (size_t i = 0; i < c.n; i++)
            if (!decide_one(&c, &c.all[i]))
                return false;
    }
    return report(&c);
}

bool gw_close_in(struct gw_close *out, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    const struct gw_caller *who, struct gw_voyage_row *v, const struct gw_close_ask *ask, struct gw_err *err)
{
    return close_in(out, a, tx, s, who, v, ask, err) &&
           ((out->already && ask->list == GW_CLOSE_NONE) || gw_audit_add(tx, s, who, GW_AUDIT_CLOSE,
                                &(struct gw_audit_facts){
                                    .voyage = &v->id,
                                    .boarded = &(uint64_t){ out->boarded },
                                    .not_boarded = &(uint64_t){ out->not_boarded },
                                    .count = &(uint64_t){ out->n_strangers },
                                    .until = &v->purge_us,
                                    .reason = who == NULL ? "overdue" : NULL,
                                },
                                err));
}

/* ---- the verbs ------------------------------------------------------------------------------- */

struct asking {
    struct gw_close *out;
    struct gw_arena *a;
    struct gw_service *s;
    const struct gw_caller *who;
    struct gw_id voyage;
    const struct gw_close_ask *ask;
    struct gw_once *once;
};

static bool close_one(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct asking *c = arg;
    struct gw_voyage_row v;
    if (!gw_store_voyage_get(&v, c->a, tx, c->voyage, err) || !gw_allow_voyage(c->who, &v, err) ||
        !gw_close_in(c->out, c->a, tx, c->s, c->who, &v, c->ask, err))
        return false;
    /* After the purge the voyage has no key, and the answer no person. */
    return gw_once_keep(tx, c->s, c->once, v.has_purged ? NULL : &v.id, c->out, err);
}

bool gw_service_close_voyage(struct gw_close *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, const struct gw_close_ask *ask, struct gw_once *once,
    struct gw_err *err)
{
    bool replayed;
    *out = (struct gw_close){};
    if (!gw_allow(who, GW_ROLE_BIT(CARRIER) | GW_ROLE_BIT(OFFICER) | GW_ROLE_BIT(ADMIN), err))
        return false;
    if (ask->n_listed > GW_MANIFEST_TRAVELERS_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a close-out names at most %d travelers", GW_MANIFEST_TRAVELERS_MAX);
    if (!gw_once_enter(s, once, &replayed, err))
        return false;
    struct asking c = { out, a, s, who, voyage, ask, once };
    bool fine = replayed || gw_store_write(s->store, close_one, &c, err);
    if (fine && !replayed && !out->already) {
        gw_galleries_drop(s->galleries, voyage);
        gw_count_add(&s->counters.closes, 1);
        gw_log(GW_LOG_INFO, "close", GW_LOG_ID("voyage", voyage), GW_LOG_INT("boarded", out->boarded),
            GW_LOG_INT("not_boarded", out->not_boarded), GW_LOG_INT("unexpected", out->n_strangers),
            GW_LOG_INT("differences", out->n_differences));
    }
    gw_once_leave(s, once, fine);
    return fine;
}

static bool report_one(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct asking *c = arg;
    struct gw_voyage_row v;
    if (!gw_store_voyage_get(&v, c->a, tx, c->voyage, err) || !gw_allow_voyage(c->who, &v, err))
        return false;
    if (v.state != GW_VOYAGE_CLOSED)
        return gw_fail(err, GW_ERR_CONFLICT, "the voyage is open: it has not ended yet");
    if (v.has_purged)
        return gw_fail(err, GW_ERR_GONE, "the voyage's travelers were purged; its counts remain");
    return close_in(c->out, c->a, tx, c->s, c->who, &v, c->ask, err);
}

bool gw_service_close_report(struct gw_close *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id voyage, struct gw_err *err)
{
    struct asking c = { out, a, s, who, voyage, &(struct gw_close_ask){}, NULL };
    *out = (struct gw_close){};
    return gw_allow(who, GW_ROLE_BIT(CARRIER) | GW_ROLE_BIT(OFFICER) | GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(ADMIN), err) &&
           gw_store_read(s->store, report_one, &c, err) &&
           (out->n_strangers == 0 || gw_audit_view(s, who, "close", voyage, err));
}
