/* SPDX-License-Identifier: MIT */
/*
 * Tasks which are kernel threads. They carry a number of their own in the floating
 * point registers through each switch.
 */
#include "task.h"

#include <linux/printk.h>
#include <linux/sched.h>

#include <asm/evl/fptest.h>
#include <evl/sched.h>

#define NR_ROUNDS 4000000 /* after which numbers begin anew */

/* Whom kernel thread @task passes control to in its @round'th: twice to each of
 * the others in turns, then back. */
static u32 choose(struct task *task, unsigned int round, u32 *to)
{
	u32 nr = smp_load_acquire(&task->ctx->nr_there);

	switch (round % 3) {
	case 0:
		return task->index; /* back */
	case 1:
		*to = (*to + 1) % nr;
		if (*to == task->index)
			*to = (*to + 1) % nr;
	}

	return *to;
}

/* Is there what was put there? If not, that is the end. */
static bool check_fpu(struct task *task, u32 features, unsigned int value)
{
	unsigned int found, bad = 0;

	found = evl_check_fpregs(features, value, bad);
	if (found == value)
		return true;

	printk(KERN_ERR "hectic: task %u has %u in floating point register "
			"%u, not %u\n",
	       task->index, found, bad, value);
	hectic_fail(task->ctx, found);

	return false;
}

static void run_task(void *arg)
{
	u32 features = evl_begin_fpu() ? evl_detect_fpu() : 0;
	unsigned int round = 0, value;
	struct task *task = arg;
	u32 to = task->index;
	int ret = task_pend(task);

	while (ret == 0) {
		value = task->index + round * 1000;
		evl_set_fpregs(features, value);
		/* Others put theirs there while we wait. */
		ret = task_switch(task, choose(task, round, &to));
		if (!check_fpu(task, features, value))
			break;
		round = (round + 1) % NR_ROUNDS;
	}
	evl_end_fpu();
}

/* On the worker of that CPU; where there is none, on another. */
int task_start_thread(struct task *task, int cpu)
{
	if (evl_cpu_rq(cpu))
		return evl_run_kthread_on_cpu(
			&task->kthread, cpu, run_task, task, EVL_FIFO_MIN_PRIO,
			EVL_CLONE_PUBLIC, "rtk%u@%d:%d", task->index, cpu,
			task_pid_nr(current));

	return evl_run_kthread(&task->kthread, run_task, task,
			       EVL_FIFO_MIN_PRIO, EVL_CLONE_PUBLIC,
			       "rtk%u@%d:%d", task->index, cpu,
			       task_pid_nr(current));
}
