/* problem.c - what went wrong, for a program and for a person. */
#include "http/problem.h"

#include <stdio.h>

const char *gw_problem_title(int status)
{
    static const struct {
        int status;
        const char *title;
    } titles[] = {
        { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" }, { 404, "Not Found" },
        { 405, "Method Not Allowed" }, { 406, "Not Acceptable" },
        { 409, "Conflict" }, { 410, "Gone" }, { 413, "Content Too Large" },
        { 414, "URI Too Long" }, { 415, "Unsupported Media Type" }, { 417, "Expectation Failed" },
        { 422, "Unprocessable Content" }, { 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" }, { 500, "Internal Server Error" },
        { 503, "Service Unavailable" },
    };
    for (size_t i = 0; i < GW_COUNT(titles); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

/* Input that could not be read as a whole is one problem of the kind that what was read has many of: a client looks in
 * one place. */
static struct gw_json *unreadable(const struct gw_err *err)
{
    struct gw_json *list = gw_json_array(), *o = gw_json_object();
    gw_json_set_text(o, "severity", "error");
    if (err->at != GW_NO_PLACE)
        gw_json_set_integer(o, "offset", (int64_t)err->at);
    gw_json_set_text(o, "code", gw_err_name(err->code));
    gw_json_set_text(o, "text", err->text);
    gw_json_add(list, o);
    return list;
}

void gw_problem_answer(struct gw_exchange *x, const struct gw_err *err)
{
    struct gw_request *r = x->request;
    enum gw_err_code code = err->code == GW_OK ? GW_ERR_INTERNAL : err->code;
    int status = x->problem_status != 0 ? x->problem_status : gw_err_http(code);
    char type[64];
    snprintf(type, sizeof type, "urn:gangway:problem:%s", gw_err_name(code));
    GW_AUTO(gw_json) *j = gw_json_object();
    gw_json_set_text(j, "type", type);
    gw_json_set_text(j, "title", gw_problem_title(status));
    gw_json_set_integer(j, "status", status);
    gw_json_set_text(j, "code", gw_err_name(code));
    gw_json_set_text(j, "detail", err->text);
    gw_json_set_text(j, "next", gw_err_next(code));
    gw_json_set_text(j, "request_id", r->id_text);
    if (err->at != GW_NO_PLACE && (code == GW_ERR_FORMAT || code == GW_ERR_LIMIT))
        gw_json_set_integer(j, "offset", (int64_t)err->at);
    if (x->problems == NULL && code == GW_ERR_FORMAT && r->body.size > 0)
        x->problems = unreadable(err);
    if (x->problems != NULL)
        gw_json_set(j, "problems", gw_take(x->problems));
    if (status == 503 || status == 429 || code == GW_ERR_IN_PROGRESS)
        gw_request_answer_header(r, "Retry-After",
            code == GW_ERR_BUSY || code == GW_ERR_IN_PROGRESS ? "1" : code == GW_ERR_TOO_OFTEN ? "60" : "5");
    gw_buf_clear(&r->answer);
    gw_json_format(&r->answer, j, false);
    gw_buf_add(&r->answer, "\n", 1);
    r->status = status;
    r->type = "application/problem+json";
    x->code = code;
}
