/* liveness.c - a face, or a picture of a face? */
#include "base/clock.h"
#include "face/engine.h"

#include <math.h>

/* The crop in px of the picture. Where the card asks for it, shrunk and moved so that
 * no pixel is invented: the border of a screen or a print is what gives it away. False
 * when so little is left around the face that nothing can be said. */
static bool place_crop(double *left, double *top, double *width, double *height, const struct gw_card_liveness *card,
    const struct gw_image *image, const struct gw_face *face)
{
    const double w = face->box.width, h = face->box.height, longer = fmax(w, h);
    double scale = card->crop.scale;
    if (card->inside)
        scale = fmin(scale, fmin(image->width / w, image->height / h));
    *width = w * scale;
    *height = h * scale;
    *left = face->box.x + w / 2 + card->crop.shift_x * longer - *width / 2;
    *top = face->box.y + h / 2 + card->crop.shift_y * longer - *height / 2;
    if (card->inside) {
        *left = fmax(0, fmin(*left, image->width - *width));
        *top = fmax(0, fmin(*top, image->height - *height));
    }
    return scale >= card->least_scale;
}

/* Bilinear between the four nearest pixels, however many lie between two samples. */
static void stretch(struct gw_image *dst, const struct gw_image *image, double left, double top, double width,
    double height)
{
    const double most_x = image->width - 1.0, most_y = image->height - 1.0;
    for (uint32_t j = 0; j < dst->height; j++) {
        const double y = fmax(0, fmin(most_y, top + (j + 0.5) * height / dst->height - 0.5));
        const size_t y0 = (size_t)y, y1 = GW_MIN(y0 + 1, image->height - 1);
        const double v = y - (double)y0;
        for (uint32_t i = 0; i < dst->width; i++) {
            const double x = fmax(0, fmin(most_x, left + (i + 0.5) * width / dst->width - 0.5));
            const size_t x0 = (size_t)x, x1 = GW_MIN(x0 + 1, image->width - 1);
            const double u = x - (double)x0;
            const uint8_t *a = image->data + y0 * image->stride, *b = image->data + y1 * image->stride;
            for (size_t c = 0; c < 3; c++)
                dst->data[j * dst->stride + 3 * (size_t)i + c] = (uint8_t)((1 - v) * ((1 - u) * a[3 * x0 + c] + u * a[3 * x1 + c]) +
                                                                          v * ((1 - u) * b[3 * x0 + c] + u * b[3 * x1 + c]) + 0.5);
        }
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
    *has = place_crop(&left, &top, &width, &height, card, image, face);
    if (!*has)
        return true;
    struct gw_image crop = gw_scratch_image(s, card->net.input.width, card->net.input.height);
    if (card->plain)
        stretch(&crop, image, left, top, width, height);
    else
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
