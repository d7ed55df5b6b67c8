/* SPDX-License-Identifier: MIT */
/* Crossings: who passes waits for all who are inside, whichever stage they are
 * on. */
#include "core/kthread.h"
#include "thread-rig.h"

#include <evl/crossing.h>
#include <evl/flag.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

static struct evl_crossing crossing;
static struct evl_kthread threads[3];
static struct evl_flag leave;
static bool passed;

static void setup(void)
{
	rig_setup();
	evl_init_crossing(&crossing);
	evl_init_flag(&leave);
	passed = false;
}

static void pass(void *arg)
{
	evl_pass_crossing(&crossing);
	passed = true;
}

START_TEST(who_is_alone_passes_at_once)
{
	rig_inband(pass, NULL);
	ck_assert(passed);
}
END_TEST

/* As an interrupt's, or a timer's function would be. */
static void on_worker(unsigned int nr, void (*func)(struct evl_crossing *c))
{
	rig_go_to(&rig_workers[nr]);
	func(&crossing);
	rig_go_to(&inband_stage);
}

START_TEST(the_last_to_come_out_lets_it_pass)
{
	evl_down_crossing(&crossing);
	on_worker(0, evl_down_crossing);
	evl_down_crossing(&crossing);
	rig_inband(pass, NULL);
	ck_assert(!passed);
	on_worker(1, evl_up_crossing);
	rig_step();
	ck_assert(!passed);
	evl_up_crossing(&crossing);
	rig_step();
	ck_assert(!passed);
	if (_i)
		on_worker(0, evl_up_crossing);
	else
		evl_up_crossing(&crossing);
	rig_step();
	ck_assert(passed);
}
END_TEST

START_TEST(who_came_out_before_does_not_count)
{
	for (int i = 0; i < 3; i++) {
		evl_down_crossing(&crossing);
		evl_up_crossing(&crossing);
	}
	rig_inband(pass, NULL);
	ck_assert(passed);
}
END_TEST

static void stay(void *arg)
{
	evl_down_crossing(&crossing);
	evl_wait_flag(&leave);
	evl_up_crossing(&crossing);
}

START_TEST(threads_of_any_priority_are_waited_for)
{
	static const int prios[] = { 1, 99, 50 };

	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(
			rig_run(&threads[i], i % 2, stay, NULL, prios[i]), 0);
	rig_inband(pass, NULL);
	for (int i = 0; i < 3; i++) {
		ck_assert(!passed);
		evl_raise_flag(&leave);
		rig_step();
	}
	ck_assert(passed);
}
END_TEST

START_TEST(nothing_else_ends_it)
{
	struct fiber *fiber;

	evl_down_crossing(&crossing);
	fiber = rig_inband(pass, NULL);
	fiber_break(fiber);
	rig_step();
	ck_assert(!passed);
	evl_up_crossing(&crossing);
	rig_step();
	ck_assert(passed);
}
END_TEST

START_TEST(it_is_as_good_as_new_once_it_is_prepared_again)
{
	for (int i = 0; i < 3; i++) {
		passed = false;
		evl_down_crossing(&crossing);
		rig_inband(pass, NULL);
		ck_assert(!passed);
		evl_up_crossing(&crossing);
		rig_step();
		ck_assert(passed);
		evl_reinit_crossing(&crossing);
	}
}
END_TEST

/* A driver's mistake, at its own expense. */
START_TEST(who_comes_out_once_too_often_does_no_harm)
{
	evl_up_crossing(&crossing);
	rig_inband(pass, NULL);
	ck_assert(passed);
	evl_up_crossing(&crossing);
	rig_step();
}
END_TEST

/* The one inside and the one who passes, each on a thread of its own. */

#define NR_ROUNDS 2000

static _Atomic(struct evl_crossing *) shared;

static void *come_out(void *arg)
{
	struct evl_crossing *c;

	for (int i = 0; i < NR_ROUNDS; i++) {
		while ((c = shared) == NULL)
			sched_yield();
		shared = NULL;
		evl_up_crossing(c);
	}

	return NULL;
}

/* It is gone as soon as it is passed. */
static void pass_often(void *arg)
{
	struct evl_crossing c;

	for (int i = 0; i < NR_ROUNDS; i++) {
		evl_init_crossing(&c);
		evl_down_crossing(&c);
		shared = &c;
		evl_pass_crossing(&c);
		memset(&c, 0xa5, sizeof(c));
	}
	passed = true;
}

START_TEST(who_has_passed_may_forget_it)
{
	pthread_t thread;

	pthread_create(&thread, NULL, come_out, NULL);
	ck_assert_int_eq(inband_spawn(pass_often, NULL, NULL), 0);
	while (!passed)
		inband_run_once(true);
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/crossing");
	TCase *tc = tcase_create("crossing");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, rig_teardown);
	tcase_add_test(tc, who_is_alone_passes_at_once);
	tcase_add_loop_test(tc, the_last_to_come_out_lets_it_pass, 0, 2);
	tcase_add_test(tc, who_came_out_before_does_not_count);
	tcase_add_test(tc, threads_of_any_priority_are_waited_for);
	tcase_add_test(tc, nothing_else_ends_it);
	tcase_add_test(tc, it_is_as_good_as_new_once_it_is_prepared_again);
	tcase_add_test(tc, who_comes_out_once_too_often_does_no_harm);
	tcase_add_test(tc, who_has_passed_may_forget_it);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
