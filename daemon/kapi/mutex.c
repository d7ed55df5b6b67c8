/* SPDX-License-Identifier: MIT */
/*
 * The mutexes of <linux/mutex.h>. Who unlocks wakes the first in line, and
 * whoever looks first has it: nobody owns a mutex, so anybody may unlock it.
 * Who locked it notes so, lest it stays locked if that one is given up.
 */
#include <linux/mutex.h>

#include "kapi/export.h"
#include "kapi/golden-rule.h"
#include "kapi/held.h"
#include "kapi/spinlock.h"
#include "kapi/wait.h"
#include "stage/wait.h"

/* Locked: @lock->wait. Returns how many have had it before, and we. */
static unsigned int have_locked(struct mutex *lock)
{
	lock->locked = true;

	return ++lock->nr_locked;
}

static int lock_mutex(struct mutex *lock, bool interruptible)
{
	unsigned int nr_locked = 0;
	int ret = 0;

	golden_rule_note(BREACH_WAIT, "mutex_lock");
	spinlock_take(&lock->wait.lock);

	while (lock->locked && ret == 0)
		ret = wait_sleep_locked(&lock->wait, DEADLINE_NONE,
					interruptible);
	if (ret == 0)
		nr_locked = have_locked(lock);

	spinlock_drop(&lock->wait.lock);
	if (ret == 0)
		held_mutex_add(lock, nr_locked);

	return ret == -ERESTARTSYS ? -EINTR : ret;
}

EXPORT void mutex_lock(struct mutex *lock)
{
	(void)lock_mutex(lock, false);
}

EXPORT int mutex_lock_interruptible(struct mutex *lock)
{
	return lock_mutex(lock, true);
}

EXPORT int mutex_trylock(struct mutex *lock)
{
	unsigned int nr_locked = 0;
	bool ours;

	spinlock_take(&lock->wait.lock);
	ours = !lock->locked;
	if (ours)
		nr_locked = have_locked(lock);
	spinlock_drop(&lock->wait.lock);
	if (ours)
		held_mutex_add(lock, nr_locked);

	return ours;
}

EXPORT void mutex_unlock(struct mutex *lock)
{
	held_mutex_remove(lock);
	spinlock_take(&lock->wait.lock);
	lock->locked = false;
	wake_up_one_locked(&lock->wait);
	spinlock_drop(&lock->wait.lock);
}
