/* admin.c - one question of the operator: options, question, answer. */
#include "cli/admin.h"

#include "base/crypto.h"
#include "base/log.h"
#include "base/near.h"
#include "local/local.h"

#include <string.h>
#include <sys/stat.h>

enum { OPTIONS_MAX = 16, VERBS_MAX = 16 };

int gw_admin_run(int argc, char **argv, const struct gw_admin *a)
{
    bool pretty = false;
    int status = GW_EXIT_OK;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    const struct gw_option shared[] = {
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "settings, above all store.path and keys.source" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "change one setting" },
    };
    struct gw_option options[OPTIONS_MAX];
    assert(a->n_options + GW_COUNT(shared) <= OPTIONS_MAX);
    if (a->n_options > 0)
        memcpy(options, a->options, a->n_options * sizeof *options);
    memcpy(options + a->n_options, shared, sizeof shared);
    if (!gw_options_read(&argc, argv, a->command, options, a->n_options + GW_COUNT(shared), &status))
        return status;

    gw_log_level(GW_LOG_WARN);
    umask(077); /* it may be the first to touch the store */
    const struct gw_admin_call call = { argc, argv, &conf, a->out, pretty };
    GW_AUTO(gw_json) *question = gw_json_object();
    if (!gw_crypto_init(&err) || !a->ask(question, &call, &err))
        return gw_cli_fail(a->command->name, &err);
    if (gw_json_size(question) == 0)
        return GW_EXIT_OK;
    GW_AUTO(gw_json) *answer = gw_local_ask(&conf, question, &err);
    if (answer == NULL)
        return gw_cli_fail(a->command->name, &err);
    if (a->tell != NULL)
        return a->tell(answer, pretty, &call);
    gw_cli_print(answer, pretty);
    return GW_EXIT_OK;
}

const struct gw_admin_verb *gw_admin_verb_find(const struct gw_admin_verb *verbs, size_t n, const struct gw_admin_call *call,
    const char *takes, struct gw_err *err)
{
    const char *names[VERBS_MAX], *word = call->argc > 1 ? call->argv[1] : "", *near = NULL;
    assert(n <= VERBS_MAX);
    size_t i = 0;
    while (i < n && strcmp(word, verbs[i].name) != 0) {
        names[i] = verbs[i].name;
        i++;
    }
    if (i < n && call->argc - 2 >= verbs[i].least && call->argc - 2 <= verbs[i].most)
        return &verbs[i];
    if (i == n && *word != 0)
        near = gw_near(word, names, n);
    return gw_fail_null(err, GW_ERR_USAGE, "it takes %s; %s%s%s", takes, near == NULL ? "" : "did you mean ",
        near == NULL ? "--help says more" : near, near == NULL ? "" : "?");
}

bool gw_admin_print_list(const struct gw_json *answer, const char *name, bool pretty)
{
    const struct gw_json *list = gw_json_get(answer, name);
    if (gw_json_kind(list) != GW_JSON_ARRAY)
        return false;
    for (size_t i = 0; i < gw_json_size(list); i++)
        gw_cli_print(gw_json_at(list, i), pretty);
    return true;
}
