/* SPDX-License-Identifier: MIT */
#include "vfs/request.h"

#include "base/share.h"
#include "kapi/guard.h"
#include "kapi/tally.h"
#include "kapi/task.h"
#include "stage/inband.h"
#include "vfs/dispatch.h"
#include "vfs/file.h"
#include "vfs/hooks.h"
#include "vfs/result.h"

#include <assert.h>
#include <errno.h>
#include <linux/irq_work.h>
#include <stdlib.h>
#include <string.h>

static struct share fibers = { .limit = VFS_MAX_FIBERS };

bool vfs_take_fiber(uid_t uid)
{
	return share_take(&fibers, uid);
}

void vfs_give_fiber(uid_t uid)
{
	share_give(&fibers, uid);
}

static void answer(struct vfs_request *rq, ssize_t result)
{
	if (rq->answered)
		return;

	rq->answered = true;
	rq->result = result_sane(result);
	rq->done(rq);
}

/* Who asked, and what came along of their memory. */
static void fill_task(struct vfs_request *rq)
{
	rq->task = (struct task_struct){
		.pid = rq->caller.tid,
		.tgid = rq->caller.tid,
		.uid = rq->caller.uid,
		.compat = rq->compat,
		.filp = rq->file ? &rq->file->filp : NULL,
	};
	if (rq->reach) {
		rq->task.window = rq->window;
		rq->task.reach = rq->reach;
		return;
	}
	if (rq->op != VFS_READ && rq->op != VFS_WRITE)
		return;

	rq->task.window = (struct user_window){
		.base = dispatch_address(rq),
		.mem = rq->buf,
		.readable = rq->op == VFS_WRITE ? rq->count : 0,
		.writable = rq->op == VFS_READ ? rq->count : 0,
	};
}

/* Whose RELEASE must wait for us; an OPEN has no file yet. */
static struct open_file *file_in_use(struct vfs_request *rq)
{
	if (rq->op == VFS_OPEN || rq->op == VFS_RELEASE)
		return NULL;
	assert(rq->file);

	return rq->file;
}

/* What is to be opened may be removed before the fiber comes to run. */
static void hold_node(struct vfs_request *rq)
{
	if (rq->op == VFS_OPEN)
		node_get(rq->node);
}

static void drop_node(struct vfs_request *rq)
{
	if (rq->op == VFS_OPEN)
		node_put(rq->node);
}

/* A RELEASE cannot be refused: without a fiber it waits for one. */
static LIST_HEAD(waiting_releases);

static void run_request(void *arg);

static void start_waiting_releases(struct irq_work *work)
{
	struct vfs_request *rq;

	while (!list_empty(&waiting_releases)) {
		rq = list_first_entry(&waiting_releases, struct vfs_request,
				      link);
		if (inband_spawn(run_request, rq, &rq->fiber))
			return;
		list_del(&rq->link);
	}
}

/* Once the fiber that ended is at rest, and can be had. */
static DEFINE_IRQ_WORK(fiber_free_work, start_waiting_releases);

/* The last that its fiber does for @rq. */
static void end_request(struct vfs_request *rq, ssize_t ret)
{
	struct open_file *of = file_in_use(rq);

	drop_node(rq);
	rq->window.written = rq->task.window.written;
	task_set(rq->fiber, NULL);
	rq->fiber->guard = NULL;
	if (of)
		open_file_leave(of);

	answer(rq, ret);
	if (rq->op != VFS_RELEASE)
		vfs_give_fiber(rq->caller.uid);
	rq->fiber = NULL;
	rq->ended = true;
	if (!rq->checking)
		rq->free(rq);
	if (!list_empty(&waiting_releases))
		irq_work_queue(&fiber_free_work);
}

static void begin_release(struct open_file *of)
{
	of->releasing = true;
	if (of->stands_for)
		of->stands_for->releasing = true;
}

void vfs_release_file(struct open_file *of)
{
	begin_release(of);
	dispatch_release(of);
}

/* From a signal handler. */
static void describe(const void *arg, struct guard_call *r_call)
{
	static const char *const names[] = {
		[VFS_OPEN] = "open",   [VFS_RELEASE] = "release",
		[VFS_READ] = "read",   [VFS_WRITE] = "write",
		[VFS_IOCTL] = "ioctl", [VFS_POLL] = "poll",
		[VFS_FLUSH] = "flush",
	};
	const struct vfs_request *rq = arg;
	const struct node *node = rq->file ? rq->file->node : rq->node;

	*r_call = (struct guard_call){
		.driver = node->driver,
		.op = names[rq->op],
		.addr = rq->arg,
		/* Not in a release, which some handlers bring about. */
		.may_give_up = rq->exposed && rq->task.grave == NULL,
	};
	if (rq->op == VFS_IOCTL) {
		r_call->cmd = rq->cmd;
	} else {
		r_call->addr = dispatch_address(rq);
		r_call->size = rq->count;
	}
}

/* Its handler will not come back. */
static void give_up(void *arg)
{
	struct vfs_request *rq = arg;

	rq->exposed = false;
	if (rq->op == VFS_IOCTL)
		dispatch_end_ioctl(rq);
	end_request(rq, -EFAULT);
}

static const struct guard request_guard = {
	.describe = describe,
	.give_up = give_up,
};

static void count_request(const struct vfs_request *rq)
{
	struct tally *tally =
		rq->file ? rq->file->tally : tally_of(rq->node->driver);

	/* Relaxed: for people to look at. */
	atomic_fetch_add_explicit(&tally->nr_inband, 1, memory_order_relaxed);
}

static void run_request(void *arg)
{
	struct vfs_request *rq = arg;
	struct open_file *of = file_in_use(rq);
	ssize_t ret;

	count_request(rq);
	if (of)
		open_file_enter(of);
	fill_task(rq);
	task_set(rq->fiber, &rq->task);
	rq->fiber->guard = &request_guard;
	ret = dispatch(rq);
	/* The caller was killed and told so while this open went on. */
	if (rq->op == VFS_OPEN && ret == 0 && rq->answered) {
		rq->file->releasing = true;
		dispatch_release(rq->file);
	}
	end_request(rq, ret);
}

static int spawn_fiber(struct vfs_request *rq)
{
	bool counts = rq->op != VFS_RELEASE; /* it can only make room */
	int ret;

	if (counts && !vfs_take_fiber(rq->caller.uid))
		return -EDQUOT;
	ret = inband_spawn(run_request, rq, &rq->fiber);
	if (ret && counts)
		vfs_give_fiber(rq->caller.uid);

	return ret;
}

void vfs_submit(struct vfs_request *rq)
{
	int ret;

	rq->answered = false;
	rq->exposed = false;
	rq->copy = NULL;
	rq->checking = false;
	rq->lingers = false;
	rq->interrupted = false;
	rq->ended = false;
	if (rq->op != VFS_OPEN && rq->op != VFS_RELEASE && rq->file->stands_for)
		rq->file = rq->file->stands_for;
	/* Here, not when its fiber starts: open_file_wait_release() may come
	 * in between. */
	if (rq->op == VFS_RELEASE)
		begin_release(rq->file);
	hold_node(rq);
	ret = spawn_fiber(rq);
	if (ret && rq->op == VFS_RELEASE) {
		list_add_tail(&rq->link, &waiting_releases);
	} else if (ret) {
		drop_node(rq);
		rq->fiber = NULL;
		answer(rq, ret);
		rq->free(rq);
	}
}

/*
 * After its sleep was broken the handler runs; once it rests again we know
 * whether it ended, or sleeps where nobody may wake it.
 */
static void check_interrupted(struct stage_item *item)
{
	struct vfs_request *rq = container_of(item, struct vfs_request, check);

	rq->checking = false;
	if (rq->ended) {
		rq->free(rq);
		return;
	}

	/* Off its queue: a wakeup is on its way. Relaxed: we come again. */
	if (rq->fiber->state == FIBER_READY ||
	    !atomic_load_explicit(&rq->fiber->queued, memory_order_relaxed)) {
		rq->checking = true;
		stage_post(&inband_stage, item);
		return;
	}

	rq->interrupted = true;
	if (!rq->lingers)
		answer(rq, -EINTR);
}

void vfs_break(struct vfs_request *rq)
{
	if (rq->fiber && rq->op != VFS_RELEASE)
		fiber_break(rq->fiber);
}

void vfs_linger(bool on)
{
	struct fiber *fiber = fiber_current();
	struct vfs_request *rq;

	if (fiber == NULL || fiber->guard != &request_guard)
		return;

	rq = fiber->arg;
	rq->lingers = on;
	if (!on && rq->interrupted)
		answer(rq, -EINTR);
}

void vfs_interrupt(struct vfs_request *rq)
{
	if (rq->answered || rq->checking || rq->fiber == NULL ||
	    rq->op == VFS_RELEASE)
		return;

	fiber_break(rq->fiber);
	rq->checking = true;
	rq->check.func = check_interrupted;
	stage_post(&inband_stage, &rq->check);
}
