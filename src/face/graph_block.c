/* graph_block.c - the second step of graph.h: our operators in the place of marks.
 *
 * Invariants, besides those of onnx.h:
 *  1. A value's layout is known from the node that makes it, and nodes are in order.
 *  2. Every mark is found once, as it was made, or nothing is written.
 *  3. What a mark put out keeps its name. */
#include "face/blocked.h"
#include "face/graph.h"
#include "face/onnx.h"

#include <string.h>

enum { NO_NODE = -1 };

struct place { /* of a node */
    const struct gw_graph_mark *mark;
    bool blocked_in; /* its first input */
    bool gone;       /* part of another, or written */
};
struct seen { /* of a value */
    bool made, blocked;
    int64_t maker, user; /* a node; user: the last */
};
struct blocking {
    struct gw_onnx *m;
    const struct gw_graph_marks *marks;
    size_t block;
    struct place *places;
    struct seen *seen;
    struct gw_graph_blocked report;
};

struct attributes { /* of a convolution */
    int64_t strides[2], pads[4], kernel[2];
    bool understood;
};

struct convolution {
    const struct gw_onnx_node *node;
    const struct gw_onnx_value *in, *out, *sum; /* sum: added to it; NULL: nothing */
    const struct gw_onnx_tensor *weights, *bias;
    size_t channels; /* of the output */
    struct attributes a;
    bool by_channel, pointwise;
};

static struct seen *seen(const struct blocking *b, const struct gw_onnx_value *v)
{
    return &b->seen[v - b->m->values];
}

/* Fewer than max, or they are not what is expected there. */
static bool read_ints(int64_t *out, size_t want, struct gw_span attribute)
{
    struct gw_cursor c = gw_cursor_of(attribute);
    struct gw_pb_field f;
    size_t n = 0;
    while (gw_cursor_left(&c) > 0) {
        if (!gw_pb_read(&f, &c))
            return false;
        if (f.number != ATTRIBUTE_INTS)
            continue;
        struct gw_cursor packed = gw_cursor_of(f.body);
        uint64_t v = f.value;
        while (f.wire == WIRE_VARINT || gw_cursor_left(&packed) > 0) {
            if ((f.wire != WIRE_VARINT && !gw_pb_read_varint(&v, &packed)) || n >= want)
                return false;
            out[n++] = (int64_t)v;
            if (f.wire == WIRE_VARINT)
                break;
        }
    }
    return n == want;
}

static struct gw_span attribute_name(struct gw_span body, struct gw_span *text)
{
    struct gw_cursor c = gw_cursor_of(body);
    struct gw_pb_field f;
    struct gw_span name = {};
    *text = (struct gw_span){};
    while (gw_cursor_left(&c) > 0 && gw_pb_read(&f, &c)) {
        if (f.number == ATTRIBUTE_NAME)
            name = f.body;
        if (f.number == ATTRIBUTE_S)
            *text = f.body;
    }
    return name;
}

static struct attributes read_attributes(const struct gw_onnx_node *n)
{
    struct attributes a = { .strides = { 1, 1 }, .understood = true };
    int64_t dilations[2] = { 1, 1 };
    struct gw_cursor c = gw_cursor_of(n->body);
    struct gw_pb_field f;
    while (gw_cursor_left(&c) > 0 && gw_pb_read(&f, &c)) {
        if (f.number != NODE_ATTRIBUTE)
            continue;
        struct gw_span text, name = attribute_name(f.body, &text);
        bool ok = gw_span_is(name, "group"); /* read with the node */
        if (gw_span_is(name, "strides"))
            ok = read_ints(a.strides, 2, f.body);
        else if (gw_span_is(name, "pads"))
            ok = read_ints(a.pads, 4, f.body);
        else if (gw_span_is(name, "kernel_shape"))
            ok = read_ints(a.kernel, 2, f.body);
        else if (gw_span_is(name, "dilations"))
            ok = read_ints(dilations, 2, f.body) && dilations[0] == 1 && dilations[1] == 1;
        else if (gw_span_is(name, "auto_pad"))
            ok = gw_span_is(text, "NOTSET");
        a.understood = a.understood && ok; /* an activation is not */
    }
    for (size_t i = 0; i < 2; i++)
        a.understood = a.understood && a.strides[i] >= 1 && a.strides[i] <= GW_BY_CHANNEL_SIDE_MAX;
    for (size_t i = 0; i < 4; i++)
        a.understood = a.understood && a.pads[i] >= 0 && a.pads[i] <= GW_BY_CHANNEL_SIDE_MAX;
    return a;
}

/* The mark a node is; NULL: none. *ok is false where it is no longer as it was made. */
static const struct gw_graph_mark *mark_of(const struct blocking *b, const struct gw_onnx_node *n, bool *ok)
{
    for (size_t i = 0; i < b->marks->n; i++)
        if (gw_span_is(n->name, b->marks->v[i].name)) {
            const uint32_t *refs = b->m->refs + n->first_in;
            *ok = gw_span_is(n->op, "Mul") && n->domain.size == 0 && n->n_in == 2 && n->n_out == 1 && n->n_attributes == 0 &&
                  refs[0] == refs[1] && gw_onnx_input(b->m, n, 0) != NULL && gw_onnx_output(b->m, n, 0) != NULL;
            return &b->marks->v[i];
        }
    return NULL;
}

static bool lay_out(struct blocking *b)
{
    struct gw_onnx *m = b->m;
    size_t found = 0;
    for (size_t i = 0; i < m->n_values; i++)
        b->seen[i] = (struct seen){ .maker = NO_NODE, .user = NO_NODE };
    for (size_t i = 0; i < m->n_nodes; i++) {
        const struct gw_onnx_node *n = &m->nodes[i];
        const bool nchwc = gw_span_is(n->domain, GW_ONNX_BLOCKED_DOMAIN);
        bool blocked = nchwc && !gw_span_is(n->op, "ReorderOutput"), ok = true;
        for (uint32_t k = 0; k < n->n_in; k++) {
            const struct gw_onnx_value *v = gw_onnx_input(m, n, k);
            if (v == NULL)
                continue;
            if (v->made && !seen(b, v)->made)
                return gw_fail(m->err, GW_ERR_UNSUPPORTED, "ONNX model: nodes out of order");
            seen(b, v)->user = (int64_t)i;
            /* Outside of its own operators the runtime keeps the layout only where all of it is kept. */
            if (!nchwc && seen(b, v)->blocked)
                blocked = true;
            if (k == 0)
                b->places[i].blocked_in = seen(b, v)->blocked;
        }
        for (uint32_t k = 0; k < n->n_out; k++) {
            const struct gw_onnx_value *v = gw_onnx_output(m, n, k);
            if (v != NULL)
                *seen(b, v) = (struct seen){ .made = true, .blocked = blocked, .maker = (int64_t)i, .user = NO_NODE };
        }
        b->places[i].mark = mark_of(b, n, &ok);
        if (!ok || (b->places[i].mark != NULL && b->places[i].blocked_in && b->block == 0))
            return gw_fail(m->err, GW_ERR_UNSUPPORTED, "ONNX model: the runtime changed the place of a PRelu");
        found += b->places[i].mark != NULL;
    }
    return found == b->marks->n || gw_fail(m->err, GW_ERR_UNSUPPORTED, "ONNX model: the runtime took the place of a PRelu away");
}

static bool put_floats(char *name, struct gw_onnx *m, const float *v, size_t n, float all)
{
    if (!gw_onnx_start_tensor(m, name, (uint64_t[]){ n }, 1))
        return false;
    for (size_t i = 0; i < n; i++)
        gw_buf_add(&m->tail, v == NULL ? &all : &v[i], FLOAT);
    return true;
}

/* The mark at this node, if the value is between the two and nobody else's, and the mark is still to be had. */
static struct place *neighbour(const struct blocking *b, const struct gw_onnx_value *v, int64_t node, unsigned uses)
{
    if (v->output || v->input || v->n_uses != uses || node == NO_NODE)
        return NULL;
    struct place *p = &b->places[node];
    return p->mark == NULL || p->gone ? NULL : p;
}
static struct place *mark_before(const struct blocking *b, const struct convolution *c)
{
    struct place *p = neighbour(b, c->in, seen(b, c->in)->maker, 1);
    return p != NULL && p->mark->n >= c->channels ? p : NULL;
}
static struct place *mark_behind(const struct blocking *b, const struct convolution *c)
{
    struct place *p = neighbour(b, c->out, seen(b, c->out)->user, 2); /* twice: Mul(x, x) */
    return p != NULL && p->mark->n >= c->channels ? p : NULL;
}

static const struct gw_onnx_node *node_at(const struct blocking *b, const struct place *p)
{
    return &b->m->nodes[p - b->places];
}

/* A convolution in blocks that we have code for. */
static bool read_convolution(struct convolution *c, const struct blocking *b, const struct gw_onnx_node *n)
{
    struct gw_onnx *m = b->m;
    const struct gw_onnx_value *bias = gw_onnx_input(m, n, 2);
    const struct gw_onnx_tensor *w = gw_onnx_constant(m, gw_onnx_input(m, n, 1)), *add = gw_onnx_constant(m, bias);
    *c = (struct convolution){ .node = n, .in = gw_onnx_input(m, n, 0), .out = gw_onnx_output(m, n, 0), .weights = w, .bias = add,
        .sum = gw_onnx_input(m, n, 3) };
    if (!gw_span_is(n->domain, GW_ONNX_BLOCKED_DOMAIN) || !gw_span_is(n->op, "Conv") || m->entangled || b->places[n - m->nodes].gone ||
        !b->places[n - m->nodes].blocked_in || n->n_out != 1 || n->n_in > 4 || c->in == NULL || c->out == NULL || w == NULL ||
        !w->usable || w->rank != 4 || w->dims[2] > GW_BY_CHANNEL_SIDE_MAX || w->dims[3] > GW_BY_CHANNEL_SIDE_MAX || n->odd_group ||
        w->dims[0] % b->block != 0 || (bias != NULL && (add == NULL || !add->usable || add->n < w->dims[0])))
        return false;
    c->channels = (size_t)w->dims[0];
    c->a = read_attributes(n);
    if (!c->a.understood)
        return false;
    const struct attributes *a = &c->a;
    c->by_channel = w->dims[1] == 1 && n->group == (int64_t)w->dims[0] && c->sum == NULL;
    c->pointwise = n->group == 1 && w->dims[1] % b->block == 0 && w->dims[2] == 1 && w->dims[3] == 1 && a->strides[0] == 1 &&
                   a->strides[1] == 1 && a->pads[0] + a->pads[1] + a->pads[2] + a->pads[3] == 0;
    return c->by_channel || c->pointwise;
}

/* An operator of ours, as it is put together. */
struct making {
    struct blocking *b;
    struct gw_buf body;
};

/* Its bias, or as many zeros. */
static bool put_bias(struct making *o, const struct convolution *c)
{
    char zeros[NAME_SIZE];
    if (c->bias != NULL) {
        gw_pb_put_bytes(&o->body, NODE_INPUT, c->bias->name);
        return true;
    }
    if (!put_floats(zeros, o->b->m, NULL, c->channels, 0))
        return false;
    gw_pb_put_text(&o->body, NODE_INPUT, zeros);
    return true;
}

/* The slopes of a mark, which is then part of this; NULL: of ones. */
static bool put_slopes(struct making *o, struct place *p, size_t channels)
{
    char slopes[NAME_SIZE];
    if (!put_floats(slopes, o->b->m, p == NULL ? NULL : p->mark->slopes, channels, 1))
        return false;
    gw_pb_put_text(&o->body, NODE_INPUT, slopes);
    if (p != NULL)
        p->gone = true;
    return true;
}

/* In the place of the last of the nodes it is made of. */
static bool put_operator(struct making *o, const char *op, const struct gw_onnx_node *last, size_t block, const struct convolution *shape)
{
    struct gw_onnx *m = o->b->m;
    GW_AUTO_VALUE(gw_buf) node = {};
    gw_pb_put_bytes(&o->body, NODE_OUTPUT, gw_onnx_output(m, last, 0)->name);
    gw_pb_put_bytes(&o->body, NODE_NAME, last->name);
    gw_pb_put_text(&o->body, NODE_OP, op);
    gw_pb_put_text(&o->body, NODE_DOMAIN, GW_BLOCKED_DOMAIN);
    gw_onnx_put_int(&o->body, &m->part2, "block", (int64_t)block);
    if (shape != NULL) {
        const struct gw_onnx_tensor *w = shape->weights;
        gw_onnx_put_ints(&o->body, &m->part2, "kernel_shape", (int64_t[]){ (int64_t)w->dims[2], (int64_t)w->dims[3] }, 2);
        gw_onnx_put_ints(&o->body, &m->part2, "pads", shape->a.pads, 4);
        gw_onnx_put_ints(&o->body, &m->part2, "strides", shape->a.strides, 2);
    }
    gw_pb_put_bytes(&node, GRAPH_NODE, gw_buf_span(&o->body));
    o->b->places[last - m->nodes].gone = true; /* its piece is taken */
    return gw_onnx_replace(m, last, gw_buf_span(&node));
}

/* The 1x1 convolution before the mark before this one, if both are for this one alone. */
static bool convolution_before(struct convolution *out, const struct blocking *b, const struct place *before)
{
    const struct gw_onnx_value *x = gw_onnx_input(b->m, node_at(b, before), 0);
    const int64_t maker = seen(b, x)->maker;
    return maker != NO_NODE && read_convolution(out, b, &b->m->nodes[maker]) && out->pointwise && out->sum == NULL &&
           mark_behind(b, out) == before;
}

/* Nodes taken into another lose their piece; the last one's is the operator's. */
static bool drop(struct blocking *b, const struct gw_onnx_node *n)
{
    b->places[n - b->m->nodes].gone = true;
    return gw_onnx_replace(b->m, n, (struct gw_span){});
}

static bool fuse_by_channel(struct making *o, const struct convolution *c)
{
    struct blocking *b = o->b;
    struct place *before = mark_before(b, c), *behind = mark_behind(b, c);
    struct convolution wide;
    if (before == NULL && behind == NULL)
        return true;
    const bool expand = before != NULL && convolution_before(&wide, b, before);
    const struct gw_onnx_value *in = expand ? wide.in : before == NULL ? c->in : gw_onnx_input(b->m, node_at(b, before), 0);
    gw_pb_put_bytes(&o->body, NODE_INPUT, in->name);
    if (expand) {
        gw_pb_put_bytes(&o->body, NODE_INPUT, wide.weights->name);
        if (!put_bias(o, &wide) || !put_slopes(o, before, c->channels) || !drop(b, wide.node))
            return false;
    }
    gw_pb_put_bytes(&o->body, NODE_INPUT, c->weights->name);
    if (!put_bias(o, c) || (!expand && !put_slopes(o, before, c->channels)) || !put_slopes(o, behind, c->channels) ||
        (before != NULL && !drop(b, node_at(b, before))) || (behind != NULL && !drop(b, c->node)))
        return false;
    b->report.n_expand += expand;
    b->report.n_by_channel += !expand;
    return put_operator(o, expand ? GW_BLOCKED_EXPAND : GW_BLOCKED_BY_CHANNEL, behind == NULL ? c->node : node_at(b, behind), b->block,
        c);
}

static bool fuse_pointwise(struct making *o, const struct convolution *c)
{
    struct blocking *b = o->b;
    struct place *behind = mark_behind(b, c);
    gw_pb_put_bytes(&o->body, NODE_INPUT, c->in->name);
    gw_pb_put_bytes(&o->body, NODE_INPUT, c->weights->name);
    if (!put_bias(o, c) || !put_slopes(o, behind, c->channels) || (behind != NULL && !drop(b, c->node)))
        return false;
    if (c->sum != NULL)
        gw_pb_put_bytes(&o->body, NODE_INPUT, c->sum->name);
    b->report.n_pointwise++;
    return put_operator(o, c->sum == NULL ? GW_BLOCKED_POINTWISE : GW_BLOCKED_POINTWISE_ADD,
        behind == NULL ? c->node : node_at(b, behind), b->block, NULL);
}

static bool put_prelu(struct making *o, struct place *p)
{
    struct blocking *b = o->b;
    gw_pb_put_bytes(&o->body, NODE_INPUT, gw_onnx_input(b->m, node_at(b, p), 0)->name);
    b->report.n_alone++;
    b->report.n_plain += !p->blocked_in;
    return put_slopes(o, p, p->mark->n) &&
           put_operator(o, GW_BLOCKED_PRELU, node_at(b, p), p->blocked_in ? b->block : 1, NULL);
}

enum pass { PASS_BY_CHANNEL, PASS_POINTWISE, PASS_MARKS, PASSES };

/* Those by channel first: they take a 1x1 convolution with them. */
static bool write_operators(struct blocking *b)
{
    struct gw_onnx *m = b->m;
    for (int pass = PASS_BY_CHANNEL; pass < PASSES; pass++)
        for (size_t i = 0; i < m->n_nodes; i++) {
            struct place *p = &b->places[i];
            struct making o = { .b = b };
            struct convolution c;
            bool ok = true;
            if (pass == PASS_MARKS)
                ok = p->mark == NULL || p->gone || put_prelu(&o, p);
            else if (b->block > 0 && read_convolution(&c, b, &m->nodes[i]))
                ok = pass == PASS_BY_CHANNEL ? !c.by_channel || fuse_by_channel(&o, &c) : !c.pointwise || fuse_pointwise(&o, &c);
            gw_buf_done(&o.body);
            if (!ok)
                return false;
        }
    /* Shapes of values that are no more would be of no use, and of those in blocks are the runtime's own affair. */
    for (size_t i = 0; i < m->n_infos; i++)
        m->pieces[m->infos[i].piece].bytes = (struct gw_span){};
    return true;
}

bool gw_graph_block(struct gw_buf *out, struct gw_graph_blocked *report, struct gw_span optimized,
    const struct gw_graph_marks *marks, unsigned block, struct gw_err *err)
{
    if (optimized.size > GW_GRAPH_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "ONNX model: more than %d bytes", GW_GRAPH_BYTES_MAX);
    GW_AUTO(gw_arena) *work = gw_arena_new(GW_ONNX_WORK_BYTES);
    GW_AUTO(gw_arena) *made = gw_arena_new(GW_GRAPH_EXTRA_BYTES / 2 + optimized.size);
    struct gw_onnx m = { .onnx = optimized, .work = work, .made = made, .err = err,
        .tail_most = GW_GRAPH_EXTRA_BYTES / 2 + (GW_GRAPH_GROWTH_MAX - 2) * optimized.size };
    struct blocking b = { .m = &m, .marks = marks, .block = block };
    GW_AUTO_VALUE(gw_buf) domain = {};
    gw_pb_put_text(&m.part2, OPSET_DOMAIN, GW_BLOCKED_DOMAIN);
    gw_pb_put_int(&m.part2, OPSET_VERSION, 1);
    gw_pb_put_bytes(&domain, MODEL_OPSET_IMPORT, gw_buf_span(&m.part2));
    bool ok = gw_onnx_read(&m) && (b.places = gw_arena_array(work, m.n_nodes, struct place, err)) != NULL &&
              (b.seen = gw_arena_array(work, m.n_values, struct seen, err)) != NULL && lay_out(&b) && write_operators(&b);
    if (ok) {
        gw_onnx_write(out, &m, gw_buf_span(&domain));
        *report = b.report;
    }
    gw_onnx_done(&m);
    return ok;
}
