/* landmark.c - 68 points of a face.
 *
 * The network sees a square around the detector's box. Its answer is best when the face
 * fills that square in the way it learned and stands upright, so it may be asked
 * twice: the second square is put around the points of the first answer and turned
 * with the eyes. Where a card asks for it the last answer is the mean over a few
 * shifted squares. */
#include "face/engine.h"

#include <math.h>
#include <string.h>

/* The mark that a mark becomes when the picture is mirrored. */
static const uint8_t mirrored[GW_FACE_MARKS] = {
    16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,                                /* jaw */
    26, 25, 24, 23, 22, 21, 20, 19, 18, 17,                                                 /* brows */
    27, 28, 29, 30, 35, 34, 33, 32, 31,                                                     /* nose */
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,                                         /* eyes */
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,         /* lips */
};

/* A square of the picture, px: centre, side, and how it is turned (radians, clockwise as seen). */
struct square {
    double x, y, side, turn;
};

/* The mean of the answers on the square shifted and scaled by each jitter. */
static bool look(double marks[GW_FACE_MARKS][2], struct gw_face_scratch *s, const struct gw_image *image,
    const struct square *at, const double (*jitter)[3], size_t n_jitter, bool mirror, struct gw_err *err)
{
    const struct gw_card_landmarks *card = &s->faces->card.landmarks;
    struct gw_net_io *io = &s->io[GW_NET_LANDMARKS];
    const double share = 1.0 / (double)(n_jitter * (mirror ? 2 : 1)), c = cos(at->turn), d = sin(at->turn);
    double sum[GW_FACE_MARKS][2] = {};
    for (size_t j = 0; j < n_jitter; j++) {
        const double size = at->side * jitter[j][2];
        const double x = at->x + (c * jitter[j][0] - d * jitter[j][1]) * at->side;
        const double y = at->y + (d * jitter[j][0] + c * jitter[j][1]) * at->side;
        struct gw_image crop = gw_scratch_image(s, card->net.input.width, card->net.input.height);
        const double zx = size / crop.width, zy = size / crop.height;
        if (at->turn == 0)
            gw_image_scale(&crop, image, x - size / 2, y - size / 2, size, size, 0);
        else
            gw_image_warp(&crop, image,
                (struct gw_affine){ c * zx, -d * zy, x - (c - d) * size / 2, d * zx, c * zy, y - (d + c) * size / 2 }, 0);
        for (int m = 0; m <= (mirror ? 1 : 0); m++) {
            gw_input_fill(io->input, &card->net.input, &crop, m == 1);
            if (!gw_net_run(io, err))
                return false;
            for (size_t i = 0; i < GW_FACE_MARKS; i++) {
                const size_t from = m == 1 ? mirrored[i] : i;
                double u = (double)io->outputs[0][2 * from], v = (double)io->outputs[0][2 * from + 1] - 0.5;
                u = (m == 1 ? 1 - u : u) - 0.5;
                sum[i][0] += share * (x + (c * u - d * v) * size);
                sum[i][1] += share * (y + (d * u + c * v) * size);
            }
        }
    }
    memcpy(marks, sum, sizeof sum);
    return true;
}

/* The square around the marks, turned with the eyes. False when the answer was no face. */
static bool surround(struct square *out, const double marks[GW_FACE_MARKS][2], double refine)
{
    double points[GW_FACE_POINTS][2];
    gw_landmarks_five(points, marks);
    const double turn = atan2(points[1][1] - points[0][1], points[1][0] - points[0][0]);
    const double c = cos(turn), d = sin(turn);
    double least[2] = { HUGE_VAL, HUGE_VAL }, most[2] = { -HUGE_VAL, -HUGE_VAL };
    for (size_t i = 0; i < GW_FACE_MARKS; i++) {
        const double upright[2] = { c * marks[i][0] + d * marks[i][1], -d * marks[i][0] + c * marks[i][1] };
        for (int k = 0; k < 2; k++) {
            least[k] = fmin(least[k], upright[k]);
            most[k] = fmax(most[k], upright[k]);
        }
    }
    const double x = (least[0] + most[0]) / 2, y = (least[1] + most[1]) / 2;
    *out = (struct square){ c * x - d * y, d * x + c * y, refine * fmax(most[0] - least[0], most[1] - least[1]), turn };
    return out->side >= 1;
}

/* Mean distance of the inner face's marks (no jaw), in eye distances. */
static double how_far(const double a[GW_FACE_MARKS][2], const double b[GW_FACE_MARKS][2])
{
    double points[GW_FACE_POINTS][2], sum = 0;
    gw_landmarks_five(points, b);
    for (size_t i = 17; i < GW_FACE_MARKS; i++)
        sum += hypot(a[i][0] - b[i][0], a[i][1] - b[i][1]) / (GW_FACE_MARKS - 17);
    return sum / fmax(1e-6, hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]));
}

bool gw_landmarks(double marks[GW_FACE_MARKS][2], double *moved, bool *has_moved, struct gw_face_scratch *s,
    const struct gw_image *image, const struct gw_candidate *box, struct gw_err *err)
{
    double first[GW_FACE_MARKS][2];
    static const double as_it_is[1][3] = { { 0, 0, 1 } };
    const struct gw_card_landmarks *card = &s->faces->card.landmarks;
    const double longer = fmax(box->x2 - box->x1, box->y2 - box->y1);
    struct square at = {
        .x = (box->x1 + box->x2) / 2 + card->crop.shift_x * longer,
        .y = (box->y1 + box->y2) / 2 + card->crop.shift_y * longer,
        .side = longer * card->crop.scale,
    };
    *has_moved = card->refine > 0;
    *moved = 0;
    if (*has_moved) {
        struct square refined;
        if (!look(first, s, image, &at, as_it_is, 1, false, err))
            return false;
        if (surround(&refined, first, card->refine))
            at = refined;
    }
    if (!look(marks, s, image, &at, card->jitter, card->n_jitter, card->mirror, err))
        return false;
    if (*has_moved)
        *moved = how_far(first, marks);
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
