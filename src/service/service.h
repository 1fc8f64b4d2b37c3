/* service.h - what the product does. The only place where decoder, networks, store
 * and galleries meet; the doors (http/, cli/) translate and never decide.
 *
 * The service is opened once. A verb is `bool gw_service_verb(out, service, who, …,
 * err)`: it checks by itself that the caller's role and scope allow it
 * (GW_ERR_FORBIDDEN), records first and answers then, and gives each role only what
 * it may see: what a role may not know is absent from the answer (has_… is false),
 * so a door writes what is there and cannot leak.
 *
 * Everything in an answer that is a pointer or span lives in the arena given, as
 * long as the arena does. Ids may stand in URLs and logs. References, seats and
 * names may not: they are text about a person.
 *
 * Errors every verb may give, beside those at each:
 *   GW_ERR_FORBIDDEN    the role may not, or not for this voyage or site
 *   GW_ERR_NOT_FOUND    no such voyage (also: not one of the caller's)
 *   GW_ERR_UNAVAILABLE  the store cannot be written now (disk full, read-only): nothing was done
 *   GW_ERR_IO, GW_ERR_CORRUPT, GW_ERR_INTERNAL
 *
 * Threads: all verbs, at the same time. A gw_worker belongs to one thread. */
#pragma once
#include "base/arena.h"
#include "base/clock.h"
#include "base/conf.h"
#include "base/crypto.h"
#include "base/id.h"
#include "manifest/cusres.h"
#include "manifest/manifest.h"
#include "policy/pack.h"
#include "policy/policy.h"
#include "policy/rank.h"

struct gw_service; /* opaque */

/* ---- life ---------------------------------------------------------------- */

struct gw_service_options {
    const struct gw_conf *conf; /* borrowed until close */
    struct gw_clock clock;      /* {} is the system's */
    /* Administration (tokens, purge, doctor): no decoder child and no networks are
     * started; verbs that take a picture answer GW_ERR_UNAVAILABLE. */
    bool without_recognition;
    const char *models_path;    /* folder of the model cards, already resolved; NULL: conf's models.path */
    const char *runtime_path;   /* ONNX Runtime library; NULL: conf's runtime.path */
    void (*step)(void *to, const char *name); /* store.h: for tests of being cut off; NULL is fine */
    void *step_to;
};

/* Starts the decoder child first (before any key or file is open), then the
 * networks, then the store; migrates it, closes and purges what is overdue, and
 * begins to build the galleries of open voyages in the background. Fails with what
 * to do:
 *   GW_ERR_IO           folder cannot be made or written; disk full
 *   GW_ERR_CONFLICT     another process has the store open; or its database is of a newer version
 *   GW_ERR_UNAVAILABLE  the clock is before 2020
 *   GW_ERR_NOT_FOUND, GW_ERR_CORRUPT  a model, the runtime, the key file, the database
 * Call before other threads exist: it forks. */
/* Texts that the settings hold, as far as they can be judged before anything is opened; gw_service_open asks, too.
 * GW_ERR_USAGE, with where it was asked for. */
[[nodiscard]] bool gw_service_settings(const struct gw_conf *c, struct gw_err *err);
[[nodiscard]] struct gw_service *gw_service_open(const struct gw_service_options *options, struct gw_err *err);
/* Finishes what was accepted, wipes keys and galleries. No verb may be running. NULL is fine. */
void gw_service_close(struct gw_service *s);
GW_AUTO_FREE(gw_service, gw_service_close)

/* Reads the rule packs anew (packs.path, packs.keys, packs.authority) and takes them
 * over, open voyages included. One that is not valid, and the old ones stay: GW_ERR_INVALID,
 * GW_ERR_CONFLICT (overlapping), GW_ERR_FORMAT, GW_ERR_NOT_FOUND, GW_ERR_LIMIT. */
[[nodiscard]] bool gw_service_packs(struct gw_service *s, const char *path, const char *keys, const char *authority, struct gw_err *err);

const struct gw_conf *gw_service_conf(const struct gw_service *s);
int64_t gw_service_now(const struct gw_service *s); /* us UTC, by the service's clock */

/* How many pictures are looked at at once: work.threads, or one more than there are cores. Who has decided and waits for
 * the disk, as each does before it answers, is not among them (gw_work_rest). */
unsigned gw_service_threads(const struct gw_service *s);

/* What one recognition thread owns: working memory and what it has found in a picture. One per worker of the door's
 * queue (base/work.h). */
struct gw_worker; /* opaque */
[[nodiscard]] struct gw_worker *gw_worker_new(struct gw_service *s);
void gw_worker_free(struct gw_worker *w); /* wipes; NULL is fine; before gw_service_close */
GW_AUTO_FREE(gw_worker, gw_worker_free)

/* ---- who asks ------------------------------------------------------------ */

enum gw_role {
    GW_ROLE_DEVICE,
    GW_ROLE_CARRIER,
    GW_ROLE_OFFICER,
    GW_ROLE_SUPERVISOR,
    GW_ROLE_AUDITOR,
    GW_ROLE_ADMIN,
    GW_ROLE_COUNT
};
const char *gw_role_name(enum gw_role role); /* "device" */
bool gw_role_find(enum gw_role *out, struct gw_span name);

enum { GW_SCOPE_TEXT = 17, GW_LABEL_TEXT = 65, GW_TOKEN_TEXT = 52 }; /* bytes with the zero */

/* Who is asking, as checked; filled by gw_service_token_check or gw_caller_local. */
struct gw_caller {
    enum gw_role role;
    struct gw_id token;           /* of a device: the device */
    char site[GW_SCOPE_TEXT];     /* port code ("YVR"); always there for a device, else "" is all */
    char carrier[GW_SCOPE_TEXT];  /* "XX"; always there for a carrier, else "" is all */
    uint64_t credential;          /* which of the token's it came in with; 0: none */
};
/* The person at the machine's own command line: who can read the key file is admin. */
struct gw_caller gw_caller_local(void);

struct gw_token {
    struct gw_id id;
    enum gw_role role;
    char label[GW_LABEL_TEXT];    /* the operator's own words: "gate 12" */
    char site[GW_SCOPE_TEXT], carrier[GW_SCOPE_TEXT];
    int64_t created_us, expires_us;
    bool has_revoked;
    int64_t revoked_us;
    bool has_certificate;         /* it is asked with by a client certificate, not a secret */
    struct gw_hash certificate;   /* SHA-256 of its DER form */
    bool has_prior;               /* the credential before the last renewal still works */
    int64_t prior_until_us;
};
const char *gw_token_state(const struct gw_token *t, int64_t now_us); /* "valid", "expired", "revoked" */
/* What somebody shows to be known. */
struct gw_credential {
    bool has_certificate;         /* else a secret is made */
    struct gw_hash certificate;
    int64_t certificate_until_us; /* its end; the credential's at the latest */
    int64_t lasts_us;             /* 0: a year */
};
struct gw_token_new {
    enum gw_role role;
    struct gw_span label, site, carrier;
    struct gw_credential credential;
};
/* admin. The secret ("gw_" and 48 characters; "" with a certificate) is given this once; only its hash is kept.
 *   GW_ERR_INVALID   a device without site, a carrier without carrier, too long, not a port or carrier code; a
 *                    certificate that has ended
 *   GW_ERR_CONFLICT  the certificate is, or was, somebody's: a revoked one never comes back */
[[nodiscard]] bool gw_service_token_new(struct gw_token *out, char secret[GW_TOKEN_TEXT], struct gw_service *s,
    const struct gw_caller *who, const struct gw_token_new *ask, struct gw_err *err);
/* Bearer text to caller. GW_ERR_UNAUTHORIZED: unknown, expired, revoked (one text for
 * all three). Costs a hash and a look into memory. */
[[nodiscard]] bool gw_service_token_check(struct gw_caller *out, struct gw_service *s, struct gw_span secret,
    struct gw_err *err);
/* The same with a client certificate that the door has verified. */
[[nodiscard]] bool gw_service_certificate_check(struct gw_caller *out, struct gw_service *s,
    const struct gw_hash *certificate, struct gw_err *err);
/* admin. Another credential for the same id, role and scope. The one before works for keep_us more (0: no longer), so
 * that whoever has it can change over. As gw_service_token_new; GW_ERR_NOT_FOUND: none such, or revoked. */
struct gw_token_renewal {
    struct gw_id token;
    struct gw_credential credential;
    int64_t keep_us;
};
[[nodiscard]] bool gw_service_token_renew(struct gw_token *out, char secret[GW_TOKEN_TEXT], struct gw_service *s,
    const struct gw_caller *who, const struct gw_token_renewal *ask, struct gw_err *err);
/* admin. Takes effect before it returns. Twice is fine. GW_ERR_NOT_FOUND. */
[[nodiscard]] bool gw_service_token_revoke(struct gw_service *s, const struct gw_caller *who, struct gw_id token,
    struct gw_err *err);
/* admin. All of them, oldest first, in the arena. */
[[nodiscard]] bool gw_service_token_list(struct gw_token **out, size_t *n, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_err *err);

/* ---- asked once ---------------------------------------------------------- */

/* A request with an Idempotency-Key. Give it to a verb that changes state: the
 * first time, the verb calls `render` with its answer and stores what that wrote in
 * the same transaction as its effect; asked again within idempotency.keep, the verb
 * does nothing, fills body and status from the store, and *out is zeroed. Either way
 * the door sends body. A failed verb stores nothing: asking again tries again. Errors:
 *   GW_ERR_IN_PROGRESS  the first one is still being answered
 *   GW_ERR_INVALID      the key was used for another request
 * NULL everywhere a verb takes one is fine: then nothing is kept. */
struct gw_once {
    struct gw_hash key;     /* gw_once_init */
    struct gw_hash request;
    /* Writes the body the door will send and its HTTP status. Called on any thread,
     * before the commit; must not call verbs. `answer` is the verb's out. */
    void (*render)(struct gw_buf *body, int *status, const void *answer, void *context);
    void *context;
    bool replayed;
    int status;
    struct gw_buf body; /* the caller's: gw_buf_done */
};
/* key_text: the header's value, 1 to 255 bytes (else GW_ERR_INVALID); it is bound to
 * the token. method_and_target and body are hashed. */
[[nodiscard]] bool gw_once_init(struct gw_once *out, const struct gw_caller *who, struct gw_span key_text,
    struct gw_span method_and_target, struct gw_span body, struct gw_err *err);
/* For what takes effect outside the store, such as settings read again: acts unless the key was answered before,
 * and keeps what render writes of `answer`. Who is killed between the two acts again when asked again, so it is
 * for acts that do no harm twice. */
[[nodiscard]] bool gw_service_once(struct gw_service *s, struct gw_once *once, bool (*act)(void *self, struct gw_err *err), void *self,
    const void *answer, struct gw_err *err);

/* ---- the first admin ------------------------------------------------------ */

/* A service that never had an admin gives itself a code, which whoever started it types into the console: then the
 * first admin's token is made, once. Kept in memory only, as a hash: another start has another code. */
enum { GW_SETUP_TEXT = 20 }; /* "xxxx-xxxx-xxxx-xxxx": 80 random bits */
/* For the door that prints it. False: there was an admin before, or setup.lasts is 0. A code made before is void. */
bool gw_service_setup_code(char out[GW_SETUP_TEXT], int64_t *until_us, struct gw_service *s);
/* Is there a code that can be used now? */
bool gw_service_setup_open(struct gw_service *s, int64_t *until_us);
struct gw_setup_ask {
    struct gw_span code;    /* capitals, blanks and hyphens do not matter */
    struct gw_span label;   /* of the token; empty: "first admin" */
    uint64_t from;          /* where it comes from, as a number: so many wrong codes a minute from each */
};
struct gw_token_made {      /* for once's render, too; wipe secret */
    struct gw_token token;
    char secret[GW_TOKEN_TEXT];
};
/* Anyone. The code is void from then on, whoever made the admin.
 *   GW_ERR_CONFLICT   there is, or was, an admin
 *   GW_ERR_FORBIDDEN  not the code, or it has expired; one text for both
 *   GW_ERR_TOO_OFTEN  too many wrong ones: not even the right one is taken for a minute
 *   GW_ERR_INVALID    label */
[[nodiscard]] bool gw_service_setup(struct gw_token_made *out, struct gw_service *s, const struct gw_setup_ask *ask,
    struct gw_once *once, struct gw_err *err);

/* ---- voyages ------------------------------------------------------------- */

enum gw_traveler_status {
    GW_STATUS_EXPECTED,
    GW_STATUS_DECLINED,
    GW_STATUS_CLEARED,
    GW_STATUS_INSPECTED,
    GW_STATUS_BOARDED,
    GW_STATUS_DENIED,
    GW_STATUS_NOT_BOARDED,
    GW_STATUS_REMOVED, /* was on an earlier manifest; shown in no list */
    GW_STATUS_COUNT
};
const char *gw_traveler_status_name(enum gw_traveler_status status); /* "not_boarded" */

enum gw_voyage_state { GW_VOYAGE_OPEN, GW_VOYAGE_CLOSED };
const char *gw_voyage_state_name(enum gw_voyage_state state); /* "open" */

struct gw_manifest_status {
    size_t traveler;       /* its place in the message */
    const char *reference; /* the carrier's own; NULL where it sent none */
    enum gw_traveler_status status;
    enum gw_clearance clearance; /* what a CUSRES says of it */
    unsigned portraits;    /* usable ones known now */
};
struct gw_manifest_receipt {
    struct gw_id voyage;
    bool created;          /* 201, else 200 */
    size_t n_travelers;    /* expected on the voyage now */
    size_t added, changed, removed;
    bool late;             /* came after its deadline */
    bool whole;            /* no part of the transmission is missing */
    bool cancelled;        /* it said that the voyage does not take place */
    bool closed;           /* it was a close-out */
    struct gw_manifest_status *statuses; /* one for each traveler of the message that could be read */
    size_t n_statuses;
    const struct gw_manifest_problem *problems; /* the message's own, borrowed from it */
    size_t n_problems;
};
/* What the messages of one request are about. */
struct gw_announcement {
    const struct gw_manifest *manifest;
    const struct gw_paxlst_message *message; /* what PAXLST knows beyond it, its parts among them; NULL: JSON, CSV */
};
struct gw_manifest_receipts {
    struct gw_manifest_receipt *of; /* one for each message */
    size_t n;
};
/* carrier (of that carrier), admin. Creates voyages or updates them, all messages in one transaction: the same voyage is
 * the same mode, carrier, number (leading zeros aside), day of departure where it departs, from and to. The same message
 * twice changes nothing. Galleries follow before it returns.
 *
 * The same traveler is the same reference; else the same document where names and birth date do not
 * contradict; else name and birth date. A whole list takes away whom it does not name, a list in parts when its last
 * part is there. A removal that names a reservation only takes all of it. A cancellation
 * closes the voyage with nobody on board. A close-out (close_list) closes it, or says
 * of a voyage closed before who was on board.
 *   GW_ERR_INVALID    no usable voyage in it (what is missing is among the problems)
 *   GW_ERR_NOT_FOUND  a close-out or cancellation of a voyage nobody announced
 *   GW_ERR_CONFLICT   the voyage is closed */
[[nodiscard]] bool gw_service_manifests(struct gw_manifest_receipts *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_announcement *announced, size_t n, struct gw_once *once, struct gw_err *err);
/* One message without parts; once's render gets struct gw_manifest_receipts. */
[[nodiscard]] bool gw_service_manifest(struct gw_manifest_receipt *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_manifest *m, struct gw_once *once, struct gw_err *err);

/* An authority's status codes and separators: profiles/NAME.json, or a file where name has a /. In the arena. */
const struct gw_status_profile *gw_service_status_profile(const struct gw_service *s); /* manifest.profile */
[[nodiscard]] bool gw_service_profile(struct gw_status_profile *out, struct gw_arena *a, const char *name, struct gw_err *err);

struct gw_voyage {
    struct gw_id id;
    enum gw_mode mode;
    enum gw_direction direction;
    const char *carrier, *number, *from, *to;
    struct gw_manifest_time departure, arrival;
    enum gw_voyage_state state;
    bool cancelled;        /* closed because the carrier said that it does not take place */
    bool has_closed;
    int64_t closed_us;
    bool has_purge;
    int64_t purge_us;      /* when everything about its persons is destroyed; known once closed */
    size_t n_travelers;    /* without those removed */
    size_t by_status[GW_STATUS_COUNT];
};
struct gw_voyage_filter {
    bool has_from, has_to; /* departure in [from, to) */
    int64_t from_us, to_us;
    bool has_mode;
    enum gw_mode mode;
    struct gw_span port;   /* from or to; empty: any */
    struct gw_span cursor; /* of the page before; empty: first page */
    size_t limit;          /* 1 to 500; 0: 50 */
};
struct gw_voyage_page {
    struct gw_voyage *voyages;
    size_t n;
    const char *cursor;    /* of the next page; NULL when this was the last */
};
/* carrier (its own), officer, supervisor, admin, device (those at its site). By departure. GW_ERR_INVALID: cursor, limit. */
[[nodiscard]] bool gw_service_voyages(struct gw_voyage_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_voyage_filter *filter, struct gw_err *err);
struct gw_json *gw_voyage_to_json(const struct gw_voyage *v); /* as the interface has it: no person in it */
[[nodiscard]] bool gw_service_voyage(struct gw_voyage *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, struct gw_err *err);

struct gw_traveler {
    struct gw_id id;
    enum gw_traveler_kind kind;
    const char *reference, *seat; /* NULL where absent */
    enum gw_traveler_status status;
    unsigned portraits;
    bool has_name;                /* officer, supervisor, and the carrier that sent them */
    const char *surname, *given_names;
    bool has_cleared;             /* officer, supervisor */
    int64_t cleared_us;
};
struct gw_traveler_page {
    struct gw_traveler *travelers;
    size_t n;
    const char *cursor;
};
/* carrier (its own), officer, supervisor. In the order they were announced.
 * GW_ERR_GONE after the purge. */
[[nodiscard]] bool gw_service_travelers(struct gw_traveler_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, struct gw_span cursor, size_t limit, struct gw_err *err);

enum gw_gallery_state { GW_GALLERY_ABSENT, GW_GALLERY_BUILDING, GW_GALLERY_READY };
const char *gw_gallery_state_name(enum gw_gallery_state state); /* "ready" */

struct gw_readiness {
    size_t expected, covered, covered_by_several; /* travelers to be photographed; with a usable portrait; with more than one */
    size_t not_photographed;                      /* expected too, but no rule in force allows to photograph them */
    struct gw_traveler *uncovered;                /* for a manual check before boarding */
    size_t n_uncovered;
    enum gw_gallery_state gallery;
    size_t gallery_persons, gallery_templates;
    bool late;                /* a list came after its deadline first */
    int64_t first_manifest_us, last_manifest_us;
    struct gw_list_due {
        bool has_due;         /* false: never, or a local time was announced, at a port whose zone is not known */
        int64_t due_us;
        const char *basis;    /* the deadline's source; NULL: nothing is due */
        bool has_received;    /* whole, with all its parts */
        int64_t received_us;
        bool late;            /* it came after its deadline, or that has passed without it */
    } lists[2];               /* by enum gw_traveler_kind */
    struct gw_readiness_at {
        unsigned minutes;     /* before departure */
        int64_t at_us;
        size_t expected, covered, covered_by_several;
    } *marks;                 /* those that have passed */
    size_t n_marks;
};
/* carrier (its own), officer, supervisor. */
[[nodiscard]] bool gw_service_readiness(struct gw_readiness *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, struct gw_err *err);

/* ---- portraits ----------------------------------------------------------- */

const char *gw_portrait_source_name(enum gw_portrait_source source); /* "chip" */
bool gw_portrait_source_find(enum gw_portrait_source *out, struct gw_span name);

struct gw_portrait_ask {
    struct gw_span document_number, issuing_state; /* three letters */
    enum gw_portrait_source source;
    struct gw_date captured_on;   /* year 0: not known */
    struct gw_span picture;       /* JPEG, PNG or JPEG 2000, or a chip's file with one in it (EF.DG2) */
};
struct gw_portrait_receipt {
    struct gw_id portrait;
    bool created;                 /* false: the sender's own of that document and source was replaced or is the same */
    double quality;               /* 0 to 100 */
    size_t n_quality;             /* components, by name */
    struct { const char *name; double value; } components[16];
    unsigned voyages;             /* open voyages that expect the document and have it in their gallery now; a
                                   * carrier learns only of its own */
};
/* carrier, admin. Before or after the manifest. What is kept is its template and,
 * sealed, the picture. The newest of each source is kept, of each carrier and of the authority: a carrier's serves that
 * carrier's voyages and only that carrier replaces it, an authority's own (admin without a carrier) serves all.
 *   GW_ERR_INVALID   no face, several faces, or too poor: the text says what is wrong
 *   GW_ERR_FORMAT, GW_ERR_UNSUPPORTED, GW_ERR_LIMIT  the picture could not be decoded
 *   GW_ERR_UNAVAILABLE  without recognition */
[[nodiscard]] bool gw_service_portrait(struct gw_portrait_receipt *out, struct gw_service *s, struct gw_worker *w,
    const struct gw_caller *who, const struct gw_portrait_ask *ask, struct gw_once *once, struct gw_err *err);

/* ---- the gate ------------------------------------------------------------ */

struct gw_verify_ask {
    struct gw_span picture;          /* JPEG, PNG or JPEG 2000 */
    struct gw_span document_number;  /* empty: 1:N; else the document presented: 1:1 */
    struct gw_span issuing_state;    /* with it; empty: any */
    struct gw_span boarding_pass;    /* BCBP text; empty: none. With one it is 1:1, too */
    int64_t received_us;             /* gw_clock_monotonic_us when the request came; 0: now. For elapsed_us. */
};
enum { GW_RECEIPT_TEXT = 44 }; /* bytes of a receipt's number with the zero */
struct gw_verification {
    struct gw_id id;
    char receipt[GW_RECEIPT_TEXT];   /* for the traveler; "" with retry */
    enum gw_answer answer;
    enum gw_guidance guidance;
    bool has_traveler;               /* only with clear */
    char reference[GW_MANIFEST_WORD_MAX + 1], seat[GW_MANIFEST_WORD_MAX + 1]; /* "": absent */
    unsigned attempt, attempts_left;
    int64_t elapsed_us;              /* from received_us until it was durably recorded */
};
/* device, at its site. In this order: is the voyage open and at this site; did the person
 * presented decline; is the notice posted; does a rule in force allow the photograph; only then is the picture decoded (in the child), searched among
 * those expected, decided, recorded durably, and answered. A picture that cannot be
 * decoded is an error, not an attempt:
 *   GW_ERR_FORMAT, GW_ERR_UNSUPPORTED, GW_ERR_LIMIT
 *   GW_ERR_INVALID      document_number is none, boarding_pass is no boarding pass, or both are there
 *   GW_ERR_CONFLICT     the voyage is closed
 *   GW_ERR_NO_NOTICE    no current notice is posted here (notice.required)
 *   GW_ERR_NOT_AUTHORISED  no rule of the pack in force allows to photograph the person presented, or anybody expected
 *   GW_ERR_UNAVAILABLE  without recognition, gallery not built yet, store not writable: look at the document */
[[nodiscard]] bool gw_service_verify(struct gw_verification *out, struct gw_service *s, struct gw_worker *w,
    const struct gw_caller *who, struct gw_id voyage, const struct gw_verify_ask *ask, struct gw_once *once,
    struct gw_err *err);

/* A decision as it was recorded. */
struct gw_verification_record {
    struct gw_id id, device;
    int64_t at_us, elapsed_us;
    enum gw_answer answer;
    enum gw_guidance guidance;
    unsigned attempt, attempts_left;
    enum gw_reason reason;          /* gw_reason_code, _text, _severity */
    bool has_score;
    double score, next_score, threshold; /* cosines */
    bool has_quality;
    double quality;
    bool has_liveness;
    double liveness;
    bool has_traveler;              /* of a clear, or of an already_cleared: who it was taken for */
    const char *reference, *seat;   /* NULL where absent */
    size_t gallery_persons;
    bool has_photo;                  /* the live picture is kept for a while */
    struct gw_id photo;
};
struct gw_verification_page {
    struct gw_verification_record *records; /* oldest first */
    size_t n;
    const char *cursor;
};
/* officer, supervisor: what was decided and why. */
[[nodiscard]] bool gw_service_verifications(struct gw_verification_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, struct gw_span cursor, size_t limit, struct gw_err *err);

/* Somebody on a voyage, by what stands on paper: reference, or document. All empty: nobody is named. */
struct gw_named {
    struct gw_span reference, document_number, issuing_state;
    bool has_traveler;              /* by id, before all others: for the machine's operator */
    struct gw_id traveler;
    struct gw_span language;        /* of the instruction; empty, or not one of the pack's: its first */
};
struct gw_decline_ask {
    struct gw_named named;     /* where it is known; nobody: a person nobody has looked up yet */
    struct gw_span language;   /* of the instruction; empty, or not one of the pack's: its first */
};
struct gw_decline {
    struct gw_id id;
    char receipt[GW_RECEIPT_TEXT];
    bool has_traveler;              /* they are on this voyage */
    char reference[GW_MANIFEST_WORD_MAX + 1], seat[GW_MANIFEST_WORD_MAX + 1];
    enum gw_alternative alternative; /* what the rule in force offers instead */
    char language[16];              /* "": no instruction */
    char instruction[4096];         /* what the person is told now */
};
/* device (at its site), officer. The person is not searched for from now on and has
 * no picture here; the document is looked at instead. Ends the device's attempt series.
 *   GW_ERR_CONFLICT   the voyage is closed
 *   GW_ERR_NOT_FOUND  a reference or document was given that nobody expected has */
[[nodiscard]] bool gw_service_decline(struct gw_decline *out, struct gw_service *s, const struct gw_caller *who,
    struct gw_id voyage, const struct gw_decline_ask *ask, struct gw_once *once, struct gw_err *err);

/* Upper bounds of the buckets of how long people waited for a human; the last has none. */
enum { GW_WAIT_BUCKETS = 10 };
extern const int64_t gw_wait_bounds_us[GW_WAIT_BUCKETS - 1];
struct gw_decline_report_row {
    const char *site;
    uint64_t declined, by_alternative[GW_ALTERNATIVE_NONE + 1];
    uint64_t settled;               /* of how many a human has decided */
    int64_t sum_us;                 /* of their waits, from the decline on */
    uint64_t settled_within[GW_WAIT_BUCKETS - 1]; /* gw_wait_bounds_us */
};
struct gw_decline_report {
    struct gw_decline_report_row *rows; /* by site */
    size_t n;
};
/* auditor, supervisor (at their site). Declines of the days in [from, to), by the rule pack's day; year 0: open. */
[[nodiscard]] bool gw_service_decline_report(struct gw_decline_report *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_date from, struct gw_date to, struct gw_err *err);

/* ---- notices ------------------------------------------------------------- */

enum { GW_NOTICE_VERSION_TEXT = 17 };
struct gw_notice_ask {
    struct gw_span site;           /* empty: the caller's own */
    bool has_mode, has_direction;  /* else whatever there may be at the site */
    enum gw_pack_mode mode;
    enum gw_pack_direction direction;
    struct gw_span language;       /* empty: the pack's first */
};
struct gw_service_notice {
    const char *pack, *authority, *site;
    struct gw_date effective_from, effective_until; /* the last day; year 0: open */
    const char **languages;
    size_t n_languages;
    char version[GW_NOTICE_VERSION_TEXT]; /* of the text: another text, another version */
    struct gw_notice notice;
    const char *text;              /* all of it, as plain text */
};
/* Anybody (who may be NULL): what is collected at a place, from whom, how long it is kept,
 * how to decline; made from the rule pack in force now.
 *   GW_ERR_USAGE      no site
 *   GW_ERR_NOT_FOUND  not in that language (they are named); or no pack is in force */
[[nodiscard]] bool gw_service_notice(struct gw_service_notice *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_notice_ask *ask, struct gw_err *err);

/* A notice that hangs or stands somewhere. */
enum gw_notice_state {
    GW_NOTICE_CURRENT,
    GW_NOTICE_OUTDATED,  /* the rule pack in force says something else there */
    GW_NOTICE_UNCHECKED, /* nobody has looked for longer than notice.check */
    GW_NOTICE_IDLE,      /* no pack is in force */
};
const char *gw_notice_state_name(enum gw_notice_state state); /* "outdated" */
struct gw_posted_ask {
    struct gw_notice_ask place;  /* language empty: the pack's first */
    struct gw_span version;      /* what stands on it; empty: that of now */
    struct gw_date checked_on;   /* year 0: today, by the pack */
};
struct gw_posted {
    const char *site, *mode, *direction; /* mode, direction "": any */
    const char *language, *version, *pack;
    struct gw_date checked_on;
    enum gw_notice_state state;
};
/* admin: it is posted, and somebody has looked. In place of what was recorded for the same
 * site, mode, direction and language.
 *   GW_ERR_CONFLICT   version is not that of the notice in force (which is named)
 *   GW_ERR_INVALID    a day that is to come
 *   and those of gw_service_notice */
[[nodiscard]] bool gw_service_notice_post(struct gw_posted *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_posted_ask *ask, struct gw_err *err);
/* admin: somebody has looked at all that is recorded for the site (and the language, where one is
 * given), and it is there and can be read. GW_ERR_NOT_FOUND: nothing is recorded. */
[[nodiscard]] bool gw_service_notice_looked(struct gw_posted **out, size_t *n, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_posted_ask *ask, struct gw_err *err);
/* admin: it is no longer posted. GW_ERR_NOT_FOUND. */
[[nodiscard]] bool gw_service_notice_remove(struct gw_service *s, const struct gw_caller *who, const struct gw_notice_ask *ask, struct gw_err *err);
/* admin, supervisor, auditor; those at their site. site empty: all. */
[[nodiscard]] bool gw_service_notices(struct gw_posted **out, size_t *n, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_span site, struct gw_err *err);

struct gw_json *gw_posted_to_json(const struct gw_posted *posted); /* for both doors */

/* ---- devices and sites ----------------------------------------------------- */

/* What a gate says of its camera. */
enum gw_camera_state { GW_CAMERA_UNKNOWN, GW_CAMERA_WORKING, GW_CAMERA_OFF, GW_CAMERA_ABSENT, GW_CAMERA_DENIED, GW_CAMERA_FAILED, GW_CAMERA_COUNT };
const char *gw_camera_state_name(enum gw_camera_state camera); /* "working" */
bool gw_camera_state_find(enum gw_camera_state *out, struct gw_span name);
struct gw_device_report {
    struct gw_span software;        /* name and version, at most 64 bytes; empty: not said */
    bool has_started;
    int64_t started_us;
    enum gw_camera_state camera;
    int64_t camera_errors;          /* how often it failed since then */
    struct gw_span notice_version, notice_language, mode, direction; /* as GET /v1/notice was asked and answered; empty: none is shown, any */
};
struct gw_device {
    struct gw_token token;
    bool has_seen, has_reported, has_started;
    int64_t seen_us;                /* it last asked anything */
    int64_t reported_us, started_us;
    const char *software;           /* "" before it said */
    enum gw_camera_state camera;
    int64_t camera_errors;
    const char *notice_version, *notice_language;
    bool has_notice_state;          /* it shows one */
    enum gw_notice_state notice_state;
};
/* device. Says how it is; the latest counts. out: as gw_service_devices shows it.
 *   GW_ERR_INVALID  a text with control characters, too long, not UTF-8; mode, direction */
[[nodiscard]] bool gw_service_device_report(struct gw_device *out, struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    const struct gw_device_report *report, struct gw_once *once, struct gw_err *err);
/* admin, supervisor; those at their site. In the order they were added; those revoked are left out unless `every`. */
[[nodiscard]] bool gw_service_devices(struct gw_device **out, size_t *n, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, bool every, struct gw_err *err);

/* ---- the end of a voyage -------------------------------------------------- */

struct gw_close_ask {
    enum gw_close_list list;        /* NONE: the carrier says nothing; those cleared or inspected at the gate are on board */
    const struct gw_manifest_traveler *listed; /* whom it names: by reference, else document, else reservation and name,
                                     * else name and birth date */
    size_t n_listed;
    bool exact;                     /* NOT_ON_BOARD names somebody not expected here: an open voyage stays open */
};
/* Where the gate and the carrier's close-out differ. */
enum gw_close_difference_kind {
    GW_CLOSE_CLEARED_NOT_ON_BOARD,   /* cleared at the gate; the carrier says not on board */
    GW_CLOSE_INSPECTED_NOT_ON_BOARD, /* let through by an officer; the carrier says not on board */
    GW_CLOSE_UNSEEN_ON_BOARD,        /* on board; neither cleared nor let through by an officer */
    GW_CLOSE_DENIED_ON_BOARD,        /* on board; denied at the gate */
    GW_CLOSE_UNEXPECTED,             /* on board; on no manifest */
    GW_CLOSE_REMOVED_AFTER_CLEAR,    /* cleared at the gate or let through by an officer; then taken off the manifest */
    GW_CLOSE_DIFFERENCES
};
const char *gw_close_difference_name(enum gw_close_difference_kind kind); /* "unseen_on_board" */
struct gw_close_difference {
    enum gw_close_difference_kind kind;
    const char *reference, *seat;   /* NULL where absent */
};
struct gw_close {
    struct gw_id voyage;
    bool by_carrier;                /* a close-out of the carrier's says who was on board */
    bool cancelled;
    struct gw_close_difference *differences;
    size_t n_differences;
    size_t boarded, not_boarded;    /* travelers */
    const char **boarded_references, **not_boarded_references; /* only of travelers that have one */
    size_t n_boarded_references, n_not_boarded_references;
    const char **unexpected;        /* references on board that no manifest announced */
    size_t n_unexpected;
    struct gw_manifest_traveler *strangers; /* all on board that no manifest announced, as the close-out names them;
                                     * papers and births for officers and supervisors, names also for the carrier */
    size_t n_strangers;
    size_t *unknown;                /* places in `listed` of those said not to be on board who are not expected; also of a failure */
    size_t n_unknown;
    size_t cleared_not_boarded;     /* cleared at the gate but not said to be on board */
    int64_t closed_us, purge_us;
    bool already;                   /* it was closed before: nothing changed, counts are those of then */
};
/* carrier (its own), officer, supervisor, admin: how a closed voyage ended. GW_ERR_CONFLICT: it is open; GW_ERR_GONE: purged. */
[[nodiscard]] bool gw_service_close_report(struct gw_close *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, struct gw_err *err);
/* carrier (its own), officer, admin. The clock of retention starts. GW_ERR_INVALID: not `exact`, and `unknown` says where. */
[[nodiscard]] bool gw_service_close_voyage(struct gw_close *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, const struct gw_close_ask *ask, struct gw_once *once,
    struct gw_err *err);

struct gw_purge {
    size_t voyages_closed;          /* overdue ones nobody had closed (retention.open) */
    size_t voyages, travelers, templates, photos, verifications, answers, keys; /* what was destroyed */
    bool has_next;
    int64_t next_us;                /* when the next thing is due */
};
/* admin; also called by the service itself every minute and at start. Destroys what is due now: keys first,
 * then rows, then the write-ahead log. Twice is fine. */
[[nodiscard]] bool gw_service_purge(struct gw_purge *out, struct gw_service *s, const struct gw_caller *who,
    struct gw_err *err);

/* ---- what is kept --------------------------------------------------------------- */

struct gw_hold {
    struct gw_id id, voyage;
    char reason[65];
    int64_t made_us, until_us;
};
struct gw_hold_ask {
    struct gw_id voyage;
    struct gw_span reason; /* number of the order: 1 to 64 of A-Z a-z 0-9 . _ : + / - */
    int64_t until_us;      /* at most 90 days from now */
};
/* admin. What is due of the voyage stays until then: its persons, templates and the live pictures taken on it.
 * GW_ERR_INVALID, GW_ERR_GONE (purged), GW_ERR_NOT_FOUND. */
[[nodiscard]] bool gw_service_hold(struct gw_hold *out, struct gw_service *s, const struct gw_caller *who,
    const struct gw_hold_ask *ask, struct gw_once *once, struct gw_err *err);
/* admin. What was due dies now; `answer` of once's render is the hold's id. GW_ERR_NOT_FOUND: none, or over. */
[[nodiscard]] bool gw_service_hold_release(struct gw_service *s, const struct gw_caller *who, struct gw_id hold,
    struct gw_once *once, struct gw_err *err);

struct gw_retention_report {
    int64_t as_of_us;
    size_t over_age;     /* older than its clock allows, and not held: should be 0 */
    size_t keys_waiting; /* destroyed, and not overwritten on the disk yet: should be 0 */
    struct gw_retention_class {
        const char *name; /* "probe" */
        size_t kept, over_age;
        bool has_oldest, has_next;
        int64_t oldest_us, next_us;
    } *classes;
    size_t n_classes;
    struct gw_retention_keys {
        const char *name;
        size_t n;
        int64_t oldest_us;
    } *keys;
    size_t n_keys;
    struct gw_hold *holds;
    size_t n_holds;
    struct { uint64_t voyages, travelers, templates, photos, keys; } purged; /* since start */
    struct {
        bool has_register;
        size_t n[5]; /* by state */
        bool has_oldest, has_due;
        int64_t oldest_us, due_us; /* of those that wait */
    } transfers;
};
/* auditor, supervisor, admin. */
[[nodiscard]] bool gw_service_retention_report(struct gw_retention_report *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_err *err);

/* What goes to an identity register (docs/transfer.md). */
struct gw_transfer_record {
    struct gw_id id, voyage, verification;
    const char *state;   /* gw_transfer_state_name */
    const char *rule;    /* "us-2025-12-26:alien-required" */
    const char *reason;  /* why it is not there, a word; NULL */
    const char *receipt; /* the register's number for it; NULL */
    unsigned attempts;
    int64_t made_us, due_us;
    bool has_next, has_ended;
    int64_t next_us, ended_us;
};
const char *gw_transfer_state_name(size_t state); /* waiting, refused, received, blocked, missed: 0 to 4 */
struct gw_json *gw_transfer_to_json(const struct gw_transfer_record *r);
struct gw_transfer_page {
    struct gw_transfer_record *records; /* oldest first; a page may be empty */
    size_t n;
    const char *cursor; /* of the next; NULL: there is none */
};
/* auditor, supervisor, admin. state: a word, or empty: all. GW_ERR_INVALID. */
[[nodiscard]] bool gw_service_transfers(struct gw_transfer_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_span state, struct gw_span cursor, size_t limit, struct gw_err *err);
/* supervisor. The picture of a case (an inspection or a verification) in which it is decided who stands in it.
 *   GW_ERR_NOT_AUTHORISED  no rule in force sends it anywhere; that it was asked is in the log
 *   GW_ERR_CONFLICT        nobody has decided; or it was sent before
 *   GW_ERR_GONE, GW_ERR_NOT_FOUND, GW_ERR_UNAVAILABLE  no picture; no case; no register */
[[nodiscard]] bool gw_service_transfer(struct gw_transfer_record *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id basis, struct gw_once *once, struct gw_err *err);
/* admin. What the register refused, or waits, is offered again at once. GW_ERR_NOT_FOUND, GW_ERR_CONFLICT: it has ended. */
[[nodiscard]] bool gw_service_transfer_retry(struct gw_transfer_record *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id id, struct gw_once *once, struct gw_err *err);

struct gw_service_keys {
    char source[16], mark[17]; /* of the key that wraps the others */
    bool moving;
    size_t keys, waiting, lost, damaged; /* store.h */
    struct gw_retention_keys *classes;
    size_t n_classes;
};
/* admin. */
[[nodiscard]] bool gw_service_keys(struct gw_service_keys *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_err *err);
/* As both doors say it; yours to free. */
struct gw_json *gw_hold_to_json(const struct gw_hold *h);
struct gw_json *gw_retention_to_json(const struct gw_retention_report *r);
struct gw_json *gw_service_keys_to_json(const struct gw_service_keys *k);
/* admin. to: NULL, or where the new key is (keys.source). GW_ERR_USAGE, GW_ERR_CONFLICT. */
[[nodiscard]] bool gw_service_keys_rotate(struct gw_service *s, const struct gw_caller *who, const char *to,
    struct gw_err *err);

/* ---- photos ------------------------------------------------------------------ */

enum gw_photo_purpose {
    GW_PURPOSE_INSPECTION,    /* to see who stands there */
    GW_PURPOSE_REFERRAL,      /* of a mismatch to a supervisor */
    GW_PURPOSE_REDRESS,       /* to put a wrong photo or result right */
    GW_PURPOSE_INVESTIGATION, /* of an alert */
    GW_PURPOSE_COUNT
};
const char *gw_photo_purpose_name(enum gw_photo_purpose purpose); /* "inspection" */
bool gw_photo_purpose_find(enum gw_photo_purpose *out, struct gw_span name);

struct gw_photo_ask {
    struct gw_id photo;
    enum gw_photo_purpose purpose;
    struct gw_id basis; /* the case */
};
/* officer, supervisor. The photo with who looks and when drawn into it and, hidden, the id of the record of it, as
 * JPEG. Recorded durably first.
 *   GW_ERR_FORBIDDEN    the case is not about the photo or not the caller's; more photos in an hour than photos.per_hour
 *   GW_ERR_NOT_FOUND, GW_ERR_GONE  no such photo; purged
 *   GW_ERR_UNAVAILABLE  without recognition */
[[nodiscard]] bool gw_service_photo(struct gw_buf *jpeg, struct gw_service *s, struct gw_worker *w,
    const struct gw_caller *who, const struct gw_photo_ask *ask, struct gw_err *err);

struct gw_photo_approval {
    struct gw_id id, token;
    size_t photos;
    int64_t until_us;
};
/* supervisor, not for itself: for an hour, so many photos more under that token. GW_ERR_INVALID: none, or too many. */
[[nodiscard]] bool gw_service_photo_approve(struct gw_photo_approval *out, struct gw_service *s,
    const struct gw_caller *who, struct gw_id token, size_t photos, struct gw_once *once, struct gw_err *err);

struct gw_access_report {
    size_t accesses, approvals;
    struct gw_access_report_row {
        enum gw_photo_purpose purpose;
        enum gw_role role;
        bool portraits;                /* else live pictures */
        const char *site;              /* of the asker; "": all */
        size_t accesses, photos, askers, cases;
    } *rows;
    size_t n;
};
/* auditor, supervisor, admin. From from_us to before to_us. */
[[nodiscard]] bool gw_service_access_report(struct gw_access_report *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, int64_t from_us, int64_t to_us, struct gw_err *err);
/* ---- a human looks ------------------------------------------------------------ */

/* What the vetting authority says of a traveler. */
enum gw_boarding_status { GW_BOARDING_CLEARED, GW_BOARDING_INHIBITED, GW_BOARDING_SELECTEE, GW_BOARDING_COUNT };
const char *gw_boarding_status_name(enum gw_boarding_status status); /* "inhibited" */
bool gw_boarding_status_find(enum gw_boarding_status *out, struct gw_span name);

struct gw_boarding_ask {
    struct gw_id voyage;
    struct gw_named named;
    enum gw_boarding_status status;
    bool has_as_of;
    int64_t as_of_us;              /* when the authority said so; else now. One older than what is known changes nothing. */
};
struct gw_boarding {
    struct gw_id voyage, traveler;
    bool has_traveler;              /* for the carrier */
    char reference[GW_MANIFEST_WORD_MAX + 1], seat[GW_MANIFEST_WORD_MAX + 1]; /* "": absent */
    enum gw_boarding_status status; /* in force now */
    int64_t as_of_us;
    bool changed;                   /* by this */
    bool undone;                    /* a clear was, and an inspection waits */
    enum gw_traveler_status traveler_status;
};
/* carrier (its own voyages), admin. At any time from the manifest to the purge. Inhibited never
 * clears, and a selectee is looked at by a human once; whoever was cleared and has not
 * boarded is not cleared any more. Devices hear of it at once; of who is on board, supervisors.
 *   GW_ERR_NOT_FOUND  nobody expected has the reference or document
 *   GW_ERR_INVALID    nobody is named; as_of in the future
 *   GW_ERR_GONE       the voyage's travelers were purged */
[[nodiscard]] bool gw_service_boarding_status(struct gw_boarding *out, struct gw_service *s, const struct gw_caller *who,
    const struct gw_boarding_ask *ask, struct gw_once *once, struct gw_err *err);
struct gw_json *gw_boarding_to_json(const struct gw_boarding *b); /* as the interface has it */

/* A traveler's word of the authority as its record is looked at: who it is by id and reference, no name. */
struct gw_watched {
    struct gw_id voyage, traveler;
    const char *reference;          /* "": the manifest had none */
    enum gw_traveler_status traveler_status;
    bool has_status;                /* something was said */
    enum gw_boarding_status status; /* in force */
    int64_t as_of_us;               /* when the authority said so */
    struct gw_watched_change {
        enum gw_boarding_status status;
        int64_t at_us;              /* when it came here */
        enum gw_role role;          /* of who said it */
        bool has_token;             /* else the machine's operator */
        struct gw_id token;
    } *changes;                     /* oldest first, as the log has them; in a list only the latest */
    size_t n_changes;
};
struct gw_watch_filter {
    bool has_voyage, has_status;
    struct gw_id voyage;            /* this one, closed or not; else all that are open */
    enum gw_boarding_status status;
    struct gw_span cursor;          /* empty: from the start */
    size_t limit;                   /* 0: 50; at most 500 */
};
struct gw_watch_page {
    struct gw_watched *watched;
    size_t n;
    const char *cursor; /* of the next page; NULL: this was the last */
};
/* admin. Of whom the authority has said something, by voyage. Each look is in the log before it is answered, an entry
 * for each voyage that shows, however often somebody looks.
 *   GW_ERR_INVALID    cursor, limit
 *   GW_ERR_NOT_FOUND  no such voyage
 *   GW_ERR_GONE       its travelers were purged */
[[nodiscard]] bool gw_service_watch(struct gw_watch_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_watch_filter *filter, struct gw_err *err);
/* The same of one traveler, with all changes; GW_ERR_NOT_FOUND too where nobody expected is meant. */
[[nodiscard]] bool gw_service_watch_one(struct gw_watched *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id voyage, const struct gw_named *named, struct gw_err *err);

enum gw_inspection_cause { GW_CAUSE_VERIFICATION, GW_CAUSE_DECLINE, GW_CAUSE_BOARDING_STATUS, GW_CAUSE_COUNT };
enum gw_inspection_state { GW_INSPECTION_OPEN, GW_INSPECTION_REFERRED, GW_INSPECTION_CLOSED, GW_INSPECTION_STATES };
enum gw_inspection_method {
    GW_METHOD_DOCUMENT,          /* an officer compared person and document */
    GW_METHOD_BIOMETRIC_RECHECK, /* a later verification cleared the traveler */
    GW_METHOD_BIOGRAPHIC,        /* questions, other papers, other systems */
    GW_METHOD_FINGERPRINT,
    GW_METHOD_COUNT
};
enum gw_inspection_result {
    GW_RESULT_CLEARED,
    GW_RESULT_DENIED,
    GW_RESULT_REFERRED,          /* a supervisor decides */
    GW_RESULT_LAPSED,            /* the voyage was closed first */
    GW_RESULT_COUNT
};
const char *gw_inspection_cause_name(enum gw_inspection_cause cause);    /* "verification" */
const char *gw_inspection_method_name(enum gw_inspection_method method); /* "biometric_recheck" */
bool gw_inspection_method_find(enum gw_inspection_method *out, struct gw_span name);
const char *gw_inspection_result_name(enum gw_inspection_result result); /* "referred" */
bool gw_inspection_result_find(enum gw_inspection_result *out, struct gw_span name);

/* A person as an officer sees one: what the manifest says, and how far he has come. */
struct gw_case_person {
    struct gw_id traveler;
    enum gw_traveler_status status;
    bool has_boarding;
    enum gw_boarding_status boarding;
    struct gw_manifest_traveler told; /* names, birth date, nationality, documents, seat … */
    struct gw_id *portraits;          /* photos: GET /v1/photos/{id} with purpose and case */
    size_t n_portraits;
};
struct gw_inspection {
    struct gw_id id, voyage;
    const char *carrier, *number, *from, *to; /* of the voyage */
    const char *site;             /* "": of no one place */
    enum gw_inspection_cause cause;
    enum gw_reason reason;        /* gw_reason_code, _text, _severity */
    enum gw_inspection_state state;
    bool is_leased;               /* somebody has it, until lease_us */
    int64_t opened_us, lease_us;
    bool has_claimed, has_decided, has_closed, has_method, has_result, has_decline;
    int64_t claimed_us, decided_us, closed_us;
    struct gw_id claimed_by, decided_by, closed_by; /* tokens; closed_by is none of one that lapsed */
    enum gw_inspection_method method;
    enum gw_inspection_result result;
    struct gw_id decline;
    bool has_verification;
    struct gw_verification_record *verification; /* the one that failed; in the case only */
    struct gw_id verification_id;
    bool has_traveler, has_candidate;
    struct gw_case_person traveler;  /* who it is, where that is sure */
    struct gw_case_person candidate; /* whom the picture resembled most; in the case only */
    bool is_mismatch;             /* the face was compared with the traveler's portraits and is not like them */
    bool may_clear;               /* by the rule pack, or after a recheck: else it can be referred or denied only */
};
struct gw_inspection_filter {
    bool has_state, has_leased, leased; /* open and leased: claimed */
    enum gw_inspection_state state;
    bool has_voyage;
    struct gw_id voyage;
    struct gw_span site;          /* empty: any of the caller's */
    struct gw_span cursor;
    size_t limit;
};
struct gw_inspection_page {
    struct gw_inspection *inspections; /* oldest first; without what is in the case only */
    size_t n;
    const char *cursor;
};
/* officer, supervisor; those at their site. GW_ERR_INVALID: cursor, limit. */
[[nodiscard]] bool gw_service_inspections(struct gw_inspection_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_inspection_filter *filter, struct gw_err *err);
/* The case. GW_ERR_NOT_FOUND; GW_ERR_GONE after the purge. */
[[nodiscard]] bool gw_service_inspection(struct gw_inspection *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id inspection, struct gw_err *err);
/* Takes it for inspection.lease; again: for as long anew. A referred one only a supervisor.
 *   GW_ERR_CONFLICT  somebody else has it now, or it is closed */
[[nodiscard]] bool gw_service_claim(struct gw_inspection *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id inspection, struct gw_once *once, struct gw_err *err);

struct gw_outcome_ask {
    enum gw_inspection_method method;
    enum gw_inspection_result result;
    struct gw_named named;        /* whose document it was, where the case does not say */
};
/* officer, supervisor. The traveler's status follows. Referred: a supervisor other than who
 * referred decides, and not by the document alone where it is a mismatch.
 *   GW_ERR_INVALID   cleared without a traveler; lapsed
 *   GW_ERR_NOT_FOUND nobody expected has the reference or document
 *   GW_ERR_CONFLICT  somebody else has it; it is closed; a mismatch that the rule pack does not let pass (refer it);
 *                    a recheck that did not clear; the vetting authority inhibits boarding */
[[nodiscard]] bool gw_service_outcome(struct gw_inspection *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id inspection, const struct gw_outcome_ask *ask, struct gw_once *once,
    struct gw_err *err);

/* How long people waited, of inspections opened in [from, to): medians and 90th percentiles in us. */
struct gw_inspection_report_row {
    const char *site;             /* "": of no one place */
    enum gw_inspection_cause cause;
    size_t opened, cleared, denied, referred, lapsed, waiting; /* referred: still with the supervisor */
    bool has_claim, has_decision;
    int64_t claim_median_us, claim_p90_us;       /* from opened to first claimed */
    int64_t decision_median_us, decision_p90_us; /* from opened to first outcome */
};
struct gw_inspection_report {
    struct gw_inspection_report_row *rows; /* by site and cause; declines are rows of their own */
    size_t n;
};
/* supervisor, auditor. Of voyages that are not purged. */
[[nodiscard]] bool gw_service_inspection_report(struct gw_inspection_report *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, int64_t from_us, int64_t to_us, struct gw_err *err);

/* ---- what is told ----------------------------------------------------------- */

enum gw_event_kind {
#define GW_EVENT(NAME, ...) GW_EVENT_##NAME,
#include "service/event.def"
    GW_EVENT_COUNT
};
const char *gw_event_name(enum gw_event_kind kind);     /* "decision": stable */
const char *gw_event_sentence(enum gw_event_kind kind);
unsigned gw_event_roles(enum gw_event_kind kind);       /* 1u << role, of those who are told */
bool gw_event_find(enum gw_event_kind *out, struct gw_span name);

/* Somebody who is told what happens, from now on or from an earlier event on. It gets
 * what its role and scope may know, in order; one that takes slowly costs nobody
 * anything, because what it missed is read from the store. Threads: one at a time. */
struct gw_listener; /* opaque */
struct gw_listen_ask {
    bool has_after;
    int64_t after;                /* the latest event it knows; else only what happens from now on */
    bool has_voyage;
    struct gw_id voyage;          /* only of this one */
    uint32_t kinds;               /* 1u << kind; 0: all */
    void (*wake)(void *to);       /* there may be something to take; on any thread, must not wait or call back */
    void *to;
};
/* Every role. GW_ERR_NOT_FOUND: the voyage. GW_ERR_BUSY: as many listen as events.listeners allows. */
[[nodiscard]] bool gw_service_listen(struct gw_listener **out, struct gw_service *s, const struct gw_caller *who,
    const struct gw_listen_ask *ask, struct gw_err *err);
enum gw_told_state {
    GW_TOLD_NOTHING, /* until wake is called */
    GW_TOLD_EVENT,
    GW_TOLD_GAP,     /* what it asked for is not kept any more; seq is the first that can follow */
    GW_TOLD_END,     /* the token is not valid any more */
};
struct gw_told {
    int64_t seq;
    enum gw_event_kind kind;
    struct gw_span json;  /* one line; borrowed until the next call or close */
};
/* Never waits for the store. */
enum gw_told_state gw_listener_next(struct gw_told *out, struct gw_listener *l);
void gw_listener_close(struct gw_listener *l); /* wake is not called afterwards; NULL is fine */

/* ---- webhooks ---- */

struct gw_webhook {
    struct gw_id id;
    const char *carrier, *url;
    uint32_t kinds;               /* 1u << kind; 0: all a carrier may know */
    int64_t created_us;
    bool has_gone, has_sent, has_failed;
    int64_t gone_us;              /* the endpoint answered 410: nothing is sent any more */
    int64_t sent_us, failed_us;   /* latest */
    const char *failure;          /* of the latest: an HTTP status, or a word of fetch/fetch.h; NULL */
    size_t waiting, dead;         /* messages on their way, and given up */
    const char *secret;           /* "whsec_…", when it is made; else NULL */
};
struct gw_webhook_new {
    struct gw_span carrier, url;
    uint32_t kinds;
};
/* admin. The secret is shown this once and kept sealed.
 *   GW_ERR_INVALID  carrier; a URL that may not be spoken to (webhook.targets)
 *   GW_ERR_LIMIT    too many */
[[nodiscard]] bool gw_service_webhook_new(struct gw_webhook *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_webhook_new *ask, struct gw_once *once, struct gw_err *err);
/* admin, as all that follow. */
[[nodiscard]] bool gw_service_webhooks(struct gw_webhook **out, size_t *n, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_err *err);
struct gw_webhook_change {        /* for once's render, too */
    struct gw_id webhook;
    size_t n;                     /* webhooks removed, or messages that are sent soon */
};
[[nodiscard]] bool gw_service_webhook_drop(struct gw_webhook_change *out, struct gw_service *s, const struct gw_caller *who,
    struct gw_id id, struct gw_once *once, struct gw_err *err);
/* Sends a message that says nothing, soon. */
[[nodiscard]] bool gw_service_webhook_test(struct gw_webhook_change *out, struct gw_service *s, const struct gw_caller *who,
    struct gw_id id, struct gw_once *once, struct gw_err *err);
/* What was given up is sent again. */
[[nodiscard]] bool gw_service_webhook_retry(struct gw_webhook_change *out, struct gw_service *s, const struct gw_caller *who,
    struct gw_id id, struct gw_once *once, struct gw_err *err);
struct gw_delivery {
    int64_t seq;                  /* of the event; 0: a test */
    int64_t made_us;
    unsigned attempts;
    const char *failure;
};
/* Messages given up, the first 500. */
[[nodiscard]] bool gw_service_webhook_dead(struct gw_delivery **out, size_t *n, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id id, struct gw_err *err);
struct gw_json;
struct gw_json *gw_webhook_to_json(const struct gw_webhook *w); /* for both doors */
struct gw_json *gw_delivery_to_json(const struct gw_delivery *d);

enum gw_alert_kind {
#define GW_ALERT(NAME, ...) GW_ALERT_##NAME,
#include "service/event.def"
    GW_ALERT_COUNT
};
const char *gw_alert_name(enum gw_alert_kind kind); /* "referral" */
const char *gw_alert_sentence(enum gw_alert_kind kind);
enum gw_severity gw_alert_severity(enum gw_alert_kind kind);
bool gw_alert_find(enum gw_alert_kind *out, struct gw_span name);
struct gw_alert {
    struct gw_id id;
    enum gw_alert_kind kind;
    int64_t at_us;
    bool has_voyage, has_verification, has_inspection;
    struct gw_id voyage, verification, inspection;
    const char *carrier;            /* of the voyage; "" without one */
    bool has_traveler;              /* officer, supervisor; while the voyage is not purged */
    const char *reference, *seat;   /* NULL where absent */
    bool has_taken;                 /* somebody said that he knows */
    int64_t taken_us;
    struct gw_id taken_by;          /* token */
};
struct gw_alert_filter {
    bool has_taken, taken, has_kind, has_voyage;
    enum gw_alert_kind kind;
    struct gw_id voyage;
    struct gw_span cursor;
    size_t limit;
};
struct gw_alert_page {
    struct gw_alert *alerts; /* oldest first */
    size_t n;
    const char *cursor;
};
/* officer, supervisor, auditor, admin: the kinds that are for them. GW_ERR_INVALID: cursor. */
[[nodiscard]] bool gw_service_alerts(struct gw_alert_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, const struct gw_alert_filter *filter, struct gw_err *err);
/* supervisor; admin of what is for him. Twice is fine: the first stays. GW_ERR_NOT_FOUND. */
[[nodiscard]] bool gw_service_alert_take(struct gw_alert *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, struct gw_id alert, struct gw_once *once, struct gw_err *err);

/* ---- the log that outsiders can check (docs/audit.md) ------------------------------ */

/* The public key its heads are signed with: "NAME+ID+KEY". */
const char *gw_service_audit_key(const struct gw_service *s);

enum { GW_AUDIT_PAGE_MOST = 1000 };
struct gw_cosignature {
    const char *witness, *line;
    int64_t at_us;
};
struct gw_audit_head {
    uint64_t size;
    struct gw_hash root;
    int64_t at_us;
    const char *key;        /* as gw_service_audit_key */
    const char *note;       /* the signed text, with the witnesses' lines */
    struct gw_cosignature *cosignatures;
    size_t n_cosignatures;
};
/* Every role: a head tells nothing but that there are so many entries. The latest, or of the
 * least size not below `size` (has_size; GW_ERR_NOT_FOUND: none yet); fresh: signs one over all there is. */
[[nodiscard]] bool gw_service_audit_head(struct gw_audit_head *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, bool has_size, uint64_t size, bool fresh, struct gw_err *err);
struct gw_audit_page {
    const char **entries;   /* each as it was hashed */
    size_t n;
    uint64_t from, size;    /* size: of the log now */
};
/* auditor, supervisor, admin. limit: 1 to GW_AUDIT_PAGE_MOST. Empty past the end. */
[[nodiscard]] bool gw_service_audit_entries(struct gw_audit_page *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, uint64_t from, size_t limit, struct gw_err *err);
struct gw_audit_proof {
    struct gw_hash *hashes;
    size_t n;
    const char *entry;      /* of an inclusion */
};
/* Every role. GW_ERR_INVALID: the log has, or had, no such entry or size. */
[[nodiscard]] bool gw_service_audit_inclusion(struct gw_audit_proof *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, uint64_t leaf, uint64_t size, struct gw_err *err);
[[nodiscard]] bool gw_service_audit_consistency(struct gw_audit_proof *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, uint64_t first, uint64_t second, struct gw_err *err);
/* auditor, supervisor, admin: hands in a witness's signature line over the head of that size.
 *   GW_ERR_INVALID  not by a witness of audit.witnesses, or not over this head */
[[nodiscard]] bool gw_service_audit_cosign(struct gw_audit_head *out, struct gw_arena *a, struct gw_service *s,
    const struct gw_caller *who, uint64_t size, struct gw_span line, struct gw_once *once, struct gw_err *err);
/* What is handed out: entries from..to - 1, and on to the next head. */
struct gw_audit_export {
    uint64_t from, to;      /* asked for; to: UINT64_MAX is all there is */
    uint64_t next, size;    /* where it is, and the size of the head it ends with: filled by the first call */
    bool begun, done;
};
/* auditor, admin. Appends a piece of an export (audit/check.h); call again until done. The first
 * call writes into the log that it was handed out, and signs a head over that.
 * GW_ERR_INVALID: from is past the end, or past to. */
[[nodiscard]] bool gw_service_audit_export(struct gw_buf *text, struct gw_audit_export *x, struct gw_service *s,
    const struct gw_caller *who, struct gw_err *err);
/* What the log says of one verification or decline, with proofs, as JSON (audit/receipt.h): for
 * anybody who has the number. Yours to free. GW_ERR_NOT_FOUND: no such number. */
[[nodiscard]] struct gw_json *gw_service_receipt(struct gw_arena *a, struct gw_service *s, struct gw_span number,
    struct gw_err *err);
/* auditor, supervisor. The same of a voyage's purge. GW_ERR_NOT_FOUND: not purged. */
[[nodiscard]] struct gw_json *gw_service_deletion(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    struct gw_id voyage, struct gw_err *err);
/* auditor, supervisor. Counted from the log's entries in [from, to), as JSON; yours to free. No names, and no cell of fewer
 * than five persons. GW_ERR_INVALID: more than three million entries. */
[[nodiscard]] struct gw_json *gw_service_captures_report(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    int64_t from_us, int64_t to_us, struct gw_err *err);
[[nodiscard]] struct gw_json *gw_service_accuracy_report(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    int64_t from_us, int64_t to_us, struct gw_err *err);
[[nodiscard]] struct gw_json *gw_service_service_report(struct gw_arena *a, struct gw_service *s, const struct gw_caller *who,
    int64_t from_us, int64_t to_us, struct gw_err *err);
/* The first entry at or after a time. */
[[nodiscard]] bool gw_service_audit_first_at(uint64_t *n, struct gw_service *s, const struct gw_caller *who, int64_t at_us,
    struct gw_err *err);

/* ---- how it is ------------------------------------------------------------ */

/* The settings were read again while it runs: into the log. */
[[nodiscard]] bool gw_service_reloaded(struct gw_service *s, struct gw_err *err);

/* Is everything there that a decision needs? False with why: for /readyz. */
[[nodiscard]] bool gw_service_ready(struct gw_service *s, struct gw_err *err);
/* Reads every page and row it can check (seconds on a large store); for doctor. */
[[nodiscard]] bool gw_service_check_store(struct gw_service *s, struct gw_err *err);

/* admin. A copy of the database in a new file (gw_store_backup), while the service goes
 * on. The keys stay where they are: keep master.key apart, it opens any of them. */
struct gw_backup {
    uint64_t bytes;
    int64_t took_us;
};
[[nodiscard]] bool gw_service_backup(struct gw_backup *out, struct gw_service *s, const struct gw_caller *who, const char *file,
    struct gw_err *err);

enum gw_stage {
    GW_STAGE_DECODE, GW_STAGE_DETECT, GW_STAGE_LANDMARKS, GW_STAGE_QUALITY, GW_STAGE_LIVENESS, GW_STAGE_ALIGN,
    GW_STAGE_EMBED, GW_STAGE_SEARCH, GW_STAGE_RECORD, /* until durable */ GW_STAGE_VERIFY /* whole */,
    GW_STAGE_COUNT
};
const char *gw_stage_name(enum gw_stage stage); /* "decode" */
/* Upper bounds of the histogram's buckets in us; the last bucket has none. */
enum { GW_STAGE_BUCKETS = 14 };
extern const int64_t gw_stage_bounds_us[GW_STAGE_BUCKETS - 1];
/* How long somebody stood there: until an inspection was claimed, until it was decided. */
enum gw_wait { GW_WAIT_CLAIM, GW_WAIT_DECISION, GW_WAIT_COUNT };
struct gw_counters {
    uint64_t verifications[3];                 /* by enum gw_answer */
    uint64_t by_reason[GW_REASON_COUNT];
    uint64_t inspections[GW_CAUSE_COUNT];       /* opened */
    uint64_t outcomes[GW_RESULT_COUNT];
    struct { uint64_t n, sum_us, buckets[GW_WAIT_BUCKETS]; } waits[GW_WAIT_COUNT];
    uint64_t declines, portraits, portraits_refused, manifests, closes, photos;
    struct { uint64_t sum_us, buckets[GW_WAIT_BUCKETS]; } alternatives; /* from a decline until a human has decided */
    uint64_t failed;                           /* verifications that ended in an error */
    uint64_t not_authorised;                   /* captures refused for want of a rule that allows them */
    uint64_t commits, commit_jobs;             /* group commit: jobs per commit */
    struct { uint64_t n, sum_us, buckets[GW_STAGE_BUCKETS]; } stages[GW_STAGE_COUNT];
    struct { uint64_t voyages, travelers, templates, photos, keys; } purged;
    uint64_t over_age;                         /* now: older than its clock allows */
    uint64_t galleries, gallery_persons, gallery_templates, gallery_bytes; /* now */
    uint64_t webhooks_sent, webhooks_failed;   /* attempts */
    uint64_t transfers[5], transfer_attempts;  /* by how they ended (gw_transfer_state_name) */
    uint64_t voyages_open, listeners;          /* now */
};
void gw_service_counters(struct gw_counters *out, struct gw_service *s); /* since start; no person in them */
