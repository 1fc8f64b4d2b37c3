/* post_decline.c - the person chose not to be photographed. */
#include "http/exchange.h"

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    const struct gw_decline *d = answer;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id(j, "decline", d->id);
    gw_json_set_text(j, "decision", gw_answer_name(GW_ANSWER_INSPECT));
    gw_json_set_text(j, "receipt", d->receipt);
    if (d->has_traveler) {
        struct gw_json *t = gw_json_object();
        gw_json_set_text(t, "reference", *d->reference == 0 ? NULL : d->reference);
        gw_json_set_text(t, "seat", *d->seat == 0 ? NULL : d->seat);
        gw_json_set(j, "traveler", t);
    } else
        gw_json_set_null(j, "traveler");
    gw_json_set_text(j, "alternative", gw_alternative_name(d->alternative));
    gw_json_set_text(j, "instruction", *d->instruction == 0 ? NULL : d->instruction);
    gw_json_set_text(j, "language", *d->language == 0 ? NULL : d->language);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 201;
}

bool gw_post_decline(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_decline d;
    struct gw_decline_ask ask = {};
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "reference document_number issuing_state language", err) ||
        !gw_exchange_named(&ask.named, body, err) ||
        !gw_exchange_text(&ask.language, body, "language", GW_MANIFEST_WORD_MAX, err) ||
        !gw_exchange_begin(x, render, err) ||
        !gw_service_decline(&d, x->service, &x->who, x->voyage, &ask, x->once, err))
        return false;
    return gw_exchange_answer(x, render, &d);
}
