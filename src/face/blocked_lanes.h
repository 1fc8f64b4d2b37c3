/* blocked_lanes.h - the body of a kernel of blocked.h, for vectors of LANES floats. A file
 * that includes it is compiled for the processors that have them. No include guard: the
 * including file sets LANES and takes the functions it gets. */
#include "face/blocked.h"

#if LANES > 4
#include <immintrin.h>
#include <pmmintrin.h>
#endif
#include <string.h>

typedef float floats __attribute__((vector_size(LANES * 4)));
typedef int32_t masks __attribute__((vector_size(LANES * 4)));
/* The same where it lies in memory, which is aligned as its floats are. */
typedef float loose_floats __attribute__((vector_size(LANES * 4), aligned(4), may_alias));

static inline floats load(const float *p)
{
    return *(const loose_floats *)p;
}
static inline void store(float *p, floats v)
{
    *(loose_floats *)p = v;
}

/* A NaN is not below 0 and stays what it is. */
static inline floats bend(floats x, floats slope)
{
#if LANES == 16
    return (floats)_mm512_mask_mul_ps((__m512)x, _mm512_cmp_ps_mask((__m512)x, _mm512_setzero_ps(), _CMP_LT_OQ), (__m512)x,
        (__m512)slope);
#elif LANES == 8
    return (floats)_mm256_blendv_ps((__m256)x, (__m256)(x * slope), (__m256)x);
#else
    const masks below = (masks)(x < 0);
    return (floats)(((masks)(x * slope) & below) | ((masks)x & ~below));
#endif
}

/* Numbers below 2^-126 are taken for 0 while a kernel runs: networks have weights that training
 * wore away to such numbers, and each costs as much time as a hundred others. */
static inline unsigned flush_begin(void)
{
#if LANES > 4
    const unsigned kept = _mm_getcsr();
    _mm_setcsr(kept | _MM_FLUSH_ZERO_ON | _MM_DENORMALS_ZERO_ON);
    return kept;
#else
    return 0;
#endif
}
static inline void flush_end(unsigned kept)
{
#if LANES > 4
    _mm_setcsr(kept);
#else
    (void)kept;
#endif
}

static void prelu(float *out, const float *in, size_t n, size_t block, const float *slopes)
{
    for (size_t lane = 0; lane < block; lane += LANES) {
        const floats slope = load(slopes + lane);
        for (size_t i = lane; i < n * block; i += block)
            store(out + i, bend(load(in + i), slope));
    }
}

/* One row of the input, bent, with zeros around it. row counts from the first of padding. */
static void fill_row(float *to, const float *in, const struct gw_by_channel *c, size_t row, floats before)
{
    const floats zero = {};
    const bool outside = row < c->pads[0] || row - c->pads[0] >= c->height;
    for (size_t i = 0; i < c->pads[1]; i++, to += LANES)
        store(to, zero);
    const float *from = outside ? NULL : in + (row - c->pads[0]) * c->width * c->block;
    for (size_t i = 0; i < c->width; i++, to += LANES)
        store(to, outside ? zero : bend(load(from + i * c->block), before));
    for (size_t i = 0; i < c->pads[3]; i++, to += LANES)
        store(to, zero);
}

enum { AT_ONCE = 4 }; /* pixels: as many sums as hide the time a multiply-add takes */

/* One row of the output, of any kernel. */
static void any_row(float *out, const float *const *rows, const struct gw_by_channel *c, const float *weights,
    floats bias, floats behind)
{
    for (size_t x = 0; x < c->out_width; x++) {
        floats sum = bias;
        for (size_t i = 0; i < c->kernel[0]; i++)
            for (size_t k = 0; k < c->kernel[1]; k++)
                sum += load(rows[i] + (x * c->stride[1] + k) * LANES) * load(weights + (i * c->kernel[1] + k) * c->block);
        store(out + x * c->block, bend(sum, behind));
    }
}

/* Of 3x3, with its weights held. */
static inline __attribute__((always_inline)) void row3(float *out, const float *const *rows, const struct gw_by_channel *c,
    const float *weights, floats bias, floats behind, size_t stride)
{
    floats w[3][3];
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            w[i][k] = load(weights + (i * 3 + k) * c->block);
    const size_t block = c->block, n = c->out_width;
    size_t x = 0;
    for (; x + AT_ONCE <= n; x += AT_ONCE) {
        floats sum[AT_ONCE] = { bias, bias, bias, bias };
#pragma GCC unroll 3
        for (size_t i = 0; i < 3; i++) {
            const float *row = rows[i] + x * stride * LANES;
#pragma GCC unroll 3
            for (size_t k = 0; k < 3; k++)
#pragma GCC unroll 4
                for (size_t p = 0; p < AT_ONCE; p++)
                    sum[p] += load(row + (p * stride + k) * LANES) * w[i][k];
        }
#pragma GCC unroll 4
        for (size_t p = 0; p < AT_ONCE; p++)
            store(out + (x + p) * block, bend(sum[p], behind));
    }
    for (; x < n; x++) {
        floats sum = bias;
        for (size_t i = 0; i < 3; i++)
            for (size_t k = 0; k < 3; k++)
                sum += load(rows[i] + (x * stride + k) * LANES) * w[i][k];
        store(out + x * block, bend(sum, behind));
    }
}

static void one_row(float *out, const float *const *rows, const struct gw_by_channel *c, const float *weights,
    floats bias, floats behind)
{
    const bool three = c->kernel[0] == 3 && c->kernel[1] == 3;
    if (three && c->stride[1] == 1)
        row3(out, rows, c, weights, bias, behind, 1);
    else if (three && c->stride[1] == 2)
        row3(out, rows, c, weights, bias, behind, 2);
    else
        any_row(out, rows, c, weights, bias, behind);
}

/* The rows a row of the output needs lie in a ring, each bent once. */
static void by_channel(float *out, const float *in, const struct gw_by_channel *c, const float *weights,
    const float *bias, const float *before, const float *behind, float *scratch)
{
    const size_t high = c->kernel[0], row_size = (c->pads[1] + c->width + c->pads[3]) * LANES;
    const float *rows[GW_BY_CHANNEL_SIDE_MAX];
    const unsigned kept = flush_begin();
    for (size_t lane = 0; lane < c->block; lane += LANES) {
        const floats bend_before = load(before + lane), bend_behind = load(behind + lane), start = load(bias + lane);
        size_t filled = 0; /* rows of the padded input before this one are in the ring or were */
        for (size_t y = 0; y < c->out_height; y++) {
            const size_t first = y * c->stride[0];
            for (filled = GW_MAX(filled, first); filled < first + high; filled++)
                fill_row(scratch + filled % high * row_size, in + lane, c, filled, bend_before);
            for (size_t i = 0; i < high; i++)
                rows[i] = scratch + (first + i) % high * row_size;
            one_row(out + lane + y * c->out_width * c->block, rows, c, weights + lane, start, bend_behind);
        }
    }
    flush_end(kept);
}

/* --- 1x1 ----------------------------------------------------------------------------------- */

/* Sums held at once: as many pixels of up to GROUPS vectors of channels as fill the registers,
 * less those for the weights of these vectors and one pixel. */
enum { GROUPS = LANES == 16 ? 4 : 2, SUMS = 6 * GROUPS, PIXELS = 12 };

/* How many pixels at once, of g vectors of channels. */
static inline __attribute__((always_inline)) size_t pixels_of(size_t g)
{
    return GW_MIN(SUMS / g, (size_t)PIXELS);
}

struct groups { /* vectors of channels that are computed together */
    floats bias[GROUPS], slope[GROUPS];
    const float *weights[GROUPS];
    float *to[GROUPS];         /* where the next pixels go, */
    size_t step;               /* so many floats apart */
    const float *add[GROUPS];  /* what is added to these, */
    bool has_add;
    size_t block, used, plane; /* used: channels of the input; plane: floats in a block of them */
};

/* n pixels of g vectors; both constant where it is called. in: the first of these pixels. */
static inline __attribute__((always_inline)) void tile(struct groups *to, const float *in, size_t n, size_t g)
{
    const size_t block = to->block;
    floats sum[GROUPS][PIXELS];
    const float *w[GROUPS];
#pragma GCC unroll 4
    for (size_t f = 0; f < g; f++) {
        w[f] = to->weights[f];
#pragma GCC unroll 12
        for (size_t p = 0; p < n; p++)
            sum[f][p] = to->bias[f];
    }
    for (size_t c = 0; c < to->used; c += block, in += to->plane)
        for (size_t k = 0, last = GW_MIN(block, to->used - c); k < last; k++) {
            floats weight[GROUPS];
#pragma GCC unroll 4
            for (size_t f = 0; f < g; f++) {
                weight[f] = load(w[f]);
                w[f] += block;
            }
#pragma GCC unroll 12
            for (size_t p = 0; p < n; p++) {
                const floats x = in[p * block + k] - (floats){}; /* to every lane */
#pragma GCC unroll 4
                for (size_t f = 0; f < g; f++)
                    sum[f][p] += x * weight[f];
            }
        }
#pragma GCC unroll 4
    for (size_t f = 0; f < g; f++) {
#pragma GCC unroll 12
        for (size_t p = 0; p < n; p++) {
            const floats more = to->has_add ? load(to->add[f] + p * to->step) : (floats){};
            store(to->to[f] + p * to->step, bend(sum[f][p] + more, to->slope[f]));
        }
        to->to[f] += n * to->step;
        if (to->has_add)
            to->add[f] += n * to->step;
    }
}

/* n pixels in parts of nearly the same size: none so small that loading costs more than computing. */
static inline __attribute__((always_inline)) void row_of(struct groups *to, const float *in, size_t n, size_t g)
{
    const size_t most = pixels_of(g); /* a constant: what is above is not compiled */
    for (size_t parts = (n + most - 1) / most; parts > 0; parts--) {
        const size_t now = (n + parts - 1) / parts;
#define TILE(pixels) \
    case pixels: \
        if ((pixels) <= most) \
            tile(to, in, pixels, g); \
        break;
        switch (now) {
            TILE(1)
            TILE(2)
            TILE(3)
            TILE(4)
            TILE(5)
            TILE(6)
            TILE(7)
            TILE(8)
            TILE(9)
            TILE(10)
            TILE(11)
            TILE(12)
        default: break;
        }
#undef TILE
        in += now * to->block;
        n -= now;
    }
}

static void row_of_groups(struct groups *to, const float *in, size_t n, size_t g)
{
    switch (g) {
    case 1: row_of(to, in, n, 1); break;
    case 2: row_of(to, in, n, 2); break;
#if LANES == 16
    case 3: row_of(to, in, n, 3); break;
    case 4: row_of(to, in, n, 4); break;
#endif
    default: break;
    }
}

/* Vectors of channels to compute together next where n channels are left: parts of nearly the same size. */
static size_t next_groups(size_t n)
{
    const size_t left = n / LANES, parts = (left + GROUPS - 1) / GROUPS;
    return (left + parts - 1) / parts;
}

static struct groups groups_of(const struct gw_pointwise *p, size_t first, size_t g)
{
    struct groups to = { .block = p->block, .used = p->used, .plane = p->pixels * p->block };
    for (size_t f = 0; f < g; f++) {
        const size_t channel = first + f * LANES, lane = channel % p->block;
        to.bias[f] = load(p->bias + channel);
        to.slope[f] = load(p->behind + channel);
        to.weights[f] = p->weights + (channel - lane) * p->in_channels + lane;
    }
    return to;
}

static void pointwise(float *out, const float *in, const struct gw_pointwise *p, size_t first, size_t n)
{
    const unsigned kept = flush_begin();
    for (size_t i = 0, g; i < n; i += g * LANES) {
        g = next_groups(n - i);
        struct groups to = groups_of(p, first + i, g);
        to.step = p->block;
        to.has_add = p->add != NULL;
        for (size_t f = 0; f < g; f++) {
            const size_t channel = first + i + f * LANES, lane = channel % p->block;
            const size_t at = (channel - lane) * p->pixels + lane;
            to.to[f] = out + at;
            to.add[f] = to.has_add ? p->add + at : NULL;
        }
        row_of_groups(&to, in, p->pixels, g);
    }
    flush_end(kept);
}

/* g vectors of channels from `first` on. The rows that a row of the output needs lie in rings,
 * one a vector. */
static void expand_groups(float *out, const float *in, const struct gw_expand *e, size_t first, float *scratch, size_t g)
{
    const struct gw_by_channel *c = &e->by_channel;
    const size_t block = c->block, high = c->kernel[0], row_size = (c->pads[1] + c->width + c->pads[3]) * LANES,
                 ring = high * row_size;
    const float *rows[GW_BY_CHANNEL_SIDE_MAX];
    struct groups to = groups_of(&e->pointwise, first, g);
    to.step = LANES;
    for (size_t i = 0; i < g * high; i++) { /* left and right of each row that is */
        memset(scratch + i * row_size, 0, c->pads[1] * LANES * sizeof *scratch);
        memset(scratch + (i + 1) * row_size - c->pads[3] * LANES, 0, c->pads[3] * LANES * sizeof *scratch);
    }
    size_t filled = 0;
    for (size_t y = 0; y < c->out_height; y++) {
        const size_t top = y * c->stride[0];
        for (filled = GW_MAX(filled, top); filled < top + high; filled++) {
            float *at = scratch + filled % high * row_size;
            const bool outside = filled < c->pads[0] || filled - c->pads[0] >= c->height;
            for (size_t f = 0; f < g; f++) {
                to.to[f] = at + f * ring + c->pads[1] * LANES;
                if (outside)
                    memset(at + f * ring, 0, row_size * sizeof *at);
            }
            if (!outside)
                row_of_groups(&to, in + (filled - c->pads[0]) * c->width * block, c->width, g);
        }
        for (size_t f = 0; f < g; f++) {
            const size_t channel = first + f * LANES, lane = channel % block, base = channel - lane;
            for (size_t i = 0; i < high; i++)
                rows[i] = scratch + f * ring + (top + i) % high * row_size;
            one_row(out + base * c->out_height * c->out_width + lane + y * c->out_width * block, rows, c,
                e->weights + base * high * c->kernel[1] + lane, load(e->bias + channel), load(e->behind + channel));
        }
    }
}

static void expand(float *out, const float *in, const struct gw_expand *e, size_t first, size_t n, float *scratch)
{
    const unsigned kept = flush_begin();
    for (size_t i = 0, g; i < n; i += g * LANES) {
        g = next_groups(n - i);
        expand_groups(out, in, e, first + i, scratch, g);
    }
    flush_end(kept);
}
