/* align.c - turns, scales and shifts a face so that eyes, nose and mouth stand where
 * the embedder learned them. */
#include "face/engine.h"

#include <math.h>

bool gw_align(struct gw_affine *out, const struct gw_card_embedder *card, const double points[GW_FACE_POINTS][2])
{
    struct gw_affine to_template;
    if (!gw_affine_fit(&to_template, points, card->template, GW_FACE_POINTS))
        return false;
    if (to_template.a * to_template.d - to_template.b * to_template.c < 1e-12)
        return false;
    *out = gw_affine_invert(to_template);
    return true;
}

/* Keys' cubic with a = -0.75: what a pixel at distance 1 + t, t, 1 - t, 2 - t is worth. */
static void cubic(float w[4], float t)
{
    const float a = -0.75F, u = t + 1, v = 1 - t;
    w[0] = ((a * u - 5 * a) * u + 8 * a) * u - 4 * a;
    w[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
    w[2] = ((a + 2) * v - (a + 3)) * v * v + 1;
    w[3] = 1 - w[0] - w[1] - w[2];
}

/* The four by four pixels around a point; beyond the border its pixels go on. */
static void sample(uint8_t out[3], const struct gw_image *image, double x, double y)
{
    const double fx = floor(x - 0.5), fy = floor(y - 0.5);
    const double far = 1e6; /* further outside than this is all the same */
    const int32_t left = (int32_t)fmax(-far, fmin(far, fx)) - 1, top = (int32_t)fmax(-far, fmin(far, fy)) - 1;
    const int32_t width = (int32_t)image->width, height = (int32_t)image->height;
    float wx[4], wy[4], sum[3] = {};
    cubic(wx, (float)(x - 0.5 - fx));
    cubic(wy, (float)(y - 0.5 - fy));
    size_t at[4];
    for (int32_t i = 0; i < 4; i++)
        at[i] = 3 * (size_t)GW_MAX(0, GW_MIN(width - 1, left + i));
    for (int32_t j = 0; j < 4; j++) {
        const uint8_t *row = image->data + (size_t)GW_MAX(0, GW_MIN(height - 1, top + j)) * image->stride;
        for (size_t c = 0; c < 3; c++)
            sum[c] += wy[j] * (wx[0] * (float)row[at[0] + c] + wx[1] * (float)row[at[1] + c] + wx[2] * (float)row[at[2] + c] +
                                  wx[3] * (float)row[at[3] + c]);
    }
    for (size_t c = 0; c < 3; c++)
        out[c] = (uint8_t)(sum[c] < 0 ? 0 : sum[c] > 255 ? 255 : sum[c] + 0.5F);
}

void gw_align_warp(struct gw_image *dst, const struct gw_image *image, struct gw_affine m)
{
    /* Where four source pixels or more become one, averaging is what keeps detail honest. */
    if (m.a * m.a + m.c * m.c > 2 * 2) {
        gw_image_warp(dst, image, m, 0);
        return;
    }
    for (uint32_t y = 0; y < dst->height; y++)
        for (uint32_t x = 0; x < dst->width; x++) {
            const double u = x + 0.5, v = y + 0.5;
            sample(dst->data + y * dst->stride + 3 * (size_t)x, image, m.a * u + m.b * v + m.tx, m.c * u + m.d * v + m.ty);
        }
}
