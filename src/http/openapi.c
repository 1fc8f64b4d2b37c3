/* openapi.c - route.def for machines (OpenAPI 3.1) and for people (docs/api.md). */
#include "http/example.h"
#include "http/exchange.h"
#include "http/http.h"
#include "http/problem.h"
#include "http/schema.h"
#include "version.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

static const struct {
    const char *name, *description;
} parameters[] = {
    { "from", "departing at this time or later: 2026-11-23T10:15:00Z, or a day" },
    { "to", "departing before this time" },
    { "mode", "air, sea or land" },
    { "direction", "arrival or departure" },
    { "site", "code of the place, as JFK; left out: that of the token" },
    { "lang", "en, es, pt-BR or what else the rule pack has; left out: its first" },
    { "port", "port code of departure or arrival" },
    { "purpose", "inspection, referral, redress or investigation" },
    { "case", "the id of the inspection the photo is part of" },
    { "limit", "items on a page, 1 to 500; 50 if left out" },
    { "cursor", "of the page before" },
    { "document", "number of the document presented: the picture is compared with its holder only. Better sent as X-Document-Number, "
                  "because addresses end up in the logs of whatever stands between" },
    { "document_number", "number of the document; better sent as a part of the form or as X-Document-Number" },
    { "issuing_state", "three letters; or X-Issuing-State" },
    { "source", "chip, passport, visa, encounter or application; or X-Portrait-Source" },
    { "captured_on", "day the picture was taken, if known; or X-Captured-On" },
    { "after", "the latest event that is known; as the header Last-Event-ID" },
    { "kinds", "only these kinds of events, with commas between: decision,alert" },
    { "kind", "only this kind" },
    { "state", "only those in this state" },
    { "voyage", "only of this voyage" },
};
static const struct {
    const char *route, *name, *description;
} headers[] = {
    { "put_portrait", "X-Document-Number", "number of the document" },
    { "put_portrait", "X-Issuing-State", "three letters" },
    { "put_portrait", "X-Portrait-Source", "chip, passport, visa, encounter or application" },
    { "put_portrait", "X-Captured-On", "day the picture was taken, if known" },
    { "post_verification", "X-Document-Number", "number of the document presented: the picture is compared with its holder only" },
    { "post_verification", "X-Issuing-State", "of that document, three letters" },
    { "post_verification", "X-Boarding-Pass", "the text of the boarding pass presented (IATA BCBP): the picture is compared with whom it means only" },
    { "get_events", "Last-Event-ID", "the latest event that is known: those after it come first" },
};

static const char *parameter_description(struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(parameters); i++)
        if (gw_span_is(name, parameters[i].name))
            return parameters[i].description;
    return "";
}

static const char *body_schema(const struct gw_route *r)
{
    static const struct {
        const char *route, *schema;
    } bodies[] = {
        { "post_manifest", "ManifestBody" }, { "post_decline", "DeclineBody" }, { "post_close", "CloseBody" },
        { "post_outcome", "OutcomeBody" }, { "post_webhook", "WebhookBody" }, { "post_boarding_status", "BoardingStatusBody" },
        { "post_photo_approval", "PhotoApprovalBody" }, { "post_hold", "HoldBody" }, { "post_setup", "SetupBody" }, { "put_my_status", "StatusBody" },
        { "post_transfer", "TransferBody" },
    };
    for (size_t i = 0; i < GW_COUNT(bodies); i++)
        if (strcmp(r->name, bodies[i].route) == 0)
            return bodies[i].schema;
    return NULL;
}

static struct gw_json *ref(const char *schema)
{
    char path[96];
    snprintf(path, sizeof path, "#/components/schemas/%s", schema);
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "$ref", path);
    return j;
}

static struct gw_json *typed(const char *type)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "type", type);
    return j;
}

static void add_parameter(struct gw_json *list, const char *in, struct gw_span name, const char *description,
    bool required, struct gw_json *schema)
{
    struct gw_json *p = gw_json_object();
    gw_json_set_span(p, "name", name);
    gw_json_set_text(p, "in", in);
    gw_json_set_bool(p, "required", required);
    gw_json_set_text(p, "description", description);
    gw_json_set(p, "schema", schema);
    gw_json_add(list, p);
}

/* The i-th name in braces of the route's path. */
static bool path_parameter_at(struct gw_span *out, const struct gw_route *r, size_t i)
{
    const char *p = r->path;
    for (;; i--) {
        p = strchr(p, '{');
        if (p == NULL)
            return false;
        size_t n = strcspn(++p, "}");
        *out = gw_span_of(p, n);
        if (i == 0)
            return true;
    }
}

static struct gw_json *parameters_of(const struct gw_route *r)
{
    struct gw_json *list = gw_json_array();
    struct gw_span word = {};
    for (size_t i = 0; path_parameter_at(&word, r, i); i++) {
        const struct gw_path_parameter *p = gw_path_parameter(word);
        add_parameter(list, "path", word, p->description, true, p->is_id ? ref("Id") : typed("string"));
    }
    for (size_t i = 0; gw_word_at(&word, r->query, i); i++)
        add_parameter(list, "query", word, parameter_description(word), false,
            typed(gw_span_is(word, "limit") ? "integer" : "string"));
    for (size_t i = 0; i < GW_COUNT(headers); i++)
        if (strcmp(headers[i].route, r->name) == 0)
            add_parameter(list, "header", gw_span_str(headers[i].name), headers[i].description, false, typed("string"));
    if (strcmp(r->method, "GET") != 0)
        add_parameter(list, "header", gw_span_str("Idempotency-Key"),
            "1 to 255 bytes; the same request with the same key within 24 hours gets the same answer and changes nothing", false,
            typed("string"));
    return list;
}

static void set_media(struct gw_json *content, struct gw_span type, struct gw_json *schema)
{
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)type.size, (const char *)type.data);
    struct gw_json *media = gw_json_object();
    gw_json_set(media, "schema", schema);
    gw_json_set(content, name, media);
}

static struct gw_json *body_of(const struct gw_route *r)
{
    struct gw_json *body = gw_json_object(), *content = gw_json_object();
    struct gw_span word = {};
    for (size_t i = 0; gw_word_at(&word, r->media, i); i++) {
        bool json = gw_span_is(word, "application/json") && body_schema(r) != NULL;
        bool form = gw_span_is(word, "multipart/form-data");
        set_media(content, word, json ? ref(body_schema(r)) : form ? ref("PortraitForm") : gw_json_object());
    }
    gw_json_set_bool(body, "required", r->body != GW_BODY_SMALL && strcmp(r->name, "post_close") != 0);
    gw_json_set(body, "content", content);
    return body;
}

static bool is_status(struct gw_span word)
{
    return word.data[0] <= '9';
}

static bool is_media(struct gw_span word)
{
    return memchr(word.data, '/', word.size) != NULL;
}

/* Everything one success may carry. */
static struct gw_json *content_of(const struct gw_route *r)
{
    struct gw_json *content = gw_json_object();
    struct gw_span word = {};
    for (size_t i = 0; gw_word_at(&word, r->answer, i); i++) {
        char name[64];
        snprintf(name, sizeof name, "%.*s", (int)word.size, (const char *)word.data);
        if (is_media(word))
            set_media(content, word, typed("string"));
        else if (!is_status(word))
            set_media(content, gw_span_str("application/json"), ref(name));
    }
    return content;
}

static void add_answer(struct gw_json *answers, struct gw_span status, const char *description, struct gw_json *content)
{
    char name[16];
    snprintf(name, sizeof name, "%.*s", (int)status.size, (const char *)status.data);
    struct gw_json *a = gw_json_object();
    gw_json_set_text(a, "description", description);
    gw_json_set(a, "content", content);
    gw_json_set(answers, name, a);
}

static struct gw_json *answers_of(const struct gw_route *r)
{
    struct gw_json *answers = gw_json_object(), *problem = gw_json_object();
    struct gw_span word = {};
    for (size_t i = 0; gw_word_at(&word, r->answer, i) && is_status(word); i++)
        add_answer(answers, word, r->sentence, content_of(r));
    set_media(problem, gw_span_str("application/problem+json"), ref("Problem"));
    add_answer(answers, gw_span_str("default"), "a problem (RFC 9457)", problem);
    return answers;
}

static void roles_text(char out[128], const struct gw_route *r)
{
    size_t used = 0;
    *out = 0;
    for (unsigned i = 0; i < GW_ROLE_COUNT; i++)
        if ((r->roles >> i & 1u) != 0)
            used += (size_t)GW_MAX(snprintf(out + used, 128 - used, "%s%s", used == 0 ? "" : ", ", gw_role_name((enum gw_role)i)), 0);
    if ((r->roles & GW_MAY_PUBLIC) != 0)
        snprintf(out + used, 128 - used, "%sanyone", used == 0 ? "" : ", ");
    else if (used == 0 || (r->roles & GW_MAY_HERE) != 0)
        snprintf(out + used, 128 - used, "%sanyone on this machine", used == 0 ? "" : ", ");
}

static struct gw_json *operation(const struct gw_route *r)
{
    struct gw_json *o = gw_json_object(), *roles = gw_json_array(), *security = gw_json_array(), *bearer = gw_json_object();
    gw_json_set_text(o, "operationId", r->name);
    gw_json_set_text(o, "summary", r->sentence);
    for (unsigned i = 0; i < GW_ROLE_COUNT; i++)
        if ((r->roles >> i & 1u) != 0)
            gw_json_add_text(roles, gw_role_name((enum gw_role)i));
    gw_json_set(o, "x-roles", roles);
    gw_json_set(bearer, "bearer", gw_json_array());
    gw_json_add(security, bearer);
    if (r->roles == GW_MAY_ANYONE || (r->roles & (GW_MAY_PUBLIC | GW_MAY_HERE)) != 0)
        gw_json_add(security, gw_json_object()); /* or nothing */
    gw_json_set(o, "security", security);
    gw_json_set(o, "parameters", parameters_of(r));
    if (r->body != GW_BODY_NONE)
        gw_json_set(o, "requestBody", body_of(r));
    gw_json_set(o, "responses", answers_of(r));
    return o;
}

static void set_operation(struct gw_json *path, const struct gw_route *r)
{
    char method[8] = {};
    for (size_t i = 0; i < sizeof method - 1 && r->method[i] != 0; i++)
        method[i] = (char)tolower((unsigned char)r->method[i]);
    gw_json_set(path, method, operation(r));
}

void gw_http_openapi(struct gw_buf *out, bool pretty)
{
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *info = gw_json_object(), *paths = gw_json_object(), *components = gw_json_object();
    struct gw_json *schemes = gw_json_object(), *bearer = gw_json_object();
    const struct gw_route *routes = gw_routes();
    gw_json_set_text(j, "openapi", "3.1.0");
    gw_json_set_text(info, "title", "Gangway");
    gw_json_set_text(info, "version", GW_VERSION);
    gw_json_set_text(info, "description", "Traveler verification service");
    gw_json_set(j, "info", info);
    for (size_t i = 0; i < GW_ROUTE_COUNT; i++) {
        size_t first = 0;
        while (strcmp(routes[first].path, routes[i].path) != 0)
            first++;
        if (first < i)
            continue; /* its path is written already */
        struct gw_json *path = gw_json_object();
        for (size_t k = i; k < GW_ROUTE_COUNT; k++)
            if (strcmp(routes[k].path, routes[i].path) == 0)
                set_operation(path, &routes[k]);
        gw_json_set(paths, routes[i].path, path);
    }
    gw_json_set(j, "paths", paths);
    gw_json_set(components, "schemas", gw_schema_all());
    gw_json_set_text(bearer, "type", "http");
    gw_json_set_text(bearer, "scheme", "bearer");
    gw_json_set(schemes, "bearer", bearer);
    gw_json_set(components, "securitySchemes", schemes);
    gw_json_set(j, "components", components);
    gw_json_format(out, j, pretty);
    gw_buf_add(out, "\n", 1);
}

/* ---- for people ---- */

static void page_route(struct gw_buf *out, const struct gw_route *r)
{
    static const char *const bodies[] = { "none", "64 KiB", "http.body", "image.bytes", "image.bytes and 64 KiB" };
    char roles[128];
    struct gw_span word = {};
    roles_text(roles, r);
    gw_buf_addf(out, "### %s %s\n\n%s\n\n- may ask: %s\n", r->method, r->path, r->sentence, roles);
    for (size_t i = 0; path_parameter_at(&word, r, i); i++)
        if (!gw_span_is(word, "voyage"))
            gw_buf_addf(out, "- path `%.*s`: %s\n", (int)word.size, (const char *)word.data, gw_path_parameter(word)->description);
    for (size_t i = 0; gw_word_at(&word, r->query, i); i++)
        gw_buf_addf(out, "- query `%.*s`: %s\n", (int)word.size, (const char *)word.data, parameter_description(word));
    for (size_t i = 0; i < GW_COUNT(headers); i++)
        if (strcmp(headers[i].route, r->name) == 0)
            gw_buf_addf(out, "- header `%s`: %s\n", headers[i].name, headers[i].description);
    if (r->body != GW_BODY_NONE) {
        gw_buf_addf(out, "- body: at most %s;", bodies[r->body]);
        for (size_t i = 0; gw_word_at(&word, r->media, i); i++)
            gw_buf_addf(out, "%s `%.*s`", i == 0 ? "" : ",", (int)word.size, (const char *)word.data);
        gw_buf_add_text(out, "\n");
        if (body_schema(r) != NULL)
            gw_buf_addf(out, "- its JSON: [%s](#%s)\n", body_schema(r), body_schema(r));
        if (r->body == GW_BODY_FORM)
            gw_buf_add_text(out, "- parts of the form: [PortraitForm](#PortraitForm)\n");
    }
    gw_buf_add_text(out, "- answers:");
    bool before = true; /* statuses are joined by "or", and so is what they carry */
    for (size_t i = 0; gw_word_at(&word, r->answer, i); i++) {
        const char *text = (const char *)word.data;
        int n = (int)word.size;
        gw_buf_add_text(out, i == 0 || is_status(word) != before ? " " : " or ");
        before = is_status(word);
        if (is_status(word))
            gw_buf_addf(out, "%.*s", n, text);
        else if (is_media(word))
            gw_buf_addf(out, "`%.*s`", n, text);
        else
            gw_buf_addf(out, "[%.*s](#%.*s)", n, text, n, text);
    }
    gw_buf_add_text(out, "\n\n");
}

static void page_type(struct gw_buf *out, const struct gw_json *schema)
{
    const char *text;
    if (gw_json_get_text(schema, "$ref", &text)) {
        const char *name = strrchr(text, '/') + 1;
        gw_buf_addf(out, "[%s](#%s)", name, name);
        return;
    }
    const struct gw_json *list = gw_json_get(schema, "enum"), *any = gw_json_get(schema, "anyOf"),
                         *type = gw_json_get(schema, "type");
    GW_AUTO_VALUE(gw_buf) value = {};
    if (any != NULL) {
        for (size_t i = 0; i < gw_json_size(any); i++) {
            gw_buf_add_text(out, i == 0 ? "" : " or ");
            if (gw_json_get_text(gw_json_at(any, i), "$ref", &text))
                page_type(out, gw_json_at(any, i));
            else
                gw_buf_add_text(out, "null");
        }
        return;
    }
    if (list != NULL || gw_json_get(schema, "const") != NULL) {
        gw_json_format(&value, list != NULL ? list : gw_json_get(schema, "const"), false);
        gw_buf_addf(out, "`%s`", gw_buf_text(&value));
        return;
    }
    if (gw_json_kind(type) == GW_JSON_ARRAY)
        for (size_t i = 0; i < gw_json_size(type); i++) {
            struct gw_span s = {};
            gw_json_string(gw_json_at(type, i), &s);
            gw_buf_addf(out, "%s%.*s", i == 0 ? "" : " or ", (int)s.size, (const char *)s.data);
        }
    else if (gw_json_get_text(schema, "type", &text))
        gw_buf_add_text(out, text);
}

static void page_schema(struct gw_buf *out, const char *name, const struct gw_json *schema)
{
    const char *key, *text;
    const struct gw_json *value, *items;
    gw_buf_addf(out, "### %s\n\n", name);
    if (gw_json_get_text(schema, "description", &text))
        gw_buf_addf(out, "%s\n\n", text);
    const struct gw_json *properties = gw_json_get(schema, "properties");
    if (properties == NULL) {
        page_type(out, schema);
        gw_buf_add_text(out, "\n\n");
        return;
    }
    gw_buf_add_text(out, "| key | value | |\n|---|---|---|\n");
    for (size_t i = 0; gw_json_member(properties, i, &key, &value); i++) {
        gw_buf_addf(out, "| `%s` | ", key);
        page_type(out, value);
        if ((items = gw_json_get(value, "items")) != NULL) {
            gw_buf_add_text(out, " of ");
            page_type(out, items);
        }
        gw_buf_addf(out, " | %s", gw_json_get_text(value, "description", &text) ? text : "");
        const struct gw_json *inner = gw_json_get(items == NULL ? value : items, "properties"), *inner_value;
        const char *inner_key;
        for (size_t k = 0; gw_json_member(inner, k, &inner_key, &inner_value); k++) {
            gw_buf_addf(out, "%s`%s`: ", k == 0 ? " — " : "; ", inner_key);
            page_type(out, inner_value);
        }
        gw_buf_add_text(out, " |\n");
    }
    gw_buf_add_text(out, "\n");
}

void gw_http_api_page(struct gw_buf *out)
{
    gw_buf_add_text(out,
        "# The HTTP interface\n\n"
        "Written by `gangway openapi --page` from `src/http/route.def`, `src/http/schema.c` and `src/base/fail.def`; a test\n"
        "compares. The same for programs: `GET /openapi.json`.\n\n"
        "- HTTP/1.1 and TLS 1.3, JSON in UTF-8. Everything under `/v1` needs `Authorization: Bearer TOKEN`, or a client\n"
        "  certificate that was registered; `gangway user add` and `gangway device add` make tokens. The four pages about the\n"
        "  service itself need none on this machine, and none at all with `http.public_health = yes`.\n"
        "- Every answer has `X-Request-Id`; it is in the service's log, and in problems as `request_id`. A request may bring its\n"
        "  own: a UUID, or an id of ours; anything else could be about a person and is replaced.\n"
        "- Whatever changes something takes `Idempotency-Key`: sent again within 24 hours, the same request gets the same\n"
        "  answer, marked `Idempotency-Replayed: true`, and changes nothing; another request under that key gets 422, and\n"
        "  one whose first is not answered yet 409 with `Retry-After`.\n"
        "- Lists come in pages: `limit` and `cursor`; `cursor` is null on the last one.\n"
        "- Times are UTC and end in `Z`.\n"
        "- A body over its limit is answered 413 before it is read. Full queues are answered 503 with `Retry-After` at once.\n\n");
    gw_buf_add_text(out, gw_api_example);
    gw_buf_add_text(out, "## Requests\n\n");
    for (size_t i = 0; i < GW_ROUTE_COUNT; i++)
        page_route(out, &gw_routes()[i]);
    gw_buf_add_text(out, "## Problems\n\nErrors are [Problem](#Problem) documents (RFC 9457), `application/problem+json`.\n\n"
                         "| code | status | what to do |\n|---|---|---|\n");
    for (int i = 1; i < GW_ERR_COUNT; i++)
        gw_buf_addf(out, "| `%s` | %d | %s |\n", gw_err_name((enum gw_err_code)i), gw_err_http((enum gw_err_code)i),
            gw_err_next((enum gw_err_code)i));
    gw_buf_add_text(out, "\nThree codes come with other statuses too: `limit` with 414 (address) and 431 (headers), `usage` with 417 (`Expect`),\n"
                         "`unsupported` with 406 (`Accept`).\n\n"
                         "## JSON\n\n");
    GW_AUTO(gw_json) *schemas = gw_schema_all();
    const char *key;
    const struct gw_json *value;
    for (size_t i = 0; gw_json_member(schemas, i, &key, &value); i++)
        page_schema(out, key, value);
}
