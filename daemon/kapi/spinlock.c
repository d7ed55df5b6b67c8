/* SPDX-License-Identifier: MIT */
/* The locks of <linux/spinlock.h>: pi mutexes under a neutral name. */
#include "kapi/spinlock.h"

#include "kapi/export.h"
#include "kapi/held.h"

EXPORT void spin_lock(struct hard_spinlock *lock)
{
	spinlock_take(lock);
	held_spin_add(spinlock_mutex(lock));
}

EXPORT void spin_unlock(struct hard_spinlock *lock)
{
	held_spin_remove(spinlock_mutex(lock));
	spinlock_drop(lock);
}

EXPORT int spin_trylock(struct hard_spinlock *lock)
{
	bool ours = pi_trylock(spinlock_mutex(lock));

	if (ours)
		held_spin_add(spinlock_mutex(lock));

	return ours;
}
