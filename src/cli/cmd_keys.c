/* cmd_keys.c - the keys that everything about a person is sealed under. */
#include "cli/admin.h"
#include "cli/commands.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>

static bool adopt(const struct gw_conf *conf, struct gw_err *err)
{
    if (!gw_store_keys_adopt(conf->store_path, conf->keys_source, err))
        return false;
    fputs("gangway keys: the database has a keyring again, an empty one; what was sealed under the old keys is purged at the next start\n",
        stderr);
    return true;
}

static bool ask(struct gw_json *question, const struct gw_admin_call *c, struct gw_err *err)
{
    const char *const *to = c->options, *verb = c->argc == 2 ? c->argv[1] : "";
    if (strcmp(verb, "adopt") == 0)
        return adopt(c->conf, err);
    if (strcmp(verb, "list") == 0) {
        gw_json_set_text(question, "verb", "keys_list");
    } else if (strcmp(verb, "rotate") == 0) {
        gw_json_set_text(question, "verb", "keys_rotate");
        if (*to != NULL)
            gw_json_set_text(question, "to", *to);
    } else {
        return gw_fail(err, GW_ERR_USAGE, "it takes list, rotate or adopt; --help says more");
    }
    return true;
}

static int tell(const struct gw_json *answer, bool pretty, const struct gw_admin_call *c)
{
    const char *const *to = c->options;
    gw_cli_print(answer, pretty);
    if (*to != NULL)
        fputs("gangway keys: set keys.source to the new one and start the service again; from then on the old key opens nothing\n", stderr);
    return GW_EXIT_OK;
}

static int run(int argc, char **argv)
{
    const char *to = NULL;
    const struct gw_option own[] = {
        { "--to", GW_OPTION_TEXT, &to, "SOURCE", "rotate: where the new key is, as keys.source takes it; left out: a new key file" },
    };
    return gw_admin_run(argc, argv, &(struct gw_admin){ .command = &gw_command_keys, .options = own, .n_options = GW_COUNT(own),
        .out = &to, .ask = ask, .tell = tell });
}

const struct gw_command gw_command_keys = {
    .name = "keys",
    .arguments = "list | rotate | adopt",
    .summary = "the keys that everything about a person is sealed under",
    .run = run,
};
