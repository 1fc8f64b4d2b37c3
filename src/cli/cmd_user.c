/* cmd_user.c - people and systems that may ask: their tokens. */
#include "cli/commands.h"
#include "cli/token.h"

static int run(int argc, char **argv)
{
    return gw_token_command(argc, argv, &gw_command_user, false);
}

const struct gw_command gw_command_user = {
    .name = "user",
    .arguments = "add [LABEL] | list | rotate ID | revoke ID",
    .summary = "tokens of carriers, officers, supervisors, auditors and admins",
    .run = run,
};
