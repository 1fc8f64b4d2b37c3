/* simulate_rule.c - what a server is held to outside the day: its doors, and each
 * verification it answers. */
#include "cli/simulate.h"

#include <stdio.h>
#include <string.h>

static int get(struct gw_json **j, struct sim_client *c, const char *path, const char *token)
{
    return sim_get(j, c, token, "%s", path);
}

static void try_open_doors(struct sim *s, struct sim_client *c)
{
    struct gw_json *j;
    struct gw_span type = {};
    const char *version = "";
    int status = get(&j, c, "/healthz", NULL);
    sim_hold(s, SIM_HEALTH, status == 200, "it is %d", status);
    gw_json_free(j);
    status = get(&j, c, "/readyz", NULL);
    sim_hold(s, SIM_READY, status == 200, "it is %d", status);
    gw_json_free(j);
    status = get(&j, c, "/metrics", NULL);
    sim_hold(s, SIM_METRICS, status == 200 && gw_fetch_header(&type, &c->answer, "Content-Type") && gw_span_starts(type, "text/plain") &&
            strstr(gw_buf_text(&c->answer.body), "# TYPE ") != NULL, "it is %d and no Prometheus text", status);
    gw_json_free(j);
    status = get(&j, c, "/openapi.json", NULL);
    bool is = status == 200 && gw_json_get_text(j, "openapi", &version) && strncmp(version, "3.1", 3) == 0;
    s->openapi = is ? j : NULL;
    if (!is)
        gw_json_free(j);
    static const struct {
        const char *method, *path;
    } used[] = { { "post", "/v1/manifests" }, { "put", "/v1/portraits" }, { "get", "/v1/voyages/{id}" }, { "get", "/v1/voyages/{id}/travelers" },
        { "get", "/v1/voyages/{id}/readiness" }, { "post", "/v1/voyages/{id}/verifications" }, { "post", "/v1/voyages/{id}/declines" },
        { "post", "/v1/voyages/{id}/close" }, { "get", "/v1/events" }, { "get", "/v1/inspections" } };
    for (size_t i = 0; i < GW_COUNT(used); i++)
        sim_hold(s, SIM_OPENAPI, is && sim_offers(s, used[i].method, used[i].path), "%s %s",
            is ? used[i].path : "it is not OpenAPI 3.1", is ? "is not in it" : "");
}

/* What the announcement says of all writing routes, and of all that take a picture. */
static void try_announced(struct sim *s)
{
    const struct gw_json *paths = gw_json_get(s->openapi, "paths"), *operations, *operation, *content, *schema;
    const char *path, *method, *type;
    for (size_t i = 0; gw_json_member(paths, i, &path, &operations); i++)
        for (size_t k = 0; strncmp(path, "/v1/", 4) == 0 && gw_json_member(operations, k, &method, &operation); k++) {
            if (strcmp(method, "post") != 0 && strcmp(method, "put") != 0 && strcmp(method, "delete") != 0 && strcmp(method, "patch") != 0)
                continue;
            GW_AUTO_VALUE(gw_buf) text = {};
            gw_json_format(&text, operation, false);
            sim_hold(s, SIM_ONCE_OFFERED, strstr(gw_buf_text(&text), "Idempotency-Key") != NULL, "%s %s takes none", method, path);
            bool picture = false;
            content = gw_json_get(gw_json_get(operation, "requestBody"), "content");
            for (size_t t = 0; gw_json_member(content, t, &type, &schema); t++)
                picture = picture || strncmp(type, "image/", 6) == 0;
            /* Of a named voyage, a named lane, or for a document. */
            static const char *const searched[] = { "/v1/portraits", "/v1/voyages/{", "/v1/lanes/{" };
            bool fine = !picture;
            for (size_t n = 0; n < GW_COUNT(searched); n++)
                fine = fine || strncmp(path, searched[n], strlen(searched[n])) == 0;
            if (picture)
                sim_hold(s, SIM_ONLY_NAMED, fine, "%s %s takes a picture, and names no gallery", method, path);
        }
}

static void try_pages(struct sim *s, struct sim_client *c)
{
    static const char *const paths[] = { "/", "/gate", "/notice" };
    for (size_t i = 0; i < GW_COUNT(paths); i++) {
        struct gw_span type = {};
        int status = sim_get_status(c, NULL, "%s", paths[i]);
        sim_hold(s, SIM_PAGE, status == 200 && gw_fetch_header(&type, &c->answer, "Content-Type") && gw_span_starts(type, "text/html"), "%s: %d", paths[i],
            status);
    }
}

/* A server that does not take PAXLST gets JSON all day, and this one row against it. */
static void try_edifact(struct sim *s)
{
    const struct gw_json *j = gw_json_get(gw_json_get(s->openapi, "paths"), "/v1/manifests");
    j = gw_json_get(gw_json_get(gw_json_get(gw_json_get(j, "post"), "requestBody"), "content"), "application/edifact");
    s->edifact = s->openapi == NULL || j != NULL;
    if (s->edifact)
        return;
    sim_hold(s, SIM_MANIFEST_EDIFACT, false, "application/edifact is not announced in /openapi.json");
    for (size_t i = 0; i < s->n_voyages; i++)
        s->voyages[i].edifact = false;
}

static void try_who(struct sim *s, struct sim_client *c)
{
    static const char nobody[] = "/v1/voyages/00000000000000000000000000";
    struct gw_json *j;
    struct gw_span header = {};
    char path[120];
    int status = get(&j, c, "/v1/voyages", NULL);
    sim_hold(s, SIM_NO_TOKEN, status == 401 && gw_fetch_header(&header, &c->answer, "WWW-Authenticate"), "it is %d", status);
    gw_json_free(j);
    status = get(&j, c, "/v1/voyages", "gw_0000000000000000000000000000000000000000000000000");
    sim_hold(s, SIM_BAD_TOKEN, status == 401, "it is %d", status);
    gw_json_free(j);

    const struct gw_span empty_list = gw_span_str("{\"kind\":\"passenger_list\",\"travelers\":[]}");
    status = sim_ask(&j, c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "POST", .path = "/v1/manifests", .token = s->gates[0],
        .type = "application/json", .body = empty_list });
    sim_hold(s, SIM_WRONG_ROLE, status == 403, "a device sends a manifest: %d", status);
    gw_json_free(j);
    snprintf(path, sizeof path, "%s/verifications", nobody);
    const struct sim_asked verify = { .kind = SIM_ASK_OTHER, .method = "POST", .path = path, .token = s->carrier, .type = "image/jpeg",
        .body = gw_buf_span(&s->nobody) };
    status = sim_ask(&j, c, &verify);
    sim_hold(s, SIM_WRONG_ROLE, status == 403 || status == 404, "a carrier verifies: %d", status);
    gw_json_free(j);
    if (sim_offers(s, "get", "/v1/inspections")) {
        status = get(&j, c, "/v1/inspections", s->carrier);
        sim_hold(s, SIM_WRONG_ROLE, status == 403, "a carrier asks for inspections: %d", status);
        gw_json_free(j);
    }

    status = get(&j, c, nobody, s->carrier);
    sim_hold(s, SIM_UNKNOWN, status == 404, "a voyage nobody has: %d", status);
    gw_json_free(j);
    status = get(&j, c, "/v1/nothing-of-this-name", s->carrier);
    sim_hold(s, SIM_UNKNOWN, status == 404, "a path nobody has: %d", status);
    gw_json_free(j);
    status = sim_ask(&j, c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "DELETE", .path = "/v1/voyages", .token = s->carrier });
    sim_hold(s, SIM_METHOD, status == 405 && gw_fetch_header(&header, &c->answer, "Allow"), "DELETE /v1/voyages: %d", status);
    gw_json_free(j);
}

static void try_limits(struct sim *s, struct sim_client *c)
{
    GW_AUTO_VALUE(gw_buf) big = {};
    struct gw_json *j;
    char piece[1 << 16];
    memset(piece, 'x', sizeof piece);
    for (int i = 0; i < 1024; i++) /* 64 MiB: no manifest is so long */
        gw_buf_add(&big, piece, sizeof piece);
    int status = sim_ask(&j, c, &(struct sim_asked){ .kind = SIM_ASK_OTHER, .method = "POST", .path = "/v1/manifests", .token = s->carrier,
        .type = "application/json", .body = gw_buf_span(&big) });
    sim_hold(s, SIM_TOO_LARGE, status == 413, "64 MiB of manifest: %d", status);
    gw_json_free(j);
    const struct sim_asked poor = { .kind = SIM_ASK_OTHER, .method = "PUT", .path = "/v1/portraits", .token = s->carrier, .type = "image/jpeg",
        .headers = { "X-Document-Number: S0", "X-Issuing-State: UTO", "X-Portrait-Source: passport" }, .body = gw_buf_span(&s->nobody) };
    const char *detail = "";
    status = sim_ask(&j, c, &poor);
    sim_hold(s, SIM_PORTRAIT_POOR, status == 422 && gw_json_get_text(j, "detail", &detail) && *detail != 0, "it is %d", status);
    gw_json_free(j);
}

void sim_try_doors(struct sim *s, struct sim_client *c)
{
    try_open_doors(s, c);
    try_announced(s);
    try_pages(s, c);
    try_edifact(s);
    try_who(s, c);
    try_limits(s, c);
}

static bool in(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

static void hold_traveler(struct sim *s, const struct sim_voyage *v, const struct gw_json *j, bool clear)
{
    const struct gw_json *t = gw_json_get(j, "traveler");
    bool has = t != NULL && gw_json_kind(t) == GW_JSON_OBJECT;
    const char *reference = "";
    gw_json_get_text(t, "reference", &reference);
    bool known = false;
    for (size_t i = 0; i < v->n && has && !known; i++)
        known = strcmp(v->travelers[i].reference, reference) == 0;
    sim_hold(s, SIM_TRAVELER, clear == has && (!has || known), "%s", clear != has ? "named without clear, or clear without a name" : "a stranger's reference");
}

void sim_hold_verification(struct sim *s, const struct sim_voyage *v, const struct gw_json *j, struct sim_series *series)
{
    static const char *const decisions[] = { "clear", "retry", "inspect" };
    static const char *const words[] = { "move_closer", "move_back", "look_at_camera", "remove_mask", "more_light", "one_person_only", "hold_still" };
    const char *decision = "", *guidance = NULL, *id = "";
    int64_t attempt = 0, left = -1;
    gw_json_get_text(j, "decision", &decision);
    gw_json_get_text(j, "guidance", &guidance);
    gw_json_get_integer(j, "attempt", &attempt);
    bool counted = gw_json_get_integer(j, "attempts_left", &left) && attempt >= 1 && left >= 0;
    bool retry = strcmp(decision, "retry") == 0;
    sim_hold(s, SIM_WORDS, in(decision, decisions, GW_COUNT(decisions)) && (guidance == NULL || (retry && in(guidance, words, GW_COUNT(words)))),
        "decision %.20s with guidance %.30s", decision, guidance == NULL ? "null" : guidance);
    sim_hold(s, SIM_DEVICE_SEES, gw_json_get_text(j, "verification", &id) && !sim_shows(j, sim_hidden, sim_n_hidden),
        *id == 0 ? "an answer without verification" : "a reason or a score is shown");
    hold_traveler(s, v, j, strcmp(decision, "clear") == 0);
    int64_t want = series->retrying ? series->attempt + 1 : 1;
    sim_hold(s, SIM_ATTEMPTS, counted && attempt == want && (!retry || left > 0), "attempt %d with %d left after %d",
        (int)attempt, (int)left, series->retrying ? (int)series->attempt : 0);
    *series = (struct sim_series){ retry, attempt };
}
