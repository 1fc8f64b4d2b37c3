/* watch.c - the verbs about what the vetting authority says: of whom, of one, and its word. */
#include "local/watch.h"
#include "base/clock.h"
#include "base/near.h"

enum { ARENA_BYTES = 64 << 20, PAGE = 500 };

static bool read_voyage(struct gw_id *out, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_span text = {};
    gw_json_get_string(ask, "voyage", &text);
    return gw_id_parse(out, text) || gw_fail(err, GW_ERR_USAGE, "a voyage is named by its id, as `gangway voyage list` shows it");
}

static bool read_status(enum gw_boarding_status *out, const struct gw_json *ask, struct gw_err *err)
{
    const char *names[GW_BOARDING_COUNT], *text = "";
    gw_json_get_text(ask, "boarding_status", &text);
    if (gw_boarding_status_find(out, gw_span_str(text)))
        return true;
    for (int i = 0; i < GW_BOARDING_COUNT; i++)
        names[i] = gw_boarding_status_name((enum gw_boarding_status)i);
    const char *near = gw_near(text, names, GW_COUNT(names));
    return gw_fail(err, GW_ERR_USAGE, "a boarding status is cleared, inhibited or selectee%s%s%s", near == NULL ? "" : "; did you mean ",
        near == NULL ? "" : near, near == NULL ? "" : "?");
}

/* A carrier's reference may look like an id by chance: then whoever has the id is meant, if there is such a one. */
static void read_named(struct gw_named *out, const struct gw_json *ask)
{
    if (gw_json_get_string(ask, "traveler", &out->reference))
        out->has_traveler = gw_id_parse(&out->traveler, out->reference);
    gw_json_get_string(ask, "reference", &out->reference);
    gw_json_get_string(ask, "document_number", &out->document_number);
    gw_json_get_string(ask, "issuing_state", &out->issuing_state);
}

static void set_change(struct gw_json *j, const struct gw_watched_change *c)
{
    gw_json_set_time(j, "said_at", c->at_us);
    gw_json_set_text(j, "said_as", gw_role_name(c->role));
    gw_json_set_id_or_null(j, "said_by", c->has_token, c->token);
}

/* said_…: the latest change, which is the status in force. */
static struct gw_json *watched_to_json(const struct gw_watched *w)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "voyage", w->voyage);
    gw_json_set_id(j, "traveler", w->traveler);
    gw_json_set_text_or_null(j, "reference", w->reference);
    gw_json_set_text(j, "status", gw_traveler_status_name(w->traveler_status));
    gw_json_set_text(j, "boarding_status", w->has_status ? gw_boarding_status_name(w->status) : NULL);
    gw_json_set_time_or_null(j, "as_of", w->has_status, w->as_of_us);
    if (w->n_changes > 0)
        set_change(j, &w->changes[w->n_changes - 1]);
    return j;
}

struct gw_json *gw_local_watch_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_watch_filter filter = { .limit = PAGE };
    filter.has_voyage = gw_json_get(ask, "voyage") != NULL;
    filter.has_status = gw_json_get(ask, "boarding_status") != NULL;
    if ((filter.has_voyage && !read_voyage(&filter.voyage, ask, err)) || (filter.has_status && !read_status(&filter.status, ask, err)))
        return NULL;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    gw_json_set(j, "watched", list);
    GW_AUTO_VALUE(gw_buf) cursor = {};
    for (bool more = true; more;) {
        GW_AUTO(gw_arena) *a = gw_arena_new(ARENA_BYTES);
        struct gw_watch_page page;
        if (!gw_service_watch(&page, a, s, who, &filter, err))
            return NULL;
        for (size_t i = 0; i < page.n; i++)
            gw_json_add(list, watched_to_json(&page.watched[i]));
        more = page.cursor != NULL;
        gw_buf_clear(&cursor);
        gw_buf_add_text(&cursor, more ? page.cursor : "");
        filter.cursor = gw_buf_span(&cursor);
    }
    return gw_take(j);
}

struct gw_json *gw_local_watch_show(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(ARENA_BYTES);
    struct gw_named named = {};
    struct gw_watched w;
    struct gw_id voyage;
    read_named(&named, ask);
    if (!read_voyage(&voyage, ask, err) || !gw_service_watch_one(&w, a, s, who, voyage, &named, err))
        return NULL;
    struct gw_json *j = watched_to_json(&w), *list = gw_json_array();
    for (size_t i = 0; i < w.n_changes; i++) {
        struct gw_json *c = gw_json_object();
        gw_json_set_text(c, "boarding_status", gw_boarding_status_name(w.changes[i].status));
        set_change(c, &w.changes[i]);
        gw_json_add(list, c);
    }
    gw_json_set(j, "changes", list);
    return j;
}

struct gw_json *gw_local_watch_set(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_boarding_ask want = {};
    struct gw_boarding b;
    struct gw_span as_of = {};
    read_named(&want.named, ask);
    if (!read_voyage(&want.voyage, ask, err) || !read_status(&want.status, ask, err))
        return NULL;
    want.has_as_of = gw_json_get_string(ask, "as_of", &as_of);
    if (want.has_as_of && !gw_time_parse(&want.as_of_us, NULL, as_of))
        return gw_fail_null(err, GW_ERR_USAGE, "since when it is so is a time such as 2026-11-23T10:15:00Z");
    if (!gw_service_boarding_status(&b, s, who, &want, NULL, err))
        return NULL;
    struct gw_json *j = gw_boarding_to_json(&b);
    gw_json_set_id(j, "traveler", b.traveler);
    return j;
}

struct gw_json *gw_local_watch_import(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    const struct gw_json *rows = gw_json_get(ask, "rows");
    if (gw_json_kind(rows) != GW_JSON_ARRAY)
        return gw_fail_null(err, GW_ERR_USAGE, "import takes rows");
    struct gw_json *j = gw_json_object(), *list = gw_json_array();
    for (size_t i = 0; i < gw_json_size(rows); i++) {
        struct gw_err why = {};
        struct gw_json *done = gw_local_watch_set(s, who, gw_json_at(rows, i), &why);
        if (done == NULL) {
            done = gw_json_object();
            gw_json_set_text(done, "error", gw_err_name(why.code));
            gw_json_set_text(done, "text", why.text);
        }
        gw_json_add(list, done);
    }
    gw_json_set(j, "rows", list);
    return j;
}
