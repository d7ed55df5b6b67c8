/* SPDX-License-Identifier: MIT */
/*
 * The wait queues of <evl/wait.h>, which are the core's own (stage/wait.h)
 * with a clock. A struct evl_thread stands for the fiber that sleeps.
 */
#include "core/wait.h"

#include "core/complain.h"
#include "core/thread.h"
#include "kapi/export.h"
#include "kapi/held.h"
#include "kapi/spinlock.h"
#include "stage/stage.h"
#include "stage/wait.h"

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

/* Who sleeps is somebody's thread: see wait_permitted(). */
static struct evl_thread *thread_of(struct fiber *fiber)
{
	return fiber ? fiber->thread : NULL;
}

static struct fiber *fiber_of(struct evl_thread *thread)
{
	return thread ? thread->fiber : NULL;
}

int wait_status(int reason)
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

uint64_t wait_date(struct evl_clock *clock, ktime_t timeout,
		   enum evl_tmode mode)
{
	ktime_t now = evl_read_clock(&evl_mono_clock), date = timeout;

	if (mode == EVL_REL) {
		if (timeout == EVL_INFINITE ||
		    __builtin_add_overflow(now, timeout, &date))
			return DEADLINE_NONE;
	} else if (clock && clock != &evl_mono_clock) {
		if (__builtin_add_overflow(date, now - evl_read_clock(clock),
					   &date))
			return DEADLINE_NONE;
	}

	return date < 0 ? 0 : (uint64_t)date;
}

bool wait_permitted(const void *caller, unsigned int nr_locks)
{
	if (evl_cannot_block()) {
		complain(caller,
			 "tried to wait outside of an out-of-band handler and "
			 "of a kernel thread, where EVL's waits are not "
			 "allowed");
		return false;
	}
	if (pi_mutex_depth > nr_locks) {
		complain(caller, "tried to wait with a spin lock held, or "
				 "interrupts or preemption off");
		return false;
	}

	return true;
}

/* For people to look at: the thread of @fiber waits. */
static void note_wait(const struct fiber *fiber, uint64_t deadline)
{
	thread_set(fiber->thread, deadline == DEADLINE_NONE
					  ? EVL_T_PEND
					  : EVL_T_PEND | EVL_T_DELAY);
}

static void note_waited(const struct fiber *fiber)
{
	thread_clear(fiber->thread, EVL_T_PEND | EVL_T_DELAY);
}

int wait_locked(struct evl_wait_queue *wq, unsigned int nr_removals,
		ktime_t timeout, enum evl_tmode mode, const void *caller)
{
	uint64_t deadline;
	int ret;

	if (timeout == EVL_NONBLOCK)
		return -EAGAIN;
	if (!wait_permitted(caller, 1))
		return -EPERM;

	/*
	 * Woken for something else, then overtaken, and the queue was flushed
	 * for good before we came back here: nobody would wake us again.
	 */
	if (wq->nr_removals != nr_removals) {
		spinlock_drop(&wq->lock);
		return -EIDRM;
	}

	deadline = wait_date(wq->clock, timeout, mode);
	note_wait(fiber_current(), deadline);
	ret = wait_queue_sleep(queue_of(wq), deadline);
	note_waited(fiber_current());

	return ret;
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
	if (!wait_permitted(__builtin_return_address(0), 1))
		return;

	/* The timer is at rest: it keeps the date until it is armed. */
	fiber->timeout.date = wait_date(wq->clock, timeout, mode);
	wait_queue_join_locked(queue_of(wq), fiber);
}

EXPORT int evl_wait_schedule(struct evl_wait_queue *wq)
{
	struct fiber *fiber = fiber_current();
	int ret;

	if (fiber == NULL || fiber->wq != queue_of(wq))
		return -EPERM;

	note_wait(fiber, fiber->timeout.date);
	ret = wait_queue_commit(fiber->timeout.date);
	note_waited(fiber);

	return ret > 0 ? 0 : ret;
}

EXPORT struct evl_thread *evl_wait_head(struct evl_wait_queue *wq)
{
	thread_settle_locked(queue_of(wq));
	if (!evl_wait_active(wq))
		return NULL;

	return thread_of(
		list_first_entry(&wq->waiters, struct fiber, wait_link));
}

EXPORT struct evl_thread *__evl_next_waiter(struct evl_wait_queue *wq,
					    struct evl_thread *pos)
{
	struct fiber *fiber = fiber_of(pos);

	if (list_is_last(&fiber->wait_link, &wq->waiters))
		return NULL;

	return thread_of(list_next_entry(fiber, wait_link));
}

EXPORT struct evl_thread *evl_wake_up(struct evl_wait_queue *wq,
				      struct evl_thread *waiter, int reason)
{
	struct fiber *fiber;

	thread_settle_locked(queue_of(wq));
	fiber = fiber_of(waiter);
	if (fiber && !wait_queue_has_locked(queue_of(wq), fiber))
		return NULL;

	return thread_of(wait_queue_wake_locked(queue_of(wq), fiber,
						wait_status(reason)));
}

EXPORT int evl_flush_wait_locked(struct evl_wait_queue *wq, int reason)
{
	if (reason & EVL_T_RMID)
		wq->nr_removals++;
	thread_settle_locked(queue_of(wq));

	return (int)wait_queue_flush_locked(queue_of(wq), wait_status(reason));
}

EXPORT int evl_flush_wait(struct evl_wait_queue *wq, int reason)
{
	int count;

	spinlock_take(&wq->lock);
	count = evl_flush_wait_locked(wq, reason);
	spinlock_drop(&wq->lock);

	return count;
}
