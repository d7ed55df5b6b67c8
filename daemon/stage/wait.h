/* SPDX-License-Identifier: MIT */
/*
 * A wait queue is where fibers sleep, of whatever stage: highest priority
 * first and FIFO among equals (WAIT_PRIO), or in order of arrival (WAIT_FIFO).
 * Its lock also protects the state its users wait for.
 *
 * A wakeup hands nothing over: it says "look again". Whoever unlinks a fiber
 * decides what its sleep returns, and only one can: the first event wins.
 *
 * The queue must outlive its sleepers' return from wait_queue_sleep(), but for
 * those who get -EIDRM: they do not touch it any more.
 *
 * core/wait.c and include/driver/evl/wait.h know this layout.
 */
#pragma once

#include "stage/pi-mutex.h"

#include <linux/list.h>
#include <stdbool.h>
#include <stdint.h>

struct fiber;

#define DEADLINE_NONE UINT64_MAX /* CLOCK_MONOTONIC, ns */

enum wait_order {
	WAIT_FIFO = 0,
	WAIT_PRIO = 1,
};

struct wait_queue {
	struct pi_mutex lock;
	unsigned int order;	  /* enum wait_order */
	struct list_head waiters; /* of struct fiber, by wait_link */
};

void wait_queue_init(struct wait_queue *wq, enum wait_order order);

/*
 * Sleep until woken; @wq->lock is held on entry, dropped while asleep and held
 * again on return, except with -EIDRM: then the queue may be gone, hands off.
 *
 * Stage: any, from a fiber. Blocks: until woken or @deadline.
 * Return: 0 woken, -ETIMEDOUT, -EINTR broken (fiber_break()), -EIDRM flushed
 * because the object goes, or another negative status given to
 * wait_queue_flush().
 */
int wait_queue_sleep(struct wait_queue *wq, uint64_t deadline);
/* The same, but fiber_break() does not end it. */
int wait_queue_sleep_uninterruptible(struct wait_queue *wq, uint64_t deadline);

/*
 * The same in two steps, for conditions that must not be tested under @wq's
 * lock: join the queue, test; then leave it, or commit to sleep. A wakeup in
 * between is not lost.
 */
void wait_queue_join(struct wait_queue *wq);
/* For @fiber, the current one, when @wq->lock is held. */
void wait_queue_join_locked(struct wait_queue *wq, struct fiber *fiber);
void wait_queue_leave(void);
int wait_queue_commit(uint64_t deadline);

/* Take @fiber, or the first if NULL, off the queue and make it return @status.
 * @wq->lock held. Any thread. NULL: nobody was there. */
struct fiber *wait_queue_wake_locked(struct wait_queue *wq, struct fiber *fiber,
				     int status);
/* Everybody, with @status. Returns how many. */
unsigned int wait_queue_flush_locked(struct wait_queue *wq, int status);
unsigned int wait_queue_flush(struct wait_queue *wq, int status);

static inline unsigned int wait_queue_wake_all_locked(struct wait_queue *wq)
{
	return wait_queue_flush_locked(wq, 0);
}

/* Is @fiber on @wq, locked? Any thread. */
bool wait_queue_has_locked(const struct wait_queue *wq, struct fiber *fiber);

static inline bool wait_queue_active_locked(const struct wait_queue *wq)
{
	return !list_empty(&wq->waiters);
}

/* @fiber sleeps on @wq, locked: give it priority @prio, and its place behind
 * its new equals if that counts here. */
void wait_queue_requeue_locked(struct wait_queue *wq, struct fiber *fiber,
			       int prio);

/* It does: end that with @status. False: no break does. */
bool wait_queue_unblock_locked(struct wait_queue *wq, struct fiber *fiber,
			       int status);

/* For stage.c: the same, wherever it sleeps. False: it does not, any more. */
bool wait_queue_requeue(struct fiber *fiber, int prio);
/* For stage.c: unlink @fiber if it still sleeps. True: we did. */
bool wait_queue_abort(struct fiber *fiber, int status);
