/* sqlite.c - the embedded store; the only file with SQLite.
 *
 * Write-ahead log with synchronous=FULL: a commit is on the disk when it returns.
 * secure_delete overwrites what is deleted. The log is moved into the database by
 * gw_store_checkpoint, not by whoever happens to commit. */
#include "store/backend.h"

#include <sqlite3.h>
#include <stdio.h>

struct gw_rows {
    struct gw_conn *conn;
    sqlite3_stmt *statement;
    enum gw_query query;
};

struct gw_conn {
    sqlite3 *db;
    struct gw_rows rows[GW_QUERY_COUNT]; /* statements, made when first used */
};

static bool is_of_writing(int extended)
{
    return extended == SQLITE_IOERR_WRITE || extended == SQLITE_IOERR_FSYNC || extended == SQLITE_IOERR_DIR_FSYNC ||
        extended == SQLITE_IOERR_TRUNCATE || extended == SQLITE_IOERR_SHMOPEN || extended == SQLITE_IOERR_SHMSIZE;
}

/* `what` is a word of ours; SQLite's own text names tables and columns, never values. */
static bool fail(struct gw_err *err, sqlite3 *db, const char *what)
{
    int code = db == NULL ? SQLITE_NOMEM : sqlite3_extended_errcode(db);
    const char *text = db == NULL ? "out of memory" : sqlite3_errmsg(db);
    switch (code & 0xFF) {
    case SQLITE_FULL:
        return gw_fail(err, GW_ERR_UNAVAILABLE, "the disk of store.path is full: make room; nothing was done (%s)", what);
    case SQLITE_READONLY:
        return gw_fail(err, GW_ERR_UNAVAILABLE, "store.path cannot be written: check its permissions and mount; nothing was done (%s)", what);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return gw_fail(err, GW_ERR_UNAVAILABLE, "the database is locked by another program (%s)", what);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return gw_fail(err, GW_ERR_CORRUPT, "the database is damaged: %s (%s); restore a backup", text, what);
    case SQLITE_IOERR:
        if (is_of_writing(code))
            return gw_fail(err, GW_ERR_UNAVAILABLE, "store.path cannot be written: %s; nothing was done (%s)",
                strerror(sqlite3_system_errno(db)), what);
        [[fallthrough]];
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
        return gw_fail(err, GW_ERR_IO, "database: %s (%s)", text, what);
    default:
        return gw_fail(err, GW_ERR_INTERNAL, "database: %s (%s)", text, what);
    }
}

/* Of a copy: the disk is another one, and what to do is, too. */
static bool fail_copy(struct gw_err *err, sqlite3 *db)
{
    switch (sqlite3_errcode(db)) {
    case SQLITE_FULL:
        return gw_fail(err, GW_ERR_IO, "the backup's disk is full: make room, or name a file on another one");
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
    case SQLITE_PERM:
        return gw_fail(err, GW_ERR_IO, "the backup cannot be written: %s", sqlite3_errmsg(db));
    default:
        return fail(err, db, "backup");
    }
}

static bool run(struct gw_conn *c, const char *sql, const char *what, struct gw_err *err)
{
    return sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK || fail(err, c->db, what);
}

static void sqlite_close(struct gw_conn *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < GW_QUERY_COUNT; i++)
        sqlite3_finalize(c->rows[i].statement);
    sqlite3_close(c->db);
    gw_free(c);
}

static bool sqlite_open(struct gw_conn **out, const char *where, bool writer, struct gw_err *err)
{
    char path[4096];
    if ((size_t)snprintf(path, sizeof path, "%s/gangway.db", where) >= sizeof path)
        return gw_fail(err, GW_ERR_IO, "store.path is too long");
    struct gw_conn *c = gw_alloc(sizeof *c);
    int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (writer ? SQLITE_OPEN_CREATE : 0);
    if (sqlite3_open_v2(path, &c->db, flags, NULL) != SQLITE_OK) {
        fail(err, c->db, "open");
        sqlite_close(c);
        return false;
    }
    sqlite3_extended_result_codes(c->db, 1);
    sqlite3_busy_timeout(c->db, 5000);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(c->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    const char *pragmas = writer ? "PRAGMA secure_delete = ON; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
                                   "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; "
                                   "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -65536"
                                 : "PRAGMA query_only = ON; PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON; "
                                   "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -8192";
    if (!run(c, pragmas, "open", err)) {
        sqlite_close(c);
        return false;
    }
    *out = c;
    return true;
}

static bool number_of(int64_t *out, struct gw_conn *c, const char *sql, struct gw_err *err)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(c->db, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW) {
        fail(err, c->db, "pragma");
        sqlite3_finalize(s);
        return false;
    }
    *out = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return true;
}

static bool sqlite_version(int64_t *out, struct gw_conn *c, struct gw_err *err)
{
    return number_of(out, c, "PRAGMA user_version", err);
}

static bool sqlite_begin(struct gw_conn *c, bool write, struct gw_err *err)
{
    return run(c, write ? "BEGIN IMMEDIATE" : "BEGIN", "begin", err);
}

static void sqlite_rollback(struct gw_conn *c)
{
    if (!sqlite3_get_autocommit(c->db))
        sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool sqlite_commit(struct gw_conn *c, struct gw_err *err)
{
    if (run(c, "COMMIT", "commit", err))
        return true;
    sqlite_rollback(c);
    return false;
}

static bool sqlite_migrate(struct gw_conn *c, const char *sql, int64_t version, struct gw_err *err)
{
    char set[64];
    snprintf(set, sizeof set, "PRAGMA user_version = %lld", (long long)version);
    if (!sqlite_begin(c, true, err))
        return false;
    if (!run(c, sql, "migration", err) || !run(c, set, "migration", err)) {
        sqlite_rollback(c);
        return false;
    }
    return sqlite_commit(c, err);
}

static bool sqlite_part_begin(struct gw_conn *c, struct gw_err *err)
{
    return run(c, "SAVEPOINT part", "begin", err);
}

static bool sqlite_part_end(struct gw_conn *c, bool keep, struct gw_err *err)
{
    return (keep || run(c, "ROLLBACK TO part", "undo", err)) && run(c, "RELEASE part", "release", err);
}

static int bind(sqlite3_stmt *s, int i, const struct gw_value *v)
{
    switch (v->kind) {
    case GW_VALUE_NULL:
        break;
    case GW_VALUE_INTEGER:
        return sqlite3_bind_int64(s, i, v->integer);
    case GW_VALUE_REAL:
        return sqlite3_bind_double(s, i, v->real);
    case GW_VALUE_TEXT:
        return sqlite3_bind_text64(s, i, v->bytes.size == 0 ? "" : (const char *)v->bytes.data, v->bytes.size,
            SQLITE_STATIC, SQLITE_UTF8);
    case GW_VALUE_BLOB:
        return v->bytes.size == 0 ? sqlite3_bind_zeroblob(s, i, 0)
                                  : sqlite3_bind_blob64(s, i, v->bytes.data, v->bytes.size, SQLITE_STATIC);
    }
    return sqlite3_bind_null(s, i);
}

static bool sqlite_start(struct gw_rows **out, struct gw_conn *c, enum gw_query q, const struct gw_value *values,
    size_t n, struct gw_err *err)
{
    struct gw_rows *r = &c->rows[q];
    if (r->statement == NULL) {
        if (sqlite3_prepare_v3(c->db, gw_query_sql(q), -1, SQLITE_PREPARE_PERSISTENT, &r->statement, NULL) != SQLITE_OK)
            return fail(err, c->db, gw_query_name(q));
        r->conn = c;
        r->query = q;
    }
    assert(!sqlite3_stmt_busy(r->statement)); /* a query is read to its end before it is asked again */
    assert((int)n == sqlite3_bind_parameter_count(r->statement));
    for (size_t i = 0; i < n; i++)
        if (bind(r->statement, (int)i + 1, &values[i]) != SQLITE_OK)
            return fail(err, c->db, gw_query_name(q));
    *out = r;
    return true;
}

static bool sqlite_next(bool *more, struct gw_rows *r, struct gw_err *err)
{
    int code = sqlite3_step(r->statement);
    *more = code == SQLITE_ROW;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return true;
    return fail(err, r->conn->db, gw_query_name(r->query));
}

static struct gw_value sqlite_column(struct gw_rows *r, int i)
{
    sqlite3_stmt *s = r->statement;
    switch (sqlite3_column_type(s, i)) {
    case SQLITE_INTEGER:
        return gw_v_int(sqlite3_column_int64(s, i));
    case SQLITE_FLOAT:
        return gw_v_real(sqlite3_column_double(s, i));
    case SQLITE_TEXT: {
        const unsigned char *text = sqlite3_column_text(s, i);
        return gw_v_text(gw_span_of(text, (size_t)sqlite3_column_bytes(s, i)));
    }
    case SQLITE_BLOB: {
        const void *data = sqlite3_column_blob(s, i);
        return gw_v_blob(gw_span_of(data, (size_t)sqlite3_column_bytes(s, i)));
    }
    default:
        return gw_v_null();
    }
}

static void sqlite_finish(struct gw_rows *r)
{
    if (r == NULL)
        return;
    sqlite3_reset(r->statement);
    sqlite3_clear_bindings(r->statement);
}

static int64_t sqlite_changes(struct gw_conn *c)
{
    return sqlite3_changes64(c->db);
}

static bool sqlite_durable(struct gw_conn *c, bool is, struct gw_err *err)
{
    return run(c, is ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", "pragma", err);
}

static bool sqlite_checkpoint(struct gw_conn *c, bool wipe, struct gw_err *err)
{
    int code = sqlite3_wal_checkpoint_v2(c->db, NULL, wipe ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE,
        NULL, NULL);
    return code == SQLITE_OK || (!wipe && code == SQLITE_BUSY) || fail(err, c->db, "checkpoint");
}

static bool sqlite_check(struct gw_conn *c, struct gw_err *err)
{
    sqlite3_stmt *s = NULL;
    bool fine = true;
    if (sqlite3_prepare_v2(c->db, "PRAGMA integrity_check(1)", -1, &s, NULL) != SQLITE_OK ||
        sqlite3_step(s) != SQLITE_ROW)
        fine = fail(err, c->db, "integrity check");
    else if (strcmp((const char *)sqlite3_column_text(s, 0), "ok") != 0)
        fine = gw_fail(err, GW_ERR_CORRUPT, "the database is damaged (%.120s); restore a backup",
            (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    if (!fine)
        return false;
    int code = SQLITE_DONE;
    if (sqlite3_prepare_v2(c->db, "PRAGMA foreign_key_check", -1, &s, NULL) != SQLITE_OK ||
        ((code = sqlite3_step(s)) != SQLITE_DONE && code != SQLITE_ROW))
        fine = fail(err, c->db, "integrity check");
    else if (code == SQLITE_ROW)
        fine = gw_fail(err, GW_ERR_CORRUPT, "a row of table %.60s belongs to nothing; restore a backup",
            (const char *)sqlite3_column_text(s, 0));
    sqlite3_finalize(s);
    return fine;
}

/* VACUUM INTO reads one snapshot while the writer goes on (the backup interface would
 * begin anew with every commit), and what was deleted is not in the copy. */
static bool sqlite_copy(const char *where, const char *file, struct gw_err *err)
{
    struct gw_conn *from = NULL, to = {};
    sqlite3_stmt *s = NULL;
    if (!sqlite_open(&from, where, false, err))
        return false;
    bool fine = run(from, "PRAGMA query_only = OFF", "backup", err) &&
        ((sqlite3_prepare_v2(from->db, "VACUUM INTO ?", -1, &s, NULL) == SQLITE_OK &&
             sqlite3_bind_text(s, 1, file, -1, SQLITE_STATIC) == SQLITE_OK && sqlite3_step(s) == SQLITE_DONE) ||
            fail_copy(err, from->db));
    sqlite3_finalize(s);
    sqlite_close(from);
    if (!fine)
        return false;
    fine = (sqlite3_open_v2(file, &to.db, SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READONLY, NULL) == SQLITE_OK ||
               fail(err, to.db, "backup")) &&
        sqlite_check(&to, err);
    sqlite3_close(to.db);
    return fine;
}

const struct gw_backend gw_backend_sqlite = {
    .name = "sqlite",
    .open = sqlite_open,
    .close = sqlite_close,
    .version = sqlite_version,
    .migrate = sqlite_migrate,
    .begin = sqlite_begin,
    .commit = sqlite_commit,
    .rollback = sqlite_rollback,
    .part_begin = sqlite_part_begin,
    .part_end = sqlite_part_end,
    .start = sqlite_start,
    .next = sqlite_next,
    .column = sqlite_column,
    .finish = sqlite_finish,
    .changes = sqlite_changes,
    .checkpoint = sqlite_checkpoint,
    .durable = sqlite_durable,
    .check = sqlite_check,
    .copy = sqlite_copy,
};
