/* setup.c - the first admin, for whoever has the code that was printed at start. */
#include "http/exchange.h"

#include "base/crypto.h"

bool gw_get_setup(struct gw_exchange *x, struct gw_err *err)
{
    (void)err;
    GW_AUTO(gw_json) *j = gw_json_object();
    int64_t until_us;
    bool open = gw_service_setup_open(x->service, &until_us);
    gw_json_set_bool(j, "open", open);
    if (open)
        gw_json_set_time(j, "until", until_us);
    else
        gw_json_set_null(j, "until");
    return gw_exchange_json(x, 200, j);
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    const struct gw_token_made *m = answer;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id(j, "token", m->token.id);
    gw_json_set_text(j, "secret", m->secret);
    gw_json_set_text(j, "role", gw_role_name(m->token.role));
    gw_json_set_text(j, "label", m->token.label);
    gw_json_set_time(j, "expires_at", m->token.expires_us);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 201;
}

bool gw_post_setup(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_token_made made = {};
    struct gw_setup_ask ask = {};
    GW_AUTO(gw_json) *body = NULL;
    static_assert(sizeof ask.from == sizeof x->request->from.bytes);
    memcpy(&ask.from, x->request->from.bytes, sizeof ask.from);
    bool fine = gw_exchange_body(&body, x, "code label", err) && gw_exchange_text(&ask.code, body, "code", 64, err) &&
        gw_exchange_text(&ask.label, body, "label", GW_LABEL_TEXT - 1, err) && gw_exchange_begin(x, render, err) &&
        gw_service_setup(&made, x->service, &ask, x->once, err) && gw_exchange_answer(x, render, &made);
    gw_wipe(&made, sizeof made);
    return fine;
}
