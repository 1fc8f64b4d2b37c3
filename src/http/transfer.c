/* transfer.c - what goes to an identity register: seen, asked for, tried again. */
#include "http/exchange.h"

bool gw_get_transfers(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_transfer_page page;
    struct gw_span cursor, state = {};
    size_t limit;
    (void)gw_uri_query(&x->asked->uri, "state", &state);
    if (!gw_exchange_page(&limit, &cursor, x, err) ||
        !gw_service_transfers(&page, x->mem, x->service, &x->who, state, cursor, limit, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < page.n; i++)
        gw_json_add(list, gw_transfer_to_json(&page.records[i]));
    gw_json_set(j, "transfers", list);
    gw_json_set_text(j, "cursor", page.cursor);
    return gw_exchange_json(x, 200, j);
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    GW_AUTO(gw_json) *j = gw_transfer_to_json(answer);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 201;
}

static void render_again(struct gw_buf *body, int *status, const void *answer, void *context)
{
    render(body, status, answer, context);
    *status = 200;
}

bool gw_post_transfer(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_transfer_record record;
    struct gw_span text = {};
    struct gw_id basis;
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "case", err) || !gw_exchange_text(&text, body, "case", GW_ID_TEXT, err))
        return false;
    if (!gw_id_parse(&basis, text))
        return gw_fail(err, GW_ERR_INVALID, "\"case\" takes the id of an inspection or a verification");
    return gw_exchange_begin(x, render, err) && gw_service_transfer(&record, x->mem, x->service, &x->who, basis, x->once, err) &&
        gw_exchange_answer(x, render, &record);
}

bool gw_post_transfer_retry(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_transfer_record record;
    GW_AUTO(gw_json) *body = NULL;
    return gw_exchange_body(&body, x, "", err) && gw_exchange_begin(x, render_again, err) &&
        gw_service_transfer_retry(&record, x->mem, x->service, &x->who, gw_exchange_id(x, "transfer"), x->once, err) &&
        gw_exchange_answer(x, render_again, &record);
}
