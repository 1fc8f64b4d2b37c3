/* geometry_test.c - boxes, points, heads and their angles, without a network. */
#include "face/engine.h"
#include "tests/check.h"

#include <math.h>

/* --- one box a face ------------------------------------------------------------------------- */

static const struct {
    const char *label;
    struct gw_candidate c[4];
    size_t n, max, want;
    double first; /* the score of the first one kept */
} boxes[] = {
    { "no box is no face", { {} }, 0, 8, 0, 0 },
    { "one box is kept", { { 0, 0, 10, 10, .score = 0.5 } }, 1, 8, 1, 0.5 },
    { "the better of two on one face is kept", { { 0, 0, 10, 10, .score = 0.6 }, { 1, 1, 11, 11, .score = 0.9 } }, 2, 8, 1, 0.9 },
    { "boxes side by side are two faces", { { 0, 0, 10, 10, .score = 0.6 }, { 10, 0, 20, 10, .score = 0.9 } }, 2, 8, 2, 0.9 },
    { "a little overlap is two faces", { { 0, 0, 10, 10, .score = 0.6 }, { 7, 0, 17, 10, .score = 0.9 } }, 2, 8, 2, 0.9 },
    { "a box that was suppressed suppresses nobody",
        { { 0, 0, 10, 10, .score = 0.9 }, { 4, 0, 14, 10, .score = 0.8 }, { 8, 0, 18, 10, .score = 0.7 } }, 3, 8, 2, 0.9 },
    { "a small box inside a large one is another face", { { 0, 0, 100, 100, .score = 0.9 }, { 40, 40, 50, 50, .score = 0.8 } }, 2, 8, 2, 0.9 },
    { "no more than asked for, the best first",
        { { 0, 0, 1, 1, .score = 0.6 }, { 5, 0, 6, 1, .score = 0.9 }, { 9, 0, 10, 1, .score = 0.7 } }, 3, 2, 2, 0.9 },
    { "equal scores are ordered by place", { { 50, 9, 60, 19, .score = 0.5 }, { 0, 5, 10, 15, .score = 0.5 } }, 2, 1, 1, 0.5 },
};

static void boxes_test(void **state)
{
    const __typeof__(boxes[0]) *r = *state;
    struct gw_candidate c[4];
    memcpy(c, r->c, sizeof c);
    const size_t n = gw_detect_suppress(c, r->n, 0.3, r->max);
    CHECK_INT(n, r->want);
    if (n > 0)
        CHECK_NEAR(c[0].score, r->first, 0);
    for (size_t i = 1; i < n; i++)
        CHECK(c[i - 1].score >= c[i].score);
}

static void equal_scores(void **state)
{
    (void)state;
    struct gw_candidate a[2] = { { 50, 9, 60, 19, .score = 0.5 }, { 0, 5, 10, 15, .score = 0.5 } }, b[2] = { a[1], a[0] };
    CHECK_INT(gw_detect_suppress(a, 2, 0.3, 1), 1);
    CHECK_INT(gw_detect_suppress(b, 2, 0.3, 1), 1);
    CHECK_NEAR(a[0].y1, 5, 0);
    CHECK_NEAR(b[0].y1, 5, 0);
}

/* --- alignment ------------------------------------------------------------------------------- */

static const struct gw_card_embedder arcface = {
    .template = { { 38.2946, 51.6963 }, { 73.5318, 51.5014 }, { 56.0252, 71.7366 }, { 41.5493, 92.3655 }, { 70.7299, 92.2041 } },
};

static const struct {
    const char *label;
    double turn_deg, scale, x, y;
} places[] = {
    { "a face where the template is stays there", 0, 1, 0, 0 },
    { "a face twice as large elsewhere", 0, 2, 300, 100 },
    { "a face leaning by 30 degrees", 30, 1.7, 10, 50 },
    { "a face upside down", 180, 0.5, 640, 480 },
    { "a tiny face", -5, 0.05, 3, 3 },
};

static void places_test(void **state)
{
    const __typeof__(places[0]) *r = *state;
    const double t = r->turn_deg * M_PI / 180, c = r->scale * cos(t), s = r->scale * sin(t);
    double points[GW_FACE_POINTS][2];
    for (size_t i = 0; i < GW_FACE_POINTS; i++) {
        points[i][0] = c * arcface.template[i][0] - s * arcface.template[i][1] + r->x;
        points[i][1] = s * arcface.template[i][0] + c * arcface.template[i][1] + r->y;
    }
    struct gw_affine m;
    CHECK(gw_align(&m, &arcface, points));
    for (size_t i = 0; i < GW_FACE_POINTS; i++) {
        const double *p = arcface.template[i];
        CHECK_NEAR(m.a * p[0] + m.b * p[1] + m.tx, points[i][0], 1e-6);
        CHECK_NEAR(m.c * p[0] + m.d * p[1] + m.ty, points[i][1], 1e-6);
    }
}

static void no_alignment(void **state)
{
    (void)state;
    const double same[GW_FACE_POINTS][2] = { { 5, 5 }, { 5, 5 }, { 5, 5 }, { 5, 5 }, { 5, 5 } };
    struct gw_affine m;
    CHECK(!gw_align(&m, &arcface, same));
}

/* Keys' cubic at a distance, a = -0.75: what the warp is to do, said anew. */
static double keys(double x)
{
    const double a = -0.75;
    x = fabs(x);
    return x <= 1 ? ((a + 2) * x - (a + 3)) * x * x + 1 : x < 2 ? a * (((x - 5) * x + 8) * x - 4) : 0;
}

static double cubic_at(const struct gw_image *image, double x, double y, size_t c)
{
    double sum = 0;
    const int left = (int)floor(x - 0.5) - 1, top = (int)floor(y - 0.5) - 1;
    for (int v = top; v < top + 4; v++)
        for (int u = left; u < left + 4; u++) {
            const size_t at = (size_t)fmax(0, fmin(v, image->height - 1.0)) * image->stride + 3 * (size_t)fmax(0, fmin(u, image->width - 1.0)) + c;
            sum += keys(u + 0.5 - x) * keys(v + 0.5 - y) * image->data[at];
        }
    return fmax(0, fmin(255, sum));
}

static const struct {
    const char *label;
    double turn_deg, scale, x, y;
} warps[] = {
    { "a picture that stays as it is", 0, 1, 0, 0 },
    { "a half turned face in the middle", 20, 0.6, 9, 4 },
    { "a face that leans over the left and upper rim", -35, 1.4, -20, 9 },
    { "a face over the right and lower rim", 10, 1.9, 17, 15 },
    { "a face enlarged three times", 3, 0.3, 14, 20 },
    { "a face upside down that begins in the last corner", 180, 1, 41, 37 },
    { "a face far outside", 0, 1, 3e7, -3e7 },
};

/* Noise, so that every neighbour shows and the ends of the scale are overrun; the last row ends with its last pixel. */
static void warps_test(void **state)
{
    enum { WIDTH = 41, HEIGHT = 37, SIDE = 30 };
    const __typeof__(warps[0]) *r = *state;
    GW_AUTO_MEM uint8_t *data = gw_alloc_array(WIDTH * HEIGHT, 3);
    uint32_t noise = 2463534242u;
    for (size_t i = 0; i < (size_t)WIDTH * HEIGHT * 3; i++) {
        noise ^= noise << 13, noise ^= noise >> 17, noise ^= noise << 5;
        data[i] = (uint8_t)(noise >> 9);
    }
    const struct gw_image image = { data, WIDTH, HEIGHT, (size_t)WIDTH * 3 };
    uint8_t out[SIDE * SIDE * 3];
    struct gw_image got = { out, SIDE, SIDE, (size_t)SIDE * 3 };
    const double t = r->turn_deg * M_PI / 180, c = r->scale * cos(t), s = r->scale * sin(t);
    gw_align_warp(&got, &image, (struct gw_affine){ c, -s, r->x, s, c, r->y });
    for (size_t y = 0; y < SIDE; y++)
        for (size_t x = 0; x < SIDE; x++)
            for (size_t k = 0; k < 3; k++) {
                const double u = (double)x + 0.5, v = (double)y + 0.5;
                const double want = cubic_at(&image, fmin(1e6, c * u - s * v + r->x), fmax(-1e6, s * u + c * v + r->y), k);
                CHECK_NEAR(got.data[y * got.stride + 3 * x + k], want, 0.51);
            }
}

static void five_of_68(void **state)
{
    (void)state;
    double marks[GW_FACE_MARKS][2], p[GW_FACE_POINTS][2];
    for (size_t i = 0; i < GW_FACE_MARKS; i++)
        marks[i][0] = (double)i, marks[i][1] = 2 * (double)i;
    gw_landmarks_five(p, marks);
    const double want[GW_FACE_POINTS] = { (37 + 38 + 40 + 41) / 4.0, (43 + 44 + 46 + 47) / 4.0, 30, (48 + 60) / 2.0, (54 + 64) / 2.0 };
    for (size_t i = 0; i < GW_FACE_POINTS; i++) {
        CHECK_NEAR(p[i][0], want[i], 1e-12);
        CHECK_NEAR(p[i][1], 2 * want[i], 1e-12);
    }
}

/* --- pose --------------------------------------------------------------------------------------- */

static const struct {
    const char *label;
    double yaw_deg, pitch_deg, roll_deg;
} heads[] = {
    { "a head that looks straight has no angles", 0, 0, 0 },
    { "looking to its left is a positive yaw", 25, 0, 0 },
    { "looking to its right is a negative yaw", -40, 0, 0 },
    { "looking down is a positive pitch", 0, 20, 0 },
    { "looking up is a negative pitch", 0, -30, 0 },
    { "leaning to its right shoulder is a positive roll", 0, 0, 15 },
    { "leaning far to its left shoulder is a negative roll", 0, 0, -80 },
    { "angles do not disturb each other much", 20, -10, 12 },
    { "nor do these", -15, 15, -30 },
};

/* Rotates the head by roll, pitch and yaw as ISO/IEC 19794-5 counts them (nose towards the
 * right of the picture, nose down, crown towards the left of the picture) and looks at it from afar. */
static void turn(double out[2], const double p[3], double yaw, double pitch, double roll)
{
    /* yaw: about the vertical; z goes to the right of the picture */
    double x = cos(yaw) * p[0] + sin(yaw) * p[2], z = -sin(yaw) * p[0] + cos(yaw) * p[2], y = p[1];
    /* pitch: z goes down */
    double y2 = cos(pitch) * y + sin(pitch) * z;
    /* roll: the crown (-y) goes to the left */
    out[0] = cos(roll) * x + sin(roll) * y2;
    out[1] = -sin(roll) * x + cos(roll) * y2;
}

static void heads_test(void **state)
{
    const __typeof__(heads[0]) *r = *state;
    const double deg = M_PI / 180;
    double marks[GW_FACE_MARKS][2] = {};
    for (size_t i = 0; i < GW_POSE_HEAD; i++) {
        double p[2];
        turn(p, (const double[]){ gw_pose_head[i].x, gw_pose_head[i].y, gw_pose_head[i].z }, r->yaw_deg * deg, r->pitch_deg * deg,
            r->roll_deg * deg);
        marks[gw_pose_head[i].mark][0] = 300 + 1.8 * p[0];
        marks[gw_pose_head[i].mark][1] = 200 + 1.8 * p[1];
    }
    const struct gw_pose pose = gw_pose_of_marks(marks);
    CHECK_NEAR(pose.yaw_deg, r->yaw_deg, 0.01);
    CHECK_NEAR(pose.pitch_deg, r->pitch_deg, 0.01);
    CHECK_NEAR(pose.roll_deg, r->roll_deg, 0.01);
}

static void no_head(void **state)
{
    (void)state;
    const double marks[GW_FACE_MARKS][2] = {};
    const struct gw_pose pose = gw_pose_of_marks(marks);
    CHECK(isfinite(pose.yaw_deg) && isfinite(pose.pitch_deg) && isfinite(pose.roll_deg));
}

/* --- numbers of pixels ----------------------------------------------------------------------------- */

static void inputs(void **state)
{
    (void)state;
    uint8_t data[2 * 8 * 3];
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (uint8_t)(i * 5);
    const struct gw_image image = { data, 8, 2, 24 };
    float out[48];
    struct gw_card_input in = { .width = 8, .height = 2, .channels = GW_CHANNELS_RGB, .mean = { 1, 2, 3 }, .divide = { 2, 4, 8 } };
    gw_input_fill(out, &in, &image, false);
    CHECK_NEAR((double)out[0], (0 - 1) / 2.0, 1e-6);             /* R of the first pixel */
    CHECK_NEAR((double)out[16 + 9], (5 * 28.0 - 2) / 4, 1e-5);     /* G of row 1, column 1 */
    CHECK_NEAR((double)out[32 + 7], (5 * 23.0 - 3) / 8, 1e-5);     /* B of row 0, column 7 */
    gw_input_fill(out, &in, &image, true);
    CHECK_NEAR((double)out[7], (0 - 1) / 2.0, 1e-6);
    in.channels = GW_CHANNELS_BGR;
    gw_input_fill(out, &in, &image, false);
    CHECK_NEAR((double)out[0], (5 * 2.0 - 1) / 2, 1e-5); /* blue first */
    in.layout = GW_LAYOUT_NHWC;
    gw_input_fill(out, &in, &image, false);
    CHECK_NEAR((double)out[3 + 2], (5 * 3.0 - 3) / 8, 1e-5); /* second pixel, last channel: red */
    gw_input_fill(out, &in, &image, true);
    CHECK_NEAR((double)out[18 + 2], (5 * 3.0 - 3) / 8, 1e-5);
    in.channels = GW_CHANNELS_GREY;
    in.layout = GW_LAYOUT_NCHW;
    gw_input_fill(out, &in, &image, false);
    CHECK_NEAR((double)out[1], (0.299 * 15 + 0.587 * 20 + 0.114 * 25 - 1) / 2, 1e-4);
}

int main(void)
{
    check_rows("boxes", boxes, boxes_test);
    check_add("boxes", "equal scores give the same answer in any order", equal_scores);
    check_rows("align", places, places_test);
    check_add("align", "points that coincide cannot be aligned", no_alignment);
    check_rows("warp", warps, warps_test);
    check_add("align", "five points are made of the right marks", five_of_68);
    check_rows("pose", heads, heads_test);
    check_add("pose", "marks that coincide give angles that are numbers", no_head);
    check_add("input", "pixels become numbers in the order, layout and scale of the card", inputs);
    return check_done();
}
