/* voyage.h - inside local/: the verbs about voyages. No person in any answer. NULL on failure; yours to free. */
#pragma once
#include "base/json.h"
#include "service/service.h"

/* {"voyages": [...]}, by departure; "port" and "open" (true: those not closed yet) choose. */
struct gw_json *gw_local_voyage_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
/* One voyage as the list has it; GW_ERR_NOT_FOUND. */
struct gw_json *gw_local_voyage_show(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
/* Ends boarding where nobody else does: who was cleared has boarded. */
struct gw_json *gw_local_voyage_close(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
