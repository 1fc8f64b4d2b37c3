/* cmd_webhook.c - where carriers want to be told what happens on their voyages. */
#include "cli/admin.h"
#include "cli/commands.h"

#include <stdio.h>

struct asked {
    const char *carrier, *url, *kinds;
};

enum { ADD, LIST, REMOVE, TEST, DEAD, RETRY };
static const struct gw_admin_verb verbs[] = {
    [ADD] = { "add", "webhook_new", 0, 0 },
    [LIST] = { "list", "webhook_list", 0, 0 },
    [REMOVE] = { "remove", "webhook_drop", 1, 1 },
    [TEST] = { "test", "webhook_test", 1, 1 },
    [DEAD] = { "dead", "webhook_dead", 1, 1 },
    [RETRY] = { "retry", "webhook_retry", 1, 1 },
};

static bool ask(struct gw_json *j, const struct gw_admin_call *c, struct gw_err *err)
{
    const struct asked *a = c->options;
    const struct gw_admin_verb *verb = gw_admin_verb_find(verbs, GW_COUNT(verbs), c, "add, list, remove ID, test ID, dead ID or retry ID", err);
    if (verb == NULL)
        return false;
    gw_json_set_text(j, "verb", verb->asks);
    if (verb->most == 1)
        gw_json_set_text(j, "id", c->argv[2]);
    if (verb != &verbs[ADD])
        return true;
    if (a->carrier == NULL || a->url == NULL)
        return gw_fail(err, GW_ERR_USAGE, "add needs --carrier and --url");
    gw_json_set_text(j, "carrier", a->carrier);
    gw_json_set_text(j, "url", a->url);
    gw_json_set_text(j, "kinds", a->kinds);
    return true;
}

static int tell(const struct gw_json *answer, bool pretty, const struct gw_admin_call *)
{
    if (!gw_admin_print_list(answer, "webhooks", pretty) && !gw_admin_print_list(answer, "dead", pretty))
        gw_cli_print(answer, pretty);
    if (gw_json_get(answer, "secret") != NULL)
        fputs("gangway webhook: the secret is shown this once; give it to the carrier now\n", stderr);
    return GW_EXIT_OK;
}

static int run(int argc, char **argv)
{
    struct asked a = {};
    const struct gw_option own[] = {
        { "--carrier", GW_OPTION_TEXT, &a.carrier, "CODE", "add: whose voyages it is told of, as XX" },
        { "--url", GW_OPTION_TEXT, &a.url, "URL", "add: https://…; others only as webhook.targets allows" },
        { "--kinds", GW_OPTION_TEXT, &a.kinds, "LIST", "add: kinds of events with commas between; left out: all a carrier may know" },
    };
    return gw_admin_run(argc, argv, &(struct gw_admin){ .command = &gw_command_webhook, .options = own, .n_options = GW_COUNT(own),
        .out = &a, .ask = ask, .tell = tell });
}

const struct gw_command gw_command_webhook = {
    .name = "webhook",
    .arguments = "add | list | remove ID | test ID | dead ID | retry ID",
    .summary = "addresses at which carriers are told what happens on their voyages",
    .run = run,
};
