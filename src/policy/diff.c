/* diff.c - for whom two packs differ: asks both about everybody that either tells
 * apart, and gathers the answers into rows a person can read. */
#include "policy/inside.h"

#include <stdio.h>
#include <string.h>

/* Each pack is asked on its own days, so dates are two dimensions. */
enum { DATE_BEFORE = GW_DIM_DATE, DATE_AFTER = GW_DIM_COUNT, DIMS, KINDS_MAX = 64 };

/* Values of a dimension that neither pack tells apart. */
struct kind {
    uint16_t before, after; /* classes */
    struct gw_buf label;
    size_t n_values;
    bool is_other;
};
struct dimension {
    struct kind kinds[KINDS_MAX];
    size_t n, stride;
};
struct work {
    const struct gw_pack *before, *after;
    struct dimension dims[DIMS];
    size_t n_cells;
    uint16_t *pairs; /* cell -> rule before << 8 | rule after */
    bool *done;
    bool too_many;
};

/* What is tried first to be left open in a row; the persons themselves come last. */
static const uint8_t widen[DIMS] = { DATE_BEFORE, DATE_AFTER, GW_DIM_DOCUMENT, GW_DIM_ACCOMPANIED, GW_DIM_RESIDENT, GW_DIM_MODE,
    GW_DIM_DIRECTION, GW_DIM_SITE, GW_DIM_AGE, GW_DIM_STATUS, GW_DIM_CITIZENSHIP };
static const uint8_t tell[DIMS] = { GW_DIM_CITIZENSHIP, GW_DIM_STATUS, GW_DIM_RESIDENT, GW_DIM_AGE, GW_DIM_ACCOMPANIED,
    GW_DIM_DOCUMENT, GW_DIM_DIRECTION, GW_DIM_MODE, GW_DIM_SITE, DATE_BEFORE, DATE_AFTER };

static const char *dim_name(size_t d)
{
    return d == DATE_BEFORE ? "date_before" : d == DATE_AFTER ? "date_after" : gw_dims[d].key;
}

/* ---- kinds --------------------------------------------------------------- */

static struct kind *kind_of(struct work *w, size_t d, uint16_t before, uint16_t after)
{
    struct dimension *dim = &w->dims[d];
    for (size_t i = 0; i < dim->n; i++)
        if (dim->kinds[i].before == before && dim->kinds[i].after == after)
            return &dim->kinds[i];
    if (dim->n == KINDS_MAX) {
        w->too_many = true;
        return &dim->kinds[0];
    }
    struct kind *k = &dim->kinds[dim->n++];
    k->before = before;
    k->after = after;
    return k;
}

enum { SHOWN = 6 };
static void add_value(struct kind *k, const char *text)
{
    if (k->n_values++ < SHOWN)
        gw_buf_addf(&k->label, "%s%s", k->n_values == 1 ? "" : ", ", text);
}

static bool is_list(const struct work *w, size_t d, const struct gw_atom *a, const struct kind *k)
{
    bool same = a->n_codes == k->n_values;
    for (size_t c = 0; c < a->n_codes && same; c++)
        same = gw_split_code(&w->before->split[d], a->codes[c]) == k->before && gw_split_code(&w->after->split[d], a->codes[c]) == k->after;
    return same;
}

/* The name of a class of the pack that asks for just this list of codes: for that alone, or among other things where
 * the list is too long to be shown. */
static const char *named(const struct gw_pack *p, size_t d, const struct work *w, const struct kind *k)
{
    for (size_t i = 0; i < p->n_classes; i++)
        for (size_t at = p->classes[i].begin; at < p->classes[i].end; at++) {
            const struct gw_node *leaf = &p->nodes[at];
            const struct gw_node *root = &p->nodes[p->classes[i].begin];
            const bool directly = root->op == GW_NODE_ALL && at >= root->first && at < (size_t)root->first + root->n;
            if ((directly || k->n_values > SHOWN) && leaf->op == GW_NODE_ATOM && leaf->dim == d && is_list(w, d, &p->split[d].atoms[leaf->ref], k))
                return p->classes[i].name;
        }
    return NULL;
}

static uint16_t class_of_code(const struct gw_pack *p, size_t d, const char *code)
{
    uint16_t c;
    if (gw_split_find_code(&c, &p->split[d], code))
        return c;
    const char *country = d == GW_DIM_CITIZENSHIP && p->country != NULL ? p->country(code) : NULL;
    return gw_split_code(&p->split[d], country == NULL ? code : country);
}

static void split_codes(struct work *w, size_t d)
{
    const struct gw_split *a = &w->before->split[d], *b = &w->after->split[d];
    size_t i = 0, k = 0;
    while (i < a->n_codes || k < b->n_codes) {
        int order = i == a->n_codes ? 1 : k == b->n_codes ? -1 : strcmp(a->codes[i], b->codes[k]);
        const char *code = order <= 0 ? a->codes[i] : b->codes[k];
        i += order <= 0;
        k += order >= 0;
        add_value(kind_of(w, d, class_of_code(w->before, d, code), class_of_code(w->after, d, code)), code[0] == 0 ? "none" : code);
    }
    struct kind *other = kind_of(w, d, a->other_class, b->other_class);
    gw_buf_clear(&other->label);
    gw_buf_add_text(&other->label, w->dims[d].n == 1 ? "any" : "any other");
    other->is_other = true;
    for (i = 0; i < w->dims[d].n; i++) {
        struct kind *one = &w->dims[d].kinds[i];
        if (one->is_other || one->n_values <= 3)
            continue;
        const char *name = named(w->after, d, w, one);
        name = name != NULL ? name : named(w->before, d, w, one);
        if (name != NULL) {
            gw_buf_clear(&one->label);
            gw_buf_addf(&one->label, "%s (%zu)", name, one->n_values);
        } else if (one->n_values > SHOWN) {
            gw_buf_addf(&one->label, " and %zu more", one->n_values - SHOWN);
        }
    }
}

static void split_values(struct work *w, size_t d)
{
    static const char *const yes_no[] = { "no", "yes" };
    for (size_t v = 0; v < gw_dims[d].n_values; v++) {
        bool flag = d == GW_DIM_RESIDENT || d == GW_DIM_ACCOMPANIED;
        add_value(kind_of(w, d, w->before->split[d].class_of_value[v], w->after->split[d].class_of_value[v]),
            flag ? yes_no[v] : gw_dims[d].values[v]);
    }
    for (size_t i = 0; i < w->dims[d].n; i++)
        if (w->dims[d].kinds[i].n_values > SHOWN) { /* more than half of all there are */
            gw_buf_clear(&w->dims[d].kinds[i].label);
            gw_buf_add_text(&w->dims[d].kinds[i].label, "any other");
        }
}

static int64_t next_start(const struct gw_split *s, int64_t after)
{
    for (size_t i = 0; i < s->n_intervals; i++)
        if (s->starts[i] > after)
            return s->starts[i];
    return s->end;
}

static struct kind *kind_of_age(struct work *w, int64_t age)
{
    return kind_of(w, GW_DIM_AGE, gw_split_range(&w->before->split[GW_DIM_AGE], age), gw_split_range(&w->after->split[GW_DIM_AGE], age));
}

static int64_t next_age(const struct work *w, int64_t age)
{
    return GW_MIN(next_start(&w->before->split[GW_DIM_AGE], age), next_start(&w->after->split[GW_DIM_AGE], age));
}

static void split_ages(struct work *w)
{
    for (int64_t from = 0, to; from < GW_AGE_END; from = to) {
        struct kind *k = kind_of_age(w, from);
        char text[40];
        to = next_age(w, from);
        while (to < GW_AGE_END && kind_of_age(w, to) == k)
            to = next_age(w, to);
        if (to >= GW_AGE_END)
            snprintf(text, sizeof text, "%d or more", (int)from);
        else
            snprintf(text, sizeof text, "%d to %d", (int)from, (int)to - 1);
        add_value(k, text);
    }
}

static void split_dates(struct work *w, size_t d)
{
    const struct gw_split *s = &(d == DATE_BEFORE ? w->before : w->after)->split[GW_DIM_DATE];
    for (size_t i = 0; i < s->n_intervals; i++) {
        char from[GW_DATE_TEXT], until[GW_DATE_TEXT], text[40];
        int64_t end = i + 1 < s->n_intervals ? s->starts[i + 1] : s->end;
        gw_date_format(from, gw_date_from_days(s->starts[i]));
        gw_date_format(until, gw_date_from_days(end - 1));
        snprintf(text, sizeof text, "%s to %s", from, until);
        add_value(kind_of(w, d, s->class_of_interval[i], s->class_of_interval[i]), text);
    }
}

static bool enumerate(struct work *w, struct gw_err *err)
{
    w->n_cells = 1;
    for (size_t d = 0; d < DIMS; d++) {
        if (d == DATE_BEFORE || d == DATE_AFTER)
            split_dates(w, d);
        else if (d == GW_DIM_AGE)
            split_ages(w);
        else if (gw_dims[d].kind == GW_DIM_CODES)
            split_codes(w, d);
        else
            split_values(w, d);
        w->dims[d].stride = w->n_cells;
        w->n_cells *= w->dims[d].n;
        if (w->too_many || w->n_cells > GW_PACK_CELLS_MAX)
            return gw_fail(err, GW_ERR_LIMIT, "together these packs tell more than %d kinds of persons apart", GW_PACK_CELLS_MAX);
    }
    w->pairs = gw_alloc_array(w->n_cells, sizeof *w->pairs);
    w->done = gw_alloc_array(w->n_cells, sizeof *w->done);
    for (size_t cell = 0; cell < w->n_cells; cell++) {
        size_t a = 0, b = 0;
        for (size_t d = 0; d < DIMS; d++) {
            const struct kind *k = &w->dims[d].kinds[cell / w->dims[d].stride % w->dims[d].n];
            if (d != DATE_AFTER)
                a += k->before * w->before->split[d].stride;
            if (d == DATE_AFTER)
                b += k->after * w->after->split[GW_DIM_DATE].stride;
            else if (d != DATE_BEFORE)
                b += k->after * w->after->split[d].stride;
        }
        w->pairs[cell] = (uint16_t)(w->before->table[a] << 8 | w->after->table[b]);
    }
    return true;
}

/* ---- rows ---------------------------------------------------------------- */

struct box {
    uint64_t kinds[DIMS];
};

/* Visits the cells of a box; stops at the first that is not of the pair. */
static bool all_of_pair(const struct work *w, const struct box *box, uint16_t pair, bool mark)
{
    size_t at[DIMS], d = 0;
    for (size_t i = 0; i < DIMS; i++)
        at[i] = (size_t)__builtin_ctzll(box->kinds[i]);
    for (;;) {
        size_t cell = 0;
        for (size_t i = 0; i < DIMS; i++)
            cell += at[i] * w->dims[i].stride;
        if (w->pairs[cell] != pair)
            return false;
        if (mark)
            w->done[cell] = true;
        for (d = 0; d < DIMS; d++) {
            uint64_t rest = at[d] == 63 ? 0 : box->kinds[d] >> (at[d] + 1) << (at[d] + 1);
            if (rest != 0) {
                at[d] = (size_t)__builtin_ctzll(rest);
                break;
            }
            at[d] = (size_t)__builtin_ctzll(box->kinds[d]);
        }
        if (d == DIMS)
            return true;
    }
}

/* The widest box around a cell in which everybody has the same two rules. */
static struct box box_around(const struct work *w, size_t cell)
{
    struct box box;
    const uint16_t pair = w->pairs[cell];
    for (size_t d = 0; d < DIMS; d++)
        box.kinds[d] = UINT64_C(1) << (cell / w->dims[d].stride % w->dims[d].n);
    for (size_t i = 0; i < DIMS; i++) {
        const size_t d = widen[i];
        const uint64_t had = box.kinds[d];
        uint64_t grown = had;
        for (size_t k = 0; k < w->dims[d].n; k++) {
            box.kinds[d] = UINT64_C(1) << k;
            if ((had & box.kinds[d]) == 0 && all_of_pair(w, &box, pair, false))
                grown |= UINT64_C(1) << k;
        }
        box.kinds[d] = grown;
    }
    return box;
}

static struct gw_json *box_to_json(const struct work *w, const struct box *box)
{
    struct gw_json *j = gw_json_object();
    for (size_t i = 0; i < DIMS; i++) {
        const size_t d = tell[i];
        const struct dimension *dim = &w->dims[d];
        const uint64_t all = dim->n == 64 ? UINT64_MAX : (UINT64_C(1) << dim->n) - 1;
        if (box->kinds[d] == all)
            continue;
        GW_AUTO_VALUE(gw_buf) text = {};
        /* All but a few is shorter said the other way. */
        const uint64_t rest = all & ~box->kinds[d];
        const bool but = d < GW_DIM_COUNT && gw_dims[d].kind == GW_DIM_CODES &&
                         __builtin_popcountll(rest) < __builtin_popcountll(box->kinds[d]);
        size_t n = 0;
        if (but)
            gw_buf_add_text(&text, "all but ");
        for (size_t k = 0; k < dim->n; k++)
            if ((but ? rest : box->kinds[d]) >> k & 1)
                gw_buf_addf(&text, "%s%s", n++ == 0 ? "" : "; ", gw_buf_text(&dim->kinds[k].label));
        gw_json_set_text(j, dim_name(d), gw_buf_text(&text));
    }
    return j;
}

static struct gw_json *rule_to_json(const struct gw_pack *p, const struct gw_pack_rule *t)
{
    struct gw_json *j = gw_json_object();
    char text[2 * GW_PACK_ID_MAX + 40];
    snprintf(text, sizeof text, "%s:%s", p->id, t->id);
    gw_json_set_text(j, "rule", text);
    gw_json_set_text(j, "title", t->title);
    gw_json_set_text(j, "photo", gw_consent_name(t->photo));
    gw_json_set_text(j, "fingerprints", gw_consent_name(t->fingerprints));
    gw_json_set_text(j, "iris", gw_consent_name(t->iris));
    gw_json_set_text(j, "alternative", gw_alternative_name(t->alternative));
    gw_json_set_text(j, "enrol", t->enrol ? "yes" : "no");
    snprintf(text, sizeof text, "below age %u", t->override_below_age);
    gw_json_set_text(j, "override", t->override_below_age == 0 ? "never" : t->override_below_age == GW_PACK_ANY_AGE ? "allowed" : text);
    snprintf(text, sizeof text, "%u", t->attempts);
    gw_json_set_text(j, "attempts", text);
    snprintf(text, sizeof text, "%g", t->fpir);
    gw_json_set_text(j, "fpir", text);
    snprintf(text, sizeof text, "%g", t->fmr);
    gw_json_set_text(j, "fmr", t->has_fmr ? text : "as set");
    for (size_t d = 0; d < GW_DATUM_COUNT; d++) {
        const struct gw_keep *k = &t->retention->keep[d];
        char period[GW_PERIOD_TEXT];
        gw_period_format(period, k->period);
        snprintf(text, sizeof text, "%s after %s", period, gw_clock_start_name(k->starts));
        gw_json_set_text(j, gw_datum_name((enum gw_datum)d), k->has ? text : "not kept");
    }
    GW_AUTO_VALUE(gw_buf) transfer = {};
    for (size_t d = 0, n = 0; t->transfer != NULL && d < GW_DATUM_COUNT; d++)
        if ((t->transfer_data >> d & 1) != 0)
            gw_buf_addf(&transfer, "%s%s", n++ == 0 ? "" : " and ", gw_datum_name((enum gw_datum)d));
    if (t->transfer != NULL) {
        char period[GW_PERIOD_TEXT];
        gw_period_format(period, t->transfer_within);
        gw_buf_addf(&transfer, " to %s within %s after %s", t->transfer, period, gw_clock_start_name(t->transfer_starts));
    }
    gw_json_set_text(j, "transferred", t->transfer == NULL ? "nowhere" : gw_buf_text(&transfer));
    return j;
}

static struct gw_json *differing(const struct gw_json *a, const struct gw_json *b)
{
    struct gw_json *list = gw_json_array();
    const char *key, *x, *y;
    for (size_t i = 2; gw_json_member(a, i, &key, NULL); i++) /* behind rule and title */
        if (gw_json_get_text(a, key, &x) && gw_json_get_text(b, key, &y) && strcmp(x, y) != 0)
            gw_json_add_text(list, key);
    return list;
}

static void add_row(struct gw_json *rows, struct work *w, uint16_t pair, size_t *n_changed, bool changed)
{
    struct gw_json *before = rule_to_json(w->before, &w->before->rules[pair >> 8]);
    struct gw_json *after = rule_to_json(w->after, &w->after->rules[pair & 255]);
    struct gw_json *row = gw_json_object(), *who = gw_json_array(), *differs = differing(before, after);
    gw_json_set(row, "before", before);
    gw_json_set(row, "after", after);
    gw_json_set(row, "differs", differs);
    gw_json_set(row, "who", who);
    if ((gw_json_size(differs) > 0) != changed) {
        gw_json_free(row);
        return;
    }
    for (size_t cell = 0; cell < w->n_cells; cell++) {
        if (w->pairs[cell] != pair)
            continue;
        *n_changed += changed;
        if (w->done[cell])
            continue;
        struct box box = box_around(w, cell);
        all_of_pair(w, &box, pair, true);
        gw_json_add(who, box_to_json(w, &box));
    }
    gw_json_add(rows, row);
}

static void add_head(struct gw_json *j, const char *key, const struct gw_pack *p)
{
    struct gw_json *o = gw_json_object();
    char from[GW_DATE_TEXT], until[GW_DATE_TEXT];
    gw_date_format(from, p->from);
    gw_date_format(until, p->until);
    gw_json_set_text(o, "pack", p->name);
    gw_json_set_text(o, "id", p->id);
    gw_json_set_text(o, "title", p->title);
    gw_json_set_text(o, "effective_from", from);
    gw_json_set_text(o, "effective_until", p->until.year == 0 ? NULL : until);
    gw_json_set(j, key, o);
}

struct gw_json *gw_pack_diff(const struct gw_pack *before, const struct gw_pack *after, struct gw_err *err)
{
    GW_AUTO_MEM struct work *w = gw_alloc(sizeof *w);
    w->before = before;
    w->after = after;
    struct gw_json *j = NULL;
    if (enumerate(w, err)) {
        struct gw_json *rows = gw_json_array();
        bool there[1 << 16] = {};
        size_t n_changed = 0;
        for (size_t i = 0; i < w->n_cells; i++)
            there[w->pairs[i]] = true;
        for (int changed = 1; changed >= 0; changed--)
            for (size_t pair = 0; pair < GW_COUNT(there); pair++)
                if (there[pair])
                    add_row(rows, w, (uint16_t)pair, &n_changed, changed);
        j = gw_json_object();
        add_head(j, "before", before);
        add_head(j, "after", after);
        gw_json_set_integer(j, "kinds", (int64_t)w->n_cells);
        gw_json_set_integer(j, "changed", (int64_t)n_changed);
        gw_json_set(j, "rows", rows);
    }
    gw_free(w->pairs);
    gw_free(w->done);
    for (size_t d = 0; d < DIMS; d++)
        for (size_t i = 0; i < w->dims[d].n; i++)
            gw_buf_done(&w->dims[d].kinds[i].label);
    return j;
}

/* ---- for people ---------------------------------------------------------- */

/* The next line of at most `width` letters; continued lines begin two further in. */
static size_t add_line(struct gw_buf *out, const char *text, size_t width)
{
    size_t n = 0, letters = 0, space = 0;
    while (text[n] != 0 && text[n] != '\n') {
        if (text[n] == ' ')
            space = n;
        if (((uint8_t)text[n] & 0xc0) != 0x80 && ++letters > width) {
            n = space > 0 ? space : n;
            break;
        }
        n++;
    }
    size_t shown = 0;
    for (size_t i = 0; i < n; i++)
        shown += ((uint8_t)text[i] & 0xc0) != 0x80;
    gw_buf_add(out, text, n);
    for (; shown < width; shown++)
        gw_buf_add(out, " ", 1);
    return text[n] == ' ' || text[n] == '\n' ? n + 1 : n;
}

static void add_columns(struct gw_buf *out, const char *const cells[3], const size_t widths[3])
{
    const char *left[3] = { cells[0], cells[1], cells[2] };
    while (*left[0] != 0 || *left[1] != 0 || *left[2] != 0) {
        for (size_t c = 0; c < 3; c++) {
            left[c] += add_line(out, left[c], widths[c]);
            gw_buf_add_text(out, c < 2 ? " | " : "");
        }
        while (out->size > 0 && out->data[out->size - 1] == ' ')
            out->size--;
        gw_buf_add_text(out, "\n");
    }
}

static void add_rule(struct gw_buf *out, const size_t widths[3])
{
    for (size_t c = 0; c < 3; c++)
        for (size_t i = 0; i < widths[c] + (c < 2 ? 3 : 0); i++)
            gw_buf_add_text(out, c < 2 && i == widths[c] + 1 ? "+" : "-");
    gw_buf_add_text(out, "\n");
}

static void add_answer(struct gw_buf *out, const struct gw_json *rule, const struct gw_json *differs)
{
    const char *text = "";
    gw_json_get_text(rule, "rule", &text);
    gw_buf_addf(out, "%s", text);
    /* The photograph is what the table is about: it is said even where it stays. */
    gw_json_get_text(rule, "photo", &text);
    gw_buf_addf(out, "\nphoto %s", text);
    for (size_t i = 0; i < gw_json_size(differs); i++) {
        struct gw_span key;
        char name[40];
        if (!gw_json_string(gw_json_at(differs, i), &key) || gw_span_is(key, "photo"))
            continue;
        snprintf(name, sizeof name, "%.*s", (int)key.size, (const char *)key.data);
        gw_json_get_text(rule, name, &text);
        gw_buf_addf(out, "\n%s %s", name, text);
    }
}

void gw_pack_diff_print(struct gw_buf *out, const struct gw_json *diff, size_t columns, size_t most)
{
    columns = GW_MAX(columns, (size_t)72);
    const size_t widths[3] = { columns * 2 / 5, (columns - columns * 2 / 5 - 6) / 2, (columns - columns * 2 / 5 - 6) / 2 };
    const char *text, *key;
    GW_AUTO_VALUE(gw_buf) head_before = {};
    GW_AUTO_VALUE(gw_buf) head_after = {};
    for (size_t i = 0; i < 2; i++) {
        struct gw_buf *head = i == 0 ? &head_before : &head_after;
        const struct gw_json *h = gw_json_get(diff, i == 0 ? "before" : "after");
        const char *id = "", *from = "", *until = NULL;
        gw_json_get_text(h, "id", &id);
        gw_json_get_text(h, "effective_from", &from);
        gw_json_get_text(h, "effective_until", &until);
        gw_buf_addf(head, "%s: %s\n%s %s", i == 0 ? "Before" : "After", id, from, until == NULL ? "onwards" : "to ");
        if (until != NULL)
            gw_buf_add_text(head, until);
    }
    int64_t kinds = 0, changed = 0;
    gw_json_get_integer(diff, "kinds", &kinds);
    gw_json_get_integer(diff, "changed", &changed);
    gw_buf_addf(out, "%lld kinds of person and place are told apart; %lld are treated differently.\n\n", (long long)kinds, (long long)changed);
    add_columns(out, (const char *const[]){ "For whom", gw_buf_text(&head_before), gw_buf_text(&head_after) }, widths);
    const struct gw_json *rows = gw_json_get(diff, "rows");
    for (size_t i = 0; i < gw_json_size(rows); i++) {
        const struct gw_json *row = gw_json_at(rows, i), *who = gw_json_get(row, "who");
        const struct gw_json *before = gw_json_get(row, "before"), *after = gw_json_get(row, "after"), *differs = gw_json_get(row, "differs");
        GW_AUTO_VALUE(gw_buf) whom = {};
        GW_AUTO_VALUE(gw_buf) was = {};
        GW_AUTO_VALUE(gw_buf) is = {};
        gw_json_get_text(before, "title", &text);
        gw_buf_add_text(&whom, text);
        for (size_t k = 0; k < GW_MIN(gw_json_size(who), most); k++) {
            const struct gw_json *box = gw_json_at(who, k);
            gw_buf_add_text(&whom, gw_json_size(box) == 0 ? "\n- everybody" : "\n- ");
            const struct gw_json *value;
            for (size_t m = 0; gw_json_member(box, m, &key, &value); m++) {
                gw_json_get_text(box, key, &text);
                gw_buf_addf(&whom, "%s%s %s", m == 0 ? "" : ", ", key, text);
            }
        }
        if (gw_json_size(who) > most)
            gw_buf_addf(&whom, "\n- and %zu more combinations", gw_json_size(who) - most);
        add_answer(&was, before, differs);
        add_answer(&is, after, differs);
        if (gw_json_size(differs) == 0)
            gw_buf_add_text(&is, "\nas before");
        add_rule(out, widths);
        add_columns(out, (const char *const[]){ gw_buf_text(&whom), gw_buf_text(&was), gw_buf_text(&is) }, widths);
    }
}
