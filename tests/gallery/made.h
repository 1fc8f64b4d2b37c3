/* made.h - templates and ids that tests make. Not people. */
#pragma once
#include "gallery/gallery.h"

#include <stdint.h>
#include <string.h>

/* SplitMix64: the same numbers everywhere. */
static inline uint64_t made_u64(uint64_t *state)
{
    uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}
static inline float made_normal(uint64_t *state)
{
    float sum = 0; /* of twelve uniform ones: near enough */
    for (int i = 0; i < 12; i++)
        sum += (float)(made_u64(state) >> 40) * 0x1p-24F;
    return sum - 6;
}
static inline struct gw_id made_id(uint32_t n)
{
    struct gw_id id = {};
    for (int i = 0; i < 4; i++)
        id.bytes[12 + i] = (uint8_t)(n >> (24 - 8 * i));
    return id;
}
static inline uint32_t made_number(struct gw_id id)
{
    return (uint32_t)id.bytes[12] << 24 | (uint32_t)id.bytes[13] << 16 | (uint32_t)id.bytes[14] << 8 | id.bytes[15];
}
/* A template of that direction, and the given length. */
static inline void made_of(struct gw_template *t, float *v, unsigned dim, float length)
{
    double square = 0;
    for (unsigned i = 0; i < dim; i++)
        square += (double)v[i] * (double)v[i];
    for (unsigned i = 0; i < dim; i++)
        v[i] *= length / (float)__builtin_sqrt(square);
    if (!gw_template_make(t, v, dim, NULL))
        __builtin_trap();
}
/* A template anywhere on the sphere. */
static inline void made_template(struct gw_template *t, uint64_t *state, unsigned dim)
{
    float v[GW_TEMPLATE_DIM_MAX] = {};
    for (unsigned i = 0; i < dim; i++)
        v[i] = made_normal(state);
    v[0] += 0.01F; /* never all zero */
    made_of(t, v, dim, 1);
}
/* Another picture of the same face: t with noise (0 none, 1 as much as face). */
static inline void made_like(struct gw_template *out, const struct gw_template *t, uint64_t *state, float noise)
{
    float v[GW_TEMPLATE_DIM_MAX] = {};
    const float each = noise * 16384 / __builtin_sqrtf((float)t->dim);
    for (unsigned i = 0; i < t->dim; i++)
        v[i] = t->v[i] + each * made_normal(state);
    made_of(out, v, t->dim, 1);
}
