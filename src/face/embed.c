/* embed.c - the numbers that make a face one person's. */
#include "base/clock.h"
#include "base/work.h"
#include "face/engine.h"

#include <math.h>
#include <string.h>

/* The face as it is, or as a mirror shows it. */
struct look {
    const struct gw_card_input *input;
    const struct gw_image *aligned;
    struct gw_net_io *io;
    bool mirror, fine;
    struct gw_err err;
};

static void run_look(void *arg)
{
    struct look *l = arg;
    gw_input_fill(l->io->input, l->input, l->aligned, l->mirror);
    l->fine = gw_net_run(l->io, &l->err);
}

/* Both; the second by another worker meanwhile, where one has nothing to do. */
static bool run_looks(struct look looks[2], size_t n, struct gw_err *err)
{
    struct gw_work_part second = { .run = run_look, .arg = &looks[1] };
    const bool shared = n == 2 && gw_work_part_begin(&second);
    run_look(&looks[0]);
    if (shared)
        gw_work_part_end(&second);
    else if (n == 2)
        run_look(&looks[1]);
    for (size_t i = 0; i < n; i++)
        if (!looks[i].fine) {
            if (err != NULL)
                *err = looks[i].err;
            return false;
        }
    return true;
}

bool gw_face_embed(struct gw_embedding *out, struct gw_faces *f, struct gw_face_scratch *s,
    const struct gw_image *image, const struct gw_face *face, struct gw_face_times *times, struct gw_err *err)
{
    assert(s->faces == f);
    const struct gw_card_embedder *card = &f->card.embedder;
    const int64_t begun = gw_clock_monotonic_us();
    struct gw_image aligned = gw_scratch_aligned(s);
    if (!s->has_aligned || face->look != s->look) {
        struct gw_affine from_picture;
        if (!gw_align(&from_picture, card, face->points))
            return gw_fail(err, GW_ERR_INVALID, "the points of the face coincide: it cannot be aligned");
        aligned = gw_scratch_image(s, card->net.input.width, card->net.input.height);
        gw_align_warp(&aligned, image, from_picture);
    }
    const int64_t warped = gw_clock_monotonic_us();

    struct look looks[2] = {
        { .input = &card->net.input, .aligned = &aligned, .io = &s->io[GW_NET_EMBEDDER] },
        { .input = &card->net.input, .aligned = &aligned, .io = &s->mirrored, .mirror = true },
    };
    const size_t n = card->flip ? 2 : 1;
    if (!run_looks(looks, n, err))
        return false;
    double sum[GW_EMBEDDING_MAX] = {};
    for (size_t l = 0; l < n; l++)
        for (unsigned i = 0; i < card->dim; i++)
            sum[i] += (double)looks[l].io->outputs[0][i] / (double)n;
    double length = 0;
    for (unsigned i = 0; i < card->dim; i++)
        length += sum[i] * sum[i];
    length = sqrt(length);
    if (!(length > 1e-9))
        return gw_fail(err, GW_ERR_INTERNAL, "%s: the embedding is zero for this picture", card->net.file);
    double weight = 1;
    if (card->has_weight)
        weight = pow(fmin(fmax(length / card->weight_length, card->weight_least), card->weight_most), card->weight_power);
    *out = (struct gw_embedding){ .dim = card->dim, .doubtful = card->has_weight && length < card->weight_doubtful };
    for (unsigned i = 0; i < card->dim; i++)
        out->v[i] = (float)(sum[i] * (weight / length));
    if (times != NULL) {
        times->align += warped - begun;
        times->embed += gw_clock_monotonic_us() - warped;
    }
    return true;
}
