/* SPDX-License-Identifier: MIT */
/*
 * A mailbox for one byte, right in everything but what the parameter "fault"
 * names: what evl test-driver has to find. Not to be learnt from.
 */
#include <evl/file.h>
#include <evl/poll.h>
#include <evl/sched.h>
#include <evl/wait.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#define CRASH_ADDRESS 0x1234567000ul

static char *fault = "";
module_param(fault, charp, 0444);

struct box {
	struct evl_file efile;
	struct evl_wait_queue wait; /* its lock protects the next two */
	bool full;
	char byte;
	wait_queue_head_t inband_wait;
	struct irq_work inband_wake;
	struct evl_poll_head poll_head;
};

static wait_queue_head_t inband_never;

static bool has(const char *name)
{
	return strcmp(fault, name) == 0;
}

static void wake_inband(struct irq_work *work)
{
	struct box *box = container_of(work, struct box, inband_wake);

	wake_up(&box->inband_wait);
}

static bool take_locked(struct box *box, char *r_byte)
{
	if (!box->full)
		return false;
	*r_byte = box->byte;
	box->full = false;

	return true;
}

static bool put_locked(struct box *box, char byte)
{
	if (box->full)
		return false;
	box->byte = byte;
	box->full = true;

	return true;
}

static bool try(struct box *box, char *byte, bool write)
{
	unsigned long flags;
	bool done;

	raw_spin_lock_irqsave(&box->wait.lock, flags);
	done = write ? put_locked(box, *byte) : take_locked(box, byte);
	raw_spin_unlock_irqrestore(&box->wait.lock, flags);

	return done;
}

static void tell(struct box *box, int events)
{
	if (!has("silent"))
		evl_flush_wait(&box->wait, 0);
	if (!has("mute_poll"))
		evl_signal_poll_events(&box->poll_head, events);
	evl_schedule();
	if (!has("silent_inband"))
		irq_work_queue(&box->inband_wake);
}

static int sleep_oob(struct box *box, char *byte, bool write)
{
	int ret;

	do {
		ret = evl_wait_event(&box->wait,
				     write ? put_locked(box, *byte)
					   : take_locked(box, byte));
	} while (ret == -EINTR && has("deaf"));
	if (ret == -EINTR && has("eio"))
		return -EIO;

	return ret;
}

static int get(struct file *filp, char *byte, bool write)
{
	struct box *box = filp->private_data;

	if (try(box, byte, write))
		return 0;
	if (filp->f_flags & O_NONBLOCK && !has("sleeps"))
		return has("empty") ? 1 : -EAGAIN;
	if (running_oob())
		return sleep_oob(box, byte, write);
	if (has("deaf_inband"))
		wait_event(box->inband_wait, try(box, byte, write));

	return wait_event_interruptible(box->inband_wait,
					try(box, byte, write));
}

static ssize_t box_oob_read(struct file *filp, char __user *u_buf, size_t count)
{
	struct box *box = filp->private_data;
	char byte = 0;
	int ret;

	if (count == 0)
		return -EINVAL;
	ret = get(filp, &byte, false);
	if (ret)
		return ret < 0 ? ret : 0;
	tell(box, POLLOUT | POLLWRNORM);
	if (has("kmalloc"))
		kfree(kmalloc(8, GFP_KERNEL));
	if (has("deref"))
		*(volatile char *)u_buf = byte;
	if (raw_copy_to_user(u_buf, &byte, 1) && !has("blind"))
		return has("odd") ? -EIO : -EFAULT;

	return 1;
}

static ssize_t box_oob_write(struct file *filp, const char __user *u_buf,
			     size_t count)
{
	struct box *box = filp->private_data;
	char byte = 0;
	int ret;

	if (count != 1)
		return -EINVAL;
	if (has("sink"))
		return 1;
	if (raw_copy_from_user(&byte, u_buf, 1) && !has("blind"))
		return has("odd") ? -EIO : -EFAULT;
	ret = get(filp, &byte, true);
	if (ret)
		return ret < 0 ? ret : 0;
	tell(box, POLLIN | POLLRDNORM);

	return 1;
}

static ssize_t box_read(struct file *filp, char __user *u_buf, size_t count,
			loff_t *ppos)
{
	return box_oob_read(filp, u_buf, count);
}

static ssize_t box_write(struct file *filp, const char __user *u_buf,
			 size_t count, loff_t *ppos)
{
	return box_oob_write(filp, u_buf, count);
}

static long box_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	if (has("crash"))
		*(volatile int *)CRASH_ADDRESS = 1;
	if (has("yes"))
		return 0;

	return has("eperm") ? -EPERM : -ENOTTY;
}

static __poll_t ready_events(struct box *box)
{
	unsigned long flags;
	__poll_t events;

	raw_spin_lock_irqsave(&box->wait.lock, flags);
	events = box->full ? POLLIN | POLLRDNORM : POLLOUT | POLLWRNORM;
	raw_spin_unlock_irqrestore(&box->wait.lock, flags);
	if (has("always_ready"))
		events = POLLIN | POLLOUT;

	return has("never_ready") ? 0 : events;
}

static __poll_t box_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	struct box *box = filp->private_data;

	evl_poll_watch(&box->poll_head, wait, NULL);

	return ready_events(box);
}

static __poll_t box_poll(struct file *filp, poll_table *pt)
{
	struct box *box = filp->private_data;

	poll_wait(filp, &box->inband_wait, pt);

	return ready_events(box);
}

static int box_open(struct inode *inode, struct file *filp)
{
	static bool was_open;
	struct box *box;

	if (has("refuses") || (has("once") && was_open))
		return -EBUSY;
	was_open = true;
	box = kzalloc(sizeof(*box), GFP_KERNEL);
	if (box == NULL)
		return -ENOMEM;
	evl_init_wait(&box->wait, &evl_mono_clock, EVL_WAIT_PRIO);
	init_waitqueue_head(&box->inband_wait);
	init_irq_work(&box->inband_wake, wake_inband);
	evl_init_poll_head(&box->poll_head);
	filp->private_data = box;
	stream_open(inode, filp);

	return evl_open_file(&box->efile, filp);
}

static int box_release(struct inode *inode, struct file *filp)
{
	struct box *box = filp->private_data;

	if (has("endless_release"))
		wait_event(inband_never, false);
	if (!has("lazy_release"))
		evl_destroy_wait(&box->wait);
	evl_release_file(&box->efile);
	irq_work_sync(&box->inband_wake);
	kfree(box);

	return 0;
}

static const struct file_operations box_fops = {
	.owner = THIS_MODULE,
	.open = box_open,
	.release = box_release,
	.read = box_read,
	.write = box_write,
	.unlocked_ioctl = box_ioctl,
	.poll = box_poll,
	.oob_read = box_oob_read,
	.oob_write = box_oob_write,
	.oob_ioctl = box_ioctl,
	.oob_poll = box_oob_poll,
};

static struct miscdevice box_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "unfit",
	.fops = &box_fops,
};

static int __init unfit_init(void)
{
	init_waitqueue_head(&inband_never);
	if (has("endless_init"))
		wait_event(inband_never, false);

	return misc_register(&box_device);
}

static void __exit unfit_exit(void)
{
	if (has("endless_exit"))
		wait_event(inband_never, false);
	if (!has("litters"))
		misc_deregister(&box_device);
}

module_init(unfit_init);
module_exit(unfit_exit);
MODULE_LICENSE("MIT");
