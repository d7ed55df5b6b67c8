/* SPDX-License-Identifier: MIT */
/*
 * What drivers do with ioctls that their numbers do not tell: /dev/odd has
 * arguments which are no pointers, stores more than it announces, stores after
 * a signal, and lacks the other out-of-band operations. /dev/odd-closed cannot
 * be opened, with an error that means more than that to FUSE.
 */
#include <asm/ioctls.h>
#include <evl/file.h>
#include <evl/flag.h>
#include <linux/atomic.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "odd.h"

struct odd {
	struct evl_file efile;
	struct evl_flag flag;
};

static atomic_t nr_sleeps;
static unsigned int nr_refused;

static int odd_open(struct inode *inode, struct file *filp)
{
	struct odd *odd = kzalloc(sizeof(*odd), GFP_KERNEL);

	if (odd == NULL)
		return -ENOMEM;

	evl_init_flag(&odd->flag);
	filp->private_data = odd;

	return evl_open_file(&odd->efile, filp);
}

static int odd_release(struct inode *inode, struct file *filp)
{
	struct odd *odd = filp->private_data;

	evl_destroy_flag(&odd->flag);
	evl_release_file(&odd->efile);
	kfree(odd);

	return 0;
}

/* What an application may read while an ioctl sleeps. */
static ssize_t odd_read(struct file *filp, char __user *u_buf, size_t count,
			loff_t *ppos)
{
	if (count == 0)
		return 0;

	return put_user('r', u_buf) ? -EFAULT : 1;
}

static long fill(void __user *u_mem)
{
	char bytes[ODD_FILL_SIZE];

	memset(bytes, 0x5a, sizeof(bytes));

	return copy_to_user(u_mem, bytes, sizeof(bytes)) ? -EFAULT : 0;
}

static long odd_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct odd *odd = filp->private_data;

	switch (cmd) {
	case ODD_VALUE:
	case ODD_VALUE_AS_IF:
		return (long)arg;
	case ODD_ONE:
		return (long)arg + 1;
	case FIONREAD:
		return put_user(ODD_NR_TO_READ, (int __user *)arg);
	case ODD_FILL:
		return fill((void __user *)arg);
	case ODD_WAKE:
		evl_raise_flag(&odd->flag);
		return 0;
	case ODD_NR_REFUSED:
		return nr_refused;
	default:
		return -ENOIOCTLCMD;
	}
}

static long sleep_and_report(struct odd *odd, void __user *u_report)
{
	struct odd_report report;

	report.ret = evl_wait_flag(&odd->flag);
	report.nr_sleeps = (u32)atomic_inc_return(&nr_sleeps);
	if (raw_copy_to_user(u_report, &report, sizeof(report)))
		return -EFAULT;

	return report.ret;
}

static long odd_oob_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg)
{
	if (cmd == ODD_SLEEP)
		return sleep_and_report(filp->private_data, (void __user *)arg);

	return odd_ioctl(filp, cmd, arg);
}

static const struct file_operations odd_fops = {
	.owner = THIS_MODULE,
	.open = odd_open,
	.release = odd_release,
	.read = odd_read,
	.unlocked_ioctl = odd_ioctl,
	.oob_ioctl = odd_oob_ioctl,
};

static int closed_open(struct inode *inode, struct file *filp)
{
	nr_refused++;

	return -ENOSYS;
}

static const struct file_operations closed_fops = {
	.owner = THIS_MODULE,
	.open = closed_open,
};

static struct miscdevice odd_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "odd",
	.fops = &odd_fops,
};

static struct miscdevice closed_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "odd-closed",
	.fops = &closed_fops,
};

static int __init odd_init(void)
{
	int ret = misc_register(&odd_dev);

	if (ret)
		return ret;
	ret = misc_register(&closed_dev);
	if (ret)
		misc_deregister(&odd_dev);

	return ret;
}
module_init(odd_init);

static void __exit odd_exit(void)
{
	misc_deregister(&closed_dev);
	misc_deregister(&odd_dev);
}
module_exit(odd_exit);

MODULE_LICENSE("MIT");
