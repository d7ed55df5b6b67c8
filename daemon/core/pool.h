/* SPDX-License-Identifier: MIT */
/*
 * Blocks of one size for out-of-band code, which must not allocate: whoever
 * needs some takes them from what is there. The in-band stage makes more when
 * few are left, up to a limit; who needs more than is there waits for it. What
 * was made is kept until the end.
 *
 * Made and freed in-band.
 */
#pragma once

#include "base/share.h"
#include "stage/wait.h"

#include <linux/irq_work.h>
#include <linux/list.h>
#include <stddef.h>

/* What each block begins with, while it is in the pool or on the way. */
struct pool_block {
	struct list_head link;
};

struct pool {
	struct wait_queue wq;  /* who waits for more; its lock is the pool's */
	struct list_head free; /* struct pool_block */
	unsigned int nr_free;  /* of them, those nobody is about to take */
	unsigned int nr_blocks, max_blocks;
	unsigned int demand; /* of those who wait */
	struct share share;  /* how many each user has */
	size_t block_size;
	struct pool_chunk *chunks; /* in-band, owned */
	struct irq_work refill;
};

/* -ENOMEM. */
int pool_init(struct pool *pool, size_t block_size, unsigned int max_blocks);
/* Every block must be back, or never looked at again. */
void pool_deinit(struct pool *pool);

/*
 * Append @count blocks to @list, all or none, on behalf of user @uid. What is
 * in them is undefined.
 *
 * Stage: any, from a fiber. Blocks: if so many are not there yet, until
 * in-band has made them.
 * Return: 0, -ENOMEM at the limit or without memory, -EDQUOT: the user has its
 * share (base/share.h), -EINTR.
 */
int pool_take(struct pool *pool, uid_t uid, unsigned int count,
	      struct list_head *list);
/* Take back all of @list, which has @count that @uid took. Any stage. */
void pool_give(struct pool *pool, uid_t uid, unsigned int count,
	       struct list_head *list);
