/* kernel_avx512.c - AVX-512 with VNNI: Intel servers since Cascade Lake, Zen 4. */
#include "gallery/gallery.h"
#include "gallery/kernels.h"
#include "gallery/small.h"

#include <immintrin.h>

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

typedef double loose_double __attribute__((aligned(4), may_alias));

static inline __m512i load(const void *p)
{
    return _mm512_loadu_si512(p);
}

/* As gw_small_of. Multiplying with rounding to the upper half is (w * per + 2^14) >> 15, and squares are added up
 * in pairs, which as unsigned numbers fit: 2^31 at most. */
static struct gw_small small(int8_t *out, const int16_t *whole, size_t n)
{
    __m512i sizes = _mm512_setzero_si512(), ww = sizes, wq = sizes, qq = sizes;
    for (size_t i = 0; i < n; i += 32) /* unsigned: one of -2^15 has a size, too */
        sizes = _mm512_max_epu16(sizes, _mm512_abs_epi16(load(whole + i)));
    const __m256i half = _mm256_max_epu16(_mm512_castsi512_si256(sizes), _mm512_extracti64x4_epi64(sizes, 1));
    const __m128i eight = _mm_max_epu16(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
    /* There is an instruction for the smallest of eight. */
    const int32_t most = 65535 - (_mm_cvtsi128_si32(_mm_minpos_epu16(_mm_xor_si128(eight, _mm_set1_epi32(-1)))) & 65535);
    const int32_t per = gw_small_per(most);
    const __m512i times = _mm512_set1_epi16((int16_t)per);
    for (size_t i = 0; i < n; i += 32) {
        const __m512i w = load(whole + i), q = _mm512_mulhrs_epi16(w, times), pairs = _mm512_madd_epi16(w, w);
        _mm256_storeu_si256((__m256i *)(void *)(out + i), _mm512_cvtepi16_epi8(q));
        ww = _mm512_add_epi64(ww, _mm512_add_epi64(_mm512_srli_epi64(pairs, 32), _mm512_maskz_mov_epi32(0x5555, pairs)));
        wq = _mm512_dpwssd_epi32(wq, w, q);
        qq = _mm512_dpwssd_epi32(qq, q, q);
    }
    return gw_small_made(per, (uint64_t)_mm512_reduce_add_epi64(ww), (uint32_t)_mm512_reduce_add_epi32(wq),
        (uint32_t)_mm512_reduce_add_epi32(qq));
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

static inline __m128i load_part(const int8_t *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/* Eight probes side by side: of each 16 components, those of probes 0 to 3 in one vector and of 4 to 7 in the
 * next, made unsigned. Such a part of a row, put into all four quarters of a vector, meets four probes at once,
 * and what is left of each dot at the end is four numbers, not sixteen: to add those up took an eighth of the time. */
static void weave(uint8_t *woven, const int8_t *probes, size_t stride)
{
    for (size_t i = 0; i < stride; i += 16)
        for (size_t p = 0; p < GW_KERNEL_TOGETHER; p++, woven += 16)
            _mm_store_si128((__m128i *)(void *)woven, _mm_xor_si128(load_part(probes + p * stride + i), _mm_set1_epi8(-128)));
}

/* At once: as many sums as hide the time an instruction takes. Rows AHEAD are asked for early and in the order in
 * which they lie, which the processor foresees; asked for in that in which they are used, or not at all, a gallery
 * that is in no cache took three times as long. */
enum { ROWS = 4, AHEAD = 16 };

/* n rows, at most ROWS; constant where it is called. */
static inline __attribute__((always_inline)) void rows_together(int32_t *dots, const int8_t *rows, const int32_t *sums,
    size_t stride, const uint8_t *woven, size_t n)
{
    __m512i s[ROWS][2];
#pragma GCC unroll 4
    for (size_t r = 0; r < ROWS; r++)
        s[r][0] = s[r][1] = _mm512_setzero_si512();
    for (size_t step = 0; step < stride; step += GW_KERNEL_STEP) {
#pragma GCC unroll 4
        for (size_t r = 0; r < n; r++)
            _mm_prefetch((const char *)(rows + AHEAD * stride + step * ROWS + r * GW_KERNEL_STEP), _MM_HINT_T0);
#pragma GCC unroll 4
        for (size_t i = step; i < step + GW_KERNEL_STEP; i += 16, woven += 128) {
            const __m512i low = load(woven), high = load(woven + 64);
#pragma GCC unroll 4
            for (size_t r = 0; r < n; r++) {
                const __m512i part = _mm512_broadcast_i32x4(load_part(rows + r * stride + i));
                s[r][0] = _mm512_dpbusd_epi32(s[r][0], low, part);
                s[r][1] = _mm512_dpbusd_epi32(s[r][1], high, part);
            }
        }
    }
    /* Two rows at a time: quarter q of what fold4 gives has, of probes q and q + 4, one row's dots and the next one's. */
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
#pragma GCC unroll 2
    for (size_t r = 0; r < n; r += 2) {
        const size_t next = r + 1 < n ? r + 1 : r;
        const __m512i over = _mm512_inserti64x4(_mm512_set1_epi32(sums[r] * 128), _mm256_set1_epi32(sums[next] * 128), 1);
        const __m512i d = _mm512_sub_epi32(_mm512_permutexvar_epi32(order, fold4(s[r][0], s[r][1], s[next][0], s[next][1])), over);
        if (next > r)
            _mm512_storeu_si512(dots + r * GW_KERNEL_TOGETHER, d);
        else
            _mm256_storeu_si256((__m256i *)(void *)(dots + r * GW_KERNEL_TOGETHER), _mm512_castsi512_si256(d));
    }
}

static void dots8_together(int32_t *dots, const int8_t *rows, const int32_t *sums, size_t n_rows, size_t stride,
    const int8_t *probes)
{
    alignas(64) uint8_t woven[GW_KERNEL_TOGETHER * GW_TEMPLATE_DIM_MAX];
    weave(woven, probes, stride);
    size_t r = 0;
    for (; r + ROWS <= n_rows; r += ROWS)
        rows_together(dots + r * GW_KERNEL_TOGETHER, rows + r * stride, sums + r, stride, woven, ROWS);
    for (; r < n_rows; r++)
        rows_together(dots + r * GW_KERNEL_TOGETHER, rows + r * stride, sums + r, stride, woven, 1);
}

/* A number of each of two rows, eight times each. */
static inline __m512 of_two_rows(const float *two)
{
    return _mm512_permutexvar_ps(_mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1),
        _mm512_castpd_ps(_mm512_set1_pd(*(const loose_double *)(const void *)two)));
}
static inline __m512 twice(const float *eight)
{
    const __m256 v = _mm256_loadu_ps(eight);
    return _mm512_castpd_ps(_mm512_insertf64x4(_mm512_castps_pd(_mm512_castps256_ps512(v)), _mm256_castps_pd(v), 1));
}

static void bounds_together(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, const float *c, const float *g, const float *h)
{
    const __m512 vc = twice(c), vg = twice(g), vh = twice(h);
    for (size_t t = 0; t < n_tiles; t++) {
        __m512 top = _mm512_setzero_ps();
        for (size_t i = 0; i < GW_KERNEL_TILE; i += 2) {
            const size_t r = t * GW_KERNEL_TILE + i;
            __m512 d = _mm512_cvtepi32_ps(load(dots + r * GW_KERNEL_TOGETHER));
            d = _mm512_mul_ps(_mm512_mul_ps(d, of_two_rows(scales + r)), vc);
            d = _mm512_add_ps(_mm512_add_ps(d, _mm512_mul_ps(of_two_rows(errors + r), vg)), vh);
            _mm512_storeu_ps(out + r * GW_KERNEL_TOGETHER, d);
            top = i == 0 ? d : _mm512_max_ps(top, d);
        }
        const __m256 odd = _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(top), 1));
        _mm256_storeu_ps(tops + t * GW_KERNEL_TOGETHER, _mm256_max_ps(_mm512_castps512_ps256(top), odd));
    }
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
