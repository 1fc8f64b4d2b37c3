/* cli.c - finds the command and runs it. */
#include "cli/cli.h"
#include "base/near.h"
#include "cli/commands.h"
#include "version.h"

#include <stdio.h>
#include <string.h>

static const struct gw_command *const commands[] = {
#define GW_COMMAND(name) &gw_command_##name,
#include "cli/commands.def"
#undef GW_COMMAND
};

static void print_help(FILE *out)
{
    fputs("gangway - traveler verification service\n\nusage: gangway COMMAND [OPTION…] [FILE…]\n\n", out);
    for (size_t i = 0; i < GW_COUNT(commands); i++)
        fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("\n  gangway COMMAND --help   what one command takes\n  gangway --version        version and commit\n", out);
}

static const struct gw_command *find(const char *name)
{
    for (size_t i = 0; i < GW_COUNT(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

int gw_cli_main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return GW_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(stdout);
        return GW_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0)
        return gw_command_version.run(argc - 1, argv + 1);
    const struct gw_command *command = find(argv[1]);
    if (command == NULL) {
        const char *names[GW_COUNT(commands)];
        for (size_t i = 0; i < GW_COUNT(commands); i++)
            names[i] = commands[i]->name;
        const char *near = gw_near(argv[1], names, GW_COUNT(commands));
        fprintf(stderr, "gangway: no command is called \"%s\"%s%s%s\n", argv[1], near == NULL ? "" : "; did you mean ",
            near == NULL ? "; `gangway --help` lists them" : near, near == NULL ? "" : "?");
        return GW_EXIT_USAGE;
    }
    return command->run(argc - 1, argv + 1);
}

int gw_cli_fail(const char *command, const struct gw_err *err)
{
    fprintf(stderr, "gangway %s: %s\n", command, err->text);
    return gw_err_exit(err->code);
}

void gw_cli_print(const struct gw_json *j, bool pretty)
{
    GW_AUTO_VALUE(gw_buf) line = {};
    gw_json_format(&line, j, pretty);
    gw_buf_add(&line, "\n", 1);
    fwrite(line.data, 1, line.size, stdout);
}
