/* SPDX-License-Identifier: MIT */
#include "vfs/request.h"

#include "base/share.h"
#include "kapi/grave.h"
#include "kapi/guard.h"
#include "kapi/task.h"
#include "stage/inband.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/hooks.h"
#include "vfs/mapping.h"
#include "vfs/result.h"

#include <assert.h>
#include <errno.h>
#include <linux/irq_work.h>
#include <stdlib.h>
#include <string.h>

/* Flags which fcntl(F_SETFL) can change. */
#define SETFL_FLAGS (O_APPEND | O_NONBLOCK | O_ASYNC | O_DIRECT | O_NOATIME)

/* The upper half of all addresses, the kernel's: no process has any there. */
#define U_HALF ((unsigned long)UINT64_C(0xffff800000000000))

static bool (*ioctl_hook)(struct open_file *of, unsigned int cmd,
			  unsigned long arg, long *r_ret);

void vfs_set_ioctl_hook(bool (*hook)(struct open_file *of, unsigned int cmd,
				     unsigned long arg, long *r_ret))
{
	ioctl_hook = hook;
}

static void (*release_hook)(struct open_file *of);

void vfs_set_release_hook(void (*hook)(struct open_file *of))
{
	release_hook = hook;
}

__attribute__((weak)) void finish_oob_file(struct file *filp)
{
	(void)filp;
}

void vfs_set_file_flags(struct open_file *of, unsigned int flags)
{
	unsigned int now = of->filp.f_flags;

	now = (now & ~(unsigned int)SETFL_FLAGS) | (flags & SETFL_FLAGS);
	/* Relaxed: out-of-band handlers look at it any time, and see the old or
	 * the new word. Stored only if changed, to leave the line shared. */
	if (now != of->filp.f_flags)
		__atomic_store_n(&of->filp.f_flags, now, __ATOMIC_RELAXED);
}

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

static void release_file(struct open_file *of)
{
	struct grave grave;

	files_unbind_file(of);
	open_file_unwatch(of);

	/* Handlers whose caller was killed may still be asleep in there. */
	open_file_await_empty(of);

	if (release_hook)
		release_hook(of);
	mapping_end_all(of);
	grave_open(&grave);
	if (of->filp.f_op->release)
		of->filp.f_op->release(of->filp.f_inode, &of->filp);
	finish_oob_file(&of->filp);
	grave_close(&grave);
	open_file_free(of);
}

static ssize_t do_open(struct vfs_request *rq)
{
	struct open_file *of;
	int ret;

	ret = open_file_new(rq->node, &of);
	if (ret)
		return ret;

	of->front_data = rq->front_data;
	of->opener = rq->caller.tid;
	of->filp.f_flags = rq->flags & ~(unsigned int)(O_CREAT | O_EXCL |
						       O_NOCTTY | O_TRUNC);
	of->filp.f_mode = open_file_mode(rq->flags);
	if (of->filp.f_op->open)
		ret = of->filp.f_op->open(of->filp.f_inode, &of->filp);
	/* Of no meaning, and no file: as in the kernel. */
	if (ret > 0)
		ret = -EINVAL;
	if (ret) {
		of->releasing = true;
		files_unbind_file(of);
		open_file_free(of);
		return ret;
	}

	rq->file = of;

	return 0;
}

/*
 * What a driver's read and write get as their __user buffer is ours. It goes by
 * an address where nobody has any memory, so that who dereferences it faults
 * as on EVL, and who goes beyond its end finds nothing.
 */
static unsigned long u_address(const struct vfs_request *rq)
{
	unsigned long addr = (unsigned long)rq->buf;

	return sizeof(addr) == 8 ? addr | U_HALF : addr;
}

static char __user *u_buffer(const struct vfs_request *rq)
{
	return (char __user *)u_address(rq);
}

static ssize_t do_read(struct vfs_request *rq)
{
	struct file *filp = &rq->file->filp;
	ssize_t ret;

	if (!(filp->f_mode & FMODE_READ))
		return -EBADF;
	if (filp->f_op->read == NULL)
		return -EINVAL;

	rq->exposed = true;
	ret = filp->f_op->read(filp, u_buffer(rq), rq->count, &rq->pos);
	rq->exposed = false;

	return ret > (ssize_t)rq->count ? (ssize_t)rq->count : ret;
}

static ssize_t do_write(struct vfs_request *rq)
{
	struct file *filp = &rq->file->filp;
	ssize_t ret;

	if (!(filp->f_mode & FMODE_WRITE))
		return -EBADF;
	if (filp->f_op->write == NULL)
		return -EINVAL;

	rq->exposed = true;
	ret = filp->f_op->write(filp, u_buffer(rq), rq->count, &rq->pos);
	rq->exposed = false;

	return ret > (ssize_t)rq->count ? (ssize_t)rq->count : ret;
}

static long call_ioctl(struct vfs_request *rq)
{
	struct file *filp = &rq->file->filp;
	long (*handler)(struct file *filp, unsigned int cmd, unsigned long arg);
	long ret;

	if (ioctl_hook && ioctl_hook(rq->file, rq->cmd, rq->arg, &ret))
		return ret;

	handler = rq->compat ? filp->f_op->compat_ioctl :
			       filp->f_op->unlocked_ioctl;
	if (handler == NULL)
		return -ENOTTY;

	rq->exposed = true;
	ret = handler(filp, rq->cmd, rq->arg);
	rq->exposed = false;

	return ret;
}

/* Whatever the result, and whether the handler came back or was given up. */
static void end_ioctl(struct vfs_request *rq)
{
	rq->copied = rq->task.window.written;
	rq->task.window = (struct user_window){ .base = 0 };

	if (rq->copy && rq->out_size)
		memcpy(rq->out, rq->copy, rq->out_size);
	free(rq->copy);
	rq->copy = NULL;
}

/*
 * The handler sees one piece of memory at the argument, holding what came in;
 * what it left there goes out.
 */
static ssize_t do_ioctl(struct vfs_request *rq)
{
	void *mem = rq->out;
	ssize_t ret;

	if (rq->in_size > rq->out_size) {
		mem = rq->copy = malloc(rq->in_size);
		if (mem == NULL)
			return -ENOMEM;
	}
	if (rq->in_size)
		memcpy(mem, rq->in, rq->in_size);

	rq->task.window = (struct user_window){
		.base = rq->arg,
		.mem = mem,
		.readable = rq->in_size,
		.writable = rq->out_size,
	};
	ret = call_ioctl(rq);
	end_ioctl(rq);

	return ret;
}

static ssize_t do_flush(struct vfs_request *rq)
{
	struct file *filp = &rq->file->filp;

	return filp->f_op->flush ? filp->f_op->flush(filp, NULL) : 0;
}

static ssize_t do_poll(struct vfs_request *rq)
{
	void *handle = rq->poll_handle;

	rq->poll_handle = NULL;

	return (ssize_t)open_file_poll(rq->file, handle);
}

static ssize_t dispatch(struct vfs_request *rq)
{
	switch (rq->op) {
	case VFS_OPEN:
		return do_open(rq);
	case VFS_READ:
		vfs_set_file_flags(rq->file, rq->flags);
		return do_read(rq);
	case VFS_WRITE:
		vfs_set_file_flags(rq->file, rq->flags);
		return do_write(rq);
	case VFS_IOCTL:
		return do_ioctl(rq);
	case VFS_POLL:
		return do_poll(rq);
	case VFS_FLUSH:
		return do_flush(rq);
	case VFS_RELEASE:
		if (rq->file->stands_for)
			release_file(rq->file->stands_for);
		release_file(rq->file);
		return 0;
	}

	return -EINVAL;
}

/* Who asked, and what came along of their memory. */
static void fill_task(struct vfs_request *rq)
{
	rq->task = (struct task_struct){
		.pid = rq->caller.tid,
		.tgid = rq->caller.tid,
		.uid = rq->caller.uid,
		.compat = rq->compat,
	};
	if (rq->op != VFS_READ && rq->op != VFS_WRITE)
		return;

	rq->task.window = (struct user_window){
		.base = u_address(rq),
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
	release_file(of);
}

/* From a signal handler. */
static void describe(const void *arg, struct guard_call *r_call)
{
	static const char *const names[] = {
		[VFS_OPEN] = "open",	 [VFS_RELEASE] = "release",
		[VFS_READ] = "read",	 [VFS_WRITE] = "write",
		[VFS_IOCTL] = "ioctl",	 [VFS_POLL] = "poll",
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
		r_call->addr = u_address(rq);
		r_call->size = rq->count;
	}
}

/* Its handler will not come back. */
static void give_up(void *arg)
{
	struct vfs_request *rq = arg;

	rq->exposed = false;
	if (rq->op == VFS_IOCTL)
		end_ioctl(rq);
	end_request(rq, -EFAULT);
}

static const struct guard request_guard = {
	.describe = describe,
	.give_up = give_up,
};

static void run_request(void *arg)
{
	struct vfs_request *rq = arg;
	struct open_file *of = file_in_use(rq);
	ssize_t ret;

	if (of)
		open_file_enter(of);
	fill_task(rq);
	task_set(rq->fiber, &rq->task);
	rq->fiber->guard = &request_guard;
	ret = dispatch(rq);
	/* The caller was killed and told so while this open went on. */
	if (rq->op == VFS_OPEN && ret == 0 && rq->answered) {
		rq->file->releasing = true;
		release_file(rq->file);
	}
	end_request(rq, ret);
}

struct file *vfs_file_in_release(void)
{
	struct fiber *fiber = fiber_current();
	struct vfs_request *rq;

	if (fiber == NULL || fiber->entry != run_request)
		return NULL;

	rq = fiber->arg;

	return rq->file && rq->file->releasing ? &rq->file->filp : NULL;
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
