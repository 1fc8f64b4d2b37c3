/* file.c - a gallery as bytes: what was given and nothing derived, so that no file,
 * damaged or made up, can hold rows and bounds that do not fit each other.
 *
 *   at   bytes  all numbers little-endian
 *    0       8  "GWGALLRY"
 *    8       4  version: 1
 *   12       4  dimension, 0 with no template
 *   16       8  n, templates
 *   24       8  checksum of everything else
 *   32      64  the model's name, zeros behind it
 *   96      32  zeros
 *  128    16*n  the person of each template, ascending
 *   .. 2*dim*n  the templates */
#include "gallery/inside.h"

#include <string.h>

static const char magic[8] = "GWGALLRY"; /* without a zero */

struct header {
    char magic[8];
    uint32_t version, dim;
    uint64_t n, checksum;
    char model[GW_GALLERY_MODEL];
    uint8_t zero[32];
};
static_assert(sizeof(struct header) == 128);

/* Eight lanes of "flip, multiply by an odd number, rotate", each of which can be
 * undone: any one changed word changes the sum, and several change it but for luck
 * of 2^-64. It goes at the speed of memory. Not against forgery. */
static uint64_t checksum(uint64_t seed, const void *data, size_t size)
{
    const uint64_t odd = UINT64_C(0x9e3779b97f4a7c15);
    const uint8_t *p = data;
    uint64_t lane[8], word[8];
    for (size_t i = 0; i < 8; i++)
        lane[i] = (seed + i) * odd ^ size;
    for (; size >= sizeof word; p += sizeof word, size -= sizeof word) {
        memcpy(word, p, sizeof word);
        for (size_t i = 0; i < 8; i++) {
            const uint64_t x = (lane[i] ^ word[i]) * odd;
            lane[i] = x << 29 | x >> 35;
        }
    }
    memset(word, 0, sizeof word);
    if (size > 0)
        memcpy(word, p, size);
    for (size_t i = 0; i < 8; i++) {
        const uint64_t x = (lane[i] ^ word[i]) * odd;
        lane[i] = x << 29 | x >> 35;
        seed = (seed ^ lane[i] ^ lane[i] >> 31) * odd;
        seed ^= seed >> 32;
    }
    return seed;
}

struct row_sum {
    uint64_t sum;
    size_t row_bytes;
};

static void add_row(void *to, const int16_t *v)
{
    struct row_sum *s = to;
    s->sum = checksum(s->sum, v, s->row_bytes);
}

static uint64_t header_sum(struct header h)
{
    h.checksum = 0;
    return checksum(0, &h, sizeof h);
}

size_t gw_gallery_format_bytes(const struct gw_gallery *g)
{
    return sizeof(struct header) + g->n_rows * (sizeof(struct gw_id) + 2 * (size_t)g->dim);
}

bool gw_gallery_format(const struct gw_gallery *g, const char *model, gw_gallery_write_fn *write, void *to)
{
    const size_t row_bytes = 2 * (size_t)g->dim;
    struct header h = { .version = 1, .dim = g->dim, .n = g->n_rows };
    assert(strlen(model) < sizeof h.model);
    memcpy(h.magic, magic, sizeof h.magic);
    memcpy(h.model, model, strlen(model));

    uint64_t sum = header_sum(h);
    for (size_t i = 0; i < g->n_rows; i++)
        sum = checksum(sum, &g->ids[g->persons[i]], sizeof(struct gw_id));
    for (size_t i = 0; i < g->n_rows; i++)
        sum = checksum(sum, g->whole + i * g->stride, row_bytes);
    h.checksum = sum;

    if (!write(to, gw_span_of(&h, sizeof h)))
        return false;
    struct gw_id ids[256];
    for (size_t i = 0; i < g->n_rows;) {
        size_t n = 0;
        for (; n < GW_COUNT(ids) && i < g->n_rows; n++, i++)
            ids[n] = g->ids[g->persons[i]];
        if (!write(to, gw_span_of(ids, n * sizeof ids[0])))
            return false;
    }
    if (g->stride == g->dim) /* no padding: in large pieces */
        for (size_t i = 0; i < g->n_rows;) {
            const size_t n = GW_MIN(g->n_rows - i, (size_t)1024);
            if (!write(to, gw_span_of(g->whole + i * g->stride, n * row_bytes)))
                return false;
            i += n;
        }
    else
        for (size_t i = 0; i < g->n_rows; i++)
            if (!write(to, gw_span_of(g->whole + i * g->stride, row_bytes)))
                return false;
    return true;
}

struct gw_gallery *gw_gallery_parse(struct gw_span bytes, const char *model, struct gw_err *err)
{
    struct header h;
    if (bytes.size < sizeof h || memcmp(bytes.data, magic, sizeof magic) != 0) {
        gw_fail(err, GW_ERR_FORMAT, "not a gallery file");
        return NULL;
    }
    memcpy(&h, bytes.data, sizeof h);
    if (h.version != 1) {
        gw_fail_at(err, GW_ERR_UNSUPPORTED, offsetof(struct header, version),
            "a gallery file of version %u; this program knows version 1", h.version);
        return NULL;
    }
    if (h.n > GW_GALLERY_MAX) {
        gw_fail_at(err, GW_ERR_LIMIT, offsetof(struct header, n), "a gallery file with more than %d templates",
            GW_GALLERY_MAX);
        return NULL;
    }
    if (h.dim > GW_TEMPLATE_DIM_MAX || (h.dim == 0) != (h.n == 0)) {
        gw_fail_at(err, GW_ERR_FORMAT, offsetof(struct header, dim), "a gallery file with templates of dimension %u", h.dim);
        return NULL;
    }
    const size_t n = (size_t)h.n, row_bytes = 2 * (size_t)h.dim;
    const size_t want = sizeof h + n * (sizeof(struct gw_id) + row_bytes); /* below 2^33 */
    if (bytes.size != want) {
        gw_fail(err, GW_ERR_FORMAT, "a gallery file of %zu bytes that should have %zu", bytes.size, want);
        return NULL;
    }
    if (strnlen(h.model, sizeof h.model) != strlen(model) || memcmp(h.model, model, strlen(model)) != 0) {
        gw_fail(err, GW_ERR_CONFLICT, "a gallery file made with another model than %s", model);
        return NULL;
    }

    const uint8_t *ids = bytes.data + sizeof h, *rows = ids + n * sizeof(struct gw_id);
    if ((uintptr_t)rows % alignof(int16_t) != 0) {
        gw_fail(err, GW_ERR_INVALID, "a gallery file at an odd address");
        return NULL;
    }
    GW_AUTO_MEM struct gw_row *list = gw_alloc_array(n + 1, sizeof *list);
    struct row_sum sum = { header_sum(h), row_bytes };
    for (size_t i = 0; i < n; i++) {
        memcpy(&list[i].person, ids + i * sizeof(struct gw_id), sizeof(struct gw_id));
        if (i > 0 && gw_id_compare(list[i - 1].person, list[i].person) > 0) {
            gw_fail_at(err, GW_ERR_CORRUPT, sizeof h + i * sizeof(struct gw_id), "a gallery file whose persons are not in order");
            return NULL;
        }
        list[i].v = (const int16_t *)(const void *)(rows + i * row_bytes);
        list[i].order = i;
        sum.sum = checksum(sum.sum, &list[i].person, sizeof(struct gw_id));
    }
    /* Summed as they are copied: a million rows are read from memory once. */
    struct gw_err why = {};
    GW_AUTO(gw_gallery) *g = gw_gallery_build(list, n, h.dim, add_row, &sum, &why);
    if (g == NULL && why.code == GW_ERR_INVALID)
        gw_fail_at(err, GW_ERR_CORRUPT, (size_t)(rows - bytes.data) + why.at * row_bytes,
            "a gallery file with a template whose length no embedding has");
    else if (g == NULL && err != NULL)
        *err = why;
    else if (g != NULL && sum.sum != h.checksum)
        gw_fail_at(err, GW_ERR_CORRUPT, offsetof(struct header, checksum), "a gallery file that was damaged: its checksum is wrong");
    else
        return gw_take(g);
    return NULL;
}
