/* pose.c - which way the head is turned, from points of the picture.
 *
 * A head of mean proportions (adult anthropometry, mm) is turned, scaled and
 * shifted until its points fall nearest to the marks (scaled orthography, which at
 * more than half a metre is near enough to perspective). */
#include "face/engine.h"

#include <math.h>

const struct gw_head_point gw_pose_head[GW_POSE_HEAD] = {
    { 36, -45, 0, -8 }, { 39, -16.5, 1, 0 }, { 42, 16.5, 1, 0 }, { 45, 45, 0, -8 }, /* corners of the eyes */
    { 27, 0, -4, 12 }, { 30, 0, 38, 34 }, { 33, 0, 49, 20 },                        /* nose: root, tip, base */
    { 31, -15, 46, 12 }, { 35, 15, 46, 12 },                                        /* its wings */
    { 48, -25, 74, 6 }, { 54, 25, 74, 6 }, { 51, 0, 67, 20 }, { 57, 0, 83, 16 },    /* lips */
    { 8, 0, 115, 4 },                                                               /* chin */
};
static const double five[GW_FACE_POINTS][3] = {
    { -31, 0, -2 }, { 31, 0, -2 }, { 0, 38, 34 }, { -25, 74, 6 }, { 25, 74, 6 },
};

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

/* Solves the symmetric 3x3 system m x = v by Cramer's rule; the model is not flat, so it can. */
static void solve(double x[3], double m[3][3], const double v[3])
{
    const double det = m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0]) +
                       m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0]);
    for (int c = 0; c < 3; c++) {
        double t[3][3];
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 3; k++)
                t[i][k] = k == c ? v[i] : m[i][k];
        x[c] = (t[0][0] * (t[1][1] * t[2][2] - t[1][2] * t[2][1]) - t[0][1] * (t[1][0] * t[2][2] - t[1][2] * t[2][0]) +
                   t[0][2] * (t[1][0] * t[2][1] - t[1][1] * t[2][0])) /
               det;
    }
}

static struct gw_pose fit_head(const double (*model)[3], const double (*picture)[2], size_t n)
{
    double centre[3] = {}, middle[2] = {};
    for (size_t i = 0; i < n; i++) {
        for (int k = 0; k < 3; k++)
            centre[k] += model[i][k] / (double)n;
        for (int k = 0; k < 2; k++)
            middle[k] += picture[i][k] / (double)n;
    }
    double m[3][3] = {}, v[2][3] = {};
    for (size_t i = 0; i < n; i++) {
        double p[3];
        for (int k = 0; k < 3; k++)
            p[k] = model[i][k] - centre[k];
        for (int a = 0; a < 3; a++) {
            for (int b = 0; b < 3; b++)
                m[a][b] += p[a] * p[b];
            for (int k = 0; k < 2; k++)
                v[k][a] += p[a] * (picture[i][k] - middle[k]);
        }
    }
    double rx[3], ry[3];
    solve(rx, m, v[0]);
    solve(ry, m, v[1]);
    const double lx = sqrt(dot(rx, rx)), ly = sqrt(dot(ry, ry));
    if (!(lx > 1e-9) || !(ly > 1e-9))
        return (struct gw_pose){};
    /* The nearest pair of unit vectors at right angles: half of the error to each. */
    for (int k = 0; k < 3; k++) {
        rx[k] /= lx;
        ry[k] /= ly;
    }
    const double c = dot(rx, ry) / 2;
    double x[3], y[3], z[3];
    for (int k = 0; k < 3; k++) {
        x[k] = rx[k] - c * ry[k];
        y[k] = ry[k] - c * rx[k];
    }
    const double nx = sqrt(dot(x, x)), ny = sqrt(dot(y, y));
    for (int k = 0; k < 3; k++) {
        x[k] /= nx;
        y[k] /= ny;
    }
    z[0] = x[1] * y[2] - x[2] * y[1];
    z[1] = x[2] * y[0] - x[0] * y[2];
    z[2] = x[0] * y[1] - x[1] * y[0];
    /* x, y, z are the rows of Rz(roll) Rx(pitch) Ry(yaw): the head turns about its own
     * upright axis, nods, then leans. The column of the model's y axis has no yaw in it. */
    const double degrees = 180 / M_PI;
    return (struct gw_pose){
        .yaw_deg = atan2(-z[0], z[2]) * degrees,
        .pitch_deg = asin(fmax(-1, fmin(1, -z[1]))) * degrees,
        .roll_deg = atan2(x[1], y[1]) * degrees,
    };
}

struct gw_pose gw_pose_of_marks(const double marks[GW_FACE_MARKS][2])
{
    double model[GW_POSE_HEAD][3], picture[GW_POSE_HEAD][2];
    for (size_t i = 0; i < GW_POSE_HEAD; i++) {
        model[i][0] = gw_pose_head[i].x;
        model[i][1] = gw_pose_head[i].y;
        model[i][2] = gw_pose_head[i].z;
        picture[i][0] = marks[gw_pose_head[i].mark][0];
        picture[i][1] = marks[gw_pose_head[i].mark][1];
    }
    return fit_head(model, picture, GW_POSE_HEAD);
}

struct gw_pose gw_pose_of_points(const double points[GW_FACE_POINTS][2])
{
    return fit_head(five, points, GW_FACE_POINTS);
}
