/* boarding.c - what the vetting authority says of a traveler, whenever it says it.
 *
 * 1. A word that comes after a clear and before boarding undoes the clear in the same
 *    transaction: from then on nobody is let through by what was decided before it.
 * 2. After the close it is heard until the purge: nobody is let through any more, but
 *    somebody may be on board. */
#include "service/internal.h"

#include "base/log.h"

static const char *const statuses[] = { "cleared", "inhibited", "selectee" };
static_assert(GW_COUNT(statuses) == GW_BOARDING_COUNT);
#define AHEAD_US (5 * 60 * GW_US_PER_S) /* so far may the authority's clock be before ours */

const char *gw_boarding_status_name(enum gw_boarding_status status)
{
    assert((size_t)status < GW_COUNT(statuses));
    return statuses[status];
}

bool gw_boarding_status_find(enum gw_boarding_status *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(statuses); i++)
        if (gw_span_is(name, statuses[i]))
            return *out = (enum gw_boarding_status)i, true;
    return false;
}

struct gw_json *gw_boarding_to_json(const struct gw_boarding *b)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "voyage", b->voyage);
    if (b->has_traveler) {
        struct gw_json *t = gw_json_object();
        gw_json_set_text_or_null(t, "reference", b->reference);
        gw_json_set_text_or_null(t, "seat", b->seat);
        gw_json_set(j, "traveler", t);
    } else
        gw_json_set_null(j, "traveler");
    gw_json_set_text(j, "boarding_status", statuses[b->status]);
    gw_json_set_time(j, "as_of", b->as_of_us);
    gw_json_set_bool(j, "changed", b->changed);
    gw_json_set_bool(j, "undone", b->undone);
    gw_json_set_text(j, "status", gw_traveler_status_name(b->traveler_status));
    return j;
}

struct saying {
    struct gw_boarding *out;
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    const struct gw_boarding_ask *ask;
    struct gw_named_hash named;
    struct gw_once *once;
    struct gw_traveler_row traveler;
};

static bool tell(const struct saying *k, struct gw_tx *tx, struct gw_err *err)
{
    GW_AUTO(gw_json) *open = gw_json_object();
    GW_AUTO(gw_json) *inside = gw_json_object();
    gw_json_set_text(inside, "boarding_status", statuses[k->ask->status]);
    gw_json_set_text(open, "decision",
        gw_answer_name(k->ask->status == GW_BOARDING_CLEARED ? GW_ANSWER_CLEAR : GW_ANSWER_INSPECT));
    gw_json_set_bool(open, "undone", k->out->undone);
    gw_json_set_text(open, "status", gw_traveler_status_name(k->out->traveler_status));
    const struct gw_event event = { .kind = GW_EVENT_BOARDING_STATUS, .voyage = &k->ask->voyage,
        .traveler = &k->traveler.id, .open = open, .inside = inside };
    return gw_event_add(tx, k->s, &event, err);
}

/* Somebody passed on what is no longer so. */
static bool undo(struct saying *k, struct gw_tx *tx, struct gw_err *err)
{
    const bool cleared = k->traveler.status == GW_STATUS_CLEARED || k->traveler.status == GW_STATUS_INSPECTED;
    const bool boarded = k->traveler.status == GW_STATUS_BOARDED;
    if (k->ask->status == GW_BOARDING_CLEARED || (!cleared && !boarded))
        return true;
    const struct gw_alert_new alert = { .kind = cleared ? GW_ALERT_CLEAR_UNDONE : GW_ALERT_INHIBITED_ON_BOARD,
        .voyage = &k->ask->voyage, .traveler = &k->traveler.id };
    if (boarded)
        return k->ask->status != GW_BOARDING_INHIBITED || gw_alert_add(NULL, tx, k->s, &alert, err);
    const struct gw_inspection_new inspection = { .voyage = k->ask->voyage, .cause = GW_CAUSE_BOARDING_STATUS,
        .reason = k->ask->status == GW_BOARDING_INHIBITED ? GW_REASON_INHIBITED : GW_REASON_SELECTEE,
        .traveler = &k->traveler.id };
    k->out->undone = true;
    k->out->traveler_status = GW_STATUS_EXPECTED;
    return gw_store_traveler_status(tx, k->traveler.id, GW_STATUS_EXPECTED, err) &&
        gw_inspection_open(tx, k->s, &inspection, err) && gw_alert_add(NULL, tx, k->s, &alert, err);
}

static bool say(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct saying *k = arg;
    struct gw_voyage_row v;
    struct gw_boarding_row old;
    struct gw_person person;
    struct gw_id traveler;
    bool found, known;
    if (!gw_store_voyage_get(&v, k->a, tx, k->ask->voyage, err) || !gw_allow_voyage(k->who, &v, err))
        return false;
    if (v.has_purged)
        return gw_voyage_gone(err);
    if (!gw_named_get(&traveler, k->a, tx, v.id, &k->named, err) ||
        !gw_store_traveler_get(&k->traveler, &found, true, k->a, tx, traveler, err) || !found ||
        !gw_person_read(&person, k->a, k->traveler.person, err) || !gw_store_boarding_find(&old, &known, tx, traveler, err))
        return false;
    int64_t now = gw_clock_now(&k->s->clock), as_of = k->ask->has_as_of ? k->ask->as_of_us : now;
    if (as_of > now + AHEAD_US)
        return gw_fail(err, GW_ERR_INVALID, "as_of is in the future");
    /* Messages overtake each other: what was said later stands. */
    const bool newer = !known || as_of >= old.as_of_us;
    *k->out = (struct gw_boarding){ .voyage = v.id, .traveler = traveler,
        .status = newer ? k->ask->status : (enum gw_boarding_status)old.status,
        .as_of_us = newer ? as_of : old.as_of_us, .changed = newer && (!known || old.status != (int)k->ask->status),
        .traveler_status = (enum gw_traveler_status)k->traveler.status };
    k->out->has_traveler = k->who->role == GW_ROLE_CARRIER;
    if (k->out->has_traveler)
        gw_named_copy(k->out->reference, k->out->seat, &person);
    const struct gw_boarding_row row = { traveler, v.id, (int)k->ask->status, as_of };
    if (newer && !gw_store_boarding_put(tx, &row, err))
        return false;
    struct gw_hash hash;
    const struct gw_audit_facts facts = { .voyage = &v.id, .answer = statuses[k->ask->status],
        .person = gw_audit_person(&hash, tx, v.id, &traveler) };
    /* Who asks without changing anything has looked. */
    if (!k->out->changed && !gw_audit_add(tx, k->s, k->who, GW_AUDIT_VIEW,
            &(struct gw_audit_facts){ .name = "watch", .voyage = &v.id, .person = facts.person }, err))
        return false;
    return (!k->out->changed || (undo(k, tx, err) && gw_audit_add(tx, k->s, k->who, GW_AUDIT_STATUS, &facts, err) &&
                                    tell(k, tx, err))) &&
        gw_once_keep(tx, k->s, k->once, &v.id, k->out, err);
}

bool gw_service_boarding_status(struct gw_boarding *out, struct gw_service *s, const struct gw_caller *who,
    const struct gw_boarding_ask *ask, struct gw_once *once, struct gw_err *err)
{
    bool replayed;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    struct saying k = { .out = out, .s = s, .a = a, .who = who, .ask = ask, .once = once };
    *out = (struct gw_boarding){};
    if (!gw_allow(who, GW_ROLE_BIT(CARRIER) | GW_ROLE_BIT(ADMIN), err) || !gw_named_hash_of(&k.named, s, &ask->named, err))
        return false;
    if (!gw_named_is_anybody(&k.named))
        return gw_fail(err, GW_ERR_INVALID, "whose status it is must be said: reference or document_number");
    if (!gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || gw_store_write(s->store, say, &k, err);
    if (fine && out->changed)
        gw_log(GW_LOG_INFO, "boarding_status", GW_LOG_ID("voyage", ask->voyage), GW_LOG_ID("token", who->token),
            GW_LOG_OF_TABLE("status", (struct gw_word){ statuses[ask->status] }), GW_LOG_INT("undone", out->undone));
    gw_once_leave(s, once, fine);
    return fine;
}
