/* cmd_webhook.c - where carriers want to be told what happens on their voyages. */
#include "base/log.h"
#include "cli/commands.h"
#include "local/local.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct ask {
    const char *carrier, *url, *kinds;
};

static bool build(struct gw_json *j, const struct ask *a, int argc, char **argv, struct gw_err *err)
{
    static const struct {
        const char *verb, *asks;
        int words;
    } verbs[] = { { "add", "webhook_new", 2 }, { "list", "webhook_list", 2 }, { "remove", "webhook_drop", 3 },
        { "test", "webhook_test", 3 }, { "dead", "webhook_dead", 3 }, { "retry", "webhook_retry", 3 } };
    for (size_t i = 0; argc > 1 && i < GW_COUNT(verbs); i++) {
        if (strcmp(argv[1], verbs[i].verb) != 0 || argc != verbs[i].words)
            continue;
        gw_json_set_text(j, "verb", verbs[i].asks);
        if (argc == 3)
            gw_json_set_text(j, "id", argv[2]);
        if (i == 0 && (a->carrier == NULL || a->url == NULL))
            return gw_fail(err, GW_ERR_USAGE, "add needs --carrier and --url");
        if (i == 0) {
            gw_json_set_text(j, "carrier", a->carrier);
            gw_json_set_text(j, "url", a->url);
            gw_json_set_text(j, "kinds", a->kinds);
        }
        return true;
    }
    return gw_fail(err, GW_ERR_USAGE, "it takes add, list, remove ID, test ID, dead ID or retry ID; --help says more");
}

static int run(int argc, char **argv)
{
    struct ask a = {};
    bool pretty = false;
    int status = GW_EXIT_OK;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    const struct gw_option options[] = {
        { "--carrier", GW_OPTION_TEXT, &a.carrier, "CODE", "add: whose voyages it is told of, as XX" },
        { "--url", GW_OPTION_TEXT, &a.url, "URL", "add: https://…; others only as webhook.targets allows" },
        { "--kinds", GW_OPTION_TEXT, &a.kinds, "LIST", "add: kinds of events with commas between; left out: all a carrier may know" },
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "settings, above all store.path" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "change one setting" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_webhook, options, GW_COUNT(options), &status))
        return status;
    gw_log_level(GW_LOG_WARN);
    umask(077);
    GW_AUTO(gw_json) *ask = gw_json_object();
    if (!build(ask, &a, argc, argv, &err))
        return gw_cli_fail("webhook", &err);
    GW_AUTO(gw_json) *answer = gw_local_ask(&conf, ask, &err);
    if (answer == NULL)
        return gw_cli_fail("webhook", &err);
    const struct gw_json *list = gw_json_get(answer, "webhooks");
    if (list == NULL)
        list = gw_json_get(answer, "dead");
    if (gw_json_kind(list) != GW_JSON_ARRAY)
        gw_cli_print(answer, pretty);
    for (size_t i = 0; gw_json_kind(list) == GW_JSON_ARRAY && i < gw_json_size(list); i++)
        gw_cli_print(gw_json_at(list, i), pretty);
    if (gw_json_get(answer, "secret") != NULL)
        fprintf(stderr, "gangway webhook: the secret is shown this once; give it to the carrier now\n");
    return GW_EXIT_OK;
}

const struct gw_command gw_command_webhook = {
    .name = "webhook",
    .arguments = "add | list | remove ID | test ID | dead ID | retry ID",
    .summary = "addresses at which carriers are told what happens on their voyages",
    .run = run,
};
