/* SPDX-License-Identifier: MIT */
/*
 * A request on its way from the kernel through the vfs and back: what is the
 * same for both fronts. Each function starts one; it is answered exactly once,
 * when the vfs has the result, when the caller is interrupted, or when the
 * connection ends.
 *
 * An open file is known to the kernel by the address of its *closer*, the
 * request that will end it. It is made by OPEN, so that closing needs nothing
 * which might not be there.
 *
 * Stage: in-band, on the loop or on a fiber. None blocks.
 */
#pragma once

#include "front/session.h"

#include <stddef.h>
#include <sys/types.h>

struct node;

/* @data: what the front wants to be told of the file by, see move_file(). */
void request_open(struct session *session, fuse_req_t req, struct node *node,
		  void *data, const struct fuse_file_info *fi);
/* Answered when the driver's handler has ended, or first of all if the session
 * says so. */
void request_release(struct session *session, fuse_req_t req,
		     const struct fuse_file_info *fi);
void request_read(struct session *session, fuse_req_t req, size_t size,
		  const struct fuse_file_info *fi);
void request_write(struct session *session, fuse_req_t req, const char *buf,
		   size_t size, const struct fuse_file_info *fi);
void request_flush(struct session *session, fuse_req_t req,
		   const struct fuse_file_info *fi);
/* Takes @ph over. */
void request_poll(struct session *session, fuse_req_t req,
		  const struct fuse_file_info *fi, struct fuse_pollhandle *ph);

/* What the kernel says of an ioctl. @in_size and @out_size bytes at @arg go in
 * and out through the kernel, all others through the caller's memory. */
struct request_ioctl {
	unsigned int cmd;
	unsigned long arg;
	unsigned int flags; /* FUSE_IOCTL_* */
	const void *in;
	size_t in_size;
	size_t out_size;
};

void request_ioctl(struct session *session, fuse_req_t req,
		   const struct fuse_file_info *fi,
		   const struct request_ioctl *ioc);

/* Answer all of @session's callers -ENODEV, break the sleep of the handlers
 * that work for them, and release every file open through it. */
void request_hangup(struct session *session);

/* Has the vfs given back every request? */
bool request_none_pending(void);
/* Name those it has not in the log, and the drivers that keep them. */
void request_report(void);
