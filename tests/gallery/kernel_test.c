/* kernel_test.c - every kernel this processor can run gives the bits of plain C. */
#include "gallery/kernels.h"
#include "tests/check.h"
#include "tests/gallery/made.h"

enum { DIM_MAX = 1024, ROWS_MAX = 40 };

#if defined(__x86_64__)
extern const struct gw_kernel gw_kernel_evex256; /* kernel_avxvnni.c in the other encoding */
#endif

static size_t all(const struct gw_kernel **out)
{
    size_t n, usable = 0;
    const struct gw_kernel *const *k = gw_kernels(&n);
    for (size_t i = 0; i < n; i++)
        if (k[i]->usable())
            out[usable++] = k[i];
        else
            printf("# %s: not on this processor\n", k[i]->name);
#if defined(__x86_64__)
    if (gw_kernel_evex256.usable())
        out[usable++] = &gw_kernel_evex256;
#endif
    return usable;
}

enum fill { MOST, LEAST, OPPOSITE, ALTERNATING, ONE_FIRST, ONE_LAST, RANDOM, RANDOM_SMALL, ZERO };

static const struct row {
    const char *label;
    enum fill fill;
} rows[] = {
    { "all components the largest", MOST },
    { "all components the smallest", LEAST },
    { "rows the largest, probes the smallest", OPPOSITE },
    { "signs alternate", ALTERNATING },
    { "only the first component", ONE_FIRST },
    { "only the last component", ONE_LAST },
    { "any components", RANDOM },
    { "small components", RANDOM_SMALL },
    { "all zero", ZERO },
};

static int32_t value(enum fill f, size_t i, size_t dim, bool probe, int32_t most, uint64_t *state)
{
    switch (f) {
    case MOST:
        return most;
    case LEAST:
        return -most;
    case OPPOSITE:
        return probe ? -most : most;
    case ALTERNATING:
        return (i & 1) != 0 ? most : -most;
    case ONE_FIRST:
        return i == 0 ? most : 0;
    case ONE_LAST:
        return i == dim - 1 ? -most : 0;
    case RANDOM:
        return (int32_t)(made_u64(state) % (2 * (uint64_t)most + 1)) - most;
    case RANDOM_SMALL:
        return (int32_t)(made_u64(state) % 5) - 2;
    case ZERO:
        return 0;
    }
    return 0;
}

/* Unaligned on purpose by 64, so that no kernel leans on more than it is promised. */
alignas(64) static int8_t small_rows[ROWS_MAX * DIM_MAX], small_probes[GW_KERNEL_TOGETHER * DIM_MAX];
alignas(64) static int16_t whole_a[DIM_MAX], whole_b[DIM_MAX];

static void same(const struct gw_kernel *k, size_t dim, size_t n_rows, enum fill f, uint64_t *state)
{
    const size_t stride = (dim + GW_KERNEL_STEP - 1) / GW_KERNEL_STEP * GW_KERNEL_STEP;
    const struct gw_kernel *c = &gw_kernel_c;
    memset(small_rows, 0, sizeof small_rows);
    memset(small_probes, 0, sizeof small_probes);
    memset(whole_a, 0, sizeof whole_a);
    memset(whole_b, 0, sizeof whole_b);
    for (size_t r = 0; r < n_rows; r++)
        for (size_t i = 0; i < dim; i++)
            small_rows[r * stride + i] = (int8_t)value(f, i, dim, false, 127, state);
    int32_t sums[ROWS_MAX] = {};
    for (size_t r = 0; r < n_rows; r++)
        for (size_t i = 0; i < dim; i++)
            sums[r] += small_rows[r * stride + i];
    for (size_t r = 0; r < GW_KERNEL_TOGETHER; r++)
        for (size_t i = 0; i < dim; i++)
            small_probes[r * stride + i] = (int8_t)value(f, i, dim, true, 127, state);
    for (size_t i = 0; i < dim; i++) {
        whole_a[i] = (int16_t)value(f, i, dim, false, 32767, state);
        whole_b[i] = (int16_t)value(f, i, dim, true, 32767, state);
    }

    if (k->dot16(whole_a, whole_b, stride) != c->dot16(whole_a, whole_b, stride))
        fail_msg("%s: dot16, dimension %zu", k->name, dim);

    /* One more than asked for: nobody writes there. */
    int32_t want[ROWS_MAX + 1], got[ROWS_MAX + 1];
    for (size_t r = 0; r <= ROWS_MAX; r++)
        want[r] = got[r] = 77;
    c->dots8(want, small_rows, n_rows, stride, small_probes);
    k->dots8(got, small_rows, n_rows, stride, small_probes);
    if (memcmp(want, got, sizeof want) != 0)
        fail_msg("%s: dots8, dimension %zu, %zu rows", k->name, dim, n_rows);

    static int32_t want8[(ROWS_MAX + 1) * GW_KERNEL_TOGETHER], got8[(ROWS_MAX + 1) * GW_KERNEL_TOGETHER];
    memset(want8, 77, sizeof want8);
    memset(got8, 77, sizeof got8);
    c->dots8_together(want8, small_rows, sums, n_rows, stride, small_probes);
    k->dots8_together(got8, small_rows, sums, n_rows, stride, small_probes);
    if (memcmp(want8, got8, sizeof want8) != 0)
        fail_msg("%s: dots8_together, dimension %zu, %zu rows", k->name, dim, n_rows);

    alignas(64) static int8_t want_small[DIM_MAX], got_small[DIM_MAX];
    const struct gw_small s = c->small(want_small, whole_a, stride), t = k->small(got_small, whole_a, stride);
    if (memcmp(want_small, got_small, stride) != 0 || s.scale != t.scale || s.error != t.error || s.length != t.length || s.square != t.square)
        fail_msg("%s: small, dimension %zu", k->name, dim);

    enum { TILES = 3, N = TILES * GW_KERNEL_TILE };
    int32_t dots[N];
    float scales[N], errors[N], want_b[N], got_b[N], want_t[TILES], got_t[TILES];
    for (size_t i = 0; i < N; i++) {
        dots[i] = value(f, i, N, false, 127 * 127 * 1024, state);
        scales[i] = 0.001F + (float)(made_u64(state) % 129000) / 1000;
        errors[i] = (float)(made_u64(state) % 2000000) / 1000;
    }
    errors[N - 1] = -1e30F;
    c->bounds(want_b, want_t, dots, scales, errors, TILES, 7.3F, 16421.5F, 12345.6F);
    k->bounds(got_b, got_t, dots, scales, errors, TILES, 7.3F, 16421.5F, 12345.6F);
    if (memcmp(want_b, got_b, sizeof want_b) != 0 || memcmp(want_t, got_t, sizeof want_t) != 0)
        fail_msg("%s: bounds", k->name);

    int32_t dots8[N * GW_KERNEL_TOGETHER];
    float want_b8[N * GW_KERNEL_TOGETHER], got_b8[N * GW_KERNEL_TOGETHER], c8[GW_KERNEL_TOGETHER], g8[GW_KERNEL_TOGETHER];
    float want_t8[TILES * GW_KERNEL_TOGETHER], got_t8[TILES * GW_KERNEL_TOGETHER], h8[GW_KERNEL_TOGETHER];
    for (size_t i = 0; i < N * GW_KERNEL_TOGETHER; i++)
        dots8[i] = value(f, i, N, false, 127 * 127 * 1024, state);
    for (size_t p = 0; p < GW_KERNEL_TOGETHER; p++) {
        c8[p] = 1.3F + (float)p;
        g8[p] = 16384.5F + 3.3F * (float)p;
        h8[p] = 77.7F * (float)p;
    }
    c->bounds_together(want_b8, want_t8, dots8, scales, errors, TILES, c8, g8, h8);
    k->bounds_together(got_b8, got_t8, dots8, scales, errors, TILES, c8, g8, h8);
    if (memcmp(want_b8, got_b8, sizeof want_b8) != 0 || memcmp(want_t8, got_t8, sizeof want_t8) != 0)
        fail_msg("%s: bounds_together", k->name);
}

static void equal_test(void **state)
{
    const struct row *r = *state;
    const struct gw_kernel *k[8];
    const size_t n = all(k);
    uint64_t seed = 1 + r->fill;
    CHECK(n >= 1);
    for (size_t i = 0; i < n; i++) {
        for (size_t dim = 1; dim <= DIM_MAX; dim += dim < 200 ? 1 : 41)
            same(k[i], dim, 1 + dim % ROWS_MAX, r->fill, &seed);
        same(k[i], DIM_MAX - 1, ROWS_MAX, r->fill, &seed);
        for (size_t rows_n = 0; rows_n <= ROWS_MAX; rows_n++)
            same(k[i], 512, rows_n, r->fill, &seed);
        for (size_t rows_n = 0; rows_n <= ROWS_MAX; rows_n++)
            same(k[i], 128, rows_n, r->fill, &seed);
    }
}

static void plain_test(void **)
{
    const int16_t a[64] = { 3, -2, 100, 32767 }, b[64] = { 5, 7, -100, 2 };
    CHECK_INT(gw_kernel_c.dot16(a, b, 64), 15 - 14 - 10000 + 65534);
    const int8_t row[128] = { 127, -127, 1, [64] = -3, 4 }, probe[64] = { 127, 127, -5 };
    int32_t dots[2];
    gw_kernel_c.dots8(dots, row, 2, 64, probe);
    CHECK_INT(dots[0], -5);
    CHECK_INT(dots[1], -3 * 127 + 4 * 127);
    int32_t tile[GW_KERNEL_TILE] = { 10, 20 };
    float scales[GW_KERNEL_TILE] = { 2, 3 }, errors[GW_KERNEL_TILE] = { 4, 5 }, out[GW_KERNEL_TILE], top;
    gw_kernel_c.bounds(out, &top, tile, scales, errors, 1, 0.5F, 10, 1);
    CHECK_NEAR((double)out[0], 10 * 2 * 0.5 + 4 * 10 + 1, 0);
    CHECK_NEAR((double)top, 20 * 3 * 0.5 + 5 * 10 + 1, 0);

    int8_t eight[8 * 64] = { 127, 127, -5, [64] = 1, [7 * 64 + 1] = 2 };
    int32_t both[16];
    gw_kernel_c.dots8_together(both, row, (int32_t[]){ 1, 1 }, 2, 64, eight);
    CHECK_INT(both[0], -5);
    CHECK_INT(both[1], 127);
    CHECK_INT(both[7], -254);
    CHECK_INT(both[8], 127);
    CHECK_INT(both[9], -3);
    CHECK_INT(both[15], 8);
}

static void chosen_test(void **)
{
    CHECK(gw_kernel_best()->usable());
    gw_kernel_force(&gw_kernel_c);
    CHECK_TEXT(gw_kernel_best()->name, "c");
    gw_kernel_force(NULL);
    size_t n;
    const struct gw_kernel *const *k = gw_kernels(&n);
    for (size_t i = 0; i < n && k[i] != gw_kernel_best(); i++)
        CHECK(!k[i]->usable());
    CHECK_TEXT(k[n - 1]->name, "c");
}

int main(void)
{
    check_add("kernel", "plain C does what the header says", plain_test);
    check_add("kernel", "the first usable one is chosen, and can be forced", chosen_test);
    check_rows("kernel", rows, equal_test);
    return check_done();
}
