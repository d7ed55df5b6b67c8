/* SPDX-License-Identifier: MIT */
/*
 * Spin locks. There are no interrupts to mask here, and a thread that spins
 * for a preempted holder would wait for ever on one CPU: so every kind is one
 * lock with priority inheritance, which both stages may take. It protects a
 * few instructions; its holder must not sleep, nor take it twice.
 *
 * Source: driver-api 2.8, 5.2
 */
#ifndef _LINUX_SPINLOCK_H
#define _LINUX_SPINLOCK_H

#include <linux/bottom_half.h>
#include <linux/cleanup.h>
#include <linux/compiler.h>
#include <linux/irqflags.h>
#include <linux/types.h>

/* Zero-filled means unlocked. */
struct hard_spinlock {
	u32 word; /* the core's own */
};

typedef struct hard_spinlock hard_spinlock_t;
typedef struct hard_spinlock raw_spinlock_t;
typedef struct hard_spinlock spinlock_t;

/* clang-format off */
#define __HARD_SPIN_LOCK_INITIALIZER(name) { .word = 0 }
#define __RAW_SPIN_LOCK_INITIALIZER(name)  { .word = 0 }
#define __RAW_SPIN_LOCK_UNLOCKED(name)     { .word = 0 }
#define __SPIN_LOCK_UNLOCKED(name)         { .word = 0 }
/* clang-format on */

#define DEFINE_HARD_SPINLOCK(name) hard_spinlock_t name = { .word = 0 }
#define DEFINE_RAW_SPINLOCK(name)  raw_spinlock_t name = { .word = 0 }
#define DEFINE_SPINLOCK(name)	   spinlock_t name = { .word = 0 }

/**
 * spin_lock_init() - prepare a lock
 * @lock:	the lock, unlocked on return
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline void spin_lock_init(struct hard_spinlock *lock)
{
	lock->word = 0;
}

/**
 * spin_lock() - enter the section @lock protects
 * @lock:	the lock
 *
 * Stage:  any.
 * Blocks: until the holder leaves, lending it the caller's priority.
 */
void spin_lock(struct hard_spinlock *lock);

/**
 * spin_unlock() - leave the section @lock protects
 * @lock:	the lock, held by the caller
 *
 * Stage:  any.
 * Blocks: no.
 */
void spin_unlock(struct hard_spinlock *lock);

/**
 * spin_trylock() - enter the section @lock protects if nobody is inside
 * @lock:	the lock
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 1 with @lock held, else 0
 */
int spin_trylock(struct hard_spinlock *lock);

/**
 * spin_is_locked() - is anybody inside?
 * @lock:	the lock
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: true or false, which may have changed already
 */
static inline bool spin_is_locked(const struct hard_spinlock *lock)
{
	/* Relaxed: a mere look. */
	return __atomic_load_n(&lock->word, __ATOMIC_RELAXED) != 0;
}

/* For linux/cleanup.h: with @flags of its own, for form's sake. */
DEFINE_LOCK_GUARD_1(spinlock, spinlock_t, spin_lock(_T->lock),
		    spin_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(spinlock_irq, spinlock_t, spin_lock(_T->lock),
		    spin_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(spinlock_irqsave, spinlock_t, spin_lock(_T->lock),
		    spin_unlock(_T->lock), unsigned long flags)
DEFINE_LOCK_GUARD_1(raw_spinlock, raw_spinlock_t, spin_lock(_T->lock),
		    spin_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(raw_spinlock_irq, raw_spinlock_t, spin_lock(_T->lock),
		    spin_unlock(_T->lock))
DEFINE_LOCK_GUARD_1(raw_spinlock_irqsave, raw_spinlock_t, spin_lock(_T->lock),
		    spin_unlock(_T->lock), unsigned long flags)

/* The _irq and _irqsave spellings: the same, @flags is set for form's sake. */
#define __spin_lock_flags(lock, flags) \
	do {                           \
		spin_lock(lock);       \
		(flags) = 0;           \
	} while (0)
#define __spin_unlock_flags(lock, flags) \
	do {                             \
		(void)(flags);           \
		spin_unlock(lock);       \
	} while (0)

#define spin_lock_irq(lock)		 spin_lock(lock)
#define spin_unlock_irq(lock)		 spin_unlock(lock)
#define spin_lock_bh(lock)		 spin_lock(lock)
#define spin_unlock_bh(lock)		 spin_unlock(lock)
#define spin_lock_nested(lock, subclass) spin_lock(lock)
#define spin_lock_irqsave(lock, flags)	 __spin_lock_flags(lock, flags)
#define spin_lock_irqsave_nested(lock, flags, subclass) \
	__spin_lock_flags(lock, flags)
#define spin_unlock_irqrestore(lock, flags)   __spin_unlock_flags(lock, flags)

#define spin_trylock_irq(lock)		      spin_trylock(lock)
#define spin_trylock_bh(lock)		      spin_trylock(lock)
#define spin_trylock_irqsave(lock, flags)     ((flags) = 0, spin_trylock(lock))
#define raw_spin_trylock_irqsave(lock, flags) spin_trylock_irqsave(lock, flags)
#define assert_spin_locked(lock)	      WARN_ON(!spin_is_locked(lock))

#define raw_spin_lock_init(lock)	      spin_lock_init(lock)
#define raw_spin_lock(lock)		      spin_lock(lock)
#define raw_spin_unlock(lock)		      spin_unlock(lock)
#define raw_spin_trylock(lock)		      spin_trylock(lock)
#define raw_spin_is_locked(lock)	      spin_is_locked(lock)
#define raw_spin_lock_irq(lock)		      spin_lock(lock)
#define raw_spin_unlock_irq(lock)	      spin_unlock(lock)
#define raw_spin_lock_nested(lock, subclass)  spin_lock(lock)
#define raw_spin_lock_irqsave_nested(lock, flags, subclass) \
	__spin_lock_flags(lock, flags)
#define raw_spin_lock_irqsave(lock, flags)	__spin_lock_flags(lock, flags)
#define raw_spin_unlock_irqrestore(lock, flags) __spin_unlock_flags(lock, flags)

/* What EVL called them before it gave raw_spin_*() the choice. */
#define hard_spin_lock_init(lock)	    spin_lock_init(lock)
#define hard_spin_lock(lock)		    spin_lock(lock)
#define hard_spin_unlock(lock)		    spin_unlock(lock)
#define hard_spin_lock_irqsave(lock, flags) __spin_lock_flags(lock, flags)
#define hard_spin_unlock_irqrestore(lock, flags) \
	__spin_unlock_flags(lock, flags)

#include <linux/bug.h>
#include <linux/rwlock.h> /* which the kernel has here, too */

#endif /* _LINUX_SPINLOCK_H */
