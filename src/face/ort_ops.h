/* ort_ops.h - the operators of blocked.h as ONNX Runtime calls them. Private to ort.c. */
#pragma once
#include <onnxruntime_c_api.h>

/* Debian 13 has 1.21, whose table ends here; later libraries only append to it. */
enum { GW_ORT_API = 21 };

struct gw_ort_ops; /* opaque; outlives the sessions that use it */

/* Both from the runtime, NULL when it worked. *out is to be freed in any case. */
OrtStatus *gw_ort_ops_new(struct gw_ort_ops **out, const OrtApi *api);
OrtStatus *gw_ort_ops_use(const struct gw_ort_ops *ops, OrtSessionOptions *options);
void gw_ort_ops_free(struct gw_ort_ops *ops); /* NULL is fine */
