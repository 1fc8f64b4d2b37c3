/* route.h - the rows of route.def, and finding one.
 *
 * Threads: constant. */
#pragma once
#include "http/uri.h"
#include "service/service.h"

struct gw_exchange;

/* A set of roles. */
#define GW_MAY(ROLE) (1u << GW_ROLE_##ROLE)
#define GW_MAY_ANYONE 0u            /* no token on this machine */
#define GW_MAY_HERE (1u << 30)      /* no token on this machine; from others those roles that stand beside it */
#define GW_MAY_PUBLIC (1u << 31)    /* no token from anywhere: whoever has the number of a receipt */

enum gw_route_work { GW_WORK_INLINE, GW_WORK_CLERK, GW_WORK_RECOGNIZE };
enum gw_route_body { GW_BODY_NONE, GW_BODY_SMALL, GW_BODY_MESSAGE, GW_BODY_PICTURE, GW_BODY_FORM };

struct gw_route {
    const char *name, *method, *path;
    unsigned roles;
    enum gw_route_work work;
    enum gw_route_body body;
    const char *media, *query, *answer, *sentence;
    bool (*handle)(struct gw_exchange *x, struct gw_err *err);
};

enum gw_route_index {
#define GW_ROUTE(name, ...) GW_ROUTE_##name,
#include "http/route.def"
#undef GW_ROUTE
    GW_ROUTE_COUNT
};
const struct gw_route *gw_routes(void); /* GW_ROUTE_COUNT rows, in the order of route.def */

/* What may stand in braces in a path: an id, or a word of letters, digits, '.', '_', '~' and '-'. */
struct gw_path_parameter {
    const char *name;
    bool is_id;
    const char *description;
};
const struct gw_path_parameter *gw_path_parameter(struct gw_span name); /* NULL: none has this name */
enum { GW_PATH_VALUES = 3, GW_PATH_WORD_MAX = 128 };
struct gw_path_values {
    struct {
        const struct gw_path_parameter *parameter;
        struct gw_span text; /* decoded; lives as the gw_uri's segments do */
        struct gw_id id;     /* of one that is_id */
    } values[GW_PATH_VALUES];
    size_t n;
};

/* The route of a method and path; of two that fit, the one further up in route.def. NULL when there is none: then
 * *path_known says whether another method is there (405), and allow (may be NULL) gets them: "GET, HEAD, OPTIONS". */
enum { GW_ALLOW_TEXT = 64 };
const struct gw_route *gw_route_find(struct gw_path_values *values, bool *path_known, char *allow, const char *method,
    const struct gw_uri *uri);

/* Is `word` one of the blank-separated words of list? Without case when `any_case`. */
bool gw_word_in(const char *list, struct gw_span word, bool any_case);
/* The i-th word of a blank-separated list; false past the end. */
bool gw_word_at(struct gw_span *out, const char *list, size_t i);
