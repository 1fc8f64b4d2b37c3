/* admin.h - what the commands of the machine's operator share: they ask the running service
 * over its socket, or open its store themselves where none runs (local/local.h). */
#pragma once
#include "cli/cli.h"

/* One call of a command. */
struct gw_admin_call {
    int argc; /* the words left when the options are gone; argv[0] is the command's name */
    char **argv;
    const struct gw_conf *conf;
    void *options; /* the command's own, as they were given */
    bool pretty;
};
struct gw_admin {
    const struct gw_command *command;
    const struct gw_option *options; /* its own; --pretty, --config and --set come behind them */
    size_t n_options;
    void *out; /* where they go; struct gw_admin_call's options */
    /* Fills the question. Left empty, nothing is asked: the command has done it by itself. */
    bool (*ask)(struct gw_json *question, const struct gw_admin_call *call, struct gw_err *err);
    /* Prints the answer and gives the exit status; NULL prints it as it is. */
    int (*tell)(const struct gw_json *answer, bool pretty, const struct gw_admin_call *call);
};
int gw_admin_run(int argc, char **argv, const struct gw_admin *a);

/* The first word of a call, and how many may stand behind it. */
struct gw_admin_verb {
    const char *name, *asks; /* asks: what goes to the service, local/verb.c */
    int least, most;
};
/* The one of n verbs that the call names. NULL with GW_ERR_USAGE: there is none such or it has too few or too many words
 * behind it; `takes` is the end of the sentence that says what there is. */
const struct gw_admin_verb *gw_admin_verb_find(const struct gw_admin_verb *verbs, size_t n, const struct gw_admin_call *call,
    const char *takes, struct gw_err *err);

/* Prints each item of the answer's list of that name on a line; false if there is none. */
bool gw_admin_print_list(const struct gw_json *answer, const char *name, bool pretty);
