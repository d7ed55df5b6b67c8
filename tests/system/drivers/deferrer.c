/* SPDX-License-Identifier: MIT */
/*
 * A driver which defers everything it can: from a timer's function and from
 * out-of-band handlers to work items, and on to a thread. What came in-band can
 * be read(2). Its class and its device have attributes.
 */
#include "deferrer.h"

#include <evl/device.h>
#include <linux/kfifo.h>
#include <linux/kthread.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <trace/events/evl.h>

#define TICK_NS 1000000 /* a slow machine is to get somewhere, too */

struct deferrer {
	struct evl_file efile;
	struct evl_timer timer;
	unsigned int
		nr_ticks_left; /* the timer's function's own, once it runs */
	struct evl_work tick_work, oob_work;
	struct work_struct item;
	struct task_struct *thread;
	wait_queue_head_t wait;
	spinlock_t lock;
	DECLARE_KFIFO(bytes, char, 4096);
};

static atomic_t nr_deferred;
static DEFINE_PER_CPU(long, nr_ticks);
static int gain = 1;

static void put_byte(struct deferrer *d, char byte)
{
	atomic_add(gain, &nr_deferred);
	kfifo_in_spinlocked(&d->bytes, &byte, 1, &d->lock);
	wake_up_interruptible(&d->wait);
}

static void on_tick_work(struct evl_work *work)
{
	put_byte(container_of(work, struct deferrer, tick_work),
		 DEFERRER_TIMER);
}

static void on_oob_work(struct evl_work *work)
{
	usleep_range(50, 100); /* it may */
	put_byte(container_of(work, struct deferrer, oob_work), DEFERRER_OOB);
}

static void on_item(struct work_struct *work)
{
	put_byte(container_of(work, struct deferrer, item), DEFERRER_ITEM);
}

static int run_thread(void *data)
{
	struct deferrer *d = data;

	while (!kthread_should_stop()) {
		set_current_state(TASK_INTERRUPTIBLE);
		if (!kthread_should_stop())
			schedule();
		__set_current_state(TASK_RUNNING);
		put_byte(d, DEFERRER_THREAD);
	}

	return 0;
}

static void on_tick(struct evl_timer *timer)
{
	struct deferrer *d = container_of(timer, struct deferrer, timer);

	trace_evl_trigger("deferrer");
	this_cpu_inc(nr_ticks);
	evl_call_inband(&d->tick_work);
	queue_work(system_highpri_wq, &d->item);
	wake_up_process(d->thread);
	if (--d->nr_ticks_left == 0)
		evl_stop_timer(timer);
}

static int deferrer_open(struct inode *inode, struct file *filp)
{
	struct deferrer *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (d == NULL)
		return -ENOMEM;

	evl_init_timer(&d->timer, on_tick);
	evl_init_work(&d->tick_work, on_tick_work);
	evl_init_work(&d->oob_work, on_oob_work);
	INIT_WORK(&d->item, on_item);
	init_waitqueue_head(&d->wait);
	spin_lock_init(&d->lock);
	INIT_KFIFO(d->bytes);
	d->thread = kthread_run(run_thread, d, "deferrer");
	if (IS_ERR(d->thread)) {
		kfree(d);
		return -EAGAIN;
	}
	filp->private_data = d;

	return evl_open_file(&d->efile, filp);
}

static int deferrer_release(struct inode *inode, struct file *filp)
{
	struct deferrer *d = filp->private_data;

	evl_release_file(&d->efile);
	evl_destroy_timer(&d->timer);
	evl_cancel_work(&d->tick_work);
	evl_flush_work(&d->oob_work);
	cancel_work_sync(&d->item);
	kthread_stop(d->thread);
	kfree(d);

	return 0;
}

static ssize_t deferrer_read(struct file *filp, char __user *u_buf,
			     size_t count, loff_t *ppos)
{
	struct deferrer *d = filp->private_data;
	unsigned int copied;
	int ret;

	ret = wait_event_interruptible(d->wait, !kfifo_is_empty(&d->bytes));
	if (ret == 0)
		ret = kfifo_to_user(&d->bytes, u_buf, count, &copied);

	return ret ? ret : (ssize_t)copied;
}

struct question {
	struct evl_sync_work work;
	int number;
};

static int answer(struct evl_sync_work *work)
{
	struct question *q = container_of(work, struct question, work);

	msleep(1);

	return q->number + 1;
}

static long ask(int number)
{
	struct question q = { .number = number };

	evl_init_sync_work(&q.work, answer);

	return evl_call_inband_sync(&q.work);
}

static long move(struct deferrer_vector __user *u_vec)
{
	struct iovec fast_in[UIO_FASTIOV], fast_out[UIO_FASTIOV], *in, *out;
	struct deferrer_vector vec;
	struct kvec data;
	ssize_t ret;

	if (raw_copy_from_user(&vec, u_vec, sizeof(vec)))
		return -EFAULT;
	in = evl_load_uio(evl_valptr64(vec.in_ptr, struct iovec), vec.nr_in,
			  fast_in);
	if (IS_ERR(in))
		return PTR_ERR(in);
	out = evl_load_uio(evl_valptr64(vec.out_ptr, struct iovec), vec.nr_out,
			   fast_out);
	ret = PTR_ERR_OR_ZERO(out);
	if (ret == 0)
		ret = evl_copy_from_uio_to_kvec(
			in, vec.nr_in, evl_iov_flat_length(in, (int)vec.nr_in),
			&data);
	if (ret > 0) {
		ret = evl_copy_to_uio(out, vec.nr_out, data.iov_base,
				      data.iov_len);
		evl_free(data.iov_base);
	}
	if (in != fast_in)
		evl_free(in);
	if (!IS_ERR(out) && out != fast_out)
		evl_free(out);

	return ret;
}

static long deferrer_oob_ioctl(struct file *filp, unsigned int cmd,
			       unsigned long arg)
{
	struct deferrer *d = filp->private_data;

	switch (cmd) {
	case DEFERRER_IOC_TICK:
		d->nr_ticks_left = (unsigned int)arg;
		evl_start_timer(&d->timer, evl_abs_timeout(&d->timer, TICK_NS),
				TICK_NS);
		return 0;
	case DEFERRER_IOC_DEFER:
		return evl_call_inband(&d->oob_work);
	case DEFERRER_IOC_ASK:
		return ask((int)arg);
	case DEFERRER_IOC_MOVE:
		return move((struct deferrer_vector __user *)arg);
	default:
		return -ENOTTY;
	}
}

static long deferrer_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	return cmd == DEFERRER_IOC_ASK ? ask((int)arg) : -ENOTTY;
}

static const struct file_operations deferrer_fops = {
	.open = deferrer_open,
	.release = deferrer_release,
	.read = deferrer_read,
	.unlocked_ioctl = deferrer_ioctl,
	.oob_ioctl = deferrer_oob_ioctl,
};

/* In the style of older kernels. */
static ssize_t gain_show(struct class *class, struct class_attribute *attr,
			 char *buf)
{
	return sprintf(buf, "%d\n", gain);
}

static ssize_t gain_store(struct class *class, struct class_attribute *attr,
			  const char *buf, size_t count)
{
	int ret = kstrtoint(buf, 0, &gain);

	return ret ? ret : (ssize_t)count;
}
static CLASS_ATTR_RW(gain);

static struct attribute *deferrer_class_attrs[] = {
	&class_attr_gain.attr,
	NULL,
};
ATTRIBUTE_GROUPS(deferrer_class);

static struct class deferrer_class = {
	.name = "deferrer",
	.class_groups = deferrer_class_groups,
};

static ssize_t count_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&nr_deferred));
}
static DEVICE_ATTR_RO(count);

static ssize_t ticks_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	unsigned int cpu;
	long sum = 0;

	/* Relaxed: it goes on while we count. */
	for_each_possible_cpu(cpu)
		sum += __atomic_load_n(per_cpu_ptr(&nr_ticks, cpu),
				       __ATOMIC_RELAXED);

	return sysfs_emit(buf, "%ld\n", sum);
}
static DEVICE_ATTR_RO(ticks);

/* Takes itself away, which it may. */
static ssize_t vanish_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	device_remove_file(dev, attr);

	return (ssize_t)count;
}
static DEVICE_ATTR_WO(vanish);

static struct attribute *deferrer_attrs[] = {
	&dev_attr_count.attr,
	&dev_attr_ticks.attr,
	NULL,
};

static const struct attribute_group deferrer_group = {
	.name = "numbers",
	.attrs = deferrer_attrs,
};
__ATTRIBUTE_GROUPS(deferrer);

static struct miscdevice deferrer_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "deferrer",
	.fops = &deferrer_fops,
	.groups = deferrer_groups,
};

static int __init deferrer_init(void)
{
	int ret = class_register(&deferrer_class);

	if (ret)
		return ret;
	ret = misc_register(&deferrer_device);
	if (ret)
		class_unregister(&deferrer_class);
	else
		ret = device_create_file(deferrer_device.this_device,
					 &dev_attr_vanish);

	return ret;
}
module_init(deferrer_init);

static void __exit deferrer_exit(void)
{
	misc_deregister(&deferrer_device);
	class_unregister(&deferrer_class);
}
module_exit(deferrer_exit);

MODULE_LICENSE("GPL");
