/* SPDX-License-Identifier: MIT */
/*
 * The data of <linux/percpu.h>. What a pointer stands for is the first CPU's;
 * each other CPU has a copy, all of them in one piece behind it or elsewhere.
 * Such a *region* is either a driver's section or one that we hand out pieces
 * of. Regions are never taken away, so that any stage may walk their list.
 */
#include <linux/percpu.h>

#include "kapi/export.h"
#include "stage/pi-mutex.h"

#include <linux/align.h>
#include <linux/bitmap.h>
#include <linux/math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define GRANULE 64 /* a cache line */
#define PIECES	(PCPU_MIN_UNIT_SIZE / GRANULE)
#define PAGE	4096

struct region {
	struct region *next; /* for good */
	const char *base;    /* of the first CPU's */
	size_t size;
	char *copies; /* of the second CPU's; @size apart */
	/* What is handed out, by granule; locked. */
	bool ours;
	DECLARE_BITMAP(used, PIECES);
	uint16_t nr_granules[PIECES]; /* of what begins there */
};

static _Atomic(struct region *) regions;
static struct pi_mutex lock; /* allocating and adding */

static struct region *first_region(void)
{
	/* Acquire: pairs with add_region(). */
	return atomic_load_explicit(&regions, memory_order_acquire);
}

static struct region *region_of(const volatile void *ptr)
{
	size_t offset;

	for (struct region *r = first_region(); r; r = r->next) {
		offset = (uintptr_t)ptr - (uintptr_t)r->base;
		if (offset < r->size)
			return r;
	}

	return NULL;
}

EXPORT void *__per_cpu_ptr(const volatile void __percpu *ptr, unsigned int cpu)
{
	const struct region *region = region_of(ptr);
	size_t offset;

	if (region == NULL || cpu == 0 || cpu >= num_possible_cpus())
		return (void *)ptr;

	offset = (size_t)((const volatile char *)ptr - region->base);

	return region->copies + (cpu - 1) * region->size + offset;
}

/* Locked. */
static void add_region(struct region *region)
{
	/* Relaxed: we are the only ones to write it. */
	region->next = atomic_load_explicit(&regions, memory_order_relaxed);
	/* Release: what it says, to first_region(). */
	atomic_store_explicit(&regions, region, memory_order_release);
}

EXPORT void __percpu_register(const void *start, const void *end)
{
	size_t size = (size_t)((const char *)end - (const char *)start);
	struct region *region;

	if (size == 0 || region_of(start))
		return;
	region = calloc(1, sizeof(*region));
	if (region == NULL)
		abort(); /* while a driver is loaded: nobody to be told */

	region->base = start;
	region->size = size;
	region->copies =
		aligned_alloc(PAGE, ALIGN(size * num_possible_cpus(), PAGE));
	if (region->copies == NULL)
		abort();
	for (unsigned int cpu = 1; cpu < num_possible_cpus(); cpu++)
		memcpy(region->copies + (cpu - 1) * size, start, size);

	pi_lock(&lock);
	add_region(region);
	pi_unlock(&lock);
}

/* One to hand out pieces of, NULL without memory. */
static struct region *region_new(void)
{
	size_t size = (size_t)PCPU_MIN_UNIT_SIZE * num_possible_cpus();
	struct region *region = calloc(1, sizeof(*region));
	char *mem = aligned_alloc(PAGE, size);

	if (region == NULL || mem == NULL) {
		free(region);
		free(mem);
		return NULL;
	}

	memset(mem, 0, size);
	region->base = mem;
	region->size = PCPU_MIN_UNIT_SIZE;
	region->copies = mem + PCPU_MIN_UNIT_SIZE;
	region->ours = true;

	return region;
}

/* @nr granules of @region; NULL: not there. Locked. */
static char *take_from(struct region *region, unsigned int nr, size_t align)
{
	unsigned long first;

	first = bitmap_find_next_zero_area(region->used, PIECES, 0, nr,
					   align / GRANULE - 1);
	if (first >= PIECES)
		return NULL;

	bitmap_set(region->used, (unsigned int)first, nr);
	region->nr_granules[first] = (uint16_t)nr;

	return (char *)region->base + first * GRANULE;
}

/* Locked. */
static char *take(unsigned int nr, size_t align)
{
	struct region *region;
	char *ptr;

	for (region = first_region(); region; region = region->next) {
		ptr = region->ours ? take_from(region, nr, align) : NULL;
		if (ptr)
			return ptr;
	}

	region = region_new();
	if (region == NULL)
		return NULL;
	add_region(region);

	return take_from(region, nr, align);
}

EXPORT void __percpu *__alloc_percpu(size_t size, size_t align)
{
	char *ptr;

	if (size == 0 || size > PCPU_MIN_UNIT_SIZE || align > PAGE ||
	    (align & (align - 1)))
		return NULL;
	if (align < GRANULE)
		align = GRANULE;

	pi_lock(&lock);
	ptr = take((unsigned int)DIV_ROUND_UP(size, GRANULE), align);
	pi_unlock(&lock);

	for (unsigned int cpu = 0; ptr && cpu < num_possible_cpus(); cpu++)
		memset(__per_cpu_ptr(ptr, cpu), 0, size);

	return ptr;
}

EXPORT void free_percpu(void __percpu *ptr)
{
	struct region *region = region_of(ptr);
	unsigned int first;

	if (region == NULL || !region->ours)
		return;

	pi_lock(&lock);
	first = (unsigned int)((char *)ptr - region->base) / GRANULE;
	bitmap_clear(region->used, first, region->nr_granules[first]);
	region->nr_granules[first] = 0;
	pi_unlock(&lock);
}
