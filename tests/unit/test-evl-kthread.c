/* SPDX-License-Identifier: MIT */
/* Kernel threads: how they begin. */
#include "core/kthread.h"
#include "core/rq.h"
#include "core/thread-element.h"
#include "thread-rig.h"

#include <errno.h>
#include <evl/file.h>
#include <evl/flag.h>
#include <linux/sched.h>
#include <string.h>

static struct evl_kthread kthread, others[3];
static struct evl_flag flag;
static char order[64];
static int rets[4];

static void setup(void)
{
	rig_setup();
	evl_init_flag(&flag);
	memset(&kthread, 0x5a, sizeof(kthread)); /* whatever is in it */
	order[0] = '\0';
	for (int i = 0; i < 4; i++)
		rets[i] = PENDING;
}

static void note(void *arg)
{
	strcat(order, arg);
}

static void wait_once(void *arg)
{
	rets[0] = evl_wait_flag(&flag);
}

/* A call of evl_run_kthread() as drivers make it. */
static struct start {
	int cpu; /* -2: not given */
	int prio;
	int flags;
	const char *name;
	int ret;
} start;

static void do_start(void *arg)
{
	if (start.cpu == -2)
		start.ret =
			evl_run_kthread(&kthread, wait_once, arg, start.prio,
					start.flags, "%s", start.name);
	else
		start.ret = evl_run_kthread_on_cpu(
			&kthread, start.cpu, wait_once, arg, start.prio,
			start.flags, "%s", start.name);
}

static int try_start(int cpu, int prio, int flags, const char *name)
{
	start = (struct start){
		.cpu = cpu,
		.prio = prio,
		.flags = flags,
		.name = name,
	};
	rig_inband(do_start, NULL);

	return start.ret;
}

/* It could not be started, and is stopped all the same. */
static void expect_refusal(int ret, int cpu, int prio, int flags,
			   const char *name)
{
	ck_assert_int_eq(try_start(cpu, prio, flags, name), ret);
	rig_stop(&kthread);
	ck_assert_int_eq(rets[0], PENDING);
}

static struct evl_kthread *seen;
static struct evl_thread *seen_thread;
static struct stage *seen_stage;
static char seen_comm[TASK_COMM_LEN];

static void look_around(void *arg)
{
	seen = evl_current_kthread();
	seen_thread = evl_current();
	seen_stage = stage_self;
	strcpy(seen_comm, current->comm);
	ck_assert(!evl_kthread_should_stop());
	ck_assert(!evl_cannot_block());
	ck_assert_ptr_null(evl_get_file(0)); /* of no process */
	strcat(order, arg);
}

START_TEST(a_thread_runs_its_function_and_ends)
{
	kthread.status = 42;
	ck_assert_int_eq(rig_run(&kthread, 0, look_around, "x", 10), 0);
	ck_assert_str_eq(order, "x");
	ck_assert_ptr_eq(seen, &kthread);
	ck_assert_ptr_eq(seen_thread, &kthread.thread);
	ck_assert_ptr_eq(seen_stage, &rig_workers[0]);
	ck_assert(completion_done(&kthread.done));
	ck_assert_uint_eq(kthread_count(), 0);
	/* It is the driver's. */
	ck_assert_int_eq(kthread.status, 42);

	/* And again. */
	ck_assert_int_eq(rig_run(&kthread, 1, look_around, "y", 10), 0);
	ck_assert_str_eq(order, "xy");
	ck_assert_ptr_eq(seen_stage, &rig_workers[1]);
	rig_stop(&kthread);
}
END_TEST

START_TEST(it_goes_to_the_worker_of_the_cpu_asked_for)
{
	struct kthread_info info;

	ck_assert_int_eq(try_start(RIG_CPU(0), 7, EVL_CLONE_PRIVATE, "a"), 0);
	ck_assert(kthread_query(0, &info));
	ck_assert_int_eq(info.cpu, RIG_CPU(0));
	ck_assert_int_eq(info.prio, 7);
	ck_assert_str_eq(info.name, "a");
	ck_assert_uint_eq(info.state, EVL_T_PEND);
	ck_assert(!kthread_query(info.minor + 1, &info));
	rig_stop(&kthread);

	/* Or to the last one. */
	ck_assert_int_eq(try_start(-2, 7, EVL_CLONE_PRIVATE, "a"), 0);
	ck_assert(kthread_query(0, &info));
	ck_assert_int_eq(info.cpu, RIG_CPU(1));
	rig_stop(&kthread);
}
END_TEST

START_TEST(cpus_of_no_worker_are_invalid)
{
	expect_refusal(-EINVAL, 0, 10, EVL_CLONE_PRIVATE, "a");
	expect_refusal(-EINVAL, -1, 10, EVL_CLONE_PRIVATE, "a");
	expect_refusal(-EINVAL, 100000, 10, EVL_CLONE_PRIVATE, "a");
}
END_TEST

START_TEST(any_cpu_will_do_where_workers_are_not_pinned)
{
	rq_remove_all();
	ck_assert_int_eq(rq_add(&rig_workers[0], -1), 0);
	expect_refusal(-EINVAL, -1, 10, EVL_CLONE_PRIVATE, "a");
	ck_assert_int_eq(try_start(17, 10, EVL_CLONE_PRIVATE, "a"), 0);
	rig_stop(&kthread);
	ck_assert_int_eq(rets[0], -EINTR);
}
END_TEST

START_TEST(priorities_have_a_range)
{
	expect_refusal(-EINVAL, -2, EVL_CORE_MIN_PRIO - 1, 0, "a");
	expect_refusal(-EINVAL, -2, EVL_CORE_MAX_PRIO + 1, 0, "a");
	ck_assert_int_eq(try_start(-2, EVL_CORE_MIN_PRIO, 0, "a"), 0);
	rig_stop(&kthread);
	ck_assert_int_eq(try_start(-2, EVL_CORE_MAX_PRIO, 0, "a"), 0);
	rig_stop(&kthread);
}
END_TEST

static void start_others(void *arg)
{
	static char names[][2] = { "0", "1", "2" };

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(evl_run_kthread_on_cpu(
					 &others[i], RIG_CPU(0), note, names[i],
					 ((const int *)arg)[i], 0, "o%d", i),
				 0);
}

START_TEST(the_highest_priority_runs_first)
{
	static const int prios[] = { 0, 101, 100 };

	rig_inband(start_others, (void *)prios);
	ck_assert_str_eq(order, "120");
}
END_TEST

START_TEST(a_name_is_free_again_when_its_thread_has_ended)
{
	char name[EVL_MAX_NAME_LEN + 21];

	/* Of a long one the beginning counts. */
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(try_start(-2, 10, EVL_CLONE_PUBLIC, name), 0);
		ck_assert_uint_eq(strlen(kthread.thread.name),
				  EVL_MAX_NAME_LEN);
		rig_stop(&kthread);
		/* What is nobody else's business may be called anything. */
		ck_assert_int_eq(try_start(-2, 10, EVL_CLONE_PRIVATE, "a/b"),
				 0);
		rig_stop(&kthread);
	}
}
END_TEST

static void start_namesake(void *arg)
{
	rets[3] = evl_run_kthread(&others[0], wait_once, NULL, 10,
				  *(const int *)arg, "same");
}

START_TEST(a_second_thread_of_a_name_is_refused)
{
	static const int flags[] = { EVL_CLONE_PRIVATE, EVL_CLONE_PUBLIC };

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(try_start(-2, 10, flags[i], "same"), 0);
		for (int j = 0; j < 2; j++) {
			rig_inband(start_namesake, (void *)&flags[j]);
			ck_assert_int_eq(rets[3], -EEXIST);
		}
		rig_stop(&kthread);
	}
}
END_TEST

START_TEST(a_public_one_has_a_node)
{
	const struct node *node = NULL;

	ck_assert_int_eq(try_start(-2, 10, EVL_CLONE_PUBLIC, "shown"), 0);
	node = node_find("evl/thread/shown");
	ck_assert_ptr_nonnull(node);
	rig_stop(&kthread);
	ck_assert_ptr_null(node_find("evl/thread/shown"));

	ck_assert_int_eq(try_start(-2, 10, EVL_CLONE_PRIVATE, "hidden"), 0);
	ck_assert_ptr_null(node_find("evl/thread/hidden"));
	rig_stop(&kthread);
}
END_TEST

START_TEST(names_of_public_ones_must_do_for_a_node)
{
	expect_refusal(-EINVAL, -2, 10, EVL_CLONE_PUBLIC, "");
	expect_refusal(-EINVAL, -2, 10, EVL_CLONE_PUBLIC, "a/b");
	expect_refusal(-EINVAL, -2, 10, EVL_CLONE_PUBLIC, "clone");
	expect_refusal(-EINVAL, -2, 10, EVL_CLONE_OBSERVABLE, "a");
	ck_assert_int_eq(try_start(-2, 10, EVL_CLONE_PRIVATE, ""), 0);
	ck_assert_int_ne(kthread.thread.name[0], '\0');
	rig_stop(&kthread);
}
END_TEST

START_TEST(current_has_its_name)
{
	rig_run(&kthread, 0, look_around, "x", 10);
	ck_assert_uint_eq(strncmp(seen_comm, "thread%", 7), 0);
}
END_TEST

static struct evl_kthread many[RIG_STACKS + 1];

static void start_many(void *arg)
{
	int ret = 0, i;

	for (i = 0; ret == 0; i++)
		ret = evl_run_kthread(&many[i], wait_once, NULL, 10, 0, "m%d",
				      i);
	rets[3] = ret;
	for (i--; i >= 0; i--)
		evl_stop_kthread(&many[i]);
}

START_TEST(there_are_only_so_many)
{
	rig_inband(start_many, NULL);
	ck_assert_int_eq(rets[3], -EAGAIN);
	ck_assert_uint_eq(kthread_count(), 0);
}
END_TEST

static void start_here(void *arg)
{
	rets[3] = evl_run_kthread(&others[0], note, "o", 10, 0, "o");
}

START_TEST(only_in_band_code_starts_threads)
{
	start_here(NULL); /* no fiber */
	ck_assert_int_eq(rets[3], -EPERM);
	rets[3] = PENDING;
	rig_run(&kthread, 0, start_here, NULL, 10);
	ck_assert_int_eq(rets[3], -EPERM);
	ck_assert_str_eq(order, "");
}
END_TEST

static void start_twice(void *arg)
{
	ck_assert_int_eq(
		evl_run_kthread(&kthread, wait_once, NULL, 10, 0, "once"), 0);
	rets[3] = evl_run_kthread(&kthread, note, "n", 10, 0, "twice");
}

START_TEST(a_thread_that_runs_is_not_started_again)
{
	rig_inband(start_twice, NULL);
	ck_assert_int_eq(rets[3], -EBUSY);
	ck_assert_int_eq(rets[0], PENDING);
	rig_stop(&kthread);
	ck_assert_int_eq(rets[0], -EINTR);
	ck_assert_str_eq(order, "");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/kthread");
	TCase *tc;

#define begin_case(name)            \
	tc = tcase_create(name);    \
	suite_add_tcase(suite, tc); \
	tcase_set_timeout(tc, 60);  \
	tcase_add_checked_fixture(tc, setup, rig_teardown)

	begin_case("run");
	tcase_add_test(tc, a_thread_runs_its_function_and_ends);
	tcase_add_test(tc, it_goes_to_the_worker_of_the_cpu_asked_for);
	tcase_add_test(tc, cpus_of_no_worker_are_invalid);
	tcase_add_test(tc, any_cpu_will_do_where_workers_are_not_pinned);
	tcase_add_test(tc, priorities_have_a_range);
	tcase_add_test(tc, the_highest_priority_runs_first);
	tcase_add_test(tc, a_name_is_free_again_when_its_thread_has_ended);
	tcase_add_test(tc, a_second_thread_of_a_name_is_refused);
	tcase_add_test(tc, a_public_one_has_a_node);
	tcase_add_test(tc, names_of_public_ones_must_do_for_a_node);
	tcase_add_test(tc, current_has_its_name);
	tcase_add_test(tc, there_are_only_so_many);
	tcase_add_test(tc, only_in_band_code_starts_threads);
	tcase_add_test(tc, a_thread_that_runs_is_not_started_again);

	return suite_run(suite);
}
