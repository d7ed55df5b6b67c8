/* SPDX-License-Identifier: MIT */
/* Threads with a period: when it begins, and periods that were missed. */
#include "core/kthread.h"
#include "own-clock.h"
#include "thread-rig.h"

#include <errno.h>
#include <linux/ktime.h>

static struct evl_kthread kthread;
static int rets[3];
static unsigned long overruns;

static void setup(void)
{
	rig_setup();
	own_now = 1000 * UNIT;
	overruns = 99;
	for (int i = 0; i < 3; i++)
		rets[i] = PENDING;
}

static void have_period(void *arg)
{
	rets[0] = evl_set_period(&own_clock, *(const ktime_t *)arg, 100 * UNIT);
	while (!evl_kthread_should_stop()) {
		rets[1] = PENDING;
		rets[1] = evl_wait_period(&overruns);
		rets[2]++;
		if (rets[1] == 0)
			evl_hold_thread(evl_current(), T_SUSP);
	}
}

/* Its first release is at @idate. */
static void start_periodic(ktime_t idate)
{
	static ktime_t date;

	date = idate * UNIT;
	rets[2] = 0;
	rig_run(&kthread, 0, have_period, &date, 10);
	ck_assert_int_eq(rets[0], 0);
}

static void let_go_on(void)
{
	evl_release_thread(&kthread.thread, T_SUSP, 0);
	rig_step();
}

START_TEST(a_period_begins_when_it_should)
{
	start_periodic(1500);
	ck_assert_uint_eq(kthread.thread.state, EVL_T_WAIT);
	own_clock_pass(1499);
	ck_assert_int_eq(rets[2], 0);
	own_clock_pass(1500);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 1);
	let_go_on();
	own_clock_pass(1599);
	ck_assert_int_eq(rets[2], 1);
	own_clock_pass(1600);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 2);
	ck_assert_uint_eq(overruns, 99);
	rig_stop(&kthread);
}
END_TEST

START_TEST(the_first_one_begins_a_period_from_now_unless_told)
{
	start_periodic(0);
	own_clock_pass(1099);
	ck_assert_int_eq(rets[2], 0);
	own_clock_pass(1100);
	ck_assert_int_eq(rets[2], 1);
	rig_stop(&kthread);
}
END_TEST

START_TEST(who_is_late_in_its_period_does_not_sleep)
{
	start_periodic(1100);
	own_clock_pass(1100);
	own_now = 1290 * UNIT; /* before 1300 */
	let_go_on();
	ck_assert_int_eq(rets[2], 2);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_uint_eq(overruns, 99);
	/* The grid stays. */
	let_go_on();
	own_clock_pass(1299);
	ck_assert_int_eq(rets[2], 2);
	own_clock_pass(1300);
	ck_assert_int_eq(rets[2], 3);
	rig_stop(&kthread);
}
END_TEST

START_TEST(periods_that_were_missed_are_counted)
{
	start_periodic(1100);
	own_clock_pass(1100);
	own_now = 1450 * UNIT; /* 1200 is two periods ago, and then some */
	let_go_on();
	/* Told at once, and the next one is awaited: that at 1500. */
	ck_assert_int_eq(rets[2], 2);
	ck_assert_int_eq(rets[1], PENDING);
	ck_assert_uint_eq(overruns, 2);
	own_clock_pass(1499);
	ck_assert_int_eq(rets[2], 2);
	own_clock_pass(1500);
	ck_assert_int_eq(rets[2], 3);
	ck_assert_int_eq(rets[1], 0);
	rig_stop(&kthread);
}
END_TEST

static void miss_some(void *arg)
{
	ck_assert_int_eq(evl_set_period(&own_clock, 0, UNIT), 0);
	own_now += 4 * UNIT;
	rets[0] = evl_wait_period(arg);
}

START_TEST(missed_periods_are_an_error_whether_counted_or_not)
{
	rig_run(&kthread, 0, miss_some, NULL, 10);
	ck_assert_int_eq(rets[0], -ETIMEDOUT);
	rig_run(&kthread, 0, miss_some, &overruns, 10);
	ck_assert_int_eq(rets[0], -ETIMEDOUT);
	ck_assert_uint_eq(overruns, 3);
}
END_TEST

START_TEST(a_broken_wait_is_for_the_same_period_next_time)
{
	start_periodic(1100);
	evl_unblock_kthread(&kthread, T_BREAK);
	rig_step();
	ck_assert_int_eq(rets[2], 1);
	own_clock_pass(1099);
	ck_assert_int_eq(rets[2], 1);
	own_clock_pass(1100);
	ck_assert_int_eq(rets[2], 2);
	ck_assert_int_eq(rets[1], 0);
	rig_stop(&kthread);
	ck_assert_int_eq(rets[1], 0);
}
END_TEST

static void end_period(void *arg)
{
	rets[0] = evl_wait_period(NULL);
	evl_set_period(&own_clock, 0, UNIT);
	rets[1] = evl_set_period(arg, 0, 0);
	rets[2] = evl_wait_period(NULL);
}

START_TEST(without_a_period_there_is_nothing_to_wait_for)
{
	rig_run(&kthread, 0, end_period, NULL, 10);
	ck_assert_int_eq(rets[0], -EAGAIN);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], -EAGAIN);
	rig_run(&kthread, 0, end_period, &own_clock, 10);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], -EAGAIN);
}
END_TEST

START_TEST(gravity_has_a_period_begin_earlier)
{
	own_clock.gravity.kernel = 3 * UNIT;
	start_periodic(1500);
	own_clock_pass(1496);
	ck_assert_int_eq(rets[2], 0);
	own_clock_pass(1497);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 1);
	/* The next one is where it was. */
	let_go_on();
	own_clock_pass(1596);
	ck_assert_int_eq(rets[2], 1);
	own_clock_pass(1597);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 2);
	ck_assert_uint_eq(overruns, 99);
	rig_stop(&kthread);
	own_clock.gravity.kernel = 0;
}
END_TEST

static void be_too_quick(void *arg)
{
	own_clock.gravity.kernel = 50;
	rets[0] = evl_set_period(&own_clock, 0, 49);
	rets[1] = evl_set_period(&own_clock, 0, -1);
	rets[2] = evl_set_period(&own_clock, 0, 50);
	own_clock.gravity.kernel = 0;
}

START_TEST(periods_shorter_than_the_gravity_are_refused)
{
	rig_run(&kthread, 0, be_too_quick, NULL, 10);
	ck_assert_int_eq(rets[0], -EINVAL);
	ck_assert_int_eq(rets[1], -EINVAL);
	ck_assert_int_eq(rets[2], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/period");
	TCase *tc = tcase_create("period");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, rig_teardown);
	tcase_add_test(tc, a_period_begins_when_it_should);
	tcase_add_test(tc, the_first_one_begins_a_period_from_now_unless_told);
	tcase_add_test(tc, who_is_late_in_its_period_does_not_sleep);
	tcase_add_test(tc, periods_that_were_missed_are_counted);
	tcase_add_test(tc, missed_periods_are_an_error_whether_counted_or_not);
	tcase_add_test(tc, a_broken_wait_is_for_the_same_period_next_time);
	tcase_add_test(tc, without_a_period_there_is_nothing_to_wait_for);
	tcase_add_test(tc, gravity_has_a_period_begin_earlier);
	tcase_add_test(tc, periods_shorter_than_the_gravity_are_refused);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
