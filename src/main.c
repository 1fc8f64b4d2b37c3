/* main.c - the only main(): finds the command in cli/ and runs it. */
#include "base/arena.h"
#include "base/crypto.h"
#include "cli/cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

/* Who was started with one of these closed would get the next file or socket in its place, and write answers into it.
 * Opened the wrong way round, so that to use it fails as if it were closed. */
static void fill_standard(void)
{
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            return;
}

int main(int argc, char **argv)
{
    struct gw_err err = {};
    fill_standard();
    gw_arena_keep_pages();
    if (!gw_crypto_init(&err)) {
        fprintf(stderr, "gangway: %s\n", err.text);
        return GW_EXIT_UNREADABLE;
    }
    const int status = gw_cli_main(argc, argv);
    /* What was to be said and could not be (a full disk) is not done. */
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "gangway: standard output could not be written%s%s\n", errno == 0 ? "" : ": ", errno == 0 ? "" : strerror(errno));
    return status == GW_EXIT_OK ? GW_EXIT_UNREADABLE : status;
}
