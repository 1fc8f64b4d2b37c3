/* warp_test.c - geometry, scaling and warping against what they are defined to be:
 * exact integrals and interpolation worked out here the slow way. */
#include "image/image.h"
#include "tests/check.h"

static struct gw_image picture(struct gw_arena *a, uint32_t width, uint32_t height)
{
    struct gw_image image = { .width = width, .height = height, .stride = (size_t)width * 3 + 5 };
    image.data = gw_arena_alloc(a, height, image.stride, NULL);
    assert_non_null(image.data);
    return image;
}

static struct gw_image noise(struct gw_arena *a, uint32_t width, uint32_t height)
{
    struct gw_image image = picture(a, width, height);
    uint32_t state = width * 31 + height;
    for (size_t i = 0; i < image.stride * height; i++) {
        state = state * 1664525u + 1013904223u;
        image.data[i] = (uint8_t)(state >> 24);
    }
    return image;
}

/* red = 256x / side, green = 256y / side, blue = 90: linear, so every fair filter gives the value at the centre. */
static struct gw_image ramp(struct gw_arena *a, uint32_t side)
{
    struct gw_image image = picture(a, side, side);
    for (uint32_t y = 0; y < side; y++)
        for (uint32_t x = 0; x < side; x++)
            memcpy(image.data + y * image.stride + x * 3, (uint8_t[]){ (uint8_t)(256 * x / side), (uint8_t)(256 * y / side), 90 }, 3);
    return image;
}

static double at(const struct gw_image *image, int64_t x, int64_t y, unsigned c, double outside)
{
    if (x < 0 || y < 0 || x >= image->width || y >= image->height)
        return outside;
    return image->data[(size_t)y * image->stride + (size_t)x * 3 + c];
}

static double overlap(double a0, double a1, double b0, double b1)
{
    return fmax(0, fmin(a1, b1) - fmax(a0, b0));
}

/* The integral over a rectangle, pixel by pixel. */
static double mean(const struct gw_image *image, double x0, double y0, double x1, double y1, unsigned c, double outside)
{
    double sum = 0;
    for (int64_t y = (int64_t)floor(y0); y < (int64_t)ceil(y1); y++)
        for (int64_t x = (int64_t)floor(x0); x < (int64_t)ceil(x1); x++)
            sum += at(image, x, y, c, outside) * overlap(x0, x1, (double)x, (double)x + 1) *
                overlap(y0, y1, (double)y, (double)y + 1);
    return sum / ((x1 - x0) * (y1 - y0));
}

static const struct scale_row {
    const char *label;
    uint32_t width, height, to_width, to_height;
    double x, y, w, h;
} scale_rows[] = {
    { "halves exactly", 64, 48, 32, 24, 0, 0, 64, 48 },
    { "thirds", 63, 48, 21, 16, 0, 0, 63, 48 },
    { "by 2.25 and 1.5", 72, 36, 32, 24, 0, 0, 72, 36 },
    { "by parts of a pixel more than 1", 65, 49, 64, 48, 0, 0, 65, 49 },
    { "a part between pixels", 80, 60, 10, 10, 7.3, 11.9, 41.7, 33.1 },
    { "wider than the sums' span", 5000, 7, 3, 2, 0, 0, 5000, 7 },
    { "one pixel of five thousand columns", 5000, 3, 1, 1, 0, 0, 5000, 3 },
    { "one pixel of more rows than a sum holds", 5, 1000, 1, 1, 0, 0, 5, 1000 },
    { "more columns than one run has", 1400, 8, 700, 4, 0, 0, 1400, 8 },
    { "beyond all four edges", 40, 40, 16, 16, -13.5, -7.25, 66, 60 },
    { "only a corner inside", 40, 40, 16, 16, 35, 35, 40, 40 },
    { "one axis shrinks by a lot", 300, 40, 2, 20, 0, 0, 300, 40 },
};

static void scale_test(void **state)
{
    const struct scale_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_image src = noise(a, r->width, r->height), dst = picture(a, r->to_width, r->to_height);
    gw_image_scale(&dst, &src, r->x, r->y, r->w, r->h, 50);
    double sx = r->w / r->to_width, sy = r->h / r->to_height;
    for (uint32_t y = 0; y < dst.height; y++)
        for (uint32_t x = 0; x < dst.width; x++)
            for (unsigned c = 0; c < 3; c++) {
                double want = mean(&src, r->x + sx * x, r->y + sy * y, r->x + sx * (x + 1), r->y + sy * (y + 1), c, 50);
                double got = dst.data[y * dst.stride + x * 3 + c];
                if (fabs(got - want) > 0.51)
                    fail_msg("(%u, %u) is %g, not %g", x, y, got, want);
            }
}

static void enlarge(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_image src = noise(a, 9, 7), dst = picture(a, 36, 28);
    gw_image_scale(&dst, &src, 0, 0, 9, 7, 50);
    for (uint32_t y = 0; y < dst.height; y++)
        for (uint32_t x = 0; x < dst.width; x++) {
            double u = fmin(fmax((x + 0.5) / 4 - 0.5, 0), 8), v = fmin(fmax((y + 0.5) / 4 - 0.5, 0), 6);
            int64_t i = (int64_t)fmin(u, 7), j = (int64_t)fmin(v, 5);
            for (unsigned c = 0; c < 3; c++) {
                double top = at(&src, i, j, c, 0) * (1 - (u - (double)i)) + at(&src, i + 1, j, c, 0) * (u - (double)i);
                double low = at(&src, i, j + 1, c, 0) * (1 - (u - (double)i)) + at(&src, i + 1, j + 1, c, 0) * (u - (double)i);
                CHECK_NEAR(dst.data[y * dst.stride + x * 3 + c], top * (1 - (v - (double)j)) + low * (v - (double)j), 0.51);
            }
        }
    /* Same size is the same picture. */
    struct gw_image same = picture(a, 9, 7);
    gw_image_scale(&same, &src, 0, 0, 9, 7, 50);
    for (uint32_t y = 0; y < 7; y++)
        assert_memory_equal(same.data + y * same.stride, src.data + y * src.stride, 27);
}

static void nothing_but_outside(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_image src = noise(a, 9, 7), dst = picture(a, 5, 5);
    const double far[][4] = { { 100, 0, 5, 5 }, { 0, -50, 5, 5 }, { NAN, 0, 5, 5 }, { 0, 0, NAN, 5 }, { 0, 0, 5, INFINITY },
        { 1e300, 0, 5, 5 }, { 0, 0, -5, 5 }, { 0, 0, 0, 5 } };
    for (size_t i = 0; i < GW_COUNT(far); i++) {
        memset(dst.data, 0, dst.stride * 5);
        gw_image_scale(&dst, &src, far[i][0], far[i][1], far[i][2], far[i][3], 77);
        for (uint32_t y = 0; y < 5; y++)
            for (uint32_t x = 0; x < 15; x++)
                CHECK_INT(dst.data[y * dst.stride + x], 77);
    }
    const struct gw_affine lost[] = { { 1, 0, NAN, 0, 1, 0 }, { 1e300, 0, 0, 0, 1, 0 }, { 1, 0, 1000, 0, 1, 0 },
        { INFINITY, 0, 0, 0, 1, 0 }, { 1, 0, 0, 0, 1, -60 }, { 0, 0, -5, 0, 0, -5 } };
    for (size_t i = 0; i < GW_COUNT(lost); i++) {
        memset(dst.data, 0, dst.stride * 5);
        gw_image_warp(&dst, &src, lost[i], 77);
        for (uint32_t y = 0; y < 5; y++)
            for (uint32_t x = 0; x < 15; x++)
                CHECK_INT(dst.data[y * dst.stride + x], 77);
    }
}

static struct gw_affine similarity(double scale, double angle, double tx, double ty)
{
    double c = scale * cos(angle), s = scale * sin(angle);
    return (struct gw_affine){ c, -s, tx, s, c, ty };
}

static const struct warp_row {
    const char *label;
    double scale, angle;
} warp_rows[] = {
    { "as it is", 1, 0 },
    { "turned", 1, 0.4 },
    { "enlarged four times and turned", 0.25, -1 },
    { "a little smaller", 1.2, 0.1 },
    { "almost half", 1.99, 2.5 },
    { "half", 2, 0 },
    { "a third, upside down", 3, M_PI },
    { "a fifth, turned by 45 degrees", 5, M_PI / 4 },
    { "a thirtieth: blocks of more than the fast size", 30, 0.2 },
};

/* On a ramp, any filter that is centred gives the value at the place the map says: pixel centres are right. */
static void warp_is_centred(void **state)
{
    const struct warp_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(8 << 20);
    uint32_t side = r->scale > 10 ? 1024 : 128;
    double slope = 256.0 / side;
    struct gw_image src = ramp(a, side), dst = picture(a, 40, 33);
    struct gw_affine m = similarity(r->scale, r->angle, 0, 0);
    m.tx = side / 2.0 - m.a * 20 - m.b * 16.5;
    m.ty = side / 2.0 - m.c * 20 - m.d * 16.5;
    gw_image_warp(&dst, &src, m, 200);
    unsigned checked = 0;
    for (uint32_t y = 0; y < dst.height; y++)
        for (uint32_t x = 0; x < dst.width; x++) {
            double u = m.a * (x + 0.5) + m.b * (y + 0.5) + m.tx, v = m.c * (x + 0.5) + m.d * (y + 0.5) + m.ty;
            const uint8_t *p = dst.data + y * dst.stride + x * 3;
            double rim = 2 * r->scale + 1;
            if (u < rim || v < rim || u > side - rim || v > side - rim) {
                if (u < -rim || v < -rim || u > side + rim || v > side + rim)
                    for (unsigned c = 0; c < 3; c++)
                        CHECK_INT(p[c], 200);
                continue;
            }
            /* The ramp and the result are each rounded to whole steps. */
            CHECK_NEAR(p[0], slope * (u - 0.5), 1.01);
            CHECK_NEAR(p[1], slope * (v - 0.5), 1.01);
            CHECK_INT(p[2], 90);
            checked++;
        }
    CHECK(checked > 0);
}

/* A fine pattern that is shrunk becomes grey, not stripes. */
static void warp_does_not_alias(void **state)
{
    const struct warp_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(8 << 20);
    struct gw_image src = picture(a, 700, 700), dst = picture(a, 20, 20);
    for (uint32_t y = 0; y < 700; y++)
        for (uint32_t x = 0; x < 700; x++)
            memset(src.data + y * src.stride + x * 3, (x + y) & 1 ? 255 : 0, 3);
    struct gw_affine m = similarity(r->scale, r->angle, 0, 0);
    m.tx = 350 - m.a * 10 - m.b * 10;
    m.ty = 350 - m.c * 10 - m.d * 10;
    gw_image_warp(&dst, &src, m, 0);
    if (r->scale < 1.9)
        return;
    double most = r->scale >= 3 ? 30 : 75;
    for (uint32_t y = 0; y < 20; y++)
        for (uint32_t x = 0; x < 20; x++)
            CHECK_NEAR(dst.data[y * dst.stride + x * 3], 127.5, most);
}

static void warp_identity(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_image src = noise(a, 61, 47), dst = picture(a, 61, 47);
    gw_image_warp(&dst, &src, (struct gw_affine){ 1, 0, 0, 0, 1, 0 }, 0);
    for (uint32_t y = 0; y < 47; y++)
        assert_memory_equal(dst.data + y * dst.stride, src.data + y * src.stride, 61 * 3);
    /* Halving is the mean of four, as in scaling. */
    struct gw_image half = picture(a, 30, 23), scaled = picture(a, 30, 23);
    gw_image_warp(&half, &src, (struct gw_affine){ 2, 0, 0, 0, 2, 0 }, 0);
    gw_image_scale(&scaled, &src, 0, 0, 60, 46, 0);
    for (uint32_t y = 0; y < 23; y++)
        assert_memory_equal(half.data + y * half.stride, scaled.data + y * scaled.stride, 30 * 3);
}

/* The same place gives the same pixel, however the picture is cut into tiles or caches. */
static void warp_does_not_depend_on_tiles(void **state)
{
    const struct warp_row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_image src = noise(a, 150, 130), whole = picture(a, 50, 40), part = picture(a, 21, 19);
    struct gw_affine m = similarity(r->scale, r->angle, 40, 50);
    gw_image_warp(&whole, &src, m, 9);
    for (uint32_t oy = 0; oy <= 21; oy += 7)
        for (uint32_t ox = 0; ox <= 29; ox += 5) {
            struct gw_affine n = m;
            n.tx += m.a * ox + m.b * oy;
            n.ty += m.c * ox + m.d * oy;
            gw_image_warp(&part, &src, n, 9);
            for (uint32_t y = 0; y < part.height; y++)
                for (uint32_t x = 0; x < part.width; x++)
                    for (unsigned c = 0; c < 3; c++)
                        CHECK_NEAR(part.data[y * part.stride + x * 3 + c],
                            whole.data[(y + oy) * whole.stride + (x + ox) * 3 + c], 1);
        }
}

/* Not similarities: still safe, and right where the source is one color. */
static void warp_any_map(void **state)
{
    (void)state;
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_image src = noise(a, 37, 23), dst = picture(a, 33, 17);
    uint32_t s = 7;
    for (unsigned i = 0; i < 3000; i++) {
        double v[6];
        for (unsigned k = 0; k < 6; k++) {
            s = s * 1664525u + 1013904223u;
            double unit = s / 4294967296.0 * 2 - 1;
            v[k] = i % 3 == 0 ? unit * 3 : i % 3 == 1 ? unit * 500 : pow(10, unit * 9);
        }
        gw_image_warp(&dst, &src, (struct gw_affine){ v[0], v[1], v[2] * 10, v[3], v[4], v[5] * 10 }, 0);
        gw_image_scale(&dst, &src, v[0] * 10, v[1] * 10, v[2] * 20, v[3] * 20, 0);
    }
    memset(src.data, 201, src.stride * src.height);
    gw_image_warp(&dst, &src, (struct gw_affine){ 0.9, 40, -300, 0.01, 0.02, 5 }, 201);
    for (uint32_t y = 0; y < dst.height; y++)
        for (uint32_t x = 0; x < dst.width * 3; x++)
            CHECK_INT(dst.data[y * dst.stride + x], 201);
}

static void fit(void **state)
{
    (void)state;
    const double from[5][2] = { { 38.3, 51.7 }, { 73.5, 51.5 }, { 56, 71.7 }, { 41.5, 92.4 }, { 70.7, 92.2 } };
    struct gw_affine m = similarity(2.3, 0.7, -11, 230), got, back;
    double to[5][2], noisy[5][2];
    for (size_t i = 0; i < 5; i++) {
        to[i][0] = m.a * from[i][0] + m.b * from[i][1] + m.tx;
        to[i][1] = m.c * from[i][0] + m.d * from[i][1] + m.ty;
        noisy[i][0] = to[i][0] + sin((double)i * 7);
        noisy[i][1] = to[i][1] + cos((double)i * 3);
    }
    CHECK(gw_affine_fit(&got, from, to, 5));
    CHECK_NEAR(got.a, m.a, 1e-9);
    CHECK_NEAR(got.b, m.b, 1e-9);
    CHECK_NEAR(got.c, m.c, 1e-9);
    CHECK_NEAR(got.d, m.d, 1e-9);
    CHECK_NEAR(got.tx, m.tx, 1e-9);
    CHECK_NEAR(got.ty, m.ty, 1e-9);
    /* Least squares: no small step in any direction is better. */
    CHECK(gw_affine_fit(&got, from, noisy, 5));
    double best = 0;
    for (int step = -1; step < 8; step++) {
        struct gw_affine t = got;
        double d = step & 1 ? 1e-4 : -1e-4, error = 0;
        if (step >= 0 && step / 2 == 0)
            t.a += d, t.d += d;
        if (step / 2 == 1)
            t.b -= d, t.c += d;
        if (step / 2 == 2)
            t.tx += d;
        if (step / 2 == 3)
            t.ty += d;
        for (size_t i = 0; i < 5; i++)
            error += pow(t.a * from[i][0] + t.b * from[i][1] + t.tx - noisy[i][0], 2) +
                pow(t.c * from[i][0] + t.d * from[i][1] + t.ty - noisy[i][1], 2);
        if (step < 0)
            best = error;
        else
            CHECK(error >= best);
    }
    back = gw_affine_invert(m);
    CHECK_NEAR(back.a * to[2][0] + back.b * to[2][1] + back.tx, from[2][0], 1e-9);
    CHECK_NEAR(back.c * to[2][0] + back.d * to[2][1] + back.ty, from[2][1], 1e-9);
    const double same[3][2] = { { 1, 1 }, { 1, 1 }, { 1, 1 } };
    CHECK(!gw_affine_fit(&got, same, to, 3));
    CHECK(!gw_affine_fit(&got, from, same, 3));
    CHECK(!gw_affine_fit(&got, from, to, 1));
    CHECK(!gw_affine_fit(&got, from, to, 0));
    const double bad[2][2] = { { NAN, 0 }, { 1, 1 } };
    CHECK(!gw_affine_fit(&got, bad, to, 2));
}

int main(void)
{
    check_rows("scale", scale_rows, scale_test);
    check_add("scale", "enlarging interpolates between centres and repeats the rim", enlarge);
    check_add("scale, warp", "outside of the picture, and nowhere, is the outside grey", nothing_but_outside);
    check_rows("warp is centred", warp_rows, warp_is_centred);
    check_rows("warp does not alias", warp_rows, warp_does_not_alias);
    check_rows("warp does not depend on tiles", warp_rows, warp_does_not_depend_on_tiles);
    check_add("warp", "the identity is the picture, halving is the mean of four", warp_identity);
    check_add("warp", "any map is safe", warp_any_map);
    check_add("affine", "fits similarities exactly and noise in least squares, and refuses nothing", fit);
    return check_done();
}
