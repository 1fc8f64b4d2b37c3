/* get_voyages.c - the board, and one voyage. */
#include "http/exchange.h"

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
