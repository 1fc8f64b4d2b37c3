/* landmark.c - 68 points of a face.
 *
 * The network sees a square around the detector's box. Its answer depends on where
 * exactly the box lies; the mean over a few shifted and scaled boxes does so less,
 * which is worth more to recognition than a better single box. */
#include "face/engine.h"

#include <string.h>

/* The mark that a mark becomes when the picture is mirrored. */
static const uint8_t mirrored[GW_FACE_MARKS] = {
    16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,                                /* jaw */
    26, 25, 24, 23, 22, 21, 20, 19, 18, 17,                                                 /* brows */
    27, 28, 29, 30, 35, 34, 33, 32, 31,                                                     /* nose */
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,                                         /* eyes */
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,         /* lips */
};

bool gw_landmarks(double marks[GW_FACE_MARKS][2], struct gw_face_scratch *s, const struct gw_image *image,
    const struct gw_candidate *box, struct gw_err *err)
{
    const struct gw_card_landmarks *card = &s->faces->card.landmarks;
    struct gw_net_io *io = &s->io[GW_NET_LANDMARKS];
    const double longer = GW_MAX(box->x2 - box->x1, box->y2 - box->y1);
    const double side = longer * card->crop.scale;
    const double cx = (box->x1 + box->x2) / 2 + card->crop.shift_x * longer;
    const double cy = (box->y1 + box->y2) / 2 + card->crop.shift_y * longer;
    const double share = 1.0 / (double)(card->n_jitter * (card->mirror ? 2 : 1));
    memset(marks, 0, sizeof(double[GW_FACE_MARKS][2]));
    for (size_t j = 0; j < card->n_jitter; j++) {
        const double size = side * card->jitter[j][2];
        const double left = cx + card->jitter[j][0] * side - size / 2, top = cy + card->jitter[j][1] * side - size / 2;
        struct gw_image crop = gw_scratch_image(s, card->net.input.width, card->net.input.height);
        gw_image_scale(&crop, image, left, top, size, size, 0);
        for (int m = 0; m <= (card->mirror ? 1 : 0); m++) {
            gw_input_fill(io->input, &card->net.input, &crop, m == 1);
            if (!gw_net_run(io, err))
                return false;
            for (size_t i = 0; i < GW_FACE_MARKS; i++) {
                size_t from = m == 1 ? mirrored[i] : i;
                double x = (double)io->outputs[0][2 * from], y = (double)io->outputs[0][2 * from + 1];
                marks[i][0] += share * (left + size * (m == 1 ? 1 - x : x));
                marks[i][1] += share * (top + size * y);
            }
        }
    }
    return true;
}

static void mean_of(double out[2], const double marks[GW_FACE_MARKS][2], const uint8_t *which, size_t n)
{
    out[0] = out[1] = 0;
    for (size_t i = 0; i < n; i++) {
        out[0] += marks[which[i]][0] / (double)n;
        out[1] += marks[which[i]][1] / (double)n;
    }
}

void gw_landmarks_five(double points[GW_FACE_POINTS][2], const double marks[GW_FACE_MARKS][2])
{
    /* The eyelids' middle points, not the corners: blinking moves them least sideways. */
    mean_of(points[0], marks, (const uint8_t[]){ 37, 38, 40, 41 }, 4);
    mean_of(points[1], marks, (const uint8_t[]){ 43, 44, 46, 47 }, 4);
    mean_of(points[2], marks, (const uint8_t[]){ 30 }, 1);
    /* Outer and inner corner of the lips. */
    mean_of(points[3], marks, (const uint8_t[]){ 48, 60 }, 2);
    mean_of(points[4], marks, (const uint8_t[]){ 54, 64 }, 2);
}
