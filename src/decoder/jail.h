/* jail.h - how a process gives up everything but arithmetic. Inside decoder/ only.
 *
 * Each wall stands for itself, so that tests can knock on it alone; gw_jail_enter
 * raises all of them. None can be taken down again. Linux only: x86-64, aarch64. */
#pragma once
#include "base/fail.h"

/* Sanitizers map terabytes of shadow and ask the kernel for more: in such builds memory
 * is not limited and a few more calls are let through. Everything else is the same. */
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define GW_SANITIZED 1
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define GW_SANITIZED 1
#endif
#endif
#ifndef GW_SANITIZED
#define GW_SANITIZED 0
#endif

struct gw_jail_limits {
    size_t memory_bytes; /* on top of what is mapped when entering */
    int64_t most_cpu_s;  /* processor time of the process, a backstop */
};

/* No core dump, no debugger of the same user, no new files, processes or memory above the limit. */
[[nodiscard]] bool gw_jail_limit(const struct gw_jail_limits *limits, struct gw_err *err);

/* Landlock: no file, no TCP, no signal or abstract socket out, as far as this kernel knows them.
 * *abi is 0 when it has no Landlock; that is not an error, for the filter stands behind it. */
[[nodiscard]] bool gw_jail_landlock(int *abi, struct gw_err *err);

/* seccomp: memory without execute, the clock, and read and write of file descriptor 0.
 * Anything else ends the process. */
[[nodiscard]] bool gw_jail_filter(struct gw_err *err);

[[nodiscard]] bool gw_jail_enter(int *landlock_abi, const struct gw_jail_limits *limits, struct gw_err *err);
