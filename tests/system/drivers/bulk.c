/* SPDX-License-Identifier: MIT */
/*
 * /dev/bulk keeps what is written in one piece, on either stage, and gives it back
 * in one. Its ioctl copies to where a pointer points that it is given a pointer
 * to. Another sleeps, one loops for ever.
 */
#include <evl/file.h>
#include <evl/flag.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include "bulk.h"

struct bulk {
	struct evl_file efile;
	struct evl_flag flag;
	wait_queue_head_t wait;
	hard_spinlock_t turn;
	size_t len;
	char data[BULK_MAX];
};

/* One call at a time is its users' business. That one has ended before the next
 * begins, ThreadSanitizer does not see: both pass through here. */
static void take_turn(struct bulk *bulk)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&bulk->turn, flags);
	raw_spin_unlock_irqrestore(&bulk->turn, flags);
}

static ssize_t bulk_oob_read(struct file *filp, char __user *u_buf,
			     size_t count)
{
	struct bulk *bulk = filp->private_data;
	ssize_t ret;

	take_turn(bulk);
	if (count > bulk->len)
		count = bulk->len;
	ret = copy_to_user(u_buf, bulk->data, count) ? -EFAULT : (ssize_t)count;
	take_turn(bulk);

	return ret;
}

static ssize_t bulk_oob_write(struct file *filp, const char __user *u_buf,
			      size_t count)
{
	struct bulk *bulk = filp->private_data;
	ssize_t ret;

	if (count > BULK_MAX)
		return -EMSGSIZE;
	take_turn(bulk);
	bulk->len = count;
	if (copy_from_user(bulk->data, u_buf, count))
		bulk->len = 0;
	ret = bulk->len == count ? (ssize_t)count : -EFAULT;
	take_turn(bulk);

	return ret;
}

static ssize_t bulk_read(struct file *filp, char __user *u_buf, size_t count,
			 loff_t *ppos)
{
	return bulk_oob_read(filp, u_buf, count);
}

static ssize_t bulk_write(struct file *filp, const char __user *u_buf,
			  size_t count, loff_t *ppos)
{
	return bulk_oob_write(filp, u_buf, count);
}

static long nested(struct bulk *bulk, unsigned long arg)
{
	struct bulk_nested nested;

	if (copy_from_user(&nested, (void __user *)arg, sizeof(nested)))
		return -EFAULT;
	if (nested.len > bulk->len)
		return -EINVAL;

	return copy_to_user((void __user *)(uintptr_t)nested.ptr, bulk->data,
			    nested.len)
		       ? -EFAULT
		       : (long)nested.len;
}

static long sleep(struct bulk *bulk)
{
	if (running_oob())
		return evl_wait_flag(&bulk->flag);

	return wait_event_interruptible(bulk->wait, evl_read_flag(&bulk->flag));
}

static long bulk_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct bulk *bulk = filp->private_data;
	volatile bool forever = true;
	long ret;

	switch (cmd) {
	case BULK_NESTED:
		take_turn(bulk);
		ret = nested(bulk, arg);
		take_turn(bulk);
		return ret;
	case BULK_SLEEP:
		return sleep(bulk);
	case BULK_LOOP:
		while (forever)
			;
		return 0;
	case BULK_NICE:
		return current->pid;
	default:
		return -ENOTTY;
	}
}

static int bulk_open(struct inode *inode, struct file *filp)
{
	struct bulk *bulk = kzalloc(sizeof(*bulk), GFP_KERNEL);

	if (bulk == NULL)
		return -ENOMEM;
	raw_spin_lock_init(&bulk->turn);
	evl_init_flag(&bulk->flag);
	init_waitqueue_head(&bulk->wait);
	filp->private_data = bulk;

	return evl_open_file(&bulk->efile, filp);
}

static int bulk_release(struct inode *inode, struct file *filp)
{
	struct bulk *bulk = filp->private_data;

	evl_destroy_flag(&bulk->flag);
	evl_release_file(&bulk->efile);
	kfree(bulk);

	return 0;
}

static const struct file_operations bulk_fops = {
	.owner = THIS_MODULE,
	.open = bulk_open,
	.release = bulk_release,
	.read = bulk_read,
	.write = bulk_write,
	.unlocked_ioctl = bulk_ioctl,
	.oob_read = bulk_oob_read,
	.oob_write = bulk_oob_write,
	.oob_ioctl = bulk_ioctl,
};

static struct miscdevice bulk_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "bulk",
	.mode = 0640,
	.fops = &bulk_fops,
};
module_misc_device(bulk_device);
MODULE_LICENSE("MIT");
