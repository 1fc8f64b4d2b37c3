/* quality.c - how good a capture is, in the terms of ISO/IEC 29794-5.
 *
 * Every component is a measured number put through a logistic curve,
 * 100 / (1 + exp((x0 - x) / w)): x0 is where it is worth 50, w how fast it
 * changes. docs/models.md lists the numbers and what they were set by. */
#include "face/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[GW_QUALITY_COUNT] = {
    [GW_QUALITY_SIZE] = "size",         [GW_QUALITY_SHARPNESS] = "sharpness", [GW_QUALITY_EXPOSURE] = "exposure",
    [GW_QUALITY_CONTRAST] = "contrast", [GW_QUALITY_POSE] = "pose",           [GW_QUALITY_EYES] = "eyes",
    [GW_QUALITY_MOUTH] = "mouth",       [GW_QUALITY_CROP] = "crop",
    [GW_QUALITY_OCCLUSION] = "occlusion",
};

const char *gw_quality_name(enum gw_quality q)
{
    assert(q < GW_QUALITY_COUNT);
    return names[q];
}

static double logistic(double x, double x0, double w)
{
    return 100 / (1 + exp((x0 - x) / w));
}

static double distance(const double a[2], const double b[2])
{
    return hypot(a[0] - b[0], a[1] - b[1]);
}

/* Luminance of the aligned face within an ellipse that leaves out hair and background. */
struct light {
    double mean, dark, bright; /* shares of pixels at the ends of the scale */
    double range;              /* 5th to 95th percentile */
    double detail;             /* mean square of the Laplacian */
};

static struct light measure_light(const struct gw_image *face)
{
    static const double centre_x = 0.5, centre_y = 0.55, half_x = 0.40, half_y = 0.47;
    struct light light = {};
    uint32_t histogram[256] = {};
    const uint32_t width = face->width, height = face->height;
    int16_t rows[3][GW_CARD_SIDE_MAX];
    double square = 0;
    size_t n = 0, n_detail = 0;
    for (uint32_t y = 0; y < height; y++) {
        int16_t *row = rows[y % 3];
        const uint8_t *p = face->data + y * face->stride;
        for (uint32_t x = 0; x < width; x++)
            row[x] = (int16_t)((77 * p[3 * x] + 150 * p[3 * x + 1] + 29 * p[3 * x + 2] + 128) >> 8);
        /* The widest part of the ellipse at this row. */
        const double v = ((y + 0.5) / height - centre_y) / half_y;
        if (v <= -1 || v >= 1)
            continue;
        const double half = half_x * sqrt(1 - v * v);
        const uint32_t from = (uint32_t)fmax(1, (centre_x - half) * width), to = (uint32_t)fmin(width - 1.0, (centre_x + half) * width);
        for (uint32_t x = from; x < to; x++) {
            histogram[row[x]]++;
            n++;
        }
        if (y < 2)
            continue;
        const int16_t *above = rows[(y - 2) % 3], *here = rows[(y - 1) % 3];
        int64_t sum = 0;
        for (uint32_t x = from; x < to; x++) {
            int l = 4 * here[x] - above[x] - row[x] - here[x - 1] - here[x + 1];
            sum += l * l;
        }
        square += (double)sum;
        n_detail += to > from ? to - from : 0;
    }
    if (n == 0)
        return light;
    size_t seen = 0, p5 = 0, p95 = 0;
    for (size_t i = 0; i < 256; i++) {
        light.mean += (double)(histogram[i] * i) / (double)n;
        if (i <= 25)
            light.dark += histogram[i] / (double)n;
        if (i >= 247)
            light.bright += histogram[i] / (double)n;
        seen += histogram[i];
        if (seen * 20 <= n)
            p5 = i;
        if (seen * 20 <= n * 19)
            p95 = i;
    }
    light.range = (double)p95 - (double)p5;
    light.detail = n_detail == 0 ? 0 : square / (double)n_detail;
    return light;
}

/* Height of the opening against its width, mean of both eyes: 0 closed, about 0.3 open. */
static double eye_opening(const double m[GW_FACE_MARKS][2])
{
    double sum = 0;
    for (size_t first = 36; first <= 42; first += 6) {
        const double width = distance(m[first], m[first + 3]);
        if (width > 0)
            sum += (distance(m[first + 1], m[first + 5]) + distance(m[first + 2], m[first + 4])) / (4 * width);
    }
    return sum;
}

/* Gap between the lips against the width of the mouth, inner lips both: 0 closed. */
static double mouth_opening(const double m[GW_FACE_MARKS][2])
{
    const double width = distance(m[60], m[64]);
    return width > 0 ? distance(m[62], m[66]) / width : 0;
}

/* Share of the face's box that lies in the picture. */
static double share_inside(const struct gw_face *f, const struct gw_image *image)
{
    const double w = fmin(f->box.x + f->box.width, image->width) - fmax(f->box.x, 0);
    const double h = fmin(f->box.y + f->box.height, image->height) - fmax(f->box.y, 0);
    return w <= 0 || h <= 0 ? 0 : w * h / (f->box.width * f->box.height);
}

/* Red and blue shares of the light of a rectangle around the aligned face's middle line, which goes from the eyes
 * down; all in eye distances. False where there is no light. */
static bool chroma(double out[2], const struct gw_quality_input *in, double from, double to, double half_width)
{
    const double (*t)[2] = in->template;
    const double eyes = t[1][0] - t[0][0], x = (t[0][0] + t[1][0]) / 2, y = (t[0][1] + t[1][1]) / 2;
    const struct gw_image *a = in->aligned;
    const uint32_t x0 = (uint32_t)fmax(0, x - half_width * eyes), x1 = (uint32_t)fmin(a->width, x + half_width * eyes);
    const uint32_t y0 = (uint32_t)fmax(0, y + from * eyes), y1 = (uint32_t)fmin(a->height, y + to * eyes);
    uint64_t sum[3] = {};
    for (uint32_t row = y0; row < y1; row++)
        for (uint32_t column = x0; column < x1; column++)
            for (size_t c = 0; c < 3; c++)
                sum[c] += a->data[row * a->stride + 3 * (size_t)column + c];
    const double all = (double)(sum[0] + sum[1] + sum[2]);
    if (!(all > 0))
        return false;
    out[0] = (double)sum[0] / all;
    out[1] = (double)sum[2] / all;
    return true;
}

/* A mask is of another colour than the cheeks and leaves the marks nothing to hold on to. 1 is where one is assumed. */
static double occlusion(const struct gw_quality_input *in)
{
    double cheeks[2], mouth[2], colour = 0;
    if (chroma(cheeks, in, 0.08, 0.28, 0.34) && chroma(mouth, in, 1.13, 1.37, 0.28))
        colour = distance(cheeks, mouth);
    return fmax(in->moved / 0.11, fmin(colour / 0.10, in->moved / 0.06));
}

/* What each component is worth to the unified quality: its exponent in their product. What
 * recognition suffers from counts whole; what a human wants to see is counted a little. */
static const double weights[GW_QUALITY_COUNT] = {
    [GW_QUALITY_SIZE] = 1,    [GW_QUALITY_SHARPNESS] = 1, [GW_QUALITY_EXPOSURE] = 1, [GW_QUALITY_CONTRAST] = 0.5,
    [GW_QUALITY_POSE] = 1,    [GW_QUALITY_EYES] = 0.25,   [GW_QUALITY_MOUTH] = 0.1,  [GW_QUALITY_CROP] = 1,
    [GW_QUALITY_OCCLUSION] = 0.5,
};

void gw_quality(struct gw_face *f, const struct gw_quality_input *in)
{
    const struct light light = measure_light(in->aligned);
    double *q = f->components;
    for (size_t i = 0; i < GW_QUALITY_COUNT; i++)
        f->has_component[i] = true;
    f->luminance = light.mean;
    q[GW_QUALITY_SIZE] = logistic(f->eye_distance_px, 30, 8);
    q[GW_QUALITY_SHARPNESS] = logistic(log2(1 + light.detail), 5.5, 0.7);
    q[GW_QUALITY_EXPOSURE] = fmin(logistic(light.mean, 45, 10),
        fmin(logistic(-light.mean, -215, 8), logistic(-(light.dark + light.bright), -0.45, 0.08)));
    q[GW_QUALITY_CONTRAST] = logistic(light.range, 40, 10);
    /* Roll is undone by alignment; yaw and pitch hide a part of the face. */
    q[GW_QUALITY_POSE] = logistic(-hypot(f->yaw_deg, f->pitch_deg), -35, 6);
    q[GW_QUALITY_CROP] = logistic(share_inside(f, in->image), 0.8, 0.04);
    f->has_component[GW_QUALITY_EYES] = f->has_component[GW_QUALITY_MOUTH] = f->has_marks;
    if (f->has_marks) {
        q[GW_QUALITY_EYES] = logistic(eye_opening(f->marks), 0.165, 0.018);
        q[GW_QUALITY_MOUTH] = logistic(-mouth_opening(f->marks), -0.35, 0.05);
    }
    f->has_component[GW_QUALITY_OCCLUSION] = in->has_moved;
    if (in->has_moved)
        q[GW_QUALITY_OCCLUSION] = logistic(-occlusion(in), -1, 0.12);

    double unified = 1;
    for (size_t i = 0; i < GW_QUALITY_COUNT; i++)
        if (f->has_component[i])
            unified *= pow(q[i] / 100, weights[i]);
    f->quality = 100 * unified;
}
