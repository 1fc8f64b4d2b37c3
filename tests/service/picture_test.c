/* picture_test.c - the gate with real pictures and the real networks: a man enrolled
 * from one frame of his video walks up in others; what is not he is not cleared. */
#include "tests/service/place.h"

static struct gw_err err;
static struct place p;
static struct gw_worker *w;
static struct gw_id voyage;
static char media[512];

static void read_media(struct gw_buf *out, const char *name)
{
    char path[800];
    snprintf(path, sizeof path, "%s/%s", media, name);
    CHECK_OK(gw_buf_read_file(out, path, 64 << 20, &err));
}

static bool enrol(struct gw_portrait_receipt *out, const char *number, const char *name)
{
    GW_AUTO_VALUE(gw_buf) file = {};
    read_media(&file, name);
    struct gw_portrait_ask ask = { gw_span_str(number), gw_span_str("UTO"), GW_PORTRAIT_PASSPORT, { 2024, 5, 1 },
        gw_buf_span(&file) };
    return gw_service_portrait(out, p.s, w, &p.carrier, &ask, NULL, &err);
}

static bool verify(struct gw_verification *out, struct gw_span picture, const char *document)
{
    struct gw_verify_ask ask = { .picture = picture };
    if (document != NULL)
        ask.document_number = gw_span_str(document);
    return gw_service_verify(out, p.s, w, &p.device, voyage, &ask, NULL, &err);
}

static bool verify_file(struct gw_verification *out, const char *name, const char *document)
{
    GW_AUTO_VALUE(gw_buf) file = {};
    read_media(&file, name);
    return verify(out, gw_buf_span(&file), document);
}

/* Grey, w x h, with what `name` shows drawn small in its middle, at `light` times its brightness. */
static void made_picture(struct gw_buf *out, const char *name, uint32_t width, uint32_t height, double size, double light)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(256 << 20);
    struct gw_image to = { .width = width, .height = height, .stride = 3 * (size_t)width };
    to.data = gw_arena_alloc(a, height, to.stride, &err);
    memset(to.data, (int)(110 * light), height * to.stride);
    if (name != NULL) {
        GW_AUTO_VALUE(gw_buf) file = {};
        read_media(&file, name);
        struct gw_image from, small;
        CHECK_OK(gw_image_decode(&from, a, gw_buf_span(&file), &GW_IMAGE_LIMITS_DEFAULT, 0, NULL, &err));
        small = (struct gw_image){ .width = (uint32_t)(width * size), .height = (uint32_t)(width * size * from.height / from.width) };
        small.height = GW_MIN(small.height, height);
        small.stride = 3 * (size_t)small.width;
        small.data = gw_arena_alloc(a, small.height, small.stride, &err);
        gw_image_scale(&small, &from, 0, 0, from.width, (double)from.width * small.height / small.width, 110);
        for (uint32_t y = 0; y < small.height; y++)
            for (uint32_t x = 0; x < small.stride; x++)
                to.data[(y + (height - small.height) / 2) * to.stride + (width - small.width) / 2 * 3 + x] =
                    (uint8_t)(small.data[y * small.stride + x] * light);
    }
    CHECK_OK(gw_image_write_jpeg(out, &to, 92, &err));
}

static void gate(void **state)
{
    (void)state;
    struct gw_manifest_receipt m;
    struct gw_portrait_receipt r;
    struct gw_verification v;
    CHECK_OK(send_manifest(&m, &p, &p.carrier, manifest_text(&p, "", 6, ""), NULL, &err));
    voyage = m.voyage;
    CHECK_OK(enrol(&r, "P00001", "franck_02221.jpg"));
    CHECK_INT(r.voyages, 1);
    CHECK(r.quality > 15 && r.n_quality >= 5);
    CHECK_OK(enrol(&r, "P00002", "audrey.jpg"));
    CHECK_OK(enrol(&r, "P00003", "SeanConnery.jpg"));

    CHECK_OK(verify_file(&v, "franck_02159.jpg", NULL));
    CHECK_INT(v.answer, GW_ANSWER_CLEAR);
    CHECK_TEXT(v.reference, "r1");
    CHECK_OK(verify_file(&v, "franck_02045.jpg", NULL));
    CHECK_INT(v.answer, GW_ANSWER_INSPECT);
    CHECK_INT(last_reason(&p, voyage), GW_REASON_ALREADY_CLEARED);

    /* One to one: his document, her face. */
    CHECK_OK(verify_file(&v, "audrey.jpg", "P00003"));
    CHECK(v.answer != GW_ANSWER_CLEAR);
    enum gw_reason reason = last_reason(&p, voyage);
    CHECK(reason == GW_REASON_NAMED_MISMATCH || reason == GW_REASON_LIVENESS);
    CHECK_OK(verify_file(&v, "audrey.jpg", "P00005")); /* expected, without portrait */
    CHECK(v.answer == GW_ANSWER_INSPECT);
    CHECK_OK(verify_file(&v, "audrey.jpg", "X999")); /* not expected: not even decoded */
    CHECK_INT(last_reason(&p, voyage), GW_REASON_NOT_EXPECTED);
}

static void not_a_face(void **state)
{
    (void)state;
    struct gw_verification v;
    struct gw_portrait_receipt r;
    GW_AUTO_VALUE(gw_buf) empty = {};
    GW_AUTO_VALUE(gw_buf) small = {};
    GW_AUTO_VALUE(gw_buf) dark = {};
    made_picture(&empty, NULL, 640, 480, 0, 1);
    made_picture(&small, "franck_02159.jpg", 640, 480, 0.14, 1);
    made_picture(&dark, "franck_02159.jpg", 640, 480, 0.9, 0.12);
    CHECK_OK(verify(&v, gw_buf_span(&empty), NULL));
    CHECK_INT(last_reason(&p, voyage), GW_REASON_NO_FACE);
    CHECK_INT(v.answer, GW_ANSWER_RETRY);
    CHECK_INT(v.guidance, GW_GUIDANCE_LOOK_AT_CAMERA);
    CHECK_OK(verify(&v, gw_buf_span(&small), NULL));
    CHECK(v.answer != GW_ANSWER_CLEAR);
    CHECK_INT(last_reason(&p, voyage), GW_REASON_FACE_SMALL);
    CHECK_OK(verify(&v, gw_buf_span(&dark), NULL));
    CHECK(v.answer != GW_ANSWER_CLEAR);
    CHECK_FAILS(verify(&v, gw_span_str("this is not a picture"), NULL), GW_ERR_UNSUPPORTED);
    CHECK_FAILS(verify(&v, gw_span_slice(gw_buf_span(&dark), 0, dark.size / 2), NULL), GW_ERR_FORMAT);
    GW_AUTO_VALUE(gw_buf) file = {};
    read_media(&file, "franck_02221.jpg");
    struct gw_portrait_ask ask = { gw_span_str("P00004"), gw_span_str("UTO"), GW_PORTRAIT_PASSPORT, {}, gw_buf_span(&empty) };
    CHECK_FAILS(gw_service_portrait(&r, p.s, w, &p.carrier, &ask, NULL, &err), GW_ERR_INVALID);
    CHECK(strstr(err.text, "no_face") != NULL);
    ask.picture = gw_buf_span(&small);
    CHECK_FAILS(gw_service_portrait(&r, p.s, w, &p.carrier, &ask, NULL, &err), GW_ERR_INVALID);
    ask.picture = gw_buf_span(&file);
    ask.issuing_state = (struct gw_span){};
    CHECK_FAILS(gw_service_portrait(&r, p.s, w, &p.carrier, &ask, NULL, &err), GW_ERR_INVALID);
    ask.issuing_state = gw_span_str("UTO");
    ask.captured_on = (struct gw_date){ 2999, 1, 1 };
    CHECK_FAILS(gw_service_portrait(&r, p.s, w, &p.carrier, &ask, NULL, &err), GW_ERR_INVALID);
}

static void counted(void **state)
{
    (void)state;
    struct gw_counters c;
    gw_service_counters(&c, p.s);
    CHECK_INT(c.verifications[GW_ANSWER_CLEAR], 1);
    CHECK_INT(c.by_reason[GW_REASON_ALREADY_CLEARED], 1);
    CHECK_INT(c.failed, 2);
    CHECK_INT(c.portraits, 3);
    CHECK_INT(c.portraits_refused, 2);
    CHECK_INT(c.gallery_templates, 3);
    CHECK_INT(c.voyages_open, 1);
    CHECK(c.stages[GW_STAGE_VERIFY].n == c.verifications[0] + c.verifications[1] + c.verifications[2]);
    CHECK(c.stages[GW_STAGE_EMBED].sum_us > 0);
    for (int i = 0; i < GW_STAGE_COUNT; i++)
        printf("# %s: %llu, mean %llu us\n", gw_stage_name((enum gw_stage)i), (unsigned long long)c.stages[i].n,
            c.stages[i].n == 0 ? 0ull : (unsigned long long)(c.stages[i].sum_us / c.stages[i].n));
}

int main(void)
{
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    snprintf(media, sizeof media, "%s/vendor/media", source == NULL ? "." : source);
    gw_log_level(GW_LOG_ERROR);
    place_init(&p);
    char models[800];
    snprintf(models, sizeof models, "%s/vendor/models/fr_detect.onnx", source == NULL ? "." : source);
    if (access(media, R_OK) != 0 || access(models, R_OK) != 0) {
        printf("1..0 # skipped: vendor/ is not here (tools/setup brings it)\n");
        place_done(&p);
        return 0;
    }
    struct gw_service_options o = { .conf = &p.conf, .clock = { NOW_US } };
    if ((p.s = gw_service_open(&o, &err)) == NULL || (w = gw_worker_new(p.s)) == NULL) {
        printf("1..1\nnot ok 1 - the service opens with its networks: %s\n", err.text);
        return 1;
    }
    check_add("gate", "the man is cleared once; others are not he", gate);
    check_add("gate", "what is no usable face is answered with what to do", not_a_face);
    check_add("counters", "say what happened", counted);
    int status = check_done();
    gw_worker_free(w);
    place_done(&p);
    return status;
}
