/* graph.c - reads an ONNX model as the protobuf fields it is made of, exchanges a
 * few nodes and writes all else back as it was.
 *
 * Field numbers are those of onnx.proto (ONNX 1.17, IR 10). Invariants:
 *  1. Every field of the graph is a piece, in order; a piece is the model's own bytes
 *     or ours. Without an edit the pieces are the model.
 *  2. A name we make starts with a prefix that occurs nowhere in the model.
 *  3. A value is widened only if every node that makes or takes it is understood.
 *  4. An edited node keeps its place, and what it puts out keeps its name: order and
 *     whoever else refers to it stay right. */
#include "face/graph.h"
#include "base/arena.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "raw_data is little-endian and read as it lies");

enum {
    WORK_BYTES = 256 << 20, /* for what is known about nodes and values */
    OPSET_LEAST = 7,        /* PRelu broadcasts as it does now */
    OPSET_MOST = 21,
    IR_FREE_INITIALIZERS = 4, /* from here on an initializer that is not an input is a constant */
    TYPE_FLOAT = 1,
    WIDEN_LEAST = 8, /* channels: fewer would more than double the work */
    DIMS_MAX = 4,
    NAME_SIZE = 40, /* of a name we make, with its zero */
    FLOAT = 4,      /* bytes */
};
#define NONE UINT32_MAX

/* --- protobuf --------------------------------------------------------------- */

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct field {
    uint32_t number;
    enum wire wire;
    uint64_t value;      /* WIRE_VARINT */
    struct gw_span body; /* WIRE_BYTES, and the 4 or 8 bytes of the fixed ones */
    struct gw_span raw;  /* key and all */
};

static bool varint_read(uint64_t *out, struct gw_cursor *c)
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

static bool field_read(struct field *out, struct gw_cursor *c)
{
    size_t from = c->at;
    uint64_t key, size;
    if (!varint_read(&key, c) || key >> 3 == 0 || key >> 3 > 0x1FFFFFFF)
        return false;
    *out = (struct field){ .number = (uint32_t)(key >> 3), .wire = (enum wire)(key & 7) };
    bool ok = false;
    switch (key & 7) {
    case WIRE_VARINT: ok = varint_read(&out->value, c); break;
    case WIRE_64: ok = gw_cursor_take(c, 8, &out->body); break;
    case WIRE_32: ok = gw_cursor_take(c, 4, &out->body); break;
    case WIRE_BYTES: ok = varint_read(&size, c) && size <= SIZE_MAX && gw_cursor_take(c, (size_t)size, &out->body); break;
    default: break; /* groups: ONNX has none */
    }
    out->raw = gw_span_slice(c->in, from, c->at);
    return ok;
}

static void put_varint(struct gw_buf *b, uint64_t v)
{
    uint8_t bytes[10];
    size_t n = 0;
    do {
        bytes[n++] = (uint8_t)((v & 0x7F) | (v > 0x7F ? 0x80 : 0));
        v >>= 7;
    } while (v != 0);
    gw_buf_add(b, bytes, n);
}

static void put_int(struct gw_buf *b, uint32_t number, int64_t v)
{
    put_varint(b, (uint64_t)number << 3 | WIRE_VARINT);
    put_varint(b, (uint64_t)v);
}

static void put_bytes(struct gw_buf *b, uint32_t number, struct gw_span s)
{
    put_varint(b, (uint64_t)number << 3 | WIRE_BYTES);
    put_varint(b, s.size);
    gw_buf_add(b, s.data, s.size);
}

static void put_text(struct gw_buf *b, uint32_t number, const char *s)
{
    put_bytes(b, number, gw_span_str(s));
}

/* --- onnx.proto ------------------------------------------------------------- */

enum model_field { MODEL_IR_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET_IMPORT = 8, MODEL_TRAINING_INFO = 20 };
enum opset_field { OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum graph_field {
    GRAPH_NODE = 1,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    GRAPH_VALUE_INFO = 13,
    GRAPH_QUANTIZATION = 14,
    GRAPH_SPARSE = 15
};
enum node_field { NODE_INPUT = 1, NODE_OUTPUT = 2, NODE_NAME = 3, NODE_OP = 4, NODE_ATTRIBUTE = 5, NODE_DOMAIN = 7 };
enum attribute_field {
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_F = 2,
    ATTRIBUTE_I = 3,
    ATTRIBUTE_G = 6,
    ATTRIBUTE_INTS = 8,
    ATTRIBUTE_GRAPHS = 11,
    ATTRIBUTE_TYPE = 20
};
enum attribute_type { ATTRIBUTE_FLOAT = 1, ATTRIBUTE_INT = 2, ATTRIBUTE_TYPE_INTS = 7 };
enum tensor_field {
    TENSOR_DIMS = 1,
    TENSOR_TYPE = 2,
    TENSOR_SEGMENT = 3,
    TENSOR_FLOATS = 4,
    TENSOR_NAME = 8,
    TENSOR_RAW = 9,
    TENSOR_EXTERNAL = 13,
    TENSOR_LOCATION = 14
};
enum value_info_field { VALUE_NAME = 1, VALUE_TYPE = 2, TYPE_TENSOR = 1, TENSOR_TYPE_ELEM = 1, TENSOR_TYPE_SHAPE = 2, SHAPE_DIM = 1, DIM_VALUE = 1 };

enum kind {
    KIND_OTHER, /* not understood: its values stay as they are */
    KIND_CONV,
    KIND_PRELU,
    KIND_CHANNELWISE, /* output channel c comes of input channel c alone; 0 gives a finite number */
    KIND_JOIN,        /* the same with two inputs */
    KIND_SAME,        /* keeps the shape, and that is all we know */
};

static const struct {
    const char *op;
    enum kind kind;
} kinds[] = {
    { "Add", KIND_JOIN },
    { "AveragePool", KIND_CHANNELWISE },
    { "BatchNormalization", KIND_SAME },
    { "Clip", KIND_CHANNELWISE },
    { "Conv", KIND_CONV },
    { "Dropout", KIND_SAME },
    { "GlobalAveragePool", KIND_CHANNELWISE },
    { "GlobalMaxPool", KIND_CHANNELWISE },
    { "HardSigmoid", KIND_CHANNELWISE },
    { "HardSwish", KIND_CHANNELWISE },
    { "Identity", KIND_SAME },
    { "InstanceNormalization", KIND_SAME },
    { "LeakyRelu", KIND_CHANNELWISE },
    { "MaxPool", KIND_CHANNELWISE },
    { "Mul", KIND_JOIN },
    { "PRelu", KIND_PRELU },
    { "Relu", KIND_CHANNELWISE },
    { "Sigmoid", KIND_CHANNELWISE },
    { "Sub", KIND_JOIN },
    { "Tanh", KIND_CHANNELWISE },
};

struct tensor { /* an initializer */
    size_t piece;
    struct gw_span name, body;
    uint32_t value;
    uint32_t rank;
    uint64_t dims[DIMS_MAX];
    uint64_t n;          /* of floats, when usable */
    bool usable;         /* float32 of at most four dimensions, data here and as long as its shape says */
    struct gw_span data; /* the floats, little-endian, not aligned */
    char rest[NAME_SIZE];   /* the initializer with 1 - these numbers, */
    uint64_t rest_channels; /* of so many channels; 0: none yet */
};

enum plan { PLAN_KEEP, PLAN_CONV, PLAN_LEAKY };

struct node {
    size_t piece;
    struct gw_span body;
    enum kind kind;
    uint32_t first_in, n_in, first_out, n_out; /* of refs */
    bool odd_group, has_group;                 /* a group that is not one whole number */
    int64_t group;
    uint32_t n_attributes;
    enum plan plan;
    const struct tensor *weight, *bias, *slope;
};

/* What is known of a name. */
struct value {
    struct gw_span name;
    struct tensor *tensor; /* the initializer of this name */
    uint32_t n_uses;       /* by nodes, less those of rewritten ones */
    bool made;             /* put out by a node */
    bool input, output;    /* of the graph */
    size_t input_piece;
    bool four;         /* has four dimensions */
    uint64_t channels; /* the second of them; 0: not known */
    uint32_t region;   /* parent in the forest of values that must have the same channels */
    bool fixed;        /* of a root: some node is not understood */
    bool gains;        /* of a root: holds a depthwise convolution */
};

struct piece {
    struct gw_span bytes;
};

struct described { /* a value_info */
    size_t piece;
    uint32_t ref;
};

struct kernel_of_minus_one {
    uint64_t channels;
    char name[NAME_SIZE];
};

struct model {
    struct gw_span onnx, graph;
    struct gw_arena *work; /* what is known */
    struct gw_arena *made; /* nodes written anew */
    struct gw_err *err;
    uint64_t ir_version, opset;
    bool entangled; /* names may be meant in places that are not read: subgraphs, training, annotations */

    struct piece *pieces;
    struct node *nodes;
    struct tensor *tensors;
    struct described *infos;
    struct gw_span *names; /* one an occurrence */
    uint32_t *refs;        /* occurrence to value; NONE: the empty name of an input left out */
    struct value *values;  /* by name */
    size_t n_pieces, n_nodes, n_tensors, n_infos, n_names, n_values;

    struct gw_buf tail; /* new initializers (for old IR inputs too), as fields of the graph */
    size_t tail_most;
    struct gw_buf part, part2; /* a message being written, and one inside it */
    char prefix[16];
    unsigned n_made;
    struct kernel_of_minus_one *ones;
    size_t n_ones, ones_capacity;
};

static bool damaged(struct model *m, struct gw_span where, const char *what)
{
    size_t at = where.data == NULL ? 0 : (size_t)(where.data - m->onnx.data);
    return gw_fail_at(m->err, GW_ERR_FORMAT, at, "ONNX model: %s is damaged (byte %zu)", what, at);
}

static bool next(struct field *out, struct gw_cursor *c, struct model *m, const char *what)
{
    struct gw_span rest = gw_span_slice(c->in, c->at, c->in.size);
    return field_read(out, c) || damaged(m, rest, what);
}

/* A field that is text or a message must come as bytes. */
static bool as_bytes(const struct field *f, struct model *m, const char *what)
{
    return f->wire == WIRE_BYTES || damaged(m, f->raw, what);
}

/* --- reading ---------------------------------------------------------------- */

static void add_name(struct model *m, struct gw_span name)
{
    m->names[m->n_names++] = name;
}

/* dims: one field each or packed. */
static bool read_dims(struct tensor *t, const struct field *f, struct model *m)
{
    struct gw_cursor c = gw_cursor_of(f->body);
    uint64_t d = f->value;
    bool packed = f->wire == WIRE_BYTES;
    if (!packed && f->wire != WIRE_VARINT)
        return damaged(m, f->raw, "the shape of an initializer");
    while (!packed || gw_cursor_left(&c) > 0) {
        if (packed && !varint_read(&d, &c))
            return damaged(m, f->raw, "the shape of an initializer");
        if (t->rank < DIMS_MAX)
            t->dims[t->rank] = d;
        t->rank++;
        if (!packed)
            break;
    }
    return true;
}

static bool read_tensor(struct tensor *t, struct gw_span body, struct model *m)
{
    struct gw_cursor c = gw_cursor_of(body);
    struct gw_span floats = {}, raw = {};
    uint64_t type = 0;
    bool whole = true, has_raw = false;
    size_t n_float_fields = 0;
    t->body = body;
    while (gw_cursor_left(&c) > 0) {
        struct field f;
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

static bool read_attribute(struct node *n, struct gw_span body, struct model *m)
{
    struct gw_cursor c = gw_cursor_of(body);
    struct gw_span name = {};
    bool has_i = false;
    uint64_t i = 0;
    n->n_attributes++;
    while (gw_cursor_left(&c) > 0) {
        struct field f;
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

static bool read_node(struct node *n, struct gw_span body, struct model *m)
{
    struct gw_cursor c = gw_cursor_of(body);
    struct gw_span op = {}, domain = {};
    n->body = body;
    n->group = 1;
    for (int pass = NODE_INPUT; pass <= NODE_OUTPUT; pass++) { /* inputs side by side, then outputs */
        *(pass == NODE_INPUT ? &n->first_in : &n->first_out) = (uint32_t)m->n_names;
        c.at = 0;
        while (gw_cursor_left(&c) > 0) {
            struct field f;
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
                op = f.body;
            else if (f.number == NODE_DOMAIN)
                domain = f.body;
            else if (f.number == NODE_ATTRIBUTE &&
                     (!as_bytes(&f, m, "an attribute") || !read_attribute(n, f.body, m)))
                return false;
        }
    }
    if (domain.size == 0 || gw_span_is(domain, "ai.onnx"))
        for (size_t i = 0; i < GW_COUNT(kinds); i++)
            if (gw_span_is(op, kinds[i].op))
                n->kind = kinds[i].kind;
    return true;
}

/* The name and, of a tensor, whether it has four dimensions and how many channels. */
static bool read_described(struct gw_span *name, bool *four, uint64_t *channels, struct gw_span body, struct model *m)
{
    /* ValueInfoProto.type.tensor_type.shape: down one message a step. */
    static const uint32_t path[] = { VALUE_TYPE, TYPE_TENSOR, TENSOR_TYPE_SHAPE };
    struct gw_span at = body, shape = {};
    *name = (struct gw_span){};
    for (size_t step = 0; step < GW_COUNT(path); step++) {
        struct gw_cursor c = gw_cursor_of(at);
        bool found = false;
        while (gw_cursor_left(&c) > 0) {
            struct field f;
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
        struct field f;
        if (!next(&f, &c, m, "the description of a value"))
            return false;
        if (f.number != SHAPE_DIM)
            continue;
        struct gw_cursor d = gw_cursor_of(f.body);
        while (gw_cursor_left(&d) > 0) {
            struct field v;
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

static bool read_model(struct model *m)
{
    struct gw_cursor c = gw_cursor_of(m->onnx);
    bool has_graph = false;
    while (gw_cursor_left(&c) > 0) {
        struct field f;
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
                struct field g;
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
static bool count_graph(struct model *m)
{
    struct gw_cursor c = gw_cursor_of(m->graph);
    size_t pieces = 0, nodes = 0, tensors = 0, infos = 0, names = 0;
    while (gw_cursor_left(&c) > 0) {
        struct field f;
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
                struct field g;
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
    return (m->pieces = gw_arena_array(m->work, pieces, struct piece, m->err)) != NULL &&
           (m->nodes = gw_arena_array(m->work, nodes, struct node, m->err)) != NULL &&
           (m->tensors = gw_arena_array(m->work, tensors, struct tensor, m->err)) != NULL &&
           (m->infos = gw_arena_array(m->work, infos, struct described, m->err)) != NULL &&
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
static bool resolve_names(struct model *m)
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
    m->values = gw_arena_array(m->work, n, struct value, m->err);
    if (m->values == NULL)
        return false;
    m->n_values = n;
    for (size_t i = 0; i < n; i++)
        m->values[i] = (struct value){ .name = sorted[i], .region = (uint32_t)i };
    for (size_t i = 0; i < m->n_names; i++) {
        const struct gw_span *found =
            n == 0 ? NULL : bsearch(&m->names[i], sorted, n, sizeof *sorted, by_name);
        m->refs[i] = found == NULL ? NONE : (uint32_t)(found - sorted);
    }
    return true;
}

static struct value *value_of(struct model *m, uint32_t ref)
{
    return m->refs[ref] == NONE ? NULL : &m->values[m->refs[ref]];
}
static struct value *input_of(struct model *m, const struct node *n, uint32_t i)
{
    return i < n->n_in ? value_of(m, n->first_in + i) : NULL;
}
static struct value *output_of(struct model *m, const struct node *n, uint32_t i)
{
    return i < n->n_out ? value_of(m, n->first_out + i) : NULL;
}

/* What is said of values outside of the nodes: occurrence, and what a description says. */
struct mention {
    enum graph_field where;
    size_t piece;
    uint32_t ref;
    bool four;
    uint64_t channels;
};

static bool read_graph(struct model *m)
{
    if (!count_graph(m))
        return false;
    /* Inputs, outputs and descriptions; kept aside until the names have values. */
    struct mention *mentions = NULL;
    size_t n_mentions = 0, capacity = 0;
    struct gw_cursor c = gw_cursor_of(m->graph);
    while (gw_cursor_left(&c) > 0) {
        struct field f;
        if (!next(&f, &c, m, "the graph"))
            return false;
        size_t piece = m->n_pieces++;
        m->pieces[piece].bytes = f.raw;
        switch (f.number) {
        case GRAPH_NODE: {
            struct node *n = &m->nodes[m->n_nodes++];
            n->piece = piece;
            if (!read_node(n, f.body, m))
                return false;
            break;
        }
        case GRAPH_INITIALIZER: {
            struct tensor *t = &m->tensors[m->n_tensors++];
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
        struct tensor *t = &m->tensors[i];
        struct value *v = value_of(m, t->value);
        if (v == NULL || v->tensor != NULL)
            return damaged(m, t->body, v == NULL ? "an initializer without a name: it" : "an initializer's second value: it");
        v->tensor = t;
        t->value = m->refs[t->value];
    }
    for (size_t i = 0; i < n_mentions; i++) {
        const struct mention *s = &mentions[i];
        struct value *v = value_of(m, s->ref);
        if (v == NULL)
            continue;
        v->input = v->input || s->where == GRAPH_INPUT;
        v->output = v->output || s->where == GRAPH_OUTPUT;
        if (s->where == GRAPH_INPUT)
            v->input_piece = s->piece;
        if (s->where == GRAPH_VALUE_INFO)
            m->infos[m->n_infos++] = (struct described){ s->piece, s->ref };
        v->four = v->four || s->four;
        v->channels = s->four && s->channels != 0 ? s->channels : v->channels;
    }
    for (size_t i = 0; i < m->n_nodes; i++) {
        const struct node *n = &m->nodes[i];
        for (uint32_t k = 0; k < n->n_out; k++) {
            struct value *v = output_of(m, n, k);
            if (v != NULL && (v->made || v->tensor != NULL))
                return damaged(m, n->body, "a value made twice: the graph");
            if (v != NULL)
                v->made = true;
        }
        for (uint32_t k = 0; k < n->n_in; k++) {
            struct value *v = input_of(m, n, k);
            if (v != NULL)
                v->n_uses++;
        }
    }
    return true;
}

/* The initializer behind a value, if nothing can change it. */
static struct tensor *constant(const struct model *m, const struct value *v)
{
    if (v == NULL || v->tensor == NULL || (v->input && m->ir_version >= IR_FREE_INITIALIZERS))
        return NULL;
    return v->tensor;
}

static float float_at(const struct tensor *t, uint64_t i)
{
    float f;
    memcpy(&f, t->data.data + i * FLOAT, FLOAT);
    return f;
}

/* --- understanding ---------------------------------------------------------- */

/* Rank and channels, in the order of the nodes, which is that of computation (IR:
 * nodes are sorted); a model where it is not is only known less well. */
static void infer_shapes(struct model *m)
{
    for (size_t i = 0; i < m->n_nodes; i++) {
        struct node *n = &m->nodes[i];
        struct value *x = input_of(m, n, 0), *y = input_of(m, n, 1), *out = output_of(m, n, 0);
        if (x == NULL || out == NULL)
            continue;
        bool four = false;
        uint64_t channels = 0;
        switch (n->kind) {
        case KIND_CONV: {
            struct tensor *w = constant(m, y);
            struct value *b = input_of(m, n, 2);
            if (w == NULL || !w->usable || w->rank != 4 || n->odd_group || (b != NULL && constant(m, b) == NULL))
                break;
            four = true;
            channels = w->dims[0];
            n->weight = w;
            n->bias = constant(m, b);
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

static bool opset_known(const struct model *m)
{
    return m->opset >= OPSET_LEAST && m->opset <= OPSET_MOST;
}

/* What becomes of a PRelu; false with the reason where nothing does. */
static bool plan_prelu(struct node *n, struct model *m, enum gw_graph_left *why)
{
    const struct value *x = input_of(m, n, 0), *slope = input_of(m, n, 1);
    *why = GW_GRAPH_LEFT_UNUSUAL;
    if (n->n_in != 2 || n->n_out != 1 || n->n_attributes > 0 || x == NULL || slope == NULL || output_of(m, n, 0) == NULL)
        return false;
    *why = GW_GRAPH_LEFT_OPSET;
    if (!opset_known(m))
        return false;
    *why = GW_GRAPH_LEFT_RANK;
    if (!x->four)
        return false;
    *why = GW_GRAPH_LEFT_INPUT;
    const struct tensor *t = constant(m, slope);
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

static struct value *region_of(struct model *m, struct value *v)
{
    uint32_t i = (uint32_t)(v - m->values);
    while (m->values[i].region != i)
        i = m->values[i].region = m->values[m->values[i].region].region;
    return &m->values[i];
}

static void unite(struct model *m, struct value *a, struct value *b)
{
    struct value *x = region_of(m, a), *y = region_of(m, b);
    if (x == y)
        return;
    y->region = (uint32_t)(x - m->values);
    x->fixed = x->fixed || y->fixed;
    x->gains = x->gains || y->gains;
}

static void fix(struct model *m, struct value *v)
{
    if (v != NULL)
        region_of(m, v)->fixed = true;
}

static bool by_channel_conv(const struct node *n)
{
    return n->group > 1 && n->group == (int64_t)n->weight->dims[0] && n->weight->dims[1] == 1;
}

/* Which values have to have the same channels, and which of these may have more. */
static void find_regions(struct model *m)
{
    for (size_t i = 0; i < m->n_nodes; i++) {
        const struct node *n = &m->nodes[i];
        struct value *x = input_of(m, n, 0), *y = input_of(m, n, 1), *out = output_of(m, n, 0);
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
                fix(m, output_of(m, n, k));
        }
        for (uint32_t k = understood; k < n->n_in; k++)
            fix(m, input_of(m, n, k));
    }
    for (size_t i = 0; i < m->n_values; i++) {
        struct value *v = &m->values[i], *root = region_of(m, v);
        root->fixed = root->fixed || v->input || v->output || v->tensor != NULL || !v->made || !v->four ||
                      v->channels == 0 || v->channels != root->channels || m->entangled || !opset_known(m);
    }
}

/* The channels a value that has so many now is to have. */
static uint64_t width(struct model *m, struct value *v, uint64_t now)
{
    const struct value *root = region_of(m, v);
    if (root->fixed || !root->gains || now < WIDEN_LEAST)
        return now;
    assert(v->channels == now);
    return (now + GW_GRAPH_BLOCK - 1) / GW_GRAPH_BLOCK * GW_GRAPH_BLOCK;
}

/* --- writing ---------------------------------------------------------------- */

static bool choose_prefix(struct model *m)
{
    for (unsigned i = 0; i < 100; i++) {
        snprintf(m->prefix, sizeof m->prefix, "gw%u_", i);
        if (memmem(m->onnx.data, m->onnx.size, m->prefix, strlen(m->prefix)) == NULL)
            return true;
    }
    return gw_fail(m->err, GW_ERR_LIMIT, "ONNX model: every name from gw0_ to gw99_ is taken");
}

static void new_name(char *out, struct model *m)
{
    snprintf(out, NAME_SIZE, "%s%u", m->prefix, m->n_made++);
}

/* Starts an initializer of float32; whoever calls adds exactly the product of dims
 * floats to m->tail. */
static bool start_tensor(struct model *m, char *name, const uint64_t *dims, size_t rank)
{
    uint64_t bytes = FLOAT;
    for (size_t i = 0; i < rank; i++)
        if (__builtin_mul_overflow(bytes, dims[i], &bytes))
            bytes = UINT64_MAX;
    if (m->prefix[0] == 0 && !choose_prefix(m))
        return false;
    if (bytes > m->tail_most || m->tail.size > m->tail_most - bytes)
        return gw_fail(m->err, GW_ERR_LIMIT, "ONNX model: prepared it would be more than %zu bytes larger", m->tail_most);
    new_name(name, m);
    gw_buf_clear(&m->part);
    for (size_t i = 0; i < rank; i++)
        put_int(&m->part, TENSOR_DIMS, (int64_t)dims[i]);
    put_int(&m->part, TENSOR_TYPE, TYPE_FLOAT);
    put_text(&m->part, TENSOR_NAME, name);
    put_varint(&m->part, (uint64_t)TENSOR_RAW << 3 | WIRE_BYTES);
    put_varint(&m->part, bytes);

    if (m->ir_version < IR_FREE_INITIALIZERS) {
        /* In such a model initializers are the standard values of inputs. */
        GW_AUTO_VALUE(gw_buf) shape = {};
        for (size_t i = 0; i < rank; i++) {
            gw_buf_clear(&m->part2);
            put_int(&m->part2, DIM_VALUE, (int64_t)dims[i]);
            put_bytes(&shape, SHAPE_DIM, gw_buf_span(&m->part2));
        }
        GW_AUTO_VALUE(gw_buf) tensor = {};
        put_int(&tensor, TENSOR_TYPE_ELEM, TYPE_FLOAT);
        put_bytes(&tensor, TENSOR_TYPE_SHAPE, gw_buf_span(&shape));
        GW_AUTO_VALUE(gw_buf) type = {};
        put_bytes(&type, TYPE_TENSOR, gw_buf_span(&tensor));
        gw_buf_clear(&m->part2);
        put_text(&m->part2, VALUE_NAME, name);
        put_bytes(&m->part2, VALUE_TYPE, gw_buf_span(&type));
        put_bytes(&m->tail, GRAPH_INPUT, gw_buf_span(&m->part2));
    }
    put_varint(&m->tail, (uint64_t)GRAPH_INITIALIZER << 3 | WIRE_BYTES);
    put_varint(&m->tail, m->part.size + bytes);
    gw_buf_add(&m->tail, m->part.data, m->part.size);
    gw_buf_reserve(&m->tail, (size_t)bytes);
    return true;
}

static void add_zeros(struct gw_buf *b, uint64_t n)
{
    static const uint8_t zeros[1024];
    for (size_t part; n > 0; n -= part)
        gw_buf_add(b, zeros, part = (size_t)GW_MIN(n, (uint64_t)sizeof zeros));
}

/* The 1x1 convolution by channel that takes x to -x. */
static bool minus_one(char *name, struct model *m, uint64_t channels)
{
    for (size_t i = 0; i < m->n_ones; i++)
        if (m->ones[i].channels == channels) {
            memcpy(name, m->ones[i].name, NAME_SIZE);
            return true;
        }
    m->ones = gw_arena_grow(m->work, m->ones, &m->ones_capacity, m->n_ones + 1, sizeof *m->ones, m->err);
    if (m->ones == NULL || !start_tensor(m, name, (uint64_t[]){ channels, 1, 1, 1 }, 4))
        return false;
    const float minus = -1;
    for (uint64_t i = 0; i < channels; i++)
        gw_buf_add(&m->tail, &minus, FLOAT);
    m->ones[m->n_ones].channels = channels;
    memcpy(m->ones[m->n_ones++].name, name, NAME_SIZE);
    return true;
}

/* The one that takes x to (1 - slope) * x; channels beyond the slope's get 0. */
static bool rest_of_slope(char *name, struct model *m, struct tensor *t, uint64_t channels)
{
    if (t->rest_channels != channels) {
        if (!start_tensor(m, t->rest, (uint64_t[]){ channels, 1, 1, 1 }, 4))
            return false;
        for (uint64_t i = 0; i < channels; i++) {
            const float rest = i < t->n ? (float)(1 - (double)float_at(t, i)) : 0;
            gw_buf_add(&m->tail, &rest, FLOAT);
        }
        t->rest_channels = channels;
    }
    memcpy(name, t->rest, NAME_SIZE);
    return true;
}

static void put_attribute_int(struct gw_buf *node, struct gw_buf *scratch, const char *name, int64_t v)
{
    gw_buf_clear(scratch);
    put_text(scratch, ATTRIBUTE_NAME, name);
    put_int(scratch, ATTRIBUTE_I, v);
    put_int(scratch, ATTRIBUTE_TYPE, ATTRIBUTE_INT);
    put_bytes(node, NODE_ATTRIBUTE, gw_buf_span(scratch));
}

static void put_attribute_float(struct gw_buf *node, struct gw_buf *scratch, const char *name, float v)
{
    gw_buf_clear(scratch);
    put_text(scratch, ATTRIBUTE_NAME, name);
    put_varint(scratch, ATTRIBUTE_F << 3 | WIRE_32);
    gw_buf_add(scratch, &v, FLOAT);
    put_int(scratch, ATTRIBUTE_TYPE, ATTRIBUTE_FLOAT);
    put_bytes(node, NODE_ATTRIBUTE, gw_buf_span(scratch));
}

/* A new node of one output, named like it. */
static void put_node(struct gw_buf *out, struct model *m, const char *op, struct gw_span x, const char *kernel,
    uint64_t channels, const char *result)
{
    struct gw_buf *n = &m->part;
    gw_buf_clear(n);
    put_bytes(n, NODE_INPUT, x);
    if (kernel != NULL)
        put_text(n, NODE_INPUT, kernel);
    put_text(n, NODE_OUTPUT, result);
    put_text(n, NODE_NAME, result);
    put_text(n, NODE_OP, op);
    if (kernel != NULL) {
        put_attribute_int(n, &m->part2, "group", (int64_t)channels);
        gw_buf_clear(&m->part2);
        put_text(&m->part2, ATTRIBUTE_NAME, "kernel_shape");
        put_int(&m->part2, ATTRIBUTE_INTS, 1);
        put_int(&m->part2, ATTRIBUTE_INTS, 1);
        put_int(&m->part2, ATTRIBUTE_TYPE, ATTRIBUTE_TYPE_INTS);
        put_bytes(n, NODE_ATTRIBUTE, gw_buf_span(&m->part2));
    }
    put_bytes(out, GRAPH_NODE, gw_buf_span(n));
}

/* The node as it was, with these inputs, another operator (NULL: the same), and of a
 * convolution with another group (0: the same). */
static void put_changed(struct gw_buf *out, struct model *m, const struct node *old, const struct gw_span *inputs,
    size_t n_inputs, const char *op, uint64_t group, const float *alpha)
{
    struct gw_buf *n = &m->part;
    gw_buf_clear(n);
    for (size_t i = 0; i < n_inputs; i++)
        put_bytes(n, NODE_INPUT, inputs[i]);
    struct gw_cursor c = gw_cursor_of(old->body);
    struct field f;
    while (gw_cursor_left(&c) > 0 && field_read(&f, &c)) {
        if (f.number == NODE_INPUT || (f.number == NODE_OP && op != NULL))
            continue;
        if (f.number == NODE_ATTRIBUTE && group != 0) {
            struct gw_cursor d = gw_cursor_of(f.body);
            struct field g;
            bool is_group = false;
            while (gw_cursor_left(&d) > 0 && field_read(&g, &d))
                is_group = is_group || (g.number == ATTRIBUTE_NAME && gw_span_is(g.body, "group"));
            if (is_group)
                continue;
        }
        gw_buf_add(n, f.raw.data, f.raw.size);
    }
    if (op != NULL)
        put_text(n, NODE_OP, op);
    if (group != 0)
        put_attribute_int(n, &m->part2, "group", (int64_t)group);
    if (alpha != NULL)
        put_attribute_float(n, &m->part2, "alpha", *alpha);
    put_bytes(out, GRAPH_NODE, gw_buf_span(n));
}

/* The node's piece becomes these bytes. */
static bool replace(struct model *m, const struct node *n, const struct gw_buf *bytes)
{
    uint8_t *copy = gw_arena_array(m->made, bytes->size, uint8_t, m->err);
    if (copy == NULL)
        return false;
    memcpy(copy, bytes->data, bytes->size);
    m->pieces[n->piece].bytes = gw_span_of(copy, bytes->size);
    return true;
}

/* The node no longer uses its k-th input, an initializer; without users it goes too
 * (the runtime would warn of it). Where it is an input with a standard value, so does that. */
static void let_go(struct model *m, const struct node *n, uint32_t k)
{
    struct value *v = input_of(m, n, k);
    if (v == NULL || --v->n_uses > 0 || v->output || m->entangled)
        return;
    m->pieces[v->tensor->piece].bytes = (struct gw_span){};
    if (v->input)
        m->pieces[v->input_piece].bytes = (struct gw_span){};
}

static bool write_prelu(struct model *m, struct node *n)
{
    GW_AUTO_VALUE(gw_buf) nodes = {};
    struct gw_span x = input_of(m, n, 0)->name;
    if (n->plan == PLAN_LEAKY) {
        float alpha = float_at(n->slope, 0);
        put_changed(&nodes, m, n, &x, 1, "LeakyRelu", 0, &alpha);
    } else {
        char one[NAME_SIZE], rest[NAME_SIZE], minus[NAME_SIZE], under[NAME_SIZE], lift[NAME_SIZE];
        uint64_t channels = width(m, input_of(m, n, 0), n->slope->n);
        if (!minus_one(one, m, channels) || !rest_of_slope(rest, m, constant(m, input_of(m, n, 1)), channels))
            return false;
        new_name(minus, m);
        new_name(under, m);
        new_name(lift, m);
        put_node(&nodes, m, "Conv", x, one, channels, minus);
        put_node(&nodes, m, "Relu", gw_span_str(minus), NULL, 0, under);
        put_node(&nodes, m, "Conv", gw_span_str(under), rest, channels, lift);
        put_changed(&nodes, m, n, (struct gw_span[]){ x, gw_span_str(lift) }, 2, "Add", 0, NULL);
    }
    let_go(m, n, 1);
    return replace(m, n, &nodes);
}

/* A convolution some of whose values got more channels; others are left. */
static bool write_conv(struct model *m, struct node *n, unsigned *n_widened)
{
    struct value *x = input_of(m, n, 0);
    const struct tensor *w = n->weight;
    bool by_channel = by_channel_conv(n);
    uint64_t old_out = w->dims[0], new_out = width(m, output_of(m, n, 0), old_out);
    uint64_t old_in = w->dims[1], new_in = by_channel || n->group != 1 ? old_in : width(m, x, old_in);
    if (new_out == old_out && new_in == old_in)
        return true;

    char weight[NAME_SIZE], bias[NAME_SIZE];
    uint64_t kernel = w->dims[2] * w->dims[3] * FLOAT;
    if (!start_tensor(m, weight, (uint64_t[]){ new_out, new_in, w->dims[2], w->dims[3] }, 4))
        return false;
    for (uint64_t o = 0; o < old_out; o++) {
        gw_buf_add(&m->tail, w->data.data + o * old_in * kernel, (size_t)(old_in * kernel));
        add_zeros(&m->tail, (new_in - old_in) * kernel);
    }
    add_zeros(&m->tail, (new_out - old_out) * new_in * kernel);

    struct gw_span inputs[3] = { x->name, gw_span_str(weight) };
    size_t n_inputs = 2;
    if (n->bias != NULL && new_out != old_out) {
        if (!start_tensor(m, bias, &new_out, 1))
            return false;
        gw_buf_add(&m->tail, n->bias->data.data, n->bias->data.size);
        add_zeros(&m->tail, (new_out - old_out) * FLOAT);
        inputs[n_inputs++] = gw_span_str(bias);
        let_go(m, n, 2);
    } else if (n->bias != NULL) {
        inputs[n_inputs++] = n->bias->name;
    }
    GW_AUTO_VALUE(gw_buf) node = {};
    put_changed(&node, m, n, inputs, n_inputs, NULL, by_channel ? new_out : 0, NULL);
    let_go(m, n, 1);
    (*n_widened)++;
    return replace(m, n, &node);
}

static bool write_edits(struct model *m, struct gw_graph_report *r)
{
    for (size_t i = 0; i < m->n_nodes; i++) {
        struct node *n = &m->nodes[i];
        if (n->kind == KIND_PRELU && n->plan != PLAN_KEEP && !write_prelu(m, n))
            return false;
        if (n->kind == KIND_CONV && n->weight != NULL && n->n_out == 1 && input_of(m, n, 0) != NULL &&
            output_of(m, n, 0) != NULL && !write_conv(m, n, &r->n_widened))
            return false;
    }
    /* What was said of the shapes of widened values is no longer so. */
    for (size_t i = 0; i < m->n_infos; i++) {
        struct value *v = value_of(m, m->infos[i].ref);
        if (v != NULL && width(m, v, v->channels) != v->channels)
            m->pieces[m->infos[i].piece].bytes = (struct gw_span){};
    }
    return true;
}

/* The model's own fields, with the graph made of its pieces and the tail. */
static void write_model(struct gw_buf *out, const struct model *m)
{
    size_t graph = m->tail.size;
    for (size_t i = 0; i < m->n_pieces; i++)
        graph += m->pieces[i].bytes.size;
    gw_buf_reserve(out, m->onnx.size - m->graph.size + graph + 16);
    struct gw_cursor c = gw_cursor_of(m->onnx);
    struct field f;
    while (gw_cursor_left(&c) > 0 && field_read(&f, &c)) {
        if (f.number != MODEL_GRAPH) {
            gw_buf_add(out, f.raw.data, f.raw.size);
            continue;
        }
        put_varint(out, MODEL_GRAPH << 3 | WIRE_BYTES);
        put_varint(out, graph);
        for (size_t i = 0; i < m->n_pieces; i++)
            gw_buf_add(out, m->pieces[i].bytes.data, m->pieces[i].bytes.size);
        gw_buf_add(out, m->tail.data, m->tail.size);
    }
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

bool gw_graph_prepare(struct gw_buf *out, struct gw_graph_report *report, struct gw_span onnx, struct gw_err *err)
{
    struct gw_graph_report r = {};
    if (onnx.size > GW_GRAPH_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "ONNX model: more than %d bytes", GW_GRAPH_BYTES_MAX);
    GW_AUTO(gw_arena) *work = gw_arena_new(WORK_BYTES);
    GW_AUTO(gw_arena) *made = gw_arena_new(GW_GRAPH_EXTRA_BYTES / 2 + onnx.size);
    struct model m = { .onnx = onnx, .work = work, .made = made, .err = err,
        .tail_most = GW_GRAPH_EXTRA_BYTES / 2 + (GW_GRAPH_GROWTH_MAX - 2) * onnx.size };
    if (!read_model(&m) || !read_graph(&m))
        return false;

    infer_shapes(&m);
    for (size_t i = 0; i < m.n_nodes; i++) {
        struct node *n = &m.nodes[i];
        enum gw_graph_left why;
        if (n->kind != KIND_PRELU)
            continue;
        r.n_prelu++;
        if (!plan_prelu(n, &m, &why))
            r.left[why]++;
        r.n_conv += n->plan == PLAN_CONV;
        r.n_leaky += n->plan == PLAN_LEAKY;
    }
    find_regions(&m);
    bool ok = write_edits(&m, &r);
    if (ok && gw_graph_rewritten(&r) == 0)
        gw_buf_add(out, onnx.data, onnx.size);
    else if (ok)
        write_model(out, &m);
    gw_buf_done(&m.tail);
    gw_buf_done(&m.part);
    gw_buf_done(&m.part2);
    if (ok && report != NULL)
        *report = r;
    return ok;
}
