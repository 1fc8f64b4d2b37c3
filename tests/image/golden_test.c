/* golden_test.c - every picture of tests/golden/image does what its name says.
 *
 * NAME.bars.*   decodes to the eight color bars (make.py), NAME.grey.* to their grey,
 * NAME.pixel.*  to one pixel; NAME.format.*, .unsupported.*, .limit.* fail with that
 * code. Adding a file adds its tests. What decodes must also do so scaled, within any
 * arena that is large enough, and never when a byte of its end is missing. */
#include "base/buf.h"
#include "image/image.h"
#include "tests/check.h"

#include <dirent.h>

enum { WIDTH = 64, HEIGHT = 48, NEAR = 9, NEAR_HALVED = 20 /* wavelets ring at the bars' edges */ };

static const uint8_t bars[8][3] = {
    { 255, 255, 255 }, { 255, 255, 0 }, { 0, 255, 255 }, { 0, 255, 0 },
    { 255, 0, 255 }, { 255, 0, 0 }, { 0, 0, 255 }, { 0, 0, 0 },
};
static const struct gw_image_limits limits = { 8 << 20, 40'000'000, 5'000'000 };

static void read_golden(struct gw_buf *out, const char *name)
{
    struct gw_err err = {};
    GW_AUTO_MEM char *path = NULL;
    CHECK(asprintf(&path, "%s/tests/golden/image/%s", getenv("GANGWAY_TEST_SOURCE"), name) > 0);
    CHECK_OK(gw_buf_read_file(out, path, 8 << 20, &err));
}

static bool kind_is(const char *name, const char *kind)
{
    const char *first = strchr(name, '.');
    return first != NULL && strncmp(first + 1, kind, strlen(kind)) == 0 && first[1 + strlen(kind)] == '.';
}

/* Of a picture scaled down by `scale`: the middle of each bar, in both halves. */
static void check_bars(const struct gw_image *image, unsigned scale, bool grey)
{
    CHECK_INT(image->width, (WIDTH + scale - 1) / scale);
    CHECK_INT(image->height, (HEIGHT + scale - 1) / scale);
    static const uint32_t heights[] = { 4, 18, 28, 44 };
    for (size_t j = 0; j < GW_COUNT(heights); j++)
        for (uint32_t i = 0; i < 8; i++) {
            const uint8_t *want = bars[heights[j] < 36 ? i : 7 - i];
            const uint8_t *got = image->data + heights[j] / scale * image->stride + (size_t)(i * 8 + 4) / scale * 3;
            double luma = 0.299 * want[0] + 0.587 * want[1] + 0.114 * want[2];
            for (unsigned c = 0; c < 3; c++)
                if (fabs(got[c] - (grey ? luma : want[c])) > (scale == 1 ? NEAR : NEAR_HALVED))
                    fail_msg("bar %u at row %u is %u %u %u, scale %u", i, heights[j], got[0], got[1], got[2], scale);
        }
}

static void decodes(void **state)
{
    const char *name = *state;
    GW_AUTO_VALUE(gw_buf) file = {};
    read_golden(&file, name);
    bool grey = kind_is(name, "grey"), pixel = kind_is(name, "pixel");
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    struct gw_err err = {};
    struct gw_image_info info;
    struct gw_image image;
    unsigned scale = 99;

    CHECK_OK(gw_image_probe(&info, gw_buf_span(&file), &limits, &err));
    CHECK_OK(gw_image_decode(&image, a, gw_buf_span(&file), &limits, 0, &scale, &err));
    CHECK_INT(scale, 1);
    CHECK_INT(image.width, info.width);
    CHECK_INT(image.height, info.height);
    if (pixel) {
        CHECK_INT(image.width, 1);
        CHECK_INT(image.height, 1);
        for (unsigned c = 0; c < 3; c++)
            CHECK_NEAR(image.data[c], 16 * (c + 1.0), 2);
        return;
    }
    check_bars(&image, 1, grey);

    for (uint32_t want = 1; want <= HEIGHT + 1; want += 4) {
        struct gw_image small;
        gw_arena_reset(a);
        CHECK_OK(gw_image_decode(&small, a, gw_buf_span(&file), &limits, want, &scale, &err));
        CHECK(scale == 1 || scale == 2 || scale == 4 || scale == 8);
        CHECK(scale == 1 || small.height >= want);
        if (scale <= 2) /* beyond, chroma of neighbouring bars meets in the middle */
            check_bars(&small, scale, grey);
    }

    /* Limits: exactly at them, and one past. */
    struct gw_image_limits exact = { file.size, WIDTH * HEIGHT, 0 }, bytes = exact, pixels = exact;
    bytes.most_bytes--;
    pixels.most_pixels--;
    CHECK_OK(gw_image_decode(&image, a, gw_buf_span(&file), &exact, 0, NULL, &err));
    CHECK_FAILS(gw_image_decode(&image, a, gw_buf_span(&file), &bytes, 0, NULL, &err), GW_ERR_LIMIT);
    CHECK_FAILS(gw_image_decode(&image, a, gw_buf_span(&file), &pixels, 0, NULL, &err), GW_ERR_LIMIT);
}

static void any_arena(void **state)
{
    GW_AUTO_VALUE(gw_buf) file = {};
    read_golden(&file, *state);
    struct gw_err err = {};
    struct gw_image image;
    bool read = false;
    for (size_t cap = 0; !read; cap += 997) {
        GW_AUTO(gw_arena) *a = gw_arena_new(cap);
        err = (struct gw_err){};
        read = gw_image_decode(&image, a, gw_buf_span(&file), &limits, 0, NULL, &err);
        if (!read)
            CHECK_INT(err.code, GW_ERR_LIMIT);
        CHECK(!read || cap >= 3 * (size_t)image.width * image.height);
        CHECK(cap < 100'000);
    }
}

/* Bytes of an exact allocation, so that ASan sees a read past the end. */
static bool decode_copy(struct gw_span bytes, struct gw_image_info *info, struct gw_err *err)
{
    GW_AUTO(gw_arena) *a = gw_arena_new(1 << 20);
    uint8_t *copy = malloc(bytes.size > 0 ? bytes.size : 1);
    struct gw_image image;
    struct gw_image_limits little = { 1 << 20, 100'000, 5'000'000 };
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    *err = (struct gw_err){};
    bool read = gw_image_decode(&image, a, gw_span_of(copy, bytes.size), &little, 0, NULL, err);
    if (read) {
        CHECK(gw_image_probe(info, gw_span_of(copy, bytes.size), &little, NULL));
        CHECK_INT(info->width, image.width);
        CHECK_INT(info->height, image.height);
    } else {
        CHECK(err->code == GW_ERR_FORMAT || err->code == GW_ERR_UNSUPPORTED || err->code == GW_ERR_LIMIT);
        CHECK(err->text[0] != 0 && strchr(err->text, '\n') == NULL);
        CHECK(err->at == GW_NO_PLACE || err->at <= bytes.size);
    }
    free(copy);
    return read;
}

static void never_cut(void **state)
{
    const char *name = *state;
    GW_AUTO_VALUE(gw_buf) file = {};
    read_golden(&file, name);
    struct gw_err err;
    struct gw_image_info info;
    size_t step = GW_MAX(file.size / 300, (size_t)1);
    for (size_t n = 0; n < file.size; n += n + 40 < file.size ? step : 1)
        if (decode_copy(gw_span_slice(gw_buf_span(&file), 0, n), &info, &err))
            fail_msg("decodes from %zu of %zu bytes", n, file.size);
        else if (err.code == GW_ERR_LIMIT)
            fail_msg("%zu of %zu bytes: %s", n, file.size, err.text);
}

/* Not a proof, but the cheapest look for what a fuzzer finds first. */
static void changed_bytes(void **state)
{
    GW_AUTO_VALUE(gw_buf) file = {};
    read_golden(&file, *state);
    struct gw_err err;
    struct gw_image_info info;
    size_t step = GW_MAX(file.size / 200, (size_t)1);
    for (size_t i = 0; i < file.size; i += step) {
        uint8_t was = file.data[i];
        static const uint8_t changes[] = { 0x01, 0x80, 0xff };
        file.data[i] ^= changes[i / step % GW_COUNT(changes)];
        (void)!decode_copy(gw_buf_span(&file), &info, &err);
        file.data[i] = was;
    }
}

static void fails(void **state)
{
    const char *name = *state;
    GW_AUTO_VALUE(gw_buf) file = {};
    GW_AUTO(gw_arena) *a = gw_arena_new(256 << 20);
    struct gw_err err = {};
    struct gw_image image;
    read_golden(&file, name);
    enum gw_err_code want = kind_is(name, "limit") ? GW_ERR_LIMIT : kind_is(name, "format") ? GW_ERR_FORMAT
                                                                                             : GW_ERR_UNSUPPORTED;
    CHECK_FAILS(gw_image_decode(&image, a, gw_buf_span(&file), &limits, 0, NULL, &err), want);
    CHECK(err.text[0] != 0 && strchr(err.text, '\n') == NULL);
    CHECK(err.at == GW_NO_PLACE || err.at <= file.size);
    print_message("# %s: %s\n", name, err.text);
    if (decode_copy(gw_buf_span(&file), &(struct gw_image_info){}, &err))
        fail_msg("decoded after all");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int wanted(const struct dirent *e)
{
    return e->d_name[0] != '.' && strcmp(e->d_name, "make.py") != 0;
}

int main(void)
{
    struct dirent **files;
    GW_AUTO_MEM char *folder = NULL;
    const char *source = getenv("GANGWAY_TEST_SOURCE");
    if (source == NULL || asprintf(&folder, "%s/tests/golden/image", source) < 0)
        return 1;
    int n = scandir(folder, &files, wanted, by_name);
    for (int i = 0; i < n; i++) {
        const char *name = files[i]->d_name;
        bool good = kind_is(name, "bars") || kind_is(name, "grey") || kind_is(name, "pixel");
        if (!good) {
            check_add_("fails", name, fails, name);
            continue;
        }
        check_add_("decodes", name, decodes, name);
        check_add_("fits any arena that is large enough", name, any_arena, name);
        check_add_("is not read with its end missing", name,
            strncmp(name, "trailing", 8) == 0 ? any_arena : never_cut, name);
        check_add_("survives changed bytes", name, changed_bytes, name);
    }
    if (n < 100) {
        printf("Bail out! only %d files in %s\n", n, folder);
        return 1;
    }
    int status = check_done();
    for (int i = 0; i < n; i++)
        free(files[i]);
    free(files);
    return status;
}
