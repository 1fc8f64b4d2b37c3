/* warp.c - pixels from other pixels: scaling and the similarity warp.
 *
 * Conventions. A pixel is the square [x, x+1) x [y, y+1); its centre is at x + 0.5.
 * A position inside the picture is made from the picture's pixels only (at the rim
 * the nearest ones are repeated); a position outside is the `outside` grey.
 *
 * gw_image_scale is the exact integral over each destination pixel's rectangle
 * where it shrinks and bilinear where it enlarges, each axis for itself. First
 * whole rows are summed as 16-bit integers (exact, and what compilers vectorise
 * best), then columns as vectors of four floats, one pixel each.
 *
 * gw_image_warp shrinks by s in two steps. By k = the whole part of s: means of
 * k x k blocks (of a grid that starts at the picture's corner, so that the result
 * does not depend on how the work is cut up). By the rest, 1 <= r < 2: the mean of
 * four bilinear samples at +-d along both axes of the destination, with
 * d = sqrt((r^2 - 1) / 6): bilinear interpolation has a variance of 1/6 a pixel, so
 * this keeps the filter as wide, in destination pixels, as it is at r = 1, without
 * a jump there. It works in tiles of 16 x 16, whose sources fit on the stack. */
#include "image/image.h"

#include <math.h>

/* One pixel, red green blue and one lane of padding: SSE2 and NEON both have these. */
typedef float pixel __attribute__((vector_size(16)));
typedef int32_t pixel_int __attribute__((vector_size(16)));

static pixel pixel_of(const uint8_t *p)
{
    return (pixel){ p[0], p[1], p[2], 0 };
}
static pixel pixel_all(float v)
{
    return (pixel){ v, v, v, v };
}
static void pixel_store(uint8_t *to, pixel p)
{
    /* All values are means of bytes, so within 0 to 255. */
    pixel_int i = __builtin_convertvector(p + 0.5f, pixel_int);
    to[0] = (uint8_t)i[0];
    to[1] = (uint8_t)i[1];
    to[2] = (uint8_t)i[2];
}

/* Geometry. */
bool gw_affine_fit(struct gw_affine *out, const double (*from)[2], const double (*to)[2], size_t n)
{
    double fx = 0, fy = 0, gx = 0, gy = 0, dot = 0, cross = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        fx += from[i][0];
        fy += from[i][1];
        gx += to[i][0];
        gy += to[i][1];
    }
    fx /= (double)n, fy /= (double)n, gx /= (double)n, gy /= (double)n;
    for (size_t i = 0; i < n; i++) {
        double px = from[i][0] - fx, py = from[i][1] - fy, qx = to[i][0] - gx, qy = to[i][1] - gy;
        dot += px * qx + py * qy;
        cross += px * qy - py * qx;
        square += px * px + py * py;
    }
    double c = dot / square, s = cross / square;
    /* Written so that NaN, from no points or from bad ones, is refused as well. */
    if (!(square > 0) || !(c * c + s * s > 0) || !isfinite(c) || !isfinite(s))
        return false;
    *out = (struct gw_affine){ .a = c, .b = -s, .tx = gx - c * fx + s * fy, .c = s, .d = c, .ty = gy - s * fx - c * fy };
    return true;
}

struct gw_affine gw_affine_invert(struct gw_affine m)
{
    double det = m.a * m.d - m.b * m.c;
    struct gw_affine r = { .a = m.d / det, .b = -m.b / det, .c = -m.c / det, .d = m.a / det };
    r.tx = -(r.a * m.tx + r.b * m.ty);
    r.ty = -(r.c * m.tx + r.d * m.ty);
    return r;
}

/* Scaling. What one destination pixel takes of one axis: source [at, at + n), the
 * first and last of them weighted, those between counted whole; the sum of all is
 * 1 / norm. All outside: n = 0. */
struct taps {
    int64_t at;
    int64_t n;
    float first, last, norm;
    float outside; /* weight of grey beyond the ends, already normalised */
};

static struct taps taps_of(double start, double step, uint32_t i, uint32_t size)
{
    double from = start + step * i, to = start + step * (i + 1.0);
    if (step <= 1) { /* two nearest centres */
        double centre = (from + to) / 2;
        if (!(centre >= 0 && centre < size))
            return (struct taps){ .outside = 1 };
        double low = floor(centre - 0.5), f = centre - 0.5 - low;
        if (low < 0 || low + 1 >= size)
            return (struct taps){ .at = low < 0 ? 0 : size - 1, .n = 1, .first = 1, .norm = 1 };
        return (struct taps){ .at = (int64_t)low, .n = 2, .first = (float)(1 - f), .last = (float)f, .norm = 1 };
    }
    double left = fmax(from, 0), right = fmin(to, size);
    if (!(right > left))
        return (struct taps){ .outside = 1 };
    double low = floor(left), high = ceil(right);
    struct taps t = { .at = (int64_t)low, .n = (int64_t)(high - low), .norm = (float)(1 / step) };
    t.outside = (float)fmax(0, 1 - (right - left) / step);
    t.first = (float)(t.n == 1 ? right - left : low + 1 - left);
    t.last = (float)(right - (high - 1));
    return t;
}

enum {
    SPAN = 1024,       /* source columns handled at once */
    MOST_ROWS = 256,   /* bytes that fit into a 16-bit sum */
};

/* sum[0..n) += rows of bytes; vectorises to unpack and add. */
static void add_rows(uint16_t *restrict sum, const uint8_t *restrict row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] = (uint16_t)(sum[i] + row[i]);
}

/* value[0..n) = the weighted sum down the columns [at, at+n) of the picture. */
static void down(float *restrict value, const struct gw_image *src, const struct taps *rows, size_t column, size_t n)
{
    uint16_t sum[SPAN * 3];
    const uint8_t *base = src->data + (size_t)rows->at * src->stride + column * 3;
    const uint8_t *last = base + (size_t)(rows->n - 1) * src->stride;
    float first_weight = rows->first * rows->norm, last_weight = rows->last * rows->norm, norm = rows->norm;
    size_t bytes = n * 3;
    int64_t y = 1;

    if (rows->n == 1) {
        for (size_t i = 0; i < bytes; i++)
            value[i] = base[i] * first_weight;
        return;
    }
    /* Rows taken whole join the 16-bit sum. */
    bool whole_first = rows->first == 1 && rows->norm < 1, whole_last = rows->last == 1 && rows->norm < 1;
    int64_t end = rows->n - (whole_last ? 0 : 1);
    if (whole_first)
        y = 0;
    if (!whole_first && !whole_last)
        for (size_t i = 0; i < bytes; i++)
            value[i] = base[i] * first_weight + last[i] * last_weight;
    else if (!whole_first)
        for (size_t i = 0; i < bytes; i++)
            value[i] = base[i] * first_weight;
    else if (!whole_last)
        for (size_t i = 0; i < bytes; i++)
            value[i] = last[i] * last_weight;
    else
        memset(value, 0, bytes * sizeof *value);
    while (y < end) {
        memset(sum, 0, bytes * sizeof *sum);
        for (int64_t stop = GW_MIN(end, y + MOST_ROWS); y < stop; y++)
            add_rows(sum, base + (size_t)y * src->stride, bytes);
        for (size_t i = 0; i < bytes; i++)
            value[i] += sum[i] * norm;
    }
}

static pixel load(const float *p)
{
    pixel v;
    memcpy(&v, p, sizeof v); /* the fourth lane is the next pixel's red, or the padding */
    return v;
}

/* The part of taps t within columns [from, from + n), whose sums are in value. */
static pixel across(const float *value, const struct taps *t, int64_t from, int64_t n)
{
    pixel sum = {};
    int64_t at = GW_MAX(t->at, from), end = GW_MIN(t->at + t->n, from + n);
    if (at < end && at == t->at) {
        sum = load(value + 3 * (at - from)) * t->first;
        at++;
    }
    bool with_last = t->n > 1 && end == t->at + t->n;
    for (int64_t stop = end - with_last; at < stop; at++)
        sum += load(value + 3 * (at - from));
    if (with_last && at < end)
        sum += load(value + 3 * (at - from)) * t->last;
    return sum * t->norm;
}

void gw_image_scale(struct gw_image *dst, const struct gw_image *src, double x, double y, double w, double h,
    uint8_t outside)
{
    float value[SPAN * 3 + 1]; /* one lane more than the last pixel */
    double step_x = w / dst->width, step_y = h / dst->height;
    value[SPAN * 3] = 0;
    for (uint32_t row = 0; row < dst->height; row++) {
        uint8_t *to = dst->data + row * dst->stride;
        struct taps rows = taps_of(y, step_y, row, src->height);
        if (rows.n == 0) {
            memset(to, outside, (size_t)dst->width * 3);
            continue;
        }
        /* A run of destination pixels whose source columns fit into SPAN; or one that alone needs more. */
        for (uint32_t i = 0; i < dst->width;) {
            struct taps t = taps_of(x, step_x, i, src->width);
            if (t.n == 0) {
                memset(to + (size_t)i * 3, outside, 3);
                i++;
                continue;
            }
            float inside_y = 1 - rows.outside;
            if (t.n > SPAN) {
                pixel sum = {};
                for (int64_t at = t.at; at < t.at + t.n; at += SPAN) {
                    int64_t n = GW_MIN((int64_t)SPAN, t.at + t.n - at);
                    down(value, src, &rows, (size_t)at, (size_t)n);
                    value[n * 3] = 0;
                    sum += across(value, &t, at, n);
                }
                pixel_store(to + (size_t)i * 3, sum + outside * (1 - inside_y * (1 - t.outside)));
                i++;
                continue;
            }
            int64_t from = t.at, n = GW_MIN((int64_t)SPAN, (int64_t)src->width - from);
            /* Not further than the last destination pixel reaches. */
            struct taps last = taps_of(x, step_x, dst->width - 1, src->width);
            if (last.n > 0)
                n = GW_MIN(n, last.at + last.n - from);
            down(value, src, &rows, (size_t)from, (size_t)n);
            value[n * 3] = 0;
            do {
                float grey = outside * (1 - inside_y * (1 - t.outside));
                pixel_store(to + (size_t)i * 3, across(value, &t, from, n) + grey);
                if (++i == dst->width)
                    break;
                t = taps_of(x, step_x, i, src->width);
            } while (t.n > 0 && t.at >= from && t.at + t.n <= from + n);
        }
    }
}

/* Warping. */
enum {
    TILE = 16,
    SIDE = 52, /* source pixels, after shrinking by k, across a tile: 16 * 2 * sqrt 2, and the rim */
    FAR = 1 << 28,
};

struct source {
    const struct gw_image *image;
    uint32_t k;              /* shrunk by so much */
    int64_t width, height;   /* shrunk */
};

/* The shrunk picture's pixel, indices clamped to it: the mean of the block's part inside the picture. */
static pixel block(const struct source *s, int64_t x, int64_t y)
{
    const struct gw_image *image = s->image;
    x = GW_MAX(0, GW_MIN(x, s->width - 1));
    y = GW_MAX(0, GW_MIN(y, s->height - 1));
    if (s->k == 1)
        return pixel_of(image->data + (size_t)y * image->stride + (size_t)x * 3);
    size_t x0 = (size_t)x * s->k, y0 = (size_t)y * s->k;
    size_t x1 = GW_MIN(x0 + s->k, image->width), y1 = GW_MIN(y0 + s->k, image->height);
    uint64_t r = 0, g = 0, b = 0;
    for (size_t v = y0; v < y1; v++) {
        const uint8_t *p = image->data + v * image->stride + x0 * 3;
        for (size_t u = x0; u < x1; u++, p += 3)
            r += p[0], g += p[1], b += p[2];
    }
    float n = (float)((x1 - x0) * (y1 - y0));
    return (pixel){ (float)r / n, (float)g / n, (float)b / n, 0 };
}

/* Bilinear at (x, y) of the shrunk picture, from a cache of its pixels that starts at (left, top). */
static pixel bilinear(const pixel *cache, size_t side, float x, float y)
{
    int32_t i = (int32_t)x, j = (int32_t)y; /* both positive: the cache has a rim */
    float fx = x - (float)i, fy = y - (float)j;
    const pixel *p = cache + (size_t)j * side + (size_t)i;
    pixel top = p[0] + (p[1] - p[0]) * fx, bottom = p[side] + (p[side + 1] - p[side]) * fx;
    return top + (bottom - top) * fy;
}

static pixel bilinear_far(const struct source *s, double x, double y)
{
    double i = floor(x - 0.5), j = floor(y - 0.5);
    float fx = (float)(x - 0.5 - i), fy = (float)(y - 0.5 - j);
    int64_t u = (int64_t)i, v = (int64_t)j;
    pixel top = block(s, u, v) * (1 - fx) + block(s, u + 1, v) * fx;
    pixel bottom = block(s, u, v + 1) * (1 - fx) + block(s, u + 1, v + 1) * fx;
    return top * (1 - fy) + bottom * fy;
}

/* What the tile needs to know, all in pixels of the shrunk picture. */
struct warp {
    struct source source;
    struct gw_affine m;
    double width, height;  /* inside is [0, width) x [0, height) */
    double dx[4], dy[4];   /* where the samples are */
    unsigned n_samples;
    uint8_t outside;
};

static void warp_tile(struct gw_image *dst, const struct warp *w, uint32_t x0, uint32_t y0)
{
    uint32_t x1 = GW_MIN(x0 + TILE, dst->width), y1 = GW_MIN(y0 + TILE, dst->height);
    const struct gw_affine *m = &w->m;
    double reach_x = fmax(fabs(w->dx[0]), fabs(w->dx[1])), reach_y = fmax(fabs(w->dy[0]), fabs(w->dy[1]));
    double u = m->a * x0 + m->b * y0 + m->tx, v = m->c * x0 + m->d * y0 + m->ty;
    double width = x1 - x0, height = y1 - y0;
    double left = u + fmin(0, m->a * width) + fmin(0, m->b * height) - reach_x;
    double right = u + fmax(0, m->a * width) + fmax(0, m->b * height) + reach_x;
    double top = v + fmin(0, m->c * width) + fmin(0, m->d * height) - reach_y;
    double bottom = v + fmax(0, m->c * width) + fmax(0, m->d * height) + reach_y;

    if (!(right >= 0 && left <= w->width && bottom >= 0 && top <= w->height)) {
        for (uint32_t y = y0; y < y1; y++)
            memset(dst->data + y * dst->stride + (size_t)x0 * 3, w->outside, (size_t)(x1 - x0) * 3);
        return;
    }
    bool inside = left >= 0 && top >= 0 && right < w->width && bottom < w->height;
    /* The cache holds every pixel a sample may touch, and one more all around. */
    double from_x = floor(left - 0.5) - 1, from_y = floor(top - 0.5) - 1;
    double side_x = ceil(right) + 2 - from_x, side_y = ceil(bottom) + 2 - from_y;
    bool cached = side_x <= SIDE && side_y <= SIDE;
    pixel cache[SIDE * SIDE];
    size_t side = cached ? (size_t)side_x : 0;
    for (size_t j = 0; cached && j < (size_t)side_y; j++)
        for (size_t i = 0; i < side; i++)
            cache[j * side + i] = block(&w->source, (int64_t)from_x + (int64_t)i, (int64_t)from_y + (int64_t)j);

    pixel grey = pixel_all(w->outside);
    float share = 1.0f / (float)w->n_samples;
    for (uint32_t y = y0; y < y1; y++) {
        uint8_t *to = dst->data + y * dst->stride + (size_t)x0 * 3;
        for (uint32_t x = x0; x < x1; x++, to += 3) {
            double px = m->a * (x + 0.5) + m->b * (y + 0.5) + m->tx, py = m->c * (x + 0.5) + m->d * (y + 0.5) + m->ty;
            pixel sum = {};
            for (unsigned i = 0; i < w->n_samples; i++) {
                double sx = px + w->dx[i], sy = py + w->dy[i];
                if (!inside && !(sx >= 0 && sy >= 0 && sx < w->width && sy < w->height))
                    sum += grey;
                else if (cached)
                    sum += bilinear(cache, side, (float)(sx - 0.5 - from_x), (float)(sy - 0.5 - from_y));
                else
                    sum += bilinear_far(&w->source, sx, sy);
            }
            pixel_store(to, sum * share);
        }
    }
}

void gw_image_warp(struct gw_image *dst, const struct gw_image *src, struct gw_affine m, uint8_t outside)
{
    double s = sqrt(fabs(m.a * m.d - m.b * m.c));
    struct warp w = { .source = { .image = src, .k = 1 }, .outside = outside, .n_samples = 1 };
    bool usable = isfinite(s) && fabs(m.a) < FAR && fabs(m.b) < FAR && fabs(m.c) < FAR && fabs(m.d) < FAR &&
        fabs(m.tx) < FAR && fabs(m.ty) < FAR;
    if (!usable) {
        for (uint32_t y = 0; y < dst->height; y++)
            memset(dst->data + y * dst->stride, outside, (size_t)dst->width * 3);
        return;
    }
    if (s >= 2)
        w.source.k = (uint32_t)fmin(s, GW_MAX(src->width, src->height));
    double k = w.source.k, rest = s / k;
    w.source.width = (src->width + w.source.k - 1) / w.source.k;
    w.source.height = (src->height + w.source.k - 1) / w.source.k;
    w.width = src->width / k;
    w.height = src->height / k;
    w.m = (struct gw_affine){ m.a / k, m.b / k, m.tx / k, m.c / k, m.d / k, m.ty / k };
    if (rest > 1) {
        double d = sqrt((rest * rest - 1) / 6) / rest; /* in destination pixels */
        w.n_samples = 4;
        for (unsigned i = 0; i < 4; i++) {
            double ex = i & 1 ? d : -d, ey = i & 2 ? d : -d;
            w.dx[i] = w.m.a * ex + w.m.b * ey;
            w.dy[i] = w.m.c * ex + w.m.d * ey;
        }
    }
    for (uint32_t y = 0; y < dst->height; y += TILE)
        for (uint32_t x = 0; x < dst->width; x += TILE)
            warp_tile(dst, &w, x, y);
}
