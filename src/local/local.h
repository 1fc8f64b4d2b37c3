/* local.h - the door for the operator of the machine itself: tokens and other
 * administration, without a token.
 *
 * A store is open in one process. While `gangway serve` has it, administration
 * commands speak to that process through a Unix socket in the store's folder
 * (admin.sock, mode 0600; the peer must be the same user or root). While none has,
 * they open the store themselves. Either way the same verbs do the work, and what
 * they change is in force when the command returns.
 *
 * Threads: one for the socket; it answers one command after the other. */
#pragma once
#include "base/conf.h"
#include "base/json.h"

struct gw_service;

/* What is asked: {"verb": "token_new", "role": "device", "site": "YVR", …}. The
 * verbs are rows of a table in verb.c. The answer is the verb's JSON; it may hold a
 * new token's secret and is shown once. Yours to free; NULL on failure. */
[[nodiscard]] struct gw_json *gw_local_do(struct gw_service *s, const struct gw_json *ask, struct gw_err *err);

/* For commands: asks the running service, or opens the store that conf names. */
[[nodiscard]] struct gw_json *gw_local_ask(const struct gw_conf *conf, const struct gw_json *ask, struct gw_err *err);
/* The same, but never opens the store: *running says whether a service has it. NULL without an error in err
 * when none is running. */
[[nodiscard]] struct gw_json *gw_local_ask_running(bool *running, const struct gw_conf *conf, const struct gw_json *ask,
    struct gw_err *err);

struct gw_local; /* the socket of a running service; opaque */
[[nodiscard]] struct gw_local *gw_local_open(struct gw_service *s, const struct gw_conf *conf, struct gw_err *err);
void gw_local_close(struct gw_local *l); /* NULL is fine; removes the socket */
GW_AUTO_FREE(gw_local, gw_local_close)
