/* cmd_chip.c - reads a chip's files: EF.COM, DG1, DG2, SOD, or a portrait's record alone.
 * Files given together are of one chip: EF.SOD's hashes are held against the others. */
#include "cli/commands.h"
#include "document/chip.h"
#include "document/mrz.h"
#include "document/sod.h"
#include "image/image.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

enum { FILES_MAX = 64, LARGEST_ZONE_FILE = 64 << 10 };

struct file {
    const char *path;
    struct gw_buf bytes;
    struct gw_chip_file chip;
    struct gw_err err;
    bool read;
};

struct how {
    bool pretty;
    const char *extract, *csca, *mrz_path;
    struct gw_date today;
};

static const char place[] = "offset";

static void add_problem(struct gw_json *problems, bool is_error, const char *code, const char *text, size_t offset)
{
    gw_cli_problem_add(problems, &(struct gw_cli_problem){ is_error, NULL, place, offset, code, text });
}

static bool write_picture(const struct how *how, const struct gw_chip_image *m, size_t number, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    gw_buf_addf(&path, "%s/portrait-%zu.%s", how->extract, number,
        m->picture == GW_CHIP_JPEG ? "jpg" : m->picture == GW_CHIP_JPEG2000 ? "jp2" : "bin");
    if (mkdir(how->extract, 0700) != 0 && errno != EEXIST)
        return gw_fail(err, GW_ERR_IO, "%s: %s", how->extract, strerror(errno));
    return gw_buf_write_file(m->bytes, gw_buf_text(&path), 0600, err);
}

static struct gw_json *image_json(const struct gw_chip_image *m, struct gw_json *problems, bool *valid)
{
    struct gw_json *j = gw_json_object(), *image = gw_json_object();
    gw_json_set_text(j, "format", gw_chip_format_name(m->format));
    gw_json_set_text_or_null(j, "version", m->version);
    if (m->year != 0)
        gw_json_set_integer(j, "version_year", m->year);
    if (m->has_details) {
        gw_json_set_text_or_null(j, "sex", m->sex);
        gw_json_set_text_or_null(j, "eye_color", m->eye_color);
        gw_json_set_text_or_null(j, "hair_color", m->hair_color);
        gw_json_set_text_or_null(j, "expression", m->expression);
        gw_json_set_integer(j, "feature_points", m->feature_points);
        if (m->properties != 0) {
            struct gw_json *properties = gw_json_array();
            for (unsigned i = 1; i < GW_CHIP_PROPERTIES; i++)
                if (m->properties >> i & 1)
                    gw_json_add_text(properties, gw_chip_property_name(i));
            gw_json_set(j, "properties", properties);
        }
        gw_json_set_text_or_null(j, "face_image_type", m->face_image_type);
        gw_json_set_text_or_null(j, "color_space", m->color_space);
        gw_json_set_text_or_null(j, "source", m->source);
        static const char *const angles[] = { "yaw_deg", "pitch_deg", "roll_deg" };
        for (int i = 0; i < 3; i++)
            if (m->has_pose[i])
                gw_json_set_integer(j, angles[i], m->pose_deg[i]);
    }
    struct gw_image_info info;
    struct gw_err err = {};
    const struct gw_image_limits limits = GW_IMAGE_LIMITS_DEFAULT;
    bool probed = gw_image_probe(&info, m->bytes, &limits, &err);
    gw_json_set_text_or_null(image, "type", gw_chip_picture_name(m->picture));
    gw_json_set_integer(image, "width", probed ? info.width : m->width);
    gw_json_set_integer(image, "height", probed ? info.height : m->height);
    gw_json_set_integer(image, "bytes", (int64_t)m->bytes.size);
    gw_json_set(j, "image", image);
    if (!probed && m->picture != GW_CHIP_UNKNOWN_PICTURE) {
        *valid = false;
        add_problem(problems, true, "picture", err.text, GW_NO_PLACE);
    } else if (probed && m->width != 0 && (m->width != info.width || m->height != info.height)) {
        add_problem(problems, false, "size", "the picture is of another size than announced", GW_NO_PLACE);
    }
    return j;
}

/* False when the printed zone cannot be read. */
static bool set_mrz(struct gw_json *j, struct gw_json *problems, const struct file *f, const struct how *how, bool *valid,
    struct gw_err *err)
{
    struct gw_mrz m;
    struct gw_err no_zone = {};
    struct gw_mrz_options o = { .today = how->today };
    if (f->chip.mrz.size == 0)
        return true;
    gw_json_set_span(j, "mrz", f->chip.mrz);
    if (!gw_mrz_parse(&m, f->chip.mrz, &o, &no_zone)) {
        *valid = false;
        add_problem(problems, true, "mrz", no_zone.text, GW_NO_PLACE);
        return true;
    }
    for (size_t i = 0; i < m.n_problems; i++)
        add_problem(problems, m.problems[i].is_error, m.problems[i].code, m.problems[i].text, GW_NO_PLACE);
    *valid = *valid && m.valid;
    if (how->mrz_path == NULL)
        return true;
    /* The printed zone says the same, character by character. */
    GW_AUTO_VALUE(gw_buf) printed = {};
    GW_AUTO_VALUE(gw_buf) joined = {};
    if (!gw_buf_read_file(&printed, how->mrz_path, LARGEST_ZONE_FILE, err))
        return false;
    for (size_t i = 0; i < printed.size; i++)
        if (printed.data[i] > ' ')
            gw_buf_add(&joined, printed.data + i, 1);
    bool same = gw_span_equal(gw_buf_span(&joined), f->chip.mrz);
    gw_json_set_bool(j, "equals_printed", same);
    if (!same) {
        *valid = false;
        add_problem(problems, true, "mrz_differs", "the zone in the chip is not the one printed", GW_NO_PLACE);
    }
    return true;
}

/* EF.COM is not signed, so what it says about the files beside it is a hint only. */
static void compare_list(struct gw_json *problems, const struct file *files, size_t n, const struct gw_chip_file *com)
{
    for (size_t i = 0; i < n; i++) {
        bool listed = !files[i].read || files[i].chip.group == 0;
        for (size_t k = 0; k < com->n_groups; k++)
            listed = listed || com->groups[k].number == files[i].chip.group;
        if (!listed) {
            char text[80];
            snprintf(text, sizeof text, "%s is given, but not in EF.COM's list", gw_chip_file_name(&files[i].chip));
            add_problem(problems, false, "unlisted", text, GW_NO_PLACE);
        }
    }
}

/* EF.COM's list and EF.SOD's, where both are given: a group in the one only was added or taken away. */
static void compare_com(struct gw_json *problems, const struct file *files, size_t n, const struct gw_sod *s)
{
    for (size_t i = 0; i < n; i++) {
        const struct gw_chip_file *com = &files[i].chip;
        if (!files[i].read || com->kind != GW_CHIP_COM)
            continue;
        uint32_t in_com = 0, in_sod = 0;
        for (size_t k = 0; k < com->n_groups; k++)
            in_com |= UINT32_C(1) << com->groups[k].number;
        for (size_t k = 0; k < s->n_groups; k++)
            in_sod |= UINT32_C(1) << s->groups[k].group;
        for (unsigned g = 1; g <= GW_CHIP_GROUPS; g++)
            if ((in_com ^ in_sod) >> g & 1) {
                char text[80];
                snprintf(text, sizeof text, "DG%u is in the list of %s only", g, in_com >> g & 1 ? "EF.COM" : "EF.SOD");
                add_problem(problems, false, "com_list", text, GW_NO_PLACE);
            }
    }
}

/* The state and type in EF.DG1, if it is given, against the signer's. */
static void check_signer(struct gw_json *problems, const struct file *files, size_t n, const struct gw_sod *s,
    struct gw_date today, bool *valid)
{
    for (size_t i = 0; i < n; i++) {
        struct gw_mrz m;
        struct gw_mrz_options o = { .today = today };
        if (!files[i].read || files[i].chip.kind != GW_CHIP_DG1 || !gw_mrz_parse(&m, files[i].chip.mrz, &o, NULL))
            continue;
        const char *objection = gw_sod_objection(s, m.issuing_state, m.document_code);
        if (objection != NULL) {
            *valid = false;
            add_problem(problems, true, "signer", objection, GW_NO_PLACE);
        }
    }
}

static bool set_sod(struct gw_json *j, struct gw_json *problems, const struct file *files, size_t n, const struct file *f,
    const struct how *how, const struct gw_trust *trust, bool *valid, struct gw_err *err)
{
    struct gw_sod s;
    struct gw_sod_group groups[FILES_MAX];
    size_t n_groups = 0;
    for (size_t i = 0; i < n; i++)
        if (files[i].read && files[i].chip.group != 0)
            groups[n_groups++] = (struct gw_sod_group){ files[i].chip.group, files[i].chip.whole };
    if (!gw_sod_check(&s, f->chip.whole, groups, n_groups, trust, gw_clock_now(NULL), err))
        return false;
    static const char *const matches[] = { "not_read", "match", "mismatch" };
    gw_json_set_text(j, "state", gw_sod_state_name(s.state));
    gw_json_set_text_or_null(j, "digest", s.digest);
    gw_json_set_integer(j, "lds_version", s.lds_version);
    struct gw_json *hashes = gw_json_object();
    for (size_t i = 0; i < s.n_groups; i++) {
        char name[8];
        snprintf(name, sizeof name, "DG%u", s.groups[i].group);
        gw_json_set_text(hashes, name, matches[s.groups[i].match]);
    }
    gw_json_set(j, "groups", hashes);
    struct gw_json *signer = gw_json_object();
    gw_json_set_text_or_null(signer, "subject", s.signer);
    gw_json_set_text_or_null(signer, "issuer", s.issuer);
    gw_json_set_text_or_null(signer, "serial", s.serial);
    gw_json_set_text_or_null(signer, "country", s.country);
    if (s.has_signing_time) {
        char when[GW_TIME_TEXT];
        gw_time_format(when, s.signing_us);
        gw_json_set_text(signer, "signed_at", when);
    }
    if (s.n_document_types > 0) {
        struct gw_json *types = gw_json_array();
        for (size_t i = 0; i < s.n_document_types; i++)
            gw_json_add_text(types, s.document_types[i]);
        gw_json_set(signer, "document_types", types);
    }
    gw_json_set(j, "signer", signer);
    if (s.state == GW_SOD_VALID) {
        gw_json_set_text(j, "revocation", gw_sod_revocation_name(s.revocation));
        if (s.revocation != GW_SOD_REVOCATION_CHECKED)
            add_problem(problems, false, "revocation",
                s.revocation == GW_SOD_REVOCATION_OLD ? "the revocation list of the signer's CSCA is out of date"
                                                      : "no revocation list of the signer's CSCA is here: whether it was revoked is not known",
                GW_NO_PLACE);
    }
    gw_json_set_integer(j, "trusted_certificates", (int64_t)gw_trust_count(trust));
    if (s.weak_digest)
        add_problem(problems, false, "digest", "SHA-1: allowed for old documents only", GW_NO_PLACE);
    if (s.state != GW_SOD_VALID) {
        *valid = false;
        add_problem(problems, true, gw_sod_state_name(s.state), s.why, GW_NO_PLACE);
    }
    compare_com(problems, files, n, &s);
    check_signer(problems, files, n, &s, how->today, valid);
    return true;
}

static int print_file(const struct file *files, size_t n, const struct file *f, const struct how *how,
    const struct gw_trust *trust, size_t *extracted)
{
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *problems = gw_json_array();
    bool valid = f->read && f->chip.valid;
    struct gw_err err = f->err;
    bool ok = f->read;
    if (f->read) {
        gw_json_set_text(j, "file", gw_chip_file_name(&f->chip));
        gw_json_set_text(j, "path", f->path);
        for (size_t i = 0; i < f->chip.n_problems; i++)
            add_problem(problems, f->chip.problems[i].is_error, f->chip.problems[i].code, f->chip.problems[i].text,
                f->chip.problems[i].offset);
        if (f->chip.kind == GW_CHIP_COM) {
            struct gw_json *groups = gw_json_array();
            gw_json_set_text_or_null(j, "lds_version", f->chip.lds_version);
            gw_json_set_text_or_null(j, "unicode_version", f->chip.unicode_version);
            for (size_t i = 0; i < f->chip.n_groups; i++)
                gw_json_add_text(groups, f->chip.groups[i].name);
            gw_json_set(j, "groups", groups);
            compare_list(problems, files, n, &f->chip);
        } else if (f->chip.kind == GW_CHIP_DG1) {
            ok = set_mrz(j, problems, f, how, &valid, &err);
        } else if (f->chip.kind == GW_CHIP_SOD) {
            ok = set_sod(j, problems, files, n, f, how, trust, &valid, &err);
        } else if (f->chip.kind != GW_CHIP_GROUP) {
            struct gw_json *records = gw_json_array();
            for (size_t i = 0; i < f->chip.n_images; i++) {
                gw_json_add(records, image_json(&f->chip.images[i], problems, &valid));
                if (ok && how->extract != NULL)
                    ok = write_picture(how, &f->chip.images[i], ++*extracted, &err);
            }
            gw_json_set(j, "records", records);
        }
    } else {
        gw_json_set_text(j, "path", f->path);
    }
    if (!ok) {
        valid = false;
        add_problem(problems, true, gw_err_name(err.code), err.text, err.at);
        fprintf(stderr, "gangway chip: %s: %s\n", f->path, err.text);
    }
    gw_json_set_bool(j, "valid", valid);
    gw_json_set(j, "problems", problems);
    gw_cli_print(j, how->pretty);
    return !ok ? gw_err_exit(err.code) : valid ? GW_EXIT_OK : GW_EXIT_INVALID;
}

static int run(int argc, char **argv)
{
    struct how how = { .today = gw_date_of(gw_clock_now(NULL)) };
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &how.pretty, NULL, "indent the JSON" },
        { "--extract", GW_OPTION_TEXT, &how.extract, "DIR", "write the portraits into this folder, readable by you only" },
        { "--csca", GW_OPTION_TEXT, &how.csca, "DIR", "certificates, master lists and revocation lists of the CSCAs you trust" },
        { "--mrz", GW_OPTION_TEXT, &how.mrz_path, "FILE", "the zone as printed, to hold EF.DG1 against" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &gw_command_chip, options, GW_COUNT(options), &status))
        return status;
    if (argc < 2 || argc - 1 > FILES_MAX) {
        fprintf(stderr, argc < 2 ? "gangway chip: which file? (- is standard input)\n" : "gangway chip: more files than a chip has\n");
        return GW_EXIT_USAGE;
    }
    struct gw_err err = {};
    GW_AUTO(gw_trust) *trust = gw_trust_open(how.csca, &err);
    if (trust == NULL)
        return gw_cli_fail("chip", &err);
    size_t n = (size_t)argc - 1, extracted = 0;
    struct file *files = gw_alloc_array(n, sizeof *files);
    for (size_t i = 0; i < n; i++) {
        struct file *f = &files[i];
        f->path = argv[i + 1];
        f->read = gw_buf_read_file(&f->bytes, f->path, GW_CHIP_BYTES_MAX, &f->err) &&
                  gw_chip_parse(&f->chip, gw_buf_span(&f->bytes), &f->err);
    }
    for (size_t i = 0; i < n; i++)
        status = GW_MAX(status, print_file(files, n, &files[i], &how, trust, &extracted));
    for (size_t i = 0; i < n; i++)
        gw_buf_done(&files[i].bytes);
    gw_free(files);
    return status;
}

const struct gw_command gw_command_chip = {
    .name = "chip",
    .arguments = "FILE…",
    .summary = "reads the files of a document's chip, its portrait and its signature",
    .run = run,
};
