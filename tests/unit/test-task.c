/* SPDX-License-Identifier: MIT */
/* Whom a fiber works for. */
#include "kapi/task.h"
#include "suite.h"

#include <string.h>
#include <unistd.h>

/* What the vfs says of the test's own process. */
static struct files_struct *known;

static struct files_struct *find(pid_t tgid)
{
	return tgid == getpid() ? known : NULL;
}

#define SOME  ((struct files_struct *)0x1000)
#define OTHER ((struct files_struct *)0x2000)

static struct task_struct task;

static void setup(void)
{
	test_stage_setup();
	task_set_files_finder(find);
	task = (struct task_struct){ .pid = getpid() };
}

static void ask_thrice(void *arg)
{
	struct files_struct **seen = arg;

	task_set(fiber_current(), &task);
	known = SOME;
	seen[0] = current->files;
	known = NULL;
	seen[1] = current->files;
	known = OTHER;
	seen[2] = current->files;
	task_set(fiber_current(), NULL);
}

/* Its connection may end, and its table be freed, while the handler sleeps. */
START_TEST(an_in_band_callers_descriptors_are_those_of_the_moment)
{
	struct files_struct *seen[3];

	test_stage.oob = false;
	test_fiber(ask_thrice, seen, 0);
	stage_run_until_idle(&test_stage);
	ck_assert_ptr_eq(seen[0], SOME);
	ck_assert_ptr_null(seen[1]);
	ck_assert_ptr_eq(seen[2], OTHER);
	ck_assert_int_eq(task.tgid, getpid());
	ck_assert_str_ne(task.comm, "");
}
END_TEST

START_TEST(an_out_of_band_callers_are_those_it_came_with)
{
	struct files_struct *seen[3];

	task.files = SOME;
	test_fiber(ask_thrice, seen, 0);
	stage_run_until_idle(&test_stage);
	for (int i = 0; i < 3; i++)
		ck_assert_ptr_eq(seen[i], SOME);
	/* Nobody has looked into /proc. */
	ck_assert_str_eq(task.comm, "");
}
END_TEST

START_TEST(outside_of_requests_it_is_the_daemon)
{
	ck_assert_str_eq(current->comm, "evl-cused");
	ck_assert_int_eq(current->pid, 0);
	ck_assert_ptr_null(current->files);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/task");
	TCase *tcase = tcase_create("task");

	tcase_add_checked_fixture(tcase, setup, test_stage_teardown);
	tcase_add_test(tcase,
		       an_in_band_callers_descriptors_are_those_of_the_moment);
	tcase_add_test(tcase, an_out_of_band_callers_are_those_it_came_with);
	tcase_add_test(tcase, outside_of_requests_it_is_the_daemon);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
