/* onnx.c - see onnx.h. */
#include "face/onnx.h"
#include "face/graph.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "raw_data is little-endian and read as it lies");

#define NONE UINT32_MAX

/* --- protobuf --------------------------------------------------------------- */

bool gw_pb_read_varint(uint64_t *out, struct gw_cursor *c)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t b;
        if (!gw_cursor_u8(c, &b) || (shift == 63 && b > 1))
            return false;
        v |= (uint64_t)(b & 0x7F) << shift;
        if (b < 0x80) {
            *out = v;
            return true;
        }
    }
    return false;
}

bool gw_pb_read(struct gw_pb_field *out, struct gw_cursor *c)
{
    size_t from = c->at;
    uint64_t key, size;
    if (!gw_pb_read_varint(&key, c) || key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
        return false;
    *out = (struct gw_pb_field){ .number = (uint32_t)(key >> 3), .wire = (enum wire)(key & 7) };
    bool ok = false;
    switch (key & 7) {
    case WIRE_VARINT: ok = gw_pb_read_varint(&out->value, c); break;
    case WIRE_64: ok = gw_cursor_take(c, 8, &out->body); break;
    case WIRE_32: ok = gw_cursor_take(c, 4, &out->body); break;
    case WIRE_BYTES: ok = gw_pb_read_varint(&size, c) && size <= SIZE_MAX && gw_cursor_take(c, (size_t)size, &out->body); break;
    default: break; /* groups: ONNX has none */
    }
    out->raw = gw_span_slice(c->in, from, c->at);
    return ok;
}

void gw_pb_put_varint(struct gw_buf *b, uint64_t v)
{
    uint8_t bytes[10];
    size_t n = 0;
    do {
        bytes[n++] = (uint8_t)((v & 0x7F) | (v > 0x7F ? 0x80 : 0));
        v >>= 7;
    } while (v != 0);
    gw_buf_add(b, bytes, n);
}

void gw_pb_put_int(struct gw_buf *b, uint32_t number, int64_t v)
{
    gw_pb_put_varint(b, (uint64_t)number << 3 | WIRE_VARINT);
    gw_pb_put_varint(b, (uint64_t)v);
}

void gw_pb_put_bytes(struct gw_buf *b, uint32_t number, struct gw_span s)
{
    gw_pb_put_varint(b, (uint64_t)number << 3 | WIRE_BYTES);
    gw_pb_put_varint(b, s.size);
    gw_buf_add(b, s.data, s.size);
}

void gw_pb_put_text(struct gw_buf *b, uint32_t number, const char *s)
{
    gw_pb_put_bytes(b, number, gw_span_str(s));
}

/* --- reading ---------------------------------------------------------------- */

static const struct {
    const char *op;
    enum kind kind;
    bool keeps_zero;
} kinds[] = {
    { "Add", KIND_JOIN, false },
    { "AveragePool", KIND_CHANNELWISE, true },
    { "BatchNormalization", KIND_SAME, false },
    { "Clip", KIND_CHANNELWISE, true },
    { "Conv", KIND_CONV, false },
    { "Dropout", KIND_SAME, false },
    { "GlobalAveragePool", KIND_CHANNELWISE, true },
    { "GlobalMaxPool", KIND_CHANNELWISE, true },
    { "HardSigmoid", KIND_CHANNELWISE, false },
    { "HardSwish", KIND_CHANNELWISE, true },
    { "Identity", KIND_SAME, false },
    { "InstanceNormalization", KIND_SAME, false },
    { "LeakyRelu", KIND_CHANNELWISE, true },
    { "MaxPool", KIND_CHANNELWISE, true },
    { "Mul", KIND_JOIN, false },
    { "PRelu", KIND_PRELU, false },
    { "Relu", KIND_CHANNELWISE, true },
    { "Sigmoid", KIND_CHANNELWISE, false },
    { "Sub", KIND_JOIN, false },
    { "Tanh", KIND_CHANNELWISE, true },
};

static bool damaged(struct gw_onnx *m, struct gw_span where, const char *what)
{
    size_t at = where.data == NULL ? 0 : (size_t)(where.data - m->onnx.data);
    return gw_fail_at(m->err, GW_ERR_FORMAT, at, "ONNX model: %s is damaged (byte %zu)", what, at);
}

static bool next(struct gw_pb_field *out, struct gw_cursor *c, struct gw_onnx *m, const char *what)
{
    struct gw_span rest = gw_span_slice(c->in, c->at, c->in.size);
    return gw_pb_read(out, c) || damaged(m, rest, what);
}

/* A field that is text or a message must come as bytes. */
static bool as_bytes(const struct gw_pb_field *f, struct gw_onnx *m, const char *what)
{
    return f->wire == WIRE_BYTES || damaged(m, f->raw, what);
}

static void add_name(struct gw_onnx *m, struct gw_span name)
{
    m->names[m->n_names++] = name;
}

/* dims: one field each or packed. */
static bool read_dims(struct gw_onnx_tensor *t, const struct gw_pb_field *f, struct gw_onnx *m)
{
    struct gw_cursor c = gw_cursor_of(f->body);
    uint64_t d = f->value;
    bool packed = f->wire == WIRE_BYTES;
    if (!packed && f->wire != WIRE_VARINT)
        return damaged(m, f->raw, "the shape of an initializer");
    while (!packed || gw_cursor_left(&c) > 0) {
        if (packed && !gw_pb_read_varint(&d, &c))
            return damaged(m, f->raw, "the shape of an initializer");
        if (t->rank < DIMS_MAX)
            t->dims[t->rank] = d;
        t->rank++;
        if (!packed)
            break;
    }
    return true;
}

static bool read_tensor(struct gw_onnx_tensor *t, struct gw_span body, struct gw_onnx *m)
{
    struct gw_cursor c = gw_cursor_of(body);
    struct gw_span floats = {}, raw = {};
    uint64_t type = 0;
    bool whole = true, has_raw = false;
    size_t n_float_fields = 0;
    t->body = body;
    while (gw_cursor_left(&c) > 0) {
        struct gw_pb_field f;
        if (!next(&f, &c, m, "an initializer"))
            return false;
        switch (f.number) {
        case TENSOR_DIMS:
            if (!read_dims(t, &f, m))
                return false;
            break;
        case TENSOR_TYPE: type = f.value; break;
        case TENSOR_NAME:
            if (!as_bytes(&f, m, "the name of an initializer"))
                return false;
            t->name = f.body;
            break;
        case TENSOR_RAW:
            whole = whole && f.wire == WIRE_BYTES && !has_raw;
            has_raw = true;
            raw = f.body;
            break;
        case TENSOR_FLOATS:
            /* Writers pack them; one field a number is allowed and nobody does it. */
            whole = whole && f.wire == WIRE_BYTES && n_float_fields++ == 0;
            floats = f.body;
            break;
        case TENSOR_SEGMENT: whole = false; break;
        case TENSOR_EXTERNAL:
        case TENSOR_LOCATION:
            if (f.wire != WIRE_VARINT || f.value != 0)
                return gw_fail(m->err, GW_ERR_UNSUPPORTED,
                    "ONNX model: weights in other files (external data); save the model as one file");
            break;
        default: break;
        }
    }
    t->data = has_raw ? raw : floats;
    t->usable = whole && type == TYPE_FLOAT && t->rank <= DIMS_MAX && (!has_raw || n_float_fields == 0);
    t->n = 1;
    for (uint32_t i = 0; t->usable && i < t->rank; i++)
        /* Anything as large as the limit is not in this file. */
        t->usable = t->dims[i] > 0 && t->dims[i] <= GW_GRAPH_BYTES_MAX &&
                    (t->n *= t->dims[i]) <= GW_GRAPH_BYTES_MAX;
    t->usable = t->usable && t->data.size == t->n * FLOAT;
    return true;
}

static bool read_attribute(struct gw_onnx_node *n, struct gw_span body, struct gw_onnx *m)
{
    struct gw_cursor c = gw_cursor_of(body);
    struct gw_span name = {};
    bool has_i = false;
    uint64_t i = 0;
    n->n_attributes++;
    while (gw_cursor_left(&c) > 0) {
        struct gw_pb_field f;
        if (!next(&f, &c, m, "an attribute"))
            return false;
        if (f.number == ATTRIBUTE_NAME)
            name = f.body;
        if (f.number == ATTRIBUTE_I && f.wire == WIRE_VARINT) {
            has_i = true;
            i = f.value;
        }
        if (f.number == ATTRIBUTE_G || f.number == ATTRIBUTE_GRAPHS)
            m->entangled = true;
    }
    if (gw_span_is(name, "group")) {
        n->odd_group = n->odd_group || n->has_group || !has_i || i == 0 || i > GW_GRAPH_BYTES_MAX;
        n->has_group = true;
        n->group = i;
    }
    return true;
}

static bool read_node(struct gw_onnx_node *n, struct gw_span body, struct gw_onnx *m)
{
    struct gw_cursor c = gw_cursor_of(body);
    n->body = body;
    n->group = 1;
    for (int pass = NODE_INPUT; pass <= NODE_OUTPUT; pass++) { /* inputs side by side, then outputs */
        *(pass == NODE_INPUT ? &n->first_in : &n->first_out) = (uint32_t)m->n_names;
        c.at = 0;
        while (gw_cursor_left(&c) > 0) {
            struct gw_pb_field f;
            if (!next(&f, &c, m, "a node"))
                return false;
            if (f.number == (uint32_t)pass) {
                if (!as_bytes(&f, m, "the name of a value"))
                    return false;
                add_name(m, f.body);
                (*(pass == NODE_INPUT ? &n->n_in : &n->n_out))++;
            }
            if (pass == NODE_OUTPUT)
                continue;
            if (f.number == NODE_OP)
                n->op = f.body;
            else if (f.number == NODE_DOMAIN)
                n->domain = f.body;
            else if (f.number == NODE_NAME)
                n->name = f.body;
            else if (f.number == NODE_ATTRIBUTE &&
                     (!as_bytes(&f, m, "an attribute") || !read_attribute(n, f.body, m)))
                return false;
        }
    }
    if (n->domain.size == 0 || gw_span_is(n->domain, "ai.onnx"))
        for (size_t i = 0; i < GW_COUNT(kinds); i++)
            if (gw_span_is(n->op, kinds[i].op)) {
                n->kind = kinds[i].kind;
                n->keeps_zero = kinds[i].keeps_zero;
            }
    return true;
}

/* The name and, of a tensor, whether it has four dimensions and how many channels. */
static bool read_described(struct gw_span *name, bool *four, uint64_t *channels, struct gw_span body, struct gw_onnx *m)
{
    /* ValueInfoProto.type.tensor_type.shape: down one message a step. */
    static const uint32_t path[] = { VALUE_TYPE, TYPE_TENSOR, TENSOR_TYPE_SHAPE };
    struct gw_span at = body, shape = {};
    *name = (struct gw_span){};
    for (size_t step = 0; step < GW_COUNT(path); step++) {
        struct gw_cursor c = gw_cursor_of(at);
        bool found = false;
        while (gw_cursor_left(&c) > 0) {
            struct gw_pb_field f;
            if (!next(&f, &c, m, "the description of a value"))
                return false;
            if (step == 0 && f.number == VALUE_NAME)
                *name = f.body;
            if (f.number == path[step] && f.wire == WIRE_BYTES) {
                shape = f.body;
                found = true;
            }
        }
        if (!found)
            return true;
        at = shape;
    }
    struct gw_cursor c = gw_cursor_of(shape);
    uint64_t dims[DIMS_MAX] = {};
    size_t rank = 0;
    while (gw_cursor_left(&c) > 0) {
        struct gw_pb_field f;
        if (!next(&f, &c, m, "the description of a value"))
            return false;
        if (f.number != SHAPE_DIM)
            continue;
        struct gw_cursor d = gw_cursor_of(f.body);
        while (gw_cursor_left(&d) > 0) {
            struct gw_pb_field v;
            if (!next(&v, &d, m, "the description of a value"))
                return false;
            if (v.number == DIM_VALUE && v.wire == WIRE_VARINT && rank < DIMS_MAX)
                dims[rank] = v.value;
        }
        rank++;
    }
    *four = rank == 4;
    *channels = rank == 4 && dims[1] <= GW_GRAPH_BYTES_MAX ? dims[1] : 0;
    return true;
}

static bool read_model(struct gw_onnx *m)
{
    struct gw_cursor c = gw_cursor_of(m->onnx);
    bool has_graph = false;
    while (gw_cursor_left(&c) > 0) {
        struct gw_pb_field f;
        if (!next(&f, &c, m, "the model"))
            return false;
        switch (f.number) {
        case MODEL_IR_VERSION: m->ir_version = f.value; break;
        case MODEL_TRAINING_INFO: m->entangled = true; break;
        case MODEL_GRAPH:
            if (!as_bytes(&f, m, "the graph"))
                return false;
            if (has_graph)
                return damaged(m, f.raw, "a second graph: the model");
            has_graph = true;
            m->graph = f.body;
            break;
        case MODEL_OPSET_IMPORT: {
            if (!as_bytes(&f, m, "the operator set"))
                return false;
            struct gw_cursor o = gw_cursor_of(f.body);
            struct gw_span domain = {};
            uint64_t version = 0;
            while (gw_cursor_left(&o) > 0) {
                struct gw_pb_field g;
                if (!next(&g, &o, m, "the operator set"))
                    return false;
                if (g.number == OPSET_DOMAIN)
                    domain = g.body;
                if (g.number == OPSET_VERSION)
                    version = g.value;
            }
            if (domain.size == 0 || gw_span_is(domain, "ai.onnx"))
                m->opset = version;
            break;
        }
        default: break;
        }
    }
    if (!has_graph || m->ir_version == 0)
        return gw_fail_at(m->err, GW_ERR_FORMAT, 0, "not an ONNX model: no %s", has_graph ? "IR version" : "graph");
    return true;
}

/* How much there is, so that the arrays are made once. */
static bool count_graph(struct gw_onnx *m)
{
    struct gw_cursor c = gw_cursor_of(m->graph);
    size_t pieces = 0, nodes = 0, tensors = 0, infos = 0, names = 0;
    while (gw_cursor_left(&c) > 0) {
        struct gw_pb_field f;
        if (!next(&f, &c, m, "the graph"))
            return false;
        pieces++;
        switch (f.number) {
        case GRAPH_NODE: {
            if (!as_bytes(&f, m, "a node"))
                return false;
            struct gw_cursor d = gw_cursor_of(f.body);
            nodes++;
            while (gw_cursor_left(&d) > 0) {
                struct gw_pb_field g;
                if (!next(&g, &d, m, "a node"))
                    return false;
                names += g.number == NODE_INPUT || g.number == NODE_OUTPUT;
            }
            break;
        }
        case GRAPH_INITIALIZER: tensors++; names++; break;
        case GRAPH_VALUE_INFO: infos++; names++; break;
        case GRAPH_INPUT:
        case GRAPH_OUTPUT: names++; break;
        default: break;
        }
        if (nodes > GW_GRAPH_NODES_MAX || names > GW_GRAPH_NAMES_MAX || pieces > GW_GRAPH_NAMES_MAX)
            return gw_fail(m->err, GW_ERR_LIMIT, "ONNX model: more than %d nodes or %d names", GW_GRAPH_NODES_MAX,
                GW_GRAPH_NAMES_MAX);
    }
    return (m->pieces = gw_arena_array(m->work, pieces, struct gw_onnx_piece, m->err)) != NULL &&
           (m->nodes = gw_arena_array(m->work, nodes, struct gw_onnx_node, m->err)) != NULL &&
           (m->tensors = gw_arena_array(m->work, tensors, struct gw_onnx_tensor, m->err)) != NULL &&
           (m->infos = gw_arena_array(m->work, infos, struct gw_onnx_described, m->err)) != NULL &&
           (m->names = gw_arena_array(m->work, names, struct gw_span, m->err)) != NULL &&
           (m->refs = gw_arena_array(m->work, names, uint32_t, m->err)) != NULL;
}

static int by_name(const void *a, const void *b)
{
    const struct gw_span *x = a, *y = b;
    size_t n = GW_MIN(x->size, y->size);
    int order = n == 0 ? 0 : memcmp(x->data, y->data, n);
    return order != 0 ? order : (x->size > y->size) - (x->size < y->size);
}

/* Gives every name its value, and every occurrence of a name that value's number. */
static bool resolve_names(struct gw_onnx *m)
{
    struct gw_span *sorted = gw_arena_array(m->work, m->n_names, struct gw_span, m->err);
    if (sorted == NULL)
        return false;
    size_t n = 0;
    if (m->n_names > 0) {
        memcpy(sorted, m->names, m->n_names * sizeof *sorted);
        qsort(sorted, m->n_names, sizeof *sorted, by_name);
        for (size_t i = 0; i < m->n_names; i++)
            if (sorted[i].size > 0 && (n == 0 || !gw_span_equal(sorted[n - 1], sorted[i])))
                sorted[n++] = sorted[i];
    }
    m->values = gw_arena_array(m->work, n, struct gw_onnx_value, m->err);
    if (m->values == NULL)
        return false;
    m->n_values = n;
    for (size_t i = 0; i < n; i++)
        m->values[i] = (struct gw_onnx_value){ .name = sorted[i], .region = (uint32_t)i };
    for (size_t i = 0; i < m->n_names; i++) {
        const struct gw_span *found =
            n == 0 ? NULL : bsearch(&m->names[i], sorted, n, sizeof *sorted, by_name);
        m->refs[i] = found == NULL ? NONE : (uint32_t)(found - sorted);
    }
    return true;
}

struct gw_onnx_value *gw_onnx_value(struct gw_onnx *m, uint32_t ref)
{
    return m->refs[ref] == NONE ? NULL : &m->values[m->refs[ref]];
}
struct gw_onnx_value *gw_onnx_input(struct gw_onnx *m, const struct gw_onnx_node *n, uint32_t i)
{
    return i < n->n_in ? gw_onnx_value(m, n->first_in + i) : NULL;
}
struct gw_onnx_value *gw_onnx_output(struct gw_onnx *m, const struct gw_onnx_node *n, uint32_t i)
{
    return i < n->n_out ? gw_onnx_value(m, n->first_out + i) : NULL;
}

/* What is said of values outside of the nodes: occurrence, and what a description says. */
struct mention {
    enum graph_field where;
    size_t piece;
    uint32_t ref;
    bool four;
    uint64_t channels;
};

bool gw_onnx_read(struct gw_onnx *m)
{
    if (!read_model(m) || !count_graph(m))
        return false;
    /* Inputs, outputs and descriptions; kept aside until the names have values. */
    struct mention *mentions = NULL;
    size_t n_mentions = 0, capacity = 0;
    struct gw_cursor c = gw_cursor_of(m->graph);
    while (gw_cursor_left(&c) > 0) {
        struct gw_pb_field f;
        if (!next(&f, &c, m, "the graph"))
            return false;
        size_t piece = m->n_pieces++;
        m->pieces[piece].bytes = f.raw;
        switch (f.number) {
        case GRAPH_NODE: {
            struct gw_onnx_node *n = &m->nodes[m->n_nodes++];
            n->piece = piece;
            if (!read_node(n, f.body, m))
                return false;
            break;
        }
        case GRAPH_INITIALIZER: {
            struct gw_onnx_tensor *t = &m->tensors[m->n_tensors++];
            t->piece = piece;
            if (!as_bytes(&f, m, "an initializer") || !read_tensor(t, f.body, m))
                return false;
            t->value = (uint32_t)m->n_names; /* the occurrence, for now */
            add_name(m, t->name);
            break;
        }
        case GRAPH_INPUT:
        case GRAPH_OUTPUT:
        case GRAPH_VALUE_INFO: {
            mentions = gw_arena_grow(m->work, mentions, &capacity, n_mentions + 1, sizeof *mentions, m->err);
            if (mentions == NULL)
                return false;
            struct mention *s = &mentions[n_mentions++];
            struct gw_span name;
            *s = (struct mention){ .where = (enum graph_field)f.number, .piece = piece, .ref = (uint32_t)m->n_names };
            if (!as_bytes(&f, m, "the description of a value") ||
                !read_described(&name, &s->four, &s->channels, f.body, m))
                return false;
            add_name(m, name);
            break;
        }
        case GRAPH_QUANTIZATION:
        case GRAPH_SPARSE: m->entangled = true; break;
        default: break;
        }
    }
    if (!resolve_names(m))
        return false;
    for (size_t i = 0; i < m->n_tensors; i++) {
        struct gw_onnx_tensor *t = &m->tensors[i];
        struct gw_onnx_value *v = gw_onnx_value(m, t->value);
        if (v == NULL || v->tensor != NULL)
            return damaged(m, t->body, v == NULL ? "an initializer without a name: it" : "an initializer's second value: it");
        v->tensor = t;
        t->value = m->refs[t->value];
    }
    for (size_t i = 0; i < n_mentions; i++) {
        const struct mention *s = &mentions[i];
        struct gw_onnx_value *v = gw_onnx_value(m, s->ref);
        if (v == NULL)
            continue;
        v->input = v->input || s->where == GRAPH_INPUT;
        v->output = v->output || s->where == GRAPH_OUTPUT;
        if (s->where == GRAPH_INPUT)
            v->input_piece = s->piece;
        if (s->where == GRAPH_VALUE_INFO)
            m->infos[m->n_infos++] = (struct gw_onnx_described){ s->piece, s->ref };
        v->four = v->four || s->four;
        v->channels = s->four && s->channels != 0 ? s->channels : v->channels;
    }
    for (size_t i = 0; i < m->n_nodes; i++) {
        const struct gw_onnx_node *n = &m->nodes[i];
        for (uint32_t k = 0; k < n->n_out; k++) {
            struct gw_onnx_value *v = gw_onnx_output(m, n, k);
            if (v != NULL && (v->made || v->tensor != NULL))
                return damaged(m, n->body, "a value made twice: the graph");
            if (v != NULL)
                v->made = true;
        }
        for (uint32_t k = 0; k < n->n_in; k++) {
            struct gw_onnx_value *v = gw_onnx_input(m, n, k);
            if (v != NULL)
                v->n_uses++;
        }
    }
    return true;
}

struct gw_onnx_tensor *gw_onnx_constant(const struct gw_onnx *m, const struct gw_onnx_value *v)
{
    if (v == NULL || v->tensor == NULL || (v->input && m->ir_version >= IR_FREE_INITIALIZERS))
        return NULL;
    return v->tensor;
}

float gw_onnx_float(const struct gw_onnx_tensor *t, uint64_t i)
{
    float f;
    memcpy(&f, t->data.data + i * FLOAT, FLOAT);
    return f;
}

/* --- writing ---------------------------------------------------------------- */

static bool choose_prefix(struct gw_onnx *m)
{
    for (unsigned i = 0; i < 100; i++) {
        snprintf(m->prefix, sizeof m->prefix, "gw%u_", i);
        if (memmem(m->onnx.data, m->onnx.size, m->prefix, strlen(m->prefix)) == NULL)
            return true;
    }
    return gw_fail(m->err, GW_ERR_LIMIT, "ONNX model: every name from gw0_ to gw99_ is taken");
}

bool gw_onnx_new_name(char *out, struct gw_onnx *m)
{
    if (m->prefix[0] == 0 && !choose_prefix(m))
        return false;
    snprintf(out, NAME_SIZE, "%s%u", m->prefix, m->n_made++);
    return true;
}

void gw_onnx_put_described(struct gw_buf *value, const char *name, const int64_t *dims, size_t rank)
{
    GW_AUTO_VALUE(gw_buf) dim = {};
    GW_AUTO_VALUE(gw_buf) shape = {};
    GW_AUTO_VALUE(gw_buf) tensor = {};
    GW_AUTO_VALUE(gw_buf) type = {};
    for (size_t i = 0; i < rank; i++) {
        gw_buf_clear(&dim);
        gw_pb_put_int(&dim, DIM_VALUE, dims[i]);
        gw_pb_put_bytes(&shape, SHAPE_DIM, gw_buf_span(&dim));
    }
    gw_pb_put_int(&tensor, TENSOR_TYPE_ELEM, TYPE_FLOAT);
    gw_pb_put_bytes(&tensor, TENSOR_TYPE_SHAPE, gw_buf_span(&shape));
    gw_pb_put_bytes(&type, TYPE_TENSOR, gw_buf_span(&tensor));
    gw_pb_put_text(value, VALUE_NAME, name);
    gw_pb_put_bytes(value, VALUE_TYPE, gw_buf_span(&type));
}

bool gw_onnx_start_tensor(struct gw_onnx *m, char *name, const uint64_t *dims, size_t rank)
{
    uint64_t bytes = FLOAT;
    for (size_t i = 0; i < rank; i++)
        if (__builtin_mul_overflow(bytes, dims[i], &bytes))
            bytes = UINT64_MAX;
    if (bytes > m->tail_most || m->tail.size > m->tail_most - bytes)
        return gw_fail(m->err, GW_ERR_LIMIT, "ONNX model: prepared it would be more than %zu bytes larger", m->tail_most);
    if (!gw_onnx_new_name(name, m))
        return false;
    gw_buf_clear(&m->part);
    for (size_t i = 0; i < rank; i++)
        gw_pb_put_int(&m->part, TENSOR_DIMS, (int64_t)dims[i]);
    gw_pb_put_int(&m->part, TENSOR_TYPE, TYPE_FLOAT);
    gw_pb_put_text(&m->part, TENSOR_NAME, name);
    gw_pb_put_varint(&m->part, (uint64_t)TENSOR_RAW << 3 | WIRE_BYTES);
    gw_pb_put_varint(&m->part, bytes);

    if (m->ir_version < IR_FREE_INITIALIZERS) {
        /* In such a model initializers are the standard values of inputs. */
        gw_buf_clear(&m->part2);
        gw_onnx_put_described(&m->part2, name, (const int64_t *)dims, rank);
        gw_pb_put_bytes(&m->tail, GRAPH_INPUT, gw_buf_span(&m->part2));
    }
    gw_pb_put_varint(&m->tail, (uint64_t)GRAPH_INITIALIZER << 3 | WIRE_BYTES);
    gw_pb_put_varint(&m->tail, m->part.size + bytes);
    gw_buf_add(&m->tail, m->part.data, m->part.size);
    gw_buf_reserve(&m->tail, (size_t)bytes);
    return true;
}

void gw_onnx_put_int(struct gw_buf *node, struct gw_buf *scratch, const char *name, int64_t v)
{
    gw_buf_clear(scratch);
    gw_pb_put_text(scratch, ATTRIBUTE_NAME, name);
    gw_pb_put_int(scratch, ATTRIBUTE_I, v);
    gw_pb_put_int(scratch, ATTRIBUTE_TYPE, ATTRIBUTE_INT);
    gw_pb_put_bytes(node, NODE_ATTRIBUTE, gw_buf_span(scratch));
}

void gw_onnx_put_ints(struct gw_buf *node, struct gw_buf *scratch, const char *name, const int64_t *v, size_t n)
{
    gw_buf_clear(scratch);
    gw_pb_put_text(scratch, ATTRIBUTE_NAME, name);
    for (size_t i = 0; i < n; i++)
        gw_pb_put_int(scratch, ATTRIBUTE_INTS, v[i]);
    gw_pb_put_int(scratch, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_INTS);
    gw_pb_put_bytes(node, NODE_ATTRIBUTE, gw_buf_span(scratch));
}

void gw_onnx_put_float(struct gw_buf *node, struct gw_buf *scratch, const char *name, float v)
{
    gw_buf_clear(scratch);
    gw_pb_put_text(scratch, ATTRIBUTE_NAME, name);
    gw_pb_put_varint(scratch, ATTRIBUTE_F << 3 | WIRE_32);
    gw_buf_add(scratch, &v, FLOAT);
    gw_pb_put_int(scratch, ATTRIBUTE_TYPE, ATTRIBUTE_FLOAT);
    gw_pb_put_bytes(node, NODE_ATTRIBUTE, gw_buf_span(scratch));
}

bool gw_onnx_replace(struct gw_onnx *m, const struct gw_onnx_node *n, struct gw_span bytes)
{
    uint8_t *copy = gw_arena_array(m->made, bytes.size, uint8_t, m->err);
    if (copy == NULL)
        return false;
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    m->pieces[n->piece].bytes = gw_span_of(copy, bytes.size);
    return true;
}

void gw_onnx_let_go(struct gw_onnx *m, const struct gw_onnx_node *n, uint32_t k)
{
    struct gw_onnx_value *v = gw_onnx_input(m, n, k);
    if (v == NULL || --v->n_uses > 0 || v->output || m->entangled)
        return;
    m->pieces[v->tensor->piece].bytes = (struct gw_span){};
    if (v->input)
        m->pieces[v->input_piece].bytes = (struct gw_span){};
}

void gw_onnx_write(struct gw_buf *out, const struct gw_onnx *m, struct gw_span more)
{
    size_t graph = m->tail.size;
    for (size_t i = 0; i < m->n_pieces; i++)
        graph += m->pieces[i].bytes.size;
    gw_buf_reserve(out, m->onnx.size - m->graph.size + graph + more.size + 16);
    struct gw_cursor c = gw_cursor_of(m->onnx);
    struct gw_pb_field f;
    while (gw_cursor_left(&c) > 0 && gw_pb_read(&f, &c)) {
        if (f.number != MODEL_GRAPH) {
            gw_buf_add(out, f.raw.data, f.raw.size);
            continue;
        }
        gw_pb_put_varint(out, MODEL_GRAPH << 3 | WIRE_BYTES);
        gw_pb_put_varint(out, graph);
        for (size_t i = 0; i < m->n_pieces; i++)
            gw_buf_add(out, m->pieces[i].bytes.data, m->pieces[i].bytes.size);
        gw_buf_add(out, m->tail.data, m->tail.size);
    }
    gw_buf_add(out, more.data, more.size);
}

void gw_onnx_done(struct gw_onnx *m)
{
    gw_buf_done(&m->tail);
    gw_buf_done(&m->part);
    gw_buf_done(&m->part2);
}
