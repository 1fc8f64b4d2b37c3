/* kernel_avx512.c - AVX-512 with VNNI: Intel servers since Cascade Lake, Zen 4. */
#include "gallery/kernels.h"
#include "gallery/small.h"

#include <immintrin.h>

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

static struct gw_small small(int8_t *out, const int16_t *whole, size_t n)
{
    return gw_small_of(out, whole, n);
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
static inline __m512i unsigned_of(const int8_t *row)
{
    return _mm512_xor_si512(load(row), _mm512_set1_epi8(-128));
}

static inline __m512i surplus(const int8_t *probe, size_t stride)
{
    __m512i s = _mm512_setzero_si512();
    for (size_t i = 0; i < stride; i += 64)
        s = _mm512_dpbusd_epi32(s, _mm512_set1_epi8(-128), load(probe + i));
    return s;
}

/* Four sums of sixteen: each 128-bit lane holds a part of all four. */
static inline __m512i fold4(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    return _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
}
/* Two of those: eight numbers in order. */
static inline __m256i fold8(__m512i a, __m512i b)
{
    __m512i s = _mm512_add_epi32(_mm512_shuffle_i32x4(a, b, 0x88), _mm512_shuffle_i32x4(a, b, 0xdd));
    /* Lanes are a, a, b, b. */
    s = _mm512_add_epi32(s, _mm512_shuffle_i32x4(s, s, 0xb1));
    return _mm512_castsi512_si256(_mm512_shuffle_i32x4(s, s, 0x08));
}

/* One row after another, each finished before the next: memory is then read in
 * order, which the processor foresees. Four rows at a time (or so that a compiler
 * could mix them), with or without asking for lines ahead, ran at a third to a half
 * of that speed from memory, and no faster from the caches. */
static inline __attribute__((always_inline)) void scan(int32_t *dots, const int8_t *rows, size_t n_rows,
    size_t stride, const int8_t *probe)
{
    const int32_t over = _mm512_reduce_add_epi32(surplus(probe, stride));
    for (size_t r = 0; r < n_rows; r++, rows += stride) {
        __m512i s0 = _mm512_setzero_si512(), s1 = s0;
        size_t i = 0;
#pragma GCC unroll 8
        for (; i + 128 <= stride; i += 128) {
            s0 = _mm512_dpbusd_epi32(s0, unsigned_of(rows + i), load(probe + i));
            s1 = _mm512_dpbusd_epi32(s1, unsigned_of(rows + i + 64), load(probe + i + 64));
        }
        if (i < stride)
            s0 = _mm512_dpbusd_epi32(s0, unsigned_of(rows + i), load(probe + i));
        dots[r] = _mm512_reduce_add_epi32(_mm512_add_epi32(s0, s1)) - over;
    }
}

/* Lengths the compiler knows keep the whole probe in registers. */
static void dots8(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe)
{
    if (stride == 512)
        scan(dots, rows, n_rows, 512, probe);
    else if (stride == 128)
        scan(dots, rows, n_rows, 128, probe);
    else
        scan(dots, rows, n_rows, stride, probe);
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

/* The dots of one row with eight probes from their sums, in order. */
static inline void put_dots(int32_t *dots, const __m512i s[8], __m256i over)
{
    const __m256i d = fold8(fold4(s[0], s[1], s[2], s[3]), fold4(s[4], s[5], s[6], s[7]));
    _mm256_storeu_si256((__m256i *)(void *)dots, _mm256_sub_epi32(d, over));
}

/* `at_once` rows: a part of a probe is then fetched once for all of them, and the sums, not the
 * fetching, are what takes the time. Constant where it is called, as is the stride. */
static inline __attribute__((always_inline)) void rows_together(int32_t *dots, const int8_t *rows, size_t stride,
    const int8_t *probes, __m256i over, size_t at_once)
{
    __m512i s[2][8];
#pragma GCC unroll 2
    for (size_t r = 0; r < at_once; r++)
#pragma GCC unroll 8
        for (size_t p = 0; p < 8; p++)
            s[r][p] = _mm512_setzero_si512();
    /* 64 vectors of probes fit no registers; the compiler is kept from moving them to its stack
     * before the loop, which halved the speed. */
    __asm__ volatile("" ::: "memory");
#pragma GCC unroll 8
    for (size_t i = 0; i < stride; i += 64) {
        __m512i v[2];
#pragma GCC unroll 2
        for (size_t r = 0; r < at_once; r++)
            v[r] = unsigned_of(rows + r * stride + i);
#pragma GCC unroll 8
        for (size_t p = 0; p < 8; p++) {
            const __m512i part = load(probes + p * stride + i);
#pragma GCC unroll 2
            for (size_t r = 0; r < at_once; r++)
                s[r][p] = _mm512_dpbusd_epi32(s[r][p], v[r], part);
        }
    }
#pragma GCC unroll 2
    for (size_t r = 0; r < at_once; r++)
        put_dots(dots + r * 8, s[r], over);
}

static inline __attribute__((always_inline)) void scan_together(int32_t *dots, const int8_t *rows, size_t n_rows,
    size_t stride, const int8_t *probes)
{
    __m512i o[8];
    for (size_t p = 0; p < 8; p++)
        o[p] = surplus(probes + p * stride, stride);
    const __m256i over = fold8(fold4(o[0], o[1], o[2], o[3]), fold4(o[4], o[5], o[6], o[7]));
    size_t r = 0;
    for (; r + 2 <= n_rows; r += 2)
        rows_together(dots + r * 8, rows + r * stride, stride, probes, over, 2);
    if (r < n_rows)
        rows_together(dots + r * 8, rows + r * stride, stride, probes, over, 1);
}

static void dots8_together(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probes)
{
    if (stride == 512)
        scan_together(dots, rows, n_rows, 512, probes);
    else if (stride == 128)
        scan_together(dots, rows, n_rows, 128, probes);
    else
        scan_together(dots, rows, n_rows, stride, probes);
}

static void bounds_together(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, const float *c, const float *g, const float *h)
{
    gw_kernel_avx2.bounds_together(out, tops, dots, scales, errors, n_tiles, c, g, h);
}

const struct gw_kernel gw_kernel_avx512 = {
    .name = "avx512",
    .usable = usable,
    .small = small,
    .dot16 = dot16,
    .dots8 = dots8,
    .bounds = bounds,
    .dots8_together = dots8_together,
    .bounds_together = bounds_together,
};
