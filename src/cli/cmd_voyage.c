/* cmd_voyage.c - which voyages there are, how far each is, and the end of one nobody else closes. */
#include "cli/admin.h"
#include "cli/commands.h"

struct asked {
    const char *port;
    bool open;
};

enum { LIST, SHOW, CLOSE };
static const struct gw_admin_verb verbs[] = {
    [LIST] = { "list", "voyage_list", 0, 0 },
    [SHOW] = { "show", "voyage_show", 1, 1 },
    [CLOSE] = { "close", "voyage_close", 1, 1 },
};

static bool ask(struct gw_json *j, const struct gw_admin_call *c, struct gw_err *err)
{
    const struct asked *a = c->options;
    const struct gw_admin_verb *verb = gw_admin_verb_find(verbs, GW_COUNT(verbs), c, "list, show ID or close ID", err);
    if (verb == NULL)
        return false;
    gw_json_set_text(j, "verb", verb->asks);
    if (verb != &verbs[LIST] && (a->port != NULL || a->open))
        return gw_fail(err, GW_ERR_USAGE, "--port and --open are for list");
    if (verb != &verbs[LIST])
        gw_json_set_text(j, "voyage", c->argv[2]);
    if (a->port != NULL)
        gw_json_set_text(j, "port", a->port);
    if (a->open)
        gw_json_set_bool(j, "open", true);
    return true;
}

static int tell(const struct gw_json *answer, bool pretty, const struct gw_admin_call *)
{
    if (!gw_admin_print_list(answer, "voyages", pretty))
        gw_cli_print(answer, pretty);
    return GW_EXIT_OK;
}

static int run(int argc, char **argv)
{
    struct asked a = {};
    const struct gw_option own[] = {
        { "--port", GW_OPTION_TEXT, &a.port, "CODE", "list: voyages from or to this port, as YVR" },
        { "--open", GW_OPTION_FLAG, &a.open, NULL, "list: only those not closed yet" },
    };
    return gw_admin_run(argc, argv, &(struct gw_admin){ .command = &gw_command_voyage, .options = own, .n_options = GW_COUNT(own),
        .out = &a, .ask = ask, .tell = tell });
}

const struct gw_command gw_command_voyage = {
    .name = "voyage",
    .arguments = "list | show ID | close ID",
    .summary = "which voyages there are, how far each is, and the end of one that nobody closes",
    .run = run,
};
