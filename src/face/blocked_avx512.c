/* blocked_avx512.c - AVX-512: sixteen at once. */
#define LANES 16
#include "face/blocked_kernels.h"
#include "face/blocked_lanes.h"

static bool usable(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma");
}

const struct gw_blocked_kernel gw_blocked_avx512 = { "avx512", LANES, usable, prelu, by_channel, pointwise, expand };
