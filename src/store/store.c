/* store.c - opening, the one writer at a time and its group commit, readers, and reading rows.
 *
 * 1. Only one thread at a time changes the database; its transactions follow one another. It is one of those who have
 *    something to write: it writes for all who have come, while they wait (docs/decisions/0031).
 * 2. Who waits in gw_store_write is woken after the commit that holds his change, or
 *    after his change was undone; never in between.
 * 3. A job that fails is undone alone; a commit that fails fails every job in it. */
#include "store/tx.h"

#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { JOBS_MAX = 64, READERS_MAX = 32, LOG_PAGES_BYTES = 4 << 20 };

struct job {
    gw_store_fn *run;
    void *arg;
    struct gw_err *err;
    bool ok, done;
    pthread_cond_t changed; /* done, or nobody writes */
    struct job *next;
};

struct gw_store {
    const struct gw_backend *db;
    char *path;
    int lock_file;
    struct gw_vault *vault;
    struct gw_photos *photos;
    void (*step)(void *to, const char *name);
    void *step_to;

    pthread_mutex_t late_lock; /* who writes late, one after the other */
    pthread_mutex_t lock; /* over the queues and the counters */
    struct job *first, **last;
    struct job *late;     /* of gw_store_write_late: one or none */
    unsigned wanted;      /* jobs that wait; atomic, so that a late one sees it without the lock */
    bool writing;         /* somebody does */
    uint64_t commits, jobs;
    void (*committed)(void *to);
    void *committed_to;
    struct gw_conn *conn; /* of whoever writes */

    pthread_mutex_t readers_lock;
    pthread_cond_t reader_free;
    struct gw_conn *readers[READERS_MAX];
    size_t n_readers, n_free;
    struct gw_conn *free_readers[READERS_MAX];

    pthread_mutex_t checkpoint_lock;
    struct gw_conn *checkpointer;
};

static const char *const sql[GW_QUERY_COUNT] = {
#define GW_QUERY(NAME, text) [GW_QUERY_##NAME] = text,
#include "store/query.def"
#undef GW_QUERY
};
static const char *const names[GW_QUERY_COUNT] = {
#define GW_QUERY(NAME, text) [GW_QUERY_##NAME] = #NAME,
#include "store/query.def"
#undef GW_QUERY
};

const char *gw_query_sql(enum gw_query q)
{
    return sql[q];
}

const char *gw_query_name(enum gw_query q)
{
    return names[q];
}

/* ---- running statements ------------------------------------------------------- */

bool gw_tx_run(struct gw_tx *tx, enum gw_query q, const struct gw_value *values, size_t n, size_t *changed,
    struct gw_err *err)
{
    struct gw_rows *rows;
    bool more;
    if (!tx->db->start(&rows, tx->conn, q, values, n, err))
        return false;
    bool fine = tx->db->next(&more, rows, err);
    if (fine && changed != NULL)
        *changed += (size_t)tx->db->changes(tx->conn);
    tx->db->finish(rows);
    return fine;
}

bool gw_reading_start(struct gw_reading *r, struct gw_tx *tx, enum gw_query q, const struct gw_value *values, size_t n,
    struct gw_err *err)
{
    *r = (struct gw_reading){ .tx = tx, .query = q, .err = err };
    return tx->db->start(&r->rows, tx->conn, q, values, n, err);
}

bool gw_reading_next(struct gw_reading *r)
{
    bool more = false;
    if (r->failed)
        return false;
    if (!r->tx->db->next(&more, r->rows, r->err))
        r->failed = true;
    return more;
}

bool gw_reading_done(struct gw_reading *r)
{
    r->tx->db->finish(r->rows);
    return !r->failed;
}

bool gw_reading_fail(struct gw_reading *r)
{
    r->failed = true;
    return false;
}

static struct gw_value typed(struct gw_reading *r, int i, enum gw_value_kind kind, size_t size, bool *has)
{
    struct gw_value v = r->tx->db->column(r->rows, i);
    bool fine = v.kind == kind && (size == 0 || v.bytes.size == size);
    if (has != NULL)
        *has = v.kind != GW_VALUE_NULL;
    if (!fine && !(has != NULL && v.kind == GW_VALUE_NULL)) {
        if (!r->failed)
            gw_fail(r->err, GW_ERR_CORRUPT, "the database holds another kind of value than it should (%s column %d)",
                names[r->query], i);
        r->failed = true;
        return (struct gw_value){};
    }
    return v;
}

int64_t gw_column_int(struct gw_reading *r, int i)
{
    return typed(r, i, GW_VALUE_INTEGER, 0, NULL).integer;
}

bool gw_column_maybe_int(struct gw_reading *r, int i, int64_t *out)
{
    bool has;
    *out = typed(r, i, GW_VALUE_INTEGER, 0, &has).integer;
    return has;
}

double gw_column_real(struct gw_reading *r, int i)
{
    return typed(r, i, GW_VALUE_REAL, 0, NULL).real;
}

bool gw_column_maybe_real(struct gw_reading *r, int i, double *out)
{
    bool has;
    *out = typed(r, i, GW_VALUE_REAL, 0, &has).real;
    return has;
}

bool gw_column_maybe_id(struct gw_reading *r, int i, struct gw_id *out)
{
    bool has;
    struct gw_value v = typed(r, i, GW_VALUE_BLOB, sizeof out->bytes, &has);
    *out = (struct gw_id){};
    if (v.bytes.size == sizeof out->bytes)
        memcpy(out->bytes, v.bytes.data, sizeof out->bytes);
    return has;
}

struct gw_id gw_column_id(struct gw_reading *r, int i)
{
    struct gw_id id = {};
    struct gw_value v = typed(r, i, GW_VALUE_BLOB, sizeof id.bytes, NULL);
    if (v.bytes.size == sizeof id.bytes)
        memcpy(id.bytes, v.bytes.data, sizeof id.bytes);
    return id;
}

bool gw_column_maybe_hash(struct gw_reading *r, int i, struct gw_hash *out)
{
    bool has;
    struct gw_value v = typed(r, i, GW_VALUE_BLOB, sizeof out->bytes, &has);
    *out = (struct gw_hash){};
    if (v.bytes.size == sizeof out->bytes)
        memcpy(out->bytes, v.bytes.data, sizeof out->bytes);
    return has;
}

struct gw_hash gw_column_hash(struct gw_reading *r, int i)
{
    struct gw_hash h = {};
    struct gw_value v = typed(r, i, GW_VALUE_BLOB, sizeof h.bytes, NULL);
    if (v.bytes.size == sizeof h.bytes)
        memcpy(h.bytes, v.bytes.data, sizeof h.bytes);
    return h;
}

struct gw_span gw_column_bytes(struct gw_reading *r, int i)
{
    struct gw_value v = r->tx->db->column(r->rows, i);
    if (v.kind == GW_VALUE_TEXT || v.kind == GW_VALUE_BLOB)
        return v.bytes;
    return typed(r, i, GW_VALUE_BLOB, 0, NULL).bytes;
}

struct gw_span gw_column_copy(struct gw_reading *r, int i, struct gw_arena *a)
{
    struct gw_span s = gw_column_bytes(r, i);
    char *copy = r->failed ? NULL : gw_arena_text(a, s, r->err);
    if (copy == NULL) {
        r->failed = true;
        return (struct gw_span){};
    }
    return gw_span_of(copy, s.size);
}

bool gw_tx_number(int64_t *out, struct gw_tx *tx, enum gw_query q, const struct gw_value *values, size_t n,
    struct gw_err *err)
{
    struct gw_reading r;
    *out = 0;
    if (!gw_reading_start(&r, tx, q, values, n, err))
        return false;
    while (gw_reading_next(&r))
        gw_column_maybe_int(&r, 0, out);
    return gw_reading_done(&r);
}

/* ---- the writer ------------------------------------------------------------------ */

void gw_store_step(struct gw_store *s, const char *name)
{
    if (s->step != NULL)
        s->step(s->step_to, name);
}

/* Keys are on the disk before the rows that need them, pictures with these; both go from it after them. */
static bool commit(struct gw_store *s, struct gw_err *err)
{
    gw_photos_sync_start(s->photos);
    if (!gw_vault_before_commit(s->vault, err)) {
        (void)gw_photos_sync_done(s->photos, NULL);
        s->db->rollback(s->conn);
        return false;
    }
    gw_store_step(s, "before commit");
    /* Cut off here, a row may stand without its picture; nobody was told of either. */
    bool fine = s->db->commit(s->conn, err);
    struct gw_err late = {};
    if (!gw_photos_sync_done(s->photos, &late))
        gw_log(GW_LOG_ERROR, "photos", GW_LOG_WHY(&late)); /* as after any failing disk: decided, and said so */
    return fine;
}

static void run_jobs(struct gw_store *s, struct job *jobs)
{
    struct gw_err e = {};
    struct gw_tx tx = { s->db, s->conn, s->vault, s->photos, true, &s->wanted };
    bool any = false, fine = s->db->begin(s->conn, true, &e);
    for (struct job *j = jobs; fine && j != NULL; j = j->next) {
        fine = s->db->part_begin(s->conn, &e);
        if (!fine)
            break;
        gw_vault_part(s->vault);
        j->ok = j->run(&tx, j->arg, j->err);
        if (!j->ok)
            gw_vault_undo_part(s->vault);
        /* Some failures (disk full) make the database undo everything by itself:
         * then the part cannot be ended, and all fail. */
        fine = s->db->part_end(s->conn, j->ok, &e);
        any = any || j->ok;
    }
    if (fine && any)
        fine = commit(s, &e);
    else
        s->db->rollback(s->conn);
    if (fine && any) {
        gw_store_step(s, "after commit");
        gw_photos_committed(s->photos);
        /* The rows are gone whatever happens; the store is not as it should be until the keys are, too. */
        struct gw_err late = {};
        if (!gw_vault_committed(s->vault, s->photos, &late))
            gw_log(GW_LOG_ERROR, "keyring", GW_LOG_WHY(&late));
        gw_store_step(s, "keys wiped");
        if (s->committed != NULL)
            s->committed(s->committed_to);
    } else {
        gw_vault_undo(s->vault);
        gw_photos_undo(s->photos);
    }
    for (struct job *j = jobs; !fine && j != NULL; j = j->next) {
        /* Its own failure says more than that of the whole. */
        bool has_own = !j->ok && j->err != NULL && j->err->code != GW_OK;
        j->ok = false;
        if (!has_own && j->err != NULL)
            *j->err = e;
    }
}

static void run_late(struct gw_store *s, struct job *j)
{
    struct gw_err e = {};
    if (s->db->durable(s->conn, false, &e))
        run_jobs(s, j);
    else if (j->err != NULL)
        *j->err = e;
    /* What follows is waited for, and must be on the disk: if that cannot be had, nothing is written. */
    if (!s->db->durable(s->conn, true, &e))
        abort();
}

/* The first of the queue, as many as go into one commit. Under the lock. */
static size_t take_jobs(struct gw_store *s)
{
    struct job *end = s->first;
    size_t n = 1;
    for (; end->next != NULL && n < JOBS_MAX; n++)
        end = end->next;
    s->first = end->next;
    if (s->first == NULL)
        s->last = &s->first;
    end->next = NULL;
    __atomic_fetch_sub(&s->wanted, (unsigned)n, __ATOMIC_RELAXED);
    return n;
}

/* Under the lock. One who waits will look whether it is his turn to write. */
static void wake_next(struct gw_store *s)
{
    struct job *next = s->first != NULL ? s->first : s->late;
    if (next != NULL)
        pthread_cond_signal(&next->changed);
}

/* Under the lock, which is let go meanwhile: the late job where there is no other, or the first of the queue. */
static void write_some(struct gw_store *s)
{
    const bool is_late = s->first == NULL;
    struct job *jobs = is_late ? s->late : s->first;
    const size_t n = is_late ? 1 : take_jobs(s);
    if (is_late)
        s->late = NULL;
    s->writing = true;
    pthread_mutex_unlock(&s->lock);

    if (is_late)
        run_late(s, jobs);
    else
        run_jobs(s, jobs);

    pthread_mutex_lock(&s->lock);
    s->writing = false;
    s->commits++;
    s->jobs += n;
    for (struct job *j = jobs; j != NULL;) {
        struct job *next = j->next; /* j is gone once its owner wakes */
        j->done = true;
        pthread_cond_signal(&j->changed);
        j = next;
    }
    wake_next(s);
}

static bool hand_over(struct gw_store *s, gw_store_fn *run, void *arg, bool late, struct gw_err *err)
{
    struct gw_err own = {};
    struct job j = { .run = run, .arg = arg, .err = &own };
    pthread_cond_init(&j.changed, NULL);
    pthread_mutex_lock(&s->lock);
    /* Of this scope, which is not left before the job is done. */
    if (late) {
        assert(s->late == NULL);
        s->late = &j; // cppcheck-suppress autoVariables
    } else {
        *s->last = &j;
        s->last = &j.next; // cppcheck-suppress autoVariables
        __atomic_fetch_add(&s->wanted, 1, __ATOMIC_RELAXED);
    }
    while (!j.done)
        if (!s->writing && (!late || s->first == NULL))
            write_some(s);
        else
            pthread_cond_wait(&j.changed, &s->lock);
    pthread_mutex_unlock(&s->lock);
    pthread_cond_destroy(&j.changed);
    if (!j.ok && err != NULL)
        *err = own;
    return j.ok;
}

bool gw_store_write(struct gw_store *s, gw_store_fn *run, void *arg, struct gw_err *err)
{
    return hand_over(s, run, arg, false, err);
}

bool gw_store_write_late(struct gw_store *s, gw_store_fn *run, void *arg, struct gw_err *err)
{
    pthread_mutex_lock(&s->late_lock);
    const bool fine = hand_over(s, run, arg, true, err);
    pthread_mutex_unlock(&s->late_lock);
    return fine;
}

bool gw_store_is_wanted(const struct gw_tx *tx)
{
    return tx->wanted != NULL && __atomic_load_n(tx->wanted, __ATOMIC_RELAXED) > 0;
}

bool gw_store_read(struct gw_store *s, gw_store_fn *run, void *arg, struct gw_err *err)
{
    pthread_mutex_lock(&s->readers_lock);
    while (s->n_free == 0)
        pthread_cond_wait(&s->reader_free, &s->readers_lock);
    struct gw_conn *conn = s->free_readers[--s->n_free];
    pthread_mutex_unlock(&s->readers_lock);

    struct gw_tx tx = { s->db, conn, s->vault, s->photos, false, NULL };
    bool fine = s->db->begin(conn, false, err) && run(&tx, arg, err);
    s->db->rollback(conn);

    pthread_mutex_lock(&s->readers_lock);
    s->free_readers[s->n_free++] = conn;
    pthread_cond_signal(&s->reader_free);
    pthread_mutex_unlock(&s->readers_lock);
    return fine;
}

void gw_store_count(struct gw_store_counters *out, struct gw_store *s)
{
    pthread_mutex_lock(&s->lock);
    *out = (struct gw_store_counters){ s->commits, s->jobs };
    pthread_mutex_unlock(&s->lock);
}

struct gw_hash gw_store_hash(const struct gw_store *s, enum gw_hash_use use, struct gw_span data)
{
    return gw_vault_hash(s->vault, use, data);
}

/* ---- life --------------------------------------------------------------------------- */

/* What an operator does about a folder that does not serve. */
#define OTHER_FOLDER "see that the user the service runs as may write there, or set store.path to another folder"

static bool make_folder(const char *path, struct gw_err *err)
{
    struct stat st;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return gw_fail(err, GW_ERR_IO, "store.path %.120s cannot be made: %s: " OTHER_FOLDER, path, strerror(errno));
    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        return gw_fail(err, GW_ERR_IO, "store.path %.120s is not a folder: set it to one, or to what does not exist yet", path);
    return true;
}

/* Held until the process ends, however it ends; the decoder child does not inherit it. */
static bool take_lock(struct gw_store *s, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    gw_buf_addf(&path, "%s/lock", s->path);
    s->lock_file = open(gw_buf_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (s->lock_file < 0)
        return gw_fail(err, GW_ERR_IO, "store.path %.120s cannot be written: %s: " OTHER_FOLDER, s->path, strerror(errno));
    if (flock(s->lock_file, LOCK_EX | LOCK_NB) != 0)
        return gw_fail(err, GW_ERR_CONFLICT, "another gangway is using %.120s: stop it, or give this one its own store.path",
            s->path);
    return true;
}

/* Gives what root left in somebody else's folder to whose it is: the service that runs as him could not read it. Only plain
 * files with one name are given, so that no link in there leads root to another's file. fd is closed. */
static void give_files(int fd, unsigned deep)
{
    struct stat owner, st;
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        close(fd);
        return;
    }
    const bool is_others = fstat(fd, &owner) == 0 && owner.st_uid != 0;
    for (struct dirent *e; is_others && (e = readdir(folder)) != NULL;) {
        const int file = e->d_name[0] == '.' ? -1 : openat(fd, e->d_name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (file < 0 || fstat(file, &st) != 0) {
            if (file >= 0)
                close(file);
            continue;
        }
        const bool is_folder = S_ISDIR(st.st_mode), given = st.st_uid == 0 && (is_folder || (S_ISREG(st.st_mode) && st.st_nlink == 1)) &&
            fchown(file, owner.st_uid, owner.st_gid) == 0;
        if (is_folder && deep > 0 && (given || st.st_uid == owner.st_uid))
            give_files(file, deep - 1);
        else
            close(file);
    }
    closedir(folder);
}

static void leave_folder(struct gw_store *s)
{
    if (s->lock_file < 0)
        return;
    const int fd = geteuid() == 0 ? open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd >= 0)
        give_files(fd, 1);
    close(s->lock_file);
}

static bool migrate(struct gw_store *s, struct gw_err *err)
{
    int64_t was;
    if (!s->db->version(&was, s->conn, err))
        return false;
    if (was < 0 || (uint64_t)was > gw_n_migrations)
        return gw_fail(err, GW_ERR_CONFLICT,
            "the database in %.100s was written by a newer gangway (version %lld, this one knows %zu): install that one",
            s->path, (long long)was, gw_n_migrations);
    for (size_t i = (size_t)was; i < gw_n_migrations; i++)
        if (!s->db->migrate(s->conn, gw_migrations[i].sql, (int64_t)i + 1, err))
            return gw_fail_prefix(err, "migration %s", gw_migrations[i].name);
    return true;
}

struct gw_vault *gw_store_vault(struct gw_store *s)
{
    return s->vault;
}

/* Keys are opened in a transaction of their own, before anybody else can write. */
static bool open_keys(struct gw_store *s, const struct gw_store_options *o, struct gw_err *err)
{
    struct gw_tx tx = { .db = s->db, .conn = s->conn, .writable = true };
    bool fine = s->db->begin(s->conn, true, err) &&
                gw_vault_open(&tx, s->path, o->keys == NULL ? "file" : o->keys, o->now_us, err);
    s->vault = tx.vault;
    if (!fine) {
        s->db->rollback(s->conn);
        return false;
    }
    return s->db->commit(s->conn, err) && (s->photos = gw_photos_open(s->path, s->vault, err)) != NULL;
}

struct gw_store *gw_store_open(const struct gw_store_options *options, struct gw_err *err)
{
    GW_AUTO(gw_store) *s = gw_alloc(sizeof *s);
    s->db = &gw_backend_sqlite;
    s->path = gw_strdup(options->path);
    s->committed = options->committed;
    s->committed_to = options->committed_to;
    s->lock_file = -1;
    s->last = &s->first;
    pthread_mutex_init(&s->late_lock, NULL);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->readers_lock, NULL);
    pthread_cond_init(&s->reader_free, NULL);
    pthread_mutex_init(&s->checkpoint_lock, NULL);

    s->step = options->step;
    s->step_to = options->step_to;
    if (!make_folder(s->path, err) || !take_lock(s, err) || !s->db->open(&s->conn, s->path, true, err) ||
        !migrate(s, err) || !open_keys(s, options, err))
        return NULL;
    s->n_readers = GW_MIN(options->readers == 0 ? (size_t)4 : (size_t)options->readers, (size_t)READERS_MAX);
    for (size_t i = 0; i < s->n_readers; i++) {
        if (!s->db->open(&s->readers[i], s->path, false, err))
            return NULL;
        s->free_readers[s->n_free++] = s->readers[i];
    }
    return s->db->open(&s->checkpointer, s->path, true, err) ? gw_take(s) : NULL;
}

void gw_store_close(struct gw_store *s)
{
    if (s == NULL)
        return;
    s->db->close(s->checkpointer);
    for (size_t i = 0; i < s->n_readers; i++)
        s->db->close(s->readers[i]);
    s->db->close(s->conn);
    gw_photos_close(s->photos);
    gw_vault_close(s->vault);
    leave_folder(s);
    pthread_mutex_destroy(&s->late_lock);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->readers_lock);
    pthread_cond_destroy(&s->reader_free);
    pthread_mutex_destroy(&s->checkpoint_lock);
    gw_free(s->path);
    gw_free(s);
}

bool gw_store_keys_adopt(const char *path, const char *keys, struct gw_err *err)
{
    struct gw_store s = { .db = &gw_backend_sqlite, .path = gw_strdup(path), .lock_file = -1 };
    struct gw_tx tx = { .db = s.db };
    bool fine = take_lock(&s, err) && s.db->open(&s.conn, path, false, err);
    tx.conn = s.conn;
    fine = fine && s.db->begin(s.conn, false, err) && gw_vault_adopt(&tx, path, keys, err);
    if (s.conn != NULL)
        s.db->rollback(s.conn);
    s.db->close(s.conn);
    gw_vault_close(tx.vault);
    leave_folder(&s);
    gw_free(s.path);
    return fine;
}

static bool probe(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    (void)arg;
    uint8_t random[8];
    gw_random(random, sizeof random);
    return gw_tx_run(tx, GW_QUERY_META_PUT,
        GW_VALUES(gw_v_text(gw_span_str("probe")), gw_v_blob(gw_span_of(random, sizeof random))), NULL, err);
}

bool gw_store_probe(struct gw_store *s, struct gw_err *err)
{
    struct gw_keys_state keys;
    if (!gw_store_write(s, probe, NULL, err))
        return false;
    gw_store_keys_state(&keys, s);
    return keys.waiting == 0 ||
           gw_fail(err, GW_ERR_IO, "%zu destroyed keys could not be overwritten in the keyring: look at the disk of store.path", keys.waiting);
}

static bool check(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    (void)arg;
    return tx->db->check(tx->conn, err);
}

bool gw_store_check(struct gw_store *s, struct gw_err *err)
{
    return gw_store_read(s, check, NULL, err);
}

bool gw_store_checkpoint(struct gw_store *s, bool wipe, struct gw_err *err)
{
    if (!wipe) {
        GW_AUTO_VALUE(gw_buf) path = {};
        struct stat st;
        gw_buf_addf(&path, "%s/gangway.db-wal", s->path);
        if (stat(gw_buf_text(&path), &st) == 0 && st.st_size < LOG_PAGES_BYTES)
            return true;
    }
    pthread_mutex_lock(&s->checkpoint_lock);
    /* Wiping keeps writers waiting: most of it goes before, while they write. */
    bool fine = (!wipe || s->db->checkpoint(s->checkpointer, false, err)) && s->db->checkpoint(s->checkpointer, wipe, err);
    pthread_mutex_unlock(&s->checkpoint_lock);
    return fine;
}

/* ---- backup ------------------------------------------------------------------------- */

/* The name is durable once its folder is. */
static bool settle(const char *part, const char *file, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) folder = {};
    const char *slash = strrchr(file, '/');
    gw_buf_add_text(&folder, slash == NULL ? "." : slash == file ? "/" : "");
    if (slash != NULL && slash != file)
        gw_buf_add(&folder, file, (size_t)(slash - file));
    int copy = open(part, O_RDONLY | O_CLOEXEC), dir = open(gw_buf_text(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* link, not rename: what came to be there meanwhile is not replaced */
    bool fine = copy >= 0 && dir >= 0 && fsync(copy) == 0 && link(part, file) == 0 && unlink(part) == 0 && fsync(dir) == 0;
    int why = errno;
    if (copy >= 0)
        close(copy);
    if (dir >= 0)
        close(dir);
    return fine || gw_fail(err, why == EEXIST ? GW_ERR_CONFLICT : GW_ERR_IO, "%.160s: %s", file, strerror(why));
}

bool gw_store_backup(uint64_t *bytes, struct gw_store *s, const char *file, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) part = {};
    struct stat st;
    if (lstat(file, &st) == 0)
        return gw_fail(err, GW_ERR_CONFLICT, "%.160s is there already; a backup replaces nothing", file);
    gw_buf_addf(&part, "%s.part", file);
    /* An empty file is taken for a new database, and keeps its mode. */
    int fd = open(gw_buf_text(&part), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return gw_fail(err, errno == EEXIST ? GW_ERR_CONFLICT : GW_ERR_IO, "%.160s: %s%s", gw_buf_text(&part), strerror(errno),
            errno == EEXIST ? "; another backup writes it, or one was interrupted: remove it" : "");
    close(fd);
    if (s->db->copy(s->path, gw_buf_text(&part), err) && stat(gw_buf_text(&part), &st) == 0 &&
        settle(gw_buf_text(&part), file, err)) {
        *bytes = (uint64_t)st.st_size;
        return true;
    }
    unlink(gw_buf_text(&part));
    return false;
}
