/* edifact.c - the syntax layer of EDIFACT, ISO 9735-1.
 *
 * A value is a span of the input where it stands there as it is meant, and a copy in
 * the reader where a release character, a line end or a control byte is in it. */
#include "manifest/edifact.h"

#include <assert.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* What a byte is. The low bits are only noted; any of the others ends a run of plain
 * bytes. */
enum {
    LOWER = 1,
    HIGH = 2,
    RELEASE = 4,
    COMPONENT = 8,
    ELEMENT = 16,
    REPETITION = 32,
    TERMINATOR = 64,
    NOISE = 128, /* line ends and control bytes: dropped from values and tags */
    SERVICE = RELEASE | COMPONENT | ELEMENT | REPETITION | TERMINATOR,
    SPECIAL = SERVICE | NOISE,
};

static bool is_line_end(uint8_t c)
{
    return c == '\r' || c == '\n';
}

/* Type B control bytes and blanks: nothing between segments. */
static bool is_blank(uint8_t c)
{
    return c <= ' ' || c == 0x7F;
}

static bool is_upper(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_alphanumeric(uint8_t c)
{
    return is_upper(c) || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
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

static bool all_differ(const struct gw_edifact_separators *s)
{
    const char c[5] = { s->component, s->element, s->terminator, s->release, s->repetition };
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++)
            if (c[i] != 0 && c[i] == c[k])
                return false;
    return true;
}

bool gw_edifact_separators_check(const struct gw_edifact_separators *s)
{
    const char c[5] = { s->component, s->element, s->terminator, s->release, s->repetition };
    for (int i = 0; i < 5; i++)
        if (is_alphanumeric((uint8_t)c[i]) || (i < 3 && c[i] == 0) || c[i] == ' ')
            return false;
    return all_differ(s);
}

/* The bytes that values are made of: none of them is a separator without UNA. */
static const struct gw_edifact_separators level_a = { ':', '+', '.', '?', 0, '\'' };
/* Level B of the syntax before version 4 has the information separators of ISO 646. */
static const struct gw_edifact_separators level_b = { 0x1F, 0x1D, '.', 0, 0, 0x1C };

static void set_separators(struct gw_edifact *e, const struct gw_edifact_separators *s)
{
    e->separators = *s;
    for (unsigned c = 0; c < 256; c++)
        e->kinds[c] = c >= 0x80 ? HIGH : c >= 'a' && c <= 'z' ? LOWER : c < ' ' || c == 0x7F ? NOISE : 0;
    e->kinds[(uint8_t)s->component] = COMPONENT;
    e->kinds[(uint8_t)s->element] = ELEMENT;
    if (s->release != 0)
        e->kinds[(uint8_t)s->release] = RELEASE;
    if (s->repetition != 0)
        e->kinds[(uint8_t)s->repetition] = REPETITION;
    e->kinds[(uint8_t)s->terminator] = TERMINATOR;
    e->block = SIZE_MAX;
    e->has_plain_letters = true;
    for (unsigned c = 'A'; c <= 'Z'; c++)
        e->has_plain_letters = e->has_plain_letters && e->kinds[c] == 0;
}

/* ---- runs of plain bytes ------------------------------------------------------------ */

/* The masks of 64 bytes, as kinds says. */
static void scan_plainly(struct gw_edifact *e, const uint8_t *p)
{
    e->special = e->odd = 0;
    for (unsigned i = 0; i < 64; i++) {
        e->special |= (uint64_t)((e->kinds[p[i]] & SPECIAL) != 0) << i;
        e->odd |= (uint64_t)((e->kinds[p[i]] & (LOWER | HIGH)) != 0) << i;
    }
}

#ifdef __SSE2__
/* The same, except that separators may be odd, too. */
static void scan(struct gw_edifact *e, const uint8_t *p)
{
    const struct gw_edifact_separators *s = &e->separators;
    const __m128i component = _mm_set1_epi8(s->component), element = _mm_set1_epi8(s->element),
                  release = _mm_set1_epi8(s->release), repetition = _mm_set1_epi8(s->repetition),
                  terminator = _mm_set1_epi8(s->terminator), control = _mm_set1_epi8(0x1F), delete = _mm_set1_epi8(0x7F),
                  a = _mm_set1_epi8('a'), letters = _mm_set1_epi8('z' - 'a');
    e->special = e->odd = 0;
    for (unsigned i = 0; i < 4; i++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
        __m128i is_control = _mm_cmpeq_epi8(_mm_min_epu8(v, control), v);
        __m128i special = _mm_or_si128(
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, component), _mm_cmpeq_epi8(v, element)),
                _mm_or_si128(_mm_cmpeq_epi8(v, release), _mm_cmpeq_epi8(v, repetition))),
            _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, terminator), is_control), _mm_cmpeq_epi8(v, delete)));
        __m128i from_a = _mm_sub_epi8(v, a);
        __m128i odd = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(from_a, letters), from_a), v); /* the top bit counts */
        e->special |= (uint64_t)(unsigned)_mm_movemask_epi8(special) << (16 * i);
        e->odd |= (uint64_t)(unsigned)_mm_movemask_epi8(odd) << (16 * i);
    }
}
#else
static void scan(struct gw_edifact *e, const uint8_t *p)
{
    scan_plainly(e, p);
}
#endif

static void load_block(struct gw_edifact *e, size_t block)
{
    e->block = block;
    if (e->in.size - block >= 64) {
        scan(e, e->in.data + block);
        return;
    }
    /* What is behind the end counts as nothing. */
    uint8_t last[64] = {};
    size_t n = e->in.size - block;
    memcpy(last, e->in.data + block, n);
    scan_plainly(e, last);
    e->special &= (UINT64_C(1) << n) - 1;
}

/* The special bytes from at on, of the block it lies in. */
static inline uint64_t specials_from(struct gw_edifact *e, size_t at)
{
    size_t block = at & ~(size_t)63;
    if (block != e->block)
        load_block(e, block);
    return e->special & ~UINT64_C(0) << (at & 63);
}

/* UNA and its six characters at this place, a segment behind them; *end is behind the
 * characters. *why is set where it is UNA but cannot be used. */
static bool read_una(struct gw_edifact_separators *out, size_t *end, struct gw_span in, size_t start, const char **why)
{
    uint8_t c[6], tag[4];
    size_t at = start, seen = 0;
    /* Exactly six characters: a blank among them is one, a line end is not. */
    for (; at < in.size && seen < 9; at++)
        if (!is_line_end(in.data[at])) {
            if (seen >= 3)
                c[seen - 3] = in.data[at];
            seen++;
        }
    *end = at;
    *why = "EDIFACT: UNA is cut off, or no segment follows it (ISO 9735-1, 8.1)";
    if (seen < 9)
        return false;
    *out = (struct gw_edifact_separators){ (char)c[0], (char)c[1], (char)c[2], (char)(c[3] == ' ' ? 0 : c[3]),
        (char)(c[4] == ' ' ? 0 : c[4]), (char)c[5] };
    while (at < in.size && is_blank(in.data[at]))
        at++;
    for (size_t i = 0; i < 4; i++)
        if (!peek(in, at, i, &tag[i]))
            return false;
    if (!is_upper(tag[0]) || !is_upper(tag[1]) || !is_upper(tag[2]) || (tag[3] != c[0] && tag[3] != c[1] && tag[3] != c[5]))
        return false;
    /* A repetition that is another separator means none. */
    if (c[4] == c[0] || c[4] == c[1] || c[4] == c[3] || c[4] == c[5])
        out->repetition = 0;
    *why = "EDIFACT: UNA gives one character two meanings (ISO 9735-1, 8.1)";
    return all_differ(out);
}

/* UNB, a separator, and a syntax identifier: UNOA, IATA, SIRE. */
static bool is_unb(struct gw_span in, size_t at)
{
    uint8_t c;
    if (!stands_at(in, at, "UNB") || !peek(in, at, 3, &c) || is_alphanumeric(c) || c == ' ' || c >= 0x80)
        return false;
    for (size_t i = 4; i < 8; i++)
        if (!peek(in, at, i, &c) || !is_upper(c))
            return false;
    return peek(in, at, 8, &c) && !is_alphanumeric(c) && c != ' ';
}

/* Separators of an interchange that begins with UNB, without UNA. */
static bool unb_separators(struct gw_edifact *e, size_t start)
{
    uint8_t element = 0, version = 0;
    if (e->has_partner) {
        set_separators(e, &e->partner);
        return true;
    }
    peek(e->in, start, 3, &element);
    if (element != '+') {
        set_separators(e, &level_b);
        return element == 0x1D;
    }
    struct gw_edifact_separators s = level_a;
    if (stands_at(e->in, start, "UNB+SIRE"))
        s.terminator = '"';
    /* From version 4 on there is a repetition separator; an UNA with a blank takes it back. */
    if (peek(e->in, start, 9, &version) && version >= '4' && version <= '9')
        s.repetition = '*';
    set_separators(e, &s);
    return true;
}

/* The next interchange from e->at on. */
static bool find_interchange(struct gw_edifact *e, const char **why, size_t *where)
{
    struct gw_span in = e->in;
    for (size_t at = e->at; at + 3 < in.size; at++) {
        if (in.data[at] != 'U' || (at > 0 && is_alphanumeric(in.data[at - 1])))
            continue;
        if (stands_at(in, at, "UNA")) {
            struct gw_edifact_separators s;
            const char *now;
            size_t end;
            if (read_una(&s, &end, in, at, &now)) {
                set_separators(e, &s);
                e->has_una = true;
                e->at = end;
                return true;
            }
            if (*why == NULL) {
                *why = now;
                *where = at;
            }
        } else if (is_unb(in, at)) {
            if (unb_separators(e, at)) {
                e->has_una = false;
                e->at = at;
                return true;
            }
            *why = "EDIFACT: UNB with separators of its own and no UNA; a partner's profile can name them";
            *where = at;
        }
    }
    return false;
}

bool gw_edifact_open(struct gw_edifact *e, struct gw_span text, const struct gw_edifact_separators *partner, struct gw_err *err)
{
    e->in = text;
    e->block = SIZE_MAX;
    e->at = gw_span_starts(text, "\xEF\xBB\xBF") ? 3 : 0;
    e->index = 0;
    e->has_una = false;
    e->has_partner = partner != NULL;
    if (partner != NULL)
        e->partner = *partner;
    const char *why = NULL;
    size_t where = 0;
    if (find_interchange(e, &why, &where))
        return true;
    if (why != NULL)
        return gw_fail_at(err, GW_ERR_FORMAT, where, "%s", why);
    /* No interchange: perhaps segments alone, a tag and a separator. */
    set_separators(e, partner == NULL ? &level_a : partner);
    size_t at = e->at;
    while (at < text.size && is_blank(text.data[at]))
        at++;
    uint8_t behind;
    bool tag = peek(text, at, 3, &behind) && (e->kinds[behind] & (ELEMENT | COMPONENT | TERMINATOR)) != 0;
    for (size_t i = 0; tag && i < 3; i++)
        tag = is_upper(text.data[at + i]);
    if (!tag)
        return gw_fail(err, GW_ERR_FORMAT, "EDIFACT: neither UNA nor UNB in it (ISO 9735-1)");
    e->at = at;
    return true;
}

bool gw_edifact_again(struct gw_edifact *e)
{
    const char *why = NULL;
    size_t where;
    struct gw_edifact_separators was = e->separators;
    if (find_interchange(e, &why, &where))
        return true;
    set_separators(e, &was);
    return false;
}

/* ---- segments ---------------------------------------------------------------------- */

/* Passes over the rest of a segment that cannot be read. */
static void skip_segment(struct gw_edifact *e)
{
    while (e->at < e->in.size) {
        uint8_t kind = e->kinds[e->in.data[e->at++]];
        if ((kind & RELEASE) != 0)
            e->at += e->at < e->in.size;
        else if ((kind & TERMINATOR) != 0)
            return;
    }
}

static enum gw_edifact_read bad(struct gw_edifact *e, struct gw_err *err, size_t at, enum gw_err_code code, const char *text)
{
    gw_fail_at(err, code, at, "%s", text);
    skip_segment(e);
    return GW_EDIFACT_BAD;
}

/* Type B lines are wrapped at 64 or 69 columns wherever that falls, also behind a
 * release character; elsewhere a line end there is damage. */
static bool is_wrapped_here(struct gw_span in, size_t line_end)
{
    size_t from = line_end;
    while (from > 0 && line_end - from <= 70 && !is_line_end(in.data[from - 1]))
        from--;
    return line_end - from == 64 || line_end - from == 69;
}

static const char bad_tag[] = "EDIFACT: a segment's tag is three capital letters (ISO 9735-1, 7)";

/* Three capital letters and a separator, quickly where no line end is among them. False
 * where that is no tag; *at is then at what does not belong. */
static bool read_tag(struct gw_edifact *e, struct gw_edifact_segment *out, size_t *at, uint8_t *kind)
{
    const uint8_t *in = e->in.data;
    size_t n = 0;
    if (e->in.size - *at > 3 && e->has_plain_letters) { /* nearly always */
        const uint8_t *p = in + *at;
        *kind = e->kinds[p[3]];
        if (is_upper(p[0]) && is_upper(p[1]) && is_upper(p[2]) && (*kind & (COMPONENT | ELEMENT | TERMINATOR)) != 0) {
            memcpy(out->tag, p, 3);
            out->tag[3] = 0;
            out->code = GW_EDIFACT_TAG(p[0], p[1], p[2]);
            *at += 3;
            return true;
        }
    }
    for (; *at < e->in.size; ++*at) {
        uint8_t c = in[*at];
        *kind = e->kinds[c];
        if ((*kind & NOISE) != 0)
            continue;
        if (*kind != 0 || n == 3 || !is_upper(c))
            break;
        out->tag[n++] = (char)c;
    }
    if (n == 3 && *at < e->in.size && (*kind & (COMPONENT | ELEMENT | TERMINATOR)) != 0) {
        out->code = GW_EDIFACT_TAG((uint8_t)out->tag[0], (uint8_t)out->tag[1], (uint8_t)out->tag[2]);
        out->tag[3] = 0;
        return true;
    }
    out->tag[0] = 0;
    out->code = 0;
    return false;
}

static const char no_end[] = "EDIFACT: the last segment does not end (ISO 9735-1, 5.1)";

enum gw_edifact_read gw_edifact_next(struct gw_edifact *e, struct gw_edifact_segment *out, struct gw_err *err)
{
    const uint8_t *const in = e->in.data;
    const size_t size = e->in.size;
    size_t at = e->at;
    while (at < size && is_blank(in[at]) && (e->kinds[in[at]] & TERMINATOR) == 0)
        at++;
    e->at = at;
    if (at == size)
        return GW_EDIFACT_END;
    const size_t start = at;
    out->index = e->index++;
    out->offset = start;
    out->odd_release = out->repeats = out->has_lower = out->has_high = false;
    out->n_elements = out->n_parts = 0;

    uint8_t kind = 0;
    if (!read_tag(e, out, &at, &kind)) {
        e->at = at;
        return at == size ? bad(e, err, start, GW_ERR_FORMAT, no_end) : bad(e, err, start, GW_ERR_FORMAT, bad_tag);
    }
    at++;
    if ((kind & TERMINATOR) != 0) {
        e->at = at;
        return GW_EDIFACT_SEGMENT;
    }
    /* Nothing repeats in UNB: names of senders have asterisks in them. */
    const bool may_repeat = out->code != GW_EDIFACT_TAG('U', 'N', 'B');

    size_t n_parts = 0, n_elements = 1, first = 0;
    uint16_t number = 1;
    size_t from = at;                /* of the part being read, or of what of it is not copied yet */
    size_t used = 0, copy = 0;       /* of scratch; where the copy of the part begins */
    bool is_copied = false;
    size_t block = at & ~(size_t)63;
    uint64_t special = at < size ? specials_from(e, at) : 0, odd = at < size ? e->odd & ~UINT64_C(0) << (at & 63) : 0, any_odd = 0;
    out->elements[0].number = number;
    out->elements[0].first = 0;
    for (;;) {
        while (special == 0) {
            any_odd |= odd;
            block += 64;
            if (block >= size) {
                e->at = size;
                return bad(e, err, start, GW_ERR_FORMAT, no_end);
            }
            special = specials_from(e, block);
            odd = e->odd;
        }
        at = block + (size_t)__builtin_ctzll(special);
        special &= special - 1;
        kind = e->kinds[in[at]];

        if ((kind & (COMPONENT | ELEMENT | TERMINATOR)) != 0 || ((kind & REPETITION) != 0 && may_repeat)) {
            if (n_parts == GW_EDIFACT_PARTS) {
                e->at = at;
                return bad(e, err, start, GW_ERR_LIMIT, "EDIFACT: a segment with more parts than any of these messages has");
            }
            if (!is_copied) {
                out->parts[n_parts++] = gw_span_of(in + from, at - from);
            } else {
                if (at - start >= GW_EDIFACT_SEGMENT_BYTES)
                    break;
                memcpy(e->scratch + used, in + from, at - from);
                used += at - from;
                out->parts[n_parts++] = gw_span_of(e->scratch + copy, used - copy);
                is_copied = false;
            }
            from = at + 1;
            if ((kind & COMPONENT) != 0)
                continue;
            out->elements[n_elements - 1].n = (uint16_t)(n_parts - first);
            if ((kind & TERMINATOR) != 0)
                break;
            if (n_elements == GW_EDIFACT_ELEMENTS) {
                e->at = at;
                return bad(e, err, start, GW_ERR_LIMIT, "EDIFACT: a segment with more elements than any of these messages has");
            }
            if ((kind & ELEMENT) != 0)
                number++;
            else
                out->repeats = true;
            first = n_parts;
            out->elements[n_elements].number = number;
            out->elements[n_elements++].first = (uint16_t)first;
            continue;
        }
        if ((kind & REPETITION) != 0)
            continue; /* where nothing repeats, a character like others */

        /* A line end, control byte or release character: from here the part is a copy. It fits,
         * for scratch is as large as a segment may be, and what is copied is of one segment. */
        if (at - start >= GW_EDIFACT_SEGMENT_BYTES)
            break;
        if (!is_copied) {
            is_copied = true;
            copy = used;
        }
        memcpy(e->scratch + used, in + from, at - from);
        used += at - from;
        from = at + 1;
        if ((kind & NOISE) != 0) {
            if (in[at] == '\t')
                e->scratch[used++] = ' ';
            continue;
        }
        if (from < size && is_line_end(in[from]) && is_wrapped_here(e->in, from))
            while (from < size && is_line_end(in[from]))
                from++;
        if (from == size || is_line_end(in[from])) {
            e->at = from;
            return bad(e, err, from - 1, GW_ERR_FORMAT,
                "EDIFACT: a release character before a line end or the end (ISO 9735-1, 5.4)");
        }
        out->odd_release = out->odd_release || (e->kinds[in[from]] & SERVICE) == 0;
        /* It stands for itself: looking goes on behind it. */
        any_odd |= odd | (e->kinds[in[from]] & (LOWER | HIGH));
        if (from + 1 == size) {
            e->at = size;
            return bad(e, err, start, GW_ERR_FORMAT, no_end);
        }
        block = (from + 1) & ~(size_t)63;
        special = specials_from(e, from + 1);
        odd = e->odd & ~UINT64_C(0) << ((from + 1) & 63);
    }
    if (at - start >= GW_EDIFACT_SEGMENT_BYTES) {
        e->at = at;
        return bad(e, err, start, GW_ERR_LIMIT, "EDIFACT: a segment of more than 4096 bytes");
    }
    e->at = at + 1;
    out->n_parts = n_parts;
    out->n_elements = n_elements;
    if ((any_odd | (odd & ((UINT64_C(1) << (at & 63)) - 1))) != 0)
        for (size_t i = start; i < at; i++) {
            out->has_lower = out->has_lower || (e->kinds[in[i]] & LOWER) != 0;
            out->has_high = out->has_high || (e->kinds[in[i]] & HIGH) != 0;
        }
    return GW_EDIFACT_SEGMENT;
}

bool gw_edifact_recognize(char type[GW_EDIFACT_TYPE_TEXT], struct gw_span text, const struct gw_edifact_separators *partner,
    struct gw_err *err)
{
    struct gw_edifact e;
    struct gw_edifact_segment s;
    type[0] = 0;
    if (!gw_edifact_open(&e, text, partner, err))
        return false;
    for (int i = 0; i < 32; i++) {
        enum gw_edifact_read what = gw_edifact_next(&e, &s, NULL);
        if (what == GW_EDIFACT_END)
            break;
        if (what == GW_EDIFACT_BAD || !gw_edifact_is(&s, "UNH"))
            continue;
        struct gw_span t = gw_edifact_get(&s, 2, 1);
        for (size_t k = 0; k < t.size && k < GW_EDIFACT_TYPE_TEXT - 1 && is_upper(t.data[k]); k++) {
            type[k] = (char)t.data[k];
            type[k + 1] = 0;
        }
        break;
    }
    return true;
}

bool gw_edifact_is(const struct gw_edifact_segment *s, const char *tag)
{
    return memcmp(s->tag, tag, 3) == 0;
}

/* ---- dates and times ----------------------------------------------------------------- */

static int year_of(int yy, uint8_t month, uint8_t day, enum gw_edifact_century century, struct gw_date today)
{
    int base = today.year / 100 * 100 + yy;
    if (century == GW_CENTURY_BIRTH) {
        bool after = base > today.year || (base == today.year && (month > today.month || (month == today.month && day > today.day)));
        return after ? base - 100 : base;
    }
    int least = century == GW_CENTURY_EXPIRY ? today.year - 20 : today.year - 50; /* a window of a hundred years */
    while (base < least)
        base += 100;
    while (base >= least + 100)
        base -= 100;
    return base;
}

bool gw_edifact_moment(struct gw_date *date, int64_t *of_day_us, struct gw_span value, struct gw_span format,
    enum gw_edifact_century century, struct gw_date today)
{
    int digit[14], at = 0;
    /* YYMMDD, CCYYMMDD, YYMMDDHHMM, CCYYMMDDHHMM, and with seconds. Among these the length is
     * what was sent, whatever the code says; other codes put the day first. */
    static const char *const formats[] = { "101", "102", "201", "203", "204" };
    bool known_format = format.size == 0;
    for (size_t i = 0; i < GW_COUNT(formats); i++)
        known_format = known_format || gw_span_is(format, formats[i]);
    if (!known_format)
        return false;
    if (value.size != 6 && value.size != 8 && value.size != 10 && value.size != 12 && value.size != 14)
        return false;
    for (size_t i = 0; i < value.size; i++) {
        digit[i] = value.data[i] - '0';
        if (digit[i] < 0 || digit[i] > 9)
            return false;
    }
    bool long_year = value.size == 8 || value.size >= 12;
#define TWO() (at += 2, digit[at - 2] * 10 + digit[at - 1])
    int year = TWO();
    if (long_year)
        year = year * 100 + TWO();
    int month = TWO(), day = TWO(), hour = 0, minute = 0, second = 0;
    if (value.size >= 10)
        hour = TWO(), minute = TWO();
    if (value.size == 14)
        second = TWO();
#undef TWO
    struct gw_date d = { 0, (uint8_t)month, (uint8_t)day };
    d.year = (int16_t)(long_year ? year : year_of(year, d.month, d.day, century, today));
    /* A birth may be known by its year only, or by year and month. */
    struct gw_date known = d;
    if (century == GW_CENTURY_BIRTH && day == 0) {
        known.day = 1;
        known.month = (uint8_t)(month == 0 ? 1 : month);
    }
    if (!gw_date_check(known) || hour > 23 || minute > 59 || second > 60)
        return false;
    *date = d;
    if (of_day_us != NULL)
        *of_day_us = ((int64_t)hour * 3600 + minute * 60) * GW_US_PER_S;
    return true;
}

/* ---- writing --------------------------------------------------------------------------- */

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
