/* SPDX-License-Identifier: MIT */
/*
 * A request: lines which an application has, by a file which an ioctl of the
 * chip's made. Made in-band; both stages read its events and ask for values. It
 * ends with the file, and then the lines are free.
 */
#pragma once

#include "lines.h"
#include "queue.h"

#include <evl/file.h>
#include <linux/types.h>

#define EVENTS_PER_LINE 16

struct request {
	struct evl_file efile;
	struct queue events; /* struct gpio_v2_line_event */
	char consumer[GPIO_MAX_NAME_SIZE];
	unsigned int nr;
	u32 offsets[GPIO_V2_LINES_MAX];
	struct line_config configs[GPIO_V2_LINES_MAX]; /* to begin with */
	bool is_narrow; /* a 32-bit process made it */
	bool has_lines; /* until its file is released; locked */
	u32 seqno;	/* of its last event, with the lines locked */
};

/*
 * One for @nr lines, which the caller says next, and how they are to be. In-band.
 * ERR_PTR() of -EINVAL: no such number, or -ENOMEM.
 */
struct request *request_new(unsigned int nr, const char *consumer,
			    unsigned int nr_events, bool keeps_oldest);
/*
 * Take the lines and make a file, whose descriptor the caller's process gets in
 * *@u_fd. In-band, once; on failure @req is gone. 0, or
 *   -EBUSY	somebody has one of these lines
 *   -EFAULT	bad pointer
 *   -EINVAL	no such line
 *   -ENOMEM
 *   or as get_unused_fd_flags()
 */
long request_publish(struct request *req, const char *name,
		     const struct file_operations *fops, s32 __user *u_fd);

/* Values; bit n is the n'th line's. -EPERM: one is no output, and none is set.
 * -ENODEV: its file is being released. */
u64 request_get_values(const struct request *req, u64 mask);
long request_set_values(struct request *req, u64 mask, u64 bits);
/* With the lines locked. */
void request_reconfigure_locked(struct request *req, unsigned int n,
				const struct line_config *config);

/* Operations of all kinds. */
int request_release(struct inode *inode, struct file *filp);
__poll_t request_poll(struct file *filp, poll_table *pt);
__poll_t request_oob_poll(struct file *filp, struct oob_poll_wait *wait);

/*
 * The three kinds, each from its argument of an ioctl, which receives the
 * descriptor. In-band. As request_publish(), and -EINVAL for what makes no
 * sense.
 */
long request_handle(struct gpiohandle_request __user *u_req);
long request_event(struct gpioevent_request __user *u_req);
long request_lines(struct gpio_v2_line_request __user *u_req);
