/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band calls in the host: a fiber of the worker for each. Those are made
 * in-band and kept; only a call which finds none at rest waits until there is one
 * more.
 */
#include "base/log.h"
#include "core/owner.h"
#include "core/thread.h"
#include "isolate/host.h"
#include "kapi/guard.h"
#include "stage/inband.h"
#include "stage/stage.h"
#include "vfs/file.h"
#include "vfs/hooks.h"
#include "vfs/result.h"

#include <errno.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <string.h>

#define NR_FIRST 8u /* fibers of a worker to begin with, and one more time */

static struct stack_pool *stacks;

void host_oob_set_stacks(struct stack_pool *pool)
{
	stacks = pool;
}

static struct file *filp_of(const struct host_call *call)
{
	return &call->file->of->filp;
}

static long do_ioctl(struct host_call *call)
{
	const struct file_operations *fops = filp_of(call)->f_op;
	long (*handler)(struct file * filp, unsigned int cmd,
			unsigned long arg);
	long ret;

	handler = call->task.compat ? fops->compat_oob_ioctl : fops->oob_ioctl;
	if (handler == NULL)
		return -ENOTTY;
	ret = handler(filp_of(call), call->asked.cmd,
		      (unsigned long)call->asked.addr);

	return ret == -ENOIOCTLCMD ? -ENOTTY : ret;
}

static long call_driver(struct host_call *call)
{
	const struct isolate_request *asked = &call->asked;
	struct file *filp = filp_of(call);
	char __user *u_buf = (char __user *)(uintptr_t)asked->addr;

	switch (asked->op) {
	case ISOLATE_OOB_READ:
		return filp->f_op->oob_read
			       ? filp->f_op->oob_read(filp, u_buf, asked->count)
			       : -EINVAL;
	case ISOLATE_OOB_WRITE:
		return filp->f_op->oob_write
			       ? filp->f_op->oob_write(filp, u_buf,
						       asked->count)
			       : -EINVAL;
	case ISOLATE_OOB_IOCTL:
		return do_ioctl(call);
	case ISOLATE_OOB_POLL:
		return host_file_poll(call->file);
	default:
		return -ENOSYS;
	}
}

void host_fill_task(struct host_call *call)
{
	const struct isolate_request *asked = &call->asked;

	call->task = (struct task_struct){
		.pid = asked->pid,
		.tgid = asked->tgid,
		.uid = asked->uid,
		.compat = asked->compat,
		.identified = asked->identified,
		.mem_fd = -1,
		.reach = &host_oob_reach,
		.window = {
			.base = (unsigned long)asked->base,
			.mem = host_slot(call)->window,
			.readable = asked->readable,
			.writable = asked->writable,
		},
	};
	memcpy(call->task.comm, asked->comm, sizeof(call->task.comm));
	call->task.comm[sizeof(call->task.comm) - 1] = '\0';
}

/* From a signal handler. */
static void describe(const void *arg, struct guard_call *r_call)
{
	static const char *const names[] = {
		[ISOLATE_OOB_READ] = "oob_read",
		[ISOLATE_OOB_WRITE] = "oob_write",
		[ISOLATE_OOB_IOCTL] = "oob_ioctl",
		[ISOLATE_OOB_POLL] = "oob_poll",
	};
	const struct host_call *call = arg;
	const struct isolate_request *asked = &call->asked;

	if (call->file == NULL || asked->op < ISOLATE_OOB_READ ||
	    asked->op > ISOLATE_OOB_POLL)
		return;

	*r_call = (struct guard_call){
		.driver = host_name,
		.op = names[asked->op],
		.cmd = asked->op == ISOLATE_OOB_IOCTL ? asked->cmd : 0,
		.addr = (unsigned long)asked->addr,
		.size = asked->op == ISOLATE_OOB_IOCTL ? asked->readable
						       : asked->count,
		.may_give_up = asked->op != ISOLATE_OOB_POLL &&
			       call->task.grave == NULL,
	};
}

static void finish(struct host_call *call, long ret)
{
	struct host_file *hf = call->file;

	call->file = NULL;
	thread_end(&call->self, true);
	call->fiber = NULL;
	host_answer(call, result_sane(ret), call->task.window.written);
	/* The caller first, it waits; close(2) can. */
	if (hf)
		host_file_put(hf);
}

/* Who calls next need not be the same thread to us. */
static void check_mutexes(const struct host_call *call)
{
	static _Atomic(bool) told;

	/* Relaxed: once is enough. */
	if (owner_holds(&call->self) &&
	    !atomic_exchange_explicit(&told, true, memory_order_relaxed))
		log_err("driver %s: keeps a mutex locked from one call to the "
			"next, which one with a process of its own cannot: it "
			"is unlocked; load it without isolate",
			host_name);
}

/* Its handler will not come back. */
static void give_up(void *arg)
{
	finish(arg, -EFAULT);
}

static const struct guard host_guard = {
	.describe = describe,
	.give_up = give_up,
};

static void run_call(void *arg)
{
	struct host_call *call = arg;
	struct host_file *hf = host_file(call->asked.file);
	long ret = -EBADF;

	host_fill_task(call);
	thread_begin(&call->self, call->fiber, call->task.comm,
		     call->asked.prio, 0);
	call->fiber->task = &call->task;
	call->fiber->guard = &host_guard;
	if (host_file_get(hf)) {
		call->file = hf;
		call->task.filp = &hf->of->filp;
		vfs_set_file_flags(hf->of, call->asked.flags);
		ret = call_driver(call);
		check_mutexes(call);
	}
	finish(call, ret);
}

/*
 * Fibers.
 */

static void start_on(struct host_call *call, struct fiber *fiber)
{
	call->fiber = fiber;
	fiber_start(fiber, run_call, call, call->asked.prio);
	if (call->broken)
		fiber_break(fiber);
}

static struct host_lane *lane_here(const struct fiber *fiber)
{
	unsigned int i = 1;

	while (host_lane(i)->stage != fiber->stage)
		i++;

	return host_lane(i);
}

/* From the scheduler: @fiber is at rest. */
static void take_in(struct host_lane *lane, struct fiber *fiber)
{
	struct host_call *call;

	if (list_empty(&lane->waiting)) {
		list_add(&fiber->link, &lane->idle);
		return;
	}

	call = list_first_entry(&lane->waiting, struct host_call, link);
	list_del(&call->link);
	start_on(call, fiber);
}

static void ended(struct fiber *fiber)
{
	fiber->task = NULL;
	fiber->guard = NULL;
	fiber->thread = NULL;
	take_in(lane_here(fiber), fiber);
}

static unsigned int make_fibers(struct host_lane *lane)
{
	struct fiber *fiber;
	unsigned int nr = 0;

	for (; nr < NR_FIRST; nr++) {
		if (fiber_new(lane->stage, stacks, &fiber))
			break;
		fiber->ended = ended;
		list_add(&fiber->link, &lane->fresh);
		lane->nr_fibers++;
	}

	return nr;
}

/* In-band. */
static void grow(struct irq_work *work)
{
	struct host_lane *lane = container_of(work, struct host_lane, grow);

	make_fibers(lane);
	stage_post(lane->stage, &lane->grown);
}

/* On the worker. */
static void grown(struct stage_item *item)
{
	struct host_lane *lane = container_of(item, struct host_lane, grown);
	struct fiber *fiber;
	bool none = list_empty(&lane->fresh);

	lane->growing = false;
	while (!list_empty(&lane->fresh)) {
		fiber = list_first_entry(&lane->fresh, struct fiber, link);
		list_del(&fiber->link);
		take_in(lane, fiber);
	}
	/* Without memory those who wait do so for one that ends. */
	if (none || list_empty(&lane->waiting))
		return;
	lane->growing = true;
	irq_work_queue(&lane->grow);
}

int host_oob_init_lane(struct host_lane *lane)
{
	INIT_LIST_HEAD(&lane->idle);
	INIT_LIST_HEAD(&lane->waiting);
	INIT_LIST_HEAD(&lane->fresh);
	init_irq_work(&lane->grow, grow);
	lane->grown.func = grown;
	if (make_fibers(lane) == 0)
		return -ENOMEM;
	list_splice_init(&lane->fresh, &lane->idle);

	return 0;
}

bool host_oob_free_lane(struct host_lane *lane)
{
	struct fiber *fiber;

	list_splice_init(&lane->fresh, &lane->idle);
	while (!list_empty(&lane->idle)) {
		fiber = list_first_entry(&lane->idle, struct fiber, link);
		list_del(&fiber->link);
		fiber_free(fiber, stacks);
		lane->nr_fibers--;
	}

	return lane->nr_fibers == 0;
}

void host_oob_start(struct host_call *call)
{
	struct host_lane *lane = call->lane;
	struct fiber *fiber;

	if (!list_empty(&lane->idle)) {
		fiber = list_first_entry(&lane->idle, struct fiber, link);
		list_del(&fiber->link);
		start_on(call, fiber);
		return;
	}

	list_add_tail(&call->link, &lane->waiting);
	if (lane->growing)
		return;
	lane->growing = true;
	irq_work_queue(&lane->grow);
}
