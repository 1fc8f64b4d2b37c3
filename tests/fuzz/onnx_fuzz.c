/* onnx_fuzz.c - whatever the bytes: an error that says why, or a model that can be
 * read, is not larger than promised, and in which nothing is left to be done. */
#include "face/graph.h"
#include "tests/support/onnx.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same bytes as what a runtime might have made of a model with marks. */
static void block(struct gw_span model)
{
    struct gw_err err = {};
    GW_AUTO(gw_arena) *arena = gw_arena_new(GW_GRAPH_EXTRA_BYTES);
    GW_AUTO_MEM struct gw_graph_marks *marks = gw_alloc(sizeof *marks);
    GW_AUTO_VALUE(gw_buf) marked = {};
    struct gw_graph_blocked report;
    if (!gw_graph_mark(&marked, marks, arena, model, &err))
        return;
    const struct gw_span models[] = { model, gw_buf_span(&marked) };
    for (size_t i = 0; i < GW_COUNT(models); i++)
        for (unsigned block = 0; block <= 16; block += 8) {
            GW_AUTO_VALUE(gw_buf) out = {};
            if (gw_graph_block(&out, &report, models[i], marks, block, &err)) {
                if (!onnx_whole(gw_buf_span(&out)) || report.n_plain > report.n_alone)
                    abort();
            } else if (out.size > 0 || err.text[0] == 0) {
                abort();
            }
        }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gw_span model = gw_span_of(data, size);
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) again = {};
    struct gw_graph_report report, second;
    struct gw_err err = {};
    if (!gw_graph_prepare(&out, &report, model, &err)) {
        if ((err.code != GW_ERR_FORMAT && err.code != GW_ERR_LIMIT && err.code != GW_ERR_UNSUPPORTED) || err.text[0] == 0 ||
            (err.at != GW_NO_PLACE && err.at > size) || out.size > 0)
            abort();
        return 0;
    }
    unsigned left = 0;
    for (size_t i = 0; i < GW_GRAPH_LEFT_COUNT; i++)
        left += report.left[i];
    if (report.n_prelu != report.n_conv + report.n_leaky + left ||
        out.size > GW_GRAPH_GROWTH_MAX * size + GW_GRAPH_EXTRA_BYTES || !onnx_whole(gw_buf_span(&out)))
        abort();
    if (gw_graph_rewritten(&report) == 0 && !gw_span_equal(gw_buf_span(&out), model))
        abort();
    if (!gw_graph_prepare(&again, &second, gw_buf_span(&out), &err) || gw_graph_rewritten(&second) != 0 ||
        !gw_span_equal(gw_buf_span(&out), gw_buf_span(&again)))
        abort();
    block(model);
    return 0;
}
