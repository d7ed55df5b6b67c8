/* SPDX-License-Identifier: MIT */
/* Threads of a driver's own, and sleeping by hand. */
#include "inband-rig.h"

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static int nr_rounds;
static bool condition, done;
static long ret;
static struct completion end;

static int work_until_stopped(void *data)
{
	ck_assert_str_eq(current->comm, "worker/7");
	ck_assert_ptr_eq(kthread_data(current), data);
	while (!kthread_should_stop()) {
		nr_rounds++;
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
	}

	return 42;
}

static void stop_it(void *arg)
{
	ret = kthread_stop(arg);
	done = true;
}

static void setup(void)
{
	inband_setup();
	init_completion(&end);
}

static void stop(struct task_struct *task)
{
	done = false;
	inband_fiber(stop_it, task);
	inband_await(&done);
}

START_TEST(a_thread_begins_when_it_is_woken)
{
	struct task_struct *task =
		kthread_create(work_until_stopped, &done, "worker/%d", 7);

	ck_assert(!IS_ERR(task));
	kthread_bind(task, 0);
	inband_step();
	ck_assert_int_eq(nr_rounds, 0);
	ck_assert_int_eq(wake_up_process(task), 1);
	inband_step();
	ck_assert_int_eq(nr_rounds, 1);
	wake_up_process(task);
	inband_step();
	ck_assert_int_eq(nr_rounds, 2);
	stop(task);
	ck_assert_int_eq(ret, 42);
	ck_assert(!kthread_should_stop());
}
END_TEST

START_TEST(one_that_never_began_is_stopped_too)
{
	struct task_struct *task =
		kthread_create_on_node(work_until_stopped, NULL, 0, "idle");

	stop(task);
	ck_assert_int_eq(ret, -EINTR);
	ck_assert_int_eq(nr_rounds, 0);
}
END_TEST

static int return_at_once(void *data)
{
	return 7;
}

START_TEST(one_that_ended_is_there_for_who_holds_it)
{
	struct task_struct *task = kthread_run(return_at_once, NULL, "short");

	get_task_struct(task);
	inband_step();
	ck_assert_uint_eq(inband_stage.nr_fibers, 0);
	stop(task);
	ck_assert_int_eq(ret, 7);
	put_task_struct(task);
	/* And is gone without a trace otherwise. */
	kthread_run(return_at_once, NULL, "short");
}
END_TEST

START_TEST(there_are_so_many_fibers)
{
	struct task_struct *tasks[RIG_FIBERS];

	for (int i = 0; i < RIG_FIBERS; i++)
		tasks[i] = kthread_run(return_at_once, NULL, "one");
	ck_assert_int_eq(PTR_ERR(tasks[0]) < 0 && IS_ERR(tasks[0]), 0);
	ck_assert_int_eq(PTR_ERR(kthread_run(return_at_once, NULL, "too many")),
			 -EAGAIN);
}
END_TEST

START_TEST(nobody_stops_one_where_nobody_can_wait)
{
	struct task_struct *task =
		kthread_run(work_until_stopped, NULL, "worker/7");

	inband_step();
	ck_assert_int_eq(kthread_stop(task), -EINTR);
	inband_step();
}
END_TEST

/* A fiber that works for somebody. */
static struct task_struct client;

static void sleep_by_hand(void *arg)
{
	fiber_current()->task = &client;
	set_current_state(*(unsigned int *)arg);
	while (!condition) {
		schedule();
		if (signal_pending(current))
			break;
		set_current_state(*(unsigned int *)arg);
	}
	__set_current_state(TASK_RUNNING);
	ret = condition;
	fiber_current()->task = NULL;
	done = true;
}

START_TEST(who_sleeps_by_hand_is_woken)
{
	unsigned int state = TASK_UNINTERRUPTIBLE;

	inband_fiber(sleep_by_hand, &state);
	inband_step();
	wake_up_process(&client); /* in vain */
	inband_step();
	ck_assert(!done);
	condition = true;
	ck_assert_int_eq(wake_up_process(&client), 1);
	ck_assert_int_eq(wake_up_process(&client), 0);
	inband_step();
	ck_assert(done);
}
END_TEST

START_TEST(a_signal_ends_what_is_interruptible)
{
	unsigned int state = TASK_INTERRUPTIBLE;
	struct fiber *fiber = inband_fiber(sleep_by_hand, &state);

	inband_step();
	fiber_break(fiber);
	inband_step();
	ck_assert(done && ret == 0);
}
END_TEST

static void sleep_for_a_time(void *arg)
{
	fiber_current()->task = &client;
	ck_assert_int_eq(schedule_timeout(0), 0);
	ck_assert_int_eq(schedule_timeout_uninterruptible(3), 0);
	set_current_state(TASK_INTERRUPTIBLE);
	ret = schedule_timeout(1000 * HZ);
	fiber_current()->task = NULL;
	done = true;
}

START_TEST(a_sleep_by_hand_may_have_a_limit)
{
	inband_fiber(sleep_for_a_time, NULL);
	while (client.__state != TASK_INTERRUPTIBLE)
		inband_run_once(true);
	inband_step();
	wake_up_process(&client);
	inband_await(&done);
	ck_assert_int_gt(ret, 900 * HZ);
	ck_assert_int_le(ret, 1000 * HZ);
}
END_TEST

static void sleep_for_nobody(void *arg)
{
	/* As from an init function: who should wake it? */
	set_current_state(TASK_INTERRUPTIBLE);
	schedule();
	ck_assert_int_eq(schedule_timeout_interruptible(MAX_SCHEDULE_TIMEOUT),
			 MAX_SCHEDULE_TIMEOUT);
	ck_assert_int_eq(cond_resched(), 0);
	ck_assert(!need_resched());
	ck_assert(!signal_pending(current));
	done = true;
}

START_TEST(who_works_for_nobody_gives_way)
{
	inband_fiber(sleep_for_nobody, NULL);
	inband_await(&done);
	/* And on no fiber it is refused. */
	schedule();
}
END_TEST

#define NR_TURNS 3000
static _Atomic(int) turn;

static int take_turns(void *data)
{
	for (int i = 0; i < NR_TURNS; i++) {
		set_current_state(TASK_UNINTERRUPTIBLE);
		while (!atomic_load_explicit(&turn, memory_order_relaxed)) {
			schedule();
			set_current_state(TASK_UNINTERRUPTIBLE);
		}
		__set_current_state(TASK_RUNNING);
		atomic_store_explicit(&turn, 0, memory_order_relaxed);
	}
	done = true;

	return 0;
}

static void *give_turns(void *arg)
{
	for (int i = 0; i < NR_TURNS; i++) {
		while (atomic_load_explicit(&turn, memory_order_relaxed))
			sched_yield();
		atomic_store_explicit(&turn, 1, memory_order_relaxed);
		wake_up_process(arg);
	}

	return NULL;
}

START_TEST(no_wakeup_is_lost_between_threads)
{
	struct task_struct *task = kthread_run(take_turns, NULL, "turns");
	pthread_t thread;

	get_task_struct(task);
	pthread_create(&thread, NULL, give_turns, task);
	while (!done)
		inband_run_once(false);
	pthread_join(thread, NULL);
	put_task_struct(task);
}
END_TEST

static int nr_kworks;

static void run_kwork(struct kthread_work *work)
{
	nr_kworks++;
}

static void use_worker(void *arg)
{
	struct kthread_worker *worker = kthread_create_worker(0, "kw/%d", 1);
	struct kthread_work work;

	ck_assert(!IS_ERR(worker));
	kthread_init_work(&work, run_kwork);
	ck_assert(kthread_queue_work(worker, &work));
	kthread_flush_work(&work);
	ck_assert_int_eq(nr_kworks, 1);
	kthread_queue_work(worker, &work);
	kthread_flush_worker(worker);
	ck_assert_int_eq(nr_kworks, 2);
	ck_assert(!kthread_cancel_work_sync(&work));
	kthread_destroy_worker(worker);
	done = true;
}

START_TEST(a_worker_runs_its_items)
{
	inband_fiber(use_worker, NULL);
	inband_await(&done);
}
END_TEST

START_TEST(an_applications_thread_is_told_where_to_run)
{
	struct task_struct caller = { .pid = (pid_t)gettid() };
	struct cpumask none = { .bits = { 0 } };
	cpu_set_t before, now;

	sched_getaffinity(0, sizeof(before), &before);
	for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
		if (!CPU_ISSET(cpu, &before))
			continue;
		ck_assert_int_eq(set_cpus_allowed_ptr(&caller, cpumask_of(cpu)),
				 0);
		sched_getaffinity(0, sizeof(now), &now);
		ck_assert_int_eq(CPU_COUNT(&now), 1);
		ck_assert(CPU_ISSET(cpu, &now));
	}
	ck_assert_int_eq(set_cpus_allowed_ptr(&caller, &none), -EINVAL);
	caller.pid = INT32_MAX; /* nobody */
	ck_assert_int_eq(set_cpus_allowed_ptr(&caller, cpu_possible_mask),
			 -ESRCH);

	/* The daemon's own threads stay where they are. */
	ck_assert_int_eq(set_cpus_allowed_ptr(current, cpu_possible_mask), 0);
	ck_assert_int_eq(
		set_cpus_allowed_ptr(current, cpumask_of(smp_processor_id())),
		0);
	if (num_possible_cpus() > 1)
		ck_assert_int_eq(
			set_cpus_allowed_ptr(
				current,
				cpumask_of(smp_processor_id() ? 0 : 1)),
			-EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/kthread");
	TCase *tcase = tcase_create("threads");

	tcase_add_checked_fixture(tcase, setup, inband_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_thread_begins_when_it_is_woken);
	tcase_add_test(tcase, one_that_never_began_is_stopped_too);
	tcase_add_test(tcase, one_that_ended_is_there_for_who_holds_it);
	tcase_add_test(tcase, there_are_so_many_fibers);
	tcase_add_test(tcase, nobody_stops_one_where_nobody_can_wait);
	tcase_add_test(tcase, who_sleeps_by_hand_is_woken);
	tcase_add_test(tcase, a_signal_ends_what_is_interruptible);
	tcase_add_test(tcase, a_sleep_by_hand_may_have_a_limit);
	tcase_add_test(tcase, who_works_for_nobody_gives_way);
	tcase_add_test(tcase, no_wakeup_is_lost_between_threads);
	tcase_add_test(tcase, a_worker_runs_its_items);
	tcase_add_test(tcase, an_applications_thread_is_told_where_to_run);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
