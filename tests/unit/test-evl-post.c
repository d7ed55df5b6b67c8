/* SPDX-License-Identifier: MIT */
/* What ends a sleep may be called in each place where code of drivers runs. */
#include "core/heap.h"
#include "core/kthread.h"
#include "place-rig.h"

#include <errno.h>
#include <evl/device.h>
#include <string.h>

static struct evl_flag flag;
static struct evl_ksem sem;
static struct evl_wait_queue queue;
static struct evl_kmutex mutex;
static struct evl_stax stax;
static struct evl_timer timer;
static struct evl_work evl_work;
static struct irq_work irq_work;
static struct evl_kthread sleeper, owner;
static struct evl_flag owner_done;
static int ret;

static void raise_by_timer(struct evl_timer *unused)
{
	evl_raise_flag(&flag);
}

static void raise_by_work(struct evl_work *unused)
{
	evl_raise_flag(&flag);
}

static void raise_by_irq_work(struct irq_work *unused)
{
	evl_raise_flag(&flag);
}

/* What is slept in. */

static int wait_for_flag(void)
{
	return evl_wait_flag(&flag);
}

static int down_sem(void)
{
	return evl_down(&sem);
}

static int wait_for_event(void)
{
	return evl_wait_event(&queue, false);
}

static int lock_mutex(void)
{
	return evl_lock_kmutex(&mutex);
}

static int lock_stax(void)
{
	return evl_lock_stax(&stax);
}

static int hold_oneself(void)
{
	evl_hold_thread(evl_current(), EVL_T_SUSP);

	return 0;
}

/* What ends it. */

static void raise_flag(void)
{
	evl_raise_flag(&flag);
}

static void pulse_flag(void)
{
	evl_pulse_flag(&flag);
}

static void flush_flag(void)
{
	evl_flush_flag(&flag, EVL_T_NOMEM);
}

static void destroy_flag(void)
{
	evl_destroy_flag(&flag);
}

static void up_sem(void)
{
	evl_up(&sem);
}

static void broadcast_sem(void)
{
	evl_broadcast(&sem);
}

static void destroy_sem(void)
{
	evl_destroy_ksem(&sem);
}

static void wake_up_first(void)
{
	raw_spin_lock(&queue.lock);
	ck_assert_ptr_eq(evl_wait_head(&queue), &sleeper.thread);
	ck_assert_ptr_eq(evl_wake_up(&queue, NULL, EVL_T_BCAST),
			 &sleeper.thread);
	raw_spin_unlock(&queue.lock);
}

static void flush_queue(void)
{
	ck_assert_int_eq(evl_flush_wait(&queue, EVL_T_BCAST), 1);
}

static void flush_locked_queue(void)
{
	raw_spin_lock(&queue.lock);
	ck_assert_int_eq(evl_flush_wait_locked(&queue, EVL_T_RMID), 1);
	raw_spin_unlock(&queue.lock);
}

static void destroy_queue(void)
{
	evl_destroy_wait(&queue);
}

static void destroy_mutex(void)
{
	evl_destroy_kmutex(&mutex);
}

static void destroy_stax(void)
{
	evl_destroy_stax(&stax);
}

static void unblock(void)
{
	evl_unblock_thread(&sleeper.thread, EVL_T_BREAK);
}

static void cancel(void)
{
	evl_cancel_thread(&sleeper.thread);
}

static void let_go(void)
{
	evl_release_thread(&sleeper.thread, EVL_T_SUSP, 0);
}

static void start_timer(void)
{
	evl_start_timer(&timer, 1, EVL_INFINITE);
}

static void call_inband(void)
{
	ck_assert(evl_call_inband(&evl_work));
}

static void queue_irq_work(void)
{
	ck_assert(irq_work_queue(&irq_work));
}

static const struct {
	int (*sleep)(void);
	void (*post)(void);
	int ret;
} posts[] = {
	{ wait_for_flag, raise_flag, 0 },
	{ wait_for_flag, pulse_flag, 0 },
	{ wait_for_flag, flush_flag, -ENOMEM },
	{ wait_for_flag, destroy_flag, -EIDRM },
	{ wait_for_flag, unblock, -EINTR },
	{ wait_for_flag, cancel, -EINTR },
	{ wait_for_flag, start_timer, 0 },
	{ wait_for_flag, call_inband, 0 },
	{ wait_for_flag, queue_irq_work, 0 },
	{ down_sem, up_sem, 0 },
	{ down_sem, broadcast_sem, 0 },
	{ down_sem, destroy_sem, -EIDRM },
	{ wait_for_event, wake_up_first, 0 },
	{ wait_for_event, flush_queue, 0 },
	{ wait_for_event, flush_locked_queue, -EIDRM },
	{ wait_for_event, destroy_queue, -EIDRM },
	{ lock_mutex, destroy_mutex, -EIDRM },
	{ lock_stax, destroy_stax, -EIDRM },
	{ hold_oneself, let_go, 0 },
};

#define NR_POSTS ((int)(sizeof(posts) / sizeof(posts[0])))

static void own_mutex(void *arg)
{
	ck_assert_int_eq(evl_lock_kmutex(&mutex), 0);
	evl_wait_flag(&owner_done);
}

/* Somebody, whose it may have been before. */
static void have_it_owned(void)
{
	evl_raise_flag(&owner_done);
	rig_step();
	evl_clear_flag(&owner_done);
	ck_assert_int_eq(rig_run(&owner, 1, own_mutex, NULL, 10), 0);
}

static void setup(void)
{
	rig_setup();
	evl_init_flag(&owner_done);
	evl_init_kmutex(&mutex);
	have_it_owned();
	evl_init_flag(&flag);
	evl_init_ksem(&sem, 0);
	evl_init_wait(&queue, &evl_mono_clock, EVL_WAIT_PRIO);
	evl_init_stax(&stax);
	ck_assert_int_eq(evl_trylock_stax(&stax), 0);
	evl_init_timer_on_cpu(&timer, RIG_CPU(0), raise_by_timer);
	evl_init_work(&evl_work, raise_by_work);
	init_irq_work(&irq_work, raise_by_irq_work);
	ck_assert_int_eq(heap_start(), 0);
}

static void teardown(void)
{
	evl_unlock_stax(&stax);
	evl_raise_flag(&owner_done);
	evl_destroy_timer(&timer);
	rig_step();
	heap_stop();
	rig_teardown();
}

static int (*the_sleep)(void);

static void sleep_once(void *arg)
{
	ret = the_sleep();
}

/* Of lower and of higher priority than who ends its sleep. */
static const int prios[] = { 20, 90 };

START_TEST(a_sleep_is_ended_from_every_place)
{
	the_sleep = posts[_i].sleep;
	for (int i = 0; i < 2 * NR_PLACES; i++) {
		have_it_owned();
		ret = PENDING;
		ck_assert_int_eq(
			rig_run(&sleeper, 0, sleep_once, NULL, prios[i % 2]),
			0);
		ck_assert_int_eq(ret, PENDING);
		place_run((enum place_kind)(i / 2), posts[_i].post);
		place_leave();
		ck_assert_msg(ret == posts[_i].ret, "post %d in place %d: %d",
			      _i, i / 2, ret);
		ck_assert_ptr_null(kthread_core(&sleeper));
	}
}
END_TEST

/* What tells, takes or gives, and concerns nobody who sleeps. */
static void make_other_calls(void)
{
	void *block = evl_alloc(100);
	struct evl_crossing crossing;

	ck_assert_ptr_nonnull(block);
	evl_free(block);
	ck_assert_ptr_null(evl_alloc(0));

	evl_raise_flag(&flag);
	ck_assert(evl_peek_flag(&flag));
	ck_assert(evl_read_flag(&flag));
	ck_assert(!evl_read_flag(&flag));
	evl_up(&sem);
	ck_assert_int_eq(evl_trydown(&sem), 0);
	ck_assert_int_eq(evl_trydown(&sem), -EAGAIN);

	ck_assert_int_gt(evl_read_clock(&evl_mono_clock), 0);
	ck_assert_int_gt(evl_ktime_monotonic(), 0);
	evl_start_timer(&timer, KTIME_MAX, NSEC_PER_SEC);
	ck_assert(evl_timer_is_running(&timer));
	ck_assert(evl_timer_is_periodic(&timer));
	ck_assert_int_eq(evl_get_timer_date(&timer), KTIME_MAX);
	evl_stop_timer(&timer);
	ck_assert(!evl_timer_is_running(&timer));

	evl_init_crossing(&crossing);
	evl_down_crossing(&crossing);
	evl_up_crossing(&crossing);
	ck_assert_ptr_eq(evl_get_clock_by_fd(-CLOCK_MONOTONIC),
			 &evl_mono_clock);
	evl_put_clock(&evl_mono_clock);
	ret = 0;
}

START_TEST(so_are_other_calls_made)
{
	ret = PENDING;
	place_run((enum place_kind)_i, make_other_calls);
	place_leave();
	ck_assert_int_eq(ret, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/post");
	TCase *tc = tcase_create("places");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_sleep_is_ended_from_every_place, 0, NR_POSTS);
	tcase_add_loop_test(tc, so_are_other_calls_made, 0, NR_PLACES);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
