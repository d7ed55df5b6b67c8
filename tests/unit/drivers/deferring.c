/* SPDX-License-Identifier: MIT */
/*
 * Its exit function leaves everything in-band that makes its code run again, and
 * all of it does so for ever: each kind counts. With stubborn=1 a thread goes on
 * though it is told to stop, until the test says so. For test-linking.c.
 */
#include <evl/work.h>
#include <linux/delay.h>
#include <linux/hrtimer.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/workqueue.h>

#define LINE 9 /* of interrupts */

enum {
	TIMER,
	HRTIMER,
	WORK,
	OWN_WORK,
	DELAYED_WORK,
	EVL_WORK,
	KTHREAD,
	KTHREAD_WORK,
	INTERRUPT,
	INTERRUPT_THREAD,
	NR_KINDS,
};

/* For the test. */
unsigned int nr_runs[NR_KINDS];
EXPORT_SYMBOL(nr_runs);
bool give_in;
EXPORT_SYMBOL(give_in);

static bool stubborn;
module_param(stubborn, bool, 0);

static unsigned int *count; /* freed when it ends, whoever is using it */
static struct timer_list timer;
static struct hrtimer hrtimer;
static struct workqueue_struct *wq;
static struct work_struct work, own_work;
static struct delayed_work delayed_work;
static struct evl_work evl_work;
static struct kthread_worker *worker;
static struct kthread_work kthread_work;

static void run_timer(struct timer_list *unused)
{
	nr_runs[TIMER]++;
	mod_timer(&timer, jiffies + 1);
}

static enum hrtimer_restart run_hrtimer(struct hrtimer *unused)
{
	nr_runs[HRTIMER]++;
	hrtimer_forward_now(&hrtimer, NSEC_PER_MSEC);

	return HRTIMER_RESTART;
}

static void run_work(struct work_struct *unused)
{
	nr_runs[WORK]++;
	msleep(1);
	schedule_work(&work);
}

static void run_own_work(struct work_struct *unused)
{
	nr_runs[OWN_WORK]++;
	msleep(1);
	queue_work(wq, &own_work);
}

static void run_delayed_work(struct work_struct *unused)
{
	nr_runs[DELAYED_WORK]++;
	msleep(1);
	schedule_delayed_work(&delayed_work, 1);
}

static void run_evl_work(struct evl_work *unused)
{
	nr_runs[EVL_WORK]++;
	msleep(1);
	evl_call_inband(&evl_work);
}

static void run_kthread_work(struct kthread_work *unused)
{
	nr_runs[KTHREAD_WORK]++;
	msleep(1);
	kthread_queue_work(worker, &kthread_work);
}

static irqreturn_t run_interrupt(int unused, void *dev_id)
{
	nr_runs[INTERRUPT]++;

	return IRQ_WAKE_THREAD;
}

static irqreturn_t run_interrupt_thread(int unused, void *dev_id)
{
	nr_runs[INTERRUPT_THREAD]++;
	msleep(1);
	irq_post_inband(LINE);

	return IRQ_HANDLED;
}

static int run_kthread(void *unused)
{
	while (stubborn ? !give_in : !kthread_should_stop()) {
		nr_runs[KTHREAD]++;
		++*count;
		msleep(1);
	}

	return 0;
}

static int __init deferring_init(void)
{
	count = kzalloc(sizeof(*count), GFP_KERNEL);
	kthread_run(run_kthread, NULL, "deferring");
	if (stubborn)
		return 0;

	timer_setup(&timer, run_timer, 0);
	mod_timer(&timer, jiffies + 1);
	hrtimer_init(&hrtimer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer.function = run_hrtimer;
	hrtimer_start(&hrtimer, NSEC_PER_MSEC, HRTIMER_MODE_REL);
	INIT_WORK(&work, run_work);
	schedule_work(&work);
	wq = alloc_workqueue("deferring", 0, 0);
	INIT_WORK(&own_work, run_own_work);
	queue_work(wq, &own_work);
	INIT_DELAYED_WORK(&delayed_work, run_delayed_work);
	schedule_delayed_work(&delayed_work, 1);
	evl_init_work(&evl_work, run_evl_work);
	evl_call_inband(&evl_work);
	worker = kthread_create_worker(0, "deferring");
	kthread_init_work(&kthread_work, run_kthread_work);
	kthread_queue_work(worker, &kthread_work);
	if (request_threaded_irq(LINE, run_interrupt, run_interrupt_thread,
				 IRQF_ONESHOT, "deferring", NULL))
		return -EBUSY;
	irq_post_inband(LINE);

	return 0;
}
module_init(deferring_init);

static void __exit deferring_exit(void)
{
	kfree(count);
}
module_exit(deferring_exit);
