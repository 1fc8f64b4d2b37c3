/* detect.c - where the faces are. Three families of detector, one kind of box. */
#include "face/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* How a part of the picture lies in the network's input. */
struct fit {
    double x, y, width, height;   /* of the picture, px */
    uint32_t left, top, to_width, to_height; /* of the input, px */
};

static struct fit fit_into(const struct gw_card_detector *card, double x, double y, double width, double height)
{
    const struct gw_card_input *in = &card->net.input;
    const double scale = fmin(in->width / width, in->height / height);
    struct fit f = { .x = x, .y = y, .width = width, .height = height };
    f.to_width = (uint32_t)fmin(in->width, fmax(1, round(width * scale)));
    f.to_height = (uint32_t)fmin(in->height, fmax(1, round(height * scale)));
    if (card->centered) {
        f.left = (in->width - f.to_width) / 2;
        f.top = (in->height - f.to_height) / 2;
    }
    return f;
}

/* --- the three families: outputs to candidates in px of the input ------------------------- */

static void add(struct gw_face_scratch *s, size_t *n, struct gw_candidate c)
{
    /* A box turned inside out or of no size is no face, whatever its score. */
    if (*n < s->max_candidates && c.x2 > c.x1 && c.y2 > c.y1)
        s->candidates[(*n)++] = c;
}

static size_t read_faceplugin(struct gw_face_scratch *s, const struct gw_card_detector *card)
{
    const struct gw_net_io *io = &s->io[GW_NET_DETECTOR];
    const float *scores = io->outputs[0], *boxes = io->outputs[1];
    const double w = card->net.input.width, h = card->net.input.height;
    const float least = (float)card->confidence;
    size_t n = 0;
    for (size_t i = 0; i < io->n_outputs_of[0] / 2; i++) {
        if (scores[2 * i + 1] < least)
            continue;
        const float *b = boxes + 4 * i;
        add(s, &n, (struct gw_candidate){ (double)b[0] * w, (double)b[1] * h, (double)b[2] * w, (double)b[3] * h,
                       .score = (double)scores[2 * i + 1] });
    }
    return n;
}

/* Per stride: class, object, box (centre offset, log size), points; in cells. */
static size_t read_yunet(struct gw_face_scratch *s, const struct gw_card_detector *card)
{
    const struct gw_net_io *io = &s->io[GW_NET_DETECTOR];
    const size_t per_stride = card->stride_points[0] != NULL ? 4 : 3;
    size_t n = 0;
    for (size_t k = 0; k < card->n_strides; k++) {
        const double stride = card->strides[k];
        const size_t columns = card->net.input.width / card->strides[k], rows = card->net.input.height / card->strides[k];
        float *const *o = &io->outputs[k * per_stride];
        for (size_t i = 0; i < rows * columns; i++) {
            double class = fmin(1, fmax(0, (double)o[0][i])), object = fmin(1, fmax(0, (double)o[1][i]));
            double score = sqrt(class * object);
            if (score < card->confidence)
                continue;
            const size_t cell_x = i % columns, cell_y = i / columns;
            const double column = (double)cell_x, row = (double)cell_y;
            const float *b = o[2] + 4 * i;
            const double cx = (column + (double)b[0]) * stride, cy = (row + (double)b[1]) * stride;
            const double w = exp(fmin((double)b[2], 10)) * stride, h = exp(fmin((double)b[3], 10)) * stride;
            struct gw_candidate c = { cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, .score = score };
            c.has_points = per_stride == 4;
            for (size_t p = 0; c.has_points && p < GW_FACE_POINTS; p++) {
                c.points[p][0] = (column + (double)o[3][10 * i + 2 * p]) * stride;
                c.points[p][1] = (row + (double)o[3][10 * i + 2 * p + 1]) * stride;
            }
            add(s, &n, c);
        }
    }
    return n;
}

/* Per stride: score, distances from the cell's corner to the box's sides, points; in
 * cells, two anchors a cell one after the other. */
static size_t read_scrfd(struct gw_face_scratch *s, const struct gw_card_detector *card)
{
    const struct gw_net_io *io = &s->io[GW_NET_DETECTOR];
    const size_t per_stride = card->stride_points[0] != NULL ? 3 : 2;
    size_t n = 0;
    for (size_t k = 0; k < card->n_strides; k++) {
        const double stride = card->strides[k];
        const size_t columns = card->net.input.width / card->strides[k], rows = card->net.input.height / card->strides[k];
        float *const *o = &io->outputs[k * per_stride];
        for (size_t i = 0; i < rows * columns * 2; i++) {
            if ((double)o[0][i] < card->confidence)
                continue;
            const size_t cell_x = i / 2 % columns, cell_y = i / 2 / columns;
            const double x = (double)cell_x * stride, y = (double)cell_y * stride;
            const float *d = o[1] + 4 * i;
            struct gw_candidate c = { x - (double)d[0] * stride, y - (double)d[1] * stride, x + (double)d[2] * stride,
                y + (double)d[3] * stride, .score = fmin(1, (double)o[0][i]) };
            c.has_points = per_stride == 3;
            for (size_t p = 0; c.has_points && p < GW_FACE_POINTS; p++) {
                c.points[p][0] = x + (double)o[2][10 * i + 2 * p] * stride;
                c.points[p][1] = y + (double)o[2][10 * i + 2 * p + 1] * stride;
            }
            add(s, &n, c);
        }
    }
    return n;
}

static size_t (*const readers[])(struct gw_face_scratch *, const struct gw_card_detector *) = {
    [GW_DETECTOR_FACEPLUGIN] = read_faceplugin,
    [GW_DETECTOR_YUNET] = read_yunet,
    [GW_DETECTOR_SCRFD] = read_scrfd,
};

/* --- shapes -------------------------------------------------------------------------------- */

/* All of an output's floats, whatever dimensions of size 1 stand around them. */
static bool check_count(const struct gw_card_detector *card, const struct gw_net *net, size_t i, const char *name,
    size_t rows, size_t each, struct gw_err *err)
{
    const struct gw_shape *shape = gw_net_output_shape(net, i);
    if (gw_shape_count(shape) == rows * each &&
        (each == 1 || (shape->rank > 0 && shape->dims[shape->rank - 1] == (int64_t)each)))
        return true;
    return gw_fail(err, GW_ERR_INVALID,
        "%s: the output \"%.60s\" has %zu numbers; for this kind of detector and a %ux%u input it must be %zu x %zu",
        card->net.file, name, gw_shape_count(shape), card->net.input.width, card->net.input.height, rows, each);
}

bool gw_detect_check(const struct gw_card_detector *card, const struct gw_net *net, struct gw_err *err)
{
    if (card->kind == GW_DETECTOR_FACEPLUGIN) {
        size_t rows = gw_shape_count(gw_net_output_shape(net, 0)) / 2;
        return check_count(card, net, 0, card->scores, GW_MAX(rows, (size_t)1), 2, err) &&
               check_count(card, net, 1, card->boxes, rows, 4, err);
    }
    const size_t anchors = card->kind == GW_DETECTOR_SCRFD ? 2 : 1;
    size_t o = 0;
    for (size_t k = 0; k < card->n_strides; k++) {
        const size_t cells = (size_t)(card->net.input.width / card->strides[k]) * (card->net.input.height / card->strides[k]);
        if (!check_count(card, net, o++, card->stride_scores[k], cells * anchors, 1, err) ||
            (card->kind == GW_DETECTOR_YUNET && !check_count(card, net, o++, card->stride_objects[k], cells, 1, err)) ||
            !check_count(card, net, o++, card->stride_boxes[k], cells * anchors, 4, err) ||
            (card->stride_points[0] != NULL &&
                !check_count(card, net, o++, card->stride_points[k], cells * anchors, 2 * GW_FACE_POINTS, err)))
            return false;
    }
    return true;
}

size_t gw_detect_most(const struct gw_card_detector *card, const struct gw_net *net)
{
    if (card->kind == GW_DETECTOR_FACEPLUGIN)
        return gw_shape_count(gw_net_output_shape(net, 0)) / 2;
    size_t n = 0;
    for (size_t k = 0; k < card->n_strides; k++)
        n += (size_t)(card->net.input.width / card->strides[k]) * (card->net.input.height / card->strides[k]) * 2;
    return n;
}

/* --- one box a face -------------------------------------------------------------------------- */

static double area(const struct gw_candidate *c)
{
    return (c->x2 - c->x1) * (c->y2 - c->y1);
}

static double overlap(const struct gw_candidate *a, const struct gw_candidate *b)
{
    const double w = fmin(a->x2, b->x2) - fmax(a->x1, b->x1), h = fmin(a->y2, b->y2) - fmax(a->y1, b->y1);
    if (w <= 0 || h <= 0)
        return 0;
    return w * h / (area(a) + area(b) - w * h);
}

/* Best first; equal scores by place, so that the answer does not depend on the sort. */
static int by_score(const void *pa, const void *pb)
{
    const struct gw_candidate *a = pa, *b = pb;
    if (a->score != b->score)
        return a->score > b->score ? -1 : 1;
    if (a->y1 != b->y1)
        return a->y1 < b->y1 ? -1 : 1;
    return a->x1 < b->x1 ? -1 : a->x1 > b->x1;
}

size_t gw_detect_suppress(struct gw_candidate *c, size_t n, double most, size_t max)
{
    if (n > 0)
        qsort(c, n, sizeof *c, by_score);
    size_t kept = 0;
    for (size_t i = 0; i < n && kept < max; i++) {
        bool another = true;
        for (size_t k = 0; k < kept && another; k++)
            another = overlap(&c[i], &c[k]) <= most;
        if (another)
            c[kept++] = c[i];
    }
    return kept;
}

/* --- a look at a part of the picture ----------------------------------------------------------- */

/* Writes at most `max` faces in px of the picture. */
static bool look(struct gw_candidate *out, size_t max, size_t *n, struct gw_face_scratch *s,
    const struct gw_image *image, const struct fit *f, struct gw_err *err)
{
    const struct gw_card_detector *card = &s->faces->card.detector;
    struct gw_net_io *io = &s->io[GW_NET_DETECTOR];
    struct gw_image whole = gw_scratch_image(s, card->net.input.width, card->net.input.height);
    if (f->to_width != whole.width || f->to_height != whole.height)
        memset(whole.data, card->fill, whole.stride * whole.height);
    struct gw_image part = { whole.data + f->top * whole.stride + (size_t)f->left * 3, f->to_width, f->to_height,
        whole.stride };
    gw_image_scale(&part, image, f->x, f->y, f->width, f->height, card->fill);
    gw_input_fill(io->input, &card->net.input, &whole, false);
    if (!gw_net_run(io, err))
        return false;
    size_t found = readers[card->kind](s, card);
    found = gw_detect_suppress(s->candidates, found, card->overlap, max);
    const double zx = f->width / f->to_width, zy = f->height / f->to_height;
    for (size_t i = 0; i < found; i++) {
        struct gw_candidate c = s->candidates[i];
        c.x1 = f->x + (c.x1 - f->left) * zx;
        c.x2 = f->x + (c.x2 - f->left) * zx;
        c.y1 = f->y + (c.y1 - f->top) * zy;
        c.y2 = f->y + (c.y2 - f->top) * zy;
        for (size_t p = 0; p < GW_FACE_POINTS; p++) {
            c.points[p][0] = f->x + (c.points[p][0] - f->left) * zx;
            c.points[p][1] = f->y + (c.points[p][1] - f->top) * zy;
        }
        out[i] = c;
    }
    *n = found;
    return true;
}

/* A box cut by a tile's inner edge: the neighbouring tile sees that face whole. */
static bool is_cut(const struct gw_candidate *c, const struct fit *f, const struct gw_image *image)
{
    const double near = 0.01 * fmax(f->width, f->height);
    return (f->x > 0 && c->x1 < f->x + near) || (f->y > 0 && c->y1 < f->y + near) ||
           (f->x + f->width < image->width - 0.5 && c->x2 > f->x + f->width - near) ||
           (f->y + f->height < image->height - 0.5 && c->y2 > f->y + f->height - near);
}

/* The picture in overlapping tiles, so that small faces become larger in the input. */
static bool look_closer(struct gw_candidate *found, size_t max, size_t *n, struct gw_face_scratch *s,
    const struct gw_image *image, struct gw_err *err)
{
    const struct gw_card_detector *card = &s->faces->card.detector;
    const uint32_t tiles = card->small_tiles;
    /* A fifth of a tile is shared with the next one. */
    const double width = image->width / (tiles - 0.2 * (tiles - 1)), height = image->height / (tiles - 0.2 * (tiles - 1));
    struct gw_candidate here[GW_FACES_MAX];
    for (uint32_t i = 0; i < tiles * tiles; i++) {
        const uint32_t column = i % tiles, row = i / tiles;
        const double x = (image->width - width) * column / (tiles - 1);
        const double y = (image->height - height) * row / (tiles - 1);
        const struct fit f = fit_into(card, x, y, width, height);
        size_t n_here;
        if (!look(here, GW_FACES_MAX, &n_here, s, image, &f, err))
            return false;
        for (size_t k = 0; k < n_here && *n < max; k++)
            if (!is_cut(&here[k], &f, image))
                found[(*n)++] = here[k];
    }
    return true;
}

bool gw_detect(struct gw_candidate *out, size_t max, size_t *n, struct gw_face_scratch *s,
    const struct gw_image *image, struct gw_err *err)
{
    const struct gw_card_detector *card = &s->faces->card.detector;
    struct gw_candidate *found = s->found;
    const struct fit f = fit_into(card, 0, 0, image->width, image->height);
    *n = 0;
    size_t n_found;
    if (!look(found, GW_FACES_MAX, &n_found, s, image, &f, err))
        return false;
    /* Worth another look only where the picture has more pixels than the input showed. */
    const double zoom = f.width / f.to_width;
    double largest = 0;
    for (size_t i = 0; i < n_found; i++)
        largest = fmax(largest, fmax(found[i].x2 - found[i].x1, found[i].y2 - found[i].y1) / zoom);
    if (card->has_small && zoom > 1.2 && largest < card->small_below_px &&
        !look_closer(found, GW_FOUND_MAX, &n_found, s, image, err))
        return false;
    n_found = gw_detect_suppress(found, n_found, card->overlap, GW_FOUND_MAX);
    *n = GW_MIN(n_found, max);
    memcpy(out, found, *n * sizeof *out);
    return true;
}
