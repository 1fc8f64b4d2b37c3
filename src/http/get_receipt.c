/* get_receipt.c - a traveler's receipt, and an auditor's of a purge. */
#include "http/exchange.h"
#include "image/qr.h"

static bool send_qr(struct gw_exchange *x, struct gw_span number, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_add_text(&text, gw_service_conf(x->service)->receipt_url);
    gw_buf_add(&text, number.data, number.size);
    if (!gw_qr_svg(&x->request->answer, gw_buf_span(&text), err))
        return false;
    x->request->type = "image/svg+xml";
    x->request->status = 200;
    return true;
}

bool gw_get_receipt(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_span number = gw_exchange_word(x, "receipt");
    GW_AUTO(gw_json) *j = gw_service_receipt(x->mem, x->service, number, err);
    if (j == NULL)
        return false;
    return gw_exchange_wants(x, "image/svg+xml") ? send_qr(x, number, err) : gw_exchange_json(x, 200, j);
}

bool gw_get_deletion(struct gw_exchange *x, struct gw_err *err)
{
    GW_AUTO(gw_json) *j = gw_service_deletion(x->mem, x->service, &x->who, x->voyage, err);
    return j != NULL && gw_exchange_json(x, 200, j);
}
