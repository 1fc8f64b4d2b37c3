/* blocked_kernel.c - vectors of four, which every processor has; and which kernel runs here. */
#define LANES 4
#include "face/blocked_lanes.h"
#include "face/blocked_kernels.h"

static bool usable(void)
{
    return true;
}

const struct gw_blocked_kernel gw_blocked_plain = { "four", LANES, usable, prelu, by_channel, pointwise, expand };

static const struct gw_blocked_kernel *const kernels[] = {
#if defined(__x86_64__)
    &gw_blocked_avx512,
    &gw_blocked_avx2,
#endif
    &gw_blocked_plain,
};

const struct gw_blocked_kernel *const *gw_blocked_kernels(size_t *n)
{
    *n = GW_COUNT(kernels);
    return kernels;
}

const struct gw_blocked_kernel *gw_blocked_best(size_t block)
{
    for (size_t i = 0; i < GW_COUNT(kernels); i++)
        if (block > 0 && block % kernels[i]->lanes == 0 && kernels[i]->usable())
            return kernels[i];
    return NULL;
}

size_t gw_by_channel_scratch(const struct gw_by_channel *c)
{
    return c->kernel[0] * (c->pads[1] + c->width + c->pads[3]) * c->block;
}

size_t gw_expand_scratch(const struct gw_expand *e)
{
    const struct gw_by_channel *c = &e->by_channel;
    return c->kernel[0] * (c->pads[1] + c->width + c->pads[3]) * GW_POINTWISE_CHANNELS;
}

void gw_prelu_plain(float *out, const float *in, size_t n, float slope)
{
    for (size_t i = 0; i < n; i++)
        out[i] = in[i] < 0 ? in[i] * slope : in[i];
}
