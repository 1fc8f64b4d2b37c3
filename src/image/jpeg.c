/* jpeg.c - JPEG through libjpeg(-turbo); the only file that names it.
 *
 * The library reports by longjmp. It is caught here and nowhere else: everything
 * that lives across a call into it is in struct session, so no local variable is
 * read after a jump. The library would warn about a file that ends early, fill
 * with grey and go on; half a face is not a picture, so that is an error here. */
#include "base/buf.h"
#include "image/codec.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include <jpeglib.h>
#include <jerror.h>

/* A progressive picture of a camera has about 10 scans, the finest script under 100;
 * each costs a pass over all coefficients, so more is an attack on our time. */
enum { MOST_SCANS = 100 };

struct session {
    struct jpeg_decompress_struct d;
    struct jpeg_error_mgr errors;
    struct jpeg_source_mgr source;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    const struct gw_codec *codec;
    struct gw_arena *arena;
    struct gw_image *out;
    unsigned *scale;
    struct gw_err *err;
};

static struct session *session_of(j_common_ptr c)
{
    return c->client_data;
}

static size_t place(struct session *s)
{
    return s->codec->bytes.size - s->source.bytes_in_buffer;
}

static void on_error(j_common_ptr c)
{
    struct session *s = session_of(c);
    int code = c->err->msg_code;
    if (code == JERR_OUT_OF_MEMORY || code == JERR_NO_BACKING_STORE) {
        gw_fail(s->err, GW_ERR_LIMIT, "JPEG: it needs more memory than the decoder has");
    } else {
        char text[JMSG_LENGTH_MAX];
        c->err->format_message(c, text);
        gw_fail_at(s->err, GW_ERR_FORMAT, place(s), "JPEG: %.180s", text);
    }
    longjmp(s->jump, 1);
}

/* Warnings (level -1) after which the library would go on with made-up pixels. */
static void on_message(j_common_ptr c, int level)
{
    struct session *s = session_of(c);
    int code = c->err->msg_code;
    if (level >= 0)
        return;
    c->err->num_warnings++;
    if (code == JWRN_HIT_MARKER || code == JWRN_HUFF_BAD_CODE || code == JWRN_MUST_RESYNC || code == JWRN_JPEG_EOF) {
        gw_fail_at(s->err, GW_ERR_FORMAT, place(s), "JPEG: the pixels are damaged or incomplete here");
        longjmp(s->jump, 1);
    }
}

static void on_output(j_common_ptr c)
{
    (void)c; /* nothing of ours prints */
}

static void source_start(j_decompress_ptr d)
{
    (void)d;
}

static boolean source_fill(j_decompress_ptr d)
{
    struct session *s = session_of((j_common_ptr)d);
    gw_fail_at(s->err, GW_ERR_FORMAT, s->codec->bytes.size, "JPEG: the file was cut off: it ends before its picture does");
    longjmp(s->jump, 1);
}

static void source_skip(j_decompress_ptr d, long n)
{
    if (n <= 0)
        return;
    if ((unsigned long)n > d->src->bytes_in_buffer)
        (void)source_fill(d);
    d->src->next_input_byte += n;
    d->src->bytes_in_buffer -= (size_t)n;
}

/* Called once per row of blocks and pass, also while a progressive picture is being gathered. */
static void on_progress(j_common_ptr c)
{
    struct session *s = session_of(c);
    if (s->d.input_scan_number > MOST_SCANS) {
        gw_fail_at(s->err, GW_ERR_LIMIT, place(s), "JPEG: more than %d scans", MOST_SCANS);
        longjmp(s->jump, 1);
    }
    if (!gw_codec_in_time(s->codec, s->err))
        longjmp(s->jump, 1);
}

/* CMYK as light: Adobe's files hold how much light is left, others how much ink is put on. */
static void from_cmyk(uint8_t *rgb, const uint8_t *cmyk, uint32_t n, bool inverted)
{
    uint8_t flip = inverted ? 0 : 255;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t k = cmyk[4 * i + 3] ^ flip;
        for (uint32_t j = 0; j < 3; j++)
            rgb[3 * i + j] = (uint8_t)(((cmyk[4 * i + j] ^ flip) * k + 127) / 255);
    }
}

/* Everything that may jump. Returns false with the error set; libjpeg's memory is let go by the caller. */
static bool decode(struct session *s)
{
    struct jpeg_decompress_struct *d = &s->d;
    jpeg_create_decompress(d); /* keeps err and client_data */
    s->source = (struct jpeg_source_mgr){
        .next_input_byte = s->codec->bytes.data,
        .bytes_in_buffer = s->codec->bytes.size,
        .init_source = source_start,
        .fill_input_buffer = source_fill,
        .skip_input_data = source_skip,
        .resync_to_restart = jpeg_resync_to_restart,
        .term_source = source_start,
    };
    d->src = &s->source;
    s->progress.progress_monitor = on_progress;
    d->progress = &s->progress;
    /* Coefficients of a progressive picture: two bytes for each sample of at most four planes. */
    d->mem->max_memory_to_use = (long)GW_MIN(s->codec->limits->most_pixels * 8 + (8u << 20), (uint64_t)INT32_MAX);

    jpeg_read_header(d, TRUE);
    const struct gw_image_info *info = &s->codec->info;
    bool turned = info->orientation >= 5;
    if (d->image_width != (turned ? info->height : info->width) ||
        d->image_height != (turned ? info->width : info->height) || d->num_components != info->components)
        return gw_fail(s->err, GW_ERR_FORMAT, "JPEG: the header says two different sizes");

    bool cmyk = d->num_components == 4;
    d->out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
    d->do_block_smoothing = FALSE; /* only for pictures that are not complete */
    d->scale_num = 1;
    d->scale_denom = *s->scale = gw_codec_scale(s->codec, d->image_width, d->image_height);
    jpeg_start_decompress(d);

    uint32_t width = d->output_width, height = d->output_height;
    bool straight = info->orientation == 1 && !cmyk;
    uint8_t *strip = NULL, *line = NULL;
    size_t stride = (size_t)width * 3;
    if (!gw_codec_make(s->out, s->arena, s->codec, width, height, s->err) ||
        (!straight && (strip = gw_arena_alloc(s->arena, GW_CODEC_STRIP, stride, s->err)) == NULL) ||
        (cmyk && (line = gw_arena_alloc(s->arena, width, 4, s->err)) == NULL))
        return false;

    while (d->output_scanline < height) {
        uint32_t first = d->output_scanline, n = GW_MIN((uint32_t)GW_CODEC_STRIP, height - first);
        uint8_t *rows = straight ? s->out->data + first * stride : strip;
        while (d->output_scanline < first + n) {
            uint32_t done = d->output_scanline - first;
            JSAMPROW to[GW_CODEC_STRIP];
            for (uint32_t i = done; i < n; i++)
                to[i - done] = cmyk ? line : rows + i * stride;
            if (jpeg_read_scanlines(d, to, cmyk ? 1 : n - done) == 0)
                return gw_fail(s->err, GW_ERR_FORMAT, "JPEG: the file was cut off");
            if (cmyk)
                from_cmyk(rows + done * stride, line, width, d->saw_Adobe_marker);
        }
        if (!straight)
            gw_codec_place(s->out, s->codec, rows, stride, first, n, width, height);
    }
    jpeg_finish_decompress(d); /* reads up to the end marker: it must be there */
    return true;
}

static bool guarded(struct session *s)
{
    return setjmp(s->jump) == 0 && decode(s);
}

bool gw_jpeg_decode(struct gw_image *out, unsigned *scale, struct gw_arena *a, const struct gw_codec *c,
    struct gw_err *err)
{
    struct session s = { .codec = c, .arena = a, .out = out, .scale = scale, .err = err };
    s.d.err = jpeg_std_error(&s.errors);
    s.d.client_data = &s;
    s.errors.error_exit = on_error;
    s.errors.emit_message = on_message;
    s.errors.output_message = on_output;
    bool read = guarded(&s);
    jpeg_destroy_decompress(&s.d); /* fine on one that was never created */
    return read;
}

/* Writing. */
struct writing {
    struct jpeg_compress_struct e;
    struct jpeg_error_mgr errors;
    struct jpeg_destination_mgr to;
    jmp_buf jump;
    struct gw_buf *out;
    struct gw_err *err;
    uint8_t chunk[16384];
};

static void write_error(j_common_ptr c)
{
    struct writing *w = c->client_data;
    char text[JMSG_LENGTH_MAX];
    c->err->format_message(c, text);
    gw_fail(w->err, GW_ERR_INVALID, "JPEG: %.180s", text);
    longjmp(w->jump, 1);
}

static void write_start(j_compress_ptr e)
{
    struct writing *w = e->client_data;
    w->to.next_output_byte = w->chunk;
    w->to.free_in_buffer = sizeof w->chunk;
}

static boolean write_full(j_compress_ptr e)
{
    struct writing *w = e->client_data;
    gw_buf_add(w->out, w->chunk, sizeof w->chunk);
    write_start(e);
    return TRUE;
}

static void write_end(j_compress_ptr e)
{
    struct writing *w = e->client_data;
    gw_buf_add(w->out, w->chunk, sizeof w->chunk - w->to.free_in_buffer);
}

static bool encode(struct writing *w, const struct gw_image *image, int quality)
{
    struct jpeg_compress_struct *e = &w->e;
    jpeg_create_compress(e);
    w->to = (struct jpeg_destination_mgr){
        .init_destination = write_start, .empty_output_buffer = write_full, .term_destination = write_end
    };
    e->dest = &w->to;
    e->image_width = image->width;
    e->image_height = image->height;
    e->input_components = 3;
    e->in_color_space = JCS_RGB;
    jpeg_set_defaults(e);
    jpeg_set_quality(e, quality, TRUE);
    jpeg_start_compress(e, TRUE);
    while (e->next_scanline < e->image_height) {
        JSAMPROW row = image->data + e->next_scanline * image->stride;
        jpeg_write_scanlines(e, &row, 1);
    }
    jpeg_finish_compress(e);
    return true;
}

static bool write_guarded(struct writing *w, const struct gw_image *image, int quality)
{
    return setjmp(w->jump) == 0 && encode(w, image, quality);
}

bool gw_image_write_jpeg(struct gw_buf *out, const struct gw_image *image, int quality, struct gw_err *err)
{
    struct writing w = { .out = out, .err = err };
    if (quality < 1 || quality > 100)
        return gw_fail(err, GW_ERR_USAGE, "JPEG quality %d is not between 1 and 100", quality);
    w.e.err = jpeg_std_error(&w.errors);
    w.e.client_data = &w;
    w.errors.error_exit = write_error;
    w.errors.output_message = on_output;
    bool written = write_guarded(&w, image, quality);
    jpeg_destroy_compress(&w.e);
    explicit_bzero(w.chunk, sizeof w.chunk);
    return written;
}
