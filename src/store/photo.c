/* photo.c - pictures, sealed, in files beside the database: one file for each key, so
 * that a hundred thousand pictures die with one key, one name and a few rows.
 *
 *     photos/KIND-SCOPE      sealed pictures, one after the other; a row says where
 *
 * A picture that waits for a register has a key of its own, to die with the receipt, and is in the
 * file of the hour in which it may no longer be there.
 *
 * 1. A picture is in its file, durably, before anybody is told that the transaction with its
 *    row has committed; both go to the disk at the same time.
 * 2. The file goes when its key is gone, never before; what is in it then is noise.
 * 3. A picture whose row alone is deleted is cut out of its file when that has committed.
 *    Cut off before, it dies with its hour. */
#include "store/tx.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN_MAX = 8, PATH_BYTES = 4096, NAME_BYTES = 48, PIECE_BYTES = 4 << 20, PIECE_PAUSE_NS = 10'000'000 };

struct file {
    enum gw_key_kind kind;
    struct gw_id scope;
    int fd; /* -1: none */
    off_t end;
    bool dirty;
};

struct hole {
    struct hole *next;
    enum gw_key_kind kind;
    struct gw_id scope;
    off_t at;
    off_t size;
};

struct dying;

struct gw_photos {
    int folder;
    bool folder_dirty;
    struct file files[OPEN_MAX]; /* the latest first */
    struct hole *holes;          /* of the transaction being written */
    bool waited_for;             /* the writer's: it was asked for */

    pthread_t syncer;
    bool runs;
    pthread_mutex_t lock;        /* over asked and stopping */
    pthread_cond_t changed, told;
    bool asked, stopping, fine;
    struct gw_err err;
    struct dying *dying;         /* under the lock, too */
};

/* A file that has no name any more: what it occupies is given back in pieces, because a file
 * system that frees gigabytes at once keeps everybody's commits waiting. */
struct dying {
    struct dying *next;
    int fd;
    off_t size;
};

static void name_of(char name[NAME_BYTES], enum gw_key_kind kind, struct gw_id scope)
{
    char id[GW_ID_TEXT];
    gw_id_format(id, scope);
    snprintf(name, NAME_BYTES, "%d-%s", (int)kind, id);
}

static bool io_fail(struct gw_err *err, const char *what)
{
    return gw_fail(err, errno == ENOSPC || errno == EDQUOT || errno == EROFS ? GW_ERR_UNAVAILABLE : GW_ERR_IO,
        "photos: %s: %s; nothing was done", what, strerror(errno));
}

/* Files of keys that are gone: the process ended between the one and the other. */
static bool sweep(struct gw_photos *p, struct gw_vault *vault, struct gw_err *err)
{
    int fd = dup(p->folder);
    DIR *d = fd < 0 ? NULL : fdopendir(fd);
    if (d == NULL) {
        if (fd >= 0)
            close(fd);
        return io_fail(err, "the folder cannot be read");
    }
    for (const struct dirent *e; (e = readdir(d)) != NULL;) { // NOLINT(concurrency-mt-unsafe) // its own stream
        unsigned kind;
        char id[GW_ID_TEXT + 1];
        struct gw_id scope;
        // NOLINTNEXTLINE(cert-err34-c): a number that is too large is no kind of ours
        bool is_ours = sscanf(e->d_name, "%u-%27s", &kind, id) == 2 && gw_id_parse(&scope, gw_span_str(id));
        if (is_ours && !gw_vault_has(vault, (enum gw_key_kind)kind, scope))
            unlinkat(p->folder, e->d_name, 0);
    }
    closedir(d);
    return true;
}

static bool file_sync(struct file *f, struct gw_err *err)
{
    if (f->dirty && fdatasync(f->fd) != 0)
        return io_fail(err, "a file cannot be synchronized");
    f->dirty = false;
    return true;
}

static bool sync_all(struct gw_photos *p, struct gw_err *err)
{
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (!file_sync(&p->files[i], err))
            return false;
    if (p->folder_dirty && fsync(p->folder) != 0)
        return io_fail(err, "the folder cannot be synchronized");
    p->folder_dirty = false;
    return true;
}

static void dying_free(struct gw_photos *p)
{
    struct dying *d = p->dying;
    p->dying = d->next;
    close(d->fd);
    gw_free(d);
}

/* A piece of the first, and a moment for others. Under the lock, which is given up meanwhile. */
static void shrink(struct gw_photos *p)
{
    struct dying *d = p->dying; /* others are put behind it */
    pthread_mutex_unlock(&p->lock);
    d->size = GW_MAX(d->size - PIECE_BYTES, (off_t)0);
    const bool done = ftruncate(d->fd, d->size) != 0 || d->size == 0;
    pthread_mutex_lock(&p->lock);
    if (done) {
        dying_free(p);
        return;
    }
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += PIECE_PAUSE_NS;
    until.tv_sec += until.tv_nsec / 1'000'000'000;
    until.tv_nsec %= 1'000'000'000;
    while (!p->asked && !p->stopping && pthread_cond_timedwait(&p->changed, &p->lock, &until) == 0)
        ;
}

static void *sync_loop(void *arg)
{
    struct gw_photos *p = arg;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->asked && !p->stopping && p->dying == NULL)
            pthread_cond_wait(&p->changed, &p->lock);
        if (p->stopping)
            break;
        if (!p->asked) {
            shrink(p);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
        p->err = (struct gw_err){};
        bool fine = sync_all(p, &p->err); /* the writer touches nothing of p until it is told */
        pthread_mutex_lock(&p->lock);
        p->fine = fine;
        p->asked = false;
        pthread_cond_signal(&p->told);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

struct gw_photos *gw_photos_open(const char *folder, struct gw_vault *vault, struct gw_err *err)
{
    struct gw_photos *p = gw_alloc(sizeof *p);
    char path[PATH_BYTES];
    for (size_t i = 0; i < OPEN_MAX; i++)
        p->files[i].fd = -1;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->changed, NULL);
    pthread_cond_init(&p->told, NULL);
    snprintf(path, sizeof path, "%s/photos", folder);
    p->folder = mkdir(path, 0700) == 0 || errno == EEXIST ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (p->folder >= 0 ? sweep(p, vault, err) : io_fail(err, "the folder cannot be made")) {
        p->runs = pthread_create(&p->syncer, NULL, sync_loop, p) == 0;
        if (p->runs)
            return p;
        gw_fail(err, GW_ERR_UNAVAILABLE, "no thread can be made for the store");
    }
    gw_photos_close(p);
    return NULL;
}

static void file_close(struct file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    *f = (struct file){ .fd = -1 };
}

void gw_photos_close(struct gw_photos *p)
{
    if (p == NULL)
        return;
    if (p->runs) {
        pthread_mutex_lock(&p->lock);
        p->stopping = true;
        pthread_cond_signal(&p->changed);
        pthread_mutex_unlock(&p->lock);
        pthread_join(p->syncer, NULL);
    }
    while (p->dying != NULL)
        dying_free(p); /* without a name: the file system does the rest */
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->changed);
    pthread_cond_destroy(&p->told);
    gw_photos_undo(p);
    for (size_t i = 0; i < OPEN_MAX; i++)
        file_close(&p->files[i]);
    if (p->folder >= 0)
        close(p->folder);
    gw_free(p);
}

/* Moves the file to the front, opens it if need be. */
static struct file *file_get(struct gw_photos *p, enum gw_key_kind kind, struct gw_id scope, struct gw_err *err)
{
    size_t i = 0;
    while (i + 1 < OPEN_MAX && !(p->files[i].fd >= 0 && p->files[i].kind == kind && gw_id_equal(p->files[i].scope, scope)))
        i++;
    struct file f = p->files[i];
    if (f.fd < 0 || f.kind != kind || !gw_id_equal(f.scope, scope)) {
        char name[NAME_BYTES];
        struct stat st;
        name_of(name, kind, scope);
        int fd = openat(p->folder, name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || fstat(fd, &st) != 0) {
            if (fd >= 0)
                close(fd);
            io_fail(err, "a file cannot be made");
            return NULL;
        }
        if (!file_sync(&p->files[i], err)) {
            close(fd);
            return NULL;
        }
        file_close(&p->files[i]);
        p->folder_dirty = p->folder_dirty || st.st_size == 0;
        f = (struct file){ .kind = kind, .scope = scope, .fd = fd, .end = st.st_size };
    }
    memmove(p->files + 1, p->files, i * sizeof f);
    p->files[0] = f;
    return &p->files[0];
}

static bool append(int64_t *at, struct gw_photos *p, enum gw_key_kind kind, struct gw_id scope, struct gw_span sealed,
    struct gw_err *err)
{
    struct file *f = file_get(p, kind, scope, err);
    if (f == NULL)
        return false;
    *at = f->end;
    for (size_t done = 0; done < sealed.size;) {
        ssize_t n = pwrite(f->fd, sealed.data + done, sealed.size - done, f->end + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return io_fail(err, "a picture cannot be written");
        done += (size_t)n;
    }
    f->end += (off_t)sealed.size;
    f->dirty = true;
    return true;
}

void gw_photos_sync_start(struct gw_photos *p)
{
    bool any = p->folder_dirty;
    for (size_t i = 0; i < OPEN_MAX && !any; i++)
        any = p->files[i].dirty;
    if (!any)
        return;
    pthread_mutex_lock(&p->lock);
    p->asked = p->waited_for = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
}

bool gw_photos_sync_done(struct gw_photos *p, struct gw_err *err)
{
    if (!p->waited_for)
        return true;
    p->waited_for = false;
    pthread_mutex_lock(&p->lock);
    while (p->asked)
        pthread_cond_wait(&p->told, &p->lock);
    bool fine = p->fine;
    pthread_mutex_unlock(&p->lock);
    if (!fine && err != NULL)
        *err = p->err;
    return fine;
}

void gw_photos_undo(struct gw_photos *p)
{
    while (p->holes != NULL) {
        struct hole *h = p->holes;
        p->holes = h->next;
        gw_free(h);
    }
}

void gw_photos_committed(struct gw_photos *p)
{
    for (const struct hole *h = p->holes; h != NULL; h = h->next) {
        char name[NAME_BYTES];
        name_of(name, h->kind, h->scope);
        int fd = openat(p->folder, name, O_RDWR | O_CLOEXEC);
        /* Where the file system cannot cut, it stays as noise to everybody without the row. */
        if (fd >= 0) {
            (void)fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, h->at, h->size);
            close(fd);
        }
    }
    gw_photos_undo(p);
}

void gw_photos_drop(struct gw_photos *p, enum gw_key_kind kind, struct gw_id scope)
{
    char name[NAME_BYTES];
    for (size_t i = 0; i < OPEN_MAX; i++)
        if (p->files[i].fd >= 0 && p->files[i].kind == kind && gw_id_equal(p->files[i].scope, scope))
            file_close(&p->files[i]);
    name_of(name, kind, scope);
    struct stat st;
    const int fd = openat(p->folder, name, O_RDWR | O_CLOEXEC);
    unlinkat(p->folder, name, 0);
    if (fd >= 0 && (fstat(fd, &st) != 0 || st.st_size <= PIECE_BYTES)) {
        close(fd);
    } else if (fd >= 0) {
        struct dying *d = gw_alloc(sizeof *d), **at = &p->dying;
        *d = (struct dying){ .fd = fd, .size = st.st_size };
        pthread_mutex_lock(&p->lock);
        while (*at != NULL)
            at = &(*at)->next;
        *at = d;
        pthread_cond_signal(&p->changed);
        pthread_mutex_unlock(&p->lock);
    }
}

/* ---- rows ------------------------------------------------------------------------------ */

struct place {
    enum gw_key_kind kind;
    struct gw_id scope;
};

/* In which file. */
static struct place place_of(const struct gw_photo_row *w)
{
    if (w->key == GW_KEY_TRANSFER)
        return (struct place){ GW_KEY_TRANSFER_HOUR, gw_key_hour(w->expires_us / GW_US_PER_HOUR) };
    return (struct place){ w->key, w->scope };
}

/* A picture belongs to its row and its voyage. */
struct photo_row {
    uint8_t bytes[GW_HASH_BYTES];
};

static struct gw_bound bound_of(struct photo_row *row, const struct gw_photo_row *w)
{
    static_assert(sizeof row->bytes == 2 * sizeof w->id.bytes);
    memcpy(row->bytes, w->id.bytes, sizeof w->id.bytes);
    memcpy(row->bytes + sizeof w->id.bytes, w->voyage.bytes, sizeof w->voyage.bytes);
    return (struct gw_bound){ w->key, w->scope, GW_SEALED_PHOTO, gw_span_of(row->bytes, sizeof row->bytes) };
}

bool gw_store_photo_put(struct gw_tx *tx, struct gw_photo_row *w, struct gw_span picture, int64_t now_us, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) sealed = {};
    struct photo_row row;
    if (w->key != GW_KEY_HOLD && w->kind == GW_PHOTO_PORTRAIT) {
        w->key = GW_KEY_PORTRAIT;
        w->scope = w->portrait;
    } else if (w->key != GW_KEY_HOLD) {
        /* To the hour before: never longer than allowed, and at most an hour less. */
        w->expires_us -= w->expires_us % GW_US_PER_HOUR;
        w->key = w->key == GW_KEY_TRANSFER ? GW_KEY_TRANSFER : GW_KEY_PROBE_HOUR;
        w->scope = w->key == GW_KEY_TRANSFER ? w->id : gw_key_hour(w->expires_us / GW_US_PER_HOUR);
    }
    if (w->expires_us <= now_us)
        return gw_fail(err, GW_ERR_INVALID, "a picture that is to die at once is not kept");
    struct gw_bound bound = bound_of(&row, w);
    const struct place file = place_of(w);
    w->size = (int64_t)picture.size + GW_SEAL_BYTES;
    return gw_store_key_make(tx, w->key, w->scope, now_us, err) && gw_store_key_make(tx, file.kind, file.scope, now_us, err) &&
           gw_tx_seal(&sealed, tx, &bound, picture, err) &&
           append(&w->at, tx->photos, file.kind, file.scope, gw_buf_span(&sealed), err) &&
           gw_tx_run(tx, GW_QUERY_PHOTO_PUT,
               GW_VALUES(gw_v_id(&w->id), gw_v_int(w->kind), gw_v_maybe_id(w->has_voyage, &w->voyage),
                   gw_v_maybe_id(w->has_verification, &w->verification), gw_v_maybe_id(w->has_portrait, &w->portrait),
                   gw_v_int(w->taken_us), gw_v_int(w->expires_us), gw_v_int(w->key), gw_v_id(&w->scope), gw_v_int(w->at),
                   gw_v_int(w->size)),
               NULL, err);
}

static void read_photo(struct gw_reading *r, struct gw_photo_row *w)
{
    *w = (struct gw_photo_row){
        .id = gw_column_id(r, 0),
        .kind = (enum gw_photo_kind)gw_column_int(r, 1),
        .taken_us = gw_column_int(r, 5),
        .expires_us = gw_column_int(r, 6),
        .key = (enum gw_key_kind)gw_column_int(r, 7),
        .scope = gw_column_id(r, 8),
        .at = gw_column_int(r, 9),
        .size = gw_column_int(r, 10),
    };
    w->has_voyage = gw_column_maybe_id(r, 2, &w->voyage);
    w->has_verification = gw_column_maybe_id(r, 3, &w->verification);
    w->has_portrait = gw_column_maybe_id(r, 4, &w->portrait);
}

bool gw_store_photo_get(struct gw_photo_row *row, struct gw_tx *tx, struct gw_id id, struct gw_err *err)
{
    struct gw_reading r;
    bool found = false;
    if (!gw_reading_start(&r, tx, GW_QUERY_PHOTO_GET, GW_VALUES(gw_v_id(&id)), err))
        return false;
    if (gw_reading_next(&r)) {
        found = true;
        read_photo(&r, row);
    }
    return gw_reading_done(&r) && (found || gw_fail(err, GW_ERR_NOT_FOUND, "no such photo, or it was purged"));
}

bool gw_photos_read(struct gw_photo_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, enum gw_query q,
    const struct gw_value *values, size_t n_values, struct gw_err *err)
{
    struct gw_reading r;
    size_t capacity = 0;
    *rows = NULL;
    *n = 0;
    if (!gw_reading_start(&r, tx, q, values, n_values, err))
        return false;
    while (gw_reading_next(&r)) {
        *rows = gw_arena_grow(a, *rows, &capacity, *n + 1, sizeof **rows, err);
        if (*rows == NULL) {
            gw_reading_fail(&r);
            break;
        }
        read_photo(&r, &(*rows)[(*n)++]);
    }
    return gw_reading_done(&r);
}

bool gw_store_photos_of_verification(struct gw_photo_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id verification, struct gw_err *err)
{
    return gw_photos_read(rows, n, a, tx, GW_QUERY_PHOTOS_OF_VERIFICATION, GW_VALUES(gw_v_id(&verification)), err);
}

bool gw_store_photos_of_traveler(struct gw_photo_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id traveler, struct gw_err *err)
{
    return gw_photos_read(rows, n, a, tx, GW_QUERY_PHOTOS_OF_TRAVELER, GW_VALUES(gw_v_id(&traveler)), err);
}

bool gw_store_photo_open(struct gw_span *picture, struct gw_arena *a, struct gw_tx *tx, const struct gw_photo_row *w,
    struct gw_err *err)
{
    struct photo_row row;
    struct gw_bound bound = bound_of(&row, w);
    char name[NAME_BYTES];
    if (!gw_vault_has(tx->vault, w->key, w->scope))
        return gw_fail(err, GW_ERR_GONE, "it was purged; nothing brings it back");
    if (w->size < GW_SEAL_BYTES || w->size > GW_PHOTO_BYTES_MAX)
        return gw_fail(err, GW_ERR_CORRUPT, "a photo's row has an impossible size");
    uint8_t *sealed = gw_arena_alloc(a, (size_t)w->size, 1, err);
    if (sealed == NULL)
        return false;
    const struct place file = place_of(w);
    name_of(name, file.kind, file.scope);
    int fd = openat(tx->photos->folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : pread(fd, sealed, (size_t)w->size, w->at);
    if (fd >= 0)
        close(fd);
    if (n != w->size)
        return gw_fail(err, GW_ERR_CORRUPT, "a photo's file is missing or cut off: photos/ belongs to the keyring beside it");
    return gw_tx_unseal(picture, a, tx, &bound, gw_span_of(sealed, (size_t)w->size), err);
}

bool gw_photos_forget(struct gw_tx *tx, const struct gw_photo_row *rows, size_t n, struct gw_err *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!gw_tx_run(tx, GW_QUERY_PHOTO_DELETE, GW_VALUES(gw_v_id(&rows[i].id)), NULL, err))
            return false;
        struct hole *h = gw_alloc(sizeof *h);
        const struct place file = place_of(&rows[i]);
        *h = (struct hole){ tx->photos->holes, file.kind, file.scope, rows[i].at, rows[i].size };
        tx->photos->holes = h;
    }
    return true;
}

bool gw_store_photo_forget(struct gw_tx *tx, const struct gw_photo_row *row, struct gw_err *err)
{
    return gw_photos_forget(tx, row, 1, err);
}

bool gw_store_photo_move(struct gw_tx *tx, const struct gw_photo_row *row, struct gw_photo_row *to, int64_t now_us,
    struct gw_err *err)
{
    enum { MORE_BYTES = 64 << 10 };
    struct gw_span picture;
    bool held;
    if (!gw_vault_has(tx->vault, row->key, row->scope))
        return gw_photos_forget(tx, row, 1, err);
    if (to->key != GW_KEY_HOLD && to->expires_us / GW_US_PER_HOUR <= now_us / GW_US_PER_HOUR)
        return gw_store_photo_over(&held, tx, row, now_us, err);
    GW_AUTO(gw_arena) *a = gw_arena_new(2 * (size_t)GW_MAX(row->size, INT64_C(0)) + MORE_BYTES);
    return gw_store_photo_open(&picture, a, tx, row, err) && gw_photos_forget(tx, row, 1, err) &&
           gw_store_photo_put(tx, to, picture, now_us, err);
}

bool gw_store_photos_of_portrait(struct gw_photo_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id portrait, struct gw_err *err)
{
    return gw_photos_read(rows, n, a, tx, GW_QUERY_PHOTOS_OF_PORTRAIT, GW_VALUES(gw_v_id(&portrait)), err);
}

bool gw_photos_hold_portrait(struct gw_tx *tx, struct gw_id portrait, int64_t now_us, struct gw_err *err)
{
    enum { BYTES = 64 << 10 };
    GW_AUTO(gw_arena) *a = gw_arena_new(BYTES);
    struct gw_photo_row *rows;
    size_t n;
    bool held, fine = gw_store_photos_of_portrait(&rows, &n, a, tx, portrait, err);
    for (size_t i = 0; fine && i < n; i++)
        fine = rows[i].key == GW_KEY_HOLD || gw_photos_hold(&held, tx, &rows[i], now_us, err);
    return fine;
}

bool gw_photos_forget_portrait(struct gw_tx *tx, struct gw_id portrait, bool and_held, struct gw_err *err)
{
    enum { BYTES = 64 << 10 };
    GW_AUTO(gw_arena) *a = gw_arena_new(BYTES);
    struct gw_photo_row *rows;
    size_t n;
    bool fine = gw_store_photos_of_portrait(&rows, &n, a, tx, portrait, err);
    for (size_t i = 0; fine && i < n; i++)
        fine = (rows[i].key == GW_KEY_HOLD && !and_held) || gw_photos_forget(tx, &rows[i], 1, err);
    return fine;
}
