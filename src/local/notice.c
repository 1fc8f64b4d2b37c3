/* notice.c - the verbs about notices that are posted. */
#include "local/notice.h"
#include "base/clock.h"

enum { ARENA_BYTES = 64 << 20 };

static bool read_mode(struct gw_notice_ask *out, const struct gw_json *ask, struct gw_err *err)
{
    const char *word;
    out->has_mode = gw_json_get_text(ask, "mode", &word);
    if (out->has_mode && !gw_pack_mode_find(&out->mode, word))
        return gw_fail(err, GW_ERR_USAGE, "--mode takes air, sea or land");
    out->has_direction = gw_json_get_text(ask, "direction", &word);
    return !out->has_direction || gw_pack_direction_find(&out->direction, word) ||
        gw_fail(err, GW_ERR_USAGE, "--direction takes arrival or departure");
}

static bool read_ask(struct gw_posted_ask *out, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_span day = {};
    *out = (struct gw_posted_ask){};
    gw_json_get_string(ask, "site", &out->place.site);
    gw_json_get_string(ask, "language", &out->place.language);
    gw_json_get_string(ask, "version", &out->version);
    if (gw_json_get_string(ask, "checked_on", &day) && !gw_date_parse(&out->checked_on, day))
        return gw_fail(err, GW_ERR_USAGE, "--checked takes a day as 2026-11-23");
    return read_mode(&out->place, ask, err);
}

static struct gw_json *list_to_json(const struct gw_posted *all, size_t n)
{
    struct gw_json *j = gw_json_object(), *list = gw_json_array();
    for (size_t i = 0; i < n; i++)
        gw_json_add(list, gw_posted_to_json(&all[i]));
    gw_json_set(j, "notices", list);
    return j;
}

struct gw_json *gw_local_notice_add(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(ARENA_BYTES);
    struct gw_posted_ask want;
    struct gw_posted posted;
    return read_ask(&want, ask, err) && gw_service_notice_post(&posted, a, s, who, &want, err) ? list_to_json(&posted, 1) : NULL;
}

struct gw_json *gw_local_notice_check(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(ARENA_BYTES);
    struct gw_posted_ask want;
    struct gw_posted *all;
    size_t n;
    return read_ask(&want, ask, err) && gw_service_notice_looked(&all, &n, a, s, who, &want, err) ? list_to_json(all, n) : NULL;
}

struct gw_json *gw_local_notice_remove(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    struct gw_posted_ask want;
    return read_ask(&want, ask, err) && gw_service_notice_remove(s, who, &want.place, err) ? list_to_json(NULL, 0) : NULL;
}

struct gw_json *gw_local_notice_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(ARENA_BYTES);
    struct gw_posted *all;
    struct gw_span site = {};
    size_t n;
    gw_json_get_string(ask, "site", &site);
    return gw_service_notices(&all, &n, a, s, who, site, err) ? list_to_json(all, n) : NULL;
}
