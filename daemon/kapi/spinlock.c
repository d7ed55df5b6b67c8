/* SPDX-License-Identifier: MIT */
/* The locks of <linux/spinlock.h>: pi mutexes under a neutral name. */
#include "kapi/spinlock.h"

#include "kapi/export.h"

EXPORT void spin_lock(struct hard_spinlock *lock)
{
	spinlock_take(lock);
}

EXPORT void spin_unlock(struct hard_spinlock *lock)
{
	spinlock_drop(lock);
}

EXPORT int spin_trylock(struct hard_spinlock *lock)
{
	return pi_trylock(spinlock_mutex(lock));
}
