/* paxlst.c - PAXLST to a list of expected travelers. */
#include "manifest/paxlst.h"
#include "manifest/edifact.h"

#include <stdio.h>

enum group { GROUP_NONE, GROUP_HEADER, GROUP_SENDER, GROUP_VOYAGE, GROUP_PERSON, GROUP_DOCUMENT, GROUP_OTHER };

/* An airport of a TDT group and the times behind it. */
struct point {
    unsigned qualifier;
    struct gw_span place;
    struct gw_manifest_time departure, arrival;
    size_t carriage; /* which TDT */
    size_t segment, offset;
};

enum { POINTS_MAX = 2 * GW_MANIFEST_LEGS_MAX, CARRIAGES_MAX = GW_MANIFEST_LEGS_MAX };

struct reader {
    struct gw_paxlst *out;
    struct gw_arena *a;
    struct gw_err *err;
    struct gw_edifact *edifact;
    struct gw_edifact_segment *s;
    size_t cap_messages;
    struct gw_date today; /* of the interchange, else the caller's */

    /* of the interchange */
    struct gw_span sender, recipient, reference, group_reference;
    size_t messages_in_group, messages, groups;
    bool in_group, ended;

    /* of the message being read; NULL between UNT and UNH */
    struct gw_paxlst_message *m;
    enum group group;
    size_t first_segment, cap_travelers, cap_persons, cap_problems;
    struct point points[POINTS_MAX];
    size_t n_points;
    struct {
        struct gw_span carrier, number;
    } carriages[CARRIAGES_MAX];
    size_t n_carriages;
    bool wrong_type;
};

/* ---- small things ----------------------------------------------------------- */

static struct gw_span get(const struct reader *r, unsigned element, unsigned component)
{
    return gw_edifact_get(r->s, element, component);
}

static bool is(const struct reader *r, unsigned element, unsigned component, const char *text)
{
    return gw_span_is(get(r, element, component), text);
}

/* Keeps a value in the arena; false only when the arena is full. */
static bool keep(struct reader *r, struct gw_span *out, struct gw_span value)
{
    if (value.size == 0) {
        *out = (struct gw_span){};
        return true;
    }
    char *text = gw_arena_text(r->a, value, r->err);
    if (text == NULL)
        return false;
    *out = gw_span_of(text, value.size);
    return true;
}

static bool problem_at(struct reader *r, struct gw_paxlst_message *m, bool is_error, size_t segment, size_t offset,
    const char *tag, const char *code, const char *text)
{
    struct gw_manifest *x = &m->manifest;
    x->n_problems_all++;
    x->valid = x->valid && !is_error;
    if (x->n_problems == GW_MANIFEST_PROBLEMS_MAX)
        return true;
    /* Doubling: the capacity follows from how many there are. */
    if ((x->n_problems & (x->n_problems - 1)) == 0) {
        size_t more = x->n_problems == 0 ? 1 : x->n_problems * 2;
        struct gw_manifest_problem *all = gw_arena_array(r->a, more, struct gw_manifest_problem, r->err);
        if (all == NULL)
            return false;
        if (x->n_problems > 0)
            memcpy(all, x->problems, x->n_problems * sizeof *all);
        x->problems = all;
    }
    char *name = gw_arena_text(r->a, gw_span_str(tag), r->err);
    if (name == NULL)
        return false;
    x->problems[x->n_problems++] = (struct gw_manifest_problem){ .is_error = is_error, .has_segment = true,
        .segment = segment, .offset = offset, .tag = name, .code = code, .text = text };
    return true;
}

/* About the segment being read; text is a constant sentence. */
static bool problem(struct reader *r, bool is_error, const char *code, const char *text)
{
    return r->m == NULL || problem_at(r, r->m, is_error, r->s->index, r->s->offset, r->s->tag, code, text);
}

static bool warn(struct reader *r, const char *code, const char *text)
{
    return problem(r, false, code, text);
}

static struct gw_manifest_traveler *person(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    return x->n_travelers == 0 ? NULL : &x->travelers[x->n_travelers - 1];
}

static struct gw_paxlst_person *extra(struct reader *r)
{
    return &r->m->persons[r->m->manifest.n_travelers - 1];
}

static bool number_of(struct gw_span s, uint64_t most, uint64_t *out)
{
    return gw_span_uint(s, most, out);
}

/* A code as it is compared: upper case, kept. */
static bool keep_upper(struct reader *r, struct gw_span *out, struct gw_span value)
{
    if (!keep(r, out, value))
        return false;
    union {
        const uint8_t *in;
        uint8_t *own;
    } text = { .in = out->data }; /* our own copy */
    for (size_t i = 0; i < out->size; i++)
        if (text.own[i] >= 'a' && text.own[i] <= 'z')
            text.own[i] = (uint8_t)(text.own[i] - 32);
    return true;
}

/* ---- dates (2379) ------------------------------------------------------------ */

enum century { CENTURY_BIRTH, CENTURY_EXPIRY, CENTURY_NEAR };

static int year_of(unsigned yy, uint8_t month, uint8_t day, enum century century, struct gw_date today)
{
    int base = today.year / 100 * 100 + (int)yy;
    if (century == CENTURY_BIRTH) {
        bool after = base > today.year || (base == today.year && (month > today.month || (month == today.month && day > today.day)));
        return after ? base - 100 : base;
    }
    int least = century == CENTURY_EXPIRY ? today.year - 20 : today.year - 50; /* a window of a hundred years */
    while (base < least)
        base += 100;
    while (base >= least + 100)
        base -= 100;
    return base;
}

/* Value and format code (101, 102, 201, 203; none: told by the length). */
static bool read_moment(struct gw_span value, struct gw_span format, enum century century, struct gw_date today,
    struct gw_date *date, int64_t *of_day_us)
{
    uint64_t n;
    static const struct {
        const char *code;
        uint8_t size;
        bool long_year;
    } formats[] = { { "101", 6, false }, { "102", 8, true }, { "201", 10, false }, { "203", 12, true } };
    bool long_year = value.size == 8 || value.size == 12;
    for (size_t i = 0; i < GW_COUNT(formats); i++)
        if (gw_span_is(format, formats[i].code) && value.size == formats[i].size)
            long_year = formats[i].long_year;
    if ((value.size != 6 && value.size != 8 && value.size != 10 && value.size != 12) || !gw_span_uint(value, UINT64_MAX, &n))
        return false;
    uint64_t part[4] = {}; /* month, day, hour, minute */
    size_t at = long_year ? 4 : 2;
    for (size_t i = 0; i < 4 && at + 2 <= value.size; i++, at += 2)
        if (!gw_span_uint(gw_span_slice(value, at, at + 2), 99, &part[i]))
            return false;
    uint64_t year;
    if (at != value.size || !gw_span_uint(gw_span_slice(value, 0, long_year ? 4 : 2), 9999, &year))
        return false;
    *date = (struct gw_date){ 0, (uint8_t)part[0], (uint8_t)part[1] };
    date->year = (int16_t)(long_year ? (int)year : year_of((unsigned)year, date->month, date->day, century, today));
    if (of_day_us != NULL)
        *of_day_us = ((int64_t)part[2] * 3600 + (int64_t)part[3] * 60) * GW_US_PER_S;
    return gw_date_check(*date) && part[2] < 24 && part[3] < 60;
}

/* A date of a person or document; a wrong one is told and absent. */
static bool read_date(struct reader *r, struct gw_date *out, enum century century, bool is_error, const char *text)
{
    struct gw_date d;
    struct gw_span value = get(r, 1, 2);
    if (value.size == 0)
        return true; /* DTM+36: says that it is not known */
    if (!read_moment(value, get(r, 1, 3), century, r->today, &d, NULL))
        return problem(r, is_error, "date", text);
    *out = d;
    return true;
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
    struct gw_date d;
    if (read_moment(get(r, 4, 1), (struct gw_span){}, CENTURY_NEAR, r->today, &d, NULL))
        r->today = d;
    return keep(r, &r->sender, get(r, 2, 1)) && keep(r, &r->recipient, get(r, 3, 1)) && keep(r, &r->reference, get(r, 5, 1));
}

static bool read_ung(struct reader *r)
{
    r->in_group = true;
    r->groups++;
    r->messages_in_group = 0;
    return keep(r, &r->group_reference, get(r, 5, 1));
}

static struct gw_paxlst_message *last_message(struct reader *r)
{
    return r->out->n_messages == 0 ? NULL : &r->out->messages[r->out->n_messages - 1];
}

/* Of a trailer of the interchange: told with the message before it. */
static bool trailer_problem(struct reader *r, const char *code, const char *text)
{
    struct gw_paxlst_message *m = last_message(r);
    return m == NULL || problem_at(r, m, false, r->s->index, r->s->offset, r->s->tag, code, text);
}

static bool read_une(struct reader *r)
{
    uint64_t n;
    r->in_group = false;
    if ((!number_of(get(r, 1, 1), UINT32_MAX, &n) || n != r->messages_in_group) &&
        !trailer_problem(r, "count", "the group's count is not the number of its messages (UNE 0060)"))
        return false;
    return same_reference(get(r, 2, 1), r->group_reference) ||
           trailer_problem(r, "reference", "the group's references differ (UNG 0048, UNE 0048)");
}

static bool read_unz(struct reader *r)
{
    uint64_t n, want = r->groups > 0 ? r->groups : r->messages;
    r->ended = true;
    if ((!number_of(get(r, 1, 1), UINT32_MAX, &n) || n != want) &&
        !trailer_problem(r, "count", "the interchange's count is not the number of its groups or messages (UNZ 0036)"))
        return false;
    return same_reference(get(r, 2, 1), r->reference) ||
           trailer_problem(r, "reference", "the interchange's references differ (UNB 0020, UNZ 0020)");
}

/* ---- the message ----------------------------------------------------------------- */

static bool begin_message(struct reader *r)
{
    if (r->m != NULL && !problem(r, true, "nesting", "UNH before the message before it has ended (ISO 9735-1, 5.1)"))
        return false;
    r->messages++;
    r->messages_in_group++;
    r->m = NULL;
    r->wrong_type = !is(r, 2, 1, "PAXLST");
    if (r->wrong_type) {
        if (is(r, 2, 1, "CUSRES"))
            gw_fail_at(r->err, GW_ERR_UNSUPPORTED, r->s->offset, "EDIFACT: the message is CUSRES, an answer, not a PAXLST");
        else
            gw_fail_at(r->err, GW_ERR_UNSUPPORTED, r->s->offset, "EDIFACT: the message is not PAXLST");
        return true;
    }
    if (is(r, 2, 2, "001") && is(r, 2, 3, "000")) {
        r->wrong_type = true;
        gw_fail_at(r->err, GW_ERR_UNSUPPORTED, r->s->offset,
            "PAXLST:001:000, the dialect the United States retired for UN/EDIFACT in 2008, is not supported");
        return true;
    }
    if (r->out->n_messages == GW_PAXLST_MESSAGES_MAX)
        return gw_fail(r->err, GW_ERR_LIMIT, "EDIFACT: more than %d messages in one interchange", GW_PAXLST_MESSAGES_MAX);
    struct gw_paxlst_message *all = gw_arena_grow(r->a, r->out->messages, &r->cap_messages, r->out->n_messages + 1,
        sizeof *all, r->err);
    if (all == NULL)
        return false;
    r->out->messages = all;
    r->m = &all[r->out->n_messages++];
    *r->m = (struct gw_paxlst_message){ .parts = 1, .complete = true };
    struct gw_manifest *x = &r->m->manifest;
    x->valid = true;
    x->voyage.has_mode = true;
    x->voyage.mode = GW_MODE_AIR;
    x->sender = r->sender;
    x->recipient = r->recipient;
    r->m->interchange_reference = r->reference;
    r->first_segment = r->s->index;
    r->group = GROUP_HEADER;
    r->cap_travelers = r->cap_persons = r->n_points = r->n_carriages = 0;
    if (!keep(r, &x->message_reference, get(r, 1, 1)) || !keep(r, &r->m->common_access_reference, get(r, 3, 1)) ||
        !keep(r, &r->m->release, get(r, 2, 3)))
        return false;
    struct gw_span part = get(r, 4, 1);
    uint64_t n;
    if (part.size > 0) {
        /* 01:C first, 02 middle, 03:F last; alone: 01:F. */
        r->m->has_part = number_of(part, 999, &n);
        r->m->part = r->m->has_part ? (unsigned)n : 0;
        r->m->part_is_last = is(r, 4, 2, "F");
        if (!r->m->has_part && !warn(r, "part", "the part's number cannot be read (UNH S010)"))
            return false;
        r->m->complete = r->m->part <= 1 && (r->m->part_is_last || get(r, 4, 2).size == 0);
    }
    return true;
}

/* BGM: what kind of list, and its sub-function in element 2. */
static const struct {
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
    if (!keep_upper(r, &m->code, get(r, 1, 1)) || !keep_upper(r, &m->sub_function, get(r, 2, 1)))
        return false;
    bool known = false;
    size_t found = GW_COUNT(lists);
    for (size_t i = 0; i < GW_COUNT(lists); i++) {
        known = known || gw_span_is(m->code, lists[i].code);
        if (gw_span_is(m->code, lists[i].code) && gw_span_is(m->sub_function, lists[i].sub))
            found = i;
    }
    if (found < GW_COUNT(lists)) {
        m->manifest.kind = lists[found].kind;
        m->manifest.function = lists[found].function;
        m->close_list = lists[found].close;
        m->cancelled = lists[found].cancelled;
        return true;
    }
    if (!known)
        return problem(r, true, "message_kind", "BGM has no list of persons of a voyage by air or sea (745, 250, 266, 336)");
    m->manifest.kind = gw_span_is(m->code, "250") || gw_span_is(m->code, "336") ? GW_MANIFEST_CREW_LIST
                       : gw_span_is(m->code, "266")                            ? GW_MANIFEST_UPDATE
                                                                               : GW_MANIFEST_PASSENGER_LIST;
    return warn(r, "message_function", "BGM has a function that is not known; the list is read as it stands");
}

/* Carrier and number of "AA123", "3U8888", "KLM643A": the carrier is two characters, or three letters. */
static void split_flight(struct gw_span flight, struct gw_span stated, struct gw_span *carrier, struct gw_span *number)
{
    size_t n = 2;
    if (stated.size >= 2 && flight.size > stated.size && memcmp(flight.data, stated.data, stated.size) == 0)
        n = stated.size;
    else if (flight.size > 3) {
        bool letters = true;
        for (size_t i = 0; i < 3; i++)
            letters = letters && flight.data[i] >= 'A' && flight.data[i] <= 'Z';
        n = letters ? 3 : 2;
    }
    bool digit_first = flight.size > 0 && flight.data[0] >= '0' && flight.data[0] <= '9' &&
                       (flight.size < 2 || (flight.data[1] >= '0' && flight.data[1] <= '9'));
    if (flight.size <= n || digit_first) { /* a number alone */
        *carrier = stated;
        *number = flight;
        return;
    }
    *carrier = gw_span_slice(flight, 0, n);
    *number = gw_span_trim(gw_span_slice(flight, n, flight.size));
}

static bool read_tdt(struct reader *r)
{
    if (r->group == GROUP_PERSON || r->group == GROUP_DOCUMENT) {
        r->group = GROUP_OTHER; /* SG7: the person's own carriage */
        return true;
    }
    r->group = GROUP_VOYAGE;
    struct gw_span flight, stated;
    if (!keep_upper(r, &flight, get(r, 2, 1)) || !keep_upper(r, &stated, get(r, 5, 1)))
        return false;
    if (flight.size == 0 && stated.size == 0)
        return problem(r, true, "missing", "a carriage without flight number or carrier (TDT 8028, C040)");
    if (is(r, 1, 1, "34"))
        if (!warn(r, "overflight", "the state is flown over, not landed in (TDT+34)"))
            return false;
    if (r->n_carriages == CARRIAGES_MAX)
        return problem(r, true, "too_many", "more carriages than a voyage has legs");
    struct gw_span carrier, number;
    split_flight(flight, stated, &carrier, &number);
    r->carriages[r->n_carriages].carrier = carrier;
    r->carriages[r->n_carriages].number = number;
    r->n_carriages++;
    return true;
}

static bool read_voyage_loc(struct reader *r)
{
    uint64_t q = 0;
    if (!number_of(get(r, 1, 1), 999, &q) || (q != 125 && q != 87 && q != 92 && q != 130 && q != 188 && q != 172))
        return warn(r, "qualifier", "a place of the voyage with a qualifier that is not known");
    if (q == 188 || q == 172)
        return true; /* filing and reporting place of a master crew list */
    if (r->n_points == POINTS_MAX)
        return problem(r, true, "too_many", "more airports than a voyage has");
    struct gw_span place;
    if (!keep_upper(r, &place, get(r, 2, 1)))
        return false;
    if (place.size == 0)
        return problem(r, true, "missing", "a place of the voyage without its code (LOC C517)");
    r->points[r->n_points++] = (struct point){ .qualifier = (unsigned)q, .place = place,
        .carriage = r->n_carriages == 0 ? 0 : r->n_carriages - 1, .segment = r->s->index, .offset = r->s->offset };
    return true;
}

static bool read_voyage_dtm(struct reader *r)
{
    bool departure = is(r, 1, 1, "189") || is(r, 1, 1, "133"), arrival = is(r, 1, 1, "232") || is(r, 1, 1, "132");
    if (!departure && !arrival)
        return is(r, 1, 1, "554") || warn(r, "qualifier", "a date of the voyage with a qualifier that is not known");
    if (r->n_points == 0)
        return warn(r, "order", "a date of the voyage before its place");
    struct gw_date d;
    int64_t of_day;
    if (get(r, 1, 2).size == 0)
        return true;
    if (!read_moment(get(r, 1, 2), get(r, 1, 3), CENTURY_NEAR, r->today, &d, &of_day))
        return problem(r, true, "date", "a time of the voyage that cannot be read (DTM 2380)");
    struct point *p = &r->points[r->n_points - 1];
    struct gw_manifest_time t = { .has = true, .local = true, .us = gw_date_days(d) * 86400 * GW_US_PER_S + of_day };
    if (departure)
        p->departure = t;
    else
        p->arrival = t;
    return true;
}

/* Legs from the points: a point with an arrival (or the second of a pair) ends a leg,
 * one with a departure begins one; with both it does both. So one TDT a leg, one TDT
 * with four places, and one with places named once all give the same. */
static bool make_voyage(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    struct gw_manifest_leg *legs = gw_arena_array(r->a, GW_MANIFEST_LEGS_MAX, struct gw_manifest_leg, r->err);
    if (legs == NULL)
        return false;
    size_t n = 0, border = SIZE_MAX, carriage_of[GW_MANIFEST_LEGS_MAX] = {};
    const struct point *open = NULL;
    for (size_t i = 0; i < r->n_points; i++) {
        const struct point *p = &r->points[i];
        bool arrives = p->arrival.has || (!p->departure.has && (p->qualifier == 87 || (open != NULL && p->qualifier != 125)));
        if (!p->arrival.has && !p->departure.has && x->kind != GW_MANIFEST_CREW_LIST &&
            !problem_at(r, r->m, false, p->segment, p->offset, "LOC", "missing", "a place of the voyage without its time"))
            return false;
        if (arrives && open != NULL && n < GW_MANIFEST_LEGS_MAX) {
            if (open->qualifier == 125 && p->qualifier == 87)
                border = n;
            carriage_of[n] = open->carriage;
            legs[n++] = (struct gw_manifest_leg){ open->place, p->place, open->departure, p->arrival };
            open = NULL;
        }
        if (p->departure.has || (!arrives && open == NULL))
            open = p;
    }
    x->voyage.legs = legs;
    x->voyage.n_legs = n;
    size_t first = border == SIZE_MAX ? 0 : border, last = border == SIZE_MAX ? (n == 0 ? 0 : n - 1) : border;
    if (n > 0) {
        x->voyage.from = legs[first].from;
        x->voyage.to = legs[last].to;
        x->voyage.departure = legs[first].departure;
        x->voyage.arrival = legs[last].arrival;
    } else if (r->n_points > 0) { /* one end only */
        const struct point *p = &r->points[0];
        *(p->qualifier == 87 ? &x->voyage.to : &x->voyage.from) = p->place;
        x->voyage.departure = p->departure;
        x->voyage.arrival = p->arrival;
    }
    if (r->n_carriages > 0) {
        size_t c = n > 0 ? GW_MIN(carriage_of[first], r->n_carriages - 1) : 0;
        x->voyage.carrier = r->carriages[c].carrier;
        x->voyage.number = r->carriages[c].number;
    } else if (!problem(r, true, "missing", "the message has no voyage (TDT)")) {
        return false;
    }
    return true;
}

static bool begin_person(struct reader *r, struct gw_span party)
{
    struct gw_manifest *x = &r->m->manifest;
    if (x->n_travelers == GW_MANIFEST_TRAVELERS_MAX)
        return gw_fail_at(r->err, GW_ERR_LIMIT, r->s->offset, "PAXLST: more than %d persons in one message", GW_MANIFEST_TRAVELERS_MAX);
    x->travelers = gw_arena_grow(r->a, x->travelers, &r->cap_travelers, x->n_travelers + 1, sizeof *x->travelers, r->err);
    if (x->travelers == NULL)
        return false;
    r->m->persons = gw_arena_grow(r->a, r->m->persons, &r->cap_persons, x->n_travelers + 1, sizeof *r->m->persons, r->err);
    if (r->m->persons == NULL)
        return false;
    struct gw_manifest_traveler *t = &x->travelers[x->n_travelers];
    x->n_travelers++;
    *t = (struct gw_manifest_traveler){};
    *extra(r) = (struct gw_paxlst_person){};
    t->kind = gw_span_is(party, "FM") || gw_span_is(party, "DDT") ||
                      (x->kind == GW_MANIFEST_CREW_LIST && !gw_span_is(party, "FL"))
                  ? GW_TRAVELER_CREW
                  : GW_TRAVELER_PASSENGER;
    t->in_transit = gw_span_is(party, "DDU") || gw_span_is(party, "DDT");
    r->group = GROUP_PERSON;
    if (!keep(r, &extra(r)->party, party))
        return false;
    /* C080: surname, given name, further given names; C058 where a sender puts it there. */
    unsigned element = get(r, 4, 1).size > 0 || get(r, 4, 2).size > 0 ? 4 : 3;
    if (!keep(r, &t->surname, get(r, element, 1)))
        return false;
    char given[3 * GW_MANIFEST_NAME_MAX];
    size_t used = 0;
    for (unsigned c = 2; c <= 5; c++) {
        struct gw_span s = get(r, element, c);
        /* C080's last component is a code of the name's format, a digit. */
        if (s.size == 0 || (c == 5 && s.size == 1) || used + s.size + 1 > sizeof given)
            continue;
        if (used > 0)
            given[used++] = ' ';
        memcpy(given + used, s.data, s.size);
        used += s.size;
    }
    if (t->surname.size > GW_MANIFEST_NAME_MAX || used > GW_MANIFEST_NAME_MAX) {
        t->surname = gw_span_slice(t->surname, 0, GW_MANIFEST_NAME_MAX);
        used = GW_MIN(used, (size_t)GW_MANIFEST_NAME_MAX);
        if (!warn(r, "too_long", "a name of more than 200 bytes, cut there"))
            return false;
    }
    return keep(r, &t->given_names, gw_span_of(given, used));
}

static bool read_nad(struct reader *r)
{
    struct gw_span party = get(r, 1, 1);
    struct gw_manifest *x = &r->m->manifest;
    if (gw_span_is(party, "MS")) {
        r->group = GROUP_SENDER;
        struct gw_span name = get(r, 4, 1), given = get(r, 4, 2);
        char both[2 * GW_MANIFEST_NAME_MAX];
        if (name.size == 0)
            return keep(r, &x->reporting_party.name, get(r, 2, 1));
        int n = snprintf(both, sizeof both, "%.*s%s%.*s", (int)GW_MIN(name.size, (size_t)150), name.data,
            given.size > 0 ? " " : "", (int)GW_MIN(given.size, (size_t)150), given.size > 0 ? (const char *)given.data : "");
        return keep(r, &x->reporting_party.name, gw_span_of(both, (size_t)n));
    }
    static const char *const persons[] = { "FL", "FM", "DDU", "DDT", "ZZZ", "VW" };
    for (size_t i = 0; i < GW_COUNT(persons); i++)
        if (gw_span_is(party, persons[i]))
            return begin_person(r, party);
    r->group = GROUP_OTHER;
    return warn(r, "qualifier", "a party that is neither sender nor traveler (NAD 3035)");
}

static bool read_com(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    for (unsigned e = 1; e <= 9; e++) {
        struct gw_span value = get(r, e, 1);
        bool telephone = is(r, e, 2, "TE") || is(r, e, 2, "AL"), mail = is(r, e, 2, "EM");
        if (value.size == 0)
            continue;
        if (r->group == GROUP_PERSON) {
            if (telephone && extra(r)->telephone.size == 0 && !keep(r, &extra(r)->telephone, value))
                return false;
        } else if (telephone && x->reporting_party.telephone.size == 0) {
            if (!keep(r, &x->reporting_party.telephone, value))
                return false;
        } else if (mail && x->reporting_party.email.size == 0) {
            if (!keep(r, &x->reporting_party.email, value))
                return false;
        }
    }
    return true;
}

static bool read_attribute(struct reader *r)
{
    struct gw_span v = get(r, 3, 1);
    char c = v.size == 1 ? (char)(v.data[0] & ~0x20) : 0;
    if (v.size == 0 || c == 'U')
        return true;
    if (c != 'M' && c != 'F' && c != 'X')
        return warn(r, "code", "sex is M, F, X or U (ATT 9019)");
    person(r)->sex = c;
    return true;
}

static bool read_measure(struct reader *r)
{
    uint64_t n;
    if (!is(r, 1, 1, "CT"))
        return true;
    struct gw_span v = get(r, 3, 2).size > 0 ? get(r, 3, 2) : get(r, 3, 1);
    if (v.size == 0)
        return true;
    if (!number_of(v, 999, &n))
        return warn(r, "number", "a number of bags that cannot be read (MEA+CT)");
    extra(r)->has_bags = true;
    extra(r)->bags = (unsigned)n;
    return true;
}

static bool read_bag_tag(struct reader *r)
{
    struct gw_paxlst_person *p = extra(r);
    struct gw_span tag = get(r, 4, 1);
    uint64_t count = 1;
    if (!is(r, 1, 1, "BAG") || tag.size == 0 || gw_span_is(tag, "NULL"))
        return true;
    if (p->n_bag_tags == GW_PAXLST_BAG_TAGS_MAX)
        return warn(r, "too_many", "more bag tags than are kept");
    if (get(r, 4, 2).size > 0 && !number_of(get(r, 4, 2), 999, &count))
        return warn(r, "number", "a number of consecutive bag tags that cannot be read");
    if (!keep(r, &p->bag_tags[p->n_bag_tags].tag, tag))
        return false;
    p->bag_tags[p->n_bag_tags++].count = (unsigned)count;
    return true;
}

static bool read_person_loc(struct reader *r)
{
    struct gw_manifest_traveler *t = person(r);
    struct gw_span place = get(r, 2, 1);
    uint64_t q;
    if (!number_of(get(r, 1, 1), 999, &q))
        return warn(r, "qualifier", "a place of the traveler without a qualifier");
    switch (q) {
    case 22:
        return keep_upper(r, &extra(r)->clearance, place);
    case 174:
        return keep_upper(r, &t->residence, place);
    case 178:
        return keep_upper(r, &t->origin, place);
    case 179:
        return keep_upper(r, &t->destination, place);
    case 180: {
        struct gw_span town = get(r, 2, 4);
        return keep(r, &extra(r)->place_of_birth, town.size > 0 ? town : place);
    }
    default:
        return warn(r, "qualifier", "a place of the traveler with a qualifier that is not known");
    }
}

static bool read_reference(struct reader *r)
{
    struct gw_span value = get(r, 1, 2);
    if (r->group == GROUP_HEADER || r->group == GROUP_SENDER) {
        if (is(r, 1, 1, "TN"))
            return keep(r, &r->m->transaction_reference, value) && keep(r, &r->m->revision, get(r, 1, 5));
        return true;
    }
    if (r->group != GROUP_PERSON && r->group != GROUP_DOCUMENT)
        return true;
    struct gw_manifest_traveler *t = person(r);
    if (value.size > GW_MANIFEST_WORD_MAX)
        return warn(r, "too_long", "a reference of more than 64 bytes is left out");
    if (is(r, 1, 1, "AVF"))
        return keep(r, &t->reservation, value);
    if (is(r, 1, 1, "ABO"))
        return keep(r, &t->reference, value);
    if (is(r, 1, 1, "SEA")) {
        while (value.size > 1 && value.data[0] == '0')
            value = gw_span_slice(value, 1, value.size);
        return keep_upper(r, &t->seat, value);
    }
    if (is(r, 1, 1, "AEA"))
        return keep(r, &extra(r)->agency_reference, value);
    if (is(r, 1, 1, "CR"))
        return keep(r, &extra(r)->frequent_traveler, value);
    if (is(r, 1, 1, "YZY"))
        return keep(r, &extra(r)->ticket, value);
    return is(r, 1, 1, "AHN") || warn(r, "qualifier", "a reference of the traveler with a qualifier that is not known");
}

static bool read_document(struct reader *r)
{
    struct gw_manifest_traveler *t = person(r);
    struct gw_span raw = get(r, 2, 1);
    r->group = GROUP_DOCUMENT;
    /* DOC++ says that there is none. */
    if (raw.size == 0 && get(r, 1, 1).size == 0) {
        r->group = GROUP_OTHER;
        return true;
    }
    if (t->n_documents == GW_MANIFEST_DOCUMENTS_MAX) {
        r->group = GROUP_OTHER;
        return warn(r, "too_many", "more documents of one traveler than are kept");
    }
    if (t->n_documents == 0) {
        t->documents = gw_arena_array(r->a, GW_MANIFEST_DOCUMENTS_MAX, struct gw_manifest_document, r->err);
        if (t->documents == NULL)
            return false;
    }
    char number[GW_MANIFEST_WORD_MAX];
    size_t n = 0;
    if (!gw_document_number(number, &n, raw)) {
        r->group = GROUP_OTHER;
        return warn(r, raw.size == 0 ? "missing" : "code", "a document whose number cannot be read is left out (DOC C503)");
    }
    struct gw_manifest_document *d = &t->documents[t->n_documents++];
    *d = (struct gw_manifest_document){};
    return keep_upper(r, &d->type, get(r, 1, 1)) && keep(r, &d->number, gw_span_of(number, n));
}

static bool read_dtm(struct reader *r)
{
    if (r->group == GROUP_VOYAGE)
        return read_voyage_dtm(r);
    if (r->group == GROUP_DOCUMENT) {
        struct gw_manifest_traveler *t = person(r);
        if (is(r, 1, 1, "36"))
            return read_date(r, &t->documents[t->n_documents - 1].expiry_date, CENTURY_EXPIRY, false,
                "a date of expiry that does not exist (DTM+36)");
        return is(r, 1, 1, "182") || is(r, 1, 1, "329") || warn(r, "qualifier", "a date of the document with a qualifier that is not known");
    }
    if (r->group == GROUP_PERSON) {
        if (is(r, 1, 1, "329"))
            return read_date(r, &person(r)->birth_date, CENTURY_BIRTH, false, "a date of birth that does not exist (DTM+329)");
        return warn(r, "qualifier", "a date of the traveler with a qualifier that is not known");
    }
    return true;
}

static bool read_loc(struct reader *r)
{
    if (r->group == GROUP_VOYAGE)
        return read_voyage_loc(r);
    if (r->group == GROUP_DOCUMENT) {
        struct gw_manifest_traveler *t = person(r);
        struct gw_span *state = &t->documents[t->n_documents - 1].issuing_state;
        if (is(r, 1, 1, "91"))
            return state->size > 0 || keep_upper(r, state, get(r, 2, 1).size > 0 ? get(r, 2, 1) : get(r, 2, 4));
        /* A sender that puts the person's places behind the document. */
        return read_person_loc(r);
    }
    return r->group != GROUP_PERSON || read_person_loc(r);
}

static bool read_count(struct reader *r)
{
    uint64_t n;
    if (!number_of(get(r, 1, 2), UINT32_MAX, &n))
        return get(r, 1, 2).size == 0 || warn(r, "count", "a count that cannot be read (CNT 6066)");
    r->m->manifest.has_declared = true;
    r->m->manifest.declared = n;
    r->group = GROUP_OTHER;
    return true;
}

/* Faults of a person that only show when all of it was read. */
static bool check_persons(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    for (size_t i = 0; i < x->n_travelers; i++) {
        const struct gw_manifest_traveler *t = &x->travelers[i];
        if (t->surname.size == 0 && t->given_names.size == 0 && t->reference.size == 0 && t->reservation.size == 0 &&
            t->n_documents == 0 &&
            !problem_at(r, r->m, true, i, GW_NO_PLACE, "NAD", "missing", "a traveler without name, reference and document"))
            return false;
    }
    return true;
}

static bool end_message(struct reader *r)
{
    struct gw_manifest *x = &r->m->manifest;
    uint64_t n;
    if ((!number_of(get(r, 1, 1), UINT32_MAX, &n) || n != r->s->index - r->first_segment + 1) &&
        !warn(r, "count", "the message's count is not the number of its segments (UNT 0074)"))
        return false;
    if (!same_reference(get(r, 2, 1), x->message_reference) && !warn(r, "reference", "the message's references differ (UNH 0062, UNT 0062)"))
        return false;
    if (x->has_declared && x->declared != x->n_travelers && !r->m->has_part && x->kind != GW_MANIFEST_CLOSE_OUT &&
        !warn(r, "count", "the count of travelers is not the number read (CNT)"))
        return false;
    if (!make_voyage(r) || !check_persons(r))
        return false;
    r->m = NULL;
    r->group = GROUP_NONE;
    return true;
}

static bool read_geography(struct reader *r)
{
    if (!is(r, 1, 1, "4"))
        return true;
    if (is(r, 2, 1, "173") || is(r, 2, 1, "174")) {
        extra(r)->has_verified = true;
        extra(r)->verified = is(r, 2, 1, "173");
    }
    return true;
}

static bool ignore(struct reader *r)
{
    (void)r;
    return true;
}

static bool read_nationality(struct reader *r)
{
    /* 2 is the present nationality, 1 that at birth. */
    return is(r, 1, 1, "1") || keep_upper(r, &person(r)->nationality, get(r, 2, 1));
}

static bool read_duty(struct reader *r)
{
    return keep_upper(r, &extra(r)->duty, get(r, 2, 1));
}

static bool retired_dialect(struct reader *r)
{
    return problem(r, true, "dialect", "a segment of the dialect the United States retired in 2008, not supported");
}

/* Which segment is read how, and whether it needs a person before it. */
static const struct {
    const char *tag;
    bool of_person;
    bool (*read)(struct reader *r);
} segments[] = {
    { "BGM", false, read_bgm },
    { "NAD", false, read_nad },
    { "RFF", false, read_reference },
    { "TDT", false, read_tdt },
    { "LOC", false, read_loc },
    { "DTM", false, read_dtm },
    { "COM", false, read_com },
    { "CTA", false, ignore },
    { "ATT", true, read_attribute },
    { "MEA", true, read_measure },
    { "GEI", true, read_geography },
    { "FTX", true, read_bag_tag },
    { "NAT", true, read_nationality },
    { "EMP", true, read_duty },
    { "DOC", true, read_document },
    { "CPI", true, ignore },
    { "QTY", false, ignore },
    { "GID", true, ignore },
    { "CNT", false, read_count },
    { "AUT", false, ignore },
    { "PDT", false, retired_dialect },
    { "UNS", false, ignore },
};

static bool read_segment(struct reader *r)
{
    if (gw_edifact_is(r->s, "UNB"))
        return read_unb(r);
    if (gw_edifact_is(r->s, "UNG"))
        return read_ung(r);
    if (gw_edifact_is(r->s, "UNE"))
        return read_une(r);
    if (gw_edifact_is(r->s, "UNZ"))
        return read_unz(r);
    if (gw_edifact_is(r->s, "UNH"))
        return begin_message(r);
    if (r->m == NULL)
        return true; /* of a message that is not read, or between messages */
    if (gw_edifact_is(r->s, "UNT"))
        return end_message(r);
    if (r->s->odd_release && !warn(r, "release", "a release character before one that needs none"))
        return false;
    for (size_t i = 0; i < GW_COUNT(segments); i++) {
        if (!gw_edifact_is(r->s, segments[i].tag))
            continue;
        bool has_person = r->m->manifest.n_travelers > 0 && (r->group == GROUP_PERSON || r->group == GROUP_DOCUMENT || r->group == GROUP_OTHER);
        if (segments[i].of_person && !has_person)
            return warn(r, "order", "a segment of a traveler before any traveler");
        return segments[i].read(r);
    }
    return warn(r, "segment", "a segment that PAXLST does not have");
}

bool gw_paxlst_parse(struct gw_paxlst *out, struct gw_arena *a, struct gw_span text, struct gw_date today, struct gw_err *err)
{
    *out = (struct gw_paxlst){};
    if (text.size > GW_MANIFEST_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a manifest of more than %d bytes", GW_MANIFEST_BYTES_MAX);
    struct gw_err why = {};
    struct reader r = { .out = out, .a = a, .err = err, .today = today };
    r.edifact = gw_arena_one(a, struct gw_edifact, err);
    r.s = gw_arena_one(a, struct gw_edifact_segment, err);
    if (r.edifact == NULL || r.s == NULL || !gw_edifact_open(r.edifact, text, err))
        return false;
    size_t others = 0;
    while (!r.ended) {
        enum gw_edifact_read what = gw_edifact_next(r.edifact, r.s, &why);
        if (what == GW_EDIFACT_END)
            break;
        if (what == GW_EDIFACT_BAD) {
            memcpy(r.s->tag, "???", 4);
            const char *code = why.code == GW_ERR_LIMIT ? "too_long" : "syntax";
            const char *sentence = gw_arena_text(a, gw_span_str(why.text), err);
            if (sentence == NULL)
                return false;
            struct gw_paxlst_message *m = r.m == NULL ? last_message(&r) : r.m;
            if (m != NULL && !problem_at(&r, m, true, r.s->index, why.at, "???", code, sentence))
                return false;
            continue;
        }
        struct gw_err before = err == NULL ? (struct gw_err){} : *err;
        if (!read_segment(&r))
            return false;
        if (r.wrong_type && gw_edifact_is(r.s, "UNH"))
            others++;
        else if (err != NULL)
            *err = before;
    }
    if (r.m != NULL) {
        /* The end is missing: what was read is kept, and it is an error. */
        struct gw_paxlst_message *m = r.m;
        if (!problem(&r, true, "cut_off", "the message does not end (UNT is missing)") || !make_voyage(&r) || !check_persons(&r))
            return false;
        m->complete = false;
    }
    if (out->n_messages == 0)
        return others > 0 ? false : gw_fail(err, GW_ERR_FORMAT, "EDIFACT: no message in it (UNH)");
    size_t left = gw_paxlst_join(out->messages, out->n_messages, a, err);
    out->n_messages = left;
    return left > 0;
}

/* ---- parts ------------------------------------------------------------------------ */

static bool same_transmission(const struct gw_paxlst_message *a, const struct gw_paxlst_message *b)
{
    struct gw_span ra = a->common_access_reference.size > 0 ? a->common_access_reference : a->transaction_reference;
    struct gw_span rb = b->common_access_reference.size > 0 ? b->common_access_reference : b->transaction_reference;
    return a->has_part && b->has_part && ra.size > 0 && gw_span_equal(ra, rb) &&
           gw_span_equal(a->manifest.sender, b->manifest.sender) && gw_span_equal(a->code, b->code) &&
           gw_span_equal(a->sub_function, b->sub_function) && gw_span_equal(a->manifest.voyage.carrier, b->manifest.voyage.carrier) &&
           gw_span_equal(a->manifest.voyage.number, b->manifest.voyage.number) &&
           a->manifest.voyage.departure.us == b->manifest.voyage.departure.us;
}

static void *join_arrays(struct gw_arena *a, const void *first, size_t n, const void *second, size_t m, size_t size, struct gw_err *err)
{
    char *all = gw_arena_alloc(a, n + m, size, err);
    if (all != NULL) {
        if (n > 0)
            memcpy(all, first, n * size);
        if (m > 0)
            memcpy(all + n * size, second, m * size);
    }
    return all;
}

static bool join(struct gw_paxlst_message *to, const struct gw_paxlst_message *from, struct gw_arena *a, struct gw_err *err)
{
    struct gw_manifest *x = &to->manifest;
    const struct gw_manifest *y = &from->manifest;
    if (x->n_travelers + y->n_travelers > GW_MANIFEST_TRAVELERS_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "PAXLST: more than %d persons in the parts of one message", GW_MANIFEST_TRAVELERS_MAX);
    void *travelers = join_arrays(a, x->travelers, x->n_travelers, y->travelers, y->n_travelers, sizeof *x->travelers, err);
    void *persons = join_arrays(a, to->persons, x->n_travelers, from->persons, y->n_travelers, sizeof *to->persons, err);
    size_t n_problems = GW_MIN(y->n_problems, GW_MANIFEST_PROBLEMS_MAX - x->n_problems);
    /* Room to a power of two, as problem_at counts on. */
    size_t room = 1;
    while (room < x->n_problems + n_problems)
        room *= 2;
    struct gw_manifest_problem *problems = gw_arena_array(a, room, struct gw_manifest_problem, err);
    if (travelers == NULL || persons == NULL || problems == NULL)
        return false;
    if (x->n_problems > 0)
        memcpy(problems, x->problems, x->n_problems * sizeof *problems);
    if (n_problems > 0)
        memcpy(problems + x->n_problems, y->problems, n_problems * sizeof *problems);
    x->travelers = travelers;
    to->persons = persons;
    x->n_travelers += y->n_travelers;
    x->problems = problems;
    x->n_problems += n_problems;
    x->n_problems_all += y->n_problems_all;
    x->valid = x->valid && y->valid;
    to->parts++;
    if (from->part_is_last) {
        to->part_is_last = true;
        to->part = from->part;
    }
    return true;
}

size_t gw_paxlst_join(struct gw_paxlst_message *messages, size_t n, struct gw_arena *a, struct gw_err *err)
{
    size_t left = 0;
    for (size_t i = 0; i < n; i++) {
        size_t k = 0;
        while (k < left && !same_transmission(&messages[k], &messages[i]))
            k++;
        if (k == left) {
            messages[left++] = messages[i];
            continue;
        }
        if (!join(&messages[k], &messages[i], a, err))
            return 0;
    }
    /* Complete: the last part is there and says how many there are. Some senders number
     * no parts and mark none as last: then what came is all. */
    for (size_t i = 0; i < left; i++)
        if (messages[i].has_part && messages[i].parts > 1)
            messages[i].complete = messages[i].part_is_last && messages[i].part == messages[i].parts;
    return left;
}

/* ---- JSON --------------------------------------------------------------------------- */

static void set(struct gw_json *o, const char *key, struct gw_span s)
{
    if (s.size > 0)
        gw_json_set_span(o, key, s);
}

void gw_paxlst_to_json(struct gw_json *o, const struct gw_paxlst_message *m)
{
    set(o, "interchange_reference", m->interchange_reference);
    set(o, "common_access_reference", m->common_access_reference);
    set(o, "transaction_reference", m->transaction_reference);
    set(o, "revision", m->revision);
    set(o, "release", m->release);
    set(o, "message_code", m->code);
    set(o, "sub_function", m->sub_function);
    if (m->has_part) {
        struct gw_json *p = gw_json_object();
        gw_json_set_integer(p, "number", m->part);
        gw_json_set_bool(p, "last", m->part_is_last);
        gw_json_set_integer(p, "read", (int64_t)m->parts);
        gw_json_set_bool(p, "complete", m->complete);
        gw_json_set(o, "part", p);
    }
    static const char *const lists_of[] = { NULL, "none", "on_board", "not_on_board" };
    if (m->close_list != GW_CLOSE_NONE)
        gw_json_set_text(o, "close_out_list", lists_of[m->close_list]);
    if (m->cancelled)
        gw_json_set_bool(o, "cancelled", true);
    struct gw_json *travelers = gw_json_array();
    for (size_t i = 0; i < m->manifest.n_travelers; i++) {
        const struct gw_paxlst_person *p = &m->persons[i];
        struct gw_json *t = gw_manifest_traveler_to_json(&m->manifest.travelers[i]);
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
        if (p->n_bag_tags > 0) {
            struct gw_json *tags = gw_json_array();
            for (size_t k = 0; k < p->n_bag_tags; k++) {
                struct gw_json *tag = gw_json_object();
                gw_json_set_span(tag, "tag", p->bag_tags[k].tag);
                gw_json_set_integer(tag, "count", p->bag_tags[k].count);
                gw_json_add(tags, tag);
            }
            gw_json_set(t, "bag_tags", tags);
        }
        gw_json_add(travelers, t);
    }
    gw_json_set(o, "travelers", travelers);
}
