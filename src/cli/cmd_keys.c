/* cmd_keys.c - the keys that everything about a person is sealed under. */
#include "base/log.h"
#include "cli/commands.h"
#include "local/local.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static bool build(struct gw_json *j, const char *verb, const char *to, struct gw_err *err)
{
    if (strcmp(verb, "list") == 0) {
        gw_json_set_text(j, "verb", "keys_list");
    } else if (strcmp(verb, "rotate") == 0) {
        gw_json_set_text(j, "verb", "keys_rotate");
        if (to != NULL)
            gw_json_set_text(j, "to", to);
    } else {
        return gw_fail(err, GW_ERR_USAGE, "it takes list, rotate or adopt; --help says more");
    }
    return true;
}

static int run(int argc, char **argv)
{
    const char *to = NULL;
    bool pretty = false;
    int status = GW_EXIT_OK;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    const struct gw_option options[] = {
        { "--to", GW_OPTION_TEXT, &to, "SOURCE", "rotate: where the new key is, as keys.source takes it; left out: a new key file" },
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "settings, above all store.path and keys.source" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "change one setting" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_keys, options, GW_COUNT(options), &status))
        return status;
    gw_log_level(GW_LOG_WARN);
    umask(077);
    if (!gw_crypto_init(&err))
        return gw_cli_fail("keys", &err);
    const char *verb = argc == 2 ? argv[1] : "";
    if (strcmp(verb, "adopt") == 0) {
        if (!gw_store_keys_adopt(conf.store_path, conf.keys_source, &err))
            return gw_cli_fail("keys", &err);
        fputs("gangway keys: the database has a keyring again, an empty one; what was sealed under the old keys is purged at the next start\n",
            stderr);
        return GW_EXIT_OK;
    }
    GW_AUTO(gw_json) *ask = gw_json_object();
    if (!build(ask, verb, to, &err))
        return gw_cli_fail("keys", &err);
    GW_AUTO(gw_json) *answer = gw_local_ask(&conf, ask, &err);
    if (answer == NULL)
        return gw_cli_fail("keys", &err);
    gw_cli_print(answer, pretty);
    if (to != NULL)
        fprintf(stderr, "gangway keys: set keys.source to the new one and start the service again; from then on the old key opens nothing\n");
    return GW_EXIT_OK;
}

const struct gw_command gw_command_keys = {
    .name = "keys",
    .arguments = "list | rotate | adopt",
    .summary = "the keys that everything about a person is sealed under",
    .run = run,
};
