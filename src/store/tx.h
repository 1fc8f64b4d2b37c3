/* tx.h - inside store/: a transaction, how statements are run in it, and the keys. */
#pragma once
#include "store/backend.h"
#include "store/store.h"

#include <pthread.h>

struct gw_vault;  /* vault.c: the keys in memory */
struct gw_photos; /* photo.c: the files of pictures */

struct gw_tx {
    const struct gw_backend *db;
    struct gw_conn *conn;
    struct gw_vault *vault;
    struct gw_photos *photos;
    bool writable;
    const unsigned *wanted; /* atomic: how many wait for the writer; NULL: nobody can */
};

#define GW_VALUES(...)                                                                            \
    (const struct gw_value[]){ __VA_ARGS__ }, GW_COUNT(((const struct gw_value[]){ __VA_ARGS__ }))

/* Runs a statement that gives no rows; *changed (may be NULL) adds how many it touched. */
bool gw_tx_run(struct gw_tx *tx, enum gw_query q, const struct gw_value *values, size_t n, size_t *changed,
    struct gw_err *err);

/* The one number a statement gives; 0 without a row, or of nothing. */
bool gw_tx_number(int64_t *out, struct gw_tx *tx, enum gw_query q, const struct gw_value *values, size_t n,
    struct gw_err *err);

/* A query being read:
 *     struct gw_reading r;
 *     if (!gw_reading_start(&r, tx, GW_QUERY_X, GW_VALUES(…), err)) return false;
 *     while (gw_reading_next(&r)) … gw_column_…(&r, i) …
 *     return gw_reading_done(&r);
 * An error on the way ends the loop and is what done returns. Columns of another
 * kind than asked for are errors, too: GW_ERR_CORRUPT. */
struct gw_reading {
    struct gw_tx *tx;
    struct gw_rows *rows;
    enum gw_query query;
    bool failed;
    struct gw_err *err;
};
bool gw_reading_start(struct gw_reading *r, struct gw_tx *tx, enum gw_query q, const struct gw_value *values, size_t n,
    struct gw_err *err);
bool gw_reading_next(struct gw_reading *r);
bool gw_reading_done(struct gw_reading *r);
bool gw_reading_fail(struct gw_reading *r); /* err was filled: ends the loop, done gives false */

int64_t gw_column_int(struct gw_reading *r, int i);
bool gw_column_maybe_int(struct gw_reading *r, int i, int64_t *out); /* false: NULL */
double gw_column_real(struct gw_reading *r, int i);
bool gw_column_maybe_real(struct gw_reading *r, int i, double *out);
struct gw_id gw_column_id(struct gw_reading *r, int i);
bool gw_column_maybe_id(struct gw_reading *r, int i, struct gw_id *out);
struct gw_hash gw_column_hash(struct gw_reading *r, int i);
bool gw_column_maybe_hash(struct gw_reading *r, int i, struct gw_hash *out);
struct gw_span gw_column_bytes(struct gw_reading *r, int i); /* text or blob; until the next row */
struct gw_span gw_column_copy(struct gw_reading *r, int i, struct gw_arena *a);

/* vault.c. Opens tx->vault in a transaction that writes; the caller closes it, also on failure. */
bool gw_vault_open(struct gw_tx *tx, const char *folder, const char *source, int64_t now_us, struct gw_err *err);
/* Makes an empty ring for a database that has none. */
bool gw_vault_adopt(struct gw_tx *tx, const char *folder, const char *source, struct gw_err *err);
void gw_vault_close(struct gw_vault *v);
struct gw_hash gw_vault_hash(const struct gw_vault *v, enum gw_hash_use use, struct gw_span data);
bool gw_vault_has(struct gw_vault *v, enum gw_key_kind kind, struct gw_id scope);
struct gw_vault *gw_store_vault(struct gw_store *s); /* store.c */
/* The writer's: a part of a transaction begins; it is undone alone; the whole is undone, will be
 * committed, was committed. GW_ERR_IO of the last: keys given up are not overwritten yet; it is tried again. */
void gw_vault_part(struct gw_vault *v);
void gw_vault_undo_part(struct gw_vault *v);
void gw_vault_undo(struct gw_vault *v);
bool gw_vault_before_commit(struct gw_vault *v, struct gw_err *err);
bool gw_vault_committed(struct gw_vault *v, struct gw_photos *photos, struct gw_err *err);

/* photo.c: the same for pictures. */
struct gw_photos *gw_photos_open(const char *folder, struct gw_vault *vault, struct gw_err *err);
void gw_photos_close(struct gw_photos *p);
/* Begins to synchronize what was appended, beside the commit; done says whether it is on the disk. */
void gw_photos_sync_start(struct gw_photos *p);
bool gw_photos_sync_done(struct gw_photos *p, struct gw_err *err);
void gw_photos_committed(struct gw_photos *p);
void gw_photos_undo(struct gw_photos *p);
/* The key is gone: so is the file of what it sealed. */
void gw_photos_drop(struct gw_photos *p, enum gw_key_kind kind, struct gw_id scope);

/* What a ciphertext belongs to; it opens nowhere else. */
enum gw_sealed_kind { GW_SEALED_PERSON = 1, GW_SEALED_PORTRAIT, GW_SEALED_TEMPLATE, GW_SEALED_ANSWER, GW_SEALED_PHOTO,
    GW_SEALED_WEBHOOK, GW_SEALED_UNEXPECTED, GW_SEALED_TRANSFER };
struct gw_bound {
    enum gw_key_kind key;
    struct gw_id scope; /* of the key */
    enum gw_sealed_kind kind;
    struct gw_span row; /* id or hash of the row */
};
/* Appends to out. GW_ERR_GONE: the key is not there (any more). */
bool gw_tx_seal(struct gw_buf *out, struct gw_tx *tx, const struct gw_bound *bound, struct gw_span plain,
    struct gw_err *err);
/* Into the arena. GW_ERR_GONE, GW_ERR_CORRUPT. */
bool gw_tx_unseal(struct gw_span *plain, struct gw_arena *a, struct gw_tx *tx, const struct gw_bound *bound,
    struct gw_span sealed, struct gw_err *err);
/* Deletes rows; their pictures are cut out when that has committed. */
bool gw_photos_forget(struct gw_tx *tx, const struct gw_photo_row *rows, size_t n, struct gw_err *err);
/* Sealed again under the key of a hold in force on it; none: left as it is. */
bool gw_photos_hold(bool *held, struct gw_tx *tx, const struct gw_photo_row *row, int64_t now_us, struct gw_err *err);
/* Those of the portrait that are held. */
bool gw_photos_hold_portrait(struct gw_tx *tx, struct gw_id portrait, int64_t now_us, struct gw_err *err);
/* Those of the portrait; and_held: those under the key of a hold, too. */
bool gw_photos_forget_portrait(struct gw_tx *tx, struct gw_id portrait, bool and_held, struct gw_err *err);
bool gw_photos_read(struct gw_photo_row **rows, size_t *n, struct gw_arena *a, struct gw_tx *tx, enum gw_query q,
    const struct gw_value *values, size_t n_values, struct gw_err *err);
