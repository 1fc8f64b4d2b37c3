/* paxlst.h - UN/EDIFACT PAXLST (directories D.02B to D.15B, the use of the WCO, IATA
 * and ICAO guide): passenger and crew lists, their changes, cancellations and
 * close-outs, from an interchange to struct gw_manifest.
 *
 * Segments are placed by their tag and the group that is open, not by strict order:
 * real senders do not keep it. Wrong counts and references are warnings with their
 * place; a manifest is never lost for one, and a damaged traveler never costs the
 * others.
 *
 * Pure. Everything lives in the caller's arena. */
#pragma once
#include "manifest/edifact.h"
#include "manifest/manifest.h"

enum { GW_PAXLST_MESSAGES_MAX = 1'000, GW_PAXLST_BAG_TAGS_MAX = 16 };

/* What PAXLST tells of a person beyond struct gw_manifest_traveler; size 0: absent. */
struct gw_paxlst_person {
    size_t segment, offset;            /* of the NAD that began it */
    unsigned part;                     /* of the message it came in; 0: without a number */
    struct gw_span party;              /* NAD 3035: FL, FM, DDU, DDT, ZZZ */
    struct gw_span place_of_birth;     /* LOC+180 */
    struct gw_span clearance;          /* LOC+22 */
    struct gw_span agency_reference;   /* RFF+AEA */
    struct gw_span frequent_traveler;  /* RFF+CR */
    struct gw_span ticket;             /* RFF+YZY */
    struct gw_span duty;               /* EMP: CR1 … CR5 */
    struct gw_span telephone;
    bool has_bags, has_verified, verified; /* MEA+CT; GEI+4+173 or 174 */
    unsigned bags;
    struct gw_paxlst_bag_tag {
        struct gw_span tag; /* first of `count` consecutive ones */
        unsigned count;
    } *bag_tags;
    size_t n_bag_tags;
    struct gw_paxlst_more *more; /* what few are told with; NULL: none of it */
};

struct gw_paxlst_more {
    struct gw_span birth_state;       /* LOC+180 3225, where the place is a text of its own */
    struct gw_span birth_nationality; /* NAT+1 */
    struct gw_span second_nationality; /* NAT+2 once more */
    struct gw_span alien_number;      /* RFF+AHN */
    struct gw_span email;             /* COM EM */
    struct gw_span street, city, subdivision, postal_code, country; /* NAD C059 and behind */
    bool has_bag_weight;              /* MEA+WT */
    unsigned bag_weight;
    struct gw_span bag_weight_unit;   /* KGM, LBR */
    struct gw_paxlst_issue {
        struct gw_date date;  /* DTM+182; year 0: absent */
        struct gw_span place; /* LOC+91 as a text, where it is no state */
    } issues[GW_MANIFEST_DOCUMENTS_MAX]; /* of the traveler's documents, in their order */
};

struct gw_paxlst_message {
    struct gw_manifest manifest;
    struct gw_paxlst_person *persons; /* as many as manifest.travelers, in their order */
    struct gw_span interchange_reference, common_access_reference, transaction_reference, revision, release;
    struct gw_span code, sub_function; /* BGM: "745", "CLOB" */
    struct gw_span vessel, vessel_name;                 /* TDT C222, where a voyage number stands beside it */
    struct gw_span filing_place, reporting_place;       /* of a master crew list: LOC+188, 172 */
    struct gw_manifest_time filed;                      /* DTM+554 */
    bool has_part;                     /* UNH element 4 */
    struct gw_paxlst_part {
        unsigned number; /* 0: none was given */
        char mark;       /* C, F, or 0 */
    } *parts;            /* of all joined into this one, by number */
    size_t n_parts;
    bool complete;                     /* no part is missing */
    size_t n_lost;                     /* of its own travelers; manifest.n_left_out counts a missing part, too */
    uint64_t declared_sum;             /* of the parts' counts */
    size_t count_segment, count_offset; /* of the last CNT */
};

struct gw_paxlst {
    struct gw_paxlst_message *messages;
    size_t n_messages;
};

/* Reads all interchanges of a text, with or without Type B lines around them. Messages of
 * one transmission in several parts are joined. today: decides centuries where the
 * interchange has no date. partner: separators agreed on for interchanges without UNA, or
 * NULL. Problems of the interchange are those of the message they follow. Fails only when
 * nothing can be used:
 *   GW_ERR_FORMAT       no EDIFACT, no message in it
 *   GW_ERR_UNSUPPORTED  another message (CUSRES: manifest/cusres.h), the US dialect retired in 2008, named
 *   GW_ERR_LIMIT        GW_MANIFEST_BYTES_MAX and the other named limits, or the arena's cap */
[[nodiscard]] bool gw_paxlst_parse(struct gw_paxlst *out, struct gw_arena *a, struct gw_span text, struct gw_date today,
    const struct gw_edifact_separators *partner, struct gw_err *err);

/* Joins parts, also those read from several interchanges: same sender, reference (common
 * access, else transaction), list and voyage. Travelers stand in the order of their parts;
 * a part that came twice replaces the first. Returns how many messages are left, in the
 * order of their first parts; or 0 with GW_ERR_LIMIT. */
[[nodiscard]] size_t gw_paxlst_join(struct gw_paxlst_message *messages, size_t n, struct gw_arena *a, struct gw_err *err);

/* Are these, by number, all parts of a transmission: 1 to one marked F; without marks F, those of senders who
 * mark every part but the last with C. */
bool gw_paxlst_whole(const struct gw_paxlst_part *parts, size_t n);

/* gw_manifest_to_json, and what PAXLST knows beyond it. */
[[nodiscard]] struct gw_json *gw_paxlst_to_json(const struct gw_paxlst_message *m);
