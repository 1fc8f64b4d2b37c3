/* rank.h - which of a person's portraits are looked for: by where they come from, how old
 * they are and how good.
 *
 * A rank is a number of points, and only differences count: so two portraits stand in the same
 * order today and in a year, and a gallery need not be built again because a night has passed.
 * Why these points: docs/decisions/0027-portraits-ranked.md.
 *
 * Threads: no state. */
#pragma once
#include "base/defs.h"

/* Where a portrait comes from. */
enum gw_portrait_source {
    GW_PORTRAIT_CHIP,        /* of a passport or card: what its issuer signed */
    GW_PORTRAIT_PASSPORT,    /* the issuer's own file, or the printed page */
    GW_PORTRAIT_VISA,
    GW_PORTRAIT_ENCOUNTER,   /* taken at an earlier crossing */
    GW_PORTRAIT_APPLICATION, /* sent in by the person */
    GW_PORTRAIT_SOURCE_COUNT
};

struct gw_portrait_facts {
    enum gw_portrait_source source;
    double quality;                     /* 0 to 100 */
    bool has_captured;
    int64_t captured_day, received_day; /* since 1970-01-01; without the first it is taken for GW_RANK_UNDATED_DAYS old when it came */
};
#define GW_RANK_UNDATED_DAYS 1826

/* Higher is better. */
double gw_portrait_rank(const struct gw_portrait_facts *p);
