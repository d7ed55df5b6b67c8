/* SPDX-License-Identifier: MIT */
/* Work items: when they run, and in what order. */
#include "work-rig.h"

#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <pthread.h>
#include <string.h>

START_TEST(an_item_runs_once_for_each_time_it_was_idle)
{
	ck_assert(!work_pending(&rig_items[0].work));
	ck_assert(queue_work(rig_wq, &rig_items[0].work));
	ck_assert(!queue_work(rig_wq, &rig_items[0].work));
	ck_assert(!schedule_work(&rig_items[0].work));
	ck_assert(work_pending(&rig_items[0].work));
	ck_assert_uint_eq(work_busy(&rig_items[0].work), WORK_BUSY_PENDING);
	inband_step();
	ck_assert_int_eq(rig_items[0].ended, 1);
	ck_assert(!work_pending(&rig_items[0].work));
	ck_assert(schedule_work(&rig_items[0].work));
	inband_step();
	ck_assert_int_eq(rig_items[0].ended, 2);
	ck_assert_ptr_null(current_work());
}
END_TEST

START_TEST(items_which_sleep_let_others_run)
{
	rig_items[0].stays = true;
	for (int i = 0; i < 3; i++)
		queue_work(rig_wq, &rig_items[i].work);
	inband_step();
	ck_assert_str_eq(rig_order, "abBcC");
	ck_assert_uint_eq(work_busy(&rig_items[0].work), WORK_BUSY_RUNNING);
	complete(&rig_items[0].go);
	inband_step();
	ck_assert_str_eq(rig_order, "abBcCA");
}
END_TEST

START_TEST(an_ordered_queue_ends_one_before_the_next)
{
	for (int i = 0; i < 3; i++) {
		rig_items[i].stays = true;
		queue_work(rig_ordered, &rig_items[i].work);
	}
	inband_step();
	ck_assert_str_eq(rig_order, "a");
	for (int i = 0; i < 3; i++) {
		complete(&rig_items[i].go);
		inband_step();
	}
	ck_assert_str_eq(rig_order, "aAbBcC");
}
END_TEST

START_TEST(an_item_never_runs_beside_itself)
{
	rig_items[0].stays = true;
	queue_work(rig_wq, &rig_items[0].work);
	inband_step();
	ck_assert_str_eq(rig_order, "a");
	/* Again, elsewhere, with somebody else behind it. */
	ck_assert(queue_work(_i ? rig_wq : rig_ordered, &rig_items[0].work));
	queue_work(_i ? rig_wq : rig_ordered, &rig_items[1].work);
	inband_step();
	ck_assert_str_eq(rig_order, "abB");
	complete(&rig_items[0].go);
	inband_step();
	ck_assert_str_eq(rig_order, "abBAa");
	complete(&rig_items[0].go);
	inband_step();
	ck_assert_int_eq(rig_items[0].ended, 2);
}
END_TEST

static void free_self(struct work_struct *work)
{
	kfree(work);
	msleep(1);
	rig_note('f');
}

START_TEST(an_item_may_free_itself)
{
	struct work_struct *work = kmalloc(sizeof(*work), GFP_KERNEL);

	INIT_WORK(work, free_self);
	queue_work(rig_wq, work);
	while (strcmp(rig_order, "f") != 0)
		inband_run_once(true);
}
END_TEST

static int nr_left;
static bool timer_came;
static struct timer_list timer;

static void queue_self(struct work_struct *work)
{
	if (nr_left++ == 0)
		mod_timer(&timer, jiffies + 20);
	if (!timer_came)
		queue_work(rig_ordered, work);
}

static void on_timer(struct timer_list *unused)
{
	timer_came = true;
}

/* The loop's own work, which is what notices time. */
START_TEST(one_that_queues_itself_for_ever_keeps_nobody_out)
{
	struct work_struct work;

	INIT_WORK(&work, queue_self);
	timer_setup(&timer, on_timer, 0);
	queue_work(rig_ordered, &work);
	inband_await(&timer_came);
	inband_step();
	ck_assert_int_gt(nr_left, 1);
}
END_TEST

START_TEST(a_delay_passes_first)
{
	u64 start = get_jiffies_64();

	ck_assert(queue_delayed_work(rig_wq, &rig_items[0].dwork, 5));
	ck_assert(!schedule_delayed_work(&rig_items[0].dwork, 0));
	ck_assert(delayed_work_pending(&rig_items[0].dwork));
	while (rig_items[0].ended == 0)
		inband_run_once(true);
	ck_assert_uint_ge(get_jiffies_64() - start, 5);

	ck_assert(queue_delayed_work(rig_wq, &rig_items[0].dwork, 0));
	inband_step();
	ck_assert_int_eq(rig_items[0].ended, 2);
}
END_TEST

START_TEST(a_delay_can_be_changed)
{
	ck_assert(!mod_delayed_work(rig_wq, &rig_items[0].dwork, 100 * HZ));
	ck_assert(mod_delayed_work(rig_wq, &rig_items[0].dwork, 1));
	while (rig_items[0].ended == 0)
		inband_run_once(true);

	ck_assert(!mod_delayed_work(rig_wq, &rig_items[0].dwork, 100 * HZ));
	ck_assert(mod_delayed_work(rig_wq, &rig_items[0].dwork, 0));
	inband_step();
	ck_assert_int_eq(rig_items[0].ended, 2);
	/* From the list to a delay. */
	queue_work(rig_wq, &rig_items[0].dwork.work);
	ck_assert(mod_delayed_work(rig_wq, &rig_items[0].dwork, 100 * HZ));
	inband_step();
	ck_assert_int_eq(rig_items[0].ended, 2);
	ck_assert(cancel_delayed_work(&rig_items[0].dwork));
}
END_TEST

START_TEST(what_is_cancelled_does_not_run)
{
	queue_work(rig_wq, &rig_items[0].work);
	queue_delayed_work(rig_wq, &rig_items[1].dwork, 100 * HZ);
	queue_delayed_work(rig_wq, &rig_items[2].dwork, 0);
	ck_assert(cancel_work(&rig_items[0].work));
	ck_assert(!cancel_work(&rig_items[0].work));
	ck_assert(cancel_delayed_work(&rig_items[1].dwork));
	ck_assert(!cancel_delayed_work(&rig_items[1].dwork));
	ck_assert(cancel_delayed_work(&rig_items[2].dwork));
	inband_step();
	ck_assert_str_eq(rig_order, "");
}
END_TEST

static void hold_fiber(void *arg)
{
	wait_for_completion(arg);
}

START_TEST(an_item_waits_for_a_fiber)
{
	DECLARE_COMPLETION(go);

	for (int i = 0; i < RIG_FIBERS; i++)
		inband_fiber(hold_fiber, &go);
	queue_work(rig_wq, &rig_items[0].work);
	inband_step();
	ck_assert_int_eq(rig_items[0].ended, 0);
	complete_all(&go);
	while (rig_items[0].ended == 0)
		inband_run_once(true);
}
END_TEST

static void look_at_current(struct work_struct *work)
{
	ck_assert_str_eq(current->comm, "some-1");
	ck_assert_int_eq(task_pid_nr(current), 0);
	rig_note('c');
}

START_TEST(an_item_works_for_nobody)
{
	INIT_WORK(&rig_items[0].work, look_at_current);
	queue_work(rig_wq, &rig_items[0].work);
	inband_step();
	ck_assert_str_eq(rig_order, "c");
}
END_TEST

static DECLARE_WORK(static_work, rig_run_work);
static void note_static(struct work_struct *work)
{
	rig_note('d');
}
static DECLARE_DELAYED_WORK(static_dwork, note_static);

START_TEST(the_usual_queues_are_there)
{
	struct workqueue_struct *const queues[] = {
		system_wq,	     system_highpri_wq,
		system_long_wq,	     system_unbound_wq,
		system_freezable_wq, system_power_efficient_wq,
	};

	for (unsigned int i = 0; i < sizeof(queues) / sizeof(queues[0]); i++) {
		ck_assert(queue_delayed_work(queues[i], &static_dwork, 0));
		inband_step();
	}
	ck_assert_str_eq(rig_order, "dddddd");
	ck_assert(!work_pending(&static_work));
}
END_TEST

/* From other threads. */

#define NR_THREADS 3
#define NR_ROUNDS  20000

static _Atomic(unsigned int) nr_asked, nr_seen;
static _Atomic(unsigned int) nr_ready;

static void see(struct work_struct *work)
{
	/* Whatever was asked for before the item was queued. */
	nr_seen = nr_asked;
}

static void *ask(void *arg)
{
	struct delayed_work *dwork = arg;

	for (int i = 0; i < NR_ROUNDS; i++) {
		nr_asked++;
		if (i % 7 == 3)
			mod_delayed_work(rig_wq, dwork, 0);
		else if (i % 7 == 5)
			mod_delayed_work(rig_wq, dwork, 1);
		else
			queue_work(rig_wq, &dwork->work);
		if (i % 16 == 0)
			cancel_delayed_work(dwork);
	}
	nr_asked++;
	mod_delayed_work(rig_wq, dwork, 0);
	nr_ready++;

	return NULL;
}

START_TEST(nothing_that_threads_queue_is_lost)
{
	pthread_t threads[NR_THREADS];

	INIT_DELAYED_WORK(&rig_items[0].dwork, see);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_create(&threads[i], NULL, ask, &rig_items[0].dwork);
	while (nr_ready < NR_THREADS)
		inband_run_once(false);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_join(threads[i], NULL);
	inband_step();
	ck_assert_uint_eq(nr_seen, NR_THREADS * (NR_ROUNDS + 1));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/workqueue");
	TCase *tcase = tcase_create("items");

	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, an_item_runs_once_for_each_time_it_was_idle);
	tcase_add_test(tcase, items_which_sleep_let_others_run);
	tcase_add_test(tcase, an_ordered_queue_ends_one_before_the_next);
	tcase_add_loop_test(tcase, an_item_never_runs_beside_itself, 0, 2);
	tcase_add_test(tcase, an_item_may_free_itself);
	tcase_add_test(tcase, one_that_queues_itself_for_ever_keeps_nobody_out);
	tcase_add_test(tcase, a_delay_passes_first);
	tcase_add_test(tcase, a_delay_can_be_changed);
	tcase_add_test(tcase, what_is_cancelled_does_not_run);
	tcase_add_test(tcase, an_item_waits_for_a_fiber);
	tcase_add_test(tcase, an_item_works_for_nobody);
	tcase_add_test(tcase, the_usual_queues_are_there);
	tcase_add_test(tcase, nothing_that_threads_queue_is_lost);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
