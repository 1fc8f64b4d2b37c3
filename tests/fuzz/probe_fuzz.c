/* probe_fuzz.c - headers of all kinds: a size within the limits or a reason, and the
 * same again; a prefix never says more than an error. */
#include "tests/fuzz/image_fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct gw_image_limits limits = { 1 << 20, 1 << 30, 0 };
    struct gw_image_info info = {}, again = {};
    struct gw_err err = {};
    if (!gw_image_probe(&info, gw_span_of(data, size), &limits, &err)) {
        fuzz_error_holds(&err, size);
        return 0;
    }
    if (info.width == 0 || info.height == 0 || (uint64_t)info.width * info.height > limits.most_pixels ||
        info.orientation < 1 || info.orientation > 8 || info.components < 1 || info.components > 4 ||
        strcmp(gw_image_kind_name(info.kind), "unknown") == 0)
        abort();
    if (!gw_image_probe(&again, gw_span_of(data, size), &limits, &err) || again.kind != info.kind ||
        again.width != info.width || again.height != info.height || again.components != info.components ||
        again.orientation != info.orientation)
        abort();
    /* Exactly at the limit is fine, one pixel less is not. */
    struct gw_image_limits tight = { size, (uint64_t)info.width * info.height, 0 };
    if (!gw_image_probe(&again, gw_span_of(data, size), &tight, &err))
        abort();
    tight.most_pixels--;
    if (gw_image_probe(&again, gw_span_of(data, size), &tight, &err) || err.code != GW_ERR_LIMIT)
        abort();
    return 0;
}
