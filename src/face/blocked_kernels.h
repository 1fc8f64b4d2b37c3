/* blocked_kernels.h - the kernels there are, one file each; blocked_kernel.c chooses. */
#pragma once
#include "face/blocked.h"

extern const struct gw_blocked_kernel gw_blocked_plain;
#if defined(__x86_64__)
extern const struct gw_blocked_kernel gw_blocked_avx512, gw_blocked_avx2;
#endif
