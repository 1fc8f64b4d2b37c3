/* ort.h - one network: bytes in, sessions inside, floats out. The only face of
 * ONNX Runtime, which is loaded at run time and spoken to through its API 21.
 *
 * Everything here is float, with one input and a few outputs, which is what face
 * networks are.
 *
 * Threads: a net is immutable once bound and any number may run it at the same
 * time, each with an io of its own. */
#pragma once
#include "base/buf.h"
#include "base/fail.h"
#include "base/span.h"

enum { GW_NET_RANK = 6, GW_NET_OUTPUTS = 12, GW_NET_BYTES_MAX = 512 << 20 };

struct gw_ort; /* the runtime: library and environment; opaque */
struct gw_net; /* a session; opaque */

/* Loads the library: `path`, or when NULL or "" the one beside our sources or
 * install, then the system's. GW_ERR_UNAVAILABLE says what was tried. */
[[nodiscard]] struct gw_ort *gw_ort_open(const char *path, struct gw_err *err);
void gw_ort_close(struct gw_ort *rt); /* after its nets; NULL is fine */
GW_AUTO_FREE(gw_ort, gw_ort_close)
const char *gw_ort_version(const struct gw_ort *rt); /* "1.30.0" */

/* Makes a session of an ONNX file's bytes (not kept). `label` names the file in
 * errors and must outlive the net. threads: of one run. GW_ERR_CORRUPT when it
 * is not a network this runtime can run. */
[[nodiscard]] struct gw_net *gw_net_open(struct gw_ort *rt, struct gw_span onnx, const char *label, unsigned threads,
    struct gw_err *err);

/* What the runtime makes of a model before it runs it, for this processor and its own version: an
 * ONNX file again, added to out. GW_ERR_UNAVAILABLE, GW_ERR_INTERNAL where it cannot be written down. */
[[nodiscard]] bool gw_net_optimized(struct gw_buf *out, struct gw_ort *rt, struct gw_span onnx, const char *label,
    struct gw_err *err);
/* A session of such a file with operators of blocked.h in it, run as it is. */
[[nodiscard]] struct gw_net *gw_net_open_blocked(struct gw_ort *rt, struct gw_span onnx, const char *label, unsigned threads,
    struct gw_err *err);
void gw_net_close(struct gw_net *net); /* NULL is fine */
GW_AUTO_FREE(gw_net, gw_net_close)

struct gw_shape {
    size_t rank;
    int64_t dims[GW_NET_RANK];
};
size_t gw_shape_count(const struct gw_shape *s); /* elements */

/* Says which input and outputs are meant and runs the network once on `input`
 * (gw_shape_count(shape) floats), so that every output's shape is known and a
 * network that cannot take the card's input is found now. GW_ERR_INVALID when it
 * has no such input or output, or they are not float or not of that shape. */
[[nodiscard]] bool gw_net_bind(struct gw_net *net, const char *input_name, const struct gw_shape *shape,
    const char *const *output_names, size_t n_outputs, const float *input, struct gw_err *err);
const struct gw_shape *gw_net_output_shape(const struct gw_net *net, size_t i);
/* What that run gave; valid until gw_net_forget or close. */
const float *gw_net_first_output(const struct gw_net *net, size_t i);
void gw_net_forget(struct gw_net *net); /* frees the first outputs */

/* One caller's tensors. input: to be filled before each run; outputs: overwritten by it. */
struct gw_net_io {
    float *input;
    size_t n_input;
    float *outputs[GW_NET_OUTPUTS];
    size_t n_outputs_of[GW_NET_OUTPUTS]; /* floats in each */
    struct gw_net *net;                  /* private from here on */
    void *values[GW_NET_OUTPUTS + 1];
};
[[nodiscard]] bool gw_net_io_init(struct gw_net_io *io, struct gw_net *net, struct gw_err *err);
void gw_net_io_done(struct gw_net_io *io); /* wipes; a zeroed one is fine */
/* GW_ERR_INTERNAL when the runtime fails or an output is not a finite number. */
[[nodiscard]] bool gw_net_run(struct gw_net_io *io, struct gw_err *err);
