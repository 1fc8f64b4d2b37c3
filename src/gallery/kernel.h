/* kernel.h - the inner loops of a search, once in plain C and once for each kind
 * of processor that earns it.
 *
 * Plain C (kernel.c) is the definition: every other kernel gives the same bits for
 * the same input, and a test compares them on extremes. All lengths are multiples
 * of GW_KERNEL_STEP with zeros behind the last component, so no kernel has a tail.
 *
 * Private to gallery/. Threads: no state but the choice, made once. */
#pragma once
#include "base/defs.h"

enum {
    GW_KERNEL_STEP = 64, /* components of a row are padded to a multiple of this; rows begin at multiples of 64 bytes */
    GW_KERNEL_TILE = 16, /* bounds come in tiles of so many rows */
    GW_KERNEL_TOGETHER = 8, /* probes that share one pass */
};

/* A template in the form that is scanned. */
struct gw_small {
    float scale;  /* what one unit of small is in units of whole */
    float error;  /* at least the length of whole - scale * small */
    float length; /* at least that of whole */
    uint64_t square; /* of whole's length, exactly, whatever it is */
};

struct gw_kernel {
    const char *name;
    bool (*usable)(void); /* on this processor */

    /* n components, of a template and zeros behind, to as many of -127 to 127. */
    struct gw_small (*small)(int8_t *small, const int16_t *whole, size_t n);

    /* Sum of a[i] * b[i], modulo 2^32 (templates never come near it). */
    int32_t (*dot16)(const int16_t *a, const int16_t *b, size_t n);

    /* dots[r] = sum of rows[r * stride + i] * probe[i] over the stride; components
     * are -127 to 127, never -128. */
    void (*dots8)(int32_t *dots, const int8_t *rows, size_t n_rows, size_t stride, const int8_t *probe);
    /* bounds[r] = dots[r] * scales[r] * c + errors[r] * g + h in float, each operation rounded on
     * its own, left to right; tops[t] is the largest of tile t. */
    void (*bounds)(float *bounds, float *tops, const int32_t *dots, const float *scales, const float *errors,
        size_t n_tiles, float c, float g, float h);

    /* The same two for GW_KERNEL_TOGETHER probes, which lie one after another: row r's dots and
     * bounds, and tile t's tops, are as many numbers side by side, and so are c, g and h. sums[r] is
     * that of row r's components: whoever makes the probes unsigned needs it. */
    void (*dots8_together)(int32_t *dots, const int8_t *rows, const int32_t *sums, size_t n_rows, size_t stride,
        const int8_t *probes);
    void (*bounds_together)(float *bounds, float *tops, const int32_t *dots, const float *scales, const float *errors,
        size_t n_tiles, const float *c, const float *g, const float *h);
};

/* Best first; the last is plain C, which is always usable. */
const struct gw_kernel *const *gw_kernels(size_t *n);
/* The first usable one; the same at every call until forced. */
const struct gw_kernel *gw_kernel_best(void);
/* For tests and benchmarks, while nothing searches: NULL gives the choice back. */
void gw_kernel_force(const struct gw_kernel *k);
