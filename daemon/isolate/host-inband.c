/* SPDX-License-Identifier: MIT */
/*
 * In-band calls in the host: to the vfs we are a front.
 */
#include "isolate/host.h"
#include "vfs/file.h"
#include "vfs/hooks.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>

static struct host_call *call_of(struct vfs_request *rq)
{
	return container_of(rq, struct host_call, rq);
}

/* The file is open: how does it look from outside? */
static void describe_file(struct host_call *call, struct host_file *hf)
{
	struct isolate_answer *answer = &host_slot(call)->answer;
	const struct file *filp = &hf->of->filp;

	answer->ops = host_file_ops(filp->f_op);
	answer->stream = (filp->f_mode & FMODE_STREAM) != 0;
	answer->oob = filp->oob_data != NULL;
}

static void done(struct vfs_request *rq)
{
	struct host_call *call = call_of(rq);

	if (rq->op == VFS_OPEN && rq->result >= 0)
		describe_file(call, host_file_open(call->asked.file, rq->file));
	if (rq->op == VFS_RELEASE)
		host_file_close(call->asked.file);
	host_slot(call)->answer.pos = rq->pos;
	host_answer(call, rq->result, rq->window.written);
}

static void nothing(struct vfs_request *rq)
{
	(void)rq;
}

static enum vfs_op op_of(uint32_t op)
{
	switch (op) {
	case ISOLATE_OPEN:
		return VFS_OPEN;
	case ISOLATE_RELEASE:
		return VFS_RELEASE;
	case ISOLATE_READ:
		return VFS_READ;
	case ISOLATE_WRITE:
		return VFS_WRITE;
	case ISOLATE_IOCTL:
		return VFS_IOCTL;
	case ISOLATE_POLL:
		return VFS_POLL;
	default:
		return VFS_FLUSH;
	}
}

static void fill(struct host_call *call)
{
	const struct isolate_request *asked = &call->asked;
	struct host_file *hf = host_file(asked->file);

	call->rq = (struct vfs_request){
		.op = op_of(asked->op),
		.caller = { .tid = asked->pid, .uid = asked->uid },
		.front_data = hf,
		.file = hf->of,
		.flags = asked->flags,
		.count = asked->count,
		.pos = asked->pos,
		.cmd = asked->cmd,
		.arg = (unsigned long)asked->addr,
		.compat = asked->compat,
		.reach = &host_inband_reach,
		.window = {
			.base = (unsigned long)asked->base,
			.mem = host_slot(call)->window,
			.readable = asked->readable,
			.writable = asked->writable,
		},
		.done = done,
		.free = nothing,
	};
	if (call->rq.op == VFS_POLL)
		call->rq.poll_handle = hf;
}

void host_inband_start(struct host_call *call)
{
	if (call->asked.op == ISOLATE_MMAP ||
	    call->asked.op == ISOLATE_MUNMAP) {
		host_mmap_start(call);
		return;
	}

	fill(call);
	if (call->rq.op == VFS_OPEN) {
		call->rq.file = NULL;
		call->rq.node = host_node(call->asked.node);
	}
	/* Removed while the request was on its way. */
	if (call->rq.op == VFS_OPEN ? call->rq.node == NULL
				    : call->rq.file == NULL) {
		host_answer(call, -ENODEV, 0);
		return;
	}

	if (call->rq.file)
		vfs_set_file_flags(call->rq.file, call->asked.flags);
	vfs_submit(&call->rq);
}
