/* mrz.h - the machine-readable zone of passports, cards and visas: TD1, TD2, TD3,
 * MRV-A and MRV-B (ICAO Doc 9303 parts 3 to 7), read and written.
 *
 * Reading never guesses: what stands in the zone is given as it stands, each check
 * digit is told true or false, each fault is a problem with its place. Nothing
 * here says whether a document is genuine, known or in date.
 *
 * Pure; no state; any number of threads. */
#pragma once
#include "base/clock.h"
#include "base/fail.h"
#include "base/span.h"

enum gw_mrz_format { GW_MRZ_TD1, GW_MRZ_TD2, GW_MRZ_TD3, GW_MRZ_MRV_A, GW_MRZ_MRV_B };

enum {
    GW_MRZ_MOST = 90,     /* characters of the longest zone, without line ends */
    GW_MRZ_PROBLEMS = 24, /* a zone with more is not worth naming more */
    GW_MRZ_FIXES = 16,
};

/* A date of which parts may be unknown: 0 stands for an unknown month or day, year 0
 * for an unknown year (and then nothing is known). */
struct gw_mrz_date {
    int16_t year;
    uint8_t month, day;
};

/* What a check digit says; NONE where the format has no such digit. */
enum gw_mrz_check { GW_MRZ_NONE, GW_MRZ_RIGHT, GW_MRZ_WRONG };

struct gw_mrz_problem {
    bool is_error;     /* false: a warning, the zone may still be valid */
    const char *field; /* "expiry_date"; a name of the JSON output */
    const char *code;  /* "check_digit", "character", "date", … see docs/formats.md */
    const char *text;  /* a sentence; never quotes the zone */
    size_t position;   /* from 0 over the zone's characters without line ends */
};

struct gw_mrz_fix { /* a character the reader mistook, put right because exactly one way makes the digits right */
    size_t position;
    char from, to;
};

/* Texts have fillers at the end removed; in names inner fillers are blanks, elsewhere
 * they stay. Empty means absent. */
struct gw_mrz {
    enum gw_mrz_format format;
    char document_code[3], issuing_state[4], nationality[4];
    char surname[40], given_names[40];
    char document_number[24]; /* with what overflows into the optional data (part 5, 4.2.2.2 note j) */
    char optional_data[17], optional_data_2[12]; /* the second of TD1 only */
    struct gw_mrz_date birth_date, expiry_date;
    char sex;                /* 'M', 'F' or '<' unspecified; 'X' is written as '<' */
    bool name_may_be_cut;    /* the name field is full to its last character */
    bool specimen;           /* issued by Utopia or another code no state has */
    enum gw_mrz_check document_number_check, birth_date_check, expiry_date_check, optional_data_check, composite_check;
    bool valid;              /* no problem is an error */
    struct gw_mrz_problem problems[GW_MRZ_PROBLEMS];
    size_t n_problems;
    struct gw_mrz_fix fixes[GW_MRZ_FIXES];
    size_t n_fixes;
};

struct gw_mrz_options {
    struct gw_date today; /* for the century of two-digit years; must be a date */
    bool repair;          /* put right what OCR mistook, where the digits and the whole prove it */
};

/* Reads one zone: its lines, separated by line ends (blanks at line ends and empty
 * lines are passed over), or all lines run together. GW_ERR_FORMAT when it has not the
 * shape of one of the five; GW_ERR_UNSUPPORTED when it is one known not to be ICAO's,
 * named in the text. Everything else is in problems. */
[[nodiscard]] bool gw_mrz_parse(struct gw_mrz *out, struct gw_span text, const struct gw_mrz_options *options,
    struct gw_err *err);

/* The zone of m with fresh check digits, lines ended by '\n', zero behind. Names are
 * cut so that the last place has a letter, as part 4 section 4.2.3 asks. GW_ERR_INVALID names the field that does not fit.
 * out: GW_MRZ_TEXT bytes. */
enum { GW_MRZ_TEXT = GW_MRZ_MOST + 3 + 1 };
[[nodiscard]] bool gw_mrz_format(char out[GW_MRZ_TEXT], const struct gw_mrz *m, struct gw_err *err);

/* Part 3 section 4.9: 0 to 9, or -1 when a character is not of the MRZ alphabet. */
int gw_mrz_check_digit(const char *text, size_t n);

const char *gw_mrz_format_name(enum gw_mrz_format format); /* "TD3", "MRV-A" */

/* "1985-XX-XX", "1985-02-XX"; "" when nothing is known. */
enum { GW_MRZ_DATE_TEXT = 11 };
void gw_mrz_date_format(char out[GW_MRZ_DATE_TEXT], struct gw_mrz_date d);

/* Two digits of a year to four (the one century rule of the product).
 * Birth: the latest year not after today's date. Expiry: 20yy below 80, else 19yy. */
int16_t gw_mrz_birth_year(unsigned yy, uint8_t month, uint8_t day, struct gw_date today);
int16_t gw_mrz_expiry_year(unsigned yy);
