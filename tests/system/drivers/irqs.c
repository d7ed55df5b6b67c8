/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of two lines: oob_read waits for one of the first, which has an
 * out-of-band handler, read for the thread of the second. Either tells how many
 * there were.
 */
#include <evl/file.h>
#include <evl/flag.h>
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/wait.h>

static unsigned int irq = 1;
module_param(irq, uint, 0444);

static DEFINE_EVL_FLAG(flag);
static DECLARE_WAIT_QUEUE_HEAD(queue);
static u32 nr_oob, nr_threads;

static irqreturn_t on_oob(int number, void *dev_id)
{
	if (!running_oob())
		return IRQ_NONE;
	WRITE_ONCE(nr_oob, nr_oob + 1);
	evl_raise_flag(&flag);

	return IRQ_HANDLED;
}

static irqreturn_t on_inband(int number, void *dev_id)
{
	return running_oob() ? IRQ_NONE : IRQ_WAKE_THREAD;
}

static irqreturn_t on_thread(int number, void *dev_id)
{
	msleep(1); /* it may */
	nr_threads++;
	wake_up_interruptible(&queue);

	return IRQ_HANDLED;
}

static ssize_t irqs_oob_read(struct file *filp, char __user *u_buf,
			     size_t count)
{
	u32 nr;
	int ret = evl_wait_flag(&flag);

	if (ret)
		return ret;
	nr = READ_ONCE(nr_oob);

	return raw_put_user(nr, (u32 __user *)u_buf) ? -EFAULT : 4;
}

static ssize_t irqs_read(struct file *filp, char __user *u_buf, size_t count,
			 loff_t *ppos)
{
	int ret = wait_event_interruptible(queue, nr_threads);

	if (ret)
		return ret;

	return put_user(nr_threads, (u32 __user *)u_buf) ? -EFAULT : 4;
}

static int irqs_open(struct inode *inode, struct file *filp)
{
	struct evl_file *efile = kzalloc(sizeof(*efile), GFP_KERNEL);

	if (efile == NULL)
		return -ENOMEM;
	filp->private_data = efile;

	return evl_open_file(efile, filp);
}

static int irqs_release(struct inode *inode, struct file *filp)
{
	evl_release_file(filp->private_data);
	kfree(filp->private_data);

	return 0;
}

static const struct file_operations irqs_fops = {
	.owner = THIS_MODULE,
	.open = irqs_open,
	.release = irqs_release,
	.read = irqs_read,
	.oob_read = irqs_oob_read,
};

static struct miscdevice irqs_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "irqs",
	.fops = &irqs_fops,
};

static int __init irqs_init(void)
{
	int ret;

	ret = request_irq(irq, on_oob, IRQF_OOB | IRQF_TRIGGER_RISING, "irqs",
			  NULL);
	if (ret)
		return ret;
	ret = request_threaded_irq(irq + 1, on_inband, on_thread,
				   IRQF_ONESHOT | IRQF_TRIGGER_FALLING, "irqs",
				   &queue);
	if (ret) {
		free_irq(irq, NULL);
		return ret;
	}

	return misc_register(&irqs_device);
}
module_init(irqs_init);

static void __exit irqs_exit(void)
{
	misc_deregister(&irqs_device);
	free_irq(irq, NULL);
	free_irq(irq + 1, &queue);
}
module_exit(irqs_exit);

MODULE_LICENSE("MIT");
