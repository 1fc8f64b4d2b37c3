/* table.h - tables that commands take: CSV (RFC 4180) with a line of column names first, in UTF-8 with or without its
 * mark, any line end, with commas, or with semicolons or tabs where the first line has no comma.
 *
 * Threads: no state. */
#pragma once
#include "base/buf.h"

enum { GW_TABLE_COLUMNS = 64, GW_TABLE_ABSENT = GW_TABLE_COLUMNS };

struct gw_table {
    struct gw_buf text;                       /* its own; fields are unquoted where they stand */
    struct gw_span fields[GW_TABLE_COLUMNS];  /* of the row at hand, until the next; at first the names */
    size_t n;
    size_t row;                               /* 1 is the names */
    const char *path;                         /* for errors; borrowed */
    uint8_t *at, *end;
    char delimiter;
};
/* Reads a file ("-" is standard input) of at most `most` bytes and its first row. GW_ERR_FORMAT, GW_ERR_LIMIT (columns), and
 * what gw_buf_read_file says. */
[[nodiscard]] bool gw_table_open(struct gw_table *t, const char *path, size_t most, struct gw_err *err);
/* The first row of t->text, which the caller has read. */
[[nodiscard]] bool gw_table_begin(struct gw_table *t, struct gw_err *err);
void gw_table_done(struct gw_table *t); /* wipes; a zeroed one is fine */
GW_AUTO_DONE(gw_table, gw_table_done)

/* Empty lines are no rows. False at the end, and *ok false with err on a row that is none. */
[[nodiscard]] bool gw_table_next(struct gw_table *t, bool *ok, struct gw_err *err);
/* While the names are at hand. GW_TABLE_ABSENT: there is no such column. */
size_t gw_table_column(const struct gw_table *t, const char *name);
/* Trimmed; empty where the row has no such field. */
struct gw_span gw_table_field(const struct gw_table *t, size_t column);
