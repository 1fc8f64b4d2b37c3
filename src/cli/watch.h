/* watch.h - `gangway watch import`: a list of what the vetting authority says, taken row by row. */
#pragma once
#include "cli/admin.h"

/* CSV with the columns, or JSON (an array, or an object a line) with the keys, of POST /v1/boarding-status and of `gangway watch
 * list`; voyage (may be NULL) is that of rows that name none. Prints what became of each row, and counts those refused. The
 * whole file is read before the first row is taken: GW_ERR_FORMAT with the line, GW_ERR_LIMIT, GW_ERR_NOT_FOUND, GW_ERR_IO;
 * GW_ERR_INVALID a column that means nothing. */
[[nodiscard]] bool gw_watch_import(size_t *refused, const struct gw_admin_call *call, const char *path, const char *voyage,
    struct gw_err *err);
