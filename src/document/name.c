/* name.c - transliterates and compares names, ICAO Doc 9303-3 section 6. */
#include "document/name.h"

#include <assert.h>
#include <stdlib.h>

/* ---- letters --------------------------------------------------------------------------- */

struct letter {
    uint32_t code;
    const char *forms;
};
static const struct letter letters[] = {
#define GW_LETTER(code, forms) { code, forms },
#include "document/letter.def"
#undef GW_LETTER
};

static const char ascii[26][2] = { "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R",
    "S", "T", "U", "V", "W", "X", "Y", "Z" };

static int compare_letters(const void *key, const void *row)
{
    uint32_t a = *(const uint32_t *)key, b = ((const struct letter *)row)->code;
    return a < b ? -1 : a > b;
}

static const char *forms_of(uint32_t c)
{
    if (c >= 0xFF21 && c <= 0xFF3A) /* full width */
        c = c - 0xFF21 + 'A';
    else if (c >= 0xFF41 && c <= 0xFF5A)
        c = c - 0xFF41 + 'a';
    if (c >= 'A' && c <= 'Z')
        return ascii[c - 'A'];
    if (c >= 'a' && c <= 'z')
        return ascii[c - 'a'];
    const struct letter *l = bsearch(&c, letters, GW_COUNT(letters), sizeof letters[0], compare_letters);
    return l == NULL ? NULL : l->forms;
}

/* A base letter and a combining mark behind it that make a letter with forms of its own. */
static const char *forms_with_mark(const char *base, uint32_t mark)
{
    static const struct {
        char base;
        uint16_t mark, whole;
    } rows[] = { { 'A', 0x308, 0xC4 }, { 'O', 0x308, 0xD6 }, { 'U', 0x308, 0xDC }, { 'A', 0x30A, 0xC5 }, { 'N', 0x303, 0xD1 } };
    for (size_t i = 0; i < GW_COUNT(rows); i++)
        if (base[0] == rows[i].base && base[1] == 0 && mark == rows[i].mark)
            return forms_of(rows[i].whole);
    return NULL;
}

/* ---- a name taken apart ------------------------------------------------------------------ */

enum script { SCRIPT_LATIN = 1, SCRIPT_CYRILLIC = 2, SCRIPT_ARABIC = 4, SCRIPT_OTHER = 8 };

struct unit { /* one letter */
    const char *forms; /* NULL: own */
    char own[5];       /* a character without forms, as it stands */
    uint8_t n_forms, n_sure, script;
};
struct word {
    size_t at, n;
};
struct part {
    struct unit units[GW_NAME_BYTES_MAX];
    size_t n_units;
    struct word words[GW_NAME_WORDS_MAX];
    size_t n_words;
    size_t bytes;     /* of the text */
    bool too_much;    /* more than fits, or no UTF-8 */
    bool has_scripts; /* a word of two scripts */
    size_t first_bad; /* offset of the first character without forms */
    bool has_bad;
};

static uint32_t next_character(struct gw_span s, size_t *at)
{
    uint8_t c = s.data[*at];
    size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4; /* checked to be UTF-8 */
    uint32_t v = n == 1 ? c : c & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        v = v << 6 | (s.data[*at + i] & 0x3F);
    *at += n;
    return v;
}

static bool is_separator(uint32_t c)
{
    return c == ' ' || c == '\t' || c == '-' || c == '<' || c == ',' || c == '.' || c == '/' || c == 0xA0 || c == 0x3000 ||
           (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xB7 || c == 0x30FB;
}

/* Apostrophes of all kinds, and what has no width or only turns the writing around. */
static bool is_nothing(uint32_t c)
{
    return c == '\'' || c == '`' || c == 0xB4 || c == 0xAD || (c >= 0x2B0 && c <= 0x2CF) || (c >= 0x2018 && c <= 0x201B) ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x2032 || c == 0xFEFF;
}

static bool is_mark(uint32_t c)
{
    return (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF);
}

static uint8_t script_of(uint32_t c, const char *forms)
{
    if (c >= 0x400 && c < 0x530)
        return SCRIPT_CYRILLIC;
    if (c >= 0x600 && c < 0x700)
        return SCRIPT_ARABIC;
    return forms != NULL ? SCRIPT_LATIN : SCRIPT_OTHER;
}

static void count_forms(struct unit *u)
{
    u->n_forms = 1;
    u->n_sure = u->forms[0] == '~' ? 0 : 1;
    for (const char *c = u->forms; *c != 0; c++)
        if (*c == ' ') {
            u->n_forms++;
            u->n_sure = (uint8_t)(u->n_sure + (c[1] != '~'));
        }
}

static bool add_unit(struct part *p, struct unit u, bool begins_word)
{
    if (p->n_units == GW_COUNT(p->units) || (begins_word && p->n_words == GW_COUNT(p->words))) {
        p->too_much = true;
        return false;
    }
    if (begins_word)
        p->words[p->n_words++] = (struct word){ p->n_units, 0 };
    p->words[p->n_words - 1].n++;
    p->units[p->n_units++] = u;
    return true;
}

/* Leaves too_much where there is more than fits; a part of no letters has no words. */
static void take_apart(struct part *p, struct gw_span s)
{
    bool in_word = false;
    p->n_units = p->n_words = 0;
    p->bytes = s.size;
    p->has_scripts = p->has_bad = false;
    p->too_much = s.size > GW_NAME_BYTES_MAX || !gw_span_utf8(s, NULL);
    for (size_t at = 0; !p->too_much && at < s.size;) {
        size_t start = at;
        uint32_t c = next_character(s, &at);
        if (is_separator(c)) {
            in_word = false;
            continue;
        }
        if (is_nothing(c))
            continue;
        struct unit *last = in_word ? &p->units[p->n_units - 1] : NULL;
        if (is_mark(c)) {
            const char *forms = last == NULL || last->forms == NULL ? NULL : forms_with_mark(last->forms, c);
            if (forms != NULL) {
                last->forms = forms;
                count_forms(last);
            }
            continue;
        }
        struct unit u = { .forms = forms_of(c) };
        if (u.forms != NULL && u.forms[0] == 0)
            continue; /* left out of a zone */
        if (c == 0x651 && last != NULL) { /* shadda: the letter it stands on, twice */
            u = *last;
        } else {
            u.script = script_of(c, u.forms);
            if (u.forms == NULL) {
                memcpy(u.own, s.data + start, at - start);
                if (c == 0)
                    u.own[0] = 0x1A; /* "substitute": a zero would end the text */
                u.n_forms = u.n_sure = 1;
                if (!p->has_bad)
                    p->first_bad = start;
                p->has_bad = true;
            } else {
                count_forms(&u);
            }
        }
        if (last != NULL && last->script != u.script && last->script != SCRIPT_OTHER && u.script != SCRIPT_OTHER)
            p->has_scripts = true;
        if (!add_unit(p, u, !in_word))
            return;
        in_word = true;
    }
}

/* The k-th of all combinations of forms, terminated; true when none of them is a custom one. */
static bool write_form(char out[GW_NAME_TEXT], const struct unit *units, size_t n, size_t k)
{
    size_t used = 0;
    bool sure = true;
    for (size_t i = 0; i < n; i++) {
        size_t pick = k % units[i].n_forms;
        k /= units[i].n_forms;
        const char *f = units[i].forms == NULL ? units[i].own : units[i].forms;
        if (units[i].forms != NULL)
            for (size_t skip = pick; skip > 0; f++)
                skip -= *f == ' ';
        if (units[i].forms != NULL && *f == '~') {
            sure = false;
            f++;
        }
        for (; *f != 0 && (*f != ' ' || units[i].forms == NULL); f++) {
            assert(used + 1 < GW_NAME_TEXT); /* no letter becomes more than twice its bytes */
            out[used++] = *f;
        }
    }
    out[used] = 0;
    return sure;
}

static size_t count_all(const struct unit *units, size_t n)
{
    size_t total = 1;
    for (size_t i = 0; i < n && total < GW_NAME_FORMS_MAX; i++)
        total *= units[i].n_forms;
    return GW_MIN(total, (size_t)GW_NAME_FORMS_MAX);
}

/* ---- writing -------------------------------------------------------------------------------- */

static bool open_part(struct part *p, struct gw_span utf8, struct gw_err *err)
{
    size_t bad;
    if (utf8.size > GW_NAME_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a name of more than %d bytes", GW_NAME_BYTES_MAX);
    if (!gw_span_utf8(utf8, &bad))
        return gw_fail_at(err, GW_ERR_FORMAT, bad, "a name that is not UTF-8");
    take_apart(p, utf8);
    return !p->too_much || gw_fail(err, GW_ERR_LIMIT, "a name of more than %d components", GW_NAME_WORDS_MAX);
}

/* All words in their k-th form, blanks between them. */
static void write_part(char out[GW_NAME_TEXT], const struct part *p, size_t k)
{
    size_t used = 0;
    for (size_t w = 0; w < p->n_words; w++) {
        const struct unit *units = p->units + p->words[w].at;
        size_t all = 1, n = p->words[w].n;
        if (used > 0)
            out[used++] = ' ';
        write_form(out + used, units, n, k);
        used += strlen(out + used);
        for (size_t i = 0; i < n; i++)
            all = GW_MIN(all * units[i].n_forms, (size_t)1 << 20);
        k /= all;
    }
    out[used] = 0;
}

bool gw_name_to_mrz(char out[GW_NAME_TEXT], struct gw_span utf8, struct gw_err *err)
{
    struct part p = {};
    if (!open_part(&p, utf8, err))
        return false;
    if (p.has_bad)
        return gw_fail_at(err, GW_ERR_INVALID, p.first_bad, "a character that has no form in a machine-readable zone (Doc 9303-3, 6)");
    write_part(out, &p, 0);
    return true;
}

bool gw_name_forms(char out[GW_NAME_FORMS_MAX][GW_NAME_TEXT], size_t *n, struct gw_span utf8, struct gw_err *err)
{
    struct part p = {};
    *n = 0;
    if (!open_part(&p, utf8, err))
        return false;
    if (p.has_bad)
        return gw_fail_at(err, GW_ERR_INVALID, p.first_bad, "a character that has no form in a machine-readable zone (Doc 9303-3, 6)");
    /* Custom forms are none of the table's: such a letter keeps its first. */
    for (size_t i = 0; i < p.n_units; i++)
        p.units[i].n_forms = p.units[i].n_sure == 0 ? 1 : p.units[i].n_sure;
    size_t total = count_all(p.units, p.n_units);
    for (size_t k = 0; k < total; k++) {
        write_part(out[*n], &p, k);
        bool again = false;
        for (size_t i = 0; i < *n; i++)
            again = again || strcmp(out[i], out[*n]) == 0;
        *n += !again;
    }
    return true;
}

size_t gw_name_national(char (*out)[GW_NAME_NATIONAL_TEXT], size_t max, const char *mrz)
{
    static const struct {
        const char *mrz, *national;
    } rows[] = { { "UXX", "Ü" }, { "NXX", "Ñ" }, { "AE", "Ä" }, { "AE", "Æ" }, { "AA", "Å" }, { "OE", "Ö" }, { "OE", "Ø" },
        { "OE", "Œ" }, { "UE", "Ü" }, { "SS", "ß" }, { "TH", "Þ" }, { "IJ", "Ĳ" }, { "N", "Ñ" }, { "C", "Ç" }, { "L", "Ł" },
        { "A", "Ä" }, { "A", "Å" }, { "O", "Ö" }, { "U", "Ü" } };
    size_t size = strlen(mrz) + 1;
    if (max == 0 || size > GW_NAME_TEXT)
        return 0;
    memcpy(out[0], mrz, size);
    size_t n = 1;
    /* One letter's place at a time, the longest sequences first; places of several letters in
     * one name are taken from the candidates already there. */
    for (size_t row = 0; row < GW_COUNT(rows); row++) {
        size_t before = n, length = strlen(rows[row].mrz);
        bool is_one = length == 1; /* a bare letter: in the name itself only, else there is no end */
        for (size_t from = 0; from < (is_one ? 1 : before); from++)
            for (const char *c = strstr(out[from], rows[row].mrz); c != NULL && n < max; c = strstr(c + 1, rows[row].mrz)) {
                size_t at = (size_t)(c - out[from]), rest = strlen(c + length), own = strlen(rows[row].national);
                if (at + own + rest >= GW_NAME_NATIONAL_TEXT)
                    continue;
                memcpy(out[n], out[from], at);
                memcpy(out[n] + at, rows[row].national, own);
                memcpy(out[n] + at + own, c + length, rest + 1);
                n++;
            }
    }
    return n;
}

/* ---- folding ---------------------------------------------------------------------------------- */

/* Puts what custom exchanges under one letter, and doubles under one; in place, because it
 * never grows. */
static void fold(char *s)
{
    static const struct {
        const char *from, *to;
    } rows[] = { { "UXX", "U" }, { "NXX", "N" }, { "SHCH", "SH" }, { "SHT", "SH" }, { "AE", "A" }, { "OE", "O" }, { "UE", "U" },
        { "IE", "E" }, { "YE", "E" }, { "KH", "H" }, { "PH", "F" }, { "TH", "T" }, { "TS", "C" }, { "TZ", "C" }, { "CH", "C" },
        { "CK", "K" }, { "Y", "I" }, { "J", "I" }, { "W", "V" } };
    size_t used = 0;
    for (size_t i = 0; s[i] != 0;) {
        const char *to = NULL;
        size_t length = 1;
        for (size_t k = 0; k < GW_COUNT(rows) && to == NULL; k++)
            if (strncmp(s + i, rows[k].from, strlen(rows[k].from)) == 0) {
                to = rows[k].to;
                length = strlen(rows[k].from);
            }
        char one[2] = { s[i], 0 };
        for (const char *c = to == NULL ? one : to; *c != 0; c++)
            if (used == 0 || s[used - 1] != *c)
                s[used++] = *c;
        i += length;
    }
    s[used] = 0;
}

bool gw_name_fold(char out[GW_NAME_TEXT], struct gw_span utf8, struct gw_err *err)
{
    struct part p = {};
    if (!open_part(&p, utf8, err))
        return false;
    write_form(out, p.units, p.n_units, 0);
    fold(out);
    return true;
}

/* ---- comparing ----------------------------------------------------------------------------------- */

enum { LONG_SURNAME = 8 }; /* letters of a cut surname that are enough to begin as another does */

struct how {
    bool is_given;
    bool a_cut, b_cut;
};

static bool same_letters(const struct unit *a, size_t n_a, const struct unit *b, size_t n_b)
{
    bool same = n_a == n_b;
    for (size_t i = 0; same && i < n_a; i++)
        same = (a[i].forms == NULL) == (b[i].forms == NULL) &&
               strcmp(a[i].forms == NULL ? a[i].own : a[i].forms, b[i].forms == NULL ? b[i].own : b[i].forms) == 0;
    return same;
}

/* Two runs of letters: equal by forms, equal folded, or one the cut beginning of the other. */
static enum gw_name_reason compare_runs(const struct unit *a, size_t n_a, const struct unit *b, size_t n_b, bool a_cut, bool b_cut)
{
    if (same_letters(a, n_a, b, n_b))
        return GW_NAME_EQUAL;
    size_t all_a = count_all(a, n_a), all_b = count_all(b, n_b);
    enum gw_name_reason best = GW_NAME_OTHER;
    char x[GW_NAME_TEXT], y[GW_NAME_TEXT];
    for (size_t i = 0; i < all_a; i++) {
        for (size_t k = 0; k < all_b && best != GW_NAME_EQUAL; k++) {
            bool sure = write_form(x, a, n_a, i);
            sure = write_form(y, b, n_b, k) && sure;
            size_t size_x = strlen(x), size_y = strlen(y);
            if (size_x == size_y && memcmp(x, y, size_x) == 0)
                best = GW_MIN(best, sure ? GW_NAME_EQUAL : GW_NAME_SPELLING);
            else if ((a_cut && size_x > 0 && size_x < size_y && memcmp(x, y, size_x) == 0) ||
                     (b_cut && size_y > 0 && size_y < size_x && memcmp(x, y, size_y) == 0))
                best = GW_MIN(best, GW_NAME_CUT);
        }
    }
    if (best <= GW_NAME_SPELLING)
        return best;
    write_form(x, a, n_a, 0);
    write_form(y, b, n_b, 0);
    fold(x);
    fold(y);
    return strcmp(x, y) == 0 ? GW_NAME_SPELLING : best;
}

static bool is_initial_of(const struct unit *a, size_t n_a, const struct unit *b, size_t n_b)
{
    return n_a == 1 && n_b > 1 && compare_runs(a, 1, b, 1, false, false) == GW_NAME_EQUAL;
}

/* A word written as the first of its forms, if it is short enough for the lists below. */
static bool short_text(char out[16], const struct part *p, size_t w)
{
    char text[GW_NAME_TEXT];
    if (p->words[w].n > 8)
        return false;
    write_form(text, p->units + p->words[w].at, p->words[w].n, 0);
    size_t size = strlen(text) + 1;
    if (size > 16)
        return false;
    memcpy(out, text, size);
    return true;
}

static bool is_one_of(const struct part *p, size_t w, const char *const *list, size_t n)
{
    char text[16];
    if (!short_text(text, p, w))
        return false;
    for (size_t i = 0; i < n; i++)
        if (strcmp(text, list[i]) == 0)
            return true;
    return false;
}

static const char *const particles[] = { "A", "AF", "AL", "AV", "BEN", "BIN", "BINT", "BINTI", "BTE", "D", "DA", "DAL", "DALLA", "DAS", "DE", "DEL",
    "DELLA", "DEN", "DER", "DES", "DI", "DO", "DOS", "DU", "E", "EL", "IBN", "L", "LA", "LAS", "LE", "LES", "LO", "LOS", "MC", "O", "S", "ST",
    "T", "TE", "TEN", "TER", "UND", "VAN", "VOM", "VON", "Y", "ZU", "ZUM", "ZUR" };
static const char *const titles[] = { "MR", "MRS", "MS", "MISS", "MSTR", "MSS", "DR", "PROF", "CHD", "INF" };
/* What stands where there is no name (first name unknown, last name unknown, no name). */
static const char *const placeholders[] = { "FNU", "LNU", "NFN", "NLN", "NMN", "XXX", "UNKNOWN" };

static void drop_last_word(struct part *p)
{
    p->n_words--;
    p->n_units = p->words[p->n_words].at;
}

/* Every word of a, which has not more, finds one of its own in b: the first of the best that are left. */
static enum gw_name_reason find_words(const struct part *a, const struct part *b, struct how how)
{
    enum gw_name_reason worst = GW_NAME_EQUAL;
    bool taken[GW_NAME_WORDS_MAX] = {};
    size_t last = 0;
    bool has_last = false;
    for (size_t i = 0; i < a->n_words; i++) {
        enum gw_name_reason best = GW_NAME_OTHER;
        size_t at = 0;
        for (size_t k = 0; k < b->n_words && best != GW_NAME_EQUAL; k++) {
            const struct unit *x = a->units + a->words[i].at, *y = b->units + b->words[k].at;
            size_t n_x = a->words[i].n, n_y = b->words[k].n;
            if (taken[k])
                continue;
            enum gw_name_reason one = compare_runs(x, n_x, y, n_y, how.a_cut && i + 1 == a->n_words, how.b_cut && k + 1 == b->n_words);
            if (one > GW_NAME_INITIALS && how.is_given && (is_initial_of(x, n_x, y, n_y) || is_initial_of(y, n_y, x, n_x)))
                one = GW_NAME_INITIALS;
            if (one < best) {
                best = one;
                at = k;
            }
        }
        if (best == GW_NAME_OTHER)
            return best;
        taken[at] = true;
        worst = GW_MAX(worst, best);
        if (has_last && at < last)
            worst = GW_MAX(worst, GW_NAME_ORDER);
        last = at;
        has_last = true;
    }
    for (size_t k = 0; k < b->n_words; k++)
        if (!taken[k])
            worst = GW_MAX(worst, is_one_of(b, k, particles, GW_COUNT(particles)) ? GW_NAME_PARTICLE : GW_NAME_MISSING);
    return worst;
}

/* Whoever is asked first: of as many words, each side looks for its own. */
static enum gw_name_reason compare_words(const struct part *a, const struct part *b, struct how how)
{
    const struct how turned = { how.is_given, how.b_cut, how.a_cut };
    if (a->n_words > b->n_words)
        return find_words(b, a, turned);
    enum gw_name_reason r = find_words(a, b, how);
    return r == GW_NAME_EQUAL || a->n_words < b->n_words ? r : GW_MIN(r, find_words(b, a, turned));
}

static enum gw_name_reason compare_parts(const struct part *a, const struct part *b, struct how how)
{
    if (a->n_words == 0 || b->n_words == 0) {
        if (a->n_words == b->n_words)
            return GW_NAME_EQUAL;
        return (a->n_words == 0 ? how.a_cut : how.b_cut) ? GW_NAME_CUT : GW_NAME_MISSING;
    }
    enum gw_name_reason joined = compare_runs(a->units, a->n_units, b->units, b->n_units, how.a_cut, how.b_cut);
    if (joined == GW_NAME_EQUAL)
        return a->n_words == b->n_words && compare_words(a, b, how) == GW_NAME_EQUAL ? GW_NAME_EQUAL : GW_NAME_SEPARATORS;
    if (joined == GW_NAME_SPELLING)
        return joined;
    return GW_MIN(joined, compare_words(a, b, how));
}

struct taken { /* a name taken apart */
    struct part surname, given;
    bool cut, had_title;
};

/* A cut name lost letters of its end: the given names if there are any, and a surname only if
 * it is long enough to have been cut for their sake. */
static bool surname_cut(const struct taken *t)
{
    return t->cut && (t->given.n_words == 0 || t->surname.n_units >= LONG_SURNAME);
}

static enum gw_name_reason compare_taken(const struct taken *a, const struct taken *b)
{
    enum gw_name_reason r = compare_parts(&a->surname, &b->surname, (struct how){ false, surname_cut(a), surname_cut(b) });
    if (r < GW_NAME_OTHER)
        r = GW_MAX(r, compare_parts(&a->given, &b->given, (struct how){ true, a->cut, b->cut }));
    /* What is missing on one side agrees with anything: something must be on both. */
    if ((a->surname.n_words == 0 || b->surname.n_words == 0) && (a->given.n_words == 0 || b->given.n_words == 0))
        r = GW_NAME_OTHER;
    if (r < GW_NAME_ORDER)
        return r;
    /* Exchanged. */
    if (a->given.n_words > 0 && b->given.n_words > 0) {
        enum gw_name_reason x = compare_parts(&a->surname, &b->given, (struct how){}), y = compare_parts(&a->given, &b->surname, (struct how){});
        if (x <= GW_NAME_SPELLING && y <= GW_NAME_SPELLING)
            return GW_NAME_ORDER;
    }
    return r;
}

/* Surname and given names as one run of words, for names that draw the line elsewhere. */
static bool join(struct part *out, const struct taken *t)
{
    if (t->surname.bytes + t->given.bytes > GW_NAME_BYTES_MAX)
        return false;
    *out = t->surname;
    for (size_t w = 0; w < t->given.n_words; w++)
        for (size_t i = 0; i < t->given.words[w].n; i++)
            if (!add_unit(out, t->given.units[t->given.words[w].at + i], i == 0))
                return false;
    return true;
}

static enum gw_name_reason compare_whole(const struct taken *a, const struct taken *b)
{
    struct part x, y;
    if (!join(&x, a) || !join(&y, b))
        return GW_NAME_OTHER;
    enum gw_name_reason r = compare_parts(&x, &y, (struct how){});
    /* All components are there, in whatever order. */
    return r <= GW_NAME_SPELLING || r == GW_NAME_ORDER ? GW_NAME_ORDER : GW_NAME_OTHER;
}

static bool open_name(struct taken *t, const struct gw_name *name)
{
    take_apart(&t->surname, name->surname);
    take_apart(&t->given, name->given);
    t->cut = name->may_be_cut;
    t->had_title = false;
    if (t->surname.too_much || t->given.too_much)
        return false;
    while (t->given.n_words > 0 && is_one_of(&t->given, t->given.n_words - 1, titles, GW_COUNT(titles))) {
        drop_last_word(&t->given);
        t->had_title = true;
    }
    if (t->given.n_words == 1 && is_one_of(&t->given, 0, placeholders, GW_COUNT(placeholders)))
        drop_last_word(&t->given);
    if (t->surname.n_words == 1 && is_one_of(&t->surname, 0, placeholders, GW_COUNT(placeholders)))
        drop_last_word(&t->surname);
    return t->surname.n_units + t->given.n_units > 0;
}

/* How many letters of the i-th title, whole or cut, stand at the end of the given names; 0
 * for none. What is left must be a name. */
static size_t title_behind(const struct taken *t, size_t i)
{
    if (t->given.n_words == 0)
        return 0;
    const struct word *w = &t->given.words[t->given.n_words - 1];
    const struct unit *units = t->given.units + w->at;
    size_t whole = strlen(titles[i]);
    for (size_t n = whole; n > 0; n--) {
        bool same = n < w->n;
        for (size_t k = 0; same && k < n; k++) {
            const struct unit *u = &units[w->n - n + k];
            same = u->forms != NULL && u->forms[0] == titles[i][k] && u->forms[1] == 0;
        }
        if (same)
            return n;
        if (!t->cut)
            return 0;
    }
    return 0;
}

static enum gw_name_reason compare_all_titles(struct taken *a, const struct taken *b)
{
    enum gw_name_reason best = GW_NAME_OTHER;
    for (size_t i = 0; i < GW_COUNT(titles) && best > GW_NAME_TITLE; i++) {
        size_t n = title_behind(a, i);
        if (n == 0)
            continue;
        a->given.n_units -= n;
        a->given.words[a->given.n_words - 1].n -= n;
        /* A piece of a title proves less than a whole one, and AMR is a name as well as A Mr. */
        enum gw_name_reason least = n < strlen(titles[i]) ? GW_NAME_CUT
                                    : a->given.words[a->given.n_words - 1].n == 1 ? GW_NAME_INITIALS
                                                                                  : GW_NAME_TITLE;
        best = GW_MIN(best, GW_MAX(compare_taken(a, b), least));
        a->given.n_units += n;
        a->given.words[a->given.n_words - 1].n += n;
    }
    return best;
}

static struct gw_name_result result(enum gw_name_reason r)
{
    enum gw_name_match m = r <= GW_NAME_TITLE ? GW_NAME_SAME : r < GW_NAME_OTHER ? GW_NAME_MAY_BE_SAME : GW_NAME_DIFFERENT;
    return (struct gw_name_result){ m, r };
}

struct gw_name_result gw_name_compare(const struct gw_name *first, const struct gw_name *second)
{
    struct taken a, b;
    if (!open_name(&a, first) || !open_name(&b, second))
        return result(GW_NAME_EMPTY);
    enum gw_name_reason r = compare_taken(&a, &b);
    if (r <= GW_NAME_TITLE && a.had_title != b.had_title)
        r = GW_NAME_TITLE;
    if (r > GW_NAME_TITLE && first->may_have_title)
        r = GW_MIN(r, compare_all_titles(&a, &b));
    if (r > GW_NAME_TITLE && second->may_have_title)
        r = GW_MIN(r, compare_all_titles(&b, &a));
    /* What is missing here may stand there: then nothing is missing. */
    if ((r == GW_NAME_OTHER || r == GW_NAME_MISSING) && compare_whole(&a, &b) == GW_NAME_ORDER)
        r = GW_NAME_ORDER;
    bool scripts = a.surname.has_scripts || a.given.has_scripts || b.surname.has_scripts || b.given.has_scripts;
    return result(scripts && r < GW_NAME_OTHER ? GW_NAME_SCRIPTS : r);
}

struct gw_name gw_name_of_pass(const char *passenger_name)
{
    enum { PLACES = 20 }; /* Resolution 792, item 11 */
    const char *slash = strchr(passenger_name, '/');
    size_t n = strlen(passenger_name), at = slash == NULL ? n : (size_t)(slash - passenger_name);
    return (struct gw_name){
        .surname = gw_span_of(passenger_name, at),
        .given = slash == NULL ? (struct gw_span){} : gw_span_of(slash + 1, n - at - 1),
        .may_be_cut = n >= PLACES,
        .may_have_title = true,
    };
}

const char *gw_name_match_name(enum gw_name_match m)
{
    static const char *const names[] = { "different", "may_be_same", "same" };
    return names[m];
}

const char *gw_name_reason_name(enum gw_name_reason r)
{
    static const char *const names[] = { "equal", "separators", "title", "spelling", "initials", "cut", "particle", "missing", "order",
        "scripts", "other", "empty" };
    return names[r];
}
