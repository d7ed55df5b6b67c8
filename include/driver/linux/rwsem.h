/* SPDX-License-Identifier: MIT */
/*
 * Locks which many readers or one writer may hold, and sleep with. Who comes
 * behind a waiting writer waits behind it.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_RWSEM_H
#define _LINUX_RWSEM_H

#include <linux/cleanup.h>
#include <linux/wait.h>

/* Zero-filled is a working one which nobody holds. */
struct rw_semaphore {
	wait_queue_head_t wait; /* the core's own, as all below */
	unsigned int nr_readers;
	unsigned int nr_writers_waiting;
	bool written;
};

/* clang-format off */
#define __RWSEM_INITIALIZER(name) \
	{ .wait = __WAIT_QUEUE_HEAD_INITIALIZER((name).wait) }
/* clang-format on */
#define DECLARE_RWSEM(name) struct rw_semaphore name = __RWSEM_INITIALIZER(name)

/* Any stage, does not block; nobody may hold it. */
static inline void init_rwsem(struct rw_semaphore *sem)
{
	*sem = (struct rw_semaphore)__RWSEM_INITIALIZER(*sem);
}

/**
 * down_read() - lock it as a reader
 * @sem:	the lock
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until no writer holds it, nor waits. Nothing else ends it.
 */
void down_read(struct rw_semaphore *sem);
/* The same, ended by a signal too: 0 or -EINTR. */
int __must_check down_read_interruptible(struct rw_semaphore *sem);
/* 1 with the lock held, else 0. Any stage, does not block. */
int down_read_trylock(struct rw_semaphore *sem);
/* Any stage, does not block. */
void up_read(struct rw_semaphore *sem);

/**
 * down_write() - lock it as the writer
 * @sem:	the lock
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until nobody holds it. Nothing else ends it.
 */
void down_write(struct rw_semaphore *sem);
/* The same, ended by a signal too: 0 or -EINTR. */
int __must_check down_write_interruptible(struct rw_semaphore *sem);
/* 1 with the lock held, else 0. Any stage, does not block. */
int down_write_trylock(struct rw_semaphore *sem);
/* Any stage, does not block. */
void up_write(struct rw_semaphore *sem);
/* From the writer to a reader: nobody comes in between. Any stage, does not
 * block. */
void downgrade_write(struct rw_semaphore *sem);

#define down_read_killable(sem)		 down_read_interruptible(sem)
#define down_write_killable(sem)	 down_write_interruptible(sem)
#define down_read_nested(sem, subclass)	 down_read(sem)
#define down_write_nested(sem, subclass) down_write(sem)

static inline bool rwsem_is_locked(struct rw_semaphore *sem)
{
	/* Relaxed, both: a mere look. */
	return __atomic_load_n(&sem->nr_readers, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&sem->written, __ATOMIC_RELAXED);
}

/* For linux/cleanup.h. */
DEFINE_GUARD(rwsem_read, struct rw_semaphore *, down_read(_T), up_read(_T))
DEFINE_GUARD(rwsem_write, struct rw_semaphore *, down_write(_T), up_write(_T))

#endif /* _LINUX_RWSEM_H */
