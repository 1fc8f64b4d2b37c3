/* route.c - finds the row for a request. */
#include "http/route.h"
#include "http/exchange.h"

#include <stdio.h>
#include <strings.h>

static const struct gw_route routes[] = {
#define GW_ROUTE(name_, METHOD, path_, roles_, WORK, BODY, media_, query_, answer_, sentence_)                     \
    { .name = #name_, .method = #METHOD, .path = path_, .roles = (roles_), .work = GW_WORK_##WORK,              \
        .body = GW_BODY_##BODY, .media = media_, .query = query_, .answer = answer_, .sentence = sentence_,     \
        .handle = gw_##name_ },
#include "http/route.def"
#undef GW_ROUTE
};

const struct gw_route *gw_routes(void)
{
    return routes;
}

bool gw_word_at(struct gw_span *out, const char *list, size_t i)
{
    for (const char *p = list;; i--) {
        p += strspn(p, " ");
        size_t n = strcspn(p, " ");
        if (n == 0)
            return false;
        if (i == 0) {
            *out = gw_span_of(p, n);
            return true;
        }
        p += n;
    }
}

bool gw_word_in(const char *list, struct gw_span word, bool any_case)
{
    struct gw_span there = {};
    for (size_t i = 0; gw_word_at(&there, list, i); i++)
        if (there.size == word.size && word.size > 0 &&
            (any_case ? strncasecmp((const char *)there.data, (const char *)word.data, word.size) == 0
                      : memcmp(there.data, word.data, word.size) == 0))
            return true;
    return false;
}

/* Compares segment by segment; "{…}" takes an id. */
static bool path_is(struct gw_id *id, const char *path, const struct gw_uri *uri)
{
    size_t i = 0;
    for (const char *p = path; *p == '/'; i++) {
        p++;
        size_t n = strcspn(p, "/");
        if (i == uri->n_segments)
            return false;
        struct gw_span s = uri->segments[i];
        if (*p == '{' ? !gw_id_parse(id, s) : s.size != n || memcmp(s.data, p, n) != 0)
            return false;
        p += n;
    }
    return i == uri->n_segments;
}

const struct gw_route *gw_route_find(struct gw_id *voyage, bool *path_known, char *allow, const char *method,
    const struct gw_uri *uri)
{
    struct gw_id id = {};
    size_t used = 0;
    *path_known = false;
    if (allow != NULL)
        *allow = 0;
    for (size_t i = 0; i < GW_COUNT(routes); i++) {
        if (!path_is(&id, routes[i].path, uri))
            continue;
        *path_known = true;
        if (strcmp(routes[i].method, method) == 0) {
            *voyage = id;
            return &routes[i];
        }
        if (allow != NULL) {
            int n = snprintf(allow + used, GW_ALLOW_TEXT - used, "%s%s%s", used == 0 ? "" : ", ", routes[i].method,
                strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
            used = GW_MIN(used + (size_t)GW_MAX(n, 0), (size_t)GW_ALLOW_TEXT - 1);
        }
    }
    return NULL;
}
