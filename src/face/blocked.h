/* blocked.h - PRelu and convolution by channel in the blocked layout (NCHWc): what the
 * runtime has no operator for (graph.h).
 *
 * A tensor [n, c, h, w] lies as [n][c / block][h][w][block]. With block 1 that is the
 * plain layout.
 *
 * Each arithmetic once, for vectors of 16, 8 and 4 floats; the processor decides which.
 * Results agree to rounding: a fused multiply-add rounds once.
 *
 * Pure; any thread. */
#pragma once
#include "base/defs.h"

#define GW_BLOCKED_DOMAIN "gangway" /* of our operators, version 1; each has the attribute block */
#define GW_BLOCKED_PRELU "PRelu"    /* (x, slopes) */
/* (x, weights, bias, slopes before, slopes behind); pads, strides, kernel_shape */
#define GW_BLOCKED_BY_CHANNEL "ByChannel"
#define GW_BLOCKED_POINTWISE "Pointwise"        /* (x, weights, bias, slopes behind) */
#define GW_BLOCKED_POINTWISE_ADD "PointwiseAdd" /* (x, weights, bias, slopes behind, what is added) */
/* (x, weights, bias, slopes between, weights by channel, bias, slopes behind); as ByChannel */
#define GW_BLOCKED_EXPAND "Expand"

/* A convolution by channel with a PRelu before it and one behind: slopes of 1 are none.
 * Padding is of zeros, before the first PRelu. Weights lie as [c / block][kernel h][kernel w][block]. */
struct gw_by_channel {
    size_t block;              /* a multiple of 4 */
    size_t height, width;      /* of what comes in */
    size_t kernel[2];          /* height, width */
    size_t stride[2], pads[4]; /* pads: top, left, bottom, right */
    size_t out_height, out_width;
};
enum { GW_BY_CHANNEL_SIDE_MAX = 16 }; /* of a kernel, its stride and its padding */
/* Floats of working memory gw_blocked_kernel.by_channel needs. */
size_t gw_by_channel_scratch(const struct gw_by_channel *c);

/* A 1x1 convolution with a PRelu behind it: behind(weights * in + bias + add). Weights lie as
 * [c / block][in_channels][block]. */
struct gw_pointwise {
    size_t block, in_channels, pixels; /* in_channels: a multiple of block */
    size_t used; /* of these, 1 to in_channels: the others' weights are zeros, and they are not looked at */
    const float *weights, *bias, *behind;
    const float *add; /* as the output; NULL: nothing */
};

/* One of these and one by channel made of it: what lies between the two is not written to
 * memory. pointwise.pixels is height * width, add NULL, before not used. */
struct gw_expand {
    struct gw_pointwise pointwise;
    struct gw_by_channel by_channel;
    const float *weights, *bias, *behind; /* of the one by channel */
};
enum { GW_POINTWISE_CHANNELS = 64 }; /* at most so many at once */
size_t gw_expand_scratch(const struct gw_expand *e);

struct gw_blocked_kernel {
    const char *name;
    size_t lanes; /* floats in a vector */
    bool (*usable)(void); /* on this processor */
    /* One block of channels, n pixels of it; out may be in. slopes: of these channels. */
    void (*prelu)(float *out, const float *in, size_t n, size_t block, const float *slopes);
    /* One block of channels. Each pointer is to what is of these channels; aligned as floats are. */
    void (*by_channel)(float *out, const float *in, const struct gw_by_channel *c, const float *weights, const float *bias,
        const float *before, const float *behind, float *scratch);
    /* Channels first to first + n of one picture, both multiples of block, n at most
     * GW_POINTWISE_CHANNELS. out and in, as add: of the whole picture. */
    void (*pointwise)(float *out, const float *in, const struct gw_pointwise *p, size_t first, size_t n);
    void (*expand)(float *out, const float *in, const struct gw_expand *e, size_t first, size_t n, float *scratch);
};
/* Widest first; the last is always usable. */
const struct gw_blocked_kernel *const *gw_blocked_kernels(size_t *n);
/* The widest usable whose vectors fill the block; NULL where block is not a multiple of 4. */
const struct gw_blocked_kernel *gw_blocked_best(size_t block);
/* One channel in the plain layout. */
void gw_prelu_plain(float *out, const float *in, size_t n, float slope);
