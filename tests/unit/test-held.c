/* SPDX-License-Identifier: MIT */
/* What is known of the locks which a driver's handler holds. */
#include "kapi/held.h"
#include "kapi/spinlock.h"
#include "kapi/task.h"
#include "suite.h"

#include <errno.h>
#include <evl/wait.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#define MANY (TASK_NR_MUTEXES + 1)

static DEFINE_RAW_SPINLOCK(a);
static DEFINE_RAW_SPINLOCK(b);
static DEFINE_RAW_SPINLOCK(c);
static DEFINE_EVL_WAIT(queue);
static DECLARE_WAIT_QUEUE_HEAD(inband_queue);
static struct mutex mutexes[MANY];
static struct held_taken taken;

static void step(void)
{
	stage_run_until_idle(&test_stage);
}

/* Both are noted, @last as the last one. */
static void ck_two(const hard_spinlock_t *first, const hard_spinlock_t *last)
{
	ck_assert_uint_eq(held_spins.nr, 2);
	ck_assert_ptr_eq(held_spins.locks[0], first);
	ck_assert_ptr_eq(held_spins.locks[1], last);
	ck_assert(held_spins_are_all());
}

START_TEST(spin_locks_are_known_in_whatever_order_they_are_left)
{
	raw_spin_lock(&a);
	raw_spin_lock(&b);
	ck_two(&a, &b);
	ck_assert(raw_spin_trylock(&c));
	ck_assert(!raw_spin_trylock(&a));
	raw_spin_unlock(&b);
	ck_two(&a, &c);
	raw_spin_lock(&b);
	raw_spin_unlock(&a);
	ck_two(&c, &b);
	ck_assert(held_any());

	held_spins_take(&taken);
	ck_assert_uint_eq(taken.nr_spins, 2);
	ck_assert_ptr_eq(taken.spins[0], &b);
	ck_assert_ptr_eq(taken.spins[1], &c);
	ck_assert(!held_any());
	ck_assert(!raw_spin_is_locked(&b) && !raw_spin_is_locked(&c));
}
END_TEST

START_TEST(locks_of_the_core_are_no_drivers)
{
	raw_spin_lock(&a);
	spinlock_take(&b);
	ck_assert_uint_eq(held_spins.nr, 1);
	ck_assert(!held_spins_are_all());
	spinlock_drop(&b);
	ck_assert(held_spins_are_all());
	raw_spin_unlock(&a);
}
END_TEST

START_TEST(more_than_are_noted_are_not_forgotten)
{
	hard_spinlock_t locks[HELD_SPINS + 2] = { 0 };

	for (int i = 0; i < HELD_SPINS + 2; i++) {
		ck_assert(held_spins_are_all() == (i <= HELD_SPINS));
		raw_spin_lock(&locks[i]);
	}
	for (int i = HELD_SPINS + 1; i >= 0; i--) {
		raw_spin_unlock(&locks[i]);
		ck_assert(held_spins_are_all() == (i <= HELD_SPINS));
	}
	ck_assert_uint_eq(held_spins.nr, 0);
}
END_TEST

static int nr_asked, evl_ret, inband_ret;

/* A condition, which is tested with a lock held. */
static bool ask(void)
{
	ck_assert_uint_eq(held_spins.nr, 1);
	ck_assert(held_spins_are_all());

	return ++nr_asked == 3;
}

static void wait_oob(void *arg)
{
	evl_ret = evl_wait_event(&queue, ask());
	ck_assert_uint_eq(held_spins.nr, 0);
}

static void wait_inband(void *arg)
{
	spin_lock(&inband_queue.lock);
	inband_ret = wait_event_interruptible_locked(inband_queue, ask());
	ck_assert_uint_eq(held_spins.nr, 1);
	spin_unlock(&inband_queue.lock);
	ck_assert_uint_eq(held_spins.nr, 0);
}

START_TEST(who_sleeps_holds_nothing)
{
	test_fiber(wait_oob, NULL, 0);
	step();
	ck_assert_uint_eq(held_spins.nr, 0);
	for (int i = 0; i < 2; i++)
		evl_flush_wait(&queue, 0), step();
	ck_assert_int_eq(nr_asked, 3);
	ck_assert_int_eq(evl_ret, 0);

	nr_asked = 0;
	test_fiber(wait_oob, NULL, 0);
	step();
	evl_destroy_wait(&queue);
	step();
	ck_assert_int_eq(evl_ret, -EIDRM);

	nr_asked = 0;
	test_fiber(wait_inband, NULL, 0);
	step();
	ck_assert_uint_eq(held_spins.nr, 0);
	for (int i = 0; i < 2; i++)
		wake_up(&inband_queue), step();
	ck_assert_int_eq(inband_ret, 0);
}
END_TEST

/* A handler does what it is told, one function after the other. */
struct handler {
	struct task_struct task;
	struct evl_wait_queue go;
	void (*next)(struct mutex *mutex);
	struct mutex *mutex;
};

static void run_handler(void *arg)
{
	struct handler *handler = arg;

	task_set(fiber_current(), &handler->task);
	for (;;) {
		evl_wait_event(&handler->go, handler->next);
		handler->next(handler->mutex);
		handler->next = NULL;
	}
}

static void start_handler(struct handler *handler)
{
	*handler = (struct handler){ .next = NULL };
	evl_init_wait(&handler->go, &evl_mono_clock, 0);
	test_fiber(run_handler, handler, 0);
	step();
}

/* True: it is through. */
static bool tell(struct handler *handler, void (*func)(struct mutex *mutex),
		 struct mutex *mutex)
{
	handler->next = func;
	handler->mutex = mutex;
	evl_flush_wait(&handler->go, 0);
	step();

	return handler->next == NULL;
}

static void give_up(struct mutex *unused)
{
	held_mutexes_take(&taken);
}

static void try_lock(struct mutex *mutex)
{
	(void)mutex_trylock(mutex);
}

START_TEST(the_next_in_line_gets_a_mutex_which_was_taken)
{
	struct handler first, second, third;

	start_handler(&first);
	start_handler(&second);
	start_handler(&third);
	ck_assert(tell(&first, _i ? try_lock : mutex_lock, mutexes));
	ck_assert(!tell(&second, mutex_lock, mutexes));
	/* It has not got it, so there is nothing to take. */
	ck_assert(tell(&third, try_lock, mutexes));
	ck_assert(tell(&third, give_up, NULL));
	ck_assert_uint_eq(taken.nr_mutexes, 0);
	ck_assert_ptr_nonnull(second.next);

	ck_assert(tell(&first, give_up, NULL));
	ck_assert_uint_eq(taken.nr_mutexes, 1);
	ck_assert_ptr_eq(taken.mutexes[0], mutexes);
	ck_assert_ptr_null(second.next);
	ck_assert(mutex_is_locked(mutexes));
	ck_assert(tell(&second, mutex_unlock, mutexes));
	ck_assert(!mutex_is_locked(mutexes));
	ck_assert(tell(&second, give_up, NULL));
	ck_assert_uint_eq(taken.nr_mutexes, 0);
}
END_TEST

/* Drivers unlock what others have locked. */
START_TEST(a_mutex_which_others_have_by_now_is_theirs)
{
	struct handler first, second;

	start_handler(&first);
	start_handler(&second);
	ck_assert(tell(&first, mutex_lock, mutexes));
	ck_assert(tell(&second, mutex_unlock, mutexes));
	ck_assert(tell(&second, mutex_lock, mutexes));
	ck_assert(tell(&first, give_up, NULL));
	ck_assert_uint_eq(taken.nr_mutexes, 0);
	ck_assert(mutex_is_locked(mutexes));

	ck_assert(tell(&first, mutex_unlock, mutexes));
	ck_assert(tell(&first, mutex_lock, mutexes));
	ck_assert(tell(&first, mutex_unlock, mutexes));
	ck_assert_uint_eq(first.task.nr_mutexes, 0);
	ck_assert(tell(&second, give_up, NULL));
	ck_assert_uint_eq(taken.nr_mutexes, 0);
}
END_TEST

START_TEST(so_many_mutexes_are_noted)
{
	struct handler handler;

	start_handler(&handler);
	for (int i = 0; i < MANY; i++)
		ck_assert(tell(&handler, mutex_lock, &mutexes[i]));
	/* One in the middle. */
	ck_assert(tell(&handler, mutex_unlock, &mutexes[3]));
	ck_assert(tell(&handler, give_up, NULL));
	ck_assert_uint_eq(taken.nr_mutexes, TASK_NR_MUTEXES - 1);
	for (int i = 0; i < MANY; i++)
		ck_assert(mutex_is_locked(&mutexes[i]) == (i == MANY - 1));
}
END_TEST

static void lock_own(struct mutex *unused)
{
	struct mutex own;

	mutex_init(&own);
	mutex_lock(&own);
	give_up(NULL);
	ck_assert(mutex_is_locked(&own));
}

START_TEST(what_is_on_its_stack_went_with_that)
{
	struct handler handler;

	start_handler(&handler);
	ck_assert(tell(&handler, lock_own, NULL));
	ck_assert_uint_eq(taken.nr_mutexes, 0);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr),
				  test_stage_setup, NULL);
}

int main(void)
{
	Suite *suite = suite_create("kapi/held");

	add(suite, "order",
	    spin_locks_are_known_in_whatever_order_they_are_left, 1);
	add(suite, "core", locks_of_the_core_are_no_drivers, 1);
	add(suite, "many", more_than_are_noted_are_not_forgotten, 1);
	add(suite, "sleep", who_sleeps_holds_nothing, 1);
	add(suite, "mutex", the_next_in_line_gets_a_mutex_which_was_taken, 2);
	add(suite, "theirs", a_mutex_which_others_have_by_now_is_theirs, 1);
	add(suite, "mutexes", so_many_mutexes_are_noted, 1);
	add(suite, "stack", what_is_on_its_stack_went_with_that, 1);

	return suite_run(suite);
}
