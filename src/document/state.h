/* state.h - the codes of states, organizations and kinds of persons that travel
 * documents carry (ICAO Doc 9303-3 section 5, ISO 3166-1 alpha-3 and its extensions).
 *
 * Pure data. */
#pragma once
#include "base/defs.h"

enum gw_state_kind {
    GW_STATE_COUNTRY,      /* ISO 3166-1 */
    GW_STATE_BRITISH,      /* kinds of British nationals who are not citizens: GBD GBN GBO GBP GBS */
    GW_STATE_ORGANIZATION, /* United Nations, European Union, Interpol … */
    GW_STATE_PERSON,       /* stateless, refugees, unspecified: XXA XXB XXC XXX */
    GW_STATE_OTHER,        /* in use beside the standard: RKS, NTZ … */
    GW_STATE_SPECIMEN,     /* UTO: test data, must never clear a border */
};

struct gw_state {
    char code[4];  /* as in the zone, without fillers: "D" for Germany */
    char alpha2[3]; /* as certificates write it: ISO 3166-1 alpha-2 or Doc 9303-3 section 5; "" where there is none */
    uint8_t kind;  /* enum gw_state_kind */
    const char *name; /* English, only where no ISO code names it */
};

/* NULL when the code is not known. Lower case is not. */
const struct gw_state *gw_state_find(const char *code);
/* The country whose citizens these are, for rules: GBD…GBS -> "GBR", "D" -> "DEU",
 * XXK and UNK -> "RKS", others themselves. NULL when not known. */
const char *gw_state_country(const char *code);
