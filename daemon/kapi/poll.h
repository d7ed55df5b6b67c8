/* SPDX-License-Identifier: MIT */
/*
 * A poll entry watches one of a driver's wait queues on behalf of who polls
 * the driver's file. Made by the vfs as a poll handler calls poll_wait();
 * removed before the file's release handler, which may free the queue.
 */
#pragma once

#include <linux/list.h>
#include <linux/wait.h>

struct poll_entry {
	struct list_head link;	     /* on @wq, under its lock */
	struct list_head owner_link; /* for the owner */
	struct wait_queue_head *wq;  /* borrowed; NULL: on none */
	/* Called at each wake_up() of @wq, under its lock, on any thread:
	 * may do no more than irq_work_queue(). */
	void (*func)(struct poll_entry *entry);
};

/* Watch @wq with @entry, which has its ->func and is on no queue. In-band. */
void poll_entry_add(struct poll_entry *entry, struct wait_queue_head *wq);
/* Idempotent. Once it has returned ->func() is not running, nor will it be
 * called again. In-band. */
void poll_entry_remove(struct poll_entry *entry);
