/* notice.h - inside local/: the verbs about notices that are posted. Each gives {"notices": [...]},
 * yours to free; NULL on failure. */
#pragma once
#include "base/json.h"
#include "service/service.h"

struct gw_json *gw_local_notice_add(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
struct gw_json *gw_local_notice_check(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
struct gw_json *gw_local_notice_remove(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
struct gw_json *gw_local_notice_list(struct gw_service *s, const struct gw_caller *who, const struct gw_json *ask, struct gw_err *err);
