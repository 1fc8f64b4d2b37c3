/* mark_test.c - the hidden mark comes back from a picture that was compressed again. */
#include "base/buf.h"
#include "image/image.h"
#include "tests/check.h"

static struct gw_err err;

/* A scene with a smooth sky, a checked floor and grain: what marks hide in and drown in. */
static struct gw_image scene(struct gw_arena *a, uint32_t width, uint32_t height)
{
    struct gw_image m = { gw_arena_alloc(a, (size_t)width * height, 3, NULL), width, height, (size_t)width * 3 };
    uint32_t x32 = 1;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++) {
            x32 = x32 * 1664525u + 1013904223u;
            int v = y < height / 2 ? 120 + (int)(y * 80 / height) : ((x / 13 + y / 11) % 2 == 0 ? 60 : 190);
            for (uint32_t k = 0; k < 3; k++)
                m.data[(size_t)y * m.stride + 3 * x + k] = (uint8_t)(v + (int)k * 10 + (int)(x32 >> 28));
        }
    return m;
}

struct row {
    const char *label;
    uint32_t width, height;
    int first, second; /* JPEG quality, one after the other; 0: not */
    bool found;
};
static const struct row rows[] = {
    { "a camera's frame, quality 90", 640, 480, 90, 0, true },
    { "a camera's frame, given out at 85 and compressed again at 60", 640, 480, 85, 60, true },
    { "a camera's frame, given out at 85 and compressed again at 50", 640, 480, 85, 50, true },
    { "a passport's photo, given out at 85 and compressed again at 60", 413, 531, 85, 60, true },
    { "a size that is no multiple of eight", 637, 475, 85, 60, true },
    { "a small portrait at 85", 240, 320, 85, 0, true },
    { "too small to hold a mark", 128, 128, 0, 0, false },
};

static void comes_back(void **state)
{
    const struct row *r = *state;
    GW_AUTO(gw_arena) *a = gw_arena_new(64 << 20);
    struct gw_image m = scene(a, r->width, r->height), was = scene(a, r->width, r->height);
    uint8_t mark[GW_IMAGE_MARK_BYTES], got[GW_IMAGE_MARK_BYTES];
    for (size_t i = 0; i < sizeof mark; i++)
        mark[i] = (uint8_t)(i * 37 + 11);
    CHECK(!gw_image_mark_find(got, &m)); /* nothing is found where nothing is */
    gw_image_mark_show(&m, "01k2mzq8v7k3x5yt9w0r4h6nd2", "2026-11-23T08:00:00Z");
    CHECK(memcmp(m.data, was.data, m.stride * m.height) != 0);
    struct gw_image shown = scene(a, r->width, r->height);
    memcpy(shown.data, m.data, m.stride * m.height);
    CHECK_INT(gw_image_mark_hide(&m, mark), r->found);
    /* The eye: no pixel is far from where it was, and most are near. */
    double sum = 0;
    for (size_t i = 0; i < m.stride * m.height; i++) {
        int d = abs(m.data[i] - shown.data[i]);
        CHECK(d <= 12);
        sum += (double)d * d;
    }
    CHECK(sqrt(sum / (double)(m.stride * m.height)) < 4);
    const int qualities[] = { r->first, r->second };
    for (size_t i = 0; i < GW_COUNT(qualities) && qualities[i] > 0; i++) {
        GW_AUTO_VALUE(gw_buf) jpeg = {};
        struct gw_image_limits limits = GW_IMAGE_LIMITS_DEFAULT;
        CHECK_OK(gw_image_write_jpeg(&jpeg, &m, qualities[i], &err));
        CHECK_OK(gw_image_decode(&m, a, gw_buf_span(&jpeg), &limits, 0, NULL, &err));
    }
    CHECK_INT(gw_image_mark_find(got, &m), r->found);
    if (r->found)
        CHECK(memcmp(got, mark, sizeof mark) == 0);
}

int main(void)
{
    check_rows("mark", rows, comes_back);
    return check_done();
}
