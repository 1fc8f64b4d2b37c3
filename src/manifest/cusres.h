/* cusres.h - UN/EDIFACT CUSRES as border authorities answer PAXLST with it: the
 * response to a request (BGM 962), a status that changed later (132), and the
 * carrier's acknowledgement of that (312). Read and written.
 *
 * What a status code means differs by authority ("1" is "do not board" with one and
 * "selectee" with another), so codes are data: profiles/NAME.json. Boarding is
 * allowed only by an explicit cleared; no answer, an unknown code and an error all
 * mean "not yet".
 *
 * Pure. */
#pragma once
#include "manifest/deadline.h"
#include "manifest/paxlst.h"

enum gw_clearance {
    GW_CLEARANCE_NOT_YET, /* no answer, or one nobody understands */
    GW_CLEARANCE_CLEARED,
    GW_CLEARANCE_SELECTEE,  /* may board after a search the authority asked for */
    GW_CLEARANCE_INHIBITED, /* must not board */
    GW_CLEARANCE_ADVISORY,  /* ask the authority */
    GW_CLEARANCE_INSUFFICIENT, /* data missing or wrong: send again */
    GW_CLEARANCE_COUNT
};
const char *gw_clearance_name(enum gw_clearance c); /* "not_yet" */
bool gw_clearance_find(enum gw_clearance *out, struct gw_span name);
/* What his data alone say: INSUFFICIENT where name, birth date or document is missing, else NOT_YET. A
 * close-out names travelers by reference only. */
enum gw_clearance gw_clearance_of_data(enum gw_manifest_kind kind, const struct gw_manifest_traveler *t);

enum { GW_CUSRES_CODES_MAX = 64, GW_CUSRES_RESULTS_MAX = 20'000, GW_CUSRES_VOYAGES_MAX = 16, GW_CUSRES_CODES_OF_ONE = 4, GW_CUSRES_TEXT_MAX = 512 };

/* What was agreed on with one partner: an authority's codes and deadlines, and the separators of
 * interchanges without UNA. From JSON (docs/manifests.md). */
struct gw_status_profile {
    struct gw_span name;
    bool has_separators;
    struct gw_edifact_separators separators;
    struct {
        struct gw_span code; /* whole, or its first character where `first` */
        bool first;
        enum gw_clearance clearance;
        struct gw_span text; /* what is written with it */
    } codes[GW_CUSRES_CODES_MAX];
    size_t n_codes;
    struct gw_deadlines deadlines;
};
/* GW_ERR_FORMAT, GW_ERR_INVALID with the member that is wrong, GW_ERR_LIMIT. */
[[nodiscard]] bool gw_status_profile_parse(struct gw_status_profile *out, struct gw_arena *a, struct gw_span json,
    struct gw_err *err);
enum gw_clearance gw_status_meaning(const struct gw_status_profile *p, struct gw_span code);
/* The profile's code for a clearance; size 0 when it has none (then nothing is said). */
struct gw_span gw_status_code(const struct gw_status_profile *p, enum gw_clearance c, struct gw_span *text);

enum gw_cusres_kind { GW_CUSRES_RESPONSE, GW_CUSRES_UNSOLICITED, GW_CUSRES_ACKNOWLEDGEMENT, GW_CUSRES_OTHER };
struct gw_cusres_result {
    bool of_message;                     /* ERP+1: about the whole message; else ERP+2, about one traveler */
    struct gw_span reservation, reference; /* AVF, ABO */
    struct gw_span codes[GW_CUSRES_CODES_OF_ONE]; /* ERC */
    size_t n_codes;
    struct gw_span text;
};
struct gw_cusres {
    enum gw_cusres_kind kind;
    struct gw_span sender, recipient, message_reference, common_access_reference, transaction_reference;
    struct {
        struct gw_span flight;           /* "CA339" */
        struct gw_manifest_leg leg;
    } voyages[GW_CUSRES_VOYAGES_MAX];
    size_t n_voyages;
    struct gw_cusres_result *results;
    size_t n_results;
    struct gw_manifest_problem *problems;
    size_t n_problems, n_problems_all;
    bool valid;
};
/* All CUSRES of a text as one: an answer may come in another split than what was asked, so
 * the head is that of the first and the results stand one behind the other. Errors as
 * gw_paxlst_parse. */
[[nodiscard]] bool gw_cusres_parse(struct gw_cusres *out, struct gw_arena *a, struct gw_span text, struct gw_date today,
    const struct gw_edifact_separators *partner, struct gw_err *err);
/* What a result says: cleared only where every code of it does, else the gravest. */
enum gw_clearance gw_cusres_meaning(const struct gw_cusres_result *result, const struct gw_status_profile *p);
/* What an answer says of a traveler, joined on the reference (ABO), else on the
 * reservation where only one result has it. The last result wins. */
enum gw_clearance gw_cusres_clearance(const struct gw_cusres *c, const struct gw_status_profile *p, struct gw_span reference,
    struct gw_span reservation);
[[nodiscard]] struct gw_json *gw_cusres_to_json(const struct gw_cusres *c, const struct gw_status_profile *p);

/* Writes the answer to a message: echoes its references, voyage and travelers. Left out are
 * travelers whose clearance has no code in the profile, and those with neither reference nor
 * reservation: nobody could join them. The header's code is 0 where the message is valid and
 * nobody was left out for want of a reference, else 1. now_us dates the interchange. */
struct gw_cusres_answer {
    enum gw_cusres_kind kind;            /* RESPONSE or UNSOLICITED */
    const struct gw_paxlst_message *to;
    const enum gw_clearance *clearances; /* one for each traveler */
    const struct gw_status_profile *profile;
    struct gw_span sender;               /* who answers */
    int64_t now_us;
    uint64_t number;                     /* of the interchange, by who answers */
};
void gw_cusres_format(struct gw_buf *out, const struct gw_cusres_answer *answer);
