/* cmd_site.c - notices that are posted at sites: recorded, looked at, listed. */
#include "cli/admin.h"
#include "cli/commands.h"

struct asked {
    const char *mode, *direction, *language, *version, *checked;
};

enum { ADD, CHECK, REMOVE, LIST };
static const struct gw_admin_verb verbs[] = {
    [ADD] = { "add", "notice_add", 1, 1 },
    [CHECK] = { "check", "notice_check", 1, 1 },
    [REMOVE] = { "remove", "notice_remove", 1, 1 },
    [LIST] = { "list", "notice_list", 0, 1 },
};

static bool ask(struct gw_json *j, const struct gw_admin_call *c, struct gw_err *err)
{
    const struct asked *a = c->options;
    const struct gw_admin_verb *verb = gw_admin_verb_find(verbs, GW_COUNT(verbs), c, "add SITE, check SITE, remove SITE, or list [SITE]", err);
    if (verb == NULL)
        return false;
    if (verb == &verbs[REMOVE] && a->language == NULL)
        return gw_fail(err, GW_ERR_USAGE, "remove needs --language: which of the site's notices");
    const struct {
        const char *key, *value;
    } texts[] = { { "verb", verb->asks }, { "site", c->argc == 3 ? c->argv[2] : NULL }, { "mode", a->mode }, { "direction", a->direction },
        { "language", a->language }, { "version", a->version }, { "checked_on", a->checked } };
    for (size_t k = 0; k < GW_COUNT(texts); k++)
        if (texts[k].value != NULL)
            gw_json_set_text(j, texts[k].key, texts[k].value);
    return true;
}

static int tell(const struct gw_json *answer, bool pretty, const struct gw_admin_call *)
{
    (void)gw_admin_print_list(answer, "notices", pretty);
    return GW_EXIT_OK;
}

static int run(int argc, char **argv)
{
    struct asked a = {};
    const struct gw_option own[] = {
        { "--language", GW_OPTION_TEXT, &a.language, "CODE", "of the notice: en, es, pt-BR; left out: the rule pack's first, for check all" },
        { "--mode", GW_OPTION_TEXT, &a.mode, "MODE", "the notice is for air, sea or land only" },
        { "--direction", GW_OPTION_TEXT, &a.direction, "WHERE", "the notice is for arrival or departure only" },
        { "--version", GW_OPTION_TEXT, &a.version, "TEXT", "what stands on it; refused if the notice in force has another" },
        { "--checked", GW_OPTION_TEXT, &a.checked, "DAY", "when somebody looked; left out: today" },
    };
    return gw_admin_run(argc, argv, &(struct gw_admin){ .command = &gw_command_site, .options = own, .n_options = GW_COUNT(own),
        .out = &a, .ask = ask, .tell = tell });
}

const struct gw_command gw_command_site = {
    .name = "site",
    .arguments = "add SITE | check SITE | remove SITE | list [SITE]",
    .summary = "which notices are posted where, and when somebody last looked",
    .run = run,
};
