/* SPDX-License-Identifier: MIT */
/*
 * *Tasks* pass control to one another, as fast as they can: an application's
 * threads, of either stage or of both in turns, and kernel threads. One runs, the
 * others wait, each for itself.
 *
 * A task says on which stage it waits before whoever is to wake it can run, so
 * ->oob is right when it is looked at.
 */
#ifndef _HECTIC_TASK_H
#define _HECTIC_TASK_H

#include <linux/atomic.h>
#include <linux/irq_work.h>
#include <linux/mutex.h>
#include <linux/semaphore.h>

#include <evl/file.h>
#include <evl/flag.h>
#include <evl/stax.h>
#include <evl/thread.h>
#include <evl/timer.h>

#include <uapi/evl/devices/hectic.h>

struct hectic;

struct task {
	struct hectic *ctx; /* borrowed */
	u32 index, flags;
	bool oob; /* where it waits, or did last; under ->ctx->lock */
	struct evl_flag oob_synch;
	struct semaphore inband_synch;
	struct irq_work up; /* raises the latter */
	struct evl_kthread kthread;
};

/* An open file. */
struct hectic {
	struct evl_file efile;
	struct mutex mutex; /* in-band; for who sets up */
	struct task *tasks; /* owned; there is room for ->nr_tasks */
	u32 nr_tasks;
	u32 nr_there; /* registered; written last. Goes up only */
	u32 cpu;
	atomic_t pause_us;
	atomic_t failed;
	struct evl_stax stax;
	struct evl_timer timer; /* ends a pause */
	hard_spinlock_t lock;	/* protects: */
	u32 nr_switches;
	u32 next; /* to be woken when the pause is over */
	struct hectic_error error;
};

/* Functions of ->up and of the file's timer. */
void task_raise_inband(struct irq_work *work);
void hectic_end_pause(struct evl_timer *timer);

/* NULL: no such task is there. Any stage. */
struct task *hectic_task(struct hectic *ctx, u32 index);

/* The caller, on its stage, waits for its turn, or passes control on and then
 * does. 0 when it got it, 1: something failed meanwhile, or -errno. */
int task_pend(struct task *task);
int task_switch(struct task *from, u32 to);

/* A register had @fp_val: whoever waits, or is about to, hears of it. */
void hectic_fail(struct hectic *ctx, unsigned int fp_val);

/* Make it a kernel thread, on the worker of that CPU; where there is none, on
 * another. In-band. */
int task_start_thread(struct task *task, int cpu);

#endif /* _HECTIC_TASK_H */
