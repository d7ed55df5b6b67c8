/* SPDX-License-Identifier: MIT */
#include "vfs/dispatch.h"

#include "kapi/grave.h"
#include "kapi/task.h"
#include "stage/call.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "vfs/hooks.h"
#include "vfs/mapping.h"
#include "vfs/request.h"

#include <errno.h>
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

/* Others' handlers bring it about, too. */
static void call_release(struct open_file *of)
{
	const struct file_operations *fops = of->filp.f_op;
	struct stage_call call = {
		.what = "release",
		.func = (const void *)fops->release,
	};

	if (fops->release == NULL)
		return;

	stage_call_begin(&call);
	fops->release(of->filp.f_inode, &of->filp);
	stage_call_end(&call);
}

void dispatch_release(struct open_file *of)
{
	struct file *outer;
	struct grave grave;

	files_unbind_file(of);
	open_file_unwatch(of);

	/* Handlers whose caller was killed may still be asleep in there. */
	open_file_await_empty(of);

	if (release_hook)
		release_hook(of);
	mapping_end_all(of);
	grave_open(&grave);
	outer = task_set_file(&of->filp);
	call_release(of);
	finish_oob_file(&of->filp);
	task_set_file(outer);
	grave_close(&grave);
	open_file_free(of);
}

static ssize_t do_open(struct vfs_request *rq)
{
	struct open_file *of;
	int ret;

	ret = open_file_new(rq->node, rq->node->owner, &of);
	if (ret)
		return ret;

	of->front_data = rq->front_data;
	of->opener = rq->caller.tid;
	of->filp.f_flags = rq->flags & ~(unsigned int)(O_CREAT | O_EXCL |
						       O_NOCTTY | O_TRUNC);
	of->filp.f_mode = open_file_mode(rq->flags);
	rq->task.filp = &of->filp;
	if (of->filp.f_op->open)
		ret = of->filp.f_op->open(of->filp.f_inode, &of->filp);
	/* Of no meaning, and no file: as in the kernel. */
	if (ret > 0)
		ret = -EINVAL;
	if (ret) {
		of->releasing = true;
		files_unbind_file(of);
		finish_oob_file(&of->filp);
		rq->task.filp = NULL;
		open_file_free(of);
		return ret;
	}

	rq->file = of;

	return 0;
}

unsigned long dispatch_address(const struct vfs_request *rq)
{
	unsigned long addr = (unsigned long)rq->buf;

	if (rq->reach)
		return rq->window.base;

	return sizeof(addr) == 8 ? addr | U_HALF : addr;
}

static char __user *u_buffer(const struct vfs_request *rq)
{
	return (char __user *)dispatch_address(rq);
}

/* Where the file is; a stream is nowhere. */
static loff_t *get_position(struct vfs_request *rq)
{
	const struct file *filp = &rq->file->filp;

	rq->pos = filp->f_mode & FMODE_STREAM ? 0 : filp->f_pos;

	return &rq->pos;
}

/* The handler has set it as it liked, and returned @ret. */
static void set_position(const struct vfs_request *rq, ssize_t ret)
{
	struct file *filp = &rq->file->filp;

	if (ret >= 0 && !(filp->f_mode & FMODE_STREAM))
		filp->f_pos = rq->pos;
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
	ret = filp->f_op->read(filp, u_buffer(rq), rq->count, get_position(rq));
	rq->exposed = false;
	set_position(rq, ret);

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
	ret = filp->f_op->write(filp, u_buffer(rq), rq->count,
				get_position(rq));
	rq->exposed = false;
	set_position(rq, ret);

	return ret > (ssize_t)rq->count ? (ssize_t)rq->count : ret;
}

static long call_ioctl(struct vfs_request *rq)
{
	struct file *filp = &rq->file->filp;
	long (*handler)(struct file * filp, unsigned int cmd,
			unsigned long arg);
	long ret;

	if (ioctl_hook && ioctl_hook(rq->file, rq->cmd, rq->arg, &ret))
		return ret;
	/* Whoever its handlers belong to by now, this was no ioctl of theirs. */
	if (rq->file->spent_cmd && rq->cmd == rq->file->spent_cmd)
		return -EBUSY;

	handler = rq->compat ? filp->f_op->compat_ioctl
			     : filp->f_op->unlocked_ioctl;
	if (handler == NULL)
		return -ENOTTY;

	rq->exposed = true;
	ret = handler(filp, rq->cmd, rq->arg);
	rq->exposed = false;

	return ret;
}

void dispatch_end_ioctl(struct vfs_request *rq)
{
	if (rq->reach)
		return;

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

	if (rq->reach)
		return call_ioctl(rq);

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
	dispatch_end_ioctl(rq);

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

ssize_t dispatch(struct vfs_request *rq)
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
			dispatch_release(rq->file->stands_for);
		dispatch_release(rq->file);
		return 0;
	}

	return -EINVAL;
}
