/* input.c - from 8-bit RGB to the numbers a network wants. */
#include "face/engine.h"

struct gw_shape gw_input_shape(const struct gw_card_input *input)
{
    int64_t c = input->channels == GW_CHANNELS_GREY ? 1 : 3;
    if (input->layout == GW_LAYOUT_NHWC)
        return (struct gw_shape){ 4, { 1, input->height, input->width, c } };
    return (struct gw_shape){ 4, { 1, c, input->height, input->width } };
}

struct gw_image gw_scratch_image(struct gw_face_scratch *s, uint32_t width, uint32_t height)
{
    assert((size_t)width * height * 3 <= s->n_pixels);
    return (struct gw_image){ s->pixels, width, height, (size_t)width * 3 };
}

struct gw_image gw_scratch_aligned(struct gw_face_scratch *s)
{
    const struct gw_card_input *in = &s->faces->card.embedder.net.input;
    return (struct gw_image){ s->aligned, in->width, in->height, (size_t)in->width * 3 };
}

/* One channel (or grey) of one row; `step` floats apart in the output. */
GW_WIDE static void fill_row(float *restrict out, ptrdiff_t step, const uint8_t *restrict row, size_t width, float multiply,
    float add)
{
    if (step == 1)
        for (size_t x = 0; x < width; x++)
            out[x] = (float)row[3 * x] * multiply + add;
    else
        for (size_t x = 0; x < width; x++)
            out[(ptrdiff_t)x * step] = (float)row[3 * x] * multiply + add;
}

GW_WIDE static void fill_grey(float *restrict out, ptrdiff_t step, const uint8_t *restrict row, size_t width, float multiply,
    float add)
{
    /* ITU-R BT.601 luma */
    for (size_t x = 0; x < width; x++) {
        float y = 0.299f * (float)row[3 * x] + 0.587f * (float)row[3 * x + 1] + 0.114f * (float)row[3 * x + 2];
        out[(ptrdiff_t)x * step] = y * multiply + add;
    }
}

void gw_input_fill(float *out, const struct gw_card_input *input, const struct gw_image *pixels, bool mirror)
{
    assert(pixels->width == input->width && pixels->height == input->height);
    size_t width = input->width, height = input->height;
    size_t channels = input->channels == GW_CHANNELS_GREY ? 1 : 3;
    bool planes = input->layout == GW_LAYOUT_NCHW;
    ptrdiff_t step = planes ? 1 : (ptrdiff_t)channels;
    for (size_t c = 0; c < channels; c++) {
        float multiply = (float)(1 / input->divide[c]), add = (float)(-input->mean[c] / input->divide[c]);
        size_t from = input->channels == GW_CHANNELS_BGR ? 2 - c : c;
        for (size_t y = 0; y < height; y++) {
            float *to = planes ? out + (c * height + y) * width : out + y * width * channels + c;
            if (mirror)
                to += (ptrdiff_t)(width - 1) * step;
            const uint8_t *row = pixels->data + y * pixels->stride;
            if (channels == 1)
                fill_grey(to, mirror ? -step : step, row, width, multiply, add);
            else
                fill_row(to, mirror ? -step : step, row + from, width, multiply, add);
        }
    }
}
