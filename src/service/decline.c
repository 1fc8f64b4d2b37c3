/* decline.c - somebody chose not to be photographed: written down, searched for no more,
 * and nothing held against them. */
#include "service/internal.h"

#include "base/log.h"

struct decline {
    struct gw_decline *out;
    struct gw_service *s;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_id voyage;
    struct gw_once *once;
    struct gw_named_hash named;
    struct gw_span language;
    bool changed;
    struct gw_id traveler;
};

static bool tell(const struct decline *d, struct gw_tx *tx, const struct gw_decline_row *row, struct gw_err *err)
{
    GW_AUTO(gw_json) *open = gw_json_object();
    gw_json_set_id(open, "decline", row->id);
    gw_json_set_text(open, "decision", gw_answer_name(GW_ANSWER_INSPECT));
    const struct gw_event event = { .kind = GW_EVENT_DECLINE, .voyage = &row->voyage,
        .traveler = row->has_traveler ? &row->traveler : NULL, .site = d->who->site, .open = open };
    const struct gw_inspection_new inspection = { .voyage = row->voyage, .site = d->who->site, .cause = GW_CAUSE_DECLINE,
        .reason = GW_REASON_DECLINED, .decline = &row->id, .traveler = event.traveler };
    return gw_event_add(tx, d->s, &event, err) && gw_inspection_open(tx, d->s, &inspection, err);
}

static bool run(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct decline *d = arg;
    struct gw_voyage_row voyage;
    int64_t now = gw_clock_now(&d->s->clock);
    struct gw_decline_row row = { .id = gw_id_new(now), .voyage = d->voyage, .device = d->who->token, .at_us = now };
    if (!gw_store_voyage_get(&voyage, d->a, tx, d->voyage, err) || !gw_allow_voyage(d->who, &voyage, err))
        return false;
    if (voyage.state != GW_VOYAGE_OPEN)
        return gw_fail(err, GW_ERR_CONFLICT, "the voyage is closed");
    struct gw_traveler_row t = {};
    *d->out = (struct gw_decline){ .id = row.id };
    gw_receipt_number(d->out->receipt, d->s, row.id);
    if (gw_named_is_anybody(&d->named)) {
        struct gw_err why = {};
        row.has_traveler = gw_named_get(&row.traveler, d->a, tx, d->voyage, &d->named, &why);
        /* Of a document that several have the officer sees whose it is; to decline must not fail on that. */
        if (!row.has_traveler && why.code != GW_ERR_CONFLICT)
            return err != NULL && (*err = why, false);
    }
    if (row.has_traveler) {
        struct gw_person person;
        bool found;
        if (!gw_store_traveler_get(&t, &found, true, d->a, tx, row.traveler, err) || !found ||
            !gw_person_read(&person, d->a, t.person, err))
            return false;
        d->out->has_traveler = true;
        gw_named_copy(d->out->reference, d->out->seat, &person);
        /* Who was cleared or looked at already keeps that. */
        if (t.status == GW_STATUS_EXPECTED) {
            d->changed = true;
            d->traveler = t.id;
            if (!gw_store_traveler_status(tx, t.id, GW_STATUS_DECLINED, err) ||
                !gw_store_templates_drop(tx, t.id, err))
                return false;
        }
    }
    struct gw_hash person;
    return gw_alternative_find(d->out, &row, d->s, d->who, &voyage, d->a, t.person, d->language, err) &&
           gw_store_decline_put(tx, &row, err) && gw_alternative_count(tx, &row, d->out->alternative, err) &&
           gw_audit_add(tx, d->s, d->who, GW_AUDIT_DECLINE,
               &(struct gw_audit_facts){
                   .voyage = &row.voyage,
                   .subject = &row.id,
                   .person = gw_audit_person(&person, tx, row.voyage, row.has_traveler ? &row.traveler : NULL),
               },
               err) &&
           tell(d, tx, &row, err) && gw_once_keep(tx, d->s, d->once, &d->voyage, d->out, err);
}

bool gw_service_decline(struct gw_decline *out, struct gw_service *s, const struct gw_caller *who, struct gw_id voyage,
    const struct gw_decline_ask *ask, struct gw_once *once, struct gw_err *err)
{
    bool replayed;
    *out = (struct gw_decline){};
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    struct decline d = { .out = out, .s = s, .a = a, .who = who, .voyage = voyage, .once = once,
        .language = ask->language };
    if (!gw_allow(who, GW_ROLE_BIT(DEVICE) | GW_ROLE_BIT(OFFICER), err) ||
        !gw_named_hash_of(&d.named, s, &ask->named, err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || gw_store_write(s->store, run, &d, err);
    if (fine && !replayed) {
        if (d.changed)
            gw_galleries_touch(s->galleries, voyage, &d.traveler, 1);
        gw_count_add(&s->counters.declines, 1);
        gw_log(GW_LOG_INFO, "decline", GW_LOG_ID("id", out->id), GW_LOG_ID("voyage", voyage),
            GW_LOG_ID("device", who->token));
    }
    gw_once_leave(s, once, fine);
    return fine;
}
