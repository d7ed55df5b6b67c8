/* SPDX-License-Identifier: MIT */
#include <linux/rwsem.h>

#include "kapi/export.h"
#include "kapi/wait.h"
#include "stage/wait.h"

static void set_readers_locked(struct rw_semaphore *sem, unsigned int nr)
{
	/* Relaxed: for rwsem_is_locked(). */
	__atomic_store_n(&sem->nr_readers, nr, __ATOMIC_RELAXED);
}

static void set_written_locked(struct rw_semaphore *sem, bool written)
{
	/* Relaxed: as above. */
	__atomic_store_n(&sem->written, written, __ATOMIC_RELAXED);
}

static int lock_to_read(struct rw_semaphore *sem, bool interruptible)
{
	int ret = 0;

	spin_lock(&sem->wait.lock);
	while ((sem->written || sem->nr_writers_waiting) && ret == 0)
		ret = wait_sleep_locked(&sem->wait, DEADLINE_NONE,
					interruptible);
	if (ret == 0)
		set_readers_locked(sem, sem->nr_readers + 1);
	spin_unlock(&sem->wait.lock);

	return ret == -ERESTARTSYS ? -EINTR : ret;
}

static int lock_to_write(struct rw_semaphore *sem, bool interruptible)
{
	int ret = 0;

	spin_lock(&sem->wait.lock);
	sem->nr_writers_waiting++;
	while ((sem->written || sem->nr_readers) && ret == 0)
		ret = wait_sleep_locked(&sem->wait, DEADLINE_NONE,
					interruptible);
	sem->nr_writers_waiting--;
	if (ret == 0)
		set_written_locked(sem, true);
	else
		wake_up_locked(&sem->wait); /* readers held back by us */
	spin_unlock(&sem->wait.lock);

	return ret == -ERESTARTSYS ? -EINTR : ret;
}

EXPORT void down_read(struct rw_semaphore *sem)
{
	(void)lock_to_read(sem, false);
}

EXPORT int down_read_interruptible(struct rw_semaphore *sem)
{
	return lock_to_read(sem, true);
}

EXPORT int down_read_trylock(struct rw_semaphore *sem)
{
	bool ours;

	spin_lock(&sem->wait.lock);
	ours = !sem->written && sem->nr_writers_waiting == 0;
	if (ours)
		set_readers_locked(sem, sem->nr_readers + 1);
	spin_unlock(&sem->wait.lock);

	return ours;
}

EXPORT void up_read(struct rw_semaphore *sem)
{
	spin_lock(&sem->wait.lock);
	set_readers_locked(sem, sem->nr_readers - 1);
	if (sem->nr_readers == 0)
		wake_up_locked(&sem->wait);
	spin_unlock(&sem->wait.lock);
}

EXPORT void down_write(struct rw_semaphore *sem)
{
	(void)lock_to_write(sem, false);
}

EXPORT int down_write_interruptible(struct rw_semaphore *sem)
{
	return lock_to_write(sem, true);
}

EXPORT int down_write_trylock(struct rw_semaphore *sem)
{
	bool ours;

	spin_lock(&sem->wait.lock);
	ours = !sem->written && sem->nr_readers == 0;
	if (ours)
		set_written_locked(sem, true);
	spin_unlock(&sem->wait.lock);

	return ours;
}

EXPORT void up_write(struct rw_semaphore *sem)
{
	spin_lock(&sem->wait.lock);
	set_written_locked(sem, false);
	wake_up_locked(&sem->wait);
	spin_unlock(&sem->wait.lock);
}

EXPORT void downgrade_write(struct rw_semaphore *sem)
{
	spin_lock(&sem->wait.lock);
	set_written_locked(sem, false);
	set_readers_locked(sem, 1);
	wake_up_locked(&sem->wait);
	spin_unlock(&sem->wait.lock);
}
