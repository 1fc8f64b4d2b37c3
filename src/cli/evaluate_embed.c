/* evaluate_embed.c - pictures to embeddings, on several threads, with a cache that
 * survives being killed.
 *
 * The cache is a header and records of one size, appended one by one as pictures are
 * done. A record ends in a sum over itself: one that was cut off is dropped when the
 * file is opened again, and what stood before it counts. Records are found by the
 * SHA-256 of the picture's bytes, so pictures may move. It holds what the networks
 * made of people's faces and is readable by its owner only. */
#include "cli/evaluate.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct record {
    struct gw_hash picture;
    uint32_t state;
    float v[];
};

struct cache {
    int fd;
    size_t record_bytes; /* with the sum behind */
    uint8_t *found;      /* all records there were at opening */
    size_t n_found, n_slots;
    uint32_t *slots; /* number of a record + 1, by the picture's hash */
};

struct job {
    struct gw_eval *e;
    struct gw_faces *faces;
    const struct gw_eval_embedding *how;
    struct cache cache;
    atomic_size_t next, done;
    atomic_bool stop;
    pthread_mutex_t lock; /* the cache's file, the sums of times, the error, the line of progress */
    struct gw_err err;
    int64_t begun_us, said_us;
    size_t complaints;
};

static struct gw_hash key_of(struct gw_faces *f, bool largest)
{
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_face_model models[8];
    const size_t n = gw_faces_models(f, models, GW_COUNT(models));
    gw_buf_addf(&text, "gangway evaluate cache 1\n%s %u %s\n", gw_faces_name(f), gw_faces_dim(f), largest ? "largest" : "middle");
    for (size_t i = 0; i < GW_MIN(n, GW_COUNT(models)); i++)
        gw_buf_addf(&text, "%s %s\n", models[i].purpose, models[i].sha256);
    return gw_sha256(gw_buf_span(&text));
}

static uint64_t sum_of(const void *data, size_t n)
{
    const struct gw_hash h = gw_sha256(gw_span_of(data, n));
    uint64_t sum;
    memcpy(&sum, h.bytes, sizeof sum);
    return sum;
}

static size_t slot_at(const struct cache *c, const struct gw_hash *picture)
{
    uint64_t h;
    memcpy(&h, picture->bytes, sizeof h);
    size_t at = (size_t)h & (c->n_slots - 1);
    while (c->slots[at] != 0 && memcmp(c->found + (c->slots[at] - 1) * c->record_bytes, picture, sizeof *picture) != 0)
        at = (at + 1) & (c->n_slots - 1);
    return at;
}

static bool cache_read(struct cache *c, const char *path, struct gw_hash key, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) file = {};
    if (!gw_buf_read_file(&file, path, (size_t)8 << 30, err))
        return false;
    size_t good = 0;
    /* Whoever was killed at once left a part of the key, and no more. Anything else is not ours to write over, however short. */
    if (memcmp(file.data, key.bytes, GW_MIN(file.size, sizeof key)) != 0)
        return gw_fail(err, GW_ERR_CONFLICT, "%.200s was made with another model (or is no such cache): name another file or remove it", path);
    if (file.size >= sizeof key) {
        good = sizeof key;
        while (good + c->record_bytes <= file.size) {
            const uint8_t *r = file.data + good;
            uint64_t sum;
            memcpy(&sum, r + c->record_bytes - sizeof sum, sizeof sum);
            if (sum != sum_of(r, c->record_bytes - sizeof sum))
                break;
            good += c->record_bytes;
        }
        c->n_found = (good - sizeof key) / c->record_bytes;
        c->found = gw_alloc(c->n_found * c->record_bytes + 1);
        memcpy(c->found, file.data + sizeof key, c->n_found * c->record_bytes);
    }
    c->n_slots = 64;
    while (c->n_slots < 4 * c->n_found)
        c->n_slots *= 2;
    c->slots = gw_alloc_array(c->n_slots, sizeof c->slots[0]);
    for (size_t i = 0; i < c->n_found; i++) {
        struct gw_hash picture;
        memcpy(&picture, c->found + i * c->record_bytes, sizeof picture);
        c->slots[slot_at(c, &picture)] = (uint32_t)i + 1;
    }
    /* What was cut off goes; a new file begins with its key. */
    if (ftruncate(c->fd, (off_t)good) != 0 || lseek(c->fd, 0, SEEK_END) < 0 ||
        (good == 0 && write(c->fd, key.bytes, sizeof key) != sizeof key))
        return gw_fail(err, GW_ERR_IO, "%.200s: %s", path, strerror(errno));
    return true;
}

static bool cache_open(struct cache *c, const char *path, struct gw_hash key, unsigned dim, struct gw_err *err)
{
    c->record_bytes = sizeof(struct record) + dim * sizeof(float) + sizeof(uint64_t);
    c->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (c->fd < 0)
        return gw_fail(err, GW_ERR_IO, "%.200s: %s", path, strerror(errno));
    return cache_read(c, path, key, err);
}

static void cache_close(struct cache *c)
{
    if (c->fd >= 0)
        close(c->fd);
    gw_free(c->found);
    gw_free(c->slots);
}

/* Under the lock. */
static bool cache_add(struct job *j, const struct gw_hash *picture, const struct gw_eval_picture *p)
{
    GW_AUTO_MEM uint8_t *bytes = gw_alloc(j->cache.record_bytes);
    struct record head = { .picture = *picture, .state = p->state };
    memcpy(bytes, &head, sizeof head);
    if (p->v != NULL)
        memcpy(bytes + sizeof head, p->v, j->e->dim * sizeof(float));
    const uint64_t sum = sum_of(bytes, j->cache.record_bytes - sizeof sum);
    memcpy(bytes + j->cache.record_bytes - sizeof sum, &sum, sizeof sum);
    return write(j->cache.fd, bytes, j->cache.record_bytes) == (ssize_t)j->cache.record_bytes ||
           gw_fail(&j->err, GW_ERR_IO, "%.200s: %s", j->how->cache, strerror(errno));
}

/* From the cache. Embeddings live in memory of the job's, which never moves. */
static bool recall(struct job *j, const struct gw_hash *picture, struct gw_eval_picture *p)
{
    const struct cache *c = &j->cache;
    if (c->n_found == 0)
        return false;
    const uint32_t n = c->slots[slot_at(c, picture)];
    if (n == 0)
        return false;
    const uint8_t *r = c->found + (n - 1) * c->record_bytes;
    struct record head;
    memcpy(&head, r, sizeof head);
    p->state = head.state;
    if (p->state == GW_EVAL_ACQUIRED)
        memcpy(p->v, r + sizeof head, j->e->dim * sizeof(float));
    return true;
}

static double from_middle(const struct gw_face *f, const struct gw_image *image)
{
    return hypot(f->box.x + f->box.width / 2 - image->width / 2.0, f->box.y + f->box.height / 2 - image->height / 2.0);
}

/* Looks at one picture. An error is of the machine; a bad picture is an answer. */
static bool look(struct gw_eval_picture *p, struct job *j, struct gw_recognizer *r, struct gw_span bytes,
    struct gw_face_times *times, int64_t *decode_us, struct gw_err *err)
{
    struct gw_image image;
    struct gw_face faces[8];
    struct gw_embedding e;
    size_t n = 0;
    const int64_t begun = gw_clock_monotonic_us();
    gw_arena_reset(r->arena);
    const bool decoded = gw_image_decode(&image, r->arena, bytes, &r->limits, 0, NULL, err);
    *decode_us = gw_clock_monotonic_us() - begun;
    if (!decoded) {
        p->state = GW_EVAL_UNREADABLE;
        return true;
    }
    if (!gw_face_find(faces, GW_COUNT(faces), &n, r->faces, r->scratch, &image, times, err))
        return false;
    n = GW_MIN(n, GW_COUNT(faces));
    if (n == 0) {
        p->state = GW_EVAL_NO_FACE;
        return true;
    }
    /* A label is of the person the picture is of: of the faces not much smaller than the
     * largest, which come first, the one nearest the middle. */
    size_t best = 0;
    for (size_t i = 1; i < n && !j->how->largest; i++)
        if (faces[i].box.width * 3 >= faces[0].box.width && from_middle(&faces[i], &image) < from_middle(&faces[best], &image))
            best = i;
    if (!gw_face_embed(&e, r->faces, r->scratch, &image, &faces[best], times, err)) {
        p->state = GW_EVAL_NO_FACE; /* a face that cannot be aligned is none */
        return err->code == GW_ERR_INVALID;
    }
    memcpy(p->v, e.v, e.dim * sizeof(float));
    p->state = GW_EVAL_ACQUIRED;
    return true;
}

static void say(struct job *j, bool last)
{
    const int64_t now = gw_clock_monotonic_us();
    const size_t done = atomic_load(&j->done), all = j->e->n_pictures;
    const bool person = isatty(STDERR_FILENO) != 0;
    if (!j->how->progress || (!last && now - j->said_us < (person ? 200'000 : 5'000'000)))
        return;
    j->said_us = now;
    const double passed = (double)(now - j->begun_us) / 1e6, speed = passed > 0 ? (double)done / passed : 0;
    fprintf(stderr, "%sevaluate: %zu of %zu pictures, %.0f a second, %.0f s to go%s", person ? "\r" : "", done, all, speed,
        speed > 0 ? (double)(all - done) / speed : 0, person && !last ? " " : "\n");
}

/* Which picture of a labelled set is none: whoever made the set has to know. Under the lock. */
static void complain(struct job *j, const struct gw_eval_picture *p, const struct gw_err *why)
{
    enum { NAMED_MOST = 20 };
    struct gw_eval *e = j->e;
    const size_t i = (size_t)(p - e->pictures);
    struct gw_err named = *why;
    if (why->code == GW_OK)
        gw_fail(&named, GW_ERR_FORMAT, "it could not be read when it came into the cache");
    if (strncmp(named.text, p->path, strlen(p->path)) != 0) /* what reads files names them */
        gw_fail_prefix(&named, "%.150s", p->path);
    if (e->unreadable == 0 || i < e->first_unreadable) {
        e->first_unreadable = i;
        e->why_unreadable = named;
    }
    e->unreadable++;
    if (why->code == GW_OK) /* it was named when it was looked at */
        return;
    if (++j->complaints <= NAMED_MOST)
        fprintf(stderr, "%sgangway evaluate: %s\n", j->how->progress && isatty(STDERR_FILENO) ? "\n" : "", named.text);
    else if (j->complaints == NAMED_MOST + 1)
        fprintf(stderr, "gangway evaluate: and more that cannot be read; the answer has their number\n");
}

static void *worker(void *arg)
{
    struct job *j = arg;
    struct gw_recognizer r = {
        .faces = j->faces,
        .limits = { (size_t)j->how->conf->image_bytes, (uint64_t)j->how->conf->image_pixels, j->how->conf->image_time },
    };
    struct gw_err err = {};
    struct gw_face_times times = {};
    int64_t decode_us = 0;
    uint64_t timed = 0;
    bool ok = true;
    r.scratch = gw_face_scratch_new(j->faces, &err);
    r.arena = gw_arena_new((size_t)j->how->conf->image_pixels * 4 + (16 << 20));
    ok = r.scratch != NULL;

    for (size_t i; ok && !atomic_load(&j->stop) && (i = atomic_fetch_add(&j->next, 1)) < j->e->n_pictures;) {
        struct gw_eval_picture *p = &j->e->pictures[i];
        GW_AUTO_VALUE(gw_buf) bytes = {};
        struct gw_err why = {};
        struct gw_hash hash = {};
        bool fresh = false;
        if (!gw_buf_read_file(&bytes, p->path, r.limits.most_bytes, &why)) {
            p->state = GW_EVAL_UNREADABLE;
        } else {
            if (j->how->cache != NULL)
                hash = gw_sha256(gw_buf_span(&bytes));
            if (j->how->cache == NULL || !recall(j, &hash, p)) {
                int64_t us = 0;
                ok = look(p, j, &r, gw_buf_span(&bytes), &times, &us, &why);
                err = why;
                decode_us += us;
                timed += p->state == GW_EVAL_ACQUIRED;
                fresh = true;
            }
        }
        pthread_mutex_lock(&j->lock);
        atomic_fetch_add(&j->done, 1);
        if (p->state == GW_EVAL_UNREADABLE)
            complain(j, p, &why);
        if (ok && fresh && j->how->cache != NULL && !cache_add(j, &hash, p))
            atomic_store(&j->stop, true);
        say(j, false);
        pthread_mutex_unlock(&j->lock);
    }
    pthread_mutex_lock(&j->lock);
    j->e->timed += timed;
    j->e->decode_us += decode_us;
    j->e->times.detect += times.detect;
    j->e->times.landmarks += times.landmarks;
    j->e->times.quality += times.quality;
    j->e->times.align += times.align;
    j->e->times.embed += times.embed;
    if (!ok) {
        atomic_store(&j->stop, true);
        if (j->err.code == GW_OK)
            j->err = err;
    }
    pthread_mutex_unlock(&j->lock);
    r.faces = NULL; /* all threads' */
    gw_recognizer_close(&r);
    return NULL;
}

bool gw_eval_embed(struct gw_eval *e, struct gw_faces *faces, const struct gw_eval_embedding *how, struct gw_err *err)
{
    struct job j = { .e = e, .faces = faces, .how = how, .cache.fd = -1, .begun_us = gw_clock_monotonic_us() };
    e->dim = gw_faces_dim(faces);
    for (size_t i = 0; i < e->n_pictures; i++) {
        e->pictures[i].v = gw_arena_array(e->mem, e->dim, float, err);
        if (e->pictures[i].v == NULL)
            return false;
    }
    j.said_us = j.begun_us;
    if (how->cache != NULL && !cache_open(&j.cache, how->cache, key_of(faces, how->largest), e->dim, err)) {
        cache_close(&j.cache);
        return false;
    }
    pthread_mutex_init(&j.lock, NULL);
    pthread_t threads[64];
    unsigned n = 0;
    while (n < GW_MIN(how->threads, GW_COUNT(threads)) && pthread_create(&threads[n], NULL, worker, &j) == 0)
        n++;
    if (n == 0)
        worker(&j);
    for (unsigned i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    say(&j, true);
    pthread_mutex_destroy(&j.lock);
    cache_close(&j.cache);
    if (j.err.code == GW_OK)
        return true;
    if (err != NULL)
        *err = j.err;
    return false;
}
