/* SPDX-License-Identifier: MIT */
/* How kernel threads are ended, and waited for. */
#include "core/kthread.h"
#include "thread-rig.h"

#include <errno.h>
#include <evl/flag.h>
#include <evl/sem.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <stdlib.h>
#include <string.h>

static struct evl_kthread kthread;
static struct evl_flag flag;
static char order[64];
static int rets[3];

static void setup(void)
{
	rig_setup();
	evl_init_flag(&flag);
	order[0] = '\0';
	for (int i = 0; i < 3; i++)
		rets[i] = PENDING;
}

static void wait_once(void *arg)
{
	rets[0] = evl_wait_flag(&flag);
}

static void wait_twice(void *arg)
{
	wait_once(arg);
	rets[1] = evl_wait_flag(&flag);
}

START_TEST(stopping_breaks_this_sleep_and_further_ones)
{
	ck_assert_int_eq(rig_run(&kthread, 0, wait_twice, NULL, 10), 0);
	ck_assert_uint_eq(kthread_count(), 1);
	rig_stop(&kthread);
	ck_assert_int_eq(rets[0], -EINTR);
	ck_assert_int_eq(rets[1], -EINTR);
	ck_assert_uint_eq(kthread_count(), 0);

	/* It has ended already. */
	rig_stop(&kthread);
}
END_TEST

static void until_stopped(void *arg)
{
	while (!evl_kthread_should_stop())
		rets[0] = evl_wait_flag(&flag);
	strcat(order, "stopped");
}

START_TEST(a_thread_is_told_that_it_should_stop)
{
	rig_run(&kthread, 0, until_stopped, NULL, 10);
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_int_eq(rets[0], 0);
	ck_assert_str_eq(order, "");
	rig_stop(&kthread);
	ck_assert_str_eq(order, "stopped");
	ck_assert(!evl_kthread_should_stop()); /* who is none */
}
END_TEST

static void stop_and_note(void *arg)
{
	evl_stop_kthread(&kthread);
	strcat(order, arg);
}

static struct evl_ksem sem;

static void sleep_deeply(void *arg)
{
	while (evl_down(&sem) == -EINTR)
		msleep(1000000);
	strcat(order, "e");
}

START_TEST(a_thread_that_goes_on_is_waited_for)
{
	evl_init_ksem(&sem, 0);
	rig_run(&kthread, 0, sleep_deeply, NULL, 10);
	rig_inband(stop_and_note, "s");
	ck_assert_str_eq(order, "");
	evl_up(&sem);
	rig_pass_time(UINT64_C(2000000000000));
	ck_assert_str_eq(order, "es");
}
END_TEST

START_TEST(a_handler_may_stop_a_thread)
{
	static struct rig_app app;

	for (unsigned int nr = 0; nr < 2; nr++) {
		rig_run(&kthread, 0, wait_once, NULL, 10);
		rig_app(&app, nr, stop_and_note, "s", 50);
		ck_assert_int_eq(rets[0], -EINTR);
		ck_assert_uint_eq(kthread_count(), 0);
		rig_app_end(&app, true);
	}
	ck_assert_str_eq(order, "ss");
}
END_TEST

START_TEST(so_may_several_at_once)
{
	static struct rig_app app;

	evl_init_ksem(&sem, 0);
	rig_run(&kthread, 0, sleep_deeply, NULL, 10);
	rig_inband(stop_and_note, "a");
	rig_inband(stop_and_note, "b");
	rig_app(&app, 1, stop_and_note, "c", 1);
	ck_assert_str_eq(order, "");
	evl_up(&sem);
	rig_pass_time(UINT64_C(2000000000000));
	ck_assert_uint_eq(strlen(order), 4);
	ck_assert_int_eq(order[0], 'e');
}
END_TEST

static _Noreturn void stop_oneself_deep_down(void)
{
	evl_stop_kthread(&kthread);
	abort();
}

static void stop_oneself(void *arg)
{
	strcat(order, "x");
	stop_oneself_deep_down();
}

START_TEST(a_thread_that_stops_itself_ends_there)
{
	rig_run(&kthread, 0, stop_oneself, NULL, 10);
	ck_assert_str_eq(order, "x");
	ck_assert_uint_eq(kthread_count(), 0);
	rig_stop(&kthread);
}
END_TEST

static void cancel_oneself(void *arg)
{
	evl_cancel_thread(evl_current());
	abort();
}

START_TEST(so_does_one_that_cancels_itself)
{
	rig_run(&kthread, 0, cancel_oneself, NULL, 10);
	ck_assert_uint_eq(kthread_count(), 0);
}
END_TEST

static void start_and_stop(void *arg)
{
	ck_assert_int_eq(
		evl_run_kthread(&kthread, wait_once, NULL, 10, 0, "brief"), 0);
	evl_stop_kthread(&kthread);
	strcat(order, "s");
}

START_TEST(one_that_has_not_begun_begins_and_ends)
{
	rig_inband(start_and_stop, NULL);
	ck_assert_int_eq(rets[0], -EINTR);
	ck_assert_str_eq(order, "s");
}
END_TEST

/* Its node takes a while to appear, in which its worker hears of it. */
static void cancel_it(void)
{
	evl_cancel_thread(&kthread.thread);
	msleep(1);
}

static void start_public(void *arg)
{
	rets[1] = evl_run_kthread(&kthread, wait_once, arg, 10,
				  EVL_CLONE_PUBLIC, "shown");
}

START_TEST(so_does_one_that_is_still_being_made)
{
	rig_on_node = cancel_it;
	rig_inband(start_public, NULL);
	while (kthread_count())
		rig_step();
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[0], -EINTR);
}
END_TEST

START_TEST(one_that_was_never_started_is_no_concern)
{
	memset(&kthread, 0, sizeof(kthread));
	rig_stop(&kthread);
	ck_assert_int_eq(evl_join_kthread(&kthread, true), 0);
	evl_unblock_kthread(&kthread, T_BREAK);
	evl_hold_thread(&kthread.thread, T_SUSP);
	evl_release_thread(&kthread.thread, T_SUSP, 0);
	evl_cancel_thread(&kthread.thread);
}
END_TEST

START_TEST(where_nobody_can_wait_it_is_cancelled_all_the_same)
{
	rig_run(&kthread, 0, wait_once, NULL, 10);
	evl_stop_kthread(&kthread); /* no fiber */
	ck_assert_uint_eq(kthread_count(), 1);
	rig_step();
	ck_assert_uint_eq(kthread_count(), 0);
	ck_assert_int_eq(rets[0], -EINTR);
}
END_TEST

START_TEST(cancelling_does_not_wait)
{
	rig_run(&kthread, 0, until_stopped, NULL, 10);
	evl_cancel_thread(&kthread.thread);
	ck_assert_str_eq(order, "");
	rig_step();
	ck_assert_str_eq(order, "stopped");
}
END_TEST

/* Joining. */

static void join(void *arg)
{
	rets[2] = evl_join_kthread(&kthread, *(const bool *)arg);
	strcat(order, "j");
}

START_TEST(joining_waits_for_the_end)
{
	static const bool how[] = { false, true };

	for (int i = 0; i < 2; i++) {
		rig_run(&kthread, 0, wait_once, NULL, 10);
		rets[2] = PENDING;
		rig_inband(join, (void *)&how[i]);
		ck_assert_int_eq(rets[2], PENDING);
		evl_raise_flag(&flag);
		rig_step();
		ck_assert_int_eq(rets[0], 0);
		ck_assert_int_eq(rets[2], 0);
		/* It has ended. */
		rig_inband(join, (void *)&how[i]);
		ck_assert_int_eq(rets[2], 0);
	}
}
END_TEST

static void await_completion(void *arg)
{
	wait_for_completion(&kthread.done);
	strcat(order, "d");
}

/* What drivers look at in the struct. */
START_TEST(so_does_its_completion)
{
	static int arg;

	kthread.status = 77;
	rig_run(&kthread, 0, wait_once, &arg, 10);
	ck_assert_ptr_eq(kthread.threadfn, wait_once);
	ck_assert_ptr_eq(kthread.arg, &arg);
	ck_assert_int_eq(kthread.status, 77);
	for (int i = 0; i < 2; i++)
		rig_inband(await_completion, NULL);
	ck_assert_str_eq(order, "");
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_str_eq(order, "dd");
	rig_inband(await_completion, NULL);
	ck_assert_str_eq(order, "ddd");
}
END_TEST

START_TEST(a_join_may_be_interrupted)
{
	static const bool how[] = { false, true };
	struct fiber *fiber;

	rig_run(&kthread, 0, wait_once, NULL, 10);
	fiber = rig_inband(join, (void *)&how[0]);
	fiber_break(fiber);
	rig_step();
	ck_assert_int_eq(rets[2], -EINTR);

	rets[2] = PENDING;
	fiber = rig_inband(join, (void *)&how[1]);
	fiber_break(fiber);
	rig_step();
	ck_assert_int_eq(rets[2], PENDING);
	rig_stop(&kthread);
	ck_assert_int_eq(rets[2], 0);
}
END_TEST

static void join_oneself(void *arg)
{
	rets[0] = evl_join_kthread(&kthread, true);
	rets[1] = evl_join_thread(&kthread.thread, false);
}

START_TEST(nobody_joins_himself)
{
	rig_run(&kthread, 0, join_oneself, NULL, 10);
	ck_assert_int_eq(rets[0], -EDEADLK);
	ck_assert_int_eq(rets[1], -EDEADLK);
}
END_TEST

static void join_current(void *arg)
{
	rets[0] = evl_join_thread(evl_current(), true);
	rets[1] = evl_current_kthread() != NULL;
	rets[2] = evl_kthread_should_stop();
}

START_TEST(an_applications_thread_is_not_joined)
{
	static struct rig_app app;

	rig_app(&app, 0, join_current, NULL, 10);
	ck_assert_int_eq(rets[0], -EINVAL);
	ck_assert_int_eq(rets[1], false);
	ck_assert_int_eq(rets[2], false);
}
END_TEST

START_TEST(who_cannot_sleep_cannot_join)
{
	rig_run(&kthread, 0, wait_once, NULL, 10);
	ck_assert_int_eq(evl_join_kthread(&kthread, true), -EPERM);
	rig_go_to(&rig_workers[0]); /* a timer's function */
	ck_assert_int_eq(evl_join_thread(&kthread.thread, true), -EPERM);
	rig_go_to(&inband_stage);
	rig_stop(&kthread);
	ck_assert_int_eq(evl_join_kthread(&kthread, true), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/kthread-stop");
	TCase *tc;

#define begin_case(name)            \
	tc = tcase_create(name);    \
	suite_add_tcase(suite, tc); \
	tcase_set_timeout(tc, 60);  \
	tcase_add_checked_fixture(tc, setup, rig_teardown)

	begin_case("stop");
	tcase_add_test(tc, stopping_breaks_this_sleep_and_further_ones);
	tcase_add_test(tc, a_thread_is_told_that_it_should_stop);
	tcase_add_test(tc, a_thread_that_goes_on_is_waited_for);
	tcase_add_test(tc, a_handler_may_stop_a_thread);
	tcase_add_test(tc, so_may_several_at_once);
	tcase_add_test(tc, a_thread_that_stops_itself_ends_there);
	tcase_add_test(tc, so_does_one_that_cancels_itself);
	tcase_add_test(tc, one_that_has_not_begun_begins_and_ends);
	tcase_add_test(tc, so_does_one_that_is_still_being_made);
	tcase_add_test(tc, one_that_was_never_started_is_no_concern);
	tcase_add_test(tc, where_nobody_can_wait_it_is_cancelled_all_the_same);
	tcase_add_test(tc, cancelling_does_not_wait);

	begin_case("join");
	tcase_add_test(tc, joining_waits_for_the_end);
	tcase_add_test(tc, so_does_its_completion);
	tcase_add_test(tc, a_join_may_be_interrupted);
	tcase_add_test(tc, nobody_joins_himself);
	tcase_add_test(tc, an_applications_thread_is_not_joined);
	tcase_add_test(tc, who_cannot_sleep_cannot_join);

	return suite_run(suite);
}
