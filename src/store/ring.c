/* ring.c - slots of sealed keys in a file, written in place. */
#include "store/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char magic[] = "gangway keyring 1\n";
static const char bound[] = "gangway: key of the ring", slot_bound[] = "gangway: slot of the ring";
enum {
    HEAD_BYTES = 4096,
    SLOT_BYTES = 128,
    SLOT_PLAIN = SLOT_BYTES - GW_SEAL_BYTES,
    WRAPS = 2,
    WRAP_AT = 64,                          /* in the head; each two bytes of length and the wrapped key */
    WRAP_BYTES = 2 + GW_KEK_WRAPPED_MAX,
    SLOTS_MAX = 1 << 22,
    GROW = 256,                            /* slots; a file that has its blocks is overwritten where they are */
};
static_assert(WRAP_AT + WRAPS * WRAP_BYTES <= HEAD_BYTES);
static_assert(sizeof(struct gw_ring_key) <= SLOT_PLAIN);

struct gw_ring {
    char *path;
    int fd;
    struct gw_id store;
    uint8_t *key; /* locked */
    uint8_t head[HEAD_BYTES];
    uint8_t *used; /* one a slot */
    uint32_t n_slots, first_free;
};

static bool io_fail(struct gw_err *err, const char *what)
{
    return gw_fail(err, errno == ENOSPC || errno == EDQUOT || errno == EROFS ? GW_ERR_UNAVAILABLE : GW_ERR_IO,
        "keyring: %s: %s", what, strerror(errno));
}

static bool write_at(int fd, const void *data, size_t n, off_t at, struct gw_err *err)
{
    const uint8_t *p = data;
    while (n > 0) {
        ssize_t done = pwrite(fd, p, n, at);
        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return io_fail(err, "cannot be written");
        p += done;
        n -= (size_t)done;
        at += done;
    }
    return true;
}

static off_t slot_at(uint32_t slot)
{
    return (off_t)HEAD_BYTES + (off_t)slot * SLOT_BYTES;
}

static void slot_seal(uint8_t out[SLOT_BYTES], const uint8_t *ring_key, const struct gw_ring_key *key)
{
    uint8_t plain[SLOT_PLAIN] = {};
    plain[0] = key->kind;
    memcpy(plain + 1, key->scope.bytes, sizeof key->scope.bytes);
    memcpy(plain + 1 + sizeof key->scope.bytes, key->key, GW_KEY_BYTES);
    gw_seal(out, ring_key, gw_span_of(plain, sizeof plain), gw_span_str(slot_bound));
    gw_wipe(plain, sizeof plain);
}

static bool slot_open(struct gw_ring_key *key, const uint8_t *ring_key, const uint8_t in[SLOT_BYTES])
{
    uint8_t plain[SLOT_PLAIN];
    if (!gw_unseal(plain, ring_key, gw_span_of(in, SLOT_BYTES), gw_span_str(slot_bound), NULL))
        return false;
    key->kind = plain[0];
    memcpy(key->scope.bytes, plain + 1, sizeof key->scope.bytes);
    memcpy(key->key, plain + 1 + sizeof key->scope.bytes, GW_KEY_BYTES);
    gw_wipe(plain, sizeof plain);
    return true;
}

static bool head_write(uint8_t head[HEAD_BYTES], struct gw_id store, const uint8_t *ring_key, const struct gw_kek *now,
    const struct gw_kek *next, struct gw_err *err)
{
    memset(head, 0, HEAD_BYTES);
    memcpy(head, magic, sizeof magic - 1);
    memcpy(head + 32, store.bytes, sizeof store.bytes);
    const struct gw_kek *keks[WRAPS] = { now, next };
    for (int i = 0; i < WRAPS && keks[i] != NULL; i++) {
        GW_AUTO_VALUE(gw_buf) wrapped = {};
        if (!gw_kek_wrap(&wrapped, keks[i], ring_key, bound, err))
            return false;
        assert(wrapped.size <= GW_KEK_WRAPPED_MAX);
        uint8_t *at = head + WRAP_AT + i * WRAP_BYTES;
        at[0] = (uint8_t)(wrapped.size >> 8);
        at[1] = (uint8_t)wrapped.size;
        memcpy(at + 2, wrapped.data, wrapped.size);
    }
    return true;
}

static struct gw_span head_wrap(const uint8_t head[HEAD_BYTES], int i)
{
    const uint8_t *at = head + WRAP_AT + i * WRAP_BYTES;
    size_t n = (size_t)(at[0] << 8 | at[1]);
    return gw_span_of(at + 2, n <= GW_KEK_WRAPPED_MAX ? n : 0);
}

unsigned gw_ring_wraps(const struct gw_ring *r)
{
    unsigned n = 0;
    for (int i = 0; i < WRAPS; i++)
        n += head_wrap(r->head, i).size > 0;
    return n;
}

static bool sync_folder(const char *path, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) folder = {};
    const char *slash = strrchr(path, '/');
    gw_buf_add(&folder, path, slash == NULL ? 0 : (size_t)(slash - path));
    int fd = open(slash == NULL ? "." : slash == path ? "/" : gw_buf_text(&folder), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0)
        close(fd);
    return fine || io_fail(err, "its folder cannot be synchronized");
}

bool gw_ring_make(const char *path, struct gw_id store, const struct gw_kek *kek, struct gw_err *err)
{
    uint8_t *key = gw_secret_alloc(GW_KEY_BYTES), head[HEAD_BYTES];
    gw_random(key, GW_KEY_BYTES);
    bool fine = head_write(head, store, key, kek, NULL, err);
    gw_secret_free(key);
    if (!fine)
        return false;
    if (access(path, F_OK) == 0)
        return gw_fail(err, GW_ERR_CONFLICT, "%.150s is there already", path);
    return gw_buf_write_file(gw_span_of(head, sizeof head), path, 0600, err);
}

static bool read_slots(struct gw_ring *r, gw_ring_fn *each, void *to, size_t *damaged, struct gw_err *err)
{
    static const uint8_t none[SLOT_BYTES];
    struct stat st;
    if (fstat(r->fd, &st) != 0)
        return io_fail(err, "cannot be read");
    int64_t n = (st.st_size - HEAD_BYTES) / SLOT_BYTES;
    if (st.st_size < HEAD_BYTES || n > SLOTS_MAX)
        return gw_fail(err, GW_ERR_CORRUPT, "keyring: its size is impossible");
    r->n_slots = (uint32_t)n;
    r->used = gw_alloc_array(GW_MAX(r->n_slots, 1u), 1);
    for (uint32_t i = 0; i < r->n_slots; i++) {
        uint8_t slot[SLOT_BYTES];
        if (pread(r->fd, slot, sizeof slot, slot_at(i)) != SLOT_BYTES)
            return io_fail(err, "cannot be read");
        if (memcmp(slot, none, sizeof slot) == 0)
            continue;
        struct gw_ring_key key;
        if (slot_open(&key, r->key, slot)) {
            r->used[i] = 1;
            each(to, i, &key);
            gw_wipe(&key, sizeof key);
        } else {
            ++*damaged; /* free: nobody can open it, and what was sealed under it is found to be lost */
        }
    }
    return true;
}

struct gw_ring *gw_ring_open(const char *path, struct gw_id store, const struct gw_kek *kek, gw_ring_fn *each, void *to,
    size_t *damaged, struct gw_err *err)
{
    GW_AUTO(gw_ring) *r = gw_alloc(sizeof *r);
    r->path = gw_strdup(path);
    r->store = store;
    r->key = gw_secret_alloc(GW_KEY_BYTES);
    r->fd = open(path, O_RDWR | O_CLOEXEC);
    *damaged = 0;
    if (r->fd < 0 && errno == ENOENT)
        return gw_fail_null(err, GW_ERR_NOT_FOUND, "%.150s is missing", path);
    if (r->fd < 0 || pread(r->fd, r->head, sizeof r->head, 0) != HEAD_BYTES) {
        io_fail(err, "cannot be read");
        return NULL;
    }
    if (memcmp(r->head, magic, sizeof magic - 1) != 0)
        return gw_fail_null(err, GW_ERR_CORRUPT, "%.150s is not a keyring of gangway", path);
    if (memcmp(r->head + 32, store.bytes, sizeof store.bytes) != 0)
        return gw_fail_null(err, GW_ERR_CORRUPT, "%.150s belongs to another database than the one beside it", path);
    bool opened = false;
    struct gw_err why = {};
    for (int i = 0; i < WRAPS && !opened; i++) {
        struct gw_span wrapped = head_wrap(r->head, i);
        opened = wrapped.size > 0 && gw_kek_unwrap(r->key, kek, wrapped, bound, &why);
    }
    if (!opened)
        return gw_fail_null(err, why.code == GW_ERR_CORRUPT ? GW_ERR_CORRUPT : why.code,
            "the keyring was wrapped by another key than keys.source gives (%.80s)", why.text);
    return read_slots(r, each, to, damaged, err) ? gw_take(r) : NULL;
}

void gw_ring_close(struct gw_ring *r)
{
    if (r == NULL)
        return;
    if (r->fd >= 0)
        close(r->fd);
    gw_secret_free(r->key);
    gw_free(r->used);
    gw_free(r->path);
    gw_free(r);
}

/* Space is taken before it is needed, so that a full disk is met when a key is made and never when one is destroyed. */
static bool grow(struct gw_ring *r, struct gw_err *err)
{
    if (r->n_slots + GROW > SLOTS_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "the keyring is full");
    static const uint8_t zeros[GROW * SLOT_BYTES];
    if (!write_at(r->fd, zeros, sizeof zeros, slot_at(r->n_slots), err))
        return false;
    uint8_t *used = gw_alloc_array(r->n_slots + GROW, 1);
    memcpy(used, r->used, r->n_slots);
    gw_free(r->used);
    r->used = used;
    r->n_slots += GROW;
    return true;
}

bool gw_ring_put(uint32_t *slot, struct gw_ring *r, const struct gw_ring_key *key, struct gw_err *err)
{
    uint32_t i = r->first_free;
    while (i < r->n_slots && r->used[i])
        i++;
    if (i == r->n_slots && !grow(r, err))
        return false;
    uint8_t sealed[SLOT_BYTES];
    slot_seal(sealed, r->key, key);
    if (!write_at(r->fd, sealed, sizeof sealed, slot_at(i), err))
        return false;
    r->used[i] = 1;
    r->first_free = i + 1;
    *slot = i;
    return true;
}

bool gw_ring_clear(struct gw_ring *r, uint32_t slot, struct gw_err *err)
{
    static const uint8_t zeros[SLOT_BYTES];
    assert(slot < r->n_slots);
    if (!write_at(r->fd, zeros, sizeof zeros, slot_at(slot), err))
        return false;
    r->used[slot] = 0;
    r->first_free = GW_MIN(r->first_free, slot);
    return true;
}

bool gw_ring_sync(struct gw_ring *r, struct gw_err *err)
{
    return fdatasync(r->fd) == 0 || io_fail(err, "cannot be synchronized");
}

/* Zeros over a file that nobody can reach by name any more. */
static void overwrite(int fd)
{
    static const uint8_t zeros[HEAD_BYTES];
    struct stat st;
    if (fstat(fd, &st) != 0)
        return;
    for (off_t at = 0; at < st.st_size; at += HEAD_BYTES)
        (void)write_at(fd, zeros, (size_t)GW_MIN((off_t)HEAD_BYTES, st.st_size - at), at, NULL);
    (void)fsync(fd);
}

bool gw_ring_renew(struct gw_ring *r, const struct gw_kek *now, const struct gw_kek *next, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    gw_buf_addf(&path, "%s.new", r->path);
    uint8_t *key = gw_secret_alloc(GW_KEY_BYTES), head[HEAD_BYTES];
    gw_random(key, GW_KEY_BYTES);
    int fd = open(gw_buf_text(&path), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool fine = (fd >= 0 || io_fail(err, "a new one cannot be made")) &&
                head_write(head, r->store, key, now, next, err) && write_at(fd, head, sizeof head, 0, err);
    for (uint32_t i = 0; fine && i < r->n_slots; i++) {
        uint8_t slot[SLOT_BYTES] = {};
        struct gw_ring_key k;
        if (r->used[i]) {
            fine = (pread(r->fd, slot, sizeof slot, slot_at(i)) == SLOT_BYTES || io_fail(err, "cannot be read")) &&
                   (slot_open(&k, r->key, slot) || gw_fail(err, GW_ERR_CORRUPT, "keyring: a slot was altered"));
            if (fine)
                slot_seal(slot, key, &k);
            gw_wipe(&k, sizeof k);
        }
        fine = fine && write_at(fd, slot, sizeof slot, slot_at(i), err);
    }
    fine = fine && (fsync(fd) == 0 || io_fail(err, "cannot be synchronized")) &&
           (rename(gw_buf_text(&path), r->path) == 0 || io_fail(err, "cannot be replaced"));
    if (!fine) {
        if (fd >= 0)
            close(fd);
        (void)unlink(gw_buf_text(&path));
        gw_secret_free(key);
        return false;
    }
    overwrite(r->fd);
    close(r->fd);
    gw_secret_free(r->key);
    r->fd = fd;
    r->key = key;
    memcpy(r->head, head, sizeof head);
    return sync_folder(r->path, err);
}
