/* name.h - names of persons: how they are written in a machine-readable zone (ICAO Doc 9303-3
 * section 6), and whether two of them may be one person's.
 *
 * A manifest, a chip, a zone and a boarding pass write one name in four ways: Müller is
 * MUELLER, MULLER and MUXXLLER; given names are cut, made initials or left out; a
 * title sticks to the last one. A comparison says SAME only where the standard's own
 * rules make one out of the other, MAY_BE_SAME where custom or a cut does, and why. It
 * never decides alone who somebody is.
 *
 * Pure and bounded: nothing is allocated, input past the limits below is refused or (in
 * comparisons) different. */
#pragma once
#include "base/fail.h"
#include "base/span.h"

enum {
    GW_NAME_BYTES_MAX = 200,                     /* of UTF-8: surname or given names */
    GW_NAME_TEXT = 2 * GW_NAME_BYTES_MAX + 1,    /* the longest they become: two bytes make SHCH */
    GW_NAME_WORDS_MAX = 12,
    GW_NAME_FORMS_MAX = 16,
};

/* Into the letters of a zone: A to Z and single blanks between components (part 3, 4.6 and
 * section 6): national letters by the first form of letter.def, hyphens and commas are
 * blanks, apostrophes go. GW_ERR_FORMAT: not UTF-8; GW_ERR_LIMIT; GW_ERR_INVALID: a
 * character that the table does not have, err->at says where. */
[[nodiscard]] bool gw_name_to_mrz(char out[GW_NAME_TEXT], struct gw_span utf8, struct gw_err *err);
/* All forms the table allows, the first as above, each once; how many. Errors as above. */
[[nodiscard]] bool gw_name_forms(char out[GW_NAME_FORMS_MAX][GW_NAME_TEXT], size_t *n, struct gw_span utf8, struct gw_err *err);
/* The other way there are only candidates: what MUELLER may have been, itself first. UTF-8.
 * At most max are written; how many. */
enum { GW_NAME_NATIONAL_TEXT = 2 * GW_NAME_TEXT };
size_t gw_name_national(char (*out)[GW_NAME_NATIONAL_TEXT], size_t max, const char *mrz);
/* The key under which all spellings of a name lie: forms of one letter, letters that custom
 * exchanges (Y, J and I), doubled ones and blanks fall together. Characters without a
 * form stay as they are. For finding, never for deciding. False as to_mrz, without INVALID. */
[[nodiscard]] bool gw_name_fold(char out[GW_NAME_TEXT], struct gw_span utf8, struct gw_err *err);

struct gw_name {
    struct gw_span surname, given; /* UTF-8, a zone's letters, or empty */
    bool may_be_cut;               /* its field was full to the last place */
    bool may_have_title;           /* a boarding pass: MR, MRS… without a blank in front */
};
/* Item 11 of a boarding pass: SURNAME/GIVENMR, 20 places. Points into the text. */
struct gw_name gw_name_of_pass(const char *passenger_name);

enum gw_name_match { GW_NAME_DIFFERENT, GW_NAME_MAY_BE_SAME, GW_NAME_SAME };
/* From the best to the worst; what decided is the worst that was needed. */
enum gw_name_reason {
    GW_NAME_EQUAL,      /* same: letter by letter, or by forms of letter.def */
    GW_NAME_SEPARATORS, /* same: but for blanks, hyphens, apostrophes */
    GW_NAME_TITLE,      /* same: but for a title */
    GW_NAME_SPELLING,   /* may be: spellings that custom exchanges */
    GW_NAME_INITIALS,   /* may be: an initial stands for a given name */
    GW_NAME_CUT,        /* may be: one is cut, and begins as the other does */
    GW_NAME_PARTICLE,   /* may be: a particle (van, de, bin…) is missing */
    GW_NAME_MISSING,    /* may be: one has components that the other has not */
    GW_NAME_ORDER,      /* may be: the same components in another order, or surname and given names exchanged */
    GW_NAME_SCRIPTS,    /* may be: letters of two scripts in one component, as impostors use */
    GW_NAME_OTHER,      /* different */
    GW_NAME_EMPTY,      /* different: one has no letters, is too long or no UTF-8 */
};
struct gw_name_result {
    enum gw_name_match match;
    enum gw_name_reason reason;
};
struct gw_name_result gw_name_compare(const struct gw_name *a, const struct gw_name *b);
const char *gw_name_match_name(enum gw_name_match m);   /* "may_be_same" */
const char *gw_name_reason_name(enum gw_name_reason r); /* "initials" */
