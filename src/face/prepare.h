/* prepare.h - a network opened in a form that runs faster and computes the same
 * (graph.h): the steps between the graph and the runtime. */
#pragma once
#include "face/ort.h"

/* The ways there are, the fastest first. A way may fail where another works, and none is
 * to be believed: whoever opens one compares it with the network as shipped. */
enum gw_way {
    GW_WAY_BLOCKED,      /* our own operators in the runtime's layout */
    GW_WAY_CONVOLUTIONS, /* the runtime's operators alone */
    GW_WAYS
};
const char *gw_way_name(enum gw_way way); /* "blocked" */

/* As gw_net_open. Also GW_ERR_UNSUPPORTED: there is nothing to do this way. */
[[nodiscard]] struct gw_net *gw_prepare_open(struct gw_ort *rt, enum gw_way way, struct gw_span onnx, const char *label,
    unsigned threads, struct gw_err *err);

/* Channels in the runtime's blocks on this processor; 0: it has none. */
unsigned gw_prepare_block(struct gw_ort *rt);
