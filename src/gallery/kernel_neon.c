/* kernel_neon.c - 64-bit Arm with the dot-product instructions (Armv8.2 and later:
 * Neoverse, Graviton 2, Cortex-A55 and newer). */
#include "gallery/kernels.h"
#include "gallery/small.h"

#include <arm_neon.h>
#include <sys/auxv.h>

static bool usable(void)
{
    const unsigned long asimddp = 1UL << 20; /* HWCAP_ASIMDDP */
    return (getauxval(AT_HWCAP) & asimddp) != 0;
}

static struct gw_small small(int8_t *out, const int16_t *whole, size_t n)
{
    return gw_small_of(out, whole, n);
}

static int32_t dot16(const int16_t *a, const int16_t *b, size_t n)
{
    int32x4_t s0 = vdupq_n_s32(0), s1 = s0;
    for (size_t i = 0; i < n; i += 8) {
        const int16x8_t x = vld1q_s16(a + i), y = vld1q_s16(b + i);
        s0 = vmlal_s16(s0, vget_low_s16(x), vget_low_s16(y));
        s1 = vmlal_high_s16(s1, x, y);
    }
    return vaddvq_s32(vaddq_s32(s0, s1));
}

static inline int32x4_t sums4(int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d)
{
    return vpaddq_s32(vpaddq_s32(a, b), vpaddq_s32(c, d));
}

/* One row after another: see kernel_avx512.c. */
static void dots8(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe)
{
    for (size_t r = 0; r < n_rows; r++, rows += stride) {
        int32x4_t s0 = vdupq_n_s32(0), s1 = s0;
        for (size_t i = 0; i < stride; i += 32) {
            s0 = vdotq_s32(s0, vld1q_s8(rows + i), vld1q_s8(probe + i));
            s1 = vdotq_s32(s1, vld1q_s8(rows + i + 16), vld1q_s8(probe + i + 16));
        }
        dots[r] = vaddvq_s32(vaddq_s32(s0, s1));
    }
}

static void bounds(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, float c, float g, float h)
{
    for (size_t t = 0; t < n_tiles; t++) {
        float32x4_t top = vdupq_n_f32(0);
        for (size_t i = 0; i < GW_KERNEL_TILE; i += 4) {
            const size_t at = t * GW_KERNEL_TILE + i;
            float32x4_t u = vmulq_n_f32(vmulq_f32(vcvtq_f32_s32(vld1q_s32(dots + at)), vld1q_f32(scales + at)), c);
            u = vaddq_f32(vaddq_f32(u, vmulq_n_f32(vld1q_f32(errors + at), g)), vdupq_n_f32(h));
            vst1q_f32(out + at, u);
            top = i == 0 ? u : vmaxq_f32(top, u);
        }
        tops[t] = vmaxvq_f32(top);
    }
}

static void dots8_together(int32_t *dots, const int8_t *rows, const int32_t *sums, size_t n_rows, size_t stride,
    const int8_t *probes)
{
    (void)sums;
    for (size_t r = 0; r < n_rows; r++, rows += stride, dots += 8) {
        int32x4_t s0 = vdupq_n_s32(0), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (size_t i = 0; i < stride; i += 16) {
            const int8x16_t v = vld1q_s8(rows + i);
            s0 = vdotq_s32(s0, v, vld1q_s8(probes + i));
            s1 = vdotq_s32(s1, v, vld1q_s8(probes + stride + i));
            s2 = vdotq_s32(s2, v, vld1q_s8(probes + 2 * stride + i));
            s3 = vdotq_s32(s3, v, vld1q_s8(probes + 3 * stride + i));
            s4 = vdotq_s32(s4, v, vld1q_s8(probes + 4 * stride + i));
            s5 = vdotq_s32(s5, v, vld1q_s8(probes + 5 * stride + i));
            s6 = vdotq_s32(s6, v, vld1q_s8(probes + 6 * stride + i));
            s7 = vdotq_s32(s7, v, vld1q_s8(probes + 7 * stride + i));
        }
        vst1q_s32(dots, sums4(s0, s1, s2, s3));
        vst1q_s32(dots + 4, sums4(s4, s5, s6, s7));
    }
}

static void bounds_together(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, const float *c, const float *g, const float *h)
{
    for (size_t t = 0; t < n_tiles; t++)
        for (size_t half = 0; half < 8; half += 4) {
            const float32x4_t vc = vld1q_f32(c + half), vg = vld1q_f32(g + half), vh = vld1q_f32(h + half);
            float32x4_t top = vdupq_n_f32(0);
            for (size_t i = 0; i < GW_KERNEL_TILE; i++) {
                const size_t r = t * GW_KERNEL_TILE + i;
                float32x4_t u = vcvtq_f32_s32(vld1q_s32(dots + r * 8 + half));
                u = vmulq_f32(vmulq_n_f32(u, scales[r]), vc);
                u = vaddq_f32(vaddq_f32(u, vmulq_n_f32(vg, errors[r])), vh);
                vst1q_f32(out + r * 8 + half, u);
                top = i == 0 ? u : vmaxq_f32(top, u);
            }
            vst1q_f32(tops + t * 8 + half, top);
        }
}

const struct gw_kernel gw_kernel_neon = {
    .name = "neon",
    .usable = usable,
    .small = small,
    .dot16 = dot16,
    .dots8 = dots8,
    .bounds = bounds,
    .dots8_together = dots8_together,
    .bounds_together = bounds_together,
};
