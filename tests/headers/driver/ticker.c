/* SPDX-License-Identifier: MIT */
/*
 * A misc device for both stages: an EVL timer fills a fifo, which is read and polled
 * out-of-band and, by way of an irq_work, in-band.
 * Written as for a kernel, and nothing changed.
 */
#include <evl/file.h>
#include <evl/flag.h>
#include <evl/poll.h>
#include <evl/uaccess.h>
#include <linux/irq_work.h>
#include <linux/kfifo.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/ratelimit.h>

#define FIFO 64

struct event {
	u64 stamp;
	u32 seq;
	s32 value;
};

struct ticker {
	struct evl_file efile;
	struct evl_flag ready;
	struct evl_poll_head pollhead;
	struct evl_timer timer;
	DECLARE_KFIFO(fifo, struct event, FIFO);
	hard_spinlock_t lock;
	wait_queue_head_t wq;
	struct irq_work work;
	u32 seq;
	ktime_t period;
	struct file *filp;
	struct evl_clock *clock;
};

static void ticker_relay(struct irq_work *work)
{
	struct ticker *m = container_of(work, struct ticker, work);

	wake_up_interruptible_poll(&m->wq, EPOLLIN | EPOLLRDNORM);
}

static void ticker_tick(struct evl_timer *timer)
{
	struct ticker *m = container_of(timer, struct ticker, timer);
	struct event ev = { .stamp = evl_read_clock(m->clock), .value = -1 };
	unsigned long flags;

	raw_spin_lock_irqsave(&m->lock, flags);
	ev.seq = m->seq++;
	if (!kfifo_put(&m->fifo, ev))
		pr_warn_ratelimited("ticker: full at %llu ns, %d\n", ev.stamp,
				    kfifo_len(&m->fifo));
	raw_spin_unlock_irqrestore(&m->lock, flags);
	evl_raise_flag(&m->ready);
	evl_signal_poll_events(&m->pollhead, POLLIN | POLLRDNORM);
	irq_work_queue(&m->work);
}

static int ticker_open(struct inode *inode, struct file *filp)
{
	struct ticker *m;
	int ret;

	m = kzalloc(sizeof(*m), GFP_KERNEL);
	if (!m)
		return -ENOMEM;
	ret = evl_open_file(&m->efile, filp);
	if (ret) {
		kfree(m);
		return ret;
	}
	m->clock = &evl_mono_clock;
	INIT_KFIFO(m->fifo);
	raw_spin_lock_init(&m->lock);
	init_waitqueue_head(&m->wq);
	init_irq_work(&m->work, ticker_relay);
	evl_init_flag(&m->ready);
	evl_init_poll_head(&m->pollhead);
	evl_init_timer(&m->timer, m->clock, ticker_tick);
	m->period = ms_to_ktime(2);
	evl_start_timer(&m->timer, evl_abs_timeout(&m->timer, m->period),
			m->period);
	filp->private_data = m;
	return stream_open(inode, filp);
}

static int ticker_release(struct inode *inode, struct file *filp)
{
	struct ticker *m = filp->private_data;

	evl_destroy_timer(&m->timer);
	evl_destroy_flag(&m->ready);
	evl_release_file(&m->efile);
	irq_work_sync(&m->work);
	kfree(m);
	return 0;
}

static bool ticker_take(struct ticker *m, struct event *ev)
{
	unsigned long flags;
	int n;

	raw_spin_lock_irqsave(&m->lock, flags);
	n = kfifo_get(&m->fifo, ev);
	raw_spin_unlock_irqrestore(&m->lock, flags);
	return n > 0;
}

static ssize_t ticker_oob_read(struct file *filp, char __user *u_buf,
			       size_t count)
{
	struct ticker *m = filp->private_data;
	struct event ev;
	int ret;

	if (count < sizeof(ev))
		return -EINVAL;
	while (!ticker_take(m, &ev)) {
		if (filp->f_flags & O_NONBLOCK)
			return -EWOULDBLOCK;
		ret = evl_wait_flag_timeout(
			&m->ready, ktime_add_ms(evl_read_clock(m->clock), 1000),
			EVL_ABS);
		if (ret)
			return ret;
	}
	return raw_copy_to_user(u_buf, &ev, sizeof(ev)) ? -EFAULT : sizeof(ev);
}

static ssize_t ticker_read(struct file *filp, char __user *u_buf, size_t count,
			   loff_t *ppos)
{
	struct ticker *m = filp->private_data;
	struct event ev;
	int ret;

	if (count < sizeof(ev))
		return -EINVAL;
	if (!ticker_take(m, &ev)) {
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(m->wq, ticker_take(m, &ev));
		if (ret)
			return ret;
	}
	return copy_to_user(u_buf, &ev, sizeof(ev)) ? -EFAULT : sizeof(ev);
}

static __poll_t ticker_poll(struct file *filp, poll_table *pt)
{
	struct ticker *m = filp->private_data;

	poll_wait(filp, &m->wq, pt);
	return kfifo_is_empty(&m->fifo) ? 0 : EPOLLIN | EPOLLRDNORM;
}

static __poll_t ticker_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	struct ticker *m = filp->private_data;

	evl_poll_watch(&m->pollhead, wait, NULL);
	return kfifo_is_empty(&m->fifo) ? 0 : POLLIN | POLLRDNORM;
}

static const struct file_operations ticker_fops = {
	.owner = THIS_MODULE,
	.open = ticker_open,
	.release = ticker_release,
	.read = ticker_read,
	.oob_read = ticker_oob_read,
	.poll = ticker_poll,
	.oob_poll = ticker_oob_poll,
};

static struct miscdevice ticker_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = KBUILD_MODNAME,
	.fops = &ticker_fops,
	.mode = 0666,
};
module_misc_device(ticker_dev);
MODULE_LICENSE("GPL");
MODULE_ALIAS_MISCDEV(MISC_DYNAMIC_MINOR);
