/* SPDX-License-Identifier: MIT */
/* Unloading drivers, and loading them again: who may go, and what remains. */
#include "core/rq.h"
#include "core/timer.h"
#include "core/work.h"
#include "module-rig.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "suite.h"
#include "vfs/file.h"
#include "vfs/leftover.h"
#include "vfs/module.h"
#include "vfs/stay.h"

#include <errno.h>
#include <linux/module.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

START_TEST(who_is_used_stays)
{
	char users[64];

	ck_assert_int_eq(rig_load_both("lender-a", "lender-ab"), 0);
	module_uses(rig_find("lender_ab"), users, sizeof(users));
	ck_assert_str_eq(users, "lender_a");
	rig_forget();

	ck_assert_int_eq(module_unload("lender_a"), -EBUSY);
	rig_said("driver lender_a: in use by lender_ab: unload that first");
	ck_assert_int_eq(rig_call("lender_a", "call_lender_a"), 10);

	ck_assert_int_eq(module_unload("lender_ab"), 0);
	rig_said("driver lender_ab: unloaded");
	ck_assert_int_eq(module_unload("lender-a"), 0); /* either spelling */
	ck_assert_ptr_null(module_nth(0));
}
END_TEST

START_TEST(what_was_unloaded_is_not_found)
{
	const int *old;

	ck_assert_int_eq(rig_load_both("lender-a", "lender-b"), 0);
	old = module_symbol(rig_find("lender_a"), "lent_value");
	ck_assert_int_eq(module_unload("lender_a"), 0);
	rig_forget();
	ck_assert_int_eq(rig_load("borrower"), -ENOEXEC);
	rig_said("undefined symbol: ");

	/* Another one of that name, and only that. */
	ck_assert_int_eq(rig_load("lender-a"), 0);
	ck_assert_int_eq(rig_load("borrower"), 0);
	rig_call("borrower", "call_borrower");
	ck_assert_int_eq(
		*(const int *)module_symbol(rig_find("lender_a"), "lent_value"),
		11);
	ck_assert_int_eq(*old, 10);
}
END_TEST

/* Fresh data, the former's code where it was. */
START_TEST(a_file_can_be_loaded_again_and_again)
{
	struct module_facts facts;
	const void *former = NULL, *call;
	const struct module *mod;

	for (unsigned int i = 1; i <= 20; i++) {
		ck_assert_int_eq(rig_load("lender-a"), 0);
		mod = rig_find("lender_a");
		ck_assert_int_eq(rig_call("lender_a", "lend_a"), 10);
		module_facts(mod, &facts);
		ck_assert_uint_eq(facts.generation, i);
		ck_assert_str_eq(facts.state, "live");

		call = module_symbol(mod, "lend_a");
		ck_assert_ptr_ne(call, former);
		ck_assert_ptr_eq(module_at(call), mod);
		former = call;
		ck_assert_int_eq(module_unload("lender_a"), 0);
		ck_assert_ptr_null(module_at(former));
		/* Its exit function has run, and left this. */
		ck_assert_int_eq(((int (*)(void))(uintptr_t)former)(), -1);
	}
}
END_TEST

static void copy_over(const char *from, const char *to)
{
	char command[1200];

	/* cat: into the same file, as some build tools write. */
	snprintf(command, sizeof(command), "cat %s > %s", rig_path(from), to);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(changed_code_is_what_is_loaded)
{
	char dir[] = "/tmp/evl-test-XXXXXX", path[64];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/lender.so", dir);
	copy_over("lender-a", path);
	ck_assert_int_eq(module_load(path, NULL, 0), 0);

	/* Under its feet. */
	copy_over("lender-twin", path);
	ck_assert_int_eq(rig_call("lender", "call_lender_a"), 10);
	ck_assert_int_eq(module_unload("lender"), 0);
	ck_assert_int_eq(module_load(path, NULL, 0), 0);
	ck_assert_int_eq(rig_call("lender", "call_lender_twin"), 40);

	unlink(path);
	rmdir(dir);
}
END_TEST

START_TEST(who_has_it_keeps_it)
{
	struct module *mod;

	ck_assert_int_eq(rig_load("lender-a"), 0);
	mod = (struct module *)rig_find("lender_a");
	ck_assert_int_eq(module_refcount(mod), 0);
	ck_assert(try_module_get(mod));
	__module_get(mod);
	ck_assert_int_eq(module_refcount(mod), 2);
	rig_forget();

	ck_assert_int_eq(module_unload("lender_a"), -EBUSY);
	rig_said("in use: 2 times by try_module_get()");
	module_put(mod);
	ck_assert_int_eq(module_unload("lender_a"), -EBUSY);
	rig_said("in use: 1 time by try_module_get()");
	module_put(mod);
	ck_assert_int_eq(module_unload("lender_a"), 0);
	ck_assert(!try_module_get(mod));

	/* The daemon itself does not mind. */
	ck_assert(try_module_get(NULL));
	module_put(NULL);
	ck_assert_int_eq(module_refcount(NULL), 0);
}
END_TEST

START_TEST(who_has_no_exit_function_stays)
{
	ck_assert_int_eq(rig_load("staying"), 0);
	rig_forget();
	ck_assert_int_eq(module_unload("staying"), -EBUSY);
	rig_said("it has no exit function");
}
END_TEST

START_TEST(who_is_not_there_cannot_go)
{
	ck_assert_int_eq(module_unload("lender_a"), -ENOENT);
	rig_said("driver lender_a: none of that name is loaded");
	ck_assert_int_eq(rig_load("lender-a"), 0);
	ck_assert_int_eq(module_unload("lender_a"), 0);
	ck_assert_int_eq(module_unload("lender_a"), -ENOENT);
}
END_TEST

static char drops[128];

static void note_drop(const char *who, struct module *mod)
{
	size_t len = strlen(drops);

	if (mod == NULL)
		return;
	ck_assert_str_eq(module_name(mod), "lender_a");
	/* It ended before. */
	ck_assert_int_eq(rig_call("lender_a", "lend_a"), -1);
	snprintf(drops + len, sizeof(drops) - len, "%s ", who);
}

static unsigned int drop_first(struct module *mod)
{
	note_drop("first", mod);

	return 0;
}

/* Two things, the first time. */
static unsigned int drop_second(struct module *mod)
{
	bool first_time = drops[0] == '\0';

	note_drop("second", mod);

	return first_time ? 2 : 0;
}

START_TEST(what_it_leaves_behind_is_asked_for)
{
	static struct leftover first = { .what = "x", .drop = drop_first };
	static struct leftover second = { .what = "y", .drop = drop_second };

	leftover_add(&first);
	leftover_add(&second);
	ck_assert_int_eq(rig_load("lender-a"), 0);
	ck_assert_str_eq(drops, "");
	ck_assert_int_eq(module_unload("lender_a"), 0);
	/* Until there is nothing more. */
	ck_assert_str_eq(drops, "second first second first ");
}
END_TEST

static const unsigned int *load_ticking(void)
{
	const unsigned int *nr_ticks;

	ck_assert_int_eq(rig_load("ticking"), 0);
	nr_ticks = module_symbol(rig_find("ticking"), "nr_ticks");
	while (__atomic_load_n(nr_ticks, __ATOMIC_RELAXED) < 50)
		sched_yield();

	return nr_ticks;
}

/* On a worker, which goes on while we look. */
START_TEST(timers_left_running_are_stopped)
{
	const struct oob_config config = { .spin = OOB_SPIN_NEVER };
	const unsigned int *nr_ticks;
	unsigned int count;

	ck_assert_int_eq(oob_start(&config), 0);
	ck_assert_int_eq(rq_add(oob_worker_stage(oob_worker(0)), -1), 0);
	timers_init();

	for (int i = 0; i < 20; i++) {
		nr_ticks = load_ticking();
		ck_assert_int_eq(module_unload("ticking"), 0);
		count = *nr_ticks;
		/* While another generation's go on. */
		load_ticking();
		ck_assert_uint_eq(*nr_ticks, count);
		ck_assert_int_eq(module_unload("ticking"), 0);
	}
	oob_stop();
	oob_free();
	rq_remove_all();
}
END_TEST

#define NR_KINDS 10 /* of deferring.c */

static const unsigned int *load_deferring(void)
{
	const unsigned int *nr_runs;

	ck_assert_int_eq(rig_load("deferring"), 0);
	nr_runs = module_symbol(rig_find("deferring"), "nr_runs");
	for (int i = 0; i < NR_KINDS; i++)
		while (nr_runs[i] < 5)
			inband_run_once(true);

	return nr_runs;
}

START_TEST(what_it_deferred_does_not_run_any_more)
{
	unsigned int counts[NR_KINDS];
	const unsigned int *nr_runs;

	works_init();
	for (int i = 0; i < 5; i++) {
		nr_runs = load_deferring();
		ck_assert_int_eq(module_unload("deferring"), 0);
		memcpy(counts, nr_runs, sizeof(counts));
		/* While another generation's goes on. */
		load_deferring();
		ck_assert_mem_eq(counts, nr_runs, sizeof(counts));
		ck_assert_int_eq(module_unload("deferring"), 0);
	}
}
END_TEST

/* It may use what the driver has freed. */
START_TEST(a_thread_which_does_not_stop_runs_on)
{
	char *params[] = { "stubborn=1" };
	const unsigned int *nr_runs;
	unsigned int count;
	bool *give_in;

	ck_assert_int_eq(module_load(rig_path("deferring"), params, 1), 0);
	nr_runs = module_symbol(rig_find("deferring"), "nr_runs");
	give_in = (bool *)module_symbol(rig_find("deferring"), "give_in");
	ck_assert_int_eq(module_unload("deferring"), 0);
	ck_assert_ptr_null(rig_find("deferring"));

	count = nr_runs[6];
	while (nr_runs[6] < count + 5)
		inband_run_once(true);
	*give_in = true;
	while (inband_stage.nr_fibers)
		inband_run_once(true);
}
END_TEST

static int results[2];

static void load_sleepy(void *arg)
{
	results[0] = rig_load("sleepy");
}

static void load_lender(void *arg)
{
	results[1] = rig_load("lender-a");
}

static void run_all(void)
{
	for (int i = 0; i < 10; i++)
		inband_run_once(false);
}

static void start_sleepy(void)
{
	results[0] = results[1] = 1;
	ck_assert_int_eq(inband_spawn(load_sleepy, NULL, NULL), 0);
	run_all();
	ck_assert_int_eq(inband_spawn(load_lender, NULL, NULL), 0);
	run_all();
	ck_assert_int_eq(results[0], 1);
	ck_assert_int_eq(results[1], 1);
}

START_TEST(one_is_loaded_at_a_time)
{
	struct module_facts facts;
	void (*wake)(void);

	start_sleepy();
	module_facts(rig_find("sleepy"), &facts);
	ck_assert_str_eq(facts.state, "coming");
	*(const void **)&wake =
		module_symbol(rig_find("sleepy"), "wake_sleepy");
	wake();
	run_all();
	ck_assert_int_eq(results[0], 0);
	ck_assert_int_eq(results[1], 0);
	rig_assert_loaded(0, "sleepy");
	rig_assert_loaded(1, "lender_a");
}
END_TEST

START_TEST(a_sleeping_init_function_can_be_broken)
{
	start_sleepy();
	stay_hangup();
	run_all();
	ck_assert_int_eq(results[0], -ERESTARTSYS);
	ck_assert_int_eq(results[1], 0);
	rig_assert_loaded(0, "lender_a");
	ck_assert_ptr_null(module_nth(1));
}
END_TEST

static void unload_lingering(void *arg)
{
	results[0] = module_unload("lingering");
}

static void close_file(void *arg)
{
	open_file_free(arg);
}

START_TEST(who_is_going_cannot_be_used)
{
	struct module_facts facts;
	struct open_file *of;
	struct node node;
	struct module *mod;
	void (*wake)(void);

	ck_assert_int_eq(rig_load("lingering"), 0);
	mod = (struct module *)rig_find("lingering");
	*(const void **)&wake = module_symbol(mod, "wake_sleepy");
	ck_assert_int_eq(node_init(&node, "some", &(struct file_operations){},
				   "lingering"),
			 0);
	ck_assert_int_eq(open_file_new(&node, mod, &of), 0);
	ck_assert_int_eq(module_refcount(mod), 1);
	rig_forget();
	ck_assert_int_eq(module_unload("lingering"), -EBUSY);
	rig_said("driver lingering: in use: 1 file is open, by pid 0 (gone)");
	ck_assert_int_eq(inband_call(close_file, of), 0);
	ck_assert_int_eq(module_refcount(mod), 0);

	results[0] = 1;
	ck_assert_int_eq(inband_spawn(unload_lingering, NULL, NULL), 0);
	run_all();
	ck_assert_int_eq(results[0], 1);
	module_facts(mod, &facts);
	ck_assert_str_eq(facts.state, "going");
	ck_assert(!try_module_get(mod));
	ck_assert_int_eq(open_file_new(&node, mod, &of), -ENXIO);
	wake();
	run_all();
	ck_assert_int_eq(results[0], 0);
	ck_assert_ptr_null(module_nth(0));
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{ "used", who_is_used_stays, 1 },
		{ "gone", what_was_unloaded_is_not_found, 1 },
		{ "again", a_file_can_be_loaded_again_and_again, 1 },
		{ "changed", changed_code_is_what_is_loaded, 1 },
		{ "refs", who_has_it_keeps_it, 1 },
		{ "staying", who_has_no_exit_function_stays, 1 },
		{ "unknown", who_is_not_there_cannot_go, 1 },
		{ "leftovers", what_it_leaves_behind_is_asked_for, 1 },
		{ "deferred", what_it_deferred_does_not_run_any_more, 1 },
		{ "stubborn", a_thread_which_does_not_stop_runs_on, 1 },
		{ "timers", timers_left_running_are_stopped, 1 },
		{ "turns", one_is_loaded_at_a_time, 1 },
		{ "going", who_is_going_cannot_be_used, 1 },
		{ "hangup", a_sleeping_init_function_can_be_broken, 1 },
		{ 0 },
	};
	Suite *suite = suite_create("vfs/unload");

	suite_add_all(suite, tests, rig_setup, rig_teardown);

	return suite_run(suite);
}
