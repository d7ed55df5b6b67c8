/* SPDX-License-Identifier: MIT */
/*
 * The heaps of <evl/memory.h>. A heap is cut in pages of 512 bytes. Each is part
 * of a free extent, or of a large block, or has small blocks of one size. What
 * a page is used for stands in a table beside the memory, so that no address is
 * taken for a block's that is none. Extents are in a tree by size, linked through
 * their first page: allocating is O(log n), freeing too.
 *
 * Extents that touch are one. A page whose small blocks are all free is free.
 */
#include "core/heap.h"

#include "base/error.h"
#include "kapi/export.h"
#include "stage/pi-mutex.h"
#include "vfs/module.h"

#include <assert.h>
#include <bsd/sys/cdefs.h>
#include <bsd/sys/tree.h>
#include <errno.h>
#include <evl/memory.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define HEAP_PAGE	 512u
#define MIN_SHIFT	 4
#define MAX_SHIFT	 8
#define SYSTEM_PAGE	 4096u /* what sizes are multiples of */
#define SYSTEM_HEAP_SIZE (2u << 20)
#define NO_PAGE		 UINT32_MAX

enum page_use {
	PAGE_FREE,   /* ->count: of the extent, in its first and last page */
	PAGE_LARGE,  /* the first of ->count */
	PAGE_BEHIND, /* another one of a large block, or within an extent */
	PAGE_SMALL,  /* ->free has a bit for each free block */
};

struct heap_page {
	uint8_t use;   /* enum page_use */
	uint8_t shift; /* of small blocks */
	uint32_t count;
	uint32_t free;
	uint32_t prev, next; /* in its bucket, while a block is free */
};

/* What is at the beginning of a free extent. */
struct extent {
	RB_ENTRY(extent) entry;
	uint32_t nr_pages;
	uint32_t first; /* where it is */
};

RB_HEAD(extent_tree, extent);

static int compare(const struct extent *a, const struct extent *b)
{
	if (a->nr_pages != b->nr_pages)
		return a->nr_pages < b->nr_pages ? -1 : 1;

	return a->first < b->first ? -1 : a->first > b->first;
}

/* libbsd's macro wants it, its headers no longer define it. */
#define __unused __attribute__((unused))
RB_GENERATE_STATIC(extent_tree, extent, entry, compare)

static_assert(sizeof(struct extent_tree) == sizeof(void *),
	      "a heap embeds the tree");
static_assert(sizeof(struct extent) <= HEAP_PAGE, "one is in its first page");
static_assert(MAX_SHIFT - MIN_SHIFT + 1 == EVL_HEAP_NR_BUCKETS, "one a size");

EXPORT struct evl_heap evl_system_heap;

static struct extent_tree *tree_of(struct evl_heap *heap)
{
	return (struct extent_tree *)(void *)&heap->extents;
}

static struct heap_page *page_at(const struct evl_heap *heap, uint32_t n)
{
	return (struct heap_page *)heap->pages + n;
}

static char *address_of(const struct evl_heap *heap, uint32_t n)
{
	return heap->membase + (size_t)n * HEAP_PAGE;
}

static uint32_t number_of(const struct evl_heap *heap, const void *addr)
{
	return (uint32_t)((size_t)((const char *)addr - heap->membase) /
			  HEAP_PAGE);
}

/* An extent of which nobody knows yet. */
static void add_extent(struct evl_heap *heap, uint32_t first, uint32_t count)
{
	struct extent *extent =
		(struct extent *)(void *)address_of(heap, first);

	extent->nr_pages = count;
	extent->first = first;
	RB_INSERT(extent_tree, tree_of(heap), extent);
	page_at(heap, first)->use = PAGE_FREE;
	page_at(heap, first)->count = count;
	page_at(heap, first + count - 1)->use = PAGE_FREE;
	page_at(heap, first + count - 1)->count = count;
}

static void remove_extent(struct evl_heap *heap, uint32_t first)
{
	RB_REMOVE(extent_tree, tree_of(heap),
		  (struct extent *)(void *)address_of(heap, first));
}

/* @count pages in a row, from the smallest extent that has them. */
static uint32_t take_pages(struct evl_heap *heap, uint32_t count)
{
	struct extent key, *extent;
	uint32_t first, left;

	key.nr_pages = count;
	key.first = 0;
	extent = RB_NFIND(extent_tree, tree_of(heap), &key);
	if (extent == NULL)
		return NO_PAGE;

	first = extent->first;
	left = extent->nr_pages - count;
	remove_extent(heap, first);
	if (left)
		add_extent(heap, first + count, left);
	heap->used += (size_t)count * HEAP_PAGE;

	return first;
}

/* Pages that are free now; with those beside them, if they are so too. */
static void give_pages(struct evl_heap *heap, uint32_t first, uint32_t count)
{
	const struct heap_page *page;

	heap->used -= (size_t)count * HEAP_PAGE;
	/* In the middle of an extent nothing looks like a block. */
	page_at(heap, first)->use = PAGE_BEHIND;
	page = page_at(heap, first + count);
	if (first + count < heap->nr_pages && page->use == PAGE_FREE) {
		remove_extent(heap, first + count);
		count += page->count;
	}
	page = page_at(heap, first - 1);
	if (first > 0 && page->use == PAGE_FREE) {
		first -= page->count;
		count += page->count;
		remove_extent(heap, first);
	}
	add_extent(heap, first, count);
}

static uint32_t *bucket_of(struct evl_heap *heap, unsigned int shift)
{
	return &heap->buckets[shift - MIN_SHIFT];
}

static void join_bucket(struct evl_heap *heap, uint32_t n)
{
	struct heap_page *page = page_at(heap, n);
	uint32_t *bucket = bucket_of(heap, page->shift);

	page->prev = NO_PAGE;
	page->next = *bucket;
	if (page->next != NO_PAGE)
		page_at(heap, page->next)->prev = n;
	*bucket = n;
}

static void leave_bucket(struct evl_heap *heap, uint32_t n)
{
	const struct heap_page *page = page_at(heap, n);

	if (page->next != NO_PAGE)
		page_at(heap, page->next)->prev = page->prev;
	if (page->prev != NO_PAGE)
		page_at(heap, page->prev)->next = page->next;
	else
		*bucket_of(heap, page->shift) = page->next;
}

/* A bit for each block of a page. */
static uint32_t all_blocks(unsigned int shift)
{
	return UINT32_MAX >> (32 - (HEAP_PAGE >> shift));
}

/* A page with a free block of that size, NO_PAGE if there is none. */
static uint32_t small_page(struct evl_heap *heap, unsigned int shift)
{
	uint32_t n = *bucket_of(heap, shift);
	struct heap_page *page;

	if (n != NO_PAGE)
		return n;
	n = take_pages(heap, 1);
	if (n == NO_PAGE)
		return n;

	/* What its blocks take is counted one by one. */
	heap->used -= HEAP_PAGE;
	page = page_at(heap, n);
	page->use = PAGE_SMALL;
	page->shift = (uint8_t)shift;
	page->free = all_blocks(shift);
	join_bucket(heap, n);

	return n;
}

static void *take_small(struct evl_heap *heap, unsigned int shift)
{
	uint32_t n = small_page(heap, shift), block;
	struct heap_page *page;

	if (n == NO_PAGE)
		return NULL;

	page = page_at(heap, n);
	block = (uint32_t)__builtin_ctz(page->free);
	page->free &= page->free - 1;
	if (page->free == 0)
		leave_bucket(heap, n);
	heap->used += (size_t)1 << shift;

	return address_of(heap, n) + ((size_t)block << shift);
}

static void *take_large(struct evl_heap *heap, uint32_t count)
{
	uint32_t n = take_pages(heap, count);

	if (n == NO_PAGE)
		return NULL;

	for (uint32_t i = 1; i < count; i++)
		page_at(heap, n + i)->use = PAGE_BEHIND;
	page_at(heap, n)->use = PAGE_LARGE;
	page_at(heap, n)->count = count;

	return address_of(heap, n);
}

/* Its size, or -EINVAL: it is no block. Locked. */
static ssize_t size_of(const struct evl_heap *heap, const void *block)
{
	size_t offset = (size_t)((uintptr_t)block - (uintptr_t)heap->membase);
	const struct heap_page *page;
	size_t place = offset % HEAP_PAGE;

	if (offset >= (size_t)heap->nr_pages * HEAP_PAGE)
		return -EINVAL;

	page = page_at(heap, (uint32_t)(offset / HEAP_PAGE));
	if (page->use == PAGE_LARGE && place == 0)
		return (ssize_t)page->count * HEAP_PAGE;
	if (page->use != PAGE_SMALL || place & ((1u << page->shift) - 1) ||
	    page->free & 1u << (place >> page->shift))
		return -EINVAL;

	return (ssize_t)1 << page->shift;
}

static void give_small(struct evl_heap *heap, const void *block)
{
	uint32_t n = number_of(heap, block);
	struct heap_page *page = page_at(heap, n);
	size_t place = (size_t)((const char *)block - address_of(heap, n));

	if (page->free == 0)
		join_bucket(heap, n);
	page->free |= 1u << (place >> page->shift);
	heap->used -= (size_t)1 << page->shift;
	if (page->free == all_blocks(page->shift)) {
		leave_bucket(heap, n);
		heap->used += HEAP_PAGE;
		give_pages(heap, n, 1);
	}
}

EXPORT void *evl_alloc_chunk(struct evl_heap *heap, size_t size)
{
	unsigned int shift = MIN_SHIFT;
	void *block;

	if (size == 0 || size > (size_t)heap->nr_pages * HEAP_PAGE)
		return NULL;

	while (size > (size_t)1 << shift && shift <= MAX_SHIFT)
		shift++;

	raw_spin_lock(&heap->lock);
	if (shift <= MAX_SHIFT)
		block = take_small(heap, shift);
	else
		block = take_large(
			heap, (uint32_t)((size + HEAP_PAGE - 1) / HEAP_PAGE));
	raw_spin_unlock(&heap->lock);

	return block;
}

EXPORT void *evl_zalloc_chunk(struct evl_heap *heap, u32 size)
{
	void *block = evl_alloc_chunk(heap, size);

	if (block)
		memset(block, 0, size);

	return block;
}

EXPORT ssize_t evl_check_chunk(struct evl_heap *heap, void *block)
{
	ssize_t size;

	raw_spin_lock(&heap->lock);
	size = size_of(heap, block);
	raw_spin_unlock(&heap->lock);

	return size;
}

static void free_chunk(struct evl_heap *heap, void *block, const void *caller)
{
	ssize_t size;

	raw_spin_lock(&heap->lock);
	size = size_of(heap, block);
	if (size >= (ssize_t)HEAP_PAGE)
		give_pages(heap, number_of(heap, block),
			   (uint32_t)size / HEAP_PAGE);
	else if (size > 0)
		give_small(heap, block);
	raw_spin_unlock(&heap->lock);

	if (size < 0)
		log_warn("driver %s frees what is no block of an EVL heap, or "
			 "was freed already: left alone",
			 module_name_at(caller));
}

EXPORT void evl_free_chunk(struct evl_heap *heap, void *block)
{
	free_chunk(heap, block, __builtin_return_address(0));
}

EXPORT int evl_init_heap(struct evl_heap *heap, void *membase, size_t size)
{
	const uint32_t nr_pages = (uint32_t)(size / HEAP_PAGE);

	if (size == 0 || size % SYSTEM_PAGE || size > UINT32_MAX ||
	    (uintptr_t)membase % (1u << MIN_SHIFT))
		return -EINVAL;

	*heap = (struct evl_heap){
		.nr_pages = nr_pages,
		.membase = membase,
		.pages = calloc(nr_pages, sizeof(struct heap_page)),
	};
	if (heap->pages == NULL)
		return -ENOMEM;

	/* No worker is the first to touch them. */
	memset(heap->pages, 0, nr_pages * sizeof(struct heap_page));
	for (unsigned int i = 0; i < EVL_HEAP_NR_BUCKETS; i++)
		heap->buckets[i] = NO_PAGE;
	add_extent(heap, 0, nr_pages);

	return 0;
}

EXPORT void evl_destroy_heap(struct evl_heap *heap)
{
	free(heap->pages);
	*heap = (struct evl_heap){ .nr_pages = 0 };
}

EXPORT size_t evl_get_heap_size(const struct evl_heap *heap)
{
	return (size_t)heap->nr_pages * HEAP_PAGE;
}

EXPORT size_t evl_get_heap_free(struct evl_heap *heap)
{
	size_t used;

	raw_spin_lock(&heap->lock);
	used = heap->used;
	raw_spin_unlock(&heap->lock);

	return evl_get_heap_size(heap) - used;
}

EXPORT void *evl_alloc(size_t size)
{
	return evl_alloc_chunk(&evl_system_heap, size);
}

EXPORT void evl_free(void *ptr)
{
	free_chunk(&evl_system_heap, ptr, __builtin_return_address(0));
}

int heap_start(void)
{
	void *mem = mmap(NULL, SYSTEM_HEAP_SIZE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	int ret;

	if (mem == MAP_FAILED)
		return err_origin(-ENOMEM);
	ret = evl_init_heap(&evl_system_heap, mem, SYSTEM_HEAP_SIZE);
	if (ret) {
		munmap(mem, SYSTEM_HEAP_SIZE);
		return err_trace(ret);
	}

	return 0;
}

void heap_stop(void)
{
	void *mem = evl_get_heap_base(&evl_system_heap);

	if (mem == NULL)
		return;
	evl_destroy_heap(&evl_system_heap);
	munmap(mem, SYSTEM_HEAP_SIZE);
}
