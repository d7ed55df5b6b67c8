/* SPDX-License-Identifier: MIT */
/*
 * What every implementation of a context promises. Built once for each of
 * them; nothing here knows which one it runs over.
 */
#include "stage/context.h"
#include "stage/stack-pool.h"
#include "suite.h"

#include <execinfo.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NR_FLOWS 100

static __thread struct fiber_context self; /* the test, or its thread */
static struct stack_pool *pool;

struct flow {
	struct fiber_context ctx;
	struct flow *next; /* who runs after it, NULL: the test itself */
	struct stack *stack;
	bool done;
	uint64_t result;
	double seventh;
	long double long_seventh;
};

static void flow_make(struct flow *flow, void (*entry)(void *arg))
{
	ck_assert_int_eq(stack_get(pool, false, &flow->stack), 0);
	fiber_context_make(&flow->ctx, flow->stack->base, flow->stack->size,
			   entry, flow);
}

static void flow_drop(struct flow *flow)
{
	fiber_context_drop(&flow->ctx);
	stack_put(pool, flow->stack);
}

static void resume(struct flow *flow)
{
	fiber_context_switch(&self, &flow->ctx);
}

static void yield(struct flow *flow)
{
	fiber_context_switch(&flow->ctx, flow->next ? &flow->next->ctx : &self);
}

_Noreturn static void finish(struct flow *flow)
{
	flow->done = true;
	for (;;)
		yield(flow);
}

static void setup(void)
{
	fiber_context_adopt(&self);
	ck_assert_int_eq(stack_pool_new(0, NR_FLOWS, &pool), 0);
}

static void teardown(void)
{
	pool = stack_pool_free(pool);
}

static void note_frame(void *arg)
{
	struct flow *flow = arg;

	flow->result = (uintptr_t)__builtin_frame_address(0);
	finish(flow);
}

START_TEST(entry_runs_with_its_argument_on_its_own_stack)
{
	struct flow flow = { 0 };
	uintptr_t top;

	flow_make(&flow, note_frame);
	ck_assert(!flow.done);
	resume(&flow);

	top = (uintptr_t)flow.stack->base + flow.stack->size;
	ck_assert(flow.done);
	ck_assert_uint_gt(flow.result, top - 1024);
	ck_assert_uint_lt(flow.result, top);
	flow_drop(&flow);
}
END_TEST

/* Both ABIs keep a frame pointer on a 16-byte boundary. */
START_TEST(entry_finds_its_stack_aligned)
{
	struct flow flow = { 0 };

	flow_make(&flow, note_frame);
	for (size_t odd = 0; odd < 16; odd++) {
		fiber_context_drop(&flow.ctx);
		fiber_context_make(&flow.ctx, flow.stack->base,
				   flow.stack->size - odd, note_frame, &flow);
		resume(&flow);
		ck_assert_uint_eq(flow.result % 16, 0);
	}
	flow_drop(&flow);
}
END_TEST

static void count_to_three(void *arg)
{
	struct flow *flow = arg;

	for (int i = 0; i < 3; i++) {
		flow->result++;
		yield(flow);
	}
	finish(flow);
}

START_TEST(switching_continues_where_it_left)
{
	struct flow flow = { 0 };

	flow_make(&flow, count_to_three);
	for (unsigned int i = 1; i <= 3; i++) {
		resume(&flow);
		ck_assert_uint_eq(flow.result, i);
		ck_assert(!flow.done);
	}
	resume(&flow);
	ck_assert(flow.done);
	ck_assert_uint_eq(flow.result, 3);
	flow_drop(&flow);
}
END_TEST

START_TEST(contexts_switch_among_themselves)
{
	static struct flow flows[NR_FLOWS];

	for (int i = 0; i < NR_FLOWS; i++) {
		if (i < NR_FLOWS - 1)
			flows[i].next = &flows[i + 1];
		flow_make(&flows[i], count_to_three);
	}

	/* Each switch to the first runs all of them, in a chain. */
	for (int i = 0; i < 4; i++)
		resume(&flows[0]);

	for (int i = 0; i < NR_FLOWS; i++) {
		ck_assert(flows[i].done);
		ck_assert_uint_eq(flows[i].result, 3);
		flow_drop(&flows[i]);
	}
}
END_TEST

/* More live values than there are registers, most of them kept in some. */
static uint64_t churn(uint64_t seed, struct flow *flow)
{
	uint64_t a = seed, b = seed + 1, c = seed + 2, d = seed + 3;
	uint64_t e = seed + 4, f = seed + 5, g = seed + 6, h = seed + 7;
	double p = (double)seed, q = p + 1, r = p + 2, s = p + 3;

	for (int i = 0; i < 100; i++) {
		a = a * 31 + b;
		b = (b ^ c) + d;
		c = c * 17 + (e ^ a);
		d = (d << 7 | d >> 57) + f;
		e = e + (g ^ h);
		f = f * 13 + a;
		g = g ^ (b + c);
		h = h + d * 3;
		p = p * 0.5 + q;
		q = q * 0.25 + r;
		r = r * 0.125 - s;
		s = s * 0.75 + p;
		if (flow)
			yield(flow);
	}

	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ (uint64_t)(int64_t)(p + q) ^
	       (uint64_t)(int64_t)(r + s);
}

static void run_churn(void *arg)
{
	struct flow *flow = arg;

	flow->result = churn(flow->result, flow);
	finish(flow);
}

START_TEST(local_values_survive_switches)
{
	struct flow flows[3] = { 0 };

	for (int i = 0; i < 3; i++) {
		flows[i].result = (uint64_t)i * 1000;
		flow_make(&flows[i], run_churn);
	}

	while (!flows[2].done)
		for (int i = 0; i < 3; i++)
			resume(&flows[i]);

	for (int i = 0; i < 3; i++) {
		ck_assert_uint_eq(flows[i].result,
				  churn((uint64_t)i * 1000, NULL));
		flow_drop(&flows[i]);
	}
}
END_TEST

/*
 * Whose nearest value lies below it in every format. Not inlined, since
 * compilers move divisions across changes of the rounding mode.
 */
__attribute__((noinline)) static void take_sevenths(struct flow *flow)
{
	volatile double seven = 7;
	volatile long double long_seven = 7;

	flow->seventh = 1 / seven;
	flow->long_seventh = 1 / long_seven;
}

/* Valgrind has none that work, nor have soft-float machines. */
static bool rounding_modes_work(void)
{
	struct flow nearest, up;

	take_sevenths(&nearest);
	fesetround(FE_UPWARD);
	take_sevenths(&up);
	fesetround(FE_TONEAREST);

	return nearest.seventh < up.seventh &&
	       nearest.long_seventh < up.long_seventh;
}

static void round_up(void *arg)
{
	struct flow *flow = arg;

	fesetround(FE_UPWARD);
	yield(flow);
	take_sevenths(flow);
	finish(flow);
}

/* On x86-64, double and long double each have a rounding mode. */
START_TEST(each_context_has_its_own_rounding_mode)
{
	struct flow mine = { 0 }, flow = { 0 };

	flow_make(&flow, round_up);

	resume(&flow);
	take_sevenths(&mine);
	ck_assert_int_eq(fegetround(), FE_TONEAREST);

	resume(&flow);
	ck_assert(mine.seventh < flow.seventh);
	ck_assert(mine.long_seventh < flow.long_seventh);
	ck_assert_int_eq(fegetround(), FE_TONEAREST);
	flow_drop(&flow);
}
END_TEST

static void note_sevenths(void *arg)
{
	take_sevenths(arg);
	finish(arg);
}

START_TEST(they_start_with_their_makers_rounding_mode)
{
	struct flow nearest = { 0 }, up = { 0 };

	flow_make(&nearest, note_sevenths);
	fesetround(FE_UPWARD);
	flow_make(&up, note_sevenths);

	resume(&nearest);
	fesetround(FE_TONEAREST);
	resume(&up);

	ck_assert(nearest.seventh < up.seventh);
	ck_assert(nearest.long_seventh < up.long_seventh);
	flow_drop(&nearest);
	flow_drop(&up);
}
END_TEST

static void note_mask(void *arg)
{
	struct flow *flow = arg;
	sigset_t mask;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	flow->result = sigismember(&mask, SIGUSR1);
	finish(flow);
}

/* Made in-band, run by a worker that takes no signals. */
START_TEST(contexts_start_with_their_threads_signal_mask)
{
	struct flow flow = { 0 };
	sigset_t mask;

	flow_make(&flow, note_mask);
	sigemptyset(&mask);
	sigaddset(&mask, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &mask, NULL);

	resume(&flow);
	ck_assert_uint_eq(flow.result, 1);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	ck_assert(sigismember(&mask, SIGUSR1));
	flow_drop(&flow);
}
END_TEST

static void note_backtrace(void *arg)
{
	struct flow *flow = arg;
	void *frames[64];

	flow->result = (uint64_t)backtrace(frames, 64);
	finish(flow);
}

/* note_backtrace(), one or two outermost frames, one of a sanitizer. */
START_TEST(backtraces_end_at_the_outermost_frame)
{
	struct flow flow = { 0 };

	flow_make(&flow, note_backtrace);
	resume(&flow);
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

	fiber_context_adopt(&self);
	bottom = self.stack_bottom;
	*r_inside = frame >= bottom && frame < bottom + self.stack_size;

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

static void *adopt_and_resume(void *arg)
{
	fiber_context_adopt(&self);
	resume(arg);

	return NULL;
}

/* As a worker runs what the in-band stage made. */
START_TEST(a_context_made_on_one_thread_runs_on_another)
{
	struct flow flow = { 0 };
	pthread_t thread;

	flow_make(&flow, note_frame);
	ck_assert_int_eq(pthread_create(&thread, NULL, adopt_and_resume, &flow),
			 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert(flow.done);
	flow_drop(&flow);
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
	yield(flow);
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
	resume(&flow);
	fiber_context_drop(&flow.ctx);
	memset(flow.stack->base, 0, flow.stack->size);
	stack_put(pool, flow.stack);
}
END_TEST

/* More contexts, and calls in them, than TSan can follow at one time. */
START_TEST(contexts_come_and_go)
{
	struct flow flow = { 0 };

	for (int i = 0; i < 10000; i++) {
		flow_make(&flow, sink_and_stay);
		resume(&flow);
		flow_drop(&flow);
	}
}
END_TEST

static void hold_memory(void *arg)
{
	void *volatile memory = malloc(100);

	yield(arg);
	free(memory);
}

/* LSan has a look when the test's process ends. By then the saved registers
 * are gone, and the context's stack alone knows the address. */
START_TEST(a_sleeping_contexts_memory_is_not_leaked)
{
	struct flow flow = { 0 };

	flow_make(&flow, hold_memory);
	resume(&flow);
}
END_TEST

static void just_return(void *arg)
{
	(void)arg;
}

START_TEST(returning_from_the_first_function_aborts)
{
	struct flow flow = { 0 };

	flow_make(&flow, just_return);
	resume(&flow);
}
END_TEST

static Suite *context_suite(void)
{
	Suite *suite = suite_create("stage/context");
	TCase *tc;

	tc = tcase_create("start");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, entry_runs_with_its_argument_on_its_own_stack);
	tcase_add_test(tc, entry_finds_its_stack_aligned);
	tcase_add_test(tc, contexts_start_with_their_threads_signal_mask);
	tcase_add_test(tc, a_context_made_on_one_thread_runs_on_another);
	suite_add_tcase(suite, tc);

	tc = tcase_create("switch");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, switching_continues_where_it_left);
	tcase_add_test(tc, contexts_switch_among_themselves);
	tcase_add_test(tc, local_values_survive_switches);
	suite_add_tcase(suite, tc);

	if (rounding_modes_work()) {
		tc = tcase_create("rounding");
		tcase_add_checked_fixture(tc, setup, teardown);
		tcase_add_test(tc, each_context_has_its_own_rounding_mode);
		tcase_add_test(tc, they_start_with_their_makers_rounding_mode);
		suite_add_tcase(suite, tc);
	} else {
		printf("no rounding modes on this machine, not tested\n");
	}

	tc = tcase_create("bounds");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, adoption_knows_the_threads_stack);
	tcase_add_test(tc, backtraces_end_at_the_outermost_frame);
	suite_add_tcase(suite, tc);

	tc = tcase_create("end");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60); /* sanitizers, on a slow machine */
	tcase_add_test(tc, a_dropped_contexts_stack_is_as_good_as_new);
	tcase_add_test(tc, contexts_come_and_go);
	tcase_add_test_raise_signal(
		tc, returning_from_the_first_function_aborts, SIGABRT);
	suite_add_tcase(suite, tc);

	tc = tcase_create("exit");
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_sleeping_contexts_memory_is_not_leaked);
	suite_add_tcase(suite, tc);

	return suite;
}

int main(void)
{
	return suite_run(context_suite());
}
