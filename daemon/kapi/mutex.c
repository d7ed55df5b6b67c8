/* SPDX-License-Identifier: MIT */
/*
 * The mutexes of <linux/mutex.h>. Who unlocks wakes the first in line, and
 * whoever looks first has it: nobody owns a mutex, so anybody may unlock it.
 */
#include <linux/mutex.h>

#include "kapi/export.h"
#include "kapi/spinlock.h"
#include "kapi/wait.h"
#include "stage/wait.h"

static int lock_mutex(struct mutex *lock, bool interruptible)
{
	int ret = 0;

	spinlock_take(&lock->wait.lock);

	while (lock->locked && ret == 0)
		ret = wait_sleep_locked(&lock->wait, DEADLINE_NONE,
					interruptible);
	if (ret == 0)
		lock->locked = true;

	spinlock_drop(&lock->wait.lock);

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
	bool ours;

	spinlock_take(&lock->wait.lock);
	ours = !lock->locked;
	lock->locked = true;
	spinlock_drop(&lock->wait.lock);

	return ours;
}

EXPORT void mutex_unlock(struct mutex *lock)
{
	spinlock_take(&lock->wait.lock);
	lock->locked = false;
	wake_up_one_locked(&lock->wait);
	spinlock_drop(&lock->wait.lock);
}
