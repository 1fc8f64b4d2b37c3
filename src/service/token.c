/* token.c - bearer tokens: made, shown once, checked, revoked. */
#include "service/internal.h"

#include "base/log.h"

#include <stdlib.h>

enum { SECRET_BYTES = 30, LABEL_MAX = GW_LABEL_TEXT - 1, SCOPE_MAX = GW_SCOPE_TEXT - 1 };
#define YEAR_US (INT64_C(365) * 24 * 3600 * GW_US_PER_S)

/* All that may be used, by hash. Checking a token looks here and never in the store. */
struct known {
    struct gw_hash hash;
    int64_t expires_us;
    bool revoked;
    struct gw_caller caller;
};

struct gw_tokens {
    pthread_rwlock_t lock;
    struct known *known; /* sorted by hash */
    size_t n, capacity;
    uint64_t version;    /* atomic: grows with every change */
};

static int compare(const struct gw_hash *a, const struct gw_hash *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

/* Where the hash is, or belongs. */
static size_t place(const struct gw_tokens *t, const struct gw_hash *hash)
{
    size_t from = 0, to = t->n;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (compare(&t->known[middle].hash, hash) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

static void changed(struct gw_tokens *t)
{
    __atomic_fetch_add(&t->version, 1, __ATOMIC_RELEASE);
}

static void know(struct gw_tokens *t, const struct known *k)
{
    if (t->n == t->capacity) {
        t->capacity = GW_MAX(2 * t->capacity, (size_t)16);
        t->known = gw_realloc_array(t->known, t->capacity, sizeof *t->known);
    }
    size_t at = place(t, &k->hash);
    memmove(&t->known[at + 1], &t->known[at], (t->n - at) * sizeof *t->known);
    t->known[at] = *k;
    t->n++;
    changed(t);
}

static void copy_text(char *out, size_t size, struct gw_span s)
{
    size_t n = GW_MIN(s.size, size - 1);
    if (n > 0)
        memcpy(out, s.data, n);
    out[n] = 0;
}

static struct gw_caller caller_of(const struct gw_token_row *row)
{
    struct gw_caller c = { .role = (enum gw_role)row->role, .token = row->id };
    copy_text(c.site, sizeof c.site, row->site);
    copy_text(c.carrier, sizeof c.carrier, row->carrier);
    return c;
}

struct list {
    struct gw_arena *a;
    struct gw_token_row *rows;
    size_t n;
};

static bool read_tokens(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct list *l = arg;
    return gw_store_tokens(&l->rows, &l->n, l->a, tx, err);
}

struct gw_tokens *gw_tokens_open(struct gw_service *s, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct list l = { .a = a };
    if (!gw_store_read(s->store, read_tokens, &l, err))
        return NULL;
    struct gw_tokens *t = gw_alloc(sizeof *t);
    pthread_rwlock_init(&t->lock, NULL);
    for (size_t i = 0; i < l.n; i++)
        if (l.rows[i].role >= 0 && l.rows[i].role < GW_ROLE_COUNT)
            know(t, &(struct known){ l.rows[i].hash, l.rows[i].expires_us, l.rows[i].has_revoked, caller_of(&l.rows[i]) });
    return t;
}

void gw_tokens_close(struct gw_tokens *t)
{
    if (t == NULL)
        return;
    pthread_rwlock_destroy(&t->lock);
    gw_free(t->known);
    gw_free(t);
}

static bool put_token(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    return gw_store_token_put(tx, arg, err);
}

bool gw_service_token_new(struct gw_token *out, char secret[GW_TOKEN_TEXT], struct gw_service *s,
    const struct gw_caller *who, const struct gw_token_new *ask, struct gw_err *err)
{
    *out = (struct gw_token){};
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err))
        return false;
    if (ask->role >= GW_ROLE_COUNT)
        return gw_fail(err, GW_ERR_INVALID, "no such role");
    if (ask->label.size > LABEL_MAX || !gw_span_utf8(ask->label, NULL))
        return gw_fail(err, GW_ERR_INVALID, "label must be text of at most %d bytes", LABEL_MAX);
    if (ask->site.size > 0 && !gw_code(out->site, 2, 8, ask->site))
        return gw_fail(err, GW_ERR_INVALID, "site must be a port's code of 2 to 8 letters and digits");
    if (ask->carrier.size > 0 && !gw_code(out->carrier, 2, 8, ask->carrier))
        return gw_fail(err, GW_ERR_INVALID, "carrier must be a carrier's code of 2 to 8 letters and digits");
    if (ask->role == GW_ROLE_DEVICE && ask->site.size == 0)
        return gw_fail(err, GW_ERR_INVALID, "a device needs a site: the port where it stands");
    if (ask->role == GW_ROLE_CARRIER && ask->carrier.size == 0)
        return gw_fail(err, GW_ERR_INVALID, "a carrier's token needs its carrier");
    if (ask->lasts_us < 0 || ask->lasts_us > 20 * YEAR_US)
        return gw_fail(err, GW_ERR_INVALID, "a token lasts at most 20 years");

    /* 240 random bits, written in a base where nothing needs quoting. */
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    static_assert(SECRET_BYTES * 8 / 5 == GW_TOKEN_TEXT - 1 - 3);
    uint8_t random[SECRET_BYTES];
    gw_random(random, sizeof random);
    memcpy(secret, "gw_", 3);
    for (size_t i = 0; i < SECRET_BYTES * 8 / 5; i++) {
        unsigned window = (unsigned)(random[i * 5 / 8] << 8) | (i * 5 / 8 + 1 < SECRET_BYTES ? random[i * 5 / 8 + 1] : 0u);
        secret[3 + i] = alphabet[window >> (11 - i * 5 % 8) & 31];
    }
    secret[GW_TOKEN_TEXT - 1] = 0;
    gw_wipe(random, sizeof random);

    int64_t now = gw_clock_now(&s->clock);
    out->id = gw_id_new(now);
    out->role = ask->role;
    copy_text(out->label, sizeof out->label, ask->label);
    out->created_us = now;
    out->expires_us = now + (ask->lasts_us == 0 ? YEAR_US : ask->lasts_us);
    struct gw_token_row row = {
        .id = out->id,
        .hash = gw_store_hash(s->store, GW_HASH_TOKEN, gw_span_str(secret)),
        .role = (int)out->role,
        .label = gw_span_str(out->label),
        .site = gw_span_str(out->site),
        .carrier = gw_span_str(out->carrier),
        .created_us = out->created_us,
        .expires_us = out->expires_us,
    };
    if (!gw_store_write(s->store, put_token, &row, err)) {
        gw_wipe(secret, GW_TOKEN_TEXT);
        return false;
    }
    pthread_rwlock_wrlock(&s->tokens->lock);
    know(s->tokens, &(struct known){ row.hash, row.expires_us, false, caller_of(&row) });
    pthread_rwlock_unlock(&s->tokens->lock);
    gw_log(GW_LOG_INFO, "token_new", GW_LOG_ID("token", out->id),
        GW_LOG_OF_TABLE("role", (struct gw_word){ gw_role_name(out->role) }));
    return true;
}

bool gw_service_token_check(struct gw_caller *out, struct gw_service *s, struct gw_span secret, struct gw_err *err)
{
    if (secret.size == GW_TOKEN_TEXT - 1) {
        /* Found by its keyed hash: how long that takes says nothing about the secret. */
        struct gw_hash hash = gw_store_hash(s->store, GW_HASH_TOKEN, secret);
        int64_t now = gw_clock_now(&s->clock);
        pthread_rwlock_rdlock(&s->tokens->lock);
        size_t at = place(s->tokens, &hash);
        const struct known *k = &s->tokens->known[at];
        bool fine = at < s->tokens->n && compare(&k->hash, &hash) == 0 && !k->revoked && now < k->expires_us;
        if (fine)
            *out = k->caller;
        pthread_rwlock_unlock(&s->tokens->lock);
        if (fine)
            return true;
    }
    return gw_fail(err, GW_ERR_UNAUTHORIZED, "the token is not known, has expired or was revoked");
}

bool gw_token_stays(struct gw_service *s, const struct gw_caller *who, struct gw_token_watch *watch)
{
    struct gw_tokens *t = s->tokens;
    uint64_t version = __atomic_load_n(&t->version, __ATOMIC_ACQUIRE) + 1; /* 0: never looked */
    int64_t now = gw_clock_now(&s->clock);
    if (watch->version == version && now < watch->expires_us)
        return true;
    /* Who came in without one of these (the machine's own operator) cannot lose it. */
    *watch = (struct gw_token_watch){ version, INT64_MAX };
    bool stays = true;
    pthread_rwlock_rdlock(&t->lock);
    for (size_t i = 0; i < t->n; i++)
        if (gw_id_equal(t->known[i].caller.token, who->token)) {
            watch->expires_us = t->known[i].expires_us;
            stays = !t->known[i].revoked && now < t->known[i].expires_us;
        }
    pthread_rwlock_unlock(&t->lock);
    if (!stays)
        watch->version = 0;
    return stays;
}

struct revoke {
    struct gw_id token;
    int64_t now_us;
};

static bool revoke_token(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct revoke *r = arg;
    bool found;
    return gw_store_token_revoke(tx, r->token, r->now_us, &found, err) &&
           (found || gw_fail(err, GW_ERR_NOT_FOUND, "no such token"));
}

bool gw_service_token_revoke(struct gw_service *s, const struct gw_caller *who, struct gw_id token, struct gw_err *err)
{
    struct revoke r = { token, gw_clock_now(&s->clock) };
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_store_write(s->store, revoke_token, &r, err))
        return false;
    pthread_rwlock_wrlock(&s->tokens->lock);
    for (size_t i = 0; i < s->tokens->n; i++)
        if (gw_id_equal(s->tokens->known[i].caller.token, token))
            s->tokens->known[i].revoked = true;
    changed(s->tokens);
    pthread_rwlock_unlock(&s->tokens->lock);
    gw_log(GW_LOG_INFO, "token_revoke", GW_LOG_ID("token", token));
    return true;
}

bool gw_service_token_list(struct gw_token **out, size_t *n, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_err *err)
{
    struct list l = { .a = a };
    *out = NULL;
    *n = 0;
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err) || !gw_store_read(s->store, read_tokens, &l, err))
        return false;
    struct gw_token *tokens = gw_arena_array(a, l.n, struct gw_token, err);
    if (tokens == NULL)
        return false;
    for (size_t i = 0; i < l.n; i++) {
        tokens[i] = (struct gw_token){
            .id = l.rows[i].id,
            .role = (enum gw_role)l.rows[i].role,
            .created_us = l.rows[i].created_us,
            .expires_us = l.rows[i].expires_us,
            .has_revoked = l.rows[i].has_revoked,
            .revoked_us = l.rows[i].revoked_us,
        };
        copy_text(tokens[i].label, sizeof tokens[i].label, l.rows[i].label);
        copy_text(tokens[i].site, sizeof tokens[i].site, l.rows[i].site);
        copy_text(tokens[i].carrier, sizeof tokens[i].carrier, l.rows[i].carrier);
    }
    *out = tokens;
    *n = l.n;
    return true;
}
