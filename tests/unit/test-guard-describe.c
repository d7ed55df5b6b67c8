/* SPDX-License-Identifier: MIT */
/* Whose function runs, and which: calls in calls, in requests, on no fiber. */
#include "kapi/guard.h"
#include "stage/call.h"
#include "stage/wait.h"
#include "suite.h"

#include <string.h>

static struct guard_call seen;
static struct wait_queue wq;

static void look(void)
{
	guard_describe(&test_stage, &seen);
}

static void ck_seen(const char *driver, const char *text)
{
	char op[GUARD_OP_SIZE];

	look();
	if (driver == NULL)
		ck_assert_ptr_null(seen.driver);
	else
		ck_assert_str_eq(seen.driver, driver);
	ck_assert_str_eq(guard_format_op(&seen, op), text);
}

static void ck_nothing(void)
{
	look();
	ck_assert_ptr_null(seen.driver);
	ck_assert_ptr_null(seen.op);
}

/* Calls of driver a's, of b's with a name, and of nobody's. */
#define CALL_OF_A                                 \
	{                                         \
		.what = "function", .driver = "a" \
	}
#define CALL_OF_B                                               \
	{                                                       \
		.what = "probe of", .name = "it", .driver = "b" \
	}
#define CALL_OF_NOBODY         \
	{                      \
		.what = "ours" \
	}

START_TEST(the_innermost_is_told)
{
	struct stage_call a = CALL_OF_A, b = CALL_OF_B;

	ck_nothing();
	stage_call_begin(&a);
	ck_seen("a", "function");
	ck_assert(!seen.may_sleep);
	stage_call_begin(&b);
	ck_seen("b", "probe of it");
	stage_call_end(&b);
	ck_seen("a", "function");
	stage_call_end(&a);
	ck_nothing();
}
END_TEST

START_TEST(one_of_nobodys_is_told_where_there_is_no_other)
{
	struct stage_call a = CALL_OF_A, ours = CALL_OF_NOBODY;

	stage_call_begin(&ours);
	ck_seen(NULL, "ours");
	stage_call_end(&ours);

	stage_call_begin(&a);
	stage_call_begin(&ours);
	ck_seen("a", "function");
	stage_call_end(&ours);
	stage_call_end(&a);
}
END_TEST

START_TEST(names_are_cut)
{
	struct stage_call a = CALL_OF_A;
	char name[256];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	a.name = name;
	stage_call_begin(&a);
	ck_seen("a", "function xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	stage_call_end(&a);
}
END_TEST

/* For who has no stage it does nothing. */
START_TEST(without_a_stage_there_is_none)
{
	struct stage_call a = CALL_OF_A;
	struct stage *stage = stage_self;

	stage_leave(stage);
	stage_call_begin(&a);
	stage_call_end(&a);
	stage_enter(stage);
	ck_nothing();
}
END_TEST

/*
 * Fibers.
 */

static void describe(const void *arg, struct guard_call *r_call)
{
	*r_call = (struct guard_call){
		.driver = "a",
		.op = "ioctl",
		.cmd = 0x12,
		.addr = 0x1000,
		.size = 8,
	};
}

static const struct guard guard = { .describe = describe };

static void run_request(void *arg)
{
	struct stage_call b = CALL_OF_B, ours = CALL_OF_NOBODY;

	ck_seen("a", "ioctl (command 0x12)");
	ck_assert(seen.may_sleep);
	stage_call_begin(&ours);
	ck_seen("a", "ioctl (command 0x12)");
	stage_call_begin(&b);
	ck_seen("b", "probe of it");
	/* And for whom. */
	ck_assert_uint_eq(seen.cmd, 0x12);
	ck_assert_uint_eq(seen.addr, 0x1000);
	ck_assert_uint_eq(seen.size, 8);
	stage_call_end(&b);

	b.addr = 0x2000;
	b.size = 16;
	stage_call_begin(&b);
	look();
	ck_assert_uint_eq(seen.cmd, 0);
	ck_assert_uint_eq(seen.addr, 0x2000);
	ck_assert_uint_eq(seen.size, 16);
	stage_call_end(&b);
	stage_call_end(&ours);
	ck_seen("a", "ioctl (command 0x12)");
}

START_TEST(in_a_request_whose_that_is_is_told_too)
{
	test_fiber(run_request, NULL, 1)->guard = &guard;
	stage_run_until_idle(&test_stage);
	ck_nothing();
}
END_TEST

static void sleep_in_call(void *arg)
{
	struct stage_call a = CALL_OF_A;

	stage_call_begin(&a);
	pi_lock(&wq.lock);
	wait_queue_sleep(&wq, DEADLINE_NONE);
	pi_unlock(&wq.lock);
	ck_seen("a", "function");
	stage_call_end(&a);
	ck_nothing();
}

static void look_on(void *arg)
{
	ck_nothing();
	wait_queue_flush(&wq, 0);
}

START_TEST(each_fiber_has_its_own)
{
	wait_queue_init(&wq, WAIT_FIFO);
	test_fiber(sleep_in_call, NULL, 2);
	stage_run_until_idle(&test_stage);
	ck_nothing();
	test_fiber(look_on, NULL, 1);
	stage_run_until_idle(&test_stage);
}
END_TEST

static struct stage_call left = CALL_OF_A;

static void leave_call(void *arg)
{
	stage_call_begin(&left);
}

static void expect_none(void *arg)
{
	ck_nothing();
}

START_TEST(what_a_fiber_never_came_back_from_is_over)
{
	struct fiber *fiber = test_fiber(leave_call, NULL, 1);

	stage_run_until_idle(&test_stage);
	fiber_start(fiber, expect_none, NULL, 1);
	stage_run_until_idle(&test_stage);
}
END_TEST

static void try_to_start_over(void *arg)
{
	struct stage_call a = CALL_OF_A;

	stage_call_begin(&a);
	ck_assert(!fiber_start_over(fiber_current(), NULL, leave_call));
	stage_call_end(&a);
	*(bool *)arg = true;
}

START_TEST(nobody_is_given_up_in_a_call)
{
	bool came_back = false;

	test_fiber(try_to_start_over, &came_back, 1);
	stage_run_until_idle(&test_stage);
	ck_assert(came_back);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/guard");
	TCase *calls = tcase_create("calls");
	TCase *fibers = tcase_create("fibers");

	tcase_add_checked_fixture(calls, test_stage_setup, test_stage_teardown);
	tcase_add_test(calls, the_innermost_is_told);
	tcase_add_test(calls, one_of_nobodys_is_told_where_there_is_no_other);
	tcase_add_test(calls, names_are_cut);
	tcase_add_test(calls, without_a_stage_there_is_none);
	suite_add_tcase(suite, calls);

	tcase_add_checked_fixture(fibers, test_stage_setup,
				  test_stage_teardown);
	tcase_add_test(fibers, in_a_request_whose_that_is_is_told_too);
	tcase_add_test(fibers, each_fiber_has_its_own);
	tcase_add_test(fibers, what_a_fiber_never_came_back_from_is_over);
	tcase_add_test(fibers, nobody_is_given_up_in_a_call);
	suite_add_tcase(suite, fibers);

	return suite_run(suite);
}
