/* model.c - reads a model card. */
#include "face/model.h"
#include "base/json.h"
#include "base/near.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 24 };

/* One object of the card and where it stands ("detector.input"). The keys asked
 * for are remembered, so that what is left over can be refused at the end. */
struct part {
    const struct gw_json *j;
    char path[64];
    struct gw_arena *arena;
    struct gw_err *err;
    const char *keys[KEYS_MAX];
    size_t n_keys;
};

static bool wrong(const struct part *p, const char *key, const char *what)
{
    return gw_fail(p->err, GW_ERR_INVALID, "model card: %s%s%s %s", p->path, p->path[0] == 0 ? "" : ".", key, what);
}

static const struct gw_json *ask(struct part *p, const char *key)
{
    assert(p->n_keys < KEYS_MAX);
    p->keys[p->n_keys++] = key;
    return gw_json_get(p->j, key);
}

static bool has(struct part *p, const char *key)
{
    assert(p->n_keys < KEYS_MAX);
    p->keys[p->n_keys++] = key;
    return gw_json_get(p->j, key) != NULL;
}

/* Refuses keys nobody asked for. "notes" is for people and may stand anywhere. */
static bool finish(const struct part *p)
{
    const char *key;
    const struct gw_json *value;
    for (size_t i = 0; gw_json_member(p->j, i, &key, &value); i++) {
        bool known = strcmp(key, "notes") == 0;
        for (size_t k = 0; k < p->n_keys && !known; k++)
            known = strcmp(key, p->keys[k]) == 0;
        if (known)
            continue;
        const char *near = gw_near(key, p->keys, p->n_keys);
        return gw_fail(p->err, GW_ERR_INVALID, "model card: %s%s%.40s is not a key of model cards%s%s%s", p->path,
            p->path[0] == 0 ? "" : ".", key, near == NULL ? "" : "; did you mean ", near == NULL ? "" : near,
            near == NULL ? "" : "?");
    }
    return true;
}

static bool open_part(struct part *out, struct part *in, const char *key)
{
    const struct gw_json *j = ask(in, key);
    if (j == NULL)
        return wrong(in, key, "is missing");
    if (gw_json_kind(j) != GW_JSON_OBJECT)
        return wrong(in, key, "must be an object");
    *out = (struct part){ .j = j, .arena = in->arena, .err = in->err };
    int n = snprintf(out->path, sizeof out->path, "%s%s%s", in->path, in->path[0] == 0 ? "" : ".", key);
    assert(n > 0 && (size_t)n < sizeof out->path); /* keys are ours, two deep */
    return true;
}

/* --- values --------------------------------------------------------------------------- */

static bool copy_text(const struct part *p, const char *key, const struct gw_json *j, const char **out)
{
    struct gw_span s;
    if (j == NULL)
        return wrong(p, key, "is missing");
    if (!gw_json_string(j, &s) || s.size == 0 || memchr(s.data, 0, s.size) != NULL)
        return wrong(p, key, "must be a text that is not empty");
    return (*out = gw_arena_text(p->arena, s, p->err)) != NULL;
}

static bool get_text(struct part *p, const char *key, const char **out)
{
    return copy_text(p, key, ask(p, key), out);
}

static bool check_real(const struct part *p, const char *key, const struct gw_json *j, double least, double most,
    double *out)
{
    double v;
    if (j == NULL)
        return wrong(p, key, "is missing");
    if (gw_json_real(j, &v) && isfinite(v) && v >= least && v <= most) {
        *out = v;
        return true;
    }
    char what[80];
    snprintf(what, sizeof what, "must be a number from %g to %g", least, most);
    return wrong(p, key, what);
}

static bool get_real(struct part *p, const char *key, double least, double most, double *out)
{
    return check_real(p, key, ask(p, key), least, most, out);
}

static bool get_count(struct part *p, const char *key, uint32_t least, uint32_t most, uint32_t *out)
{
    const struct gw_json *j = ask(p, key);
    int64_t v;
    if (j == NULL)
        return wrong(p, key, "is missing");
    if (gw_json_integer(j, &v) && v >= least && v <= most) {
        *out = (uint32_t)v;
        return true;
    }
    char what[80];
    snprintf(what, sizeof what, "must be a whole number from %" PRIu32 " to %" PRIu32, least, most);
    return wrong(p, key, what);
}

static bool get_flag(struct part *p, const char *key, bool *out)
{
    bool v;
    if (ask(p, key) == NULL)
        return wrong(p, key, "is missing");
    if (!gw_json_get_bool(p->j, key, &v))
        return wrong(p, key, "must be true or false");
    *out = v;
    return true;
}

/* One of a few words; *out is its number. */
static bool get_word(struct part *p, const char *key, const char *const *words, size_t n, size_t *out)
{
    const struct gw_json *j = ask(p, key);
    struct gw_span s;
    if (j == NULL)
        return wrong(p, key, "is missing");
    for (size_t i = 0; i < n; i++)
        if (gw_json_string(j, &s) && gw_span_is(s, words[i])) {
            *out = i;
            return true;
        }
    char what[160] = "must be one of";
    for (size_t i = 0; i < n; i++) {
        size_t used = strlen(what);
        snprintf(what + used, sizeof what - used, "%s \"%s\"", i == 0 ? "" : ",", words[i]);
    }
    return wrong(p, key, what);
}

static bool get_array(struct part *p, const char *key, size_t least, size_t most, const struct gw_json **out)
{
    const struct gw_json *j = ask(p, key);
    if (j == NULL)
        return wrong(p, key, "is missing");
    if (gw_json_kind(j) == GW_JSON_ARRAY && gw_json_size(j) >= least && gw_json_size(j) <= most) {
        *out = j;
        return true;
    }
    char what[80];
    if (least == most)
        snprintf(what, sizeof what, "must be an array of %zu", least);
    else
        snprintf(what, sizeof what, "must be an array of %zu to %zu", least, most);
    return wrong(p, key, what);
}

/* n numbers of one row of an array of arrays. */
static bool check_row(const struct part *p, const char *key, const struct gw_json *j, size_t n, double least,
    double most, double *out)
{
    if (gw_json_kind(j) != GW_JSON_ARRAY || gw_json_size(j) != n) {
        char what[80];
        snprintf(what, sizeof what, "must hold arrays of %zu numbers", n);
        return wrong(p, key, what);
    }
    for (size_t i = 0; i < n; i++)
        if (!check_real(p, key, gw_json_at(j, i), least, most, &out[i]))
            return false;
    return true;
}

/* A number for all channels or an array with one for each. */
static bool get_channels(struct part *p, const char *key, size_t n, double least, double most, double out[3])
{
    const struct gw_json *j = ask(p, key);
    double one;
    if (gw_json_kind(j) == GW_JSON_ARRAY) {
        if (gw_json_size(j) != n) {
            char what[80];
            snprintf(what, sizeof what, "must be a number, or one for each of the %zu channels", n);
            return wrong(p, key, what);
        }
        return check_row(p, key, j, n, least, most, out);
    }
    if (!check_real(p, key, j, least, most, &one))
        return false;
    for (size_t i = 0; i < 3; i++)
        out[i] = one;
    return true;
}

/* --- parts ---------------------------------------------------------------------------- */

static bool read_input(struct gw_card_input *out, struct part *in)
{
    static const char *const layouts[] = { "nchw", "nhwc" };
    static const char *const channels[] = { "rgb", "bgr", "grey" };
    struct part p = {};
    size_t layout = 0, order = 0;
    if (!open_part(&p, in, "input") || !get_text(&p, "name", &out->name) ||
        !get_count(&p, "width", 8, GW_CARD_SIDE_MAX, &out->width) ||
        !get_count(&p, "height", 8, GW_CARD_SIDE_MAX, &out->height) ||
        !get_word(&p, "layout", layouts, GW_COUNT(layouts), &layout) ||
        !get_word(&p, "channels", channels, GW_COUNT(channels), &order))
        return false;
    out->layout = (enum gw_layout)layout;
    out->channels = (enum gw_channels)order;
    size_t n = out->channels == GW_CHANNELS_GREY ? 1 : 3;
    if (!get_channels(&p, "mean", n, -1e6, 1e6, out->mean) || !get_channels(&p, "divide", n, 1e-6, 1e6, out->divide))
        return false;
    return finish(&p);
}

static bool read_net(struct gw_card_net *out, struct part *p)
{
    if (!get_text(p, "file", &out->file) || !get_text(p, "sha256", &out->sha256) ||
        !get_text(p, "license", &out->license))
        return false;
    /* The card's folder is the only place networks come from. */
    if (strchr(out->file, '/') != NULL || out->file[0] == '.')
        return wrong(p, "file", "must be the name of a file beside the card, without a folder");
    if (strlen(out->sha256) != 64 || strspn(out->sha256, "0123456789abcdef") != 64)
        return wrong(p, "sha256", "must be 64 lower-case hexadecimal digits");
    return read_input(&out->input, p);
}

static bool read_crop(struct gw_card_crop *out, struct part *in)
{
    struct part p = {};
    const struct gw_json *shift = NULL;
    double xy[2] = {};
    if (!open_part(&p, in, "crop") || !get_real(&p, "scale", 0.1, 10, &out->scale) ||
        !get_array(&p, "shift", 2, 2, &shift) || !check_row(&p, "shift", shift, 2, -1, 1, xy))
        return false;
    out->shift_x = xy[0];
    out->shift_y = xy[1];
    return finish(&p);
}

static bool read_stride_names(struct part *p, const char *key, size_t n, const char **out)
{
    const struct gw_json *names = NULL;
    if (!get_array(p, key, n, n, &names))
        return false;
    for (size_t i = 0; i < n; i++)
        if (!copy_text(p, key, gw_json_at(names, i), &out[i]))
            return false;
    return true;
}

static bool read_detector_outputs(struct gw_card_detector *out, struct part *in)
{
    struct part p = {};
    const struct gw_json *strides = NULL;
    if (!open_part(&p, in, "outputs"))
        return false;
    if (out->kind == GW_DETECTOR_FACEPLUGIN)
        return get_text(&p, "scores", &out->scores) && get_text(&p, "boxes", &out->boxes) && finish(&p);
    if (!get_array(&p, "strides", 1, GW_CARD_STRIDES_MAX, &strides))
        return false;
    out->n_strides = gw_json_size(strides);
    for (size_t i = 0; i < out->n_strides; i++) {
        int64_t v;
        if (!gw_json_integer(gw_json_at(strides, i), &v) || v < 2 || v > 256 ||
            out->net.input.width % (uint32_t)v != 0 || out->net.input.height % (uint32_t)v != 0)
            return wrong(&p, "strides", "must be whole numbers that divide the input's width and height");
        out->strides[i] = (uint32_t)v;
    }
    bool yunet = out->kind == GW_DETECTOR_YUNET;
    return read_stride_names(&p, yunet ? "classes" : "scores", out->n_strides, out->stride_scores) &&
           (!yunet || read_stride_names(&p, "objects", out->n_strides, out->stride_objects)) &&
           read_stride_names(&p, "boxes", out->n_strides, out->stride_boxes) &&
           (!has(&p, "points") || read_stride_names(&p, "points", out->n_strides, out->stride_points)) && finish(&p);
}

static bool read_small(struct gw_card_detector *out, struct part *in)
{
    struct part p = {};
    if (!has(in, "small_faces"))
        return true;
    out->has_small = true;
    return open_part(&p, in, "small_faces") && get_real(&p, "below_px", 1, 1000, &out->small_below_px) &&
           get_count(&p, "tiles", 2, 4, &out->small_tiles) && finish(&p);
}

static bool read_detector(struct gw_card_detector *out, struct part *in)
{
    static const char *const kinds[] = { "faceplugin", "yunet", "scrfd" };
    static const char *const places[] = { "corner", "center" };
    struct part p = {};
    size_t kind = 0, place = 0;
    uint32_t fill = 0;
    if (!open_part(&p, in, "detector") || !get_word(&p, "kind", kinds, GW_COUNT(kinds), &kind) ||
        !read_net(&out->net, &p))
        return false;
    out->kind = (enum gw_detector_kind)kind;
    if (!read_detector_outputs(out, &p) || !get_real(&p, "confidence", 0.01, 0.99, &out->confidence) ||
        !get_real(&p, "overlap", 0.05, 0.95, &out->overlap) || !get_word(&p, "place", places, GW_COUNT(places), &place) ||
        !get_count(&p, "fill", 0, 255, &fill) || !read_small(out, &p))
        return false;
    out->centered = place == 1;
    out->fill = (uint8_t)fill;
    return finish(&p);
}

static bool read_one_output(struct part *in, const char *key, const char **out)
{
    struct part p = {};
    return open_part(&p, in, "outputs") && get_text(&p, key, out) && finish(&p);
}

static bool read_landmarks(struct gw_card_landmarks *out, struct part *in)
{
    struct part p = {};
    const struct gw_json *jitter = NULL;
    if (!open_part(&p, in, "landmarks") || !read_net(&out->net, &p) || !read_one_output(&p, "points", &out->output) ||
        !read_crop(&out->crop, &p) || !get_real(&p, "refine", 0, 4, &out->refine) ||
        !get_real(&p, "pitch_offset_deg", -45, 45, &out->pitch_offset_deg) || !get_array(&p, "jitter", 1, GW_CARD_JITTER_MAX, &jitter) ||
        !get_flag(&p, "mirror", &out->mirror))
        return false;
    out->n_jitter = gw_json_size(jitter);
    for (size_t i = 0; i < out->n_jitter; i++) {
        if (!check_row(&p, "jitter", gw_json_at(jitter, i), 3, -0.5, 2, out->jitter[i]))
            return false;
        if (out->jitter[i][2] < 0.5)
            return wrong(&p, "jitter", "must hold [shift x, shift y, scale] with a scale from 0.5 to 2");
    }
    return finish(&p);
}

/* How long the network's vector is says how sure it is of the face; see docs/models.md. */
static bool read_weight(struct gw_card_embedder *out, struct part *in)
{
    struct part p = {};
    if (!has(in, "weight"))
        return true;
    out->has_weight = true;
    if (!open_part(&p, in, "weight") || !get_real(&p, "length", 1e-3, 1e6, &out->weight_length) ||
        !get_real(&p, "power", -1, 1, &out->weight_power) || !get_real(&p, "least", 0.1, 1, &out->weight_least) ||
        !get_real(&p, "most", 1, 10, &out->weight_most) || !get_real(&p, "doubtful_below", 0, 1e6, &out->weight_doubtful))
        return false;
    const double a = pow(out->weight_least, out->weight_power), b = pow(out->weight_most, out->weight_power);
    if (fmin(a, b) < GW_EMBEDDING_LENGTH_LEAST || fmax(a, b) > GW_EMBEDDING_LENGTH_MOST)
        return wrong(in, "weight", "would make embeddings shorter than 0.8 or longer than 1.25");
    return finish(&p);
}

static bool read_embedder(struct gw_card_embedder *out, struct part *in)
{
    struct part p = {};
    const struct gw_json *points = NULL;
    uint32_t dim = 0;
    if (!open_part(&p, in, "embedder") || !read_net(&out->net, &p) || !read_one_output(&p, "embedding", &out->output) ||
        !get_count(&p, "dim", 16, GW_EMBEDDING_MAX, &dim) ||
        !get_array(&p, "template", GW_FACE_POINTS, GW_FACE_POINTS, &points) || !get_flag(&p, "flip", &out->flip))
        return false;
    out->dim = dim;
    for (size_t i = 0; i < GW_FACE_POINTS; i++)
        if (!check_row(&p, "template", gw_json_at(points, i), 2, 0, GW_CARD_SIDE_MAX, out->template[i]))
            return false;
    if (!read_weight(out, &p))
        return false;
    double wide = out->template[1][0] - out->template[0][0];
    if (!(wide >= 1))
        return wrong(&p, "template", "must name the eye that is left in the picture first");
    return finish(&p);
}

static bool read_liveness(struct gw_card_liveness *out, struct part *in)
{
    struct part p = {};
    static const char *const samplings[] = { "area", "bilinear" };
    const struct gw_json *live = NULL;
    uint32_t classes = 0;
    size_t sampling = 0;
    if (!open_part(&p, in, "liveness") || !read_net(&out->net, &p) || !read_one_output(&p, "classes", &out->output) ||
        !read_crop(&out->crop, &p) || !get_flag(&p, "inside", &out->inside) ||
        !get_word(&p, "sampling", samplings, GW_COUNT(samplings), &sampling) || !get_real(&p, "least_scale", 0, 10, &out->least_scale) || !get_flag(&p, "softmax", &out->softmax) ||
        !get_count(&p, "classes", 2, GW_CARD_CLASSES_MAX, &classes) || !get_array(&p, "live", 1, classes - 1, &live))
        return false;
    out->plain = sampling == 1;
    out->n_classes = classes;
    for (size_t i = 0; i < gw_json_size(live); i++) {
        int64_t v;
        if (!gw_json_integer(gw_json_at(live, i), &v) || v < 0 || v >= classes || out->live[v])
            return wrong(&p, "live", "must hold numbers of classes, counted from 0, each once");
        out->live[v] = true;
    }
    return finish(&p);
}

static bool read_points(struct gw_card *out, struct part *p)
{
    const struct gw_json *points = NULL;
    if (!get_array(p, "operating_points", 1, GW_CARD_POINTS_MAX, &points))
        return false;
    out->n_points = gw_json_size(points);
    for (size_t i = 0; i < out->n_points; i++) {
        struct part row = { .j = gw_json_at(points, i), .arena = p->arena, .err = p->err };
        snprintf(row.path, sizeof row.path, "operating_points[%zu]", i);
        if (gw_json_kind(row.j) != GW_JSON_OBJECT)
            return wrong(p, "operating_points", "must hold objects with fmr and score");
        struct gw_operating_point *o = &out->points[i];
        if (!get_real(&row, "fmr", 1e-12, 1, &o->fmr) || !get_real(&row, "score", -1, 1, &o->score) || !finish(&row))
            return false;
        if (i > 0 && (o->fmr >= out->points[i - 1].fmr || o->score <= out->points[i - 1].score))
            return wrong(p, "operating_points", "must be in the order of falling fmr and rising score");
    }
    return true;
}

bool gw_card_parse(struct gw_card *out, struct gw_arena *a, struct gw_span text, struct gw_err *err)
{
    *out = (struct gw_card){};
    if (text.size > GW_CARD_BYTES_MAX)
        return gw_fail(err, GW_ERR_LIMIT, "model card: longer than %d bytes", GW_CARD_BYTES_MAX);
    GW_AUTO(gw_json) *j = gw_json_parse(text, err);
    if (j == NULL)
        return gw_fail_prefix(err, "model card");
    if (gw_json_kind(j) != GW_JSON_OBJECT)
        return gw_fail(err, GW_ERR_INVALID, "model card: must be an object");
    struct part p = { .j = j, .arena = a, .err = err };
    uint32_t format = 0;
    if (!get_count(&p, "card", 1, 1, &format) || !get_text(&p, "name", &out->name) ||
        !get_text(&p, "version", &out->version) || !get_text(&p, "source", &out->source) ||
        !get_text(&p, "license", &out->license))
        return false;
    if (strlen(out->name) > 40 || strlen(out->version) > 20)
        return wrong(&p, "name", "and version must be at most 40 and 20 bytes: they name every template");
    out->has_landmarks = has(&p, "landmarks");
    out->has_liveness = has(&p, "liveness");
    if (!read_detector(&out->detector, &p) || (out->has_landmarks && !read_landmarks(&out->landmarks, &p)) ||
        !read_embedder(&out->embedder, &p) || (out->has_liveness && !read_liveness(&out->liveness, &p)) ||
        !read_points(out, &p))
        return false;
    if (!out->has_landmarks && (out->detector.n_strides == 0 || out->detector.stride_points[0] == NULL))
        return wrong(&p, "landmarks", "is missing, and this detector gives no points either: a face could not be aligned");
    char identity[64];
    snprintf(identity, sizeof identity, "%s/%s", out->name, out->version);
    out->identity = gw_arena_text(a, gw_span_str(identity), err);
    return out->identity != NULL && finish(&p);
}
