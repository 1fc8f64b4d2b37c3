/* entry.c - entries written and read; both walk the table of fields in its order. */
#include "audit/entry.h"

#include <stdio.h>

enum field_type { TYPE_ID, TYPE_REF, TYPE_HASH, TYPE_LINK, TYPE_WORD, TYPE_COUNT, TYPE_TIME };
static const struct field {
    const char *name;
    size_t size; /* of the name */
    enum field_type type;
} fields[] = {
#define GW_AUDIT_FIELD(NAME, name, TYPE, meaning) { #name, sizeof #name - 1, TYPE_##TYPE },
#define GW_AUDIT_KIND(...)
#include "audit/entry.def"
#undef GW_AUDIT_FIELD
#undef GW_AUDIT_KIND
};
static_assert(GW_COUNT(fields) <= 64, "a set of fields is a 64-bit word");

#define F(NAME) (UINT64_C(1) << GW_AUDIT_FIELD_##NAME)
#define ALWAYS (F(AT) | F(KIND) | F(N) | F(PREV))
#define ANY (F(ACTOR) | F(ROLE) | F(SITE))
static const struct kind {
    const char *name;
    uint64_t must, may;
} kinds[] = {
#define GW_AUDIT_FIELD(...)
#define GW_AUDIT_KIND(NAME, name, must, may, meaning) { #name, ALWAYS | (must), ALWAYS | ANY | (must) | (may) },
#include "audit/entry.def"
#undef GW_AUDIT_FIELD
#undef GW_AUDIT_KIND
};

#define NUMBER_MOST ((INT64_C(1) << 53) - 1) /* what every reader of JSON has exactly (RFC 8785 appendix D) */

const char *gw_audit_kind_name(enum gw_audit_kind kind)
{
    assert((size_t)kind < GW_COUNT(kinds));
    return kinds[kind].name;
}

const char *gw_audit_field_name(enum gw_audit_field field)
{
    assert((size_t)field < GW_COUNT(fields));
    return fields[field].name;
}

bool gw_audit_kind_find(enum gw_audit_kind *out, struct gw_span name)
{
    for (size_t i = 0; i < GW_COUNT(kinds); i++)
        if (gw_span_is(name, kinds[i].name))
            return *out = (enum gw_audit_kind)i, true;
    return false;
}

/* Letters and digits, and what stands between them. */
static bool is_word_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == ':' || c == '+' || c == '/' || c == '-';
}

bool gw_audit_is_word(struct gw_span s)
{
    bool fine = s.size >= 1 && s.size <= GW_AUDIT_WORD_MAX;
    for (size_t i = 0; fine && i < s.size; i++)
        fine = is_word_byte(s.data[i]);
    return fine;
}

static bool is_hex(struct gw_span s, size_t bytes)
{
    bool fine = s.size == 2 * bytes;
    for (size_t i = 0; fine && i < s.size; i++)
        fine = (s.data[i] >= '0' && s.data[i] <= '9') || (s.data[i] >= 'a' && s.data[i] <= 'f');
    return fine;
}

/* ---- writing ---------------------------------------------------------------------- */

static void put_name(struct gw_buf *out, const struct field *f, size_t start)
{
    gw_buf_add(out, out->size == start ? "{\"" : ",\"", 2);
    gw_buf_add(out, f->name, f->size);
    gw_buf_add(out, "\":", 2);
}

static void put_text(struct gw_buf *out, struct gw_span text)
{
    gw_buf_add(out, "\"", 1);
    gw_buf_add(out, text.data, text.size);
    gw_buf_add(out, "\"", 1);
}

static void put_hex(struct gw_buf *out, const struct gw_hash *hash, size_t bytes)
{
    char text[2 * GW_HASH_BYTES + 1];
    gw_hex(text, gw_span_of(hash->bytes, bytes));
    put_text(out, gw_span_of(text, 2 * bytes));
}

static bool put_word(struct gw_buf *out, const struct field *f, const char *word, struct gw_err *err)
{
    struct gw_span s = gw_span_str(word);
    put_text(out, s);
    return gw_audit_is_word(s) || gw_fail(err, GW_ERR_INTERNAL, "the log's field %s takes words only", f->name);
}

static bool put_number(struct gw_buf *out, const struct field *f, int64_t n, struct gw_err *err)
{
    char text[24];
    int size = snprintf(text, sizeof text, "%lld", (long long)n);
    gw_buf_add(out, text, (size_t)size);
    return (n >= 0 && n <= NUMBER_MOST) || gw_fail(err, GW_ERR_INTERNAL, "the log's field %s has no such number", f->name);
}

static void put_id(struct gw_buf *out, const struct gw_id *id)
{
    char text[GW_ID_TEXT];
    gw_id_format(text, *id);
    put_text(out, gw_span_of(text, GW_ID_TEXT - 1));
}

#define PUT_ID(field, value) (put_id(out, value), true)
#define PUT_REF(field, value) (put_hex(out, value, GW_AUDIT_REF_BYTES), true)
#define PUT_HASH(field, value) (put_hex(out, value, GW_HASH_BYTES), true)
#define PUT_LINK(field, value) (put_hex(out, value, GW_AUDIT_LINK_BYTES), true)
#define PUT_WORD(field, value) put_word(out, field, value, err)
#define PUT_COUNT(field, value) put_number(out, field, *(value) > NUMBER_MOST ? -1 : (int64_t) * (value), err)
#define PUT_TIME(field, value) put_number(out, field, *(value), err)

bool gw_audit_format(struct gw_buf *out, enum gw_audit_kind kind, const struct gw_audit_facts *given, struct gw_err *err)
{
    assert((size_t)kind < GW_COUNT(kinds));
    struct gw_audit_facts facts = *given;
    facts.kind = kinds[kind].name;
    uint64_t has = 0;
    size_t start = out->size;
#define GW_AUDIT_FIELD(NAME, name, TYPE, meaning)                                                     \
    if (facts.name != NULL) {                                                                         \
        has |= F(NAME);                                                                               \
        put_name(out, &fields[GW_AUDIT_FIELD_##NAME], start);                                         \
        if (!PUT_##TYPE(&fields[GW_AUDIT_FIELD_##NAME], facts.name))                                  \
            return false;                                                                             \
    }
#define GW_AUDIT_KIND(...)
#include "audit/entry.def"
#undef GW_AUDIT_FIELD
#undef GW_AUDIT_KIND
    gw_buf_add(out, "}", 1);
    uint64_t wrong = (kinds[kind].must & ~has) | (has & ~kinds[kind].may);
    if (wrong != 0)
        return gw_fail(err, GW_ERR_INTERNAL, "an entry \"%s\" of the log %s the field %s", kinds[kind].name,
            (has & wrong & -wrong) != 0 ? "must not have" : "must have", fields[__builtin_ctzll(wrong)].name);
    return true;
}

/* ---- reading ------------------------------------------------------------------------ */

static bool take_text(struct gw_span *out, struct gw_cursor *c)
{
    const uint8_t *p = c->in.data + c->at;
    size_t left = gw_cursor_left(c);
    if (left < 2 || p[0] != '"')
        return false;
    const uint8_t *end = memchr(p + 1, '"', left - 1);
    if (end == NULL)
        return false;
    *out = gw_span_of(p + 1, (size_t)(end - p) - 1);
    c->at += out->size + 2;
    return true;
}

/* As it is written and in no other way: no sign, no zero in front. */
static bool take_number(int64_t *out, struct gw_cursor *c)
{
    const uint8_t *p = c->in.data + c->at;
    size_t left = gw_cursor_left(c), n = 0;
    int64_t value = 0;
    while (n < left && n < 17 && p[n] >= '0' && p[n] <= '9')
        value = 10 * value + (p[n++] - '0');
    c->at += n;
    *out = value;
    return n > 0 && (n == 1 || p[0] != '0') && value <= NUMBER_MOST;
}

static bool check_text(struct gw_span s, enum field_type type)
{
    struct gw_id id;
    switch (type) {
    case TYPE_ID:
        return gw_id_parse(&id, s);
    case TYPE_REF:
        return is_hex(s, GW_AUDIT_REF_BYTES);
    case TYPE_HASH:
        return is_hex(s, GW_HASH_BYTES);
    case TYPE_LINK:
        return is_hex(s, GW_AUDIT_LINK_BYTES);
    default:
        return gw_audit_is_word(s);
    }
}

/* The field that begins here; names must come in the order of the table. */
static bool take_name(size_t *field, struct gw_cursor *c, size_t from, struct gw_err *err)
{
    struct gw_span name;
    size_t at = c->at;
    if (!take_text(&name, c))
        return gw_fail_at(err, GW_ERR_FORMAT, at, "a member's name is not closed");
    for (*field = from; *field < GW_COUNT(fields); ++*field)
        if (name.size == fields[*field].size && memcmp(name.data, fields[*field].name, name.size) == 0)
            return true;
    for (size_t i = 0; i < from; i++)
        if (gw_span_is(name, fields[i].name))
            return gw_fail_at(err, GW_ERR_FORMAT, at, "\"%s\" stands in the wrong place or twice (members are ordered by name)",
                fields[i].name);
    return gw_fail_at(err, GW_ERR_FORMAT, at, "this log has no field of that name");
}

bool gw_audit_parse(struct gw_audit_entry *out, struct gw_span line, struct gw_err *err)
{
    struct gw_cursor c = gw_cursor_of(line);
    uint8_t mark;
    out->has = 0;
    if (line.size > GW_AUDIT_ENTRY_MAX)
        return gw_fail_at(err, GW_ERR_FORMAT, GW_AUDIT_ENTRY_MAX, "an entry has at most %d bytes", GW_AUDIT_ENTRY_MAX);
    if (!gw_cursor_u8(&c, &mark) || mark != '{')
        return gw_fail_at(err, GW_ERR_FORMAT, 0, "an entry begins with {");
    for (size_t next = 0;;) {
        size_t field;
        if (!take_name(&field, &c, next, err))
            return false;
        next = field + 1;
        if (!gw_cursor_u8(&c, &mark) || mark != ':')
            return gw_fail_at(err, GW_ERR_FORMAT, c.at, "a : is missing after the name");
        size_t at = c.at;
        bool number = fields[field].type == TYPE_COUNT || fields[field].type == TYPE_TIME;
        bool fine = number ? take_number(&out->number[field], &c)
                           : take_text(&out->text[field], &c) && check_text(out->text[field], fields[field].type);
        if (!fine)
            return gw_fail_at(err, GW_ERR_FORMAT, at, "\"%s\" has a value that no entry can have", fields[field].name);
        out->has |= UINT64_C(1) << field;
        if (!gw_cursor_u8(&c, &mark) || (mark != ',' && mark != '}'))
            return gw_fail_at(err, GW_ERR_FORMAT, c.at, "a , or } is missing after a value");
        if (mark == '}')
            break;
    }
    if (gw_cursor_left(&c) != 0)
        return gw_fail_at(err, GW_ERR_FORMAT, c.at, "something stands after the entry's end");
    if (!gw_audit_has(out, GW_AUDIT_FIELD_KIND) || !gw_audit_kind_find(&out->kind, out->text[GW_AUDIT_FIELD_KIND]))
        return gw_fail_at(err, GW_ERR_FORMAT, 0, "the entry is of no kind this gangway knows");
    uint64_t wrong = (kinds[out->kind].must & ~out->has) | (out->has & ~kinds[out->kind].may);
    if (wrong != 0)
        return gw_fail_at(err, GW_ERR_FORMAT, 0, "an entry \"%s\" %s \"%s\"", kinds[out->kind].name,
            (out->has & wrong & -wrong) != 0 ? "cannot have" : "needs", fields[__builtin_ctzll(wrong)].name);
    return true;
}
