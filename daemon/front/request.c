/* SPDX-License-Identifier: MIT */
#include "front/request.h"

#include "base/log.h"
#include "vfs/file.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <linux/fuse.h>
#include <stdlib.h>
#include <string.h>

/* Newer than the headers we may be built with; older kernels ignore them. */
#ifndef FOPEN_NOFLUSH
#define FOPEN_NOFLUSH (1 << 5)
#endif
#ifndef FOPEN_PARALLEL_DIRECT_WRITES
#define FOPEN_PARALLEL_DIRECT_WRITES (1 << 6)
#endif

#define MAX_ERRNO_TO_KERNEL 511

struct request {
	struct vfs_request rq;
	fuse_req_t req;		 /* to be answered; NULL: nobody waits */
	struct session *session; /* borrowed; NULL: hung up, or not started */
	struct list_head link;	 /* session->requests; ->closers, if waiting */
	struct list_head pending_link;	   /* pending */
	struct request *closer;		   /* owned by an OPEN */
	_Alignas(max_align_t) char data[]; /* rq.buf, rq.in and rq.out */
};

/* What the vfs has. */
static LIST_HEAD(pending);

bool request_none_pending(void)
{
	return list_empty(&pending);
}

static struct request *request_of(struct vfs_request *rq)
{
	return container_of(rq, struct request, rq);
}

static struct request *closer_of(const struct fuse_file_info *fi)
{
	return (struct request *)(uintptr_t)fi->fh;
}

/* The vfs is done with it. */
static void request_free(struct vfs_request *rq)
{
	struct request *r = request_of(rq);

	list_del(&r->pending_link);
	if (rq->poll_handle)
		fuse_pollhandle_destroy(rq->poll_handle);
	free(r->closer);
	free(r);
}

/* From a driver's answer to an error the kernel takes. */
static int kernel_errno(ssize_t result)
{
	/* The kernel would take it for "never ask that again". */
	if (result == -ENOSYS)
		return EOPNOTSUPP;
	if (result >= 0 || result < -MAX_ERRNO_TO_KERNEL)
		return EIO;

	return (int)-result;
}

static size_t clamp_count(const struct vfs_request *rq)
{
	return (size_t)rq->result < rq->count ? (size_t)rq->result : rq->count;
}

static void submit(struct request *r)
{
	list_add_tail(&r->pending_link, &pending);
	vfs_submit(&r->rq);
}

/* Run the driver's release. */
static void close_file(struct request *closer)
{
	list_del_init(&closer->link);
	submit(closer);
}

/*
 * The flags libfuse has no names for keep the kernel from locking the file or
 * its position while a request sleeps: the vfs has a position, for files which
 * are no streams to their drivers. CUSE takes no notice of any.
 */
static int reply_open(fuse_req_t req, const struct request *closer)
{
	/* As open left it: drivers may put other operations there. */
	const struct file_operations *fops = closer->rq.file->filp.f_op;
	struct fuse_open_out out = {
		.fh = (uintptr_t)closer,
		.open_flags = FOPEN_DIRECT_IO | FOPEN_NONSEEKABLE |
			      FOPEN_STREAM | FOPEN_PARALLEL_DIRECT_WRITES,
	};

	if (fops->flush == NULL)
		out.open_flags |= FOPEN_NOFLUSH;

	return fuse_reply_buf(req, (const char *)&out, sizeof(out));
}

/* The file lives, in the vfs; does it live in the kernel? */
static void finish_open(struct request *r, struct session *session)
{
	struct request *closer = r->closer;

	r->closer = NULL;
	closer->rq.file = r->rq.file;
	if (session)
		list_add_tail(&closer->link, &session->closers);
	/* Nobody takes it: no RELEASE will come. */
	if (session == NULL || reply_open(r->req, closer))
		close_file(closer);
}

static void reply_ioctl(fuse_req_t req, const struct vfs_request *rq)
{
	int result = (int)rq->result;

	if (rq->result < 0)
		result = -kernel_errno(rq->result);
	/* A handler may write, then fail. */
	fuse_reply_ioctl(req, result, rq->out, rq->copied);
}

static void reply(struct request *r)
{
	struct vfs_request *rq = &r->rq;

	if (rq->op == VFS_IOCTL) {
		reply_ioctl(r->req, rq);
		return;
	}
	if (rq->result < 0) {
		fuse_reply_err(r->req, kernel_errno(rq->result));
		return;
	}

	switch (rq->op) {
	case VFS_READ:
		fuse_reply_buf(r->req, rq->buf, clamp_count(rq));
		break;
	case VFS_WRITE:
		fuse_reply_write(r->req, clamp_count(rq));
		break;
	case VFS_POLL:
		fuse_reply_poll(r->req, (unsigned int)rq->result);
		break;
	default:
		fuse_reply_err(r->req, 0);
	}
}

static void request_done(struct vfs_request *rq)
{
	struct request *r = request_of(rq);
	struct session *session = r->session;

	list_del_init(&r->link);
	r->session = NULL;

	if (rq->op == VFS_OPEN && rq->result >= 0) {
		finish_open(r, session);
	} else if (r->req) {
		/* The last file of a device that is to go: its name is free
		 * before the one who closes it goes on. */
		if (session_is_over(session))
			session_disconnect(session);
		reply(r);
	}

	if (session)
		session_settle(session);
}

static struct request *request_new(enum vfs_op op, size_t size)
{
	struct request *r;

	/* Zeroed with its data: a driver may claim to have read more than it
	 * did. */
	r = calloc(1, sizeof(*r) + size);
	if (r == NULL)
		return NULL;

	INIT_LIST_HEAD(&r->link);
	r->rq.op = op;
	r->rq.done = request_done;
	r->rq.free = request_free;

	return r;
}

/* NULL: the kernel has been told that there is no memory. */
static struct request *request_new_or_fail(enum vfs_op op, size_t size,
					   fuse_req_t req)
{
	struct request *r;

	r = request_new(op, size);
	if (r == NULL)
		fuse_reply_err(req, ENOMEM);

	return r;
}

static void on_interrupt(fuse_req_t req, void *data)
{
	struct request *r = data;

	if (r->session)
		vfs_interrupt(&r->rq);
}

/* Hand @r, which answers @req unless that is NULL, to the vfs. */
static void start(struct request *r, struct session *session, fuse_req_t req)
{
	const struct fuse_ctx *ctx;

	r->req = req;
	if (req) {
		ctx = fuse_req_ctx(req);
		r->rq.caller = (struct vfs_caller){
			.tid = ctx->pid,
			.uid = ctx->uid,
			.gid = ctx->gid,
		};
		/* An interrupt comes later than the request it is about, but
		 * libfuse allows for one that was first and would call us
		 * right here. */
		if (r->rq.op != VFS_RELEASE)
			fuse_req_interrupt_func(req, on_interrupt, r);
	}

	r->session = session;
	list_move_tail(&r->link, &session->requests);
	submit(r);
}

void request_open(struct session *session, fuse_req_t req, struct node *node,
		  void *data, const struct fuse_file_info *fi)
{
	struct request *r;

	r = request_new_or_fail(VFS_OPEN, 0, req);
	if (r == NULL)
		return;

	r->closer = request_new(VFS_RELEASE, 0);
	if (r->closer == NULL) {
		free(r);
		fuse_reply_err(req, ENOMEM);
		return;
	}

	r->rq.node = node;
	r->rq.front_data = data;
	r->rq.flags = (unsigned int)fi->flags;
	start(r, session, req);
}

void request_release(struct session *session, fuse_req_t req,
		     const struct fuse_file_info *fi)
{
	struct request *closer = closer_of(fi);

	/* A handler still in there works for nobody, its caller having been
	 * killed, and may sleep for ever: the one who closes must not. */
	if (session->early_release || closer->rq.file->nr_handlers > 0) {
		fuse_reply_err(req, 0);
		req = NULL;
	}
	start(closer, session, req);
}

void request_read(struct session *session, fuse_req_t req, size_t size,
		  const struct fuse_file_info *fi)
{
	struct request *r;

	r = request_new_or_fail(VFS_READ, size, req);
	if (r == NULL)
		return;

	r->rq.file = closer_of(fi)->rq.file;
	r->rq.flags = (unsigned int)fi->flags;
	r->rq.buf = r->data;
	r->rq.count = size;
	start(r, session, req);
}

void request_write(struct session *session, fuse_req_t req, const char *buf,
		   size_t size, const struct fuse_file_info *fi)
{
	struct request *r;

	r = request_new_or_fail(VFS_WRITE, size, req);
	if (r == NULL)
		return;

	r->rq.file = closer_of(fi)->rq.file;
	r->rq.flags = (unsigned int)fi->flags;
	memcpy(r->data, buf, size);
	r->rq.buf = r->data;
	r->rq.count = size;
	start(r, session, req);
}

void request_flush(struct session *session, fuse_req_t req,
		   const struct fuse_file_info *fi)
{
	struct request *r;

	r = request_new_or_fail(VFS_FLUSH, 0, req);
	if (r == NULL)
		return;

	r->rq.file = closer_of(fi)->rq.file;
	start(r, session, req);
}

void request_poll(struct session *session, fuse_req_t req,
		  const struct fuse_file_info *fi, struct fuse_pollhandle *ph)
{
	struct request *r;

	r = request_new_or_fail(VFS_POLL, 0, req);
	if (r == NULL) {
		if (ph)
			fuse_pollhandle_destroy(ph);
		return;
	}

	r->rq.file = closer_of(fi)->rq.file;
	r->rq.poll_handle = ph;
	start(r, session, req);
}

void request_ioctl(struct session *session, fuse_req_t req,
		   const struct fuse_file_info *fi,
		   const struct request_ioctl *ioc)
{
	size_t align = _Alignof(max_align_t);
	size_t out_offset = (ioc->in_size + align - 1) & ~(align - 1);
	struct request *r;

	r = request_new_or_fail(VFS_IOCTL, out_offset + ioc->out_size, req);
	if (r == NULL)
		return;

	r->rq.file = closer_of(fi)->rq.file;
	r->rq.cmd = ioc->cmd;
	r->rq.arg = ioc->arg;
	r->rq.compat = (ioc->flags & FUSE_IOCTL_COMPAT) != 0;
	if (ioc->in_size) {
		memcpy(r->data, ioc->in, ioc->in_size);
		r->rq.in = r->data;
		r->rq.in_size = ioc->in_size;
	}
	if (ioc->out_size) {
		r->rq.out = r->data + out_offset;
		r->rq.out_size = ioc->out_size;
	}
	start(r, session, req);
}

void request_hangup(struct session *session)
{
	struct request *r;

	while (!list_empty(&session->requests)) {
		r = list_first_entry(&session->requests, struct request, link);
		list_del_init(&r->link);
		r->session = NULL;
		if (r->req)
			fuse_reply_err(r->req, ENODEV);
		r->req = NULL;
		vfs_interrupt(&r->rq);
	}

	while (!list_empty(&session->closers))
		close_file(list_first_entry(&session->closers, struct request,
					    link));
}

static const char *op_name(enum vfs_op op)
{
	switch (op) {
	case VFS_OPEN:
		return "open";
	case VFS_RELEASE:
		return "release";
	case VFS_READ:
		return "read";
	case VFS_WRITE:
		return "write";
	case VFS_IOCTL:
		return "ioctl";
	case VFS_POLL:
		return "poll";
	case VFS_FLUSH:
		return "flush";
	}

	return "?";
}

void request_report(void)
{
	const struct node *node;
	struct list_head *pos;
	struct request *r;

	/* Not by entries: what would be the last one, around the head, has not
	 * the alignment of a request. */
	list_for_each(pos, &pending) {
		r = list_entry(pos, struct request, pending_link);
		node = r->rq.op == VFS_OPEN ? r->rq.node : r->rq.file->node;
		log_warn(
			"%s: %s handler of driver %s does not end: left behind",
			node->path, op_name(r->rq.op),
			node->driver ? node->driver : "?");
	}
}
