/* entry.h - one entry of the log: a flat JSON object in the canonical form of RFC 8785
 * (members in the order of their names' bytes, no blanks, integers only), so that the
 * line an auditor reads is the bytes that are hashed.
 *
 * Entries hold no personal data, and cannot: fields are ids, counts, times, words of a
 * narrow alphabet, and hashes under keys that die (entry.def). What is not in the table
 * is refused, by the writer and by the checker.
 *
 * Threads: no state. */
#pragma once
#include "audit/tree.h"
#include "base/buf.h"
#include "base/id.h"

enum {
    GW_AUDIT_ENTRY_MAX = 1024, /* bytes; the longest that could be written has fewer */
    GW_AUDIT_REF_BYTES = 16,
    GW_AUDIT_LINK_BYTES = 8,
    GW_AUDIT_WORD_MAX = 64,
};

enum gw_audit_field {
#define GW_AUDIT_FIELD(NAME, ...) GW_AUDIT_FIELD_##NAME,
#define GW_AUDIT_KIND(...)
#include "audit/entry.def"
#undef GW_AUDIT_FIELD
#undef GW_AUDIT_KIND
    GW_AUDIT_FIELD_COUNT_
};
enum gw_audit_kind {
#define GW_AUDIT_FIELD(...)
#define GW_AUDIT_KIND(NAME, ...) GW_AUDIT_##NAME,
#include "audit/entry.def"
#undef GW_AUDIT_FIELD
#undef GW_AUDIT_KIND
    GW_AUDIT_KIND_COUNT
};
const char *gw_audit_kind_name(enum gw_audit_kind kind);    /* "verify" */
const char *gw_audit_field_name(enum gw_audit_field field); /* "voyage" */
bool gw_audit_kind_find(enum gw_audit_kind *out, struct gw_span name);

bool gw_audit_is_word(struct gw_span s); /* could it stand in a field of type WORD? */

/* What an entry says: a pointer for each field, NULL where it says nothing. All are
 * borrowed during the call:
 *     &(struct gw_audit_facts){ .voyage = &v.id, .travelers = &(uint64_t){ n } } */
#define GW_AUDIT_C_ID const struct gw_id *
#define GW_AUDIT_C_REF const struct gw_hash *
#define GW_AUDIT_C_HASH const struct gw_hash *
#define GW_AUDIT_C_LINK const struct gw_hash *
#define GW_AUDIT_C_WORD const char *
#define GW_AUDIT_C_COUNT const uint64_t *
#define GW_AUDIT_C_TIME const int64_t *
struct gw_audit_facts {
#define GW_AUDIT_FIELD(NAME, name, TYPE, meaning) GW_AUDIT_C_##TYPE name;
#define GW_AUDIT_KIND(...)
#include "audit/entry.def"
#undef GW_AUDIT_FIELD
#undef GW_AUDIT_KIND
};
/* Appends the entry's bytes. at, n and prev must be there; kind is the argument's.
 * GW_ERR_INTERNAL: a field is missing or does not belong to the kind, or a word is none;
 * that is a mistake of ours, found by the first test that writes it. */
[[nodiscard]] bool gw_audit_format(struct gw_buf *out, enum gw_audit_kind kind, const struct gw_audit_facts *facts,
    struct gw_err *err);

/* An entry as it was read; the texts lie in the input. */
struct gw_audit_entry {
    enum gw_audit_kind kind;
    uint64_t has; /* bit of each field that is there */
    int64_t number[GW_AUDIT_FIELD_COUNT_];        /* COUNT, TIME */
    struct gw_span text[GW_AUDIT_FIELD_COUNT_];   /* the others, without quotes */
};
static inline bool gw_audit_has(const struct gw_audit_entry *e, enum gw_audit_field field)
{
    return (e->has >> field & 1) != 0;
}
/* Only what gw_audit_format could have written. GW_ERR_FORMAT with the place and what is wrong there. */
[[nodiscard]] bool gw_audit_parse(struct gw_audit_entry *out, struct gw_span line, struct gw_err *err);
