/* SPDX-License-Identifier: MIT */
/*
 * Spin locks of out-of-band code. An evl_spinlock_t also puts rescheduling off
 * until it is unlocked; so does evl_disable_preempt(). Nothing interrupts a
 * handler here but its own sleep, so there is little to put off: who holds a
 * lock, or has preemption or interrupts off, must not sleep, and its waits
 * return -EPERM.
 *
 * hard_spinlock_t and its raw_spin_*() are in <linux/spinlock.h>.
 *
 * Source: driver-api 2.8
 */
#ifndef _EVL_LOCK_H
#define _EVL_LOCK_H

#include <evl/prelude.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>

/* Zero-filled means unlocked. */
struct evl_spinlock {
	hard_spinlock_t _lock; /* the core's own */
};

typedef struct evl_spinlock evl_spinlock_t;

/* clang-format off */
#define __EVL_SPIN_LOCK_INITIALIZER(name) \
	{ ._lock = __HARD_SPIN_LOCK_INITIALIZER((name)._lock) }
/* clang-format on */
#define DEFINE_EVL_SPINLOCK(name) \
	evl_spinlock_t name = __EVL_SPIN_LOCK_INITIALIZER(name)

/**
 * evl_disable_preempt() - put rescheduling off
 *
 * To be undone as often as it was done, and not slept with.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_disable_preempt(void);

/* Undo it once. Any stage, does not block. */
void evl_enable_preempt(void);

/* Prepare @lock, unlocked on return. Any stage, does not block. */
static inline void evl_spin_lock_init(evl_spinlock_t *lock)
{
	raw_spin_lock_init(&lock->_lock);
}

/**
 * evl_spin_lock() - enter the section @lock protects
 * @lock:	the lock
 *
 * Stage:  any.
 * Blocks: until the holder leaves, lending it the caller's priority.
 */
static inline void evl_spin_lock(evl_spinlock_t *lock)
{
	raw_spin_lock(&lock->_lock);
}

/* Leave it again. Any stage, does not block. */
static inline void evl_spin_unlock(evl_spinlock_t *lock)
{
	raw_spin_unlock(&lock->_lock);
}

/**
 * evl_spin_trylock() - enter the section @lock protects if nobody is inside
 * @lock:	the lock
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 1 with @lock held, else 0
 */
static inline int evl_spin_trylock(evl_spinlock_t *lock)
{
	return raw_spin_trylock(&lock->_lock);
}

/* The _irq and _irqsave spellings: the same, @flags is set for form's sake. */
#define evl_spin_lock_irq(lock)		evl_spin_lock(lock)
#define evl_spin_unlock_irq(lock)	evl_spin_unlock(lock)
#define evl_spin_lock_nested(lock, sub) evl_spin_lock(lock)
#define evl_spin_lock_irqsave(lock, flags) \
	raw_spin_lock_irqsave(&(lock)->_lock, flags)
#define evl_spin_unlock_irqrestore(lock, flags) \
	raw_spin_unlock_irqrestore(&(lock)->_lock, flags)

/* A mere remark: the caller may lock it. */
#define might_hard_lock(lock) ((void)(lock))

#endif /* _EVL_LOCK_H */
