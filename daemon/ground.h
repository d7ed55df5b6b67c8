/* SPDX-License-Identifier: MIT */
/*
 * What drivers stand on: the stages and the core. The same in the daemon and in the
 * process of an isolated driver.
 *
 * Stage: in-band.
 */
#pragma once

#include <stdbool.h>

struct config;
struct stack_pool;

/* @on_loop, if any, is called before there are other threads. 0 or -errno. */
int ground_start_stages(const struct config *config, void (*on_loop)(void));
int ground_start_core(const struct config *config);

/* Fibers' stacks. */
struct stack_pool *ground_stacks(void);

/* The reverse; what was never started does not mind. */
void ground_end_core(void);
/* @on_rest, if any, is called when the workers have ended; it returns whether all
 * stacks are back. False: a handler does not end, or a kernel thread, on a
 * worker. */
bool ground_end_stages(bool (*on_rest)(void));
