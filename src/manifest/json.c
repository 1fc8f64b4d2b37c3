/* json.c - reads a manifest written as JSON (docs/manifest.schema.json).
 *
 * The message is taken apart by a scanner of our own before any JSON library sees
 * it: members of the top, items of `travelers`. Each piece is then parsed by
 * itself, so a traveler with a doubled key, a broken escape or bytes that are not
 * UTF-8 costs only himself, and every piece knows its place in the input. */
#include "manifest/manifest.h"

#include "manifest/words.h"

#include "base/crypto.h"

#include <stdarg.h>
#include <stdio.h>

enum { MOST_DEPTH = 64, POINTER_BYTES = 96 };

struct parse {
    struct gw_manifest *out;
    struct gw_arena *a;
    struct gw_span text;
    bool quiet; /* problems are not written down */
    size_t cap_travelers, cap_problems;
    struct gw_err *err;
};

/* A value being read: its tree, its bytes, and where it stands. */
struct place {
    const struct gw_json *j;
    struct gw_span raw;
    const char *pointer; /* RFC 6901 */
    bool has_traveler;
    size_t traveler;
};

/* ---- the scanner ----------------------------------------------------------- */

static void skip_blank(struct gw_cursor *c)
{
    while (c->at < c->in.size && strchr(" \t\r\n", c->in.data[c->at]) != NULL && c->in.data[c->at] != 0)
        c->at++;
}

static bool skip_text(struct gw_cursor *c)
{
    uint8_t u;
    if (!gw_cursor_u8(c, &u) || u != '"')
        return false;
    while (gw_cursor_u8(c, &u))
        if (u == '"')
            return true;
        else if (u == '\\' && !gw_cursor_skip(c, 1))
            return false;
    return false;
}

/* Steps over one value without judging what is in it: brackets and strings are
 * counted, the rest is left to the parser of the piece. */
static bool skip_value(struct gw_cursor *c)
{
    char open[MOST_DEPTH];
    size_t depth = 0;
    bool any = false;
    while (c->at < c->in.size) {
        uint8_t u = c->in.data[c->at];
        if (u == '"') {
            if (!skip_text(c))
                return false;
            any = true;
        } else if (u == '{' || u == '[') {
            if (depth == MOST_DEPTH)
                return false;
            open[depth++] = (char)u;
            c->at++;
            any = true;
        } else if (u == '}' || u == ']') {
            if (depth == 0)
                return any;
            if (open[--depth] != (u == '}' ? '{' : '['))
                return false;
            c->at++;
            if (depth == 0)
                return true;
        } else if (depth == 0 && u == ',') {
            return any;
        } else {
            c->at++;
            any = true;
        }
    }
    return any && depth == 0;
}

/* The next member of the object (or item of the array) that c stands in. *more is
 * false at its end. False when the text is not JSON there; c->at says where. */
static bool next_piece(struct gw_cursor *c, bool first, char close, struct gw_span *key, struct gw_span *value,
    bool *more)
{
    skip_blank(c);
    *more = false;
    if (c->at >= c->in.size)
        return false;
    if (c->in.data[c->at] == (uint8_t)close) {
        c->at++;
        return true;
    }
    if (!first) {
        if (c->in.data[c->at] != ',')
            return false;
        c->at++;
        skip_blank(c);
    }
    if (key != NULL) {
        size_t from = c->at;
        if (!skip_text(c))
            return false;
        *key = gw_span_slice(c->in, from + 1, c->at - 1);
        skip_blank(c);
        if (c->at >= c->in.size || c->in.data[c->at] != ':')
            return false;
        c->at++;
        skip_blank(c);
    }
    size_t from = c->at;
    if (!skip_value(c))
        return false;
    *value = gw_span_trim(gw_span_slice(c->in, from, c->at));
    *more = true;
    return true;
}

/* Where the value of a member stands in the bytes of its object; the object's own
 * bytes when it is not found there. */
static struct gw_span raw_member(struct gw_span object, const char *name)
{
    struct gw_cursor c = gw_cursor_of(object);
    struct gw_span key, value;
    bool more;
    if (!gw_cursor_skip(&c, 1))
        return object;
    for (bool first = true; next_piece(&c, first, '}', &key, &value, &more) && more; first = false)
        if (gw_span_is(key, name))
            return value;
    return object;
}

/* ---- problems --------------------------------------------------------------- */

static bool problem(struct parse *p, const struct place *at, const char *member, bool is_error, const char *code,
    const char *format, ...) GW_PRINTF(6, 7);

/* False only when there is no room to write it down. */
static bool problem(struct parse *p, const struct place *at, const char *member, bool is_error, const char *code,
    const char *format, ...)
{
    if (p->quiet)
        return true;
    struct gw_manifest *m = p->out;
    if (is_error)
        m->valid = false;
    m->n_problems_all++;
    if (m->n_problems == GW_MANIFEST_PROBLEMS_MAX)
        return true;
    m->problems = gw_arena_grow(p->a, m->problems, &p->cap_problems, m->n_problems + 1, sizeof *m->problems, p->err);
    if (m->problems == NULL)
        return false;

    char text[160], pointer[POINTER_BYTES + 64];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(pointer, sizeof pointer, "%s%s%s", at->pointer, member == NULL ? "" : "/", member == NULL ? "" : member);
    struct gw_span raw = member == NULL || at->raw.size == 0 ? at->raw : raw_member(at->raw, member);
    struct gw_manifest_problem *o = &m->problems[m->n_problems];
    *o = (struct gw_manifest_problem){
        .is_error = is_error,
        .has_segment = at->has_traveler,
        .segment = at->traveler,
        .offset = raw.data == NULL ? GW_NO_PLACE : (size_t)(raw.data - p->text.data),
        .code = code,
        .tag = gw_arena_text(p->a, gw_span_str(pointer), p->err),
        .text = gw_arena_text(p->a, gw_span_str(text), p->err),
    };
    if (o->tag == NULL || o->text == NULL)
        return false;
    m->n_problems++;
    return true;
}

/* The parser's own sentence, without its line and column: they count in the piece. */
static bool syntax(struct parse *p, struct place *at, const struct gw_err *e)
{
    const char *line = strstr(e->text, " (line ");
    int n = line == NULL ? (int)strlen(e->text) : (int)(line - e->text);
    at->raw = gw_span_slice(at->raw, e->at == GW_NO_PLACE ? 0 : e->at, at->raw.size);
    return problem(p, at, NULL, true, "syntax", "%.*s", n, e->text);
}

/* ---- single facts ------------------------------------------------------------- *
 * Each leaves its field absent and writes a problem when the fact is damaged, and
 * returns false only for lack of room. */

/* *has is false for what is absent, null, blank, or damaged. */
static bool take_text(struct parse *p, const struct place *at, const char *key, size_t most, struct gw_span *out,
    bool *has)
{
    const struct gw_json *j = gw_json_get(at->j, key);
    *has = false;
    *out = (struct gw_span){};
    if (j == NULL || gw_json_kind(j) == GW_JSON_NULL)
        return true;
    struct gw_span s;
    if (!gw_json_string(j, &s))
        return problem(p, at, key, true, "type", "%s must be a string", key);
    s = gw_span_trim(s);
    if (s.size > most)
        return problem(p, at, key, true, "too_long", "%s is longer than %zu bytes", key, most);
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] < 0x20 || s.data[i] == 0x7F)
            return problem(p, at, key, true, "character", "%s has a control character", key);
    if (s.size == 0)
        return true;
    char *copy = gw_arena_text(p->a, s, p->err);
    if (copy == NULL)
        return false;
    *out = gw_span_of(copy, s.size);
    *has = true;
    return true;
}

static bool take_name(struct parse *p, const struct place *at, const char *key, struct gw_span *out)
{
    bool has;
    return take_text(p, at, key, GW_MANIFEST_NAME_MAX, out, &has);
}

static bool take_word(struct parse *p, const struct place *at, const char *key, struct gw_span *out)
{
    bool has;
    return take_text(p, at, key, GW_MANIFEST_WORD_MAX, out, &has);
}

/* Letters and digits, made upper case: carriers, ports, states. */
static bool take_code(struct parse *p, const struct place *at, const char *key, size_t least, size_t most,
    const char *others, const char *rule, struct gw_span *out)
{
    bool has;
    struct gw_span s;
    if (!take_text(p, at, key, GW_MANIFEST_WORD_MAX, &s, &has))
        return false;
    if (!has)
        return true;
    char *copy = gw_arena_text(p->a, s, p->err);
    if (copy == NULL)
        return false;
    bool fine = s.size >= least && s.size <= most;
    for (size_t i = 0; i < s.size; i++) {
        char c = copy[i];
        if (c >= 'a' && c <= 'z')
            copy[i] = (char)(c - 'a' + 'A');
        else if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr(others, c) != NULL))
            fine = false;
    }
    if (!fine)
        return problem(p, at, key, true, "code", "%s must be %s", key, rule);
    *out = gw_span_of(copy, s.size);
    return true;
}

static bool take_port(struct parse *p, const struct place *at, const char *key, struct gw_span *out)
{
    return take_code(p, at, key, 2, 8, "", "a port's code of 2 to 8 letters and digits", out);
}

/* ICAO Doc 9303-3 section 5: three letters, but Germany is D. */
static bool take_state(struct parse *p, const struct place *at, const char *key, struct gw_span *out)
{
    struct gw_span s = {};
    if (!take_code(p, at, key, 1, 3, "", "a state's code of three letters", &s))
        return false;
    if (s.size == 0)
        return true;
    bool fine = s.size == 3 || gw_span_is(s, "D");
    for (size_t i = 0; i < s.size; i++)
        fine = fine && s.data[i] >= 'A';
    if (!fine)
        return problem(p, at, key, true, "code", "%s must be a state's code of three letters", key);
    *out = s;
    return true;
}

/* One word of a fixed list; *out is untouched when it is not there. */
static bool take_choice(struct parse *p, const struct place *at, const char *key, gw_manifest_find_fn *find,
    const char *choices, unsigned *out, bool *has)
{
    struct gw_span s;
    if (!take_text(p, at, key, GW_MANIFEST_WORD_MAX, &s, has))
        return false;
    if (*has && !find(out, s)) {
        *has = false;
        return problem(p, at, key, true, "choice", "%s must be one of %s", key, choices);
    }
    return true;
}

static bool digits(struct gw_span s, unsigned *out)
{
    uint64_t n;
    if (!gw_span_uint(s, 9999, &n))
        return false;
    *out = (unsigned)n;
    return true;
}

/* YYYY-MM-DD; with `partial` also 1985-07-XX and 1985-XX-XX. */
static bool date_of(struct gw_date *out, struct gw_span s, bool partial)
{
    if (gw_date_parse(out, s))
        return true;
    unsigned year, month = 0;
    if (!partial || s.size != 10 || s.data[4] != '-' || s.data[7] != '-' ||
        !gw_span_is(gw_span_slice(s, 8, 10), "XX") || !digits(gw_span_slice(s, 0, 4), &year) || year == 0)
        return false;
    if (!gw_span_is(gw_span_slice(s, 5, 7), "XX") &&
        (!digits(gw_span_slice(s, 5, 7), &month) || month < 1 || month > 12))
        return false;
    *out = (struct gw_date){ .year = (int16_t)year, .month = (uint8_t)month };
    return true;
}

static bool take_date(struct parse *p, const struct place *at, const char *key, bool partial, struct gw_date *out)
{
    bool has;
    struct gw_span s;
    if (!take_text(p, at, key, GW_MANIFEST_WORD_MAX, &s, &has))
        return false;
    struct gw_date d = {};
    if (has && date_of(&d, s, partial))
        *out = d;
    else if (has)
        return problem(p, at, key, true, "date", "%s must be a date YYYY-MM-DD%s", key,
            partial ? ", with XX for a part that is not known" : "");
    return true;
}

static bool take_time(struct parse *p, const struct place *at, const char *key, struct gw_manifest_time *out)
{
    bool has;
    struct gw_span s;
    if (!take_text(p, at, key, GW_MANIFEST_WORD_MAX, &s, &has))
        return false;
    if (!has)
        return true;
    /* Four-digit years after the epoch only: what we format is what we parse. */
    if (!gw_time_parse(&out->us, &out->local, s) || out->us < 0 || out->us >= INT64_C(253402300800) * GW_US_PER_S) {
        *out = (struct gw_manifest_time){};
        return problem(p, at, key, true, "time", "%s must be a time as 2026-11-23T10:15, with or without a zone", key);
    }
    out->has = true;
    return true;
}

/* ---- the parts ------------------------------------------------------------------ */

/* *is_object tells whether there is something to read in it. */
static bool is_object(struct parse *p, const struct place *at, bool *fine)
{
    *fine = gw_json_kind(at->j) == GW_JSON_OBJECT;
    return *fine || problem(p, at, NULL, true, "type", "an object is expected here");
}

/* The items of an array member, at most so many; *n is 0 when there is none. */
static bool take_list(struct parse *p, const struct place *at, const char *key, size_t most,
    const struct gw_json **list, struct gw_cursor *raw, size_t *n)
{
    const struct gw_json *j = gw_json_get(at->j, key);
    *n = 0;
    *list = j;
    if (j == NULL || gw_json_kind(j) == GW_JSON_NULL)
        return true;
    if (gw_json_kind(j) != GW_JSON_ARRAY)
        return problem(p, at, key, true, "type", "%s must be an array", key);
    *n = GW_MIN(gw_json_size(j), most);
    *raw = gw_cursor_of(raw_member(at->raw, key));
    (void)gw_cursor_skip(raw, 1);
    if (gw_json_size(j) > most)
        return problem(p, at, key, true, "too_many", "%s has more than %zu items; the first are read", key, most);
    return true;
}

static struct place item(const struct place *at, char pointer[POINTER_BYTES], const char *key,
    const struct gw_json *list, struct gw_cursor *raw, size_t i)
{
    struct place o = *at;
    bool more;
    if (!next_piece(raw, i == 0, ']', NULL, &o.raw, &more) || !more)
        o.raw = at->raw;
    o.j = gw_json_at(list, i);
    snprintf(pointer, POINTER_BYTES, "%s/%s/%zu", at->pointer, key, i);
    o.pointer = pointer;
    return o;
}

static bool take_number(struct parse *p, const struct place *at, struct gw_span *out)
{
    bool has;
    struct gw_span s;
    char number[GW_MANIFEST_WORD_MAX];
    size_t n;
    if (!take_text(p, at, "number", GW_MANIFEST_NAME_MAX, &s, &has))
        return false;
    if (!has)
        return true;
    const bool fine = gw_document_number(number, &n, s);
    const char *copy = fine ? gw_arena_text(p->a, gw_span_of(number, n), p->err) : NULL;
    gw_wipe(number, sizeof number); /* a person's: it must not stay on the stack */
    if (!fine)
        return problem(p, at, "number", true, "code", "number must be letters and digits, at most %d of them",
            GW_MANIFEST_WORD_MAX);
    if (copy == NULL)
        return false;
    *out = gw_span_of(copy, n);
    return true;
}

static bool take_documents(struct parse *p, const struct place *at, struct gw_manifest_traveler *t)
{
    const struct gw_json *list;
    struct gw_cursor raw = {};
    size_t n;
    if (!take_list(p, at, "documents", GW_MANIFEST_DOCUMENTS_MAX, &list, &raw, &n))
        return false;
    if (n == 0)
        return true;
    t->documents = gw_arena_array(p->a, n, struct gw_manifest_document, p->err);
    if (t->documents == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        char pointer[POINTER_BYTES];
        struct place d = item(at, pointer, "documents", list, &raw, i);
        struct gw_manifest_document o = {};
        bool fine;
        if (!is_object(p, &d, &fine))
            return false;
        if (!fine)
            continue;
        if (!take_code(p, &d, "type", 1, 2, "", "a document's code of one or two letters", &o.type) ||
            !take_number(p, &d, &o.number) || !take_state(p, &d, "issuing_state", &o.issuing_state) ||
            !take_date(p, &d, "expiry_date", false, &o.expiry_date))
            return false;
        if (o.number.size == 0) {
            if (!problem(p, &d, NULL, true, "missing", "a document without a number that can be read is left out"))
                return false;
            continue;
        }
        t->documents[t->n_documents++] = o;
    }
    return true;
}

static bool take_stated(struct parse *p, const struct place *at, const char *key, enum gw_stated *out)
{
    const struct gw_json *j = gw_json_get(at->j, key);
    bool yes;
    if (j == NULL || gw_json_kind(j) == GW_JSON_NULL)
        return true;
    if (!gw_json_get_bool(at->j, key, &yes))
        return problem(p, at, key, true, "type", "%s must be true or false", key);
    *out = yes ? GW_STATED_YES : GW_STATED_NO;
    return true;
}

static bool sex_find(unsigned *out, struct gw_span s)
{
    if (s.size != 1 || strchr("MFX", s.data[0]) == NULL || s.data[0] == 0)
        return false;
    *out = s.data[0];
    return true;
}

/* *usable is false when nothing in it says who it is. */
static bool take_traveler(struct parse *p, const struct place *at, struct gw_manifest_traveler *t, bool *usable)
{
    unsigned choice;
    bool has;
    *usable = false;
    *t = (struct gw_manifest_traveler){};
    bool fine;
    if (!is_object(p, at, &fine))
        return false;
    if (!fine)
        return true;
    if (!take_choice(p, at, "kind", gw_traveler_kind_find, "passenger, crew", &choice, &has))
        return false;
    if (has)
        t->kind = (enum gw_traveler_kind)choice;
    else if (p->out->kind == GW_MANIFEST_CREW_LIST)
        t->kind = GW_TRAVELER_CREW;
    if (!take_choice(p, at, "sex", sex_find, "M, F, X", &choice, &has))
        return false;
    if (has)
        t->sex = (char)choice;
    if (!take_name(p, at, "surname", &t->surname) || !take_name(p, at, "given_names", &t->given_names) ||
        !take_date(p, at, "birth_date", true, &t->birth_date) ||
        !take_state(p, at, "nationality", &t->nationality) || !take_state(p, at, "residence", &t->residence) ||
        !take_documents(p, at, t) || !take_word(p, at, "reservation", &t->reservation) ||
        !take_word(p, at, "reference", &t->reference) || !take_port(p, at, "origin", &t->origin) ||
        !take_port(p, at, "destination", &t->destination) || !take_word(p, at, "seat", &t->seat))
        return false;
    enum gw_stated transit = GW_UNSTATED;
    if (!take_code(p, at, "status", 1, GW_MANIFEST_STATUS_MAX, "-", "a class of at most 16 letters, digits and hyphens, as B-2", &t->status) ||
        !take_stated(p, at, "permanent_resident", &t->permanent_resident) ||
        !take_stated(p, at, "accompanied", &t->accompanied) ||
        !take_stated(p, at, "in_transit", &transit))
        return false;
    t->in_transit = transit == GW_STATED_YES;

    *usable = t->reference.size > 0 || t->n_documents > 0 || t->surname.size > 0 || t->given_names.size > 0;
    if (!*usable)
        return problem(p, at, NULL, true, "missing", "a traveler without name, reference and document is left out");
    if (t->surname.size == 0 && t->given_names.size == 0 && p->out->kind != GW_MANIFEST_CLOSE_OUT &&
        p->out->function != GW_MANIFEST_REMOVE)
        return problem(p, at, "surname", false, "missing", "the traveler has no name");
    return true;
}

static bool take_carrier(struct parse *p, const struct place *at, const char *key, struct gw_span *out)
{
    return take_code(p, at, key, 2, 8, "", "a carrier's code of 2 to 8 letters and digits", out);
}

static bool take_voyage_number(struct parse *p, const struct place *at, const char *key, struct gw_span *out)
{
    return take_code(p, at, key, 1, 16, "-/. ", "a number of at most 16 letters and digits", out);
}

static bool take_voyage(struct parse *p, const struct place *at)
{
    __typeof__(p->out->voyage) *v = &p->out->voyage;
    unsigned choice;
    bool has;
    bool fine;
    if (!is_object(p, at, &fine))
        return false;
    if (!fine)
        return true;
    if (!take_choice(p, at, "mode", gw_mode_word_find, "air, sea, land", &choice, &has))
        return false;
    if (has) {
        v->has_mode = true;
        v->mode = (enum gw_mode)choice;
    }
    if (!take_choice(p, at, "direction", gw_direction_find, "arrival, departure", &choice, &has))
        return false;
    if (has)
        v->direction = (enum gw_direction)choice;
    if (!take_carrier(p, at, "carrier", &v->carrier) || !take_voyage_number(p, at, "number", &v->number) ||
        !take_port(p, at, "from", &v->from) || !take_port(p, at, "to", &v->to) ||
        !take_time(p, at, "departure", &v->departure) || !take_time(p, at, "arrival", &v->arrival))
        return false;

    const struct gw_json *list;
    struct gw_cursor raw = {};
    size_t n;
    if (!take_list(p, at, "legs", GW_MANIFEST_LEGS_MAX, &list, &raw, &n))
        return false;
    if (n > 0 && (v->legs = gw_arena_array(p->a, n, struct gw_manifest_leg, p->err)) == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        char pointer[POINTER_BYTES];
        struct place l = item(at, pointer, "legs", list, &raw, i);
        if (!is_object(p, &l, &fine))
            return false;
        if (!fine)
            continue;
        struct gw_manifest_leg *o = &v->legs[v->n_legs++];
        if (!take_port(p, &l, "from", &o->from) || !take_port(p, &l, "to", &o->to) ||
            !take_time(p, &l, "departure", &o->departure) || !take_time(p, &l, "arrival", &o->arrival) ||
            !take_carrier(p, &l, "carrier", &o->carrier) || !take_voyage_number(p, &l, "number", &o->number))
            return false;
    }
    return true;
}

/* Without these there is no voyage to put anybody on. */
static bool check_voyage(struct parse *p, const struct place *at)
{
    const __typeof__(p->out->voyage) *v = &p->out->voyage;
    const struct {
        const char *name;
        bool has;
    } needed[] = {
        { "mode", v->has_mode },
        { "carrier", v->carrier.size > 0 },
        { "number", v->number.size > 0 },
        { "from", v->from.size > 0 },
        { "to", v->to.size > 0 },
        { "departure", v->departure.has },
    };
    for (size_t i = 0; i < GW_COUNT(needed); i++)
        if (!needed[i].has && gw_json_kind(gw_json_get(at->j, needed[i].name)) <= GW_JSON_NULL &&
            !problem(p, at, needed[i].name, true, "missing", "voyage.%s is needed", needed[i].name))
            return false;
    if (v->departure.has && v->arrival.has && v->departure.local == v->arrival.local && !v->departure.local &&
        v->arrival.us < v->departure.us)
        return problem(p, at, "arrival", false, "order", "arrival is before departure");
    return true;
}

/* A reference names one traveler of a message; the second one is left out: whose it was meant to be, nobody knows. */
static bool drop_doubles(struct parse *p, const struct place *places)
{
    struct gw_manifest *m = p->out;
    if (m->n_travelers < 2)
        return true;
    assert(places != NULL); /* one for each traveler */
    bool *drop;
    if (!gw_manifest_doubles(&drop, m, p->a, p->err))
        return false;
    for (size_t i = 1; i < m->n_travelers; i++)
        if (drop[i]) {
            struct place at = places[i];
            char pointer[POINTER_BYTES];
            snprintf(pointer, sizeof pointer, "/travelers/%zu", at.traveler);
            at.pointer = pointer;
            m->n_left_out++;
            if (!problem(p, &at, "reference", true, "duplicate",
                    "another traveler of this message has the same reference; this one is left out"))
                return false;
        }
    size_t n = 0;
    for (size_t i = 0; i < m->n_travelers; i++)
        if (!drop[i])
            m->travelers[n++] = m->travelers[i];
    m->n_travelers = n;
    return true;
}

/* A list that names nobody, and is no empty one: an export that failed looks like this. It takes nobody off a voyage,
 * and closes none. */
static bool no_travelers(struct parse *p, struct gw_span raw)
{
    struct gw_manifest *m = p->out;
    const struct place at = { .raw = raw, .pointer = "/travelers" };
    const bool is_absent = raw.size == 0 || gw_span_is(gw_span_trim(raw), "null");
    const bool is_list = m->kind == GW_MANIFEST_CLOSE_OUT ? m->close_list >= GW_CLOSE_ON_BOARD : m->kind != GW_MANIFEST_UPDATE;
    if (is_list && m->kind == GW_MANIFEST_CLOSE_OUT)
        m->unclear = true;
    else if (is_list)
        m->n_left_out++;
    if (!is_absent)
        return problem(p, &at, NULL, true, "type", "travelers must be an array");
    return !is_list || problem(p, &at, NULL, true, "missing", "travelers is needed; [] says that there is nobody");
}

static bool take_travelers(struct parse *p, struct gw_span raw)
{
    struct gw_manifest *m = p->out;
    struct place *places = NULL;
    size_t cap_places = 0, n = 0;
    if (raw.size == 0 || raw.data[0] != '[')
        return no_travelers(p, raw);
    struct gw_cursor c = gw_cursor_of(raw);
    c.at = 1;
    for (;; n++) {
        struct gw_span piece;
        bool more;
        if (!next_piece(&c, n == 0, ']', NULL, &piece, &more))
            return gw_fail_at(p->err, GW_ERR_FORMAT, (size_t)(raw.data - p->text.data) + c.at,
                "JSON: travelers is not an array of values");
        if (!more)
            break;
        if (n == GW_MANIFEST_TRAVELERS_MAX)
            return gw_fail_at(p->err, GW_ERR_LIMIT, (size_t)(piece.data - p->text.data),
                "a message has at most %d travelers", GW_MANIFEST_TRAVELERS_MAX);
        char pointer[POINTER_BYTES];
        snprintf(pointer, sizeof pointer, "/travelers/%zu", n);
        struct gw_err e = {};
        GW_AUTO(gw_json) *j = gw_json_parse(piece, &e);
        struct place at = { j, piece, pointer, true, n };
        struct gw_manifest_traveler t;
        bool usable = false;
        if (j == NULL) {
            if (!syntax(p, &at, &e))
                return false;
        } else if (!take_traveler(p, &at, &t, &usable)) {
            return false;
        }
        if (!usable) {
            m->n_left_out++;
            continue;
        }
        m->travelers = gw_arena_grow(p->a, m->travelers, &p->cap_travelers, m->n_travelers + 1, sizeof *m->travelers,
            p->err);
        places = gw_arena_grow(p->a, places, &cap_places, m->n_travelers + 1, sizeof *places, p->err);
        if (m->travelers == NULL || places == NULL)
            return false;
        at.j = NULL; /* gone with this round */
        at.pointer = NULL;
        places[m->n_travelers] = at;
        m->travelers[m->n_travelers++] = t;
    }
    if (m->has_declared && m->declared != n) {
        struct place at = { .pointer = "/count", .raw = {} };
        if (!problem(p, &at, "declared", false, "count", "the message declares another number of travelers than it has"))
            return false;
    }
    return drop_doubles(p, places);
}

enum part { KIND, FUNCTION, CLOSE_LIST, MESSAGE_REFERENCE, SENDER, RECIPIENT, VOYAGE, PARTY, COUNT_, TRAVELERS, CANCELLED, IGNORED, N_PARTS };
static const char *const part_names[N_PARTS] = { "kind", "function", "close_out_list", "message_reference", "sender", "recipient",
    "voyage", "reporting_party", "count", "travelers", "cancelled", NULL };

/* A member of the top as a tree; *root owns it. A damaged one is a problem. */
static bool open_part(struct parse *p, struct gw_span raw, const char *pointer, struct place *at,
    struct gw_json **root)
{
    struct gw_err e = {};
    *root = NULL;
    *at = (struct place){ .pointer = pointer, .raw = raw };
    if (raw.size == 0)
        return true;
    *root = gw_json_parse(raw, &e);
    at->j = *root;
    if (*root != NULL)
        return true;
    return syntax(p, at, &e);
}

/* A word that says what the message is to do. */
static bool take_purpose(struct parse *p, const struct place *head, const char *key, gw_manifest_find_fn *find,
    const char *choices, unsigned *out, bool *has)
{
    if (!take_choice(p, head, key, find, choices, out, has))
        return false;
    struct gw_span said;
    p->out->unclear |= !*has && gw_json_string(gw_json_get(head->j, key), &said) && gw_span_trim(said).size > 0;
    return true;
}

/* The small members of the top, read as if they were an object of their own. */
static bool take_head(struct parse *p, const struct gw_span *parts)
{
    struct gw_manifest *m = p->out;
    GW_AUTO(gw_json) *head = gw_json_object();
    for (int i = KIND; i <= RECIPIENT; i++) {
        if (parts[i].size == 0)
            continue;
        char pointer[POINTER_BYTES];
        snprintf(pointer, sizeof pointer, "/%s", part_names[i]);
        struct place at;
        GW_AUTO(gw_json) *root = NULL;
        if (!open_part(p, parts[i], pointer, &at, &root))
            return false;
        struct gw_span s;
        if (root != NULL && gw_json_string(root, &s))
            gw_json_set_span(head, part_names[i], s);
        else if (root != NULL && gw_json_kind(root) != GW_JSON_NULL &&
                 !problem(p, &at, NULL, true, "type", "%s must be a string", part_names[i]))
            return false;
        else if (i <= CLOSE_LIST && (root == NULL || gw_json_kind(root) != GW_JSON_NULL))
            m->unclear = true;
    }
    struct place at = { .j = head, .pointer = "" };
    unsigned choice;
    bool has;
    if (!take_purpose(p, &at, "kind", gw_manifest_kind_find, "passenger_list, crew_list, close_out, update", &choice,
            &has))
        return false;
    if (has)
        m->kind = (enum gw_manifest_kind)choice;
    if (!take_purpose(p, &at, "function", gw_manifest_function_find, "add, change, remove, or null", &choice, &has))
        return false;
    if (has)
        m->function = (enum gw_manifest_function)choice;
    if (m->kind == GW_MANIFEST_CLOSE_OUT)
        m->close_list = GW_CLOSE_ON_BOARD;
    if (!take_purpose(p, &at, "close_out_list", gw_close_list_find, "none, on_board, not_on_board", &choice, &has))
        return false;
    if (has && m->kind == GW_MANIFEST_CLOSE_OUT)
        m->close_list = (enum gw_close_list)choice;
    else if (has && !problem(p, &at, "close_out_list", true, "choice", "only a close_out has a close_out_list"))
        return false;
    return take_word(p, &at, "message_reference", &m->message_reference) &&
           take_word(p, &at, "sender", &m->sender) && take_word(p, &at, "recipient", &m->recipient);
}

static bool take_party_and_count(struct parse *p, const struct gw_span *parts)
{
    struct gw_manifest *m = p->out;
    struct place at;
    bool fine;
    GW_AUTO(gw_json) *party = NULL;
    if (!open_part(p, parts[PARTY], "/reporting_party", &at, &party))
        return false;
    if (party != NULL && gw_json_kind(party) != GW_JSON_NULL) {
        if (!is_object(p, &at, &fine))
            return false;
        if (fine && (!take_name(p, &at, "name", &m->reporting_party.name) ||
                        !take_word(p, &at, "telephone", &m->reporting_party.telephone) ||
                        !take_name(p, &at, "email", &m->reporting_party.email)))
            return false;
    }
    GW_AUTO(gw_json) *count = NULL;
    if (!open_part(p, parts[COUNT_], "/count", &at, &count))
        return false;
    if (count != NULL && gw_json_kind(count) != GW_JSON_NULL) {
        if (!is_object(p, &at, &fine))
            return false;
    }
    const struct gw_json *declared = gw_json_get(count, "declared");
    int64_t n;
    if (gw_json_integer(declared, &n) && n >= 0 && n <= INT32_MAX) {
        m->has_declared = true;
        m->declared = (uint64_t)n;
    } else if (gw_json_kind(declared) > GW_JSON_NULL) {
        return problem(p, &at, "declared", true, "type", "count.declared must be a number of travelers");
    }
    return true;
}

static bool take_cancelled(struct parse *p, struct gw_span raw)
{
    struct gw_manifest *m = p->out;
    struct place at = { .pointer = "/cancelled", .raw = raw };
    bool is_true = gw_span_is(gw_span_trim(raw), "true"), is_false = gw_span_is(gw_span_trim(raw), "false");
    if (raw.size == 0 || is_false || gw_span_is(gw_span_trim(raw), "null"))
        return true;
    m->cancelled = is_true && m->kind == GW_MANIFEST_UPDATE;
    m->unclear |= !m->cancelled;
    if (!is_true)
        return problem(p, &at, NULL, true, "type", "cancelled must be true or false");
    return m->cancelled || problem(p, &at, NULL, true, "choice", "only an update cancels a voyage");
}

bool gw_manifest_parse_json(struct gw_manifest *out, struct gw_arena *a, struct gw_span text, struct gw_err *err)
{
    *out = (struct gw_manifest){ .valid = true };
    struct parse p = { .out = out, .a = a, .text = text, .err = err };
    if (text.size > GW_MANIFEST_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a message has at most %d MiB", GW_MANIFEST_BYTES_MAX >> 20);
    struct gw_cursor c = gw_cursor_of(text);
    if (gw_span_starts(text, "\xEF\xBB\xBF"))
        c.at = 3;
    skip_blank(&c);
    uint8_t u;
    if (!gw_cursor_u8(&c, &u) || u != '{')
        return gw_fail_at(err, GW_ERR_FORMAT, c.at == 0 ? 0 : c.at - 1, "JSON: a manifest is an object: { … }");

    struct gw_span parts[N_PARTS] = {}, key, value;
    bool more, doubled = false;
    size_t place_doubled = 0;
    for (bool first = true;; first = false) {
        if (!next_piece(&c, first, '}', &key, &value, &more))
            return gw_fail_at(err, GW_ERR_FORMAT, c.at, "JSON: the message is cut off or not well formed here");
        if (!more)
            break;
        for (int i = 0; i < IGNORED; i++)
            if (gw_span_is(key, part_names[i])) {
                if (parts[i].size > 0 && !doubled) {
                    doubled = true;
                    place_doubled = (size_t)(key.data - text.data);
                }
                parts[i] = value;
            }
    }
    skip_blank(&c);
    if (c.at < text.size)
        return gw_fail_at(err, GW_ERR_FORMAT, c.at, "JSON: text after the end of the message");
    if (doubled)
        return gw_fail_at(err, GW_ERR_FORMAT, place_doubled, "JSON: a member stands twice in the message");

    struct place at;
    GW_AUTO(gw_json) *voyage = NULL;
    return take_head(&p, parts) && take_cancelled(&p, parts[CANCELLED]) && open_part(&p, parts[VOYAGE], "/voyage", &at, &voyage) &&
           (voyage == NULL || take_voyage(&p, &at)) && check_voyage(&p, &at) &&
           take_party_and_count(&p, parts) &&
           take_travelers(&p, parts[TRAVELERS]);
}

bool gw_manifest_traveler_parse_json(struct gw_manifest_traveler *out, struct gw_arena *a, struct gw_span text,
    struct gw_err *err)
{
    GW_AUTO(gw_json) *j = gw_json_parse(text, err);
    if (j == NULL)
        return false;
    struct gw_manifest none = {};
    struct parse p = { .out = &none, .a = a, .text = text, .quiet = true, .err = err };
    struct place at = { .j = j, .raw = text, .pointer = "" };
    bool usable;
    return take_traveler(&p, &at, out, &usable);
}
