/* SPDX-License-Identifier: MIT */
/*
 * Version 1 of the ABI: line handles, for the values of lines, and line events,
 * for the edges of one.
 */
#include "config.h"
#include "request.h"

#include <linux/compat.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

/*
 * Handles.
 */

static u64 bits_of(const u8 *values)
{
	u64 bits = 0;

	for (unsigned int n = 0; n < GPIOHANDLES_MAX; n++)
		if (values[n])
			bits |= BIT_ULL(n);

	return bits;
}

static long get_handle_values(struct request *req,
			      struct gpiohandle_data __user *u_data)
{
	struct gpiohandle_data data;
	u64 bits = request_get_values(req, ~0ULL);

	for (unsigned int n = 0; n < GPIOHANDLES_MAX; n++)
		data.values[n] = (bits >> n) & 1;

	return copy_to_user(u_data, &data, sizeof(data)) ? -EFAULT : 0;
}

static long set_handle_values(struct request *req,
			      const struct gpiohandle_data __user *u_data)
{
	struct gpiohandle_data data;

	if (copy_from_user(&data, u_data, sizeof(data)))
		return -EFAULT;

	return request_set_values(req, ~0ULL, bits_of(data.values));
}

static long set_handle_config(struct request *req,
			      const struct gpiohandle_config __user *u_config)
{
	struct gpiohandle_config config;
	struct line_config line;
	unsigned long flags;

	if (copy_from_user(&config, u_config, sizeof(config)))
		return -EFAULT;
	if (!config_v1_is_sane(config.flags))
		return -EINVAL;

	raw_spin_lock_irqsave(&lines_lock, flags);
	for (unsigned int n = 0; n < req->nr; n++) {
		line = config_v1(config.flags, config.default_values[n]);
		request_reconfigure_locked(req, n, &line);
	}
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return 0;
}

static long handle_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct request *req = filp->private_data;

	switch (cmd) {
	case GPIOHANDLE_GET_LINE_VALUES_IOCTL:
		return get_handle_values(req, (void __user *)arg);
	case GPIOHANDLE_SET_LINE_VALUES_IOCTL:
		return set_handle_values(req, (void __user *)arg);
	case GPIOHANDLE_SET_CONFIG_IOCTL:
		return set_handle_config(req, (void __user *)arg);
	default:
		return -EINVAL;
	}
}

static const struct file_operations handle_fops = {
	.owner = THIS_MODULE,
	.release = request_release,
	.unlocked_ioctl = handle_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.oob_ioctl = handle_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

long request_handle(struct gpiohandle_request __user *u_req)
{
	struct gpiohandle_request wanted;
	struct request *req;

	if (copy_from_user(&wanted, u_req, sizeof(wanted)))
		return -EFAULT;
	if (!config_v1_is_sane(wanted.flags))
		return -EINVAL;

	req = request_new(wanted.lines, wanted.consumer_label, 1, true);
	if (IS_ERR(req))
		return PTR_ERR(req);
	for (unsigned int n = 0; n < req->nr; n++) {
		req->offsets[n] = wanted.lineoffsets[n];
		req->configs[n] =
			config_v1(wanted.flags, wanted.default_values[n]);
	}

	return request_publish(req, "linehandle", &handle_fops, &u_req->fd);
}

/*
 * Events.
 */

static void form_v1(void *to, const void *record)
{
	const struct gpio_v2_line_event *event = record;
	const struct gpioevent_data data = {
		.timestamp = event->timestamp_ns,
		.id = event->id,
	};

	memcpy(to, &data, sizeof(data));
}

static ssize_t event_oob_read(struct file *filp, char __user *u_buf,
			      size_t count)
{
	struct request *req = filp->private_data;
	size_t size = sizeof(struct gpioevent_data);

	/* There it has no end to be aligned. */
	if (req->is_narrow)
		size = offsetof(struct gpioevent_data, id) + sizeof(__u32);

	return queue_read(&req->events, filp, u_buf, count, size, form_v1);
}

static ssize_t event_read(struct file *filp, char __user *u_buf, size_t count,
			  loff_t *ppos)
{
	return event_oob_read(filp, u_buf, count);
}

static long event_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	if (cmd != GPIOHANDLE_GET_LINE_VALUES_IOCTL)
		return -EINVAL;

	return get_handle_values(filp->private_data, (void __user *)arg);
}

static const struct file_operations event_fops = {
	.owner = THIS_MODULE,
	.release = request_release,
	.read = event_read,
	.poll = request_poll,
	.unlocked_ioctl = event_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.oob_read = event_oob_read,
	.oob_poll = request_oob_poll,
	.oob_ioctl = event_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

long request_event(struct gpioevent_request __user *u_req)
{
	const u32 outputs = GPIOHANDLE_REQUEST_OUTPUT |
			    GPIOHANDLE_REQUEST_OPEN_DRAIN |
			    GPIOHANDLE_REQUEST_OPEN_SOURCE;
	struct gpioevent_request wanted;
	struct request *req;
	u32 flags;

	if (copy_from_user(&wanted, u_req, sizeof(wanted)))
		return -EFAULT;
	flags = wanted.handleflags | GPIOHANDLE_REQUEST_INPUT;
	if ((wanted.handleflags & outputs) || !config_v1_is_sane(flags) ||
	    (wanted.eventflags & ~GPIOEVENT_REQUEST_BOTH_EDGES))
		return -EINVAL;

	req = request_new(1, wanted.consumer_label, EVENTS_PER_LINE, true);
	if (IS_ERR(req))
		return PTR_ERR(req);
	/* Asked now: read(2) does not tell. */
	req->is_narrow = compat_need_64bit_alignment_fixup();
	req->offsets[0] = wanted.lineoffset;
	req->configs[0] = config_v1(flags, false);
	if (wanted.eventflags & GPIOEVENT_REQUEST_RISING_EDGE)
		req->configs[0].flags |= GPIO_V2_LINE_FLAG_EDGE_RISING;
	if (wanted.eventflags & GPIOEVENT_REQUEST_FALLING_EDGE)
		req->configs[0].flags |= GPIO_V2_LINE_FLAG_EDGE_FALLING;

	return request_publish(req, "gpio-event", &event_fops, &u_req->fd);
}
