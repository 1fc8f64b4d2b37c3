/* audit_check.c - exports of the log read from files: checked, and proofs made from them. No store, no service. */
#include "audit/check.h"
#include "audit/proof.h"
#include "cli/audit.h"
#include "cli/commands.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { PIECE_BYTES = 1 << 20 };

/* Hands each line of a file to `line`, which may end it with false. GW_ERR_IO, GW_ERR_NOT_FOUND, GW_ERR_LIMIT. */
static bool each_line(const char *path, bool (*take)(void *to, struct gw_span line), void *to, struct gw_err *err)
{
    bool is_stdin = strcmp(path, "-") == 0, going = true;
    FILE *f = is_stdin ? stdin : fopen(path, "rb");
    if (f == NULL)
        return gw_fail(err, errno == ENOENT ? GW_ERR_NOT_FOUND : GW_ERR_IO, "%.150s: %s", path, strerror(errno));
    uint8_t *piece = gw_alloc(PIECE_BYTES + GW_AUDIT_LINE_MAX);
    size_t held = 0; /* of a line that is not whole yet, at the beginning of piece */
    bool fine = true;
    for (size_t n; going && fine && (n = fread(piece + held, 1, PIECE_BYTES, f)) > 0;) {
        size_t size = held + n, at = 0;
        const uint8_t *end;
        while (going && (end = memchr(piece + at, '\n', size - at)) != NULL) {
            going = take(to, gw_span_of(piece + at, (size_t)(end - piece) - at));
            at = (size_t)(end - piece) + 1;
        }
        held = going ? size - at : 0;
        if (held > GW_AUDIT_LINE_MAX)
            fine = gw_fail(err, GW_ERR_LIMIT, "%.150s: a line is longer than %d bytes: this is no export of the log", path, GW_AUDIT_LINE_MAX);
        else
            memmove(piece, piece + at, held);
    }
    if (fine && ferror(f))
        fine = gw_fail(err, GW_ERR_IO, "%.150s: %s", path, strerror(errno));
    /* A last line without newline was cut off; it is handed over for its place to be named. */
    if (fine && going && held > 0)
        (void)take(to, gw_span_of(piece, held));
    if (!is_stdin)
        fclose(f);
    gw_free(piece);
    return fine;
}

static bool check_line(void *to, struct gw_span line)
{
    return gw_audit_checker_line(to, line);
}

/* ---- check ------------------------------------------------------------------------- */

static struct gw_json *verdict_json(const char *path, const struct gw_audit_verdict *v)
{
    struct gw_json *j = gw_json_object(), *kinds = gw_json_object(), *list = gw_json_array();
    char at[GW_TIME_TEXT];
    gw_json_set_span(j, "file", gw_span_str(path));
    gw_json_set_bool(j, "valid", v->n_findings == 0);
    gw_json_set_integer(j, "from", (int64_t)v->from);
    gw_json_set_integer(j, "entries", (int64_t)v->entries);
    gw_json_set_integer(j, "heads", (int64_t)v->heads);
    if (v->has_head) {
        char root[2 * GW_HASH_BYTES + 1];
        struct gw_json *h = gw_json_object();
        gw_hex(root, gw_span_of(v->head.root.bytes, GW_HASH_BYTES));
        gw_time_format(at, v->head.at_us);
        gw_json_set_integer(h, "size", (int64_t)v->head.size);
        gw_json_set_text(h, "root", root);
        gw_json_set_text(h, "at", at);
        gw_json_set(j, "head", h);
    } else
        gw_json_set_null(j, "head");
    for (int i = 0; i < GW_AUDIT_KIND_COUNT; i++)
        if (v->kinds[i] > 0)
            gw_json_set_integer(kinds, gw_audit_kind_name((enum gw_audit_kind)i), (int64_t)v->kinds[i]);
    gw_json_set(j, "kinds", kinds);
    for (size_t i = 0; i < v->n_findings; i++) {
        const struct gw_audit_finding *f = &v->findings[i];
        struct gw_json *o = gw_json_object();
        gw_json_set_text(o, "code", f->code);
        if (f->line > 0)
            gw_json_set_integer(o, "line", (int64_t)f->line);
        if (f->has_entry)
            gw_json_set_integer(o, "entry", (int64_t)f->entry);
        gw_json_set_text(o, "text", f->text);
        gw_json_add(list, o);
    }
    gw_json_set(j, "problems", list);
    if (v->more)
        gw_json_set_bool(j, "more_problems", true);
    return j;
}

struct known_list {
    struct gw_audit_known *items;
    size_t n, capacity;
};

static void know(struct known_list *l, const struct gw_checkpoint *head, const char *where)
{
    if (l->n == l->capacity) {
        l->capacity = GW_MAX(2 * l->capacity, (size_t)16);
        l->items = gw_realloc_array(l->items, l->capacity, sizeof *l->items);
    }
    l->items[l->n++] = (struct gw_audit_known){ *head, where };
}

static bool read_heads(struct known_list *l, const struct gw_audit_check_ask *ask, struct gw_err *err)
{
    for (size_t i = 0; i < ask->n_heads; i++) {
        GW_AUTO_VALUE(gw_buf) note = {};
        struct gw_checkpoint head;
        if (!gw_buf_read_file(&note, ask->heads[i], GW_NOTE_MAX, err))
            return false;
        if (!gw_head_check(&head, gw_buf_span(&note), ask->key, err))
            return gw_fail_prefix(err, "%.80s", ask->heads[i]);
        know(l, &head, ask->heads[i]);
    }
    return true;
}

static int check_one(struct known_list *learned, const struct gw_audit_check_ask *ask, const char *path,
    struct known_list *known)
{
    struct gw_err err = {};
    gw_audit_known_sort(known->items, known->n);
    GW_AUTO(gw_audit_checker) *c = gw_audit_checker_new(ask->key, known->items, known->n);
    if (!each_line(path, check_line, c, &err))
        return gw_cli_fail("audit", &err);
    gw_audit_checker_end(c);
    int64_t at_s = 0;
    bool witnessed = ask->witness != NULL && gw_audit_checker_witnessed(c, ask->witness, &at_s);
    struct gw_audit_verdict v;
    size_t n;
    gw_audit_checker_verdict(&v, c);
    const struct gw_checkpoint *heads = gw_audit_checker_heads(&n, c);
    for (size_t i = 0; i < n; i++)
        know(learned, &heads[i], path);
    GW_AUTO(gw_json) *j = verdict_json(path, &v);
    if (ask->witness != NULL) {
        char at[GW_TIME_TEXT];
        gw_time_format(at, at_s * GW_US_PER_S);
        gw_json_set_text(j, "witnessed_at", witnessed ? at : NULL);
    }
    gw_cli_print(j, ask->pretty);
    for (size_t i = 0; i < v.n_findings; i++)
        fprintf(stderr, "gangway audit check: %s: %s\n", path, v.findings[i].text);
    return !v.is_export ? GW_EXIT_UNREADABLE : v.n_findings == 0 ? GW_EXIT_OK : GW_EXIT_INVALID;
}

int gw_audit_check(const struct gw_audit_check_ask *ask)
{
    struct gw_err err = {};
    struct known_list published = {}, learned = {};
    int status = GW_EXIT_OK;
    if (!read_heads(&published, ask, &err))
        status = gw_cli_fail("audit", &err);
    /* Every export is held against what the ones before it showed; an older one may well end earlier. */
    for (size_t i = 0; i < ask->n_exports && err.code == GW_OK; i++) {
        struct known_list known = {}, more = {};
        for (size_t k = 0; k < published.n; k++)
            know(&known, &published.items[k].head, published.items[k].where);
        for (size_t k = 0; k < learned.n; k++)
            know(&known, &learned.items[k].head, learned.items[k].where);
        int one = check_one(&more, ask, ask->exports[i], &known);
        for (size_t k = 0; k < more.n; k++)
            know(&learned, &more.items[k].head, more.items[k].where);
        status = GW_MAX(status, one);
        gw_free(known.items);
        gw_free(more.items);
    }
    gw_free(published.items);
    gw_free(learned.items);
    return status;
}

/* ---- prove --------------------------------------------------------------------------- */

struct leaves {
    struct gw_audit_checker *checker;
    struct gw_hash *hashes;
    size_t n, capacity;
    uint64_t wanted;     /* entry */
    struct gw_buf entry; /* its bytes */
    struct gw_buf heads; /* every head's note, one after the other, each behind its size as text and a NUL */
    struct gw_buf note;
    bool in_head;
};

static void end_head(struct leaves *l)
{
    if (!l->in_head)
        return;
    gw_buf_addf(&l->heads, "%zu", l->n);
    gw_buf_add(&l->heads, "", 1);
    gw_buf_add(&l->heads, l->note.data, l->note.size);
    gw_buf_add(&l->heads, "", 1);
    gw_buf_clear(&l->note);
    l->in_head = false;
}

static bool take_leaf(void *to, struct gw_span line)
{
    struct leaves *l = to;
    if (line.size > 0 && line.data[0] == '|') {
        gw_buf_add(&l->note, line.data + 1, line.size - 1);
        gw_buf_add(&l->note, "\n", 1);
    } else
        end_head(l);
    l->in_head = l->in_head || gw_span_is(line, "head");
    if (line.size > 0 && line.data[0] == '{') {
        if (l->n == l->wanted)
            gw_buf_add(&l->entry, line.data, line.size);
        if (l->n == l->capacity) {
            l->capacity = GW_MAX(2 * l->capacity, (size_t)1024);
            l->hashes = gw_realloc_array(l->hashes, l->capacity, sizeof *l->hashes);
        }
        l->hashes[l->n++] = gw_tree_leaf(line);
    }
    return gw_audit_checker_line(l->checker, line);
}

static bool read_node(struct gw_hash *out, void *from, unsigned level, uint64_t index, struct gw_err *err)
{
    const struct leaves *l = from;
    struct gw_frontier f = {};
    (void)err;
    for (uint64_t i = index << level; i < (index + 1) << level; i++)
        gw_frontier_add(&f, &l->hashes[i], NULL);
    *out = f.nodes[0];
    return true;
}

/* The note of the head of that size. Where the export has none a proof would hang in the air: GW_ERR_INVALID names the
 * nearest of at least `least`. option: what asked for the size. */
static const char *head_of(const struct leaves *l, uint64_t size, uint64_t least, const char *option, struct gw_err *err)
{
    uint64_t below = 0, above = 0;
    for (size_t at = 0; at < l->heads.size;) {
        const char *number = (const char *)l->heads.data + at, *note = number + strlen(number) + 1;
        uint64_t n = strtoull(number, NULL, 10);
        if (n == size)
            return note;
        if (n < size && n >= least)
            below = GW_MAX(below, n);
        else if (n > size && (above == 0 || n < above))
            above = n;
        at += (size_t)(note - number) + strlen(note) + 1;
    }
    char near[96];
    if (below > 0 && above > 0)
        snprintf(near, sizeof near, "the nearest are over %llu and %llu", (unsigned long long)below, (unsigned long long)above);
    else
        snprintf(near, sizeof near, "the nearest is over %llu", (unsigned long long)GW_MAX(below, above));
    return gw_fail_null(err, GW_ERR_INVALID, "%s: no head was signed over %llu entr%s; %s", option, (unsigned long long)size,
        size == 1 ? "y" : "ies", near);
}

static struct gw_json *make_proof(const struct gw_audit_prove_ask *ask, struct leaves *l, struct gw_err *err)
{
    struct gw_proof p;
    uint64_t a = (uint64_t)ask->a, b = (uint64_t)ask->b;
    if (b > l->n)
        return gw_fail_null(err, GW_ERR_INVALID, "the export has %zu entries", l->n);
    if (ask->inclusion ? !gw_tree_inclusion(&p, a, b, read_node, l, err) : !gw_tree_consistency(&p, a, b, read_node, l, err))
        return NULL;
    const char *head = head_of(l, b, ask->inclusion ? a + 1 : a, ask->inclusion ? "--size" : "--second", err);
    const char *first = head == NULL || ask->inclusion ? NULL : head_of(l, a, 0, "--first", err);
    if (head == NULL || (first == NULL && !ask->inclusion))
        return NULL;
    return ask->inclusion ? gw_proof_inclusion_json(a, b, gw_buf_text(&l->entry), p.hashes, p.n, head)
                          : gw_proof_consistency_json(a, b, p.hashes, p.n, first, head);
}

int gw_audit_prove(const struct gw_audit_prove_ask *ask)
{
    struct gw_err err = {};
    struct gw_audit_prove_ask own = *ask;
    GW_AUTO(gw_audit_checker) *c = gw_audit_checker_new(ask->key, NULL, 0);
    struct leaves l = { .checker = c, .wanted = (uint64_t)ask->a };
    GW_AUTO(gw_json) *j = NULL;
    bool fine = each_line(ask->path, take_leaf, &l, &err);
    if (fine) {
        struct gw_audit_verdict v;
        gw_audit_checker_end(c);
        gw_audit_checker_verdict(&v, c);
        end_head(&l);
        if (v.n_findings > 0)
            fine = gw_fail(&err, v.is_export ? GW_ERR_INVALID : GW_ERR_FORMAT, "%.200s", v.findings[0].text);
        else if (v.from != 0)
            fine = gw_fail(&err, GW_ERR_INVALID, "a proof needs an export from the first entry on");
        if (own.b < 0)
            own.b = (int64_t)v.head.size;
    }
    if (fine)
        j = make_proof(&own, &l, &err);
    if (j != NULL)
        gw_cli_print(j, ask->pretty);
    gw_free(l.hashes);
    gw_buf_done(&l.entry);
    gw_buf_done(&l.heads);
    gw_buf_done(&l.note);
    return j != NULL ? GW_EXIT_OK : gw_cli_fail("audit", &err);
}
