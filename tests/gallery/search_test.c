/* search_test.c - the search finds what comparing everybody in 16 bits finds, with
 * every kernel, bit for bit; above all where the 8-bit scan cannot tell. */
#include "gallery/kernels.h"
#include "tests/check.h"
#include "tests/gallery/made.h"

enum { PEOPLE_MAX = 1200 };

static struct gw_template faces[PEOPLE_MAX];
static struct gw_gallery_item items[PEOPLE_MAX];

/* The definition: everybody, in order, no bounds. */
static size_t brute(struct gw_hit *hits, size_t max, const struct gw_gallery_item *all, size_t n,
    const struct gw_template *probe)
{
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t portrait = 0;
        for (size_t j = 0; j < i; j++)
            portrait += gw_id_equal(all[j].person, all[i].person);
        struct gw_hit h = { all[i].person, gw_template_score(all[i].portrait, probe), portrait };
        size_t at = 0;
        while (at < found && !gw_id_equal(hits[at].person, h.person))
            at++;
        if (at < found) {
            if (hits[at].score >= h.score)
                continue;
        } else {
            found++;
        }
        for (; at > 0 && (hits[at - 1].score < h.score ||
                             (hits[at - 1].score == h.score && gw_id_compare(hits[at - 1].person, h.person) > 0));
             at--)
            hits[at] = hits[at - 1];
        hits[at] = h;
    }
    return GW_MIN(found, max);
}

static void same(const struct gw_gallery *g, size_t n, const struct gw_template *const *probes, size_t n_probes,
    size_t max)
{
    static struct gw_hit want[PEOPLE_MAX], got[16 * PEOPLE_MAX];
    size_t n_got[16];
    gw_gallery_search_many(got, n_got, max, g, probes, n_probes);
    for (size_t p = 0; p < n_probes; p++) {
        static struct gw_hit one[PEOPLE_MAX];
        const size_t n_want = brute(want, max, items, n, probes[p]), n_one = gw_gallery_search(one, max, g, probes[p]);
        CHECK_INT(n_one, n_want);
        CHECK_INT(n_got[p], n_want);
        for (size_t i = 0; i < n_want; i++) {
            CHECK_INT(one[i].score, want[i].score);
            CHECK(gw_id_equal(one[i].person, want[i].person));
            CHECK_INT(one[i].portrait, want[i].portrait);
            CHECK(memcmp(&got[p * max + i], &one[i], sizeof one[i]) == 0);
        }
    }
}

enum kind {
    ANYBODY,  /* random faces */
    TWINS,    /* all within rounding of one another: the scan sees one face */
    SAME,     /* all the same: only ids decide */
    SPIKES,   /* one large component, the rest below one unit of 8 bits */
    HOT,      /* one-hot: rounding is exact */
    OPPOSITE, /* probe is the opposite of everybody: all scores negative */
    WORST,    /* every component half a unit off what 8 bits can say */
    WEIGHED,  /* lengths from 0.8 to 1.25 */
    LONGEST,  /* all as long and as rough as may be */
};

static const struct row {
    const char *label;
    enum kind kind;
    unsigned dim;
    size_t n, portraits, max;
} rows[] = {
    { "a flight", ANYBODY, 512, 420, 1, 2 },
    { "a flight, three portraits each", ANYBODY, 512, 420, 3, 2 },
    { "a flight, everybody asked for", ANYBODY, 512, 150, 2, 1200 },
    { "more than one chunk", ANYBODY, 128, 1200, 1, 5 },
    { "one person", ANYBODY, 512, 1, 1, 2 },
    { "two persons", ANYBODY, 512, 2, 1, 1 },
    { "fifteen, one less than a tile", ANYBODY, 512, 15, 1, 3 },
    { "seventeen, one more than a tile", ANYBODY, 512, 17, 1, 3 },
    { "513, one more than a chunk", ANYBODY, 64, 513, 1, 3 },
    { "dimension 1", ANYBODY, 1, 40, 1, 3 },
    { "dimension 2", ANYBODY, 2, 400, 2, 17 },
    { "dimension 63", ANYBODY, 63, 200, 1, 2 },
    { "dimension 65", ANYBODY, 65, 200, 1, 2 },
    { "dimension 513", ANYBODY, 513, 200, 1, 2 },
    { "dimension 1024", ANYBODY, 1024, 200, 1, 2 },
    { "twins the 8-bit scan cannot tell apart", TWINS, 512, 600, 1, 3 },
    { "twins with several portraits", TWINS, 512, 600, 4, 5 },
    { "twins of dimension 1000", TWINS, 1000, 300, 1, 2 },
    { "all the same: ids decide", SAME, 512, 300, 1, 4 },
    { "all the same, several portraits: the first decides", SAME, 512, 300, 3, 4 },
    { "one large component hides the others", SPIKES, 512, 600, 1, 2 },
    { "one-hot templates", HOT, 512, 600, 1, 2 },
    { "nobody is alike: scores below zero", OPPOSITE, 512, 420, 1, 2 },
    { "nobody is alike, dimension 3", OPPOSITE, 3, 420, 1, 2 },
    { "lengths that weigh faces", WEIGHED, 512, 420, 2, 2 },
    { "everybody as long as may be, rounding badly", LONGEST, 1024, 300, 1, 2 },
    { "every component rounds badly", WORST, 512, 600, 1, 2 },
    { "every component rounds badly, dimension 1024", WORST, 1024, 300, 2, 2 },
};

static void make(const struct row *r, struct gw_template *probes, size_t n_probes, uint64_t *seed)
{
    struct gw_template base;
    float v[GW_TEMPLATE_DIM_MAX] = {};
    made_template(&base, seed, r->dim);
    for (size_t i = 0; i < r->n + n_probes; i++) {
        struct gw_template *t = i < r->n ? &faces[i] : &probes[i - r->n];
        const bool probe = i >= r->n;
        switch (r->kind) {
        case ANYBODY:
            if (probe && i % 2 == 0)
                made_like(t, &faces[made_u64(seed) % r->n], seed, 0.7F);
            else
                made_template(t, seed, r->dim);
            break;
        case TWINS:
            *t = base;
            if (!probe) /* one step in a few components: far below one unit of 8 bits */
                for (int k = 0; k < 3; k++)
                    t->v[made_u64(seed) % r->dim] += (int16_t)(made_u64(seed) % 3) - 1;
            else
                made_like(t, &base, seed, i % 2 == 0 ? 0.01F : 1.0F);
            break;
        case SAME:
            *t = base;
            break;
        case SPIKES:
            for (unsigned k = 0; k < r->dim; k++)
                v[k] = 0.0039F * made_normal(seed);
            v[0] = 1;
            made_of(t, v, r->dim, 1);
            break;
        case HOT:
            *t = (struct gw_template){ .dim = (uint16_t)r->dim };
            t->v[made_u64(seed) % r->dim] = made_u64(seed) % 2 == 0 ? 16384 : -16384;
            break;
        case OPPOSITE:
            made_like(t, &base, seed, 0.2F);
            for (unsigned k = 0; probe && k < r->dim; k++)
                t->v[k] = (int16_t)-t->v[k];
            break;
        case WEIGHED:
            for (unsigned k = 0; k < r->dim; k++)
                v[k] = made_normal(seed);
            made_of(t, v, r->dim, 0.8F + 0.45F * (float)(made_u64(seed) % 1001) / 1000);
            break;
        case LONGEST:
            for (unsigned k = 0; k < r->dim; k++)
                v[k] = ((float)(made_u64(seed) % 2) + 0.5F) * (made_u64(seed) % 2 == 0 ? 1 : -1);
            v[made_u64(seed) % r->dim] = made_u64(seed) % 2 == 0 ? 127 : -127;
            made_of(t, v, r->dim, 1.2595F);
            break;
        case WORST: /* with a largest component of 127 units, others at n + 1/2 units */
            for (unsigned k = 0; k < r->dim; k++)
                v[k] = (float)(made_u64(seed) % 12) + 0.5F - 6;
            v[made_u64(seed) % r->dim] = 127;
            made_of(t, v, r->dim, 1);
            break;
        }
    }
    /* Ids in no order, so that sorting has something to do. */
    const size_t people = (r->n + r->portraits - 1) / r->portraits;
    for (size_t i = 0; i < r->n; i++)
        items[i] = (struct gw_gallery_item){ made_id((uint32_t)((i * 7919) % people) * 2654435761U), &faces[i] };
}

static void exact_test(void **state)
{
    const struct row *r = *state;
    struct gw_err err;
    struct gw_template probes[11];
    const struct gw_template *list[GW_COUNT(probes)];
    uint64_t seed = 42 + r->dim + r->n;
    make(r, probes, GW_COUNT(probes), &seed);
    for (size_t i = 0; i < GW_COUNT(probes); i++)
        list[i] = &probes[i];

    GW_AUTO(gw_gallery) *g = gw_gallery_new(items, r->n, &err);
    CHECK_OK(g != NULL);
    size_t n_kernels;
    const struct gw_kernel *const *kernels = gw_kernels(&n_kernels);
    for (size_t k = 0; k < n_kernels; k++) {
        if (!kernels[k]->usable())
            continue;
        gw_kernel_force(kernels[k]);
        /* Alone; together with places left; together and three alone. */
        same(g, r->n, list, 1, r->max);
        same(g, r->n, list + 1, 5, r->max);
        same(g, r->n, list, 11, r->max);
    }
    gw_kernel_force(NULL);
}

/* The bound itself, not only what the search makes of it: for faces chosen to hurt,
 * no 16-bit score is above its bound. */
#include "gallery/inside.h"
static void bound_test(void **state)
{
    const struct row *r = *state;
    struct gw_template probes[11];
    uint64_t seed = 4711 + r->dim;
    make(r, probes, GW_COUNT(probes), &seed);
    const size_t stride = (r->dim + GW_KERNEL_STEP - 1) / GW_KERNEL_STEP * GW_KERNEL_STEP;
    double tightest = 1e30;
    for (size_t p = 0; p < GW_COUNT(probes); p++) {
        int8_t small_p[GW_TEMPLATE_DIM_MAX], small_a[GW_TEMPLATE_DIM_MAX];
        struct gw_small sp = gw_kernel_c.small(small_p, probes[p].v, stride);
        for (size_t i = 0; i < GW_MIN(r->n, 100); i++) {
            struct gw_small sa = gw_kernel_c.small(small_a, faces[i].v, stride);
            double error = 0, dot = 0;
            for (size_t k = 0; k < stride; k++) {
                double e = faces[i].v[k] - (double)sa.scale * small_a[k];
                CHECK(small_a[k] >= -127);
                error += e * e;
                dot += small_a[k] * small_p[k];
            }
            /* The scale as a float is off by at most 2^-24 of itself: counted in SLACK. */
            CHECK(sqrt(error) <= (double)sa.error + 20644 * 0x1p-24);
            double bound = dot * (double)sa.scale * (double)sp.scale + (double)sa.error * ((double)sp.length + (double)sp.error) +
                           20644 * (double)sp.error + 512;
            double over = bound - gw_template_score(&faces[i], &probes[p]);
            CHECK(over >= 0);
            tightest = fmin(tightest, over);
        }
    }
    printf("# tightest bound is %.6f of a cosine above its score\n", tightest / GW_SCORE_ONE);
}

static void person_test(void **)
{
    struct gw_err err;
    uint64_t seed = 5;
    for (size_t i = 0; i < 60; i++) {
        made_template(&faces[i], &seed, 512);
        items[i] = (struct gw_gallery_item){ made_id((uint32_t)(i % 20)), &faces[i] };
    }
    GW_AUTO(gw_gallery) *g = gw_gallery_new(items, 60, &err);
    CHECK_OK(g != NULL);
    struct gw_template probe;
    made_like(&probe, &faces[47], &seed, 0.5F); /* person 7, third portrait */
    struct gw_hit hit;
    CHECK(gw_gallery_score_person(&hit, g, made_id(7), &probe));
    CHECK_INT(hit.score, gw_template_score(&faces[47], &probe));
    CHECK_INT(hit.portrait, 2);
    CHECK_INT(made_number(hit.person), 7);
    CHECK(gw_gallery_score_person(&hit, g, made_id(8), &probe));
    CHECK(hit.score < GW_SCORE_ONE / 2);
    CHECK(!gw_gallery_score_person(&hit, g, made_id(20), &probe));

    struct gw_hit best[2];
    CHECK_INT(gw_gallery_search(best, 2, g, &probe), 2);
    CHECK_INT(made_number(best[0].person), 7);
    CHECK_INT(gw_gallery_search(best, 0, g, &probe), 0);
}

int main(void)
{
    check_rows("exact", rows, exact_test);
    check_rows("bound", rows, bound_test);
    check_add("one to one", "only that person's portraits are compared", person_test);
    return check_done();
}
