/* recognize_test.c - the shipped networks on real pictures (vendor/media): one man's
 * frames are his, other people's are not, and a picture turned, mirrored or made smaller
 * stays the same person. Left out where tools/setup has not put them there. */
#include "base/work.h"
#include "tests/face/model_kit.h"

#include <math.h>
#include <pthread.h>

static struct gw_faces *faces;
static struct gw_face_scratch *scratch;
static struct gw_arena *arena;

static void need_networks(void)
{
    if (faces == NULL) {
        print_message("left out: no networks, runtime or pictures here (tools/setup)\n");
        skip();
    }
}

static bool load(struct gw_image *out, const char *name)
{
    struct gw_err err = {};
    char path[600];
    snprintf(path, sizeof path, "media/%s", name);
    const char *file = kit_vendor(path);
    if (file == NULL)
        fail_msg("vendor/%s is not there", path);
    GW_AUTO_VALUE(gw_buf) bytes = {};
    CHECK_OK(gw_buf_read_file(&bytes, file, 32 << 20, &err));
    CHECK_OK(gw_image_decode(out, arena, gw_buf_span(&bytes), &GW_IMAGE_LIMITS_DEFAULT, 0, NULL, &err));
    return true;
}

static struct gw_face find_one(const struct gw_image *image)
{
    struct gw_err err = {};
    struct gw_face face = {};
    size_t n;
    CHECK_OK(gw_face_find(&face, 1, &n, faces, scratch, image, NULL, &err));
    if (n != 1)
        fail_msg("no face found");
    return face;
}

static void embed(struct gw_embedding *out, const struct gw_image *image)
{
    struct gw_err err = {};
    const struct gw_face face = find_one(image);
    CHECK_OK(gw_face_embed(out, faces, scratch, image, &face, NULL, &err));
}

static double dot(const struct gw_embedding *a, const struct gw_embedding *b)
{
    double sum = 0;
    for (unsigned i = 0; i < a->dim; i++)
        sum += (double)a->v[i] * (double)b->v[i];
    return sum;
}
static double cosine(const struct gw_embedding *a, const struct gw_embedding *b)
{
    return dot(a, b) / sqrt(dot(a, a) * dot(b, b));
}

/* The score at a false-match rate of 1 in 100,000. */
static double threshold(void)
{
    const struct gw_operating_point *points;
    const size_t n = gw_faces_operating_points(faces, &points);
    double score = 2;
    for (size_t i = 0; i < n; i++)
        if (points[i].fmr >= 0.99e-5)
            score = points[i].score;
    return score;
}

/* --- who is who --------------------------------------------------------------------------------- */

static const struct pair {
    const char *label, *a, *b;
    bool same;
} pairs[] = {
    { "one man, eyes elsewhere", "franck_02159.jpg", "franck_01829.jpg", true },
    { "one man, mouth open", "franck_02159.jpg", "franck_02221.jpg", true },
    { "one man, head turned left", "franck_02159.jpg", "franck_03909.jpg", true },
    { "one man, head turned right", "franck_02159.jpg", "franck_04000.jpg", true },
    { "one man, head bent", "franck_04000.jpg", "franck_04117.jpg", true },
    { "one man, laughing", "franck_02683.jpg", "franck_03979.jpg", true },
    { "one woman, picture and its part", "audrey.jpg", "audrey_crop.jpg", true },
    { "one painting, picture and its part", "joconde.jpg", "joconde_crop.jpg", true },
    { "a man and a woman", "franck_02159.jpg", "audrey.jpg", false },
    { "two men", "franck_02159.jpg", "obama4_crop.jpg", false },
    { "two actors", "cage.jpg", "SeanConnery.jpg", false },
    { "two women", "audrey_crop.jpg", "kim1_crop.jpg", false },
    { "two singers", "bieber_small.jpg", "queen20_crop.jpg", false },
    { "a mask is nobody", "vendetta.jpg", "franck_02159.jpg", false },
};

static void pairs_test(void **state)
{
    need_networks();
    const struct pair *r = *state;
    struct gw_image a, b;
    struct gw_embedding x, y;
    gw_arena_reset(arena);
    load(&a, r->a);
    load(&b, r->b);
    embed(&x, &a);
    embed(&y, &b);
    const double score = dot(&x, &y);
    if ((score >= threshold()) != r->same)
        fail_msg("score %.3f at a threshold of %.3f", score, threshold());
}

/* --- the same picture in other ways ------------------------------------------------------------------ */

static struct gw_image blank(uint32_t width, uint32_t height)
{
    struct gw_err err = {};
    struct gw_image image = { gw_arena_array(arena, (size_t)width * height * 3, uint8_t, &err), width, height, (size_t)width * 3 };
    if (image.data == NULL)
        fail_msg("%s", err.text);
    return image;
}
static struct gw_image mirrored(const struct gw_image *image)
{
    struct gw_image out = blank(image->width, image->height);
    for (uint32_t y = 0; y < image->height; y++)
        for (uint32_t x = 0; x < image->width; x++)
            memcpy(out.data + y * out.stride + 3 * x, image->data + y * image->stride + 3 * (image->width - 1 - x), 3);
    return out;
}
static struct gw_image turned(const struct gw_image *image, double degrees)
{
    struct gw_image out = blank(image->width, image->height);
    const double t = degrees * M_PI / 180, c = cos(t), s = sin(t), x = image->width / 2.0, y = image->height / 2.0;
    gw_image_warp(&out, image, (struct gw_affine){ c, -s, x - c * x + s * y, s, c, y - s * x - c * y }, 128);
    return out;
}
static struct gw_image turned_10(const struct gw_image *image)
{
    return turned(image, 10);
}
static struct gw_image turned_back_25(const struct gw_image *image)
{
    return turned(image, -25);
}
static struct gw_image halved(const struct gw_image *image)
{
    struct gw_image out = blank(image->width / 2, image->height / 2);
    gw_image_scale(&out, image, 0, 0, image->width, image->height, 0);
    return out;
}
static struct gw_image doubled(const struct gw_image *image)
{
    struct gw_image out = blank(image->width * 2, image->height * 2);
    gw_image_scale(&out, image, 0, 0, image->width, image->height, 0);
    return out;
}
/* In a wide picture, where the face is far too small for the detector's first look. */
static struct gw_image far_away(const struct gw_image *image)
{
    struct gw_image out = blank(2400, 1600);
    memset(out.data, 90, out.stride * out.height);
    struct gw_image part = { out.data + 900 * out.stride + 3 * 1500, 180, 144, out.stride };
    gw_image_scale(&part, image, 0, 0, image->width, image->height, 0);
    return out;
}
static struct gw_image compressed(const struct gw_image *image)
{
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) jpeg = {};
    struct gw_image out;
    CHECK_OK(gw_image_write_jpeg(&jpeg, image, 40, &err));
    CHECK_OK(gw_image_decode(&out, arena, gw_buf_span(&jpeg), &GW_IMAGE_LIMITS_DEFAULT, 0, NULL, &err));
    return out;
}
static struct gw_image itself(const struct gw_image *image)
{
    return *image;
}

/* A JPEG with an EXIF orientation: the pixels lie on their side, the tag says so. */
static struct gw_image by_exif(const struct gw_image *image)
{
    struct gw_err err = {};
    struct gw_image side = blank(image->height, image->width), out;
    for (uint32_t y = 0; y < image->height; y++) /* upright (x, y) is stored at (y, width - 1 - x): orientation 6 */
        for (uint32_t x = 0; x < image->width; x++)
            memcpy(side.data + (image->width - 1 - x) * side.stride + 3 * y, image->data + y * image->stride + 3 * x, 3);
    GW_AUTO_VALUE(gw_buf) jpeg = {};
    GW_AUTO_VALUE(gw_buf) tagged = {};
    CHECK_OK(gw_image_write_jpeg(&jpeg, &side, 95, &err));
    static const uint8_t app1[] = { 0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0,
        1, 0, 6, 0, 0, 0, 0, 0, 0 };
    gw_buf_add(&tagged, jpeg.data, 2);
    gw_buf_add(&tagged, app1, sizeof app1);
    gw_buf_add(&tagged, jpeg.data + 2, jpeg.size - 2);
    CHECK_OK(gw_image_decode(&out, arena, gw_buf_span(&tagged), &GW_IMAGE_LIMITS_DEFAULT, 0, NULL, &err));
    CHECK_INT(out.width, image->width);
    return out;
}

static const struct copy {
    const char *label, *file;
    struct gw_image (*change)(const struct gw_image *image);
    double least; /* cosine with the original */
} copies[] = {
    { "a picture is its own", "franck_02159.jpg", itself, 0.999999 },
    { "a mirrored copy is nearly the same", "franck_02159.jpg", mirrored, 0.99 },
    { "a copy turned by EXIF is nearly the same", "franck_02159.jpg", by_exif, 0.99 },
    { "a copy leaning by 10 degrees is nearly the same", "franck_02159.jpg", turned_10, 0.98 },
    { "a copy leaning by 25 degrees is the same person", "franck_02159.jpg", turned_back_25, 0.95 },
    { "a copy of half the size is nearly the same", "franck_02159.jpg", halved, 0.97 },
    { "a copy of twice the size is nearly the same", "franck_02159.jpg", doubled, 0.98 },
    { "a badly compressed copy is the same person", "franck_02159.jpg", compressed, 0.95 },
    { "a small copy in a wide picture is found and is the same person", "franck_02159.jpg", far_away, 0.75 },
    { "a woman's mirrored copy is nearly the same", "audrey.jpg", mirrored, 0.99 },
};

static void copies_test(void **state)
{
    need_networks();
    const struct copy *r = *state;
    struct gw_image image;
    struct gw_embedding a, b;
    gw_arena_reset(arena);
    load(&image, r->file);
    const struct gw_image other = r->change(&image);
    embed(&a, &image);
    embed(&b, &other);
    if (cosine(&a, &b) < r->least)
        fail_msg("cosine %.4f, at least %.2f wanted", cosine(&a, &b), r->least);
}

/* --- what is measured moves the right way ---------------------------------------------------------------- */

static void mirror_pose(void **state)
{
    (void)state;
    need_networks();
    struct gw_image image;
    gw_arena_reset(arena);
    load(&image, "franck_03909.jpg");
    const struct gw_image other = mirrored(&image), leaning = turned(&image, 10); /* the picture's content turns against the clock */
    const struct gw_face a = find_one(&image), b = find_one(&other), c = find_one(&leaning);
    CHECK(fabs(a.yaw_deg) > 5);
    CHECK_NEAR(b.yaw_deg, -a.yaw_deg, 4);
    CHECK_NEAR(b.roll_deg, -a.roll_deg, 3);
    CHECK_NEAR(b.pitch_deg, a.pitch_deg, 4);
    CHECK_NEAR(c.roll_deg, a.roll_deg + 10, 3);
    CHECK_NEAR(b.eye_distance_px, a.eye_distance_px, 0.05 * a.eye_distance_px);
}

static void dark(void **state)
{
    (void)state;
    need_networks();
    struct gw_image image;
    gw_arena_reset(arena);
    load(&image, "franck_02159.jpg");
    const struct gw_face before = find_one(&image);
    for (size_t i = 0; i < image.stride * image.height; i++)
        image.data[i] = (uint8_t)(image.data[i] / 8);
    const struct gw_face after = find_one(&image);
    CHECK(after.luminance < before.luminance / 4);
    CHECK(after.components[GW_QUALITY_EXPOSURE] < 25);
    CHECK(after.quality < before.quality / 2);
}

/* Prepared networks and networks as shipped give the same. */
static void as_shipped(void **state)
{
    (void)state;
    need_networks();
    struct gw_err err = {};
    const struct gw_faces_options o = { .threads = 1, .prepare = false };
    GW_AUTO(gw_faces) *plain = gw_faces_open(&o, &err);
    if (plain == NULL)
        fail_msg("%s", err.text);
    GW_AUTO(gw_face_scratch) *s = gw_face_scratch_new(plain, &err);
    struct gw_face_model models[4];
    CHECK_INT(gw_faces_models(faces, models, 4), 4);
    CHECK_TEXT(models[2].purpose, "embedder");
    CHECK(models[2].prepared);
    CHECK_INT(gw_faces_models(plain, models, 4), 4);
    for (size_t i = 0; i < 4; i++)
        CHECK(!models[i].prepared);

    struct gw_image image;
    struct gw_embedding a, b;
    gw_arena_reset(arena);
    load(&image, "franck_02159.jpg");
    const struct gw_face face = find_one(&image);
    CHECK_OK(gw_face_embed(&a, faces, scratch, &image, &face, NULL, &err));
    CHECK_OK(gw_face_embed(&b, plain, s, &image, &face, NULL, &err));
    for (unsigned i = 0; i < a.dim; i++)
        CHECK_NEAR((double)a.v[i], (double)b.v[i], 1e-5);
}

/* Twelve people (one man's frames) in one picture: twelve faces, the largest first, each himself. */
static void twelve(void **state)
{
    (void)state;
    need_networks();
    static const char *const files[] = { "franck_02159.jpg", "franck_02221.jpg", "franck_02683.jpg" };
    struct gw_image one;
    gw_arena_reset(arena);
    struct gw_image crowd = blank(4 * 360, 3 * 290);
    memset(crowd.data, 128, crowd.stride * crowd.height);
    struct gw_embedding himself, e;
    struct gw_err err = {};
    for (uint32_t i = 0; i < 12; i++) {
        load(&one, files[i % 3]);
        if (i == 0)
            embed(&himself, &one);
        struct gw_image part = { crowd.data + (i / 4) * 290 * crowd.stride + 3 * (size_t)(i % 4) * 360, 360 - 2 * i, 288 - 2 * i,
            crowd.stride };
        gw_image_scale(&part, &one, 0, 0, one.width, one.height, 0);
    }
    struct gw_face found[GW_FACES_MAX];
    size_t n;
    CHECK_OK(gw_face_find(found, GW_FACES_MAX, &n, faces, scratch, &crowd, NULL, &err));
    CHECK_INT(n, 12);
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            CHECK(found[i].box.width * found[i].box.height <= found[i - 1].box.width * found[i - 1].box.height);
        CHECK_OK(gw_face_embed(&e, faces, scratch, &crowd, &found[i], NULL, &err));
        CHECK(dot(&himself, &e) > threshold());
    }
    size_t fewer;
    CHECK_OK(gw_face_find(found, 5, &fewer, faces, scratch, &crowd, NULL, &err));
    CHECK_INT(fewer, 5);
}

/* A face found in one picture and embedded after another was looked at is still the first one's. */
static void out_of_order(void **state)
{
    (void)state;
    need_networks();
    struct gw_err err = {};
    struct gw_image a, b;
    struct gw_embedding at_once, later;
    gw_arena_reset(arena);
    load(&a, "franck_02159.jpg");
    load(&b, "audrey.jpg");
    const struct gw_face first = find_one(&a);
    CHECK_OK(gw_face_embed(&at_once, faces, scratch, &a, &first, NULL, &err));
    find_one(&b);
    CHECK_OK(gw_face_embed(&later, faces, scratch, &a, &first, NULL, &err));
    CHECK(memcmp(&at_once, &later, sizeof later) == 0);
    GW_AUTO(gw_face_scratch) *other = gw_face_scratch_new(faces, &err);
    size_t n;
    struct gw_face face;
    for (size_t i = 0; i < 3; i++)
        CHECK_OK(gw_face_find(&face, 1, &n, faces, other, &b, NULL, &err));
    CHECK_OK(gw_face_embed(&later, faces, other, &a, &first, NULL, &err)); /* another's scratch will do */
    CHECK(memcmp(&at_once, &later, sizeof later) == 0);
}

struct caller {
    const struct gw_image *image;
    struct gw_embedding e[8];
    bool ok;
};
static void *call(void *arg)
{
    struct caller *c = arg;
    struct gw_err err = {};
    GW_AUTO(gw_face_scratch) *s = gw_face_scratch_new(faces, &err);
    c->ok = s != NULL;
    for (size_t i = 0; i < GW_COUNT(c->e) && c->ok; i++) {
        struct gw_face face;
        size_t n;
        c->ok = gw_face_find(&face, 1, &n, faces, s, c->image, NULL, &err) && n == 1 &&
                gw_face_embed(&c->e[i], faces, s, c->image, &face, NULL, &err);
    }
    return NULL;
}
/* One engine, four callers with two pictures: each gets the answer it gets alone, to the bit. */
static void together(void **state)
{
    (void)state;
    need_networks();
    struct gw_image images[2];
    struct gw_embedding alone[2];
    gw_arena_reset(arena);
    load(&images[0], "franck_02159.jpg");
    load(&images[1], "audrey.jpg");
    for (size_t i = 0; i < 2; i++)
        embed(&alone[i], &images[i]);
    static struct caller callers[4];
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++) {
        callers[i] = (struct caller){ .image = &images[i % 2] };
        CHECK_INT(pthread_create(&threads[i], NULL, call, &callers[i]), 0);
    }
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < 4; i++) {
        CHECK(callers[i].ok);
        for (size_t k = 0; k < GW_COUNT(callers[i].e); k++)
            CHECK(memcmp(&callers[i].e[k], &alone[i % 2], sizeof alone[0]) == 0);
    }
}

/* As jobs, where whoever has nothing to do embeds the mirrored face: one job with three places, four with three. */
static void call_job(void *job, unsigned worker)
{
    (void)worker;
    call(job);
}
static void in_halves(void **state)
{
    (void)state;
    need_networks();
    struct gw_err err = {};
    struct gw_image image;
    struct gw_embedding alone;
    gw_arena_reset(arena);
    load(&image, "franck_02159.jpg");
    embed(&alone, &image);
    for (size_t n = 1; n <= 4; n += 3) {
        static struct caller callers[4];
        struct gw_work *w = gw_work_new(3, 2, 4, GW_RANK_PATIENT, call_job, &err);
        CHECK(w != NULL);
        for (size_t i = 0; i < n; i++) {
            callers[i] = (struct caller){ .image = &image };
            CHECK(gw_work_submit(w, &callers[i]));
        }
        gw_work_free(w);
        for (size_t i = 0; i < n; i++) {
            CHECK(callers[i].ok);
            for (size_t k = 0; k < GW_COUNT(callers[i].e); k++)
                CHECK(memcmp(&callers[i].e[k], &alone, sizeof alone) == 0);
        }
    }
}

int main(void)
{
    struct gw_err err = {};
    if (!gw_crypto_init(&err))
        return 1;
    const struct gw_faces_options o = { .threads = 1, .prepare = true };
    if (kit_vendor("media/franck_02159.jpg") != NULL) {
        faces = gw_faces_open(&o, &err);
        if (faces != NULL)
            scratch = gw_face_scratch_new(faces, &err);
        else
            fprintf(stderr, "# %s\n", err.text);
    }
    arena = gw_arena_new(256 << 20);
    check_rows("pair", pairs, pairs_test);
    check_rows("copy", copies, copies_test);
    check_add("pose", "a mirrored face looks the other way", mirror_pose);
    check_add("quality", "a picture eight times darker is found out", dark);
    check_add("prepared", "prepared networks give what the shipped ones give", as_shipped);
    check_add("find", "twelve faces are twelve, the largest first", twelve);
    check_add("embed", "a face embedded later is still of its own picture", out_of_order);
    check_add("threads", "callers at the same time get the answers they get alone", together);
    check_add("threads", "a face and its mirror image by two threads are the same as by one", in_halves);
    const int status = check_done();
    gw_face_scratch_free(scratch);
    gw_faces_close(faces);
    gw_arena_free(arena);
    return status;
}
