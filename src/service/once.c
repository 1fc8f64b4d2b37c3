/* once.c - requests with an Idempotency-Key: done once, answered the same again.
 *
 * 1. While a key is being answered, the same key is refused: two of one request never
 *    run side by side in this process.
 * 2. The answer is stored in the transaction of its effect: there is never one
 *    without the other. */
#include "service/internal.h"

struct gw_once_waiting {
    struct gw_hash key;
    struct gw_once_waiting *next;
};

bool gw_once_init(struct gw_once *out, const struct gw_caller *who, struct gw_span key_text,
    struct gw_span method_and_target, struct gw_span body, struct gw_err *err)
{
    *out = (struct gw_once){};
    if (key_text.size < 1 || key_text.size > 255)
        return gw_fail(err, GW_ERR_INVALID, "Idempotency-Key must have 1 to 255 characters");
    /* Two hashes of fixed length, so that nothing can slide from one part into the other. */
    uint8_t parts[2 * GW_HASH_BYTES] = {};
    struct gw_hash h = gw_sha256(key_text);
    memcpy(parts, who->token.bytes, sizeof who->token.bytes);
    memcpy(parts + GW_HASH_BYTES, h.bytes, GW_HASH_BYTES);
    out->key = gw_sha256(gw_span_of(parts, sizeof parts));
    h = gw_sha256(method_and_target);
    memcpy(parts, h.bytes, GW_HASH_BYTES);
    h = gw_sha256(body);
    memcpy(parts + GW_HASH_BYTES, h.bytes, GW_HASH_BYTES);
    out->request = gw_sha256(gw_span_of(parts, sizeof parts));
    return true;
}

static bool same(const struct gw_hash *a, const struct gw_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

struct look {
    struct gw_service *s;
    struct gw_once *once;
    bool found;
};

/* A picture's or a key's hash must not be found by hashing pictures or keys: what is
 * stored went through a key of the store's own. */
static struct gw_hash kept(const struct gw_service *s, const struct gw_hash *h)
{
    return gw_store_hash(s->store, GW_HASH_ANSWER, gw_span_of(h->bytes, sizeof h->bytes));
}

static bool look_up(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct look *l = arg;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct gw_answer_row row;
    struct gw_hash key = kept(l->s, &l->once->key), request = kept(l->s, &l->once->request);
    if (!gw_store_answer_find(&row, &l->found, a, tx, &key, gw_clock_now(&l->s->clock), err))
        return false;
    if (!l->found)
        return true;
    if (!same(&row.request, &request))
        return gw_fail(err, GW_ERR_INVALID, "this Idempotency-Key was used for another request: take a new one");
    l->once->status = row.status;
    l->once->replayed = true;
    gw_buf_clear(&l->once->body);
    gw_buf_add(&l->once->body, row.body.data, row.body.size);
    return true;
}

bool gw_once_enter(struct gw_service *s, struct gw_once *once, bool *replayed, struct gw_err *err)
{
    *replayed = false;
    if (once == NULL)
        return true;
    pthread_mutex_lock(&s->once_lock);
    bool waiting = false;
    for (struct gw_once_waiting *w = s->once_waiting; w != NULL && !waiting; w = w->next)
        waiting = same(&w->key, &once->key);
    if (!waiting) {
        struct gw_once_waiting *w = gw_alloc(sizeof *w);
        *w = (struct gw_once_waiting){ once->key, s->once_waiting };
        s->once_waiting = w;
    }
    pthread_mutex_unlock(&s->once_lock);
    if (waiting)
        return gw_fail(err, GW_ERR_IN_PROGRESS, "the same request is still being answered");
    struct look l = { s, once, false };
    if (!gw_store_read(s->store, look_up, &l, err)) {
        gw_once_leave(s, once, false);
        return false;
    }
    *replayed = l.found;
    return true;
}

bool gw_once_keep(struct gw_tx *tx, struct gw_service *s, struct gw_once *once, const struct gw_id *voyage,
    const void *answer, struct gw_err *err)
{
    if (once == NULL)
        return true;
    gw_buf_clear(&once->body);
    once->render(&once->body, &once->status, answer, once->context);
    int64_t now = gw_clock_now(&s->clock);
    struct gw_answer_row row = {
        .key = kept(s, &once->key),
        .request = kept(s, &once->request),
        .has_voyage = voyage != NULL,
        .voyage = voyage == NULL ? (struct gw_id){} : *voyage,
        .status = once->status,
        .expires_us = now + s->conf->idempotency_keep,
        .body = gw_buf_span(&once->body),
    };
    return gw_store_answer_put(tx, &row, now, err);
}

void gw_once_leave(struct gw_service *s, struct gw_once *once, bool fine)
{
    if (once == NULL)
        return;
    if (!fine)
        gw_buf_clear(&once->body);
    pthread_mutex_lock(&s->once_lock);
    struct gw_once_waiting **at = &s->once_waiting;
    while (*at != NULL && !same(&(*at)->key, &once->key))
        at = &(*at)->next;
    struct gw_once_waiting *gone = *at;
    if (gone != NULL)
        *at = gone->next;
    pthread_mutex_unlock(&s->once_lock);
    gw_free(gone);
}

struct acted {
    struct gw_service *s;
    struct gw_once *once;
    const void *answer;
};

static bool keep_acted(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct acted *a = arg;
    return gw_once_keep(tx, a->s, a->once, NULL, a->answer, err);
}

bool gw_service_once(struct gw_service *s, struct gw_once *once, bool (*act)(void *self, struct gw_err *err), void *self,
    const void *answer, struct gw_err *err)
{
    struct acted a = { s, once, answer };
    bool replayed;
    if (!gw_once_enter(s, once, &replayed, err))
        return false;
    bool fine = replayed || (act(self, err) && (once == NULL || gw_store_write(s->store, keep_acted, &a, err)));
    gw_once_leave(s, once, fine);
    return fine;
}
