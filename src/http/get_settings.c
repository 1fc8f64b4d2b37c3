/* get_settings.c - the settings in force, to be looked at; they are changed in the file. */
#include "http/exchange.h"
#include "http/http.h"

#include "base/conf.h"

/* Addresses of stores and endpoints may hold a password: user:password@host. */
static void hide_password(struct gw_buf *value)
{
    const struct gw_span all = gw_buf_span(value);
    uint8_t *at = all.size == 0 ? NULL : memchr(value->data, '@', all.size);
    uint8_t *slashes = all.size == 0 ? NULL : memmem(value->data, all.size, "://", 3);
    if (at == NULL || slashes == NULL || slashes > at)
        return;
    uint8_t *colon = memchr(slashes + 3, ':', (size_t)(at - slashes - 3));
    if (colon != NULL)
        memset(colon + 1, '*', (size_t)(at - colon - 1));
}

bool gw_get_settings(struct gw_exchange *x, struct gw_err *err)
{
    (void)err;
    size_t n;
    const struct gw_conf_row *rows = gw_conf_rows(&n);
    GW_AUTO(gw_json) *j = gw_json_object();
    GW_AUTO_VALUE(gw_conf) defaults = {};
    struct gw_json *list = gw_json_array();
    gw_conf_init(&defaults);
    for (size_t i = 0; i < n; i++) {
        GW_AUTO_VALUE(gw_buf) value = {}, initial = {};
        struct gw_json *o = gw_json_object();
        gw_conf_format(&value, gw_exchange_conf(x), &rows[i]);
        hide_password(&value);
        gw_json_set_text(o, "name", rows[i].name);
        gw_json_set_text(o, "value", gw_buf_text(&value));
        gw_conf_format(&initial, &defaults, &rows[i]); /* as the value is written, so that the two compare */
        gw_json_set_text(o, "default", gw_buf_text(&initial));
        gw_json_set_bool(o, "reloadable", rows[i].reload);
        gw_json_set_text(o, "help", rows[i].help);
        gw_json_add(list, o);
    }
    gw_json_set(j, "settings", list);
    return gw_exchange_json(x, 200, j);
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    const struct gw_reloaded *done = answer;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_integer(j, "changed", (int64_t)done->changed);
    gw_json_set_integer(j, "need_restart", (int64_t)done->need_restart);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

struct reloading {
    const struct gw_exchange *x;
    struct gw_reloaded done;
};

static bool act(void *self, struct gw_err *err)
{
    struct reloading *r = self;
    return gw_exchange_reload(&r->done, r->x, err);
}

bool gw_post_reload(struct gw_exchange *x, struct gw_err *err)
{
    struct reloading r = { .x = x };
    GW_AUTO(gw_json) *body = NULL;
    return gw_exchange_body(&body, x, "", err) && gw_exchange_begin(x, render, err) &&
        gw_service_once(x->service, x->once, act, &r, &r.done, err) && gw_exchange_answer(x, render, &r.done);
}
