/* cmd_backup.c - a copy of the database while the service runs, by the service; or by us. */
#include "base/buf.h"
#include "cli/admin.h"
#include "cli/commands.h"

#include <errno.h>
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

static bool ask(struct gw_json *question, const struct gw_admin_call *c, struct gw_err *err)
{
    struct stat st;
    GW_AUTO_VALUE(gw_buf) file = {};
    if (c->argc != 2)
        return gw_fail(err, GW_ERR_USAGE, "it takes the name of one file, which must not exist yet");
    if (stat(c->conf->store_path, &st) != 0) /* looking must not make a store */
        return gw_fail(err, GW_ERR_NOT_FOUND, "there is no store in %.160s", c->conf->store_path);
    if (!absolute(&file, c->argv[1], err))
        return false;
    gw_json_set_text(question, "verb", "backup");
    gw_json_set_text(question, "file", gw_buf_text(&file));
    return true;
}

static int run(int argc, char **argv)
{
    return gw_admin_run(argc, argv, &(struct gw_admin){ .command = &gw_command_backup, .ask = ask });
}

const struct gw_command gw_command_backup = {
    .name = "backup",
    .arguments = "FILE",
    .summary = "copies the database into a new file, also while the service runs; the keys are kept apart",
    .run = run,
};
