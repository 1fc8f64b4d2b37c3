/* image.c - decoding: the probe first, then the one codec, upright on the way out. */
#include "image/codec.h"

#include <time.h>

static int64_t clock_us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1'000'000 + t.tv_nsec / 1000;
}

bool gw_codec_in_time(const struct gw_codec *c, struct gw_err *err)
{
    const int64_t most_us = c->limits->most_us;
    /* A thread cannot have had more of a processor than time has passed, and that can be asked without a system call. */
    if (most_us == 0 || clock_us(CLOCK_MONOTONIC) - c->began_us <= most_us ||
        clock_us(CLOCK_THREAD_CPUTIME_ID) - c->cpu_from_us <= most_us)
        return true;
    return gw_fail(err, GW_ERR_LIMIT, "the picture takes more than %lld ms of processor time to decode",
        (long long)(c->limits->most_us / 1000));
}

unsigned gw_codec_scale(const struct gw_codec *c, uint32_t width, uint32_t height)
{
    unsigned scale = 1;
    uint32_t side = GW_MIN(width, height);
    if (c->want_side != 0)
        while (scale < 8 && (side + 2 * scale - 1) / (2 * scale) >= c->want_side)
            scale *= 2;
    return scale;
}

bool gw_codec_make(struct gw_image *out, struct gw_arena *a, const struct gw_codec *c, uint32_t width, uint32_t height,
    struct gw_err *err)
{
    bool turned = c->info.orientation >= 5;
    out->width = turned ? height : width;
    out->height = turned ? width : height;
    out->stride = (size_t)out->width * 3;
    out->data = gw_arena_alloc(a, out->height, out->stride, err);
    return out->data != NULL;
}

/* Orientation is where the encoded picture's first row and first column are seen
 * (Exif 2.32 4.6.4 A): each is a start and a step for rows and for columns. */
void gw_codec_place(struct gw_image *out, const struct gw_codec *c, const uint8_t *rows, size_t stride, uint32_t first,
    uint32_t n, uint32_t width, uint32_t height)
{
    static const struct {
        bool turned, flip_x, flip_y; /* columns become rows; then mirrored as seen */
    } turns[9] = {
        [1] = { false, false, false }, [2] = { false, true, false }, [3] = { false, true, true },
        [4] = { false, false, true },  [5] = { true, false, false }, [6] = { true, true, false },
        [7] = { true, true, true },    [8] = { true, false, true },
    };
    bool turned = turns[c->info.orientation].turned, flip_x = turns[c->info.orientation].flip_x,
         flip_y = turns[c->info.orientation].flip_y;
    for (uint32_t i = 0; !turned && i < n; i++) {
        uint32_t y = flip_y ? height - 1 - (first + i) : first + i;
        uint8_t *to = out->data + y * out->stride;
        const uint8_t *from = rows + i * stride;
        if (!flip_x) {
            memcpy(to, from, (size_t)width * 3);
            continue;
        }
        for (uint32_t x = 0; x < width; x++)
            memcpy(to + (size_t)(width - 1 - x) * 3, from + (size_t)x * 3, 3);
    }
    /* Turned: encoded (x, y) is seen at (y, x), so a column of the strip is a run of a row. */
    for (uint32_t x = 0; turned && x < width; x++) {
        uint8_t *to = out->data + (flip_y ? width - 1 - x : x) * out->stride;
        const uint8_t *from = rows + (size_t)x * 3;
        for (uint32_t i = 0; i < n; i++) {
            uint32_t seen = flip_x ? height - 1 - (first + i) : first + i;
            memcpy(to + (size_t)seen * 3, from + i * stride, 3);
        }
    }
}

bool gw_image_decode(struct gw_image *out, struct gw_arena *a, struct gw_span bytes,
    const struct gw_image_limits *limits, uint32_t want_side, unsigned *scale, struct gw_err *err)
{
    struct gw_codec c = { .bytes = bytes, .limits = limits, .want_side = want_side, .began_us = clock_us(CLOCK_MONOTONIC),
        .cpu_from_us = clock_us(CLOCK_THREAD_CPUTIME_ID) };
    struct gw_image image;
    unsigned by = 1;
    bool read = false;
    if (!gw_image_probe(&c.info, bytes, limits, err))
        return false;
    switch (c.info.kind) {
    case GW_IMAGE_JPEG: read = gw_jpeg_decode(&image, &by, a, &c, err); break;
    case GW_IMAGE_PNG: read = gw_png_decode(&image, &by, a, &c, err); break;
    case GW_IMAGE_JPEG2000: read = gw_jp2_decode(&image, &by, a, &c, err); break;
    }
    if (!read)
        return false;
    *out = image;
    if (scale != NULL)
        *scale = by;
    return true;
}
