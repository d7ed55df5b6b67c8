/* SPDX-License-Identifier: MIT */
/* Mutexes: who owns them, and what calls return. Priorities are in
 * test-evl-inherit.c. */
#include "mutex-rig.h"

#include <errno.h>
#include <evl/flag.h>
#include <evl/lock.h>
#include <string.h>

static const bool both[] = { false, true }; /* kernel thread, application's */

/* Actors 0 to @nr - 1, of priorities 10, 20 ... */
static void start_actors(unsigned int nr, bool user)
{
	for (unsigned int i = 0; i < nr; i++)
		actor_start(i, 10 * (int)(i + 1), user);
}

static int nobody_has(unsigned int mutex)
{
	return mutexes[mutex].owner == NULL;
}

START_TEST(one_owns_it_at_a_time)
{
	start_actors(2, both[_i]);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	actor_unlock(0, 0);
	ck_assert_int_eq(actor_ret(1), 0);
	ck_assert_ptr_eq(mutexes[0].owner, actor_thread(1));
	ck_assert_int_eq(actor_lock(0, 0), PENDING);
	actor_unlock(1, 0);
	ck_assert_int_eq(actor_ret(0), 0);
	actor_unlock(0, 0);
	ck_assert(nobody_has(0));
}
END_TEST

/* An application's owns it from one request to the next. */
START_TEST(a_thread_owns_several)
{
	start_actors(2, both[_i]);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_int_eq(actor_lock(0, i), 0);
	actor_unlock(0, 1);
	actor_unlock(0, 3);
	actor_unlock(0, 0);
	ck_assert_int_eq(actor_trylock(1, 2), -EBUSY);
	ck_assert_int_eq(actor_trylock(1, 0), 0);
	ck_assert_int_eq(actor_trylock(1, 1), 0);
	ck_assert_int_eq(actor_trylock(1, 3), 0);
}
END_TEST

START_TEST(waiters_go_by_priority_then_by_arrival)
{
	static const int prios[] = { 5, 10, 20, 20 };

	for (unsigned int i = 0; i < 4; i++) {
		actor_start(i, prios[i], false);
		ck_assert_int_eq(actor_lock(i, 0), i ? PENDING : 0);
	}
	actor_unlock(0, 0);
	ck_assert_int_eq(actor_ret(2), 0);
	actor_unlock(2, 0);
	ck_assert_int_eq(actor_ret(3), 0);
	ck_assert_int_eq(actor_ret(1), PENDING);
	actor_unlock(3, 0);
	ck_assert_int_eq(actor_ret(1), 0);
}
END_TEST

START_TEST(trylock_does_not_wait)
{
	start_actors(2, both[_i]);
	ck_assert_int_eq(actor_trylock(0, 0), 0);
	ck_assert_int_eq(actor_trylock(1, 0), -EBUSY);
	ck_assert_int_eq(actor_trylock(0, 0), -EDEADLK);
	actor_unlock(0, 0);
	ck_assert_int_eq(actor_trylock(1, 0), 0);
}
END_TEST

START_TEST(locking_it_twice_is_a_deadlock)
{
	start_actors(1, both[_i]);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(0, 0), -EDEADLK);
	/* It is locked as before. */
	ck_assert_ptr_eq(mutexes[0].owner, actor_thread(0));
	actor_unlock(0, 0);
	ck_assert(nobody_has(0));
}
END_TEST

START_TEST(so_is_a_cycle_of_owners)
{
	start_actors(4, false);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_int_eq(actor_lock(i, i), 0);
	/* 0 waits for 1, which waits for 2, which waits for 3. */
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(actor_lock(i, i + 1), PENDING);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(actor_lock(3, i), -EDEADLK);
	actor_unlock(3, 3);
	ck_assert_int_eq(actor_ret(2), 0);
	/* 3 owns nothing any more. */
	ck_assert_int_eq(actor_lock(3, 0), PENDING);
}
END_TEST

START_TEST(who_does_not_wait_any_more_is_in_no_cycle)
{
	start_actors(2, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 1), 0);
	ck_assert_int_eq(actor_lock(0, 1), PENDING);
	actor_unblock(0);
	ck_assert_int_eq(actor_ret(0), -EINTR);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	ck_assert_int_eq(actor_lock(0, 1), -EDEADLK);
}
END_TEST

static int rets[4];

static void unblock_and_lock(void *arg)
{
	rets[0] = evl_lock_kmutex(&mutexes[1]);
	evl_wait_flag(arg);
	evl_unblock_thread(actor_thread(0), T_BREAK);
	/* It has not run yet. */
	rets[1] = evl_lock_kmutex(&mutexes[0]);
}

START_TEST(nor_is_who_is_about_to_give_up)
{
	static struct evl_kthread kthread;
	static DEFINE_EVL_FLAG(flag);

	start_actors(1, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	rets[1] = PENDING;
	rig_run(&kthread, 0, unblock_and_lock, &flag, 50);
	ck_assert_int_eq(actor_lock(0, 1), PENDING);
	evl_raise_flag(&flag);
	rig_step();
	ck_assert_int_eq(actor_ret(0), -EINTR);
	ck_assert_int_eq(rets[1], PENDING);
	actor_unlock(0, 0);
	ck_assert_int_eq(rets[1], 0);
}
END_TEST

START_TEST(destruction_ends_waits_and_ownership)
{
	start_actors(3, both[_i]);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(0, 1), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	ck_assert_int_eq(actor_lock(2, 0), PENDING);
	evl_destroy_kmutex(&mutexes[0]);
	ck_assert(nobody_has(0));
	rig_step();
	ck_assert_int_eq(actor_ret(1), -EIDRM);
	ck_assert_int_eq(actor_ret(2), -EIDRM);

	/* What else it had it has; the mutex may be used, and destroyed. */
	ck_assert_ptr_eq(mutexes[1].owner, actor_thread(0));
	actor_unlock(0, 0);
	ck_assert_int_eq(actor_lock(1, 0), 0);
	evl_destroy_kmutex(&mutexes[0]);
	evl_destroy_kmutex(&mutexes[0]);
}
END_TEST

START_TEST(a_wait_can_be_broken)
{
	start_actors(3, both[_i]);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	ck_assert_int_eq(actor_lock(2, 0), PENDING);
	actor_unblock(2);
	ck_assert_int_eq(actor_ret(2), -EINTR);
	/* As drivers do who do not look. */
	actor_unlock(2, 0);
	ck_assert_ptr_eq(mutexes[0].owner, actor_thread(0));
	actor_unlock(0, 0);
	ck_assert_int_eq(actor_ret(1), 0);
}
END_TEST

static void lock_when_stopped(void *arg)
{
	rets[0] = evl_lock_kmutex(&mutexes[0]);
	rets[1] = evl_lock_kmutex(&mutexes[1]);
	evl_unlock_kmutex(&mutexes[0]);
	evl_unlock_kmutex(&mutexes[1]);
}

START_TEST(who_is_stopped_does_not_wait_but_may_lock)
{
	static struct evl_kthread kthread;

	start_actors(1, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	rig_run(&kthread, 0, lock_when_stopped, NULL, 10);
	rig_stop(&kthread);
	ck_assert_int_eq(rets[0], -EINTR);
	ck_assert_int_eq(rets[1], 0);
	ck_assert_ptr_eq(mutexes[0].owner, actor_thread(0));
	ck_assert(nobody_has(1));
}
END_TEST

static void unlock_in_band(void *arg)
{
	evl_unlock_kmutex(&mutexes[0]);
}

START_TEST(only_the_owner_unlocks_it)
{
	start_actors(2, both[_i]);
	actor_unlock(0, 0); /* nobody has it */
	ck_assert_int_eq(actor_lock(0, 0), 0);
	actor_unlock(1, 0);
	unlock_in_band(NULL);
	rig_inband(unlock_in_band, NULL);
	rig_go_to(&rig_workers[0]); /* a timer's function */
	unlock_in_band(NULL);
	rig_go_to(&inband_stage);
	ck_assert_ptr_eq(mutexes[0].owner, actor_thread(0));
	ck_assert_int_eq(actor_trylock(1, 0), -EBUSY);
	actor_unlock(0, 0);
	actor_unlock(0, 0);
	ck_assert(nobody_has(0));
}
END_TEST

static void lock_here(void *arg)
{
	rets[0] = evl_lock_kmutex(&mutexes[0]);
	rets[1] = evl_trylock_kmutex(&mutexes[0]);
}

static void lock_with_preemption_off(void *arg)
{
	evl_disable_preempt();
	rets[0] = evl_lock_kmutex(&mutexes[0]);
	evl_enable_preempt();
	rets[1] = evl_trylock_kmutex(&mutexes[0]);
}

START_TEST(only_threads_lock_it)
{
	static struct evl_kthread kthread;

	lock_here(NULL); /* no fiber */
	ck_assert_int_eq(rets[0], -EPERM);
	ck_assert_int_eq(rets[1], -EPERM);
	rets[0] = rets[1] = PENDING;
	rig_inband(lock_here, NULL);
	ck_assert_int_eq(rets[0], -EPERM);
	ck_assert_int_eq(rets[1], -EPERM);
	rets[0] = rets[1] = PENDING;
	rig_go_to(&rig_workers[0]); /* a timer's function */
	lock_here(NULL);
	ck_assert_int_eq(rets[0], -EPERM);
	ck_assert_int_eq(rets[1], -EPERM);
	rig_go_to(&inband_stage);
	ck_assert(nobody_has(0));

	rig_run(&kthread, 0, lock_with_preemption_off, NULL, 10);
	ck_assert_int_eq(rets[0], -EPERM);
	ck_assert_int_eq(rets[1], 0);
	ck_assert(nobody_has(0)); /* it has ended */
}
END_TEST

/* Ends. */

START_TEST(who_ends_gives_back_what_it_owns)
{
	start_actors(2, both[_i]);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(actor_lock(0, i), 0);
	ck_assert_int_eq(actor_lock(1, 1), PENDING);
	actor_end(0, true);
	ck_assert_int_eq(actor_ret(1), 0);
	ck_assert_int_eq(actor_lock(1, 0), 0);
	ck_assert_int_eq(actor_lock(1, 2), 0);
}
END_TEST

static void lock_and_stop_oneself(void *arg)
{
	rets[0] = evl_lock_kmutex(&mutexes[0]);
	evl_stop_kthread(evl_current_kthread());
}

START_TEST(so_does_one_that_stops_itself)
{
	static struct evl_kthread kthread;

	rig_run(&kthread, 1, lock_and_stop_oneself, NULL, 10);
	ck_assert_int_eq(rets[0], 0);
	ck_assert(nobody_has(0));
	start_actors(1, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
}
END_TEST

START_TEST(the_death_of_an_owner_is_told_once)
{
	start_actors(1, true);
	actor_start(1, 20, false);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(0, 1), 0);
	actor_end(0, false);
	ck_assert_int_eq(actor_lock(1, 0), -EOWNERDEAD);
	actor_unlock(1, 0); /* which it has not locked */
	ck_assert_int_eq(actor_lock(1, 0), 0);
	ck_assert_int_eq(actor_trylock(1, 1), -EOWNERDEAD);
	ck_assert_int_eq(actor_trylock(1, 1), 0);
}
END_TEST

START_TEST(the_first_who_waits_is_told_the_next_one_has_it)
{
	start_actors(1, true);
	actor_start(1, 20, false);
	actor_start(2, 30, true);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	ck_assert_int_eq(actor_lock(2, 0), PENDING);
	actor_end(0, false);
	ck_assert_int_eq(actor_ret(2), -EOWNERDEAD);
	ck_assert_int_eq(actor_ret(1), 0);
}
END_TEST

START_TEST(who_dies_waiting_owns_nothing)
{
	actor_start(0, 10, false);
	actor_start(1, 20, true);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	ck_assert_int_eq(actor_lock(1, 0), PENDING);
	actor_end(1, false);
	actor_unlock(0, 0);
	ck_assert_int_eq(actor_lock(0, 0), 0);
}
END_TEST

/* What drivers do to mutexes. */

START_TEST(preparing_one_in_use_begins_anew)
{
	start_actors(3, both[_i]);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(actor_lock(0, i), 0);
	ck_assert_int_eq(actor_lock(1, 1), PENDING);
	evl_init_kmutex(&mutexes[1]);
	rig_step();
	ck_assert_int_eq(actor_ret(1), -EIDRM);
	ck_assert_int_eq(actor_lock(2, 1), 0);
	actor_unlock(0, 1); /* not its own any more */
	ck_assert_int_eq(actor_lock(1, 1), PENDING);
	actor_unlock(2, 1);
	ck_assert_int_eq(actor_ret(1), 0);
	/* It still has the others. */
	ck_assert_int_eq(actor_trylock(1, 0), -EBUSY);
	ck_assert_int_eq(actor_trylock(1, 2), -EBUSY);
	actor_end(0, true);
	ck_assert_int_eq(actor_trylock(1, 0), 0);
	ck_assert_int_eq(actor_trylock(1, 2), 0);
}
END_TEST

START_TEST(one_that_was_zeroed_is_a_new_one)
{
	start_actors(3, both[_i]);
	for (unsigned int i = 0; i < 3; i++)
		ck_assert_int_eq(actor_lock(0, i), 0);
	memset(&mutexes[1], 0, sizeof(mutexes[1]));
	ck_assert_int_eq(actor_lock(1, 1), 0);
	ck_assert_int_eq(actor_lock(2, 1), PENDING);
	actor_unlock(0, 1);
	actor_unlock(0, 2);
	actor_end(0, true);
	actor_unlock(1, 1);
	ck_assert_int_eq(actor_ret(2), 0);
}
END_TEST

START_TEST(memory_that_held_one_may_be_used_for_something_else)
{
	start_actors(2, both[_i]);
	ck_assert_int_eq(actor_lock(0, 2), 0);
	ck_assert_int_eq(actor_lock(0, 0), 0);
	memset(&mutexes[0], 0x5a, sizeof(mutexes[0]));
	ck_assert_int_eq(actor_lock(0, 1), 0);
	ck_assert_int_eq(actor_lock(1, 1), PENDING);
	actor_unlock(0, 2); /* locked before that */
	ck_assert(nobody_has(2));
	actor_unlock(0, 1);
	actor_end(0, true);
	ck_assert_int_eq(actor_ret(1), 0);
	ck_assert_int_eq(*(const char *)&mutexes[0], 0x5a);
}
END_TEST

static DEFINE_EVL_KMUTEX(static_one);
static DEFINE_EVL_MUTEX(old_one);
static struct evl_kmutex assigned_one = EVL_KMUTEX_INITIALIZER(assigned_one);

static void lock_static_ones(void *arg)
{
	rets[0] = evl_lock_kmutex(&static_one);
	rets[1] = evl_lock_kmutex(&old_one);
	rets[2] = evl_lock_kmutex(&assigned_one);
}

static void wait_for_static_one(void *arg)
{
	rets[3] = evl_lock_kmutex(arg);
}

START_TEST(static_ones_work)
{
	static struct evl_kmutex *const ones[] = {
		&static_one,
		&old_one,
		&assigned_one,
	};
	static struct evl_kthread kthread;
	static struct rig_app app;

	rig_app(&app, 0, lock_static_ones, NULL, 10);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(rets[i], 0);
		rets[3] = PENDING;
		rig_run(&kthread, 1, wait_for_static_one, ones[i], 20);
		ck_assert_int_eq(rets[3], PENDING);
		evl_destroy_kmutex(ones[i]);
		rig_step();
		ck_assert_int_eq(rets[3], -EIDRM);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/mutex");
	TCase *tc;

#define begin_case(name)            \
	tc = tcase_create(name);    \
	suite_add_tcase(suite, tc); \
	tcase_set_timeout(tc, 60);  \
	tcase_add_checked_fixture(tc, mutex_rig_setup, mutex_rig_teardown)
#define add_for_both(test) tcase_add_loop_test(tc, test, 0, 2)

	begin_case("calls");
	add_for_both(one_owns_it_at_a_time);
	add_for_both(a_thread_owns_several);
	tcase_add_test(tc, waiters_go_by_priority_then_by_arrival);
	add_for_both(trylock_does_not_wait);
	add_for_both(locking_it_twice_is_a_deadlock);
	tcase_add_test(tc, so_is_a_cycle_of_owners);
	tcase_add_test(tc, who_does_not_wait_any_more_is_in_no_cycle);
	tcase_add_test(tc, nor_is_who_is_about_to_give_up);
	add_for_both(destruction_ends_waits_and_ownership);
	add_for_both(a_wait_can_be_broken);
	tcase_add_test(tc, who_is_stopped_does_not_wait_but_may_lock);
	add_for_both(only_the_owner_unlocks_it);
	tcase_add_test(tc, only_threads_lock_it);

	begin_case("ends of owners");
	add_for_both(who_ends_gives_back_what_it_owns);
	tcase_add_test(tc, so_does_one_that_stops_itself);
	tcase_add_test(tc, the_death_of_an_owner_is_told_once);
	tcase_add_test(tc, the_first_who_waits_is_told_the_next_one_has_it);
	tcase_add_test(tc, who_dies_waiting_owns_nothing);

	begin_case("careless drivers");
	add_for_both(preparing_one_in_use_begins_anew);
	add_for_both(one_that_was_zeroed_is_a_new_one);
	add_for_both(memory_that_held_one_may_be_used_for_something_else);
	tcase_add_test(tc, static_ones_work);

	return suite_run(suite);
}
