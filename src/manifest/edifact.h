/* edifact.h - UN/EDIFACT interchanges taken apart and put together (ISO 9735 syntax
 * versions 1 to 4), as they really travel: any UNA, the SIRE dialect, Type B address
 * lines around, lines wrapped anywhere.
 *
 * The reader gives one segment after the other from a text it never copies whole;
 * a segment it cannot read is told and passed over, and reading goes on.
 *
 * Pure. A reader belongs to one thread. */
#pragma once
#include "base/buf.h"
#include "base/fail.h"
#include "base/span.h"

enum {
    GW_EDIFACT_SEGMENT_BYTES = 4096, /* of one segment, service characters included */
    GW_EDIFACT_PARTS = 256,          /* components of one segment, over all its elements */
    GW_EDIFACT_ELEMENTS = 64,
};

struct gw_edifact_separators {
    char component, element, decimal, release, repetition, terminator; /* release, repetition: 0 for none */
};

struct gw_edifact {
    struct gw_span in;
    size_t at;                 /* next byte */
    size_t index;              /* segments given or passed over */
    struct gw_edifact_separators separators;
    bool has_una;
    char scratch[GW_EDIFACT_SEGMENT_BYTES];
};

/* Values are unescaped and without line ends; they live in the reader until the next
 * segment. A repetition stands as an element of its own with the same number. */
struct gw_edifact_segment {
    char tag[4];
    size_t index;  /* from 0 over the interchange, UNA not counted */
    size_t offset; /* of its tag in the input */
    size_t n_elements;
    struct {
        uint16_t number; /* 1 is the first behind the tag */
        uint16_t first, n; /* of parts */
    } elements[GW_EDIFACT_ELEMENTS];
    struct gw_span parts[GW_EDIFACT_PARTS];
    size_t n_parts;
    bool odd_release; /* a release character stood before one that needs none */
};

/* Finds UNA or UNB, passing over what stands before, and takes the separators: from
 * UNA, else the standard's; `"` ends a segment where UNB says SIRE. A bare segment
 * without an interchange is read too. GW_ERR_FORMAT: nothing like EDIFACT. */
[[nodiscard]] bool gw_edifact_open(struct gw_edifact *e, struct gw_span text, struct gw_err *err);

enum gw_edifact_read {
    GW_EDIFACT_SEGMENT, /* *out is one */
    GW_EDIFACT_BAD,     /* err says why, err->at where; it was passed over */
    GW_EDIFACT_END,
};
enum gw_edifact_read gw_edifact_next(struct gw_edifact *e, struct gw_edifact_segment *out, struct gw_err *err);

/* The value of an element's component, both counted from 1; absent and empty alike
 * are size 0. Blanks at both ends are gone. */
struct gw_span gw_edifact_get(const struct gw_edifact_segment *s, unsigned element, unsigned component);
bool gw_edifact_is(const struct gw_edifact_segment *s, const char *tag);

/* Writing, with the standard separators. Empty components and elements at the end
 * are left out; service characters in values are released; line ends become blanks. */
struct gw_edifact_writer {
    struct gw_buf *out;
    size_t segments; /* since the last UNH, it included */
    size_t element_at, elements_empty, components_empty;
};
void gw_edifact_begin(struct gw_edifact_writer *w, const char *tag);
void gw_edifact_element(struct gw_edifact_writer *w);                         /* the next element; its first component follows */
void gw_edifact_component(struct gw_edifact_writer *w, struct gw_span value); /* the next component of it */
void gw_edifact_text(struct gw_edifact_writer *w, const char *value);        /* element of one component */
void gw_edifact_end(struct gw_edifact_writer *w);
