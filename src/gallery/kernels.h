/* kernels.h - the kernels there are, one file each; kernel.c chooses. Private to gallery/. */
#pragma once
#include "gallery/kernel.h"

extern const struct gw_kernel gw_kernel_c;
#if defined(__x86_64__)
extern const struct gw_kernel gw_kernel_avx2, gw_kernel_avxvnni, gw_kernel_avx512;
#elif defined(__aarch64__)
extern const struct gw_kernel gw_kernel_neon;
#endif
