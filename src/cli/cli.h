/* cli.h - the command line: a table of commands, and the options of each as rows.
 *
 * Exit status (contract): 0 read and valid, 1 read and not valid, 2 wrong usage,
 * 3 could not be read. JSON on standard output, what went wrong on standard error. */
#pragma once
#include "base/clock.h"
#include "base/conf.h"
#include "base/fail.h"
#include "base/json.h"

enum { GW_EXIT_OK = 0, GW_EXIT_INVALID = 1, GW_EXIT_USAGE = 2, GW_EXIT_UNREADABLE = 3 };

struct gw_command {
    const char *name;
    const char *arguments; /* "FILE…"; "" takes options only, and words are refused */
    const char *summary;   /* one line in the list */
    int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

/* cli.c: every command; the order is that of the help. */
int gw_cli_main(int argc, char **argv);
const struct gw_command *gw_cli_commands(size_t *n);

enum gw_option_kind {
    GW_OPTION_FLAG, /* bool */
    GW_OPTION_TEXT, /* const char *, borrowed from argv */
    GW_OPTION_COUNT, /* int64_t */
    GW_OPTION_REAL, /* double */
    GW_OPTION_CONF, /* struct gw_conf: --set NAME=VALUE, may be repeated; brings the environment in */
    /* The same for a command that only reads: a variable of the environment that names no setting is said
     * and passed over, for nothing is kept or run in the wrong way because of it. */
    GW_OPTION_CONF_READ,
    GW_OPTION_CONF_FILE, /* struct gw_conf: --config FILE */
};
struct gw_option {
    const char *name; /* "--pretty" */
    enum gw_option_kind kind;
    void *out;
    const char *value; /* "FILE" in the help; NULL for a flag */
    const char *help;
};

/* Reads options wherever they stand (of settings: files first, then the environment, then
 * --set, whatever their order), moves what is left (files; "-" is one) to the
 * front of argv after argv[0] and sets *argc. "--" ends the options. Prints help
 * for --help and the mistake otherwise; then false, and *status is the exit status. */
[[nodiscard]] bool gw_options_read(int *argc, char **argv, const struct gw_command *command,
    const struct gw_option *options, size_t n, int *status);

/* Prints "gangway COMMAND: text" and gives the exit status for it. */
int gw_cli_fail(const char *command, const struct gw_err *err);
/* One JSON value on a line of standard output (or indented). */
void gw_cli_print(const struct gw_json *j, bool pretty);

/* ---- what the readers of papers share (mrz, bcbp, manifest, chip) --------------------- */

/* A fault as they all print it. */
struct gw_cli_problem {
    bool is_error;
    const char *field; /* NULL: left out */
    const char *place; /* what `at` counts: "position", "offset" */
    size_t at;         /* GW_NO_PLACE: left out */
    const char *code, *text;
};
void gw_cli_problem_add(struct gw_json *problems, const struct gw_cli_problem *p);

/* Which input of which command; unit NULL: the file as a whole. */
struct gw_cli_input {
    const char *command, *path;
    const char *unit; /* "line" */
    size_t number;    /* from 1 */
    bool pretty;
};
/* The object of an input that could not be read, and a line on standard error; gives the
 * exit status. place: as of struct gw_cli_problem. */
int gw_cli_unreadable(const struct gw_cli_input *input, const char *place, const struct gw_err *err);

/* Reads each file of argv with `read` and gives the worst exit status; none at all is a
 * wrong usage. */
int gw_cli_each(int argc, char **argv, int (*read)(const char *path, const void *how), const void *how);

/* The value of an option that is a day; NULL keeps *out. Says so where it is none. */
[[nodiscard]] bool gw_cli_date(struct gw_date *out, const char *command, const char *option, const char *text);
