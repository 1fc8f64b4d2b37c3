/* image_bench.c - what pictures cost: decoding, decoding scaled, scaling, warping, and
 * the wall of decoder/ beside decoding without it. One line of JSON for each.
 *
 *     image_bench [FILE.jpg]     default: a made picture of 640x480 with a photo's detail
 *
 * Work on pixels is measured in this thread's processor time (what others run beside
 * it does not count), the wall by the wall clock, since it is two processes; medians
 * with the 10th and 90th percentile, alternatives in turns within one run. */
#include "base/buf.h"
#include "decoder/decoder.h"
#include "image/image.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { RUNS = 201 };

static double us(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int rising(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct times {
    double v[RUNS];
};
static double share(struct times *t, double q)
{
    qsort(t->v, RUNS, sizeof t->v[0], rising);
    return t->v[(size_t)(q * (RUNS - 1))];
}
static double report(const char *what, struct times *t, const char *more)
{
    printf("{\"bench\":\"image\",\"what\":\"%s\",\"us\":{\"p10\":%.1f,\"p50\":%.1f,\"p90\":%.1f}%s}\n", what, share(t, 0.1),
        share(t, 0.5), share(t, 0.9), more);
    fflush(stdout);
    return share(t, 0.5);
}

static struct gw_image make(uint32_t width, uint32_t height)
{
    struct gw_image image = { .width = width, .height = height, .stride = (size_t)width * 3 };
    image.data = gw_alloc_array(height, image.stride);
    uint32_t s = 1;
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            for (unsigned c = 0; c < 3; c++) {
                s = s * 1664525u + 1013904223u;
                double u = 640.0 * x / width, v = 480.0 * y / height;
                double shade = 120 + 50 * sin(u / 40 + c) + 40 * cos(v / 31) + 12 * sin(u * v / 900) + (s >> 24) % 10;
                image.data[y * image.stride + x * 3 + c] = (uint8_t)fmin(fmax(shade, 0), 255);
            }
    return image;
}

static void must(bool done, const struct gw_err *err)
{
    if (!done) {
        fprintf(stderr, "%s\n", err->text);
        exit(1);
    }
}

static void decoding(const char *what, struct gw_span bytes, uint32_t want)
{
    static const struct gw_image_limits limits = { 16 << 20, 40'000'000, 0 };
    struct times t;
    struct gw_err err = {};
    struct gw_image image;
    unsigned scale = 1;
    GW_AUTO(gw_arena) *a = gw_arena_new(256 << 20);
    for (int i = 0; i < RUNS; i++) {
        double from = us(CLOCK_THREAD_CPUTIME_ID);
        must(gw_image_decode(&image, a, bytes, &limits, want, &scale, &err), &err);
        t.v[i] = us(CLOCK_THREAD_CPUTIME_ID) - from;
        gw_arena_reset(a);
    }
    char more[80];
    snprintf(more, sizeof more, ",\"width\":%u,\"height\":%u,\"scale\":%u,\"bytes\":%zu", image.width, image.height, scale,
        bytes.size);
    report(what, &t, more);
}

static void scaling(const char *what, uint32_t width, uint32_t height)
{
    struct times t;
    struct gw_image src = make(width, height), dst = make(320, 240);
    for (int i = 0; i < RUNS; i++) {
        double from = us(CLOCK_THREAD_CPUTIME_ID);
        gw_image_scale(&dst, &src, 0, 0, width, height, 0);
        t.v[i] = us(CLOCK_THREAD_CPUTIME_ID) - from;
    }
    report(what, &t, "");
    gw_free(src.data);
    gw_free(dst.data);
}

static void warping(double scale)
{
    struct times t;
    struct gw_image src = make(1280, 960), dst = make(112, 112);
    double c = scale * cos(0.1), s = scale * sin(0.1);
    struct gw_affine m = { c, -s, 640 - 56 * c + 56 * s, s, c, 480 - 56 * s - 56 * c };
    for (int i = 0; i < RUNS; i++) {
        double from = us(CLOCK_THREAD_CPUTIME_ID);
        gw_image_warp(&dst, &src, m, 0);
        t.v[i] = us(CLOCK_THREAD_CPUTIME_ID) - from;
    }
    char what[40];
    snprintf(what, sizeof what, "warp to 112x112, shrinking by %.1f", scale);
    report(what, &t, "");
    gw_free(src.data);
    gw_free(dst.data);
}

static void wall(struct gw_decoder *d, const char *what, struct gw_span bytes)
{
    static const struct gw_image_limits limits = { 8 << 20, 40'000'000, 2'000'000 };
    struct times direct, borrowed, copied, over;
    struct gw_err err = {};
    struct gw_image image;
    GW_AUTO(gw_arena) *a = gw_arena_new(64 << 20);
    for (int i = -20; i < RUNS; i++) { /* the first ones warm up memory on both sides */
        struct gw_decoder_picture p;
        double t[4];
        t[0] = us(CLOCK_MONOTONIC);
        must(gw_image_decode(&image, a, bytes, &limits, 0, NULL, &err), &err);
        t[1] = us(CLOCK_MONOTONIC);
        gw_arena_reset(a);
        double again = us(CLOCK_MONOTONIC);
        must(gw_decoder_borrow(&p, d, bytes, &limits, 0, &err), &err);
        t[2] = us(CLOCK_MONOTONIC) - again;
        gw_decoder_return(&p);
        again = us(CLOCK_MONOTONIC);
        must(gw_decoder_decode(&image, a, d, bytes, &limits, 0, NULL, &err), &err);
        t[3] = us(CLOCK_MONOTONIC) - again;
        gw_arena_reset(a);
        if (i < 0)
            continue;
        direct.v[i] = t[1] - t[0];
        borrowed.v[i] = t[2];
        copied.v[i] = t[3];
        over.v[i] = t[2] - direct.v[i];
    }
    char name[80], more[80];
    snprintf(name, sizeof name, "%s without the wall", what);
    double base = report(name, &direct, "");
    snprintf(name, sizeof name, "%s through the wall, borrowed", what);
    snprintf(more, sizeof more, ",\"ratio\":%.3f", share(&borrowed, 0.5) / base);
    report(name, &borrowed, more);
    snprintf(name, sizeof name, "%s through the wall, copied", what);
    snprintf(more, sizeof more, ",\"ratio\":%.3f", share(&copied, 0.5) / base);
    report(name, &copied, more);
    snprintf(name, sizeof name, "%s: what the wall adds", what);
    report(name, &over, "");
}

int main(int argc, char **argv)
{
    struct gw_err err = {};
    struct gw_decoder_options options = GW_DECODER_OPTIONS_DEFAULT;
    GW_AUTO(gw_decoder) *d = gw_decoder_open(&options, &err);
    must(d != NULL, &err);
    GW_AUTO_VALUE(gw_buf) vga = {};
    GW_AUTO_VALUE(gw_buf) hd = {};
    GW_AUTO_VALUE(gw_buf) png = {};
    struct gw_image small = make(640, 480), large = make(1920, 1080), tiny = make(16, 16);
    must(argc > 1 ? gw_buf_read_file(&vga, argv[1], 8 << 20, &err) : gw_image_write_jpeg(&vga, &small, 85, &err), &err);
    must(gw_image_write_jpeg(&hd, &large, 85, &err), &err);
    must(gw_image_write_png(&png, &small, &err), &err);

    decoding("decode the JPEG", gw_buf_span(&vga), 0);
    decoding("decode the JPEG for a side of 240", gw_buf_span(&vga), 240);
    decoding("decode a JPEG of 1920x1080", gw_buf_span(&hd), 0);
    decoding("decode a JPEG of 1920x1080 for a side of 480", gw_buf_span(&hd), 480);
    decoding("decode a PNG of 640x480", gw_buf_span(&png), 0);
    scaling("scale 640x480 to 320x240", 640, 480);
    scaling("scale 1920x1080 to 320x240", 1920, 1080);
    scaling("scale 600x450 to 320x240", 600, 450);
    for (double s = 0.5; s <= 8; s *= 2)
        warping(s);
    warping(1.5);
    warping(3);
    wall(d, "JPEG", gw_buf_span(&vga));
    gw_buf_clear(&vga);
    must(gw_image_write_jpeg(&vga, &tiny, 85, &err), &err);
    wall(d, "JPEG of 16x16", gw_buf_span(&vga));
    gw_free(small.data);
    gw_free(large.data);
    gw_free(tiny.data);
    return 0;
}
