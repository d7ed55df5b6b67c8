/* SPDX-License-Identifier: MIT */
/* One side waits until the other side has done something.
 * Source: driver-api 5.2 */
#ifndef _LINUX_COMPLETION_H
#define _LINUX_COMPLETION_H

#include <linux/wait.h>

/* Zero-filled is a working one, with nothing done. */
struct completion {
	wait_queue_head_t wait; /* the core's own, as all below */
	unsigned int done;
};

/* clang-format off */
#define COMPLETION_INITIALIZER(name) \
	{ .wait = __WAIT_QUEUE_HEAD_INITIALIZER((name).wait), .done = 0 }
/* clang-format on */
#define DECLARE_COMPLETION(name) \
	struct completion name = COMPLETION_INITIALIZER(name)
#define DECLARE_COMPLETION_ONSTACK(name) DECLARE_COMPLETION(name)

/**
 * init_completion() - prepare a completion
 * @x:		the completion; nobody may wait for it
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline void init_completion(struct completion *x)
{
	*x = (struct completion)COMPLETION_INITIALIZER(*x);
}

/**
 * reinit_completion() - make a completion good for another time
 * @x:		the completion, after complete_all()
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline void reinit_completion(struct completion *x)
{
	/* Relaxed: nobody is about by now. */
	__atomic_store_n(&x->done, 0, __ATOMIC_RELAXED);
}

/**
 * complete() - let one waiter go, now or later
 * @x:		the completion
 *
 * Stage:  any.
 * Blocks: no.
 */
void complete(struct completion *x);

/**
 * complete_all() - let all waiters go, now and later
 * @x:		the completion
 *
 * Stage:  any.
 * Blocks: no.
 */
void complete_all(struct completion *x);

/**
 * wait_for_completion_timeout() - wait until it is done, for a time
 * @x:		the completion
 * @timeout:	in jiffies
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until complete() or until @timeout has passed.
 *
 * Return: 0 if @timeout passed first, else the jiffies left, at least 1
 */
unsigned long wait_for_completion_timeout(struct completion *x,
					  unsigned long timeout);

/**
 * wait_for_completion_interruptible_timeout() - the same, ended by signals too
 * @x:		the completion
 * @timeout:	in jiffies
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until complete(), until @timeout has passed, or a signal comes.
 *
 * Return: as wait_for_completion_timeout(), or
 *   -ERESTARTSYS	a signal came first
 */
long __must_check wait_for_completion_interruptible_timeout(
	struct completion *x, unsigned long timeout);

/**
 * try_wait_for_completion() - is it done? Then count it as waited for
 * @x:		the completion
 *
 * Stage:  any.
 * Blocks: no.
 */
bool try_wait_for_completion(struct completion *x);

/**
 * completion_done() - is it done?
 * @x:		the completion
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline bool completion_done(struct completion *x)
{
	/* Acquire: what was done, pairs with complete(). */
	return __atomic_load_n(&x->done, __ATOMIC_ACQUIRE) != 0;
}

/* Without limit. */
static inline void wait_for_completion(struct completion *x)
{
	(void)wait_for_completion_timeout(x, MAX_SCHEDULE_TIMEOUT);
}

/* Without limit; 0 or -ERESTARTSYS. */
static inline int __must_check
wait_for_completion_interruptible(struct completion *x)
{
	long ret = wait_for_completion_interruptible_timeout(
		x, MAX_SCHEDULE_TIMEOUT);

	return ret < 0 ? (int)ret : 0;
}

#define wait_for_completion_killable(x) wait_for_completion_interruptible(x)

#endif /* _LINUX_COMPLETION_H */
