/* chip.h - the files of a travel document's chip (ICAO Doc 9303-10): EF.COM, EF.DG1,
 * EF.DG2 with its portrait (ISO/IEC 19794-5:2005 or ISO/IEC 39794-5), and a portrait's
 * record alone. Other groups are told by number and left unread, so that their hash can be
 * checked; fingerprints and iris are refused. EF.SOD, which signs them all, is in sod.h.
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
    GW_CHIP_GROUP,       /* DG5, DG7, DG11 to DG16: whole is what EF.SOD's hash is over */
};

enum gw_chip_format { GW_CHIP_19794_5, GW_CHIP_39794_5, GW_CHIP_BARE /* a picture without a record */ };
const char *gw_chip_format_name(enum gw_chip_format format); /* "ISO/IEC 19794-5" */

struct gw_chip_problem {
    bool is_error;
    const char *code, *text;
    size_t offset;
};

enum gw_chip_picture { GW_CHIP_JPEG, GW_CHIP_JPEG2000, GW_CHIP_UNKNOWN_PICTURE };
const char *gw_chip_picture_name(enum gw_chip_picture p); /* "jpeg2000"; NULL for unknown */

/* One portrait. has_details: there was a record around it; the words are the standard's,
 * NULL where it says nothing, unknown or unspecified. */
struct gw_chip_image {
    enum gw_chip_format format;
    char version[5];               /* "010"; "3" with year below for 39794-5 */
    unsigned year;                 /* of a 39794-5 version; 0: not told */
    bool has_details;
    const char *sex, *eye_color, *hair_color, *expression, *face_image_type, *color_space, *source;
    uint32_t properties;           /* of 19794-5, 5.5.6: bit i is gw_chip_property_name(i) */
    unsigned feature_points;       /* landmarks in 39794-5 */
    bool has_pose[3];              /* yaw, pitch, roll */
    int pose_deg[3];
    unsigned width, height;        /* as announced; 0: not told (ask the picture) */
    unsigned announced_quality;    /* 0: not told */
    enum gw_chip_picture picture;  /* by its first bytes */
    struct gw_span bytes;          /* the encoded picture */
};

/* "glasses"; NULL from GW_CHIP_PROPERTIES on. */
enum { GW_CHIP_PROPERTIES = 11 };
const char *gw_chip_property_name(unsigned bit);

struct gw_chip_file {
    enum gw_chip_kind kind;
    unsigned group;                /* 1 for DG1; 0 where the file is no data group */
    char lds_version[5], unicode_version[7];     /* EF.COM: "0107", "040000" */
    struct { unsigned number; const char *name; } groups[GW_CHIP_GROUPS]; /* EF.COM: which groups there are */
    size_t n_groups;
    struct gw_span mrz;            /* EF.DG1: 72, 88 or 90 characters without line ends */
    struct gw_chip_image images[GW_CHIP_IMAGES];
    size_t n_images;
    struct gw_span whole;          /* the file without padding: what EF.SOD's hash is over */
    bool valid;
    struct gw_chip_problem problems[GW_CHIP_PROBLEMS];
    size_t n_problems;
};

const char *gw_chip_file_name(const struct gw_chip_file *f); /* "EF.DG2", "face record" */

/* Told by the first bytes, not by a name. GW_ERR_FORMAT: none of these files or cut off;
 * GW_ERR_UNSUPPORTED: fingerprints or iris (DG3, DG4); GW_ERR_LIMIT: more than
 * GW_CHIP_BYTES_MAX. */
[[nodiscard]] bool gw_chip_parse(struct gw_chip_file *out, struct gw_span bytes, struct gw_err *err);

/* One BER-TLV with a definite length (X.690 8.1.3), from *at; moves *at behind it. False
 * when it is cut off, of indefinite length, or reaches past the end. */
struct gw_tlv {
    uint32_t tag; /* with its class and form bits: 0x5F2E */
    size_t at;    /* of its first byte */
    struct gw_span value, whole;
};
[[nodiscard]] bool gw_tlv_next(struct gw_tlv *out, struct gw_span in, size_t *at);
