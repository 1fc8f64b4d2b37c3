/* condition.c - conditions of rule packs: from JSON to a flat list of nodes, without
 * recursion, each question told apart from every other. */
#include "policy/inside.h"

#include "base/near.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const modes[] = { "air", "sea", "land" };
static const char *const directions[] = { "arrival", "departure" };
static const char *const flags[] = { "false", "true" };
static const char *const documents[] = { "none", "passport", "diplomatic_passport", "official_passport",
    "emergency_passport", "identity_card", "residence_permit", "permanent_resident_card", "visa", "refugee_document", "crew_document",
    "trusted_traveler_card", "other" };
static_assert(GW_COUNT(documents) == GW_PACK_DOCUMENT_COUNT);
static_assert((int)GW_PACK_DOCUMENT_COUNT <= (int)GW_DIM_VALUES_MAX);

const struct gw_dim_row gw_dims[GW_DIM_COUNT] = {
    [GW_DIM_CITIZENSHIP] = { "citizenship", GW_DIM_CODES, NULL, 0 },
    [GW_DIM_STATUS] = { "status", GW_DIM_CODES, NULL, 0 },
    [GW_DIM_SITE] = { "site", GW_DIM_CODES, NULL, 0 },
    [GW_DIM_DOCUMENT] = { "document", GW_DIM_VALUES, documents, GW_COUNT(documents) },
    [GW_DIM_MODE] = { "mode", GW_DIM_VALUES, modes, GW_COUNT(modes) },
    [GW_DIM_DIRECTION] = { "direction", GW_DIM_VALUES, directions, GW_COUNT(directions) },
    [GW_DIM_RESIDENT] = { "permanent_resident", GW_DIM_VALUES, flags, 2 },
    [GW_DIM_ACCOMPANIED] = { "accompanied", GW_DIM_VALUES, flags, 2 },
    [GW_DIM_AGE] = { "age", GW_DIM_RANGES, NULL, 0 },
    [GW_DIM_DATE] = { "date", GW_DIM_RANGES, NULL, 0 },
};

static bool find_value(size_t *out, const char *name, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = i;
            return true;
        }
    return false;
}

const char *gw_pack_document_name(enum gw_pack_document v)
{
    assert((size_t)v < GW_COUNT(documents));
    return documents[v];
}

bool gw_pack_document_find(enum gw_pack_document *out, const char *name)
{
    size_t i;
    return find_value(&i, name, documents, GW_COUNT(documents)) && ((*out = (enum gw_pack_document)i), true);
}

bool gw_pack_mode_find(enum gw_pack_mode *out, const char *name)
{
    size_t i;
    return find_value(&i, name, modes, GW_COUNT(modes)) && ((*out = (enum gw_pack_mode)i), true);
}

bool gw_pack_direction_find(enum gw_pack_direction *out, const char *name)
{
    size_t i;
    return find_value(&i, name, directions, GW_COUNT(directions)) && ((*out = (enum gw_pack_direction)i), true);
}

/* ---- questions ----------------------------------------------------------- */

static int compare_codes(const void *a, const void *b)
{
    return strcmp(a, b);
}

static bool check_code(struct gw_pack_reader *r, enum gw_dim dim, const char *code)
{
    if (!gw_pack_code_check(code))
        return gw_pack_error(r, "code", "\"%.40s\" is not a code: capital letters, digits and hyphens, at most %d",
            code, GW_PACK_CODE_MAX);
    if (dim != GW_DIM_CITIZENSHIP || r->options->country == NULL)
        return true;
    const char *country = r->options->country(code);
    if (country == NULL)
        return gw_pack_error(r, "unknown_country", "no state or nationality has the code \"%.16s\" (ICAO Doc 9303-3 section 5)", code);
    if (strlen(code) < 3)
        return gw_pack_error(r, "unknown_country", "write \"%s\" for \"%.16s\"", country, code);
    return true;
}

static bool read_codes(struct gw_atom *out, struct gw_pack_reader *r, enum gw_dim dim, const struct gw_json *j)
{
    bool one = gw_json_kind(j) != GW_JSON_ARRAY;
    size_t n = one ? 1 : gw_json_size(j);
    if (n == 0)
        return gw_pack_error(r, "empty", "an empty list would hold for nobody");
    if (n > GW_CODES_MAX)
        return gw_pack_error(r, "limit", "at most %d codes", GW_CODES_MAX);
    gw_code *codes = gw_pack_array(r, n, sizeof *codes);
    if (codes == NULL)
        return false;
    bool fine = true;
    for (size_t i = 0; i < n; i++) {
        const struct gw_json *item = one ? j : gw_json_at(j, i);
        size_t mark = one ? r->path_size : gw_pack_enter_item(r, i);
        struct gw_span s;
        if (gw_json_kind(item) == GW_JSON_NULL && dim == GW_DIM_STATUS) {
            codes[i][0] = 0;
        } else if (!gw_json_string(item, &s)) {
            fine = gw_pack_error(r, "type", "%s is a code or a list of codes%s", gw_dims[dim].key,
                dim == GW_DIM_STATUS ? " (null: no status is recorded)" : "");
        } else {
            snprintf(codes[i], sizeof codes[i], "%.*s", (int)GW_MIN(s.size, sizeof codes[i]), (const char *)s.data);
            if (s.size >= sizeof codes[i] || !check_code(r, dim, codes[i]))
                fine = s.size < sizeof codes[i] ? false
                                                : gw_pack_error(r, "code", "a code has at most %d letters", GW_PACK_CODE_MAX);
        }
        gw_pack_leave(r, mark);
        if (r->full)
            return false;
    }
    if (!fine)
        return false;
    qsort(codes, n, sizeof *codes, compare_codes);
    for (size_t i = 1; i < n; i++)
        if (strcmp(codes[i - 1], codes[i]) == 0)
            return gw_pack_error(r, "twice", "\"%s\" stands twice in the list", codes[i]);
    out->codes = (const gw_code *)codes;
    out->n_codes = n;
    return true;
}

static bool read_values(struct gw_atom *out, struct gw_pack_reader *r, enum gw_dim dim, const struct gw_json *j)
{
    const struct gw_dim_row *row = &gw_dims[dim];
    if (row->values == flags) {
        if (gw_json_kind(j) != GW_JSON_BOOL)
            return gw_pack_error(r, "type", "%s is true or false", row->key);
        GW_AUTO_VALUE(gw_buf) text = {};
        gw_json_format(&text, j, false);
        out->values = strcmp(gw_buf_text(&text), "true") == 0 ? 2 : 1;
        return true;
    }
    bool one = gw_json_kind(j) != GW_JSON_ARRAY;
    size_t n = one ? 1 : gw_json_size(j);
    if (n == 0)
        return gw_pack_error(r, "empty", "an empty list would hold for nobody");
    if (n > row->n_values)
        return gw_pack_error(r, "twice", "there are only %zu values of %s", row->n_values, row->key);
    for (size_t i = 0; i < n; i++) {
        char name[40];
        struct gw_span s;
        size_t v;
        if (!gw_json_string(one ? j : gw_json_at(j, i), &s))
            return gw_pack_error(r, "type", "%s is a word or a list of words", row->key);
        snprintf(name, sizeof name, "%.*s", (int)GW_MIN(s.size, sizeof name - 1), (const char *)s.data);
        if (!find_value(&v, name, row->values, row->n_values)) {
            const char *near = gw_near(name, row->values, row->n_values);
            return gw_pack_error(r, "unknown_value", "%s is never \"%s\"%s%s%s", row->key, name,
                near == NULL ? "" : "; did you mean ", near == NULL ? "" : near, near == NULL ? "" : "?");
        }
        if (out->values & 1u << v)
            return gw_pack_error(r, "twice", "\"%s\" stands twice in the list", name);
        out->values |= 1u << v;
    }
    return true;
}

static bool read_age(struct gw_atom *out, struct gw_pack_reader *r, const struct gw_json *j)
{
    static const char *const keys[] = { "from", "below" };
    if (gw_json_kind(j) != GW_JSON_OBJECT || gw_json_size(j) == 0)
        return gw_pack_error(r, "type", "age is an object with from, below or both: {\"from\": 14, \"below\": 80} is 14 to 79");
    if (!gw_pack_keys(r, j, keys, GW_COUNT(keys)))
        return false;
    out->from = 0;
    out->to = GW_AGE_END;
    int64_t *const bounds[] = { &out->from, &out->to };
    for (size_t i = 0; i < 2; i++)
        if (gw_json_get(j, keys[i]) != NULL && (!gw_json_get_integer(j, keys[i], bounds[i]) || *bounds[i] < 0 || *bounds[i] >= GW_AGE_END))
            return gw_pack_error(r, "type", "%s is a whole number of years from 0 to %d", keys[i], GW_AGE_END - 1);
    return out->from < out->to ? true : gw_pack_error(r, "empty", "nobody is of that age");
}

static bool read_dates(struct gw_atom *out, struct gw_pack_reader *r, const struct gw_json *j)
{
    static const char *const keys[] = { "from", "until" };
    if (gw_json_kind(j) != GW_JSON_OBJECT || gw_json_size(j) == 0)
        return gw_pack_error(r, "type", "date is an object with from, until (both included) or both");
    if (!gw_pack_keys(r, j, keys, GW_COUNT(keys)))
        return false;
    out->from = INT64_MIN;
    out->to = INT64_MAX;
    for (size_t i = 0; i < 2; i++) {
        struct gw_span s;
        struct gw_date d;
        if (gw_json_get(j, keys[i]) == NULL)
            continue;
        if (!gw_json_get_string(j, keys[i], &s) || !gw_date_parse(&d, s))
            return gw_pack_error(r, "date", "%s is a day as 2025-12-26", keys[i]);
        if (i == 0)
            out->from = gw_date_days(d);
        else
            out->to = gw_date_days(d) + 1;
    }
    return out->from < out->to ? true : gw_pack_error(r, "empty", "until lies before from");
}

static bool atom_equal(const struct gw_atom *a, const struct gw_atom *b)
{
    return a->values == b->values && a->from == b->from && a->to == b->to && a->n_codes == b->n_codes &&
           (a->n_codes == 0 || memcmp(a->codes, b->codes, a->n_codes * sizeof *a->codes) == 0);
}

static bool read_atom(uint16_t *ref, struct gw_pack_reader *r, enum gw_dim dim, const struct gw_json *j)
{
    struct gw_split *s = &r->p->split[dim];
    struct gw_atom atom = {};
    bool fine = dim == GW_DIM_AGE                           ? read_age(&atom, r, j)
                : dim == GW_DIM_DATE                        ? read_dates(&atom, r, j)
                : gw_dims[dim].kind == GW_DIM_CODES ? read_codes(&atom, r, dim, j)
                                                    : read_values(&atom, r, dim, j);
    if (!fine)
        return false;
    for (size_t i = 0; i < s->n_atoms; i++)
        if (atom_equal(&s->atoms[i], &atom)) {
            *ref = (uint16_t)i;
            return true;
        }
    if (s->n_atoms == GW_ATOMS_MAX)
        return gw_pack_error(r, "limit", "more than %d different conditions on %s", GW_ATOMS_MAX, gw_dims[dim].key);
    *ref = (uint16_t)s->n_atoms;
    s->atoms[s->n_atoms++] = atom;
    return true;
}

/* ---- conditions ---------------------------------------------------------- */

/* A part still to be read: a whole condition, or the value of one key of it. */
struct waiting {
    const struct gw_json *j;
    const char *key; /* NULL: a whole condition */
    const char *path;
    uint16_t node;
};
struct queue {
    struct waiting *items;
    size_t n, done, capacity;
};

static bool add_node(uint16_t *out, struct gw_pack_reader *r)
{
    if (r->p->n_nodes == GW_PACK_NODES_MAX) {
        struct gw_err err;
        gw_fail(&err, GW_ERR_LIMIT, "rule pack: more than %d conditions", GW_PACK_NODES_MAX);
        return gw_pack_full(r, &err);
    }
    *out = (uint16_t)r->p->n_nodes++;
    r->p->nodes[*out] = (struct gw_node){};
    return true;
}

static bool wait_for(struct gw_pack_reader *r, struct queue *q, const struct gw_json *j, const char *key, uint16_t node)
{
    struct gw_err err;
    q->items = gw_arena_grow(r->a, q->items, &q->capacity, q->n + 1, sizeof *q->items, &err);
    if (q->items == NULL)
        return gw_pack_full(r, &err);
    const char *path = gw_pack_text(r, r->path);
    if (path == NULL)
        return false;
    q->items[q->n++] = (struct waiting){ j, key, path, node };
    return true;
}

static const char *const other_keys[] = { "class", "any", "all", "not", "site_at_most" };

static bool read_reference(struct gw_pack_reader *r, struct gw_node *node, const struct gw_json *j)
{
    struct gw_span s;
    if (!gw_json_string(j, &s))
        return gw_pack_error(r, "type", "a condition is an object, or the name of a class, or \"everybody\"");
    if (gw_span_is(s, "everybody")) {
        node->op = GW_NODE_ALL;
        return true;
    }
    const char *names[GW_PACK_CLASSES_MAX];
    for (size_t i = 0; i < r->p->n_classes; i++) {
        names[i] = r->p->classes[i].name;
        if (gw_span_is(s, names[i])) {
            *node = (struct gw_node){ .op = GW_NODE_CLASS, .ref = (uint16_t)i };
            r->p->classes[i].used = true;
            return true;
        }
    }
    char name[GW_PACK_ID_MAX + 1];
    snprintf(name, sizeof name, "%.*s", (int)GW_MIN(s.size, sizeof name - 1), (const char *)s.data);
    const char *near = gw_near(name, names, r->p->n_classes);
    return gw_pack_error(r, "unknown_class", "no class is called \"%s\"%s%s%s", name, near == NULL ? "" : "; did you mean ",
        near == NULL ? "" : near, near == NULL ? "" : "?");
}

/* Children of an array of conditions. */
static bool read_several(struct gw_pack_reader *r, struct queue *q, uint16_t node, enum gw_node_op op, const struct gw_json *j)
{
    size_t n = gw_json_size(j);
    if (gw_json_kind(j) != GW_JSON_ARRAY || n == 0)
        return gw_pack_error(r, "type", "any and all are lists of conditions with at least one");
    for (size_t i = 0; i < n; i++) {
        uint16_t child = 0;
        size_t mark = gw_pack_enter_item(r, i);
        bool fine = add_node(&child, r) && wait_for(r, q, gw_json_at(j, i), NULL, child);
        gw_pack_leave(r, mark);
        if (!fine)
            return false;
        if (i == 0)
            r->p->nodes[node].first = child;
    }
    r->p->nodes[node].op = (uint8_t)op;
    r->p->nodes[node].n = (uint16_t)n;
    return true;
}

static bool read_object(struct gw_pack_reader *r, struct queue *q, uint16_t node, const struct gw_json *j)
{
    const char *keys[GW_DIM_COUNT + GW_COUNT(other_keys)];
    size_t n_keys = 0;
    for (size_t i = 0; i < GW_DIM_COUNT; i++)
        keys[n_keys++] = gw_dims[i].key;
    for (size_t i = 0; i < GW_COUNT(other_keys); i++)
        keys[n_keys++] = other_keys[i];
    if (!gw_pack_keys(r, j, keys, n_keys))
        return false;
    size_t n = 0;
    const char *key;
    const struct gw_json *value;
    int64_t most;
    if ((value = gw_json_get(j, "site_at_most")) != NULL) {
        const struct gw_json *site = gw_json_get(j, "site");
        if (!gw_json_integer(value, &most) || most < 1)
            return gw_pack_error(r, "type", "site_at_most is a whole number above 0");
        if (gw_json_kind(site) != GW_JSON_ARRAY)
            return gw_pack_error(r, "missing", "site_at_most limits a list of sites beside it");
        if (gw_json_size(site) > (size_t)most)
            return gw_pack_error(r, "too_many_sites", "%zu sites are listed where the law allows %lld", gw_json_size(site), (long long)most);
    }
    for (size_t i = 0; gw_json_member(j, i, &key, &value); i++) {
        if (strcmp(key, "site_at_most") == 0)
            continue;
        uint16_t child = 0;
        size_t mark = gw_pack_enter(r, key);
        bool fine = add_node(&child, r) && wait_for(r, q, value, key, child);
        gw_pack_leave(r, mark);
        if (!fine)
            return false;
        if (n++ == 0)
            r->p->nodes[node].first = child;
    }
    if (n == 0)
        return gw_pack_error(r, "empty", "an empty condition; \"everybody\" holds for all");
    r->p->nodes[node].op = GW_NODE_ALL;
    r->p->nodes[node].n = (uint16_t)n;
    return true;
}

static bool read_part(struct gw_pack_reader *r, struct queue *q, const struct waiting *w)
{
    struct gw_node *node = &r->p->nodes[w->node];
    if (w->key == NULL)
        return gw_json_kind(w->j) == GW_JSON_OBJECT ? read_object(r, q, w->node, w->j) : read_reference(r, node, w->j);
    if (strcmp(w->key, "class") == 0)
        return read_reference(r, node, w->j);
    if (strcmp(w->key, "any") == 0)
        return read_several(r, q, w->node, GW_NODE_ANY, w->j);
    if (strcmp(w->key, "all") == 0)
        return read_several(r, q, w->node, GW_NODE_ALL, w->j);
    if (strcmp(w->key, "not") == 0) {
        uint16_t child = 0;
        if (!add_node(&child, r) || !wait_for(r, q, w->j, NULL, child))
            return false;
        *node = (struct gw_node){ .op = GW_NODE_NOT, .first = child, .n = 1 };
        return true;
    }
    for (size_t i = 0; i < GW_DIM_COUNT; i++)
        if (strcmp(w->key, gw_dims[i].key) == 0) {
            *node = (struct gw_node){ .op = GW_NODE_ATOM, .dim = (uint8_t)i };
            return read_atom(&node->ref, r, (enum gw_dim)i, w->j);
        }
    assert(false); /* gw_pack_keys let no other pass */
    return false;
}

bool gw_condition_read(uint16_t *begin, uint16_t *end, struct gw_pack_reader *r, const struct gw_json *j)
{
    struct queue q = {};
    bool fine = add_node(begin, r) && wait_for(r, &q, j, NULL, *begin);
    if (!fine)
        return false;
    /* Errors in one part do not hide those in another. */
    const size_t mark = r->path_size;
    for (; q.done < q.n && !r->full; q.done++) {
        struct waiting w = q.items[q.done];
        size_t n = strlen(w.path);
        memcpy(r->path, w.path, n + 1);
        r->path_size = n;
        if (!read_part(r, &q, &w))
            fine = false;
    }
    gw_pack_leave(r, mark);
    *end = (uint16_t)r->p->n_nodes;
    return fine && !r->full;
}

/* ---- classes in order ---------------------------------------------------- */

static bool refers_to_waiting(const struct gw_pack *p, size_t c, const bool *done, size_t *which)
{
    for (size_t i = p->classes[c].begin; i < p->classes[c].end; i++)
        if (p->nodes[i].op == GW_NODE_CLASS && !done[p->nodes[i].ref]) {
            *which = p->nodes[i].ref;
            return true;
        }
    return false;
}

bool gw_condition_order(struct gw_pack_reader *r)
{
    struct gw_pack *p = r->p;
    bool done[GW_PACK_CLASSES_MAX] = {}, more = true;
    size_t n = 0, which = 0;
    if ((p->class_order = gw_pack_array(r, p->n_classes, sizeof *p->class_order)) == NULL)
        return false;
    while (more) {
        more = false;
        for (size_t c = 0; c < p->n_classes; c++)
            if (!done[c] && !refers_to_waiting(p, c, done, &which)) {
                done[c] = more = true;
                p->class_order[n++] = (uint16_t)c;
            }
    }
    if (n == p->n_classes)
        return true;
    /* Who follows references among the rest must come back to where it was. */
    size_t c = 0;
    while (done[c])
        c++;
    for (size_t i = 0; i < p->n_classes; i++)
        c = refers_to_waiting(p, c, done, &which) ? which : c;
    GW_AUTO_VALUE(gw_buf) circle = {};
    const size_t first = c;
    do {
        gw_buf_addf(&circle, "%s, ", p->classes[c].name);
        (void)refers_to_waiting(p, c, done, &which);
        c = which;
    } while (c != first && circle.size < 150);
    size_t mark = gw_pack_enter(r, "classes"), inner = gw_pack_enter(r, p->classes[first].name);
    gw_pack_error(r, "cycle", "classes refer to each other in a circle: %s%s", gw_buf_text(&circle), p->classes[first].name);
    gw_pack_leave(r, inner);
    gw_pack_leave(r, mark);
    return false;
}
