/* SPDX-License-Identifier: MIT */
/*
 * Memory for out-of-band code: heaps which have all they will ever have from
 * the start. The core's own is locked and touched, 2 MiB for all drivers.
 *
 * What is asked for is rounded up: to 16, 32, 64, 128 or 256 bytes or, above, to
 * a multiple of 512. Blocks begin at multiples of 16.
 *
 * Source: driver-api 2.15
 */
#ifndef _EVL_MEMORY_H
#define _EVL_MEMORY_H

#include <evl/prelude.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <sys/types.h>

#define EVL_HEAP_NR_BUCKETS 5

struct evl_heap {
	/* The core's own: */
	hard_spinlock_t lock;
	unsigned int nr_pages;
	char *membase;
	void *pages;   /* owned: what each page is used for */
	void *extents; /* free ones, by size */
	size_t used;   /* in bytes */
	u32 buckets[EVL_HEAP_NR_BUCKETS]; /* pages with small blocks free */
};

extern struct evl_heap evl_system_heap;

/**
 * evl_alloc() - allocate memory from the core's heap
 * @size:	in bytes
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: the memory, not zeroed; NULL if there is none, or @size is 0;
 *	   evl_free() it
 */
void *evl_alloc(size_t size);

/**
 * evl_free() - give memory back
 * @ptr:	from evl_alloc(); anything else is told in the log, and left alone
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_free(void *ptr);

/**
 * evl_alloc_chunk() - allocate memory from a heap
 * @heap:	the heap
 * @size:	in bytes
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: as evl_alloc()
 */
void *evl_alloc_chunk(struct evl_heap *heap, size_t size);
/* The same, zeroed. */
void *evl_zalloc_chunk(struct evl_heap *heap, u32 size);

/**
 * evl_free_chunk() - give memory back to its heap
 * @heap:	the heap
 * @block:	from it; anything else is told in the log, and left alone
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_free_chunk(struct evl_heap *heap, void *block);

/**
 * evl_check_chunk() - is that a block of a heap's?
 * @heap:	the heap
 * @block:	the address
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: its size in bytes, or -EINVAL
 */
ssize_t evl_check_chunk(struct evl_heap *heap, void *block);

/**
 * evl_init_heap() - make a heap of some memory
 * @heap:	the heap
 * @membase:	the memory, at a multiple of 16
 * @size:	of it, a multiple of the page size, below 4 GiB
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	there is no such heap
 *   -ENOMEM	for the notes about it
 */
int evl_init_heap(struct evl_heap *heap, void *membase, size_t size);

/**
 * evl_destroy_heap() - be done with a heap
 * @heap:	the heap; its memory is the caller's again
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void evl_destroy_heap(struct evl_heap *heap);

/* All in bytes, any stage, none blocks. */
size_t evl_get_heap_size(const struct evl_heap *heap);
size_t evl_get_heap_free(struct evl_heap *heap);

static inline void *evl_get_heap_base(const struct evl_heap *heap)
{
	return heap->membase;
}

#endif /* _EVL_MEMORY_H */
