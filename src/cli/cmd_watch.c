/* cmd_watch.c - what the vetting authority says of travelers: of whom, of one, and its word. */
#include "cli/admin.h"
#include "cli/commands.h"
#include "cli/watch.h"

struct asked {
    const char *voyage, *status;
    const char *document, *state;
    const char *as_of;
    size_t refused; /* of an import */
};

enum { LIST, SHOW, SET, IMPORT };
static const struct gw_admin_verb verbs[] = {
    [LIST] = { "list", "watch_list", 0, 0 },
    [SHOW] = { "show", "watch_show", 1, 2 },
    [SET] = { "set", "watch_set", 2, 3 },
    [IMPORT] = { "import", "watch_import", 1, 1 },
};

static bool check_options(const struct asked *a, const struct gw_admin_verb *verb, const struct gw_admin_call *c, struct gw_err *err)
{
    const bool one = verb == &verbs[SHOW] || verb == &verbs[SET];
    if (a->status != NULL && verb != &verbs[LIST])
        return gw_fail(err, GW_ERR_USAGE, "--status is for list");
    if (a->voyage != NULL && one)
        return gw_fail(err, GW_ERR_USAGE, "--voyage is for list and import");
    if ((a->document != NULL && !one) || (a->state != NULL && a->document == NULL))
        return gw_fail(err, GW_ERR_USAGE, "--document is for show and set, and --state belongs to it");
    if (a->as_of != NULL && verb != &verbs[SET])
        return gw_fail(err, GW_ERR_USAGE, "--as-of is for set");
    /* A document stands in the place of TRAVELER. */
    return !one || (c->argc == 2 + verb->most) == (a->document == NULL) ||
        gw_fail(err, GW_ERR_USAGE, "%s takes TRAVELER or --document, one of them", verb->name);
}

static bool ask(struct gw_json *j, const struct gw_admin_call *c, struct gw_err *err)
{
    struct asked *a = c->options;
    const struct gw_admin_verb *verb = gw_admin_verb_find(verbs, GW_COUNT(verbs), c,
        "list, show VOYAGE TRAVELER, set VOYAGE TRAVELER STATUS or import FILE", err);
    if (verb == NULL || !check_options(a, verb, c, err))
        return false;
    if (verb == &verbs[IMPORT])
        return gw_watch_import(&a->refused, c, c->argv[2], a->voyage, err);
    const bool lists = verb == &verbs[LIST];
    const struct {
        const char *key, *value;
    } texts[] = { { "verb", verb->asks }, { "voyage", lists ? a->voyage : c->argv[2] },
        { "traveler", lists || a->document != NULL ? NULL : c->argv[3] },
        { "boarding_status", lists ? a->status : verb == &verbs[SET] ? c->argv[c->argc - 1] : NULL },
        { "document_number", a->document }, { "issuing_state", a->state }, { "as_of", a->as_of } };
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
        { "--voyage", GW_OPTION_TEXT, &a.voyage, "ID", "list: this one; left out: all not closed; import: of rows that name none" },
        { "--status", GW_OPTION_TEXT, &a.status, "STATUS", "list: only cleared, inhibited or selectee" },
        { "--document", GW_OPTION_TEXT, &a.document, "NUMBER", "show, set: whose document it is, in the place of TRAVELER" },
        { "--state", GW_OPTION_TEXT, &a.state, "CODE", "the document's issuing state, as UTO" },
        { "--as-of", GW_OPTION_TEXT, &a.as_of, "TIME", "set: when the authority said so; older than what is known changes nothing; left out: now" },
    };
    const int status = gw_admin_run(argc, argv, &(struct gw_admin){ .command = &gw_command_watch, .options = own, .n_options = GW_COUNT(own),
        .out = &a, .ask = ask, .tell = tell });
    return status == GW_EXIT_OK && a.refused > 0 ? GW_EXIT_INVALID : status;
}

const struct gw_command gw_command_watch = {
    .name = "watch",
    .arguments = "list | show VOYAGE TRAVELER | set VOYAGE TRAVELER STATUS | import FILE",
    .summary = "what the vetting authority says of travelers: cleared, inhibited or selectee",
    .run = run,
};
