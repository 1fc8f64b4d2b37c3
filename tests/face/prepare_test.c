/* prepare_test.c - what our own operators take the place of, and that every way of running a
 * network gives what the network as shipped gives. */
#include "face/prepare.h"
#include "base/arena.h"
#include "face/graph.h"
#include "tests/check.h"
#include "tests/support/onnx.h"

#include <math.h>
#include <stdlib.h>

static struct gw_ort *runtime;

static bool no_runtime(void)
{
    struct gw_err err = {};
    if (runtime == NULL)
        runtime = gw_ort_open(getenv("GANGWAY_RUNTIME"), &err);
    return runtime == NULL;
}

/* --- models ------------------------------------------------------------------------------ */

enum { SIDE = 20 };

static struct onnx begin(void)
{
    struct onnx m = onnx_new(8, 13);
    onnx_input(&m, "x", (int64_t[]){ 1, 3, SIDE, SIDE }, 4);
    onnx_conv(&m, "x", "stem", 3, 32, 1, 3, 1);
    onnx_prelu(&m, "stem", "s", 32);
    return m;
}
static struct onnx end(struct onnx m, const char *last, int64_t channels, int64_t side)
{
    onnx_conv(&m, last, "y", channels, 5, 1, 1, 1);
    onnx_output(&m, "y", (int64_t[]){ 1, 5, side, side }, 4);
    onnx_done(&m);
    return m;
}

/* What face networks are made of: wider, by channel, narrow again, added. */
static struct onnx residual(int64_t kernel, int64_t stride)
{
    struct onnx m = begin();
    onnx_conv(&m, "s", "wide", 32, 96, 1, 1, 1);
    onnx_prelu(&m, "wide", "wide.p", 96);
    onnx_conv(&m, "wide.p", "deep", 96, 96, 96, kernel, stride);
    onnx_prelu(&m, "deep", "deep.p", 96);
    onnx_conv(&m, "deep.p", "thin", 96, 32, 1, 1, 1);
    if (stride == 1)
        onnx_node(&m, "Add", "thin s", "sum", NULL);
    return end(m, stride == 1 ? "sum" : "thin", 32, (SIDE + stride - 1) / stride);
}
static struct onnx residual_3(void)
{
    return residual(3, 1);
}
static struct onnx residual_2(void)
{
    return residual(3, 2);
}
static struct onnx residual_5(void)
{
    return residual(5, 1);
}

/* Channels that fill no block, and are widened first. */
static struct onnx narrow(void)
{
    struct onnx m = begin();
    onnx_conv(&m, "s", "wide", 32, 13, 1, 1, 1);
    onnx_prelu(&m, "wide", "wide.p", 13);
    onnx_conv(&m, "wide.p", "deep", 13, 13, 13, 3, 1);
    onnx_prelu(&m, "deep", "deep.p", 13);
    onnx_conv(&m, "deep.p", "thin", 13, 32, 1, 1, 1);
    onnx_prelu(&m, "thin", "thin.p", 32);
    return end(m, "thin.p", 32, SIDE);
}

/* By channel first, nothing behind. */
static struct onnx before_alone(void)
{
    struct onnx m = begin();
    onnx_conv(&m, "s", "deep", 32, 32, 32, 3, 1);
    return end(m, "deep", 32, SIDE);
}

/* The runtime makes an activation part of the convolution: that one stays its own. */
static struct onnx activated(void)
{
    struct onnx m = begin();
    onnx_conv(&m, "s", "deep", 32, 32, 32, 3, 1);
    onnx_node(&m, "Sigmoid", "deep", "g", NULL);
    return end(m, "g", 32, SIDE);
}

/* A PRelu that two nodes read stays a node. */
static struct onnx read_twice(void)
{
    struct onnx m = begin();
    onnx_conv(&m, "s", "deep", 32, 32, 32, 3, 1);
    onnx_node(&m, "Add", "deep s", "sum", NULL);
    return end(m, "sum", 32, SIDE);
}

/* One that is put out, too. */
static struct onnx put_out(void)
{
    struct onnx m = begin();
    onnx_conv(&m, "s", "deep", 32, 32, 32, 3, 1);
    onnx_output(&m, "s", (int64_t[]){ 1, 32, SIDE, SIDE }, 4);
    return end(m, "deep", 32, SIDE);
}

/* Before any convolution tensors are in the plain layout. */
static struct onnx plain(void)
{
    struct onnx m = onnx_new(8, 13);
    onnx_input(&m, "x", (int64_t[]){ 1, 3, SIDE, SIDE }, 4);
    onnx_prelu(&m, "x", "p", 3);
    onnx_conv(&m, "p", "c", 3, 32, 1, 3, 1);
    onnx_prelu(&m, "c", "q", 32);
    return end(m, "q", 32, SIDE);
}

static const struct row {
    const char *label;
    struct onnx (*make)(void);
    struct gw_graph_blocked want;
} rows[] = {
    { "wider, by channel, narrow and added", residual_3, { .n_expand = 1, .n_pointwise = 2, .n_alone = 1 } },
    { "the same in steps of two", residual_2, { .n_expand = 1, .n_pointwise = 2, .n_alone = 1 } },
    { "the same of 5x5", residual_5, { .n_expand = 1, .n_pointwise = 2, .n_alone = 1 } },
    { "channels that fill no block", narrow, { .n_expand = 1, .n_pointwise = 2, .n_alone = 1 } },
    { "by channel with a PRelu before it alone", before_alone, { .n_by_channel = 1, .n_pointwise = 1 } },
    { "an activation is the runtime's", activated, { .n_pointwise = 1, .n_alone = 1 } },
    { "a PRelu that two nodes read stays a node", read_twice, { .n_pointwise = 1, .n_alone = 1 } },
    { "one that is put out stays a node", put_out, { .n_pointwise = 1, .n_alone = 1 } },
    { "a PRelu in the plain layout", plain, { .n_pointwise = 1, .n_alone = 2, .n_plain = 1 } },
};

/* --- running ----------------------------------------------------------------------------- */

/* Runs a few inputs on the network as shipped and this one. */
static void equal(struct gw_net *shipped, struct gw_net *net, const struct gw_shape *shape, const char *input,
    const char *output, const char *what)
{
    struct gw_err err = {};
    struct gw_net *nets[] = { shipped, net };
    struct gw_net_io io[2];
    const size_t n = gw_shape_count(shape);
    GW_AUTO_MEM float *x = gw_alloc_array(n, sizeof *x);
    for (size_t i = 0; i < 2; i++) {
        CHECK_OK(gw_net_bind(nets[i], input, shape, &output, 1, x, &err));
        CHECK_OK(gw_net_io_init(&io[i], nets[i], &err));
    }
    static const struct { float scale, add; } kinds[] = { { 1, 0 }, { 1, 0 }, { 0.5f, 0.5f }, { 0, -1 }, { 0, 0 }, { 100, 10 } };
    for (size_t k = 0; k < GW_COUNT(kinds); k++) {
        uint32_t seed = 11 + (uint32_t)k;
        for (size_t i = 0; i < n; i++)
            io[0].input[i] = io[1].input[i] = kinds[k].scale * onnx_random(&seed) + kinds[k].add;
        CHECK_OK(gw_net_run(&io[0], &err));
        CHECK_OK(gw_net_run(&io[1], &err));
        CHECK_INT(io[0].n_outputs_of[0], io[1].n_outputs_of[0]);
        double off = 0, largest = 0;
        for (size_t i = 0; i < io[0].n_outputs_of[0]; i++) {
            largest = fmax(largest, fabs((double)io[0].outputs[0][i]));
            off = fmax(off, fabs((double)io[0].outputs[0][i] - (double)io[1].outputs[0][i]));
        }
        if (!(off <= 1e-5 * largest))
            fail_msg("%s, input %zu: off by %.3g of %.3g", what, k, off, largest);
    }
    for (size_t i = 0; i < 2; i++)
        gw_net_io_done(&io[i]);
}

static void every_way(struct gw_span model, const struct gw_shape *shape, const char *input, const char *output, const char *label,
    unsigned threads)
{
    struct gw_err err = {};
    for (int way = 0; way < GW_WAYS; way++) {
        GW_AUTO(gw_net) *shipped = gw_net_open(runtime, model, "shipped", 1, &err);
        GW_AUTO(gw_net) *net = gw_prepare_open(runtime, (enum gw_way)way, model, "prepared", threads, &err);
        if (shipped == NULL || net == NULL)
            fail_msg("%s, %s: %s", label, gw_way_name((enum gw_way)way), err.text);
        equal(shipped, net, shape, input, output, label);
    }
}

static void made(void **state)
{
    const struct row *r = *state;
    struct gw_err err = {};
    if (no_runtime())
        skip();
    struct onnx m = r->make();
    GW_AUTO(gw_arena) *arena = gw_arena_new(1 << 20);
    GW_AUTO_MEM struct gw_graph_marks *marks = gw_alloc(sizeof *marks);
    GW_AUTO_VALUE(gw_buf) marked = {};
    GW_AUTO_VALUE(gw_buf) optimized = {};
    GW_AUTO_VALUE(gw_buf) blocked = {};
    struct gw_graph_blocked report;
    CHECK_OK(gw_graph_mark(&marked, marks, arena, gw_buf_span(&m.model), &err));
    CHECK_OK(gw_net_optimized(&optimized, runtime, gw_buf_span(&marked), "made", &err));
    CHECK_OK(gw_graph_block(&blocked, &report, gw_buf_span(&optimized), marks, gw_prepare_block(runtime), &err));
    CHECK(onnx_whole(gw_buf_span(&blocked)));
    if (gw_prepare_block(runtime) == 16 && memcmp(&report, &r->want, sizeof report) != 0)
        fail_msg("expand %u, by channel %u, 1x1 %u, PRelu %u, of these plain %u", report.n_expand, report.n_by_channel,
            report.n_pointwise, report.n_alone, report.n_plain);
    const struct gw_shape shape = { 4, { 1, 3, SIDE, SIDE } };
    for (unsigned threads = 1; threads <= 2; threads++)
        every_way(gw_buf_span(&m.model), &shape, "x", "y", r->label, threads);
    onnx_free(&m);
}

static const struct real_row {
    const char *label, *file;
    int64_t side;
} real_rows[] = {
    { "the embedder, every way", "fr_feature.onnx", 112 },
    { "liveness, every way", "fr_liveness.onnx", 128 },
};

static void real(void **state)
{
    const struct real_row *r = *state;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) path = {};
    GW_AUTO_VALUE(gw_buf) model = {};
    gw_buf_addf(&path, "%s/vendor/models/%s", getenv("GANGWAY_TEST_SOURCE") == NULL ? "." : getenv("GANGWAY_TEST_SOURCE"), r->file);
    if (no_runtime() || !gw_buf_read_file(&model, gw_buf_text(&path), GW_GRAPH_BYTES_MAX, &err))
        skip(); /* tools/setup brings the networks */
    const struct gw_shape shape = { 4, { 1, 3, r->side, r->side } };
    every_way(gw_buf_span(&model), &shape, "input", "output", r->file, 1);
}

static void nothing_to_do(void **state)
{
    (void)state;
    struct gw_err err = {};
    if (no_runtime())
        skip();
    struct onnx m = onnx_new(8, 13);
    onnx_input(&m, "x", (int64_t[]){ 1, 3, SIDE, SIDE }, 4);
    m = end(m, "x", 3, SIDE);
    for (int way = 0; way < GW_WAYS; way++)
        CHECK_FAILS(gw_prepare_open(runtime, (enum gw_way)way, gw_buf_span(&m.model), "made", 1, &err) != NULL, GW_ERR_UNSUPPORTED);
    onnx_free(&m);
}

/* --- marks that are not as they were ------------------------------------------------------- */

enum spoilt { WHOLE, GONE, OTHER_OPERATOR, OTHER_INPUTS, ATTRIBUTE, TWICE, NO_BLOCK, OUT_OF_ORDER };
static const struct spoilt_row {
    const char *label;
    enum spoilt how;
    bool fine;
} spoilt_rows[] = {
    { "a mark as it was made is found", WHOLE, true },
    { "a mark that is gone is refused", GONE, false },
    { "one that became another operator", OTHER_OPERATOR, false },
    { "one that reads two values", OTHER_INPUTS, false },
    { "one with an attribute", ATTRIBUTE, false },
    { "one that is there twice", TWICE, false },
    { "blocks of no size", NO_BLOCK, false },
    { "nodes out of order", OUT_OF_ORDER, false },
};

static void put_mark(struct onnx *m, const char *name, const char *op, const char *inputs, const char *output, bool attribute)
{
    struct gw_buf more = {};
    pb_text(&more, 3, name);
    if (attribute)
        onnx_attribute_int(&more, "axis", 1);
    onnx_node(m, op, inputs, output, &more);
}

static void put_conv(struct onnx *m, const char *inputs, const char *output)
{
    struct gw_buf domain = {};
    pb_text(&domain, 7, "com.microsoft.nchwc");
    onnx_node(m, "Conv", inputs, output, &domain);
}

static void spoilt(void **state)
{
    const struct spoilt_row *r = *state;
    struct gw_err err = {};
    float slopes[16] = {};
    GW_AUTO_MEM struct gw_graph_marks *marks = gw_alloc(sizeof *marks);
    marks->n = 1;
    marks->v[0] = (struct gw_graph_mark){ .name = "gw0_0", .slopes = slopes, .n = 16 };
    struct onnx m = onnx_new(8, 13);
    onnx_input(&m, "x", (int64_t[]){ 1, 3, 8, 8 }, 4);
    onnx_tensor(&m, "w", (int64_t[]){ 16, 3, 3, 3 }, 4, 1, 1);
    if (r->how != OUT_OF_ORDER)
        put_conv(&m, "x w", "c");
    put_mark(&m, r->how == GONE ? "gw0_1" : "gw0_0", r->how == OTHER_OPERATOR ? "Add" : "Mul", r->how == OTHER_INPUTS ? "c x" : "c c", "y",
        r->how == ATTRIBUTE);
    if (r->how == TWICE)
        put_mark(&m, "gw0_0", "Mul", "c c", "z", false);
    if (r->how == OUT_OF_ORDER)
        put_conv(&m, "x w", "c");
    onnx_output(&m, "y", (int64_t[]){ 1, 16, 8, 8 }, 4);
    onnx_done(&m);
    GW_AUTO_VALUE(gw_buf) out = {};
    struct gw_graph_blocked report;
    const unsigned block = r->how == NO_BLOCK ? 0 : 16;
    if (r->fine) {
        CHECK_OK(gw_graph_block(&out, &report, gw_buf_span(&m.model), marks, block, &err));
        CHECK_INT(report.n_alone, 1);
        GW_AUTO_VALUE(gw_buf) ops = {};
        onnx_ops(&ops, gw_buf_span(&out));
        CHECK_TEXT(gw_buf_text(&ops), "Conv PRelu");
    } else {
        CHECK_FAILS(gw_graph_block(&out, &report, gw_buf_span(&m.model), marks, block, &err), GW_ERR_UNSUPPORTED);
        CHECK_INT(out.size, 0);
    }
    onnx_free(&m);
}

int main(void)
{
    check_rows("made", rows, made);
    check_rows("real networks", real_rows, real);
    check_add("prepare", "a network with nothing to do says so", nothing_to_do);
    check_rows("marks", spoilt_rows, spoilt);
    int status = check_done();
    gw_ort_close(runtime);
    return status;
}
