/* frame.h - pictures as the camera of a gate takes them, made of photos: for the demo
 * and the simulator. */
#pragma once
#include "image/image.h"

enum { GW_FRAME_WIDTH = 720, GW_FRAME_HEIGHT = 576 };

/* A plain wall, lighter above; pixels in the arena. */
[[nodiscard]] bool gw_frame_wall(struct gw_image *out, struct gw_arena *mem, struct gw_err *err);
/* The photo before it: as high as `share` of the frame, its middle at x of the width, its foot at the frame's. */
void gw_frame_place(struct gw_image *frame, const struct gw_image *photo, double share, double x);
/* Every pixel times light, 1 at most. */
void gw_frame_dim(struct gw_image *frame, double light);
