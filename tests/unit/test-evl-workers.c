/* SPDX-License-Identifier: MIT */
/* The same calls on two workers which run by themselves: whatever the others do
 * meanwhile, mutexes exclude, and no wakeup is lost. */
#include "../helpers.h"
#include "core/kthread.h"
#include "core/rq.h"
#include "core/thread-element.h"
#include "stage/inband.h"
#include "stage/oob.h"

#include <errno.h>
#include <evl/flag.h>
#include <evl/mutex.h>
#include <evl/sem.h>
#include <evl/stax.h>
#include <evl/thread.h>
#include <evl/timer.h>
#include <evl/wait.h>
#include <linux/delay.h>
#include <stdlib.h>

#define NR_THREADS 6
#define NR_SHOTS   3000u
#define PERIOD_NS  200000
#define NR_ROUNDS  (FIBER_TSAN || FIBER_ASAN ? 500 : 5000)

static struct stack_pool *stacks;
static struct evl_kthread threads[NR_THREADS];
static struct evl_kmutex mutexes[2];
static unsigned int counters[2]; /* each protected by its mutex */
static struct evl_ksem full, empty;
static int slot;	  /* passed on by the semaphores */
static size_t nr_threads; /* that are started */
static _Atomic(unsigned int) nr_ended;

static void setup(void)
{
	static const int cpus[] = { -1, -1 }; /* anywhere */
	const struct oob_config config = {
		.cpus = cpus,
		.nr_cpus = 2,
		.spin = OOB_SPIN_ADAPTIVE,
		.spin_ns = 50000,
	};

	ck_assert_int_eq(stack_pool_new(FIBER_ASAN || FIBER_TSAN ? 1 << 18 : 0,
					64, &stacks),
			 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
	ck_assert_int_eq(oob_start(&config), 0);
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_int_eq(
			rq_add(oob_worker_stage(oob_worker(i)), (int)i), 0);
		evl_init_kmutex(&mutexes[i]);
		counters[i] = 0;
	}
	kthread_init(stacks);
	ck_assert_int_eq(thread_init(32), 0);
	nr_threads = NR_THREADS;
	nr_ended = 0;
}

static void teardown(void)
{
	ck_assert_uint_eq(kthread_count(), 0);
	thread_exit();
	ck_assert(oob_stop());
	rq_remove_all();
	oob_free();
	ck_assert_uint_eq(inband_exit(), 0);
	stack_pool_free(stacks);
}

/* With it locked. */
static void count_one(unsigned int nr)
{
	counters[nr]++;
	if (counters[nr] % 64 == 0)
		evl_sleep(1);
}

/* Both, in either order: breaks happen, and so do deadlocks. */
static void take_both(unsigned int first)
{
	int ret;

	for (;;) {
		while (evl_lock_kmutex(&mutexes[first]) == -EINTR)
			;
		do
			ret = evl_lock_kmutex(&mutexes[!first]);
		while (ret == -EINTR);
		if (ret == 0)
			return;
		ck_assert_int_eq(ret, -EDEADLK);
		evl_unlock_kmutex(&mutexes[first]);
		evl_sleep(1);
	}
}

static void count_both(void *arg)
{
	unsigned int first = arg != NULL;

	for (int i = 0; i < NR_ROUNDS; i++) {
		take_both(first);
		count_one(first);
		count_one(!first);
		evl_unlock_kmutex(&mutexes[!first]);
		evl_unlock_kmutex(&mutexes[first]);
	}
	nr_ended++;
}

static void start_threads(void *arg)
{
	void (*fn)(void *arg) = *(void (**)(void *arg))arg;

	for (size_t i = 0; i < nr_threads; i++)
		ck_assert_int_eq(
			evl_run_kthread_on_cpu(&threads[i], (int)(i % 2), fn,
					       (i / 2) % 2 ? &mutexes : NULL,
					       10 + 10 * (int)i,
					       EVL_CLONE_PRIVATE, "t%zu", i),
			0);
}

static void disturb(void *arg)
{
	unsigned int i = 0;

	while (nr_ended < NR_THREADS) {
		evl_set_kthread_priority(&threads[i % NR_THREADS],
					 (int)(i * 7 % 100));
		evl_unblock_kthread(&threads[i * 5 % NR_THREADS], T_BREAK);
		evl_hold_thread(&threads[i * 3 % NR_THREADS].thread, T_SUSP);
		usleep_range(100, 100);
		evl_release_thread(&threads[i * 3 % NR_THREADS].thread, T_SUSP,
				   0);
		i++;
	}
	for (i = 0; i < NR_THREADS; i++)
		evl_join_kthread(&threads[i], true);
}

START_TEST(mutexes_exclude_and_hand_on)
{
	void (*fn)(void *arg) = count_both;

	ck_assert_int_eq(inband_call(start_threads, &fn), 0);
	ck_assert_int_eq(inband_call(disturb, NULL), 0);
	ck_assert_uint_eq(counters[0], NR_THREADS * NR_ROUNDS);
	ck_assert_uint_eq(counters[1], NR_THREADS * NR_ROUNDS);
	for (int i = 0; i < 2; i++)
		ck_assert_ptr_null(mutexes[i].owner);
}
END_TEST

static void must(int (*call)(struct evl_ksem *ksem), struct evl_ksem *ksem)
{
	while (call(ksem))
		;
}

/* Even ones, on the first worker, put in; odd ones take out. */
static void pass_on(void *arg)
{
	bool even = evl_current()->rq == rq_nth(0);

	for (int i = 0; i < NR_ROUNDS; i++) {
		must(evl_down, even ? &empty : &full);
		slot += even ? 1 : -1;
		if (even)
			ck_assert_int_eq(slot, 1);
		evl_up(even ? &full : &empty);
	}
	nr_ended++;
}

START_TEST(semaphores_pass_on_what_they_guard)
{
	void (*fn)(void *arg) = pass_on;

	slot = 0;
	evl_init_ksem(&full, 0);
	evl_init_ksem(&empty, 1);
	ck_assert_int_eq(inband_call(start_threads, &fn), 0);
	ck_assert_int_eq(inband_call(disturb, NULL), 0);
	ck_assert_int_eq(slot, 0);
	ck_assert_uint_eq(full.value, 0);
	ck_assert_uint_eq(empty.value, 1);
}
END_TEST

/* One thread on each worker: nothing but the other's wakeup ends a sleep, and
 * nobody else's stands in for one that is lost. */

static void start_two(void (*fn)(void *arg))
{
	nr_threads = 2;
	ck_assert_int_eq(inband_call(start_threads, &fn), 0);
}

/* As long as it takes the other one to wake up, sooner or later: so that both
 * are at it at the same moment. */
static void linger(int round)
{
	for (volatile int n = round * 37 % 8192; n > 0; n--)
		;
}

static void join_two(void *arg)
{
	for (int i = 0; i < 2; i++)
		evl_join_kthread(&threads[i], true);
}

static struct evl_flag to_even, to_odd;

static void pass_flag_on(void *arg)
{
	bool even = evl_current()->rq == rq_nth(0);

	for (int i = 0; i < 4 * NR_ROUNDS; i++) {
		linger(i);
		ck_assert_int_eq(evl_wait_flag(even ? &to_even : &to_odd), 0);
		slot += even ? 1 : -1;
		if (even)
			ck_assert_int_eq(slot, 1);
		evl_raise_flag(even ? &to_odd : &to_even);
	}
}

START_TEST(no_raise_is_lost_or_met_twice)
{
	slot = 0;
	evl_init_flag(&to_even);
	evl_init_flag(&to_odd);
	evl_raise_flag(&to_even);
	start_two(pass_flag_on);
	ck_assert_int_eq(inband_call(join_two, NULL), 0);
	ck_assert_int_eq(slot, 0);
	ck_assert(evl_read_flag(&to_even));
	ck_assert(!evl_read_flag(&to_odd));
}
END_TEST

/* And with a condition which takes what it finds. */

static struct evl_wait_queue queue;

static bool take_turn(bool even)
{
	if (slot != !even)
		return false;
	slot = even;

	return true;
}

static void take_turns(void *arg)
{
	bool even = evl_current()->rq == rq_nth(0);

	for (int i = 0; i < 4 * NR_ROUNDS; i++) {
		linger(i);
		ck_assert_int_eq(evl_wait_event(&queue, take_turn(even)), 0);
		evl_flush_wait(&queue, 0);
	}
}

START_TEST(no_wakeup_of_a_queue_is_lost)
{
	slot = 0;
	evl_init_wait(&queue, &evl_mono_clock, EVL_WAIT_PRIO);
	start_two(take_turns);
	ck_assert_int_eq(inband_call(join_two, NULL), 0);
	ck_assert_int_eq(slot, 0);
	ck_assert(!evl_wait_active(&queue));
}
END_TEST

static struct evl_stax stax;
static _Atomic(int) nr_inside; /* negative: in-band */

static void be_inside(void *arg)
{
	for (int i = 0; i < NR_ROUNDS; i++) {
		while (evl_lock_stax(&stax))
			;
		ck_assert_int_ge(nr_inside++, 0);
		if (i % 64 == 0)
			evl_sleep(1);
		ck_assert_int_gt(nr_inside--, 0);
		evl_unlock_stax(&stax);
	}
	nr_ended++;
}

/* Until the others have ended, but not all of the time: nobody else would get
 * in. */
static void be_inside_inband(void *arg)
{
	while (nr_ended < NR_THREADS) {
		ck_assert_int_eq(evl_lock_stax(&stax), 0);
		ck_assert_int_le(nr_inside--, 0);
		usleep_range(10, 10);
		ck_assert_int_lt(nr_inside++, 0);
		evl_unlock_stax(&stax);
		usleep_range(100, 100);
	}
}

START_TEST(one_stage_is_inside_at_a_time)
{
	void (*fn)(void *arg) = be_inside;

	nr_inside = 0;
	evl_init_stax(&stax);
	ck_assert_int_eq(inband_call(start_threads, &fn), 0);
	ck_assert_int_eq(inband_spawn(be_inside_inband, NULL, NULL), 0);
	ck_assert_int_eq(inband_call(disturb, NULL), 0);
	while (inband_stage.nr_fibers)
		inband_run_once(true);
	ck_assert_int_eq(nr_inside, 0);
	ck_assert_int_eq(stax.gate, 0);
}
END_TEST

static struct evl_flag never;

static void sleep_until_stopped(void *arg)
{
	while (evl_wait_flag(&never) == 0)
		;
}

static void start_and_stop(void *arg)
{
	void (*fn)(void *arg) = sleep_until_stopped;

	for (int i = 0; i < NR_ROUNDS / 10; i++) {
		start_threads(&fn);
		for (int nr = 0; nr < NR_THREADS; nr++)
			evl_stop_kthread(&threads[nr]);
	}
}

START_TEST(threads_come_and_go)
{
	evl_init_flag(&never);
	ck_assert_int_eq(inband_call(start_and_stop, NULL), 0);
}
END_TEST

static struct evl_timer shots;
static struct evl_flag all_shots;
static ktime_t date;
static unsigned int nr_shots;
static _Atomic(unsigned int) nr_early; /* of both workers */

static void shoot(struct evl_timer *timer)
{
	ktime_t now = evl_ktime_monotonic();

	nr_early += now < date;
	while (date <= now)
		date += PERIOD_NS;
	if (++nr_shots < NR_SHOTS)
		evl_start_timer(timer, date, EVL_INFINITE);
	else
		evl_raise_flag(&all_shots);
}

static void sleep_through_shots(void *arg)
{
	ktime_t until;

	for (unsigned int i = 0; i < NR_SHOTS; i++) {
		until = evl_ktime_monotonic() + PERIOD_NS;
		ck_assert_int_eq(evl_sleep_until(until), 0);
		nr_early += evl_ktime_monotonic() < until;
	}
	ck_assert_int_eq(evl_wait_flag(&all_shots), 0);
}

static void wait_for_shots(void *arg)
{
	evl_init_flag(&all_shots);
	evl_init_timer_on_rq(&shots, &evl_mono_clock, shoot, rq_nth(0), 0);
	date = evl_ktime_monotonic() + PERIOD_NS;
	evl_start_timer(&shots, date, EVL_INFINITE);
	ck_assert_int_eq(evl_run_kthread_on_cpu(&threads[0], 1,
						sleep_through_shots, NULL, 1,
						EVL_CLONE_PRIVATE, "sleeper"),
			 0);
	evl_join_kthread(&threads[0], true);
}

/* A worker asks to be woken beforehand. */
START_TEST(nothing_runs_before_its_date)
{
	ck_assert_int_eq(inband_call(wait_for_shots, NULL), 0);
	ck_assert_uint_eq(nr_shots, NR_SHOTS);
	ck_assert_uint_eq(nr_early, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/workers");
	TCase *tc = tcase_create("two workers");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 100);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, mutexes_exclude_and_hand_on);
	tcase_add_test(tc, semaphores_pass_on_what_they_guard);
	tcase_add_test(tc, no_raise_is_lost_or_met_twice);
	tcase_add_test(tc, no_wakeup_of_a_queue_is_lost);
	tcase_add_test(tc, one_stage_is_inside_at_a_time);
	tcase_add_test(tc, threads_come_and_go);
	tcase_add_test(tc, nothing_runs_before_its_date);

	return suite_run(suite);
}
