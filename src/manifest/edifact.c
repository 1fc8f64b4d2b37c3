/* edifact.c - the syntax layer of EDIFACT, ISO 9735-1. */
#include "manifest/edifact.h"

#include <assert.h>

static bool is_line_end(uint8_t c)
{
    return c == '\r' || c == '\n';
}

/* Type B control bytes and blanks: noise between segments. */
static bool is_noise(uint8_t c)
{
    return c <= ' ' || c == 0x7F;
}

/* The n-th byte from `at` with line ends left out; false at the end. */
static bool peek(struct gw_span in, size_t at, size_t n, uint8_t *out)
{
    for (; at < in.size; at++) {
        if (is_line_end(in.data[at]))
            continue;
        if (n-- == 0) {
            *out = in.data[at];
            return true;
        }
    }
    return false;
}

static bool stands_at(struct gw_span in, size_t at, const char *text)
{
    uint8_t c;
    for (size_t i = 0; text[i] != 0; i++)
        if (!peek(in, at, i, &c) || c != (uint8_t)text[i])
            return false;
    return true;
}

static bool is_alphanumeric(uint8_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* UNB is a tag only where a letter or digit stands neither before nor behind. */
static bool begins_tag(struct gw_span in, size_t at, const char *tag)
{
    uint8_t behind;
    if (at > 0 && is_alphanumeric(in.data[at - 1]))
        return false;
    return stands_at(in, at, tag) && peek(in, at, 3, &behind) && !is_alphanumeric(behind) && !is_noise(behind);
}

bool gw_edifact_open(struct gw_edifact *e, struct gw_span text, struct gw_err *err)
{
    e->in = text;
    e->at = 0;
    e->index = 0;
    e->has_una = false;
    e->separators = (struct gw_edifact_separators){ ':', '+', '.', '?', 0, '\'' };
    size_t start = SIZE_MAX;
    for (size_t at = 0; at + 3 < text.size && start == SIZE_MAX; at++) {
        if (text.data[at] != 'U')
            continue;
        bool una = stands_at(text, at, "UNA") && (at == 0 || !is_alphanumeric(text.data[at - 1]));
        if (una || begins_tag(text, at, "UNB"))
            start = at;
    }
    if (start == SIZE_MAX) {
        /* No interchange: perhaps segments alone, a tag and an element separator. */
        size_t at = 0;
        while (at < text.size && is_noise(text.data[at]))
            at++;
        bool tag = at + 4 <= text.size && (text.data[at + 3] == '+' || text.data[at + 3] == ':' || text.data[at + 3] == '\'');
        for (size_t i = 0; tag && i < 3; i++)
            tag = text.data[at + i] >= 'A' && text.data[at + i] <= 'Z';
        if (!tag)
            return gw_fail(err, GW_ERR_FORMAT, "EDIFACT: neither UNA nor UNB in it (ISO 9735-1)");
        e->at = at;
        return true;
    }
    e->at = start;
    if (stands_at(text, start, "UNA")) {
        /* Exactly six characters: nothing between them but line ends may be noise. */
        uint8_t c[6];
        size_t at = start, seen = 0;
        for (; at < text.size && seen < 9; at++)
            if (!is_line_end(text.data[at])) {
                if (seen >= 3)
                    c[seen - 3] = text.data[at];
                seen++;
            }
        if (seen < 9)
            return gw_fail_at(err, GW_ERR_FORMAT, start, "EDIFACT: UNA is cut off (ISO 9735-1, 8.1)");
        e->separators = (struct gw_edifact_separators){ (char)c[0], (char)c[1], (char)c[2], (char)(c[3] == ' ' ? 0 : c[3]),
            (char)(c[4] == ' ' ? 0 : c[4]), (char)c[5] };
        if (c[0] == c[1] || c[0] == c[5] || c[1] == c[5] || c[0] == c[3] || c[1] == c[3] || c[5] == c[3])
            return gw_fail_at(err, GW_ERR_FORMAT, start, "EDIFACT: UNA gives one character two meanings (ISO 9735-1, 8.1)");
        /* A repetition that is another separator means none. */
        if (c[4] == c[0] || c[4] == c[1] || c[4] == c[3] || c[4] == c[5])
            e->separators.repetition = 0;
        e->has_una = true;
        e->at = at;
        return true;
    }
    /* Without UNA: the dialect of Sirena's links, and version 4's repetition. */
    if (stands_at(text, start, "UNB+SIRE"))
        e->separators.terminator = '"';
    else if (stands_at(text, start, "UNB+") && peek(text, start, 9, &(uint8_t){ 0 })) {
        uint8_t colon = 0, version = 0;
        if (peek(text, start, 8, &colon) && colon == ':' && peek(text, start, 9, &version) && version == '4')
            e->separators.repetition = '*';
    }
    return true;
}

/* Passes over the rest of a segment that cannot be read. */
static void skip_segment(struct gw_edifact *e)
{
    const struct gw_edifact_separators *s = &e->separators;
    while (e->at < e->in.size) {
        uint8_t c = e->in.data[e->at++];
        if (s->release != 0 && c == (uint8_t)s->release)
            e->at += e->at < e->in.size;
        else if (c == (uint8_t)s->terminator)
            return;
    }
}

static enum gw_edifact_read bad(struct gw_edifact *e, struct gw_err *err, size_t at, enum gw_err_code code, const char *text)
{
    gw_fail_at(err, code, at, "%s", text);
    skip_segment(e);
    e->index++;
    return GW_EDIFACT_BAD;
}

struct parts {
    struct gw_edifact_segment *out;
    char *scratch;
    size_t used, start; /* of scratch; start of the part being read */
    unsigned number;    /* of the element being read */
    bool full;
};

static void end_part(struct parts *p)
{
    struct gw_edifact_segment *s = p->out;
    if (s->n_parts == GW_EDIFACT_PARTS) {
        p->full = true;
        return;
    }
    s->parts[s->n_parts++] = gw_span_of(p->scratch + p->start, p->used - p->start);
    s->elements[s->n_elements - 1].n++;
    p->start = p->used;
}

static void begin_element(struct parts *p, unsigned number)
{
    struct gw_edifact_segment *s = p->out;
    if (s->n_elements == GW_EDIFACT_ELEMENTS) {
        p->full = true;
        return;
    }
    s->elements[s->n_elements].number = (uint16_t)number;
    s->elements[s->n_elements].first = (uint16_t)s->n_parts;
    s->elements[s->n_elements].n = 0;
    s->n_elements++;
}

static bool is_service(const struct gw_edifact_separators *s, uint8_t c)
{
    return c == (uint8_t)s->component || c == (uint8_t)s->element || c == (uint8_t)s->terminator ||
           (s->release != 0 && c == (uint8_t)s->release) || (s->repetition != 0 && c == (uint8_t)s->repetition);
}

enum gw_edifact_read gw_edifact_next(struct gw_edifact *e, struct gw_edifact_segment *out, struct gw_err *err)
{
    const struct gw_edifact_separators s = e->separators;
    while (e->at < e->in.size && is_noise(e->in.data[e->at]) && e->in.data[e->at] != (uint8_t)s.terminator)
        e->at++;
    if (e->at == e->in.size)
        return GW_EDIFACT_END;
    out->index = e->index;
    out->offset = e->at;
    out->n_elements = out->n_parts = 0;
    out->odd_release = false;
    size_t tag_size = 0, start = e->at;
    struct parts p = { .out = out, .scratch = e->scratch };
    bool in_tag = true, ended = false;
    while (e->at < e->in.size && !ended) {
        uint8_t c = e->in.data[e->at++];
        bool released = false;
        if (s.release != 0 && c == (uint8_t)s.release) {
            if (e->at == e->in.size || is_line_end(e->in.data[e->at]))
                return bad(e, err, e->at - 1, GW_ERR_FORMAT,
                    "EDIFACT: a release character before a line end or the end (ISO 9735-1, 5.4)");
            c = e->in.data[e->at++];
            released = true;
            out->odd_release = out->odd_release || !is_service(&s, c);
        }
        if (!released && is_line_end(c))
            continue;
        ended = !released && c == (uint8_t)s.terminator;
        bool new_element = !released && c == (uint8_t)s.element, new_part = !released && c == (uint8_t)s.component;
        bool again = !released && s.repetition != 0 && c == (uint8_t)s.repetition;
        if (in_tag && (ended || new_element || new_part)) {
            if (tag_size != 3)
                return ended ? (e->at--, bad(e, err, start, GW_ERR_FORMAT, "EDIFACT: a segment's tag is three capital letters (ISO 9735-1, 7)"))
                             : bad(e, err, start, GW_ERR_FORMAT, "EDIFACT: a segment's tag is three capital letters (ISO 9735-1, 7)");
            in_tag = false;
            if (!ended)
                begin_element(&p, ++p.number);
            continue;
        }
        if (in_tag) {
            if (released || tag_size == 3 || c < 'A' || c > 'Z')
                return bad(e, err, start, GW_ERR_FORMAT, "EDIFACT: a segment's tag is three capital letters (ISO 9735-1, 7)");
            out->tag[tag_size++] = (char)c;
            continue;
        }
        if (ended || new_element || new_part || again) {
            end_part(&p);
            if (new_element)
                begin_element(&p, ++p.number);
            else if (again)
                begin_element(&p, p.number);
            if (p.full && !ended)
                return bad(e, err, start, GW_ERR_LIMIT, "EDIFACT: a segment with more parts than any of this message has");
            continue;
        }
        if (p.used == sizeof e->scratch)
            return bad(e, err, start, GW_ERR_LIMIT, "EDIFACT: a segment of more than 4096 bytes");
        e->scratch[p.used++] = (char)c;
    }
    e->index++;
    if (!ended) {
        gw_fail_at(err, GW_ERR_FORMAT, start, "EDIFACT: the last segment does not end (ISO 9735-1, 5.1)");
        return GW_EDIFACT_BAD;
    }
    out->tag[3] = 0;
    return GW_EDIFACT_SEGMENT;
}

struct gw_span gw_edifact_get(const struct gw_edifact_segment *s, unsigned element, unsigned component)
{
    for (size_t i = 0; i < s->n_elements; i++)
        if (s->elements[i].number == element)
            return component == 0 || component > s->elements[i].n
                       ? (struct gw_span){}
                       : gw_span_trim(s->parts[s->elements[i].first + component - 1]);
    return (struct gw_span){};
}

bool gw_edifact_is(const struct gw_edifact_segment *s, const char *tag)
{
    return memcmp(s->tag, tag, 3) == 0;
}

void gw_edifact_begin(struct gw_edifact_writer *w, const char *tag)
{
    assert(strlen(tag) == 3);
    gw_buf_add_text(w->out, tag);
    w->segments = strcmp(tag, "UNH") == 0 ? 1 : w->segments + 1;
    w->elements_empty = w->components_empty = 0;
    w->element_at = 0;
}

/* Separators are written when something follows them: that leaves out what is empty
 * at the end. */
void gw_edifact_element(struct gw_edifact_writer *w)
{
    w->elements_empty++;
    w->components_empty = 0;
    w->element_at = 0;
}

void gw_edifact_component(struct gw_edifact_writer *w, struct gw_span value)
{
    if (w->element_at++ > 0)
        w->components_empty++;
    if (value.size == 0)
        return;
    for (; w->elements_empty > 0; w->elements_empty--)
        gw_buf_add(w->out, "+", 1);
    for (; w->components_empty > 0; w->components_empty--)
        gw_buf_add(w->out, ":", 1);
    for (size_t i = 0; i < value.size; i++) {
        uint8_t c = value.data[i];
        if (c == '\'' || c == '+' || c == ':' || c == '?' || c == '*')
            gw_buf_add(w->out, "?", 1);
        gw_buf_add(w->out, c < ' ' || c == 0x7F ? (const void *)" " : &c, 1);
    }
}

void gw_edifact_text(struct gw_edifact_writer *w, const char *value)
{
    gw_edifact_element(w);
    gw_edifact_component(w, gw_span_str(value));
}

void gw_edifact_end(struct gw_edifact_writer *w)
{
    gw_buf_add(w->out, "'\n", 2);
}
