/* SPDX-License-Identifier: MIT */
/*
 * Numbers for things: idr has a pointer for each, ida the number alone. What is
 * handed out is the lowest that is free. An ida has its own lock; who uses an
 * idr from several fibers or stages provides one.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_IDR_H
#define _LINUX_IDR_H

#include <errno.h>
#include <linux/compiler.h>
#include <linux/gfp.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Zero-filled is a working, empty one. */
struct idr {
	void *chunks; /* the core's own, as all below */
	unsigned int base;
	unsigned int next; /* of idr_alloc_cyclic() */
};

/* clang-format off */
#define IDR_INIT(name)	     { .base = 0 }
#define IDR_INIT_BASE(name, b) { .base = (b) }
/* clang-format on */
#define DEFINE_IDR(name) struct idr name = IDR_INIT(name)

static inline void idr_init_base(struct idr *idr, int base)
{
	*idr = (struct idr){ .base = (unsigned int)base };
}

static inline void idr_init(struct idr *idr)
{
	idr_init_base(idr, 0);
}

/**
 * idr_alloc() - find a number for something
 * @idr:	the numbers
 * @ptr:	what it is for; may be NULL
 * @start:	the lowest number
 * @end:	above the highest; 0 or less: any
 * @gfp:	means nothing here
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: the number, or
 *   -ENOSPC	none is free
 *   -EINVAL	@start is negative
 *   -ENOMEM
 */
int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);
/* The same, after the last one that was handed out so. */
int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end, gfp_t gfp);
/* The same from *@nextid to @max, which goes with it; 0 with *@nextid set. */
int idr_alloc_u32(struct idr *idr, void *ptr, u32 *nextid, unsigned long max,
		  gfp_t gfp);

/* What the number is for; NULL: nothing. Any stage, does not block. */
void *idr_find(const struct idr *idr, unsigned long id);
/* Have it be for something else: what it was for, or ERR_PTR(-ENOENT). */
void *idr_replace(struct idr *idr, void *ptr, unsigned long id);
/* The number is free again: what it was for. In-band, does not block. */
void *idr_remove(struct idr *idr, unsigned long id);

/* All of them with a pointer, by number, until @fn is not 0, which is returned.
 * @fn may remove the one it is called with. */
int idr_for_each(const struct idr *idr, int (*fn)(int id, void *p, void *data),
		 void *data);
/* The first with a pointer from *@nextid on, which becomes its number; NULL:
 * there is none. */
void *idr_get_next(struct idr *idr, int *nextid);
bool idr_is_empty(const struct idr *idr);
/* All numbers are free, and the memory given back. In-band, does not block. */
void idr_destroy(struct idr *idr);

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): variables to be assigned */
#define idr_for_each_entry(idr, entry, id)				\
	for (id = 0; ((entry) = idr_get_next(idr, &(id))) != NULL; id += 1)
#define idr_for_each_entry_continue(idr, entry, id)			\
	for ((entry) = idr_get_next(idr, &(id)); (entry);		\
	     id += 1, (entry) = idr_get_next(idr, &(id)))
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

/* There is nothing to be prepared. */
static inline void idr_preload(gfp_t gfp)
{
	(void)gfp;
}

static inline void idr_preload_end(void)
{
}

/* Zero-filled is a working, empty one. */
struct ida {
	struct idr idr; /* the core's own, as what follows */
	spinlock_t lock;
};

/* clang-format off */
#define IDA_INIT(name) { .idr = IDR_INIT((name).idr) }
/* clang-format on */
#define DEFINE_IDA(name) struct ida name = IDA_INIT(name)

static inline void ida_init(struct ida *ida)
{
	*ida = (struct ida)IDA_INIT(*ida);
}

/* A number from @min to @max, or -ENOSPC, -ENOMEM. In-band, does not block. */
int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max,
		    gfp_t gfp);
/* One which was handed out. In-band, does not block. */
void ida_free(struct ida *ida, unsigned int id);
void ida_destroy(struct ida *ida);

#define ida_alloc(ida, gfp)	     ida_alloc_range(ida, 0, ~0U >> 1, gfp)
#define ida_alloc_min(ida, min, gfp) ida_alloc_range(ida, min, ~0U >> 1, gfp)
#define ida_alloc_max(ida, max, gfp) ida_alloc_range(ida, 0, max, gfp)
#define ida_is_empty(ida)	     idr_is_empty(&(ida)->idr)
/* @end is above the highest; 0: any. */
#define ida_simple_get(ida, start, end, gfp) \
	ida_alloc_range(ida, start, (unsigned int)(end)-1, gfp)
#define ida_simple_remove(ida, id) ida_free(ida, id)

#endif /* _LINUX_IDR_H */
