/* SPDX-License-Identifier: MIT */
#include "suite.h"

struct stage test_stage;
struct stack_pool *test_stacks;

static struct fiber *fibers[20000];
static unsigned int nr_fibers;

static void no_kick(struct stage *stage)
{
	(void)stage;
}

void test_stage_setup(void)
{
	nr_fibers = 0;
	ck_assert_int_eq(stack_pool_new(0, 20000, &test_stacks), 0);
	stage_init(&test_stage, "test", true, no_kick);
	stage_enter(&test_stage);
}

void test_stage_teardown(void)
{
	stage_leave(&test_stage);
	while (nr_fibers)
		fiber_free(fibers[--nr_fibers], test_stacks);
	test_stacks = stack_pool_free(test_stacks);
}

struct fiber *test_fiber(void (*entry)(void *arg), void *arg, int prio)
{
	struct fiber *fiber;

	ck_assert_uint_lt(nr_fibers, sizeof(fibers) / sizeof(fibers[0]));
	ck_assert_int_eq(fiber_new(&test_stage, test_stacks, &fiber), 0);
	fibers[nr_fibers++] = fiber;
	fiber_start(fiber, entry, arg, prio);

	return fiber;
}
