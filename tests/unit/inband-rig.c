/* SPDX-License-Identifier: MIT */
#include "inband-rig.h"

#include "stage/clock.h"

static struct stack_pool *stacks;

void inband_setup(void)
{
	ck_assert_int_eq(stack_pool_new(65536, RIG_FIBERS, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, RIG_FIBERS), 0);
}

void inband_teardown(void)
{
	inband_step();
	ck_assert_uint_eq(inband_stage.nr_fibers, 0);
	ck_assert_uint_eq(inband_exit(), 0);
	stack_pool_free(stacks);
}

void inband_step(void)
{
	do
		inband_run_once(false);
	while (stage_has_ready(&inband_stage) ||
	       !stage_inbox_empty(&inband_stage));
}

void inband_await(const bool *flag)
{
	while (!__atomic_load_n(flag, __ATOMIC_ACQUIRE))
		inband_run_once(true);
}

struct fiber *inband_fiber(void (*entry)(void *arg), void *arg)
{
	struct fiber *fiber;

	ck_assert_int_eq(inband_spawn(entry, arg, &fiber), 0);

	return fiber;
}
