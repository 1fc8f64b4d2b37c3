/* file_test.c - a gallery's file form: back as it was, and every damage found. */
#include "base/buf.h"
#include "gallery/gallery.h"
#include "tests/check.h"
#include "tests/gallery/made.h"

static uint64_t seed = 3;

static bool add(void *to, struct gw_span piece)
{
    gw_buf_add(to, piece.data, piece.size);
    return true;
}

static struct gw_gallery *made(size_t n, size_t people, unsigned dim)
{
    static struct gw_template faces[2000];
    static struct gw_gallery_item items[2000];
    struct gw_err err;
    for (size_t i = 0; i < n; i++) {
        made_template(&faces[i], &seed, dim);
        items[i] = (struct gw_gallery_item){ made_id((uint32_t)((i * 31) % people)), &faces[i] };
    }
    return gw_gallery_new(items, n, &err);
}

static const struct row {
    const char *label;
    size_t n, people;
    unsigned dim;
} rows[] = {
    { "nobody", 0, 1, 512 },
    { "one", 1, 1, 512 },
    { "a flight", 420, 420, 512 },
    { "several portraits each", 600, 200, 512 },
    { "more rows than one piece", 1500, 1500, 64 },
    { "a dimension with padding", 100, 50, 100 },
    { "dimension 1", 20, 20, 1 },
    { "dimension 1024", 30, 30, 1024 },
};

static void back_test(void **state)
{
    const struct row *r = *state;
    struct gw_err err;
    GW_AUTO(gw_gallery) *g = made(r->n, r->people, r->dim);
    GW_AUTO_VALUE(gw_buf) file = {}, again = {};
    CHECK(gw_gallery_format(g, "model-1", add, &file));
    CHECK_INT(file.size, gw_gallery_format_bytes(g));
    GW_AUTO(gw_gallery) *h = gw_gallery_parse(gw_buf_span(&file), "model-1", &err);
    CHECK_OK(h != NULL);
    CHECK_INT(gw_gallery_persons(h), gw_gallery_persons(g));
    CHECK_INT(gw_gallery_templates(h), gw_gallery_templates(g));
    CHECK(gw_gallery_format(h, "model-1", add, &again));
    CHECK(gw_span_equal(gw_buf_span(&file), gw_buf_span(&again)));

    if (r->n == 0)
        return;
    struct gw_template probe;
    made_template(&probe, &seed, r->dim);
    struct gw_hit a[3], b[3];
    size_t n = gw_gallery_search(a, 3, g, &probe);
    CHECK_INT(gw_gallery_search(b, 3, h, &probe), n);
    CHECK(memcmp(a, b, n * sizeof *a) == 0);
}

static void damage_test(void **)
{
    struct gw_err err;
    GW_AUTO(gw_gallery) *g = made(5, 5, 70);
    GW_AUTO_VALUE(gw_buf) file = {};
    CHECK(gw_gallery_format(g, "m", add, &file));
    const struct gw_span s = gw_buf_span(&file);
    /* Every bit there is. */
    for (size_t i = 0; i < file.size * 8; i++) {
        file.data[i / 8] ^= (uint8_t)(1 << i % 8);
        CHECK(gw_gallery_parse(s, "m", &err) == NULL);
        file.data[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    /* Every length but the right one; and swapped rows, which single bits do not try. */
    for (size_t n = 0; n < file.size; n++)
        CHECK_FAILS(gw_gallery_parse(gw_span_slice(s, 0, n), "m", &err) != NULL, GW_ERR_FORMAT);
    uint8_t row[140];
    const size_t rows_at = 128 + 5 * 16;
    memcpy(row, file.data + rows_at, 140);
    memcpy(file.data + rows_at, file.data + rows_at + 140, 140);
    memcpy(file.data + rows_at + 140, row, 140);
    CHECK_FAILS(gw_gallery_parse(s, "m", &err) != NULL, GW_ERR_CORRUPT);
}

static void told_test(void **)
{
    struct gw_err err;
    GW_AUTO(gw_gallery) *g = made(3, 3, 64);
    GW_AUTO_VALUE(gw_buf) file = {};
    CHECK(gw_gallery_format(g, "model-1", add, &file));
    const struct gw_span s = gw_buf_span(&file);
    CHECK_FAILS(gw_gallery_parse(s, "model-2", &err) != NULL, GW_ERR_CONFLICT);
    CHECK_FAILS(gw_gallery_parse(s, "model-", &err) != NULL, GW_ERR_CONFLICT);
    CHECK_FAILS(gw_gallery_parse(s, "model-11", &err) != NULL, GW_ERR_CONFLICT);
    CHECK_FAILS(gw_gallery_parse((struct gw_span){}, "model-1", &err) != NULL, GW_ERR_FORMAT);
    file.data[8] = 2;
    CHECK_FAILS(gw_gallery_parse(s, "model-1", &err) != NULL, GW_ERR_UNSUPPORTED);
    file.data[8] = 1;
    memset(file.data + 16, 0xff, 8);
    CHECK_FAILS(gw_gallery_parse(s, "model-1", &err) != NULL, GW_ERR_LIMIT);
    memset(file.data + 16, 0, 8);
    CHECK_FAILS(gw_gallery_parse(s, "model-1", &err) != NULL, GW_ERR_FORMAT);
}

static bool third(void *to, struct gw_span)
{
    return ++*(int *)to < 3;
}
static void stop_test(void **)
{
    GW_AUTO(gw_gallery) *g = made(3, 3, 100);
    int calls = 0;
    CHECK(!gw_gallery_format(g, "m", third, &calls));
    CHECK_INT(calls, 3);
}

int main(void)
{
    check_rows("back", rows, back_test);
    check_add("damage", "every flipped bit, every cut and swapped rows are found", damage_test);
    check_add("damage", "is told apart: model, version, limit, format", told_test);
    check_add("format", "stops when the writer does", stop_test);
    return check_done();
}
