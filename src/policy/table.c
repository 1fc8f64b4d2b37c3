/* table.c - compiles conditions to a table of decisions, and finds in it the rules
 * that could never apply.
 *
 * Every dimension is split into classes: values that no question tells apart. A cell
 * is a class of each. The rule of a cell is worked out once, by trying the rules in
 * order; a decision then is a few look-ups. Because the cells are all there is, a
 * rule that decides in none of them can never apply to anybody. */
#include "policy/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORK_MAX = 1 << 27 }; /* nodes looked at while building */

bool gw_atom_has_code(const struct gw_atom *a, const char *code)
{
    size_t low = 0, high = a->n_codes;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(a->codes[middle], code);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static bool add_class(uint16_t *out, struct gw_pack_reader *r, struct gw_split *s, size_t *capacity, uint64_t mask, bool apart)
{
    for (size_t i = 0; i < s->n_classes && !apart; i++)
        if (s->masks[i] == mask) {
            *out = (uint16_t)i;
            return true;
        }
    struct gw_err err;
    s->masks = gw_arena_grow(r->a, s->masks, capacity, s->n_classes + 1, sizeof *s->masks, &err);
    if (s->masks == NULL)
        return gw_pack_full(r, &err);
    *out = (uint16_t)s->n_classes;
    s->masks[s->n_classes++] = mask;
    return true;
}

static int compare_codes(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool split_codes(struct gw_pack_reader *r, enum gw_dim dim, size_t *capacity)
{
    struct gw_split *s = &r->p->split[dim];
    size_t n = 0;
    for (size_t i = 0; i < s->n_atoms; i++)
        n += s->atoms[i].n_codes;
    if ((s->codes = gw_pack_array(r, n, sizeof *s->codes)) == NULL)
        return false;
    for (size_t i = 0, at = 0; i < s->n_atoms; at += s->atoms[i].n_codes, i++)
        memcpy(s->codes[at], s->atoms[i].codes, s->atoms[i].n_codes * sizeof *s->codes);
    qsort(s->codes, n, sizeof *s->codes, compare_codes);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(s->codes[i], s->codes[s->n_codes - 1]) != 0)
            memmove(s->codes[s->n_codes++], s->codes[i], sizeof *s->codes);
    if ((s->class_of_code = gw_pack_array(r, s->n_codes, sizeof *s->class_of_code)) == NULL ||
        !add_class(&s->other_class, r, s, capacity, 0, false))
        return false;
    for (size_t i = 0; i < s->n_codes; i++) {
        uint64_t mask = 0;
        /* GBO is asked for by name, and is of those who are asked for as GBR. */
        const char *country = dim == GW_DIM_CITIZENSHIP && r->p->country != NULL ? r->p->country(s->codes[i]) : NULL;
        for (size_t k = 0; k < s->n_atoms; k++)
            if (gw_atom_has_code(&s->atoms[k], s->codes[i]) || (country != NULL && gw_atom_has_code(&s->atoms[k], country)))
                mask |= UINT64_C(1) << k;
        if (!add_class(&s->class_of_code[i], r, s, capacity, mask, false))
            return false;
    }
    return true;
}

static int compare_numbers(const void *a, const void *b)
{
    const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static bool split_ranges(struct gw_pack_reader *r, enum gw_dim dim, size_t *capacity)
{
    struct gw_split *s = &r->p->split[dim];
    int64_t begin = 0;
    s->end = GW_AGE_END;
    if (dim == GW_DIM_DATE) { /* only days on which the pack is in force */
        const struct gw_date never = { 9999, 12, 31 };
        begin = gw_date_days(r->p->from);
        s->end = gw_date_days(r->p->until.year != 0 ? r->p->until : never) + 1;
    }
    int64_t *starts = gw_pack_array(r, 2 * s->n_atoms + 1, sizeof *starts);
    if (starts == NULL)
        return false;
    size_t n = 0;
    starts[n++] = begin;
    for (size_t i = 0; i < s->n_atoms; i++) {
        const int64_t ends[] = { s->atoms[i].from, s->atoms[i].to };
        for (size_t k = 0; k < 2; k++)
            if (ends[k] > begin && ends[k] < s->end)
                starts[n++] = ends[k];
    }
    qsort(starts, n, sizeof *starts, compare_numbers);
    s->starts = starts;
    for (size_t i = 0; i < n; i++)
        if (i == 0 || starts[i] != starts[s->n_intervals - 1])
            starts[s->n_intervals++] = starts[i];
    if ((s->class_of_interval = gw_pack_array(r, s->n_intervals, sizeof *s->class_of_interval)) == NULL)
        return false;
    for (size_t i = 0; i < s->n_intervals; i++) {
        uint64_t mask = 0;
        for (size_t k = 0; k < s->n_atoms; k++)
            if (starts[i] >= s->atoms[k].from && starts[i] < s->atoms[k].to)
                mask |= UINT64_C(1) << k;
        if (!add_class(&s->class_of_interval[i], r, s, capacity, mask, false))
            return false;
    }
    return true;
}

static bool split_values(struct gw_pack_reader *r, enum gw_dim dim, size_t *capacity)
{
    struct gw_split *s = &r->p->split[dim];
    for (size_t v = 0; v < gw_dims[dim].n_values; v++) {
        uint64_t mask = 0;
        for (size_t k = 0; k < s->n_atoms; k++)
            if (s->atoms[k].values & 1u << v)
                mask |= UINT64_C(1) << k;
        if (!add_class(&s->class_of_value[v], r, s, capacity, mask, false))
            return false;
    }
    return true;
}

/* May it be that a fact of this kind is not known? The rest is what it is. */
static bool may_be_unknown(const struct gw_pack *p, enum gw_dim d)
{
    switch (d) {
    case GW_DIM_CITIZENSHIP:
    case GW_DIM_AGE:
        return true;
    case GW_DIM_STATUS:
    case GW_DIM_DOCUMENT:
    case GW_DIM_RESIDENT:
    case GW_DIM_ACCOMPANIED:
        return !p->unrecorded[d].is_said;
    default:
        return false;
    }
}

/* A question whether no status is recorded has its answer. */
static uint64_t known_all_the_same(const struct gw_split *s, enum gw_dim d)
{
    uint64_t mask = 0;
    for (size_t k = 0; d == GW_DIM_STATUS && k < s->n_atoms; k++)
        if (gw_atom_has_code(&s->atoms[k], ""))
            mask |= UINT64_C(1) << k;
    return mask;
}

static bool split(struct gw_pack_reader *r)
{
    struct gw_pack *p = r->p;
    size_t cells = 1;
    for (size_t d = 0; d < GW_DIM_COUNT; d++) {
        struct gw_split *s = &p->split[d];
        size_t capacity = 0;
        bool fine = gw_dims[d].kind == GW_DIM_CODES    ? split_codes(r, (enum gw_dim)d, &capacity)
                    : gw_dims[d].kind == GW_DIM_RANGES ? split_ranges(r, (enum gw_dim)d, &capacity)
                                                       : split_values(r, (enum gw_dim)d, &capacity);
        s->has_unknown = fine && s->n_atoms > 0 && may_be_unknown(p, (enum gw_dim)d);
        if (!fine || (s->has_unknown && !add_class(&s->unknown_class, r, s, &capacity, known_all_the_same(s, (enum gw_dim)d), true)))
            return false;
        s->stride = cells;
        cells *= s->n_classes;
        if (cells > GW_PACK_CELLS_MAX || cells * p->n_nodes > WORK_MAX) {
            struct gw_err err;
            gw_fail(&err, GW_ERR_LIMIT, "rule pack: its conditions tell more than %d kinds of persons apart", GW_PACK_CELLS_MAX);
            return gw_pack_full(r, &err);
        }
    }
    p->n_cells = cells;
    return true;
}

/* ---- values -------------------------------------------------------------- */

static void run_nodes(uint8_t *v, const struct gw_pack *p, size_t begin, size_t end, const uint16_t *classes)
{
    for (size_t i = end; i-- > begin;) {
        const struct gw_node *n = &p->nodes[i];
        switch ((enum gw_node_op)n->op) {
        case GW_NODE_ATOM: {
            const struct gw_split *s = &p->split[n->dim];
            const uint16_t c = classes[n->dim];
            v[i] = s->masks[c] >> n->ref & 1 ? GW_YES : s->has_unknown && c == s->unknown_class ? GW_UNKNOWN : GW_NO;
            break;
        }
        case GW_NODE_CLASS:
            v[i] = v[p->classes[n->ref].begin];
            break;
        case GW_NODE_NOT:
            v[i] = (uint8_t)(GW_YES - v[n->first]);
            break;
        case GW_NODE_ALL:
            v[i] = GW_YES;
            for (size_t k = 0; k < n->n; k++)
                if (v[n->first + k] < v[i])
                    v[i] = v[n->first + k];
            break;
        case GW_NODE_ANY:
            v[i] = GW_NO;
            for (size_t k = 0; k < n->n; k++)
                if (v[n->first + k] > v[i])
                    v[i] = v[n->first + k];
            break;
        }
    }
}

void gw_table_values(uint8_t *values, const struct gw_pack *p, const uint16_t classes[GW_DIM_COUNT])
{
    for (size_t i = 0; i < p->n_classes; i++) {
        const struct gw_pack_class *c = &p->classes[p->class_order[i]];
        run_nodes(values, p, c->begin, c->end, classes);
    }
    for (size_t i = 0; i < p->n_rules; i++)
        run_nodes(values, p, p->inside[i].begin, p->inside[i].end, classes);
}

size_t gw_table_first(bool *undetermined, const struct gw_pack *p, const uint8_t *values)
{
    for (size_t i = 0; i < p->n_rules; i++)
        if (values[p->inside[i].begin] != GW_NO) {
            *undetermined = values[p->inside[i].begin] == GW_UNKNOWN;
            return i;
        }
    assert(false); /* the last rule is for everybody */
    return p->n_rules;
}

/* ---- where a fact is missing --------------------------------------------- */

struct open_rules {
    uint64_t bits[(GW_PACK_RULES_MAX + 63) / 64];
};

/* The rules that may be the first to apply, whatever the missing facts are. */
static struct open_rules open_rules_of(const struct gw_pack *p, const uint8_t *values)
{
    struct open_rules o = {};
    for (size_t i = 0; i < p->n_rules; i++) {
        const uint8_t v = values[p->inside[i].begin];
        if (v != GW_NO)
            o.bits[i / 64] |= UINT64_C(1) << i % 64;
        if (v == GW_YES)
            break;
    }
    return o;
}

static int64_t about_minutes(struct gw_period p)
{
    return (p.years * INT64_C(365) + p.days) * 1440 + p.minutes;
}

/* Of two answers, in each part the one that protects the traveler more. The words of
 * consents and alternatives stand in that order. */
static void protect(struct gw_pack_rule *to, struct gw_retention *keep, const struct gw_pack_rule *t)
{
    to->photo = GW_MAX(to->photo, t->photo);
    to->fingerprints = GW_MAX(to->fingerprints, t->fingerprints);
    to->iris = GW_MAX(to->iris, t->iris);
    to->alternative = GW_MIN(to->alternative, t->alternative);
    to->enrol = to->enrol && t->enrol;
    to->override_below_age = GW_MIN(to->override_below_age, t->override_below_age);
    to->attempts = GW_MIN(to->attempts, t->attempts);
    to->fpir = GW_MIN(to->fpir, t->fpir);
    to->fmr = !to->has_fmr ? t->fmr : t->has_fmr ? GW_MIN(to->fmr, t->fmr) : to->fmr;
    to->has_fmr = to->has_fmr || t->has_fmr;
    to->transfer_data &= t->transfer_data;
    to->transfer_keeps = to->transfer_keeps && t->transfer_keeps;
    if (about_minutes(t->transfer_within) < about_minutes(to->transfer_within))
        to->transfer_within = t->transfer_within;
    if (t->transfer == NULL || !to->enrol || to->transfer_data == 0 || (to->transfer != NULL && strcmp(to->transfer, t->transfer) != 0))
        to->transfer = NULL;
    for (size_t d = 0; d < GW_DATUM_COUNT; d++) {
        const struct gw_keep *k = &t->retention->keep[d];
        if (!k->has || !keep->keep[d].has)
            keep->keep[d].has = false;
        else if (about_minutes(k->period) < about_minutes(keep->keep[d].period))
            keep->keep[d] = *k;
    }
}

static bool merge(struct gw_pack_reader *r, struct gw_pack_rule *out, const struct open_rules *open)
{
    struct gw_pack *p = r->p;
    struct gw_retention *keep = gw_pack_array(r, 1, sizeof *keep);
    GW_AUTO_VALUE(gw_buf) basis = {};
    size_t n = 0;
    if (keep == NULL)
        return false;
    gw_buf_add_text(&basis, "It hangs on a fact that is not known which rule applies: ");
    for (size_t i = 0; i < p->n_rules; i++) {
        if (!(open->bits[i / 64] >> i % 64 & 1))
            continue;
        if (n == 0) {
            *out = p->rules[i];
            *keep = *p->rules[i].retention;
            keep->name = "undetermined";
        } else {
            protect(out, keep, &p->rules[i]);
        }
        gw_buf_addf(&basis, "%s%s", n++ == 0 ? "" : ", ", p->rules[i].id);
    }
    gw_buf_add_text(&basis, ". In each respect the one counts that protects the traveler most.");
    /* What may not be taken is not kept. */
    for (size_t d = 0; out->photo == GW_CONSENT_NOT_AUTHORISED && d < GW_DATUM_CROSSING; d++)
        keep->keep[d].has = false;
    out->id = p->undetermined.id;
    out->title = p->undetermined.title;
    out->retention = keep;
    return (out->basis = gw_pack_text(r, gw_buf_text(&basis))) != NULL;
}

/* ---- building ------------------------------------------------------------ */

struct fate { /* of a rule, over all cells */
    bool decides, holds;
    size_t n_before;
    uint16_t before[3]; /* rules that decide where it holds */
};

static void blame(struct fate *f, size_t rule)
{
    for (size_t i = 0; i < f->n_before; i++)
        if (f->before[i] == rule)
            return;
    if (f->n_before < GW_COUNT(f->before))
        f->before[f->n_before++] = (uint16_t)rule;
}

static bool check_fates(struct gw_pack_reader *r, const struct fate *fates)
{
    const struct gw_pack *p = r->p;
    bool fine = true;
    size_t mark = gw_pack_enter(r, "rules");
    for (size_t i = 0; i < p->n_rules; i++) {
        const struct fate *f = &fates[i];
        if (f->decides || i + 1 == p->n_rules) /* the catch-all may find nobody left */
            continue;
        size_t inner = gw_pack_enter_item(r, i), when = gw_pack_enter(r, "when");
        if (!f->holds)
            fine = gw_pack_error(r, "contradiction", "rule \"%s\" can never apply: nobody can meet its condition", p->rules[i].id);
        else
            fine = gw_pack_error(r, "shadowed", "rule \"%s\" can never apply: whoever it is for, \"%s\"%s%s%s%s decides before it",
                p->rules[i].id, p->rules[f->before[0]].id, f->n_before > 1 ? " or \"" : "",
                f->n_before > 1 ? p->rules[f->before[1]].id : "", f->n_before > 1 ? "\"" : "",
                f->n_before > 2 ? " or another" : "");
        gw_pack_leave(r, when);
        gw_pack_leave(r, inner);
    }
    gw_pack_leave(r, mark);
    return fine;
}

bool gw_table_build(struct gw_pack_reader *r)
{
    struct gw_pack *p = r->p;
    if (!split(r) || (p->table = gw_pack_array(r, p->n_cells, 1)) == NULL)
        return false;
    struct fate fates[GW_PACK_RULES_MAX] = {};
    struct open_rules merged[GW_MERGED_MAX];
    if ((p->merged = gw_pack_array(r, GW_MERGED_MAX, sizeof *p->merged)) == NULL)
        return false;
    uint8_t values[GW_PACK_NODES_MAX];
    uint16_t classes[GW_DIM_COUNT] = {};
    for (size_t cell = 0; cell < p->n_cells; cell++) {
        bool undetermined, unknown = false;
        for (size_t d = 0; d < GW_DIM_COUNT; d++) {
            classes[d] = (uint16_t)(cell / p->split[d].stride % p->split[d].n_classes);
            unknown = unknown || (p->split[d].has_unknown && classes[d] == p->split[d].unknown_class);
        }
        gw_table_values(values, p, classes);
        size_t first = gw_table_first(&undetermined, p, values);
        p->table[cell] = (uint8_t)first;
        if (undetermined) {
            const struct open_rules open = open_rules_of(p, values);
            size_t m = 0;
            while (m < p->n_merged && memcmp(&merged[m], &open, sizeof open) != 0)
                m++;
            if (m == p->n_merged && m < GW_MERGED_MAX) {
                merged[m] = open;
                if (!merge(r, &p->merged[p->n_merged++], &open))
                    return false;
            }
            p->table[cell] = m < GW_MERGED_MAX ? (uint8_t)(GW_CELL_MERGED + m) : GW_CELL_UNDETERMINED;
        }
        /* Whether a rule is of any use is seen where everything is known. */
        if (unknown)
            continue;
        fates[first].decides = fates[first].holds = true;
        for (size_t i = first + 1; i < p->n_rules; i++)
            if (values[p->inside[i].begin] == GW_YES) {
                fates[i].holds = true;
                blame(&fates[i], first);
            }
    }
    return check_fates(r, fates);
}

/* ---- from facts to a cell ------------------------------------------------ */

bool gw_split_find_code(uint16_t *out, const struct gw_split *s, const char *code)
{
    size_t low = 0, high = s->n_codes;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = strcmp(s->codes[middle], code);
        if (order == 0) {
            *out = s->class_of_code[middle];
            return true;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

uint16_t gw_split_code(const struct gw_split *s, const char *code)
{
    uint16_t c;
    return gw_split_find_code(&c, s, code) ? c : s->other_class;
}

uint16_t gw_split_range(const struct gw_split *s, int64_t value)
{
    size_t i = s->n_intervals - 1;
    while (i > 0 && value < s->starts[i])
        i--;
    return s->class_of_interval[i];
}

static uint16_t age_class(const struct gw_split *s, const struct gw_pack_facts *f)
{
    if (!s->has_unknown)
        return 0;
    if (!gw_date_check(f->birth_first) || !gw_date_check(f->birth_last))
        return s->unknown_class;
    int youngest = gw_date_age(f->birth_last, f->day), oldest = gw_date_age(f->birth_first, f->day);
    if (youngest < 0 || oldest < youngest || oldest >= GW_AGE_END)
        return s->unknown_class;
    uint16_t c = gw_split_range(s, youngest);
    for (int age = youngest + 1; age <= oldest; age++)
        if (gw_split_range(s, age) != c)
            return s->unknown_class;
    return c;
}

/* "B2" is asked for as "B-2": visas, manifests and laws write it either way. */
static uint16_t status_class(const struct gw_split *s, const char *status)
{
    uint16_t c;
    gw_code plain = "", hyphened = "";
    size_t n = 0, letters = strspn(status, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    if (status[0] == 0 && s->has_unknown)
        return s->unknown_class;
    if (s->n_atoms == 0 || gw_split_find_code(&c, s, status))
        return s->n_atoms == 0 ? 0 : c;
    for (const char *at = status; *at != 0; at++)
        if (*at != '-')
            plain[n++] = *at;
    if (letters > 0 && status[letters] >= '0' && status[letters] <= '9' && strlen(status) < sizeof hyphened - 1)
        snprintf(hyphened, sizeof hyphened, "%.*s-%s", (int)letters, status, status + letters);
    const bool found = (hyphened[0] != 0 && gw_split_find_code(&c, s, hyphened)) || (plain[0] != 0 && gw_split_find_code(&c, s, plain));
    return found ? c : s->other_class;
}

static uint16_t value_class(const struct gw_pack *p, enum gw_dim d, bool unrecorded, size_t value)
{
    const struct gw_split *s = &p->split[d];
    if (unrecorded && s->has_unknown)
        return s->unknown_class;
    return s->class_of_value[unrecorded && p->unrecorded[d].is_said ? p->unrecorded[d].value : value];
}

size_t gw_table_cell(uint16_t classes[GW_DIM_COUNT], const struct gw_pack *p, const struct gw_pack_facts *f)
{
    const struct gw_split *s = p->split;
    const struct gw_split *c = &s[GW_DIM_CITIZENSHIP];
    if (!c->has_unknown)
        classes[GW_DIM_CITIZENSHIP] = 0;
    else if (f->citizenship[0] == 0)
        classes[GW_DIM_CITIZENSHIP] = c->unknown_class;
    else if (!gw_split_find_code(&classes[GW_DIM_CITIZENSHIP], c, f->citizenship))
        classes[GW_DIM_CITIZENSHIP] = gw_split_code(c, f->country);
    classes[GW_DIM_STATUS] = status_class(&s[GW_DIM_STATUS], f->status);
    classes[GW_DIM_SITE] = gw_split_code(&s[GW_DIM_SITE], f->site);
    classes[GW_DIM_DOCUMENT] = value_class(p, GW_DIM_DOCUMENT, f->document_unrecorded, f->document);
    classes[GW_DIM_MODE] = s[GW_DIM_MODE].class_of_value[f->mode];
    classes[GW_DIM_DIRECTION] = s[GW_DIM_DIRECTION].class_of_value[f->direction];
    classes[GW_DIM_RESIDENT] = value_class(p, GW_DIM_RESIDENT, f->permanent_resident == GW_PACK_UNRECORDED, f->permanent_resident == GW_PACK_YES);
    classes[GW_DIM_ACCOMPANIED] = value_class(p, GW_DIM_ACCOMPANIED, f->accompanied == GW_PACK_UNRECORDED, f->accompanied == GW_PACK_YES);
    classes[GW_DIM_AGE] = age_class(&s[GW_DIM_AGE], f);
    classes[GW_DIM_DATE] = gw_split_range(&s[GW_DIM_DATE], gw_date_days(f->day));
    size_t cell = 0;
    for (size_t d = 0; d < GW_DIM_COUNT; d++)
        cell += classes[d] * s[d].stride;
    return cell;
}
