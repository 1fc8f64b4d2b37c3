/* recognize.c - the engine and pictures for the commands. */
#include "cli/recognize.h"
#include "base/buf.h"

bool gw_recognizer_open(struct gw_recognizer *out, const struct gw_conf *conf, struct gw_err *err)
{
    *out = (struct gw_recognizer){
        .limits = { (size_t)conf->image_bytes, (uint64_t)conf->image_pixels, conf->image_time },
    };
    const struct gw_faces_options options = gw_faces_options_of(conf);
    out->faces = gw_faces_open(&options, err);
    if (out->faces == NULL)
        return false;
    out->scratch = gw_face_scratch_new(out->faces, err);
    /* Decoded pixels, and what the codecs need beside them. */
    out->arena = gw_arena_new((size_t)conf->image_pixels * 4 + (16 << 20));
    return out->scratch != NULL;
}

void gw_recognizer_close(struct gw_recognizer *r)
{
    gw_arena_free(r->arena);
    gw_face_scratch_free(r->scratch);
    gw_faces_close(r->faces);
    *r = (struct gw_recognizer){};
}

bool gw_recognizer_read(struct gw_image *out, struct gw_recognizer *r, const char *path, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) bytes = {};
    gw_arena_reset(r->arena);
    if (!gw_buf_read_file(&bytes, path, r->limits.most_bytes, err))
        return false;
    return gw_image_decode(out, r->arena, gw_buf_span(&bytes), &r->limits, 0, NULL, err) ||
           gw_fail_prefix(err, "%.120s", path);
}
