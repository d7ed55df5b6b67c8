/* SPDX-License-Identifier: MIT */
/* Sleeping for a time, and periods. */
#include "core/kthread.h"
#include "thread-rig.h"

#include <errno.h>
#include <linux/ktime.h>
#include <string.h>

/* A clock which says what the test wants. */
#define UNIT ((ktime_t)1000000000)

static ktime_t now;

static ktime_t read_now(struct evl_clock *clock)
{
	return now;
}

static struct evl_clock test_clock = {
	.name = "test",
	.ops = { .read = read_now },
};

static struct evl_kthread kthread;
static int rets[3];
static ktime_t left;
static unsigned long overruns;

static void setup(void)
{
	rig_setup();
	now = 1000 * UNIT;
	overruns = 99;
	left = -1000;
	for (int i = 0; i < 3; i++)
		rets[i] = PENDING;
}

/* It is @date for the test's clock, and any sleep may look. */
static void pass_time(ktime_t date)
{
	now = date * UNIT;
	rig_pass_time(UINT64_C(100000000000000));
}

static void sleep_for(void *arg)
{
	rets[0] = evl_sleep(*(const ktime_t *)arg);
	rets[1] = evl_sleep(*(const ktime_t *)arg);
}

static void sleep_until(void *arg)
{
	rets[0] = evl_sleep_until(*(const ktime_t *)arg);
}

START_TEST(a_sleep_lasts_as_long_as_it_should)
{
	ktime_t delay = 1000 * UNIT;

	rig_run(&kthread, 0, sleep_for, &delay, 10);
	ck_assert_uint_eq(kthread.thread.state, EVL_T_DELAY);
	rig_pass_time(999 * UNIT);
	ck_assert_int_eq(rets[0], PENDING);
	rig_pass_time(1001 * UNIT);
	ck_assert_int_eq(rets[0], 0);
	ck_assert_int_eq(rets[1], PENDING);
	rig_stop(&kthread);
	ck_assert_int_eq(rets[1], -EINTR);
}
END_TEST

START_TEST(a_sleep_until_a_date_ends_then)
{
	ktime_t date = ktime_get() + 1000 * UNIT;

	rig_run(&kthread, 0, sleep_until, &date, 10);
	rig_pass_time(999 * UNIT);
	ck_assert_int_eq(rets[0], PENDING);
	rig_pass_time(1000 * UNIT);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(gravity_has_a_sleep_end_earlier)
{
	ktime_t date = ktime_get() + 1000 * UNIT;

	evl_mono_clock.gravity.kernel = 100 * UNIT;
	rig_run(&kthread, 0, sleep_until, &date, 10);
	rig_pass_time(899 * UNIT);
	ck_assert_int_eq(rets[0], PENDING);
	rig_pass_time(901 * UNIT);
	ck_assert_int_eq(rets[0], 0);

	/* As if it had passed. */
	rets[0] = PENDING;
	date = 1;
	rig_run(&kthread, 0, sleep_until, &date, 10);
	rig_pass_time(0);
	ck_assert_int_eq(rets[0], 0);
	evl_mono_clock.gravity.kernel = 0;
}
END_TEST

static struct evl_kthread sleepers[3];
static char order[4];
static ktime_t common_date;

static void sleep_and_note(void *arg)
{
	ck_assert_int_eq(evl_sleep_until(common_date), 0);
	strcat(order, arg);
}

START_TEST(those_of_one_date_go_on_by_priority)
{
	static const int prios[] = { 10, 30, 20 };
	static char names[][2] = { "a", "b", "c" };

	common_date = ktime_get() + 1000 * UNIT;
	for (int i = 0; i < 3; i++)
		rig_run(&sleepers[i], 0, sleep_and_note, names[i], prios[i]);
	rig_pass_time(1000 * UNIT);
	ck_assert_str_eq(order, "bca");
}
END_TEST

START_TEST(what_has_passed_is_now)
{
	static const ktime_t dates[] = { 0, 1, -1, KTIME_MIN };
	static const ktime_t delays[] = { 0, -5 };

	for (size_t i = 0; i < 4; i++) {
		rig_run(&kthread, 0, sleep_until, (void *)&dates[i], 10);
		ck_assert_int_eq(rets[0], 0);
		rets[0] = PENDING;
	}
	for (size_t i = 0; i < 2; i++) {
		rig_run(&kthread, 0, sleep_for, (void *)&delays[i], 10);
		ck_assert_int_eq(rets[0], 0);
		ck_assert_int_eq(rets[1], 0);
	}
}
END_TEST

START_TEST(a_sleep_can_be_broken)
{
	ktime_t delay = KTIME_MAX;

	rig_run(&kthread, 0, sleep_for, &delay, 10);
	evl_unblock_kthread(&kthread, T_BREAK);
	rig_step();
	ck_assert_int_eq(rets[0], -EINTR);
	evl_unblock_kthread(&kthread, T_RMID);
	rig_step();
	ck_assert_int_eq(rets[1], -EINTR);
}
END_TEST

static void sleep_on_request(void *arg)
{
	rets[0] = evl_sleep(UNIT);
}

START_TEST(handlers_sleep_too)
{
	static struct rig_app app;

	rig_app(&app, 0, sleep_on_request, NULL, 10);
	ck_assert_int_eq(rets[0], PENDING);
	rig_pass_time(2 * UNIT);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

/* How evl_delay() is called. */
static struct delay {
	ktime_t timeout;
	enum evl_tmode mode;
	struct evl_clock *clock;
} delay;

static void do_delay(void *arg)
{
	left = evl_delay(delay.timeout, delay.mode, delay.clock);
}

static void start_delay(ktime_t timeout, enum evl_tmode mode)
{
	left = -1000;
	delay = (struct delay){ timeout, mode, &test_clock };
	rig_run(&kthread, 0, do_delay, NULL, 10);
}

START_TEST(a_delay_ends_with_nothing_left)
{
	start_delay(1100 * UNIT, EVL_ABS);
	ck_assert_int_eq(left, -1000);
	pass_time(1100);
	ck_assert_int_eq(left, 0);

	start_delay(100 * UNIT, EVL_REL);
	ck_assert_int_eq(left, -1000);
	pass_time(1200);
	ck_assert_int_eq(left, 0);

	start_delay(1, EVL_ABS);
	ck_assert_int_eq(left, 0);
	start_delay(-1, EVL_REL);
	ck_assert_int_eq(left, 0);
}
END_TEST

START_TEST(a_delay_that_was_broken_tells_what_was_left)
{
	start_delay(1100 * UNIT, EVL_ABS);
	now = 1040 * UNIT;
	rig_stop(&kthread);
	ck_assert_int_eq(left, 60 * UNIT);

	start_delay(100 * UNIT, EVL_REL);
	now = 1050 * UNIT;
	rig_stop(&kthread);
	ck_assert_int_eq(left, 90 * UNIT);

	/* In the very moment. */
	start_delay(100 * UNIT, EVL_REL);
	now = 9999 * UNIT;
	rig_stop(&kthread);
	ck_assert_int_eq(left, 1);

	start_delay(EVL_INFINITE, EVL_REL);
	rig_pass_time(UINT64_C(1) << 62);
	ck_assert_int_eq(left, -1000);
	rig_stop(&kthread);
	ck_assert_int_eq(left, KTIME_MAX);
}
END_TEST

/* Periods. */

static void have_period(void *arg)
{
	rets[0] =
		evl_set_period(&test_clock, *(const ktime_t *)arg, 100 * UNIT);
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
	pass_time(1499);
	ck_assert_int_eq(rets[2], 0);
	pass_time(1500);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 1);
	let_go_on();
	pass_time(1599);
	ck_assert_int_eq(rets[2], 1);
	pass_time(1600);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 2);
	ck_assert_uint_eq(overruns, 99);
	rig_stop(&kthread);
}
END_TEST

START_TEST(the_first_one_begins_a_period_from_now_unless_told)
{
	start_periodic(0);
	pass_time(1099);
	ck_assert_int_eq(rets[2], 0);
	pass_time(1100);
	ck_assert_int_eq(rets[2], 1);
	rig_stop(&kthread);
}
END_TEST

START_TEST(who_is_late_in_its_period_does_not_sleep)
{
	start_periodic(1100);
	pass_time(1100);
	now = 1290 * UNIT; /* before 1300 */
	let_go_on();
	ck_assert_int_eq(rets[2], 2);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_uint_eq(overruns, 99);
	/* The grid stays. */
	let_go_on();
	pass_time(1299);
	ck_assert_int_eq(rets[2], 2);
	pass_time(1300);
	ck_assert_int_eq(rets[2], 3);
	rig_stop(&kthread);
}
END_TEST

START_TEST(periods_that_were_missed_are_counted)
{
	start_periodic(1100);
	pass_time(1100);
	now = 1450 * UNIT; /* 1200 is two periods ago, and then some */
	let_go_on();
	/* Told at once, and the next one is awaited: that at 1500. */
	ck_assert_int_eq(rets[2], 2);
	ck_assert_int_eq(rets[1], PENDING);
	ck_assert_uint_eq(overruns, 2);
	pass_time(1499);
	ck_assert_int_eq(rets[2], 2);
	pass_time(1500);
	ck_assert_int_eq(rets[2], 3);
	ck_assert_int_eq(rets[1], 0);
	rig_stop(&kthread);
}
END_TEST

static void miss_some(void *arg)
{
	ck_assert_int_eq(evl_set_period(&test_clock, 0, UNIT), 0);
	now += 4 * UNIT;
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
	pass_time(1099);
	ck_assert_int_eq(rets[2], 1);
	pass_time(1100);
	ck_assert_int_eq(rets[2], 2);
	ck_assert_int_eq(rets[1], 0);
	rig_stop(&kthread);
	ck_assert_int_eq(rets[1], 0);
}
END_TEST

static void end_period(void *arg)
{
	rets[0] = evl_wait_period(NULL);
	evl_set_period(&test_clock, 0, UNIT);
	rets[1] = evl_set_period(arg, 0, 0);
	rets[2] = evl_wait_period(NULL);
}

START_TEST(without_a_period_there_is_nothing_to_wait_for)
{
	rig_run(&kthread, 0, end_period, NULL, 10);
	ck_assert_int_eq(rets[0], -EAGAIN);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], -EAGAIN);
	rig_run(&kthread, 0, end_period, &test_clock, 10);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], -EAGAIN);
}
END_TEST

START_TEST(gravity_has_a_period_begin_earlier)
{
	test_clock.gravity.kernel = 3 * UNIT;
	start_periodic(1500);
	pass_time(1496);
	ck_assert_int_eq(rets[2], 0);
	pass_time(1497);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 1);
	/* The next one is where it was. */
	let_go_on();
	pass_time(1596);
	ck_assert_int_eq(rets[2], 1);
	pass_time(1597);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 2);
	ck_assert_uint_eq(overruns, 99);
	rig_stop(&kthread);
	test_clock.gravity.kernel = 0;
}
END_TEST

static void be_too_quick(void *arg)
{
	test_clock.gravity.kernel = 50;
	rets[0] = evl_set_period(&test_clock, 0, 49);
	rets[1] = evl_set_period(&test_clock, 0, -1);
	rets[2] = evl_set_period(&test_clock, 0, 50);
	test_clock.gravity.kernel = 0;
}

START_TEST(periods_shorter_than_the_gravity_are_refused)
{
	rig_run(&kthread, 0, be_too_quick, NULL, 10);
	ck_assert_int_eq(rets[0], -EINVAL);
	ck_assert_int_eq(rets[1], -EINVAL);
	ck_assert_int_eq(rets[2], 0);
}
END_TEST

static void expect_refusals(void *arg)
{
	ck_assert_int_eq(evl_sleep(1), -EPERM);
	ck_assert_int_eq(evl_sleep_until(1), -EPERM);
	ck_assert_int_eq(evl_delay(1, EVL_REL, &test_clock), -EPERM);
	ck_assert_int_eq(evl_wait_period(NULL), -EPERM);
	rets[0] = 0;
}

static void refuse_with_a_lock(void *arg)
{
	hard_spinlock_t lock = __HARD_SPIN_LOCK_INITIALIZER(lock);

	raw_spin_lock(&lock);
	expect_refusals(NULL);
	raw_spin_unlock(&lock);
}

START_TEST(who_cannot_sleep_is_refused)
{
	expect_refusals(NULL); /* no fiber */
	ck_assert_int_eq(evl_set_period(&test_clock, 0, UNIT), -EPERM);
	rig_go_to(&rig_workers[0]); /* a timer's function */
	expect_refusals(NULL);
	ck_assert_int_eq(evl_set_period(&test_clock, 0, UNIT), -EPERM);
	rig_go_to(&inband_stage);

	rets[0] = PENDING;
	rig_inband(expect_refusals, NULL);
	ck_assert_int_eq(rets[0], 0);
	rets[0] = PENDING;
	rig_run(&kthread, 0, refuse_with_a_lock, NULL, 10);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/sleep");
	TCase *tc = tcase_create("sleep");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, rig_teardown);
	tcase_add_test(tc, a_sleep_lasts_as_long_as_it_should);
	tcase_add_test(tc, a_sleep_until_a_date_ends_then);
	tcase_add_test(tc, gravity_has_a_sleep_end_earlier);
	tcase_add_test(tc, those_of_one_date_go_on_by_priority);
	tcase_add_test(tc, what_has_passed_is_now);
	tcase_add_test(tc, a_sleep_can_be_broken);
	tcase_add_test(tc, handlers_sleep_too);
	tcase_add_test(tc, a_delay_ends_with_nothing_left);
	tcase_add_test(tc, a_delay_that_was_broken_tells_what_was_left);
	tcase_add_test(tc, who_cannot_sleep_is_refused);
	suite_add_tcase(suite, tc);

	tc = tcase_create("period");
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
