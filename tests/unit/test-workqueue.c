/* SPDX-License-Identifier: MIT */
/* Work items: when they run, in what order, and who waits for them. */
#include "inband-rig.h"

#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* An item that stays inside until it is let go, if that is wanted. */
struct item {
	struct work_struct work;
	struct delayed_work dwork;
	bool stays;
	struct completion go;
	int begun, ended;
	int inside; /* now */
};

static struct item items[4];
static char order[64]; /* which began, which ended: "a", "A" */
static struct workqueue_struct *wq, *ordered;

static void note(char c)
{
	order[strlen(order)] = c;
}

static void run(struct item *item)
{
	const char letter = (char)('a' + (item - items));

	ck_assert_int_eq(item->inside++, 0); /* never beside itself */
	item->begun++;
	note(letter);
	if (item->stays)
		wait_for_completion(&item->go);
	note((char)(letter - 'a' + 'A'));
	item->ended++;
	item->inside--;
}

static void run_work(struct work_struct *work)
{
	ck_assert_ptr_eq(current_work(), work);
	run(container_of(work, struct item, work));
}

static void run_dwork(struct work_struct *work)
{
	run(container_of(to_delayed_work(work), struct item, dwork));
}

static void setup(void)
{
	inband_setup();
	for (int i = 0; i < 4; i++) {
		INIT_WORK(&items[i].work, run_work);
		INIT_DELAYED_WORK(&items[i].dwork, run_dwork);
		init_completion(&items[i].go);
	}
	wq = alloc_workqueue("some-%d", WQ_UNBOUND, 0, 1);
	ordered = alloc_ordered_workqueue("ordered", 0);
	ck_assert(wq && ordered);
}

static void destroy_queues(void *arg)
{
	destroy_workqueue(wq);
	destroy_workqueue(ordered);
	*(bool *)arg = true;
}

static void teardown(void)
{
	bool done = false;

	for (int i = 0; i < 4; i++)
		complete_all(&items[i].go);
	inband_fiber(destroy_queues, &done);
	inband_await(&done);
	inband_teardown();
}

START_TEST(an_item_runs_once_for_each_time_it_was_idle)
{
	ck_assert(!work_pending(&items[0].work));
	ck_assert(queue_work(wq, &items[0].work));
	ck_assert(!queue_work(wq, &items[0].work));
	ck_assert(!schedule_work(&items[0].work));
	ck_assert(work_pending(&items[0].work));
	ck_assert_uint_eq(work_busy(&items[0].work), WORK_BUSY_PENDING);
	inband_step();
	ck_assert_int_eq(items[0].ended, 1);
	ck_assert(!work_pending(&items[0].work));
	ck_assert(schedule_work(&items[0].work));
	inband_step();
	ck_assert_int_eq(items[0].ended, 2);
	ck_assert_ptr_null(current_work());
}
END_TEST

START_TEST(items_which_sleep_let_others_run)
{
	items[0].stays = true;
	for (int i = 0; i < 3; i++)
		queue_work(wq, &items[i].work);
	inband_step();
	ck_assert_str_eq(order, "abBcC");
	ck_assert_uint_eq(work_busy(&items[0].work), WORK_BUSY_RUNNING);
	complete(&items[0].go);
	inband_step();
	ck_assert_str_eq(order, "abBcCA");
}
END_TEST

START_TEST(an_ordered_queue_ends_one_before_the_next)
{
	for (int i = 0; i < 3; i++) {
		items[i].stays = true;
		queue_work(ordered, &items[i].work);
	}
	inband_step();
	ck_assert_str_eq(order, "a");
	for (int i = 0; i < 3; i++) {
		complete(&items[i].go);
		inband_step();
	}
	ck_assert_str_eq(order, "aAbBcC");
}
END_TEST

START_TEST(an_item_never_runs_beside_itself)
{
	items[0].stays = true;
	queue_work(wq, &items[0].work);
	inband_step();
	ck_assert_str_eq(order, "a");
	/* Again, elsewhere, with somebody else behind it. */
	ck_assert(queue_work(_i ? wq : ordered, &items[0].work));
	queue_work(_i ? wq : ordered, &items[1].work);
	inband_step();
	ck_assert_str_eq(order, "abB");
	complete(&items[0].go);
	inband_step();
	ck_assert_str_eq(order, "abBAa");
	complete(&items[0].go);
	inband_step();
	ck_assert_int_eq(items[0].ended, 2);
}
END_TEST

static void free_self(struct work_struct *work)
{
	kfree(work);
	msleep(1);
	note('f');
}

START_TEST(an_item_may_free_itself)
{
	struct work_struct *work = kmalloc(sizeof(*work), GFP_KERNEL);

	INIT_WORK(work, free_self);
	queue_work(wq, work);
	while (strcmp(order, "f") != 0)
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
		queue_work(ordered, work);
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
	queue_work(ordered, &work);
	inband_await(&timer_came);
	inband_step();
	ck_assert_int_gt(nr_left, 1);
}
END_TEST

START_TEST(a_delay_passes_first)
{
	u64 start = get_jiffies_64();

	ck_assert(queue_delayed_work(wq, &items[0].dwork, 5));
	ck_assert(!schedule_delayed_work(&items[0].dwork, 0));
	ck_assert(delayed_work_pending(&items[0].dwork));
	while (items[0].ended == 0)
		inband_run_once(true);
	ck_assert_uint_ge(get_jiffies_64() - start, 5);

	ck_assert(queue_delayed_work(wq, &items[0].dwork, 0));
	inband_step();
	ck_assert_int_eq(items[0].ended, 2);
}
END_TEST

START_TEST(a_delay_can_be_changed)
{
	ck_assert(!mod_delayed_work(wq, &items[0].dwork, 100 * HZ));
	ck_assert(mod_delayed_work(wq, &items[0].dwork, 1));
	while (items[0].ended == 0)
		inband_run_once(true);

	ck_assert(!mod_delayed_work(wq, &items[0].dwork, 100 * HZ));
	ck_assert(mod_delayed_work(wq, &items[0].dwork, 0));
	inband_step();
	ck_assert_int_eq(items[0].ended, 2);
	/* From the list to a delay. */
	queue_work(wq, &items[0].dwork.work);
	ck_assert(mod_delayed_work(wq, &items[0].dwork, 100 * HZ));
	inband_step();
	ck_assert_int_eq(items[0].ended, 2);
	ck_assert(cancel_delayed_work(&items[0].dwork));
}
END_TEST

START_TEST(what_is_cancelled_does_not_run)
{
	queue_work(wq, &items[0].work);
	queue_delayed_work(wq, &items[1].dwork, 100 * HZ);
	queue_delayed_work(wq, &items[2].dwork, 0);
	ck_assert(cancel_work(&items[0].work));
	ck_assert(!cancel_work(&items[0].work));
	ck_assert(cancel_delayed_work(&items[1].dwork));
	ck_assert(!cancel_delayed_work(&items[1].dwork));
	ck_assert(cancel_delayed_work(&items[2].dwork));
	inband_step();
	ck_assert_str_eq(order, "");
}
END_TEST

/* What a fiber calls, and what came of it. */
struct call {
	int n; /* item */
	bool ret, done;
};

static void call_cancel_sync(void *arg)
{
	struct call *call = arg;

	call->ret = cancel_work_sync(&items[call->n].work);
	call->done = true;
}

static void call_cancel_delayed_sync(void *arg)
{
	struct call *call = arg;

	call->ret = cancel_delayed_work_sync(&items[call->n].dwork);
	call->done = true;
}

static void call_flush(void *arg)
{
	struct call *call = arg;

	call->ret = flush_work(&items[call->n].work);
	call->done = true;
}

static void call_flush_delayed(void *arg)
{
	struct call *call = arg;

	call->ret = flush_delayed_work(&items[call->n].dwork);
	call->done = true;
}

static void call_flush_queue(void *arg)
{
	struct call *call = arg;

	flush_workqueue(wq);
	call->done = true;
}

static void call_drain(void *arg)
{
	struct call *call = arg;

	drain_workqueue(wq);
	call->done = true;
}

static void start(void (*entry)(void *arg), struct call *call)
{
	inband_fiber(entry, call);
	inband_step();
}

START_TEST(who_cancels_for_sure_waits_for_the_end)
{
	struct call call = { .n = 0 };

	start(call_cancel_sync, &call);
	ck_assert(call.done && !call.ret);

	call.done = false;
	items[0].stays = true;
	queue_work(wq, &items[0].work);
	inband_step();
	queue_work(wq, &items[0].work);
	inband_step();
	start(call_cancel_sync, &call);
	ck_assert(!call.done);
	/* Nobody queues it meanwhile. */
	ck_assert(!queue_work(wq, &items[0].work));
	complete_all(&items[0].go);
	inband_step();
	ck_assert(call.done && call.ret);
	ck_assert_str_eq(order, "aA");
	ck_assert(queue_work(wq, &items[0].work));
	inband_step();
	ck_assert_int_eq(items[0].ended, 2);
}
END_TEST

START_TEST(who_cancels_a_delay_for_sure_waits_too)
{
	struct call call = { .n = 0 };

	queue_delayed_work(wq, &items[0].dwork, 100 * HZ);
	start(call_cancel_delayed_sync, &call);
	ck_assert(call.done && call.ret);

	call.done = false;
	items[0].stays = true;
	queue_delayed_work(wq, &items[0].dwork, 0);
	inband_step();
	start(call_cancel_delayed_sync, &call);
	ck_assert(!call.done);
	complete(&items[0].go);
	inband_step();
	ck_assert(call.done && !call.ret);
}
END_TEST

START_TEST(who_flushes_waits_for_what_was_queued)
{
	struct call call = { .n = 0 };

	start(call_flush, &call);
	ck_assert(call.done && !call.ret);

	call.done = false;
	items[0].stays = true;
	queue_work(wq, &items[0].work);
	inband_step();
	start(call_flush, &call);
	ck_assert(!call.done);
	/* Not for the time after this one. */
	queue_work(wq, &items[0].work);
	complete(&items[0].go);
	inband_step();
	ck_assert(call.done && call.ret);
	ck_assert_str_eq(order, "aAa");

	/* Pending behind the one that runs: that is waited for. */
	call.done = false;
	queue_work(wq, &items[0].work);
	start(call_flush, &call);
	complete(&items[0].go);
	inband_step();
	ck_assert(!call.done);
	complete(&items[0].go);
	inband_step();
	ck_assert(call.done);
}
END_TEST

START_TEST(who_flushes_what_is_cancelled_goes_on)
{
	struct call call = { .n = 1 };

	items[0].stays = true;
	queue_work(ordered, &items[0].work);
	queue_work(ordered, &items[1].work);
	start(call_flush, &call);
	ck_assert(!call.done);
	ck_assert(cancel_work(&items[1].work));
	inband_step();
	ck_assert(call.done);
}
END_TEST

START_TEST(who_flushes_a_delay_ends_it)
{
	struct call call = { .n = 0 };

	queue_delayed_work(wq, &items[0].dwork, 100 * HZ);
	start(call_flush_delayed, &call);
	ck_assert(call.done && call.ret);
	ck_assert_int_eq(items[0].ended, 1);
}
END_TEST

START_TEST(who_flushes_a_queue_waits_for_all_that_is_in_it)
{
	struct call call = { .n = 0 };

	start(call_flush_queue, &call);
	ck_assert(call.done);

	call.done = false;
	items[0].stays = items[1].stays = true;
	queue_work(wq, &items[0].work);
	queue_work(wq, &items[1].work);
	start(call_flush_queue, &call);
	items[2].stays = true;
	queue_work(wq, &items[2].work);
	complete(&items[1].go);
	inband_step();
	ck_assert(!call.done);
	complete(&items[0].go);
	inband_step();
	ck_assert(call.done);
	ck_assert_int_eq(items[2].ended, 0);
}
END_TEST

static void queue_other(struct work_struct *work)
{
	wait_for_completion(&items[0].go);
	ck_assert(queue_work(wq, &items[1].work));
}

START_TEST(a_queue_is_drained_with_what_its_items_queue)
{
	struct call call = { .n = 0 };

	INIT_WORK(&items[0].work, queue_other);
	queue_work(wq, &items[0].work);
	start(call_drain, &call);
	/* Anybody else is refused. */
	ck_assert(!queue_work(wq, &items[2].work));
	ck_assert(!queue_delayed_work(wq, &items[2].dwork, 0));
	complete(&items[0].go);
	inband_step();
	ck_assert(call.done);
	ck_assert_str_eq(order, "bB");
	ck_assert(queue_work(wq, &items[2].work));
}
END_TEST

static void wait_for_self(struct work_struct *work)
{
	ck_assert(!flush_work(work));
	ck_assert(!cancel_work_sync(work));
	flush_workqueue(wq);
	drain_workqueue(wq);
	destroy_workqueue(wq);
	note('s');
}

START_TEST(an_item_that_waits_for_itself_is_not_stuck)
{
	INIT_WORK(&items[0].work, wait_for_self);
	queue_work(wq, &items[0].work);
	inband_step();
	ck_assert_str_eq(order, "s");
}
END_TEST

START_TEST(nobody_waits_where_nobody_can)
{
	items[0].stays = true;
	queue_work(wq, &items[0].work);
	inband_step();
	ck_assert(!flush_work(&items[0].work));
	ck_assert(!cancel_work_sync(&items[0].work));
	flush_workqueue(wq);
	ck_assert_int_eq(items[0].ended, 0);
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
	queue_work(wq, &items[0].work);
	inband_step();
	ck_assert_int_eq(items[0].ended, 0);
	complete_all(&go);
	while (items[0].ended == 0)
		inband_run_once(true);
}
END_TEST

static void look_at_current(struct work_struct *work)
{
	ck_assert_str_eq(current->comm, "some-1");
	ck_assert_int_eq(task_pid_nr(current), 0);
	note('c');
}

START_TEST(an_item_works_for_nobody)
{
	INIT_WORK(&items[0].work, look_at_current);
	queue_work(wq, &items[0].work);
	inband_step();
	ck_assert_str_eq(order, "c");
}
END_TEST

static DECLARE_WORK(static_work, run_work);
static void note_static(struct work_struct *work)
{
	note('d');
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
	ck_assert_str_eq(order, "dddddd");
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
			mod_delayed_work(wq, dwork, 0);
		else if (i % 7 == 5)
			mod_delayed_work(wq, dwork, 1);
		else
			queue_work(wq, &dwork->work);
		if (i % 16 == 0)
			cancel_delayed_work(dwork);
	}
	nr_asked++;
	mod_delayed_work(wq, dwork, 0);
	nr_ready++;

	return NULL;
}

START_TEST(nothing_that_threads_queue_is_lost)
{
	pthread_t threads[NR_THREADS];

	INIT_DELAYED_WORK(&items[0].dwork, see);
	for (int i = 0; i < NR_THREADS; i++)
		pthread_create(&threads[i], NULL, ask, &items[0].dwork);
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

	tcase_add_checked_fixture(tcase, setup, teardown);
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
	tcase_add_test(tcase, who_cancels_for_sure_waits_for_the_end);
	tcase_add_test(tcase, who_cancels_a_delay_for_sure_waits_too);
	tcase_add_test(tcase, who_flushes_waits_for_what_was_queued);
	tcase_add_test(tcase, who_flushes_what_is_cancelled_goes_on);
	tcase_add_test(tcase, who_flushes_a_delay_ends_it);
	tcase_add_test(tcase, who_flushes_a_queue_waits_for_all_that_is_in_it);
	tcase_add_test(tcase, a_queue_is_drained_with_what_its_items_queue);
	tcase_add_test(tcase, an_item_that_waits_for_itself_is_not_stuck);
	tcase_add_test(tcase, nobody_waits_where_nobody_can);
	tcase_add_test(tcase, an_item_waits_for_a_fiber);
	tcase_add_test(tcase, an_item_works_for_nobody);
	tcase_add_test(tcase, the_usual_queues_are_there);
	tcase_add_test(tcase, nothing_that_threads_queue_is_lost);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
