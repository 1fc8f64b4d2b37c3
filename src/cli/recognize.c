/* recognize.c - the engine and pictures for the commands. */
#include "cli/recognize.h"
#include "base/buf.h"

#include <stdio.h>

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

int gw_recognize(int argc, char **argv, const struct gw_recognizing *what)
{
    bool pretty = false;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    struct gw_err err = {};
    int status = GW_EXIT_OK;
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "read settings from this file" },
        { "--set", GW_OPTION_CONF_READ, &conf, "NAME=VALUE", "change one setting" },
    };
    if (!gw_options_read(&argc, argv, what->command, options, GW_COUNT(options), &status))
        return status;
    if (argc - 1 < what->least || argc - 1 > what->most) {
        fprintf(stderr, "gangway %s: %s; - is standard input\n", what->command->name, what->wrong);
        return GW_EXIT_USAGE;
    }
    struct gw_recognizer recognizer = {};
    if (gw_recognizer_open(&recognizer, &conf, &err))
        status = what->look(&recognizer, argc - 1, argv + 1, pretty);
    else
        gw_cli_fail(what->command->name, &err), status = GW_EXIT_UNREADABLE;
    gw_recognizer_close(&recognizer);
    return status;
}
