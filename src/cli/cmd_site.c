/* cmd_site.c - notices that are posted at sites: recorded, looked at, listed. */
#include "base/log.h"
#include "cli/commands.h"
#include "local/local.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct ask {
    const char *mode, *direction, *language, *version, *checked;
};

static const struct {
    const char *verb, *local;
    bool needs_site;
} verbs[] = { { "add", "notice_add", true }, { "check", "notice_check", true }, { "remove", "notice_remove", true },
    { "list", "notice_list", false } };

static bool build(struct gw_json *j, const struct ask *a, int argc, char **argv, struct gw_err *err)
{
    size_t i = 0;
    while (i < GW_COUNT(verbs) && (argc < 2 || strcmp(argv[1], verbs[i].verb) != 0))
        i++;
    if (i == GW_COUNT(verbs) || argc > 3 || (verbs[i].needs_site && argc < 3))
        return gw_fail(err, GW_ERR_USAGE, "it takes add SITE, check SITE, remove SITE, or list [SITE]; --help says more");
    if (strcmp(verbs[i].verb, "remove") == 0 && a->language == NULL)
        return gw_fail(err, GW_ERR_USAGE, "remove needs --language: which of the site's notices");
    const struct {
        const char *key, *value;
    } texts[] = { { "verb", verbs[i].local }, { "site", argc == 3 ? argv[2] : NULL }, { "mode", a->mode }, { "direction", a->direction },
        { "language", a->language }, { "version", a->version }, { "checked_on", a->checked } };
    for (size_t k = 0; k < GW_COUNT(texts); k++)
        if (texts[k].value != NULL)
            gw_json_set_text(j, texts[k].key, texts[k].value);
    return true;
}

static int run(int argc, char **argv)
{
    struct ask a = {};
    bool pretty = false;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    struct gw_err err = {};
    int status = GW_EXIT_OK;
    const struct gw_option options[] = {
        { "--language", GW_OPTION_TEXT, &a.language, "CODE", "of the notice: en, es, pt-BR; left out: the rule pack's first, for check all" },
        { "--mode", GW_OPTION_TEXT, &a.mode, "MODE", "the notice is for air, sea or land only" },
        { "--direction", GW_OPTION_TEXT, &a.direction, "WHERE", "the notice is for arrival or departure only" },
        { "--version", GW_OPTION_TEXT, &a.version, "TEXT", "what stands on it; refused if the notice in force has another" },
        { "--checked", GW_OPTION_TEXT, &a.checked, "DAY", "when somebody looked; left out: today" },
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "settings, above all store.path" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "change one setting" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_site, options, GW_COUNT(options), &status))
        return status;
    gw_log_level(GW_LOG_WARN);
    umask(077); /* it may be the first to touch the store */
    GW_AUTO(gw_json) *ask = gw_json_object();
    if (!build(ask, &a, argc, argv, &err))
        return gw_cli_fail(gw_command_site.name, &err);
    GW_AUTO(gw_json) *answer = gw_local_ask(&conf, ask, &err);
    if (answer == NULL)
        return gw_cli_fail(gw_command_site.name, &err);
    const struct gw_json *list = gw_json_get(answer, "notices");
    for (size_t i = 0; i < gw_json_size(list); i++)
        gw_cli_print(gw_json_at(list, i), pretty);
    return GW_EXIT_OK;
}

const struct gw_command gw_command_site = {
    .name = "site",
    .arguments = "add SITE | check SITE | remove SITE | list [SITE]",
    .summary = "which notices are posted where, and when somebody last looked",
    .run = run,
};
