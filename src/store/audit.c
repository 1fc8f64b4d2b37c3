/* audit.c - the log: entries appended, subtrees kept, heads and their witnesses.
 *
 * 1. The row of audit_tree says what the next entry follows: entry, subtrees and that
 *    row change in one transaction, so the log is never half appended and a transaction
 *    undone leaves no gap.
 * 2. Only roots of 16^k entries are rows; what lies between is hashed again from at
 *    most 16 of them, so a proof reads a few hundred bytes a level. */
#include "store/tx.h"

enum { LEVEL_STEP = 4, FAN = 1 << LEVEL_STEP };

struct tree {
    struct gw_frontier frontier;
    int64_t last_us;
    struct gw_hash last; /* zeros before the first */
};

static bool read_tree(struct tree *t, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    bool fine = false;
    *t = (struct tree){};
    if (!gw_reading_start(&r, tx, GW_QUERY_AUDIT_TREE_GET, NULL, 0, err))
        return false;
    if (gw_reading_next(&r)) {
        uint64_t size = (uint64_t)gw_column_int(&r, 0);
        t->last_us = gw_column_int(&r, 1);
        struct gw_span last = gw_column_bytes(&r, 2), nodes = gw_column_bytes(&r, 3);
        struct gw_hash hashes[GW_TREE_LEVELS];
        fine = nodes.size <= sizeof hashes && nodes.size % sizeof *hashes == 0 &&
               last.size == (size == 0 ? 0 : sizeof t->last);
        if (fine && size > 0) {
            memcpy(hashes, nodes.data, nodes.size);
            memcpy(&t->last, last.data, last.size);
        }
        fine = fine && gw_frontier_restore(&t->frontier, size, hashes, nodes.size / sizeof *hashes);
    }
    return gw_reading_done(&r) && (fine || gw_fail(err, GW_ERR_CORRUPT, "the log's frontier does not fit its size: restore a backup"));
}

static bool append(struct tree *t, struct gw_tx *tx, enum gw_audit_kind kind, struct gw_audit_facts *facts,
    int64_t at_us, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) entry = {};
    uint64_t n = t->frontier.size;
    const struct gw_id *about = facts->subject != NULL ? facts->subject : facts->voyage;
    facts->n = &n;
    facts->prev = &t->last;
    facts->at = &at_us;
    bool fine = gw_audit_format(&entry, kind, facts, err);
    facts->n = NULL;
    facts->prev = NULL;
    facts->at = NULL;
    if (!fine || !gw_tx_run(tx, GW_QUERY_AUDIT_ENTRY_INSERT,
                     GW_VALUES(gw_v_int((int64_t)n), gw_v_int(at_us), gw_v_maybe_id(about != NULL, about),
                         gw_v_blob(gw_buf_span(&entry))),
                     NULL, err))
        return false;
    struct gw_hash made[GW_TREE_LEVELS];
    t->last = gw_tree_leaf(gw_buf_span(&entry));
    t->last_us = at_us;
    unsigned top = gw_frontier_add(&t->frontier, &t->last, made);
    for (unsigned level = LEVEL_STEP; level <= top; level += LEVEL_STEP)
        if (!gw_tx_run(tx, GW_QUERY_AUDIT_NODE_INSERT,
                GW_VALUES(gw_v_int(level), gw_v_int((int64_t)(n >> level)), gw_v_id(&made[level])), NULL, err))
            return false;
    return true;
}

bool gw_store_audit_add(struct gw_tx *tx, enum gw_audit_kind kind, struct gw_audit_facts *facts, int64_t at_us,
    struct gw_err *err)
{
    struct tree t;
    assert(tx->writable);
    if (!read_tree(&t, tx, err))
        return false;
    if (t.frontier.size > 0 && at_us < t.last_us) {
        int64_t from = t.last_us;
        if (!append(&t, tx, GW_AUDIT_CLOCK, &(struct gw_audit_facts){ .from = &from }, at_us, err))
            return false;
    }
    return append(&t, tx, kind, facts, at_us, err) &&
           gw_tx_run(tx, GW_QUERY_AUDIT_TREE_PUT,
               GW_VALUES(gw_v_int((int64_t)t.frontier.size), gw_v_int(t.last_us), gw_v_id(&t.last),
                   gw_v_blob(gw_span_of(t.frontier.nodes, t.frontier.n * sizeof *t.frontier.nodes))),
               NULL, err);
}

bool gw_store_audit_size(struct gw_audit_size *out, struct gw_tx *tx, struct gw_err *err)
{
    struct tree t;
    if (!read_tree(&t, tx, err))
        return false;
    *out = (struct gw_audit_size){ t.frontier.size, t.last_us, gw_frontier_root(&t.frontier) };
    return true;
}

/* ---- reading ---------------------------------------------------------------------- */

static bool each_entry(struct gw_reading *r, gw_audit_each *each, void *arg, uint64_t *next)
{
    while (gw_reading_next(r)) {
        uint64_t n = (uint64_t)gw_column_int(r, 0);
        struct gw_span entry = gw_column_bytes(r, 1);
        if (r->failed)
            break;
        if (next != NULL && n != (*next)++) {
            gw_fail(r->err, GW_ERR_CORRUPT, "the log has a gap before entry %llu: restore a backup", (unsigned long long)n);
            gw_reading_fail(r);
        } else if (!each(arg, n, entry, r->err))
            gw_reading_fail(r);
    }
    return gw_reading_done(r);
}

bool gw_store_audit_entries(struct gw_tx *tx, uint64_t from, uint64_t to, gw_audit_each *each, void *arg,
    struct gw_err *err)
{
    struct gw_reading r;
    uint64_t next = from;
    return gw_reading_start(&r, tx, GW_QUERY_AUDIT_ENTRIES, GW_VALUES(gw_v_int((int64_t)from), gw_v_int((int64_t)to)), err) &&
           each_entry(&r, each, arg, &next) &&
           (next >= to || gw_fail(err, GW_ERR_CORRUPT, "the log lacks entry %llu: restore a backup", (unsigned long long)next));
}

bool gw_store_audit_about(struct gw_tx *tx, struct gw_id subject, gw_audit_each *each, void *arg, struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_AUDIT_BY_SUBJECT, GW_VALUES(gw_v_id(&subject)), err) &&
           each_entry(&r, each, arg, NULL);
}

bool gw_store_audit_first_at(uint64_t *n, struct gw_tx *tx, int64_t at_us, struct gw_err *err)
{
    struct gw_reading r;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_AUDIT_FIRST_AT, GW_VALUES(gw_v_int(at_us)), err))
        return false;
    if (gw_reading_next(&r))
        *n = (uint64_t)gw_column_int(&r, 0);
    return gw_reading_done(&r);
}

struct folding {
    struct gw_frontier f;
};

static bool fold_entry(void *to, uint64_t n, struct gw_span entry, struct gw_err *err)
{
    (void)n;
    (void)err;
    struct gw_hash leaf = gw_tree_leaf(entry);
    gw_frontier_add(&((struct folding *)to)->f, &leaf, NULL);
    return true;
}

bool gw_store_audit_node(struct gw_hash *out, void *arg, unsigned level, uint64_t index, struct gw_err *err)
{
    struct gw_tx *tx = arg;
    unsigned base = level - level % LEVEL_STEP, up = level - base;
    uint64_t from = index << up, to = (index + 1) << up;
    struct folding fold = {};
    if (base == 0) {
        if (!gw_store_audit_entries(tx, from, to, fold_entry, &fold, err))
            return false;
    } else {
        struct gw_reading r;
        if (!gw_reading_start(&r, tx, GW_QUERY_AUDIT_NODES,
                GW_VALUES(gw_v_int(base), gw_v_int((int64_t)from), gw_v_int((int64_t)to)), err))
            return false;
        while (gw_reading_next(&r)) {
            struct gw_hash h = gw_column_hash(&r, 0);
            gw_frontier_add(&fold.f, &h, NULL);
        }
        if (!gw_reading_done(&r))
            return false;
    }
    /* 2^up of them make one perfect tree. */
    if (fold.f.size != to - from)
        return gw_fail(err, GW_ERR_CORRUPT, "the log lacks a part of its tree (level %u): restore a backup", level);
    *out = fold.f.nodes[0];
    return true;
}

/* ---- heads ------------------------------------------------------------------------- */

bool gw_store_audit_head_put(struct gw_tx *tx, const struct gw_audit_head_row *row, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_AUDIT_HEAD_INSERT,
        GW_VALUES(gw_v_int((int64_t)row->size), gw_v_int(row->at_us), gw_v_text(row->note)), NULL, err);
}

static bool read_head(struct gw_audit_head_row *row, bool *found, struct gw_arena *a, struct gw_reading *r)
{
    *found = false;
    if (gw_reading_next(r)) {
        *found = true;
        *row = (struct gw_audit_head_row){
            .size = (uint64_t)gw_column_int(r, 0),
            .at_us = gw_column_int(r, 1),
            .note = gw_column_copy(r, 2, a),
        };
    }
    return gw_reading_done(r);
}

bool gw_store_audit_head_from(struct gw_audit_head_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    uint64_t from, struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_AUDIT_HEAD_FROM, GW_VALUES(gw_v_int((int64_t)from)), err) &&
           read_head(row, found, a, &r);
}

bool gw_store_audit_head_last(struct gw_audit_head_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_err *err)
{
    struct gw_reading r;
    return gw_reading_start(&r, tx, GW_QUERY_AUDIT_HEAD_LAST, NULL, 0, err) && read_head(row, found, a, &r);
}

bool gw_store_cosignature_put(struct gw_tx *tx, uint64_t size, const struct gw_cosignature_row *row, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_AUDIT_COSIGNATURE_PUT,
        GW_VALUES(gw_v_int((int64_t)size), gw_v_text(row->witness), gw_v_int(row->at_us), gw_v_text(row->line)), NULL, err);
}

bool gw_store_cosignatures(struct gw_cosignature_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    uint64_t size, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_AUDIT_COSIGNATURES, GW_VALUES(gw_v_int((int64_t)size)), err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*rows)[(*n)++] = (struct gw_cosignature_row){ gw_column_copy(&r, 0, a), gw_column_copy(&r, 2, a), gw_column_int(&r, 1) };
    }
    return gw_reading_done(&r);
}
