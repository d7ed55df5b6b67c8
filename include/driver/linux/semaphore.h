/* SPDX-License-Identifier: MIT */
/* Counting semaphores, posted from any stage.
 * Source: driver-api 5.2, 7.5 */
#ifndef _LINUX_SEMAPHORE_H
#define _LINUX_SEMAPHORE_H

#include <linux/wait.h>

struct semaphore {
	wait_queue_head_t wait; /* the core's own, as all below */
	unsigned int count;
};

/* clang-format off */
#define __SEMAPHORE_INITIALIZER(name, n) \
	{ .wait = __WAIT_QUEUE_HEAD_INITIALIZER((name).wait), .count = (n) }
/* clang-format on */
#define DEFINE_SEMAPHORE(name, n) \
	struct semaphore name = __SEMAPHORE_INITIALIZER(name, n)

/**
 * sema_init() - prepare a semaphore
 * @sem:	the semaphore; nobody may wait for it
 * @val:	its count
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline void sema_init(struct semaphore *sem, int val)
{
	*sem = (struct semaphore)__SEMAPHORE_INITIALIZER(*sem,
							 (unsigned int)val);
}

/**
 * down() - take one
 * @sem:	the semaphore
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until the count is above 0. Nothing else ends it.
 */
void down(struct semaphore *sem);

/**
 * down_interruptible() - take one unless a signal comes
 * @sem:	the semaphore
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until the count is above 0 or the caller gets a signal.
 *
 * Return: 0, or
 *   -EINTR	a signal came first
 */
int __must_check down_interruptible(struct semaphore *sem);

/**
 * down_timeout() - take one, within a time
 * @sem:	the semaphore
 * @timeout:	in jiffies
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until the count is above 0 or @timeout has passed.
 *
 * Return: 0, or
 *   -ETIME	@timeout passed first
 */
int __must_check down_timeout(struct semaphore *sem, long timeout);

/**
 * down_trylock() - take one if there is one
 * @sem:	the semaphore
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 0 if it was taken, else 1
 */
int __must_check down_trylock(struct semaphore *sem);

/**
 * up() - add one
 * @sem:	the semaphore
 *
 * Stage:  any.
 * Blocks: no.
 */
void up(struct semaphore *sem);

#define down_killable(sem) down_interruptible(sem)

#endif /* _LINUX_SEMAPHORE_H */
