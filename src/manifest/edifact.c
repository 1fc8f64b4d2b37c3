/* edifact.c - the syntax layer of EDIFACT, ISO 9735-1.
 *
 * A segment's values lie in the input where all of them stand there as they are meant;
 * a segment with a release character, a line end or a control byte in it is copied. */
#include "manifest/edifact.h"

#include <assert.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

/* What a byte is. The low bits are only noted. */
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
    RARE = RELEASE | REPETITION | NOISE,
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
    e->terminators = 0;
    e->has_plain_lines = e->kinds['\r'] == NOISE && e->kinds['\n'] == NOISE;
}

/* ---- 64 bytes at a time ------------------------------------------------------------ */

/* What is looked at only where it is: blanks and control bytes, small letters, what is above ASCII, and a few
 * signs beside them, release and repetition. */
static bool is_special(const struct gw_edifact *e, uint8_t c)
{
    uint8_t kind = e->kinds[c];
    return (kind & (COMPONENT | ELEMENT | TERMINATOR)) == 0 && (kind != 0 || c == ' ' || c >= 0x60);
}

void gw_edifact_scan_plainly(struct gw_edifact *e, const uint8_t *bytes)
{
    e->elements = e->parts = e->terminators = e->special = 0;
    for (unsigned i = 0; i < 64; i++) {
        const uint64_t kind = e->kinds[bytes[i]];
        e->terminators |= (kind / TERMINATOR & 1) << i;
        e->elements |= ((kind / TERMINATOR | kind / ELEMENT) & 1) << i;
        e->parts |= ((kind / TERMINATOR | kind / ELEMENT | kind / COMPONENT) & 1) << i;
        e->special |= (uint64_t)is_special(e, bytes[i]) << i;
    }
}

#ifdef __x86_64__
#define EQUAL(v, c) _mm256_cmpeq_epi8(v, _mm256_set1_epi8((char)(c)))
#define MASK(v) ((uint64_t)(uint32_t)_mm256_movemask_epi8(v))
__attribute__((target("avx2"))) static void scan_avx2(struct gw_edifact *e, const uint8_t *bytes)
{
    const struct gw_edifact_separators *s = &e->separators;
    uint64_t elements = 0, parts = 0, terminators = 0, special = 0;
    for (unsigned i = 0; i < 64; i += 32) {
        __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)(bytes + i));
        __m256i terminator = EQUAL(v, s->terminator), element = _mm256_or_si256(terminator, EQUAL(v, s->element));
        __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(v, _mm256_set1_epi8(' ')), v);
        __m256i one = _mm256_or_si256(EQUAL(v, s->release), EQUAL(v, s->repetition)); /* 0 where there is none: a control byte */
        /* From 0x60 on, as signed numbers: and all whose top bit is set. */
        __m256i high = _mm256_or_si256(_mm256_cmpgt_epi8(v, _mm256_set1_epi8(0x5F)), v);
        terminators |= MASK(terminator) << i;
        elements |= MASK(element) << i;
        parts |= MASK(_mm256_or_si256(element, EQUAL(v, s->component))) << i;
        special |= MASK(_mm256_or_si256(_mm256_or_si256(control, one), high)) << i;
    }
    e->terminators = terminators;
    e->elements = elements;
    e->parts = parts;
    e->special = special & ~parts; /* any byte may be a separator */
}
#undef EQUAL
#undef MASK
#endif

void gw_edifact_hold(struct gw_edifact *e, size_t block)
{
    e->block = block;
    if (e->in.size - block >= 64) {
        e->scan(e, e->in.data + block);
        return;
    }
    /* What is behind the end counts as nothing: a byte that is of no kind. */
    uint8_t last[64];
    size_t n = e->in.size - block;
    memcpy(last, e->in.data + block, n);
    memset(last + n, 'A', sizeof last - n);
    e->scan(e, last);
    uint64_t there = (UINT64_C(1) << n) - 1;
    e->terminators &= there;
    e->elements &= there;
    e->parts &= there;
    e->special &= there;
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
    e->scan = gw_edifact_scan_plainly;
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2"))
        e->scan = scan_avx2;
#endif
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

/* Three capital letters and a separator, line ends left out. False where that is no tag; *at is then at what
 * does not belong. */
static bool read_tag(struct gw_edifact *e, struct gw_edifact_segment *out, size_t *at, uint8_t *kind)
{
    const uint8_t *in = e->in.data;
    size_t n = 0;
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
static const char too_long[] = "EDIFACT: a segment of more than 4096 bytes";
static const char too_many_parts[] = "EDIFACT: a segment with more parts than any of these messages has";
static const char too_many_elements[] = "EDIFACT: a segment with more elements than any of these messages has";

/* Between two places: which letters there are; is nothing released, repeated or to be left out? */
static bool stands_as_meant(const struct gw_edifact *e, struct gw_edifact_segment *out, size_t from, size_t to)
{
    uint8_t seen = 0;
    for (size_t i = from; i < to; i++)
        seen |= e->kinds[e->in.data[i]];
    out->has_lower = (seen & LOWER) != 0;
    out->has_high = (seen & HIGH) != 0;
    return (seen & RARE) == 0;
}

/* A segment of which not all stands as it is meant, from behind its tag's separator: byte by
 * byte into scratch, which is as large as a segment may be. Its tag is at `start`. */
__attribute__((noinline)) static enum gw_edifact_read read_copied(struct gw_edifact *e, struct gw_edifact_segment *out, size_t start, size_t at,
    struct gw_err *err)
{
    const uint8_t *const in = e->in.data;
    const size_t size = e->in.size;
    /* Nothing repeats in UNB: names of senders have asterisks in them. */
    const bool may_repeat = out->code != GW_EDIFACT_TAG('U', 'N', 'B');
    size_t n = 0, m = 0, used = 0;
    out->text = (const uint8_t *)e->scratch;
    out->numbers[0] = 1;
    out->first[0] = out->starts[0] = 0;
    for (;; at++) {
        e->at = at;
        if (at == size)
            return bad(e, err, start, GW_ERR_FORMAT, no_end);
        if (at - start >= GW_EDIFACT_SEGMENT_BYTES)
            return bad(e, err, start, GW_ERR_LIMIT, too_long);
        uint8_t c = in[at], kind = e->kinds[c];
        if ((kind & NOISE) != 0) {
            if (c == '\t')
                e->scratch[used++] = ' ';
            continue;
        }
        if ((kind & RELEASE) != 0) {
            at++;
            if (at < size && is_line_end(in[at]) && is_wrapped_here(e->in, at))
                while (at < size && is_line_end(in[at]))
                    at++;
            e->at = at;
            if (at == size || is_line_end(in[at]))
                return bad(e, err, at - 1, GW_ERR_FORMAT,
                    "EDIFACT: a release character before a line end or the end (ISO 9735-1, 5.4)");
            out->odd_release = out->odd_release || (e->kinds[in[at]] & SERVICE) == 0;
            e->scratch[used++] = (char)in[at]; /* it stands for itself */
            continue;
        }
        bool repetition = (kind & REPETITION) != 0;
        if ((kind & (COMPONENT | ELEMENT | TERMINATOR)) == 0 && !(repetition && may_repeat)) {
            e->scratch[used++] = (char)c;
            continue;
        }
        if (n == GW_EDIFACT_PARTS)
            return bad(e, err, start, GW_ERR_LIMIT, too_many_parts);
        e->scratch[used++] = 0;
        out->starts[++n] = (uint16_t)used;
        if ((kind & COMPONENT) != 0)
            continue;
        if ((kind & TERMINATOR) != 0)
            break;
        if (m + 1 == GW_EDIFACT_ELEMENTS)
            return bad(e, err, start, GW_ERR_LIMIT, too_many_elements);
        out->repeats = out->repeats || repetition;
        out->first[++m] = (uint16_t)n;
        out->numbers[m] = (uint16_t)(out->numbers[m - 1] + !repetition);
    }
    e->at = at + 1;
    out->n_parts = n;
    out->n_elements = m + 1;
    out->first[m + 1] = (uint16_t)n;
    stands_as_meant(e, out, start, at);
    return GW_EDIFACT_SEGMENT;
}

/* The same of a longer segment that stands as it is meant: where it ends is known before its
 * separators are looked at, and none of them decides a branch. */
static enum gw_edifact_read read_plain(struct gw_edifact *e, struct gw_edifact_segment *out, size_t start, size_t at,
    struct gw_err *err)
{
    size_t n = 0, m = 0, block = at & ~(size_t)63;
    uint64_t from = ~UINT64_C(0) << (at & 63); /* the bits of the block that are of the segment */
    uint64_t special = 0, end;
    uint16_t *starts = out->starts, *first = out->first;
    if (at == e->in.size)
        return read_copied(e, out, start, at, err); /* which says what is wrong */
    starts[0] = (uint16_t)(at - start);
    first[0] = 0;
    for (;;) {
        if (block != e->block)
            gw_edifact_hold(e, block);
        end = e->terminators & from;
        uint64_t of = from & (end ^ (end - 1)); /* up to the terminator, or all */
        special |= e->special & of;
        for (uint64_t parts = e->parts & of; parts != 0; parts &= parts - 1) {
            unsigned bit = (unsigned)__builtin_ctzll(parts);
            starts[++n] = (uint16_t)(block + bit + 1 - start);
            first[m + 1] = (uint16_t)n; /* of a component: until the next separator */
            m += e->elements >> bit & 1;
        }
        if (end != 0)
            break;
        block += 64;
        from = ~UINT64_C(0);
        if (block >= e->in.size || block >= start + GW_EDIFACT_SEGMENT_BYTES || n > GW_EDIFACT_PARTS || m >= GW_EDIFACT_ELEMENTS)
            return read_copied(e, out, start, at, err);
    }
    block += (unsigned)__builtin_ctzll(end);
    if ((special != 0 && !stands_as_meant(e, out, start, block)) || block - start >= GW_EDIFACT_SEGMENT_BYTES ||
        n > GW_EDIFACT_PARTS || m > GW_EDIFACT_ELEMENTS)
        return read_copied(e, out, start, at, err);
    out->text = e->in.data + start;
    e->at = block + 1;
    out->n_parts = n;
    out->n_elements = m;
    return GW_EDIFACT_SEGMENT;
}

bool gw_edifact_look(struct gw_edifact *e, struct gw_edifact_segment *out, uint64_t special)
{
    uint8_t seen = 0;
    for (; special != 0; special &= special - 1) {
        uint8_t c = out->text[__builtin_ctzll(special)];
        seen |= e->kinds[c];
        out->is_tight = out->is_tight && c != ' ';
    }
    out->has_lower = (seen & LOWER) != 0;
    out->has_high = (seen & HIGH) != 0;
    return (seen & RARE) == 0;
}

enum gw_edifact_read gw_edifact_next_any(struct gw_edifact *e, struct gw_edifact_segment *out, struct gw_err *err)
{
    const uint8_t *const in = e->in.data;
    const size_t size = e->in.size;
    size_t at = e->at;
    for (; at < size && is_blank(in[at]); at++)
        if ((e->kinds[in[at]] & TERMINATOR) != 0)
            break;
    e->at = at;
    if (at == size)
        return GW_EDIFACT_END;
    const size_t start = at;
    out->index = e->index++;
    out->offset = start;
    out->odd_release = out->repeats = out->has_lower = out->has_high = out->is_short = out->is_tight = false;
    out->n_elements = out->n_parts = 0;

    uint8_t kind = 0;
    if (!read_tag(e, out, &at, &kind)) {
        e->at = at;
        return bad(e, err, start, GW_ERR_FORMAT, at == size ? no_end : bad_tag);
    }
    at++;
    if ((kind & TERMINATOR) != 0) {
        e->at = at;
        return GW_EDIFACT_SEGMENT;
    }
    return read_plain(e, out, start, at, err);
}

struct gw_span gw_edifact_get_any(const struct gw_edifact_segment *s, unsigned element, unsigned component)
{
    if (s->is_short)
        return gw_span_trim(gw_edifact_get_masked(s, element, component));
    size_t i = 0;
    while (i < s->n_elements && gw_edifact_number(s, i) != element)
        i++;
    if (i == s->n_elements || component > gw_edifact_count(s, i))
        return (struct gw_span){};
    return gw_span_trim(gw_edifact_part(s, s->first[i] + component - 1u));
}

void gw_edifact_spread(struct gw_edifact_segment *s)
{
    if (!s->is_short)
        return;
    size_t n = 0, m = 0;
    s->starts[0] = 4; /* behind the tag */
    s->first[0] = 0;
    for (uint64_t parts = s->parts & (s->parts - 1); parts != 0; parts &= parts - 1) {
        unsigned bit = (unsigned)__builtin_ctzll(parts);
        s->starts[++n] = (uint16_t)(bit + 1);
        s->first[m + 1] = (uint16_t)n; /* of a component: until the next separator */
        m += s->elements >> bit & 1;
    }
    s->n_parts = n;
    s->n_elements = m;
    s->is_short = s->is_tight = false;
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

/* The n-th pair of digits of a moment; *bad gathers what is none. */
static int two(const uint8_t *pairs, size_t n, unsigned *bad)
{
    unsigned tens = pairs[2 * n] - (unsigned)'0', ones = pairs[2 * n + 1] - (unsigned)'0';
    *bad |= (tens > 9) | (ones > 9);
    return (int)(tens * 10 + ones);
}

bool gw_edifact_moment(struct gw_date *date, int64_t *of_day_us, struct gw_span value, struct gw_span format,
    enum gw_edifact_century century, struct gw_date today)
{
    /* YYMMDD, CCYYMMDD, YYMMDDHHMM, CCYYMMDDHHMM, and with seconds. Among these the length is
     * what was sent, whatever the code says; other codes put the day first. */
    static const char *const formats[] = { "101", "102", "201", "203", "204" };
    bool known_format = format.size == 0;
    for (size_t i = 0; !known_format && i < GW_COUNT(formats); i++)
        known_format = gw_span_is(format, formats[i]);
    if (!known_format || value.size < 6 || value.size > 14 || value.size % 2 != 0)
        return false;
    const bool long_year = value.size == 8 || value.size >= 12;
    const uint8_t *pairs = value.data + 2 * long_year; /* from the years of a century on */
    unsigned bad = 0;
    int century_sent = long_year ? two(value.data, 0, &bad) : 0, hour = 0, minute = 0, second = 0;
    int year = two(pairs, 0, &bad), month = two(pairs, 1, &bad), day = two(pairs, 2, &bad);
    if (value.size >= 10)
        hour = two(pairs, 3, &bad), minute = two(pairs, 4, &bad);
    if (value.size == 14)
        second = two(pairs, 5, &bad);
    if (bad != 0)
        return false;
    struct gw_date d = { 0, (uint8_t)month, (uint8_t)day };
    d.year = (int16_t)(long_year ? century_sent * 100 + year : year_of(year, d.month, d.day, century, today));
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
