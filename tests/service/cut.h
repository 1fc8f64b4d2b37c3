/* cut.h - a child that is killed between two steps of what it writes. */
#pragma once
#include "tests/check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct cut {
    unsigned left; /* steps it still may do */
    bool armed;    /* before, steps do not count */
};

/* For gw_service_options.step, in the child. */
static inline void cut_step(void *to, const char *name)
{
    struct cut *c = to;
    (void)name;
    if (c->armed && c->left-- == 0)
        kill(getpid(), SIGKILL);
}

/* Waits for the child. True: it was cut off; false: it came to its end, which must be a good one. */
static inline bool cut_off(pid_t child)
{
    int status;
    waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    return WIFSIGNALED(status);
}
