/* SPDX-License-Identifier: MIT */
/*
 * Semaphores of out-of-band code: a number of units, taken one at a time, given
 * back from any stage. A wakeup hands no unit over: whoever comes first takes
 * it.
 *
 * Source: driver-api 2.6
 */
#ifndef _EVL_SEM_H
#define _EVL_SEM_H

#include <evl/prelude.h>
#include <evl/wait.h>

/* Zero-filled is a working one, without units. */
struct evl_ksem {
	struct evl_wait_queue wait;
	unsigned int value; /* units to be had, under wait.lock */
};

/* clang-format off */
#define EVL_KSEM_INITIALIZER(name, count) \
	{ .wait = EVL_WAIT_INITIALIZER((name).wait), .value = (count) }
/* clang-format on */
#define DEFINE_EVL_KSEM(name, count) \
	struct evl_ksem name = EVL_KSEM_INITIALIZER(name, count)

/**
 * evl_init_ksem() - prepare a semaphore
 * @ksem:	the semaphore; nobody may wait for it
 * @value:	how many units it has
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_init_ksem(struct evl_ksem *ksem, unsigned int value);

/**
 * evl_destroy_ksem() - end everybody's wait
 * @ksem:	the semaphore; all waits for it return -EIDRM. Its units are
 *		left as they are, and may be taken and given back still
 *
 * Its memory must last until those who slept have left the driver.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_destroy_ksem(struct evl_ksem *ksem);

/**
 * evl_down_timeout() - take a unit, waiting for a time
 * @ksem:	the semaphore
 * @timeout:	a date on CLOCK_MONOTONIC, in nanoseconds, never a delay: 0 has
 *		passed. EVL_NONBLOCK does not wait
 *
 * Stage:  out-of-band, from a handler or a kernel thread; any, if there is a
 *	   unit.
 * Blocks: until there is a unit for this waiter, or @timeout is over. Waiters
 *	   are served by priority, in order of arrival among equals.
 *
 * Return: 0; by evl_broadcast(), without a unit; or
 *   -EAGAIN	there is none, with EVL_NONBLOCK
 *   -ETIMEDOUT	@timeout was over first
 *   -EINTR	the wait was broken, e.g. by a signal
 *   -EIDRM	the semaphore was destroyed: hands off
 *   -EPERM	there is none, and the caller cannot sleep here
 */
int evl_down_timeout(struct evl_ksem *ksem, ktime_t timeout);

/**
 * evl_down() - take a unit
 * @ksem:	the semaphore
 *
 * Stage:  out-of-band, from a handler or a kernel thread; any, if there is a
 *	   unit.
 * Blocks: until there is a unit for this waiter.
 *
 * Return: as evl_down_timeout()
 */
int evl_down(struct evl_ksem *ksem);

/**
 * evl_trydown() - take a unit if there is one
 * @ksem:	the semaphore
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EAGAIN	there is none
 */
int evl_trydown(struct evl_ksem *ksem);

/**
 * evl_up() - give a unit back
 * @ksem:	the semaphore
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_up(struct evl_ksem *ksem);

/**
 * evl_broadcast() - let all current waiters go
 * @ksem:	the semaphore, its units left as they are
 *
 * Each of their waits returns 0. With no waiter nothing happens, nor is it
 * remembered.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_broadcast(struct evl_ksem *ksem);

#endif /* _EVL_SEM_H */
