/* SPDX-License-Identifier: MIT */
/*
 * A watchpoint is one descriptor in one wait on a polling set: the file it
 * refers to, with a reference, and the poll operation on it. It is found by
 * process and number, because closing that number (or giving it another file)
 * ends it, even if the file stays open through another one.
 *
 * Stage: out-of-band, from a fiber, but for watchpoints_drop().
 */
#pragma once

#include "core/poll-head.h"

#include <uapi/evl/poll.h>

struct file;
struct files_struct;

struct watchpoint {
	struct list_head
		link; /* its wait's; first, as struct pool_block has it */
	unsigned int fd;
	union evl_value pollval; /* the application's, for the report */
	/* Ours: */
	struct file *filp;	  /* one reference, NULL: it is not attached */
	uint64_t key;		  /* process and descriptor */
	struct list_head fd_link; /* among those of similar keys, and */
	bool dropped;		  /* the descriptor went: under their lock */
	unsigned int ready;	  /* as the handler said */
	struct oob_poll_wait wait;
};

/* No more than @max, over all. In-band. */
int watchpoint_init(unsigned int max);
void watchpoint_exit(void);

/* As pool_take() and pool_give(), on behalf of `current`. */
int watchpoints_take(unsigned int count, struct list_head *list);
void watchpoints_give(unsigned int count, struct list_head *list);

/* For @events of descriptor @fd. */
void watchpoint_prepare(struct watchpoint *wpt, unsigned int fd,
			unsigned int events, union evl_value pollval);
/* Once more, after it was detached, for the same. */
void watchpoint_renew(struct watchpoint *wpt);
/* Find its file in @files. -EBADF: it refers to none of ours. */
int watchpoint_attach(struct watchpoint *wpt, struct files_struct *files,
		      struct poll_waiter *waiter);
/* Ask the driver, and watch the heads it names. What it is ready for. */
unsigned int watchpoint_poll(struct watchpoint *wpt);
/*
 * The end, attached or not. What there is to be reported: POLLNVAL alone if the
 * descriptor went. Unless @keep, what was signaled is passed on to others.
 */
unsigned int watchpoint_detach(struct watchpoint *wpt, bool keep);

/*
 * @fd of @files no longer refers to the file it did. Those who watch it are
 * woken and let go of the file. In-band; after the descriptor can no longer be
 * found, before the file's release. Takes locks of its own and waiters', never
 * sleeps.
 */
void watchpoints_drop(struct files_struct *files, unsigned int fd);
