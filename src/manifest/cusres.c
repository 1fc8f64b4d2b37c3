/* cusres.c - an authority's answers about travelers. */
#include "manifest/cusres.h"
#include "manifest/edifact.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const clearances[] = { "not_yet", "cleared", "selectee", "inhibited", "advisory", "insufficient" };

const char *gw_clearance_name(enum gw_clearance c)
{
    return clearances[c];
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

static bool copy(struct gw_span *out, struct gw_arena *a, struct gw_span s, struct gw_err *err)
{
    *out = (struct gw_span){};
    if (s.size == 0)
        return true;
    char *text = gw_arena_text(a, s, err);
    if (text == NULL)
        return false;
    *out = gw_span_of(text, s.size);
    return true;
}

bool gw_status_profile_parse(struct gw_status_profile *out, struct gw_arena *a, struct gw_span json, struct gw_err *err)
{
    *out = (struct gw_status_profile){};
    GW_AUTO(gw_json) *j = gw_json_parse(json, err);
    if (j == NULL)
        return false;
    struct gw_span name;
    if (!gw_json_get_string(j, "name", &name))
        return gw_fail(err, GW_ERR_INVALID, "a status profile needs a \"name\"");
    const struct gw_json *codes = gw_json_get(j, "codes");
    if (gw_json_kind(codes) != GW_JSON_ARRAY || gw_json_size(codes) > GW_CUSRES_CODES_MAX)
        return gw_fail(err, GW_ERR_INVALID, "a status profile needs \"codes\", an array of at most %d", GW_CUSRES_CODES_MAX);
    for (size_t i = 0; i < gw_json_size(codes); i++) {
        const struct gw_json *row = gw_json_at(codes, i);
        struct gw_span code = {}, meaning = {}, text = {};
        bool whole = gw_json_get_string(row, "code", &code), first = !whole && gw_json_get_string(row, "first", &code);
        gw_json_get_string(row, "text", &text);
        if ((!whole && !first) || code.size == 0 || (first && code.size != 1) || !gw_json_get_string(row, "means", &meaning) ||
            !gw_clearance_find(&out->codes[i].clearance, meaning))
            return gw_fail(err, GW_ERR_INVALID, "status profile: codes[%zu] needs \"code\" or \"first\" (one character) and \"means\"", i);
        out->codes[i].first = first;
        if (!copy(&out->codes[i].code, a, code, err) || !copy(&out->codes[i].text, a, text, err))
            return false;
        out->n_codes = i + 1;
    }
    return copy(&out->name, a, name, err);
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
    struct gw_edifact_segment *s;
    size_t cap_results, cap_problems, first_segment;
    bool in_message, done, other, in_result;
};

static struct gw_span get(const struct reader *r, unsigned e, unsigned c)
{
    return gw_edifact_get(r->s, e, c);
}

static bool keep(struct reader *r, struct gw_span *out, struct gw_span value)
{
    return copy(out, r->a, value, r->err);
}

static bool problem(struct reader *r, bool is_error, const char *code, const char *text)
{
    struct gw_cusres *c = r->out;
    c->n_problems_all++;
    c->valid = c->valid && !is_error;
    if (c->n_problems == GW_MANIFEST_PROBLEMS_MAX)
        return true;
    c->problems = gw_arena_grow(r->a, c->problems, &r->cap_problems, c->n_problems + 1, sizeof *c->problems, r->err);
    if (c->problems == NULL)
        return false;
    char *tag = gw_arena_text(r->a, gw_span_str(r->s->tag), r->err);
    if (tag == NULL)
        return false;
    c->problems[c->n_problems++] = (struct gw_manifest_problem){ .is_error = is_error, .has_segment = true,
        .segment = r->s->index, .offset = r->s->offset, .tag = tag, .code = code, .text = text };
    return true;
}

static bool begin_result(struct reader *r)
{
    struct gw_cusres *c = r->out;
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

static bool read_rff(struct reader *r)
{
    struct gw_cusres *c = r->out;
    struct gw_span q = get(r, 1, 1), v = get(r, 1, 2);
    if (gw_span_is(q, "TN"))
        return keep(r, &c->transaction_reference, v);
    if (gw_span_is(q, "AF")) {
        if (c->n_voyages == GW_CUSRES_VOYAGES_MAX)
            return problem(r, true, "too_many", "more voyages than an answer has");
        return keep(r, &c->voyages[c->n_voyages++].flight, v);
    }
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
        return problem(r, false, "too_many", "more codes of one result than are kept");
    struct gw_span kept;
    if (!keep(r, &kept, get(r, 1, 1)))
        return false;
    if (x->n_codes == 0)
        x->code = kept;
    x->codes[x->n_codes++] = kept;
    return true;
}

static bool read_text(struct reader *r)
{
    if (!r->in_result)
        return true;
    struct gw_cusres_result *x = &r->out->results[r->out->n_results - 1];
    return x->text.size > 0 || keep(r, &x->text, get(r, 4, 1));
}

static bool read_moment(struct gw_manifest_time *out, struct gw_span v)
{
    uint64_t n;
    if (v.size != 10 || !gw_span_uint(v, UINT64_MAX, &n))
        return false;
    struct gw_date d = { (int16_t)(2000 + n / 100000000), (uint8_t)(n / 1000000 % 100), (uint8_t)(n / 10000 % 100) };
    uint64_t hour = n / 100 % 100, minute = n % 100;
    if (!gw_date_check(d) || hour > 23 || minute > 59)
        return false;
    *out = (struct gw_manifest_time){ true, true, (gw_date_days(d) * 86400 + (int64_t)(hour * 3600 + minute * 60)) * GW_US_PER_S };
    return true;
}

static bool read_voyage(struct reader *r)
{
    struct gw_cusres *c = r->out;
    if (c->n_voyages == 0 || r->in_result)
        return true;
    struct gw_manifest_leg *leg = &c->voyages[c->n_voyages - 1].leg;
    struct gw_span q = get(r, 1, 1);
    if (gw_edifact_is(r->s, "LOC"))
        return gw_span_is(q, "87") ? keep(r, &leg->to, get(r, 2, 1)) : keep(r, &leg->from, get(r, 2, 1));
    bool departure = gw_span_is(q, "189");
    if (!departure && !gw_span_is(q, "232"))
        return true;
    return read_moment(departure ? &leg->departure : &leg->arrival, get(r, 1, 2)) ||
           problem(r, false, "date", "a time of the voyage that cannot be read (DTM 2380)");
}

static bool begin_message(struct reader *r)
{
    r->in_message = !r->done && gw_span_is(get(r, 2, 1), "CUSRES");
    r->other = r->other || !gw_span_is(get(r, 2, 1), "CUSRES");
    if (!r->in_message)
        return true;
    r->first_segment = r->s->index;
    return keep(r, &r->out->message_reference, get(r, 1, 1)) && keep(r, &r->out->common_access_reference, get(r, 3, 1));
}

static bool end_message(struct reader *r)
{
    uint64_t n;
    r->done = true;
    r->in_message = false;
    if ((!gw_span_uint(get(r, 1, 1), UINT32_MAX, &n) || n != r->s->index - r->first_segment + 1) &&
        !problem(r, false, "count", "the message's count is not the number of its segments (UNT 0074)"))
        return false;
    return gw_span_equal(get(r, 2, 1), r->out->message_reference) ||
           problem(r, false, "reference", "the message's references differ (UNH 0062, UNT 0062)");
}

static bool read_kind(struct reader *r)
{
    struct gw_span code = get(r, 1, 1);
    r->out->kind = gw_span_is(code, "962")   ? GW_CUSRES_RESPONSE
                   : gw_span_is(code, "132") ? GW_CUSRES_UNSOLICITED
                   : gw_span_is(code, "312") ? GW_CUSRES_ACKNOWLEDGEMENT
                                             : GW_CUSRES_OTHER;
    return r->out->kind != GW_CUSRES_OTHER || problem(r, false, "message_kind", "BGM is none of 962, 132 and 312");
}

static bool read_segment(struct reader *r)
{
    if (gw_edifact_is(r->s, "UNB"))
        return keep(r, &r->out->sender, get(r, 2, 1)) && keep(r, &r->out->recipient, get(r, 3, 1));
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

bool gw_cusres_parse(struct gw_cusres *out, struct gw_arena *a, struct gw_span text, struct gw_date today, struct gw_err *err)
{
    (void)today;
    *out = (struct gw_cusres){ .valid = true };
    if (text.size > GW_MANIFEST_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "an answer of more than %d bytes", GW_MANIFEST_BYTES_MAX);
    struct gw_edifact *e = gw_arena_one(a, struct gw_edifact, err);
    struct reader r = { .out = out, .a = a, .err = err, .s = gw_arena_one(a, struct gw_edifact_segment, err) };
    if (e == NULL || r.s == NULL || !gw_edifact_open(e, text, err))
        return false;
    for (;;) {
        struct gw_err why = {};
        enum gw_edifact_read what = gw_edifact_next(e, r.s, &why);
        if (what == GW_EDIFACT_END || (what == GW_EDIFACT_SEGMENT && gw_edifact_is(r.s, "UNZ")))
            break;
        if (what == GW_EDIFACT_BAD) {
            memcpy(r.s->tag, "???", 4);
            const char *sentence = gw_arena_text(a, gw_span_str(why.text), err);
            if (sentence == NULL || (r.in_message && !problem(&r, true, "syntax", sentence)))
                return false;
            continue;
        }
        if (!read_segment(&r))
            return false;
    }
    if (r.in_message && !problem(&r, true, "cut_off", "the message does not end (UNT is missing)"))
        return false;
    if (!r.in_message && !r.done)
        return r.other ? gw_fail(err, GW_ERR_UNSUPPORTED, "EDIFACT: no CUSRES in it but other messages")
                       : gw_fail(err, GW_ERR_FORMAT, "EDIFACT: no message in it (UNH)");
    return true;
}

enum gw_clearance gw_cusres_clearance(const struct gw_cusres *c, const struct gw_status_profile *p, struct gw_span reference,
    struct gw_span reservation)
{
    const struct gw_cusres_result *found = NULL;
    for (size_t i = 0; i < c->n_results && reference.size > 0; i++)
        if (!c->results[i].of_message && gw_span_equal(c->results[i].reference, reference))
            found = &c->results[i];
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
    return found == NULL ? GW_CLEARANCE_NOT_YET : gw_status_meaning(p, found->code);
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
        set(r, "code", x->code);
        set(r, "text", x->text);
        if (p != NULL && !x->of_message)
            gw_json_set_text(r, "status", gw_clearance_name(gw_status_meaning(p, x->code)));
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

void gw_cusres_format(struct gw_buf *out, const struct gw_cusres_answer *answer)
{
    const struct gw_paxlst_message *to = answer->to;
    const struct gw_manifest *x = &to->manifest;
    struct gw_edifact_writer w = { .out = out };
    char number[24], date[8], clock[8], count[24];
    struct gw_date d = gw_date_of(answer->now_us);
    int64_t minute = (answer->now_us - gw_date_days(d) * 86400 * GW_US_PER_S) / (60 * GW_US_PER_S);
    snprintf(number, sizeof number, "%" PRIu64, answer->number);
    snprintf(date, sizeof date, "%02d%02u%02u", d.year % 100, d.month % 100u, d.day % 100u);
    snprintf(clock, sizeof clock, "%02d%02d", (int)(minute / 60 % 24), (int)(minute % 60));
    const char *reference = number;

    gw_edifact_begin(&w, "UNB");
    gw_edifact_element(&w);
    gw_edifact_component(&w, gw_span_str("UNOC"));
    gw_edifact_component(&w, gw_span_str("4"));
    gw_edifact_element(&w);
    gw_edifact_component(&w, answer->sender);
    gw_edifact_element(&w);
    gw_edifact_component(&w, x->sender);
    gw_edifact_element(&w);
    gw_edifact_component(&w, gw_span_str(date));
    gw_edifact_component(&w, gw_span_str(clock));
    gw_edifact_text(&w, number);
    gw_edifact_end(&w);

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
    if (answer->kind == GW_CUSRES_RESPONSE)
        result(&w, "1", (struct gw_span){}, (struct gw_span){}, gw_span_str(x->valid ? "0" : "1"), (struct gw_span){});
    for (size_t i = 0; i < x->n_travelers; i++) {
        struct gw_span text = {}, code = gw_status_code(answer->profile, answer->clearances[i], &text);
        if (code.size > 0)
            result(&w, "2", x->travelers[i].reservation, x->travelers[i].reference, code, text);
    }
    gw_edifact_begin(&w, "UNT");
    snprintf(count, sizeof count, "%zu", w.segments);
    gw_edifact_text(&w, count);
    gw_edifact_text(&w, reference);
    gw_edifact_end(&w);
    gw_edifact_begin(&w, "UNZ");
    gw_edifact_text(&w, "1");
    gw_edifact_text(&w, number);
    gw_edifact_end(&w);
}
