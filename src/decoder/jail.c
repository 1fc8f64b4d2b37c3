/* jail.c - the walls of jail.h, from the kernel's own headers, without a library:
 * a filter that is read in one screen is easier to trust than its generator. */
#include "decoder/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

static bool refuse(struct gw_err *err, const char *what)
{
    return gw_fail(err, GW_ERR_UNAVAILABLE, "the picture decoder cannot be confined: %s: %s", what, strerror(errno));
}

/* Address space already in use: pages, the first number of statm. */
static bool mapped_bytes(size_t *out)
{
    char text[64];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0)
        return false;
    size_t pages = 0;
    for (const char *c = text; c < text + n && *c >= '0' && *c <= '9'; c++)
        pages = pages * 10 + (size_t)(*c - '0');
    *out = pages * (size_t)sysconf(_SC_PAGESIZE);
    return pages > 0;
}

bool gw_jail_limit(const struct gw_jail_limits *limits, struct gw_err *err)
{
    size_t mapped;
    const struct {
        int what;
        rlim_t most;
    } rows[] = {
        { RLIMIT_CORE, 0 },
        { RLIMIT_FSIZE, 0 },
        { RLIMIT_NOFILE, 1 }, /* the socket, at 0 */
        { RLIMIT_NPROC, 0 },
        { RLIMIT_CPU, (rlim_t)limits->most_cpu_s },
        /* Private writable memory. The heap at the start is small and counts. */
        { RLIMIT_DATA, GW_SANITIZED ? RLIM_INFINITY : limits->memory_bytes },
    };
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return refuse(err, "PR_SET_DUMPABLE");
    /* All address space, where /proc is there to say how much is in use. */
    if (!GW_SANITIZED && mapped_bytes(&mapped)) {
        struct rlimit r = { mapped + limits->memory_bytes, mapped + limits->memory_bytes };
        if (setrlimit(RLIMIT_AS, &r) != 0)
            return refuse(err, "RLIMIT_AS");
    }
    for (size_t i = 0; i < GW_COUNT(rows); i++) {
        struct rlimit now, r = { rows[i].most, rows[i].most };
        if (getrlimit((__rlimit_resource_t)rows[i].what, &now) != 0)
            return refuse(err, "getrlimit");
        r.rlim_max = r.rlim_cur = GW_MIN(now.rlim_max, rows[i].most); /* never more than it had */
        if (setrlimit((__rlimit_resource_t)rows[i].what, &r) != 0)
            return refuse(err, "setrlimit");
    }
    return true;
}

/* The kernel's interface grows; these are its numbers up to ABI 6, whatever header is installed. */
struct landlock_attr {
    uint64_t files, net, scoped;
};

bool gw_jail_landlock(int *abi, struct gw_err *err)
{
    *abi = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return refuse(err, "PR_SET_NO_NEW_PRIVS");
    long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1u /* LANDLOCK_CREATE_RULESET_VERSION */);
    if (version < 1) /* not built in, or switched off at boot */
        return true;
    /* Rights known to each version; all are handled and none is granted. */
    unsigned n_files = version >= 5 ? 16 : version >= 3 ? 15 : version >= 2 ? 14 : 13;
    struct landlock_attr attr = {
        .files = (UINT64_C(1) << n_files) - 1,
        .net = version >= 4 ? 3 : 0,    /* bind, connect */
        .scoped = version >= 6 ? 3 : 0, /* abstract sockets, signals */
    };
    size_t size = version >= 6 ? sizeof attr : version >= 4 ? 2 * sizeof(uint64_t) : sizeof(uint64_t);
    int fd = (int)syscall(SYS_landlock_create_ruleset, &attr, size, 0u);
    if (fd < 0)
        return refuse(err, "landlock_create_ruleset");
    bool closed = syscall(SYS_landlock_restrict_self, fd, 0u) == 0;
    if (!closed)
        refuse(err, "landlock_restrict_self");
    close(fd);
    *abi = (int)version;
    return closed;
}

#if defined __x86_64__
#define THIS_ARCH AUDIT_ARCH_X86_64
#elif defined __aarch64__
#define THIS_ARCH AUDIT_ARCH_AARCH64
#else
#error "the filter has no list for this architecture"
#endif

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
/* Low half of an argument: both architectures are little-endian. */
#define LOAD_ARG(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define RETURN(what) BPF_STMT(BPF_RET | BPF_K, (what))
#define ALLOW(name) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), RETURN(SECCOMP_RET_ALLOW)
/* A call whose argument decides: skips the given number of instructions when it is another call. */
#define CASE(name, skip) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, (skip))
#define MASK(bits) BPF_STMT(BPF_ALU | BPF_AND | BPF_K, (bits))
#define ALLOW_IF(value)                                                                           \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), 0, 1), RETURN(SECCOMP_RET_ALLOW), RETURN(SECCOMP_RET_KILL_PROCESS)

bool gw_jail_filter(struct gw_err *err)
{
    struct sock_filter filter[] = {
        /* Another architecture's numbers mean other calls. */
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_ARCH, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD(nr), /* x32's numbers have bit 30 set and so match nothing below */

        /* The conversation: the socket at 0. */
        CASE(read, 4),
        LOAD_ARG(0),
        ALLOW_IF(0),
#if GW_SANITIZED
        ALLOW(write), /* reports, to 2 */
#else
        CASE(write, 4),
        LOAD_ARG(0),
        ALLOW_IF(0),
#endif
        /* Memory: private, of no file, never executable. */
        CASE(mmap, 9),
        LOAD_ARG(2),
        MASK(PROT_EXEC),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0),
        RETURN(SECCOMP_RET_KILL_PROCESS),
        LOAD_ARG(3),
        MASK(MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS),
        ALLOW_IF(MAP_PRIVATE | MAP_ANONYMOUS),
        CASE(mprotect, 5),
        LOAD_ARG(2),
        MASK(PROT_EXEC),
        ALLOW_IF(0),
        ALLOW(munmap),
        ALLOW(mremap),
        ALLOW(madvise),
        ALLOW(brk),
        ALLOW(futex),

        ALLOW(clock_gettime),
        ALLOW(getrandom), /* malloc's */
        ALLOW(restart_syscall),
        ALLOW(rt_sigreturn),
        ALLOW(exit),
        ALLOW(exit_group),
#if GW_SANITIZED
        ALLOW(getpid),
        ALLOW(gettid),
        ALLOW(sched_yield),
        ALLOW(sigaltstack),
        ALLOW(rt_sigaction),
        ALLOW(rt_sigprocmask),
        ALLOW(prctl),
        ALLOW(readlinkat),
#endif
        RETURN(SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_fprog program = { .len = GW_COUNT(filter), .filter = filter };
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return refuse(err, "PR_SET_NO_NEW_PRIVS");
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0u, &program) != 0)
        return refuse(err, "seccomp filter");
    return true;
}

bool gw_jail_enter(int *landlock_abi, const struct gw_jail_limits *limits, struct gw_err *err)
{
    /* Landlock needs a file descriptor for a moment, so it stands before the limit on those. */
    return gw_jail_landlock(landlock_abi, err) && gw_jail_limit(limits, err) && gw_jail_filter(err);
}
