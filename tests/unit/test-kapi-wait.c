/* SPDX-License-Identifier: MIT */
/* In-band waiting: wait queues and their pollers, and what is built on them. */
#include "kapi/poll.h"
#include "stage/clock.h"
#include "suite.h"

#include <errno.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/wait.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>

#define PENDING 12345 /* nothing returns that */

static struct wait_queue_head queue;
static bool condition;
static struct mutex mutex;
static struct semaphore sem;
static struct completion done;

static long rets[4]; /* of the fibers of a test, by number */
static struct fiber *fibers[4];

static void step(void)
{
	stage_run_until_idle(&test_stage);
}

/* As if so much time had passed. */
static void pass_time(uint64_t seconds)
{
	timer_run(&test_stage.timers, clock_ns() + seconds * NS_PER_SEC);
	step();
}

static void start(int i, void (*entry)(void *arg))
{
	rets[i] = PENDING;
	fibers[i] = test_fiber(entry, &rets[i], 0);
	step();
}

static void setup(void)
{
	test_stage_setup();
	test_stage.oob = false;
	init_waitqueue_head(&queue);
	condition = false;
	mutex_init(&mutex);
	sema_init(&sem, 0);
	init_completion(&done);
}

/* By hand, as drivers of old do. */
static void wait_by_hand(void *arg)
{
	struct task_struct task = { .pid = 1 };
	long *ret = arg;

	fiber_current()->task = &task;
	{
		DEFINE_WAIT(wait);

		for (;;) {
			prepare_to_wait(&queue, &wait, TASK_INTERRUPTIBLE);
			if (condition)
				break;
			schedule();
		}
		finish_wait(&queue, &wait);
		*ret = task.__state;
	}
	fiber_current()->task = NULL;
}

static void wait_woken_by_hand(void *arg)
{
	struct task_struct task = { .pid = 1 };
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	long *ret = arg;

	fiber_current()->task = &task;
	wait.private = &task;
	add_wait_queue(&queue, &wait);
	while (!condition)
		wait_woken(&wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	/* Another one, which comes while we do not sleep, is not lost. */
	wake_up(&queue);
	*ret = wait_woken(&wait, TASK_INTERRUPTIBLE, 1000);
	remove_wait_queue(&queue, &wait);
	fiber_current()->task = NULL;
}

static struct hard_spinlock own_lock;

static void wait_with_a_lock(void *arg)
{
	long *ret = arg;

	spin_lock(&own_lock);
	*ret = wait_event_interruptible_lock_irq(
		queue, spin_is_locked(&own_lock) && condition, own_lock);
	spin_unlock(&own_lock);
}

START_TEST(waiting_by_hand_ends_with_a_wakeup)
{
	start(0, wait_by_hand);
	start(1, wait_woken_by_hand);
	start(2, wait_with_a_lock);
	ck_assert(waitqueue_active(&queue));
	wake_up(&queue); /* in vain */
	step();
	ck_assert_int_eq(rets[0], PENDING);
	ck_assert(!spin_is_locked(&own_lock));

	condition = true;
	wake_up_interruptible(&queue);
	step();
	ck_assert_int_eq(rets[0], TASK_RUNNING);
	ck_assert_int_eq(rets[1], 1000);
	ck_assert_int_eq(rets[2], 0);
	ck_assert(!waitqueue_active(&queue));
}
END_TEST

static int nr_told;

static int count_wakeup(struct wait_queue_entry *wait, unsigned int mode,
			int flags, void *key)
{
	nr_told++;

	return 0;
}

START_TEST(an_entry_s_function_is_called_while_it_is_queued)
{
	struct wait_queue_entry wait;

	init_waitqueue_func_entry(&wait, count_wakeup);
	add_wait_queue(&queue, &wait);
	wake_up(&queue);
	wake_up(&queue);
	remove_wait_queue(&queue, &wait);
	remove_wait_queue(&queue, &wait); /* nothing happens */
	wake_up(&queue);
	ck_assert_int_eq(nr_told, 2);
}
END_TEST

static void wait_plainly(void *arg)
{
	wait_event(queue, condition);
	*(long *)arg = 0;
}

static void wait_interruptibly(void *arg)
{
	*(long *)arg = wait_event_interruptible(queue, condition);
}

static void wait_for_a_minute(void *arg)
{
	*(long *)arg = wait_event_timeout(queue, condition, 60 * HZ);
}

static void wait_locked(void *arg)
{
	spin_lock(&queue.lock);
	*(long *)arg = wait_event_interruptible_locked(queue, condition);
	spin_unlock(&queue.lock);
}

START_TEST(a_wakeup_has_the_condition_tested_again)
{
	void (*const entries[])(void *arg) = { wait_plainly, wait_interruptibly,
					       wait_locked };

	for (int i = 0; i < 3; i++)
		start(i, entries[i]);
	wake_up(&queue);
	step();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rets[i], PENDING);

	condition = true;
	wake_up_interruptible(&queue);
	step();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(rets[i], 0);
}
END_TEST

/* Makes the condition true and wakes, right before its caller sleeps. */
static bool too_late(void)
{
	condition = true;
	wake_up(&queue);

	return false;
}

static void miss_the_moment(void *arg)
{
	*(long *)arg = wait_event_interruptible(queue, condition || too_late());
}

START_TEST(a_wakeup_before_the_sleep_is_not_lost)
{
	start(0, miss_the_moment);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

static bool locked_condition(void)
{
	bool now;

	mutex_lock(&mutex);
	now = condition;
	mutex_unlock(&mutex);

	return now;
}

static void wait_with_mutex(void *arg)
{
	*(long *)arg = wait_event_interruptible(queue, locked_condition());
}

START_TEST(a_condition_may_sleep)
{
	mutex_lock(&mutex);
	start(0, wait_with_mutex);
	mutex_unlock(&mutex);
	step();
	ck_assert_int_eq(rets[0], PENDING);

	mutex_lock(&mutex);
	condition = true;
	wake_up(&queue);
	step();
	ck_assert_int_eq(rets[0], PENDING);
	mutex_unlock(&mutex);
	step();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(a_signal_ends_what_is_interruptible)
{
	start(0, wait_plainly);
	start(1, wait_interruptibly);
	start(2, wait_locked);
	for (int i = 0; i < 3; i++)
		fiber_break(fibers[i]);
	step();
	ck_assert_int_eq(rets[0], PENDING);
	ck_assert_int_eq(rets[1], -ERESTARTSYS);
	ck_assert_int_eq(rets[2], -ERESTARTSYS);

	condition = true;
	wake_up(&queue);
	step();
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

START_TEST(a_timeout_tells_what_was_left)
{
	start(0, wait_for_a_minute);
	condition = true;
	wake_up(&queue);
	step();
	ck_assert_int_gt(rets[0], 50 * HZ);
	ck_assert_int_le(rets[0], 60 * HZ);

	condition = false;
	start(0, wait_for_a_minute);
	pass_time(61);
	ck_assert_int_eq(rets[0], 0);

	/* True at the last moment, but nobody told. */
	start(0, wait_for_a_minute);
	condition = true;
	pass_time(61);
	ck_assert_int_ge(rets[0], 1);
}
END_TEST

static bool was_active;

static bool look_while_testing(void)
{
	was_active = waitqueue_active(&queue);

	return condition;
}

static void wait_and_look(void *arg)
{
	*(long *)arg = wait_event_interruptible(queue, look_while_testing());
}

/* So a waker who sees nobody may leave it at that. */
START_TEST(a_waiter_is_seen_before_it_tests)
{
	ck_assert(!waitqueue_active(&queue));
	start(0, wait_and_look);
	ck_assert(was_active);
	ck_assert(waitqueue_active(&queue));

	condition = true;
	wake_up(&queue);
	step();
	ck_assert(!waitqueue_active(&queue));
}
END_TEST

#define NR_TURNS 100000

static int turn; /* 1: the fiber's, 0: the thread's */

static void take_turns(void *arg)
{
	for (int i = 0; i < NR_TURNS; i++) {
		wait_event(queue, __atomic_load_n(&turn, __ATOMIC_RELAXED));
		__atomic_store_n(&turn, 0, __ATOMIC_RELAXED);
	}
	*(long *)arg = 0;
}

/* Wakes only if it sees somebody wait, as drivers do. */
static void *give_turns(void *arg)
{
	for (int i = 0; i < NR_TURNS; i++) {
		while (__atomic_load_n(&turn, __ATOMIC_RELAXED))
			sched_yield();
		__atomic_store_n(&turn, 1, __ATOMIC_RELAXED);
		if (waitqueue_active(&queue))
			wake_up(&queue);
	}

	return NULL;
}

START_TEST(no_wakeup_is_lost_between_threads)
{
	pthread_t thread;

	start(0, take_turns);
	ck_assert_int_eq(pthread_create(&thread, NULL, give_turns, NULL), 0);
	while (rets[0] == PENDING)
		step();
	pthread_join(thread, NULL);
}
END_TEST

static int nr_events;

static void on_event(struct poll_entry *entry)
{
	nr_events++;
}

START_TEST(pollers_are_told)
{
	struct poll_entry one = { .func = on_event };
	struct poll_entry two = { .func = on_event };

	memset(&queue, 0, sizeof(queue)); /* works too */
	poll_entry_remove(&one);
	poll_entry_add(&one, &queue);
	poll_entry_add(&two, &queue);
	ck_assert(waitqueue_active(&queue));
	wake_up_poll(&queue, POLLIN);
	ck_assert_int_eq(nr_events, 2);

	poll_entry_remove(&one);
	poll_entry_remove(&one);
	wake_up(&queue);
	ck_assert_int_eq(nr_events, 3);
	poll_entry_remove(&two);
	ck_assert(!waitqueue_active(&queue));
}
END_TEST

static void lock_mutex(void *arg)
{
	mutex_lock(&mutex);
	*(long *)arg = 0;
}

static void lock_mutex_interruptibly(void *arg)
{
	*(long *)arg = mutex_lock_interruptible(&mutex);
}

START_TEST(a_mutex_is_had_by_one)
{
	ck_assert_int_eq(mutex_trylock(&mutex), 1);
	ck_assert_int_eq(mutex_trylock(&mutex), 0);
	start(0, lock_mutex);
	start(1, lock_mutex_interruptibly);
	start(2, lock_mutex_interruptibly);
	ck_assert_int_eq(rets[0], PENDING);

	mutex_unlock(&mutex); /* not by a fiber at all */
	step();
	ck_assert_int_eq(rets[0], 0);
	ck_assert_int_eq(rets[1], PENDING);

	fiber_break(fibers[1]);
	step();
	ck_assert_int_eq(rets[1], -EINTR);
	mutex_unlock(&mutex);
	step();
	ck_assert_int_eq(rets[2], 0);
	mutex_unlock(&mutex);
	ck_assert(!mutex_is_locked(&mutex));
}
END_TEST

static void take(void *arg)
{
	*(long *)arg = down_interruptible(&sem);
}

static void take_within_a_second(void *arg)
{
	*(long *)arg = down_timeout(&sem, HZ);
}

START_TEST(a_semaphore_counts)
{
	up(&sem);
	ck_assert_int_eq(down_trylock(&sem), 0);
	ck_assert_int_eq(down_trylock(&sem), 1);

	start(0, take);
	start(1, take_within_a_second);
	start(2, take);
	pass_time(2);
	ck_assert_int_eq(rets[1], -ETIME);
	fiber_break(fibers[0]);
	step();
	ck_assert_int_eq(rets[0], -EINTR);
	up(&sem);
	step();
	ck_assert_int_eq(rets[2], 0);
	ck_assert_int_eq(down_trylock(&sem), 1);
}
END_TEST

static void wait_done(void *arg)
{
	*(long *)arg = wait_for_completion_interruptible(&done);
}

static void wait_done_for_a_second(void *arg)
{
	*(long *)arg = (long)wait_for_completion_timeout(&done, HZ);
}

START_TEST(a_completion_lets_as_many_go_as_it_is_told)
{
	complete(&done);
	start(0, wait_done);
	start(1, wait_done);
	ck_assert_int_eq(rets[0], 0);
	ck_assert_int_eq(rets[1], PENDING);

	start(2, wait_done_for_a_second);
	pass_time(2);
	ck_assert_int_eq(rets[2], 0);

	complete_all(&done);
	step();
	ck_assert_int_eq(rets[1], 0);
	start(2, wait_done_for_a_second);
	ck_assert_int_ge(rets[2], 1);
	ck_assert(completion_done(&done));

	reinit_completion(&done);
	ck_assert(!try_wait_for_completion(&done));
}
END_TEST

static void nap(void *arg)
{
	msleep(1000);
	*(long *)arg = (long)msleep_interruptible(100000);
}

START_TEST(a_sleep_lasts)
{
	start(0, nap);
	fiber_break(fibers[0]); /* which the first part ignores */
	step();
	ck_assert_int_eq(rets[0], PENDING);
	pass_time(1);
	ck_assert_int_gt(rets[0], 90000);
}
END_TEST

/* As from an irq_work function. */
START_TEST(sleep_is_refused_where_nobody_can)
{
	ck_assert_int_eq(wait_event_interruptible(queue, condition), -EPERM);
	wait_event(queue, condition);
	ck_assert_int_eq(wait_event_timeout(queue, condition, HZ), -EPERM);
	ck_assert_int_eq(down_interruptible(&sem), -EPERM);
	msleep(100000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/wait");
	TCase *tc;

	tc = tcase_create("wait queues");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, test_stage_teardown);
	tcase_add_test(tc, waiting_by_hand_ends_with_a_wakeup);
	tcase_add_test(tc, an_entry_s_function_is_called_while_it_is_queued);
	tcase_add_test(tc, a_wakeup_has_the_condition_tested_again);
	tcase_add_test(tc, a_wakeup_before_the_sleep_is_not_lost);
	tcase_add_test(tc, a_condition_may_sleep);
	tcase_add_test(tc, a_signal_ends_what_is_interruptible);
	tcase_add_test(tc, a_timeout_tells_what_was_left);
	tcase_add_test(tc, a_waiter_is_seen_before_it_tests);
	tcase_add_test(tc, pollers_are_told);
	tcase_add_test(tc, no_wakeup_is_lost_between_threads);
	tcase_add_test(tc, sleep_is_refused_where_nobody_can);
	suite_add_tcase(suite, tc);

	tc = tcase_create("built on them");
	tcase_add_checked_fixture(tc, setup, test_stage_teardown);
	tcase_add_test(tc, a_mutex_is_had_by_one);
	tcase_add_test(tc, a_semaphore_counts);
	tcase_add_test(tc, a_completion_lets_as_many_go_as_it_is_told);
	tcase_add_test(tc, a_sleep_lasts);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
