/* quality_test.c - each component against pictures made to be good or bad at just that. */
#include "face/engine.h"
#include "tests/check.h"

#include <math.h>

enum { SIDE = 112 };

/* A face-like picture: soft shading, a fine texture of the given strength, brightness and contrast to taste. */
static struct gw_image made(uint8_t *data, double middle, double swing, double texture)
{
    uint32_t x = 88172645u;
    for (size_t i = 0; i < SIDE * SIDE; i++) {
        x ^= x << 13, x ^= x >> 17, x ^= x << 5;
        const double u = (double)(i % SIDE) / SIDE - 0.5, v = (double)(i / SIDE) / SIDE - 0.5;
        double value = middle + swing * cos(5 * u) * cos(4 * v) - swing / 2 + texture * ((x >> 8 & 255) / 255.0 - 0.5);
        value = fmin(255, fmax(0, value));
        for (int c = 0; c < 3; c++)
            data[3 * i + (size_t)c] = (uint8_t)lrint(value);
    }
    return (struct gw_image){ data, SIDE, SIDE, SIDE * 3 };
}

/* A good face of 100 px between the eyes in the middle of 640 x 480. */
static struct gw_face good(void)
{
    struct gw_face f = { .box = { 220, 80, 200, 260 }, .confidence = 0.99, .has_marks = true, .eye_distance_px = 100 };
    const double points[GW_FACE_POINTS][2] = { { 270, 180 }, { 370, 180 }, { 320, 240 }, { 280, 290 }, { 360, 290 } };
    memcpy(f.points, points, sizeof points);
    for (size_t eye = 0; eye < 2; eye++) {
        double (*m)[2] = &f.marks[36 + 6 * eye];
        const double cx = points[eye][0], cy = points[eye][1];
        const double shape[6][2] = { { -16, 0 }, { -6, -5 }, { 6, -5 }, { 16, 0 }, { 6, 5 }, { -6, 5 } };
        for (size_t i = 0; i < 6; i++)
            m[i][0] = cx + shape[i][0], m[i][1] = cy + shape[i][1];
    }
    const double lips[8] = { 285, 300, 320, 340, 355, 340, 320, 300 };
    for (size_t i = 0; i < 8; i++)
        f.marks[60 + i][0] = lips[i], f.marks[60 + i][1] = i >= 5 ? 292 : 290;
    return f;
}

/* In a picture of 640 x 480, aligned as the usual template has it. */
static void judge(struct gw_face *f, const struct gw_image *aligned, double moved)
{
    static const double template[GW_FACE_POINTS][2] = { { 38.3, 51.7 }, { 73.5, 51.5 }, { 56, 71.7 }, { 41.5, 92.4 }, { 70.7, 92.2 } };
    const struct gw_image whole = { NULL, 640, 480, 1920 };
    gw_quality(f, &(struct gw_quality_input){ &whole, aligned, template, moved >= 0, moved });
}

static void close_eyes(struct gw_face *f)
{
    for (size_t i = 36; i < 48; i++)
        f->marks[i][1] = 180 + (i % 6 == 1 || i % 6 == 2 ? -1 : 0);
}
static void open_mouth(struct gw_face *f)
{

    f->marks[61][1] = f->marks[62][1] = f->marks[63][1] = 275;
    f->marks[65][1] = f->marks[66][1] = f->marks[67][1] = 320;
}
static void be_small(struct gw_face *f)
{
    f->eye_distance_px = 12;
}
static void look_away(struct gw_face *f)
{
    f->yaw_deg = 60;
}
static void look_up(struct gw_face *f)
{
    f->pitch_deg = -55;
}
static void be_cut(struct gw_face *f)
{
    f->box.x = -120;
}
static void nothing(struct gw_face *f)
{
    (void)f;
}

static const struct {
    const char *label;
    double middle, swing, texture;
    void (*change)(struct gw_face *f);
    int bad; /* the component that must be below 40; -1: all above 60 */
} rows[] = {
    { "a good capture is good at everything", 130, 110, 60, nothing, -1 },
    { "a darker skin in good light is no fault", 80, 90, 50, nothing, -1 },
    { "a lighter skin in good light is no fault", 190, 70, 50, nothing, -1 },
    { "a black picture is badly exposed", 10, 20, 20, nothing, GW_QUALITY_EXPOSURE },
    { "a white picture is badly exposed", 252, 20, 20, nothing, GW_QUALITY_EXPOSURE },
    { "a washed-out picture lacks contrast", 130, 8, 8, nothing, GW_QUALITY_CONTRAST },
    { "a picture without detail is not sharp", 130, 110, 0, nothing, GW_QUALITY_SHARPNESS },
    { "12 px between the eyes are too few", 130, 110, 60, be_small, GW_QUALITY_SIZE },
    { "a head turned by 60 degrees is badly posed", 130, 110, 60, look_away, GW_QUALITY_POSE },
    { "a head thrown back is badly posed", 130, 110, 60, look_up, GW_QUALITY_POSE },
    { "closed eyes are seen", 130, 110, 60, close_eyes, GW_QUALITY_EYES },
    { "an open mouth is seen", 130, 110, 60, open_mouth, GW_QUALITY_MOUTH },
    { "a face half outside is cut", 130, 110, 60, be_cut, GW_QUALITY_CROP },
};

static void row_test(void **state)
{
    const __typeof__(rows[0]) *r = *state;
    static uint8_t data[SIDE * SIDE * 3];
    const struct gw_image aligned = made(data, r->middle, r->swing, r->texture);
    struct gw_face f = good(), best = good();
    r->change(&f);
    judge(&f, &aligned, 0.03);
    for (int i = 0; i < GW_QUALITY_COUNT; i++) {
        CHECK(f.has_component[i]);
        CHECK(f.components[i] >= 0 && f.components[i] <= 100);
        if (r->bad < 0 && f.components[i] < 60)
            fail_msg("%s is only %.1f", gw_quality_name((enum gw_quality)i), f.components[i]);
    }
    CHECK(f.quality >= 0 && f.quality <= 100);
    if (r->bad < 0)
        return;
    if (f.components[r->bad] > 40)
        fail_msg("%s is still %.1f", gw_quality_name((enum gw_quality)r->bad), f.components[r->bad]);
    static uint8_t good_data[SIDE * SIDE * 3];
    const struct gw_image good_picture = made(good_data, 130, 110, 60);
    judge(&best, &good_picture, 0.03);
    CHECK(f.quality < best.quality);
}

static void without_marks(void **state)
{
    (void)state;
    static uint8_t data[SIDE * SIDE * 3];
    const struct gw_image aligned = made(data, 130, 110, 60);
    struct gw_face f = good();
    f.has_marks = false;
    judge(&f, &aligned, 0.03);
    CHECK(!f.has_component[GW_QUALITY_EYES] && !f.has_component[GW_QUALITY_MOUTH]);
    CHECK(f.has_component[GW_QUALITY_SIZE]);
    CHECK(f.quality > 50);
}

static void brightness(void **state)
{
    (void)state;
    static uint8_t data[SIDE * SIDE * 3];
    memset(data, 77, sizeof data);
    const struct gw_image flat = { data, SIDE, SIDE, SIDE * 3 };
    struct gw_face f = good();
    judge(&f, &flat, 0.03);
    CHECK_NEAR(f.luminance, 77, 0.01);
    CHECK(f.components[GW_QUALITY_SHARPNESS] < 1 && f.components[GW_QUALITY_CONTRAST] < 5);
}

/* Paints a pale blue sheet over mouth and nose. */
static void masks(void **state)
{
    (void)state;
    static uint8_t data[SIDE * SIDE * 3];
    const struct gw_image aligned = made(data, 130, 110, 60);
    for (size_t i = 0; i < SIDE * SIDE; i++) /* skin: more red than blue */
        data[3 * i + 2] = (uint8_t)(data[3 * i + 2] * 6 / 10);
    struct gw_face f = good();
    judge(&f, &aligned, 0.07);
    CHECK(f.components[GW_QUALITY_OCCLUSION] > 80); /* marks that move a little are no mask yet */
    for (size_t y = 68; y < SIDE; y++)
        for (size_t x = 20; x < 92; x++) {
            data[3 * (y * SIDE + x)] = 150;
            data[3 * (y * SIDE + x) + 1] = 190;
            data[3 * (y * SIDE + x) + 2] = 220;
        }
    judge(&f, &aligned, 0.03);
    CHECK(f.components[GW_QUALITY_OCCLUSION] > 80); /* nor is colour alone: lipstick, a beard */
    judge(&f, &aligned, 0.09);
    CHECK(f.components[GW_QUALITY_OCCLUSION] < 20);
    judge(&f, &aligned, -1);
    CHECK(!f.has_component[GW_QUALITY_OCCLUSION]);
}

int main(void)
{
    check_rows("quality", rows, row_test);
    check_add("quality", "without marks eyes and mouth are not judged", without_marks);
    check_add("quality", "luminance is the mean of the face", brightness);
    check_add("quality", "a mask is of another colour and moves the marks", masks);
    return check_done();
}
