/* watch.h - inside local/: the verbs about what the vetting authority says. Travelers by id and reference, no names.
 * NULL on failure; yours to free. */
#pragma once
#include "base/json.h"
#include "service/service.h"

/* {"watched": [...]}, by voyage; "voyage" and "boarding_status" choose. */
struct gw_json *gw_local_watch_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
/* One traveler with "changes", oldest first. Asked with "voyage", and "traveler" (an id, or else a reference), "reference" or
 * "document_number" with "issuing_state". */
struct gw_json *gw_local_watch_show(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
/* The same traveler has "boarding_status" from now on, or since "as_of": what POST /v1/boarding-status does. */
struct gw_json *gw_local_watch_set(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
/* {"rows": [...]}: the same for each of "rows", one after the other; one that is refused has "error" and "text", and costs no other. */
struct gw_json *gw_local_watch_import(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
