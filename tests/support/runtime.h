/* runtime.h - ONNX Runtime for tests and benchmarks of graphs, with the switches an
 * experiment needs. The product's own use of it is face/ort.c; this one also loads
 * models that no card names. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

struct runtime;
struct network;

/* NULL, with a line on standard error, when there is no library: tests then skip.
 * Looks at GANGWAY_RUNTIME, vendor/onnxruntime beside the source and the system's. */
struct runtime *runtime_open(const char *source_folder);
void runtime_close(struct runtime *r);
const char *runtime_version(const struct runtime *r);

struct network_options {
    int threads;           /* 0: 1 */
    bool spin;             /* idle threads spin */
    bool no_arena, no_pattern;
    int level;             /* of optimization: 0, 1, 2, 99; below 0: what the runtime does by itself */
    const char *save_path; /* the optimized model is written there */
    const char *profile;   /* prefix of the profile */
    const char *config[8]; /* key, value, key, value… of the session's configuration */
};
enum { NETWORK_OUTPUTS_MAX = 8 };

struct network *network_open(struct runtime *r, struct gw_span model, const struct network_options *o, struct gw_err *err);
void network_close(struct network *n);
/* Shape of the only input, dynamic dimensions as 1; number of floats. */
size_t network_input(const struct network *n, int64_t shape[8], size_t *rank);
const char *network_input_name(const struct network *n);
size_t network_output_names(const struct network *n, const char *names[NETWORK_OUTPUTS_MAX]);
/* Runs; the outputs are the network's until the next run. */
bool network_run(struct network *n, const float *input, struct gw_err *err);
bool network_run_shape(struct network *n, const float *input, const int64_t *shape, size_t rank, struct gw_err *err);
size_t network_outputs(const struct network *n, const float *data[NETWORK_OUTPUTS_MAX], size_t size[NETWORK_OUTPUTS_MAX]);
