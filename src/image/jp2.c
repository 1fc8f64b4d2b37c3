/* jp2.c - JPEG 2000 through OpenJPEG, the only file that names it: what passports'
 * chips keep their portraits in (ISO/IEC 15444-1; JP2 files and bare codestreams).
 *
 * The header is read by our own code first: sizes, tiles, layers and precincts
 * decide what decoding costs, and each tile-part must be whole, because the
 * library would paint a cut file grey and call it done. OpenJPEG cannot be
 * interrupted; its time is bounded by these limits, and in `serve` by the decoder
 * process being ended. It keeps 4 bytes a sample, more than once, outside the arena. */
#include "image/codec.h"

#include <stdio.h>

#include <openjpeg.h>

enum {
    SIZ = 0xff51, COD = 0xff52, SOT = 0xff90, SOD = 0xff93, EOC = 0xffd9,
    MOST_COMPONENTS = 4, MOST_BITS = 16, MOST_LEVELS = 32,
    MOST_TILES = 4096,       /* 40 million pixels in tiles of 128 x 128 are 2441 */
    MOST_PACKETS = 1 << 20,  /* each costs the library some 100 bytes before a pixel is decoded */
    JP2_HEADER = 12,         /* bytes of the signature box */
    STREAM_BYTES = 64 << 10,
};

struct component {
    uint8_t bits; /* of a sample */
    uint8_t dx, dy; /* one sample for dx x dy of the grid */
};

struct codestream {
    struct gw_span bytes; /* from SOC on */
    size_t at;            /* of it in the file */
    uint32_t x1, y1, x0, y0, tile_width, tile_height, tile_x, tile_y;
    uint16_t n_components;
    struct component components[MOST_COMPONENTS];
    uint8_t levels; /* of the wavelet: how often it can be halved */
};

static uint32_t ceil_div(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a + b - 1) / b);
}

/* The contiguous codestream of a JP2 file (annex I.5.4), or the file itself. */
static bool find_codestream(struct codestream *out, struct gw_span file, struct gw_err *err)
{
    struct gw_cursor c = gw_cursor_of(file);
    bool found = false;
    if (file.data[0] == 0xff) {
        *out = (struct codestream){ .bytes = file };
        return true;
    }
    (void)gw_cursor_skip(&c, JP2_HEADER);
    while (gw_cursor_left(&c) > 0) {
        size_t at = c.at;
        uint32_t length, high, low;
        struct gw_span type, body;
        if (!gw_cursor_be32(&c, &length) || !gw_cursor_take(&c, 4, &type))
            return found || gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG 2000: the file was cut off inside a box header");
        uint64_t size = length;
        if (length == 1) {
            if (!gw_cursor_be32(&c, &high) || !gw_cursor_be32(&c, &low))
                return gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG 2000: the file was cut off inside a box header");
            size = (uint64_t)high << 32 | low;
        }
        size_t used = c.at - at;
        if (length == 0)
            size = used + gw_cursor_left(&c); /* the last box reaches to the end (I.4) */
        if (size < used || size - used > gw_cursor_left(&c))
            return gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG 2000: a box reaches past the end: the file was cut off");
        (void)gw_cursor_take(&c, (size_t)size - used, &body);
        if (gw_span_is(type, "ftyp") && (gw_span_starts(body, "mjp2") || gw_span_starts(body, "mj2s")))
            return gw_fail_at(err, GW_ERR_UNSUPPORTED, at, "a Motion JPEG 2000 film: send one still picture");
        if (gw_span_is(type, "jp2c")) {
            if (found)
                return gw_fail_at(err, GW_ERR_UNSUPPORTED, at, "a JPEG 2000 file with several pictures: send one");
            *out = (struct codestream){ .bytes = body, .at = at + used };
            found = true;
        }
    }
    return found || gw_fail_at(err, GW_ERR_FORMAT, file.size, "JPEG 2000: no codestream box in the file (I.5.4)");
}

static bool read_size(struct codestream *s, struct gw_span siz, struct gw_err *err)
{
    struct gw_cursor c = gw_cursor_of(siz);
    uint16_t capabilities;
    if (!gw_cursor_be16(&c, &capabilities) || !gw_cursor_be32(&c, &s->x1) || !gw_cursor_be32(&c, &s->y1) ||
        !gw_cursor_be32(&c, &s->x0) || !gw_cursor_be32(&c, &s->y0) || !gw_cursor_be32(&c, &s->tile_width) ||
        !gw_cursor_be32(&c, &s->tile_height) || !gw_cursor_be32(&c, &s->tile_x) || !gw_cursor_be32(&c, &s->tile_y) ||
        !gw_cursor_be16(&c, &s->n_components) || gw_cursor_left(&c) != 3u * s->n_components)
        return gw_fail_at(err, GW_ERR_FORMAT, s->at, "JPEG 2000: SIZ has the wrong length (A.5.1)");
    if (capabilities & 0x4000)
        return gw_fail_at(err, GW_ERR_UNSUPPORTED, s->at, "a high-throughput JPEG 2000 (part 15): send part 1");
    if (s->x1 <= s->x0 || s->y1 <= s->y0 || s->tile_width == 0 || s->tile_height == 0 || s->tile_x > s->x0 ||
        s->tile_y > s->y0 || (uint64_t)s->tile_x + s->tile_width <= s->x0 ||
        (uint64_t)s->tile_y + s->tile_height <= s->y0 || s->x1 > INT32_MAX || s->y1 > INT32_MAX)
        return gw_fail_at(err, GW_ERR_FORMAT, s->at, "JPEG 2000: SIZ has a size that cannot be (A.5.1, B.3)");
    if ((uint64_t)ceil_div(s->x1 - s->tile_x, s->tile_width) * ceil_div(s->y1 - s->tile_y, s->tile_height) >
        MOST_TILES)
        return gw_fail_at(err, GW_ERR_LIMIT, s->at, "JPEG 2000: more than %d tiles", MOST_TILES);
    if (s->n_components < 1 || s->n_components > MOST_COMPONENTS)
        return gw_fail_at(err, GW_ERR_UNSUPPORTED, s->at, "a JPEG 2000 of %u components: send 1 to 4",
            s->n_components);
    for (unsigned i = 0; i < s->n_components; i++) {
        struct component *p = &s->components[i];
        (void)gw_cursor_u8(&c, &p->bits);
        (void)gw_cursor_u8(&c, &p->dx);
        (void)gw_cursor_u8(&c, &p->dy);
        p->bits = (uint8_t)((p->bits & 0x7f) + 1);
        if (p->dx == 0 || p->dy == 0)
            return gw_fail_at(err, GW_ERR_FORMAT, s->at, "JPEG 2000: SIZ has a sampling of zero (A.5.1)");
        if (p->bits > MOST_BITS)
            return gw_fail_at(err, GW_ERR_UNSUPPORTED, s->at, "a JPEG 2000 of %u bits a sample: send at most %d",
                p->bits, MOST_BITS);
        const struct component *first = &s->components[0];
        if (p->dx % first->dx != 0 || p->dy % first->dy != 0)
            return gw_fail_at(err, GW_ERR_UNSUPPORTED, s->at, "a JPEG 2000 whose components lie on odd grids");
    }
    return true;
}

static bool read_coding(struct codestream *s, struct gw_span cod, struct gw_err *err)
{
    struct gw_cursor c = gw_cursor_of(cod);
    uint8_t style, order, transform, block[3], kernel, precinct = 0xff;
    uint16_t layers;
    if (!gw_cursor_u8(&c, &style) || !gw_cursor_u8(&c, &order) || !gw_cursor_be16(&c, &layers) ||
        !gw_cursor_u8(&c, &transform) || !gw_cursor_u8(&c, &s->levels) || !gw_cursor_u8(&c, &block[0]) ||
        !gw_cursor_u8(&c, &block[1]) || !gw_cursor_u8(&c, &block[2]) || !gw_cursor_u8(&c, &kernel) ||
        s->levels > MOST_LEVELS || layers == 0)
        return gw_fail_at(err, GW_ERR_FORMAT, s->at, "JPEG 2000: COD is damaged (A.6.1)");
    uint64_t packets = 0, tiles = (uint64_t)ceil_div(s->x1 - s->tile_x, s->tile_width) *
        ceil_div(s->y1 - s->tile_y, s->tile_height);
    for (unsigned r = 0; r <= s->levels; r++) {
        if ((style & 1) && !gw_cursor_u8(&c, &precinct))
            return gw_fail_at(err, GW_ERR_FORMAT, s->at, "JPEG 2000: COD is damaged (A.6.1)");
        unsigned down = GW_MIN(s->levels - r, 31u);
        uint64_t width = (uint64_t)(s->x1 - s->x0) >> down, height = (uint64_t)(s->y1 - s->y0) >> down;
        packets += tiles + ((width >> (precinct & 15)) + 1) * ((height >> (precinct >> 4)) + 1);
    }
    if (packets * s->n_components * layers > MOST_PACKETS)
        return gw_fail_at(err, GW_ERR_LIMIT, s->at, "JPEG 2000: more than %d packets", MOST_PACKETS);
    return true;
}

/* Main header (A.2), then the lengths of all tile-parts up to the end marker. */
static bool read_codestream(struct codestream *s, struct gw_err *err)
{
    struct gw_cursor c = gw_cursor_of(s->bytes);
    bool coded = false;
    uint16_t marker, length;
    struct gw_span segment;
    if (!gw_cursor_be16(&c, &marker) || marker != 0xff4f || !gw_cursor_be16(&c, &marker) || marker != SIZ)
        return gw_fail_at(err, GW_ERR_FORMAT, s->at, "JPEG 2000: the codestream does not begin with SOC and SIZ (A.2)");
    for (bool first = true;; first = false) {
        if (!first && !gw_cursor_be16(&c, &marker))
            goto ended;
        if (marker < 0xff00)
            return gw_fail_at(err, GW_ERR_FORMAT, s->at + c.at, "JPEG 2000: no marker where one must be (A.1.3)");
        if (marker == SOT)
            break;
        if (!gw_cursor_be16(&c, &length) || length < 2 || !gw_cursor_take(&c, length - 2u, &segment))
            goto ended;
        if (marker == SIZ && !first)
            return gw_fail_at(err, GW_ERR_FORMAT, s->at + c.at, "JPEG 2000: a second SIZ (A.5.1)");
        if (marker == SIZ && !read_size(s, segment, err))
            return false;
        if (marker == COD && !read_coding(s, segment, err))
            return false;
        coded |= marker == COD;
    }
    if (!coded)
        return gw_fail_at(err, GW_ERR_FORMAT, s->at + c.at, "JPEG 2000: no COD in the main header (A.6.1)");
    while (marker == SOT) {
        size_t start = c.at - 2;
        uint32_t size;
        struct gw_span rest;
        if (!gw_cursor_be16(&c, &length) || !gw_cursor_skip(&c, 2) || !gw_cursor_be32(&c, &size))
            goto ended;
        if (size == 0) { /* the last one: up to the end marker (A.4.2) */
            size_t n = s->bytes.size;
            if (n - c.at < 2 || s->bytes.data[n - 2] != 0xff || s->bytes.data[n - 1] != 0xd9)
                goto ended;
            return true;
        }
        if (length != 10 || size < 14)
            return gw_fail_at(err, GW_ERR_FORMAT, s->at + start, "JPEG 2000: a tile-part of impossible length (A.4.2)");
        c.at = start;
        if (!gw_cursor_take(&c, size, &rest) || !gw_cursor_be16(&c, &marker))
            goto ended;
    }
    return marker == EOC ||
        gw_fail_at(err, GW_ERR_FORMAT, s->at + c.at, "JPEG 2000: no end marker where one must be (A.4.4)");
ended:
    return gw_fail_at(err, GW_ERR_FORMAT, s->at + s->bytes.size, "JPEG 2000: the file was cut off");
}

static bool read_header(struct codestream *s, struct gw_span bytes, struct gw_err *err)
{
    return find_codestream(s, bytes, err) && read_codestream(s, err);
}

bool gw_jp2_probe(struct gw_image_info *info, struct gw_span bytes, struct gw_err *err)
{
    struct codestream s = {};
    if (!read_header(&s, bytes, err))
        return false;
    *info = (struct gw_image_info){
        .kind = GW_IMAGE_JPEG2000,
        .width = ceil_div(s.x1, s.components[0].dx) - ceil_div(s.x0, s.components[0].dx),
        .height = ceil_div(s.y1, s.components[0].dy) - ceil_div(s.y0, s.components[0].dy),
        .components = (uint8_t)s.n_components,
        .orientation = 1,
    };
    return (info->width > 0 && info->height > 0) ||
        gw_fail_at(err, GW_ERR_FORMAT, s.at, "JPEG 2000: not one pixel in it (B.2)");
}

/* The library's view of the bytes. */
struct reader {
    struct gw_span in;
    size_t at;
};

static OPJ_SIZE_T on_read(void *to, OPJ_SIZE_T n, void *data)
{
    struct reader *r = data;
    n = GW_MIN(n, r->in.size - r->at);
    if (n == 0)
        return (OPJ_SIZE_T)-1;
    memcpy(to, r->in.data + r->at, n);
    r->at += n;
    return n;
}

static OPJ_OFF_T on_skip(OPJ_OFF_T n, void *data)
{
    struct reader *r = data;
    if (n < 0 || (uint64_t)n > r->in.size - r->at)
        return -1;
    r->at += (size_t)n;
    return n;
}

static OPJ_BOOL on_seek(OPJ_OFF_T to, void *data)
{
    struct reader *r = data;
    if (to < 0 || (uint64_t)to > r->in.size)
        return OPJ_FALSE;
    r->at = (size_t)to;
    return OPJ_TRUE;
}

/* The first complaint is the cause; it ends in a newline. */
static void on_error(const char *text, void *data)
{
    struct gw_err *first = data;
    if (first->code == GW_OK)
        gw_fail(first, GW_ERR_FORMAT, "JPEG 2000: %.*s", (int)GW_MIN(strcspn(text, "\n"), (size_t)180), text);
}

static void on_note(const char *text, void *data)
{
    (void)text, (void)data;
}

static void codec_free(opj_codec_t **codec)
{
    if (*codec != NULL)
        opj_destroy_codec(*codec);
}
static void stream_free(opj_stream_t **stream)
{
    if (*stream != NULL)
        opj_stream_destroy(*stream);
}
static void image_free(opj_image_t **image)
{
    if (*image != NULL)
        opj_image_destroy(*image);
}

static bool run(opj_image_t **out, const struct gw_codec *c, unsigned reduce, struct gw_err *err)
{
    __attribute__((cleanup(codec_free))) opj_codec_t *codec =
        opj_create_decompress(c->bytes.data[0] == 0xff ? OPJ_CODEC_J2K : OPJ_CODEC_JP2);
    __attribute__((cleanup(stream_free))) opj_stream_t *stream = opj_stream_create(STREAM_BYTES, OPJ_TRUE);
    __attribute__((cleanup(image_free))) opj_image_t *image = NULL;
    struct reader reader = { .in = c->bytes };
    struct gw_err first = {};
    opj_dparameters_t parameters;
    if (codec == NULL || stream == NULL)
        return gw_fail(err, GW_ERR_LIMIT, "JPEG 2000: no memory to decode it");
    opj_stream_set_user_data(stream, &reader, NULL);
    opj_stream_set_user_data_length(stream, c->bytes.size);
    opj_stream_set_read_function(stream, on_read);
    opj_stream_set_skip_function(stream, on_skip);
    opj_stream_set_seek_function(stream, on_seek);
    opj_set_error_handler(codec, on_error, &first);
    opj_set_warning_handler(codec, on_note, NULL);
    opj_set_info_handler(codec, on_note, NULL);
    opj_set_default_decoder_parameters(&parameters);
    parameters.cp_reduce = reduce;
    bool read = opj_setup_decoder(codec, &parameters) &&
        opj_codec_set_threads(codec, 0) && /* else the environment decides; the sandbox allows none */
        opj_read_header(stream, codec, &image) && opj_decode(codec, stream, image) &&
        opj_end_decompress(codec, stream);
    if (!read) {
        if (first.code == GW_OK)
            gw_fail(&first, GW_ERR_FORMAT, "JPEG 2000: the codestream is damaged");
        if (err != NULL)
            *err = first;
        return false;
    }
    *out = gw_take(image);
    return true;
}

/* One plane, read at the places of the first one. */
struct plane {
    const OPJ_INT32 *data;
    uint32_t width, height, dx, dy; /* its samples; how many of the first plane's each covers */
    uint32_t x0, y0, first_x0, first_y0;
    int32_t offset, most; /* sample + offset is 0 to most */
};

static uint8_t sample(const struct plane *p, uint32_t x, uint32_t y)
{
    uint32_t u = (p->first_x0 + x) / p->dx, v = (p->first_y0 + y) / p->dy;
    u = GW_MIN(u > p->x0 ? u - p->x0 : 0, p->width - 1);
    v = GW_MIN(v > p->y0 ? v - p->y0 : 0, p->height - 1);
    int64_t value = (int64_t)p->data[(size_t)v * p->width + u] + p->offset;
    value = GW_MAX(0, GW_MIN(value, p->most));
    if (p->most != 255)
        value = (value * 255 + p->most / 2) / p->most;
    return (uint8_t)value;
}

static uint8_t to_byte(int32_t v)
{
    return (uint8_t)GW_MAX(0, GW_MIN(v, 255));
}

/* Y, Cb, Cr to RGB as JFIF does (ITU-R BT.601, all 256 levels), in 16.16. */
static void from_ycc(uint8_t rgb[3])
{
    int32_t y = rgb[0] * 65536 + 32768, b = rgb[1] - 128, r = rgb[2] - 128;
    rgb[0] = to_byte((y + 91881 * r) >> 16);
    rgb[1] = to_byte((y - 22554 * b - 46802 * r) >> 16);
    rgb[2] = to_byte((y + 116130 * b) >> 16);
}

static bool convert(struct gw_image *out, struct gw_arena *a, const struct gw_codec *c, const opj_image_t *image,
    unsigned reduce, struct gw_err *err)
{
    struct plane planes[MOST_COMPONENTS];
    uint32_t n = image->numcomps;
    if (n < 1 || n > MOST_COMPONENTS)
        return gw_fail(err, GW_ERR_UNSUPPORTED, "a JPEG 2000 of %u components: send 1 to 4", n);
    const opj_image_comp_t *first = &image->comps[0];
    for (uint32_t i = 0; i < n; i++) {
        const opj_image_comp_t *p = &image->comps[i];
        if (p->data == NULL || p->w == 0 || p->h == 0 || p->prec < 1 || p->prec > MOST_BITS || p->dx % first->dx != 0 ||
            p->dy % first->dy != 0)
            return gw_fail(err, GW_ERR_FORMAT, "JPEG 2000: a component without pixels");
        uint32_t round = (1u << reduce) - 1;
        planes[i] = (struct plane){
            .data = p->data, .width = p->w, .height = p->h, .dx = p->dx / first->dx, .dy = p->dy / first->dy,
            .x0 = (p->x0 + round) >> reduce, .y0 = (p->y0 + round) >> reduce,
            .first_x0 = (first->x0 + round) >> reduce, .first_y0 = (first->y0 + round) >> reduce,
            .offset = p->sgnd ? 1 << (p->prec - 1) : 0, .most = (1 << p->prec) - 1,
        };
    }
    bool subsampled = n >= 3 && (planes[1].dx > 1 || planes[1].dy > 1);
    bool cmyk = image->color_space == OPJ_CLRSPC_CMYK && n == 4;
    bool ycc = n >= 3 && (image->color_space == OPJ_CLRSPC_SYCC || (subsampled && !cmyk));
    bool alpha = !cmyk && (n == 2 || n == 4);
    if (image->color_space == OPJ_CLRSPC_EYCC)
        return gw_fail(err, GW_ERR_UNSUPPORTED, "a JPEG 2000 in e-YCC color: send sRGB, sYCC or grey");
    if (!gw_codec_make(out, a, c, first->w, first->h, err))
        return false;
    for (uint32_t y = 0; y < out->height; y++) {
        uint8_t *to = out->data + y * out->stride;
        if (y % GW_CODEC_STRIP == 0 && !gw_codec_in_time(c, err))
            return false;
        for (uint32_t x = 0; x < out->width; x++, to += 3) {
            to[0] = sample(&planes[0], x, y);
            to[1] = n >= 3 ? sample(&planes[1], x, y) : to[0];
            to[2] = n >= 3 ? sample(&planes[2], x, y) : to[0];
            if (ycc)
                from_ycc(to);
            if (!cmyk && !alpha)
                continue;
            uint32_t last = sample(&planes[n - 1], x, y);
            for (unsigned i = 0; i < 3; i++)
                to[i] = (uint8_t)(cmyk ? ((255 - to[i]) * (255 - last) + 127) / 255
                                       : (to[i] * last + 255 * (255 - last) + 127) / 255);
        }
    }
    return true;
}

bool gw_jp2_decode(struct gw_image *out, unsigned *scale, struct gw_arena *a, const struct gw_codec *c,
    struct gw_err *err)
{
    __attribute__((cleanup(image_free))) opj_image_t *image = NULL;
    struct codestream s = {};
    if (!read_header(&s, c->bytes, err))
        return false;
    unsigned reduce = 0, by = gw_codec_scale(c, c->info.width, c->info.height);
    while ((2u << reduce) <= by && reduce < s.levels)
        reduce++;
    /* One tile or component may have fewer levels than the rest: then the whole picture. */
    bool read = run(&image, c, reduce, err);
    if (!read && reduce > 0)
        read = run(&image, c, reduce = 0, err);
    if (!read || image == NULL)
        return false;
    *scale = 1u << reduce;
    return gw_codec_in_time(c, err) && convert(out, a, c, image, reduce, err);
}
