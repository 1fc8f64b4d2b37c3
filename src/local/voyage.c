/* voyage.c - the verbs about voyages: which there are, one, and its end. */
#include "local/voyage.h"
#include "base/clock.h"

enum { ARENA_BYTES = 64 << 20, PAGE = 500 };

static bool read_id(struct gw_id *out, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_span text = {};
    gw_json_get_string(ask, "voyage", &text);
    return gw_id_parse(out, text) || gw_fail(err, GW_ERR_USAGE, "show and close take the id of a voyage, as `list` shows it");
}

struct gw_json *gw_local_voyage_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    struct gw_voyage_filter filter = { .limit = PAGE };
    bool open_only = false;
    gw_json_get_string(ask, "port", &filter.port);
    gw_json_get_bool(ask, "open", &open_only);
    gw_json_set(j, "voyages", list);
    GW_AUTO_VALUE(gw_buf) cursor = {};
    for (bool more = true; more;) {
        GW_AUTO(gw_arena) *a = gw_arena_new(ARENA_BYTES);
        struct gw_voyage_page page;
        if (!gw_service_voyages(&page, a, s, who, &filter, err))
            return NULL;
        for (size_t i = 0; i < page.n; i++)
            if (!open_only || page.voyages[i].state != GW_VOYAGE_CLOSED)
                gw_json_add(list, gw_voyage_to_json(&page.voyages[i]));
        more = page.cursor != NULL;
        gw_buf_clear(&cursor);
        gw_buf_add_text(&cursor, more ? page.cursor : "");
        filter.cursor = gw_buf_span(&cursor);
    }
    return gw_take(j);
}

struct gw_json *gw_local_voyage_show(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(ARENA_BYTES);
    struct gw_voyage v;
    struct gw_id id;
    return read_id(&id, ask, err) && gw_service_voyage(&v, a, s, who, id, err) ? gw_voyage_to_json(&v) : NULL;
}

struct gw_json *gw_local_voyage_close(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(ARENA_BYTES);
    struct gw_close c;
    struct gw_id id;
    if (!read_id(&id, ask, err) || !gw_service_close_voyage(&c, a, s, who, id, &(struct gw_close_ask){}, NULL, err))
        return NULL;
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "voyage", c.voyage);
    gw_json_set_integer(j, "boarded", (int64_t)c.boarded);
    gw_json_set_integer(j, "not_boarded", (int64_t)c.not_boarded);
    gw_json_set_time(j, "closed_at", c.closed_us);
    gw_json_set_time(j, "purge_at", c.purge_us);
    gw_json_set_bool(j, "already", c.already);
    return j;
}
