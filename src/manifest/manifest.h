/* manifest.h - what a carrier announces: one voyage and who is on it, whatever
 * format it came in. Pure: bytes in, facts and problems out.
 *
 * A damaged traveler does not cost the others: what can be read is read, and each
 * fault is a problem with its place. A problem's text names the field and the rule
 * and never what stood there: it may be a person's name.
 *
 * A span of size 0 is an absent fact. All memory is the caller's arena; spans point
 * into it, never into the input.
 *
 * Threads: no state. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"

enum {
    GW_MANIFEST_BYTES_MAX = 16 << 20,   /* of one message */
    GW_MANIFEST_ARENA_BYTES = 64 << 20, /* enough working memory for the largest message allowed */
    GW_MANIFEST_TRAVELERS_MAX = 10'000, /* the largest cruise ships sail with 9,000 */
    GW_MANIFEST_DOCUMENTS_MAX = 8,      /* of one traveler */
    GW_MANIFEST_LEGS_MAX = 64,
    GW_MANIFEST_PROBLEMS_MAX = 1'000,   /* more are counted, not listed */
    GW_MANIFEST_NAME_MAX = 200,         /* bytes of UTF-8 in a name */
    GW_MANIFEST_WORD_MAX = 64,          /* bytes in a number, reference, code */
    GW_MANIFEST_STATUS_MAX = 16,
};

enum gw_manifest_kind {
    GW_MANIFEST_PASSENGER_LIST,
    GW_MANIFEST_CREW_LIST,
    GW_MANIFEST_CLOSE_OUT, /* who was on board: close_list says what the travelers are */
    GW_MANIFEST_UPDATE,    /* only the travelers named are concerned */
};
enum gw_manifest_function {
    GW_MANIFEST_WHOLE,  /* null: the list is complete; who was on an earlier one and is not here goes */
    GW_MANIFEST_ADD,    /* these too */
    GW_MANIFEST_CHANGE, /* these, as they are now; unknown ones are added */
    GW_MANIFEST_REMOVE, /* these no longer */
};
/* What the travelers of a close-out are. */
enum gw_close_list {
    GW_CLOSE_NONE,         /* not a close-out */
    GW_CLOSE_ALL,          /* there is no list: all who may board did */
    GW_CLOSE_ON_BOARD,     /* those on board */
    GW_CLOSE_NOT_ON_BOARD, /* those expected who are not */
};
enum gw_mode { GW_MODE_AIR, GW_MODE_SEA, GW_MODE_LAND };
enum gw_direction { GW_DIRECTION_UNSTATED, GW_DIRECTION_ARRIVAL, GW_DIRECTION_DEPARTURE };
enum gw_traveler_kind { GW_TRAVELER_PASSENGER, GW_TRAVELER_CREW };

struct gw_manifest_time {
    bool has;
    bool local; /* no zone was given: local time of the port, kept as if it were UTC */
    int64_t us;
};

struct gw_manifest_leg {
    struct gw_span from, to; /* port codes */
    struct gw_manifest_time departure, arrival;
    struct gw_span carrier, number; /* where they differ from the voyage's */
};

struct gw_manifest_document {
    struct gw_span type;          /* "P", "V", "I" … */
    struct gw_span number;        /* upper case, without blanks and hyphens */
    struct gw_span issuing_state; /* three letters */
    struct gw_date expiry_date;
};

/* A yes or no that the sender may leave out. */
enum gw_stated { GW_UNSTATED, GW_STATED_NO, GW_STATED_YES };

struct gw_manifest_traveler {
    enum gw_traveler_kind kind;
    struct gw_span surname, given_names;
    char sex;                  /* 'M', 'F', 'X', or 0: absent */
    struct gw_date birth_date; /* month or day 0: unknown part; year 0: absent */
    struct gw_span nationality, residence;
    struct gw_span status; /* class of admission or visa: "B-2", "LPR"; capitals, digits, hyphens */
    enum gw_stated permanent_resident;
    enum gw_stated accompanied; /* a child: by an adult answerable for it */
    struct gw_manifest_document *documents;
    size_t n_documents;
    struct gw_span reservation, reference; /* the carrier's own: for the booking, for the person on this voyage */
    struct gw_span origin, destination, seat;
    bool in_transit;
};

struct gw_manifest_problem {
    bool is_error;      /* else a warning: read all the same */
    bool has_segment;   /* EDIFACT segment, CSV row, or JSON traveler: counted from 0 */
    size_t segment;
    size_t offset;      /* byte in the input; GW_NO_PLACE where there is none */
    const char *tag;    /* EDIFACT tag, CSV column, NULL for none; for JSON the pointer (RFC 6901) */
    const char *code;   /* stable word: "missing", "date", "too_long"… */
    const char *text;   /* a sentence */
};

struct gw_manifest {
    enum gw_manifest_kind kind;
    enum gw_manifest_function function;
    enum gw_close_list close_list;
    bool cancelled; /* an update that says: the voyage does not take place */
    bool unclear;   /* JSON, CSV: what the message is to do cannot be told (its kind, function, list or cancellation is damaged,
                       each with a problem): taken for a whole list it could take everybody off the voyage */
    struct gw_span message_reference, sender, recipient;
    struct {
        bool has_mode;
        enum gw_mode mode;
        enum gw_direction direction;
        struct gw_span carrier, number;
        struct gw_span from, to; /* port codes */
        struct gw_manifest_time departure, arrival;
        struct gw_manifest_leg *legs;
        size_t n_legs;
    } voyage;
    struct {
        struct gw_span name, telephone, email;
    } reporting_party;
    struct gw_manifest_traveler *travelers;
    size_t n_travelers;
    size_t n_left_out; /* travelers of the message that could not be read or whose reference was another's before, each with a
                          problem; one for the end of a list that is missing: while it is not 0, who is not in the list may
                          still be on the voyage */
    bool has_declared;
    uint64_t declared; /* how many the sender says there are */
    struct gw_manifest_problem *problems;
    size_t n_problems, n_problems_all; /* listed; found */
    bool valid;        /* no problem is an error */
};

/* Reads a JSON message (docs/manifest.schema.json). Succeeds with problems where
 * single facts or travelers are damaged. Fails only when there is nothing to use:
 *   GW_ERR_FORMAT   not a JSON object, or cut off; err->at is the byte
 *   GW_ERR_LIMIT    a named limit, or the arena's cap */
[[nodiscard]] bool gw_manifest_parse_json(struct gw_manifest *out, struct gw_arena *a, struct gw_span text,
    struct gw_err *err);

/* The message again, without count.read, valid and problems: parse(format(m)) = m. */
[[nodiscard]] struct gw_json *gw_manifest_to_json(const struct gw_manifest *m);
/* One traveler of it, and back: what the store seals. Parsing what was formatted here cannot fail but for
 * GW_ERR_LIMIT; anything else is read tolerantly, without problems. */
[[nodiscard]] struct gw_json *gw_manifest_traveler_to_json(const struct gw_manifest_traveler *t);
[[nodiscard]] bool gw_manifest_traveler_parse_json(struct gw_manifest_traveler *out, struct gw_arena *a,
    struct gw_span text, struct gw_err *err);
/* Adds what was found in reading: count with declared and read, valid, problems. */
void gw_manifest_report_to_json(struct gw_json *manifest, const struct gw_manifest *m);
/* The list of problems as the contract shows it; for answers and for the command. */
[[nodiscard]] struct gw_json *gw_manifest_problems_to_json(const struct gw_manifest_problem *problems, size_t n);

const char *gw_manifest_kind_name(enum gw_manifest_kind kind);             /* "passenger_list" */
const char *gw_manifest_function_name(enum gw_manifest_function function); /* NULL for WHOLE */
const char *gw_close_list_name(enum gw_close_list list);                   /* "on_board"; NULL for NONE */
const char *gw_mode_name(enum gw_mode mode);                               /* "air" */
bool gw_mode_find(enum gw_mode *out, struct gw_span name);
const char *gw_direction_name(enum gw_direction direction);                /* NULL for UNSTATED */
const char *gw_traveler_kind_name(enum gw_traveler_kind kind);             /* "passenger" */

/* A document's number as it is compared everywhere: ASCII letters upper, blanks and
 * hyphens gone. False when nothing is left, or other characters or more than
 * GW_MANIFEST_WORD_MAX bytes are in it. out: GW_MANIFEST_WORD_MAX bytes. */
[[nodiscard]] bool gw_document_number(char *out, size_t *n, struct gw_span text);
