/* chip.c - reads the files of a chip, ICAO Doc 9303-10, and the portraits in them. */
#include "document/chip.h"

#include <stdio.h>

const char *gw_chip_kind_name(enum gw_chip_kind kind)
{
    static const char *const names[] = { "EF.COM", "EF.DG1", "EF.DG2", "EF.SOD", "face record" };
    return names[kind];
}

const char *gw_chip_format_name(enum gw_chip_format format)
{
    static const char *const names[] = { "ISO/IEC 19794-5", "ISO/IEC 39794-5", "bare picture" };
    return names[format];
}

const char *gw_chip_picture_name(enum gw_chip_picture p)
{
    static const char *const names[] = { "jpeg", "jpeg2000", NULL };
    return names[p];
}

bool gw_tlv_next(struct gw_tlv *out, struct gw_span in, size_t *at)
{
    struct gw_cursor c = { in, *at };
    uint8_t first, more, size;
    if (!gw_cursor_u8(&c, &first))
        return false;
    uint32_t tag = first;
    if ((first & 0x1F) == 0x1F) {
        int n = 0;
        do {
            if (n++ == 2 || !gw_cursor_u8(&c, &more))
                return false;
            tag = tag << 8 | more;
        } while (more & 0x80);
    }
    if (!gw_cursor_u8(&c, &size))
        return false;
    size_t length = size;
    if (size >= 0x80) {
        if (size < 0x81 || size > 0x84)
            return false; /* indefinite, or longer than any file */
        length = 0;
        for (int i = 0; i < size - 0x80; i++) {
            if (!gw_cursor_u8(&c, &more))
                return false;
            length = length << 8 | more;
        }
    }
    size_t start = *at;
    if (!gw_cursor_take(&c, length, &out->value))
        return false;
    out->tag = tag;
    out->at = start;
    out->whole = gw_span_slice(in, start, c.at);
    *at = c.at;
    return true;
}

struct reader {
    struct gw_chip_file *out;
    struct gw_span all;
};

static size_t place_of(const struct reader *r, struct gw_span s)
{
    return s.data == NULL ? 0 : (size_t)(s.data - r->all.data);
}

static void problem(struct reader *r, bool is_error, size_t offset, const char *code, const char *text)
{
    struct gw_chip_file *f = r->out;
    f->valid = f->valid && !is_error;
    if (f->n_problems < GW_CHIP_PROBLEMS)
        f->problems[f->n_problems++] = (struct gw_chip_problem){ is_error, code, text, offset };
}

/* ---- pictures -------------------------------------------------------------------- */

static enum gw_chip_picture picture_of(struct gw_span s)
{
    static const uint8_t jp2[] = { 0, 0, 0, 0x0C, 'j', 'P', ' ', ' ', 0x0D, 0x0A, 0x87, 0x0A };
    static const uint8_t j2k[] = { 0xFF, 0x4F, 0xFF, 0x51 };
    if (s.size >= 3 && s.data[0] == 0xFF && s.data[1] == 0xD8 && s.data[2] == 0xFF)
        return GW_CHIP_JPEG;
    if ((s.size >= sizeof jp2 && memcmp(s.data, jp2, sizeof jp2) == 0) ||
        (s.size >= sizeof j2k && memcmp(s.data, j2k, sizeof j2k) == 0))
        return GW_CHIP_JPEG2000;
    return GW_CHIP_UNKNOWN_PICTURE;
}

static struct gw_chip_image *new_image(struct reader *r, size_t offset)
{
    struct gw_chip_file *f = r->out;
    if (f->n_images == GW_CHIP_IMAGES) {
        problem(r, false, offset, "too_many", "more portraits than are read");
        return NULL;
    }
    f->images[f->n_images] = (struct gw_chip_image){ .picture = GW_CHIP_UNKNOWN_PICTURE };
    return &f->images[f->n_images++];
}

static void set_picture(struct reader *r, struct gw_chip_image *m, struct gw_span bytes)
{
    m->bytes = bytes;
    m->picture = picture_of(bytes);
    if (m->picture == GW_CHIP_UNKNOWN_PICTURE)
        problem(r, true, place_of(r, bytes), "picture", "the portrait is neither JPEG nor JPEG 2000 by its first bytes");
}

static void read_bare(struct reader *r, struct gw_span bytes)
{
    struct gw_chip_image *m = new_image(r, place_of(r, bytes));
    if (m == NULL)
        return;
    m->format = GW_CHIP_BARE;
    set_picture(r, m, bytes);
}

/* ---- ISO/IEC 19794-5:2005 ---------------------------------------------------------- */

static const char *word(const char *const *words, size_t n, unsigned value)
{
    return value < n ? words[value] : value == 0xFF ? "other" : NULL;
}

static const char *const sexes[] = { NULL, "M", "F" };
static const char *const eyes[] = { NULL, "black", "blue", "brown", "grey", "green", "multi_colored", "pink" };
static const char *const hairs[] = { NULL, "bald", "black", "blonde", "brown", "grey", "white", "red", "green", "blue" };
static const char *const expressions[] = { NULL, "neutral", "smile_closed", "smile_open", "raised_eyebrows", "looking_away",
    "squinting", "frowning" };
static const char *const image_types[] = { "basic", "full_frontal", "token_frontal" };
static const char *const color_spaces[] = { NULL, "rgb24", "yuv422", "grey8", "other" };
static const char *const sources[] = { NULL, "static_unknown", "static_digital_camera", "static_scanner", "video_unknown",
    "video_analog", "video_digital", "unknown" };
#define WORD(words, value) word((words), GW_COUNT(words), (value))

/* Steps of two degrees: 1 is 0, 91 is 180, 92 to 181 the other way; 0 is not told. */
static bool angle(uint8_t code, int *deg)
{
    if (code == 0 || code > 181)
        return false;
    *deg = code <= 91 ? 2 * (code - 1) : 2 * (code - 182);
    return true;
}

/* One facial record data block (5.4): information 20, points 8 each, image information 12, image. */
static bool read_facial_image(struct reader *r, struct gw_cursor *c, size_t record_end, bool is_last)
{
    size_t start = c->at;
    uint32_t block;
    uint16_t points, expression, width, height, device, quality;
    uint8_t sex, eye, hair, pose[3], type, data_type, color, source;
    if (!gw_cursor_be32(c, &block) || !gw_cursor_be16(c, &points) || !gw_cursor_u8(c, &sex) || !gw_cursor_u8(c, &eye) ||
        !gw_cursor_u8(c, &hair) || !gw_cursor_skip(c, 3) || !gw_cursor_be16(c, &expression) || !gw_cursor_u8(c, &pose[0]) ||
        !gw_cursor_u8(c, &pose[1]) || !gw_cursor_u8(c, &pose[2]) || !gw_cursor_skip(c, 3)) {
        problem(r, true, place_of(r, c->in) + start, "cut_off", "the facial information ends early (ISO/IEC 19794-5, 5.5)");
        return false;
    }
    if (points > GW_CHIP_POINTS_MAX)
        problem(r, false, place_of(r, c->in) + start + 4, "too_many", "more feature points than a portrait has use for");
    if (!gw_cursor_skip(c, (size_t)points * 8) || !gw_cursor_u8(c, &type) || !gw_cursor_u8(c, &data_type) ||
        !gw_cursor_be16(c, &width) || !gw_cursor_be16(c, &height) || !gw_cursor_u8(c, &color) || !gw_cursor_u8(c, &source) ||
        !gw_cursor_be16(c, &device) || !gw_cursor_be16(c, &quality)) {
        problem(r, true, place_of(r, c->in) + start, "cut_off", "the image information ends early (ISO/IEC 19794-5, 5.7)");
        return false;
    }
    size_t header = c->at - start, end = start + block;
    if (block < header || end > c->in.size) {
        /* A wrong length of the only or last portrait costs nothing: the record ends it. */
        problem(r, false, place_of(r, c->in) + start, "length", "the block's length is not what there is; the record's end is taken");
        if (!is_last)
            return false;
        end = c->in.size;
    } else if (is_last && end != GW_MIN(record_end, c->in.size) && c->in.size - end <= 8) {
        end = c->in.size;
    }
    struct gw_chip_image *m = new_image(r, place_of(r, c->in) + start);
    if (m == NULL)
        return false;
    m->format = GW_CHIP_19794_5;
    m->has_details = true;
    m->sex = WORD(sexes, sex);
    m->eye_color = WORD(eyes, eye);
    m->hair_color = WORD(hairs, hair);
    m->expression = expression >= 0x8000 ? "vendor" : WORD(expressions, expression);
    m->face_image_type = WORD(image_types, type);
    m->color_space = WORD(color_spaces, color);
    m->source = WORD(sources, source);
    m->feature_points = points;
    m->width = width;
    m->height = height;
    m->announced_quality = quality;
    for (int i = 0; i < 3; i++)
        m->has_pose[i] = angle(pose[i], &m->pose_deg[i]);
    set_picture(r, m, gw_span_slice(c->in, c->at, end));
    if ((m->picture == GW_CHIP_JPEG && data_type != 0) || (m->picture == GW_CHIP_JPEG2000 && data_type != 1))
        problem(r, false, place_of(r, c->in) + start + 21 + (size_t)points * 8, "picture",
            "the picture is of another kind than announced; its first bytes are believed");
    c->at = end;
    return true;
}

static void read_19794(struct reader *r, struct gw_span record)
{
    struct gw_cursor c = gw_cursor_of(record);
    struct gw_span version;
    uint32_t length;
    uint16_t n;
    char text[5] = {};
    if (!gw_cursor_skip(&c, 4) || !gw_cursor_take(&c, 4, &version) || !gw_cursor_be32(&c, &length) || !gw_cursor_be16(&c, &n)) {
        problem(r, true, place_of(r, record), "cut_off", "the facial record ends in its header (ISO/IEC 19794-5, 5.3)");
        return;
    }
    memcpy(text, version.data, 3);
    if (memcmp(text, "030", 3) == 0) {
        problem(r, true, place_of(r, record), "version", "ISO/IEC 19794-5:2011 (version 030) is not used in passports and not read");
        return;
    }
    if (memcmp(text, "010", 3) != 0)
        problem(r, false, place_of(r, record) + 4, "version", "a version of the facial record that is not known, read as 010");
    if (length != record.size)
        problem(r, false, place_of(r, record) + 8, "length", "the record's length is not what there is");
    if (n == 0)
        problem(r, true, place_of(r, record) + 12, "missing", "the record has no portrait");
    size_t before = r->out->n_images;
    for (unsigned i = 0; i < n && i < GW_CHIP_IMAGES; i++)
        if (!read_facial_image(r, &c, length, i + 1u == n))
            break;
    if (n > GW_CHIP_IMAGES)
        problem(r, false, place_of(r, record) + 12, "too_many", "more portraits than are read");
    for (size_t i = before; i < r->out->n_images; i++)
        memcpy(r->out->images[i].version, text, sizeof text);
}

/* ---- ISO/IEC 39794-5 ---------------------------------------------------------------- */

/* The record is ASN.1 whose many optional blocks say nothing we use. Its version is the
 * first element; each portrait is the octet string that begins as a picture does. The
 * walk keeps its own stack: depth is the input's. */
static void read_39794(struct reader *r, struct gw_span record)
{
    enum { DEPTH = 16, VERSION_BLOCK = 0xA0, GENERATION = 0x80, YEAR = 0x81 };
    struct {
        struct gw_span in;
        size_t at;
        bool is_version;
    } stack[DEPTH] = { { record, 0, false } };
    size_t depth = 1, before = r->out->n_images;
    unsigned generation = 0, year = 0;
    while (depth > 0) {
        struct gw_tlv t;
        if (stack[depth - 1].at >= stack[depth - 1].in.size) {
            depth--;
            continue;
        }
        if (!gw_tlv_next(&t, stack[depth - 1].in, &stack[depth - 1].at)) {
            problem(r, true, place_of(r, stack[depth - 1].in) + stack[depth - 1].at, "cut_off",
                "an element of the record reaches past its end (ISO/IEC 39794-1)");
            break;
        }
        unsigned first = t.tag > 0xFF ? t.tag >> 8 : t.tag;
        bool constructed = (first & 0x20) != 0;
        if (constructed && depth < DEPTH) {
            bool is_version = t.tag == VERSION_BLOCK && generation == 0 && depth <= 3;
            stack[depth].in = t.value;
            stack[depth].at = 0;
            stack[depth++].is_version = is_version;
        } else if (constructed) {
            problem(r, true, place_of(r, t.whole), "depth", "the record is nested deeper than any of its kind");
        } else if (stack[depth - 1].is_version && t.value.size > 0 && t.value.size <= 2) {
            unsigned v = 0;
            for (size_t i = 0; i < t.value.size; i++)
                v = v << 8 | t.value.data[i];
            if (t.tag == GENERATION)
                generation = v;
            else if (t.tag == YEAR)
                year = v;
        } else if (picture_of(t.value) != GW_CHIP_UNKNOWN_PICTURE) {
            struct gw_chip_image *m = new_image(r, place_of(r, t.whole));
            if (m == NULL)
                break;
            m->format = GW_CHIP_39794_5;
            set_picture(r, m, t.value);
        }
    }
    if (r->out->n_images == before)
        problem(r, true, place_of(r, record), "missing", "the record has no portrait that begins as a picture");
    for (size_t i = before; i < r->out->n_images; i++) {
        snprintf(r->out->images[i].version, sizeof r->out->images[i].version, "%u", generation % 1000);
        r->out->images[i].year = year;
    }
}

static bool is_facial_record(struct gw_span s)
{
    return s.size >= 4 && memcmp(s.data, "FAC\0", 4) == 0;
}

static void read_data_block(struct reader *r, struct gw_span block, bool constructed)
{
    if (is_facial_record(block))
        read_19794(r, block);
    else if (picture_of(block) != GW_CHIP_UNKNOWN_PICTURE)
        read_bare(r, block);
    else if (constructed)
        read_39794(r, block);
    else
        problem(r, true, place_of(r, block), "format", "the data block is neither a facial record nor a picture");
}

/* ---- the files ------------------------------------------------------------------------ */

static void read_com(struct reader *r, struct gw_span in)
{
    static const struct {
        uint8_t tag;
        const char *name;
    } names[] = { { 0x61, "DG1" }, { 0x75, "DG2" }, { 0x63, "DG3" }, { 0x76, "DG4" }, { 0x65, "DG5" }, { 0x66, "DG6" },
        { 0x67, "DG7" }, { 0x68, "DG8" }, { 0x69, "DG9" }, { 0x6A, "DG10" }, { 0x6B, "DG11" }, { 0x6C, "DG12" },
        { 0x6D, "DG13" }, { 0x6E, "DG14" }, { 0x6F, "DG15" }, { 0x70, "DG16" } };
    struct gw_chip_file *f = r->out;
    struct gw_tlv t;
    size_t at = 0;
    while (at < in.size) {
        if (!gw_tlv_next(&t, in, &at)) {
            problem(r, true, place_of(r, in) + at, "cut_off", "an element of EF.COM reaches past its end (Doc 9303-10, 4.6.1)");
            return;
        }
        if (t.tag == 0x5F01 && t.value.size == 4) {
            memcpy(f->lds_version, t.value.data, 4);
        } else if (t.tag == 0x5F36 && t.value.size == 6) {
            memcpy(f->unicode_version, t.value.data, 6);
        } else if (t.tag == 0x5C) {
            for (size_t i = 0; i < t.value.size && f->n_groups < GW_CHIP_GROUPS; i++) {
                const char *name = NULL;
                for (size_t k = 0; k < GW_COUNT(names); k++)
                    if (names[k].tag == t.value.data[i])
                        name = names[k].name;
                if (name == NULL) {
                    problem(r, false, place_of(r, t.value) + i, "tag", "a data group that Doc 9303-10 does not have");
                    continue;
                }
                f->groups[f->n_groups].tag = t.value.data[i];
                f->groups[f->n_groups++].name = name;
            }
        }
    }
    if (f->lds_version[0] == 0 || f->n_groups == 0)
        problem(r, true, place_of(r, in), "missing", "EF.COM has no version or no list of groups");
}

static void read_dg1(struct reader *r, struct gw_span in)
{
    struct gw_tlv t;
    size_t at = 0;
    if (!gw_tlv_next(&t, in, &at) || t.tag != 0x5F1F) {
        problem(r, true, place_of(r, in), "missing", "EF.DG1 has no machine-readable zone (tag 5F1F)");
        return;
    }
    r->out->mrz = t.value;
    if (t.value.size != 72 && t.value.size != 88 && t.value.size != 90)
        problem(r, true, place_of(r, t.value), "length", "the zone in EF.DG1 is not of 72, 88 or 90 characters");
}

/* 7F60: one biometric information template. */
static void read_template(struct reader *r, struct gw_span in)
{
    struct gw_tlv t;
    size_t at = 0;
    bool found = false;
    while (at < in.size && gw_tlv_next(&t, in, &at))
        if (t.tag == 0x5F2E || t.tag == 0x7F2E) {
            found = true;
            read_data_block(r, t.value, t.tag == 0x7F2E);
        }
    if (!found)
        problem(r, true, place_of(r, in), "missing", "a biometric template without data block (tags 5F2E, 7F2E)");
    else if (at < in.size)
        problem(r, false, place_of(r, in) + at, "cut_off", "bytes behind the data block that are no element");
}

static void read_dg2(struct reader *r, struct gw_span in)
{
    struct gw_tlv group, t;
    size_t at = 0;
    if (!gw_tlv_next(&group, in, &at) || group.tag != 0x7F61) {
        problem(r, true, place_of(r, in), "missing", "EF.DG2 has no biometric information group (tag 7F61)");
        return;
    }
    at = 0;
    size_t templates = 0, announced = 0;
    while (at < group.value.size) {
        if (!gw_tlv_next(&t, group.value, &at)) {
            problem(r, true, place_of(r, group.value) + at, "cut_off", "an element of EF.DG2 reaches past its end");
            break;
        }
        if (t.tag == 0x02 && t.value.size == 1) {
            announced = t.value.data[0];
        } else if (t.tag == 0x7F60) {
            templates++;
            read_template(r, t.value);
        }
    }
    if (templates == 0)
        problem(r, true, place_of(r, group.value), "missing", "EF.DG2 has no biometric template (tag 7F60)");
    else if (announced != templates)
        problem(r, false, place_of(r, group.value), "count", "the number of templates is not the one announced");
}

bool gw_chip_parse(struct gw_chip_file *out, struct gw_span bytes, struct gw_err *err)
{
    *out = (struct gw_chip_file){ .valid = true };
    struct reader r = { out, bytes };
    if (bytes.size > GW_CHIP_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a chip's file of more than %d bytes", GW_CHIP_BYTES_MAX);
    out->whole = bytes;
    if (is_facial_record(bytes)) {
        out->kind = GW_CHIP_FACE_RECORD;
        read_19794(&r, bytes);
        return true;
    }
    struct gw_tlv t;
    size_t at = 0;
    if (!gw_tlv_next(&t, bytes, &at)) {
        if (bytes.size > 0 && (bytes.data[0] == 0x60 || bytes.data[0] == 0x61 || bytes.data[0] == 0x75 || bytes.data[0] == 0x77))
            return gw_fail(err, GW_ERR_FORMAT, "a chip's file that is cut off: its length reaches past its end (Doc 9303-10)");
        return gw_fail(err, GW_ERR_FORMAT, "neither a file of a chip (Doc 9303-10) nor a facial record");
    }
    out->whole = t.whole;
    switch (t.tag) {
    case 0x60:
        out->kind = GW_CHIP_COM;
        read_com(&r, t.value);
        return true;
    case 0x61:
        out->kind = GW_CHIP_DG1;
        read_dg1(&r, t.value);
        return true;
    case 0x75:
        out->kind = GW_CHIP_DG2;
        read_dg2(&r, t.value);
        return true;
    case 0x77:
        out->kind = GW_CHIP_SOD;
        return true;
    case 0x7F2E:
    case 0x65: /* a 39794-5 record by itself */
        out->kind = GW_CHIP_FACE_RECORD;
        read_39794(&r, t.tag == 0x65 ? t.whole : t.value);
        return true;
    case 0x63:
    case 0x76:
        return gw_fail(err, GW_ERR_UNSUPPORTED, "fingerprints or iris (EF.DG3, EF.DG4): not read, not stored, on purpose");
    case 0x67:
    case 0x6B:
    case 0x6C:
    case 0x6D:
    case 0x6E:
    case 0x6F:
    case 0x70:
        return gw_fail(err, GW_ERR_UNSUPPORTED, "a data group of a chip that is not needed here; EF.COM, DG1, DG2 and SOD are read");
    default:
        return gw_fail(err, GW_ERR_FORMAT, "neither a file of a chip (Doc 9303-10) nor a facial record");
    }
}
