/* SPDX-License-Identifier: MIT */
/*
 * What every Check program here ends with: one suite, run with a fork per test,
 * its result as an exit status. Fibers of the calling thread: a stage of its
 * own, stepped by hand.
 */
#pragma once

#include "stage/stack-pool.h"
#include "stage/stage.h"

#include <check.h>
#include <stdlib.h>

static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);

	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* A stage on the test's own thread. */
extern struct stage test_stage;
extern struct stack_pool *test_stacks;

/* Fixture: make it, an out-of-band one. */
void test_stage_setup(void);
void test_stage_teardown(void);

/* Run @entry(@arg) on a new fiber of priority @prio, when the stage is next
 * stepped with stage_run_until_idle(&test_stage). */
struct fiber *test_fiber(void (*entry)(void *arg), void *arg, int prio);
