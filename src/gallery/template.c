/* template.c - a face as integers: made, checked, compared, kept. */
#include "gallery/inside.h"

#include <math.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "kept forms are copied as they lie");

bool gw_length_check(const int16_t *v, size_t dim)
{
    int64_t square = 0; /* at most 1024 * 2^30 */
    for (size_t i = 0; i < dim; i++)
        square += (int32_t)v[i] * v[i];
    const int64_t least = GW_TEMPLATE_LENGTH - GW_TEMPLATE_LENGTH_SLACK;
    const int64_t most = GW_TEMPLATE_LENGTH + GW_TEMPLATE_LENGTH_SLACK;
    return square >= least * least && square <= most * most;
}

bool gw_template_check(const struct gw_template *t)
{
    return t->dim >= 1 && t->dim <= GW_TEMPLATE_DIM_MAX && gw_length_check(t->v, t->dim);
}

bool gw_template_make(struct gw_template *out, const float *embedding, unsigned dim, struct gw_err *err)
{
    if (dim < 1 || dim > GW_TEMPLATE_DIM_MAX)
        return gw_fail(err, GW_ERR_INVALID, "an embedding of %u numbers: 1 to %d are allowed", dim, GW_TEMPLATE_DIM_MAX);
    /* The largest first: squares of tiny or huge floats stay within double, and
     * what is not a number is found. */
    double square = 0;
    for (unsigned i = 0; i < dim; i++) {
        if (!isfinite(embedding[i]))
            return gw_fail_at(err, GW_ERR_INVALID, i, "an embedding with a number that is not finite");
        square += (double)embedding[i] * (double)embedding[i];
    }
    if (square <= 0)
        return gw_fail(err, GW_ERR_INVALID, "an embedding of zeros only");

    const double scale = GW_TEMPLATE_LENGTH / sqrt(square);
    out->dim = (uint16_t)dim;
    for (unsigned i = 0; i < dim; i++)
        out->v[i] = (int16_t)lrint((double)embedding[i] * scale);
    memset(out->v + dim, 0, sizeof out->v - dim * sizeof out->v[0]);
    return true;
}

int32_t gw_template_score(const struct gw_template *a, const struct gw_template *b)
{
    assert(a->dim == b->dim);
    uint32_t sum = 0;
    for (size_t i = 0; i < a->dim; i++)
        sum += (uint32_t)(a->v[i] * b->v[i]);
    return (int32_t)sum;
}

size_t gw_template_bytes(unsigned dim)
{
    return 2 + 2 * (size_t)dim;
}

void gw_template_format(uint8_t *out, const struct gw_template *t)
{
    memcpy(out, &t->dim, 2);
    memcpy(out + 2, t->v, 2 * (size_t)t->dim);
}

bool gw_template_parse(struct gw_template *out, struct gw_span bytes, struct gw_err *err)
{
    uint16_t dim;
    if (bytes.size < 2)
        return gw_fail(err, GW_ERR_FORMAT, "a template of %zu bytes", bytes.size);
    memcpy(&dim, bytes.data, 2);
    if (dim < 1 || dim > GW_TEMPLATE_DIM_MAX || bytes.size != gw_template_bytes(dim))
        return gw_fail(err, GW_ERR_FORMAT, "a template of dimension %u in %zu bytes", dim, bytes.size);
    *out = (struct gw_template){ .dim = dim };
    memcpy(out->v, bytes.data + 2, 2 * (size_t)dim);
    if (!gw_template_check(out))
        return gw_fail(err, GW_ERR_INVALID, "a template whose length is not %d", GW_TEMPLATE_LENGTH);
    return true;
}

struct gw_small gw_small_make(int8_t *small, const int16_t *whole, size_t stride)
{
    int32_t most = 1; /* never 0: a row of zeros stays a row of zeros */
    for (size_t i = 0; i < stride; i++) {
        int32_t a = whole[i] < 0 ? -whole[i] : whole[i];
        most = GW_MAX(most, a);
    }
    /* In 16.16: |whole * per| <= 127 * 2^16, so small never reaches -128. */
    const int32_t per = (127 << 16) / most;
    uint64_t off = 0, square = 0;
    for (size_t i = 0; i < stride; i++) {
        const int32_t q = (whole[i] * per + (1 << 15)) >> 16;
        small[i] = (int8_t)q;
        /* 127 times the error: whole, and below 2^15 * 127; rounding keeps it below most. */
        const int32_t e = 127 * whole[i] - most * q;
        off += (uint64_t)((int64_t)e * e);
        square += (uint64_t)((int32_t)whole[i] * whole[i]);
    }
    /* Sums are exact; a float is off by at most 6e-8 of itself, a thousandth of what is added. */
    return (struct gw_small){
        .scale = (float)most / 127.0F,
        .error = (float)(sqrt((double)off) / 127 * 1.0001),
        .length = (float)(sqrt((double)square) * 1.0001),
    };
}
