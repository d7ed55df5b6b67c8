/* SPDX-License-Identifier: MIT */
#include "core/pool.h"

#include "base/error.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BLOCKS 256u		/* made at a time */
#define LOW_WATER    (CHUNK_BLOCKS / 2) /* when to make more */
#define SLICE_BLOCKS 32u		/* moved under the lock at a time */

struct pool_chunk {
	struct pool_chunk *next;
	_Alignas(max_align_t) char blocks[];
};

/* In-band. The pages are touched here, so that no worker has to. */
static int add_chunk(struct pool *pool, unsigned int count)
{
	struct pool_chunk *chunk;
	struct list_head blocks;

	chunk = malloc(sizeof(*chunk) + count * pool->block_size);
	if (chunk == NULL)
		return -ENOMEM;

	chunk->next = pool->chunks;
	pool->chunks = chunk;
	memset(chunk->blocks, 0, count * pool->block_size);
	INIT_LIST_HEAD(&blocks);
	for (unsigned int i = 0; i < count; i++)
		list_add_tail((void *)(chunk->blocks + i * pool->block_size),
			      &blocks);

	pi_lock(&pool->wq.lock);
	list_splice_tail_init(&blocks, &pool->free);
	pool->nr_free += count;
	pool->nr_blocks += count;
	pi_unlock(&pool->wq.lock);

	return 0;
}

/* How many are missing now, as far as there may be more. */
static unsigned int shortage(struct pool *pool)
{
	unsigned int wanted, room;

	pi_lock(&pool->wq.lock);
	wanted = LOW_WATER + pool->demand;
	wanted = wanted > pool->nr_free ? wanted - pool->nr_free : 0;
	room = pool->max_blocks - pool->nr_blocks;
	pi_unlock(&pool->wq.lock);

	return wanted < room ? wanted : room;
}

static void refill(struct irq_work *work)
{
	struct pool *pool = container_of(work, struct pool, refill);
	unsigned int missing, room;
	int ret = 0;

	while (ret == 0 && (missing = shortage(pool)) > 0) {
		room = pool->max_blocks - pool->nr_blocks;
		if (missing < CHUNK_BLOCKS)
			missing = CHUNK_BLOCKS;
		ret = add_chunk(pool, missing < room ? missing : room);
	}

	/* They look again, and find enough, the limit, or others gone ahead. */
	pi_lock(&pool->wq.lock);
	pool->demand = 0;
	wait_queue_flush_locked(&pool->wq, ret);
	pi_unlock(&pool->wq.lock);
}

int pool_init(struct pool *pool, size_t block_size, unsigned int max_blocks)
{
	const size_t align = _Alignof(max_align_t);

	*pool = (struct pool){
		.block_size = (block_size + align - 1) & ~(align - 1),
		.max_blocks = max_blocks,
		.share.limit = max_blocks,
	};
	wait_queue_init(&pool->wq, WAIT_PRIO);
	INIT_LIST_HEAD(&pool->free);
	init_irq_work(&pool->refill, refill);
	if (add_chunk(pool,
		      max_blocks < CHUNK_BLOCKS ? max_blocks : CHUNK_BLOCKS))
		return err_origin(-ENOMEM);

	return 0;
}

void pool_deinit(struct pool *pool)
{
	struct pool_chunk *chunk;

	while ((chunk = pool->chunks)) {
		pool->chunks = chunk->next;
		free(chunk);
	}

	/* A refill which is on its way finds nothing to do. */
	INIT_LIST_HEAD(&pool->free);
	pool->nr_free = pool->nr_blocks = pool->max_blocks = 0;
}

/* Until @count are free: 0, or -errno. Locked. */
static int await_blocks(struct pool *pool, unsigned int count)
{
	int ret = 0;

	while (ret == 0 && pool->nr_free < count) {
		if (count > pool->max_blocks - pool->nr_blocks + pool->nr_free)
			return -ENOMEM;
		pool->demand += count;
		irq_work_queue(&pool->refill);
		ret = wait_queue_sleep(&pool->wq, DEADLINE_NONE);
	}

	return ret;
}

/* @count blocks are there for the caller alone: 0, or -errno. Locked. */
static int reserve(struct pool *pool, uid_t uid, unsigned int count)
{
	int ret;

	if (!share_take_some(&pool->share, uid, count))
		return -EDQUOT;

	ret = await_blocks(pool, count);
	if (ret)
		share_give_some(&pool->share, uid, count);
	else
		pool->nr_free -= count;

	return ret;
}

/* The lock is taken often rather than held for long. */
static void move_reserved(struct pool *pool, unsigned int count,
			  struct list_head *list)
{
	while (count) {
		pi_lock(&pool->wq.lock);
		for (unsigned int i = 0; i < SLICE_BLOCKS && count; i++) {
			list_move_tail(pool->free.next, list);
			count--;
		}
		pi_unlock(&pool->wq.lock);
	}
}

int pool_take(struct pool *pool, uid_t uid, unsigned int count,
	      struct list_head *list)
{
	bool low;
	int ret;

	pi_lock(&pool->wq.lock);
	ret = reserve(pool, uid, count);
	low = pool->nr_free < LOW_WATER && pool->nr_blocks < pool->max_blocks;
	pi_unlock(&pool->wq.lock);
	if (ret)
		return ret;

	if (low)
		irq_work_queue(&pool->refill);
	move_reserved(pool, count, list);

	return 0;
}

void pool_give(struct pool *pool, uid_t uid, unsigned int count,
	       struct list_head *list)
{
	pi_lock(&pool->wq.lock);
	share_give_some(&pool->share, uid, count);
	list_splice_tail_init(list, &pool->free);
	pool->nr_free += count;
	pi_unlock(&pool->wq.lock);
}
