/* image_fuzz.h - what holds for any bytes given to the decoders: an error that says
 * why, or the picture that the header promised, the same one every time, within the
 * limits. */
#pragma once
#include "image/image.h"

#include <stdlib.h>
#include <string.h>

static inline void fuzz_error_holds(const struct gw_err *err, size_t size)
{
    if ((err->code != GW_ERR_FORMAT && err->code != GW_ERR_UNSUPPORTED && err->code != GW_ERR_LIMIT) ||
        err->text[0] == 0 || (err->at != GW_NO_PLACE && err->at > size))
        abort();
}

static inline int fuzz_decode(enum gw_image_kind kind, const uint8_t *data, size_t size)
{
    static const struct gw_image_limits limits = { 1 << 20, 1 << 18, 1'000'000 };
    struct gw_span bytes = gw_span_of(data, size);
    struct gw_image_info info;
    struct gw_image image, again;
    struct gw_err err = {}, second = {};
    unsigned scale = 0, scale_again = 0;
    uint32_t want = size > 0 ? data[size / 2] : 0;
    bool probed = gw_image_probe(&info, bytes, &limits, &err);
    if (!probed)
        fuzz_error_holds(&err, size);
    if (probed && info.kind != kind)
        return -1; /* another target's */
    GW_AUTO(gw_arena) *a = gw_arena_new(8 << 20);
    bool read = gw_image_decode(&image, a, bytes, &limits, want, &scale, &err);
    if (!read) {
        fuzz_error_holds(&err, size);
        return 0;
    }
    if (!probed || scale == 0 || scale > 8 || (scale & (scale - 1)) != 0 ||
        image.width != (info.width + scale - 1) / scale || image.height != (info.height + scale - 1) / scale ||
        image.stride < (size_t)image.width * 3 ||
        (scale > 1 && (image.width < want || image.height < want)))
        abort();
    if (!gw_image_decode(&again, a, bytes, &limits, want, &scale_again, &second)) {
        if (second.code != GW_ERR_LIMIT) /* the arena holds both, or the time was short */
            abort();
        return 0;
    }
    if (scale_again != scale || again.width != image.width || again.height != image.height ||
        again.stride != image.stride || memcmp(again.data, image.data, image.stride * image.height) != 0)
        abort();
    return 0;
}
