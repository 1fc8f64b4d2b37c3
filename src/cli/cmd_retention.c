/* cmd_retention.c - what is kept, what is due, what was destroyed. */
#include "base/log.h"
#include "cli/commands.h"
#include "local/local.h"
#include "store/store.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

struct ask {
    const char *reason;
    int64_t days;
};

static bool build(struct gw_json *j, const struct ask *a, int argc, char **argv, struct gw_err *err)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (strcmp(verb, "report") == 0 && argc == 2) {
        gw_json_set_text(j, "verb", "retention_report");
    } else if (strcmp(verb, "run") == 0 && argc == 2) {
        gw_json_set_text(j, "verb", "retention_run");
    } else if (strcmp(verb, "hold") == 0 && argc == 3) {
        if (a->reason == NULL)
            return gw_fail(err, GW_ERR_USAGE, "hold needs --reason: the number of the order, without a name");
        gw_json_set_text(j, "verb", "hold_place");
        gw_json_set_text(j, "voyage", argv[2]);
        gw_json_set_text(j, "reason", a->reason);
        gw_json_set_integer(j, "days", a->days);
    } else if (strcmp(verb, "release") == 0 && argc == 3) {
        gw_json_set_text(j, "verb", "hold_release");
        gw_json_set_text(j, "hold", argv[2]);
    } else {
        return gw_fail(err, GW_ERR_USAGE, "it takes report, run, hold VOYAGE, release HOLD or clock; --help says more");
    }
    return true;
}

struct mark {
    int64_t now_us;
};

static bool put_mark(struct gw_tx *tx, void *arg, struct gw_err *err)
{
    const struct mark *m = arg;
    return gw_store_clock_put(tx, m->now_us, err);
}

/* The store was in use while the clock was wrong: from now on the present time is the latest. */
static bool take_clock(const struct gw_conf *conf, struct gw_err *err)
{
    struct mark m = { gw_clock_now(NULL) };
    const struct gw_store_options o = { .path = conf->store_path, .keys = conf->keys_source, .now_us = m.now_us };
    GW_AUTO(gw_store) *s = gw_store_open(&o, err);
    return s != NULL && gw_store_write(s, put_mark, &m, err);
}

static int run(int argc, char **argv)
{
    struct ask a = { .days = 30 };
    bool pretty = false;
    int status = GW_EXIT_OK;
    struct gw_err err = {};
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    const struct gw_option options[] = {
        { "--reason", GW_OPTION_TEXT, &a.reason, "NUMBER", "hold: the order it is for: A-Z a-z 0-9 . _ : + / - and no name" },
        { "--days", GW_OPTION_COUNT, &a.days, "N", "hold: how long, 1 to 90; left out: 30" },
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "settings, above all store.path" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "change one setting" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_retention, options, GW_COUNT(options), &status))
        return status;
    gw_log_level(GW_LOG_WARN);
    umask(077);
    if (!gw_crypto_init(&err))
        return gw_cli_fail("retention", &err);
    if (argc == 2 && strcmp(argv[1], "clock") == 0)
        return take_clock(&conf, &err) ? GW_EXIT_OK : gw_cli_fail("retention", &err);
    GW_AUTO(gw_json) *ask = gw_json_object();
    if (!build(ask, &a, argc, argv, &err))
        return gw_cli_fail("retention", &err);
    GW_AUTO(gw_json) *answer = gw_local_ask(&conf, ask, &err);
    if (answer == NULL)
        return gw_cli_fail("retention", &err);
    int64_t over = 0;
    gw_cli_print(answer, pretty);
    /* For whoever asks from a script: exit status 1 says that something is wrong. */
    return gw_json_get_integer(answer, "over_age", &over) && over > 0 ? GW_EXIT_INVALID : GW_EXIT_OK;
}

const struct gw_command gw_command_retention = {
    .name = "retention",
    .arguments = "report | run | hold VOYAGE | release HOLD | clock",
    .summary = "what is kept about people and until when; purges now; holds what must stay",
    .run = run,
};
