/* cmd_compare.c - are these two pictures of one person? */
#include "base/clock.h"
#include "cli/commands.h"
#include "cli/recognize.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The largest face of a picture, and how many faces there are. None is no error: nothing is embedded. */
static bool embed_file(struct gw_embedding *out, size_t *faces, struct gw_recognizer *r, const char *path, struct gw_err *err)
{
    struct gw_image image;
    struct gw_face face[GW_FACES_MAX];
    return gw_recognizer_read(&image, r, path, err) &&
           gw_face_find(face, GW_FACES_MAX, faces, r->faces, r->scratch, &image, NULL, err) &&
           (*faces == 0 || gw_face_embed(out, r->faces, r->scratch, &image, &face[0], NULL, err));
}

/* What has to be said of one of the pictures: nobody in it, or more than one, of whom the largest counts. */
static void say_faces(struct gw_json *problems, bool second, size_t n)
{
    const char *which = second ? "second" : "first";
    char text[120];
    if (n == 0)
        snprintf(text, sizeof text, "no face was found in the %s picture", which);
    else
        snprintf(text, sizeof text, "%zu faces were found in the %s picture: the largest was compared", n, which);
    if (n != 1)
        gw_cli_problem_add(problems, &(struct gw_cli_problem){ .is_error = n == 0, .at = GW_NO_PLACE,
            .code = n == 0 ? "no_face" : "several_faces", .text = text });
}

/* The strictest rate up to 1 in 100,000 that was measured, as the default. */
static struct gw_operating_point default_point(const struct gw_faces *f)
{
    const struct gw_operating_point *points;
    size_t n = gw_faces_operating_points(f, &points), best = 0;
    for (size_t i = 0; i < n; i++)
        if (points[i].fmr >= 0.99e-5)
            best = i;
    return points[best];
}

static int compare(struct gw_recognizer *r, int, char **paths, bool pretty)
{
    struct gw_err err = {};
    struct gw_embedding e[2];
    const int64_t begun = gw_clock_monotonic_us();
    GW_AUTO(gw_json) *j = gw_json_object();
    GW_AUTO(gw_json) *problems = gw_json_array();
    if (strcmp(paths[0], "-") == 0 && strcmp(paths[1], "-") == 0) {
        fprintf(stderr, "gangway compare: standard input can be one of the pictures, not both\n");
        return GW_EXIT_USAGE;
    }
    for (size_t i = 0; i < 2; i++) {
        size_t faces = 0;
        if (!embed_file(&e[i], &faces, r, paths[i], &err))
            return gw_cli_unreadable(&(struct gw_cli_input){ .command = "compare", .path = paths[i], .pretty = pretty }, "offset", &err),
                   GW_EXIT_UNREADABLE;
        say_faces(problems, i == 1, faces);
        if (faces > 0)
            continue;
        gw_json_set_null(j, "score");
        gw_json_set_bool(j, "valid", false);
        gw_json_set(j, "problems", gw_take(problems));
        gw_json_set_rounded(j, "elapsed_ms", (double)(gw_clock_monotonic_us() - begun) / 1000, 1);
        gw_cli_print(j, pretty);
        return GW_EXIT_INVALID;
    }
    double score = 0, length[2] = {};
    for (unsigned i = 0; i < e[0].dim; i++) {
        score += (double)e[0].v[i] * (double)e[1].v[i];
        for (size_t k = 0; k < 2; k++)
            length[k] += (double)e[k].v[i] * (double)e[k].v[i];
    }
    /* People are shown the cosine. Where a card weighs faces, the weights move over to the threshold: the
     * decision is that of the dot product, which is what galleries compare. */
    const double weights = sqrt(length[0] * length[1]);
    const struct gw_operating_point point = default_point(r->faces);
    gw_json_set_rounded(j, "score", GW_MAX(-1.0, GW_MIN(1.0, score / weights)), 4);
    gw_json_set_bool(j, "same", score >= point.score);
    gw_json_set_rounded(j, "threshold", point.score / weights, 4);
    gw_json_set_real(j, "fmr", point.fmr);
    gw_json_set_bool(j, "valid", true);
    gw_json_set(j, "problems", gw_take(problems));
    gw_json_set_rounded(j, "elapsed_ms", (double)(gw_clock_monotonic_us() - begun) / 1000, 1);
    gw_cli_print(j, pretty);
    return GW_EXIT_OK;
}

static int run(int argc, char **argv)
{
    return gw_recognize(argc, argv, &(struct gw_recognizing){ .command = &gw_command_compare, .least = 2, .most = 2,
        .wrong = "name two pictures", .look = compare });
}

const struct gw_command gw_command_compare = {
    .name = "compare",
    .arguments = "A B",
    .summary = "scores two pictures: one person or two?",
    .run = run,
};
