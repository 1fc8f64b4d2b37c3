/* vault.c - the keys: what is sealed, under which key, and the life of each.
 *
 * 1. No key is in the database, not even wrapped: data_key says which there are, the
 *    ring (ring.h) has them, this has them in locked memory.
 * 2. A key made in a transaction is in the ring, durably, before that commits
 *    (gw_vault_before_commit); undone, it is forgotten.
 * 3. A key given up in a transaction opens nothing from that moment; when that has
 *    committed, it is wiped here and in the ring before anybody is told so
 *    (gw_vault_committed). Undone, it opens again.
 * 4. After a crash the ring may have keys the database does not know of: they are
 *    wiped when the store is opened. The database may know keys the ring does not
 *    have (it is a backup, restored): what they sealed is lost, and purged.
 * 5. A key is used only under the lock, so wiping cannot meet a use. */
#include "store/ring.h"
#include "store/tx.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUCKETS_LEAST = 1024, SLAB_LEAST = 64, SLAB_MOST = 4096, N_HASH_USES = GW_HASH_USES, PATH_BYTES = 4096 };
static const char root_bound[] = "gangway: root";

struct entry {
    struct entry *next;       /* in its bucket, or among the free */
    enum gw_key_kind kind;
    struct gw_id scope;
    uint32_t slot;
    unsigned made, doomed;    /* the part of the transaction that did it; 0: none */
    bool given_up;            /* committed; its slot waits to be overwritten */
    uint8_t key[GW_KEY_BYTES];
};

/* Locked memory comes in pages with guards around: the more keys, the more of them in one piece. */
struct slab {
    struct slab *next;
    size_t used, room;
    struct entry entries[];
};

struct master {
    uint8_t root[GW_KEY_BYTES];
    uint8_t hash[N_HASH_USES][GW_KEY_BYTES];
};

struct gw_vault {
    struct master *master; /* locked memory, never changed */
    char *folder, *source;
    struct gw_kek *kek;    /* the writer's, as ring */
    struct gw_ring *ring;
    bool ring_dirty, moving;
    unsigned part;         /* of the transaction being written; 0: none */
    struct entry **pending; /* made or given up by it, or given up and not overwritten yet: each once */
    size_t n_pending, room_pending;

    pthread_rwlock_t lock; /* over what follows */
    struct entry **buckets, *free;
    size_t n_buckets;      /* a power of two, not below n_keys */
    struct slab *slabs;
    size_t n_keys, n_given_up, n_swept, n_lost, n_damaged;
};

static void derive(uint8_t out[GW_KEY_BYTES], const uint8_t key[GW_KEY_BYTES], const char *use)
{
    struct gw_hash h = gw_keyed_hash(key, gw_span_str(use));
    memcpy(out, h.bytes, GW_KEY_BYTES);
    gw_wipe(&h, sizeof h);
}

static void derive_all(struct master *m)
{
    static const char *const uses[N_HASH_USES] = { "gangway: hash documents", "gangway: hash tokens",
        "gangway: hash request keys", "gangway: hash pictures", "gangway: hash certificates",
        "gangway: key of the log", "gangway: hash receipts" };
    for (size_t i = 0; i < N_HASH_USES; i++)
        derive(m->hash[i], m->root, uses[i]);
}

struct gw_hash gw_vault_hash(const struct gw_vault *v, enum gw_hash_use use, struct gw_span data)
{
    assert((size_t)use < N_HASH_USES);
    return gw_keyed_hash(v->master->hash[use], data);
}

struct gw_id gw_key_hour(int64_t hour)
{
    struct gw_id id = {};
    for (int i = 0; i < 8; i++)
        id.bytes[i] = (uint8_t)((uint64_t)hour >> (56 - 8 * i));
    return id;
}

/* ---- keys in memory ------------------------------------------------------------------ */

static struct entry **bucket_of(const struct gw_vault *v, enum gw_key_kind kind, struct gw_id scope)
{
    uint64_t high, low; /* of an hour all of it is in the first half, of an id what is random in the second */
    memcpy(&high, scope.bytes, sizeof high);
    memcpy(&low, scope.bytes + sizeof high, sizeof low);
    uint64_t n = (high ^ low ^ (uint64_t)kind) * UINT64_C(0x9E3779B97F4A7C15);
    return &v->buckets[(n >> 32) & (v->n_buckets - 1)];
}

/* A look-up stays a look-up with a million portraits. */
static void make_room(struct gw_vault *v)
{
    if (v->n_keys < v->n_buckets)
        return;
    struct entry **old = v->buckets;
    const size_t n_old = v->n_buckets;
    v->n_buckets = GW_MAX(n_old * 2, (size_t)BUCKETS_LEAST);
    v->buckets = gw_alloc_array(v->n_buckets, sizeof(struct entry *));
    for (size_t b = 0; b < n_old; b++)
        for (struct entry *e = old[b], *next; e != NULL; e = next) {
            struct entry **bucket = bucket_of(v, e->kind, e->scope);
            next = e->next;
            e->next = *bucket;
            *bucket = e;
        }
    gw_free(old);
}

/* One that opens something: not given up. */
static struct entry *find(struct gw_vault *v, enum gw_key_kind kind, struct gw_id scope)
{
    struct entry *e = v->n_buckets == 0 ? NULL : *bucket_of(v, kind, scope);
    while (e != NULL && (e->kind != kind || !gw_id_equal(e->scope, scope) || e->doomed > 0 || e->given_up))
        e = e->next;
    return e;
}

static struct entry *add(struct gw_vault *v, enum gw_key_kind kind, struct gw_id scope, uint32_t slot,
    const uint8_t key[GW_KEY_BYTES])
{
    struct entry *e = v->free;
    if (e != NULL) {
        v->free = e->next;
    } else {
        if (v->slabs == NULL || v->slabs->used == v->slabs->room) {
            const size_t room = GW_MIN(GW_MAX(v->n_keys, (size_t)SLAB_LEAST), (size_t)SLAB_MOST);
            struct slab *s = gw_secret_alloc(sizeof *s + room * sizeof s->entries[0]);
            s->next = v->slabs;
            s->room = room;
            v->slabs = s;
        }
        e = &v->slabs->entries[v->slabs->used++];
    }
    make_room(v);
    struct entry **bucket = bucket_of(v, kind, scope);
    *e = (struct entry){ .next = *bucket, .kind = kind, .scope = scope, .slot = slot };
    memcpy(e->key, key, GW_KEY_BYTES);
    *bucket = e;
    v->n_keys++;
    return e;
}

static void drop(struct gw_vault *v, struct entry *e)
{
    struct entry **at = bucket_of(v, e->kind, e->scope);
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    gw_wipe(e, sizeof *e);
    e->next = v->free;
    v->free = e;
    v->n_keys--;
}

/* Calls `each` with every entry; it may drop that one. */
static void for_all(struct gw_vault *v, bool (*each)(struct gw_vault *v, struct entry *e, void *arg), void *arg)
{
    for (size_t b = 0; b < v->n_buckets; b++)
        for (struct entry *e = v->buckets[b], *next; e != NULL; e = next) {
            next = e->next;
            if (!each(v, e, arg))
                return;
        }
}

static void add_pending(struct gw_vault *v, struct entry *e)
{
    if (v->n_pending == v->room_pending) {
        v->room_pending = GW_MAX(v->room_pending * 2, (size_t)64);
        v->pending = gw_realloc_array(v->pending, v->room_pending, sizeof(struct entry *));
    }
    v->pending[v->n_pending++] = e;
}

/* The same with every one that is pending; whom that settles is not pending any more. */
static void for_pending(struct gw_vault *v, void (*each)(struct gw_vault *v, struct entry *e, void *arg), void *arg)
{
    size_t kept = 0;
    for (size_t i = 0; i < v->n_pending; i++) {
        struct entry *e = v->pending[i];
        each(v, e, arg);
        if (e->made > 0 || e->doomed > 0 || e->given_up) /* a dropped one is wiped */
            v->pending[kept++] = e;
    }
    v->n_pending = kept;
}

/* ---- transactions ---------------------------------------------------------------------- */

void gw_vault_part(struct gw_vault *v)
{
    v->part++;
}

struct undo {
    unsigned part; /* 0: all */
};

static void undo_one(struct gw_vault *v, struct entry *e, void *arg)
{
    const struct undo *u = arg;
    if (e->doomed > 0 && (u->part == 0 || e->doomed == u->part))
        e->doomed = 0;
    if (e->made > 0 && (u->part == 0 || e->made == u->part)) {
        /* If this does not reach the disk, opening the store does it. */
        (void)gw_ring_clear(v->ring, e->slot, NULL);
        drop(v, e);
    }
}

static void undo(struct gw_vault *v, unsigned part)
{
    if (v->n_pending == 0)
        return;
    pthread_rwlock_wrlock(&v->lock);
    for_pending(v, undo_one, &(struct undo){ part });
    pthread_rwlock_unlock(&v->lock);
}

void gw_vault_undo_part(struct gw_vault *v)
{
    undo(v, v->part);
}

void gw_vault_undo(struct gw_vault *v)
{
    undo(v, 0);
    v->part = 0;
}

bool gw_vault_before_commit(struct gw_vault *v, struct gw_err *err)
{
    if (v->ring_dirty && !gw_ring_sync(v->ring, err))
        return false;
    v->ring_dirty = false;
    return true;
}

struct committing {
    struct gw_photos *photos;
    bool any, failed;
    struct gw_err *err;
};

static void settle(struct gw_vault *v, struct entry *e, void *arg)
{
    struct committing *c = arg;
    e->made = 0;
    if (e->doomed > 0) {
        e->doomed = 0;
        e->given_up = true;
        gw_wipe(e->key, sizeof e->key);
        v->n_given_up++;
    }
    if (e->given_up) {
        if (gw_ring_clear(v->ring, e->slot, c->err))
            c->any = true;
        else
            c->failed = true;
    }
}

static void drop_given_up(struct gw_vault *v, struct entry *e, void *arg)
{
    struct committing *c = arg;
    if (e->given_up) {
        gw_photos_drop(c->photos, e->kind, e->scope);
        v->n_given_up--;
        drop(v, e);
    }
}

bool gw_vault_committed(struct gw_vault *v, struct gw_photos *photos, struct gw_err *err)
{
    struct committing c = { .photos = photos, .err = err };
    v->part = 0;
    if (v->n_pending == 0)
        return true;
    pthread_rwlock_wrlock(&v->lock);
    for_pending(v, settle, &c);
    /* Not wiped on the disk is not wiped: it is tried again with the next commit. */
    c.failed = c.failed || (c.any && !gw_ring_sync(v->ring, err));
    if (!c.failed)
        for_pending(v, drop_given_up, &c);
    pthread_rwlock_unlock(&v->lock);
    return !c.failed;
}

bool gw_store_key_make(struct gw_tx *tx, enum gw_key_kind kind, struct gw_id scope, int64_t now_us,
    struct gw_err *err)
{
    struct gw_vault *v = tx->vault;
    assert(tx->writable);
    if (gw_vault_has(v, kind, scope))
        return true;
    struct gw_ring_key key = { .kind = (uint8_t)kind, .scope = scope };
    uint32_t slot;
    gw_random(key.key, sizeof key.key);
    bool fine = gw_ring_put(&slot, v->ring, &key, err);
    if (fine) {
        v->ring_dirty = true;
        v->part += v->part == 0;
        pthread_rwlock_wrlock(&v->lock);
        struct entry *e = add(v, kind, scope, slot, key.key);
        e->made = v->part;
        add_pending(v, e);
        pthread_rwlock_unlock(&v->lock);
    }
    gw_wipe(&key, sizeof key);
    return fine && gw_tx_run(tx, GW_QUERY_KEY_PUT, GW_VALUES(gw_v_int(kind), gw_v_id(&scope), gw_v_int(now_us)), NULL, err);
}

bool gw_vault_has(struct gw_vault *v, enum gw_key_kind kind, struct gw_id scope)
{
    pthread_rwlock_rdlock(&v->lock);
    bool has = find(v, kind, scope) != NULL;
    pthread_rwlock_unlock(&v->lock);
    return has;
}

bool gw_store_key_destroy(struct gw_tx *tx, enum gw_key_kind kind, struct gw_id scope, size_t *n, struct gw_err *err)
{
    struct gw_vault *v = tx->vault;
    assert(tx->writable);
    v->part += v->part == 0;
    pthread_rwlock_wrlock(&v->lock);
    struct entry *e = find(v, kind, scope);
    if (e != NULL) {
        if (e->made == 0)
            add_pending(v, e);
        e->doomed = v->part;
    }
    pthread_rwlock_unlock(&v->lock);
    return gw_tx_run(tx, GW_QUERY_KEY_DELETE, GW_VALUES(gw_v_int(kind), gw_v_id(&scope)), n, err);
}

bool gw_store_keys_destroy_before(struct gw_tx *tx, enum gw_key_kind kind, int64_t hour, size_t *n, struct gw_err *err)
{
    struct gw_id before = gw_key_hour(hour);
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

/* ---- using a key --------------------------------------------------------------------- */

/* Under the lock, and only if it is there. */
static bool with_key(struct gw_tx *tx, enum gw_key_kind kind, struct gw_id scope,
    bool (*use)(const uint8_t *key, void *arg, struct gw_err *err), void *arg, struct gw_err *err)
{
    pthread_rwlock_rdlock(&tx->vault->lock);
    const struct entry *e = find(tx->vault, kind, scope);
    bool fine = e != NULL ? use(e->key, arg, err) : gw_fail(err, GW_ERR_GONE, "it was purged; nothing brings it back");
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

/* ---- opening --------------------------------------------------------------------------- */

static bool meta_get(struct gw_buf *out, struct gw_tx *tx, const char *name, struct gw_err *err)
{
    struct gw_reading r;
    if (!gw_reading_start(&r, tx, GW_QUERY_META_GET, GW_VALUES(gw_v_text(gw_span_str(name))), err))
        return false;
    if (gw_reading_next(&r)) {
        struct gw_span value = gw_column_bytes(&r, 0);
        gw_buf_add(out, value.data, value.size);
    }
    return gw_reading_done(&r);
}

static bool meta_put(struct gw_tx *tx, const char *name, struct gw_span value, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_META_PUT, GW_VALUES(gw_v_text(gw_span_str(name)), gw_v_blob(value)), NULL, err);
}

static bool meta_drop(struct gw_tx *tx, const char *name, struct gw_err *err)
{
    return gw_tx_run(tx, GW_QUERY_META_DELETE, GW_VALUES(gw_v_text(gw_span_str(name))), NULL, err);
}

static bool put_root(struct gw_tx *tx, const char *name, const struct gw_kek *kek, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) wrapped = {};
    return gw_kek_wrap(&wrapped, kek, tx->vault->master->root, root_bound, err) &&
           meta_put(tx, name, gw_buf_span(&wrapped), err);
}

struct gw_vault_paths {
    char ring[PATH_BYTES], next[PATH_BYTES]; /* next: "" when the key is in no file */
};

static bool paths_of(struct gw_vault_paths *p, const char *folder, const char *source, struct gw_err *err)
{
    *p = (struct gw_vault_paths){};
    bool is_default = strcmp(source, "file") == 0, is_file = strncmp(source, "file:", 5) == 0;
    int n = snprintf(p->ring, sizeof p->ring, "%s/keyring", folder);
    int m = is_default ? snprintf(p->next, sizeof p->next, "%s/master.key.next", folder)
        : is_file      ? snprintf(p->next, sizeof p->next, "%s.next", source + 5)
                       : snprintf(p->next, sizeof p->next, "%s", "");
    return (n < PATH_BYTES && m < PATH_BYTES) || gw_fail(err, GW_ERR_IO, "store.path or keys.source is too long");
}

/* A keyring that has never had a key may be replaced; any other belongs to a database that is not here. */
static bool clear_way(const char *ring, struct gw_err *err)
{
    struct stat st;
    if (stat(ring, &st) != 0)
        return true;
    if (st.st_size > PATH_BYTES)
        return gw_fail(err, GW_ERR_CONFLICT,
            "%.120s belongs to a database that is not in this folder: put that back, or move the keyring away", ring);
    return unlink(ring) == 0 || gw_fail(err, GW_ERR_IO, "%.120s: %s", ring, strerror(errno));
}

static bool make_store(struct gw_tx *tx, const struct gw_vault_paths *paths, int64_t now_us, struct gw_err *err)
{
    struct gw_vault *v = tx->vault;
    struct gw_id store = gw_id_new(now_us);
    gw_random(v->master->root, sizeof v->master->root);
    return clear_way(paths->ring, err) && gw_ring_make(paths->ring, store, v->kek, err) &&
           put_root(tx, "root", v->kek, err) && meta_put(tx, "store", gw_span_of(store.bytes, sizeof store.bytes), err);
}

static void take_key(void *to, uint32_t slot, const struct gw_ring_key *key)
{
    add(to, (enum gw_key_kind)key->kind, key->scope, slot, key->key);
}

struct sweep {
    struct gw_tx *tx;
    struct gw_err *err;
    bool failed;
};

/* Entries the database knows are marked made = 1 on the way and unmarked at the end. */
static bool sweep_one(struct gw_vault *v, struct entry *e, void *arg)
{
    struct sweep *s = arg;
    if (e->made > 0) {
        e->made = 0;
        return true;
    }
    if (!gw_ring_clear(v->ring, e->slot, s->err)) {
        s->failed = true;
        return false;
    }
    v->n_swept++;
    drop(v, e);
    return true;
}

static bool agree(struct gw_tx *tx, struct gw_err *err)
{
    struct gw_vault *v = tx->vault;
    struct gw_reading r;
    struct sweep s = { .tx = tx, .err = err };
    enum { LOST_AT_ONCE = 64 };
    for (bool more = true; more;) {
        struct gw_ring_key lost[LOST_AT_ONCE];
        size_t n = 0;
        if (!gw_reading_start(&r, tx, GW_QUERY_KEYS, NULL, 0, err))
            return false;
        while (n < LOST_AT_ONCE && gw_reading_next(&r)) {
            struct gw_ring_key k = { .kind = (uint8_t)gw_column_int(&r, 0), .scope = gw_column_id(&r, 1) };
            struct entry *e = find(v, (enum gw_key_kind)k.kind, k.scope);
            if (e != NULL)
                e->made = 1;
            else
                lost[n++] = k;
        }
        if (!gw_reading_done(&r))
            return false;
        for (size_t i = 0; i < n; i++)
            if (!gw_tx_run(tx, GW_QUERY_KEY_DELETE, GW_VALUES(gw_v_int(lost[i].kind), gw_v_id(&lost[i].scope)), &v->n_lost, err))
                return false;
        more = n == LOST_AT_ONCE;
    }
    for_all(v, sweep_one, &s);
    return !s.failed && gw_ring_sync(v->ring, err);
}

static bool open_root(bool *moved, struct gw_tx *tx, struct gw_span root, struct gw_err *err)
{
    struct gw_vault *v = tx->vault;
    GW_AUTO_VALUE(gw_buf) next = {};
    struct gw_err why = {};
    *moved = false;
    if (gw_kek_unwrap(v->master->root, v->kek, root, root_bound, &why))
        return true;
    if (!meta_get(&next, tx, "root.next", err))
        return false;
    *moved = next.size > 0 && gw_kek_unwrap(v->master->root, v->kek, gw_buf_span(&next), root_bound, &why);
    return *moved || gw_fail(err, why.code,
        "the key of keys.source (%s) is not the one this database was written with: restore the pair", gw_kek_mark(v->kek));
}

/* A move of keys that was cut off: finished if the new key is the one in use, else undone. */
static bool end_move(struct gw_tx *tx, const struct gw_vault_paths *paths, bool moved, struct gw_err *err)
{
    struct gw_vault *v = tx->vault;
    bool was_cut_off = paths->next[0] != 0 && access(paths->next, F_OK) == 0;
    if (moved || was_cut_off) {
        if (!put_root(tx, "root", v->kek, err) || !meta_drop(tx, "root.next", err) ||
            !gw_ring_renew(v->ring, v->kek, NULL, err))
            return false;
        if (was_cut_off && unlink(paths->next) != 0)
            return gw_fail(err, GW_ERR_IO, "%.150s: %s", paths->next, strerror(errno));
        return true;
    }
    v->moving = gw_ring_wraps(v->ring) > 1;
    return true;
}

bool gw_vault_open(struct gw_tx *tx, const char *folder, const char *source, int64_t now_us, struct gw_err *err)
{
    struct gw_vault *v = tx->vault = gw_alloc(sizeof *v);
    struct gw_vault_paths paths;
    GW_AUTO_VALUE(gw_buf) root = {};
    GW_AUTO_VALUE(gw_buf) store = {};
    bool moved = false;
    struct gw_id id;
    pthread_rwlock_init(&v->lock, NULL);
    v->master = gw_secret_alloc(sizeof *v->master);
    v->folder = gw_strdup(folder);
    v->source = gw_strdup(source);
    if (!paths_of(&paths, folder, source, err) || !meta_get(&root, tx, "root", err))
        return false;
    bool is_new = root.size == 0;
    v->kek = gw_kek_open(source, folder, is_new, err);
    if (v->kek == NULL || (is_new && !make_store(tx, &paths, now_us, err)) ||
        (!is_new && !open_root(&moved, tx, gw_buf_span(&root), err)) || !meta_get(&store, tx, "store", err))
        return false;
    if (store.size != sizeof id.bytes)
        return gw_fail(err, GW_ERR_CORRUPT, "the database does not say which keyring is its own: restore a backup");
    memcpy(id.bytes, store.data, sizeof id.bytes);
    derive_all(v->master);
    struct gw_err why = {};
    v->ring = gw_ring_open(paths.ring, id, v->kek, take_key, v, &v->n_damaged, &why);
    if (v->ring == NULL && why.code == GW_ERR_NOT_FOUND)
        return gw_fail(err, GW_ERR_NOT_FOUND, "%.100s is missing: put it back; if this is a restored backup, `gangway keys adopt` "
            "begins a new one, and what was sealed under the old one is purged", paths.ring);
    if (v->ring == NULL) {
        if (err != NULL)
            *err = why;
        return false;
    }
    return end_move(tx, &paths, moved, err) && agree(tx, err);
}

bool gw_vault_adopt(struct gw_tx *tx, const char *folder, const char *source, struct gw_err *err)
{
    struct gw_vault *v = tx->vault = gw_alloc(sizeof *v);
    struct gw_vault_paths paths;
    GW_AUTO_VALUE(gw_buf) root = {};
    GW_AUTO_VALUE(gw_buf) store = {};
    bool moved;
    struct gw_id id;
    pthread_rwlock_init(&v->lock, NULL);
    v->master = gw_secret_alloc(sizeof *v->master);
    if (!paths_of(&paths, folder, source, err) || !meta_get(&root, tx, "root", err) || !meta_get(&store, tx, "store", err))
        return false;
    if (root.size == 0 || store.size != sizeof id.bytes)
        return gw_fail(err, GW_ERR_NOT_FOUND, "%.150s holds no database that was written with keys", folder);
    memcpy(id.bytes, store.data, sizeof id.bytes);
    /* The right key first: else the ring could not be opened afterwards. */
    v->kek = gw_kek_open(source, folder, false, err);
    return v->kek != NULL && open_root(&moved, tx, gw_buf_span(&root), err) && gw_ring_make(paths.ring, id, v->kek, err);
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
    gw_free(v->buckets);
    gw_free(v->pending);
    gw_ring_close(v->ring);
    gw_kek_close(v->kek);
    gw_secret_free(v->master);
    gw_free(v->folder);
    gw_free(v->source);
    pthread_rwlock_destroy(&v->lock);
    gw_free(v);
}

/* ---- moving to another key-encryption key ------------------------------------------------ */

struct moving {
    const struct gw_kek *next;
};

static bool move_root(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct moving *m = arg;
    return put_root(tx, "root.next", m->next, err);
}

static bool move_ring(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct moving *m = arg;
    return gw_ring_renew(tx->vault->ring, tx->vault->kek, m->next, err);
}

static bool end_moving(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct moving *m = arg;
    return put_root(tx, "root", m->next, err) && meta_drop(tx, "root.next", err) &&
           gw_ring_renew(tx->vault->ring, m->next, NULL, err);
}

/* The file's old content is overwritten, not only its name. */
static bool replace_file(const char *from, const char *to, struct gw_err *err)
{
    static const char zeros[FILENAME_MAX];
    FILE *old = fopen(to, "r+e");
    bool fine = rename(from, to) == 0 || gw_fail(err, GW_ERR_IO, "%.150s: %s", to, strerror(errno));
    if (old != NULL) {
        if (fine && fwrite(zeros, 1, 128, old) == 128 && fflush(old) == 0)
            (void)fsync(fileno(old));
        fclose(old);
    }
    return fine;
}

bool gw_store_keys_rotate(struct gw_store *s, const char *to, struct gw_err *err)
{
    struct gw_vault *v = gw_store_vault(s);
    struct gw_vault_paths paths;
    bool own = to == NULL;
    if (!paths_of(&paths, v->folder, v->source, err))
        return false;
    if (v->moving)
        return gw_fail(err, GW_ERR_CONFLICT, "the keys are being moved already: set keys.source to the new one and start the service again");
    if (own && paths.next[0] == 0)
        return gw_fail(err, GW_ERR_USAGE, "the key is not in a file of ours: say with --to where the new one is");
    char source[sizeof paths.next + 8];
    snprintf(source, sizeof source, "file:%s", paths.next);
    if (own && !gw_kek_make_file(paths.next, err))
        return false;
    struct moving m = {};
    struct gw_kek *next = gw_kek_open(own ? source : to, v->folder, !own, err);
    m.next = next;
    gw_store_step(s, "rotate: new key");
    bool fine = next != NULL && gw_store_write(s, move_root, &m, err) && gw_store_write(s, move_ring, &m, err);
    gw_store_step(s, "rotate: wrapped by both");
    if (fine && own) {
        char *now = source + strlen("file:");
        now[strlen(now) - strlen(".next")] = 0;
        fine = replace_file(paths.next, now, err);
        gw_store_step(s, "rotate: new key in place");
        fine = fine && gw_store_write(s, end_moving, &m, err);
    }
    if (fine && own) {
        struct gw_kek *old = v->kek;
        v->kek = next;
        next = old;
    }
    v->moving = fine && !own;
    gw_kek_close(next);
    return fine;
}

void gw_store_keys_state(struct gw_keys_state *out, struct gw_store *s)
{
    struct gw_vault *v = gw_store_vault(s);
    *out = (struct gw_keys_state){ .moving = v->moving, .swept = v->n_swept, .lost = v->n_lost, .damaged = v->n_damaged };
    snprintf(out->mark, sizeof out->mark, "%s", gw_kek_mark(v->kek));
    /* A token's address may hold a PIN. */
    size_t n = strcspn(v->source, ":");
    snprintf(out->source, sizeof out->source, "%.*s", (int)n, v->source);
    pthread_rwlock_rdlock(&v->lock);
    out->keys = v->n_keys - v->n_given_up;
    out->waiting = v->n_given_up;
    pthread_rwlock_unlock(&v->lock);
}

bool gw_store_keys(struct gw_key_class **out, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *out = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, GW_QUERY_KEY_CLASSES, NULL, 0, err))
        return false;
    while (gw_reading_next(&r)) {
        *out = gw_arena_grow(a, *out, &capacity, *n + 1, sizeof **out, err);
        if (*out == NULL) {
            gw_reading_fail(&r);
            break;
        }
        (*out)[(*n)++] = (struct gw_key_class){ (enum gw_key_kind)gw_column_int(&r, 0), (size_t)gw_column_int(&r, 1),
            gw_column_int(&r, 2) };
    }
    return gw_reading_done(&r);
}

const char *gw_key_kind_name(enum gw_key_kind kind)
{
    switch (kind) {
    case GW_KEY_VOYAGE:
        return "voyage";
    case GW_KEY_PORTRAIT:
        return "portrait";
    case GW_KEY_ANSWER_HOUR:
        return "answer";
    case GW_KEY_PROBE_HOUR:
        return "probe";
    case GW_KEY_HOLD:
        return "hold";
    case GW_KEY_WEBHOOK:
        return "webhook";
    case GW_KEY_TRANSFER_HOUR:
        return "transfer_hour";
    case GW_KEY_TRANSFER:
        return "transfer";
    }
    return "unknown";
}
