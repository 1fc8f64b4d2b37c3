/* picture.c - makes the pictures the service tests need out of one: a tool for tests,
 * not installed.
 *
 *   picture turn N IN OUT        pixels turned so that EXIF orientation N makes them upright again
 *   picture grid COLS ROWS IN OUT   so many copies beside each other
 *   picture shrink W IN OUT      W pixels wide in the middle of a grey picture of the old size
 *   picture dark PERCENT IN OUT  so much of the light
 *   picture plain W H OUT        grey, nobody in it
 *   picture frame W H PERCENT IN OUT   in the middle of a grey picture of W x H, so much of its height
 *   picture png IN OUT           the same as PNG
 *   picture row N IN             the pixels of row N, as hexadecimal digits on standard output */
#include "base/buf.h"
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>

enum { QUALITY = 90 };

static struct gw_arena *mem;

static _Noreturn void stop(const char *text)
{
    fprintf(stderr, "picture: %s\n", text);
    exit(2);
}

static struct gw_image plain(uint32_t w, uint32_t h)
{
    struct gw_image out = { .width = w, .height = h, .stride = (size_t)w * 3 };
    struct gw_err err = {};
    out.data = gw_arena_array(mem, (size_t)w * h * 3, uint8_t, &err);
    if (out.data == NULL)
        stop(err.text);
    memset(out.data, 128, (size_t)w * h * 3);
    return out;
}

static struct gw_image load(const char *path)
{
    struct gw_err err = {};
    struct gw_image out = {};
    GW_AUTO_VALUE(gw_buf) bytes = {};
    const struct gw_image_limits limits = GW_IMAGE_LIMITS_DEFAULT;
    if (!gw_buf_read_file(&bytes, path, limits.most_bytes, &err) ||
        !gw_image_decode(&out, mem, gw_buf_span(&bytes), &limits, 0, NULL, &err))
        stop(err.text);
    return out;
}

static void save(const struct gw_image *image, const char *path, bool png)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) bytes = {};
    if (!(png ? gw_image_write_png(&bytes, image, &err) : gw_image_write_jpeg(&bytes, image, QUALITY, &err)) ||
        !gw_buf_write_file(gw_buf_span(&bytes), path, 0644, &err))
        stop(err.text);
}

/* Stored picture for orientation n (EXIF 2.32, tag 0x0112): stored(u, v) = upright(x, y). */
static struct gw_image turn(const struct gw_image *in, int n)
{
    bool swap = n >= 5;
    struct gw_image out = plain(swap ? in->height : in->width, swap ? in->width : in->height);
    for (uint32_t y = 0; y < in->height; y++)
        for (uint32_t x = 0; x < in->width; x++) {
            uint32_t right = in->width - 1 - x, up = in->height - 1 - y, u, v;
            switch (n) {
            case 2: u = right, v = y; break;
            case 3: u = right, v = up; break;
            case 4: u = x, v = up; break;
            case 5: u = y, v = x; break;
            case 6: u = y, v = right; break;
            case 7: u = up, v = right; break;
            case 8: u = up, v = x; break;
            default: u = x, v = y; break;
            }
            memcpy(out.data + v * out.stride + u * 3, in->data + y * in->stride + x * 3, 3);
        }
    return out;
}

/* The mean of a square of 2 r + 1, across then down: as a hand that moved or a lens out of focus. */
static struct gw_image blur(const struct gw_image *in, int r)
{
    struct gw_image half = plain(in->width, in->height), out = plain(in->width, in->height);
    const struct gw_image *from[2] = { in, &half };
    struct gw_image *to[2] = { &half, &out };
    for (int pass = 0; pass < 2; pass++)
        for (int y = 0; y < (int)in->height; y++)
            for (int x = 0; x < (int)in->width; x++)
                for (int k = 0; k < 3; k++) {
                    int sum = 0;
                    for (int d = -r; d <= r; d++) {
                        int u = GW_MIN(GW_MAX(pass == 0 ? x + d : x, 0), (int)in->width - 1);
                        int v = GW_MIN(GW_MAX(pass == 0 ? y : y + d, 0), (int)in->height - 1);
                        sum += from[pass]->data[(size_t)v * from[pass]->stride + (size_t)u * 3 + (size_t)k];
                    }
                    to[pass]->data[(size_t)y * out.stride + (size_t)x * 3 + (size_t)k] = (uint8_t)(sum / (2 * r + 1));
                }
    return out;
}

static void paste(struct gw_image *out, const struct gw_image *in, uint32_t left, uint32_t top)
{
    for (uint32_t y = 0; y < in->height; y++)
        memcpy(out->data + (top + y) * out->stride + left * 3, in->data + y * in->stride, (size_t)in->width * 3);
}

int main(int argc, char **argv)
{
    mem = gw_arena_new((size_t)1 << 30);
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "turn") == 0 && argc == 5) {
        struct gw_image in = load(argv[3]), out = turn(&in, atoi(argv[2]));
        save(&out, argv[4], false);
    } else if (strcmp(verb, "grid") == 0 && argc == 6) {
        uint32_t columns = (uint32_t)atoi(argv[2]), rows = (uint32_t)atoi(argv[3]);
        struct gw_image in = load(argv[4]), out = plain(in.width * columns, in.height * rows);
        for (uint32_t i = 0; i < columns * rows; i++)
            paste(&out, &in, i % columns * in.width, i / columns * in.height);
        save(&out, argv[5], false);
    } else if (strcmp(verb, "shrink") == 0 && argc == 5) {
        uint32_t w = (uint32_t)atoi(argv[2]);
        struct gw_image in = load(argv[3]), out = plain(in.width, in.height), small = plain(w, w * in.height / in.width);
        gw_image_scale(&small, &in, 0, 0, in.width, in.height, 128);
        paste(&out, &small, (out.width - small.width) / 2, (out.height - small.height) / 2);
        save(&out, argv[4], false);
    } else if (strcmp(verb, "dark") == 0 && argc == 5) {
        struct gw_image in = load(argv[3]);
        for (size_t i = 0; i < in.stride * in.height; i++)
            in.data[i] = (uint8_t)(in.data[i] * atoi(argv[2]) / 100);
        save(&in, argv[4], false);
    } else if (strcmp(verb, "plain") == 0 && argc == 5) {
        struct gw_image out = plain((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]));
        save(&out, argv[4], false);
    } else if (strcmp(verb, "frame") == 0 && argc == 7) {
        struct gw_image in = load(argv[5]), out = plain((uint32_t)atoi(argv[2]), (uint32_t)atoi(argv[3]));
        uint32_t h = out.height * (uint32_t)atoi(argv[4]) / 100, w = GW_MIN(h * in.width / in.height, out.width);
        struct gw_image inner = plain(w, h);
        gw_image_scale(&inner, &in, 0, 0, in.width, in.height, 128);
        paste(&out, &inner, (out.width - w) / 2, (out.height - h) / 2);
        save(&out, argv[6], false);
    } else if (strcmp(verb, "blur") == 0 && argc == 5) {
        struct gw_image in = load(argv[3]), out = blur(&in, atoi(argv[2]));
        save(&out, argv[4], false);
    } else if (strcmp(verb, "crop") == 0 && argc == 8) { /* left, top, width, height in percent */
        struct gw_image in = load(argv[6]);
        double x = in.width * atof(argv[2]) / 100, y = in.height * atof(argv[3]) / 100;
        double w = in.width * atof(argv[4]) / 100, h = in.height * atof(argv[5]) / 100;
        struct gw_image out = plain((uint32_t)w, (uint32_t)h);
        gw_image_scale(&out, &in, x, y, w, h, 128);
        save(&out, argv[7], false);
    } else if (strcmp(verb, "png") == 0 && argc == 4) {
        struct gw_image in = load(argv[2]);
        save(&in, argv[3], true);
    } else if (strcmp(verb, "row") == 0 && argc == 4) {
        struct gw_image in = load(argv[3]);
        const uint8_t *row = in.data + (size_t)atoi(argv[2]) % in.height * in.stride;
        for (size_t i = 0; i < (size_t)in.width * 3; i++)
            printf("%02x", row[i]);
        putchar('\n');
    } else
        stop("turn N, grid COLS ROWS, shrink W, dark PERCENT, plain W H, frame W H PERCENT, blur R, crop X Y W H or png; then files");
    gw_arena_free(mem);
    return 0;
}
