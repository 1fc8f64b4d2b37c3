/* post_manifest.c - a carrier announces who is on a voyage. */
#include "http/exchange.h"

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    const struct gw_manifest_receipt *r = answer;
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_id(j, "voyage", r->voyage);
    gw_json_set_bool(j, "created", r->created);
    gw_json_set_integer(j, "travelers", (int64_t)r->n_travelers);
    gw_json_set_integer(j, "added", (int64_t)r->added);
    gw_json_set_integer(j, "changed", (int64_t)r->changed);
    gw_json_set_integer(j, "removed", (int64_t)r->removed);
    gw_json_set_bool(j, "late", r->late);
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < r->n_statuses; i++) {
        struct gw_json *one = gw_json_object();
        gw_json_set_text(one, "reference", r->statuses[i].reference);
        gw_json_set_text(one, "status", gw_traveler_status_name(r->statuses[i].status));
        gw_json_set_integer(one, "portraits", r->statuses[i].portraits);
        gw_json_add(list, one);
    }
    gw_json_set(j, "statuses", list);
    gw_json_set(j, "problems", gw_manifest_problems_to_json(r->problems, r->n_problems));
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = r->created ? 201 : 200;
}

bool gw_post_manifest(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_manifest m;
    struct gw_manifest_receipt receipt;
    if (!gw_manifest_parse_json(&m, x->mem, x->request->body, err))
        return false;
    if (gw_exchange_begin(x, render, err) &&
        gw_service_manifest(&receipt, x->mem, x->service, &x->who, &m, x->once, err))
        return gw_exchange_answer(x, render, &receipt);
    if (m.n_problems > 0)
        x->problems = gw_manifest_problems_to_json(m.problems, m.n_problems);
    return false;
}
