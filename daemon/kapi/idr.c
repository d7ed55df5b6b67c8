/* SPDX-License-Identifier: MIT */
/*
 * The numbers of <linux/idr.h>, in chunks of consecutive ones: which of them are
 * taken, and what they are for. A tree has those chunks which have been needed.
 */
#include "kapi/idr.h"

#include "kapi/export.h"

#include <bsd/sys/cdefs.h>
#include <bsd/sys/tree.h>
#include <limits.h>
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <stdlib.h>

#define CHUNK 256 /* numbers */

struct chunk {
	RB_ENTRY(chunk) entry;
	unsigned long first; /* a multiple of CHUNK */
	unsigned int nr_taken;
	DECLARE_BITMAP(taken, CHUNK);
	void *ptrs[CHUNK];
};

RB_HEAD(chunk_tree, chunk);

static int compare(const struct chunk *a, const struct chunk *b)
{
	return a->first < b->first ? -1 : a->first > b->first;
}

/* libbsd's macro wants it, its headers no longer define it. */
#define __unused __attribute__((unused))
RB_GENERATE_STATIC(chunk_tree, chunk, entry, compare)

static_assert(sizeof(struct chunk_tree) == sizeof(void *),
	      "an idr embeds the tree");

static struct chunk_tree *tree_of(const struct idr *idr)
{
	return (struct chunk_tree *)(void *)&idr->chunks;
}

static struct chunk *find_chunk(const struct idr *idr, unsigned long id)
{
	struct chunk key;

	key.first = id - id % CHUNK;

	return RB_FIND(chunk_tree, tree_of(idr), &key);
}

/* That of @id, or the next one. */
static struct chunk *chunk_from(const struct idr *idr, unsigned long id)
{
	struct chunk key;

	key.first = id - id % CHUNK;

	return RB_NFIND(chunk_tree, tree_of(idr), &key);
}

static bool is_taken(const struct chunk *chunk, unsigned long id)
{
	return chunk && test_bit((long)(id % CHUNK), chunk->taken);
}

/* The lowest free one from @id on, wherever that is. */
static unsigned long first_free(const struct idr *idr, unsigned long id)
{
	struct chunk *chunk = chunk_from(idr, id);
	unsigned long bit;

	/* Chunks without a gap, one behind the other. */
	while (chunk && chunk->first <= id) {
		bit = find_next_zero_bit(chunk->taken, CHUNK,
					 id - chunk->first);
		id = chunk->first + bit;
		if (bit < CHUNK)
			break;
		chunk = RB_NEXT(chunk_tree, tree_of(idr), chunk);
	}

	return id;
}

static struct chunk *make_chunk(struct idr *idr, unsigned long id)
{
	struct chunk *chunk = find_chunk(idr, id);

	if (chunk)
		return chunk;
	chunk = calloc(1, sizeof(*chunk));
	if (chunk) {
		chunk->first = id - id % CHUNK;
		RB_INSERT(chunk_tree, tree_of(idr), chunk);
	}

	return chunk;
}

int idr_put(struct idr *idr, void *ptr, unsigned long id)
{
	struct chunk *chunk = make_chunk(idr, id);

	if (chunk == NULL)
		return -ENOMEM;

	if (!__test_and_set_bit((long)(id % CHUNK), chunk->taken))
		chunk->nr_taken++;
	chunk->ptrs[id % CHUNK] = ptr;

	return 0;
}

int idr_take(struct idr *idr, void *ptr, unsigned long min, unsigned long max,
	     unsigned long *r_id)
{
	unsigned long id = first_free(idr, min);
	int ret;

	/* It wraps where none is free up to the end. */
	if (id > max || id < min)
		return -ENOSPC;
	ret = idr_put(idr, ptr, id);
	if (ret == 0)
		*r_id = id;

	return ret;
}

bool idr_has(const struct idr *idr, unsigned long id)
{
	return is_taken(find_chunk(idr, id), id);
}

EXPORT int idr_alloc_u32(struct idr *idr, void *ptr, u32 *nextid,
			 unsigned long max, gfp_t gfp)
{
	unsigned long min = *nextid < idr->base ? idr->base : *nextid, id;
	int ret;

	(void)gfp;
	ret = idr_take(idr, ptr, min, max < U32_MAX ? max : U32_MAX, &id);
	if (ret == 0)
		*nextid = (u32)id;

	return ret;
}

EXPORT int idr_alloc(struct idr *idr, void *ptr, int start, int end, gfp_t gfp)
{
	u32 id = (u32)start;
	int ret;

	if (start < 0)
		return -EINVAL;
	ret = idr_alloc_u32(idr, ptr, &id,
			    end > 0 ? (unsigned long)end - 1 : INT_MAX, gfp);

	return ret ? ret : (int)id;
}

EXPORT int idr_alloc_cyclic(struct idr *idr, void *ptr, int start, int end,
			    gfp_t gfp)
{
	int from = (int)idr->next > start ? (int)idr->next : start;
	int ret = idr_alloc(idr, ptr, from, end, gfp);

	if (ret == -ENOSPC && from > start)
		ret = idr_alloc(idr, ptr, start, end, gfp);
	if (ret >= 0)
		idr->next = (unsigned int)ret + 1;

	return ret;
}

EXPORT void *idr_find(const struct idr *idr, unsigned long id)
{
	const struct chunk *chunk = find_chunk(idr, id);

	return is_taken(chunk, id) ? chunk->ptrs[id % CHUNK] : NULL;
}

EXPORT void *idr_replace(struct idr *idr, void *ptr, unsigned long id)
{
	struct chunk *chunk = find_chunk(idr, id);
	void *was;

	if (!is_taken(chunk, id))
		return ERR_PTR(-ENOENT);

	was = chunk->ptrs[id % CHUNK];
	chunk->ptrs[id % CHUNK] = ptr;

	return was;
}

EXPORT void *idr_remove(struct idr *idr, unsigned long id)
{
	struct chunk *chunk = find_chunk(idr, id);
	void *was;

	if (!is_taken(chunk, id))
		return NULL;

	was = chunk->ptrs[id % CHUNK];
	chunk->ptrs[id % CHUNK] = NULL;
	__clear_bit((long)(id % CHUNK), chunk->taken);
	if (--chunk->nr_taken == 0) {
		RB_REMOVE(chunk_tree, tree_of(idr), chunk);
		free(chunk);
	}

	return was;
}

void *idr_next(const struct idr *idr, unsigned long *id)
{
	struct chunk *chunk = find_chunk(idr, *id);
	unsigned long bit = *id % CHUNK;

	if (chunk == NULL) {
		chunk = chunk_from(idr, *id);
		bit = 0;
	}
	for (; chunk; chunk = RB_NEXT(chunk_tree, tree_of(idr), chunk)) {
		for (; bit < CHUNK; bit++) {
			if (chunk->ptrs[bit]) {
				*id = chunk->first + bit;
				return chunk->ptrs[bit];
			}
		}
		bit = 0;
	}

	return NULL;
}

EXPORT void *idr_get_next(struct idr *idr, int *nextid)
{
	unsigned long id = (unsigned long)*nextid;
	void *ptr = idr_next(idr, &id);

	if (ptr)
		*nextid = (int)id;

	return ptr;
}

EXPORT int idr_for_each(const struct idr *idr,
			int (*fn)(int id, void *p, void *data), void *data)
{
	void *ptr;
	int id, ret;

	idr_for_each_entry((struct idr *)idr, ptr, id) {
		ret = fn(id, ptr, data);
		if (ret)
			return ret;
	}

	return 0;
}

EXPORT bool idr_is_empty(const struct idr *idr)
{
	return RB_EMPTY(tree_of(idr));
}

EXPORT void idr_destroy(struct idr *idr)
{
	struct chunk *chunk;

	while ((chunk = RB_ROOT(tree_of(idr)))) {
		RB_REMOVE(chunk_tree, tree_of(idr), chunk);
		free(chunk);
	}
}

EXPORT int ida_alloc_range(struct ida *ida, unsigned int min, unsigned int max,
			   gfp_t gfp)
{
	u32 id = min;
	int ret;

	if (max > INT_MAX)
		max = INT_MAX;
	spin_lock(&ida->lock);
	ret = idr_alloc_u32(&ida->idr, NULL, &id, max, gfp);
	spin_unlock(&ida->lock);

	return ret ? ret : (int)id;
}

EXPORT void ida_free(struct ida *ida, unsigned int id)
{
	spin_lock(&ida->lock);
	(void)idr_remove(&ida->idr, id);
	spin_unlock(&ida->lock);
}

EXPORT void ida_destroy(struct ida *ida)
{
	spin_lock(&ida->lock);
	idr_destroy(&ida->idr);
	spin_unlock(&ida->lock);
}
