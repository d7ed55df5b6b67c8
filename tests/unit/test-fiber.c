/* SPDX-License-Identifier: MIT */
/* What others may do to a fiber: its priority, holding it, ending a sleep. */
#include "stage/wait.h"
#include "suite.h"

#include <errno.h>
#include <string.h>

#define ASLEEP 1 /* no sleep returns that */

static struct wait_queue wq;
static char order[64];
static struct fiber *fibers[3]; /* "a", "b", "c" */
static int rets[3];

static void setup(void)
{
	test_stage_setup();
	wait_queue_init(&wq, WAIT_PRIO);
	order[0] = '\0';
	rets[0] = rets[1] = rets[2] = ASLEEP;
}

static void note(void *arg)
{
	strcat(order, arg);
}

static void sleep_once(void *arg)
{
	int *ret = &rets[*(const char *)arg - 'a'];

	pi_lock(&wq.lock);
	*ret = wait_queue_sleep(&wq, DEADLINE_NONE);
	if (*ret != -EIDRM)
		pi_unlock(&wq.lock);
	strcat(order, arg);
}

static void sleep_deeply(void *arg)
{
	pi_lock(&wq.lock);
	rets[0] = wait_queue_sleep_uninterruptible(&wq, DEADLINE_NONE);
	pi_unlock(&wq.lock);
}

/* Fibers "a", "b" and "c", of these priorities; they have not run yet. */
static void make_fibers(void (*entry)(void *arg), int a, int b, int c)
{
	fibers[0] = test_fiber(entry, "a", a);
	fibers[1] = test_fiber(entry, "b", b);
	fibers[2] = test_fiber(entry, "c", c);
}

static void wake_one(void)
{
	pi_lock(&wq.lock);
	wait_queue_wake_locked(&wq, NULL, 0);
	pi_unlock(&wq.lock);
	stage_run_until_idle(&test_stage);
}

static void wake_all_in_turn(void)
{
	for (int i = 0; i < 3; i++)
		wake_one();
}

START_TEST(who_is_ready_changes_its_place)
{
	make_fibers(note, 10, 10, 20);
	fiber_set_prio(fibers[0], 101);
	fiber_set_prio(fibers[2], 10);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "abc");
	ck_assert(!stage_has_ready(&test_stage));
}
END_TEST

START_TEST(who_waits_changes_its_place_behind_its_equals)
{
	make_fibers(sleep_once, 10, 20, 30);
	stage_run_until_idle(&test_stage);
	fiber_set_prio(fibers[2], 20);
	fiber_set_prio(fibers[0], 20);
	wake_all_in_turn();
	ck_assert_str_eq(order, "bca");
}
END_TEST

START_TEST(arrival_counts_where_priority_does_not)
{
	wait_queue_init(&wq, WAIT_FIFO);
	make_fibers(sleep_once, 30, 20, 10);
	stage_run_until_idle(&test_stage);
	fiber_set_prio(fibers[0], 5);
	fiber_set_prio(fibers[2], 50);
	wake_all_in_turn();
	ck_assert_str_eq(order, "abc");
}
END_TEST

/* Unlinked already, not ready yet: it comes through the inbox. */
START_TEST(who_was_woken_runs_by_its_new_priority)
{
	make_fibers(sleep_once, 30, 20, 10);
	stage_run_until_idle(&test_stage);
	pi_lock(&wq.lock);
	wait_queue_wake_all_locked(&wq);
	pi_unlock(&wq.lock);
	fiber_set_prio(fibers[2], 40);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "cab");
}
END_TEST

START_TEST(who_is_held_does_not_run_until_it_is_released)
{
	make_fibers(note, 10, 10, 10);
	fiber_hold(fibers[0]);
	fiber_hold(fibers[0]);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "bc");
	fiber_set_prio(fibers[0], 20);
	fiber_release(fibers[0]);
	fiber_release(fibers[0]);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "bca");
}
END_TEST

START_TEST(a_wakeup_while_held_is_remembered)
{
	make_fibers(sleep_once, 10, 10, 10);
	stage_run_until_idle(&test_stage);
	fiber_hold(fibers[0]);
	wake_one();
	ck_assert_int_eq(rets[0], ASLEEP);
	wake_one();
	ck_assert_int_eq(rets[1], 0);
	fiber_release(fibers[0]);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(rets[0], 0);

	/* Released before anybody woke it, it sleeps on. */
	fiber_hold(fibers[2]);
	fiber_release(fibers[2]);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(rets[2], ASLEEP);
	wake_one();
	ck_assert_int_eq(rets[2], 0);
}
END_TEST

static void hold_oneself(void *arg)
{
	fiber_hold(fiber_current());
	fiber_rest();
	strcat(order, arg);
	fiber_rest(); /* nobody holds it */
	strcat(order, arg);
}

START_TEST(the_running_fiber_may_hold_itself)
{
	struct fiber *fiber = test_fiber(hold_oneself, "x", 1);

	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "");
	fiber_release(fiber);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "xx");
}
END_TEST

START_TEST(a_break_ends_a_hold_for_good)
{
	make_fibers(sleep_once, 10, 10, 10);
	stage_run_until_idle(&test_stage);
	fiber_hold(fibers[0]);
	fiber_break(fibers[0]);
	fiber_hold(fibers[0]);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(rets[0], -EINTR);
	fiber_break(fibers[1]);
	fiber_break(fibers[2]);
	stage_run_until_idle(&test_stage);
}
END_TEST

START_TEST(who_is_held_at_rest_starts_held)
{
	struct fiber *fiber = test_fiber(note, "a", 1);

	stage_run_until_idle(&test_stage);
	fiber_hold(fiber);
	fiber_start(fiber, note, "b", 1);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "a");
	fiber_release(fiber);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "ab");
}
END_TEST

static void sleep_twice(void *arg)
{
	sleep_once(arg);
	sleep_once(arg);
}

START_TEST(unblocking_ends_one_sleep)
{
	struct fiber *fiber = test_fiber(sleep_twice, "a", 10);

	/* Nothing to end yet, and it is not remembered. */
	fiber_unblock(fiber, -EINTR);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(rets[0], ASLEEP);

	fiber_unblock(fiber, -ENOMEM);
	ck_assert(stage_run_one(&test_stage));
	ck_assert_int_eq(rets[0], -ENOMEM);
	ck_assert_int_eq(fiber->state, FIBER_ASLEEP);
	wake_one();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(unblocking_spares_uninterruptible_sleeps)
{
	struct fiber *fiber = test_fiber(sleep_deeply, "a", 10);

	stage_run_until_idle(&test_stage);
	fiber_unblock(fiber, -EINTR);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(rets[0], ASLEEP);
	wake_one();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

static void give_way_once(void *arg)
{
	strcat(order, arg);
	fiber_give_way();
	strcat(order, arg);
}

START_TEST(giving_way_lets_everybody_have_a_turn)
{
	test_fiber(give_way_once, "a", 50);
	test_fiber(note, "b", 0);
	test_fiber(note, "c", 20);
	test_fiber(give_way_once, "d", 10);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "acdbad");
}
END_TEST

static _Noreturn void leave_deep_down(volatile char *above)
{
	volatile char frame[512] = { 0 };

	frame[0] = *above;
	if (frame[0] == 0)
		fiber_exit();
	abort();
}

static void leave(void *arg)
{
	volatile char zero = 0;

	strcat(order, arg);
	leave_deep_down(&zero);
}

static void note_end(struct fiber *fiber)
{
	strcat(order, "!");
}

START_TEST(a_fiber_may_end_anywhere)
{
	struct fiber *fiber = test_fiber(leave, "x", 1);

	fiber->ended = note_end;
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "x!");
	ck_assert_int_eq(fiber->state, FIBER_IDLE);
	ck_assert_uint_eq(test_stage.nr_fibers, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stage/fiber");
	TCase *tcase = tcase_create("fiber");

	tcase_add_checked_fixture(tcase, setup, test_stage_teardown);
	tcase_add_test(tcase, who_is_ready_changes_its_place);
	tcase_add_test(tcase, who_waits_changes_its_place_behind_its_equals);
	tcase_add_test(tcase, arrival_counts_where_priority_does_not);
	tcase_add_test(tcase, who_was_woken_runs_by_its_new_priority);
	tcase_add_test(tcase, who_is_held_does_not_run_until_it_is_released);
	tcase_add_test(tcase, a_wakeup_while_held_is_remembered);
	tcase_add_test(tcase, the_running_fiber_may_hold_itself);
	tcase_add_test(tcase, a_break_ends_a_hold_for_good);
	tcase_add_test(tcase, who_is_held_at_rest_starts_held);
	tcase_add_test(tcase, unblocking_ends_one_sleep);
	tcase_add_test(tcase, unblocking_spares_uninterruptible_sleeps);
	tcase_add_test(tcase, giving_way_lets_everybody_have_a_turn);
	tcase_add_test(tcase, a_fiber_may_end_anywhere);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
