/* blocked_test.c - our operators in blocks against the sums they stand for, in double and
 * in the plain layout, on every kernel this processor can run. */
#include "face/blocked.h"
#include "base/defs.h"
#include "tests/check.h"
#include "tests/support/onnx.h"

#include <float.h>
#include <math.h>

enum { CHANNELS_MAX = 160, SIDE_MAX = 30, FLOATS_MAX = CHANNELS_MAX * SIDE_MAX * SIDE_MAX };

static const struct row {
    const char *label;
    size_t in_channels, channels, height, width, kernel[2], stride[2], pads[4];
    size_t not_used; /* channels of the input, at the end */
} rows[] = {
    { "3x3", 32, 64, 14, 14, { 3, 3 }, { 1, 1 }, { 1, 1, 1, 1 }, 0 },
    { "3x3 in steps of two", 32, 64, 15, 14, { 3, 3 }, { 2, 2 }, { 1, 1, 1, 1 }, 0 },
    { "3x3 without padding", 16, 32, 9, 11, { 3, 3 }, { 1, 1 }, { 0, 0, 0, 0 }, 0 },
    { "3x3 with padding below and right alone", 16, 16, 8, 8, { 3, 3 }, { 2, 2 }, { 0, 0, 1, 1 }, 0 },
    { "steps that differ", 16, 48, 12, 13, { 3, 3 }, { 1, 2 }, { 1, 1, 1, 1 }, 0 },
    { "steps of three", 16, 16, 12, 12, { 3, 3 }, { 3, 3 }, { 1, 1, 1, 1 }, 0 },
    { "5x5", 16, 80, 10, 10, { 5, 5 }, { 1, 1 }, { 2, 2, 2, 2 }, 0 },
    { "a kernel as large as the picture", 16, 112, 7, 7, { 7, 7 }, { 1, 1 }, { 0, 0, 0, 0 }, 0 },
    { "a kernel with two sides", 16, 16, 9, 9, { 1, 5 }, { 1, 1 }, { 0, 2, 0, 2 }, 0 },
    { "padding wider than the picture", 16, 16, 2, 2, { 3, 3 }, { 1, 1 }, { 3, 3, 3, 3 }, 0 },
    { "one pixel", 64, 160, 1, 1, { 1, 1 }, { 1, 1 }, { 0, 0, 0, 0 }, 0 },
    { "a channel of the input not used", 32, 48, 7, 14, { 3, 3 }, { 1, 1 }, { 1, 1, 1, 1 }, 1 },
    { "nearly a block of them", 48, 144, 7, 7, { 3, 3 }, { 2, 2 }, { 1, 1, 1, 1 }, 15 },
    { "more than a block of them", 48, 32, 5, 28, { 3, 3 }, { 1, 1 }, { 1, 1, 1, 1 }, 31 },
    { "every width of a last part", 16, 64, 3, 23, { 3, 3 }, { 1, 1 }, { 1, 1, 1, 1 }, 0 },
};

static float in[FLOATS_MAX], out[FLOATS_MAX], add[FLOATS_MAX], weights[CHANNELS_MAX * CHANNELS_MAX],
    by_channel[CHANNELS_MAX * 64], bias[3][CHANNELS_MAX], slopes[3][CHANNELS_MAX];
static double first[FLOATS_MAX], want[FLOATS_MAX];
static float scratch[1 << 18];

static void fill(float *to, size_t n, uint32_t seed, float scale)
{
    for (size_t i = 0; i < n; i++)
        to[i] = scale * onnx_random(&seed);
}

/* Where channel c and pixel p of a plane are. */
static size_t at(size_t c, size_t p, size_t pixels, size_t block)
{
    return c / block * block * pixels + p * block + c % block;
}

static double bent(double x, float slope)
{
    return x < 0 ? x * (double)slope : x;
}

static void compare(const char *what, const struct gw_blocked_kernel *k, size_t block, size_t channels, size_t pixels)
{
    double off = 0, largest = 0;
    for (size_t c = 0; c < channels; c++)
        for (size_t p = 0; p < pixels; p++) {
            const double w = want[c * pixels + p], got = (double)out[at(c, p, pixels, block)];
            off = fmax(off, fabs(got - w));
            largest = fmax(largest, fabs(w));
        }
    if (!(off <= 2e-6 * (largest + 1)))
        fail_msg("%s, %s, blocks of %zu: off by %.3g of %.3g", what, k->name, block, off, largest);
}

/* to: the 1x1 convolution and its PRelu, with what is added before it. */
static void pointwise_by_hand(double *to, const struct row *r, size_t block, bool with_add)
{
    const size_t pixels = r->height * r->width;
    for (size_t c = 0; c < r->channels; c++)
        for (size_t p = 0; p < pixels; p++) {
            double sum = (double)bias[0][c] + (with_add ? (double)add[at(c, p, pixels, block)] : 0);
            for (size_t i = 0; i < r->in_channels - r->not_used; i++)
                sum += (double)in[at(i, p, pixels, block)] *
                       (double)weights[c / block * block * r->in_channels + i * block + c % block];
            to[c * pixels + p] = bent(sum, slopes[0][c]);
        }
}

static void by_channel_by_hand(double *to, const double *from, const struct row *r, const struct gw_by_channel *b)
{
    const size_t block = b->block, area = r->kernel[0] * r->kernel[1];
    for (size_t c = 0; c < r->channels; c++)
        for (size_t y = 0; y < b->out_height; y++)
            for (size_t x = 0; x < b->out_width; x++) {
                double sum = (double)bias[1][c];
                for (size_t i = 0; i < area; i++) {
                    const size_t row = y * r->stride[0] + i / r->kernel[1], column = x * r->stride[1] + i % r->kernel[1];
                    if (row < r->pads[0] || column < r->pads[1] || row - r->pads[0] >= r->height ||
                        column - r->pads[1] >= r->width)
                        continue;
                    sum += from[c * r->height * r->width + (row - r->pads[0]) * r->width + column - r->pads[1]] *
                           (double)by_channel[c / block * block * area + i * block + c % block];
                }
                to[(c * b->out_height + y) * b->out_width + x] = bent(sum, slopes[1][c]);
            }
}

static void one(const struct row *r, const struct gw_blocked_kernel *k, size_t block)
{
    const size_t pixels = r->height * r->width, together = GW_POINTWISE_CHANNELS / block * block;
    struct gw_expand e = { .pointwise = { .block = block, .in_channels = r->in_channels,
                               .used = r->in_channels - r->not_used, .pixels = pixels, .weights = weights,
                               .bias = bias[0], .behind = slopes[0] },
        .by_channel = { .block = block, .height = r->height, .width = r->width },
        .weights = by_channel, .bias = bias[1], .behind = slopes[1] };
    struct gw_by_channel *b = &e.by_channel;
    memcpy(b->kernel, r->kernel, sizeof b->kernel);
    memcpy(b->stride, r->stride, sizeof b->stride);
    memcpy(b->pads, r->pads, sizeof b->pads);
    b->out_height = (r->pads[0] + r->height + r->pads[2] - r->kernel[0]) / r->stride[0] + 1;
    b->out_width = (r->pads[1] + r->width + r->pads[3] - r->kernel[1]) / r->stride[1] + 1;
    const size_t out_pixels = b->out_height * b->out_width;
    assert_true(gw_expand_scratch(&e) <= GW_COUNT(scratch) && r->channels * out_pixels <= FLOATS_MAX);

    for (int with_add = 0; with_add <= 1; with_add++) {
        e.pointwise.add = with_add ? add : NULL;
        memset(out, 0xff, sizeof out);
        for (size_t c = 0; c < r->channels; c += together)
            k->pointwise(out, in, &e.pointwise, c, GW_MIN(together, r->channels - c));
        pointwise_by_hand(want, r, block, with_add);
        compare(with_add ? "1x1 with a sum" : "1x1", k, block, r->channels, pixels);
    }
    e.pointwise.add = NULL;

    memset(out, 0xff, sizeof out);
    memset(scratch, 0xff, sizeof scratch);
    for (size_t c = 0; c < r->channels; c += together)
        k->expand(out, in, &e, c, GW_MIN(together, r->channels - c), scratch);
    pointwise_by_hand(first, r, block, false);
    by_channel_by_hand(want, first, r, b);
    compare("1x1 and by channel", k, block, r->channels, out_pixels);

    memset(scratch, 0xff, sizeof scratch);
    for (size_t c = 0; c < r->channels; c += block)
        k->by_channel(out + c * out_pixels, add + c * pixels, b, by_channel + c * r->kernel[0] * r->kernel[1], bias[1] + c,
            slopes[2] + c, slopes[1] + c, scratch);
    for (size_t c = 0; c < r->channels; c++)
        for (size_t p = 0; p < pixels; p++)
            first[c * pixels + p] = bent((double)add[at(c, p, pixels, block)], slopes[2][c]);
    by_channel_by_hand(want, first, r, b);
    compare("by channel", k, block, r->channels, out_pixels);

    /* In its place, as the runtime has it. */
    memcpy(out, add, sizeof out);
    for (size_t c = 0; c < r->channels; c += block)
        k->prelu(out + c * pixels, out + c * pixels, pixels, block, slopes[2] + c);
    memcpy(want, first, sizeof want);
    compare("PRelu", k, block, r->channels, pixels);
}

static void sums(void **state)
{
    const struct row *r = *state;
    size_t n;
    const struct gw_blocked_kernel *const *k = gw_blocked_kernels(&n);
    fill(in, FLOATS_MAX, 1, 1);
    fill(add, FLOATS_MAX, 2, 2);
    fill(weights, GW_COUNT(weights), 3, 0.3f);
    fill(by_channel, GW_COUNT(by_channel), 4, 0.5f);
    for (size_t i = 0; i < 3; i++) {
        fill(bias[i], CHANNELS_MAX, 5 + (uint32_t)i, 1);
        fill(slopes[i], CHANNELS_MAX, 8 + (uint32_t)i, 0.7f);
    }
    for (size_t i = 0; i < n; i++) {
        if (!k[i]->usable()) {
            printf("# %s: not on this processor\n", k[i]->name);
            continue;
        }
        for (size_t block = 8; block <= 16; block += 8)
            if (block % k[i]->lanes == 0)
                one(r, k[i], block);
    }
}

/* What the smallest, the largest and no number become. */
static void edges(void **state)
{
    (void)state;
    static const float numbers[16] = { 0, -0.0f, 1, -1, FLT_MAX, -FLT_MAX, FLT_MIN, -FLT_MIN, 1e-30f, -1e-30f, 3.25f, -3.25f,
        INFINITY, -INFINITY, NAN, -NAN };
    float slope[16], got[16];
    size_t n;
    const struct gw_blocked_kernel *const *k = gw_blocked_kernels(&n);
    for (size_t i = 0; i < 16; i++)
        slope[i] = 0.5f;
    for (size_t i = 0; i <= n; i++) {
        if (i < n && !k[i]->usable())
            continue;
        if (i < n)
            k[i]->prelu(got, numbers, 1, 16, slope);
        else
            gw_prelu_plain(got, numbers, 16, 0.5f);
        for (size_t c = 0; c < 16; c++) {
            const float x = numbers[c], right = x < 0 ? x * 0.5f : x;
            if (isnan(x) ? !isnan(got[c]) : got[c] != right)
                fail_msg("%s: PRelu(%g) is %g", i < n ? k[i]->name : "plain", (double)x, (double)got[c]);
        }
    }
}

static void choice(void **state)
{
    (void)state;
    CHECK(gw_blocked_best(0) == NULL);
    CHECK(gw_blocked_best(1) == NULL);
    CHECK(gw_blocked_best(6) == NULL);
    for (size_t block = 4; block <= 64; block += 4) {
        const struct gw_blocked_kernel *k = gw_blocked_best(block);
        CHECK(k != NULL && k->usable() && block % k->lanes == 0);
    }
}

int main(void)
{
    check_rows("sums", rows, sums);
    check_add("prelu", "the smallest, the largest and no number", edges);
    check_add("choice", "a kernel's vectors fill the block", choice);
    return check_done();
}
