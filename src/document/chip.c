/* chip.c - reads the files of a chip, ICAO Doc 9303-10, and the portraits in them. */
#include "document/chip.h"

#include <stdio.h>

/* Doc 9303-10, table of tags; by number of the group, 1 first. */
static const struct {
    uint8_t tag;
    const char *name, *file;
} data_groups[] = {
    { 0x61, "DG1", "EF.DG1" }, { 0x75, "DG2", "EF.DG2" }, { 0x63, "DG3", "EF.DG3" }, { 0x76, "DG4", "EF.DG4" },
    { 0x65, "DG5", "EF.DG5" }, { 0x66, "DG6", "EF.DG6" }, { 0x67, "DG7", "EF.DG7" }, { 0x68, "DG8", "EF.DG8" },
    { 0x69, "DG9", "EF.DG9" }, { 0x6A, "DG10", "EF.DG10" }, { 0x6B, "DG11", "EF.DG11" }, { 0x6C, "DG12", "EF.DG12" },
    { 0x6D, "DG13", "EF.DG13" }, { 0x6E, "DG14", "EF.DG14" }, { 0x6F, "DG15", "EF.DG15" }, { 0x70, "DG16", "EF.DG16" },
};

/* 1 for DG1; 0 for a tag that is no group's. */
static unsigned group_of_tag(uint32_t tag)
{
    for (unsigned i = 0; i < GW_COUNT(data_groups); i++)
        if (data_groups[i].tag == tag)
            return i + 1;
    return 0;
}

const char *gw_chip_file_name(const struct gw_chip_file *f)
{
    if (f->group > 0)
        return data_groups[f->group - 1].file;
    return f->kind == GW_CHIP_COM ? "EF.COM" : f->kind == GW_CHIP_SOD ? "EF.SOD" : "face record";
}

const char *gw_chip_property_name(unsigned bit)
{
    static const char *const names[GW_CHIP_PROPERTIES] = { "specified", "glasses", "moustache", "beard", "teeth_visible",
        "eyes_closed", "mouth_open", "left_eye_patch", "right_eye_patch", "dark_glasses", "distorting_condition" };
    return bit < GW_COUNT(names) ? names[bit] : NULL;
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
    return value < n ? words[value] : NULL;
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

/* Both JPEG and JPEG 2000 code streams end so. */
static bool ends_picture(struct gw_span s)
{
    return s.size >= 2 && s.data[s.size - 2] == 0xFF && s.data[s.size - 1] == 0xD9;
}

enum { SHORT_MOST = 8, OTHER = 0xFF };

/* One facial record data block (5.4): information 20, points 8 each, image information 12, image. */
static bool read_facial_image(struct reader *r, struct gw_cursor *c, bool is_last)
{
    size_t start = c->at;
    uint32_t block;
    uint16_t points, expression, width, height, device, quality, properties;
    uint8_t sex, eye, hair, properties_high, pose[3], type, data_type, color, source;
    if (!gw_cursor_be32(c, &block) || !gw_cursor_be16(c, &points) || !gw_cursor_u8(c, &sex) || !gw_cursor_u8(c, &eye) ||
        !gw_cursor_u8(c, &hair) || !gw_cursor_u8(c, &properties_high) || !gw_cursor_be16(c, &properties) ||
        !gw_cursor_be16(c, &expression) || !gw_cursor_u8(c, &pose[0]) ||
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
        problem(r, !is_last, place_of(r, c->in) + start, "length",
            is_last ? "the block's length is not what there is; the record's end is taken"
                    : "the length of a block with others behind it is not what there is");
        if (!is_last)
            return false;
        end = c->in.size;
    } else if (is_last && c->in.size - end <= SHORT_MOST && !ends_picture(gw_span_slice(c->in, c->at, end)) &&
               ends_picture(gw_span_slice(c->in, c->at, c->in.size))) {
        /* Chips are known whose lengths are some bytes short (New Zealand 8, United Kingdom 1). */
        problem(r, false, place_of(r, c->in) + start, "length", "the block's length ends inside the picture; the record's end is taken");
        end = c->in.size;
    }
    struct gw_chip_image *m = new_image(r, place_of(r, c->in) + start);
    if (m == NULL)
        return false;
    m->format = GW_CHIP_19794_5;
    m->has_details = true;
    m->sex = WORD(sexes, sex);
    m->eye_color = eye == OTHER ? "other" : WORD(eyes, eye);
    m->hair_color = hair == OTHER ? "other" : WORD(hairs, hair);
    if (properties & 1) /* the first bit says whether the others mean anything */
        m->properties = (uint32_t)properties_high << 16 | properties;
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
        if (!read_facial_image(r, &c, i + 1u == n))
            break;
    if (n > GW_CHIP_IMAGES)
        problem(r, false, place_of(r, record) + 12, "too_many", "more portraits than are read");
    for (size_t i = before; i < r->out->n_images; i++)
        memcpy(r->out->images[i].version, text, sizeof text);
}

/* ---- ISO/IEC 39794-5 ---------------------------------------------------------------- */

/* The record is ASN.1 with implicit tags: 65 { A0 version, A1 { 30 representation … } }. What
 * we want lies at these places below a representation; whatever else stands around is
 * passed over, so that a later edition's additions cost nothing. */
enum { DEPTH = 16 };
enum face_part { FACE_PICTURE, FACE_KIND, FACE_WIDTH, FACE_HEIGHT, FACE_COLOR, FACE_SEX, FACE_EYES, FACE_HAIR };
static const struct {
    enum face_part part;
    uint8_t n, path[7];
} face_paths[] = {
    { FACE_PICTURE, 4, { 0xA1, 0xA0, 0xA0, 0x80 } },
    { FACE_KIND, 6, { 0xA1, 0xA0, 0xA0, 0xA1, 0xA1, 0x80 } },
    { FACE_WIDTH, 6, { 0xA1, 0xA0, 0xA0, 0xA1, 0xA7, 0x80 } },
    { FACE_HEIGHT, 6, { 0xA1, 0xA0, 0xA0, 0xA1, 0xA7, 0x81 } },
    { FACE_COLOR, 6, { 0xA1, 0xA0, 0xA0, 0xA1, 0xA9, 0x80 } },
    { FACE_SEX, 3, { 0xA8, 0xA0, 0x80 } },
    { FACE_EYES, 3, { 0xA8, 0xA1, 0x80 } },
    { FACE_HAIR, 3, { 0xA8, 0xA2, 0x80 } },
};
static const char *const face_kinds[] = { "mrtd", "general_purpose" };
static const char *const face_colors[] = { NULL, "other", "rgb24", "rgb48", "yuv422", "grey8", "grey16" };
static const char *const face_sexes[] = { NULL, NULL, "M", "F" };
static const char *const face_eyes[] = { NULL, "other", "black", "blue", "brown", "grey", "green", "hazel", "multi_colored", "pink" };
static const char *const face_hairs[] = { NULL, "other", "bald", "black", "blonde", "brown", "grey", "white", "red", "colored" };

struct walk {
    struct {
        struct gw_span in;
        size_t at;
        uint32_t tag;
    } stack[DEPTH]; /* its own: depth is the input's */
    size_t depth;
    size_t representation; /* depth of the one being read; 0: none */
    struct gw_chip_image seen; /* what was read of it; picture only when known */
    bool has_picture;
};

static unsigned small_number(struct gw_span s)
{
    unsigned v = 0;
    for (size_t i = 0; i < s.size && s.size <= 3; i++)
        v = v << 8 | s.data[i];
    return v;
}

static void take_part(struct walk *w, const struct gw_tlv *t)
{
    struct gw_chip_image *m = &w->seen;
    size_t n = w->depth - w->representation + 1; /* of the path, with this element's own tag */
    if (!w->has_picture && picture_of(t->value) != GW_CHIP_UNKNOWN_PICTURE) { /* wherever it stands */
        w->has_picture = true;
        m->bytes = t->value;
    }
    for (size_t i = 0; i < GW_COUNT(face_paths); i++) {
        bool same = face_paths[i].n == n && face_paths[i].path[n - 1] == t->tag;
        for (size_t k = 0; same && k + 1 < n; k++)
            same = w->stack[w->representation + k].tag == face_paths[i].path[k];
        if (!same)
            continue;
        unsigned v = small_number(t->value);
        switch (face_paths[i].part) {
        case FACE_PICTURE:
            m->bytes = w->has_picture ? m->bytes : t->value;
            w->has_picture = true;
            break;
        case FACE_KIND: m->face_image_type = WORD(face_kinds, v); break;
        case FACE_WIDTH: m->width = v; break;
        case FACE_HEIGHT: m->height = v; break;
        case FACE_COLOR: m->color_space = WORD(face_colors, v); break;
        case FACE_SEX: m->sex = WORD(face_sexes, v); break;
        case FACE_EYES: m->eye_color = WORD(face_eyes, v); break;
        case FACE_HAIR: m->hair_color = WORD(face_hairs, v); break;
        }
    }
}

/* A representation is at its end: a portrait, if it had a picture. */
static void end_representation(struct reader *r, struct walk *w)
{
    if (w->has_picture) {
        struct gw_chip_image *m = new_image(r, place_of(r, w->seen.bytes));
        if (m != NULL) {
            *m = w->seen;
            m->format = GW_CHIP_39794_5;
            m->has_details = true;
            set_picture(r, m, w->seen.bytes);
        }
    } else {
        problem(r, true, place_of(r, w->stack[w->representation - 1].in), "missing",
            "a representation without a two-dimensional picture (ISO/IEC 39794-5, 7.4)");
    }
    w->representation = 0;
}

static void read_39794(struct reader *r, struct gw_span record)
{
    enum { FACE = 0x65, VERSION = 0xA0, GENERATION = 0x80, YEAR = 0x81, REPRESENTATIONS = 0xA1, SEQUENCE = 0x30, LANDMARKS = 0xA9 };
    struct walk w = { .stack = { { record, 0, 0 } }, .depth = 1 };
    size_t before = r->out->n_images;
    unsigned generation = 0, year = 0;
    while (w.depth > 0) {
        struct gw_tlv t;
        size_t top = w.depth - 1;
        if (w.stack[top].at >= w.stack[top].in.size) {
            if (w.depth == w.representation)
                end_representation(r, &w);
            w.depth--;
            continue;
        }
        if (!gw_tlv_next(&t, w.stack[top].in, &w.stack[top].at)) {
            problem(r, true, place_of(r, w.stack[top].in) + w.stack[top].at, "cut_off",
                "an element of the record reaches past its end (ISO/IEC 39794-1)");
            break;
        }
        uint32_t inside = w.stack[top].tag;
        unsigned first = t.tag > 0xFF ? t.tag >> 8 : t.tag;
        if (w.representation != 0 && inside == LANDMARKS && w.depth == w.representation + 1)
            w.seen.feature_points++;
        if ((first & 0x20) == 0) {
            if (w.representation != 0)
                take_part(&w, &t);
            else if (inside == VERSION && top >= 1 && w.stack[top - 1].tag == FACE && t.tag == GENERATION)
                generation = small_number(t.value);
            else if (inside == VERSION && top >= 1 && w.stack[top - 1].tag == FACE && t.tag == YEAR)
                year = small_number(t.value);
        } else if (w.depth == DEPTH) {
            problem(r, true, place_of(r, t.whole), "depth", "the record is nested deeper than any of its kind");
        } else {
            bool is_representation = w.representation == 0 && t.tag == SEQUENCE && inside == REPRESENTATIONS &&
                                     top >= 1 && w.stack[top - 1].tag == FACE;
            w.stack[w.depth].in = t.value;
            w.stack[w.depth].at = 0;
            w.stack[w.depth].tag = t.tag;
            w.depth++;
            if (is_representation) {
                w.representation = w.depth;
                w.seen = (struct gw_chip_image){ .picture = GW_CHIP_UNKNOWN_PICTURE };
                w.has_picture = false;
            }
        }
    }
    if (w.depth > 0 && w.representation != 0 && w.has_picture)
        end_representation(r, &w); /* cut off behind its picture */
    if (r->out->n_images == before)
        problem(r, true, place_of(r, record), "missing", "the record has no portrait");
    if (generation == 0)
        problem(r, false, place_of(r, record), "version", "the record does not tell its version");
    for (size_t i = before; i < r->out->n_images; i++) {
        if (generation != 0)
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
                unsigned group = group_of_tag(t.value.data[i]);
                if (group == 0) {
                    problem(r, false, place_of(r, t.value) + i, "tag", "a data group that Doc 9303-10 does not have");
                    continue;
                }
                f->groups[f->n_groups].number = group;
                f->groups[f->n_groups++].name = data_groups[group - 1].name;
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

/* A1: the header of a template (ISO/IEC 7816-11). The data block itself tells what it is;
 * here only a header that says it is no face is of interest. */
static void read_header(struct reader *r, struct gw_span in)
{
    enum { TYPE = 0x81, FACIAL_FEATURES = 2 };
    struct gw_tlv t;
    size_t at = 0;
    while (at < in.size && gw_tlv_next(&t, in, &at))
        if (t.tag == TYPE && small_number(t.value) != FACIAL_FEATURES)
            problem(r, true, place_of(r, t.whole), "biometric_type", "a biometric template that is not of a face (ISO/IEC 7816-11, tag 81)");
}

/* 7F60: one biometric information template. */
static void read_template(struct reader *r, struct gw_span in)
{
    struct gw_tlv t;
    size_t at = 0;
    bool found = false;
    while (at < in.size && gw_tlv_next(&t, in, &at)) {
        if (t.tag == 0x5F2E || t.tag == 0x7F2E) {
            found = true;
            read_data_block(r, t.value, t.tag == 0x7F2E);
        } else if (t.tag == 0xA1) {
            read_header(r, t.value);
        }
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
    out->group = group_of_tag(t.tag);
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
    case 0x63:
    case 0x76:
        return gw_fail(err, GW_ERR_UNSUPPORTED, "fingerprints or iris (EF.DG3, EF.DG4): not read, not stored, on purpose");
    case 0x7F2E:
        out->kind = GW_CHIP_FACE_RECORD;
        read_39794(&r, t.value);
        return true;
    case 0x65:
        /* DG5 has this tag, and so has a record of 39794-5, which begins with its version. */
        if (t.value.size > 0 && t.value.data[0] == 0xA0) {
            out->kind = GW_CHIP_FACE_RECORD;
            out->group = 0;
            read_39794(&r, t.whole);
            return true;
        }
        break;
    case 0x67:
    case 0x6B:
    case 0x6C:
    case 0x6D:
    case 0x6E:
    case 0x6F:
    case 0x70:
        break;
    default:
        return gw_fail(err, GW_ERR_FORMAT, "neither a file of a chip (Doc 9303-10) nor a facial record");
    }
    out->kind = GW_CHIP_GROUP;
    return true;
}
