/* evaluate.h - `gangway evaluate` in four steps: which pictures there are
 * (evaluate_index.c), what the networks make of them (evaluate_embed.c), what that
 * says of the recognition (evaluate_run.c), and the page that shows it
 * (evaluate_report.c). */
#pragma once
#include "base/arena.h"
#include "base/json.h"
#include "cli/recognize.h"
#include "measure/measure.h"

#include <stdatomic.h>

enum gw_eval_role { GW_EVAL_NO_ROLE, GW_EVAL_GALLERY, GW_EVAL_PROBE };
enum gw_eval_label { GW_EVAL_SEX, GW_EVAL_ANCESTRY, GW_EVAL_BIRTH, GW_EVAL_LABELS };
enum gw_eval_state { GW_EVAL_WAITING, GW_EVAL_ACQUIRED, GW_EVAL_NO_FACE, GW_EVAL_UNREADABLE };

struct gw_eval_picture {
    const char *path;
    uint32_t identity;
    uint32_t group[GW_EVAL_LABELS]; /* number of a value; 0: not said */
    enum gw_eval_role role;
    bool counted; /* false: only named by the pairs */
    enum gw_eval_state state;
    float *v; /* embedding, when acquired */
};

struct gw_eval_pair {
    uint32_t a, b; /* pictures */
    unsigned fold;
    bool same;
};

/* Words and their numbers, from 1 in the order they came. */
struct gw_eval_words {
    const char **text; /* [0] is NULL */
    uint32_t n, *slots;
    size_t capacity, n_slots;
};

struct gw_eval {
    struct gw_arena *mem;
    struct gw_eval_words paths, identities, values[GW_EVAL_LABELS];
    struct gw_eval_picture *pictures; /* picture i is path number i + 1 */
    size_t n_pictures, capacity;
    struct gw_eval_pair *pairs;
    size_t n_pairs, pairs_capacity;
    bool roles; /* some picture has one */
    unsigned dim;
    size_t unreadable, first_unreadable; /* pictures; and which */
    struct gw_err why_unreadable;        /* the first of them; names its file */
    /* Of pictures looked at now, not those from the cache; us. */
    uint64_t timed;
    int64_t decode_us;
    struct gw_face_times times;
};

void gw_eval_init(struct gw_eval *e);
void gw_eval_done(struct gw_eval *e);
GW_AUTO_DONE(gw_eval, gw_eval_done)

const char *gw_eval_label_name(enum gw_eval_label label); /* "sex", "ancestry", "birth_decade" */

/* Every file in DIR/<identity>/. */
[[nodiscard]] bool gw_eval_read_folder(struct gw_eval *e, const char *path, struct gw_err *err);
/* CSV (RFC 4180) with a header line: path and identity, and any of set, role, sex, ancestry, birth.
 * Paths are relative to its folder. set: only rows of that set; NULL takes all. */
[[nodiscard]] bool gw_eval_read_index(struct gw_eval *e, const char *path, const char *set, struct gw_err *err);
/* CSV with a, b, same (1 or 0, true or false) and fold if there are any. */
[[nodiscard]] bool gw_eval_read_pairs(struct gw_eval *e, const char *path, struct gw_err *err);

struct gw_eval_embedding {
    const struct gw_conf *conf;
    unsigned threads;  /* at least 1 */
    const char *cache; /* NULL: none */
    bool progress;
    bool largest; /* of several faces the largest, not the one nearest the middle */
};
/* Fills in what became of each picture. GW_ERR_CONFLICT: the cache is of another model. */
[[nodiscard]] bool gw_eval_embed(struct gw_eval *e, struct gw_faces *faces, const struct gw_eval_embedding *how,
    struct gw_err *err);

struct gw_eval_plots {
    struct gw_det_point det[80];
    size_t n_det;
    double genuine[GW_TALLY_PLOT], impostor[GW_TALLY_PLOT];
    struct gw_operating operating[GW_OPERATING_MAX];
    size_t n_operating;
};
struct gw_eval_question {
    double fpir;    /* asked */
    uint64_t seed;  /* of galleries drawn by lot and of persons drawn again */
    unsigned size;  /* of those galleries */
    unsigned draws; /* how many of them */
    bool progress;
    const struct gw_operating_point *points; /* of the card */
    size_t n_points;
};
/* The answer of the command, and what its page plots. */
[[nodiscard]] struct gw_json *gw_eval_run(struct gw_eval_plots *plots, struct gw_eval *e,
    const struct gw_eval_question *q, struct gw_err *err);

/* One page of HTML that needs nothing else. */
void gw_eval_report(struct gw_buf *out, const struct gw_json *answer, const struct gw_eval_plots *plots);
