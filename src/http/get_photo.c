/* get_photo.c - one stored photo, for a purpose and a case. */
#include "http/exchange.h"

bool gw_get_photo(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_photo_ask ask = { .photo = gw_exchange_id(x, "photo") };
    struct gw_span purpose = {}, basis = {};
    if (!gw_uri_query(&x->asked->uri, "purpose", &purpose) || !gw_photo_purpose_find(&ask.purpose, purpose))
        return gw_fail(err, GW_ERR_USAGE, "purpose is needed: inspection, referral, redress or investigation");
    if (!gw_uri_query(&x->asked->uri, "case", &basis) || !gw_id_parse(&ask.basis, basis))
        return gw_fail(err, GW_ERR_USAGE, "case is needed: the id of the inspection this photo is part of");
    if (!gw_service_photo(&x->request->answer, x->service, x->worker, &x->who, &ask, err))
        return false;
    x->request->type = "image/jpeg";
    x->request->status = 200;
    return true;
}
