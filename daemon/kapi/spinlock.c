/* SPDX-License-Identifier: MIT */
/* The locks of <linux/spinlock.h>: pi mutexes under a neutral name. */
#include <linux/spinlock.h>

#include "kapi/export.h"
#include "stage/pi-mutex.h"

#include <assert.h>

static_assert(sizeof(struct hard_spinlock) == sizeof(struct pi_mutex),
	      "a hard_spinlock is a pi_mutex");

static struct pi_mutex *mutex_of(struct hard_spinlock *lock)
{
	return (struct pi_mutex *)(void *)lock;
}

EXPORT void spin_lock(struct hard_spinlock *lock)
{
	pi_lock(mutex_of(lock));
}

EXPORT void spin_unlock(struct hard_spinlock *lock)
{
	pi_unlock(mutex_of(lock));
}

EXPORT int spin_trylock(struct hard_spinlock *lock)
{
	return pi_trylock(mutex_of(lock));
}
