/* SPDX-License-Identifier: MIT */
/*
 * A driver in versions, -DVERSION each: what it has of state and leaves behind.
 * oob_ioctl and ioctl of /dev/version give VERSION * 1000 and how often they were
 * called; with command VERSION_SLEEP they sleep until their caller gives up.
 * Its init function does so, too, if `asleep` is set.
 */
#include <evl/file.h>
#include <evl/flag.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/wait.h>

#define VERSION_SLEEP 0x5600

static bool asleep;
module_param(asleep, bool, 0444);

static int nr_calls;
static struct evl_flag flag;
static DECLARE_WAIT_QUEUE_HEAD(wait);

/* On either stage. */
static long count_call(void)
{
	return VERSION * 1000 +
	       __atomic_add_fetch(&nr_calls, 1, __ATOMIC_RELAXED);
}

static int version_open(struct inode *inode, struct file *filp)
{
	filp->private_data = kzalloc(sizeof(struct evl_file), GFP_KERNEL);
	if (filp->private_data == NULL)
		return -ENOMEM;

	return evl_open_file(filp->private_data, filp);
}

static int version_release(struct inode *inode, struct file *filp)
{
	evl_release_file(filp->private_data);
	kfree(filp->private_data);

	return 0;
}

static long version_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	if (cmd == VERSION_SLEEP)
		return wait_event_interruptible(wait, false);

	return count_call();
}

static long version_oob_ioctl(struct file *filp, unsigned int cmd,
			      unsigned long arg)
{
	if (cmd == VERSION_SLEEP)
		return evl_wait_flag(&flag);

	return count_call();
}

static const struct file_operations version_fops = {
	.owner = THIS_MODULE,
	.open = version_open,
	.release = version_release,
	.unlocked_ioctl = version_ioctl,
	.oob_ioctl = version_oob_ioctl,
};

static struct miscdevice version_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "version",
	.fops = &version_fops,
};

static int __init version_init(void)
{
	int ret;

	evl_init_flag(&flag);
	ret = misc_register(&version_dev);
	if (ret == 0 && asleep)
		ret = wait_event_interruptible(wait, false);

	return ret;
}
module_init(version_init);

/* Leaves its device behind. */
static void __exit version_exit(void)
{
	evl_destroy_flag(&flag);
}
module_exit(version_exit);
MODULE_LICENSE("MIT");
