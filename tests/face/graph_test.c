/* graph_test.c - what becomes of hand-made models and what does not, byte for byte, and
 * that the runtime computes the same of them and of the real networks. */
#include "face/graph.h"
#include "tests/check.h"
#include "tests/support/onnx.h"

static const struct gw_graph_report nothing;

/* Conv to 16 channels, then a PRelu whose slope is as the row says. */
static const struct prelu_row {
    const char *label;
    int64_t dims[5];
    size_t rank;
    enum onnx_how how;
    bool same;         /* every slope equal */
    uint64_t ir, opset;
    bool input;        /* the slope is also listed as an input */
    bool computed;     /* the slope comes from a node */
    const char *want;  /* operators after */
    int left;          /* why, where nothing becomes of it; else -1 */
} prelu_rows[] = {
    { "a slope a channel becomes two convolutions", { 16, 1, 1 }, 3, ONNX_RAW, false, 8, 13, false, false, "Conv Conv Relu Conv Add", -1 },
    { "so it does with a leading 1", { 1, 16, 1, 1 }, 4, ONNX_RAW, false, 8, 13, false, false, "Conv Conv Relu Conv Add", -1 },
    { "and with slopes in float_data", { 16, 1, 1 }, 3, ONNX_FLOATS, false, 8, 13, false, false, "Conv Conv Relu Conv Add", -1 },
    { "opset 7 is the first that is understood", { 16, 1, 1 }, 3, ONNX_RAW, false, 4, 7, false, false, "Conv Conv Relu Conv Add", -1 },
    { "opset 21 is the last", { 16, 1, 1 }, 3, ONNX_RAW, false, 10, 21, false, false, "Conv Conv Relu Conv Add", -1 },
    { "opset 6 broadcast otherwise", { 16, 1, 1 }, 3, ONNX_RAW, false, 3, 6, true, false, "Conv PRelu", GW_GRAPH_LEFT_OPSET },
    { "opset 22 may mean something else", { 16, 1, 1 }, 3, ONNX_RAW, false, 10, 22, false, false, "Conv PRelu", GW_GRAPH_LEFT_OPSET },
    { "one slope for all becomes LeakyRelu", { 1 }, 1, ONNX_RAW, true, 8, 13, false, false, "Conv LeakyRelu", -1 },
    { "one slope without a shape too", {}, 0, ONNX_RAW, true, 8, 13, false, false, "Conv LeakyRelu", -1 },
    { "one slope in three dimensions too", { 1, 1, 1 }, 3, ONNX_RAW, true, 8, 13, false, false, "Conv LeakyRelu", -1 },
    { "equal slopes are one slope", { 16, 1, 1 }, 3, ONNX_RAW, true, 8, 13, false, false, "Conv LeakyRelu", -1 },
    { "[C] goes along the width and is left", { 16 }, 1, ONNX_RAW, false, 8, 13, false, false, "Conv PRelu", GW_GRAPH_LEFT_SHAPE },
    { "a slope along the height is left", { 16, 1 }, 2, ONNX_RAW, false, 8, 13, false, false, "Conv PRelu", GW_GRAPH_LEFT_SHAPE },
    { "a slope a pixel is left", { 16, 8, 8 }, 3, ONNX_RAW, false, 8, 13, false, false, "Conv PRelu", GW_GRAPH_LEFT_SHAPE },
    { "another number of slopes than channels is left", { 8, 1, 1 }, 3, ONNX_RAW, false, 8, 13, false, false, "Conv PRelu", GW_GRAPH_LEFT_SHAPE },
    { "float16 is left", { 16, 1, 1 }, 3, ONNX_HALF, false, 8, 13, false, false, "Conv PRelu", GW_GRAPH_LEFT_DATA },
    { "a slope shorter than its shape is left", { 16, 1, 1 }, 3, ONNX_SHORT, false, 8, 13, false, false, "Conv PRelu", GW_GRAPH_LEFT_DATA },
    { "five dimensions are left", { 1, 1, 16, 1, 1 }, 5, ONNX_RAW, false, 8, 13, false, false, "Conv PRelu", GW_GRAPH_LEFT_DATA },
    { "a slope the caller may replace is left", { 16, 1, 1 }, 3, ONNX_RAW, false, 4, 13, true, false, "Conv PRelu", GW_GRAPH_LEFT_INPUT },
    { "before IR 4 every initializer is an input", { 16, 1, 1 }, 3, ONNX_RAW, false, 3, 8, true, false, "Conv Conv Relu Conv Add", -1 },
    { "a computed slope is left", { 16, 1, 1 }, 3, ONNX_RAW, false, 8, 13, false, true, "Conv Identity PRelu", GW_GRAPH_LEFT_INPUT },
};

static struct onnx prelu_model(const struct prelu_row *r)
{
    float slopes[1024];
    uint32_t seed = 3;
    for (size_t i = 0; i < GW_COUNT(slopes); i++)
        slopes[i] = r->same ? 0.25f : onnx_random(&seed);
    struct onnx m = onnx_new(r->ir, r->opset);
    onnx_input(&m, "x", (int64_t[]){ 1, 3, 8, 8 }, 4);
    if (r->input)
        onnx_input(&m, "a", r->dims, r->rank);
    if (r->ir < 4) {
        onnx_input(&m, "c.w", (int64_t[]){ 16, 3, 3, 3 }, 4);
        onnx_input(&m, "c.b", (int64_t[]){ 16 }, 1);
    }
    onnx_conv(&m, "x", "c", 3, 16, 1, 3, 1);
    onnx_tensor_as(&m, "a", r->dims, r->rank, slopes, r->how);
    if (r->computed)
        onnx_node(&m, "Identity", "a", "b", NULL);
    onnx_node(&m, "PRelu", r->computed ? "c b" : "c a", "y", NULL);
    onnx_output(&m, "y", (int64_t[]){ 1, 16, 8, 8 }, 4);
    onnx_done(&m);
    return m;
}

static void prelu(void **state)
{
    const struct prelu_row *r = *state;
    struct gw_err err = {};
    struct onnx m = prelu_model(r);
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) ops = {};
    GW_AUTO_VALUE(gw_buf) again = {};
    struct gw_graph_report report, second;
    CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&m.model), &err));
    onnx_ops(&ops, gw_buf_span(&out));
    CHECK_TEXT(gw_buf_text(&ops), r->want);
    CHECK_INT(report.n_prelu, 1);
    if (r->left >= 0) {
        CHECK_INT(report.left[r->left], 1);
        CHECK_INT(gw_graph_rewritten(&report), 0);
        CHECK(gw_span_equal(gw_buf_span(&out), gw_buf_span(&m.model)));
        CHECK(strlen(gw_graph_left_text((enum gw_graph_left)r->left)) > 10);
    } else {
        CHECK_INT(report.n_conv, !r->same);
        CHECK_INT(report.n_leaky, r->same);
        /* The old slope is gone, from the inputs too. */
        CHECK_INT(onnx_first_dim(gw_buf_span(&out), gw_span_str("a")), 0);
        CHECK_INT(onnx_count(gw_buf_span(&out), 5), r->same ? 2 : 4);
        CHECK_INT(onnx_count(gw_buf_span(&out), 11), r->ir >= 4 ? 1 : 5);
    }
    CHECK(onnx_whole(gw_buf_span(&out)));
    CHECK_OK(gw_graph_prepare(&again, &second, gw_buf_span(&out), &err));
    CHECK(gw_span_equal(gw_buf_span(&out), gw_buf_span(&again)));
    onnx_free(&m);
}

/* The stretch that widening is for: 13 channels between an expansion and a projection. */
static struct onnx narrow_model_of(uint64_t ir, uint64_t opset, bool observed)
{
    struct onnx m = onnx_new(ir, opset);
    onnx_input(&m, "x", (int64_t[]){ 1, 3, 16, 16 }, 4);
    onnx_conv(&m, "x", "stem", 3, 32, 1, 3, 2);
    onnx_prelu(&m, "stem", "stem.p", 32);
    onnx_conv(&m, "stem.p", "grow", 32, 13, 1, 1, 1);
    onnx_prelu(&m, "grow", "grow.p", 13);
    onnx_conv(&m, "grow.p", "deep", 13, 13, 13, 3, 1);
    onnx_prelu(&m, "deep", "deep.p", 13);
    onnx_conv(&m, "deep.p", "shrink", 13, 32, 1, 1, 1);
    onnx_node(&m, "Add", "stem.p shrink", "sum", NULL);
    onnx_conv(&m, "sum", "y", 32, 5, 1, 1, 1);
    onnx_described(&m, "deep", (int64_t[]){ 1, 13, 8, 8 }, 4);
    onnx_described(&m, "sum", (int64_t[]){ 1, 32, 8, 8 }, 4);
    onnx_output(&m, "y", (int64_t[]){ 1, 5, 8, 8 }, 4);
    if (observed)
        onnx_output(&m, "deep.p", (int64_t[]){ 1, 13, 8, 8 }, 4);
    onnx_done(&m);
    return m;
}

static struct onnx narrow_model(uint64_t ir, bool observed)
{
    return narrow_model_of(ir, 9, observed);
}

static void an_unknown_opset_is_left(void **state)
{
    (void)state;
    struct gw_err err = {};
    for (uint64_t opset = 6; opset <= 22; opset += 16) {
        struct onnx m = narrow_model_of(8, opset, false);
        GW_AUTO_VALUE(gw_buf) out = {};
        struct gw_graph_report report;
        CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&m.model), &err));
        CHECK_INT(gw_graph_rewritten(&report), 0);
        CHECK(gw_span_equal(gw_buf_span(&out), gw_buf_span(&m.model)));
        onnx_free(&m);
    }
}

static void narrow_is_widened(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct onnx m = narrow_model(8, false);
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) ops = {};
    struct gw_graph_report report;
    CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&m.model), &err));
    CHECK_INT(report.n_prelu, 3);
    CHECK_INT(report.n_conv, 3);
    CHECK_INT(report.n_widened, 3);
    onnx_ops(&ops, gw_buf_span(&out));
    CHECK_TEXT(gw_buf_text(&ops),
        "Conv Conv Relu Conv Add Conv Conv Relu Conv Add Conv Conv Relu Conv Add Conv Add Conv");
    struct gw_span model = gw_buf_span(&out);
    static const struct { const char *node; unsigned input; uint64_t dim; } want[] = {
        { "stem", 1, 32 }, { "grow", 1, 16 }, { "grow", 2, 16 }, { "deep", 1, 16 }, { "deep", 2, 16 },
        { "shrink", 1, 32 }, { "shrink", 2, 32 }, { "y", 1, 5 },
    };
    for (size_t i = 0; i < GW_COUNT(want); i++)
        CHECK_INT(onnx_first_dim(model, onnx_node_input(onnx_maker(model, want[i].node), want[i].input)), want[i].dim);
    /* 10 were used by convolutions, 3 by PRelu; now 2 kernels of -1 (32 and 16) and 3 of the rest. */
    CHECK_INT(onnx_count(model, 5), 10 + 2 + 3);
    CHECK_INT(onnx_count(model, 13), 1); /* "deep" is described as 13 channels no more */
    onnx_free(&m);
}

static void a_seen_value_keeps_its_shape(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct onnx m = narrow_model(8, true);
    GW_AUTO_VALUE(gw_buf) out = {};
    struct gw_graph_report report;
    CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&m.model), &err));
    CHECK_INT(report.n_conv, 3);
    CHECK_INT(report.n_widened, 0);
    CHECK_INT(onnx_count(gw_buf_span(&out), 13), 2);
    onnx_free(&m);
}

/* 48 channels between an expansion and a projection, of which training wore some away. */
static const struct worn_row {
    const char *label;
    size_t worn;        /* of the 48: every other one, from the second on */
    float weight, bias; /* of the expansion there, */
    float deep, meets;  /* the bias on the way, and the weights of the projection */
    const char *between; /* before the convolution by channel */
    int64_t channels;   /* then */
    bool deeper;        /* there is a convolution by channel */
} worn_rows[] = {
    { "those that are zero go, down to a multiple of 16", 16, 0, 0, 0, 0, "PRelu", 32, true },
    { "what is left is filled up again", 20, 0, 0, 0, 0, "PRelu", 32, true },
    { "too few to fill a block stay", 15, 0, 0, 0, 0, "PRelu", 48, true },
    { "so do they where nothing is by channel", 16, 0, 0, 0, 0.5f, "Relu", 32, false },
    { "weights and bias of 2^-40 are nothing", 16, 0x1p-40f, -0x1p-40f, 0x1p-40f, 0.5f, "PRelu", 32, true },
    { "numbers that are hardly numbers are nothing", 16, 1e-42f, 1e-44f, 1e-40f, 0.5f, "PRelu", 32, true },
    { "a weight above that is something", 16, 0x1.000002p-40f, 0, 0, 0.5f, "PRelu", 48, true },
    { "a bias above that is something", 16, 0, 0x1.000002p-40f, 0, 0.5f, "PRelu", 48, true },
    { "a bias on the way makes something of nothing", 16, 0, 0, 0.3f, 0.5f, "PRelu", 48, true },
    { "nothing may meet a weight of 2^10", 16, 0x1p-40f, 0, 0, -0x1p10f, "PRelu", 32, true },
    { "above that it might show", 16, 0x1p-40f, 0, 0, -0x1.000002p10f, "PRelu", 48, true },
    { "not a number is something", 16, NAN, 0, 0, 0, "PRelu", 48, true },
    { "Relu and Tanh make nothing of nothing", 16, 0, 0, 0, 0.5f, "Tanh", 32, true },
    { "so does Clip if 0 is within", 16, 0, 0, 0, 0.5f, "Clip -1", 32, true },
    { "but not if 0 is not", 16, 0, 0, 0, 0.5f, "Clip 0.25", 48, true },
    { "Sigmoid makes one half of nothing", 16, 0, 0, 0, 0.5f, "Sigmoid", 48, true },
};
enum { WIDE = 48, NARROW = 32 };

static bool is_worn(const struct worn_row *r, size_t channel)
{
    return channel % 2 == 1 ? channel / 2 < r->worn : channel / 2 + WIDE / 2 < r->worn;
}

static void wear_growth(void *whom, float *weights, float *bias)
{
    const struct worn_row *r = whom;
    for (size_t c = 0; c < WIDE; c++)
        for (size_t i = 0; is_worn(r, c) && i < NARROW; i++) {
            weights[c * NARROW + i] = r->weight;
            bias[c] = r->bias;
        }
}
static void wear_depth(void *whom, float *weights, float *bias)
{
    const struct worn_row *r = whom;
    (void)weights; /* something, but of nothing */
    for (size_t c = 0; c < WIDE; c++)
        if (is_worn(r, c))
            bias[c] = r->deep;
}
static void wear_shrinking(void *whom, float *weights, float *bias)
{
    const struct worn_row *r = whom;
    (void)bias;
    for (size_t i = 0; i < NARROW * WIDE; i++)
        if (is_worn(r, i % WIDE))
            weights[i] = r->meets;
}

static struct onnx worn_model(const struct worn_row *row)
{
    struct worn_row r = *row;
    struct onnx m = onnx_new(8, 13);
    onnx_input(&m, "x", (int64_t[]){ 1, 3, 16, 16 }, 4);
    onnx_conv(&m, "x", "stem", 3, NARROW, 1, 3, 2);
    onnx_prelu(&m, "stem", "stem.p", NARROW);
    onnx_conv_edited(&m, "stem.p", "grow", NARROW, WIDE, 1, 1, 1, wear_growth, &r);
    if (strcmp(r.between, "PRelu") == 0) {
        onnx_prelu(&m, "grow", "between", WIDE);
    } else if (strncmp(r.between, "Clip ", 5) == 0) {
        const float bounds[] = { strtof(r.between + 5, NULL), 6 };
        onnx_tensor_as(&m, "least", NULL, 0, &bounds[0], ONNX_RAW);
        onnx_tensor_as(&m, "most", NULL, 0, &bounds[1], ONNX_RAW);
        onnx_node(&m, "Clip", "grow least most", "between", NULL);
    } else {
        onnx_node(&m, r.between, "grow", "between", NULL);
    }
    if (r.deeper) {
        onnx_conv_edited(&m, "between", "deep", WIDE, WIDE, WIDE, 3, 1, wear_depth, &r);
        onnx_prelu(&m, "deep", "deep.p", WIDE);
    }
    onnx_conv_edited(&m, r.deeper ? "deep.p" : "between", "shrink", WIDE, NARROW, 1, 1, 1, wear_shrinking, &r);
    onnx_node(&m, "Add", "stem.p shrink", "sum", NULL);
    onnx_conv(&m, "sum", "y", NARROW, 5, 1, 1, 1);
    onnx_described(&m, "grow", (int64_t[]){ 1, WIDE, 8, 8 }, 4);
    onnx_output(&m, "y", (int64_t[]){ 1, 5, 8, 8 }, 4);
    onnx_done(&m);
    return m;
}

static void worn(void **state)
{
    const struct worn_row *r = *state;
    struct gw_err err = {};
    struct onnx m = worn_model(r);
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) again = {};
    struct gw_graph_report report;
    CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&m.model), &err));
    const struct gw_span model = gw_buf_span(&out);
    const unsigned touched = r->channels == WIDE ? 0 : r->deeper ? 3 : 2;
    CHECK_INT(report.n_trimmed, touched);
    CHECK_INT(report.n_widened, 0);
    CHECK_INT(onnx_first_dim(model, onnx_node_input(onnx_maker(model, "grow"), 1)), r->channels);
    CHECK_INT(onnx_first_dim(model, onnx_node_input(onnx_maker(model, "grow"), 2)), r->channels);
    if (r->deeper)
        CHECK_INT(onnx_first_dim(model, onnx_node_input(onnx_maker(model, "deep"), 1)), r->channels);
    CHECK_INT(onnx_first_dim(model, onnx_node_input(onnx_maker(model, "shrink"), 1)), NARROW);
    CHECK_INT(onnx_count(model, 13), touched == 0);
    CHECK(onnx_whole(model));
    CHECK_OK(gw_graph_prepare(&again, NULL, model, &err));
    CHECK(gw_span_equal(model, gw_buf_span(&again)));
    onnx_free(&m);
}

/* A model with an If whose branch has a PRelu, and one outside. */
static void subgraphs_are_left(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct onnx branch = onnx_new(8, 13);
    onnx_node(&branch, "PRelu", "c a", "t", NULL);
    onnx_output(&branch, "t", (int64_t[]){ 1, 13, 8, 8 }, 4);
    struct gw_buf attribute = {}, attributes = {};
    pb_text(&attribute, 1, "then_branch");
    pb_bytes(&attribute, 6, branch.graph.data, branch.graph.size);
    pb_int(&attribute, 20, 5);
    pb_message(&attributes, 5, &attribute);

    struct onnx m = onnx_new(8, 13);
    onnx_conv(&m, "x", "c", 3, 13, 1, 3, 1);
    onnx_prelu(&m, "c", "p", 13);
    onnx_tensor(&m, "a", (int64_t[]){ 13, 1, 1 }, 3, 5, 1);
    onnx_conv(&m, "p", "d", 13, 13, 13, 3, 1);
    onnx_node(&m, "If", "q", "y", &attributes);
    onnx_done(&m);
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) ops = {};
    struct gw_graph_report report;
    CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&m.model), &err));
    onnx_ops(&ops, gw_buf_span(&out));
    CHECK_TEXT(gw_buf_text(&ops), "Conv Conv Relu Conv Add Conv If");
    CHECK_INT(report.n_widened, 0);
    CHECK(gw_span_equal(onnx_maker(gw_buf_span(&out), "y"), onnx_maker(gw_buf_span(&m.model), "y")));
    CHECK_INT(onnx_first_dim(gw_buf_span(&out), gw_span_str("p.a")), 13); /* a branch might name it */
    onnx_free(&branch);
    onnx_free(&m);
}

static void unknown_bytes_are_kept(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct onnx m = narrow_model(8, false);
    /* Unknown fields of every wire type, in the model, the graph and a node that is rewritten. */
    struct gw_buf odd = {};
    pb_int(&odd, 1000, 5);
    pb_text(&odd, 1001, "kept");
    pb_varint(&odd, 1002 * 8 + 1);
    gw_buf_add(&odd, "12345678", 8);
    pb_varint(&odd, 1003 * 8 + 5);
    gw_buf_add(&odd, "1234", 4);
    struct onnx n = onnx_new(8, 9);
    onnx_input(&n, "x", (int64_t[]){ 1, 3, 16, 16 }, 4);
    onnx_conv(&n, "x", "c", 3, 32, 1, 3, 2);
    onnx_tensor(&n, "a", (int64_t[]){ 32, 1, 1 }, 3, 5, 1);
    struct gw_buf copy = {};
    gw_buf_add(&copy, odd.data, odd.size);
    onnx_node(&n, "PRelu", "c a", "y", &copy);
    gw_buf_add(&n.graph, odd.data, odd.size);
    onnx_output(&n, "y", (int64_t[]){ 1, 32, 8, 8 }, 4);
    onnx_done(&n);
    gw_buf_add(&n.model, odd.data, odd.size);

    GW_AUTO_VALUE(gw_buf) out = {};
    struct gw_graph_report report;
    CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&n.model), &err));
    CHECK_INT(report.n_conv, 1);
    size_t found = 0;
    for (uint8_t *at = out.data; (at = memmem(at, (size_t)(out.data + out.size - at), odd.data, odd.size)) != NULL; at++)
        found++;
    CHECK_INT(found, 3);
    /* Everything of the graph but the PRelu and its slope is there as it was, in order. */
    struct pb was = { .rest = onnx_graph(gw_buf_span(&n.model)) }, is = { .rest = onnx_graph(gw_buf_span(&out)) };
    while (pb_next(&was)) {
        if (gw_span_is(pb_find(was.body, was.number == 1 ? 4 : 8), was.number == 1 ? "PRelu" : "a"))
            continue;
        bool same = false;
        while (!same && pb_next(&is))
            same = gw_span_equal(was.raw, is.raw);
        CHECK(same);
    }
    gw_buf_done(&odd);
    onnx_free(&m);
    onnx_free(&n);
}

static void names_are_new(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct onnx m = onnx_new(8, 9);
    onnx_input(&m, "gw0_1", (int64_t[]){ 1, 3, 16, 16 }, 4);
    onnx_conv(&m, "gw0_1", "gw1_", 3, 32, 1, 3, 2);
    onnx_prelu(&m, "gw1_", "y", 32);
    onnx_output(&m, "y", (int64_t[]){ 1, 32, 8, 8 }, 4);
    onnx_done(&m);
    GW_AUTO_VALUE(gw_buf) out = {};
    CHECK_OK(gw_graph_prepare(&out, NULL, gw_buf_span(&m.model), &err));
    CHECK(memmem(out.data, out.size, "gw2_0", 5) != NULL);
    CHECK(memmem(out.data, out.size, "gw0_0", 5) == NULL);
    onnx_free(&m);
}

static void a_network_without_prelu_is_the_same(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct onnx m = onnx_new(8, 13);
    onnx_input(&m, "x", (int64_t[]){ 1, 3, 16, 16 }, 4);
    onnx_conv(&m, "x", "c", 3, 32, 1, 3, 2);
    onnx_node(&m, "Relu", "c", "r", NULL);
    onnx_conv(&m, "r", "d", 32, 32, 32, 3, 1);
    onnx_conv(&m, "d", "y", 32, 13, 1, 1, 1); /* 13, but nothing by channel: nothing to gain */
    onnx_output(&m, "y", (int64_t[]){ 1, 13, 8, 8 }, 4);
    onnx_done(&m);
    GW_AUTO_VALUE(gw_buf) out = {};
    struct gw_graph_report report;
    CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&m.model), &err));
    CHECK(gw_span_equal(gw_buf_span(&out), gw_buf_span(&m.model)));
    CHECK(memcmp(&report, &nothing, sizeof report) == 0);
    onnx_free(&m);
}

static void external_data_is_refused(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct onnx m = onnx_new(8, 13);
    onnx_tensor_as(&m, "w", (int64_t[]){ 16, 1, 1 }, 3, NULL, ONNX_EXTERNAL);
    onnx_done(&m);
    GW_AUTO_VALUE(gw_buf) out = {};
    CHECK_FAILS(gw_graph_prepare(&out, NULL, gw_buf_span(&m.model), &err), GW_ERR_UNSUPPORTED);
    CHECK_INT(out.size, 0);
    onnx_free(&m);
}

/* Damage: an error, or a model of which as much was understood as there is. */
static void sound(struct gw_span model)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) again = {};
    struct gw_graph_report first, second;
    if (!gw_graph_prepare(&out, &first, model, &err)) {
        CHECK(err.code == GW_ERR_FORMAT || err.code == GW_ERR_LIMIT || err.code == GW_ERR_UNSUPPORTED);
        CHECK(err.at == GW_NO_PLACE || err.at <= model.size);
        CHECK_INT(out.size, 0);
        return;
    }
    unsigned left = 0;
    for (size_t i = 0; i < GW_GRAPH_LEFT_COUNT; i++)
        left += first.left[i];
    CHECK_INT(first.n_prelu, first.n_conv + first.n_leaky + left);
    CHECK(out.size <= GW_GRAPH_GROWTH_MAX * model.size + GW_GRAPH_EXTRA_BYTES);
    CHECK(onnx_whole(gw_buf_span(&out)));
    CHECK_OK(gw_graph_prepare(&again, &second, gw_buf_span(&out), &err));
    CHECK(gw_span_equal(gw_buf_span(&out), gw_buf_span(&again)));
}

static void every_truncation(void **state)
{
    (void)state;
    for (uint64_t ir = 3; ir <= 8; ir += 5) {
        struct onnx m = narrow_model(ir, false);
        /* A cut behind a whole graph would be a model without an operator set: all in one. */
        for (size_t n = 0; n <= m.model.size; n++) {
            GW_AUTO_MEM uint8_t *exact = gw_alloc(n + 1); /* so that reading past it is seen */
            memcpy(exact, m.model.data, n);
            sound(gw_span_of(exact, n));
        }
        onnx_free(&m);
    }
}

static void every_bit_of_the_structure_flipped(void **state)
{
    (void)state;
    struct onnx m = narrow_model(8, false);
    uint32_t seed = 1;
    for (size_t i = 0; i < m.model.size; i++) {
        /* Each byte once, with a bit that varies; weights are most of the bytes, so those are sampled. */
        unsigned bit = (unsigned)(onnx_random(&seed) * 4 + 4) & 7;
        m.model.data[i] ^= (uint8_t)(1u << bit);
        sound(gw_buf_span(&m.model));
        m.model.data[i] ^= (uint8_t)(1u << bit);
    }
    onnx_free(&m);
}

static void limits(void **state)
{
    (void)state;
    struct gw_err err = {};
    for (int over = 0; over <= 1; over++) {
        struct onnx m = onnx_new(8, 13);
        for (int i = 0; i < GW_GRAPH_NODES_MAX + over; i++)
            gw_buf_add(&m.graph, "\x0a\x00", 2);
        onnx_done(&m);
        GW_AUTO_VALUE(gw_buf) out = {};
        if (over)
            CHECK_FAILS(gw_graph_prepare(&out, NULL, gw_buf_span(&m.model), &err), GW_ERR_LIMIT);
        else
            CHECK_OK(gw_graph_prepare(&out, NULL, gw_buf_span(&m.model), &err));
        onnx_free(&m);

        /* Names: inputs of one node. */
        m = onnx_new(8, 13);
        struct gw_buf inputs = {};
        for (int i = 0; i < GW_GRAPH_NAMES_MAX + over; i++)
            gw_buf_add(&inputs, "\x0a\x00", 2);
        pb_message(&m.graph, 1, &inputs);
        onnx_done(&m);
        GW_AUTO_VALUE(gw_buf) out2 = {};
        if (over)
            CHECK_FAILS(gw_graph_prepare(&out2, NULL, gw_buf_span(&m.model), &err), GW_ERR_LIMIT);
        else
            CHECK_OK(gw_graph_prepare(&out2, NULL, gw_buf_span(&m.model), &err));
        onnx_free(&m);
    }
    static const uint8_t little[1];
    CHECK_FAILS(gw_graph_prepare(&(struct gw_buf){}, NULL, gw_span_of(little, (size_t)GW_GRAPH_BYTES_MAX + 1), &err), GW_ERR_LIMIT);
}

static void not_a_model(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) out = {};
    CHECK_FAILS(gw_graph_prepare(&out, NULL, (struct gw_span){}, &err), GW_ERR_FORMAT);
    CHECK_FAILS(gw_graph_prepare(&out, NULL, gw_span_str("\xff\xd8\xff\xe0 a photo"), &err), GW_ERR_FORMAT);
    CHECK_FAILS(gw_graph_prepare(&out, NULL, gw_span_str("<html>"), &err), GW_ERR_FORMAT);
}

#ifdef HAVE_RUNTIME
#include "tests/support/runtime.h"

static struct runtime *runtime;

/* The same outputs, to `most` of the largest. */
static void equal_outputs(struct gw_span model, double most, const char *what)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) out = {};
    CHECK_OK(gw_graph_prepare(&out, NULL, model, &err));
    struct network_options options = { .level = -1 };
    struct network *a = network_open(runtime, model, &options, &err);
    if (a == NULL)
        fail_msg("%s: %s", what, err.text);
    struct network *b = network_open(runtime, gw_buf_span(&out), &options, &err);
    if (b == NULL)
        fail_msg("%s prepared: %s", what, err.text);
    size_t n = network_input(a, NULL, NULL);
    GW_AUTO_MEM float *input = gw_alloc_array(n, sizeof *input);
    /* Numbers as pictures give them, a flat picture, none, and far too large ones. */
    static const struct { float scale, add; } kinds[] = { { 1, 0 }, { 1, 0 }, { 0.5f, 0.5f }, { 0, -1 }, { 0, 0 }, { 100, 10 } };
    for (size_t k = 0; k < GW_COUNT(kinds); k++) {
        uint32_t seed = 11 + (uint32_t)k;
        for (size_t i = 0; i < n; i++)
            input[i] = kinds[k].scale * onnx_random(&seed) + kinds[k].add;
        CHECK_OK(network_run(a, input, &err));
        CHECK_OK(network_run(b, input, &err));
        const float *x[NETWORK_OUTPUTS_MAX], *y[NETWORK_OUTPUTS_MAX];
        size_t nx[NETWORK_OUTPUTS_MAX], ny[NETWORK_OUTPUTS_MAX], outputs = network_outputs(a, x, nx);
        CHECK_INT(network_outputs(b, y, ny), outputs);
        for (size_t o = 0; o < outputs; o++) {
            CHECK_INT(nx[o], ny[o]);
            double largest = 0, off = 0;
            for (size_t i = 0; i < nx[o]; i++) {
                CHECK(isfinite(x[o][i]) && isfinite(y[o][i]));
                largest = fmax(largest, fabs((double)x[o][i]));
                off = fmax(off, fabs((double)x[o][i] - (double)y[o][i]));
            }
            if (off > most * largest)
                fail_msg("%s, input %zu, output %zu: off by %.3g of %.3g", what, k, o, off, largest);
        }
    }
    network_close(a);
    network_close(b);
}

static bool no_runtime(void)
{
    if (runtime == NULL)
        runtime = runtime_open(getenv("GANGWAY_TEST_SOURCE") == NULL ? "." : getenv("GANGWAY_TEST_SOURCE"));
    return runtime == NULL;
}

static void runtime_agrees(void **state)
{
    (void)state;
    if (no_runtime())
        skip();
    for (size_t i = 0; i < GW_COUNT(prelu_rows); i++) {
        const struct prelu_row *r = &prelu_rows[i];
        if (r->left >= 0)
            continue; /* identical, and most are nothing a runtime takes */
        struct onnx m = prelu_model(r);
        equal_outputs(gw_buf_span(&m.model), 2e-6, r->label);
        onnx_free(&m);
    }
}

/* What the header says of single numbers, on a model that is one PRelu. */
static void numbers_are_as_promised(void **state)
{
    (void)state;
    struct gw_err err = {};
    enum { CHANNELS = 16, WIDTH = 16 };
    static const float slopes[CHANNELS] = { 0.25f, 0, 1, 0.1f, 1e-3f, 1e-20f, 0.5f, 0.7f, 2, 1.5f, 0.999f, 0.3f, -0.0f, 1e-7f, 0.01f, 0.33f };
    static const float numbers[WIDTH] = { 0, -0.0f, 1, -1, 3.1415927f, -3.1415927f, 1e30f, -1e30f, 1e-30f, -1e-30f, 1e-42f, -1e-42f,
        -1234.5677f, INFINITY, -INFINITY, NAN };
    if (no_runtime())
        skip();
    struct onnx m = onnx_new(8, 16);
    onnx_input(&m, "x", (int64_t[]){ 1, CHANNELS, 1, WIDTH }, 4);
    onnx_tensor_as(&m, "a", (int64_t[]){ CHANNELS, 1, 1 }, 3, slopes, ONNX_RAW);
    onnx_node(&m, "PRelu", "x a", "y", NULL);
    onnx_output(&m, "y", (int64_t[]){ 1, CHANNELS, 1, WIDTH }, 4);
    onnx_done(&m);
    GW_AUTO_VALUE(gw_buf) out = {};
    struct gw_graph_report report;
    CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&m.model), &err));
    CHECK_INT(report.n_conv, 1);
    struct network *n = network_open(runtime, gw_buf_span(&out), &(struct network_options){ .level = -1 }, &err);
    if (n == NULL)
        fail_msg("%s", err.text);
    float input[CHANNELS * WIDTH];
    for (size_t i = 0; i < GW_COUNT(input); i++)
        input[i] = numbers[i % WIDTH];
    CHECK_OK(network_run(n, input, &err));
    const float *y[NETWORK_OUTPUTS_MAX];
    size_t size[NETWORK_OUTPUTS_MAX];
    CHECK_INT(network_outputs(n, y, size), 1);
    CHECK_INT(size[0], GW_COUNT(input));
    for (size_t i = 0; i < GW_COUNT(input); i++) {
        const double x = (double)input[i], a = (double)slopes[i / WIDTH], got = (double)y[0][i];
        if (isnan(x) || (isinf(x) && x < 0 && a <= 1))
            CHECK(isnan(got));
        else if (isinf(x))
            CHECK(got == x);
        else if (x >= 0)
            CHECK(got == x);
        else if (!(fabs(got - a * x) <= fabs(x) * 0x1p-23 + 0x1p-149))
            fail_msg("PRelu(%.9g, %.9g) is %.9g", x, a, got);
    }
    network_close(n);
    onnx_free(&m);
}

static void runtime_agrees_on_the_narrow(void **state)
{
    (void)state;
    if (no_runtime())
        skip();
    for (uint64_t observed = 0; observed <= 1; observed++) {
        struct onnx m = narrow_model(8, observed);
        equal_outputs(gw_buf_span(&m.model), 2e-6, "narrow");
        onnx_free(&m);
    }
}

static void runtime_agrees_on_the_worn(void **state)
{
    (void)state;
    if (no_runtime())
        skip();
    for (size_t i = 0; i < GW_COUNT(worn_rows); i++) {
        if (isnan(worn_rows[i].weight))
            continue; /* all outputs are */
        struct onnx m = worn_model(&worn_rows[i]);
        equal_outputs(gw_buf_span(&m.model), 2e-6, worn_rows[i].label);
        onnx_free(&m);
    }
}

static const struct real_row {
    const char *label, *file;
    struct gw_graph_report want;
} real_rows[] = {
    { "the detector is the same", "fr_detect.onnx", {} },
    { "landmarks: two stretches trimmed", "fr_landmark.onnx", { .n_trimmed = 6 } },
    { "the embedder: every PRelu rewritten, 14 stretches trimmed", "fr_feature.onnx",
        { .n_prelu = 33, .n_conv = 33, .n_trimmed = 42 } },
    { "liveness: every PRelu rewritten, 45 convolutions widened", "fr_liveness.onnx",
        { .n_prelu = 33, .n_conv = 33, .n_widened = 45 } },
};

static void real(void **state)
{
    const struct real_row *r = *state;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) path = {};
    GW_AUTO_VALUE(gw_buf) model = {};
    GW_AUTO_VALUE(gw_buf) out = {};
    gw_buf_addf(&path, "%s/vendor/models/%s", getenv("GANGWAY_TEST_SOURCE") == NULL ? "." : getenv("GANGWAY_TEST_SOURCE"), r->file);
    if (no_runtime() || !gw_buf_read_file(&model, gw_buf_text(&path), GW_GRAPH_BYTES_MAX, &err))
        skip(); /* tools/setup brings the networks */
    struct gw_graph_report report;
    CHECK_OK(gw_graph_prepare(&out, &report, gw_buf_span(&model), &err));
    CHECK(memcmp(&report, &r->want, sizeof report) == 0);
    CHECK(gw_graph_rewritten(&report) > 0 || gw_span_equal(gw_buf_span(&out), gw_buf_span(&model)));
    equal_outputs(gw_buf_span(&model), 1e-5, r->file);
}
#endif

int main(void)
{
    check_rows("prelu", prelu_rows, prelu);
    check_add("widening", "a narrow stretch gets 16 channels", narrow_is_widened);
    check_add("widening", "a value that is put out keeps its shape", a_seen_value_keeps_its_shape);
    check_add("widening", "an operator set that is not known is left", an_unknown_opset_is_left);
    check_rows("channels worn away", worn_rows, worn);
    check_add("graph", "subgraphs and what they may name are left", subgraphs_are_left);
    check_add("graph", "bytes that are not understood are kept", unknown_bytes_are_kept);
    check_add("graph", "new names are nobody else's", names_are_new);
    check_add("graph", "a network with nothing to do comes out identical", a_network_without_prelu_is_the_same);
    check_add("graph", "external data is refused", external_data_is_refused);
    check_add("damage", "every truncation is an error or harmless", every_truncation);
    check_add("damage", "a flipped bit in any byte is an error or harmless", every_bit_of_the_structure_flipped);
    check_add("damage", "limits hold at the limit and one past it", limits);
    check_add("damage", "what is not a model is refused", not_a_model);
#ifdef HAVE_RUNTIME
    check_add("runtime", "it computes the same of each PRelu rewritten", runtime_agrees);
    check_add("runtime", "single numbers come out as promised", numbers_are_as_promised);
    check_add("runtime", "a widened stretch computes the same", runtime_agrees_on_the_narrow);
    check_add("runtime", "without channels that are nothing it computes the same", runtime_agrees_on_the_worn);
    check_rows("real networks", real_rows, real);
    int status = check_done();
    runtime_close(runtime);
    return status;
#else
    return check_done();
#endif
}
