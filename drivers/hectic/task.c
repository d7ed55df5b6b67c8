/* SPDX-License-Identifier: MIT */
#include "task.h"

#include <linux/printk.h>

#include <evl/clock.h>
#include <evl/sched.h>
#include <trace/events/evl.h>

void task_raise_inband(struct irq_work *work)
{
	up(&container_of(work, struct task, up)->inband_synch);
}

/* From any stage, also from a timer's function. */
static void wake(struct task *task)
{
	struct hectic *ctx = task->ctx;
	unsigned long flags;
	bool oob;

	raw_spin_lock_irqsave(&ctx->lock, flags);
	oob = task->oob;
	raw_spin_unlock_irqrestore(&ctx->lock, flags);

	if (oob)
		evl_raise_flag(&task->oob_synch);
	else
		irq_work_queue(&task->up);
}

void hectic_end_pause(struct evl_timer *timer)
{
	struct hectic *ctx = container_of(timer, struct hectic, timer);
	unsigned long flags;
	u32 next;

	raw_spin_lock_irqsave(&ctx->lock, flags);
	next = ctx->next;
	raw_spin_unlock_irqrestore(&ctx->lock, flags);

	wake(&ctx->tasks[next]);
}

/* NULL: no such task is there. */
struct task *hectic_task(struct hectic *ctx, u32 index)
{
	/* Acquire: pairs with register_task(). */
	return index < smp_load_acquire(&ctx->nr_there) ? &ctx->tasks[index]
							: NULL;
}

/* 0 when control was passed to it, 1: something failed meanwhile. */
static int wait_turn(struct task *task)
{
	int ret;

	if (running_oob())
		ret = evl_wait_flag(&task->oob_synch);
	else
		ret = down_interruptible(&task->inband_synch);

	return ret ? ret : atomic_read(&task->ctx->failed);
}

int task_pend(struct task *task)
{
	struct hectic *ctx = task->ctx;
	unsigned long flags;

	raw_spin_lock_irqsave(&ctx->lock, flags);
	task->oob = running_oob();
	raw_spin_unlock_irqrestore(&ctx->lock, flags);

	return wait_turn(task);
}

/* Locked. Whom control goes to. */
static u32 note_switch(struct hectic *ctx, u32 from, u32 to)
{
	if (to == from)
		to = ctx->error.last_switch.from;
	ctx->nr_switches++;
	ctx->error.last_switch.from = from;
	ctx->error.last_switch.to = to;
	ctx->next = to;

	return to;
}

int task_switch(struct task *from, u32 to)
{
	struct hectic *ctx = from->ctx;
	int pause_us = atomic_read(&ctx->pause_us);
	unsigned long flags;

	raw_spin_lock_irqsave(&ctx->lock, flags);
	from->oob = running_oob();
	to = note_switch(ctx, from->index, to);
	raw_spin_unlock_irqrestore(&ctx->lock, flags);

	if (pause_us)
		evl_start_timer(&ctx->timer,
				evl_ktime_monotonic() +
					(ktime_t)pause_us * NSEC_PER_USEC,
				EVL_INFINITE);
	else
		wake(&ctx->tasks[to]);

	return wait_turn(from);
}

/* Whoever waits, or is about to, hears of it. */
void hectic_fail(struct hectic *ctx, unsigned int fp_val)
{
	u32 nr = smp_load_acquire(&ctx->nr_there);
	unsigned long flags;

	trace_evl_fpu_corrupt(fp_val);
	raw_spin_lock_irqsave(&ctx->lock, flags);
	ctx->error.fp_val = fp_val;
	atomic_set(&ctx->failed, 1);
	raw_spin_unlock_irqrestore(&ctx->lock, flags);
	for (u32 i = 0; i < nr; i++)
		if ((ctx->tasks[i].flags & HECTIC_KTHREAD) == 0)
			wake(&ctx->tasks[i]);
}
