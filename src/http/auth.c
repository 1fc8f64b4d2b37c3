/* auth.c - tokens and client certificates; they are never written anywhere. */
#include "http/auth.h"

#include <strings.h>

#define CHALLENGE "Bearer realm=\"gangway\""

static bool refuse(struct gw_exchange *x, const char *challenge, const char *text, struct gw_err *err)
{
    gw_request_answer_header(x->request, "WWW-Authenticate", challenge);
    return gw_fail(err, GW_ERR_UNAUTHORIZED, "%s", text);
}

/* Somebody is known; may they ask this? */
static bool admit(struct gw_exchange *x, struct gw_err *err)
{
    unsigned roles = x->route->roles;
    x->has_who = true;
    return roles == GW_MAY_ANYONE || (roles & GW_MAY_PUBLIC) != 0 || (roles >> x->who.role & 1u) != 0 ||
        gw_fail(err, GW_ERR_FORBIDDEN, "the role %s may not ask this", gw_role_name(x->who.role));
}

bool gw_auth_check(struct gw_exchange *x, bool public_health, struct gw_err *err)
{
    struct gw_span value = {};
    bool anyone = x->route->roles == GW_MAY_ANYONE || (x->route->roles & GW_MAY_HERE) != 0;
    if (anyone && (x->request->loopback || public_health))
        return true;
    bool given = gw_request_header(x->request, "Authorization", &value), open = (x->route->roles & GW_MAY_PUBLIC) != 0;
    if (!given && open)
        return true;
    if (!given && x->request->peer == GW_TLS_PEER_KNOWN) {
        if (gw_service_certificate_check(&x->who, x->service, &x->request->certificate, err))
            return admit(x, err);
        gw_request_answer_header(x->request, "WWW-Authenticate", CHALLENGE);
        return false;
    }
    if (!given && x->request->peer == GW_TLS_PEER_REFUSED)
        return refuse(x, CHALLENGE, x->request->certificate_why->text, err);
    if (!given)
        return refuse(x, CHALLENGE, "this needs Authorization: Bearer and a token", err);
    value = gw_span_trim(value);
    if (value.size < 8 || strncasecmp((const char *)value.data, "Bearer ", 7) != 0)
        return refuse(x, "Bearer realm=\"gangway\", error=\"invalid_request\"",
            "Authorization takes the scheme Bearer (RFC 6750)", err);
    value = gw_span_trim(gw_span_slice(value, 7, value.size));
    if (!gw_service_token_check(&x->who, x->service, value, err)) {
        if (err->code == GW_ERR_UNAUTHORIZED)
            gw_request_answer_header(x->request, "WWW-Authenticate", "Bearer realm=\"gangway\", error=\"invalid_token\"");
        return false;
    }
    return admit(x, err);
}
