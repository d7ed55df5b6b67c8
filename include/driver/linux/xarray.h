/* SPDX-License-Identifier: MIT */
/*
 * Arrays of pointers, or of numbers (xa_mk_value()), with gaps of any size. What
 * is not there is NULL. Each has its own lock, which the calls take, and may be
 * used from several fibers and stages; it is an idr with a lock inside. There are
 * no marks.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_XARRAY_H
#define _LINUX_XARRAY_H

#include <errno.h>
#include <limits.h>
#include <linux/idr.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Zero-filled is a working, empty one. */
struct xarray {
	spinlock_t xa_lock;
	gfp_t xa_flags;
	struct idr idr; /* the core's own */
};

#define XA_FLAGS_LOCK_IRQ ((gfp_t)1) /* makes no difference */
#define XA_FLAGS_LOCK_BH  ((gfp_t)2) /* the same */
#define XA_FLAGS_ALLOC	  ((gfp_t)4) /* for xa_alloc() */
#define XA_FLAGS_ALLOC1	  ((gfp_t)8) /* for xa_alloc(), from 1 on */

struct xa_limit {
	u32 max;
	u32 min;
};

/* clang-format off */
#define XARRAY_INIT(name, flags)       { .xa_flags = (flags) }
#define DEFINE_XARRAY_FLAGS(name, flags) \
	struct xarray name = XARRAY_INIT(name, flags)
#define DEFINE_XARRAY(name)	       DEFINE_XARRAY_FLAGS(name, 0)
#define DEFINE_XARRAY_ALLOC(name)      DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC)
#define DEFINE_XARRAY_ALLOC1(name)     DEFINE_XARRAY_FLAGS(name, XA_FLAGS_ALLOC1)
#define XA_LIMIT(_min, _max)	       (struct xa_limit){ .max = (_max), .min = (_min) }
/* clang-format on */
#define xa_limit_32b XA_LIMIT(0, UINT_MAX)
#define xa_limit_31b XA_LIMIT(0, INT_MAX)
#define xa_limit_16b XA_LIMIT(0, USHRT_MAX)

static inline void xa_init_flags(struct xarray *xa, gfp_t flags)
{
	*xa = (struct xarray)XARRAY_INIT(*xa, flags);
}

static inline void xa_init(struct xarray *xa)
{
	xa_init_flags(xa, 0);
}

#define xa_lock(xa)		   spin_lock(&(xa)->xa_lock)
#define xa_unlock(xa)		   spin_unlock(&(xa)->xa_lock)
#define xa_trylock(xa)		   spin_trylock(&(xa)->xa_lock)
#define xa_lock_irq(xa)		   xa_lock(xa)
#define xa_unlock_irq(xa)	   xa_unlock(xa)
#define xa_lock_bh(xa)		   xa_lock(xa)
#define xa_unlock_bh(xa)	   xa_unlock(xa)
#define xa_lock_irqsave(xa, flags) spin_lock_irqsave(&(xa)->xa_lock, flags)
#define xa_unlock_irqrestore(xa, flags) \
	spin_unlock_irqrestore(&(xa)->xa_lock, flags)

/* A number up to LONG_MAX in place of a pointer, and back. */
static inline void *xa_mk_value(unsigned long v)
{
	return (void *)((v << 1) | 1);
}

static inline unsigned long xa_to_value(const void *entry)
{
	return (unsigned long)entry >> 1;
}

static inline bool xa_is_value(const void *entry)
{
	return (unsigned long)entry & 1;
}

/* An error of xa_store() and kin, which return what was there before. */
static inline void *__xa_mk_err(int err)
{
	return (void *)(((unsigned long)err << 2) | 2);
}

static inline bool xa_is_err(const void *entry)
{
	return ((unsigned long)entry & 3) == 2 &&
	       (unsigned long)entry >= ((unsigned long)-4095 << 2);
}

static inline int xa_err(const void *entry)
{
	return xa_is_err(entry) ? (int)((long)entry >> 2) : 0;
}

/**
 * xa_load() - what is at an index
 * @xa:		the array
 * @index:	where
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: the entry; NULL: nothing
 */
void *xa_load(struct xarray *xa, unsigned long index);

/**
 * xa_store() - put something there
 * @xa:		the array
 * @index:	where
 * @entry:	what; NULL takes away what is there
 * @gfp:	means nothing here
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: what was there before, or an error for xa_err():
 *   -ENOMEM
 */
void *xa_store(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);

/**
 * xa_insert() - put something there if nothing is
 * @xa:		the array
 * @index:	where
 * @entry:	what; NULL: the place is reserved
 * @gfp:	means nothing here
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EBUSY	something is there, or the place is reserved
 *   -ENOMEM
 */
int xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);

/* Put @entry there if @old is: what was there before, or an error as
 * xa_store(). */
void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old, void *entry,
		 gfp_t gfp);

/* Nothing is there from now on: what was. In-band, does not block. */
void *xa_erase(struct xarray *xa, unsigned long index);

/**
 * xa_alloc() - find a place for something
 * @xa:		the array, made with XA_FLAGS_ALLOC or XA_FLAGS_ALLOC1
 * @id:		receives where it is, the lowest free index
 * @entry:	what; NULL: the place is reserved
 * @limit:	XA_LIMIT(min, max), or one of xa_limit_*
 * @gfp:	means nothing here
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EBUSY	there is no place
 *   -EINVAL	the array was not made for it
 *   -ENOMEM
 */
int xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
	     gfp_t gfp);
/* The same from *@next on, where the next one is looked for; 1 where it began
 * again from the lowest. */
int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry,
		    struct xa_limit limit, u32 *next, gfp_t gfp);

/* The first entry at or behind *@index, up to @max, which becomes where it is;
 * NULL: there is none. @filter is XA_PRESENT. Any stage, does not block. */
void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max,
	      unsigned int filter);
/* The same behind *@index. */
void *xa_find_after(struct xarray *xa, unsigned long *index, unsigned long max,
		    unsigned int filter);
#define XA_PRESENT 8U

bool xa_empty(const struct xarray *xa);
/* Nothing is left. In-band, does not block. */
void xa_destroy(struct xarray *xa);

/* The same for who has the lock. */
void *__xa_store(struct xarray *xa, unsigned long index, void *entry,
		 gfp_t gfp);
int __xa_insert(struct xarray *xa, unsigned long index, void *entry, gfp_t gfp);
void *__xa_erase(struct xarray *xa, unsigned long index);
int __xa_alloc(struct xarray *xa, u32 *id, void *entry, struct xa_limit limit,
	       gfp_t gfp);

#define xa_reserve(xa, index, gfp)	    __xa_reserve(xa, index, gfp)
#define xa_store_irq(xa, index, entry, gfp) xa_store(xa, index, entry, gfp)
#define xa_store_bh(xa, index, entry, gfp)  xa_store(xa, index, entry, gfp)
#define xa_erase_irq(xa, index)		    xa_erase(xa, index)
#define xa_erase_bh(xa, index)		    xa_erase(xa, index)

/* Have a place that something can be put in later: 0, -ENOMEM. */
static inline int __xa_reserve(struct xarray *xa, unsigned long index,
			       gfp_t gfp)
{
	int ret = xa_insert(xa, index, NULL, gfp);

	return ret == -EBUSY ? 0 : ret;
}

/* It is not needed, unless something has been put there. */
static inline void xa_release(struct xarray *xa, unsigned long index)
{
	xa_cmpxchg(xa, index, NULL, NULL, 0);
}

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): variables to be assigned */
/* The body may erase what it gets, and sleep. */
#define xa_for_each_range(xa, index, entry, start, last)		\
	for (index = (start),						\
	     entry = xa_find(xa, &(index), last, XA_PRESENT);		\
	     entry;							\
	     entry = xa_find_after(xa, &(index), last, XA_PRESENT))
#define xa_for_each_start(xa, index, entry, start) \
	xa_for_each_range(xa, index, entry, start, ULONG_MAX)
#define xa_for_each(xa, index, entry) \
	xa_for_each_start(xa, index, entry, 0)
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

#endif /* _LINUX_XARRAY_H */
