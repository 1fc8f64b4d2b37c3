/* post_manifest.c - a carrier announces who is on a voyage: PAXLST, JSON or CSV in, JSON or
 * CUSRES out. */
#include "http/exchange.h"
#include "manifest/csv.h"

enum { MESSAGES_MAX = 64 }; /* of one request; a carrier sends one list, or passengers and crew */

struct answering {
    const struct gw_announcement *announced;
    const struct gw_status_profile *profile;
    int64_t now_us;
    bool as_edifact;
};

static struct gw_json *receipt_json(const struct gw_manifest_receipt *r)
{
    struct gw_json *j = gw_json_object();
    gw_json_set_id(j, "voyage", r->voyage);
    gw_json_set_bool(j, "created", r->created);
    gw_json_set_integer(j, "travelers", (int64_t)r->n_travelers);
    gw_json_set_integer(j, "added", (int64_t)r->added);
    gw_json_set_integer(j, "changed", (int64_t)r->changed);
    gw_json_set_integer(j, "removed", (int64_t)r->removed);
    gw_json_set_bool(j, "late", r->late);
    gw_json_set_bool(j, "whole", r->whole);
    gw_json_set_bool(j, "closed", r->closed);
    gw_json_set_bool(j, "cancelled", r->cancelled);
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < r->n_statuses; i++) {
        const struct gw_manifest_status *s = &r->statuses[i];
        struct gw_json *one = gw_json_object();
        gw_json_set_text(one, "reference", s->reference);
        gw_json_set_text(one, "status", gw_traveler_status_name(s->status));
        gw_json_set_text(one, "clearance", r->closed || r->cancelled ? NULL : gw_clearance_name(s->clearance));
        gw_json_set_integer(one, "portraits", s->portraits);
        gw_json_add(list, one);
    }
    gw_json_set(j, "statuses", list);
    gw_json_set(j, "problems", gw_manifest_problems_to_json(r->problems, r->n_problems));
    return j;
}

/* The answer of an authority to each message; nothing is said of whom nothing is known. */
static void reply(struct gw_buf *body, const struct gw_manifest_receipts *all, const struct answering *a)
{
    for (size_t i = 0; i < all->n; i++) {
        const struct gw_manifest *m = a->announced[i].manifest;
        struct gw_paxlst_message plain = { .manifest = *m, .complete = true };
        GW_AUTO_MEM enum gw_clearance *clearances = gw_alloc_array(m->n_travelers, sizeof *clearances);
        for (size_t k = 0; k < m->n_travelers; k++)
            clearances[k] = gw_clearance_of_data(m->kind, &m->travelers[k]);
        for (size_t k = 0; k < all->of[i].n_statuses; k++)
            if (all->of[i].statuses[k].traveler < m->n_travelers)
                clearances[all->of[i].statuses[k].traveler] = all->of[i].statuses[k].clearance;
        const struct gw_cusres_answer answer = { .kind = GW_CUSRES_RESPONSE,
            .to = a->announced[i].message == NULL ? &plain : a->announced[i].message, .clearances = clearances, .profile = a->profile,
            .sender = m->recipient.size > 0 ? m->recipient : gw_span_str("GANGWAY"), .now_us = a->now_us,
            .number = (uint64_t)(a->now_us / 1000) + i };
        gw_cusres_format(body, &answer);
    }
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    const struct gw_manifest_receipts *all = answer;
    const struct answering *a = context;
    *status = 200;
    for (size_t i = 0; i < all->n; i++)
        if (all->of[i].created)
            *status = 201;
    if (a->as_edifact) {
        reply(body, all, a);
        return;
    }
    /* One message is the answer; the others of a request stand behind the first. */
    GW_AUTO(gw_json) *j = receipt_json(&all->of[0]);
    if (all->n > 1) {
        struct gw_json *others = gw_json_array();
        for (size_t i = 1; i < all->n; i++)
            gw_json_add(others, receipt_json(&all->of[i]));
        gw_json_set(j, "others", others);
    }
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
}

static bool is_type(const struct gw_exchange *x, const char *media)
{
    struct gw_span type = {};
    gw_request_header(x->request, "Content-Type", &type);
    size_t n = strlen(media);
    return type.size >= n && strncasecmp((const char *)type.data, media, n) == 0;
}

/* The messages of the body, as many as there are. */
static bool read_messages(struct gw_announcement **out, size_t *n, struct gw_exchange *x, struct gw_err *err)
{
    const struct gw_status_profile *profile = gw_service_status_profile(x->service);
    struct gw_date today = gw_date_of(gw_service_now(x->service));
    struct gw_span body = x->request->body;
    *n = 1;
    if (is_type(x, "application/edifact")) {
        struct gw_paxlst p;
        if (!gw_paxlst_parse(&p, x->mem, body, today, profile->has_separators ? &profile->separators : NULL, err))
            return false;
        if (p.n_messages > MESSAGES_MAX)
            return gw_fail(err, GW_ERR_LIMIT, "a request has at most %d messages", MESSAGES_MAX);
        *n = p.n_messages;
        *out = gw_arena_array(x->mem, *n, struct gw_announcement, err);
        for (size_t i = 0; *out != NULL && i < *n; i++)
            (*out)[i] = (struct gw_announcement){ &p.messages[i].manifest, &p.messages[i] };
        return *out != NULL;
    }
    struct gw_manifest *m = gw_arena_one(x->mem, struct gw_manifest, err);
    *out = gw_arena_one(x->mem, struct gw_announcement, err);
    if (m == NULL || *out == NULL ||
        !(is_type(x, "text/csv") ? gw_manifest_parse_csv(m, x->mem, body, today, err) : gw_manifest_parse_json(m, x->mem, body, err)))
        return false;
    (*out)->manifest = m;
    return true;
}

bool gw_post_manifest(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_announcement *announced;
    struct gw_manifest_receipts receipts;
    size_t n;
    struct answering *answering = gw_arena_one(x->mem, struct answering, err);
    if (answering == NULL || !read_messages(&announced, &n, x, err))
        return false;
    *answering = (struct answering){ .announced = announced, .profile = gw_service_status_profile(x->service),
        .now_us = gw_service_now(x->service), .as_edifact = gw_exchange_wants(x, "application/edifact") };
    bool begun = gw_exchange_begin(x, render, err);
    x->once_memory.context = answering;
    if (begun && gw_service_manifests(&receipts, x->mem, x->service, &x->who, announced, n, x->once, err)) {
        gw_exchange_answer(x, render, &receipts);
        if (answering->as_edifact)
            x->request->type = "application/edifact";
        return true;
    }
    for (size_t i = 0; i < n && x->problems == NULL; i++)
        if (announced[i].manifest->n_problems > 0)
            x->problems = gw_manifest_problems_to_json(announced[i].manifest->problems, announced[i].manifest->n_problems);
    return false;
}
