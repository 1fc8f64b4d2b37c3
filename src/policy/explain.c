/* explain.c - decides, and says why: the answer as it is printed, the rules that were
 * tried, and which fact made each apply or not. */
#include "policy/inside.h"

#include <stdio.h>
#include <string.h>

/* ---- deciding ------------------------------------------------------------ */

static bool override_allowed(const struct gw_pack_rule *t, const struct gw_pack_facts *f)
{
    if (t->override_below_age == 0 || t->override_below_age == GW_PACK_ANY_AGE)
        return t->override_below_age != 0;
    /* Who may be old enough is. */
    if (!gw_date_check(f->birth_first) || !gw_date_check(f->birth_last))
        return false;
    int oldest = gw_date_age(f->birth_first, f->day);
    return oldest >= 0 && (unsigned)oldest < t->override_below_age;
}

struct gw_pack_decision gw_pack_decision_of(const struct gw_pack *p, size_t cell, const struct gw_pack_facts *f)
{
    const uint8_t c = p->table[cell];
    if (c == GW_CELL_UNDETERMINED)
        return (struct gw_pack_decision){ GW_PACK_UNDETERMINED, &p->undetermined, false };
    const struct gw_pack_rule *t = c < GW_CELL_MERGED ? &p->rules[c] : &p->merged[c - GW_CELL_MERGED];
    return (struct gw_pack_decision){ c < GW_CELL_MERGED ? GW_PACK_DECIDED : GW_PACK_UNDETERMINED, t, override_allowed(t, f) };
}

struct gw_pack_decision gw_pack_decide(const struct gw_pack *p, const struct gw_pack_facts *f)
{
    uint16_t classes[GW_DIM_COUNT];
    if (!gw_pack_in_force(p, f->day))
        return (struct gw_pack_decision){ GW_PACK_NOT_IN_FORCE, &p->not_in_force, false };
    return gw_pack_decision_of(p, gw_table_cell(classes, p, f), f);
}

/* ---- the answer ---------------------------------------------------------- */

static bool confirmed(const struct gw_pack_sources *s)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->of[i]->tag != GW_SOURCE_RECOLLECTION)
            return true;
    return s->n == 0;
}

static void add_sources(struct gw_json *list, const struct gw_pack_source **seen, size_t *n, const struct gw_pack_sources *s)
{
    for (size_t i = 0; i < s->n; i++) {
        bool again = false;
        for (size_t k = 0; k < *n; k++)
            again = again || seen[k] == s->of[i];
        if (again || *n == 64)
            continue;
        seen[(*n)++] = s->of[i];
        struct gw_json *o = gw_json_object();
        gw_json_set_text(o, "id", s->of[i]->id);
        gw_json_set_text(o, "tag", gw_source_tag_name(s->of[i]->tag));
        gw_json_set_text(o, "citation", s->of[i]->citation);
        gw_json_add(list, o);
    }
}

static void set_period(struct gw_json *j, const char *key, struct gw_period period)
{
    char text[GW_PERIOD_TEXT];
    gw_period_format(text, period);
    gw_json_set_text(j, key, text);
}

static void set_transfer(struct gw_json *j, const struct gw_pack_rule *t)
{
    struct gw_json *data = gw_json_array();
    for (size_t d = 0; d < GW_DATUM_COUNT; d++)
        if ((t->transfer_data >> d & 1) != 0)
            gw_json_add_text(data, gw_datum_name((enum gw_datum)d));
    gw_json_set(j, "transfer_data", data);
    set_period(j, "transfer_within", t->transfer_within);
    gw_json_set_text(j, "transfer_purge", t->transfer_keeps ? "deadline" : "receipt");
}

static struct gw_json *retention_to_json(const struct gw_pack_rule *t)
{
    struct gw_json *j = gw_json_object(), *starts = gw_json_object();
    for (size_t d = 0; d < GW_DATUM_COUNT; d++) {
        const struct gw_keep *k = &t->retention->keep[d];
        if (d == GW_DATUM_CROSSING) {
            gw_json_set_text(j, "transfer", t->transfer);
            if (t->transfer != NULL)
                set_transfer(j, t);
        }
        if (k->has) {
            set_period(j, gw_datum_name((enum gw_datum)d), k->period);
            gw_json_set_text(starts, gw_datum_name((enum gw_datum)d), gw_clock_start_name(k->starts));
        } else if (d <= GW_DATUM_CROSSING) {
            gw_json_set_null(j, gw_datum_name((enum gw_datum)d));
        }
    }
    if (t->transfer != NULL)
        gw_json_set_text(starts, "transfer", gw_clock_start_name(t->transfer_starts));
    gw_json_set(j, "starts", starts);
    return j;
}

struct gw_json *gw_pack_answer(const struct gw_pack *p, const struct gw_pack_decision *d)
{
    const struct gw_pack_rule *t = d->rule;
    struct gw_json *j = gw_json_object(), *languages = gw_json_array(), *sources = gw_json_array(), *unconfirmed = gw_json_array();
    const struct gw_pack_source *seen[64];
    char text[2 * GW_PACK_ID_MAX + 2];
    size_t n = 0;
    gw_json_set_text(j, "photo", gw_consent_name(t->photo));
    gw_json_set_text(j, "fingerprints", gw_consent_name(t->fingerprints));
    gw_json_set_text(j, "iris", gw_consent_name(t->iris));
    gw_json_set_text(j, "alternative", gw_alternative_name(t->alternative));
    gw_json_set_bool(j, "enrol", t->enrol);
    gw_json_set_bool(j, "override_allowed", d->override_allowed);
    gw_json_set(j, "retention", retention_to_json(t));
    snprintf(text, sizeof text, "%s:%s", p->id, t->id);
    gw_json_set_text(j, "rule", text);
    gw_json_set_text(j, "basis", t->basis);
    if (d->outcome != GW_PACK_NOT_IN_FORCE) {
        gw_json_set_integer(j, "attempts", t->attempts);
        gw_json_set_real(j, "fpir", t->fpir);
        if (t->has_fmr)
            gw_json_set_real(j, "fmr", t->fmr);
    }
    for (size_t i = 0; i < p->n_languages; i++)
        gw_json_add_text(languages, p->language_codes[i]);
    gw_json_set(j, "notice_languages", languages);
    add_sources(sources, seen, &n, &t->sources);
    if (!confirmed(&t->sources))
        gw_json_add_text(unconfirmed, "rule");
    for (size_t i = 0; i < GW_DATUM_COUNT; i++) {
        const struct gw_keep *k = &t->retention->keep[i];
        add_sources(sources, seen, &n, &k->sources);
        if (k->has && !confirmed(&k->sources)) {
            snprintf(text, sizeof text, "retention.%s", gw_datum_name((enum gw_datum)i));
            gw_json_add_text(unconfirmed, text);
        }
    }
    gw_json_set(j, "sources", sources);
    /* Resting on nothing better than memory: to be checked before anybody is told so. */
    gw_json_set(j, "unconfirmed", unconfirmed);
    gw_json_set_text(j, "pack", p->name);
    gw_json_set_text(j, "authority", p->authority);
    return j;
}

/* Objects are compared member by member, two deep; everything else as it is written. */
bool gw_pack_answer_is(const struct gw_json *answer, const struct gw_json *want, const char **key)
{
    const struct gw_json *value, *inner;
    const char *name;
    for (size_t i = 0; i < GW_MIN(gw_json_size(want), (size_t)64) && gw_json_member(want, i, key, &value); i++) {
        const struct gw_json *got = gw_json_get(answer, *key);
        if (got == NULL)
            return false;
        if (gw_json_kind(value) == GW_JSON_OBJECT && gw_json_kind(got) == GW_JSON_OBJECT) {
            for (size_t k = 0; k < GW_MIN(gw_json_size(value), (size_t)64) && gw_json_member(value, k, &name, &inner); k++) {
                GW_AUTO_VALUE(gw_buf) a = {};
                GW_AUTO_VALUE(gw_buf) b = {};
                if (gw_json_get(got, name) == NULL)
                    return false;
                gw_json_format(&a, gw_json_get(got, name), false);
                gw_json_format(&b, inner, false);
                if (!gw_span_equal(gw_buf_span(&a), gw_buf_span(&b)))
                    return false;
            }
            continue;
        }
        GW_AUTO_VALUE(gw_buf) a = {};
        GW_AUTO_VALUE(gw_buf) b = {};
        gw_json_format(&a, got, false);
        gw_json_format(&b, value, false);
        if (!gw_span_equal(gw_buf_span(&a), gw_buf_span(&b)))
            return false;
    }
    return gw_json_size(want) <= 64;
}

/* ---- the path ------------------------------------------------------------ */

struct why {
    const struct gw_pack *p;
    const struct gw_pack_facts *f;
    const uint8_t *values;
    struct gw_json *list;
    size_t n;
};

static void add_list(struct gw_buf *out, const struct gw_atom *a, const struct gw_dim_row *row)
{
    enum { SHOWN = 8 };
    size_t n = 0;
    if (row->kind == GW_DIM_CODES) {
        for (; n < GW_MIN(a->n_codes, (size_t)SHOWN); n++)
            gw_buf_addf(out, "%s%s", n == 0 ? "" : ", ", a->codes[n][0] == 0 ? "none" : a->codes[n]);
        if (a->n_codes > SHOWN)
            gw_buf_addf(out, " and %zu more", a->n_codes - SHOWN);
        return;
    }
    for (size_t v = 0; v < row->n_values; v++)
        if (a->values & 1u << v)
            gw_buf_addf(out, "%s%s", n++ == 0 ? "" : ", ", row->values[v]);
}

static const char *flag_text(enum gw_pack_flag flag, const char *unrecorded, const char *no, const char *yes)
{
    return flag == GW_PACK_UNRECORDED ? unrecorded : flag == GW_PACK_NO ? no : yes;
}

static void add_fact(struct gw_buf *out, enum gw_dim dim, const struct gw_pack_facts *f)
{
    char day[GW_DATE_TEXT];
    switch (dim) {
    case GW_DIM_CITIZENSHIP:
        gw_buf_addf(out, "citizenship %s", f->citizenship[0] == 0 ? "is not known" : f->citizenship);
        break;
    case GW_DIM_STATUS:
        gw_buf_addf(out, "status %s", f->status[0] == 0 ? "none" : f->status);
        break;
    case GW_DIM_SITE:
        gw_buf_addf(out, "site %s", f->site[0] == 0 ? "none" : f->site);
        break;
    case GW_DIM_DOCUMENT:
        gw_buf_addf(out, "document %s", f->document_unrecorded ? "not recorded" : gw_dims[dim].values[f->document]);
        break;
    case GW_DIM_MODE:
        gw_buf_addf(out, "mode %s", gw_dims[dim].values[f->mode]);
        break;
    case GW_DIM_DIRECTION:
        gw_buf_addf(out, "direction %s", gw_dims[dim].values[f->direction]);
        break;
    case GW_DIM_RESIDENT:
        gw_buf_add_text(out, flag_text(f->permanent_resident, "permanent residence is not recorded", "no permanent resident", "permanent resident"));
        break;
    case GW_DIM_ACCOMPANIED:
        gw_buf_add_text(out, flag_text(f->accompanied, "whether accompanied is not recorded", "not accompanied", "accompanied"));
        break;
    case GW_DIM_AGE:
        if (gw_date_check(f->birth_first) && gw_date_compare(f->birth_first, f->birth_last) == 0)
            gw_buf_addf(out, "age %d", gw_date_age(f->birth_first, f->day));
        else if (gw_date_check(f->birth_first) && gw_date_check(f->birth_last))
            gw_buf_addf(out, "age %d to %d", gw_date_age(f->birth_last, f->day), gw_date_age(f->birth_first, f->day));
        else
            gw_buf_add_text(out, "age is not known");
        break;
    case GW_DIM_DATE:
        gw_date_format(day, f->day);
        gw_buf_addf(out, "date %s", day);
        break;
    case GW_DIM_COUNT:
        break;
    }
}

static void add_range(struct gw_buf *out, enum gw_dim dim, const struct gw_atom *a)
{
    char from[GW_DATE_TEXT] = "", until[GW_DATE_TEXT] = "";
    if (dim == GW_DIM_DATE) {
        if (a->from != INT64_MIN)
            gw_date_format(from, gw_date_from_days(a->from));
        if (a->to != INT64_MAX)
            gw_date_format(until, gw_date_from_days(a->to - 1));
        gw_buf_addf(out, "%s%s%s%s%s", from[0] == 0 ? "" : "from ", from, from[0] != 0 && until[0] != 0 ? " " : "",
            until[0] == 0 ? "" : "until ", until);
    } else if (a->from == 0) {
        gw_buf_addf(out, "below %d", (int)a->to);
    } else if (a->to == GW_AGE_END) {
        gw_buf_addf(out, "%d or more", (int)a->from);
    } else {
        gw_buf_addf(out, "%d to %d", (int)a->from, (int)a->to - 1);
    }
}

static void add_leaf(struct why *w, const struct gw_node *n, uint8_t value, const char *class_name)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    const enum gw_dim dim = (enum gw_dim)n->dim;
    const struct gw_atom *a = &w->p->split[dim].atoms[n->ref];
    if (class_name != NULL)
        gw_buf_addf(&text, "%s: ", class_name);
    add_fact(&text, dim, w->f);
    const char *word = value == GW_YES ? " is " : value == GW_NO ? " is not " : ", asked whether ";
    switch (gw_dims[dim].kind) {
    case GW_DIM_RANGES:
        gw_buf_add_text(&text, word);
        add_range(&text, dim, a);
        break;
    case GW_DIM_CODES:
    case GW_DIM_VALUES:
        if (dim == GW_DIM_RESIDENT || dim == GW_DIM_ACCOMPANIED)
            break;
        gw_buf_add_text(&text, word);
        if ((gw_dims[dim].kind == GW_DIM_CODES ? a->n_codes : (size_t)__builtin_popcount(a->values)) > 1)
            gw_buf_add_text(&text, "among ");
        add_list(&text, a, &gw_dims[dim]);
        break;
    }
    gw_json_add_text(w->list, gw_buf_text(&text));
    w->n++;
}

/* The facts that made a condition what it is: one false part of `all`, every false
 * part of `any`, and so on. Bounded, and without recursion. */
static void explain_condition(struct why *w, size_t root)
{
    enum { OPEN_MAX = 256, LEAVES_MAX = 24 };
    struct {
        uint16_t node;
        const char *class_name;
    } open[OPEN_MAX];
    size_t n = 0;
    open[n].node = (uint16_t)root;
    open[n++].class_name = NULL;
    while (n > 0 && w->n < LEAVES_MAX) {
        n--;
        const uint16_t at = open[n].node;
        const char *name = open[n].class_name;
        const struct gw_node *node = &w->p->nodes[at];
        const uint8_t value = w->values[at];
        if (node->op == GW_NODE_ATOM) {
            add_leaf(w, node, value, name);
        } else if (node->op == GW_NODE_CLASS) {
            open[n].node = w->p->classes[node->ref].begin;
            open[n++].class_name = w->p->classes[node->ref].name;
        } else {
            bool one = (node->op == GW_NODE_ALL && value != GW_YES) || (node->op == GW_NODE_ANY && value == GW_YES);
            /* Backwards, so that they come off in the order of the file. */
            for (size_t k = node->n; k-- > 0 && n < OPEN_MAX;) {
                size_t child = one ? node->n - 1 - k : k;
                if (node->op != GW_NODE_NOT && w->values[node->first + child] != value)
                    continue;
                open[n].node = (uint16_t)(node->first + child);
                open[n++].class_name = name;
                if (one)
                    break;
            }
        }
    }
}

static struct gw_json *path_to_json(const struct gw_pack *p, const struct gw_pack_facts *f, const uint16_t *classes)
{
    struct gw_json *path = gw_json_array();
    uint8_t values[GW_PACK_NODES_MAX];
    bool decided = false;
    gw_table_values(values, p, classes);
    for (size_t i = 0; i < p->n_rules && !decided; i++) {
        const uint8_t value = values[p->inside[i].begin];
        decided = value == GW_YES;
        struct gw_json *step = gw_json_object(), *because = gw_json_array();
        char name[2 * GW_PACK_ID_MAX + 2];
        snprintf(name, sizeof name, "%s:%s", p->id, p->rules[i].id);
        gw_json_set_text(step, "rule", name);
        gw_json_set_text(step, "title", p->rules[i].title);
        if (value == GW_UNKNOWN)
            gw_json_set_null(step, "applies");
        else
            gw_json_set_bool(step, "applies", decided);
        struct why w = { p, f, values, because, 0 };
        explain_condition(&w, p->inside[i].begin);
        if (w.n == 0)
            gw_json_add_text(because, "it is for everybody who is left");
        gw_json_set(step, "because", because);
        gw_json_add(path, step);
    }
    return path;
}

/* Facts that the pack asks for and that are not recorded, and what they were taken to be. */
static struct gw_json *missing_to_json(const struct gw_pack *p, const struct gw_pack_facts *f)
{
    const struct {
        enum gw_dim dim;
        bool missing;
    } facts[] = {
        { GW_DIM_STATUS, f->status[0] == 0 },
        { GW_DIM_RESIDENT, f->permanent_resident == GW_PACK_UNRECORDED },
        { GW_DIM_ACCOMPANIED, f->accompanied == GW_PACK_UNRECORDED },
        { GW_DIM_DOCUMENT, f->document_unrecorded },
    };
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < GW_COUNT(facts); i++) {
        const enum gw_dim d = facts[i].dim;
        if (!facts[i].missing || p->split[d].n_atoms == 0)
            continue;
        const struct gw_unrecorded *u = &p->unrecorded[d];
        struct gw_json *o = gw_json_object();
        gw_json_set_text(o, "fact", gw_dims[d].key);
        gw_json_set_text(o, "taken_as", !u->is_said ? "not known" : d == GW_DIM_STATUS ? "none" : gw_dims[d].values[u->value]);
        gw_json_set_text(o, "because", u->is_said ? u->because : "The pack does not say: the rule counts that protects the traveler most.");
        gw_json_add(list, o);
    }
    return list;
}

struct gw_json *gw_pack_explain(const struct gw_pack *p, const struct gw_pack_facts *f)
{
    struct gw_pack_decision d = gw_pack_decide(p, f);
    struct gw_json *j = gw_pack_answer(p, &d);
    char from[GW_DATE_TEXT], until[GW_DATE_TEXT];
    uint16_t classes[GW_DIM_COUNT];
    if (d.outcome == GW_PACK_NOT_IN_FORCE) {
        gw_date_format(from, p->from);
        gw_date_format(until, p->until);
        gw_json_set_text(j, "effective_from", from);
        gw_json_set_text(j, "effective_until", p->until.year == 0 ? NULL : until);
        gw_json_set(j, "path", gw_json_array());
        return j;
    }
    gw_json_set_text(j, "signed_by", p->signer);
    (void)gw_table_cell(classes, p, f);
    gw_json_set(j, "unrecorded", missing_to_json(p, f));
    gw_json_set(j, "path", path_to_json(p, f, classes));
    return j;
}

/* ---- persons written down ------------------------------------------------ */

static bool want_word(size_t *out, struct gw_pack_reader *r, const struct gw_json *j, const char *key, enum gw_dim dim)
{
    const char *s;
    if (gw_json_get_text(j, key, &s))
        for (size_t i = 0; i < gw_dims[dim].n_values; i++)
            if (strcmp(s, gw_dims[dim].values[i]) == 0) {
                *out = i;
                return true;
            }
    size_t mark = gw_pack_enter(r, key);
    gw_pack_error(r, "unknown_value", "\"%s\" is missing or none of the words there are", key);
    gw_pack_leave(r, mark);
    return false;
}

/* Absent and null are "not known" or "none"; what is there must be a code. */
static bool read_code(char *out, size_t size, struct gw_pack_reader *r, const struct gw_json *j, const char *key)
{
    const struct gw_json *value = gw_json_get(j, key);
    const char *s;
    out[0] = 0;
    if (value == NULL || gw_json_kind(value) == GW_JSON_NULL)
        return true;
    if (gw_json_get_text(j, key, &s) && gw_pack_code_check(s) && strlen(s) < size) {
        memcpy(out, s, strlen(s) + 1);
        return true;
    }
    size_t mark = gw_pack_enter(r, key);
    gw_pack_error(r, "code", "\"%s\" is a code or null", key);
    gw_pack_leave(r, mark);
    return false;
}

bool gw_pack_facts_read(struct gw_pack_facts *out, struct gw_pack_reader *r, const struct gw_json *test)
{
    static const char *const keys[] = { "citizenship", "birth_date", "status", "permanent_resident", "document", "accompanied" };
    const struct gw_json *person = gw_json_get(test, "person");
    struct gw_span s;
    size_t mode = 0, direction = 0, document = GW_PACK_DOCUMENT_PASSPORT;
    *out = (struct gw_pack_facts){};
    if (!gw_json_get_string(test, "day", &s) || !gw_date_parse(&out->day, s))
        return gw_pack_error(r, "date", "\"day\" is a day as 2025-12-26");
    if (!want_word(&mode, r, test, "mode", GW_DIM_MODE) || !want_word(&direction, r, test, "direction", GW_DIM_DIRECTION) ||
        !read_code(out->site, sizeof out->site, r, test, "site"))
        return false;
    if (person == NULL)
        return gw_pack_error(r, "missing", "\"person\" is missing");
    size_t mark = gw_pack_enter(r, "person");
    const struct gw_json *shown = gw_json_get(person, "document");
    out->document_unrecorded = shown != NULL && gw_json_kind(shown) == GW_JSON_NULL;
    bool fine = gw_pack_keys(r, person, keys, GW_COUNT(keys)) &&
                read_code(out->citizenship, sizeof out->citizenship, r, person, "citizenship") &&
                read_code(out->status, sizeof out->status, r, person, "status") &&
                (gw_json_get(person, "document") == NULL || out->document_unrecorded || want_word(&document, r, person, "document", GW_DIM_DOCUMENT));
    if (fine && gw_json_get(person, "birth_date") != NULL && gw_json_kind(gw_json_get(person, "birth_date")) != GW_JSON_NULL) {
        if (!gw_json_get_string(person, "birth_date", &s) || !gw_date_parse(&out->birth_first, s))
            fine = gw_pack_error(r, "date", "\"birth_date\" is a day as 1985-03-31, or null");
        out->birth_last = out->birth_first;
    }
    const char *const flags[] = { "permanent_resident", "accompanied" };
    enum gw_pack_flag *const values[] = { &out->permanent_resident, &out->accompanied };
    for (size_t i = 0; i < 2; i++) {
        const struct gw_json *flag = gw_json_get(person, flags[i]);
        bool yes;
        if (flag == NULL || gw_json_kind(flag) == GW_JSON_NULL)
            continue;
        if (gw_json_get_bool(person, flags[i], &yes))
            *values[i] = yes ? GW_PACK_YES : GW_PACK_NO;
        else
            fine = gw_pack_error(r, "type", "\"%s\" is true, false or null (not recorded)", flags[i]);
    }
    if (fine && out->citizenship[0] != 0) {
        const char *country = r->options->country == NULL ? out->citizenship : r->options->country(out->citizenship);
        if (country == NULL)
            fine = gw_pack_error(r, "unknown_country", "no state or nationality has the code \"%s\"", out->citizenship);
        else
            snprintf(out->country, sizeof out->country, "%s", country);
    }
    gw_pack_leave(r, mark);
    out->mode = (enum gw_pack_mode)mode;
    out->direction = (enum gw_pack_direction)direction;
    out->document = (enum gw_pack_document)document;
    return fine;
}
