/* face.h - neural networks: where the faces are in a picture, how good each is, and
 * what makes it one person's. The whole face of the module; ONNX Runtime is named
 * in ort.c only.
 *
 * Which networks, and how their inputs and outputs are laid out, is a model card:
 * models/NAME.json (docs/models.md). A network's file must have the card's SHA-256.
 *
 * Threads: an engine is immutable once open and shared by all; each call needs a
 * scratch of its own (one a worker). */
#pragma once
#include "base/arena.h"
#include "base/fail.h"
#include "image/image.h"

enum { GW_EMBEDDING_MAX = 1024, GW_FACE_POINTS = 5, GW_FACE_MARKS = 68, GW_FACES_MAX = 64 };

struct gw_faces;        /* the engine: sessions and card; opaque */
struct gw_face_scratch; /* buffers of one caller; opaque */

struct gw_faces_options {
    const char *models_path;  /* folder of the card and its networks; NULL or "": where this program was built or installed */
    const char *card;         /* "faceplugin": NAME.json there; a value with a / is a path */
    const char *runtime_path; /* library file; NULL or "": the usual places */
    unsigned threads;         /* intra-op threads of one call: 1 for throughput */
    bool prepare;             /* rewrite networks for speed (graph.h) after checking them equal */
    bool card_only;           /* read the card, load nothing: only what the card says may be asked (--version) */
};

/* As the settings say: one thread a call. Borrows from the settings. */
struct gw_conf;
struct gw_faces_options gw_faces_options_of(const struct gw_conf *conf);

/* Loads and checks everything. GW_ERR_NOT_FOUND / GW_ERR_CORRUPT name the file and
 * what to do; GW_ERR_UNAVAILABLE when the runtime cannot be loaded. */
[[nodiscard]] struct gw_faces *gw_faces_open(const struct gw_faces_options *options, struct gw_err *err);
void gw_faces_close(struct gw_faces *f); /* NULL is fine */
GW_AUTO_FREE(gw_faces, gw_faces_close)

[[nodiscard]] struct gw_face_scratch *gw_face_scratch_new(struct gw_faces *f, struct gw_err *err);
void gw_face_scratch_free(struct gw_face_scratch *s); /* wipes; NULL is fine */
GW_AUTO_FREE(gw_face_scratch, gw_face_scratch_free)

/* Quality components, each 0 to 100, higher is better (terms of ISO/IEC 29794-5). */
enum gw_quality {
    GW_QUALITY_SIZE,      /* inter-eye distance */
    GW_QUALITY_SHARPNESS,
    GW_QUALITY_EXPOSURE,  /* neither under- nor over-exposed */
    GW_QUALITY_CONTRAST,  /* dynamic range within the face */
    GW_QUALITY_POSE,
    GW_QUALITY_EYES,      /* eyes open */
    GW_QUALITY_MOUTH,     /* mouth closed */
    GW_QUALITY_CROP,      /* the face is inside the picture */
    GW_QUALITY_OCCLUSION, /* no mask over mouth and nose */
    GW_QUALITY_COUNT
};
const char *gw_quality_name(enum gw_quality q); /* "sharpness" */

struct gw_face {
    struct { double x, y, width, height; } box; /* px of the upright picture; may reach outside it */
    double confidence;                          /* of the detector, 0 to 1 */
    double points[GW_FACE_POINTS][2];           /* eye, eye, nose, mouth corner, mouth corner; left in the picture first */
    bool has_marks;                             /* false with detectors that give five points only */
    double marks[GW_FACE_MARKS][2];
    double yaw_deg, pitch_deg, roll_deg;
    double eye_distance_px;
    double quality;                             /* 0 to 100 */
    bool has_component[GW_QUALITY_COUNT];       /* eyes and mouth need marks */
    double components[GW_QUALITY_COUNT];        /* 0 to 100 */
    double luminance;                           /* mean of the face region, 0 to 255 */
    uint64_t look;                              /* private: which gw_face_find found it */
};

struct gw_face_times { /* us, added to */
    int64_t detect, landmarks, quality, align, embed, liveness;
};

/* Finds faces, largest first, with landmarks, pose and quality. At most `max`; *n how
 * many. No face is an answer: n = 0. times may be NULL. */
[[nodiscard]] bool gw_face_find(struct gw_face *faces, size_t max, size_t *n, struct gw_faces *f,
    struct gw_face_scratch *s, const struct gw_image *image, struct gw_face_times *times, struct gw_err *err);

/* Two embeddings of one model compare by their dot product, the score; what it means
 * is in the model's operating points below. */
#define GW_EMBEDDING_LENGTH_LEAST 0.8
#define GW_EMBEDDING_LENGTH_MOST 1.25
struct gw_embedding {
    unsigned dim;              /* at most GW_EMBEDDING_MAX */
    bool doubtful;             /* the network saw hardly a face (a mask, a drawing, dark glasses): a match says little */
    float v[GW_EMBEDDING_MAX]; /* of length 1; or, where the card weighs faces by how sure the network is of them,
                                  between the two above: do not normalise it again. A score may then pass 1 a little */
};
/* Aligns and embeds one face found in this picture. The picture must not have changed since. */
[[nodiscard]] bool gw_face_embed(struct gw_embedding *out, struct gw_faces *f, struct gw_face_scratch *s,
    const struct gw_image *image, const struct gw_face *face, struct gw_face_times *times, struct gw_err *err);

/* How likely the face is a live one, 0 to 1. *has is false when the card has no such
 * network, or the picture shows too little around the face to say. */
[[nodiscard]] bool gw_face_liveness(double *out, bool *has, struct gw_faces *f, struct gw_face_scratch *s,
    const struct gw_image *image, const struct gw_face *face, struct gw_face_times *times, struct gw_err *err);

/* What the card says. Borrowed until the engine is closed. */
struct gw_face_model {
    const char *purpose; /* "detector", "landmarks", "embedder", "liveness" */
    const char *file, *sha256, *license;
    bool prepared;       /* runs rewritten */
};
size_t gw_faces_models(const struct gw_faces *f, struct gw_face_model *out, size_t max);
const char *gw_faces_name(const struct gw_faces *f);    /* the card's name and version: part of every template's identity */
unsigned gw_faces_dim(const struct gw_faces *f);        /* of its embeddings */
const char *gw_faces_runtime(const struct gw_faces *f); /* "1.30.0" */

/* Operating points of the embedder as measured: false-match rate per comparison ->
 * score, falling rates; policy/threshold.h turns them into a threshold. */
struct gw_operating_point {
    double fmr, score;
};
size_t gw_faces_operating_points(const struct gw_faces *f, const struct gw_operating_point **out);
