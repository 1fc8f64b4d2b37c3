/* model_test.c - model cards: the shipped one, and every way to write one wrong. */
#include "face/model.h"
#include "base/buf.h"
#include "tests/check.h"

/* A card with all parts; rows change a piece of it. */
static const char card[] =
    "{\"card\":1,\"name\":\"n\",\"version\":\"1\",\"source\":\"s\",\"license\":\"MIT\",\"detector\":{\"kind\":\"faceplugin\","
    "\"file\":\"d.onnx\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\",\"license\":\"MIT\","
    "\"input\":{\"name\":\"i\",\"width\":320,\"height\":240,\"layout\":\"nchw\",\"channels\":\"rgb\",\"mean\":127,\"divide\":128},"
    "\"outputs\":{\"scores\":\"s\",\"boxes\":\"b\"},\"confidence\":0.5,\"overlap\":0.3,\"place\":\"corner\",\"fill\":127,"
    "\"small_faces\":{\"below_px\":40,\"tiles\":2}},"
    "\"landmarks\":{\"file\":\"l.onnx\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\","
    "\"license\":\"MIT\",\"input\":{\"name\":\"i\",\"width\":64,\"height\":64,\"layout\":\"nchw\",\"channels\":\"grey\",\"mean\":0,"
    "\"divide\":256},\"outputs\":{\"points\":\"p\"},\"crop\":{\"scale\":1.0,\"shift\":[0,0]},\"refine\":1.1,\"pitch_offset_deg\":3,\"jitter\":[[0,0,1]],"
    "\"mirror\":false},"
    "\"embedder\":{\"file\":\"e.onnx\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\","
    "\"license\":\"MIT\",\"input\":{\"name\":\"i\",\"width\":112,\"height\":112,\"layout\":\"nchw\",\"channels\":\"bgr\","
    "\"mean\":[1,2,3],\"divide\":[4,5,6]},\"outputs\":{\"embedding\":\"e\"},\"dim\":512,"
    "\"template\":[[38,51],[73,51],[56,71],[41,92],[70,92]],\"flip\":true,"
    "\"weight\":{\"length\":3.7,\"power\":-0.3,\"least\":0.8,\"most\":1.25,\"doubtful_below\":2.6}},"
    "\"liveness\":{\"file\":\"v.onnx\",\"sha256\":\"0000000000000000000000000000000000000000000000000000000000000000\","
    "\"license\":\"MIT\",\"input\":{\"name\":\"i\",\"width\":128,\"height\":128,\"layout\":\"nhwc\",\"channels\":\"rgb\",\"mean\":0,"
    "\"divide\":1},\"outputs\":{\"classes\":\"c\"},\"crop\":{\"scale\":2.7,\"shift\":[0,0]},\"inside\":true,\"sampling\":\"area\",\"least_scale\":1.8,\"softmax\":true,"
    "\"classes\":3,\"live\":[0]},"
    "\"operating_points\":[{\"fmr\":1e-3,\"score\":0.3},{\"fmr\":1e-4,\"score\":0.4}]}";

/* The first `from` behind `after` becomes `to`. */
static const struct row {
    const char *label, *after, *from, *to;
    enum gw_err_code code; /* GW_OK: accepted */
    const char *says;
} rows[] = {
    { "a card with every part is read", "", "", "", GW_OK, NULL },
    { "notes may stand anywhere", "\"detector\"", "\"kind\"", "\"notes\":\"for people\",\"kind\"", GW_OK, NULL },
    { "liveness may be absent", "", ",\"liveness\":{", NULL, GW_OK, NULL },
    { "what is not JSON is refused with its place", "", "{\"card\"", "{card", GW_ERR_FORMAT, "model card" },
    { "an array is not a card", "", "", "[]", GW_ERR_INVALID, "must be an object" },
    { "another format of card is refused", "", "\"card\":1", "\"card\":2", GW_ERR_INVALID, "card must be a whole number from 1 to 1" },
    { "a card says its format", "", "\"card\":1,", "", GW_ERR_INVALID, "card is missing" },
    { "a card has a name", "", "\"name\":\"n\",", "", GW_ERR_INVALID, "name is missing" },
    { "a name is not empty", "", "\"name\":\"n\"", "\"name\":\"\"", GW_ERR_INVALID, "name must be a text that is not empty" },
    { "a name with a zero in it is refused", "", "\"name\":\"n\"", "\"name\":\"a\\u0000b\"", GW_ERR_FORMAT, "model card" },
    { "a version is a text", "", "\"version\":\"1\"", "\"version\":1", GW_ERR_INVALID, "version must be a text" },
    { "a long name is refused, templates carry it", "", "\"name\":\"n\"",
        "\"name\":\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn\"", GW_ERR_INVALID, "at most 40" },
    { "a license is named", "", "\"license\":\"MIT\",", "", GW_ERR_INVALID, "license is missing" },
    { "a misspelt key gets the nearest", "", "\"overlap\":0.3", "\"overlap\":0.3,\"confidense\":1", GW_ERR_INVALID,
        "detector.confidense is not a key of model cards; did you mean confidence?" },
    { "a misspelt optional part is not ignored", "", "\"liveness\"", "\"livenes\"", GW_ERR_INVALID,
        "livenes is not a key of model cards; did you mean liveness?" },
    { "a part named twice is refused", "", "\"detector\":{", "\"liveness\":{", GW_ERR_FORMAT, "model card" },
    { "a detector is needed", "", "\"detector\":{", "\"detektor\":{", GW_ERR_INVALID, "detector is missing" },
    { "a part is an object", "", "\"small_faces\":{\"below_px\":40,\"tiles\":2}", "\"small_faces\":2", GW_ERR_INVALID,
        "detector.small_faces must be an object" },
    { "an unknown kind of detector is refused with those there are", "", "\"kind\":\"faceplugin\"", "\"kind\":\"retina\"", GW_ERR_INVALID,
        "detector.kind must be one of \"faceplugin\", \"yunet\", \"scrfd\"" },
    { "a network's file has no folder", "", "d.onnx", "../d.onnx", GW_ERR_INVALID, "detector.file must be the name of a file" },
    { "a hidden file is no network", "", "d.onnx", ".d.onnx", GW_ERR_INVALID, "detector.file must be" },
    { "a hash has 64 digits", "", "\"sha256\":\"00", "\"sha256\":\"0", GW_ERR_INVALID, "detector.sha256 must be 64" },
    { "a hash is lower case", "", "\"sha256\":\"00", "\"sha256\":\"0A", GW_ERR_INVALID, "detector.sha256 must be 64" },
    { "an input has a width", "", "\"width\":320,", "", GW_ERR_INVALID, "detector.input.width is missing" },
    { "a width is whole", "", "\"width\":320", "\"width\":320.5", GW_ERR_INVALID, "detector.input.width must be a whole number" },
    { "an input of 7 px is too small", "", "\"width\":320", "\"width\":7", GW_ERR_INVALID, "from 8 to 2048" },
    { "an input of 2049 px is too large", "", "\"height\":240", "\"height\":2049", GW_ERR_INVALID, "from 8 to 2048" },
    { "an unknown layout is refused", "", "nchw", "chwn", GW_ERR_INVALID, "detector.input.layout must be one of" },
    { "unknown channels are refused", "", "\"rgb\"", "\"rgba\"", GW_ERR_INVALID, "detector.input.channels must be one of" },
    { "a mean for two channels of three is refused", "", "\"mean\":127", "\"mean\":[1,2]", GW_ERR_INVALID,
        "detector.input.mean must be a number, or one for each of the 3 channels" },
    { "nothing is divided by zero", "", "\"divide\":128", "\"divide\":0", GW_ERR_INVALID, "detector.input.divide must be" },
    { "a text is no number", "", "\"mean\":127", "\"mean\":\"127\"", GW_ERR_INVALID, "detector.input.mean must be" },
    { "an output is named", "", "\"scores\":\"s\",", "", GW_ERR_INVALID, "detector.outputs.scores is missing" },
    { "a confidence of 1 would find nothing", "", "\"confidence\":0.5", "\"confidence\":1", GW_ERR_INVALID, "from 0.01 to 0.99" },
    { "an overlap of 0 is refused", "", "\"overlap\":0.3", "\"overlap\":0", GW_ERR_INVALID, "detector.overlap" },
    { "a fill is a byte", "", "\"fill\":127", "\"fill\":256", GW_ERR_INVALID, "from 0 to 255" },
    { "a picture lies in the corner or the center", "", "\"corner\"", "\"left\"", GW_ERR_INVALID, "\"corner\", \"center\"" },
    { "one tile is no second look", "", "\"tiles\":2", "\"tiles\":1", GW_ERR_INVALID, "detector.small_faces.tiles" },
    { "yunet's outputs are lists", "", "\"faceplugin\"", "\"yunet\"", GW_ERR_INVALID, "detector.outputs.strides is missing" },

    { "a crop's shift has two numbers", "\"landmarks\"", "\"shift\":[0,0]", "\"shift\":[0]", GW_ERR_INVALID, "landmarks.crop.shift must be an array of 2" },
    { "a crop of no size is refused", "\"landmarks\"", "\"scale\":1.0", "\"scale\":0", GW_ERR_INVALID, "landmarks.crop.scale" },
    { "a jitter has three numbers", "", "[[0,0,1]]", "[[0,0]]", GW_ERR_INVALID, "landmarks.jitter must hold arrays of 3" },
    { "a jitter's scale is near 1", "", "[[0,0,1]]", "[[0,0,0.1]]", GW_ERR_INVALID, "landmarks.jitter" },
    { "no jitter is one of nothing", "", "[[0,0,1]]", "[]", GW_ERR_INVALID, "landmarks.jitter must be an array of 1 to 16" },
    { "mirror is true or false", "", "\"mirror\":false", "\"mirror\":0", GW_ERR_INVALID, "landmarks.mirror must be true or false" },
    { "an embedder is needed", "", "\"embedder\"", "\"embeder\"", GW_ERR_INVALID, "embedder is missing" },
    { "1025 dimensions are too many", "", "\"dim\":512", "\"dim\":1025", GW_ERR_INVALID, "embedder.dim must be a whole number from 16 to 1024" },
    { "a template has five points", "", "[56,71],", "", GW_ERR_INVALID, "embedder.template must be an array of 5" },
    { "a template's points have two numbers", "", "[56,71]", "[56]", GW_ERR_INVALID, "embedder.template must hold arrays of 2" },
    { "a mirrored template is refused", "", "[38,51],[73,51]", "[73,51],[38,51]", GW_ERR_INVALID, "left in the picture first" },
    { "a weight keeps embeddings near 1", "", "\"power\":-0.3,\"least\":0.8", "\"power\":-0.6,\"least\":0.5", GW_ERR_INVALID, "embedder.weight" },
    { "classes that do not exist are not live", "", "\"live\":[0]", "\"live\":[3]", GW_ERR_INVALID, "liveness.live must hold" },
    { "a class is live once", "", "\"live\":[0]", "\"live\":[0,0]", GW_ERR_INVALID, "liveness.live must hold" },
    { "not all classes are live", "", "\"live\":[0]", "\"live\":[0,1,2]", GW_ERR_INVALID, "liveness.live must be an array of 1 to 2" },
    { "operating points are needed", "", "[{\"fmr\":1e-3,\"score\":0.3},{\"fmr\":1e-4,\"score\":0.4}]", "[]", GW_ERR_INVALID,
        "operating_points must be an array of 1 to 64" },
    { "rates fall", "", "\"fmr\":1e-4", "\"fmr\":1e-2", GW_ERR_INVALID, "falling fmr" },
    { "scores rise", "", "\"score\":0.4", "\"score\":0.2", GW_ERR_INVALID, "rising score" },
    { "a rate of 0 cannot be measured", "", "\"fmr\":1e-4", "\"fmr\":0", GW_ERR_INVALID, "operating_points[1].fmr" },
    { "an operating point is an object", "", "{\"fmr\":1e-4,\"score\":0.4}", "0.4", GW_ERR_INVALID, "operating_points must hold objects" },
};

/* NULL as the text: these rows take a whole part out or put one in. */
static void change(struct gw_buf *out, const struct row *r)
{
    if (r->to != NULL && r->from[0] == 0) {
        gw_buf_add_text(out, r->to[0] == 0 ? card : r->to);
        return;
    }
    if (r->to != NULL) {
        const char *start = strstr(card, r->after), *at = strstr(start, r->from);
        gw_buf_add(out, card, (size_t)(at - card));
        gw_buf_add_text(out, r->to);
        gw_buf_add_text(out, at + strlen(r->from));
        return;
    }
    const char *live = strstr(card, ",\"liveness\""), *points = strstr(card, ",\"operating_points\"");
    gw_buf_add(out, card, (size_t)(live - card));
    gw_buf_add_text(out, points);
}

static void row_test(void **state)
{
    const struct row *r = *state;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_card out;
    change(&text, r);
    const bool ok = gw_card_parse(&out, a, gw_buf_span(&text), &err);
    if (r->code == GW_OK) {
        if (!ok)
            fail_msg("refused: %s", err.text);
        return;
    }
    if (ok)
        fail_msg("accepted");
    if (err.code != r->code || strstr(err.text, r->says) == NULL)
        fail_msg("%s: \"%s\" does not say \"%s\"", gw_err_name(err.code), err.text, r->says);
}

static void what_is_read(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_card c;
    CHECK_OK(gw_card_parse(&c, a, gw_span_str(card), &err));
    CHECK_TEXT(c.identity, "n/1");
    CHECK_INT(c.detector.net.input.width, 320);
    CHECK_NEAR(c.detector.net.input.mean[2], 127, 0);
    CHECK_INT(c.embedder.net.input.channels, GW_CHANNELS_BGR);
    CHECK_NEAR(c.embedder.net.input.mean[1], 2, 0);
    CHECK_NEAR(c.embedder.net.input.divide[2], 6, 0);
    CHECK_NEAR(c.embedder.template[3][1], 92, 0);
    CHECK_INT(c.liveness.net.input.layout, GW_LAYOUT_NHWC);
    CHECK(c.liveness.live[0] && !c.liveness.live[1]);
    CHECK_INT(c.n_points, 2);
}

/* The arena's cap is an error like any other, wherever it strikes. */
static void every_cap(void **state)
{
    (void)state;
    size_t cap = 0;
    struct gw_err err = {};
    for (;; cap += 16) {
        GW_AUTO(gw_arena) *a = gw_arena_new(cap);
        struct gw_card c;
        if (gw_card_parse(&c, a, gw_span_str(card), &err))
            break;
        CHECK_INT(err.code, GW_ERR_LIMIT);
        CHECK(cap < 65536);
    }
}

static void every_cut(void **state)
{
    (void)state;
    for (size_t n = 0; n + 1 < sizeof card - 1; n++) {
        struct gw_err err = {};
        GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
        struct gw_card c;
        CHECK_FAILS(gw_card_parse(&c, a, gw_span_of(card, n), &err), GW_ERR_FORMAT);
    }
}

static void shipped(void **state)
{
    (void)state;
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    GW_AUTO_VALUE(gw_buf) text = {};
    struct gw_card c;
    char path[512];
    snprintf(path, sizeof path, "%s/models/faceplugin.json", getenv("GANGWAY_TEST_SOURCE"));
    CHECK_OK(gw_buf_read_file(&text, path, GW_CARD_BYTES_MAX, &err));
    CHECK_OK(gw_card_parse(&c, a, gw_buf_span(&text), &err));
    CHECK_TEXT(c.name, "faceplugin");
    CHECK(c.has_landmarks && c.has_liveness);
}

int main(void)
{
    check_rows("card", rows, row_test);
    check_add("card", "what is written is what is read", what_is_read);
    check_add("card", "running into the arena's cap is an error wherever it happens", every_cap);
    check_add("card", "a card cut off anywhere is refused", every_cut);
    check_add("card", "the shipped card is one", shipped);
    return check_done();
}
