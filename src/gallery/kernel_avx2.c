/* kernel_avx2.c - any x86-64 server since 2013 (Haswell, Zen). */
#include "gallery/kernels.h"

#include <immintrin.h>

static bool usable(void)
{
    return __builtin_cpu_supports("avx2");
}

static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

static inline int32_t sum8(__m256i v)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
    return _mm_cvtsi128_si32(s);
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
static inline __m256i step(__m256i sum, __m256i row, __m256i probe)
{
    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(row), _mm256_sign_epi8(probe, row));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}

/* Four sums of eight, each to one number. */
static inline __m128i sums4(__m256i a, __m256i b, __m256i c, __m256i d)
{
    __m256i s = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    return _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
}

static void dots8(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe)
{
    size_t r = 0;
    for (; r + 4 <= n_rows; r += 4) {
        const int8_t *row = rows + r * stride;
        __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
        for (size_t i = 0; i < stride; i += 32) {
            __m256i p = load(probe + i);
            s0 = step(s0, load(row + i), p);
            s1 = step(s1, load(row + stride + i), p);
            s2 = step(s2, load(row + 2 * stride + i), p);
            s3 = step(s3, load(row + 3 * stride + i), p);
        }
        _mm_storeu_si128((__m128i *)(void *)(dots + r), sums4(s0, s1, s2, s3));
    }
    for (; r < n_rows; r++) {
        __m256i s = _mm256_setzero_si256();
        for (size_t i = 0; i < stride; i += 32)
            s = step(s, load(rows + r * stride + i), load(probe + i));
        dots[r] = sum8(s);
    }
}

static void dots8x4(int32_t *dots, size_t dots_stride, const int8_t *rows, size_t n_rows, size_t stride,
    const int8_t *probes)
{
    const __m256i ones = _mm256_set1_epi16(1);
    for (size_t r = 0; r < n_rows; r++) {
        const int8_t *row = rows + r * stride;
        __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0;
        for (size_t i = 0; i < stride; i += 32) {
            __m256i v = load(row + i), a = _mm256_abs_epi8(v);
#define STEP(s, p)                                                                                \
    s = _mm256_add_epi32(s, _mm256_madd_epi16(                                                    \
                                _mm256_maddubs_epi16(a, _mm256_sign_epi8(load(probes + (p) * stride + i), v)), ones))
            STEP(s0, 0);
            STEP(s1, 1);
            STEP(s2, 2);
            STEP(s3, 3);
#undef STEP
        }
        __m128i s = sums4(s0, s1, s2, s3);
        dots[r] = _mm_extract_epi32(s, 0);
        dots[dots_stride + r] = _mm_extract_epi32(s, 1);
        dots[2 * dots_stride + r] = _mm_extract_epi32(s, 2);
        dots[3 * dots_stride + r] = _mm_extract_epi32(s, 3);
    }
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

const struct gw_kernel gw_kernel_avx2 = {
    .name = "avx2", .usable = usable, .dot16 = dot16, .dots8 = dots8, .dots8x4 = dots8x4, .bounds = bounds,
};
