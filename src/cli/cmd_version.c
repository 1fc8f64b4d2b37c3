/* cmd_version.c - which program this is. */
#include "cli/commands.h"
#include "version.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &gw_command_version, NULL, 0, &status))
        return status;
    printf("gangway %s (%s)\n", GW_VERSION, GW_COMMIT);
    return GW_EXIT_OK;
}

const struct gw_command gw_command_version = {
    .name = "version",
    .arguments = "",
    .summary = "version, commit, model names and hashes",
    .run = run,
};
