/* SPDX-License-Identifier: MIT */
/*
 * A device whose release takes its time, and which counts the releases that
 * have ended: read(2) of /dev/slow-release gives the count.
 */
#include <evl/file.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

static unsigned int nr_released;

static int slow_open(struct inode *inode, struct file *filp)
{
	struct evl_file *efilp;

	efilp = kzalloc(sizeof(*efilp), GFP_KERNEL);
	if (efilp == NULL)
		return -ENOMEM;

	filp->private_data = efilp;

	return evl_open_file(efilp, filp);
}

static int slow_release(struct inode *inode, struct file *filp)
{
	evl_release_file(filp->private_data);
	kfree(filp->private_data);
	msleep(30);
	nr_released++;

	return 0;
}

static ssize_t slow_read(struct file *filp, char __user *u_buf, size_t count,
			 loff_t *ppos)
{
	if (count < sizeof(nr_released))
		return -EINVAL;

	return copy_to_user(u_buf, &nr_released, sizeof(nr_released))
		       ? -EFAULT
		       : (ssize_t)sizeof(nr_released);
}

static const struct file_operations slow_fops = {
	.owner = THIS_MODULE,
	.open = slow_open,
	.release = slow_release,
	.read = slow_read,
};

static struct miscdevice slow_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "slow-release",
	.fops = &slow_fops,
};

module_misc_device(slow_dev);
MODULE_LICENSE("MIT");
