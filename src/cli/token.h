/* token.h - what `gangway user` and `gangway device` share. */
#pragma once
#include "cli/cli.h"

/* add [LABEL], list, revoke ID. `devices`: of devices only, which need --site; else
 * of everybody else, who need --role. */
int gw_token_command(int argc, char **argv, const struct gw_command *command, bool devices);
