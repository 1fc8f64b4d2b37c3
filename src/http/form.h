/* form.h - multipart/form-data (RFC 7578): a picture and its fields in one body. Pure.
 *
 * Only what a form of ours needs: named parts, their media type, their bytes.
 * Nested multiparts and transfer encodings (forbidden by RFC 7578 section 4.7) are
 * refused. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

enum { GW_FORM_PARTS = 16, GW_FORM_HEADER_BYTES = 2048 };

struct gw_form {
    struct gw_form_part {
        struct gw_span name, type, data; /* all point into the body */
    } parts[GW_FORM_PARTS]; /* each name once */
    size_t n_parts;
};

/* The boundary out of a Content-Type; false when it is no multipart/form-data with one (1 to 70 bytes). */
bool gw_form_boundary(struct gw_span *out, struct gw_span content_type);
/* GW_ERR_FORMAT with the place; GW_ERR_LIMIT: more parts, or longer part headers. */
[[nodiscard]] bool gw_form_parse(struct gw_form *out, struct gw_span body, struct gw_span boundary, struct gw_err *err);
/* NULL when absent. */
const struct gw_form_part *gw_form_find(const struct gw_form *f, const char *name);
