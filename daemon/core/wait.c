/* SPDX-License-Identifier: MIT */
/*
 * The wait queues of <evl/wait.h>, which are the core's own (stage/wait.h)
 * with a clock. A struct evl_thread stands for the fiber that sleeps.
 */
#include "core/wait.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/held.h"
#include "kapi/spinlock.h"
#include "stage/clock.h"
#include "stage/stage.h"
#include "stage/wait.h"
#include "vfs/module.h"

#include <errno.h>
#include <stddef.h>

#define SAME_PLACE(field, name)                         \
	(offsetof(struct evl_wait_queue, field) ==      \
		 offsetof(struct wait_queue, name) &&   \
	 sizeof(((struct evl_wait_queue *)0)->field) == \
		 sizeof(((struct wait_queue *)0)->name))

static_assert(SAME_PLACE(lock, lock) && SAME_PLACE(flags, order) &&
		      SAME_PLACE(waiters, waiters) &&
		      (int)EVL_WAIT_FIFO == (int)WAIT_FIFO &&
		      (int)EVL_WAIT_PRIO == (int)WAIT_PRIO,
	      "evl_wait_queue begins as a wait_queue");

#define WOKEN_FOR_GOOD 1 /* status of a sleep ended by EVL_T_BCAST */

static struct wait_queue *queue_of(struct evl_wait_queue *wq)
{
	return (struct wait_queue *)(void *)wq;
}

/* Who sleeps is somebody's thread: see check_context(). */
static struct evl_thread *thread_of(struct fiber *fiber)
{
	return fiber ? fiber->thread : NULL;
}

static struct fiber *fiber_of(struct evl_thread *thread)
{
	return thread ? thread->fiber : NULL;
}

static int status_of(int reason)
{
	if (reason & EVL_T_RMID)
		return -EIDRM;
	if (reason & EVL_T_NOMEM)
		return -ENOMEM;
	if (reason & EVL_T_TIMEO)
		return -ETIMEDOUT;
	if (reason & EVL_T_BREAK)
		return -EINTR;

	return reason & EVL_T_BCAST ? WOKEN_FOR_GOOD : 0;
}

/* When @timeout is over, on CLOCK_MONOTONIC, which fibers sleep by. */
static uint64_t deadline_of(const struct evl_wait_queue *wq, ktime_t timeout,
			    enum evl_tmode mode)
{
	ktime_t now = evl_read_clock(&evl_mono_clock), date = timeout;

	if (mode == EVL_REL) {
		if (timeout == EVL_INFINITE ||
		    __builtin_add_overflow(now, timeout, &date))
			return DEADLINE_NONE;
	} else if (wq->clock && wq->clock != &evl_mono_clock) {
		date += now - evl_read_clock(wq->clock);
	}

	return date < 0 ? 0 : (uint64_t)date;
}

/* May whoever is at @caller sleep here? If not, tell, once a second. */
static bool check_context(const void *caller)
{
	static uint64_t last_told; /* relaxed: a line more or less is no harm */
	uint64_t now;

	if (!evl_cannot_block())
		return true;

	now = clock_ns();
	if (now - __atomic_load_n(&last_told, __ATOMIC_RELAXED) < NS_PER_SEC)
		return false;

	__atomic_store_n(&last_told, now, __ATOMIC_RELAXED);
	log_err("driver %s tried to wait outside of an out-of-band handler, "
		"where EVL's waits are not allowed",
		module_name_at(caller));

	return false;
}

int wait_locked(struct evl_wait_queue *wq, unsigned int nr_removals,
		ktime_t timeout, enum evl_tmode mode, const void *caller)
{
	if (timeout == EVL_NONBLOCK)
		return -EAGAIN;
	if (!check_context(caller))
		return -EPERM;

	/*
	 * Woken for something else, then overtaken, and the queue was flushed
	 * for good before we came back here: nobody would wake us again.
	 */
	if (wq->nr_removals != nr_removals) {
		spinlock_drop(&wq->lock);
		return -EIDRM;
	}

	return wait_queue_sleep(queue_of(wq), deadline_of(wq, timeout, mode));
}

EXPORT int __evl_wait_locked(struct evl_wait_queue *wq,
			     unsigned int nr_removals, ktime_t timeout,
			     enum evl_tmode mode)
{
	int ret;

	/* The driver's lock; asleep it does not hold it. */
	held_spin_remove(spinlock_mutex(&wq->lock));
	ret = wait_locked(wq, nr_removals, timeout, mode,
			  __builtin_return_address(0));
	if (ret != -EIDRM)
		held_spin_add(spinlock_mutex(&wq->lock));

	return ret;
}

EXPORT void evl_init_wait(struct evl_wait_queue *wq, struct evl_clock *clock,
			  int flags)
{
	wait_queue_init(queue_of(wq),
			flags & EVL_WAIT_PRIO ? WAIT_PRIO : WAIT_FIFO);
	wq->clock = clock;
	wq->nr_removals = 0;
}

EXPORT void evl_destroy_wait(struct evl_wait_queue *wq)
{
	evl_flush_wait(wq, EVL_T_RMID);
}

EXPORT void evl_add_wait_queue(struct evl_wait_queue *wq, ktime_t timeout,
			       enum evl_tmode mode)
{
	struct fiber *fiber = fiber_current();

	/* If not, evl_wait_schedule() has the answer. */
	if (!check_context(__builtin_return_address(0)))
		return;

	/* The timer is at rest: it keeps the date until it is armed. */
	fiber->timeout.date = deadline_of(wq, timeout, mode);
	wait_queue_join_locked(queue_of(wq), fiber);
}

EXPORT int evl_wait_schedule(struct evl_wait_queue *wq)
{
	struct fiber *fiber = fiber_current();
	int ret;

	if (fiber == NULL || fiber->wq != queue_of(wq))
		return -EPERM;

	ret = wait_queue_commit(fiber->timeout.date, true);

	return ret > 0 ? 0 : ret;
}

EXPORT struct evl_thread *evl_wait_head(struct evl_wait_queue *wq)
{
	if (!evl_wait_active(wq))
		return NULL;

	return thread_of(
		list_first_entry(&wq->waiters, struct fiber, wait_link));
}

/* Does @fiber sleep on @wq, which is locked? */
static bool is_waiting(const struct fiber *fiber,
		       const struct evl_wait_queue *wq)
{
	const struct fiber *pos;

	if (list_empty(&wq->waiters))
		return false;
	list_for_each_entry(pos, &wq->waiters, wait_link)
		if (pos == fiber)
			return true;

	return false;
}

EXPORT struct evl_thread *evl_wake_up(struct evl_wait_queue *wq,
				      struct evl_thread *waiter, int reason)
{
	struct fiber *fiber = fiber_of(waiter);

	if (fiber && !is_waiting(fiber, wq))
		return NULL;

	return thread_of(
		wait_queue_wake_locked(queue_of(wq), fiber, status_of(reason)));
}

EXPORT int evl_flush_wait_locked(struct evl_wait_queue *wq, int reason)
{
	if (reason & EVL_T_RMID)
		wq->nr_removals++;

	return (int)wait_queue_flush_locked(queue_of(wq), status_of(reason));
}

EXPORT int evl_flush_wait(struct evl_wait_queue *wq, int reason)
{
	int count;

	spinlock_take(&wq->lock);
	count = evl_flush_wait_locked(wq, reason);
	spinlock_drop(&wq->lock);

	return count;
}
