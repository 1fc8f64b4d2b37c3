/* purge.c - what is due dies: key first, then rows, then what the write-ahead log held.
 *
 * A voyage at a time, so that decisions are not kept waiting; cut off anywhere, the
 * next run goes on. */
#include "service/internal.h"

#include "base/log.h"

struct due {
    struct gw_service *s;
    struct gw_arena *a;
    int64_t now_us;
    struct gw_id *overdue, *ids;
    size_t n_overdue, n;
    bool has_purge, has_open;
    int64_t purge_us, departure_us;
};

static bool find_overdue(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct due *d = arg;
    int64_t before = d->now_us - d->s->conf->retention_open;
    return gw_store_voyages_open(&d->overdue, &d->n_overdue, d->a, tx, before, err);
}

static bool find_due(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct due *d = arg;
    return gw_store_voyages_due(&d->ids, &d->n, d->a, tx, d->now_us, err);
}

static bool find_next(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct due *d = arg;
    return gw_store_next_due(&d->has_purge, &d->purge_us, &d->has_open, &d->departure_us, tx, err);
}

struct one {
    struct gw_service *s;
    struct gw_id voyage;
    int64_t now_us;
    struct gw_store_purged purged;
};

static bool close_overdue(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    struct gw_voyage_row v;
    struct gw_close closed;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    return gw_store_voyage_get(&v, a, tx, o->voyage, err) &&
           gw_close_in(&closed, a, tx, o->s, NULL, &v, &(struct gw_close_ask){}, err);
}

static bool purge_one(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    struct gw_store_purged before = o->purged;
    struct gw_voyage_row v;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    return gw_store_voyage_get(&v, a, tx, o->voyage, err) &&
           gw_store_voyage_purge(&o->purged, tx, o->voyage, o->now_us, err) &&
           gw_audit_add(tx, o->s, NULL, GW_AUDIT_PURGE,
               &(struct gw_audit_facts){
                   .voyage = &o->voyage,
                   .keys = &(uint64_t){ o->purged.keys - before.keys },
                   .travelers = &(uint64_t){ o->purged.travelers - before.travelers },
                   .templates = &(uint64_t){ o->purged.templates - before.templates },
                   .count = &(uint64_t){ o->purged.verifications - before.verifications },
                   .until = v.has_purge ? &v.purge_us : NULL,
               },
               err);
}

static bool expire(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct one *o = arg;
    struct gw_store_purged before = o->purged;
    if (!gw_store_expire(&o->purged, tx, o->now_us, err))
        return false;
    uint64_t keys = o->purged.keys - before.keys, portraits = o->purged.portraits - before.portraits;
    return keys + portraits == 0 ||
           gw_audit_add(tx, o->s, NULL, GW_AUDIT_EXPIRE,
               &(struct gw_audit_facts){
                   .keys = &keys,
                   .templates = &portraits,
                   .count = &(uint64_t){ o->purged.answers - before.answers },
               },
               err);
}

bool gw_purge_now(struct gw_purge *out, struct gw_service *s, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct due d = { .s = s, .a = a, .now_us = gw_clock_now(&s->clock) };
    *out = (struct gw_purge){};
    if (!gw_store_read(s->store, find_overdue, &d, err))
        return false;
    for (size_t i = 0; i < d.n_overdue; i++) {
        struct one one = { .s = s, .voyage = d.overdue[i] };
        if (!gw_store_write(s->store, close_overdue, &one, err))
            return false;
        gw_galleries_drop(s->galleries, one.voyage);
        out->voyages_closed++;
    }
    if (!gw_store_read(s->store, find_due, &d, err))
        return false;
    struct gw_store_purged sum = {};
    for (size_t i = 0; i < d.n; i++) {
        struct one one = { .s = s, .voyage = d.ids[i], .now_us = d.now_us, .purged = sum };
        if (!gw_store_write(s->store, purge_one, &one, err))
            return false;
        gw_galleries_drop(s->galleries, one.voyage);
        sum = one.purged;
    }
    struct one rest = { .s = s, .now_us = d.now_us, .purged = sum };
    if (!gw_store_write(s->store, expire, &rest, err))
        return false;
    sum = rest.purged;
    *out = (struct gw_purge){
        .voyages_closed = out->voyages_closed,
        .voyages = sum.voyages,
        .travelers = sum.travelers,
        .templates = sum.templates + sum.portraits,
        .verifications = sum.verifications,
        .answers = sum.answers,
        .keys = sum.keys,
    };
    /* What was deleted is overwritten in the database; its earlier pages go from the log. */
    bool any = out->voyages + out->templates + out->answers + out->keys > 0;
    if ((any && !gw_store_checkpoint(s->store, true, err)) || !gw_store_read(s->store, find_next, &d, err))
        return false;
    int64_t open_us = d.departure_us + s->conf->retention_open;
    out->has_next = d.has_purge || d.has_open;
    out->next_us = !d.has_purge ? open_us : !d.has_open ? d.purge_us : GW_MIN(d.purge_us, open_us);
    if (any || out->voyages_closed > 0)
        gw_log(GW_LOG_INFO, "purge", GW_LOG_INT("voyages", out->voyages), GW_LOG_INT("travelers", out->travelers),
            GW_LOG_INT("templates", out->templates), GW_LOG_INT("keys", out->keys),
            GW_LOG_INT("closed", out->voyages_closed));
    return true;
}

bool gw_service_purge(struct gw_purge *out, struct gw_service *s, const struct gw_caller *who, struct gw_err *err)
{
    *out = (struct gw_purge){};
    return gw_allow(who, GW_ROLE_BIT(ADMIN), err) && gw_purge_now(out, s, err);
}
