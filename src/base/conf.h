/* conf.h - settings: one file, then the environment, then --set, in that order;
 * config.def is the list.
 *
 * A name nobody knows, a value out of range or without its unit is an error with
 * the nearest name or the range. In the environment `store.path` is
 * GANGWAY_STORE_PATH.
 *
 * Threads: filled by one, then read by any. */
#pragma once
#include "base/buf.h"
#include "base/fail.h"

enum gw_conf_type {
    GW_CONF_TEXT,
    GW_CONF_BYTES,
    GW_CONF_TIME,
    GW_CONF_COUNT,
    GW_CONF_REAL,
    GW_CONF_FLAG,
};

typedef char *gw_conf_c_TEXT; /* owned by the struct, never NULL */
typedef int64_t gw_conf_c_BYTES, gw_conf_c_TIME /* us */, gw_conf_c_COUNT;
typedef double gw_conf_c_REAL;
typedef bool gw_conf_c_FLAG;

enum {
#define GW_SETTING(field, name, type, initial, least, most, reload, help) GW_CONF_ROW_##field,
#include "config.def"
#undef GW_SETTING
    GW_CONF_ROWS
};

struct gw_conf {
#define GW_SETTING(field, name, type, initial, least, most, reload, help) gw_conf_c_##type field;
#include "config.def"
#undef GW_SETTING
    char *asked[GW_CONF_ROWS]; /* where a row's value was asked for; NULL: the default */
};

struct gw_conf_row {
    const char *name, *initial, *help;
    enum gw_conf_type type;
    double least, most; /* both 0: no range */
    bool reload;
    size_t offset; /* in struct gw_conf */
};
/* All rows, in the order of config.def. */
const struct gw_conf_row *gw_conf_rows(size_t *n);

void gw_conf_init(struct gw_conf *c); /* all defaults */
void gw_conf_done(struct gw_conf *c);
GW_AUTO_DONE(gw_conf, gw_conf_done)

/* One setting; `where` says in the error where it was asked for ("--set", "gangway.conf line 3"). */
[[nodiscard]] bool gw_conf_set(struct gw_conf *c, const char *name, const char *value, const char *where,
    struct gw_err *err);
/* What a setting says was found wrong by who uses it (err says how, and names it): that is wrong usage, and err says where
 * it was asked for. False, for return. */
bool gw_conf_blame(const struct gw_conf *c, int row, struct gw_err *err);
/* "name=value" as after --set. */
[[nodiscard]] bool gw_conf_set_pair(struct gw_conf *c, const char *pair, struct gw_err *err);
/* Lines `name = value`, empty lines, and lines beginning with #. */
[[nodiscard]] bool gw_conf_read(struct gw_conf *c, struct gw_span text, const char *name, struct gw_err *err);
[[nodiscard]] bool gw_conf_read_file(struct gw_conf *c, const char *path, struct gw_err *err);
/* Every GANGWAY_… variable that names a setting. One that names none is an error, or where
 * `unknown` is not NULL added to it, names with ", " between. */
[[nodiscard]] bool gw_conf_read_environment(struct gw_conf *c, char *const *environment, struct gw_buf *unknown,
    struct gw_err *err);

/* Takes over from `fresh` every reloadable setting that is a number or a flag, one
 * store each: who reads meanwhile sees the old value or the new one. Texts are left
 * alone, because a reader may hold the pointer; who can change one at run time
 * (log.level) does it itself. Counts what was taken over, and what differs but needs
 * a restart. */
void gw_conf_adopt(struct gw_conf *live, const struct gw_conf *fresh, size_t *n_changed, size_t *n_waiting);

/* The value as one would write it. */
void gw_conf_format(struct gw_buf *out, const struct gw_conf *c, const struct gw_conf_row *row);
void gw_conf_format_range(struct gw_buf *out, const struct gw_conf_row *row); /* "1s to 1h", "yes or no" */
const char *gw_conf_type_name(enum gw_conf_type type); /* "time" */
