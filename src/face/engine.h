/* engine.h - what the files of this module share: the engine, one caller's
 * buffers, and the steps from picture to embedding. */
#pragma once
#include "face/face.h"
#include "face/model.h"
#include "face/ort.h"

enum { GW_NET_DETECTOR, GW_NET_LANDMARKS, GW_NET_EMBEDDER, GW_NET_LIVENESS, GW_NET_PURPOSES };
enum { GW_FOUND_MAX = (1 + 4 * 4) * GW_FACES_MAX };

struct gw_faces {
    struct gw_arena *arena; /* holds the card */
    struct gw_card card;
    struct gw_ort *runtime; /* NULL when only the card was read */
    struct gw_net *nets[GW_NET_PURPOSES];
    bool prepared[GW_NET_PURPOSES];
};

/* A face the detector proposes, in px of the picture. */
struct gw_candidate {
    double x1, y1, x2, y2, score;
    bool has_points;
    double points[GW_FACE_POINTS][2];
};

struct gw_face_scratch {
    struct gw_faces *faces;
    struct gw_net_io io[GW_NET_PURPOSES];
    struct gw_net_io mirrored; /* of the embedder, where the card asks for both */
    uint8_t *pixels; /* RGB, as large as the largest input */
    size_t n_pixels;
    uint8_t *aligned; /* the largest face of the last picture, as the embedder wants it */
    uint64_t look;    /* number of that picture; 0: none yet */
    bool has_aligned;
    struct gw_candidate *candidates; /* what one run of the detector can give */
    size_t max_candidates;
    struct gw_candidate *found; /* GW_FOUND_MAX: of all looks at one picture */
};

/* NULL where the card has no such network. */
const struct gw_card_net *gw_card_net(const struct gw_card *card, unsigned purpose);

/* detect.c: at most `max` faces, best first, one box a face. */
[[nodiscard]] bool gw_detect(struct gw_candidate *out, size_t max, size_t *n, struct gw_face_scratch *s,
    const struct gw_image *image, struct gw_err *err);
/* Shapes the detector's outputs must have. */
[[nodiscard]] bool gw_detect_check(const struct gw_card_detector *card, const struct gw_net *net, struct gw_err *err);
size_t gw_detect_most(const struct gw_card_detector *card, const struct gw_net *net);
/* Keeps the best of boxes that overlap by more than `most` (intersection over
 * union), best first; returns how many, at most `max`. Sorts `c`. */
size_t gw_detect_suppress(struct gw_candidate *c, size_t n, double most, size_t max);

/* landmark.c */
/* *moved: how far the second pass moved the marks of the inner face, in eye distances;
 * with one pass *has_moved is false. Marks that a mask leaves nothing to hold on to move. */
[[nodiscard]] bool gw_landmarks(double marks[GW_FACE_MARKS][2], double *moved, bool *has_moved,
    struct gw_face_scratch *s, const struct gw_image *image, const struct gw_candidate *box, struct gw_err *err);
void gw_landmarks_five(double points[GW_FACE_POINTS][2], const double marks[GW_FACE_MARKS][2]);

/* align.c: the similarity that takes the five points to the template, inverted: from
 * pixels of the network's input to pixels of the picture. False when the points coincide. */
[[nodiscard]] bool gw_align(struct gw_affine *out, const struct gw_card_embedder *card,
    const double points[GW_FACE_POINTS][2]);

/* Samples the aligned picture for the embedder: bicubic, which beats bilinear where a
 * face has about as many pixels as the input; area-averaged where it has many more. */
void gw_align_warp(struct gw_image *dst, const struct gw_image *image, struct gw_affine m);

/* pose.c: radians nowhere, signs as ISO/IEC 19794-5 5.5.8 (docs/models.md). */
struct gw_pose {
    double yaw_deg, pitch_deg, roll_deg;
};
/* The head that is fitted: a mark and where it is, mm; x to the right of the picture, y
 * down, z towards the camera, origin between the eyes. */
enum { GW_POSE_HEAD = 14 };
struct gw_head_point {
    uint8_t mark;
    double x, y, z;
};
extern const struct gw_head_point gw_pose_head[GW_POSE_HEAD];
struct gw_pose gw_pose_of_marks(const double marks[GW_FACE_MARKS][2]);
struct gw_pose gw_pose_of_points(const double points[GW_FACE_POINTS][2]);

/* quality.c: fills quality, components and luminance from the face's geometry and its
 * aligned picture. */
struct gw_quality_input {
    const struct gw_image *image, *aligned;
    const double (*template)[2]; /* where the five points are in `aligned`, px */
    bool has_moved;
    double moved; /* of gw_landmarks */
};
void gw_quality(struct gw_face *face, const struct gw_quality_input *in);

/* input.c: pixels to numbers. */
void gw_input_fill(float *out, const struct gw_card_input *input, const struct gw_image *pixels, bool mirror);
struct gw_shape gw_input_shape(const struct gw_card_input *input);
/* The scratch's pixels as a picture of that size. */
struct gw_image gw_scratch_image(struct gw_face_scratch *s, uint32_t width, uint32_t height);
struct gw_image gw_scratch_aligned(struct gw_face_scratch *s);
