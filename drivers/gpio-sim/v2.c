/* SPDX-License-Identifier: MIT */
/* Version 2 of the ABI: line requests, for values and edges. */
#include "config.h"
#include "request.h"

#include <linux/compat.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/string.h>
#include <linux/uaccess.h>

static u64 all_of(const struct request *req)
{
	return ~0ULL >> (GPIO_V2_LINES_MAX - req->nr);
}

static long get_values(const struct request *req,
		       struct gpio_v2_line_values __user *u_values)
{
	struct gpio_v2_line_values values;

	if (copy_from_user(&values, u_values, sizeof(values)))
		return -EFAULT;
	if (!(values.mask & all_of(req)))
		return -EINVAL;

	values.bits = request_get_values(req, values.mask);

	return copy_to_user(u_values, &values, sizeof(values)) ? -EFAULT : 0;
}

static long set_values(struct request *req,
		       const struct gpio_v2_line_values __user *u_values)
{
	struct gpio_v2_line_values values;

	if (copy_from_user(&values, u_values, sizeof(values)))
		return -EFAULT;
	if (!(values.mask & all_of(req)))
		return -EINVAL;

	return request_set_values(req, values.mask, values.bits);
}

static long set_config(struct request *req,
		       const struct gpio_v2_line_config __user *u_config)
{
	struct gpio_v2_line_config config;
	struct line_config line;
	unsigned long flags;

	if (copy_from_user(&config, u_config, sizeof(config)))
		return -EFAULT;
	if (!config_v2_is_sane(&config, req->nr))
		return -EINVAL;

	raw_spin_lock_irqsave(&lines_lock, flags);
	for (unsigned int n = 0; n < req->nr; n++) {
		line = config_v2(&config, n);
		request_reconfigure_locked(req, n, &line);
	}
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return 0;
}

static long lines_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct request *req = filp->private_data;

	switch (cmd) {
	case GPIO_V2_LINE_GET_VALUES_IOCTL:
		return get_values(req, (void __user *)arg);
	case GPIO_V2_LINE_SET_VALUES_IOCTL:
		return set_values(req, (void __user *)arg);
	case GPIO_V2_LINE_SET_CONFIG_IOCTL:
		return set_config(req, (void __user *)arg);
	default:
		return -EINVAL;
	}
}

static void form_v2(void *to, const void *record)
{
	memcpy(to, record, sizeof(struct gpio_v2_line_event));
}

static ssize_t lines_oob_read(struct file *filp, char __user *u_buf,
			      size_t count)
{
	struct request *req = filp->private_data;

	return queue_read(&req->events, filp, u_buf, count,
			  sizeof(struct gpio_v2_line_event), form_v2);
}

static ssize_t lines_read(struct file *filp, char __user *u_buf, size_t count,
			  loff_t *ppos)
{
	return lines_oob_read(filp, u_buf, count);
}

static const struct file_operations lines_fops = {
	.owner = THIS_MODULE,
	.release = request_release,
	.read = lines_read,
	.poll = request_poll,
	.unlocked_ioctl = lines_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.oob_read = lines_oob_read,
	.oob_poll = request_oob_poll,
	.oob_ioctl = lines_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

static bool is_sane(const struct gpio_v2_line_request *wanted)
{
	return wanted->num_lines <= GPIO_V2_LINES_MAX &&
	       !memchr_inv(wanted->padding, 0, sizeof(wanted->padding)) &&
	       config_v2_is_sane(&wanted->config, wanted->num_lines);
}

long request_lines(struct gpio_v2_line_request __user *u_req)
{
	struct gpio_v2_line_request wanted;
	struct request *req;
	unsigned int size;

	if (copy_from_user(&wanted, u_req, sizeof(wanted)))
		return -EFAULT;
	if (!is_sane(&wanted))
		return -EINVAL;

	size = wanted.event_buffer_size ? wanted.event_buffer_size
					: wanted.num_lines * EVENTS_PER_LINE;
	size = min_t(unsigned int, size, GPIO_V2_LINES_MAX *EVENTS_PER_LINE);
	req = request_new(wanted.num_lines, wanted.consumer, size, false);
	if (IS_ERR(req))
		return PTR_ERR(req);
	for (unsigned int n = 0; n < req->nr; n++) {
		req->offsets[n] = wanted.offsets[n];
		req->configs[n] = config_v2(&wanted.config, n);
	}

	return request_publish(req, "gpio-line", &lines_fops, &u_req->fd);
}
