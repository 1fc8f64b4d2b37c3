/* blocked_avx2.c - AVX2 with FMA: eight at once. */
#define LANES 8
#include "face/blocked_kernels.h"
#include "face/blocked_lanes.h"

static bool usable(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

const struct gw_blocked_kernel gw_blocked_avx2 = { "avx2", LANES, usable, prelu, by_channel, pointwise, expand };
