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
    bool has_plain_lines; /* line ends are nothing else */
    size_t block;       /* whose masks are held: 64 bytes from here; SIZE_MAX, and no terminators, for none */
    /* A bit for each byte of the block: */
    uint64_t terminators;
    uint64_t elements;   /* what ends an element: its separator, and the terminator */
    uint64_t parts;      /* what ends a component: and its separator */
    uint64_t special;    /* of the rest what is looked at one by one: all but capitals, digits and usual signs */
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
    /* Nearly every segment ends within 64 bytes: then a bit for each byte of text, of which the
     * tag is the first, says where its elements (the terminator too) and all its parts are divided. */
    bool is_short, is_tight; /* short, and without any blank */
    uint64_t elements, parts;
    const uint8_t *text;
    /* Of the others; of short ones once they are spread. */
    size_t n_elements, n_parts;
    /* Room for a block of separators more: they are counted when they are written. */
    uint16_t starts[GW_EDIFACT_PARTS + 1 + 64];   /* of each part, and what would be the next one's */
    uint16_t first[GW_EDIFACT_ELEMENTS + 1 + 64]; /* part of each element, and n_parts */
    uint16_t numbers[GW_EDIFACT_ELEMENTS];   /* 1 is the first behind the tag; only where it repeats */
};
/* Counts the elements and parts of a segment and says where they begin, for those that go through all of
 * them; getting single values needs no counting. */
void gw_edifact_spread(struct gw_edifact_segment *s);
/* Of a segment that was spread: element i from 0, its number, and how many components it has. */
static inline unsigned gw_edifact_number(const struct gw_edifact_segment *s, size_t i)
{
    return s->repeats ? s->numbers[i] : (unsigned)i + 1;
}
static inline size_t gw_edifact_count(const struct gw_edifact_segment *s, size_t i)
{
    return (size_t)(s->first[i + 1] - s->first[i]);
}
/* A part as it stands, i from 0 to n_parts; spread too. */
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
/* The next segment. Nearly every one has a tag of three capital letters, ends within 64 bytes and stands as it is
 * meant: its masks are kept, nothing is counted or copied, and a list of hundreds of travelers is read through here;
 * gw_edifact_next_any is for the rest. */
enum gw_edifact_read gw_edifact_next_any(struct gw_edifact *e, struct gw_edifact_segment *out, struct gw_err *err);
void gw_edifact_hold(struct gw_edifact *e, size_t block); /* the masks of 64 bytes from here */
/* Which letters are at these places of a segment, and blanks; false where one is not meant as it stands. */
bool gw_edifact_look(struct gw_edifact *e, struct gw_edifact_segment *out, uint64_t special);
static inline enum gw_edifact_read gw_edifact_next(struct gw_edifact *e, struct gw_edifact_segment *out, struct gw_err *err)
{
    size_t start = e->at;
    if (e->in.size - start < 6)
        return gw_edifact_next_any(e, out, err);
    const uint8_t *p = e->in.data + start;
    size_t line = p[0] == '\r' && p[1] == '\n' ? 2 : p[0] == '\n';
    start += line;
    p += line;
    size_t into = start - e->block;
    if (into >= 64 || e->terminators >> into == 0) { /* it ends behind what is held, if within 64 bytes */
        gw_edifact_hold(e, start);
        into = 0;
    }
    const uint64_t terminators = e->terminators >> into, parts = e->parts >> into;
    const uint64_t of = terminators ^ (terminators - 1); /* up to the terminator */
    const uint64_t special = e->special >> into & of;
    const uint32_t four = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3], three = four >> 8;
    /* The top bit of each byte says: below 'A', or behind 'Z', or no ASCII. */
    const uint32_t no_letters = (~(three + 0x3F3F3F) | (three + 0x252525) | three) & 0x808080;
    out->text = p;
    out->has_lower = out->has_high = out->odd_release = out->repeats = false;
    out->is_short = out->is_tight = true;
    if ((line > 0 && !e->has_plain_lines) || no_letters != 0 || (parts & 15) != 8 || (terminators & 8) != 0 || terminators == 0 ||
        (special != 0 && !gw_edifact_look(e, out, special)))
        return gw_edifact_next_any(e, out, err);
    uint32_t tag, first;
    memcpy(&tag, p, sizeof tag);
    memcpy(&first, "\xFF\xFF\xFF", sizeof first); /* in whatever order the machine has bytes */
    tag &= first;
    memcpy(out->tag, &tag, sizeof tag);
    out->code = three;
    out->index = e->index++;
    out->offset = start;
    /* What follows the tag divides it from the first element, whatever it is elsewhere. */
    out->elements = (e->elements >> into & of) | 8;
    out->parts = parts & of;
    e->at = start + (size_t)__builtin_ctzll(terminators) + 1;
    return GW_EDIFACT_SEGMENT;
}

/* Is the text an interchange, and of which message first (UNH 0065)? type is "" when
 * it says none. Costs what opening and a few segments cost. Errors as gw_edifact_open:
 * err->at is a place where there is UNA or UNB, but not to be used. */
enum { GW_EDIFACT_TYPE_TEXT = 8 };
bool gw_edifact_recognize(char type[GW_EDIFACT_TYPE_TEXT], struct gw_span text, const struct gw_edifact_separators *partner,
    struct gw_err *err);

/* A value of a short segment by its masks. What is asked for is nearly always a constant: the loops are then
 * straight lines. */
static inline struct gw_span gw_edifact_get_masked(const struct gw_edifact_segment *s, unsigned element, unsigned component)
{
    uint64_t from = s->elements; /* its lowest bit is what divides the element from what is before it */
    for (unsigned i = 1; i < element; i++)
        from &= from - 1;
    uint64_t behind = from & (from - 1);
    if (behind == 0)
        return (struct gw_span){};
    uint64_t ends = s->parts & ~(from ^ (from - 1)); /* of its parts, the first one lowest */
    if (component > 1)
        ends &= behind ^ (behind - 1); /* not those of the next element */
    for (unsigned i = 1; i < component; i++) {
        from = ends;
        ends &= ends - 1;
    }
    if (component > 1 && ends == 0)
        return (struct gw_span){};
    unsigned at = (unsigned)__builtin_ctzll(from) + 1;
    return (struct gw_span){ s->text + at, (unsigned)__builtin_ctzll(ends) - at };
}

/* The value of an element's component, both counted from 1; absent and empty alike
 * are size 0. Blanks at both ends are gone. */
struct gw_span gw_edifact_get_any(const struct gw_edifact_segment *s, unsigned element, unsigned component);
static inline struct gw_span gw_edifact_get(const struct gw_edifact_segment *s, unsigned element, unsigned component)
{
    return s->is_tight ? gw_edifact_get_masked(s, element, component) : gw_edifact_get_any(s, element, component);
}

/* Has the segment an element of this number, empty or not? */
static inline bool gw_edifact_reaches(const struct gw_edifact_segment *s, unsigned element)
{
    if (!s->is_short)
        return s->n_elements > 0 && gw_edifact_number(s, s->n_elements - 1) >= element;
    uint64_t from = s->elements;
    for (unsigned i = 1; i < element; i++)
        from &= from - 1;
    return (from & (from - 1)) != 0;
}

/* A tag as one number, for switches. */
#define GW_EDIFACT_TAG(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))
bool gw_edifact_is(const struct gw_edifact_segment *s, const char *tag);
/* A qualifier of up to four characters the same way; 0 for longer ones and none. */
static inline uint32_t gw_edifact_get_code(const struct gw_edifact_segment *s, unsigned element, unsigned component)
{
    struct gw_span v = gw_edifact_get(s, element, component);
    uint32_t code = 0;
    if (v.size - 1 >= 4)
        return 0;
    if (s->is_short) { /* a tag and a separator stand before it: the four bytes up to its end are the text's */
        const uint8_t *last = v.data + v.size - 4;
        code = (uint32_t)last[0] << 24 | (uint32_t)last[1] << 16 | (uint32_t)last[2] << 8 | last[3];
        return code & UINT32_MAX >> (32 - 8 * v.size);
    }
    for (size_t i = 0; i < v.size; i++)
        code = code << 8 | v.data[i];
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
