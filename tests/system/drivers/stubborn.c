/* SPDX-License-Identifier: MIT */
/*
 * A device whose read never ends, whatever is done to it. It can only be read:
 * to open it for writing is EBUSY.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/wait.h>

static DECLARE_WAIT_QUEUE_HEAD(never);

static int stubborn_open(struct inode *inode, struct file *filp)
{
	return filp->f_mode & FMODE_WRITE ? -EBUSY : 0;
}

static ssize_t stubborn_read(struct file *filp, char __user *u_buf,
			     size_t count, loff_t *ppos)
{
	pr_info("stubborn: asleep\n");
	wait_event(never, false);

	return 0;
}

static const struct file_operations stubborn_fops = {
	.owner = THIS_MODULE,
	.open = stubborn_open,
	.read = stubborn_read,
};

static struct miscdevice stubborn_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "stubborn",
	.fops = &stubborn_fops,
};

module_misc_device(stubborn_dev);
MODULE_LICENSE("MIT");
