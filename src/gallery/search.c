/* search.c - who is most alike: an 8-bit scan that may not be believed, and the
 * 16-bit score that is.
 *
 * Why the answer is that of comparing everybody in 16 bits. Let a be a row and p
 * the probe, as given. The scan knows a = s*q + e and p = t*r + f with q, r of 8
 * bits, and D = q.r exactly. Then
 *
 *     a.p = s*q.p + e.p = s*t*D + s*q.f + e.p
 *         <= s*t*D + |s*q| |f| + |e| |p|                       (Cauchy-Schwarz)
 *         <= s*t*D + (|a| + |e|) |f| + |e| |p|
 *         <= s*t*D + |e| (|p| + |f|) + LENGTH |f|              =: U
 *
 * where LENGTH = 16384 + 64 is the longest row there is. Whoever's U stays below
 * the score of the max-th best person found so far cannot be among the best, and
 * everybody else is compared in 16 bits. Ties are settled by id, so the order in
 * which rows are looked at does not show.
 *
 * U is computed in float. |D| <= 127 * 127 * 1024 < 2^24 is exact; s and t each
 * carry one rounding, their products two more: 4 u (u = 2^-24) of a term below
 * (LENGTH + |e|)(LENGTH + |f|) < 18600^2, that is 83; the two sums round twice at
 * below 2^29: 64; errors and lengths were rounded up by more than their roundings;
 * the floor it is compared with, an integer below 2^28.1 taken to float: 16.
 * SLACK is more than all of them: a millionth of the score of 1. */
#include "gallery/inside.h"

#include <math.h>
#include <string.h>

#define SLACK 256.0F

/* Rows between two looks at the bounds: their bounds and a flight's rows stay in the cache. */
enum { CHUNK = 512, TILES = CHUNK / GW_KERNEL_TILE };

struct best {
    uint32_t person, row;
    int32_t score;
};

/* The best persons so far, best first. */
struct top {
    struct best *at;
    size_t n, max;
};

static bool before(struct best a, struct best b)
{
    return a.score > b.score || (a.score == b.score && a.row < b.row);
}

/* What a bound must reach to be looked at; it may equal the worst kept: the id decides then. */
static float floor_of(const struct top *t)
{
    return t->n == t->max ? (float)t->at[t->max - 1].score : -INFINITY;
}

static void consider(struct top *t, struct best b)
{
    if (t->n == t->max && !before(b, t->at[t->n - 1]))
        return;
    size_t i = 0;
    while (i < t->n && t->at[i].person != b.person)
        i++;
    if (i < t->n) {
        if (!before(b, t->at[i]))
            return; /* a better portrait of the same person is in */
    } else if (t->n < t->max) {
        t->n++;
    } else {
        i--; /* the last one goes */
    }
    for (; i > 0 && before(b, t->at[i - 1]); i--)
        t->at[i] = t->at[i - 1];
    t->at[i] = b;
}

struct probe {
    alignas(64) int16_t whole[GW_TEMPLATE_DIM_MAX];
    float c, g, h; /* of gw_kernel.bounds */
};

static void probe_init(struct probe *p, int8_t *small, const struct gw_gallery *g, const struct gw_template *t)
{
    assert(t->dim == g->dim);
    memcpy(p->whole, t->v, sizeof t->v[0] * t->dim);
    memset(p->whole + t->dim, 0, sizeof p->whole[0] * (g->stride - t->dim));
    struct gw_small s = gw_small_make(small, p->whole, g->stride);
    p->c = s.scale;
    p->g = s.length + s.error;
    p->h = (GW_TEMPLATE_LENGTH + GW_TEMPLATE_LENGTH_SLACK) * s.error + SLACK;
}

static void compare(struct top *t, const struct gw_gallery *g, const struct gw_kernel *k, const struct probe *p, size_t row)
{
    consider(t, (struct best){ .person = g->persons[row], .row = (uint32_t)row,
                    .score = k->dot16(g->whole + row * g->stride, p->whole, g->stride) });
}

/* Compares those rows of a chunk that may be among the best. */
static void harvest(struct top *t, const struct gw_gallery *g, const struct gw_kernel *k, const struct probe *p,
    const int32_t *dots, size_t first_row, size_t n_tiles)
{
    float bounds[CHUNK], tops[TILES];
    k->bounds(bounds, tops, dots, g->scales + first_row, g->errors + first_row, n_tiles, p->c, p->g, p->h);

    /* As long as nothing is known, the most promising first: the floor then stands
     * high, and few of the rest reach it. */
    for (size_t tries = GW_MIN(t->max - t->n, 4); tries > 0; tries--) {
        size_t tile = 0;
        for (size_t i = 1; i < n_tiles; i++)
            if (tops[i] > tops[tile])
                tile = i;
        float *b = bounds + tile * GW_KERNEL_TILE;
        size_t at = 0;
        for (size_t i = 1; i < GW_KERNEL_TILE; i++)
            if (b[i] > b[at])
                at = i;
        const size_t row = first_row + tile * GW_KERNEL_TILE + at;
        if (row >= g->n_rows)
            break; /* the rows of zeros behind the last: nobody is left */
        compare(t, g, k, p, row);
        b[at] = -INFINITY;
        tops[tile] = -INFINITY;
        for (size_t i = 0; i < GW_KERNEL_TILE; i++)
            tops[tile] = GW_MAX(tops[tile], b[i]);
    }

    float floor = floor_of(t);
    for (size_t tile = 0; tile < n_tiles; tile++) {
        if (tops[tile] < floor || tops[tile] == -INFINITY)
            continue;
        const float *b = bounds + tile * GW_KERNEL_TILE;
        for (size_t i = 0; i < GW_KERNEL_TILE; i++) {
            const size_t row = first_row + tile * GW_KERNEL_TILE + i;
            if (b[i] < floor || b[i] == -INFINITY || row >= g->n_rows)
                continue;
            compare(t, g, k, p, row);
            floor = floor_of(t);
        }
    }
}

static size_t answer(struct gw_hit *hits, const struct top *t, const struct gw_gallery *g)
{
    for (size_t i = 0; i < t->n; i++)
        hits[i] = (struct gw_hit){ .person = g->ids[t->at[i].person], .score = t->at[i].score,
            .portrait = t->at[i].row - g->first[t->at[i].person] };
    return t->n;
}

static size_t tiles_of(size_t n)
{
    return (n + GW_KERNEL_TILE - 1) / GW_KERNEL_TILE;
}

enum { FEW = 16 };

size_t gw_gallery_search(struct gw_hit *hits, size_t max, const struct gw_gallery *g, const struct gw_template *probe)
{
    if (max == 0 || g->n_rows == 0)
        return 0;
    const struct gw_kernel *k = gw_kernel_best();
    alignas(64) int8_t small[GW_TEMPLATE_DIM_MAX];
    struct probe p;
    struct best few[FEW];
    max = GW_MIN(max, g->n_persons);
    GW_AUTO_MEM struct best *many = max > FEW ? gw_alloc_array(max, sizeof *many) : NULL;
    struct top top = { .at = many == NULL ? few : many, .max = max };

    probe_init(&p, small, g, probe);
    for (size_t row = 0; row < g->n_rows; row += CHUNK) {
        alignas(64) int32_t dots[CHUNK];
        const size_t n = GW_MIN(g->n_rows - row, CHUNK), tiles = tiles_of(n);
        k->dots8(dots, g->small + row * g->stride, n, g->stride, small);
        memset(dots + n, 0, sizeof dots[0] * (tiles * GW_KERNEL_TILE - n));
        harvest(&top, g, k, &p, dots, row, tiles);
    }
    return answer(hits, &top, g);
}

static void search_four(struct gw_hit *hits, size_t *n_hits, size_t max, const struct gw_gallery *g,
    const struct gw_template *const *probes, size_t n_probes)
{
    const struct gw_kernel *k = gw_kernel_best();
    alignas(64) int8_t small[GW_KERNEL_TOGETHER * GW_TEMPLATE_DIM_MAX];
    struct probe p[GW_KERNEL_TOGETHER];
    struct top top[GW_KERNEL_TOGETHER];
    struct best few[GW_KERNEL_TOGETHER * FEW];
    const size_t keep = GW_MIN(max, g->n_persons);
    GW_AUTO_MEM struct best *many = keep > FEW ? gw_alloc_array(keep * GW_KERNEL_TOGETHER, sizeof *many) : NULL;

    for (size_t i = 0; i < GW_KERNEL_TOGETHER; i++) {
        /* Fewer than four: the last one again, its answer not asked for. */
        probe_init(&p[i], small + i * g->stride, g, probes[GW_MIN(i, n_probes - 1)]);
        top[i] = (struct top){ .at = (many == NULL ? few : many) + i * keep, .max = keep };
    }
    for (size_t row = 0; row < g->n_rows; row += CHUNK) {
        alignas(64) int32_t dots[GW_KERNEL_TOGETHER][CHUNK];
        const size_t n = GW_MIN(g->n_rows - row, CHUNK), tiles = tiles_of(n);
        k->dots8x4(dots[0], CHUNK, g->small + row * g->stride, n, g->stride, small);
        for (size_t i = 0; i < n_probes; i++) {
            memset(dots[i] + n, 0, sizeof dots[i][0] * (tiles * GW_KERNEL_TILE - n));
            harvest(&top[i], g, k, &p[i], dots[i], row, tiles);
        }
    }
    for (size_t i = 0; i < n_probes; i++)
        n_hits[i] = answer(hits + i * max, &top[i], g);
}

void gw_gallery_search_many(struct gw_hit *hits, size_t *n_hits, size_t max, const struct gw_gallery *g,
    const struct gw_template *const *probes, size_t n_probes)
{
    if (max == 0 || g->n_rows == 0) {
        for (size_t i = 0; i < n_probes; i++)
            n_hits[i] = 0;
        return;
    }
    while (n_probes > 0) {
        const size_t n = GW_MIN(n_probes, (size_t)GW_KERNEL_TOGETHER);
        if (n == 1)
            *n_hits = gw_gallery_search(hits, max, g, *probes);
        else
            search_four(hits, n_hits, max, g, probes, n);
        hits += n * max;
        n_hits += n;
        probes += n;
        n_probes -= n;
    }
}

bool gw_gallery_score_person(struct gw_hit *hit, const struct gw_gallery *g, struct gw_id person,
    const struct gw_template *probe)
{
    size_t at;
    if (!gw_gallery_find(g, person, &at))
        return false;
    const struct gw_kernel *k = gw_kernel_best();
    alignas(64) int8_t small[GW_TEMPLATE_DIM_MAX];
    struct probe p;
    struct best one[1];
    struct top top = { .at = one, .max = 1 };
    probe_init(&p, small, g, probe);
    for (size_t row = g->first[at]; row < g->first[at + 1]; row++)
        compare(&top, g, k, &p, row);
    return answer(hit, &top, g) == 1;
}

const char *gw_gallery_kernel(void)
{
    return gw_kernel_best()->name;
}
