/* commands.h - declares what commands.def lists. */
#pragma once
#include "cli/cli.h"

#define GW_COMMAND(name) extern const struct gw_command gw_command_##name;
#include "cli/commands.def"
#undef GW_COMMAND
