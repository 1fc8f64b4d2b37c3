/* kernel_neon.c - 64-bit Arm with the dot-product instructions (Armv8.2 and later:
 * Neoverse, Graviton 2, Cortex-A55 and newer). */
#include "gallery/kernels.h"

#include <arm_neon.h>
#include <sys/auxv.h>

static bool usable(void)
{
    const unsigned long asimddp = 1UL << 20; /* HWCAP_ASIMDDP */
    return (getauxval(AT_HWCAP) & asimddp) != 0;
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

static void dots8(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe)
{
    size_t r = 0;
    for (; r + 4 <= n_rows; r += 4) {
        const int8_t *row = rows + r * stride;
        int32x4_t s0 = vdupq_n_s32(0), s1 = s0, s2 = s0, s3 = s0;
        for (size_t i = 0; i < stride; i += 16) {
            const int8x16_t p = vld1q_s8(probe + i);
            s0 = vdotq_s32(s0, vld1q_s8(row + i), p);
            s1 = vdotq_s32(s1, vld1q_s8(row + stride + i), p);
            s2 = vdotq_s32(s2, vld1q_s8(row + 2 * stride + i), p);
            s3 = vdotq_s32(s3, vld1q_s8(row + 3 * stride + i), p);
        }
        vst1q_s32(dots + r, sums4(s0, s1, s2, s3));
    }
    for (; r < n_rows; r++) {
        int32x4_t s = vdupq_n_s32(0);
        for (size_t i = 0; i < stride; i += 16)
            s = vdotq_s32(s, vld1q_s8(rows + r * stride + i), vld1q_s8(probe + i));
        dots[r] = vaddvq_s32(s);
    }
}

static void dots8x4(int32_t *dots, size_t dots_stride, const int8_t *rows, size_t n_rows, size_t stride,
    const int8_t *probes)
{
    for (size_t r = 0; r < n_rows; r++) {
        const int8_t *row = rows + r * stride;
        int32x4_t s0 = vdupq_n_s32(0), s1 = s0, s2 = s0, s3 = s0;
        for (size_t i = 0; i < stride; i += 16) {
            const int8x16_t v = vld1q_s8(row + i);
            s0 = vdotq_s32(s0, v, vld1q_s8(probes + i));
            s1 = vdotq_s32(s1, v, vld1q_s8(probes + stride + i));
            s2 = vdotq_s32(s2, v, vld1q_s8(probes + 2 * stride + i));
            s3 = vdotq_s32(s3, v, vld1q_s8(probes + 3 * stride + i));
        }
        const int32x4_t s = sums4(s0, s1, s2, s3);
        dots[r] = vgetq_lane_s32(s, 0);
        dots[dots_stride + r] = vgetq_lane_s32(s, 1);
        dots[2 * dots_stride + r] = vgetq_lane_s32(s, 2);
        dots[3 * dots_stride + r] = vgetq_lane_s32(s, 3);
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

const struct gw_kernel gw_kernel_neon = {
    .name = "neon", .usable = usable, .dot16 = dot16, .dots8 = dots8, .dots8x4 = dots8x4, .bounds = bounds,
};
