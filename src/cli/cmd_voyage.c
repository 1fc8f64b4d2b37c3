/* cmd_voyage.c - which voyages there are, how far each is, and the end of one nobody else closes. */
#include "cli/admin.h"
#include "cli/commands.h"

#include <string.h>

struct asked {
    const char *port;
    bool open;
};

static const struct {
    const char *verb, *local;
    bool needs_id;
} verbs[] = { { "list", "voyage_list", false }, { "show", "voyage_show", true }, { "close", "voyage_close", true } };

static bool ask(struct gw_json *j, const struct gw_admin_call *c, struct gw_err *err)
{
    const struct asked *a = c->options;
    size_t i = 0;
    while (i < GW_COUNT(verbs) && (c->argc < 2 || strcmp(c->argv[1], verbs[i].verb) != 0))
        i++;
    if (i == GW_COUNT(verbs) || c->argc != (verbs[i].needs_id ? 3 : 2))
        return gw_fail(err, GW_ERR_USAGE, "it takes list, show ID or close ID; --help says more");
    if (verbs[i].needs_id && (a->port != NULL || a->open))
        return gw_fail(err, GW_ERR_USAGE, "--port and --open are for list");
    gw_json_set_text(j, "verb", verbs[i].local);
    if (verbs[i].needs_id)
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
