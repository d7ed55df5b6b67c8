/* SPDX-License-Identifier: MIT */
/*
 * System calls of the daemon's own, as a worker makes them. They are marked, so
 * that whoever looks at a worker's system calls (watch/filter.c) can tell them
 * from a driver's: the mark is in the register of the sixth argument, which the
 * kernel does not look at where a call has fewer. FUTEX_LOCK_PI and its like
 * have fewer, too.
 *
 * The register is cleared afterwards: it would still hold the mark when a driver
 * makes a call which sets fewer registers.
 *
 * ThreadSanitizer learns from the C library's calls who has met whom, so there
 * nothing is marked.
 *
 * Stage: any.
 */
#pragma once

#include "stage/context.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define OWN_CALL_MARK INT64_C(0x65766c6f776e2121)

#if !FIBER_TSAN && ((defined(__x86_64__) && defined(__LP64__)) || \
		    (defined(__aarch64__) && defined(__LP64__)))
#define OWN_CALLS_MARKED 1
#else
#define OWN_CALLS_MARKED 0
#endif

static inline void own_call_forget(void)
{
#if defined(__x86_64__)
	__asm__ __volatile__("xorl %%r9d, %%r9d" ::: "r9", "cc");
#elif defined(__aarch64__)
	__asm__ __volatile__("mov x5, xzr" ::: "x5");
#endif
}

static inline long own_call(long number, long a, long b, long c, long d, long e)
{
	long ret = syscall(number, a, b, c, d, e,
			   OWN_CALLS_MARKED ? (long)OWN_CALL_MARK : 0L);

	own_call_forget();

	return ret;
}

static inline long own_futex(_Atomic(uint32_t) *word, int op, uint32_t value)
{
	return own_call(SYS_futex, (long)(uintptr_t)word, op, (long)value, 0,
			0);
}

static inline ssize_t own_write(int fd, const void *buf, size_t size)
{
	if (!OWN_CALLS_MARKED)
		return write(fd, buf, size);

	return own_call(SYS_write, fd, (long)(uintptr_t)buf, (long)size, 0, 0);
}

static inline ssize_t own_read(int fd, void *buf, size_t size)
{
	if (!OWN_CALLS_MARKED)
		return read(fd, buf, size);

	return own_call(SYS_read, fd, (long)(uintptr_t)buf, (long)size, 0, 0);
}

/* The sixth argument would be the size of a signal mask, and there is none. */
static inline int own_epoll_wait(int fd, struct epoll_event *events, int room,
				 int timeout)
{
	if (!OWN_CALLS_MARKED)
		return epoll_wait(fd, events, room, timeout);

	return (int)own_call(SYS_epoll_pwait, fd, (long)(uintptr_t)events, room,
			     timeout, 0);
}

/* As that, with a @timeout in nanoseconds. ENOSYS: not here. */
static inline int own_epoll_pwait2(int fd, struct epoll_event *events, int room,
				   const struct timespec *timeout)
{
#ifdef SYS_epoll_pwait2
	/* ThreadSanitizer does not know it, see above. */
	if (OWN_CALLS_MARKED)
		return (int)own_call(SYS_epoll_pwait2, fd,
				     (long)(uintptr_t)events, room,
				     (long)(uintptr_t)timeout, 0);
#endif
	errno = ENOSYS;

	return -1;
}

static inline int own_epoll_ctl(int fd, int op, int other,
				struct epoll_event *event)
{
	if (!OWN_CALLS_MARKED)
		return epoll_ctl(fd, op, other, event);

	return (int)own_call(SYS_epoll_ctl, fd, op, other,
			     (long)(uintptr_t)event, 0);
}

static inline int own_clock_settime(clockid_t id, const struct timespec *date)
{
	if (!OWN_CALLS_MARKED)
		return clock_settime(id, date);

	return (int)own_call(SYS_clock_settime, id, (long)(uintptr_t)date, 0, 0,
			     0);
}
