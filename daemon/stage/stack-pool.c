/* SPDX-License-Identifier: MIT */
#include "base/error.h"
#include "stage/stack-pool.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#if defined(__has_include) && __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(start, end) 0
#define VALGRIND_STACK_DEREGISTER(id)	    ((void)(id))
#define VALGRIND_MAKE_MEM_UNDEFINED(p, n)   ((void)0)
#define VALGRIND_DISABLE_ERROR_REPORTING    ((void)0)
#define VALGRIND_ENABLE_ERROR_REPORTING	    ((void)0)
#endif

#define DEFAULT_STACK_SIZE (64 << 10)
#define MAX_STACK_SIZE	   (1 << 30)
#define STACKS_PER_CHUNK   16
#define PATTERN		   UINT64_C(0x57acc0de57acc0de)

/* One mapping: guard, stack, guard, stack ... Immutable once in the list. */
struct stack_chunk {
	struct stack_chunk *next;
	char *start; /* owned, MAP_FAILED while there is none */
	size_t size;
	unsigned int nr_stacks;
	struct stack stacks[];
};

struct stack_pool {
	size_t guard_size;
	size_t stack_size;
	unsigned int max_stacks;
	unsigned int nr_mapped;
	unsigned int nr_out;
	struct stack *free_stacks; /* last in, first out: the warm ones */
	/* Owned. Read by signal handlers, on any thread. */
	_Atomic(struct stack_chunk *) chunks;
};

static struct stack_chunk *chunk_free(struct stack_chunk *chunk)
{
	if (chunk == NULL)
		return NULL;

	for (unsigned int i = 0; i < chunk->nr_stacks; i++)
		VALGRIND_STACK_DEREGISTER(chunk->stacks[i].valgrind_id);

	if (chunk->start != MAP_FAILED)
		munmap(chunk->start, chunk->size);
	free(chunk);

	return NULL;
}

static bool chunk_add_stack(const struct stack_pool *pool,
			    struct stack_chunk *chunk)
{
	size_t stride = pool->guard_size + pool->stack_size;
	struct stack *stack = &chunk->stacks[chunk->nr_stacks];
	char *base =
		chunk->start + chunk->nr_stacks * stride + pool->guard_size;

	if (mprotect(base, pool->stack_size, PROT_READ | PROT_WRITE))
		return false;

	stack->base = base;
	stack->size = pool->stack_size;
	stack->valgrind_id = VALGRIND_STACK_REGISTER(base, base + stack->size);
	chunk->nr_stacks++;

	return true;
}

static int chunk_new(const struct stack_pool *pool, unsigned int nr_stacks,
		     struct stack_chunk **r_chunk)
{
	struct stack_chunk *chunk;

	chunk = calloc(1, sizeof(*chunk) + nr_stacks * sizeof(struct stack));
	if (chunk == NULL)
		return err_origin(-ENOMEM);

	/* All of it a guard, until stacks are cut out. */
	chunk->size = nr_stacks * (pool->guard_size + pool->stack_size);
	chunk->start = mmap(
		NULL, chunk->size, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (chunk->start == MAP_FAILED)
		goto fail;

	for (unsigned int i = 0; i < nr_stacks; i++)
		if (!chunk_add_stack(pool, chunk))
			goto fail;

	*r_chunk = chunk;

	return 0;
fail:
	chunk_free(chunk);

	return err_origin(-ENOMEM);
}

static void push_free(struct stack_pool *pool, struct stack *stack)
{
	stack->next_free = pool->free_stacks;
	pool->free_stacks = stack;
}

static int map_more(struct stack_pool *pool)
{
	unsigned int nr_stacks = pool->max_stacks - pool->nr_mapped;
	struct stack_chunk *chunk;
	int ret;

	if (nr_stacks == 0)
		return -EAGAIN;

	if (nr_stacks > STACKS_PER_CHUNK)
		nr_stacks = STACKS_PER_CHUNK;

	ret = chunk_new(pool, nr_stacks, &chunk);
	if (ret)
		return ret;

	while (nr_stacks-- > 0)
		push_free(pool, &chunk->stacks[nr_stacks]);
	pool->nr_mapped += chunk->nr_stacks;

	/* Relaxed: in-band alone writes it. */
	chunk->next = atomic_load_explicit(&pool->chunks, memory_order_relaxed);
	/* Release: the whole chunk, to stack_pool_guard_hit(). */
	atomic_store_explicit(&pool->chunks, chunk, memory_order_release);

	return 0;
}

/* The lowest page in memory between @start and @end, or @end. */
static char *first_resident(char *start, char *end, size_t page_size)
{
	unsigned char pages[64];
	size_t size, i;

	for (; start < end; start += size) {
		size = (size_t)(end - start);
		if (size > sizeof(pages) * page_size)
			size = sizeof(pages) * page_size;
		if (mincore(start, size, pages))
			return end;
		for (i = 0; i < size / page_size; i++)
			if (pages[i] & 1)
				return start + i * page_size;
	}

	return end;
}

/* Touches every page, too. */
static void fill(struct stack *stack, size_t page_size)
{
	char *base = stack->base, *end = base + stack->size, *start = base;

	if (stack->size > STACK_PREFAULT)
		start = first_resident(base, end - STACK_PREFAULT, page_size);

	for (uint64_t *word = (uint64_t *)(void *)start;
	     word < (uint64_t *)(void *)end; word++)
		*word = PATTERN;
	stack->filled = start;
}

int stack_pool_new(size_t stack_size, unsigned int max_stacks,
		   struct stack_pool **r_pool)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	struct stack_pool *pool;

	if (stack_size > MAX_STACK_SIZE)
		return err_origin(-EINVAL);

	pool = calloc(1, sizeof(*pool));
	if (pool == NULL)
		return err_origin(-ENOMEM);

	if (stack_size == 0)
		stack_size = DEFAULT_STACK_SIZE;
	pool->guard_size = page_size;
	pool->stack_size = (stack_size + page_size - 1) & ~(page_size - 1);
	pool->max_stacks = max_stacks;

	*r_pool = pool;

	return 0;
}

struct stack_pool *stack_pool_free(struct stack_pool *pool)
{
	struct stack_chunk *chunk, *next;

	if (pool == NULL)
		return NULL;

	assert(pool->nr_out == 0);

	/* Relaxed: in-band alone writes it. */
	chunk = atomic_load_explicit(&pool->chunks, memory_order_relaxed);
	for (; chunk; chunk = next) {
		next = chunk->next;
		chunk_free(chunk);
	}
	free(pool);

	return NULL;
}

int stack_get(struct stack_pool *pool, bool prefault, struct stack **r_stack)
{
	struct stack *stack;
	int ret;

	if (pool->free_stacks == NULL) {
		ret = map_more(pool);
		if (ret)
			return ret;
	}

	stack = pool->free_stacks;
	pool->free_stacks = stack->next_free;
	stack->next_free = NULL;
	pool->nr_out++;

	stack->filled = NULL;
	if (prefault)
		fill(stack, pool->guard_size);

	*r_stack = stack;

	return 0;
}

void stack_put(struct stack_pool *pool, struct stack *stack)
{
	assert(pool->nr_out > 0);
	pool->nr_out--;

	/* To valgrind, what a stack has shrunk from is out of bounds. */
	VALGRIND_MAKE_MEM_UNDEFINED(stack->base, stack->size);
	push_free(pool, stack);
}

/* Looks below the stack pointer, at what another thread may be writing. */
__attribute__((no_sanitize("address", "thread"))) static const uint64_t *
skip(const volatile uint64_t *word, const volatile uint64_t *end,
     uint64_t value)
{
	VALGRIND_DISABLE_ERROR_REPORTING;
	while (word < end && *word == value)
		word++;
	VALGRIND_ENABLE_ERROR_REPORTING;

	return (const uint64_t *)word;
}

size_t stack_high_water(const struct stack *stack)
{
	char *base = stack->base, *end = base + stack->size;
	char *filled = stack->filled;
	const char *deepest;

	if (filled == NULL)
		return 0;

	/* What lies below the pattern comes as zeroes, if it comes at all. */
	deepest = first_resident(base, filled, (size_t)sysconf(_SC_PAGESIZE));
	deepest = (const char *)skip((const uint64_t *)(const void *)deepest,
				     (const uint64_t *)(void *)filled, 0);
	if (deepest == filled)
		deepest = (const char *)skip((const uint64_t *)(void *)filled,
					     (const uint64_t *)(void *)end,
					     PATTERN);

	return (size_t)(end - deepest);
}

const struct stack *stack_pool_guard_hit(const struct stack_pool *pool,
					 const void *addr)
{
	size_t stride = pool->guard_size + pool->stack_size;
	const struct stack_chunk *chunk;
	size_t offset;

	/* Acquire: pairs with map_more(), gives us the chunks. */
	chunk = atomic_load_explicit(&pool->chunks, memory_order_acquire);
	for (; chunk; chunk = chunk->next) {
		/* Wraps around to a huge number if it is below. */
		offset = (uintptr_t)addr - (uintptr_t)chunk->start;
		if (offset < chunk->size && offset % stride < pool->guard_size)
			return &chunk->stacks[offset / stride];
	}

	return NULL;
}
