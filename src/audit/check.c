/* check.c - an export read line by line, with nothing believed but the public key.
 *
 * 1. The frontier is built from the entries alone; a head is believed only when it is
 *    signed, and then it must have the frontier's root. So one byte changed anywhere
 *    before a head is found at that head, whatever else was made to fit.
 * 2. n and prev in each entry say more closely where: they find a careless liar's very
 *    entry. They are a help; 1 is the proof.
 * 3. After a finding the rest is still read, so that one lie does not hide another, but
 *    what only follows from it is not said again. */
#include "audit/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- writing -------------------------------------------------------------------- */

void gw_audit_export_begin(struct gw_buf *out, const struct gw_frontier *before)
{
    gw_buf_addf(out, GW_AUDIT_EXPORT_HEAD "\nfrom %llu\n", (unsigned long long)before->size);
    if (before->n == 0)
        return;
    gw_buf_add_text(out, "frontier");
    for (unsigned i = 0; i < before->n; i++) {
        char hex[2 * GW_HASH_BYTES + 1];
        gw_hex(hex, gw_span_of(before->nodes[i].bytes, GW_HASH_BYTES));
        gw_buf_addf(out, " %s", hex);
    }
    gw_buf_add(out, "\n", 1);
}

void gw_audit_export_entry(struct gw_buf *out, struct gw_span entry)
{
    gw_buf_add(out, entry.data, entry.size);
    gw_buf_add(out, "\n", 1);
}

void gw_audit_export_head(struct gw_buf *out, struct gw_span note)
{
    gw_buf_add_text(out, "head\n");
    for (size_t at = 0; at < note.size;) {
        const uint8_t *end = memchr(note.data + at, '\n', note.size - at);
        size_t to = end == NULL ? note.size : (size_t)(end - note.data);
        gw_buf_add(out, "|", 1);
        gw_buf_add(out, note.data + at, to - at);
        gw_buf_add(out, "\n", 1);
        at = to + 1;
    }
}

void gw_audit_export_end(struct gw_buf *out, uint64_t size)
{
    gw_buf_addf(out, "end %llu\n", (unsigned long long)size);
}

/* ---- the checker ------------------------------------------------------------------ */

enum part { PART_TITLE, PART_FROM, PART_FRONTIER, PART_BODY, PART_HEAD, PART_END };

struct gw_audit_checker {
    struct gw_note_key key;
    const struct gw_audit_known *known;
    size_t n_known, next_known;
    enum part part;
    size_t line;
    struct gw_audit_finding findings[GW_AUDIT_FINDINGS_MAX];
    size_t n_findings;
    bool more, broken_root; /* a root was wrong: every later one is, too */

    struct gw_frontier frontier; /* of what was read */
    bool is_export;
    uint64_t from, next;         /* next: the n the next entry should have */
    bool has_prev;
    struct gw_hash prev;
    int64_t last_us;
    uint64_t kinds[GW_AUDIT_KIND_COUNT];

    struct gw_buf note;          /* of the head being read */
    size_t note_line;
    struct gw_buf last_note;     /* the last good one */
    struct gw_checkpoint *heads;
    size_t n_heads, cap_heads;
};

static void say(struct gw_audit_checker *c, const char *code, bool has_entry, uint64_t entry, const char *format, ...)
    GW_PRINTF(5, 6);
static void say(struct gw_audit_checker *c, const char *code, bool has_entry, uint64_t entry, const char *format, ...)
{
    if (c->n_findings == GW_AUDIT_FINDINGS_MAX) {
        c->more = true;
        return;
    }
    struct gw_audit_finding *f = &c->findings[c->n_findings++];
    *f = (struct gw_audit_finding){ .code = code, .line = c->line, .has_entry = has_entry, .entry = entry };
    va_list list;
    va_start(list, format);
    vsnprintf(f->text, sizeof f->text, format, list);
    va_end(list);
}

#define ULL(n) ((unsigned long long)(n))

static int compare_known(const void *a, const void *b)
{
    uint64_t l = ((const struct gw_audit_known *)a)->head.size, r = ((const struct gw_audit_known *)b)->head.size;
    return l < r ? -1 : l > r;
}

void gw_audit_known_sort(struct gw_audit_known *known, size_t n)
{
    if (n > 0)
        qsort(known, n, sizeof *known, compare_known);
}

struct gw_audit_checker *gw_audit_checker_new(const struct gw_note_key *key, const struct gw_audit_known *known,
    size_t n_known)
{
    struct gw_audit_checker *c = gw_alloc(sizeof *c);
    c->key = *key;
    c->known = known;
    c->n_known = n_known;
    return c;
}

void gw_audit_checker_free(struct gw_audit_checker *c)
{
    if (c == NULL)
        return;
    gw_buf_done(&c->note);
    gw_buf_done(&c->last_note);
    gw_free(c->heads);
    gw_free(c);
}

/* Heads from elsewhere over as many entries as have been read now. */
static void meet_known(struct gw_audit_checker *c)
{
    for (; c->next_known < c->n_known && c->known[c->next_known].head.size <= c->frontier.size; c->next_known++) {
        const struct gw_audit_known *k = &c->known[c->next_known];
        if (k->head.size < c->frontier.size)
            continue; /* before this export begins */
        struct gw_hash root = gw_frontier_root(&c->frontier);
        char at[GW_TIME_TEXT];
        gw_time_format(at, k->head.at_us);
        if (!gw_hash_equal(&root, &k->head.root))
            say(c, "fork", k->head.size > 0, k->head.size > 0 ? k->head.size - 1 : 0,
                "the log was forked: %.80s is a head over %llu entries signed with the same key on %s, and the first %llu entries here are others",
                k->where, ULL(k->head.size), at, ULL(k->head.size));
    }
}

/* ---- entries ------------------------------------------------------------------------ */

static void check_number(struct gw_audit_checker *c, uint64_t n)
{
    if (n == c->next)
        return;
    if (n > c->next && n - c->next == 1)
        say(c, "missing", true, c->next, "entry %llu is missing: entry %llu stands in its place", ULL(c->next), ULL(n));
    else if (n > c->next)
        say(c, "missing", true, c->next, "entries %llu to %llu are missing: entry %llu stands in their place", ULL(c->next),
            ULL(n - 1), ULL(n));
    else
        say(c, "order", true, n, "entry %llu stands where entry %llu belongs: it was moved, or stands here again", ULL(n),
            ULL(c->next));
}

static void check_prev(struct gw_audit_checker *c, const struct gw_audit_entry *e, uint64_t n)
{
    char hex[2 * GW_AUDIT_LINK_BYTES + 1];
    gw_hex(hex, gw_span_of(c->prev.bytes, GW_AUDIT_LINK_BYTES));
    if (gw_span_is(e->text[GW_AUDIT_FIELD_PREV], hex))
        return;
    if (n == 0)
        say(c, "altered", true, 0, "entry 0 says that another entry came before it: it is not the first of this log");
    else
        say(c, "altered", true, n - 1, "entry %llu is not the one that entry %llu was written after: one of the two was altered or replaced",
            ULL(n - 1), ULL(n));
}

static void check_time(struct gw_audit_checker *c, const struct gw_audit_entry *e, uint64_t n)
{
    int64_t at = e->number[GW_AUDIT_FIELD_AT];
    /* The log itself says when its clock went back. */
    if (at < c->last_us && (e->kind != GW_AUDIT_CLOCK || e->number[GW_AUDIT_FIELD_FROM] != c->last_us))
        say(c, "clock", true, n, "entry %llu is dated before the one above it, and no entry says that the clock went back", ULL(n));
    c->last_us = at;
}

static void take_entry(struct gw_audit_checker *c, struct gw_span line)
{
    struct gw_audit_entry e;
    struct gw_err err = {};
    if (!gw_audit_parse(&e, line, &err)) {
        say(c, "form", true, c->next, "what stands in the place of entry %llu was not written by this log: byte %zu: %s", ULL(c->next),
            err.at == GW_NO_PLACE ? 0 : err.at, err.text);
        c->next++;
        c->has_prev = false; /* the next one's prev would only say so again */
    } else {
        uint64_t n = (uint64_t)e.number[GW_AUDIT_FIELD_N];
        bool in_place = n == c->next;
        check_number(c, n);
        if (in_place && c->has_prev)
            check_prev(c, &e, n);
        check_time(c, &e, n);
        c->kinds[e.kind]++;
        c->next = n + 1;
        c->has_prev = true;
    }
    c->prev = gw_tree_leaf(line);
    if (c->frontier.size >> (GW_TREE_LEVELS - 1) == 0)
        gw_frontier_add(&c->frontier, &c->prev, NULL);
    if (c->next_known < c->n_known)
        meet_known(c);
}

/* ---- heads --------------------------------------------------------------------------- */

static void keep_head(struct gw_audit_checker *c, const struct gw_checkpoint *head)
{
    if (c->n_heads == c->cap_heads) {
        c->cap_heads = GW_MAX(2 * c->cap_heads, (size_t)16);
        c->heads = gw_realloc_array(c->heads, c->cap_heads, sizeof *c->heads);
    }
    c->heads[c->n_heads++] = *head;
    gw_buf_clear(&c->last_note);
    gw_buf_add(&c->last_note, c->note.data, c->note.size);
}

static void check_root(struct gw_audit_checker *c, const struct gw_checkpoint *head)
{
    struct gw_hash root = gw_frontier_root(&c->frontier);
    uint64_t sure = c->n_heads > 0 ? c->heads[c->n_heads - 1].size : c->from;
    char at[GW_TIME_TEXT];
    gw_time_format(at, head->at_us);
    if (gw_hash_equal(&root, &head->root)) {
        keep_head(c, head);
        return;
    }
    if (c->broken_root)
        return;
    c->broken_root = true;
    if (c->n_heads > 0 && head->size == sure)
        say(c, "fork", false, 0, "the log was forked: two heads over %llu entries, both signed with this key, have different roots",
            ULL(head->size));
    else if (head->size <= sure)
        say(c, "root", false, 0, "the frontier this export begins with is not that of the %llu entries signed on %s",
            ULL(head->size), at);
    else
        say(c, "root", true, sure, "entries %llu to %llu are not those that were signed on %s: at least one was altered, moved, taken out or put in",
            ULL(sure), ULL(head->size - 1), at);
}

static void take_head(struct gw_audit_checker *c)
{
    struct gw_note note;
    struct gw_checkpoint head;
    struct gw_err err = {};
    size_t line = c->line;
    c->line = c->note_line;
    if (!gw_note_parse(&note, gw_buf_span(&c->note), &err) || !gw_checkpoint_parse(&head, note.text, &err))
        say(c, "head", false, 0, "the head after entry %lld cannot be read: %s", (long long)c->frontier.size - 1, err.text);
    else if (!gw_note_signed(&note, &c->key, NULL))
        say(c, "signature", false, 0, "the head over %llu entries is not signed with this key (%s): it was made or altered by somebody else",
            ULL(head.size), c->key.name);
    else if (strcmp(head.origin, c->key.name) != 0)
        say(c, "head", false, 0, "the head over %llu entries is signed with this key, but is of another log", ULL(head.size));
    else if (head.size != c->frontier.size)
        say(c, head.size > c->frontier.size ? "missing" : "order", false, 0,
            "a head over %llu entries stands after %llu of them: entries before it were %s", ULL(head.size), ULL(c->frontier.size),
            head.size > c->frontier.size ? "taken out" : "put in, or the head was moved");
    else if (c->n_heads > 0 && head.at_us < c->heads[c->n_heads - 1].at_us && c->kinds[GW_AUDIT_CLOCK] == 0)
        say(c, "clock", false, 0, "the head over %llu entries is dated before the head above it", ULL(head.size));
    else
        check_root(c, &head);
    c->line = line;
    c->part = PART_BODY;
    gw_buf_clear(&c->note);
}

/* ---- lines ------------------------------------------------------------------------------ */

static bool take_frontier(struct gw_audit_checker *c, struct gw_span line)
{
    struct gw_hash nodes[GW_TREE_LEVELS];
    size_t n = 0;
    bool fine = gw_span_starts(line, "frontier ") && (line.size - 8) % (1 + 2 * GW_HASH_BYTES) == 0;
    for (size_t at = 8; fine && at < line.size; at += 1 + 2 * GW_HASH_BYTES)
        fine = n < GW_TREE_LEVELS && line.data[at] == ' ' &&
               gw_hex_parse(nodes[n++].bytes, GW_HASH_BYTES, gw_span_slice(line, at + 1, at + 1 + 2 * GW_HASH_BYTES));
    if (!fine || !gw_frontier_restore(&c->frontier, c->from, nodes, n)) {
        say(c, "form", false, 0, "line 3 must be the frontier of %llu entries: a hash for each bit set in that number", ULL(c->from));
        return false;
    }
    c->part = PART_BODY;
    meet_known(c);
    return true;
}

static bool take_from(struct gw_audit_checker *c, struct gw_span line)
{
    if (!gw_span_starts(line, "from ") ||
        !gw_span_uint(gw_span_slice(line, 5, line.size), (UINT64_C(1) << GW_TREE_LEVELS) - 1, &c->from)) {
        say(c, "form", false, 0, "line 2 must say from which entry on (from N)");
        return false;
    }
    c->next = c->from;
    c->has_prev = c->from == 0;
    c->part = c->from == 0 ? PART_BODY : PART_FRONTIER;
    if (c->from == 0)
        meet_known(c);
    return true;
}

static void take_end(struct gw_audit_checker *c, struct gw_span line)
{
    uint64_t size;
    c->part = PART_END;
    if (!gw_span_uint(gw_span_slice(line, 4, line.size), UINT64_MAX / 2, &size))
        say(c, "form", false, 0, "the last line must be: end N");
    else if (size != c->frontier.size)
        say(c, "missing", false, 0, "the export says that it ends before entry %llu, but its entries end before %llu", ULL(size),
            ULL(c->frontier.size));
}

bool gw_audit_checker_line(struct gw_audit_checker *c, struct gw_span line)
{
    c->line++;
    if (c->part == PART_HEAD) {
        if (line.size > 0 && line.data[0] == '|' && c->note.size + line.size <= GW_NOTE_MAX) {
            gw_buf_add(&c->note, line.data + 1, line.size - 1);
            gw_buf_add(&c->note, "\n", 1);
            return true;
        }
        take_head(c);
    }
    switch (c->part) {
    case PART_TITLE:
        c->part = PART_FROM;
        c->is_export = gw_span_is(line, GW_AUDIT_EXPORT_HEAD);
        if (gw_span_is(line, GW_AUDIT_EXPORT_HEAD "\r"))
            say(c, "form", false, 0, "this is no export of the log any more: its lines end in CR LF; take it as it was, byte for byte");
        else if (!c->is_export)
            say(c, "form", false, 0, "this is no export of the log: it must begin with the line \"" GW_AUDIT_EXPORT_HEAD "\"");
        return c->is_export;
    case PART_FROM:
        return take_from(c, line);
    case PART_FRONTIER:
        return take_frontier(c, line);
    case PART_END:
        say(c, "form", false, 0, "something stands after the end");
        return false;
    default:
        if (gw_span_is(line, "head")) {
            c->part = PART_HEAD;
            c->note_line = c->line;
        } else if (gw_span_starts(line, "end "))
            take_end(c, line);
        else
            take_entry(c, line);
        return true;
    }
}

void gw_audit_checker_end(struct gw_audit_checker *c)
{
    if (c->part == PART_HEAD)
        take_head(c);
    if (c->part == PART_TITLE)
        say(c, "form", false, 0, "this is no export of the log: it is empty");
    if (c->part != PART_END && c->n_findings == 0)
        say(c, "cut_off", true, c->next, "the export is cut off after line %zu: its last line (end N) is missing", c->line);
    c->line = 0;
    uint64_t sure = c->n_heads > 0 ? c->heads[c->n_heads - 1].size : c->from;
    if (c->n_findings == 0 && sure < c->frontier.size)
        say(c, "unsigned", true, sure, "entries %llu to %llu stand after the last head: nobody vouches for them", ULL(sure),
            ULL(c->frontier.size - 1));
    if (c->n_findings == 0 && c->n_heads == 0)
        say(c, "unsigned", false, 0, "there is no head in this export: nobody vouches for it");
    for (; c->next_known < c->n_known; c->next_known++) {
        const struct gw_audit_known *k = &c->known[c->next_known];
        char at[GW_TIME_TEXT];
        gw_time_format(at, k->head.at_us);
        if (k->head.size > c->frontier.size)
            say(c, "truncated", true, c->frontier.size,
                "the log was cut off: %.80s is a head over %llu entries signed on %s, but this one ends before entry %llu", k->where,
                ULL(k->head.size), at, ULL(c->frontier.size));
    }
}

bool gw_audit_checker_witnessed(struct gw_audit_checker *c, const struct gw_note_key *witness, int64_t *at_s)
{
    struct gw_note note;
    /* Of another kind, the log's own signature would vouch for the log. */
    if (c->n_heads > 0 && witness->kind == GW_NOTE_COSIGNATURE && gw_note_parse(&note, gw_buf_span(&c->last_note), NULL) &&
        gw_note_signed(&note, witness, at_s))
        return true;
    c->line = 0;
    if (c->n_heads > 0) /* else it was said already that nobody vouches for anything here */
        say(c, "unwitnessed", false, 0, "the last head has no good signature of the witness %s", witness->name);
    return false;
}

void gw_audit_checker_verdict(struct gw_audit_verdict *out, const struct gw_audit_checker *c)
{
    *out = (struct gw_audit_verdict){
        .is_export = c->is_export,
        .findings = c->findings,
        .n_findings = c->n_findings,
        .more = c->more,
        .from = c->from,
        .size = c->frontier.size,
        .entries = c->frontier.size - c->from,
        .heads = c->n_heads,
        .has_head = c->n_heads > 0,
    };
    if (out->has_head)
        out->head = c->heads[c->n_heads - 1];
    memcpy(out->kinds, c->kinds, sizeof out->kinds);
}

const struct gw_checkpoint *gw_audit_checker_heads(size_t *n, const struct gw_audit_checker *c)
{
    *n = c->n_heads;
    return c->heads;
}
