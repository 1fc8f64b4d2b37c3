/* kernel_avx512.c - AVX-512 with VNNI: Intel servers since Cascade Lake, Zen 4. */
#include "gallery/kernels.h"

#include <immintrin.h>

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

static inline __m512i load(const void *p)
{
    return _mm512_loadu_si512(p);
}

static int32_t dot16(const int16_t *a, const int16_t *b, size_t n)
{
    __m512i s0 = _mm512_setzero_si512(), s1 = s0;
    for (size_t i = 0; i < n; i += 64) {
        s0 = _mm512_dpwssd_epi32(s0, load(a + i), load(b + i));
        s1 = _mm512_dpwssd_epi32(s1, load(a + i + 32), load(b + i + 32));
    }
    return _mm512_reduce_add_epi32(_mm512_add_epi32(s0, s1));
}

/* See kernel_avxvnni.c: rows are made unsigned by their top bit, and the sum is
 * then too large by 128 times the sum of the probe. */
static inline __m512i minus_surplus(const int8_t *probe, size_t stride)
{
    __m512i s = _mm512_setzero_si512();
    for (size_t i = 0; i < stride; i += 64)
        s = _mm512_dpbusd_epi32(s, _mm512_set1_epi8(-128), load(probe + i));
    return _mm512_sub_epi32(_mm512_setzero_si512(), s);
}

/* Four sums of sixteen: each 128-bit lane holds a part of all four. */
static inline __m512i fold4(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    return _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
}
/* Four of those: sixteen numbers in order. */
static inline __m512i fold16(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m512i ab = _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
    __m512i cd = _mm512_add_epi32(_mm512_shuffle_i32x4(c, d, 0x88), _mm512_shuffle_i32x4(c, d, 0xdd));
    return _mm512_add_epi32(_mm512_shuffle_i32x4(ab, cd, 0x88), _mm512_shuffle_i32x4(ab, cd, 0xdd));
}
static inline __m128i fold_lanes(__m512i s)
{
    __m256i h = _mm256_add_epi32(_mm512_castsi512_si256(s), _mm512_extracti64x4_epi64(s, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(h), _mm256_extracti128_si256(h, 1));
}

/* How far ahead of the row in hand the next are asked for; measured, see docs/benchmarks.md. */
enum { AHEAD = 4096 };

/* Of 4 rows, or fewer at the end: then the last one again, its sum thrown away. */
static inline __m512i four(const int8_t *row, const int8_t *row1, const int8_t *row2, const int8_t *row3,
    const int8_t *probe, size_t stride, __m512i start)
{
    const __m512i flip = _mm512_set1_epi8(-128);
    __m512i s0 = start, s1 = start, s2 = start, s3 = start;
    for (size_t i = 0; i < stride; i += 64) {
        __m512i p = load(probe + i);
        _mm_prefetch((const char *)row + AHEAD + i, _MM_HINT_T0);
        s0 = _mm512_dpbusd_epi32(s0, _mm512_xor_si512(load(row + i), flip), p);
        _mm_prefetch((const char *)row1 + AHEAD + i, _MM_HINT_T0);
        s1 = _mm512_dpbusd_epi32(s1, _mm512_xor_si512(load(row1 + i), flip), p);
        _mm_prefetch((const char *)row2 + AHEAD + i, _MM_HINT_T0);
        s2 = _mm512_dpbusd_epi32(s2, _mm512_xor_si512(load(row2 + i), flip), p);
        _mm_prefetch((const char *)row3 + AHEAD + i, _MM_HINT_T0);
        s3 = _mm512_dpbusd_epi32(s3, _mm512_xor_si512(load(row3 + i), flip), p);
    }
    return fold4(s0, s1, s2, s3);
}

static inline __attribute__((always_inline)) void scan(int32_t *dots, const int8_t *rows, size_t n_rows,
    size_t stride, const int8_t *probe)
{
    const __m512i start = minus_surplus(probe, stride);
    size_t r = 0;
    for (; r + 16 <= n_rows; r += 16) {
        const int8_t *q = rows + r * stride;
        __m512i s[4];
#pragma GCC unroll 4
        for (size_t i = 0; i < 4; i++, q += 4 * stride)
            s[i] = four(q, q + stride, q + 2 * stride, q + 3 * stride, probe, stride, start);
        _mm512_storeu_si512(dots + r, fold16(s[0], s[1], s[2], s[3]));
    }
    for (; r < n_rows; r += 4) {
        const int8_t *q = rows + r * stride;
        const size_t last = GW_MIN(n_rows - r, 4) - 1;
        __m512i s = four(q, q + GW_MIN(1, last) * stride, q + GW_MIN(2, last) * stride, q + last * stride, probe,
            stride, start);
        _mm_mask_storeu_epi32(dots + r, (__mmask8)((2U << last) - 1), fold_lanes(s));
    }
}

/* A length known to the compiler keeps the whole probe in registers. */
static void dots8(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe)
{
    if (stride == 512)
        scan(dots, rows, n_rows, 512, probe);
    else if (stride == 128)
        scan(dots, rows, n_rows, 128, probe);
    else
        scan(dots, rows, n_rows, stride, probe);
}

/* Four rows with four probes: sixteen sums in registers, so that each load feeds four. */
static void dots8x4(int32_t *dots, size_t dots_stride, const int8_t *rows, size_t n_rows, size_t stride,
    const int8_t *probes)
{
    const __m512i flip = _mm512_set1_epi8(-128);
    __m512i start[4];
    for (size_t p = 0; p < 4; p++)
        start[p] = minus_surplus(probes + p * stride, stride);

    for (size_t r = 0; r < n_rows; r += 4) {
        const size_t last = GW_MIN(n_rows - r, 4) - 1;
        const int8_t *row[4];
        __m512i s[4][4];
        for (size_t i = 0; i < 4; i++)
            row[i] = rows + (r + GW_MIN(i, last)) * stride;
#pragma GCC unroll 4
        for (size_t p = 0; p < 4; p++)
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; i++)
                s[p][i] = start[p];
        for (size_t k = 0; k < stride; k += 64) {
            const __m512i a = _mm512_xor_si512(load(row[0] + k), flip), b = _mm512_xor_si512(load(row[1] + k), flip);
            const __m512i c = _mm512_xor_si512(load(row[2] + k), flip), d = _mm512_xor_si512(load(row[3] + k), flip);
#pragma GCC unroll 4
            for (size_t p = 0; p < 4; p++) {
                const __m512i v = load(probes + p * stride + k);
                s[p][0] = _mm512_dpbusd_epi32(s[p][0], a, v);
                s[p][1] = _mm512_dpbusd_epi32(s[p][1], b, v);
                s[p][2] = _mm512_dpbusd_epi32(s[p][2], c, v);
                s[p][3] = _mm512_dpbusd_epi32(s[p][3], d, v);
            }
        }
#pragma GCC unroll 4
        for (size_t p = 0; p < 4; p++)
            _mm_mask_storeu_epi32(dots + p * dots_stride + r, (__mmask8)((2U << last) - 1),
                fold_lanes(fold4(s[p][0], s[p][1], s[p][2], s[p][3])));
    }
}

static void bounds(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, float c, float g, float h)
{
    const __m512 vc = _mm512_set1_ps(c), vg = _mm512_set1_ps(g), vh = _mm512_set1_ps(h);
    for (size_t t = 0; t < n_tiles; t++) {
        const size_t at = t * GW_KERNEL_TILE;
        __m512 u = _mm512_cvtepi32_ps(load(dots + at));
        u = _mm512_mul_ps(_mm512_mul_ps(u, _mm512_loadu_ps(scales + at)), vc);
        u = _mm512_add_ps(_mm512_add_ps(u, _mm512_mul_ps(_mm512_loadu_ps(errors + at), vg)), vh);
        _mm512_storeu_ps(out + at, u);
        tops[t] = _mm512_reduce_max_ps(u);
    }
}

const struct gw_kernel gw_kernel_avx512 = {
    .name = "avx512", .usable = usable, .dot16 = dot16, .dots8 = dots8, .dots8x4 = dots8x4, .bounds = bounds,
};
