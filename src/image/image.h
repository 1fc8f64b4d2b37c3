/* image.h - pictures: from encoded bytes to upright RGB pixels, and pixels to
 * other pixels. Pure but for the codec libraries (one .c file each); `serve`
 * calls the decoding part only inside the sandboxed child (decoder/).
 *
 * A picture's header is read first and everything that would be too large is
 * refused from it; nothing is decoded to find out how big it is. Pixels are
 * always 8-bit RGB, upright (EXIF orientation applied), whatever came in: grey is
 * spread, alpha is laid on white, CMYK and YCCK JPEG are converted.
 *
 * Threads: no state; any number at the same time. */
#pragma once
#include "base/arena.h"
#include "base/fail.h"
#include "base/span.h"

enum gw_image_kind { GW_IMAGE_JPEG, GW_IMAGE_PNG, GW_IMAGE_JPEG2000 };

/* Borrowed pixels: data lives in whoever's arena or mapping made it. */
struct gw_image {
    uint8_t *data;          /* RGB, row by row */
    uint32_t width, height; /* px, both at least 1 */
    size_t stride;          /* bytes from row to row, at least 3 * width */
};

struct gw_image_limits {
    size_t most_bytes;    /* encoded */
    uint64_t most_pixels; /* from the header, before scaling */
    int64_t most_us;      /* processor time for decoding, checked between rows; 0: none */
};
#define GW_IMAGE_LIMITS_DEFAULT ((struct gw_image_limits){ 8 << 20, 40'000'000, 2'000'000 })

struct gw_image_info {
    enum gw_image_kind kind;
    uint32_t width, height; /* upright, before scaling */
    uint8_t components;     /* as encoded: 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA or CMYK */
    uint8_t orientation;    /* EXIF 1 to 8; 1 where the format has none */
};

const char *gw_image_kind_name(enum gw_image_kind kind); /* "jpeg", "png", "jpeg2000" */

/* Reads the header only. GW_ERR_UNSUPPORTED (not one of the three, animated, 16-bit
 * JPEG…), GW_ERR_FORMAT (damaged), GW_ERR_LIMIT (bytes or pixels). */
[[nodiscard]] bool gw_image_probe(struct gw_image_info *out, struct gw_span bytes,
    const struct gw_image_limits *limits, struct gw_err *err);

/* Decodes into the arena. want_side: when not 0, a smaller picture will do as long
 * as its shorter side stays at least so many pixels (JPEG and JPEG 2000 decode
 * scaled); *scale is then how much smaller it is (1, 2, 4, 8; scale may be NULL).
 * Errors as above, and GW_ERR_LIMIT for time or the arena's cap. A JPEG cut off at
 * the end is GW_ERR_FORMAT: half a face is not a picture. */
[[nodiscard]] bool gw_image_decode(struct gw_image *out, struct gw_arena *a, struct gw_span bytes,
    const struct gw_image_limits *limits, uint32_t want_side, unsigned *scale, struct gw_err *err);

/* EXIF orientation (1 to 8) of a JPEG's APP1 payload; 1 when absent or damaged. */
uint8_t gw_exif_orientation(struct gw_span app1);

/* Where a destination pixel comes from: x' = a*x + b*y + tx, y' = c*x + d*y + ty,
 * in pixel centres (the centre of the first pixel is 0.5, 0.5). */
struct gw_affine {
    double a, b, tx, c, d, ty;
};
/* The similarity (rotation, one scale, shift) that takes `from` nearest to `to` in
 * least squares (Umeyama 1991 without reflection); false when the points coincide. */
[[nodiscard]] bool gw_affine_fit(struct gw_affine *out, const double (*from)[2], const double (*to)[2], size_t n);
struct gw_affine gw_affine_invert(struct gw_affine m); /* of an invertible one */

/* Samples src at m(destination) into dst (memory of the caller, width x height RGB):
 * bilinear where it enlarges or keeps, area-averaged where it shrinks. Outside
 * src is `outside` grey (0 to 255). */
void gw_image_warp(struct gw_image *dst, const struct gw_image *src, struct gw_affine m, uint8_t outside);
/* Area-averaged scaling of the rectangle [x, x+w) x [y, y+h) of src (may reach
 * outside: `outside` grey there) to the whole of dst. */
void gw_image_scale(struct gw_image *dst, const struct gw_image *src, double x, double y, double w, double h,
    uint8_t outside);

/* Writes into the picture who looked at it and when: a band at the foot and, faintly, all over.
 * Letters, digits and - : . _ are drawn, anything else is a gap. */
void gw_image_mark_show(struct gw_image *image, const char *who, const char *when);
/* Hides a number in the picture that the eye does not see and JPEG at quality 50 and above
 * does not lose; found again as long as the picture keeps its size. False: the picture has
 * fewer than 36 x 8 blocks of 8 x 8 pixels, and is as it was. */
enum { GW_IMAGE_MARK_BYTES = 16 };
bool gw_image_mark_hide(struct gw_image *image, const uint8_t mark[GW_IMAGE_MARK_BYTES]);
/* False: none, or no longer readable. */
bool gw_image_mark_find(uint8_t mark[GW_IMAGE_MARK_BYTES], const struct gw_image *image);

/* Writes a JPEG (quality 1 to 100) or a PNG; for photos that are looked at, tests, the demo's
 * made pictures and extracted portraits. */
struct gw_buf;
[[nodiscard]] bool gw_image_write_jpeg(struct gw_buf *out, const struct gw_image *image, int quality, struct gw_err *err);
[[nodiscard]] bool gw_image_write_png(struct gw_buf *out, const struct gw_image *image, struct gw_err *err);
