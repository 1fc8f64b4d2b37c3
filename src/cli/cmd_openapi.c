/* cmd_openapi.c - the HTTP interface, for programs and for people. */
#include "base/buf.h"
#include "cli/commands.h"
#include "http/http.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
    bool page = false, pretty = false;
    int status = GW_EXIT_OK;
    const struct gw_option options[] = {
        { "--page", GW_OPTION_FLAG, &page, NULL, "print docs/api.md instead" },
        { "--pretty", GW_OPTION_FLAG, &pretty, NULL, "indent the JSON" },
    };
    if (!gw_options_read(&argc, argv, &gw_command_openapi, options, GW_COUNT(options), &status))
        return status;
    GW_AUTO_VALUE(gw_buf) out = {};
    if (page)
        gw_http_api_page(&out);
    else
        gw_http_openapi(&out, pretty);
    fwrite(out.data, 1, out.size, stdout);
    return GW_EXIT_OK;
}

const struct gw_command gw_command_openapi = {
    .name = "openapi",
    .arguments = "",
    .summary = "the HTTP interface as OpenAPI 3.1",
    .run = run,
};
