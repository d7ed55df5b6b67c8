/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <evl/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <uapi/linux/gpio.h>

#define RECORD_MAX 320

static_assert(sizeof(struct gpio_v2_line_info_changed) <= RECORD_MAX,
	      "the largest of records");

static void wake_inband(struct irq_work *work)
{
	wake_up(&container_of(work, struct queue, inband_wake)->inband_wait);
}

int queue_init(struct queue *q, unsigned int size, size_t record_size,
	       bool keeps_oldest)
{
	*q = (struct queue){
		.record_size = record_size,
		.size = size,
		.keeps_oldest = keeps_oldest,
	};
	evl_init_wait(&q->oob_wait, &evl_mono_clock, EVL_WAIT_PRIO);
	init_waitqueue_head(&q->inband_wait);
	init_irq_work(&q->inband_wake, wake_inband);
	evl_init_poll_head(&q->poll_head);
	q->records = kcalloc(size, record_size, GFP_KERNEL);

	return q->records ? 0 : -ENOMEM;
}

void queue_close(struct queue *q)
{
	evl_destroy_wait(&q->oob_wait);
}

void queue_deinit(struct queue *q)
{
	irq_work_sync(&q->inband_wake);
	kfree(q->records);
}

static char *record_at(struct queue *q, unsigned int n)
{
	return (char *)q->records + n % q->size * q->record_size;
}

void queue_put(struct queue *q, const void *record)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&q->oob_wait.lock, flags);
	if (q->nr < q->size || !q->keeps_oldest) {
		memcpy(record_at(q, q->in++), record, q->record_size);
		if (q->nr < q->size)
			q->nr++;
	}
	evl_flush_wait_locked(&q->oob_wait, 0);
	raw_spin_unlock_irqrestore(&q->oob_wait.lock, flags);

	evl_signal_poll_events(&q->poll_head, POLLIN | POLLRDNORM);
	if (waitqueue_active(&q->inband_wait))
		irq_work_queue(&q->inband_wake);
}

static bool take_locked(struct queue *q, void *r_record)
{
	if (q->nr == 0)
		return false;

	memcpy(r_record, record_at(q, q->in - q->nr), q->record_size);
	q->nr--;

	return true;
}

static bool take(struct queue *q, void *r_record)
{
	unsigned long flags;
	bool taken;

	raw_spin_lock_irqsave(&q->oob_wait.lock, flags);
	taken = take_locked(q, r_record);
	raw_spin_unlock_irqrestore(&q->oob_wait.lock, flags);

	return taken;
}

/* Sleep for it where callers of this stage sleep. */
static int get(struct queue *q, const struct file *filp, void *r_record)
{
	if (take(q, r_record))
		return 0;
	if (READ_ONCE(filp->f_flags) & O_NONBLOCK)
		return -EAGAIN;
	if (running_oob())
		return evl_wait_event(&q->oob_wait, take_locked(q, r_record));

	return wait_event_interruptible(q->inband_wait, take(q, r_record));
}

/* No lock is held while copying: the caller's memory may be slow to reach. */
ssize_t queue_read(struct queue *q, struct file *filp, char __user *u_buf,
		   size_t count, size_t size, queue_form form)
{
	char record[RECORD_MAX] __aligned(8), formed[RECORD_MAX] __aligned(8);
	size_t done;
	int ret;

	if (count < size)
		return -EINVAL;

	ret = get(q, filp, record);
	if (ret)
		return ret;

	for (done = 0;;) {
		form(formed, record);
		if (copy_to_user(u_buf + done, formed, size))
			return -EFAULT;
		done += size;
		if (count - done < size || !take(q, record))
			return (ssize_t)done;
	}
}

static __poll_t ready_events(struct queue *q)
{
	unsigned long flags;
	bool any;

	raw_spin_lock_irqsave(&q->oob_wait.lock, flags);
	any = q->nr > 0;
	raw_spin_unlock_irqrestore(&q->oob_wait.lock, flags);

	return any ? POLLIN | POLLRDNORM : 0;
}

__poll_t queue_poll(struct queue *q, struct file *filp, poll_table *pt)
{
	poll_wait(filp, &q->inband_wait, pt);

	return ready_events(q);
}

__poll_t queue_oob_poll(struct queue *q, struct oob_poll_wait *wait)
{
	evl_poll_watch(&q->poll_head, wait, NULL);

	return ready_events(q);
}
