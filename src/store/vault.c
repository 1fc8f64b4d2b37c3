/* vault.c - the keys: one file, one key that wraps, a data key for each voyage and day.
 *
 * 1. master.key never enters the database; what stands there is wrapped with it.
 * 2. A data key in memory is committed or belongs to the transaction that is being
 *    written: when that is undone, it is forgotten (gw_vault_forget_new).
 * 3. A destroyed key is wiped here at once and never taken up again, not even by a
 *    reader whose older snapshot still shows its row.
 * 4. A data key is used only under the lock, so wiping cannot meet a use. */
#include "store/tx.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKETS = 1024, SLAB = 64, N_HASH_USES = GW_HASH_PICTURE + 1 };

struct entry {
    struct entry *next;
    enum gw_key_kind kind;
    struct gw_id scope;
    bool is_new, destroyed;
    uint8_t key[GW_KEY_BYTES];
};

struct slab {
    struct slab *next;
    size_t used;
    struct entry entries[SLAB];
};

struct master {
    uint8_t wrap[GW_KEY_BYTES];
    uint8_t hash[N_HASH_USES][GW_KEY_BYTES];
    uint8_t check[GW_KEY_BYTES];
};

struct gw_vault {
    struct master *master; /* locked memory, never changed */
    pthread_rwlock_t lock; /* over what follows */
    struct entry *buckets[BUCKETS];
    struct slab *slabs;
    bool any_new;
};

static const char file_head[] = "gangway master key 1\n";
enum { FILE_BYTES = sizeof file_head - 1 + 2 * GW_KEY_BYTES + 1 };

static void derive(uint8_t out[GW_KEY_BYTES], const uint8_t key[GW_KEY_BYTES], const char *use)
{
    struct gw_hash h = gw_keyed_hash(key, gw_span_str(use));
    memcpy(out, h.bytes, GW_KEY_BYTES);
    gw_wipe(&h, sizeof h);
}

static bool make_file(const char *path, struct gw_err *err)
{
    uint8_t *key = gw_secret_alloc(GW_KEY_BYTES + FILE_BYTES + 1);
    char *text = (char *)key + GW_KEY_BYTES;
    gw_random(key, GW_KEY_BYTES);
    memcpy(text, file_head, sizeof file_head - 1);
    gw_hex(text + sizeof file_head - 1, gw_span_of(key, GW_KEY_BYTES));
    text[FILE_BYTES - 1] = '\n';
    bool fine = gw_buf_write_file(gw_span_of(text, FILE_BYTES), path, 0600, err);
    gw_secret_free(key);
    return fine;
}

struct gw_vault *gw_vault_open(const char *folder, bool may_make, struct gw_err *err)
{
    char path[4096];
    struct stat st;
    if ((size_t)snprintf(path, sizeof path, "%s/master.key", folder) >= sizeof path)
        return gw_fail_null(err, GW_ERR_IO, "store.path is too long");
    if (stat(path, &st) != 0) {
        if (errno != ENOENT)
            return gw_fail_null(err, GW_ERR_IO, "%.150s: %s", path, strerror(errno));
        if (!may_make)
            return gw_fail_null(err, GW_ERR_NOT_FOUND,
                "%.120s is missing, and the database cannot be read without it: restore it from your backup", path);
        if (!make_file(path, err) || stat(path, &st) != 0)
            return NULL;
    }
    if ((st.st_mode & 077) != 0)
        return gw_fail_null(err, GW_ERR_IO, "%.120s can be read by others than its owner: chmod 600, and think of who read it",
            path);
    GW_AUTO_VALUE(gw_buf) text = {};
    if (!gw_buf_read_file(&text, path, 4096, err))
        return NULL;
    uint8_t *key = gw_secret_alloc(GW_KEY_BYTES);
    struct gw_span s = gw_buf_span(&text);
    if (s.size != FILE_BYTES || !gw_span_starts(s, file_head) ||
        !gw_hex_parse(key, GW_KEY_BYTES, gw_span_slice(s, sizeof file_head - 1, FILE_BYTES - 1))) {
        gw_secret_free(key);
        return gw_fail_null(err, GW_ERR_CORRUPT, "%.120s is not a master key of gangway: restore it from your backup", path);
    }
    struct gw_vault *v = gw_alloc(sizeof *v);
    v->master = gw_secret_alloc(sizeof *v->master);
    derive(v->master->wrap, key, "gangway: wrap data keys");
    derive(v->master->check, key, "gangway: check");
    static const char *const uses[N_HASH_USES] = { "gangway: hash documents", "gangway: hash tokens",
        "gangway: hash request keys", "gangway: hash pictures" };
    for (size_t i = 0; i < N_HASH_USES; i++)
        derive(v->master->hash[i], key, uses[i]);
    gw_secret_free(key);
    pthread_rwlock_init(&v->lock, NULL);
    return v;
}

void gw_vault_close(struct gw_vault *v)
{
    if (v == NULL)
        return;
    while (v->slabs != NULL) {
        struct slab *s = v->slabs;
        v->slabs = s->next;
        gw_secret_free(s);
    }
    gw_secret_free(v->master);
    pthread_rwlock_destroy(&v->lock);
    gw_free(v);
}

struct gw_hash gw_vault_check(const struct gw_vault *v)
{
    return gw_keyed_hash(v->master->check, gw_span_str("gangway"));
}

struct gw_hash gw_vault_hash(const struct gw_vault *v, enum gw_hash_use use, struct gw_span data)
{
    assert((size_t)use < N_HASH_USES);
    return gw_keyed_hash(v->master->hash[use], data);
}

struct gw_id gw_key_day(int64_t day)
{
    struct gw_id id = {};
    for (int i = 0; i < 8; i++)
        id.bytes[i] = (uint8_t)((uint64_t)day >> (56 - 8 * i));
    return id;
}

static struct entry **bucket_of(struct gw_vault *v, enum gw_key_kind kind, struct gw_id scope)
{
    /* The last bytes of an id are random; of a day, its low byte is enough. */
    unsigned n = (unsigned)(scope.bytes[15] << 8 | scope.bytes[14]) ^ (unsigned)scope.bytes[7] ^ (unsigned)kind << 4;
    return &v->buckets[n % BUCKETS];
}

static struct entry *find(struct gw_vault *v, enum gw_key_kind kind, struct gw_id scope)
{
    struct entry *e = *bucket_of(v, kind, scope);
    while (e != NULL && (e->kind != kind || !gw_id_equal(e->scope, scope)))
        e = e->next;
    return e;
}

static struct entry *add(struct gw_vault *v, enum gw_key_kind kind, struct gw_id scope)
{
    if (v->slabs == NULL || v->slabs->used == SLAB) {
        struct slab *s = gw_secret_alloc(sizeof *s);
        s->next = v->slabs;
        v->slabs = s;
    }
    struct entry *e = &v->slabs->entries[v->slabs->used++];
    struct entry **bucket = bucket_of(v, kind, scope);
    *e = (struct entry){ .next = *bucket, .kind = kind, .scope = scope };
    *bucket = e;
    return e;
}

/* An entry without key is one nobody can tell from none: it is filled again on use. */
static void empty(struct entry *e)
{
    gw_wipe(e->key, sizeof e->key);
    e->is_new = false;
}

static bool is_empty(const struct entry *e)
{
    static const uint8_t none[GW_KEY_BYTES];
    return gw_equal_secret(e->key, none, sizeof none);
}

void gw_vault_forget_new(struct gw_vault *v)
{
    pthread_rwlock_wrlock(&v->lock);
    for (struct slab *s = v->any_new ? v->slabs : NULL; s != NULL; s = s->next)
        for (size_t i = 0; i < s->used; i++)
            if (s->entries[i].is_new) {
                empty(&s->entries[i]);
                s->entries[i].destroyed = false;
            }
    v->any_new = false;
    pthread_rwlock_unlock(&v->lock);
}

void gw_vault_keep_new(struct gw_vault *v)
{
    pthread_rwlock_wrlock(&v->lock);
    for (struct slab *s = v->any_new ? v->slabs : NULL; s != NULL; s = s->next)
        for (size_t i = 0; i < s->used; i++)
            s->entries[i].is_new = false;
    v->any_new = false;
    pthread_rwlock_unlock(&v->lock);
}

struct wrap_bound {
    uint8_t bytes[8 + 1 + sizeof(struct gw_id)];
};

static struct wrap_bound wrap_bound_of(enum gw_key_kind kind, const struct gw_id *scope)
{
    struct wrap_bound b = { .bytes = "data key" };
    b.bytes[8] = (uint8_t)kind;
    memcpy(b.bytes + 9, scope->bytes, sizeof scope->bytes);
    return b;
}

/* The key is in memory afterwards, unless it was destroyed; GW_ERR_GONE if there is none. */
static bool load(struct gw_tx *tx, enum gw_key_kind kind, struct gw_id scope, struct gw_err *err)
{
    struct gw_vault *v = tx->vault;
    pthread_rwlock_rdlock(&v->lock);
    struct entry *e = find(v, kind, scope);
    bool here = e != NULL && !e->destroyed && !is_empty(e), destroyed = e != NULL && e->destroyed;
    pthread_rwlock_unlock(&v->lock);
    if (here)
        return true;
    if (destroyed)
        return gw_fail(err, GW_ERR_GONE, "it was purged; nothing brings it back");

    struct gw_reading r;
    if (!gw_reading_start(&r, tx, GW_QUERY_KEY_GET, GW_VALUES(gw_v_int(kind), gw_v_id(&scope)), err))
        return false;
    bool found = false, fine = true;
    while (gw_reading_next(&r)) {
        found = true;
        struct gw_span wrapped = gw_column_bytes(&r, 0);
        struct wrap_bound bound = wrap_bound_of(kind, &scope);
        uint8_t key[GW_KEY_BYTES];
        if (wrapped.size != GW_KEY_BYTES + GW_SEAL_BYTES)
            fine = gw_fail(err, GW_ERR_CORRUPT, "a data key has a wrong length");
        else
            fine = gw_unseal(key, v->master->wrap, wrapped, gw_span_of(bound.bytes, sizeof bound.bytes), err);
        if (fine) {
            pthread_rwlock_wrlock(&v->lock);
            e = find(v, kind, scope);
            if (e == NULL)
                e = add(v, kind, scope);
            if (!e->destroyed) {
                memcpy(e->key, key, sizeof key);
                e->is_new = e->is_new || tx->writable;
                v->any_new = v->any_new || tx->writable;
            }
            pthread_rwlock_unlock(&v->lock);
        }
        gw_wipe(key, sizeof key);
    }
    if (!gw_reading_done(&r) || !fine)
        return false;
    return found || gw_fail(err, GW_ERR_GONE, "it was purged; nothing brings it back");
}

bool gw_store_key_make(struct gw_tx *tx, enum gw_key_kind kind, struct gw_id scope, int64_t now_us,
    struct gw_err *err)
{
    assert(tx->writable);
    struct gw_err e = {};
    if (load(tx, kind, scope, &e))
        return true;
    if (e.code != GW_ERR_GONE) {
        if (err != NULL)
            *err = e;
        return false;
    }
    uint8_t key[GW_KEY_BYTES], wrapped[GW_KEY_BYTES + GW_SEAL_BYTES];
    struct wrap_bound bound = wrap_bound_of(kind, &scope);
    gw_random(key, sizeof key);
    gw_seal(wrapped, tx->vault->master->wrap, gw_span_of(key, sizeof key), gw_span_of(bound.bytes, sizeof bound.bytes));
    gw_wipe(key, sizeof key);
    return gw_tx_run(tx, GW_QUERY_KEY_PUT,
               GW_VALUES(gw_v_int(kind), gw_v_id(&scope), gw_v_blob(gw_span_of(wrapped, sizeof wrapped)),
                   gw_v_int(now_us)),
               NULL, err) &&
           load(tx, kind, scope, err);
}

bool gw_store_key_destroy(struct gw_tx *tx, enum gw_key_kind kind, struct gw_id scope, size_t *n, struct gw_err *err)
{
    assert(tx->writable);
    struct gw_vault *v = tx->vault;
    pthread_rwlock_wrlock(&v->lock);
    struct entry *e = find(v, kind, scope);
    if (e == NULL)
        e = add(v, kind, scope);
    empty(e);
    e->destroyed = e->is_new = v->any_new = true;
    pthread_rwlock_unlock(&v->lock);
    return gw_tx_run(tx, GW_QUERY_KEY_DELETE, GW_VALUES(gw_v_int(kind), gw_v_id(&scope)), n, err);
}

bool gw_store_keys_destroy_before(struct gw_tx *tx, enum gw_key_kind kind, int64_t day, size_t *n, struct gw_err *err)
{
    struct gw_id before = gw_key_day(day);
    for (;;) {
        struct gw_id some[64];
        size_t n_some = 0;
        struct gw_reading r;
        if (!gw_reading_start(&r, tx, GW_QUERY_KEYS_BEFORE, GW_VALUES(gw_v_int(kind), gw_v_id(&before)), err))
            return false;
        while (n_some < GW_COUNT(some) && gw_reading_next(&r))
            some[n_some++] = gw_column_id(&r, 0);
        if (!gw_reading_done(&r))
            return false;
        if (n_some == 0)
            return true;
        for (size_t i = 0; i < n_some; i++)
            if (!gw_store_key_destroy(tx, kind, some[i], n, err))
                return false;
    }
}

/* Where the key is used: under the lock, and only if it is still there. */
static bool with_key(struct gw_tx *tx, enum gw_key_kind kind, struct gw_id scope,
    bool (*use)(const uint8_t *key, void *arg, struct gw_err *err), void *arg, struct gw_err *err)
{
    if (!load(tx, kind, scope, err))
        return false;
    pthread_rwlock_rdlock(&tx->vault->lock);
    struct entry *e = find(tx->vault, kind, scope);
    bool fine = e != NULL && !e->destroyed && !is_empty(e);
    if (fine)
        fine = use(e->key, arg, err);
    else
        gw_fail(err, GW_ERR_GONE, "it was purged; nothing brings it back");
    pthread_rwlock_unlock(&tx->vault->lock);
    return fine;
}

struct sealing {
    struct gw_span in, bound;
    uint8_t *out;
    struct gw_hash *hash;
};

static bool use_seal(const uint8_t *key, void *arg, struct gw_err *err)
{
    (void)err;
    struct sealing *s = arg;
    gw_seal(s->out, key, s->in, s->bound);
    return true;
}

static bool use_unseal(const uint8_t *key, void *arg, struct gw_err *err)
{
    struct sealing *s = arg;
    return gw_unseal(s->out, key, s->in, s->bound, err);
}

static bool use_hash(const uint8_t *key, void *arg, struct gw_err *err)
{
    (void)err;
    struct sealing *s = arg;
    uint8_t derived[GW_KEY_BYTES];
    derive(derived, key, "gangway: hash within a voyage");
    *s->hash = gw_keyed_hash(derived, s->in);
    gw_wipe(derived, sizeof derived);
    return true;
}

struct bound_bytes {
    uint8_t bytes[2 + sizeof(struct gw_id) + GW_HASH_BYTES];
    size_t size;
};

static struct bound_bytes bound_bytes_of(const struct gw_bound *b)
{
    struct bound_bytes o = {};
    assert(b->row.size <= GW_HASH_BYTES);
    o.bytes[0] = (uint8_t)b->key;
    o.bytes[1] = (uint8_t)b->kind;
    memcpy(o.bytes + 2, b->scope.bytes, sizeof b->scope.bytes);
    memcpy(o.bytes + 2 + sizeof b->scope.bytes, b->row.data, b->row.size);
    o.size = 2 + sizeof b->scope.bytes + b->row.size;
    return o;
}

bool gw_tx_seal(struct gw_buf *out, struct gw_tx *tx, const struct gw_bound *bound, struct gw_span plain,
    struct gw_err *err)
{
    struct bound_bytes b = bound_bytes_of(bound);
    gw_buf_reserve(out, plain.size + GW_SEAL_BYTES);
    struct sealing s = { .in = plain, .bound = gw_span_of(b.bytes, b.size), .out = out->data + out->size };
    if (!with_key(tx, bound->key, bound->scope, use_seal, &s, err))
        return false;
    out->size += plain.size + GW_SEAL_BYTES;
    return true;
}

bool gw_tx_unseal(struct gw_span *plain, struct gw_arena *a, struct gw_tx *tx, const struct gw_bound *bound,
    struct gw_span sealed, struct gw_err *err)
{
    if (sealed.size < GW_SEAL_BYTES)
        return gw_fail(err, GW_ERR_CORRUPT, "sealed data is too short");
    size_t n = sealed.size - GW_SEAL_BYTES;
    struct bound_bytes b = bound_bytes_of(bound);
    struct sealing s = { .in = sealed, .bound = gw_span_of(b.bytes, b.size), .out = gw_arena_alloc(a, n, 1, err) };
    if (s.out == NULL || !with_key(tx, bound->key, bound->scope, use_unseal, &s, err))
        return false;
    *plain = gw_span_of(s.out, n);
    return true;
}

bool gw_store_voyage_hash(struct gw_hash *out, struct gw_tx *tx, struct gw_id voyage, struct gw_span data,
    struct gw_err *err)
{
    struct sealing s = { .in = data, .hash = out };
    return with_key(tx, GW_KEY_VOYAGE, voyage, use_hash, &s, err);
}
