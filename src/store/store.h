/* store.h - what is kept: voyages, their travelers, portraits, decisions, tokens.
 *
 * One thread at a time writes. gw_store_write takes a function that runs inside a
 * transaction, on this thread or on that of somebody else who writes now; functions
 * waiting together share one commit, each undone alone if it fails. When
 * gw_store_write returns true the effect is durable (write-ahead log, synchronized).
 * Readers see the last commit and never wait for who writes.
 *
 * Everything about a person is sealed by this module before the database sees it:
 * callers hand over and get plain text. Losing the data key (gw_store_key_destroy)
 * erases whatever was sealed under it.
 *
 * A folder belongs to one process at a time: lock file, gangway.db, keyring (the data
 * keys; never in a backup), photos/ (sealed pictures; useless without keyring), and
 * master.key (0600, made at first start) unless that is kept elsewhere (kek.h).
 *
 * Errors, where not said otherwise: GW_ERR_UNAVAILABLE (disk full or read-only now:
 * nothing was done, and it works again when there is room), GW_ERR_IO,
 * GW_ERR_CORRUPT, GW_ERR_INTERNAL.
 *
 * Threads: gw_store_write, gw_store_read, gw_store_secret_hash from any; a tx only by
 * the function it was given to. */
#pragma once
#include "audit/entry.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/id.h"

struct gw_store; /* opaque */
struct gw_tx;    /* a transaction, during the function it was given to; opaque */

struct gw_store_options {
    const char *path; /* folder; made (0700) if absent */
    int64_t now_us;   /* of keys made at first start */
    unsigned readers; /* connections for reading at the same time; 0: 4 */
    const char *keys; /* where the key-encryption key is (kek.h); NULL: "file" */
    /* Called between any two steps of what must survive being cut off there; for tests, which end
     * the process in it. NULL is fine. */
    void (*step)(void *to, const char *name);
    void *step_to;
    void (*committed)(void *to); /* by whoever writes, after each commit; must not wait. NULL is fine. */
    void *committed_to;
};
/* GW_ERR_CONFLICT: another process has it, or its database is newer than this
 * program. GW_ERR_NOT_FOUND: there is a database but no key, or no keyring. */
[[nodiscard]] struct gw_store *gw_store_open(const struct gw_store_options *options, struct gw_err *err);
void gw_store_close(struct gw_store *s); /* finishes what was handed over; NULL is fine */
GW_AUTO_FREE(gw_store, gw_store_close)

/* Runs in a transaction; returning false undoes it (fill err). It must not wait for
 * anything but the tx, and must not call gw_store_write. */
typedef bool gw_store_fn(struct gw_tx *tx, void *job, struct gw_err *err);
[[nodiscard]] bool gw_store_write(struct gw_store *s, gw_store_fn *run, void *job, struct gw_err *err);
/* The same for what can wait and be done again, such as sweeping rows whose key is gone: in a transaction of its own, when
 * nobody else wants to write, and durable only with the next that is. It makes and gives up no keys and no pictures, and
 * ends soon when gw_store_is_wanted. */
[[nodiscard]] bool gw_store_write_late(struct gw_store *s, gw_store_fn *run, void *job, struct gw_err *err);
bool gw_store_is_wanted(const struct gw_tx *tx); /* somebody waits for the writer */
/* The same on the caller's thread, one snapshot, nothing can be written. */
[[nodiscard]] bool gw_store_read(struct gw_store *s, gw_store_fn *run, void *job, struct gw_err *err);

struct gw_store_counters {
    uint64_t commits, jobs;
};
void gw_store_count(struct gw_store_counters *out, struct gw_store *s);
/* Could something be written now? Tries it. */
[[nodiscard]] bool gw_store_probe(struct gw_store *s, struct gw_err *err);
/* Reads every page, checks references between rows: GW_ERR_CORRUPT says what. */
[[nodiscard]] bool gw_store_check(struct gw_store *s, struct gw_err *err);
/* A copy of the database as of now, in a new file of mode 0600 that is whole, checked
 * and durable when this returns; else there is none. The store goes on meanwhile. Keys
 * are not in it. Absolute path, or relative to this process.
 *   GW_ERR_CONFLICT  there is such a file already
 *   GW_ERR_IO        it cannot be written; the text says why */
[[nodiscard]] bool gw_store_backup(uint64_t *bytes, struct gw_store *s, const char *file, struct gw_err *err);
/* Moves the write-ahead log into the database when it has grown; cheap else. wipe:
 * at once, and truncates it, so that nothing deleted is left in it. */
[[nodiscard]] bool gw_store_checkpoint(struct gw_store *s, bool wipe, struct gw_err *err);

/* ---- secrets --------------------------------------------------------------- */

enum gw_hash_use { GW_HASH_DOCUMENT, GW_HASH_TOKEN, GW_HASH_ANSWER, GW_HASH_PICTURE, GW_HASH_CERTIFICATE, GW_HASH_LOG_KEY, GW_HASH_RECEIPT, GW_HASH_USES };
/* A hash under a key of the store's own for each use: the same in every voyage. */
struct gw_hash gw_store_hash(const struct gw_store *s, enum gw_hash_use use, struct gw_span data);

/* Retention classes. What dies at a moment that is known when it is sealed shares a key with all that dies in that hour;
 * a voyage, a portrait (its clock starts when a voyage closes) and a hold have one each. */
enum gw_key_kind {
    GW_KEY_VOYAGE = 1,
    GW_KEY_PORTRAIT = 2,
    GW_KEY_ANSWER_HOUR = 3,
    GW_KEY_PROBE_HOUR = 4,
    GW_KEY_HOLD = 5,
    GW_KEY_WEBHOOK = 6,
    GW_KEY_TRANSFER_HOUR = 7, /* of what is said of a picture that waits for a register */
    GW_KEY_TRANSFER = 8,      /* of such a picture: of its own (scope: its id), because it dies with the receipt */
};
const char *gw_key_kind_name(enum gw_key_kind kind); /* "probe" */
#define GW_US_PER_HOUR (INT64_C(3600) * GW_US_PER_S)
struct gw_id gw_key_hour(int64_t hour); /* the scope of an hour's key: hours since 1970 */
/* Makes the key if it is not there (write only). */
[[nodiscard]] bool gw_store_key_make(struct gw_tx *tx, enum gw_key_kind kind, struct gw_id scope, int64_t now_us,
    struct gw_err *err);
/* Deletes it and forgets it. *n adds 1 if it was there. */
[[nodiscard]] bool gw_store_key_destroy(struct gw_tx *tx, enum gw_key_kind kind, struct gw_id scope, size_t *n,
    struct gw_err *err);
/* Hours' keys of that kind before `hour`. */
[[nodiscard]] bool gw_store_keys_destroy_before(struct gw_tx *tx, enum gw_key_kind kind, int64_t hour, size_t *n,
    struct gw_err *err);
/* A hash under a key derived from the data key: it dies with the voyage. GW_ERR_GONE without key. */
[[nodiscard]] bool gw_store_voyage_hash(struct gw_hash *out, struct gw_tx *tx, struct gw_id voyage, struct gw_span data,
    struct gw_err *err);

struct gw_keys_state {
    char source[16], mark[17]; /* "file"; what tells the key-encryption key from others */
    bool moving;               /* to another source, which is not in use yet */
    size_t keys;
    size_t waiting;            /* given up, and not overwritten on the disk yet */
    size_t swept, lost, damaged; /* at start: keys without data, data without keys, slots that did not open */
};
void gw_store_keys_state(struct gw_keys_state *out, struct gw_store *s);
struct gw_key_class {
    enum gw_key_kind kind;
    size_t n;
    int64_t oldest_us; /* made */
};
[[nodiscard]] bool gw_store_keys(struct gw_key_class **out, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_err *err);
/* Everything is wrapped anew while the service runs, with a new key of the ring. to NULL: a new key file takes the old
 * one's place. Else the new key-encryption key is where `to` says (kek.h); the old one opens the store too, until it is
 * opened with the new one. GW_ERR_USAGE, GW_ERR_CONFLICT, and what the source may fail with. Not within a transaction. */
[[nodiscard]] bool gw_store_keys_rotate(struct gw_store *s, const char *to, struct gw_err *err);
/* A restored database gets an empty keyring; what was sealed is lost to it. GW_ERR_CONFLICT: it has one, or is in use. */
[[nodiscard]] bool gw_store_keys_adopt(const char *path, const char *keys, struct gw_err *err);
/* For doctor: has a store that is not there yet a key to come to, or a place to make one? Makes nothing. Fails as
 * gw_store_open would. An environment variable is read, and gone as after opening. */
[[nodiscard]] bool gw_store_keys_check(const char *path, const char *keys, struct gw_err *err);
/* The latest time the store was in use; 0: it never was. */
[[nodiscard]] bool gw_store_clock_get(int64_t *us, struct gw_tx *tx, struct gw_err *err);
[[nodiscard]] bool gw_store_clock_put(struct gw_tx *tx, int64_t us, struct gw_err *err);
/* The law that all open voyages were last brought into line with; an empty one if they never were. */
[[nodiscard]] bool gw_store_settled_get(struct gw_hash *law, struct gw_tx *tx, struct gw_err *err);
[[nodiscard]] bool gw_store_settled_put(struct gw_tx *tx, const struct gw_hash *law, struct gw_err *err);
/* Between two steps of a purge (gw_store_options.step). */
void gw_store_step(struct gw_store *s, const char *name);

/* ---- voyages ---------------------------------------------------------------- */

/* Numbers of the enums of service.h and manifest.h are kept as they are. Text is in
 * the arena of who reads, and the caller's of who writes. */
struct gw_voyage_row {
    struct gw_id id;
    int mode, direction, state;
    struct gw_span carrier, number, from, to;
    struct gw_span ports; /* " YVR SEA JFK " */
    int64_t day, departure_us;
    bool departure_local, arrival_local, late;
    bool has_arrival, has_closed, has_purge, has_purged;
    bool cancelled; /* read only: gw_store_voyage_cancel */
    int64_t arrival_us, closed_us, purge_us, purged_us;
    int64_t portraits_us; /* with closed: until when its travelers' portraits may wait for other voyages */
    int64_t first_manifest_us, last_manifest_us;
};
/* By mode, carrier, number, day, from and to of *row; fills the rest. */
[[nodiscard]] bool gw_store_voyage_find(struct gw_voyage_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_err *err);
[[nodiscard]] bool gw_store_voyage_get(struct gw_voyage_row *row, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id id, struct gw_err *err); /* GW_ERR_NOT_FOUND */
[[nodiscard]] bool gw_store_voyage_put(struct gw_tx *tx, const struct gw_voyage_row *row, bool is_new,
    struct gw_err *err);

struct gw_voyage_search {
    int64_t from_us, to_us; /* departure in [from, to) */
    bool has_mode;
    int mode;
    struct gw_span port, carrier, site; /* empty: any; site: from, to or a leg's */
    bool has_after;
    int64_t after_us;       /* strictly after this departure and id */
    struct gw_id after;
    size_t limit;
};
[[nodiscard]] bool gw_store_voyage_search(struct gw_voyage_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_voyage_search *search, struct gw_err *err);
/* Ids of open voyages that departed before; all of them with INT64_MAX. */
[[nodiscard]] bool gw_store_voyages_open(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    int64_t departed_before_us, struct gw_err *err);
/* Ids of closed voyages whose purge is due at or before now. */
[[nodiscard]] bool gw_store_voyages_due(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    int64_t now_us, struct gw_err *err);
/* When the next purge of a closed voyage without hold or of a portrait is due, and the earliest departure of an open one. */
[[nodiscard]] bool gw_store_next_due(bool *has_purge, int64_t *purge_us, bool *has_open, int64_t *departure_us,
    struct gw_tx *tx, int64_t now_us, struct gw_err *err);
/* counts[status], of the travelers or, after the purge, of the tally. */
[[nodiscard]] bool gw_store_voyage_counts(size_t *counts, size_t n_counts, struct gw_tx *tx, struct gw_id voyage,
    struct gw_err *err);

struct gw_store_purged {
    size_t voyages, travelers, templates, portraits, verifications, answers, photos, keys;
};
/* In this order, each in a transaction of its own: everything about its persons is dead once the first has committed.
 *   purge  the voyage keeps its tally; its key is destroyed, and it says that it was purged
 *   sweep  at most `limit` rows about its persons go; until *done
 * Both add to *out. */
[[nodiscard]] bool gw_store_voyage_purge(struct gw_store_purged *out, struct gw_tx *tx, struct gw_id voyage,
    int64_t now_us, struct gw_err *err);
[[nodiscard]] bool gw_store_voyage_sweep(struct gw_store_purged *out, bool *done, struct gw_tx *tx, struct gw_id voyage,
    int64_t now_us, size_t limit, struct gw_err *err);
/* Purged, with rows left. */
[[nodiscard]] bool gw_store_voyages_unswept(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_err *err);
/* The same for photos and answers, by the hour; access_us: records of who looked before that go, too. */
[[nodiscard]] bool gw_store_expire_keys(struct gw_store_purged *out, struct gw_tx *tx, int64_t now_us, struct gw_err *err);
[[nodiscard]] bool gw_store_expire_rows(struct gw_store_purged *out, bool *done, struct gw_tx *tx, int64_t now_us,
    int64_t access_us, size_t limit, struct gw_err *err);
/* What a restored backup says was sealed under keys that are no more. Voyages: not purged, and without key; who is on
 * them goes, and they get a new one. */
[[nodiscard]] bool gw_store_voyages_lost(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_err *err);
[[nodiscard]] bool gw_store_voyage_empty(struct gw_store_purged *out, struct gw_tx *tx, struct gw_id voyage,
    int64_t now_us, struct gw_err *err);
[[nodiscard]] bool gw_store_drop_lost(struct gw_store_purged *out, struct gw_tx *tx, struct gw_err *err);

/* ---- what came when, and how it ended ---------------------------------------- */

[[nodiscard]] bool gw_store_voyage_cancel(struct gw_tx *tx, struct gw_id voyage, struct gw_err *err);

/* Lists of a voyage, by kind of their travelers. */
enum { GW_LIST_KINDS = 2 };
struct gw_announced_row {
    bool has, has_whole;
    int64_t first_us, whole_us; /* the first message of it; when all of its parts were there first */
};
[[nodiscard]] bool gw_store_announced(struct gw_announced_row out[GW_LIST_KINDS], struct gw_tx *tx, struct gw_id voyage,
    struct gw_err *err);
[[nodiscard]] bool gw_store_announced_put(struct gw_tx *tx, struct gw_id voyage, int kind, int64_t now_us, bool whole,
    struct gw_err *err); /* what was there first stays */

struct gw_part_row {
    unsigned number;
    char mark;
    bool lost; /* somebody in it could not be read */
};
[[nodiscard]] bool gw_store_part_put(struct gw_tx *tx, struct gw_id voyage, int kind, const struct gw_hash *transmission,
    struct gw_part_row part, struct gw_err *err);
[[nodiscard]] bool gw_store_parts(struct gw_part_row **parts, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, int kind, const struct gw_hash *transmission, struct gw_err *err); /* by number */
[[nodiscard]] bool gw_store_parts_drop(struct gw_tx *tx, struct gw_id voyage, int kind, struct gw_err *err);
/* Whom a transmission named, as long as it is not whole. */
[[nodiscard]] bool gw_store_traveler_named(struct gw_tx *tx, struct gw_id traveler, const struct gw_hash *transmission,
    struct gw_err *err);
[[nodiscard]] bool gw_store_named(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_hash *transmission, struct gw_err *err); /* sorted */
[[nodiscard]] bool gw_store_unname(struct gw_tx *tx, struct gw_id voyage, const struct gw_hash *transmission, struct gw_err *err);

/* What the deadline clock said of a voyage: bits, 0 at first. */
[[nodiscard]] bool gw_store_reminded(int64_t *said, struct gw_tx *tx, struct gw_id voyage, struct gw_err *err);
[[nodiscard]] bool gw_store_reminded_put(struct gw_tx *tx, struct gw_id voyage, int64_t said, struct gw_err *err);
/* Open voyages departing in [from, to) of which it has not said `all`. */
[[nodiscard]] bool gw_store_reminders_open(struct gw_id **ids, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t from_us,
    int64_t to_us, int64_t all, struct gw_err *err);
struct gw_readiness_mark {
    int64_t minutes, at_us; /* before departure */
    size_t expected, covered, several;
};
[[nodiscard]] bool gw_store_mark_put(struct gw_tx *tx, struct gw_id voyage, const struct gw_readiness_mark *mark,
    struct gw_err *err); /* the first stays */
[[nodiscard]] bool gw_store_marks(struct gw_readiness_mark **marks, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_err *err); /* most minutes first */

/* How each traveler ended: the gate's status when the voyage was closed, and what the close-out said. */
struct gw_traveler_end {
    struct gw_id id;
    bool has_gate, has_said, said;
    int gate;
};
[[nodiscard]] bool gw_store_traveler_end(struct gw_tx *tx, struct gw_id traveler, int status, const bool *said,
    struct gw_err *err); /* said: NULL leaves it */
[[nodiscard]] bool gw_store_traveler_ends(struct gw_traveler_end **ends, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_err *err); /* by id */
/* Who was on board and on no list, as JSON; sealed. Empty: nobody. */
[[nodiscard]] bool gw_store_unexpected_put(struct gw_tx *tx, struct gw_id voyage, struct gw_span json, struct gw_err *err);
[[nodiscard]] bool gw_store_unexpected(struct gw_span *json, struct gw_arena *a, struct gw_tx *tx, struct gw_id voyage,
    struct gw_err *err);

/* ---- travelers --------------------------------------------------------------- */

struct gw_traveler_row {
    struct gw_id id, voyage;
    int64_t ordinal;
    int kind, status;
    struct gw_hash match, content;
    bool has_reference;
    struct gw_hash reference; /* hash of it */
    bool has_booking;
    struct gw_hash booking;   /* hash of the reservation; not read */
    struct gw_span person;    /* sealed in the store: what the manifest said, as JSON */
    bool has_cleared;
    int64_t cleared_us;
    unsigned portraits;       /* templates of the model asked for; read only */
};
/* What tells travelers apart, without unsealing: every row of the voyage, by ordinal. */
struct gw_traveler_mark {
    struct gw_id id;
    int64_t ordinal;
    int kind, status;
    struct gw_hash match, content;
    int left; /* of who was removed: the status he had */
};
[[nodiscard]] bool gw_store_traveler_marks(struct gw_traveler_mark **marks, size_t *n, struct gw_arena *a,
    struct gw_tx *tx, struct gw_id voyage, struct gw_err *err);
[[nodiscard]] bool gw_store_traveler_put(struct gw_tx *tx, const struct gw_traveler_row *row, bool is_new,
    struct gw_err *err);
[[nodiscard]] bool gw_store_traveler_status(struct gw_tx *tx, struct gw_id traveler, int status, struct gw_err *err);
/* Keeps the status he had, for when he comes back; gw_store_traveler_put ends that. */
[[nodiscard]] bool gw_store_traveler_remove(struct gw_tx *tx, struct gw_id traveler, struct gw_err *err);
/* Of somebody off the list: what he is when he comes back. */
[[nodiscard]] bool gw_store_traveler_gone_status(struct gw_tx *tx, struct gw_id traveler, int status, struct gw_err *err);
[[nodiscard]] bool gw_store_traveler_match(struct gw_tx *tx, struct gw_id traveler, const struct gw_hash *match, struct gw_err *err);
[[nodiscard]] bool gw_store_traveler_cleared(struct gw_tx *tx, struct gw_id traveler, int status, int64_t now_us,
    struct gw_err *err);
/* found = false: no such traveler. Without person unless asked. */
[[nodiscard]] bool gw_store_traveler_get(struct gw_traveler_row *row, bool *found, bool with_person, struct gw_arena *a,
    struct gw_tx *tx, struct gw_id id, struct gw_err *err);
[[nodiscard]] bool gw_store_traveler_by_reference(struct gw_id *id, bool *found, struct gw_tx *tx, struct gw_id voyage,
    const struct gw_hash *reference, struct gw_err *err);
/* Was somebody with that reference announced, and taken off the manifest again? */
[[nodiscard]] bool gw_store_traveler_removed(bool *found, struct gw_tx *tx, struct gw_id voyage, const struct gw_hash *reference,
    struct gw_err *err);
/* Not removed ones, after that ordinal, with persons and portraits. */
[[nodiscard]] bool gw_store_travelers(struct gw_traveler_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_span model, int64_t after_ordinal, size_t limit, bool only_uncovered,
    struct gw_err *err);
/* Who was removed after he was cleared or inspected, with persons. */
[[nodiscard]] bool gw_store_travelers_gone(struct gw_traveler_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_err *err);
/* Who the travelers not removed and not declined are, in the order announced. Each is handed over plain, until `each` returns. */
typedef bool gw_store_person_fn(void *to, struct gw_id traveler, struct gw_span person, struct gw_err *err);
[[nodiscard]] bool gw_store_persons(struct gw_tx *tx, struct gw_id voyage, gw_store_person_fn *each, void *to, struct gw_err *err);
/* Of the travelers not removed and not declined: how many, with a template of the model, with several. */
[[nodiscard]] bool gw_store_coverage(size_t *expected, size_t *covered, size_t *several, struct gw_tx *tx,
    struct gw_id voyage, struct gw_span model, struct gw_err *err);

/* Who on the voyage has this reservation, by its hash. */
struct gw_holder;
[[nodiscard]] bool gw_store_booked(struct gw_holder **holders, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, const struct gw_hash *booking, struct gw_err *err);

/* A document, as hashes of GW_HASH_DOCUMENT: of its number, and of number and state. */
struct gw_document_hash {
    struct gw_hash number;
    bool has_document;
    struct gw_hash document;
};
/* Documents match when their numbers do and their states do not differ. */
[[nodiscard]] bool gw_store_documents_put(struct gw_tx *tx, struct gw_id traveler, struct gw_id voyage,
    const struct gw_document_hash *documents, size_t n, struct gw_err *err); /* replaces */
/* Who on this voyage travels with it. */
struct gw_holder {
    struct gw_id traveler, voyage;
    int status;
};
[[nodiscard]] bool gw_store_holders(struct gw_holder **holders, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_document_hash *document, const struct gw_id *voyage, struct gw_err *err);
/* Who travels with it on an open voyage of the carrier; empty: of any. */
[[nodiscard]] bool gw_store_holders_open(struct gw_holder **holders, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_document_hash *document, struct gw_span carrier, struct gw_err *err);
/* The same, and who was on it with that document and is off again. */
[[nodiscard]] bool gw_store_holders_ever(struct gw_holder **holders, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_document_hash *document, struct gw_id voyage, struct gw_err *err);

/* ---- portraits and templates --------------------------------------------------- */

struct gw_portrait_row {
    struct gw_id id;
    struct gw_document_hash document; /* has_document is always true here */
    int source;
    bool has_captured;
    int64_t captured_day, received_us, expires_us;
    struct gw_hash picture;
    struct gw_span model;
    double quality;
    struct gw_span template; /* sealed in the store */
    struct gw_span carrier;  /* who sent it, and whose voyages it serves; empty: an authority's own, it serves all */
};
/* The one of that document and source which this carrier sent; empty: the authority's own. */
[[nodiscard]] bool gw_store_portrait_find(struct gw_portrait_row *row, bool *found, struct gw_arena *a,
    struct gw_tx *tx, const struct gw_hash *document, int source, struct gw_span carrier, struct gw_err *err);
/* Replaces that of the same document, source and carrier, whose templates go from every voyage. */
[[nodiscard]] bool gw_store_portrait_put(struct gw_tx *tx, const struct gw_portrait_row *row, struct gw_err *err);
/* Portraits of a closed voyage's travelers that no open voyage they serve expects die at until_us, if not sooner. */
[[nodiscard]] bool gw_store_portraits_hasten(struct gw_tx *tx, struct gw_id voyage, int64_t until_us, struct gw_err *err);
/* At most `limit` (256) of those due, with key and picture, until *done. */
[[nodiscard]] bool gw_store_portraits_expire(struct gw_store_purged *out, bool *done, struct gw_tx *tx, int64_t now_us,
    size_t limit, struct gw_err *err);
/* All that match the document and serve the voyage, of the model, in the arena. */
[[nodiscard]] bool gw_store_portraits(struct gw_portrait_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_document_hash *document, struct gw_id voyage, struct gw_span model, struct gw_err *err);

/* Copies a template to a traveler, under the voyage's key. There already: nothing. */
[[nodiscard]] bool gw_store_template_put(struct gw_tx *tx, struct gw_id traveler, struct gw_id voyage,
    const struct gw_portrait_row *portrait, struct gw_err *err);
/* How many templates of the model each traveler of the voyage has, by traveler's id; who has none is not there. */
struct gw_covered {
    struct gw_id traveler;
    unsigned portraits;
};
[[nodiscard]] bool gw_store_covered(struct gw_covered **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_span model, struct gw_err *err);
/* All templates of a traveler go. */
[[nodiscard]] bool gw_store_templates_drop(struct gw_tx *tx, struct gw_id traveler, struct gw_err *err);
/* Of everybody on the voyage, in no order; or of one traveler, where `only` is not NULL. Each is handed over
 * plain, until `each` returns. */
struct gw_template_row {
    struct gw_id traveler, portrait;
    int source;
    bool authority; /* of a portrait that no carrier replaces */
    bool has_captured;
    int64_t captured_day, received_us;
    double quality;
    struct gw_span template;
};
typedef bool gw_store_template_fn(void *to, const struct gw_template_row *row, struct gw_err *err);
[[nodiscard]] bool gw_store_templates(struct gw_tx *tx, struct gw_id voyage, struct gw_span model,
    const struct gw_id *only, gw_store_template_fn *each, void *to, struct gw_err *err);

/* ---- photos ------------------------------------------------------------------------ */

enum gw_photo_kind { GW_PHOTO_PROBE = 1, GW_PHOTO_PORTRAIT = 2 };
enum { GW_PHOTO_BYTES_MAX = 256 << 20 };
struct gw_photo_row {
    struct gw_id id;
    enum gw_photo_kind kind;
    bool has_voyage, has_verification, has_portrait;
    struct gw_id voyage, verification, portrait;
    int64_t taken_us;
    int64_t expires_us;     /* put: rounded down to the hour whose key it gets */
    /* Filled by put, as what follows. GW_KEY_HOLD is left as it is, with its scope; GW_KEY_TRANSFER gets its own. */
    enum gw_key_kind key;
    struct gw_id scope;
    int64_t at, size;
};
/* Seals the picture into the file of its class and hour. GW_ERR_INVALID: it would be dead already. */
[[nodiscard]] bool gw_store_photo_put(struct gw_tx *tx, struct gw_photo_row *row, struct gw_span picture, int64_t now_us,
    struct gw_err *err);
[[nodiscard]] bool gw_store_photo_get(struct gw_photo_row *row, struct gw_tx *tx, struct gw_id id, struct gw_err *err); /* GW_ERR_NOT_FOUND */
[[nodiscard]] bool gw_store_photos_of_verification(struct gw_photo_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id verification, struct gw_err *err);
/* Of the portraits whose templates the traveler has. */
[[nodiscard]] bool gw_store_photos_of_traveler(struct gw_photo_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id traveler, struct gw_err *err);
[[nodiscard]] bool gw_store_photos_of_portrait(struct gw_photo_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id portrait, struct gw_err *err);
/* The picture as it came, plain, in the arena. GW_ERR_GONE: its key is. GW_ERR_CORRUPT. */
[[nodiscard]] bool gw_store_photo_open(struct gw_span *picture, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_photo_row *row, struct gw_err *err);

/* Deletes it; when that has committed, it is cut out of its file. */
[[nodiscard]] bool gw_store_photo_forget(struct gw_tx *tx, const struct gw_photo_row *row, struct gw_err *err);
/* The same picture under the key `to` names (key, scope, expires_us as in put); the clock of one that would be dead already is over. */
[[nodiscard]] bool gw_store_photo_move(struct gw_tx *tx, const struct gw_photo_row *row, struct gw_photo_row *to, int64_t now_us,
    struct gw_err *err);

struct gw_access_row {
    struct gw_id id, photo, token, basis;
    int64_t at_us;
    enum gw_photo_kind kind;
    int role, purpose;
    struct gw_span site;
};
[[nodiscard]] bool gw_store_access_put(struct gw_tx *tx, const struct gw_access_row *row, struct gw_err *err);
/* How many the token has seen since, and how many a second person allows it at `now`. */
[[nodiscard]] bool gw_store_access_count(size_t *seen, size_t *allowed, struct gw_tx *tx, struct gw_id token, int64_t since_us,
    int64_t now_us, struct gw_err *err);
struct gw_approval_row {
    struct gw_id id, token, approver;
    int64_t at_us, until_us;
    size_t photos;
};
[[nodiscard]] bool gw_store_approval_put(struct gw_tx *tx, const struct gw_approval_row *row, struct gw_err *err);
/* Of one time: by purpose, role, kind and site. */
struct gw_access_sum {
    int purpose, role;
    enum gw_photo_kind kind;
    struct gw_span site;
    size_t accesses, photos, persons_asking, cases;
};
[[nodiscard]] bool gw_store_access_sums(struct gw_access_sum **rows, size_t *n, size_t *approvals, struct gw_arena *a,
    struct gw_tx *tx, int64_t from_us, int64_t to_us, struct gw_err *err);

/* ---- holds and ages ------------------------------------------------------------------- */

/* What is due of a voyage stays as long as a hold on it lasts. */
struct gw_hold_row {
    struct gw_id id, voyage;
    struct gw_span reason;
    int64_t made_us, until_us;
    struct gw_id token;
};
[[nodiscard]] bool gw_store_hold_put(struct gw_tx *tx, const struct gw_hold_row *row, struct gw_err *err);
[[nodiscard]] bool gw_store_hold_release(bool *found, struct gw_tx *tx, struct gw_id hold, int64_t now_us, struct gw_err *err);
[[nodiscard]] bool gw_store_holds(struct gw_hold_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, int64_t now_us,
    struct gw_err *err); /* those that last */
/* Is a hold in force on its voyage; of a portrait: on one with a traveler it is of? */
[[nodiscard]] bool gw_store_photo_held(bool *held, struct gw_tx *tx, const struct gw_photo_row *row, int64_t now_us, struct gw_err *err);
/* Its clock is over: sealed again under the key of the hold that lasts longest, or gone. */
[[nodiscard]] bool gw_store_photo_over(bool *held, struct gw_tx *tx, const struct gw_photo_row *row, int64_t now_us, struct gw_err *err);
/* Pictures that are due now and held, under a hold's key; those of a hold that is over under the key of another, or gone with its
 * key. Seals at most `limit` in a transaction, until *done: before it is, no key may die that a held picture needs. */
[[nodiscard]] bool gw_store_holds_keep(struct gw_store_purged *out, bool *done, struct gw_tx *tx, int64_t now_us, size_t limit,
    struct gw_err *err);

enum { GW_AGE_VOYAGE, GW_AGE_PROBE, GW_AGE_PORTRAIT, GW_AGE_PORTRAIT_PHOTO, GW_AGE_ANSWER, GW_AGE_TRANSFER, GW_AGE_COUNT };
struct gw_age {
    size_t kept, over; /* how many; how many due before over_us, and not held */
    bool has_oldest, has_next;
    int64_t oldest_us, next_us;
};
[[nodiscard]] bool gw_store_ages(struct gw_age ages[GW_AGE_COUNT], struct gw_tx *tx, int64_t now_us, int64_t over_us,
    struct gw_err *err);

/* ---- the log ------------------------------------------------------------------------ */

/* Appends an entry in this transaction; sets n, prev and at of *facts itself. Where at_us is before the
 * latest entry's time, an entry `clock` goes before it. */
[[nodiscard]] bool gw_store_audit_add(struct gw_tx *tx, enum gw_audit_kind kind, struct gw_audit_facts *facts,
    int64_t at_us, struct gw_err *err);
struct gw_audit_size {
    uint64_t size;
    int64_t last_us; /* of the latest entry */
    struct gw_hash root;
};
[[nodiscard]] bool gw_store_audit_size(struct gw_audit_size *out, struct gw_tx *tx, struct gw_err *err);
/* Each entry of [from, to) in order; the bytes until each returns, false ends with its err. GW_ERR_CORRUPT: one is missing. */
typedef bool gw_audit_each(void *to, uint64_t n, struct gw_span entry, struct gw_err *err);
[[nodiscard]] bool gw_store_audit_entries(struct gw_tx *tx, uint64_t from, uint64_t to, gw_audit_each *each, void *arg,
    struct gw_err *err);
/* Entries whose subject, or without one whose voyage, the id is. */
[[nodiscard]] bool gw_store_audit_about(struct gw_tx *tx, struct gw_id subject, gw_audit_each *each, void *arg,
    struct gw_err *err);
/* The first entry at or after a time; the log's size where there is none. */
[[nodiscard]] bool gw_store_audit_first_at(uint64_t *n, struct gw_tx *tx, int64_t at_us, struct gw_err *err);
/* gw_tree_read over the store; `from` is the tx. */
bool gw_store_audit_node(struct gw_hash *out, void *tx, unsigned level, uint64_t index, struct gw_err *err);

struct gw_audit_head_row {
    uint64_t size;
    int64_t at_us;
    struct gw_span note;
};
[[nodiscard]] bool gw_store_audit_head_put(struct gw_tx *tx, const struct gw_audit_head_row *row, struct gw_err *err);
/* The head of the least size that is not below `from`. */
[[nodiscard]] bool gw_store_audit_head_from(struct gw_audit_head_row *row, bool *found, struct gw_arena *a,
    struct gw_tx *tx, uint64_t from, struct gw_err *err);
[[nodiscard]] bool gw_store_audit_head_last(struct gw_audit_head_row *row, bool *found, struct gw_arena *a,
    struct gw_tx *tx, struct gw_err *err);
struct gw_cosignature_row {
    struct gw_span witness, line;
    int64_t at_us;
};
/* A later one of the same witness replaces it. */
[[nodiscard]] bool gw_store_cosignature_put(struct gw_tx *tx, uint64_t size, const struct gw_cosignature_row *row,
    struct gw_err *err);
[[nodiscard]] bool gw_store_cosignatures(struct gw_cosignature_row **rows, size_t *n, struct gw_arena *a,
    struct gw_tx *tx, uint64_t size, struct gw_err *err);

/* ---- decisions ------------------------------------------------------------------ */

struct gw_verification_row {
    int64_t seq; /* read only: their order */
    struct gw_id id, voyage, device;
    int64_t at_us, elapsed_us;
    int answer, guidance;
    struct gw_span reason, model;
    unsigned attempt, attempts_left;
    bool has_score, has_next, has_quality, has_liveness, has_traveler;
    int32_t score, next_score, threshold; /* threshold with score */
    double quality, liveness;
    size_t gallery_persons, gallery_templates;
    struct gw_id traveler;
};
[[nodiscard]] bool gw_store_verification_put(struct gw_tx *tx, const struct gw_verification_row *row,
    struct gw_err *err);
[[nodiscard]] bool gw_store_verification_get(struct gw_verification_row *row, bool *found, struct gw_arena *a,
    struct gw_tx *tx, struct gw_id id, struct gw_err *err);
/* The device's latest on the voyage that is later than its latest decline there. */
[[nodiscard]] bool gw_store_verification_last(struct gw_verification_row *row, bool *found, struct gw_arena *a,
    struct gw_tx *tx, struct gw_id voyage, struct gw_id device, struct gw_err *err);
[[nodiscard]] bool gw_store_verifications(struct gw_verification_row **rows, size_t *n, struct gw_arena *a,
    struct gw_tx *tx, struct gw_id voyage, int64_t after_seq, size_t limit, struct gw_err *err);

struct gw_decline_row {
    struct gw_id id, voyage, device, traveler;
    bool has_traveler;
    int64_t at_us, day;
    struct gw_span site;
};
[[nodiscard]] bool gw_store_decline_put(struct gw_tx *tx, const struct gw_decline_row *row, struct gw_err *err);
/* What is done instead was done. first: it had not been before; then row is filled, but for traveler. */
[[nodiscard]] bool gw_store_decline_settle(struct gw_decline_row *row, bool *first, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id decline, int64_t now_us, struct gw_err *err);
/* Counts stay when declines are purged. */
[[nodiscard]] bool gw_store_decline_count(struct gw_tx *tx, int64_t day, struct gw_span site, const char *what, int64_t n,
    struct gw_err *err);
struct gw_decline_count {
    struct gw_span site, what;
    int64_t n;
};
/* Sums over days in [from, to), by site and what. site empty: all. */
[[nodiscard]] bool gw_store_decline_counts(struct gw_decline_count **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    int64_t from_day, int64_t to_day, struct gw_span site, struct gw_err *err);

/* ---- what gates say of themselves --------------------------------------------------- */

struct gw_device_row {
    struct gw_id token;
    int64_t seen_us;
    bool has_reported, has_started;
    int64_t reported_us, started_us;
    struct gw_span software;
    int camera;
    int64_t camera_errors;
    struct gw_span notice_version, notice_language, mode, direction; /* mode, direction empty: any */
};
[[nodiscard]] bool gw_store_device_seen(struct gw_tx *tx, struct gw_id token, int64_t seen_us, struct gw_err *err);
[[nodiscard]] bool gw_store_device_put(struct gw_tx *tx, const struct gw_device_row *row, struct gw_err *err);
[[nodiscard]] bool gw_store_devices(struct gw_device_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_err *err);

/* ---- what was measured: counts that name nobody ---------------------------------- */

struct gw_measured_row {
    struct gw_span what, of;
    int64_t bin, n;
};
/* One more. */
[[nodiscard]] bool gw_store_measured_add(struct gw_tx *tx, int64_t day, const char *what, struct gw_span of, int64_t bin,
    struct gw_err *err);
/* Sums over days in [from, to), by what, of and bin, in that order. */
[[nodiscard]] bool gw_store_measured(struct gw_measured_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    int64_t from_day, int64_t to_day, struct gw_err *err);

/* ---- notices that are posted ------------------------------------------------------- */

struct gw_notice_row {
    struct gw_span site, mode, direction, language; /* mode, direction empty: any */
    struct gw_span version, pack;
    int64_t checked_day, added_us;
};
/* In place of the one for the same site, mode, direction and language. */
[[nodiscard]] bool gw_store_notice_put(struct gw_tx *tx, const struct gw_notice_row *row, struct gw_err *err);
[[nodiscard]] bool gw_store_notice_delete(struct gw_tx *tx, const struct gw_notice_row *row, bool *found, struct gw_err *err);
[[nodiscard]] bool gw_store_notices(struct gw_notice_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_span site, struct gw_err *err); /* site empty: all */

/* ---- tokens and answers ----------------------------------------------------------- */

struct gw_token_row {
    struct gw_id id;
    struct gw_hash hash;
    int role;
    struct gw_span label, site, carrier;
    int64_t created_us, expires_us;
    bool has_revoked;
    int64_t revoked_us;
    bool has_certificate;
    struct gw_hash certificate; /* SHA-256; hash is then of it */
    bool has_prior;             /* the credential before: good until prior_until_us */
    struct gw_hash prior_hash;
    int64_t prior_until_us;
};
[[nodiscard]] bool gw_store_token_put(struct gw_tx *tx, const struct gw_token_row *row, struct gw_err *err);
/* hash, certificate and expires_us are new, the hash there was becomes the prior one. found is false when there is no
 * such token, or it was revoked. */
[[nodiscard]] bool gw_store_token_renew(struct gw_tx *tx, const struct gw_token_row *row, bool *found, struct gw_err *err);
[[nodiscard]] bool gw_store_token_revoke(struct gw_tx *tx, struct gw_id token, int64_t now_us, bool *found,
    struct gw_err *err);
/* Is there, or was there, a token of the role? */
[[nodiscard]] bool gw_store_token_of_role(bool *found, struct gw_tx *tx, int role, struct gw_err *err);
[[nodiscard]] bool gw_store_tokens(struct gw_token_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_err *err); /* oldest first */

struct gw_answer_row {
    struct gw_hash key, request;
    bool has_voyage; /* sealed under its key; else under that of the day it expires */
    struct gw_id voyage;
    int status;
    int64_t expires_us;
    struct gw_span body; /* sealed in the store */
};
[[nodiscard]] bool gw_store_answer_find(struct gw_answer_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_hash *key, int64_t now_us, struct gw_err *err);
[[nodiscard]] bool gw_store_answer_put(struct gw_tx *tx, const struct gw_answer_row *row, int64_t now_us,
    struct gw_err *err);

/* ---- what is told ------------------------------------------------------------------- */

struct gw_event_row {
    int64_t seq, at_us; /* seq: read only; grows, with gaps */
    int kind, roles;
    bool has_voyage, has_traveler;
    struct gw_id voyage, traveler;
    struct gw_span site, open, inside; /* JSON objects without a person in them */
    struct gw_span carrier, ports;     /* of the voyage; read only */
};
[[nodiscard]] bool gw_store_event_put(struct gw_tx *tx, const struct gw_event_row *row, struct gw_err *err);
[[nodiscard]] bool gw_store_events(struct gw_event_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    int64_t after_seq, size_t limit, struct gw_err *err);
/* The latest there ever was; 0: none. */
[[nodiscard]] bool gw_store_event_last(int64_t *seq, struct gw_tx *tx, struct gw_err *err);
/* Up to which events were dropped for their age; 0: none. */
[[nodiscard]] bool gw_store_event_floor(int64_t *seq, struct gw_tx *tx, struct gw_err *err);
/* Drops at most `limit` of those before a time, or beyond so many. */
[[nodiscard]] bool gw_store_events_drop(size_t *dropped, struct gw_tx *tx, int64_t before_us, int64_t most, size_t limit,
    struct gw_err *err);

struct gw_alert_row {
    int64_t seq; /* read only */
    struct gw_id id;
    int64_t at_us;
    int kind;
    bool has_voyage, has_traveler, has_verification, has_inspection, has_taken;
    struct gw_id voyage, traveler, verification, inspection;
    struct gw_span site;
    int64_t taken_us;
    struct gw_id taken_by;
    struct gw_span carrier, ports; /* of the voyage; read only */
};
[[nodiscard]] bool gw_store_alert_put(struct gw_tx *tx, const struct gw_alert_row *row, struct gw_err *err);
/* Is there one of the same kind, voyage and traveler that nobody has taken? */
[[nodiscard]] bool gw_store_alert_waits(bool *waits, struct gw_tx *tx, const struct gw_alert_row *like, struct gw_err *err);
[[nodiscard]] bool gw_store_alert_get(struct gw_alert_row *row, struct gw_arena *a, struct gw_tx *tx, struct gw_id id,
    struct gw_err *err); /* GW_ERR_NOT_FOUND */
/* *changed: false when somebody has already. */
[[nodiscard]] bool gw_store_alert_take(bool *changed, struct gw_tx *tx, struct gw_id id, struct gw_id by, int64_t now_us,
    struct gw_err *err);
struct gw_alert_search {
    bool has_taken, taken, has_kind, has_voyage;
    int kind;
    struct gw_id voyage;
    struct gw_span site;    /* empty: any */
    bool without_voyage;    /* only what is of no voyage */
    int64_t after_seq;
    size_t limit;
};
[[nodiscard]] bool gw_store_alerts(struct gw_alert_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_alert_search *search, struct gw_err *err); /* oldest first */

/* ---- inspections ------------------------------------------------------------------------ */

struct gw_inspection_row {
    int64_t seq; /* read only */
    struct gw_id id, voyage;
    struct gw_span site;               /* of whoever opened it; empty: of no one place */
    int cause, state;                  /* state: 0 open, 1 referred, 2 closed */
    struct gw_span reason;
    bool has_verification, has_decline, has_candidate, has_traveler;
    struct gw_id verification, decline, candidate, traveler;
    int64_t opened_us;
    bool has_claimed, has_decided, has_closed;
    int64_t claimed_us, lease_us, decided_us, closed_us; /* claimed_us: first; lease_us: of claimed_by, with has_claimed */
    struct gw_id claimed_by, decided_by, closed_by;      /* tokens; nobody closed one that lapsed */
    bool has_method, has_result;
    int method, result;
    struct gw_span carrier, ports;     /* of the voyage; read only */
};
[[nodiscard]] bool gw_store_inspection_put(struct gw_tx *tx, const struct gw_inspection_row *row, struct gw_err *err);
/* All but how it was opened. */
[[nodiscard]] bool gw_store_inspection_update(struct gw_tx *tx, const struct gw_inspection_row *row, struct gw_err *err);
[[nodiscard]] bool gw_store_inspection_find(struct gw_inspection_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id id, struct gw_err *err);
/* Has the traveler one that is not closed? */
[[nodiscard]] bool gw_store_inspection_waits(bool *waits, struct gw_tx *tx, struct gw_id voyage, struct gw_id traveler,
    struct gw_err *err);
struct gw_inspection_search {
    bool has_state, has_leased, leased, has_voyage, has_from, has_to;
    int state;
    struct gw_id voyage;
    struct gw_span site, carrier;      /* empty: any */
    int64_t now_us, from_us, to_us;    /* opened in [from, to) */
    int64_t after_seq;
    size_t limit;
};
[[nodiscard]] bool gw_store_inspections(struct gw_inspection_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_inspection_search *search, struct gw_err *err); /* oldest first */
/* Of one traveler, as the cases name him. */
[[nodiscard]] bool gw_store_inspections_of(struct gw_inspection_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_id traveler, struct gw_err *err);
/* Those of the voyage that are open are closed with this result; *n adds how many. */
[[nodiscard]] bool gw_store_inspections_lapse(size_t *n, struct gw_tx *tx, struct gw_id voyage, int64_t now_us, int result,
    struct gw_err *err);
/* Was the traveler cleared by a verification since? */
[[nodiscard]] bool gw_store_cleared_since(bool *cleared, struct gw_tx *tx, struct gw_id traveler, int64_t since_us,
    struct gw_err *err);
/* Templates of the model the traveler has. */
[[nodiscard]] bool gw_store_template_count(size_t *n, struct gw_tx *tx, struct gw_id traveler, struct gw_span model,
    struct gw_err *err);

/* ---- what the vetting authority says ------------------------------------------------------ */

struct gw_boarding_row {
    struct gw_id traveler, voyage;
    int status; /* enum gw_boarding_status */
    int64_t as_of_us;
};
[[nodiscard]] bool gw_store_boarding_put(struct gw_tx *tx, const struct gw_boarding_row *row, struct gw_err *err);
[[nodiscard]] bool gw_store_boarding_find(struct gw_boarding_row *row, bool *found, struct gw_tx *tx, struct gw_id traveler,
    struct gw_err *err);
struct gw_boarding_search {
    bool has_voyage, has_status;
    struct gw_id voyage; /* this one; else all that are open */
    int status;
    struct gw_id after_voyage, after_traveler; /* zeros: from the start */
    size_t limit;
};
/* Of travelers who are on the manifest of a voyage not purged, by voyage and traveler. */
[[nodiscard]] bool gw_store_boarding_search(struct gw_boarding_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_boarding_search *search, struct gw_err *err);
/* Of everybody on a voyage of whom something was said, by traveler. */
[[nodiscard]] bool gw_store_boardings(struct gw_boarding_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id voyage, struct gw_err *err);

/* ---- transfers to a register -------------------------------------------------------------- */

enum gw_transfer_state {
    GW_TRANSFER_WAITING,
    GW_TRANSFER_REFUSED,  /* the register will not have it; it can be tried again until it is due */
    GW_TRANSFER_RECEIVED, /* ended, as what follows: nothing of the person is in the row any more */
    GW_TRANSFER_BLOCKED,  /* no rule in force lets it leave */
    GW_TRANSFER_MISSED,   /* it could not be sent in time */
    GW_TRANSFER_STATES
};
struct gw_transfer_row {
    int64_t seq; /* read only */
    struct gw_id id, voyage, verification, photo;
    struct gw_span rule; /* "us-2025-12-26:alien-required" */
    int64_t made_us, taken_us;
    int64_t due_us;      /* put: rounded down to the hour whose key seals the record */
    int64_t until_us;    /* how long officers may see the picture */
    bool keeps;          /* the picture stays so long after the receipt; else it dies with it */
    enum gw_transfer_state state;
    unsigned attempt;
    int64_t next_us;
    struct gw_span word; /* why it is not there yet; of one received, the register's number for it */
    bool has_ended;
    int64_t ended_us;
};
/* record: sealed. GW_ERR_INVALID: it would be due already. */
[[nodiscard]] bool gw_store_transfer_put(struct gw_tx *tx, struct gw_transfer_row *row, struct gw_span record, int64_t now_us,
    struct gw_err *err);
[[nodiscard]] bool gw_store_transfer_find(struct gw_transfer_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id id, struct gw_err *err);
/* The one of a verification, of a photo that still waits. */
[[nodiscard]] bool gw_store_transfer_of_verification(struct gw_transfer_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id verification, struct gw_err *err);
[[nodiscard]] bool gw_store_transfer_of_photo(struct gw_transfer_row *row, bool *found, struct gw_arena *a, struct gw_tx *tx,
    struct gw_id photo, struct gw_err *err);
/* The record, plain, in the arena. GW_ERR_GONE: ended, or its key is. */
[[nodiscard]] bool gw_store_transfer_open(struct gw_span *record, struct gw_arena *a, struct gw_tx *tx, const struct gw_transfer_row *row,
    struct gw_err *err);
/* Waiting, and to be tried by now, those that wait longest first. */
[[nodiscard]] bool gw_store_transfers_next(struct gw_transfer_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    int64_t now_us, size_t limit, struct gw_err *err);
/* Not ended, and due. */
[[nodiscard]] bool gw_store_transfers_due(struct gw_transfer_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    int64_t now_us, size_t limit, struct gw_err *err);
/* Of all or of one state, after a seq. */
[[nodiscard]] bool gw_store_transfers(struct gw_transfer_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const enum gw_transfer_state *state, int64_t after, size_t limit, struct gw_err *err);
/* WAITING or REFUSED, from attempt and word on. */
[[nodiscard]] bool gw_store_transfer_update(struct gw_tx *tx, const struct gw_transfer_row *row, struct gw_err *err);
/* Ends it: what is sealed in it goes. Its picture is the caller's. */
[[nodiscard]] bool gw_store_transfer_end(struct gw_tx *tx, struct gw_id id, enum gw_transfer_state state, struct gw_span word,
    int64_t now_us, struct gw_err *err);
struct gw_transfer_counts {
    size_t n[GW_TRANSFER_STATES];
    bool has_oldest, has_due;
    int64_t oldest_us, due_us; /* of those that wait: when it was made, when it is due */
};
[[nodiscard]] bool gw_store_transfer_counts(struct gw_transfer_counts *out, struct gw_tx *tx, struct gw_err *err);
/* When the next is to be tried. */
[[nodiscard]] bool gw_store_transfer_next(bool *has, int64_t *us, struct gw_tx *tx, struct gw_err *err);

/* ---- webhooks ------------------------------------------------------------------------------ */

struct gw_webhook_row {
    struct gw_id id;
    struct gw_span carrier, url;
    int64_t kinds;             /* 1 << kind of event; 0: all */
    int64_t created_us;
    int64_t after_seq;         /* the latest event that was looked at for it */
    struct gw_span secret;     /* sealed in the store */
    bool has_gone, has_sent, has_failed;
    int64_t gone_us, sent_us, failed_us;
    struct gw_span failure;    /* a word, with has_failed */
    size_t waiting, dead;      /* read only */
};
[[nodiscard]] bool gw_store_webhook_put(struct gw_tx *tx, const struct gw_webhook_row *row, struct gw_err *err);
[[nodiscard]] bool gw_store_webhooks(struct gw_webhook_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    struct gw_err *err); /* oldest first */
[[nodiscard]] bool gw_store_webhook_after(struct gw_tx *tx, struct gw_id id, int64_t seq, struct gw_err *err);
[[nodiscard]] bool gw_store_webhook_result(struct gw_tx *tx, struct gw_id id, bool sent, struct gw_span failure,
    int64_t now_us, struct gw_err *err);
[[nodiscard]] bool gw_store_webhook_gone(struct gw_tx *tx, struct gw_id id, int64_t now_us, struct gw_err *err);
/* With its deliveries and the key of its secret. */
[[nodiscard]] bool gw_store_webhook_drop(bool *found, struct gw_tx *tx, struct gw_id id, struct gw_err *err);

struct gw_delivery_row {
    struct gw_id webhook;
    int64_t seq;               /* of the event; 0: a test */
    int64_t made_us, next_us;  /* next_us unless dead */
    unsigned attempt;          /* made so far */
    bool dead;
    struct gw_span failure;    /* of the latest attempt; empty: none */
};
/* Replaces. */
[[nodiscard]] bool gw_store_delivery_put(struct gw_tx *tx, const struct gw_delivery_row *row, struct gw_err *err);
[[nodiscard]] bool gw_store_delivery_done(struct gw_tx *tx, struct gw_id webhook, int64_t seq, struct gw_err *err);
/* The dead ones are tried anew; *n says how many. */
[[nodiscard]] bool gw_store_deliveries_again(size_t *n, struct gw_tx *tx, struct gw_id webhook, int64_t now_us,
    struct gw_err *err);
/* webhook: its dead ones; NULL: those due, of any. */
[[nodiscard]] bool gw_store_deliveries(struct gw_delivery_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx,
    const struct gw_id *webhook, int64_t until_us, size_t limit, struct gw_err *err);
[[nodiscard]] bool gw_store_delivery_next(bool *has, int64_t *us, struct gw_tx *tx, struct gw_err *err);
