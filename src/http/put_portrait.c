/* put_portrait.c - a reference photo for the holder of a document.
 *
 * The picture is the body, or the part "portrait" of a form. What it belongs to
 * comes as parts of the form, as headers (X-Document-Number …) or as query
 * parameters; forms and headers keep a document's number out of the logs of
 * whatever stands between. */
#include "http/exchange.h"
#include "http/form.h"

struct fields {
    struct gw_span document_number, issuing_state, source, captured_on, picture;
};

/* One field: form, header, query; in two places at once it must be the same. */
static bool read_field(struct gw_span *out, const struct gw_exchange *x, const struct gw_form *form, const char *name,
    const char *header, struct gw_err *err)
{
    const struct gw_form_part *part = gw_form_find(form, name);
    struct gw_span found[3] = {};
    size_t n = 0;
    if (part != NULL)
        found[n++] = gw_span_trim(part->data);
    if (gw_request_header(x->request, header, &found[n]))
        found[n] = gw_span_trim(found[n]), n++;
    if (gw_uri_query(&x->asked->uri, name, &found[n]))
        n++;
    for (size_t i = 1; i < n; i++)
        if (!gw_span_equal(found[0], found[i]))
            return gw_fail(err, GW_ERR_USAGE, "%s is given twice and differently", name);
    *out = n == 0 ? (struct gw_span){} : found[0];
    if (out->size > GW_MANIFEST_WORD_MAX || !gw_span_utf8(*out, NULL))
        return gw_fail(err, GW_ERR_INVALID, "%s is longer than %d bytes or not UTF-8", name, GW_MANIFEST_WORD_MAX);
    return true;
}

static bool read_fields(struct fields *out, const struct gw_exchange *x, struct gw_err *err)
{
    struct gw_form form = {};
    struct gw_span type = {}, boundary = {};
    out->picture = x->request->body;
    if (gw_request_header(x->request, "Content-Type", &type) && gw_span_starts(type, "multipart/")) {
        if (!gw_form_boundary(&boundary, type))
            return gw_fail(err, GW_ERR_FORMAT, "multipart/form-data needs a boundary of 1 to 70 bytes (RFC 2046 section 5.1.1)");
        if (!gw_form_parse(&form, x->request->body, boundary, err))
            return false;
        const struct gw_form_part *picture = gw_form_find(&form, "portrait");
        for (size_t i = 0; i < form.n_parts; i++)
            if (!gw_word_in("portrait document_number issuing_state source captured_on", form.parts[i].name, false))
                return gw_fail(err, GW_ERR_USAGE,
                    "the form takes portrait, document_number, issuing_state, source and captured_on");
        if (picture == NULL)
            return gw_fail(err, GW_ERR_USAGE, "the form has no part \"portrait\" with the picture");
        out->picture = picture->data;
    }
    if (out->picture.size == 0)
        return gw_fail(err, GW_ERR_FORMAT, "there is no picture in the request");
    return read_field(&out->document_number, x, &form, "document_number", "X-Document-Number", err) &&
        read_field(&out->issuing_state, x, &form, "issuing_state", "X-Issuing-State", err) &&
        read_field(&out->source, x, &form, "source", "X-Portrait-Source", err) &&
        read_field(&out->captured_on, x, &form, "captured_on", "X-Captured-On", err);
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    const struct gw_portrait_receipt *r = answer;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *components = gw_json_object();
    gw_json_set_id(j, "portrait", r->portrait);
    gw_json_set_bool(j, "created", r->created);
    gw_json_set_rounded(j, "quality", r->quality, 1);
    for (size_t i = 0; i < r->n_quality; i++)
        gw_json_set_rounded(components, r->components[i].name, r->components[i].value, 1);
    gw_json_set(j, "quality_components", components);
    gw_json_set_integer(j, "voyages", r->voyages);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = r->created ? 201 : 200;
}

bool gw_put_portrait(struct gw_exchange *x, struct gw_err *err)
{
    struct fields f = {};
    struct gw_portrait_receipt receipt;
    if (!read_fields(&f, x, err))
        return false;
    struct gw_portrait_ask ask = {
        .document_number = f.document_number,
        .issuing_state = f.issuing_state,
        .picture = f.picture,
    };
    if (f.document_number.size == 0 || f.issuing_state.size == 0 || f.source.size == 0)
        return gw_fail(err, GW_ERR_INVALID, "document_number, issuing_state and source must be given");
    if (!gw_portrait_source_find(&ask.source, f.source))
        return gw_fail(err, GW_ERR_INVALID, "source takes chip, passport, visa, encounter or application");
    if (f.captured_on.size > 0 && !gw_date_parse(&ask.captured_on, f.captured_on))
        return gw_fail(err, GW_ERR_INVALID, "captured_on takes a day such as 2024-05-31");
    if (!gw_exchange_begin(x, render, err) ||
        !gw_service_portrait(&receipt, x->service, x->worker, &x->who, &ask, x->once, err))
        return false;
    return gw_exchange_answer(x, render, &receipt);
}
