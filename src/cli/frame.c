/* frame.c - a wall, somebody before it, the light. */
#include "cli/frame.h"

#include <string.h>

bool gw_frame_wall(struct gw_image *out, struct gw_arena *mem, struct gw_err *err)
{
    *out = (struct gw_image){ .width = GW_FRAME_WIDTH, .height = GW_FRAME_HEIGHT, .stride = GW_FRAME_WIDTH * 3 };
    out->data = gw_arena_array(mem, out->stride * GW_FRAME_HEIGHT, uint8_t, err);
    if (out->data != NULL)
        for (size_t y = 0; y < GW_FRAME_HEIGHT; y++)
            memset(out->data + y * out->stride, (int)(150 - y / 12), out->stride);
    return out->data != NULL;
}

void gw_frame_place(struct gw_image *frame, const struct gw_image *photo, double share, double x)
{
    double scale = share * GW_FRAME_HEIGHT / photo->height;
    uint32_t w = (uint32_t)GW_MIN(photo->width * scale, (double)GW_FRAME_WIDTH), h = (uint32_t)(photo->height * scale);
    size_t left = (size_t)GW_MAX(x * GW_FRAME_WIDTH - w / 2.0, 0.0), top = GW_FRAME_HEIGHT - h;
    left = GW_MIN(left, (size_t)GW_FRAME_WIDTH - w);
    struct gw_image inside = { .data = frame->data + top * frame->stride + left * 3, .width = w, .height = h, .stride = frame->stride };
    gw_image_scale(&inside, photo, 0, 0, photo->width, photo->height, 128);
}

void gw_frame_dim(struct gw_image *frame, double light)
{
    for (size_t i = 0; i < frame->stride * frame->height; i++)
        frame->data[i] = (uint8_t)(frame->data[i] * GW_MIN(light, 1.0));
}
