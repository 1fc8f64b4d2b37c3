/* alert.c - what somebody must know of, until somebody says that he does. */
#include "service/internal.h"

#include "base/log.h"

static const struct {
    const char *name, *sentence;
    enum gw_severity severity;
    unsigned roles;
} kinds[GW_ALERT_COUNT] = {
#define GW_ALERT(NAME, word, SEVERITY, roles_, sentence_)                                          \
    [GW_ALERT_##NAME] = { word, sentence_, GW_SEVERITY_##SEVERITY, roles_ },
#include "service/event.def"
};

const char *gw_alert_name(enum gw_alert_kind kind)
{
    assert((size_t)kind < GW_COUNT(kinds));
    return kinds[kind].name;
}

const char *gw_alert_sentence(enum gw_alert_kind kind)
{
    assert((size_t)kind < GW_COUNT(kinds));
    return kinds[kind].sentence;
}

enum gw_severity gw_alert_severity(enum gw_alert_kind kind)
{
    assert((size_t)kind < GW_COUNT(kinds));
    return kinds[kind].severity;
}

bool gw_alert_find(enum gw_alert_kind *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(kinds); i++)
        if (gw_span_is(name, kinds[i].name))
            return *out = (enum gw_alert_kind)i, true;
    return false;
}

static bool tell(struct gw_tx *tx, struct gw_service *s, const struct gw_alert_row *row, struct gw_err *err)
{
    GW_AUTO(gw_json) *open = gw_json_object();
    gw_json_set_id(open, "alert", row->id);
    gw_json_set_text(open, "kind", kinds[row->kind].name);
    gw_json_set_text(open, "severity", gw_severity_name(kinds[row->kind].severity));
    gw_json_set_text(open, "state", row->has_taken ? "acknowledged" : "open");
    gw_json_set_id_or_null(open, "verification", row->has_verification, row->verification);
    gw_json_set_id_or_null(open, "inspection", row->has_inspection, row->inspection);
    char site[GW_SCOPE_TEXT] = "";
    memcpy(site, row->site.data == NULL ? (const void *)"" : row->site.data, GW_MIN(row->site.size, sizeof site - 1));
    struct gw_event event = {
        .kind = GW_EVENT_ALERT,
        .voyage = row->has_voyage ? &row->voyage : NULL,
        .traveler = row->has_traveler ? &row->traveler : NULL,
        .site = site,
        .roles = kinds[row->kind].roles,
        .open = open,
    };
    return gw_event_add(tx, s, &event, err);
}

static bool copy_id(struct gw_id *out, const struct gw_id *from)
{
    if (from != NULL)
        *out = *from;
    return from != NULL;
}

bool gw_alert_add(struct gw_id *id, struct gw_tx *tx, struct gw_service *s, const struct gw_alert_new *alert,
    struct gw_err *err)
{
    int64_t now = gw_clock_now(&s->clock);
    struct gw_alert_row row = { .id = gw_id_new(now), .at_us = now, .kind = (int)alert->kind,
        .site = gw_span_str(alert->site == NULL ? "" : alert->site) };
    row.has_voyage = copy_id(&row.voyage, alert->voyage);
    row.has_traveler = copy_id(&row.traveler, alert->traveler);
    row.has_verification = copy_id(&row.verification, alert->verification);
    row.has_inspection = copy_id(&row.inspection, alert->inspection);
    bool waits = false;
    if (alert->once && !gw_store_alert_waits(&waits, tx, &row, err))
        return false;
    if (id != NULL)
        *id = row.id;
    struct gw_hash person;
    return waits || (gw_store_alert_put(tx, &row, err) && tell(tx, s, &row, err) &&
                        gw_audit_add(tx, s, NULL, GW_AUDIT_ALERT,
                            &(struct gw_audit_facts){
                                .reason = gw_alert_name(alert->kind),
                                .subject = &row.id,
                                .voyage = alert->voyage,
                                .person = alert->voyage == NULL
                                              ? NULL
                                              : gw_audit_person(&person, tx, *alert->voyage, alert->traveler),
                            },
                            err));
}

/* ---- for those who may know ------------------------------------------------------------ */

struct listing {
    struct gw_alert_page *out;
    struct gw_arena *a;
    const struct gw_caller *who;
    struct gw_alert_search search;
};

/* The scope of a row without its voyage's rest. */
static struct gw_voyage_row scope_of(const struct gw_alert_row *row)
{
    return (struct gw_voyage_row){ .carrier = row->carrier, .ports = row->ports };
}

static bool may_see(const struct gw_caller *who, const struct gw_alert_row *row)
{
    struct gw_voyage_row scope = scope_of(row);
    return row->kind >= 0 && row->kind < GW_ALERT_COUNT && (kinds[row->kind].roles & 1u << who->role) != 0 &&
        (!row->has_voyage || gw_allow_voyage(who, &scope, NULL)) &&
        (who->site[0] == 0 || (row->site.size == 0 ? row->has_voyage : gw_span_is(row->site, who->site)));
}

static bool fill(struct gw_alert *out, struct gw_arena *a, struct gw_tx *tx, const struct gw_caller *who,
    const struct gw_alert_row *row, struct gw_err *err)
{
    *out = (struct gw_alert){
        .id = row->id,
        .kind = (enum gw_alert_kind)row->kind,
        .at_us = row->at_us,
        .has_voyage = row->has_voyage,
        .voyage = row->voyage,
        .has_verification = row->has_verification,
        .verification = row->verification,
        .has_inspection = row->has_inspection,
        .inspection = row->inspection,
        .carrier = row->carrier.data == NULL ? "" : (const char *)row->carrier.data,
        .has_taken = row->has_taken,
        .taken_us = row->taken_us,
        .taken_by = row->taken_by,
    };
    struct gw_person person;
    bool inside = who->role == GW_ROLE_OFFICER || who->role == GW_ROLE_SUPERVISOR;
    if (!inside || !row->has_traveler || !gw_person_find(&person, &out->has_traveler, a, tx, row->traveler, err))
        return !inside || !row->has_traveler;
    if (out->has_traveler) {
        out->reference = (const char *)person.reference.data;
        out->seat = (const char *)person.seat.data;
    }
    return true;
}

static bool list(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct listing *l = arg;
    const size_t limit = l->search.limit;
    struct gw_alert_page *out = l->out;
    struct gw_alert_row *rows;
    size_t n, capacity = 0;
    int64_t last = 0;
    bool more = false;
    /* What somebody may not see is skipped here, so a page may take several looks. */
    do {
        l->search.limit = limit + 1;
        if (!gw_store_alerts(&rows, &n, l->a, tx, &l->search, err))
            return false;
        for (size_t i = 0; i < n && !more; i++) {
            if (may_see(l->who, &rows[i])) {
                more = out->n == limit;
                if (more)
                    break;
                out->alerts = gw_arena_grow(l->a, out->alerts, &capacity, out->n + 1, sizeof *out->alerts, err);
                if (out->alerts == NULL || !fill(&out->alerts[out->n], l->a, tx, l->who, &rows[i], err))
                    return false;
                out->n++;
                last = rows[i].seq;
            }
            l->search.after_seq = rows[i].seq;
        }
    } while (!more && n == limit + 1);
    return !more || (out->cursor = gw_page_cursor(l->a, last, err)) != NULL;
}

bool gw_service_alerts(struct gw_alert_page *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_alert_filter *filter, struct gw_err *err)
{
    *out = (struct gw_alert_page){};
    struct listing l = {
        .out = out,
        .a = a,
        .who = who,
        .search = { .has_taken = filter->has_taken, .taken = filter->taken, .has_kind = filter->has_kind,
            .kind = (int)filter->kind, .has_voyage = filter->has_voyage, .voyage = filter->voyage,
            .site = gw_span_str(who->site) },
    };
    return gw_allow(who, GW_ROLE_BIT(OFFICER) | GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(AUDITOR) | GW_ROLE_BIT(ADMIN), err) &&
        gw_page_ask(&l.search.after_seq, &l.search.limit, filter->cursor, filter->limit, err) && gw_store_read(s->store, list, &l, err);
}

struct taking {
    struct gw_alert *out;
    struct gw_arena *a;
    struct gw_service *s;
    const struct gw_caller *who;
    struct gw_id alert;
    struct gw_once *once;
    bool changed;
};

static bool take(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct taking *t = arg;
    struct gw_alert_row row;
    if (!gw_store_alert_get(&row, t->a, tx, t->alert, err))
        return false;
    if (!may_see(t->who, &row))
        return gw_fail(err, GW_ERR_NOT_FOUND, "no such alert");
    int64_t now = gw_clock_now(&t->s->clock);
    if (!gw_store_alert_take(&t->changed, tx, t->alert, t->who->token, now, err))
        return false;
    if (t->changed) {
        row.has_taken = true;
        row.taken_us = now;
        row.taken_by = t->who->token;
    }
    return (!t->changed || tell(tx, t->s, &row, err)) && fill(t->out, t->a, tx, t->who, &row, err) &&
        gw_once_keep(tx, t->s, t->once, row.has_voyage ? &row.voyage : NULL, t->out, err);
}

bool gw_service_alert_take(struct gw_alert *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id alert, struct gw_once *once, struct gw_err *err)
{
    bool replayed;
    *out = (struct gw_alert){};
    if (!gw_allow(who, GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(ADMIN), err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    struct taking t = { out, a, s, who, alert, once, false };
    bool fine = replayed || gw_store_write(s->store, take, &t, err);
    if (fine && t.changed)
        gw_log(GW_LOG_INFO, "alert_taken", GW_LOG_ID("alert", alert), GW_LOG_ID("token", who->token));
    gw_once_leave(s, once, fine);
    return fine;
}
