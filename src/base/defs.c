/* defs.c - memory that is there or the process ends: the supervisor restarts it. */
#include "base/defs.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *checked(void *p)
{
    if (p == NULL) {
        fputs("gangway: out of memory\n", stderr);
        abort();
    }
    return p;
}

void *gw_alloc(size_t size)
{
    return checked(calloc(1, size == 0 ? 1 : size));
}

void *gw_alloc_array(size_t n, size_t size)
{
    return checked(calloc(n == 0 ? 1 : n, size == 0 ? 1 : size));
}

void *gw_realloc_array(void *p, size_t n, size_t size)
{
    return checked(reallocarray(p, n == 0 ? 1 : n, size == 0 ? 1 : size));
}

char *gw_strdup(const char *s)
{
    return checked(strdup(s));
}

void gw_free(void *p)
{
#ifdef __GLIBC__
    /* What free() keeps at hand for this thread it does not fill (M_PERTURB), and somebody's number may stand there for weeks. */
    enum { AT_HAND_MOST = 1032 };
    const size_t n = malloc_usable_size(p); /* 0 of NULL */
    if (n > 0 && n <= AT_HAND_MOST)
        explicit_bzero(p, n);
#endif
    free(p);
}

void gw_alloc_trim(void)
{
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
