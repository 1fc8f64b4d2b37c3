/* get_audit.c - the log for those who check it: heads, entries, proofs, and the
 * signatures of witnesses. */
#include "audit/proof.h"
#include "http/exchange.h"

static bool number(bool *has, uint64_t *out, const struct gw_exchange *x, const char *name, struct gw_err *err)
{
    struct gw_span text;
    *has = gw_uri_query(&x->asked->uri, name, &text);
    return !*has || gw_span_uint(text, (UINT64_C(1) << GW_TREE_LEVELS) - 1, out) ||
           gw_fail(err, GW_ERR_USAGE, "%s takes a number", name);
}

static struct gw_json *head_json(const struct gw_audit_head *h)
{
    char root[2 * GW_HASH_BYTES + 1];
    struct gw_json *j = gw_json_object(), *list = gw_json_array();
    gw_hex(root, gw_span_of(h->root.bytes, sizeof h->root.bytes));
    gw_json_set_integer(j, "size", (int64_t)h->size);
    gw_json_set_text(j, "root", root);
    gw_json_set_time(j, "at", h->at_us);
    gw_json_set_text(j, "key", h->key);
    gw_json_set_text(j, "note", h->note);
    for (size_t i = 0; i < h->n_cosignatures; i++) {
        struct gw_json *c = gw_json_object();
        gw_json_set_text(c, "witness", h->cosignatures[i].witness);
        gw_json_set_time(c, "at", h->cosignatures[i].at_us);
        gw_json_set_text(c, "line", h->cosignatures[i].line);
        gw_json_add(list, c);
    }
    gw_json_set(j, "cosignatures", list);
    return j;
}

bool gw_get_audit_head(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_audit_head h;
    struct gw_span fresh = {};
    bool has_size;
    uint64_t size = 0;
    gw_uri_query(&x->asked->uri, "fresh", &fresh);
    if (!number(&has_size, &size, x, "size", err) ||
        !gw_service_audit_head(&h, x->mem, x->service, &x->who, has_size, size, gw_span_is(fresh, "yes"), err))
        return false;
    GW_AUTO(gw_json) *j = head_json(&h);
    return gw_exchange_json(x, 200, j);
}

bool gw_get_audit_entries(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_audit_page page;
    bool has_from, has_limit;
    uint64_t from = 0, limit = 0;
    if (!number(&has_from, &from, x, "from", err) || !number(&has_limit, &limit, x, "limit", err) ||
        !gw_service_audit_entries(&page, x->mem, x->service, &x->who, from, (size_t)limit, err))
        return false;
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_json *list = gw_json_array();
    for (size_t i = 0; i < page.n; i++)
        gw_json_add_text(list, page.entries[i]);
    gw_json_set_integer(j, "from", (int64_t)from);
    gw_json_set_integer(j, "size", (int64_t)page.size);
    gw_json_set(j, "entries", list);
    if (from + page.n < page.size)
        gw_json_set_integer(j, "next", (int64_t)(from + page.n));
    else
        gw_json_set_null(j, "next");
    return gw_exchange_json(x, 200, j);
}

/* The note of the head of exactly that size; NULL when there is none. */
static const char *note_of(struct gw_exchange *x, uint64_t size)
{
    struct gw_audit_head h;
    return gw_service_audit_head(&h, x->mem, x->service, &x->who, true, size, false, NULL) && h.size == size ? h.note : NULL;
}

bool gw_get_audit_proofs(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_audit_proof p;
    struct gw_audit_head latest;
    bool has_leaf, has_size, has_first, has_second;
    uint64_t leaf = 0, size = 0, first = 0, second = 0;
    if (!number(&has_leaf, &leaf, x, "leaf", err) || !number(&has_size, &size, x, "size", err) ||
        !number(&has_first, &first, x, "first", err) || !number(&has_second, &second, x, "second", err))
        return false;
    if (has_leaf == has_first || (has_leaf && has_second) || (has_first && has_size))
        return gw_fail(err, GW_ERR_USAGE, "a proof is asked for with leaf (and size), or with first (and second)");
    if (!(has_leaf ? has_size : has_second)) {
        if (!gw_service_audit_head(&latest, x->mem, x->service, &x->who, false, 0, false, err))
            return false;
        size = second = latest.size;
    }
    GW_AUTO(gw_json) *j = NULL;
    if (has_leaf) {
        if (!gw_service_audit_inclusion(&p, x->mem, x->service, &x->who, leaf, size, err))
            return false;
        j = gw_proof_inclusion_json(leaf, size, p.entry, p.hashes, p.n, note_of(x, size));
    } else {
        if (!gw_service_audit_consistency(&p, x->mem, x->service, &x->who, first, second, err))
            return false;
        j = gw_proof_consistency_json(first, second, p.hashes, p.n, note_of(x, first), note_of(x, second));
    }
    return gw_exchange_json(x, 200, j);
}

static void render(struct gw_buf *body, int *status, const void *answer, void *context)
{
    (void)context;
    GW_AUTO(gw_json) *j = head_json(answer);
    gw_json_format(body, j, false);
    gw_buf_add(body, "\n", 1);
    *status = 201;
}

bool gw_post_cosignature(struct gw_exchange *x, struct gw_err *err)
{
    struct gw_audit_head h;
    struct gw_span line = {};
    int64_t size = -1;
    GW_AUTO(gw_json) *body = NULL;
    if (!gw_exchange_body(&body, x, "size line", err) || !gw_exchange_text(&line, body, "line", 1024, err))
        return false;
    if (!gw_json_get_integer(body, "size", &size) || size < 0 || line.size == 0)
        return gw_fail(err, GW_ERR_INVALID, "\"size\" takes the size of the head, \"line\" the signature line over its note");
    if (!gw_exchange_begin(x, render, err) ||
        !gw_service_audit_cosign(&h, x->mem, x->service, &x->who, (uint64_t)size, line, x->once, err))
        return false;
    return gw_exchange_answer(x, render, &h);
}
