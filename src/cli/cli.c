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
    bool help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "-h") == 0;
    if (help && argc == 2) {
        print_help(stdout);
        return GW_EXIT_OK;
    }
    if (help && argc > 3) {
        fputs("gangway help: it takes one command\n", stderr);
        return GW_EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0)
        return gw_command_version.run(argc - 1, argv + 1);
    char *name = argv[help ? 2 : 1];
    const struct gw_command *command = find(name);
    if (command == NULL) {
        const char *names[GW_COUNT(commands)];
        for (size_t i = 0; i < GW_COUNT(commands); i++)
            names[i] = commands[i]->name;
        const char *near = gw_near(name, names, GW_COUNT(commands));
        fprintf(stderr, "gangway: no command is called \"%s\"%s%s%s\n", name, near == NULL ? "" : "; did you mean ",
            near == NULL ? "; `gangway --help` lists them" : near, near == NULL ? "" : "?");
        return GW_EXIT_USAGE;
    }
    if (help)
        return command->run(2, (char *[]){ name, (char[]){ "--help" }, NULL });
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

void gw_cli_problem_add(struct gw_json *problems, const struct gw_cli_problem *p)
{
    struct gw_json *o = gw_json_object();
    gw_json_set_text(o, "severity", p->is_error ? "error" : "warning");
    if (p->field != NULL)
        gw_json_set_text(o, "field", p->field);
    if (p->at != GW_NO_PLACE)
        gw_json_set_integer(o, p->place, (int64_t)p->at);
    gw_json_set_text(o, "code", p->code);
    gw_json_set_text(o, "text", p->text);
    gw_json_add(problems, o);
}

int gw_cli_unreadable(const struct gw_cli_input *input, const char *place, const struct gw_err *err)
{
    GW_AUTO(gw_json) *o = gw_json_object();
    struct gw_json *problems = gw_json_array();
    gw_json_set_span(o, "file", gw_span_str(input->path));
    gw_json_set_bool(o, "valid", false);
    gw_cli_problem_add(problems, &(struct gw_cli_problem){ .is_error = true, .place = place, .at = err->at,
        .code = gw_err_name(err->code), .text = err->text });
    gw_json_set(o, "problems", problems);
    gw_cli_print(o, input->pretty);
    if (input->unit == NULL && strncmp(err->text, input->path, strlen(input->path)) == 0) /* what reads files names them */
        fprintf(stderr, "gangway %s: %s\n", input->command, err->text);
    else if (input->unit == NULL)
        fprintf(stderr, "gangway %s: %s: %s\n", input->command, input->path, err->text);
    else
        fprintf(stderr, "gangway %s: %s: %s %zu: %s\n", input->command, input->path, input->unit, input->number, err->text);
    return gw_err_exit(err->code);
}

int gw_cli_each(int argc, char **argv, int (*read)(const char *path, const void *how), const void *how)
{
    int status = GW_EXIT_OK;
    if (argc < 2) {
        fprintf(stderr, "gangway %s: which file? (- is standard input)\n", argv[0]);
        return GW_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++)
        status = GW_MAX(status, read(argv[i], how));
    return status;
}

bool gw_cli_date(struct gw_date *out, const char *command, const char *option, const char *text)
{
    if (text == NULL || gw_date_parse(out, gw_span_str(text)))
        return true;
    fprintf(stderr, "gangway %s: %s takes a date as 2026-11-23\n", command, option);
    return false;
}
