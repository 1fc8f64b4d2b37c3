/* onnx.h - an ONNX model as the protobuf fields it is made of: read, with a few of them
 * exchanged, and all else written back as it was. Inside this folder only.
 *
 * Field numbers are those of onnx.proto (ONNX 1.17, IR 10). Invariants:
 *  1. Every field of the graph is a piece, in order; a piece is the model's own bytes
 *     or ours. Without an edit the pieces are the model.
 *  2. A name we make starts with a prefix that occurs nowhere in the model.
 *
 * Pure; a model belongs to one thread. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/span.h"
#include "face/graph.h"

enum {
    GW_ONNX_WORK_BYTES = 256 << 20, /* for what is known about nodes and values */
    IR_FREE_INITIALIZERS = 4, /* from here on an initializer that is not an input is a constant */
    TYPE_FLOAT = 1,
    DIMS_MAX = 4,
    NAME_SIZE = GW_GRAPH_NAME, /* of a name we make, with its zero */
    FLOAT = 4,      /* bytes */
};

/* --- protobuf --------------------------------------------------------------- */

enum wire { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

struct gw_pb_field {
    uint32_t number;
    enum wire wire;
    uint64_t value;      /* WIRE_VARINT */
    struct gw_span body; /* WIRE_BYTES, and the 4 or 8 bytes of the fixed ones */
    struct gw_span raw;  /* key and all */
};

/* The next field; false where there is none that is whole. */
[[nodiscard]] bool gw_pb_read(struct gw_pb_field *out, struct gw_cursor *c);
[[nodiscard]] bool gw_pb_read_varint(uint64_t *out, struct gw_cursor *c);
void gw_pb_put_varint(struct gw_buf *b, uint64_t v);
void gw_pb_put_int(struct gw_buf *b, uint32_t number, int64_t v);
void gw_pb_put_bytes(struct gw_buf *b, uint32_t number, struct gw_span s);
void gw_pb_put_text(struct gw_buf *b, uint32_t number, const char *s);

/* ONNX Runtime's operators for its blocked layout. */
#define GW_ONNX_BLOCKED_DOMAIN "com.microsoft.nchwc"

/* --- onnx.proto ------------------------------------------------------------- */

enum model_field { MODEL_IR_VERSION = 1, MODEL_GRAPH = 7, MODEL_OPSET_IMPORT = 8, MODEL_TRAINING_INFO = 20 };
enum opset_field { OPSET_DOMAIN = 1, OPSET_VERSION = 2 };
enum graph_field {
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
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
    ATTRIBUTE_S = 4,
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

struct gw_onnx_tensor { /* an initializer */
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
    uint32_t rest_region;   /* and of these values */
    const uint8_t *out_marks, *in_marks; /* graph.c: of each dims[0], and of each dims[1]; NULL: not looked at */
};

enum plan { PLAN_KEEP, PLAN_CONV, PLAN_LEAKY };

struct gw_onnx_node {
    size_t piece;
    struct gw_span body, op, domain, name;
    enum kind kind;
    uint32_t first_in, n_in, first_out, n_out; /* of refs */
    bool odd_group, has_group;                 /* a group that is not one whole number */
    bool keeps_zero;                           /* KIND_CHANNELWISE: 0 gives 0 */
    int64_t group;
    uint32_t n_attributes;
    enum plan plan;
    const struct gw_onnx_tensor *weight, *bias, *slope;
};

/* What is known of a name. */
struct gw_onnx_value {
    struct gw_span name;
    struct gw_onnx_tensor *tensor; /* the initializer of this name */
    uint32_t n_uses;       /* by nodes, less those of rewritten ones */
    bool made;             /* put out by a node */
    bool input, output;    /* of the graph */
    size_t input_piece;
    bool four;         /* has four dimensions */
    uint64_t channels; /* the second of them; 0: not known */
    uint32_t region;   /* parent in the forest of values that must have the same channels */
    bool fixed;        /* of a root: some node is not understood */
    bool gains;        /* of a root: holds a depthwise convolution */
    uint8_t *alive;    /* of a root: of each channel, whether it holds more than nothing; NULL: all do */
    const uint64_t *from; /* of a root: the channels that are alive, in order; NULL: all are kept */
    uint64_t n_from;
};

struct gw_onnx_piece {
    struct gw_span bytes;
};

struct gw_onnx_described { /* a value_info */
    size_t piece;
    uint32_t ref;
};

struct gw_onnx_ones {
    uint64_t channels;
    char name[NAME_SIZE];
};

struct gw_onnx {
    struct gw_span onnx, graph;
    struct gw_arena *work; /* what is known */
    struct gw_arena *made; /* nodes written anew */
    struct gw_err *err;
    uint64_t ir_version, opset;
    bool entangled; /* names may be meant in places that are not read: subgraphs, training, annotations */

    struct gw_onnx_piece *pieces;
    struct gw_onnx_node *nodes;
    struct gw_onnx_tensor *tensors;
    struct gw_onnx_described *infos;
    struct gw_span *names; /* one an occurrence */
    uint32_t *refs;        /* occurrence to value; NONE: the empty name of an input left out */
    struct gw_onnx_value *values;  /* by name */
    size_t n_pieces, n_nodes, n_tensors, n_infos, n_names, n_values;

    struct gw_buf tail; /* new initializers (for old IR inputs too), as fields of the graph */
    size_t tail_most;
    struct gw_buf part, part2; /* a message being written, and one inside it */
    char prefix[16];
    unsigned n_made;
    struct gw_onnx_ones *ones;
    size_t n_ones, ones_capacity;
};

/* Reads model and graph. m: zeroed but for onnx, work, made, err and tail_most; err says what is wrong. */
[[nodiscard]] bool gw_onnx_read(struct gw_onnx *m);
void gw_onnx_done(struct gw_onnx *m); /* what is not the arenas' */

struct gw_onnx_value *gw_onnx_value(struct gw_onnx *m, uint32_t ref); /* NULL: the empty name */
struct gw_onnx_value *gw_onnx_input(struct gw_onnx *m, const struct gw_onnx_node *n, uint32_t i); /* NULL also where there are fewer */
struct gw_onnx_value *gw_onnx_output(struct gw_onnx *m, const struct gw_onnx_node *n, uint32_t i);
/* The initializer behind a value, if nothing can change it. */
struct gw_onnx_tensor *gw_onnx_constant(const struct gw_onnx *m, const struct gw_onnx_value *v);
float gw_onnx_float(const struct gw_onnx_tensor *t, uint64_t i);

[[nodiscard]] bool gw_onnx_new_name(char *out, struct gw_onnx *m); /* NAME_SIZE bytes */
/* Starts an initializer of float32; whoever calls adds exactly the product of dims
 * floats to m->tail. */
[[nodiscard]] bool gw_onnx_start_tensor(struct gw_onnx *m, char *name, const uint64_t *dims, size_t rank);
/* What an input, output or value is: floats of that shape. Fields of a ValueInfoProto. */
void gw_onnx_put_described(struct gw_buf *value, const char *name, const int64_t *dims, size_t rank);
/* Attributes, as fields of a node that is being written; scratch is overwritten. */
void gw_onnx_put_int(struct gw_buf *node, struct gw_buf *scratch, const char *name, int64_t v);
void gw_onnx_put_ints(struct gw_buf *node, struct gw_buf *scratch, const char *name, const int64_t *v, size_t n);
void gw_onnx_put_float(struct gw_buf *node, struct gw_buf *scratch, const char *name, float v);
/* The node's piece becomes these bytes. */
[[nodiscard]] bool gw_onnx_replace(struct gw_onnx *m, const struct gw_onnx_node *n, struct gw_span bytes);
/* The node no longer uses its k-th input, an initializer; without users it goes too
 * (the runtime would warn of it). Where it is an input with a standard value, so does that. */
void gw_onnx_let_go(struct gw_onnx *m, const struct gw_onnx_node *n, uint32_t k);
/* The model's own fields, with the graph made of its pieces and the tail; `more` are fields added to the model. */
void gw_onnx_write(struct gw_buf *out, const struct gw_onnx *m, struct gw_span more);
