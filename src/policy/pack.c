/* pack.c - reads a rule pack from JSON: every fault with its line, then the table,
 * then the pack's own tests. */
#include "policy/inside.h"

#include "base/near.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT = 1, SOURCES_MAX = 400, RETENTION_MAX = 64, TESTS_MAX = 2000, TEXT_MAX = 4000, STATES_MAX = 300 };

/* ---- words --------------------------------------------------------------- */

static const char *const consents[] = { "required", "voluntary", "exempt", "not_authorised" };
static const char *const alternatives[] = { "document_inspection", "officer_referral", "none" };
static const char *const data[] = { "probe", "template", "portrait", "crossing", "crossing_without_exit", "file", "register" };
static const char *const starts[] = { "verification", "close", "departure", "crossing", "last_exit", "end_of_stay", "transfer" };
static const char *const tags[] = { "verified", "secondary", "recollection", "choice" };
static_assert(GW_COUNT(data) == GW_DATUM_COUNT);
static_assert(GW_COUNT(starts) == GW_STARTS_COUNT);

const char *gw_consent_name(enum gw_consent v)
{
    assert((size_t)v < GW_COUNT(consents));
    return consents[v];
}
const char *gw_alternative_name(enum gw_alternative v)
{
    assert((size_t)v < GW_COUNT(alternatives));
    return alternatives[v];
}
const char *gw_datum_name(enum gw_datum v)
{
    assert((size_t)v < GW_COUNT(data));
    return data[v];
}
const char *gw_clock_start_name(enum gw_clock_start v)
{
    assert((size_t)v < GW_COUNT(starts));
    return starts[v];
}
const char *gw_source_tag_name(enum gw_source_tag v)
{
    assert((size_t)v < GW_COUNT(tags));
    return tags[v];
}

bool gw_period_parse(struct gw_period *out, struct gw_span text)
{
    static const struct {
        const char *unit;
        uint32_t most;
    } units[] = { { "y", 200 }, { "d", 36500 }, { "h", 100000 }, { "min", 1000000 } };
    uint32_t v[GW_COUNT(units)] = {};
    size_t at = 0, next = 0, found = 0;
    while (at < text.size) {
        size_t digits = at;
        while (digits < text.size && text.data[digits] >= '0' && text.data[digits] <= '9')
            digits++;
        size_t unit = digits;
        while (unit < text.size && (text.data[unit] < '0' || text.data[unit] > '9'))
            unit++;
        uint64_t n;
        size_t i = next;
        while (i < GW_COUNT(units) && !gw_span_is(gw_span_slice(text, digits, unit), units[i].unit))
            i++;
        if (i == GW_COUNT(units) || text.data[at] == '0' || !gw_span_uint(gw_span_slice(text, at, digits), units[i].most, &n))
            return false;
        v[i] = (uint32_t)n;
        next = i + 1;
        at = unit;
        found++;
    }
    *out = (struct gw_period){ (uint16_t)v[0], (uint16_t)v[1], v[2] * 60 + v[3] };
    return found > 0;
}

void gw_period_format(char out[GW_PERIOD_TEXT], struct gw_period p)
{
    size_t n = 0;
    out[0] = 0;
    if (p.years > 0)
        n += (size_t)snprintf(out + n, GW_PERIOD_TEXT - n, "%uy", p.years);
    if (p.days > 0)
        n += (size_t)snprintf(out + n, GW_PERIOD_TEXT - n, "%ud", p.days);
    if (p.minutes >= 60)
        n += (size_t)snprintf(out + n, GW_PERIOD_TEXT - n, "%uh", p.minutes / 60);
    if (p.minutes % 60 > 0)
        snprintf(out + n, GW_PERIOD_TEXT - n, "%umin", p.minutes % 60);
}

/* ---- what it says -------------------------------------------------------- */

const char *gw_pack_name(const struct gw_pack *p)
{
    return p->name;
}
const char *gw_pack_id(const struct gw_pack *p)
{
    return p->id;
}
const char *gw_pack_title(const struct gw_pack *p)
{
    return p->title;
}
const char *gw_pack_authority(const struct gw_pack *p)
{
    return p->authority;
}
struct gw_date gw_pack_from(const struct gw_pack *p)
{
    return p->from;
}
struct gw_date gw_pack_until(const struct gw_pack *p)
{
    return p->until;
}
const char *gw_pack_signer(const struct gw_pack *p)
{
    return p->signer;
}
struct gw_hash gw_pack_hash(const struct gw_pack *p)
{
    return p->hash;
}
size_t gw_pack_rules(const struct gw_pack *p, const struct gw_pack_rule **out)
{
    *out = p->rules;
    return p->n_rules;
}
size_t gw_pack_cells(const struct gw_pack *p)
{
    return p->n_cells;
}
size_t gw_pack_languages(const struct gw_pack *p, const char *const **out)
{
    *out = p->language_codes;
    return p->n_languages;
}
struct gw_date gw_pack_day(const struct gw_pack *p, int64_t us)
{
    return gw_zone_day(&p->zone, us);
}
int64_t gw_pack_midnight(const struct gw_pack *p, struct gw_date day)
{
    return gw_zone_midnight(&p->zone, day);
}
bool gw_pack_in_force(const struct gw_pack *p, struct gw_date day)
{
    return gw_date_check(day) && gw_date_compare(p->from, day) <= 0 && (p->until.year == 0 || gw_date_compare(day, p->until) <= 0);
}

bool gw_pack_check_set(const struct gw_pack *const *packs, size_t n, struct gw_err *err)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = i + 1; k < n; k++) {
            const struct gw_pack *a = packs[i], *b = packs[k];
            if (strcmp(a->id, b->id) == 0)
                return gw_fail(err, GW_ERR_CONFLICT, "two packs have the id \"%s\" (%s line %u, %s line %u); the names of their rules could not be told apart",
                    a->id, a->name, a->id_line, b->name, b->id_line);
            if (strcmp(a->authority, b->authority) != 0)
                continue;
            const bool in_order = gw_date_compare(a->from, b->from) <= 0;
            const struct gw_pack *earlier = in_order ? a : b, *later = in_order ? b : a;
            if (gw_pack_in_force(earlier, later->from)) {
                char day[GW_DATE_TEXT];
                gw_date_format(day, later->from);
                return gw_fail(err, GW_ERR_CONFLICT,
                    "packs \"%s\" and \"%s\" of %s are both in force on %s: end the one (line %u, effective_until) the day before the other begins (line %u, effective_from)",
                    earlier->name, later->name, earlier->authority, day, earlier->until_line, later->from_line);
            }
        }
    return true;
}

const struct gw_pack *gw_pack_find(const struct gw_pack *const *packs, size_t n, const char *authority, int64_t us)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(packs[i]->authority, authority) == 0 && gw_pack_in_force(packs[i], gw_pack_day(packs[i], us)))
            return packs[i];
    return NULL;
}

/* ---- the reader ---------------------------------------------------------- */

static void note(struct gw_pack_reader *r, bool is_error, const char *code, const char *text)
{
    const size_t at = gw_json_place(r->text, r->path);
    const unsigned line = gw_json_line(r->text, at);
    if (is_error && r->n_errors++ == 0)
        gw_fail_at(&r->err, GW_ERR_INVALID, at, "line %u (%.100s): %s", line, r->path, text);
    if (r->n_problems == GW_PACK_PROBLEMS_MAX || r->full)
        return;
    struct gw_err err;
    const char *pointer = gw_arena_text(r->a, gw_span_str(r->path), &err);
    const char *copy = gw_arena_text(r->a, gw_span_str(text), &err);
    if (pointer == NULL || copy == NULL) {
        gw_pack_full(r, &err);
        return;
    }
    r->problems[r->n_problems++] = (struct gw_pack_problem){ is_error, line, pointer, code, copy };
}

bool gw_pack_error(struct gw_pack_reader *r, const char *code, const char *format, ...)
{
    char text[320];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    note(r, true, code, text);
    return false;
}

void gw_pack_warning(struct gw_pack_reader *r, const char *code, const char *format, ...)
{
    char text[320];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    note(r, false, code, text);
}

bool gw_pack_full(struct gw_pack_reader *r, const struct gw_err *err)
{
    if (!r->full) {
        r->full = true;
        r->err = *err;
        r->n_errors++;
    }
    return false;
}

size_t gw_pack_enter(struct gw_pack_reader *r, const char *key)
{
    const size_t mark = r->path_size;
    if (r->path_size + 2 < sizeof r->path)
        r->path[r->path_size++] = '/';
    for (; *key != 0 && r->path_size + 3 < sizeof r->path; key++) {
        if (*key == '~' || *key == '/') {
            r->path[r->path_size++] = '~';
            r->path[r->path_size++] = *key == '~' ? '0' : '1';
        } else {
            r->path[r->path_size++] = *key;
        }
    }
    r->path[r->path_size] = 0;
    return mark;
}

size_t gw_pack_enter_item(struct gw_pack_reader *r, size_t i)
{
    char text[24];
    snprintf(text, sizeof text, "%zu", i);
    return gw_pack_enter(r, text);
}

void gw_pack_leave(struct gw_pack_reader *r, size_t mark)
{
    r->path_size = mark;
    r->path[mark] = 0;
}

void *gw_pack_array(struct gw_pack_reader *r, size_t n, size_t size)
{
    struct gw_err err;
    void *p = r->full ? NULL : gw_arena_alloc(r->a, GW_MAX(n, (size_t)1), size, &err);
    if (p == NULL && !r->full)
        gw_pack_full(r, &err);
    return p;
}

const char *gw_pack_text(struct gw_pack_reader *r, const char *s)
{
    struct gw_err err;
    const char *copy = r->full ? NULL : gw_arena_text(r->a, gw_span_str(s), &err);
    if (copy == NULL && !r->full)
        gw_pack_full(r, &err);
    return copy;
}

bool gw_pack_keys(struct gw_pack_reader *r, const struct gw_json *object, const char *const *names, size_t n)
{
    if (gw_json_kind(object) != GW_JSON_OBJECT)
        return gw_pack_error(r, "type", "an object is wanted here");
    bool fine = true;
    const char *key;
    /* More keys than there are names: one of the first n + 1 is unknown. */
    for (size_t i = 0; i <= n && gw_json_member(object, i, &key, NULL); i++) {
        bool known = false;
        for (size_t k = 0; k < n; k++)
            known = known || strcmp(key, names[k]) == 0;
        if (known)
            continue;
        const char *near = gw_near(key, names, n);
        size_t mark = gw_pack_enter(r, key);
        fine = gw_pack_error(r, "unknown_key", "nothing here is called \"%.40s\"%s%s%s", key, near == NULL ? "" : "; did you mean ",
            near == NULL ? "" : near, near == NULL ? "" : "?");
        gw_pack_leave(r, mark);
    }
    return fine;
}

bool gw_pack_code_check(const char *s)
{
    size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");
    return n > 0 && s[n] == 0 && n <= GW_PACK_CODE_MAX;
}

bool gw_pack_name_check(const char *s)
{
    size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
    return n > 0 && s[n] == 0 && n <= GW_PACK_ID_MAX;
}

const char *gw_pack_want_text(struct gw_pack_reader *r, const struct gw_json *object, const char *key)
{
    const char *s;
    if (gw_json_get(object, key) == NULL) {
        gw_pack_error(r, "missing", "\"%s\" is missing", key);
        return NULL;
    }
    size_t mark = gw_pack_enter(r, key);
    if (!gw_json_get_text(object, key, &s) || s[strspn(s, " \t\r\n")] == 0) {
        gw_pack_error(r, "type", "\"%s\" is a text that says something", key);
        s = NULL;
    } else if (strlen(s) > TEXT_MAX) {
        gw_pack_error(r, "limit", "a text has at most %d bytes", TEXT_MAX);
        s = NULL;
    } else {
        s = gw_pack_text(r, s);
    }
    gw_pack_leave(r, mark);
    return s;
}

static const char *want_name(struct gw_pack_reader *r, const struct gw_json *object, const char *key)
{
    const char *s = gw_pack_want_text(r, object, key);
    if (s == NULL || gw_pack_name_check(s))
        return s;
    size_t mark = gw_pack_enter(r, key);
    gw_pack_error(r, "name", "a name has letters, digits, hyphens and underscores, at most %d", GW_PACK_ID_MAX);
    gw_pack_leave(r, mark);
    return NULL;
}

/* One of the words; a missing one is an error unless *out is already good (has). */
static bool read_word(unsigned *out, bool has, struct gw_pack_reader *r, const struct gw_json *object, const char *key,
    const char *const *words, size_t n)
{
    const char *s;
    if (gw_json_get(object, key) == NULL)
        return has ? true : gw_pack_error(r, "missing", "\"%s\" is missing", key);
    size_t mark = gw_pack_enter(r, key);
    bool fine = false;
    if (!gw_json_get_text(object, key, &s)) {
        gw_pack_error(r, "type", "\"%s\" is a word", key);
    } else {
        for (size_t i = 0; i < n && !fine; i++)
            if (strcmp(s, words[i]) == 0) {
                *out = (unsigned)i;
                fine = true;
            }
        const char *near = fine ? NULL : gw_near(s, words, n);
        if (!fine)
            gw_pack_error(r, "unknown_value", "\"%s\" is never \"%.40s\"%s%s%s", key, s, near == NULL ? "" : "; did you mean ",
                near == NULL ? "" : near, near == NULL ? "" : "?");
    }
    gw_pack_leave(r, mark);
    return fine;
}
#define READ_WORD(out, has, r, object, key, words)                                                \
    ({                                                                                            \
        unsigned word_ = (unsigned)*(out);                                                        \
        bool fine_ = read_word(&word_, (has), (r), (object), (key), (words), GW_COUNT(words));    \
        if (fine_)                                                                                \
            *(out) = (__typeof__(*(out)))word_;                                                   \
        fine_;                                                                                    \
    })

/* ---- sources ------------------------------------------------------------- */

static bool read_sources(struct gw_pack_reader *r, const struct gw_json *all)
{
    static const char *const keys[] = { "citation", "tag", "url", "note" };
    struct gw_pack *p = r->p;
    const char *id;
    const struct gw_json *j;
    bool fine = true;
    if (gw_json_kind(all) != GW_JSON_OBJECT || gw_json_size(all) == 0)
        return gw_pack_error(r, "missing", "\"sources\" is missing: what every rule and figure rests on");
    size_t n = gw_json_size(all);
    if (n > SOURCES_MAX)
        return gw_pack_error(r, "limit", "at most %d sources", SOURCES_MAX);
    if ((p->sources = gw_pack_array(r, n, sizeof *p->sources)) == NULL)
        return false;
    size_t mark = gw_pack_enter(r, "sources");
    for (size_t i = 0; gw_json_member(all, i, &id, &j) && !r->full; i++) {
        struct gw_pack_source *s = &p->sources[p->n_sources];
        size_t inner = gw_pack_enter(r, id);
        if (!gw_pack_name_check(id))
            fine = gw_pack_error(r, "name", "the id of a source has letters, digits, hyphens and underscores, at most %d", GW_PACK_ID_MAX);
        else if (!gw_pack_keys(r, j, keys, GW_COUNT(keys)) || (s->id = gw_pack_text(r, id)) == NULL ||
                 (s->citation = gw_pack_want_text(r, j, "citation")) == NULL || !READ_WORD(&s->tag, false, r, j, "tag", tags) ||
                 (gw_json_get(j, "url") != NULL && (s->url = gw_pack_want_text(r, j, "url")) == NULL) ||
                 (gw_json_get(j, "note") != NULL && (s->note = gw_pack_want_text(r, j, "note")) == NULL))
            fine = false;
        p->n_sources++;
        gw_pack_leave(r, inner);
    }
    gw_pack_leave(r, mark);
    return fine;
}

/* The list of ids under the key; at least one. */
static bool cite_under(struct gw_pack_sources *out, struct gw_pack_reader *r, const struct gw_json *object, const char *key)
{
    const struct gw_json *list = gw_json_get(object, key);
    size_t n = gw_json_size(list);
    if (gw_json_kind(list) != GW_JSON_ARRAY || n == 0)
        return gw_pack_error(r, "missing_source", "\"%s\" is missing: a list with at least one id of a source", key);
    if (n > SOURCES_MAX)
        return gw_pack_error(r, "limit", "at most %d sources", SOURCES_MAX);
    const struct gw_pack_source **of = gw_pack_array(r, n, sizeof(const struct gw_pack_source *));
    if (of == NULL)
        return false;
    bool fine = true;
    size_t mark = gw_pack_enter(r, key);
    for (size_t i = 0; i < n && !r->full; i++) {
        size_t inner = gw_pack_enter_item(r, i);
        struct gw_span id;
        bool text = gw_json_string(gw_json_at(list, i), &id);
        for (size_t k = 0; text && k < r->p->n_sources; k++)
            if (r->p->sources[k].id != NULL && gw_span_is(id, r->p->sources[k].id))
                of[i] = &r->p->sources[k];
        if (of[i] == NULL) {
            const char *names[SOURCES_MAX], *near = NULL;
            char asked[GW_PACK_ID_MAX + 1] = "";
            size_t n_names = 0;
            for (size_t k = 0; k < r->p->n_sources; k++)
                if (r->p->sources[k].id != NULL)
                    names[n_names++] = r->p->sources[k].id;
            if (text) {
                snprintf(asked, sizeof asked, "%.*s", (int)GW_MIN(id.size, sizeof asked - 1), (const char *)id.data);
                near = gw_near(asked, names, n_names);
            }
            fine = gw_pack_error(r, "unknown_source", "no source has the id \"%s\"%s%s%s", asked, near == NULL ? "" : "; did you mean ",
                near == NULL ? "" : near, near == NULL ? "" : "?");
        }
        gw_pack_leave(r, inner);
    }
    gw_pack_leave(r, mark);
    *out = (struct gw_pack_sources){ of, n };
    return fine;
}

static bool cite(struct gw_pack_sources *out, struct gw_pack_reader *r, const struct gw_json *object)
{
    return cite_under(out, r, object, "sources");
}

/* ---- classes ------------------------------------------------------------- */

static bool read_classes(struct gw_pack_reader *r, const struct gw_json *all)
{
    static const char *const keys[] = { "means", "when", "sources" };
    struct gw_pack *p = r->p;
    const char *name;
    const struct gw_json *j;
    bool fine = true;
    if (all == NULL)
        return gw_condition_order(r);
    size_t n = gw_json_size(all), mark = gw_pack_enter(r, "classes");
    if (gw_json_kind(all) != GW_JSON_OBJECT)
        fine = gw_pack_error(r, "type", "\"classes\" is an object: name and condition of each");
    else if (n > GW_PACK_CLASSES_MAX)
        fine = gw_pack_error(r, "limit", "at most %d classes", GW_PACK_CLASSES_MAX);
    if (!fine || (p->classes = gw_pack_array(r, n, sizeof *p->classes)) == NULL) {
        gw_pack_leave(r, mark);
        return false;
    }
    for (size_t i = 0; gw_json_member(all, i, &name, &j) && !r->full; i++) {
        size_t inner = gw_pack_enter(r, name);
        if (!gw_pack_name_check(name) || strcmp(name, "everybody") == 0)
            fine = gw_pack_error(r, "name", "the name of a class has letters, digits, hyphens and underscores, at most %d, and is not \"everybody\"",
                GW_PACK_ID_MAX);
        if ((p->classes[i].name = gw_pack_text(r, name)) != NULL)
            p->n_classes++;
        gw_pack_leave(r, inner);
    }
    for (size_t i = 0; gw_json_member(all, i, &name, &j) && !r->full; i++) {
        struct gw_pack_class *c = &p->classes[i];
        size_t inner = gw_pack_enter(r, name);
        if (!gw_pack_keys(r, j, keys, GW_COUNT(keys)) || (c->means = gw_pack_want_text(r, j, "means")) == NULL ||
            !cite(&c->sources, r, j)) {
            fine = false;
        } else if (gw_json_get(j, "when") == NULL) {
            fine = gw_pack_error(r, "missing", "\"when\" is missing: who belongs to the class");
        } else {
            size_t when = gw_pack_enter(r, "when");
            fine = gw_condition_read(&c->begin, &c->end, r, gw_json_get(j, "when")) && fine;
            gw_pack_leave(r, when);
        }
        gw_pack_leave(r, inner);
    }
    gw_pack_leave(r, mark);
    return fine && !r->full && gw_condition_order(r);
}

/* ---- retention ----------------------------------------------------------- */

static bool read_period(struct gw_period *out, struct gw_pack_reader *r, const struct gw_json *object, const char *key)
{
    struct gw_span s;
    if (gw_json_get(object, key) == NULL)
        return gw_pack_error(r, "missing", "\"%s\" is missing: a period as 12h, 14d, 3y1d", key);
    size_t mark = gw_pack_enter(r, key);
    bool fine = gw_json_get_string(object, key, &s) && gw_period_parse(out, s);
    if (!fine)
        gw_pack_error(r, "period", "a period is written 12h, 90min, 14d or 3y1d, large units first");
    gw_pack_leave(r, mark);
    return fine;
}

static bool read_retention(struct gw_pack_reader *r, const struct gw_json *all)
{
    static const char *const keys[] = { "keep", "after", "sources" };
    struct gw_pack *p = r->p;
    const char *name;
    const struct gw_json *j;
    bool fine = true;
    size_t n = gw_json_size(all);
    if (gw_json_kind(all) != GW_JSON_OBJECT || n == 0)
        return gw_pack_error(r, "missing", "\"retention\" is missing: how long what is kept, by name");
    if (n > RETENTION_MAX)
        return gw_pack_error(r, "limit", "at most %d retention classes", RETENTION_MAX);
    if ((p->retention = gw_pack_array(r, n, sizeof *p->retention)) == NULL)
        return false;
    size_t mark = gw_pack_enter(r, "retention");
    for (size_t i = 0; gw_json_member(all, i, &name, &j) && !r->full; i++) {
        struct gw_retention *t = &p->retention[p->n_retention++];
        size_t inner = gw_pack_enter(r, name);
        t->name = gw_pack_text(r, name);
        if (!gw_pack_name_check(name))
            fine = gw_pack_error(r, "name", "a name has letters, digits, hyphens and underscores, at most %d", GW_PACK_ID_MAX);
        if (!gw_pack_keys(r, j, data, GW_COUNT(data)))
            fine = false;
        for (size_t d = 0; d < GW_DATUM_COUNT && !r->full; d++) {
            const struct gw_json *k = gw_json_get(j, data[d]);
            /* What may come into being is said of each, so that nothing is kept by oversight. */
            if (k == NULL && d <= GW_DATUM_CROSSING)
                fine = gw_pack_error(r, "missing", "\"%s\" is missing; null says that none is kept", data[d]);
            if (k == NULL || gw_json_kind(k) == GW_JSON_NULL)
                continue;
            size_t deep = gw_pack_enter(r, data[d]);
            if (gw_pack_keys(r, k, keys, GW_COUNT(keys)) && read_period(&t->keep[d].period, r, k, "keep")) {
                if (gw_json_get(k, "after") == NULL)
                    fine = gw_pack_error(r, "missing_clock", "\"after\" is missing: when the clock of \"%s\" starts", data[d]);
                else if (READ_WORD(&t->keep[d].starts, false, r, k, "after", starts) && cite(&t->keep[d].sources, r, k))
                    t->keep[d].has = true;
                else
                    fine = false;
            } else {
                fine = false;
            }
            gw_pack_leave(r, deep);
        }
        gw_pack_leave(r, inner);
    }
    gw_pack_leave(r, mark);
    return fine;
}

/* ---- rules --------------------------------------------------------------- */

/* {"value": 3, "sources": [...]}; *out stays where absent. */
static bool read_figure(double *out, bool *has, struct gw_pack_reader *r, const struct gw_json *object, const char *key,
    double least, double most, bool whole)
{
    static const char *const keys[] = { "value", "sources" };
    const struct gw_json *j = gw_json_get(object, key);
    struct gw_pack_sources sources;
    if (j == NULL)
        return true;
    size_t mark = gw_pack_enter(r, key);
    double v = 0;
    int64_t i;
    bool fine = gw_pack_keys(r, j, keys, GW_COUNT(keys));
    if (fine && (!gw_json_get_real(j, "value", &v) || v < least || v > most || (whole && !gw_json_get_integer(j, "value", &i))))
        fine = gw_pack_error(r, "range", "\"%s\" has a \"value\" from %g to %g%s", key, least, most, whole ? ", a whole number" : "");
    fine = fine && cite(&sources, r, j);
    if (fine) {
        *out = v;
        *has = true;
    }
    gw_pack_leave(r, mark);
    return fine;
}

struct answers {
    struct gw_pack_rule rule;
    bool has_iris, has_alternative, has_override, has_attempts, has_fpir;
};

/* What may stand in defaults and in every rule. */
#define COMMON_KEYS "iris", "alternative", "override_below_age", "attempts", "fpir", "fmr"
static bool read_common(struct answers *a, struct gw_pack_reader *r, const struct gw_json *j)
{
    double v = 0;
    bool fine = true, has = false;
    if (gw_json_get(j, "iris") != NULL)
        fine = (a->has_iris = READ_WORD(&a->rule.iris, true, r, j, "iris", consents)) && fine;
    if (gw_json_get(j, "alternative") != NULL)
        fine = (a->has_alternative = READ_WORD(&a->rule.alternative, true, r, j, "alternative", alternatives)) && fine;
    if (gw_json_kind(gw_json_get(j, "override_below_age")) == GW_JSON_NULL) {
        a->rule.override_below_age = GW_AGE_END;
        a->has_override = true;
    } else {
        fine = read_figure(&v, &has, r, j, "override_below_age", 0, GW_AGE_END - 1, true) && fine;
        if (has) {
            a->rule.override_below_age = (unsigned)v;
            a->has_override = true;
        }
    }
    has = false;
    fine = read_figure(&v, &has, r, j, "attempts", 1, 20, true) && fine;
    if (has) {
        a->rule.attempts = (unsigned)v;
        a->has_attempts = true;
    }
    fine = read_figure(&a->rule.fpir, &a->has_fpir, r, j, "fpir", 1e-6, 0.5, false) && fine;
    return read_figure(&a->rule.fmr, &a->rule.has_fmr, r, j, "fmr", 1e-8, 1e-3, false) && fine;
}

/* What of somebody goes to the register. The picture always: notices speak of it, and a register that gets none
 * is not what enrolling means. */
static bool read_transfer_data(unsigned *out, struct gw_pack_reader *r, const struct gw_json *transfer)
{
    static const struct { const char *word; enum gw_datum what; } words[] = { { "probe", GW_DATUM_PROBE }, { "crossing", GW_DATUM_CROSSING } };
    const struct gw_json *list = gw_json_get(transfer, "data");
    const size_t mark = gw_pack_enter(r, "data"), n = gw_json_size(list);
    bool fine = gw_json_kind(list) == GW_JSON_ARRAY && n > 0;
    if (!fine)
        gw_pack_error(r, "missing", "\"data\" is missing: what goes there, as [\"probe\"]");
    for (size_t i = 0; fine && i < n; i++) {
        size_t which = 0;
        struct gw_span word = {};
        const size_t inner = gw_pack_enter_item(r, i);
        while (which < GW_COUNT(words) && !(gw_json_string(gw_json_at(list, i), &word) && gw_span_is(word, words[which].word)))
            which++;
        if (which == GW_COUNT(words))
            fine = gw_pack_error(r, "unknown_value", "what goes to a register is probe or crossing");
        else if ((*out >> words[which].what & 1) != 0)
            fine = gw_pack_error(r, "twice", "\"%s\" stands here twice", words[which].word);
        else
            *out |= 1u << words[which].what;
        gw_pack_leave(r, inner);
    }
    if (fine && (*out >> GW_DATUM_PROBE & 1) == 0)
        fine = gw_pack_error(r, "contradiction", "a transfer without the probe enrols nobody");
    gw_pack_leave(r, mark);
    return fine;
}

static bool read_transfer(struct gw_pack_rule *out, struct gw_pack_reader *r, const struct gw_json *j)
{
    static const char *const keys[] = { "to", "data", "within", "after", "purge", "sources" };
    static const char *const registers[] = { "identity_register" }, *const purges[] = { "receipt", "deadline" };
    struct gw_pack_sources sources;
    unsigned which = 0, purge = 0;
    if (j == NULL)
        return gw_pack_error(r, "missing", "\"transfer\" is missing; null says that nothing leaves");
    if (gw_json_kind(j) == GW_JSON_NULL)
        return true;
    size_t mark = gw_pack_enter(r, "transfer");
    bool fine = gw_pack_keys(r, j, keys, GW_COUNT(keys)) && READ_WORD(&which, false, r, j, "to", registers) &&
                read_transfer_data(&out->transfer_data, r, j) && read_period(&out->transfer_within, r, j, "within") && READ_WORD(&out->transfer_starts, false, r, j, "after", starts) &&
                (gw_json_get(j, "purge") == NULL || READ_WORD(&purge, false, r, j, "purge", purges)) && cite(&sources, r, j);
    if (fine)
        out->transfer = registers[which];
    out->transfer_keeps = purge == 1;
    gw_pack_leave(r, mark);
    return fine;
}

/* What cannot be at the same time. */
static bool check_sense(struct gw_pack_reader *r, const struct gw_pack_rule *t)
{
    bool taken = t->photo == GW_CONSENT_REQUIRED || t->photo == GW_CONSENT_VOLUNTARY;
    bool kept = t->retention->keep[GW_DATUM_PROBE].has || t->retention->keep[GW_DATUM_TEMPLATE].has || t->retention->keep[GW_DATUM_PORTRAIT].has;
    if (t->photo == GW_CONSENT_NOT_AUTHORISED && kept)
        return gw_pack_error(r, "contradiction", "no photograph is authorised, but retention \"%s\" keeps a probe, template or portrait", t->retention->name);
    if (t->enrol && !taken)
        return gw_pack_error(r, "contradiction", "enrol is true where nobody is photographed");
    if (t->transfer != NULL && !t->enrol)
        return gw_pack_error(r, "contradiction", "a transfer to %s needs enrol to be true", t->transfer);
    if (t->photo == GW_CONSENT_VOLUNTARY && t->alternative == GW_ALTERNATIVE_NONE)
        return gw_pack_error(r, "contradiction", "what is voluntary needs an alternative");
    for (size_t d = 0; t->transfer != NULL && d < GW_DATUM_COUNT; d++)
        if ((t->transfer_data >> d & 1) != 0 && !t->retention->keep[d].has)
            return gw_pack_error(r, "contradiction", "what is transferred must be kept until then: retention \"%s\" keeps no %s",
                t->retention->name, gw_datum_name((enum gw_datum)d));
    return true;
}

static bool read_rule(struct gw_pack_reader *r, size_t i, const struct answers *defaults, const struct gw_json *j)
{
    static const char *const keys[] = { "id", "title", "when", "photo", "fingerprints", "enrol", "retention", "transfer", "basis",
        "sources", "who", COMMON_KEYS };
    struct gw_pack *p = r->p;
    struct answers a = *defaults;
    struct gw_pack_rule *t = &a.rule;
    const char *name = NULL;
    bool fine = gw_pack_keys(r, j, keys, GW_COUNT(keys));
    if (!fine)
        return false;
    fine = (t->id = want_name(r, j, "id")) != NULL && fine;
    for (size_t k = 0; t->id != NULL && k < i; k++)
        if (p->rules[k].id != NULL && strcmp(p->rules[k].id, t->id) == 0)
            fine = gw_pack_error(r, "twice", "two rules have the id \"%s\"", t->id);
    fine = (t->title = gw_pack_want_text(r, j, "title")) != NULL && fine;
    if (gw_json_get(j, "basis") == NULL)
        fine = gw_pack_error(r, "missing_basis", "\"basis\" is missing: what in law the rule rests on");
    else
        fine = (t->basis = gw_pack_want_text(r, j, "basis")) != NULL && fine;
    fine = cite(&t->sources, r, j) && fine;
    fine = READ_WORD(&t->photo, false, r, j, "photo", consents) && fine;
    fine = READ_WORD(&t->fingerprints, false, r, j, "fingerprints", consents) && fine;
    if (!gw_json_get_bool(j, "enrol", &t->enrol))
        fine = gw_pack_error(r, "missing", "\"enrol\" is missing: true or false");
    fine = read_transfer(t, r, gw_json_get(j, "transfer")) && fine;
    fine = read_common(&a, r, j) && fine;
    static const char *const wanted[] = { "alternative", "override_below_age", "attempts", "fpir" };
    const bool there[] = { a.has_alternative, a.has_override, a.has_attempts, a.has_fpir };
    for (size_t k = 0; fine && k < GW_COUNT(wanted); k++)
        if (!there[k])
            fine = gw_pack_error(r, "missing", "\"%s\" is missing, here and in defaults", wanted[k]);
    if (gw_json_get(j, "retention") == NULL || !gw_json_get_text(j, "retention", &name)) {
        fine = gw_pack_error(r, "missing", "\"retention\" is missing: the name of a retention class");
    } else {
        for (size_t k = 0; k < p->n_retention; k++)
            if (p->retention[k].name != NULL && strcmp(p->retention[k].name, name) == 0)
                t->retention = &p->retention[k];
        if (t->retention == NULL) {
            const char *names[RETENTION_MAX];
            for (size_t k = 0; k < p->n_retention; k++)
                names[k] = p->retention[k].name == NULL ? "" : p->retention[k].name;
            const char *near = gw_near(name, names, p->n_retention);
            size_t mark = gw_pack_enter(r, "retention");
            fine = gw_pack_error(r, "unknown_retention", "no retention class is called \"%.40s\"%s%s%s", name,
                near == NULL ? "" : "; did you mean ", near == NULL ? "" : near, near == NULL ? "" : "?");
            gw_pack_leave(r, mark);
        }
    }
    if (gw_json_get(j, "when") == NULL) {
        fine = gw_pack_error(r, "missing", "\"when\" is missing: for whom the rule is; the last rule is for \"everybody\"");
    } else {
        size_t mark = gw_pack_enter(r, "when");
        fine = gw_condition_read(&p->inside[i].begin, &p->inside[i].end, r, gw_json_get(j, "when")) && fine;
        gw_pack_leave(r, mark);
    }
    fine = fine && check_sense(r, t);
    p->rules[i] = *t;
    return fine;
}

static bool read_rules(struct gw_pack_reader *r, const struct gw_json *pack)
{
    static const char *const keys[] = { COMMON_KEYS };
    struct gw_pack *p = r->p;
    const struct gw_json *j = gw_json_get(pack, "defaults"), *list = gw_json_get(pack, "rules");
    struct answers defaults = { .rule.iris = GW_CONSENT_NOT_AUTHORISED };
    bool fine = true;
    if (j != NULL) {
        size_t mark = gw_pack_enter(r, "defaults");
        fine = gw_pack_keys(r, j, keys, GW_COUNT(keys)) && read_common(&defaults, r, j);
        gw_pack_leave(r, mark);
    }
    size_t n = gw_json_size(list), mark = gw_pack_enter(r, "rules");
    if (gw_json_kind(list) != GW_JSON_ARRAY || n == 0)
        fine = gw_pack_error(r, "missing", "\"rules\" is missing: a list, the first that applies decides");
    else if (n > GW_PACK_RULES_MAX)
        fine = gw_pack_error(r, "limit", "at most %d rules", GW_PACK_RULES_MAX);
    else if ((p->rules = gw_pack_array(r, n, sizeof *p->rules)) == NULL || (p->inside = gw_pack_array(r, n, sizeof *p->inside)) == NULL)
        fine = false;
    else
        p->n_rules = n;
    for (size_t i = 0; i < p->n_rules && !r->full; i++) {
        size_t inner = gw_pack_enter_item(r, i);
        fine = read_rule(r, i, &defaults, gw_json_at(list, i)) && fine;
        gw_pack_leave(r, inner);
    }
    /* Without it somebody could be left without an answer. */
    if (fine && !r->full) {
        const struct gw_node *last = &p->nodes[p->inside[n - 1].begin];
        if (last->op != GW_NODE_ALL || last->n != 0) {
            size_t inner = gw_pack_enter_item(r, n - 1);
            fine = gw_pack_error(r, "no_catch_all", "the last rule is for \"everybody\" who is left, and this is not");
            gw_pack_leave(r, inner);
        }
    }
    gw_pack_leave(r, mark);
    return fine;
}

/* ---- the head ------------------------------------------------------------ */

static bool read_day(struct gw_date *out, struct gw_pack_reader *r, const struct gw_json *pack, const char *key)
{
    struct gw_span s;
    size_t mark = gw_pack_enter(r, key);
    bool fine = gw_json_get_string(pack, key, &s) && gw_date_parse(out, s);
    if (!fine)
        gw_pack_error(r, "date", "\"%s\" is a day as 2025-12-26", key);
    gw_pack_leave(r, mark);
    return fine;
}

static bool read_zone(struct gw_pack_reader *r, const struct gw_json *pack)
{
    static const char *const keys[] = { "rule", "means" };
    const struct gw_json *j = gw_json_get(pack, "time_zone");
    const char *rule;
    struct gw_err err;
    if (j == NULL)
        return gw_pack_error(r, "missing", "\"time_zone\" is missing: at whose midnight a day begins");
    size_t mark = gw_pack_enter(r, "time_zone");
    bool fine = gw_pack_keys(r, j, keys, GW_COUNT(keys)) && (rule = gw_pack_want_text(r, j, "rule")) != NULL &&
                (r->p->zone_means = gw_pack_want_text(r, j, "means")) != NULL;
    if (fine && !gw_zone_parse(&r->p->zone, gw_span_str(rule), &err))
        fine = gw_pack_error(r, "time_zone", "%s", err.text);
    gw_pack_leave(r, mark);
    return fine;
}

static bool read_head(struct gw_pack_reader *r, const struct gw_json *pack)
{
    static const char *const keys[] = { "$schema", "format", "name", "id", "title", "authority", "time_zone", "effective_from",
        "effective_until", "effective_sources", "unrecorded", "documents_of", "sources", "classes", "retention", "defaults", "rules", "notices", "tests",
        "signature" };
    struct gw_pack *p = r->p;
    int64_t format;
    if (gw_json_kind(pack) != GW_JSON_OBJECT)
        return gw_pack_error(r, "type", "a rule pack is a JSON object");
    if (!gw_json_get_integer(pack, "format", &format))
        return gw_pack_error(r, "missing", "\"format\" is missing: %d, the version of this format", FORMAT);
    if (format != FORMAT)
        return gw_pack_error(r, "format", "this program reads format %d of rule packs, not %lld", FORMAT, (long long)format);
    p->id_line = gw_json_line(r->text, gw_json_place(r->text, "/id"));
    p->from_line = gw_json_line(r->text, gw_json_place(r->text, "/effective_from"));
    p->until_line = gw_json_line(r->text, gw_json_place(r->text, "/effective_until"));
    bool fine = gw_pack_keys(r, pack, keys, GW_COUNT(keys));
    fine = (p->name = want_name(r, pack, "name")) != NULL && fine;
    fine = (p->id = want_name(r, pack, "id")) != NULL && fine;
    fine = (p->authority = want_name(r, pack, "authority")) != NULL && fine;
    fine = (p->title = gw_pack_want_text(r, pack, "title")) != NULL && fine;
    fine = read_zone(r, pack) && fine;
    if (gw_json_get(pack, "effective_from") == NULL)
        fine = gw_pack_error(r, "missing", "\"effective_from\" is missing: the first day in force");
    else
        fine = read_day(&p->from, r, pack, "effective_from") && fine;
    if (gw_json_get(pack, "effective_until") == NULL)
        fine = gw_pack_error(r, "missing", "\"effective_until\" is missing: the last day in force, or null");
    else if (gw_json_kind(gw_json_get(pack, "effective_until")) != GW_JSON_NULL)
        fine = read_day(&p->until, r, pack, "effective_until") && fine;
    if (fine && p->until.year != 0 && gw_date_compare(p->until, p->from) < 0)
        fine = gw_pack_error(r, "empty", "effective_until lies before effective_from");
    return fine;
}

/* ---- facts that are missing ------------------------------------------------ */

static bool read_unrecorded_fact(struct gw_unrecorded *out, struct gw_pack_reader *r, const struct gw_json *j, enum gw_dim dim)
{
    static const char *const keys[] = { "as", "because", "sources" };
    const struct gw_json *as = gw_json_get(j, "as");
    const struct gw_dim_row *row = &gw_dims[dim];
    bool flag = false, fine = gw_pack_keys(r, j, keys, GW_COUNT(keys));
    unsigned word = 0;
    if (!fine)
        return false;
    if (dim == GW_DIM_STATUS)
        fine = gw_json_kind(as) == GW_JSON_NULL || gw_pack_error(r, "unknown_value", "\"as\" is null: a status that is not recorded is none, or else it is not known");
    else if (dim == GW_DIM_DOCUMENT)
        fine = read_word(&word, false, r, j, "as", row->values, row->n_values);
    else
        fine = gw_json_get_bool(j, "as", &flag) || gw_pack_error(r, "type", "\"as\" is true or false");
    out->value = dim == GW_DIM_DOCUMENT ? word : flag;
    fine = fine && (out->because = gw_pack_want_text(r, j, "because")) != NULL && cite(&out->sources, r, j);
    out->is_said = fine;
    return fine;
}

static bool read_unrecorded(struct gw_pack_reader *r, const struct gw_json *pack)
{
    static const enum gw_dim dims[] = { GW_DIM_STATUS, GW_DIM_RESIDENT, GW_DIM_ACCOMPANIED, GW_DIM_DOCUMENT };
    const char *keys[GW_COUNT(dims)];
    const struct gw_json *j = gw_json_get(pack, "unrecorded");
    for (size_t i = 0; i < GW_COUNT(dims); i++)
        keys[i] = gw_dims[dims[i]].key;
    if (j == NULL)
        return true;
    const size_t mark = gw_pack_enter(r, "unrecorded");
    bool fine = gw_pack_keys(r, j, keys, GW_COUNT(keys));
    for (size_t i = 0; fine && i < GW_COUNT(dims); i++) {
        const struct gw_json *fact = gw_json_get(j, keys[i]);
        const size_t inner = gw_pack_enter(r, keys[i]);
        fine = fact == NULL || read_unrecorded_fact(&r->p->unrecorded[dims[i]], r, fact, dims[i]);
        gw_pack_leave(r, inner);
    }
    gw_pack_leave(r, mark);
    return fine;
}

static bool read_documents_of(struct gw_pack_reader *r, const struct gw_json *pack)
{
    static const char *const keys[] = { "states", "because", "sources" };
    const struct gw_json *j = gw_json_get(pack, "documents_of"), *list = gw_json_get(j, "states");
    struct gw_pack *p = r->p;
    struct gw_pack_sources sources;
    if (j == NULL)
        return true;
    const size_t mark = gw_pack_enter(r, "documents_of"), n = gw_json_size(list);
    bool fine = gw_pack_keys(r, j, keys, GW_COUNT(keys)) && gw_pack_want_text(r, j, "because") != NULL && cite(&sources, r, j);
    const size_t inner = gw_pack_enter(r, "states");
    if (fine && (gw_json_kind(list) != GW_JSON_ARRAY || n == 0 || n > STATES_MAX))
        fine = gw_pack_error(r, "missing", "\"states\" is missing: three-letter codes, as [\"UTO\"]");
    if (fine && (p->document_states = gw_pack_array(r, n, sizeof *p->document_states)) == NULL)
        fine = false;
    for (size_t i = 0; fine && i < n; i++) {
        struct gw_span code;
        char text[GW_PACK_CODE_MAX + 1] = "";
        const size_t item = gw_pack_enter_item(r, i);
        if (gw_json_string(gw_json_at(list, i), &code) && code.size < sizeof text)
            memcpy(text, code.data, code.size);
        const char *country = !gw_pack_code_check(text) ? NULL : r->options->country == NULL ? gw_pack_text(r, text) : r->options->country(text);
        if (country == NULL)
            fine = gw_pack_error(r, "unknown_country", "no state has that code (ICAO Doc 9303-3 section 5)");
        else
            p->document_states[p->n_document_states++] = country;
        gw_pack_leave(r, item);
    }
    gw_pack_leave(r, inner);
    gw_pack_leave(r, mark);
    return fine;
}

bool gw_pack_counts_documents_of(const struct gw_pack *p, const char *country)
{
    for (size_t i = 0; i < p->n_document_states; i++)
        if (strcmp(p->document_states[i], country) == 0)
            return true;
    return p->n_document_states == 0;
}

/* ---- tests --------------------------------------------------------------- */

static bool run_test(struct gw_pack_reader *r, bool *reached, const struct gw_json *j)
{
    static const char *const keys[] = { "says", "day", "person", "mode", "direction", "site", "expect" };
    struct gw_pack *p = r->p;
    struct gw_pack_facts facts;
    const char *says, *key;
    if (!gw_pack_keys(r, j, keys, GW_COUNT(keys)) || (says = gw_pack_want_text(r, j, "says")) == NULL || !gw_pack_facts_read(&facts, r, j))
        return false;
    const struct gw_json *expect = gw_json_get(j, "expect");
    if (gw_json_kind(expect) != GW_JSON_OBJECT || gw_json_size(expect) == 0)
        return gw_pack_error(r, "missing", "\"expect\" is missing: members of the answer as policy explain prints it");
    struct gw_pack_decision d = gw_pack_decide(p, &facts);
    for (size_t i = 0; i < p->n_rules; i++)
        reached[i] = reached[i] || d.rule == &p->rules[i];
    GW_AUTO(gw_json) *answer = gw_pack_answer(p, &d);
    if (gw_pack_answer_is(answer, expect, &key))
        return true;
    GW_AUTO_VALUE(gw_buf) got = {};
    const struct gw_json *value = gw_json_get(answer, key);
    if (value == NULL)
        gw_buf_add_text(&got, "nothing of that name");
    else
        gw_json_format(&got, value, false);
    size_t mark = gw_pack_enter(r, "expect"), inner = gw_pack_enter(r, key);
    gw_pack_error(r, "test", "the test \"%.100s\" fails: %.40s is %.100s, by rule %s", says, key, gw_buf_text(&got), d.rule->id);
    gw_pack_leave(r, inner);
    gw_pack_leave(r, mark);
    return false;
}

static bool run_tests(struct gw_pack_report *report, struct gw_pack_reader *r, const struct gw_json *list)
{
    bool fine = true, reached[GW_PACK_RULES_MAX] = {};
    size_t n = gw_json_size(list), mark = gw_pack_enter(r, "tests");
    if (gw_json_kind(list) != GW_JSON_ARRAY || n == 0)
        fine = gw_pack_error(r, "missing", "\"tests\" is missing: persons, and what is to be answered of them");
    else if (n > TESTS_MAX)
        fine = gw_pack_error(r, "limit", "at most %d tests", TESTS_MAX);
    report->n_tests = fine ? n : 0;
    for (size_t i = 0; i < report->n_tests && !r->full; i++) {
        size_t inner = gw_pack_enter_item(r, i);
        if (run_test(r, reached, gw_json_at(list, i)))
            report->n_tests_passed++;
        else
            fine = false;
        gw_pack_leave(r, inner);
    }
    gw_pack_leave(r, mark);
    for (size_t i = 0; fine && i < r->p->n_rules; i++)
        if (!reached[i]) {
            size_t rules = gw_pack_enter(r, "rules"), inner = gw_pack_enter_item(r, i);
            gw_pack_warning(r, "no_test", "no test comes to rule \"%s\"", r->p->rules[i].id);
            gw_pack_leave(r, inner);
            gw_pack_leave(r, rules);
        }
    return fine;
}

/* ---- all of it ----------------------------------------------------------- */

static void warn_unused(struct gw_pack_reader *r)
{
    for (size_t i = 0; i < r->p->n_classes; i++)
        if (!r->p->classes[i].used) {
            size_t mark = gw_pack_enter(r, "classes"), inner = gw_pack_enter(r, r->p->classes[i].name);
            gw_pack_warning(r, "unused", "nothing asks for class \"%s\"", r->p->classes[i].name);
            gw_pack_leave(r, inner);
            gw_pack_leave(r, mark);
        }
}

static void make_refusals(struct gw_pack *p)
{
    static const struct gw_retention nothing = { .name = "nothing" };
    p->undetermined = (struct gw_pack_rule){
        .id = "undetermined", .title = "A fact is missing",
        .basis = "It hangs on facts that are not known which rule applies. What is not known is not guessed: no photograph; an officer looks at the document.",
        .photo = GW_CONSENT_NOT_AUTHORISED, .fingerprints = GW_CONSENT_NOT_AUTHORISED, .iris = GW_CONSENT_NOT_AUTHORISED,
        .retention = &nothing, .attempts = 1, .fpir = 1e-6,
    };
    p->not_in_force = p->undetermined;
    p->not_in_force.id = "not-in-force";
    p->not_in_force.title = "Not in force";
    p->not_in_force.basis = "This pack is not in force on that day, so it authorises nothing.";
}

/* Everything but the signature. */
static bool read_rules_of(struct gw_pack_report *report, struct gw_pack_reader *r, const struct gw_json *pack)
{
    struct gw_pack *p = r->p;
    struct gw_pack_sources dates;
    bool fine = read_head(r, pack);
    if ((!fine && (p->name == NULL || p->from.year == 0)) || !read_sources(r, gw_json_get(pack, "sources")) || r->full)
        return false;
    fine = cite_under(&dates, r, pack, "effective_sources") && fine;
    fine = read_unrecorded(r, pack) && fine;
    fine = read_documents_of(r, pack) && fine;
    bool classes = read_classes(r, gw_json_get(pack, "classes"));
    fine = read_retention(r, gw_json_get(pack, "retention")) && fine;
    if (!classes || r->full || !read_rules(r, pack) || r->full)
        return false;
    fine = gw_notice_read(r, pack) && fine;
    warn_unused(r);
    make_refusals(p);
    if (!fine || r->full || !gw_table_build(r))
        return false;
    return run_tests(report, r, gw_json_get(pack, "tests")) && !r->full;
}

static bool read_all(struct gw_pack_report *report, struct gw_pack_reader *r, const struct gw_json *pack)
{
    /* The signature comes last: whoever is still writing learns first what the pack says wrong. */
    bool fine = read_rules_of(report, r, pack);
    if (r->full || gw_json_kind(pack) != GW_JSON_OBJECT || r->options->unsigned_too)
        return fine;
    return gw_signature_check(r, pack) && fine;
}

bool gw_pack_parse(const struct gw_pack **out, struct gw_pack_report *report, struct gw_arena *a, struct gw_span text,
    const struct gw_pack_options *options, struct gw_err *err)
{
    struct gw_pack_report own = {};
    *out = NULL;
    if (report == NULL)
        report = &own;
    *report = (struct gw_pack_report){};
    if (text.size > GW_PACK_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "a rule pack has at most %d bytes", GW_PACK_BYTES_MAX);
    GW_AUTO(gw_json) *pack = gw_json_parse(text, err);
    if (pack == NULL)
        return false;
    struct gw_pack_reader *r = gw_arena_one(a, struct gw_pack_reader, err);
    if (r == NULL || (r->p = gw_arena_one(a, struct gw_pack, err)) == NULL ||
        (r->p->nodes = gw_arena_array(a, GW_PACK_NODES_MAX, struct gw_node, err)) == NULL ||
        (r->problems = gw_arena_array(a, GW_PACK_PROBLEMS_MAX, struct gw_pack_problem, err)) == NULL)
        return false;
    r->a = a;
    r->text = text;
    r->options = options;
    r->p->country = options->country;
    r->p->hash = gw_sha256(text);
    bool fine = read_all(report, r, pack);
    report->problems = r->problems;
    report->n_problems = r->n_problems;
    report->n_errors = r->n_errors;
    if (r->n_errors > 0 || !fine) {
        assert(r->n_errors > 0);
        if (err != NULL)
            *err = r->err;
        return false;
    }
    *out = r->p;
    return true;
}
