/* align.c - turns, scales and shifts a face so that eyes, nose and mouth stand where
 * the embedder learned them. */
#include "face/engine.h"

#include <math.h>
#include <string.h>

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

#define INLINE static inline __attribute__((always_inline)) /* into each of the ways of gw_align_warp */

/* Red, green, blue, and what lies behind. */
typedef float pixel __attribute__((vector_size(16)));
typedef int32_t whole __attribute__((vector_size(16)));
typedef uint8_t bytes __attribute__((vector_size(16)));

/* Keys' cubic with a = -0.75: what a pixel at distance 1 + t, t, 1 - t, 2 - t is worth, for as many t as a vector has. */
INLINE void cubic(pixel w[4], pixel t)
{
    const float a = -0.75F;
    const pixel u = t + 1, v = 1 - t;
    w[0] = ((a * u - 5 * a) * u + 8 * a) * u - 4 * a;
    w[1] = ((a + 2) * t - (a + 3)) * t * t + 1;
    w[2] = ((a + 2) * v - (a + 3)) * v * v + 1;
    w[3] = 1 - w[0] - w[1] - w[2];
}

/* The pixel of a row that begins with byte r. 16: of the zeros. */
#define PIXEL_AT(row, r) \
    __builtin_convertvector((whole)__builtin_shufflevector(row, (bytes){}, r, 16, 16, 16, r + 1, 16, 16, 16, r + 2, 16, 16, 16, 16, 16, 16, 16), pixel)
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

/* The cubic goes beyond what it goes through, by less than a thousand. */
INLINE uint8_t level(int32_t v)
{
    return (uint8_t)GW_MAX(0, GW_MIN(255, v));
}

/* The four by four pixels around a point; w: what a column is worth [0] and a row [1]. The first is at p, and
 * in their rows another two follow. */
INLINE void sample_inside(uint8_t out[3], const uint8_t *p, size_t stride, const pixel w[4])
{
    pixel sum = {};
    for (size_t j = 0; j < 4; j++, p += stride) {
        bytes row;
        memcpy(&row, p, sizeof row);
        sum += w[j][1] * (w[0][0] * PIXEL_AT(row, 0) + w[1][0] * PIXEL_AT(row, 3) + w[2][0] * PIXEL_AT(row, 6) + w[3][0] * PIXEL_AT(row, 9));
    }
    const whole levels = __builtin_convertvector(sum + 0.5F, whole);
    for (size_t c = 0; c < 3; c++)
        out[c] = level(levels[c]);
}

/* Further outside than this is all the same. */
INLINE double near(double v)
{
    const double far = 1e6;
    return v > -far ? v < far ? v : far : -far;
}

INLINE int32_t below(double v)
{
    const int32_t towards_zero = (int32_t)v;
    return towards_zero - (towards_zero > v);
}

/* The four by four pixels around a point; beyond the border its pixels go on. Both ways sum in the same order. */
INLINE void sample(uint8_t out[3], const struct gw_image *image, double x, double y)
{
    x = near(x - 0.5);
    y = near(y - 0.5);
    const int32_t fx = below(x), fy = below(y), left = fx - 1, top = fy - 1;
    const int32_t width = (int32_t)image->width, height = (int32_t)image->height;
    pixel w[4];
    cubic(w, (pixel){ (float)(x - fx), (float)(y - fy) });
    if (left >= 0 && left + 6 <= width && top >= 0 && top + 3 < height) {
        sample_inside(out, image->data + (size_t)top * image->stride + 3 * (size_t)left, image->stride, w);
        return;
    }
    float sum[3] = {};
    size_t at[4];
    for (int32_t i = 0; i < 4; i++)
        at[i] = 3 * (size_t)GW_MAX(0, GW_MIN(width - 1, left + i));
    for (int32_t j = 0; j < 4; j++) {
        const uint8_t *row = image->data + (size_t)GW_MAX(0, GW_MIN(height - 1, top + j)) * image->stride;
        for (size_t c = 0; c < 3; c++)
            sum[c] += w[j][1] * (w[0][0] * (float)row[at[0] + c] + w[1][0] * (float)row[at[1] + c] +
                                    w[2][0] * (float)row[at[2] + c] + w[3][0] * (float)row[at[3] + c]);
    }
    for (size_t c = 0; c < 3; c++)
        out[c] = level((int32_t)(sum[c] + 0.5F));
}

GW_WIDE void gw_align_warp(struct gw_image *dst, const struct gw_image *image, struct gw_affine m)
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
