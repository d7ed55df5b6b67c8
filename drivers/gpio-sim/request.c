/* SPDX-License-Identifier: MIT */
#include "request.h"

#include <evl/clock.h>
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static bool is_output(const struct request *req, unsigned int n)
{
	return lines[req->offsets[n]].flags & GPIO_V2_LINE_FLAG_OUTPUT;
}

const char *request_consumer(const struct request *req)
{
	return req->consumer;
}

void request_tell(struct request *req, const struct line *line, bool active)
{
	bool realtime = line->flags & GPIO_V2_LINE_FLAG_EVENT_CLOCK_REALTIME;
	struct gpio_v2_line_event event = {
		.timestamp_ns = (u64)evl_read_clock(
			realtime ? &evl_realtime_clock : &evl_mono_clock),
		.id = active ? GPIO_V2_LINE_EVENT_RISING_EDGE
			     : GPIO_V2_LINE_EVENT_FALLING_EDGE,
		.offset = (u32)(line - lines),
		.seqno = ++req->seqno,
		.line_seqno = line->seqno,
	};

	queue_put(&req->events, &event);
}

/*
 * Its life.
 */

/* Others may have them from now on, while handlers of this one still run. */
static void leave_lines(struct request *req)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lines_lock, flags);
	for (unsigned int n = 0; req->has_lines && n < req->nr; n++) {
		line_leave(&lines[req->offsets[n]]);
		chip_tell(req->offsets[n], GPIO_V2_LINE_CHANGED_RELEASED);
	}
	req->has_lines = false;
	raw_spin_unlock_irqrestore(&lines_lock, flags);
}

static void request_free(struct request *req)
{
	queue_deinit(&req->events);
	kfree(req);
}

int request_release(struct inode *inode, struct file *filp)
{
	struct request *req = filp->private_data;

	leave_lines(req);
	queue_close(&req->events);
	evl_release_file(&req->efile);
	request_free(req);

	return 0;
}

/* Nobody has any of them? Each is taken as it is found. Locked. */
static int take_lines_locked(struct request *req)
{
	unsigned int n;

	for (n = 0; n < req->nr; n++) {
		if (line_is_taken(&lines[req->offsets[n]]))
			break;
		lines[req->offsets[n]].req = req;
	}
	if (n == req->nr)
		return 0;

	while (n > 0)
		lines[req->offsets[--n]].req = NULL;

	return -EBUSY;
}

static int take_lines(struct request *req)
{
	unsigned long flags;
	int ret;

	for (unsigned int n = 0; n < req->nr; n++)
		if (req->offsets[n] >= nr_lines)
			return -EINVAL;

	raw_spin_lock_irqsave(&lines_lock, flags);
	ret = take_lines_locked(req);
	for (unsigned int n = 0; ret == 0 && n < req->nr; n++) {
		line_configure(&lines[req->offsets[n]], &req->configs[n]);
		chip_tell(req->offsets[n], GPIO_V2_LINE_CHANGED_REQUESTED);
	}
	req->has_lines = ret == 0;
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return ret;
}

struct request *request_new(unsigned int nr, const char *consumer,
			    unsigned int nr_events, bool keeps_oldest)
{
	struct request *req;

	if (nr == 0 || nr > GPIO_V2_LINES_MAX)
		return ERR_PTR(-EINVAL);
	req = kzalloc(sizeof(*req), GFP_KERNEL);
	if (req == NULL)
		return ERR_PTR(-ENOMEM);
	if (queue_init(&req->events, nr_events,
		       sizeof(struct gpio_v2_line_event), keeps_oldest)) {
		kfree(req);
		return ERR_PTR(-ENOMEM);
	}

	req->nr = nr;
	/* From outside: it may have no end. */
	snprintf(req->consumer, sizeof(req->consumer), "%.*s",
		 (int)sizeof(req->consumer) - 1, consumer);

	return req;
}

/* A file for @req, whose it is in any case; -errno. */
static struct file *make_file(struct request *req, const char *name,
			      const struct file_operations *fops)
{
	struct file *filp;
	int ret;

	ret = take_lines(req);
	if (ret) {
		request_free(req);
		return ERR_PTR(ret);
	}

	filp = anon_inode_getfile(name, fops, req, O_RDONLY | O_CLOEXEC);
	if (IS_ERR(filp)) {
		leave_lines(req);
		request_free(req);
		return filp;
	}
	ret = evl_open_file(&req->efile, filp);
	if (ret) {
		fput(filp);
		return ERR_PTR(ret);
	}

	return filp;
}

/* The descriptor is told before it is there: what fails then leaves none. */
long request_publish(struct request *req, const char *name,
		     const struct file_operations *fops, s32 __user *u_fd)
{
	struct file *filp;
	int fd;

	filp = make_file(req, name, fops);
	if (IS_ERR(filp))
		return PTR_ERR(filp);

	fd = get_unused_fd_flags(O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		fput(filp);
		return fd;
	}
	if (put_user(fd, u_fd)) {
		put_unused_fd((unsigned int)fd);
		fput(filp);
		return -EFAULT;
	}
	fd_install((unsigned int)fd, filp);

	return 0;
}

/*
 * Values. @mask: which of its lines; so are bits.
 */

u64 request_get_values(const struct request *req, u64 mask)
{
	unsigned long flags;
	u64 bits = 0;

	raw_spin_lock_irqsave(&lines_lock, flags);
	for (unsigned int n = 0; req->has_lines && n < req->nr; n++)
		if ((mask & BIT_ULL(n)) &&
		    line_is_active(&lines[req->offsets[n]]))
			bits |= BIT_ULL(n);
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return bits;
}

/* All or, where one is no output, none. */
long request_set_values(struct request *req, u64 mask, u64 bits)
{
	unsigned long flags;
	long ret;

	raw_spin_lock_irqsave(&lines_lock, flags);
	ret = req->has_lines ? 0 : -ENODEV;
	for (unsigned int n = 0; ret == 0 && n < req->nr; n++)
		if ((mask & BIT_ULL(n)) && !is_output(req, n))
			ret = -EPERM;
	for (unsigned int n = 0; ret == 0 && n < req->nr; n++)
		if (mask & BIT_ULL(n))
			line_set_active(&lines[req->offsets[n]],
					bits & BIT_ULL(n));
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return ret;
}

void request_reconfigure_locked(struct request *req, unsigned int n,
				const struct line_config *config)
{
	if (!req->has_lines)
		return;
	line_configure(&lines[req->offsets[n]], config);
	chip_tell(req->offsets[n], GPIO_V2_LINE_CHANGED_CONFIG);
}

/*
 * Events.
 */

__poll_t request_poll(struct file *filp, poll_table *pt)
{
	struct request *req = filp->private_data;

	return queue_poll(&req->events, filp, pt);
}

__poll_t request_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	struct request *req = filp->private_data;

	return queue_oob_poll(&req->events, wait);
}
