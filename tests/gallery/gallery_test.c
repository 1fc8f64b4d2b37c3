/* gallery_test.c - templates and a gallery's life. */
#include "gallery/gallery.h"
#include "tests/check.h"
#include "tests/gallery/made.h"

#include <pthread.h>

enum { N = 420 };
static struct gw_template faces[N];
static struct gw_gallery_item items[N];
static uint64_t seed = 9;

static void fill(unsigned dim)
{
    for (size_t i = 0; i < N; i++) {
        made_template(&faces[i], &seed, dim);
        items[i] = (struct gw_gallery_item){ made_id((uint32_t)i), &faces[i] };
    }
}

static const struct made_row {
    const char *label;
    float v[4];
    unsigned dim;
    int16_t want[4];
    enum gw_err_code fails;
} made_rows[] = {
    { "a unit vector", { 1, 0, 0, 0 }, 4, { 16384 }, GW_OK },
    { "rounded to nearest", { 0.5F, 0.5F, -0.50002F, 0.49999F }, 4, { 8192, 8192, -8192, 8192 }, GW_OK },
    { "a face that weighs more", { 0, 0, -1.25F, 0 }, 4, { 0, 0, -20480 }, GW_OK },
    { "a face that weighs less", { 0.8F }, 1, { 13107 }, GW_OK },
    { "too short for a face", { 0.78F }, 1, {}, GW_ERR_INVALID },
    { "too long for a face", { 1.2F, 0.5F }, 2, {}, GW_ERR_INVALID },
    { "as large as floats get", { 3e38F, 3e38F, 0, 0 }, 4, {}, GW_ERR_INVALID },
    { "as small as floats get", { 1e-42F, 0, 0, 0 }, 4, {}, GW_ERR_INVALID },
    { "one dimension", { -1 }, 1, { -16384 }, GW_OK },
    { "zeros are nobody", { 0, 0, 0, 0 }, 4, {}, GW_ERR_INVALID },
    { "not a number is refused", { 1, NAN, 0, 0 }, 4, {}, GW_ERR_INVALID },
    { "infinity is refused", { 1, INFINITY, 0, 0 }, 4, {}, GW_ERR_INVALID },
    { "no dimension at all", { 1 }, 0, {}, GW_ERR_INVALID },
};

static void make_test(void **state)
{
    const struct made_row *r = *state;
    struct gw_err err;
    struct gw_template t;
    if (r->fails != GW_OK) {
        CHECK_FAILS(gw_template_make(&t, r->v, r->dim, &err), r->fails);
        return;
    }
    CHECK_OK(gw_template_make(&t, r->v, r->dim, &err));
    CHECK_INT(t.dim, r->dim);
    for (unsigned i = 0; i < r->dim; i++)
        CHECK_INT(t.v[i], r->want[i]);
    CHECK(gw_template_check(&t));
}

static void limits_test(void **)
{
    struct gw_err err;
    static float v[GW_TEMPLATE_DIM_MAX + 1];
    struct gw_template t;
    for (unsigned i = 0; i <= GW_TEMPLATE_DIM_MAX; i++)
        v[i] = 0.0390625F * 0.999F; /* length 1.25, of the largest dimension, rounding badly */
    CHECK_OK(gw_template_make(&t, v, GW_TEMPLATE_DIM_MAX, &err));
    CHECK(gw_template_check(&t));
    CHECK_FAILS(gw_template_make(&t, v, GW_TEMPLATE_DIM_MAX + 1, &err), GW_ERR_INVALID);

    struct gw_template one = { .dim = 1, .v = { GW_TEMPLATE_LENGTH_MOST } };
    CHECK(gw_template_check(&one));
    one.v[0]++;
    CHECK(!gw_template_check(&one));
    one.v[0] = GW_TEMPLATE_LENGTH_LEAST;
    CHECK(gw_template_check(&one));
    one.v[0]--;
    CHECK(!gw_template_check(&one));
    one.dim = 0;
    CHECK(!gw_template_check(&one));
}

static void kept_test(void **)
{
    struct gw_err err;
    struct gw_template t, back;
    uint8_t bytes[GW_TEMPLATE_BYTES_MAX];
    for (unsigned dim = 1; dim <= GW_TEMPLATE_DIM_MAX; dim += 31) {
        made_template(&t, &seed, dim);
        gw_template_format(bytes, &t);
        CHECK_OK(gw_template_parse(&back, gw_span_of(bytes, gw_template_bytes(dim)), &err));
        CHECK(memcmp(&t, &back, sizeof t) == 0);
        CHECK_FAILS(gw_template_parse(&back, gw_span_of(bytes, gw_template_bytes(dim) - 1), &err), GW_ERR_FORMAT);
        if (dim < GW_TEMPLATE_DIM_MAX)
            CHECK_FAILS(gw_template_parse(&back, gw_span_of(bytes, gw_template_bytes(dim) + 1), &err), GW_ERR_FORMAT);
    }
    made_template(&t, &seed, 2);
    gw_template_format(bytes, &t);
    CHECK_INT(bytes[0], 2);
    CHECK_INT(bytes[1], 0);
    memset(bytes + 2, 0, 4);
    CHECK_FAILS(gw_template_parse(&back, gw_span_of(bytes, 6), &err), GW_ERR_INVALID);
    CHECK_FAILS(gw_template_parse(&back, gw_span_of(bytes, 1), &err), GW_ERR_FORMAT);
    CHECK_FAILS(gw_template_parse(&back, (struct gw_span){}, &err), GW_ERR_FORMAT);
}

static void empty_test(void **)
{
    struct gw_err err;
    GW_AUTO(gw_gallery) *g = gw_gallery_new(NULL, 0, &err);
    CHECK_OK(g != NULL);
    CHECK_INT(gw_gallery_persons(g), 0);
    CHECK_INT(gw_gallery_dim(g), 0);
    struct gw_template t;
    struct gw_hit hit[2];
    size_t n[2] = { 5, 5 };
    made_template(&t, &seed, 512);
    CHECK_INT(gw_gallery_search(hit, 2, g, &t), 0);
    gw_gallery_search_many(hit, n, 1, g, (const struct gw_template *[]){ &t, &t }, 2);
    CHECK_INT(n[0] + n[1], 0);
    CHECK(!gw_gallery_score_person(hit, g, made_id(1), &t));
    fill(128);
    GW_AUTO(gw_gallery) *more = gw_gallery_change(g, items, 3, NULL, 0, &err);
    CHECK_OK(more != NULL);
    CHECK_INT(gw_gallery_persons(more), 3);
    CHECK_INT(gw_gallery_dim(more), 128);
}

static void change_test(void **)
{
    struct gw_err err;
    fill(512);
    GW_AUTO(gw_gallery) *g = gw_gallery_new(items, 100, &err);
    CHECK_OK(g != NULL);

    /* 100 and 101 come, 5 gets a second portrait, 7 goes, 8 gets a new one instead, 99999 was never there. */
    struct gw_gallery_item add[] = { items[100], items[101], { made_id(5), &faces[200] }, { made_id(8), &faces[201] } };
    struct gw_id drop[] = { made_id(99999), made_id(8), made_id(7) };
    GW_AUTO(gw_gallery) *h = gw_gallery_change(g, add, GW_COUNT(add), drop, GW_COUNT(drop), &err);
    CHECK_OK(h != NULL);
    CHECK_INT(gw_gallery_persons(h), 101);
    CHECK_INT(gw_gallery_templates(h), 102);
    CHECK_INT(gw_gallery_portraits(h, made_id(5)), 2);
    CHECK_INT(gw_gallery_portraits(h, made_id(7)), 0);
    CHECK_INT(gw_gallery_portraits(h, made_id(8)), 1);

    struct gw_hit hit;
    CHECK_INT(gw_gallery_search(&hit, 1, h, &faces[200]), 1);
    CHECK_INT(made_number(hit.person), 5);
    CHECK_INT(hit.portrait, 1);
    CHECK_INT(gw_gallery_search(&hit, 1, h, &faces[5]), 1);
    CHECK_INT(hit.portrait, 0);
    CHECK_INT(gw_gallery_search(&hit, 1, h, &faces[7]), 1);
    CHECK(hit.score < GW_SCORE_ONE / 2);
    CHECK_INT(gw_gallery_search(&hit, 1, h, &faces[201]), 1);
    CHECK_INT(made_number(hit.person), 8);
    CHECK_INT(gw_gallery_search(&hit, 1, h, &faces[8]), 1);
    CHECK(hit.score < GW_SCORE_ONE / 2);
    /* The old one is as it was. */
    CHECK_INT(gw_gallery_persons(g), 100);
    CHECK_INT(gw_gallery_search(&hit, 1, g, &faces[7]), 1);
    CHECK_INT(made_number(hit.person), 7);

    for (size_t i = 1; i < gw_gallery_persons(h); i++)
        CHECK(gw_id_compare(gw_gallery_person(h, i - 1), gw_gallery_person(h, i)) < 0);
}

static void refused_test(void **)
{
    struct gw_err err;
    fill(512);
    struct gw_template bad = faces[3];
    struct gw_gallery_item list[5];
    memcpy(list, items, sizeof list);
    list[3].portrait = &bad;

    bad.v[0] = 20645;
    CHECK_FAILS(gw_gallery_new(list, 5, &err) != NULL, GW_ERR_INVALID);
    CHECK_INT(err.at, 3);
    made_template(&bad, &seed, 128);
    CHECK_FAILS(gw_gallery_new(list, 5, &err) != NULL, GW_ERR_INVALID);
    CHECK_INT(err.at, 3);
    /* Seventeen unit lengths at once: 17 * 2^28 is 2^28 in 32 bits. */
    bad = (struct gw_template){ .dim = 512 };
    for (int i = 0; i < 17; i++)
        bad.v[i] = GW_TEMPLATE_ONE;
    CHECK_FAILS(gw_gallery_new(list, 5, &err) != NULL, GW_ERR_INVALID);
    CHECK_INT(err.at, 3);
    GW_AUTO(gw_gallery) *g = gw_gallery_new(list, 3, &err);
    CHECK_OK(g != NULL);
    CHECK_FAILS(gw_gallery_change(g, list + 1, 3, NULL, 0, &err) != NULL, GW_ERR_INVALID);
    CHECK_INT(err.at, 2);
    made_template(&bad, &seed, 128);
    CHECK_FAILS(gw_gallery_change(g, list + 3, 1, NULL, 0, &err) != NULL, GW_ERR_INVALID);
    CHECK_FAILS(gw_gallery_new(list, (size_t)GW_GALLERY_MAX + 1, &err) != NULL, GW_ERR_LIMIT);
    CHECK_FAILS(gw_gallery_change(g, list, GW_GALLERY_MAX - 2, NULL, 0, &err) != NULL, GW_ERR_LIMIT);
    CHECK_FAILS(gw_gallery_change(g, list, SIZE_MAX, NULL, 0, &err) != NULL, GW_ERR_LIMIT);
}

static void memory_test(void **)
{
    struct gw_err err;
    fill(512);
    GW_AUTO(gw_gallery) *g = gw_gallery_new(items, N, &err);
    CHECK_OK(g != NULL);
    CHECK(gw_gallery_bytes(g) / N < 2560);
    CHECK(gw_gallery_bytes(g) / N >= 512 * 3);
}

/* Readers hold on to what they have while others let go; ThreadSanitizer watches. */
static struct gw_gallery *shared;
static void *reader(void *)
{
    for (int i = 0; i < 200; i++) {
        GW_AUTO(gw_gallery) *mine = gw_gallery_ref(shared);
        struct gw_hit hit;
        if (gw_gallery_search(&hit, 1, mine, &faces[i]) != 1 || made_number(hit.person) != (uint32_t)i)
            return "wrong";
    }
    return NULL;
}
static void threads_test(void **)
{
    struct gw_err err;
    fill(512);
    shared = gw_gallery_new(items, N, &err);
    CHECK_OK(shared != NULL);
    pthread_t t[4];
    for (size_t i = 0; i < GW_COUNT(t); i++)
        CHECK_INT(pthread_create(&t[i], NULL, reader, NULL), 0);
    for (size_t i = 0; i < GW_COUNT(t); i++) {
        void *wrong;
        pthread_join(t[i], &wrong);
        CHECK(wrong == NULL);
    }
    gw_gallery_unref(shared);
    gw_gallery_unref(NULL);
}

int main(void)
{
    check_rows("template", made_rows, make_test);
    check_add("template", "dimension and length have limits", limits_test);
    check_add("template", "kept bytes give the same template back", kept_test);
    check_add("gallery", "with nobody in it answers nobody", empty_test);
    check_add("gallery", "a change makes another and leaves the old one alone", change_test);
    check_add("gallery", "what does not fit is refused with its place", refused_test);
    check_add("gallery", "takes less than 2.5 KiB a traveler", memory_test);
    check_add("gallery", "many search and let go at the same time", threads_test);
    return check_done();
}
