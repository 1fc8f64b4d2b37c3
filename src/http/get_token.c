/* get_token.c - who am I, for a page that was just signed in to; and whom the service
 * knows, for the admin. Secrets are in neither. */
#include "http/exchange.h"

#include "base/crypto.h"

#include <stdio.h>

static void set_scope(struct gw_json *j, enum gw_role role, const char *site, const char *carrier)
{
    gw_json_set_text(j, "role", gw_role_name(role));
    gw_json_set_text(j, "site", *site == 0 ? NULL : site);
    gw_json_set_text(j, "carrier", *carrier == 0 ? NULL : carrier);
}

bool gw_get_me(struct gw_exchange *x, struct gw_err *err)
{
    (void)err;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id(j, "token", x->who.token);
    set_scope(j, x->who.role, x->who.site, x->who.carrier);
    return gw_exchange_json(x, 200, j);
}

bool gw_get_tokens(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_token *tokens;
    size_t n;
    if (!gw_service_token_list(&tokens, &n, x->mem, x->service, &x->who, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < n; i++) {
        const struct gw_token *t = &tokens[i];
        struct gw_json *o = gw_json_object();
        gw_json_set_id(o, "token", t->id);
        set_scope(o, t->role, t->site, t->carrier);
        gw_json_set_text(o, "label", t->label);
        gw_json_set_text(o, "state", gw_token_state(t, gw_service_now(x->service)));
        gw_json_set_time(o, "created_at", t->created_us);
        gw_json_set_time(o, "expires_at", t->expires_us);
        gw_json_set_text(o, "credential", t->has_certificate ? "certificate" : "secret");
        gw_json_add(list, o);
    }
    gw_json_set(j, "tokens", list);
    return gw_exchange_json(x, 200, j);
}
