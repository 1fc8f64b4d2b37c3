/* recognize_test.c - `gangway face`, `compare` and `--version` as a user runs them: keys,
 * exit status, and a sentence for everything that is wrong with a file. */
#include "base/json.h"
#include "tests/face/model_kit.h"

#include <sys/wait.h>

static struct kit_folder folder;

/* Runs gangway with these arguments (a shell line); {M} is vendor/media, {D} the made folder. */
static int run(struct gw_buf *out, struct gw_buf *errors, const char *arguments)
{
    GW_AUTO_VALUE(gw_buf) line = {};
    char path[256];
    /* Our own variables name no setting, which gangway refuses or complains of. */
    gw_buf_addf(&line, "env -u GANGWAY_TEST_BUILD -u GANGWAY_TEST_SOURCE -u GANGWAY_SHARED '%s/gangway' ", getenv("GANGWAY_TEST_BUILD"));
    for (const char *c = arguments; *c != 0; c++) {
        if (strncmp(c, "{M}", 3) == 0)
            gw_buf_addf(&line, "'%s/vendor/media'", getenv("GANGWAY_TEST_SOURCE")), c += 2;
        else if (strncmp(c, "{D}", 3) == 0)
            gw_buf_addf(&line, "'%s'", folder.path), c += 2;
        else
            gw_buf_add(&line, c, 1);
    }
    gw_buf_addf(&line, " 2>'%s/errors'", folder.path);
    FILE *f = popen(gw_buf_text(&line), "r");
    if (f == NULL)
        fail_msg("cannot run %s", gw_buf_text(&line));
    char piece[4096];
    for (size_t n; (n = fread(piece, 1, sizeof piece, f)) > 0;)
        gw_buf_add(out, piece, n);
    const int status = pclose(f);
    struct gw_err err = {};
    snprintf(path, sizeof path, "%s/errors", folder.path);
    CHECK_OK(gw_buf_read_file(errors, path, 1 << 20, &err));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static const struct row {
    const char *label, *arguments;
    bool needs_networks;
    int status;
    const char *out, *errors; /* each a part of what is printed, or NULL */
} rows[] = {
    { "a face is found", "face {M}/franck_02159.jpg", true, 0, "\"faces\":[{\"box\":{\"x\":", NULL },
    { "the size is that of the upright picture", "face {M}/franck_02159.jpg", true, 0, "\"width\":720,\"height\":576", NULL },
    { "each file is a line of its own", "face {M}/audrey.jpg {M}/cage.jpg", true, 0, "cage.jpg", NULL },
    { "a picture without a face is read, and not valid", "face {D}/grey.png", true, 1, "\"faces\":[]", NULL },
    { "and the JSON says why", "face {D}/grey.png", true, 1, "\"code\":\"no_face\",\"text\":\"no face was found in the picture\"", NULL },
    { "a good picture has no problems", "face {M}/cage.jpg", true, 0, "\"valid\":true,\"problems\":[]", NULL },
    { "one bad file does not cost the others", "face {D}/text.jpg {M}/cage.jpg", true, 3, "cage.jpg", "gangway face:" },
    { "a text called .jpg is not a picture", "face {D}/text.jpg", true, 3, "\"code\":\"unsupported\"", "text.jpg: this is text" },
    { "a file that is not there is named", "face {D}/none.jpg", true, 3, "none.jpg\",\"valid\":false", "none.jpg: No such file" },
    { "a picture cut off is refused", "face {D}/cut.jpg", true, 3, "the file was cut off", "cut.jpg: JPEG" },
    { "an empty file is refused", "face {D}/empty.jpg", true, 3, "the picture is empty", "empty.jpg: the picture" },
    { "a picture of one pixel has no face", "face {D}/pixel.png", true, 1, "\"width\":1,\"height\":1", NULL },
    { "a picture over the limit is refused from its header", "face --set image.pixels=10000 {M}/franck_02159.jpg", true, 3,
        "\"code\":\"limit\"", "franck_02159.jpg: the picture has 720 x 576 pixels; at most 10000" },
    { "- is standard input", "face - <{M}/cage.jpg", true, 0, "\"file\":\"-\"", NULL },
    { "--pretty indents", "face --pretty {M}/cage.jpg", true, 0, "\n  \"faces\": [", NULL },
    { "no file is wrong usage", "face", false, 2, NULL, "name at least one picture" },
    { "an unknown option gets the nearest", "face --prety x.jpg", false, 2, NULL, "did you mean --pretty?" },
    { "an unknown setting gets the nearest", "face --set face.crad=x x.jpg", false, 2, NULL, "did you mean face.card?" },
    { "a card that is not there is named", "face --set face.card=other x.jpg", false, 3, NULL, "other.json" },
    { "help is printed", "face --help", false, 0, "usage: gangway face", NULL },

    { "one man is the same", "compare {M}/franck_02159.jpg {M}/franck_03909.jpg", true, 0, "\"same\":true", NULL },
    { "two people are not", "compare {M}/franck_02159.jpg {M}/audrey.jpg", true, 0, "\"same\":false", NULL },
    { "a picture and itself score 1", "compare {M}/cage.jpg {M}/cage.jpg", true, 0, "\"score\":1", NULL },
    { "the operating point is named", "compare {M}/cage.jpg {M}/cage.jpg", true, 0, "\"fmr\":1e-5", NULL },
    { "no face in the first is not valid", "compare {D}/grey.png {M}/cage.jpg", true, 1, "in the first picture", NULL },
    { "no face in the second is not valid", "compare {M}/cage.jpg {D}/grey.png", true, 1, "in the second picture", NULL },
    { "a picture that cannot be read", "compare {M}/cage.jpg {D}/none.jpg", true, 3, "none.jpg\",\"valid\":false",
        "gangway compare: " },
    { "of several faces the largest is compared, and it is said", "compare {M}/cage.jpg {D}/twelve.jpg", true, 0,
        "\"code\":\"several_faces\",\"text\":\"12 faces were found in the second picture: the largest was compared\"", NULL },
    { "standard input is one picture, not two", "compare - - <{M}/cage.jpg", true, 2, NULL, "one of the pictures, not both" },
    { "three pictures are wrong usage", "compare a b c", false, 2, NULL, "name two pictures" },

    { "a picture of a labelled set that is none is named", "evaluate --index {D}/index.csv", true, 0, "\"unreadable\":2",
        "text.jpg: this is text" },
    { "and so is one that is not there", "evaluate --index {D}/index.csv", true, 0, "\"images\":3", "none.jpg: No such file" },

    { "--version names the networks and their hashes", "--version", false, 0,
        "sha256:87aacdfe57510db2af90c0251df680e8eec88f122ee94712121d09bcaaaf3581", NULL },
    { "--version without a card says so and is no failure", "version --set face.card=other", false, 0, "models: none", NULL },
};

static void row_test(void **state)
{
    const struct row *r = *state;
    if (r->needs_networks && (kit_vendor("media/cage.jpg") == NULL || kit_vendor("models/fr_feature.onnx") == NULL)) {
        print_message("left out: no networks or pictures here (tools/setup)\n");
        skip();
    }
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) errors = {};
    const int status = run(&out, &errors, r->arguments);
    if (status != r->status)
        fail_msg("status %d, not %d: %s%s", status, r->status, gw_buf_text(&out), gw_buf_text(&errors));
    if (r->out != NULL && strstr(gw_buf_text(&out), r->out) == NULL)
        fail_msg("\"%s\" is not in: %s", r->out, gw_buf_text(&out));
    if (r->errors != NULL && strstr(gw_buf_text(&errors), r->errors) == NULL)
        fail_msg("\"%s\" is not in: %s", r->errors, gw_buf_text(&errors));
    if (r->out == NULL)
        CHECK_TEXT(gw_buf_text(&out), "");
    if (r->status == 0 && r->errors == NULL)
        CHECK_TEXT(gw_buf_text(&errors), "");
}

/* A variable of the environment that names no setting: who keeps or runs something refuses it, who
 * only reads says so. */
static const struct variable_row {
    const char *label, *variable, *value, *arguments;
    int status;
    const char *out, *errors;
} variable_rows[] = {
    { "version says an unknown variable and goes on", "GANGWAY_STOR_PATH", "x", "version", 0, "gangway ", "passed over: GANGWAY_STOR_PATH" },
    { "help is not in its way", "GANGWAY_STOR_PATH", "x", "version --help", 0, "usage: gangway version", NULL },
    { "nor that of face", "GANGWAY_STOR_PATH", "x", "face --help", 0, "usage: gangway face", NULL },
    { "nor that of compare", "GANGWAY_STOR_PATH", "x", "compare --help", 0, "usage: gangway compare", NULL },
    { "nor that of serve", "GANGWAY_STOR_PATH", "x", "serve --help", 0, "usage: gangway serve", NULL },
    { "face goes on to its pictures", "GANGWAY_STOR_PATH", "x", "face", 2, NULL, "name at least one picture" },
    { "config refuses it", "GANGWAY_STOR_PATH", "x", "config", 2, NULL, "GANGWAY_STOR_PATH, which names no setting" },
    { "serve refuses it", "GANGWAY_STOR_PATH", "x", "serve", 2, NULL, "GANGWAY_STOR_PATH, which names no setting" },
    { "doctor refuses it", "GANGWAY_STOR_PATH", "x", "doctor", 2, NULL, "GANGWAY_STOR_PATH, which names no setting" },
    { "a known one with a wrong value is refused everywhere", "GANGWAY_IMAGE_PIXELS", "many", "version", 2, NULL, "image.pixels cannot be" },
};

static void variable_test(void **state)
{
    const struct variable_row *r = *state;
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) errors = {};
    setenv(r->variable, r->value, 1);
    const int status = run(&out, &errors, r->arguments);
    unsetenv(r->variable);
    if (status != r->status)
        fail_msg("status %d, not %d: %s%s", status, r->status, gw_buf_text(&out), gw_buf_text(&errors));
    if (r->out != NULL && strstr(gw_buf_text(&out), r->out) == NULL)
        fail_msg("\"%s\" is not in: %s", r->out, gw_buf_text(&out));
    if (r->errors == NULL)
        CHECK_TEXT(gw_buf_text(&errors), "");
    else if (strstr(gw_buf_text(&errors), r->errors) == NULL)
        fail_msg("\"%s\" is not in: %s", r->errors, gw_buf_text(&errors));
}

/* The keys the contract fixes, and what their values may be. */
static void keys(void **state)
{
    (void)state;
    if (kit_vendor("media/cage.jpg") == NULL || kit_vendor("models/fr_feature.onnx") == NULL)
        skip();
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_buf) out = {};
    GW_AUTO_VALUE(gw_buf) errors = {};
    CHECK_INT(run(&out, &errors, "face {M}/franck_02159.jpg"), 0);
    GW_AUTO(gw_json) *j = gw_json_parse(gw_buf_span(&out), &err);
    const struct gw_json *face = gw_json_at(gw_json_get(j, "faces"), 0);
    static const char *const numbers[] = { "confidence", "eye_distance_px", "quality", "liveness" };
    static const double most[] = { 1, 720, 100, 1 };
    for (size_t i = 0; i < GW_COUNT(numbers); i++) {
        double v = -1;
        CHECK(gw_json_get_real(face, numbers[i], &v));
        CHECK(v >= 0 && v <= most[i]);
    }
    static const char *const angles[] = { "yaw_deg", "pitch_deg", "roll_deg" };
    for (size_t i = 0; i < GW_COUNT(angles); i++) {
        double v = 999;
        CHECK(gw_json_get_real(gw_json_get(face, "pose"), angles[i], &v));
        CHECK(v > -90 && v < 90);
    }
    CHECK_INT(gw_json_size(gw_json_get(face, "landmarks")), 5);
    CHECK_INT(gw_json_size(gw_json_at(gw_json_get(face, "landmarks"), 0)), 2);
    CHECK_INT(gw_json_size(gw_json_get(face, "quality_components")), 9);
    double ms = -1;
    CHECK(gw_json_get_real(j, "elapsed_ms", &ms));
    CHECK(ms > 0);
    static const char *const sides[] = { "x", "y", "width", "height" };
    for (size_t i = 0; i < GW_COUNT(sides); i++) {
        double v;
        CHECK(gw_json_get_real(gw_json_get(face, "box"), sides[i], &v));
    }
}

static void write_image(const char *name, uint32_t width, uint32_t height)
{
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(16 << 20);
    GW_AUTO_VALUE(gw_buf) png = {};
    const struct gw_image image = kit_picture(a, width, height, 5);
    CHECK_OK(gw_image_write_png(&png, &image, &err));
    kit_write(&folder, name, gw_buf_span(&png));
}

/* One face twelve times over. */
static void write_twelve(void)
{
    struct gw_err err = {};
    const char *path = kit_vendor("media/obama4_crop.jpg");
    GW_AUTO(gw_arena) *a = gw_arena_new(64 << 20);
    GW_AUTO_VALUE(gw_buf) bytes = {};
    GW_AUTO_VALUE(gw_buf) jpeg = {};
    struct gw_image one;
    const struct gw_image_limits limits = GW_IMAGE_LIMITS_DEFAULT;
    if (path == NULL)
        return;
    CHECK_OK(gw_buf_read_file(&bytes, path, limits.most_bytes, &err));
    CHECK_OK(gw_image_decode(&one, a, gw_buf_span(&bytes), &limits, 0, NULL, &err));
    const struct gw_image all = kit_picture(a, one.width * 4, one.height * 3, 5);
    for (uint32_t y = 0; y < all.height; y++)
        for (uint32_t column = 0; column < 4; column++)
            memcpy(all.data + y * all.stride + (size_t)column * one.width * 3, one.data + y % one.height * one.stride, (size_t)one.width * 3);
    CHECK_OK(gw_image_write_jpeg(&jpeg, &all, 90, &err));
    kit_write(&folder, "twelve.jpg", gw_buf_span(&jpeg));
}

static void write_files(void)
{
    struct gw_err err = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(16 << 20);
    GW_AUTO_VALUE(gw_buf) jpeg = {};
    const struct gw_image image = kit_picture(a, 200, 200, 6);
    CHECK_OK(gw_image_write_jpeg(&jpeg, &image, 80, &err));
    kit_write(&folder, "cut.jpg", gw_span_of(jpeg.data, jpeg.size / 2));
    kit_write(&folder, "text.jpg", gw_span_str("this is not a picture\n"));
    kit_write(&folder, "empty.jpg", gw_span_of("", 0));
    write_image("grey.png", 320, 240);
    write_image("pixel.png", 1, 1);
    write_twelve();
    kit_write(&folder, "index.csv", gw_span_str("path,identity\ntext.jpg,a\nnone.jpg,a\ntwelve.jpg,a\ntwelve.jpg,b\n"));
}

int main(void)
{
    struct gw_err err = {};
    if (!gw_crypto_init(&err))
        return 1;
    kit_folder_make(&folder);
    write_files();
    check_rows("command", rows, row_test);
    check_rows("environment", variable_rows, variable_test);
    check_add("command", "face prints the keys of its contract", keys);
    const int status = check_done();
    kit_folder_drop(&folder);
    return status;
}
