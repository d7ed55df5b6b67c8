/* SPDX-License-Identifier: MIT */
#include <linux/xarray.h>

#include "kapi/export.h"
#include "kapi/idr.h"
#include "kapi/spinlock.h"

EXPORT void *xa_load(struct xarray *xa, unsigned long index)
{
	void *entry;

	spinlock_take(&xa->xa_lock);
	entry = idr_find(&xa->idr, index);
	spinlock_drop(&xa->xa_lock);

	return entry;
}

EXPORT void *__xa_store(struct xarray *xa, unsigned long index, void *entry,
			gfp_t gfp)
{
	void *was = idr_find(&xa->idr, index);
	int ret;

	(void)gfp;
	if (entry == NULL)
		return idr_remove(&xa->idr, index);
	ret = idr_put(&xa->idr, entry, index);

	return ret ? __xa_mk_err(ret) : was;
}

EXPORT int __xa_insert(struct xarray *xa, unsigned long index, void *entry,
		       gfp_t gfp)
{
	(void)gfp;
	if (idr_has(&xa->idr, index))
		return -EBUSY;

	return idr_put(&xa->idr, entry, index);
}

EXPORT void *__xa_erase(struct xarray *xa, unsigned long index)
{
	return idr_remove(&xa->idr, index);
}

/* The lowest place there may be. */
static u32 lowest(const struct xarray *xa, struct xa_limit limit)
{
	return limit.min == 0 && xa->xa_flags & XA_FLAGS_ALLOC1 ? 1 : limit.min;
}

EXPORT int __xa_alloc(struct xarray *xa, u32 *id, void *entry,
		      struct xa_limit limit, gfp_t gfp)
{
	unsigned long index;
	int ret;

	(void)gfp;
	if ((xa->xa_flags & (XA_FLAGS_ALLOC | XA_FLAGS_ALLOC1)) == 0)
		return -EINVAL;
	ret = idr_take(&xa->idr, entry, lowest(xa, limit), limit.max, &index);
	if (ret == 0)
		*id = (u32)index;

	return ret == -ENOSPC ? -EBUSY : ret;
}

EXPORT void *xa_store(struct xarray *xa, unsigned long index, void *entry,
		      gfp_t gfp)
{
	void *was;

	spinlock_take(&xa->xa_lock);
	was = __xa_store(xa, index, entry, gfp);
	spinlock_drop(&xa->xa_lock);

	return was;
}

EXPORT int xa_insert(struct xarray *xa, unsigned long index, void *entry,
		     gfp_t gfp)
{
	int ret;

	spinlock_take(&xa->xa_lock);
	ret = __xa_insert(xa, index, entry, gfp);
	spinlock_drop(&xa->xa_lock);

	return ret;
}

EXPORT void *xa_cmpxchg(struct xarray *xa, unsigned long index, void *old,
			void *entry, gfp_t gfp)
{
	void *was;

	spinlock_take(&xa->xa_lock);
	was = idr_find(&xa->idr, index);
	if (was == old)
		was = __xa_store(xa, index, entry, gfp);
	spinlock_drop(&xa->xa_lock);

	return was;
}

EXPORT void *xa_erase(struct xarray *xa, unsigned long index)
{
	void *was;

	spinlock_take(&xa->xa_lock);
	was = __xa_erase(xa, index);
	spinlock_drop(&xa->xa_lock);

	return was;
}

EXPORT int xa_alloc(struct xarray *xa, u32 *id, void *entry,
		    struct xa_limit limit, gfp_t gfp)
{
	int ret;

	spinlock_take(&xa->xa_lock);
	ret = __xa_alloc(xa, id, entry, limit, gfp);
	spinlock_drop(&xa->xa_lock);

	return ret;
}

EXPORT int xa_alloc_cyclic(struct xarray *xa, u32 *id, void *entry,
			   struct xa_limit limit, u32 *next, gfp_t gfp)
{
	struct xa_limit rest = limit;
	bool again = false;
	int ret;

	if (*next > limit.min)
		rest.min = *next;
	spinlock_take(&xa->xa_lock);
	ret = __xa_alloc(xa, id, entry, rest, gfp);
	if (ret == -EBUSY && rest.min > limit.min) {
		ret = __xa_alloc(xa, id, entry, limit, gfp);
		again = ret == 0;
	}
	if (ret == 0)
		*next = *id + 1;
	spinlock_drop(&xa->xa_lock);

	return again ? 1 : ret;
}

EXPORT void *xa_find(struct xarray *xa, unsigned long *index, unsigned long max,
		     unsigned int filter)
{
	unsigned long found = *index;
	void *entry;

	(void)filter;
	spinlock_take(&xa->xa_lock);
	entry = idr_next(&xa->idr, &found);
	spinlock_drop(&xa->xa_lock);
	if (entry == NULL || found > max)
		return NULL;
	*index = found;

	return entry;
}

EXPORT void *xa_find_after(struct xarray *xa, unsigned long *index,
			   unsigned long max, unsigned int filter)
{
	unsigned long from = *index + 1;
	void *entry;

	if (from == 0)
		return NULL;
	entry = xa_find(xa, &from, max, filter);
	if (entry)
		*index = from;

	return entry;
}

EXPORT bool xa_empty(const struct xarray *xa)
{
	return idr_is_empty(&xa->idr);
}

EXPORT void xa_destroy(struct xarray *xa)
{
	spinlock_take(&xa->xa_lock);
	idr_destroy(&xa->idr);
	spinlock_drop(&xa->xa_lock);
}
