/* post_verification.c - is the person in this picture expected on the voyage? */
#include "http/exchange.h"

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    const struct gw_verification *v = answer;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id(j, "verification", v->id);
    gw_json_set_text(j, "decision", gw_answer_name(v->answer));
    gw_json_set_text(j, "guidance", gw_guidance_name(v->guidance));
    if (v->has_traveler) {
        struct gw_json *t = gw_json_object();
        gw_json_set_text(t, "reference", *v->reference == 0 ? NULL : v->reference);
        gw_json_set_text(t, "seat", *v->seat == 0 ? NULL : v->seat);
        gw_json_set(j, "traveler", t);
    } else
        gw_json_set_null(j, "traveler");
    gw_json_set_integer(j, "attempt", v->attempt);
    gw_json_set_integer(j, "attempts_left", v->attempts_left);
    gw_json_set_text(j, "receipt", *v->receipt == 0 ? NULL : v->receipt);
    gw_json_set_rounded(j, "elapsed_ms", (double)v->elapsed_us / 1000, 1);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 200;
}

bool gw_post_verification(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_verification v;
    struct gw_verify_ask ask = { .picture = x->request->body, .received_us = x->request->begun_us };
    struct gw_span header = {};
    if (ask.picture.size == 0)
        return gw_fail(err, GW_ERR_FORMAT, "there is no picture in the request");
    gw_request_header(x->request, "X-Boarding-Pass", &ask.boarding_pass);
    gw_uri_query(&x->asked->uri, "document", &ask.document_number);
    if (gw_request_header(x->request, "X-Document-Number", &header))
        ask.document_number = gw_span_trim(header);
    if (gw_request_header(x->request, "X-Issuing-State", &header))
        ask.issuing_state = gw_span_trim(header);
    if (!gw_exchange_begin(x, render, err) ||
        !gw_service_verify(&v, x->service, x->worker, &x->who, x->voyage, &ask, x->once, err))
        return false;
    return gw_exchange_answer(x, render, &v);
}
