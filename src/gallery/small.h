/* small.h - a template's 8-bit form: one function, compiled once for each kernel
 * with what its processor has. All sums are of integers, so the order in which a
 * compiler adds them does not show. Private to gallery/. */
#pragma once
#include "gallery/kernel.h"

#include <math.h>

/* small = whole * per / 2^15, rounded: at most 127 because whole * per is at most 127 * 2^15. most: the
 * largest component, without its sign. */
static inline int32_t gw_small_per(int32_t most)
{
    return most <= 127 ? 32767 : (127 << 15) / most;
}

/* From the sums of whole * whole, whole * small and small * small. */
static inline struct gw_small gw_small_made(int32_t per, uint64_t ww, uint32_t wq, uint32_t qq)
{
    /* The square of the error, times per^2, from those sums: of (per * w - 2^15 * q)^2. Of any
     * 1024 numbers each term is below 2^62, and of a template's all is exact. */
    const int64_t off = (int64_t)per * per * (int64_t)ww - (int64_t)per * 65536 * (int32_t)wq + (INT64_C(1) << 30) * qq;
    /* A float is off by at most 6e-8 of itself, a thousandth of what is added. */
    return (struct gw_small){
        .scale = 32768 / (float)per,
        .error = (float)(sqrt((double)GW_MAX(off, 0)) / per * 1.0001),
        .length = (float)(sqrt((double)ww) * 1.0001),
        .square = ww,
    };
}

static inline struct gw_small gw_small_of(int8_t *small, const int16_t *whole, size_t n)
{
    int16_t high = 0, low = 0;
    for (size_t i = 0; i < n; i++) {
        high = whole[i] > high ? whole[i] : high;
        low = whole[i] < low ? whole[i] : low;
    }
    const int32_t per = gw_small_per(GW_MAX((int32_t)high, -(int32_t)low));

    /* Of a template, none of these passes 2^29. Anything else is to be found out by the length, so
     * that one is added up in two halves, which cannot wrap; the others may. */
    uint32_t high_ww = 0, low_ww = 0, wq = 0, qq = 0;
    for (size_t i = 0; i < n; i++) {
        const int16_t w = whole[i], q = (int16_t)((w * per + (1 << 14)) >> 15);
        small[i] = (int8_t)q;
        high_ww += (uint32_t)(w * w) >> 16;
        low_ww += (uint32_t)(w * w) & 0xffff;
        wq += (uint32_t)(w * q);
        qq += (uint32_t)(q * q);
    }
    return gw_small_made(per, ((uint64_t)high_ww << 16) + low_ww, wq, qq);
}
