/* cmd_mark.c - who looked at this picture? Finds the number hidden in photos that were given out. */
#include "base/buf.h"
#include "base/id.h"
#include "cli/commands.h"
#include "image/image.h"

#include <stdio.h>

enum { MOST_BYTES = 64 << 20, MOST_PIXELS = 100'000'000 };

static int read_one(const char *path, bool pretty)
{
    struct gw_err err = {};
    const struct gw_image_limits limits = { MOST_BYTES, MOST_PIXELS, 0 };
    GW_AUTO(gw_arena) *a = gw_arena_new((size_t)MOST_PIXELS * 4);
    GW_AUTO_VALUE(gw_buf) bytes = {};
    GW_AUTO(gw_json) *j = gw_json_object();
    struct gw_image image;
    struct gw_id id = {};
    char text[GW_ID_TEXT];
    static_assert(sizeof id.bytes == GW_IMAGE_MARK_BYTES);
    if (!gw_buf_read_file(&bytes, path, MOST_BYTES, &err) || !gw_image_decode(&image, a, gw_buf_span(&bytes), &limits, 0, NULL, &err))
        return gw_cli_fail("mark", &err), GW_EXIT_UNREADABLE;
    bool found = gw_image_mark_find(id.bytes, &image);
    gw_json_set_span(j, "file", gw_span_str(path));
    if (found)
        gw_id_format(text, id);
    gw_json_set_text(j, "access", found ? text : NULL);
    gw_cli_print(j, pretty);
    return found ? GW_EXIT_OK : GW_EXIT_INVALID;
}

static int run(int argc, char **argv)
{
    bool pretty = false;
    int status = GW_EXIT_OK;
    const struct gw_option options[] = { { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" } };
    if (!gw_options_read(&argc, argv, &gw_command_mark, options, GW_COUNT(options), &status))
        return status;
    if (argc < 2) {
        fputs("gangway mark: name at least one picture; - is standard input\n", stderr);
        return GW_EXIT_USAGE;
    }
    for (int i = 1; i < argc; i++) {
        int one = read_one(argv[i], pretty);
        status = GW_MAX(status, one);
    }
    return status;
}

const struct gw_command gw_command_mark = {
    .name = "mark",
    .arguments = "FILE…",
    .summary = "finds in a photo the hidden number of the record of who looked at it",
    .run = run,
};
