/* post_photo_approval.c - a second person lets somebody see more photos. */
#include "http/exchange.h"

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    const struct gw_photo_approval *a = answer;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id(j, "approval", a->id);
    gw_json_set_id(j, "token", a->token);
    gw_json_set_integer(j, "photos", (int64_t)a->photos);
    gw_json_set_time(j, "until", a->until_us);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 201;
}

bool gw_post_photo_approval(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_photo_approval a;
    struct gw_span text = {};
    struct gw_id token;
    int64_t photos;
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "token photos", err) || !gw_exchange_text(&text, body, "token", GW_ID_TEXT, err))
        return false;
    if (!gw_id_parse(&token, text) || !gw_json_get_integer(body, "photos", &photos))
        return gw_fail(err, GW_ERR_INVALID, "\"token\" takes the id of who is to see more photos, \"photos\" how many more");
    if (!gw_exchange_begin(x, render, err) ||
        !gw_service_photo_approve(&a, x->service, &x->who, token, photos < 0 ? 0 : (size_t)photos, x->once, err))
        return false;
    return gw_exchange_answer(x, render, &a);
}
