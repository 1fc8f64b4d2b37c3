/* gallery_fuzz.c - gallery files and kept templates: what is read is written back
 * the same, and found again. */
#include "base/buf.h"
#include "gallery/gallery.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool add(void *to, struct gw_span piece)
{
    gw_buf_add(to, piece.data, piece.size);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct gw_span in = gw_span_of(data, size);
    struct gw_err err = {};
    struct gw_template t;
    if (gw_template_parse(&t, in, &err)) {
        uint8_t again[GW_TEMPLATE_BYTES_MAX];
        gw_template_format(again, &t);
        if (!gw_template_check(&t) || !gw_span_equal(in, gw_span_of(again, gw_template_bytes(t.dim))))
            abort();
    }

    GW_AUTO(gw_gallery) *g = gw_gallery_parse(in, "fuzz", &err);
    if (g == NULL) {
        if (err.code == GW_OK)
            abort();
        return 0;
    }
    GW_AUTO_VALUE(gw_buf) again = {};
    if (!gw_gallery_format(g, "fuzz", add, &again) || !gw_span_equal(in, gw_buf_span(&again)))
        abort();
    /* The first row, cut out of the file, is somebody who is found. */
    const size_t row = 2 * (size_t)gw_gallery_dim(g), rows_at = 128 + 16 * gw_gallery_templates(g);
    struct gw_hit hit;
    if (gw_gallery_templates(g) == 0)
        return 0;
    t = (struct gw_template){ .dim = (uint16_t)gw_gallery_dim(g) };
    memcpy(t.v, data + rows_at, row);
    if (gw_gallery_search(&hit, 1, g, &t) != 1 || hit.score < gw_template_score(&t, &t))
        abort();
    return 0;
}
