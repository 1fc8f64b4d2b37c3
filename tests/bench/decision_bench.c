/* decision_bench.c - from a JPEG to an embedding: ours with networks prepared, ours with them as
 * shipped, and OpenCV's DNN module with the same networks (where it is installed),
 * one picture through each in turn. One line of JSON.
 *
 *     decision_bench [--runs N] [FILE.jpg...]      default: 10 runs of the portraits in vendor/media
 *
 * All run the same networks as often: detector once, landmarks twice, embedder on the
 * face and its mirror image; one thread. `agree` is the least cosine between our
 * embedding and OpenCV's: that both found the same face and saw it the same way.
 * "cpu" is this thread's processor time, "wall" the clock's; 10th, 50th and 90th percentile in ms. */
#include "base/buf.h"
#include "base/json.h"
#include "face/face.h"
#ifdef HAVE_OPENCV
#include "opencv_face.h"
#endif

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS_MAX = 100'000, ARENA_BYTES = 256 << 20, PICTURE_BYTES = 32 << 20, WAYS = 3 };
static const char *const ways[WAYS] = { "prepared", "as_shipped", "opencv" };

static double ms(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

struct times {
    double v[RUNS_MAX];
    size_t n;
};
static int compare_doubles(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}
static double put(struct gw_json *j, const char *name, struct times *t)
{
    qsort(t->v, t->n, sizeof t->v[0], compare_doubles);
    static const double shares[] = { 0.1, 0.5, 0.9 };
    struct gw_json *a = gw_json_array();
    for (size_t i = 0; i < GW_COUNT(shares); i++)
        gw_json_add_rounded(a, t->v[(size_t)(shares[i] * (double)(t->n - 1) + 0.5)], 3);
    gw_json_set(j, name, a);
    return t->v[t->n / 2];
}

static void die(const char *what, const struct gw_err *err)
{
    fprintf(stderr, "decision_bench: %s: %s\n", what, err->text);
    exit(1);
}

struct ours {
    struct gw_faces *faces;
    struct gw_face_scratch *scratch;
    struct gw_arena *arena;
};

static bool decide(struct ours *o, struct gw_span jpeg, float *v, bool *found, struct gw_face_times *t)
{
    struct gw_err err = {};
    struct gw_image image;
    struct gw_face face;
    struct gw_embedding e;
    size_t n;
    gw_arena_reset(o->arena);
    const double t0 = ms(CLOCK_MONOTONIC);
    if (!gw_image_decode(&image, o->arena, jpeg, &GW_IMAGE_LIMITS_DEFAULT, 0, NULL, &err))
        die("decode", &err);
    (void)t0;
    if (!gw_face_find(&face, 1, &n, o->faces, o->scratch, &image, t, &err))
        die("find", &err);
    *found = n > 0;
    if (n == 0)
        return true;
    if (!gw_face_embed(&e, o->faces, o->scratch, &image, &face, t, &err))
        die("embed", &err);
    double length = 0;
    for (unsigned i = 0; i < e.dim; i++)
        length += (double)e.v[i] * (double)e.v[i];
    for (unsigned i = 0; i < e.dim; i++)
        v[i] = (float)((double)e.v[i] / sqrt(length));
    return true;
}

int main(int argc, char **argv)
{
    static const char *const standard[] = { "audrey.jpg", "SeanConnery.jpg", "bieber_small.jpg", "franck_01829.jpg", "franck_02159.jpg",
        "franck_03979.jpg" };
    static struct times cpu[WAYS], wall[WAYS];
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    source = source == NULL ? "." : source;
    size_t runs = 10;
    int first = 1;
    if (argc > 2 && strcmp(argv[1], "--runs") == 0) {
        runs = (size_t)GW_MAX(atoi(argv[2]), 1);
        first = 3;
    }
    const size_t n_pictures = first < argc ? (size_t)(argc - first) : GW_COUNT(standard);
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) cards = {};
    GW_AUTO_VALUE(gw_buf) models = {};
    gw_buf_addf(&cards, "%s/models", source);
    gw_buf_addf(&models, "%s/vendor/models", source);

    struct ours ours[2] = {};
    for (int k = 0; k < 2; k++) {
        ours[k].faces = gw_faces_open(
            &(struct gw_faces_options){ .models_path = gw_buf_text(&cards), .card = "faceplugin", .threads = 1, .prepare = k == 0 }, &err);
        if (ours[k].faces == NULL) {
            fprintf(stderr, "decision_bench: %s\n", err.text);
            return 77; /* meson: skipped */
        }
        ours[k].scratch = gw_face_scratch_new(ours[k].faces, &err);
        if (ours[k].scratch == NULL)
            die("scratch", &err);
        ours[k].arena = gw_arena_new(ARENA_BYTES);
    }
#ifdef HAVE_OPENCV
    struct opencv_face *opencv = opencv_face_open(gw_buf_text(&models));
    if (opencv == NULL)
        return 1;
    struct opencv_times opencv_sum = {};
#endif

    double agree = 1, same = 1;
    size_t n_faces = 0, n_missed = 0;
    struct gw_face_times sum[2] = {};
    for (size_t p = 0; p < n_pictures; p++) {
        GW_AUTO_VALUE(gw_buf) jpeg = {};
        GW_AUTO_VALUE(gw_buf) path = {};
        if (first < argc)
            gw_buf_add_text(&path, argv[first + (int)p]);
        else
            gw_buf_addf(&path, "%s/vendor/media/%s", source, standard[p]);
        if (!gw_buf_read_file(&jpeg, gw_buf_text(&path), PICTURE_BYTES, &err)) {
            fprintf(stderr, "decision_bench: %s\n", err.text);
            return 77;
        }
        for (size_t i = 0; i < runs + 2; i++) {
            float v[WAYS][GW_EMBEDDING_MAX] = {};
            bool found[WAYS] = {};
            for (size_t turn = 0; turn < WAYS; turn++) {
                size_t k = (i + turn) % WAYS;
                struct gw_face_times t = {};
                double c = ms(CLOCK_THREAD_CPUTIME_ID), w = ms(CLOCK_MONOTONIC);
                if (k < 2) {
                    if (!decide(&ours[k], gw_buf_span(&jpeg), v[k], &found[k], &t))
                        return 1;
                } else {
#ifdef HAVE_OPENCV
                    struct opencv_times o = {};
                    if (!opencv_face_decide(opencv, jpeg.data, jpeg.size, v[k], &found[k], &o))
                        return 1;
                    if (i >= 2) {
                        opencv_sum.decode += o.decode, opencv_sum.detect += o.detect, opencv_sum.landmarks += o.landmarks;
                        opencv_sum.align += o.align, opencv_sum.embed += o.embed;
                    }
#else
                    continue;
#endif
                }
                w = ms(CLOCK_MONOTONIC) - w;
                c = ms(CLOCK_THREAD_CPUTIME_ID) - c;
                if (i < 2 || cpu[k].n == RUNS_MAX)
                    continue;
                cpu[k].v[cpu[k].n++] = c;
                wall[k].v[wall[k].n++] = w;
                if (k < 2) {
                    sum[k].detect += t.detect, sum[k].landmarks += t.landmarks, sum[k].quality += t.quality;
                    sum[k].align += t.align, sum[k].embed += t.embed;
                }
            }
            if (i > 0)
                continue;
            n_faces += found[0];
#ifdef HAVE_OPENCV
            n_missed += found[0] != found[2];
#endif
            double dot[2] = {};
            for (size_t e = 0; e < 512; e++)
                for (int k = 0; k < 2; k++)
                    dot[k] += (double)v[0][e] * (double)v[k + 1][e];
            if (found[0] && found[1])
                same = fmin(same, dot[0]);
            if (found[0] && found[2])
                agree = fmin(agree, dot[1]);
        }
    }

    struct gw_json *j = gw_json_object();
    gw_json_set_text(j, "bench", "decision");
    gw_json_set_text(j, "runtime", gw_faces_runtime(ours[0].faces));
    gw_json_set_integer(j, "pictures", (int64_t)n_pictures);
    gw_json_set_integer(j, "faces", (int64_t)n_faces);
    gw_json_set_integer(j, "runs", (int64_t)cpu[0].n);
    double cpu_ms[WAYS] = {}, wall_ms[WAYS] = {};
    for (size_t k = 0; k < WAYS; k++) {
        char name[40];
        if (cpu[k].n == 0)
            continue;
        snprintf(name, sizeof name, "%s_cpu_ms", ways[k]);
        cpu_ms[k] = put(j, name, &cpu[k]);
        snprintf(name, sizeof name, "%s_wall_ms", ways[k]);
        wall_ms[k] = put(j, name, &wall[k]);
    }
    for (int k = 0; k < 2; k++) {
        struct gw_json *steps = gw_json_object();
        double n = (double)cpu[k].n * 1e3;
        gw_json_set_rounded(steps, "detect", (double)sum[k].detect / n, 3);
        gw_json_set_rounded(steps, "landmarks", (double)sum[k].landmarks / n, 3);
        gw_json_set_rounded(steps, "quality", (double)sum[k].quality / n, 3);
        gw_json_set_rounded(steps, "align", (double)sum[k].align / n, 3);
        gw_json_set_rounded(steps, "embed", (double)sum[k].embed / n, 3);
        gw_json_set(j, k == 0 ? "prepared_steps_mean_wall_ms" : "as_shipped_steps_mean_wall_ms", steps);
    }
    gw_json_set_rounded(j, "ratio_cpu", cpu_ms[1] / cpu_ms[0], 2);
    gw_json_set_rounded(j, "ratio_wall", wall_ms[1] / wall_ms[0], 2);
    gw_json_set_real(j, "prepared_agrees", same);
#ifdef HAVE_OPENCV
    struct gw_json *steps = gw_json_object();
    double n = (double)cpu[2].n * 1e3;
    gw_json_set_rounded(steps, "decode", opencv_sum.decode / n, 3);
    gw_json_set_rounded(steps, "detect", opencv_sum.detect / n, 3);
    gw_json_set_rounded(steps, "landmarks", opencv_sum.landmarks / n, 3);
    gw_json_set_rounded(steps, "align", opencv_sum.align / n, 3);
    gw_json_set_rounded(steps, "embed", opencv_sum.embed / n, 3);
    gw_json_set(j, "opencv_steps_mean_wall_ms", steps);
    gw_json_set_text(j, "opencv", opencv_face_version());
    gw_json_set_rounded(j, "opencv_ratio_cpu", cpu_ms[2] / cpu_ms[0], 2);
    gw_json_set_rounded(j, "opencv_ratio_wall", wall_ms[2] / wall_ms[0], 2);
    gw_json_set_rounded(j, "opencv_agrees", agree, 4);
    gw_json_set_integer(j, "opencv_disagrees_on_presence", (int64_t)n_missed);
    opencv_face_close(opencv);
#endif
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_json_format(&text, j, false);
    puts(gw_buf_text(&text));
    gw_json_free(j);
    for (int k = 0; k < 2; k++) {
        gw_face_scratch_free(ours[k].scratch);
        gw_faces_close(ours[k].faces);
        gw_arena_free(ours[k].arena);
    }
    return 0;
}
