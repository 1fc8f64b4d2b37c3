/* engine.c - opens a card and its networks, checks that they are what the card says,
 * and runs the steps in their order. */
#include "face/engine.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/crypto.h"
#include "base/place.h"
#include "face/prepare.h"

#include <errno.h>
#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CARD_ARENA_BYTES = 1 << 20 };

static const char *const purposes[GW_NET_PURPOSES] = { "detector", "landmarks", "embedder", "liveness" };

const struct gw_card_net *gw_card_net(const struct gw_card *card, unsigned purpose)
{
    assert(card != NULL && purpose < GW_NET_PURPOSES);
    switch (purpose) {
    case GW_NET_DETECTOR:
        return &card->detector.net;
    case GW_NET_LANDMARKS:
        return card->has_landmarks ? &card->landmarks.net : NULL;
    case GW_NET_EMBEDDER:
        return &card->embedder.net;
    case GW_NET_LIVENESS:
        return card->has_liveness ? &card->liveness.net : NULL;
    }
    return NULL;
}

/* The outputs of a network, in the order in which its step reads them. */
static size_t output_names(const char *out[GW_NET_OUTPUTS], const struct gw_card *card, unsigned purpose)
{
    const struct gw_card_detector *d = &card->detector;
    size_t n = 0;
    switch (purpose) {
    case GW_NET_LANDMARKS:
        out[n++] = card->landmarks.output;
        return n;
    case GW_NET_EMBEDDER:
        out[n++] = card->embedder.output;
        return n;
    case GW_NET_LIVENESS:
        out[n++] = card->liveness.output;
        return n;
    }
    if (d->kind == GW_DETECTOR_FACEPLUGIN) {
        out[n++] = d->scores;
        out[n++] = d->boxes;
        return n;
    }
    for (size_t k = 0; k < d->n_strides; k++) {
        out[n++] = d->stride_scores[k];
        if (d->kind == GW_DETECTOR_YUNET)
            out[n++] = d->stride_objects[k];
        out[n++] = d->stride_boxes[k];
        if (d->stride_points[k] != NULL)
            out[n++] = d->stride_points[k];
    }
    return n;
}

/* --- files ------------------------------------------------------------------------------- */

/* The card's path from the options. */
static bool find_card(struct gw_buf *out, const struct gw_faces_options *o, struct gw_err *err)
{
    const char *card = o->card == NULL || o->card[0] == 0 ? "faceplugin" : o->card;
    if (strchr(card, '/') != NULL) {
        gw_buf_add_text(out, card);
        return true;
    }
    if (o->models_path != NULL && o->models_path[0] != 0) {
        gw_buf_addf(out, "%s/%s.json", o->models_path, card);
        return access(gw_buf_text(out), F_OK) == 0 ||
               gw_fail(err, GW_ERR_NOT_FOUND, "%.160s: %s: set models.path to the folder that has this model card, or leave it out for "
                   "what came with this program", gw_buf_text(out), strerror(errno));
    }
    GW_AUTO_VALUE(gw_buf) source = {};
    GW_AUTO_VALUE(gw_buf) prefix = {};
    gw_buf_addf(&source, "models/%s.json", card);
    gw_buf_addf(&prefix, "share/gangway/models/%s.json", card);
    if (gw_place_find(out, gw_buf_text(&source), gw_buf_text(&prefix)))
        return true;
    return gw_fail(err, GW_ERR_NOT_FOUND,
        "no model card %.60s.json where this program was built or installed: set models.path to the folder that has it", card);
}

/* A network stands beside its card; in a source tree tools/setup puts it into vendor/models. */
static void find_network(struct gw_buf *out, const char *card_path, const char *file)
{
    const char *slash = strrchr(card_path, '/');
    gw_buf_add(out, card_path, slash == NULL ? 0 : (size_t)(slash - card_path) + 1);
    gw_buf_add_text(out, file);
    if (access(gw_buf_text(out), F_OK) == 0)
        return;
    GW_AUTO_VALUE(gw_buf) vendor = {};
    gw_buf_addf(&vendor, "vendor/models/%s", file);
    GW_AUTO_VALUE(gw_buf) found = {};
    if (gw_place_find(&found, gw_buf_text(&vendor), NULL)) {
        gw_buf_clear(out);
        gw_buf_add_text(out, gw_buf_text(&found));
    }
}

static bool read_network(struct gw_buf *out, const char *card_path, const struct gw_card_net *card, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) path = {};
    find_network(&path, card_path, card->file);
    if (!gw_buf_read_file(out, gw_buf_text(&path), GW_NET_BYTES_MAX, err)) {
        if (err != NULL && err->code == GW_ERR_NOT_FOUND)
            return gw_fail(err, GW_ERR_NOT_FOUND, "the network %.80s named by the model card is not there (%.90s): "
                "run tools/setup in a source tree, or install again", card->file, gw_buf_text(&path));
        return false;
    }
    struct gw_hash hash = gw_sha256(gw_buf_span(out));
    char text[2 * GW_HASH_BYTES + 1];
    gw_hex(text, gw_span_of(hash.bytes, sizeof hash.bytes));
    if (strcmp(text, card->sha256) != 0)
        return gw_fail(err, GW_ERR_CORRUPT, "%.40s: SHA-256 is %s, the model card says %s: run tools/setup, or install again",
            card->file, text, card->sha256);
    return true;
}

/* --- opening ------------------------------------------------------------------------------ */

/* A picture of noise, the same every time: pixels 0 to 255 as the card turns them to numbers. */
static void fill_noise(float *out, const struct gw_card_input *input)
{
    GW_AUTO_MEM uint8_t *pixels = gw_alloc_array((size_t)input->width * input->height, 3);
    uint32_t x = 2463534242u;
    for (size_t i = 0; i < (size_t)input->width * input->height * 3; i++) {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        pixels[i] = (uint8_t)(x >> 11);
    }
    const struct gw_image image = { pixels, input->width, input->height, (size_t)input->width * 3 };
    gw_input_fill(out, input, &image, false);
}

static bool check_outputs(const struct gw_card *card, unsigned purpose, const struct gw_net *net, struct gw_err *err)
{
    if (purpose == GW_NET_DETECTOR)
        return gw_detect_check(&card->detector, net, err);
    const size_t want = purpose == GW_NET_LANDMARKS ? 2 * GW_FACE_MARKS
                        : purpose == GW_NET_EMBEDDER ? card->embedder.dim
                                                     : card->liveness.n_classes;
    const size_t have = gw_shape_count(gw_net_output_shape(net, 0));
    if (have == want)
        return true;
    return gw_fail(err, GW_ERR_INVALID, "%s: the %s's output has %zu numbers, the card's need is %zu",
        gw_card_net(card, purpose)->file, purposes[purpose], have, want);
}

/* Says which input and outputs are meant, runs it once and checks what came. */
static bool bind(struct gw_faces *f, unsigned purpose, struct gw_net *net, const float *input, struct gw_err *err)
{
    const struct gw_card_net *card = gw_card_net(&f->card, purpose);
    const struct gw_shape shape = gw_input_shape(&card->input);
    const char *names[GW_NET_OUTPUTS];
    const size_t n = output_names(names, &f->card, purpose);
    return gw_net_bind(net, card->input.name, &shape, names, n, input, err) && check_outputs(&f->card, purpose, net, err);
}

/* Both gave the same on the self-test input: no number differs by more than a
 * hundred-thousandth of the largest of its output. */
static bool agree(const struct gw_net *a, const struct gw_net *b, const struct gw_card *card, unsigned purpose)
{
    const char *names[GW_NET_OUTPUTS];
    const size_t outputs = output_names(names, card, purpose);
    for (size_t i = 0; i < outputs; i++) {
        const float *x = gw_net_first_output(a, i), *y = gw_net_first_output(b, i);
        const size_t n = gw_shape_count(gw_net_output_shape(a, i));
        if (n != gw_shape_count(gw_net_output_shape(b, i)))
            return false;
        float largest = 0, off = 0;
        for (size_t k = 0; k < n; k++) {
            if (!isfinite(x[k]) || !isfinite(y[k]))
                return false;
            largest = fmaxf(largest, fabsf(x[k]));
            off = fmaxf(off, fabsf(x[k] - y[k]));
        }
        if (off > 1e-5f * largest)
            return false;
    }
    return true;
}

/* The network in the fastest form that computes the same, or NULL: nothing to be done, or not
 * understood. The network as shipped is always there instead, so why does not matter. */
static struct gw_net *open_prepared(struct gw_faces *f, unsigned purpose, struct gw_span onnx, const struct gw_net *shipped,
    const float *input, unsigned threads)
{
    const char *label = gw_card_net(&f->card, purpose)->file;
    for (int way = 0; way < GW_WAYS; way++) {
        GW_AUTO(gw_net) *net = gw_prepare_open(f->runtime, (enum gw_way)way, onnx, label, threads, NULL);
        if (net != NULL && bind(f, purpose, net, input, NULL) && agree(shipped, net, &f->card, purpose))
            return gw_take(net);
    }
    return NULL;
}

static bool open_purpose(struct gw_faces *f, unsigned purpose, const char *card_path,
    const struct gw_faces_options *o, struct gw_err *err)
{
    const struct gw_card_net *card = gw_card_net(&f->card, purpose);
    if (card == NULL)
        return true;
    GW_AUTO_VALUE(gw_buf) bytes = {};
    if (!read_network(&bytes, card_path, card, err))
        return false;
    const struct gw_shape shape = gw_input_shape(&card->input);
    GW_AUTO_MEM float *noise = gw_alloc_array(gw_shape_count(&shape), sizeof *noise);
    const unsigned threads = GW_MAX(1u, o->threads);
    fill_noise(noise, &card->input);
    GW_AUTO(gw_net) *net = gw_net_open(f->runtime, gw_buf_span(&bytes), card->file, threads, err);
    if (net == NULL || !bind(f, purpose, net, noise, err))
        return false;
    if (o->prepare) {
        struct gw_net *prepared = open_prepared(f, purpose, gw_buf_span(&bytes), net, noise, threads);
        if (prepared != NULL) {
            gw_net_close(net);
            net = prepared;
            f->prepared[purpose] = true;
        }
    }
    gw_net_forget(net);
    f->nets[purpose] = gw_take(net);
    return true;
}

static bool open_all(struct gw_faces *f, const char *card_path, const struct gw_faces_options *o, struct gw_err *err)
{
    f->runtime = gw_ort_open(o->runtime_path, err);
    if (f->runtime == NULL)
        return false;
    for (unsigned i = 0; i < GW_NET_PURPOSES; i++)
        if (!open_purpose(f, i, card_path, o, err))
            return false;
    return true;
}

struct gw_faces_options gw_faces_options_of(const struct gw_conf *conf)
{
    return (struct gw_faces_options){
        .models_path = conf->models_path,
        .card = conf->face_card,
        .runtime_path = conf->runtime_path,
        .threads = 1,
        .prepare = true,
    };
}

struct gw_faces *gw_faces_open(const struct gw_faces_options *o, struct gw_err *err)
{
    GW_AUTO(gw_faces) *f = gw_alloc(sizeof *f);
    f->arena = gw_arena_new(CARD_ARENA_BYTES);
    GW_AUTO_VALUE(gw_buf) path = {};
    GW_AUTO_VALUE(gw_buf) text = {};
    if (!find_card(&path, o, err) || !gw_buf_read_file(&text, gw_buf_text(&path), GW_CARD_BYTES_MAX, err))
        return NULL;
    if (!gw_card_parse(&f->card, f->arena, gw_buf_span(&text), err)) {
        gw_fail_prefix(err, "%.100s", gw_buf_text(&path));
        return NULL;
    }
    if (!o->card_only && !open_all(f, gw_buf_text(&path), o, err))
        return NULL;
    return gw_take(f);
}

void gw_faces_close(struct gw_faces *f)
{
    if (f == NULL)
        return;
    for (unsigned i = 0; i < GW_NET_PURPOSES; i++)
        gw_net_close(f->nets[i]);
    gw_ort_close(f->runtime);
    gw_arena_free(f->arena);
    gw_free(f);
}

size_t gw_faces_models(const struct gw_faces *f, struct gw_face_model *out, size_t max)
{
    size_t n = 0;
    for (unsigned i = 0; i < GW_NET_PURPOSES && n < max; i++) {
        const struct gw_card_net *card = gw_card_net(&f->card, i);
        if (card != NULL)
            out[n++] = (struct gw_face_model){ purposes[i], card->file, card->sha256, card->license, f->prepared[i] };
    }
    return n;
}

const char *gw_faces_name(const struct gw_faces *f)
{
    return f->card.identity;
}

unsigned gw_faces_dim(const struct gw_faces *f)
{
    return f->card.embedder.dim;
}

const char *gw_faces_runtime(const struct gw_faces *f)
{
    return f->runtime == NULL ? "" : gw_ort_version(f->runtime);
}

size_t gw_faces_operating_points(const struct gw_faces *f, const struct gw_operating_point **out)
{
    *out = f->card.points;
    return f->card.n_points;
}

/* --- one caller's buffers -------------------------------------------------------------------- */

struct gw_face_scratch *gw_face_scratch_new(struct gw_faces *f, struct gw_err *err)
{
    assert(f->runtime != NULL);
    GW_AUTO(gw_face_scratch) *s = gw_alloc(sizeof *s);
    s->faces = f;
    for (unsigned i = 0; i < GW_NET_PURPOSES; i++) {
        const struct gw_card_net *card = gw_card_net(&f->card, i);
        if (card == NULL)
            continue;
        if (!gw_net_io_init(&s->io[i], f->nets[i], err))
            return NULL;
        s->n_pixels = GW_MAX(s->n_pixels, (size_t)card->input.width * card->input.height * 3);
    }
    if (f->card.embedder.flip && !gw_net_io_init(&s->mirrored, f->nets[GW_NET_EMBEDDER], err))
        return NULL;
    s->pixels = gw_alloc_array(s->n_pixels, 1);
    s->aligned = gw_alloc_array((size_t)f->card.embedder.net.input.width * f->card.embedder.net.input.height, 3);
    s->max_candidates = gw_detect_most(&f->card.detector, f->nets[GW_NET_DETECTOR]);
    s->candidates = gw_alloc_array(s->max_candidates, sizeof *s->candidates);
    s->found = gw_alloc_array(GW_FOUND_MAX, sizeof *s->found);
    return gw_take(s);
}

void gw_face_scratch_free(struct gw_face_scratch *s)
{
    if (s == NULL)
        return;
    for (unsigned i = 0; i < GW_NET_PURPOSES; i++)
        gw_net_io_done(&s->io[i]);
    gw_net_io_done(&s->mirrored);
    if (s->pixels != NULL)
        gw_wipe(s->pixels, s->n_pixels);
    if (s->aligned != NULL)
        gw_wipe(s->aligned, (size_t)gw_scratch_aligned(s).stride * gw_scratch_aligned(s).height);
    gw_free(s->pixels);
    gw_free(s->aligned);
    gw_free(s->candidates);
    gw_free(s->found);
    gw_free(s);
}

/* --- the steps in their order ------------------------------------------------------------------ */

static int by_size(const void *pa, const void *pb)
{
    const struct gw_candidate *a = pa, *b = pb;
    const double x = (a->x2 - a->x1) * (a->y2 - a->y1), y = (b->x2 - b->x1) * (b->y2 - b->y1);
    return x > y ? -1 : x < y;
}

static double eye_distance(const double points[GW_FACE_POINTS][2])
{
    return hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]);
}

/* Points, pose and quality. The aligned picture of the first (largest) face is kept: it is the one that will be embedded. */
static bool describe(struct gw_face *face, bool first, struct gw_faces *f, struct gw_face_scratch *s,
    const struct gw_image *image, const struct gw_candidate *c, struct gw_face_times *t, struct gw_err *err)
{
    *face = (struct gw_face){ .box = { c->x1, c->y1, c->x2 - c->x1, c->y2 - c->y1 }, .confidence = c->score };
    bool has_moved = false;
    double moved = 0;
    int64_t begun = gw_clock_monotonic_us();
    if (f->card.has_landmarks) {
        if (!gw_landmarks(face->marks, &moved, &has_moved, s, image, c, err))
            return false;
        face->has_marks = true;
        gw_landmarks_five(face->points, face->marks);
    } else {
        memcpy(face->points, c->points, sizeof face->points);
    }
    int64_t marked = gw_clock_monotonic_us();
    t->landmarks += marked - begun;

    const struct gw_pose pose = face->has_marks ? gw_pose_of_marks(face->marks) : gw_pose_of_points(face->points);
    face->yaw_deg = pose.yaw_deg;
    face->pitch_deg = pose.pitch_deg + (face->has_marks ? f->card.landmarks.pitch_offset_deg : 0);
    face->roll_deg = pose.roll_deg;
    face->eye_distance_px = eye_distance(face->points);
    struct gw_affine from_picture;
    if (gw_align(&from_picture, &f->card.embedder, face->points)) {
        const struct gw_card_input *in = &f->card.embedder.net.input;
        struct gw_image aligned = first ? gw_scratch_aligned(s) : gw_scratch_image(s, in->width, in->height);
        gw_align_warp(&aligned, image, from_picture);
        if (first) {
            s->has_aligned = true;
            face->look = s->look;
        }
        gw_quality(face, &(struct gw_quality_input){ image, &aligned, f->card.embedder.template, has_moved, moved });
    }
    t->quality += gw_clock_monotonic_us() - marked;
    return true;
}

/* Numbers looks at pictures, over all engines and scratches: a face carries that of its own. */
static atomic_uint_least64_t looks = 1;

bool gw_face_find(struct gw_face *faces, size_t max, size_t *n, struct gw_faces *f, struct gw_face_scratch *s,
    const struct gw_image *image, struct gw_face_times *times, struct gw_err *err)
{
    assert(s->faces == f);
    struct gw_face_times unasked = {}, *t = times == NULL ? &unasked : times;
    struct gw_candidate candidates[GW_FACES_MAX];
    *n = 0;
    s->look = atomic_fetch_add(&looks, 1);
    s->has_aligned = false;
    size_t found;
    const int64_t begun = gw_clock_monotonic_us();
    if (!gw_detect(candidates, GW_FACES_MAX, &found, s, image, err))
        return false;
    if (found > 0)
        qsort(candidates, found, sizeof *candidates, by_size);
    t->detect += gw_clock_monotonic_us() - begun;
    for (size_t i = 0; i < found && i < max; i++) {
        if (!describe(&faces[i], i == 0, f, s, image, &candidates[i], t, err))
            return false;
        *n = i + 1;
    }
    return true;
}
