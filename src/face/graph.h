/* graph.h - networks made fast, exactly: an ONNX model in, the same model out, in
 * operators the runtime has fast code for.
 *
 * ONNX Runtime computes convolutions in a blocked layout (NCHWc). An operator that
 * has no code for it costs two conversions of its whole tensor, and a convolution by
 * channel joins in only if its channels fill the blocks. So:
 *
 *   PRelu, a slope for each channel   x + C(1 - a, Relu(C(-1, x))), where C(w, x) is a 1x1
 *                                     convolution by channel: two passes, both fused
 *   PRelu, one slope for all          LeakyRelu, which fuses into the convolution before
 *   stretches by channel with a       zero channels up to the next multiple of 16, from
 *   number of channels that is no     the convolutions that make them to those that take
 *   multiple of 16                    them
 *   channels that training wore       gone, down to a multiple of 16: from whatever makes
 *   away                              them and whatever takes them
 *
 * What that does to numbers (docs/decisions/0004): where x >= 0 nothing; below, a*x comes
 * out within 2^-23 * |x| for 0 <= a <= 1 (2^-24 * (2|1-a| + |a|) * |x| in general). A NaN
 * stays a NaN; -inf becomes NaN for a <= 1. Added channels hold 0 for finite input and
 * meet weights of 0. A channel is worn away if no weight and no bias that makes it is above
 * 2^-40 and it meets none above 2^10. Networks differ from the original by about 1e-6 of their largest
 * output, no more than between two optimization levels of the runtime itself; whoever
 * loads one checks it on a self-test input.
 *
 * Reads what it does not know without understanding it and writes it back byte for
 * byte; subgraphs (If, Loop, Scan) and local functions are left as they are. A model in
 * which nothing is to be done comes out identical, so preparing twice is preparing once.
 *
 * Pure; any thread. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fail.h"
#include "base/span.h"

enum {
    GW_GRAPH_BYTES_MAX = 512 << 20, /* of a model */
    GW_GRAPH_NODES_MAX = 50'000,
    GW_GRAPH_NAMES_MAX = 500'000,   /* inputs and outputs of all nodes, initializers, values described */
    GW_GRAPH_NAME = 40, /* bytes of a name made here, with its zero */
    GW_GRAPH_BLOCK = 16,            /* channels in the largest block (AVX-512, NEON); of AVX2's 8 a multiple */
    /* The result is at most the model, this many times it and GW_GRAPH_EXTRA_BYTES. */
    GW_GRAPH_GROWTH_MAX = 4,
    GW_GRAPH_EXTRA_BYTES = 16 << 20,
};

/* Why a PRelu was left as it is. */
enum gw_graph_left {
    GW_GRAPH_LEFT_OPSET,     /* the model's operators are not of opset 7 to 21 */
    GW_GRAPH_LEFT_RANK,      /* its input is not known to have four dimensions */
    GW_GRAPH_LEFT_INPUT,     /* the slope is computed, or an input the caller may replace */
    GW_GRAPH_LEFT_DATA,      /* the slope is not float32, is outside the file, or has another size than its shape */
    GW_GRAPH_LEFT_SHAPE,     /* the slope is not one a channel: C = 1 or the channels, in [C,1,1] or [1,C,1,1] ([C] goes along the width) */
    GW_GRAPH_LEFT_UNUSUAL,   /* attributes or a number of inputs that PRelu does not have */
    GW_GRAPH_LEFT_COUNT
};
const char *gw_graph_left_text(enum gw_graph_left why);

struct gw_graph_report {
    unsigned n_prelu;   /* PRelu nodes of the main graph */
    unsigned n_conv;    /* of these became convolutions */
    unsigned n_leaky;   /* became LeakyRelu */
    unsigned n_widened; /* convolutions given zero channels */
    unsigned n_trimmed; /* convolutions that lost channels that are nothing, whatever they were given */
    unsigned left[GW_GRAPH_LEFT_COUNT]; /* n_prelu = n_conv + n_leaky + all left */
};
/* How many nodes were rewritten; 0: out equals the model. */
static inline unsigned gw_graph_rewritten(const struct gw_graph_report *r)
{
    return r->n_conv + r->n_leaky + r->n_widened + r->n_trimmed;
}

/* Writes the prepared model into out (zeroed or empty; added to). report may be NULL.
 *   GW_ERR_FORMAT       not a protobuf message or not an ONNX model; err->at says where
 *   GW_ERR_LIMIT        one of the limits above
 *   GW_ERR_UNSUPPORTED  the weights are in other files (external data), whose bytes no hash covers */
[[nodiscard]] bool gw_graph_prepare(struct gw_buf *out, struct gw_graph_report *report, struct gw_span onnx,
    struct gw_err *err);

/* --- the same without the convolutions ---------------------------------------------
 *
 * PRelu in the blocked layout itself, by operators of our own (blocked.h), alone or as
 * part of the convolution by channel it stands beside. Which tensors the runtime will
 * block only the runtime knows, so this takes two steps with the runtime between them:
 *
 *   gw_graph_mark    as gw_graph_prepare, but for each PRelu with a slope a channel
 *                    Mul(x, x) under a name of ours, which the runtime takes through its
 *                    layouts and fuses with nothing
 *   (the runtime optimizes that model and writes it down)
 *   gw_graph_block   puts our operators where the marks are
 */
enum { GW_GRAPH_MARKS_MAX = 1000 };
struct gw_graph_mark {
    char name[GW_GRAPH_NAME]; /* of the node */
    float *slopes;            /* n, of which those beyond the channels are 1; a multiple of GW_GRAPH_BLOCK */
    size_t n;
};
struct gw_graph_marks {
    struct gw_graph_mark v[GW_GRAPH_MARKS_MAX];
    size_t n; /* 0: the model has no such PRelu, and the second step nothing to do */
    struct gw_arena *arena;
};
/* Errors as above; also GW_ERR_LIMIT for more than GW_GRAPH_MARKS_MAX. Slopes lie in the arena. */
[[nodiscard]] bool gw_graph_mark(struct gw_buf *out, struct gw_graph_marks *marks, struct gw_arena *a, struct gw_span onnx,
    struct gw_err *err);

struct gw_graph_blocked {
    unsigned n_expand;     /* 1x1 convolutions that became one operator with the PRelu behind, one by channel and the PRelu behind that */
    unsigned n_by_channel; /* convolutions by channel that became ours, with the PRelu before, behind or both */
    unsigned n_pointwise;  /* other 1x1 convolutions that became ours, with the PRelu behind, if one is */
    unsigned n_alone;      /* PRelu that became an operator of their own */
    unsigned n_plain;      /* of these: in the plain layout */
};
/* The optimized model with our operators. block: channels in the runtime's blocks, 0 where it has none.
 *   GW_ERR_UNSUPPORTED  a mark is missing or is not as it was made, or the model has what is
 *                       not understood here
 *   GW_ERR_FORMAT, GW_ERR_LIMIT  as above */
[[nodiscard]] bool gw_graph_block(struct gw_buf *out, struct gw_graph_blocked *report, struct gw_span optimized,
    const struct gw_graph_marks *marks, unsigned block, struct gw_err *err);
