/* model.h - the model card: which networks, how their inputs are made and their
 * outputs read. docs/models.md is its manual for people.
 *
 * A card is JSON; unknown keys, missing keys and values that cannot be are refused
 * with the key's path ("detector.input.width"). */
#pragma once
#include "base/arena.h"
#include "face/face.h"

enum {
    GW_CARD_BYTES_MAX = 256 << 10,
    GW_CARD_SIDE_MAX = 2048, /* px of a network's input, each side */
    GW_CARD_STRIDES_MAX = 4,
    GW_CARD_JITTER_MAX = 16,
    GW_CARD_CLASSES_MAX = 16,
    GW_CARD_POINTS_MAX = 64, /* operating points */
};

enum gw_layout { GW_LAYOUT_NCHW, GW_LAYOUT_NHWC };
enum gw_channels { GW_CHANNELS_RGB, GW_CHANNELS_BGR, GW_CHANNELS_GREY };

struct gw_card_input {
    const char *name;
    uint32_t width, height; /* px */
    enum gw_layout layout;
    enum gw_channels channels;
    double mean[3], divide[3]; /* value = (pixel - mean) / divide, in the order the network gets them */
};

/* What every network has. */
struct gw_card_net {
    const char *file, *sha256, *license; /* sha256: 64 lower-case hex digits */
    struct gw_card_input input;
};

enum gw_detector_kind {
    GW_DETECTOR_FACEPLUGIN, /* scores N x 2 (background, face) and boxes N x 4 (corners, relative) */
    GW_DETECTOR_YUNET,      /* per stride class, object, box and five points; one anchor a cell */
    GW_DETECTOR_SCRFD,      /* per stride score, distances to the box's sides, five points; two anchors a cell */
};

struct gw_card_detector {
    struct gw_card_net net;
    enum gw_detector_kind kind;
    const char *scores, *boxes;                       /* faceplugin */
    size_t n_strides;                                 /* yunet, scrfd */
    uint32_t strides[GW_CARD_STRIDES_MAX];            /* px */
    const char *stride_scores[GW_CARD_STRIDES_MAX];   /* scrfd: score; yunet: class */
    const char *stride_objects[GW_CARD_STRIDES_MAX];  /* yunet */
    const char *stride_boxes[GW_CARD_STRIDES_MAX];
    const char *stride_points[GW_CARD_STRIDES_MAX];   /* five points; NULL: has none */
    double confidence;                                /* least, 0 to 1 */
    double overlap;                                   /* of two boxes of one face, intersection over union */
    bool centered;                                    /* the picture in the middle of the input, else in its first corner */
    uint8_t fill;                                     /* grey around the picture */
    bool has_small;                                   /* look again in tiles when nothing large was found */
    double small_below_px;                            /* of the input: a largest face under this is worth another look */
    uint32_t small_tiles;                             /* a row and a column */
};

struct gw_card_crop {
    double scale;            /* of the box's longer side; the crop is square */
    double shift_x, shift_y; /* of the box's longer side */
};

struct gw_card_landmarks {
    struct gw_card_net net;
    const char *output; /* 1 x 136: x, y of 68 points relative to the crop */
    struct gw_card_crop crop;
    double pitch_offset_deg; /* added to pitch: what faces that look straight come out at with these marks, negated */
    double refine;      /* 0: one pass; else a second one on a square this many times the size of the points of the
                           first, turned upright */
    size_t n_jitter;    /* of the last pass; at least 1 */
    double jitter[GW_CARD_JITTER_MAX][3]; /* shift x, shift y (of the crop's side), scale */
    bool mirror;        /* each crop also mirrored */
};

struct gw_card_embedder {
    struct gw_card_net net;
    const char *output;
    unsigned dim;
    double template[GW_FACE_POINTS][2]; /* px of the input: where the five points go */
    bool flip;                          /* mean of the picture and its mirror image */
    bool has_weight;                    /* else every embedding has length 1 */
    double weight_length, weight_least, weight_most, weight_power; /* clamp(length / weight_length)^power */
    double weight_doubtful;             /* below this length the network saw hardly a face */
};

struct gw_card_liveness {
    struct gw_card_net net;
    const char *output;
    struct gw_card_crop crop;
    bool inside;            /* the crop is shrunk and moved to lie within the picture */
    bool plain;             /* sampled without averaging, as a network that looks at fine grain may have learned */
    double least_scale;     /* shrunk below this it says nothing: liveness is not known then */
    bool softmax;           /* the outputs are not yet probabilities */
    size_t n_classes;
    bool live[GW_CARD_CLASSES_MAX]; /* which classes mean a live face */
};

struct gw_card {
    const char *name, *version, *source, *license;
    const char *identity; /* "name/version": part of every template's identity */
    struct gw_card_detector detector;
    bool has_landmarks;
    struct gw_card_landmarks landmarks;
    struct gw_card_embedder embedder;
    bool has_liveness;
    struct gw_card_liveness liveness;
    size_t n_points;
    struct gw_operating_point points[GW_CARD_POINTS_MAX]; /* falling rates, rising scores */
};

/* Everything lives in the arena. GW_ERR_FORMAT (not JSON), GW_ERR_INVALID (says
 * which key and what is wrong with it), GW_ERR_LIMIT. */
[[nodiscard]] bool gw_card_parse(struct gw_card *out, struct gw_arena *a, struct gw_span text, struct gw_err *err);
