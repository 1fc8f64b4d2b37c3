/* auth.h - who asks, and may they: Authorization: Bearer (RFC 6750), else the client
 * certificate of the connection, against the roles of the route. */
#pragma once
#include "http/exchange.h"

/* Fills x->who. GW_ERR_UNAUTHORIZED puts WWW-Authenticate on the answer;
 * GW_ERR_FORBIDDEN when the role is not one of the route's. Routes for anyone need
 * no token on this machine, nor elsewhere if public_health; else any valid one. Public
 * routes need none; one that is given must be valid. */
[[nodiscard]] bool gw_auth_check(struct gw_exchange *x, bool public_health, struct gw_err *err);
