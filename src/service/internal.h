/* internal.h - inside service/: the open engines, and what the verbs share. */
#pragma once
#include "decoder/decoder.h"
#include "face/face.h"
#include "gallery/gallery.h"
#include "packs/packs.h"
#include "policy/threshold.h"
#include "service/service.h"
#include "store/store.h"

#include <pthread.h>

/* The store keeps statuses as numbers and names two of them in its statements. */
static_assert(GW_STATUS_DECLINED == 1 && GW_STATUS_REMOVED == 7);

enum {
    GW_WORK_ARENA_BYTES = 4 << 20,    /* of one verification, beside the picture's pixels */
    GW_LIST_ARENA_BYTES = 256 << 20,  /* of what reads whole voyages */
    GW_FACES_SEEN = 16,               /* in one picture; more of them are not needed to know that there are several */
    GW_WANT_SIDE_PX = 720,            /* a picture may be decoded smaller as long as its shorter side keeps so many */
    GW_PAGE_MOST = 500,
    GW_PAGE_DEFAULT = 50,
    GW_MODEL_TEXT = 64,
};
/* A departure announced without zone may in truth be so much later (UTC-12). */
#define GW_ZONE_SLACK_US (INT64_C(12) * 3600 * GW_US_PER_S)

struct gw_galleries; /* galleries.c */
struct gw_tokens;    /* token.c */

struct gw_service {
    const struct gw_conf *conf;
    struct gw_clock clock;
    struct gw_decoder *decoder; /* NULL without recognition, as faces */
    struct gw_faces *faces;
    char model[GW_MODEL_TEXT];  /* "" without recognition */
    struct gw_threshold_point points[GW_THRESHOLD_POINTS_MAX];
    size_t n_points;
    struct gw_store *store;
    struct gw_tokens *tokens;
    struct gw_galleries *galleries;

    pthread_mutex_t packs_lock; /* over what follows */
    struct gw_packs *packs;     /* NULL: none could be read, and nobody is photographed */
    char authority[GW_PACK_ID_MAX + 1];
    bool law_changed;           /* since upkeep looked */
    struct gw_hash law_hash;    /* the pack and the day that the galleries were made for */
    struct gw_date law_day;

    pthread_mutex_t once_lock; /* over the requests being answered */
    struct gw_once_waiting *once_waiting;

    pthread_mutex_t upkeep_lock;
    pthread_cond_t upkeep_wake;
    pthread_t upkeep;
    bool upkeep_runs, stopping;
    int64_t ready_checked_us; /* monotonic; under upkeep_lock */

    struct gw_counters counters; /* added to atomically */
};

struct gw_worker {
    struct gw_service *service;
    struct gw_face_scratch *scratch;
    struct gw_arena *arena; /* reset by each verb */
    struct gw_face faces[GW_FACES_SEEN];
    struct gw_embedding embedding;
    struct gw_template template;
};

/* ---- who may (service.c) ------------------------------------------------------ */

#define GW_ROLE_BIT(ROLE) (1u << GW_ROLE_##ROLE)
bool gw_allow(const struct gw_caller *who, unsigned roles, struct gw_err *err);
/* Is it a voyage this caller may know of? Else GW_ERR_NOT_FOUND. */
bool gw_allow_voyage(const struct gw_caller *who, const struct gw_voyage_row *v, struct gw_err *err);
/* "YVR" among " YVR SEA ". */
bool gw_has_port(struct gw_span ports, const char *port);
/* Upper-case letters and digits, least to most; out has most + 1 bytes. */
bool gw_code(char *out, size_t least, size_t most, struct gw_span text);

struct gw_policy gw_service_policy(const struct gw_service *s);
struct gw_span gw_service_model(const struct gw_service *s);

/* ---- pictures (picture.c) ------------------------------------------------------- */

struct gw_seen {
    struct gw_decoder_picture picture; /* returned by gw_seen_done */
    size_t n_faces;
    double second_face_share;
    struct gw_face_facts facts;        /* of the largest, w->faces[0] */
};
void gw_seen_done(struct gw_seen *seen);
GW_AUTO_DONE(gw_seen, gw_seen_done)
/* Decodes and finds faces. */
bool gw_see(struct gw_seen *out, struct gw_worker *w, struct gw_span picture, struct gw_face_times *times,
    struct gw_err *err);
/* The largest face into w->template. */
bool gw_see_template(struct gw_worker *w, const struct gw_seen *seen, struct gw_face_times *times, struct gw_err *err);
void gw_stage_add(struct gw_service *s, enum gw_stage stage, int64_t us);
void gw_stages_add(struct gw_service *s, const struct gw_face_times *times);
void gw_count_add(uint64_t *counter, uint64_t n);

/* ---- rule packs (law.c) ------------------------------------------------------------- */

/* The pack in force at a place, held. */
struct gw_law {
    struct gw_packs *packs;
    const struct gw_pack *pack; /* NULL: none; nothing is authorised */
    struct gw_pack_facts place; /* day, mode, direction, site */
};
/* The pack in force now and the day it is by its zone; false: none. */
bool gw_law_today(struct gw_law *out, struct gw_date *day, struct gw_service *s);
/* site: NULL is the voyage's own: where it departs, or arrives. */
void gw_law_at(struct gw_law *out, struct gw_service *s, const struct gw_voyage_row *v, const char *site);
void gw_law_done(struct gw_law *law);
GW_AUTO_DONE(gw_law, gw_law_done)
/* The rule for a traveler, out of the sealed person; NULL without a pack. Lives as long as law. */
bool gw_law_ask(const struct gw_pack_rule **rule, const struct gw_law *law, struct gw_arena *a, struct gw_span person, struct gw_err *err);
bool gw_law_photo(const struct gw_pack_rule *rule); /* may they be photographed, and so searched for? NULL: no */
bool gw_law_refuse(struct gw_err *err);             /* GW_ERR_NOT_AUTHORISED */
/* Over all rules of the pack that allow a photograph: the strictest. */
struct gw_law_limits {
    bool any;
    unsigned attempts;
    double fpir;
    int64_t template_us; /* after close */
};
struct gw_law_limits gw_law_limits(const struct gw_law *law);
/* Is another pack or day in force than when it was last asked? Logs it. */
bool gw_law_moved(struct gw_service *s);

void gw_notice_version(char out[GW_NOTICE_VERSION_TEXT], struct gw_span text);

/* ---- documents ------------------------------------------------------------------- */

/* GW_ERR_INVALID when number is none; state may be empty. */
bool gw_document_hash_of(struct gw_document_hash *out, const struct gw_service *s, struct gw_span number,
    struct gw_span state, struct gw_err *err);

/* ---- requests asked once (once.c) -------------------------------------------------- */

/* Before the work: true with *replayed when the answer is already in once. After a
 * true one, gw_once_leave must follow. once may be NULL. */
bool gw_once_enter(struct gw_service *s, struct gw_once *once, bool *replayed, struct gw_err *err);
/* In the transaction of the effect. voyage: under whose key; NULL: the day's. */
bool gw_once_keep(struct gw_tx *tx, struct gw_service *s, struct gw_once *once, const struct gw_id *voyage,
    const void *answer, struct gw_err *err);
void gw_once_leave(struct gw_service *s, struct gw_once *once, bool fine);

/* ---- galleries (galleries.c) --------------------------------------------------------- */

struct gw_galleries *gw_galleries_new(struct gw_service *s);
void gw_galleries_free(struct gw_galleries *g);
/* What can be searched of these travelers changed and is committed: the next search
 * sees it. travelers NULL: of anybody. */
void gw_galleries_touch(struct gw_galleries *g, struct gw_id voyage, const struct gw_id *travelers, size_t n);
/* The voyage is over: lets go. */
void gw_galleries_drop(struct gw_galleries *g, struct gw_id voyage);
/* A reference to the gallery as of now; builds it if need be. NULL on failure. */
struct gw_gallery *gw_galleries_get(struct gw_galleries *g, struct gw_id voyage, struct gw_err *err);
/* Of what was last built: is anybody expected whom a rule allows to photograph? */
bool gw_galleries_allowed(struct gw_galleries *g, struct gw_id voyage);
/* Without building. gallery: a reference or NULL. */
enum gw_gallery_state gw_galleries_state(struct gw_gallery **gallery, struct gw_galleries *g, struct gw_id voyage);
/* Builds one that was touched and not asked for since; false when there is none. */
bool gw_galleries_build_one(struct gw_galleries *g);
void gw_galleries_count(struct gw_galleries *g, struct gw_counters *out);
void gw_upkeep_wake(struct gw_service *s);

/* ---- tokens (token.c) ------------------------------------------------------------------ */

struct gw_tokens *gw_tokens_open(struct gw_service *s, struct gw_err *err);
void gw_tokens_close(struct gw_tokens *t);

/* ---- parts of verbs that need no picture ------------------------------------------------- *
 * (also what the tests of merging, deciding and purging call) */

struct gw_portrait_made {
    struct gw_document_hash document;
    enum gw_portrait_source source;
    struct gw_date captured_on;
    struct gw_hash picture;
    const struct gw_template *template;
    double quality;
    struct gw_span bytes;        /* the picture as it came; empty: only its template is kept */
};
/* Keeps it, and copies it to everybody on an open voyage who travels with the document.
 * out counts only the voyages `who` may know of. */
bool gw_portrait_keep(struct gw_portrait_receipt *out, struct gw_service *s, const struct gw_caller *who,
    const struct gw_portrait_made *made, struct gw_once *once, struct gw_err *err);

struct gw_probe_seen {
    struct gw_facts facts;       /* without attempt, and what the record tells of the best person */
    bool has_best;
    struct gw_id best;           /* traveler */
    size_t gallery_persons, gallery_templates;
    double most_fpir;            /* 0: as set */
    unsigned most_attempts;      /* 0: as set */
    int64_t started_us;          /* monotonic */
    struct gw_span picture;      /* as it came; empty: none was looked at */
};
/* Searches the probe and fills in the rest. named: NULL, or the travelers who hold the document. */
void gw_probe_search(struct gw_probe_seen *probe, const struct gw_service *s, const struct gw_gallery *gallery,
    const struct gw_template *t, const struct gw_holder *named, size_t n_named);
/* Decides and records in one transaction. */
bool gw_probe_decide(struct gw_verification *out, struct gw_service *s, struct gw_arena *a, const struct gw_caller *who,
    struct gw_id voyage, const struct gw_probe_seen *probe, struct gw_once *once, struct gw_err *err);

/* Closes within a transaction; out's lists in the arena. */
bool gw_close_in(struct gw_close *out, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    struct gw_voyage_row *v, const struct gw_close_ask *ask, struct gw_err *err);
/* At start: what was sealed under keys that are no more (a restored backup) goes. */
bool gw_purge_lost(struct gw_service *s, struct gw_err *err);
/* gw_service_purge without asking who. */
bool gw_purge_now(struct gw_purge *out, struct gw_service *s, struct gw_err *err);

/* Reference and seat out of a traveler's sealed person. Empty where absent. */
struct gw_person {
    struct gw_span reference, seat, surname, given_names;
};
bool gw_person_read(struct gw_person *out, struct gw_arena *a, struct gw_span person, struct gw_err *err);
