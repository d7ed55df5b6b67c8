/* SPDX-License-Identifier: MIT */
/*
 * The in-band stage: the main thread, on a libev loop. Handlers of ordinary
 * file operations run here, on fibers made on demand and kept for reuse.
 */
#pragma once

#include "stage/stage.h"

#include <linux/irq_work.h>
#include <stdbool.h>
#include <stdint.h>

struct ev_loop;

extern struct stage inband_stage;

/* The calling thread becomes the in-band stage. @pool serves fibers; no more
 * than @max_fibers at a time. */
int inband_init(struct stack_pool *pool, unsigned int max_fibers);
/* Returns how many fibers sleep on for good: their stacks are in use. */
unsigned int inband_exit(void);

struct ev_loop *inband_loop(void);

/* Have @func called whenever somebody has set CLOCK_REALTIME. Once. */
int inband_watch_clock(void (*func)(void));

/* Serve until inband_break(), which may have come before. */
void inband_run(void);
void inband_break(void);
bool inband_is_over(void);
/* One round: handle what is there, waiting for something if @block. */
void inband_run_once(bool block);
/* Serve until @done() is true, or the clock says @deadline; which of them? Only
 * from the loop's own ground, as inband_call(). */
bool inband_run_until(bool (*done)(void), uint64_t deadline);

/*
 * Run @entry(@arg) on a fiber of its own. Returns at once; the fiber starts
 * when the caller gives way. -EAGAIN: @max_fibers are busy; -ENOMEM.
 */
int inband_spawn(void (*entry)(void *arg), void *arg, struct fiber **r_fiber);
/* Let the loop look at everything else once, then go on: for who would be busy
 * for long. From an in-band fiber. fiber_yield() is for fibers only. */
void inband_give_way(void);
/* Run @entry(@arg) on a fiber, serving the loop until it has ended. Only from
 * the loop's own ground, not from a fiber: for start and stop. */
int inband_call(void (*entry)(void *arg), void *arg);

/* The door from any thread to the in-band stage is irq_work_queue(), see
 * <linux/irq_work.h>: drivers use it too. */
