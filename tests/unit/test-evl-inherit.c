/* SPDX-License-Identifier: MIT */
/* Whoever owns a mutex has the priority of who waits for it. */
#include "core/thread.h"
#include "mutex-rig.h"

#include <errno.h>
#include <evl/flag.h>
#include <string.h>

static char order[64];

static void setup(void)
{
	mutex_rig_setup();
	order[0] = '\0';
}

/* @prio of actor @nr, and whether it is of somebody else. */
static void expect(unsigned int nr, int prio, bool boosted)
{
	const struct evl_thread *thread = actor_thread(nr);
	const struct fiber *fiber = thread->fiber;

	ck_assert_int_eq(thread_prio(thread), prio);
	ck_assert_int_eq(fiber->prio, prio);
	ck_assert_int_eq(!!(thread_state(thread) & EVL_T_BOOST), boosted);
}

/* On the other worker, or on the same. */
static const unsigned int waiter_nrs[] = { 1, 2 };

START_TEST(an_owner_has_the_priority_of_the_first_who_waits)
{
	unsigned int waiter = waiter_nrs[_i], third = 5;

	actor_start(0, 10, false);
	actor_start(waiter, 50, false);
	actor_start(third, 30, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(third, 0), PENDING);
	expect(0, 30, true);
	ck_assert_int_eq(actor_lock(waiter, 0), PENDING);
	expect(0, 50, true);
	/* It has its own again, and the next owner that of who waits. */
	actor_unlock(0, 0);
	expect(0, 10, false);
	expect(waiter, 50, false);
	ck_assert_int_eq(actor_lock(0, 0), PENDING);
	actor_unlock(waiter, 0);
	expect(third, 30, false);
}
END_TEST

START_TEST(a_lower_priority_adds_nothing)
{
	actor_start(0, 10, false);
	actor_start(1, 5, false);
	actor_start(2, 10, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	ck_assert_int_eq(actor_lock(2, 0), PENDING);
	expect(0, 10, false);
}
END_TEST

START_TEST(so_does_who_takes_it_next)
{
	actor_start(0, 10, false);
	actor_start(1, 20, false);
	actor_start(2, 20, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	ck_assert_int_eq(actor_lock(2, 0), PENDING);
	evl_set_kthread_priority(
		container_of(actor_thread(2), struct evl_kthread, thread), 15);
	rig_step();
	/* 1 goes first, then 2 waits for it; a third one comes. */
	actor_unlock(0, 0);
	ck_assert_int_eq(actor_ret(1), 0);
	expect(1, 20, false);
	actor_start(3, 60, false);
	ck_assert_int_eq(actor_lock(3, 0), PENDING);
	expect(1, 60, true);
	actor_unlock(1, 0);
	expect(1, 20, false);
	ck_assert_int_eq(actor_ret(3), 0);
}
END_TEST

START_TEST(of_several_mutexes_the_most_urgent_counts)
{
	actor_start(0, 10, false);
	actor_start(1, 40, false);
	actor_start(2, 30, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(0, 1), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	ck_assert_int_eq(actor_lock(2, 1), PENDING);
	expect(0, 40, true);
	actor_unlock(0, 0);
	expect(0, 30, true);
	actor_unlock(0, 1);
	expect(0, 10, false);
}
END_TEST

/* 0 owns 0; 1 owns 1 and waits for 0; 2 owns 2 and waits for 1 ... */
static void make_chain(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		actor_start(i, 10, false);
		ck_assert_int_eq(actor_lock(i, i), 0);
		if (i)
			ck_assert_int_eq(actor_lock(i, i - 1), PENDING);
	}
}

START_TEST(priority_goes_all_along_a_chain)
{
	make_chain(4);
	actor_start(4, 70, false);
	ck_assert_int_eq(actor_lock(4, 3), PENDING);
	for (unsigned int i = 0; i < 4; i++)
		expect(i, 70, true);

	/* And back, when it gives up. */
	actor_unblock(4);
	ck_assert_int_eq(actor_ret(4), -EINTR);
	for (unsigned int i = 0; i < 4; i++)
		expect(i, 10, false);
}
END_TEST

START_TEST(it_goes_as_the_chain_dissolves)
{
	make_chain(3);
	actor_start(4, 70, false);
	ck_assert_int_eq(actor_lock(4, 2), PENDING);
	actor_unlock(0, 0);
	ck_assert_int_eq(actor_ret(1), 0);
	expect(0, 10, false);
	expect(1, 70, true);
	actor_unlock(1, 1);
	ck_assert_int_eq(actor_ret(2), 0);
	expect(1, 10, false);
	actor_unlock(2, 2);
	expect(2, 10, false);
	ck_assert_int_eq(actor_ret(4), 0);
}
END_TEST

START_TEST(a_waiters_new_priority_goes_along)
{
	struct evl_kthread *last;

	make_chain(3);
	last = container_of(actor_thread(2), struct evl_kthread, thread);
	evl_set_kthread_priority(last, 80);
	rig_step();
	for (unsigned int i = 0; i < 2; i++)
		expect(i, 80, true);
	expect(2, 80, false);
	evl_set_kthread_priority(last, 3);
	rig_step();
	for (unsigned int i = 0; i < 2; i++)
		expect(i, 10, false);
	expect(2, 3, false);
}
END_TEST

/* Its own grows, and falls, beneath what it has by others. */
START_TEST(an_owners_new_priority_counts_where_it_is_higher)
{
	struct evl_kthread *owner;

	actor_start(0, 10, false);
	actor_start(1, 40, false);
	owner = container_of(actor_thread(0), struct evl_kthread, thread);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	evl_set_kthread_priority(owner, 20);
	rig_step();
	expect(0, 40, true);
	evl_set_kthread_priority(owner, 90);
	rig_step();
	expect(0, 90, false);
	evl_set_kthread_priority(owner, 15);
	rig_step();
	expect(0, 40, true);
	actor_unlock(0, 0);
	expect(0, 15, false);
}
END_TEST

START_TEST(it_ends_with_the_mutex)
{
	actor_start(0, 10, false);
	actor_start(1, 40, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	evl_destroy_kmutex(&mutexes[0]);
	rig_step();
	expect(0, 10, false);

	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	expect(0, 40, true);
	evl_init_kmutex(&mutexes[0]);
	rig_step();
	expect(0, 10, false);
	ck_assert_int_eq(actor_ret(1), -EIDRM);
}
END_TEST

START_TEST(an_applications_thread_inherits_between_its_requests)
{
	actor_start(0, 10, true);
	actor_start(1, 40, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	ck_assert_int_eq(thread_prio(actor_thread(0)), 40);
	/* Its next one runs with it. */
	ck_assert_int_eq(actor_lock(0, 1), 0);
	expect(0, 40, true);
	actor_unlock(0, 0);
	ck_assert_int_eq(thread_prio(actor_thread(0)), 10);
}
END_TEST

/* What it is good for: in a run queue, and in a wait queue. */

static struct evl_flag flag;
static struct evl_kthread owner, rival, waiter;

static void own_and_wait(void *arg)
{
	ck_assert_int_eq(evl_lock_kmutex(&mutexes[0]), 0);
	ck_assert_int_eq(evl_wait_flag(&flag), 0);
	strcat(order, "o");
	evl_unlock_kmutex(&mutexes[0]);
	ck_assert_int_eq(evl_wait_flag(&flag), 0);
	strcat(order, "O");
}

static void wait_for_flag(void *arg)
{
	ck_assert_int_eq(evl_wait_flag(arg), 0);
	strcat(order, "r");
}

static void just_lock(void *arg)
{
	ck_assert_int_eq(evl_lock_kmutex(&mutexes[0]), 0);
	strcat(order, "w");
}

START_TEST(an_owner_goes_first_where_it_waits_by_priority)
{
	evl_init_flag(&flag);
	rig_run(&owner, 0, own_and_wait, NULL, 10);
	rig_run(&rival, 0, wait_for_flag, &flag, 50);
	rig_run(&waiter, (unsigned int)_i, just_lock, NULL, 90);
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_str_eq(order, "ow");
	/* Not any more. */
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_str_eq(order, "owr");
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_str_eq(order, "owrO");
}
END_TEST

static struct evl_flag other_flag;

static void own_and_run(void *arg)
{
	ck_assert_int_eq(evl_lock_kmutex(&mutexes[0]), 0);
	ck_assert_int_eq(evl_wait_flag(&flag), 0);
	strcat(order, "o");
	evl_unlock_kmutex(&mutexes[0]);
	fiber_yield();
	strcat(order, "O");
}

static void wait_and_lock(void *arg)
{
	ck_assert_int_eq(evl_wait_flag(&other_flag), 0);
	just_lock(arg);
}

/* Worker 0 has its turn first: when the rest wake up, the owner is waited
 * for. */
START_TEST(an_owner_goes_first_where_it_is_ready)
{
	static struct evl_flag third_flag;

	evl_init_flag(&flag);
	evl_init_flag(&other_flag);
	evl_init_flag(&third_flag);
	rig_run(&waiter, 0, wait_and_lock, NULL, 90);
	rig_run(&owner, 1, own_and_run, NULL, 10);
	rig_run(&rival, 1, wait_for_flag, &third_flag, 50);
	evl_raise_flag(&third_flag);
	evl_raise_flag(&flag);
	evl_raise_flag(&other_flag);
	rig_step();
	/* And not any more once it has unlocked it. */
	ck_assert_str_eq(order, "orOw");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/owner");
	TCase *tc = tcase_create("inheritance");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, mutex_rig_teardown);
	tcase_add_loop_test(
		tc, an_owner_has_the_priority_of_the_first_who_waits, 0, 2);
	tcase_add_test(tc, a_lower_priority_adds_nothing);
	tcase_add_test(tc, so_does_who_takes_it_next);
	tcase_add_test(tc, of_several_mutexes_the_most_urgent_counts);
	tcase_add_test(tc, priority_goes_all_along_a_chain);
	tcase_add_test(tc, it_goes_as_the_chain_dissolves);
	tcase_add_test(tc, a_waiters_new_priority_goes_along);
	tcase_add_test(tc, an_owners_new_priority_counts_where_it_is_higher);
	tcase_add_test(tc, it_ends_with_the_mutex);
	tcase_add_test(tc,
		       an_applications_thread_inherits_between_its_requests);
	tcase_add_loop_test(tc, an_owner_goes_first_where_it_waits_by_priority,
			    0, 2);
	tcase_add_test(tc, an_owner_goes_first_where_it_is_ready);

	return suite_run(suite);
}
