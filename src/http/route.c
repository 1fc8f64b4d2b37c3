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

static const struct gw_path_parameter path_parameters[] = {
    { "voyage", true, "the voyage's id" },
    { "hold", true, "the hold's id" },
    { "transfer", true, "the transfer's id" },
    { "inspection", true, "the inspection's id" },
    { "photo", true, "the photo's id" },
    { "receipt", false, "the receipt's number" },
    { "person", true, "the person's id" },
    { "stay", true, "the stay's id" },
    { "lane", true, "the lane's id" },
    { "alert", true, "the alert's id" },
    { "hook", true, "the webhook's id" },
    { "site", false, "the port's code" },
    { "number", false, "the case's number" },
    { "report", false, "the report's name" },
};

const struct gw_path_parameter *gw_path_parameter(struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(path_parameters); i++)
        if (gw_span_is(name, path_parameters[i].name))
            return &path_parameters[i];
    return NULL;
}

static bool is_path_word(struct gw_span s)
{
    for (size_t i = 0; i < s.size; i++) {
        uint8_t c = s.data[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
                c == '~' || c == '-'))
            return false;
    }
    return s.size > 0 && s.size <= GW_PATH_WORD_MAX;
}

/* name: what stands between the braces. */
static bool take_value(struct gw_path_values *values, struct gw_span name, struct gw_span text)
{
    const struct gw_path_parameter *p = gw_path_parameter(name);
    assert(p != NULL && values->n < GW_PATH_VALUES); /* route.def's rows are ours */
    struct gw_id id = {};
    if (p->is_id ? !gw_id_parse(&id, text) : !is_path_word(text))
        return false;
    size_t i = values->n++;
    values->values[i].parameter = p;
    values->values[i].text = text;
    values->values[i].id = id;
    return true;
}

/* Compares segment by segment. */
static bool path_is(struct gw_path_values *values, const char *path, const struct gw_uri *uri)
{
    size_t i = 0;
    *values = (struct gw_path_values){};
    for (const char *p = path; *p == '/' && p[1] != 0; i++) {
        p++;
        size_t n = strcspn(p, "/");
        if (i == uri->n_segments)
            return false;
        struct gw_span s = uri->segments[i];
        if (*p == '{' ? !take_value(values, gw_span_of(p + 1, n - 2), s) : s.size != n || memcmp(s.data, p, n) != 0)
            return false;
        p += n;
    }
    return i == uri->n_segments;
}

const struct gw_route *gw_route_find(struct gw_path_values *values, bool *path_known, char *allow, const char *method,
    const struct gw_uri *uri)
{
    size_t used = 0;
    *path_known = false;
    if (allow != NULL)
        *allow = 0;
    for (size_t i = 0; i < GW_COUNT(routes); i++) {
        if (!path_is(values, routes[i].path, uri))
            continue;
        *path_known = true;
        if (strcmp(routes[i].method, method) == 0)
            return &routes[i];
        if (allow != NULL) {
            int n = snprintf(allow + used, GW_ALLOW_TEXT - used, "%s%s, ", routes[i].method,
                strcmp(routes[i].method, "GET") == 0 ? ", HEAD" : "");
            used = GW_MIN(used + (size_t)GW_MAX(n, 0), (size_t)GW_ALLOW_TEXT - 1);
        }
    }
    if (*path_known && allow != NULL)
        snprintf(allow + used, GW_ALLOW_TEXT - used, "OPTIONS");
    return NULL;
}
