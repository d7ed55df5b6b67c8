/* SPDX-License-Identifier: MIT */
/*
 * The operations of an isolated driver's nodes and files, as the daemon's vfs sees
 * them: each asks the driver, in its process.
 *
 * Stage: as the operation.
 */
#pragma once

#include "isolate/wire.h"

#include <evl/file.h>
#include <evl/poll.h>
#include <linux/fs.h>
#include <linux/wait.h>
#include <stdint.h>

struct remote;
struct vm_area_struct;

/* Of a node: what i_private is. */
struct remote_node {
	struct remote *remote; /* one reference */
	uint64_t id;	       /* the host's */
};

/* An open file: what private_data is. */
struct remote_file {
	struct remote *remote; /* one reference */
	struct file *filp;
	uint32_t index;
	bool oob;
	struct evl_file efile;
	wait_queue_head_t wq; /* who polls in-band */
	struct evl_poll_head head;
};

/* The table for nodes or files with these operations, ISOLATE_HAS_*; there for
 * good. NULL: no memory. In-band. */
const struct file_operations *proxy_fops(uint32_t ops);

/* What @op asks of @rf, to be completed. */
struct isolate_request proxy_request(const struct remote_file *rf,
				     enum isolate_op op);

/* proxy-mmap.c */
int proxy_mmap(struct file *filp, struct vm_area_struct *vma);

/* The number, plus one, of @remote's file which descriptor @fd of the caller refers
 * to; 0: it refers to none that takes out-of-band requests. Blocks: as
 * evl_get_file(). */
uint32_t proxy_find(struct remote *remote, unsigned long fd);

/* An event of @rf's, in whatever stage that is: @events, out-of-band. */
void proxy_event(struct remote_file *rf, bool inband, uint32_t events);
