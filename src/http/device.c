/* device.c - devices, what they say of themselves, and the sites where they stand. */
#include "http/exchange.h"

#include <stdlib.h>

#define RECENT_US (5 * 60 * GW_US_PER_S)

/* What it is to itself; what is the operator's own is added for him. */
static struct gw_json *to_json(const struct gw_device *d)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "device", d->token.id);
    gw_json_set_text(j, "site", d->token.site);
    gw_json_set_time_or_null(j, "seen_at", d->has_seen, d->seen_us);
    gw_json_set_time_or_null(j, "reported_at", d->has_reported, d->reported_us);
    gw_json_set_text_or_null(j, "software", d->software);
    gw_json_set_time_or_null(j, "started_at", d->has_started, d->started_us);
    gw_json_set_text(j, "camera", gw_camera_state_name(d->camera));
    gw_json_set_integer(j, "camera_errors", d->camera_errors);
    gw_json_set_text_or_null(j, "notice_version", d->notice_version);
    gw_json_set_text_or_null(j, "notice_language", d->notice_language);
    gw_json_set_text(j, "notice_state", d->has_notice_state ? gw_notice_state_name(d->notice_state) : NULL);
    return j;
}

bool gw_get_devices(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_device *devices;
    struct gw_span state = {};
    size_t n;
    bool every = gw_uri_query(&x->asked->uri, "state", &state);
    if (every && !gw_span_is(state, "valid") && !gw_span_is(state, "expired") && !gw_span_is(state, "revoked"))
        return gw_fail(err, GW_ERR_USAGE, "state takes valid, expired or revoked");
    if (!gw_service_devices(&devices, &n, x->mem, x->service, &x->who, every, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < n; i++) {
        const struct gw_token *t = &devices[i].token;
        const char *is = gw_token_state(t, gw_service_now(x->service));
        if (every && !gw_span_is(state, is))
            continue;
        struct gw_json *o = to_json(&devices[i]);
        gw_json_set_text(o, "label", t->label);
        gw_json_set_text(o, "state", is);
        gw_json_set_text(o, "credential", t->has_certificate ? "certificate" : "secret");
        gw_json_set_time(o, "created_at", t->created_us);
        gw_json_set_time(o, "expires_at", t->expires_us);
        gw_json_add(list, o);
    }
    gw_json_set(j, "devices", list);
    return gw_exchange_json(x, 200, j);
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    GW_AUTO(gw_json) *j = to_json(answer);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

static bool read_moment(bool *has, int64_t *us, const struct gw_json *body, const char *key, struct gw_err *err)
{
    struct gw_span text;
    if (!gw_exchange_text(&text, body, key, GW_TIME_TEXT, err))
        return false;
    *has = text.size > 0;
    return !*has || gw_time_parse(us, NULL, text) ||
        gw_fail(err, GW_ERR_INVALID, "\"%s\" takes a time such as 2026-11-23T10:15:00Z, or null", key);
}

bool gw_put_my_status(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_device device;
    struct gw_device_report r = {};
    struct gw_span camera = {};
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "software started_at camera camera_errors notice_version notice_language mode direction", err) ||
        !gw_exchange_text(&r.software, body, "software", 64, err) || !read_moment(&r.has_started, &r.started_us, body, "started_at", err) ||
        !gw_exchange_text(&camera, body, "camera", 16, err) || !gw_exchange_text(&r.notice_version, body, "notice_version", 16, err) ||
        !gw_exchange_text(&r.notice_language, body, "notice_language", 15, err) || !gw_exchange_text(&r.mode, body, "mode", 16, err) ||
        !gw_exchange_text(&r.direction, body, "direction", 16, err))
        return false;
    if (camera.size > 0 && !gw_camera_state_find(&r.camera, camera))
        return gw_fail(err, GW_ERR_INVALID, "\"camera\" takes working, off, absent, denied, failed or unknown");
    const struct gw_json *errors = gw_json_get(body, "camera_errors");
    if (errors != NULL && gw_json_kind(errors) != GW_JSON_NULL && !gw_json_get_integer(body, "camera_errors", &r.camera_errors))
        return gw_fail(err, GW_ERR_INVALID, "\"camera_errors\" takes a whole number, or null");
    return gw_exchange_begin(x, render, err) &&
        gw_service_device_report(&device, x->mem, x->service, &x->who, &r, x->once, err) && gw_exchange_answer(x, render, &device);
}

/* ---- sites: where there is a device, or a notice ---- */

struct site {
    const char *code;
    int64_t devices, seen;
};

static struct site *site_of(struct site *sites, size_t *n, const char *code)
{
    for (size_t i = 0; i < *n; i++)
        if (strcmp(sites[i].code, code) == 0)
            return &sites[i];
    sites[*n] = (struct site){ .code = code };
    return &sites[(*n)++];
}

static int by_code(const void *a, const void *b)
{
    return strcmp(((const struct site *)a)->code, ((const struct site *)b)->code);
}

bool gw_get_sites(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_device *devices;
    struct gw_posted *posted;
    size_t n_devices, n_posted, n = 0;
    const int64_t now = gw_service_now(x->service);
    if (!gw_service_devices(&devices, &n_devices, x->mem, x->service, &x->who, false, err) ||
        !gw_service_notices(&posted, &n_posted, x->mem, x->service, &x->who, (struct gw_span){}, err))
        return false;
    struct site *sites = gw_arena_array(x->mem, n_devices + n_posted, struct site, err);
    if (sites == NULL)
        return false;
    for (size_t i = 0; i < n_devices; i++) {
        struct site *at = site_of(sites, &n, devices[i].token.site);
        at->devices += devices[i].token.expires_us > now;
        at->seen += devices[i].token.expires_us > now && devices[i].has_seen && now - devices[i].seen_us < RECENT_US;
    }
    for (size_t i = 0; i < n_posted; i++)
        site_of(sites, &n, posted[i].site);
    qsort(sites, n, sizeof *sites, by_code);
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < n; i++) {
        struct gw_json *o = gw_json_object(), *notices = gw_json_array();
        gw_json_set_text(o, "site", sites[i].code);
        gw_json_set_integer(o, "devices", sites[i].devices);
        gw_json_set_integer(o, "devices_seen", sites[i].seen);
        for (size_t k = 0; k < n_posted; k++)
            if (strcmp(posted[k].site, sites[i].code) == 0)
                gw_json_add(notices, gw_posted_to_json(&posted[k]));
        gw_json_set(o, "notices", notices);
        gw_json_add(list, o);
    }
    gw_json_set(j, "sites", list);
    return gw_exchange_json(x, 200, j);
}
