/* pack.h - a rule pack: who may be photographed, on what basis, and what may be kept
 * how long, as dated data that a lawyer can read (docs/policy.md, docs/pack.schema.json).
 *
 * A pack is read once, checked as a whole, and compiled to a table: every question of
 * its rules divides the persons into classes, and each combination of classes has its
 * rule. So a decision is a few look-ups, a rule that can never apply is found when the
 * pack is read, and two packs can be compared for everybody there is.
 *
 * Rules stand in order; the first whose condition holds decides everything. What is
 * not known is not guessed: if it hangs on a missing fact which rule that is, the
 * decision is UNDETERMINED, and of the rules it could be that counts, in each respect,
 * which protects the traveler most.
 *
 * Threads: a pack is never changed once it was read; any number may use it. */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"

enum {
    GW_PACK_BYTES_MAX = 1 << 20,
    GW_PACK_ARENA_BYTES = 16 << 20, /* enough for any pack within the limits */
    GW_PACK_ID_MAX = 32,            /* letters of a name, an id or an authority */
    GW_PACK_CODE_MAX = 16,          /* letters of a status or a site */
    GW_PACK_RULES_MAX = 200,
    GW_PACK_CLASSES_MAX = 200,
    GW_PACK_NODES_MAX = 4096,       /* parts of all conditions together */
    GW_PACK_CELLS_MAX = 1 << 19,    /* kinds of persons its conditions tell apart */
    GW_PACK_PROBLEMS_MAX = 64,
    GW_PACK_KEYS_MAX = 64,
    GW_PACK_ANY_AGE = 200,
};

/* ---- words of the answers ------------------------------------------------ */

enum gw_consent { GW_CONSENT_REQUIRED, GW_CONSENT_VOLUNTARY, GW_CONSENT_EXEMPT, GW_CONSENT_NOT_AUTHORISED };
enum gw_alternative { GW_ALTERNATIVE_DOCUMENT_INSPECTION, GW_ALTERNATIVE_OFFICER_REFERRAL, GW_ALTERNATIVE_NONE };
enum gw_datum {
    GW_DATUM_PROBE,    /* the live picture */
    GW_DATUM_TEMPLATE, /* of probe and portraits, for searching */
    GW_DATUM_PORTRAIT, /* reference photos staged here */
    GW_DATUM_CROSSING, /* the biographic record of an entry or exit */
    GW_DATUM_CROSSING_OPEN, /* of an entry without an exit */
    GW_DATUM_FILE,     /* the person's own file over several crossings */
    GW_DATUM_REGISTER, /* what the register it was transferred to keeps */
    GW_DATUM_COUNT
};
enum gw_clock_start {
    GW_STARTS_VERIFICATION, GW_STARTS_CLOSE, GW_STARTS_DEPARTURE, GW_STARTS_CROSSING, GW_STARTS_LAST_EXIT,
    GW_STARTS_END_OF_STAY, GW_STARTS_TRANSFER, GW_STARTS_COUNT
};
enum gw_source_tag {
    GW_SOURCE_VERIFIED,     /* seen in the primary document */
    GW_SOURCE_SECONDARY,    /* seen in another's account of it */
    GW_SOURCE_RECOLLECTION, /* remembered, not seen: check before anybody is told so */
    GW_SOURCE_CHOICE,       /* no law says it: the operator may choose */
};
const char *gw_consent_name(enum gw_consent v);         /* "not_authorised" */
const char *gw_alternative_name(enum gw_alternative v); /* "document_inspection" */
const char *gw_datum_name(enum gw_datum v);             /* "probe" */
const char *gw_clock_start_name(enum gw_clock_start v); /* "verification" */
const char *gw_source_tag_name(enum gw_source_tag v);   /* "recollection" */

/* "3y1d", "12h", "90min": calendar years and days, then clock time. */
struct gw_period {
    uint16_t years, days;
    uint32_t minutes;
};
enum { GW_PERIOD_TEXT = 40 };
bool gw_period_parse(struct gw_period *out, struct gw_span text); /* false: not one, or nothing */
void gw_period_format(char out[GW_PERIOD_TEXT], struct gw_period p);

/* Calendar years and days of UTC, then clock time. */
int64_t gw_period_end(int64_t start_us, struct gw_period p);

/* ---- what a pack says ---------------------------------------------------- */

struct gw_pack_source {
    const char *id, *citation;
    const char *url, *note; /* NULL where absent */
    enum gw_source_tag tag;
};
struct gw_pack_sources {
    const struct gw_pack_source *const *of;
    size_t n;
};
struct gw_keep {
    bool has; /* else it must not come into being, or is gone when the answer is given */
    struct gw_period period;
    enum gw_clock_start starts;
    struct gw_pack_sources sources;
};
/* Which clocks of something have started, and when. */
struct gw_clocks {
    int64_t now_us;
    unsigned started; /* a bit each */
    int64_t at_us[GW_STARTS_COUNT];
};
static inline void gw_clocks_set(struct gw_clocks *c, enum gw_clock_start which, int64_t us)
{
    c->started |= 1u << which;
    c->at_us[which] = us;
}
/* Until when it may be kept; false: not at all. A clock that has not started counts from now. */
bool gw_keep_end(int64_t *end_us, const struct gw_keep *k, const struct gw_clocks *c);
struct gw_retention {
    const char *name;
    struct gw_keep keep[GW_DATUM_COUNT];
};
struct gw_pack_rule {
    const char *id;    /* "citizen-voluntary"; outside it is written PACK:id */
    const char *title, *basis;
    struct gw_pack_sources sources;
    enum gw_consent photo, fingerprints, iris;
    enum gw_alternative alternative;
    bool enrol;        /* may be kept in a register beyond the voyage */
    unsigned override_below_age; /* an officer may let pass against the comparison only who is younger;
                                  * 0: nobody, GW_PACK_ANY_AGE: anybody */
    const struct gw_retention *retention;
    const char *transfer; /* "identity_register" or NULL */
    bool transfer_keeps;  /* the probe stays here after the receipt, as long as retention says; else it dies with it */
    unsigned transfer_data; /* what of it goes there: 1u << enum gw_datum */
    struct gw_period transfer_within;
    enum gw_clock_start transfer_starts;
    bool has_fmr;
    unsigned attempts; /* captures in a series */
    double fpir;       /* asked of a 1:N search */
    double fmr;        /* asked of a 1:1 comparison */
};

/* What may leave for a register, until when, and for how long it may stay there. */
struct gw_transfer {
    const char *to;  /* "identity_register", as long as the rule */
    int64_t due_us;  /* the pack wants it to have left by then */
    int64_t last_us; /* from then on it may not leave: it must be gone here */
    struct gw_keep kept_there; /* .has false: the pack does not say */
};
/* May it leave? False unless the rule names it; so nothing does by oversight. */
bool gw_rule_transfer(struct gw_transfer *out, const struct gw_pack_rule *t, enum gw_datum what, const struct gw_clocks *c);

struct gw_pack; /* opaque, in the arena it was read into */

const char *gw_pack_name(const struct gw_pack *p);      /* "us-2025-12-26" */
const char *gw_pack_id(const struct gw_pack *p);        /* "us-2025" */
const char *gw_pack_title(const struct gw_pack *p);
const char *gw_pack_authority(const struct gw_pack *p); /* "US" */
struct gw_date gw_pack_from(const struct gw_pack *p);   /* first day */
struct gw_date gw_pack_until(const struct gw_pack *p);  /* last day, it included; year 0: open */
const char *gw_pack_signer(const struct gw_pack *p);    /* name of the key; NULL: not signed, and that was allowed */
struct gw_hash gw_pack_hash(const struct gw_pack *p);   /* SHA-256 of the file: which text decided */
size_t gw_pack_rules(const struct gw_pack *p, const struct gw_pack_rule **out);
size_t gw_pack_cells(const struct gw_pack *p);
size_t gw_pack_languages(const struct gw_pack *p, const char *const **out);
/* The day it is for this pack at a moment, and the moment a day begins: by the pack's time_zone. */
struct gw_date gw_pack_day(const struct gw_pack *p, int64_t us);
int64_t gw_pack_midnight(const struct gw_pack *p, struct gw_date day);
bool gw_pack_in_force(const struct gw_pack *p, struct gw_date day);
/* Do residence documents of that state ("DEU") count as such under this pack? Else they are "other". */
bool gw_pack_counts_documents_of(const struct gw_pack *p, const char *country);

/* ---- reading ------------------------------------------------------------- */

/* Who may sign for whom. */
struct gw_pack_key {
    char name[GW_PACK_ID_MAX + 1];
    uint8_t public_key[GW_SIGN_PUBLIC_BYTES];
    char authorities[16][GW_PACK_ID_MAX + 1];
    size_t n_authorities;
};
/* A key file (JSON: format, name, public, authorities). GW_ERR_FORMAT, GW_ERR_INVALID. */
[[nodiscard]] bool gw_pack_key_parse(struct gw_pack_key *out, struct gw_span text, struct gw_err *err);

struct gw_pack_options {
    const struct gw_pack_key *keys; /* whose signatures count */
    size_t n_keys;
    bool unsigned_too; /* a draft: the signature is not looked at */
    /* The country of a code of citizenship ("GBO" -> "GBR", "D" -> "DEU"), NULL when there
     * is no such code. Pure. */
    const char *(*country)(const char *code);
};

struct gw_pack_problem {
    bool is_error;
    unsigned line;       /* of the file, from 1 */
    const char *pointer; /* RFC 6901, into the file */
    const char *code;    /* "unknown_class": stable */
    const char *text;    /* a sentence */
};
struct gw_pack_report {
    const struct gw_pack_problem *problems;
    size_t n_problems;
    size_t n_errors;
    size_t n_tests, n_tests_passed;
};

/* Reads, checks, compiles, and runs the tests of the pack. On failure *out is NULL
 * and err is the first error, as report (which may be NULL) lists them all:
 *   GW_ERR_FORMAT   not JSON
 *   GW_ERR_INVALID  not a pack that can be used
 *   GW_ERR_LIMIT    larger than the limits above, or than the arena
 * Everything lives in the arena; the text need not outlive the call. */
[[nodiscard]] bool gw_pack_parse(const struct gw_pack **out, struct gw_pack_report *report, struct gw_arena *a,
    struct gw_span text, const struct gw_pack_options *options, struct gw_err *err);

/* Signs a pack's text: appends the text with its signature (in place of one that was
 * there) to out. Looks only whether it is a JSON object. GW_ERR_FORMAT. */
[[nodiscard]] bool gw_pack_sign(struct gw_buf *out, struct gw_span text, const char *key_name,
    const uint8_t secret_key[GW_SIGN_SECRET_BYTES], struct gw_err *err);

/* Two packs of one authority in force on the same day: GW_ERR_CONFLICT, naming both. */
[[nodiscard]] bool gw_pack_check_set(const struct gw_pack *const *packs, size_t n, struct gw_err *err);
/* The one in force for the authority on that day of its own; NULL if there is none. */
const struct gw_pack *gw_pack_find(const struct gw_pack *const *packs, size_t n, const char *authority, int64_t us);

/* ---- deciding ------------------------------------------------------------ */

enum gw_pack_mode { GW_PACK_AIR, GW_PACK_SEA, GW_PACK_LAND };
enum gw_pack_direction { GW_PACK_ARRIVAL, GW_PACK_DEPARTURE };
enum gw_pack_document {
    GW_PACK_DOCUMENT_NONE, GW_PACK_DOCUMENT_PASSPORT, GW_PACK_DOCUMENT_DIPLOMATIC_PASSPORT,
    GW_PACK_DOCUMENT_OFFICIAL_PASSPORT, GW_PACK_DOCUMENT_EMERGENCY_PASSPORT, GW_PACK_DOCUMENT_IDENTITY_CARD,
    GW_PACK_DOCUMENT_RESIDENCE_PERMIT, GW_PACK_DOCUMENT_RESIDENT_CARD, GW_PACK_DOCUMENT_VISA, GW_PACK_DOCUMENT_REFUGEE_DOCUMENT,
    GW_PACK_DOCUMENT_CREW_DOCUMENT, GW_PACK_DOCUMENT_TRUSTED_TRAVELER_CARD, GW_PACK_DOCUMENT_OTHER,
    GW_PACK_DOCUMENT_COUNT
};
const char *gw_pack_document_name(enum gw_pack_document v); /* "identity_card" */
bool gw_pack_document_find(enum gw_pack_document *out, const char *name);
bool gw_pack_mode_find(enum gw_pack_mode *out, const char *name);           /* "air" */
bool gw_pack_direction_find(enum gw_pack_direction *out, const char *name); /* "departure" */

enum gw_pack_flag { GW_PACK_UNRECORDED, GW_PACK_NO, GW_PACK_YES };

/* One person at one place on one day. What is not recorded is what the pack says it is then ("unrecorded"); where it
 * says nothing, it is not known. */
struct gw_pack_facts {
    struct gw_date day;        /* by the pack's own zone: gw_pack_day */
    char citizenship[4];       /* as in the document; "": not known */
    char country[4];           /* whose citizens these are: options.country of it */
    char status[GW_PACK_CODE_MAX + 1]; /* "B-2", "LPR", with or without hyphens; "": none is recorded */
    char site[GW_PACK_CODE_MAX + 1];
    struct gw_date birth_first, birth_last; /* the same day when it is known, the ends of the year or month
                                             * when a part is not; year 0: nothing is known */
    enum gw_pack_mode mode;
    enum gw_pack_direction direction;
    bool document_unrecorded;
    enum gw_pack_document document; /* presented */
    enum gw_pack_flag permanent_resident;
    enum gw_pack_flag accompanied; /* a child with an adult answerable for it */
};

enum gw_pack_outcome {
    GW_PACK_DECIDED,
    GW_PACK_UNDETERMINED, /* it hangs on a fact that is missing which rule applies */
    GW_PACK_NOT_IN_FORCE, /* not on that day */
};
struct gw_pack_decision {
    enum gw_pack_outcome outcome;
    const struct gw_pack_rule *rule; /* unless decided: one made for that, its id "undetermined", or
                                      * "not-in-force", which authorises and keeps nothing */
    bool override_allowed;
};
struct gw_pack_decision gw_pack_decide(const struct gw_pack *p, const struct gw_pack_facts *f);

/* The answer in full (contract section 3), with the path that led to it: each rule
 * tried, and why it did or did not apply. Yours to free. */
[[nodiscard]] struct gw_json *gw_pack_explain(const struct gw_pack *p, const struct gw_pack_facts *f);

/* An explanation as words for people, lines of `columns` letters. */
void gw_pack_explain_print(struct gw_buf *out, const struct gw_json *explanation, size_t columns);

/* ---- comparing ----------------------------------------------------------- */

/* For whom two packs differ: every combination of kinds of persons that either tells
 * apart, gathered into rows. Each pack is asked on days of its own. Yours to free.
 * NULL with GW_ERR_LIMIT when there are more than GW_PACK_CELLS_MAX combinations. */
[[nodiscard]] struct gw_json *gw_pack_diff(const struct gw_pack *before, const struct gw_pack *after, struct gw_err *err);
/* That as a table for people, `columns` wide, with at most `most` lines of who is meant
 * in a row. */
void gw_pack_diff_print(struct gw_buf *out, const struct gw_json *diff, size_t columns, size_t most);

/* ---- telling ------------------------------------------------------------- */

struct gw_pack_place {
    struct gw_date day;
    char site[GW_PACK_CODE_MAX + 1];
    bool has_mode, has_direction; /* else all that the site may have */
    enum gw_pack_mode mode;
    enum gw_pack_direction direction;
};
/* What is said to those whom the same is said. */
struct gw_notice_group {
    const char *who; /* "Citizens of the United States" */
    enum gw_consent photo;
    enum gw_alternative alternative;
    const char **sentences; /* the first says who, and whether they are photographed */
    size_t n_sentences;
};
struct gw_notice {
    const char *language, *title, *intro, *closing;
    struct gw_notice_group *groups; /* in the order of the rules */
    size_t n_groups;
};
/* The notice for a place: what is collected, from whom, how long it is kept, how to
 * decline. All of it is in the arena. language NULL: the pack's first. GW_ERR_NOT_FOUND:
 * not in that language (they are named); GW_ERR_CONFLICT: the pack is not in force on
 * that day; GW_ERR_LIMIT. */
[[nodiscard]] bool gw_pack_notice(struct gw_notice *out, struct gw_arena *a, const struct gw_pack *p,
    const struct gw_pack_place *place, const char *language, struct gw_err *err);
/* Appends it as plain text. */
void gw_notice_print(struct gw_buf *out, const struct gw_notice *n);
/* Appends what somebody is told who declined: what happens instead. Nothing for
 * GW_ALTERNATIVE_NONE. The language is the pack's first where the one asked for (which may
 * be NULL) is not there; its code is returned, borrowed from the pack. */
const char *gw_pack_instead(struct gw_buf *out, const struct gw_pack *p, enum gw_alternative alternative, const char *site,
    const char *language);
