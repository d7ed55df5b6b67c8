/* SPDX-License-Identifier: MIT */
/*
 * Fibers of the calling thread for a Check program: a stage of its own, stepped
 * by hand.
 */
#pragma once

#include "../helpers.h"
#include "stage/stack-pool.h"
#include "stage/stage.h"

/* A stage on the test's own thread. */
extern struct stage test_stage;
extern struct stack_pool *test_stacks;

/* Fixture: make it, an out-of-band one. */
void test_stage_setup(void);
void test_stage_teardown(void);

/* Run @entry(@arg) on a new fiber of priority @prio, when the stage is next
 * stepped with stage_run_until_idle(&test_stage). */
struct fiber *test_fiber(void (*entry)(void *arg), void *arg, int prio);
