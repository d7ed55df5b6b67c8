/* SPDX-License-Identifier: MIT */
/*
 * A device each open of which has a number: ioctl and oob_ioctl WHO_GET tell
 * which one a descriptor reaches, so that who reaches the wrong one notices;
 * WHO_OF tells which one a descriptor in its argument is.
 */
#include "who.h"

#include <evl/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

struct who {
	struct evl_file efile;
	__u64 number;
};

static __u64 last_number;

static int who_open(struct inode *inode, struct file *filp)
{
	struct who *who = kzalloc(sizeof(*who), GFP_KERNEL);

	if (who == NULL)
		return -ENOMEM;

	who->number = ++last_number;
	filp->private_data = who;

	return evl_open_file(&who->efile, filp);
}

static int who_release(struct inode *inode, struct file *filp)
{
	struct who *who = filp->private_data;

	evl_release_file(&who->efile);
	who->number = 0;
	kfree(who);

	return 0;
}

/* @filp is one of ours. */
static long tell_number_of(struct file *filp, __u64 __user *u_value)
{
	struct evl_file *efilp;
	__u64 value;
	long ret = -EINVAL;

	if (raw_get_user(value, u_value))
		return -EFAULT;
	efilp = evl_get_file((unsigned int)value);
	if (efilp == NULL)
		return -EBADF;

	if (efilp->filp->f_op == filp->f_op) {
		value = container_of(efilp, struct who, efile)->number;
		ret = raw_put_user(value, u_value) ? -EFAULT : 0;
	}
	evl_put_file(efilp);

	return ret;
}

static long who_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct who *who = filp->private_data;

	switch (cmd) {
	case WHO_GET:
		return put_user(who->number, (__u64 __user *)arg);
	case WHO_OF:
		return tell_number_of(filp, (__u64 __user *)arg);
	default:
		return -ENOTTY;
	}
}

static ssize_t who_oob_read(struct file *filp, char __user *u_buf, size_t count)
{
	struct who *who = filp->private_data;

	if (count < sizeof(who->number))
		return -EINVAL;

	return raw_copy_to_user(u_buf, &who->number, sizeof(who->number))
		       ? -EFAULT
		       : (ssize_t)sizeof(who->number);
}

static ssize_t who_oob_write(struct file *filp, const char __user *u_buf,
			     size_t count)
{
	return (ssize_t)count;
}

static const struct file_operations who_fops = {
	.owner = THIS_MODULE,
	.open = who_open,
	.release = who_release,
	.unlocked_ioctl = who_ioctl,
	.oob_read = who_oob_read,
	.oob_write = who_oob_write,
	.oob_ioctl = who_ioctl,
};

static struct miscdevice who_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "who",
	.fops = &who_fops,
};

module_misc_device(who_dev);
MODULE_LICENSE("MIT");
