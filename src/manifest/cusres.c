/* cusres.c - an authority's answers about travelers. */
#include "manifest/cusres.h"
#include "manifest/text.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const clearances[] = { "not_yet", "cleared", "selectee", "inhibited", "advisory", "insufficient" };

const char *gw_clearance_name(enum gw_clearance c)
{
    return clearances[c];
}

enum gw_clearance gw_clearance_of_data(enum gw_manifest_kind kind, const struct gw_manifest_traveler *t)
{
    bool usable = (t->surname.size > 0 || t->given_names.size > 0) && t->birth_date.year != 0 && t->n_documents > 0;
    return usable || kind == GW_MANIFEST_CLOSE_OUT ? GW_CLEARANCE_NOT_YET : GW_CLEARANCE_INSUFFICIENT;
}

bool gw_clearance_find(enum gw_clearance *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(clearances); i++)
        if (gw_span_is(name, clearances[i])) {
            *out = (enum gw_clearance)i;
            return true;
        }
    return false;
}

/* ---- profiles ------------------------------------------------------------------- */

/* Of text in a profile: one line of plain characters. */
static bool copy(struct gw_span *out, struct gw_text_pool *pool, struct gw_span s, size_t most, struct gw_err *err)
{
    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] < ' ' || s.data[i] == 0x7F)
            return gw_fail(err, GW_ERR_INVALID, "status profile: a control character in a text");
    if (s.size > most)
        return gw_fail(err, GW_ERR_INVALID, "status profile: a text of more than %zu bytes", most);
    return gw_text_keep(out, pool, gw_span_trim(s), err);
}

static bool one_character(char *out, const struct gw_json *j, const char *key, bool may_be_none)
{
    struct gw_span s;
    const struct gw_json *value = gw_json_get(j, key);
    if (may_be_none && gw_json_kind(value) == GW_JSON_NULL) {
        *out = 0;
        return true;
    }
    if (value == NULL)
        return true; /* the standard's */
    if (!gw_json_string(value, &s) || s.size != 1)
        return false;
    *out = (char)s.data[0];
    return true;
}

static bool read_separators(struct gw_status_profile *out, const struct gw_json *j, struct gw_err *err)
{
    struct gw_edifact_separators s = { ':', '+', '.', '?', 0, '\'' };
    if (j == NULL)
        return true;
    if (gw_json_kind(j) != GW_JSON_OBJECT || !one_character(&s.component, j, "component", false) ||
        !one_character(&s.element, j, "element", false) || !one_character(&s.release, j, "release", true) ||
        !one_character(&s.repetition, j, "repetition", true) || !one_character(&s.terminator, j, "terminator", false) ||
        !gw_edifact_separators_check(&s))
        return gw_fail(err, GW_ERR_INVALID,
            "status profile: \"separators\" has component, element, release, repetition, terminator: single characters that differ");
    out->has_separators = true;
    out->separators = s;
    return true;
}

static bool read_code_row(struct gw_status_profile *out, struct gw_text_pool *pool, const struct gw_json *row, struct gw_err *err)
{
    size_t i = out->n_codes;
    struct gw_span code = {}, meaning = {}, text = {};
    bool whole = gw_json_get_string(row, "code", &code), first = !whole && gw_json_get_string(row, "first", &code);
    bool has_text = gw_json_get(row, "text") != NULL;
    if ((!whole && !first) || code.size == 0 || (first && code.size != 1) || (has_text && !gw_json_get_string(row, "text", &text)) ||
        !gw_json_get_string(row, "means", &meaning) || !gw_clearance_find(&out->codes[i].clearance, meaning))
        return gw_fail(err, GW_ERR_INVALID, "status profile: codes[%zu] needs \"code\" or \"first\" (one character) and \"means\"", i);
    for (size_t k = 0; k < i; k++)
        if (out->codes[k].first == first && gw_span_equal(out->codes[k].code, gw_span_trim(code)))
            return gw_fail(err, GW_ERR_INVALID, "status profile: codes[%zu] is there a second time", i);
    out->codes[i].first = first;
    if (!copy(&out->codes[i].code, pool, code, 8, err) || !copy(&out->codes[i].text, pool, text, GW_CUSRES_TEXT_MAX, err))
        return false;
    if (out->codes[i].code.size == 0)
        return gw_fail(err, GW_ERR_INVALID, "status profile: codes[%zu] is blank", i);
    out->n_codes++;
    return true;
}

bool gw_status_profile_parse(struct gw_status_profile *out, struct gw_arena *a, struct gw_span json, struct gw_err *err)
{
    *out = (struct gw_status_profile){};
    struct gw_text_pool pool = { .a = a };
    GW_AUTO(gw_json) *j = gw_json_parse(json, err);
    if (j == NULL)
        return false;
    struct gw_span name;
    if (!gw_json_get_string(j, "name", &name) || gw_span_trim(name).size == 0)
        return gw_fail(err, GW_ERR_INVALID, "a status profile needs a \"name\"");
    const struct gw_json *codes = gw_json_get(j, "codes");
    if (gw_json_kind(codes) != GW_JSON_ARRAY || gw_json_size(codes) > GW_CUSRES_CODES_MAX)
        return gw_fail(err, GW_ERR_INVALID, "a status profile needs \"codes\", an array of at most %d", GW_CUSRES_CODES_MAX);
    for (size_t i = 0; i < gw_json_size(codes); i++)
        if (!read_code_row(out, &pool, gw_json_at(codes, i), err))
            return false;
    return read_separators(out, gw_json_get(j, "separators"), err) &&
        gw_deadlines_parse(&out->deadlines, a, gw_json_get(j, "deadlines"), err) && copy(&out->name, &pool, name, GW_MANIFEST_WORD_MAX, err);
}

enum gw_clearance gw_status_meaning(const struct gw_status_profile *p, struct gw_span code)
{
    for (size_t i = 0; i < p->n_codes; i++)
        if (!p->codes[i].first && gw_span_equal(p->codes[i].code, code))
            return p->codes[i].clearance;
    for (size_t i = 0; i < p->n_codes; i++)
        if (p->codes[i].first && code.size > 0 && code.data[0] == p->codes[i].code.data[0])
            return p->codes[i].clearance;
    return GW_CLEARANCE_NOT_YET;
}

struct gw_span gw_status_code(const struct gw_status_profile *p, enum gw_clearance c, struct gw_span *text)
{
    for (size_t i = 0; i < p->n_codes; i++)
        if (!p->codes[i].first && p->codes[i].clearance == c) {
            *text = p->codes[i].text;
            return p->codes[i].code;
        }
    return (struct gw_span){};
}

/* ---- reading --------------------------------------------------------------------- */

struct reader {
    struct gw_cusres *out;
    struct gw_arena *a;
    struct gw_err *err;
    struct gw_text_pool pool;
    struct gw_edifact_segment *s;
    struct gw_date day;
    size_t cap_results, cap_problems, first_segment, n_messages, others;
    struct gw_span reference; /* of the message being read */
    bool in_message, in_result, in_voyage, has_kind;
    struct gw_err damage;
};

static struct gw_span get(const struct reader *r, unsigned e, unsigned c)
{
    return gw_edifact_get(r->s, e, c);
}

static bool keep(struct reader *r, struct gw_span *out, struct gw_span value)
{
    return gw_text_keep(out, &r->pool, gw_span_slice(value, 0, GW_MANIFEST_WORD_MAX), r->err);
}

static bool problem_at(struct reader *r, bool is_error, size_t offset, const char *code, const char *text)
{
    struct gw_cusres *c = r->out;
    struct gw_span tag = {};
    c->n_problems_all++;
    c->valid = c->valid && !is_error;
    if (c->n_problems == GW_MANIFEST_PROBLEMS_MAX)
        return true;
    c->problems = gw_arena_grow(r->a, c->problems, &r->cap_problems, c->n_problems + 1, sizeof *c->problems, r->err);
    if (c->problems == NULL || (r->s->tag[0] != 0 && !gw_text_keep(&tag, &r->pool, gw_span_of(r->s->tag, 4), r->err)))
        return false;
    c->problems[c->n_problems++] = (struct gw_manifest_problem){ .is_error = is_error, .has_segment = true,
        .segment = r->s->index, .offset = offset, .tag = (const char *)tag.data, .code = code, .text = text };
    return true;
}

static bool problem(struct reader *r, bool is_error, const char *code, const char *text)
{
    return problem_at(r, is_error, r->s->offset, code, text);
}

/* Before the next one, and where the message ends. */
static bool end_result(struct reader *r)
{
    if (!r->in_result)
        return true;
    r->in_result = false;
    const struct gw_cusres_result *x = &r->out->results[r->out->n_results - 1];
    return x->of_message || x->reference.size > 0 || x->reservation.size > 0 ||
           problem(r, false, "missing", "the result before this segment names nobody and clears nobody (RFF+ABO, RFF+AVF)");
}

static bool begin_result(struct reader *r)
{
    struct gw_cusres *c = r->out;
    if (!end_result(r))
        return false;
    if (c->n_results == GW_CUSRES_RESULTS_MAX)
        return gw_fail_at(r->err, GW_ERR_LIMIT, r->s->offset, "CUSRES: more than %d results", GW_CUSRES_RESULTS_MAX);
    c->results = gw_arena_grow(r->a, c->results, &r->cap_results, c->n_results + 1, sizeof *c->results, r->err);
    if (c->results == NULL)
        return false;
    c->results[c->n_results++] = (struct gw_cusres_result){ .of_message = gw_span_is(get(r, 1, 1), "1") };
    r->in_result = true;
    if (!gw_span_is(get(r, 1, 1), "1") && !gw_span_is(get(r, 1, 1), "2"))
        return problem(r, false, "qualifier", "a result that is neither of the message nor of a traveler (ERP 1049)");
    return true;
}

static bool begin_voyage(struct reader *r, struct gw_span flight)
{
    struct gw_cusres *c = r->out;
    r->in_voyage = c->n_voyages < GW_CUSRES_VOYAGES_MAX;
    if (!r->in_voyage)
        return problem(r, true, "too_many", "more voyages than an answer has");
    c->voyages[c->n_voyages] = (__typeof__(*c->voyages)){};
    return keep(r, &c->voyages[c->n_voyages++].flight, flight);
}

static bool read_rff(struct reader *r)
{
    struct gw_cusres *c = r->out;
    struct gw_span q = get(r, 1, 1), v = get(r, 1, 2);
    if (gw_span_is(q, "TN"))
        return c->transaction_reference.size > 0 || keep(r, &c->transaction_reference, v);
    if (gw_span_is(q, "AF"))
        return begin_voyage(r, v);
    if (!r->in_result)
        return true;
    struct gw_cusres_result *x = &c->results[c->n_results - 1];
    if (gw_span_is(q, "AVF"))
        return keep(r, &x->reservation, v);
    if (gw_span_is(q, "ABO"))
        return keep(r, &x->reference, v);
    return true;
}

static bool read_code(struct reader *r)
{
    if (!r->in_result)
        return problem(r, false, "order", "a code before any result (ERC)");
    struct gw_cusres_result *x = &r->out->results[r->out->n_results - 1];
    if (x->n_codes == GW_COUNT(x->codes))
        return problem(r, true, "too_many", "more codes of one result than are kept");
    if (get(r, 1, 1).size == 0)
        return problem(r, false, "missing", "a result's code is empty (ERC)");
    return keep(r, &x->codes[x->n_codes++], get(r, 1, 1));
}

/* C108: up to five lines. */
static bool read_text(struct reader *r)
{
    if (!r->in_result)
        return true;
    struct gw_cusres_result *x = &r->out->results[r->out->n_results - 1];
    char text[GW_EDIFACT_SEGMENT_BYTES];
    size_t n = 0;
    for (unsigned c = 1; c <= 5; c++) {
        struct gw_span line = get(r, 4, c);
        if (line.size == 0)
            continue;
        if (n > 0)
            text[n++] = ' ';
        memcpy(text + n, line.data, line.size); /* fits: the segment did, with its separators */
        n += line.size;
    }
    return x->text.size > 0 || gw_text_keep(&x->text, &r->pool, gw_span_of(text, n), r->err);
}

static bool read_voyage(struct reader *r)
{
    struct gw_cusres *c = r->out;
    if (!r->in_voyage || r->in_result)
        return true;
    struct gw_manifest_leg *leg = &c->voyages[c->n_voyages - 1].leg;
    struct gw_span q = get(r, 1, 1);
    if (gw_edifact_is(r->s, "LOC")) { /* 92: other airports, in the order flown; 130 is where the flight ends */
        bool from = gw_span_is(q, "125") || (gw_span_is(q, "92") && leg->from.size == 0), to = gw_span_is(q, "87") || gw_span_is(q, "92");
        return (!from && !to) || keep(r, from ? &leg->from : &leg->to, get(r, 2, 1));
    }
    bool departure = gw_span_is(q, "189");
    struct gw_date d;
    int64_t of_day;
    if ((!departure && !gw_span_is(q, "232")) || get(r, 1, 2).size == 0)
        return true;
    if (!gw_edifact_moment(&d, &of_day, get(r, 1, 2), get(r, 1, 3), GW_CENTURY_NEAR, r->day))
        return problem(r, false, "date", "a time of the voyage that cannot be read (DTM 2380)");
    *(departure ? &leg->departure : &leg->arrival) =
        (struct gw_manifest_time){ true, true, gw_date_days(d) * 86400 * GW_US_PER_S + of_day };
    return true;
}

static bool check_end(struct reader *r, const char *text)
{
    bool was = r->in_message;
    if (!end_result(r))
        return false;
    r->in_message = r->in_voyage = false;
    return !was || problem(r, true, "cut_off", text);
}

static bool begin_message(struct reader *r)
{
    if (!check_end(r, "UNH before the message before it has ended (ISO 9735-1, 5.1)"))
        return false;
    if (!gw_span_is(get(r, 2, 1), "CUSRES")) {
        r->others++;
        return true;
    }
    r->in_message = true;
    r->has_kind = false;
    r->first_segment = r->s->index;
    if (!keep(r, &r->reference, get(r, 1, 1)))
        return false;
    if (r->n_messages++ > 0)
        return true;
    r->out->message_reference = r->reference;
    return keep(r, &r->out->common_access_reference, get(r, 3, 1));
}

static bool end_message(struct reader *r)
{
    uint64_t n;
    if (!end_result(r))
        return false;
    if (!r->has_kind && !problem(r, true, "missing", "the answer does not say what it is (BGM)"))
        return false;
    if ((!gw_span_uint(get(r, 1, 1), UINT32_MAX, &n) || n != r->s->index - r->first_segment + 1) &&
        !problem(r, false, "count", "the message's count is not the number of its segments (UNT 0074)"))
        return false;
    if (!gw_span_equal(get(r, 2, 1), r->reference) &&
        !problem(r, false, "reference", "the message's references differ (UNH 0062, UNT 0062)"))
        return false;
    r->in_message = r->in_voyage = false;
    return true;
}

static bool read_kind(struct reader *r)
{
    struct gw_span code = get(r, 1, 1);
    enum gw_cusres_kind kind = gw_span_is(code, "962")   ? GW_CUSRES_RESPONSE
                               : gw_span_is(code, "132") ? GW_CUSRES_UNSOLICITED
                               : gw_span_is(code, "312") ? GW_CUSRES_ACKNOWLEDGEMENT
                                                         : GW_CUSRES_OTHER;
    if (r->n_messages == 1 && !r->has_kind)
        r->out->kind = kind;
    r->has_kind = true;
    return kind != GW_CUSRES_OTHER || problem(r, false, "message_kind", "BGM is none of 962, 132 and 312");
}

static bool read_envelope(struct reader *r)
{
    if (!check_end(r, "the message does not end (UNT is missing)"))
        return false;
    if (r->n_messages > 0)
        return true;
    struct gw_date d;
    if (gw_edifact_moment(&d, NULL, get(r, 4, 1), (struct gw_span){}, GW_CENTURY_NEAR, r->day))
        r->day = d;
    return keep(r, &r->out->sender, get(r, 2, 1)) && keep(r, &r->out->recipient, get(r, 3, 1));
}

static bool read_segment(struct reader *r)
{
    if (gw_edifact_is(r->s, "UNB"))
        return read_envelope(r);
    if (gw_edifact_is(r->s, "UNH"))
        return begin_message(r);
    if (!r->in_message)
        return true;
    static const struct {
        const char *tag;
        bool (*read)(struct reader *r);
    } segments[] = { { "UNT", end_message }, { "BGM", read_kind }, { "RFF", read_rff }, { "ERP", begin_result },
        { "ERC", read_code }, { "FTX", read_text }, { "LOC", read_voyage }, { "DTM", read_voyage } };
    for (size_t i = 0; i < GW_COUNT(segments); i++)
        if (gw_edifact_is(r->s, segments[i].tag))
            return segments[i].read(r);
    return true;
}

/* A damaged segment may be the one that names the traveler or the code: his result is
 * not to be believed, and what follows is not to become another's. */
static bool read_damaged(struct reader *r, const struct gw_err *why)
{
    struct gw_span text;
    if (!r->in_message) {
        if (r->damage.code == GW_OK)
            r->damage = *why;
        return true;
    }
    if (r->in_result && !gw_edifact_is(r->s, "FTX")) {
        struct gw_cusres_result *x = &r->out->results[r->out->n_results - 1];
        if (!gw_edifact_is(r->s, "ERP"))
            *x = (struct gw_cusres_result){ .of_message = x->of_message };
        r->in_result = false;
    }
    return gw_text_keep(&text, &r->pool, gw_span_of(why->text, strlen(why->text) + 1), r->err) &&
           problem_at(r, true, why->at, why->code == GW_ERR_LIMIT ? "too_long" : "syntax", (const char *)text.data);
}

bool gw_cusres_parse(struct gw_cusres *out, struct gw_arena *a, struct gw_span text, struct gw_date today,
    const struct gw_edifact_separators *partner, struct gw_err *err)
{
    *out = (struct gw_cusres){ .valid = true };
    if (text.size > GW_MANIFEST_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "an answer of more than %d bytes", GW_MANIFEST_BYTES_MAX);
    struct gw_edifact *e = gw_arena_one(a, struct gw_edifact, err);
    struct reader r = { .out = out, .a = a, .err = err, .pool = { .a = a }, .day = today,
        .s = gw_arena_one(a, struct gw_edifact_segment, err) };
    if (e == NULL || r.s == NULL || !gw_edifact_open(e, text, partner, err))
        return false;
    for (;;) {
        struct gw_err why;
        enum gw_edifact_read what = gw_edifact_next(e, r.s, &why);
        if (what == GW_EDIFACT_END)
            break;
        if (what == GW_EDIFACT_BAD ? !read_damaged(&r, &why) : !read_segment(&r))
            return false;
        if (what == GW_EDIFACT_SEGMENT && gw_edifact_is(r.s, "UNZ") && !gw_edifact_again(e))
            break;
    }
    if (!check_end(&r, "the message does not end (UNT is missing)"))
        return false;
    if (r.n_messages > 0)
        return true;
    return r.others > 0              ? gw_fail(err, GW_ERR_UNSUPPORTED, "EDIFACT: no CUSRES in it but other messages")
           : r.damage.code != GW_OK ? gw_fail_at(err, GW_ERR_FORMAT, r.damage.at, "%s", r.damage.text)
                                    : gw_fail(err, GW_ERR_FORMAT, "EDIFACT: no message in it (UNH)");
}

enum gw_clearance gw_cusres_meaning(const struct gw_cusres_result *x, const struct gw_status_profile *p)
{
    static const enum gw_clearance gravest[] = { GW_CLEARANCE_INHIBITED, GW_CLEARANCE_INSUFFICIENT, GW_CLEARANCE_ADVISORY,
        GW_CLEARANCE_NOT_YET, GW_CLEARANCE_SELECTEE };
    if (x->n_codes == 0)
        return GW_CLEARANCE_NOT_YET;
    for (size_t k = 0; k < GW_COUNT(gravest); k++)
        for (size_t i = 0; i < x->n_codes; i++)
            if (gw_status_meaning(p, x->codes[i]) == gravest[k])
                return gravest[k];
    return GW_CLEARANCE_CLEARED;
}

enum gw_clearance gw_cusres_clearance(const struct gw_cusres *c, const struct gw_status_profile *p, struct gw_span reference,
    struct gw_span reservation)
{
    const struct gw_cusres_result *found = NULL;
    for (size_t i = c->n_results; i > 0 && reference.size > 0 && found == NULL; i--)
        if (!c->results[i - 1].of_message && gw_span_equal(c->results[i - 1].reference, reference))
            found = &c->results[i - 1];
    if (found == NULL && reservation.size > 0) {
        size_t n = 0;
        for (size_t i = 0; i < c->n_results; i++)
            if (!c->results[i].of_message && c->results[i].reference.size == 0 && gw_span_equal(c->results[i].reservation, reservation)) {
                found = &c->results[i];
                n++;
            }
        if (n != 1)
            found = NULL;
    }
    return found == NULL ? GW_CLEARANCE_NOT_YET : gw_cusres_meaning(found, p);
}

static void set(struct gw_json *o, const char *key, struct gw_span s)
{
    if (s.size > 0)
        gw_json_set_span(o, key, s);
}

static void set_time(struct gw_json *o, const char *key, struct gw_manifest_time t)
{
    char text[GW_TIME_TEXT];
    if (!t.has)
        return;
    gw_time_format(text, t.us);
    text[16] = 0;
    gw_json_set_text(o, key, text);
}

struct gw_json *gw_cusres_to_json(const struct gw_cusres *c, const struct gw_status_profile *p)
{
    static const char *const kinds[] = { "response", "unsolicited", "acknowledgement", "other" };
    struct gw_json *o = gw_json_object(), *voyages = gw_json_array(), *results = gw_json_array();
    gw_json_set_text(o, "kind", kinds[c->kind]);
    set(o, "message_reference", c->message_reference);
    set(o, "sender", c->sender);
    set(o, "recipient", c->recipient);
    set(o, "common_access_reference", c->common_access_reference);
    set(o, "transaction_reference", c->transaction_reference);
    for (size_t i = 0; i < c->n_voyages; i++) {
        struct gw_json *v = gw_json_object();
        set(v, "flight", c->voyages[i].flight);
        set(v, "from", c->voyages[i].leg.from);
        set(v, "to", c->voyages[i].leg.to);
        set_time(v, "departure", c->voyages[i].leg.departure);
        set_time(v, "arrival", c->voyages[i].leg.arrival);
        gw_json_add(voyages, v);
    }
    gw_json_set(o, "voyages", voyages);
    for (size_t i = 0; i < c->n_results; i++) {
        const struct gw_cusres_result *x = &c->results[i];
        struct gw_json *r = gw_json_object();
        gw_json_set_text(r, "level", x->of_message ? "message" : "traveler");
        set(r, "reservation", x->reservation);
        set(r, "reference", x->reference);
        if (x->n_codes > 0)
            set(r, "code", x->codes[0]);
        if (x->n_codes > 1) {
            struct gw_json *more = gw_json_array();
            for (size_t k = 1; k < x->n_codes; k++)
                gw_json_add_span(more, x->codes[k]);
            gw_json_set(r, "more_codes", more);
        }
        set(r, "text", x->text);
        if (p != NULL && !x->of_message)
            gw_json_set_text(r, "status", gw_clearance_name(gw_cusres_meaning(x, p)));
        gw_json_add(results, r);
    }
    gw_json_set(o, "results", results);
    gw_json_set_bool(o, "valid", c->valid);
    gw_json_set(o, "problems", gw_manifest_problems_to_json(c->problems, c->n_problems));
    return o;
}

/* ---- writing ------------------------------------------------------------------------ */

static void one(struct gw_edifact_writer *w, const char *tag, const char *first, struct gw_span second)
{
    gw_edifact_begin(w, tag);
    gw_edifact_element(w);
    gw_edifact_component(w, gw_span_str(first));
    gw_edifact_component(w, second);
    gw_edifact_end(w);
}

static void moment(struct gw_edifact_writer *w, const char *qualifier, struct gw_manifest_time t)
{
    if (!t.has)
        return;
    struct gw_date d = gw_date_of(t.us);
    int64_t minute = (t.us - gw_date_days(d) * 86400 * GW_US_PER_S) / (60 * GW_US_PER_S);
    char text[32];
    snprintf(text, sizeof text, "%02d%02u%02u%02d%02d", d.year % 100, d.month, d.day, (int)(minute / 60), (int)(minute % 60));
    gw_edifact_begin(w, "DTM");
    gw_edifact_element(w);
    gw_edifact_component(w, gw_span_str(qualifier));
    gw_edifact_component(w, gw_span_str(text));
    gw_edifact_component(w, gw_span_str("201"));
    gw_edifact_end(w);
}

static void place(struct gw_edifact_writer *w, const char *qualifier, struct gw_span code)
{
    if (code.size == 0)
        return;
    gw_edifact_begin(w, "LOC");
    gw_edifact_text(w, qualifier);
    gw_edifact_element(w);
    gw_edifact_component(w, code);
    gw_edifact_end(w);
}

static void result(struct gw_edifact_writer *w, const char *level, struct gw_span reservation, struct gw_span reference,
    struct gw_span code, struct gw_span text)
{
    gw_edifact_begin(w, "ERP");
    gw_edifact_text(w, level);
    gw_edifact_end(w);
    if (reservation.size > 0)
        one(w, "RFF", "AVF", reservation);
    if (reference.size > 0)
        one(w, "RFF", "ABO", reference);
    gw_edifact_begin(w, "ERC");
    gw_edifact_element(w);
    gw_edifact_component(w, code);
    gw_edifact_end(w);
    if (text.size == 0)
        return;
    gw_edifact_begin(w, "FTX");
    gw_edifact_text(w, "AAP");
    gw_edifact_element(w);
    gw_edifact_element(w);
    gw_edifact_element(w);
    gw_edifact_component(w, text);
    gw_edifact_end(w);
}

/* The lowest level of UNOA, UNOB and UNOY (UTF-8) that has all of these characters. */
static const char *level_of(struct gw_span text)
{
    const char *level = "UNOA";
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] >= 0x80)
            return "UNOY";
        else if (text.data[i] != '\n' && (text.data[i] > 'Z' || strchr("#$@", text.data[i]) != NULL))
            level = "UNOB";
    return level;
}

static bool can_be_joined(const struct gw_manifest_traveler *t)
{
    return t->reference.size > 0 || t->reservation.size > 0;
}

static void format_message(struct gw_buf *out, const struct gw_cusres_answer *answer, const char *reference)
{
    const struct gw_paxlst_message *to = answer->to;
    const struct gw_manifest *x = &to->manifest;
    struct gw_edifact_writer w = { .out = out };
    char count[24];

    gw_edifact_begin(&w, "UNH");
    gw_edifact_text(&w, reference);
    gw_edifact_element(&w);
    gw_edifact_component(&w, gw_span_str("CUSRES"));
    gw_edifact_component(&w, gw_span_str("D"));
    gw_edifact_component(&w, to->release.size > 0 ? to->release : gw_span_str("05B"));
    gw_edifact_component(&w, gw_span_str("UN"));
    gw_edifact_component(&w, gw_span_str("IATA"));
    gw_edifact_element(&w);
    gw_edifact_component(&w, to->common_access_reference);
    if (to->has_part) { /* the answer to all parts is one */
        gw_edifact_element(&w);
        gw_edifact_component(&w, gw_span_str("01"));
        gw_edifact_component(&w, gw_span_str("F"));
    }
    gw_edifact_end(&w);

    gw_edifact_begin(&w, "BGM");
    gw_edifact_text(&w, answer->kind == GW_CUSRES_UNSOLICITED ? "132" : "962");
    gw_edifact_end(&w);
    if (to->transaction_reference.size > 0)
        one(&w, "RFF", "TN", to->transaction_reference);
    if (x->voyage.number.size > 0) {
        GW_AUTO_VALUE(gw_buf) flight = {};
        gw_buf_add(&flight, x->voyage.carrier.data, x->voyage.carrier.size);
        gw_buf_add(&flight, x->voyage.number.data, x->voyage.number.size);
        one(&w, "RFF", "AF", gw_buf_span(&flight));
        moment(&w, "189", x->voyage.departure);
        moment(&w, "232", x->voyage.arrival);
        place(&w, "125", x->voyage.from);
        place(&w, "87", x->voyage.to);
    }
    bool all = x->valid;
    for (size_t i = 0; i < x->n_travelers; i++)
        all = all && can_be_joined(&x->travelers[i]);
    if (answer->kind == GW_CUSRES_RESPONSE)
        result(&w, "1", (struct gw_span){}, (struct gw_span){}, gw_span_str(all ? "0" : "1"), (struct gw_span){});
    for (size_t i = 0; i < x->n_travelers; i++) {
        struct gw_span text = {}, code = gw_status_code(answer->profile, answer->clearances[i], &text);
        if (code.size > 0 && can_be_joined(&x->travelers[i]))
            result(&w, "2", x->travelers[i].reservation, x->travelers[i].reference, code, text);
    }
    gw_edifact_begin(&w, "UNT");
    snprintf(count, sizeof count, "%zu", w.segments);
    gw_edifact_text(&w, count);
    gw_edifact_text(&w, reference);
    gw_edifact_end(&w);
}

void gw_cusres_format(struct gw_buf *out, const struct gw_cusres_answer *answer)
{
    assert(answer->kind == GW_CUSRES_RESPONSE || answer->kind == GW_CUSRES_UNSOLICITED);
    GW_AUTO_VALUE(gw_buf) body = {};
    struct gw_edifact_writer w = { .out = out };
    char number[24], date[16], clock[16];
    struct gw_date d = gw_date_of(answer->now_us);
    int64_t minute = (answer->now_us - gw_date_days(d) * 86400 * GW_US_PER_S) / (60 * GW_US_PER_S);
    snprintf(number, sizeof number, "%" PRIu64, answer->number);
    snprintf(date, sizeof date, "%02d%02u%02u", d.year % 100, d.month % 100u, d.day % 100u);
    snprintf(clock, sizeof clock, "%02d%02d", (int)(minute / 60 % 24), (int)(minute % 60));
    format_message(&body, answer, number);

    /* Names of sender and recipient count, too. */
    GW_AUTO_VALUE(gw_buf) all = {};
    gw_buf_add(&all, body.data, body.size);
    gw_buf_add(&all, answer->sender.data, answer->sender.size);
    gw_buf_add(&all, answer->to->manifest.sender.data, answer->to->manifest.sender.size);
    gw_edifact_begin(&w, "UNB");
    gw_edifact_element(&w);
    gw_edifact_component(&w, gw_span_str(level_of(gw_buf_span(&all))));
    gw_edifact_component(&w, gw_span_str("4"));
    gw_edifact_element(&w);
    gw_edifact_component(&w, answer->sender);
    gw_edifact_element(&w);
    gw_edifact_component(&w, answer->to->manifest.sender);
    gw_edifact_element(&w);
    gw_edifact_component(&w, gw_span_str(date));
    gw_edifact_component(&w, gw_span_str(clock));
    gw_edifact_text(&w, number);
    gw_edifact_end(&w);
    gw_buf_add(out, body.data, body.size);
    gw_edifact_begin(&w, "UNZ");
    gw_edifact_text(&w, "1");
    gw_edifact_text(&w, number);
    gw_edifact_end(&w);
}
