/* SPDX-License-Identifier: MIT */
/*
 * What every implementation of a context does with the stack it runs on: its
 * bounds, where backtraces end, what is left of it when the context goes.
 */
#include "../helpers.h"
#include "flow.h"

#include <execinfo.h>
#include <pthread.h>
#include <string.h>

static void note_backtrace(void *arg)
{
	struct flow *flow = arg;
	void *frames[64];

	flow->result = (uint64_t)backtrace(frames, 64);
	flow_finish(flow);
}

/* note_backtrace(), one or two outermost frames, one of a sanitizer. */
START_TEST(backtraces_end_at_the_outermost_frame)
{
	struct flow flow = { 0 };

	flow_make(&flow, note_backtrace);
	flow_resume(&flow);
	ck_assert_uint_ge(flow.result, 2);
	ck_assert_uint_le(flow.result, 4);
	flow_drop(&flow);
}
END_TEST

/* Tells whether a thread's own frame is on the stack it adopted. */
static void *check_bounds(void *arg)
{
	bool *r_inside = arg;
	const char *frame = __builtin_frame_address(0);
	const char *bottom;

	fiber_context_adopt(&flow_self);
	bottom = flow_self.stack_bottom;
	*r_inside = frame >= bottom && frame < bottom + flow_self.stack_size;

	return NULL;
}

START_TEST(adoption_knows_the_threads_stack)
{
	bool inside = false;
	pthread_t thread;

	check_bounds(&inside);
	ck_assert(inside);

	inside = false;
	ck_assert_int_eq(pthread_create(&thread, NULL, check_bounds, &inside),
			 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(inside);
}
END_TEST

/* Ends deep down, amidst locals which are not left in an orderly way. */
__attribute__((noinline)) static void sink(struct flow *flow, int depth)
{
	volatile char arrays[2][32];

	memset((char *)arrays, depth, sizeof(arrays));
	if (depth > 0)
		sink(flow, depth - 1);
	flow->result += (uint64_t)arrays[1][0];
	flow_yield(flow);
}

static void sink_and_stay(void *arg)
{
	sink(arg, 16);
}

/* ASan marks the space between locals until their function returns. */
START_TEST(a_dropped_contexts_stack_is_as_good_as_new)
{
	struct flow flow = { 0 };

	flow_make(&flow, sink_and_stay);
	flow_resume(&flow);
	fiber_context_drop(&flow.ctx);
	memset(flow.stack->base, 0, flow.stack->size);
	stack_put(flow_stacks, flow.stack);
}
END_TEST

/* More contexts, and calls in them, than TSan can follow at one time. */
START_TEST(contexts_come_and_go)
{
	struct flow flow = { 0 };

	for (int i = 0; i < 10000; i++) {
		flow_make(&flow, sink_and_stay);
		flow_resume(&flow);
		flow_drop(&flow);
	}
}
END_TEST

static void hold_memory(void *arg)
{
	void *volatile memory = malloc(100);

	flow_yield(arg);
	free(memory);
}

/* LSan has a look when the test's process ends. By then the saved registers
 * are gone, and the context's stack alone knows the address. */
START_TEST(a_sleeping_contexts_memory_is_not_leaked)
{
	struct flow flow = { 0 };

	flow_make(&flow, hold_memory);
	flow_resume(&flow);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stage/context-stack");
	TCase *tc;

	tc = tcase_create("bounds");
	tcase_add_checked_fixture(tc, flow_setup, flow_teardown);
	tcase_add_test(tc, adoption_knows_the_threads_stack);
	tcase_add_test(tc, backtraces_end_at_the_outermost_frame);
	suite_add_tcase(suite, tc);

	tc = tcase_create("end");
	tcase_add_checked_fixture(tc, flow_setup, flow_teardown);
	tcase_set_timeout(tc, 60); /* sanitizers, on a slow machine */
	tcase_add_test(tc, a_dropped_contexts_stack_is_as_good_as_new);
	tcase_add_test(tc, contexts_come_and_go);
	suite_add_tcase(suite, tc);

	tc = tcase_create("exit");
	tcase_add_checked_fixture(tc, flow_setup, NULL);
	tcase_add_test(tc, a_sleeping_contexts_memory_is_not_leaked);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
