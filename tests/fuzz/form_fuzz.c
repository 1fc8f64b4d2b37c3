/* form_fuzz.c - any bytes as a form; the first line is its Content-Type. What is found
 * lies in the body, does not overlap, and holds no boundary. */
#include "http/form.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct gw_span part, struct gw_span body)
{
    return part.size == 0 || (part.data >= body.data && part.data + part.size <= body.data + body.size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_span text = gw_span_of(data, size), boundary;
    struct gw_form f;
    struct gw_err err = {};
    const uint8_t *newline = size == 0 ? NULL : memchr(data, '\n', size);
    if (newline == NULL)
        return 0;
    size_t at = (size_t)(newline - data) + 1;
    struct gw_span body = gw_span_slice(text, at, size);
    if (!gw_form_boundary(&boundary, gw_span_slice(text, 0, at - 1)))
        return 0;
    if (boundary.size < 1 || boundary.size > 70)
        abort();
    if (!gw_form_parse(&f, body, boundary, &err))
        return 0;
    if (f.n_parts > GW_FORM_PARTS)
        abort();
    const uint8_t *end = body.data;
    for (size_t i = 0; i < f.n_parts; i++) {
        const struct gw_form_part *p = &f.parts[i];
        if (!is_inside(p->name, body) || !is_inside(p->type, body) || !is_inside(p->data, body) || p->name.size == 0)
            abort();
        if (p->data.data != NULL && p->data.data < end)
            abort();
        end = p->data.data == NULL ? end : p->data.data + p->data.size;
    }
    return 0;
}
