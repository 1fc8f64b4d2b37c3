/* manifest.c - the words of a manifest, its numbers as they are compared, and its
 * JSON form. */
#include "manifest/manifest.h"

#include "manifest/words.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const kinds[] = { "passenger_list", "crew_list", "close_out", "update" };
static const char *const functions[] = { NULL, "add", "change", "remove" };
static const char *const close_lists[] = { NULL, "none", "on_board", "not_on_board" };
static const char *const modes[] = { "air", "sea", "land" };
static const char *const directions[] = { NULL, "arrival", "departure" };
static const char *const traveler_kinds[] = { "passenger", "crew" };

const char *gw_manifest_kind_name(enum gw_manifest_kind kind)
{
    assert((size_t)kind < GW_COUNT(kinds));
    return kinds[kind];
}

const char *gw_manifest_function_name(enum gw_manifest_function function)
{
    assert((size_t)function < GW_COUNT(functions));
    return functions[function];
}

const char *gw_close_list_name(enum gw_close_list list)
{
    assert((size_t)list < GW_COUNT(close_lists));
    return close_lists[list];
}

const char *gw_mode_name(enum gw_mode mode)
{
    assert((size_t)mode < GW_COUNT(modes));
    return modes[mode];
}

const char *gw_direction_name(enum gw_direction direction)
{
    assert((size_t)direction < GW_COUNT(directions));
    return directions[direction];
}

const char *gw_traveler_kind_name(enum gw_traveler_kind kind)
{
    assert((size_t)kind < GW_COUNT(traveler_kinds));
    return traveler_kinds[kind];
}

static bool find(unsigned *out, const char *const *names, size_t n, struct gw_span name)
{
    for (size_t i = 0; i < n; i++)
        if (names[i] != NULL && gw_span_is(name, names[i])) {
            *out = (unsigned)i;
            return true;
        }
    return false;
}

bool gw_mode_find(enum gw_mode *out, struct gw_span name)
{
    unsigned i;
    return find(&i, modes, GW_COUNT(modes), name) && (*out = (enum gw_mode)i, true);
}

bool gw_manifest_kind_find(unsigned *out, struct gw_span name)
{
    return find(out, kinds, GW_COUNT(kinds), name);
}

bool gw_manifest_function_find(unsigned *out, struct gw_span name)
{
    return find(out, functions, GW_COUNT(functions), name);
}

bool gw_close_list_find(unsigned *out, struct gw_span name)
{
    return find(out, close_lists, GW_COUNT(close_lists), name);
}

bool gw_mode_word_find(unsigned *out, struct gw_span name)
{
    return find(out, modes, GW_COUNT(modes), name);
}

bool gw_direction_find(unsigned *out, struct gw_span name)
{
    return find(out, directions, GW_COUNT(directions), name);
}

bool gw_traveler_kind_find(unsigned *out, struct gw_span name)
{
    return find(out, traveler_kinds, GW_COUNT(traveler_kinds), name);
}

bool gw_document_number(char *out, size_t *n, struct gw_span text)
{
    size_t used = 0;
    bool fits = true;
    for (size_t i = 0; i < text.size && fits; i++) {
        unsigned c = text.data[i];
        bool is_digit = c - '0' < 10, is_letter = (c & ~0x20u) - 'A' < 26;
        if (is_digit || is_letter) {
            fits = used < GW_MANIFEST_WORD_MAX;
            if (fits)
                out[used++] = (char)(is_digit ? c : c & ~0x20u);
        } else {
            fits = c == ' ' || c == '-';
        }
    }
    *n = used;
    return fits && used > 0;
}

void gw_manifest_split_flight(struct gw_span flight, struct gw_span stated, struct gw_span *carrier, struct gw_span *number)
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
    bool is_number = flight.size > 0 && flight.data[0] >= '0' && flight.data[0] <= '9' &&
                     (flight.size < 2 || (flight.data[1] >= '0' && flight.data[1] <= '9'));
    if (flight.size <= n || is_number) {
        *carrier = stated;
        *number = flight;
        return;
    }
    *carrier = gw_span_slice(flight, 0, n);
    *number = gw_span_trim(gw_span_slice(flight, n, flight.size));
}

/* A birth date may have unknown parts: 1985-XX-XX. */
void gw_manifest_set_date(struct gw_json *o, const char *key, struct gw_date d)
{
    char text[32];
    if (d.year == 0)
        return;
    int n = snprintf(text, sizeof text, "%04d", d.year);
    n += d.month == 0 ? snprintf(text + n, sizeof text - (size_t)n, "-XX")
                      : snprintf(text + n, sizeof text - (size_t)n, "-%02d", d.month);
    if (d.day == 0)
        snprintf(text + n, sizeof text - (size_t)n, "-XX");
    else
        snprintf(text + n, sizeof text - (size_t)n, "-%02d", d.day);
    gw_json_set_text(o, key, text);
}

void gw_manifest_set_time(struct gw_json *o, const char *key, struct gw_manifest_time t)
{
    char text[GW_TIME_TEXT];
    if (!t.has)
        return;
    gw_time_format(text, t.us);
    if (t.local) /* 2026-11-23T10:15, seconds only where they say something */
        text[t.us % (60 * GW_US_PER_S) == 0 ? 16 : strlen(text) - 1] = 0;
    gw_json_set_text(o, key, text);
}

static void set_span(struct gw_json *o, const char *key, struct gw_span s)
{
    if (s.size > 0)
        gw_json_set_span(o, key, s);
}

static void set_stated(struct gw_json *o, const char *key, enum gw_stated v)
{
    if (v != GW_UNSTATED)
        gw_json_set_bool(o, key, v == GW_STATED_YES);
}

struct gw_json *gw_manifest_traveler_to_json(const struct gw_manifest_traveler *t)
{
    struct gw_json *o = gw_json_object();
    gw_json_set_text(o, "kind", gw_traveler_kind_name(t->kind));
    set_span(o, "surname", t->surname);
    set_span(o, "given_names", t->given_names);
    if (t->sex != 0)
        gw_json_set_span(o, "sex", gw_span_of(&t->sex, 1));
    gw_manifest_set_date(o, "birth_date", t->birth_date);
    set_span(o, "nationality", t->nationality);
    set_span(o, "residence", t->residence);
    set_span(o, "status", t->status);
    set_stated(o, "permanent_resident", t->permanent_resident);
    set_stated(o, "accompanied", t->accompanied);
    struct gw_json *documents = gw_json_array();
    for (size_t i = 0; i < t->n_documents; i++) {
        const struct gw_manifest_document *d = &t->documents[i];
        struct gw_json *j = gw_json_object();
        set_span(j, "type", d->type);
        set_span(j, "number", d->number);
        set_span(j, "issuing_state", d->issuing_state);
        gw_manifest_set_date(j, "expiry_date", d->expiry_date);
        gw_json_add(documents, j);
    }
    gw_json_set(o, "documents", documents);
    set_span(o, "reservation", t->reservation);
    set_span(o, "reference", t->reference);
    set_span(o, "origin", t->origin);
    set_span(o, "destination", t->destination);
    set_span(o, "seat", t->seat);
    gw_json_set_bool(o, "in_transit", t->in_transit);
    return o;
}

struct gw_json *gw_manifest_to_json(const struct gw_manifest *m)
{
    return gw_manifest_to_json_with(m, NULL, NULL);
}

struct gw_json *gw_manifest_to_json_with(const struct gw_manifest *m, gw_manifest_more_fn *more, const void *of)
{
    struct gw_json *o = gw_json_object();
    gw_json_set_text(o, "kind", gw_manifest_kind_name(m->kind));
    gw_json_set_text(o, "function", gw_manifest_function_name(m->function));
    if (m->close_list != GW_CLOSE_NONE)
        gw_json_set_text(o, "close_out_list", gw_close_list_name(m->close_list));
    if (m->cancelled)
        gw_json_set_bool(o, "cancelled", true);
    set_span(o, "message_reference", m->message_reference);
    set_span(o, "sender", m->sender);
    set_span(o, "recipient", m->recipient);

    struct gw_json *v = gw_json_object();
    if (m->voyage.has_mode)
        gw_json_set_text(v, "mode", gw_mode_name(m->voyage.mode));
    if (m->voyage.direction != GW_DIRECTION_UNSTATED)
        gw_json_set_text(v, "direction", gw_direction_name(m->voyage.direction));
    set_span(v, "carrier", m->voyage.carrier);
    set_span(v, "number", m->voyage.number);
    set_span(v, "from", m->voyage.from);
    set_span(v, "to", m->voyage.to);
    gw_manifest_set_time(v, "departure", m->voyage.departure);
    gw_manifest_set_time(v, "arrival", m->voyage.arrival);
    struct gw_json *legs = gw_json_array();
    for (size_t i = 0; i < m->voyage.n_legs; i++) {
        const struct gw_manifest_leg *l = &m->voyage.legs[i];
        struct gw_json *j = gw_json_object();
        set_span(j, "from", l->from);
        set_span(j, "to", l->to);
        gw_manifest_set_time(j, "departure", l->departure);
        gw_manifest_set_time(j, "arrival", l->arrival);
        set_span(j, "carrier", l->carrier);
        set_span(j, "number", l->number);
        gw_json_add(legs, j);
    }
    gw_json_set(v, "legs", legs);
    gw_json_set(o, "voyage", v);

    struct gw_json *party = gw_json_object();
    set_span(party, "name", m->reporting_party.name);
    set_span(party, "telephone", m->reporting_party.telephone);
    set_span(party, "email", m->reporting_party.email);
    gw_json_set(o, "reporting_party", party);

    struct gw_json *travelers = gw_json_array();
    for (size_t i = 0; i < m->n_travelers; i++) {
        struct gw_json *t = gw_manifest_traveler_to_json(&m->travelers[i]);
        if (more != NULL)
            more(t, of, i);
        gw_json_add(travelers, t);
    }
    gw_json_set(o, "travelers", travelers);
    if (m->has_declared) {
        struct gw_json *count = gw_json_object();
        gw_json_set_integer(count, "declared", (int64_t)m->declared);
        gw_json_set(o, "count", count);
    }
    return o;
}

void gw_manifest_report_to_json(struct gw_json *o, const struct gw_manifest *m)
{
    struct gw_json *count = gw_json_object();
    if (m->has_declared)
        gw_json_set_integer(count, "declared", (int64_t)m->declared);
    else
        gw_json_set_null(count, "declared");
    gw_json_set_integer(count, "read", (int64_t)m->n_travelers);
    gw_json_set(o, "count", count);
    gw_json_set_bool(o, "valid", m->valid);
    gw_json_set(o, "problems", gw_manifest_problems_to_json(m->problems, m->n_problems));
    if (m->n_problems_all > m->n_problems)
        gw_json_set_integer(o, "problems_not_listed", (int64_t)(m->n_problems_all - m->n_problems));
}

struct gw_json *gw_manifest_problems_to_json(const struct gw_manifest_problem *problems, size_t n)
{
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < n; i++) {
        const struct gw_manifest_problem *p = &problems[i];
        struct gw_json *o = gw_json_object();
        gw_json_set_text(o, "severity", p->is_error ? "error" : "warning");
        if (p->has_segment)
            gw_json_set_integer(o, "segment", (int64_t)p->segment);
        if (p->offset != GW_NO_PLACE)
            gw_json_set_integer(o, "offset", (int64_t)p->offset);
        gw_json_set_text(o, "tag", p->tag);
        gw_json_set_text(o, "code", p->code);
        gw_json_set_text(o, "text", p->text);
        gw_json_add(list, o);
    }
    return list;
}

bool gw_manifest_problem_add(struct gw_manifest *m, size_t *cap, struct gw_arena *a, struct gw_manifest_problem problem,
    struct gw_err *err)
{
    m->n_problems_all++;
    m->valid = m->valid && !problem.is_error;
    if (m->n_problems == GW_MANIFEST_PROBLEMS_MAX)
        return true;
    m->problems = gw_arena_grow(a, m->problems, cap, m->n_problems + 1, sizeof *m->problems, err);
    if (m->problems == NULL)
        return false;
    m->problems[m->n_problems++] = problem;
    return true;
}

struct ordered {
    struct gw_span reference;
    size_t index;
};

static int compare_references(struct gw_span a, struct gw_span b)
{
    size_t n = GW_MIN(a.size, b.size);
    int c = n == 0 ? 0 : memcmp(a.data, b.data, n);
    return c != 0 ? c : (a.size > b.size) - (a.size < b.size);
}

static int compare_ordered(const void *a, const void *b)
{
    const struct ordered *x = a, *y = b;
    int c = compare_references(x->reference, y->reference);
    return c != 0 ? c : x->index < y->index ? -1 : 1;
}

bool gw_manifest_doubles(bool **is_double, const struct gw_manifest *m, struct gw_arena *a, struct gw_err *err)
{
    *is_double = gw_arena_array(a, m->n_travelers, bool, err);
    if (*is_double == NULL)
        return false;
    /* Most lists are written in order of the reference: then nothing is to sort. */
    size_t i = 1;
    while (i < m->n_travelers && compare_references(m->travelers[i - 1].reference, m->travelers[i].reference) < 0)
        i++;
    if (i >= m->n_travelers)
        return true;
    struct ordered *order = gw_arena_array(a, m->n_travelers, struct ordered, err);
    if (order == NULL)
        return false;
    size_t n = 0;
    for (i = 0; i < m->n_travelers; i++)
        if (m->travelers[i].reference.size > 0)
            order[n++] = (struct ordered){ m->travelers[i].reference, i };
    if (n > 1)
        qsort(order, n, sizeof *order, compare_ordered);
    for (i = 1; i < n; i++)
        (*is_double)[order[i].index] = gw_span_equal(order[i].reference, order[i - 1].reference);
    return true;
}
