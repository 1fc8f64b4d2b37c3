/* cmd_retention.c - what is kept, what is due, what was destroyed. */
#include "cli/admin.h"
#include "cli/commands.h"
#include "store/store.h"

#include <string.h>

struct asked {
    const char *reason;
    int64_t days;
};

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

static bool ask(struct gw_json *j, const struct gw_admin_call *c, struct gw_err *err)
{
    const struct asked *a = c->options;
    const char *verb = c->argc > 1 ? c->argv[1] : "";
    if (strcmp(verb, "clock") == 0 && c->argc == 2)
        return take_clock(c->conf, err);
    if (strcmp(verb, "report") == 0 && c->argc == 2) {
        gw_json_set_text(j, "verb", "retention_report");
    } else if (strcmp(verb, "run") == 0 && c->argc == 2) {
        gw_json_set_text(j, "verb", "retention_run");
    } else if (strcmp(verb, "hold") == 0 && c->argc == 3) {
        if (a->reason == NULL)
            return gw_fail(err, GW_ERR_USAGE, "hold needs --reason: the number of the order, without a name");
        gw_json_set_text(j, "verb", "hold_place");
        gw_json_set_text(j, "voyage", c->argv[2]);
        gw_json_set_text(j, "reason", a->reason);
        gw_json_set_integer(j, "days", a->days);
    } else if (strcmp(verb, "release") == 0 && c->argc == 3) {
        gw_json_set_text(j, "verb", "hold_release");
        gw_json_set_text(j, "hold", c->argv[2]);
    } else {
        return gw_fail(err, GW_ERR_USAGE, "it takes report, run, hold VOYAGE, release HOLD or clock; --help says more");
    }
    return true;
}

/* For whoever asks from a script: exit status 1 says that something is wrong. */
static int tell(const struct gw_json *answer, bool pretty, const struct gw_admin_call *)
{
    int64_t over = 0;
    gw_cli_print(answer, pretty);
    return gw_json_get_integer(answer, "over_age", &over) && over > 0 ? GW_EXIT_INVALID : GW_EXIT_OK;
}

static int run(int argc, char **argv)
{
    struct asked a = { .days = 30 };
    const struct gw_option own[] = {
        { "--reason", GW_OPTION_TEXT, &a.reason, "NUMBER", "hold: the order it is for: A-Z a-z 0-9 . _ : + / - and no name" },
        { "--days", GW_OPTION_COUNT, &a.days, "N", "hold: how long, 1 to 90; left out: 30" },
    };
    return gw_admin_run(argc, argv, &(struct gw_admin){ .command = &gw_command_retention, .options = own, .n_options = GW_COUNT(own),
        .out = &a, .ask = ask, .tell = tell });
}

const struct gw_command gw_command_retention = {
    .name = "retention",
    .arguments = "report | run | hold VOYAGE | release HOLD | clock",
    .summary = "what is kept about people and until when; purges now; holds what must stay",
    .run = run,
};
