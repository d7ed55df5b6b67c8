/* SPDX-License-Identifier: MIT */
/*
 * Mutexes whose holder may sleep. Unlike the kernel's they may be unlocked by
 * another fiber than the one which locked them, since drivers do so.
 *
 * Source: driver-api 5.2, 7.5
 */
#ifndef _LINUX_MUTEX_H
#define _LINUX_MUTEX_H

#include <linux/cleanup.h>
#include <linux/wait.h>

/* Zero-filled is a working, unlocked one. */
struct mutex {
	wait_queue_head_t wait; /* the core's own, as all below */
	bool locked;
	unsigned int nr_locked; /* how often it was */
};

/* clang-format off */
#define __MUTEX_INITIALIZER(name) \
	{ .wait = __WAIT_QUEUE_HEAD_INITIALIZER((name).wait), .locked = false }
/* clang-format on */
#define DEFINE_MUTEX(name) struct mutex name = __MUTEX_INITIALIZER(name)

/**
 * mutex_init() - prepare a mutex
 * @lock:	the mutex, unlocked on return; nobody may wait for it
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline void mutex_init(struct mutex *lock)
{
	*lock = (struct mutex)__MUTEX_INITIALIZER(*lock);
}

/**
 * mutex_lock() - lock a mutex
 * @lock:	the mutex
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until it is ours. Nothing else ends it.
 */
void mutex_lock(struct mutex *lock);

/**
 * mutex_lock_interruptible() - lock a mutex unless a signal comes
 * @lock:	the mutex
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until it is ours or the caller gets a signal.
 *
 * Return: 0, or
 *   -EINTR	a signal came first, @lock is not ours
 */
int __must_check mutex_lock_interruptible(struct mutex *lock);

/**
 * mutex_trylock() - lock a mutex if it is free
 * @lock:	the mutex
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 1 with @lock ours, else 0
 */
int mutex_trylock(struct mutex *lock);

/**
 * mutex_unlock() - unlock a mutex
 * @lock:	the mutex, locked
 *
 * Stage:  any.
 * Blocks: no.
 */
void mutex_unlock(struct mutex *lock);

/**
 * mutex_is_locked() - has anybody locked it?
 * @lock:	the mutex
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline bool mutex_is_locked(struct mutex *lock)
{
	/* Relaxed: a mere look. */
	return __atomic_load_n(&lock->locked, __ATOMIC_RELAXED);
}

#define mutex_lock_killable(lock)	  mutex_lock_interruptible(lock)
#define mutex_lock_nested(lock, subclass) mutex_lock(lock)

/* For linux/cleanup.h. */
DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))
DEFINE_GUARD_COND(mutex, _try, mutex_trylock(_T))
DEFINE_GUARD_COND(mutex, _intr, mutex_lock_interruptible(_T) == 0)

/* There is nothing to give back. */
static inline void mutex_destroy(struct mutex *lock)
{
	(void)lock;
}

#endif /* _LINUX_MUTEX_H */
