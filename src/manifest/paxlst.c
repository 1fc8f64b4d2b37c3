/* paxlst.c - PAXLST to a list of expected travelers.
 *
 * 1. A traveler is built in the row behind the last and counted when the next begins: what
 *    comes in which order within him makes no difference, but for what stands behind a
 *    document. Rows behind the last are all zeros between travelers.
 * 2. Nothing of one traveler ever becomes another's: where the segment that begins a
 *    traveler is damaged, what follows is dropped up to the next one.
 * 3. A list that is not whole (cut off, a part missing, a traveler lost) says so in
 *    n_left_out, so that nobody is taken off a voyage for not being in it. */
#include "manifest/paxlst.h"

#include "manifest/text.h"
#include "manifest/words.h"

#include "base/crypto.h"

#include <stdio.h>

enum group { GROUP_OTHER, GROUP_HEADER, GROUP_SENDER, GROUP_VOYAGE, GROUP_PERSON };

/* An airport of a TDT group and the times behind it. */
struct point {
    uint64_t qualifier;
    struct gw_span place;
    struct gw_manifest_time departure, arrival;
    size_t carriage; /* which TDT */
    size_t segment, offset;
};

enum { PERSON_BYTES_USUAL = 250, CARRIAGES_MAX = GW_MANIFEST_LEGS_MAX, POINTS_MAX = 2 * GW_MANIFEST_LEGS_MAX };

/* The traveler being read. */
struct building {
    struct gw_manifest_traveler *t; /* the row behind the last of the message: his, once he is known to be one */
    struct gw_paxlst_person *p;
    struct gw_manifest_document documents[GW_MANIFEST_DOCUMENTS_MAX];
    struct gw_paxlst_bag_tag bag_tags[GW_PAXLST_BAG_TAGS_MAX];
    struct gw_manifest_document *document;  /* where DTM and LOC behind a DOC belong; NULL: none yet, or no room for it */
    struct gw_manifest_document before;     /* what came before any DOC */
    struct gw_manifest_document unreadable; /* stands in for a document that is left out */
    bool is_lost;                           /* his beginning could not be read */
    bool has_wrong_birth, has_birth;
    size_t birth_segment, birth_offset;
};

struct reader {
    struct gw_paxlst *out;
    struct gw_arena *a;
    struct gw_err *err;
    struct gw_text_pool pool;
    struct gw_edifact *edifact;
    struct gw_edifact_segment *s;
    size_t cap_messages;
    struct gw_date today; /* of the interchange, else the caller's */

    /* of the interchange */
    struct gw_date day;
    char level; /* of UNOA … UNOY; 0: another syntax */
    struct gw_span sender, recipient, reference, group_reference;
    size_t messages_in_group, messages, groups;
    bool is_open; /* UNB came, UNZ did not */

    /* of the message being read; NULL between UNT and UNH */
    struct gw_paxlst_message *m;
    enum group group;
    size_t first_segment, cap_travelers, cap_persons;
    struct gw_manifest_traveler *rows; /* not taken by any message yet */
    struct gw_paxlst_person *person_rows;
    size_t n_rows;
    size_t cap_problems; /* of the last message, ended or not */
    bool has_charset_problem, has_person, has_count_of_kind;
    struct building now;
    struct point *points;
    size_t n_points, cap_points;
    struct {
        struct gw_span carrier, number;
        struct gw_manifest_time departure, arrival; /* told before any place of it */
    } carriages[CARRIAGES_MAX];
    size_t n_carriages;

    size_t others; /* messages that are not PAXLST */
    char other[GW_EDIFACT_TYPE_TEXT];
    size_t other_at;
    struct gw_err damage; /* the first, where there was no message yet */
};

#define CODE1(a) GW_EDIFACT_TAG(0, 0, a)
#define CODE2(a, b) GW_EDIFACT_TAG(0, a, b)
#define CODE3(a, b, c) GW_EDIFACT_TAG(a, b, c)

/* ---- small things ----------------------------------------------------------- */

static struct gw_span get(const struct reader *r, unsigned element, unsigned component)
{
    return gw_edifact_get(r->s, element, component);
}

/* A qualifier as a number, for switches and comparisons with the CODE of its characters. */
static uint32_t qualifier(const struct reader *r, unsigned element, unsigned component)
{
    return gw_edifact_get_code(r->s, element, component);
}

static bool is(const struct reader *r, unsigned element, unsigned component, const char *text)
{
    return gw_span_is(get(r, element, component), text);
}

static bool problem_at(struct reader *r, struct gw_paxlst_message *m, bool is_error, size_t segment, size_t offset,
    const char *tag, const char *code, const char *text)
{
    return gw_manifest_problem_add(&m->manifest, &r->cap_problems, r->a,
        (struct gw_manifest_problem){ .is_error = is_error, .has_segment = true, .segment = segment, .offset = offset,
            .tag = tag, .code = code, .text = text },
        r->err);
}

/* NULL for a segment whose tag could not be read. */
static bool keep_tag(struct reader *r, const char **out)
{
    struct gw_span kept;
    *out = NULL;
    if (r->s->tag[0] == 0)
        return true;
    if (!gw_text_keep(&kept, &r->pool, gw_span_of(r->s->tag, 4), r->err))
        return false;
    *out = (const char *)kept.data;
    return true;
}

/* About the segment being read; text is a constant sentence. */
static bool problem(struct reader *r, bool is_error, const char *code, const char *text)
{
    const char *tag;
    if (r->m == NULL)
        return true;
    return keep_tag(r, &tag) && problem_at(r, r->m, is_error, r->s->index, r->s->offset, tag, code, text);
}

static bool warn(struct reader *r, const char *code, const char *text)
{
    return problem(r, false, code, text);
}

/* Keeps a value that other systems compare; a longer one than any real one is left out. */
static bool keep(struct reader *r, struct gw_span *out, struct gw_span value)
{
    if (gw_text_keep_quickly(out, &r->pool, value))
        return true;
    if (value.size > GW_MANIFEST_WORD_MAX)
        return warn(r, "too_long", "a value of more than 64 bytes is left out");
    return gw_text_keep(out, &r->pool, value, r->err);
}

/* A code as it is compared: capitals. */
static bool keep_upper(struct reader *r, struct gw_span *out, struct gw_span value)
{
    if (gw_text_keep_quickly(out, &r->pool, value))
        return true;
    if (value.size > GW_MANIFEST_WORD_MAX)
        return warn(r, "too_long", "a value of more than 64 bytes is left out");
    return gw_text_keep_upper(out, &r->pool, value, r->err);
}

/* Something of a person, cut where it is too long, never within a letter. */
static bool keep_name(struct reader *r, struct gw_span *out, struct gw_span value)
{
    if (gw_text_keep_quickly(out, &r->pool, value))
        return true;
    if (!gw_text_keep(out, &r->pool, value, r->err))
        return false;
    if (out->size <= GW_MANIFEST_NAME_MAX)
        return true;
    out->size = GW_MANIFEST_NAME_MAX;
    while (out->size > 0 && (out->data[out->size] & 0xC0) == 0x80)
        out->size--;
    return warn(r, "too_long", "a name of more than 200 bytes, cut there");
}

/* A state's code (ICAO Doc 9303-3, 5); others are kept as they were sent. */
static bool keep_state(struct reader *r, struct gw_span *out, struct gw_span value)
{
    while (value.size > 1 && value.data[value.size - 1] == '<') /* D<<: as a zone has it */
        value.size--;
    bool letters = value.size == 3 || (value.size == 1 && value.data[0] == 'D');
    for (size_t i = 0; letters && i < value.size; i++)
        letters = (value.data[i] | 0x20) >= 'a' && (value.data[i] | 0x20) <= 'z';
    if (value.size > 0 && !letters && !warn(r, "code", "a state's code is three letters"))
        return false;
    return keep_upper(r, out, value);
}

/* ---- the envelope -------------------------------------------------------------- */

static bool same_reference(struct gw_span a, struct gw_span b)
{
    /* Leading zeros come and go between header and trailer. */
    while (a.size > 1 && a.data[0] == '0')
        a = gw_span_slice(a, 1, a.size);
    while (b.size > 1 && b.data[0] == '0')
        b = gw_span_slice(b, 1, b.size);
    return gw_span_equal(a, b);
}

static bool read_unb(struct reader *r)
{
    struct gw_span level = get(r, 1, 1);
    r->level = level.size == 4 && gw_span_starts(level, "UNO") ? (char)level.data[3] : 0;
    r->messages = r->groups = r->messages_in_group = 0;
    r->is_open = true;
    r->sender = r->recipient = r->reference = r->group_reference = (struct gw_span){};
    if (!gw_edifact_moment(&r->day, NULL, get(r, 4, 1), (struct gw_span){}, GW_CENTURY_NEAR, r->today))
        r->day = r->today;
    return keep(r, &r->sender, get(r, 2, 1)) && keep(r, &r->recipient, get(r, 3, 1)) && keep(r, &r->reference, get(r, 5, 1));
}

static bool read_ung(struct reader *r)
{
    r->groups++;
    r->messages_in_group = 0;
    r->group_reference = (struct gw_span){};
    return keep(r, &r->group_reference, get(r, 5, 1));
}

/* Of a trailer of the interchange: told with the message before it. */
static bool trailer_problem(struct reader *r, const char *tag, const char *code, const char *text)
{
    return r->out->n_messages == 0 ||
           problem_at(r, &r->out->messages[r->out->n_messages - 1], false, r->s->index, r->s->offset, tag, code, text);
}

static bool read_une(struct reader *r)
{
    uint64_t n;
    if ((!gw_span_uint(get(r, 1, 1), UINT32_MAX, &n) || n != r->messages_in_group) &&
        !trailer_problem(r, "UNE", "count", "the group's count is not the number of its messages (UNE 0060)"))
        return false;
    return same_reference(get(r, 2, 1), r->group_reference) ||
           trailer_problem(r, "UNE", "reference", "the group's references differ (UNG 0048, UNE 0048)");
}

static bool read_unz(struct reader *r)
{
    uint64_t n, want = r->groups > 0 ? r->groups : r->messages;
    r->is_open = false;
    if ((!gw_span_uint(get(r, 1, 1), UINT32_MAX, &n) || n != want) &&
        !trailer_problem(r, "UNZ", "count", "the interchange's count is not the number of its groups or messages (UNZ 0036)"))
        return false;
    return same_reference(get(r, 2, 1), r->reference) ||
           trailer_problem(r, "UNZ", "reference", "the interchange's references differ (UNB 0020, UNZ 0020)");
}

/* ---- the voyage ------------------------------------------------------------------ */

/* 8067: 1 maritime, 2 rail, 3 road, 4 air, 8 inland water. */
static void read_mode(struct reader *r)
{
    struct gw_span mode = get(r, 3, 1);
    __typeof__(r->m->manifest.voyage) *v = &r->m->manifest.voyage;
    if (gw_span_is(mode, "1") || gw_span_is(mode, "8"))
        v->mode = GW_MODE_SEA;
    else if (gw_span_is(mode, "2") || gw_span_is(mode, "3"))
        v->mode = GW_MODE_LAND;
}

static bool read_tdt(struct reader *r)
{
    if (r->has_person || r->m->manifest.n_travelers > 0)
        return true; /* SG7: the person's own carriage */
    r->group = GROUP_VOYAGE;
    struct gw_span flight = {}, stated = {}, carrier, number;
    struct gw_span vessel = get(r, 8, 1).size > 0 ? get(r, 8, 1) : get(r, 8, 4);
    if (r->n_carriages == 0 && (!keep_upper(r, &r->m->vessel, get(r, 8, 1)) || !keep_name(r, &r->m->vessel_name, get(r, 8, 4))))
        return false;
    if (r->n_carriages == 0)
        read_mode(r);
    bool air = r->m->manifest.voyage.mode == GW_MODE_AIR;
    if (!keep_upper(r, &flight, get(r, 2, 1).size > 0 || air ? get(r, 2, 1) : vessel) ||
        !keep_upper(r, &stated, get(r, 5, 1)))
        return false;
    if (flight.size == 0 && stated.size == 0)
        return problem(r, true, "missing", "a carriage without flight number or carrier (TDT 8028, C040)");
    if (is(r, 1, 1, "34") && !warn(r, "overflight", "the state is flown over, not landed in (TDT+34)"))
        return false;
    if (r->n_carriages == CARRIAGES_MAX)
        return problem(r, true, "too_many", "more carriages than a voyage has legs");
    carrier = stated;
    number = flight;
    if (air)
        gw_manifest_split_flight(flight, stated, &carrier, &number);
    r->carriages[r->n_carriages++] = (__typeof__(*r->carriages)){ .carrier = carrier, .number = number };
    return number.size > 0 || problem(r, true, "missing", "a carriage without its number (TDT 8028)");
}

static bool read_voyage_loc(struct reader *r)
{
    uint64_t q = 0;
    struct gw_span place = {};
    if (!gw_span_uint(get(r, 1, 1), 999, &q) || (q != 125 && q != 87 && q != 92 && q != 130 && q != 188 && q != 172))
        return warn(r, "qualifier", "a place of the voyage with a qualifier that is not known");
    if (q == 188 || q == 172) /* of a master crew list */
        return keep_upper(r, q == 188 ? &r->m->filing_place : &r->m->reporting_place, get(r, 2, 1));
    if (r->n_points == POINTS_MAX)
        return problem(r, true, "too_many", "more airports than a voyage has");
    if (!keep_upper(r, &place, get(r, 2, 1)))
        return false;
    if (place.size == 0)
        return problem(r, true, "missing", "a place of the voyage without its code (LOC C517)");
    if ((place.size < 3 || place.size > 5) && !warn(r, "code", "a place of the voyage that is no code of three to five characters (LOC 3225)"))
        return false;
    r->points = gw_arena_grow(r->a, r->points, &r->cap_points, r->n_points + 1, sizeof *r->points, r->err);
    if (r->points == NULL)
        return false;
    r->points[r->n_points++] = (struct point){ .qualifier = q, .place = place,
        .carriage = r->n_carriages == 0 ? 0 : r->n_carriages - 1, .segment = r->s->index, .offset = r->s->offset };
    return true;
}

static bool read_voyage_dtm(struct reader *r)
{
    bool departure = is(r, 1, 1, "189") || is(r, 1, 1, "133"), arrival = is(r, 1, 1, "232") || is(r, 1, 1, "132");
    bool filed = is(r, 1, 1, "554");
    struct gw_span value = get(r, 1, 2);
    if (!departure && !arrival && !filed)
        return warn(r, "qualifier", "a date of the voyage with a qualifier that is not known");
    if (value.size == 0)
        return true;
    size_t carriage = r->n_carriages == 0 ? 0 : r->n_carriages - 1;
    bool has_place = r->n_points > 0 && r->points[r->n_points - 1].carriage == carriage;
    if (!has_place && r->n_carriages == 0 && !filed)
        return warn(r, "order", "a date of the voyage before the voyage");
    struct gw_date d;
    int64_t of_day;
    if (!gw_edifact_moment(&d, &of_day, value, get(r, 1, 3), GW_CENTURY_NEAR, r->day))
        return problem(r, !filed, "date", "a time of the voyage that cannot be read (DTM 2380)");
    if (value.size < 10 && !warn(r, "time", "a time of the voyage without its hour, read as the beginning of the day (DTM 2380)"))
        return false;
    struct gw_manifest_time t = { .has = true, .local = true, .us = gw_date_days(d) * 86400 * GW_US_PER_S + of_day };
    if (filed) {
        r->m->filed = t;
        return true;
    }
    if (!has_place) /* SG2 has it behind TDT, too */
        *(departure ? &r->carriages[carriage].departure : &r->carriages[carriage].arrival) = t;
    else
        *(departure ? &r->points[r->n_points - 1].departure : &r->points[r->n_points - 1].arrival) = t;
    return true;
}

/* Times that stand elsewhere than behind their places: both behind the last place of a carriage, whose place before
 * has none; or before any, behind TDT. */
static void place_times(struct reader *r)
{
    for (size_t i = 0; i < r->n_points; i++) {
        struct point *p = &r->points[i];
        bool is_first = i == 0 || p[-1].carriage != p->carriage, is_last = i + 1 == r->n_points || p[1].carriage != p->carriage;
        if (!is_first && is_last && p->departure.has && p->arrival.has && !p[-1].departure.has && !p[-1].arrival.has) {
            p[-1].departure = p->departure;
            p->departure.has = false;
        }
        if (r->n_carriages == 0)
            continue;
        if (is_first && !p->departure.has && p->qualifier != 87)
            p->departure = r->carriages[p->carriage].departure;
        if (is_last && !p->arrival.has && p->qualifier != 125)
            p->arrival = r->carriages[p->carriage].arrival;
    }
}

/* Is the way from p to the next point q flown? Surely where p has a departure and q an
 * arrival. Surely not where p only arrives and q only departs: that is the time on the
 * ground. Where times are missing, within one carriage between two places. */
static bool is_leg(const struct point *p, const struct point *q)
{
    if (p->departure.has && q->arrival.has)
        return true;
    if ((p->arrival.has && !p->departure.has && q->departure.has && !q->arrival.has) || (p->qualifier == 87 && q->qualifier == 125))
        return false;
    return p->carriage == q->carriage && !gw_span_equal(p->place, q->place);
}

static bool departs(const struct point *p)
{
    return p->departure.has || (!p->arrival.has && p->qualifier == 125);
}

static bool arrives(const struct point *p)
{
    return p->arrival.has || (!p->departure.has && p->qualifier == 87);
}

/* So one TDT a leg, one TDT with four places, and one with each place once give the same legs. */
static bool make_legs(struct reader *r, size_t carriage_of[GW_MANIFEST_LEGS_MAX], size_t *border)
{
    __typeof__(r->m->manifest.voyage) *v = &r->m->manifest.voyage;
    /* The final destination of the flight (LOC+130) is a leg's end only where a time says so, or nothing else does. */
    size_t n = 0;
    for (size_t i = 0; i < r->n_points; i++)
        if (r->points[i].qualifier != 130 || r->points[i].arrival.has || r->n_points == 2)
            r->points[n++] = r->points[i];
    r->n_points = n;
    v->legs = gw_arena_array(r->a, n == 0 ? 0 : n - 1, struct gw_manifest_leg, r->err);
    if (v->legs == NULL)
        return false;
    v->n_legs = 0;
    *border = SIZE_MAX;
    for (size_t i = 0; i + 1 < n; i++) {
        const struct point *p = &r->points[i], *q = &r->points[i + 1];
        bool backwards = n == 2 && arrives(p) && departs(q) && !departs(p) && !arrives(q);
        if (backwards) {
            p = &r->points[1];
            q = &r->points[0];
        } else if (!is_leg(p, q)) {
            continue;
        }
        if (v->n_legs == GW_MANIFEST_LEGS_MAX)
            return problem(r, true, "too_many", "more legs than a voyage has");
        if (p->qualifier == 125 && q->qualifier == 87 && *border == SIZE_MAX)
            *border = v->n_legs;
        carriage_of[v->n_legs] = p->carriage;
        v->legs[v->n_legs++] = (struct gw_manifest_leg){ .from = p->place, .to = q->place, .departure = p->departure,
            .arrival = q->arrival };
    }
    return true;
}

/* The voyage is the leg over the border where that is marked (125 to 87), else from the
 * first place to the last: which states airports lie in is not known here. */
static bool make_voyage(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    size_t carriage_of[GW_MANIFEST_LEGS_MAX] = {}, border;
    place_times(r);
    for (size_t i = 0; i < r->n_points; i++)
        if (!r->points[i].arrival.has && !r->points[i].departure.has && r->points[i].qualifier != 130 &&
            !problem_at(r, r->m, false, r->points[i].segment, r->points[i].offset, "LOC", "missing",
                "a place of the voyage without its time"))
            return false;
    if (!make_legs(r, carriage_of, &border))
        return false;
    size_t n = x->voyage.n_legs, first = border == SIZE_MAX ? 0 : border, last = border == SIZE_MAX ? n - 1 : border;
    if (n > 0) {
        x->voyage.from = x->voyage.legs[first].from;
        x->voyage.to = x->voyage.legs[last].to;
        x->voyage.departure = x->voyage.legs[first].departure;
        x->voyage.arrival = x->voyage.legs[last].arrival;
    } else {
        for (size_t i = 0; i < r->n_points; i++) { /* ends only */
            const struct point *p = &r->points[i];
            bool to = arrives(p) && !departs(p);
            *(to ? &x->voyage.to : &x->voyage.from) = p->place;
            *(to ? &x->voyage.arrival : &x->voyage.departure) = to ? p->arrival : p->departure;
        }
    }
    if (r->n_carriages == 0)
        return problem_at(r, r->m, true, r->first_segment, GW_NO_PLACE, "TDT", "missing", "the message has no voyage (TDT)");
    size_t c = n > 0 ? carriage_of[first] : 0;
    x->voyage.carrier = r->carriages[c].carrier;
    x->voyage.number = r->carriages[c].number;
    for (size_t i = 0; i < n; i++) {
        const __typeof__(*r->carriages) *of = &r->carriages[carriage_of[i]];
        if (!gw_span_equal(of->carrier, x->voyage.carrier) || !gw_span_equal(of->number, x->voyage.number)) {
            x->voyage.legs[i].carrier = of->carrier;
            x->voyage.legs[i].number = of->number;
        }
    }
    return true;
}

/* ---- persons ------------------------------------------------------------------------ */

/* Those segments of documents that came before their DOC belong to the only one there is. */
static bool place_strays(struct reader *r)
{
    struct building *b = &r->now;
    bool any = b->before.expiry_date.year != 0 || b->before.issuing_state.size > 0;
    if (!any)
        return true;
    if (b->t->n_documents != 1)
        return problem_at(r, r->m, false, b->p->segment, b->p->offset, "NAD", "order",
            "a date or place of a document stands before its document and is left out");
    struct gw_manifest_document *d = &b->documents[0];
    if (d->expiry_date.year == 0)
        d->expiry_date = b->before.expiry_date;
    if (d->issuing_state.size == 0)
        d->issuing_state = b->before.issuing_state;
    return true;
}

/* The first passport is the primary document; without one, the first that is no visa. */
static void order_documents(struct building *b)
{
    struct gw_paxlst_more *more = b->p->more;
    size_t first = 0;
    while (first < b->t->n_documents && !gw_span_is(b->documents[first].type, "P"))
        first++;
    if (first == b->t->n_documents)
        for (first = 0; first < b->t->n_documents && gw_span_is(b->documents[first].type, "V");)
            first++;
    if (first == 0 || first == b->t->n_documents)
        return;
    struct gw_manifest_document primary = b->documents[first];
    memmove(&b->documents[1], &b->documents[0], first * sizeof primary);
    b->documents[0] = primary;
    if (more == NULL)
        return;
    struct gw_paxlst_issue issue = more->issues[first];
    memmove(&more->issues[1], &more->issues[0], first * sizeof issue);
    more->issues[0] = issue;
}

static void *copied(struct reader *r, const void *items, size_t n, size_t size)
{
    void *p = gw_arena_alloc(r->a, n, size, r->err);
    if (p != NULL)
        memcpy(p, items, n * size);
    return p;
}

/* Is what was read of him a traveler? Says what is wrong with him; *out is false where he
 * is left out. */
static bool judge_person(struct reader *r, bool *out)
{
    struct building *b = &r->now;
    struct gw_paxlst_message *m = r->m;
    struct gw_manifest *x = &m->manifest;
    *out = false;
    if (b->is_lost) {
        m->n_lost++;
        return true;
    }
    bool has_name = b->t->surname.size > 0 || b->t->given_names.size > 0;
    bool has_reference = b->t->reference.size > 0 || b->t->reservation.size > 0;
    if (!has_name && !has_reference) {
        bool usable = b->t->n_documents > 0;
        m->n_lost += !usable;
        if (!problem_at(r, m, true, b->p->segment, b->p->offset, "NAD", "missing",
                usable ? "a traveler without name and reference (RFF+ABO, RFF+AVF)"
                       : "a traveler without name, reference and document is left out"))
            return false;
        if (!usable)
            return true;
    } else if (!has_name && x->kind != GW_MANIFEST_CLOSE_OUT && !gw_span_is(b->p->party, "ZZZ") && x->function != GW_MANIFEST_REMOVE &&
               !problem_at(r, m, false, b->p->segment, b->p->offset, "NAD", "missing", "the traveler has no name")) {
        return false;
    }
    if (b->has_wrong_birth &&
        !problem_at(r, m, b->t->n_documents == 0, b->birth_segment, b->birth_offset, "DTM", "date",
            "a date of birth that cannot be read or does not exist (DTM+329)"))
        return false;
    if (!place_strays(r))
        return false;
    if (x->n_travelers == GW_MANIFEST_TRAVELERS_MAX)
        return gw_fail_at(r->err, GW_ERR_LIMIT, b->p->offset, "PAXLST: more than %d persons in one message", GW_MANIFEST_TRAVELERS_MAX);
    *out = true;
    return true;
}

static bool end_person(struct reader *r)
{
    struct building *b = &r->now;
    bool is_one;
    if (!r->has_person)
        return true;
    r->has_person = false;
    if (!judge_person(r, &is_one))
        return false;
    if (!is_one) {
        *b->t = (struct gw_manifest_traveler){};
        *b->p = (struct gw_paxlst_person){};
        return true;
    }
    order_documents(b);
    if (b->t->n_documents > 0 &&
        (b->t->documents = copied(r, b->documents, b->t->n_documents, sizeof *b->documents)) == NULL)
        return false;
    if (b->p->n_bag_tags > 0 && (b->p->bag_tags = copied(r, b->bag_tags, b->p->n_bag_tags, sizeof *b->bag_tags)) == NULL)
        return false;
    r->m->manifest.n_travelers++;
    return true;
}

/* The next row. Messages take theirs one behind the other from one block, with room for as
 * many as the rest of the text may have: growing wastes what was. */
static bool next_row(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    size_t n = x->n_travelers, need = n + 1;
    if (n == 0 && x->travelers == NULL) {
        if (r->n_rows > 0) {
            x->travelers = r->rows;
            r->m->persons = r->person_rows;
            r->cap_travelers = r->cap_persons = r->n_rows;
        } else {
            need = GW_MIN((r->edifact->in.size - r->edifact->at) / PERSON_BYTES_USUAL + 1, (size_t)GW_MANIFEST_TRAVELERS_MAX);
        }
    }
    if (need > r->cap_travelers || need > r->cap_persons) {
        x->travelers = gw_arena_grow(r->a, x->travelers, &r->cap_travelers, need, sizeof *x->travelers, r->err);
        if (x->travelers == NULL)
            return false;
        r->m->persons = gw_arena_grow(r->a, r->m->persons, &r->cap_persons, need, sizeof *r->m->persons, r->err);
        if (r->m->persons == NULL)
            return false;
    }
    r->now.t = &x->travelers[n];
    r->now.p = &r->m->persons[n];
    return true;
}

/* NAD 3035 of persons. */
static const struct party {
    uint32_t code;
    const char *text;
    bool crew, in_transit;
} parties[] = { { CODE2('F', 'L'), "FL", false, false }, { CODE2('F', 'M'), "FM", true, false }, { CODE3('D', 'D', 'U'), "DDU", false, true },
    { CODE3('D', 'D', 'T'), "DDT", true, true }, { CODE3('Z', 'Z', 'Z'), "ZZZ", false, false }, { CODE2('V', 'W'), "VW", false, false } };

static const struct party *find_party(uint32_t code)
{
    for (size_t i = 0; i < GW_COUNT(parties); i++)
        if (parties[i].code == code)
            return &parties[i];
    return NULL;
}

static bool open_person(struct reader *r)
{
    struct building *b = &r->now;
    if (!next_row(r))
        return false;
    b->p->segment = r->s->index;
    b->p->offset = r->s->offset;
    b->p->part = r->m->has_part ? r->m->parts[0].number : 0;
    b->document = NULL;
    b->before.expiry_date.year = 0;
    b->before.issuing_state.size = 0;
    b->is_lost = b->has_wrong_birth = b->has_birth = false;
    r->has_person = true;
    r->group = GROUP_PERSON;
    return true;
}

/* Components of an element with blanks between them; as large as a segment may be, so that they fit. */
struct joined {
    char text[GW_EDIFACT_SEGMENT_BYTES];
    size_t size;
};
static struct gw_span join_components(struct joined *out, const struct reader *r, unsigned element, unsigned first, unsigned last)
{
    out->size = 0;
    for (unsigned c = first; c <= last; c++) {
        struct gw_span s = get(r, element, c);
        if (s.size == 0)
            continue;
        if (out->size > 0)
            out->text[out->size++] = ' ';
        memcpy(out->text + out->size, s.data, s.size);
        out->size += s.size;
    }
    return gw_span_of(out->text, out->size);
}

/* C080: surname, given name, further given names; C058 where a sender puts it there. */
static bool read_names(struct reader *r)
{
    struct gw_manifest_traveler *t = r->now.t;
    struct joined given;
    unsigned element = get(r, 4, 1).size > 0 || get(r, 4, 2).size > 0 ? 4 : 3;
    if (!keep_name(r, &t->surname, get(r, element, 1)))
        return false;
    bool is_one = get(r, element, 3).size + get(r, element, 4).size + get(r, element, 5).size == 0;
    return keep_name(r, &t->given_names, is_one ? get(r, element, 2) : join_components(&given, r, element, 2, 5));
}

/* Of him, for what few are told with; NULL where the arena is full. */
static struct gw_paxlst_more *more(struct reader *r)
{
    struct gw_paxlst_person *p = r->now.p;
    if (p->more == NULL)
        p->more = gw_arena_one(r->a, struct gw_paxlst_more, r->err);
    return p->more;
}

/* C059, 3164, C819, 3251, 3207. */
static bool read_address(struct reader *r)
{
    struct joined street;
    bool any = false;
    if (!gw_edifact_reaches(r->s, 5)) /* nearly always */
        return true;
    for (unsigned element = 5; element <= 9 && !any; element++)
        for (unsigned c = 1; c <= 4; c++)
            any = any || get(r, element, c).size > 0;
    if (!any)
        return true;
    struct gw_paxlst_more *m = more(r);
    return m != NULL && keep_name(r, &m->street, join_components(&street, r, 5, 1, 4)) && keep_name(r, &m->city, get(r, 6, 1)) &&
           keep_name(r, &m->subdivision, get(r, 7, 1).size > 0 ? get(r, 7, 1) : get(r, 7, 4)) &&
           keep(r, &m->postal_code, get(r, 8, 1)) && keep_state(r, &m->country, get(r, 9, 1));
}

static bool begin_person(struct reader *r, const struct party *party)
{
    if (!open_person(r))
        return false;
    bool crew = party->crew || (r->m->manifest.kind == GW_MANIFEST_CREW_LIST && !gw_span_is(get(r, 1, 1), "FL"));
    r->now.t->kind = crew ? GW_TRAVELER_CREW : GW_TRAVELER_PASSENGER;
    r->now.t->in_transit = party->in_transit;
    r->now.p->party = gw_span_str(party->text);
    return read_names(r) && read_address(r);
}

/* The segment that begins a traveler is damaged: he is left out, and what follows is his. */
static bool lose_person(struct reader *r)
{
    if (!end_person(r) || !open_person(r))
        return false;
    r->now.is_lost = true;
    return true;
}

static bool read_nad(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    if (!end_person(r))
        return false;
    uint32_t party = qualifier(r, 1, 1);
    const struct party *person = find_party(party);
    if (person != NULL)
        return begin_person(r, person);
    if (party == CODE2('M', 'S')) {
        r->group = GROUP_SENDER;
        struct joined name;
        return keep_name(r, &x->reporting_party.name, get(r, 4, 1).size > 0 ? join_components(&name, r, 4, 1, 2) : get(r, 2, 1));
    }
    r->group = GROUP_OTHER;
    return warn(r, "qualifier", "a party that is neither sender nor traveler (NAD 3035)");
}

/* UNOA has no @: the guide writes .AT. for it; blanks come from wrapped lines. */
static bool keep_mail(struct reader *r, struct gw_span *out, struct gw_span value)
{
    char mail[GW_MANIFEST_NAME_MAX];
    size_t n = 0;
    bool has_at = value.size > 0 && memchr(value.data, '@', value.size) != NULL;
    if (value.size > sizeof mail)
        return warn(r, "too_long", "a mail address of more than 200 bytes is left out");
    for (size_t i = 0; i < value.size; i++) {
        if (!has_at && gw_span_starts(gw_span_slice(value, i, value.size), ".AT.")) {
            mail[n++] = '@';
            has_at = true;
            i += 3;
        } else if (value.data[i] != ' ') {
            mail[n++] = (char)value.data[i];
        }
    }
    return gw_text_keep(out, &r->pool, gw_span_of(mail, n), r->err);
}

static bool read_com(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    /* Contacts stand side by side as elements, or repeated. */
    gw_edifact_spread(r->s);
    for (size_t i = 0; i < r->s->n_elements; i++) {
        if (gw_edifact_count(r->s, i) < 2)
            continue;
        struct gw_span value = gw_span_trim(gw_edifact_part(r->s, r->s->first[i])),
                       type = gw_span_trim(gw_edifact_part(r->s, r->s->first[i] + 1u));
        bool telephone = gw_span_is(type, "TE") || gw_span_is(type, "AL");
        if (r->group == GROUP_PERSON) {
            if (telephone && r->now.p->telephone.size == 0 && !keep(r, &r->now.p->telephone, value))
                return false;
            if (gw_span_is(type, "EM") && (more(r) == NULL || !keep_mail(r, &r->now.p->more->email, value)))
                return false;
        } else if (telephone && x->reporting_party.telephone.size == 0) {
            if (!keep(r, &x->reporting_party.telephone, value))
                return false;
        } else if (gw_span_is(type, "EM") && x->reporting_party.email.size == 0) {
            if (!keep_mail(r, &x->reporting_party.email, value))
                return false;
        }
    }
    return true;
}

static bool read_attribute(struct reader *r)
{
    struct gw_span v = get(r, 3, 1).size > 0 ? get(r, 3, 1) : get(r, 2, 1); /* ATT+2+M, some write */
    char c = v.size == 1 ? (char)(v.data[0] & ~0x20) : 0;
    if (v.size == 0 || c == 'U' || r->now.t->sex != 0)
        return true;
    if (c != 'M' && c != 'F' && c != 'X')
        return warn(r, "code", "sex is M, F, X or U (ATT 9019)");
    r->now.t->sex = c;
    return true;
}

static bool read_measure(struct reader *r)
{
    uint64_t n;
    const uint32_t what = qualifier(r, 1, 1);
    const bool is_weight = what == CODE2('W', 'T');
    if (what != CODE2('C', 'T') && !is_weight)
        return warn(r, "qualifier", "a measure of the traveler that is not known (MEA 6311)");
    /* MEA+CT++:2 by the guide, MEA+CT++2 by many. */
    struct gw_span v = get(r, 3, 2).size > 0 || is_weight ? get(r, 3, 2) : get(r, 3, 1);
    if (v.size == 0)
        return true;
    if (!gw_span_uint(v, is_weight ? 99'999 : 999, &n))
        return warn(r, "number", is_weight ? "a weight of bags that cannot be read (MEA+WT)" : "a number of bags that cannot be read (MEA+CT)");
    if (is_weight) {
        struct gw_paxlst_more *m = more(r);
        if (m == NULL)
            return false;
        m->has_bag_weight = true;
        m->bag_weight = (unsigned)n;
        return keep_upper(r, &m->bag_weight_unit, get(r, 3, 1));
    }
    r->now.p->has_bags = true;
    r->now.p->bags = (unsigned)n;
    return true;
}

static bool read_bag_tag(struct reader *r)
{
    struct gw_paxlst_person *p = r->now.p;
    struct gw_span tag = get(r, 4, 1);
    uint64_t count = 1;
    if (qualifier(r, 1, 1) != CODE3('B', 'A', 'G') || tag.size == 0 || gw_span_is(tag, "NULL"))
        return true;
    if (p->n_bag_tags == GW_PAXLST_BAG_TAGS_MAX)
        return warn(r, "too_many", "more bag tags than are kept");
    if (get(r, 4, 2).size > 0 && !gw_span_uint(get(r, 4, 2), 999, &count) &&
        !warn(r, "number", "a number of consecutive bag tags that cannot be read"))
        return false;
    struct gw_paxlst_bag_tag *t = &r->now.bag_tags[p->n_bag_tags];
    *t = (struct gw_paxlst_bag_tag){ .count = (unsigned)count };
    if (!keep(r, &t->tag, tag))
        return false;
    p->n_bag_tags += t->tag.size > 0;
    return true;
}

/* The document that a DTM or LOC behind DOC is of. */
static struct gw_manifest_document *document(struct reader *r)
{
    return r->now.document != NULL ? r->now.document : &r->now.before;
}

/* When and where the document was issued that DTM or LOC are of. NULL with *fine false where the arena is full; with
 * *fine true where there is no document, which is told. */
static struct gw_paxlst_issue *issue(struct reader *r, bool *fine)
{
    const struct building *b = &r->now;
    *fine = true;
    if (b->document == &b->unreadable)
        return NULL; /* left out, and told */
    if (b->document == NULL) {
        *fine = warn(r, "order", "what a document was issued with stands before the document and is left out");
        return NULL;
    }
    struct gw_paxlst_more *m = more(r);
    *fine = m != NULL;
    return m == NULL ? NULL : &m->issues[b->document - b->documents];
}

static bool keep_place_of_issue(struct reader *r, struct gw_span text)
{
    bool fine = true;
    struct gw_paxlst_issue *of = text.size == 0 ? NULL : issue(r, &fine);
    return of == NULL ? fine : keep_name(r, &of->place, text);
}

static bool read_date_of_issue(struct reader *r)
{
    struct gw_date d;
    bool fine;
    if (get(r, 1, 2).size == 0)
        return true;
    if (!gw_edifact_moment(&d, NULL, get(r, 1, 2), get(r, 1, 3), GW_CENTURY_BIRTH, r->day))
        return warn(r, "date", "a date of issue that cannot be read or does not exist (DTM+182)");
    struct gw_paxlst_issue *of = issue(r, &fine);
    if (of != NULL)
        of->date = d;
    return fine;
}

static bool read_person_loc(struct reader *r)
{
    struct gw_manifest_traveler *t = r->now.t;
    struct gw_span place = get(r, 2, 1);
    switch (qualifier(r, 1, 1)) {
    case CODE2('2', '2'):
        return keep_upper(r, &r->now.p->clearance, place);
    case CODE2('9', '1'): /* the first is the state; a place as free text is none */
        return (place.size > 0 || keep_place_of_issue(r, get(r, 2, 4))) &&
               (document(r)->issuing_state.size > 0 || keep_state(r, &document(r)->issuing_state, place));
    case CODE3('1', '7', '4'):
        return keep_state(r, &t->residence, place);
    case CODE3('1', '7', '8'):
        return keep_upper(r, &t->origin, place);
    case CODE3('1', '7', '9'):
        return keep_upper(r, &t->destination, place);
    case CODE3('1', '8', '0'):
        if (place.size > 0 && get(r, 2, 4).size > 0 && (more(r) == NULL || !keep_state(r, &r->now.p->more->birth_state, place)))
            return false;
        return keep_name(r, &r->now.p->place_of_birth, get(r, 2, 4).size > 0 ? get(r, 2, 4) : place);
    default:
        return warn(r, "qualifier", "a place of the traveler with a qualifier that is not known");
    }
}

/* Two births or two references in one traveler: the segment between two travelers is
 * gone. What comes from here on is the second one's. */
static bool second_traveler(struct reader *r)
{
    return problem(r, true, "order", "a second traveler begins here without NAD; he is left out") && lose_person(r);
}

static bool read_reference(struct reader *r)
{
    struct gw_span value = get(r, 1, 2);
    if (r->group == GROUP_HEADER || r->group == GROUP_SENDER) {
        if (is(r, 1, 1, "TN"))
            return keep(r, &r->m->transaction_reference, value) && keep(r, &r->m->revision, get(r, 1, 5));
        return true;
    }
    if (r->group != GROUP_PERSON)
        return true;
    struct gw_manifest_traveler *t = r->now.t;
    switch (qualifier(r, 1, 1)) {
    case CODE3('A', 'V', 'F'):
        return keep(r, &t->reservation, value);
    case CODE3('A', 'B', 'O'):
        return t->reference.size > 0 && !gw_span_equal(t->reference, value) ? second_traveler(r) : keep(r, &t->reference, value);
    case CODE3('S', 'E', 'A'):
        while (value.size > 1 && value.data[0] == '0')
            value = gw_span_slice(value, 1, value.size);
        return keep_upper(r, &t->seat, value);
    case CODE3('A', 'E', 'A'):
        return keep(r, &r->now.p->agency_reference, value);
    case CODE2('C', 'R'):
        return keep(r, &r->now.p->frequent_traveler, value);
    case CODE3('Y', 'Z', 'Y'):
        return keep(r, &r->now.p->ticket, value);
    case CODE3('A', 'H', 'N'):
        return more(r) != NULL && keep(r, &r->now.p->more->alien_number, value);
    default:
        return warn(r, "qualifier", "a reference of the traveler with a qualifier that is not known");
    }
}

static bool read_document(struct reader *r)
{
    struct building *b = &r->now;
    struct gw_manifest_traveler *t = b->t;
    struct gw_span raw = get(r, 2, 1);
    char number[GW_MANIFEST_WORD_MAX];
    size_t n = 0;
    b->unreadable = (struct gw_manifest_document){};
    b->document = &b->unreadable;
    /* DOC++ says that there is none. */
    if (raw.size == 0 && get(r, 1, 1).size == 0)
        return true;
    if (t->n_documents == GW_MANIFEST_DOCUMENTS_MAX)
        return warn(r, "too_many", "more documents of one traveler than are kept");
    if (!gw_document_number(number, &n, raw))
        return warn(r, raw.size == 0 ? "missing" : "code", "a document whose number cannot be read is left out (DOC C503)");
    b->document = &b->documents[t->n_documents++];
    *b->document = (struct gw_manifest_document){};
    const bool fine = keep_upper(r, &b->document->type, get(r, 1, 1)) && keep(r, &b->document->number, gw_span_of(number, n));
    gw_wipe(number, sizeof number); /* a person's: it must not stay on the stack */
    return fine;
}

static bool read_birth(struct reader *r)
{
    struct building *b = &r->now;
    struct gw_date d = {};
    struct gw_span value = get(r, 1, 2);
    if (value.size == 0)
        return true; /* not given */
    bool fine = gw_edifact_moment(&d, NULL, value, get(r, 1, 3), GW_CENTURY_BIRTH, r->day);
    if (b->has_birth && (!fine || gw_date_compare(d, b->t->birth_date) != 0))
        return second_traveler(r);
    b->has_birth = fine;
    b->t->birth_date = d;
    if (!fine) { /* judged when it is known whether there is a document */
        b->has_wrong_birth = true;
        b->birth_segment = r->s->index;
        b->birth_offset = r->s->offset;
    }
    return true;
}

static bool read_dtm(struct reader *r)
{
    if (r->group == GROUP_VOYAGE)
        return read_voyage_dtm(r);
    if (r->group != GROUP_PERSON)
        return true;
    struct gw_date d;
    switch (qualifier(r, 1, 1)) {
    case CODE3('3', '2', '9'):
        return read_birth(r);
    case CODE2('3', '6'):
        break;
    case CODE3('1', '8', '2'):
        return read_date_of_issue(r);
    default:
        return warn(r, "qualifier", "a date of the traveler with a qualifier that is not known");
    }
    if (get(r, 1, 2).size == 0)
        return true; /* DTM+36: says that it is not known */
    if (!gw_edifact_moment(&d, NULL, get(r, 1, 2), get(r, 1, 3), GW_CENTURY_EXPIRY, r->day))
        return warn(r, "date", "a date of expiry that cannot be read or does not exist (DTM+36)");
    if (document(r)->expiry_date.year != 0)
        return gw_date_compare(document(r)->expiry_date, d) == 0 ||
               warn(r, "twice", "a second date of expiry of one document is passed over (DTM+36)");
    document(r)->expiry_date = d;
    return true;
}

static bool read_loc(struct reader *r)
{
    return r->group == GROUP_VOYAGE ? read_voyage_loc(r) : r->group != GROUP_PERSON || read_person_loc(r);
}

static bool read_geography(struct reader *r)
{
    uint32_t state = qualifier(r, 2, 1);
    if (qualifier(r, 1, 1) == CODE1('4') && (state == CODE3('1', '7', '3') || state == CODE3('1', '7', '4'))) {
        r->now.p->has_verified = true;
        r->now.p->verified = state == CODE3('1', '7', '3');
    }
    return true;
}

static bool read_nationality(struct reader *r)
{
    /* 2 is the present nationality, 1 that at birth. */
    if (qualifier(r, 1, 1) == CODE1('1'))
        return get(r, 2, 1).size == 0 || (more(r) != NULL && keep_state(r, &r->now.p->more->birth_nationality, get(r, 2, 1)));
    if (r->now.t->nationality.size == 0)
        return keep_state(r, &r->now.t->nationality, get(r, 2, 1));
    if (get(r, 2, 1).size == 0 || gw_span_equal(get(r, 2, 1), r->now.t->nationality))
        return true;
    if (more(r) == NULL)
        return false;
    if (r->now.p->more->second_nationality.size > 0)
        return warn(r, "too_many", "more nationalities of one traveler than are kept");
    return keep_state(r, &r->now.p->more->second_nationality, get(r, 2, 1));
}

static bool read_duty(struct reader *r)
{
    return keep_upper(r, &r->now.p->duty, get(r, 2, 1));
}

/* ---- the message ----------------------------------------------------------------- */

/* UNH S010: 01:C first, 02 middle, 03:F last; alone: 01:F. */
static bool read_part(struct reader *r)
{
    struct gw_paxlst_message *m = r->m;
    struct gw_span number = get(r, 4, 1), mark = get(r, 4, 2);
    uint64_t n = 0;
    m->n_parts = 1;
    m->parts = gw_arena_one(r->a, struct gw_paxlst_part, r->err);
    if (m->parts == NULL)
        return false;
    m->has_part = number.size > 0 || mark.size > 0;
    if (number.size > 0 && !gw_span_uint(number, 999, &n) && !warn(r, "part", "the part's number cannot be read (UNH S010)"))
        return false;
    m->parts[0] = (struct gw_paxlst_part){ (unsigned)n, gw_span_is(mark, "F") ? 'F' : gw_span_is(mark, "C") ? 'C' : 0 };
    return true;
}

static bool refuse_dialect(struct reader *r)
{
    return gw_fail_at(r->err, GW_ERR_UNSUPPORTED, r->s->offset,
        "PAXLST: the dialect the United States retired in 2008 (version 001, UNS, PDT) is not supported; send UN/EDIFACT D.02B or later");
}

static bool begin_message(struct reader *r)
{
    r->messages++;
    r->messages_in_group++;
    if (!is(r, 2, 1, "PAXLST")) {
        struct gw_span type = get(r, 2, 1);
        if (r->others++ == 0) {
            r->other_at = r->s->offset;
            for (size_t i = 0; i < type.size && i + 1 < sizeof r->other && type.data[i] >= 'A' && type.data[i] <= 'Z'; i++)
                r->other[i] = (char)type.data[i];
        }
        return true;
    }
    if (is(r, 2, 2, "001"))
        return refuse_dialect(r);
    if (r->out->n_messages == GW_PAXLST_MESSAGES_MAX)
        return gw_fail_at(r->err, GW_ERR_LIMIT, r->s->offset, "EDIFACT: more than %d messages in one text", GW_PAXLST_MESSAGES_MAX);
    struct gw_paxlst_message *all = gw_arena_grow(r->a, r->out->messages, &r->cap_messages, r->out->n_messages + 1,
        sizeof *all, r->err);
    if (all == NULL)
        return false;
    r->out->messages = all;
    r->m = &all[r->out->n_messages++];
    *r->m = (struct gw_paxlst_message){};
    struct gw_manifest *x = &r->m->manifest;
    x->valid = true;
    x->voyage.has_mode = true;
    x->voyage.mode = GW_MODE_AIR;
    x->sender = r->sender;
    x->recipient = r->recipient;
    r->m->interchange_reference = r->reference;
    r->first_segment = r->s->index;
    r->group = GROUP_HEADER;
    r->points = NULL;
    r->cap_travelers = r->cap_persons = r->cap_problems = r->cap_points = r->n_points = r->n_carriages = 0;
    r->has_charset_problem = r->has_person = r->has_count_of_kind = false;
    return keep(r, &x->message_reference, get(r, 1, 1)) && keep(r, &r->m->common_access_reference, get(r, 3, 1)) &&
           keep_upper(r, &r->m->release, get(r, 2, 3)) && read_part(r) &&
           (is(r, 2, 2, "D") || warn(r, "version", "a version of PAXLST other than D is read as if it were D"));
}

/* BGM: what kind of list, and its sub-function in element 2. */
static const struct list {
    const char *code, *sub;
    enum gw_manifest_kind kind;
    enum gw_manifest_function function;
    enum gw_close_list close;
    bool cancelled;
} lists[] = {
    { "745", "", GW_MANIFEST_PASSENGER_LIST, GW_MANIFEST_WHOLE, GW_CLOSE_NONE, false },
    { "745", "CP", GW_MANIFEST_PASSENGER_LIST, GW_MANIFEST_CHANGE, GW_CLOSE_NONE, false },
    { "745", "XR", GW_MANIFEST_PASSENGER_LIST, GW_MANIFEST_REMOVE, GW_CLOSE_NONE, false },
    { "745", "RP", GW_MANIFEST_PASSENGER_LIST, GW_MANIFEST_REMOVE, GW_CLOSE_NONE, false },
    { "250", "", GW_MANIFEST_CREW_LIST, GW_MANIFEST_WHOLE, GW_CLOSE_NONE, false },
    { "250", "C", GW_MANIFEST_CREW_LIST, GW_MANIFEST_WHOLE, GW_CLOSE_NONE, false },
    { "250", "CC", GW_MANIFEST_CREW_LIST, GW_MANIFEST_CHANGE, GW_CLOSE_NONE, false },
    { "250", "B", GW_MANIFEST_CREW_LIST, GW_MANIFEST_WHOLE, GW_CLOSE_NONE, false },
    { "250", "BC", GW_MANIFEST_CREW_LIST, GW_MANIFEST_CHANGE, GW_CLOSE_NONE, false },
    { "250", "A", GW_MANIFEST_CREW_LIST, GW_MANIFEST_WHOLE, GW_CLOSE_NONE, false },
    { "250", "D", GW_MANIFEST_CREW_LIST, GW_MANIFEST_WHOLE, GW_CLOSE_NONE, false },
    { "250", "E", GW_MANIFEST_CREW_LIST, GW_MANIFEST_WHOLE, GW_CLOSE_NONE, false },
    { "250", "EC", GW_MANIFEST_CREW_LIST, GW_MANIFEST_CHANGE, GW_CLOSE_NONE, false },
    { "250", "F", GW_MANIFEST_CREW_LIST, GW_MANIFEST_WHOLE, GW_CLOSE_NONE, false },
    { "250", "FC", GW_MANIFEST_CREW_LIST, GW_MANIFEST_CHANGE, GW_CLOSE_NONE, false },
    { "336", "G", GW_MANIFEST_CREW_LIST, GW_MANIFEST_ADD, GW_CLOSE_NONE, false },
    { "336", "H", GW_MANIFEST_CREW_LIST, GW_MANIFEST_REMOVE, GW_CLOSE_NONE, false },
    { "336", "I", GW_MANIFEST_CREW_LIST, GW_MANIFEST_CHANGE, GW_CLOSE_NONE, false },
    { "266", "CL", GW_MANIFEST_CLOSE_OUT, GW_MANIFEST_WHOLE, GW_CLOSE_ALL, false },
    { "266", "CLOB", GW_MANIFEST_CLOSE_OUT, GW_MANIFEST_WHOLE, GW_CLOSE_ON_BOARD, false },
    { "266", "CLNB", GW_MANIFEST_CLOSE_OUT, GW_MANIFEST_WHOLE, GW_CLOSE_NOT_ON_BOARD, false },
    { "266", "XF", GW_MANIFEST_UPDATE, GW_MANIFEST_REMOVE, GW_CLOSE_NONE, true },
    { "266", "CF", GW_MANIFEST_UPDATE, GW_MANIFEST_CHANGE, GW_CLOSE_NONE, false },
};

static bool read_bgm(struct reader *r)
{
    struct gw_paxlst_message *m = r->m;
    struct gw_manifest *x = &m->manifest;
    if (m->code.size > 0)
        return warn(r, "order", "a second BGM is passed over");
    if (!keep_upper(r, &m->code, get(r, 1, 1)) || !keep_upper(r, &m->sub_function, get(r, 2, 1)))
        return false;
    bool known = false;
    for (size_t i = 0; i < GW_COUNT(lists); i++) {
        const struct list *l = &lists[i];
        bool same = gw_span_is(m->code, l->code);
        known = known || same;
        if (same && gw_span_is(m->sub_function, l->sub)) {
            x->kind = l->kind;
            x->function = l->function;
            x->close_list = l->close;
            x->cancelled = l->cancelled;
            return true;
        }
    }
    /* What it asks for is not known, so it takes nobody away. */
    x->function = GW_MANIFEST_CHANGE;
    if (!known)
        return problem(r, true, "message_kind", "BGM names no list of persons of a voyage (745, 250, 266, 336)");
    x->kind = gw_span_is(m->code, "250") || gw_span_is(m->code, "336") ? GW_MANIFEST_CREW_LIST
              : gw_span_is(m->code, "266")                            ? GW_MANIFEST_UPDATE
                                                                      : GW_MANIFEST_PASSENGER_LIST;
    return warn(r, "message_function", "BGM has a function that is not known; the list is read as changes");
}

static bool read_count(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    uint64_t n;
    /* CNT+42:160; some write CNT+41+8. */
    struct gw_span value = get(r, 1, 2).size > 0 ? get(r, 1, 2) : get(r, 2, 1);
    if (!end_person(r))
        return false;
    r->group = GROUP_OTHER;
    if (!gw_span_uint(value, UINT32_MAX, &n))
        return value.size == 0 || warn(r, "count", "a count that cannot be read (CNT 6066)");
    /* Passengers are 42 and crew 41; where only the other is given it is meant. */
    bool of_kind = is(r, 1, 1, x->kind == GW_MANIFEST_CREW_LIST ? "41" : "42");
    if (x->has_declared && r->has_count_of_kind)
        return true;
    r->has_count_of_kind = of_kind;
    x->has_declared = true;
    x->declared = r->m->declared_sum = n;
    r->m->count_segment = r->s->index;
    r->m->count_offset = r->s->offset;
    return true;
}

static bool end_message(struct reader *r)
{
    struct gw_paxlst_message *m = r->m;
    struct gw_manifest *x = &m->manifest;
    if (!end_person(r))
        return false;
    if (m->code.size == 0 &&
        !problem_at(r, m, true, r->first_segment, GW_NO_PLACE, "BGM", "missing", "the message does not say what list it is (BGM)"))
        return false;
    bool *is_double;
    if (!make_voyage(r) || !gw_manifest_doubles(&is_double, x, r->a, r->err))
        return false;
    for (size_t i = 0; i < x->n_travelers; i++)
        if (is_double[i] && !problem_at(r, m, false, m->persons[i].segment, m->persons[i].offset, "RFF", "duplicate",
                                "another traveler of this message has the same reference (RFF+ABO)"))
            return false;
    if (x->n_travelers > 0) {
        r->rows = x->travelers + x->n_travelers;
        r->person_rows = m->persons + x->n_travelers;
        r->n_rows = GW_MIN(r->cap_travelers, r->cap_persons) - x->n_travelers;
    }
    r->m = NULL;
    r->group = GROUP_OTHER;
    return true;
}

static bool read_unt(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    uint64_t n;
    if ((!gw_span_uint(get(r, 1, 1), UINT32_MAX, &n) || n != r->s->index - r->first_segment + 1) &&
        !warn(r, "count", "the message's count is not the number of its segments (UNT 0074)"))
        return false;
    return (same_reference(get(r, 2, 1), x->message_reference) ||
               warn(r, "reference", "the message's references differ (UNH 0062, UNT 0062)")) &&
           end_message(r);
}

/* The end is missing: what was read is kept, more may have been sent. */
static bool cut_message(struct reader *r, const char *code, const char *text)
{
    if (r->m == NULL)
        return true;
    r->m->n_lost++;
    return problem(r, true, code, text) && end_message(r);
}

static bool check_charset(struct reader *r)
{
    bool odd = (r->s->has_lower && r->level == 'A') || (r->s->has_high && r->level >= 'A' && r->level <= 'B');
    if (!odd || r->has_charset_problem)
        return true;
    r->has_charset_problem = true;
    return warn(r, "charset", "characters that the syntax level does not have; read as they stand (UNB 0001)");
}

static bool pass(struct reader *r)
{
    (void)r;
    return true;
}

static bool read_unh(struct reader *r)
{
    return cut_message(r, "nesting", "UNH before the message before it has ended (ISO 9735-1, 5.1)") && begin_message(r);
}

static bool unknown_segment(struct reader *r)
{
    return warn(r, "segment", "a segment that PAXLST does not have");
}

/* What is done with a segment, by its tag. The place of a tag in the table is so made that
 * no two share one: the compiler refuses a second. */
enum where { /* those whose reader may be left out behind a traveler that is lost stand last */
    IN_INTERCHANGE, /* outside of messages; ends one that has not ended */
    ANYWHERE,       /* in a message, also behind a traveler that is lost */
    IN_MESSAGE,
    OF_PERSON,
};
static const struct rule {
    uint32_t tag;
    enum where where;
    bool (*read)(struct reader *r);
} rules[64] = {
#define PLACE(a, b, c) (((a) * 19 + (b) * 3 + (c)) & 63)
#define RULE(a, b, c, where, read) [PLACE(a, b, c)] = { GW_EDIFACT_TAG(a, b, c), where, read }
    RULE('U', 'N', 'B', IN_INTERCHANGE, read_unb),
    RULE('U', 'N', 'G', IN_INTERCHANGE, read_ung),
    RULE('U', 'N', 'H', IN_INTERCHANGE, read_unh),
    RULE('U', 'N', 'E', IN_INTERCHANGE, read_une),
    RULE('U', 'N', 'Z', IN_INTERCHANGE, read_unz),
    RULE('B', 'G', 'M', ANYWHERE, read_bgm),
    RULE('N', 'A', 'D', ANYWHERE, read_nad),
    RULE('C', 'N', 'T', ANYWHERE, read_count),
    RULE('U', 'N', 'T', ANYWHERE, read_unt),
    RULE('U', 'N', 'S', ANYWHERE, refuse_dialect),
    RULE('P', 'D', 'T', ANYWHERE, refuse_dialect),
    RULE('R', 'F', 'F', IN_MESSAGE, read_reference),
    RULE('T', 'D', 'T', IN_MESSAGE, read_tdt),
    RULE('L', 'O', 'C', IN_MESSAGE, read_loc),
    RULE('D', 'T', 'M', IN_MESSAGE, read_dtm),
    RULE('C', 'O', 'M', IN_MESSAGE, read_com),
    RULE('C', 'T', 'A', IN_MESSAGE, pass),
    RULE('Q', 'T', 'Y', IN_MESSAGE, pass),
    RULE('A', 'U', 'T', IN_MESSAGE, pass),
    RULE('C', 'P', 'I', IN_MESSAGE, pass),
    RULE('G', 'I', 'D', IN_MESSAGE, pass),
    RULE('A', 'T', 'T', OF_PERSON, read_attribute),
    RULE('M', 'E', 'A', OF_PERSON, read_measure),
    RULE('G', 'E', 'I', OF_PERSON, read_geography),
    RULE('F', 'T', 'X', OF_PERSON, read_bag_tag),
    RULE('N', 'A', 'T', OF_PERSON, read_nationality),
    RULE('E', 'M', 'P', OF_PERSON, read_duty),
    RULE('D', 'O', 'C', OF_PERSON, read_document),
#undef RULE
};
static const struct rule unknown = { 0, IN_MESSAGE, unknown_segment };

static const struct rule *find_rule(uint32_t tag)
{
    const struct rule *rule = &rules[PLACE(tag >> 16, tag >> 8 & 0xFF, tag & 0xFF)];
    return rule->tag == tag ? rule : &unknown;
}
#undef PLACE

static bool read_segment(struct reader *r)
{
    const struct gw_edifact_segment *s = r->s;
    const struct rule *rule = find_rule(s->code);
    bool is_plain = !s->has_lower && !s->has_high;
    r->pool.is_plain = is_plain;
    if (r->group == GROUP_PERSON && rule->where >= IN_MESSAGE && is_plain && !s->odd_release && !s->repeats) /* nearly always */
        return r->now.is_lost || rule->read(r);
    if (rule->where == IN_INTERCHANGE)
        return (rule->read == read_unh || cut_message(r, "cut_off", "the message does not end (UNT is missing)")) && rule->read(r);
    if (r->m == NULL)
        return true; /* of a message that is not read, or between messages */
    if (!is_plain && !check_charset(r))
        return false;
    if (s->repeats && s->code != GW_EDIFACT_TAG('C', 'O', 'M') &&
        !warn(r, "repetition", "a repetition in a segment that has none: its first value is read"))
        return false;
    if (s->odd_release && !warn(r, "release", "a release character before one that needs none"))
        return false;
    if (rule->where == ANYWHERE)
        return rule->read(r);
    if (r->group == GROUP_PERSON)
        return r->now.is_lost || rule->read(r);
    return rule->where == OF_PERSON ? warn(r, "order", "a segment of a traveler without a traveler before it") : rule->read(r);
}

/* May a damaged segment be the one that begins a traveler? By its tag, or by a traveler's
 * party behind the first separator. */
static bool may_begin_person(const struct reader *r)
{
    const struct gw_edifact *e = r->edifact;
    struct gw_span raw = gw_span_slice(e->in, r->s->offset, GW_MIN(e->at, r->s->offset + 64));
    bool is_nad = gw_edifact_is(r->s, "NAD");
    if (r->s->tag[0] != 0 && !is_nad)
        return false;
    size_t at = 0;
    while (at < raw.size && raw.data[at] != (uint8_t)e->separators.element)
        at++;
    size_t end = at + 1;
    while (end < raw.size && raw.data[end] != (uint8_t)e->separators.element)
        end++;
    uint32_t party = 0;
    for (at++; at < end && end - at <= 4 && at < raw.size; at++)
        party = party << 8 | raw.data[at];
    return find_party(party) != NULL || (is_nad && party != CODE2('M', 'S'));
}

static bool read_damaged(struct reader *r, const struct gw_err *why)
{
    struct gw_paxlst_message *m = r->m != NULL ? r->m : r->out->n_messages > 0 ? &r->out->messages[r->out->n_messages - 1] : NULL;
    /* Between messages nobody is lost, if it is not the beginning of another one. */
    bool is_last = r->edifact->at == r->edifact->in.size;
    bool is_harmless = r->m == NULL && r->s->code != GW_EDIFACT_TAG('U', 'N', 'H') && (r->s->tag[0] != 0 || is_last);
    struct gw_span text;
    const char *tag;
    if (m == NULL) {
        if (r->damage.code == GW_OK)
            r->damage = *why;
        return true;
    }
    return gw_text_keep(&text, &r->pool, gw_span_of(why->text, strlen(why->text) + 1), r->err) && keep_tag(r, &tag) &&
           problem_at(r, m, !is_harmless, r->s->index, why->at, tag, why->code == GW_ERR_LIMIT ? "too_long" : "syntax",
               (const char *)text.data) &&
           (r->m == NULL || !may_begin_person(r) || lose_person(r));
}

/* Of whole lists only: a close-out's count is of the voyage. */
static bool check_count(struct reader *r, struct gw_paxlst_message *m)
{
    const struct gw_manifest *x = &m->manifest;
    if (!x->has_declared || x->declared == x->n_travelers || !m->complete || x->kind == GW_MANIFEST_CLOSE_OUT)
        return true;
    r->cap_problems = x->n_problems; /* its list was another's since */
    return problem_at(r, m, false, m->count_segment, m->count_offset, "CNT", "count", "the count of travelers is not the number read (CNT)");
}

bool gw_paxlst_parse(struct gw_paxlst *out, struct gw_arena *a, struct gw_span text, struct gw_date today,
    const struct gw_edifact_separators *partner, struct gw_err *err)
{
    *out = (struct gw_paxlst){};
    if (text.size > GW_MANIFEST_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a manifest of more than %d bytes", GW_MANIFEST_BYTES_MAX);
    struct reader *r = gw_arena_one(a, struct reader, err);
    if (r == NULL)
        return false;
    *r = (struct reader){ .out = out, .a = a, .err = err, .pool = { .a = a, .source = text }, .today = today, .day = today };
    r->edifact = gw_arena_one(a, struct gw_edifact, err);
    r->s = gw_arena_one(a, struct gw_edifact_segment, err);
    if (r->edifact == NULL || r->s == NULL || !gw_edifact_open(r->edifact, text, partner, err))
        return false;
    for (;;) {
        struct gw_err why;
        enum gw_edifact_read what = gw_edifact_next(r->edifact, r->s, &why);
        if (what == GW_EDIFACT_END)
            break;
        if (what == GW_EDIFACT_BAD ? !read_damaged(r, &why) : !read_segment(r))
            return false;
        /* Footers of mail and of Type B follow, or another interchange. */
        if (what == GW_EDIFACT_SEGMENT && r->s->code == GW_EDIFACT_TAG('U', 'N', 'Z') && !gw_edifact_again(r->edifact))
            break;
    }
    if (!cut_message(r, "cut_off", "the message does not end (UNT is missing)"))
        return false;
    if (out->n_messages == 0 && r->others == 0 && r->damage.code != GW_OK)
        return gw_fail_at(err, GW_ERR_FORMAT, r->damage.at, "%s", r->damage.text);
    if (out->n_messages == 0)
        return r->others > 0 ? gw_fail_at(err, GW_ERR_UNSUPPORTED, r->other_at, "EDIFACT: the message is %s, not PAXLST",
                                   r->other[0] == 0 ? "another one" : r->other)
                             : gw_fail(err, GW_ERR_FORMAT, "EDIFACT: no message in it (UNH)");
    if (r->is_open && !trailer_problem(r, "UNZ", "cut_off", "the interchange does not end (UNZ is missing); more may have been in it"))
        return false;
    if (r->others > 0 && !trailer_problem(r, NULL, "other_message", "messages of another type were passed over"))
        return false;
    out->n_messages = gw_paxlst_join(out->messages, out->n_messages, a, err);
    for (size_t i = 0; i < out->n_messages; i++)
        if (!check_count(r, &out->messages[i]))
            return false;
    return out->n_messages > 0;
}

/* ---- parts ------------------------------------------------------------------------ */

static bool same_transmission(const struct gw_paxlst_message *a, const struct gw_paxlst_message *b)
{
    const struct gw_manifest *x = &a->manifest, *y = &b->manifest;
    struct gw_span ra = a->common_access_reference.size > 0 ? a->common_access_reference : a->transaction_reference;
    struct gw_span rb = b->common_access_reference.size > 0 ? b->common_access_reference : b->transaction_reference;
    /* Without part numbers only messages of one interchange: later ones are new lists. */
    bool parts = a->has_part && b->has_part;
    bool together = !a->has_part && !b->has_part && a->interchange_reference.size > 0 &&
                    gw_span_equal(a->interchange_reference, b->interchange_reference);
    return (parts || together) && ra.size > 0 && gw_span_equal(ra, rb) && gw_span_equal(x->sender, y->sender) &&
           gw_span_equal(a->code, b->code) && gw_span_equal(a->sub_function, b->sub_function) &&
           gw_span_equal(x->voyage.carrier, y->voyage.carrier) && gw_span_equal(x->voyage.number, y->voyage.number) &&
           gw_span_equal(x->voyage.from, y->voyage.from) && x->voyage.departure.us == y->voyage.departure.us;
}

static bool has_number(const struct gw_paxlst_message *m, unsigned number)
{
    for (size_t i = 0; number > 0 && i < m->n_parts; i++)
        if (m->parts[i].number == number)
            return true;
    return false;
}

static bool join_parts(struct gw_paxlst_message *to, const struct gw_paxlst_message *from, struct gw_arena *a, struct gw_err *err)
{
    struct gw_paxlst_part *all = gw_arena_array(a, to->n_parts + from->n_parts, struct gw_paxlst_part, err);
    size_t n = 0, i = 0;
    if (all == NULL)
        return false;
    for (size_t k = 0; k < from->n_parts; k++) {
        for (; i < to->n_parts && to->parts[i].number <= from->parts[k].number; i++)
            if (!has_number(from, to->parts[i].number))
                all[n++] = to->parts[i];
        all[n++] = from->parts[k];
    }
    for (; i < to->n_parts; i++)
        if (!has_number(from, to->parts[i].number))
            all[n++] = to->parts[i];
    to->parts = all;
    to->n_parts = n;
    return true;
}

/* Both lists are in the order of their parts; so is the new one. */
static bool join_travelers(struct gw_paxlst_message *to, const struct gw_paxlst_message *from, struct gw_arena *a, struct gw_err *err)
{
    struct gw_manifest *x = &to->manifest;
    const struct gw_manifest *y = &from->manifest;
    size_t n = 0, i = 0;
    struct gw_manifest_traveler *travelers = gw_arena_array(a, x->n_travelers + y->n_travelers, struct gw_manifest_traveler, err);
    struct gw_paxlst_person *persons = gw_arena_array(a, x->n_travelers + y->n_travelers, struct gw_paxlst_person, err);
    if (travelers == NULL || persons == NULL)
        return false;
    for (size_t k = 0; k <= y->n_travelers; k++) {
        for (; i < x->n_travelers && (k == y->n_travelers || to->persons[i].part <= from->persons[k].part); i++) {
            if (has_number(from, to->persons[i].part))
                continue; /* the part came again */
            travelers[n] = x->travelers[i];
            persons[n++] = to->persons[i];
        }
        if (k < y->n_travelers) {
            travelers[n] = y->travelers[k];
            persons[n++] = from->persons[k];
        }
    }
    if (n > GW_MANIFEST_TRAVELERS_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "PAXLST: more than %d persons in the parts of one message", GW_MANIFEST_TRAVELERS_MAX);
    x->travelers = travelers;
    to->persons = persons;
    x->n_travelers = n;
    return true;
}

static bool join_problems(struct gw_manifest *x, const struct gw_manifest *y, struct gw_arena *a, struct gw_err *err)
{
    size_t more = GW_MIN(y->n_problems, GW_MANIFEST_PROBLEMS_MAX - x->n_problems);
    struct gw_manifest_problem *all = gw_arena_array(a, x->n_problems + more, struct gw_manifest_problem, err);
    if (all == NULL)
        return false;
    if (x->n_problems > 0)
        memcpy(all, x->problems, x->n_problems * sizeof *all);
    if (more > 0)
        memcpy(all + x->n_problems, y->problems, more * sizeof *all);
    x->problems = all;
    x->n_problems += more;
    x->n_problems_all += y->n_problems_all;
    x->valid = x->valid && y->valid;
    return true;
}

static bool join(struct gw_paxlst_message *to, const struct gw_paxlst_message *from, struct gw_arena *a, struct gw_err *err)
{
    struct gw_manifest *x = &to->manifest;
    const struct gw_manifest *y = &from->manifest;
    if (!join_travelers(to, from, a, err) || !join_parts(to, from, a, err) || !join_problems(x, y, a, err))
        return false;
    to->n_lost += from->n_lost;
    if (y->has_declared) {
        to->count_segment = from->count_segment;
        to->count_offset = from->count_offset;
        x->declared = x->has_declared ? GW_MAX(x->declared, y->declared) : y->declared;
        x->has_declared = true;
        to->declared_sum += from->declared_sum;
    }
    return true;
}

bool gw_paxlst_whole(const struct gw_paxlst_part *parts, size_t n)
{
    size_t n_marked = 0, n_last = 0;
    bool numbered = true;
    for (size_t i = 0; i < n; i++) {
        numbered = numbered && parts[i].number == i + 1;
        n_marked += parts[i].mark == 'C';
        n_last += parts[i].mark == 'F';
    }
    if (n == 0 || parts[0].number == 0) /* no numbers: the last one is all that can be waited for */
        return n_last > 0;
    if (!numbered)
        return false;
    const struct gw_paxlst_part *last = &parts[n - 1];
    if (n_last > 0)
        return last->mark == 'F';
    return last->mark == 0 && (n == 1 || (n_marked > 1 && n_marked == n - 1));
}

/* Messages without any part are whole by themselves. */
static bool is_complete(const struct gw_paxlst_message *m)
{
    return !m->has_part || gw_paxlst_whole(m->parts, m->n_parts);
}

size_t gw_paxlst_join(struct gw_paxlst_message *messages, size_t n, struct gw_arena *a, struct gw_err *err)
{
    size_t left = 0;
    bool *taken = gw_arena_array(a, n, bool, err);
    size_t *group = gw_arena_array(a, n, size_t, err);
    if (taken == NULL || group == NULL)
        return 0;
    for (size_t i = 0; i < n; i++) {
        size_t n_group = 0;
        if (taken[i])
            continue;
        for (size_t k = i; k < n; k++)
            if (!taken[k] && (k == i || same_transmission(&messages[i], &messages[k]))) {
                taken[k] = true;
                group[n_group++] = k;
            }
        /* Neighbors first, then their neighbors: a thousand parts are not copied a thousand times. */
        while (n_group > 1) {
            size_t kept = 0;
            for (size_t k = 0; k < n_group; k += 2) {
                if (k + 1 < n_group && !join(&messages[group[k]], &messages[group[k + 1]], a, err))
                    return 0;
                group[kept++] = group[k];
            }
            n_group = kept;
        }
        messages[left++] = messages[i];
    }
    for (size_t i = 0; i < left; i++) {
        struct gw_paxlst_message *m = &messages[i];
        m->complete = is_complete(m);
        m->manifest.n_left_out = m->n_lost + !m->complete;
        /* A count is of the whole voyage in the guide and of its part with some: their sum tells. */
        if (m->declared_sum == m->manifest.n_travelers)
            m->manifest.declared = m->declared_sum;
    }
    return left;
}

/* ---- JSON --------------------------------------------------------------------------- */

static void set(struct gw_json *o, const char *key, struct gw_span s)
{
    if (s.size > 0)
        gw_json_set_span(o, key, s);
}

static void add_more(struct gw_json *t, const struct gw_paxlst_more *m)
{
    set(t, "birth_state", m->birth_state);
    set(t, "birth_nationality", m->birth_nationality);
    set(t, "second_nationality", m->second_nationality);
    set(t, "alien_number", m->alien_number);
    set(t, "email", m->email);
    if (m->has_bag_weight) {
        struct gw_json *weight = gw_json_object();
        gw_json_set_integer(weight, "value", m->bag_weight);
        set(weight, "unit", m->bag_weight_unit);
        gw_json_set(t, "bag_weight", weight);
    }
    struct gw_json *address = gw_json_object();
    set(address, "street", m->street);
    set(address, "city", m->city);
    set(address, "subdivision", m->subdivision);
    set(address, "postal_code", m->postal_code);
    set(address, "country", m->country);
    if (gw_json_size(address) > 0)
        gw_json_set(t, "address", address);
    else
        gw_json_free(address);
    struct gw_json *issues = gw_json_array();
    for (size_t i = 0; i < GW_COUNT(m->issues); i++) {
        const struct gw_paxlst_issue *of = &m->issues[i];
        if (of->date.year == 0 && of->place.size == 0)
            continue;
        struct gw_json *o = gw_json_object();
        gw_json_set_integer(o, "document", (int64_t)i);
        gw_manifest_set_date(o, "date", of->date);
        set(o, "place", of->place);
        gw_json_add(issues, o);
    }
    if (gw_json_size(issues) > 0)
        gw_json_set(t, "issues", issues);
    else
        gw_json_free(issues);
}

static void add_person(struct gw_json *t, const void *of, size_t i)
{
    const struct gw_paxlst_person *p = &((const struct gw_paxlst_message *)of)->persons[i];
    set(t, "party", p->party);
    set(t, "place_of_birth", p->place_of_birth);
    set(t, "clearance", p->clearance);
    set(t, "agency_reference", p->agency_reference);
    set(t, "frequent_traveler", p->frequent_traveler);
    set(t, "ticket", p->ticket);
    set(t, "duty", p->duty);
    set(t, "telephone", p->telephone);
    if (p->has_verified)
        gw_json_set_bool(t, "document_verified", p->verified);
    if (p->has_bags)
        gw_json_set_integer(t, "bags", p->bags);
    if (p->more != NULL)
        add_more(t, p->more);
    if (p->n_bag_tags == 0)
        return;
    struct gw_json *tags = gw_json_array();
    for (size_t k = 0; k < p->n_bag_tags; k++) {
        struct gw_json *tag = gw_json_object();
        gw_json_set_span(tag, "tag", p->bag_tags[k].tag);
        gw_json_set_integer(tag, "count", p->bag_tags[k].count);
        gw_json_add(tags, tag);
    }
    gw_json_set(t, "bag_tags", tags);
}

struct gw_json *gw_paxlst_to_json(const struct gw_paxlst_message *m)
{
    struct gw_json *o = gw_manifest_to_json_with(&m->manifest, add_person, m);
    set(o, "interchange_reference", m->interchange_reference);
    set(o, "common_access_reference", m->common_access_reference);
    set(o, "transaction_reference", m->transaction_reference);
    set(o, "revision", m->revision);
    set(o, "release", m->release);
    set(o, "message_code", m->code);
    set(o, "sub_function", m->sub_function);
    set(o, "vessel", m->vessel);
    set(o, "vessel_name", m->vessel_name);
    set(o, "filing_place", m->filing_place);
    set(o, "reporting_place", m->reporting_place);
    gw_manifest_set_time(o, "filed", m->filed);
    if (m->has_part) {
        const struct gw_paxlst_part *last = &m->parts[m->n_parts - 1];
        struct gw_json *p = gw_json_object();
        if (last->number > 0)
            gw_json_set_integer(p, "number", last->number);
        gw_json_set_bool(p, "last", last->mark == 'F');
        gw_json_set_integer(p, "read", (int64_t)m->n_parts);
        gw_json_set_bool(p, "complete", m->complete);
        gw_json_set(o, "part", p);
    }
    return o;
}
