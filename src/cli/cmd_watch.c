/* cmd_watch.c - what the vetting authority says of travelers: of whom, of one, and its word. */
#include "cli/admin.h"
#include "cli/commands.h"

#include <string.h>

struct asked {
    const char *voyage, *status;
    const char *document, *state;
    const char *as_of;
};

enum { LIST, SHOW, SET };
static const struct gw_admin_verb verbs[] = {
    [LIST] = { "list", "watch_list", 0, 0 },
    [SHOW] = { "show", "watch_show", 1, 2 },
    [SET] = { "set", "watch_set", 2, 3 },
};

static bool ask(struct gw_json *j, const struct gw_admin_call *c, struct gw_err *err)
{
    const struct asked *a = c->options;
    const struct gw_admin_verb *verb = gw_admin_verb_find(j, verbs, GW_COUNT(verbs), c, "list, show VOYAGE TRAVELER or set VOYAGE TRAVELER STATUS", err);
    if (verb == NULL)
        return false;
    const bool lists = verb == &verbs[LIST], sets = verb == &verbs[SET];
    if (!lists && (a->voyage != NULL || a->status != NULL))
        return gw_fail(err, GW_ERR_USAGE, "--voyage and --status are for list");
    if ((lists && a->document != NULL) || (a->state != NULL && a->document == NULL))
        return gw_fail(err, GW_ERR_USAGE, "--document is for show and set, and --state belongs to it");
    if (!sets && a->as_of != NULL)
        return gw_fail(err, GW_ERR_USAGE, "--as-of is for set");
    /* A document stands in the place of TRAVELER. */
    if (!lists && (c->argc == 2 + verb->most) != (a->document == NULL))
        return gw_fail(err, GW_ERR_USAGE, "%s takes TRAVELER or --document, one of them", verb->name);
    const struct {
        const char *key, *value;
    } texts[] = { { "voyage", lists ? a->voyage : c->argv[2] }, { "traveler", lists || a->document != NULL ? NULL : c->argv[3] },
        { "status", lists ? a->status : sets ? c->argv[c->argc - 1] : NULL }, { "document", a->document }, { "state", a->state },
        { "as_of", a->as_of } };
    for (size_t i = 0; i < GW_COUNT(texts); i++)
        if (texts[i].value != NULL)
            gw_json_set_text(j, texts[i].key, texts[i].value);
    return true;
}

static int tell(const struct gw_json *answer, bool pretty, const struct gw_admin_call *)
{
    if (!gw_admin_print_list(answer, "watched", pretty))
        gw_cli_print(answer, pretty);
    return GW_EXIT_OK;
}

static int run(int argc, char **argv)
{
    struct asked a = {};
    const struct gw_option own[] = {
        { "--voyage", GW_OPTION_TEXT, &a.voyage, "ID", "list: this voyage; left out: all that are not closed" },
        { "--status", GW_OPTION_TEXT, &a.status, "STATUS", "list: only cleared, inhibited or selectee" },
        { "--document", GW_OPTION_TEXT, &a.document, "NUMBER", "show, set: whose document it is, in the place of TRAVELER" },
        { "--state", GW_OPTION_TEXT, &a.state, "CODE", "the document's issuing state, as UTO" },
        { "--as-of", GW_OPTION_TEXT, &a.as_of, "TIME", "set: when the authority said so; older than what is known changes nothing; left out: now" },
    };
    return gw_admin_run(argc, argv, &(struct gw_admin){ .command = &gw_command_watch, .options = own, .n_options = GW_COUNT(own),
        .out = &a, .ask = ask, .tell = tell });
}

const struct gw_command gw_command_watch = {
    .name = "watch",
    .arguments = "list | show VOYAGE TRAVELER | set VOYAGE TRAVELER cleared|inhibited|selectee",
    .summary = "what the vetting authority says of travelers, and its word taken: TRAVELER is a reference or an id",
    .run = run,
};
