/* graph.c - exchanges a few nodes of a model (onnx.h) for others that compute the same.
 *
 * Invariants, besides those of onnx.h:
 *  1. A value gets other channels only if every node that makes or takes it is understood.
 *  2. An edited node keeps its place, and what it puts out keeps its name: order and
 *     whoever else refers to it stay right. */
#include "face/graph.h"
#include "face/onnx.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    OPSET_LEAST = 7, /* PRelu broadcasts as it does now */
    OPSET_MOST = 21,
    WIDEN_LEAST = 8, /* channels: fewer would more than double the work */
    TRIM_MOST = 4096, /* channels: more are kept without a look at them */
};

/* Training wears channels away: all their weights and the bias sink to 0 or far below what a sum with
 * any other number would show. A channel is nothing if none of them is above NOTHING and it meets
 * no weight above LARGE: what it adds anywhere stays below 2^-30 of a number in the network. */
#define NOTHING 0x1p-40F
#define LARGE 0x1p10F

/* --- understanding ---------------------------------------------------------- */

/* Rank and channels, in the order of the nodes, which is that of computation (IR:
 * nodes are sorted); a model where it is not is only known less well. */
static void infer_shapes(struct gw_onnx *m)
{
    for (size_t i = 0; i < m->n_nodes; i++) {
        struct gw_onnx_node *n = &m->nodes[i];
        struct gw_onnx_value *x = gw_onnx_input(m, n, 0), *y = gw_onnx_input(m, n, 1), *out = gw_onnx_output(m, n, 0);
        if (x == NULL || out == NULL)
            continue;
        bool four = false;
        uint64_t channels = 0;
        switch (n->kind) {
        case KIND_CONV: {
            struct gw_onnx_tensor *w = gw_onnx_constant(m, y);
            struct gw_onnx_value *b = gw_onnx_input(m, n, 2);
            if (w == NULL || !w->usable || w->rank != 4 || n->odd_group || (b != NULL && gw_onnx_constant(m, b) == NULL))
                break;
            four = true;
            channels = w->dims[0];
            n->weight = w;
            n->bias = gw_onnx_constant(m, b);
            if (n->bias != NULL && !(n->bias->usable && n->bias->rank == 1 && n->bias->dims[0] == channels))
                n->weight = NULL;
            break;
        }
        case KIND_PRELU:
        case KIND_CHANNELWISE:
        case KIND_SAME:
            four = x->four;
            channels = x->channels;
            break;
        case KIND_JOIN:
            four = x->four && y != NULL && y->four;
            channels = four && x->channels == y->channels ? x->channels : 0;
            break;
        default: break;
        }
        out->four = out->four || four;
        if (channels != 0)
            out->channels = channels;
    }
}

static bool opset_known(const struct gw_onnx *m)
{
    return m->opset >= OPSET_LEAST && m->opset <= OPSET_MOST;
}

/* What becomes of a PRelu; false with the reason where nothing does. */
static bool plan_prelu(struct gw_onnx_node *n, struct gw_onnx *m, enum gw_graph_left *why)
{
    const struct gw_onnx_value *x = gw_onnx_input(m, n, 0), *slope = gw_onnx_input(m, n, 1);
    *why = GW_GRAPH_LEFT_UNUSUAL;
    if (n->n_in != 2 || n->n_out != 1 || n->n_attributes > 0 || x == NULL || slope == NULL || gw_onnx_output(m, n, 0) == NULL)
        return false;
    *why = GW_GRAPH_LEFT_OPSET;
    if (!opset_known(m))
        return false;
    *why = GW_GRAPH_LEFT_RANK;
    if (!x->four)
        return false;
    *why = GW_GRAPH_LEFT_INPUT;
    const struct gw_onnx_tensor *t = gw_onnx_constant(m, slope);
    if (t == NULL)
        return false;
    *why = GW_GRAPH_LEFT_DATA;
    if (!t->usable)
        return false;
    *why = GW_GRAPH_LEFT_SHAPE;
    bool same = true;
    for (uint64_t i = 1; i < t->n && same; i++)
        same = memcmp(t->data.data, t->data.data + i * FLOAT, FLOAT) == 0;
    /* Broadcasting is from the right: [C,1,1] and [1,C,1,1] are channels. */
    bool by_channel = (t->rank == 3 && t->dims[0] == t->n) || (t->rank == 4 && t->dims[1] == t->n);
    if (t->n > 1 && (!by_channel || (x->channels != 0 && x->channels != t->n)))
        return false;
    n->slope = t;
    n->plan = same ? PLAN_LEAKY : PLAN_CONV;
    return true;
}

static struct gw_onnx_value *region_of(struct gw_onnx *m, struct gw_onnx_value *v)
{
    uint32_t i = (uint32_t)(v - m->values);
    while (m->values[i].region != i)
        i = m->values[i].region = m->values[m->values[i].region].region;
    return &m->values[i];
}

static void unite(struct gw_onnx *m, struct gw_onnx_value *a, struct gw_onnx_value *b)
{
    struct gw_onnx_value *x = region_of(m, a), *y = region_of(m, b);
    if (x == y)
        return;
    y->region = (uint32_t)(x - m->values);
    x->fixed = x->fixed || y->fixed;
    x->gains = x->gains || y->gains;
}

static void fix(struct gw_onnx *m, struct gw_onnx_value *v)
{
    if (v != NULL)
        region_of(m, v)->fixed = true;
}

static bool by_channel_conv(const struct gw_onnx_node *n)
{
    return n->group > 1 && n->group == (int64_t)n->weight->dims[0] && n->weight->dims[1] == 1;
}

/* Which values have to have the same channels, and which of these may have more. */
static void find_regions(struct gw_onnx *m)
{
    for (size_t i = 0; i < m->n_nodes; i++) {
        const struct gw_onnx_node *n = &m->nodes[i];
        struct gw_onnx_value *x = gw_onnx_input(m, n, 0), *y = gw_onnx_input(m, n, 1), *out = gw_onnx_output(m, n, 0);
        uint32_t understood = 0; /* inputs, from the first */
        bool one_out = x != NULL && out != NULL && n->n_out == 1;
        if (one_out && n->kind == KIND_CONV && n->weight != NULL && n->n_in <= 3) {
            if (by_channel_conv(n)) {
                unite(m, x, out);
                region_of(m, x)->gains = true;
            } else if (n->group != 1) {
                fix(m, x);
                fix(m, out);
            }
            if (x->channels != n->weight->dims[1] * (uint64_t)n->group)
                fix(m, x);
            understood = n->n_in;
        } else if (one_out && n->kind == KIND_PRELU && n->plan != PLAN_KEEP) {
            unite(m, x, out);
            region_of(m, x)->gains |= n->plan == PLAN_CONV;
            understood = n->n_in;
        } else if (one_out && n->kind == KIND_CHANNELWISE) {
            unite(m, x, out);
            understood = 1;
        } else if (one_out && n->kind == KIND_JOIN && n->n_in == 2 && y != NULL && x->four && y->four &&
                   x->channels == y->channels) {
            unite(m, x, y);
            unite(m, x, out);
            understood = 2;
        } else {
            for (uint32_t k = 0; k < n->n_out; k++)
                fix(m, gw_onnx_output(m, n, k));
        }
        for (uint32_t k = understood; k < n->n_in; k++)
            fix(m, gw_onnx_input(m, n, k));
    }
    for (size_t i = 0; i < m->n_values; i++) {
        struct gw_onnx_value *v = &m->values[i], *root = region_of(m, v);
        root->fixed = root->fixed || v->input || v->output || v->tensor != NULL || !v->made || !v->four ||
                      v->channels == 0 || v->channels != root->channels || m->entangled || !opset_known(m);
    }
}

/* --- channels that are nothing --------------------------------------------- */

enum mark { MARK_ALIVE = 1, MARK_LARGE = 2 };

static uint8_t mark_of(float f)
{
    const float size = fabsf(f);
    return (uint8_t)((size <= NOTHING ? 0 : MARK_ALIVE) | (size <= LARGE ? 0 : MARK_LARGE)); /* a NaN is both */
}

/* Marks of a convolution's weights, by output and by input channel; of a bias, its own. Looked at once. */
static bool mark(struct gw_onnx *m, const struct gw_onnx_tensor *tensor)
{
    struct gw_onnx_tensor *t = &m->tensors[tensor - m->tensors];
    if (t->out_marks != NULL)
        return true;
    const uint64_t n = t->n, outs = t->dims[0], ins = t->rank > 1 ? t->dims[1] : 1, each = n == 0 ? 0 : n / outs / ins;
    uint8_t *out = gw_arena_array(m->work, (size_t)outs + 1, uint8_t, m->err);
    uint8_t *in = gw_arena_array(m->work, (size_t)ins + 1, uint8_t, m->err);
    if (out == NULL || in == NULL)
        return false;
    for (uint64_t i = 0; i < n; i++) {
        const uint8_t found = mark_of(gw_onnx_float(t, i));
        out[i / each / ins] |= found;
        in[i / each % ins] |= found;
    }
    t->out_marks = out;
    t->in_marks = in;
    return true;
}

/* Where channels of a value can still be nothing: for each one whether it is more. */
static uint8_t *alive_of(struct gw_onnx *m, struct gw_onnx_value *v)
{
    return region_of(m, v)->alive;
}

static void all_alive(struct gw_onnx *m, struct gw_onnx_value *v)
{
    region_of(m, v)->alive = NULL;
}

static void add_marks(uint8_t *alive, uint64_t n, const uint8_t *marks, enum mark which)
{
    for (uint64_t i = 0; alive != NULL && i < n; i++)
        alive[i] |= (marks[i] & which) != 0;
}

static bool conv_keeps(struct gw_onnx *m, const struct gw_onnx_node *n)
{
    const struct gw_onnx_tensor *w = n->weight;
    uint8_t *out = alive_of(m, gw_onnx_output(m, n, 0)), *in = alive_of(m, gw_onnx_input(m, n, 0));
    if (out == NULL && in == NULL)
        return true;
    if (!mark(m, w) || (n->bias != NULL && !mark(m, n->bias)))
        return false;
    /* What comes in by channel is nothing itself, or its channel is alive already. */
    add_marks(out, w->dims[0], w->out_marks, by_channel_conv(n) ? MARK_LARGE : MARK_ALIVE);
    if (n->bias != NULL)
        add_marks(out, w->dims[0], n->bias->out_marks, MARK_ALIVE);
    if (n->group == 1)
        add_marks(in, w->dims[1], w->in_marks, MARK_LARGE);
    return true;
}

static void prelu_keeps(struct gw_onnx *m, const struct gw_onnx_node *n)
{
    uint8_t *alive = alive_of(m, gw_onnx_output(m, n, 0));
    for (uint64_t i = 0; alive != NULL && n->plan == PLAN_CONV && i < n->slope->n; i++)
        alive[i] |= (mark_of((float)(1 - (double)gw_onnx_float(n->slope, i))) & MARK_LARGE) != 0;
}

/* Of those that give 0 for 0 in general, one may have bounds that do not let it through. */
static bool keeps_zero(struct gw_onnx *m, const struct gw_onnx_node *n)
{
    if (!n->keeps_zero || !gw_span_is(n->op, "Clip"))
        return n->keeps_zero;
    for (uint32_t k = 1; k < n->n_in; k++) {
        const struct gw_onnx_value *v = gw_onnx_input(m, n, k);
        const struct gw_onnx_tensor *t = gw_onnx_constant(m, v);
        if (v != NULL && (t == NULL || !t->usable || t->n != 1 || (k == 1 ? gw_onnx_float(t, 0) > 0 : gw_onnx_float(t, 0) < 0)))
            return false;
    }
    return n->n_attributes == 0; /* before opset 11 these said the bounds */
}

/* Which channels of each region are alive: those that a convolution, or a bias on the way, makes something of. */
static bool find_alive(struct gw_onnx *m)
{
    for (size_t i = 0; i < m->n_values; i++) {
        struct gw_onnx_value *v = &m->values[i];
        if (region_of(m, v) != v || v->fixed || v->channels > TRIM_MOST)
            continue;
        v->alive = gw_arena_array(m->work, (size_t)v->channels, uint8_t, m->err);
        if (v->alive == NULL)
            return false;
    }
    for (size_t i = 0; i < m->n_nodes; i++) {
        const struct gw_onnx_node *n = &m->nodes[i];
        struct gw_onnx_value *x = gw_onnx_input(m, n, 0), *out = gw_onnx_output(m, n, 0);
        if (x == NULL || out == NULL)
            continue;
        if (n->kind == KIND_CONV && n->weight != NULL && !conv_keeps(m, n))
            return false;
        if (n->kind == KIND_PRELU && n->plan != PLAN_KEEP)
            prelu_keeps(m, n);
        if (n->kind == KIND_CHANNELWISE && !keeps_zero(m, n))
            all_alive(m, out);
    }
    for (size_t i = 0; i < m->n_values; i++) {
        struct gw_onnx_value *v = &m->values[i];
        if (v->alive == NULL)
            continue;
        uint64_t *from = gw_arena_array(m->work, (size_t)v->channels, uint64_t, m->err);
        if (from == NULL)
            return false;
        for (uint64_t c = 0; c < v->channels; c++)
            if (v->alive[c])
                from[v->n_from++] = c;
        v->from = from;
    }
    return true;
}

/* What becomes of a value's channels: the first n are those of `from` (NULL: the first n that were), then zeros. */
struct channels {
    uint64_t now, then;
    const uint64_t *from;
    uint64_t n;
};

static struct channels unchanged(uint64_t now)
{
    return (struct channels){ .now = now, .then = now, .n = now };
}

static struct channels channels_of(struct gw_onnx *m, struct gw_onnx_value *v, uint64_t now)
{
    const struct gw_onnx_value *root = region_of(m, v);
    if (root->fixed || now < WIDEN_LEAST)
        return unchanged(now);
    assert(v->channels == now);
    struct channels c = { .now = now, .from = root->from, .n = root->from == NULL ? now : root->n_from };
    c.then = (GW_MAX(c.n, UINT64_C(1)) + GW_GRAPH_BLOCK - 1) / GW_GRAPH_BLOCK * GW_GRAPH_BLOCK;
    /* Zeros are added only where there is something to gain. */
    return c.then == now || (c.then > now && !root->gains) ? unchanged(now) : c;
}

/* --- writing ---------------------------------------------------------------- */

static void add_zeros(struct gw_buf *b, uint64_t n)
{
    static const uint8_t zeros[1024];
    for (size_t part; n > 0; n -= part)
        gw_buf_add(b, zeros, part = (size_t)GW_MIN(n, (uint64_t)sizeof zeros));
}

/* What belongs to each channel, `each` bytes, as the channels are to be. */
static void add_channels(struct gw_buf *b, const uint8_t *data, uint64_t each, const struct channels *c)
{
    for (uint64_t i = 0, run; i < c->n; i += run) { /* those side by side at once */
        const uint64_t first = c->from == NULL ? i : c->from[i];
        for (run = 1; i + run < c->n && (c->from == NULL || c->from[i + run] == first + run); run++)
            ;
        gw_buf_add(b, data + first * each, (size_t)(run * each));
    }
    add_zeros(b, (c->then - c->n) * each);
}

/* Slope i of the channels as they are to be; those of zeros have `rest`. */
static float slope_of(const struct gw_onnx_tensor *slope, const struct channels *c, uint64_t i, float rest)
{
    return i < c->n ? gw_onnx_float(slope, c->from == NULL ? i : c->from[i]) : rest;
}

/* The 1x1 convolution by channel that takes x to -x. */
static bool minus_one(char *name, struct gw_onnx *m, uint64_t channels)
{
    for (size_t i = 0; i < m->n_ones; i++)
        if (m->ones[i].channels == channels) {
            memcpy(name, m->ones[i].name, NAME_SIZE);
            return true;
        }
    m->ones = gw_arena_grow(m->work, m->ones, &m->ones_capacity, m->n_ones + 1, sizeof *m->ones, m->err);
    if (m->ones == NULL || !gw_onnx_start_tensor(m, name, (uint64_t[]){ channels, 1, 1, 1 }, 4))
        return false;
    const float minus = -1;
    for (uint64_t i = 0; i < channels; i++)
        gw_buf_add(&m->tail, &minus, FLOAT);
    m->ones[m->n_ones].channels = channels;
    memcpy(m->ones[m->n_ones++].name, name, NAME_SIZE);
    return true;
}

/* The one that takes x to (1 - slope) * x; channels beyond the slope's get 0. */
static bool rest_of_slope(char *name, struct gw_onnx *m, struct gw_onnx_tensor *t, struct gw_onnx_value *x)
{
    const struct channels c = channels_of(m, x, t->n);
    const uint32_t region = (uint32_t)(region_of(m, x) - m->values);
    if (t->rest_channels != c.then || t->rest_region != region) {
        if (!gw_onnx_start_tensor(m, t->rest, (uint64_t[]){ c.then, 1, 1, 1 }, 4))
            return false;
        for (uint64_t i = 0; i < c.then; i++) {
            const float rest = (float)(1 - (double)slope_of(t, &c, i, 1));
            gw_buf_add(&m->tail, &rest, FLOAT);
        }
        t->rest_channels = c.then;
        t->rest_region = region;
    }
    memcpy(name, t->rest, NAME_SIZE);
    return true;
}

/* A new node of one output, named like it. */
static void put_node(struct gw_buf *out, struct gw_onnx *m, const char *op, struct gw_span x, const char *kernel,
    uint64_t channels, const char *result)
{
    struct gw_buf *n = &m->part;
    gw_buf_clear(n);
    gw_pb_put_bytes(n, NODE_INPUT, x);
    if (kernel != NULL)
        gw_pb_put_text(n, NODE_INPUT, kernel);
    gw_pb_put_text(n, NODE_OUTPUT, result);
    gw_pb_put_text(n, NODE_NAME, result);
    gw_pb_put_text(n, NODE_OP, op);
    if (kernel != NULL) {
        gw_onnx_put_int(n, &m->part2, "group", (int64_t)channels);
        gw_onnx_put_ints(n, &m->part2, "kernel_shape", (int64_t[]){ 1, 1 }, 2);
    }
    gw_pb_put_bytes(out, GRAPH_NODE, gw_buf_span(n));
}

/* The node as it was, with these inputs, another operator (NULL: the same), and of a
 * convolution with another group (0: the same). */
static void put_changed(struct gw_buf *out, struct gw_onnx *m, const struct gw_onnx_node *old, const struct gw_span *inputs,
    size_t n_inputs, const char *op, uint64_t group, const float *alpha)
{
    struct gw_buf *n = &m->part;
    gw_buf_clear(n);
    for (size_t i = 0; i < n_inputs; i++)
        gw_pb_put_bytes(n, NODE_INPUT, inputs[i]);
    struct gw_cursor c = gw_cursor_of(old->body);
    struct gw_pb_field f;
    while (gw_cursor_left(&c) > 0 && gw_pb_read(&f, &c)) {
        if (f.number == NODE_INPUT || (f.number == NODE_OP && op != NULL))
            continue;
        if (f.number == NODE_ATTRIBUTE && group != 0) {
            struct gw_cursor d = gw_cursor_of(f.body);
            struct gw_pb_field g;
            bool is_group = false;
            while (gw_cursor_left(&d) > 0 && gw_pb_read(&g, &d))
                is_group = is_group || (g.number == ATTRIBUTE_NAME && gw_span_is(g.body, "group"));
            if (is_group)
                continue;
        }
        gw_buf_add(n, f.raw.data, f.raw.size);
    }
    if (op != NULL)
        gw_pb_put_text(n, NODE_OP, op);
    if (group != 0)
        gw_onnx_put_int(n, &m->part2, "group", (int64_t)group);
    if (alpha != NULL)
        gw_onnx_put_float(n, &m->part2, "alpha", *alpha);
    gw_pb_put_bytes(out, GRAPH_NODE, gw_buf_span(n));
}

/* Mul(x, x) in the place of a PRelu, under a name of ours, and the slopes kept aside. */
static bool put_mark(struct gw_buf *out, struct gw_onnx *m, const struct gw_onnx_node *n, struct gw_graph_marks *marks)
{
    if (marks->n >= GW_COUNT(marks->v))
        return gw_fail(m->err, GW_ERR_LIMIT, "ONNX model: more than %zu PRelu", GW_COUNT(marks->v));
    struct gw_graph_mark *mark = &marks->v[marks->n++];
    struct gw_span x = gw_onnx_input(m, n, 0)->name;
    const struct channels c = channels_of(m, gw_onnx_input(m, n, 0), n->slope->n);
    mark->n = (size_t)(c.then + GW_GRAPH_BLOCK - 1) / GW_GRAPH_BLOCK * GW_GRAPH_BLOCK;
    mark->slopes = gw_arena_array(marks->arena, mark->n, float, m->err);
    if (mark->slopes == NULL || !gw_onnx_new_name(mark->name, m))
        return false;
    for (size_t i = 0; i < mark->n; i++)
        mark->slopes[i] = slope_of(n->slope, &c, i, 1);
    struct gw_buf *node = &m->part;
    gw_buf_clear(node);
    gw_pb_put_bytes(node, NODE_INPUT, x);
    gw_pb_put_bytes(node, NODE_INPUT, x);
    gw_pb_put_bytes(node, NODE_OUTPUT, gw_onnx_output(m, n, 0)->name);
    gw_pb_put_text(node, NODE_NAME, mark->name);
    gw_pb_put_text(node, NODE_OP, "Mul");
    gw_pb_put_bytes(out, GRAPH_NODE, gw_buf_span(node));
    return true;
}

/* marks: NULL for convolutions. */
static bool write_prelu(struct gw_onnx *m, struct gw_onnx_node *n, struct gw_graph_marks *marks)
{
    GW_AUTO_VALUE(gw_buf) nodes = {};
    struct gw_span x = gw_onnx_input(m, n, 0)->name;
    if (n->plan == PLAN_LEAKY) {
        float alpha = gw_onnx_float(n->slope, 0);
        put_changed(&nodes, m, n, &x, 1, "LeakyRelu", 0, &alpha);
    } else if (marks != NULL) {
        if (!put_mark(&nodes, m, n, marks))
            return false;
    } else {
        char one[NAME_SIZE], rest[NAME_SIZE], minus[NAME_SIZE], under[NAME_SIZE], lift[NAME_SIZE];
        const uint64_t channels = channels_of(m, gw_onnx_input(m, n, 0), n->slope->n).then;
        if (!minus_one(one, m, channels) ||
            !rest_of_slope(rest, m, gw_onnx_constant(m, gw_onnx_input(m, n, 1)), gw_onnx_input(m, n, 0)) ||
            !gw_onnx_new_name(minus, m) || !gw_onnx_new_name(under, m) || !gw_onnx_new_name(lift, m))
            return false;
        put_node(&nodes, m, "Conv", x, one, channels, minus);
        put_node(&nodes, m, "Relu", gw_span_str(minus), NULL, 0, under);
        put_node(&nodes, m, "Conv", gw_span_str(under), rest, channels, lift);
        put_changed(&nodes, m, n, (struct gw_span[]){ x, gw_span_str(lift) }, 2, "Add", 0, NULL);
    }
    gw_onnx_let_go(m, n, 1);
    return gw_onnx_replace(m, n, gw_buf_span(&nodes));
}

/* A convolution some of whose values have other channels now; others are left. */
static bool write_conv(struct gw_onnx *m, struct gw_onnx_node *n, struct gw_graph_report *r)
{
    struct gw_onnx_value *x = gw_onnx_input(m, n, 0);
    const struct gw_onnx_tensor *w = n->weight;
    const bool by_channel = by_channel_conv(n);
    const struct channels out = channels_of(m, gw_onnx_output(m, n, 0), w->dims[0]);
    const struct channels in = by_channel || n->group != 1 ? unchanged(w->dims[1]) : channels_of(m, x, w->dims[1]);
    if (out.then == out.now && in.then == in.now)
        return true;

    char weight[NAME_SIZE], bias[NAME_SIZE];
    const uint64_t kernel = w->dims[2] * w->dims[3] * FLOAT;
    if (!gw_onnx_start_tensor(m, weight, (uint64_t[]){ out.then, in.then, w->dims[2], w->dims[3] }, 4))
        return false;
    for (uint64_t o = 0; o < out.n; o++)
        add_channels(&m->tail, w->data.data + (out.from == NULL ? o : out.from[o]) * in.now * kernel, kernel, &in);
    add_zeros(&m->tail, (out.then - out.n) * in.then * kernel);

    struct gw_span inputs[3] = { x->name, gw_span_str(weight) };
    size_t n_inputs = 2;
    if (n->bias != NULL && out.then != out.now) {
        if (!gw_onnx_start_tensor(m, bias, &out.then, 1))
            return false;
        add_channels(&m->tail, n->bias->data.data, FLOAT, &out);
        inputs[n_inputs++] = gw_span_str(bias);
        gw_onnx_let_go(m, n, 2);
    } else if (n->bias != NULL) {
        inputs[n_inputs++] = n->bias->name;
    }
    GW_AUTO_VALUE(gw_buf) node = {};
    put_changed(&node, m, n, inputs, n_inputs, NULL, by_channel ? out.then : 0, NULL);
    gw_onnx_let_go(m, n, 1);
    if (out.then < out.now || in.then < in.now)
        r->n_trimmed++;
    else
        r->n_widened++;
    return gw_onnx_replace(m, n, gw_buf_span(&node));
}

static bool write_edits(struct gw_onnx *m, struct gw_graph_report *r, struct gw_graph_marks *marks)
{
    for (size_t i = 0; i < m->n_nodes; i++) {
        struct gw_onnx_node *n = &m->nodes[i];
        if (n->kind == KIND_PRELU && n->plan != PLAN_KEEP && !write_prelu(m, n, marks))
            return false;
        if (n->kind == KIND_CONV && n->weight != NULL && n->n_out == 1 && gw_onnx_input(m, n, 0) != NULL &&
            gw_onnx_output(m, n, 0) != NULL && !write_conv(m, n, r))
            return false;
    }
    /* What was said of the shapes of values with other channels is no longer so. */
    for (size_t i = 0; i < m->n_infos; i++) {
        struct gw_onnx_value *v = gw_onnx_value(m, m->infos[i].ref);
        if (v != NULL && channels_of(m, v, v->channels).then != v->channels)
            m->pieces[m->infos[i].piece].bytes = (struct gw_span){};
    }
    return true;
}

const char *gw_graph_left_text(enum gw_graph_left why)
{
    static const char *const texts[] = {
        [GW_GRAPH_LEFT_OPSET] = "the model's operator set is not one of 7 to 21",
        [GW_GRAPH_LEFT_RANK] = "its input is not known to have four dimensions",
        [GW_GRAPH_LEFT_INPUT] = "its slope is not a constant of the model",
        [GW_GRAPH_LEFT_DATA] = "its slope is not float32, or not as long as its shape says",
        [GW_GRAPH_LEFT_SHAPE] = "its slope is not one a channel",
        [GW_GRAPH_LEFT_UNUSUAL] = "it has other inputs, outputs or attributes than a PRelu",
    };
    static_assert(GW_COUNT(texts) == GW_GRAPH_LEFT_COUNT, "a text for each");
    assert((size_t)why < GW_COUNT(texts));
    return texts[why];
}

static bool rewrite(struct gw_buf *out, struct gw_graph_report *r, struct gw_graph_marks *marks, struct gw_onnx *m)
{
    if (!gw_onnx_read(m))
        return false;
    infer_shapes(m);
    for (size_t i = 0; i < m->n_nodes; i++) {
        struct gw_onnx_node *n = &m->nodes[i];
        enum gw_graph_left why;
        if (n->kind != KIND_PRELU)
            continue;
        r->n_prelu++;
        if (!plan_prelu(n, m, &why))
            r->left[why]++;
        r->n_conv += n->plan == PLAN_CONV;
        r->n_leaky += n->plan == PLAN_LEAKY;
    }
    find_regions(m);
    if (!find_alive(m) || !write_edits(m, r, marks))
        return false;
    if (gw_graph_rewritten(r) == 0)
        gw_buf_add(out, m->onnx.data, m->onnx.size);
    else
        gw_onnx_write(out, m, (struct gw_span){});
    return true;
}

static bool prepare(struct gw_buf *out, struct gw_graph_report *report, struct gw_graph_marks *marks, struct gw_span onnx,
    struct gw_err *err)
{
    struct gw_graph_report r = {};
    if (onnx.size > GW_GRAPH_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "ONNX model: more than %d bytes", GW_GRAPH_BYTES_MAX);
    GW_AUTO(gw_arena) *work = gw_arena_new(GW_ONNX_WORK_BYTES);
    GW_AUTO(gw_arena) *made = gw_arena_new(GW_GRAPH_EXTRA_BYTES / 2 + onnx.size);
    struct gw_onnx m = { .onnx = onnx, .work = work, .made = made, .err = err,
        .tail_most = GW_GRAPH_EXTRA_BYTES / 2 + (GW_GRAPH_GROWTH_MAX - 2) * onnx.size };
    const bool ok = rewrite(out, &r, marks, &m);
    gw_onnx_done(&m);
    if (ok && report != NULL)
        *report = r;
    return ok;
}

bool gw_graph_prepare(struct gw_buf *out, struct gw_graph_report *report, struct gw_span onnx, struct gw_err *err)
{
    return prepare(out, report, NULL, onnx, err);
}

bool gw_graph_mark(struct gw_buf *out, struct gw_graph_marks *marks, struct gw_arena *a, struct gw_span onnx,
    struct gw_err *err)
{
    *marks = (struct gw_graph_marks){ .arena = a };
    return prepare(out, NULL, marks, onnx, err);
}
