/* check.h - the log as it is handed out, and finding every way in which that could be a lie.
 *
 * An export is lines of text (docs/audit.md has the format to the byte):
 *
 *     gangway audit export 1
 *     from 0
 *     {"at":…}                  entries, each the bytes that were hashed
 *     head                      a signed note over all entries so far; its lines follow,
 *     |gangway-3f2a9c01         each behind a bar
 *     end 1234                  the number of the entry that would come next
 *
 * One that begins later has `from N`, and `frontier H H …`: the roots of the perfect trees
 * that the first N entries split into. An export ends with a head: nobody vouches for
 * entries after it.
 *
 * The checker is given lines one after the other; it needs the public key and nothing else,
 * holds some kilobytes, and says what is wrong in sentences with their place.
 *
 * Threads: a checker belongs to one. */
#pragma once
#include "audit/entry.h"
#include "audit/note.h"

#define GW_AUDIT_EXPORT_HEAD "gangway audit export 1"
enum { GW_AUDIT_LINE_MAX = 8192, GW_AUDIT_FINDINGS_MAX = 16 };

/* Writing: each appends whole lines. */
void gw_audit_export_begin(struct gw_buf *out, const struct gw_frontier *before);
void gw_audit_export_entry(struct gw_buf *out, struct gw_span entry);
void gw_audit_export_head(struct gw_buf *out, struct gw_span note);
void gw_audit_export_end(struct gw_buf *out, uint64_t size);

struct gw_audit_finding {
    const char *code;  /* "altered", "missing", "order", "clock", "signature", "root", "fork", "truncated",
                        * "unsigned", "head", "form", "cut_off", "unwitnessed": stable */
    size_t line;       /* of the export, from 1; 0: of no line */
    bool has_entry;
    uint64_t entry;    /* from which on */
    char text[320];    /* a sentence */
};
/* A head known from elsewhere: published, of a witness, of another export. It must have been checked. */
struct gw_audit_known {
    struct gw_checkpoint head;
    const char *where; /* borrowed: "head.txt" */
};

struct gw_audit_checker; /* opaque */
/* known: sorted by gw_audit_known_sort; borrowed until free. */
[[nodiscard]] struct gw_audit_checker *gw_audit_checker_new(const struct gw_note_key *key,
    const struct gw_audit_known *known, size_t n_known);
void gw_audit_checker_free(struct gw_audit_checker *c);
GW_AUTO_FREE(gw_audit_checker, gw_audit_checker_free)
void gw_audit_known_sort(struct gw_audit_known *known, size_t n);
/* Without its newline. False: it makes no sense to go on (the file is no export). */
bool gw_audit_checker_line(struct gw_audit_checker *c, struct gw_span line);
void gw_audit_checker_end(struct gw_audit_checker *c); /* there are no more lines */
/* After the end: has this witness (a key of kind GW_NOTE_COSIGNATURE) signed the last good head, and when?
 * Where it has not, that is a finding. */
bool gw_audit_checker_witnessed(struct gw_audit_checker *c, const struct gw_note_key *witness, int64_t *at_s);

struct gw_audit_verdict {
    bool is_export;                          /* it begins as one: false is another file, not a lie */
    const struct gw_audit_finding *findings; /* in the order found; borrowed from the checker */
    size_t n_findings;
    bool more;                               /* than are kept */
    uint64_t from, size, entries, heads;
    bool has_head;
    struct gw_checkpoint head;               /* the last good one */
    uint64_t kinds[GW_AUDIT_KIND_COUNT];     /* entries by kind */
};
void gw_audit_checker_verdict(struct gw_audit_verdict *out, const struct gw_audit_checker *c);
/* Every good head seen, by size, to hold another export against. */
const struct gw_checkpoint *gw_audit_checker_heads(size_t *n, const struct gw_audit_checker *c);
