/* model_kit.h - networks and cards made on the spot, for shapes of which no weights
 * may be shipped: a writer of small ONNX files and a folder to put them in. */
#pragma once
#include "base/buf.h"
#include "base/crypto.h"
#include "face/face.h"
#include "tests/check.h"
#include "tests/folder.h"

#include <stdlib.h>
#include <unistd.h>

/* --- protobuf, only what ONNX needs (onnx.proto3 of IR version 8) --------------------------- */

static inline void kit_varint(struct gw_buf *out, uint64_t v)
{
    do {
        uint8_t byte = (uint8_t)(v & 127) | (v > 127 ? 128 : 0);
        gw_buf_add(out, &byte, 1);
        v >>= 7;
    } while (v != 0);
}
static inline void kit_number(struct gw_buf *out, unsigned field, uint64_t v)
{
    kit_varint(out, field << 3);
    kit_varint(out, v);
}
static inline void kit_bytes(struct gw_buf *out, unsigned field, const void *data, size_t n)
{
    kit_varint(out, field << 3 | 2);
    kit_varint(out, n);
    gw_buf_add(out, data, n);
}
static inline void kit_text(struct gw_buf *out, unsigned field, const char *s)
{
    kit_bytes(out, field, s, strlen(s));
}
static inline void kit_part(struct gw_buf *out, unsigned field, const struct gw_buf *part)
{
    kit_bytes(out, field, part->data, part->size);
}

/* --- graphs ------------------------------------------------------------------------------------ */

/* A model being written: parts of its GraphProto in any order. */
struct kit_model {
    struct gw_buf graph;
    unsigned n_nodes;
};

static inline void kit_value(struct kit_model *m, unsigned field, const char *name, const int64_t *dims, size_t rank)
{
    struct gw_buf shape = {}, tensor = {}, type = {}, info = {};
    for (size_t i = 0; i < rank; i++) {
        struct gw_buf dim = {};
        if (dims[i] < 0)
            kit_text(&dim, 2, "n"); /* dim_param: any size */
        else
            kit_number(&dim, 1, (uint64_t)dims[i]);
        kit_part(&shape, 1, &dim);
        gw_buf_done(&dim);
    }
    kit_number(&tensor, 1, 1); /* FLOAT */
    kit_part(&tensor, 2, &shape);
    kit_part(&type, 1, &tensor);
    kit_text(&info, 1, name);
    kit_part(&info, 2, &type);
    kit_part(&m->graph, field, &info);
    gw_buf_done(&shape);
    gw_buf_done(&tensor);
    gw_buf_done(&type);
    gw_buf_done(&info);
}
static inline void kit_input(struct kit_model *m, const char *name, int64_t c, int64_t h, int64_t w)
{
    kit_value(m, 11, name, (const int64_t[]){ 1, c, h, w }, 4);
}
static inline void kit_output(struct kit_model *m, const char *name, const int64_t *dims, size_t rank)
{
    kit_value(m, 12, name, dims, rank);
}
static inline void kit_weights(struct kit_model *m, const char *name, const int64_t *dims, size_t rank, const float *v)
{
    struct gw_buf t = {};
    size_t n = 1;
    for (size_t i = 0; i < rank; i++) {
        kit_number(&t, 1, (uint64_t)dims[i]);
        n *= (size_t)dims[i];
    }
    kit_number(&t, 2, 1); /* FLOAT */
    kit_text(&t, 8, name);
    kit_bytes(&t, 9, v, n * sizeof *v);
    kit_part(&m->graph, 5, &t);
    gw_buf_done(&t);
}
/* inputs: names with blanks between. */
static inline void kit_node(struct kit_model *m, const char *op, const char *inputs, const char *output)
{
    struct gw_buf n = {};
    char copy[256], name[32];
    snprintf(copy, sizeof copy, "%s", inputs);
    for (char *save = NULL, *word = strtok_r(copy, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
        kit_text(&n, 1, word);
    kit_text(&n, 2, output);
    snprintf(name, sizeof name, "n%u", m->n_nodes++);
    kit_text(&n, 3, name);
    kit_text(&n, 4, op);
    kit_part(&m->graph, 1, &n);
    gw_buf_done(&n);
}
/* An output that is the same whatever comes in. */
static inline void kit_constant(struct kit_model *m, const char *name, const int64_t *dims, size_t rank, const float *v)
{
    char weights[80];
    snprintf(weights, sizeof weights, "w_%s", name);
    kit_weights(m, weights, dims, rank, v);
    kit_node(m, "Identity", weights, name);
    kit_output(m, name, dims, rank);
}
static inline void kit_finish(struct gw_buf *out, struct kit_model *m)
{
    struct gw_buf opset = {};
    kit_text(&m->graph, 2, "made");
    kit_number(out, 1, 8); /* ir_version */
    kit_part(out, 7, &m->graph);
    kit_text(&opset, 1, "");
    kit_number(&opset, 2, 13);
    kit_part(out, 8, &opset);
    gw_buf_done(&opset);
    gw_buf_done(&m->graph);
}

/* --- a folder with a card ------------------------------------------------------------------------ */

struct kit_folder {
    char path[TEST_FOLDER];
};
static inline void kit_folder_make(struct kit_folder *f)
{
    test_folder_make(f->path);
}
static inline void kit_folder_drop(struct kit_folder *f)
{
    test_folder_drop(f->path);
}
static inline void kit_write(const struct kit_folder *f, const char *name, struct gw_span data)
{
    struct gw_err err = {};
    char path[160];
    snprintf(path, sizeof path, "%s/%s", f->path, name);
    CHECK_OK(gw_buf_write_file(data, path, 0600, &err));
}
/* Writes the network and gives its SHA-256 in hex. */
static inline void kit_write_network(const struct kit_folder *f, const char *name, struct kit_model *m, char sha256[65])
{
    struct gw_buf onnx = {};
    kit_finish(&onnx, m);
    const struct gw_hash hash = gw_sha256(gw_buf_span(&onnx));
    gw_hex(sha256, gw_span_of(hash.bytes, sizeof hash.bytes));
    kit_write(f, name, gw_buf_span(&onnx));
    gw_buf_done(&onnx);
}

/* --- pictures --------------------------------------------------------------------------------------- */

/* Grey noise with a soft structure, the same every time. */
static inline struct gw_image kit_picture(struct gw_arena *a, uint32_t width, uint32_t height, uint32_t seed)
{
    struct gw_err err = {};
    struct gw_image image = { gw_arena_array(a, (size_t)width * height * 3, uint8_t, &err), width, height, (size_t)width * 3 };
    if (image.data == NULL)
        fail_msg("%s", err.text);
    uint32_t x = seed * 2654435761u + 1;
    for (size_t i = 0; i < (size_t)width * height * 3; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        image.data[i] = (uint8_t)(64 + (i / 3 % width) * 100 / width + (x >> 27));
    }
    return image;
}

/* vendor/NAME beside the source, or NULL: then a test says that it is left out. */
static inline const char *kit_vendor(const char *name)
{
    static char path[2048];
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    snprintf(path, sizeof path, "%.1000s/vendor/%s", source == NULL ? "." : source, name);
    return access(path, R_OK) == 0 ? path : NULL;
}
