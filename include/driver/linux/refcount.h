/* SPDX-License-Identifier: MIT */
/*
 * Counts of references. One that would wrap, or come back from 0, is said so in
 * the log and stays where it does no harm. Any stage; none blocks.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_REFCOUNT_H
#define _LINUX_REFCOUNT_H

#include <linux/atomic.h>
#include <linux/bug.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

typedef struct refcount_struct {
	atomic_t refs;
} refcount_t;

/* clang-format off */
#define REFCOUNT_INIT(n)   { .refs = ATOMIC_INIT(n) }
/* clang-format on */
#define REFCOUNT_SATURATED (-0x40000000)

static inline void refcount_set(refcount_t *r, int n)
{
	atomic_set(&r->refs, n);
}

static inline unsigned int refcount_read(const refcount_t *r)
{
	return (unsigned int)atomic_read(&r->refs);
}

/* Add @n unless it is 0; false if so. */
static inline bool refcount_add_not_zero(int n, refcount_t *r)
{
	int old = atomic_read(&r->refs);

	do {
		if (old == 0)
			return false;
		if (WARN_ONCE(old < 0 || old + n < 0, "saturated\n")) {
			atomic_set(&r->refs, REFCOUNT_SATURATED);
			return true;
		}
	} while (!atomic_try_cmpxchg(&r->refs, &old, old + n));

	return true;
}

static inline bool refcount_inc_not_zero(refcount_t *r)
{
	return refcount_add_not_zero(1, r);
}

static inline void refcount_add(int n, refcount_t *r)
{
	if (!refcount_add_not_zero(n, r))
		WARN_ONCE(true, "a reference to what has none\n");
}

static inline void refcount_inc(refcount_t *r)
{
	refcount_add(1, r);
}

/* True: it was the last one. What was done with each is done before. */
static inline bool refcount_sub_and_test(int n, refcount_t *r)
{
	int old = atomic_read(&r->refs);

	do {
		if (WARN_ONCE(old < n,
			      "one reference too many was dropped\n")) {
			atomic_set(&r->refs, REFCOUNT_SATURATED);
			return false;
		}
	} while (!atomic_try_cmpxchg(&r->refs, &old, old - n));

	return old == n;
}

static inline bool refcount_dec_and_test(refcount_t *r)
{
	return refcount_sub_and_test(1, r);
}

static inline void refcount_dec(refcount_t *r)
{
	(void)WARN_ONCE(refcount_dec_and_test(r),
			"the last one, left behind\n");
}

/* Unless it is 1. */
static inline bool refcount_dec_not_one(refcount_t *r)
{
	int old = atomic_read(&r->refs);

	do {
		if (old == 1)
			return false;
		if (WARN_ONCE(old < 1, "one reference too many was dropped\n"))
			return true;
	} while (!atomic_try_cmpxchg(&r->refs, &old, old - 1));

	return true;
}

static inline bool refcount_dec_if_one(refcount_t *r)
{
	int one = 1;

	return atomic_try_cmpxchg(&r->refs, &one, 0);
}

/* The last one is dropped with @lock held, which is still so on return. */
static inline bool refcount_dec_and_mutex_lock(refcount_t *r,
					       struct mutex *lock)
{
	if (refcount_dec_not_one(r))
		return false;

	mutex_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	mutex_unlock(lock);

	return false;
}

static inline bool refcount_dec_and_lock(refcount_t *r, spinlock_t *lock)
{
	if (refcount_dec_not_one(r))
		return false;

	spin_lock(lock);
	if (refcount_dec_and_test(r))
		return true;
	spin_unlock(lock);

	return false;
}

#endif /* _LINUX_REFCOUNT_H */
