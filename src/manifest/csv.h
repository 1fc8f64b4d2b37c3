/* csv.h - a manifest as a table: what a spreadsheet or a departure control system
 * writes out (docs/manifests.md has the columns).
 *
 * RFC 4180 with the freedoms found in the wild: comma, semicolon, tab or bar; any
 * line end; UTF-8 with or without its mark, else Windows-1252 with Latin-1 in it;
 * header names in several languages, any case, blanks, underscores and hyphens alike.
 * The voyage stands in columns or in lines `key: value` above the header.
 *
 * A date that can be read two ways is refused: nobody's birthday is guessed.
 *
 * Pure. */
#pragma once
#include "manifest/manifest.h"

enum {
    GW_CSV_COLUMNS_MAX = 256,
    GW_CSV_ROW_BYTES = 16 << 10,
    GW_CSV_LINES_ABOVE = 64, /* before the header */
};

/* Problems have the row of data, counted from 0 below the header, and the column's name as
 * its tag. A damaged row costs only itself. today decides centuries of 25JUL63.
 *   GW_ERR_FORMAT       no header with columns of travelers
 *   GW_ERR_UNSUPPORTED  UTF-16
 *   GW_ERR_LIMIT        a named limit, or the arena's cap */
[[nodiscard]] bool gw_manifest_parse_csv(struct gw_manifest *out, struct gw_arena *a, struct gw_span text, struct gw_date today,
    struct gw_err *err);

/* The names of a column in headers, normalized, each between blanks; *name is what problems
 * call it. NULL behind the last. docs/manifests.md has them all, and a test compares. */
const char *gw_csv_column_words(size_t column, const char **name);
