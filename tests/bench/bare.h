/* bare.h - the networks without a service around them, timed run by run; for benches linked
 * with --wrap=gw_net_run. Part of one bench; all is static. */
#pragma once
#include "base/conf.h"
#include "face/face.h"
#include "face/ort.h"
#include "image/image.h"
#include "tests/bench/drive.h"

/* ---- the bare networks: every run of one, as the linker lets us see it ---- */

bool __real_gw_net_run(struct gw_net_io *io, struct gw_err *err);
bool __wrap_gw_net_run(struct gw_net_io *io, struct gw_err *err);
static _Thread_local double networks_ms, networks_cpu_ms;
bool __wrap_gw_net_run(struct gw_net_io *io, struct gw_err *err)
{
    struct timespec a, b, c, d;
    clock_gettime(CLOCK_MONOTONIC, &a);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &c);
    bool ok = __real_gw_net_run(io, err);
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &d);
    clock_gettime(CLOCK_MONOTONIC, &b);
    networks_cpu_ms += (double)(d.tv_sec - c.tv_sec) * 1e3 + (double)(d.tv_nsec - c.tv_nsec) * 1e-6;
    networks_ms += (double)(b.tv_sec - a.tv_sec) * 1e3 + (double)(b.tv_nsec - a.tv_nsec) * 1e-6;
    return ok;
}

struct bare {
    struct gw_faces *faces;
    struct gw_face_scratch *scratch;
    struct gw_arena *mem; /* of pictures */
};

static void bare_must(bool fine, const struct gw_err *err)
{
    if (fine)
        return;
    fprintf(stderr, "%s: %s\n", program_invocation_short_name, err->text);
    exit(1);
}

static void bare_open(struct bare *b)
{
    struct gw_err err = {};
    struct gw_conf conf = {};
    gw_conf_init(&conf);
    const struct gw_faces_options options = gw_faces_options_of(&conf);
    b->mem = gw_arena_new((size_t)1 << 30);
    bare_must((b->faces = gw_faces_open(&options, &err)) != NULL, &err);
    bare_must((b->scratch = gw_face_scratch_new(b->faces, &err)) != NULL, &err);
    gw_conf_done(&conf);
}

static void bare_close(struct bare *b)
{
    gw_face_scratch_free(b->scratch);
    gw_faces_close(b->faces);
    gw_arena_free(b->mem);
}

static struct gw_image bare_picture(struct bare *b, struct gw_span picture)
{
    struct gw_err err = {};
    struct gw_image image;
    const struct gw_image_limits limits = GW_IMAGE_LIMITS_DEFAULT;
    bare_must(gw_image_decode(&image, b->mem, picture, &limits, 0, NULL, &err), &err);
    return image;
}

/* What the service's decision asks of the networks as it ships: find and embed (liveness is off). Ms in networks. */
static double bare_run(struct gw_embedding *out, const struct bare *b, const struct gw_image *image)
{
    struct gw_err err = {};
    struct gw_face faces[8];
    size_t n;
    networks_ms = networks_cpu_ms = 0;
    if (!gw_face_find(faces, 8, &n, b->faces, b->scratch, image, NULL, &err) || n == 0 ||
        !gw_face_embed(out, b->faces, b->scratch, image, &faces[0], NULL, &err))
        stop("the picture has no face");
    return networks_ms;
}
