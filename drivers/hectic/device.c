/* SPDX-License-Identifier: MIT */
/*
 * /dev/hectic has *tasks* (task.h) pass control to one another. See hectic.md for
 * its users' view.
 */
#include "task.h"

#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#define NR_TASKS_MAX 1024

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
	init_irq_work(&task->up, task_raise_inband);
	if (flags & HECTIC_KTHREAD)
		ret = task_start_thread(task, (int)ctx->cpu);
	if (ret)
		return ret;

	req->index = task->index;
	req->flags = task->flags;
	/* Release: the task, to hectic_task() and choose(). */
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
	struct task *task = hectic_task(ctx, index);

	return task && (task->flags & HECTIC_KTHREAD) == 0 ? task : NULL;
}

static int do_pend(struct hectic *ctx, struct hectic_task_index __user *u_req)
{
	struct hectic_task_index req;
	struct task *task;

	if (raw_copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	task = find_utask(ctx, req.index);

	return task ? task_pend(task) : -EINVAL;
}

static int do_switch(struct hectic *ctx, struct hectic_switch_req __user *u_req)
{
	struct hectic_switch_req req;
	struct task *from;

	if (raw_copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	from = find_utask(ctx, req.from);
	if (from == NULL || hectic_task(ctx, req.to) == NULL)
		return -EINVAL;

	return task_switch(from, req.to);
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
	evl_init_timer(&ctx->timer, hectic_end_pause);
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
