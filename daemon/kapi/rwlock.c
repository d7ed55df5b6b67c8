/* SPDX-License-Identifier: MIT */
#include <linux/rwlock.h>

#include "kapi/export.h"
#include "stage/pi-mutex.h"

#include <linux/futex.h>

/* Nobody gives way with a lock held, so the thread that has it is the caller. */
static bool is_ours(const rwlock_t *lock)
{
	/* Relaxed: if it is our number, we wrote it. */
	return (__atomic_load_n(&lock->lock.word, __ATOMIC_RELAXED) &
		FUTEX_TID_MASK) == pi_mutex_self();
}

EXPORT void read_lock(rwlock_t *lock)
{
	if (is_ours(lock))
		lock->nr_nested++;
	else
		spin_lock(&lock->lock);
}

EXPORT int read_trylock(rwlock_t *lock)
{
	if (!is_ours(lock))
		return spin_trylock(&lock->lock);
	lock->nr_nested++;

	return 1;
}

EXPORT void read_unlock(rwlock_t *lock)
{
	if (lock->nr_nested)
		lock->nr_nested--;
	else
		spin_unlock(&lock->lock);
}
