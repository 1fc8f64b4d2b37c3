/* kernel_avxvnni.c - 256-bit VNNI: Intel since Alder Lake, Zen 5, wherever 512 bits
 * are absent or switched off.
 *
 * The same instruction has two encodings. A test compiles this file a second time
 * with GW_KERNEL_EVEX, for processors that have only the other one, so that the
 * arithmetic is tested on more machines than the encoding. */
#include "gallery/kernels.h"

#include <cpuid.h>
#include <immintrin.h>

#ifdef GW_KERNEL_EVEX
#define NAME gw_kernel_evex256
#define DPBUSD _mm256_dpbusd_epi32
#define DPWSSD _mm256_dpwssd_epi32
extern const struct gw_kernel gw_kernel_evex256;
static bool usable(void)
{
    return __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512vl");
}
#else
#define NAME gw_kernel_avxvnni
#define DPBUSD _mm256_dpbusd_avx_epi32
#define DPWSSD _mm256_dpwssd_avx_epi32
static bool usable(void)
{
    unsigned a, b, c, d;
    /* CPUID leaf 7, subleaf 1, EAX bit 4: AVX-VNNI (the compilers of 2022 have no word for it).
     * AVX2 says that the system saves the wide registers. */
    return __builtin_cpu_supports("avx2") && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & (1U << 4)) != 0;
}
#endif

static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

static inline __m128i sums4(__m256i a, __m256i b, __m256i c, __m256i d)
{
    __m256i s = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    return _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
}

static int32_t dot16(const int16_t *a, const int16_t *b, size_t n)
{
    __m256i s0 = _mm256_setzero_si256(), s1 = s0;
    for (size_t i = 0; i < n; i += 32) {
        s0 = DPWSSD(s0, load(a + i), load(b + i));
        s1 = DPWSSD(s1, load(a + i + 16), load(b + i + 16));
    }
    return _mm_cvtsi128_si32(sums4(_mm256_add_epi32(s0, s1), s0, s0, s0));
}

/* dpbusd wants one unsigned operand: row + 128, which a flipped top bit gives. The
 * sum is then too large by 128 times the sum of the probe. */
static __m256i surplus(const int8_t *probe, size_t stride)
{
    __m256i s = _mm256_setzero_si256();
    for (size_t i = 0; i < stride; i += 32)
        s = DPBUSD(s, _mm256_set1_epi8(-128), load(probe + i));
    return s;
}

static void dots8(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe)
{
    const __m256i flip = _mm256_set1_epi8(-128);
    const __m256i start = _mm256_sub_epi32(_mm256_setzero_si256(), surplus(probe, stride));
    size_t r = 0;
    for (; r + 4 <= n_rows; r += 4) {
        const int8_t *row = rows + r * stride;
        __m256i s0 = start, s1 = start, s2 = start, s3 = start;
        for (size_t i = 0; i < stride; i += 32) {
            __m256i p = load(probe + i);
            s0 = DPBUSD(s0, _mm256_xor_si256(load(row + i), flip), p);
            s1 = DPBUSD(s1, _mm256_xor_si256(load(row + stride + i), flip), p);
            s2 = DPBUSD(s2, _mm256_xor_si256(load(row + 2 * stride + i), flip), p);
            s3 = DPBUSD(s3, _mm256_xor_si256(load(row + 3 * stride + i), flip), p);
        }
        _mm_storeu_si128((__m128i *)(void *)(dots + r), sums4(s0, s1, s2, s3));
    }
    for (; r < n_rows; r++) {
        __m256i s = start;
        for (size_t i = 0; i < stride; i += 32)
            s = DPBUSD(s, _mm256_xor_si256(load(rows + r * stride + i), flip), load(probe + i));
        dots[r] = _mm_cvtsi128_si32(sums4(s, s, s, s));
    }
}

static void dots8x4(int32_t *dots, size_t dots_stride, const int8_t *rows, size_t n_rows, size_t stride,
    const int8_t *probes)
{
    const __m256i flip = _mm256_set1_epi8(-128), zero = _mm256_setzero_si256();
    const int8_t *p0 = probes, *p1 = p0 + stride, *p2 = p1 + stride, *p3 = p2 + stride;
    const __m256i n0 = _mm256_sub_epi32(zero, surplus(p0, stride)), n1 = _mm256_sub_epi32(zero, surplus(p1, stride));
    const __m256i n2 = _mm256_sub_epi32(zero, surplus(p2, stride)), n3 = _mm256_sub_epi32(zero, surplus(p3, stride));
    for (size_t r = 0; r < n_rows; r++) {
        const int8_t *row = rows + r * stride;
        __m256i s0 = n0, s1 = n1, s2 = n2, s3 = n3;
        for (size_t i = 0; i < stride; i += 32) {
            __m256i v = _mm256_xor_si256(load(row + i), flip);
            s0 = DPBUSD(s0, v, load(p0 + i));
            s1 = DPBUSD(s1, v, load(p1 + i));
            s2 = DPBUSD(s2, v, load(p2 + i));
            s3 = DPBUSD(s3, v, load(p3 + i));
        }
        __m128i s = sums4(s0, s1, s2, s3);
        dots[r] = _mm_extract_epi32(s, 0);
        dots[dots_stride + r] = _mm_extract_epi32(s, 1);
        dots[2 * dots_stride + r] = _mm_extract_epi32(s, 2);
        dots[3 * dots_stride + r] = _mm_extract_epi32(s, 3);
    }
}

/* Not worth a second version: AVX2's does it, wherever this runs. */
static void bounds(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, float c, float g, float h)
{
    gw_kernel_avx2.bounds(out, tops, dots, scales, errors, n_tiles, c, g, h);
}

const struct gw_kernel NAME = {
#ifdef GW_KERNEL_EVEX
    .name = "evex256",
#else
    .name = "avxvnni",
#endif
    .usable = usable,
    .dot16 = dot16,
    .dots8 = dots8,
    .dots8x4 = dots8x4,
    .bounds = bounds,
};
