/* SPDX-License-Identifier: MIT */
/* Semaphores, on threads of several priorities. */
#include "core/kthread.h"
#include "stage/clock.h"
#include "thread-rig.h"

#include <errno.h>
#include <evl/sem.h>
#include <string.h>

static struct evl_kthread threads[3];
static struct evl_ksem sem;
static char order[64];
static int rets[3];

static void setup(void)
{
	rig_setup();
	evl_init_ksem(&sem, 0);
	order[0] = '\0';
}

static void take(void *arg)
{
	int nr = *(const char *)arg - 'a';

	rets[nr] = evl_down(&sem);
	strcat(order, arg);
}

/* "a", "b", "c" wait, on both workers. */
static void start_waiters(int nr, const int *prios)
{
	static char names[][2] = { "a", "b", "c" };

	order[0] = '\0';
	for (int i = 0; i < nr; i++) {
		rets[i] = PENDING;
		ck_assert_int_eq(
			rig_run(&threads[i], i % 2, take, names[i], prios[i]),
			0);
	}
}

static void give(void)
{
	evl_up(&sem);
	rig_step();
}

static const int same_prio[] = { 10, 10, 10 };

START_TEST(as_many_get_in_as_there_are_units)
{
	evl_init_ksem(&sem, 2);
	start_waiters(3, same_prio);
	ck_assert_str_eq(order, "ab");
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], PENDING);
	ck_assert_uint_eq(sem.value, 0);
	give();
	ck_assert_int_eq(rets[2], 0);
	ck_assert_uint_eq(sem.value, 0);
	give();
	ck_assert_uint_eq(sem.value, 1);
}
END_TEST

START_TEST(units_go_by_priority_then_by_arrival)
{
	start_waiters(3, (const int[]){ 10, 20, 20 });
	for (int i = 0; i < 3; i++)
		give();
	ck_assert_str_eq(order, "bca");
}
END_TEST

START_TEST(trydown_takes_what_there_is)
{
	ck_assert_int_eq(evl_trydown(&sem), -EAGAIN);
	evl_up(&sem);
	ck_assert_int_eq(evl_trydown(&sem), 0);
	ck_assert_int_eq(evl_trydown(&sem), -EAGAIN);

	/* From a timer's function, too. */
	rig_go_to(&rig_workers[0]);
	evl_up(&sem);
	ck_assert_int_eq(evl_trydown(&sem), 0);
	ck_assert_int_eq(evl_trydown(&sem), -EAGAIN);
	rig_go_to(&inband_stage);
}
END_TEST

/* Who comes first has it; who was woken sleeps on. */
START_TEST(a_unit_is_not_handed_over)
{
	start_waiters(1, same_prio);
	evl_up(&sem);
	ck_assert_int_eq(evl_trydown(&sem), 0);
	rig_step();
	ck_assert_int_eq(rets[0], PENDING);
	give();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(a_broadcast_lets_all_go_without_units)
{
	start_waiters(3, same_prio);
	evl_broadcast(&sem);
	rig_step();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rets[i], 0);
	ck_assert_uint_eq(sem.value, 0);

	/* It is not remembered. */
	evl_broadcast(&sem);
	start_waiters(1, same_prio);
	ck_assert_int_eq(rets[0], PENDING);
	rig_stop(&threads[0]);

	evl_up(&sem);
	evl_broadcast(&sem);
	ck_assert_uint_eq(sem.value, 1);
}
END_TEST

START_TEST(destruction_ends_every_wait)
{
	start_waiters(3, same_prio);
	evl_destroy_ksem(&sem);
	rig_step();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rets[i], -EIDRM);
}
END_TEST

START_TEST(units_outlive_destruction)
{
	evl_init_ksem(&sem, 1);
	evl_destroy_ksem(&sem);
	ck_assert_int_eq(evl_trydown(&sem), 0);
	evl_up(&sem);
	ck_assert_int_eq(evl_trydown(&sem), 0);
	ck_assert_int_eq(evl_trydown(&sem), -EAGAIN);
}
END_TEST

START_TEST(who_was_woken_and_overtaken_notices_destruction)
{
	start_waiters(1, same_prio);
	evl_up(&sem);
	ck_assert_int_eq(evl_trydown(&sem), 0);
	evl_destroy_ksem(&sem);
	rig_step();
	ck_assert_int_eq(rets[0], -EIDRM);
	ck_assert_int_eq(evl_trydown(&sem), -EAGAIN); /* it is not locked */
}
END_TEST

START_TEST(a_wait_can_be_broken)
{
	start_waiters(2, same_prio);
	evl_unblock_kthread(&threads[0], T_BREAK);
	rig_step();
	ck_assert_int_eq(rets[0], -EINTR);
	rig_stop(&threads[1]);
	ck_assert_int_eq(rets[1], -EINTR);
	/* Neither took a unit with it. */
	evl_up(&sem);
	ck_assert_uint_eq(sem.value, 1);
}
END_TEST

static void take_in_time(void *arg)
{
	rets[0] = evl_down_timeout(&sem, *(const ktime_t *)arg);
}

static void start_timed(ktime_t date)
{
	static ktime_t until;

	until = date;
	rets[0] = PENDING;
	rig_run(&threads[0], 0, take_in_time, &until, 10);
}

START_TEST(a_date_ends_the_wait)
{
	start_timed(ktime_get() + 1000 * NSEC_PER_SEC);
	rig_pass_time(999 * NS_PER_SEC);
	ck_assert_int_eq(rets[0], PENDING);
	rig_pass_time(1000 * NS_PER_SEC);
	ck_assert_int_eq(rets[0], -ETIMEDOUT);
}
END_TEST

START_TEST(date_zero_has_passed)
{
	start_timed(0);
	ck_assert_int_eq(rets[0], -ETIMEDOUT);
	/* With a unit there is nothing to wait for. */
	evl_up(&sem);
	start_timed(0);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(a_wait_without_patience_does_not_sleep)
{
	start_timed(EVL_NONBLOCK);
	ck_assert_int_eq(rets[0], -EAGAIN);
	evl_up(&sem);
	start_timed(EVL_NONBLOCK);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

static void take_in_band(void *arg)
{
	rets[0] = evl_down(&sem);
	rets[1] = evl_down_timeout(&sem, 1);
	rets[2] = evl_down_timeout(&sem, EVL_NONBLOCK);
}

static void take_with_a_lock(void *arg)
{
	static DEFINE_HARD_SPINLOCK(lock);

	raw_spin_lock(&lock);
	take_in_band(arg);
	raw_spin_unlock(&lock);
}

static void expect_refusals(void)
{
	ck_assert_int_eq(rets[0], -EPERM);
	ck_assert_int_eq(rets[1], -EPERM);
	ck_assert_int_eq(rets[2], -EAGAIN);
	memset(rets, 0, sizeof(rets));
}

START_TEST(waits_are_refused_where_nobody_can_sleep)
{
	take_in_band(NULL); /* no fiber */
	expect_refusals();
	rig_inband(take_in_band, NULL);
	expect_refusals();
	rig_go_to(&rig_workers[1]); /* a timer's function */
	take_in_band(NULL);
	expect_refusals();
	rig_go_to(&inband_stage);
	rig_run(&threads[0], 0, take_with_a_lock, NULL, 10);
	expect_refusals();

	/* A unit that is there needs no wait. */
	evl_up(&sem);
	rig_inband(take_in_band, NULL);
	ck_assert_int_eq(rets[0], 0);
	ck_assert_int_eq(rets[1], -EPERM);
}
END_TEST

START_TEST(static_and_zero_filled_ones_work)
{
	static DEFINE_EVL_KSEM(two, 2);
	static struct evl_ksem initialized =
		EVL_KSEM_INITIALIZER(initialized, 1);

	ck_assert_int_eq(evl_trydown(&two), 0);
	ck_assert_int_eq(evl_trydown(&two), 0);
	ck_assert_int_eq(evl_trydown(&two), -EAGAIN);
	ck_assert_int_eq(evl_trydown(&initialized), 0);
	ck_assert_int_eq(evl_trydown(&initialized), -EAGAIN);

	memset(&sem, 0, sizeof(sem));
	evl_broadcast(&sem);
	evl_destroy_ksem(&sem);
	start_waiters(2, same_prio);
	give();
	ck_assert_str_eq(order, "a");
	evl_destroy_ksem(&sem);
	rig_step();
	ck_assert_int_eq(rets[1], -EIDRM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/sem");
	TCase *tc = tcase_create("semaphore");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, rig_teardown);
	tcase_add_test(tc, as_many_get_in_as_there_are_units);
	tcase_add_test(tc, units_go_by_priority_then_by_arrival);
	tcase_add_test(tc, trydown_takes_what_there_is);
	tcase_add_test(tc, a_unit_is_not_handed_over);
	tcase_add_test(tc, a_broadcast_lets_all_go_without_units);
	tcase_add_test(tc, destruction_ends_every_wait);
	tcase_add_test(tc, units_outlive_destruction);
	tcase_add_test(tc, who_was_woken_and_overtaken_notices_destruction);
	tcase_add_test(tc, a_wait_can_be_broken);
	tcase_add_test(tc, a_date_ends_the_wait);
	tcase_add_test(tc, date_zero_has_passed);
	tcase_add_test(tc, a_wait_without_patience_does_not_sleep);
	tcase_add_test(tc, waits_are_refused_where_nobody_can_sleep);
	tcase_add_test(tc, static_and_zero_filled_ones_work);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
