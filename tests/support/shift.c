/* shift.c - loaded into the program under test (LD_PRELOAD): its wall clock stands as many
 * microseconds ahead as the first eight bytes of the file SHIFT_FILE say, and can be moved
 * while it runs. No other clock is touched. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift;
static int (*real)(clockid_t, struct timespec *);

/* Before main: later a confined child could open nothing. */
__attribute__((constructor)) static void find(void)
{
    const char *path = getenv("SHIFT_FILE");
    int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    union {
        void *object;
        int (*function)(clockid_t, struct timespec *);
    } u = { .object = dlsym(RTLD_NEXT, "clock_gettime") };
    real = u.function;
    if (fd >= 0) {
        void *p = mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
        close(fd);
        if (p != MAP_FAILED)
            shift = p;
    }
}

__attribute__((visibility("default"))) int clock_gettime(clockid_t id, struct timespec *t)
{
    if (real == NULL)
        find();
    int r = real(id, t);
    if (r == 0 && id == CLOCK_REALTIME && shift != NULL) {
        int64_t us = (int64_t)t->tv_sec * 1000000 + t->tv_nsec / 1000 + *shift;
        t->tv_sec = (time_t)(us / 1000000);
        t->tv_nsec = (long)(us % 1000000) * 1000;
    }
    return r;
}
