/* gallery.h - the faces expected on one voyage, held in memory for searching.
 *
 * Built once and never changed: to add or forget someone, make another
 * (gw_gallery_change) and swap the references. It knows ids, never names. The
 * search is exact: it compares with everybody, and what it returns is the same on
 * every processor (docs/decisions/0005-templates-are-integers.md).
 *
 * The memory is locked against swap where the system allows so much, kept out of
 * core dumps and of child processes, and wiped when the last reference goes.
 *
 * Threads: once built, any number may search at the same time. */
#pragma once
#include "base/fail.h"
#include "base/id.h"
#include "base/span.h"

enum {
    GW_TEMPLATE_DIM_MAX = 1024,
    GW_TEMPLATE_ONE = 16384,          /* 1.0 of an embedding is 2^14 */
    GW_TEMPLATE_LENGTH_LEAST = 12943, /* 0.79: models may weigh faces by lengths of 0.8 to 1.25, and */
    GW_TEMPLATE_LENGTH_MOST = 20644,  /* 1.26: rounding needs a little room */
    GW_GALLERY_MAX = 4'000'000,       /* templates in one gallery */
    GW_GALLERY_MODEL = 64,            /* bytes of a model's name in the file form, zero included */
};
#define GW_SCORE_ONE (INT32_C(1) << 28) /* 1.0 */

/* A face as a vector of about 16384 in length, so that comparing two is one exact
 * integer dot product: score = that of the embeddings * 2^28, the cosine where the
 * model gives lengths of 1. Two templates compare only if they come from the same
 * model; who keeps them keeps the model's name with them. */
struct gw_template {
    uint16_t dim; /* 1 to GW_TEMPLATE_DIM_MAX */
    int16_t v[GW_TEMPLATE_DIM_MAX];
};

/* From a network's embedding: times 16384, rounded to nearest. GW_ERR_INVALID: dim is 0
 * or too large, a number is not finite, or the length is not between 0.79 and 1.26. */
[[nodiscard]] bool gw_template_make(struct gw_template *out, const float *embedding, unsigned dim, struct gw_err *err);
/* Dimension and length are what they must be. */
bool gw_template_check(const struct gw_template *t);
/* Both of the same dimension. */
int32_t gw_template_score(const struct gw_template *a, const struct gw_template *b);

/* For keeping: dimension, then components, each as 16 bits little-endian. */
enum { GW_TEMPLATE_BYTES_MAX = 2 + 2 * GW_TEMPLATE_DIM_MAX };
size_t gw_template_bytes(unsigned dim);                                 /* 2 + 2 * dim */
void gw_template_format(uint8_t *out, const struct gw_template *t);     /* gw_template_bytes(t->dim) of them */
/* GW_ERR_FORMAT: not exactly such bytes. GW_ERR_INVALID: a length that no embedding has. */
[[nodiscard]] bool gw_template_parse(struct gw_template *out, struct gw_span bytes, struct gw_err *err);

struct gw_gallery; /* opaque, shared by reference count */

struct gw_gallery_item {
    struct gw_id person;               /* several items may name the same one: several portraits */
    const struct gw_template *portrait; /* borrowed during the call */
};

/* Copies n items in any order and gives one reference; none at all is a gallery
 * too. NULL on failure:
 *   GW_ERR_LIMIT    n is above GW_GALLERY_MAX, or the machine has not so much memory
 *   GW_ERR_INVALID  a template fails gw_template_check or has another dimension than
 *                   the first; err->at says which */
[[nodiscard]] struct gw_gallery *gw_gallery_new(const struct gw_gallery_item *items, size_t n, struct gw_err *err);
/* Another gallery: that of g without the persons in `drop` (all their portraits),
 * and with the items added. Dropping comes first, so a person in both lists has
 * the new portraits only. Dropping who is not there is no error. Errors as above. */
[[nodiscard]] struct gw_gallery *gw_gallery_change(const struct gw_gallery *g, const struct gw_gallery_item *add,
    size_t n_add, const struct gw_id *drop, size_t n_drop, struct gw_err *err);
struct gw_gallery *gw_gallery_ref(struct gw_gallery *g); /* one more owner; returns g */
void gw_gallery_unref(struct gw_gallery *g);             /* the last one wipes; NULL is fine */
GW_AUTO_FREE(gw_gallery, gw_gallery_unref)

size_t gw_gallery_persons(const struct gw_gallery *g);
size_t gw_gallery_templates(const struct gw_gallery *g); /* what a threshold's gallery size counts */
unsigned gw_gallery_dim(const struct gw_gallery *g);     /* 0 while empty */
size_t gw_gallery_bytes(const struct gw_gallery *g);     /* memory held */
/* The i-th person, ids ascending. */
struct gw_id gw_gallery_person(const struct gw_gallery *g, size_t i);
/* How many portraits of this person; 0 if not there. */
size_t gw_gallery_portraits(const struct gw_gallery *g, struct gw_id person);

struct gw_hit {
    struct gw_id person;
    int32_t score;     /* * 2^28, of the person's best portrait; policy owns the threshold */
    uint32_t portrait; /* which: 0 is the first of the person's items, in the order they were given */
};

/* Writes the best max persons (not portraits), best first, ties by id, and returns
 * how many there were. A person's score is that of the best portrait. The margin of
 * a candidate is hits[0].score - hits[1].score of a search with max = 2. Cannot
 * fail: an empty answer is an answer. The probe has the gallery's dimension (an
 * empty gallery takes any). Meant for a small max: work grows with max for each
 * person that comes near. */
size_t gw_gallery_search(struct gw_hit *hits, size_t max, const struct gw_gallery *g, const struct gw_template *probe);
/* The same for several probes that wait together, at a fraction of the cost each:
 * probe i's answer is n_hits[i] hits from hits[i * max] on. */
void gw_gallery_search_many(struct gw_hit *hits, size_t *n_hits, size_t max, const struct gw_gallery *g,
    const struct gw_template *const *probes, size_t n_probes);
/* One to one: only that person's portraits. False if the person is not there. */
bool gw_gallery_score_person(struct gw_hit *hit, const struct gw_gallery *g, struct gw_id person,
    const struct gw_template *probe);

/* The file form: what was given, nothing derived, with the model's name and a
 * checksum against damage (not against forgery: who keeps it seals it). The header
 * and the sections are handed to `write` in order; it returns false to stop. */
typedef bool gw_gallery_write_fn(void *to, struct gw_span piece);
[[nodiscard]] bool gw_gallery_format(const struct gw_gallery *g, const char *model, gw_gallery_write_fn *write, void *to);
size_t gw_gallery_format_bytes(const struct gw_gallery *g);
/* Reads it back; the bytes stay the caller's (a mapped file will do, best with MADV_SEQUENTIAL). NULL:
 *   GW_ERR_FORMAT      not such a file, or sizes that do not fit each other
 *   GW_ERR_UNSUPPORTED a version of the form that this program does not know
 *   GW_ERR_CONFLICT    made with another model
 *   GW_ERR_CORRUPT     the checksum or a template's length is wrong
 *   GW_ERR_LIMIT       more templates than GW_GALLERY_MAX, or than fit the memory */
[[nodiscard]] struct gw_gallery *gw_gallery_parse(struct gw_span bytes, const char *model, struct gw_err *err);

/* Which kernel searches here: "c", "avx2", "avxvnni", "avx512", "neon". For doctor,
 * benchmarks and logs. */
const char *gw_gallery_kernel(void);
