/* engine_test.c - the engine on networks made for the test: every family of detector,
 * embedders of other sizes, and every way in which files, cards and networks do not
 * fit each other. Needs ONNX Runtime (tools/setup), else it says that it is left out. */
#include "tests/face/model_kit.h"

#include <math.h>

static struct kit_folder folder;
static const char *runtime_missing; /* why, or NULL */

static void need_runtime(void)
{
    if (runtime_missing != NULL) {
        print_message("left out: %s\n", runtime_missing);
        skip();
    }
}

/* --- detectors ------------------------------------------------------------------------------- */

/* All three see a 160 x 96 input and put one face at 48..80 x 24..64, its points there too. */
enum { WIDTH = 160, HEIGHT = 96 };
static const double wanted_box[4] = { 48, 24, 80, 64 };
static const double wanted_points[GW_FACE_POINTS][2] = { { 57, 38 }, { 71, 38 }, { 64, 46 }, { 58, 54 }, { 70, 54 } };

static void make_faceplugin(char sha256[65], char *json, size_t size)
{
    struct kit_model m = {};
    float scores[10 * 2], boxes[10 * 4] = {};
    for (size_t i = 0; i < 10; i++)
        scores[2 * i] = 1, scores[2 * i + 1] = 0.1F;
    scores[2 * 7 + 1] = 0.9F, scores[2 * 3 + 1] = 0.8F; /* 3 is the same face, a little off */
    const float face[4] = { 48.F / WIDTH, 24.F / HEIGHT, 80.F / WIDTH, 64.F / HEIGHT };
    for (size_t i = 0; i < 4; i++)
        boxes[4 * 7 + i] = face[i], boxes[4 * 3 + i] = face[i] + 0.01F;
    kit_input(&m, "in", 3, HEIGHT, WIDTH);
    kit_constant(&m, "scores", (const int64_t[]){ 1, 10, 2 }, 3, scores);
    kit_constant(&m, "boxes", (const int64_t[]){ 1, 10, 4 }, 3, boxes);
    kit_write_network(&folder, "det.onnx", &m, sha256);
    snprintf(json, size, "\"kind\":\"faceplugin\",\"outputs\":{\"scores\":\"scores\",\"boxes\":\"boxes\"}");
}

static void make_yunet(char sha256[65], char *json, size_t size)
{
    struct kit_model m = {};
    kit_input(&m, "in", 3, HEIGHT, WIDTH);
    const int strides[3] = { 8, 16, 32 };
    static float class[240], object[240], box[240 * 4], points[240 * 10];
    for (size_t k = 0; k < 3; k++) {
        const int s = strides[k], columns = WIDTH / s, cells = columns * (HEIGHT / s);
        memset(class, 0, sizeof class), memset(object, 0, sizeof object), memset(box, 0, sizeof box), memset(points, 0, sizeof points);
        if (s == 16) { /* the face's centre 64, 44 lies in column 4, row 2 */
            const int cell = 2 * columns + 4;
            class[cell] = 0.81F, object[cell] = 1; /* score: the root of the product, 0.9 */
            box[4 * cell] = 64.F / 16 - 4, box[4 * cell + 1] = 44.F / 16 - 2;
            box[4 * cell + 2] = logf(32.F / 16), box[4 * cell + 3] = logf(40.F / 16);
            for (int p = 0; p < 5; p++) {
                points[10 * cell + 2 * p] = (float)wanted_points[p][0] / 16 - 4;
                points[10 * cell + 2 * p + 1] = (float)wanted_points[p][1] / 16 - 2;
            }
        }
        char name[16];
        snprintf(name, sizeof name, "cls_%d", s);
        kit_constant(&m, name, (const int64_t[]){ 1, cells, 1 }, 3, class);
        snprintf(name, sizeof name, "obj_%d", s);
        kit_constant(&m, name, (const int64_t[]){ 1, cells, 1 }, 3, object);
        snprintf(name, sizeof name, "bbox_%d", s);
        kit_constant(&m, name, (const int64_t[]){ 1, cells, 4 }, 3, box);
        snprintf(name, sizeof name, "kps_%d", s);
        kit_constant(&m, name, (const int64_t[]){ 1, cells, 10 }, 3, points);
    }
    kit_write_network(&folder, "det.onnx", &m, sha256);
    snprintf(json, size,
        "\"kind\":\"yunet\",\"outputs\":{\"strides\":[8,16,32],\"classes\":[\"cls_8\",\"cls_16\",\"cls_32\"],"
        "\"objects\":[\"obj_8\",\"obj_16\",\"obj_32\"],\"boxes\":[\"bbox_8\",\"bbox_16\",\"bbox_32\"],"
        "\"points\":[\"kps_8\",\"kps_16\",\"kps_32\"]}");
}

static void make_scrfd(char sha256[65], char *json, size_t size)
{
    struct kit_model m = {};
    kit_input(&m, "in", 3, HEIGHT, WIDTH);
    const int strides[3] = { 8, 16, 32 };
    static float score[480], box[480 * 4], points[480 * 10];
    for (size_t k = 0; k < 3; k++) {
        const int s = strides[k], columns = WIDTH / s, anchors = columns * (HEIGHT / s) * 2;
        memset(score, 0, sizeof score), memset(box, 0, sizeof box), memset(points, 0, sizeof points);
        if (s == 8) { /* the second anchor of the cell at 64, 40 */
            const int anchor = (5 * columns + 8) * 2 + 1;
            score[anchor] = 0.9F;
            const float sides[4] = { 64 - 48, 40 - 24, 80 - 64, 64 - 40 };
            for (int i = 0; i < 4; i++)
                box[4 * anchor + i] = sides[i] / 8;
            for (int p = 0; p < 5; p++) {
                points[10 * anchor + 2 * p] = ((float)wanted_points[p][0] - 64) / 8;
                points[10 * anchor + 2 * p + 1] = ((float)wanted_points[p][1] - 40) / 8;
            }
        }
        char name[16];
        snprintf(name, sizeof name, "score_%d", s);
        kit_constant(&m, name, (const int64_t[]){ anchors, 1 }, 2, score);
        snprintf(name, sizeof name, "bbox_%d", s);
        kit_constant(&m, name, (const int64_t[]){ anchors, 4 }, 2, box);
        snprintf(name, sizeof name, "kps_%d", s);
        kit_constant(&m, name, (const int64_t[]){ anchors, 10 }, 2, points);
    }
    kit_write_network(&folder, "det.onnx", &m, sha256);
    snprintf(json, size,
        "\"kind\":\"scrfd\",\"outputs\":{\"strides\":[8,16,32],\"scores\":[\"score_8\",\"score_16\",\"score_32\"],"
        "\"boxes\":[\"bbox_8\",\"bbox_16\",\"bbox_32\"],\"points\":[\"kps_8\",\"kps_16\",\"kps_32\"]}");
}

/* --- the other networks ------------------------------------------------------------------------- */

/* The mean of each colour, spread over `dim` numbers: pictures of other colour give other embeddings. */
static void make_embedder(const char *file, unsigned dim, char sha256[65])
{
    struct kit_model m = {};
    float *w = gw_alloc_array((size_t)dim * 3, sizeof *w);
    for (unsigned i = 0; i < dim * 3; i++)
        w[i] = (float)((i * 7919u) % 1000u) / 500 - 1;
    kit_input(&m, "in", 3, 112, 112);
    kit_weights(&m, "w", (const int64_t[]){ dim, 3, 1, 1 }, 4, w);
    kit_node(&m, "GlobalAveragePool", "in", "mean");
    kit_node(&m, "Conv", "mean w", "spread");
    kit_node(&m, "Flatten", "spread", "out");
    kit_output(&m, "out", (const int64_t[]){ 1, dim }, 2);
    kit_write_network(&folder, file, &m, sha256);
    gw_free(w);
}

static void make_constant(const char *file, const char *output, unsigned n, float value, char sha256[65])
{
    struct kit_model m = {};
    float *v = gw_alloc_array(n, sizeof *v);
    for (unsigned i = 0; i < n; i++)
        v[i] = value;
    kit_input(&m, "in", 3, 112, 112);
    kit_constant(&m, output, (const int64_t[]){ 1, n }, 2, v);
    kit_write_network(&folder, file, &m, sha256);
    gw_free(v);
}

/* 68 points in the middle of the crop: a small face of its own. */
static void make_landmarks(const char *file, char sha256[65])
{
    struct kit_model m = {};
    float v[136];
    for (size_t i = 0; i < 68; i++)
        v[2 * i] = 0.2F + 0.6F * (float)(i % 10) / 9, v[2 * i + 1] = 0.2F + 0.6F * (float)i / 67;
    const float eyes[4] = { 0.3F, 0.4F, 0.7F, 0.4F };
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < 2; k++)
            v[2 * (36 + i) + k] = eyes[k], v[2 * (42 + i) + k] = eyes[2 + k];
    kit_input(&m, "in", 1, 64, 64);
    kit_constant(&m, "out", (const int64_t[]){ 1, 136 }, 2, v);
    kit_write_network(&folder, file, &m, sha256);
}

struct parts {
    char det_sha[65], emb_sha[65];
    char det[512];          /* kind and outputs */
    const char *emb_output; /* its name */
    unsigned dim;
    const char *more; /* parts behind, each with a comma in front */
    const char *input; /* the detector's, or NULL */
};

static struct gw_faces *open_parts(const struct parts *p, bool prepare, struct gw_err *err)
{
    char text[4096];
    snprintf(text, sizeof text,
        "{\"card\":1,\"name\":\"made\",\"version\":\"1\",\"source\":\"test\",\"license\":\"none\",\"detector\":{%s,\"file\":\"det.onnx\","
        "\"sha256\":\"%s\",\"license\":\"none\",\"input\":%s,\"confidence\":0.5,\"overlap\":0.3,\"place\":\"corner\",\"fill\":0},"
        "\"embedder\":{\"file\":\"emb.onnx\",\"sha256\":\"%s\",\"license\":\"none\",\"input\":{\"name\":\"in\",\"width\":112,\"height\":112,"
        "\"layout\":\"nchw\",\"channels\":\"rgb\",\"mean\":127.5,\"divide\":127.5},\"outputs\":{\"embedding\":\"%s\"},\"dim\":%u,"
        "\"template\":[[38.3,51.7],[73.5,51.5],[56,71.7],[41.5,92.4],[70.7,92.2]],\"flip\":true},"
        "\"operating_points\":[{\"fmr\":1e-5,\"score\":0.5}]%s}",
        p->det, p->det_sha,
        p->input != NULL ? p->input
                         : "{\"name\":\"in\",\"width\":160,\"height\":96,\"layout\":\"nchw\",\"channels\":\"bgr\",\"mean\":0,\"divide\":1}",
        p->emb_sha, p->emb_output, p->dim, p->more == NULL ? "" : p->more);
    kit_write(&folder, "made.json", gw_span_str(text));
    const struct gw_faces_options o = { .models_path = folder.path, .card = "made", .threads = 1, .prepare = prepare };
    return gw_faces_open(&o, err);
}

static struct parts good_parts(void)
{
    struct parts p = { .emb_output = "out", .dim = 128 };
    make_yunet(p.det_sha, p.det, sizeof p.det);
    make_embedder("emb.onnx", 128, p.emb_sha);
    return p;
}

/* --- tests ----------------------------------------------------------------------------------------- */

static const struct detector {
    const char *label;
    void (*make)(char sha256[65], char *json, size_t size);
    bool has_points;
    unsigned dim;
} detectors[] = {
    { "decoded boxes and scores, points from a landmark network, 512 dimensions", make_faceplugin, false, 512 },
    { "a YuNet-shaped detector with its own points, 128 dimensions", make_yunet, true, 128 },
    { "an SCRFD-shaped detector with its own points, 1024 dimensions", make_scrfd, true, 1024 },
};

static void detectors_test(void **state)
{
    need_runtime();
    const struct detector *r = *state;
    struct gw_err err = {};
    struct parts p = { .emb_output = "out", .dim = r->dim };
    char marks_sha[65], more[1024];
    r->make(p.det_sha, p.det, sizeof p.det);
    make_embedder("emb.onnx", r->dim, p.emb_sha);
    make_landmarks("marks.onnx", marks_sha);
    snprintf(more, sizeof more,
        ",\"landmarks\":{\"file\":\"marks.onnx\",\"sha256\":\"%s\",\"license\":\"none\",\"input\":{\"name\":\"in\",\"width\":64,"
        "\"height\":64,\"layout\":\"nchw\",\"channels\":\"grey\",\"mean\":0,\"divide\":256},\"outputs\":{\"points\":\"out\"},"
        "\"crop\":{\"scale\":1,\"shift\":[0,0]},\"refine\":0,\"pitch_offset_deg\":0,\"jitter\":[[0,0,1]],\"mirror\":false}",
        marks_sha);
    p.more = r->has_points ? NULL : more;
    GW_AUTO(gw_faces) *f = open_parts(&p, true, &err);
    if (f == NULL)
        fail_msg("%s", err.text);
    CHECK_INT(gw_faces_dim(f), r->dim);
    CHECK_TEXT(gw_faces_name(f), "made/1");
    GW_AUTO(gw_face_scratch) *s = gw_face_scratch_new(f, &err);
    GW_AUTO(gw_arena) *a = gw_arena_new(16 << 20);

    /* Twice the input's width and less high: the face lies at twice the place. */
    const struct gw_image image = kit_picture(a, 2 * WIDTH, 2 * HEIGHT - 20, 1);
    struct gw_face face[4];
    size_t n;
    CHECK_OK(gw_face_find(face, 4, &n, f, s, &image, NULL, &err));
    CHECK_INT(n, 1);
    CHECK_NEAR(face[0].confidence, 0.9, 1e-6);
    CHECK_NEAR(face[0].box.x, 2 * wanted_box[0], 1e-3);
    CHECK_NEAR(face[0].box.y, 2 * wanted_box[1], 1e-3);
    CHECK_NEAR(face[0].box.x + face[0].box.width, 2 * wanted_box[2], 1e-3);
    CHECK_NEAR(face[0].box.y + face[0].box.height, 2 * wanted_box[3], 1e-3);
    CHECK_INT(face[0].has_marks, !r->has_points);
    for (size_t i = 0; r->has_points && i < GW_FACE_POINTS; i++) {
        CHECK_NEAR(face[0].points[i][0], 2 * wanted_points[i][0], 1e-3);
        CHECK_NEAR(face[0].points[i][1], 2 * wanted_points[i][1], 1e-3);
    }
    if (!r->has_points) { /* the square around the box: 80 px at 128, 88 */
        CHECK_NEAR(face[0].points[0][0], 128 - 40 + 0.3 * 80, 1e-3);
        CHECK_NEAR(face[0].points[0][1], 88 - 40 + 0.4 * 80, 1e-3);
    }

    struct gw_embedding e, again;
    struct gw_face_times times = {};
    CHECK_OK(gw_face_embed(&e, f, s, &image, &face[0], &times, &err));
    CHECK_INT(e.dim, r->dim);
    double length = 0;
    for (unsigned i = 0; i < e.dim; i++)
        length += (double)e.v[i] * (double)e.v[i];
    CHECK_NEAR(length, 1, 1e-5);
    CHECK_OK(gw_face_embed(&again, f, s, &image, &face[0], &times, &err));
    CHECK(memcmp(&e, &again, sizeof e) == 0);

    double liveness;
    bool has = true;
    CHECK_OK(gw_face_liveness(&liveness, &has, f, s, &image, &face[0], NULL, &err));
    CHECK(!has);
}

/* How a good set of files is spoilt before it is opened, and what is said. */
enum spoil {
    MISSING_FILE, ALTERED_FILE, MISSING_CARD, NOT_ONNX, WRONG_OUTPUT_NAME, WRONG_INPUT_NAME, WRONG_INPUT_SIZE, WRONG_DIM,
    WRONG_STRIDES, NO_POINTS, NO_RUNTIME, WRONG_RUNTIME,
};
static const struct bad {
    const char *label;
    enum spoil spoil;
    enum gw_err_code code;
    const char *says;
} bad[] = {
    { "a missing network: which, and what to do", MISSING_FILE, GW_ERR_NOT_FOUND, "emb.onnx named by the model card is not there" },
    { "an altered network: both hashes, and what to do", ALTERED_FILE, GW_ERR_CORRUPT, "run tools/setup, or install again" },
    { "a missing card is named", MISSING_CARD, GW_ERR_NOT_FOUND, "other.json" },
    { "a file that is no network is refused when opened", NOT_ONNX, GW_ERR_CORRUPT, "emb.onnx: ONNX Runtime" },
    { "an output the network does not have: those it has", WRONG_OUTPUT_NAME, GW_ERR_INVALID,
        "the card names the output \"feature\", but the network has: out" },
    { "an input the network does not have: those it has", WRONG_INPUT_NAME, GW_ERR_INVALID,
        "the card names the input \"data\", but the network has: in" },
    { "an input of another size: both sizes", WRONG_INPUT_SIZE, GW_ERR_INVALID, "is 1x3x96x160, the card says 1x3x64x160" },
    { "an embedding of another dimension: both", WRONG_DIM, GW_ERR_INVALID, "128 numbers" },
    { "a detector of other strides: what would fit", WRONG_STRIDES, GW_ERR_INVALID, "it must be" },
    { "no points and no landmarks: why that cannot work", NO_POINTS, GW_ERR_INVALID, "could not be aligned" },
    { "a runtime library that is not there", NO_RUNTIME, GW_ERR_UNAVAILABLE, "runtime.path" },
    { "another library in place of the runtime", WRONG_RUNTIME, GW_ERR_UNAVAILABLE, "OrtGetApiBase" },
};

static void bad_test(void **state)
{
    need_runtime();
    const struct bad *r = *state;
    struct gw_err err = {};
    struct parts p = good_parts();
    char path[160];
    struct gw_faces_options o = { .models_path = folder.path, .card = "made", .threads = 1 };
    switch (r->spoil) {
    case MISSING_FILE:
        snprintf(path, sizeof path, "%s/emb.onnx", folder.path);
        unlink(path);
        break;
    case ALTERED_FILE:
        kit_write(&folder, "emb.onnx", gw_span_str("something else"));
        break;
    case NOT_ONNX: {
        const struct gw_span text = gw_span_str("not a network at all");
        const struct gw_hash h = gw_sha256(text);
        kit_write(&folder, "emb.onnx", text);
        gw_hex(p.emb_sha, gw_span_of(h.bytes, sizeof h.bytes));
        break;
    }
    case WRONG_OUTPUT_NAME:
        p.emb_output = "feature";
        break;
    case WRONG_INPUT_NAME:
        p.input = "{\"name\":\"data\",\"width\":160,\"height\":96,\"layout\":\"nchw\",\"channels\":\"bgr\",\"mean\":0,\"divide\":1}";
        break;
    case WRONG_INPUT_SIZE:
        p.input = "{\"name\":\"in\",\"width\":160,\"height\":64,\"layout\":\"nchw\",\"channels\":\"bgr\",\"mean\":0,\"divide\":1}";
        break;
    case WRONG_DIM:
        p.dim = 256;
        break;
    case WRONG_STRIDES:
        memcpy(strstr(p.det, "[8,16,32]"), "[32,16,8]", 9);
        break;
    case NO_POINTS:
        make_faceplugin(p.det_sha, p.det, sizeof p.det);
        break;
    case MISSING_CARD:
    case NO_RUNTIME:
    case WRONG_RUNTIME:
        break;
    }
    if (r->spoil == MISSING_CARD) {
        o.card = "other";
        if (gw_faces_open(&o, &err) != NULL)
            fail_msg("opened");
    } else if (r->spoil == NO_RUNTIME || r->spoil == WRONG_RUNTIME) {
        struct gw_faces *f = open_parts(&p, false, &err);
        gw_faces_close(f);
        o.runtime_path = r->spoil == NO_RUNTIME ? "/nonexistent/libonnxruntime.so" : "libm.so.6";
        if (gw_faces_open(&o, &err) != NULL)
            fail_msg("opened");
    } else {
        struct gw_faces *f = open_parts(&p, false, &err);
        if (f != NULL)
            fail_msg("opened");
    }
    if (err.code != r->code || strstr(err.text, r->says) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", gw_err_name(err.code), err.text, r->says);
}

static const struct number {
    const char *label;
    float value;
    enum gw_err_code code;
} numbers[] = {
    { "an embedding that is not a number is an error, not a template", NAN, GW_ERR_INTERNAL },
    { "nor is an infinite one", INFINITY, GW_ERR_INTERNAL },
    { "nor one of zeros", 0, GW_ERR_INTERNAL },
};

static void numbers_test(void **state)
{
    need_runtime();
    const struct number *r = *state;
    struct gw_err err = {};
    struct parts p = good_parts();
    make_constant("emb.onnx", "out", 128, r->value, p.emb_sha);
    GW_AUTO(gw_faces) *f = open_parts(&p, true, &err);
    if (f == NULL)
        fail_msg("%s", err.text);
    GW_AUTO(gw_face_scratch) *s = gw_face_scratch_new(f, &err);
    GW_AUTO(gw_arena) *a = gw_arena_new(16 << 20);
    const struct gw_image image = kit_picture(a, WIDTH, HEIGHT, 2);
    struct gw_face face;
    size_t n;
    struct gw_embedding e;
    CHECK_OK(gw_face_find(&face, 1, &n, f, s, &image, NULL, &err));
    CHECK_INT(n, 1);
    CHECK_FAILS(gw_face_embed(&e, f, s, &image, &face, NULL, &err), r->code);
}

/* Liveness: which classes count, probabilities or not. */
static void live_classes(void **state)
{
    (void)state;
    need_runtime();
    struct gw_err err = {};
    struct parts p = good_parts();
    struct kit_model m = {};
    char sha[65], more[1024];
    const float logits[3] = { 1, 3, 2 };
    kit_input(&m, "in", 3, 32, 32);
    kit_constant(&m, "out", (const int64_t[]){ 1, 3 }, 2, logits);
    kit_write_network(&folder, "live.onnx", &m, sha);
    for (int softmax = 0; softmax < 2; softmax++) {
        snprintf(more, sizeof more,
            ",\"liveness\":{\"file\":\"live.onnx\",\"sha256\":\"%s\",\"license\":\"none\",\"input\":{\"name\":\"in\",\"width\":32,"
            "\"height\":32,\"layout\":\"nchw\",\"channels\":\"rgb\",\"mean\":0,\"divide\":1},\"outputs\":{\"classes\":\"out\"},"
            "\"crop\":{\"scale\":2.7,\"shift\":[0,0]},\"inside\":true,\"sampling\":\"%s\",\"least_scale\":0.5,\"softmax\":%s,\"classes\":3,\"live\":[0,2]}",
            sha, softmax ? "bilinear" : "area", softmax ? "true" : "false");
        p.more = more;
        GW_AUTO(gw_faces) *f = open_parts(&p, true, &err);
        if (f == NULL)
            fail_msg("%s", err.text);
        GW_AUTO(gw_face_scratch) *s = gw_face_scratch_new(f, &err);
        GW_AUTO(gw_arena) *a = gw_arena_new(16 << 20);
        const struct gw_image image = kit_picture(a, WIDTH, HEIGHT, 3);
        struct gw_face face;
        size_t n;
        double liveness;
        bool has;
        CHECK_OK(gw_face_find(&face, 1, &n, f, s, &image, NULL, &err));
        CHECK_OK(gw_face_liveness(&liveness, &has, f, s, &image, &face, NULL, &err));
        CHECK(has);
        const double e = exp(1), want = softmax ? (e + e * e) / (e + e * e + e * e * e) : 0.5;
        CHECK_NEAR(liveness, want, 1e-6);
    }
}

/* The card alone needs neither networks nor runtime. */
static void card_only(void **state)
{
    (void)state;
    struct gw_err err = {};
    struct parts p = { .emb_output = "out", .dim = 64 };
    snprintf(p.det, sizeof p.det,
        "\"kind\":\"scrfd\",\"outputs\":{\"strides\":[16],\"scores\":[\"s\"],\"boxes\":[\"b\"],\"points\":[\"p\"]}");
    memset(p.det_sha, 'a', 64);
    memset(p.emb_sha, 'b', 64);
    gw_faces_close(open_parts(&p, false, &err)); /* writes the card; the networks are missing */
    const struct gw_faces_options o = { .models_path = folder.path, .card = "made", .card_only = true };
    GW_AUTO(gw_faces) *f = gw_faces_open(&o, &err);
    if (f == NULL)
        fail_msg("%s", err.text);
    struct gw_face_model models[4];
    CHECK_INT(gw_faces_models(f, models, 4), 2);
    CHECK_TEXT(models[1].purpose, "embedder");
    CHECK_TEXT(models[1].sha256, p.emb_sha);
    CHECK_TEXT(gw_faces_runtime(f), "");
}

/* Nobody in the picture is an answer. */
static void nobody(void **state)
{
    (void)state;
    need_runtime();
    struct gw_err err = {};
    struct parts p = good_parts();
    struct kit_model m = {};
    float scores[2] = { 1, 0 }, boxes[4] = { 0.1F, 0.1F, 0.9F, 0.9F };
    kit_input(&m, "in", 3, HEIGHT, WIDTH);
    kit_constant(&m, "scores", (const int64_t[]){ 1, 1, 2 }, 3, scores);
    kit_constant(&m, "boxes", (const int64_t[]){ 1, 1, 4 }, 3, boxes);
    kit_write_network(&folder, "det.onnx", &m, p.det_sha);
    snprintf(p.det, sizeof p.det, "\"kind\":\"faceplugin\",\"outputs\":{\"scores\":\"scores\",\"boxes\":\"boxes\"}");
    char marks_sha[65], more[1024];
    make_landmarks("marks.onnx", marks_sha);
    snprintf(more, sizeof more,
        ",\"landmarks\":{\"file\":\"marks.onnx\",\"sha256\":\"%s\",\"license\":\"none\",\"input\":{\"name\":\"in\",\"width\":64,"
        "\"height\":64,\"layout\":\"nchw\",\"channels\":\"grey\",\"mean\":0,\"divide\":256},\"outputs\":{\"points\":\"out\"},"
        "\"crop\":{\"scale\":1,\"shift\":[0,0]},\"refine\":1.1,\"pitch_offset_deg\":0,\"jitter\":[[0,0,1],[0.1,0,1]],\"mirror\":true}",
        marks_sha);
    p.more = more;
    GW_AUTO(gw_faces) *f = open_parts(&p, true, &err);
    if (f == NULL)
        fail_msg("%s", err.text);
    GW_AUTO(gw_face_scratch) *s = gw_face_scratch_new(f, &err);
    GW_AUTO(gw_arena) *a = gw_arena_new(16 << 20);
    const struct { uint32_t w, h; } sizes[] = { { 1, 1 }, { 1, 500 }, { 2000, 3 }, { 640, 480 } };
    for (size_t i = 0; i < GW_COUNT(sizes); i++) {
        const struct gw_image image = kit_picture(a, sizes[i].w, sizes[i].h, 4);
        struct gw_face face[2];
        size_t n = 9;
        CHECK_OK(gw_face_find(face, 2, &n, f, s, &image, NULL, &err));
        CHECK_INT(n, 0);
    }
}

int main(void)
{
    struct gw_err err = {};
    if (!gw_crypto_init(&err))
        return 1;
    kit_folder_make(&folder);
    /* Any card will do to see whether there is a runtime. */
    struct parts p = good_parts();
    struct gw_faces *f = open_parts(&p, false, &err);
    if (f == NULL) {
        if (err.code != GW_ERR_UNAVAILABLE) {
            fprintf(stderr, "the made networks cannot be opened: %s\n", err.text);
            return 1;
        }
        runtime_missing = "no ONNX Runtime here (tools/setup)";
    }
    gw_faces_close(f);
    check_rows("detector", detectors, detectors_test);
    check_rows("refused", bad, bad_test);
    check_rows("not finite", numbers, numbers_test);
    check_add("liveness", "the classes the card calls live are added up", live_classes);
    check_add("card only", "the card alone needs neither networks nor runtime", card_only);
    check_add("find", "a picture without a face, of any size, is answered with none", nobody);
    const int status = check_done();
    kit_folder_drop(&folder);
    return status;
}
