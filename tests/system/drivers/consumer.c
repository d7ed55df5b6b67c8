/* SPDX-License-Identifier: MIT */
/* read(2) of /dev/consumer gives two ints: its own count, provider.c's. */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/uaccess.h>

#include "provider.h"

int data;

int next(void);
int next(void)
{
	return ++data;
}

static ssize_t consumer_read(struct file *filp, char __user *u_buf,
			     size_t count, loff_t *ppos)
{
	int counts[2];

	if (count < sizeof(counts))
		return -EINVAL;
	counts[0] = next();
	counts[1] = provider_count();

	if (copy_to_user(u_buf, counts, sizeof(counts)))
		return -EFAULT;

	return sizeof(counts);
}

static const struct file_operations consumer_fops = {
	.owner = THIS_MODULE,
	.read = consumer_read,
};

static struct miscdevice consumer_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "consumer",
	.fops = &consumer_fops,
};

module_misc_device(consumer_dev);
MODULE_LICENSE("MIT");
