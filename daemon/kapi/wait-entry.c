/* SPDX-License-Identifier: MIT */
/*
 * Waiting by hand: an entry is one of those which poll(2) has on a queue
 * (kapi/poll.h), whose function is the driver's.
 */
#include "kapi/export.h"
#include "kapi/poll.h"
#include "kapi/spinlock.h"

#include <linux/container_of.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <stddef.h>

#define OFFSET(member)                               \
	(offsetof(struct wait_queue_entry, member) - \
	 offsetof(struct wait_queue_entry, entry))

static_assert(OFFSET(owner_link) == offsetof(struct poll_entry, owner_link) &&
		      OFFSET(wq) == offsetof(struct poll_entry, wq) &&
		      OFFSET(hook) == offsetof(struct poll_entry, func) &&
		      sizeof(struct wait_queue_entry) - sizeof(void *) * 3 ==
			      sizeof(struct poll_entry),
	      "an entry ends as a poll_entry");

#define WOKEN 2U /* in ->flags, for wait_woken() */

static struct poll_entry *entry_of(struct wait_queue_entry *wait)
{
	return (struct poll_entry *)(void *)&wait->entry;
}

static void on_wakeup(struct poll_entry *entry)
{
	struct wait_queue_entry *wait =
		container_of((struct list_head *)(void *)entry,
			     struct wait_queue_entry, entry);

	/* Release: the condition, to wait_woken(). */
	__atomic_fetch_or(&wait->flags, WOKEN, __ATOMIC_RELEASE);
	wait->func(wait, TASK_INTERRUPTIBLE, 0, NULL);
}

EXPORT int default_wake_function(struct wait_queue_entry *wait,
				 unsigned int mode, int flags, void *key)
{
	(void)mode, (void)flags, (void)key;

	return wait->private ? wake_up_process(wait->private) : 0;
}

EXPORT void add_wait_queue(struct wait_queue_head *wq,
			   struct wait_queue_entry *wait)
{
	entry_of(wait)->func = on_wakeup;
	poll_entry_add(entry_of(wait), wq);
}

EXPORT void remove_wait_queue(struct wait_queue_head *wq,
			      struct wait_queue_entry *wait)
{
	(void)wq;
	poll_entry_remove(entry_of(wait));
}

EXPORT void prepare_to_wait(struct wait_queue_head *wq,
			    struct wait_queue_entry *wait, int state)
{
	if (wait->wq == NULL)
		add_wait_queue(wq, wait);
	/* Then the caller looks; who wakes it has made the condition true. */
	set_current_state((unsigned int)state);
}

EXPORT long prepare_to_wait_event(struct wait_queue_head *wq,
				  struct wait_queue_entry *wait, int state)
{
	if (state & TASK_INTERRUPTIBLE && signal_pending(current)) {
		finish_wait(wq, wait);
		return -ERESTARTSYS;
	}
	prepare_to_wait(wq, wait, state);

	return 0;
}

EXPORT void finish_wait(struct wait_queue_head *wq,
			struct wait_queue_entry *wait)
{
	set_current_state(TASK_RUNNING);
	remove_wait_queue(wq, wait);
}

EXPORT long wait_woken(struct wait_queue_entry *wait, unsigned int mode,
		       long timeout)
{
	set_current_state(mode);
	/* Acquire: pairs with on_wakeup(). */
	if ((__atomic_load_n(&wait->flags, __ATOMIC_ACQUIRE) & WOKEN) == 0)
		timeout = schedule_timeout(timeout);
	set_current_state(TASK_RUNNING);
	__atomic_fetch_and(&wait->flags, ~WOKEN, __ATOMIC_ACQUIRE);

	return timeout;
}
