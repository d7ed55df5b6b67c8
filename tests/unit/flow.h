/* SPDX-License-Identifier: MIT */
/*
 * A context to switch to, on a stack of its own, and how the tests of contexts
 * step it. Built once for each implementation; nothing here knows which one it
 * runs over.
 */
#pragma once

#include "stage/context.h"
#include "stage/stack-pool.h"

#include <stdbool.h>
#include <stdint.h>

#define NR_FLOWS 100

struct flow {
	struct fiber_context ctx;
	struct flow *next; /* who runs after it, NULL: the test itself */
	struct stack *stack;
	bool done;
	uint64_t result;
	double seventh;
	long double long_seventh;
};

extern __thread struct fiber_context flow_self; /* the test, or its thread */
extern struct stack_pool *flow_stacks;

/* Checked fixtures. */
void flow_setup(void);
void flow_teardown(void);

void flow_make(struct flow *flow, void (*entry)(void *arg));
void flow_drop(struct flow *flow);
/* From the test to @flow, and from @flow to whoever is next. */
void flow_resume(struct flow *flow);
void flow_yield(struct flow *flow);
/* How an entry ends. */
_Noreturn void flow_finish(struct flow *flow);
