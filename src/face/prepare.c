/* prepare.c - see prepare.h. */
#include "face/prepare.h"
#include "base/arena.h"
#include "face/graph.h"
#include "face/onnx.h"

#include <stdio.h>

enum {
    SLOPES_BYTES = 16 << 20,
    TRIFLE = 16, /* a part of a network so small that to be without it is no gain */
};

const char *gw_way_name(enum gw_way way)
{
    static const char *const names[] = { [GW_WAY_BLOCKED] = "blocked", [GW_WAY_CONVOLUTIONS] = "convolutions" };
    assert((size_t)way < GW_COUNT(names));
    return names[way];
}

/* --- how many channels the runtime puts into a block ---------------------------------------
 *
 * It does not say, and what this processor can do is not quite what it chose: so one tensor is
 * put into blocks and looked at. */

enum { PROBE_CHANNELS = 64, PROBE_WIDTH = 2 };

static void put_operators(struct gw_buf *model, struct gw_buf *part, const char *domain, int64_t version)
{
    gw_buf_clear(part);
    gw_pb_put_text(part, OPSET_DOMAIN, domain);
    gw_pb_put_int(part, OPSET_VERSION, version);
    gw_pb_put_bytes(model, MODEL_OPSET_IMPORT, gw_buf_span(part));
}

static void put_described(struct gw_buf *graph, uint32_t field, const char *name)
{
    static const int64_t dims[] = { 1, PROBE_CHANNELS, 1, PROBE_WIDTH };
    GW_AUTO_VALUE(gw_buf) value = {};
    gw_onnx_put_described(&value, name, dims, GW_COUNT(dims));
    gw_pb_put_bytes(graph, field, gw_buf_span(&value));
}

/* One node: x to y, in blocks. */
static void put_probe(struct gw_buf *model)
{
    GW_AUTO_VALUE(gw_buf) part = {};
    GW_AUTO_VALUE(gw_buf) graph = {};
    gw_pb_put_text(&part, NODE_INPUT, "x");
    gw_pb_put_text(&part, NODE_OUTPUT, "y");
    gw_pb_put_text(&part, NODE_OP, "ReorderInput");
    gw_pb_put_text(&part, NODE_DOMAIN, GW_ONNX_BLOCKED_DOMAIN);
    gw_pb_put_bytes(&graph, GRAPH_NODE, gw_buf_span(&part));
    gw_pb_put_text(&graph, GRAPH_NAME, "probe");
    put_described(&graph, GRAPH_INPUT, "x");
    put_described(&graph, GRAPH_OUTPUT, "y");
    gw_pb_put_int(model, MODEL_IR_VERSION, 8);
    gw_pb_put_bytes(model, MODEL_GRAPH, gw_buf_span(&graph));
    put_operators(model, &part, "", 13);
    put_operators(model, &part, GW_ONNX_BLOCKED_DOMAIN, 1);
}

unsigned gw_prepare_block(struct gw_ort *rt)
{
    GW_AUTO_VALUE(gw_buf) model = {};
    put_probe(&model);
    GW_AUTO(gw_net) *net = gw_net_open_blocked(rt, gw_buf_span(&model), "probe", 1, NULL);
    const struct gw_shape shape = { 4, { 1, PROBE_CHANNELS, 1, PROBE_WIDTH } };
    float x[PROBE_CHANNELS * PROBE_WIDTH];
    for (size_t i = 0; i < GW_COUNT(x); i++)
        x[i] = (float)i;
    if (net == NULL || !gw_net_bind(net, "x", &shape, (const char *const[]){ "y" }, 1, x, NULL) ||
        gw_shape_count(gw_net_output_shape(net, 0)) != GW_COUNT(x))
        return 0;
    /* The second pixel of the first channel comes behind all channels of the first pixel. */
    const float *y = gw_net_first_output(net, 0);
    for (unsigned block = 2; block < PROBE_CHANNELS; block++)
        if (y[block] == x[1])
            return block;
    return 0;
}

/* --- the ways ---------------------------------------------------------------------------- */

static bool nothing_to_do(const char *label, struct gw_err *err)
{
    return gw_fail(err, GW_ERR_UNSUPPORTED, "%s: nothing in it that could be made faster this way", label);
}

static struct gw_net *open_blocked(struct gw_ort *rt, struct gw_span onnx, const char *label, unsigned threads,
    struct gw_err *err)
{
    GW_AUTO(gw_arena) *arena = gw_arena_new(SLOPES_BYTES);
    GW_AUTO_MEM struct gw_graph_marks *marks = gw_alloc(sizeof *marks);
    GW_AUTO_VALUE(gw_buf) marked = {};
    GW_AUTO_VALUE(gw_buf) optimized = {};
    GW_AUTO_VALUE(gw_buf) blocked = {};
    struct gw_graph_blocked report;
    if (!gw_graph_mark(&marked, marks, arena, onnx, err) || (marks->n == 0 && !nothing_to_do(label, err)) ||
        !gw_net_optimized(&optimized, rt, gw_buf_span(&marked), label, err) ||
        !gw_graph_block(&blocked, &report, gw_buf_span(&optimized), marks, gw_prepare_block(rt), err))
        return NULL;
    return gw_net_open_blocked(rt, gw_buf_span(&blocked), label, threads, err);
}

static struct gw_net *open_convolutions(struct gw_ort *rt, struct gw_span onnx, const char *label, unsigned threads,
    struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) prepared = {};
    struct gw_graph_report report;
    if (!gw_graph_prepare(&prepared, &report, onnx, err))
        return NULL;
    /* A few channels less do not make up for opening a network twice. */
    const bool trifle = gw_graph_rewritten(&report) == report.n_trimmed && prepared.size > onnx.size - onnx.size / TRIFLE;
    if (trifle && !nothing_to_do(label, err))
        return NULL;
    return gw_net_open(rt, gw_buf_span(&prepared), label, threads, err);
}

struct gw_net *gw_prepare_open(struct gw_ort *rt, enum gw_way way, struct gw_span onnx, const char *label, unsigned threads,
    struct gw_err *err)
{
    return way == GW_WAY_BLOCKED ? open_blocked(rt, onnx, label, threads, err)
                                 : open_convolutions(rt, onnx, label, threads, err);
}
