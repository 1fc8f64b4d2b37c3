/* jp2.c - JPEG 2000 through OpenJPEG; the only file that names it. */
#include "image/codec.h"

bool gw_jp2_probe(struct gw_image_info *info, struct gw_span bytes, struct gw_err *err)
{
    (void)info, (void)bytes;
    return gw_fail(err, GW_ERR_UNSUPPORTED, "JPEG 2000 is not read yet");
}
bool gw_jp2_decode(struct gw_image *out, unsigned *scale, struct gw_arena *a, const struct gw_codec *c,
    struct gw_err *err)
{
    (void)out, (void)scale, (void)a, (void)c;
    return gw_fail(err, GW_ERR_UNSUPPORTED, "JPEG 2000 is not read yet");
}
