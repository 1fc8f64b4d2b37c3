/* get_travelers.c - who is expected, and how ready a voyage is. */
#include "http/exchange.h"

struct gw_json *gw_traveler_to_json(const struct gw_traveler *t)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "traveler", t->id);
    gw_json_set_text(j, "kind", gw_traveler_kind_name(t->kind));
    gw_json_set_text(j, "reference", t->reference);
    gw_json_set_text(j, "seat", t->seat);
    gw_json_set_text(j, "status", gw_traveler_status_name(t->status));
    gw_json_set_integer(j, "portraits", t->portraits);
    if (t->has_name) {
        gw_json_set_text(j, "surname", t->surname);
        gw_json_set_text(j, "given_names", t->given_names);
    }
    if (t->has_cleared)
        gw_json_set_time(j, "cleared_at", t->cleared_us);
    return j;
}

bool gw_get_travelers(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_traveler_page page;
    struct gw_span cursor;
    size_t limit;
    if (!gw_exchange_page(&limit, &cursor, x, err) ||
        !gw_service_travelers(&page, x->mem, x->service, &x->who, x->voyage, cursor, limit, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < page.n; i++)
        gw_json_add(list, gw_traveler_to_json(&page.travelers[i]));
    gw_json_set(j, "travelers", list);
    gw_json_set_text(j, "cursor", page.cursor);
    return gw_exchange_json(x, 200, j);
}

static struct gw_json *lists_json(const struct gw_readiness *r)
{
    struct gw_json *lists = gw_json_array();
    for (size_t i = 0; i < GW_COUNT(r->lists); i++) {
        struct gw_json *l = gw_json_object();
        gw_json_set_text(l, "list", i == GW_TRAVELER_CREW ? "crew" : "passengers");
        gw_json_set_time_or_null(l, "due_at", r->lists[i].has_due, r->lists[i].due_us);
        gw_json_set_text(l, "basis", r->lists[i].basis);
        gw_json_set_time_or_null(l, "received_at", r->lists[i].has_received, r->lists[i].received_us);
        gw_json_set_text(l, "state", r->lists[i].has_received ? r->lists[i].late ? "late" : "in_time" : r->lists[i].late ? "missing" : "pending");
        gw_json_add(lists, l);
    }
    return lists;
}

static struct gw_json *marks_json(const struct gw_readiness *r)
{
    struct gw_json *marks = gw_json_array();
    for (size_t i = 0; i < r->n_marks; i++) {
        struct gw_json *m = gw_json_object();
        gw_json_set_integer(m, "minutes_before", r->marks[i].minutes);
        gw_json_set_time(m, "at", r->marks[i].at_us);
        gw_json_set_integer(m, "expected", (int64_t)r->marks[i].expected);
        gw_json_set_integer(m, "covered", (int64_t)r->marks[i].covered);
        gw_json_set_integer(m, "covered_by_several", (int64_t)r->marks[i].covered_by_several);
        gw_json_add(marks, m);
    }
    return marks;
}

bool gw_get_readiness(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_readiness r;
    if (!gw_service_readiness(&r, x->mem, x->service, &x->who, x->voyage, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *portraits = gw_json_object(), *uncovered = gw_json_array(), *gallery = gw_json_object();
    gw_json_set_id(j, "voyage", x->voyage);
    gw_json_set_integer(portraits, "expected", (int64_t)r.expected);
    gw_json_set_integer(portraits, "covered", (int64_t)r.covered);
    gw_json_set_integer(portraits, "covered_by_several", (int64_t)r.covered_by_several);
    gw_json_set_integer(portraits, "not_photographed", (int64_t)r.not_photographed);
    for (size_t i = 0; i < r.n_uncovered; i++)
        gw_json_add(uncovered, gw_traveler_to_json(&r.uncovered[i]));
    gw_json_set(portraits, "uncovered", uncovered);
    gw_json_set(j, "portraits", portraits);
    gw_json_set_text(gallery, "state", gw_gallery_state_name(r.gallery));
    gw_json_set_integer(gallery, "persons", (int64_t)r.gallery_persons);
    gw_json_set_integer(gallery, "templates", (int64_t)r.gallery_templates);
    gw_json_set(j, "gallery", gallery);
    gw_json_set_bool(j, "late", r.late);
    gw_json_set_time(j, "first_manifest_at", r.first_manifest_us);
    gw_json_set_time(j, "last_manifest_at", r.last_manifest_us);
    gw_json_set(j, "lists", lists_json(&r));
    gw_json_set(j, "marks", marks_json(&r));
    return gw_exchange_json(x, 200, j);
}
