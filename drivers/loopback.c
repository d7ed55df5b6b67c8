/* SPDX-License-Identifier: MIT */
/*
 * /dev/loopback gives back what it is given: the driver to read first.
 *
 * Each open file has its own queue of messages: what is written to it, in-band
 * or out-of-band, is read from it, in-band or out-of-band. See loopback.md for
 * its users' view. It shows the three rules of an EVL driver:
 *
 * - what both stages touch sits behind a hard spinlock (here that of the
 *   out-of-band wait queue), held for a few instructions;
 * - an out-of-band handler wakes in-band sleepers through an irq_work;
 * - release() wakes the out-of-band sleepers, waits in evl_release_file() until
 *   they have left, and only then frees what they used.
 */
#include <linux/compat.h>
#include <linux/fs.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

#include <evl/file.h>
#include <evl/flag.h>
#include <evl/poll.h>
#include <evl/sched.h>
#include <evl/wait.h>

#include <uapi/evl/devices/loopback.h>

struct message {
	struct list_head link; /* nowhere while it is being copied */
	size_t len;
	char data[LOOPBACK_MSG_MAX];
};

/* An open file. */
struct loopback {
	struct evl_file efile;
	struct evl_wait_queue oob_wait; /* its lock protects both lists */
	struct list_head filled;	/* to be read, oldest first */
	struct list_head empty;		/* to be written */
	wait_queue_head_t inband_wait;
	struct irq_work inband_wake;
	struct evl_poll_head poll_head;
	struct evl_flag flag; /* what LOOPBACK_IOC_SLEEP waits for */
	struct message messages[LOOPBACK_MSG_HELD];
};

static void wake_inband(struct irq_work *work)
{
	struct loopback *lb = container_of(work, struct loopback, inband_wake);

	wake_up(&lb->inband_wait);
}

/* From either stage. Most of the time nobody is there to be woken. */
static void kick_inband(struct loopback *lb)
{
	if (waitqueue_active(&lb->inband_wait))
		irq_work_queue(&lb->inband_wake);
}

static struct message *take_locked(struct list_head *list)
{
	struct message *msg;

	msg = list_first_entry_or_null(list, struct message, link);
	if (msg)
		list_del(&msg->link);

	return msg;
}

static struct message *take(struct loopback *lb, struct list_head *list)
{
	struct message *msg;
	unsigned long flags;

	raw_spin_lock_irqsave(&lb->oob_wait.lock, flags);
	msg = take_locked(list);
	raw_spin_unlock_irqrestore(&lb->oob_wait.lock, flags);

	return msg;
}

/* Append @msg to @list, and have everybody who sleeps look again. */
static void put(struct loopback *lb, struct message *msg,
		struct list_head *list)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lb->oob_wait.lock, flags);
	list_add_tail(&msg->link, list);
	evl_flush_wait_locked(&lb->oob_wait, 0);
	raw_spin_unlock_irqrestore(&lb->oob_wait.lock, flags);

	evl_signal_poll_events(&lb->poll_head, list == &lb->filled
						       ? POLLIN | POLLRDNORM
						       : POLLOUT | POLLWRNORM);
	evl_schedule();
	kick_inband(lb);
}

/*
 * Take the first message of @list, or sleep until there is one, where callers
 * of this stage sleep. Out-of-band the condition is tested under the lock of
 * the wait queue, in-band it is not.
 */
static int get(struct file *filp, struct list_head *list,
	       struct message **r_msg)
{
	struct loopback *lb = filp->private_data;

	*r_msg = take(lb, list);
	if (*r_msg)
		return 0;
	if (filp->f_flags & O_NONBLOCK)
		return -EAGAIN;

	if (running_oob())
		return evl_wait_event(&lb->oob_wait,
				      (*r_msg = take_locked(list)) != NULL);

	return wait_event_interruptible(lb->inband_wait,
					(*r_msg = take(lb, list)) != NULL);
}

/* No lock is held while copying: the caller's memory may be slow to reach. */
static ssize_t loopback_oob_read(struct file *filp, char __user *u_buf,
				 size_t count)
{
	struct loopback *lb = filp->private_data;
	struct message *msg;
	ssize_t ret;

	ret = get(filp, &lb->filled, &msg);
	if (ret)
		return ret;

	count = min(count, msg->len);
	if (raw_copy_to_user(u_buf, msg->data, count))
		ret = -EFAULT;
	put(lb, msg, &lb->empty);

	return ret ? ret : (ssize_t)count;
}

static ssize_t loopback_oob_write(struct file *filp, const char __user *u_buf,
				  size_t count)
{
	struct loopback *lb = filp->private_data;
	struct message *msg;
	ssize_t ret;

	if (count > LOOPBACK_MSG_MAX)
		return -EMSGSIZE;

	ret = get(filp, &lb->empty, &msg);
	if (ret)
		return ret;

	if (raw_copy_from_user(msg->data, u_buf, count)) {
		put(lb, msg, &lb->empty);
		return -EFAULT;
	}

	msg->len = count;
	put(lb, msg, &lb->filled);

	return (ssize_t)count;
}

static long do_echo(struct loopback_echo __user *u_echo)
{
	struct loopback_echo echo;

	if (raw_copy_from_user(&echo, u_echo, sizeof(echo)))
		return -EFAULT;

	echo.value++;

	return raw_copy_to_user(u_echo, &echo, sizeof(echo)) ? -EFAULT : 0;
}

static long loopback_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	struct loopback *lb = filp->private_data;

	switch (cmd) {
	case LOOPBACK_IOC_NOP:
		return 0;
	case LOOPBACK_IOC_ECHO:
		return do_echo((struct loopback_echo __user *)arg);
	case LOOPBACK_IOC_SLEEP:
		if (running_oob())
			return evl_wait_flag(&lb->flag);
		return wait_event_interruptible(lb->inband_wait,
						evl_read_flag(&lb->flag));
	case LOOPBACK_IOC_WAKE:
		evl_raise_flag(&lb->flag);
		kick_inband(lb);
		return 0;
	default:
		return -ENOTTY;
	}
}

static int loopback_open(struct inode *inode, struct file *filp)
{
	struct loopback *lb;

	lb = kzalloc(sizeof(*lb), GFP_KERNEL);
	if (lb == NULL)
		return -ENOMEM;

	evl_init_wait(&lb->oob_wait, &evl_mono_clock, EVL_WAIT_PRIO);
	init_waitqueue_head(&lb->inband_wait);
	init_irq_work(&lb->inband_wake, wake_inband);
	evl_init_poll_head(&lb->poll_head);
	evl_init_flag(&lb->flag);
	INIT_LIST_HEAD(&lb->filled);
	INIT_LIST_HEAD(&lb->empty);
	for (int i = 0; i < LOOPBACK_MSG_HELD; i++)
		list_add_tail(&lb->messages[i].link, &lb->empty);

	filp->private_data = lb;
	stream_open(inode, filp);

	return evl_open_file(&lb->efile, filp);
}

static int loopback_release(struct inode *inode, struct file *filp)
{
	struct loopback *lb = filp->private_data;

	evl_destroy_wait(&lb->oob_wait);
	evl_destroy_flag(&lb->flag);
	evl_release_file(&lb->efile);
	irq_work_sync(&lb->inband_wake);
	kfree(lb);

	return 0;
}

/* In-band, but for where they sleep, all operations are the same. */
static ssize_t loopback_read(struct file *filp, char __user *u_buf,
			     size_t count, loff_t *ppos)
{
	return loopback_oob_read(filp, u_buf, count);
}

static ssize_t loopback_write(struct file *filp, const char __user *u_buf,
			      size_t count, loff_t *ppos)
{
	return loopback_oob_write(filp, u_buf, count);
}

static __poll_t ready_events(struct loopback *lb)
{
	__poll_t events = 0;
	unsigned long flags;

	raw_spin_lock_irqsave(&lb->oob_wait.lock, flags);
	if (!list_empty(&lb->filled))
		events |= POLLIN | POLLRDNORM;
	if (!list_empty(&lb->empty))
		events |= POLLOUT | POLLWRNORM;
	raw_spin_unlock_irqrestore(&lb->oob_wait.lock, flags);

	return events;
}

/* On either stage: first name what will be told of events, then look. */
static __poll_t loopback_poll(struct file *filp, poll_table *pt)
{
	struct loopback *lb = filp->private_data;

	poll_wait(filp, &lb->inband_wait, pt);

	return ready_events(lb);
}

static __poll_t loopback_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	struct loopback *lb = filp->private_data;

	evl_poll_watch(&lb->poll_head, wait, NULL);

	return ready_events(lb);
}

static const struct file_operations loopback_fops = {
	.owner = THIS_MODULE,
	.open = loopback_open,
	.release = loopback_release,
	.read = loopback_read,
	.write = loopback_write,
	.unlocked_ioctl = loopback_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = loopback_poll,
	.oob_read = loopback_oob_read,
	.oob_write = loopback_oob_write,
	.oob_ioctl = loopback_ioctl,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
	.oob_poll = loopback_oob_poll,
};

static struct miscdevice loopback_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "loopback",
	.fops = &loopback_fops,
};
module_misc_device(loopback_device);

MODULE_DESCRIPTION("Gives back what it is given, on both stages");
MODULE_LICENSE("MIT");
