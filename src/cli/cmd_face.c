/* cmd_face.c - finds the faces in pictures and says how good they are. */
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/recognize.h"

#include <limits.h>

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
    const struct gw_cli_input input = { .command = "face", .path = path, .pretty = pretty };
    if (!gw_recognizer_read(&image, r, path, &err) ||
        !gw_face_find(faces, GW_FACES_MAX, &n, r->faces, r->scratch, &image, NULL, &err))
        return gw_cli_unreadable(&input, "offset", &err), GW_EXIT_UNREADABLE;
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
            return gw_cli_unreadable(&input, "offset", &err), GW_EXIT_UNREADABLE;
        gw_json_add(list, face_json(&faces[i], has, liveness));
    }
    gw_json_set_bool(j, "valid", n > 0);
    struct gw_json *problems = gw_json_array();
    if (n == 0)
        gw_cli_problem_add(problems, &(struct gw_cli_problem){ .is_error = true, .at = GW_NO_PLACE, .code = "no_face",
            .text = "no face was found in the picture" });
    gw_json_set(j, "problems", problems);
    gw_json_set_rounded(j, "elapsed_ms", (double)(gw_clock_monotonic_us() - begun) / 1000, 1);
    gw_cli_print(j, pretty);
    return n > 0 ? GW_EXIT_OK : GW_EXIT_INVALID;
}

/* The worst of the files decides. */
static int look(struct gw_recognizer *r, int n, char **paths, bool pretty)
{
    int status = GW_EXIT_OK;
    for (int i = 0; i < n; i++) {
        int one = read_one(r, paths[i], pretty);
        status = GW_MAX(status, one);
    }
    return status;
}

static int run(int argc, char **argv)
{
    return gw_recognize(argc, argv, &(struct gw_recognizing){ .command = &gw_command_face, .least = 1, .most = INT_MAX,
        .wrong = "name at least one picture", .look = look });
}

const struct gw_command gw_command_face = {
    .name = "face",
    .arguments = "FILE…",
    .summary = "finds faces in JPEG, PNG or JPEG 2000 pictures",
    .run = run,
};
