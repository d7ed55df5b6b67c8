/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include "stage/clock.h"

#include <errno.h>
#include <evl/flag.h>
#include <string.h>

#define PENDING 1 /* no wait returns that */

struct wait_call {
	struct evl_flag *wf;
	ktime_t timeout;
	enum evl_tmode mode;
	int rounds; /* how often to wait */
	int ret;    /* of the last one that ended */
	int order;  /* 1 for the first call of a test to end */
};

static int nr_ended;

static void wait_for_flag(void *arg)
{
	struct wait_call *call = arg;

	for (int i = 0; i < call->rounds; i++) {
		call->ret = PENDING;
		call->ret = evl_wait_flag_timeout(call->wf, call->timeout,
						  call->mode);
	}
	call->order = ++nr_ended;
}

static struct wait_call calls[3];
static struct fiber *fibers[3];
static struct evl_thread threads[3];
static struct evl_flag flag;

/* @n fibers sleep on @flag, of the priorities given. */
static void start_waiters(int n, const int *prios)
{
	nr_ended = 0;
	for (int i = 0; i < n; i++) {
		calls[i] = (struct wait_call){
			.wf = &flag,
			.rounds = 1,
			.ret = PENDING,
		};
		fibers[i] = test_fiber(wait_for_flag, &calls[i], prios[i]);
		threads[i] = (struct evl_thread){ .fiber = fibers[i] };
		fibers[i]->thread = &threads[i];
		stage_run_until_idle(&test_stage);
	}
}

static void one_waiter(ktime_t timeout, enum evl_tmode mode, int rounds)
{
	calls[0] = (struct wait_call){
		.wf = &flag,
		.timeout = timeout,
		.mode = mode,
		.rounds = rounds,
		.ret = PENDING,
	};
	fibers[0] = test_fiber(wait_for_flag, &calls[0], 10);
	stage_run_until_idle(&test_stage);
}

static const int same_prio[] = { 10, 10, 10 };

static void setup(void)
{
	test_stage_setup();
	evl_init_flag(&flag);
}

/* Who sleeps still leaves first. */
static void teardown(void)
{
	evl_destroy_flag(&flag);
	stage_run_until_idle(&test_stage);
	test_stage_teardown();
}

START_TEST(raises_without_a_waiter_count_as_one)
{
	for (int i = 0; i < 3; i++)
		evl_raise_flag(&flag);
	ck_assert(evl_peek_flag(&flag));

	start_waiters(2, same_prio);
	ck_assert_int_eq(calls[0].ret, 0);
	ck_assert_int_eq(calls[1].ret, PENDING);
	ck_assert(!evl_peek_flag(&flag));
}
END_TEST

START_TEST(one_raise_releases_one_waiter)
{
	start_waiters(2, same_prio);
	evl_raise_flag(&flag);
	stage_run_until_idle(&test_stage);

	ck_assert_int_eq(calls[0].ret, 0);
	ck_assert_int_eq(calls[1].ret, PENDING);
	ck_assert(!evl_read_flag(&flag));
}
END_TEST

START_TEST(raises_serve_by_priority_then_arrival)
{
	start_waiters(3, (const int[]){ 10, 20, 20 });
	for (int i = 0; i < 3; i++) {
		evl_raise_flag(&flag);
		stage_run_until_idle(&test_stage);
	}

	ck_assert_int_eq(calls[1].order, 1);
	ck_assert_int_eq(calls[2].order, 2);
	ck_assert_int_eq(calls[0].order, 3);
}
END_TEST

START_TEST(a_pulse_releases_all_and_is_not_remembered)
{
	start_waiters(2, same_prio);
	evl_pulse_flag(&flag);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, 0);
	ck_assert_int_eq(calls[1].ret, 0);
	ck_assert(!evl_peek_flag(&flag));

	evl_pulse_flag(&flag);
	one_waiter(EVL_INFINITE, EVL_REL, 1);
	ck_assert_int_eq(calls[0].ret, PENDING);
}
END_TEST

START_TEST(a_pulse_leaves_a_raised_flag_up)
{
	evl_raise_flag(&flag);
	evl_pulse_flag(&flag);
	ck_assert(evl_read_flag(&flag));
}
END_TEST

START_TEST(destruction_releases_every_waiter)
{
	start_waiters(3, same_prio);
	evl_destroy_flag(&flag);
	stage_run_until_idle(&test_stage);

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(calls[i].ret, -EIDRM);

	/* Once more does no harm, nor is the object spoilt. */
	evl_destroy_flag(&flag);
	evl_raise_flag(&flag);
	one_waiter(EVL_INFINITE, EVL_REL, 1);
	ck_assert_int_eq(calls[0].ret, 0);
}
END_TEST

START_TEST(destruction_leaves_a_raised_flag_up)
{
	evl_raise_flag(&flag);
	evl_destroy_flag(&flag);
	ck_assert(evl_peek_flag(&flag));
}
END_TEST

/* Or evl_release_file() would wait for it for ever. */
START_TEST(who_was_woken_and_overtaken_notices_destruction)
{
	start_waiters(1, same_prio);
	evl_raise_flag(&flag);
	ck_assert(evl_read_flag(&flag)); /* before the waiter runs */
	evl_destroy_flag(&flag);
	stage_run_until_idle(&test_stage);

	ck_assert_int_eq(calls[0].ret, -EIDRM);
	ck_assert(raw_spin_trylock(&flag.wait.lock));
	raw_spin_unlock(&flag.wait.lock);
}
END_TEST

START_TEST(who_was_woken_and_overtaken_sleeps_on)
{
	start_waiters(1, same_prio);
	evl_raise_flag(&flag);
	ck_assert(evl_read_flag(&flag));
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, PENDING);

	evl_raise_flag(&flag);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, 0);
}
END_TEST

START_TEST(a_flush_says_why)
{
	start_waiters(1, same_prio);
	evl_flush_flag(&flag, EVL_T_BCAST);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, 0);

	start_waiters(1, same_prio);
	evl_flush_flag(&flag, EVL_T_RMID);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -EIDRM);
}
END_TEST

START_TEST(a_wait_without_patience_does_not_sleep)
{
	one_waiter(EVL_NONBLOCK, EVL_REL, 1);
	ck_assert_int_eq(calls[0].ret, -EAGAIN);

	evl_raise_flag(&flag);
	one_waiter(EVL_NONBLOCK, EVL_ABS, 1);
	ck_assert_int_eq(calls[0].ret, 0);
}
END_TEST

START_TEST(a_delay_ends_the_wait)
{
	one_waiter(1000 * NSEC_PER_SEC, EVL_REL, 1);
	ck_assert_int_eq(calls[0].ret, PENDING);

	/* A thousand seconds on. */
	timer_run(&test_stage.timers, clock_ns() + 1000 * NS_PER_SEC);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -ETIMEDOUT);
}
END_TEST

START_TEST(a_date_ends_the_wait)
{
	ktime_t date = ktime_get() + 1000 * NSEC_PER_SEC;

	one_waiter(date, EVL_ABS, 1);
	timer_run(&test_stage.timers, (uint64_t)date - 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, PENDING);

	timer_run(&test_stage.timers, (uint64_t)date);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -ETIMEDOUT);
}
END_TEST

START_TEST(date_zero_is_in_the_past)
{
	one_waiter(0, EVL_ABS, 1);
	ck_assert_int_eq(calls[0].ret, -ETIMEDOUT);
}
END_TEST

START_TEST(a_raise_before_the_time_is_over_counts)
{
	one_waiter(1000 * NSEC_PER_SEC, EVL_REL, 1);
	evl_raise_flag(&flag);
	timer_run(&test_stage.timers, clock_ns() + 2000 * NS_PER_SEC);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, 0);
}
END_TEST

START_TEST(a_broken_wait_breaks_the_next_ones_too)
{
	one_waiter(EVL_INFINITE, EVL_REL, 3);
	fiber_break(fibers[0]);
	stage_run_until_idle(&test_stage);

	ck_assert_int_eq(calls[0].ret, -EINTR);
	ck_assert_int_eq(fibers[0]->state, FIBER_IDLE);
}
END_TEST

START_TEST(a_break_does_not_lose_a_raise)
{
	one_waiter(EVL_INFINITE, EVL_REL, 1);
	evl_raise_flag(&flag);
	fiber_break(fibers[0]);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, 0);

	start_waiters(2, same_prio);
	fiber_break(fibers[0]);
	evl_raise_flag(&flag);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -EINTR);
	ck_assert_int_eq(calls[1].ret, 0);
}
END_TEST

START_TEST(the_first_waiter_can_be_asked_for)
{
	unsigned long flags;

	start_waiters(2, (const int[]){ 10, 20 });
	evl_lock_flag(&flag, flags);
	ck_assert_ptr_eq(evl_wait_flag_head(&flag), &threads[1]);
	evl_raise_flag_locked(&flag);
	ck_assert_ptr_eq(evl_wait_flag_head(&flag), &threads[0]);
	evl_unlock_flag(&flag, flags);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[1].ret, 0);
}
END_TEST

START_TEST(a_zero_filled_flag_works)
{
	memset(&flag, 0, sizeof(flag));
	evl_destroy_flag(&flag);
	evl_pulse_flag(&flag);
	ck_assert_ptr_null(evl_wait_flag_head(&flag));
	evl_raise_flag(&flag);
	one_waiter(EVL_INFINITE, EVL_REL, 1);
	ck_assert_int_eq(calls[0].ret, 0);

	memset(&flag, 0, sizeof(flag));
	start_waiters(2, same_prio);
	evl_destroy_flag(&flag);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -EIDRM);
	ck_assert_int_eq(calls[1].ret, -EIDRM);
}
END_TEST

/* As a timer's function, or any in-band code, would. */
START_TEST(waits_are_refused_where_nobody_can_sleep)
{
	ck_assert_int_eq(evl_wait_flag(&flag), -EPERM);
	evl_raise_flag(&flag);
	ck_assert_int_eq(evl_wait_flag(&flag), 0);
	ck_assert_int_eq(evl_wait_flag_timeout(&flag, EVL_NONBLOCK, EVL_REL),
			 -EAGAIN);

	test_stage.oob = false;
	one_waiter(EVL_INFINITE, EVL_REL, 1);
	ck_assert_int_eq(calls[0].ret, -EPERM);
	ck_assert(raw_spin_trylock(&flag.wait.lock));
	raw_spin_unlock(&flag.wait.lock);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/flag");
	TCase *tc;

	tc = tcase_create("raise");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, raises_without_a_waiter_count_as_one);
	tcase_add_test(tc, one_raise_releases_one_waiter);
	tcase_add_test(tc, raises_serve_by_priority_then_arrival);
	tcase_add_test(tc, who_was_woken_and_overtaken_sleeps_on);
	tcase_add_test(tc, the_first_waiter_can_be_asked_for);
	suite_add_tcase(suite, tc);

	tc = tcase_create("pulse and flush");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_pulse_releases_all_and_is_not_remembered);
	tcase_add_test(tc, a_pulse_leaves_a_raised_flag_up);
	tcase_add_test(tc, a_flush_says_why);
	suite_add_tcase(suite, tc);

	tc = tcase_create("destruction");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, destruction_releases_every_waiter);
	tcase_add_test(tc, destruction_leaves_a_raised_flag_up);
	tcase_add_test(tc, who_was_woken_and_overtaken_notices_destruction);
	tcase_add_test(tc, a_zero_filled_flag_works);
	suite_add_tcase(suite, tc);

	tc = tcase_create("end of patience");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_wait_without_patience_does_not_sleep);
	tcase_add_test(tc, a_delay_ends_the_wait);
	tcase_add_test(tc, a_date_ends_the_wait);
	tcase_add_test(tc, date_zero_is_in_the_past);
	tcase_add_test(tc, a_raise_before_the_time_is_over_counts);
	tcase_add_test(tc, a_broken_wait_breaks_the_next_ones_too);
	tcase_add_test(tc, a_break_does_not_lose_a_raise);
	tcase_add_test(tc, waits_are_refused_where_nobody_can_sleep);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
