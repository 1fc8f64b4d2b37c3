/* kernel.c - what a score and a bound are, in plain C; and which kernel runs here. */
#include "gallery/kernel.h"
#include "gallery/kernels.h"
#include "gallery/small.h"

#include <stdatomic.h>

static bool always(void)
{
    return true;
}

static struct gw_small small(int8_t *out, const int16_t *whole, size_t n)
{
    return gw_small_of(out, whole, n);
}

/* Unsigned: signed overflow must not be undefined where tests reach it. */
static int32_t dot16(const int16_t *a, const int16_t *b, size_t n)
{
    uint32_t sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (uint32_t)(a[i] * b[i]);
    return (int32_t)sum;
}

static void dots8(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe)
{
    for (size_t r = 0; r < n_rows; r++, rows += stride) {
        int32_t sum = 0;
        for (size_t i = 0; i < stride; i++)
            sum += rows[i] * probe[i];
        dots[r] = sum;
    }
}

static void bounds(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, float c, float g, float h)
{
    for (size_t t = 0; t < n_tiles; t++) {
        const size_t first = t * GW_KERNEL_TILE;
        float top = 0;
        for (size_t i = first; i < first + GW_KERNEL_TILE; i++) {
            out[i] = (float)dots[i] * scales[i] * c + errors[i] * g + h;
            if (i == first || out[i] > top)
                top = out[i];
        }
        tops[t] = top;
    }
}

static void dots8_together(int32_t *dots, const int8_t *rows, const int32_t *sums, size_t n_rows, size_t stride,
    const int8_t *probes)
{
    (void)sums;
    for (size_t r = 0; r < n_rows; r++)
        for (size_t p = 0; p < GW_KERNEL_TOGETHER; p++)
            dots8(dots + r * GW_KERNEL_TOGETHER + p, rows + r * stride, 1, stride, probes + p * stride);
}

static void bounds_together(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, const float *c, const float *g, const float *h)
{
    for (size_t r = 0; r < n_tiles * GW_KERNEL_TILE; r++) {
        float *top = tops + r / GW_KERNEL_TILE * GW_KERNEL_TOGETHER;
        for (size_t p = 0; p < GW_KERNEL_TOGETHER; p++) {
            const size_t i = r * GW_KERNEL_TOGETHER + p;
            out[i] = (float)dots[i] * scales[r] * c[p] + errors[r] * g[p] + h[p];
            if (r % GW_KERNEL_TILE == 0 || out[i] > top[p])
                top[p] = out[i];
        }
    }
}

const struct gw_kernel gw_kernel_c = {
    .name = "c",
    .usable = always,
    .small = small,
    .dot16 = dot16,
    .dots8 = dots8,
    .bounds = bounds,
    .dots8_together = dots8_together,
    .bounds_together = bounds_together,
};

static const struct gw_kernel *const kernels[] = {
#if defined(__x86_64__)
    &gw_kernel_avx512,
    &gw_kernel_avxvnni,
    &gw_kernel_avx2,
#elif defined(__aarch64__)
    &gw_kernel_neon,
#endif
    &gw_kernel_c,
};

const struct gw_kernel *const *gw_kernels(size_t *n)
{
    *n = GW_COUNT(kernels);
    return kernels;
}

static _Atomic(const struct gw_kernel *) chosen;

const struct gw_kernel *gw_kernel_best(void)
{
    const struct gw_kernel *k = atomic_load_explicit(&chosen, memory_order_relaxed);
    if (k != NULL)
        return k;
    for (size_t i = 0; k == NULL; i++) /* ends: plain C is usable */
        if (kernels[i]->usable())
            k = kernels[i];
    /* Two threads that come first both store the same. */
    atomic_store_explicit(&chosen, k, memory_order_relaxed);
    return k;
}

void gw_kernel_force(const struct gw_kernel *k)
{
    atomic_store(&chosen, k);
}
