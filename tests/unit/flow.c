/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <check.h>

__thread struct fiber_context flow_self;
struct stack_pool *flow_stacks;

void flow_make(struct flow *flow, void (*entry)(void *arg))
{
	ck_assert_int_eq(stack_get(flow_stacks, false, &flow->stack), 0);
	fiber_context_make(&flow->ctx, flow->stack->base, flow->stack->size,
			   entry, flow);
}

void flow_drop(struct flow *flow)
{
	fiber_context_drop(&flow->ctx);
	stack_put(flow_stacks, flow->stack);
}

void flow_resume(struct flow *flow)
{
	fiber_context_switch(&flow_self, &flow->ctx);
}

void flow_yield(struct flow *flow)
{
	fiber_context_switch(&flow->ctx,
			     flow->next ? &flow->next->ctx : &flow_self);
}

_Noreturn void flow_finish(struct flow *flow)
{
	flow->done = true;
	for (;;)
		flow_yield(flow);
}

void flow_setup(void)
{
	fiber_context_adopt(&flow_self);
	ck_assert_int_eq(stack_pool_new(0, NR_FLOWS, &flow_stacks), 0);
}

void flow_teardown(void)
{
	flow_stacks = stack_pool_free(flow_stacks);
}
