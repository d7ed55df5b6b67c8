/* SPDX-License-Identifier: MIT */
/* What is done to threads: their priorities, unblocking, holding. */
#include "core/kthread.h"
#include "thread-rig.h"

#include <errno.h>
#include <evl/flag.h>
#include <string.h>

static struct evl_kthread kthread, others[3];
static struct evl_flag flag;
static char order[64];
static int rets[2];

static void setup(void)
{
	rig_setup();
	evl_init_flag(&flag);
	order[0] = '\0';
	rets[0] = rets[1] = PENDING;
}

static void note(void *arg)
{
	strcat(order, arg);
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

static void wait_and_note(void *arg)
{
	evl_wait_flag(&flag);
	strcat(order, arg);
}

static void run_three(void (*threadfn)(void *arg), unsigned int nr)
{
	static char names[][2] = { "a", "b", "c" };

	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(rig_run(&others[i], nr, threadfn, names[i],
					 10 * (int)(i + 1)),
				 0);
}

static void raise_three(void)
{
	for (int i = 0; i < 3; i++) {
		evl_raise_flag(&flag);
		rig_step();
	}
}

START_TEST(a_new_priority_counts_where_it_waits)
{
	run_three(wait_and_note, 0);
	evl_set_kthread_priority(&others[0], 20);
	evl_set_kthread_priority(&others[2], 5);
	rig_step();
	raise_three();
	ck_assert_str_eq(order, "bac");
}
END_TEST

/* Asked for elsewhere, and its worker has not come to it. */
START_TEST(a_new_priority_counts_for_the_next_wakeup)
{
	run_three(wait_and_note, 0);
	evl_set_kthread_priority(&others[0], 35);
	evl_raise_flag(&flag);
	evl_set_kthread_priority(&others[2], 5);
	raw_spin_lock(&flag.wait.lock);
	ck_assert_ptr_eq(evl_wait_flag_head(&flag), &others[1].thread);
	raw_spin_unlock(&flag.wait.lock);
	raise_three();
	ck_assert_str_eq(order, "abc");
}
END_TEST

static void change_and_raise(void *arg)
{
	evl_set_kthread_priority(&others[0], 101);
	evl_raise_flag(&flag);
	evl_set_kthread_priority(&others[1], 102);
	evl_set_kthread_priority(&others[1], -1);
}

/* Of one's own worker it does so at once. */
START_TEST(a_new_priority_counts_at_once_and_must_be_one)
{
	run_three(wait_and_note, 0);
	rig_run(&kthread, 0, change_and_raise, NULL, 99);
	ck_assert_str_eq(order, "a");
	raise_three();
	ck_assert_str_eq(order, "acb");
}
END_TEST

static void reverse_and_end(void *arg)
{
	evl_flush_flag(&flag, T_BCAST);
	/* All of them are ready now. */
	evl_set_kthread_priority(&others[0], 60);
	evl_set_kthread_priority(&others[1], 50);
	evl_set_kthread_priority(&others[2], 40);
}

START_TEST(a_new_priority_counts_where_it_is_ready)
{
	run_three(wait_and_note, 0);
	rig_run(&kthread, 0, reverse_and_end, NULL, 99);
	ck_assert_str_eq(order, "abc");
}
END_TEST

/* Unblocking. */

START_TEST(unblocking_ends_one_sleep)
{
	rig_run(&kthread, 0, wait_twice, NULL, 10);
	evl_unblock_kthread(&kthread, T_BREAK);
	rig_step();
	ck_assert_int_eq(rets[0], -EINTR);
	ck_assert_int_eq(rets[1], PENDING);
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_int_eq(rets[1], 0);
}
END_TEST

/* Asked for elsewhere, and its worker has not come to it. */
START_TEST(unblocking_is_not_overtaken_by_a_wakeup)
{
	rig_run(&kthread, 0, wait_twice, NULL, 10);
	evl_unblock_kthread(&kthread, T_BREAK);
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_int_eq(rets[0], -EINTR);
	ck_assert_int_eq(rets[1], 0);
}
END_TEST

START_TEST(nor_by_one_of_all)
{
	rig_run(&kthread, 0, wait_twice, NULL, 10);
	evl_unblock_kthread(&kthread, T_BREAK);
	evl_flush_flag(&flag, T_RMID);
	rig_step();
	ck_assert_int_eq(rets[0], -EINTR);
	rig_stop(&kthread);
}
END_TEST

/* What ended before it was asked for is not ended for it. */
START_TEST(nor_does_it_overtake_one)
{
	rig_run(&kthread, 0, wait_twice, NULL, 10);
	evl_raise_flag(&flag);
	evl_unblock_kthread(&kthread, T_BREAK);
	rig_step();
	ck_assert_int_eq(rets[0], 0);
	ck_assert_int_eq(rets[1], PENDING);
	rig_stop(&kthread);
}
END_TEST

START_TEST(the_reason_decides_what_the_sleep_returns)
{
	static const struct {
		int reason, ret;
	} cases[] = {
		{ 0, -EINTR },
		{ T_TIMEO, -ETIMEDOUT },
		{ T_RMID, -EIDRM },
		{ T_NOMEM, -ENOMEM },
		{ T_RMID | T_TIMEO | T_BREAK, -EIDRM },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		rig_run(&kthread, 0, wait_once, NULL, 10);
		evl_unblock_thread(&kthread.thread, cases[i].reason);
		rig_step();
		ck_assert_int_eq(rets[0], cases[i].ret);
		ck_assert_uint_eq(kthread_count(), 0);
	}
	evl_unblock_kthread(&kthread, T_BREAK); /* it has ended */
}
END_TEST

static void unblock_then_wait(void *arg)
{
	evl_unblock_thread(evl_current(), T_BREAK);
	rets[0] = evl_wait_flag(&flag);
}

START_TEST(unblocking_who_is_awake_is_not_remembered)
{
	rig_run(&kthread, 0, unblock_then_wait, NULL, 10);
	ck_assert_int_eq(rets[0], PENDING);
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(an_applications_thread_is_unblocked_as_well)
{
	static struct rig_app app;

	rig_app(&app, 0, wait_twice, NULL, 10);
	evl_unblock_thread(&app.thread, T_BREAK);
	rig_step();
	ck_assert_int_eq(rets[0], -EINTR);
	ck_assert_int_eq(rets[1], PENDING);
	evl_cancel_thread(&app.thread);
	rig_step();
	ck_assert_int_eq(rets[1], -EINTR);

	/* The next request is another matter. */
	rets[0] = PENDING;
	rig_app_again(&app, wait_once, NULL);
	ck_assert_int_eq(rets[0], PENDING);
}
END_TEST

/* Holding. */

START_TEST(who_is_held_goes_on_when_it_is_released)
{
	rig_run(&kthread, 0, wait_once, NULL, 10);
	evl_hold_thread(&kthread.thread, T_SUSP);
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_int_eq(rets[0], PENDING);
	ck_assert_uint_ne(kthread.thread.state & T_SUSP, 0);
	evl_release_thread(&kthread.thread, T_SUSP, 0);
	rig_step();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

static void hold_oneself(void *arg)
{
	evl_hold_thread(&kthread.thread, T_SUSP);
	strcat(order, "x");
}

START_TEST(a_thread_may_hold_itself)
{
	rig_run(&kthread, 0, hold_oneself, NULL, 10);
	ck_assert_str_eq(order, "");
	evl_release_thread(&kthread.thread, T_SUSP, T_KICKED);
	ck_assert_uint_ne(kthread.thread.info & T_KICKED, 0);
	rig_step();
	ck_assert_str_eq(order, "x");
}
END_TEST

START_TEST(stopping_ends_a_hold)
{
	rig_run(&kthread, 0, wait_once, NULL, 10);
	evl_hold_thread(&kthread.thread, T_SUSP);
	rig_step();
	rig_stop(&kthread);
	ck_assert_int_eq(rets[0], -EINTR);
}
END_TEST

static void start_held(void *arg)
{
	ck_assert_int_eq(evl_run_kthread(&kthread, note, "x", 10, 0, "held"),
			 0);
	evl_hold_thread(&kthread.thread, T_SUSP);
}

START_TEST(one_may_be_held_before_it_begins)
{
	rig_inband(start_held, NULL);
	ck_assert_str_eq(order, "");
	evl_release_thread(&kthread.thread, T_SUSP, 0);
	rig_step();
	ck_assert_str_eq(order, "x");
}
END_TEST

START_TEST(other_reasons_hold_nobody)
{
	rig_run(&kthread, 0, wait_once, NULL, 10);
	evl_hold_thread(&kthread.thread, T_PEND | T_ZOMBIE);
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/thread");
	TCase *tc;

#define begin_case(name)            \
	tc = tcase_create(name);    \
	suite_add_tcase(suite, tc); \
	tcase_set_timeout(tc, 60);  \
	tcase_add_checked_fixture(tc, setup, rig_teardown)

	begin_case("priority");
	tcase_add_test(tc, a_new_priority_counts_where_it_waits);
	tcase_add_test(tc, a_new_priority_counts_for_the_next_wakeup);
	tcase_add_test(tc, a_new_priority_counts_at_once_and_must_be_one);
	tcase_add_test(tc, a_new_priority_counts_where_it_is_ready);

	begin_case("unblock");
	tcase_add_test(tc, unblocking_ends_one_sleep);
	tcase_add_test(tc, unblocking_is_not_overtaken_by_a_wakeup);
	tcase_add_test(tc, nor_by_one_of_all);
	tcase_add_test(tc, nor_does_it_overtake_one);
	tcase_add_test(tc, the_reason_decides_what_the_sleep_returns);
	tcase_add_test(tc, unblocking_who_is_awake_is_not_remembered);
	tcase_add_test(tc, an_applications_thread_is_unblocked_as_well);

	begin_case("hold");
	tcase_add_test(tc, who_is_held_goes_on_when_it_is_released);
	tcase_add_test(tc, a_thread_may_hold_itself);
	tcase_add_test(tc, stopping_ends_a_hold);
	tcase_add_test(tc, one_may_be_held_before_it_begins);
	tcase_add_test(tc, other_reasons_hold_nobody);

	return suite_run(suite);
}
