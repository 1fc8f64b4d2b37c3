/* probe.c - headers, read without any library: what it is, how large, which way up.
 *
 * The codec libraries see only what passed here. The bytes decide what a file is,
 * never its name. */
#include "image/codec.h"

/* JPEG (ITU-T T.81, B.1.1.3): markers, each FF and a code. */
enum {
    SOF0 = 0xc0, SOF1 = 0xc1, SOF2 = 0xc2, DHT = 0xc4, JPG = 0xc8, SOF15 = 0xcf, DAC = 0xcc,
    RST0 = 0xd0, RST7 = 0xd7, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, APP1 = 0xe1, TEM = 0x01,
};

static bool jpeg_frame(struct gw_image_info *info, uint8_t marker, struct gw_span segment, size_t at,
    struct gw_err *err)
{
    if (marker == 0xc3 || marker == 0xc7)
        return gw_fail_at(err, GW_ERR_UNSUPPORTED, at, "a lossless JPEG: send a baseline or progressive one");
    if (marker == 0xc5 || marker == 0xc6)
        return gw_fail_at(err, GW_ERR_UNSUPPORTED, at, "a hierarchical JPEG: send a baseline or progressive one");
    if (marker > 0xc7)
        return gw_fail_at(err, GW_ERR_UNSUPPORTED, at,
            "an arithmetic-coded JPEG: send a baseline or progressive one with Huffman coding");

    struct gw_cursor c = gw_cursor_of(segment);
    uint8_t precision, components;
    uint16_t height, width;
    if (!gw_cursor_u8(&c, &precision) || !gw_cursor_be16(&c, &height) || !gw_cursor_be16(&c, &width) ||
        !gw_cursor_u8(&c, &components) || gw_cursor_left(&c) < 3u * components)
        return gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG: the frame header is too short (T.81 B.2.2)");
    if (precision != 8)
        return gw_fail_at(err, GW_ERR_UNSUPPORTED, at, "a JPEG of %u bits a sample: send one of 8", precision);
    if (width == 0)
        return gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG: a width of zero (T.81 B.2.2)");
    if (height == 0)
        return gw_fail_at(err, GW_ERR_UNSUPPORTED, at,
            "a JPEG that tells its height only after its pixels (DNL): send one with its height in the header");
    if (components != 1 && components != 3 && components != 4)
        return gw_fail_at(err, GW_ERR_UNSUPPORTED, at,
            "a JPEG of %u components: send grey (1), color (3) or CMYK (4)", components);
    info->width = width;
    info->height = height;
    info->components = components;
    return true;
}

bool gw_jpeg_probe(struct gw_image_info *info, struct gw_span bytes, struct gw_err *err)
{
    *info = (struct gw_image_info){ .kind = GW_IMAGE_JPEG, .orientation = 1 };
    struct gw_cursor c = gw_cursor_of(bytes);
    bool framed = false, oriented = false;
    uint8_t byte;
    (void)gw_cursor_skip(&c, 2); /* SOI, by which it was known */
    for (;;) {
        /* Stray bytes between segments occur in the wild; libjpeg passes over them too. Then any number of
         * fill bytes FF (B.1.1.2), then the code. */
        do {
            if (!gw_cursor_u8(&c, &byte))
                goto ended;
        } while (byte != 0xff);
        while (byte == 0xff)
            if (!gw_cursor_u8(&c, &byte))
                goto ended;
        size_t at = c.at - 2;
        if (byte == 0 || byte == TEM || (byte >= RST0 && byte <= RST7))
            continue; /* no segment behind these */
        if (byte == SOI)
            return gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG: a second start of image inside the header");
        if (byte == EOI)
            return gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG: the end of the image comes before any picture");

        uint16_t length;
        struct gw_span segment;
        if (!gw_cursor_be16(&c, &length))
            goto ended;
        if (length < 2)
            return gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG: a segment of impossible length (T.81 B.1.1.4)");
        if (!gw_cursor_take(&c, length - 2u, &segment))
            goto ended;
        if (byte >= SOF0 && byte <= SOF15 && byte != DHT && byte != JPG && byte != DAC) {
            if (framed)
                return gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG: a second frame header (T.81 B.2.1)");
            if (!jpeg_frame(info, byte, segment, at, err))
                return false;
            framed = true;
        } else if (byte == APP1 && !oriented && segment.size >= 6 && memcmp(segment.data, "Exif\0", 5) == 0) {
            info->orientation = gw_exif_orientation(segment); /* the first one counts; XMP is APP1 as well */
            oriented = true;
        } else if (byte == SOS) {
            return framed || gw_fail_at(err, GW_ERR_FORMAT, at, "JPEG: pixels before the frame header (T.81 B.2.1)");
        }
    }
ended:
    return gw_fail_at(err, GW_ERR_FORMAT, bytes.size, "JPEG: the file ends inside the header");
}

/* PNG (W3C PNG, third edition, clause 5). */
static bool png_header(struct gw_image_info *info, struct gw_span ihdr, struct gw_err *err)
{
    struct gw_cursor c = gw_cursor_of(ihdr);
    uint8_t depth, color, compression, filter, interlace;
    if (!gw_cursor_be32(&c, &info->width) || !gw_cursor_be32(&c, &info->height) || !gw_cursor_u8(&c, &depth) ||
        !gw_cursor_u8(&c, &color) || !gw_cursor_u8(&c, &compression) || !gw_cursor_u8(&c, &filter) ||
        !gw_cursor_u8(&c, &interlace) || gw_cursor_left(&c) != 0)
        return gw_fail_at(err, GW_ERR_FORMAT, 8, "PNG: IHDR is not 13 bytes (clause 11.2.1)");
    if (info->width == 0 || info->height == 0 || info->width > INT32_MAX || info->height > INT32_MAX)
        return gw_fail_at(err, GW_ERR_FORMAT, 16, "PNG: a width or height that cannot be (clause 11.2.1)");
    /* Allowed depths by color type, one bit each (table 9 of the clause). */
    static const struct {
        uint32_t depths;
        uint8_t components;
    } types[] = {
        [0] = { 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8 | 1u << 16, 1 },
        [2] = { 1u << 8 | 1u << 16, 3 },
        [3] = { 1u << 1 | 1u << 2 | 1u << 4 | 1u << 8, 3 },
        [4] = { 1u << 8 | 1u << 16, 2 },
        [6] = { 1u << 8 | 1u << 16, 4 },
    };
    if (color >= GW_COUNT(types) || depth > 16 || (types[color].depths >> depth & 1) == 0 || compression != 0 ||
        filter != 0 || interlace > 1)
        return gw_fail_at(err, GW_ERR_FORMAT, 24,
            "PNG: IHDR asks for color type %u of %u bits, which does not exist (clause 11.2.1)", color, depth);
    info->components = types[color].components;
    return true;
}

bool gw_png_probe(struct gw_image_info *info, struct gw_span bytes, struct gw_err *err)
{
    *info = (struct gw_image_info){ .kind = GW_IMAGE_PNG, .orientation = 1 };
    struct gw_cursor c = gw_cursor_of(bytes);
    (void)gw_cursor_skip(&c, 8);
    bool header = false, data = false, palette = false;
    for (;;) {
        size_t at = c.at;
        uint32_t length;
        struct gw_span type, body;
        if (!gw_cursor_be32(&c, &length) || !gw_cursor_take(&c, 4, &type))
            break;
        if (length > INT32_MAX)
            return gw_fail_at(err, GW_ERR_FORMAT, at, "PNG: a chunk of impossible length (clause 5.3)");
        if (!header && !gw_span_is(type, "IHDR"))
            return gw_fail_at(err, GW_ERR_FORMAT, at, "PNG: the first chunk is not IHDR (clause 5.6)");
        if (!gw_cursor_take(&c, length, &body) || !gw_cursor_skip(&c, 4))
            break;
        if (gw_span_is(type, "IHDR")) {
            if (header)
                return gw_fail_at(err, GW_ERR_FORMAT, at, "PNG: a second IHDR (clause 5.6)");
            if (!png_header(info, body, err))
                return false;
            palette = body.data[9] == 3;
            header = true;
        } else if (gw_span_is(type, "acTL")) {
            return gw_fail_at(err, GW_ERR_UNSUPPORTED, at, "an animated PNG: send one still picture");
        } else if (gw_span_is(type, "eXIf")) {
            info->orientation = gw_exif_tiff_orientation(body);
        } else if (gw_span_is(type, "tRNS") && palette) {
            info->components = 4;
        } else if (gw_span_is(type, "IDAT")) {
            data = true;
        } else if (gw_span_is(type, "IEND")) {
            return data || gw_fail_at(err, GW_ERR_FORMAT, at, "PNG: it ends without any pixels (clause 5.6)");
        }
    }
    return gw_fail_at(err, GW_ERR_FORMAT, bytes.size, "PNG: the file ends before its IEND chunk: it was cut off");
}

/* What else people send. Their bytes at a place, and what to call it. */
static const struct {
    size_t at;
    const char *magic;
    size_t size;
    const char *name;
} others[] = {
    { 0, "GIF8", 4, "a GIF" },
    { 0, "BM", 2, "a BMP" },
    { 0, "II*\0", 4, "a TIFF or camera raw file" },
    { 0, "MM\0*", 4, "a TIFF or camera raw file" },
    { 0, "%PDF", 4, "a PDF" },
    { 0, "8BPS", 4, "a Photoshop file" },
    { 0, "\0\0\1\0", 4, "an icon" },
    { 0, "\377\n", 2, "a JPEG XL" },
    { 0, "\0\0\0\fJXL ", 8, "a JPEG XL" },
    { 0, "\212MNG", 4, "an MNG" },
    { 0, "\213JNG", 4, "a JNG" },
    { 0, "FAC\0", 4, "an ISO/IEC 19794-5 record, not the picture inside it" },
    { 0, "\032E\337\243", 4, "a Matroska or WebM video" },
    { 0, "PK\3\4", 4, "a ZIP or office file" },
    { 0, "\037\213", 2, "a gzip file" },
    { 8, "WEBP", 4, "a WebP" },
    { 4, "ftypavif", 8, "an AVIF" },
    { 4, "ftypavis", 8, "an AVIF" },
    { 4, "ftyphei", 7, "a HEIC" },
    { 4, "ftyphev", 7, "a HEIC" },
    { 4, "ftypmif1", 8, "a HEIC" },
    { 4, "ftypmsf1", 8, "a HEIC" },
    { 4, "ftyp", 4, "an MP4 or QuickTime video" },
};

static bool has(struct gw_span bytes, size_t at, const char *magic, size_t size)
{
    return bytes.size >= at + size && memcmp(bytes.data + at, magic, size) == 0;
}

static bool is_text(struct gw_span bytes)
{
    size_t n = GW_MIN(bytes.size, (size_t)512), bad;
    for (size_t i = 0; i < n; i++)
        if (bytes.data[i] < 0x20 && bytes.data[i] != '\t' && bytes.data[i] != '\n' && bytes.data[i] != '\r')
            return false;
    /* Our cut may fall inside a character. */
    return gw_span_utf8(gw_span_slice(bytes, 0, n), &bad) || (n < bytes.size && n - bad < 4);
}

static bool unknown(struct gw_span bytes, struct gw_err *err)
{
    for (size_t i = 0; i < GW_COUNT(others); i++)
        if (has(bytes, others[i].at, others[i].magic, others[i].size))
            return gw_fail_at(err, GW_ERR_UNSUPPORTED, 0, "this is %s: send JPEG, PNG or JPEG 2000", others[i].name);
    return gw_fail_at(err, GW_ERR_UNSUPPORTED, 0,
        is_text(bytes) ? "this is text, not a picture: send JPEG, PNG or JPEG 2000"
                       : "this is not a picture of a known kind: send JPEG, PNG or JPEG 2000");
}

bool gw_image_probe(struct gw_image_info *out, struct gw_span bytes, const struct gw_image_limits *limits,
    struct gw_err *err)
{
    struct gw_image_info info;
    bool read;
    if (bytes.size == 0)
        return gw_fail_at(err, GW_ERR_FORMAT, 0, "the picture is empty: nothing was sent");
    if (bytes.size > limits->most_bytes)
        return gw_fail(err, GW_ERR_LIMIT, "the picture has %zu bytes; at most %zu are taken", bytes.size,
            limits->most_bytes);
    if (has(bytes, 0, "\xff\xd8\xff", 3))
        read = gw_jpeg_probe(&info, bytes, err);
    else if (has(bytes, 0, "\x89PNG\r\n\x1a\n", 8))
        read = gw_png_probe(&info, bytes, err);
    else if (has(bytes, 0, "\xff\x4f\xff\x51", 4) || has(bytes, 0, "\0\0\0\fjP  \r\n\x87\n", 12))
        read = gw_jp2_probe(&info, bytes, err);
    else
        return unknown(bytes, err);
    if (!read)
        return false;
    if ((uint64_t)info.width * info.height > limits->most_pixels)
        return gw_fail(err, GW_ERR_LIMIT, "the picture has %u x %u pixels; at most %llu in all are taken", info.width,
            info.height, (unsigned long long)limits->most_pixels);
    /* Orientations 5 to 8 lie on their side. */
    if (info.orientation >= 5) {
        uint32_t width = info.width;
        info.width = info.height;
        info.height = width;
    }
    *out = info;
    return true;
}

const char *gw_image_kind_name(enum gw_image_kind kind)
{
    switch (kind) {
    case GW_IMAGE_JPEG: return "jpeg";
    case GW_IMAGE_PNG: return "png";
    case GW_IMAGE_JPEG2000: return "jpeg2000";
    }
    return "unknown";
}
