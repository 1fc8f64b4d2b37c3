/* option.c - options as rows. */
#include "cli/cli.h"
#include "base/near.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

enum { MOST_OPTIONS = 32 };

/* An option and its value, kept until its turn. */
struct kept {
    const struct gw_option *option;
    const char *value;
};

static void print_help(const struct gw_command *command, const struct gw_option *options, size_t n)
{
    printf("usage: gangway %s %s%s\n\n%s\n", command->name, n > 0 ? "[OPTION…] " : "", command->arguments, command->summary);
    if (n > 0)
        puts("");
    for (size_t i = 0; i < n; i++) {
        char left[64];
        snprintf(left, sizeof left, "%s%s%s", options[i].name, options[i].value == NULL ? "" : " ",
            options[i].value == NULL ? "" : options[i].value);
        printf("  %-24s %s\n", left, options[i].help);
    }
}

static const struct gw_option *find(const char *name, size_t length, const struct gw_option *options, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(options[i].name) == length && strncmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

static bool store(const struct gw_option *o, const char *value, struct gw_err *err)
{
    char *end;
    errno = 0;
    if (value == NULL) /* a flag; the others were given theirs by the caller */
        value = "";
    switch (o->kind) {
    case GW_OPTION_FLAG:
        *(bool *)o->out = true;
        return true;
    case GW_OPTION_TEXT:
        *(const char **)o->out = value;
        return true;
    case GW_OPTION_COUNT: {
        long long v = strtoll(value, &end, 10);
        if (end == value || *end != 0 || errno != 0 || v < 0)
            return gw_fail(err, GW_ERR_USAGE, "%s takes a whole number, not \"%.60s\"", o->name, value);
        *(int64_t *)o->out = v;
        return true;
    }
    case GW_OPTION_REAL: {
        double v = strtod(value, &end);
        if (end == value || *end != 0 || errno != 0)
            return gw_fail(err, GW_ERR_USAGE, "%s takes a number, not \"%.60s\"", o->name, value);
        *(double *)o->out = v;
        return true;
    }
    case GW_OPTION_CONF:
    case GW_OPTION_CONF_READ:
        return gw_conf_set_pair(o->out, value, err);
    case GW_OPTION_CONF_FILE:
        return gw_conf_read_file(o->out, value, err);
    }
    return false;
}

static int refuse_name(const struct gw_command *command, const char *arg, const struct gw_option *options, size_t n)
{
    const char *names[MOST_OPTIONS];
    for (size_t i = 0; i < n && i < MOST_OPTIONS; i++)
        names[i] = options[i].name;
    const char *near = gw_near(arg, names, GW_MIN(n, (size_t)MOST_OPTIONS));
    if (near == NULL)
        fprintf(stderr, "gangway %s: no option is called \"%s\"; --help lists them\n", command->name, arg);
    else
        fprintf(stderr, "gangway %s: no option is called \"%s\"; did you mean %s?\n", command->name, arg, near);
    return GW_EXIT_USAGE;
}

/* A word where only options go. */
static int refuse_word(const struct gw_command *command, const char *word, const struct gw_option *options, size_t n)
{
    const char *names[MOST_OPTIONS];
    for (size_t i = 0; i < n && i < MOST_OPTIONS; i++)
        names[i] = options[i].name + 2; /* most often the dashes were forgotten */
    const char *near = gw_near(word + strspn(word, "-"), names, GW_MIN(n, (size_t)MOST_OPTIONS));
    fprintf(stderr, "gangway %s: it takes options only, not \"%.60s\"; %s%s%s\n", command->name, word,
        near == NULL ? "--help lists them" : "did you mean --", near == NULL ? "" : near, near == NULL ? "" : "?");
    return GW_EXIT_USAGE;
}

static bool is_conf(const struct gw_option *o)
{
    return o->kind == GW_OPTION_CONF || o->kind == GW_OPTION_CONF_READ;
}

static bool read_environment(const struct gw_command *command, const struct gw_option *o, struct gw_err *err)
{
    GW_AUTO_VALUE(gw_buf) unknown = {};
    if (!gw_conf_read_environment(o->out, environ, o->kind == GW_OPTION_CONF_READ ? &unknown : NULL, err))
        return false;
    if (unknown.size > 0)
        fprintf(stderr, "gangway %s: the environment has what names no setting, passed over: %s\n", command->name,
            gw_buf_text(&unknown));
    return true;
}

/* One file, then the environment, then --set: the later one counts. */
static bool read_settings(const struct gw_command *command, const struct gw_option *options, size_t n, const struct kept *kept,
    size_t n_kept, struct gw_err *err)
{
    for (size_t i = 0; i < n_kept; i++)
        if (kept[i].option->kind == GW_OPTION_CONF_FILE && !store(kept[i].option, kept[i].value, err))
            return false;
    for (size_t i = 0; i < n; i++)
        if (is_conf(&options[i]) && !read_environment(command, &options[i], err))
            return false;
    for (size_t i = 0; i < n_kept; i++)
        if (is_conf(kept[i].option) && !store(kept[i].option, kept[i].value, err))
            return false;
    return true;
}

bool gw_options_read(int *argc, char **argv, const struct gw_command *command, const struct gw_option *options,
    size_t n, int *status)
{
    int kept = 1;
    bool only_files = false;
    GW_AUTO_MEM struct kept *settings = gw_alloc_array((size_t)*argc + 1, sizeof *settings);
    size_t n_settings = 0;
    struct gw_err err = {};
    for (int i = 1; i < *argc; i++) {
        char *arg = argv[i];
        if (only_files || arg[0] != '-' || arg[1] == 0) {
            argv[kept++] = arg;
            continue;
        }
        if (strcmp(arg, "--") == 0) {
            only_files = true;
            continue;
        }
        if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            print_help(command, options, n);
            *status = GW_EXIT_OK;
            return false;
        }
        const char *equals = strchr(arg, '=');
        size_t length = equals == NULL ? strlen(arg) : (size_t)(equals - arg);
        const struct gw_option *o = find(arg, length, options, n);
        if (o == NULL) {
            *status = refuse_name(command, arg, options, n);
            return false;
        }
        const char *value = equals == NULL ? NULL : equals + 1;
        if (o->value == NULL && value != NULL) {
            fprintf(stderr, "gangway %s: %s takes no value\n", command->name, o->name);
            *status = GW_EXIT_USAGE;
            return false;
        }
        if (o->value != NULL && value == NULL) {
            if (i + 1 == *argc) {
                fprintf(stderr, "gangway %s: %s needs %s behind it\n", command->name, o->name, o->value);
                *status = GW_EXIT_USAGE;
                return false;
            }
            value = argv[++i];
        }
        if (is_conf(o) || o->kind == GW_OPTION_CONF_FILE) {
            settings[n_settings++] = (struct kept){ o, value };
            continue;
        }
        if (!store(o, value, &err)) {
            gw_cli_fail(command->name, &err);
            *status = GW_EXIT_USAGE;
            return false;
        }
    }
    if (kept > 1 && *command->arguments == 0) {
        *status = refuse_word(command, argv[1], options, n);
        return false;
    }
    if (!read_settings(command, options, n, settings, n_settings, &err)) {
        *status = gw_cli_fail(command->name, &err);
        return false;
    }
    *argc = kept;
    argv[kept] = NULL;
    return true;
}
