/* token.c - bearer tokens and client certificates: made, shown once, checked, renewed, revoked. */
#include "service/internal.h"

#include "base/log.h"

#include <stdlib.h>

enum { LABEL_MAX = GW_LABEL_TEXT - 1, SCOPE_MAX = GW_SCOPE_TEXT - 1 };
#define YEAR_US (INT64_C(365) * 24 * 3600 * GW_US_PER_S)
#define KEEP_MOST_US (INT64_C(30) * 24 * 3600 * GW_US_PER_S)

/* All that may be used, by hash. Checking a credential looks here and never in the store. */
struct known {
    struct gw_hash hash;
    int64_t until_us;
    bool revoked, prior; /* prior: it was renewed, and works for a while yet */
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

/* Tells the credentials of a token apart. */
static uint64_t credential_of(const struct gw_hash *hash)
{
    uint64_t n;
    memcpy(&n, hash->bytes, sizeof n);
    return n | 1; /* never none */
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
    t->known[at].caller.credential = credential_of(&k->hash);
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

/* A certificate that was renewed for longer is no other credential than before. */
static bool has_prior(const struct gw_token_row *row)
{
    return row->has_prior && compare(&row->prior_hash, &row->hash) != 0;
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
    for (size_t i = 0; i < l.n; i++) {
        const struct gw_token_row *r = &l.rows[i];
        if (r->role < 0 || r->role >= GW_ROLE_COUNT)
            continue;
        know(t, &(struct known){ r->hash, r->expires_us, r->has_revoked, false, caller_of(r) });
        if (has_prior(r))
            know(t, &(struct known){ r->prior_hash, r->prior_until_us, r->has_revoked, true, caller_of(r) });
    }
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

/* ---- making ---- */

void gw_token_random(char *out, size_t n)
{
    static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";
    uint8_t random[8];
    for (size_t i = 0; i < n; i++) {
        if (i % sizeof random == 0)
            gw_random(random, sizeof random);
        out[i] = alphabet[random[i % sizeof random] & 31];
    }
    gw_wipe(random, sizeof random);
}

/* 240 random bits, written in a base where nothing needs quoting. */
static void make_secret(char secret[GW_TOKEN_TEXT])
{
    static_assert((GW_TOKEN_TEXT - 1 - 3) * 5 == 240);
    memcpy(secret, "gw_", 3);
    gw_token_random(secret + 3, GW_TOKEN_TEXT - 1 - 3);
    secret[GW_TOKEN_TEXT - 1] = 0;
}

static struct gw_hash certificate_hash(const struct gw_service *s, const struct gw_hash *certificate)
{
    /* A use of its own: a certificate is no secret, and its fingerprint sent as a token must be nothing. */
    return gw_store_hash(s->store, GW_HASH_CERTIFICATE, gw_span_of(certificate->bytes, sizeof certificate->bytes));
}

/* Fills hash, certificate and expires_us of the row. owner: whose renewal it is; NULL for somebody new. */
static bool make_credential(struct gw_token_row *row, char secret[GW_TOKEN_TEXT], struct gw_service *s,
    const struct gw_credential *ask, const struct gw_id *owner, struct gw_err *err)
{
    int64_t now = gw_clock_now(&s->clock);
    *secret = 0;
    if (ask->lasts_us < 0 || ask->lasts_us > 20 * YEAR_US)
        return gw_fail(err, GW_ERR_INVALID, "a token lasts at most 20 years");
    row->expires_us = now + (ask->lasts_us == 0 ? YEAR_US : ask->lasts_us);
    row->has_certificate = ask->has_certificate;
    if (!ask->has_certificate) {
        make_secret(secret);
        row->hash = gw_store_hash(s->store, GW_HASH_TOKEN, gw_span_str(secret));
        return true;
    }
    if (ask->certificate_until_us <= now)
        return gw_fail(err, GW_ERR_INVALID, "the certificate has ended");
    row->certificate = ask->certificate;
    row->hash = certificate_hash(s, &ask->certificate);
    row->expires_us = GW_MIN(row->expires_us, ask->certificate_until_us);
    pthread_rwlock_rdlock(&s->tokens->lock);
    size_t at = place(s->tokens, &row->hash);
    bool taken = at < s->tokens->n && compare(&s->tokens->known[at].hash, &row->hash) == 0 &&
        (owner == NULL || !gw_id_equal(s->tokens->known[at].caller.token, *owner));
    pthread_rwlock_unlock(&s->tokens->lock);
    return !taken ||
        gw_fail(err, GW_ERR_CONFLICT, "this certificate is, or was, somebody's: make another (`list --every` shows whose)");
}

const char *gw_token_state(const struct gw_token *t, int64_t now_us)
{
    return t->has_revoked ? "revoked" : t->expires_us <= now_us ? "expired" : "valid";
}

struct gw_token gw_token_of(const struct gw_token_row *row, int64_t now_us)
{
    struct gw_token t = {
        .id = row->id,
        .role = (enum gw_role)row->role,
        .created_us = row->created_us,
        .expires_us = row->expires_us,
        .has_revoked = row->has_revoked,
        .revoked_us = row->revoked_us,
        .has_certificate = row->has_certificate,
        .certificate = row->certificate,
        .has_prior = has_prior(row) && row->prior_until_us > now_us && !row->has_revoked,
        .prior_until_us = row->prior_until_us,
    };
    copy_text(t.label, sizeof t.label, row->label);
    copy_text(t.site, sizeof t.site, row->site);
    copy_text(t.carrier, sizeof t.carrier, row->carrier);
    return t;
}

static bool log_token(struct gw_tx *tx, struct gw_service *s, const struct gw_caller *who, const struct gw_token_row *row,
    const char *reason, struct gw_err *err)
{
    return gw_audit_add(tx, s, who, GW_AUDIT_TOKEN,
        &(struct gw_audit_facts){
            .subject = &row->id,
            .role = gw_role_name((enum gw_role)row->role),
            .until = &row->expires_us,
            .reason = reason,
        },
        err);
}

struct making {
    struct gw_service *s;
    const struct gw_caller *who;
    const struct gw_token_row *row;
    const char *reason;
    bool first_admin;
    struct gw_once *once;
    const struct gw_token_made *made;
};

static bool put_token(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct making *m = arg;
    bool had = false;
    if (m->first_admin && !gw_store_token_of_role(&had, tx, GW_ROLE_ADMIN, err))
        return false;
    if (had)
        return gw_fail(err, GW_ERR_CONFLICT, "there is an admin already: ask them for a token, or use `gangway user add` on the machine");
    return gw_store_token_put(tx, m->row, err) && log_token(tx, m->s, m->who, m->row, m->reason, err) &&
        gw_once_keep(tx, m->s, m->once, NULL, m->made, err);
}

static bool check_new(struct gw_token *t, const struct gw_token_new *ask, struct gw_err *err)
{
    if (ask->role >= GW_ROLE_COUNT)
        return gw_fail(err, GW_ERR_INVALID, "no such role");
    if (ask->label.size > LABEL_MAX || !gw_span_utf8(ask->label, NULL))
        return gw_fail(err, GW_ERR_INVALID, "label must be text of at most %d bytes", LABEL_MAX);
    if (ask->site.size > 0 && !gw_code(t->site, 2, 8, ask->site))
        return gw_fail(err, GW_ERR_INVALID, "site must be a port's code of 2 to 8 letters and digits");
    if (ask->carrier.size > 0 && !gw_code(t->carrier, 2, 8, ask->carrier))
        return gw_fail(err, GW_ERR_INVALID, "carrier must be a carrier's code of 2 to 8 letters and digits");
    if (ask->role == GW_ROLE_DEVICE && ask->site.size == 0)
        return gw_fail(err, GW_ERR_INVALID, "a device needs a site: the port where it stands");
    return ask->role != GW_ROLE_CARRIER || ask->carrier.size > 0 ||
        gw_fail(err, GW_ERR_INVALID, "a carrier's token needs its carrier");
}

bool gw_token_make(struct gw_token_made *out, struct gw_service *s, const struct gw_caller *who, const struct gw_token_new *ask,
    const char *reason, bool first_admin, struct gw_once *once, struct gw_err *err)
{
    struct gw_token codes = {};
    *out = (struct gw_token_made){};
    if (!check_new(&codes, ask, err))
        return false;
    int64_t now = gw_clock_now(&s->clock);
    struct gw_token_row row = {
        .id = gw_id_new(now),
        .role = (int)ask->role,
        .label = ask->label,
        .site = gw_span_str(codes.site),
        .carrier = gw_span_str(codes.carrier),
        .created_us = now,
    };
    if (!make_credential(&row, out->secret, s, &ask->credential, NULL, err))
        return false;
    out->token = gw_token_of(&row, now);
    struct making making = { s, who, &row, reason, first_admin, once, out };
    if (!gw_store_write(s->store, put_token, &making, err)) {
        gw_wipe(out, sizeof *out);
        return false;
    }
    pthread_rwlock_wrlock(&s->tokens->lock);
    know(s->tokens, &(struct known){ row.hash, row.expires_us, false, false, caller_of(&row) });
    pthread_rwlock_unlock(&s->tokens->lock);
    gw_log(GW_LOG_INFO, "token_new", GW_LOG_ID("token", row.id),
        GW_LOG_OF_TABLE("role", (struct gw_word){ gw_role_name(ask->role) }));
    return true;
}

bool gw_service_token_new(struct gw_token *out, char secret[GW_TOKEN_TEXT], struct gw_service *s,
    const struct gw_caller *who, const struct gw_token_new *ask, struct gw_err *err)
{
    struct gw_token_made made = {};
    bool fine = gw_allow(who, GW_ROLE_BIT(ADMIN), err) && gw_token_make(&made, s, who, ask, "new", false, NULL, err);
    *out = made.token;
    memcpy(secret, made.secret, sizeof made.secret);
    gw_wipe(&made, sizeof made);
    return fine;
}

bool gw_tokens_had_admin(struct gw_tokens *t)
{
    bool had = false;
    pthread_rwlock_rdlock(&t->lock);
    for (size_t i = 0; i < t->n && !had; i++)
        had = t->known[i].caller.role == GW_ROLE_ADMIN;
    pthread_rwlock_unlock(&t->lock);
    return had;
}

/* ---- renewing ---- */

struct renewal {
    struct gw_service *s;
    const struct gw_caller *who;
    struct gw_arena *a;
    struct gw_token_row row;
    int64_t now_us, keep_us;
};

static bool renew_token(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct renewal *r = arg;
    struct gw_token_row *rows;
    size_t n, i = 0;
    bool found = false;
    if (!gw_store_tokens(&rows, &n, r->a, tx, err))
        return false;
    while (i < n && !gw_id_equal(rows[i].id, r->row.id))
        i++;
    if (i == n || rows[i].has_revoked)
        return gw_fail(err, GW_ERR_NOT_FOUND, "no such token, or it was revoked");
    struct gw_token_row row = rows[i];
    row.prior_hash = row.hash;
    row.prior_until_us = GW_MIN(row.expires_us, r->now_us + r->keep_us);
    row.has_prior = true;
    row.hash = r->row.hash;
    row.has_certificate = r->row.has_certificate;
    row.certificate = r->row.certificate;
    row.expires_us = r->row.expires_us;
    r->row = row;
    return gw_store_token_renew(tx, &row, &found, err) &&
        (found || gw_fail(err, GW_ERR_NOT_FOUND, "no such token, or it was revoked")) &&
        log_token(tx, r->s, r->who, &row, "renewed", err);
}

/* What was the credential becomes the prior one; what was prior is nothing any more. */
static void know_renewed(struct gw_tokens *t, const struct gw_token_row *row, int64_t now_us)
{
    for (size_t i = 0; i < t->n; i++) {
        struct known *k = &t->known[i];
        if (!gw_id_equal(k->caller.token, row->id))
            continue;
        k->until_us = GW_MIN(k->until_us, k->prior ? now_us : row->prior_until_us);
        k->prior = true;
    }
    changed(t);
    struct known fresh = { row->hash, row->expires_us, false, false, caller_of(row) };
    fresh.caller.credential = credential_of(&row->hash);
    size_t at = place(t, &row->hash);
    if (at < t->n && compare(&t->known[at].hash, &row->hash) == 0)
        t->known[at] = fresh; /* the same certificate for longer */
    else
        know(t, &fresh);
}

bool gw_service_token_renew(struct gw_token *out, char secret[GW_TOKEN_TEXT], struct gw_service *s,
    const struct gw_caller *who, const struct gw_token_renewal *ask, struct gw_err *err)
{
    *out = (struct gw_token){};
    *secret = 0;
    GW_AUTO(gw_arena) *a = gw_arena_new(GW_LIST_ARENA_BYTES);
    struct renewal r = { .s = s, .who = who, .a = a, .row = { .id = ask->token }, .now_us = gw_clock_now(&s->clock), .keep_us = ask->keep_us };
    if (!gw_allow(who, GW_ROLE_BIT(ADMIN), err))
        return false;
    if (ask->keep_us < 0 || ask->keep_us > KEEP_MOST_US)
        return gw_fail(err, GW_ERR_INVALID, "the credential before can be kept for 30 days at most");
    if (!make_credential(&r.row, secret, s, &ask->credential, &ask->token, err))
        return false;
    if (!gw_store_write(s->store, renew_token, &r, err)) {
        gw_wipe(secret, GW_TOKEN_TEXT);
        return false;
    }
    pthread_rwlock_wrlock(&s->tokens->lock);
    know_renewed(s->tokens, &r.row, r.now_us);
    pthread_rwlock_unlock(&s->tokens->lock);
    *out = gw_token_of(&r.row, r.now_us);
    gw_log(GW_LOG_INFO, "token_renew", GW_LOG_ID("token", out->id));
    return true;
}

/* ---- checking ---- */

static bool check(struct gw_caller *out, struct gw_service *s, const struct gw_hash *hash)
{
    /* Found by a hash under a key nobody outside has: how long the search takes says nothing about the credential. The
     * last word is a comparison in constant time all the same. */
    int64_t now = gw_clock_now(&s->clock);
    pthread_rwlock_rdlock(&s->tokens->lock);
    size_t at = place(s->tokens, hash);
    bool fine = at < s->tokens->n;
    if (fine) {
        const struct known *k = &s->tokens->known[at];
        fine = gw_equal_secret(k->hash.bytes, hash->bytes, sizeof hash->bytes) && !k->revoked && now < k->until_us;
        if (fine)
            *out = k->caller;
    }
    pthread_rwlock_unlock(&s->tokens->lock);
    if (fine)
        gw_login_note(s, out);
    return fine;
}

bool gw_service_token_check(struct gw_caller *out, struct gw_service *s, struct gw_span secret, struct gw_err *err)
{
    struct gw_hash hash = gw_store_hash(s->store, GW_HASH_TOKEN, secret);
    return (secret.size == GW_TOKEN_TEXT - 1 && check(out, s, &hash)) ||
        gw_fail(err, GW_ERR_UNAUTHORIZED, "the token is not known, has expired or was revoked");
}

bool gw_service_certificate_check(struct gw_caller *out, struct gw_service *s, const struct gw_hash *certificate,
    struct gw_err *err)
{
    struct gw_hash hash = certificate_hash(s, certificate);
    return check(out, s, &hash) ||
        gw_fail(err, GW_ERR_UNAUTHORIZED, "the client certificate is not registered, has expired or was revoked");
}

bool gw_token_caller(struct gw_caller *out, struct gw_service *s, struct gw_id token)
{
    struct gw_tokens *t = s->tokens;
    const int64_t now = gw_clock_now(&s->clock);
    bool found = false;
    pthread_rwlock_rdlock(&t->lock);
    for (size_t i = 0; i < t->n && !found; i++)
        if (gw_id_equal(t->known[i].caller.token, token) && !t->known[i].revoked && now < t->known[i].until_us) {
            *out = t->known[i].caller;
            found = true;
        }
    pthread_rwlock_unlock(&t->lock);
    return found;
}

bool gw_token_stays(struct gw_service *s, const struct gw_caller *who, struct gw_token_watch *watch)
{
    struct gw_tokens *t = s->tokens;
    uint64_t version = __atomic_load_n(&t->version, __ATOMIC_ACQUIRE) + 1; /* 0: never looked */
    int64_t now = gw_clock_now(&s->clock);
    if (watch->version == version && now < watch->expires_us)
        return true;
    /* Who came in without one of these (the machine's own operator) cannot lose it. One that was renewed ends for who
     * came in with it, whatever the new one may. */
    bool known = who->credential != 0;
    int64_t until_us = 0;
    pthread_rwlock_rdlock(&t->lock);
    for (size_t i = 0; i < t->n; i++)
        if (gw_id_equal(t->known[i].caller.token, who->token) &&
            (who->credential == 0 || t->known[i].caller.credential == who->credential)) {
            known = true;
            until_us = GW_MAX(until_us, t->known[i].revoked ? 0 : t->known[i].until_us);
        }
    pthread_rwlock_unlock(&t->lock);
    bool stays = !known || now < until_us;
    *watch = (struct gw_token_watch){ stays ? version : 0, known ? until_us : INT64_MAX };
    return stays;
}

/* ---- revoking, listing ---- */

struct revoke {
    struct gw_service *s;
    const struct gw_caller *who;
    struct gw_id token;
    int64_t now_us;
};

static bool revoke_token(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    struct revoke *r = arg;
    bool found;
    return gw_store_token_revoke(tx, r->token, r->now_us, &found, err) &&
           (found || gw_fail(err, GW_ERR_NOT_FOUND, "no such token")) &&
           gw_audit_add(tx, r->s, r->who, GW_AUDIT_REVOKE, &(struct gw_audit_facts){ .subject = &r->token }, err);
}

bool gw_service_token_revoke(struct gw_service *s, const struct gw_caller *who, struct gw_id token, struct gw_err *err)
{
    struct revoke r = { s, who, token, gw_clock_now(&s->clock) };
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
    for (size_t i = 0; i < l.n; i++)
        tokens[i] = gw_token_of(&l.rows[i], gw_clock_now(&s->clock));
    *out = tokens;
    *n = l.n;
    return true;
}
