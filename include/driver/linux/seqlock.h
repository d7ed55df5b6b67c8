/* SPDX-License-Identifier: MIT */
/*
 * Data which readers copy without a lock, and copy again if a writer came in
 * between. A reader who meets a writer at work waits for it, lending it its
 * priority where there is a lock to do it by.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_SEQLOCK_H
#define _LINUX_SEQLOCK_H

#include <asm/barrier.h>
#include <linux/spinlock.h>
#include <linux/types.h>

typedef struct seqcount {
	unsigned int sequence; /* odd: a writer is at work */
} seqcount_t;

typedef struct {
	seqcount_t seqcount;
	spinlock_t lock; /* writers */
} seqlock_t;

/* clang-format off */
#define SEQCNT_ZERO(name)	    { .sequence = 0 }
#define __SEQLOCK_UNLOCKED(name)    { .seqcount = SEQCNT_ZERO(name) }
/* clang-format on */
#define DEFINE_SEQLOCK(name) seqlock_t name = __SEQLOCK_UNLOCKED(name)

static inline void seqcount_init(seqcount_t *s)
{
	s->sequence = 0;
}

static inline void seqlock_init(seqlock_t *sl)
{
	*sl = (seqlock_t)__SEQLOCK_UNLOCKED(*sl);
}

/* Let the writer, whoever that is, have the CPU. Any stage. */
void __seqcount_wait(void);

/**
 * read_seqcount_begin() - begin to copy
 * @s:		the count
 *
 * Stage:  any.
 * Blocks: while a writer is at work: milliseconds, if it is not on a CPU.
 *
 * Return: what to ask read_seqcount_retry() with
 */
static inline unsigned int read_seqcount_begin(const seqcount_t *s)
{
	unsigned int seq;

	/* Acquire: pairs with write_seqcount_end(). */
	while ((seq = __atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE)) & 1)
		__seqcount_wait();

	return seq;
}

/* Was it changed meanwhile? Then what was copied is worth nothing. */
static inline int read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	smp_rmb(); /* what was copied comes before the look */

	return __atomic_load_n(&s->sequence, __ATOMIC_RELAXED) != start;
}

/* Around a change, by one writer at a time. */
static inline void write_seqcount_begin(seqcount_t *s)
{
	/* Relaxed: we alone write it. */
	__atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELAXED);
	smp_wmb(); /* before what is changed */
}

static inline void write_seqcount_end(seqcount_t *s)
{
	/* Release: what was changed, to read_seqcount_begin(). */
	__atomic_store_n(&s->sequence, s->sequence + 1, __ATOMIC_RELEASE);
}

static inline unsigned int read_seqbegin(seqlock_t *sl)
{
	unsigned int seq;

	/* Acquire: as above. */
	while ((seq = __atomic_load_n(&sl->seqcount.sequence,
				      __ATOMIC_ACQUIRE)) &
	       1) {
		spin_lock(&sl->lock);
		spin_unlock(&sl->lock);
	}

	return seq;
}

static inline int read_seqretry(const seqlock_t *sl, unsigned int start)
{
	return read_seqcount_retry(&sl->seqcount, start);
}

static inline void write_seqlock(seqlock_t *sl)
{
	spin_lock(&sl->lock);
	write_seqcount_begin(&sl->seqcount);
}

static inline void write_sequnlock(seqlock_t *sl)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock(&sl->lock);
}

/* To read with writers kept out. */
static inline void read_seqlock_excl(seqlock_t *sl)
{
	spin_lock(&sl->lock);
}

static inline void read_sequnlock_excl(seqlock_t *sl)
{
	spin_unlock(&sl->lock);
}

#define write_seqlock_irq(sl)	write_seqlock(sl)
#define write_sequnlock_irq(sl) write_sequnlock(sl)
#define write_seqlock_irqsave(sl, flags) \
	do {                             \
		write_seqlock(sl);       \
		(flags) = 0;             \
	} while (0)
#define write_sequnlock_irqrestore(sl, flags) \
	do {                                  \
		(void)(flags);                \
		write_sequnlock(sl);          \
	} while (0)

#endif /* _LINUX_SEQLOCK_H */
