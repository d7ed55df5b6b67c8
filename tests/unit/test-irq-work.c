/* SPDX-License-Identifier: MIT */
/* irq_work: functions of the in-band stage, queued from any stage. */
#include "core/kthread.h"
#include "thread-rig.h"

#include <linux/completion.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/wait.h>
#include <pthread.h>

static struct evl_kthread kthread;
static struct irq_work work;
static unsigned int nr_runs, nr_more;
static bool queued;

static void note_run(struct irq_work *w)
{
	ck_assert_ptr_eq(stage_self, &inband_stage);
	ck_assert_ptr_null(fiber_current());
	nr_runs++;
}

static void setup(void)
{
	rig_setup();
	init_irq_work(&work, note_run);
	nr_runs = nr_more = 0;
}

static void queue_it(void *arg)
{
	queued = irq_work_queue(&work);
}

/* Where from. */

static void from_nowhere(void)
{
	queue_it(NULL);
}

static void from_a_handler(void)
{
	rig_inband(queue_it, NULL);
}

static void from_a_timer(void)
{
	rig_go_to(&rig_workers[1]);
	queue_it(NULL);
	rig_go_to(&inband_stage);
}

static void from_a_thread(void)
{
	ck_assert_int_eq(rig_run(&kthread, 0, queue_it, NULL, 50), 0);
}

START_TEST(it_runs_in_band_on_no_fiber_wherever_it_comes_from)
{
	void (*const places[])(void) = {
		from_nowhere,
		from_a_handler,
		from_a_timer,
		from_a_thread,
	};

	for (unsigned int i = 1; i < 3; i++) {
		queued = false;
		places[_i]();
		ck_assert(queued);
		rig_step();
		ck_assert_uint_eq(nr_runs, i);
	}
}
END_TEST

START_TEST(one_that_is_pending_runs_once)
{
	ck_assert(irq_work_queue(&work));
	ck_assert(!irq_work_queue(&work));
	rig_go_to(&rig_workers[0]);
	ck_assert(!irq_work_queue(&work));
	rig_go_to(&inband_stage);
	ck_assert_uint_eq(nr_runs, 0);
	rig_step();
	ck_assert_uint_eq(nr_runs, 1);
}
END_TEST

static void run_again(struct irq_work *w)
{
	note_run(w);
	if (nr_more && nr_more--)
		ck_assert(irq_work_queue(w));
}

START_TEST(a_function_may_queue_its_work_again)
{
	init_irq_work(&work, run_again);
	nr_more = 5;
	irq_work_queue(&work);
	rig_step();
	ck_assert_uint_eq(nr_runs, 6);
}
END_TEST

static void free_it(struct irq_work *w)
{
	note_run(w);
	kfree(w);
}

START_TEST(a_function_may_free_its_work)
{
	struct irq_work *w = kzalloc(sizeof(*w), GFP_KERNEL);

	init_irq_work(w, free_it);
	irq_work_queue(w);
	rig_step();
	ck_assert_uint_eq(nr_runs, 1);
}
END_TEST

static struct completion done;
static struct semaphore sem;
static DECLARE_WAIT_QUEUE_HEAD(wq);
static bool condition;
static unsigned int nr_awake;

static void wake_all(struct irq_work *w)
{
	complete(&done);
	up(&sem);
	condition = true;
	wake_up(&wq);
}

static void await_completion(void *arg)
{
	wait_for_completion(&done);
	nr_awake++;
}

static void await_semaphore(void *arg)
{
	down(&sem);
	nr_awake++;
}

static void await_event(void *arg)
{
	nr_awake += wait_event_interruptible(wq, condition) == 0;
}

START_TEST(it_wakes_who_sleeps_in_band)
{
	init_completion(&done);
	sema_init(&sem, 0);
	init_irq_work(&work, wake_all);
	rig_inband(await_completion, NULL);
	rig_inband(await_semaphore, NULL);
	rig_inband(await_event, NULL);
	ck_assert_uint_eq(nr_awake, 0);
	from_a_thread();
	ck_assert_uint_eq(nr_awake, 3);
}
END_TEST

static DEFINE_IRQ_WORK(defined, note_run);
static struct irq_work initialized = IRQ_WORK_INIT(note_run);

START_TEST(static_ones_work)
{
	ck_assert(irq_work_queue(&defined));
	ck_assert(irq_work_queue(&initialized));
	rig_step();
	ck_assert_uint_eq(nr_runs, 2);
}
END_TEST

static void queue_and_sync(void *arg)
{
	irq_work_sync(&work); /* it is not pending */
	ck_assert_uint_eq(nr_runs, 0);
	irq_work_queue(&work);
	irq_work_sync(&work);
	nr_awake = nr_runs;
}

START_TEST(who_syncs_with_it_waits_for_its_function)
{
	nr_awake = 0;
	rig_inband(queue_and_sync, NULL);
	ck_assert_uint_eq(nr_awake, 1);
}
END_TEST

#define NR_ROUNDS 20000

/* As a worker would; returns how often it was not pending already. */
static void *queue_often(void *arg)
{
	uintptr_t count = 0;

	for (int i = 0; i < NR_ROUNDS; i++)
		count += irq_work_queue(&work);
	__atomic_store_n(&condition, true, __ATOMIC_RELEASE);

	return (void *)count;
}

START_TEST(it_runs_as_often_as_it_was_queued)
{
	pthread_t thread;
	void *count;

	condition = false;
	pthread_create(&thread, NULL, queue_often, NULL);
	while (!__atomic_load_n(&condition, __ATOMIC_ACQUIRE))
		inband_run_once(false);
	pthread_join(thread, &count);
	rig_step();
	ck_assert_uint_eq(nr_runs, (uintptr_t)count);
}
END_TEST

/* Tasklets are such, of either form. */

static struct tasklet_struct tasklet;

static void old_form(unsigned long data)
{
	ck_assert_ptr_eq(stage_self, &inband_stage);
	ck_assert_ptr_null(fiber_current());
	nr_runs += (unsigned int)data;
}

struct has_tasklet {
	int number;
	struct tasklet_struct tasklet;
};

static void new_form(struct tasklet_struct *t)
{
	struct has_tasklet *has = from_tasklet(has, t, tasklet);

	nr_runs += (unsigned int)has->number;
}

static DECLARE_TASKLET_OLD(static_old, old_form);
static struct has_tasklet has = { .number = 5 };

static void schedule_them(void *arg)
{
	tasklet_schedule(&tasklet);
	tasklet_schedule(&tasklet);
	tasklet_hi_schedule(&has.tasklet);
	tasklet_schedule(&static_old);
}

static void kill_one(void *arg)
{
	tasklet_schedule(&tasklet);
	tasklet_kill(&tasklet);
	nr_more = nr_runs;
}

START_TEST(tasklets_run_once_each)
{
	tasklet_init(&tasklet, old_form, 100);
	tasklet_setup(&has.tasklet, new_form);
	if (_i)
		ck_assert_int_eq(rig_run(&kthread, 0, schedule_them, NULL, 50),
				 0);
	else
		schedule_them(NULL);
	rig_step();
	ck_assert_uint_eq(nr_runs, 105);

	rig_inband(kill_one, NULL);
	rig_step();
	ck_assert_uint_eq(nr_more, 205);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stage/irq-work");
	TCase *tc = tcase_create("irq_work");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, rig_teardown);
	tcase_add_loop_test(
		tc, it_runs_in_band_on_no_fiber_wherever_it_comes_from, 0, 4);
	tcase_add_test(tc, one_that_is_pending_runs_once);
	tcase_add_test(tc, a_function_may_queue_its_work_again);
	tcase_add_test(tc, a_function_may_free_its_work);
	tcase_add_test(tc, it_wakes_who_sleeps_in_band);
	tcase_add_test(tc, static_ones_work);
	tcase_add_test(tc, who_syncs_with_it_waits_for_its_function);
	tcase_add_test(tc, it_runs_as_often_as_it_was_queued);
	tcase_add_loop_test(tc, tasklets_run_once_each, 0, 2);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
