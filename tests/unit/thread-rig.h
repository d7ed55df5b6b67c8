/* SPDX-License-Identifier: MIT */
/*
 * Kernel threads and applications' threads on two workers, stepped by hand, and
 * the in-band stage, where the test is: all of it on the test's own thread.
 */
#pragma once

#include "../helpers.h"
#include "stage/inband.h"
#include "stage/stage.h"

#include <evl/thread.h>

#define PENDING	    1 /* no call returns that */
#define RIG_CPU(nr) (3 + (int)(nr))
#define RIG_STACKS  64

extern struct stage rig_workers[2];

/* Checked fixture. Every thread must have ended by itself, or will, when its
 * sleeps are broken. */
void rig_setup(void);
void rig_teardown(void);

/* Called when a node appears, unless NULL. */
extern void (*rig_on_node)(void);

/* Every stage until nothing is left to do, or for a while. */
void rig_step(void);
/* @ns later, as far as sleeps on the workers are concerned. */
void rig_pass_time(uint64_t ns);
/* The test is on @stage from now on, in no fiber: &inband_stage, or one of
 * rig_workers, as a timer's function would be. */
void rig_go_to(struct stage *stage);

/* Run @entry(@arg) on an in-band fiber, and step. */
struct fiber *rig_inband(void (*entry)(void *arg), void *arg);

/* Start @kthread on worker @nr, and step. Returns what
 * evl_run_kthread_on_cpu() does. */
int rig_run(struct evl_kthread *kthread, unsigned int nr,
	    void (*threadfn)(void *arg), void *arg, int prio);
/* What evl_stop_kthread() does, from an in-band fiber. */
void rig_stop(struct evl_kthread *kthread);

/* An application's thread, in a handler on worker @nr, and step. */
struct rig_app {
	struct evl_thread thread;
	struct fiber *fiber;
};
void rig_app(struct rig_app *app, unsigned int nr, void (*entry)(void *arg),
	     void *arg, int prio);
/* Another request of it. */
void rig_app_again(struct rig_app *app, void (*entry)(void *arg), void *arg);
/* It is detached, or its process was killed. */
void rig_app_end(struct rig_app *app, bool orderly);
