/* SPDX-License-Identifier: MIT */
/*
 * A queue of records which both stages read: what a line request or an open
 * chip has to tell. Put from either stage, with the chip locked.
 */
#pragma once

#include <evl/poll.h>
#include <evl/wait.h>
#include <linux/irq_work.h>
#include <linux/poll.h>
#include <linux/wait.h>

struct queue {
	struct evl_wait_queue oob_wait; /* its lock protects what follows */
	void *records;			/* owned */
	size_t record_size;
	unsigned int size, in, nr;
	bool keeps_oldest; /* when it is full; else the latest */
	wait_queue_head_t inband_wait;
	struct irq_work inband_wake;
	struct evl_poll_head poll_head;
};

/* In-band; -ENOMEM. */
int queue_init(struct queue *q, unsigned int size, size_t record_size,
	       bool keeps_oldest);
/* In release, before evl_release_file(): readers get -EIDRM. */
void queue_close(struct queue *q);
/* ... and after it. */
void queue_deinit(struct queue *q);

void queue_put(struct queue *q, const void *record);

/* Make what the caller gets of @record, in @to. */
typedef void (*queue_form)(void *to, const void *record);

/*
 * Read whole ones of @size bytes each, at least one. -EINVAL: there is no room
 * for it; -EAGAIN; -EFAULT; or as a wait ends.
 */
ssize_t queue_read(struct queue *q, struct file *filp, char __user *u_buf,
		   size_t count, size_t size, queue_form form);
__poll_t queue_poll(struct queue *q, struct file *filp, poll_table *pt);
__poll_t queue_oob_poll(struct queue *q, struct oob_poll_wait *wait);
