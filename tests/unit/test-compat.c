/* SPDX-License-Identifier: MIT */
/* What drivers have for 32-bit callers: the ready-made handlers, and whether
 * one is there. */
#include "suite.h"

#include "kapi/task.h"

#include <linux/compat.h>
#include <linux/fs.h>

static struct file *seen_filp;
static unsigned int seen_cmd;
static unsigned long seen_arg;
static bool seen_compat;

static long note_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	seen_filp = filp;
	seen_cmd = cmd;
	seen_arg = arg;

	return 42;
}

static const struct {
	struct file_operations with, without;
	long (*handler)(struct file *filp, unsigned int cmd, unsigned long arg);
} cases[] = {
	{
		.with = { .unlocked_ioctl = note_ioctl },
		.without = { .oob_ioctl = note_ioctl },
		.handler = compat_ptr_ioctl,
	},
	{
		.with = { .oob_ioctl = note_ioctl },
		.without = { .unlocked_ioctl = note_ioctl },
		.handler = compat_ptr_oob_ioctl,
	},
};

START_TEST(a_ready_made_handler_calls_the_other)
{
	struct file filp = { .f_op = &cases[_i].with };

	/* What is above 32 bits is nobody's. */
	ck_assert_int_eq(cases[_i].handler(&filp, 7, 0xffff0000fffffff8ul), 42);
	ck_assert_ptr_eq(seen_filp, &filp);
	ck_assert_uint_eq(seen_cmd, 7);
	ck_assert_uint_eq(seen_arg, 0xfffffff8ul);
}
END_TEST

START_TEST(there_may_be_none)
{
	struct file filp = { .f_op = &cases[_i].without };

	ck_assert_int_eq(cases[_i].handler(&filp, 7, 8), -ENOIOCTLCMD);
	ck_assert_ptr_null(seen_filp);
}
END_TEST

static void ask(void *arg)
{
	task_set(fiber_current(), arg);
	seen_compat = in_compat_syscall();
	task_set(fiber_current(), NULL);
}

START_TEST(a_handler_is_told_who_calls)
{
	struct task_struct task = { .compat = _i };

	test_stage_setup();
	test_fiber(ask, &task, 0);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(seen_compat, _i);
	ck_assert(!in_compat_syscall());
	test_stage_teardown();
}
END_TEST

START_TEST(pointers_keep_their_value)
{
	ck_assert_ptr_eq(compat_ptr(0xfffffff0u), (void *)0xfffffff0ul);
	ck_assert_uint_eq(ptr_to_compat((void *)0xfffffff0ul), 0xfffffff0u);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/compat");
	TCase *tc = tcase_create("32-bit callers");

	tcase_add_loop_test(tc, a_ready_made_handler_calls_the_other, 0, 2);
	tcase_add_loop_test(tc, there_may_be_none, 0, 2);
	tcase_add_loop_test(tc, a_handler_is_told_who_calls, 0, 2);
	tcase_add_test(tc, pointers_keep_their_value);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
