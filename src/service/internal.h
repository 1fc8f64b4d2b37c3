/* internal.h - inside service/: the open engines, and what the verbs share. */
#pragma once
#include "base/json.h"
#include "base/steady.h"
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
    GW_PROFILE_BYTES = 1 << 20,       /* of codes and separators */
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
struct gw_events;    /* event.c */
struct gw_mail;      /* webhook.c */
struct gw_setup;     /* setup.c */
struct gw_outbox;    /* outbox.c */

/* What the law was: another pack or another day, another mark. Zero: no pack in force. */
struct gw_law_mark {
    struct gw_hash pack;
    struct gw_date day;
};

struct gw_service {
    const struct gw_conf *conf;
    struct gw_clock clock;
    struct gw_decoder *decoder; /* NULL without recognition, as faces */
    struct gw_faces *faces;
    struct {
        pthread_mutex_t lock;
        pthread_cond_t returned;
        struct gw_face_scratch **of; /* not lent */
        size_t n;
    } scratches;
    char model[GW_MODEL_TEXT];  /* "" without recognition */
    struct gw_threshold_point points[GW_THRESHOLD_POINTS_MAX];
    size_t n_points;
    struct gw_store *store;
    struct gw_tokens *tokens;
    struct gw_setup *setup;
    struct gw_galleries *galleries;
    struct gw_port_zones *zones;
    struct gw_arena *profile_memory;
    struct gw_status_profile profile; /* of the authority that answers manifests */
    struct gw_id touched[256]; /* voyages whose readiness changed; under upkeep_lock. Of more it is not told live */
    size_t n_touched;
    int64_t deadlines_us; /* when the deadline clock must look again; atomically, 0: now */
    struct gw_events *events;
    struct gw_mail *mail;       /* NULL without recognition */
    struct gw_outbox *outbox;   /* NULL without recognition, and without register.url */

    pthread_mutex_t packs_lock; /* over what follows */
    struct gw_packs *packs;     /* NULL: none could be read, and nobody is photographed */
    char authority[GW_PACK_ID_MAX + 1];
    bool law_changed;           /* since upkeep looked */
    struct gw_law_mark law_mark; /* when upkeep looked */

    pthread_mutex_t once_lock; /* over the requests being answered */
    struct gw_once_waiting *once_waiting;

    struct gw_audit_looks *looks; /* audit.c */
    struct gw_signer *signer;     /* head.c */

    pthread_mutex_t upkeep_lock;
    pthread_cond_t upkeep_wake;
    pthread_t upkeep;
    bool upkeep_runs, stopping;
    int64_t ready_checked_us; /* monotonic; under upkeep_lock */
    struct gw_steady steady;  /* under upkeep_lock, as what follows */
    enum gw_steady_state steady_state;
    bool purge_due;           /* somebody asked for it */
    bool serving;             /* opened: from then on a purge leaves time to others */

    pthread_mutex_t purge_lock; /* one purge at a time; over what follows */
    int64_t mark_us;            /* the time that the store knows has been */
    int64_t purge_log_us;       /* monotonic: when a purge moved the write-ahead log on */

    struct gw_counters counters; /* added to atomically */
};

struct gw_worker {
    struct gw_service *service;
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
    struct gw_service *service;
    struct gw_face_scratch *scratch;   /* lent; the two are returned by gw_seen_done */
    struct gw_decoder_picture picture;
    size_t n_faces;
    double second_face_share;
    struct gw_face_facts facts;        /* of the largest, w->faces[0] */
};
void gw_seen_done(struct gw_seen *seen); /* a second time is fine */
GW_AUTO_DONE(gw_seen, gw_seen_done)
/* Decodes, and finds faces as soon as nobody else computes with one of the scratches: one fewer than pictures are looked at
 * at once, so that while all compute, the next is read. */
bool gw_see(struct gw_seen *out, struct gw_worker *w, struct gw_span picture, struct gw_face_times *times,
    struct gw_err *err);
/* The largest face into w->template. */
bool gw_see_template(struct gw_worker *w, const struct gw_seen *seen, struct gw_face_times *times, struct gw_err *err);
void gw_stage_add(struct gw_service *s, enum gw_stage stage, int64_t us);
void gw_stages_add(struct gw_service *s, const struct gw_face_times *times);
void gw_count_add(uint64_t *counter, uint64_t n);

/* ---- the log (audit.c) ----------------------------------------------------------------- */

/* Appends what happened to the log, in the transaction that does it: a line in each verb
 * that decides, shows, changes or destroys something. What may stand in which kind of entry
 * says audit/entry.def. Fills actor, role and site from `who` (NULL: the service itself):
 *     gw_audit_add(tx, s, who, GW_AUDIT_VIEW, &(struct gw_audit_facts){ .name = "travelers", .voyage = &v.id }, err) */
bool gw_audit_add(struct gw_tx *tx, const struct gw_service *s, const struct gw_caller *who, enum gw_audit_kind kind,
    const struct gw_audit_facts *facts, struct gw_err *err);
/* That the service starts, and with what; that it stops. */
bool gw_audit_start(struct gw_service *s, struct gw_err *err);
bool gw_audit_stop(struct gw_service *s, struct gw_err *err);
/* That another pack is in force; name NULL: none. */
bool gw_audit_law(struct gw_service *s, const char *name, const struct gw_hash *hash, struct gw_err *err);
/* A person looked at records about persons: in the log before it returns. The same look
 * again within a minute is one look (pages ask again and again). */
bool gw_audit_view(struct gw_service *s, const struct gw_caller *who, const char *name, struct gw_id voyage,
    struct gw_err *err);
/* Which tokens are used is an entry a day each. Noted on the threads that take requests, which may
 * not wait for the disk; written within a second, by upkeep. */
void gw_login_note(struct gw_service *s, const struct gw_caller *who);
bool gw_logins_log(struct gw_service *s, struct gw_err *err);
/* When a token was last used since the start; 0: not. Devices that were used later than what was last
 * taken here, by more than older_us. */
int64_t gw_login_seen(struct gw_service *s, struct gw_id token);
struct gw_device_seen {
    struct gw_id token;
    int64_t seen_us;
};
size_t gw_logins_seen(struct gw_device_seen *out, size_t most, struct gw_service *s, int64_t older_us);
/* Writes down when gates were last heard of: to a minute, or (all) whatever is not yet (device.c). */
bool gw_devices_keep(struct gw_service *s, bool all, struct gw_err *err);
void gw_receipt_number(char out[GW_RECEIPT_TEXT], const struct gw_service *s, struct gw_id subject); /* receipt.c */
/* Who signs (head.c). */
bool gw_signer_witnesses_check(const char *text, struct gw_err *err); /* audit.witnesses */
struct gw_signer *gw_signer_open(const struct gw_service *s, struct gw_err *err);
void gw_signer_free(struct gw_signer *g); /* wipes; NULL is fine */
GW_AUTO_FREE(gw_signer, gw_signer_free)
bool gw_head_sign(struct gw_service *s, struct gw_err *err); /* a head over all there is, unless there is one */
/* The head of the least size not below `size`, or the latest. GW_ERR_NOT_FOUND. */
bool gw_head_get(struct gw_audit_head *out, struct gw_arena *a, struct gw_service *s, bool has_size, uint64_t size,
    struct gw_err *err);
/* Text of ours as a word of the log: what no word can have becomes _. NULL for "". */
const char *gw_audit_word(char out[GW_AUDIT_WORD_MAX + 1], const char *text);
struct gw_audit_looks *gw_audit_looks_new(void);
void gw_audit_looks_free(struct gw_audit_looks *looks); /* NULL is fine */
/* How the log refers to a traveler: a hash that dies with the voyage's key. NULL for NULL, and when it is dead. */
const struct gw_hash *gw_audit_person(struct gw_hash *memory, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_id *traveler);

/* ---- rule packs (law.c) ------------------------------------------------------------- */

/* The pack in force at a place, held. */
struct gw_law {
    struct gw_packs *packs;
    const struct gw_pack *pack; /* NULL: none; nothing is authorised */
    struct gw_law_mark mark;
    struct gw_pack_facts place; /* day, mode, direction, site */
};
void gw_law_done(struct gw_law *law);
GW_AUTO_DONE(gw_law, gw_law_done)
/* The pack in force now and the day it is by its zone; false: none. */
bool gw_law_today(struct gw_law *out, struct gw_service *s);
/* The one that was in force at a moment, of those there are now. */
bool gw_law_on(struct gw_law *out, struct gw_service *s, int64_t us);
/* The same, as it bears on a voyage at a site. site "": the voyage's own: where it departs, or arrives. */
void gw_law_at(struct gw_law *out, struct gw_service *s, const struct gw_voyage_row *v, const char *site);
void gw_law_at_time(struct gw_law *out, struct gw_service *s, const struct gw_voyage_row *v, const char *site, int64_t us);
/* "" for the voyage's own site, else the site. */
const char *gw_law_site(const struct gw_voyage_row *v, const char *site);
struct gw_law_mark gw_law_mark_now(struct gw_service *s);
bool gw_law_mark_equal(const struct gw_law_mark *a, const struct gw_law_mark *b);

/* The rule for a traveler; NULL without a pack. Lives as long as law. */
const struct gw_pack_rule *gw_law_rule(const struct gw_law *law, const struct gw_manifest_traveler *t);
/* The same, out of the sealed person. */
bool gw_law_ask(const struct gw_pack_rule **rule, const struct gw_law *law, struct gw_arena *a, struct gw_span person, struct gw_err *err);
/* May an officer let the traveler pass against the comparison? Without a pack: no. */
bool gw_law_override(bool *allowed, const struct gw_law *law, struct gw_arena *a, struct gw_span person, struct gw_err *err);
bool gw_law_photo(const struct gw_pack_rule *rule); /* may they be photographed, and so searched for? NULL: no */
bool gw_law_refuse(struct gw_err *err);             /* GW_ERR_NOT_AUTHORISED */

/* Wherever a voyage's travelers are met: what is kept for it is kept for all of these. */
struct gw_law_way {
    struct gw_law law;
    struct gw_pack_facts *places;
    size_t n;
};
bool gw_law_along(struct gw_law_way *out, struct gw_arena *a, struct gw_service *s, const struct gw_voyage_row *v, struct gw_err *err);
void gw_law_way_done(struct gw_law_way *way);
GW_AUTO_DONE(gw_law_way, gw_law_way_done)
/* May they be photographed at any of them? */
bool gw_law_anywhere(const struct gw_law_way *way, const struct gw_manifest_traveler *t);

/* The strictest of several rules. */
struct gw_law_limits {
    bool any;
    unsigned attempts;
    double fpir;
    bool has_fmr;        /* all of them have one */
    double fmr;
};
void gw_law_limit(struct gw_law_limits *l, const struct gw_pack_rule *rule); /* rules without photograph are passed over */
/* Until when something of whom the rule is for may be kept; rule NULL: of somebody nobody knows, the strictest of all
 * rules that allow a photograph. False: not at all, or there is no such rule. */
bool gw_law_keep(int64_t *until_us, const struct gw_law *law, const struct gw_pack_rule *rule, enum gw_datum what,
    const struct gw_clocks *clocks);
/* Is there anybody of whom the pack in force allows to take a photograph and to keep this? */
bool gw_law_keeps_any(struct gw_service *s, enum gw_datum what);
/* May something of whom the rule is for leave this service, where to, by when (policy/pack.h)? False, and so nothing leaves,
 * without a pack in force, a rule of it, and that rule naming this datum. Ask again at the moment of sending: packs change. */
bool gw_law_transfer(struct gw_transfer *out, const struct gw_law *law, const struct gw_pack_rule *rule, enum gw_datum what,
    const struct gw_clocks *clocks);
/* Is another pack or day in force than when it was last asked? Logs it. */
bool gw_law_moved(struct gw_service *s);
/* Brings what is kept for an open voyage into line with it: templates of whom no rule allows
 * to photograph go, those of whom one does now come. */
bool gw_law_settle(struct gw_service *s, struct gw_id voyage, struct gw_err *err);
/* Copies the portraits that wait for these documents and serve the voyage to a traveler of it. It is open. */
bool gw_portraits_attach(struct gw_tx *tx, struct gw_service *s, struct gw_id traveler, struct gw_id voyage,
    const struct gw_document_hash *documents, size_t n, struct gw_err *err);

/* ---- to an identity register (transfer.c) ------------------------------------------------ */

/* A picture that the rule sends to the register, and until when it is kept for that. */
struct gw_transfer_plan {
    struct gw_transfer leaves;
    int64_t until_us; /* how long officers may see it */
    bool keeps;       /* so long it stays after the receipt */
    int64_t photo_us; /* when it dies at the latest: the photo's row gets this, and GW_KEY_TRANSFER */
};
/* False: it does not go there, or there is no register. until_us: of the plan. */
bool gw_transfer_plan(struct gw_transfer_plan *out, struct gw_service *s, const struct gw_law *law, const struct gw_pack_rule *rule,
    const struct gw_clocks *clocks, int64_t until_us);
/* Into the outbox, in the transaction that keeps the picture. person: sealed in the traveler's row. */
bool gw_transfer_put(struct gw_tx *tx, struct gw_service *s, struct gw_arena *a, const struct gw_transfer_plan *plan,
    const struct gw_law *law, const struct gw_pack_rule *rule, const struct gw_voyage_row *v, const struct gw_photo_row *photo,
    struct gw_span person, struct gw_err *err);
/* The picture of a verification that a human has decided about goes there, if a rule says so. */
enum gw_transfer_asked { GW_TRANSFER_QUEUED, GW_TRANSFER_ALREADY, GW_TRANSFER_NO_PICTURE, GW_TRANSFER_NO_RULE, GW_TRANSFER_NO_REGISTER };
bool gw_transfer_of_case(enum gw_transfer_asked *out, struct gw_tx *tx, struct gw_service *s, struct gw_arena *a,
    const struct gw_verification_row *v, struct gw_id traveler, const char *site, struct gw_err *err);
/* Does the pack that was in force when the picture was taken still let it leave, by the same rule? *unsure: none can be read. */
bool gw_transfer_may_leave(bool *unsure, struct gw_service *s, const struct gw_transfer_row *row, int64_t now_us);
/* What outbox.c writes down. facts: but for subject, voyage, name, class, rule and answer. */
bool gw_transfer_log(struct gw_tx *tx, const struct gw_service *s, const struct gw_caller *who, const struct gw_transfer_row *row,
    const char *answer, struct gw_audit_facts facts, struct gw_err *err);
bool gw_transfer_alert(struct gw_tx *tx, struct gw_service *s, enum gw_alert_kind kind, const struct gw_transfer_row *row, struct gw_err *err);
/* It has ended: logged, and its picture goes, unless it is kept for something else. receipt: the hash of one, or NULL. */
bool gw_transfer_end(struct gw_tx *tx, struct gw_service *s, const struct gw_transfer_row *row, enum gw_transfer_state state,
    const char *word, const struct gw_hash *receipt, struct gw_err *err);
/* The purge's: what may no longer leave ends, at most `limit` of them, until *done. */
bool gw_transfers_miss(bool *done, struct gw_tx *tx, struct gw_service *s, int64_t now_us, size_t limit, struct gw_err *err);
/* Sends (outbox.c). *out is NULL without register.url. GW_ERR_USAGE, GW_ERR_NOT_FOUND: settings. */
bool gw_outbox_open(struct gw_outbox **out, struct gw_service *s, struct gw_err *err);
void gw_outbox_close(struct gw_outbox *o); /* what is on its way is offered again at the next start; NULL is fine */
void gw_outbox_wake(struct gw_outbox *o);  /* there may be something; any thread; NULL is fine */

/* ---- instead of a photograph (alternative.c) ------------------------------------------- */

/* What is offered to who declines: into out; day and site into row. person empty: nobody knows who it is. */
bool gw_alternative_find(struct gw_decline *out, struct gw_decline_row *row, struct gw_service *s, const struct gw_caller *who,
    const struct gw_voyage_row *v, struct gw_arena *a, struct gw_span person, struct gw_span language, struct gw_err *err);
bool gw_alternative_count(struct gw_tx *tx, const struct gw_decline_row *row, enum gw_alternative alternative, struct gw_err *err);
/* A human has decided about somebody who declined: what is done instead was done. Counted once. */
bool gw_decline_settle(struct gw_tx *tx, struct gw_service *s, struct gw_id decline, struct gw_err *err);

void gw_notice_version(char out[GW_NOTICE_VERSION_TEXT], struct gw_span text);
/* What of a notice that hangs or is shown somewhere is true of the one in force; checked_day 0: nobody need have looked. */
bool gw_notice_state_of(enum gw_notice_state *out, struct gw_service *s, struct gw_arena *a, const struct gw_law *law,
    const struct gw_notice_row *row, struct gw_err *err);
/* Is the notice in force posted where the law is asked for? GW_ERR_NO_NOTICE. */
bool gw_notice_check(struct gw_service *s, struct gw_arena *a, struct gw_tx *tx, const struct gw_law *law, struct gw_err *err);

/* ---- deadlines (deadline.c) --------------------------------------------------------- */

/* ports.zones as read. GW_ERR_INVALID: the setting says what no time zone is. */
struct gw_port_zones; /* opaque */
struct gw_port_zones *gw_port_zones_read(const char *text, struct gw_err *err);
void gw_port_zones_free(struct gw_port_zones *z);
GW_AUTO_FREE(gw_port_zones, gw_port_zones_free)
/* When a voyage departs, us UTC: false where a local time was announced and the port's zone is not known; *us is then the
 * latest it can be anywhere. */
bool gw_departure(int64_t *us, const struct gw_service *s, const struct gw_voyage_row *v);
/* The day it departs, where it departs: part of what makes it this voyage. */
int64_t gw_departure_day(const struct gw_service *s, struct gw_span from, const struct gw_manifest_time *departure);
/* When a list (enum gw_traveler_kind), or what changes it, is due by the authority's profile. */
struct gw_due {
    const struct gw_deadline_rule *rule; /* NULL: never */
    bool known;  /* false: as gw_departure */
    int64_t us;
};
void gw_due_find(struct gw_due *out, const struct gw_service *s, const struct gw_voyage_row *v, int kind, bool changes);
bool gw_due_passed(const struct gw_due *due, int64_t now_us);
/* In the transaction in which a list came after its deadline: told, and an alert. */
bool gw_deadline_missed(struct gw_tx *tx, struct gw_service *s, const struct gw_voyage_row *v, int kind, const char *state, struct gw_err *err);
/* A voyage is new, or its departure may have changed: looks again when that asks for it. */
void gw_deadlines_wake(struct gw_service *s, const struct gw_voyage_row *v, bool is_new);
/* Says what is due now: lists that are missing, how covered galleries are at the marks. */
bool gw_deadlines_run(struct gw_service *s, struct gw_err *err);
/* A manifest or a portrait changed who is covered: told at the next turn of upkeep, once for all that came meanwhile. */
void gw_readiness_touch(struct gw_service *s, struct gw_id voyage);
bool gw_readiness_tell(struct gw_service *s, struct gw_err *err);
/* Counts only; needs no gallery. */
bool gw_readiness_count(struct gw_readiness *out, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    const struct gw_voyage_row *v, struct gw_err *err);

/* ---- boarding passes (pass.c) -------------------------------------------------------- */

/* Whom a boarding pass (BCBP) means on this voyage: none, one, or several who share a booking and, as far as the pass tells,
 * a name. GW_ERR_INVALID: it is no boarding pass. */
bool gw_pass_holders(struct gw_holder **out, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    const struct gw_voyage_row *v, struct gw_span pass, struct gw_err *err);

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
/* A reference to the gallery as of now, of those who may be photographed at the site (gw_law_site);
 * builds it if need be. limits: of the rules that allow it; none allows any: !limits->any.
 * NULL on failure. */
struct gw_gallery *gw_galleries_get(struct gw_law_limits *limits, struct gw_galleries *g, struct gw_id voyage, const char *site,
    struct gw_err *err);
/* At the voyage's own site, without building. gallery: a reference or NULL. */
enum gw_gallery_state gw_galleries_state(struct gw_gallery **gallery, struct gw_galleries *g, struct gw_id voyage);
/* Builds one that was touched and not asked for since; false when there is none. */
bool gw_galleries_build_one(struct gw_galleries *g);
/* The same on n threads of its own from now on, until it is freed. GW_ERR_UNAVAILABLE. */
bool gw_galleries_start(struct gw_galleries *g, unsigned n, struct gw_err *err);
void gw_galleries_count(struct gw_galleries *g, struct gw_counters *out);
void gw_upkeep_wake(struct gw_service *s);

/* ---- tokens (token.c) ------------------------------------------------------------------ */

struct gw_tokens *gw_tokens_open(struct gw_service *s, struct gw_err *err);
void gw_tokens_close(struct gw_tokens *t);

/* Base 32 without i, l, o, u, of random bits: n characters, no zero behind them. */
void gw_token_random(char *out, size_t n);
/* gw_service_token_new without asking who; reason: for the log. first_admin: only while there never was one, else GW_ERR_CONFLICT. */
bool gw_token_make(struct gw_token_made *out, struct gw_service *s, const struct gw_caller *who, const struct gw_token_new *ask,
    const char *reason, bool first_admin, struct gw_once *once, struct gw_err *err);
struct gw_token gw_token_of(const struct gw_token_row *row, int64_t now_us);
bool gw_tokens_had_admin(struct gw_tokens *t);

struct gw_setup *gw_setup_new(void);
void gw_setup_free(struct gw_setup *setup); /* NULL is fine */

/* Of a request that goes on for hours: is its token still valid? Looks again only when tokens have changed or it
 * expires. Zeroed at first. */
struct gw_token_watch {
    uint64_t version;
    int64_t expires_us;
};
/* Whose token it is, where it works now. */
bool gw_token_caller(struct gw_caller *out, struct gw_service *s, struct gw_id token);
bool gw_token_stays(struct gw_service *s, const struct gw_caller *who, struct gw_token_watch *watch);

struct gw_person;

/* ---- who is meant (named.c) ------------------------------------------------------------------ */

/* GW_ERR_INVALID when a document is given that is none. */
struct gw_named_hash {
    bool has_traveler, has_reference, has_document;
    struct gw_id traveler;
    struct gw_span reference;
    struct gw_document_hash document;
};
bool gw_named_hash_of(struct gw_named_hash *out, const struct gw_service *s, const struct gw_named *named, struct gw_err *err);
bool gw_named_is_anybody(const struct gw_named_hash *named);
/* Who is on the voyage's manifest now; GW_ERR_NOT_FOUND. */
bool gw_named_get(struct gw_id *traveler, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_named_hash *named, struct gw_err *err);
/* Reference and seat into fixed texts. */
void gw_named_copy(char reference[GW_MANIFEST_WORD_MAX + 1], char seat[GW_MANIFEST_WORD_MAX + 1],
    const struct gw_person *person);

/* ---- inspections (inspection.c) ---------------------------------------------------------------- */

struct gw_inspection_new {
    struct gw_id voyage;
    const char *site;                      /* NULL: of no one place */
    enum gw_inspection_cause cause;
    enum gw_reason reason;
    const struct gw_id *verification, *decline, *candidate, *traveler; /* NULL: none */
};
/* In the transaction of its cause; tells it, too. */
bool gw_inspection_open(struct gw_tx *tx, struct gw_service *s, const struct gw_inspection_new *inspection,
    struct gw_err *err);
/* Closed by the close of the voyage. */
bool gw_inspections_lapse(struct gw_tx *tx, struct gw_service *s, struct gw_id voyage, struct gw_err *err);
/* A verification as those who may know why see it (verify.c). */
bool gw_verification_read(struct gw_verification_record *out, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_verification_row *row, struct gw_err *err);

/* ---- what is measured (measured.c) ----------------------------------------------------------- */

/* In the transaction of the decision. person: of the traveler it cleared; else not looked at. */
bool gw_measured_decision(struct gw_tx *tx, struct gw_arena *a, const struct gw_verification_row *v, struct gw_span person,
    struct gw_err *err);
/* How it ended and why, in words nobody is in: the log has the answer alone. In the same transaction; "" is none. */
struct gw_measured_why {
    const char *site, *class, *rule;
    struct gw_span carrier;
    enum gw_reason reason;
};
bool gw_measured_reason(struct gw_tx *tx, const struct gw_verification_row *v, const struct gw_measured_why *why, struct gw_err *err);
/* An officer cleared whom the face had not. */
bool gw_measured_outcome(struct gw_tx *tx, struct gw_arena *a, const struct gw_inspection_row *row, enum gw_reason reason,
    bool is_mismatch, int64_t now_us, struct gw_err *err);

struct gw_measured {
    struct gw_measured_row *rows; /* by what, of, bin */
    size_t n;
};
/* Of whole days, UTC. */
bool gw_measured_read(struct gw_measured *out, struct gw_arena *a, struct gw_tx *tx, int64_t from_us, int64_t to_us,
    struct gw_err *err);
/* "answer_ms": null of fewer than five answers. */
void gw_measured_set_answer(struct gw_json *j, const struct gw_measured *m, struct gw_span device);
/* "calibration" and "models": scores and error curves. */
void gw_measured_set_scores(struct gw_json *j, const struct gw_service *s, const struct gw_measured *m);
/* How those of a group fared that were known in the end: by is "sex" or "age". *at starts at 0; false: no more. */
struct gw_measured_group {
    struct gw_span group;
    uint64_t known, missed, not_captured;
};
bool gw_measured_next_group(struct gw_measured_group *out, const struct gw_measured *m, const char *by, size_t *at);
/* How many ended so, for one reason of one gate, site, carrier, class and rule ("": none). *at as above. */
struct gw_measured_reasons {
    struct gw_span device, site, carrier, class, rule;
    enum gw_answer answer;
    enum gw_reason reason;
    uint64_t n;
};
bool gw_measured_next_reason(struct gw_measured_reasons *out, const struct gw_measured *m, size_t *at);

/* ---- what is told (event.c, alert.c) -------------------------------------------------------- */

/* In the transaction of what happened; told to whoever may know once that has
 * committed, and at no other time. No person in open and inside: ids, words and numbers
 * (reference and seat of `traveler` are looked up when it is told). */
struct gw_event {
    enum gw_event_kind kind;
    const struct gw_id *voyage, *traveler; /* NULL: of none */
    const char *site;                      /* of what happened at one place: devices elsewhere are not told; NULL */
    unsigned roles;                        /* of the kind's, only these (1u << role); 0: all of them */
    const struct gw_json *open;            /* for every role of the kind; an object, borrowed; NULL: no facts */
    const struct gw_json *inside;          /* as well, for officers, supervisors, auditors, admins */
};
bool gw_event_add(struct gw_tx *tx, struct gw_service *s, const struct gw_event *event, struct gw_err *err);
/* GW_EVENT_VOYAGE; state: "announced", "changed", "closed", "purged". */
bool gw_voyage_tell(struct gw_tx *tx, struct gw_service *s, struct gw_id voyage, const char *state, struct gw_err *err);

struct gw_alert_new {
    enum gw_alert_kind kind;
    const struct gw_id *voyage, *traveler, *verification, *inspection; /* NULL: none */
    const char *site;
    bool once; /* not while one of the same kind, voyage and traveler waits */
};
/* In a transaction; tells it, too. id may be NULL. */
bool gw_alert_add(struct gw_id *id, struct gw_tx *tx, struct gw_service *s, const struct gw_alert_new *alert,
    struct gw_err *err);

struct gw_events *gw_events_new(struct gw_service *s);
void gw_events_free(struct gw_events *e); /* before the store is closed */
void gw_events_committed(void *events);   /* for the store */
void gw_events_forget(struct gw_events *e, struct gw_id voyage); /* purged: what is in memory of it goes */
/* Sends messages (webhook.c). */
struct gw_mail *gw_mail_open(struct gw_service *s, struct gw_err *err);
void gw_mail_close(struct gw_mail *p); /* what is on its way is sent again at the next start; NULL is fine */
void gw_mail_wake(struct gw_mail *p);  /* there may be something to send; any thread; NULL is fine */
/* As Standard Webhooks 1.0 says: HMAC-SHA256 over "id.time.body". */
enum { GW_WEBHOOK_SIGNATURE_TEXT = 3 + GW_BASE64_TEXT(GW_HASH_BYTES) };
void gw_webhook_sign(char out[GW_WEBHOOK_SIGNATURE_TEXT], struct gw_span secret, const char *id, const char *time, struct gw_span body);
size_t gw_events_listeners(struct gw_events *e);
/* Drops what is older than events.keep or beyond events.most. */
bool gw_events_trim(struct gw_service *s, struct gw_err *err);
/* One event as a role is told it, as JSON, appended; nothing where the role is not told. */
bool gw_event_render(struct gw_buf *out, struct gw_arena *a, struct gw_tx *tx, const struct gw_event_row *row,
    enum gw_role role, struct gw_err *err);

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
/* Keeps it, and copies it to everybody on an open voyage it serves who travels with the document: of a caller that
 * speaks for a carrier, that carrier's; else any. out counts only the voyages `who` may know of. */
bool gw_portrait_keep(struct gw_portrait_receipt *out, struct gw_service *s, const struct gw_caller *who,
    const struct gw_portrait_made *made, struct gw_once *once, struct gw_err *err);

struct gw_probe_seen {
    struct gw_facts facts;       /* without attempt, and what the record tells of the best person */
    bool has_best, has_named;
    struct gw_id best;           /* traveler */
    struct gw_id named;          /* who holds the document presented */
    size_t gallery_persons, gallery_templates;
    struct gw_law_limits limits; /* what the rules ask beside the settings */
    int64_t started_us;          /* monotonic */
    struct gw_span picture;      /* as it came; empty: none was looked at */
};
/* Searches the probe and fills in the rest. named: NULL, or the travelers who hold the document. */
void gw_probe_search(struct gw_probe_seen *probe, const struct gw_service *s, const struct gw_gallery *gallery,
    const struct gw_template *t, const struct gw_holder *named, size_t n_named);
/* Decides and records in one transaction. */
bool gw_probe_decide(struct gw_verification *out, struct gw_service *s, struct gw_arena *a, const struct gw_caller *who,
    struct gw_id voyage, const struct gw_probe_seen *probe, struct gw_once *once, struct gw_err *err);

/* Closes within a transaction; out's lists in the arena. who: NULL when it was overdue. */
bool gw_close_in(struct gw_close *out, struct gw_arena *a, struct gw_tx *tx, struct gw_service *s,
    const struct gw_caller *who, struct gw_voyage_row *v, const struct gw_close_ask *ask, struct gw_err *err);
/* At start: what was sealed under keys that are no more (a restored backup) goes. */
bool gw_purge_lost(struct gw_service *s, struct gw_err *err);
/* The time that what is kept dies by (base/steady.h). */
int64_t gw_service_steady(struct gw_service *s);
/* Counts what is older than its clock allows; if there is any, says so to whoever must know. */
bool gw_retention_watch(struct gw_service *s, struct gw_err *err);
/* The purge runs within a second. */
void gw_upkeep_due(struct gw_service *s);
/* gw_service_purge without asking who. */
bool gw_purge_now(struct gw_purge *out, struct gw_service *s, struct gw_err *err);

/* Reference and seat out of a traveler's sealed person. Empty where absent. */
struct gw_person {
    struct gw_span reference, seat, surname, given_names;
};
bool gw_person_read(struct gw_person *out, struct gw_arena *a, struct gw_span person, struct gw_err *err);
/* Of a traveler by id; *found is false where there is none any more, or the voyage was purged. */
bool gw_person_find(struct gw_person *out, bool *found, struct gw_arena *a, struct gw_tx *tx, struct gw_id traveler,
    struct gw_err *err);

/* GW_ERR_GONE: only the voyage's counts are left. */
bool gw_voyage_gone(struct gw_err *err);

/* Lists by a growing number: where a page begins and how long it is (GW_ERR_INVALID), and where the next begins. */
bool gw_page_ask(int64_t *after, size_t *limit, struct gw_span cursor, size_t asked, struct gw_err *err);
const char *gw_page_cursor(struct gw_arena *a, int64_t last, struct gw_err *err);
