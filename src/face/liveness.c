/* liveness.c - a face, or a picture of a face? */
#include "base/clock.h"
#include "face/engine.h"

#include <math.h>

/* The crop in px of the picture. Where the card asks for it, shrunk and moved so that
 * no pixel is invented: the border of a screen or a print is what gives it away. */
static void place_crop(double *left, double *top, double *width, double *height, const struct gw_card_liveness *card,
    const struct gw_image *image, const struct gw_face *face)
{
    double scale = card->crop.scale;
    const double w = face->box.width, h = face->box.height;
    if (card->inside)
        scale = fmin(scale, fmin(image->width / w, image->height / h));
    *width = w * scale;
    *height = h * scale;
    const double longer = fmax(w, h);
    *left = face->box.x + w / 2 + card->crop.shift_x * longer - *width / 2;
    *top = face->box.y + h / 2 + card->crop.shift_y * longer - *height / 2;
    if (card->inside) {
        *left = fmax(0, fmin(*left, image->width - *width));
        *top = fmax(0, fmin(*top, image->height - *height));
    }
}

bool gw_face_liveness(double *out, bool *has, struct gw_faces *f, struct gw_face_scratch *s,
    const struct gw_image *image, const struct gw_face *face, struct gw_face_times *times, struct gw_err *err)
{
    assert(s->faces == f);
    *out = 0;
    *has = f->card.has_liveness;
    if (!*has)
        return true;
    const struct gw_card_liveness *card = &f->card.liveness;
    struct gw_net_io *io = &s->io[GW_NET_LIVENESS];
    const int64_t begun = gw_clock_monotonic_us();
    double left, top, width, height;
    place_crop(&left, &top, &width, &height, card, image, face);
    struct gw_image crop = gw_scratch_image(s, card->net.input.width, card->net.input.height);
    gw_image_scale(&crop, image, left, top, width, height, 0);
    gw_input_fill(io->input, &card->net.input, &crop, false);
    if (!gw_net_run(io, err))
        return false;
    double most = -HUGE_VAL, all = 0, live = 0;
    for (size_t i = 0; i < card->n_classes; i++)
        most = fmax(most, (double)io->outputs[0][i]);
    for (size_t i = 0; i < card->n_classes; i++) {
        double p = (double)io->outputs[0][i];
        p = card->softmax ? exp(p - most) : fmax(p, 0);
        all += p;
        live += card->live[i] ? p : 0;
    }
    if (!(all > 0))
        return gw_fail(err, GW_ERR_INTERNAL, "%s: no class has a probability for this picture", card->net.file);
    *out = live / all;
    if (times != NULL)
        times->liveness += gw_clock_monotonic_us() - begun;
    return true;
}
