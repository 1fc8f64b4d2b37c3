/* close.c - the voyage is over: who boarded, who did not, and the clocks of retention. */
#include "service/internal.h"

#include "base/log.h"

#include <stdlib.h>

enum { TRAVELERS_AT_ONCE = 256 };

static int compare_ids(const void *a, const void *b)
{
    return gw_id_compare(*(const struct gw_id *)a, *(const struct gw_id *)b);
}

/* Travelers said to be on board, sorted; references nobody has go to out->unexpected. */
static bool resolve(struct gw_id **ids, size_t *n, struct gw_close *out, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, const struct gw_close_ask *ask, struct gw_err *err)
{
    *n = 0;
    *ids = gw_arena_array(a, ask->n_boarded, struct gw_id, err);
    out->unexpected = gw_arena_array(a, ask->n_boarded, const char *, err);
    if (*ids == NULL || out->unexpected == NULL)
        return false;
    for (size_t i = 0; i < ask->n_boarded; i++) {
        struct gw_hash reference;
        bool found;
        if (!gw_store_voyage_hash(&reference, tx, voyage, ask->boarded[i], err) ||
            !gw_store_traveler_by_reference(&(*ids)[*n], &found, tx, voyage, &reference, err))
            return false;
        if (found)
            ++*n;
        else if ((out->unexpected[out->n_unexpected++] = gw_arena_text(a, ask->boarded[i], err)) == NULL)
            return false;
    }
    if (*n > 0)
        qsort(*ids, *n, sizeof **ids, compare_ids);
    return true;
}

static bool add_reference(const char ***list, size_t *n, size_t *capacity, struct gw_arena *a,
    const struct gw_person *person, struct gw_err *err)
{
    if (person->reference.size == 0)
        return true;
    *list = gw_arena_grow(a, *list, capacity, *n + 1, sizeof **list, err);
    return *list != NULL && ((*list)[*n] = gw_arena_text(a, person->reference, err)) != NULL && ++*n > 0;
}

static bool close_in(struct gw_close *out, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    struct gw_voyage_row *v, const struct gw_close_ask *ask, struct gw_err *err)
{
    *out = (struct gw_close){ .voyage = v->id, .already = v->state == GW_VOYAGE_CLOSED };
    if (v->has_purged) {
        size_t counts[GW_STATUS_COUNT];
        if (!gw_store_voyage_counts(counts, GW_STATUS_COUNT, tx, v->id, err))
            return false;
        out->boarded = counts[GW_STATUS_BOARDED];
        out->not_boarded = counts[GW_STATUS_NOT_BOARDED] + counts[GW_STATUS_DENIED];
    }
    if (!out->already) {
        v->state = GW_VOYAGE_CLOSED;
        v->has_closed = v->has_purge = true;
        v->closed_us = gw_clock_now(&s->clock);
        GW_AUTO_VALUE(gw_law) law = {};
        gw_law_at(&law, s, v, "");
        struct gw_clocks clocks = { .now_us = v->closed_us };
        gw_clocks_set(&clocks, GW_STARTS_CLOSE, v->closed_us);
        gw_clocks_set(&clocks, GW_STARTS_DEPARTURE, v->departure_us);
        int64_t until = v->closed_us;
        /* What the pack says may be sooner than the setting, never later; without a pack nobody was photographed. */
        const bool kept = gw_law_keep(&until, &law, NULL, GW_DATUM_TEMPLATE, &clocks) || law.pack == NULL;
        v->purge_us = v->closed_us + s->conf->retention_template;
        if (law.pack != NULL)
            v->purge_us = kept ? GW_MIN(v->purge_us, GW_MAX(until, v->closed_us)) : v->closed_us;
        until = v->closed_us;
        v->portraits_us = gw_law_keep(&until, &law, NULL, GW_DATUM_PORTRAIT, &clocks) ? GW_MAX(until, v->closed_us) : v->purge_us;
        if (!gw_store_voyage_put(tx, v, false, err) || !gw_store_portraits_hasten(tx, v->id, v->portraits_us, err) ||
            !gw_voyage_tell(tx, s, v->id, "closed", err) ||
            !gw_inspections_lapse(tx, s, v->id, err))
            return false;
    }
    out->closed_us = v->closed_us;
    out->purge_us = v->purge_us;
    if (v->has_purged)
        return true;

    struct gw_id *boarded = NULL;
    size_t n_boarded = 0, cap_boarded = 0, cap_not = 0;
    bool said = ask->has_boarded && !out->already;
    if (said && !resolve(&boarded, &n_boarded, out, a, tx, v->id, ask, err))
        return false;

    int64_t after = -1;
    for (size_t n = TRAVELERS_AT_ONCE; n == TRAVELERS_AT_ONCE;) {
        struct gw_traveler_row *rows;
        GW_AUTO(gw_arena) *own = gw_arena_new(GW_LIST_ARENA_BYTES);
        if (!gw_store_travelers(&rows, &n, own, tx, v->id, gw_service_model(s), after, TRAVELERS_AT_ONCE, false, err))
            return false;
        for (size_t i = 0; i < n; i++) {
            struct gw_traveler_row *t = &rows[i];
            struct gw_person person;
            after = t->ordinal;
            if (!out->already) {
                bool on = said ? n_boarded > 0 && bsearch(&t->id, boarded, n_boarded, sizeof t->id, compare_ids) != NULL
                               : t->status == GW_STATUS_CLEARED || t->status == GW_STATUS_INSPECTED;
                if (said && !on && t->status == GW_STATUS_CLEARED)
                    out->cleared_not_boarded++;
                int status = on ? GW_STATUS_BOARDED : t->status == GW_STATUS_DENIED ? t->status : GW_STATUS_NOT_BOARDED;
                if (status != t->status && !gw_store_traveler_status(tx, t->id, status, err))
                    return false;
                t->status = status;
            }
            if (!gw_person_read(&person, own, t->person, err))
                return false;
            if (t->status == GW_STATUS_BOARDED) {
                out->boarded++;
                if (!add_reference(&out->boarded_references, &out->n_boarded_references, &cap_boarded, a, &person, err))
                    return false;
            } else {
                out->not_boarded++;
                if (!add_reference(&out->not_boarded_references, &out->n_not_boarded_references, &cap_not, a, &person,
                        err))
                    return false;
            }
        }
    }
    return true;
}

bool gw_close_in(struct gw_close *out, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    const struct gw_caller *who, struct gw_voyage_row *v, const struct gw_close_ask *ask, struct gw_err *err)
{
    return close_in(out, a, tx, s, v, ask, err) &&
           (out->already || gw_audit_add(tx, s, who, GW_AUDIT_CLOSE,
                                &(struct gw_audit_facts){
                                    .voyage = &v->id,
                                    .boarded = &(uint64_t){ out->boarded },
                                    .not_boarded = &(uint64_t){ out->not_boarded },
                                    .count = &(uint64_t){ out->n_unexpected },
                                    .until = &v->purge_us,
                                    .reason = who == NULL ? "overdue" : NULL,
                                },
                                err));
}

struct closing {
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
    struct closing *c = arg;
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
    if (ask->n_boarded > GW_MANIFEST_TRAVELERS_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a close-out names at most %d travelers", GW_MANIFEST_TRAVELERS_MAX);
    if (!gw_once_enter(s, once, &replayed, err))
        return false;
    struct closing c = { out, a, s, who, voyage, ask, once };
    bool fine = replayed || gw_store_write(s->store, close_one, &c, err);
    if (fine && !replayed && !out->already) {
        gw_galleries_drop(s->galleries, voyage);
        gw_count_add(&s->counters.closes, 1);
        gw_log(GW_LOG_INFO, "close", GW_LOG_ID("voyage", voyage), GW_LOG_INT("boarded", out->boarded),
            GW_LOG_INT("not_boarded", out->not_boarded), GW_LOG_INT("unexpected", out->n_unexpected));
    }
    gw_once_leave(s, once, fine);
    return fine;
}
