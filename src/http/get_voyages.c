/* get_voyages.c - the board, and one voyage. */
#include "http/exchange.h"

#include <stdio.h>

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

bool gw_get_voyages(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_voyage_filter filter = {};
    struct gw_voyage_page page;
    struct gw_span mode = {};
    if (!gw_exchange_moment(&filter.has_from, &filter.from_us, x, "from", err) ||
        !gw_exchange_moment(&filter.has_to, &filter.to_us, x, "to", err) ||
        !gw_exchange_page(&filter.limit, &filter.cursor, x, err))
        return false;
    filter.has_mode = gw_uri_query(&x->asked->uri, "mode", &mode);
    if (filter.has_mode && !gw_mode_find(&filter.mode, mode))
        return gw_fail(err, GW_ERR_USAGE, "mode takes air, sea or land");
    gw_uri_query(&x->asked->uri, "port", &filter.port);
    if (!gw_service_voyages(&page, x->mem, x->service, &x->who, &filter, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < page.n; i++)
        gw_json_add(list, gw_voyage_to_json(&page.voyages[i]));
    gw_json_set(j, "voyages", list);
    gw_json_set_text(j, "cursor", page.cursor);
    return gw_exchange_json(x, 200, j);
}

bool gw_get_voyage(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_voyage v;
    if (!gw_service_voyage(&v, x->mem, x->service, &x->who, x->voyage, err))
        return false;
    GW_AUTO(gw_json) *j = gw_voyage_to_json(&v);
    return gw_exchange_json(x, 200, j);
}
