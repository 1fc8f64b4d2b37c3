/* kernel_avx2.c - any x86-64 server since 2013 (Haswell, Zen). */
#include "gallery/kernels.h"
#include "gallery/small.h"

#include <immintrin.h>

static bool usable(void)
{
    return __builtin_cpu_supports("avx2");
}

static struct gw_small small(int8_t *out, const int16_t *whole, size_t n)
{
    return gw_small_of(out, whole, n);
}

static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

/* Four sums of eight, each to one number. */
static inline __m128i sums4(__m256i a, __m256i b, __m256i c, __m256i d)
{
    __m256i s = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    return _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
}

static inline int32_t sum8(__m256i v)
{
    return _mm_cvtsi128_si32(sums4(v, v, v, v));
}

static int32_t dot16(const int16_t *a, const int16_t *b, size_t n)
{
    __m256i s0 = _mm256_setzero_si256(), s1 = s0;
    for (size_t i = 0; i < n; i += 32) {
        s0 = _mm256_add_epi32(s0, _mm256_madd_epi16(load(a + i), load(b + i)));
        s1 = _mm256_add_epi32(s1, _mm256_madd_epi16(load(a + i + 16), load(b + i + 16)));
    }
    return sum8(_mm256_add_epi32(s0, s1));
}

/* maddubs wants one unsigned operand: |row| * (probe with row's sign). Pairs stay
 * within 2 * 127 * 127 = 32258, so its saturation never shows; two of them added
 * would not, so each goes to 32 bits at once. */
static inline __m256i step(__m256i sum, __m256i row, __m256i size, __m256i probe)
{
    __m256i pairs = _mm256_maddubs_epi16(size, _mm256_sign_epi8(probe, row));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

static inline __m256i one(const int8_t *row, const int8_t *probe, size_t stride)
{
    __m256i s0 = _mm256_setzero_si256(), s1 = s0;
    for (size_t i = 0; i < stride; i += 64) {
        const __m256i a = load(row + i), b = load(row + i + 32);
        s0 = step(s0, a, _mm256_abs_epi8(a), load(probe + i));
        s1 = step(s1, b, _mm256_abs_epi8(b), load(probe + i + 32));
    }
    return _mm256_add_epi32(s0, s1);
}

/* One row after another: see kernel_avx512.c. */
static void dots8(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe)
{
    for (size_t r = 0; r < n_rows; r++, rows += stride)
        dots[r] = sum8(one(rows, probe, stride));
}

static void bounds(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, float c, float g, float h)
{
    const __m256 vc = _mm256_set1_ps(c), vg = _mm256_set1_ps(g), vh = _mm256_set1_ps(h);
    for (size_t t = 0; t < n_tiles; t++) {
        __m256 u[2];
        for (size_t i = 0; i < 2; i++) {
            const size_t at = t * GW_KERNEL_TILE + i * 8;
            __m256 d = _mm256_cvtepi32_ps(load(dots + at));
            d = _mm256_mul_ps(_mm256_mul_ps(d, _mm256_loadu_ps(scales + at)), vc);
            d = _mm256_add_ps(_mm256_add_ps(d, _mm256_mul_ps(_mm256_loadu_ps(errors + at), vg)), vh);
            _mm256_storeu_ps(out + at, u[i] = d);
        }
        __m256 m = _mm256_max_ps(u[0], u[1]);
        __m128 n = _mm_max_ps(_mm256_castps256_ps128(m), _mm256_extractf128_ps(m, 1));
        n = _mm_max_ps(n, _mm_movehl_ps(n, n));
        n = _mm_max_ss(n, _mm_movehdup_ps(n));
        tops[t] = _mm_cvtss_f32(n);
    }
}

static void dots8_together(int32_t *dots, const int8_t *rows, const int32_t *sums, size_t n_rows, size_t stride,
    const int8_t *probes)
{
    (void)sums;
    for (size_t r = 0; r < n_rows; r++, rows += stride, dots += 8) {
        __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (size_t i = 0; i < stride; i += 32) {
            const __m256i v = load(rows + i), a = _mm256_abs_epi8(v);
            s0 = step(s0, v, a, load(probes + i));
            s1 = step(s1, v, a, load(probes + stride + i));
            s2 = step(s2, v, a, load(probes + 2 * stride + i));
            s3 = step(s3, v, a, load(probes + 3 * stride + i));
            s4 = step(s4, v, a, load(probes + 4 * stride + i));
            s5 = step(s5, v, a, load(probes + 5 * stride + i));
            s6 = step(s6, v, a, load(probes + 6 * stride + i));
            s7 = step(s7, v, a, load(probes + 7 * stride + i));
        }
        _mm_storeu_si128((__m128i *)(void *)dots, sums4(s0, s1, s2, s3));
        _mm_storeu_si128((__m128i *)(void *)(dots + 4), sums4(s4, s5, s6, s7));
    }
}

static void bounds_together(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, const float *c, const float *g, const float *h)
{
    const __m256 vc = _mm256_loadu_ps(c), vg = _mm256_loadu_ps(g), vh = _mm256_loadu_ps(h);
    for (size_t t = 0; t < n_tiles; t++) {
        __m256 top = _mm256_set1_ps(0);
        for (size_t i = 0; i < GW_KERNEL_TILE; i++) {
            const size_t r = t * GW_KERNEL_TILE + i;
            __m256 d = _mm256_cvtepi32_ps(load(dots + r * 8));
            d = _mm256_mul_ps(_mm256_mul_ps(d, _mm256_set1_ps(scales[r])), vc);
            d = _mm256_add_ps(_mm256_add_ps(d, _mm256_mul_ps(_mm256_set1_ps(errors[r]), vg)), vh);
            _mm256_storeu_ps(out + r * 8, d);
            top = i == 0 ? d : _mm256_max_ps(top, d);
        }
        _mm256_storeu_ps(tops + t * 8, top);
    }
}

const struct gw_kernel gw_kernel_avx2 = {
    .name = "avx2",
    .usable = usable,
    .small = small,
    .dot16 = dot16,
    .dots8 = dots8,
    .bounds = bounds,
    .dots8_together = dots8_together,
    .bounds_together = bounds_together,
};
