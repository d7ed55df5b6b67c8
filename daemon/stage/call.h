/* SPDX-License-Identifier: MIT */
/*
 * A call is a function of somebody else's, a driver's, as it runs: for who tells
 * of what runs, kapi/guard. It lies on the stack of who makes it and leads to the
 * one that it was made in; the innermost one is the fiber's or, where no fiber
 * runs, the stage's. Who makes a request's call has a struct guard instead.
 *
 * Whoever is in there is half-way through something of ours: it cannot be given
 * up (fiber_start_over()).
 *
 * Stage: any. Read by the thread itself, in a signal handler, and by who holds it.
 */
#pragma once

#include "stage/stage.h"

#include <stddef.h>

struct stage_call {
	const char *what;   /* "work item"; a constant */
	const char *name;   /* which: a thread's, a device's; NULL: any */
	const char *driver; /* whose; NULL: that is where @func is */
	const void *func;
	/* The caller's memory that it is about; 0: none. */
	unsigned long addr;
	size_t size;
	const struct stage_call *outer; /* begin's; NULL: none */
};

/* Where the innermost one is; NULL on a thread of no stage. */
static inline const struct stage_call **stage_call_place(void)
{
	struct stage *stage = stage_self;

	if (stage == NULL)
		return NULL;

	return stage->running ? &stage->running->call : &stage->call;
}

/* @call, which says all but ->outer, is about to be made. */
static inline void stage_call_begin(struct stage_call *call)
{
	const struct stage_call **place = stage_call_place();

	if (place == NULL)
		return;
	if (place == &stage_self->call)
		stage_turn(stage_self);
	call->outer = *place;
	/* Release: what it says, to stage_call_now(). */
	__atomic_store_n(place, call, __ATOMIC_RELEASE);
}

/* It has returned; others which it made, too. */
static inline void stage_call_end(const struct stage_call *call)
{
	const struct stage_call **place = stage_call_place();

	if (place)
		__atomic_store_n(place, call->outer, __ATOMIC_RELEASE);
}

/* The innermost one that runs on @stage, NULL: none. */
static inline const struct stage_call *stage_call_now(const struct stage *stage)
{
	const struct fiber *fiber = stage->running;

	/* Acquire: pairs with stage_call_begin(). */
	return __atomic_load_n(fiber ? &fiber->call : &stage->call,
			       __ATOMIC_ACQUIRE);
}
