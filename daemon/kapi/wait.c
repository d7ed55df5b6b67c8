/* SPDX-License-Identifier: MIT */
/*
 * The wait queues of <linux/wait.h>: the core's own (stage/wait.h), plus a
 * count of wakeups and a list of pollers, both under the same lock.
 *
 * A sleeper reads the count, tests its condition, and sleeps only if the count
 * is still the same. So the condition is tested on no queue and under no lock:
 * it may itself sleep, as with a mutex.
 */
#include "kapi/wait.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/golden-rule.h"
#include "kapi/held.h"
#include "kapi/poll.h"
#include "kapi/spinlock.h"
#include "stage/clock.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <linux/printk.h>
#include <stddef.h>

#define SAME_PLACE(field, name)                          \
	(offsetof(struct wait_queue_head, field) ==      \
		 offsetof(struct wait_queue, name) &&    \
	 sizeof(((struct wait_queue_head *)0)->field) == \
		 sizeof(((struct wait_queue *)0)->name))

static_assert(SAME_PLACE(lock, lock) && SAME_PLACE(order, order) &&
		      SAME_PLACE(head, waiters),
	      "wait_queue_head begins as a wait_queue");

static struct wait_queue *queue_of(struct wait_queue_head *wq)
{
	return (struct wait_queue *)(void *)wq;
}

EXPORT void wake_up_locked(struct wait_queue_head *wq)
{
	struct poll_entry *entry;

	/* Release: the condition, to __wait_begin(). */
	__atomic_store_n(&wq->nr_wakeups, wq->nr_wakeups + 1, __ATOMIC_RELEASE);
	wait_queue_wake_all_locked(queue_of(wq));

	if (list_empty(&wq->pollers))
		return;
	list_for_each_entry(entry, &wq->pollers, link)
		entry->func(entry);
}

EXPORT void wake_up(struct wait_queue_head *wq)
{
	spinlock_take(&wq->lock);
	wake_up_locked(wq);
	spinlock_drop(&wq->lock);
}

void wake_up_one_locked(struct wait_queue_head *wq)
{
	wait_queue_wake_locked(queue_of(wq), NULL, 0);
}

EXPORT bool waitqueue_active(struct wait_queue_head *wq)
{
	bool active;

	/* Adds nothing: for its order, see __wait_enter(). */
	if (__atomic_fetch_add(&wq->nr_waiting, 0, __ATOMIC_ACQ_REL))
		return true;

	spinlock_take(&wq->lock);
	active = !list_empty(&wq->head) || !list_empty(&wq->pollers);
	spinlock_drop(&wq->lock);

	return active;
}

bool wait_allowed(void)
{
	static struct ratelimit_state limit;

	if (fiber_current())
		return true;

	if (__ratelimit(&limit))
		log_err("a driver tried to sleep outside of any handler, as "
			"in an irq_work function: it must not");

	return false;
}

uint64_t wait_deadline(u64 start, long timeout)
{
	if (timeout == MAX_SCHEDULE_TIMEOUT)
		return DEADLINE_NONE;
	if (timeout < 0)
		timeout = 0;

	return (start + (u64)timeout) * (NS_PER_SEC / HZ);
}

int wait_sleep_locked(struct wait_queue_head *wq, uint64_t deadline,
		      bool interruptible)
{
	int ret;

	if (!wait_allowed())
		return -EPERM;

	if (interruptible)
		ret = wait_queue_sleep(queue_of(wq), deadline);
	else
		ret = wait_queue_sleep_uninterruptible(queue_of(wq), deadline);

	return ret == -EINTR ? -ERESTARTSYS : ret;
}

EXPORT int __wait_sleep(struct wait_queue_head *wq, unsigned int nr_wakeups,
			u64 start, long timeout, bool interruptible)
{
	uint64_t deadline = wait_deadline(start, timeout);
	int ret = 0;

	golden_rule_note(BREACH_WAIT, "wait_event");
	spinlock_take(&wq->lock);
	if (wq->nr_wakeups == nr_wakeups)
		ret = wait_sleep_locked(wq, deadline, interruptible);
	spinlock_drop(&wq->lock);

	return ret;
}

EXPORT int __wait_sleep_locked(struct wait_queue_head *wq, bool interruptible)
{
	int ret;

	golden_rule_note(BREACH_WAIT, "wait_event");
	/* The driver's lock; asleep it does not hold it. */
	held_spin_remove(spinlock_mutex(&wq->lock));
	ret = wait_sleep_locked(wq, DEADLINE_NONE, interruptible);
	held_spin_add(spinlock_mutex(&wq->lock));

	return ret;
}

EXPORT u64 get_jiffies_64(void)
{
	return clock_ns() / (NS_PER_SEC / HZ);
}

void poll_entry_add(struct poll_entry *entry, struct wait_queue_head *wq)
{
	entry->wq = wq;
	spinlock_take(&wq->lock);
	if (wq->pollers.next == NULL)
		INIT_LIST_HEAD(&wq->pollers);
	list_add_tail(&entry->link, &wq->pollers);
	spinlock_drop(&wq->lock);
}

void poll_entry_remove(struct poll_entry *entry)
{
	struct wait_queue_head *wq = entry->wq;

	if (wq == NULL)
		return;

	spinlock_take(&wq->lock);
	list_del(&entry->link);
	spinlock_drop(&wq->lock);
	entry->wq = NULL;
}
