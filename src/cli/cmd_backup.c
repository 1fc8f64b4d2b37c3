/* cmd_backup.c - a copy of the database while the service runs, by the service; or by us. */
#include "base/log.h"
#include "cli/commands.h"
#include "local/local.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The running service has a working folder of its own. */
static bool absolute(struct gw_buf *out, const char *file, struct gw_err *err)
{
    char here[4096];
    if (*file != '/') {
        if (getcwd(here, sizeof here) == NULL)
            return gw_fail(err, GW_ERR_IO, "the present folder: %s", strerror(errno));
        gw_buf_addf(out, "%s/", here);
    }
    gw_buf_add_text(out, file);
    return true;
}

static int run(int argc, char **argv)
{
    bool pretty = false;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    struct gw_err err = {};
    struct stat st;
    int status = GW_EXIT_OK;
    const struct gw_option options[] = {
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "settings, above all store.path" },
        { "--set", GW_OPTION_CONF, &conf, "NAME=VALUE", "change one setting" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_backup, options, GW_COUNT(options), &status))
        return status;
    if (argc != 2)
        gw_fail(&err, GW_ERR_USAGE, "it takes the name of one file, which must not exist yet");
    else if (stat(conf.store_path, &st) != 0) /* looking must not make a store */
        gw_fail(&err, GW_ERR_NOT_FOUND, "there is no store in %.160s", conf.store_path);
    if (err.code != GW_OK)
        return gw_cli_fail("backup", &err);
    gw_log_level(GW_LOG_WARN);
    umask(077);
    GW_AUTO(gw_json) *ask = gw_json_object();
    GW_AUTO_VALUE(gw_buf) file = {};
    if (!absolute(&file, argv[1], &err))
        return gw_cli_fail("backup", &err);
    gw_json_set_text(ask, "verb", "backup");
    gw_json_set_text(ask, "file", gw_buf_text(&file));
    GW_AUTO(gw_json) *answer = gw_local_ask(&conf, ask, &err);
    if (answer == NULL)
        return gw_cli_fail("backup", &err);
    gw_cli_print(answer, pretty);
    return GW_EXIT_OK;
}

const struct gw_command gw_command_backup = {
    .name = "backup",
    .arguments = "FILE",
    .summary = "copies the database into a new file, also while the service runs; the keys are kept apart",
    .run = run,
};
