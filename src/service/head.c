/* head.c - the log's heads: signed on a clock and on demand, witnessed, and the log handed out.
 *
 * 1. The signing key is derived from the store's root secret: it is protected like that
 *    (a file, a token, …), backed up with it, and there is no second key to lose.
 * 2. A head is signed in the transaction that reads the size: there are never two heads
 *    over one size with different roots, unless a backup was restored. */
#include "service/internal.h"

#include "audit/check.h"
#include "base/log.h"

#include <stdio.h>

enum { WITNESSES_MAX = 16, EXPORT_ENTRIES_AT_ONCE = 2000 };

struct gw_signer {
    struct gw_note_key key;
    struct gw_buf text; /* of the key */
    uint8_t *secret;    /* locked */
    struct gw_note_key witnesses[WITNESSES_MAX];
    size_t n_witnesses;
};

#define MAY_READ (GW_ROLE_BIT(AUDITOR) | GW_ROLE_BIT(SUPERVISOR) | GW_ROLE_BIT(ADMIN))
#define ANY_ROLE ((1u << GW_ROLE_COUNT) - 1)

static bool read_witnesses(struct gw_signer *g, const char *text, struct gw_err *err)
{
    for (size_t at = 0; text[at] != 0;) {
        size_t n = strcspn(text + at, " \t,");
        if (n > 0 && g->n_witnesses == WITNESSES_MAX)
            return gw_fail(err, GW_ERR_USAGE, "audit.witnesses takes at most %d keys", WITNESSES_MAX);
        if (n > 0 && !gw_note_key_parse(&g->witnesses[g->n_witnesses++], gw_span_of(text + at, n), err))
            return gw_fail_prefix(err, "audit.witnesses");
        at += n + (text[at + n] != 0);
    }
    return true;
}

bool gw_signer_witnesses_check(const char *text, struct gw_err *err)
{
    GW_AUTO(gw_signer) *g = gw_alloc(sizeof *g);
    return read_witnesses(g, text, err);
}

struct gw_signer *gw_signer_open(const struct gw_service *s, struct gw_err *err)
{
    GW_AUTO(gw_signer) *g = gw_alloc(sizeof *g);
    uint8_t public_key[GW_SIGN_PUBLIC_BYTES];
    g->secret = gw_secret_alloc(GW_SIGN_SECRET_BYTES);
    struct gw_hash seed = gw_store_hash(s->store, GW_HASH_LOG_KEY, gw_span_str("Ed25519"));
    gw_sign_keypair_of(public_key, g->secret, seed.bytes);
    gw_wipe(&seed, sizeof seed);
    /* Every log has a name of its own. */
    struct gw_hash h = gw_sha256(gw_span_of(public_key, sizeof public_key));
    char name[GW_NOTE_NAME_TEXT];
    snprintf(name, sizeof name, "gangway-%02x%02x%02x%02x", h.bytes[0], h.bytes[1], h.bytes[2], h.bytes[3]);
    if (!gw_note_key_make(&g->key, name, GW_NOTE_ED25519, public_key))
        return gw_fail_null(err, GW_ERR_INTERNAL, "the log's key has no name");
    gw_note_key_format(&g->text, &g->key);
    return read_witnesses(g, s->conf->audit_witnesses, err) ? gw_take(g) : NULL;
}

void gw_signer_free(struct gw_signer *g)
{
    if (g == NULL)
        return;
    gw_secret_free(g->secret);
    gw_buf_done(&g->text);
    gw_free(g);
}

const char *gw_service_audit_key(const struct gw_service *s)
{
    return gw_buf_text(&s->signer->text);
}

/* ---- signing ------------------------------------------------------------------------ */

struct signing {
    struct gw_service *s;
    struct gw_arena *a;
    struct gw_audit_head_row row; /* the newest there is now */
};

static bool sign(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct signing *k = arg;
    const struct gw_signer *g = k->s->signer;
    struct gw_audit_size size;
    bool found;
    if (!gw_store_audit_size(&size, tx, err) || !gw_store_audit_head_last(&k->row, &found, k->a, tx, err))
        return false;
    if (found && k->row.size == size.size)
        return true;
    GW_AUTO_VALUE(gw_buf) text = {};
    GW_AUTO_VALUE(gw_buf) note = {};
    struct gw_checkpoint c = { .size = size.size, .root = size.root, .at_us = gw_clock_now(&k->s->clock) };
    snprintf(c.origin, sizeof c.origin, "%s", g->key.name);
    gw_checkpoint_format(&text, &c);
    gw_note_sign(&note, gw_buf_span(&text), &g->key, g->secret);
    char *copy = gw_arena_text(k->a, gw_buf_span(&note), err);
    k->row = (struct gw_audit_head_row){ size.size, c.at_us, gw_span_of(copy, note.size) };
    return copy != NULL && gw_store_audit_head_put(tx, &k->row, err);
}

bool gw_head_sign(struct gw_service *s, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_WORK_ARENA_BYTES);
    struct signing k = { .s = s, .a = a };
    return gw_store_write(s->store, sign, &k, err);
}

/* ---- heads ---------------------------------------------------------------------------- */

struct heading {
    struct gw_service *s;
    struct gw_arena *a;
    struct gw_audit_head *out;
    bool has_size;
    uint64_t size;
};

static bool fill_head(struct gw_audit_head *out, const struct gw_service *s, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_audit_head_row *row, struct gw_err *err)
{
    struct gw_note note;
    struct gw_checkpoint c;
    struct gw_cosignature_row *rows;
    size_t n;
    if (!gw_note_parse(&note, row->note, err) || !gw_checkpoint_parse(&c, note.text, err) ||
        !gw_store_cosignatures(&rows, &n, a, tx, row->size, err))
        return false;
    GW_AUTO_VALUE(gw_buf) text = {};
    gw_buf_add(&text, row->note.data, row->note.size);
    out->cosignatures = gw_arena_array(a, n, struct gw_cosignature, err);
    if (out->cosignatures == NULL)
        return false;
    for (size_t i = 0; i < n; i++) {
        out->cosignatures[i] = (struct gw_cosignature){ (const char *)rows[i].witness.data, (const char *)rows[i].line.data, rows[i].at_us };
        gw_buf_addf(&text, "%s\n", (const char *)rows[i].line.data);
    }
    out->n_cosignatures = n;
    out->key = gw_service_audit_key(s);
    out->size = c.size;
    out->root = c.root;
    out->at_us = c.at_us;
    out->note = gw_arena_text(a, gw_buf_span(&text), err);
    return out->note != NULL;
}

static bool read_head(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct heading *h = arg;
    struct gw_audit_head_row row;
    bool found;
    if (!(h->has_size ? gw_store_audit_head_from(&row, &found, h->a, tx, h->size, err)
                      : gw_store_audit_head_last(&row, &found, h->a, tx, err)))
        return false;
    return found ? fill_head(h->out, h->s, h->a, tx, &row, err)
                 : gw_fail(err, GW_ERR_NOT_FOUND, "no head of that size, or above, was signed yet");
}

bool gw_head_get(struct gw_audit_head *out, struct gw_arena *a, struct gw_service *s, bool has_size, uint64_t size,
    struct gw_err *err)
{
    struct heading h = { s, a, out, has_size, size };
    *out = (struct gw_audit_head){};
    return gw_store_read(s->store, read_head, &h, err);
}

bool gw_service_audit_head(struct gw_audit_head *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    bool has_size, uint64_t size, bool fresh, struct gw_err *err)
{
    return gw_allow(who, ANY_ROLE, err) && (!fresh || gw_head_sign(s, err)) && gw_head_get(out, a, s, has_size, size, err);
}

struct cosigning {
    struct heading head;
    const struct gw_caller *who;
    struct gw_span line;
    struct gw_once *once;
};

static bool cosign(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct cosigning *k = arg;
    const struct gw_signer *g = k->head.s->signer;
    struct gw_audit_head_row row;
    struct gw_note note;
    struct gw_note_signature signature;
    bool found;
    if (!gw_store_audit_head_from(&row, &found, k->head.a, tx, k->head.size, err))
        return false;
    if (!found || row.size != k->head.size)
        return gw_fail(err, GW_ERR_NOT_FOUND, "no head of that size was signed");
    if (!gw_note_parse(&note, row.note, err) || !gw_note_signature_parse(&signature, k->line, err))
        return false;
    const struct gw_note_key *witness = NULL;
    int64_t at_s = row.at_us / GW_US_PER_S;
    for (size_t i = 0; i < g->n_witnesses && witness == NULL; i++)
        if (gw_note_signature_check(&signature, note.text, &g->witnesses[i], &at_s))
            witness = &g->witnesses[i];
    if (witness == NULL)
        return gw_fail(err, GW_ERR_INVALID, "this is not the signature of a witness in audit.witnesses over this head");
    struct gw_cosignature_row put = { gw_span_str(witness->name), k->line, at_s * GW_US_PER_S };
    char name[GW_AUDIT_WORD_MAX + 1];
    return gw_store_cosignature_put(tx, row.size, &put, err) &&
           gw_audit_add(tx, k->head.s, k->who, GW_AUDIT_WITNESS,
               &(struct gw_audit_facts){ .name = gw_audit_word(name, witness->name), .count = &row.size }, err) &&
           fill_head(k->head.out, k->head.s, k->head.a, tx, &row, err) && gw_once_keep(tx, k->head.s, k->once, NULL, k->head.out, err);
}

bool gw_service_audit_cosign(struct gw_audit_head *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    uint64_t size, struct gw_span line, struct gw_once *once, struct gw_err *err)
{
    bool replayed;
    *out = (struct gw_audit_head){};
    if (!gw_allow(who, MAY_READ, err) || !gw_once_enter(s, once, &replayed, err))
        return false;
    struct cosigning k = { { s, a, out, true, size }, who, gw_span_trim(line), once };
    bool fine = replayed || gw_store_write(s->store, cosign, &k, err);
    gw_once_leave(s, once, fine);
    return fine;
}

/* ---- entries and proofs ------------------------------------------------------------------ */

struct listing {
    struct gw_arena *a;
    struct gw_audit_page *out;
    size_t limit;
};

static bool add_entry(void *to, uint64_t n, struct gw_span entry, struct gw_err *err)
{
    struct listing *l = to;
    (void)n;
    return (l->out->entries[l->out->n] = gw_arena_text(l->a, entry, err)) != NULL && ++l->out->n > 0;
}

static bool list(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct listing *l = arg;
    struct gw_audit_size size;
    if (!gw_store_audit_size(&size, tx, err))
        return false;
    l->out->size = size.size;
    uint64_t to = GW_MIN(size.size, l->out->from + l->limit);
    l->out->entries = gw_arena_array(l->a, l->limit, const char *, err);
    return l->out->entries != NULL &&
           (l->out->from >= to || gw_store_audit_entries(tx, l->out->from, to, add_entry, l, err));
}

bool gw_service_audit_entries(struct gw_audit_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, uint64_t from, size_t limit, struct gw_err *err)
{
    *out = (struct gw_audit_page){ .from = from };
    struct listing l = { a, out, limit == 0 ? 100 : limit };
    if (!gw_allow(who, MAY_READ, err))
        return false;
    if (limit > GW_AUDIT_PAGE_MOST || from >> GW_TREE_LEVELS != 0)
        return gw_fail(err, GW_ERR_INVALID, "limit is at most %d, and from a number of an entry", GW_AUDIT_PAGE_MOST);
    return gw_store_read(s->store, list, &l, err);
}

struct proving {
    struct gw_arena *a;
    struct gw_audit_proof *out;
    bool inclusion;
    uint64_t a_number, b_number;
};

static bool keep_entry(void *to, uint64_t n, struct gw_span entry, struct gw_err *err)
{
    struct proving *k = to;
    (void)n;
    return (k->out->entry = gw_arena_text(k->a, entry, err)) != NULL;
}

static bool prove(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct proving *k = arg;
    struct gw_audit_size size;
    struct gw_proof proof;
    if (!gw_store_audit_size(&size, tx, err))
        return false;
    if (k->b_number > size.size)
        return gw_fail(err, GW_ERR_INVALID, "the log has %llu entries", (unsigned long long)size.size);
    if (!(k->inclusion ? gw_tree_inclusion(&proof, k->a_number, k->b_number, gw_store_audit_node, tx, err) &&
                             gw_store_audit_entries(tx, k->a_number, k->a_number + 1, keep_entry, k, err)
                       : gw_tree_consistency(&proof, k->a_number, k->b_number, gw_store_audit_node, tx, err)))
        return false;
    k->out->n = proof.n;
    k->out->hashes = gw_arena_array(k->a, proof.n, struct gw_hash, err);
    if (k->out->hashes == NULL)
        return false;
    if (proof.n > 0)
        memcpy(k->out->hashes, proof.hashes, proof.n * sizeof *proof.hashes);
    return true;
}

bool gw_service_audit_inclusion(struct gw_audit_proof *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, uint64_t leaf, uint64_t size, struct gw_err *err)
{
    *out = (struct gw_audit_proof){};
    struct proving k = { a, out, true, leaf, size };
    return gw_allow(who, MAY_READ, err) && gw_store_read(s->store, prove, &k, err);
}

bool gw_service_audit_consistency(struct gw_audit_proof *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, uint64_t first, uint64_t second, struct gw_err *err)
{
    *out = (struct gw_audit_proof){};
    struct proving k = { a, out, false, first, second };
    return gw_allow(who, ANY_ROLE, err) && gw_store_read(s->store, prove, &k, err);
}

/* ---- handing it out -------------------------------------------------------------------------- */

struct exporting {
    struct gw_service *s;
    const struct gw_caller *who;
    struct gw_arena *a;
    struct gw_audit_export *x;
    struct gw_buf *out;
    struct gw_audit_head head;
    uint64_t n;
};

static bool log_export(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct exporting *k = arg;
    return gw_audit_add(tx, k->s, k->who, GW_AUDIT_EXPORT, &(struct gw_audit_facts){ .name = "log", .count = &k->n }, err);
}

static bool read_size(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct exporting *k = arg;
    struct gw_audit_size size;
    if (!gw_store_audit_size(&size, tx, err))
        return false;
    k->n = size.size;
    return true;
}

/* The frontier of the entries before the export, out of the subtrees that are kept. */
static bool write_begin(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct exporting *k = arg;
    struct gw_frontier f = { .size = k->x->from };
    for (uint64_t at = 0; at < f.size;) {
        unsigned level = 63u - (unsigned)__builtin_clzll(f.size - at);
        if (!gw_store_audit_node(&f.nodes[f.n++], tx, level, at >> level, err))
            return false;
        at += UINT64_C(1) << level;
    }
    gw_audit_export_begin(k->out, &f);
    return true;
}

static bool begin(struct exporting *k, struct gw_err *err)
{
    struct gw_audit_export *x = k->x;
    if (!gw_store_read(k->s->store, read_size, k, err))
        return false;
    if (x->from > k->n || x->from >= x->to)
        return gw_fail(err, GW_ERR_INVALID, "there is no entry from %llu on, in a log of %llu", (unsigned long long)x->from,
            (unsigned long long)k->n);
    x->to = GW_MIN(x->to, k->n);
    uint64_t all = k->n;
    k->n = x->to - x->from;
    if (!gw_store_write(k->s->store, log_export, k, err) || !gw_head_sign(k->s, err) ||
        !gw_head_get(&k->head, k->a, k->s, true, x->to == all ? all + 1 : x->to, err))
        return false;
    x->size = k->head.size;
    x->next = x->from;
    x->begun = true;
    return gw_store_read(k->s->store, write_begin, k, err);
}

static bool write_entry(void *to, uint64_t n, struct gw_span entry, struct gw_err *err)
{
    (void)n, (void)err;
    gw_audit_export_entry(to, entry);
    return true;
}

static bool write_piece(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct exporting *k = arg;
    struct gw_audit_export *x = k->x;
    uint64_t to = GW_MIN(x->size, x->next + EXPORT_ENTRIES_AT_ONCE);
    while (x->next < to) {
        struct gw_audit_head_row row;
        bool found;
        if (!gw_store_audit_head_from(&row, &found, k->a, tx, x->next + 1, err))
            return false;
        bool ends = found && row.size <= to;
        uint64_t until = ends ? row.size : to;
        if (!gw_store_audit_entries(tx, x->next, until, write_entry, k->out, err))
            return false;
        x->next = until;
        if (ends) {
            struct gw_audit_head head = {};
            if (!fill_head(&head, k->s, k->a, tx, &row, err))
                return false;
            gw_audit_export_head(k->out, gw_span_str(head.note));
        }
    }
    x->done = x->next == x->size;
    if (x->done)
        gw_audit_export_end(k->out, x->size);
    return true;
}

bool gw_service_audit_export(struct gw_buf *text, struct gw_audit_export *x, struct gw_service *s,
    const struct gw_caller *who, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct exporting k = { .s = s, .who = who, .a = a, .x = x, .out = text };
    return gw_allow(who, GW_ROLE_BIT(AUDITOR) | GW_ROLE_BIT(ADMIN), err) && (x->begun || begin(&k, err)) &&
           gw_store_read(s->store, write_piece, &k, err);
}

struct dating {
    int64_t at_us;
    uint64_t n;
};

static bool find_first(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct dating *d = arg;
    return gw_store_audit_first_at(&d->n, tx, d->at_us, err);
}

bool gw_service_audit_first_at(uint64_t *n, struct gw_service *s, const struct gw_caller *who, int64_t at_us,
    struct gw_err *err)
{
    struct dating d = { .at_us = at_us };
    bool fine = gw_allow(who, MAY_READ, err) && gw_store_read(s->store, find_first, &d, err);
    *n = d.n;
    return fine;
}
