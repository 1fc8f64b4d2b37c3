/* onnx.h - small ONNX models written by hand, and what tests ask of a model's bytes.
 *
 * A writer and reader of its own, so that a misreading in face/graph.c is not
 * shared. Models are built front to back:
 *
 *     struct onnx m = onnx_new(8, 13);
 *     onnx_input(&m, "x", (int64_t[]){ 1, 3, 8, 8 }, 4);
 *     onnx_node(&m, "Relu", "x", "y", 0);
 *     onnx_output(&m, "y", ...);
 *     onnx_done(&m);          // bytes in m.model
 */
#pragma once
#include "base/buf.h"

#include <stdio.h>
#include <string.h>

struct onnx {
    struct gw_buf model, graph;
    uint64_t opset;
};

static inline void pb_varint(struct gw_buf *b, uint64_t v)
{
    for (; v > 127; v >>= 7)
        gw_buf_add(b, &(uint8_t){ (uint8_t)(v | 128) }, 1);
    gw_buf_add(b, &(uint8_t){ (uint8_t)v }, 1);
}
static inline void pb_int(struct gw_buf *b, unsigned number, uint64_t v)
{
    pb_varint(b, number * 8);
    pb_varint(b, v);
}
static inline void pb_bytes(struct gw_buf *b, unsigned number, const void *data, size_t n)
{
    pb_varint(b, number * 8 + 2);
    pb_varint(b, n);
    gw_buf_add(b, data, n);
}
static inline void pb_text(struct gw_buf *b, unsigned number, const char *s)
{
    pb_bytes(b, number, s, strlen(s));
}
/* Adds one message as a field and empties it. */
static inline void pb_message(struct gw_buf *b, unsigned number, struct gw_buf *message)
{
    pb_bytes(b, number, message->data, message->size);
    gw_buf_done(message);
}

static inline struct onnx onnx_new(uint64_t ir_version, uint64_t opset)
{
    struct onnx m = { .opset = opset };
    pb_int(&m.model, 1, ir_version);
    pb_text(&m.model, 2, "by hand");
    pb_text(&m.graph, 2, "g");
    return m;
}
static inline void onnx_done(struct onnx *m)
{
    struct gw_buf opset = {};
    pb_text(&opset, 1, "");
    pb_int(&opset, 2, m->opset);
    pb_message(&m->model, 8, &opset);
    pb_message(&m->model, 7, &m->graph);
}
static inline void onnx_free(struct onnx *m)
{
    gw_buf_done(&m->model);
    gw_buf_done(&m->graph);
}

static inline void onnx_value(struct onnx *m, unsigned field, const char *name, const int64_t *dims, size_t rank)
{
    struct gw_buf shape = {}, tensor = {}, type = {}, value = {};
    for (size_t i = 0; i < rank; i++) {
        struct gw_buf dim = {};
        if (dims[i] > 0)
            pb_int(&dim, 1, (uint64_t)dims[i]);
        else
            pb_text(&dim, 2, "n");
        pb_message(&shape, 1, &dim);
    }
    pb_int(&tensor, 1, 1);
    pb_message(&tensor, 2, &shape);
    pb_message(&type, 1, &tensor);
    pb_text(&value, 1, name);
    pb_message(&value, 2, &type);
    pb_message(&m->graph, field, &value);
}
#define onnx_input(m, ...) onnx_value((m), 11, __VA_ARGS__)
#define onnx_output(m, ...) onnx_value((m), 12, __VA_ARGS__)
#define onnx_described(m, ...) onnx_value((m), 13, __VA_ARGS__)

/* A repeatable number in (-1, 1). */
static inline float onnx_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (float)(int32_t)*state / 2147483648.0f;
}

/* How an initializer is written. */
enum onnx_how { ONNX_RAW, ONNX_FLOATS, ONNX_HALF, ONNX_SHORT, ONNX_EXTERNAL };
static inline void onnx_tensor_as(struct onnx *m, const char *name, const int64_t *dims, size_t rank, const float *data,
    enum onnx_how how)
{
    struct gw_buf t = {};
    size_t n = 1;
    for (size_t i = 0; i < rank; i++) {
        n *= (size_t)dims[i];
        pb_int(&t, 1, (uint64_t)dims[i]);
    }
    pb_int(&t, 2, how == ONNX_HALF ? 10 : 1);
    pb_text(&t, 8, name);
    if (how == ONNX_EXTERNAL) {
        pb_text(&t, 13, "\n\x08location\x12\x01w");
        pb_int(&t, 14, 1);
    } else {
        size_t bytes = how == ONNX_HALF ? n * 2 : how == ONNX_SHORT ? n * 4 - 1 : n * 4;
        pb_bytes(&t, how == ONNX_FLOATS ? 4 : 9, data, bytes);
    }
    pb_message(&m->graph, 5, &t);
}
/* Filled from the seed, scaled. */
static inline void onnx_tensor(struct onnx *m, const char *name, const int64_t *dims, size_t rank, uint32_t seed, float scale)
{
    size_t n = 1;
    for (size_t i = 0; i < rank; i++)
        n *= (size_t)dims[i];
    GW_AUTO_MEM float *data = gw_alloc_array(n, sizeof *data);
    for (size_t i = 0; i < n; i++)
        data[i] = scale * onnx_random(&seed);
    onnx_tensor_as(m, name, dims, rank, data, ONNX_RAW);
}

static inline void onnx_attribute_int(struct gw_buf *node, const char *name, int64_t v)
{
    struct gw_buf a = {};
    pb_text(&a, 1, name);
    pb_int(&a, 3, (uint64_t)v);
    pb_int(&a, 20, 2);
    pb_message(node, 5, &a);
}
static inline void onnx_attribute_ints(struct gw_buf *node, const char *name, const int64_t *v, size_t n)
{
    struct gw_buf a = {};
    pb_text(&a, 1, name);
    for (size_t i = 0; i < n; i++)
        pb_int(&a, 8, (uint64_t)v[i]);
    pb_int(&a, 20, 7);
    pb_message(node, 5, &a);
}

/* inputs and outputs: names with blanks between; attributes: fields of a NodeProto, may be NULL. */
static inline void onnx_node(struct onnx *m, const char *op, const char *inputs, const char *outputs, struct gw_buf *attributes)
{
    struct gw_buf n = {};
    const char *lists[] = { inputs, outputs };
    for (unsigned l = 0; l < 2; l++)
        for (const char *s = lists[l]; *s != 0;) {
            size_t length = strcspn(s, " ");
            pb_bytes(&n, l + 1, s, length);
            s += length + (s[length] == ' ');
        }
    pb_text(&n, 4, op);
    if (attributes != NULL) {
        gw_buf_add(&n, attributes->data, attributes->size);
        gw_buf_done(attributes);
    }
    pb_message(&m->graph, 1, &n);
}
/* Conv with weights and bias named after the output, filled from its name; then edit, where there is one, may change them. */
static inline void onnx_conv_edited(struct onnx *m, const char *input, const char *output, int64_t from, int64_t to,
    int64_t group, int64_t kernel, int64_t stride, void (*edit)(void *whom, float *weights, float *bias), void *whom)
{
    char w[64], b[64], inputs[256];
    uint32_t seed = 7;
    for (const char *c = output; *c != 0; c++)
        seed = seed * 31 + (uint8_t)*c;
    snprintf(w, sizeof w, "%s.w", output);
    snprintf(b, sizeof b, "%s.b", output);
    snprintf(inputs, sizeof inputs, "%s %s %s", input, w, b);
    const int64_t dims[] = { to, from / group, kernel, kernel };
    const size_t n_weights = (size_t)(to * dims[1] * kernel * kernel);
    const float scale = 2 / (1 + (float)(dims[1] * kernel * kernel) / 4);
    GW_AUTO_MEM float *weights = gw_alloc_array(n_weights, sizeof *weights);
    GW_AUTO_MEM float *bias = gw_alloc_array((size_t)to, sizeof *bias);
    uint32_t bias_seed = seed + 1;
    for (size_t i = 0; i < n_weights; i++)
        weights[i] = scale * onnx_random(&seed);
    for (size_t i = 0; i < (size_t)to; i++)
        bias[i] = 0.5f * onnx_random(&bias_seed);
    if (edit != NULL)
        edit(whom, weights, bias);
    onnx_tensor_as(m, w, dims, 4, weights, ONNX_RAW);
    onnx_tensor_as(m, b, &to, 1, bias, ONNX_RAW);
    struct gw_buf a = {};
    onnx_attribute_ints(&a, "kernel_shape", (int64_t[]){ kernel, kernel }, 2);
    onnx_attribute_ints(&a, "pads", (int64_t[]){ kernel / 2, kernel / 2, kernel / 2, kernel / 2 }, 4);
    onnx_attribute_ints(&a, "strides", (int64_t[]){ stride, stride }, 2);
    onnx_attribute_int(&a, "group", group);
    onnx_node(m, "Conv", inputs, output, &a);
}
static inline void onnx_conv(struct onnx *m, const char *input, const char *output, int64_t from, int64_t to, int64_t group,
    int64_t kernel, int64_t stride)
{
    onnx_conv_edited(m, input, output, from, to, group, kernel, stride, NULL, NULL);
}
static inline void onnx_prelu(struct onnx *m, const char *input, const char *output, int64_t channels)
{
    char slope[64], inputs[256];
    snprintf(slope, sizeof slope, "%s.a", output);
    snprintf(inputs, sizeof inputs, "%s %s", input, slope);
    onnx_tensor(m, slope, (int64_t[]){ channels, 1, 1 }, 3, (uint32_t)channels + (uint8_t)output[0], 0.6f);
    onnx_node(m, "PRelu", inputs, output, NULL);
}

/* --- reading ---------------------------------------------------------------- */

struct pb {
    struct gw_span rest;
    unsigned number;
    uint64_t value;
    struct gw_span body, raw;
};
static inline bool pb_get_varint(struct gw_span *s, uint64_t *v)
{
    *v = 0;
    for (unsigned i = 0; i < 10 && i < s->size; i++) {
        *v |= (uint64_t)(s->data[i] & 127) << (7 * i);
        if (s->data[i] < 128) {
            *s = gw_span_slice(*s, i + 1, s->size);
            return true;
        }
    }
    return false;
}
/* The next field of a message; false at its end or where it is damaged (rest not empty). */
static inline bool pb_next(struct pb *p)
{
    struct gw_span s = p->rest;
    uint64_t key;
    if (s.size == 0 || !pb_get_varint(&s, &key))
        return false;
    p->number = (unsigned)(key >> 3);
    p->body = (struct gw_span){};
    uint64_t size = (key & 7) == 1 ? 8 : 4;
    if ((key & 7) == 0) {
        if (!pb_get_varint(&s, &p->value))
            return false;
    } else {
        if (((key & 7) != 1 && (key & 7) != 2 && (key & 7) != 5) || ((key & 7) == 2 && !pb_get_varint(&s, &size)) ||
            size > s.size)
            return false;
        p->body = gw_span_slice(s, 0, (size_t)size);
        s = gw_span_slice(s, (size_t)size, s.size);
    }
    p->raw = gw_span_slice(p->rest, 0, p->rest.size - s.size);
    p->rest = s;
    return true;
}
static inline struct gw_span pb_find(struct gw_span message, unsigned number)
{
    struct pb p = { .rest = message };
    while (pb_next(&p))
        if (p.number == number)
            return p.body;
    return (struct gw_span){};
}
static inline struct gw_span onnx_graph(struct gw_span model)
{
    return pb_find(model, 7);
}
/* The operators of the graph in order, with blanks between. */
static inline void onnx_ops(struct gw_buf *out, struct gw_span model)
{
    struct pb p = { .rest = onnx_graph(model) };
    while (pb_next(&p))
        if (p.number == 1) {
            struct gw_span op = pb_find(p.body, 4);
            gw_buf_addf(out, "%s%.*s", out->size > 0 ? " " : "", (int)op.size, (const char *)op.data);
        }
}
/* How many of a kind of field the graph has (1 nodes, 5 initializers, 13 descriptions). */
static inline unsigned onnx_count(struct gw_span model, unsigned number)
{
    unsigned n = 0;
    struct pb p = { .rest = onnx_graph(model) };
    while (pb_next(&p))
        n += p.number == number;
    return n;
}
/* First dimension of the initializer of this name; 0: there is none. */
static inline uint64_t onnx_first_dim(struct gw_span model, struct gw_span name)
{
    struct pb p = { .rest = onnx_graph(model) };
    while (pb_next(&p))
        if (p.number == 5 && gw_span_equal(pb_find(p.body, 8), name)) {
            struct pb t = { .rest = p.body };
            while (pb_next(&t))
                if (t.number == 1)
                    return t.value;
        }
    return 0;
}
/* The node that makes this value, and its k-th input. */
static inline struct gw_span onnx_maker(struct gw_span model, const char *value)
{
    struct pb p = { .rest = onnx_graph(model) };
    while (pb_next(&p))
        if (p.number == 1 && gw_span_is(pb_find(p.body, 2), value))
            return p.body;
    return (struct gw_span){};
}
static inline struct gw_span onnx_node_input(struct gw_span node, unsigned k)
{
    struct pb p = { .rest = node };
    while (pb_next(&p))
        if (p.number == 1 && k-- == 0)
            return p.body;
    return (struct gw_span){};
}
/* True when every byte of the message is a field, down through graph, nodes and initializers. */
static inline bool onnx_whole(struct gw_span model)
{
    struct pb p = { .rest = model };
    while (pb_next(&p))
        if (p.number == 7) {
            struct pb g = { .rest = p.body };
            while (pb_next(&g))
                if (g.number == 1 || g.number == 5) {
                    struct pb n = { .rest = g.body };
                    while (pb_next(&n))
                        ;
                    if (n.rest.size > 0)
                        return false;
                }
            if (g.rest.size > 0)
                return false;
        }
    return p.rest.size == 0;
}
