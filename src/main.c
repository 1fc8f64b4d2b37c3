/* main.c - the only main(): finds the command in cli/ and runs it. */
#include "base/arena.h"
#include "base/crypto.h"
#include "cli/cli.h"

#include <stdio.h>

int main(int argc, char **argv)
{
    struct gw_err err = {};
    gw_arena_keep_pages();
    if (!gw_crypto_init(&err)) {
        fprintf(stderr, "gangway: %s\n", err.text);
        return GW_EXIT_UNREADABLE;
    }
    return gw_cli_main(argc, argv);
}
