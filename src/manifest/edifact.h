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
#include "base/clock.h"
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
/* Five differing characters, decimal aside; none of them a letter, digit or blank. */
bool gw_edifact_separators_check(const struct gw_edifact_separators *s);

struct gw_edifact {
    struct gw_span in;
    size_t at;    /* next byte */
    size_t index; /* segments given or passed over */
    struct gw_edifact_separators separators;
    bool has_una, has_partner;
    struct gw_edifact_separators partner;
    uint8_t kinds[256]; /* what each byte is, under these separators */
    bool has_plain_letters; /* no capital letter is a separator */
    size_t block;       /* whose masks are held: 64 bytes from here; SIZE_MAX for none */
    /* A bit for each byte of the block: */
    uint64_t elements, components, terminators; /* these separators */
    uint64_t rare; /* release, repetition, line ends and control bytes: a segment with one is not read plainly */
    uint64_t odd;  /* what the lowest syntax level does not have, and a few that are not */
    void (*scan)(struct gw_edifact *e, const uint8_t *bytes); /* fills them from 64 bytes */
    char scratch[GW_EDIFACT_SEGMENT_BYTES];
};
/* What scan does, byte by byte: the definition that faster ones are held to. */
void gw_edifact_scan_plainly(struct gw_edifact *e, const uint8_t *bytes);

/* Values are unescaped, without line ends and control bytes, blanks for tabs; they live as long as
 * the input or until the next segment, whichever is shorter. A repetition stands as
 * an element of its own with the same number. All parts lie in one text, a byte between
 * them: only where they begin is kept. */
struct gw_edifact_segment {
    char tag[4]; /* "" when a segment passed over has none that could be read */
    uint32_t code; /* the tag as a number: GW_EDIFACT_TAG('N', 'A', 'D') */
    size_t index;  /* from 0 over the interchange, UNA not counted */
    size_t offset; /* of its tag in the input */
    bool odd_release; /* a release character stood before one that needs none */
    bool has_lower, has_high; /* letters a to z; bytes above 127 */
    bool repeats;
    size_t n_elements, n_parts;
    const uint8_t *text;
    /* Room for a block of separators more: they are counted when they are written. */
    uint16_t starts[GW_EDIFACT_PARTS + 1 + 64];   /* of each part, and what would be the next one's */
    uint16_t first[GW_EDIFACT_ELEMENTS + 1 + 64]; /* part of each element, and n_parts */
    uint16_t numbers[GW_EDIFACT_ELEMENTS];   /* 1 is the first behind the tag; only where it repeats */
};
/* Element i from 0: its number, and how many components it has. */
static inline unsigned gw_edifact_number(const struct gw_edifact_segment *s, size_t i)
{
    return s->repeats ? s->numbers[i] : (unsigned)i + 1;
}
static inline size_t gw_edifact_count(const struct gw_edifact_segment *s, size_t i)
{
    return (size_t)(s->first[i + 1] - s->first[i]);
}
/* A part as it stands, i from 0 to n_parts. */
static inline struct gw_span gw_edifact_part(const struct gw_edifact_segment *s, size_t i)
{
    return (struct gw_span){ s->text + s->starts[i], (size_t)(s->starts[i + 1] - s->starts[i] - 1) };
}

/* Finds UNA or UNB, passing over what stands before, and takes the separators: from
 * UNA; else those of `partner`, an agreement with who sends (NULL: none); else `"` ends a
 * segment where UNB says SIRE, and the standard's. Bare segments without an interchange
 * are read too.
 *   GW_ERR_FORMAT  nothing like EDIFACT, or separators that nobody agreed on */
[[nodiscard]] bool gw_edifact_open(struct gw_edifact *e, struct gw_span text, const struct gw_edifact_separators *partner,
    struct gw_err *err);
/* After UNZ: goes to the next interchange of the text; false where only footers follow. */
bool gw_edifact_again(struct gw_edifact *e);

enum gw_edifact_read {
    GW_EDIFACT_SEGMENT, /* *out is one */
    GW_EDIFACT_BAD,     /* err says why, err->at where; out->tag, index, offset are those of what was passed over */
    GW_EDIFACT_END,
};
enum gw_edifact_read gw_edifact_next(struct gw_edifact *e, struct gw_edifact_segment *out, struct gw_err *err);

/* Is the text an interchange, and of which message first (UNH 0065)? type is "" when
 * it says none. Costs what opening and a few segments cost. Errors as gw_edifact_open:
 * err->at is a place where there is UNA or UNB, but not to be used. */
enum { GW_EDIFACT_TYPE_TEXT = 8 };
bool gw_edifact_recognize(char type[GW_EDIFACT_TYPE_TEXT], struct gw_span text, const struct gw_edifact_separators *partner,
    struct gw_err *err);

/* The value of an element's component, both counted from 1; absent and empty alike
 * are size 0. Blanks at both ends are gone. */
struct gw_span gw_edifact_get_repeated(const struct gw_edifact_segment *s, unsigned element, unsigned component);
static inline struct gw_span gw_edifact_get(const struct gw_edifact_segment *s, unsigned element, unsigned component)
{
    if (s->repeats)
        return gw_edifact_get_repeated(s, element, component);
    if (element > s->n_elements || component > gw_edifact_count(s, element - 1))
        return (struct gw_span){};
    struct gw_span v = gw_edifact_part(s, s->first[element - 1] + component - 1u);
    if (v.size > 0 && (v.data[0] <= ' ' || v.data[v.size - 1] <= ' '))
        v = gw_span_trim(v);
    return v;
}

/* A tag as one number, for switches. */
#define GW_EDIFACT_TAG(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))
bool gw_edifact_is(const struct gw_edifact_segment *s, const char *tag);
/* A qualifier of up to four characters the same way; 0 for longer ones. */
static inline uint32_t gw_edifact_code(struct gw_span s)
{
    uint32_t code = 0;
    if (s.size <= 4)
        for (size_t i = 0; i < s.size; i++)
            code = code << 8 | s.data[i];
    return code;
}

/* Dates and times of DTM, UNB and UNG (2380 with 2379: 101, 102, 201, 203, 204; without a
 * code told by the length). Which century two digits of a year mean: */
enum gw_edifact_century {
    GW_CENTURY_BIRTH,  /* the latest that is not after today */
    GW_CENTURY_EXPIRY, /* from 20 years before today */
    GW_CENTURY_NEAR,   /* from 50 years before today */
};
/* 00 for an unknown month or day of a birth is kept as 0. of_day_us may be NULL. */
[[nodiscard]] bool gw_edifact_moment(struct gw_date *date, int64_t *of_day_us, struct gw_span value, struct gw_span format,
    enum gw_edifact_century century, struct gw_date today);

/* Writing, with the standard separators. Empty components and elements at the end
 * are left out; service characters in values are released; control bytes become blanks. */
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
