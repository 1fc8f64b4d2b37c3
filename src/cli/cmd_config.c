/* cmd_config.c - every setting, its default, its unit, its meaning. */
#include "cli/commands.h"

#include <stdio.h>

static void print_file(const struct gw_conf_row *rows, size_t n, const struct gw_conf *conf)
{
    puts("# gangway.conf - every setting at its default. A line that is left out keeps its default.\n"
         "# Written by `gangway config --file`.");
    for (size_t i = 0; i < n; i++) {
        GW_AUTO_VALUE(gw_buf) value = {};
        gw_conf_format(&value, conf, &rows[i]);
        printf("\n# %s\n# %s%s\n%s = %s\n", rows[i].help, gw_conf_type_name(rows[i].type),
            rows[i].reload ? "; taken over on reload" : "; needs a restart", rows[i].name, gw_buf_text(&value));
    }
}

static void print_page(const struct gw_conf_row *rows, size_t n, const struct gw_conf *conf)
{
    puts("# Settings\n\n"
         "Written by `gangway config --page` from `src/config.def`; a test compares.\n\n"
         "A setting comes from its default, then from one file (`--config FILE`, lines `name = value`; `gangway.conf` has them\n"
         "all), then from the environment (`store.path` is `GANGWAY_STORE_PATH`), then from `--set NAME=VALUE`; the later one\n"
         "counts. A name nobody knows or a value out of its range is refused with the nearest name or the range. On SIGHUP a\n"
         "running service reads them anew and takes over those marked *on reload*; the others need a restart.\n\n"
         "| setting | default | range | taken over | |\n|---|---|---|---|---|");
    for (size_t i = 0; i < n; i++) {
        GW_AUTO_VALUE(gw_buf) value = {};
        GW_AUTO_VALUE(gw_buf) range = {};
        gw_conf_format(&value, conf, &rows[i]);
        gw_conf_format_range(&range, &rows[i]);
        printf("| `%s` | %s%s%s | %s | %s | %s |\n", rows[i].name, value.size == 0 ? "" : "`", gw_buf_text(&value),
            value.size == 0 ? "" : "`", gw_buf_text(&range), rows[i].reload ? "on reload" : "at start", rows[i].help);
    }
}

static int run(int argc, char **argv)
{
    bool file = false, page = false, pretty = false;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    const struct gw_option options[] = {
        { "--file", GW_OPTION_FLAG, &file, NULL, "print a gangway.conf with every default instead of JSON" },
        { "--page", GW_OPTION_FLAG, &page, NULL, "print docs/configuration.md instead of JSON" },
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "show the values this file gives" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "show the values with this one changed" },
    };
    int status = GW_EXIT_OK;
    if (!gw_options_read(&argc, argv, &gw_command_config, options, GW_COUNT(options), &status))
        return status;
    size_t n;
    const struct gw_conf_row *rows = gw_conf_rows(&n);
    if (file || page) {
        GW_AUTO_VALUE(gw_conf) defaults = {};
        gw_conf_init(&defaults);
        if (page)
            print_page(rows, n, &defaults);
        else
            print_file(rows, n, &defaults);
        return GW_EXIT_OK;
    }
    for (size_t i = 0; i < n; i++) {
        GW_AUTO(gw_json) *j = gw_json_object();
        GW_AUTO_VALUE(gw_buf) value = {};
        gw_conf_format(&value, &conf, &rows[i]);
        gw_json_set_text(j, "name", rows[i].name);
        gw_json_set_text(j, "value", gw_buf_text(&value));
        gw_json_set_text(j, "default", rows[i].initial);
        gw_json_set_text(j, "type", gw_conf_type_name(rows[i].type));
        gw_json_set_bool(j, "reload", rows[i].reload);
        gw_json_set_text(j, "help", rows[i].help);
        gw_cli_print(j, pretty);
    }
    return GW_EXIT_OK;
}

const struct gw_command gw_command_config = {
    .name = "config",
    .arguments = "",
    .summary = "every setting, its default, its unit, its meaning",
    .run = run,
};
