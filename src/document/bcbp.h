/* bcbp.h - the bar-coded boarding pass, IATA Resolution 792, versions 1 to 8.
 *
 * Its sections announce their own sizes and may stop after any item: an item cut off
 * is absent, an item of blanks is there and empty, and the difference is kept. What
 * a newer version adds is kept as it stands; sizes alone decide what belongs where.
 *
 * Pure. Spans point into the text given to gw_bcbp_parse and live as long as it. */
#pragma once
#include "base/clock.h"
#include "base/fail.h"
#include "base/span.h"

enum { GW_BCBP_MOST = 2048, GW_BCBP_LEGS = 4, GW_BCBP_PROBLEMS = 24 };

/* Conditional items: data NULL when absent, size 0 when there and blank. */
enum gw_bcbp_once { /* of the pass; bcbp.c has names and sizes */
    GW_BCBP_PASSENGER_DESCRIPTION, /* 15 */
    GW_BCBP_CHECK_IN_SOURCE,       /* 12 */
    GW_BCBP_ISSUANCE_SOURCE,       /* 14 */
    GW_BCBP_ISSUE_DATE,            /* 22 */
    GW_BCBP_DOCUMENT_TYPE,         /* 16 */
    GW_BCBP_ISSUER,                /* 21 */
    GW_BCBP_BAG_TAG,               /* 23 */
    GW_BCBP_BAG_TAG_2,             /* 31 */
    GW_BCBP_BAG_TAG_3,             /* 32 */
    GW_BCBP_ONCE_COUNT
};
enum gw_bcbp_leg_item { /* of a leg */
    GW_BCBP_AIRLINE_NUMERIC_CODE,   /* 142 */
    GW_BCBP_DOCUMENT_SERIAL,        /* 143 */
    GW_BCBP_SELECTEE,               /* 18 */
    GW_BCBP_DOCUMENT_VERIFICATION,  /* 108 */
    GW_BCBP_MARKETING_CARRIER,      /* 19 */
    GW_BCBP_FREQUENT_FLYER_AIRLINE, /* 20 */
    GW_BCBP_FREQUENT_FLYER_NUMBER,  /* 236 */
    GW_BCBP_ID_AD,                  /* 89 */
    GW_BCBP_BAGGAGE_ALLOWANCE,      /* 118 */
    GW_BCBP_FAST_TRACK,             /* 254 */
    GW_BCBP_LEG_ITEM_COUNT
};

struct gw_bcbp_leg {
    char pnr[8], from[4], to[4], carrier[4];
    char flight[6];    /* without leading zeros, with its suffix: "834", "1733A" */
    int16_t day_of_year; /* 1 to 366; 0 where the leg has none */
    struct gw_date date; /* the day it means, seen from the reference date; year 0: none */
    char compartment[2], status[2];
    char seat[5];      /* without leading zeros: "1A"; "INF" for an infant on a lap */
    char sequence[6];  /* without leading zeros: "25" */
    struct gw_span items[GW_BCBP_LEG_ITEM_COUNT];
    struct gw_span airline_use; /* item 4, as it stands */
};

struct gw_bcbp_problem {
    bool is_error;
    const char *field, *code, *text;
    size_t position; /* in the text given */
};

struct gw_bcbp {
    char passenger_name[21]; /* as printed, blanks at the end removed */
    bool electronic_ticket;
    char version[2];         /* "" where the pass has no version */
    struct gw_span once[GW_BCBP_ONCE_COUNT];
    struct gw_date issued;   /* item 22 seen from the reference date; year 0: not told */
    struct gw_bcbp_leg legs[GW_BCBP_LEGS];
    size_t n_legs;
    struct gw_span security_type, security; /* data NULL where there is none */
    bool valid;
    struct gw_bcbp_problem problems[GW_BCBP_PROBLEMS];
    size_t n_problems;
};

/* Reads one pass. A symbology identifier (]Q3) in front and line ends behind are
 * passed over; lower case is read as upper where the standard has upper only, and
 * told. reference: the day it is scanned. GW_ERR_FORMAT when it is no boarding pass,
 * GW_ERR_LIMIT above GW_BCBP_MOST bytes. */
[[nodiscard]] bool gw_bcbp_parse(struct gw_bcbp *out, struct gw_span text, struct gw_date reference, struct gw_err *err);

const char *gw_bcbp_once_name(enum gw_bcbp_once i);        /* "bag_tag_2" */
const char *gw_bcbp_leg_item_name(enum gw_bcbp_leg_item i); /* "fast_track" */
