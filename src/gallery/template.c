/* template.c - a face as integers: made, checked, compared, kept. */
#include "gallery/inside.h"

#include <math.h>
#include <string.h>

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "kept forms are copied as they lie");

bool gw_square_check(uint64_t square)
{
    const uint64_t least = GW_TEMPLATE_LENGTH_LEAST, most = GW_TEMPLATE_LENGTH_MOST;
    return square >= least * least && square <= most * most;
}

static uint64_t square_of(const int16_t *v, size_t dim)
{
    uint64_t square = 0; /* at most 2^40 */
    for (size_t i = 0; i < dim; i++)
        square += (uint32_t)(v[i] * v[i]);
    return square;
}

bool gw_template_check(const struct gw_template *t)
{
    return t->dim >= 1 && t->dim <= GW_TEMPLATE_DIM_MAX && gw_square_check(square_of(t->v, t->dim));
}

bool gw_template_make(struct gw_template *out, const float *embedding, unsigned dim, struct gw_err *err)
{
    if (dim < 1 || dim > GW_TEMPLATE_DIM_MAX)
        return gw_fail(err, GW_ERR_INVALID, "an embedding of %u numbers: 1 to %d are allowed", dim, GW_TEMPLATE_DIM_MAX);
    double square = 0; /* of floats: within double */
    for (unsigned i = 0; i < dim; i++) {
        if (!isfinite(embedding[i]))
            return gw_fail_at(err, GW_ERR_INVALID, i, "an embedding with a number that is not finite");
        square += (double)embedding[i] * (double)embedding[i];
    }
    const double most = (double)GW_TEMPLATE_LENGTH_MOST / GW_TEMPLATE_ONE;
    if (square > most * most) /* so that components fit */
        return gw_fail(err, GW_ERR_INVALID, "an embedding whose length is not between 0.79 and 1.26");

    out->dim = (uint16_t)dim;
    for (unsigned i = 0; i < dim; i++)
        out->v[i] = (int16_t)lrint((double)embedding[i] * GW_TEMPLATE_ONE);
    memset(out->v + dim, 0, sizeof out->v - dim * sizeof out->v[0]);
    return gw_template_check(out) ||
           gw_fail(err, GW_ERR_INVALID, "an embedding whose length is not between 0.79 and 1.26");
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
        return gw_fail(err, GW_ERR_INVALID, "a template with a length that no embedding has");
    return true;
}
