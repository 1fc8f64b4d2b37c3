/* warp.c - pixels from other pixels: scaling and the similarity warp.
 *
 * Conventions. A pixel is the square [x, x+1) x [y, y+1); its centre is at x + 0.5.
 * A position inside the picture is made from the picture's pixels only (at the rim
 * the nearest ones are repeated); a position outside is the `outside` grey.
 *
 * gw_image_scale is the exact integral over each destination pixel's rectangle
 * where it shrinks and bilinear where it enlarges, each axis for itself. By whole
 * numbers it is sums of blocks in 16-bit integers, which compilers vectorise best;
 * else whole rows are summed so, then columns as vectors of four floats, one pixel
 * each.
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

/* One pixel: red, green, blue, and whatever lies behind. SSE2 and NEON both have these.
 * Pixels are kept as three floats, so that rows convert from and to bytes as plain runs
 * of numbers; each such row has one float of room at its end. */
typedef float pixel __attribute__((vector_size(16)));

static pixel load(const float *p)
{
    pixel v;
    memcpy(&v, p, sizeof v);
    return v;
}
static void store(float *p, pixel v)
{
    memcpy(p, &v, sizeof v); /* the next pixel's red is overwritten, and comes next */
}

static void from_bytes(float *restrict to, const uint8_t *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = from[i];
}
/* All values are means of bytes, so within 0 to 255 but for the last bit. */
GW_WIDE static void to_bytes(uint8_t *restrict to, const float *restrict from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (uint8_t)(int32_t)(from[i] + 0.5f);
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
    const double outside = 1 - (right - left) / step;
    t.outside = outside > 1e-8 ? (float)outside : 0; /* less is a rounding, and lost in a float */
    t.first = (float)(t.n == 1 ? right - left : low + 1 - left);
    t.last = (float)(right - (high - 1));
    return t;
}

enum {
    FAR = 1 << 28,   /* no picture reaches so far: coordinates beyond, and NaN, find nothing */
    SPAN = 1024,     /* source columns handled at once */
    COLUMNS = 256,   /* destination columns handled at once */
    MOST_ROWS = 256, /* bytes that fit into a 16-bit sum */
    FEW = 4,         /* source columns: a pixel of so many is summed without asking how many */
};

/* sum[0..n) += rows of bytes; vectorises to unpack and add. */
GW_WIDE static void add_rows(uint16_t *restrict sum, const uint8_t *restrict row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        sum[i] = (uint16_t)(sum[i] + row[i]);
}

/* value[0..n) = the weighted sum down the columns [at, at+n) of the picture. */
GW_WIDE static void down(float *restrict value, const struct gw_image *src, const struct taps *rows, size_t column, size_t n)
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
    if (rows->n == 2) {
        for (size_t i = 0; i < bytes; i++)
            value[i] = base[i] * first_weight + last[i] * last_weight;
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

/* The part of taps t within columns [from, from + n), whose sums are in value. */
static pixel across(const float *value, const struct taps *t, int64_t from, int64_t n)
{
    int64_t at = GW_MAX(t->at, from), end = GW_MIN(t->at + t->n, from + n);
    const float *p = value + 3 * (at - from), *stop = value + 3 * (end - from);
    pixel sum = {};
    if (at >= end)
        return sum;
    if (at == t->at) {
        sum = load(p) * t->first;
        p += 3;
    }
    bool with_last = t->n > 1 && end == t->at + t->n;
    for (stop -= with_last ? 3 : 0; p < stop; p += 3)
        sum += load(p);
    if (with_last)
        sum += load(p) * t->last;
    return sum * t->norm;
}

/* A run of destination columns: as many as find their source within SPAN columns, or one that needs more. */
struct run {
    struct taps taps[COLUMNS];
    float few[COLUMNS][FEW]; /* what each of its columns is worth, where it takes a few */
    uint32_t n;
    int64_t from, end; /* source columns; empty when all lies outside */
    bool all_two;      /* every one takes two source columns, or one, and no grey: the common case */
    bool all_few;      /* or a few: what is shrunk by less than three */
};

static void run_of(struct run *r, double x, double step, uint32_t first, uint32_t dst_width, uint32_t src_width)
{
    r->n = 0;
    r->from = r->end = 0;
    r->all_two = r->all_few = true;
    while (r->n < COLUMNS && first + r->n < dst_width) {
        struct taps t = taps_of(x, step, first + r->n, src_width);
        if (t.n > 0 && r->end == 0)
            r->from = t.at;
        if (t.n > 0 && t.at + t.n - r->from > SPAN && r->n > 0)
            break;
        if (t.n > 0)
            r->end = GW_MAX(r->end, t.at + t.n); /* of real columns */
        if (t.n == 1) /* another one, of no weight: `down` leaves zeros behind its last column */
            t.n = 2, t.last = 0;
        r->all_two &= t.n == 2 && t.outside <= 0;
        r->all_few &= t.n >= 2 && t.n <= FEW && t.outside <= 0;
        for (int64_t i = 0; i < FEW; i++)
            r->few[r->n][i] = i == 0 ? t.first : i < t.n - 1 ? 1 : i == t.n - 1 ? t.last : 0;
        r->taps[r->n++] = t;
    }
    r->all_two &= r->end - r->from <= SPAN;
    r->all_few &= r->end - r->from <= SPAN;
}

static void across_two(float *restrict result, const float *restrict value, const struct run *run)
{
    for (uint32_t i = 0; i < run->n; i++) {
        const struct taps *t = &run->taps[i];
        const float *p = value + 3 * (t->at - run->from);
        store(result + 3 * i, (load(p) * t->first + load(p + 3) * t->last) * t->norm);
    }
}

/* In the order of `across`, so that it does not show which of the two summed; what lies behind the last column counts nothing. */
GW_WIDE static void across_few(float *restrict result, const float *restrict value, const struct run *run)
{
    for (uint32_t i = 0; i < run->n; i++) {
        const struct taps *t = &run->taps[i];
        const float *p = value + 3 * (t->at - run->from);
        const float *w = run->few[i];
        store(result + 3 * i, (load(p) * w[0] + load(p + 3) * w[1] + load(p + 6) * w[2] + load(p + 9) * w[3]) * t->norm);
    }
}

/* Sums of n blocks of kx x ky pixels side by side, as bytes in rows: exact in 16 bits while a block has
 * at most 257 pixels. out has room for one number more. */
GW_WIDE static void sum_blocks(uint16_t *restrict out, const uint8_t *row, size_t stride, size_t kx, size_t ky, size_t n)
{
    typedef uint16_t quad __attribute__((vector_size(8))); /* red, green, blue, and the next red */
    uint16_t sum[SPAN * 3 + 1];
    quad v, w;
    for (size_t i = 0; i < n * kx * 3; i++)
        sum[i] = row[i];
    sum[n * kx * 3] = 0;
    for (size_t y = 1; y < ky; y++)
        add_rows(sum, row + y * stride, n * kx * 3);
    for (size_t i = 0; i < n; i++) {
        const uint16_t *p = sum + i * kx * 3;
        memcpy(&v, p, sizeof v);
        for (size_t u = 1; u < kx; u++) {
            memcpy(&w, p + u * 3, sizeof w);
            v += w;
        }
        memcpy(out + i * 3, &v, sizeof v);
    }
}

/* By whole numbers, of pixels that lie wholly inside: detectors halve 640 x 480. */
GW_WIDE static bool scale_by_blocks(struct gw_image *dst, const struct gw_image *src, double x, double y, double w, double h)
{
    double kx = w / dst->width, ky = h / dst->height;
    if (!(x >= 0 && y >= 0 && x + w <= src->width && y + h <= src->height && kx >= 1 && ky >= 1 && kx * ky <= 257) ||
        floor(x) < x || floor(y) < y || floor(kx) < kx || floor(ky) < ky)
        return false;
    uint16_t sum[SPAN * 3 + 1];
    size_t across = (size_t)kx, down_by = (size_t)ky, most = SPAN / across;
    float share = (float)(1 / (kx * ky));
    for (size_t row = 0; row < dst->height; row++)
        for (size_t first = 0; first < dst->width; first += most) {
            size_t n = GW_MIN(most, dst->width - first);
            uint8_t *restrict to = dst->data + row * dst->stride + first * 3;
            sum_blocks(sum, src->data + ((size_t)y + row * down_by) * src->stride + ((size_t)x + first * across) * 3,
                src->stride, across, down_by, n);
            for (size_t i = 0; i < n * 3; i++)
                to[i] = (uint8_t)(int32_t)((float)sum[i] * share + 0.5f);
        }
    return true;
}

void gw_image_scale(struct gw_image *dst, const struct gw_image *src, double x, double y, double w, double h,
    uint8_t outside)
{
    if (scale_by_blocks(dst, src, x, y, w, h))
        return;
    float value[(SPAN + FEW) * 3 + 1], result[COLUMNS * 3 + 1];
    struct run run;
    double step_x = w / dst->width, step_y = h / dst->height;
    bool usable = fabs(x) < FAR && fabs(y) < FAR && w > 0 && w < FAR && h > 0 && h < FAR;
    for (uint32_t row = 0; !usable && row < dst->height; row++)
        memset(dst->data + row * dst->stride, outside, (size_t)dst->width * 3);
    for (uint32_t first = 0; usable && first < dst->width; first += run.n) {
        run_of(&run, x, step_x, first, dst->width, src->width);
        for (uint32_t row = 0; row < dst->height; row++) {
            uint8_t *to = dst->data + row * dst->stride + (size_t)first * 3;
            struct taps rows = taps_of(y, step_y, row, src->height);
            if (rows.n == 0 || run.end == 0) {
                memset(to, outside, (size_t)run.n * 3);
                continue;
            }
            for (int64_t at = run.from; at < run.end; at += SPAN) {
                int64_t n = GW_MIN((int64_t)SPAN, run.end - at);
                down(value, src, &rows, (size_t)at, (size_t)n);
                memset(value + n * 3, 0, (FEW * 3 + 1) * sizeof *value);
                if (run.all_two && rows.outside <= 0) {
                    across_two(result, value, &run);
                    break;
                }
                if (run.all_few && rows.outside <= 0) {
                    across_few(result, value, &run);
                    break;
                }
                for (uint32_t i = 0; i < run.n; i++) {
                    pixel sum = across(value, &run.taps[i], at, n);
                    if (at == run.from)
                        sum += outside * (1 - (1 - rows.outside) * (1 - run.taps[i].outside));
                    else
                        sum += load(result + 3 * i); /* one very wide pixel, in several parts */
                    store(result + 3 * i, sum);
                }
            }
            to_bytes(to, result, (size_t)run.n * 3);
        }
    }
}

/* Warping. */
enum {
    TILE = 16,
    SIDE = 52,        /* source pixels, after shrinking by k, across a tile: 16 * 2 * sqrt 2, and the rim */
    LINE = SIDE * 3 + 1,
    LARGEST_FAST = 16, /* k; above, blocks are gathered one by one. 16 * 16 fits sum_blocks, 16 * SIDE its span */
};

struct source {
    const struct gw_image *image;
    uint32_t k;              /* shrunk by so much */
    int64_t width, height;   /* shrunk */
};

static int64_t clamp(int64_t v, int64_t least, int64_t most)
{
    return v < least ? least : v > most ? most : v;
}

/* The shrunk picture's pixel, indices clamped to it: the mean of the block's part inside the picture. */
static pixel block(const struct source *s, int64_t x, int64_t y)
{
    const struct gw_image *image = s->image;
    size_t x0 = (size_t)clamp(x, 0, s->width - 1) * s->k, y0 = (size_t)clamp(y, 0, s->height - 1) * s->k;
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

/* One line of the shrunk picture: pixels [x, x + n) of its row y, all within it. */
GW_WIDE static void line(float *to, const struct source *s, size_t x, size_t n, size_t y)
{
    const struct gw_image *image = s->image;
    const uint8_t *row = image->data + y * s->k * image->stride + x * s->k * 3;
    if (s->k == 1) {
        from_bytes(to, row, n * 3);
        return;
    }
    if (s->k > LARGEST_FAST) {
        for (size_t i = 0; i < n; i++)
            store(to + 3 * i, block(s, (int64_t)(x + i), (int64_t)y));
        return;
    }
    uint16_t sum[SIDE * 3 + 1];
    /* All but the last column and row are whole blocks. */
    size_t whole = (y + 1) * s->k > image->height ? 0 : GW_MIN(n, image->width / s->k - x);
    float share = 1.0f / (float)(s->k * s->k);
    sum_blocks(sum, row, image->stride, s->k, s->k, whole);
    for (size_t i = 0; i < whole * 3; i++)
        to[i] = (float)sum[i] * share;
    for (size_t i = whole; i < n; i++)
        store(to + 3 * i, block(s, (int64_t)(x + i), (int64_t)y));
}

/* The shrunk picture's pixels [x, x + width) x [y, y + height), the rim repeated outside of it. */
static void fill(float *cache, const struct source *s, int64_t x, int64_t y, size_t width, size_t height)
{
    int64_t from = clamp(x, 0, s->width - 1), to = clamp(x + (int64_t)width, from + 1, s->width);
    size_t left = (size_t)clamp(from - x, 0, (int64_t)width - 1), n = GW_MIN((size_t)(to - from), width - left);
    for (size_t j = 0; j < height; j++) {
        float *l = cache + j * LINE;
        int64_t v = clamp(y + (int64_t)j, 0, s->height - 1);
        if (j > 0 && v == clamp(y + (int64_t)j - 1, 0, s->height - 1)) {
            const float *above = l - LINE;
            memcpy(l, above, LINE * sizeof *l);
            continue;
        }
        line(l + left * 3, s, (size_t)from, n, (size_t)v);
        for (size_t i = 0; i < left; i++)
            memcpy(l + i * 3, l + left * 3, 3 * sizeof *l);
        for (size_t i = left + n; i < width; i++)
            memcpy(l + i * 3, l + (left + n - 1) * 3, 3 * sizeof *l);
        l[width * 3] = 0;
    }
}

/* Bilinear at (x, y) of the cache; both positive: it has a rim. */
static pixel bilinear(const float *cache, float x, float y)
{
    int32_t i = (int32_t)x, j = (int32_t)y;
    float fx = x - (float)i, fy = y - (float)j;
    const float *p = cache + j * LINE + i * 3;
    pixel top = load(p) + (load(p + 3) - load(p)) * fx;
    pixel bottom = load(p + LINE) + (load(p + LINE + 3) - load(p + LINE)) * fx;
    return top + (bottom - top) * fy;
}

/* The same of the picture itself, for warps so wide that a tile's source does not fit. */
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

GW_WIDE static void warp_tile(struct gw_image *dst, const struct warp *w, uint32_t x0, uint32_t y0)
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
    float cache[SIDE * LINE], result[TILE * 3 + 1];
    if (cached)
        fill(cache, &w->source, (int64_t)from_x, (int64_t)from_y, (size_t)side_x, (size_t)side_y);

    float grey = w->outside, share = 1.0f / (float)w->n_samples;
    for (uint32_t y = y0; y < y1; y++) {
        for (uint32_t x = x0; x < x1; x++) {
            double px = m->a * (x + 0.5) + m->b * (y + 0.5) + m->tx, py = m->c * (x + 0.5) + m->d * (y + 0.5) + m->ty;
            pixel sum = {};
            for (unsigned i = 0; i < w->n_samples; i++) {
                double sx = px + w->dx[i], sy = py + w->dy[i];
                if (!inside && !(sx >= 0 && sy >= 0 && sx < w->width && sy < w->height))
                    sum += grey;
                else if (cached)
                    sum += bilinear(cache, (float)(sx - 0.5 - from_x), (float)(sy - 0.5 - from_y));
                else
                    sum += bilinear_far(&w->source, sx, sy);
            }
            store(result + 3 * (x - x0), sum * share);
        }
        to_bytes(dst->data + y * dst->stride + (size_t)x0 * 3, result, (size_t)(x1 - x0) * 3);
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
