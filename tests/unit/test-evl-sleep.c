/* SPDX-License-Identifier: MIT */
/* Sleeping for a time, or until a date. */
#include "core/kthread.h"
#include "own-clock.h"
#include "thread-rig.h"

#include <errno.h>
#include <linux/ktime.h>
#include <string.h>

static struct evl_kthread kthread;
static int rets[2];
static ktime_t left;

static void setup(void)
{
	rig_setup();
	own_now = 1000 * UNIT;
	left = -1000;
	for (int i = 0; i < 2; i++)
		rets[i] = PENDING;
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
	delay = (struct delay){ timeout, mode, &own_clock };
	rig_run(&kthread, 0, do_delay, NULL, 10);
}

START_TEST(a_delay_ends_with_nothing_left)
{
	start_delay(1100 * UNIT, EVL_ABS);
	ck_assert_int_eq(left, -1000);
	own_clock_pass(1100);
	ck_assert_int_eq(left, 0);

	start_delay(100 * UNIT, EVL_REL);
	ck_assert_int_eq(left, -1000);
	own_clock_pass(1200);
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
	own_now = 1040 * UNIT;
	rig_stop(&kthread);
	ck_assert_int_eq(left, 60 * UNIT);

	start_delay(100 * UNIT, EVL_REL);
	own_now = 1050 * UNIT;
	rig_stop(&kthread);
	ck_assert_int_eq(left, 90 * UNIT);

	/* In the very moment. */
	start_delay(100 * UNIT, EVL_REL);
	own_now = 9999 * UNIT;
	rig_stop(&kthread);
	ck_assert_int_eq(left, 1);

	start_delay(EVL_INFINITE, EVL_REL);
	rig_pass_time(UINT64_C(1) << 62);
	ck_assert_int_eq(left, -1000);
	rig_stop(&kthread);
	ck_assert_int_eq(left, KTIME_MAX);
}
END_TEST

static void expect_refusals(void *arg)
{
	ck_assert_int_eq(evl_sleep(1), -EPERM);
	ck_assert_int_eq(evl_sleep_until(1), -EPERM);
	ck_assert_int_eq(evl_delay(1, EVL_REL, &own_clock), -EPERM);
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
	ck_assert_int_eq(evl_set_period(&own_clock, 0, UNIT), -EPERM);
	rig_go_to(&rig_workers[0]); /* a timer's function */
	expect_refusals(NULL);
	ck_assert_int_eq(evl_set_period(&own_clock, 0, UNIT), -EPERM);
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

	return suite_run(suite);
}
