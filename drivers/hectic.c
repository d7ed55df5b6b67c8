/* SPDX-License-Identifier: MIT */
/*
 * /dev/hectic has *tasks* pass control to one another, as fast as they can: an
 * application's threads, of either stage or of both in turns, and kernel threads.
 * One runs, the others wait, each for itself. See hectic.md for its users' view.
 *
 * A task says on which stage it waits before whoever is to wake it can run, so
 * ->oob is right when it is looked at.
 */
#include <linux/atomic.h>
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/semaphore.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <asm/evl/fptest.h>
#include <evl/clock.h>
#include <evl/file.h>
#include <evl/flag.h>
#include <evl/sched.h>
#include <evl/stax.h>
#include <evl/thread.h>
#include <evl/timer.h>
#include <trace/events/evl.h>

#include <uapi/evl/devices/hectic.h>

#define NR_TASKS_MAX 1024
#define NR_ROUNDS    4000000 /* after which numbers begin anew */

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

static void raise_inband(struct irq_work *work)
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

static void end_pause(struct evl_timer *timer)
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
static struct task *find_task(struct hectic *ctx, u32 index)
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

static int pend(struct task *task)
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

static int switch_to(struct task *from, u32 to)
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
static void fail(struct hectic *ctx, unsigned int fp_val)
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
	fail(task->ctx, found);

	return false;
}

static void run_task(void *arg)
{
	u32 features = evl_begin_fpu() ? evl_detect_fpu() : 0;
	unsigned int round = 0, value;
	struct task *task = arg;
	u32 to = task->index;
	int ret = pend(task);

	while (ret == 0) {
		value = task->index + round * 1000;
		evl_set_fpregs(features, value);
		/* Others put theirs there while we wait. */
		ret = switch_to(task, choose(task, round, &to));
		if (!check_fpu(task, features, value))
			break;
		round = (round + 1) % NR_ROUNDS;
	}
	evl_end_fpu();
}

static int set_tasks_count(struct hectic *ctx, unsigned long count)
{
	struct task *tasks;

	if (count == 0 || count > NR_TASKS_MAX)
		return -EINVAL;
	/* They sleep in there. */
	if (ctx->nr_there)
		return -EBUSY;

	tasks = kcalloc(count, sizeof(*tasks), GFP_KERNEL);
	if (tasks == NULL)
		return -ENOMEM;
	kfree(ctx->tasks);
	ctx->tasks = tasks;
	ctx->nr_tasks = (u32)count;

	return 0;
}

static int set_cpu(struct hectic *ctx, unsigned long cpu)
{
	if (cpu >= num_possible_cpus())
		return -EINVAL;
	ctx->cpu = (u32)cpu;

	return 0;
}

static int set_pause(struct hectic *ctx, unsigned long us)
{
	if (us > USEC_PER_SEC)
		return -EINVAL;
	atomic_set(&ctx->pause_us, (int)us);

	return 0;
}

/* On the worker of that CPU; where there is none, on another. */
static int start_thread(struct task *task, int cpu)
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

/* The next task, as @req says; its index goes there. Locked. */
static int register_task(struct hectic *ctx, struct hectic_task_index *req,
			 u32 flags)
{
	struct task *task;
	int ret = 0;

	if (ctx->nr_there == ctx->nr_tasks)
		return -EBUSY;

	task = &ctx->tasks[ctx->nr_there];
	*task = (struct task){
		.ctx = ctx,
		.index = ctx->nr_there,
		.flags = (req->flags & 0xffff) | flags,
	};
	evl_init_flag(&task->oob_synch);
	sema_init(&task->inband_synch, 0);
	init_irq_work(&task->up, raise_inband);
	if (flags & HECTIC_KTHREAD)
		ret = start_thread(task, (int)ctx->cpu);
	if (ret)
		return ret;

	req->index = task->index;
	req->flags = task->flags;
	/* Release: the task, to find_task() and choose(). */
	smp_store_release(&ctx->nr_there, ctx->nr_there + 1);

	return 0;
}

static int add_task(struct hectic *ctx, struct hectic_task_index __user *u_req,
		    u32 flags)
{
	struct hectic_task_index req;
	int ret;

	if (copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	ret = register_task(ctx, &req, flags);
	if (ret)
		return ret;

	return copy_to_user(u_req, &req, sizeof(req)) ? -EFAULT : 0;
}

static long set_up(struct hectic *ctx, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case EVL_HECIOC_SET_TASKS_COUNT:
		return set_tasks_count(ctx, arg);
	case EVL_HECIOC_SET_CPU:
		return set_cpu(ctx, arg);
	case EVL_HECIOC_SET_PAUSE:
		return set_pause(ctx, arg);
	case EVL_HECIOC_REGISTER_UTASK:
		return add_task(ctx, (void __user *)arg, 0);
	case EVL_HECIOC_CREATE_KTASK:
		return add_task(ctx, (void __user *)arg, HECTIC_KTHREAD);
	default:
		return -ENOTTY;
	}
}

/* A task which an application's thread may be. */
static struct task *find_utask(struct hectic *ctx, u32 index)
{
	struct task *task = find_task(ctx, index);

	return task && (task->flags & HECTIC_KTHREAD) == 0 ? task : NULL;
}

static int do_pend(struct hectic *ctx, struct hectic_task_index __user *u_req)
{
	struct hectic_task_index req;
	struct task *task;

	if (raw_copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	task = find_utask(ctx, req.index);

	return task ? pend(task) : -EINVAL;
}

static int do_switch(struct hectic *ctx, struct hectic_switch_req __user *u_req)
{
	struct hectic_switch_req req;
	struct task *from;

	if (raw_copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	from = find_utask(ctx, req.from);
	if (from == NULL || find_task(ctx, req.to) == NULL)
		return -EINVAL;

	return switch_to(from, req.to);
}

static int get_error(struct hectic *ctx, struct hectic_error __user *u_error)
{
	struct hectic_error error;
	unsigned long flags;

	raw_spin_lock_irqsave(&ctx->lock, flags);
	error = ctx->error;
	raw_spin_unlock_irqrestore(&ctx->lock, flags);

	return raw_copy_to_user(u_error, &error, sizeof(error)) ? -EFAULT : 0;
}

static int get_switches(struct hectic *ctx, u32 __user *u_count)
{
	unsigned long flags;
	u32 count;

	raw_spin_lock_irqsave(&ctx->lock, flags);
	count = ctx->nr_switches;
	raw_spin_unlock_irqrestore(&ctx->lock, flags);

	return raw_copy_to_user(u_count, &count, sizeof(count)) ? -EFAULT : 0;
}

static long hectic_oob_ioctl(struct file *filp, unsigned int cmd,
			     unsigned long arg)
{
	struct hectic *ctx = filp->private_data;

	switch (cmd) {
	case EVL_HECIOC_PEND:
		return do_pend(ctx, (void __user *)arg);
	case EVL_HECIOC_SWITCH_TO:
		return do_switch(ctx, (void __user *)arg);
	case EVL_HECIOC_GET_SWITCHES_COUNT:
		return get_switches(ctx, (void __user *)arg);
	case EVL_HECIOC_GET_LAST_ERROR:
		return get_error(ctx, (void __user *)arg);
	case EVL_HECIOC_LOCK_STAX:
		return evl_lock_stax(&ctx->stax);
	case EVL_HECIOC_UNLOCK_STAX:
		evl_unlock_stax(&ctx->stax);
		return 0;
	default:
		return -ENOTTY;
	}
}

static long hectic_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct hectic *ctx = filp->private_data;
	long ret;

	mutex_lock(&ctx->mutex);
	ret = set_up(ctx, cmd, arg);
	mutex_unlock(&ctx->mutex);

	/* What both stages may ask. */
	return ret == -ENOTTY ? hectic_oob_ioctl(filp, cmd, arg) : ret;
}

static int hectic_open(struct inode *inode, struct file *filp)
{
	struct hectic *ctx;
	int ret;

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL);
	if (ctx == NULL)
		return -ENOMEM;

	mutex_init(&ctx->mutex);
	raw_spin_lock_init(&ctx->lock);
	evl_init_stax(&ctx->stax);
	evl_init_timer(&ctx->timer, end_pause);
	filp->private_data = ctx;
	stream_open(inode, filp);
	ret = evl_open_file(&ctx->efile, filp);
	if (ret)
		kfree(ctx);

	return ret;
}

static int hectic_release(struct inode *inode, struct file *filp)
{
	struct hectic *ctx = filp->private_data;

	for (u32 i = 0; i < ctx->nr_there; i++)
		evl_destroy_flag(&ctx->tasks[i].oob_synch);
	evl_destroy_stax(&ctx->stax);
	evl_release_file(&ctx->efile);

	for (u32 i = 0; i < ctx->nr_there; i++)
		if (ctx->tasks[i].flags & HECTIC_KTHREAD)
			evl_stop_kthread(&ctx->tasks[i].kthread);
	evl_destroy_timer(&ctx->timer);
	for (u32 i = 0; i < ctx->nr_there; i++)
		irq_work_sync(&ctx->tasks[i].up);
	kfree(ctx->tasks);
	kfree(ctx);

	return 0;
}

static const struct file_operations hectic_fops = {
	.owner = THIS_MODULE,
	.open = hectic_open,
	.release = hectic_release,
	.unlocked_ioctl = hectic_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.oob_ioctl = hectic_oob_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

static struct miscdevice hectic_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "hectic",
	.fops = &hectic_fops,
};
module_misc_device(hectic_device);

MODULE_DESCRIPTION("Threads of all kinds which pass control to one another");
MODULE_LICENSE("MIT");
