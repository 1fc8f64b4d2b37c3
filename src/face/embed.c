/* embed.c - the numbers that make a face one person's. */
#include "base/clock.h"
#include "face/engine.h"

#include <math.h>
#include <string.h>

bool gw_face_embed(struct gw_embedding *out, struct gw_faces *f, struct gw_face_scratch *s,
    const struct gw_image *image, const struct gw_face *face, struct gw_face_times *times, struct gw_err *err)
{
    assert(s->faces == f);
    const struct gw_card_embedder *card = &f->card.embedder;
    struct gw_net_io *io = &s->io[GW_NET_EMBEDDER];
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

    double sum[GW_EMBEDDING_MAX] = {};
    for (int m = 0; m <= (card->flip ? 1 : 0); m++) {
        gw_input_fill(io->input, &card->net.input, &aligned, m == 1);
        if (!gw_net_run(io, err))
            return false;
        for (unsigned i = 0; i < card->dim; i++)
            sum[i] += (double)io->outputs[0][i] / (card->flip ? 2 : 1);
    }
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
