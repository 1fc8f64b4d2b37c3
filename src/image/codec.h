/* codec.h - what the files of image/ tell each other; nobody else includes it. */
#pragma once
#include "image/image.h"

/* One picture being decoded. */
struct gw_codec {
    struct gw_span bytes;
    const struct gw_image_limits *limits;
    struct gw_image_info info; /* from the probe: kind, upright size, orientation */
    uint32_t want_side;
    int64_t began_us, cpu_from_us; /* the time, and this thread's processor time, when it began */
};

/* Header readers: pure, over the bytes alone, no library. Each fills *info (the size as encoded, not yet
 * upright) and refuses what the decoder beside it does not do. */
[[nodiscard]] bool gw_jpeg_probe(struct gw_image_info *info, struct gw_span bytes, struct gw_err *err);
[[nodiscard]] bool gw_png_probe(struct gw_image_info *info, struct gw_span bytes, struct gw_err *err);
[[nodiscard]] bool gw_jp2_probe(struct gw_image_info *info, struct gw_span bytes, struct gw_err *err);

/* Decoders, one library each. The probe has accepted the picture and its size. */
[[nodiscard]] bool gw_jpeg_decode(struct gw_image *out, unsigned *scale, struct gw_arena *a, const struct gw_codec *c,
    struct gw_err *err);
[[nodiscard]] bool gw_png_decode(struct gw_image *out, unsigned *scale, struct gw_arena *a, const struct gw_codec *c,
    struct gw_err *err);
[[nodiscard]] bool gw_jp2_decode(struct gw_image *out, unsigned *scale, struct gw_arena *a, const struct gw_codec *c,
    struct gw_err *err);

/* The TIFF structure inside an EXIF payload: a PNG's eXIf chunk has it bare. */
uint8_t gw_exif_tiff_orientation(struct gw_span tiff);

/* The largest of 1, 2, 4, 8 by which width x height may shrink and keep want_side. */
unsigned gw_codec_scale(const struct gw_codec *c, uint32_t width, uint32_t height);

/* GW_ERR_LIMIT once the processor time is used up; true while there is time left. */
[[nodiscard]] bool gw_codec_in_time(const struct gw_codec *c, struct gw_err *err);

/* The picture's memory: width x height as decoded (not upright), made upright in *out. */
[[nodiscard]] bool gw_codec_make(struct gw_image *out, struct gw_arena *a, const struct gw_codec *c, uint32_t width,
    uint32_t height, struct gw_err *err);

/* Puts n decoded rows, the first of which is row `first` of width x height, at their upright places. Costs
 * least with 16 rows or more at a time: columns are written as runs. */
void gw_codec_place(struct gw_image *out, const struct gw_codec *c, const uint8_t *rows, size_t stride,
    uint32_t first, uint32_t n, uint32_t width, uint32_t height);

enum { GW_CODEC_STRIP = 16 }; /* rows decoded before they are placed */
