/* cmd_face.c - finds the faces in pictures and says how good they are. */
#include "base/clock.h"
#include "base/conf.h"
#include "cli/commands.h"
#include "cli/recognize.h"

#include <stdio.h>

extern char **environ;

static void add_point(struct gw_json *array, const double p[2])
{
    struct gw_json *point = gw_json_array();
    gw_json_add_rounded(point, p[0], 1);
    gw_json_add_rounded(point, p[1], 1);
    gw_json_add(array, point);
}

static struct gw_json *face_json(const struct gw_face *f, bool has_liveness, double liveness)
{
    struct gw_json *j = gw_json_object(), *box = gw_json_object(), *points = gw_json_array(), *pose = gw_json_object(),
                   *components = gw_json_object();
    gw_json_set_rounded(box, "x", f->box.x, 0);
    gw_json_set_rounded(box, "y", f->box.y, 0);
    gw_json_set_rounded(box, "width", f->box.width, 0);
    gw_json_set_rounded(box, "height", f->box.height, 0);
    gw_json_set(j, "box", box);
    gw_json_set_rounded(j, "confidence", f->confidence, 4);
    for (size_t i = 0; i < GW_FACE_POINTS; i++)
        add_point(points, f->points[i]);
    gw_json_set(j, "landmarks", points);
    gw_json_set_rounded(pose, "yaw_deg", f->yaw_deg, 1);
    gw_json_set_rounded(pose, "pitch_deg", f->pitch_deg, 1);
    gw_json_set_rounded(pose, "roll_deg", f->roll_deg, 1);
    gw_json_set(j, "pose", pose);
    gw_json_set_rounded(j, "eye_distance_px", f->eye_distance_px, 1);
    gw_json_set_rounded(j, "quality", f->quality, 1);
    for (size_t i = 0; i < GW_QUALITY_COUNT; i++)
        if (f->has_component[i])
            gw_json_set_rounded(components, gw_quality_name((enum gw_quality)i), f->components[i], 1);
    gw_json_set(j, "quality_components", components);
    if (has_liveness)
        gw_json_set_rounded(j, "liveness", liveness, 4);
    else
        gw_json_set_null(j, "liveness");
    return j;
}

/* Prints one line about one file; what went wrong with it is a line on standard error. */
static int read_one(struct gw_recognizer *r, const char *path, bool pretty)
{
    struct gw_err err = {};
    struct gw_image image;
    struct gw_face faces[GW_FACES_MAX];
    size_t n = 0;
    const int64_t begun = gw_clock_monotonic_us();
    if (!gw_recognizer_read(&image, r, path, &err))
        return gw_cli_fail("face", &err), GW_EXIT_UNREADABLE;
    if (!gw_face_find(faces, GW_FACES_MAX, &n, r->faces, r->scratch, &image, NULL, &err))
        return gw_cli_fail("face", &err), GW_EXIT_UNREADABLE;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    gw_json_set_span(j, "file", gw_span_str(path));
    gw_json_set_integer(j, "width", image.width);
    gw_json_set_integer(j, "height", image.height);
    gw_json_set(j, "faces", list);
    for (size_t i = 0; i < n; i++) {
        double liveness;
        bool has;
        if (!gw_face_liveness(&liveness, &has, r->faces, r->scratch, &image, &faces[i], NULL, &err))
            return gw_cli_fail("face", &err), GW_EXIT_UNREADABLE;
        gw_json_add(list, face_json(&faces[i], has, liveness));
    }
    gw_json_set_bool(j, "valid", n > 0);
    if (n == 0)
        gw_json_set_text(j, "problem", "no face was found in the picture");
    gw_json_set_rounded(j, "elapsed_ms", (double)(gw_clock_monotonic_us() - begun) / 1000, 1);
    gw_cli_print(j, pretty);
    return n > 0 ? GW_EXIT_OK : GW_EXIT_INVALID;
}

static int run(int argc, char **argv)
{
    bool pretty = false;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    struct gw_err err = {};
    int status = GW_EXIT_OK;
    if (!gw_conf_read_environment(&conf, environ, &err))
        return gw_cli_fail("face", &err);
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "read settings from this file" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "change one setting" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_face, options, GW_COUNT(options), &status))
        return status;
    if (argc < 2) {
        fputs("gangway face: name at least one picture; - is standard input\n", stderr);
        return GW_EXIT_USAGE;
    }
    struct gw_recognizer recognizer = {};
    if (!gw_recognizer_open(&recognizer, &conf, &err)) {
        gw_recognizer_close(&recognizer);
        return gw_cli_fail("face", &err), GW_EXIT_UNREADABLE;
    }
    /* The worst of the files decides. */
    for (int i = 1; i < argc; i++) {
        int one = read_one(&recognizer, argv[i], pretty);
        status = GW_MAX(status, one);
    }
    gw_recognizer_close(&recognizer);
    return status;
}

const struct gw_command gw_command_face = {
    .name = "face",
    .arguments = "FILE…",
    .summary = "finds faces in JPEG, PNG or JPEG 2000 pictures",
    .run = run,
};
