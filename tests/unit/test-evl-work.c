/* SPDX-License-Identifier: MIT */
/* Calls from a worker, and from in-band, to the in-band stage. */
#include "core/element.h"
#include "inband-rig.h"
#include "stage/oob.h"

#include <errno.h>
#include <evl/work.h>
#include <linux/completion.h>
#include <linux/slab.h>
#include <stdatomic.h>

static struct stack_pool *stacks;
static struct fiber *fiber; /* of the worker */
static struct stage *worker;
static struct completion go;
static _Atomic(int) nr_runs;
static bool finished; /* what the worker did */
static int result;

static void setup(void)
{
	const struct oob_config config = { .nr_cpus = 0 };

	inband_setup();
	init_completion(&go);
	ck_assert_int_eq(oob_start(&config), 0);
	worker = oob_worker_stage(oob_worker(0));
	ck_assert_int_eq(stack_pool_new(65536, 4, &stacks), 0);
	ck_assert_int_eq(fiber_new(worker, stacks, &fiber), 0);
}

static void teardown(void)
{
	complete_all(&go);
	inband_step();
	oob_stop();
	oob_free();
	fiber_free(fiber, stacks);
	stack_pool_free(stacks);
	inband_teardown();
}

static void (*worker_func)(void);
static struct stage_item item;

static void run_on_fiber(void *arg)
{
	worker_func();
	__atomic_store_n(&finished, true, __ATOMIC_RELEASE);
}

static void start_fiber(struct stage_item *unused)
{
	fiber_start(fiber, run_on_fiber, NULL, 50);
}

static void run_in_scheduler(struct stage_item *unused)
{
	run_on_fiber(NULL);
}

/* From the worker, on a fiber or, as a timer's function, on none. */
static void on_worker(void (*func)(void), bool on_fiber)
{
	finished = false;
	worker_func = func;
	item.func = on_fiber ? start_fiber : run_in_scheduler;
	stage_post(worker, &item);
}

static struct evl_work work;
static struct evl_sync_work sync_work;
static bool called;

static void note_run(struct evl_work *w)
{
	ck_assert(!running_oob());
	ck_assert_ptr_nonnull(fiber_current());
	nr_runs++;
}

static void call_it(void)
{
	called = evl_call_inband(&work);
}

START_TEST(a_call_runs_in_band_on_a_fiber)
{
	evl_init_work(&work, note_run);
	/* A timer's function may, too. */
	on_worker(call_it, _i == 0);
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE))
		;
	ck_assert(called);
	/* Nobody has run it yet. */
	ck_assert(!evl_call_inband(&work));
	inband_step();
	ck_assert_int_eq(nr_runs, 1);
	ck_assert(evl_call_inband_from(&work, system_highpri_wq));
	inband_step();
	ck_assert_int_eq(nr_runs, 2);
}
END_TEST

static void free_self(struct evl_work *w)
{
	kfree(w);
	nr_runs++;
}

START_TEST(a_handler_may_free_its_work)
{
	struct evl_work *w = kzalloc(sizeof(*w), GFP_KERNEL);

	evl_init_work(w, free_self);
	evl_call_inband(w);
	inband_step();
	ck_assert_int_eq(nr_runs, 1);
}
END_TEST

static void stay(struct evl_work *w)
{
	wait_for_completion(&go);
	nr_runs++;
}

static void flush_it(void *arg)
{
	evl_flush_work(&work);
	*(bool *)arg = true;
}

static void cancel_it(void *arg)
{
	evl_cancel_work(&work);
	*(bool *)arg = true;
}

START_TEST(a_call_is_waited_for_or_taken_back)
{
	bool done = false;

	evl_init_work(&work, stay);
	evl_call_inband(&work);
	inband_step();
	inband_fiber(_i ? cancel_it : flush_it, &done);
	inband_step();
	ck_assert(!done);
	complete_all(&go);
	inband_step();
	ck_assert(done);

	done = false;
	evl_call_inband(&work);
	inband_fiber(cancel_it, &done);
	ck_assert(cancel_work(&work.work)); /* before any fiber runs */
	inband_await(&done);
	ck_assert_int_eq(nr_runs, 1);
}
END_TEST

static int nr_disposed;
static const struct file_operations fops = { .open = NULL };

static void dispose(struct evl_element *element)
{
	nr_disposed++;
}

START_TEST(a_safe_call_holds_its_element)
{
	static struct evl_factory fac = {
		.name = "thing",
		.fops = &fops,
		.nrdev = 1,
		.dispose = dispose,
	};
	struct evl_element element;
	bool done = false;

	ck_assert_int_eq(__evl_create_factory(&fac, NULL), 0);
	ck_assert_int_eq(evl_init_element(&element, &fac, 0), 0);
	evl_init_work_safe(&work, stay, &element);
	ck_assert(evl_call_inband(&work));
	ck_assert(!evl_call_inband(&work));
	ck_assert_uint_eq(element.refs, 2);
	inband_step();
	evl_put_element(&element);
	ck_assert_int_eq(nr_disposed, 0);
	complete_all(&go);
	inband_step();
	ck_assert_int_eq(nr_disposed, 1);

	/* Taken back, it lets go, too. */
	element.refs = 2;
	evl_call_inband(&work);
	inband_fiber(cancel_it, &done);
	inband_fiber(cancel_it, &done);
	ck_assert_uint_eq(element.refs, 3);
	inband_await(&done);
	ck_assert_uint_eq(element.refs, 2);
}
END_TEST

static int answer(struct evl_sync_work *w)
{
	ck_assert(!running_oob());
	nr_runs++;

	return 42;
}

static int answer_late(struct evl_sync_work *w)
{
	wait_for_completion(&go);

	return answer(w);
}

static void call_and_wait(void)
{
	result = evl_call_inband_sync(&sync_work);
}

START_TEST(a_worker_waits_for_the_answer)
{
	evl_init_sync_work(&sync_work, answer);
	on_worker(call_and_wait, true);
	inband_await(&finished);
	ck_assert_int_eq(result, 42);
	ck_assert_int_eq(nr_runs, 1);

	/* Again, with the same. */
	on_worker(call_and_wait, true);
	inband_await(&finished);
	ck_assert_int_eq(nr_runs, 2);
}
END_TEST

static void call_from_inband(void *arg)
{
	result = evl_call_inband_sync_from(&sync_work, system_long_wq);
	evl_flush_sync_work(&sync_work);
	*(bool *)arg = true;
}

START_TEST(in_band_waits_for_the_answer_too)
{
	bool done = false;

	evl_init_sync_work(&sync_work, answer);
	inband_fiber(call_from_inband, &done);
	inband_await(&done);
	ck_assert_int_eq(result, 42);
}
END_TEST

START_TEST(nobody_waits_on_no_fiber)
{
	evl_init_sync_work(&sync_work, answer);
	on_worker(call_and_wait, false);
	while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE))
		;
	ck_assert_int_eq(result, -EPERM);
	ck_assert_int_eq(evl_call_inband_sync(&sync_work), -EPERM);
	inband_step();
	ck_assert_int_eq(nr_runs, 0);
}
END_TEST

static struct stage_item breaking;
static bool broken;

static void break_fiber(struct stage_item *unused)
{
	fiber_break(fiber);
	__atomic_store_n(&broken, true, __ATOMIC_RELEASE);
}

/* Its work is on its stack: nobody may use that behind its back. */
static void call_from_stack(void)
{
	struct evl_sync_work w;

	evl_init_sync_work(&w, answer_late);
	result = evl_call_inband_sync(&w);
}

START_TEST(a_broken_wait_leaves_nothing_behind)
{
	on_worker(call_from_stack, true);
	/* Broken while it is pending, or while its handler runs. */
	while (stage_inbox_empty(&inband_stage))
		;
	if (_i)
		inband_step();
	breaking.func = break_fiber;
	stage_post(worker, &breaking);
	/* Not overtaken by the answer: the first event wins. */
	while (!__atomic_load_n(&broken, __ATOMIC_ACQUIRE))
		;
	if (_i == 0) {
		while (!__atomic_load_n(&finished, __ATOMIC_ACQUIRE))
			;
		ck_assert_int_eq(nr_runs, 0);
	} else {
		inband_step();
		complete_all(&go);
		inband_await(&finished);
		ck_assert_int_eq(nr_runs, 1);
	}
	ck_assert_int_eq(result, -EINTR);
	inband_step();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/work");
	TCase *tcase = tcase_create("calls");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_call_runs_in_band_on_a_fiber, 0, 2);
	tcase_add_test(tcase, a_handler_may_free_its_work);
	tcase_add_loop_test(tcase, a_call_is_waited_for_or_taken_back, 0, 2);
	tcase_add_test(tcase, a_safe_call_holds_its_element);
	tcase_add_test(tcase, a_worker_waits_for_the_answer);
	tcase_add_test(tcase, in_band_waits_for_the_answer_too);
	tcase_add_test(tcase, nobody_waits_on_no_fiber);
	tcase_add_loop_test(tcase, a_broken_wait_leaves_nothing_behind, 0, 2);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
