/* SPDX-License-Identifier: MIT */
/*
 * What every implementation of a context promises: where it starts, that
 * switching goes on where it left, what each keeps for itself.
 */
#include "../helpers.h"
#include "flow.h"

#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

static void note_frame(void *arg)
{
	struct flow *flow = arg;

	flow->result = (uintptr_t)__builtin_frame_address(0);
	flow_finish(flow);
}

START_TEST(entry_runs_with_its_argument_on_its_own_stack)
{
	struct flow flow = { 0 };
	uintptr_t top;

	flow_make(&flow, note_frame);
	ck_assert(!flow.done);
	flow_resume(&flow);

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
		flow_resume(&flow);
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
		flow_yield(flow);
	}
	flow_finish(flow);
}

START_TEST(switching_continues_where_it_left)
{
	struct flow flow = { 0 };

	flow_make(&flow, count_to_three);
	for (unsigned int i = 1; i <= 3; i++) {
		flow_resume(&flow);
		ck_assert_uint_eq(flow.result, i);
		ck_assert(!flow.done);
	}
	flow_resume(&flow);
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
		flow_resume(&flows[0]);

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
			flow_yield(flow);
	}

	return a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ (uint64_t)(int64_t)(p + q) ^
	       (uint64_t)(int64_t)(r + s);
}

static void run_churn(void *arg)
{
	struct flow *flow = arg;

	flow->result = churn(flow->result, flow);
	flow_finish(flow);
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
			flow_resume(&flows[i]);

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
	flow_yield(flow);
	take_sevenths(flow);
	flow_finish(flow);
}

/* On x86-64, double and long double each have a rounding mode. */
START_TEST(each_context_has_its_own_rounding_mode)
{
	struct flow mine = { 0 }, flow = { 0 };

	flow_make(&flow, round_up);

	flow_resume(&flow);
	take_sevenths(&mine);
	ck_assert_int_eq(fegetround(), FE_TONEAREST);

	flow_resume(&flow);
	ck_assert(mine.seventh < flow.seventh);
	ck_assert(mine.long_seventh < flow.long_seventh);
	ck_assert_int_eq(fegetround(), FE_TONEAREST);
	flow_drop(&flow);
}
END_TEST

static void note_sevenths(void *arg)
{
	take_sevenths(arg);
	flow_finish(arg);
}

START_TEST(they_start_with_their_makers_rounding_mode)
{
	struct flow nearest = { 0 }, up = { 0 };

	flow_make(&nearest, note_sevenths);
	fesetround(FE_UPWARD);
	flow_make(&up, note_sevenths);

	flow_resume(&nearest);
	fesetround(FE_TONEAREST);
	flow_resume(&up);

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
	flow_finish(flow);
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

	flow_resume(&flow);
	ck_assert_uint_eq(flow.result, 1);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	ck_assert(sigismember(&mask, SIGUSR1));
	flow_drop(&flow);
}
END_TEST

static void *adopt_and_resume(void *arg)
{
	fiber_context_adopt(&flow_self);
	flow_resume(arg);

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

static void just_return(void *arg)
{
	(void)arg;
}

START_TEST(returning_from_the_first_function_aborts)
{
	struct flow flow = { 0 };

	flow_make(&flow, just_return);
	flow_resume(&flow);
}
END_TEST

static Suite *context_suite(void)
{
	Suite *suite = suite_create("stage/context");
	TCase *tc;

	tc = tcase_create("start");
	tcase_add_checked_fixture(tc, flow_setup, flow_teardown);
	tcase_add_test(tc, entry_runs_with_its_argument_on_its_own_stack);
	tcase_add_test(tc, entry_finds_its_stack_aligned);
	tcase_add_test(tc, contexts_start_with_their_threads_signal_mask);
	tcase_add_test(tc, a_context_made_on_one_thread_runs_on_another);
	suite_add_tcase(suite, tc);

	tc = tcase_create("switch");
	tcase_add_checked_fixture(tc, flow_setup, flow_teardown);
	tcase_add_test(tc, switching_continues_where_it_left);
	tcase_add_test(tc, contexts_switch_among_themselves);
	tcase_add_test(tc, local_values_survive_switches);
	tcase_add_test_raise_signal(
		tc, returning_from_the_first_function_aborts, SIGABRT);
	suite_add_tcase(suite, tc);

	if (rounding_modes_work()) {
		tc = tcase_create("rounding");
		tcase_add_checked_fixture(tc, flow_setup, flow_teardown);
		tcase_add_test(tc, each_context_has_its_own_rounding_mode);
		tcase_add_test(tc, they_start_with_their_makers_rounding_mode);
		suite_add_tcase(suite, tc);
	} else {
		printf("no rounding modes on this machine, not tested\n");
	}

	return suite;
}

int main(void)
{
	return suite_run(context_suite());
}
