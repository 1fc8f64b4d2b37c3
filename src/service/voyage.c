/* voyage.c - the board, one voyage, its travelers, and how ready it is. */
#include "service/internal.h"

#include <stdio.h>

static struct gw_manifest_time time_of(bool has, bool local, int64_t us)
{
    return (struct gw_manifest_time){ has, local, has ? us : 0 };
}

/* Texts of a row end in a zero: they are copies in the arena. */
static void show(struct gw_voyage *o, const struct gw_voyage_row *v)
{
    *o = (struct gw_voyage){
        .id = v->id,
        .mode = (enum gw_mode)v->mode,
        .direction = (enum gw_direction)v->direction,
        .carrier = (const char *)v->carrier.data,
        .number = (const char *)v->number.data,
        .from = (const char *)v->from.data,
        .to = (const char *)v->to.data,
        .departure = time_of(true, v->departure_local, v->departure_us),
        .arrival = time_of(v->has_arrival, v->arrival_local, v->arrival_us),
        .state = v->state == GW_VOYAGE_OPEN ? GW_VOYAGE_OPEN : GW_VOYAGE_CLOSED,
        .cancelled = v->cancelled,
        .has_closed = v->has_closed,
        .closed_us = v->closed_us,
        .has_purge = v->has_purge,
        .purge_us = v->purge_us,
    };
}

static bool count(struct gw_voyage *o, struct gw_tx *tx, struct gw_err *err)
{
    if (!gw_store_voyage_counts(o->by_status, GW_STATUS_COUNT, tx, o->id, err))
        return false;
    o->by_status[GW_STATUS_REMOVED] = 0;
    for (size_t i = 0; i < GW_STATUS_COUNT; i++)
        o->n_travelers += o->by_status[i];
    return true;
}

/* ---- the board --------------------------------------------------------------------- */

struct board {
    struct gw_voyage_page *out;
    struct gw_arena *a;
    struct gw_voyage_search search;
    size_t limit;
};

static bool read_board(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct board *b = arg;
    struct gw_voyage_row *rows;
    size_t n;
    if (!gw_store_voyage_search(&rows, &n, b->a, tx, &b->search, err))
        return false;
    size_t shown = GW_MIN(n, b->limit);
    b->out->voyages = gw_arena_array(b->a, shown, struct gw_voyage, err);
    if (b->out->voyages == NULL)
        return false;
    for (size_t i = 0; i < shown; i++) {
        show(&b->out->voyages[i], &rows[i]);
        if (!count(&b->out->voyages[i], tx, err))
            return false;
    }
    b->out->n = shown;
    if (n == shown)
        return true;
    char id[GW_ID_TEXT], cursor[64];
    gw_id_format(id, rows[shown - 1].id);
    snprintf(cursor, sizeof cursor, "%lld-%s", (long long)rows[shown - 1].departure_us, id);
    b->out->cursor = gw_arena_text(b->a, gw_span_str(cursor), err);
    return b->out->cursor != NULL;
}

static bool read_limit(size_t *out, size_t limit, struct gw_err *err)
{
    if (limit > GW_PAGE_MOST)
        return gw_fail(err, GW_ERR_INVALID, "limit is at most %d", GW_PAGE_MOST);
    *out = limit == 0 ? GW_PAGE_DEFAULT : limit;
    return true;
}

static bool bad_cursor(struct gw_err *err)
{
    return gw_fail(err, GW_ERR_INVALID, "cursor is not one of this list");
}

bool gw_service_voyages(struct gw_voyage_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_voyage_filter *f, struct gw_err *err)
{
    struct board b = { .out = out, .a = a };
    char port[9] = "";
    *out = (struct gw_voyage_page){};
    if (!gw_allow(who,
            GW_ROLE_BIT(CARRIER) | GW_ROLE_BIT(OFFICER) | GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(ADMIN) |
                GW_ROLE_BIT(DEVICE),
            err) ||
        !read_limit(&b.limit, f->limit, err))
        return false;
    if (f->port.size > 0 && !gw_code(port, 2, 8, f->port))
        return gw_fail(err, GW_ERR_INVALID, "port must be a port's code of 2 to 8 letters and digits");
    b.search = (struct gw_voyage_search){
        .from_us = f->has_from ? f->from_us : INT64_MIN,
        .to_us = f->has_to ? f->to_us : INT64_MAX,
        .has_mode = f->has_mode,
        .mode = (int)f->mode,
        .port = gw_span_str(port),
        .carrier = gw_span_str(who->carrier),
        .site = gw_span_str(who->site),
        .limit = b.limit + 1, /* one more tells whether there is a next page */
    };
    if (f->cursor.size > 0) {
        size_t dash = f->cursor.size < GW_ID_TEXT ? 0 : f->cursor.size - GW_ID_TEXT;
        uint64_t after;
        if (dash == 0 || f->cursor.data[dash] != '-' || !gw_span_uint(gw_span_slice(f->cursor, 0, dash), INT64_MAX, &after) ||
            !gw_id_parse(&b.search.after, gw_span_slice(f->cursor, dash + 1, f->cursor.size)))
            return bad_cursor(err);
        b.search.has_after = true;
        b.search.after_us = (int64_t)after;
    }
    return gw_store_read(s->store, read_board, &b, err);
}

/* ---- one voyage ---------------------------------------------------------------------- */

struct single {
    struct gw_arena *a;
    struct gw_service *s;
    const struct gw_caller *who;
    struct gw_id voyage;
    struct gw_voyage *out;
    struct gw_traveler_page *page;
    struct gw_readiness *readiness;
    int64_t after;
    size_t limit;
};

static bool enter(struct single *o, struct gw_voyage_row *v, struct gw_tx *tx, struct gw_err *err)
{
    return gw_store_voyage_get(v, o->a, tx, o->voyage, err) && gw_allow_voyage(o->who, v, err);
}

static bool read_one(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct single *o = arg;
    struct gw_voyage_row v;
    if (!enter(o, &v, tx, err))
        return false;
    show(o->out, &v);
    return count(o->out, tx, err);
}

static void set_port_time(struct gw_json *j, const char *key, const struct gw_manifest_time *t)
{
    char text[GW_TIME_TEXT];
    if (!t->has) {
        gw_json_set_null(j, key);
        return;
    }
    gw_time_format(text, t->us);
    size_t n = strlen(text);
    if (t->local && n > 0 && text[n - 1] == 'Z')
        text[n - 1] = 0; /* the port's local time: no zone was given, so none is claimed */
    gw_json_set_text(j, key, text);
}

struct gw_json *gw_voyage_to_json(const struct gw_voyage *v)
{
    struct gw_json *j = gw_json_object(), *counts = gw_json_object();
    gw_json_set_id(j, "voyage", v->id);
    gw_json_set_text(j, "mode", gw_mode_name(v->mode));
    gw_json_set_text(j, "direction", gw_direction_name(v->direction));
    gw_json_set_text(j, "carrier", v->carrier);
    gw_json_set_text(j, "number", v->number);
    gw_json_set_text(j, "from", v->from);
    gw_json_set_text(j, "to", v->to);
    set_port_time(j, "departure", &v->departure);
    set_port_time(j, "arrival", &v->arrival);
    gw_json_set_text(j, "state", gw_voyage_state_name(v->state));
    gw_json_set_bool(j, "cancelled", v->cancelled);
    gw_json_set_time_or_null(j, "closed_at", v->has_closed, v->closed_us);
    gw_json_set_time_or_null(j, "purge_at", v->has_purge, v->purge_us);
    gw_json_set_integer(j, "travelers", (int64_t)v->n_travelers);
    for (int i = 0; i < GW_STATUS_COUNT; i++)
        if (i != GW_STATUS_REMOVED)
            gw_json_set_integer(counts, gw_traveler_status_name((enum gw_traveler_status)i), (int64_t)v->by_status[i]);
    gw_json_set(j, "by_status", counts);
    return j;
}

bool gw_service_voyage(struct gw_voyage *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id voyage, struct gw_err *err)
{
    struct single o = { .a = a, .s = s, .who = who, .voyage = voyage, .out = out };
    *out = (struct gw_voyage){};
    return gw_allow(who,
               GW_ROLE_BIT(CARRIER) | GW_ROLE_BIT(OFFICER) | GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(ADMIN) |
                   GW_ROLE_BIT(DEVICE),
               err) &&
           gw_store_read(s->store, read_one, &o, err);
}

/* What each role sees of a traveler. */
static bool show_traveler(struct gw_traveler *o, const struct single *from, const struct gw_traveler_row *t,
    struct gw_err *err)
{
    struct gw_person person;
    enum gw_role role = from->who->role;
    bool officer = role == GW_ROLE_OFFICER || role == GW_ROLE_SUPERVISOR;
    if (!gw_person_read(&person, from->a, t->person, err))
        return false;
    *o = (struct gw_traveler){
        .id = t->id,
        .kind = (enum gw_traveler_kind)t->kind,
        .reference = (const char *)person.reference.data,
        .seat = (const char *)person.seat.data,
        .status = (enum gw_traveler_status)t->status,
        .portraits = t->portraits,
        .has_name = officer || role == GW_ROLE_CARRIER,
        .has_cleared = officer && t->has_cleared && t->status != GW_STATUS_EXPECTED, /* a clear that was undone is none */
    };
    if (o->has_name) {
        o->surname = (const char *)person.surname.data;
        o->given_names = (const char *)person.given_names.data;
    }
    if (o->has_cleared)
        o->cleared_us = t->cleared_us;
    return true;
}

bool gw_voyage_gone(struct gw_err *err)
{
    return gw_fail(err, GW_ERR_GONE, "the voyage's travelers were purged; its counts remain");
}

static bool read_travelers(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct single *o = arg;
    struct gw_voyage_row v;
    struct gw_traveler_row *rows;
    size_t n;
    if (!enter(o, &v, tx, err))
        return false;
    if (v.has_purged)
        return gw_voyage_gone(err);
    if (!gw_store_travelers(&rows, &n, o->a, tx, o->voyage, gw_service_model(o->s), o->after, o->limit + 1, false, err))
        return false;
    size_t shown = GW_MIN(n, o->limit);
    o->page->travelers = gw_arena_array(o->a, shown, struct gw_traveler, err);
    if (o->page->travelers == NULL)
        return false;
    for (size_t i = 0; i < shown; i++)
        if (!show_traveler(&o->page->travelers[i], o, &rows[i], err))
            return false;
    o->page->n = shown;
    if (n == shown)
        return true;
    char cursor[32];
    snprintf(cursor, sizeof cursor, "%lld", (long long)rows[shown - 1].ordinal);
    o->page->cursor = gw_arena_text(o->a, gw_span_str(cursor), err);
    return o->page->cursor != NULL;
}

#define MAY_SEE_TRAVELERS (GW_ROLE_BIT(CARRIER) | GW_ROLE_BIT(OFFICER) | GW_ROLE_BIT(SUPERVISOR))

bool gw_service_travelers(struct gw_traveler_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, struct gw_span cursor, size_t limit, struct gw_err *err)
{
    struct single o = { .a = a, .s = s, .who = who, .voyage = voyage, .page = out, .after = -1 };
    uint64_t after;
    *out = (struct gw_traveler_page){};
    if (!gw_allow(who, MAY_SEE_TRAVELERS, err) || !read_limit(&o.limit, limit, err))
        return false;
    if (cursor.size > 0) {
        if (!gw_span_uint(cursor, INT64_MAX, &after))
            return bad_cursor(err);
        o.after = (int64_t)after;
    }
    return gw_store_read(s->store, read_travelers, &o, err) && gw_audit_view(s, who, "travelers", voyage, err);
}

/* o->who NULL: counts only. */
static bool count_covered(struct gw_readiness *r, const struct single *o, struct gw_tx *tx, const struct gw_voyage_row *v, struct gw_err *err)
{
    struct gw_traveler_row *rows;
    size_t n;
    GW_AUTO_VALUE(gw_law) law = {};
    gw_law_at(&law, o->s, v, "");
    if (!gw_store_travelers(&rows, &n, o->a, tx, v->id, gw_service_model(o->s), -1, GW_MANIFEST_TRAVELERS_MAX, false, err))
        return false;
    r->uncovered = gw_arena_array(o->a, n, struct gw_traveler, err);
    if (r->uncovered == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        const struct gw_pack_rule *rule;
        if (rows[i].status == GW_STATUS_DECLINED)
            continue;
        if (!gw_law_ask(&rule, &law, o->a, rows[i].person, err))
            return false;
        if (!gw_law_photo(rule)) {
            r->not_photographed++;
            continue;
        }
        r->expected++;
        r->covered += rows[i].portraits > 0;
        r->covered_by_several += rows[i].portraits > 1;
        if (rows[i].portraits == 0 && o->who != NULL && !show_traveler(&r->uncovered[r->n_uncovered++], o, &rows[i], err))
            return false;
    }
    return true;
}

bool gw_readiness_count(struct gw_readiness *out, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    const struct gw_voyage_row *v, struct gw_err *err)
{
    const struct single o = { .a = a, .s = s };
    return count_covered(out, &o, tx, v, err);
}

/* Each list, when it was due and when it came; and how covered the gallery was at the marks. */
static bool read_deadlines(struct gw_readiness *r, const struct single *o, struct gw_tx *tx, const struct gw_voyage_row *v, struct gw_err *err)
{
    struct gw_announced_row announced[GW_LIST_KINDS];
    struct gw_readiness_mark *marks;
    int64_t now = gw_clock_now(&o->s->clock);
    if (!gw_store_announced(announced, tx, v->id, err) || !gw_store_marks(&marks, &r->n_marks, o->a, tx, v->id, err))
        return false;
    for (int kind = 0; kind < GW_LIST_KINDS; kind++) {
        struct gw_list_due *l = &r->lists[kind];
        struct gw_due due;
        gw_due_find(&due, o->s, v, kind, false);
        l->has_due = due.known;
        l->due_us = due.us;
        l->basis = due.rule == NULL ? NULL : gw_arena_text(o->a, due.rule->source, err);
        if (due.rule != NULL && l->basis == NULL)
            return false;
        l->has_received = announced[kind].has_whole;
        l->received_us = announced[kind].whole_us;
        l->late = gw_due_passed(&due, l->has_received ? l->received_us : now);
    }
    r->marks = gw_arena_array(o->a, r->n_marks, struct gw_readiness_at, err);
    for (size_t i = 0; r->marks != NULL && i < r->n_marks; i++)
        r->marks[i] = (struct gw_readiness_at){ (unsigned)marks[i].minutes, marks[i].at_us, marks[i].expected, marks[i].covered, marks[i].several };
    return r->marks != NULL;
}

static bool read_readiness(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct single *o = arg;
    struct gw_readiness *r = o->readiness;
    struct gw_voyage_row v;
    if (!enter(o, &v, tx, err))
        return false;
    if (v.has_purged)
        return gw_voyage_gone(err);
    r->late = v.late;
    r->first_manifest_us = v.first_manifest_us;
    r->last_manifest_us = v.last_manifest_us;
    return read_deadlines(r, o, tx, &v, err) && count_covered(r, o, tx, &v, err);
}

bool gw_service_readiness(struct gw_readiness *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, struct gw_err *err)
{
    struct single o = { .a = a, .s = s, .who = who, .voyage = voyage, .readiness = out };
    *out = (struct gw_readiness){};
    if (!gw_allow(who, MAY_SEE_TRAVELERS, err) || !gw_store_read(s->store, read_readiness, &o, err) ||
        (out->n_uncovered > 0 && !gw_audit_view(s, who, "readiness", voyage, err)))
        return false;
    GW_AUTO(gw_gallery) *gallery = NULL;
    out->gallery = gw_galleries_state(&gallery, s->galleries, voyage);
    if (gallery != NULL) {
        out->gallery_persons = gw_gallery_persons(gallery);
        out->gallery_templates = gw_gallery_templates(gallery);
    }
    return true;
}
