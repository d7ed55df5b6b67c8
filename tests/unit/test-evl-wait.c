/* SPDX-License-Identifier: MIT */
#include "suite.h"

#include "stage/clock.h"

#include <errno.h>
#include <evl/wait.h>
#include <string.h>

#define PENDING 1 /* no wait returns that */

static struct evl_wait_queue queue;
static bool condition;
static int nr_tested; /* how often it was */
static int nr_ended;

struct wait_call {
	ktime_t timeout;
	enum evl_tmode mode;
	int ret;
	int order; /* 1 for the first call of a test to end */
};

static struct wait_call calls[3];
static struct fiber *fibers[3];
static struct evl_thread threads[3];

static bool test_condition(void)
{
	/* It is ours to change: nobody else has the lock. */
	ck_assert(!raw_spin_trylock(&queue.lock));
	nr_tested++;

	return condition;
}

static void wait_for_event(void *arg)
{
	struct wait_call *call = arg;

	call->ret = evl_wait_event_timeout(&queue, call->timeout, call->mode,
					   test_condition());
	call->order = ++nr_ended;
}

/* The other form, as a driver's own loop has it: one sleep. */
static void add_and_schedule(void *arg)
{
	struct wait_call *call = arg;
	unsigned long flags;

	raw_spin_lock_irqsave(&queue.wchan.lock, flags);
	evl_add_wait_queue(&queue, call->timeout, call->mode);
	raw_spin_unlock_irqrestore(&queue.wchan.lock, flags);
	call->ret = evl_wait_schedule(&queue);
	call->order = ++nr_ended;
}

static void start_one(int i, void (*entry)(void *arg), int prio,
		      ktime_t timeout, enum evl_tmode mode)
{
	calls[i] = (struct wait_call){
		.timeout = timeout,
		.mode = mode,
		.ret = PENDING,
	};
	fibers[i] = test_fiber(entry, &calls[i], prio);
	threads[i] = (struct evl_thread){ .fiber = fibers[i] };
	fibers[i]->thread = &threads[i];
	stage_run_until_idle(&test_stage);
}

static void start_three(void (*entry)(void *arg), const int *prios)
{
	for (int i = 0; i < 3; i++)
		start_one(i, entry, prios[i], EVL_INFINITE, EVL_REL);
}

static const int prios[] = { 10, 30, 20 };

static struct evl_thread *wake(struct evl_thread *waiter, int reason)
{
	struct evl_thread *woken;

	raw_spin_lock(&queue.lock);
	woken = evl_wake_up(&queue, waiter, reason);
	raw_spin_unlock(&queue.lock);
	stage_run_until_idle(&test_stage);

	return woken;
}

static void setup(void)
{
	test_stage_setup();
	condition = false;
	nr_tested = nr_ended = 0;
	evl_init_wait(&queue, &evl_mono_clock, EVL_WAIT_PRIO);
}

/* Who sleeps still leaves first. */
static void teardown(void)
{
	evl_destroy_wait(&queue);
	stage_run_until_idle(&test_stage);
	test_stage_teardown();
}

START_TEST(a_true_condition_needs_no_sleep)
{
	condition = true;
	start_one(0, wait_for_event, 10, EVL_NONBLOCK, EVL_REL);
	ck_assert_int_eq(calls[0].ret, 0);
	ck_assert_int_eq(nr_tested, 1);

	/* So it is good for those who cannot sleep, too. */
	ck_assert_int_eq(evl_wait_event(&queue, test_condition()), 0);
	ck_assert(raw_spin_trylock(&queue.lock));
	raw_spin_unlock(&queue.lock);
}
END_TEST

START_TEST(a_wakeup_has_the_condition_tested_again)
{
	start_one(0, wait_for_event, 10, EVL_INFINITE, EVL_REL);
	ck_assert_ptr_eq(wake(NULL, 0), &threads[0]);
	ck_assert_int_eq(calls[0].ret, PENDING);
	ck_assert_int_eq(nr_tested, 2);

	condition = true;
	ck_assert_ptr_eq(wake(NULL, 0), &threads[0]);
	ck_assert_int_eq(calls[0].ret, 0);
	ck_assert_ptr_null(wake(NULL, 0));
}
END_TEST

START_TEST(waiters_are_served_by_priority)
{
	condition = true;
	start_three(add_and_schedule, prios);
	for (int i = 0; i < 3; i++)
		wake(NULL, 0);

	ck_assert_int_eq(calls[1].order, 1);
	ck_assert_int_eq(calls[2].order, 2);
	ck_assert_int_eq(calls[0].order, 3);
}
END_TEST

START_TEST(waiters_are_served_in_order_of_arrival_if_wanted)
{
	void (*const entries[])(void *arg) = { wait_for_event,
					       add_and_schedule };

	for (int i = 0; i < 2; i++) {
		setup();
		evl_init_wait(&queue, &evl_mono_clock, EVL_WAIT_FIFO);
		start_three(entries[i], prios);
		condition = true;
		for (int j = 0; j < 3; j++) {
			wake(NULL, 0);
			ck_assert_int_eq(calls[j].order, j + 1);
		}
		test_stage_teardown();
	}
}
END_TEST

START_TEST(a_waiter_can_be_picked)
{
	struct evl_thread *head;

	start_three(wait_for_event, prios);
	condition = true;
	raw_spin_lock(&queue.lock);
	head = evl_wait_head(&queue);
	ck_assert(evl_wait_active(&queue));
	raw_spin_unlock(&queue.lock);
	ck_assert_ptr_eq(head, &threads[1]);

	ck_assert_ptr_eq(wake(&threads[0], 0), &threads[0]);
	ck_assert_int_eq(calls[0].ret, 0);
	ck_assert_int_eq(calls[1].ret, PENDING);
	/* It waits no longer. */
	ck_assert_ptr_null(wake(&threads[0], 0));
}
END_TEST

START_TEST(a_broadcast_is_success_whatever_the_condition)
{
	start_three(wait_for_event, prios);
	nr_tested = 0;
	ck_assert_int_eq(evl_flush_wait(&queue, EVL_T_BCAST), 3);
	stage_run_until_idle(&test_stage);

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(calls[i].ret, 0);
	ck_assert_int_eq(nr_tested, 0);
	ck_assert_int_eq(evl_flush_wait(&queue, EVL_T_BCAST), 0);
}
END_TEST

START_TEST(a_flush_without_reason_has_all_test_again)
{
	start_three(wait_for_event, prios);
	nr_tested = 0;
	ck_assert_int_eq(evl_flush_wait(&queue, 0), 3);
	stage_run_until_idle(&test_stage);

	ck_assert_int_eq(nr_tested, 3);
	ck_assert_int_eq(nr_ended, 0);
}
END_TEST

START_TEST(reasons_become_errors)
{
	void (*const entries[])(void *arg) = { wait_for_event,
					       add_and_schedule };
	const struct {
		int reason, ret;
	} cases[] = {
		{ EVL_T_BCAST, 0 },
		{ EVL_T_RMID, -EIDRM },
		{ EVL_T_NOMEM, -ENOMEM },
		{ EVL_T_TIMEO, -ETIMEDOUT },
		{ EVL_T_BREAK, -EINTR },
		{ EVL_T_RMID | EVL_T_NOMEM, -EIDRM },
		{ EVL_T_RMID | EVL_T_BREAK, -EIDRM },
		{ EVL_T_NOMEM | EVL_T_TIMEO, -ENOMEM },
		{ EVL_T_TIMEO | EVL_T_BREAK, -ETIMEDOUT },
		{ EVL_T_BREAK | EVL_T_BCAST, -EINTR },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start_one(0, entries[_i], 10, EVL_INFINITE, EVL_REL);
		wake(NULL, cases[i].reason);
		ck_assert_int_eq(calls[0].ret, cases[i].ret);
	}
}
END_TEST

START_TEST(destruction_ends_every_wait)
{
	start_one(0, wait_for_event, 10, EVL_INFINITE, EVL_REL);
	start_one(1, add_and_schedule, 10, EVL_INFINITE, EVL_REL);
	evl_destroy_wait(&queue);
	evl_destroy_wait(&queue);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -EIDRM);
	ck_assert_int_eq(calls[1].ret, -EIDRM);
}
END_TEST

/* A wait may sleep several times: what happened in between is not missed. */
START_TEST(who_was_woken_before_destruction_does_not_sleep_again)
{
	start_one(0, wait_for_event, 10, EVL_INFINITE, EVL_REL);
	ck_assert_int_eq(evl_flush_wait(&queue, 0), 1);
	evl_destroy_wait(&queue);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -EIDRM);

	/* A new wait is not concerned. */
	start_one(0, wait_for_event, 10, EVL_INFINITE, EVL_REL);
	ck_assert_int_eq(calls[0].ret, PENDING);
}
END_TEST

START_TEST(a_zero_filled_queue_works)
{
	memset(&queue, 0, sizeof(queue));
	evl_destroy_wait(&queue);
	ck_assert(!evl_wait_active(&queue));
	ck_assert_ptr_null(evl_wait_head(&queue));
	ck_assert_ptr_null(wake(NULL, 0));

	start_one(0, wait_for_event, 10, EVL_INFINITE, EVL_REL);
	condition = true;
	wake(NULL, 0);
	ck_assert_int_eq(calls[0].ret, 0);

	memset(&queue, 0, sizeof(queue));
	start_one(0, add_and_schedule, 10, EVL_INFINITE, EVL_REL);
	wake(NULL, 0);
	ck_assert_int_eq(calls[0].ret, 0);
}
END_TEST

static void wake_before_schedule(void *arg)
{
	struct wait_call *call = arg;

	raw_spin_lock(&queue.lock);
	evl_add_wait_queue(&queue, EVL_INFINITE, EVL_REL);
	/* As another stage might, right after the unlock. */
	evl_wake_up_head(&queue);
	raw_spin_unlock(&queue.lock);
	call->ret = evl_wait_schedule(&queue);
}

START_TEST(a_wakeup_between_add_and_schedule_is_not_lost)
{
	start_one(0, wake_before_schedule, 10, 0, EVL_REL);
	ck_assert_int_eq(calls[0].ret, 0);
}
END_TEST

START_TEST(a_delay_counts_from_now)
{
	start_one(0, wait_for_event, 10, 1000 * NSEC_PER_SEC, EVL_REL);
	start_one(1, add_and_schedule, 10, 1000 * NSEC_PER_SEC, EVL_REL);
	timer_run(&test_stage.timers, clock_ns() + 999 * NS_PER_SEC);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(nr_ended, 0);

	timer_run(&test_stage.timers, clock_ns() + 1000 * NS_PER_SEC);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -ETIMEDOUT);
	ck_assert_int_eq(calls[1].ret, -ETIMEDOUT);
}
END_TEST

START_TEST(a_very_long_delay_is_no_limit)
{
	start_one(0, wait_for_event, 10, KTIME_MAX - 1, EVL_REL);
	ck_assert_uint_eq(test_stage.timers.next_date, UINT64_MAX);
}
END_TEST

START_TEST(a_date_is_one_of_the_queue_s_clock)
{
	ktime_t in_an_hour = ktime_get_real() + 3600 * NSEC_PER_SEC;

	evl_init_wait(&queue, &evl_realtime_clock, EVL_WAIT_FIFO);
	start_one(0, wait_for_event, 10, in_an_hour, EVL_ABS);
	timer_run(&test_stage.timers, clock_ns() + 3500 * NS_PER_SEC);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, PENDING);

	timer_run(&test_stage.timers, clock_ns() + 3600 * NS_PER_SEC);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -ETIMEDOUT);
}
END_TEST

START_TEST(a_broken_wait_breaks_the_next_ones_too)
{
	start_one(0, wait_for_event, 10, EVL_INFINITE, EVL_REL);
	start_one(1, add_and_schedule, 10, EVL_INFINITE, EVL_REL);
	fiber_break(fibers[0]);
	fiber_break(fibers[1]);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(calls[0].ret, -EINTR);
	ck_assert_int_eq(calls[1].ret, -EINTR);
}
END_TEST

START_TEST(waits_are_refused_where_nobody_can_sleep)
{
	ck_assert_int_eq(evl_wait_event(&queue, false), -EPERM);
	ck_assert_int_eq(evl_wait_schedule(&queue), -EPERM);

	test_stage.oob = false;
	start_one(0, wait_for_event, 10, EVL_INFINITE, EVL_REL);
	start_one(1, add_and_schedule, 10, EVL_INFINITE, EVL_REL);
	ck_assert_int_eq(calls[0].ret, -EPERM);
	ck_assert_int_eq(calls[1].ret, -EPERM);
	ck_assert(raw_spin_trylock(&queue.lock));
	raw_spin_unlock(&queue.lock);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/wait");
	TCase *tc;

	tc = tcase_create("wakeups");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_true_condition_needs_no_sleep);
	tcase_add_test(tc, a_wakeup_has_the_condition_tested_again);
	tcase_add_test(tc, waiters_are_served_by_priority);
	tcase_add_test(tc, a_waiter_can_be_picked);
	tcase_add_test(tc, a_broadcast_is_success_whatever_the_condition);
	tcase_add_test(tc, a_flush_without_reason_has_all_test_again);
	tcase_add_loop_test(tc, reasons_become_errors, 0, 2);
	tcase_add_test(tc, a_wakeup_between_add_and_schedule_is_not_lost);
	suite_add_tcase(suite, tc);

	tc = tcase_create("order of arrival");
	tcase_add_test(tc, waiters_are_served_in_order_of_arrival_if_wanted);
	suite_add_tcase(suite, tc);

	tc = tcase_create("destruction");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, destruction_ends_every_wait);
	tcase_add_test(tc,
		       who_was_woken_before_destruction_does_not_sleep_again);
	tcase_add_test(tc, a_zero_filled_queue_works);
	suite_add_tcase(suite, tc);

	tc = tcase_create("end of patience");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_delay_counts_from_now);
	tcase_add_test(tc, a_very_long_delay_is_no_limit);
	tcase_add_test(tc, a_date_is_one_of_the_queue_s_clock);
	tcase_add_test(tc, a_broken_wait_breaks_the_next_ones_too);
	tcase_add_test(tc, waits_are_refused_where_nobody_can_sleep);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
