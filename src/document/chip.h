/* chip.h - the files of a travel document's chip (ICAO Doc 9303-10): EF.COM, EF.DG1,
 * EF.DG2 with its portrait (ISO/IEC 19794-5:2005 or ISO/IEC 39794-5), and a portrait's
 * record alone. EF.SOD, which signs them, is in sod.h.
 *
 * Lengths inside are not believed: each is held against the one around it before it
 * is used, and what real chips get wrong (a record's length off by some bytes, a
 * picture of another kind than announced, sizes of 0) is told and read all the same.
 *
 * Pure. Spans point into the bytes given. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

enum { GW_CHIP_IMAGES = 4, GW_CHIP_PROBLEMS = 16, GW_CHIP_BYTES_MAX = 4 << 20, GW_CHIP_POINTS_MAX = 32, GW_CHIP_GROUPS = 16 };

enum gw_chip_kind {
    GW_CHIP_COM,
    GW_CHIP_DG1,
    GW_CHIP_DG2,
    GW_CHIP_SOD,
    GW_CHIP_FACE_RECORD, /* a biometric record without EF.DG2 around it */
};
const char *gw_chip_kind_name(enum gw_chip_kind kind); /* "EF.DG2", "face record" */

enum gw_chip_format { GW_CHIP_19794_5, GW_CHIP_39794_5, GW_CHIP_BARE /* a picture without a record */ };
const char *gw_chip_format_name(enum gw_chip_format format); /* "ISO/IEC 19794-5" */

struct gw_chip_problem {
    bool is_error;
    const char *code, *text;
    size_t offset;
};

enum gw_chip_picture { GW_CHIP_JPEG, GW_CHIP_JPEG2000, GW_CHIP_UNKNOWN_PICTURE };
const char *gw_chip_picture_name(enum gw_chip_picture p); /* "jpeg2000"; NULL for unknown */

/* One portrait. has_details is true for 19794-5; the words are the standard's, NULL
 * where it says unspecified. */
struct gw_chip_image {
    enum gw_chip_format format;
    char version[5];               /* "010"; "3" with year below for 39794-5 */
    unsigned year;                 /* of a 39794-5 version; 0: not told */
    bool has_details;
    const char *sex, *eye_color, *hair_color, *expression, *face_image_type, *color_space, *source;
    unsigned feature_points;
    bool has_pose[3];              /* yaw, pitch, roll */
    int pose_deg[3];
    unsigned width, height;        /* as announced; 0: not told (ask the picture) */
    unsigned announced_quality;    /* 0: not told */
    enum gw_chip_picture picture;  /* by its first bytes */
    struct gw_span bytes;          /* the encoded picture */
};

struct gw_chip_file {
    enum gw_chip_kind kind;
    char lds_version[5], unicode_version[7];     /* EF.COM: "0107", "040000" */
    struct { uint8_t tag; const char *name; } groups[GW_CHIP_GROUPS]; /* EF.COM: which groups there are */
    size_t n_groups;
    struct gw_span mrz;            /* EF.DG1: 72, 88 or 90 characters without line ends */
    struct gw_chip_image images[GW_CHIP_IMAGES];
    size_t n_images;
    struct gw_span whole;          /* the file without padding: what EF.SOD's hash is over */
    bool valid;
    struct gw_chip_problem problems[GW_CHIP_PROBLEMS];
    size_t n_problems;
};

/* Told by the first bytes, not by a name. GW_ERR_FORMAT: none of these files or cut off;
 * GW_ERR_UNSUPPORTED: fingerprints or iris (DG3, DG4), another data group, named;
 * GW_ERR_LIMIT: more than GW_CHIP_BYTES_MAX. */
[[nodiscard]] bool gw_chip_parse(struct gw_chip_file *out, struct gw_span bytes, struct gw_err *err);

/* One BER-TLV with a definite length (X.690 8.1.3), from *at; moves *at behind it. False
 * when it is cut off, of indefinite length, or reaches past the end. */
struct gw_tlv {
    uint32_t tag; /* with its class and form bits: 0x5F2E */
    size_t at;    /* of its first byte */
    struct gw_span value, whole;
};
[[nodiscard]] bool gw_tlv_next(struct gw_tlv *out, struct gw_span in, size_t *at);
