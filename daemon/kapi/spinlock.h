/* SPDX-License-Identifier: MIT */
/*
 * A driver's spin locks as the core sees them: pi mutexes. What the core takes
 * by itself, it takes here; spin_lock() and its like, which drivers call, also
 * note it (kapi/held.h).
 */
#pragma once

#include "stage/pi-mutex.h"

#include <assert.h>
#include <linux/spinlock.h>

static_assert(sizeof(struct hard_spinlock) == sizeof(struct pi_mutex),
	      "a hard_spinlock is a pi_mutex");

static inline struct pi_mutex *spinlock_mutex(struct hard_spinlock *lock)
{
	return (struct pi_mutex *)(void *)lock;
}

static inline void spinlock_take(struct hard_spinlock *lock)
{
	pi_lock(spinlock_mutex(lock));
}

static inline void spinlock_drop(struct hard_spinlock *lock)
{
	pi_unlock(spinlock_mutex(lock));
}
