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

static inline int32_t sum8(__m256i v)
{
    return _mm_cvtsi128_si32(sums4(v, v, v, v));
}

static int32_t dot16(const int16_t *a, const int16_t *b, size_t n)
{
    __m256i s0 = _mm256_setzero_si256(), s1 = s0;
    for (size_t i = 0; i < n; i += 32) {
        s0 = DPWSSD(s0, load(a + i), load(b + i));
        s1 = DPWSSD(s1, load(a + i + 16), load(b + i + 16));
    }
    return sum8(_mm256_add_epi32(s0, s1));
}

/* dpbusd wants one unsigned operand: row + 128, which a flipped top bit gives. The
 * sum is then too large by 128 times the sum of the probe. */
static inline __m256i unsigned_of(const int8_t *row)
{
    return _mm256_xor_si256(load(row), _mm256_set1_epi8(-128));
}

static inline __m256i surplus(const int8_t *probe, size_t stride)
{
    __m256i s = _mm256_setzero_si256();
    for (size_t i = 0; i < stride; i += 32)
        s = DPBUSD(s, _mm256_set1_epi8(-128), load(probe + i));
    return s;
}

static inline __m256i one(const int8_t *row, const int8_t *probe, size_t stride)
{
    __m256i s0 = _mm256_setzero_si256(), s1 = s0;
    for (size_t i = 0; i < stride; i += 64) {
        s0 = DPBUSD(s0, unsigned_of(row + i), load(probe + i));
        s1 = DPBUSD(s1, unsigned_of(row + i + 32), load(probe + i + 32));
    }
    return _mm256_add_epi32(s0, s1);
}

/* One row after another: see kernel_avx512.c. */
static void dots8(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe)
{
    const int32_t over = sum8(surplus(probe, stride));
    for (size_t r = 0; r < n_rows; r++, rows += stride)
        dots[r] = sum8(one(rows, probe, stride)) - over;
}

static void dots8_together(int32_t *dots, const int8_t *rows, const int32_t *sums, size_t n_rows, size_t stride,
    const int8_t *probes)
{
    (void)sums;
    __m256i o[8];
    for (size_t p = 0; p < 8; p++)
        o[p] = surplus(probes + p * stride, stride);
    const __m128i low = sums4(o[0], o[1], o[2], o[3]), high = sums4(o[4], o[5], o[6], o[7]);
    for (size_t r = 0; r < n_rows; r++, rows += stride, dots += 8) {
        __m256i s0 = _mm256_setzero_si256(), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0, s6 = s0, s7 = s0;
        for (size_t i = 0; i < stride; i += 32) {
            const __m256i v = unsigned_of(rows + i);
            s0 = DPBUSD(s0, v, load(probes + i));
            s1 = DPBUSD(s1, v, load(probes + stride + i));
            s2 = DPBUSD(s2, v, load(probes + 2 * stride + i));
            s3 = DPBUSD(s3, v, load(probes + 3 * stride + i));
            s4 = DPBUSD(s4, v, load(probes + 4 * stride + i));
            s5 = DPBUSD(s5, v, load(probes + 5 * stride + i));
            s6 = DPBUSD(s6, v, load(probes + 6 * stride + i));
            s7 = DPBUSD(s7, v, load(probes + 7 * stride + i));
        }
        _mm_storeu_si128((__m128i *)(void *)dots, _mm_sub_epi32(sums4(s0, s1, s2, s3), low));
        _mm_storeu_si128((__m128i *)(void *)(dots + 4), _mm_sub_epi32(sums4(s4, s5, s6, s7), high));
    }
}

/* Not worth a second version: AVX2's do it, wherever this runs. */
static struct gw_small small(int8_t *out, const int16_t *whole, size_t n)
{
    return gw_kernel_avx2.small(out, whole, n);
}

static void bounds(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, float c, float g, float h)
{
    gw_kernel_avx2.bounds(out, tops, dots, scales, errors, n_tiles, c, g, h);
}

static void bounds_together(float *out, float *tops, const int32_t *dots, const float *scales, const float *errors,
    size_t n_tiles, const float *c, const float *g, const float *h)
{
    gw_kernel_avx2.bounds_together(out, tops, dots, scales, errors, n_tiles, c, g, h);
}

const struct gw_kernel NAME = {
#ifdef GW_KERNEL_EVEX
    .name = "evex256",
#else
    .name = "avxvnni",
#endif
    .usable = usable,
    .small = small,
    .dot16 = dot16,
    .dots8 = dots8,
    .bounds = bounds,
    .dots8_together = dots8_together,
    .bounds_together = bounds_together,
};
