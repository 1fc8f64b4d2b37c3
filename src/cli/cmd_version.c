/* cmd_version.c - which program this is, and with which networks. */
#include "base/conf.h"
#include "cli/commands.h"
#include "face/face.h"
#include "version.h"

#include <stdio.h>

/* From the card alone: this is asked by scripts, and often. */
static void print_models(const struct gw_conf *conf)
{
    struct gw_err err = {};
    struct gw_faces_options options = gw_faces_options_of(conf);
    options.card_only = true;
    GW_AUTO(gw_faces) *faces = gw_faces_open(&options, &err);
    if (faces == NULL) {
        printf("models: none (%s)\n", err.text);
        return;
    }
    struct gw_face_model models[8];
    const size_t n = gw_faces_models(faces, models, GW_COUNT(models));
    printf("models %s\n", gw_faces_name(faces));
    for (size_t i = 0; i < n; i++)
        printf("  %-10s %-20s sha256:%s %s\n", models[i].purpose, models[i].file, models[i].sha256, models[i].license);
}

static int run(int argc, char **argv)
{
    int status = GW_EXIT_OK;
    GW_AUTO_VALUE(gw_conf) conf = {};
    gw_conf_init(&conf);
    const struct gw_option options[] = {
        { "--config", GW_OPTION_CONF_FILE, &conf, "FILE", "read settings from this file" },
        { "--set", GW_OPTION_CONF_READ, &conf, "NAME=VALUE", "change one setting" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_version, options, GW_COUNT(options), &status))
        return status;
    printf("gangway %s (%s)\n", GW_VERSION, GW_COMMIT);
    print_models(&conf);
    return GW_EXIT_OK;
}

const struct gw_command gw_command_version = {
    .name = "version",
    .arguments = "",
    .summary = "version, commit, model names and hashes",
    .run = run,
};
