/* chip_test.c - the files of a chip, built here byte by byte, whole and damaged. */
#include "base/buf.h"
#include "document/chip.h"
#include "tests/check.h"

/* The smallest things that begin and end as pictures do. */
static const uint8_t jpeg[] = { 0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x04, 0x4A, 0x46, 0x11, 0x22, 0xFF, 0xD9 };
static const uint8_t jp2[] = { 0, 0, 0, 0x0C, 'j', 'P', ' ', ' ', 0x0D, 0x0A, 0x87, 0x0A, 1, 2, 3, 0xFF, 0xD9 };
static const uint8_t codestream[] = { 0xFF, 0x4F, 0xFF, 0x51, 0x00, 0x29, 0xFF, 0xD9 };

/* ---- a small DER writer: content is built first, then wrapped --------------------------- */

static void tlv(struct gw_buf *out, uint32_t tag, const void *value, size_t n)
{
    uint8_t head[8];
    size_t used = 0;
    if (tag > 0xFF)
        head[used++] = (uint8_t)(tag >> 8);
    head[used++] = (uint8_t)tag;
    if (n < 0x80) {
        head[used++] = (uint8_t)n;
    } else if (n < 0x100) {
        head[used++] = 0x81;
        head[used++] = (uint8_t)n;
    } else {
        head[used++] = 0x82;
        head[used++] = (uint8_t)(n >> 8);
        head[used++] = (uint8_t)n;
    }
    gw_buf_add(out, head, used);
    gw_buf_add(out, value, n);
}

static void wrap(struct gw_buf *b, uint32_t tag)
{
    struct gw_buf out = {};
    tlv(&out, tag, b->data, b->size);
    gw_buf_done(b);
    *b = out;
}

static void be(struct gw_buf *b, size_t bytes, uint32_t v)
{
    for (size_t i = bytes; i-- > 0;) {
        uint8_t c = (uint8_t)(v >> (8 * i));
        gw_buf_add(b, &c, 1);
    }
}

/* What a record of 19794-5 says, and what it says wrongly. */
struct face {
    const uint8_t *picture;
    size_t size;
    unsigned points, sex, eyes, hair, properties, expression, yaw, type, data_type, width, height, color, source;
    int record_off, block_off; /* added to the lengths */
    unsigned images;           /* 0: one */
    const char *version;       /* NULL: "010" */
};

static void record(struct gw_buf *b, const struct face *f)
{
    unsigned n = f->images == 0 ? 1 : f->images;
    uint32_t block = (uint32_t)(20 + 8 * f->points + 12 + f->size);
    gw_buf_add(b, "FAC", 4);
    gw_buf_add(b, f->version == NULL ? "010" : f->version, 4);
    be(b, 4, 14 + n * block + (uint32_t)f->record_off);
    be(b, 2, n);
    for (unsigned i = 0; i < n; i++) {
        be(b, 4, block + (uint32_t)f->block_off);
        be(b, 2, f->points);
        be(b, 1, f->sex);
        be(b, 1, f->eyes);
        be(b, 1, f->hair);
        be(b, 3, f->properties);
        be(b, 2, f->expression);
        be(b, 1, f->yaw);
        be(b, 2, 0);
        be(b, 3, 0);
        for (unsigned p = 0; p < f->points; p++) {
            be(b, 4, 0x010C0000);
            be(b, 4, 0x00640000);
        }
        be(b, 1, f->type);
        be(b, 1, f->data_type);
        be(b, 2, f->width);
        be(b, 2, f->height);
        be(b, 1, f->color);
        be(b, 1, f->source);
        be(b, 2, 0);
        be(b, 2, 0);
        gw_buf_add(b, f->picture, f->size);
    }
}

/* EF.DG2 around a data block (7F61, 7F60, A1; Doc 9303-10). */
static void dg2(struct gw_buf *out, struct gw_span block, uint32_t tag, unsigned type, unsigned announced)
{
    struct gw_buf inside = {}, group = {};
    const uint8_t header[] = { 0x81, 0x01, (uint8_t)type, 0x82, 0x01, 0x00, 0x87, 0x02, 0x01, 0x01, 0x88, 0x02, 0x00, 0x08 };
    const uint8_t count = (uint8_t)announced;
    tlv(&inside, 0xA1, header, sizeof header);
    tlv(&inside, tag, block.data, block.size);
    wrap(&inside, 0x7F60);
    tlv(&group, 0x02, &count, 1);
    gw_buf_add(&group, inside.data, inside.size);
    wrap(&group, 0x7F61);
    wrap(&group, 0x75);
    gw_buf_add(out, group.data, group.size);
    gw_buf_done(&inside);
    gw_buf_done(&group);
}

/* ISO/IEC 39794-5: 65 { A0 version, A1 { 30 representation } } */
static void record_39794(struct gw_buf *out, bool with_picture)
{
    static const uint8_t version[] = { 0x80, 0x01, 0x03, 0x81, 0x02, 0x07, 0xE3 };
    static const uint8_t info[] = { 0xA0, 3, 0x80, 1, 2, 0xA1, 3, 0x80, 1, 0, 0xA7, 8, 0x80, 2, 0x01, 0x9D, 0x81, 2, 0x02, 0x13, 0xA9, 3, 0x80, 1, 2 };
    static const uint8_t identity[] = { 0xA0, 3, 0x80, 1, 3, 0xA1, 3, 0x80, 1, 7, 0xA2, 3, 0x80, 1, 5 };
    static const uint8_t landmarks[] = { 0x30, 3, 0x80, 1, 1, 0x30, 3, 0x80, 1, 2 };
    static const uint8_t id[] = { 0x80, 1, 0 };
    struct gw_buf picture = {}, one = {}, all = {};
    if (with_picture)
        tlv(&picture, 0x80, jpeg, sizeof jpeg);
    tlv(&picture, 0xA1, info, sizeof info);
    wrap(&picture, 0xA0);
    wrap(&picture, 0xA0);
    wrap(&picture, 0xA1);
    gw_buf_add(&one, id, sizeof id);
    gw_buf_add(&one, picture.data, picture.size);
    tlv(&one, 0xA8, identity, sizeof identity);
    tlv(&one, 0xA9, landmarks, sizeof landmarks);
    wrap(&one, 0x30);
    wrap(&one, 0xA1);
    tlv(&all, 0xA0, version, sizeof version);
    gw_buf_add(&all, one.data, one.size);
    wrap(&all, 0x65);
    gw_buf_add(out, all.data, all.size);
    gw_buf_done(&picture);
    gw_buf_done(&one);
    gw_buf_done(&all);
}

/* ---- what was read, as a line ------------------------------------------------------------- */

static const char *dash(const char *s)
{
    return s == NULL || s[0] == 0 ? "-" : s;
}

static void summary(char *out, size_t size, const struct gw_chip_file *f)
{
    int n = snprintf(out, size, "%s", gw_chip_file_name(f));
    for (size_t i = 0; i < f->n_images; i++) {
        const struct gw_chip_image *m = &f->images[i];
        n += snprintf(out + n, size - (size_t)n, " [%s %s %s/%s/%s/%s/%s/%s/%s p%x n%u %ux%u %s %zu]", gw_chip_format_name(m->format), dash(m->version),
            dash(m->sex), dash(m->eye_color), dash(m->hair_color), dash(m->expression), dash(m->face_image_type), dash(m->color_space),
            dash(m->source), (unsigned)m->properties, m->feature_points, m->width, m->height, dash(gw_chip_picture_name(m->picture)), m->bytes.size);
        if (m->has_pose[0])
            n += snprintf(out + n, size - (size_t)n, " yaw %d", m->pose_deg[0]);
    }
    n += snprintf(out + n, size - (size_t)n, " %s", f->valid ? "ok" : "BAD");
    for (size_t i = 0; i < f->n_problems; i++)
        n += snprintf(out + n, size - (size_t)n, " %s@%zu", f->problems[i].code, f->problems[i].offset);
}

#define P(p) .picture = (p), .size = sizeof(p)

static const struct face_row {
    const char *label;
    struct face face;
    const char *want;
} face_rows[] = {
    { "a plain record has a portrait and no details", { P(jpeg) },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok" },
    { "codes become the standard's words",
        { P(jp2), .points = 2, .sex = 2, .eyes = 3, .hair = 4, .properties = 0x000003, .expression = 1, .yaw = 4, .type = 1, .data_type = 1,
            .width = 413, .height = 531, .color = 1, .source = 2 },
        "face record [ISO/IEC 19794-5 010 F/brown/brown/neutral/full_frontal/rgb24/static_digital_camera p3 n2 413x531 jpeg2000 17] yaw 6 ok" },
    { "properties mean nothing where their first bit is not set", { P(jpeg), .properties = 0x000002 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok" },
    { "eyes and hair may be other, a sex may be unknown", { P(jpeg), .sex = 0xFF, .eyes = 0xFF, .hair = 0xFF },
        "face record [ISO/IEC 19794-5 010 -/other/other/-/basic/-/- p0 n0 0x0 jpeg 12] ok" },
    { "codes nobody defined are absent", { P(jpeg), .sex = 9, .eyes = 8, .hair = 77, .expression = 0xFF, .type = 7, .color = 99, .source = 200 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/-/-/- p0 n0 0x0 jpeg 12] ok" },
    { "an expression of the vendor's is told as such", { P(jpeg), .expression = 0x8001 },
        "face record [ISO/IEC 19794-5 010 -/-/-/vendor/basic/-/- p0 n0 0x0 jpeg 12] ok" },
    { "angles go both ways", { P(jpeg), .yaw = 181 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] yaw -2 ok" },
    { "a bare JPEG 2000 code stream is a picture", { P(codestream), .data_type = 1 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg2000 8] ok" },
    { "another kind than announced is told, the bytes believed", { P(jpeg), .data_type = 1 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok picture@35" },
    { "a record 8 short (New Zealand) is told and read", { P(jpeg), .record_off = -8 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok length@8" },
    { "a record 1 short (United Kingdom) is told and read", { P(jpeg), .record_off = -1 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok length@8" },
    { "a block 8 short ends where the picture does", { P(jpeg), .block_off = -8, .record_off = -8 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok length@8 length@14" },
    { "a block too long ends where the record does", { P(jpeg), .block_off = 1000 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok length@14" },
    { "a block shorter than its own header does not wrap around", { P(jpeg), .block_off = -40 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok length@14" },
    { "four portraits are read", { P(jpeg), .images = 4 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] "
        "[ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok" },
    { "a wrong length in front of another portrait is an error", { P(jpeg), .images = 2, .block_off = 1000 },
        "face record BAD length@14" },
    { "the edition of 2011 is named, not read", { P(jpeg), .version = "030" }, "face record BAD version@0" },
    { "another version is read as 010 and told", { P(jpeg), .version = "011" },
        "face record [ISO/IEC 19794-5 011 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12] ok version@4" },
    { "what begins as no picture is an error", { .picture = (const uint8_t *)"GIF89a..", .size = 8 },
        "face record [ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 - 8] BAD picture@46" },
};

static void check_summary(struct gw_span bytes, const char *want)
{
    struct gw_chip_file f;
    struct gw_err err = {};
    char got[1500];
    if (!gw_chip_parse(&f, bytes, &err))
        fail_msg("%s", err.text);
    summary(got, sizeof got, &f);
    CHECK_TEXT(got, want);
}

static void faces(void **state)
{
    const struct face_row *r = *state;
    GW_AUTO_VALUE(gw_buf) b = {};
    record(&b, &r->face);
    check_summary(gw_buf_span(&b), r->want);
}

#define ONE "[ISO/IEC 19794-5 010 -/-/-/-/basic/-/- p0 n0 0x0 jpeg 12]"

static void in_dg2(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) rec = {};
    GW_AUTO_VALUE(gw_buf) file = {};
    struct gw_chip_file f;
    struct gw_err err = {};
    record(&rec, &(struct face){ P(jpeg) });
    dg2(&file, gw_buf_span(&rec), 0x5F2E, 2, 1);
    check_summary(gw_buf_span(&file), "EF.DG2 " ONE " ok");
    /* What EF.SOD hashes is the file without the padding behind it. */
    size_t size = file.size;
    gw_buf_add(&file, "\0\0\0\0", 4);
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&file), &err));
    CHECK_INT(f.whole.size, size);
    CHECK_INT(f.group, 2);
    CHECK(memcmp(f.images[0].bytes.data, jpeg, sizeof jpeg) == 0);
    gw_buf_clear(&file);
    dg2(&file, gw_buf_span(&rec), 0x5F2E, 2, 3);
    check_summary(gw_buf_span(&file), "EF.DG2 " ONE " ok count@5");
    gw_buf_clear(&file);
    dg2(&file, gw_buf_span(&rec), 0x5F2E, 8, 1);
    check_summary(gw_buf_span(&file), "EF.DG2 " ONE " BAD biometric_type@13");
    gw_buf_clear(&file);
    dg2(&file, gw_span_of(jp2, sizeof jp2), 0x5F2E, 2, 1);
    check_summary(gw_buf_span(&file), "EF.DG2 [bare picture - -/-/-/-/-/-/- p0 n0 0x0 jpeg2000 17] ok");
    gw_buf_clear(&file);
    dg2(&file, gw_span_str("neither"), 0x5F2E, 2, 1);
    check_summary(gw_buf_span(&file), "EF.DG2 BAD format@30");
}

static size_t unhex(uint8_t *out, const char *hex)
{
    size_t n = 0;
    unsigned v, half = 0, high = 0;
    for (; *hex != 0; hex++) {
        if (*hex == ' ')
            continue;
        v = (unsigned)(*hex <= '9' ? *hex - '0' : *hex - 'A' + 10);
        if (half++ % 2 == 0)
            high = v;
        else
            out[n++] = (uint8_t)(high * 16 + v);
    }
    return n;
}

/* One biometric information template: what a chip says of it, and its block. */
static void template(struct gw_buf *out, const uint8_t *header, size_t header_size, struct gw_span block, uint32_t tag)
{
    struct gw_buf b = {};
    if (header != NULL)
        tlv(&b, 0xA1, header, header_size);
    if (tag != 0)
        tlv(&b, tag, block.data, block.size);
    wrap(&b, 0x7F60);
    gw_buf_add(out, b.data, b.size);
    gw_buf_done(&b);
}

/* EF.DG2 of templates, with the number it gives of them. */
static void dg2_of(struct gw_buf *file, const struct gw_buf *templates, unsigned announced)
{
    const uint8_t count = (uint8_t)announced;
    gw_buf_clear(file);
    tlv(file, 0x02, &count, 1);
    gw_buf_add(file, templates->data, templates->size);
    wrap(file, 0x7F61);
    wrap(file, 0x75);
}

static void templates(void **state)
{
    (void)state;
    static const uint8_t face[] = { 0x81, 0x01, 0x02, 0x87, 0x02, 0x01, 0x01, 0x88, 0x02, 0x00, 0x08 };
    /* With all that is optional: versions, creation in BCD, validity, product. */
    static const uint8_t full[] = { 0x80, 0x02, 0x01, 0x01, 0x81, 0x01, 0x02, 0x82, 0x01, 0x00, 0x83, 0x07, 0x20, 0x20, 0x11, 0x23, 0x10, 0x15, 0x00,
        0x85, 0x08, 0x20, 0x20, 0x11, 0x23, 0x20, 0x30, 0x11, 0x23, 0x86, 0x02, 0x00, 0x01, 0x87, 0x02, 0x01, 0x01, 0x88, 0x02, 0x00, 0x08 };
    static const uint8_t finger[] = { 0x81, 0x01, 0x08, 0x87, 0x02, 0x01, 0x01, 0x88, 0x02, 0x00, 0x07 };
    GW_AUTO_VALUE(gw_buf) rec = {};
    GW_AUTO_VALUE(gw_buf) file = {};
    GW_AUTO_VALUE(gw_buf) all = {};
    record(&rec, &(struct face){ P(jpeg) });
    const struct gw_span one = gw_buf_span(&rec);

    template(&all, full, sizeof full, one, 0x5F2E);
    template(&all, face, sizeof face, gw_span_of(jp2, sizeof jp2), 0x5F2E);
    dg2_of(&file, &all, 2);
    check_summary(gw_buf_span(&file), "EF.DG2 " ONE " [bare picture - -/-/-/-/-/-/- p0 n0 0x0 jpeg2000 17] ok");

    /* Another biometric beside a face costs the file its validity, and the face nothing. */
    template(&all, finger, sizeof finger, gw_span_str("minutiae"), 0x5F2E);
    dg2_of(&file, &all, 3);
    struct gw_chip_file f;
    struct gw_err err = {};
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&file), &err));
    CHECK_INT(f.n_images, 2);
    CHECK(!f.valid);
    CHECK_TEXT(f.problems[0].code, "biometric_type");

    /* More than are read, in templates of their own. */
    gw_buf_clear(&all);
    for (int i = 0; i < 6; i++)
        template(&all, face, sizeof face, one, 0x5F2E);
    dg2_of(&file, &all, 6);
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&file), &err));
    CHECK_INT(f.n_images, 4);
    CHECK(f.n_problems > 0);
    CHECK_TEXT(f.problems[0].code, "too_many");

    /* Without a header, without a block, with an empty one. */
    gw_buf_clear(&all);
    template(&all, NULL, 0, one, 0x5F2E);
    dg2_of(&file, &all, 1);
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&file), &err));
    CHECK_INT(f.n_images, 1);
    gw_buf_clear(&all);
    template(&all, face, sizeof face, one, 0);
    dg2_of(&file, &all, 1);
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&file), &err));
    CHECK(!f.valid && f.n_images == 0 && f.n_problems > 0);
    gw_buf_clear(&all);
    template(&all, face, sizeof face, (struct gw_span){}, 0x5F2E);
    dg2_of(&file, &all, 1);
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&file), &err));
    CHECK(!f.valid && f.n_images == 0 && f.n_problems > 0);
}

/* A length inside that says more than the one around it has, in each of its forms. */
static void lies(void **state)
{
    (void)state;
    static const char *const lengths[] = { "7F", "81FF", "82FFFF", "83FFFFFF", "84FFFFFFFF", "84000000FF", "80", "85" };
    static const char *const around[] = { "7510%s", "75127F61%s", "75167F61%s0201017F60", "751A7F610F0201017F60%s", "751A7F610F020101 7F60 0A 5F2E%s" };
    for (size_t i = 0; i < GW_COUNT(around); i++)
        for (size_t k = 0; k < GW_COUNT(lengths); k++) {
            char hex[200];
            uint8_t bytes[256] = {};
            struct gw_chip_file f;
            struct gw_err err = {};
            snprintf(hex, sizeof hex, around[i], lengths[k]);
            unhex(bytes, hex);
            if (gw_chip_parse(&f, gw_span_of(bytes, 28), &err))
                CHECK(!f.valid && f.n_images == 0 && f.n_problems > 0);
            else
                CHECK(err.code == GW_ERR_FORMAT && err.text[0] != 0);
        }
}

#define NEW "[ISO/IEC 39794-5 3 F/hazel/brown/-/mrtd/rgb24/- p0 n2 413x531 jpeg 12]"

static void of_39794(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) rec = {};
    GW_AUTO_VALUE(gw_buf) block = {};
    GW_AUTO_VALUE(gw_buf) file = {};
    struct gw_chip_file f;
    struct gw_err err = {};
    record_39794(&rec, true);
    check_summary(gw_buf_span(&rec), "face record " NEW " ok");
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&rec), &err));
    CHECK_INT(f.images[0].year, 2019);
    CHECK_INT(f.group, 0);
    gw_buf_add(&block, rec.data, rec.size);
    wrap(&block, 0xA1);
    dg2(&file, gw_buf_span(&block), 0x7F2E, 2, 1);
    check_summary(gw_buf_span(&file), "EF.DG2 " NEW " ok");
    gw_buf_clear(&rec);
    record_39794(&rec, false);
    check_summary(gw_buf_span(&rec), "face record BAD missing@15 missing@0");
}

/* Nested as deep as it likes: no stack of ours follows. */
static void nested(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) b = {};
    struct gw_chip_file f;
    struct gw_err err = {};
    gw_buf_add(&b, jpeg, sizeof jpeg);
    for (int i = 0; i < 5000; i++)
        wrap(&b, 0xA0);
    wrap(&b, 0x65);
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&b), &err));
    CHECK(!f.valid);
    CHECK_INT(f.n_images, 0);
}

static const struct file_row {
    const char *label, *hex, *want, *says; /* want NULL: not read, and says is part of the reason */
} file_rows[] = {
    { "EF.COM lists its groups", "60165F0104303130375F36063034303030305C04617563 6F",
        "EF.COM ok", NULL },
    { "EF.COM with a tag that is none tells it", "60135F0104303130375F36063034303030305C016199", "EF.COM ok", NULL },
    { "EF.COM without a list is an error", "60115F0104303130375F3606303430303030", NULL, "cut off" },
    { "EF.COM with nothing is an error", "6000", "EF.COM BAD missing@2", NULL },
    { "EF.DG1 without a zone is an error", "6103020101", "EF.DG1 BAD missing@2", NULL },
    { "EF.DG1 with a zone of another length is an error", "61055F1F024142", "EF.DG1 BAD length@5", NULL },
    { "EF.DG2 without a template is an error", "75067F6103020101", "EF.DG2 BAD missing@5", NULL },
    { "EF.DG2 with another content is an error", "7503020101", "EF.DG2 BAD missing@2", NULL },
    { "DG5 is a group left unread", "6507020101 5F400141", "EF.DG5 ok", NULL },
    { "DG7 is a group left unread", "6700", "EF.DG7 ok", NULL },
    { "DG11 is a group left unread", "6B00", "EF.DG11 ok", NULL },
    { "DG15 is a group left unread", "6F03300100", "EF.DG15 ok", NULL },
    { "DG16 is a group left unread", "7000", "EF.DG16 ok", NULL },
    { "DG3 is refused", "6300", NULL, "on purpose" },
    { "DG4 is refused", "7600", NULL, "on purpose" },
    { "an indefinite length is no chip's file", "7580 0000", NULL, "cut off" },
    { "a length of five bytes is no chip's file", "7585 0000000001 00", NULL, "cut off" },
    { "a length past the end is a file cut off", "7584 FFFFFFFF 00", NULL, "cut off" },
    { "another tag is no chip's file", "3003020101", NULL, "neither" },
    { "nothing is no chip's file", "", NULL, "neither" },
};

static void files(void **state)
{
    const struct file_row *r = *state;
    uint8_t bytes[256];
    struct gw_chip_file f;
    struct gw_err err = {};
    size_t n = unhex(bytes, r->hex);
    bool ok = gw_chip_parse(&f, gw_span_of(bytes, n), &err);
    if (r->want == NULL) {
        CHECK(!ok);
        if (strstr(err.text, r->says) == NULL)
            fail_msg("\"%s\" does not say \"%s\"", err.text, r->says);
        return;
    }
    if (!ok)
        fail_msg("%s", err.text);
    char got[300];
    summary(got, sizeof got, &f);
    CHECK_TEXT(got, r->want);
}

static void com(void **state)
{
    (void)state;
    uint8_t bytes[64];
    struct gw_chip_file f;
    struct gw_err err = {};
    size_t n = unhex(bytes, "60165F0104303130375F36063034303030305C0461756F99");
    CHECK_OK(gw_chip_parse(&f, gw_span_of(bytes, n), &err));
    CHECK_TEXT(f.lds_version, "0107");
    CHECK_TEXT(f.unicode_version, "040000");
    CHECK_INT(f.n_groups, 3);
    CHECK_INT(f.groups[0].number, 1);
    CHECK_INT(f.groups[1].number, 2);
    CHECK_TEXT(f.groups[2].name, "DG15");
    CHECK_INT(f.n_problems, 1);
    CHECK_TEXT(f.problems[0].code, "tag");
}

static void zone(void **state)
{
    (void)state;
    static const size_t sizes[] = { 72, 88, 90 };
    for (size_t i = 0; i < GW_COUNT(sizes); i++) {
        GW_AUTO_VALUE(gw_buf) b = {};
        uint8_t text[90];
        struct gw_chip_file f;
        struct gw_err err = {};
        memset(text, '<', sizeof text);
        tlv(&b, 0x5F1F, text, sizes[i]);
        wrap(&b, 0x61);
        CHECK_OK(gw_chip_parse(&f, gw_buf_span(&b), &err));
        CHECK(f.valid);
        CHECK_INT(f.mrz.size, sizes[i]);
        CHECK_INT(f.group, 1);
    }
}

static void too_large(void **state)
{
    (void)state;
    struct gw_chip_file f;
    struct gw_err err = {};
    static uint8_t large[GW_CHIP_BYTES_MAX + 1];
    CHECK_FAILS(gw_chip_parse(&f, gw_span_of(large, sizeof large), &err), GW_ERR_LIMIT);
}

/* Nothing read lies outside the bytes given. */
static void read_all(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size); /* its own block: reading past it is seen */
    struct gw_chip_file f;
    struct gw_err err = {};
    memcpy(copy, data, size);
    if (gw_chip_parse(&f, gw_span_of(copy, size), &err)) {
        CHECK(f.n_images <= GW_CHIP_IMAGES && f.n_problems <= GW_CHIP_PROBLEMS && f.n_groups <= GW_CHIP_GROUPS);
        for (size_t i = 0; i < f.n_images; i++)
            CHECK(f.images[i].bytes.data >= copy && f.images[i].bytes.data + f.images[i].bytes.size <= copy + size);
        if (f.valid) /* nothing wrong: then there is what the file is for */
            CHECK(f.kind > GW_CHIP_DG2 || f.n_images > 0 || f.mrz.size > 0 || f.n_groups > 0);
    } else {
        CHECK(err.code == GW_ERR_FORMAT || err.code == GW_ERR_UNSUPPORTED || err.code == GW_ERR_LIMIT);
    }
    free(copy);
}

static void damaged(void **state)
{
    (void)state;
    struct gw_buf made[4] = {};
    GW_AUTO_VALUE(gw_buf) rec = {};
    GW_AUTO_VALUE(gw_buf) newer = {};
    record(&rec, &(struct face){ P(jp2), .points = 3, .images = 2 });
    record(&made[0], &(struct face){ P(jp2), .points = 3, .images = 2 });
    dg2(&made[1], gw_buf_span(&rec), 0x5F2E, 2, 1);
    record_39794(&newer, true);
    dg2(&made[2], gw_buf_span(&newer), 0x7F2E, 2, 1);
    gw_buf_add(&made[3], newer.data, newer.size);
    for (size_t m = 0; m < GW_COUNT(made); m++) {
        struct gw_buf *b = &made[m];
        for (size_t i = 0; i <= b->size; i++)
            read_all(b->data, i);
        static const uint8_t wrong[] = { 0x00, 0x01, 0x1F, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFE, 0xFF };
        for (size_t i = 0; i < b->size; i++) {
            uint8_t was = b->data[i];
            for (size_t k = 0; k < GW_COUNT(wrong); k++) {
                b->data[i] = wrong[k];
                read_all(b->data, b->size);
            }
            for (unsigned bit = 0; bit < 8; bit++) {
                b->data[i] = (uint8_t)(was ^ 1u << bit);
                read_all(b->data, b->size);
            }
            b->data[i] = was;
        }
        gw_buf_done(b);
    }
}

static void many_points(void **state)
{
    (void)state;
    GW_AUTO_VALUE(gw_buf) b = {};
    struct gw_chip_file f;
    struct gw_err err = {};
    record(&b, &(struct face){ P(jpeg), .points = 40 });
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&b), &err));
    CHECK(f.valid);
    CHECK_TEXT(f.problems[0].code, "too_many");
    CHECK_INT(f.images[0].bytes.size, sizeof jpeg);
    b.data[18] = 0xFF; /* 65,320 points of 8 bytes */
    CHECK_OK(gw_chip_parse(&f, gw_buf_span(&b), &err));
    CHECK(!f.valid);
    CHECK_INT(f.n_images, 0);
}

int main(void)
{
    check_rows("face record", face_rows, faces);
    check_rows("chip", file_rows, files);
    check_add("chip", "EF.DG2 gives its portraits and the bytes to hash", in_dg2);
    check_add("chip", "templates beside one another, whole, bare and of other kinds", templates);
    check_add("chip", "lengths that lie are told, whichever they are", lies);
    check_add("chip", "a record of 39794-5 is read along its schema", of_39794);
    check_add("chip", "nesting costs no stack", nested);
    check_add("chip", "EF.COM's list is by number and name", com);
    check_add("chip", "EF.DG1 has zones of three lengths", zone);
    check_add("chip", "a file past the limit is refused", too_large);
    check_add("chip", "feature points are counted and held against the record", many_points);
    check_add("chip", "every truncation and every changed byte stays inside", damaged);
    return check_done();
}
