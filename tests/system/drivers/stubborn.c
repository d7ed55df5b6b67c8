/* SPDX-License-Identifier: MIT */
/*
 * A device whose handlers never end, whatever is done to them: read sleeps,
 * oob_read goes to sleep again when its sleep is broken, oob_ioctl does not even
 * sleep. It can only be read: to open it for writing is EBUSY.
 */
#include <asm/processor.h>
#include <evl/file.h>
#include <evl/flag.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/wait.h>

static DECLARE_WAIT_QUEUE_HEAD(never);
static DEFINE_EVL_FLAG(oob_never);
static bool over; /* never */

static int stubborn_open(struct inode *inode, struct file *filp)
{
	if (filp->f_mode & FMODE_WRITE)
		return -EBUSY;
	filp->private_data = kzalloc(sizeof(struct evl_file), GFP_KERNEL);

	return filp->private_data ? evl_open_file(filp->private_data, filp)
				  : -ENOMEM;
}

static int stubborn_release(struct inode *inode, struct file *filp)
{
	evl_release_file(filp->private_data);
	kfree(filp->private_data);

	return 0;
}

static ssize_t stubborn_read(struct file *filp, char __user *u_buf,
			     size_t count, loff_t *ppos)
{
	pr_info("stubborn: asleep\n");
	wait_event(never, false);

	return 0;
}

static ssize_t stubborn_oob_read(struct file *filp, char __user *u_buf,
				 size_t count)
{
	while (evl_wait_flag(&oob_never))
		;

	return 0;
}

static long stubborn_oob_ioctl(struct file *filp, unsigned int cmd,
			       unsigned long arg)
{
	while (!READ_ONCE(over))
		cpu_relax();

	return 0;
}

static const struct file_operations stubborn_fops = {
	.owner = THIS_MODULE,
	.open = stubborn_open,
	.release = stubborn_release,
	.read = stubborn_read,
	.oob_read = stubborn_oob_read,
	.oob_ioctl = stubborn_oob_ioctl,
};

static struct miscdevice stubborn_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "stubborn",
	.fops = &stubborn_fops,
};

module_misc_device(stubborn_dev);
MODULE_LICENSE("MIT");
