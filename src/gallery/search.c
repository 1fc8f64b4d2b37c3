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
 *         <= s*t*D + |e| (|p| + |f|) + L |f|                   =: U
 *
 * where L is the longest row of the gallery. Whoever's U stays below the score of
 * the max-th best person found so far cannot be among the best, and everybody else
 * is compared in 16 bits. Ties are settled by id, so the order in which rows are
 * looked at does not show.
 *
 * U is computed in float; lengths are at most 20644, so |e| and |f| are below 2900.
 * |D| <= 127 * 127 * 1024 < 2^24 is exact; s and t each carry one rounding, their
 * products two more: 4 u (u = 2^-24) of a term below (20644 + 2900)^2, that is 133;
 * the two sums are rounded at below 2^30: 64; |e| (|p| + |f|) at below 2^26: 4; errors
 * and lengths were rounded up by more than their own roundings; the floor U is
 * compared with, an integer below 2^29, taken to float: 16. SLACK is more than all of
 * them together: two millionths of the score of 1. */
#include "gallery/inside.h"

#include <math.h>
#include <string.h>

#define SLACK 512.0F

/* Rows between two looks at the bounds. Of one probe all that is written in between stays in the nearest
 * cache; of eight it does not, and a gallery of a voyage in one piece is still worth more: the floor
 * is high from its first look on, and few rows are compared twice. */
enum { CHUNK = 512, CHUNK_TOGETHER = 512, TOGETHER = GW_KERNEL_TOGETHER };

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
    // NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): max is not 0, so n == max entries are set
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

static void probe_init(struct probe *p, int8_t *small, const struct gw_gallery *g, const struct gw_kernel *k,
    const struct gw_template *t)
{
    assert(t->dim == g->dim);
    memcpy(p->whole, t->v, sizeof t->v[0] * t->dim);
    memset(p->whole + t->dim, 0, sizeof p->whole[0] * (g->stride - t->dim));
    struct gw_small s = k->small(small, p->whole, g->stride);
    p->c = s.scale;
    p->g = s.length + s.error;
    p->h = g->longest * s.error + SLACK;
}

static void compare(struct top *t, const struct gw_gallery *g, const struct gw_kernel *k, const struct probe *p, size_t row)
{
    consider(t, (struct best){ .person = g->persons[row], .row = (uint32_t)row,
                    .score = k->dot16(g->whole + row * g->stride, p->whole, g->stride) });
}

/* What a scan says of a chunk of rows: every step-th bound, and of each tile the largest. */
struct looks {
    float *bounds, *tops;
    size_t step, first_row, n_tiles;
};

/* Compares the most promising row of a tile, or the last if that has been; false if it was compared or is none. */
static bool look(struct top *t, const struct gw_gallery *g, const struct gw_kernel *k, const struct probe *p,
    const struct looks *l, size_t tile)
{
    float *b = l->bounds + tile * GW_KERNEL_TILE * l->step;
    size_t at = 0;
    while (at + 1 < GW_KERNEL_TILE && b[at * l->step] < l->tops[tile * l->step])
        at++;
    const size_t row = l->first_row + tile * GW_KERNEL_TILE + at;
    if (row >= g->n_rows || b[at * l->step] == -INFINITY)
        return false;
    compare(t, g, k, p, row);
    b[at * l->step] = -INFINITY;
    return true;
}

/* Compares the rows of a tile that reach the floor; the floor afterwards. */
static float scan_tile(struct top *t, const struct gw_gallery *g, const struct gw_kernel *k, const struct probe *p,
    const struct looks *l, size_t tile, float floor)
{
    const float *b = l->bounds + tile * GW_KERNEL_TILE * l->step;
    for (size_t i = 0; i < GW_KERNEL_TILE; i++) {
        const size_t row = l->first_row + tile * GW_KERNEL_TILE + i;
        if (b[i * l->step] < floor || b[i * l->step] == -INFINITY || row >= g->n_rows)
            continue;
        compare(t, g, k, p, row);
        floor = floor_of(t);
    }
    return floor;
}

/* Compares those rows of a chunk that may be among the best. Bounds are used up. */
static void harvest(struct top *t, const struct gw_gallery *g, const struct gw_kernel *k, const struct probe *p,
    const struct looks *l)
{
    /* As long as nothing is known, the most promising first: the floor then stands
     * high, and few of the rest reach it. */
    for (size_t tries = GW_MIN(t->max - t->n, 4); tries > 0; tries--) {
        size_t tile = 0;
        for (size_t i = 1; i < l->n_tiles; i++)
            if (l->tops[i] > l->tops[tile])
                tile = i;
        if (!look(t, g, k, p, l, tile))
            break;
        l->tops[tile] = -INFINITY;
        for (size_t i = 0; i < GW_KERNEL_TILE; i++)
            l->tops[tile] = GW_MAX(l->tops[tile], l->bounds[tile * GW_KERNEL_TILE + i]);
    }

    float floor = floor_of(t);
    for (size_t tile = 0; tile < l->n_tiles; tile++)
        if (l->tops[tile] >= floor)
            floor = scan_tile(t, g, k, p, l, tile, floor);
}

enum { FIRST_LOOKS = 2 };

/* The most promising tiles of each probe. Probes are side by side, so that a compiler takes them all at once. */
static void most_promising(uint32_t tiles[FIRST_LOOKS][TOGETHER], const float *tops, size_t n_tiles)
{
    float high[FIRST_LOOKS][TOGETHER];
    for (size_t p = 0; p < TOGETHER; p++) {
        high[0][p] = high[1][p] = -INFINITY;
        tiles[0][p] = tiles[1][p] = 0;
    }
    for (uint32_t tile = 0; tile < n_tiles; tile++, tops += TOGETHER)
        for (size_t p = 0; p < TOGETHER; p++) {
            const float top = tops[p];
            const bool best = top > high[0][p], second = top > high[1][p];
            high[1][p] = best ? high[0][p] : second ? top : high[1][p];
            tiles[1][p] = best ? tiles[0][p] : second ? tile : tiles[1][p];
            high[0][p] = best ? top : high[0][p];
            tiles[0][p] = best ? tile : tiles[0][p];
        }
}

/* As harvest, of all probes. */
static void harvest_together(struct top *tops_of, const struct gw_gallery *g, const struct gw_kernel *k,
    const struct probe *probes, size_t n_probes, const struct looks *all)
{
    uint32_t first[FIRST_LOOKS][TOGETHER], reached[TOGETHER] = {};
    float floors[TOGETHER];
    bool nothing_known = false;
    struct looks l[TOGETHER];
    for (size_t i = 0; i < n_probes; i++) {
        l[i] = *all;
        l[i].bounds += i;
        l[i].tops += i;
        nothing_known = nothing_known || tops_of[i].n < tops_of[i].max;
    }
    if (nothing_known) {
        most_promising(first, all->tops, all->n_tiles);
        for (size_t i = 0; i < n_probes; i++)
            for (size_t f = 0; f < FIRST_LOOKS && tops_of[i].n < tops_of[i].max; f++)
                look(&tops_of[i], g, k, &probes[i], &l[i], first[f][i]);
    }
    for (size_t i = 0; i < TOGETHER; i++)
        floors[i] = floor_of(&tops_of[GW_MIN(i, n_probes - 1)]);
    for (size_t tile = 0; tile < all->n_tiles; tile++)
        for (size_t i = 0; i < TOGETHER; i++)
            reached[i] |= (uint32_t)(all->tops[tile * TOGETHER + i] >= floors[i]) << tile;
    for (size_t i = 0; i < n_probes; i++)
        for (uint32_t left = reached[i]; left != 0; left &= left - 1) {
            const size_t tile = (size_t)__builtin_ctz(left);
            if (all->tops[tile * TOGETHER + i] >= floors[i]) /* it may stand higher by now */
                floors[i] = scan_tile(&tops_of[i], g, k, &probes[i], &l[i], tile, floors[i]);
        }
}
static_assert(CHUNK_TOGETHER / GW_KERNEL_TILE <= 32, "a bit for each tile");

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

    probe_init(&p, small, g, k, probe);
    for (size_t row = 0; row < g->n_rows; row += CHUNK) {
        alignas(64) int32_t dots[CHUNK];
        alignas(64) float bounds[CHUNK], tops[CHUNK / GW_KERNEL_TILE];
        const size_t n = GW_MIN(g->n_rows - row, CHUNK), tiles = tiles_of(n);
        k->dots8(dots, g->small + row * g->stride, n, g->stride, small);
        memset(dots + n, 0, sizeof dots[0] * (tiles * GW_KERNEL_TILE - n));
        k->bounds(bounds, tops, dots, g->scales + row, g->errors + row, tiles, p.c, p.g, p.h);
        harvest(&top, g, k, &p, &(struct looks){ bounds, tops, 1, row, tiles });
    }
    return answer(hits, &top, g);
}

static void search_together(struct gw_hit *hits, size_t *n_hits, size_t max, const struct gw_gallery *g,
    const struct gw_template *const *probes, size_t n_probes)
{
    const struct gw_kernel *k = gw_kernel_best();
    alignas(64) int8_t small[TOGETHER * GW_TEMPLATE_DIM_MAX];
    struct probe p[TOGETHER];
    struct top top[TOGETHER];
    struct best few[TOGETHER * FEW];
    float c[TOGETHER], e[TOGETHER], h[TOGETHER];
    const size_t keep = GW_MIN(max, g->n_persons);
    GW_AUTO_MEM struct best *many = keep > FEW ? gw_alloc_array(keep * TOGETHER, sizeof *many) : NULL;

    for (size_t i = 0; i < TOGETHER; i++) {
        /* Fewer than there are places: the last one again, its answer not asked for. */
        probe_init(&p[i], small + i * g->stride, g, k, probes[GW_MIN(i, n_probes - 1)]);
        c[i] = p[i].c;
        e[i] = p[i].g;
        h[i] = p[i].h;
        top[i] = (struct top){ .at = (many == NULL ? few : many) + i * keep, .max = keep };
    }
    for (size_t row = 0; row < g->n_rows; row += CHUNK_TOGETHER) {
        alignas(64) int32_t dots[CHUNK_TOGETHER * TOGETHER];
        alignas(64) float bounds[CHUNK_TOGETHER * TOGETHER], tops[CHUNK_TOGETHER / GW_KERNEL_TILE * TOGETHER];
        const size_t n = GW_MIN(g->n_rows - row, CHUNK_TOGETHER), tiles = tiles_of(n);
        k->dots8_together(dots, g->small + row * g->stride, g->sums + row, n, g->stride, small);
        memset(dots + n * TOGETHER, 0, sizeof dots[0] * (tiles * GW_KERNEL_TILE - n) * TOGETHER);
        k->bounds_together(bounds, tops, dots, g->scales + row, g->errors + row, tiles, c, e, h);
        harvest_together(top, g, k, p, n_probes, &(struct looks){ bounds, tops, TOGETHER, row, tiles });
    }
    for (size_t i = 0; i < n_probes; i++)
        n_hits[i] = answer(hits + i * max, &top[i], g);
}

/* A pass together costs about as much as four alone while the rows are in a cache,
 * and as much as one when they are not. */
enum { WORTH = 4, CACHED_BYTES = 8 << 20 };

void gw_gallery_search_many(struct gw_hit *hits, size_t *n_hits, size_t max, const struct gw_gallery *g,
    const struct gw_template *const *probes, size_t n_probes)
{
    if (max == 0 || g->n_rows == 0) {
        for (size_t i = 0; i < n_probes; i++)
            n_hits[i] = 0;
        return;
    }
    const size_t worth = g->n_rows * g->stride > CACHED_BYTES ? 2 : WORTH;
    while (n_probes > 0) {
        const size_t n = n_probes < worth ? 1 : GW_MIN(n_probes, (size_t)TOGETHER);
        if (n == 1)
            *n_hits = gw_gallery_search(hits, max, g, *probes);
        else
            search_together(hits, n_hits, max, g, probes, n);
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
    probe_init(&p, small, g, k, probe);
    for (size_t row = g->first[at]; row < g->first[at + 1]; row++)
        compare(&top, g, k, &p, row);
    return answer(hit, &top, g) == 1;
}

const char *gw_gallery_kernel(void)
{
    return gw_kernel_best()->name;
}
