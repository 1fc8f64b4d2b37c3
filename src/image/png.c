/* png.c - PNG through libpng; the only file that names it.
 *
 * Chunks that are not pixels (texts, profiles, comments) are passed over without
 * being unpacked, so none of them can be a bomb. The library reports by longjmp,
 * caught here and nowhere else; see jpeg.c. */
#include "base/buf.h"
#include "image/codec.h"

#include <setjmp.h>

#include <png.h>

enum { MOST_CHUNK_BYTES = 8 << 20 };

struct session {
    png_structp png;
    png_infop info;
    jmp_buf jump;
    size_t at;
    const struct gw_codec *codec;
    struct gw_arena *arena;
    struct gw_image *out;
    struct gw_err *err;
};

static void on_error(png_structp png, png_const_charp text)
{
    struct session *s = png_get_error_ptr(png);
    gw_fail_at(s->err, strcmp(text, "Out of memory") == 0 ? GW_ERR_LIMIT : GW_ERR_FORMAT, s->at, "PNG: %.180s", text);
    longjmp(s->jump, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text; /* about chunks that do not touch the pixels */
}

static void on_read(png_structp png, png_bytep to, size_t n)
{
    struct session *s = png_get_io_ptr(png);
    if (n > s->codec->bytes.size - s->at) {
        gw_fail_at(s->err, GW_ERR_FORMAT, s->codec->bytes.size, "PNG: the file was cut off");
        longjmp(s->jump, 1);
    }
    memcpy(to, s->codec->bytes.data + s->at, n);
    s->at += n;
}

/* Alpha laid on white; four components become three. */
static void on_white(uint8_t *rgb, const uint8_t *rgba, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t alpha = rgba[4 * i + 3];
        for (uint32_t j = 0; j < 3; j++)
            rgb[3 * i + j] = (uint8_t)((rgba[4 * i + j] * alpha + 255 * (255 - alpha) + 127) / 255);
    }
}

static bool decode(struct session *s)
{
    png_structp png = s->png;
    png_infop info = s->info;
    png_set_read_fn(png, s, on_read);
    png_set_user_limits(png, INT32_MAX, INT32_MAX); /* pixels were counted by the probe */
    png_set_chunk_cache_max(png, 1);
    png_set_chunk_malloc_max(png, MOST_CHUNK_BYTES);
    /* Everything not needed for pixels is skipped, known or not; gAMA and iCCP too: the networks were
     * trained on samples as they are. */
    png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
    png_read_info(png, info);

    uint32_t width = png_get_image_width(png, info), height = png_get_image_height(png, info);
    bool turned = s->codec->info.orientation >= 5;
    if (width != (turned ? s->codec->info.height : s->codec->info.width) ||
        height != (turned ? s->codec->info.width : s->codec->info.height))
        return gw_fail(s->err, GW_ERR_FORMAT, "PNG: the header says two different sizes");

    png_set_expand(png);   /* palettes to RGB, fewer than 8 bits to 8, tRNS to alpha */
    png_set_scale_16(png); /* to 8, correctly rounded */
    png_set_gray_to_rgb(png);
    int passes = png_set_interlace_handling(png);
    png_read_update_info(png, info);
    bool alpha = png_get_channels(png, info) == 4;
    size_t encoded_stride = png_get_rowbytes(png, info), stride = (size_t)width * 3;
    bool straight = s->codec->info.orientation == 1 && !alpha;
    bool whole = passes > 1 && !straight; /* passes come back to every row */
    uint8_t *encoded = NULL, *strip = NULL;
    if (encoded_stride != (size_t)width * (alpha ? 4 : 3))
        return gw_fail(s->err, GW_ERR_UNSUPPORTED, "PNG: pixels of a kind that is not known");
    if (!gw_codec_make(s->out, s->arena, s->codec, width, height, s->err) ||
        (!straight &&
            (encoded = gw_arena_alloc(s->arena, whole ? height : GW_CODEC_STRIP, encoded_stride, s->err)) == NULL) ||
        (!straight && (strip = gw_arena_alloc(s->arena, GW_CODEC_STRIP, stride, s->err)) == NULL))
        return false;

    /* All passes but the last over the whole picture. */
    for (int pass = 0; pass < passes - 1; pass++)
        for (uint32_t y = 0; y < height; y++) {
            png_read_row(png, whole ? encoded + y * encoded_stride : s->out->data + y * s->out->stride, NULL);
            if (y % GW_CODEC_STRIP == 0 && !gw_codec_in_time(s->codec, s->err))
                return false;
        }
    for (uint32_t first = 0; first < height; first += GW_CODEC_STRIP) {
        uint32_t n = GW_MIN((uint32_t)GW_CODEC_STRIP, height - first);
        for (uint32_t i = 0; i < n; i++) {
            uint8_t *row = straight ? s->out->data + (first + i) * stride
                                    : encoded + (whole ? first + i : i) * encoded_stride;
            png_read_row(png, row, NULL);
            if (alpha)
                on_white(strip + i * stride, row, width);
            else if (!straight)
                memcpy(strip + i * stride, row, stride);
        }
        if (!straight)
            gw_codec_place(s->out, s->codec, strip, stride, first, n, width, height);
        if (!gw_codec_in_time(s->codec, s->err))
            return false;
    }
    png_read_end(png, NULL);
    return true;
}

static bool guarded(struct session *s)
{
    return setjmp(s->jump) == 0 && decode(s);
}

bool gw_png_decode(struct gw_image *out, unsigned *scale, struct gw_arena *a, const struct gw_codec *c,
    struct gw_err *err)
{
    struct session s = { .codec = c, .arena = a, .out = out, .err = err };
    *scale = 1;
    /* Creating them can fail but does not jump. */
    s.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &s, on_error, on_warning);
    s.info = s.png == NULL ? NULL : png_create_info_struct(s.png);
    bool read = s.info != NULL ? guarded(&s) : gw_fail(err, GW_ERR_LIMIT, "PNG: no memory to decode it");
    png_destroy_read_struct(&s.png, &s.info, NULL);
    return read;
}

/* Writing. */
struct writing {
    png_structp png;
    png_infop info;
    jmp_buf jump;
    struct gw_buf *out;
    struct gw_err *err;
};

static void write_error(png_structp png, png_const_charp text)
{
    struct writing *w = png_get_error_ptr(png);
    gw_fail(w->err, GW_ERR_INVALID, "PNG: %.180s", text);
    longjmp(w->jump, 1);
}

static void on_write(png_structp png, png_bytep data, size_t n)
{
    struct writing *w = png_get_io_ptr(png);
    gw_buf_add(w->out, data, n);
}

static void on_flush(png_structp png)
{
    (void)png;
}

static bool encode(struct writing *w, const struct gw_image *image)
{
    png_set_write_fn(w->png, w, on_write, on_flush);
    png_set_IHDR(w->png, w->info, image->width, image->height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
        PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(w->png, w->info);
    for (uint32_t y = 0; y < image->height; y++)
        png_write_row(w->png, image->data + y * image->stride);
    png_write_end(w->png, NULL);
    return true;
}

static bool write_guarded(struct writing *w, const struct gw_image *image)
{
    return setjmp(w->jump) == 0 && encode(w, image);
}

bool gw_image_write_png(struct gw_buf *out, const struct gw_image *image, struct gw_err *err)
{
    struct writing w = { .out = out, .err = err };
    w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &w, write_error, on_warning);
    w.info = w.png == NULL ? NULL : png_create_info_struct(w.png);
    bool written = w.info != NULL ? write_guarded(&w, image) : gw_fail(err, GW_ERR_LIMIT, "PNG: no memory to write it");
    png_destroy_write_struct(&w.png, &w.info);
    return written;
}
