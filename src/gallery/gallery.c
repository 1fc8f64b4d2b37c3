/* gallery.c - a gallery's life: laid out once, shared, wiped. */
#include "gallery/inside.h"

#include "base/crypto.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_rows(const void *a, const void *b)
{
    const struct gw_row *x = a, *y = b;
    int c = gw_id_compare(x->person, y->person);
    return c != 0 ? c : (x->order > y->order) - (x->order < y->order);
}

static void sort_rows(struct gw_row *rows, size_t n)
{
    size_t i = 1;
    while (i < n && compare_rows(&rows[i - 1], &rows[i]) < 0)
        i++;
    if (i < n)
        qsort(rows, n, sizeof *rows, compare_rows);
}

static size_t up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

struct gw_gallery *gw_gallery_build(struct gw_row *rows, size_t n, unsigned dim,
    void (*seen)(void *, const int16_t *), void *whom, struct gw_err *err)
{
    sort_rows(rows, n);
    size_t n_persons = 0;
    for (size_t i = 0; i < n; i++)
        n_persons += i == 0 || !gw_id_equal(rows[i].person, rows[i - 1].person);

    const size_t stride = up(dim, GW_KERNEL_STEP), padded = up(n, GW_KERNEL_TILE);
    const size_t ids = up(sizeof(struct gw_gallery), 64);
    const size_t persons = up(ids + n_persons * sizeof(struct gw_id), 64);
    const size_t first = up(persons + n * sizeof(uint32_t), 64);
    const size_t scales = up(first + (n_persons + 1) * sizeof(uint32_t), 64);
    const size_t errors = up(scales + padded * sizeof(float), 64);
    const size_t sums = up(errors + padded * sizeof(float), 64);
    const size_t small = up(sums + n * sizeof(int32_t), 64);
    const size_t whole = small + n * stride;
    const size_t bytes = whole + n * stride * sizeof(int16_t);
    uint8_t *block = gw_secret_pages(bytes);
    if (block == NULL) {
        gw_fail(err, GW_ERR_LIMIT, "a gallery of %zu templates needs %zu MiB, more than this machine has", n, bytes >> 20);
        return NULL;
    }

    struct gw_gallery *g = (void *)block;
    struct gw_id *g_ids = (void *)(block + ids);
    uint32_t *g_persons = (void *)(block + persons), *g_first = (void *)(block + first);
    float *g_scales = (void *)(block + scales), *g_errors = (void *)(block + errors);
    int32_t *g_sums = (void *)(block + sums);
    int8_t *g_small = (void *)(block + small);
    int16_t *g_whole = (void *)(block + whole);
    const struct gw_kernel *kernel = gw_kernel_best();
    alignas(64) int8_t ones[GW_TEMPLATE_DIM_MAX];
    memset(ones, 1, sizeof ones);
    uint32_t person = 0;
    float longest = 0;

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && !gw_id_equal(rows[i].person, rows[i - 1].person))
            person++;
        if (i == 0 || person != g_persons[i - 1]) {
            g_ids[person] = rows[i].person;
            g_first[person] = (uint32_t)i;
        }
        g_persons[i] = person;
        memcpy(g_whole + i * stride, rows[i].v, dim * sizeof(int16_t));
        const struct gw_small s = kernel->small(g_small + i * stride, g_whole + i * stride, stride);
        if (!gw_square_check(s.square)) {
            gw_fail_at(err, GW_ERR_INVALID, rows[i].order, "a template with a length that no embedding has");
            gw_secret_pages_free(block, bytes);
            return NULL;
        }
        if (seen != NULL)
            seen(whom, rows[i].v);
        g_scales[i] = s.scale;
        g_errors[i] = s.error;
        kernel->dots8(&g_sums[i], g_small + i * stride, 1, stride, ones);
        longest = GW_MAX(longest, s.length);
    }
    g_first[n_persons] = (uint32_t)n;
    for (size_t i = n; i < padded; i++)
        g_errors[i] = -1e30F; /* times at least 1: below every score */

    *g = (struct gw_gallery){ .bytes = bytes, .n_rows = n, .n_persons = n_persons, .dim = dim, .longest = longest, .stride = stride,
        .small = g_small, .whole = g_whole, .scales = g_scales, .errors = g_errors, .sums = g_sums, .persons = g_persons,
        .first = g_first, .ids = g_ids };
    atomic_init(&g->refs, 1);
    return g;
}

static bool add_items(struct gw_row *rows, size_t order, unsigned *dim, const struct gw_gallery_item *items, size_t n,
    struct gw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct gw_template *t = items[i].portrait;
        if (*dim == 0)
            *dim = t->dim;
        if (t->dim < 1 || t->dim > GW_TEMPLATE_DIM_MAX)
            return gw_fail_at(err, GW_ERR_INVALID, i, "a template of dimension %u", t->dim);
        if (t->dim != *dim)
            return gw_fail_at(err, GW_ERR_INVALID, i, "a template of dimension %u among those of %u", t->dim, *dim);
        rows[i] = (struct gw_row){ .person = items[i].person, .v = t->v, .order = order + i };
    }
    return true;
}

static bool count_check(size_t n, struct gw_err *err)
{
    return n <= GW_GALLERY_MAX ||
           gw_fail(err, GW_ERR_LIMIT, "a gallery of %zu templates: at most %d", n, GW_GALLERY_MAX);
}

struct gw_gallery *gw_gallery_new(const struct gw_gallery_item *items, size_t n, struct gw_err *err)
{
    if (!count_check(n, err))
        return NULL;
    GW_AUTO_MEM struct gw_row *rows = gw_alloc_array(n + 1, sizeof *rows);
    unsigned dim = 0;
    if (!add_items(rows, 0, &dim, items, n, err))
        return NULL;
    return gw_gallery_build(rows, n, dim, NULL, NULL, err);
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct gw_id));
}

struct gw_gallery *gw_gallery_change(const struct gw_gallery *g, const struct gw_gallery_item *add, size_t n_add,
    const struct gw_id *drop, size_t n_drop, struct gw_err *err)
{
    if (!count_check(n_add, err) || !count_check(g->n_rows + n_add, err))
        return NULL;
    GW_AUTO_MEM struct gw_id *gone = gw_alloc_array(n_drop + 1, sizeof *gone);
    GW_AUTO_MEM struct gw_row *rows = gw_alloc_array(g->n_rows + n_add + 1, sizeof *rows);
    size_t n = 0;

    if (n_drop > 0)
        memcpy(gone, drop, n_drop * sizeof *gone);
    qsort(gone, n_drop, sizeof *gone, compare_ids);
    for (size_t p = 0; p < g->n_persons; p++) {
        if (bsearch(&g->ids[p], gone, n_drop, sizeof *gone, compare_ids) != NULL)
            continue;
        for (size_t row = g->first[p]; row < g->first[p + 1]; row++, n++)
            rows[n] = (struct gw_row){ .person = g->ids[p], .v = g->whole + row * g->stride, .order = n };
    }
    unsigned dim = n > 0 ? g->dim : 0; /* once empty, any dimension may follow */
    if (!add_items(rows + n, n, &dim, add, n_add, err))
        return NULL;
    struct gw_err why = {};
    struct gw_gallery *changed = gw_gallery_build(rows, n + n_add, dim, NULL, NULL, &why);
    if (changed == NULL && why.code == GW_ERR_INVALID)
        why.at -= n; /* the old rows are good: it is one of those added */
    if (changed == NULL && err != NULL)
        *err = why;
    return changed;
}

struct gw_gallery *gw_gallery_ref(struct gw_gallery *g)
{
    atomic_fetch_add_explicit(&g->refs, 1, memory_order_relaxed);
    return g;
}

void gw_gallery_unref(struct gw_gallery *g)
{
    if (g == NULL)
        return;
    /* Whoever is last sees everything the others did before. */
    if (atomic_fetch_sub_explicit(&g->refs, 1, memory_order_acq_rel) == 1)
        gw_secret_pages_free(g, g->bytes);
}

size_t gw_gallery_persons(const struct gw_gallery *g)
{
    return g->n_persons;
}

size_t gw_gallery_templates(const struct gw_gallery *g)
{
    return g->n_rows;
}

unsigned gw_gallery_dim(const struct gw_gallery *g)
{
    return g->dim;
}

size_t gw_gallery_bytes(const struct gw_gallery *g)
{
    return g->bytes;
}

struct gw_id gw_gallery_person(const struct gw_gallery *g, size_t i)
{
    assert(i < g->n_persons);
    return g->ids[i];
}

bool gw_gallery_find(const struct gw_gallery *g, struct gw_id person, size_t *p)
{
    const struct gw_id *at = bsearch(&person, g->ids, g->n_persons, sizeof person, compare_ids);
    if (at == NULL)
        return false;
    *p = (size_t)(at - g->ids);
    return true;
}

size_t gw_gallery_portraits(const struct gw_gallery *g, struct gw_id person)
{
    size_t p;
    return gw_gallery_find(g, person, &p) ? g->first[p + 1] - g->first[p] : 0;
}
