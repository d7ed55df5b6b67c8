/* SPDX-License-Identifier: MIT */
/*
 * Stacks for fibers: mapped in chunks, each with an inaccessible guard page
 * below, handed out and taken back. In-band only (it maps memory); one pool
 * serves every stage of the process.
 *
 * What a real-time stage gets is populated, and filled with a pattern that
 * shows afterwards how deep it was used: as much of it as a kernel's stack has,
 * which drivers for a kernel make do with. The rest is there for who needs more
 * after all, at the price of a page fault the first time; all of it at once
 * would be 64 KiB of memory for each of thousands of sleepers.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct stack_pool;

#define STACK_PREFAULT ((size_t)16 << 10)

struct stack {
	void *base;  /* lowest usable byte, right above the guard page */
	size_t size; /* usable bytes, a multiple of the page size */
	struct stack *next_free;
	void *filled; /* from here up it was, NULL: it was not */
	unsigned int valgrind_id;
};

/*
 * @stack_size is rounded up to pages; 0 means the default, 64 KiB. No more
 * than @max_stacks are ever mapped. Return: 0, -ENOMEM, or -EINVAL if
 * @stack_size is beyond 1 GiB.
 */
int stack_pool_new(size_t stack_size, unsigned int max_stacks,
		   struct stack_pool **r_pool);

/* Every stack must be back. Takes NULL; always returns NULL. */
struct stack_pool *stack_pool_free(struct stack_pool *pool);

/*
 * Take a stack. @prefault: touch and fill its upper STACK_PREFAULT bytes now,
 * because who will run on it must not take a page fault, and what else of it is
 * there already. Return: 0, -ENOMEM, or -EAGAIN if
 * @max_stacks are out.
 */
int stack_get(struct stack_pool *pool, bool prefault, struct stack **r_stack);
void stack_put(struct stack_pool *pool, struct stack *stack);

/* Bytes used at the deepest point so far, 0 if @stack carries no pattern. May
 * look at a stack in use. */
size_t stack_high_water(const struct stack *stack);

/* The stack whose guard page holds @addr, or NULL. Async-signal-safe: a crash
 * handler asks it whether a fiber ran off its stack. */
const struct stack *stack_pool_guard_hit(const struct stack_pool *pool,
					 const void *addr);
