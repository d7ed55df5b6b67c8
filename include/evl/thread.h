/* SPDX-License-Identifier: MIT */
/*
 * Threads of the core. EVL makes no threads: a POSIX thread *attaches*
 * itself, from then on it may make out-of-band calls.
 */
#ifndef _EVL_THREAD_H
#define _EVL_THREAD_H

#include <evl/compiler.h>
#include <stdbool.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/thread.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * evl_attach_thread() - attach the calling thread to the core
 * @flags:	EVL_CLONE_PRIVATE, or EVL_CLONE_PUBLIC for a node in
 *		/dev/evl/thread; EVL_CLONE_NONBLOCK sets O_NONBLOCK on the
 *		descriptor
 * @fmt:	name of the thread, as for printf(3), unique in its class; a
 *		leading slash means EVL_CLONE_PUBLIC and is not part of the
 *		name; NULL for none
 * @...:	what @fmt needs
 *
 * Calls evl_init() first. The thread is pinned to the CPU it runs on, or to
 * the nearest allowed one if a worker of the daemon lives there; change that
 * with sched_setaffinity(2) afterwards if need be. Its scheduling policy and
 * priority are those it has already: make it SCHED_FIFO before. Its name for
 * the kernel (comm) becomes the first 15 characters of @fmt's.
 *
 * A thread which exits is detached by that; its descriptor stays open, as
 * other threads may have it, and keeps the name until it is closed.
 *
 * Stage:  in-band.
 * Blocks: until the daemon answers.
 * Source: user-api 6.1
 *
 * Return: the new descriptor (close-on-exec), which evl_get_self() tells
 * too, or what evl_init() returns, or
 *   -EAGAIN	the daemon has no room for another thread
 *   -EBUSY	the caller is attached already
 *   -EEXIST	the name is taken
 *   -EINVAL	bad @flags; a name with a slash inside, or which is ".", ".."
 *		or "clone"; a public name, which is a file's, with control
 *		characters or a dot in front (a private one may have them);
 *		EVL_CLONE_PUBLIC without a name
 *   -EMFILE	too many descriptors in this process
 *   -ENAMETOOLONG	the name is over EVL_MAX_NAME_LEN
 *   -ENFILE	too many descriptors in the system
 *   -ENODEV	the daemon is gone
 *   -ENOMEM	not enough memory
 */
int evl_attach_thread(int flags, const char *fmt, ...) __check_printf(2, 3);

/**
 * evl_attach_self() - attach the calling thread, with the default flags
 * @fmt:	as for evl_attach_thread()
 * @...:	what @fmt needs
 *
 * Source: user-api 6.1
 *
 * Return: as evl_attach_thread().
 */
#define evl_attach_self(...) evl_attach_thread(EVL_CLONE_PRIVATE, __VA_ARGS__)

/**
 * evl_detach_thread() - detach the calling thread
 * @flags:	0
 *
 * Also closes the descriptor made by evl_attach_thread(), if it is still
 * open. The thread may attach again.
 *
 * Stage:  in-band.
 * Blocks: until the daemon answers.
 * Source: user-api 6.2
 *
 * Return: 0, or
 *   -EBUSY	called by a signal handler which broke into an oob call
 *   -EINVAL	@flags is not 0
 *   -EPERM	the caller is not attached
 */
int evl_detach_thread(int flags);

/**
 * evl_get_self() - tell the descriptor of the calling thread
 *
 * Stage:  any.
 * Blocks: no.
 * Source: user-api 6.3
 *
 * Return: the descriptor evl_attach_thread() returned, or
 *   -EPERM	the caller is not attached
 */
int evl_get_self(void);

/**
 * evl_is_inband() - tell on which stage the calling thread is
 *
 * Without a co-kernel this is a matter of record: a thread which was under a
 * real-time policy (SCHED_FIFO, SCHED_RR) when it attached counts as
 * out-of-band from then on, any other one as in-band between its oob calls.
 *
 * Stage:  any.
 * Blocks: no.
 * Source: user-api 6.3
 *
 * Return: true if in-band, as any thread is which is not attached.
 */
bool evl_is_inband(void);

/**
 * evl_detach_self() - detach the calling thread
 *
 * Source: user-api 6.2
 *
 * Return: as evl_detach_thread(0).
 */
static inline int evl_detach_self(void)
{
	return evl_detach_thread(0);
}

#ifdef __cplusplus
}
#endif

#endif /* _EVL_THREAD_H */
