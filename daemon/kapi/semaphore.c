/* SPDX-License-Identifier: MIT */
#include <linux/semaphore.h>

#include "kapi/export.h"
#include "kapi/golden-rule.h"
#include "kapi/spinlock.h"
#include "kapi/wait.h"
#include "stage/wait.h"

static int take_one(struct semaphore *sem, uint64_t deadline,
		    bool interruptible)
{
	int ret = 0;

	golden_rule_note(BREACH_WAIT, "down");
	spinlock_take(&sem->wait.lock);

	while (sem->count == 0 && ret == 0)
		ret = wait_sleep_locked(&sem->wait, deadline, interruptible);
	if (ret == 0)
		sem->count--;

	spinlock_drop(&sem->wait.lock);

	return ret;
}

EXPORT void down(struct semaphore *sem)
{
	(void)take_one(sem, DEADLINE_NONE, false);
}

EXPORT int down_interruptible(struct semaphore *sem)
{
	int ret = take_one(sem, DEADLINE_NONE, true);

	return ret == -ERESTARTSYS ? -EINTR : ret;
}

EXPORT int down_timeout(struct semaphore *sem, long timeout)
{
	int ret =
		take_one(sem, wait_deadline(get_jiffies_64(), timeout), false);

	return ret == -ETIMEDOUT ? -ETIME : ret;
}

EXPORT int down_trylock(struct semaphore *sem)
{
	int ret = 1;

	spinlock_take(&sem->wait.lock);
	if (sem->count > 0) {
		sem->count--;
		ret = 0;
	}
	spinlock_drop(&sem->wait.lock);

	return ret;
}

EXPORT void up(struct semaphore *sem)
{
	spinlock_take(&sem->wait.lock);
	sem->count++;
	wake_up_one_locked(&sem->wait);
	spinlock_drop(&sem->wait.lock);
}
