/* SPDX-License-Identifier: MIT */
/*
 * Spin locks for readers and writers. Readers keep each other out too, as there
 * is one lock behind it; who reads may lock it for reading again.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_RWLOCK_H
#define _LINUX_RWLOCK_H

#include <linux/spinlock.h>

/* Zero-filled means unlocked. */
typedef struct {
	struct hard_spinlock lock;
	unsigned int nr_nested; /* written by who holds @lock */
} rwlock_t;

/* clang-format off */
#define __RW_LOCK_UNLOCKED(name) { .nr_nested = 0 }
/* clang-format on */
#define DEFINE_RWLOCK(name) rwlock_t name = __RW_LOCK_UNLOCKED(name)

static inline void rwlock_init(rwlock_t *lock)
{
	*lock = (rwlock_t)__RW_LOCK_UNLOCKED(*lock);
}

/**
 * read_lock() - enter a section to read
 * @lock:	the lock; the caller may be a reader already
 *
 * Stage:  any.
 * Blocks: as spin_lock().
 */
void read_lock(rwlock_t *lock);
/* 1 with @lock held, else 0. */
int read_trylock(rwlock_t *lock);
void read_unlock(rwlock_t *lock);

static inline void write_lock(rwlock_t *lock)
{
	spin_lock(&lock->lock);
}

static inline int write_trylock(rwlock_t *lock)
{
	return spin_trylock(&lock->lock);
}

static inline void write_unlock(rwlock_t *lock)
{
	spin_unlock(&lock->lock);
}

#define read_lock_irq(lock)    read_lock(lock)
#define read_unlock_irq(lock)  read_unlock(lock)
#define read_lock_bh(lock)     read_lock(lock)
#define read_unlock_bh(lock)   read_unlock(lock)
#define write_lock_irq(lock)   write_lock(lock)
#define write_unlock_irq(lock) write_unlock(lock)
#define write_lock_bh(lock)    write_lock(lock)
#define write_unlock_bh(lock)  write_unlock(lock)
#define read_lock_irqsave(lock, flags) \
	do {                           \
		read_lock(lock);       \
		(flags) = 0;           \
	} while (0)
#define read_unlock_irqrestore(lock, flags) \
	do {                                \
		(void)(flags);              \
		read_unlock(lock);          \
	} while (0)
#define write_lock_irqsave(lock, flags) \
	do {                            \
		write_lock(lock);       \
		(flags) = 0;            \
	} while (0)
#define write_unlock_irqrestore(lock, flags) \
	do {                                 \
		(void)(flags);               \
		write_unlock(lock);          \
	} while (0)

#endif /* _LINUX_RWLOCK_H */
