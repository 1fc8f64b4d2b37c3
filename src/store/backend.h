/* backend.h - inside store/: what a database must be able to do. One struct of
 * functions for each (sqlite.c); everything else here is written in named
 * statements (query.def) and values, and knows no database.
 *
 * Threads: a connection belongs to one thread at a time. */
#pragma once
#include "base/fail.h"
#include "base/id.h"
#include "base/span.h"

enum gw_query {
#define GW_QUERY(NAME, sql) GW_QUERY_##NAME,
#include "store/query.def"
#undef GW_QUERY
    GW_QUERY_COUNT
};
const char *gw_query_sql(enum gw_query q);
const char *gw_query_name(enum gw_query q); /* for error texts */

enum gw_value_kind { GW_VALUE_NULL, GW_VALUE_INTEGER, GW_VALUE_REAL, GW_VALUE_TEXT, GW_VALUE_BLOB };
struct gw_value {
    enum gw_value_kind kind;
    union {
        int64_t integer;
        double real;
        struct gw_span bytes; /* TEXT, BLOB: borrowed during the call; of a row: until its next */
    };
};
static inline struct gw_value gw_v_null(void)
{
    return (struct gw_value){};
}
static inline struct gw_value gw_v_int(int64_t n)
{
    return (struct gw_value){ .kind = GW_VALUE_INTEGER, .integer = n };
}
static inline struct gw_value gw_v_maybe_int(bool has, int64_t n)
{
    return has ? gw_v_int(n) : gw_v_null();
}
static inline struct gw_value gw_v_real(double v)
{
    return (struct gw_value){ .kind = GW_VALUE_REAL, .real = v };
}
static inline struct gw_value gw_v_maybe_real(bool has, double v)
{
    return has ? gw_v_real(v) : gw_v_null();
}
static inline struct gw_value gw_v_text(struct gw_span s)
{
    return (struct gw_value){ .kind = GW_VALUE_TEXT, .bytes = s };
}
static inline struct gw_value gw_v_blob(struct gw_span s)
{
    return (struct gw_value){ .kind = GW_VALUE_BLOB, .bytes = s };
}
/* Of something that stays where it is during the call: &row->id, not a copy. */
#define gw_v_id(pointer) gw_v_blob(gw_span_of((pointer)->bytes, sizeof (pointer)->bytes))
#define gw_v_maybe_id(has, pointer) ((has) ? gw_v_id(pointer) : gw_v_null())

struct gw_conn;
struct gw_rows; /* a statement being read; one a query at a time on a connection */

struct gw_backend {
    const char *name;
    /* `where`: the folder or URL. Makes the database if absent and asked for by the
     * writer; readers cannot write. */
    bool (*open)(struct gw_conn **out, const char *where, bool writer, struct gw_err *err);
    void (*close)(struct gw_conn *c);
    bool (*version)(int64_t *out, struct gw_conn *c, struct gw_err *err);
    /* A migration and its number, in one transaction. */
    bool (*migrate)(struct gw_conn *c, const char *sql, int64_t version, struct gw_err *err);
    bool (*begin)(struct gw_conn *c, bool write, struct gw_err *err);
    /* Between transactions: is a commit durable when it returns? Else it is with the next that is. As opened, it is. */
    bool (*durable)(struct gw_conn *c, bool is, struct gw_err *err);
    bool (*commit)(struct gw_conn *c, struct gw_err *err); /* failed: rolled back */
    void (*rollback)(struct gw_conn *c);
    /* Within a transaction: a part that can be undone alone. */
    bool (*part_begin)(struct gw_conn *c, struct gw_err *err);
    bool (*part_end)(struct gw_conn *c, bool keep, struct gw_err *err);
    bool (*start)(struct gw_rows **out, struct gw_conn *c, enum gw_query q, const struct gw_value *values, size_t n,
        struct gw_err *err);
    bool (*next)(bool *more, struct gw_rows *r, struct gw_err *err);
    struct gw_value (*column)(struct gw_rows *r, int i);
    void (*finish)(struct gw_rows *r); /* NULL is fine */
    int64_t (*changes)(struct gw_conn *c); /* rows the last statement touched */
    /* Moves the write-ahead log into the database; `wipe` leaves nothing of it behind. */
    bool (*checkpoint)(struct gw_conn *c, bool wipe, struct gw_err *err);
    bool (*check)(struct gw_conn *c, struct gw_err *err); /* reads every page */
    /* The database of `where` as of now into a new file, and reads that whole; others go on. */
    bool (*copy)(const char *where, const char *file, struct gw_err *err);
};
extern const struct gw_backend gw_backend_sqlite;

struct gw_migration {
    const char *name, *sql;
};
extern const struct gw_migration gw_migrations[]; /* made from migration/ at build, in order */
extern const size_t gw_n_migrations;
