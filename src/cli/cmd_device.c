/* cmd_device.c - what captures: cameras and gates, and their tokens. */
#include "cli/commands.h"
#include "cli/token.h"

static int run(int argc, char **argv)
{
    return gw_token_command(argc, argv, &gw_command_device, true);
}

const struct gw_command gw_command_device = {
    .name = "device",
    .arguments = "add [LABEL] | list | rotate ID | revoke ID",
    .summary = "gates and cameras: their sites and tokens",
    .run = run,
};
