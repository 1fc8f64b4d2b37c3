/* mrz.c - reads and writes machine-readable zones, ICAO Doc 9303 parts 3 to 7. */
#include "document/mrz.h"
#include "document/state.h"

#include <assert.h>
#include <stdio.h>

/* Where things stand, as offsets into the zone without line ends. A length of 0: the
 * format has no such field. */
struct field {
    uint8_t at, n;
};
struct layout {
    const char *name;
    uint8_t lines, width;
    struct field code, state, names, number, nationality, birth, sex, expiry, optional, optional_2;
    uint8_t optional_digit, composite; /* offsets of the digits; 0: none */
    struct field composed[4];          /* what the composite digit runs over, in order */
};

static const struct layout layouts[] = {
    [GW_MRZ_TD1] = { "TD1", 3, 30, { 0, 2 }, { 2, 3 }, { 60, 30 }, { 5, 9 }, { 45, 3 }, { 30, 6 }, { 37, 1 },
        { 38, 6 }, { 15, 15 }, { 48, 11 }, 0, 59, { { 5, 25 }, { 30, 7 }, { 38, 7 }, { 48, 11 } } },
    [GW_MRZ_TD2] = { "TD2", 2, 36, { 0, 2 }, { 2, 3 }, { 5, 31 }, { 36, 9 }, { 46, 3 }, { 49, 6 }, { 56, 1 },
        { 57, 6 }, { 64, 7 }, {}, 0, 71, { { 36, 10 }, { 49, 7 }, { 57, 14 }, {} } },
    [GW_MRZ_TD3] = { "TD3", 2, 44, { 0, 2 }, { 2, 3 }, { 5, 39 }, { 44, 9 }, { 54, 3 }, { 57, 6 }, { 64, 1 },
        { 65, 6 }, { 72, 14 }, {}, 86, 87, { { 44, 10 }, { 57, 7 }, { 65, 22 }, {} } },
    [GW_MRZ_MRV_A] = { "MRV-A", 2, 44, { 0, 2 }, { 2, 3 }, { 5, 39 }, { 44, 9 }, { 54, 3 }, { 57, 6 }, { 64, 1 },
        { 65, 6 }, { 72, 16 }, {}, 0, 0, { {}, {}, {}, {} } },
    [GW_MRZ_MRV_B] = { "MRV-B", 2, 36, { 0, 2 }, { 2, 3 }, { 5, 31 }, { 36, 9 }, { 46, 3 }, { 49, 6 }, { 56, 1 },
        { 57, 6 }, { 64, 8 }, {}, 0, 0, { {}, {}, {}, {} } },
};

/* Offset of the check digit behind a field. */
static size_t digit_of(struct field f)
{
    return (size_t)f.at + f.n;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

static int value_of(char c)
{
    return is_digit(c) ? c - '0' : is_letter(c) ? c - 'A' + 10 : c == '<' ? 0 : -1;
}

const char *gw_mrz_format_name(enum gw_mrz_format format)
{
    return layouts[format].name;
}

/* A check digit over several runs of characters, weights going on from one to the next. */
struct digit {
    unsigned sum, count;
};

static bool digit_add(struct digit *d, const char *text, size_t n)
{
    static const unsigned weights[] = { 7, 3, 1 };
    for (size_t i = 0; i < n; i++) {
        int v = value_of(text[i]);
        if (v < 0)
            return false;
        d->sum += (unsigned)v * weights[d->count++ % 3];
    }
    return true;
}

int gw_mrz_check_digit(const char *text, size_t n)
{
    struct digit d = {};
    return digit_add(&d, text, n) ? (int)(d.sum % 10) : -1;
}

static bool digit_matches(const char *text, size_t n, char digit)
{
    return is_digit(digit) && gw_mrz_check_digit(text, n) == digit - '0';
}

/* ---- reading ------------------------------------------------------------- */

struct reader {
    struct gw_mrz *out;
    const struct layout *l;
    char zone[GW_MRZ_MOST];
};

static void problem(struct reader *r, bool is_error, const char *field, size_t position, const char *code,
    const char *text)
{
    struct gw_mrz *m = r->out;
    if (m->n_problems < GW_MRZ_PROBLEMS)
        m->problems[m->n_problems++] = (struct gw_mrz_problem){ is_error, field, code, text, position };
}

static bool any_error(const struct gw_mrz *m)
{
    for (size_t i = 0; i < m->n_problems; i++)
        if (m->problems[i].is_error)
            return true;
    return false;
}

/* Joins the lines of the text into zone, noting how long each was. */
static bool collect(char zone[GW_MRZ_MOST], size_t lengths[3], size_t *n_lines, struct gw_span text, struct gw_err *err)
{
    size_t at = 0, used = 0;
    *n_lines = 0;
    while (at < text.size) {
        size_t stop = at;
        while (stop < text.size && text.data[stop] != '\n' && text.data[stop] != '\r')
            stop++;
        struct gw_span line = gw_span_trim(gw_span_slice(text, at, stop));
        at = stop + 1;
        if (line.size == 0)
            continue;
        if (*n_lines == 3 || line.size > GW_MRZ_MOST - used)
            return gw_fail_at(err, GW_ERR_FORMAT, (size_t)(line.data - text.data),
                "MRZ: more than three lines or %d characters (Doc 9303-3, 4.1)", GW_MRZ_MOST);
        memcpy(zone + used, line.data, line.size);
        lengths[(*n_lines)++] = line.size;
        used += line.size;
    }
    if (*n_lines == 0)
        return gw_fail(err, GW_ERR_FORMAT, "MRZ: nothing there");
    return true;
}

/* The French identity card issued until 2021 has two lines of 36 like TD2, but its own
 * fields. Its successor is TD1, so IDFRA in this size is the old card, be it read with
 * mistakes, unless the digits of TD2 say otherwise. */
static bool is_french_card(const char *zone)
{
    return memcmp(zone, "IDFRA", 5) == 0 &&
           !(digit_matches(zone + 36, 9, zone[45]) && digit_matches(zone + 49, 6, zone[55]) && digit_matches(zone + 57, 6, zone[63]));
}

/* Zones of other shapes that readers meet at a gate: named, not read. */
static const char *other_shape(const char *zone, const size_t lengths[3], size_t n_lines)
{
    if (n_lines == 3 && lengths[0] == 9 && lengths[1] == 30 && lengths[2] == 30)
        return "the zone of a Swiss driving licence, not a travel document of Doc 9303";
    if (n_lines == 1 && lengths[0] == 30 && memcmp(zone, "D1FRA", 5) == 0)
        return "the zone of a French driving licence, not a travel document of Doc 9303";
    if (n_lines == 1 && lengths[0] == 30 && zone[0] == 'D')
        return "the zone of a driving licence (ISO/IEC 18013), not a travel document of Doc 9303";
    if (n_lines == 2 && lengths[0] == 34 && lengths[1] == 34)
        return "two lines of 34: the zone of a Slovak identity card issued before 2008, not of Doc 9303";
    return NULL;
}

static bool find_format(enum gw_mrz_format *out, const char *zone, const size_t lengths[3], size_t n_lines,
    struct gw_err *err)
{
    size_t total = 0;
    bool equal = true;
    for (size_t i = 0; i < n_lines; i++) {
        total += lengths[i];
        equal = equal && lengths[i] == lengths[0];
    }
    bool visa = zone[0] == 'V';
    const char *other = other_shape(zone, lengths, n_lines);
    if (other != NULL)
        return gw_fail(err, GW_ERR_UNSUPPORTED, "%s", other);
    if (((n_lines == 2 && equal && lengths[0] == 36) || (n_lines == 1 && total == 72)) && is_french_card(zone))
        return gw_fail(err, GW_ERR_UNSUPPORTED,
            "the zone of a French identity card issued before August 2021: two lines of 36, but not the fields of TD2");
    if ((n_lines == 3 && equal && lengths[0] == 30) || (n_lines == 1 && total == 90))
        *out = GW_MRZ_TD1;
    else if ((n_lines == 2 && equal && lengths[0] == 36) || (n_lines == 1 && total == 72))
        *out = visa ? GW_MRZ_MRV_B : GW_MRZ_TD2;
    else if ((n_lines == 2 && equal && lengths[0] == 44) || (n_lines == 1 && total == 88))
        *out = visa ? GW_MRZ_MRV_A : GW_MRZ_TD3;
    else if (n_lines == 1)
        return gw_fail(err, GW_ERR_FORMAT,
            "MRZ: %zu characters on one line; a zone has 3 lines of 30 or 2 lines of 36 or 44", total);
    else
        return gw_fail(err, GW_ERR_FORMAT,
            "MRZ: %zu lines of %zu, %zu… characters; a zone has 3 lines of 30 or 2 lines of 36 or 44", n_lines,
            lengths[0], lengths[1]);
    return true;
}

/* Copies a field without the fillers at its end. */
static void copy(char *out, const char *text, size_t n)
{
    while (n > 0 && text[n - 1] == '<')
        n--;
    memcpy(out, text, n);
    out[n] = 0;
}

enum alphabet { ALPHA_ANY, ALPHA_LETTERS, ALPHA_DIGITS };

static bool allowed(char c, enum alphabet a)
{
    return c == '<' || (a != ALPHA_DIGITS && is_letter(c)) || (a != ALPHA_LETTERS && is_digit(c));
}

static bool check_characters(struct reader *r, const char *name, struct field f, enum alphabet a, const char *text)
{
    for (size_t i = f.at; i < (size_t)f.at + f.n; i++)
        if (!allowed(r->zone[i], a)) {
            problem(r, true, name, i, "character", value_of(r->zone[i]) < 0 ? "not a character of a machine-readable zone" : text);
            return false;
        }
    return true;
}

static void read_code(struct reader *r)
{
    struct field f = r->l->code;
    const char *c = r->zone + f.at;
    check_characters(r, "document_code", f, ALPHA_LETTERS, "a document code has letters only");
    copy(r->out->document_code, c, f.n);
    bool right = r->out->format == GW_MRZ_TD3 ? c[0] == 'P'
                 : r->out->format == GW_MRZ_TD1 || r->out->format == GW_MRZ_TD2
                     ? c[0] == 'A' || c[0] == 'C' || c[0] == 'I' || c[0] == 'P'
                     : c[0] == 'V';
    if (!right)
        problem(r, true, "document_code", f.at, "document_code",
            "not a document code of this size: P in TD3, A, C or I in TD1 and TD2, V in visas");
    else if ((c[0] == 'A' || c[0] == 'C' || c[0] == 'I') && c[1] == 'V')
        problem(r, true, "document_code", f.at + 1u, "document_code", "V may not stand second behind A, C or I (Doc 9303-5, 4.2.2)");
}

static void read_state(struct reader *r, const char *name, struct field f, char out[4])
{
    const char *c = r->zone + f.at;
    if (!check_characters(r, name, f, ALPHA_LETTERS, "a state's code has letters only") || c[0] == '<') {
        if (c[0] == '<')
            problem(r, true, name, f.at, "missing", "no code of a state");
        copy(out, c, f.n);
        return;
    }
    copy(out, c, f.n);
    const struct gw_state *s = gw_state_find(out);
    if (s == NULL)
        problem(r, false, name, f.at, "state", "not a code of Doc 9303-3 part 5");
    else if (s->kind == GW_STATE_SPECIMEN)
        r->out->specimen = true;
}

static void read_names(struct reader *r)
{
    struct field f = r->l->names;
    const char *c = r->zone + f.at;
    struct gw_mrz *m = r->out;
    check_characters(r, "surname", f, ALPHA_LETTERS, "a name has letters and fillers only");
    m->name_may_be_cut = c[f.n - 1] != '<';
    size_t end = f.n;
    while (end > 0 && c[end - 1] == '<')
        end--;
    if (end == 0) {
        problem(r, true, "surname", f.at, "missing", "no name at all");
        return;
    }
    size_t start = 0;
    if (c[0] == '<') { /* seen on documents of people with one name */
        while (start < end && c[start] == '<')
            start++;
        problem(r, false, "surname", f.at, "name_separator",
            start == 1 ? "a filler in front of the name" : "the primary identifier is empty (Doc 9303-3, 4.6)");
    }
    bool split = start > 1, again = false;
    char *out = split ? m->given_names : m->surname;
    size_t used = 0;
    for (size_t i = start; i < end; i++) {
        if (c[i] != '<') {
            out[used++] = c[i];
            continue;
        }
        size_t run = 1;
        while (i + run < end && c[i + run] == '<')
            run++;
        if (run >= 2 && !split) {
            split = true;
            out = m->given_names;
            used = 0;
        } else {
            if (run >= 2 && !again) {
                again = true;
                problem(r, false, "given_names", f.at + i, "name_separator", "a second << inside the name, read as one filler");
            }
            out[used++] = ' ';
        }
        i += run - 1;
    }
}

/* Part 5, 4.2.2.2: a number of more than nine characters goes on in the optional data,
 * a filler in the place of its digit. The digit is the last character before the
 * next filler. ICAO's own example leaves the filler out of the digit, some states
 * count it: both are accepted. */
static size_t read_number(struct reader *r)
{
    struct field f = r->l->number;
    const char *z = r->zone;
    struct gw_mrz *m = r->out;
    check_characters(r, "document_number", f, ALPHA_ANY, "");
    size_t digit = digit_of(f), consumed = 0;
    bool may_be_long = m->format == GW_MRZ_TD1 || m->format == GW_MRZ_TD2;
    copy(m->document_number, z + f.at, f.n);
    m->document_number_check = GW_MRZ_WRONG;
    struct field o = r->l->optional;
    if (z[digit] == '<' && may_be_long && z[digit - 1] != '<' && z[o.at] != '<') {
        size_t n = 0;
        while (n < o.n && z[o.at + n] != '<')
            n++;
        struct digit without = {}, with = {};
        bool ok = digit_add(&without, z + f.at, f.n) && digit_add(&without, z + o.at, n - 1) &&
                  digit_add(&with, z + f.at, f.n + 1u) && digit_add(&with, z + o.at, n - 1);
        char d = z[o.at + n - 1];
        if (n == o.n)
            problem(r, true, "document_number", o.at + n - 1, "length", "no filler ends the long document number (Doc 9303-5, 4.2.2.2)");
        else if (n == 1)
            problem(r, false, "document_number", o.at, "length", "the document number is marked as a long one, but does not go on");
        if (ok && is_digit(d) && ((unsigned)(d - '0') == without.sum % 10 || (unsigned)(d - '0') == with.sum % 10))
            m->document_number_check = GW_MRZ_RIGHT;
        else
            problem(r, true, "document_number", o.at + n - 1, "check_digit", "the check digit of the long document number is wrong");
        memcpy(m->document_number + f.n, z + o.at, n - 1);
        m->document_number[f.n + n - 1] = 0;
        consumed = n;
    } else if (digit_matches(z + f.at, f.n, z[digit])) {
        m->document_number_check = GW_MRZ_RIGHT;
    } else {
        problem(r, true, "document_number", digit, "check_digit",
            z[digit] == '<' ? "the document number has no check digit" : "the check digit of the document number is wrong");
    }
    if (m->document_number[0] == 0)
        problem(r, true, "document_number", f.at, "missing", "no document number");
    return consumed;
}

int16_t gw_mrz_birth_year(unsigned yy, uint8_t month, uint8_t day, struct gw_date today)
{
    int century = today.year / 100 * 100;
    int year = century + (int)yy;
    struct gw_date earliest = { (int16_t)year, month == 0 ? 1 : month, day == 0 ? 1 : day };
    bool after = year > today.year || (year == today.year && (earliest.month > today.month ||
                                                                (earliest.month == today.month && earliest.day > today.day)));
    return (int16_t)(after ? year - 100 : year);
}

int16_t gw_mrz_expiry_year(unsigned yy)
{
    return (int16_t)(yy < 80 ? 2000 + yy : 1900 + yy);
}

/* Two characters of a date: digits, or << for unknown. */
static bool date_part(const char *c, int *out)
{
    if (c[0] == '<' && c[1] == '<') {
        *out = -1;
        return true;
    }
    if (!is_digit(c[0]) || !is_digit(c[1]))
        return false;
    *out = (c[0] - '0') * 10 + c[1] - '0';
    return true;
}

static bool date_exists(struct gw_mrz_date d)
{
    struct gw_date whole = { d.year, d.month == 0 ? 1 : d.month, d.day == 0 ? 1 : d.day };
    return gw_date_check(whole);
}

static void read_date(struct reader *r, const char *name, struct field f, bool is_birth, struct gw_date today,
    struct gw_mrz_date *out, enum gw_mrz_check *check)
{
    const char *c = r->zone + f.at;
    bool digits = check_characters(r, name, f, ALPHA_DIGITS, "a date has digits and fillers only");
    size_t at = digit_of(f);
    /* A letter worth a multiple of ten hides from the sum: the alphabet is checked apart. */
    *check = digits && digit_matches(c, f.n, r->zone[at]) ? GW_MRZ_RIGHT : GW_MRZ_WRONG;
    int yy = -1, mm = -1, dd = -1;
    bool read = digits && date_part(c, &yy) && date_part(c + 2, &mm) && date_part(c + 4, &dd);
    bool unknown = read && yy < 0 && mm < 0 && dd < 0;
    /* A document that does not expire may leave digit and date empty alike. */
    if (unknown && r->zone[at] == '<')
        *check = GW_MRZ_RIGHT;
    if (digits && *check == GW_MRZ_WRONG)
        problem(r, true, name, at, "check_digit", is_birth ? "the check digit of the date of birth is wrong" : "the check digit of the date of expiry is wrong");
    if (!digits || unknown)
        return;
    if (read && yy < 0) {
        problem(r, false, name, f.at, "date", "the year is unknown, so the date is not given");
        return;
    }
    struct gw_mrz_date d = {};
    if (read) {
        d.month = (uint8_t)(mm < 0 ? 0 : mm);
        d.day = (uint8_t)(dd < 0 ? 0 : dd);
        d.year = is_birth ? gw_mrz_birth_year((unsigned)yy, d.month, d.day, today) : gw_mrz_expiry_year((unsigned)yy);
    }
    if (d.year == 0 || (mm == 0) || (dd == 0) || !date_exists(d)) {
        problem(r, true, name, f.at, "date", "no such day in the calendar");
        return;
    }
    *out = d;
}

static void read_optional(struct reader *r, size_t consumed)
{
    struct gw_mrz *m = r->out;
    struct field f = r->l->optional;
    check_characters(r, "optional_data", f, ALPHA_ANY, "");
    copy(m->optional_data, r->zone + f.at + consumed, f.n - consumed);
    /* The filler that ends a long number is no data. */
    if (consumed > 0 && m->optional_data[0] == '<')
        memmove(m->optional_data, m->optional_data + 1, strlen(m->optional_data));
    if (r->l->optional_2.n > 0) {
        check_characters(r, "optional_data_2", r->l->optional_2, ALPHA_ANY, "");
        copy(m->optional_data_2, r->zone + r->l->optional_2.at, r->l->optional_2.n);
    }
    if (r->l->optional_digit == 0)
        return;
    char d = r->zone[r->l->optional_digit];
    /* Part 4, 4.2.2.2: nothing there, then the digit may be 0 or a filler. */
    bool right = digit_matches(r->zone + f.at, f.n, d) || (m->optional_data[0] == 0 && d == '<');
    m->optional_data_check = right ? GW_MRZ_RIGHT : GW_MRZ_WRONG;
    if (!right)
        problem(r, true, "optional_data", r->l->optional_digit, "check_digit", "the check digit of the optional data is wrong");
}

static bool composite_matches(const struct layout *l, const char *zone)
{
    struct digit d = {};
    bool ok = true;
    for (size_t i = 0; i < GW_COUNT(l->composed); i++)
        ok = ok && digit_add(&d, zone + l->composed[i].at, l->composed[i].n);
    return ok && is_digit(zone[l->composite]) && d.sum % 10 == (unsigned)(zone[l->composite] - '0');
}

static void read_rest(struct reader *r)
{
    struct gw_mrz *m = r->out;
    size_t at = r->l->sex.at;
    m->sex = r->zone[at];
    if (m->sex != 'M' && m->sex != 'F' && m->sex != '<') {
        problem(r, true, "sex", at, "sex",
            m->sex == 'X' ? "unspecified sex is a filler in the zone, X only in the page's text (Doc 9303-4, 4.2.2)"
                          : "sex is M, F or a filler");
        m->sex = '<';
    }
    if (r->l->composite == 0)
        return;
    m->composite_check = composite_matches(r->l, r->zone) ? GW_MRZ_RIGHT : GW_MRZ_WRONG;
    if (m->composite_check == GW_MRZ_WRONG)
        problem(r, true, "composite", r->l->composite, "check_digit", "the composite check digit is wrong");
}

/* ---- what OCR mistook ------------------------------------------------------ */

/* Only confusions of shape, only where a field's alphabet tells them for what they are, and
 * only if the digits prove them: a date or a digit against its check digit and then the
 * whole against the composite one. Names and numbers have no fixed alphabet and are
 * never touched. */

/* The one digit a letter is mistaken for; 0 where there is none. */
static char as_digit(char c)
{
    static const char from[] = "OQDIZSGB", to[] = "00012568";
    const char *p = c == 0 ? NULL : strchr(from, c);
    return p == NULL ? 0 : to[p - from];
}

/* The letters a digit is mistaken for. */
static const char *as_letters(char c)
{
    switch (c) {
    case '0': return "ODQ";
    case '1': return "I";
    case '2': return "Z";
    case '5': return "S";
    case '6': return "G";
    case '8': return "B";
    default: return "";
    }
}

static void fix(struct reader *r, size_t at, char to)
{
    struct gw_mrz *m = r->out;
    if (m->n_fixes < GW_MRZ_FIXES && r->zone[at] != to) {
        m->fixes[m->n_fixes++] = (struct gw_mrz_fix){ at, r->zone[at], to };
        r->zone[at] = to;
    }
}

/* A date and its digit, if reading every letter as its digit makes the digit right. A letter
 * has one digit, so there is one way at most. */
static void repair_date(struct reader *r, struct field f)
{
    char trial[8];
    size_t n = f.n + 1u;
    bool changed = false;
    for (size_t i = 0; i < n; i++) {
        char c = r->zone[f.at + i], d = as_digit(c);
        changed = changed || d != 0;
        trial[i] = d != 0 ? d : c;
    }
    if (changed && digit_matches(trial, f.n, trial[f.n]))
        for (size_t i = 0; i < n; i++)
            fix(r, f.at + i, trial[i]);
}

static void repair_digit(struct reader *r, struct field over, size_t at)
{
    char d = at == 0 ? 0 : as_digit(r->zone[at]);
    if (d != 0 && digit_matches(r->zone + over.at, over.n, d))
        fix(r, at, d);
}

/* A state has letters only and is one of a list. No digit covers it, so the list must: one
 * code on it, and one only, that the characters can be mistaken for. */
static void repair_state(struct reader *r, struct field f)
{
    char trial[4] = {}, found[4] = {};
    size_t ways[3], total = 1, matches = 0;
    const char *letters[3];
    for (size_t i = 0; i < 3; i++) {
        letters[i] = as_letters(r->zone[f.at + i]);
        ways[i] = GW_MAX(strlen(letters[i]), (size_t)1);
        total *= ways[i];
    }
    if (letters[0][0] == 0 && letters[1][0] == 0 && letters[2][0] == 0)
        return;
    for (size_t k = 0; k < total; k++) {
        size_t rest = k;
        char code[4];
        for (size_t i = 0; i < 3; i++) {
            trial[i] = letters[i][0] == 0 ? r->zone[f.at + i] : letters[i][rest % ways[i]];
            rest /= ways[i];
        }
        copy(code, trial, 3);
        if (gw_state_find(code) != NULL) {
            matches++;
            memcpy(found, trial, 3);
        }
    }
    if (matches == 1)
        for (size_t i = 0; i < 3; i++)
            fix(r, f.at + i, found[i]);
}

static void repair(struct reader *r)
{
    const struct layout *l = r->l;
    struct gw_mrz *m = r->out;
    repair_date(r, l->birth);
    repair_date(r, l->expiry);
    repair_digit(r, l->number, digit_of(l->number));
    repair_digit(r, l->optional, l->optional_digit);
    repair_state(r, l->state);
    repair_state(r, l->nationality);
    if (l->composite == 0)
        return;
    char d = as_digit(r->zone[l->composite]);
    if (d != 0)
        fix(r, l->composite, d);
    if (composite_matches(l, r->zone))
        return;
    /* What does not make the whole right was no repair. */
    while (m->n_fixes > 0) {
        m->n_fixes--;
        r->zone[m->fixes[m->n_fixes].position] = m->fixes[m->n_fixes].from;
    }
}

bool gw_mrz_parse(struct gw_mrz *out, struct gw_span text, const struct gw_mrz_options *options, struct gw_err *err)
{
    assert(gw_date_check(options->today));
    struct reader r = { .out = out };
    size_t lengths[3] = {}, n_lines;
    *out = (struct gw_mrz){ .sex = '<' };
    if (!collect(r.zone, lengths, &n_lines, text, err) || !find_format(&out->format, r.zone, lengths, n_lines, err))
        return false;
    r.l = &layouts[out->format];
    if (options->repair)
        repair(&r);
    read_code(&r);
    read_state(&r, "issuing_state", r.l->state, out->issuing_state);
    read_names(&r);
    size_t consumed = read_number(&r);
    read_state(&r, "nationality", r.l->nationality, out->nationality);
    read_date(&r, "birth_date", r.l->birth, true, options->today, &out->birth_date, &out->birth_date_check);
    read_date(&r, "expiry_date", r.l->expiry, false, options->today, &out->expiry_date, &out->expiry_date_check);
    read_optional(&r, consumed);
    read_rest(&r);
    out->valid = !any_error(out);
    return true;
}

void gw_mrz_date_format(char out[GW_MRZ_DATE_TEXT], struct gw_mrz_date d)
{
    if (d.year <= 0 || d.year > 9999) {
        out[0] = 0;
        return;
    }
    int n = snprintf(out, GW_MRZ_DATE_TEXT, "%04u-", (unsigned)d.year % 10000);
    n += d.month == 0 ? snprintf(out + n, 4, "XX-") : snprintf(out + n, 4, "%02u-", d.month % 100u);
    if (d.day == 0)
        snprintf(out + n, 3, "XX");
    else
        snprintf(out + n, 3, "%02u", d.day % 100u);
}

/* ---- writing --------------------------------------------------------------- */

/* Letters, digits and fillers of a text into a field; false if it does not fit. */
static bool put(char *zone, struct field f, const char *text, enum alphabet a)
{
    size_t n = strlen(text);
    if (n > f.n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!allowed(text[i], a))
            return false;
    // NOLINTNEXTLINE(bugprone-not-null-terminated-result): a field in the middle of a line, no string
    memcpy(zone + f.at, text, n);
    return true;
}

static bool put_date(char *zone, struct field f, struct gw_mrz_date d)
{
    if (d.year != 0) {
        if (!date_exists(d) || d.year < 1900 || d.year > 2099)
            return false;
        unsigned yy = (unsigned)d.year % 100;
        zone[f.at] = (char)('0' + yy / 10);
        zone[f.at + 1] = (char)('0' + yy % 10);
        for (int k = 0; k < 2; k++) {
            uint8_t v = k == 0 ? d.month : d.day;
            if (v != 0) {
                zone[f.at + 2 + 2 * k] = (char)('0' + v / 10);
                zone[f.at + 3 + 2 * k] = (char)('0' + v % 10);
            }
        }
    }
    zone[digit_of(f)] = (char)('0' + gw_mrz_check_digit(zone + f.at, f.n));
    return true;
}

/* A name as it stands in the zone: letters, one filler for each blank. */
static bool put_name(char *out, const char *name)
{
    for (size_t i = 0; name[i] != 0; i++) {
        out[i] = name[i] == ' ' ? '<' : name[i];
        if (!allowed(out[i], ALPHA_LETTERS) || (out[i] == '<' && (i == 0 || name[i + 1] == 0 || name[i + 1] == ' ')))
            return false;
    }
    return true;
}

static bool put_names(char *zone, struct field f, const struct gw_mrz *m)
{
    char text[96];
    size_t surname = strlen(m->surname), given = strlen(m->given_names), n = surname;
    if (surname + given == 0 || !put_name(text, m->surname))
        return false;
    if (given > 0) {
        text[n++] = '<';
        text[n++] = '<';
        if (!put_name(text + n, m->given_names))
            return false;
        n += given;
    }
    /* Part 4, 4.2.3 (part 3, 4.6): a name too long is cut, and a letter in the last place says
     * so. Where a filler would stand there, letters before it make room for one behind. */
    while (n > f.n && text[f.n - 1] == '<') {
        size_t at = f.n - 1;
        while (at > 0 && text[at] == '<')
            at--;
        memmove(text + at, text + at + 1, n - at - 1);
        n--;
    }
    memcpy(zone + f.at, text, GW_MIN(n, (size_t)f.n));
    return true;
}

static bool put_number(char *zone, const struct layout *l, const struct gw_mrz *m, char rest[17])
{
    size_t n = strlen(m->document_number);
    rest[0] = 0;
    char digit = (char)('0' + GW_MAX(gw_mrz_check_digit(m->document_number, n), 0));
    if (n == 0 || m->document_number[n - 1] == '<')
        return false;
    if (n <= l->number.n) {
        if (!put(zone, l->number, m->document_number, ALPHA_ANY))
            return false;
        zone[digit_of(l->number)] = (char)('0' + gw_mrz_check_digit(zone + l->number.at, l->number.n));
        return true;
    }
    if (l->composite == 0 || l->optional_digit != 0 || n - l->number.n + 2 > l->optional.n)
        return false; /* only TD1 and TD2 have long numbers, and a filler ends them */
    char first[10];
    memcpy(first, m->document_number, 9);
    first[9] = 0;
    snprintf(rest, 17, "%s%c", m->document_number + 9, digit);
    return strchr(m->document_number, '<') == NULL && put(zone, l->number, first, ALPHA_ANY);
}

bool gw_mrz_format(char out[GW_MRZ_TEXT], const struct gw_mrz *m, struct gw_err *err)
{
    const struct layout *l = &layouts[m->format];
    char zone[GW_MRZ_MOST];
    memset(zone, '<', sizeof zone);
    char rest[17], optional[40];
    if (m->document_code[0] == 0 || !put(zone, l->code, m->document_code, ALPHA_LETTERS))
        return gw_fail(err, GW_ERR_INVALID, "MRZ: document_code does not fit (Doc 9303-3)");
    if (!put(zone, l->state, m->issuing_state, ALPHA_LETTERS) || !put(zone, l->nationality, m->nationality, ALPHA_LETTERS))
        return gw_fail(err, GW_ERR_INVALID, "MRZ: issuing_state or nationality is not three letters at most");
    if (!put_names(zone, l->names, m))
        return gw_fail(err, GW_ERR_INVALID, "MRZ: a name has letters A to Z and blanks only, and cannot be empty");
    if (!put_number(zone, l, m, rest))
        return gw_fail(err, GW_ERR_INVALID, "MRZ: document_number does not fit %s", l->name);
    snprintf(optional, sizeof optional, "%s%s%s", rest, rest[0] != 0 && m->optional_data[0] != 0 ? "<" : "", m->optional_data);
    if (!put(zone, l->optional, optional, ALPHA_ANY) ||
        (m->optional_data_2[0] != 0 && !put(zone, l->optional_2, m->optional_data_2, ALPHA_ANY)))
        return gw_fail(err, GW_ERR_INVALID, "MRZ: optional_data does not fit %s", l->name);
    if (!put_date(zone, l->birth, m->birth_date) || !put_date(zone, l->expiry, m->expiry_date))
        return gw_fail(err, GW_ERR_INVALID, "MRZ: a date does not exist or is not of 1900 to 2099");
    if (m->sex != 'M' && m->sex != 'F' && m->sex != 'X' && m->sex != '<')
        return gw_fail(err, GW_ERR_INVALID, "MRZ: sex is M, F, X or a filler");
    zone[l->sex.at] = m->sex == 'X' ? '<' : m->sex;
    if (l->optional_digit != 0)
        zone[l->optional_digit] = m->optional_data[0] == 0 ? '<' : (char)('0' + gw_mrz_check_digit(zone + l->optional.at, l->optional.n));
    if (l->composite != 0) {
        struct digit d = {};
        for (size_t i = 0; i < GW_COUNT(l->composed); i++)
            digit_add(&d, zone + l->composed[i].at, l->composed[i].n);
        zone[l->composite] = (char)('0' + d.sum % 10);
    }
    for (size_t line = 0; line < l->lines; line++) {
        memcpy(out, zone + line * l->width, l->width);
        out[l->width] = '\n';
        out += l->width + 1u;
    }
    *out = 0;
    return true;
}
